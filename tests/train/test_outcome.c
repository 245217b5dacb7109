/* What a fit leaves: which rows were in which part, the history, the health; and that looking
 * changes no bit of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "chainrule/outcome.h"
#include "chainrule/report.h"
#include "helpers.h"

enum { ROWS = 90, EPOCHS = 7 };

static cr_table *make_table(size_t rows)
{
    static const cr_table_options wanted = {.label = "y"};
    struct text csv = {0};
    cr_table *t = NULL;
    cr_text_add(&csv, "a,b,y\n");
    for (size_t i = 0; i < rows; i++) {
        const double a = uniform(-1, 1), b = uniform(-1, 1);
        cr_text_printf(&csv, "%.6f,%.6f,%.6f\n", a, b, a * b + a);
    }
    assert_int_equal(cr_table_parse("t", csv.s, csv.len, &wanted, &t, NULL), CR_OK);
    cr_text_free(&csv);
    return t;
}

static void check_part(const cr_part *part, const cr_table *table, size_t n, int *seen)
{
    assert_ptr_equal(part->table, table);
    assert_int_equal(part->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || part->row[i - 1] < part->row[i]);
        seen[part->row[i]]++;
    }
}

static void leaves_what_happened(void **state)
{
    (void)state;
    cr_outcome *outcome = NULL;
    cr_table *t = make_table(ROWS);
    cr_model *watched = NULL, *alone = NULL;
    int seen[ROWS] = {0};
    cr_fit_options o = {.held_out = 0.2,
                        .validation = 0.25,
                        .outcome = &outcome,
                        .train = {.epochs = EPOCHS, .threads = 1}};
    assert_int_equal(cr_model_fit(t, &o, &watched, NULL, NULL), CR_OK);
    o.outcome = NULL;
    assert_int_equal(cr_model_fit(t, &o, &alone, NULL, NULL), CR_OK);
    const size_t n = cr_net_n_params(cr_model_net(alone));
    assert_memory_equal(cr_net_params(cr_model_net(watched)), cr_net_params(cr_model_net(alone)),
                        n * sizeof(float));

    const cr_fit_report *r = &outcome->report;
    assert_int_equal(r->rows + r->validation + r->test, ROWS);
    assert_true(r->validation > 0 && r->test > 0);
    check_part(&outcome->train, t, r->rows, seen);
    check_part(&outcome->validation, t, r->validation, seen);
    check_part(&outcome->test, t, r->test, seen);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(outcome->n_epochs, EPOCHS);
    assert_int_equal(outcome->epoch[EPOCHS - 1].epoch, EPOCHS);
    assert_int_equal(outcome->epoch[0].validation.rows, r->validation);
    assert_non_null(outcome->health);
    assert_int_equal(outcome->health->looks, EPOCHS);
    assert_int_equal(outcome->health->rows, r->rows);
    assert_int_equal(outcome->health->look[EPOCHS - 1].steps, r->result.steps);
    cr_outcome_free(outcome);
    cr_model_free(watched);
    cr_model_free(alone);
    cr_table_free(t);
}

/* Test rows from another table: the report measures them there. */
static void parts_may_be_of_other_tables(void **state)
{
    (void)state;
    cr_outcome *outcome = NULL;
    cr_table *t = make_table(ROWS), *other = make_table(20);
    cr_model *m = NULL;
    char *page;
    const cr_fit_options o = {
        .test_table = other, .outcome = &outcome, .train = {.epochs = 1, .threads = 1}};
    assert_int_equal(cr_model_fit(t, &o, &m, NULL, NULL), CR_OK);
    assert_int_equal(outcome->test.n, 20);
    assert_ptr_equal(outcome->test.table, other);
    assert_int_equal(cr_report_html(m, t, outcome, NULL, &page, NULL, NULL), CR_OK);
    assert_non_null(strstr(page, "On 20 test rows"));
    cr_report_free(page);
    cr_outcome_free(outcome);
    cr_model_free(m);
    cr_table_free(t);
    cr_table_free(other);
}

/* A failure leaves the outcome alone. */
static void failures_leave_nothing(void **state)
{
    (void)state;
    cr_outcome *outcome = NULL;
    cr_table *t = make_table(ROWS);
    cr_model *m = NULL;
    static const char net[] = "inputs: 2\nlayers: [{units: 8, activation: relu}, {units: 1}]\n";
    const cr_fit_options o = {.network = net,
                              .network_size = sizeof net - 1,
                              .outcome = &outcome,
                              .train = {.epochs = 3, .threads = 1, .learning_rate = 1e6}};
    assert_int_equal(cr_model_fit(t, &o, &m, NULL, NULL), CR_ERR_DIVERGED);
    assert_null(outcome);
    assert_null(m);
    cr_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaves_what_happened),
                                       cmocka_unit_test(parts_may_be_of_other_tables),
                                       cmocka_unit_test(failures_leave_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
