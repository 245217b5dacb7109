/* The optimisers: against PyTorch over 100 steps (fixtures/optimisers.txt, which
 * torch_optimisers.py made), and one way of running them against all others. */
#include <string.h>

#include "base/team.h"
#include "net/call.h"
#include "net/fixture.h"
#include "net/random_net.h"

enum { BY_NUMBER = OPT_LBFGS }; /* test_lbfgs.c is for those that move all parameters at once */
enum { INPUTS = 3, HIDDEN = 4, OUTPUTS = 2, ROWS = 4, GROUPS = 4 };
enum { PARAMS = INPUTS * HIDDEN + HIDDEN + HIDDEN * OUTPUTS + OUTPUTS, STEPS = 100 };

/* Relative, as issue and documentation promise; parameters near 0 keep the rounding of what
 * they are a difference of. */
static const double tolerance = 1e-9, cancelled = 1e-12;

/* One of the optimiser's own, or of those that every optimiser has. */
static void set_constant(cr_builder *b, const char *name, double v)
{
    static struct spec_optimiser kept;
    if (strncmp(name, "clip-", 5) == 0) {
        *(strcmp(name, "clip-norm") == 0 ? &kept.clip_norm : &kept.clip_value) = v;
        cr_builder_clip(b, kept.clip_norm, kept.clip_value);
    } else if (name[0] == 'l' && strlen(name) == 2) {
        *(name[1] == '1' ? &kept.l1 : &kept.l2) = v;
        cr_builder_penalty(b, kept.l1, kept.l2);
    } else if (strcmp(name, "average") == 0) {
        cr_builder_average(b, v);
    } else {
        kept = (struct spec_optimiser){0}; /* own ones come first */
        cr_builder_optimiser_constant(b, name, v);
    }
}

/* NAME RATE n CONSTANT VALUE ... */
static cr_builder *read_optimiser(FILE *file, double *rate)
{
    char name[WORD], constant[WORD];
    cr_builder *b = cr_builder_create(INPUTS);
    cr_builder_dense(b, HIDDEN, "tanh");
    cr_builder_dense(b, OUTPUTS, "identity");
    cr_builder_loss(b, "mean-squared", 0);
    word(file, name);
    *rate = number(file);
    cr_builder_optimiser(b, name, *rate);
    for (int n = (int)number(file); n > 0; n--) {
        word(file, constant);
        set_constant(b, constant, number(file));
    }
    return b;
}

static void check_step(int number, int step, const cr_net *net, const double *want)
{
    for (size_t g = 0; g < net->n_params; g++) {
        const struct param *p = &net->param[g];
        for (size_t i = 0; i < p->rows * p->cols; i++, want++) {
            const double got = cr_net_get(net, p->offset + i);
            if (!(fabs(got - *want) <= fmax(tolerance * fabs(*want), cancelled)))
                fail_msg("case %d, step %d, group %d, number %d: %.17g, not %.17g", number, step,
                         (int)g, (int)i, got, *want);
        }
    }
}

/* case NAME ..., factors (of the groups' rates), x [2][rows][inputs], t [2][rows][outputs],
 * p (parameters at the start), and "step K" with the parameters after it, for some K. */
static void read_case(FILE *file, int index)
{
    static const int shown[] = {1, 2, 3, 10, STEPS};
    double rate, factor[GROUPS], x[2 * ROWS * INPUTS], t[2 * ROWS * OUTPUTS], p[PARAMS];
    cr_builder *b = read_optimiser(file, &rate);
    cr_net *net = NULL;
    cr_error err;
    if (cr_builder_build(b, CR_F64, 1, &net, &err))
        fail_msg("case %d: %s", index, err.message);
    cr_builder_free(b);
    numbers(file, "factors", factor, GROUPS);
    numbers(file, "x", x, 2 * ROWS * INPUTS);
    numbers(file, "t", t, 2 * ROWS * OUTPUTS);
    numbers(file, "p", p, PARAMS);
    assert_int_equal(net->n_params, GROUPS);
    const double *from = p;
    for (size_t g = 0; g < GROUPS; g++) {
        net->param[g].rate = factor[g];
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            cr_net_set(net, net->param[g].offset + i, *from++);
    }
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, ROWS, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, &state, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    for (int step = 1, next = 0; step <= STEPS; step++) {
        const int batch = (step - 1) % 2;
        assert_int_equal(cr_train_step_f64(plan, state, x + batch * ROWS * INPUTS,
                                           t + batch * ROWS * OUTPUTS, ROWS, rate, NULL, work,
                                           cr_plan_work_size(plan), NULL),
                         CR_OK);
        if (step != shown[next])
            continue;
        char word_of_step[WORD];
        word(file, word_of_step);
        assert_string_equal(word_of_step, "step");
        assert_int_equal((int)number(file), shown[next++]);
        for (size_t i = 0; i < PARAMS; i++)
            p[i] = number(file);
        check_step(index, step, net, p);
    }
    assert_int_equal(cr_state_steps(state), STEPS);
    if (net->spec->optimiser.average > 0) {
        numbers(file, "average", p, PARAMS);
        assert_int_equal(cr_state_average(state, net, NULL), CR_OK);
        check_step(index, STEPS, net, p);
    }
    cr_work_free(work);
    cr_state_free(state);
    cr_plan_free(plan);
    cr_net_free(net);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/tests/net/fixtures/optimisers.txt", "r");
    assert_non_null(file);
    char head[WORD];
    int n = 0;
    assert_non_null(fgets(head, sizeof head, file));
    assert_string_equal(head, "chainrule optimiser fixtures 1\n");
    for (;; n++) {
        word(file, head);
        if (strcmp(head, "case") != 0)
            break;
        read_case(file, n + 1);
    }
    assert_string_equal(head, "end");
    assert_int_equal((int)number(file), n);
    assert_true(n >= 2 * BY_NUMBER);
    fclose(file);
}

/* A random network with an optimiser, without, with and with much weight decay. */
static cr_net *net_with(uint64_t seed, cr_type type, size_t rows, int method)
{
    cr_net *net = random_net(seed, type, rows);
    assert_non_null(net);
    struct spec_optimiser *o = &net->spec->optimiser;
    const int decay = cr_optimiser_decay(cr_optimiser_row(method));
    assert_int_equal(cr_optimiser_set(o, (enum optimiser_method)method, NULL, 0, NULL, NULL),
                     CR_OK);
    if (decay >= 0)
        o->param[decay] = (double)(seed % 3) * 0.05;
    if (seed % 4 == 0)
        o->clip_norm = 0.1;
    if (seed % 5 == 0)
        o->clip_value = 0.01;
    if (seed % 6 == 0)
        o->l1 = o->l2 = 0.01;
    if (seed % 7 < 3)
        o->average = 0.75;
    for (size_t g = 0; seed % 2 && g < net->n_params; g++)
        net->param[g].decay = (double)(g % 3) / 2;
    return net;
}

static double value_of(void *ctx, uint64_t ref)
{
    void **c = ctx;
    return cr_plan_get(c[0], c[1], cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref));
}

static void assert_formulas(const cr_plan *plan, struct run *run, int method)
{
    const struct tape *t = plan->tape;
    struct arena a = {0};
    void *ctx[] = {(void *)(uintptr_t)plan, run};
    for (int i = 0; i < t->n_steps; i++) {
        const struct value *v = &t->value[t->step[i].out];
        for (size_t k = 0; t->step[i].phase == PHASE_UPDATE && k < v->rows * v->cols; k++) {
            const struct expr *e = cr_step_formula(&a, t, i, run->rows, 0, k);
            assert_non_null(e);
            const double want = cr_expr_eval(e, value_of, ctx);
            const double got = cr_plan_get(plan, run, t->step[i].out, 0, k);
            if (!(fabs(got - want) <= 1e-11 * fmax(1, fabs(want))))
                fail_msg("%s, step %d, index %zu: %.17g, formula %.17g",
                         cr_optimiser_row(method)->name, i, k, got, want);
        }
    }
    cr_arena_free(&a);
}

static void adopt(cr_net *net, cr_state *state, const cr_plan *plan, const struct run *run)
{
    const size_t size = net->type == CR_F32 ? sizeof(float) : sizeof(double);
    for (int v = 0; v < plan->tape->n_values; v++) {
        const struct value *value = &plan->tape->value[v];
        if (value->role != ROLE_NEW && value->role != ROLE_NEW_STATE)
            continue;
        char *to =
            value->role == ROLE_NEW ? net->values : cr_state_array(state, (size_t)value->which);
        memcpy(to + net->param[value->param].offset * size, cr_plan_at(plan, run, v, 0, 0),
               value->rows * value->cols * size);
    }
}

enum { BY_KERNEL, BY_FORMULAS, EXPLAINING, WAYS, RUN_STEPS = 4 };

/* Parameters, and state, after some steps. */
static void *trained(uint64_t seed, cr_type type, int method, int way, int isa, int threads,
                     size_t rows, size_t *bytes)
{
    cr_net *net = net_with(seed, type, rows, method);
    const size_t size = type == CR_F32 ? sizeof(float) : sizeof(double);
    const struct spec *s = net->spec;
    float *in = malloc(rows * s->n_inputs * sizeof *in);
    float *targets = malloc(rows * s->n_outputs * sizeof *targets);
    for (size_t i = 0; i < rows * s->n_inputs; i++)
        in[i] = (float)s->inputs[i];
    for (size_t i = 0; i < rows * s->n_outputs; i++)
        targets[i] = (float)s->targets[i];
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    struct team *team = NULL;
    assert_int_equal(cr_plan_create(net, way == EXPLAINING ? CR_FOR_EXPLAINING : CR_FOR_TRAINING,
                                    rows, &plan, NULL),
                     CR_OK);
    assert_int_equal(cr_state_create(net, &state, NULL), CR_OK);
    if (threads > 1)
        assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
    if (isa >= 0 && type == CR_F32)
        plan->f32 = cr_kernels_f32((enum isa)isa);
    if (isa >= 0 && type == CR_F64)
        plan->f64 = cr_kernels_f64((enum isa)isa);
    for (int i = 0; i < plan->n_updates && way == BY_FORMULAS; i++)
        plan->update[i].kernel = UPDATE_NONE;
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    struct run run = {.in = type == CR_F32 ? (void *)in : (void *)(uintptr_t)s->inputs,
                      .targets = type == CR_F32 ? (void *)targets : (void *)(uintptr_t)s->targets,
                      .rows = rows,
                      .params = net->values,
                      .rate = 0.01,
                      .state = cr_state_values(state),
                      .work = work,
                      .team = team};
    for (run.t = 1; run.t <= RUN_STEPS; run.t++) {
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
        if (way == EXPLAINING && type == CR_F64)
            assert_formulas(plan, &run, method);
        if (way == EXPLAINING)
            adopt(net, state, plan, &run);
    }
    const size_t n = net->block * size, arrays = cr_state_n_arrays(state);
    *bytes = n * (1 + arrays);
    char *out = malloc(*bytes);
    memcpy(out, net->values, n);
    for (size_t i = 0; i < arrays; i++)
        memcpy(out + (i + 1) * n, cr_state_array(state, i), n);
    cr_team_destroy(team);
    free(in);
    free(targets);
    cr_work_free(work);
    cr_state_free(state);
    cr_plan_free(plan);
    cr_net_free(net);
    return out;
}

static void all_ways_give_the_same_bits(void **state)
{
    (void)state;
    for (int method = 0; method < BY_NUMBER; method++)
        for (uint64_t seed = 1; seed <= 24; seed++)
            for (int type = CR_F32; type <= CR_F64; type++) {
                size_t n, m;
                void *want =
                    trained(seed, (cr_type)type, method, BY_FORMULAS, ISA_REF, 1, 1 + seed % 4, &n);
                for (int way = 0; way < WAYS; way++)
                    for (int isa = 0; isa < ISA_COUNT; isa++) {
                        if (!cr_kernels_f32((enum isa)isa))
                            continue;
                        void *got =
                            trained(seed, (cr_type)type, method, way, isa, 1, 1 + seed % 4, &m);
                        assert_int_equal(m, n);
                        if (memcmp(want, got, n) != 0)
                            fail_msg("%s, net %d, type %d, way %d, %s: other bits",
                                     cr_optimiser_row(method)->name, (int)seed, type, way,
                                     cr_isa_name((enum isa)isa));
                        free(got);
                    }
                free(want);
            }
}

static void threads_do_not_change_bits(void **state)
{
    (void)state;
    for (int method = 0; method < BY_NUMBER; method++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            for (int threads = 2; threads <= 4; threads++) {
                size_t n, m;
                void *want = trained(seed, CR_F32, method, BY_KERNEL, -1, 1, 200, &n);
                void *got = trained(seed, CR_F32, method, BY_KERNEL, -1, threads, 200, &m);
                assert_int_equal(m, n);
                assert_memory_equal(want, got, n);
                free(want);
                free(got);
            }
}

/* Large enough to be updated block by block as gradients are made. */
static void *large_trained(int method, cr_purpose purpose, int threads, size_t *bytes)
{
    enum { BATCH = 70, IN = 150, OUT = 5 };
    cr_builder *b = cr_builder_create(IN);
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    struct team *team = NULL;
    cr_builder_dense(b, 420, "tanh");
    cr_builder_dense(b, 230, "relu");
    cr_builder_dense(b, OUT, "identity");
    cr_builder_optimiser(b, cr_optimiser_row(method)->name, 0.01);
    if (cr_optimiser_decay(cr_optimiser_row(method)) >= 0)
        cr_builder_optimiser_constant(b, "weight-decay", 0.01);
    if (method % 2)
        cr_builder_clip(b, 0.25, 0);
    if (method % 3 == 0)
        cr_builder_average(b, 0.9);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_plan_create(net, purpose, BATCH, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, &state, NULL), CR_OK);
    if (threads > 1)
        assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
    float *in = malloc(BATCH * IN * sizeof *in), *targets = malloc(BATCH * OUT * sizeof *targets);
    for (size_t i = 0; i < BATCH * IN; i++)
        in[i] = (float)(i % 13) / 13 - 0.5f;
    for (size_t i = 0; i < BATCH * OUT; i++)
        targets[i] = (float)(i % 7) / 7;
    struct run run = {.in = in,
                      .targets = targets,
                      .rows = BATCH,
                      .params = net->values,
                      .rate = 0.01,
                      .state = cr_state_values(state),
                      .work = cr_work_alloc(cr_plan_work_size(plan)),
                      .team = team};
    for (run.t = 1; run.t <= 3; run.t++) {
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
        if (purpose == CR_FOR_EXPLAINING)
            adopt(net, state, plan, &run);
    }
    *bytes = net->block * sizeof(float);
    void *out = malloc(*bytes);
    memcpy(out, net->values, *bytes);
    cr_team_destroy(team);
    cr_work_free(run.work);
    free(in);
    free(targets);
    cr_state_free(state);
    cr_plan_free(plan);
    cr_net_free(net);
    return out;
}

static void large_networks_get_the_same_bits(void **state)
{
    (void)state;
    for (int method = 0; method < BY_NUMBER; method++) {
        size_t n, m;
        void *want = large_trained(method, CR_FOR_EXPLAINING, 1, &n);
        for (int threads = 1; threads <= 3; threads++) {
            void *got = large_trained(method, CR_FOR_TRAINING, threads, &m);
            assert_int_equal(m, n);
            if (memcmp(want, got, n) != 0)
                fail_msg("%s, %d threads: other bits", cr_optimiser_row(method)->name, threads);
            free(got);
        }
        free(want);
    }
}

static void going_on_from_a_saved_state_gives_the_same_bits(void **state)
{
    (void)state;
    cr_net *net[2];
    cr_plan *plan[2];
    cr_state *kept[2];
    float in[6] = {1, 2, 3, -1, 0.5f, 0}, target[2] = {0.5f, -1};
    cr_builder *b = cr_builder_create(3);
    cr_builder_dense(b, 5, "tanh");
    cr_builder_dense(b, 1, "identity");
    cr_builder_optimiser(b, "adam", 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cr_builder_build(b, CR_F32, 3, &net[i], NULL), CR_OK);
        assert_int_equal(cr_plan_create(net[i], CR_FOR_TRAINING, 2, &plan[i], NULL), CR_OK);
        assert_int_equal(cr_state_create(net[i], &kept[i], NULL), CR_OK);
    }
    const size_t size = cr_plan_work_size(plan[0]), n = cr_net_n_params(net[0]) * sizeof(float);
    void *work = cr_work_alloc(size);
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            cr_train_step(plan[0], kept[0], in, target, 2, 0.01, NULL, work, size, NULL), CR_OK);

    assert_int_equal(cr_state_n_arrays(kept[0]), 2);
    assert_string_equal(cr_state_name(kept[0], 0), "m");
    assert_string_equal(cr_state_name(kept[0], 1), "v");
    assert_null(cr_state_name(kept[0], 2));
    assert_null(cr_state_array(kept[0], 2));
    memcpy(cr_net_params(net[1]), cr_net_params(net[0]), n);
    for (size_t i = 0; i < 2; i++)
        memcpy(cr_state_array(kept[1], i), cr_state_array(kept[0], i), n);
    cr_state_set_steps(kept[1], cr_state_steps(kept[0]));
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++)
            assert_int_equal(
                cr_train_step(plan[k], kept[k], in, target, 2, 0.01, NULL, work, size, NULL),
                CR_OK);
    assert_memory_equal(cr_net_params(net[0]), cr_net_params(net[1]), n);
    assert_int_equal(cr_state_steps(kept[1]), 10);

    double loss[2][7];
    size_t done = 0;
    assert_int_equal(cr_train_steps(plan[0], kept[0], in, target, 1, 2, 7, 0.01, loss[0], &done,
                                    work, size, NULL),
                     CR_OK);
    assert_int_equal(done, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(cr_train_step(plan[1], kept[1], in + 3 * (i % 2), target + i % 2, 1, 0.01,
                                       &loss[1][i], work, size, NULL),
                         CR_OK);
    assert_memory_equal(loss[0], loss[1], sizeof loss[0]);
    assert_memory_equal(cr_net_params(net[0]), cr_net_params(net[1]), n);
    assert_int_equal(cr_state_steps(kept[0]), 17);
    assert_int_equal(cr_state_steps(kept[1]), 17);

    cr_error err;
    assert_int_equal(cr_train_step(plan[0], NULL, in, target, 2, 0.01, NULL, work, size, &err),
                     CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "the optimiser adam needs a state");
    for (int i = 0; i < 2; i++) {
        cr_state_free(kept[i]);
        cr_plan_free(plan[i]);
        cr_net_free(net[i]);
    }
    cr_builder_optimiser(b, "momentum", 0.5);
    assert_int_equal(cr_builder_build(b, CR_F32, 3, &net[0], NULL), CR_OK);
    assert_int_equal(cr_plan_create(net[0], CR_FOR_TRAINING, 2, &plan[0], NULL), CR_OK);
    cr_builder_optimiser(b, "adam", 0.5);
    assert_int_equal(cr_builder_build(b, CR_F32, 3, &net[1], NULL), CR_OK);
    assert_int_equal(cr_state_create(net[1], &kept[1], NULL), CR_OK);
    assert_int_equal(cr_train_step(plan[0], kept[1], in, target, 2, 0.01, NULL, work, size, &err),
                     CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "the state is not of this network and optimiser");
    cr_state_free(NULL);
    cr_state_free(kept[1]);
    cr_plan_free(plan[0]);
    cr_net_free(net[0]);
    cr_net_free(net[1]);
    cr_work_free(work);
    cr_builder_free(b);
}

static void the_builder_checks_names_and_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *optimiser, *constant;
        double rate, value;
        cr_status status;
        const char *message, *hint;
    } cases[] = {
        {"adma", NULL, 0, 0, CR_ERR_UNKNOWN, "unknown optimiser 'adma'", "did you mean 'adam'?"},
        {"adam", NULL, -1, 0, CR_ERR_VALUE, "the learning rate must be positive and finite", ""},
        {"adam", "beta", 0, 0.5, CR_ERR_UNKNOWN, "'adam' has no parameter 'beta'",
         "it has 'beta1', 'beta2', 'epsilon' and 'weight-decay'"},
        {"adam", "beta1", 0, 1, CR_ERR_VALUE,
         "beta1 1 of 'adam' is outside its range, 0 to 0.9999999999999999", ""},
        {"lion", "weight-decay", 0, NAN, CR_ERR_VALUE,
         "weight-decay nan of 'lion' is outside its range, 0 to 1000000", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_builder *b = cr_builder_create(1);
        cr_net *net = NULL;
        cr_error err = {0};
        cr_builder_dense(b, 1, "identity");
        cr_builder_optimiser(b, cases[i].optimiser, cases[i].rate);
        if (cases[i].constant)
            cr_builder_optimiser_constant(b, cases[i].constant, cases[i].value);
        assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, &err), cases[i].status);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.hint, cases[i].hint);
        cr_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),
        cmocka_unit_test(all_ways_give_the_same_bits),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(large_networks_get_the_same_bits),
        cmocka_unit_test(going_on_from_a_saved_state_gives_the_same_bits),
        cmocka_unit_test(the_builder_checks_names_and_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
