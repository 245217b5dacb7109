/* Looks at a network in training: against numbers worked out by hand, and networks made sick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/report.h"
#include "expr/expr.h"
#include "helpers.h"
#include "train/health.h"

/* Two ReLU units and a line, weights given; half the squared error, summed over two rows: then all is
 * whole numbers.
 *   row 1: x (1, 2), u (1*1 + 1*2, -1*1 - 1*2) = (3, -3), h (3, 0), y 2*3 + 5*0 = 6, t 5, dy 1
 *   row 2: x (2, 0), u (2, -2),                          h (2, 0), y 4,             t 6, dy -2
 *   second layer: dw = (1*3 - 2*2, 0) = (-1, 0), db = -1
 *   first layer: du (2, 0), (-4, 0): dw of unit 1 = (2*1 - 4*2, 2*2 - 4*0) = (-6, 4), db = -2 */
static cr_net *small(cr_state **state)
{
    cr_builder *b = cr_builder_create(2);
    cr_net *net;
    cr_builder_dense(b, 2, "relu");
    cr_builder_weights(b, 0, (const double[]){1, 1, -1, -1}, 4);
    cr_builder_dense(b, 1, "identity");
    cr_builder_weights(b, 1, (const double[]){2, 5}, 2);
    cr_builder_loss(b, "half-squared", 1);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_state_create(net, state, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

static void sees_what_is_there(void **unused)
{
    (void)unused;
    static const float in[] = {1, 2, 2, 0}, targets[] = {5, 6};
    cr_state *state;
    cr_net *net = small(&state);
    struct health *h;
    float before[64];
    const size_t bytes = cr_net_n_params(net) * sizeof(float);
    assert_true(bytes <= sizeof before);
    memcpy(before, cr_net_params(net), bytes);
    assert_int_equal(cr_health_create(net, in, targets, 2, &h, NULL), CR_OK);
    cr_health_take(h, state, 0.1, 3, 30);
    assert_memory_equal(before, cr_net_params(net), bytes);

    const cr_health *seen = cr_health_sum_up(h);
    assert_int_equal(seen->rows, 2);
    assert_int_equal(seen->layers, 2);
    assert_int_equal(seen->looks, 1);
    assert_int_equal(seen->look[0].epoch, 3);
    assert_int_equal(seen->look[0].steps, 30);
    assert_close(seen->look[0].loss, 0.5 * 1 + 0.5 * 4, 1e-7);
    const cr_health_layer *a = &seen->look[0].layer[0], *b = &seen->look[0].layer[1];
    assert_int_equal(a->units, 2);
    assert_int_equal(a->dead, 1);
    assert_true(isnan(a->saturated));
    assert_close(a->output, sqrt((9 + 4) / 4.0), 1e-7);
    assert_close(a->delta, sqrt((4 + 16) / 4.0), 1e-7);
    assert_close(a->gradient, sqrt(36 + 16 + 4), 1e-7);
    assert_close(a->weight, 2, 1e-7);
    assert_close(a->update, 0.1 * sqrt(36 + 16) / 2, 1e-6);
    assert_int_equal(b->dead, 0);
    assert_close(b->output, sqrt((36 + 16) / 2.0), 1e-7);
    assert_close(b->delta, sqrt((1 + 4) / 2.0), 1e-7);
    assert_close(b->gradient, sqrt(1 + 1), 1e-7);
    assert_close(b->weight, sqrt(29), 1e-7);
    assert_close(b->update, 0.1 / sqrt(29), 1e-6);

    char *text;
    assert_int_equal(cr_health_write(seen, CR_REPORT_TEXT, &text, NULL, NULL), CR_OK);
    assert_non_null(strstr(text, "layer 'hidden', epoch 3: 1 of 2 units let no gradient through"));
    cr_report_free(text);
    assert_int_equal(cr_health_write(seen, CR_REPORT_JSON, &text, NULL, NULL), CR_OK);
    assert_non_null(strstr(text, "\"kind\": \"dead-units\", \"layer\": \"hidden\""));
    cr_report_free(text);
    cr_health_free(h);
    cr_state_free(state);
    cr_net_free(net);
}

/* A network of `depth` layers of 8 units and an output, all weights `weight`, all biases `bias`, in training
 * with a rate. */
struct patient {
    const char *activation;
    int depth;
    double weight, bias, rate;
};

static const cr_finding *find(const cr_health *h, const char *kind)
{
    for (size_t i = 0; i < h->findings; i++)
        if (!strcmp(h->finding[i].kind, kind))
            return &h->finding[i];
    return NULL;
}

static void examine(const struct patient *p, const char *kind, int serious)
{
    enum { UNITS = 8, ROWS = 16 };
    double w[UNITS * UNITS], bias[UNITS];
    float in[ROWS * UNITS], targets[ROWS];
    cr_builder *b = cr_builder_create(UNITS);
    cr_net *net;
    struct health *h;
    for (size_t i = 0; i < UNITS * UNITS; i++)
        w[i] = p->weight * (0.5 + 0.5 * (double)(i % 3));
    for (size_t i = 0; i < UNITS; i++)
        bias[i] = p->bias;
    for (size_t i = 0; i < ROWS * UNITS; i++)
        in[i] = (float)uniform(0, 1);
    for (size_t i = 0; i < ROWS; i++)
        targets[i] = in[i * UNITS];
    for (int l = 0; l < p->depth; l++) {
        cr_builder_dense(b, UNITS, p->activation);
        cr_builder_weights(b, l, w, UNITS * UNITS);
        cr_builder_biases(b, l, bias, UNITS);
    }
    cr_builder_dense(b, 1, "identity");
    cr_builder_weights(b, p->depth, w, UNITS);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_health_create(net, in, targets, ROWS, &h, NULL), CR_OK);
    cr_health_take(h, NULL, p->rate, 1, 10);
    cr_health_take(h, NULL, p->rate, 2, 20);
    const cr_finding *f = find(cr_health_sum_up(h), kind);
    if (!kind[0])
        assert_int_equal(cr_health_sum_up(h)->findings, 0);
    else if (!f)
        fail_msg("%s was not found", kind);
    else
        assert_int_equal(f->serious, serious), assert_int_equal(f->epoch, 1);
    cr_health_free(h);
    cr_net_free(net);
    cr_builder_free(b);
}

static void finds_what_is_wrong(void **state)
{
    (void)state;
    examine(&(struct patient){"tanh", 2, 0.1, 0, 1e-3}, "", 0);
    examine(&(struct patient){"relu", 1, -1, -1, 1e-3}, "dead-units", 1);
    examine(&(struct patient){"sigmoid", 1, 20, 0, 1e-3}, "saturation", 1);
    examine(&(struct patient){"sigmoid", 12, 0.05, 0, 1e-3}, "vanishing-gradients", 1);
    examine(&(struct patient){"identity", 6, 1, 0, 1e-9}, "exploding-gradients", 1);
    examine(&(struct patient){"tanh", 1, 0.1, 0, 1000}, "learning-rate-high", 1);
    examine(&(struct patient){"identity", 2, 1e30, 0, 1e-3}, "not-finite", 1);
}

/* A loss that still falls with steps far too small. */
static void finds_a_low_rate(void **unused)
{
    (void)unused;
    static const float in[] = {1, 2, 2, 0}, targets[] = {5, 6};
    cr_state *state;
    cr_net *net = small(&state);
    struct health *h;
    float *params = cr_net_params(net);
    assert_int_equal(cr_health_create(net, in, targets, 2, &h, NULL), CR_OK);
    for (size_t k = 0; k < 4; k++, params[0] += 1e-4F)
        cr_health_take(h, state, 1e-8, k, k);
    const cr_finding *f = find(cr_health_sum_up(h), "learning-rate-low");
    assert_non_null(f);
    assert_int_equal(f->serious, 0);
    cr_health_free(h);
    cr_state_free(state);
    cr_net_free(net);
}

/* More looks than there is room for replace the last; due never asks for that many. */
static void looks_are_bounded(void **unused)
{
    (void)unused;
    static const float in[] = {1, 2}, targets[] = {5};
    cr_state *state;
    cr_net *net = small(&state);
    struct health *h;
    assert_int_equal(cr_health_create(net, in, targets, 1, &h, NULL), CR_OK);
    for (size_t k = 0; k < HEALTH_LOOKS + 3; k++)
        cr_health_take(h, state, 0.1, k, k);
    const cr_health *seen = cr_health_sum_up(h);
    assert_int_equal(seen->looks, HEALTH_LOOKS);
    assert_int_equal(seen->look[HEALTH_LOOKS - 1].epoch, HEALTH_LOOKS + 2);
    for (size_t epochs = 0; epochs < 3000; epochs = epochs * 5 / 4 + 1) {
        int due = 0;
        for (size_t epoch = 1; epoch <= epochs; epoch++)
            due += cr_health_due(epoch, epochs);
        assert_in_range(due, epochs > 0, HEALTH_LOOKS - 1);
        assert_true(epochs == 0 || (cr_health_due(1, epochs) && cr_health_due(epochs, epochs)));
    }
    cr_health_free(h);
    cr_state_free(state);
    cr_net_free(net);
}

/* The derivative of a row at t. */
static double derivative(const char *name, double t)
{
    cr_builder *b = cr_builder_create(1);
    cr_net *net;
    struct health *h;
    const float in = (float)t, target = 0;
    cr_builder_dense(b, 1, name);
    cr_builder_weights(b, 0, (const double[]){1}, 1);
    cr_builder_dense(b, 1, "identity");
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_health_create(net, &in, &target, 1, &h, NULL), CR_OK);
    cr_health_take(h, NULL, 0.1, 1, 1);
    const struct run run = {.in = h->in, .rows = 1, .params = net->values, .work = h->work};
    const double v =
        h->layer[0].derivative < 0 ? 1 : cr_plan_get(h->plan, &run, h->layer[0].derivative, 0, 0);
    cr_health_free(h);
    cr_net_free(net);
    cr_builder_free(b);
    return v;
}

/* steepest is the largest derivative there is, of exactly those that level off at both ends. */
static void the_tables_steepest_is_right(void **state)
{
    (void)state;
    for (int i = 0; cr_activation_row(i); i++) {
        const struct activation_row *row = cr_activation_row(i);
        if (!row->formula || !strcmp(row->name, "sine"))
            continue;
        double most = 0;
        for (double t = -4; t <= 4; t += 1.0 / 64)
            most = fmax(most, fabs(derivative(row->name, t)));
        const int levels_off = fabs(derivative(row->name, -60)) < 1e-3 * most &&
                               fabs(derivative(row->name, 60)) < 1e-3 * most;
        assert_int_equal(levels_off, row->steepest > 0);
        if (levels_off)
            assert_true(fabs(row->steepest - most) < 1e-4);
    }
}

static void refuses_a_large_network(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(4096);
    cr_net *net;
    struct health *h = NULL;
    cr_error err = {0};
    float *in = calloc(4096, sizeof *in), targets[1] = {0};
    cr_builder_dense(b, 8192, "relu");
    cr_builder_init(b, 0, "zeros"); /* quick */
    cr_builder_dense(b, 1, "identity");
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_health_create(net, in, targets, 1, &h, &err), CR_ERR_LIMIT);
    assert_null(h);
    assert_string_equal(err.message, "the network is too large to keep all its values");
    free(in);
    cr_net_free(net);
    cr_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_what_is_there),
        cmocka_unit_test(finds_what_is_wrong),
        cmocka_unit_test(finds_a_low_rate),
        cmocka_unit_test(looks_are_bounded),
        cmocka_unit_test(the_tables_steepest_is_right),
        cmocka_unit_test(refuses_a_large_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
