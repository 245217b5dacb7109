/* The public builder and the calls that use a network: what they make, what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/net.h"
#include "net/net.h"

#define D(...)       \
    (const double[]) \
    {                \
        __VA_ARGS__  \
    }
#define I(...)      \
    (const int[])   \
    {               \
        __VA_ARGS__ \
    }
#define NAMES(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__       \
    }

/* Networks. */

static void builds_what_it_is_told(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_input_names(b, NAMES("left", "right"), 2);
    assert_int_equal(cr_builder_dense(b, 3, "relu"), 0);
    cr_builder_weights(b, 0, D(1, 2, 3, 4, 5, 6), 6);
    cr_builder_unit_names(b, 0, NAMES("a", "b", "c"), 3);
    assert_int_equal(cr_builder_dense(b, 3, "prelu"), 1);
    cr_builder_from(b, 1, I(0, -1), 2);
    cr_builder_no_bias(b, 1);
    assert_int_equal(cr_builder_add(b, I(0, 1), 2), 2);
    assert_int_equal(cr_builder_concat(b, I(2, -1, 2), 3), 3);
    assert_int_equal(cr_builder_dense(b, 1, "A(u) = u/2"), 4);
    cr_builder_shared_bias(b, 4, -0.75);
    cr_builder_loss(b, "huber", 1);
    cr_builder_learning_rate(b, 0.25);
    cr_builder_example(b, D(1, -1), 2, D(0.5), 1);
    cr_net *net = NULL;
    cr_error err = {0};
    assert_int_equal(cr_builder_build(b, CR_F64, 3, &net, &err), CR_OK);
    cr_builder_free(b); /* the net does not need it */

    assert_int_equal(cr_net_type(net), CR_F64);
    assert_int_equal(cr_net_inputs(net), 2);
    assert_int_equal(cr_net_outputs(net), 1);
    static const struct {
        const char *layer, *what;
        size_t rows, cols;
    } groups[] = {{"hidden1", "weight", 3, 2}, {"hidden1", "bias", 1, 3},
                  {"hidden2", "weight", 3, 5}, {"hidden2", "slope", 1, 1},
                  {"output", "weight", 1, 8},  {"output", "bias", 1, 1}};
    assert_int_equal(cr_net_n_groups(net), 6);
    const double *p = cr_net_params(net);
    for (size_t i = 0; i < 6; i++) {
        const cr_param_group g = cr_net_group(net, i);
        assert_string_equal(g.layer, groups[i].layer);
        assert_string_equal(g.what, groups[i].what);
        assert_int_equal(g.rows, groups[i].rows);
        assert_int_equal(g.cols, groups[i].cols);
        assert_true(g.offset + g.rows * g.cols <= cr_net_n_params(net));
    }
    for (int i = 0; i < 6; i++)
        assert_true(p[i] == i + 1);
    assert_true(p[cr_net_group(net, 5).offset] == -0.75);
    const struct spec *s = net->spec;
    assert_string_equal(s->input_names[1], "right");
    assert_string_equal(s->layer[0].unit_names[2], "c");
    assert_int_equal(s->loss.reduction, REDUCE_SUM);
    assert_true(s->optimiser.learning_rate == 0.25);
    assert_true(s->inputs[1] == -1 && s->targets[0] == 0.5);
    cr_net_free(net);
}

static void a_builder_can_be_used_again(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 4, "tanh");
    cr_builder_dense(b, 1, "t/10");
    cr_builder_example(b, D(1, 2), 2, D(3), 1);
    cr_net *one = NULL, *two = NULL, *grown = NULL;
    assert_int_equal(cr_builder_build(b, CR_F32, 7, &one, NULL), CR_OK);
    assert_int_equal(cr_builder_build(b, CR_F32, 7, &two, NULL), CR_OK);
    cr_builder_dense(b, 2, "relu");
    assert_int_equal(cr_builder_build(b, CR_F32, 7, &grown, NULL), CR_ERR_SHAPE);
    assert_null(grown); /* two outputs, one target */
    assert_int_equal(cr_net_n_params(one), cr_net_n_params(two));
    assert_memory_equal(cr_net_params(one), cr_net_params(two), cr_net_n_params(one) * 4);
    assert_true(cr_net_params(one) != cr_net_params(two));
    cr_net_free(one);
    cr_builder_free(b);
    assert_string_equal(cr_net_group(two, 0).layer, "hidden");
    cr_net_free(two);
}

static void many_layers_and_examples(void **state)
{
    (void)state;
    enum { LAYERS = 300, EXAMPLES = 100 };
    cr_builder *b = cr_builder_create(1);
    for (int i = 0; i < LAYERS; i++)
        assert_int_equal(cr_builder_dense(b, 1, "tanh"), i);
    for (int i = 0; i < EXAMPLES; i++)
        cr_builder_example(b, D(i), 1, D(-i), 1);
    cr_net *net = NULL;
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_net_n_groups(net), 2 * LAYERS);
    assert_int_equal(net->spec->n_examples, EXAMPLES);
    assert_true(net->spec->targets[EXAMPLES - 1] == 1 - EXAMPLES);
    cr_plan *plan = NULL;
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 10, &plan, NULL), CR_OK);
    cr_plan_free(plan);
    cr_net_free(net);
    cr_builder_free(b);
}

/* Mistakes: the first is reported, by build. */

static cr_builder *start(void)
{
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 3, "tanh");
    return b;
}

static void expect(cr_builder *b, cr_status status, const char *words)
{
    cr_net *net = NULL;
    cr_error err = {0};
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, &err), status);
    assert_null(net);
    assert_int_equal(err.code, status);
    if (!strstr(err.message, words) && !strstr(err.hint, words))
        fail_msg("'%s' (%s) lacks '%s'", err.message, err.hint, words);
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), status);
    cr_builder_free(b);
}

static void mistakes_are_reported(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(0);
    cr_builder_dense(b, 1, "tanh");
    expect(b, CR_ERR_VALUE, "no inputs");
    expect(cr_builder_create(3), CR_ERR_VALUE, "no layers");
    b = start(), cr_builder_dense(b, 0, "tanh"), expect(b, CR_ERR_VALUE, "no units");
    b = start(), cr_builder_dense(b, 2, "tahn"), expect(b, CR_ERR_UNKNOWN, "'tanh'");
    b = start(), cr_builder_dense(b, 2, "t +"), expect(b, CR_ERR_SYNTAX, "");
    b = start(), cr_builder_dense(b, (size_t)1 << 60, "tanh"), expect(b, CR_ERR_LIMIT, "");
    b = start(), cr_builder_dense(b, (size_t)1 << 27, "tanh"), expect(b, CR_ERR_LIMIT, "");
    b = start(), cr_builder_loss(b, "hubr", 0), expect(b, CR_ERR_UNKNOWN, "'huber'");
    b = start(), cr_builder_loss(b, "xyzzy", 0), expect(b, CR_ERR_UNKNOWN, "xyzzy");
    b = start(), cr_builder_init(b, 0, "glorto"), expect(b, CR_ERR_UNKNOWN, "'glorot'");
    b = start(), cr_builder_init(b, 1, "zeros"), expect(b, CR_ERR_ARGUMENT, "no layer 1");
    b = start(), cr_builder_no_bias(b, -1), expect(b, CR_ERR_ARGUMENT, "no layer -1");
    b = start(), cr_builder_weights(b, 0, D(1, 2, 3, 4, 5), 5), expect(b, CR_ERR_SHAPE, "5");
    b = start(), cr_builder_weights(b, 0, D(1, 2, 3), 3), expect(b, CR_ERR_SHAPE, "3x1");
    b = start(), cr_builder_biases(b, 0, D(1, 2), 2), expect(b, CR_ERR_SHAPE, "2 biases");
    b = start(), cr_builder_input_names(b, NAMES("x"), 1), expect(b, CR_ERR_SHAPE, "1 names");
    b = start(), cr_builder_unit_names(b, 0, NAMES("h"), 1), expect(b, CR_ERR_SHAPE, "1 names");
    b = start(), cr_builder_unit_names(b, 0, NAMES("a", "b", "a"), 3);
    expect(b, CR_ERR_VALUE, "'a'");
    b = start(), cr_builder_input_names(b, NAMES("o2", "x"), 2), expect(b, CR_ERR_VALUE, "'o2'");
    b = start(), cr_builder_from(b, 0, I(0), 1), expect(b, CR_ERR_VALUE, "come before");
    b = start(), cr_builder_from(b, 0, I(-2), 1), expect(b, CR_ERR_VALUE, "come before");
    b = start(), cr_builder_from(b, 0, NULL, 0), expect(b, CR_ERR_ARGUMENT, "between 1 and 8");
    b = start(), cr_builder_add(b, I(0, -1), 2), expect(b, CR_ERR_SHAPE, "same size");
    b = start(), cr_builder_add(b, I(0, 0, 0, 0, 0, 0, 0, 0, 0), 9);
    expect(b, CR_ERR_ARGUMENT, "not 9");
    b = start(), cr_builder_add(b, I(0, 0), 2), cr_builder_no_bias(b, 1);
    expect(b, CR_ERR_ARGUMENT, "not dense");
    b = start(), cr_builder_dense(b, 2, "tanh"), cr_builder_from(b, 1, I(-1), 1);
    expect(b, CR_ERR_VALUE, "no layer reads");
    b = start(), cr_builder_learning_rate(b, 0), expect(b, CR_ERR_VALUE, "learning rate");
    b = start(), cr_builder_learning_rate(b, NAN), expect(b, CR_ERR_VALUE, "learning rate");
    b = start(), cr_builder_example(b, D(1), 1, D(1, 2, 3), 3), expect(b, CR_ERR_SHAPE, "1 inputs");
    b = start(), cr_builder_example(b, D(1, 2), 2, D(1), 1), expect(b, CR_ERR_SHAPE, "1 target");
    b = start(), cr_builder_example(b, D(1, 2), 2, D(1, 2, NAN), 3);
    expect(b, CR_ERR_VALUE, "finite");
    b = start(), cr_builder_loss(b, "hinge", 0), cr_builder_example(b, D(1, 2), 2, D(1, 0, 1), 3);
    expect(b, CR_ERR_VALUE, "-1 or 1");
    b = start(), cr_builder_dense(b, 1, "softmax"), expect(b, CR_ERR_VALUE, "softmax of one");
    b = start(), cr_builder_dense(b, 2, "softmax"), cr_builder_loss(b, "softmax-cross-entropy", 0);
    expect(b, CR_ERR_VALUE, "logits");
    b = start(), cr_builder_dense(b, 1, "identity"), cr_builder_loss(b, "softmax-cross-entropy", 0);
    expect(b, CR_ERR_VALUE, "two outputs");
    /* the first mistake counts, and later calls are harmless */
    b = start();
    cr_builder_loss(b, "no such loss", 0);
    assert_int_equal(cr_builder_dense(b, 2, "no such thing"), -1);
    assert_int_equal(cr_builder_add(b, I(5), 1), -1);
    cr_builder_weights(b, 9, D(1), 1);
    cr_builder_biases(b, 9, D(1), 1);
    cr_builder_example(b, D(1), 1, D(1), 1);
    cr_builder_learning_rate(b, -1);
    expect(b, CR_ERR_UNKNOWN, "no such loss");
    cr_builder_free(NULL);
    cr_net_free(NULL);
    cr_plan_free(NULL);
    cr_work_free(NULL);
}

/* Training. */

static void learns_xor(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 4, "tanh");
    cr_builder_dense(b, 1, "sigmoid");
    cr_builder_loss(b, "bce", 0);
    cr_net *net = NULL;
    cr_plan *train = NULL, *predict = NULL;
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 4, &train, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, 9, &predict, NULL), CR_OK);
    const size_t size = cr_plan_work_size(train), small = cr_plan_work_size(predict);
    void *work = cr_work_alloc(size > small ? size : small);
    const float in[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
    double first = 0, loss = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(cr_train_step(train, NULL, in, targets, 4, 0.5, &loss, work, size, NULL),
                         CR_OK);
        if (i == 0)
            first = loss;
    }
    assert_true(first > 0.5 && loss < 0.05);
    float out[4];
    assert_int_equal(cr_predict(predict, in, out, 4, work, small, NULL), CR_OK);
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(out[i] - targets[i]) < 0.2f);
    cr_work_free(work);
    cr_plan_free(train);
    cr_plan_free(predict);
    cr_net_free(net);
}

/* A step whose loss is not finite changes nothing. */
static void divergence_changes_nothing(void **state)
{
    (void)state;
    for (int type = CR_F32; type <= CR_F64; type++) {
        cr_builder *b = cr_builder_create(2);
        cr_builder_dense(b, 3, "relu");
        cr_builder_dense(b, 1, "exp(t)");
        cr_net *net = NULL;
        cr_plan *plan = NULL;
        assert_int_equal(cr_builder_build(b, (cr_type)type, 1, &net, NULL), CR_OK);
        cr_builder_free(b);
        assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 2, &plan, NULL), CR_OK);
        const size_t size = cr_plan_work_size(plan);
        const size_t bytes = cr_net_n_params(net) * (type == CR_F32 ? 4 : 8);
        void *work = cr_work_alloc(size), *before = malloc(bytes);
        memcpy(before, cr_net_params(net), bytes);
        static const double bad[][4] = {
            {NAN, 1, 1, 1}, {1, INFINITY, 1, 1}, {1e300, -1e300, 1, 1}, {1, 1, -INFINITY, 1}};
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const float in[4] = {(float)bad[i][0], (float)bad[i][1], (float)bad[i][2], 1};
            const float t[2] = {NAN, 0};
            double loss = 42;
            cr_error err = {0};
            const cr_status status =
                type == CR_F32 ? cr_train_step(plan, NULL, in, t, 2, 0.1, &loss, work, size, &err)
                               : cr_train_step_f64(plan, NULL, bad[i], D(1, NAN), 2, 0.1, &loss,
                                                   work, size, &err);
            assert_int_equal(status, CR_ERR_DIVERGED);
            assert_int_equal(err.code, CR_ERR_DIVERGED);
            assert_true(loss == 42);
            assert_memory_equal(before, cr_net_params(net), bytes);
        }
        cr_error err = {0};
        const double x[2] = {0}, t[1] = {0};
        const float xf[2] = {0}, tf[1] = {0};
        if (type == CR_F32) {
            assert_int_equal(cr_train_step(plan, NULL, xf, tf, 0, 0.1, NULL, work, size, &err),
                             CR_ERR_ARGUMENT);
            assert_int_equal(cr_train_step(plan, NULL, xf, tf, 1, NAN, NULL, work, size, &err),
                             CR_ERR_ARGUMENT);
            assert_int_equal(cr_train_step(plan, NULL, xf, tf, 3, 0.1, NULL, work, size, &err),
                             CR_ERR_ROWS);
            assert_int_equal(cr_train_step_f64(plan, NULL, x, t, 1, 0.1, NULL, work, size, &err),
                             CR_ERR_ARGUMENT);
        } else {
            assert_int_equal(
                cr_train_step_f64(plan, NULL, x, t, 1, 0.1, NULL, work, size - 1, &err),
                CR_ERR_WORK);
            assert_int_equal(
                cr_train_step_f64(plan, NULL, x, t, 1, 0.1, NULL, (char *)work + 8, size, &err),
                CR_ERR_WORK);
        }
        assert_memory_equal(before, cr_net_params(net), bytes);
        free(before);
        cr_work_free(work);
        cr_plan_free(plan);
        cr_net_free(net);
    }
}

/* A network without parameters predicts and trains. */
static void no_parameters_at_all(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_add(b, I(-1, -1), 2);
    cr_net *net = NULL;
    cr_plan *plan = NULL, *predict = NULL;
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_net_n_params(net), 0);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 1, &plan, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, 1, &predict, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan)),
         *other = cr_work_alloc(cr_plan_work_size(predict));
    double loss = 0, y[2] = {0};
    assert_int_equal(cr_train_step_f64(plan, NULL, D(1, 2), D(0, 3), 1, 1, &loss, work,
                                       cr_plan_work_size(plan), NULL),
                     CR_OK);
    assert_true(loss == 2.5);
    assert_int_equal(
        cr_predict_f64(predict, D(1, 2), y, 1, other, cr_plan_work_size(predict), NULL), CR_OK);
    assert_true(y[0] == 2 && y[1] == 4);
    cr_work_free(work);
    cr_work_free(other);
    cr_plan_free(plan);
    cr_plan_free(predict);
    cr_net_free(net);
}

static void refuses_impossible_plans(void **state)
{
    (void)state;
    cr_builder *b = start();
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, 0, &plan, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, SIZE_MAX, &plan, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_plan_create(net, (cr_purpose)9, 1, &plan, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_plan_create(net, (cr_purpose)-1, 1, &plan, NULL), CR_ERR_ARGUMENT);
    assert_null(plan);
    assert_null(cr_work_alloc(SIZE_MAX));
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_what_it_is_told),
        cmocka_unit_test(a_builder_can_be_used_again),
        cmocka_unit_test(many_layers_and_examples),
        cmocka_unit_test(mistakes_are_reported),
        cmocka_unit_test(learns_xor),
        cmocka_unit_test(divergence_changes_nothing),
        cmocka_unit_test(no_parameters_at_all),
        cmocka_unit_test(refuses_impossible_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
