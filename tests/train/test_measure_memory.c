/* Metrics, evaluations, health, logs and reports when memory runs out at any point: an error, nothing leaked, outputs untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/evaluate.h"
#include "chainrule/importance.h"
#include "chainrule/log.h"
#include "chainrule/metrics.h"
#include "chainrule/report.h"
#include "chainrule/train.h"
#include "failing_memory.h"
#include "train/health.h"

#if OWN_ALLOCATOR

static const uint32_t class_of[] = {0, 1, 2, 1, 0, 2};
static const double score[18] = {1,   0,   0, 0,   1,   0,   0, 0,   1,
                                 0.5, 0.5, 0, 0.2, 0.2, 0.6, 0, 0.5, 0.5};
static const cr_answers answers = {.task = CR_CLASSIFICATION,
                                   .rows = 6,
                                   .classes = 3,
                                   .class_of = class_of,
                                   .score = score,
                                   .target = score,
                                   .answer = score + 6};

/* Each does its work with an allocator that fails from call n on: 1 when that was enough. */
static int values(long n, cr_task task)
{
    cr_metric metric[16];
    cr_metric_value v[16];
    cr_answers a = answers;
    size_t some = 0;
    a.task = task;
    memset(v, 7, sizeof v);
    for (size_t i = 0; cr_metric_at(i); i++)
        if (cr_metric_at(i)->task == task)
            metric[some++] = (cr_metric){i, cr_metric_at(i)->value};
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_metric_values(&a, metric, some, NULL, v, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && *(char *)&v[0] == 7));
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int classes(long n)
{
    return values(n, CR_CLASSIFICATION);
}

static int numbers(long n)
{
    return values(n, CR_REGRESSION);
}

static int matrices(long n)
{
    double matrix[9];
    cr_calibration_bin bins[CR_CALIBRATION_BINS];
    const long before = outstanding;
    calls_left = n;
    cr_status status = cr_confusion(&answers, matrix, NULL);
    if (status == CR_OK)
        status = cr_calibration(&answers, bins, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || status == CR_ERR_MEMORY);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static cr_table *table_of(const char *text)
{
    static const cr_table_options wanted = {.label = "kind"};
    cr_table *t = NULL;
    assert_int_equal(cr_table_parse("t", text, strlen(text), &wanted, &t, NULL), CR_OK);
    return t;
}

static int evaluate(long n)
{
    static const char net[] = "inputs: 2\nlayers: [{units: 8, activation: relu}, "
                              "{units: 3, activation: softmax}]\nloss: cross-entropy\n";
    static const cr_fit_options quick = {
        .network = net, .network_size = sizeof net - 1, .train = {.epochs = 1, .threads = 1}};
    static const cr_evaluate_options options = {.threads = 1, .intervals = {.resamples = 10}};
    cr_table *t = table_of("a,b,kind\n1,2,x\n2,1,y\n3,5,x\n4,4,z\n5,9,x\n1,1,y\n");
    cr_model *m = NULL;
    cr_evaluation *e = NULL;
    cr_importance *importance = NULL;
    const cr_importance_options few = {.threads = 1, .repeats = 1};
    char *text = NULL, *json = NULL, *inside = NULL, *inside_json = NULL;
    assert_int_equal(cr_model_fit(t, &quick, &m, NULL, NULL), CR_OK);
    const long before = outstanding;
    calls_left = n;
    cr_status status = cr_model_evaluate(m, t, &options, &e, NULL);
    if (status == CR_OK)
        status = cr_evaluation_write(e, CR_REPORT_TEXT, &text, NULL, NULL);
    if (status == CR_OK)
        status = cr_evaluation_write(e, CR_REPORT_JSON, &json, NULL, NULL);
    if (status == CR_OK)
        status = cr_model_importance(m, t, &few, &importance, NULL);
    if (status == CR_OK)
        status = cr_model_inspect(m, CR_REPORT_TEXT, &inside, NULL, NULL);
    if (status == CR_OK)
        status = cr_model_inspect(m, CR_REPORT_JSON, &inside_json, NULL, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !inside_json));
    cr_report_free(text);
    cr_report_free(json);
    cr_report_free(inside);
    cr_report_free(inside_json);
    cr_importance_free(importance);
    cr_evaluation_free(e);
    assert_int_equal(outstanding, before);
    cr_model_free(m);
    cr_table_free(t);
    return status == CR_OK;
}

static int health(long n)
{
    static const float in[] = {1, 2}, target[] = {1};
    cr_builder *b = cr_builder_create(2);
    cr_net *net = NULL;
    struct health *h = NULL;
    char *text = NULL;
    cr_builder_dense(b, 1, "relu");
    cr_builder_weights(b, 0, (const double[]){-1, -1}, 2);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    const long before = outstanding;
    calls_left = n;
    cr_status status = cr_health_create(net, in, target, 1, &h, NULL);
    if (status == CR_OK) {
        cr_health_take(h, NULL, 0.1, 1, 1);
        status = cr_health_write(cr_health_sum_up(h), CR_REPORT_JSON, &text, NULL, NULL);
    }
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !text));
    cr_report_free(text);
    cr_health_free(h);
    assert_int_equal(outstanding, before);
    cr_net_free(net);
    cr_builder_free(b);
    return status == CR_OK;
}

/* A fit that leaves an outcome, and the page about it. */
static int page(long n, const char *text, const char *net)
{
    static const cr_table_options wanted = {.label = "kind"};
    cr_table *t = NULL;
    cr_model *m = NULL;
    cr_outcome *outcome = NULL;
    char *html = NULL;
    const cr_fit_options options = {.network = net,
                                    .network_size = strlen(net),
                                    .held_out = 0.3,
                                    .outcome = &outcome,
                                    .train = {.epochs = 2, .threads = 1}};
    const cr_report_options one = {.threads = 1};
    assert_int_equal(cr_table_parse("t", text, strlen(text), &wanted, &t, NULL), CR_OK);
    const long before = outstanding;
    calls_left = n;
    cr_status status = cr_model_fit(t, &options, &m, NULL, NULL);
    assert_true(status == CR_OK || (!m && !outcome));
    if (status == CR_OK)
        status = cr_report_html(m, t, outcome, &one, &html, NULL, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !html));
    cr_report_free(html);
    cr_outcome_free(outcome);
    cr_model_free(m);
    assert_int_equal(outstanding, before);
    cr_table_free(t);
    return status == CR_OK;
}

static int page_of_classes(long n)
{
    return page(n, "a,b,kind\n1,u,x\n2,v,y\n3,u,x\n4,,y\n5,u,x\n1,v,y\n",
                "inputs: 2\nlayers: [{units: 8, activation: relu}, "
                "{units: 2, activation: softmax}]\nloss: cross-entropy\n");
}

static int page_of_numbers(long n)
{
    return page(n, "a,b,kind\n1,u,1.5\n2,v,2\n3,u,3\n4,,4\n5,u,5\n1,v,1\n",
                "inputs: 2\nlayers: [{units: 8, activation: relu}, {units: 1}]\n");
}

static int logs(long n)
{
    cr_log *log = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_log_open("/dev/null", 0, &log, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !log));
    cr_log_close(log, NULL);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int (*const work[])(long) = {classes, numbers,         matrices,        evaluate,
                                 health,  page_of_classes, page_of_numbers, logs};
    for (size_t i = 0; i < sizeof work / sizeof *work; i++) {
        long n = 0;
        while (!work[i](n))
            n++;
        assert_true(n > 0);
        assert_true(work[i](n + 1000));
    }
}

#else

static void every_allocation_may_fail(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
