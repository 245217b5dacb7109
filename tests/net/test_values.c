/* Looking at a run's values: their names in messages, the first that is not finite, where a
 * joined value comes from, and a hook between steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "net/random_net.h"

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

/* Layers: 0 dense "hidden1" of 2, 1 dense "hidden2" of 3 reading hidden1 and the inputs, PReLU,
 * 2 dense "output" of 2, softmax, shared bias. */
static cr_net *make(const char *act, const char *loss)
{
    cr_builder *b = cr_builder_create(1);
    cr_net *net = NULL;
    cr_builder_dense(b, 2, act);
    cr_builder_weights(b, 0, D(2, -1), 2);
    cr_builder_dense(b, 3, "prelu");
    cr_builder_from(b, 1, I(0, -1), 2);
    cr_builder_dense(b, 2, "softmax");
    cr_builder_shared_bias(b, 2, 0.5);
    cr_builder_loss(b, loss, 0);
    cr_builder_example(b, D(1), 1, D(0, 1), 2);
    cr_builder_example(b, D(-3), 1, D(1, 0), 2);
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

struct running {
    cr_net *net;
    struct tape *tape;
    cr_plan *plan;
    struct run run;
};

static struct running begin(cr_net *net)
{
    struct running r = {.net = net};
    assert_int_equal(
        cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD | TAPE_UPDATE, &r.tape, NULL), CR_OK);
    assert_int_equal(
        cr_plan_make(r.tape, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, 2, &r.plan, NULL),
        CR_OK);
    r.run = (struct run){.in = net->spec->inputs,
                         .targets = net->spec->targets,
                         .rows = net->spec->n_examples,
                         .params = net->values,
                         .rate = 0.1,
                         .work = cr_work_alloc(cr_plan_work_size(r.plan))};
    return r;
}

static void end(struct running *r)
{
    cr_work_free(r->run.work);
    cr_plan_free(r->plan);
    cr_tape_free(r->tape);
    cr_net_free(r->net);
}

static void assert_words(const struct tape *t, uint64_t ref, const char *want)
{
    struct text text = {0};
    cr_tape_describe(&text, t, ref);
    assert_string_equal(cr_text_str(&text), want);
    cr_text_free(&text);
}

static int of(const struct tape *t, enum role role, int value)
{
    const int v = cr_tape_find(t, role, value, -1);
    assert_true(v >= 0);
    return v;
}

static void values_have_names(void **state)
{
    (void)state;
    struct running r = begin(make("tanh", "half-squared"));
    const struct tape *t = r.tape;
    const int pre = cr_tape_find(t, ROLE_PRE, -1, 0), act = cr_tape_find(t, ROLE_ACT, -1, 0);
    const int join = cr_tape_find(t, ROLE_JOIN, -1, 1);
    const int linear = t->value[cr_tape_find(t, ROLE_PRE, -1, 1)].maker;
    const int w = t->step[linear].in[1], b = t->step[linear].in[2];
    const int shared = t->step[t->value[cr_tape_find(t, ROLE_PRE, -1, 2)].maker].in[2];
    assert_words(t, cr_ref(t->input, 1, 0), "the input x1, example 2");
    assert_words(t, cr_ref(t->target, 0, 1), "the target 2, example 1");
    assert_words(t, cr_ref(t->loss, 0, 0), "the loss");
    assert_words(t, cr_ref(pre, 1, 1),
                 "the pre-activation of unit h1_2 in layer 'hidden1', example 2");
    assert_words(t, cr_ref(act, 0, 0), "the activation of unit h1_1 in layer 'hidden1', example 1");
    assert_words(t, cr_ref(of(t, ROLE_GRAD, pre), 0, 0),
                 "the delta of unit h1_1 in layer 'hidden1', example 1");
    assert_words(t, cr_ref(of(t, ROLE_DERIVATIVE, act), 0, 1),
                 "the activation's derivative of unit h1_2 in layer 'hidden1', example 1");
    /* Three columns enter the layer of three units: they are not its units. */
    assert_int_equal(t->value[join].cols, 3);
    assert_words(t, cr_ref(join, 0, 2), "the value 3 in layer 'hidden2', example 1");
    assert_words(t, cr_ref(w, 0, 5), "the weight 3 of unit h2_2 in layer 'hidden2'");
    assert_words(t, cr_ref(b, 0, 2), "the bias of unit h2_3 in layer 'hidden2'");
    assert_words(t, cr_ref(of(t, ROLE_PARAM_GRAD, b), 0, 0),
                 "the gradient of the bias of unit h2_1 in layer 'hidden2'");
    assert_words(t, cr_ref(of(t, ROLE_NEW, shared), 0, 0),
                 "the updated value of the bias in layer 'output'");
    /* Every element of every value has words. */
    for (int v = 0; v < t->n_values; v++) {
        struct text text = {0};
        cr_tape_describe(&text, t, cr_ref(v, 0, 0));
        assert_true(text.len > 6 && !text.failed);
        assert_null(strstr(text.s, "(null)"));
        cr_text_free(&text);
    }
    end(&r);
}

static void finds_the_first_value_that_is_not_finite(void **state)
{
    (void)state;
    struct running r = begin(make("tanh", "half-squared"));
    uint64_t ref = 42;
    cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_UPDATE);
    assert_int_equal(cr_plan_not_finite(r.plan, &r.run, &ref), 0);
    assert_int_equal(ref, 42);
    end(&r);

    r = begin(make("log(t)", "half-squared")); /* of -1, or of 2 and 3 */
    cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_UPDATE);
    assert_int_equal(cr_plan_not_finite(r.plan, &r.run, &ref), 1);
    assert_words(r.tape, ref, "the activation of unit h1_2 in layer 'hidden1', example 1");
    assert_true(
        isnan(cr_plan_get(r.plan, &r.run, cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref))));
    ((double *)r.net->values)[0] = INFINITY;
    cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_UPDATE);
    assert_int_equal(cr_plan_not_finite(r.plan, &r.run, &ref), 1);
    assert_words(r.tape, ref, "the weight 1 of unit h1_1 in layer 'hidden1'");
    end(&r);
}

static void joined_values_are_resolved(void **state)
{
    (void)state;
    struct running r = begin(make("tanh", "half-squared"));
    const int join = cr_tape_find(r.tape, ROLE_JOIN, -1, 1);
    const int act = cr_tape_find(r.tape, ROLE_ACT, -1, 0);
    for (size_t i = 0; i < 3; i++) {
        int value = join;
        size_t index = i;
        cr_tape_resolve(r.tape, &value, &index);
        assert_int_equal(value, i < 2 ? act : r.tape->input);
        assert_int_equal(index, i < 2 ? i : 0);
    }
    int value = act;
    size_t index = 1;
    cr_tape_resolve(r.tape, &value, &index);
    assert_true(value == act && index == 1);
    end(&r);
}

/* Refs keep what they are made of. */
static void refs_hold_their_parts(void **state)
{
    (void)state;
    const uint64_t ref = cr_ref(1234, 4000000, ((size_t)1 << 28) - 1);
    assert_int_equal(cr_ref_value(ref), 1234);
    assert_int_equal(cr_ref_row(ref), 4000000);
    assert_int_equal(cr_ref_index(ref), ((size_t)1 << 28) - 1);
}

struct hook {
    int calls, last, change; /* the value to change, or -1 */
};

static void after(void *ctx, const cr_plan *plan, const struct run *run, int step)
{
    struct hook *h = ctx;
    h->calls++;
    assert_true(step > h->last);
    h->last = step;
    const int out = plan->tape->step[step].out;
    if (out == h->change)
        *(double *)cr_plan_at(plan, run, out, 0, 0) = 0.5;
}

static void a_hook_sees_each_step_and_may_change_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        cr_net *net = random_net(seed, CR_F64, 2);
        assert_non_null(net);
        struct running r = begin(net);
        struct hook h = {0, -1, -1};
        cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_UPDATE);
        const size_t size = cr_plan_work_size(r.plan);
        void *plain = malloc(size);
        memcpy(plain, r.run.work, size);
        r.run.after = after;
        r.run.ctx = &h;
        memset(r.run.work, 0, size);
        cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_UPDATE);
        assert_int_equal(h.calls, r.tape->n_steps);
        struct run first = r.run;
        first.work = plain;
        for (int v = 0; v < r.tape->n_values; v++) {
            const double a = cr_plan_get(r.plan, &first, v, 0, 0);
            const double b = cr_plan_get(r.plan, &r.run, v, 0, 0);
            assert_memory_equal(&a, &b, sizeof a);
        }
        free(plain);
        end(&r);
    }
    struct running r = begin(make("tanh", "half-squared"));
    struct hook h = {0, -1, cr_tape_find(r.tape, ROLE_PRE, -1, 0)};
    r.run.after = after;
    r.run.ctx = &h;
    cr_plan_run(r.plan, &r.run, PHASE_FORWARD, PHASE_LOSS);
    const int act = cr_tape_find(r.tape, ROLE_ACT, -1, 0);
    assert_true(fabs(cr_plan_get(r.plan, &r.run, act, 0, 0) - 0.46211715726000976) < 1e-15);
    assert_true(fabs(cr_plan_get(r.plan, &r.run, act, 0, 1) - -0.76159415595576489) < 1e-15);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_names),
        cmocka_unit_test(finds_the_first_value_that_is_not_finite),
        cmocka_unit_test(joined_values_are_resolved),
        cmocka_unit_test(refs_hold_their_parts),
        cmocka_unit_test(a_hook_sees_each_step_and_may_change_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
