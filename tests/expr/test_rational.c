/* Rationals against Python's fractions (rational.txt, made by make_fixtures.py), and the
 * decimals that people see against hand-made tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr/decimal.h"
#include "expr/rational.h"

enum { LINE = 8192, WORDS = 8 };

static FILE *fixture(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/expr/%s", SOURCE_DIR, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    return f;
}

/* "p/q" of whole numbers */
static struct rational fraction(const char *s)
{
    struct rational top, bottom, out;
    const char *slash = strchr(s, '/');
    assert_non_null(slash);
    assert_int_equal(cr_rational_decimal(&top, s, (size_t)(slash - s)), 1);
    assert_int_equal(cr_rational_decimal(&bottom, slash + 1, strlen(slash + 1)), 1);
    assert_int_equal(cr_rational_div(&out, &top, &bottom), 1);
    return out;
}

static void assert_result(int done, const struct rational *got, const char *want)
{
    if (!strcmp(want, "none")) {
        assert_int_equal(done, 0);
        return;
    }
    const struct rational expected = fraction(want);
    assert_int_equal(done, 1);
    assert_int_equal(cr_rational_cmp(got, &expected), 0);
    assert_int_equal(got->n_num, expected.n_num); /* lowest terms */
    assert_int_equal(got->n_den, expected.n_den);
}

static void check_pair(char **w)
{
    const struct rational a = fraction(w[0]), b = fraction(w[1]);
    struct rational r = a;
    int done = cr_rational_add(&r, &a, &b);
    assert_result(done, &r, w[2]);
    r = a;
    done = cr_rational_sub(&r, &r, &b); /* out may be an operand */
    assert_result(done, &r, w[3]);
    r = b;
    done = cr_rational_mul(&r, &a, &r);
    assert_result(done, &r, w[4]);
    r = a;
    done = cr_rational_div(&r, &r, &b);
    assert_result(done, &r, w[5]);
    if (!done)
        assert_int_equal(cr_rational_cmp(&r, &a), 0); /* untouched */
    assert_int_equal(cr_rational_cmp(&a, &b), atoi(w[6]));
}

static void check_line(const char *kind, char **w)
{
    const struct rational a = fraction(w[0]);
    struct rational r = {0};
    char buf[4096];
    int exact = -1;
    if (!strcmp(kind, "pair")) {
        check_pair(w);
    } else if (!strcmp(kind, "power")) {
        const int done = cr_rational_pow(&r, &a, atoi(w[1]));
        assert_result(done, &r, w[2]);
    } else if (!strcmp(kind, "round")) {
        assert_int_equal(cr_rational_round(&a, atoi(w[1]), buf, sizeof buf, &exact), 1);
        assert_string_equal(buf, w[2]);
        assert_int_equal(exact, atoi(w[3]));
        assert_int_equal(cr_rational_round(&a, atoi(w[1]), buf, strlen(w[2]), &exact), 0);
        assert_int_equal(cr_rational_round(&a, atoi(w[1]), buf, strlen(w[2]) + 1, &exact), 1);
    } else if (!strcmp(kind, "double")) {
        const double got = cr_rational_to_f64(&a), want = strtod(w[1], NULL);
        assert_true(got == want);
        if (isfinite(want) && cr_rational_f64(&r, want))
            assert_true(cr_rational_to_f64(&r) == want);
    } else {
        assert_string_equal(kind, "root");
        const int done = cr_rational_sqrt(&r, &a);
        assert_result(done, &r, w[1]);
    }
}

static void agrees_with_fractions(void **state)
{
    (void)state;
    static char line[LINE];
    FILE *f = fixture("rational.txt");
    int lines = 0;
    while (fgets(line, sizeof line, f)) {
        char *word[WORDS] = {0}, *save = NULL;
        int n = 0;
        for (char *w = strtok_r(line, " \n", &save); w && n < WORDS;
             w = strtok_r(NULL, " \n", &save))
            word[n++] = w;
        assert_true(n >= 3);
        check_line(word[0], word + 1);
        lines++;
    }
    fclose(f);
    assert_true(lines > 200);
}

static void reads_decimals(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *text, *want; } good[] = {
        {"0", "0/1"}, {"-0.3", "-3/10"}, {"−0.3", "-3/10"}, {"+2.50", "5/2"}, {"1e-3", "1/1000"},
        {".5", "1/2"}, {"2.", "2/1"}, {"12E+2", "1200/1"}, {"0e99999", "0/1"}, {"1.5e1", "15/1"},
    };
    /* clang-format on */
    static const char *const bad[] = {"",    "-",       ".",        "e5", "1e", "1e+", "1.2.3",
                                      "0x1", "1e99999", "1e-99999", " 1", "1 ", "inf", "--1"};
    struct rational r;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct rational want = fraction(good[i].want);
        assert_int_equal(cr_rational_decimal(&r, good[i].text, strlen(good[i].text)), 1);
        assert_int_equal(cr_rational_cmp(&r, &want), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cr_rational_decimal(&r, bad[i], strlen(bad[i])), 0);
}

static void size_is_bounded(void **state)
{
    (void)state;
    struct rational two, most, one, r;
    cr_rational_int(&two, 2);
    cr_rational_int(&one, 1);
    assert_int_equal(cr_rational_pow(&most, &two, RATIONAL_BITS - 1), 1);
    assert_int_equal(cr_rational_pow(&r, &two, RATIONAL_BITS), 0);
    assert_int_equal(cr_rational_add(&r, &most, &most), 0);
    assert_int_equal(cr_rational_mul(&r, &most, &two), 0);
    assert_int_equal(cr_rational_sub(&r, &most, &one), 1);
    assert_int_equal(cr_rational_add(&r, &r, &most), 1); /* 2^n - 1 just fits */
    assert_int_equal(cr_rational_add(&r, &r, &one), 0);
    assert_int_equal(cr_rational_div(&r, &one, &most), 1);
    assert_int_equal(cr_rational_div(&r, &r, &two), 0);
    assert_int_equal(cr_rational_f64(&r, NAN), 0);
    assert_int_equal(cr_rational_f64(&r, INFINITY), 0);
    assert_int_equal(cr_rational_f64(&r, 1.7976931348623157e308), 1);
    assert_true(cr_rational_to_f64(&r) == 1.7976931348623157e308);
    assert_int_equal(cr_rational_f64(&r, -5e-324), 1);
    assert_true(cr_rational_to_f64(&r) == -5e-324);
    cr_rational_int(&r, INT64_MIN);
    assert_true(cr_rational_to_f64(&r) == -9223372036854775808.0);
}

static void finds_places(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *r; int places; } want[] = {
        {"0/1", 0}, {"7/1", 0}, {"1/2", 1}, {"1/3", -1}, {"-3/8", 3}, {"1/1000", 3}, {"1/30", -1},
        {"1/1024", 10}, {"1/625", 4},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct rational r = fraction(want[i].r);
        assert_int_equal(cr_rational_places(&r), want[i].places);
    }
}

static void shows_decimals(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        enum decimal_kind kind;
        int n;
        const char *exact;      /* NULL: the double itself */
        double value;
        const char *want;
        int is_exact;
    } rows[] = {
        {DECIMAL_AUTO, 6, "-3/10", -0.3, "-0.3", 1},
        {DECIMAL_AUTO, 6, "182405/100000", 1.82405, "1.82405", 1},
        {DECIMAL_AUTO, 6, "1/3", 0, "0.333333", 0},
        {DECIMAL_AUTO, 6, NULL, 0.5523079095743253, "0.552308", 0},
        {DECIMAL_AUTO, 6, NULL, 0.24389957259608783, "0.243900", 0},
        {DECIMAL_AUTO, 6, NULL, 0.1, "0.100000", 0},
        {DECIMAL_AUTO, 6, NULL, 0.375, "0.375", 1},
        {DECIMAL_AUTO, 6, "5/10000000", 0, "0.000001", 0},      /* a tie goes up */
        {DECIMAL_AUTO, 6, "-25/10000000", 0, "-0.000003", 0},
        {DECIMAL_AUTO, 6, "123456/1000000000000", 0, "1.23e-7", 0},
        {DECIMAL_AUTO, 6, "1/10000000", 0, "1e-7", 1},
        {DECIMAL_AUTO, 6, "-9999/100000000000", 0, "-1.00e-7", 0},
        {DECIMAL_AUTO, 6, NULL, 5e-324, "4.94e-324", 0},
        {DECIMAL_AUTO, 6, "0/1", 0, "0", 1},
        {DECIMAL_AUTO, 6, NULL, -0.0, "0", 1},
        {DECIMAL_AUTO, 6, "123456789/1", 0, "123456789", 1},
        {DECIMAL_AUTO, 6, NULL, 1e300, "1.00000e300", 0},
        {DECIMAL_AUTO, 6, NULL, 1.7976931348623157e308, "1.79769e308", 0},
        {DECIMAL_AUTO, 6, "1000000000000000000/1", 0, "1e18", 1},
        {DECIMAL_AUTO, 2, "1/8", 0, "0.13", 0},
        {DECIMAL_AUTO, 0, "5/2", 0, "3", 0},
        {DECIMAL_AUTO, 6, NULL, NAN, "nan", 1},
        {DECIMAL_AUTO, 6, NULL, -INFINITY, "-inf", 1},
        {DECIMAL_PLACES, 3, "3/10", 0, "0.300", 1},
        {DECIMAL_PLACES, 3, "1/3", 0, "0.333", 0},
        {DECIMAL_PLACES, 3, "0/1", 0, "0.000", 1},
        {DECIMAL_PLACES, 3, "-1/10000", 0, "-1e-4", 1},
        {DECIMAL_PLACES, 4, "4695/10000", 0, "0.4695", 1},
        {DECIMAL_PLACES, 4, "46975/100000", 0, "0.4698", 0},
        {DECIMAL_PLACES, 0, "2/1", 0, "2", 1},
        {DECIMAL_PLACES, 1000, "1/3", 0, NULL, 0},              /* clipped, no overflow */
        {DECIMAL_SIG, 3, "123456/1", 0, "123000", 0},
        {DECIMAL_SIG, 3, "3/10", 0, "0.3", 1},
        {DECIMAL_SIG, 3, "9996/1000", 0, "10.0", 0},
        {DECIMAL_SIG, 3, "-99951/100000", 0, "-1.00", 0},
        {DECIMAL_SIG, 3, "1/3", 0, "0.333", 0},
        {DECIMAL_SIG, 4, "1/30000", 0, "0.00003333", 0},
        {DECIMAL_SIG, 4, "1/300000", 0, "3.333e-6", 0},
        {DECIMAL_SIG, 1, "15/10", 0, "2", 0},
        {DECIMAL_SIG, 0, "15/10", 0, "2", 0},
        {DECIMAL_SIG, 17, NULL, 0.1, "0.10000000000000001", 0},
        {DECIMAL_SIG, 100, NULL, 0.1,
         "0.1000000000000000055511151231257827021181583404541015625", 1},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct decimal_rule rule = {rows[i].kind, rows[i].n};
        struct rational r;
        char buf[DECIMAL_SIZE];
        int exact = -1;
        if (rows[i].exact)
            r = fraction(rows[i].exact);
        assert_ptr_equal(cr_decimal(buf, &rule, rows[i].value, rows[i].exact ? &r : NULL, &exact),
                         buf);
        if (rows[i].want)
            assert_string_equal(buf, rows[i].want);
        assert_int_equal(exact, rows[i].is_exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_fractions), cmocka_unit_test(reads_decimals),
        cmocka_unit_test(size_is_bounded),       cmocka_unit_test(finds_places),
        cmocka_unit_test(shows_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
