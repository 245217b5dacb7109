/* Reading tables, training, saving, loading and predicting when memory runs out at any
 * point: an error, nothing leaked, nothing left half done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/outcome.h"
#include "chainrule/train.h"
#include "failing_memory.h"

#if OWN_ALLOCATOR

static const char text[] = "a,b,kind\n1,2,x\n2,1,\"y \"\"q\"\"\"\n3,5,x\n4,4,z\n5,9,x\n";
static const char small[] = "inputs: 2\nlayers: [{units: 8, activation: relu}, "
                            "{units: 3, activation: softmax}]\nloss: cross-entropy\n";
static const cr_table_options wanted = {.label = "kind"};
static char folder[] = "/tmp/chainrule-memory-XXXXXX", data[64], saved[64];

/* Each does its work with an allocator that fails from call n on: 1 when that was enough. */
static int read_table(long n)
{
    cr_table *t = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_table_read(data, &wanted, &t, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !t));
    cr_table_free(t);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static cr_table *whole_table(void)
{
    cr_table *t = NULL;
    assert_int_equal(cr_table_read(data, &wanted, &t, NULL), CR_OK);
    return t;
}

static int fit(long n)
{
    static const cr_fit_options options = {.network = small,
                                           .network_size = sizeof small - 1,
                                           .held_out = 0.4,
                                           .train = {.epochs = 1, .threads = 1, .batch = 2}};
    cr_table *t = whole_table();
    cr_model *m = NULL;
    cr_error err = {0};
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_fit(t, &options, &m, NULL, &err);
    calls_left = -1;
    if (status != CR_OK && (status != CR_ERR_MEMORY || m))
        fail_msg("%s: %s", cr_status_name(status), err.message);
    cr_model_free(m);
    assert_int_equal(outstanding, before);
    cr_table_free(t);
    return status == CR_OK;
}

/* By L-BFGS, with all that the report needs. */
static int fit_whole(long n)
{
    cr_table *t = whole_table();
    cr_model *m = NULL;
    cr_outcome *outcome = NULL;
    const cr_fit_options options = {.network = small,
                                    .network_size = sizeof small - 1,
                                    .held_out = 0.4,
                                    .optimiser = "lbfgs",
                                    .outcome = &outcome,
                                    .train = {.epochs = 2, .threads = 1}};
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_fit(t, &options, &m, NULL, NULL);
    calls_left = -1;
    assert_true(status == CR_OK ? m && outcome : status == CR_ERR_MEMORY && !m && !outcome);
    cr_outcome_free(outcome);
    cr_model_free(m);
    assert_int_equal(outstanding, before);
    cr_table_free(t);
    return status == CR_OK;
}

static int search_rates(long n)
{
    static const cr_fit_options options = {
        .network = small, .network_size = sizeof small - 1, .train = {.threads = 1, .batch = 2}};
    static const cr_rate_options rates = {.steps = 12};
    cr_table *t = whole_table();
    cr_rate_search *found = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_rate_search(t, &options, &rates, &found, NULL);
    calls_left = -1;
    assert_true(status == CR_OK ? found != NULL : status == CR_ERR_MEMORY && !found);
    cr_rate_search_free(found);
    assert_int_equal(outstanding, before);
    cr_table_free(t);
    return status == CR_OK;
}

static int save_and_stop(void *ctx, const cr_progress *p)
{
    (void)ctx;
    return p->total_steps == 3 ? CR_TRAIN_SAVE | CR_TRAIN_STOP : 0;
}

/* From a checkpoint of its second epoch. */
static int resume(long n)
{
    static const float in[8] = {0, 1, 1, 0, 0.5F, 2, 1, 1}, targets[4] = {1, 0, 0.5F, 1};
    static const cr_examples rows = {in, targets, 4};
    char path[80];
    snprintf(path, sizeof path, "%s.checkpoint", saved);
    cr_train_options o = {
        .epochs = 3, .batch = 2, .threads = 1, .checkpoint = path, .progress = save_and_stop};
    cr_builder *b = cr_builder_create(2);
    cr_net *net = NULL;
    cr_builder_dense(b, 1, "identity");
    cr_builder_optimiser(b, "adam", 0.01);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_train(net, &rows, NULL, &o, NULL, NULL), CR_OK);
    o.progress = NULL;
    o.resume = 1;
    const long before = outstanding;
    cr_train_result result = {0};
    calls_left = n;
    const cr_status status = cr_train(net, &rows, NULL, &o, &result, NULL);
    calls_left = -1;
    assert_true(status == CR_OK ? result.steps == 6 : status == CR_ERR_MEMORY);
    assert_int_equal(outstanding, before);
    cr_net_free(net);
    assert_int_equal(unlink(path), 0);
    return status == CR_OK;
}

/* The recipe's network, which is not made into parameters. */
static int config(long n)
{
    cr_table *t = whole_table();
    char *out = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_config(t, NULL, &out, NULL);
    calls_left = -1;
    assert_true(status == CR_OK ? out != NULL : status == CR_ERR_MEMORY && !out);
    free(out);
    assert_int_equal(outstanding, before);
    cr_table_free(t);
    return status == CR_OK;
}

static int save(long n)
{
    cr_model *m = NULL;
    assert_int_equal(cr_model_load(saved, &m, NULL), CR_OK);
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_save(m, saved, NULL);
    calls_left = -1;
    assert_int_equal(outstanding, before);
    cr_model_free(m);
    return status == CR_OK;
}

static int load(long n)
{
    cr_model *m = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_model_load(saved, &m, NULL);
    calls_left = -1;
    assert_true((status == CR_OK) == (m != NULL));
    cr_model_free(m);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int predict(long n)
{
    cr_model *m = NULL;
    FILE *out = fopen("/dev/null", "w");
    assert_int_equal(cr_model_load(saved, &m, NULL), CR_OK);
    const long before = outstanding;
    calls_left = n;
    const cr_status status =
        cr_model_predict(m, data, &(cr_predict_options){.threads = 1}, out, NULL, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || status == CR_ERR_MEMORY);
    fflush(out);
    assert_true(outstanding - before <= 1); /* the stream's own buffer */
    fclose(out);
    cr_model_free(m);
    return status == CR_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int (*const work[])(long) = {read_table, fit,  fit_whole, search_rates, resume,
                                 config,     save, load,      predict};
    for (size_t i = 0; i < sizeof work / sizeof *work; i++) {
        long n = 0;
        while (!work[i](n))
            n++;
        assert_true(n > 2);
        assert_true(work[i](n + 1000));
    }
}

/* From the first step to the last epoch's end, an allocation would fail. */
static int forbid(void *ctx, const cr_progress *p)
{
    long *held = ctx;
    if (p->epoch == 1 && p->step == 1)
        *held = outstanding;
    assert_int_equal(outstanding, *held);
    calls_left = p->epoch_done && p->epoch == p->epochs ? -1 : 0;
    return 0;
}

static void steps_allocate_nothing(void **state)
{
    (void)state;
    static const char *const optimisers[] = {NULL, "lbfgs", "lbfgs-fixed"};
    for (size_t i = 0; i < sizeof optimisers / sizeof *optimisers; i++) {
        long held = 0;
        cr_table *t = whole_table();
        cr_model *m = NULL;
        const cr_fit_options options = {.network = small,
                                        .network_size = sizeof small - 1,
                                        .held_out = 0.4,
                                        .optimiser = optimisers[i],
                                        .train = {.epochs = 3,
                                                  .threads = 2,
                                                  .batch = optimisers[i] ? 0 : 2,
                                                  .progress = forbid,
                                                  .ctx = &held}};
        assert_int_equal(cr_model_fit(t, &options, &m, NULL, NULL), CR_OK);
        assert_int_equal(calls_left, -1);
        assert_true(held > 0);
        cr_model_free(m);
        cr_table_free(t);
    }
}

#else

static void steps_allocate_nothing(void **state)
{
    (void)state;
    skip();
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    skip();
}

#endif

static int set_up(void **state)
{
    (void)state;
#if OWN_ALLOCATOR
    static const cr_fit_options options = {
        .network = small, .network_size = sizeof small - 1, .train = {.epochs = 1, .threads = 1}};
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof data, "%s/t.csv", folder);
    snprintf(saved, sizeof saved, "%s/m", folder);
    FILE *f = fopen(data, "w");
    fputs(text, f);
    fclose(f);
    cr_table *t = whole_table();
    cr_model *m = NULL;
    assert_int_equal(cr_model_fit(t, &options, &m, NULL, NULL), CR_OK);
    assert_int_equal(cr_model_save(m, saved, NULL), CR_OK);
    cr_model_free(m);
    cr_table_free(t);
#endif
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
#if OWN_ALLOCATOR
    unlink(data);
    unlink(saved);
    return rmdir(folder); /* fails where a temporary file was left */
#else
    return 0;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(steps_allocate_nothing)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
