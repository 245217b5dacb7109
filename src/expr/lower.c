#include "expr/lower.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "expr/functions.h"
#include "expr/parse.h"
#include "kernels/kernels.h"

enum { POWER_MAX = 64 };

unsigned cr_prim_arity(enum prim prim)
{
    static const uint8_t arity[] = {
#define X(name, n) n,
        PRIM_LIST(X)
#undef X
    };
    assert(arity[prim] <= 3);
    return arity[prim];
}

static struct lowered failed(struct lowering *l, cr_status code, const char *message)
{
    if (l->status == CR_OK)
        l->status = cr_fail(l->err, code, "%s", message);
    return (struct lowered){1, -1, NAN};
}

/* One primitive on known numbers, by the kernels themselves. */
static double run(enum prim prim, const double *x)
{
    const struct program p = {
        .n_args = 3,
        .n_regs = 4,
        .n_steps = 1,
        .result = 3,
        .steps = {{(uint8_t)prim, 3, 0, 1, 2}},
    };
    const double *const args[] = {&x[0], &x[1], &x[2]};
    const unsigned char step[] = {1, 1, 1};
    double out = NAN;
    cr_kernels_f64(ISA_REF)->map(&p, args, step, &out, 1);
    return out;
}

static int same_bits(double a, double b)
{
    uint64_t p, q;
    memcpy(&p, &a, sizeof p);
    memcpy(&q, &b, sizeof q);
    return p == q;
}

/* The index of an equal node, made if there is none. */
static int intern(struct lowering *l, struct lower_node n)
{
    assert(l->nodes);
    for (unsigned i = 0; i < l->n_nodes; i++) {
        const struct lower_node *m = &l->nodes[i];
        if (m->kind == n.kind && m->prim == n.prim && m->a == n.a && m->b == n.b && m->c == n.c &&
            same_bits(m->value, n.value) && n.kind != LOWER_ARG)
            return (int)i;
    }
    if (l->n_nodes == LOWER_NODES) {
        failed(l, CR_ERR_LIMIT, "the formula is too long to compile");
        return 0;
    }
    l->nodes[l->n_nodes] = n;
    return (int)l->n_nodes++;
}

int cr_lower_node(struct lowering *l, struct lowered v)
{
    if (v.node >= 0)
        return v.node;
    return intern(l, (struct lower_node){.kind = LOWER_CONST, .value = v.value});
}

static struct lowered number(double v)
{
    return (struct lowered){0, -1, v};
}

static struct lowered apply(struct lowering *l, enum prim prim, const struct lowered *x)
{
    struct lowered out = {0, -1, NAN};
    int known = 1;
    double value[3] = {0};
    if (l->status != CR_OK)
        return out;
    const unsigned n = cr_prim_arity(prim);
    for (unsigned i = 0; i < n; i++) {
        out.varies |= x[i].varies;
        known &= x[i].node < 0;
        value[i] = x[i].value;
    }
    if (known) {
        out.value = run(prim, value);
        return out;
    }
    int node[3] = {0};
    for (unsigned i = 0; i < n; i++)
        node[i] = cr_lower_node(l, x[i]);
    out.node = intern(l, (struct lower_node){LOWER_OP, (uint8_t)prim, (uint16_t)node[0],
                                             (uint16_t)node[1], (uint16_t)node[2], 0});
    return out;
}

static struct lowered apply1(struct lowering *l, enum prim prim, struct lowered x)
{
    return apply(l, prim, &x);
}

static struct lowered apply2(struct lowering *l, enum prim prim, struct lowered x, struct lowered y)
{
    const struct lowered args[] = {x, y};
    return apply(l, prim, args);
}

/* The primitives give their second operand where one is NaN. A constant goes first;
 * for two variables a NaN in the first is selected. */
static struct lowered extreme(struct lowering *l, enum prim prim, const struct lowered *x)
{
    if (!x[0].varies)
        return apply2(l, prim, x[0], x[1]);
    if (!x[1].varies)
        return apply2(l, prim, x[1], x[0]);
    const struct lowered pick[] = {apply2(l, PRIM_LE, x[0], x[0]), apply2(l, prim, x[0], x[1]),
                                   x[0]};
    return apply(l, PRIM_SEL, pick);
}

static struct lowered power(struct lowering *l, struct lowered x, struct lowered e)
{
    if (e.varies || e.value != floor(e.value) || fabs(e.value) > POWER_MAX)
        return apply2(l, PRIM_POW, x, e);
    const unsigned n = (unsigned)fabs(e.value);
    if (n == 0)
        return number(1);
    struct lowered y = x;
    unsigned bit = 1;
    while (bit <= n / 2)
        bit *= 2;
    for (bit /= 2; bit; bit /= 2) {
        y = apply2(l, PRIM_MUL, y, y);
        if (n & bit)
            y = apply2(l, PRIM_MUL, y, x);
    }
    return e.value > 0 ? y : apply2(l, PRIM_DIV, number(1), y);
}

static struct lowered expansion(struct lowering *l, const char *formula,
                                const struct lowered *operand)
{
    struct arena a = {0};
    const struct lowered *outer = l->operand;
    const struct expr *e = cr_expr_parse_rule(&a, formula);
    l->operand = operand;
    const struct lowered v = e ? cr_lower(l, e) : failed(l, CR_ERR_MEMORY, "out of memory");
    l->operand = outer;
    cr_arena_free(&a);
    return v;
}

static struct lowered call(struct lowering *l, const struct expr *e)
{
    struct lowered x[FUNCTION_OPERANDS] = {0};
    if (e->func < 0)
        return failed(l, CR_ERR_ARGUMENT, "the formula calls a function that has no definition");
    const struct expr_function *f = cr_expr_function(e->func);
    for (unsigned i = 0; i < e->n; i++)
        x[i] = cr_lower(l, e->arg[i]);
    if (f->expansion)
        return expansion(l, f->expansion, x);
    if (f->prim == PRIM_MAX || f->prim == PRIM_MIN)
        return extreme(l, (enum prim)f->prim, x);
    return apply(l, (enum prim)f->prim, x);
}

static struct lowered symbol(struct lowering *l, const struct expr *e)
{
    if (l->operand)
        return l->operand[e->ref];
    if (l->value)
        return (struct lowered){1, -1, l->value(l->ctx, e->ref)};
    for (size_t i = 0; i < l->n_args; i++) {
        if (l->args[i] == e->ref)
            return (struct lowered){1, (int)i, 0};
    }
    return failed(l, CR_ERR_UNKNOWN, "the formula uses a quantity that is no argument");
}

static struct lowered sum(struct lowering *l, const struct expr *e)
{
    struct lowered v = cr_lower(l, e->arg[0]);
    for (unsigned i = 1; i < e->n && l->status == CR_OK; i++) {
        const struct expr *t = e->arg[i];
        const int minus = t->kind == EXPR_NEG;
        v = apply2(l, minus ? PRIM_SUB : PRIM_ADD, v, cr_lower(l, minus ? t->arg[0] : t));
    }
    return v;
}

struct lowered cr_lower(struct lowering *l, const struct expr *e)
{
    struct lowered v;
    if (l->status != CR_OK)
        return number(NAN);
    switch (e->kind) {
    case EXPR_NUM: return number(e->value);
    case EXPR_SYM: return symbol(l, e);
    case EXPR_ADD: return sum(l, e);
    case EXPR_MUL:
    case EXPR_HADAMARD:
        v = cr_lower(l, e->arg[0]);
        for (unsigned i = 1; i < e->n && l->status == CR_OK; i++)
            v = apply2(l, PRIM_MUL, v, cr_lower(l, e->arg[i]));
        return v;
    case EXPR_DIV:
        v = cr_lower(l, e->arg[0]);
        return apply2(l, PRIM_DIV, v, cr_lower(l, e->arg[1]));
    case EXPR_POW: v = cr_lower(l, e->arg[0]); return power(l, v, cr_lower(l, e->arg[1]));
    case EXPR_NEG: return apply1(l, PRIM_NEG, cr_lower(l, e->arg[0]));
    case EXPR_CALL: return call(l, e);
    case EXPR_TRANSPOSE:
    case EXPR_MATRIX: break;
    }
    return failed(l, CR_ERR_SHAPE, "the formula holds a matrix");
}

double cr_expr_eval(const struct expr *e, expr_value *value, void *ctx)
{
    struct lowering l = {.value = value, .ctx = ctx};
    if (!e)
        return NAN;
    const struct lowered v = cr_lower(&l, e);
    return l.status == CR_OK ? v.value : NAN;
}
