/* Metrics: against scikit-learn's values (fixtures/metrics.txt, by metric_fixtures.py), intervals
 * against published ones and the normal distribution, and what is not defined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/metrics.h"
#include "helpers.h"

enum { MOST_ROWS = 100, MOST_CLASSES = 8 };

struct test_case {
    char name[64];
    cr_answers a;
    uint32_t class_of[MOST_ROWS];
    double weight[MOST_ROWS], score[MOST_ROWS * MOST_CLASSES], target[MOST_ROWS];
};

static double number(FILE *f)
{
    char word[64];
    assert_int_equal(fscanf(f, "%63s", word), 1);
    return strtod(word, NULL);
}

static int read_case(FILE *f, struct test_case *c)
{
    size_t classes, rows;
    if (fscanf(f, " case %63s %zu %zu", c->name, &classes, &rows) != 3)
        return 0;
    assert_in_range(rows, 1, MOST_ROWS);
    assert_in_range(classes, 0, MOST_CLASSES);
    c->a = (cr_answers){.task = classes ? CR_CLASSIFICATION : CR_REGRESSION,
                        .rows = rows,
                        .classes = classes,
                        .weight = c->weight,
                        .class_of = c->class_of,
                        .score = c->score,
                        .target = c->target,
                        .answer = c->score};
    for (size_t i = 0; i < rows; i++) {
        c->weight[i] = number(f);
        c->target[i] = number(f);
        c->class_of[i] = classes ? (uint32_t)c->target[i] : 0;
        for (size_t k = 0; k < (classes ? classes : 1); k++)
            c->score[i * (classes ? classes : 1) + k] = number(f);
    }
    return 1;
}

/* 1e-9 relative, and that of 1 for what is about 1 or cancels to nearly 0. */
static void compare(const struct test_case *c, const char *metric, double want, double got)
{
    const int small = fabs(want) < 1e-100; /* tiny numbers have no other scale */
    const double scale = small ? fabs(want) : fmax(fabs(want), c->a.classes ? 1 : fabs(want));
    if (isnan(want) ? !isnan(got)
                    : !(got == want || fabs(got - want) <= 1e-9 * scale + 1e-15 * !small))
        fail_msg("%s: %s is %.17g, not %.17g", c->name, metric, got, want);
}

static void check_metric(const struct test_case *c, const char *name, double want)
{
    static const cr_intervals none = {.none = 1};
    cr_metric m;
    cr_metric_value v, unweighted;
    cr_answers a = c->a;
    assert_int_equal(cr_metric_find(name, &m, NULL), CR_OK);
    assert_int_equal(cr_metric_values(&a, &m, 1, &none, &v, NULL), CR_OK);
    compare(c, name, want, v.value);
    assert_int_equal(isnan(v.value), *v.why != '\0');
    assert_true(isnan(v.low) && isnan(v.high));
    for (size_t i = 0; i < a.rows; i++)
        if (c->weight[i] != 1)
            return;
    a.weight = NULL;
    assert_int_equal(cr_metric_values(&a, &m, 1, &none, &unweighted, NULL), CR_OK);
    assert_same_doubles(&v.value, &unweighted.value, 1);
}

static void check_confusion(const struct test_case *c, FILE *f)
{
    double got[MOST_CLASSES * MOST_CLASSES];
    assert_int_equal(cr_confusion(&c->a, got, NULL), CR_OK);
    for (size_t i = 0; i < c->a.classes * c->a.classes; i++)
        assert_close(got[i], number(f), 1e-12);
}

static void values_are_scikit_learns(void **state)
{
    (void)state;
    FILE *f = fopen(SOURCE_DIR "/tests/train/fixtures/metrics.txt", "r");
    assert_non_null(f);
    static struct test_case c;
    size_t cases = 0, values = 0;
    char word[64];
    while (read_case(f, &c)) {
        while (fscanf(f, "%63s", word) == 1 && strcmp(word, "end") != 0) {
            if (!strcmp(word, "confusion"))
                check_confusion(&c, f);
            else
                check_metric(&c, word, number(f)), values++;
        }
        cases++;
    }
    fclose(f);
    assert_in_range(cases, 40, 1000);
    assert_in_range(values, 350, 10000);
}

/* Every metric has its values in the fixtures' classes or numbers; names do not repeat. */
static void table_is_sound(void **state)
{
    (void)state;
    const cr_metric_info *a, *b;
    for (size_t i = 0; (a = cr_metric_at(i)); i++) {
        cr_metric m;
        assert_int_equal(cr_metric_find(a->name, &m, NULL), CR_OK);
        assert_int_equal(m.index, i);
        assert_true(a->task == CR_REGRESSION || a->task == CR_CLASSIFICATION);
        assert_non_null(a->formula);
        for (size_t k = 0; k < i; k++) {
            b = cr_metric_at(k);
            assert_string_not_equal(a->name, b->name);
        }
    }
}

static void finds_names(void **state)
{
    (void)state;
    cr_metric m;
    cr_error err;
    assert_int_equal(cr_metric_find("pinball:0.9", &m, NULL), CR_OK);
    assert_true(m.parameter == 0.9);
    assert_int_equal(cr_metric_find("pinball", &m, NULL), CR_OK);
    assert_true(m.parameter == 0.5);
    static const struct {
        const char *text;
        cr_status status;
        const char *message, *hint;
    } bad[] = {
        {"acuracy", CR_ERR_UNKNOWN, "unknown metric 'acuracy'", "did you mean 'accuracy'?"},
        {"", CR_ERR_UNKNOWN, "unknown metric ''", "'chainrule list metrics' shows those there are"},
        {"rmse:2", CR_ERR_VALUE, "the metric 'rmse' has no parameter", ""},
        {"pinball:1", CR_ERR_VALUE,
         "the quantile of 'pinball' must be above 0 and below 1, as in pinball:0.5", ""},
        {"pinball:nan", CR_ERR_VALUE,
         "the quantile of 'pinball' must be above 0 and below 1, as in pinball:0.5", ""},
        {"pinball:", CR_ERR_VALUE,
         "the quantile of 'pinball' must be above 0 and below 1, as in pinball:0.5", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (cr_error){0};
        assert_int_equal(cr_metric_find(bad[i].text, &m, &err), bad[i].status);
        assert_string_equal(err.message, bad[i].message);
        assert_string_equal(err.hint, bad[i].hint);
    }
}

static cr_metric_value one(const cr_answers *a, const char *name, const cr_intervals *o)
{
    cr_metric m;
    cr_metric_value v;
    assert_int_equal(cr_metric_find(name, &m, NULL), CR_OK);
    assert_int_equal(cr_metric_values(a, &m, 1, o, &v, NULL), CR_OK);
    return v;
}

/* 81 of 263 right: Newcombe, Two-sided confidence intervals for the single proportion (1998),
 * table I, method 3, gives 0.2553 to 0.3662; 15 of 148: 0.0624 to 0.1605; 0 of 20: 0 to 0.1611; 1 of
 * 29: 0.0061 to 0.1718. */
static void accuracy_has_wilsons_interval(void **state)
{
    (void)state;
    static const struct {
        size_t right, rows;
        double low, high;
    } published[] = {{81, 263, 0.2553, 0.3662},
                     {15, 148, 0.0624, 0.1605},
                     {0, 20, 0, 0.1611},
                     {1, 29, 0.0061, 0.1718}};
    for (size_t c = 0; c < sizeof published / sizeof *published; c++) {
        static uint32_t class_of[300];
        static double score[600];
        for (size_t i = 0; i < published[c].rows; i++) {
            class_of[i] = i < published[c].right;
            score[2 * i] = 0.25, score[2 * i + 1] = 0.75;
        }
        const cr_answers a = {.task = CR_CLASSIFICATION,
                              .rows = published[c].rows,
                              .classes = 2,
                              .class_of = class_of,
                              .score = score};
        const cr_metric_value v = one(&a, "accuracy", NULL);
        assert_true(fabs(v.low - published[c].low) <= 0.5001e-4);
        assert_true(fabs(v.high - published[c].high) <= 0.5001e-4);
    }
}

/* The mean of n numbers of standard deviation s: s / sqrt(n) times 1.96 to both sides, up to what 1,000
 * resamples leave to chance. The same seed gives the same bits, another seed others. */
static void resamples_spread_as_they_should(void **state)
{
    (void)state;
    enum { N = 400 };
    static double target[N], answer[N];
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        target[i] = 0;
        answer[i] = uniform(0, 1);
        sum += answer[i], squares += answer[i] * answer[i];
    }
    const double mean = sum / N, half = 1.96 * sqrt((squares / N - mean * mean) / N);
    const cr_answers a = {.task = CR_REGRESSION, .rows = N, .target = target, .answer = answer};
    const cr_intervals other = {.seed = 1}, fewer = {.resamples = 10}, none = {.none = 1};
    const cr_metric_value v = one(&a, "mae", NULL), again = one(&a, "mae", NULL),
                          second = one(&a, "mae", &other);
    assert_close(v.value, mean, 1e-12);
    assert_true(fabs(v.low - (mean - half)) < 0.15 * half);
    assert_true(fabs(v.high - (mean + half)) < 0.15 * half);
    assert_memory_equal(&v, &again, sizeof v);
    assert_true(second.low != v.low && second.value == v.value);
    assert_true(one(&a, "mae", &fewer).low != v.low);
    assert_true(isnan(one(&a, "mae", &none).low));
    assert_true(isnan(one(&a, "r2", NULL).low)); /* not defined: no interval either */
}

static void says_why(void **state)
{
    (void)state;
    static const uint32_t class_of[] = {1, 1, 1};
    static const char *const names[] = {"no", "yes"};
    double score[] = {0.1, 0.9, 0.6, 0.4, 0.5, 0.5};
    double target[] = {2, 2, 2}, answer[] = {1, 2, INFINITY};
    const cr_answers classes = {.task = CR_CLASSIFICATION,
                                .rows = 3,
                                .classes = 2,
                                .class_of = class_of,
                                .class_names = names,
                                .score = score};
    const cr_answers numbers = {
        .task = CR_REGRESSION, .rows = 3, .target = target, .answer = answer};
    assert_string_equal(one(&classes, "auc", NULL).why, "every row is of class 'yes'");
    assert_string_equal(one(&numbers, "rmse", NULL).why, "an answer is not finite");
    answer[2] = 3;
    assert_string_equal(one(&numbers, "r2", NULL).why, "all targets are equal");
    target[0] = 0;
    assert_string_equal(one(&numbers, "mape", NULL).why, "a target is 0");
    score[0] = 0.2;
    assert_string_equal(one(&classes, "brier", NULL).why, "the scores are no probabilities");
    assert_true(one(&classes, "accuracy", NULL).value == 1.0 / 3);
    score[0] = NAN;
    assert_string_equal(one(&classes, "accuracy", NULL).why, "a score is not a number");
}

static void refuses(const cr_answers *a, const char *metric, const char *message)
{
    cr_metric m;
    cr_metric_value v = {.value = 7};
    cr_error err = {0};
    assert_int_equal(cr_metric_find(metric, &m, NULL), CR_OK);
    assert_int_equal(cr_metric_values(a, &m, 1, NULL, &v, &err), CR_ERR_ARGUMENT);
    assert_string_equal(err.message, message);
    assert_true(v.value == 7);
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    uint32_t class_of[] = {0, 1};
    double score[] = {0, 1, 0, 1}, weight[] = {1, 1}, target[] = {1, 2};
    cr_answers a = {.task = CR_CLASSIFICATION,
                    .rows = 2,
                    .classes = 2,
                    .class_of = class_of,
                    .score = score,
                    .weight = weight,
                    .target = target,
                    .answer = target};
    cr_calibration_bin bins[CR_CALIBRATION_BINS];
    double matrix[4];
    refuses(&a, "rmse", "the metric 'rmse' is for a regression");
    weight[1] = -1;
    refuses(&a, "accuracy", "the weight of row 2 is -1");
    weight[0] = weight[1] = 0;
    refuses(&a, "accuracy", "all weights are 0");
    weight[0] = weight[1] = 1e308;
    refuses(&a, "accuracy", "the sum of the weights is not finite");
    a.weight = NULL;
    class_of[1] = 2;
    refuses(&a, "accuracy", "row 2 is of class 2 of 2");
    assert_int_equal(cr_confusion(&a, matrix, NULL), CR_ERR_ARGUMENT);
    class_of[1] = 1;
    a.classes = 1;
    refuses(&a, "accuracy", "a classification has 2 classes or more");
    a.classes = 2;
    a.rows = 0;
    refuses(&a, "accuracy", "there are no rows with a target to compare with");
    a.rows = 2;
    score[0] = 2;
    assert_int_equal(cr_calibration(&a, bins, NULL), CR_ERR_VALUE);
    a.task = CR_REGRESSION;
    assert_int_equal(cr_calibration(&a, bins, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_confusion(&a, matrix, NULL), CR_ERR_ARGUMENT);
    target[1] = NAN;
    refuses(&a, "rmse", "the target of row 2 is not finite");
}

/* More classes times rows than are ranked at once: the same AUC, without an interval. */
static void many_classes(void **state)
{
    (void)state;
    enum { CLASSES = 2100, ROWS = 2100 };
    double *score = calloc((size_t)ROWS * CLASSES, sizeof *score);
    uint32_t *class_of = calloc(ROWS, sizeof *class_of);
    assert_true(score && class_of);
    for (size_t i = 0; i < ROWS; i++) {
        class_of[i] = (uint32_t)i;
        score[i * CLASSES + i] = 0.5;
        score[i * CLASSES + (i + 1) % CLASSES] = 0.5;
    }
    const cr_answers a = {.task = CR_CLASSIFICATION,
                          .rows = ROWS,
                          .classes = CLASSES,
                          .class_of = class_of,
                          .score = score};
    const cr_metric_value v = one(&a, "auc", NULL);
    /* each class: one row above all others but one, which has the same score */
    assert_close(v.value, (ROWS - 2 + 0.5) / (ROWS - 1), 1e-12);
    assert_true(isnan(v.low) && isnan(v.high));
    free(score);
    free(class_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_scikit_learns),
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(finds_names),
        cmocka_unit_test(accuracy_has_wilsons_interval),
        cmocka_unit_test(resamples_spread_as_they_should),
        cmocka_unit_test(says_why),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(many_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
