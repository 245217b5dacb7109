/* Making the list of a narrow plan. */
#include "net/narrow.h"

#include <math.h>
#include <string.h>

#include "net/call.h"
#include "net/narrow_list.h"

enum {
    ALIGN = 16, /* numbers */
    MOST_ROWS = 64,
    MOST_SIZE = 1 << 24, /* numbers, so that offsets fit */
    N_FORMULAS = NARROW_LINEAR - NARROW_SIGMOID_BACK,
};

struct maker {
    cr_plan *plan;
    struct narrow *n;
    size_t n_ops, room;
    int pre;                     /* the call whose result the last operation made; -1 */
    uint32_t temp[PROGRAM_REGS]; /* of programs, 0: not yet */
    struct program *formula;     /* [N_FORMULAS] */
    int unfit;                   /* no operation does it */
    int failed;                  /* out of memory */
};

static size_t lanes_of(size_t cols)
{
    return cols == 1 ? 1 : cols <= 4 ? 4 : cols <= 8 ? 8 : 16;
}

static uint32_t allot(struct maker *m, size_t numbers)
{
    const size_t at = m->n->size;
    m->n->size += numbers + NARROW_LANES + (ALIGN - numbers % ALIGN) % ALIGN;
    if (m->n->size > MOST_SIZE) {
        m->unfit = 1;
        m->n->size = at;
    }
    return (uint32_t)at;
}

static const struct value *value_of(const struct maker *m, int value)
{
    return &m->plan->tape->value[value];
}

static struct narrow_op *new_op(struct maker *m, enum narrow_what what, size_t lanes)
{
    if (m->n_ops == m->room) {
        m->unfit = 1;
        return &m->n->op[0];
    }
    struct narrow_op *op = &m->n->op[m->n_ops++];
    *op = (struct narrow_op){.code = cr_narrow_code(what, lanes), .shift = lanes == 1 ? 2 : 0};
    return op;
}

/* Where a value lies that has rows; its place is given when it is first wanted. */
static const struct narrow_slot *rows_of(struct maker *m, int value)
{
    struct narrow_slot *s = &m->n->slot[value];
    const struct value *v = value_of(m, value);
    if (v->extent != PER_ROW || v->cols > NARROW_LANES) {
        m->unfit = 1;
        return s;
    }
    if (!s->lanes) {
        const size_t lanes = lanes_of(v->cols), rows = (m->n->rows + 3) / 4 * 4;
        *s = (struct narrow_slot){allot(m, rows * lanes), (uint16_t)lanes, (uint16_t)v->cols,
                                  v->maker < 0};
    }
    return s;
}

static uint32_t number(struct maker *m, double value)
{
    struct narrow *n = m->n;
    for (int i = 0; i < n->n_consts; i++)
        if (n->consts[i].value == value && signbit(n->consts[i].value) == signbit(value))
            return n->consts[i].at;
    if (n->n_consts == PROGRAM_REGS) {
        m->unfit = 1;
        return 0;
    }
    n->consts[n->n_consts] = (struct narrow_const){value, allot(m, NARROW_LANES)};
    return n->consts[n->n_consts++].at;
}

/* A parameter in a layout that an operation wants. Two of a matrix are one where it has one row
 * or one column. */
static uint32_t param(struct maker *m, int value, enum layout layout)
{
    const struct value *v = value_of(m, value);
    struct narrow *n = m->n;
    if (v->role != ROLE_PARAM || v->rows > NARROW_LANES || v->cols > NARROW_LANES) {
        m->unfit = 1;
        return 0;
    }
    if (layout == BY_INPUT && v->rows == 1)
        layout = BY_UNIT;
    else if (layout == BY_UNIT && v->rows > 1 && v->cols == 1)
        layout = BY_INPUT;
    for (int i = 0; i < n->n_params; i++)
        if (n->param[i].group == v->param && n->param[i].layout == layout)
            return n->param[i].at;
    const size_t size = layout == SHARED     ? NARROW_LANES
                        : layout == BY_INPUT ? v->cols * lanes_of(v->rows)
                                             : v->rows * lanes_of(v->cols);
    n->param[n->n_params] = (struct narrow_param){v->param, layout, allot(m, size)};
    return n->param[n->n_params++].at;
}

/* Programs. */

struct operand {
    uint32_t at;
    uint16_t step;
};

static struct operand argument(struct maker *m, int value, size_t lanes)
{
    const struct value *v = value_of(m, value);
    if (v->extent == PER_ROW) {
        const struct narrow_slot *s = rows_of(m, value);
        if (s->lanes != lanes)
            m->unfit = 1;
        return (struct operand){s->at, (uint16_t)(lanes == 1 ? 4 : lanes)};
    }
    if (v->role == ROLE_ROWS)
        return (struct operand){m->n->n_rows, 0};
    if (v->rows != 1 || (v->cols != 1 && lanes_of(v->cols) != lanes))
        m->unfit = 1;
    return (struct operand){param(m, value, v->cols == 1 ? SHARED : BY_UNIT), 0};
}

static void set_operands(struct narrow_op *op, struct operand a, struct operand b, struct operand c)
{
    op->a = a.at, op->b = b.at, op->c = c.at;
    op->step[0] = a.step, op->step[1] = b.step, op->step[2] = c.step;
}

static int same_program(const struct program *a, const struct program *b)
{
    return a->n_args == b->n_args && a->n_consts == b->n_consts && a->n_steps == b->n_steps &&
           a->result == b->result &&
           memcmp(a->consts, b->consts, a->n_consts * sizeof *a->consts) == 0 &&
           memcmp(a->steps, b->steps, a->n_steps * sizeof *a->steps) == 0;
}

/* A sum without a bias and the function of it that comes next are one operation. */
static int joined_back(struct maker *m, enum narrow_what what, const struct operand *arg,
                       uint32_t out)
{
    struct narrow_op *last = m->n_ops ? &m->n->op[m->n_ops - 1] : NULL;
    if (what > NARROW_RELU_BACK || !last || last->out != arg[0].at || last->c != number(m, -0.0))
        return 0;
    for (size_t lanes = 4; lanes <= NARROW_LANES; lanes *= 2)
        if (last->code == cr_narrow_code(NARROW_LINEAR, lanes)) {
            last->code = cr_narrow_code(
                (enum narrow_what)(NARROW_BACK_SIGMOID + (what - NARROW_SIGMOID_BACK)), lanes);
            last->c = arg[1].at;
            last->act = out;
            return 1;
        }
    return 0;
}

static int whole_formula(struct maker *m, const struct program *p, const struct operand *arg,
                         uint32_t out, size_t lanes)
{
    for (int f = 0; f < N_FORMULAS; f++) {
        if (!same_program(p, &m->formula[f]) || (p->n_args > 2 && arg[2].at != m->n->n_rows))
            continue;
        if (joined_back(m, (enum narrow_what)(NARROW_SIGMOID_BACK + f), arg, out))
            return 1;
        struct narrow_op *op = new_op(m, (enum narrow_what)(NARROW_SIGMOID_BACK + f), lanes);
        op->out = out;
        set_operands(op, arg[0], arg[p->n_args > 1], arg[p->n_args > 2 ? 2 : 0]);
        return 1;
    }
    return 0;
}

/* A sum and the function of it that is its only reader here are one operation. */
static int joined(struct maker *m, enum prim prim, uint32_t from, uint32_t out)
{
    struct narrow_op *last = m->n_ops ? &m->n->op[m->n_ops - 1] : NULL;
    if (!last || last->out != from || (prim != PRIM_SIGMOID && prim != PRIM_TANH))
        return 0;
    for (size_t lanes = 4; lanes <= NARROW_LANES; lanes *= 2)
        if (last->code == cr_narrow_code(NARROW_LINEAR, lanes)) {
            last->code = cr_narrow_code(
                prim == PRIM_TANH ? NARROW_LINEAR_TANH : NARROW_LINEAR_SIGMOID, lanes);
            last->act = out;
            return 1;
        }
    if (last->code != cr_narrow_code(NARROW_DOT, 1))
        return 0;
    last->code = cr_narrow_code(prim == PRIM_TANH ? NARROW_DOT_TANH : NARROW_DOT_SIGMOID, 1);
    last->act = out;
    return 1;
}

static void program(struct maker *m, const struct call *c, uint32_t out, size_t lanes)
{
    const struct program *p = c->program;
    struct operand reg[PROGRAM_REGS] = {{0}};
    for (int i = 0; i < p->n_args; i++)
        reg[i] = argument(m, c->in[i], lanes);
    if (m->unfit || whole_formula(m, p, reg, out, lanes))
        return;
    for (int i = 0; i < p->n_consts; i++)
        reg[p->n_args + i] = (struct operand){number(m, p->consts[i]), 0};
    for (int i = 0; i < p->n_steps; i++) {
        const struct program_step *s = &p->steps[i];
        uint32_t to = out;
        if (i + 1 < p->n_steps || s->out != p->result) {
            if (!m->temp[s->out])
                m->temp[s->out] = allot(m, (m->n->rows + 3) / 4 * 4 * NARROW_LANES);
            to = m->temp[s->out];
        }
        const struct operand a = reg[s->a], b = reg[s->b], z = reg[s->c];
        reg[s->out] = (struct operand){to, (uint16_t)(lanes == 1 ? 4 : lanes)};
        if (p->n_steps == 1 && joined(m, (enum prim)s->prim, a.at, to))
            return;
        struct narrow_op *op = new_op(m, (enum narrow_what)s->prim, lanes);
        op->out = to;
        set_operands(op, a, b, z);
    }
    if (p->n_steps && p->steps[p->n_steps - 1].out == p->result)
        return;
    struct narrow_op *op = new_op(m, NARROW_MAX, lanes); /* max(x, x) is x */
    op->out = out;
    set_operands(op, reg[p->result], reg[p->result], reg[p->result]);
}

/* Calls. */

/* A value that is a formula of others; one that is just another value lies where that lies. */
static void map(struct maker *m, const struct call *c)
{
    const struct program *p = c->program;
    if (p->n_steps == 0 && p->result < p->n_args &&
        value_of(m, c->in[p->result])->extent == PER_ROW &&
        value_of(m, c->in[p->result])->cols == value_of(m, c->out)->cols) {
        m->n->slot[c->out] = *rows_of(m, c->in[p->result]);
        return;
    }
    const struct narrow_slot *out = rows_of(m, c->out);
    program(m, c, out->at, out->lanes);
}

static void linear(struct maker *m, const struct call *c, enum layout layout)
{
    const struct narrow_slot *x = rows_of(m, c->in[0]), *out = rows_of(m, c->out);
    const struct value *w = value_of(m, c->in[1]);
    const size_t inner = layout == BY_INPUT ? w->cols : w->rows;
    const size_t outer = layout == BY_INPUT ? w->rows : w->cols;
    if (x->cols != inner || out->cols != outer) {
        m->unfit = 1;
        return;
    }
    /* A sum of one column finds its weights side by side. */
    if (out->cols == 1)
        layout = layout == BY_INPUT ? BY_UNIT : BY_INPUT;
    struct narrow_op *op = new_op(m, out->cols == 1 ? NARROW_DOT : NARROW_LINEAR, out->lanes);
    op->out = out->at;
    op->a = x->at;
    op->step[0] = x->lanes;
    op->n = (uint16_t)inner;
    op->b = param(m, c->in[1], layout);
    if (c->op != OP_LINEAR || c->n_in < 3)
        op->c = number(m, -0.0);
    else
        op->c = param(m, c->in[2], value_of(m, c->in[2])->cols < out->cols ? SHARED : BY_UNIT);
}

static void row_copies(struct maker *m, const struct call *c)
{
    const struct narrow_slot *out = rows_of(m, c->out);
    size_t begin = 0;
    m->n->slot[c->out].part = 1;
    for (int i = 0; i < c->n_in; i++) {
        const struct narrow_slot *in = rows_of(m, c->in[i]);
        struct narrow_op *op = new_op(m, NARROW_COPY, 1);
        op->out = out->at + (uint32_t)begin;
        op->a = in->at + (uint32_t)(c->op == OP_SLICE ? c->begin : 0);
        op->n = c->op == OP_SLICE ? out->cols : in->cols;
        op->step[0] = in->lanes;
        op->step[1] = out->lanes;
        begin += op->n;
    }
}

static void sum(struct maker *m, const struct call *c)
{
    const struct narrow_slot *out = rows_of(m, c->out);
    struct operand so_far = argument(m, c->in[0], out->lanes);
    for (int i = 1; i < c->n_in || i == 1; i++) {
        struct narrow_op *op = new_op(m, c->n_in > 1 ? NARROW_ADD : NARROW_MAX, out->lanes);
        const struct operand next = c->n_in > 1 ? argument(m, c->in[i], out->lanes) : so_far;
        op->out = out->at;
        set_operands(op, so_far, next, next);
        so_far = (struct operand){out->at, (uint16_t)(out->lanes == 1 ? 4 : out->lanes)};
    }
}

static void loss(struct maker *m, const struct call *c)
{
    const struct narrow_slot *y = rows_of(m, c->in[0]), *out = rows_of(m, c->out);
    if (y->cols == 1) { /* 0 + x is x but for -0, which the total's 0 takes in */
        program(m, c, out->at, 1);
        return;
    }
    const uint32_t each = allot(m, (m->n->rows + 3) / 4 * 4 * y->lanes);
    program(m, c, each, y->lanes);
    struct narrow_op *op = new_op(m, NARROW_ROW_SUM, 1);
    op->out = out->at;
    op->a = each;
    op->step[0] = y->lanes;
    op->n = y->cols;
    op->mean = c->mean != 0;
}

static void total(struct maker *m, const struct call *c)
{
    const struct narrow_slot *in = rows_of(m, c->in[0]);
    struct narrow_slot *out = &m->n->slot[c->out];
    if (in->cols != 1)
        m->unfit = 1;
    *out = (struct narrow_slot){allot(m, 1), 1, 1, 0};
    struct narrow_op *op = new_op(m, NARROW_TOTAL, 1);
    op->out = out->at;
    op->a = in->at;
    op->b = m->n->n_rows;
    op->mean = c->n_in > 1;
}

/* Operations on whole rows: all values but the log sums have the same columns. */
static void softmax(struct maker *m, const struct call *c)
{
    static const enum narrow_what what[] = {[OP_SOFTMAX] = NARROW_SOFTMAX,
                                            [OP_SOFTMAX_BACK] = NARROW_SOFTMAX_BACK,
                                            [OP_LOSS_SOFTMAX] = NARROW_DOT_LSE};
    const struct narrow_slot *a = rows_of(m, c->in[0]), *out = rows_of(m, c->out);
    m->n->slot[c->out].part = 1;
    const int b = c->op == OP_SOFTMAX ? c->out2 : c->in[1];
    struct narrow_op *op = new_op(m, what[c->op], 1);
    op->out = out->at;
    op->a = a->at;
    op->b = rows_of(m, b)->at;
    op->c = c->op == OP_LOSS_SOFTMAX ? rows_of(m, c->in[2])->at : 0;
    op->step[0] = a->lanes;
    op->n = a->cols;
}

/* The call that makes a value. */
static const struct call *maker_of(const struct maker *m, int value)
{
    for (int i = 0; i < m->plan->n_calls; i++)
        if (m->plan->call[i].out == value)
            return &m->plan->call[i];
    return NULL;
}

/* Descend along a gradient that is summed here, in every layout that the group has. */
static void descend(struct maker *m, const struct call *c)
{
    const struct call *grad = maker_of(m, c->in[1]);
    const struct value *w = value_of(m, c->in[0]);
    if (!grad || (grad->op != OP_LINEAR_DW && grad->op != OP_SUM_ROWS) || w->role != ROLE_PARAM ||
        value_of(m, c->out)->param != w->param) {
        m->unfit = 1;
        return;
    }
    const struct narrow_slot *d = rows_of(m, grad->in[0]);
    for (int i = 0; i < m->n->n_params; i++) {
        const struct narrow_param *p = &m->n->param[i];
        if (p->group != w->param)
            continue;
        struct narrow_op *op;
        if (grad->op == OP_LINEAR_DW) {
            const struct narrow_slot *x = rows_of(m, grad->in[1]);
            const struct narrow_slot *by = p->layout == BY_UNIT ? d : x;
            const struct narrow_slot *lane = p->layout == BY_UNIT ? x : d;
            if (d->cols != w->rows || x->cols != w->cols)
                m->unfit = 1;
            op = new_op(m, NARROW_OUTER, lane->lanes);
            op->a = by->at, op->step[0] = by->lanes, op->n = by->cols;
            op->b = lane->at, op->step[1] = lane->lanes;
        } else {
            if (p->layout == SHARED ? w->cols != 1 : d->cols != w->cols)
                m->unfit = 1;
            op = new_op(m, p->layout == SHARED ? NARROW_ALL : NARROW_COLUMNS, d->lanes);
            op->a = d->at, op->step[0] = d->lanes, op->n = d->cols;
        }
        op->out = p->at;
        op->c = m->n->rate + (uint32_t)p->group;
    }
}

static void translate(struct maker *m, const struct call *c)
{
    switch (c->op) {
    case OP_MAP: map(m, c); break;
    case OP_LINEAR: linear(m, c, BY_INPUT); break;
    case OP_LINEAR_DX: linear(m, c, BY_UNIT); break;
    case OP_SUM: sum(m, c); break;
    case OP_CONCAT:
    case OP_SLICE: row_copies(m, c); break;
    case OP_SOFTMAX:
    case OP_SOFTMAX_BACK:
    case OP_LOSS_SOFTMAX: softmax(m, c); break;
    case OP_LOSS: loss(m, c); break;
    case OP_TOTAL: total(m, c); break;
    case OP_LINEAR_DW:
    case OP_SUM_ROWS: break; /* made where the update wants them */
    case OP_DESCEND: descend(m, c); break;
    default: m->unfit = 1;
    }
}

/* The formulas of narrow.h as programs. */

static const struct expr *seen(void *ctx, const struct expr *sym)
{
    uint64_t *n = ctx;
    if (sym->ref + 1 > *n)
        *n = sym->ref + 1;
    return sym;
}

static void compile_formulas(struct maker *m)
{
    static const char *const text[] = {
#define X(name, formula) #formula,
        NARROW_FORMULA_LIST(X)
#undef X
    };
    static const char *const vars[] = {"x", "y", "z"};
    static const uint64_t args[] = {0, 1, 2};
    struct arena *a = &m->plan->arena;
    m->formula = arena_new(a, struct program, N_FORMULAS);
    for (int f = 0; m->formula && f < N_FORMULAS; f++) {
        const struct expr *e = NULL;
        uint64_t n = 0;
        if (cr_expr_parse(a, text[f], strlen(text[f]), vars, 3, NULL, (struct place){0}, &e,
                          NULL) ||
            !cr_expr_map(a, e, seen, &n) ||
            cr_expr_compile(e, args, (size_t)n, &m->formula[f], NULL))
            m->failed = 1;
    }
    m->failed |= !m->formula;
}

static size_t room(const cr_plan *p)
{
    size_t n = 1;
    for (int i = 0; i < p->n_calls; i++)
        n += 2 + (size_t)p->call[i].n_in + (p->call[i].program ? p->call[i].program->n_steps : 0u);
    return n;
}

/* Gradients of parameters have no place of their own here, so nothing else may read them. */
static int sums_only_descend(const cr_plan *p)
{
    for (int i = 0; i < p->n_calls; i++)
        for (int k = 0; k < p->call[i].n_in; k++)
            if (p->tape->value[p->call[i].in[k]].role == ROLE_PARAM_GRAD &&
                p->call[i].op != OP_DESCEND)
                return 0;
    return 1;
}

static int is_candidate(const cr_plan *p)
{
    const int has_list = p->f32 ? p->f32->narrow != NULL : p->f64->narrow != NULL;
    if (p->purpose == CR_FOR_EXPLAINING || !has_list || p->weight_sum >= 0 || p->whole)
        return 0;
    for (int v = 0; v < p->tape->n_values; v++)
        if (p->tape->value[v].rows > NARROW_LANES || p->tape->value[v].cols > NARROW_LANES)
            return 0;
    return sums_only_descend(p);
}

static void make(struct maker *m)
{
    const cr_plan *p = m->plan;
    struct narrow *n = m->n;
    n->n_rows = allot(m, NARROW_LANES);
    n->rate = allot(m, p->net->n_params);
    (void)rows_of(m, p->tape->input);
    if (p->tape->target >= 0)
        (void)rows_of(m, p->tape->target);
    if (cr_slicing(p, n->rows).n != 1)
        m->unfit = 1;
    enum phase phase = PHASE_GIVEN;
    for (int i = 0; i < p->n_calls && !m->unfit && !m->failed; i++) {
        const struct call *c = &p->call[i];
        if (c->phase < phase)
            m->unfit = 1;
        for (; phase < c->phase; phase++)
            n->begin[phase + 1] = m->n_ops;
        translate(m, c);
    }
    for (; phase <= PHASE_UPDATE; phase++)
        n->begin[phase + 1] = m->n_ops;
    /* Where nothing but a copy of the input were put out. */
    if (!n->slot[p->tape->output].lanes)
        m->unfit = 1;
}

cr_status cr_narrow_make(cr_plan *plan, cr_error *err)
{
    struct arena *a = &plan->arena;
    if (!is_candidate(plan))
        return CR_OK;
    struct maker m = {.plan = plan, .n = arena_new(a, struct narrow, 1), .room = room(plan)};
    if (!m.n)
        return cr_fail_memory(err);
    m.n->rows = plan->rows < MOST_ROWS ? plan->rows : MOST_ROWS;
    m.n->op = arena_new(a, struct narrow_op, m.room);
    m.n->slot = arena_new(a, struct narrow_slot, (size_t)plan->tape->n_values);
    m.n->param = arena_new(a, struct narrow_param, 3 * plan->net->n_params + 1);
    m.n->consts = arena_new(a, struct narrow_const, PROGRAM_REGS);
    if (!m.n->op || !m.n->slot || !m.n->param || !m.n->consts)
        return cr_fail_memory(err);
    compile_formulas(&m);
    if (!m.failed)
        make(&m);
    if (m.failed)
        return cr_fail_memory(err);
    if (m.unfit)
        return CR_OK;
    plan->narrow = m.n;
    return cr_narrow_step_make(plan, err);
}

size_t cr_narrow_work_size(const cr_plan *plan)
{
    return plan->narrow ? plan->narrow->size * (plan->f32 ? sizeof(float) : sizeof(double)) : 0;
}
