/* From a table to a model and its predictions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/train.h"
#include "formats/model_file.h"
#include "net/net.h"

#define DIGITS SOURCE_DIR "/examples/data/digits.csv"

static cr_table *parse(const char *text, const char *label)
{
    const cr_table_options wanted = {.label = label};
    cr_table *t = NULL;
    cr_error err = {0};
    if (cr_table_parse("t.csv", text, strlen(text), &wanted, &t, &err))
        fail_msg("%s", err.message);
    return t;
}

static cr_model *fit(const cr_table *t, const cr_fit_options *o, cr_fit_report *report)
{
    cr_model *m = NULL;
    cr_error err = {0};
    if (cr_model_fit(t, o, &m, report, &err))
        fail_msg("%s", err.message);
    return m;
}

/* What the network sees of the first row of a text. */
static void inputs_of(const cr_model *m, const char *text, float *in)
{
    const cr_table_options o = cr_model_table_options(m);
    cr_table *t = NULL;
    cr_error err = {0};
    if (cr_table_parse("row.csv", text, strlen(text), &o, &t, &err) ||
        cr_model_prepare_rows(m, t, 0, 1, in, &err))
        fail_msg("%s", err.message);
    cr_table_free(t);
}

/* Fails, and tells the message and the hint as they are printed. */
static void refused(const char *text, const cr_fit_options *o, const char *want)
{
    cr_table *t = parse(text, "y");
    cr_model *m = NULL;
    cr_error err = {0};
    char told[2048];
    assert_int_not_equal(cr_model_fit(t, o, &m, NULL, &err), CR_OK);
    assert_null(m);
    cr_error_format(&err, told, sizeof told);
    assert_string_equal(told, want);
    assert_int_equal(cr_model_fit(t, o, &m, NULL, NULL), err.code);
    cr_table_free(t);
}

static void learns_digits(void **state)
{
    (void)state;
    const cr_table_options wanted = {.label = "digit"};
    cr_table *t = NULL;
    assert_int_equal(cr_table_read(DIGITS, &wanted, &t, NULL), CR_OK);
    assert_int_equal(cr_table_rows(t), 1797);
    double sum = 0, worst = 1;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        cr_fit_report r;
        const cr_fit_options o = {
            .has_seed = 1, .held_out = 0.2, .train = {.seed = seed, .epochs = 20}};
        cr_model *m = fit(t, &o, &r);
        assert_int_equal(r.task, CR_CLASSIFICATION);
        assert_string_equal(r.why, "'digit' holds 10 different whole numbers");
        assert_int_equal(r.classes, 10);
        assert_string_equal(r.recipe, "RealMLP-TD-S");
        assert_int_equal(r.parameters, 64 + 256 * (64 + 1) + 2 * 256 * (256 + 1) + 10 * (256 + 1));
        assert_in_range(r.constant, 3, seed == 1 ? 3 : 5); /* of the rows to train on */
        assert_int_equal(r.rows + r.validation + r.test, 1797);
        assert_int_equal(r.validation, 287);
        assert_int_equal(r.result_test.rows, r.test);
        const double accuracy = r.result_test.accuracy;
        sum += accuracy;
        worst = accuracy < worst ? accuracy : worst;
        if (seed == 1 && !(accuracy >= 0.96))
            fail_msg("accuracy %g", accuracy);
        cr_model_free(m);
    }
    if (!(sum / 3 >= 0.96) || !(worst >= 0.95))
        fail_msg("mean accuracy %g, worst %g", sum / 3, worst);
    cr_table_free(t);
}

struct bytes {
    char *s;
    size_t n;
};

static struct bytes saved(const cr_model *m)
{
    char path[] = "/tmp/chainrule-fit-XXXXXX";
    close(mkstemp(path));
    assert_int_equal(cr_model_save(m, path, NULL), CR_OK);
    FILE *f = fopen(path, "rb");
    struct bytes b = {malloc(1 << 20), 0};
    b.n = fread(b.s, 1, 1 << 20, f);
    fclose(f);
    unlink(path);
    return b;
}

/* The whole model file is the same for any number of threads, in batches of many slices;
 * and another one for another seed. */
static void the_file_does_not_depend_on_threads(void **state)
{
    (void)state;
    const cr_table_options wanted = {.label = "digit"};
    static const int threads[] = {1, 2, 3, 4, 8, 1};
    cr_table *t = NULL;
    struct bytes first = {0};
    assert_int_equal(cr_table_read(DIGITS, &wanted, &t, NULL), CR_OK);
    for (size_t i = 0; i < 6; i++) {
        const cr_fit_options o = {
            .has_seed = 1,
            .held_out = 0.2,
            .train = {.seed = i == 5 ? 4 : 3, .epochs = 2, .batch = 400, .threads = threads[i]}};
        cr_model *m = fit(t, &o, NULL);
        struct bytes b = saved(m);
        cr_model_free(m);
        if (i == 0) {
            first = b;
            continue;
        }
        assert_int_equal(i < 5, b.n == first.n && !memcmp(b.s, first.s, b.n));
        free(b.s);
    }
    free(first.s);
    cr_table_free(t);
}

/* y = 3 a - 2 b + 100, in its own units. */
static cr_table *line(int rows)
{
    char *text = malloc((size_t)rows * 64 + 16);
    size_t n = (size_t)sprintf(text, "a,b,y\n");
    for (int i = 0; i < rows; i++) {
        double a = i * 37 % 101, b = i * 53 % 89;
        n += (size_t)sprintf(text + n, "%g,%g,%g\n", a, b, 3 * a - 2 * b + 100.5);
    }
    cr_table *t = parse(text, "y");
    free(text);
    return t;
}

static void learns_a_line(void **state)
{
    (void)state;
    static const char network[] =
        "inputs: [a, b]\nlayers:\n  - {units: 1}\nloss: mean-squared\n"
        "optimiser: {learning-rate: 0.05}\ntrain: {epochs: 60, batch: 10}\n";
    cr_table *t = line(200);
    cr_fit_report r;
    const cr_fit_options o = {.network = network,
                              .network_size = sizeof network - 1,
                              .held_out = 0.25,
                              .scaling = CR_SCALING_STANDARD};
    cr_model *m = fit(t, &o, &r);
    assert_int_equal(r.task, CR_REGRESSION);
    assert_string_equal(r.why, "'y' holds numbers with decimals");
    assert_int_equal(r.epochs, 60);
    assert_int_equal(r.batch, 10);
    assert_true(r.learning_rate == 0.05);
    assert_int_equal(r.seed, 1);
    assert_int_equal(r.rows, 150);
    assert_int_equal(r.result.epochs, 60);
    assert_true(r.result_test.rmse < 0.01 && r.result_test.r2 > 0.99999);
    float in[2], out[1];
    cr_plan *plan = NULL;
    inputs_of(m, "a,b\n10,20\n", in);
    assert_int_equal(cr_plan_create(cr_model_net(m), CR_FOR_PREDICTING, 1, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    assert_int_equal(cr_predict(plan, in, out, 1, work, cr_plan_work_size(plan), NULL), CR_OK);
    assert_true(fabs(cr_model_number(m, out) - 90.5) < 0.01);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_model_free(m);
    cr_table_free(t);
}

static void the_recipe_fits_a_line(void **state)
{
    (void)state;
    cr_table *t = line(300);
    cr_fit_report r;
    const cr_fit_options o = {.held_out = 0.2, .train = {.epochs = 200}};
    cr_model *m = fit(t, &o, &r);
    assert_true(r.learning_rate == 0.07);
    assert_int_equal(r.batch, r.rows);
    assert_string_equal(r.optimiser, "adam");
    assert_true(r.result_test.r2 > 0.99);
    cr_model_free(m);
    cr_table_free(t);
}

/* One output tells two classes apart; a loss on logits gets its activation. */
static void one_output_for_two_classes(void **state)
{
    (void)state;
    static const char *const networks[] = {
        "inputs: 2\nlayers:\n  - {units: 1, activation: sigmoid}\nloss: binary-cross-entropy\n",
        "inputs: 2\nlayers:\n  - {units: 1}\nloss: binary-cross-entropy-logits\n",
        "inputs: 2\nlayers:\n  - {units: 1}\nloss: hinge\n",
        "inputs: 2\nlayers:\n  - {units: 2}\nloss: softmax-cross-entropy\n",
        "inputs: [b, a]\nlayers:\n  - {units: 2, activation: softmax}\nloss: cross-entropy\n",
    };
    char text[4000];
    size_t n = (size_t)sprintf(text, "a,b,y\n");
    for (int i = 0; i < 120; i++)
        n += (size_t)sprintf(text + n, "%d,%d,%s\n", i * 7 % 31, i * 11 % 29,
                             i * 7 % 31 > i * 11 % 29 ? "more" : "less");
    cr_table *t = parse(text, "y");
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        const cr_fit_options o = {.network = networks[i],
                                  .network_size = strlen(networks[i]),
                                  .train = {.epochs = 300, .batch = 20}};
        cr_fit_report r;
        cr_model *m = fit(t, &o, &r);
        assert_int_equal(r.task, CR_CLASSIFICATION);
        if (!(r.result.train.accuracy > 0.95))
            fail_msg("network %zu: accuracy %g", i, r.result.train.accuracy);
        assert_string_equal(cr_model_column(m, 0), i == 4 ? "b" : "a");
        assert_string_equal(cr_model_class(m, 1), "more");
        cr_model_free(m);
    }
    cr_table_free(t);
}

static void counts_and_shares(void **state)
{
    (void)state;
    static const char poisson[] = "inputs: 1\nlayers:\n  - {units: 1}\nloss: poisson\n";
    static const char share[] =
        "inputs: 1\nlayers:\n  - {units: 1, activation: sigmoid}\nloss: binary-cross-entropy\n";
    char text[2000];
    size_t n = (size_t)sprintf(text, "x,y\n");
    for (int i = 0; i < 60; i++)
        n += (size_t)sprintf(text + n, "%d,%d\n", i % 5, 1 << i % 5);
    cr_table *t = parse(text, "y");
    const cr_fit_options o = {.network = poisson,
                              .network_size = sizeof poisson - 1,
                              .train = {.epochs = 300, .learning_rate = 0.02}};
    cr_fit_report r;
    cr_model *m = fit(t, &o, &r);
    assert_int_equal(r.task, CR_REGRESSION);
    assert_string_equal(r.why, "the network's loss is poisson");
    float in[1], out[1];
    inputs_of(m, "x\n3\n", in);
    out[0] = (float)(cr_net_get(m->net, 0) * (double)in[0] +
                     cr_net_get(m->net, cr_net_group(m->net, 1).offset));
    assert_true(fabs(cr_model_number(m, out) - 8) < 0.2);
    cr_model_free(m);
    cr_table_free(t);
    refused("x,y\n1,-1\n2,3\n", &o,
            "t.csv: error: column 'y' holds -1, which the network's loss "
            "does not allow\n");
    const cr_fit_options shares = {
        .task = CR_REGRESSION, .network = share, .network_size = sizeof share - 1};
    refused("x,y\n1,0.5\n2,3\n", &shares,
            "t.csv: error: column 'y' holds 3, which the network's "
            "loss does not allow\n");
    t = parse("x,y\n1,0.5\n2,0.25\n", "y");
    m = fit(t, &shares, &r);
    assert_true(m->prepare.target_mean == 0 && m->prepare.target_sd == 1);
    cr_model_free(m);
    cr_table_free(t);
}

#define NETWORK(text)                                                              \
    {                                                                              \
        .network = text, .network_size = sizeof text - 1, .network_name = "n.yaml" \
    }

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const char wide[] = "inputs: 2\nlayers:\n  - units: 2\n";
    static const char two[] = "x,z,y\n1,2,a\n2,3,b\n";
    refused("y\n1\n2\n", NULL, "t.csv: error: there is no column besides 'y' to learn from\n");
    refused("x,y\n1,a\n2,a\n", NULL, "t.csv: error: column 'y' holds one class only, 'a'\n");
    refused("x,y\n1,a\n2,b\n", &(cr_fit_options){.task = CR_REGRESSION},
            "t.csv: error: column 'y' holds text: a regression needs numbers\n");
    refused("x,y\n1e308,1\n-1e308,2.5\n", NULL,
            "t.csv: error: the numbers of column 'x' span too wide a range\n");
    refused("x,y\n1,1e308\n2,-1.5e308\n", &(cr_fit_options){.task = CR_REGRESSION},
            "t.csv: error: the numbers of column 'y' span too wide a range\n");
    refused(two, &(cr_fit_options){.held_out = 1},
            "error: the test share must be at least 0 and below 1\n");
    refused(two, &(cr_fit_options){.held_out = NAN},
            "error: the test share must be at least 0 and below 1\n");
    refused(two, &(cr_fit_options){.max_memory = 1000},
            "RealMLP-TD-S:4:5: error: layer 2 (256 units, 2 inputs) makes the network larger than "
            "the limit; at most 125 parameters fit the memory limit of 0 KiB\n"
            "      - {name: hidden1, units: 256, activation: selu, parametris…\n"
            "        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    refused(two, &(cr_fit_options){.recipe = "realmlp"},
            "error: unknown recipe 'realmlp'; there is 'realmlp-td-s'\n");
    refused(two,
            &(cr_fit_options){
                .recipe = "realmlp-td-s", .network = wide, .network_size = sizeof wide - 1},
            "error: a recipe and a network file exclude each other\n");
    refused(two, &(cr_fit_options)NETWORK("inputs: 3\nlayers: [{units: 2}]\n"),
            "n.yaml:1:9: error: the network has 3 inputs, but 't.csv' gives 2\n"
            "    inputs: 3\n            ^\n");
    refused("width,x,y\n1,2,a\n2,3,b\n",
            &(cr_fit_options)NETWORK("inputs: [x, widht]\nlayers: [{units: 2}]\n"),
            "n.yaml:1:9: error: the network has an input 'widht', but 't.csv' has no such column; "
            "did you mean 'width'?\n    inputs: [x, widht]\n            ^~~~~~~~~~\n");
    refused(two, &(cr_fit_options)NETWORK("inputs: 2\nlayers:\n  - units: 3\n"),
            "n.yaml:3:5: error: the network has 3 outputs, but column 'y' has 2 classes\n"
            "      - units: 3\n        ^~~~~~~~\n");
    refused("x,z,y\n1,2,3.5\n2,3,4\n",
            &(cr_fit_options){.task = CR_REGRESSION,
                              .network = wide,
                              .network_size = sizeof wide - 1,
                              .network_name = "n.yaml"},
            "n.yaml:3:5: error: a regression has one output, but the network has 2\n"
            "      - units: 2\n        ^~~~~~~~\n");
    refused(two, &(cr_fit_options)NETWORK("inputs: 2\nlayers:\n  - units: -3\n"),
            "n.yaml:3:12: error: the number of units must be a whole number from 1 to 16777216, "
            "not '-3'\n      - units: -3\n               ^~\n");
    cr_table *t = NULL;
    cr_error err = {0};
    cr_model *m = NULL;
    assert_int_equal(cr_table_parse("t", "x\n1\n", 4, NULL, &t, NULL), CR_OK);
    assert_int_equal(cr_model_fit(t, NULL, &m, NULL, &err), CR_ERR_ARGUMENT);
    assert_null(m);
    cr_table_free(t);
}

/* Column names that a network file cannot hold are no obstacle. */
static void odd_column_names(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "\"a b: [1]\",\"#\",y\n1,2,u\n2,1,v\n3,4,u\n4,4,v\n",
        "h1,output,y\n1,2,u\n2,1,v\n3,4,u\n4,4,v\n",
        "null,1.5,y\n1,2,u\n2,1,v\n3,4,u\n4,4,v\n",
        ("\"an exceedingly long name of a column that goes on and on and on and on and on and on\","
         "b,y\n1,2,u\n2,1,v\n3,4,u\n4,4,v\n"),
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        cr_table *t = parse(tables[i], "y");
        const cr_fit_options o = {.train = {.epochs = 1}};
        cr_model *m = fit(t, &o, NULL), *back = NULL;
        cr_error err = {0};
        struct bytes b = saved(m);
        if (cr_model_parse("m", b.s, b.n, &back, &err))
            fail_msg("%s", err.message);
        assert_string_equal(cr_model_column(back, 0), cr_table_column(t, 0).name);
        free(b.s);
        cr_model_free(m);
        cr_model_free(back);
        cr_table_free(t);
    }
}

static char *predict(const cr_model *m, const char *csv, cr_score *score, cr_status want,
                     cr_error *err)
{
    char path[] = "/tmp/chainrule-predict-XXXXXX", *out = NULL;
    size_t n;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, csv, strlen(csv)), (ssize_t)strlen(csv));
    close(fd);
    FILE *f = open_memstream(&out, &n);
    assert_int_equal(cr_model_predict(m, path, NULL, f, score, err), want);
    fclose(f);
    unlink(path);
    return out;
}

/* Rows in any order of columns, more rows than a batch: the bits of one row at a time. */
static void predicts_what_the_network_says(void **state)
{
    (void)state;
    enum { ROWS = 600 };
    cr_table *t = line(50);
    const cr_fit_options o = {.train = {.epochs = 2}};
    cr_model *m = fit(t, &o, NULL);
    char *csv = malloc(ROWS * 64), *want = malloc(ROWS * 32), number[32];
    size_t n = (size_t)sprintf(csv, "note;b;y;a\n"), k = (size_t)sprintf(want, "prediction\n");
    cr_plan *plan = NULL;
    assert_int_equal(cr_plan_create(cr_model_net(m), CR_FOR_PREDICTING, 1, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    double squares = 0;
    for (int i = 0; i < ROWS; i++) {
        const double row[] = {i * 0.25, i % 17};
        float in[2], out;
        char line_text[64];
        n +=
            (size_t)sprintf(csv + n, "\"x, %d\";%g;%s;%g\n", i, row[1], i % 2 ? "1.5" : "", row[0]);
        snprintf(line_text, sizeof line_text, "a,b\n%g,%g\n", row[0], row[1]);
        inputs_of(m, line_text, in);
        cr_predict(plan, in, &out, 1, work, cr_plan_work_size(plan), NULL);
        const double y = cr_model_number(m, &out);
        k += (size_t)sprintf(want + k, "%s\n", cr_shortest_f64(y, number));
        squares += i % 2 ? (y - 1.5) * (y - 1.5) : 0;
    }
    cr_score score;
    char *got = predict(m, csv, &score, CR_OK, NULL);
    assert_string_equal(got, want);
    assert_int_equal(score.rows, ROWS);
    assert_int_equal(score.scored, ROWS / 2);
    assert_int_equal(score.ignored, 1);
    assert_true(fabs(score.rmse - sqrt(squares / (ROWS / 2))) < 1e-9 * score.rmse);
    assert_true(isnan(score.accuracy) && isnan(score.r2));
    free(got);
    free(csv);
    free(want);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_model_free(m);
    cr_table_free(t);
}

static void predicts_classes(void **state)
{
    (void)state;
    cr_table *t = parse("x,y\n1,=1+1\n2,=1+1\n8,\"a,\"\"b\"\"\"\n9,\"a,\"\"b\"\"\"\n", "y");
    const cr_fit_options o = {.scaling = CR_SCALING_STANDARD, .train = {.epochs = 200}};
    cr_model *m = fit(t, &o, NULL);
    cr_score score;
    cr_error err = {0};
    char *got = predict(m, "y,x\n=1+1,1.5\n,8.5\nother,9\n", &score, CR_OK, NULL);
    static const char start[] = "prediction,p(=1+1),\"p(a,\"\"b\"\")\"\n'=1+1,0.9";
    assert_int_equal(strncmp(got, start, sizeof start - 1), 0);
    assert_non_null(strstr(got, "\n\"a,\"\"b\"\"\",0.0"));
    assert_int_equal(score.rows, 3);
    assert_int_equal(score.scored, 2); /* an unknown class is a wrong answer */
    assert_true(score.accuracy == 0.5);
    free(got);
    got = predict(m, "x\n", &score, CR_OK, NULL);
    assert_int_equal(score.rows, 0);
    assert_int_equal(score.scored, 0);
    free(got);
    free(predict(m, "z,y\n1,2\n", &score, CR_ERR_UNKNOWN, &err));
    assert_string_equal(err.message, "there is no column 'x'");
    free(predict(m, "x\n1\n1e300\n", &score, CR_ERR_VALUE, &err));
    assert_string_equal(err.message, "the number in column 'x' is too large for the model");
    assert_int_equal(err.line, 3);
    assert_int_equal(cr_model_predict(m, "/nonexistent", NULL, stdout, NULL, &err), CR_ERR_IO);
    FILE *full = fopen("/dev/full", "w");
    setvbuf(full, NULL, _IONBF, 0);
    char path[] = "/tmp/chainrule-full-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "x\n1\n", 4), 4);
    assert_int_equal(cr_model_predict(m, path, NULL, full, NULL, &err), CR_ERR_IO);
    fclose(full);
    close(fd);
    unlink(path);
    cr_model_free(m);
    cr_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_digits),
        cmocka_unit_test(the_file_does_not_depend_on_threads),
        cmocka_unit_test(learns_a_line),
        cmocka_unit_test(the_recipe_fits_a_line),
        cmocka_unit_test(one_output_for_two_classes),
        cmocka_unit_test(counts_and_shares),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(odd_column_names),
        cmocka_unit_test(predicts_what_the_network_says),
        cmocka_unit_test(predicts_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
