/* Tables from CSV: what is read, and what each kind of mistake is told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/data.h"
#include "data/csv.h"
#include "data/table.h"

static cr_table *parse(const char *text, const cr_table_options *options)
{
    cr_table *t = NULL;
    cr_error err = {0};
    if (cr_table_parse("t.csv", text, strlen(text), options, &t, &err) != CR_OK)
        fail_msg("%s", err.message);
    return t;
}

static void reads_numbers_and_names(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a,b,c\n1,2,3\n-4.5,5e2,.25\n",
        "a,b,c\n1,2,3\n-4.5,5e2,.25", /* no newline at the end */
        "a,b,c\r\n1,2,3\r\n-4.5,5e2,.25\r\n",
        "a,b,c\r1,2,3\r-4.5,5e2,.25\r",
        ("\xEF\xBB\xBF"
         "a,b,c\n1,2,3\n-4.5,5e2,.25\n"),
        "a;b;c\n1;2;3\n-4.5;5e2;.25\n",
        "a\tb\tc\n1\t2\t3\n-4.5\t5e2\t.25\n",
        "sep=;\na;b;c\n1;2;3\n-4.5;5e2;.25\n", /* as spreadsheets name the delimiter */
        "\xEF\xBB\xBFsep=|\r\na|b|c\r\n1|2|3\r\n-4.5|5e2|.25\r\n",
        "\"a\",b ,\"c\"\n\"1\", 2,3\n\n-4.5,\"5e2\",.25\n\n", /* quotes, blanks, blank lines */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_table *t = parse(texts[i], NULL);
        assert_int_equal(cr_table_rows(t), 2);
        assert_int_equal(cr_table_columns(t), 3);
        assert_string_equal(cr_table_column(t, 0).name, "a");
        assert_string_equal(cr_table_column(t, 1).name, "b");
        assert_string_equal(cr_table_column(t, 2).name, "c");
        assert_int_equal(cr_table_find(t, "c"), 2);
        assert_int_equal(cr_table_find(t, "d"), 3);
        static const double want[] = {1, 2, 3, -4.5, 500, 0.25};
        for (size_t k = 0; k < 6; k++)
            assert_true(cr_table_column(t, k % 3).value[k / 3] == want[k]);
        cr_table_free(t);
    }
}

/* Types, and why, of columns of many rows: the text of row i is that of cell. */
static void type_is(const char *const *cell, size_t n, cr_column_type want, const char *why)
{
    char text[4096];
    size_t at = (size_t)snprintf(text, sizeof text, "x,y\n");
    for (size_t i = 0; i < 30; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "\"%s%.0zu\",%zu\n", cell[i % n],
                               n == 1 ? i + 1 : 0, i % 3);
    cr_table *t = parse(text, &(cr_table_options){.label = "y"});
    assert_int_equal(cr_table_column(t, 0).type, want);
    assert_string_equal(cr_table_column(t, 0).why, why);
    cr_table_free(t);
}

static void says_why_a_type(void **state)
{
    (void)state;
    static const char *const spelt[] = {"Yes", "no", "YES", "No", "yes"};
    type_is(spelt, 5, CR_COLUMN_BOOLEAN, "Yes and no, in several spellings");
    type_is(spelt, 2, CR_COLUMN_BOOLEAN, "Yes and no");
    static const char *const letters[] = {"t", "f", "n", "y"};
    type_is(letters, 4, CR_COLUMN_CATEGORY, "4 different texts");
    static const char *const name = "a Zürich with a long name ";
    type_is(&name, 1, CR_COLUMN_IDENTIFIER,
            "another text in every row, such as 'a Zürich with a long na\u2026'");
    static const char *const lists[] = {"1,2", "1,3",
                                        "2,3"}; /* few, so perhaps meant as they are */
    type_is(lists, 3, CR_COLUMN_CATEGORY, "3 different texts");
    cr_table *t = parse("x,y\n1,p\n2,q\n", &(cr_table_options){.label = "y", .types = "y=text"});
    assert_string_equal(cr_table_column(t, 1).why, "given");
    assert_int_equal(cr_table_column(t, 1).type, CR_COLUMN_CATEGORY);
    cr_table_free(t);
    t = parse("x,y\n1,\n2,NA\n", &(cr_table_options){.label = "y"});
    assert_string_equal(cr_table_column(t, 1).why, "no values");
    cr_table_free(t);
}

static void picks_columns(void **state)
{
    (void)state;
    static const char *const wanted[] = {"z", "x"};
    const cr_table_options options = {.columns = wanted, .n_columns = 2};
    cr_table *t = parse("x,y,z\n1,text,3\n4,\"more, text\",6\n", &options);
    assert_int_equal(cr_table_columns(t), 2);
    assert_true(cr_table_column(t, 0).value[1] == 6 && cr_table_column(t, 1).value[1] == 4);
    assert_null(cr_table_label_name(t));
    assert_int_equal(cr_table_guess(t, NULL, 0), CR_TASK_GUESS);
    cr_table_free(t);
}

static void labels_are_text_or_numbers(void **state)
{
    (void)state;
    const cr_table_options options = {.label = "kind"};
    char buf[32];
    cr_table *t = parse("x,kind\n1,\"b \"\"q\"\"\"\n2,a\n3,01\n4,a\n", &options);
    assert_string_equal(cr_table_label_name(t), "kind");
    assert_string_equal(cr_table_label(t, 0, buf), "b \"q\"");
    assert_string_equal(cr_table_label(t, 2, buf), "01");
    assert_null(cr_table_label(t, 4, buf));
    assert_int_equal(cr_table_guess(t, NULL, 0), CR_CLASSIFICATION);

    struct arena a = {0};
    struct classes c;
    assert_int_equal(cr_table_classes(t, &a, 10, &c, NULL), CR_OK);
    assert_int_equal(c.n, 3);
    assert_string_equal(c.name[0], "01");
    assert_string_equal(c.name[1], "a");
    assert_string_equal(c.name[2], "b \"q\"");
    assert_null(c.value);
    const uint32_t *id = cr_table_class_ids(t, &c, &a);
    assert_true(id[0] == 2 && id[1] == 1 && id[2] == 0 && id[3] == 1);
    assert_int_equal(cr_class_find(&c, "ab", 1), 1);
    assert_int_equal(cr_class_find(&c, "ab", 2), -1);
    cr_error err = {0};
    struct classes kept = c;
    assert_int_equal(cr_table_classes(t, &a, 2, &kept, &err), CR_ERR_LIMIT);
    assert_int_equal(kept.n, 3);
    cr_table_free(t);

    t = parse("x,kind\n1,10\n2,9.0\n3,-0\n4,10\n5,9\n6,0\n", &options);
    assert_string_equal(cr_table_label(t, 1, buf), "9");
    assert_int_equal(cr_table_classes(t, &a, 3, &c, NULL), CR_OK);
    assert_int_equal(c.n, 3);
    assert_string_equal(c.name[0], "0");
    assert_string_equal(c.name[2], "10");
    id = cr_table_class_ids(t, &c, &a);
    assert_true(id[0] == 2 && id[1] == 1 && id[2] == 0 && id[5] == 0);
    assert_int_equal(cr_class_find(&c, "9.00", 4), 1);
    assert_int_equal(cr_class_find(&c, "9.5", 3), -1);
    assert_int_equal(cr_class_find(&c, "x", 1), -1);
    cr_table_free(t);
    cr_arena_free(&a);
}

static cr_task guess(const char *text, char *why, size_t size)
{
    const cr_table_options options = {.label = "y"};
    cr_table *t = parse(text, &options);
    cr_task task = cr_table_guess(t, why, size);
    cr_table_free(t);
    return task;
}

static void guesses_the_task(void **state)
{
    (void)state;
    char why[128];
    assert_int_equal(guess("x,y\n1,a\n", why, sizeof why), CR_CLASSIFICATION);
    assert_string_equal(why, "'y' holds text");
    assert_int_equal(guess("x,y\n1,1\n2,1\n3,0\n4,0\n", why, sizeof why), CR_CLASSIFICATION);
    assert_string_equal(why, "'y' holds 2 different whole numbers");
    assert_int_equal(guess("x,y\n1,1\n2,1.5\n3,0\n4,0\n", why, sizeof why), CR_REGRESSION);
    assert_string_equal(why, "'y' holds numbers with decimals");
    assert_int_equal(guess("x,y\n1,1\n2,2\n3,3\n4,3\n", why, sizeof why), CR_REGRESSION);
    assert_string_equal(why, "'y' holds 3 different numbers in 4 rows");
    assert_int_equal(guess("x,y\n1,7\n", why, sizeof why), CR_REGRESSION);
    assert_string_equal(why, "'y' holds 1 different number in 1 row");
    assert_int_equal(guess("y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n"
                           "20\n21\n",
                           why, sizeof why),
                     CR_REGRESSION);
    assert_string_equal(why, "'y' holds more than 20 different numbers");
}

struct bad {
    const char *text;
    size_t size;                /* 0: strlen */
    const char *types, *ignore; /* as in the options */
    const char *want;           /* message and hint */
};

#define L10  "llllllllll"
#define L100 L10 L10 L10 L10 L10 L10 L10 L10 L10 L10
static const struct bad bads[] = {
#include "bad_tables.inc"
};

static const char *told(const struct bad *bad, char *buf, size_t size)
{
    const cr_table_options options = {.label = "y", .types = bad->types, .ignore = bad->ignore};
    cr_table *t = NULL;
    cr_error err = {0};
    cr_status status = cr_table_parse("t.csv", bad->text, bad->size ? bad->size : strlen(bad->text),
                                      &options, &t, &err);
    cr_table_free(t);
    assert_int_equal(status, err.code);
    snprintf(buf, size, "it was read\n");
    if (status != CR_OK)
        cr_error_format(&err, buf, size);
    return buf;
}

static void every_mistake_has_its_message(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        char buf[2048];
        if (strcmp(told(&bads[i], buf, sizeof buf), bads[i].want)) {
            wrong++;
            fprintf(stderr, "case %zu:\n%s\n", i, buf);
        }
    }
    assert_int_equal(wrong, 0);
}

static void failures_of_files(void **state)
{
    (void)state;
    cr_table *t = NULL;
    cr_error err = {0};
    assert_int_equal(cr_table_read("/nonexistent/t.csv", NULL, &t, &err), CR_ERR_IO);
    assert_string_equal(err.message, "cannot open '/nonexistent/t.csv': No such file or directory");
    assert_int_equal(cr_table_read("/", NULL, &t, &err), CR_ERR_IO);
    assert_int_equal(cr_table_read("/nonexistent/t.csv", NULL, &t, NULL), CR_ERR_IO);
    assert_null(t);
}

/* The same rows whatever the read buffer does: rows and line ends at every offset around
 * its size, from a file and from memory. */
static void long_rows_cross_the_buffer(void **state)
{
    (void)state;
    char path[] = "/tmp/chainrule-table-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t extra = 0; extra < 8; extra++) {
        const size_t fill = (64 << 10) - 12 + extra;
        char *text = malloc(3 * fill + 100);
        size_t n = (size_t)sprintf(text, "x,y\r\n1,\"");
        memset(text + n, 'q', fill - n);
        n = fill;
        memset(text + fill - 6, '"', 2); /* a doubled quote that may be cut */
        n += (size_t)sprintf(text + n, "\"\r\n2,b\r\n");
        memset(text + n, '\n', 70000);
        n += 70000;
        n += (size_t)sprintf(text + n, "3,c");
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, text, n, 0), (ssize_t)n);
        const cr_table_options options = {.columns = (const char *const[]){"x"}, .n_columns = 1};
        cr_table *t = NULL, *m = NULL;
        assert_int_equal(cr_table_read(path, &options, &t, NULL), CR_OK);
        assert_int_equal(cr_table_parse("m", text, n, &options, &m, NULL), CR_OK);
        assert_int_equal(cr_table_rows(t), 3);
        assert_int_equal(cr_table_rows(m), 3);
        for (size_t i = 0; i < 3; i++)
            assert_true(cr_table_column(t, 0).value[i] == (double)i + 1 &&
                        cr_table_column(m, 0).value[i] == (double)i + 1);
        cr_table_free(t);
        cr_table_free(m);
        free(text);
    }
    close(fd);
    unlink(path);
}

static void absurd_rows_are_refused(void **state)
{
    (void)state;
    const size_t n = CSV_MAX_ROW + 100;
    char *text = malloc(n);
    cr_table *t = NULL;
    cr_error err = {0};
    memset(text, 'a', n);
    assert_int_equal(cr_table_parse("t.csv", text, n, NULL, &t, &err), CR_ERR_LIMIT);
    assert_string_equal(err.message, "this row is longer than 16 MiB");
    text[0] = '"';
    assert_int_equal(cr_table_parse("t.csv", text, n, NULL, &t, &err), CR_ERR_SYNTAX);
    assert_string_equal(err.message, "this quote is not closed within 16 MiB");
    assert_null(t);
    free(text);
}

static void many_labels(void **state)
{
    (void)state;
    const size_t rows = TABLE_LABELS + 10;
    char *text = malloc(rows * 12 + 100);
    size_t n = (size_t)sprintf(text, "x,y\n");
    for (size_t i = 0; i < rows; i++)
        n += (size_t)sprintf(text + n, "1,%zu\n", i);
    const cr_table_options options = {.label = "y"};
    cr_table *t = NULL;
    cr_error err = {0};
    assert_int_equal(cr_table_parse("t.csv", text, n, &options, &t, NULL), CR_OK);
    assert_int_equal(cr_table_guess(t, NULL, 0), CR_REGRESSION);
    char buf[32];
    assert_string_equal(cr_table_label(t, rows - 1, buf), "65545");
    cr_table_free(t);
    t = NULL;
    sprintf(text + n, "1,a\n");
    assert_int_equal(cr_table_parse("t.csv", text, n + 4, &options, &t, &err), CR_ERR_LIMIT);
    assert_string_equal(err.message, "column 'y' has text, and more than 65536 different values");
    assert_null(t);
    free(text);
}

/* Random damage to a good table: it is read or refused, with a message. */
static void damaged_tables_are_harmless(void **state)
{
    (void)state;
    static const char good[] = "a,b,\"c\"\"\",y\n1,2.5,3,x\n-4,\"5\",6e1,\"y,\n\"\n7,8,9,z\n";
    static const char bytes[] = ",;\t\"\n\r0.-e \xFF\xEF\xBB\xBF\0ax";
    uint64_t x = 7;
    for (int i = 0; i < 6000; i++) {
        char text[sizeof good + 8];
        size_t n = sizeof good - 1;
        memcpy(text, good, n);
        for (int k = 0; k < 1 + i % 4; k++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            text[(x >> 33) % n] = bytes[(x >> 20) % (sizeof bytes - 1)];
        }
        n -= (x >> 50) % 5;
        char *exact = malloc(n); /* so that a sanitizer sees a byte too far */
        memcpy(exact, text, n);
        const cr_table_options options = {.label = "y", .label_optional = i & 1};
        cr_table *t = NULL;
        cr_error err = {0};
        cr_status status = cr_table_parse("t.csv", exact, n, &options, &t, &err);
        assert_true((status == CR_OK) == (t != NULL));
        assert_true(status == CR_OK || (*err.message && err.code == status));
        cr_table_free(t);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers_and_names),
        cmocka_unit_test(picks_columns),
        cmocka_unit_test(labels_are_text_or_numbers),
        cmocka_unit_test(guesses_the_task),
        cmocka_unit_test(says_why_a_type),
        cmocka_unit_test(every_mistake_has_its_message),
        cmocka_unit_test(failures_of_files),
        cmocka_unit_test(long_rows_cross_the_buffer),
        cmocka_unit_test(absurd_rows_are_refused),
        cmocka_unit_test(many_labels),
        cmocka_unit_test(damaged_tables_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
