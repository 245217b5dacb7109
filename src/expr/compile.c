#include <string.h>

#include "expr/expr.h"
#include "expr/lower.h"

/* The nodes that the result needs, in the order they are computed, and where each is
 * read last. */
struct schedule {
    const struct lower_node *nodes;
    uint8_t need[LOWER_NODES]; /* registers that computing a node alone takes */
    uint8_t seen[LOWER_NODES];
    uint16_t order[LOWER_NODES];
    unsigned n;
    int last[LOWER_NODES];
    int reg[LOWER_NODES];
};

static unsigned operands(const struct lower_node *n, uint16_t out[3])
{
    out[0] = n->a;
    out[1] = n->b;
    out[2] = n->c;
    const unsigned count = n->kind == LOWER_OP ? cr_prim_arity((enum prim)n->prim) : 0;
    return count < 3 ? count : 3;
}

/* Operands, the one that needs most registers first (Sethi and Ullman 1970). */
static unsigned sorted_operands(const struct schedule *s, const struct lower_node *n,
                                uint16_t out[3])
{
    const unsigned count = operands(n, out);
    for (unsigned i = 1; i < count; i++) {
        for (unsigned k = i; k && s->need[out[k]] > s->need[out[k - 1]]; k--) {
            const uint16_t t = out[k];
            out[k] = out[k - 1];
            out[k - 1] = t;
        }
    }
    return count;
}

static void find_needs(struct schedule *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint16_t x[3];
        const unsigned count = sorted_operands(s, &s->nodes[i], x);
        unsigned need = s->nodes[i].kind == LOWER_OP;
        for (unsigned k = 0; k < count; k++) {
            if (s->need[x[k]] + k > need && s->need[x[k]])
                need = s->need[x[k]] + k;
        }
        s->need[i] = (uint8_t)(need > 255 ? 255 : need);
    }
}

/* Depth first without recursion: a node is put out once its operands are. */
static void put_in_order(struct schedule *s, int root)
{
    uint16_t stack[LOWER_NODES];
    unsigned depth = 0;
    stack[depth++] = (uint16_t)root;
    s->seen[root] = 1;
    while (depth) {
        const uint16_t at = stack[depth - 1];
        uint16_t x[3];
        const unsigned count = sorted_operands(s, &s->nodes[at], x);
        unsigned k = 0;
        while (k < count && s->seen[x[k]])
            k++;
        if (k < count) {
            s->seen[x[k]] = 1;
            stack[depth++] = x[k];
        } else {
            depth--;
            s->order[s->n++] = at;
        }
    }
}

static cr_status too_large(cr_error *err, const char *what, int most)
{
    return cr_fail(err, CR_ERR_LIMIT, "the formula needs more than %d %s", most, what);
}

/* Constants that the result needs become registers after the arguments. */
static int place_constants(struct schedule *s, struct program *p)
{
    for (unsigned i = 0; i < s->n; i++) {
        const struct lower_node *n = &s->nodes[s->order[i]];
        if (n->kind == LOWER_ARG)
            s->reg[s->order[i]] = s->order[i];
        if (n->kind != LOWER_CONST)
            continue;
        if (p->n_args + p->n_consts == PROGRAM_REGS)
            return 0;
        s->reg[s->order[i]] = p->n_args + p->n_consts;
        p->consts[p->n_consts++] = n->value;
    }
    return 1;
}

static int lowest_free(const uint8_t *used)
{
    int r = 0;
    while (r < PROGRAM_REGS && used[r])
        r++;
    return r;
}

/* Steps and their registers; a register is free again after its last reader, which may
 * write to it. */
static cr_status place_steps(struct schedule *s, struct program *p, cr_error *err)
{
    uint8_t used[PROGRAM_REGS] = {0};
    const int first = p->n_args + p->n_consts;
    memset(used, 1, (size_t)first);
    p->n_regs = (uint8_t)first;
    for (unsigned i = 0; i < s->n; i++) {
        uint16_t x[3];
        const struct lower_node *n = &s->nodes[s->order[i]];
        const unsigned count = operands(n, x);
        if (n->kind != LOWER_OP)
            continue;
        if (p->n_steps == PROGRAM_STEPS)
            return too_large(err, "steps", PROGRAM_STEPS);
        for (unsigned k = 0; k < count; k++) {
            if (s->last[x[k]] == (int)i && s->nodes[x[k]].kind == LOWER_OP)
                used[s->reg[x[k]]] = 0;
        }
        const int r = lowest_free(used);
        if (r == PROGRAM_REGS)
            return too_large(err, "registers", PROGRAM_REGS);
        used[r] = 1;
        s->reg[s->order[i]] = r;
        if (r + 1 > p->n_regs)
            p->n_regs = (uint8_t)(r + 1);
        uint8_t reg[3] = {0};
        for (unsigned k = 0; k < count; k++)
            reg[k] = (uint8_t)s->reg[x[k]];
        p->steps[p->n_steps++] = (struct program_step){n->prim, (uint8_t)r, reg[0], reg[1], reg[2]};
    }
    return CR_OK;
}

static cr_status make_program(const struct lower_node *nodes, unsigned n, int root, size_t n_args,
                              struct program *out, cr_error *err)
{
    struct schedule s = {.nodes = nodes};
    struct program p = {.n_args = (uint8_t)n_args};
    find_needs(&s, n);
    put_in_order(&s, root);
    for (unsigned i = 0; i < s.n; i++) {
        uint16_t x[3];
        const unsigned count = operands(&nodes[s.order[i]], x);
        for (unsigned k = 0; k < count; k++)
            s.last[x[k]] = (int)i;
    }
    if (!place_constants(&s, &p))
        return too_large(err, "registers", PROGRAM_REGS);
    const cr_status status = place_steps(&s, &p, err);
    if (status != CR_OK)
        return status;
    p.result = (uint8_t)s.reg[root];
    *out = p;
    return CR_OK;
}

cr_status cr_expr_compile(const struct expr *e, const uint64_t *args, size_t n_args,
                          struct program *out, cr_error *err)
{
    struct lower_node nodes[LOWER_NODES] = {0};
    struct lowering l = {
        .args = args, .n_args = n_args, .nodes = nodes, .n_nodes = (unsigned)n_args, .err = err};
    if (!e)
        return cr_fail_memory(err);
    if (n_args > PROGRAM_ARGS)
        return too_large(err, "arguments", PROGRAM_ARGS);
    for (size_t i = 0; i < n_args; i++)
        nodes[i] = (struct lower_node){.kind = LOWER_ARG};
    const struct lowered v = cr_lower(&l, e);
    const int root = l.status == CR_OK ? cr_lower_node(&l, v) : 0;
    if (l.status != CR_OK)
        return l.status;
    return make_program(nodes, l.n_nodes, root, n_args, out, err);
}
