#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"

static const struct source *source(struct source *src, const char *text)
{
    *src = (struct source){"net.yaml", text, strlen(text)};
    return src;
}

static void shows_the_line_and_a_caret(void **state)
{
    (void)state;
    struct source src;
    cr_error err;
    char buf[1024];
    source(&src, "a: 1\n  activation: rleu\nb: 2\n");
    cr_status code = cr_fail_at(&err, CR_ERR_UNKNOWN, &src, (struct place){2, 15, 4},
                                "unknown activation '%s'", "rleu");
    cr_hint(&err, "did you mean '%s'?", "relu");
    const char *want = "net.yaml:2:15: error: unknown activation 'rleu'; did you mean 'relu'?\n"
                       "      activation: rleu\n"
                       "                  ^~~~\n";
    assert_int_equal(code, CR_ERR_UNKNOWN);
    assert_int_equal(cr_error_format(&err, buf, sizeof buf), strlen(want));
    assert_string_equal(buf, want);
}

static void formats_into_any_size(void **state)
{
    (void)state;
    cr_error err;
    cr_fail(&err, CR_ERR_SHAPE, "sizes %d and %d", 2, 3);
    const char *want = "error: sizes 2 and 3\n";
    for (size_t size = 0; size < 40; size++) {
        char buf[40];
        memset(buf, 'x', sizeof buf);
        assert_int_equal(cr_error_format(&err, size ? buf : NULL, size), strlen(want));
        if (size) {
            const size_t n = size - 1 < strlen(want) ? size - 1 : strlen(want);
            assert_memory_equal(buf, want, n);
            assert_int_equal(buf[n], '\0');
            for (size_t i = n + 1; i < sizeof buf; i++)
                assert_int_equal(buf[i], 'x');
        }
    }
}

static void accepts_no_error_struct(void **state)
{
    (void)state;
    struct source src;
    assert_int_equal(cr_fail(NULL, CR_ERR_IO, "x"), CR_ERR_IO);
    assert_int_equal(cr_fail_at(NULL, CR_ERR_IO, source(&src, "x"), (struct place){1, 1, 1}, "x"),
                     CR_ERR_IO);
    assert_int_equal(cr_fail_memory(NULL), CR_ERR_MEMORY);
    cr_hint(NULL, "x");
}

/* Nothing that a file holds reaches the terminal as a control sequence. */
static void disarms_hostile_text(void **state)
{
    (void)state;
    static const char text[] = "a\x1b[2J\tb\x07\xc2\x9b\xe2\x80\xae\xff\0z\n";
    struct source src = {"f\x1b]0;x\x07.csv", text, sizeof text - 1};
    cr_error err;
    char buf[1024];
    cr_fail_at(&err, CR_ERR_SYNTAX, &src, (struct place){1, 7, 1}, "bad\n%s", "\x1b[31m\r");
    cr_hint(&err, "\x08");
    size_t n = cr_error_format(&err, buf, sizeof buf);
    assert_true(n < sizeof buf);
    int lines = 0;
    for (size_t i = 0; i < n;) {
        unsigned c;
        i += cr_utf8_next(buf + i, n - i, &c);
        lines += c == '\n';
        assert_true(c == '\n' || (c >= 0x20 && c < 0x7f) || c >= 0xa0);
        assert_int_not_equal(c, 0x202e);
    }
    assert_int_equal(lines, 3);
    assert_non_null(strstr(buf, "\xef\xbf\xbd[2J b"));
    assert_non_null(strstr(buf, "\n          ^\n"));
}

static void cuts_at_a_character(void **state)
{
    (void)state;
    char long_word[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        size_t n = 0;
        while (n < shift)
            long_word[n++] = 'a';
        while (n + 3 < sizeof long_word) {
            memcpy(long_word + n, "\xe2\x82\xac", 3);
            n += 3;
        }
        long_word[n] = '\0';
        cr_error err;
        cr_fail(&err, CR_ERR_VALUE, "%s", long_word);
        n = strlen(err.message);
        assert_true(n > sizeof err.message - 5 && n < sizeof err.message);
        assert_string_equal(err.message + n - 3, "...");
        for (size_t i = 0; i < n;) {
            unsigned c;
            i += cr_utf8_next(err.message + i, n - i, &c);
            assert_int_not_equal(c, 0xfffd);
        }
    }
}

static void excerpts_long_lines_around_the_column(void **state)
{
    (void)state;
    char line[3001];
    struct source src;
    cr_error err;
    for (size_t i = 0; i < 1000; i++)
        memcpy(line + 3 * i, i == 700 ? "\xe2\x82\xac" : "\xc3\xa4.", 3);
    line[3000] = '\0';
    /* 700 pairs of two code points stand before the euro sign */
    for (int column = 1; column <= 2100; column++) {
        cr_fail_at(&err, CR_ERR_VALUE, source(&src, line), (struct place){1, column, 1}, "x");
        const size_t n = strlen(err.excerpt);
        assert_int_equal(err.column, column);
        assert_in_range(err.excerpt_column, 1, cr_utf8_count(err.excerpt, n) + 1);
        assert_in_range(cr_utf8_count(err.excerpt, n), 61, 62);
    }
    cr_fail_at(&err, CR_ERR_VALUE, source(&src, line), (struct place){1, 1401, 1}, "x");
    size_t at = 0;
    unsigned c = 0;
    for (int i = 0; i < err.excerpt_column; i++)
        at += cr_utf8_next(err.excerpt + at, strlen(err.excerpt + at), &c);
    assert_int_equal(c, 0x20ac);
}

static void places_outside_the_text_are_safe(void **state)
{
    (void)state;
    struct source src, nothing = {"empty", NULL, 0};
    cr_error err;
    static const int values[] = {INT_MIN, -1, 0, 1, 2, 3, 99, INT_MAX};
    char buf[1024];
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            for (size_t k = 0; k < 8; k++) {
                struct place at = {values[i], values[j], values[k]};
                cr_fail_at(&err, CR_ERR_VALUE, source(&src, "ab\r\ncd"), at, "x");
                assert_true(cr_error_format(&err, buf, sizeof buf) < sizeof buf);
                cr_fail_at(&err, CR_ERR_VALUE, source(&src, ""), at, "x");
                assert_true(cr_error_format(&err, buf, sizeof buf) < sizeof buf);
                cr_fail_at(&err, CR_ERR_VALUE, &nothing, at, "x");
                cr_fail_at(&err, CR_ERR_VALUE, NULL, at, "x");
            }
    cr_fail_at(&err, CR_ERR_VALUE, source(&src, "ab\r\ncd"), (struct place){1, 3, 1}, "x");
    cr_error_format(&err, buf, sizeof buf);
    assert_string_equal(buf, "net.yaml:1:3: error: x\n    ab\n      ^\n");
    cr_fail_at(&err, CR_ERR_VALUE, source(&src, "ab"), (struct place){0}, "x");
    cr_error_format(&err, buf, sizeof buf);
    assert_string_equal(buf, "net.yaml: error: x\n");
}

static void carets_fall_under_wide_characters(void **state)
{
    (void)state;
    struct source src;
    cr_error err;
    char buf[1024];
    /* two CJK characters take four columns; e + combining acute takes one */
    source(&src, "\xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 wrong");
    cr_fail_at(&err, CR_ERR_VALUE, &src, (struct place){1, 7, 5}, "x");
    cr_error_format(&err, buf, sizeof buf);
    assert_non_null(strstr(buf, "\n           ^~~~~\n"));
}

static void suggests_what_was_meant(void **state)
{
    (void)state;
    static const char *const names[] = {"relu",    "sigmoid", "tanh",
                                        "softmax", "elu",     "learning_rate"};
    const size_t n = sizeof names / sizeof names[0];
    assert_string_equal(cr_suggest("rleu", names, n), "relu");
    assert_string_equal(cr_suggest("ReLU", names, n), "relu");
    assert_string_equal(cr_suggest("sigmoit", names, n), "sigmoid");
    assert_string_equal(cr_suggest("tnah", names, n), "tanh");
    assert_string_equal(cr_suggest("learning-rate", names, n), "learning_rate");
    assert_string_equal(cr_suggest("softmx", names, n), "softmax");
    assert_null(cr_suggest("gauss", names, n));
    assert_null(cr_suggest("", names, n));
    assert_null(cr_suggest("xy", names, n));
    assert_null(cr_suggest("relu", names, 0));
    char word[500];
    memset(word, 'r', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(cr_suggest(word, names, n));
}

static void every_status_has_its_words(void **state)
{
    (void)state;
    assert_string_equal(cr_status_name(CR_OK), "CR_OK");
    assert_string_equal(cr_status_name(CR_ERR_CANCELLED), "CR_ERR_CANCELLED");
    assert_string_equal(cr_status_name((cr_status)99), "CR_?");
    assert_string_equal(cr_status_text(CR_ERR_MEMORY), "out of memory");
    assert_string_equal(cr_version(), "0.1.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_line_and_a_caret),
        cmocka_unit_test(formats_into_any_size),
        cmocka_unit_test(accepts_no_error_struct),
        cmocka_unit_test(disarms_hostile_text),
        cmocka_unit_test(cuts_at_a_character),
        cmocka_unit_test(excerpts_long_lines_around_the_column),
        cmocka_unit_test(places_outside_the_text_are_safe),
        cmocka_unit_test(carets_fall_under_wide_characters),
        cmocka_unit_test(suggests_what_was_meant),
        cmocka_unit_test(every_status_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
