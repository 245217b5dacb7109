/* A kept file of columns with any byte changed, cut off anywhere, with any field of its head made another
 * and its sum made right again: never trusted, or the same table. And when memory runs out. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/data.h"
#include "data/columns_file.h"
#include "failing_memory.h"

static const char text[] = "size,kind,yes,day,key\n"
                           "1.5,big,yes,2024-02-29,1\n"
                           "NA,small,no,2024-03-01,2\n"
                           "-3,big,yes,,3\n"
                           "4e3,?,no,2024-03-03,4\n"
                           "5,tiny,yes,2024-03-04,5\n";
static const struct columns_origin origin = {{1, 2, 3, 4, 5}};

static void same_tables(const cr_table *a, const cr_table *b)
{
    assert_int_equal(cr_table_rows(a), cr_table_rows(b));
    assert_int_equal(cr_table_columns(a), cr_table_columns(b));
    assert_string_equal(cr_table_format(a), cr_table_format(b));
    for (size_t i = 0; i < cr_table_columns(a); i++) {
        const cr_column x = cr_table_column(a, i), y = cr_table_column(b, i);
        assert_string_equal(x.name, y.name);
        assert_string_equal(x.why, y.why);
        assert_true(x.type == y.type && x.role == y.role && x.missing == y.missing);
        assert_int_equal(x.levels, y.levels);
        assert_true(!x.value == !y.value && !x.code == !y.code);
        if (x.value)
            assert_memory_equal(x.value, y.value, cr_table_rows(a) * sizeof *x.value);
        if (x.code)
            assert_memory_equal(x.code, y.code, cr_table_rows(a) * sizeof *x.code);
        for (size_t k = 0; k < x.levels; k++)
            assert_string_equal(x.level[k], y.level[k]);
    }
}

static cr_table *parse(void)
{
    static const cr_table_options o = {.label = "size"};
    cr_table *t = NULL;
    assert_int_equal(cr_table_parse("t.csv", text, sizeof text - 1, &o, &t, NULL), CR_OK);
    return t;
}

/* A file of columns of the table above, without a name; its bytes. */
static int make_file(unsigned char **bytes, size_t *size)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    const int fd = dup(fileno(f));
    fclose(f);
    struct cr_table *t = parse();
    assert_true(cr_columns_write(fd, &origin, t));
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    *size = (size_t)st.st_size;
    *bytes = malloc(*size);
    assert_non_null(*bytes);
    assert_int_equal(pread(fd, *bytes, *size, 0), *size);

    cr_table *want = parse(); /* what was written is what the table has now */
    same_tables(t, want);
    cr_table_free(want);
    cr_table_free(t);
    return fd;
}

/* It is refused, or the same table. */
static int refused(int fd)
{
    struct cr_table *got = NULL;
    const char *why = cr_columns_open(fd, &origin, "t.csv", &got);
    if (why) {
        assert_null(got);
        assert_true(strlen(why) > 5);
        return 1;
    }
    cr_table *want = parse();
    same_tables(got, want);
    cr_table_free(want);
    cr_table_free(got);
    return 0;
}

static void sees_every_changed_byte(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    const int fd = make_file(&bytes, &size);
    assert_int_equal(size % 64, 0);
    assert_false(refused(fd));
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            const unsigned char other = bytes[i] ^ (unsigned char)(1 << bit);
            assert_int_equal(pwrite(fd, &other, 1, (off_t)i), 1);
            assert_true(refused(fd));
            assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
        }
    assert_false(refused(fd));
    for (size_t n = size; n-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)n), 0);
        assert_true(refused(fd));
    }
    close(fd);
    free(bytes);
}

enum { HEAD = 96, SUM_AT = 88, ABOUT_AT = 24 }; /* as columns_file.c has it */

static void make_sum_right(unsigned char *bytes, uint64_t about)
{
    const uint64_t sum = cr_columns_sum(cr_columns_sum(0, bytes, SUM_AT), bytes + HEAD, about);
    memcpy(bytes + SUM_AT, &sum, sizeof sum);
}

/* The sum of head and description is no reason to trust what they say. */
static void survives_a_right_sum(void **state)
{
    (void)state;
    static const uint64_t odd[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   8,
                                   63,
                                   64,
                                   65,
                                   255,
                                   1u << 16,
                                   UINT32_MAX,
                                   (uint64_t)1 << 40,
                                   INT64_MAX,
                                   UINT64_MAX - 7,
                                   UINT64_MAX};
    unsigned char *bytes;
    size_t size;
    uint64_t about;
    const int fd = make_file(&bytes, &size);
    memcpy(&about, bytes + ABOUT_AT, sizeof about);
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    size_t tried = 0;
    for (size_t at = 8; at < HEAD + about; at += at < HEAD ? 8 : 1)
        for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
            if (at == SUM_AT || at + 8 > HEAD + about)
                continue;
            memcpy(copy, bytes, size);
            memcpy(copy + at, &odd[k], 8);
            make_sum_right(copy, about);
            assert_int_equal(pwrite(fd, copy, size, 0), size);
            struct cr_table *got = NULL;
            const char *why = cr_columns_open(fd, &origin, "t.csv", &got);
            assert_true(!why == (got != NULL));
            for (size_t i = 0; got && i < cr_table_columns(got); i++) {
                char buf[64];
                for (size_t row = 0; row < cr_table_rows(got); row++)
                    (void)cr_table_cell(got, row, i, buf); /* all of it can be read */
            }
            cr_table_free(got);
            tried++;
        }
    assert_true(tried > 5000);
    close(fd);
    free(copy);
    free(bytes);
}

/* A code beyond the levels is seen though all sums are right. */
static void checks_codes(void **state)
{
    (void)state;
    FILE *f = tmpfile();
    assert_non_null(f);
    struct cr_table *t = parse(), *got = NULL;
    for (size_t i = 0; i < t->cols; i++)
        if (t->column[i].code)
            t->column[i].code[2] = (uint32_t)t->column[i].levels.n;
    assert_true(cr_columns_write(fileno(f), &origin, t));
    const char *why = cr_columns_open(fileno(f), &origin, "t.csv", &got);
    assert_non_null(why);
    assert_string_equal(why, "is damaged");
    assert_null(got);
    cr_table_free(t);
    fclose(f);
}

/* The sum against its definition, worked out word by word. */
static void sums(void **state)
{
    (void)state;
    unsigned char bytes[100];
    uint64_t seen[101];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        seen[n] = cr_columns_sum(3, bytes, n);
        for (size_t k = 0; k < n; k++)
            assert_true(seen[k] != seen[n]);
        assert_true(seen[n] != cr_columns_sum(4, bytes, n));
    }
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t want = 0, lane[4] = {0 ^ 8, 1, ~(uint64_t)0, 0},
             word[4] = {0x0807060504030201u, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        lane[i] = (lane[i] ^ word[i]) * odd;
        want = (want ^ (lane[i] << 31 | lane[i] >> 33)) * odd;
        want ^= want >> 32;
    }
    assert_true(cr_columns_sum(0, "\1\2\3\4\5\6\7\10", 8) == want);
}

#if OWN_ALLOCATOR
static void write_text(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static size_t files_in(const char *folder)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void empty(const char *folder)
{
    char path[512];
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            assert_int_equal(unlink(path), 0);
        }
    closedir(d);
}
#endif

/* Memory ends at every call of the allocator: an error, nothing leaked, no half file. */
static void survives_failing_memory(void **state)
{
    (void)state;
#if OWN_ALLOCATOR
    char folder[] = "/tmp/chainrule-cache-XXXXXX", data[64];
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof data, "%s/t.csv", folder);
    write_text(data, text, sizeof text - 1);
    const cr_table_options o = {.label = "size", .cache = folder, .threads = 1};
    for (int kept = 0; kept < 2; kept++) {
        size_t failures = 0;
        for (long calls = 0;; calls++) {
            cr_table *t = NULL;
            cr_error err = {0};
            if (!kept) {
                empty(folder);
                write_text(data, text, sizeof text - 1);
            }
            const long before = outstanding;
            calls_left = calls;
            const cr_status status = cr_table_read(data, &o, &t, &err);
            const int used_all = calls_left == 0;
            calls_left = -1;
            if (status == CR_OK) {
                cr_table *want = parse();
                same_tables(t, want);
                cr_table_free(want);
                assert_int_equal(files_in(folder), 2);
            } else {
                assert_null(t);
                assert_true(status == CR_ERR_MEMORY || status == CR_ERR_IO);
                failures++;
            }
            cr_table_free(t);
            assert_int_equal(outstanding, before);
            if (status == CR_OK && !used_all)
                break;
        }
        assert_true(failures > (kept ? 0 : 20));
    }
    empty(folder);
    assert_int_equal(rmdir(folder), 0);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(sees_every_changed_byte),
        cmocka_unit_test(survives_a_right_sum),
        cmocka_unit_test(checks_codes),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
