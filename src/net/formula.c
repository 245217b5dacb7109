/* The formula of one element of a step: what explain shows, and audit re-computes. */
#include "net/tape.h"

uint64_t cr_ref(int value, size_t row, size_t index)
{
    return (uint64_t)value << 50 | (uint64_t)row << 28 | (uint64_t)index;
}

int cr_ref_value(uint64_t ref)
{
    return (int)(ref >> 50);
}

size_t cr_ref_row(uint64_t ref)
{
    return (size_t)(ref >> 28 & 0x3fffff);
}

size_t cr_ref_index(uint64_t ref)
{
    return (size_t)(ref & 0xfffffff);
}

struct element {
    struct arena *a;
    const struct tape *t;
    const struct step *s;
    size_t rows, row, index;
};

static const struct expr *at(const struct element *e, int value, size_t row, size_t index)
{
    const enum extent extent = e->t->value[value].extent;
    return cr_expr_sym(e->a, cr_ref(value, extent == PER_ROW ? row : 0, index), NULL, NULL);
}

/* Symbols of a map's formula are its operands, at this element; what has one column is the same
 * in every column. */
static const struct expr *operand(void *ctx, const struct expr *sym)
{
    const struct element *e = ctx;
    const int v = e->s->in[sym->ref];
    const enum extent extent = e->t->value[v].extent;
    const size_t n = e->t->value[v].cols * (extent == PER_NET ? e->t->value[v].rows : 1);
    return at(e, v, e->row, n == 1 ? 0 : e->index);
}

static const struct expr *map_formula(struct element *e, const struct expr *formula)
{
    /* The mean over a batch of one is the example itself. */
    if (e->rows == 1 && formula->kind == EXPR_DIV && formula->arg[1]->kind == EXPR_SYM &&
        e->t->value[e->s->in[formula->arg[1]->ref]].role == ROLE_ROWS)
        formula = formula->arg[0];
    return cr_expr_map(e->a, formula, operand, e);
}

static const struct expr *product(const struct element *e, const struct expr *x,
                                  const struct expr *y)
{
    return cr_expr_mul(e->a, (const struct expr *[]){x, y}, 2);
}

static const struct expr *linear(const struct element *e)
{
    const int x = e->s->in[0], w = e->s->in[1];
    const size_t inner = e->t->value[w].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, inner + 1);
    if (!term)
        return NULL;
    size_t n = 0;
    for (size_t k = 0; k < inner; k++)
        term[n++] = product(e, at(e, w, 0, e->index * inner + k), at(e, x, e->row, k));
    if (e->s->n_in > 2) {
        const int b = e->s->in[2];
        term[n++] = at(e, b, 0, e->t->value[b].cols == 1 ? 0 : e->index);
    }
    return cr_expr_add(e->a, term, n);
}

/* A sum over examples or units of delta times something. */
static const struct expr *linear_dx(const struct element *e)
{
    const int d = e->s->in[0], w = e->s->in[1];
    const size_t units = e->t->value[w].rows, inner = e->t->value[w].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, units);
    if (!term)
        return NULL;
    for (size_t c = 0; c < units; c++)
        term[c] = product(e, at(e, d, e->row, c), at(e, w, 0, c * inner + e->index));
    return cr_expr_add(e->a, term, units);
}

static const struct expr *linear_dw(const struct element *e)
{
    const int d = e->s->in[0], x = e->s->in[1];
    const size_t inner = e->t->value[x].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, e->rows);
    if (!term)
        return NULL;
    for (size_t r = 0; r < e->rows; r++)
        term[r] = product(e, at(e, d, r, e->index / inner), at(e, x, r, e->index % inner));
    return cr_expr_add(e->a, term, e->rows);
}

static const struct expr *sum_rows(const struct element *e)
{
    const int d = e->s->in[0];
    const size_t cols = e->t->value[d].cols;
    const size_t all = e->t->value[e->s->out].cols == 1 ? cols : 1;
    const struct expr **term = arena_new(e->a, const struct expr *, e->rows *all);
    if (!term)
        return NULL;
    size_t n = 0;
    for (size_t r = 0; r < e->rows; r++)
        for (size_t c = 0; c < all; c++)
            term[n++] = at(e, d, r, all > 1 ? c : e->index);
    return cr_expr_add(e->a, term, n);
}

static const struct expr *sum(const struct element *e)
{
    const struct expr **term = arena_new(e->a, const struct expr *, (size_t)e->s->n_in);
    if (!term)
        return NULL;
    for (int i = 0; i < e->s->n_in; i++)
        term[i] = at(e, e->s->in[i], e->row, e->index);
    return cr_expr_add(e->a, term, (size_t)e->s->n_in);
}

static const struct expr *concat(const struct element *e)
{
    size_t index = e->index;
    for (int i = 0; i < e->s->n_in; i++) {
        const size_t cols = e->t->value[e->s->in[i]].cols;
        if (index < cols)
            return at(e, e->s->in[i], e->row, index);
        index -= cols;
    }
    return NULL;
}

static const struct expr *exponential(const struct element *e, const struct expr *x)
{
    return cr_expr_call(e->a, "exp", &x, 1);
}

static const struct expr *softmax(const struct element *e)
{
    const int u = e->s->in[0];
    const size_t cols = e->t->value[u].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, cols);
    if (!term)
        return NULL;
    for (size_t c = 0; c < cols; c++)
        term[c] = exponential(e, at(e, u, e->row, c));
    return cr_expr_binary(e->a, EXPR_DIV, exponential(e, at(e, u, e->row, e->index)),
                          cr_expr_add(e->a, term, cols));
}

/* y_i (g_i - sum_j g_j y_j), g = dL/dy */
static const struct expr *softmax_back(const struct element *e)
{
    const int y = e->s->in[0], g = e->s->in[1];
    const size_t cols = e->t->value[y].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, cols);
    if (!term)
        return NULL;
    for (size_t c = 0; c < cols; c++)
        term[c] = product(e, at(e, g, e->row, c), at(e, y, e->row, c));
    const struct expr *rest =
        cr_expr_sub(e->a, at(e, g, e->row, e->index), cr_expr_add(e->a, term, cols));
    return product(e, at(e, y, e->row, e->index), rest);
}

static const struct expr *loss(struct element *e)
{
    const struct expr *formula = e->s->shown ? e->s->shown : e->s->formula;
    const size_t cols = e->t->value[e->s->in[0]].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, cols);
    if (!term)
        return NULL;
    for (size_t c = 0; c < cols; c++) {
        e->index = c;
        term[c] = cr_expr_map(e->a, formula, operand, e);
    }
    const struct expr *total = cr_expr_add(e->a, term, cols);
    return e->s->mean ? cr_expr_binary(e->a, EXPR_DIV, total, cr_expr_num(e->a, (double)cols))
                      : total;
}

/* The formula at each row, added up. */
static const struct expr *col_sum(struct element *e)
{
    const struct expr **term = arena_new(e->a, const struct expr *, e->rows);
    if (!term)
        return NULL;
    for (e->row = 0; e->row < e->rows; e->row++)
        term[e->row] = cr_expr_map(e->a, e->s->formula, operand, e);
    const struct expr *total = cr_expr_add(e->a, term, e->rows);
    return e->s->mean ? cr_expr_binary(e->a, EXPR_DIV, total, cr_expr_num(e->a, (double)e->rows))
                      : total;
}

/* -(t_1 ln y_1 + t_2 ln y_2 + ...) */
static const struct expr *loss_softmax(const struct element *e)
{
    const int t = e->s->in[1], y = e->s->in[3];
    const size_t cols = e->t->value[t].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, cols);
    if (!term)
        return NULL;
    for (size_t c = 0; c < cols; c++) {
        const struct expr *p = at(e, y, e->row, c);
        term[c] = product(e, at(e, t, e->row, c), cr_expr_call(e->a, "log", &p, 1));
    }
    return cr_expr_unary(e->a, EXPR_NEG, cr_expr_add(e->a, term, cols));
}

static const struct expr *total(const struct element *e)
{
    const struct expr **term = arena_new(e->a, const struct expr *, e->rows);
    if (!term)
        return NULL;
    for (size_t r = 0; r < e->rows; r++)
        term[r] = at(e, e->s->in[0], r, 0);
    const struct expr *all = cr_expr_add(e->a, term, e->rows);
    if (e->s->n_in < 2 || (e->rows == 1 && e->t->value[e->s->in[1]].role == ROLE_ROWS))
        return all;
    return cr_expr_binary(e->a, EXPR_DIV, all, at(e, e->s->in[1], 0, 0));
}

/* sqrt(g1^2 + g2^2 + ...) over all parameters */
static const struct expr *norm(const struct element *e)
{
    size_t n = 0, k = 0;
    for (int i = 0; i < e->s->n_in; i++)
        n += e->t->value[e->s->in[i]].rows * e->t->value[e->s->in[i]].cols;
    const struct expr **term = arena_new(e->a, const struct expr *, n);
    if (!term)
        return NULL;
    for (int i = 0; i < e->s->n_in; i++) {
        const struct value *v = &e->t->value[e->s->in[i]];
        for (size_t j = 0; j < v->rows * v->cols; j++)
            term[k++] =
                cr_expr_binary(e->a, EXPR_POW, at(e, e->s->in[i], 0, j), cr_expr_num(e->a, 2));
    }
    const struct expr *sum = cr_expr_add(e->a, term, n);
    return sum ? cr_expr_call(e->a, "sqrt", &sum, 1) : NULL;
}

static const struct expr *descend(const struct element *e)
{
    const struct expr *rate = at(e, e->s->in[2], 0, 0);
    if (e->s->factor != 1)
        rate = product(e, rate, cr_expr_num(e->a, e->s->factor));
    const struct expr *step = product(e, rate, at(e, e->s->in[1], 0, e->index));
    return cr_expr_sub(e->a, at(e, e->s->in[0], 0, e->index), step);
}

const struct expr *cr_step_formula(struct arena *a, const struct tape *tape, int step, size_t rows,
                                   size_t row, size_t index)
{
    struct element e = {a, tape, &tape->step[step], rows, row, index};
    switch (e.s->op) {
    case OP_MAP: return map_formula(&e, e.s->shown ? e.s->shown : e.s->formula);
    case OP_MASK:
    case OP_NOISE: break; /* drawn */
    case OP_LINEAR: return linear(&e);
    case OP_LINEAR_DX: return linear_dx(&e);
    case OP_LINEAR_DW: return linear_dw(&e);
    case OP_SUM_ROWS: return sum_rows(&e);
    case OP_SUM: return sum(&e);
    case OP_CONCAT: return concat(&e);
    case OP_SLICE: return at(&e, e.s->in[0], row, e.s->begin + index);
    case OP_SOFTMAX: return softmax(&e);
    case OP_SOFTMAX_BACK: return softmax_back(&e);
    case OP_ROW_SUM:
    case OP_LOSS: return loss(&e);
    case OP_COL_SUM: return col_sum(&e);
    case OP_LOSS_SOFTMAX: return loss_softmax(&e);
    case OP_TOTAL: return total(&e);
    case OP_NORM: return norm(&e);
    case OP_DESCEND: return descend(&e);
    case OP_COUNT: break;
    }
    return NULL;
}

void cr_tape_resolve(const struct tape *t, int *value, size_t *index)
{
    while (t->value[*value].maker >= 0) {
        const struct step *s = &t->step[t->value[*value].maker];
        if (s->op != OP_CONCAT)
            return;
        int i = 0;
        while (*index >= t->value[s->in[i]].cols)
            *index -= t->value[s->in[i++]].cols;
        *value = s->in[i];
    }
}
