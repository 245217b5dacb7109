/* The two worked examples this project comes from, value by value: numbers by hand and from
 * float64 arithmetic outside this code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "net/plan.h"

enum { ROWS = 1 };

struct example {
    cr_net *net;
    cr_plan *plan;
    void *work;
    double *params;
    struct run run;
};

static void start(struct example *x, const cr_builder *b)
{
    cr_error err = {0};
    if (cr_builder_build(b, CR_F64, 1, &x->net, &err))
        fail_msg("%s", err.message);
    if (cr_plan_create(x->net, CR_FOR_EXPLAINING, ROWS, &x->plan, &err))
        fail_msg("%s", err.message);
    x->work = cr_work_alloc(cr_plan_work_size(x->plan));
    x->params = cr_net_params(x->net);
    const struct spec *s = x->net->spec;
    x->run = (struct run){.in = s->inputs,
                          .targets = s->targets,
                          .rows = s->n_examples,
                          .params = x->params,
                          .rate = s->optimiser.learning_rate,
                          .work = x->work};
    cr_plan_run(x->plan, &x->run, PHASE_FORWARD, PHASE_UPDATE);
}

static void stop(struct example *x)
{
    cr_work_free(x->work);
    cr_plan_free(x->plan);
    cr_net_free(x->net);
}

static int find(const struct example *x, enum role role, int of, int layer)
{
    const int v = cr_tape_find(x->plan->tape, role, of, layer);
    assert_true(v >= 0);
    return v;
}

static void assert_value(const struct example *x, int value, size_t index, double want)
{
    const double got = cr_plan_get(x->plan, &x->run, value, 0, index);
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("value %d[%zu] is %.17g, not %.17g", value, index, got, want);
}

/* What a layer computes, forward and backward; biases only where it has some. */
struct layer_values {
    const double *pre, *act, *derivative, *delta, *dw, *db, *new_w, *new_b;
    size_t units, inputs;
};

static void assert_all(const struct example *x, int value, const double *want, size_t n)
{
    for (size_t i = 0; want && i < n; i++)
        assert_value(x, value, i, want[i]);
}

static void assert_layer(const struct example *x, int layer, const struct layer_values *want)
{
    const struct tape *t = x->plan->tape;
    const int pre = find(x, ROLE_PRE, -1, layer), act = find(x, ROLE_ACT, pre, -1);
    const int w = t->step[t->value[pre].maker].in[1];
    const int dw = find(x, ROLE_PARAM_GRAD, w, -1);
    assert_all(x, pre, want->pre, want->units);
    assert_all(x, act, want->act, want->units);
    assert_all(x, find(x, ROLE_DERIVATIVE, act, -1), want->derivative, want->units);
    assert_all(x, find(x, ROLE_GRAD, pre, -1), want->delta, want->units);
    assert_all(x, dw, want->dw, want->units * want->inputs);
    assert_all(x, find(x, ROLE_NEW, w, -1), want->new_w, want->units * want->inputs);
    if (!want->db)
        return;
    const int b = t->step[t->value[pre].maker].in[2];
    assert_all(x, find(x, ROLE_PARAM_GRAD, b, -1), want->db, want->units);
    assert_all(x, find(x, ROLE_NEW, b, -1), want->new_b, want->units);
}

/* Put the new parameters in place and run forward again. */
static void second_pass(struct example *x)
{
    const struct tape *t = x->plan->tape;
    for (int v = 0; v < t->n_values; v++) {
        if (t->value[v].role != ROLE_NEW)
            continue;
        const cr_param_group g = cr_net_group(x->net, (size_t)t->value[v].param);
        for (size_t i = 0; i < g.rows * g.cols; i++)
            x->params[g.offset + i] = cr_plan_get(x->plan, &x->run, v, 0, i);
    }
    cr_plan_run(x->plan, &x->run, PHASE_FORWARD, PHASE_LOSS);
}

#define D(...)       \
    (const double[]) \
    {                \
        __VA_ARGS__  \
    }

static void linear_2_2_1(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 2, "A(t) = t/10");
    cr_builder_weights(b, 0, D(1, 2, 2, 1), 4);
    cr_builder_biases(b, 0, D(1, 1), 2);
    cr_builder_dense(b, 1, "t/10");
    cr_builder_weights(b, 1, D(1, 1), 2);
    cr_builder_biases(b, 1, D(1), 1);
    cr_builder_example(b, D(2, -3), 2, D(2), 1);
    cr_builder_learning_rate(b, 10);

    struct example x;
    start(&x, b);
    assert_layer(&x, 0,
                 &(struct layer_values){.pre = D(-3, 2),
                                        .act = D(-0.3, 0.2),
                                        .derivative = D(0.1, 0.1),
                                        .delta = D(-0.0191, -0.0191),
                                        .dw = D(-0.0382, 0.0573, -0.0382, 0.0573),
                                        .db = D(-0.0191, -0.0191),
                                        .new_w = D(1.382, 1.427, 2.382, 0.427),
                                        .new_b = D(1.191, 1.191),
                                        .units = 2,
                                        .inputs = 2});
    assert_layer(&x, 1,
                 &(struct layer_values){.pre = D(0.9),
                                        .act = D(0.09),
                                        .derivative = D(0.1),
                                        .delta = D(-0.191),
                                        .dw = D(0.0573, -0.0382),
                                        .db = D(-0.191),
                                        .new_w = D(0.427, 1.382),
                                        .new_b = D(2.91),
                                        .units = 1,
                                        .inputs = 2});
    assert_value(&x, x.plan->tape->loss, 0, 1.82405);
    second_pass(&x);
    assert_value(&x, find(&x, ROLE_PRE, -1, 0), 0, -0.326);
    assert_value(&x, find(&x, ROLE_PRE, -1, 0), 1, 4.674);
    assert_value(&x, find(&x, ROLE_PRE, -1, 1), 0, 3.5420266);
    assert_value(&x, x.plan->tape->output, 0, 0.35420266);
    assert_value(&x, x.plan->tape->loss, 0, 1.3543244421755378);
    stop(&x);
    cr_builder_free(b);
}

static void sigmoid_2_2_1(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 2, "sigmoid");
    cr_builder_weights(b, 0, D(0.2, 0.2, 0.3, 0.3), 4);
    cr_builder_no_bias(b, 0);
    cr_builder_dense(b, 1, "sigmoid");
    cr_builder_weights(b, 1, D(0.3, 0.9), 2);
    cr_builder_no_bias(b, 1);
    cr_builder_example(b, D(0.35, 0.7), 2, D(0.5), 1);
    cr_builder_learning_rate(b, 1);

    struct example x;
    start(&x, b);
    assert_layer(&x, 0,
                 &(struct layer_values){.pre = D(0.21, 0.315),
                                        .act = D(0.5523079095743253, 0.5781052328843092),
                                        .derivative = D(0.2472638825959642, 0.24389957259608783),
                                        .delta = D(0.002727587745812776, 0.00807142731608455),
                                        .new_w = D(0.19904534428896553, 0.19809068857793108,
                                                   0.2971750004393704, 0.2943500008787408),
                                        .units = 2,
                                        .inputs = 2});
    assert_layer(&x, 1,
                 &(struct layer_values){.pre = D(0.6859870824681757),
                                        .act = D(0.6650736395247564),
                                        .derivative = D(0.22275069353405078),
                                        .delta = D(0.03677026768832939),
                                        .new_w = D(0.27969149031857043, 0.87874291583482),
                                        .units = 1,
                                        .inputs = 2});
    second_pass(&x);
    assert_value(&x, find(&x, ROLE_PRE, -1, 0), 0, 0.20832935250568968);
    assert_value(&x, find(&x, ROLE_PRE, -1, 0), 1, 0.3100562507688982);
    assert_value(&x, find(&x, ROLE_PRE, -1, 1), 0, 0.6613061760061854);
    assert_value(&x, x.plan->tape->output, 0, 0.6595537417071098);
    stop(&x);
    cr_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_2_2_1),
        cmocka_unit_test(sigmoid_2_2_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
