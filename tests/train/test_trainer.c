/* The training loop: against PyTorch, and the promises it makes about bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "chainrule/train.h"
#include "net/net.h"

#include "trajectory.inc"

enum { ROWS = 10, INPUTS = 3, HIDDEN = 4 };

/* As trajectory.py: rounded to float32 first. */
static double sine(size_t i, double factor, double phase)
{
    return (double)(float)sin((double)i * factor + phase);
}

static cr_net *small_net(size_t outputs, int classes)
{
    double w1[HIDDEN * INPUTS], b1[HIDDEN], w2[3 * HIDDEN], b2[3];
    for (size_t i = 0; i < HIDDEN * INPUTS; i++)
        w1[i] = sine(i, 1.7, 0.3);
    for (size_t i = 0; i < HIDDEN; i++)
        b1[i] = sine(i, 0.9, 0.1) / 4;
    for (size_t i = 0; i < outputs * HIDDEN; i++)
        w2[i] = sine(i, 2.3, 0.7);
    for (size_t i = 0; i < outputs; i++)
        b2[i] = sine(i, 1.1, 0.2) / 4;
    cr_builder *b = cr_builder_create(INPUTS);
    cr_builder_dense(b, HIDDEN, "tanh");
    cr_builder_dense(b, outputs, classes ? "softmax" : "identity");
    cr_builder_weights(b, 0, w1, HIDDEN * INPUTS);
    cr_builder_biases(b, 0, b1, HIDDEN);
    cr_builder_weights(b, 1, w2, outputs * HIDDEN);
    cr_builder_biases(b, 1, b2, outputs);
    cr_builder_loss(b, classes ? "cross-entropy" : "mean-squared", 0);
    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_builder_build(b, CR_F32, 1, &net, &err) != CR_OK)
        fail_msg("%s", err.message);
    cr_builder_free(b);
    return net;
}

struct data {
    float in[ROWS * INPUTS], targets[ROWS * 3];
    cr_examples examples;
};

static void fill_data(struct data *d, size_t outputs, int classes)
{
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        d->in[i] = (float)sine(i, 0.77, 0.5);
    for (size_t i = 0; i < ROWS * outputs; i++)
        d->targets[i] = classes ? 0 : (float)sine(i, 1.31, 0.4);
    for (size_t i = 0; classes && i < ROWS; i++)
        d->targets[i * outputs + i * 7 % 5 % outputs] = 1;
    d->examples = (cr_examples){d->in, d->targets, ROWS};
}

struct losses {
    double loss[3];
    size_t calls, epochs;
};

static int note(void *ctx, const cr_progress *p)
{
    struct losses *l = ctx;
    l->calls++;
    assert_true(p->step >= 1 && p->step <= 3 && p->steps == 3 && p->epochs == 3);
    if (p->epoch_done) {
        assert_int_equal(p->epoch, l->epochs + 1);
        assert_int_equal(p->train.rows, ROWS);
        assert_int_equal(p->rows, ROWS * p->epoch);
        l->loss[l->epochs++] = p->train.loss;
    }
    return 0;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 3e-6 * (1 + fabs(want))))
        fail_msg("%.9g is not %.9g", got, want);
}

static void compare(int classes, size_t outputs, double rate, cr_precision precision,
                    const double *losses, const double *metric, const double *params)
{
    struct data d;
    struct losses seen = {0};
    cr_net *net = small_net(outputs, classes);
    cr_train_result result;
    fill_data(&d, outputs, classes);
    const cr_train_options options = {.epochs = 3,
                                      .batch = 4,
                                      .learning_rate = rate,
                                      .in_order = 1,
                                      .threads = 1,
                                      .precision = precision,
                                      .progress = note,
                                      .ctx = &seen,
                                      .task = classes ? CR_CLASSIFICATION : CR_REGRESSION};
    cr_error err = {0};
    if (cr_train(net, &d.examples, NULL, &options, &result, &err) != CR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(seen.epochs, 3);
    assert_int_equal(seen.calls, 12);
    assert_int_equal(result.steps, 9);
    for (int e = 0; e < 3; e++)
        near(seen.loss[e], losses[e]);
    near(classes ? result.train.accuracy : result.train.rmse, *metric);
    assert_true(isnan(classes ? result.train.rmse : result.train.accuracy));
    assert_int_equal(result.validation.rows, 0);
    for (size_t g = 0; g < cr_net_n_groups(net); g++) {
        const cr_param_group group = cr_net_group(net, g);
        for (size_t i = 0; i < group.rows * group.cols; i++)
            near(cr_net_get(net, group.offset + i), *params++);
    }
    cr_net_free(net);
}

static void follows_pytorch(void **state)
{
    (void)state;
    compare(1, 3, 0.5, CR_PRECISION_DEFAULT, classes_losses, classes_metric, classes_params);
    compare(0, 2, 0.2, CR_PRECISION_DEFAULT, numbers_losses, numbers_metric, numbers_params);
}

/* Losses of the steps in bf16; the metric at the end in float32. */
static void follows_pytorch_in_bf16(void **state)
{
    (void)state;
    compare(1, 3, 0.5, CR_PRECISION_BF16, bf16_classes_losses, bf16_classes_metric,
            bf16_classes_params);
    compare(0, 2, 0.2, CR_PRECISION_BF16, bf16_numbers_losses, bf16_numbers_metric,
            bf16_numbers_params);
}

/* One epoch in random order is one epoch over the rows that the permutation names. */
static void shuffles_by_seed_and_epoch(void **state)
{
    (void)state;
    struct data d, p;
    size_t order[ROWS];
    fill_data(&d, 2, 0);
    p = d;
    p.examples = (cr_examples){p.in, p.targets, ROWS};
    cr_random_permutation((struct random_key){5, RANDOM_SHUFFLE, 0}, order, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        memcpy(p.in + i * INPUTS, d.in + order[i] * INPUTS, INPUTS * sizeof(float));
        memcpy(p.targets + i * 2, d.targets + order[i] * 2, 2 * sizeof(float));
    }
    cr_train_options o = {.epochs = 1, .batch = 3, .learning_rate = 0.2, .seed = 5, .threads = 1};
    cr_net *a = small_net(2, 0), *b = small_net(2, 0);
    assert_int_equal(cr_train(a, &d.examples, NULL, &o, NULL, NULL), CR_OK);
    o.in_order = 1;
    assert_int_equal(cr_train(b, &p.examples, NULL, &o, NULL, NULL), CR_OK);
    assert_memory_equal(cr_net_params(a), cr_net_params(b), a->block * sizeof(float));
    cr_net_free(a);
    cr_net_free(b);
}

static int stop_at(void *ctx, const cr_progress *p)
{
    return !p->epoch_done && p->rows >= *(size_t *)ctx;
}

static void stops_when_asked(void **state)
{
    (void)state;
    struct data d;
    size_t rows = 14; /* in the second epoch, after its first step */
    cr_train_result result;
    fill_data(&d, 2, 0);
    cr_net *a = small_net(2, 0), *b = small_net(2, 0);
    cr_train_options o = {.epochs = 5,
                          .batch = 4,
                          .learning_rate = 0.1,
                          .seed = 2,
                          .keep = CR_KEEP_LAST,
                          .progress = stop_at,
                          .ctx = &rows};
    assert_int_equal(cr_train(a, &d.examples, &d.examples, &o, &result, NULL), CR_OK);
    assert_true(result.stopped);
    assert_int_equal(result.epochs, 1);
    assert_int_equal(result.steps, 4);
    assert_int_equal(result.validation.rows, ROWS);
    assert_true(result.validation.loss == result.train.loss);
    o.epochs = 1; /* what it learned in the step after this is kept */
    assert_int_equal(cr_train(b, &d.examples, NULL, &o, NULL, NULL), CR_OK);
    assert_memory_not_equal(cr_net_params(a), cr_net_params(b), a->block * sizeof(float));
    cr_net_free(a);
    cr_net_free(b);
}

/* The bits do not depend on threads: many slices in one batch. */
static void threads_give_the_same_bits(void **state)
{
    (void)state;
    enum { MANY = 700 };
    float *in = malloc(MANY * INPUTS * sizeof *in), *targets = malloc(MANY * 2 * sizeof *targets);
    for (size_t i = 0; i < MANY * INPUTS; i++)
        in[i] = (float)sine(i, 0.77, 0.5);
    for (size_t i = 0; i < MANY * 2; i++)
        targets[i] = (float)sine(i, 1.31, 0.4);
    const cr_examples all = {in, targets, MANY};
    static const int threads[] = {1, 2, 3, 4, 8};
    cr_net *first = NULL;
    cr_train_result want, got;
    for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
        const cr_train_options o = {
            .epochs = 3, .batch = 300, .learning_rate = 0.2, .seed = 9, .threads = threads[k]};
        cr_net *net = small_net(2, 0);
        assert_int_equal(cr_train(net, &all, &all, &o, k ? &got : &want, NULL), CR_OK);
        if (k) {
            assert_memory_equal(cr_net_params(net), cr_net_params(first),
                                net->block * sizeof(float));
            assert_true(got.train.loss == want.train.loss && got.train.rmse == want.train.rmse);
            cr_net_free(net);
        } else {
            first = net;
        }
    }
    cr_net_free(first);
    free(in);
    free(targets);
}

static void says_where_it_diverged(void **state)
{
    (void)state;
    struct data d;
    cr_error err = {0};
    fill_data(&d, 2, 0);
    cr_net *net = small_net(2, 0), *fresh = small_net(2, 0);
    const cr_train_options o = {.epochs = 50, .batch = 4, .learning_rate = 1e30, .in_order = 1};
    cr_train_result result = {.steps = 77};
    assert_int_equal(cr_train(net, &d.examples, NULL, &o, &result, &err), CR_ERR_DIVERGED);
    assert_string_equal(err.message, "training diverged: in epoch 1, step 2, the loss of one "
                                     "example, example 1 is infinite");
    assert_string_equal(err.hint, "lower the learning rate; it was 1e+30");
    assert_int_equal(result.steps, 77);
    assert_memory_equal(cr_net_params(net), cr_net_params(fresh), net->block * sizeof(float));

    /* a loss that is finite, and then parameters that are not: found at the epoch's end */
    const cr_train_options last = {.epochs = 1, .batch = ROWS, .learning_rate = 1e38};
    for (size_t i = 0; i < ROWS * 2; i++)
        d.targets[i] = 1e6f;
    assert_int_equal(cr_train(net, &d.examples, NULL, &last, NULL, &err), CR_ERR_DIVERGED);
    assert_string_equal(err.message, "training diverged: in epoch 1, step 1, the updated value of "
                                     "the weight 1 of unit o1 in layer 'output' is infinite");
    assert_memory_equal(cr_net_params(net), cr_net_params(fresh), net->block * sizeof(float));

    d.in[4 * INPUTS + 1] = INFINITY;
    const cr_train_options gentle = {.epochs = 2, .batch = 4, .learning_rate = 0.1, .in_order = 1};
    assert_int_equal(cr_train(net, &d.examples, NULL, &gentle, NULL, &err), CR_ERR_DIVERGED);
    assert_string_equal(err.message, "training diverged: in epoch 1, step 2, the input x2, "
                                     "example 1 is infinite");
    cr_net_free(net);
    cr_net_free(fresh);
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct data d;
    fill_data(&d, 2, 0);
    cr_net *net = small_net(2, 0);
    cr_error err = {0};
    const cr_examples none = {d.in, d.targets, 0};
    cr_train_options o = {.learning_rate = NAN};
    assert_int_equal(cr_train(net, &none, NULL, NULL, NULL, &err), CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "there are no rows to train on");
    assert_int_equal(cr_train(net, &d.examples, NULL, &o, NULL, &err), CR_ERR_ARGUMENT);
    o.learning_rate = -1;
    assert_int_equal(cr_train(net, &d.examples, NULL, &o, NULL, &err), CR_ERR_ARGUMENT);
    cr_net *wide = NULL;
    assert_int_equal(cr_net_convert(net, CR_F64, &wide, NULL), CR_OK);
    assert_int_equal(cr_train(wide, &d.examples, NULL, NULL, NULL, &err), CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "training needs a float32 network");
    cr_net_free(wide);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_pytorch),
        cmocka_unit_test(follows_pytorch_in_bf16),
        cmocka_unit_test(shuffles_by_seed_and_epoch),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(says_where_it_diverged),
        cmocka_unit_test(refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
