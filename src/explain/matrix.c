/* Formulas in matrix form: what a tape's operations are for whole layers. Column vectors,
 * one for each example. Only shown; values come from the plan, and every element is what
 * cr_step_formula says. */
#include "explain/steps.h"

static const struct expr *whole(struct explanation *x, int value, size_t row)
{
    if (x->trace->tape->value[value].extent != PER_ROW)
        row = 0;
    return cr_expr_sym(&x->arena, cr_ref(value, row, 0), NULL, NULL);
}

static const struct expr *product(struct explanation *x, const struct expr *a, const struct expr *b)
{
    return cr_expr_binary(&x->arena, EXPR_MUL, a, b);
}

static const struct expr *transposed(struct explanation *x, const struct expr *a)
{
    return cr_expr_unary(&x->arena, EXPR_TRANSPOSE, a);
}

static int is_vector(const struct explanation *x, const struct expr *e)
{
    if (e->kind == EXPR_SYM)
        return x->trace->tape->value[cr_ref_value(e->ref)].extent != SCALAR;
    for (unsigned i = 0; i < e->n; i++)
        if (is_vector(x, e->arg[i]))
            return 1;
    return 0;
}

/* The square of a matrix would be read as a product of matrices. */
static int has_params(const struct explanation *x, const struct expr *e)
{
    if (e->kind == EXPR_SYM)
        return x->trace->tape->value[cr_ref_value(e->ref)].extent == PER_NET;
    for (unsigned i = 0; i < e->n; i++)
        if (has_params(x, e->arg[i]))
            return 1;
    return 0;
}

/* A formula of one element read as one of whole vectors, or parameters: products become
 * elementwise. */
static const struct expr *elementwise(struct explanation *x, const struct expr *e)
{
    if (!e || !e->n)
        return e;
    struct expr *copy = cr_arena_copy(&x->arena, e, 1, sizeof *e);
    const struct expr **arg = arena_new(&x->arena, const struct expr *, e->n);
    if (!copy || !arg)
        return NULL;
    unsigned vectors = 0;
    for (unsigned i = 0; i < e->n; i++) {
        if (!(arg[i] = elementwise(x, e->arg[i])))
            return NULL;
        vectors += is_vector(x, arg[i]) != 0;
    }
    copy->arg = arg;
    if (e->kind == EXPR_MUL && vectors > 1)
        copy->kind = EXPR_HADAMARD;
    if (e->kind == EXPR_POW && has_params(x, arg[0]) && arg[1]->kind == EXPR_NUM &&
        arg[1]->value == 2)
        return cr_expr_binary(&x->arena, EXPR_HADAMARD, arg[0], arg[0]);
    return copy;
}

/* Sum over the examples of what each contributes. */
static const struct expr *over_rows(struct explanation *x, const struct step *s)
{
    const size_t rows = x->trace->rows;
    const struct value *out = &x->trace->tape->value[s->out];
    const struct value *in = &x->trace->tape->value[s->in[0]];
    const struct expr **term = arena_new(&x->arena, const struct expr *, rows);
    if (!term)
        return NULL;
    for (size_t r = 0; r < rows; r++) {
        term[r] = whole(x, s->in[0], r);
        if (s->op == OP_LINEAR_DW)
            term[r] = product(x, term[r], transposed(x, whole(x, s->in[1], r)));
        if (s->op == OP_SUM_ROWS && out->cols == 1 && in->cols > 1)
            term[r] = cr_expr_named_call(&x->arena, "sum", "\\operatorname{sum}", &term[r], 1);
    }
    return cr_expr_add(&x->arena, term, rows);
}

static const struct expr *several(struct explanation *x, const struct xstep *s,
                                  const struct step *st)
{
    const struct expr **in = arena_new(&x->arena, const struct expr *, (size_t)st->n_in);
    if (!in)
        return NULL;
    for (int i = 0; i < st->n_in; i++)
        in[i] = whole(x, st->in[i], s->row);
    if (st->op == OP_CONCAT)
        return cr_expr_matrix(&x->arena, (size_t)st->n_in, 1, in);
    return cr_expr_add(&x->arena, in, (size_t)st->n_in);
}

static const struct expr *slice(struct explanation *x, const struct xstep *s, const struct step *st)
{
    const size_t cols = x->trace->tape->value[st->out].cols;
    const struct expr *in = whole(x, st->in[0], s->row);
    const char *text = cr_arena_printf(&x->arena, "rows%zu…%zu", st->begin + 1, st->begin + cols);
    const char *latex = cr_arena_printf(&x->arena, "\\operatorname{rows}_{%zu\\ldots %zu}",
                                        st->begin + 1, st->begin + cols);
    return cr_expr_named_call(&x->arena, text, latex, &in, 1);
}

static const struct expr *linear(struct explanation *x, const struct xstep *s,
                                 const struct step *st)
{
    const struct expr *wx = product(x, whole(x, st->in[1], 0), whole(x, st->in[0], s->row));
    if (st->n_in < 3)
        return wx;
    return cr_expr_binary(&x->arena, EXPR_ADD, wx, whole(x, st->in[2], 0));
}

static const struct expr *softmax_back(struct explanation *x, const struct xstep *s,
                                       const struct step *st)
{
    const struct expr *y = whole(x, st->in[0], s->row), *g = whole(x, st->in[1], s->row);
    const struct expr *mean = product(x, transposed(x, g), y);
    return cr_expr_binary(&x->arena, EXPR_HADAMARD, y, cr_expr_sub(&x->arena, g, mean));
}

const struct expr *cr_matrix_formula(struct explanation *x, const struct xstep *s)
{
    const struct tape *t = x->trace->tape;
    const struct step *st = &t->step[s->step];
    const struct expr *in = whole(x, st->in[0], s->row);
    switch (st->op) {
    case OP_LINEAR: return linear(x, s, st);
    case OP_LINEAR_DX: return product(x, transposed(x, whole(x, st->in[1], 0)), in);
    case OP_LINEAR_DW:
    case OP_SUM_ROWS: return over_rows(x, st);
    case OP_SUM:
    case OP_CONCAT: return several(x, s, st);
    case OP_SLICE: return slice(x, s, st);
    case OP_SOFTMAX:
        return cr_expr_named_call(&x->arena, "softmax", "\\operatorname{softmax}", &in, 1);
    case OP_SOFTMAX_BACK: return softmax_back(x, s, st);
    case OP_MAP:
    case OP_COL_SUM:
    case OP_DESCEND:
        return elementwise(x, cr_step_formula(&x->arena, t, s->step, x->trace->rows, s->row, 0));
    default: return cr_step_formula(&x->arena, t, s->step, x->trace->rows, s->row, 0);
    }
}
