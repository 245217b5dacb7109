/* Cells as numbers, against strtod; as dates, against a calendar that is counted day by day. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/number.h"

static uint64_t seed = 11;

static uint64_t next(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The same bits as strtod, which glibc rounds correctly; and whole exactly where it is. */
static void same_as_strtod(const char *text)
{
    char *exact = malloc(strlen(text)); /* not terminated */
    double got, want = strtod(text, NULL);
    memcpy(exact, text, strlen(text));
    const enum cell cell = cr_cell_number(exact, strlen(text), &got);
    free(exact);
    if (isinf(want)) {
        assert_int_equal(cell, CELL_INFINITE);
        return;
    }
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%s: %a is not %a", text, got, want);
    assert_int_equal(cell, want == floor(want) ? CELL_WHOLE : CELL_FRACTION);
}

static void numbers_round_correctly(void **state)
{
    (void)state;
    char text[128];
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = next();
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v)) { /* any double, with any number of digits */
            snprintf(text, sizeof text, "%.*e", (int)(next() % 25), v);
            same_as_strtod(text);
        }
        /* 1 to 20 digits, a point anywhere, small exponents: the fast ways */
        const int digits = 1 + (int)(next() % 20);
        uint64_t m = next();
        for (int k = 20; k > digits; k--)
            m /= 10;
        size_t n = (size_t)snprintf(text, sizeof text, "%s%llu", next() % 2 ? "-" : "",
                                    (unsigned long long)m);
        if (next() % 2) {
            const size_t at = text[0] == '-', point = at + next() % (n - at + 1);
            memmove(text + point + 1, text + point, n - point + 1);
            text[point] = '.';
        }
        if (next() % 3 == 0)
            sprintf(text + strlen(text), "%s%d", next() % 2 ? "e" : "E", (int)(next() % 50) - 25);
        same_as_strtod(text);
    }
}

/* Halfway between two doubles, exactly or by a digit far behind. */
static size_t put_digits(char *to, size_t most)
{
    const size_t n = (size_t)next() % (most + 1);
    for (size_t i = 0; i < n; i++)
        to[i] = (char)('0' + next() % 10);
    return n;
}

/* A number that other text follows ends where strtod says and has its value, whatever follows, and however
 * much of it can be read. */
static void numbers_end_in_a_line(void **state)
{
    (void)state;
    static const char after[] = ",;\t\n\r\" /:@.-+'|x\x80\xff\xb0\x30";
    char text[128];
    for (int i = 0; i < 400000; i++) {
        size_t n = 0;
        text[n] = '-';
        n += next() % 4 == 0;
        const size_t first = n;
        n += put_digits(text + n, i % 2 ? 3 : 9);
        text[n] = '.';
        const size_t point = next() % 2 == 0;
        n += point;
        n += point ? put_digits(text + n, 9) : 0;
        const size_t digits = n - first - point;
        const int exponent = next() % 8 == 0;
        if (exponent)
            n += (size_t)sprintf(text + n, "e%d", (int)(next() % 11) - 5);
        const size_t length = n;
        text[n++] = after[next() % (sizeof after - 1)];
        if (text[length] == '0' || (text[length] == '.' && !point && !exponent))
            text[length] = ',';
        for (size_t k = next() % 24; k > 0; k--)
            text[n++] = next() % 2 ? (char)('0' + next() % 10) : after[next() % (sizeof after - 1)];
        text[n] = '\0';
        char *exact = malloc(n + 1), *want_end; /* not terminated */
        assert_non_null(exact);
        memcpy(exact, text, n);
        for (size_t size = length; size <= n; size += n > length ? n - length : 1) {
            char only[128];
            double got = 1;
            int fraction = -1;
            const char *end = cr_number_scan(exact, exact + size, &got, &fraction);
            snprintf(only, sizeof only, "%.*s", (int)length, text);
            const double want = strtod(only, &want_end);
            if (digits == 0) {
                assert_true(size > length || !end);
                continue;
            }
            assert_int_equal(want_end - only, length);
            if (!end || end != exact + length || memcmp(&got, &want, sizeof got) != 0)
                fail_msg("'%s' of %zu bytes: ends at %td, %a", text, size, end ? end - exact : -1,
                         got);
            assert_int_equal(fraction, want != floor(want));
        }
        free(exact);
    }
}

static void ties(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.0000000000000000000000001",
        "18014398509481986",
        "1801439850948198.75",
        "0.500000000000000166533453693773481063544750213623046875",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "123456789012345678e1",
        "18446744073709551615",
        "18446744073709551616",
        "1844674407370955161.5",
        "0.00000000000000000018446744073709551615",
        "9999999999999999999e19",
        "9999999999999999999e-19",
        "1e22",
        "1e23",
        "8.5e22",
        "0e0",
        "-0",
        "-0.0",
        "+5",
        "+.5",
        "5.",
        ".5e1",
        "00000000000000000000000000001",
        "1e+5",
        "1E-5",
        "1e400",
        "-1e400",
        "1e-400",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        same_as_strtod(texts[i]);
}

static void other_cells(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cell want;
    } cases[] = {
        {"", CELL_MISSING},     {"NA", CELL_MISSING},    {"n/a", CELL_MISSING},
        {"NaN", CELL_MISSING},  {"NULL", CELL_MISSING},  {"?", CELL_MISSING},
        {"inf", CELL_INFINITE}, {"-Inf", CELL_INFINITE}, {"+infinity", CELL_INFINITE},
        {"nan1", CELL_TEXT},    {"-", CELL_TEXT},        {"+", CELL_TEXT},
        {".", CELL_TEXT},       {"e5", CELL_TEXT},       {"1e", CELL_TEXT},
        {"1e+", CELL_TEXT},     {"1e5.5", CELL_TEXT},    {"1.2.3", CELL_TEXT},
        {"--1", CELL_TEXT},     {"1 2", CELL_TEXT},      {"0x10", CELL_TEXT},
        {"1,5", CELL_TEXT},     {"1_000", CELL_TEXT},    {"infinit", CELL_TEXT},
        {"1d5", CELL_TEXT},     {"\xD9\xA1", CELL_TEXT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v;
        if (cr_cell_number(cases[i].text, strlen(cases[i].text), &v) != cases[i].want)
            fail_msg("'%s'", cases[i].text);
        assert_true(isnan(v));
    }
    assert_int_equal(cr_cell_boolean("TRUE", 4), 1);
    assert_int_equal(cr_cell_boolean("No", 2), 0);
    assert_int_equal(cr_cell_boolean("truth", 5), -1);
    assert_int_equal(cr_cell_boolean("", 0), -1);
}

static void formatted_numbers(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "1,5",
        ",5",
        "-0,093",
        "5202,81",
        "16,662",
        "1,234,567",
        "1,234.5",
        "1.234,5",
        "1.234.567",
        "1 234",
        "1 234,5",
        "1'234'567",
        "$5",
        "-$5.25",
        "$-5.25",
        "$1,234",
        "12%",
        "12.5 %",
        "\xE2\x82\xAC 3",
        "3,50 \xE2\x82\xAC",
        ("\xC2\xA3"
         "12"),
    };
    static const char *const no[] = {
        "",      "1,2,3",        "1,",         "1,,2",    "a,5", "1.2.3", "10.0.0.1",   "1.2.2024",
        "10:30", "20-30",        "12 34",      "%",       "$",   "$x",    "1,2345,678", "5 kg",
        "1 2",   "0123 456 789", "12/31/2024", "1,234,5", "1.5", "1234",  "1.234",
    };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!cr_cell_is_formatted_number(yes[i], strlen(yes[i])))
            fail_msg("'%s' is one", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (cr_cell_is_formatted_number(no[i], strlen(no[i])))
            fail_msg("'%s' is none", no[i]);
}

static void dates_follow_the_calendar(void **state)
{
    (void)state;
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    double want = -86400.0 * 135140; /* 1600-01-01, in C's time_t and in Python's datetime */
    int weekday = 6;                 /* a Saturday */
    for (int y = 1600; y < 2400; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1;
                 d <= length[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0));
                 d++, want += 86400, weekday = weekday % 7 + 1) {
                char text[40], back[40];
                double got;
                snprintf(text, sizeof text, d % 2 ? "%04d-%02d-%02d" : "%04d/%02d/%02d", y, m, d);
                assert_true(cr_cell_time(text, 10, &got) && got == want);
                snprintf(text, sizeof text, "%02d.%02d.%04d", d, m, y);
                assert_true(cr_cell_time(text, 10, &got) && got == want);
                const struct time_parts t = cr_time_parts(got + 3600 * 6);
                assert_true(t.year == y && t.month == m && t.day == d && t.weekday == weekday &&
                            t.hour == 6);
                snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, d);
                assert_string_equal(cr_time_text(got, back), text);
            }
}

static void times_of_day(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } good[] = {
        {"1970-01-01T00:00", 0},
        {"1970-01-01 00:00:01", 1},
        {"1970-01-01T01:02:03.25Z", 3723.25},
        {"1970-01-01T02:00+02:00", 0},
        {"1970-01-01T02:00+0200", 0},
        {"1970-01-01T00:00-05:30", 19800},
        {"1970-01-01T00:00-05", 18000},
        {"2024-02-29T23:59:60Z", 1709251200},
    };
    static const char *const bad[] = {
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-04-31",
        "2024-1-1",
        "24-01-01",
        "2024-01/01",
        "2024.01.01",
        "1/2/2024",
        "2024-01-01T",
        "2024-01-01T24:00",
        "2024-01-01T12",
        "2024-01-01T12:60",
        "2024-01-01T12:00:61",
        "2024-01-01T12:00 Z",
        "2024-01-01T12:00+25:00",
        "2024-01-01x",
        "2024-01-01T12:00:00.5.5",
        "20240101",
        "",
        "2024-01-01T12:00:00.123456789012345678901234567890",
    };
    double got;
    char back[40];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!cr_cell_time(good[i].text, strlen(good[i].text), &got) || got != good[i].want)
            fail_msg("%s: %.17g", good[i].text, got);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cr_cell_time(bad[i], strlen(bad[i]), &got))
            fail_msg("'%s' is no time", bad[i]);
    assert_string_equal(cr_time_text(3723, back), "1970-01-01T01:02:03Z");
    assert_string_equal(cr_time_text(-1, back), "1969-12-31T23:59:59Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_round_correctly),
        cmocka_unit_test(numbers_end_in_a_line),
        cmocka_unit_test(ties),
        cmocka_unit_test(other_cells),
        cmocka_unit_test(formatted_numbers),
        cmocka_unit_test(dates_follow_the_calendar),
        cmocka_unit_test(times_of_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
