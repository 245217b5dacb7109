/* Network files: what is read is what the file says, and writing it gives it again. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/file.h"
#include "formats/network_file.h"
#include "formats/read_all.h"
#include "formats/same_spec.h"

#define WORKED SOURCE_DIR "/examples/worked/"

static struct spec *read_text(const char *text)
{
    struct spec *spec = NULL;
    cr_error err = {0};
    if (cr_network_file_read(text, strlen(text), "test.yaml", 0, &spec, &err) != CR_OK) {
        char buf[2048];
        cr_error_format(&err, buf, sizeof buf);
        print_error("%s", buf);
        fail();
    }
    return spec;
}

static struct spec *read_example(const char *name)
{
    char path[512];
    size_t size;
    snprintf(path, sizeof path, WORKED "%s", name);
    char *text = read_all(path, &size);
    assert_non_null(text);
    struct spec *spec = read_text(text);
    free(text);
    return spec;
}

static void assert_doubles(const double *got, const double *want, size_t n)
{
    assert_non_null(got);
    for (size_t i = 0; i < n; i++)
        assert_true(got[i] == want[i]);
}

#define assert_values(got, ...)                        \
    assert_doubles(got, (const double[]){__VA_ARGS__}, \
                   sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void linear_example(void **state)
{
    (void)state;
    struct spec *s = read_example("linear-2-2-1.yaml");
    assert_string_equal(s->notation.base, "numbered");
    assert_int_equal(s->n_inputs, 2);
    assert_string_equal(s->input_names[1], "x2");
    assert_values(s->inputs, 2, -3);
    assert_int_equal(s->n_layers, 2);
    assert_int_equal(s->layer[0].units, 2);
    assert_string_equal(s->layer[0].unit_names[1], "N2");
    assert_int_equal(s->layer[0].act.row, -1);
    assert_string_equal(s->layer[0].act.name, "A");
    assert_values(s->layer[0].weights, 1, 2, 2, 1);
    assert_values(s->layer[0].biases, 1, 1);
    assert_int_equal(s->layer[0].bias, BIAS_PER_UNIT);
    assert_values(s->layer[1].weights, 1, 1);
    assert_values(s->layer[1].biases, 1);
    assert_int_equal(s->n_examples, 1);
    assert_values(s->targets, 2);
    assert_string_equal(s->target_names[0], "y");
    assert_string_equal(cr_loss_row(s->loss.row)->name, "half-squared");
    assert_true(s->optimiser.learning_rate == 10);
    cr_spec_free(s);
}

static void sigmoid_example(void **state)
{
    (void)state;
    struct spec *s = read_example("sigmoid-2-2-1.yaml");
    assert_values(s->inputs, 0.35, 0.7);
    assert_values(s->layer[0].weights, 0.2, 0.2, 0.3, 0.3);
    assert_int_equal(s->layer[0].bias, BIAS_NONE);
    assert_null(s->layer[0].biases);
    assert_values(s->layer[1].weights, 0.3, 0.9);
    assert_string_equal(s->layer[1].unit_names[0], "o");
    assert_values(s->targets, 0.5);
    assert_true(s->optimiser.learning_rate == 1);
    cr_spec_free(s);
}

static void other_examples(void **state)
{
    (void)state;
    struct spec *s = read_example("shared-bias-2-2-2.yaml");
    assert_int_equal(s->layer[0].bias, BIAS_SHARED);
    assert_values(s->layer[0].biases, 0.35);
    assert_values(s->layer[1].weights, 0.4, 0.45, 0.5, 0.55);
    cr_spec_free(s);
    s = read_example("xor-batch.yaml");
    assert_int_equal(s->n_examples, 4);
    assert_values(s->inputs, 0, 0, 0, 1, 1, 0, 1, 1);
    assert_values(s->targets, 0, 1, 1, 0);
    cr_spec_free(s);
    s = read_example("skip-connection.yaml");
    assert_int_equal(s->layer[2].kind, LAYER_ADD);
    assert_int_equal(s->layer[2].from[0], 0);
    assert_int_equal(s->layer[2].from[1], 1);
    assert_int_equal(s->layer[2].units, 2);
    assert_string_equal(s->layer[2].unit_names[1], "s2");
    cr_spec_free(s);
    s = read_example("classifier-3-2-1.yaml");
    assert_values(s->layer[0].weights, 0.3, 0.5, -0.4, -0.2, 0.1, 0.25);
    cr_spec_free(s);
    s = read_example("softmax-2-3-3.yaml");
    assert_values(s->targets, 0, 1, 0);
    cr_spec_free(s);
    cr_spec_free(read_example("relu-2-3-1.yaml"));
}

/* The smallest files, and what they leave open. */
static void defaults(void **state)
{
    (void)state;
    struct spec *s = read_text("inputs: 4\nlayers:\n  - units: 3\n  - units: 2\n");
    assert_int_equal(s->n_inputs, 4);
    assert_string_equal(s->input_names[3], "x4");
    assert_int_equal(s->n_examples, 0);
    assert_null(s->inputs);
    assert_null(s->layer[0].weights);
    assert_int_equal(s->layer[0].weight_init.method, INIT_GLOROT_UNIFORM);
    assert_int_equal(s->layer[0].bias, BIAS_PER_UNIT);
    assert_int_equal(s->layer[0].bias_init.method, INIT_ZEROS);
    assert_null(s->layer[0].biases);
    assert_true(s->layer[0].weight_rate == 1);
    assert_int_equal(s->seed, 1);
    assert_int_equal(s->iterations, 1);
    cr_spec_free(s);
    s = read_text("{inputs: [1], layers: [{units: 1, weights: [1]}]}");
    assert_int_equal(s->layer[0].bias, BIAS_NONE);
    cr_spec_free(s);
}

/* Every key once, in every form that the examples do not show. */
static const char everything[] =
    "\xEF\xBB\xBFtitle: \"a \\\"title\\\": #1\"\r\n"
    "notation: {base: arrows, pre: \"s_{node}\"}\r\n"
    "inputs: {a: 1/4, \"width (cm)\": -2.5e-3}\r\n"
    "layers:\r\n"
    "  - name: one\r\n"
    "    units: 3\r\n"
    "    activation: {name: elu, alpha: 0.5}\r\n"
    "    weights: {init: normal, sd: 0.25}\r\n"
    "    bias: {init: constant, value: 0.125}\r\n"
    "    weight_rate: 2\r\n"
    "    Bias-Rate: 0\r\n"
    "  - name: two\r\n"
    "    from: [inputs, one]\r\n"
    "    units: [\"1\", q\xC3\xA9]\r\n"
    "    activation: \"max(0, t)\"\r\n"
    "    weights: orthogonal\r\n"
    "    bias: {shared: {init: uniform, low: 0}}\r\n"
    "  - concat: [two, inputs]\r\n"
    "    name: joined\r\n"
    "    units: [j1, j2, j3, j4]\r\n"
    "  - units: [o1, o2]\r\n"
    "    weights: {j1->o1: 1, \"j2\xE2\x86\x92o1\": 2, j3 -> o1: 3, j4->o1: 4,\r\n"
    "              j1->o2: 5, j2->o2: 6, j3->o2: 7, j4->o2: -0}\r\n"
    "    bias: {shared: zeros}\r\n"
    "targets: {o2: 0.5, o1: 0.25}\r\n"
    "loss: {name: huber, delta: 2, reduction: sum}\r\n"
    "optimizer: {learning_rate: 1e-2, Weight_Decay: 0.5}\r\n"
    "train: {epochs: 3, batch: 32, precision: BF16, seed: 18446744073709551615}\r\n"
    "iterations: 2\r\n"
    "worksheet: {weights: [-2, 3], biases: [0, 0.5], inputs: [1, 2], targets: [-1, 1], "
    "step: 0.25}\r\n";

static void every_key(void **state)
{
    (void)state;
    struct spec *s = read_text(everything);
    assert_string_equal(s->title, "a \"title\": #1");
    assert_string_equal(s->notation.key[0], "pre");
    assert_string_equal(s->notation.pattern[0], "s_{node}");
    assert_values(s->inputs, 0.25, -0.0025);
    assert_string_equal(s->input_names[1], "width (cm)");
    assert_int_equal(s->precision, CR_PRECISION_BF16);
    assert_true(s->layer[0].act.param[0] == 0.5);
    assert_int_equal(s->layer[0].weight_init.method, INIT_NORMAL);
    assert_true(s->layer[0].weight_init.param[1] == 0.25);
    assert_true(s->layer[0].bias_init.param[0] == 0.125);
    assert_true(s->layer[0].weight_rate == 2);
    assert_true(s->layer[0].bias_rate == 0);
    assert_int_equal(s->layer[1].n_from, 2);
    assert_int_equal(s->layer[1].from[0], FROM_INPUTS);
    assert_int_equal(cr_spec_fan_in(s, 1), 5);
    assert_string_equal(s->layer[1].unit_names[0], "1");
    assert_string_equal(s->layer[1].act.text, "max(0, t)");
    assert_int_equal(s->layer[1].bias, BIAS_SHARED);
    assert_int_equal(s->layer[1].bias_init.method, INIT_UNIFORM);
    assert_true(s->layer[1].bias_init.param[0] == 0);
    assert_int_equal(s->layer[2].kind, LAYER_CONCAT);
    assert_int_equal(s->layer[2].units, 4);
    assert_values(s->layer[3].weights, 1, 2, 3, 4, 5, 6, 7, -0.0);
    assert_true(signbit(s->layer[3].weights[7]));
    assert_int_equal(s->layer[3].bias_init.method, INIT_ZEROS);
    assert_values(s->targets, 0.25, 0.5);
    assert_true(s->loss.param[0] == 2);
    assert_int_equal(s->loss.reduction, REDUCE_SUM);
    assert_true(s->optimiser.learning_rate == 0.01);
    assert_true(s->optimiser.param[0] == 0.5);
    assert_int_equal(s->epochs, 3);
    assert_int_equal(s->batch, 32);
    assert_true(s->seed == UINT64_MAX);
    assert_int_equal(s->iterations, 2);
    assert_values(s->worksheet.weights, -2, 3);
    assert_values(s->worksheet.biases, 0, 0.5);
    assert_values(s->worksheet.inputs, 1, 2);
    assert_values(s->worksheet.targets, -1, 1);
    assert_true(s->worksheet.step == 0.25);
    cr_spec_free(s);
}

/* The keys of layers and training that tables of data want. */
static const char recipe[] =
    "inputs: 3\n"
    "layers:\n"
    "  - {scale: 1, scale-rate: 6}\n"
    "  - {name: hidden, units: 2, activation: selu, parametrisation: ntk, weights: standard-normal,\n"
    "     bias: standard-normal, bias-rate: 0.1, weight-decay-factor: 0.5, bias-decay-factor: 0}\n"
    "  - {name: again, scale: [0.5, -0], from: hidden, units: [p, q], activation: mish,\n"
    "     weight-decay-factor: 0.25}\n"
    "  - {name: scale2, scale: {init: uniform, low: 0.5, high: 1.5}}\n"
    "  - {name: dropout, dropout: 0.25, from: again}\n"
    "  - {add: [scale2, dropout]}\n"
    "  - {noise: 2, activation: tanh}\n"
    "  - {name: norm1, norm: {name: layer, epsilon: 0.5}, scale-rate: 2, bias-rate: 3, bias-decay-factor: 4}\n"
    "  - {name: norm2, norm: layer, weight-decay-factor: 5, from: again}\n"
    "  - {concat: [norm1, norm2], name: both}\n"
    "  - {norm: batch, bias-rate: 6}\n"
    "  - {norm: {name: batch, epsilon: 0.25, momentum: 0.5}}\n"
    "  - {units: 1, parametrisation: standard}\n"
    "optimiser: {name: adam, clip-norm: 1, clip-value: 0.5, l1: 0.1, l2: 0.2, average: 0.9}\n";

static void every_key_of_a_recipe(void **state)
{
    (void)state;
    struct spec *s = read_text(recipe);
    assert_int_equal(s->layer[0].kind, LAYER_SCALE);
    assert_int_equal(s->layer[0].units, 3);
    assert_int_equal(s->layer[0].from[0], FROM_INPUTS);
    assert_true(s->layer[0].weight_rate == 6);
    assert_true(s->layer[0].weight_init.param[0] == 1);
    assert_int_equal(s->layer[1].ntk, 1);
    assert_int_equal(s->layer[1].weight_init.method, INIT_STANDARD_NORMAL);
    assert_int_equal(s->layer[1].bias_init.method, INIT_STANDARD_NORMAL);
    assert_true(s->layer[1].weight_decay == 0.5);
    assert_true(s->layer[1].bias_decay == 0);
    assert_values(s->layer[2].weights, 0.5, -0.0);
    assert_string_equal(s->layer[2].unit_names[1], "q");
    assert_true(s->layer[2].weight_decay == 0.25);
    assert_int_equal(s->layer[3].weight_init.method, INIT_UNIFORM);
    assert_int_equal(s->layer[4].kind, LAYER_DROPOUT);
    assert_true(s->layer[4].amount == 0.25);
    assert_int_equal(s->layer[6].kind, LAYER_NOISE);
    assert_true(s->layer[6].amount == 2);
    assert_int_equal(s->layer[7].kind, LAYER_NORM);
    assert_true(s->layer[7].amount == 0.5 && s->layer[8].amount == 1e-5);
    assert_true(s->layer[7].weight_rate == 2 && s->layer[7].bias_rate == 3);
    assert_true(s->layer[7].bias_decay == 4 && s->layer[8].weight_decay == 5);
    assert_int_equal(s->layer[10].kind, LAYER_BATCH_NORM);
    assert_true(s->layer[10].amount == 1e-5 && s->layer[10].momentum == 0.1);
    assert_true(s->layer[10].bias_rate == 6);
    assert_int_equal(s->layer[11].kind, LAYER_BATCH_NORM);
    assert_true(s->layer[11].amount == 0.25 && s->layer[11].momentum == 0.5);
    assert_int_equal(s->layer[12].ntk, 0);
    assert_true(s->optimiser.clip_norm == 1 && s->optimiser.clip_value == 0.5);
    assert_true(s->optimiser.l1 == 0.1 && s->optimiser.l2 == 0.2);
    assert_true(s->optimiser.average == 0.9);
    cr_spec_free(s);
}

/* Numbers: a decimal or a fraction, rounded once. */
static void numbers(void **state)
{
    (void)state;
    struct spec *s = read_text("inputs: [0.1, 1/10, 1/3, 1e-3, +5, .5, 5., -0, 1e308, 4.9e-324, "
                               "1 / 7, 0e5]\nlayers: [{units: 1}]\n");
    assert_values(s->inputs, 0.1, 0.1, 1.0 / 3.0, 0.001, 5, 0.5, 5, 0, 1e308, 4.9e-324, 1.0 / 7.0,
                  0);
    assert_true(signbit(s->inputs[7]));
    cr_spec_free(s);
}

/* Writing and reading again */

static void assert_round_trip(const struct spec *s, int flags)
{
    struct text text = {0};
    struct spec *again = NULL;
    cr_error err = {0};
    assert_int_equal(cr_network_file_write(s, flags, &text), CR_OK);
    if (cr_network_file_read(text.s, text.len, "written.yaml", 0, &again, &err) != CR_OK) {
        char buf[2048];
        cr_error_format(&err, buf, sizeof buf);
        print_error("%s\n%s", text.s, buf);
        fail();
    }
    const char *what = spec_differs(s, again, flags & NETWORK_FILE_PARAMETERS);
    if (what)
        print_error("%s\n%s differs\n", text.s, what);
    assert_null(what);
    cr_spec_free(again);
    cr_text_free(&text);
}

static void round_trip(void **state)
{
    (void)state;
    static const char *const names[] = {"linear-2-2-1",     "sigmoid-2-2-1",  "shared-bias-2-2-2",
                                        "classifier-3-2-1", "softmax-2-3-3",  "relu-2-3-1",
                                        "xor-batch",        "skip-connection"};
    static const char *const texts[] = {
        everything,
        recipe,
        "{inputs: 4, layers: [{units: 3}, {units: 2}]}",
        "{inputs: [\"no\", \"a b\", \"c\\\\\\\"d\", \"->\"], layers: [{units: [\"2\"]}]}",
        "{inputs: [1], layers: [{units: 1, activation: prelu}], targets: [y]}",
        ("{layers: [{units: 1}], examples: [{inputs: [1, 2], targets: [3], name: \"the first\"},"
         " {inputs: [4, 5], targets: [6]}]}"),
        ("{inputs: [p, q], targets: [r], layers: [{units: 1}], examples: [{inputs: {q: 1, p: 2},"
         " targets: {r: 3}}]}"),
        "{inputs: [p, q], layers: [{units: 1}], examples: [{inputs: [1, 2], name: only}]}",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s.yaml", names[i]);
        struct spec *s = read_example(file);
        assert_round_trip(s, NETWORK_FILE_PARAMETERS);
        assert_round_trip(s, 0);
        cr_spec_free(s);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct spec *s = read_text(texts[i]);
        assert_round_trip(s, NETWORK_FILE_PARAMETERS);
        assert_round_trip(s, 0);
        cr_spec_free(s);
    }
}

/* Long lists are folded over lines. */
static void round_trip_large(void **state)
{
    (void)state;
    struct spec *s = read_text("{inputs: 300, layers: [{units: 200, weights: he}, {units: 10, "
                               "activation: softmax}], loss: cross-entropy}");
    double *w = arena_new(&s->arena, double, 300 * 200);
    for (size_t i = 0; i < 300 * 200; i++)
        w[i] = ldexp((double)i - 30000, -(int)(i % 40)) / 7;
    s->layer[0].weights = w;
    s->layer[0].weight_rows = 200;
    s->layer[0].weight_cols = 300;
    assert_round_trip(s, NETWORK_FILE_PARAMETERS);
    cr_spec_free(s);
}

/* Loading through the public header */

static void load(void **state)
{
    (void)state;
    cr_net *net = NULL;
    cr_error err = {0};
    const cr_load_options f64 = {.type = CR_F64};
    assert_int_equal(cr_net_load(WORKED "linear-2-2-1.yaml", &f64, &net, &err), CR_OK);
    assert_int_equal(cr_net_type(net), CR_F64);
    assert_int_equal(cr_net_inputs(net), 2);
    assert_int_equal(cr_net_outputs(net), 1);
    assert_values(cr_net_params(net), 1, 2, 2, 1);
    cr_net_free(net);
    net = NULL;
    assert_int_equal(cr_net_load(WORKED "linear-2-2-1.yaml", NULL, &net, NULL), CR_OK);
    assert_int_equal(cr_net_type(net), CR_F32);
    cr_net_free(net);
}

static void seeds(void **state)
{
    (void)state;
    static const char text[] = "{inputs: 2, layers: [{units: 1}], train: {seed: 7}}";
    const cr_load_options options[] = {{.type = CR_F64}, {CR_F64, 1, 7, 0}, {CR_F64, 1, 8, 0}};
    double w[3];
    for (int i = 0; i < 3; i++) {
        cr_net *net = NULL;
        assert_int_equal(cr_net_load_memory(text, sizeof text - 1, NULL, &options[i], &net, NULL),
                         CR_OK);
        w[i] = *(double *)cr_net_params(net);
        cr_net_free(net);
    }
    assert_true(w[0] == w[1]);
    assert_true(w[0] != w[2]);
}

static void assert_load_error(const char *path, cr_status status, const char *message)
{
    cr_net *net = NULL;
    cr_error err = {0};
    char buf[1024];
    assert_int_equal(cr_net_load(path, NULL, &net, &err), status);
    assert_null(net);
    cr_error_format(&err, buf, sizeof buf);
    assert_string_equal(buf, message);
    assert_int_equal(cr_net_load(path, NULL, &net, NULL), status);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    assert_load_error("no/such.yaml", CR_ERR_IO, "no/such.yaml: error: there is no such file\n");
    assert_load_error("/", CR_ERR_IO, "/: error: this is a folder, not a file\n");
    assert_load_error("/dev/zero", CR_ERR_LIMIT,
                      "/dev/zero: error: the file is larger than 16 MiB\n");
    assert_load_error("/dev/null", CR_ERR_VALUE,
                      "/dev/null: error: the file is empty; 'chainrule init' writes a network file "
                      "to start from\n");
    if (geteuid() == 0)
        return; /* who may read everything */
    FILE *file = fopen("unreadable.yaml", "wb");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod("unreadable.yaml", 0), 0);
    assert_load_error("unreadable.yaml", CR_ERR_IO, "unreadable.yaml: error: Permission denied\n");
    remove("unreadable.yaml");
}

/* What a few words of text may ask for is bounded by max_memory, names included. */
static void memory_is_bounded(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{inputs: 16000000, layers: [{units: 1}]}",
        ("{inputs: 100000, layers: [{name: a, add: [inputs, inputs]}, {name: b, add: [a, a]}, "
         "{name: c, add: [b, b]}, {units: 1}]}"),
        "{inputs: 2, layers: [{units: 16777216, weights: {a->b: 1}}]}",
    };
    const cr_load_options small = {.max_memory = 1 << 20};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_net *net = NULL;
        const cr_status status =
            cr_net_load_memory(texts[i], strlen(texts[i]), "t", &small, &net, NULL);
        assert_true(status == CR_ERR_LIMIT || status == CR_ERR_MEMORY || status == CR_ERR_VALUE);
        assert_null(net);
    }
}

static void parse_only(const char *text, size_t size, cr_status want)
{
    struct spec *spec = NULL;
    cr_error err = {0};
    assert_int_equal(cr_network_file_read(text, size, "t", 1 << 20, &spec, &err), want);
    assert_null(spec);
}

/* Texts that are large in a way that a parser might not expect. */
static void hostile_texts(void **state)
{
    (void)state;
    static const struct {
        const char *head, *repeat;
        cr_status want;
    } cases[] = {
        {"", "[", CR_ERR_LIMIT},           {"a: ", "[", CR_ERR_LIMIT},
        {"", "{", CR_ERR_LIMIT},           {"", "- ", CR_ERR_LIMIT},
        {"", "? ", CR_ERR_SYNTAX},         {"", "&a ", CR_ERR_LIMIT},
        {"", "!a ", CR_ERR_SYNTAX},        {"", "*a ", CR_ERR_SYNTAX},
        {"", "a: ", CR_ERR_SYNTAX},        {"", ": ", CR_ERR_LIMIT},
        {"", "---\n", CR_ERR_SYNTAX},      {"inputs: [", "1,", CR_ERR_SYNTAX},
        {"", "%TAG ! a\n", CR_ERR_SYNTAX}, {"", "\"", CR_ERR_SYNTAX},
        {"", "|\n", CR_ERR_SYNTAX},        {"", "\n", CR_ERR_VALUE},
        {"#", "x", CR_ERR_VALUE},          {"inputs: {", "a: 1,", CR_ERR_SYNTAX},
    };
    enum { SIZE = 200000 };
    char *text = malloc(SIZE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = strlen(cases[i].head), step = strlen(cases[i].repeat);
        memcpy(text, cases[i].head, n);
        for (; n + step <= SIZE; n += step)
            memcpy(text + n, cases[i].repeat, step);
        parse_only(text, n, cases[i].want);
    }
    free(text);
    text = calloc(1, (16 << 20) + 1);
    parse_only(text, (16 << 20) + 1, CR_ERR_LIMIT);
    free(text);
    parse_only(NULL, 0, CR_ERR_VALUE);
}

/* The reference of the format */

static char *read_docs(void)
{
    size_t size;
    char *text = read_all(SOURCE_DIR "/docs/network-file.md", &size);
    assert_non_null(text);
    return text;
}

/* Blocks show parts; what is missing for a whole file is put under them. */
static void read_block(const char *block, size_t size)
{
    struct text t = {0};
    cr_text_add(&t, "\n");
    cr_text_addn(&t, block, size);
    if (!strstr(t.s, "\ninputs:"))
        cr_text_add(&t, "inputs: {x1: 1, x2: 2}\n");
    if (!strstr(t.s, "\nlayers:"))
        cr_text_add(&t, "layers: [{units: [h1, h2]}, {units: [o]}]\n");
    cr_spec_free(read_text(t.s));
    cr_text_free(&t);
}

static void every_block_of_the_docs_is_read(void **state)
{
    (void)state;
    static const char open[] = "\n```yaml\n", close[] = "\n```\n";
    char *docs = read_docs();
    int n = 0;
    for (const char *s = strstr(docs, open); s; s = strstr(s, open), n++) {
        s += sizeof open - 1;
        const char *end = strstr(s, close);
        assert_non_null(end);
        read_block(s, (size_t)(end + 1 - s));
        s = end;
    }
    assert_true(n >= 10);
    free(docs);
}

static void every_key_is_in_the_docs(void **state)
{
    (void)state;
    char *docs = read_docs();
    int n = 0, missing = 0;
    for (int map = 0; map < MAP_COUNT; map++) {
        const struct file_key *key = cr_network_file_map((enum file_map)map)->key;
        for (int i = 0; i < MAP_MAX_KEYS && key[i].name; i++, n++) {
            char row[512];
            snprintf(row, sizeof row, "| `%s` | %s |\n", key[i].name, key[i].meaning);
            if (!strstr(docs, row)) {
                print_error("docs/network-file.md lacks %s", row);
                missing++;
            }
        }
    }
    assert_int_equal(missing, 0);
    assert_true(n >= 30);
    free(docs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_example),
        cmocka_unit_test(sigmoid_example),
        cmocka_unit_test(other_examples),
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_key),
        cmocka_unit_test(every_key_of_a_recipe),
        cmocka_unit_test(numbers),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(round_trip_large),
        cmocka_unit_test(load),
        cmocka_unit_test(seeds),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(every_block_of_the_docs_is_read),
        cmocka_unit_test(every_key_is_in_the_docs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
