/* The order in which a teacher writes the steps: node by node, each example in turn. */
#include <stdlib.h>
#include <string.h>

#include "explain/steps.h"

/* Growing list of steps. */
static struct xstep *add(struct explanation *x, struct xstep s)
{
    if (x->n == x->room) {
        const size_t room = x->room ? 2 * x->room : 256;
        struct xstep *grown = realloc(x->step, room * sizeof *grown);
        if (!grown)
            return NULL;
        x->step = grown;
        x->room = room;
    }
    x->step[x->n] = s;
    return &x->step[x->n++];
}

struct lister {
    struct explanation *x;
    const struct tape *t;
    int pass, verify, failed;
};

static void put(struct lister *l, enum xphase phase, enum group group, int step, int value,
                size_t row, long index)
{
    const size_t first = index == WHOLE ? 0 : (size_t)index;
    int *at = &l->x->at[l->pass][cr_trace_at(l->x->trace, value, row, first)];
    if (*at)
        return;
    const struct xstep s = {.phase = l->verify ? X_VERIFY : phase,
                            .group = l->verify ? GROUP_VERIFY : group,
                            .pass = l->pass,
                            .step = step,
                            .value = value,
                            .row = row,
                            .index = index,
                            .layer = l->t->value[value].layer};
    if (!add(l->x, s))
        l->failed = 1;
    else
        *at = (int)l->x->n;
}

static size_t columns(const struct value *v)
{
    return v->extent == PER_ROW ? v->cols : v->rows * v->cols;
}

static void put_all(struct lister *l, enum xphase phase, enum group group, int step, int value,
                    size_t row)
{
    if (l->x->matrix) {
        put(l, phase, group, step, value, row, WHOLE);
        return;
    }
    for (size_t i = 0; i < columns(&l->t->value[value]); i++)
        put(l, phase, group, step, value, row, (long)i);
}

/* Parameters of a layer, or what has their shape: unit by unit the weights, then the bias. */
static void put_params(struct lister *l, enum xphase phase, enum group group, const int *value,
                       const int *step, int n)
{
    size_t units = 0;
    for (int i = 0; i < n; i++) {
        const struct value *v = &l->t->value[value[i]];
        if (v->rows > 1 || v->cols > units)
            units = v->rows > 1 ? v->rows : v->cols;
    }
    for (size_t u = 0; u < units && !l->x->matrix; u++) {
        for (int i = 0; i < n; i++) {
            const struct value *v = &l->t->value[value[i]];
            const int weight = l->t->net->param[v->param].kind == PARAM_WEIGHT;
            if (!weight && v->cols > 1 && u < v->cols)
                put(l, phase, group, step[i], value[i], 0, (long)u);
            for (size_t k = 0; weight && u < v->rows && k < v->cols; k++)
                put(l, phase, group, step[i], value[i], 0, (long)(u * v->cols + k));
        }
    }
    for (int i = 0; i < n; i++)
        put_all(l, phase, group, step[i], value[i], 0);
}

enum { LAYER_GROUPS = PARAM_KINDS }; /* of parameters that a layer can have */

static void put_given(struct lister *l)
{
    const struct tape *t = l->t;
    for (size_t row = 0; row < l->x->trace->rows; row++)
        put_all(l, X_GIVEN, GROUP_GIVEN, -1, t->input, row);
    for (int v = 0; v < t->n_values; v++) {
        int value[LAYER_GROUPS], step[LAYER_GROUPS], n = 0;
        if (t->value[v].role != ROLE_PARAM)
            continue;
        for (int w = v; w < t->n_values && n < LAYER_GROUPS; w++)
            if (t->value[w].role == ROLE_PARAM && t->value[w].layer == t->value[v].layer) {
                step[n] = -1;
                value[n++] = w;
            }
        put_params(l, X_GIVEN, GROUP_GIVEN, value, step, n);
    }
    if (l->x->trace->forward_only)
        return;
    for (size_t row = 0; row < l->x->trace->rows; row++)
        put_all(l, X_GIVEN, GROUP_GIVEN, -1, t->target, row);
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == ROLE_RATE || t->value[v].role == ROLE_HYPER ||
            t->value[v].role == ROLE_STATE ||
            (t->value[v].role == ROLE_ROWS && l->x->trace->rows > 1))
            put_all(l, X_GIVEN, GROUP_GIVEN, -1, v, 0);
}

/* Steps whose values are the same for all examples, and no parameter's: column by column, which
 * read one another. */
static void put_columns(struct lister *l, enum xphase phase, enum group group, int begin, int end)
{
    const struct tape *t = l->t;
    for (size_t u = 0; u < t->value[t->step[begin].out].cols && !l->x->matrix; u++)
        for (int i = begin; i < end; i++)
            put(l, phase, group, i, t->step[i].out, 0, (long)u);
    for (int i = begin; i < end; i++)
        put_all(l, phase, group, i, t->step[i].out, 0);
}

/* Where such steps of one layer and phase, that begin here, end. */
static int columns_end(const struct tape *t, int begin)
{
    const struct value *v = &t->value[t->step[begin].out];
    int end = begin;
    for (; end < t->n_steps; end++) {
        const struct value *w = &t->value[t->step[end].out];
        if (w->extent != PER_NET || w->param >= 0 || w->layer != v->layer || w->cols != v->cols ||
            t->step[end].phase != t->step[begin].phase)
            break;
    }
    return end;
}

static enum group group_of(const struct tape *t, const struct step *s)
{
    if (s->phase == PHASE_FORWARD)
        return GROUP_FORWARD;
    if (s->phase == PHASE_LOSS)
        return GROUP_LOSS;
    if (s->phase == PHASE_UPDATE)
        return GROUP_UPDATE;
    const enum role role = t->value[s->out].role;
    return role == ROLE_PARAM_GRAD || role == ROLE_SLOPE_TERM ? GROUP_GRADIENT : GROUP_DELTA;
}

/* Whether a step after the first of a block reads only its own column of what it made. */
static int is_by_column(const struct step *first, const struct step *s)
{
    return s->op == OP_MAP || (first->op == OP_NOISE && s->op == OP_SUM);
}

/* Steps made for each example that may be told unit by unit: the first may read anything
 * made before; each later one reads only its own column of those in the block. */
static int block_end(const struct explanation *x, const struct tape *t, int begin)
{
    const struct step *first = &t->step[begin];
    const struct value *v = &t->value[first->out];
    int end = begin + 1;
    if (x->matrix || first->op == OP_SOFTMAX || first->op == OP_SOFTMAX_BACK)
        return end;
    for (; end < t->n_steps; end++) {
        const struct value *w = &t->value[t->step[end].out];
        if (t->step[end].phase != first->phase || w->extent != PER_ROW || w->layer != v->layer ||
            w->cols != v->cols || !is_by_column(first, &t->step[end]) ||
            group_of(t, &t->step[end]) != group_of(t, first))
            break;
    }
    return end;
}

static enum xphase xphase_of(const struct step *s)
{
    return s->phase == PHASE_FORWARD    ? X_FORWARD
           : s->phase == PHASE_LOSS     ? X_LOSS
           : s->phase == PHASE_BACKWARD ? X_BACKWARD
                                        : X_UPDATE;
}

/* What no formula gives. */
static int is_drawn(const struct step *s)
{
    return s->op == OP_MASK || s->op == OP_NOISE;
}

static int skipped(const struct lister *l, const struct step *s)
{
    const int answers = s->phase == PHASE_FORWARD || l->t->value[s->out].role == ROLE_PROBABILITY;
    if (l->x->trace->forward_only && !answers)
        return 1;
    if (is_drawn(s))
        return 0;
    if (!l->x->matrix)
        return cr_step_is_alias(s, l->x->trace->rows) ||
               (l->t->value[s->out].role == ROLE_SMOOTHED && l->pass > 0);
    return (s->op == OP_TOTAL && l->x->trace->rows == 1) ||
           (l->t->value[s->out].role == ROLE_SMOOTHED && l->pass > 0);
}

/* The loss of one example of several is told with the example. */
static enum group group_in_row(const struct lister *l, const struct step *s)
{
    const int several = l->x->trace->rows > 1;
    return several && s->phase == PHASE_LOSS ? GROUP_FORWARD : group_of(l->t, s);
}

static void put_row(struct lister *l, int begin, int end, size_t row)
{
    const struct tape *t = l->t;
    const size_t units = l->x->matrix ? 1 : t->value[t->step[begin].out].cols;
    for (size_t u = 0; u < units; u++) {
        for (int i = begin; i < end; i++) {
            const struct step *s = &t->step[i];
            if (!skipped(l, s))
                put(l, xphase_of(s), group_in_row(l, s), is_drawn(s) ? -1 : i, s->out, row,
                    l->x->matrix ? WHOLE : (long)u);
        }
    }
}

/* Steps begin .. end - 1 as far as they are made for each example, example by example. */
static void put_examples(struct lister *l, int begin, int last)
{
    const struct tape *t = l->t;
    for (size_t row = 0; row < l->x->trace->rows; row++) {
        for (int i = begin; i < last;) {
            const int end = block_end(l->x, t, i);
            if (t->value[t->step[i].out].extent == PER_ROW)
                put_row(l, i, end, row);
            i = end;
        }
    }
}

/* Forward and each example's loss: as far as it goes without knowing the others, example by
 * example. */
static int put_forward(struct lister *l)
{
    const struct tape *t = l->t;
    int last = 0;
    while (last < t->n_steps && t->step[last].phase <= PHASE_LOSS)
        last++;
    for (int i = 0; i < last;) {
        int end = i;
        while (end < last && t->value[t->step[end].out].extent != PER_NET)
            end++;
        put_examples(l, i, end);
        i = columns_end(t, end);
        if (i > end)
            put_columns(l, X_FORWARD, GROUP_FORWARD, end, i);
    }
    for (int i = 0; i < last; i++) {
        const struct step *s = &t->step[i];
        if (t->value[s->out].extent != PER_ROW && !skipped(l, s))
            put_all(l, xphase_of(s), group_of(t, s), i, s->out, 0);
    }
    return last;
}

/* An optimiser's assignments from `begin` on, for one layer: all of a parameter together.
 * Returns where they end. */
static int put_updates(struct lister *l, int begin)
{
    const struct tape *t = l->t;
    const int layer = t->value[t->step[begin].out].layer;
    int end = begin;
    size_t units = 1;
    while (end < t->n_steps && t->value[t->step[end].out].layer == layer) {
        const struct value *v = &t->value[t->step[end++].out];
        const size_t n = v->rows > 1 ? v->rows : v->cols;
        units = n > units ? n : units;
    }
    for (size_t u = 0; u < units && !l->x->matrix; u++) {
        for (int i = begin, next; i < end; i = next) {
            const struct value *v = &t->value[t->step[i].out];
            const int weight = t->net->param[v->param].kind == PARAM_WEIGHT;
            const size_t cols = weight ? v->cols : 1;
            const size_t first = u * cols;
            for (next = i; next < end && t->value[t->step[next].out].param == v->param; next++)
                continue;
            for (size_t k = first; k < first + cols && k < v->rows * v->cols; k++)
                for (int s = i; s < next; s++)
                    put(l, X_UPDATE, GROUP_UPDATE, s, t->step[s].out, 0, (long)k);
        }
    }
    for (int i = begin; i < end && l->x->matrix; i++)
        put_all(l, X_UPDATE, GROUP_UPDATE, i, t->step[i].out, 0);
    return end;
}

/* Where a step is one of an optimiser's assignments. */
static int is_assignment(const struct tape *t, const struct step *s)
{
    return s->phase == PHASE_UPDATE && s->op == OP_MAP && t->value[s->out].extent == PER_NET;
}

static void put_time(struct lister *l)
{
    for (int v = 0; v < l->t->n_values; v++)
        if (l->t->value[v].role == ROLE_TIME)
            put_all(l, X_UPDATE, GROUP_UPDATE, -1, v, 0);
}

static void put_rest(struct lister *l, int begin)
{
    const struct tape *t = l->t;
    int timed = 0;
    for (int i = begin; i < t->n_steps;) {
        if (t->step[i].phase == PHASE_UPDATE && !timed) {
            put_time(l);
            timed = 1;
        }
        if (is_assignment(t, &t->step[i])) {
            i = put_updates(l, i);
            continue;
        }
        const enum role role = t->value[t->step[i].out].role;
        if (role == ROLE_NORM || role == ROLE_CLIP)
            put_all(l, X_UPDATE, GROUP_UPDATE, i, t->step[i].out, 0);
        int end = block_end(l->x, t, i);
        const int columns = columns_end(t, i);
        if (columns > i) {
            put_columns(l, xphase_of(&t->step[i]), group_of(t, &t->step[i]), i, columns);
            end = columns;
        } else if (t->value[t->step[i].out].extent == PER_ROW) {
            for (size_t row = 0; row < l->x->trace->rows; row++)
                put_row(l, i, end, row);
        } else {
            int value[LAYER_GROUPS], step[LAYER_GROUPS], n = 0;
            const enum phase phase = t->step[i].phase;
            const int layer = t->value[t->step[i].out].layer;
            for (end = i; end < t->n_steps && n < LAYER_GROUPS; end++) {
                const struct value *v = &t->value[t->step[end].out];
                if (t->step[end].phase != phase || v->layer != layer || v->extent != PER_NET ||
                    v->param < 0)
                    break;
                value[n] = t->step[end].out;
                step[n++] = end;
            }
            if (n)
                put_params(l, xphase_of(&t->step[i]), group_of(t, &t->step[i]), value, step, n);
            else
                end = i + 1;
        }
        i = end;
    }
}

/* Before and after. */

static const struct expr *sym(struct explanation *x, int number)
{
    return cr_expr_sym(&x->arena, cr_leaf(number, WHOLE), NULL, NULL);
}

static int derive(struct lister *l, enum derived what, size_t row, long index,
                  const struct expr *formula)
{
    const struct xstep s = {.phase = X_VERIFY,
                            .group = GROUP_COMPARE,
                            .derived = what,
                            .pass = l->pass,
                            .step = -1,
                            .value = -1,
                            .row = row,
                            .index = index,
                            .layer = -1,
                            .formula = formula};
    if (!formula || !add(l->x, s)) {
        l->failed = 1;
        return 0;
    }
    return (int)l->x->n - 1;
}

static const struct expr *reduction(struct explanation *x, int before, int after)
{
    return cr_expr_sub(&x->arena, sym(x, before), sym(x, after));
}

static const struct expr *per_cent(struct explanation *x, int less, int before)
{
    struct arena *a = &x->arena;
    const struct expr *ratio = cr_expr_binary(a, EXPR_DIV, sym(x, less), sym(x, before));
    return cr_expr_binary(a, EXPR_MUL, ratio, cr_expr_num(a, 100));
}

static const struct expr *error_of(struct explanation *x, int output, int target)
{
    const struct expr *d = reduction(x, output, target);
    return cr_expr_call(&x->arena, "abs", &d, 1);
}

static void put_errors(struct lister *l, size_t row, size_t k)
{
    struct explanation *x = l->x;
    const int first = cr_explanation_find(x, 0, l->t->output, row, k);
    const int last = cr_explanation_find(x, l->pass, l->t->output, row, k);
    const int target = cr_explanation_find(x, 0, l->t->target, row, k);
    if (first < 0 || last < 0 || target < 0 || l->failed)
        return;
    const long index = (long)k;
    const int before = derive(l, DERIVED_ERROR_BEFORE, row, index, error_of(x, first, target));
    const int after = derive(l, DERIVED_ERROR, row, index, error_of(x, last, target));
    const int less = derive(l, DERIVED_ERROR_REDUCTION, row, index, reduction(x, before, after));
    if (cr_explanation_derive(x, &x->step[before]) > 0)
        derive(l, DERIVED_ERROR_PER_CENT, row, index, per_cent(x, less, before));
}

static void put_comparison(struct lister *l)
{
    enum { MOST_ERRORS = 4 };
    struct explanation *x = l->x;
    const size_t outputs = l->t->value[l->t->output].cols;
    const int before = cr_explanation_find(x, 0, l->t->loss, 0, 0);
    const int after = cr_explanation_find(x, l->pass, l->t->loss, 0, 0);
    const int less = derive(l, DERIVED_REDUCTION, 0, 0, reduction(x, before, after));
    if (cr_explanation_derive(x, &x->step[before]) > 0)
        derive(l, DERIVED_PER_CENT, 0, 0, per_cent(x, less, before));
    if (x->matrix || x->trace->rows > 1 || outputs > MOST_ERRORS)
        return;
    for (size_t k = 0; k < outputs; k++)
        put_errors(l, 0, k);
}

int cr_explanation_find(const struct explanation *x, int pass, int value, size_t row, size_t index)
{
    const struct tape *t = x->trace->tape;
    if (!x->matrix) {
        cr_names_resolve(t, x->trace->rows, &value, &index);
    } else {
        while (t->value[value].maker >= 0) {
            const struct step *s = &t->step[t->value[value].maker];
            if (s->op != OP_TOTAL || x->trace->rows > 1)
                break;
            value = s->in[0];
        }
        index = 0;
    }
    const struct value *v = &t->value[value];
    if (v->extent != PER_ROW)
        row = 0;
    if (v->role == ROLE_PARAM && pass > 0) {
        const int made = cr_tape_find(t, ROLE_NEW, value, -1);
        value = made < 0 ? value : made; /* none: a running average, predicting */
        pass = made < 0 ? 0 : pass - 1;
    } else if (v->role == ROLE_STATE && pass > 0) {
        value = cr_tape_find(t, ROLE_NEW_STATE, value, -1);
        pass--;
    } else if (v->role == ROLE_TIME || v->role == ROLE_MASK || v->role == ROLE_NOISE) {
        return x->at[pass][cr_trace_at(x->trace, value, row, index)] - 1;
    } else if (v->maker < 0 || v->role == ROLE_SMOOTHED) {
        pass = 0;
    }
    return value < 0 ? -1 : x->at[pass][cr_trace_at(x->trace, value, row, index)] - 1;
}

cr_status cr_explanation_list(struct explanation *x, cr_error *err)
{
    struct lister l = {.x = x, .t = x->trace->tape};
    put_given(&l);
    if (x->trace->forward_only) {
        put_forward(&l);
        return l.failed ? cr_fail_memory(err) : CR_OK;
    }
    for (; l.pass <= x->trace->updates && !l.failed; l.pass++) {
        l.verify = l.pass == x->trace->updates;
        const int rest = put_forward(&l);
        if (!l.verify)
            put_rest(&l, rest);
    }
    l.pass = x->trace->updates;
    if (!l.failed)
        put_comparison(&l);
    return l.failed ? cr_fail_memory(err) : CR_OK;
}
