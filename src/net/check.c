#include "net/check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/plan.h"

/* Steps, relative to the size of what is varied. The first suits a smooth loss: with the
 * extrapolation below its error is of order step^4, and rounding adds eps/step. The smaller
 * ones are for a kink nearby, which spoils a larger step. */
static const double steps[] = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
enum { N_STEPS = sizeof steps / sizeof *steps };

struct checker {
    const cr_plan *plan;
    struct run run;
    double *in;             /* copies that the check varies */
    double *params;
    double loss;
    double tolerance;
    const cr_check_options *options;
    size_t done, all;
};

static double loss_at(struct checker *c, double *variable, double value)
{
    const double kept = *variable;
    *variable = value;
    cr_plan_run(c->plan, &c->run, PHASE_FORWARD, PHASE_LOSS);
    *variable = kept;
    return cr_plan_loss(c->plan, &c->run);
}

/* The slope of the chord through x - h and x + h, with h exactly representable there. */
static double central(struct checker *c, double *variable, double h)
{
    const double x = *variable;
    const volatile double right = x + h, left = x - h;
    return (loss_at(c, variable, right) - loss_at(c, variable, left)) / (right - left);
}

/* Richardson's extrapolation of two central differences (Press et al., Numerical Recipes,
 * section 5.7): the error of order h^2 cancels. */
static double extrapolated(struct checker *c, double *variable, double h)
{
    return (4 * central(c, variable, h / 2) - central(c, variable, h)) / 3;
}

struct verdict {
    enum { AGREES, KINK, WRONG } kind;
    double numeric, error;
};

static struct verdict compare(struct checker *c, double *variable, double backward)
{
    const double size = fmax(fabs(*variable), 1);
    double numeric = NAN, error = INFINITY;
    for (int i = 0; i < N_STEPS; i++) {
        const double h = steps[i] * size;
        const double d = extrapolated(c, variable, h);
        const double noise = 32 * DBL_EPSILON * fmax(fabs(c->loss), 1e-3) / h;
        const double larger = fmax(fabs(backward), fabs(d));
        const double difference = fabs(backward - d);
        const double relative = difference == 0 ? 0 : difference / fmax(larger, noise / c->tolerance);
        if (relative < error) {
            error = relative;
            numeric = d;
        }
        if (relative <= c->tolerance) return (struct verdict){AGREES, d, relative};
    }
    /* Slopes of the two sides that differ however small the step: a kink at this point. */
    const double h = steps[N_STEPS - 2] * size, x = *variable;
    const double right = (loss_at(c, variable, x + h) - c->loss) / h;
    const double left = (c->loss - loss_at(c, variable, x - h)) / h;
    const double gap = fabs(right - left);
    const double slack = 1e-3 * gap + 32 * DBL_EPSILON * fmax(fabs(c->loss), 1e-3) / h;
    if (gap > 1e-2 * fmax(fabs(right), fabs(left)) && gap > 4 * slack &&
        backward >= fmin(left, right) - slack && backward <= fmax(left, right) + slack)
        return (struct verdict){KINK, (left + right) / 2, 0};
    return (struct verdict){WRONG, numeric, error};
}

/* One group: `n` variables, and the gradient that backpropagation gave for each. */
static cr_status check_group(struct checker *c, cr_check_row *row, double *variable,
                             const double *backward, size_t n, cr_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct verdict v = compare(c, &variable[i], backward[i]);
        const int first_wrong = v.kind == WRONG && row->wrong == 0;
        row->wrong += v.kind == WRONG;
        row->kinks += v.kind == KINK;
        if (v.kind != KINK && (first_wrong || ((v.kind == WRONG) == (row->wrong > 0) &&
                                               !(v.error <= row->error)))) {
            row->error = v.error;
            row->worst = i;
            row->backward = backward[i];
            row->numeric = v.numeric;
        } else if (i == 0) {
            row->backward = backward[0];
            row->numeric = v.numeric;
        }
        c->done++;
        if (c->options && c->options->progress && c->done % 256 == 0 &&
            c->options->progress(c->options->ctx, c->done, c->all))
            return cr_fail(err, CR_ERR_CANCELLED, "cancelled");
    }
    return CR_OK;
}

/* Gradients as backpropagation gives them, copied before the forward passes to come. */
static double *gradients(struct checker *c, int value, size_t n)
{
    double *g = malloc((n ? n : 1) * sizeof *g);
    const size_t cols = c->plan->tape->value[value].cols;
    const int per_row = c->plan->tape->value[value].extent == PER_ROW;
    for (size_t i = 0; g && i < n; i++)
        g[i] = cr_plan_get(c->plan, &c->run, value, per_row ? i / cols : 0, per_row ? i % cols : i);
    return g;
}

static cr_status check_params(struct checker *c, cr_check *check, double *const *g, cr_error *err)
{
    const cr_net *net = c->plan->net;
    cr_status status = CR_OK;
    for (size_t k = 0; !status && k < net->n_params; k++) {
        const cr_param_group group = cr_net_group(net, k);
        cr_check_row *row = &check->row[k];
        row->layer = group.layer;
        row->what = group.what;
        row->rows = group.rows;
        row->cols = group.cols;
        status = check_group(c, row, c->params + group.offset, g[k], group.rows * group.cols, err);
    }
    return status;
}

static cr_status run_check(struct checker *c, cr_check *check, cr_error *err)
{
    const cr_plan *p = c->plan;
    const struct tape *t = p->tape;
    const size_t groups = p->net->n_params, n_in = c->run.rows * p->net->spec->n_inputs;
    cr_plan_run(p, &c->run, PHASE_FORWARD, PHASE_BACKWARD);
    check->loss = c->loss = cr_plan_loss(p, &c->run);
    if (!isfinite(c->loss))
        return cr_fail(err, CR_ERR_DIVERGED, "the loss is not finite: there is no gradient to check");

    double **g = calloc(groups + 1, sizeof *g);
    cr_status status = g ? CR_OK : cr_fail_memory(err);
    for (int v = 0; !status && v < t->n_values; v++) {
        const struct value *value = &t->value[v];
        const int input = value->role == ROLE_GRAD && value->of == t->input;
        if (value->role != ROLE_PARAM_GRAD && !input) continue;
        double **slot = input ? &g[groups] : &g[value->param];
        *slot = gradients(c, v, input ? n_in : value->rows * value->cols);
        c->all += input ? n_in : value->rows * value->cols;
        if (!*slot) status = cr_fail_memory(err);
    }
    if (!status) status = check_params(c, check, g, err);
    if (!status) {
        cr_check_row *row = &check->row[groups];
        row->layer = "inputs";
        row->what = "input";
        row->rows = c->run.rows;
        row->cols = p->net->spec->n_inputs;
        status = check_group(c, row, c->in, g[groups], n_in, err);
    }
    for (size_t k = 0; g && k <= groups; k++) free(g[k]);
    free(g);
    check->agrees = 1;
    for (size_t k = 0; k <= groups; k++) check->agrees &= check->row[k].wrong == 0;
    return status;
}

cr_status cr_check_tape(const struct tape *tape, cr_net *net, const double *in,
                        const double *targets, size_t rows, const cr_check_options *options,
                        cr_check **out, cr_error *err)
{
    cr_plan *plan = NULL;
    cr_status status = cr_plan_make(tape, net, CR_FOR_EXPLAINING, rows, &plan, err);
    if (status) return status;
    if (options && options->max_bytes && plan->work_size > options->max_bytes) {
        status = cr_fail(err, CR_ERR_LIMIT, "checking %zu rows takes %zu MiB, over the limit", rows,
                         plan->work_size >> 20);
        cr_plan_free(plan);
        return status;
    }
    const size_t n_in = rows * net->spec->n_inputs;
    struct checker c = {.plan = plan, .options = options, .tolerance = 1e-7};
    if (options && options->tolerance > 0) c.tolerance = options->tolerance;
    void *work = cr_work_alloc(plan->work_size);
    c.in = malloc((n_in ? n_in : 1) * sizeof *c.in);
    c.params = malloc((net->block ? net->block : 1) * sizeof *c.params);
    cr_check *check = calloc(1, sizeof *check);
    cr_check_row *row = calloc(net->n_params + 1, sizeof *row);
    if (!work || !c.in || !c.params || !check || !row) {
        status = cr_fail_memory(err);
    } else {
        memcpy(c.in, in, n_in * sizeof *in);
        if (net->block) memcpy(c.params, net->values, net->block * sizeof *c.params);
        check->row = row;
        check->n_rows = net->n_params + 1;
        check->tolerance = c.tolerance;
        c.run = (struct run){.in = c.in, .targets = targets, .rows = rows, .params = c.params,
                             .work = work};
        status = run_check(&c, check, err);
    }
    cr_work_free(work);
    free(c.in);
    free(c.params);
    cr_plan_free(plan);
    if (status) {
        free(row);
        free(check);
        return status;
    }
    *out = check;
    return CR_OK;
}

cr_status cr_check_gradients(const cr_net *net, const double *in, const double *targets,
                             size_t rows, const cr_check_options *options, cr_check **out,
                             cr_error *err)
{
    const struct spec *s = net->spec;
    if (rows == 0) {
        if (!s->n_examples || !s->targets)
            return cr_fail(err, CR_ERR_ARGUMENT, "there is no example with targets to check on");
        in = s->inputs;
        targets = s->targets;
        rows = s->n_examples;
    }
    cr_net *copy = NULL;
    struct tape *tape = NULL;
    cr_status status = cr_net_convert(net, CR_F64, &copy, err);
    if (!status) status = cr_tape_record(copy, TAPE_BACKWARD | TAPE_INPUT_GRAD, &tape, err);
    if (!status) status = cr_check_tape(tape, copy, in, targets, rows, options, out, err);
    cr_tape_free(tape);
    cr_net_free(copy);
    return status;
}

void cr_check_free(cr_check *check)
{
    if (!check) return;
    free(check->row);
    free(check);
}
