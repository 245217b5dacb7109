/* The search for a learning rate: against the losses of gradient descent on a straight line worked out
 * here in float64, and what it suggests and refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/chainrule.h"
#include "train/rate_search.h"

static cr_net *network(const char *text)
{
    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_net_load_memory(text, strlen(text), "line", &(cr_load_options){.type = CR_F32}, &net,
                           &err))
        fail_msg("%s", err.message);
    return net;
}

static const char line[] = "inputs: 1\n"
                           "layers:\n"
                           "  - {units: 1, activation: identity, weights: [[0.5]], bias: [0]}\n"
                           "loss: half-squared\n";

/* y = w x + b with the loss (y - t)^2/2 of one row; steps of rates first r^k. */
static void losses_are_those_of_gradient_descent(void **state)
{
    (void)state;
    enum { STEPS = 40 };
    const float x = 1.5F, target = 2;
    const double first = 1e-3, last = 0.5;
    double w = 0.5, b = 0, average = 0, weight = 0;
    cr_net *net = network(line);
    cr_rate_search *s;
    cr_error err = {0};
    assert_int_equal(cr_train_rate_search(net, &(cr_examples){&x, &target, 1},
                                          &(cr_train_options){.batch = 1, .threads = 1},
                                          &(cr_rate_options){first, last, STEPS}, &s, &err),
                     CR_OK);
    assert_int_equal(s->n, STEPS);
    assert_false(s->diverged);
    for (int k = 0; k < STEPS; k++) {
        const double rate = first * pow(last / first, k / (STEPS - 1.0));
        const double miss = w * 1.5 + b - 2;
        average = 0.9 * average + 0.1 * miss * miss / 2;
        weight = 0.9 * weight + 0.1;
        assert_true(fabs(s->point[k].rate - rate) <= 1e-12 * rate);
        assert_true(fabs(s->point[k].loss - miss * miss / 2) <= 1e-5 * miss * miss + 1e-9);
        assert_true(fabs(s->point[k].smoothed - average / weight) <=
                    1e-5 * average / weight + 1e-9);
        w -= rate * miss * 1.5;
        b -= rate * miss;
    }
    assert_true(s->chosen < s->n && s->suggested == s->point[s->chosen].rate);
    cr_rate_search_free(s);
    cr_net_free(net);
}

/* The parameters are what they were; with rates that make each step worse it ends early. */
static void the_network_stays_as_it_was(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3}, t[] = {2, 4, 6};
    cr_net *net = network(line);
    const float before[] = {0.5F, 0};
    cr_rate_search *s;
    cr_error err = {0};
    for (int threads = 1; threads <= 4; threads += 3) {
        assert_int_equal(cr_train_rate_search(net, &(cr_examples){x, t, 3},
                                              &(cr_train_options){.threads = threads}, NULL, &s,
                                              &err),
                         CR_OK);
        assert_true(s->diverged);
        assert_true(s->n < 100);
        assert_true(s->point[0].rate == 1e-6);
        for (size_t g = 0; g < cr_net_n_groups(net); g++) {
            const float *now = cr_net_params(net);
            assert_true(now[cr_net_group(net, g).offset] == before[g]);
        }
        cr_rate_search_free(s);
    }
    cr_net_free(net);
}

/* Of those before the lowest, and after the first tenth. */
static void the_steepest_fall_is_chosen(void **state)
{
    (void)state;
    cr_rate_point p[] = {{1, 0, 2.05}, {10, 0, 2},     {100, 0, 1.9}, {1e3, 0, 1.8},
                         {1e4, 0, 1},  {1e5, 0, 0.95}, {1e6, 0, 0.8}, {1e7, 0, 5}};
    assert_int_equal(cr_rate_search_choose(p, 8), 3); /* (1 - 1.9)/(2 ln 10) */
    p[5].smoothed = 0.85;
    assert_int_equal(cr_rate_search_choose(p, 8), 4); /* (0.85 - 1.8) is more */
    cr_rate_point up[] = {{1, 0, 1}, {2, 0, 2}, {4, 0, 3}, {8, 0, 4}};
    assert_int_equal(cr_rate_search_choose(up, 4), 4);
    assert_int_equal(cr_rate_search_choose(up, 0), 0);
}

static void refused(void **state)
{
    (void)state;
    const float x = 1, t = 2, huge = 3e38F;
    const struct {
        cr_rate_options rates;
        const float *target;
        cr_status status;
        const char *says;
    } cases[] = {
        {{1, 0.1, 0}, &t, CR_ERR_ARGUMENT, "must grow"},
        {{-1, 1, 0}, &t, CR_ERR_ARGUMENT, "must grow"},
        {{NAN, 1, 0}, &t, CR_ERR_ARGUMENT, "must grow"},
        {{1e-9, 1e5, 0}, &t, CR_ERR_ARGUMENT, "1e12 times"},
        {{1e-3, INFINITY, 0}, &t, CR_ERR_ARGUMENT, "must grow"},
        {{0, 0, 9}, &t, CR_ERR_ARGUMENT, "not 9"},
        {{0, 0, 0}, &huge, CR_ERR_DIVERGED, "step 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *net = network(line);
        cr_rate_search *s = NULL;
        cr_error err = {0};
        assert_int_equal(cr_train_rate_search(net, &(cr_examples){&x, cases[i].target, 1}, NULL,
                                              &cases[i].rates, &s, &err),
                         cases[i].status);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%zu: %s", i, err.message);
        assert_null(s);
        cr_net_free(net);
    }
}

/* What is written says what was found. */
static void is_written(void **state)
{
    (void)state;
    cr_rate_point p[] = {{0.001, 2, 2}, {0.01, 1.5, 1.75}, {0.1, 1, 1.5}, {1, 90, 80}};
    const cr_rate_search s = {p, 4, 1, 1, 0.01};
    const cr_rate_search none = {p, 4, 1, 4, NAN};
    char *text;
    size_t len;
    assert_int_equal(cr_rate_search_write(&s, CR_RATE_CSV, &text, &len, NULL), CR_OK);
    assert_string_equal(text, "rate,loss,smoothed\n0.001,2,2\n0.01,1.5,1.75\n0.1,1,1.5\n1,90,80\n");
    assert_int_equal(len, strlen(text));
    cr_report_free(text);
    assert_int_equal(cr_rate_search_write(&s, CR_RATE_SVG, &text, NULL, NULL), CR_OK);
    assert_non_null(strstr(text, "falls fastest at a learning rate of 0.01."));
    assert_non_null(strstr(text, ">suggested<"));
    cr_report_free(text);
    assert_int_equal(cr_rate_search_write(&none, CR_RATE_SVG, &text, NULL, NULL), CR_OK);
    assert_non_null(strstr(text, "falls at no learning rate"));
    assert_null(strstr(text, ">suggested<"));
    cr_report_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_gradient_descent),
        cmocka_unit_test(the_network_stays_as_it_was),
        cmocka_unit_test(the_steepest_fall_is_chosen),
        cmocka_unit_test(refused),
        cmocka_unit_test(is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
