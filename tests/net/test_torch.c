/* The engine against PyTorch, on the networks of fixtures/torch.txt (torch_fixtures.py made
 * them): outputs, loss, every gradient, updated parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/plan.h"

enum { LEAST_NETS = 200, WORD = 64 };

/* Differences count relative to the number, 1e-10. Sums of terms of either sign cancel: a
 * result near 0 keeps the rounding of its terms, which are below 100 here and a few dozen
 * at most, so that it may be off by some 1e-14. */
static const double tolerance = 1e-10, cancelled = 3e-14;

struct reader {
    FILE *file;
    int net;
};

static void word(struct reader *r, char *out)
{
    if (fscanf(r->file, "%63s", out) != 1)
        fail_msg("net %d: the file ends early", r->net);
}

static void expect(struct reader *r, const char *want)
{
    char got[WORD];
    word(r, got);
    if (strcmp(got, want) != 0)
        fail_msg("net %d: '%s' where '%s' belongs", r->net, got, want);
}

static double number(struct reader *r)
{
    char s[WORD], *end;
    word(r, s);
    const double v = strtod(s, &end);
    if (*end || !isfinite(v))
        fail_msg("net %d: '%s' is no number", r->net, s);
    return v;
}

static int whole(struct reader *r)
{
    const double v = number(r);
    if (v != floor(v) || fabs(v) > 1000)
        fail_msg("net %d: %g is no size", r->net, v);
    return (int)v;
}

/* A line of numbers under its word: "dx 0.5 1 ...". */
static double *numbers(struct reader *r, const char *name, size_t n)
{
    expect(r, name);
    double *v = malloc((n + 1) * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = number(r);
    return v;
}

static int choose(struct reader *r, const char *const *names, int n)
{
    char s[WORD];
    word(r, s);
    for (int i = 0; i < n; i++)
        if (strcmp(s, names[i]) == 0)
            return i;
    fail_msg("net %d: unknown word '%s'", r->net, s);
    return -1;
}

/* "name value", or "- 0" for none. */
static size_t param(struct reader *r, struct spec_param *p, char *name)
{
    word(r, name);
    *p = (struct spec_param){.name = name, .value = number(r)};
    return strcmp(name, "-") != 0;
}

/* layer KIND UNITS BIAS WEIGHT_RATE BIAS_RATE N SOURCE... ACTIVATION PARAMETER VALUE */
static void read_layer(struct reader *r, struct spec *s, struct spec_layer *l)
{
    static const char *const kinds[] = {"dense", "add", "concat"};
    static const char *const biases[] = {"unit", "shared", "none"};
    char text[WORD], name[WORD];
    struct spec_param p;
    cr_error err = {0};
    expect(r, "layer");
    cr_spec_layer_init(&s->arena, l);
    l->kind = (enum layer_kind)choose(r, kinds, 3);
    l->units = (size_t)whole(r);
    l->bias = (enum bias_policy)choose(r, biases, 3);
    l->weight_rate = number(r);
    l->bias_rate = number(r);
    l->n_from = whole(r);
    assert_in_range(l->n_from, 1, SPEC_FROM);
    for (int i = 0; i < l->n_from; i++)
        l->from[i] = whole(r);
    word(r, text);
    const size_t n = param(r, &p, name);
    if (cr_activation_set(&s->arena, &l->act, text, &p, n, NULL, (struct place){0}, &err))
        fail_msg("net %d: %s", r->net, err.message);
}

/* loss NAME PARAMETER VALUE SMOOTHING REDUCTION RATE */
static void read_loss(struct reader *r, struct spec *s)
{
    static const char *const reductions[] = {"mean", "sum"};
    char text[WORD], name[WORD];
    struct spec_param p;
    expect(r, "loss");
    word(r, text);
    s->loss.row = cr_loss_find(text, NULL);
    if (s->loss.row < 0)
        fail_msg("net %d: unknown loss '%s'", r->net, text);
    const size_t n = param(r, &p, name);
    assert_int_equal(
        cr_params_set(s->loss.param, cr_loss_row(s->loss.row)->param, text, &p, n, NULL, NULL),
        CR_OK);
    s->loss.smoothing = number(r);
    s->loss.reduction = (enum reduction)choose(r, reductions, 2);
    s->optimiser.learning_rate = number(r);
}

static void compare(const struct reader *r, const char *what, const double *got, const double *want,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * fabs(want[i]) + cancelled))
            fail_msg("net %d: %s[%zu] is %.17g, PyTorch has %.17g", r->net, what, i, got[i],
                     want[i]);
}

/* A value of the tape after a run, all rows. */
static void compare_value(const struct reader *r, const cr_plan *plan, const struct run *run,
                          int value, const char *what, const double *want)
{
    const struct value *v = &plan->tape->value[value];
    const size_t rows = v->extent == PER_ROW ? run->rows : v->rows;
    for (size_t i = 0; i < rows * v->cols; i++) {
        const int per_row = v->extent == PER_ROW;
        const double got =
            cr_plan_get(plan, run, value, per_row ? i / v->cols : 0, per_row ? i % v->cols : i);
        compare(r, what, &got, want + i, 1);
    }
}

struct wanted {
    double *x, *t, *y, *loss, *dx;
    double **before, **grad, **after; /* of each group */
};

static void free_wanted(struct wanted *w, size_t groups)
{
    for (size_t g = 0; g < groups; g++) {
        free(w->before[g]);
        free(w->grad[g]);
        free(w->after[g]);
    }
    free(w->before), free(w->grad), free(w->after);
    free(w->x), free(w->t), free(w->y), free(w->loss), free(w->dx);
}

/* Everything in one pass, by a plan that keeps every value. */
static void check_values(const struct reader *r, cr_net *net, size_t rows, const struct wanted *w)
{
    struct tape *t = NULL;
    cr_plan *plan = NULL;
    assert_int_equal(cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD | TAPE_UPDATE, &t, NULL),
                     CR_OK);
    assert_int_equal(
        cr_plan_make(t, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, rows, &plan, NULL), CR_OK);
    struct run run = {.in = w->x,
                      .targets = w->t,
                      .rows = rows,
                      .params = net->values,
                      .rate = net->spec->optimiser.learning_rate,
                      .work = cr_work_alloc(cr_plan_work_size(plan))};
    cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
    compare_value(r, plan, &run, t->output, "y", w->y);
    compare_value(r, plan, &run, t->loss, "loss", w->loss);
    compare_value(r, plan, &run, cr_tape_find(t, ROLE_GRAD, t->input, -1), "dx", w->dx);
    size_t seen = 0;
    for (int v = 0; v < t->n_values; v++) {
        const struct value *value = &t->value[v];
        if (value->role == ROLE_PARAM_GRAD) {
            compare_value(r, plan, &run, v, "gradient", w->grad[value->param]);
            seen++;
        } else if (value->role == ROLE_NEW) {
            compare_value(r, plan, &run, v, "updated parameter", w->after[value->param]);
            seen++;
        }
    }
    assert_int_equal(seen, 2 * net->n_params);
    cr_work_free(run.work);
    cr_plan_free(plan);
    cr_tape_free(t);
}

/* Predicting and a training step, through the public calls. */
static void check_training(const struct reader *r, cr_net *net, size_t rows, const struct wanted *w)
{
    cr_plan *predict = NULL, *train = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, rows, &predict, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, rows, &train, NULL), CR_OK);
    const size_t a = cr_plan_work_size(predict), b = cr_plan_work_size(train);
    void *work = cr_work_alloc(a > b ? a : b);
    double *y = malloc(rows * cr_net_outputs(net) * sizeof *y), loss = NAN;
    assert_int_equal(cr_predict_f64(predict, w->x, y, rows, work, a, NULL), CR_OK);
    compare(r, "prediction", y, w->y, rows * cr_net_outputs(net));
    assert_int_equal(cr_train_step_f64(train, NULL, w->x, w->t, rows,
                                       net->spec->optimiser.learning_rate, &loss, work, b, NULL),
                     CR_OK);
    compare(r, "training loss", &loss, w->loss, 1);
    for (size_t g = 0; g < net->n_params; g++)
        compare(r, "trained parameter", (double *)net->values + net->param[g].offset, w->after[g],
                net->param[g].rows * net->param[g].cols);
    free(y);
    cr_work_free(work);
    cr_plan_free(predict);
    cr_plan_free(train);
}

/* net NUMBER INPUTS LAYERS EXAMPLES, the layers, the loss, then lines of numbers: inputs x,
 * targets t, outputs y, loss L, gradient dx; and for each group of parameters p before, dp
 * its gradient, np after the update. */
static void read_net(struct reader *r)
{
    r->net = whole(r);
    struct spec *s = cr_spec_new();
    s->n_inputs = (size_t)whole(r);
    s->n_layers = (size_t)whole(r);
    s->layer = arena_new(&s->arena, struct spec_layer, s->n_layers);
    const size_t rows = (size_t)whole(r);
    for (size_t i = 0; i < s->n_layers; i++)
        read_layer(r, s, &s->layer[i]);
    read_loss(r, s);

    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_net_build(s, CR_F64, 1, 0, &net, &err))
        fail_msg("net %d: %s", r->net, err.message);
    const size_t outputs = s->n_outputs, groups = net->n_params;
    struct wanted w = {.x = numbers(r, "x", rows * s->n_inputs),
                       .t = numbers(r, "t", rows * outputs),
                       .y = numbers(r, "y", rows * outputs),
                       .loss = numbers(r, "L", 1),
                       .dx = numbers(r, "dx", rows * s->n_inputs),
                       .before = calloc(groups + 1, sizeof(double *)),
                       .grad = calloc(groups + 1, sizeof(double *)),
                       .after = calloc(groups + 1, sizeof(double *))};
    for (size_t g = 0; g < groups; g++) {
        const struct param *p = &net->param[g];
        const size_t n = p->rows * p->cols;
        w.before[g] = numbers(r, "p", n);
        w.grad[g] = numbers(r, "dp", n);
        w.after[g] = numbers(r, "np", n);
        for (size_t i = 0; i < n; i++)
            cr_net_set(net, p->offset + i, w.before[g][i]);
    }
    check_values(r, net, rows, &w);
    check_training(r, net, rows, &w);
    free_wanted(&w, groups);
    cr_net_free(net);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    struct reader r = {fopen(SOURCE_DIR "/tests/net/fixtures/torch.txt", "r"), 0};
    assert_non_null(r.file);
    char head[WORD];
    assert_non_null(fgets(head, sizeof head, r.file));
    assert_string_equal(head, "chainrule torch fixtures 1\n");
    int n = 0;
    for (;; n++) {
        static const char *const words[] = {"net", "end"};
        if (choose(&r, words, 2) == 1)
            break;
        read_net(&r);
        assert_int_equal(r.net, n + 1);
    }
    assert_int_equal(whole(&r), n);
    assert_true(n >= LEAST_NETS);
    fclose(r.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
