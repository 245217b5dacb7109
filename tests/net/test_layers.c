/* Layers that act in training only, and weights of examples: what is drawn, when it acts, and that
 * a weighted loss is what repeated rows would give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "net/plan.h"

enum { INPUTS = 3, UNITS = 64, ROWS = 200 };

static void assert_ok(cr_status status, const cr_error *err)
{
    if (status != CR_OK)
        fail_msg("%s", err->message);
}

static double input(size_t i)
{
    return (double)(i * 7 % 11) / 11 - 0.5;
}

struct fixture {
    cr_net *net;
    cr_plan *plan;
    struct run run;
    double in[ROWS * INPUTS], targets[ROWS];
};

static void open_plan(struct fixture *f, cr_builder *b, uint64_t seed, cr_purpose purpose)
{
    cr_error err;
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        f->in[i] = input(i);
    for (size_t i = 0; i < ROWS; i++)
        f->targets[i] = input(i + 5);
    assert_ok(cr_builder_build(b, CR_F64, seed, &f->net, &err), &err);
    assert_ok(cr_plan_create(f->net, purpose, ROWS, &f->plan, &err), &err);
    f->run = (struct run){.in = f->in,
                          .targets = f->targets,
                          .rows = ROWS,
                          .params = f->net->values,
                          .rate = 0.1,
                          .t = 1,
                          .work = cr_work_alloc(cr_plan_work_size(f->plan))};
}

static void close_plan(struct fixture *f)
{
    cr_work_free(f->run.work);
    cr_plan_free(f->plan);
    cr_net_free(f->net);
}

static cr_builder *with_layer(int noise, double amount)
{
    cr_builder *b = cr_builder_create(INPUTS);
    cr_builder_dense(b, UNITS, "tanh");
    noise ? cr_builder_noise(b, amount) : cr_builder_dropout(b, amount);
    cr_builder_dense(b, 1, "identity");
    return b;
}

static int drawn_value(const struct fixture *f)
{
    for (int i = 0; i < f->plan->tape->n_steps; i++)
        if (f->plan->tape->step[i].op == OP_MASK || f->plan->tape->step[i].op == OP_NOISE)
            return f->plan->tape->step[i].out;
    fail_msg("nothing is drawn");
    return -1;
}

/* 12,800 draws: a share of zeros within five standard deviations, and every other one 1/(1 - p). */
static void masks_have_the_probability(void **state)
{
    (void)state;
    static struct fixture f;
    static const double p[] = {0, 0.1, 0.5, 0.9};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        cr_builder *b = with_layer(0, p[k]);
        open_plan(&f, b, 1, CR_FOR_EXPLAINING);
        cr_builder_free(b);
        cr_plan_run(f.plan, &f.run, PHASE_FORWARD, PHASE_FORWARD);
        const int mask = drawn_value(&f);
        double zeros = 0;
        for (size_t i = 0; i < ROWS * UNITS; i++) {
            const double m = cr_plan_get(f.plan, &f.run, mask, i / UNITS, i % UNITS);
            assert_true(m == 0 || m == 1 / (1 - p[k]));
            zeros += m == 0;
        }
        const double n = ROWS * UNITS, sd = sqrt(n * p[k] * (1 - p[k]));
        assert_true(fabs(zeros - n * p[k]) <= 5 * sd);
        close_plan(&f);
    }
}

static void noise_is_standard_normal(void **state)
{
    (void)state;
    static struct fixture f;
    cr_builder *b = with_layer(1, 0.25);
    open_plan(&f, b, 1, CR_FOR_EXPLAINING);
    cr_builder_free(b);
    cr_plan_run(f.plan, &f.run, PHASE_FORWARD, PHASE_FORWARD);
    const int noise = drawn_value(&f);
    const double n = ROWS * UNITS;
    double sum = 0, squares = 0, fourth = 0;
    for (size_t i = 0; i < ROWS * UNITS; i++) {
        const double x = cr_plan_get(f.plan, &f.run, noise, i / UNITS, i % UNITS) / 0.25;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    assert_true(fabs(sum) <= 5 * sqrt(n));
    assert_true(fabs(squares - n) <= 5 * sqrt(2 * n));
    assert_true(fabs(fourth - 3 * n) <= 5 * sqrt(96 * n));
    close_plan(&f);
}

static double *masks_of(uint64_t seed, size_t t)
{
    static struct fixture f;
    double *m = malloc(ROWS * UNITS * sizeof *m);
    cr_builder *b = with_layer(0, 0.5);
    open_plan(&f, b, seed, CR_FOR_EXPLAINING);
    cr_builder_free(b);
    f.run.t = t;
    cr_plan_run(f.plan, &f.run, PHASE_FORWARD, PHASE_FORWARD);
    for (size_t i = 0; i < ROWS * UNITS; i++)
        m[i] = cr_plan_get(f.plan, &f.run, drawn_value(&f), i / UNITS, i % UNITS);
    close_plan(&f);
    return m;
}

static size_t differences(const double *a, const double *b)
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS * UNITS; i++)
        n += a[i] != b[i];
    return n;
}

static void masks_depend_on_seed_and_update(void **state)
{
    (void)state;
    double *m = masks_of(1, 1), *again = masks_of(1, 1), *later = masks_of(1, 2),
           *other = masks_of(2, 1);
    const size_t half = ROWS * UNITS / 2, slack = 5 * 57; /* five standard deviations */
    assert_int_equal(differences(m, again), 0);
    assert_in_range(differences(m, later), half - slack, half + slack);
    assert_in_range(differences(m, other), half - slack, half + slack);
    size_t rows_differ = 0;
    for (size_t r = 1; r < ROWS; r++)
        rows_differ += memcmp(m, m + r * UNITS, UNITS * sizeof *m) != 0;
    assert_int_equal(rows_differ, ROWS - 1);
    free(m), free(again), free(later), free(other);
}

/* Predicting, and measuring, are those of the network without the layer. */
static void predicting_goes_without(void **state)
{
    (void)state;
    static struct fixture f, plain;
    for (int noise = 0; noise < 2; noise++) {
        cr_builder *b = with_layer(noise, 0.5), *c = cr_builder_create(INPUTS);
        cr_builder_dense(c, UNITS, "tanh");
        cr_builder_dense(c, 1, "identity");
        open_plan(&f, b, 3, CR_FOR_MEASURING);
        open_plan(&plain, c, 3, CR_FOR_MEASURING);
        cr_builder_free(b);
        cr_builder_free(c);
        memcpy(f.net->values, plain.net->values, plain.net->block * sizeof(double));
        cr_plan_run(f.plan, &f.run, PHASE_FORWARD, PHASE_LOSS);
        cr_plan_run(plain.plan, &plain.run, PHASE_FORWARD, PHASE_LOSS);
        assert_true(cr_plan_loss(f.plan, &f.run) == cr_plan_loss(plain.plan, &plain.run));
        cr_plan *predicts = NULL;
        double out[ROWS];
        assert_int_equal(cr_plan_create(f.net, CR_FOR_PREDICTING, ROWS, &predicts, NULL), CR_OK);
        void *work = cr_work_alloc(cr_plan_work_size(predicts));
        assert_int_equal(
            cr_predict_f64(predicts, f.in, out, ROWS, work, cr_plan_work_size(predicts), NULL),
            CR_OK);
        for (size_t r = 0; r < ROWS; r++)
            assert_true(out[r] ==
                        cr_plan_get(plain.plan, &plain.run, plain.plan->tape->output, r, 0));
        cr_work_free(work);
        cr_plan_free(predicts);
        close_plan(&f);
        close_plan(&plain);
    }
}

/* Which numbers are drawn must not depend on who draws them: a net in tiles, and one in slices. */
static void threads_do_not_change_bits(void **state)
{
    (void)state;
    enum { IN = 20, BATCH = 150 };
    for (size_t wide = 40; wide <= 1700; wide += 1660) {
        float *first = NULL, in[BATCH * IN], targets[BATCH];
        for (size_t i = 0; i < BATCH * IN; i++)
            in[i] = (float)input(i);
        for (size_t i = 0; i < BATCH; i++)
            targets[i] = (float)input(i + 3);
        for (int threads = 1; threads <= 4; threads++) {
            cr_builder *b = cr_builder_create(IN);
            cr_net *net = NULL;
            cr_plan *plan = NULL;
            struct team *team = NULL;
            cr_builder_noise(b, 0.125);
            cr_builder_dense(b, wide, "relu");
            cr_builder_dropout(b, 0.25);
            cr_builder_scale(b, 1);
            cr_builder_dense(b, 1, "identity");
            assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
            cr_builder_free(b);
            assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, BATCH, &plan, NULL), CR_OK);
            assert_int_equal(plan->tiled, wide > 1000);
            if (threads > 1)
                assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
            struct run run = {.in = in,
                              .targets = targets,
                              .rows = BATCH,
                              .params = net->values,
                              .rate = 0.01,
                              .work = cr_work_alloc(cr_plan_work_size(plan)),
                              .team = team};
            for (run.t = 1; run.t <= 3; run.t++)
                cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
            const size_t bytes = net->block * sizeof(float);
            if (!first) {
                first = malloc(bytes);
                memcpy(first, net->values, bytes);
            }
            assert_memory_equal(net->values, first, bytes);
            cr_work_free(run.work);
            cr_team_destroy(team);
            cr_plan_free(plan);
            cr_net_free(net);
        }
        free(first);
    }
}

static void drawing_needs_a_state(void **state)
{
    (void)state;
    static struct fixture f;
    cr_builder *b = with_layer(0, 0.5);
    cr_state *kept = NULL;
    cr_error err = {0};
    open_plan(&f, b, 1, CR_FOR_TRAINING);
    cr_builder_free(b);
    const size_t size = cr_plan_work_size(f.plan);
    assert_int_equal(
        cr_train_step_f64(f.plan, NULL, f.in, f.targets, ROWS, 0.1, NULL, f.run.work, size, &err),
        CR_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "state"));
    assert_int_equal(cr_state_create(f.net, &kept, NULL), CR_OK);
    assert_int_equal(
        cr_train_step_f64(f.plan, kept, f.in, f.targets, ROWS, 0.1, NULL, f.run.work, size, &err),
        CR_OK);
    assert_int_equal(cr_state_steps(kept), 1);
    cr_state_free(kept);
    close_plan(&f);
}

/* One step on rows with whole weights, and on each of these rows so many times. */
static void weights_are_repetitions(void **state)
{
    (void)state;
    static const size_t times[] = {3, 0, 1, 2, 5};
    static const char *const losses[] = {"half-squared", "mean-squared", "softmax-cross-entropy",
                                         "absolute"};
    enum { N = 5, ALL = 11, OUT = 2 };
    double in[N * INPUTS], t[N * OUT], w[N], in_all[ALL * INPUTS], t_all[ALL * OUT];
    size_t all = 0;
    for (size_t r = 0; r < N; r++) {
        w[r] = (double)times[r];
        for (size_t i = 0; i < INPUTS; i++)
            in[r * INPUTS + i] = input(r * INPUTS + i);
        t[r * OUT] = 0.25 + 0.125 * (double)r;
        t[r * OUT + 1] = 1 - t[r * OUT];
        for (size_t k = 0; k < times[r]; k++, all++) {
            memcpy(in_all + all * INPUTS, in + r * INPUTS, INPUTS * sizeof *in);
            memcpy(t_all + all * OUT, t + r * OUT, OUT * sizeof *t);
        }
    }
    assert_int_equal(all, ALL);
    for (int k = 0; k < 8; k++) {
        cr_net *net[2];
        double loss[2];
        for (int way = 0; way < 2; way++) {
            cr_builder *b = cr_builder_create(INPUTS);
            cr_plan *plan = NULL;
            cr_builder_dense(b, 4, "tanh");
            cr_builder_dense(b, OUT, "identity");
            cr_builder_loss(b, losses[k / 2], k % 2);
            assert_int_equal(cr_builder_build(b, CR_F64, 1, &net[way], NULL), CR_OK);
            cr_builder_free(b);
            assert_int_equal(way ? cr_plan_create_weighted(net[way], CR_FOR_TRAINING,
                                                           CR_PRECISION_FLOAT32, N, &plan, NULL)
                                 : cr_plan_create(net[way], CR_FOR_TRAINING, ALL, &plan, NULL),
                             CR_OK);
            const size_t size = cr_plan_work_size(plan);
            void *work = cr_work_alloc(size);
            assert_int_equal(way ? cr_train_step_weighted_f64(plan, NULL, in, t, w, N, 0.1,
                                                              &loss[way], work, size, NULL)
                                 : cr_train_step_f64(plan, NULL, in_all, t_all, ALL, 0.1,
                                                     &loss[way], work, size, NULL),
                             CR_OK);
            cr_work_free(work);
            cr_plan_free(plan);
        }
        assert_true(fabs(loss[0] - loss[1]) <= 1e-13 * fabs(loss[0]));
        for (size_t i = 0; i < net[0]->block; i++)
            assert_true(fabs(cr_net_get(net[0], i) - cr_net_get(net[1], i)) <= 1e-13);
        cr_net_free(net[0]);
        cr_net_free(net[1]);
    }
}

static void bad_weights_are_refused(void **state)
{
    (void)state;
    enum { N = 2 };
    static const struct {
        double w[N];
        cr_status status;
    } bad[] = {{{1, -1}, CR_ERR_VALUE},        {{0, 0}, CR_ERR_VALUE},
               {{1, NAN}, CR_ERR_VALUE},       {{INFINITY, 1}, CR_ERR_VALUE},
               {{1e308, 1e308}, CR_ERR_VALUE}, {{0, 1}, CR_OK}};
    const double in[N * INPUTS] = {1}, t[N] = {1, 2};
    cr_builder *b = cr_builder_create(INPUTS);
    cr_net *net = NULL;
    cr_plan *plan[2];
    cr_builder_dense(b, 1, "identity");
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(
        cr_plan_create_weighted(net, CR_FOR_TRAINING, CR_PRECISION_FLOAT32, N, &plan[0], NULL),
        CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, N, &plan[1], NULL), CR_OK);
    const size_t size = cr_plan_work_size(plan[0]) + cr_plan_work_size(plan[1]);
    void *work = cr_work_alloc(size);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cr_train_step_weighted_f64(plan[0], NULL, in, t, bad[i].w, N, 0.1, NULL,
                                                    work, size, NULL),
                         bad[i].status);
    assert_int_equal(cr_train_step_f64(plan[0], NULL, in, t, N, 0.1, NULL, work, size, NULL),
                     CR_ERR_ARGUMENT);
    assert_int_equal(
        cr_train_step_weighted_f64(plan[1], NULL, in, t, bad[5].w, N, 0.1, NULL, work, size, NULL),
        CR_ERR_ARGUMENT);
    cr_work_free(work);
    cr_plan_free(plan[0]);
    cr_plan_free(plan[1]);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_have_the_probability),
        cmocka_unit_test(noise_is_standard_normal),
        cmocka_unit_test(masks_depend_on_seed_and_update),
        cmocka_unit_test(predicting_goes_without),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(drawing_needs_a_state),
        cmocka_unit_test(weights_are_repetitions),
        cmocka_unit_test(bad_weights_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
