/* Layer normalisation, scales, NTK parametrisation and residual blocks against PyTorch, on the
 * networks of fixtures/layers.txt (torch_layers.py made them): outputs, loss, every gradient. */
#include <string.h>

#include "net/fixture.h"
#include "net/plan.h"

enum { ROWS = 5, OUTPUTS = 2, MOST = 4096 };

static const double tolerance = 1e-9, cancelled = 1e-12;

/* layer dense|ntk|norm|scale|residual UNITS ACTIVATION, up to "end"; the number of the last. */
static void read_layers(FILE *file, cr_builder *b)
{
    char kind[WORD], act[WORD];
    int last = -1;
    for (word(file, kind); strcmp(kind, "end") != 0; word(file, kind)) {
        assert_string_equal(kind, "layer");
        word(file, kind);
        const size_t units = (size_t)number(file);
        word(file, act);
        if (strcmp(kind, "norm") == 0) {
            last = cr_builder_norm(b);
        } else if (strcmp(kind, "scale") == 0) {
            last = cr_builder_scale(b, 1);
        } else {
            const int before = last;
            last = cr_builder_dense(b, units, act);
            if (strcmp(kind, "ntk") == 0)
                cr_builder_ntk(b, last);
            if (strcmp(kind, "residual") == 0)
                last = cr_builder_add(b, (const int[]){before, last}, 2);
        }
    }
}

static void assert_near(int net, const char *what, size_t i, double got, double want)
{
    if (!(fabs(got - want) <= fmax(tolerance * fabs(want), cancelled)))
        fail_msg("net %d, %s %zu: %.17g, not %.17g", net, what, i, got, want);
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

static void check_net(FILE *file, int index)
{
    const size_t inputs = (size_t)number(file);
    cr_builder *b = cr_builder_create(inputs);
    cr_net *net = NULL;
    cr_error err;
    read_layers(file, b);
    cr_builder_loss(b, "mean-squared", 0);
    if (cr_builder_build(b, CR_F64, 1, &net, &err))
        fail_msg("net %d: %s", index, err.message);
    cr_builder_free(b);
    assert_int_equal((int)number(file), (int)net->n_params);
    size_t all = 0;
    for (size_t g = 0; g < net->n_params; g++)
        all += net->param[g].rows * net->param[g].cols;
    static double kept[MOST];
    double *v = kept;
    assert_true(all <= MOST && ROWS * inputs <= MOST);
    numbers(file, "params", v, all);
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            cr_net_set(net, net->param[g].offset + i, *v++);
    double in[ROWS * 8], targets[ROWS * OUTPUTS];
    numbers(file, "x", in, ROWS * inputs);
    numbers(file, "t", targets, ROWS * OUTPUTS);
    struct tape *tape = NULL;
    cr_plan *plan = NULL;
    assert_int_equal(cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD, &tape, NULL), CR_OK);
    assert_int_equal(
        cr_plan_make(tape, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, ROWS, &plan, NULL), CR_OK);
    const struct run run = {.in = in,
                            .targets = targets,
                            .rows = ROWS,
                            .params = net->values,
                            .work = cr_work_alloc(cr_plan_work_size(plan))};
    cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_BACKWARD);
    numbers(file, "y", v = kept, ROWS * OUTPUTS);
    for (size_t i = 0; i < ROWS * OUTPUTS; i++)
        assert_near(index, "output", i, cr_plan_get(plan, &run, tape->output, i / 2, i % 2), v[i]);
    numbers(file, "loss", v, 1);
    assert_near(index, "loss", 0, cr_plan_loss(plan, &run), *v);
    numbers(file, "grads", v = kept, all);
    for (size_t g = 0; g < net->n_params; g++)
        for (size_t i = 0; i < net->param[g].rows * net->param[g].cols; i++)
            assert_near(index, net->param[g].kind == PARAM_SCALE ? "scale" : "parameter", i,
                        cr_plan_get(plan, &run, gradient_of(tape, (int)g), 0, i), *v++);
    numbers(file, "dx", v = kept, ROWS * inputs);
    for (size_t i = 0; i < ROWS * inputs; i++)
        assert_near(index, "dx", i,
                    cr_plan_get(plan, &run, gradient_of(tape, -1), i / inputs, i % inputs), v[i]);
    cr_work_free(run.work);
    cr_plan_free(plan);
    cr_tape_free(tape);
    cr_net_free(net);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/tests/net/fixtures/layers.txt", "r");
    assert_non_null(file);
    char head[WORD];
    int n = 0;
    assert_non_null(fgets(head, sizeof head, file));
    assert_string_equal(head, "chainrule layer fixtures 1\n");
    for (word(file, head); strcmp(head, "net") == 0; word(file, head))
        check_net(file, n++);
    assert_string_equal(head, "done");
    assert_true(n >= 20);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
