/* Permutation importance, against shuffling the column in the table itself and evaluating. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"
#include "chainrule/importance.h"
#include "chainrule/train.h"
#include "helpers.h"

enum { ROWS = 120, SEED = 5 };

static const char *const colours[] = {"red", "green", "blue"};
static double a[ROWS], noise[ROWS], y[ROWS];
static size_t colour[ROWS];

static void make_data(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = uniform(-2, 2);
        noise[i] = uniform(-2, 2);
        colour[i] = below(3);
        y[i] = 3 * a[i] + (double)colour[i];
    }
}

/* The table with the columns in another order of the rows; NULL: as it is. */
static cr_table *table(const size_t *order_a, const size_t *order_colour, int classes)
{
    static const cr_table_options wanted = {.label = "y"};
    struct text csv = {0};
    cr_table *t = NULL;
    cr_text_add(&csv, "noise,colour,a,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        cr_text_printf(&csv, "%.17g,%s,%.17g,", noise[i],
                       colours[colour[order_colour ? order_colour[i] : i]],
                       a[order_a ? order_a[i] : i]);
        if (classes)
            cr_text_printf(&csv, "%s\n", y[i] > 1 ? "high" : "low");
        else
            cr_text_printf(&csv, "%.17g\n", y[i]);
    }
    assert_int_equal(cr_table_parse("t", csv.s, csv.len, &wanted, &t, NULL), CR_OK);
    cr_text_free(&csv);
    return t;
}

static double evaluate(const cr_model *m, cr_table *t, const char *metric)
{
    cr_evaluation *e = NULL;
    const cr_evaluate_options o = {.intervals = {.none = 1}};
    assert_int_equal(cr_model_evaluate(m, t, &o, &e, NULL), CR_OK);
    const double v = cr_evaluation_metric(e, metric)->value;
    cr_evaluation_free(e);
    cr_table_free(t);
    return v;
}

/* What shuffling column number c of the model `repeats` times does to the metric. */
static double by_hand(const cr_model *m, size_t c, size_t repeats, int classes)
{
    const char *metric = classes ? "accuracy" : "rmse";
    const double before = evaluate(m, table(NULL, NULL, classes), metric);
    double sum = 0;
    for (size_t r = 0; r < repeats; r++) {
        size_t order[ROWS];
        const struct random_key key = {SEED, RANDOM_PERMUTE, (uint32_t)(c * repeats + r)};
        cr_random_permutation(key, order, ROWS);
        sum += evaluate(m, table(c == 2 ? order : NULL, c == 1 ? order : NULL, classes), metric) -
               before;
    }
    return (classes ? -1 : 1) * sum / (double)repeats;
}

static const cr_importance_item *item(const cr_importance *importance, const char *column)
{
    for (size_t i = 0; i < importance->columns; i++)
        if (!strcmp(importance->item[i].column, column))
            return &importance->item[i];
    fail_msg("no column %s", column);
    return NULL;
}

static void check(int classes)
{
    cr_table *t = table(NULL, NULL, classes);
    const cr_fit_options quick = {.train = {.epochs = 60, .threads = 1}};
    const cr_importance_options one = {.repeats = 3, .seed = SEED, .threads = 1};
    const cr_importance_options two = {.repeats = 3, .seed = SEED, .threads = 2};
    cr_model *m = NULL;
    cr_importance *importance, *again;
    assert_int_equal(cr_model_fit(t, &quick, &m, NULL, NULL), CR_OK);
    assert_int_equal(cr_model_importance(m, t, &one, &importance, NULL), CR_OK);
    assert_int_equal(cr_model_importance(m, t, &two, &again, NULL), CR_OK);
    assert_int_equal(importance->columns, 3);
    assert_int_equal(importance->rows, ROWS);
    assert_string_equal(importance->item[0].column, "a");
    assert_true(fabs(item(importance, "noise")->mean) < 0.1 * importance->item[0].mean);
    assert_close(item(importance, "a")->mean, by_hand(m, 2, 3, classes), 1e-9);
    assert_close(item(importance, "colour")->mean, by_hand(m, 1, 3, classes), 1e-9);
    for (size_t i = 0; i < 3; i++) {
        assert_same_doubles(&importance->item[i].mean, &again->item[i].mean, 1);
        assert_same_doubles(&importance->item[i].sd, &again->item[i].sd, 1);
        assert_true(importance->item[i].sd >= 0);
    }
    cr_importance_free(importance);
    cr_importance_free(again);
    cr_model_free(m);
    cr_table_free(t);
}

static void numbers(void **state)
{
    (void)state;
    check(0);
}

static void classes(void **state)
{
    (void)state;
    check(1);
}

/* Some rows only, and fewer of them. */
static void rows_can_be_chosen(void **state)
{
    (void)state;
    size_t rows[40];
    cr_table *t = table(NULL, NULL, 0);
    const cr_fit_options quick = {.train = {.epochs = 2, .threads = 1}};
    const cr_importance_options o = {
        .rows = rows, .n_rows = 40, .most_rows = 30, .repeats = 1, .threads = 1};
    cr_model *m = NULL;
    cr_importance *importance;
    for (size_t i = 0; i < 40; i++)
        rows[i] = 3 * i;
    assert_int_equal(cr_model_fit(t, &quick, &m, NULL, NULL), CR_OK);
    assert_int_equal(cr_model_importance(m, t, &o, &importance, NULL), CR_OK);
    assert_int_equal(importance->rows, 30);
    assert_true(isnan(importance->item[0].sd));
    cr_importance_free(importance);
    cr_model_free(m);
    cr_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(classes),
                                       cmocka_unit_test(rows_can_be_chosen)};
    make_data();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
