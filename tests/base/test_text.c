#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"

static void text_grows(void **state)
{
    (void)state;
    struct text t = {0};
    assert_string_equal(cr_text_str(&t), "");
    for (int i = 0; i < 1000; i++)
        cr_text_printf(&t, "%d,", i % 10);
    assert_int_equal(t.len, 2000);
    assert_int_equal(strlen(t.s), 2000);
    cr_text_clear(&t);
    cr_text_add(&t, "ab");
    cr_text_addc(&t, 'c');
    cr_text_addn(&t, "defg", 2);
    cr_text_repeat(&t, '-', 3);
    cr_text_repeat(&t, '-', 0);
    assert_string_equal(cr_text_str(&t), "abcde---");
    cr_text_repeat(&t, '-', SIZE_MAX - 4);
    assert_true(t.failed);
    cr_text_add(&t, "x");
    assert_string_equal(cr_text_str(&t), "abcde---");
    cr_text_free(&t);
    assert_null(t.s);
}

static void shortest_is_what_python_prints(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } cases[] = {
        {0.1, "0.1"},
        {1e300, "1e+300"},
        {-0.0, "-0"},
        {0, "0"},
        {1, "1"},
        {-3.5, "-3.5"},
        {123456789, "123456789"},
        {1e15, "1000000000000000"},
        {1e16, "1e+16"},
        {1e-4, "0.0001"},
        {1.5e-5, "1.5e-05"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {100, "100"},
        {9007199254740993.0, "9007199254740992"},
        {0.5523079095743253, "0.5523079095743253"},
        {HUGE_VAL, "inf"},
        {-HUGE_VAL, "-inf"},
        {NAN, "nan"},
        {2.2250738585072011e-308, "2.225073858507201e-308"},
    };
    char buf[32];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cr_shortest_f64(cases[i].v, buf), cases[i].want);
    assert_string_equal(cr_shortest_f32(0.1f, buf), "0.1");
    assert_string_equal(cr_shortest_f32(16777216.0f, buf), "16777216");
    assert_string_equal(cr_shortest_f32(FLT_MAX, buf), "3.4028235e+38");
    assert_string_equal(cr_shortest_f32(1e-45f, buf), "1e-45");
    assert_string_equal(cr_shortest_f32(-0.0f, buf), "-0");
    assert_string_equal(cr_shortest_f32(1.0f / 3, buf), "0.33333334");
}

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

static void shortest_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    char buf[32];
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t u;
            double v;
        } d = {next(&seed)};
        union {
            uint32_t u;
            float v;
        } f = {(uint32_t)next(&seed)};
        double back;
        if (i % 4 == 0)
            d.u &= 0x800fffffffffffffu, f.u &= 0x807fffffu;
        if (isfinite(d.v)) {
            cr_shortest_f64(d.v, buf);
            assert_true(strlen(buf) < 32);
            assert_true(cr_parse_f64(buf, strlen(buf), &back));
            assert_memory_equal(&back, &d.v, sizeof back);
        }
        if (isfinite(f.v)) {
            cr_shortest_f32(f.v, buf);
            assert_true(strtof(buf, NULL) == f.v);
        }
    }
}

/* The fewest digits, 15 or more, that the C library reads back to the number. */
static void same_as_the_library(double v)
{
    char want[40], got[40];
    double back = 0;
    if (!isfinite(v) || v == 0 || fabs(v) < DBL_MIN)
        return;
    int n = DBL_DIG;
    do
        snprintf(want, sizeof want, "%.*e", n - 1, v);
    while (strtod(want, NULL) != v && n++ < DBL_DECIMAL_DIG);
    cr_shortest_f64(v, got);
    assert_true(cr_parse_f64(got, strlen(got), &back));
    assert_memory_equal(&back, &v, sizeof v);
    /* the digits, without point, sign, exponent and zeros at the ends */
    char *of[] = {want, got};
    for (int k = 0; k < 2; k++) {
        char *to = of[k];
        for (const char *from = of[k]; *from && *from != 'e'; from++)
            if (*from >= '0' && *from <= '9' && (to > of[k] || *from != '0'))
                *to++ = *from;
        while (to[-1] == '0')
            to--;
        *to = '\0';
    }
    if (strcmp(got, want) != 0)
        fail_msg("%a: %s is not %s", v, got, want);
}

static void shortest_is_what_the_library_reads(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 40000; i++) {
        const double unit = (double)(next(&seed) >> 11) * 0x1p-53;
        const double v = ldexp(0.5 + unit / 2, (int)(next(&seed) % 76) - 20);
        same_as_the_library(v); /* 2^-21 to 2^55 */
        same_as_the_library(-(double)(float)v);
        same_as_the_library((double)(next(&seed) % 1000000) / pow(10, (double)(next(&seed) % 9)));
    }
    for (int e = -25; e < 60; e++)
        for (int k = -3; k <= 3; k++) {
            double v = ldexp(1, e);
            for (int i = 0; i < abs(k); i++)
                v = nextafter(v, k < 0 ? 0 : INFINITY);
            same_as_the_library(v);
        }
    for (int e = -8; e < 20; e++)
        for (int k = -3; k <= 3; k++) {
            double v = pow(10, e);
            for (int i = 0; i < abs(k); i++)
                v = nextafter(v, k < 0 ? 0 : INFINITY);
            same_as_the_library(v);
        }
}

static void parses_whole_decimals_only(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "+",
                                      "-",
                                      ".",
                                      "e5",
                                      "1e",
                                      "1e+",
                                      "1.2.3",
                                      " 1",
                                      "1 ",
                                      "0x10",
                                      "inf",
                                      "nan",
                                      "1,5",
                                      "--1",
                                      "1e5.0",
                                      "1e999",
                                      "-1e400",
                                      "1_0",
                                      "1f",
                                      ("\xe2\x88\x92"
                                       "1")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double v = 42;
        assert_false(cr_parse_f64(bad[i], strlen(bad[i]), &v));
        assert_true(v == 42);
    }
    static const struct {
        const char *s;
        double want;
    } good[] = {
        {"1", 1},
        {"+1", 1},
        {"-1.5", -1.5},
        {".5", .5},
        {"5.", 5},
        {"1e3", 1000},
        {"1E-3", .001},
        {"000.001e3", 1},
        {"1e-999999999999999999999", 0},
        {"0e999999999999999999999", 0},
        {"4.9406564584124654e-324", 5e-324},
        {"2.2250738585072012e-308", DBL_MIN},
        {"17976931348623157e292", DBL_MAX},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double v = 42;
        assert_true(cr_parse_f64(good[i].s, strlen(good[i].s), &v));
        assert_true(v == good[i].want);
    }
    double v;
    assert_true(cr_parse_f64("-0", 2, &v));
    assert_true(signbit(v));
    assert_true(cr_parse_f64("12345", 2, &v));
    assert_true(v == 12);
}

/* 1 + 2^-53 exactly is a tie, and goes to 1; one digit more, 900 places on, is not. */
static void parses_long_numbers_exactly(void **state)
{
    (void)state;
    char s[1200] = "1.00000000000000011102230246251565404236316680908203125";
    double v;
    assert_true(cr_parse_f64(s, strlen(s), &v));
    assert_true(v == 1);
    size_t n = strlen(s);
    memset(s + n, '0', 1100 - n);
    s[1100] = '1';
    assert_true(cr_parse_f64(s, 1101, &v));
    assert_true(v == 1 + DBL_EPSILON);
    memset(s, '0', sizeof s);
    s[0] = '1';
    memcpy(s + 1000, "e-1000", 6);
    assert_true(cr_parse_f64(s, 1006, &v));
    assert_true(v == 0.1);
}

static void numbers_ignore_the_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "pl_PL.UTF-8"};
    int found = 0;
    for (size_t i = 0; i < 4 && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    char buf[32];
    double v = 0;
    cr_shortest_f64(1.5, buf);
    int ok = cr_parse_f64("1.5", 3, &v), comma = cr_parse_f64("1,5", 3, &v);
    setlocale(LC_ALL, "C");
    if (!found)
        skip();
    assert_string_equal(buf, "1.5");
    assert_true(ok && v == 1.5);
    assert_false(comma);
}

static void decodes_utf8_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t n, len;
        unsigned c;
    } cases[] = {
        {"a", 1, 1, 'a'},
        {"\0", 1, 1, 0},
        {"\xc3\xa4", 2, 2, 0xe4},
        {"\xe2\x82\xac", 3, 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 4, 0x1f600},
        {"\xc3", 1, 1, 0xfffd},
        {"\xe2\x82", 2, 1, 0xfffd},
        {"\xc0\x80", 2, 1, 0xfffd},
        {"\xe0\x80\x80", 3, 1, 0xfffd},
        {"\xed\xa0\x80", 3, 1, 0xfffd},
        {"\xf4\x90\x80\x80", 4, 1, 0xfffd},
        {"\x80", 1, 1, 0xfffd},
        {"\xff", 1, 1, 0xfffd},
        {"\xc3(", 2, 1, 0xfffd},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned c = 7;
        assert_int_equal(cr_utf8_next(cases[i].s, cases[i].n, &c), cases[i].len);
        assert_int_equal(c, cases[i].c);
    }
    assert_int_equal(cr_utf8_count("a\xc3\xa4\xff", 4), 3);
    assert_int_equal(cr_utf8_columns("\xce\xb4\xe2\x82\x81", 5), 2);
    assert_int_equal(cr_utf8_columns("e\xcc\x81\xe6\xbc\xa2", 6), 3);
}

static void arenas_zero_align_and_limit(void **state)
{
    (void)state;
    struct arena a = {0};
    unsigned char *seen[300];
    for (size_t i = 0; i < 300; i++) {
        seen[i] = cr_arena_alloc(&a, i * 37, 1);
        assert_non_null(seen[i]);
        assert_int_equal((uintptr_t)seen[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i * 37; k++)
            assert_int_equal(seen[i][k], 0);
        memset(seen[i], (int)(i % 251) + 1, i * 37);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 37; k++)
            assert_int_equal(seen[i][k], i % 251 + 1);
    assert_null(cr_arena_alloc(&a, SIZE_MAX / 2, 3));
    assert_null(cr_arena_alloc(&a, SIZE_MAX, 1));
    assert_string_equal(cr_arena_printf(&a, "%d-%s", 5, "x"), "5-x");
    assert_string_equal(cr_arena_strndup(&a, "hello", 3), "hel");
    assert_string_equal(cr_arena_strdup(&a, ""), "");
    cr_arena_free(&a);
    assert_int_equal(a.used, 0);

    a.limit = 100;
    assert_non_null(cr_arena_alloc(&a, 64, 1));
    assert_null(cr_arena_alloc(&a, 64, 1));
    assert_non_null(cr_arena_alloc(&a, 32, 1));
    assert_null(cr_arena_strdup(&a, "12345678"));
    cr_arena_free(&a);
}

static void aligned_memory(void **state)
{
    (void)state;
    unsigned char *p = cr_aligned_alloc(100, 7);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 700; i++)
        assert_int_equal(p[i], 0);
    cr_aligned_free(p);
    p = cr_aligned_alloc(0, 8);
    assert_non_null(p);
    cr_aligned_free(p);
    assert_null(cr_aligned_alloc(SIZE_MAX / 2, 4));
    assert_null(cr_aligned_alloc(SIZE_MAX - 10, 1));
    size_t v = 5;
    assert_false(cr_mul_size(SIZE_MAX, 2, &v) || cr_add_size(SIZE_MAX, 1, &v));
    assert_int_equal(v, 5);
    assert_true(cr_mul_size(6, 7, &v) && v == 42);
    assert_true(cr_add_size(6, 7, &v) && v == 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows),
        cmocka_unit_test(shortest_is_what_python_prints),
        cmocka_unit_test(shortest_reads_back),
        cmocka_unit_test(shortest_is_what_the_library_reads),
        cmocka_unit_test(parses_whole_decimals_only),
        cmocka_unit_test(parses_long_numbers_exactly),
        cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(decodes_utf8_strictly),
        cmocka_unit_test(arenas_zero_align_and_limit),
        cmocka_unit_test(aligned_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
