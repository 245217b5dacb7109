/* Escaping and JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "doc/escape.h"
#include "doc/json.h"

static void escapes(void **state)
{
    (void)state;
    static const struct {
        void (*escape)(struct text *out, const char *s);
        const char *in, *out;
    } cases[] = {
        {cr_escape_plain, "", ""},
        {cr_escape_plain, "h1 é 日本", "h1 é 日本"},
        {cr_escape_plain, "a\x1b[31mb\x07\tc\nd", "a[31mb c d"},
        {cr_escape_plain,
         "a\xe2\x80\xae"
         "b\xc2\x9b"
         "c\xef\xbb\xbf"
         "d",
         "abcd"},
        {cr_escape_plain, "a\xff\xc3z", "az"},
        {cr_escape_markdown, "<b>|$x$`y`\\", "&lt;b&gt;&#124;&#36;x&#36;&#96;y&#96;&#92;"},
        {cr_escape_markdown, "*a* _b_ [c](d) #e ~f", "\\*a\\* \\_b\\_ \\[c\\](d) \\#e \\~f"},
        {cr_escape_markdown, "http://x.y a@b &", "http&#58;//x.y a&#64;b &amp;"},
        {cr_escape_latex, "a_b {c} 5% #1 & \\x", "a\\_b \\{c\\} 5\\% \\#1 \\& {\\char92}x"},
        {cr_escape_latex, "$^~|<>`*\"",
         "{\\char36}{\\char94}{\\char126}{\\char124}{\\char60}{\\char62}"
         "{\\char96}{\\char42}{\\char34}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        cases[i].escape(&t, cases[i].in);
        assert_string_equal(cr_text_str(&t), cases[i].out);
        cr_text_free(&t);
    }
}

/* What was written is read back by another reader. */
static void json_strings(void **state)
{
    (void)state;
    static const char all[] = "\x01\x1f\x7f\"\\/\b\f\n\r\t é \xe2\x80\xa8 \xf0\x9f\x99\x82";
    struct text t = {0};
    cr_text_addc(&t, '[');
    cr_escape_json(&t, all, sizeof all); /* the terminator too */
    cr_text_addc(&t, ']');
    json_t *root = json_loadb(t.s, t.len, JSON_ALLOW_NUL, NULL);
    assert_non_null(root);
    json_t *s = json_array_get(root, 0);
    assert_int_equal(json_string_length(s), sizeof all);
    assert_memory_equal(json_string_value(s), all, sizeof all);
    json_decref(root);
    cr_text_clear(&t);
    cr_escape_json(&t,
                   "a\xff\xc3"
                   "b\xed\xa0\x80",
                   7);
    assert_null(strchr(t.s, '\xff'));
    root = json_loads(t.s, JSON_DECODE_ANY, NULL);
    assert_non_null(root);
    json_decref(root);
    cr_text_free(&t);
}

static void json_numbers(void **state)
{
    (void)state;
    static const double values[] = {0,
                                    -0.0,
                                    0.1,
                                    1e300,
                                    5e-324,
                                    -1.7976931348623157e308,
                                    3,
                                    1e21,
                                    0.30000000000000004,
                                    123456789012345680.0};
    struct text t = {0};
    struct json j = {.out = &t};
    cr_json_open(&j, NULL, '{');
    cr_json_open_inline(&j, "values", '[');
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cr_json_f64(&j, NULL, values[i]);
    cr_json_f64(&j, NULL, NAN);
    cr_json_f64(&j, NULL, -INFINITY);
    cr_json_close(&j);
    cr_json_open(&j, "empty", '[');
    cr_json_close(&j);
    cr_json_open(&j, "more", '{');
    cr_json_int(&j, "n", -12);
    cr_json_bool(&j, "yes", 1);
    cr_json_string(&j, "k\"ey", "v");
    cr_json_close(&j);
    cr_json_close(&j);
    json_t *root = json_loads(t.s, 0, NULL), *read = json_object_get(root, "values");
    assert_non_null(read);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(json_number_value(json_array_get(read, i)) == values[i]);
    assert_true(json_is_null(json_array_get(read, sizeof values / sizeof *values)));
    assert_true(json_is_null(json_array_get(read, sizeof values / sizeof *values + 1)));
    assert_int_equal(json_array_size(json_object_get(root, "empty")), 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "more"), "k\"ey")),
                        "v");
    json_decref(root);
    cr_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(json_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
