/* Preparing columns, target codes and splitting, against numpy and numbers worked out by hand. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
    assert_true(cr_mean_sd(v, NULL, 8, &mean, &sd));
    assert_true(mean == 5 && sd == 2);
    /* rows 0 and 7: mean 5.5, deviation 3.5 */
    assert_true(cr_mean_sd(v, (const size_t[]){7, 0}, 2, &mean, &sd));
    assert_true(mean == 5.5 && sd == 3.5);
    assert_true(cr_mean_sd(v, NULL, 1, &mean, &sd));
    assert_true(mean == 2 && sd == 0);
}

static void extreme_numbers(void **state)
{
    (void)state;
    double mean, sd;
    const double large[] = {8e307, -8e307, 8e307, -8e307}; /* squares overflow */
    assert_true(cr_mean_sd(large, NULL, 4, &mean, &sd));
    assert_true(mean == 0);
    near(sd, 8e307);
    const double small[] = {3e-300, 1e-300}; /* squares underflow */
    assert_true(cr_mean_sd(small, NULL, 2, &mean, &sd));
    near(mean, 2e-300);
    near(sd, 1e-300);
    const double same[] = {0.1, 0.1, 0.1}; /* whose sum is not 0.3 */
    assert_true(cr_mean_sd(same, NULL, 3, &mean, &sd));
    assert_true(mean == 0.1 && sd == 0);
    const double wide[] = {1.5e308, -1.5e308};
    assert_false(cr_mean_sd(wide, NULL, 2, &mean, &sd));
    const double far[] = {1e9 + 1, 1e9 + 2, 1e9 + 3}; /* far from 0 */
    assert_true(cr_mean_sd(far, NULL, 3, &mean, &sd));
    near(mean, 1e9 + 2);
    near(sd, sqrt(2.0 / 3));
}

static cr_table *parse(const char *text, const cr_table_options *options)
{
    cr_table *t = NULL;
    cr_error err = {0};
    if (cr_table_parse("t.csv", text, strlen(text), options, &t, &err) != CR_OK)
        fail_msg("%s", err.message);
    return t;
}

/* Fit all columns on the first n rows, in order. */
static struct prepare fit(const cr_table *t, size_t n, cr_scaling scaling)
{
    size_t columns[16], rows[256];
    struct prepare p = {0};
    for (size_t i = 0; i < t->cols; i++)
        columns[i] = i;
    for (size_t i = 0; i < n; i++)
        rows[i] = i;
    cr_error err = {0};
    if (cr_prepare_fit(&p, t, columns, t->cols, rows, n, scaling, &err))
        fail_msg("%s", err.message);
    return p;
}

static size_t apply(const struct prepare *p, const cr_table *t, float *out, size_t *input)
{
    struct prepare_table b;
    cr_error err = {0};
    if (cr_prepare_bind(p, t, &b, &err))
        fail_msg("%s", err.message);
    const size_t done = cr_prepare_rows(&b, NULL, NULL, 0, t->rows, out, input);
    cr_prepare_unbind(&b);
    return done;
}

/* Against the paper's rule in numpy, in which the last rows take no part in the fit. */
static void robust_scaling(void **state)
{
    (void)state;
    const struct {
        size_t n;
        const double *to, *want;
    } cases[] = {
#include "prepare.inc"
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096] = "x\n";
        float out[64];
        const size_t rows = cases[i].n + 4;
        for (size_t k = 0; k < rows; k++)
            sprintf(text + strlen(text), "%.17g\n", cases[i].to[k]);
        const char *const names[] = {"x"};
        const cr_column_type types[] = {CR_COLUMN_NUMBER};
        cr_table *t = parse(
            text, &(cr_table_options){.columns = names, .column_types = types, .n_columns = 1});
        struct prepare p = fit(t, cases[i].n, CR_SCALING_ROBUST);
        assert_int_equal(apply(&p, t, out, NULL), rows);
        for (size_t k = 0; k < rows; k++)
            if (!(fabs((double)out[k] - cases[i].want[k]) <= 1e-6 * fabs(cases[i].want[k]) + 1e-37))
                fail_msg("case %zu, row %zu: %g is not %g", i, k, (double)out[k], cases[i].want[k]);
        cr_prepare_free(&p);
        cr_table_free(t);
    }
}

static void quantiles(void **state)
{
    (void)state;
    uint64_t x = 3;
    for (size_t n = 1; n < 200; n++) {
        double v[200], w[200];
        for (size_t i = 0; i < n; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            v[i] = w[i] = (double)(x >> 33 & (n % 3 ? 1023 : 7));
        }
        for (size_t i = 1; i < n; i++) /* insertion sort */
            for (size_t k = i; k > 0 && w[k] < w[k - 1]; k--) {
                const double swap = w[k];
                w[k] = w[k - 1];
                w[k - 1] = swap;
            }
        for (int q = 0; q <= 8; q++) {
            const double at = q / 8.0 * (double)(n - 1);
            const size_t k = (size_t)at;
            const double want = w[k] + (k + 1 < n ? (w[k + 1] - w[k]) * (at - (double)k) : 0);
            assert_true(cr_quantile(v, n, q / 8.0) == want);
        }
    }
}

static void scalings(void **state)
{
    (void)state;
    cr_table *t = parse("a,b,c\n2,7,1.5\n4,7,2\n9,7,3\n", NULL);
    size_t input = 9;
    float out[9];
    struct prepare p = fit(t, 2, CR_SCALING_STANDARD);
    assert_int_equal(p.n_inputs, 3);
    assert_true(p.input[0].center == 3 && p.input[0].scale == 1); /* not of the third row */
    assert_int_equal(apply(&p, t, out, &input), 3);
    assert_true(out[0] == -1 && out[1] == 0 && out[6] == 6 && out[7] == 0);
    cr_table *far = parse("a,b,c\n2,7,1.5\n1e39,7,2\n", NULL);
    assert_int_equal(apply(&p, far, out, &input), 1);
    assert_int_equal(input, 0);
    cr_table_free(far);
    cr_prepare_free(&p);
    p = fit(t, 3, CR_SCALING_MIN_MAX);
    apply(&p, t, out, NULL);
    assert_true(out[0] == -1 && out[6] == 1 && out[1] == 0);
    cr_prepare_free(&p);
    p = fit(t, 3, CR_SCALING_NONE);
    apply(&p, t, out, NULL);
    assert_true(out[0] == 2 && out[6] == 9 && out[1] == 7);
    cr_prepare_free(&p);
    cr_table_free(t);
}

/* Categories, booleans, missing values and dates, unscaled, against values worked out by
 * hand; then a second table with levels that the first did not have. */
static void columns_become_inputs(void **state)
{
    (void)state;
    static const char *const names[] = {"pair=no",     "kind=a",    "kind=b",       "kind=c",
                                        "flag",        "n",         "n is missing", "day (days)",
                                        "day (month)", "day (day)", "day (weekday)"};
    const cr_table_options as = {.types = "pair=category"};
    cr_table *t = parse("pair,kind,flag,n,day\n"
                        "no,b,true,1,2024-02-29\n"
                        "off,a,,,1970-01-01\n"
                        ",c,false,5,\n"
                        "no,,true,2.5,2000-01-02\n",
                        &as);
    struct prepare p = fit(t, 4, CR_SCALING_NONE);
    float out[4 * 12];
    assert_int_equal(p.n_inputs, 12);
    for (size_t i = 0; i < 11; i++)
        assert_string_equal(p.input[i].name, names[i]);
    assert_string_equal(p.input[11].name, "day is missing");
    apply(&p, t, out, NULL);
    static const float want[] = {
        1,  0, 1, 0, 1,  1,   0, 19782, 2, 29, 4, 0, /* Thursday */
        -1, 1, 0, 0, 0,  2.5, 1, 0,     1, 1,  4, 0, /* Thursday; the median of 1, 2.5, 5 */
        0,  0, 0, 1, -1, 5,   0, 10958, 1, 2,  7, 1, /* the median day: 2000-01-02, a Sunday */
        1,  0, 0, 0, 1,  2.5, 0, 10958, 1, 2,  7, 0,
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (out[i] != want[i])
            fail_msg("row %zu, input %zu: %g is not %g", i / 12, i % 12, (double)out[i],
                     (double)want[i]);
    cr_table_free(t);

    const cr_table_options like = {
        .columns = p.column_name, .column_types = p.column_type, .n_columns = p.n_columns};
    t = parse("day,n,flag,kind,pair\n,NA,yes,z,maybe\n", &like);
    apply(&p, t, out, NULL);
    static const float other[] = {0, 0, 0, 0, 1, 2.5, 1, 10958, 1, 2, 7, 1};
    for (size_t i = 0; i < 12; i++)
        assert_true(out[i] == other[i]);
    cr_table_free(t);

    const cr_table_options flags = {.types = "flag=boolean"};
    t = parse("pair,kind,flag,n\nno,a,true,1\n", &flags);
    struct prepare_table b;
    cr_error err = {0};
    assert_int_equal(cr_prepare_bind(&p, t, &b, &err), CR_ERR_UNKNOWN);
    assert_string_equal(err.message, "there is no column 'day'");
    cr_table_free(t);
    t = parse("pair,kind,flag,n,day\nno,a,true,1,5\n", &flags);
    assert_int_equal(cr_prepare_bind(&p, t, &b, &err), CR_ERR_VALUE);
    assert_string_equal(err.message, "column 'day' is of type integer, but time is needed");
    cr_table_free(t);
    cr_prepare_free(&p);
}

/* 64 levels have inputs, the rest share one; which those are says how often they occur. */
static void rare_levels_are_pooled(void **state)
{
    (void)state;
    char text[8192] = "k,x\n";
    for (int level = 0; level < 70; level++)
        for (int i = 0; i < (level < 64 ? 2 : 1); i++)
            sprintf(text + strlen(text), "v%02d,0.5\n", (level * 3) % 70);
    sprintf(text + strlen(text), "new,0.5\n");
    cr_table *t = parse(text, &(cr_table_options){.types = "k=category"});
    const size_t columns[] = {0};
    size_t rows[256];
    struct prepare p = {0};
    for (size_t i = 0; i < t->rows; i++)
        rows[i] = i;
    cr_prepare_fit(&p, t, columns, 1, rows, t->rows - 1, CR_SCALING_NONE, NULL);
    float *out = calloc(t->rows * 65, sizeof *out);
    assert_int_equal(p.n_inputs, 65);
    assert_int_equal(p.column[0].n_levels, 70);
    assert_string_equal(p.input[64].name, "k=(others)");
    apply(&p, t, out, NULL);
    for (size_t r = 0; r < t->rows; r++) {
        float sum = 0;
        for (size_t i = 0; i < 65; i++)
            sum += out[r * 65 + i];
        assert_true(sum == (r + 1 < t->rows)); /* an unknown level is all zeros */
        assert_true(out[r * 65 + 64] == (r >= 128 && r + 1 < t->rows));
    }
    free(out);
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

static struct split split(size_t n, const struct split_options *o)
{
    size_t rows[200] = {0};
    struct split s = {0};
    for (size_t i = 0; i < n; i++)
        rows[i] = 2 * i; /* rows of a table of twice as many */
    assert_int_equal(cr_split(rows, n, o, &s, NULL), CR_OK);
    assert_int_equal(s.train + s.validation + s.test, n);
    unsigned char seen[400] = {0};
    for (size_t i = 0; i < n; i++) {
        assert_true(s.row[i] % 2 == 0 && !seen[s.row[i]]);
        seen[s.row[i]] = 1;
        if (i > 0 && i != s.train && i != s.train + s.validation)
            assert_true(s.row[i - 1] < s.row[i]);
    }
    return s;
}

static void random_splits(void **state)
{
    (void)state;
    enum { N = 103 };
    uint32_t classes[2 * N];
    for (uint32_t i = 0; i < N; i++)
        classes[2 * i] = i < 2 ? 2 : i % 3 == 0; /* 2 of class 2, 34 of class 1, 67 of class 0 */
    struct split_options o = {
        .kind = CR_SPLIT_STRATIFIED, .test = 0.2, .seed = 7, .of = classes, .n_of = 3};
    struct split s = split(N, &o), again = split(N, &o);
    size_t held[3] = {0};
    for (size_t i = s.train; i < N; i++)
        held[classes[s.row[i]]]++;
    assert_true(held[0] == 13 && held[1] == 7 && held[2] == 0);
    assert_memory_equal(s.row, again.row, N * sizeof *s.row);
    free(again.row);
    o.seed = 8;
    again = split(N, &o);
    assert_memory_not_equal(s.row, again.row, N * sizeof *s.row);
    free(again.row);
    free(s.row);

    o = (struct split_options){.test = 0.2, .validation = 0.25, .seed = 1};
    s = split(100, &o);
    assert_true(s.test == 20 && s.validation == 20);
    free(s.row);
    o = (struct split_options){.test = 0.999};
    s = split(100, &o);
    assert_int_equal(s.train, 1);
    free(s.row);
    s = split(1, &o);
    assert_int_equal(s.train, 1);
    free(s.row);
}

static void splits_by_group(void **state)
{
    (void)state;
    enum { N = 100 };
    uint32_t group[2 * N];
    for (uint32_t i = 0; i < N; i++)
        group[2 * i] = i % 10 == 9 ? CR_MISSING : i % 10; /* those without are one group */
    const struct split_options o = {
        .kind = CR_SPLIT_GROUP, .test = 0.2, .validation = 0.25, .seed = 3, .of = group, .n_of = 9};
    struct split s = split(N, &o);
    assert_true(s.test == 20 && s.validation == 20);
    int part_of[11];
    memset(part_of, -1, sizeof part_of);
    for (size_t i = 0; i < N; i++) {
        const int part = i < s.train ? 0 : i < s.train + s.validation ? 1 : 2;
        const uint32_t g = group[s.row[i]] == CR_MISSING ? 10 : group[s.row[i]];
        assert_true(part_of[g] == -1 || part_of[g] == part);
        part_of[g] = part;
    }
    free(s.row);
    const struct split_options one = {
        .kind = CR_SPLIT_GROUP, .test = 0.9, .of = (const uint32_t[200]){0}, .n_of = 1};
    s = split(N, &one);
    assert_int_equal(s.train, N);
    free(s.row);
}

static void splits_by_time(void **state)
{
    (void)state;
    enum { N = 50 };
    double time[2 * N];
    for (size_t i = 0; i < N; i++)
        time[2 * i] = i == 3 ? (double)NAN : (double)((i * 37) % N / 4); /* four rows each */
    const struct split_options o = {
        .kind = CR_SPLIT_TIME, .test = 0.2, .validation = 0.25, .time = time};
    struct split s = split(N, &o);
    assert_true(s.test == 10 && s.validation == 8); /* 10 would cut through a tie */
    double latest[3] = {-1, -1, -1}, first[3] = {99, 99, 99};
    for (size_t i = 0; i < N; i++) {
        const int part = i < s.train ? 0 : i < s.train + s.validation ? 1 : 2;
        const double t = time[s.row[i]];
        if (isnan(t)) {
            assert_int_equal(part, 0);
            continue;
        }
        latest[part] = t > latest[part] ? t : latest[part];
        first[part] = t < first[part] ? t : first[part];
    }
    assert_true(latest[0] < first[1] && latest[1] < first[2]);
    free(s.row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation),
        cmocka_unit_test(extreme_numbers),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(robust_scaling),
        cmocka_unit_test(scalings),
        cmocka_unit_test(columns_become_inputs),
        cmocka_unit_test(rare_levels_are_pooled),
        cmocka_unit_test(targets_and_answers),
        cmocka_unit_test(random_splits),
        cmocka_unit_test(splits_by_group),
        cmocka_unit_test(splits_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
