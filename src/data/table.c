#include "data/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/text.h"
#include "data/number.h"

static const char *const type_names[] = {
    [CR_COLUMN_AUTO] = NULL,           [CR_COLUMN_NUMBER] = "number",
    [CR_COLUMN_INTEGER] = "integer",   [CR_COLUMN_BOOLEAN] = "boolean",
    [CR_COLUMN_CATEGORY] = "category", [CR_COLUMN_TIME] = "time",
    [CR_COLUMN_TEXT] = "text",         [CR_COLUMN_IDENTIFIER] = "identifier",
};
enum { N_TYPES = sizeof type_names / sizeof *type_names };

const char *cr_column_type_name(cr_column_type type)
{
    return (unsigned)type < N_TYPES ? type_names[type] : NULL;
}

int cr_column_type_find(const char *name)
{
    for (int i = 1; i < N_TYPES; i++)
        if (!strcmp(type_names[i], name))
            return i;
    return -1;
}

void cr_table_free(cr_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->cols; i++) {
        cr_column_drop(&t->column[i]);
        cr_levels_free(&t->column[i].levels);
    }
    if (t->map)
        munmap(t->map, t->map_size);
    free(t->column);
    free(t->source);
    cr_arena_free(&t->arena);
    free(t);
}

struct cr_table *cr_table_new(const char *source, size_t cols)
{
    struct cr_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->source = malloc(strlen(source) + 1);
    t->column = calloc(cols ? cols : 1, sizeof *t->column);
    if (!t->source || !t->column) {
        cr_table_free(t);
        return NULL;
    }
    strcpy(t->source, source);
    t->cols = cols;
    t->format = "";
    return t;
}

static cr_status grow(const struct cr_table *t, struct spill *spill, const char *name, void **p,
                      size_t n, size_t size, cr_error *err)
{
    size_t bytes;
    if (!cr_mul_size(n, size, &bytes))
        return cr_fail_memory(err);
    if (t->folder) {
        const cr_status status = cr_spill_grow(spill, t->folder, bytes, err);
        *p = spill->p;
        return status;
    }
    void *q = realloc(*p, bytes ? bytes : 1);
    if (!q) {
        cr_say_memory_for(err, bytes, "column '%.100s' of '%.100s'", name ? name : "", t->source);
        cr_hint(err, "%zu columns are kept; chainrule train --cache FOLDER keeps them on disk",
                t->cols);
        return CR_ERR_MEMORY;
    }
    *p = q;
    return CR_OK;
}

cr_status cr_column_values(const struct cr_table *t, struct column *c, size_t rows, cr_error *err)
{
    return grow(t, &c->spill, c->name, (void **)&c->value, rows, sizeof *c->value, err);
}

cr_status cr_column_codes(const struct cr_table *t, struct column *c, size_t rows, cr_error *err)
{
    return grow(t, &c->spill, c->name, (void **)&c->code, rows, sizeof *c->code, err);
}

void cr_column_drop(struct column *c)
{
    if (c->spill.p) {
        cr_spill_free(&c->spill);
    } else if (!c->mapped) {
        free(c->value);
        free(c->code);
    }
    c->value = NULL;
    c->code = NULL;
    c->mapped = 0;
}

cr_status cr_table_reserve(struct cr_table *t, size_t rows, cr_error *err)
{
    if (rows <= t->row_cap)
        return CR_OK;
    if (rows < t->row_cap + t->row_cap / 2)
        rows = t->row_cap + t->row_cap / 2;
    for (size_t i = 0; i < t->cols; i++) {
        struct column *c = &t->column[i];
        cr_status status = CR_OK;
        if (c->value)
            status = cr_column_values(t, c, rows, err);
        else if (c->code)
            status = cr_column_codes(t, c, rows, err);
        if (status != CR_OK)
            return status;
    }
    t->row_cap = rows;
    return CR_OK;
}

size_t cr_table_rows(const cr_table *t)
{
    return t->rows;
}

size_t cr_table_columns(const cr_table *t)
{
    return t->cols;
}

const char *cr_table_format(const cr_table *t)
{
    return t->format;
}

const char *cr_table_cache(const cr_table *t)
{
    return t->cache ? t->cache : "";
}

int cr_column_is_ignored(const struct column *c)
{
    return c->type == CR_COLUMN_TEXT || c->type == CR_COLUMN_IDENTIFIER;
}

cr_column cr_table_column(const cr_table *t, size_t index)
{
    const struct column *c = &t->column[index];
    return (cr_column){.name = c->name,
                       .type = c->type,
                       .role = c->role,
                       .why = c->why ? c->why : "",
                       .missing = c->missing,
                       .value = c->value,
                       .code = c->code,
                       .level = c->code ? c->levels.text : NULL,
                       .levels = c->code ? c->levels.n : 0};
}

size_t cr_table_find(const cr_table *t, const char *name)
{
    size_t i = 0;
    while (i < t->cols && strcmp(t->column[i].name, name) != 0)
        i++;
    return i;
}

const struct column *cr_table_role(const struct cr_table *t, cr_column_role role)
{
    for (size_t i = 0; i < t->cols; i++)
        if (t->column[i].role == role)
            return &t->column[i];
    return NULL;
}

static const char *cell(const struct column *c, size_t row, char *buf)
{
    if (c->code)
        return c->code[row] == CR_MISSING ? NULL : c->levels.text[c->code[row]];
    if (!c->value || isnan(c->value[row]))
        return NULL;
    return c->type == CR_COLUMN_TIME ? cr_time_text(c->value[row], buf)
                                     : cr_shortest_f64(c->value[row], buf);
}

const char *cr_table_cell(const cr_table *t, size_t row, size_t column, char *buf)
{
    return row < t->rows && column < t->cols ? cell(&t->column[column], row, buf) : NULL;
}

const char *cr_table_label_name(const cr_table *t)
{
    const struct column *c = cr_table_role(t, CR_ROLE_LABEL);
    return c ? c->name : NULL;
}

const char *cr_table_label(const cr_table *t, size_t row, char *buf)
{
    const struct column *c = cr_table_role(t, CR_ROLE_LABEL);
    return c && row < t->rows ? cell(c, row, buf) : NULL;
}

/* Distinct numbers of a column in ascending order, at most max + 1 of them. */
static size_t distinct_numbers(const struct cr_table *t, const struct column *c, size_t max,
                               double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows && n <= max; i++) {
        const double v = c->value[i] + 0.0; /* -0 is 0 */
        if (isnan(v))
            continue;
        size_t low = 0, high = n;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (out[mid] < v)
                low = mid + 1;
            else
                high = mid;
        }
        if (low < n && out[low] == v)
            continue;
        memmove(out + low + 1, out + low, (n - low) * sizeof *out);
        out[low] = v;
        n++;
    }
    return n;
}

cr_task cr_table_guess(const cr_table *t, char *why, size_t size)
{
    enum { FEW = 20 };
    double seen[FEW + 1];
    const struct column *c = cr_table_role(t, CR_ROLE_LABEL);
    if (!c)
        return CR_TASK_GUESS;
    if (c->code) {
        snprintf(why, size, "'%s' holds text", c->name);
        return CR_CLASSIFICATION;
    }
    for (size_t i = 0; i < t->rows; i++)
        if (c->value[i] != floor(c->value[i]) && !isnan(c->value[i])) {
            snprintf(why, size, "'%s' holds numbers with decimals", c->name);
            return CR_REGRESSION;
        }
    const size_t n = distinct_numbers(t, c, FEW, seen);
    const size_t values = t->rows - c->missing;
    if (n > FEW) {
        snprintf(why, size, "'%s' holds more than %d different numbers", c->name, FEW);
        return CR_REGRESSION;
    }
    if (2 * n > values) {
        snprintf(why, size, "'%s' holds %zu different number%s in %zu row%s", c->name, n,
                 n == 1 ? "" : "s", values, values == 1 ? "" : "s");
        return CR_REGRESSION;
    }
    snprintf(why, size, "'%s' holds %zu different whole numbers", c->name, n);
    return CR_CLASSIFICATION;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cr_status fail_classes(const struct cr_table *t, const char *name, size_t max, cr_error *err)
{
    const struct source src = {.name = t->source};
    return cr_fail_at(err, CR_ERR_LIMIT, &src, (struct place){0},
                      "column '%s' has more than %zu classes", name, max);
}

static cr_status text_classes(const struct column *label, struct arena *a, struct classes *c,
                              cr_error *err)
{
    c->n = label->levels.n;
    if (!(c->name = arena_new(a, const char *, c->n)))
        return cr_fail_memory(err);
    for (size_t i = 0; i < c->n; i++)
        if (!(c->name[i] = cr_arena_strdup(a, label->levels.text[i])))
            return cr_fail_memory(err);
    if (c->n > 0)
        qsort((void *)c->name, c->n, sizeof *c->name, by_bytes);
    return CR_OK;
}

cr_status cr_table_classes(const struct cr_table *t, struct arena *a, size_t max,
                           struct classes *out, cr_error *err)
{
    const struct column *label = cr_table_role(t, CR_ROLE_LABEL);
    struct classes c = {0};
    if (label->code && label->levels.n > max)
        return fail_classes(t, label->name, max, err);
    if (label->code) {
        const cr_status status = text_classes(label, a, &c, err);
        if (status == CR_OK)
            *out = c;
        return status;
    }
    const size_t most = max < t->rows ? max : t->rows;
    if (!(c.value = arena_new(a, double, most + 1)))
        return cr_fail_memory(err);
    c.n = distinct_numbers(t, label, most, c.value);
    if (c.n > max)
        return fail_classes(t, label->name, max, err);
    if (!(c.name = arena_new(a, const char *, c.n)))
        return cr_fail_memory(err);
    for (size_t i = 0; i < c.n; i++) {
        char buf[32];
        if (!(c.name[i] = cr_arena_strdup(a, cr_shortest_f64(c.value[i], buf))))
            return cr_fail_memory(err);
    }
    *out = c;
    return CR_OK;
}

static long find_value(const struct classes *c, double v)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (c->value[mid] < v)
            low = mid + 1;
        else
            high = mid;
    }
    return low < c->n && c->value[low] == v ? (long)low : -1;
}

long cr_class_find(const struct classes *c, const char *text, size_t n)
{
    double v;
    if (c->value)
        return cr_parse_f64(text, n, &v) ? find_value(c, v) : -1;
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strncmp(c->name[mid], text, n);
        if (order == 0 && c->name[mid][n])
            order = 1;
        if (order == 0)
            return (long)mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return -1;
}

uint32_t *cr_table_class_ids(const struct cr_table *t, const struct classes *c, struct arena *a)
{
    const struct column *label = cr_table_role(t, CR_ROLE_LABEL);
    uint32_t *id = arena_new(a, uint32_t, t->rows);
    uint32_t *of_level = arena_new(a, uint32_t, label->code ? label->levels.n : 0);
    if (!id || !of_level)
        return NULL;
    for (size_t i = 0; label->code && i < label->levels.n; i++) {
        const char *text = label->levels.text[i];
        const long found = cr_class_find(c, text, strlen(text));
        of_level[i] = found < 0 ? CR_MISSING : (uint32_t)found;
    }
    for (size_t i = 0; i < t->rows; i++) {
        if (label->code) {
            id[i] = label->code[i] == CR_MISSING ? CR_MISSING : of_level[label->code[i]];
        } else {
            const long found = c->value ? find_value(c, label->value[i]) : -1;
            id[i] = found < 0 ? CR_MISSING : (uint32_t)found;
        }
    }
    return id;
}
