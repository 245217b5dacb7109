/* Batch normalisation against PyTorch, on the networks of fixtures/batch_norm.txt (torch_batch_norm.py
 * made them): losses and all parameters, running averages among them, through some steps of training;
 * then outputs, loss and gradients as in predicting. And what it takes a batch for. */
#include <string.h>

#include "base/team.h"
#include "net/fixture.h"
#include "net/plan.h"

enum { STEPS = 4, OUTPUTS = 2, MOST = 1024 };

static const double tolerance = 1e-9, cancelled = 1e-11;

/* layer dense UNITS ACTIVATION | layer batch MOMENTUM identity, up to "end". */
static void read_layers(FILE *file, cr_builder *b)
{
    char kind[WORD], act[WORD];
    for (word(file, kind); strcmp(kind, "end") != 0; word(file, kind)) {
        assert_string_equal(kind, "layer");
        word(file, kind);
        const double size = number(file);
        word(file, act);
        if (strcmp(kind, "batch") == 0)
            cr_builder_batch_norm(b, size);
        else
            cr_builder_dense(b, (size_t)size, act);
    }
}

static void assert_near(int net, const char *what, size_t i, double got, double want)
{
    if (!(fabs(got - want) <= fmax(tolerance * fabs(want), cancelled)))
        fail_msg("net %d, %s %zu: %.17g, not %.17g", net, what, i, got, want);
}

static size_t n_numbers(const cr_net *net, int with_averages)
{
    size_t n = 0;
    for (size_t g = 0; g < net->n_params; g++)
        if (with_averages || cr_param_has_gradient(&net->param[g]))
            n += net->param[g].rows * net->param[g].cols;
    return n;
}

static void set_params(cr_net *net, const double *v)
{
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            cr_net_set(net, net->param[g].offset + i, *v++);
}

static void assert_params(int index, const cr_net *net, const double *v)
{
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            assert_near(index, cr_net_group(net, g).what, i,
                        cr_net_get(net, net->param[g].offset + i), *v++);
}

static void check_training(FILE *file, int index, cr_net *net, size_t rows)
{
    double in[MOST], targets[MOST], v[MOST], loss;
    cr_plan *plan = NULL;
    cr_error err;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, rows, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    for (int step = 0; step < STEPS; step++) {
        numbers(file, "x", in, rows * cr_net_inputs(net));
        numbers(file, "t", targets, rows * OUTPUTS);
        if (cr_train_step_f64(plan, NULL, in, targets, rows, 0.05, &loss, work,
                              cr_plan_work_size(plan), &err))
            fail_msg("net %d: %s", index, err.message);
        numbers(file, "loss", v, 1);
        assert_near(index, "loss", (size_t)step, loss, *v);
        numbers(file, "params", v, n_numbers(net, 1));
        assert_params(index, net, v);
    }
    cr_work_free(work);
    cr_plan_free(plan);
}

static int gradient_of(const struct tape *t, int group)
{
    for (int v = 0; v < t->n_values; v++)
        if (group < 0 ? t->value[v].role == ROLE_GRAD && t->value[v].of == t->input
                      : t->value[v].role == ROLE_PARAM_GRAD && t->value[v].param == group)
            return v;
    fail_msg("group %d has no gradient", group);
    return -1;
}

static void check_gradients(FILE *file, int index, const cr_plan *plan, const struct run *run)
{
    const cr_net *net = plan->net;
    const size_t inputs = net->spec->n_inputs;
    double v[MOST], *next = v;
    numbers(file, "dx", v, run->rows * inputs);
    for (size_t i = 0; i < run->rows * inputs; i++)
        assert_near(index, "dx", i,
                    cr_plan_get(plan, run, gradient_of(plan->tape, -1), i / inputs, i % inputs),
                    v[i]);
    numbers(file, "grads", v, n_numbers(net, 0));
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0;
             cr_param_has_gradient(&net->param[g]) && i < net->param[g].rows * net->param[g].cols;
             i++)
            assert_near(index, cr_net_group(net, g).what, i,
                        cr_plan_get(plan, run, gradient_of(plan->tape, (int)g), 0, i), *next++);
}

/* Outputs by the plan for predicting, as it is and frozen, and by one that goes back too. */
static void check_answers(FILE *file, int index, cr_net *net, size_t rows)
{
    double in[MOST], targets[MOST], v[MOST], out[MOST];
    cr_plan *plan = NULL;
    struct tape *tape = NULL;
    numbers(file, "x", in, rows * cr_net_inputs(net));
    numbers(file, "t", targets, rows * OUTPUTS);
    numbers(file, "y", v, rows * OUTPUTS);
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, rows, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    for (int frozen = 0; frozen < 2; frozen++) {
        if (frozen)
            assert_int_equal(cr_plan_freeze(plan, NULL), CR_OK);
        assert_int_equal(cr_predict_f64(plan, in, out, rows, work, cr_plan_work_size(plan), NULL),
                         CR_OK);
        for (size_t i = 0; i < rows * OUTPUTS; i++)
            assert_near(index, "output", i, out[i], v[i]);
    }
    cr_work_free(work);
    cr_plan_free(plan);

    assert_int_equal(
        cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD | TAPE_PREDICTING, &tape, NULL), CR_OK);
    assert_int_equal(
        cr_plan_make(tape, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, rows, &plan, NULL), CR_OK);
    const struct run run = {.in = in,
                            .targets = targets,
                            .rows = rows,
                            .params = net->values,
                            .work = cr_work_alloc(cr_plan_work_size(plan))};
    cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_BACKWARD);
    numbers(file, "loss", v, 1);
    assert_near(index, "loss", 0, cr_plan_loss(plan, &run), *v);
    check_gradients(file, index, plan, &run);
    cr_work_free(run.work);
    cr_plan_free(plan);
    cr_tape_free(tape);
}

static void check_net(FILE *file, int index)
{
    double v[MOST];
    cr_error err;
    const size_t inputs = (size_t)number(file), rows = (size_t)number(file);
    cr_builder *b = cr_builder_create(inputs);
    cr_net *net = NULL;
    read_layers(file, b);
    cr_builder_loss(b, "mean-squared", 0);
    if (cr_builder_build(b, CR_F64, 1, &net, &err))
        fail_msg("net %d: %s", index, err.message);
    cr_builder_free(b);
    numbers(file, "params", v, n_numbers(net, 1));
    set_params(net, v);
    check_training(file, index, net, rows);
    check_answers(file, index, net, rows);
    cr_net_free(net);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/tests/net/fixtures/batch_norm.txt", "r");
    assert_non_null(file);
    char head[WORD];
    int n = 0;
    assert_non_null(fgets(head, sizeof head, file));
    assert_string_equal(head, "chainrule batch norm fixtures 1\n");
    for (word(file, head); strcmp(head, "net") == 0; word(file, head))
        check_net(file, n++);
    assert_string_equal(head, "done");
    assert_true(n >= 16);
    fclose(file);
}

/* A network so wide that it runs in tiles, and one that does not; some steps of training. */
static void train(cr_net **out, size_t units, size_t rows, int threads, cr_precision precision)
{
    cr_error err;
    cr_builder *b = cr_builder_create(8);
    cr_builder_dense(b, units, "relu");
    cr_builder_batch_norm(b, 0.1);
    cr_builder_dense(b, units, "tanh");
    cr_builder_batch_norm(b, 0.1);
    cr_builder_dense(b, 3, "softmax");
    cr_builder_loss(b, "cross-entropy", 0);
    cr_builder_optimiser(b, "adam", 0.01);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, out, &err), CR_OK);
    cr_builder_free(b);
    float *in = calloc(rows * 8, sizeof *in), *targets = calloc(rows * 3, sizeof *targets);
    for (size_t i = 0; i < rows * 8; i++)
        in[i] = (float)((i * 7919 + 13) % 1009) / 500 - 1;
    for (size_t r = 0; r < rows; r++)
        targets[r * 3 + r % 3] = 1;
    cr_plan *plan = NULL;
    cr_state *state = NULL;
    struct team *team = NULL;
    assert_int_equal(cr_plan_create_in(*out, CR_FOR_TRAINING, precision, rows, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(*out, &state, NULL), CR_OK);
    if (threads > 1)
        assert_int_equal(cr_team_create(threads, &team, NULL), CR_OK);
    struct run run = {.in = in,
                      .targets = targets,
                      .rows = rows,
                      .params = (*out)->values,
                      .rate = 0.01,
                      .state = cr_state_values(state),
                      .work = cr_work_alloc(cr_plan_work_size(plan)),
                      .team = team};
    for (run.t = 1; run.t <= 3; run.t++)
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
    cr_team_destroy(team);
    cr_work_free(run.work);
    cr_state_free(state);
    cr_plan_free(plan);
    free(in);
    free(targets);
}

static void threads_do_not_change_bits(void **state)
{
    (void)state;
    static const struct {
        size_t units, rows;
        cr_precision precision;
    } cases[] = {{16, 300, CR_PRECISION_FLOAT32},
                 {200, 300, CR_PRECISION_FLOAT32},
                 {200, 1500, CR_PRECISION_FLOAT32},
                 {200, 70, CR_PRECISION_BF16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *one, *many;
        train(&one, cases[i].units, cases[i].rows, 1, cases[i].precision);
        for (size_t k = 0; k < one->block; k++)
            assert_true(isfinite(((float *)one->values)[k]));
        for (int threads = 2; threads <= 8; threads += threads < 4 ? 1 : 4) {
            train(&many, cases[i].units, cases[i].rows, threads, cases[i].precision);
            assert_memory_equal(one->values, many->values, one->block * sizeof(float));
            cr_net_free(many);
        }
        cr_net_free(one);
    }
}

static cr_net *small(cr_type type)
{
    cr_net *net = NULL;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 2, "tanh");
    cr_builder_batch_norm(b, 0.1);
    cr_builder_dense(b, 1, "identity");
    assert_int_equal(cr_builder_build(b, type, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

static void one_row_is_refused(void **state)
{
    (void)state;
    cr_net *net = small(CR_F32);
    cr_plan *plan = NULL;
    cr_error err;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 4, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    const float in[2] = {1, 2}, targets[1] = {1};
    assert_int_equal(
        cr_train_step(plan, NULL, in, targets, 1, 0.1, NULL, work, cr_plan_work_size(plan), &err),
        CR_ERR_ROWS);
    assert_string_equal(err.message,
                        "a training step with batch normalisation needs at least two rows");
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
}

static void bad_momentum_is_refused(void **state)
{
    (void)state;
    static const double bad[] = {0, -0.1, 1.5, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_net *net = NULL;
        cr_error err;
        cr_builder *b = cr_builder_create(2);
        cr_builder_batch_norm(b, bad[i]);
        cr_builder_dense(b, 1, "identity");
        assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, &err), CR_ERR_VALUE);
        assert_string_equal(err.message, "layer 1: momentum must be above 0 and at most 1");
        cr_builder_free(b);
    }
}

/* The moving average of all parameters has the running averages too. */
static void averages_are_averaged(void **state)
{
    (void)state;
    cr_net *net = small(CR_F64);
    net->spec->optimiser.average = 0.5;
    cr_plan *plan = NULL;
    cr_state *s = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 3, &plan, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, &s, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    const double in[6] = {1, 2, -1, 0.5, 0.3, -2}, targets[3] = {1, 0, 2};
    const size_t mean = net->param[cr_net_param(net, 1, PARAM_MEAN)].offset;
    double seen[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cr_train_step_f64(plan, s, in, targets, 3, 0.1, NULL, work,
                                           cr_plan_work_size(plan), NULL),
                         CR_OK);
        seen[i] = cr_net_get(net, mean);
    }
    assert_true(seen[0] != 0 && seen[0] != seen[1]);
    assert_int_equal(cr_state_average(s, net, NULL), CR_OK);
    assert_float_equal(cr_net_get(net, mean), (seen[0] + seen[1]) / 2, 1e-15);
    cr_work_free(work);
    cr_state_free(s);
    cr_plan_free(plan);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),   cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(one_row_is_refused),    cmocka_unit_test(bad_momentum_is_refused),
        cmocka_unit_test(averages_are_averaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
