/* L-BFGS: against PyTorch over 100 steps (fixtures/lbfgs.txt, which torch_lbfgs.py made), its search
 * against conditions worked out by hand, and the same bits on every machine and number of threads. */
#include <string.h>

#include "base/team.h"
#include "net/fixture.h"
#include "net/lbfgs.h"
#include "net/random_net.h"

enum { INPUTS = 3, HIDDEN = 4, OUTPUTS = 2, ROWS = 24 };
enum { PARAMS = INPUTS * HIDDEN + HIDDEN + HIDDEN * OUTPUTS + OUTPUTS, STEPS = 100 };

/* As for the other optimisers (test_optimisers.c). */
static const double tolerance = 1e-9, cancelled = 1e-12;

static void check_step(int index, int step, const cr_net *net, const double *want)
{
    for (size_t g = 0; g < net->n_params; g++) {
        const struct param *p = &net->param[g];
        for (size_t i = 0; i < p->rows * p->cols; i++, want++) {
            const double got = cr_net_get(net, p->offset + i);
            if (!(fabs(got - *want) <= fmax(tolerance * fabs(*want), cancelled)))
                fail_msg("case %d, step %d, group %d, number %d: %.17g, not %.17g", index, step,
                         (int)g, (int)i, got, *want);
        }
    }
}

/* case NAME RATE PAIRS HIDDEN STEPS (without hidden units: one layer), x [rows][inputs], t [rows][outputs], p (parameters at the start), and
 * "step K" with the parameters after it, for some K. */
static void read_case(FILE *file, int index)
{
    static const int shown[] = {1, 2, 3, 10, 30, STEPS, 0};
    char name[WORD];
    double x[ROWS * INPUTS], t[ROWS * OUTPUTS], p[PARAMS];
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    cr_builder *b = cr_builder_create(INPUTS);
    cr_builder_loss(b, "mean-squared", 0);
    word(file, name);
    const double rate = number(file);
    cr_builder_optimiser(b, name, rate);
    cr_builder_optimiser_constant(b, "history", number(file));
    const int hidden = (int)number(file), steps = (int)number(file);
    assert_true(hidden == HIDDEN || hidden == 0);
    const size_t params = hidden ? (size_t)PARAMS : (size_t)(INPUTS * OUTPUTS + OUTPUTS);
    if (hidden)
        cr_builder_dense(b, HIDDEN, "tanh");
    cr_builder_dense(b, OUTPUTS, "identity");
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    numbers(file, "x", x, ROWS * INPUTS);
    numbers(file, "t", t, ROWS * OUTPUTS);
    numbers(file, "p", p, params);
    const double *from = p;
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            cr_net_set(net, net->param[g].offset + i, *from++);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, ROWS, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, &state, NULL), CR_OK);
    const size_t size = cr_plan_work_size(plan);
    void *work = cr_work_alloc(size);
    for (int step = 1, next = 0; step <= steps; step++) {
        assert_int_equal(cr_train_step_f64(plan, state, x, t, ROWS, rate, NULL, work, size, NULL),
                         CR_OK);
        if (step != shown[next])
            continue;
        word(file, name);
        assert_string_equal(name, "step");
        assert_int_equal((int)number(file), shown[next++]);
        for (size_t i = 0; i < params; i++)
            p[i] = number(file);
        check_step(index, step, net, p);
    }
    cr_work_free(work);
    cr_state_free(state);
    cr_plan_free(plan);
    cr_net_free(net);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/tests/net/fixtures/lbfgs.txt", "r");
    assert_non_null(file);
    char head[WORD];
    int n = 0;
    assert_non_null(fgets(head, sizeof head, file));
    assert_string_equal(head, "chainrule lbfgs fixtures 1\n");
    for (;; n++) {
        word(file, head);
        if (strcmp(head, "case") != 0)
            break;
        read_case(file, n + 1);
    }
    assert_string_equal(head, "end");
    assert_int_equal((int)number(file), n);
    assert_true(n >= 6);
    fclose(file);
}

/* Functions of the length alone, with their slopes; `looks` counts. */
struct curve {
    double (*loss)(double at);
    double (*slope)(double at);
    int looks;
};

static struct line_point look(void *ctx, double at)
{
    struct curve *c = ctx;
    c->looks++;
    return (struct line_point){at, c->loss(at), c->slope(at)};
}

static double bowl(double x)
{
    return (x - 3) * (x - 3);
}

static double bowl_slope(double x)
{
    return 2 * (x - 3);
}

/* One that is lowest at 0.01, far below where a first try of 1 lands. */
static double steep(double x)
{
    return -x + 50 * x * x;
}

static double steep_slope(double x)
{
    return -1 + 100 * x;
}

/* No number beyond 0.5: a loss that overflowed. */
static double cliff(double x)
{
    return x > 0.5 ? NAN : (x - 0.25) * (x - 0.25);
}

static double cliff_slope(double x)
{
    return x > 0.5 ? NAN : 2 * (x - 0.25);
}

static double infinite(double x)
{
    return x > 0.5 ? INFINITY : cliff(x);
}

/* Falls at 0 and lies: no length lowers the loss. */
static double liar(double x)
{
    return x;
}

static double liar_slope(double x)
{
    (void)x;
    return -1;
}

static void the_search_meets_the_conditions(void **state)
{
    (void)state;
    static const struct {
        double (*loss)(double at);
        double (*slope)(double at);
        double first;
    } cases[] = {{bowl, bowl_slope, 1},      {bowl, bowl_slope, 0.001},  {bowl, bowl_slope, 500},
                 {steep, steep_slope, 1},    {steep, steep_slope, 1e-6}, {cliff, cliff_slope, 1},
                 {cliff, cliff_slope, 1e-4}, {infinite, cliff_slope, 40}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct curve c = {cases[i].loss, cases[i].slope, 0};
        const struct line_point start = {0, c.loss(0), c.slope(0)};
        const double at = cr_line_search(look, &c, start, cases[i].first, 1);
        assert_true(at > 0);
        assert_true(c.loss(at) <= start.loss + 1e-4 * at * start.slope);
        assert_true(fabs(c.slope(at)) <= 0.9 * fabs(start.slope));
        assert_true(c.looks <= 26);
    }
    struct curve c = {liar, liar_slope, 0};
    assert_true(cr_line_search(look, &c, (struct line_point){0, 0, -1}, 1, 1) == 0);
    assert_true(c.looks <= 26);
    /* By hand: at 1 the bowl's slope, -4, is within 0.9 of -6. */
    c = (struct curve){bowl, bowl_slope, 0};
    assert_true(cr_line_search(look, &c, (struct line_point){0, 9, -6}, 1, 1) == 1);
    assert_int_equal(c.looks, 1);
    /* The cubic through two points of a parabola is that parabola. */
    c.looks = 0;
    assert_true(fabs(cr_line_search(look, &c, (struct line_point){0, 9, -6}, 7, 1) - 3) < 1e-12);
    assert_int_equal(c.looks, 2);
}

/* Parameters and state after some steps of a network, by one instruction set and some threads. */
static void *trained(uint64_t seed, cr_type type, const char *optimiser, size_t wide, size_t rows,
                     int isa, int threads, size_t *bytes)
{
    enum { MOST_STEPS = 5 };
    const size_t size = type == CR_F32 ? sizeof(float) : sizeof(double);
    cr_builder *b = cr_builder_create(INPUTS);
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    struct team *team = NULL;
    cr_builder_dense(b, wide, "tanh");
    cr_builder_dense(b, wide, "relu");
    cr_builder_dense(b, OUTPUTS, "identity");
    cr_builder_optimiser(b, optimiser, strcmp(optimiser, "lbfgs") ? 0.1 : 1);
    cr_builder_optimiser_constant(b, "history", 3);
    assert_int_equal(cr_builder_build(b, type, seed, &net, NULL), CR_OK);
    cr_builder_free(b);
    char *in = malloc(rows * INPUTS * size), *targets = malloc(rows * OUTPUTS * size);
    for (size_t i = 0; i < rows * INPUTS; i++)
        if (type == CR_F32)
            ((float *)in)[i] = (float)((i * 7 + seed) % 13) / 13 - 0.5f;
        else
            ((double *)in)[i] = (double)((i * 7 + seed) % 13) / 13 - 0.5;
    for (size_t i = 0; i < rows * OUTPUTS; i++)
        if (type == CR_F32)
            ((float *)targets)[i] = (float)((i * 5 + seed) % 11) / 11;
        else
            ((double *)targets)[i] = (double)((i * 5 + seed) % 11) / 11;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, rows, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, &state, NULL), CR_OK);
    if (threads > 1)
        assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
    if (isa >= 0 && type == CR_F32)
        plan->f32 = cr_kernels_f32((enum isa)isa);
    if (isa >= 0 && type == CR_F64)
        plan->f64 = cr_kernels_f64((enum isa)isa);
    struct run run = {.in = in,
                      .targets = targets,
                      .rows = rows,
                      .params = net->values,
                      .rate = net->spec->optimiser.learning_rate,
                      .state = cr_state_values(state),
                      .work = cr_work_alloc(cr_plan_work_size(plan)),
                      .team = team};
    double first = 0, last = 0;
    for (run.t = 1; run.t <= MOST_STEPS; run.t++) {
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_LOSS);
        last = cr_plan_loss(plan, &run);
        first = run.t == 1 ? last : first;
        cr_plan_run(plan, &run, PHASE_BACKWARD, PHASE_UPDATE);
    }
    assert_true(last < first);
    const size_t n = net->block * size, arrays = cr_state_n_arrays(state);
    assert_int_equal(arrays, 2 + 2 * 3);
    *bytes = n * (1 + arrays);
    char *out = malloc(*bytes);
    memcpy(out, net->values, n);
    memcpy(out + n, cr_state_values(state), n * arrays);
    cr_team_destroy(team);
    cr_work_free(run.work);
    free(in);
    free(targets);
    cr_state_free(state);
    cr_plan_free(plan);
    cr_net_free(net);
    return out;
}

static void machines_and_threads_give_the_same_bits(void **state)
{
    (void)state;
    static const struct {
        size_t wide, rows;
    } sizes[] = {{4, 3}, {17, 200}, {190, 65}};
    for (size_t k = 0; k < 2 * sizeof sizes / sizeof *sizes; k++)
        for (int type = CR_F32; type <= CR_F64; type++) {
            const char *name = k % 2 ? "lbfgs-fixed" : "lbfgs";
            const size_t wide = sizes[k / 2].wide, rows = sizes[k / 2].rows;
            size_t n, m;
            void *want = trained(k, (cr_type)type, name, wide, rows, ISA_REF, 1, &n);
            for (int isa = ISA_REF; isa < ISA_COUNT; isa++)
                for (int threads = 1; threads <= 3; threads++) {
                    if (!cr_kernels_f32((enum isa)isa) || (wide > 100 && threads != 2))
                        continue;
                    void *got = trained(k, (cr_type)type, name, wide, rows, isa, threads, &m);
                    assert_int_equal(m, n);
                    if (memcmp(want, got, n) != 0)
                        fail_msg("%s, width %zu, type %d, %s, %d threads: other bits", name, wide,
                                 type, cr_isa_name((enum isa)isa), threads);
                    free(got);
                }
            free(want);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),
        cmocka_unit_test(the_search_meets_the_conditions),
        cmocka_unit_test(machines_and_threads_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
