#include "data/rows.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { MAX_NAME = 1024, MAX_SUGGEST = 1000 };

struct header {
    size_t n;
    const char **name;
    size_t *sorted; /* indices by name, for look-ups and duplicates */
};

static const struct row_reader no_reader;

void cr_rows_close(struct row_reader *r)
{
    if (!r)
        return;
    cr_csv_close(r->csv);
    cr_arena_free(&r->arena);
    free(r);
}

const char *cr_name_problem(const char *s, size_t n)
{
    if (n > MAX_NAME)
        return "is longer than 1024 bytes";
    for (size_t i = 0; i < n;) {
        unsigned code;
        size_t step = cr_utf8_next(s + i, n - i, &code);
        int hides = (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                    (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
        if (code < 0x20 || (code >= 0x7F && code < 0xA0) || hides)
            return "has a control character";
        if (code == 0xFFFD && step == 1)
            return "is not UTF-8";
        i += step;
    }
    return NULL;
}

static cr_status check_text(const struct csv *csv, size_t field, const char *what, cr_error *err)
{
    size_t n;
    const char *s = cr_csv_text(csv, field, &n);
    const char *problem = cr_name_problem(s, n);
    return problem ? cr_csv_fail(csv, field, err, CR_ERR_VALUE, "this %s %s", what, problem)
                   : CR_OK;
}

/* A bottom-up merge sort: qsort has no context argument in POSIX 2008. */
static void sort_by_name(const char *const *name, size_t *index, size_t *spare, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t i = at, mid = at + width < n ? at + width : n, j = mid;
            size_t end = mid + width < n ? mid + width : n;
            for (size_t k = at; k < end; k++) {
                int left = i < mid && (j >= end || strcmp(name[index[i]], name[index[j]]) <= 0);
                spare[k] = left ? index[i++] : index[j++];
            }
        }
        memcpy(index, spare, n * sizeof *index);
    }
}

static cr_status read_header(struct row_reader *r, struct header *h, cr_error *err)
{
    int more, numbers = 0;
    cr_status status = cr_csv_next(r->csv, &more, err);
    if (status != CR_OK)
        return status;
    if (!more) {
        const struct source src = {.name = cr_csv_name(r->csv)};
        cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "the file is empty");
        cr_hint(err, "a CSV file starts with a line of column names");
        return CR_ERR_FORMAT;
    }
    h->n = cr_csv_fields(r->csv);
    h->name = arena_new(&r->arena, const char *, h->n);
    h->sorted = arena_new(&r->arena, size_t, h->n);
    size_t *spare = arena_new(&r->arena, size_t, h->n);
    if (!h->name || !h->sorted || !spare)
        return cr_fail_memory(err);
    for (size_t i = 0; i < h->n; i++) {
        size_t n;
        double v;
        const char *s = cr_csv_text(r->csv, i, &n);
        status = check_text(r->csv, i, "name", err);
        if (status != CR_OK)
            return status;
        if (!(h->name[i] = cr_arena_strndup(&r->arena, s, n)))
            return cr_fail_memory(err);
        numbers += cr_parse_f64(s, n, &v);
    }
    if ((size_t)numbers == h->n) {
        cr_csv_fail(r->csv, 0, err, CR_ERR_FORMAT, "the first line has only numbers");
        cr_hint(err, "a CSV file starts with a line of column names");
        return CR_ERR_FORMAT;
    }
    sort_by_name(h->name, h->sorted, spare, h->n);
    return CR_OK;
}

/* Where a name is in `sorted`, or h->n. The first of equal ones. */
static size_t lookup(const struct header *h, const char *name)
{
    size_t low = 0, high = h->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(h->name[h->sorted[mid]], name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < h->n && !strcmp(h->name[h->sorted[low]], name) ? low : h->n;
}

static cr_status find_column(const struct row_reader *r, const struct header *h, const char *name,
                             int optional, size_t *field, cr_error *err)
{
    size_t at = lookup(h, name);
    if (at == h->n) {
        if (optional) {
            *field = h->n;
            return CR_OK;
        }
        const char *near = h->n > MAX_SUGGEST ? NULL : cr_suggest(name, h->name, h->n);
        cr_csv_fail(r->csv, 0, err, CR_ERR_UNKNOWN, "there is no column '%s'", name);
        if (near)
            cr_hint(err, "did you mean '%s'?", near);
        return CR_ERR_UNKNOWN;
    }
    if (at + 1 < h->n && !strcmp(h->name[h->sorted[at + 1]], name))
        return cr_csv_fail(r->csv, h->sorted[at + 1], err, CR_ERR_VALUE,
                           "two columns are called '%s'", name);
    *field = h->sorted[at];
    return CR_OK;
}

static cr_status check_all_names(const struct row_reader *r, const struct header *h, cr_error *err)
{
    for (size_t i = 0; i < h->n; i++)
        if (!*h->name[i]) {
            cr_csv_fail(r->csv, i, err, CR_ERR_VALUE, "column %zu has no name", i + 1);
            cr_hint(err, "if it is a row number, leave it out");
            return CR_ERR_VALUE;
        }
    for (size_t i = 0; i + 1 < h->n; i++) {
        size_t a = h->sorted[i], b = h->sorted[i + 1];
        if (!strcmp(h->name[a], h->name[b]))
            return cr_csv_fail(r->csv, b, err, CR_ERR_VALUE,
                               "columns %zu and %zu are both called "
                               "'%s'",
                               a + 1, b + 1, h->name[a]);
    }
    return CR_OK;
}

static cr_status pick_columns(struct row_reader *r, const struct header *h,
                              const cr_table_options *options, cr_error *err)
{
    cr_status status = CR_OK;
    size_t cols = options->columns ? options->n_columns : h->n;
    r->width = h->n;
    r->label_field = h->n;
    if (!options->columns)
        status = check_all_names(r, h, err);
    if (status == CR_OK && options->label) {
        status = find_column(r, h, options->label, options->label_optional, &r->label_field, err);
        if (status == CR_OK && r->label_field < h->n)
            r->label_name = h->name[r->label_field];
    }
    if (status != CR_OK)
        return status;
    r->name = arena_new(&r->arena, const char *, cols);
    r->field = arena_new(&r->arena, size_t, cols);
    if (!r->name || !r->field)
        return cr_fail_memory(err);
    for (size_t i = 0; i < cols; i++) {
        size_t field = i;
        if (options->columns)
            status = find_column(r, h, options->columns[i], 0, &field, err);
        if (status != CR_OK)
            return status;
        if (!options->columns && field == r->label_field)
            continue;
        r->name[r->cols] = h->name[field];
        r->field[r->cols++] = field;
    }
    size_t used = r->cols + (r->label_name && r->label_field < h->n);
    r->ignored = used < h->n ? h->n - used : 0;
    return CR_OK;
}

cr_status cr_rows_open(struct csv *csv, const cr_table_options *options, struct row_reader **out,
                       cr_error *err)
{
    static const cr_table_options all;
    struct row_reader *r = malloc(sizeof *r);
    if (!r) {
        cr_csv_close(csv);
        return cr_fail_memory(err);
    }
    *r = no_reader;
    r->csv = csv;
    struct header h = {0};
    cr_status status = read_header(r, &h, err);
    if (status == CR_OK)
        status = pick_columns(r, &h, options ? options : &all, err);
    if (status != CR_OK) {
        cr_rows_close(r);
        return status;
    }
    *out = r;
    return CR_OK;
}

static int same_word(const char *s, size_t n, const char *word)
{
    size_t i = 0;
    for (; i < n && word[i]; i++)
        if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]) != word[i])
            return 0;
    return i == n && !word[i];
}

/* The last three may be the name of a class. */
enum { MISSING_WORDS = 8, MISSING_LABELS = 5 };

static int is_missing(const char *s, size_t n, size_t words)
{
    static const char *const word[MISSING_WORDS] = {"na", "n/a",  "nan", "null",
                                                    "?",  "none", "-",   "."};
    for (size_t i = 0; i < words; i++)
        if (same_word(s, n, word[i]))
            return 1;
    return n == 0;
}

static cr_status fail_number(const struct row_reader *r, size_t field, const char *name,
                             cr_error *err)
{
    size_t n;
    const char *s = cr_csv_text(r->csv, field, &n);
    int shown = n > 40 ? 40 : (int)n;
    if (n == 0) {
        cr_csv_fail(r->csv, field, err, CR_ERR_VALUE, "column '%s' has no value here", name);
        cr_hint(err, "leave out rows with missing values");
        return CR_ERR_VALUE;
    }
    const char *sign = s[0] == '+' || s[0] == '-' ? s + 1 : s;
    size_t rest = n - (size_t)(sign - s);
    if (is_missing(s, n, MISSING_WORDS)) {
        cr_csv_fail(r->csv, field, err, CR_ERR_VALUE, "column '%s' has no value here: '%.*s'", name,
                    shown, s);
        cr_hint(err, "leave out rows with missing values");
        return CR_ERR_VALUE;
    }
    if (same_word(sign, rest, "inf") || same_word(sign, rest, "infinity"))
        return cr_csv_fail(r->csv, field, err, CR_ERR_VALUE,
                           "'%.*s' in column '%s' is not a finite number", shown, s, name);
    size_t digits = 0;
    while (digits < n && strchr("0123456789+-.eE", s[digits]))
        digits++;
    cr_csv_fail(r->csv, field, err, CR_ERR_VALUE, "'%.*s' in column '%s' is not a number%s", shown,
                s, name, digits == n ? " that can be represented" : "");
    if (memchr(s, ',', n) && !memchr(s, '.', n))
        cr_hint(err, "numbers are written with a decimal point");
    else
        cr_hint(err, "every column but the target must hold numbers");
    return CR_ERR_VALUE;
}

/* Plain decimals of at most 15 digits: digits and power of ten are exact, so one division
 * rounds correctly (Clinger 1990). 0: not of that kind. */
static int parse_plain(const char *s, size_t n, double *out)
{
    static const double power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t i = n > 0 && s[0] == '-', first = i, point = n;
    int64_t digits = 0;
    if (n - i > 16)
        return 0;
    for (; i < n; i++) {
        if (s[i] >= '0' && s[i] <= '9')
            digits = digits * 10 + (s[i] - '0');
        else if (s[i] == '.' && point == n)
            point = i;
        else
            return 0;
    }
    size_t count = n - first - (point < n);
    if (count == 0 || count > 15)
        return 0;
    double v = (double)digits / power[point < n ? n - point - 1 : 0];
    *out = first ? -v : v;
    return 1;
}

static cr_status fail_ragged(const struct row_reader *r, size_t fields, cr_error *err)
{
    size_t at = fields > r->width ? r->width : fields;
    cr_csv_fail(r->csv, at, err, CR_ERR_SHAPE, "this line has %zu field%s, but the header has %zu",
                fields, fields == 1 ? "" : "s", r->width);
    if (fields > r->width)
        cr_hint(err, "a field with a delimiter in it is written in double quotes");
    return CR_ERR_SHAPE;
}

cr_status cr_rows_next(struct row_reader *r, double *values, const char **label, size_t *label_size,
                       int *more, cr_error *err)
{
    int another;
    cr_status status = cr_csv_next(r->csv, &another, err);
    if (status != CR_OK)
        return status;
    if (!another) {
        *more = 0;
        return CR_OK;
    }
    size_t fields = cr_csv_fields(r->csv);
    if (fields != r->width)
        return fail_ragged(r, fields, err);
    for (size_t i = 0; i < r->cols; i++) {
        size_t n;
        const char *s = cr_csv_text(r->csv, r->field[i], &n);
        if (!parse_plain(s, n, &values[i]) &&
            (!cr_parse_f64(s, n, &values[i]) || !isfinite(values[i])))
            return fail_number(r, r->field[i], r->name[i], err);
    }
    *label = NULL;
    *label_size = 0;
    if (r->label_name && r->any_label) {
        *label = cr_csv_text(r->csv, r->label_field, label_size);
    } else if (r->label_name) {
        status = check_text(r->csv, r->label_field, "label", err);
        if (status != CR_OK)
            return status;
        *label = cr_csv_text(r->csv, r->label_field, label_size);
        if (is_missing(*label, *label_size, MISSING_LABELS))
            return fail_number(r, r->label_field, r->label_name, err);
    }
    *more = 1;
    return CR_OK;
}

cr_status cr_rows_fail_label(const struct row_reader *r, cr_error *err, cr_status code,
                             const char *fmt, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return cr_csv_fail(r->csv, r->label_field, err, code, "%s", message);
}
