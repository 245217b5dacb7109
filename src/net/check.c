#include "net/check.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/plan.h"

/* Steps, relative to the size of what is varied. The first suits a smooth loss: with the
 * extrapolation below its error is of order step^6, and rounding adds eps/step. The smaller
 * ones are for a kink nearby, which spoils a larger step, and for formulas that wind fast. */
static const double steps[] = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
static const double USUAL_TOLERANCE = 1e-7;
enum { N_STEPS = sizeof steps / sizeof *steps };

struct checker {
    struct arena *names;
    const cr_plan *plan;
    struct run given; /* as it is: keeps the gradients */
    struct run run;   /* with a variable changed */
    double *in;       /* copies that the check varies */
    double *params;
    double loss;
    double magnified; /* how many times larger normalisation makes rounding errors */
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

/* What rounding of the loss does to a slope over a distance h. */
static double noise(const struct checker *c, double h)
{
    return 32 * DBL_EPSILON * fmax(fabs(c->loss), 1e-3) / h * c->magnified;
}

/* Numbers x with a small deviation s lose x/s times as much to rounding when they are normalised,
 * and once more at the next layer that does. */
static double magnification(const struct checker *c)
{
    const struct tape *t = c->plan->tape;
    double all = 1;
    for (int v = 0; v < t->n_values; v++) {
        if (t->value[v].role != ROLE_NORMAL)
            continue;
        const int x = t->value[v].of, s = cr_tape_find(t, ROLE_DEVIATION, -1, t->value[v].layer);
        const size_t rows = c->given.rows, cols = t->value[v].cols, step = t->value[s].cols > 1;
        double most = 1;
        for (size_t i = 0; i < rows * cols; i++) {
            const size_t row = i / cols, col = i % cols;
            const double deviation = cr_plan_get(c->plan, &c->given, s, row, step * col);
            most = fmax(most, fabs(cr_plan_get(c->plan, &c->given, x, row, col)) / deviation);
        }
        all *= most;
    }
    return all;
}

/* The loss on both sides of x, with the distance exactly representable there: the slope of
 * the chord, and by how much the slopes of the two halves differ. */
struct chord {
    double slope, bend;
};

static struct chord chord(struct checker *c, double *variable, double h)
{
    const double x = *variable;
    const volatile double right = x + h, left = x - h;
    const double above = loss_at(c, variable, right), below = loss_at(c, variable, left);
    return (struct chord){(above - below) / (right - left),
                          fabs((above - c->loss) / (right - x) - (c->loss - below) / (x - left))};
}

struct estimate {
    double slope;
    double moved; /* how far the last extrapolation went: more than its error where smooth */
    int bent;     /* the halves differ no less near the point than far from it */
};

/* Richardson's extrapolation of three central differences (Press et al., Numerical Recipes,
 * section 5.7): the errors of order h^2 and h^4 cancel. */
static struct estimate extrapolate(struct checker *c, double *variable, double h)
{
    const struct chord d0 = chord(c, variable, h), d1 = chord(c, variable, h / 2),
                       d2 = chord(c, variable, h / 4);
    const double r0 = (4 * d1.slope - d0.slope) / 3, r1 = (4 * d2.slope - d1.slope) / 3;
    return (struct estimate){(16 * r1 - r0) / 15, fabs(r1 - r0),
                             d2.bend > d0.bend / 2 && d2.bend > noise(c, h / 4)};
}

struct verdict {
    enum { AGREES, KINK, WRONG } kind;
    double numeric, error;
};

/* Compare two slopes of which `unsure` is not known. Where they agree, the relative difference
 * that is reported does not grow when the slopes are themselves no more than what is unsure. */
static struct verdict judge(const struct checker *c, double backward, double numeric, double unsure)
{
    const double difference = fabs(backward - numeric);
    const double larger = fmax(fabs(backward), fabs(numeric));
    if (difference == 0)
        return (struct verdict){AGREES, numeric, 0};
    if (difference <= fmax(c->tolerance * larger, unsure))
        return (struct verdict){AGREES, numeric,
                                difference / fmax(larger, unsure / USUAL_TOLERANCE)};
    return (struct verdict){WRONG, numeric, isnan(difference) ? INFINITY : difference / larger};
}

struct sides {
    double left, right, gap;
};

static struct sides one_sided(struct checker *c, double *variable, double h)
{
    const double x = *variable;
    const volatile double above = x + h, below = x - h;
    struct sides s = {(c->loss - loss_at(c, variable, below)) / (x - below),
                      (loss_at(c, variable, above) - c->loss) / (above - x), 0};
    s.gap = fabs(s.right - s.left);
    return s;
}

/* A kink at this point: the slopes of the two sides differ, and neither less over a tenth of
 * the distance, as those of a curve, nor more, as at a jump. Then any slope between them is
 * right. */
static int at_kink(struct checker *c, double *variable, double size, double backward,
                   double *numeric)
{
    const struct sides far = one_sided(c, variable, 1e-5 * size);
    const struct sides near = one_sided(c, variable, 1e-6 * size);
    const double slack = 1e-3 * near.gap + noise(c, 1e-6 * size);
    *numeric = (near.left + near.right) / 2;
    return near.gap > 4 * slack && near.gap > far.gap / 2 && near.gap < 2 * far.gap &&
           backward >= fmin(near.left, near.right) - slack &&
           backward <= fmax(near.left, near.right) + slack;
}

/* The first step suffices where it agrees to within rounding and nothing hints at a kink. If
 * it does not, the step that knows the slope best decides, not any that happens to agree:
 * small steps know little. */
static struct verdict compare(struct checker *c, double *variable, double backward)
{
    const double size = fmax(fabs(*variable), 1);
    struct verdict best = {WRONG, NAN, INFINITY};
    double least = INFINITY, numeric;
    for (int i = 0; i < N_STEPS; i++) {
        const double h = steps[i] * size;
        const struct estimate e = extrapolate(c, variable, h);
        const struct verdict v = judge(c, backward, e.slope, noise(c, h));
        if (i == 0 && v.kind == AGREES && !e.bent)
            return v;
        const double unsure = e.moved + noise(c, h);
        if (!(unsure < least))
            continue;
        least = unsure;
        best = v.kind == AGREES ? v : judge(c, backward, e.slope, unsure);
    }
    if (at_kink(c, variable, size, backward, &numeric))
        return (struct verdict){KINK, numeric, 0};
    return best;
}

/* What feeds column k of a dense layer's weights. */
static const char *source_name(const struct spec *s, const struct spec_layer *l, size_t k)
{
    for (int i = 0;; i++) {
        const int from = l->from[i];
        const size_t n = from == FROM_INPUTS ? s->n_inputs : s->layer[from].units;
        if (k < n)
            return from == FROM_INPUTS ? s->input_names[k] : s->layer[from].unit_names[k];
        k -= n;
    }
}

/* Element i in words; group is NULL for the inputs. */
static const char *element_name(struct checker *c, const struct param *group, size_t i)
{
    const struct spec *s = c->plan->net->spec;
    if (!group) {
        const char *input = s->input_names[i % s->n_inputs];
        return c->run.rows == 1
                   ? cr_arena_strdup(c->names, input)
                   : cr_arena_printf(c->names, "%s, example %zu", input, i / s->n_inputs + 1);
    }
    const struct spec_layer *l = &s->layer[group->layer];
    switch (group->kind) {
    case PARAM_WEIGHT:
        return cr_arena_printf(c->names, "w[%s][%s]", l->unit_names[i / group->cols],
                               source_name(s, l, i % group->cols));
    case PARAM_BIAS:
        return group->cols == l->units ? cr_arena_printf(c->names, "b[%s]", l->unit_names[i])
                                       : cr_arena_strdup(c->names, "b");
    case PARAM_SCALE: return cr_arena_printf(c->names, "s[%s]", l->unit_names[i]);
    case PARAM_SLOPE:
    case PARAM_MEAN:
    case PARAM_VARIANCE:
    case PARAM_KINDS: break;
    }
    return cr_arena_strdup(c->names, "slope");
}

/* One group, whose variables and gradients lie in the same order. */
static cr_status check_group(struct checker *c, cr_check_row *row, const struct param *group,
                             double *variable, int gradient, cr_error *err)
{
    size_t kink = 0;
    for (size_t i = 0; i < row->rows * row->cols; i++) {
        const double backward = cr_plan_get(c->plan, &c->given, gradient, group ? 0 : i / row->cols,
                                            group ? i : i % row->cols);
        const struct verdict v = compare(c, &variable[i], backward);
        const int wrong = v.kind == WRONG, first_wrong = wrong && row->wrong == 0;
        if (v.kind == KINK && row->kinks++ == 0)
            kink = i;
        row->wrong += wrong;
        const int worse = v.kind != KINK && wrong == (row->wrong > 0) && v.error > row->error;
        if (i == 0 || first_wrong || worse) {
            row->error = v.error;
            row->worst = i;
            row->backward = backward;
            row->numeric = v.numeric;
        }
        c->done++;
        if (c->options && c->options->progress && c->done % 256 == 0 &&
            c->options->progress(c->options->ctx, c->done, c->all))
            return cr_fail(err, CR_ERR_CANCELLED, "cancelled");
    }
    row->worst_name = element_name(c, group, row->worst);
    row->kink_name = row->kinks ? element_name(c, group, kink) : NULL;
    return row->worst_name && (row->kink_name || !row->kinks) ? CR_OK : cr_fail_memory(err);
}

/* The value that holds the gradient of a group of parameters, or of the inputs (group -1). */
static int gradient_of(const struct tape *t, int group)
{
    int v = 0;
    while (v < t->n_values &&
           !(group < 0 ? t->value[v].role == ROLE_GRAD && t->value[v].of == t->input
                       : t->value[v].role == ROLE_PARAM_GRAD && t->value[v].param == group))
        v++;
    assert(v < t->n_values);
    return v;
}

static cr_status run_check(struct checker *c, cr_check *check, cr_error *err)
{
    const cr_net *net = c->plan->net;
    const size_t n_in = c->run.rows * net->spec->n_inputs;
    cr_plan_run(c->plan, &c->given, PHASE_FORWARD, PHASE_BACKWARD);
    check->loss = c->loss = cr_plan_loss(c->plan, &c->given);
    if (!isfinite(c->loss))
        return cr_fail(err, CR_ERR_DIVERGED,
                       "the loss is not finite: there is no gradient to check");
    c->magnified = magnification(c);
    c->all = n_in;
    for (size_t k = 0; k < net->n_params; k++)
        if (cr_param_has_gradient(&net->param[k]))
            c->all += net->param[k].rows * net->param[k].cols;

    cr_status status = CR_OK;
    for (size_t k = 0; !status && k < net->n_params; k++) {
        if (!cr_param_has_gradient(&net->param[k]))
            continue;
        const cr_param_group group = cr_net_group(net, k);
        cr_check_row *row = &check->row[check->n_rows++];
        row->layer = group.layer;
        row->what = group.what;
        row->rows = group.rows;
        row->cols = group.cols;
        status = check_group(c, row, &net->param[k], c->params + group.offset,
                             gradient_of(c->plan->tape, (int)k), err);
    }
    cr_check_row *inputs = &check->row[check->n_rows++];
    inputs->layer = "inputs";
    inputs->what = "input";
    inputs->rows = c->run.rows;
    inputs->cols = net->spec->n_inputs;
    if (!status)
        status = check_group(c, inputs, NULL, c->in, gradient_of(c->plan->tape, -1), err);
    check->agrees = 1;
    for (size_t k = 0; k < check->n_rows; k++)
        check->agrees &= check->row[k].wrong == 0;
    return status;
}

/* A check and the memory of its rows and names. */
struct owned_check {
    cr_check check;
    struct arena arena;
};

cr_status cr_check_tape(const struct tape *tape, cr_net *net, const double *in,
                        const double *targets, size_t rows, const cr_check_options *options,
                        cr_check **out, cr_error *err)
{
    cr_plan *plan = NULL;
    cr_status status =
        cr_plan_make(tape, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, rows, &plan, err);
    if (status)
        return status;
    if (rows == 1 && plan->one_slice) {
        cr_plan_free(plan);
        return cr_fail(err, CR_ERR_ROWS, "batch normalisation needs at least two examples");
    }
    const size_t n_in = rows * net->spec->n_inputs;
    struct owned_check *made = calloc(1, sizeof *made);
    struct arena scratch = {0};
    struct checker c = {.plan = plan, .options = options, .tolerance = USUAL_TOLERANCE};
    if (options && options->tolerance > 0)
        c.tolerance = options->tolerance;
    c.in = arena_new(&scratch, double, n_in);
    c.params = arena_new(&scratch, double, net->block);
    void *given = NULL, *varied = NULL;
    if (options && options->max_bytes && plan->work_size > options->max_bytes / 2) {
        status = cr_fail(err, CR_ERR_LIMIT, "checking %zu example%s takes %zu KiB, over the limit",
                         rows, rows == 1 ? "" : "s", (plan->work_size + 511) >> 9);
    } else if (!made || !c.in || !c.params || !(given = cr_work_alloc(plan->work_size)) ||
               !(varied = cr_work_alloc(plan->work_size)) ||
               !(made->check.row = arena_new(&made->arena, cr_check_row, net->n_params + 1))) {
        status = cr_fail_memory(err);
    } else {
        memcpy(c.in, in, n_in * sizeof *in);
        if (net->block)
            memcpy(c.params, net->values, net->block * sizeof *c.params);
        made->check.tolerance = c.tolerance;
        c.names = &made->arena;
        c.given = c.run = (struct run){
            .in = c.in, .targets = targets, .rows = rows, .params = c.params, .work = given};
        c.run.work = varied;
        status = run_check(&c, &made->check, err);
    }
    cr_work_free(given);
    cr_work_free(varied);
    cr_arena_free(&scratch);
    cr_plan_free(plan);
    if (status) {
        cr_check_free(made ? &made->check : NULL);
        return status;
    }
    *out = &made->check;
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
    if (!status)
        status = cr_tape_record(copy, TAPE_BACKWARD | TAPE_INPUT_GRAD, &tape, err);
    if (!status)
        status = cr_check_tape(tape, copy, in, targets, rows, options, out, err);
    cr_tape_free(tape);
    cr_net_free(copy);
    return status;
}

void cr_check_free(cr_check *check)
{
    if (!check)
        return;
    struct owned_check *made = (struct owned_check *)check; /* its first member */
    cr_arena_free(&made->arena);
    free(made);
}
