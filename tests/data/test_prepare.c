/* Standardising, target codes and splitting, against numbers worked out by hand. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/prepare.h"
#include "data/split.h"

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-14 * fabs(want)))
        fail_msg("%.17g is not %.17g", got, want);
}

static void mean_and_deviation(void **state)
{
    (void)state;
    /* the classic example: mean 5, population deviation 2 */
    const double v[] = {2, 4, 4, 4, 5, 5, 7, 9};
    double mean, sd;
    assert_true(cr_mean_sd(v, 1, NULL, 8, &mean, &sd));
    assert_true(mean == 5 && sd == 2);
    /* every second: 2 4 5 7: mean 4.5, deviation sqrt(3.25) */
    assert_true(cr_mean_sd(v, 2, NULL, 4, &mean, &sd));
    near(mean, 4.5);
    near(sd, sqrt(3.25));
    /* rows 0 and 7: mean 5.5, deviation 3.5 */
    assert_true(cr_mean_sd(v, 1, (const size_t[]){7, 0}, 2, &mean, &sd));
    assert_true(mean == 5.5 && sd == 3.5);
    assert_true(cr_mean_sd(v, 1, NULL, 1, &mean, &sd));
    assert_true(mean == 2 && sd == 0);
}

static void extreme_numbers(void **state)
{
    (void)state;
    double mean, sd;
    const double large[] = {8e307, -8e307, 8e307, -8e307}; /* squares overflow */
    assert_true(cr_mean_sd(large, 1, NULL, 4, &mean, &sd));
    assert_true(mean == 0);
    near(sd, 8e307);
    const double small[] = {3e-300, 1e-300}; /* squares underflow */
    assert_true(cr_mean_sd(small, 1, NULL, 2, &mean, &sd));
    near(mean, 2e-300);
    near(sd, 1e-300);
    const double same[] = {0.1, 0.1, 0.1}; /* whose sum is not 0.3 */
    assert_true(cr_mean_sd(same, 1, NULL, 3, &mean, &sd));
    assert_true(mean == 0.1 && sd == 0);
    const double wide[] = {1.5e308, -1.5e308};
    assert_false(cr_mean_sd(wide, 1, NULL, 2, &mean, &sd));
    const double far[] = {1e9 + 1, 1e9 + 2, 1e9 + 3}; /* far from 0 */
    assert_true(cr_mean_sd(far, 1, NULL, 3, &mean, &sd));
    near(mean, 1e9 + 2);
    near(sd, sqrt(2.0 / 3));
}

static void inputs(void **state)
{
    (void)state;
    const char text[] = "a,b,c\n2,7,1\n4,7,2\n9,7,3\n";
    cr_table *t = NULL;
    struct prepare p = {0};
    const size_t columns[] = {1, 0}, rows[] = {0, 1};
    assert_int_equal(cr_table_parse("t", text, strlen(text), NULL, &t, NULL), CR_OK);
    assert_int_equal(cr_prepare_fit_inputs(&p, t, columns, 2, rows, 2, NULL), CR_OK);
    assert_string_equal(p.input[0], "b");
    assert_string_equal(p.input[1], "a");
    assert_true(p.mean[1] == 3 && p.sd[1] == 1); /* the third row was not looked at */
    float out[2];
    assert_int_equal(cr_prepare_inputs(&p, (const double[]){9, 9}, out), 2);
    assert_true(out[0] == 0 && out[1] == 6); /* a constant column gives 0 */
    assert_int_equal(cr_prepare_inputs(&p, (const double[]){9, 1e39}, out), 1);
    cr_prepare_free(&p);
    cr_table_free(t);
}

static void targets_and_answers(void **state)
{
    (void)state;
    float out[3] = {9, 9, 9};
    double probability[3];
    struct prepare p = {.code = CODE_ONE_HOT, .n_outputs = 3, .classes = {.n = 3}};
    cr_prepare_target(&p, 0, 1, out);
    assert_true(out[0] == 0 && out[1] == 1 && out[2] == 0);
    p.off = -1;
    cr_prepare_target(&p, 0, 2, out);
    assert_true(out[0] == -1 && out[1] == -1 && out[2] == 1);
    assert_int_equal(cr_prepare_class(&p, (const float[]){0.2f, 0.7f, 0.1f}, probability), 1);
    assert_true(probability[1] == (double)0.7f);
    assert_int_equal(cr_prepare_class(&p, (const float[]){2, 2, 1}, NULL), 0); /* ties: the first */

    p = (struct prepare){.code = CODE_ONE_COLUMN, .n_outputs = 1, .classes = {.n = 2}};
    cr_prepare_target(&p, 0, 1, out);
    assert_true(out[0] == 1);
    assert_int_equal(cr_prepare_class(&p, (const float[]){0.75f}, probability), 1);
    assert_true(probability[0] == 0.25 && probability[1] == 0.75);
    p.off = -1;
    cr_prepare_target(&p, 0, 0, out);
    assert_true(out[0] == -1);
    assert_int_equal(cr_prepare_class(&p, (const float[]){-0.5f}, probability), 0);
    assert_true(probability[0] == 0.75 && probability[1] == 0.25);
    assert_int_equal(cr_prepare_class(&p, (const float[]){3}, probability), 1);
    assert_true(probability[0] == 0 && probability[1] == 1);

    p = (struct prepare){.code = CODE_NUMBER, .n_outputs = 1, .target_mean = 10, .target_sd = 4};
    cr_prepare_target(&p, 16, 0, out);
    assert_true(out[0] == 1.5f && cr_prepare_number(&p, out) == 16);
    p.target_sd = 0;
    cr_prepare_target(&p, 16, 0, out);
    assert_true(out[0] == 0 && cr_prepare_number(&p, (const float[]){3}) == 10);
    p = (struct prepare){.code = CODE_LOG_NUMBER, .n_outputs = 1, .target_sd = 1};
    cr_prepare_target(&p, 16, 0, out);
    assert_true(out[0] == 16 && cr_prepare_number(&p, (const float[]){0}) == 1);
}

static void splits(void **state)
{
    (void)state;
    enum { N = 103 };
    size_t order[N], again[N], n_train = 0;
    uint32_t classes[N];
    for (uint32_t i = 0; i < N; i++)
        classes[i] = i < 2 ? 2 : i % 3 == 0; /* 2 of class 2, 34 of class 1, 67 of class 0 */
    assert_int_equal(cr_split(N, 0.2, 7, classes, 3, order, &n_train, NULL), CR_OK);
    size_t held[3] = {0}, seen[N] = {0};
    for (size_t i = 0; i < N; i++) {
        seen[order[i]]++;
        held[classes[order[i]]] += i >= n_train;
        assert_true(i == 0 || i == n_train || order[i - 1] < order[i]);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(held[0], 13);
    assert_int_equal(held[1], 7);
    assert_int_equal(held[2], 0);
    assert_int_equal(n_train, N - 20);
    assert_int_equal(cr_split(N, 0.2, 7, classes, 3, again, &n_train, NULL), CR_OK);
    assert_memory_equal(order, again, sizeof order);
    assert_int_equal(cr_split(N, 0.2, 8, classes, 3, again, &n_train, NULL), CR_OK);
    assert_memory_not_equal(order, again, sizeof order);

    assert_int_equal(cr_split(N, 0, 7, NULL, 0, order, &n_train, NULL), CR_OK);
    assert_int_equal(n_train, N);
    assert_int_equal(cr_split(N, 0.999, 7, NULL, 0, order, &n_train, NULL), CR_OK);
    assert_int_equal(n_train, 1);
    assert_int_equal(cr_split(1, 0.9, 7, NULL, 0, order, &n_train, NULL), CR_OK);
    assert_int_equal(n_train, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation),
        cmocka_unit_test(extreme_numbers),
        cmocka_unit_test(inputs),
        cmocka_unit_test(targets_and_answers),
        cmocka_unit_test(splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
