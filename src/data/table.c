#include "data/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"
#include "data/rows.h"

void cr_table_free(cr_table *t)
{
    if (!t)
        return;
    free(t->source);
    free(t->values);
    free(t->label_value);
    free(t->label_id);
    free(t->label_text);
    free(t->slot);
    cr_arena_free(&t->arena);
    free(t);
}

static int grow(void **p, size_t n, size_t size)
{
    size_t bytes;
    if (!cr_mul_size(n, size, &bytes))
        return 0;
    void *q = realloc(*p, bytes ? bytes : 1);
    if (!q)
        return 0;
    *p = q;
    return 1;
}

static int room_for_row(struct cr_table *t)
{
    size_t cap = t->row_cap ? t->row_cap * 2 : 1, row;
    if (t->rows < t->row_cap)
        return 1;
    if (!cr_mul_size(t->cols ? t->cols : 1, sizeof(double), &row) ||
        !grow((void **)&t->values, cap, row))
        return 0;
    if (t->label_name && (!grow((void **)&t->label_value, cap, sizeof(double)) ||
                          !grow((void **)&t->label_id, cap, sizeof(uint32_t))))
        return 0;
    t->row_cap = cap;
    return 1;
}

/* FNV-1a, 64 bits (Fowler, Noll & Vo). */
static uint64_t hash(const char *s, size_t n)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h ^ h >> 32;
}

static uint32_t *find_slot(const struct cr_table *t, const char *s, size_t n)
{
    size_t at = (size_t)hash(s, n) & (t->n_slots - 1);
    for (;; at = (at + 1) & (t->n_slots - 1)) {
        if (!t->slot[at])
            return &t->slot[at];
        const char *text = t->label_text[t->slot[at] - 1];
        if (!strncmp(text, s, n) && !text[n])
            return &t->slot[at];
    }
}

static int widen_slots(struct cr_table *t)
{
    size_t n = t->n_slots ? t->n_slots * 2 : 64;
    uint32_t *slot = calloc(n, sizeof *slot);
    if (!slot || !grow((void **)&t->label_text, n, sizeof *t->label_text)) {
        free(slot);
        return 0;
    }
    free(t->slot);
    t->slot = slot;
    t->n_slots = n;
    for (size_t i = 0; i < t->n_labels; i++)
        *find_slot(t, t->label_text[i], strlen(t->label_text[i])) = (uint32_t)i + 1;
    return 1;
}

/* The number of a label's text. 0 when out of memory. */
static int intern(struct cr_table *t, const char *s, size_t n, uint32_t *id)
{
    if (t->labels_lost) {
        *id = 0;
        return 1;
    }
    if (2 * t->n_labels >= t->n_slots && !widen_slots(t))
        return 0;
    uint32_t *slot = find_slot(t, s, n);
    if (!*slot) {
        if (t->n_labels == TABLE_LABELS) {
            t->labels_lost = 1;
            *id = 0;
            return 1;
        }
        const char *copy = cr_arena_strndup(&t->arena, s, n);
        if (!copy)
            return 0;
        t->label_text[t->n_labels++] = copy;
        *slot = (uint32_t)t->n_labels;
    }
    *id = *slot - 1;
    return 1;
}

static cr_status add_label(struct cr_table *t, const struct row_reader *r, const char *s, size_t n,
                           cr_error *err)
{
    double v;
    if (!cr_parse_f64(s, n, &v) || !isfinite(v)) {
        t->has_text = 1;
        v = NAN;
    } else if (v != floor(v)) {
        t->has_fraction = 1;
    }
    t->label_value[t->rows] = v;
    if (!intern(t, s, n, &t->label_id[t->rows]))
        return cr_fail_memory(err);
    if (t->has_text && t->labels_lost) {
        cr_rows_fail_label(r, err, CR_ERR_LIMIT,
                           "column '%s' has text, and more than %d "
                           "different values",
                           r->label_name, TABLE_LABELS);
        cr_hint(err, "is it the right column?");
        return CR_ERR_LIMIT;
    }
    return CR_OK;
}

static cr_status copy_names(struct cr_table *t, const struct row_reader *r, cr_error *err)
{
    const char *source = cr_csv_name(r->csv);
    t->cols = r->cols;
    t->name = arena_new(&t->arena, const char *, r->cols);
    t->source = malloc(strlen(source) + 1);
    if (!t->name || !t->source)
        return cr_fail_memory(err);
    strcpy(t->source, source);
    for (size_t i = 0; i < r->cols; i++)
        if (!(t->name[i] = cr_arena_strdup(&t->arena, r->name[i])))
            return cr_fail_memory(err);
    if (r->label_name && !(t->label_name = cr_arena_strdup(&t->arena, r->label_name)))
        return cr_fail_memory(err);
    return CR_OK;
}

static cr_status read_rows(struct cr_table *t, struct row_reader *r, cr_error *err)
{
    cr_status status = copy_names(t, r, err);
    while (status == CR_OK) {
        const char *label;
        size_t n;
        int more;
        if (!room_for_row(t))
            return cr_fail_memory(err);
        status = cr_rows_next(r, t->values + t->rows * t->cols, &label, &n, &more, err);
        if (status != CR_OK || !more)
            break;
        if (t->label_name)
            status = add_label(t, r, label, n, err);
        if (status == CR_OK)
            t->rows++;
    }
    if (status == CR_OK && t->rows == 0) {
        const struct source src = {.name = t->source};
        status = cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                            "there are no rows after the header");
    }
    return status;
}

static cr_status read_table(struct csv *csv, const cr_table_options *options, cr_table **out,
                            cr_error *err)
{
    struct row_reader *r;
    cr_status status = cr_rows_open(csv, options, &r, err);
    if (status != CR_OK)
        return status;
    struct cr_table *t = calloc(1, sizeof *t);
    status = t ? read_rows(t, r, err) : cr_fail_memory(err);
    cr_rows_close(r);
    if (status != CR_OK) {
        cr_table_free(t);
        return status;
    }
    *out = t;
    return CR_OK;
}

cr_status cr_table_read(const char *path, const cr_table_options *options, cr_table **out,
                        cr_error *err)
{
    struct csv *csv;
    cr_status status = cr_csv_open(path, &csv, err);
    return status == CR_OK ? read_table(csv, options, out, err) : status;
}

cr_status cr_table_parse(const char *name, const char *text, size_t size,
                         const cr_table_options *options, cr_table **out, cr_error *err)
{
    struct csv *csv;
    cr_status status = cr_csv_memory(name, text, size, &csv, err);
    return status == CR_OK ? read_table(csv, options, out, err) : status;
}

size_t cr_table_rows(const cr_table *t)
{
    return t->rows;
}

size_t cr_table_columns(const cr_table *t)
{
    return t->cols;
}

const char *cr_table_column_name(const cr_table *t, size_t column)
{
    return column < t->cols ? t->name[column] : NULL;
}

const double *cr_table_row(const cr_table *t, size_t row)
{
    return row < t->rows ? t->values + row * t->cols : NULL;
}

const char *cr_table_label_name(const cr_table *t)
{
    return t->label_name;
}

const char *cr_table_label(const cr_table *t, size_t row, char *buf)
{
    if (!t->label_name || row >= t->rows)
        return NULL;
    if (t->has_text)
        return t->label_text[t->label_id[row]];
    return cr_shortest_f64(t->label_value[row], buf);
}

/* Distinct numbers of the label column in ascending order, at most max + 1 of them. */
static size_t distinct_numbers(const struct cr_table *t, size_t max, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows && n <= max; i++) {
        double v = t->label_value[i] + 0.0; /* -0 is 0 */
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
    if (!t->label_name)
        return CR_TASK_GUESS;
    if (t->has_text) {
        snprintf(why, size, "'%s' holds text", t->label_name);
        return CR_CLASSIFICATION;
    }
    if (t->has_fraction) {
        snprintf(why, size, "'%s' holds numbers with decimals", t->label_name);
        return CR_REGRESSION;
    }
    size_t n = distinct_numbers(t, FEW, seen);
    if (n > FEW || 2 * n > t->rows) {
        snprintf(why, size, "'%s' holds many different numbers", t->label_name);
        return CR_REGRESSION;
    }
    snprintf(why, size, "'%s' holds %zu different whole numbers", t->label_name, n);
    return CR_CLASSIFICATION;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cr_status fail_classes(const struct cr_table *t, size_t max, cr_error *err)
{
    const struct source src = {.name = t->source};
    return cr_fail_at(err, CR_ERR_LIMIT, &src, (struct place){0},
                      "column '%s' has more than %zu classes", t->label_name, max);
}

cr_status cr_table_classes(const struct cr_table *t, struct arena *a, size_t max,
                           struct classes *out, cr_error *err)
{
    struct classes c = {0};
    if (t->has_text) {
        c.n = t->n_labels;
        if (c.n > max)
            return fail_classes(t, max, err);
        if (!(c.name = arena_new(a, const char *, c.n)))
            return cr_fail_memory(err);
        for (size_t i = 0; i < c.n; i++)
            if (!(c.name[i] = cr_arena_strdup(a, t->label_text[i])))
                return cr_fail_memory(err);
        qsort(c.name, c.n, sizeof *c.name, by_bytes);
    } else {
        size_t most = max < t->rows ? max : t->rows;
        if (!(c.value = arena_new(a, double, most + 1)))
            return cr_fail_memory(err);
        c.n = distinct_numbers(t, most, c.value);
        if (c.n > max)
            return fail_classes(t, max, err);
        if (!(c.name = arena_new(a, const char *, c.n)))
            return cr_fail_memory(err);
        for (size_t i = 0; i < c.n; i++) {
            char buf[32];
            if (!(c.name[i] = cr_arena_strdup(a, cr_shortest_f64(c.value[i], buf))))
                return cr_fail_memory(err);
        }
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
    uint32_t *id = arena_new(a, uint32_t, t->rows);
    uint32_t *of_label = t->has_text ? arena_new(a, uint32_t, t->n_labels) : NULL;
    if (!id || (t->has_text && !of_label))
        return NULL;
    for (size_t i = 0; t->has_text && i < t->n_labels; i++) {
        long found = cr_class_find(c, t->label_text[i], strlen(t->label_text[i]));
        of_label[i] = found < 0 ? 0 : (uint32_t)found;
    }
    for (size_t i = 0; i < t->rows; i++) {
        if (t->has_text) {
            id[i] = of_label[t->label_id[i]];
        } else {
            long found = find_value(c, t->label_value[i]);
            id[i] = found < 0 ? 0 : (uint32_t)found;
        }
    }
    return id;
}
