#include "explain/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/plan.h"

enum { EXACT_LIMIT = 30000 }; /* elements, all passes together, that are followed exactly */

size_t cr_trace_at(const struct trace *t, int value, size_t row, size_t index)
{
    const struct value *v = &t->tape->value[value];
    return t->offset[value] + (v->extent == PER_ROW ? row * v->cols : 0) + index;
}

static size_t elements(const struct trace *t, int value)
{
    const struct value *v = &t->tape->value[value];
    return v->extent == PER_ROW ? t->rows * v->cols : v->rows * v->cols;
}

static cr_status layout(struct trace *t, cr_error *err)
{
    t->offset = arena_new(&t->arena, size_t, (size_t)t->tape->n_values);
    if (!t->offset)
        return cr_fail_memory(err);
    for (int v = 0; v < t->tape->n_values; v++) {
        t->offset[v] = t->total;
        t->total += elements(t, v);
    }
    const size_t passes = (size_t)t->updates + 1;
    t->value = arena_new(&t->arena, double *, passes);
    if (!t->value)
        return cr_fail_memory(err);
    for (size_t p = 0; p < passes; p++)
        if (!(t->value[p] = arena_new(&t->arena, double, t->total)))
            return cr_fail_memory(err);
    size_t all;
    if (t->type == CR_F64 && cr_mul_size(passes, t->total, &all) && all <= EXACT_LIMIT) {
        t->exact = arena_new(&t->arena, const struct rational **, passes);
        for (size_t p = 0; t->exact && p < passes; p++) {
            t->exact[p] = arena_new(&t->arena, const struct rational *, t->total);
            if (!t->exact[p])
                return cr_fail_memory(err);
        }
        if (!t->exact)
            return cr_fail_memory(err);
    }
    return CR_OK;
}

/* The state of one run: memory that the engine works in. */
struct session {
    struct trace *t;
    const struct trace_options *options;
    cr_plan *plan;
    cr_state *state;
    void *in, *targets, *params; /* copies */
    struct run run;
    int pass;
};

static size_t type_size(cr_type type)
{
    return type == CR_F32 ? sizeof(float) : sizeof(double);
}

static double number_at(cr_type type, const void *array, size_t i)
{
    return type == CR_F32 ? (double)((const float *)array)[i] : ((const double *)array)[i];
}

static void set_number(cr_type type, void *array, size_t i, double v)
{
    if (type == CR_F32)
        ((float *)array)[i] = (float)v;
    else
        ((double *)array)[i] = v;
}

/* A given number is the decimal that it was written as. */
static const struct rational *keep(struct trace *t, const struct rational *r)
{
    return cr_arena_copy(&t->arena, r, 1, sizeof *r);
}

static const struct rational *given(struct trace *t, double v)
{
    char digits[32];
    struct rational r;
    cr_shortest_f64(v, digits);
    return isfinite(v) && cr_rational_decimal(&r, digits, strlen(digits)) ? keep(t, &r) : NULL;
}

/* The number that a class would go on with. */
static double rounded(const struct trace_options *o, double v, const struct rational *exact)
{
    char shown[DECIMAL_SIZE];
    double out = v;
    cr_decimal(shown, &o->rule, v, exact, NULL);
    return cr_parse_f64(shown, strlen(shown), &out) ? out : v;
}

static void round_given(const struct session *s, void *array, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double v = number_at(s->t->type, array, i);
        set_number(s->t->type, array, i, rounded(s->options, v, given(s->t, v)));
    }
}

/* What an element of this pass's formulas is read from. */
struct reading {
    const struct trace *t;
    int pass;
};

static size_t ref_at(const struct trace *t, uint64_t ref)
{
    return cr_trace_at(t, cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref));
}

static int read_exact(void *ctx, uint64_t ref, struct rational *out)
{
    const struct reading *r = ctx;
    const struct rational *e = r->t->exact[r->pass][ref_at(r->t, ref)];
    if (e)
        *out = *e;
    return e != NULL;
}

static double read_value(void *ctx, uint64_t ref)
{
    const struct reading *r = ctx;
    return r->t->value[r->pass][ref_at(r->t, ref)];
}

/* The exact value of an element, from the exact values that its formula reads. */
static int exact_element(struct trace *t, int pass, int step, size_t row, size_t index,
                         struct rational *out)
{
    struct arena a = {0};
    struct reading r = {t, pass};
    const struct expr *formula = cr_step_formula(&a, t->tape, step, t->rows, row, index);
    const int known = formula && cr_expr_exact(formula, read_exact, &r, out);
    cr_arena_free(&a);
    return known;
}

static size_t value_rows(const struct trace *t, int value)
{
    return t->tape->value[value].extent == PER_ROW ? t->rows : 1;
}

static size_t value_cols(const struct trace *t, int value)
{
    const struct value *v = &t->tape->value[value];
    return v->extent == PER_ROW ? v->cols : v->rows * v->cols;
}

static int is_drawn(const struct step *s)
{
    return s->op == OP_MASK || s->op == OP_NOISE;
}

static void exact_step(struct trace *t, int pass, int step)
{
    const int out = t->tape->step[step].out;
    const int drawn = is_drawn(&t->tape->step[step]);
    struct rational r;
    for (size_t row = 0; row < value_rows(t, out); row++)
        for (size_t i = 0; i < value_cols(t, out); i++)
            if (drawn)
                t->exact[pass][cr_trace_at(t, out, row, i)] =
                    given(t, t->value[pass][cr_trace_at(t, out, row, i)]);
            else if (exact_element(t, pass, step, row, i, &r))
                t->exact[pass][cr_trace_at(t, out, row, i)] = keep(t, &r);
}

/* Rounding hook: replace what a step made by what is displayed of it. Where the formula as
 * shown can be evaluated exactly on displayed numbers, that decides; where the engine's
 * arrangement differs from the formula as shown, the shown one is evaluated. */
static void round_step(void *ctx, const struct cr_plan *plan, const struct run *run, int step)
{
    struct session *s = ctx;
    struct trace *t = s->t;
    const struct step *st = &t->tape->step[step];
    const int out = st->out;
    struct rational r;
    for (size_t row = 0; row < value_rows(t, out); row++) {
        for (size_t i = 0; i < value_cols(t, out); i++) {
            const size_t at = cr_trace_at(t, out, row, i);
            double v = cr_plan_get(plan, run, out, row, i);
            const int known = t->exact && exact_element(t, s->pass, step, row, i, &r);
            if (!known && (st->shown || st->op == OP_LOSS_SOFTMAX)) {
                struct arena a = {0};
                struct reading reading = {t, s->pass};
                v = cr_expr_eval(cr_step_formula(&a, t->tape, step, t->rows, row, i), read_value,
                                 &reading);
                cr_arena_free(&a);
            }
            v = rounded(s->options, v, known ? &r : t->type == CR_F64 ? given(t, v) : NULL);
            set_number(t->type, cr_plan_at(plan, run, out, row, i), 0, v);
            t->value[s->pass][at] = v;
            if (t->exact)
                t->exact[s->pass][at] = given(t, v);
        }
    }
}

/* Copy what the engine holds; values of phases that were not run are not read. */
static void snapshot(struct session *s, enum phase last)
{
    struct trace *t = s->t;
    for (int v = 0; v < t->tape->n_values; v++) {
        const int maker = t->tape->value[v].maker;
        if (maker >= 0 && t->tape->step[maker].phase > last)
            continue;
        for (size_t row = 0; row < value_rows(t, v); row++)
            for (size_t i = 0; i < value_cols(t, v); i++)
                t->value[s->pass][cr_trace_at(t, v, row, i)] =
                    cr_plan_get(s->plan, &s->run, v, row, i);
    }
}

/* Given values, and parameters as the pass before left them. */
static void snapshot_given(struct session *s)
{
    struct trace *t = s->t;
    for (int v = 0; v < t->tape->n_values; v++) {
        const struct value *value = &t->tape->value[v];
        if (value->maker >= 0)
            continue;
        for (size_t row = 0; row < value_rows(t, v); row++) {
            for (size_t i = 0; i < value_cols(t, v); i++) {
                const size_t at = cr_trace_at(t, v, row, i);
                double x = cr_plan_get(s->plan, &s->run, v, row, i);
                if (value->role == ROLE_RATE)
                    x = t->rate;
                if (value->role == ROLE_TIME)
                    x = (double)s->run.t;
                if (value->role == ROLE_HYPER)
                    x = t->tape->net->spec->optimiser.param[value->which];
                if (value->role == ROLE_ROWS)
                    x = (double)t->rows;
                t->value[s->pass][at] = x;
                if (!t->exact)
                    continue;
                const int state = value->role == ROLE_STATE;
                const int made = s->pass > 0 && (state || value->role == ROLE_PARAM);
                const int from =
                    made ? cr_tape_find(t->tape, state ? ROLE_NEW_STATE : ROLE_NEW, v, -1) : -1;
                t->exact[s->pass][at] =
                    from < 0 ? given(t, x) : t->exact[s->pass - 1][cr_trace_at(t, from, row, i)];
            }
        }
    }
}

/* Go on with the new parameters and what the optimiser keeps. */
static void adopt(struct session *s)
{
    struct trace *t = s->t;
    const cr_net *net = t->tape->net;
    for (int v = 0; v < t->tape->n_values; v++) {
        const struct value *value = &t->tape->value[v];
        if (value->role != ROLE_NEW && value->role != ROLE_NEW_STATE)
            continue;
        void *to = value->role == ROLE_NEW ? s->params : s->run.state;
        const size_t offset = (size_t)value->which * net->block + net->param[value->param].offset;
        for (size_t i = 0; i < value->rows * value->cols; i++)
            set_number(t->type, to, offset + i, t->value[s->pass][cr_trace_at(t, v, 0, i)]);
    }
    s->run.t++;
}

static void run_pass(struct session *s, int pass)
{
    struct trace *t = s->t;
    const enum phase last = pass < t->updates ? PHASE_UPDATE : PHASE_LOSS;
    s->pass = pass;
    snapshot_given(s);
    cr_plan_run(s->plan, &s->run, PHASE_GIVEN, last);
    snapshot(s, last);
    if (t->exact && !s->options->carry)
        for (int i = 0; i < t->tape->n_steps; i++)
            if (t->tape->step[i].phase <= last)
                exact_step(t, pass, i);
    if (last == PHASE_UPDATE)
        adopt(s);
}

/* Copy the caller's arrays, or the spec's examples converted to the net's type. */
static void *copy_numbers(cr_type type, const void *own, const double *spec, size_t n)
{
    void *copy = cr_aligned_alloc(n ? n : 1, type_size(type));
    for (size_t i = 0; copy && i < n; i++)
        set_number(type, copy, i, own ? number_at(type, own, i) : spec ? spec[i] : 0);
    return copy;
}

static cr_status open_session(struct session *s, const cr_net *net, cr_error *err)
{
    struct trace *t = s->t;
    const struct trace_options *o = s->options;
    const struct spec *spec = net->spec;
    const int own = o->rows > 0;
    const size_t n_in = t->rows * spec->n_inputs, n_target = t->rows * spec->n_outputs;
    s->in = copy_numbers(t->type, own ? o->in : NULL, spec->inputs, n_in);
    s->targets =
        copy_numbers(t->type, own ? o->targets : NULL, own ? NULL : spec->targets, n_target);
    s->params = cr_aligned_alloc(net->block ? net->block : 1, type_size(t->type));
    if (!s->in || !s->targets || !s->params)
        return cr_fail_memory(err);
    memcpy(s->params, net->values, net->block * type_size(t->type));
    t->rate = spec->optimiser.learning_rate;
    if (t->type == CR_F32)
        t->rate = (double)(float)t->rate;
    if (o->carry) {
        round_given(s, s->in, n_in);
        round_given(s, s->targets, n_target);
        round_given(s, s->params, net->block);
        t->rate = rounded(o, t->rate, given(t, t->rate));
    }
    /* The plan gets its parameters from the run; the net itself is only read. */
    cr_status status = cr_plan_make(t->tape, (cr_net *)(uintptr_t)net, CR_FOR_EXPLAINING,
                                    CR_PRECISION_FLOAT32, t->rows, &s->plan, err);
    if (status)
        return status;
    status = cr_state_create(net, &s->state, err);
    if (status)
        return status;
    void *work = cr_work_alloc(cr_plan_work_size(s->plan));
    if (!work)
        return cr_fail_memory(err);
    s->run = (struct run){.state = cr_state_values(s->state),
                          .t = 1,
                          .in = s->in,
                          .targets = s->targets,
                          .rows = t->rows,
                          .params = s->params,
                          .rate = t->rate,
                          .work = work};
    if (o->carry) {
        s->run.after = round_step;
        s->run.ctx = s;
    }
    return CR_OK;
}

static void close_session(struct session *s)
{
    cr_work_free(s->run.work);
    cr_plan_free(s->plan);
    cr_state_free(s->state);
    cr_aligned_free(s->in);
    cr_aligned_free(s->targets);
    cr_aligned_free(s->params);
}

static cr_status check_examples(const cr_net *net, const struct trace_options *o, cr_error *err)
{
    const struct spec *spec = net->spec;
    if (o->rows)
        return CR_OK;
    if (!spec->n_examples) {
        cr_status status = cr_fail_at(err, CR_ERR_VALUE, &spec->source, (struct place){0},
                                      "there is no example to explain: inputs have no values");
        cr_hint(err, "give the inputs values and the outputs targets");
        return status;
    }
    return CR_OK;
}

/* An update along a direction that many updates made has no steps to tell. */
static cr_status check_optimiser(const cr_net *net, const struct trace_options *o, cr_error *err)
{
    const struct spec *spec = net->spec;
    const int forward_only = o->rows ? !o->targets : !spec->targets;
    if (forward_only || !cr_optimiser_history(&spec->optimiser))
        return CR_OK;
    cr_fail_at(err, CR_ERR_VALUE, &spec->source, spec->optimiser.at,
               "the updates of %s, along a direction that all parameters and earlier updates make, "
               "cannot be worked out number by number",
               cr_optimiser_row((int)spec->optimiser.method)->name);
    cr_hint(err, "another optimiser, such as gradient-descent, shows the same gradients");
    return CR_ERR_VALUE;
}

static cr_status fail_alone(const cr_net *net, cr_error *err)
{
    (void)cr_fail_at(err, CR_ERR_VALUE, &net->spec->source, (struct place){0},
                     "batch normalisation in training needs at least two examples");
    cr_hint(err, "give each input several values, or leave the targets out to predict");
    return CR_ERR_VALUE;
}

cr_status cr_trace_run(const cr_net *net, const struct trace_options *options, struct trace **out,
                       cr_error *err)
{
    cr_status status = check_examples(net, options, err);
    if (!status && options->updates > 0)
        status = check_optimiser(net, options, err);
    if (status)
        return status;
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return cr_fail_memory(err);
    t->type = net->type;
    t->rows = options->rows ? options->rows : net->spec->n_examples;
    t->updates = options->updates;
    t->forward_only = options->rows ? !options->targets : !net->spec->targets;
    struct session s = {.t = t, .options = options};
    const unsigned answer = t->forward_only || options->rows > 0 ? TAPE_PREDICTING : 0;
    if (t->rows < 2 && !answer && cr_net_needs_batch(net)) {
        cr_trace_free(t);
        return fail_alone(net, err);
    }
    status = cr_tape_record(net, TAPE_BACKWARD | TAPE_UPDATE | answer, &t->tape, err);
    if (!status)
        status = layout(t, err);
    if (!status)
        status = open_session(&s, net, err);
    for (int pass = 0; !status && pass <= t->updates; pass++)
        run_pass(&s, pass);
    close_session(&s);
    if (status)
        cr_trace_free(t);
    else
        *out = t;
    return status;
}

void cr_trace_free(struct trace *t)
{
    if (!t)
        return;
    cr_tape_free(t->tape);
    cr_arena_free(&t->arena);
    free(t);
}
