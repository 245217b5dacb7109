/* One tape, several plans: formulas say what the engine computes, and no plan changes the
 * bits of what it keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/team.h"
#include "net/random_net.h"

enum { NETS = 300 };

static double value_of(void *ctx, uint64_t ref)
{
    void **c = ctx;
    return cr_plan_get(c[0], c[1], cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref));
}

static void formulas_say_what_is_computed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        const size_t rows = rows_for(seed, 1 + seed % 3);
        cr_net *net = random_net(seed, CR_F64, rows);
        assert_non_null(net);
        cr_plan *plan = NULL;
        assert_int_equal(cr_plan_create(net, CR_FOR_EXPLAINING, rows, &plan, NULL), CR_OK);
        void *work = cr_work_alloc(cr_plan_work_size(plan));
        const struct spec *s = net->spec;
        struct run run = {.in = s->inputs,
                          .targets = s->targets,
                          .rows = rows,
                          .params = net->values,
                          .rate = s->optimiser.learning_rate,
                          .work = work};
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);

        const struct tape *t = plan->tape;
        struct arena a = {0};
        void *ctx[] = {plan, &run};
        for (int i = 0; i < t->n_steps; i++) {
            const struct value *v = &t->value[t->step[i].out];
            const size_t n = v->extent == PER_ROW ? v->cols : v->rows * v->cols;
            if (t->step[i].op == OP_MASK || t->step[i].op == OP_NOISE)
                continue;
            for (size_t r = 0; r < (v->extent == PER_ROW ? rows : 1); r++)
                for (size_t k = 0; k < n; k++) {
                    const struct expr *e = cr_step_formula(&a, t, i, rows, r, k);
                    assert_non_null(e);
                    const double want = cr_expr_eval(e, value_of, ctx);
                    const double got = cr_plan_get(plan, &run, t->step[i].out, r, k);
                    if (!(fabs(got - want) <= 1e-11 * fmax(1, fabs(want))))
                        fail_msg(
                            "net %d, step %d (op %d), row %zu, index %zu: %.17g, formula %.17g",
                            (int)seed, i, t->step[i].op, r, k, got, want);
                }
        }
        cr_arena_free(&a);
        cr_work_free(work);
        cr_plan_free(plan);
        cr_net_free(net);
    }
}

/* Train a copy of a net for some steps and return its parameters. */
static void *trained(uint64_t seed, cr_type type, cr_purpose purpose, size_t rows, int threads)
{
    cr_net *net = random_net(seed, type, rows);
    assert_non_null(net);
    const size_t size = type == CR_F32 ? sizeof(float) : sizeof(double);
    const struct spec *s = net->spec;
    const size_t n_in = rows * s->n_inputs, n_out = rows * s->n_outputs;
    float *in = malloc(n_in * sizeof *in), *targets = malloc(n_out * sizeof *targets);
    for (size_t i = 0; i < n_in; i++)
        in[i] = (float)s->inputs[i];
    for (size_t i = 0; i < n_out; i++)
        targets[i] = (float)s->targets[i];

    cr_plan *plan = NULL;
    assert_int_equal(cr_plan_create(net, purpose, rows + 7, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    struct team *team = NULL;
    if (threads > 1)
        assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
    struct run run = {.in = type == CR_F32 ? (void *)in : (void *)s->inputs,
                      .targets = type == CR_F32 ? (void *)targets : (void *)s->targets,
                      .rows = rows,
                      .params = net->values,
                      .rate = 0.01,
                      .work = work,
                      .team = team};
    for (int i = 0; i < 3; i++) {
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
        const struct tape *t = plan->tape;
        for (int v = 0; purpose == CR_FOR_EXPLAINING && v < t->n_values; v++)
            if (t->value[v].role == ROLE_NEW)
                memcpy((char *)net->values + net->param[t->value[v].param].offset * size,
                       cr_plan_at(plan, &run, v, 0, 0), t->value[v].rows * t->value[v].cols * size);
    }
    void *params = malloc(net->block * size);
    memcpy(params, net->values, net->block * size);
    cr_team_destroy(team);
    free(in);
    free(targets);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
    return params;
}

static void assert_same_training(uint64_t seed, cr_type type, size_t rows, cr_purpose purpose,
                                 int threads)
{
    cr_net *net = random_net(seed, type, 1);
    const size_t bytes = net->block * (type == CR_F32 ? sizeof(float) : sizeof(double));
    void *a = trained(seed, type, CR_FOR_TRAINING, rows, 1);
    void *b = trained(seed, type, purpose, rows, threads);
    if (memcmp(a, b, bytes) != 0)
        fail_msg("net %d, %zu rows, %d threads: other bits", (int)seed, rows, threads);
    free(a);
    free(b);
    cr_net_free(net);
}

static void training_and_explaining_give_the_same_bits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        const size_t rows = rows_for(seed, 1 + seed % 5);
        assert_same_training(seed, CR_F32, rows, CR_FOR_EXPLAINING, 1);
        assert_same_training(seed, CR_F64, rows, CR_FOR_EXPLAINING, 1);
    }
    assert_same_training(7, CR_F32, 200, CR_FOR_EXPLAINING, 1);
}

static void threads_do_not_change_bits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int threads = 2; threads <= 8; threads += threads < 4 ? 1 : 4)
            assert_same_training(seed, CR_F32, 300 + 17 * seed, CR_FOR_TRAINING, threads);
}

static void a_plan_checks_what_it_is_given(void **state)
{
    (void)state;
    cr_net *net = random_net(3, CR_F32, 1);
    cr_plan *plan = NULL;
    cr_error err;
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, 0, &plan, &err), CR_ERR_ARGUMENT);
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, 4, &plan, &err), CR_OK);
    const size_t size = cr_plan_work_size(plan);
    char *work = cr_work_alloc(size + 64);
    float in[64] = {0}, out[64] = {42};
    assert_int_equal(cr_predict(plan, in, out, 5, work, size, &err), CR_ERR_ROWS);
    assert_int_equal(cr_predict(plan, in, out, 4, work, size - 1, &err), CR_ERR_WORK);
    assert_int_equal(cr_predict(plan, in, out, 4, work + 4, size, &err), CR_ERR_WORK);
    assert_int_equal(cr_train_step(plan, NULL, in, out, 4, 0.1, NULL, work, size, &err),
                     CR_ERR_ARGUMENT);
    assert_int_equal(cr_predict_f64(plan, NULL, NULL, 4, work, size, NULL), CR_ERR_ARGUMENT);
    assert_true(out[0] == 42);
    assert_int_equal(cr_predict(plan, in, out, 0, work, size, &err), CR_OK);
    assert_true(out[0] == 42);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
}

/* A frozen plan predicts the same bits, and goes on doing so when the parameters change. */
static void a_frozen_plan_keeps_its_parameters(void **state)
{
    (void)state;
    enum { IN = 37, HIDDEN = 50, OUT = 3, ROWS = 70 };
    cr_builder *b = cr_builder_create(IN);
    cr_builder_dense(b, HIDDEN, "tanh");
    cr_builder_dense(b, OUT, "identity");
    cr_net *net = NULL;
    assert_int_equal(cr_builder_build(b, CR_F32, 3, &net, NULL), CR_OK);
    cr_builder_free(b);
    cr_plan *live = NULL, *frozen = NULL, *training = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, ROWS, &live, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, ROWS, &frozen, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, ROWS, &training, NULL), CR_OK);
    assert_int_equal(cr_plan_freeze(training, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_plan_freeze(frozen, NULL), CR_OK);
    const size_t size = cr_plan_work_size(live);
    void *work = cr_work_alloc(size);
    static float in[ROWS * IN], first[ROWS * OUT], now[ROWS * OUT], got[ROWS * OUT];
    for (size_t i = 0; i < ROWS * IN; i++)
        in[i] = (float)(i * 37 % 101) / 50 - 1;
    static const size_t rows[] = {1, 2, 3, 4, 13, ROWS};
    assert_int_equal(cr_predict(live, in, first, ROWS, work, size, NULL), CR_OK);
    float *params = cr_net_params(net);
    for (int changed = 0; changed < 2; changed++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            assert_int_equal(cr_predict(frozen, in, got, rows[i], work, size, NULL), CR_OK);
            assert_memory_equal(got, first, rows[i] * OUT * sizeof *got);
        }
        for (size_t i = 0; i < cr_net_n_params(net); i++)
            params[i] *= 1.5f;
    }
    assert_int_equal(cr_predict(live, in, now, ROWS, work, size, NULL), CR_OK);
    assert_memory_not_equal(now, first, sizeof now);
    assert_int_equal(cr_plan_freeze(frozen, NULL), CR_OK);
    assert_int_equal(cr_predict(frozen, in, got, ROWS, work, size, NULL), CR_OK);
    assert_memory_equal(got, now, sizeof got);
    cr_work_free(work);
    cr_plan_free(live), cr_plan_free(frozen), cr_plan_free(training);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frozen_plan_keeps_its_parameters),
        cmocka_unit_test(formulas_say_what_is_computed),
        cmocka_unit_test(training_and_explaining_give_the_same_bits),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(a_plan_checks_what_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
