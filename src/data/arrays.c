#include "data/arrays.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/number.h"
#include "data/plan.h"
#include "data/types.h"

enum { MOST_COLUMNS = 1 << 20, TEXT_BYTES = 1024 };

/* A column of the file: column `k` of an array. */
struct source_column {
    const struct array *array;
    size_t k;
};

static cr_status CR_PRINTF(4, 5)
    fail(const struct array_file *file, cr_error *err, cr_status code, const char *fmt, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const struct source src = {.name = file->name};
    return cr_fail_at(err, code, &src, (struct place){0}, "%s", message);
}

/* Items */

static const unsigned char *item(const struct array *a, size_t row, size_t k)
{
    return a->data + (a->columns_first ? k * a->rows + row : row * a->width + k) * a->size;
}

static uint64_t bits(const struct array *a, const unsigned char *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < a->size; i++)
        v |= (uint64_t)p[a->big_endian ? a->size - 1 - i : i] << 8 * i;
    return v;
}

/* IEEE 754's half precision. */
static double half(uint64_t v)
{
    const int e = (int)(v >> 10 & 31);
    const double m = (double)(v & 1023), sign = v >> 15 ? -1 : 1;
    if (e == 31)
        return m > 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (e ? ldexp(1024 + m, e - 25) : ldexp(m, -24));
}

static double number(const struct array *a, const unsigned char *p)
{
    const uint64_t v = bits(a, p);
    if (a->kind == ITEM_FLOAT && a->size == 8) {
        double d;
        memcpy(&d, &v, sizeof d);
        return d;
    }
    if (a->kind == ITEM_FLOAT && a->size == 4) {
        const uint32_t low = (uint32_t)v;
        float f;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    if (a->kind == ITEM_FLOAT)
        return half(v);
    if (a->kind == ITEM_BOOL)
        return v != 0;
    if (a->kind == ITEM_INT && v >> (8 * a->size - 1))
        return -(double)(~v & (UINT64_MAX >> (64 - 8 * a->size))) - 1;
    return (double)v;
}

static size_t put_utf8(unsigned code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code >= 0x110000 || (code >= 0xD800 && code < 0xE000))
        code = 0xFFFD;
    if (code < 0x10000) {
        to[0] = (char)(0xE0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 63));
        to[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    to[0] = (char)(0xF0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 63));
    to[2] = (char)(0x80 | (code >> 6 & 63));
    to[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* An item as text of at most TEXT_BYTES + 4 bytes; its length. */
static size_t text_of(const struct array *a, const unsigned char *p, char *to)
{
    size_t n = 0;
    if (a->kind == ITEM_BYTES) {
        while (n < a->size && n < TEXT_BYTES && p[n])
            n++;
        memcpy(to, p, n);
        return n;
    }
    if (a->kind == ITEM_UNICODE) {
        const struct array one = {.size = 4, .big_endian = a->big_endian};
        for (size_t i = 0; i < a->size && n < TEXT_BYTES; i += 4) {
            const uint64_t code = bits(&one, p + i);
            if (code == 0)
                break;
            n += put_utf8(code < 0x110000 ? (unsigned)code : 0xFFFD, to + n);
        }
        return n;
    }
    const double v = number(a, p);
    if (isnan(v))
        return 0;
    cr_shortest_f64(v, to);
    return strlen(to);
}

static int is_text(const struct array *a)
{
    return a->kind == ITEM_BYTES || a->kind == ITEM_UNICODE;
}

/* Columns */

static cr_status fail_item(const struct array_file *file, const struct want *w, size_t row,
                           const char *what, cr_error *err)
{
    return fail(file, err, CR_ERR_VALUE, "column '%s', row %zu: %s", w->name, row + 1, what);
}

static cr_status take_texts(const struct array_file *file, const struct source_column *from,
                            const struct want *w, struct column *c, struct counts *counts,
                            cr_error *err)
{
    char text[TEXT_BYTES + 8];
    for (size_t row = 0; row < from->array->rows; row++) {
        const size_t n = text_of(from->array, item(from->array, row, from->k), text);
        const size_t before = c->levels.n;
        c->code[row] = CR_MISSING;
        if (cr_cell_is_missing(text, n)) {
            counts->missing++;
            continue;
        }
        if (counts->lost)
            continue;
        if (!cr_levels_add(&c->levels, text, n, &c->code[row]))
            return cr_fail_memory(err);
        const char *problem = c->levels.n > before && !w->any ? cr_name_problem(text, n) : NULL;
        const int must = w->given != CR_COLUMN_AUTO || w->role == CR_ROLE_LABEL;
        counts->odd |= problem != NULL;
        counts->lost = c->levels.n > TABLE_LABELS && w->role != CR_ROLE_GROUP;
        if (problem && must)
            return fail_item(file, w, row, problem, err);
        if (counts->lost && must)
            return fail(file, err, CR_ERR_LIMIT,
                        "column '%s' has text, and more than %d different values", w->name,
                        TABLE_LABELS);
    }
    return CR_OK;
}

static cr_status take_numbers(const struct array_file *file, const struct source_column *from,
                              const struct want *w, struct column *c, struct counts *counts,
                              cr_error *err)
{
    char text[TEXT_BYTES + 8];
    for (size_t row = 0; row < from->array->rows; row++) {
        const unsigned char *p = item(from->array, row, from->k);
        double v = NAN;
        if (!is_text(from->array)) {
            v = number(from->array, p);
        } else {
            const size_t n = text_of(from->array, p, text);
            const int ok = w->store == STORE_TIMES
                               ? cr_cell_time(text, n, &v) || cr_cell_is_missing(text, n)
                               : cr_cell_number(text, n, &v) <= CELL_FRACTION;
            if (!ok)
                return fail_item(file, w, row, "this text is of another type", err);
        }
        if (isinf(v))
            return fail_item(file, w, row, "this is not a finite number", err);
        counts->missing += isnan(v) != 0;
        counts->fractions |= !isnan(v) && v != floor(v);
        c->value[row] = v;
    }
    return CR_OK;
}

static cr_status take_column(const struct array_file *file, const struct source_column *from,
                             const struct want *w, struct cr_table *t, size_t i,
                             struct counts *counts, cr_error *err)
{
    struct column *c = &t->column[i];
    const size_t rows = from->array->rows;
    const int texts =
        w->store == STORE_TEXTS || (w->given == CR_COLUMN_AUTO && is_text(from->array));
    c->name = cr_arena_strdup(&t->arena, w->name);
    c->role = w->role;
    c->type = w->given;
    if (texts)
        c->code = malloc((rows + 1) * sizeof *c->code);
    else
        c->value = malloc((rows + 1) * sizeof *c->value);
    if (!c->name)
        return cr_fail_memory(err);
    if (texts ? !c->code : !c->value)
        return cr_fail_memory_for(err, (rows + 1) * (texts ? sizeof *c->code : sizeof *c->value),
                                  "column '%.100s' of '%.100s'", c->name, file->name);
    const cr_status status = texts ? take_texts(file, from, w, c, counts, err)
                                   : take_numbers(file, from, w, c, counts, err);
    c->missing = counts->missing;
    return status;
}

/* The name of a column, in CSV's quotes, so that the columns can be planned like those of CSV. */
static void put_name(struct text *line, const struct source_column *c)
{
    if (line->len)
        cr_text_addc(line, ',');
    cr_text_addc(line, '"');
    for (const char *s = c->array->name; *s; s++) {
        if (*s == '"')
            cr_text_addc(line, '"');
        cr_text_addc(line, *s);
    }
    if (c->array->width > 1)
        cr_text_printf(line, "%zu", c->k + 1);
    cr_text_addc(line, '"');
}

static cr_status plan_columns(const struct array_file *file, const struct source_column *column,
                              size_t n, const cr_table_options *options, struct plan *plan,
                              cr_error *err)
{
    struct text line = {0};
    cr_table_options o = *options;
    for (size_t i = 0; i < n; i++)
        put_name(&line, &column[i]);
    if (line.failed) {
        cr_text_free(&line);
        return cr_fail_memory(err);
    }
    struct csv csv = {.name = file->name,
                      .text = cr_text_str(&line),
                      .size = line.len,
                      .last = 1,
                      .next_line = 1,
                      .delimiter = ','};
    cr_status status = CR_OK;
    o.header = 1;
    if (cr_csv_next(&csv, &status, err) == CSV_ROW)
        status = cr_plan_columns(&csv, &o, plan, err);
    else if (status == CR_OK)
        status = fail(file, err, CR_ERR_FORMAT, "there is nothing in it");
    if (status != CR_OK && err && !strcmp(err->file, file->name)) {
        err->line = err->column = 0; /* the file has no lines */
        err->excerpt[0] = '\0';
    }
    cr_csv_free(&csv);
    cr_text_free(&line);
    return status;
}

/* Which rows count: as many as the label's array has, else the first one's. */
static size_t rows_of(const struct array *array, size_t n, const char *label)
{
    for (size_t i = 0; label && i < n; i++) {
        const size_t length = strlen(array[i].name);
        if (!strncmp(array[i].name, label, length) && (!label[length] || array[i].width > 1))
            return array[i].rows;
    }
    return array[0].rows;
}

static cr_status list_columns(const struct array *array, size_t n, const struct array_file *file,
                              const char *label, struct source_column **out, size_t *cols,
                              cr_error *err)
{
    const size_t rows = rows_of(array, n, label);
    size_t count = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        if (array[i].rows != rows && !label)
            return fail(file, err, CR_ERR_SHAPE,
                        "array '%s' has %zu rows, but '%s' has %zu; a target chooses",
                        array[i].name, array[i].rows, array[0].name, rows);
        count += array[i].rows == rows ? array[i].width : 0;
        if (array[i].width > MOST_COLUMNS || count > MOST_COLUMNS)
            return fail(file, err, CR_ERR_LIMIT, "more than %d columns", MOST_COLUMNS);
    }
    if (rows == 0 || count == 0)
        return fail(file, err, CR_ERR_VALUE, "there are no rows in it");
    struct source_column *column = calloc(count, sizeof *column);
    if (!column)
        return cr_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; array[i].rows == rows && k < array[i].width; k++)
            column[at++] = (struct source_column){&array[i], k};
    *out = column;
    *cols = count;
    return CR_OK;
}

static cr_status fill_table(const struct array_file *file, const struct source_column *column,
                            const struct plan *plan, struct cr_table *t, cr_error *err)
{
    assert(column);
    struct counts *counts = calloc(plan->n + 1, sizeof *counts);
    cr_status status = counts ? CR_OK : cr_fail_memory(err);
    t->rows = column[0].array->rows;
    for (size_t i = 0; status == CR_OK && i < plan->n; i++) {
        const struct want *w = &plan->want[i];
        status = take_column(file, &column[w->field], w, t, i, &counts[i], err);
    }
    if (status == CR_OK && !(t->format = cr_arena_strdup(&t->arena, file->format)))
        status = cr_fail_memory(err);
    if (status == CR_OK)
        status = cr_types_settle(counts, t, err);
    free(counts);
    return status;
}

cr_status cr_arrays_table(const struct array *array, size_t n, const struct array_file *file,
                          const cr_table_options *options, cr_table **out, cr_error *err)
{
    struct source_column *column = NULL;
    struct plan plan = {0};
    struct cr_table *t = NULL;
    size_t cols = 0;
    cr_status status = n ? list_columns(array, n, file, options->label, &column, &cols, err)
                         : fail(file, err, CR_ERR_FORMAT, "there is no array in it");
    if (status == CR_OK)
        status = plan_columns(file, column, cols, options, &plan, err);
    if (status == CR_OK && !(t = cr_table_new(file->name, plan.n)))
        status = cr_fail_memory(err);
    if (status == CR_OK)
        status = fill_table(file, column, &plan, t, err);
    cr_plan_columns_free(&plan);
    free(column);
    if (status == CR_OK)
        *out = t;
    else
        cr_table_free(t);
    return status;
}
