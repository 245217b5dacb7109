/* The gradient check: every operation with every activation under every loss; kinks; and
 * what must not pass for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "net/check.h"
#include "net/random_net.h"

#define FROM(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)
#define D(...)       \
    (const double[]) \
    {                \
        __VA_ARGS__  \
    }

static cr_net *finish(cr_builder *b)
{
    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_builder_build(b, CR_F64, 1, &net, &err))
        fail_msg("%s", err.message);
    cr_builder_free(b);
    return net;
}

static cr_check *check(const cr_net *net)
{
    cr_check *c = NULL;
    cr_error err = {0};
    if (cr_check_gradients(net, NULL, NULL, 0, NULL, &c, &err))
        fail_msg("%s", err.message);
    return c;
}

static size_t kinks_of(const cr_check *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        n += c->row[i].kinks;
        assert_int_equal(c->row[i].kinks > 0, c->row[i].kink_name != NULL);
        assert_non_null(c->row[i].worst_name);
    }
    return n;
}

/* Everything with everything. */

enum shape { CHAIN, ADD, CONCAT, SEVERAL, SHARED, UNBIASED, ADD_ACTIVATED, SHAPES };

static int dense(cr_builder *b, struct dice *d, size_t units, const char *activation)
{
    double bias[4];
    for (size_t i = 0; i < units; i++)
        bias[i] = roll_between(d, -0.5, 0.5);
    const int layer = cr_builder_dense(b, units, activation);
    cr_builder_biases(b, layer, bias, units);
    return layer;
}

/* Two inputs, layers of two units with the activation, and an output layer. */
static void add_layers(cr_builder *b, struct dice *d, enum shape shape, const char *act,
                       size_t outputs, const char *output_act)
{
    const int h = dense(b, d, 2, act);
    int out;
    switch (shape) {
    case CHAIN: dense(b, d, 2, act); break;
    case ADD:
    case ADD_ACTIVATED: cr_builder_add(b, FROM(h, -1, h)); break;
    case CONCAT: cr_builder_concat(b, FROM(-1, h)); break;
    case SEVERAL: dense(b, d, 2, act); break;
    case SHARED: cr_builder_shared_bias(b, h, roll_between(d, -0.5, 0.5)); break;
    case UNBIASED: cr_builder_no_bias(b, h); break;
    case SHAPES: break;
    }
    out = dense(b, d, outputs, output_act);
    if (shape == SEVERAL)
        cr_builder_from(b, out, FROM(h + 1, h, -1));
}

static cr_net *combination(const char *act, int loss, enum shape shape, uint64_t seed)
{
    struct dice d = {seed};
    const struct loss_row *row = cr_loss_row(loss);
    const size_t outputs = 2, rows = seed % 2 ? 1 : 3;
    cr_builder *b = cr_builder_create(2);
    add_layers(b, &d, shape, act, outputs, output_activation(&d, row));
    cr_builder_loss(b, row->name, seed % 3 == 0);
    for (size_t r = 0; r < rows; r++) {
        double x[2] = {roll_between(&d, -1.5, 1.5), roll_between(&d, -1.5, 1.5)}, t[2];
        roll_targets(&d, row, t, outputs);
        cr_builder_example(b, x, 2, t, outputs);
    }
    cr_net *net = finish(b);
    if (row->target == TARGET_PROBABILITY && seed % 5 == 0)
        net->spec->loss.smoothing = 0.1;
    if (shape == ADD_ACTIVATED) /* an addition with an activation of its own */
        assert_int_equal(cr_activation_set(&net->spec->arena, &net->spec->layer[1].act,
                                           strcmp(act, "prelu") ? act : "elu", NULL, 0, NULL,
                                           (struct place){0}, NULL),
                         CR_OK);
    return net;
}

static const char *const formulas[] = {
    "t/10",         "t*sigmoid(1.702*t)",    "g(u) = log(1 + u^2)", "exp(-abs(t))",
    "max(t, -t/4)", "if(t < 1, t, 2 - 1/t)", "sqrt(1 + t^2)",       "sin(3*t)/3",
    "t^3/8 - t",    "min(softplus(t), 2)"};
enum { N_FORMULAS = sizeof formulas / sizeof *formulas };

static void every_activation_loss_and_operation(void **state)
{
    (void)state;
    uint64_t seed = 0;
    for (int a = 0;; a++) {
        const struct activation_row *row = cr_activation_row(a);
        int beyond = 0;
        while (!row && cr_activation_row(a - beyond - 1) == NULL)
            beyond++;
        if (beyond >= N_FORMULAS)
            break;
        const char *act = row ? row->name : formulas[beyond];
        for (int loss = 0; cr_loss_row(loss); loss++)
            for (int shape = 0; shape < SHAPES; shape++) {
                cr_net *net = combination(act, loss, (enum shape)shape, ++seed);
                cr_check *c = check(net);
                for (size_t i = 0; i < c->n_rows; i++)
                    if (c->row[i].wrong || !(c->row[i].error <= 1e-7) || c->row[i].kinks)
                        fail_msg("%s, %s, shape %d, seed %d: %s of '%s': %s %.17g, numeric %.17g, "
                                 "%zu wrong, %zu kinks",
                                 act, cr_loss_row(loss)->name, shape, (int)seed, c->row[i].what,
                                 c->row[i].layer, c->row[i].worst_name, c->row[i].backward,
                                 c->row[i].numeric, c->row[i].wrong, c->row[i].kinks);
                assert_true(c->agrees);
                cr_check_free(c);
                cr_net_free(net);
            }
    }
    assert_true(seed >= 20 * 13 * SHAPES);
}

static void random_networks_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        /* With two rows what is normalised is 1 and -1, whatever is varied. */
        cr_net *net = random_net(seed, CR_F64, is_batch_seed(seed) ? 4 : 1 + seed % 4);
        cr_check *c = check(net);
        if (!c->agrees)
            fail_msg("net %d", (int)seed);
        cr_check_free(c);
        cr_net_free(net);
    }
}

/* Kinks. */

/* One unit with pre-activation `at`, for one input and a weight of 1, in a loss that sees it. */
static cr_net *unit_at(const char *act, double at, const char *loss, double target)
{
    cr_builder *b = cr_builder_create(1);
    cr_builder_dense(b, 1, act);
    cr_builder_weights(b, 0, D(1), 1);
    cr_builder_biases(b, 0, D(at - 1), 1);
    cr_builder_dense(b, 1, "identity");
    cr_builder_weights(b, 1, D(1.5), 1);
    cr_builder_loss(b, loss, 0);
    cr_builder_example(b, D(1), 1, D(target), 1);
    return finish(b);
}

static void kinks_are_counted_apart(void **state)
{
    (void)state;
    static const struct {
        const char *act;
        double at;
        int kink;
    } cases[] = {{"relu", 0, 1},
                 {"leaky-relu", 0, 1},
                 {"prelu", 0, 1},
                 {"selu", 0, 1},
                 {"hard-sigmoid", 3, 1},
                 {"hard-sigmoid", -3, 1},
                 {"hard-tanh", 1, 1},
                 {"hard-tanh", -1, 1},
                 {"abs(t)", 0, 1},
                 {"max(t, 0.5)", 0.5, 1},
                 {"min(t, 2)", 2, 1},
                 {"exp(-abs(t))", 0, 1},
                 {"clamp(t, -2, 4)", 4, 1},
                 {"elu", 0, 0},
                 {"softsign", 0, 0},
                 {"gelu", 0, 0},
                 {"softplus", 0, 0},
                 {"tanh", 0, 0},
                 {"hard-tanh", 0, 0},
                 {"relu", 0.25, 0},
                 {"relu", -0.25, 0},
                 {"abs(t)", 3, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *net = unit_at(cases[i].act, cases[i].at, "half-squared", 5);
        cr_check *c = check(net);
        /* The weight, the bias and the input of the unit are at it; a slope is not. */
        if (!c->agrees || kinks_of(c) != (cases[i].kink ? 3 : 0))
            fail_msg("%s at %g: %zu kinks, agrees %d", cases[i].act, cases[i].at, kinks_of(c),
                     c->agrees);
        cr_check_free(c);
        cr_net_free(net);
    }
}

static void kinks_of_losses_are_counted_apart(void **state)
{
    (void)state;
    static const struct {
        const char *loss;
        double at, target;
        int kink;
    } cases[] = {{"absolute", 2, 3, 1},   {"quantile", 2, 3, 1},   {"hinge", 2. / 3, 1, 1},
                 {"quantile", 2, 3.5, 0}, {"absolute", 2, 3.5, 0}, {"hinge", 2, 1, 0},
                 {"huber", 2, 2, 0},      {"huber", 2, 4, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *net = unit_at("identity", cases[i].at, cases[i].loss, cases[i].target);
        if (strcmp(cases[i].loss, "quantile") == 0)
            net->spec->loss.param[0] = 0.3;
        cr_check *c = check(net);
        if (!c->agrees || (kinks_of(c) > 0) != cases[i].kink)
            fail_msg("%s at %g: %zu kinks, agrees %d", cases[i].loss, cases[i].at, kinks_of(c),
                     c->agrees);
        cr_check_free(c);
        cr_net_free(net);
    }
}

/* However near a kink is, the right gradient is never called wrong. */
static void near_kinks_pass(void **state)
{
    (void)state;
    static const char *const acts[] = {"relu", "leaky-relu", "abs(t)", "selu", "hard-tanh"};
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++)
        for (int k = 0; k <= 60; k++)
            for (int side = -1; side <= 1; side += 2) {
                const double off = side * pow(10, -12 + k / 5.0);
                const double at = strcmp(acts[a], "hard-tanh") == 0 ? 1 + off : off;
                cr_net *net = unit_at(acts[a], at, "half-squared", 5);
                cr_check *c = check(net);
                if (!c->agrees)
                    fail_msg("%s at %g", acts[a], at);
                cr_check_free(c);
                cr_net_free(net);
            }
}

/* What is wrong is never excused as a kink. */

/* Replace the formula of A' of the first layer in a copy of the tape, and count. */
static void count_mutated(cr_net *net, const char *derivative, size_t *wrong, size_t *kinks)
{
    struct tape *good = NULL, *bad = NULL;
    cr_check *c = NULL;
    cr_error err = {0};
    assert_int_equal(cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD, &good, NULL), CR_OK);
    assert_int_equal(cr_tape_copy(good, &bad, NULL), CR_OK);
    const int act = cr_tape_find(bad, ROLE_ACT, -1, 0);
    struct step *s = &bad->step[bad->value[cr_tape_find(bad, ROLE_DERIVATIVE, act, -1)].maker];
    assert_int_equal(cr_expr_parse(&bad->arena, derivative, strlen(derivative),
                                   (const char *[]){"t"}, 1, NULL, (struct place){0}, &s->formula,
                                   NULL),
                     CR_OK);
    ((int *)(uintptr_t)s->in)[0] = bad->value[act].of;
    if (cr_check_tape(bad, net, net->spec->inputs, net->spec->targets, net->spec->n_examples, NULL,
                      &c, &err))
        fail_msg("%s", err.message);
    *wrong = *kinks = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        *wrong += c->row[i].wrong;
        *kinks += c->row[i].kinks;
    }
    cr_check_free(c);
    cr_tape_free(bad);
    cr_tape_free(good);
}

static void wrong_slopes_at_a_kink_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *derivative;
        int right;
    } cases[] = {{"step(t)", 1},   {"0*t + 1/2", 1}, {"0*t + 1", 1}, {"0*t - 0.1", 0},
                 {"0*t + 1.1", 0}, {"0*t + 2", 0},   {"t - 1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *net = unit_at("relu", 0, "half-squared", 5);
        size_t wrong, kinks;
        count_mutated(net, cases[i].derivative, &wrong, &kinks);
        if ((wrong == 0) != cases[i].right || (kinks == 3) != cases[i].right)
            fail_msg("ReLU' = %s at 0: %zu wrong, %zu kinks", cases[i].derivative, wrong, kinks);
        cr_net_free(net);
    }
}

/* Near the minimum the gradient is small and the loss curved: no kink, and a missing
 * derivative still shows. */
static void small_gradients_are_checked(void **state)
{
    (void)state;
    for (int k = 1; k <= 9; k++) {
        const double at = 0.3, miss = pow(10, -k);
        cr_net *net = unit_at("tanh", at, "half-squared", 1.5 * tanh(at) - miss);
        size_t wrong, kinks;
        cr_check *c = check(net);
        if (!c->agrees || kinks_of(c))
            fail_msg("an error of %g: not as it should be", miss);
        cr_check_free(c);
        count_mutated(net, "0*t", &wrong, &kinks);
        if (wrong == 0 || kinks)
            fail_msg("an error of %g: %zu wrong, %zu kinks", miss, wrong, kinks);
        count_mutated(net, "1 - t^2", &wrong, &kinks);
        if (wrong == 0 || kinks)
            fail_msg("an error of %g: %zu wrong, %zu kinks", miss, wrong, kinks);
        cr_net_free(net);
    }
}

/* A jump is no kink: no slope describes it. */
static void jumps_are_wrong(void **state)
{
    (void)state;
    static const char *const acts[] = {"step(t)", "t + step(t)", "sign(t)", "if(t < 0, t, t + 2)"};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        cr_net *net = unit_at(acts[i], 0, "half-squared", 5);
        cr_check *c = check(net);
        if (c->agrees || kinks_of(c))
            fail_msg("%s passes", acts[i]);
        cr_check_free(c);
        cr_net_free(net);
    }
}

/* The call itself. */

static void names_the_worst(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_input_names(b, (const char *[]){"age", "size"}, 2);
    cr_builder_dense(b, 2, "relu");
    cr_builder_weights(b, 0, D(1, 1, 1, -1), 4); /* the second unit is at its kink */
    cr_builder_biases(b, 0, D(0.5, 0), 2);
    cr_builder_dense(b, 1, "identity");
    cr_builder_from(b, 1, FROM(-1, 0));
    cr_builder_weights(b, 1, D(1, 1, 1, 1), 4);
    cr_builder_shared_bias(b, 1, 0);
    cr_builder_example(b, D(2, 2), 2, D(0), 1);
    cr_builder_example(b, D(0.5, 0.5), 2, D(0), 1);
    cr_net *net = finish(b);
    cr_check *c = check(net);
    assert_int_equal(c->n_rows, 5);
    assert_string_equal(c->row[0].layer, "hidden");
    assert_string_equal(c->row[0].what, "weight");
    assert_string_equal(c->row[0].kink_name, "w[h2][age]");
    assert_int_equal(c->row[0].kinks, 2);
    assert_string_equal(c->row[1].kink_name, "b[h2]");
    assert_string_equal(c->row[2].layer, "output");
    assert_memory_equal(c->row[2].worst_name, "w[o][", 5);
    const char *const columns[] = {"w[o][age]", "w[o][size]", "w[o][h1]", "w[o][h2]"};
    assert_string_equal(c->row[2].worst_name, columns[c->row[2].worst]);
    assert_null(c->row[2].kink_name);
    assert_string_equal(c->row[3].worst_name, "b[o]");
    assert_string_equal(c->row[4].layer, "inputs");
    assert_string_equal(c->row[4].kink_name, "age, example 1");
    assert_int_equal(c->row[4].rows, 2);
    cr_check_free(c);
    cr_net_free(net);
}

static int cancel(void *ctx, size_t done, size_t all)
{
    size_t *calls = ctx;
    assert_true(done <= all);
    return ++*calls == 2;
}

static void refuses(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(30);
    cr_builder_dense(b, 30, "tanh");
    cr_builder_dense(b, 1, "exp(t)");
    cr_net *net = finish(b);
    cr_check *c = (cr_check *)(uintptr_t)1;
    cr_error err = {0};
    assert_int_equal(cr_check_gradients(net, NULL, NULL, 0, NULL, &c, &err), CR_ERR_ARGUMENT);

    double x[60] = {1}, t[2] = {0};
    const cr_check_options small = {.max_bytes = 1000};
    assert_int_equal(cr_check_gradients(net, x, t, 2, &small, &c, &err), CR_ERR_LIMIT);
    size_t calls = 0;
    const cr_check_options stop = {.progress = cancel, .ctx = &calls};
    assert_int_equal(cr_check_gradients(net, x, t, 2, &stop, &c, &err), CR_ERR_CANCELLED);
    assert_int_equal(calls, 2);
    t[1] = NAN;
    assert_int_equal(cr_check_gradients(net, x, t, 2, NULL, &c, &err), CR_ERR_DIVERGED);
    t[1] = 1e200;
    assert_int_equal(cr_check_gradients(net, x, t, 2, NULL, &c, NULL), CR_ERR_DIVERGED);
    assert_true(c == (cr_check *)(uintptr_t)1);
    cr_check_free(NULL);
    cr_net_free(net);
}

static void leaves_the_network_alone(void **state)
{
    (void)state;
    cr_net *net = random_net(11, CR_F32, 2);
    const size_t n = net->block * sizeof(float);
    void *before = malloc(n);
    memcpy(before, net->values, n);
    cr_check *c = check(net);
    assert_true(c->agrees);
    assert_memory_equal(before, net->values, n);
    assert_true(c->tolerance == 1e-7);
    cr_check_free(c);
    free(before);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_activation_loss_and_operation),
        cmocka_unit_test(random_networks_agree),
        cmocka_unit_test(kinks_are_counted_apart),
        cmocka_unit_test(kinks_of_losses_are_counted_apart),
        cmocka_unit_test(near_kinks_pass),
        cmocka_unit_test(wrong_slopes_at_a_kink_are_wrong),
        cmocka_unit_test(small_gradients_are_checked),
        cmocka_unit_test(jumps_are_wrong),
        cmocka_unit_test(names_the_worst),
        cmocka_unit_test(refuses),
        cmocka_unit_test(leaves_the_network_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
