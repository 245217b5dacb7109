/* cr_spec_finish: what it fills in, and what it refuses, with the place of the mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "net/spec.h"

#define D(...)       \
    (const double[]) \
    {                \
        __VA_ARGS__  \
    }
#define NAMES(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__       \
    }

/* Layers as in "3 tanh", "add 0 -1", "concat 1 0", each at line 10, 11, ... of a file. */
static struct spec *spec_of(size_t inputs, const char *const *layers, size_t n)
{
    struct spec *s = cr_spec_new();
    s->source = (struct source){"net.yaml", "", 0};
    s->n_inputs = inputs;
    s->n_layers = n;
    s->layer = arena_new(&s->arena, struct spec_layer, n);
    for (size_t i = 0; i < n; i++) {
        struct spec_layer *l = &s->layer[i];
        char word[40];
        int used = 0;
        cr_spec_layer_init(&s->arena, l);
        l->at = (struct place){.line = 10 + (int)i, .column = 3, .span = 1};
        if (sscanf(layers[i], "%39s%n", word, &used) != 1)
            fail();
        const char *rest = layers[i] + used;
        l->kind = strcmp(word, "add") == 0      ? LAYER_ADD
                  : strcmp(word, "concat") == 0 ? LAYER_CONCAT
                                                : LAYER_DENSE;
        if (l->kind == LAYER_DENSE) {
            assert_int_equal(sscanf(word, "%zu", &l->units), 1);
            assert_int_equal(sscanf(rest, "%39s%n", word, &used), 1);
            rest += used;
            l->act_at = (struct place){10 + (int)i, 20, 4};
            assert_int_equal(
                cr_activation_set(&s->arena, &l->act, word, NULL, 0, NULL, (struct place){0}, NULL),
                CR_OK);
        }
        while (sscanf(rest, "%d%n", &l->from[l->n_from], &used) == 1) {
            l->from_at[l->n_from] = (struct place){10 + (int)i, 30 + l->n_from, 1};
            l->n_from++;
            rest += used;
        }
    }
    return s;
}

#define SPEC(inputs, ...) \
    spec_of(inputs, NAMES(__VA_ARGS__), sizeof(NAMES(__VA_ARGS__)) / sizeof(char *))

static void refuse(struct spec *s, size_t max_bytes, cr_status status, int line, int column,
                   const char *words)
{
    cr_error err = {0};
    const cr_status got = cr_spec_finish(s, max_bytes, &err);
    if (got != status || err.line != line || err.column != column || !strstr(err.message, words))
        fail_msg("%s at %d:%d: '%s', wanted %s at %d:%d, '%s'", cr_status_name(got), err.line,
                 err.column, err.message, cr_status_name(status), line, column, words);
    assert_string_equal(err.file, "net.yaml");
    cr_spec_free(s);
}

static void accept(struct spec *s)
{
    cr_error err = {0};
    if (cr_spec_finish(s, 0, &err))
        fail_msg("%s", err.message);
}

static void fills_in_what_was_left_open(void **state)
{
    (void)state;
    struct spec *s = SPEC(2, "3 tanh", "3 relu 0 -1", "add 0 1", "concat 2 -1", "1 identity");
    accept(s);
    assert_int_equal(s->layer[0].n_from, 1);
    assert_int_equal(s->layer[0].from[0], FROM_INPUTS);
    assert_int_equal(s->layer[4].from[0], 3);
    assert_int_equal(s->layer[2].units, 3);
    assert_int_equal(s->layer[3].units, 5);
    assert_int_equal(s->n_outputs, 1);
    const size_t fan_in[] = {2, 5, 6, 5, 5};
    const char *const names[] = {"hidden1", "hidden2", "add", "concat", "output"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(cr_spec_fan_in(s, i), fan_in[i]);
        assert_string_equal(s->layer[i].name, names[i]);
    }
    assert_string_equal(s->input_names[1], "x2");
    assert_string_equal(s->layer[0].unit_names[2], "h1_3");
    assert_string_equal(s->layer[1].unit_names[0], "h2_1");
    assert_string_equal(s->layer[2].unit_names[1], "add_2");
    assert_string_equal(s->layer[3].unit_names[4], "concat_5");
    assert_string_equal(s->layer[4].unit_names[0], "o");
    accept(s); /* once more changes nothing */
    assert_int_equal(s->layer[3].units, 5);
    assert_string_equal(s->layer[1].name, "hidden2");
    cr_spec_free(s);

    s = SPEC(1, "2 tanh", "2 softmax");
    accept(s);
    assert_string_equal(s->layer[0].name, "hidden");
    assert_string_equal(s->layer[0].unit_names[1], "h2");
    assert_string_equal(s->layer[1].unit_names[1], "o2");
    cr_spec_free(s);
    cr_spec_free(NULL);
}

static void refuses_bad_graphs(void **state)
{
    (void)state;
    struct spec *s = SPEC(0, "1 tanh");
    s->inputs_at = (struct place){4, 1, 1};
    refuse(s, 0, CR_ERR_VALUE, 4, 1, "no inputs");
    s = SPEC((size_t)1 << 24, "1 tanh");
    s->inputs_at = (struct place){4, 1, 1};
    refuse(s, 0, CR_ERR_LIMIT, 4, 1, "too many");
    s = SPEC(1, "1 tanh");
    s->n_layers = 0;
    refuse(s, 0, CR_ERR_VALUE, 0, 0, "no layers");
    refuse(SPEC(1, "0 tanh"), 0, CR_ERR_VALUE, 10, 3, "no units");
    refuse(SPEC(2, "2 tanh", "2 tanh 1"), 0, CR_ERR_VALUE, 11, 30, "does not come before");
    refuse(SPEC(2, "2 tanh", "2 tanh 0 2"), 0, CR_ERR_VALUE, 11, 31, "reads layer 3");
    refuse(SPEC(2, "2 tanh -2"), 0, CR_ERR_VALUE, 10, 30, "does not come before");
    refuse(SPEC(2, "3 tanh", "add 0 -1"), 0, CR_ERR_SHAPE, 11, 31, "adds 2 values to 3");
    refuse(SPEC(2, "3 tanh", "3 tanh", "3 tanh 0"), 0, CR_ERR_VALUE, 11, 3, "no layer reads");
    refuse(SPEC(2, "1 softmax"), 0, CR_ERR_VALUE, 10, 20, "use sigmoid");
    refuse(SPEC(2, "3 tanh", "1 softmax", "2 tanh"), 0, CR_ERR_VALUE, 11, 20, "use sigmoid");
    s = SPEC(2, "3 tanh");
    s->layer[0].act = (struct activation){.row = -1};
    cr_error err = {0};
    assert_int_equal(cr_spec_finish(s, 0, &err), CR_ERR_MEMORY);
    cr_spec_free(s);
}

static void refuses_bad_shapes(void **state)
{
    (void)state;
    struct spec *s = SPEC(2, "3 tanh", "1 tanh");
    s->layer[1].weights = D(1, 2);
    s->layer[1].weight_rows = 1;
    s->layer[1].weight_cols = 2;
    s->layer[1].weights_at = (struct place){20, 5, 1};
    refuse(s, 0, CR_ERR_SHAPE, 20, 5, "weights are 1x2, but layer 1 has 3 units");
    s = SPEC(2, "3 tanh");
    s->layer[0].weights = D(1, 2, 3, 4);
    s->layer[0].weight_rows = s->layer[0].weight_cols = 2;
    s->layer[0].weights_at = (struct place){20, 5, 1};
    refuse(s, 0, CR_ERR_SHAPE, 20, 5, "weights are 2x2, but it has 3 units");
    s = SPEC(2, "3 tanh", "1 tanh 0 -1");
    s->layer[1].weights = D(1);
    s->layer[1].weight_rows = s->layer[1].weight_cols = 1;
    s->layer[1].weights_at = (struct place){20, 5, 1};
    refuse(s, 0, CR_ERR_SHAPE, 20, 5, "5 values enter it");
    for (int bias = BIAS_PER_UNIT; bias <= BIAS_NONE; bias++) {
        s = SPEC(2, "3 tanh");
        s->layer[0].bias = (enum bias_policy)bias;
        s->layer[0].biases = D(1, 2);
        s->layer[0].n_biases = 2;
        s->layer[0].biases_at = (struct place){21, 7, 1};
        if (bias == BIAS_NONE) {
            accept(s);
            cr_spec_free(s);
        } else {
            refuse(s, 0, CR_ERR_SHAPE, 21, 7, "2 biases given");
        }
    }
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    refuse(SPEC(1000, "1000 tanh"), 1000000, CR_ERR_LIMIT, 10, 3, "larger than the limit");
    refuse(SPEC(2, "16777216 tanh"), 0, CR_ERR_LIMIT, 10, 3, "too many for one layer");
    refuse(SPEC(20000, "20000 tanh"), 0, CR_ERR_LIMIT, 10, 3, "too many for one layer");
    refuse(SPEC(2, "18446744073709551615 tanh"), 0, CR_ERR_LIMIT, 10, 3, "");
    refuse(SPEC(2, "9223372036854775808 tanh", "1 tanh"), 0, CR_ERR_LIMIT, 10, 3, "");
    /* Few words, many units: each has a name, and so takes memory without parameters. */
    refuse(SPEC(2, "100000 tanh", "concat 0 0 0 0 0 0 0 0", "concat 1 1 1 1 1 1 1 1", "1 tanh"),
           (size_t)64 << 20, CR_ERR_LIMIT, 12, 3, "larger than the limit");
    refuse(SPEC(1000000, "concat -1"), 1 << 20, CR_ERR_LIMIT, 10, 3, "larger than the limit");
    struct spec *s = SPEC(2, "9223372036854775807 tanh", "concat 0 0 0");
    cr_error err = {0};
    assert_int_equal(cr_spec_finish(s, 0, &err), CR_ERR_LIMIT);
    cr_spec_free(s);
}

static void refuses_equal_names(void **state)
{
    (void)state;
    struct spec *s = SPEC(2, "2 tanh", "2 tanh", "1 tanh");
    s->layer[0].name = s->layer[2].name = "same";
    refuse(s, 0, CR_ERR_VALUE, 12, 3, "layer 'same' has the name of another layer");
    /* At the later place, whichever the sort puts first. */
    for (int swap = 0; swap < 2; swap++) {
        s = SPEC(2, "2 tanh", "2 tanh", "1 tanh");
        s->layer[0].unit_names = NAMES("a", "b");
        s->layer[1].unit_names = NAMES("c", "a");
        s->layer[0].at.line = swap ? 50 : 10;
        refuse(s, 0, CR_ERR_VALUE, swap ? 50 : 11, 3, "unit 'a' has the name of another unit");
    }
    for (int swap = 0; swap < 2; swap++) {
        s = SPEC(2, "2 tanh", "1 tanh");
        s->input_names = NAMES("x", "h2");
        s->inputs_at = (struct place){swap ? 50 : 2, 3, 1};
        refuse(s, 0, CR_ERR_VALUE, swap ? 50 : 10, 3,
               swap ? "input 'h2' has the name of another unit"
                    : "unit 'h2' has the name of another input");
    }
}

static void set_loss(struct spec *s, const char *name)
{
    s->loss.row = cr_loss_find(name, NULL);
    assert_true(s->loss.row >= 0);
    s->loss.at = (struct place){30, 7, 2};
    s->targets_at = (struct place){40, 9, 2};
}

static void refuses_losses_that_do_not_fit(void **state)
{
    (void)state;
    struct spec *s = SPEC(2, "3 softmax");
    set_loss(s, "softmax-cross-entropy");
    refuse(s, 0, CR_ERR_VALUE, 30, 7, "takes logits");
    s = SPEC(2, "1 identity");
    set_loss(s, "softmax-cross-entropy");
    refuse(s, 0, CR_ERR_VALUE, 30, 7, "two outputs or more");
    s = SPEC(2, "2 tanh");
    set_loss(s, "half-squared");
    s->loss.smoothing = 0.1;
    refuse(s, 0, CR_ERR_VALUE, 30, 7, "label smoothing needs");
    const double bad[] = {-0.1, 1, 2, NAN, INFINITY};
    for (int i = 0; i < 5; i++) {
        s = SPEC(2, "2 softmax");
        set_loss(s, "cross-entropy");
        s->loss.smoothing = bad[i];
        refuse(s, 0, CR_ERR_VALUE, 30, 7, "at least 0 and below 1");
    }
}

static struct spec *with_targets(const char *layer, const char *loss, const double *targets,
                                 size_t n)
{
    struct spec *s = SPEC(1, layer);
    set_loss(s, loss);
    s->n_examples = 1;
    s->inputs = D(1);
    s->targets = targets;
    s->n_targets = n;
    return s;
}

static void checks_targets(void **state)
{
    (void)state;
    static const struct {
        const char *layer, *loss;
        double t[2];
        size_t n;
        const char *words; /* NULL: fits */
    } cases[] = {{"2 tanh", "mse", {1, -7}, 2, NULL},
                 {"2 tanh", "mse", {1}, 1, "1 target given, but the network has 2 outputs"},
                 {"2 tanh", "mse", {1, NAN}, 2, "a finite number"},
                 {"2 tanh", "mse", {INFINITY, 1}, 2, "a finite number"},
                 {"2 sigmoid", "bce", {0, 1}, 2, NULL},
                 {"2 sigmoid", "bce", {0, 1.5}, 2, "a probability"},
                 {"2 sigmoid", "bce", {NAN, 1}, 2, "a probability"},
                 {"2 identity", "bce-logits", {-0.25, 1}, 2, "a probability"},
                 {"2 softmax", "cross-entropy", {0.25, 0.75}, 2, NULL},
                 {"2 softmax", "cross-entropy", {0.5, 0.75}, 2, "add up to 1.25"},
                 {"2 sigmoid", "cross-entropy", {0.5, 0.75}, 2, NULL},
                 {"2 identity", "softmax-cross-entropy", {0, 0}, 2, "add up to 0"},
                 {"2 identity", "hinge", {1, -1}, 2, NULL},
                 {"2 identity", "hinge", {1, 0}, 2, "-1 or 1"},
                 {"2 identity", "poisson", {0, 12}, 2, NULL},
                 {"2 identity", "poisson", {-1, 2}, 2, "a count"},
                 {"2 identity", "poisson", {NAN, 2}, 2, "a count"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spec *s = with_targets(cases[i].layer, cases[i].loss, cases[i].t, cases[i].n);
        if (cases[i].words) {
            refuse(s, 0, cases[i].n == 2 ? CR_ERR_VALUE : CR_ERR_SHAPE, 40, 9, cases[i].words);
        } else {
            accept(s);
            cr_spec_free(s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_what_was_left_open),
        cmocka_unit_test(refuses_bad_graphs),
        cmocka_unit_test(refuses_bad_shapes),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(refuses_equal_names),
        cmocka_unit_test(refuses_losses_that_do_not_fit),
        cmocka_unit_test(checks_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
