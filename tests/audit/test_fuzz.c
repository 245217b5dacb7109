/* Texts with random changes: whatever comes out, no crash, no hang, and places that exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/audit.h"
#include "helpers.h"

enum { ROUNDS = 400, MOST = 1 << 18, TEXTS = 4 };

static const char *const names[TEXTS] = {"linear-2-2-1.md", "sigmoid-2-2-1.md",
                                         "decimal-commas.tex", "matrices.md"};

static const char *const pieces[] = {"$",
                                     "$$",
                                     "\\",
                                     "\\frac",
                                     "{",
                                     "}",
                                     "(",
                                     ")",
                                     "[",
                                     "]",
                                     "^",
                                     "_",
                                     "=",
                                     "\\\\",
                                     "&",
                                     "|",
                                     "1e99",
                                     "0.5",
                                     "-",
                                     "≈",
                                     "∂",
                                     "σ(",
                                     "'",
                                     "\n\n",
                                     "```",
                                     "\\text{",
                                     "\\[",
                                     "%",
                                     "\xff",
                                     "|---|---|",
                                     "/0",
                                     "^{-99999}",
                                     "y* ",
                                     "new ",
                                     "e^",
                                     "{,}",
                                     "softmax(",
                                     "\\sqrt",
                                     "∇_w",
                                     "99999999999999999999",
                                     "\\begin{aligned}",
                                     "\\end{aligned}",
                                     "\\begin{pmatrix}",
                                     "\\underbrace{"};

static size_t load(const char *name, char *to)
{
    char path[1024];
    (void)snprintf(path, sizeof path, SOURCE_DIR "/tests/audit/texts/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(to, 1, MOST / 4, f);
    (void)fclose(f);
    assert_true(n > 100);
    return n;
}

static size_t changed(char *s, size_t n)
{
    const size_t at = below(n + 1);
    const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
    size_t len = strlen(piece);
    switch (below(4)) {
    case 0:
        if (at < n)
            s[at] = (char)below(256);
        return n;
    case 1:
        memmove(s + at + len, s + at, n - at);
        memcpy(s + at, piece, len);
        return n + len;
    case 2:
        len = below(40);
        len = len < n - at ? len : n - at;
        memmove(s + at, s + at + len, n - at - len);
        return n - len;
    default:
        len = below(200);
        len = len < n - at ? len : n - at;
        memmove(s + len, s, n);
        memcpy(s, s + at + len, len);
        return n + len;
    }
}

static void changed_texts(void **state)
{
    (void)state;
    char *text = malloc(MOST);
    assert_non_null(text);
    for (int round = 0; round < ROUNDS; round++) {
        size_t n = load(names[below(TEXTS)], text);
        for (size_t i = 1 + below(12); i-- > 0;)
            n = changed(text, n);
        /* the text ends where it says, with no terminator behind it */
        char *exact = fenced_bytes(n);
        memcpy(exact, text, n);
        char *report = NULL;
        size_t len = 0;
        cr_audit_summary s;
        const cr_audit_options how = {.format = (cr_audit_format)below(3)};
        assert_int_equal(cr_audit(exact, n, &how, &report, &len, &s, NULL), CR_OK);
        assert_int_equal(strlen(report), len);
        assert_int_equal(s.checked + s.not_bound, s.claims);
        cr_audit_free(report);
        unfence_bytes(exact, n);
    }
    free(text);
}

/* Each begins something many times that it never ends. */
static void hostile_texts(void **state)
{
    (void)state;
    static const char *const begin[] = {"(",
                                        "$",
                                        "$$",
                                        "\\[ ",
                                        "\\frac{1",
                                        "{",
                                        "\\text{",
                                        "|",
                                        "<a ",
                                        "**",
                                        "1 = ",
                                        "0.5*0.2 + ",
                                        "`",
                                        "w_1^2 = ",
                                        "[1, ",
                                        "\\begin{align} ",
                                        "\\begin{pmatrix} 1 & ",
                                        "f(x) = 1\n\n",
                                        "a = 0.1 * 2 = 0.3\n\n"};
    enum { SIZE = 1 << 17 };
    char *text = malloc(SIZE + 64);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
        size_t n = 0;
        while (n < SIZE) {
            memcpy(text + n, begin[i], strlen(begin[i]));
            n += strlen(begin[i]);
        }
        char *report = NULL;
        const cr_status status = cr_audit(text, n, NULL, &report, NULL, NULL, NULL);
        assert_true(status == CR_OK || status == CR_ERR_LIMIT);
        cr_audit_free(report);
    }
    free(text);
}

static void too_long(void **state)
{
    (void)state;
    char untouched, *report = &untouched;
    cr_error err = {0};
    char *text = calloc(CR_AUDIT_LIMIT + 1, 1);
    assert_non_null(text);
    assert_int_equal(cr_audit(text, CR_AUDIT_LIMIT + 1, NULL, &report, NULL, NULL, &err),
                     CR_ERR_LIMIT);
    assert_ptr_equal(report, &untouched);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_texts),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
