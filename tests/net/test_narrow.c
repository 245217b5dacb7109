/* The list of a narrow plan against the calls that it was made from: the same bits of outputs,
 * losses and parameters, for every kind of network, on every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "net/narrow_list.h"
#include "net/random_net.h"

enum { NETS = 400, MOST = 64, STEPS = 3 };

/* One to four layers of 1 to 16 units with any activation, and any loss. */
static cr_net *narrow_net(uint64_t seed, cr_type type)
{
    struct dice d = {seed * 7919};
    cr_builder *b = cr_builder_create(1 + roll_below(&d, 16));
    const size_t hidden = roll_below(&d, 4);
    for (size_t i = 0; i < hidden; i++) {
        const int dense = cr_builder_dense(b, 1 + roll_below(&d, 16), roll_activation(&d));
        if (roll_below(&d, 4) == 0)
            cr_builder_no_bias(b, dense);
        else if (roll_below(&d, 4) == 0)
            cr_builder_shared_bias(b, dense, roll_between(&d, -1, 1));
    }
    int n_losses = 0;
    while (cr_loss_row(n_losses))
        n_losses++;
    const struct loss_row *loss = cr_loss_row((int)(seed % (uint64_t)n_losses));
    const int many = loss->kind == LOSS_SOFTMAX || (loss->fused_with && loss->fused_with[1] == 'o');
    const size_t outputs = (many ? 2 : 1) + roll_below(&d, many ? 15 : 16);
    const char *act = outputs == 1 ? "identity" : output_activation(&d, loss);
    if (outputs == 1 && loss->target == TARGET_PROBABILITY && !loss->link)
        act = "sigmoid";
    cr_builder_dense(b, outputs, act);
    cr_builder_loss(b, loss->name, (int)roll_below(&d, 2));
    cr_net *net = NULL;
    if (cr_builder_build(b, type, seed, &net, NULL))
        net = NULL;
    cr_builder_free(b);
    return net;
}

struct given {
    float in[STEPS * MOST * 16], targets[STEPS * MOST * 16];
    double in_f64[STEPS * MOST * 16], targets_f64[STEPS * MOST * 16];
};

static void give(struct given *g, const cr_net *net, uint64_t seed)
{
    struct dice d = {seed};
    const struct spec *s = net->spec;
    for (size_t i = 0; i < STEPS * MOST * s->n_inputs; i++)
        g->in[i] = (float)(g->in_f64[i] = roll_between(&d, -2, 2));
    for (size_t r = 0; r < STEPS * MOST; r++) {
        double t[16];
        roll_targets(&d, cr_loss_row(s->loss.row), t, s->n_outputs);
        for (size_t i = 0; i < s->n_outputs; i++) {
            g->targets_f64[r * s->n_outputs + i] = t[i];
            g->targets[r * s->n_outputs + i] = (float)t[i];
        }
    }
}

/* What a run leaves behind. */
struct result {
    double loss[STEPS];
    size_t steps;
    double output[MOST * 16], params[4096];
};

static void keep(struct result *to, const cr_plan *plan, const struct run *run)
{
    for (size_t r = 0; r < run->rows; r++)
        for (size_t i = 0; i < cr_net_outputs(plan->net); i++)
            to->output[r * 16 + i] = cr_plan_get(plan, run, plan->tape->output, r, i);
    for (size_t g = 0; g < plan->net->n_params; g++)
        for (size_t i = 0; i < plan->net->param[g].rows * plan->net->param[g].cols; i++)
            to->params[plan->net->param[g].offset + i] =
                cr_net_get(plan->net, plan->net->param[g].offset + i);
}

static int train(struct result *to, uint64_t seed, cr_net *net, enum isa isa, size_t rows,
                 const struct given *g, int by_list, int split)
{
    cr_plan *plan = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, rows + seed % 3, &plan, NULL), CR_OK);
    const int narrow = plan->narrow != NULL;
    if (!by_list)
        plan->narrow = NULL;
    if (plan->f32)
        plan->f32 = cr_kernels_f32(isa);
    else
        plan->f64 = cr_kernels_f64(isa);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    memset(work, 0xff, cr_plan_work_size(plan)); /* NaN */
    struct run run = {.in = plan->f32 ? (const void *)g->in : g->in_f64,
                      .targets = plan->f32 ? (const void *)g->targets : g->targets_f64,
                      .rows = rows,
                      .params = net->values,
                      .rate = 0.01,
                      .work = work};
    memset(to, 0, sizeof *to);
    if (split) {
        for (int i = 0; i < 2; i++) {
            cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_LOSS);
            to->loss[i] = cr_plan_loss(plan, &run);
            cr_plan_run(plan, &run, PHASE_BACKWARD, PHASE_BACKWARD);
            cr_plan_run(plan, &run, PHASE_UPDATE, PHASE_UPDATE);
        }
    } else {
        to->steps = cr_plan_train(plan, &run, &(struct batches){3, 1, STEPS}, to->loss);
    }
    keep(to, plan, &run);
    cr_work_free(work);
    cr_plan_free(plan);
    return narrow;
}

static void assert_same(const double *a, const double *b, size_t n, const char *what, uint64_t seed,
                        const char *isa, size_t rows)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("net %d, %zu rows, %s: %s %zu is %.17g, not %.17g", (int)seed, rows, isa, what,
                     i, b[i], a[i]);
}

static void assert_same_bits(uint64_t seed, cr_type type, enum isa isa, int split, int *n_narrow)
{
    static struct given g;
    static struct result want, got;
    const size_t rows = seed % 5 == 0 ? 1 + seed % MOST : 1 + seed % 7;
    for (int by_list = 0; by_list < 2; by_list++) {
        cr_net *net = narrow_net(seed, type);
        assert_non_null(net);
        assert_true(net->block <= 4096);
        give(&g, net, seed);
        *n_narrow += train(by_list ? &got : &want, seed, net, by_list ? isa : ISA_REF, rows, &g,
                           by_list, split);
        cr_net_free(net);
    }
    const char *name = cr_isa_name(isa);
    assert_int_equal(want.steps, got.steps);
    assert_same(want.loss, got.loss, STEPS, "loss", seed, name, rows);
    assert_same(want.output, got.output, MOST * 16, "output", seed, name, rows);
    assert_same(want.params, got.params, 4096, "parameter", seed, name, rows);
}

static void list_and_calls_give_the_same_bits(void **state)
{
    (void)state;
    for (int isa = ISA_REF; isa < ISA_COUNT; isa++) {
        int narrow = 0;
        if (!cr_kernels_f32((enum isa)isa))
            continue;
        for (uint64_t seed = 1; seed <= NETS; seed++) {
            assert_same_bits(seed, CR_F32, (enum isa)isa, seed % 4 == 0, &narrow);
            if (seed % 4 == 0)
                assert_same_bits(seed, CR_F64, (enum isa)isa, 0, &narrow);
        }
        assert_int_equal(narrow, 2 * (NETS + NETS / 4));
    }
}

/* Joins, and what random_net.h has besides. */
static void graphs_give_the_same_bits(void **state)
{
    (void)state;
    static struct given g;
    static struct result want, got;
    int narrow = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        for (int by_list = 0; by_list < 2; by_list++) {
            cr_net *net = random_net(seed, CR_F32, 1);
            give(&g, net, seed);
            narrow += train(by_list ? &got : &want, seed, net, cr_isa_best(), 1 + seed % 6, &g,
                            by_list, 0);
            cr_net_free(net);
        }
        assert_same(want.loss, got.loss, STEPS, "loss", seed, "graph", 0);
        assert_same(want.output, got.output, MOST * 16, "output", seed, "graph", 0);
        assert_same(want.params, got.params, 4096, "parameter", seed, "graph", 0);
    }
    assert_true(narrow > 2 * NETS * 7 / 10); /* those with norms and dropout are not */
}

static cr_net *two_layers(size_t inputs, size_t units, const char *hidden, const char *output,
                          const char *loss)
{
    cr_builder *b = cr_builder_create(inputs);
    cr_net *net = NULL;
    cr_builder_dense(b, units, hidden);
    cr_builder_dense(b, 1, output);
    cr_builder_loss(b, loss, 0);
    assert_int_equal(cr_builder_build(b, CR_F32, inputs * 31 + units, &net, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

/* One hidden layer and one output: their steps are one function where the table has it. */
static void whole_steps_give_the_same_bits(void **state)
{
    (void)state;
    static const char *const acts[] = {"sigmoid", "tanh", "identity"};
    static const size_t some_rows[] = {1, 2, 3, 4, 5, 8, 11, 64};
    static struct given g;
    static struct result want, got;
    uint64_t seed = 0;
    for (size_t inputs = 1; inputs <= NARROW_INPUTS; inputs++)
        for (size_t units = 2; units <= 16; units += units % 4 == 2 ? 1 : 3)
            for (int act = 0; act < 6; act++)
                for (int isa = ISA_REF + 1; isa < ISA_COUNT; isa++) {
                    const size_t rows = some_rows[seed++ / 3 % 8];
                    if (!cr_kernels_f32((enum isa)isa))
                        continue;
                    for (int by_list = 0; by_list < 2; by_list++) {
                        cr_net *net =
                            two_layers(inputs, units, acts[act % 2], acts[act / 2], "half-squared");
                        give(&g, net, seed);
                        if (seed % 9 == 0) /* the second step's loss is not finite */
                            g.in[(2 * rows + rows / 2) * inputs] = NAN;
                        train(by_list ? &got : &want, seed, net, by_list ? (enum isa)isa : ISA_REF,
                              rows, &g, by_list, 0);
                        cr_net_free(net);
                    }
                    const char *name = cr_isa_name((enum isa)isa);
                    assert_int_equal(want.steps, seed % 9 == 0 ? 1 : STEPS);
                    assert_int_equal(got.steps, want.steps);
                    assert_same(want.loss, got.loss, STEPS, "loss", seed, name, rows);
                    assert_same(want.output, got.output, MOST * 16, "output", seed, name, rows);
                    assert_same(want.params, got.params, 4096, "parameter", seed, name, rows);
                }
}

static int has_whole_step(cr_net *net)
{
    cr_plan *plan = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 4, &plan, NULL), CR_OK);
    const int has = plan->narrow && plan->narrow->whole;
    cr_plan_free(plan);
    cr_net_free(net);
    return has;
}

static void only_steps_of_that_kind_are_whole(void **state)
{
    (void)state;
    assert_true(has_whole_step(two_layers(2, 2, "sigmoid", "sigmoid", "half-squared")));
    assert_true(has_whole_step(two_layers(4, 16, "tanh", "identity", "half-squared")));
    assert_false(has_whole_step(two_layers(5, 2, "tanh", "tanh", "half-squared")));
    assert_false(has_whole_step(two_layers(2, 1, "tanh", "tanh", "half-squared")));
    assert_false(has_whole_step(two_layers(2, 2, "relu", "identity", "half-squared")));
    assert_false(has_whole_step(two_layers(2, 2, "tanh", "identity", "squared")));
}

static void predictions_are_the_same(void **state)
{
    (void)state;
    static struct given g;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        float out[2][MOST * 16];
        const size_t rows = 1 + seed % MOST;
        cr_net *net = narrow_net(seed, CR_F32);
        give(&g, net, seed);
        for (int by_list = 0; by_list < 2; by_list++) {
            cr_plan *plan = NULL;
            assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, rows, &plan, NULL), CR_OK);
            assert_non_null(plan->narrow);
            if (!by_list)
                plan->narrow = NULL;
            const size_t size = cr_plan_work_size(plan);
            void *work = cr_work_alloc(size);
            assert_int_equal(cr_predict(plan, g.in, out[by_list], rows, work, size, NULL), CR_OK);
            cr_work_free(work);
            cr_plan_free(plan);
        }
        for (size_t i = 0; i < rows * cr_net_outputs(net); i++)
            if (memcmp(&out[0][i], &out[1][i], sizeof **out) != 0 && !isnan(out[0][i]))
                fail_msg("net %d, output %zu: %.9g, not %.9g", (int)seed, i, (double)out[1][i],
                         (double)out[0][i]);
        cr_net_free(net);
    }
}

static void wide_networks_have_no_list(void **state)
{
    (void)state;
    for (size_t units = 16; units <= 17; units++) {
        cr_builder *b = cr_builder_create(2);
        cr_net *net = NULL;
        cr_plan *plan = NULL;
        cr_builder_dense(b, units, "tanh");
        cr_builder_dense(b, 1, "identity");
        assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
        assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 4, &plan, NULL), CR_OK);
        assert_int_equal(plan->narrow != NULL, units == 16);
        cr_plan_free(plan);
        assert_int_equal(cr_plan_create(net, CR_FOR_EXPLAINING, 4, &plan, NULL), CR_OK);
        assert_null(plan->narrow);
        cr_plan_free(plan);
        cr_net_free(net);
        cr_builder_free(b);
    }
}

/* The public call for many steps against as many calls for one, on a network with a list and one
 * without. */
static void many_steps_are_so_many_single_ones(void **state)
{
    (void)state;
    enum { ROWS = 3, BATCHES = 2, N = 5 };
    const float in[BATCHES * ROWS] = {0.5f, -1, 2, 0.25f, 1, -2};
    const float targets[BATCHES * ROWS] = {1, 0, 0.5f, -0.5f, 1, 0};
    for (size_t units = 2; units <= 40; units += 38) {
        double loss[2][N];
        float params[2][256];
        for (int many = 0; many < 2; many++) {
            cr_builder *b = cr_builder_create(1);
            cr_net *net = NULL;
            cr_plan *plan = NULL;
            cr_builder_dense(b, units, "tanh");
            cr_builder_dense(b, 1, "identity");
            assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
            assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, ROWS, &plan, NULL), CR_OK);
            assert_int_equal(plan->narrow != NULL, units == 2);
            const size_t size = cr_plan_work_size(plan);
            void *work = cr_work_alloc(size);
            size_t done = 0;
            for (size_t i = 0; i < N && !many; i++)
                assert_int_equal(cr_train_step(plan, NULL, in + i % BATCHES * ROWS,
                                               targets + i % BATCHES * ROWS, ROWS, 0.1, &loss[0][i],
                                               work, size, NULL),
                                 CR_OK);
            if (many) {
                assert_int_equal(cr_train_steps(plan, NULL, in, targets, ROWS, BATCHES, N, 0.1,
                                                loss[1], &done, work, size, NULL),
                                 CR_OK);
                assert_int_equal(done, N);
            }
            assert_true(net->block <= 256);
            memcpy(params[many], net->values, net->block * sizeof(float));
            cr_work_free(work);
            cr_plan_free(plan);
            cr_net_free(net);
            cr_builder_free(b);
        }
        assert_memory_equal(loss[0], loss[1], sizeof *loss);
        assert_true(loss[0][N - 1] < loss[0][0]);
        assert_memory_equal(params[0], params[1], 3 * units * sizeof(float));
    }
}

static void many_steps_stop_where_the_loss_is_not_finite(void **state)
{
    (void)state;
    const double in[] = {1, 2, NAN}, targets[] = {1, 0, 1};
    for (size_t units = 1; units <= 20; units += 19) {
        cr_builder *b = cr_builder_create(1);
        cr_net *net = NULL;
        cr_plan *plan = NULL;
        cr_error err;
        double loss[4] = {0};
        size_t done = 9;
        cr_builder_dense(b, units, "sigmoid");
        cr_builder_dense(b, 1, "sigmoid");
        assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
        assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 1, &plan, NULL), CR_OK);
        const size_t size = cr_plan_work_size(plan);
        void *work = cr_work_alloc(size);
        const double before = cr_net_get(net, 0);
        assert_int_equal(
            cr_train_steps_f64(plan, NULL, in, targets, 1, 0, 4, 1, loss, &done, work, size, &err),
            CR_ERR_ARGUMENT);
        assert_int_equal(
            cr_train_steps_f64(plan, NULL, in, targets, 2, 1, 4, 1, loss, &done, work, size, &err),
            CR_ERR_ROWS);
        assert_int_equal(done, 9);
        assert_int_equal(
            cr_train_steps_f64(plan, NULL, in, targets, 1, 3, 4, 1, loss, &done, work, size, &err),
            CR_ERR_DIVERGED);
        assert_non_null(strstr(err.message, "not a number"));
        assert_int_equal(done, 2);
        assert_true(loss[0] > 0 && loss[1] > 0 && isnan(loss[2]) && loss[3] == 0);
        assert_true(isfinite(cr_net_get(net, 0)) && cr_net_get(net, 0) != before);
        cr_work_free(work);
        cr_plan_free(plan);
        cr_net_free(net);
        cr_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_and_calls_give_the_same_bits),
        cmocka_unit_test(graphs_give_the_same_bits),
        cmocka_unit_test(whole_steps_give_the_same_bits),
        cmocka_unit_test(only_steps_of_that_kind_are_whole),
        cmocka_unit_test(predictions_are_the_same),
        cmocka_unit_test(wide_networks_have_no_list),
        cmocka_unit_test(many_steps_are_so_many_single_ones),
        cmocka_unit_test(many_steps_stop_where_the_loss_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
