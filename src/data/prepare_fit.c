/* What the training rows say: which levels there are, and how inputs are scaled. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/number.h"
#include "data/prepare.h"

/* 2^-e, so that v times it is below 1. */
static double down_scale(double v)
{
    int e;
    frexp(v, &e);
    return ldexp(1, e > 1022 ? -1022 : e < -1021 ? 1021 : -e);
}

int cr_mean_sd(const double *v, const size_t *rows, size_t n, double *mean, double *sd)
{
    double min = INFINITY, max = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double x = v[rows ? rows[i] : i];
        min = x < min ? x : min;
        max = x > max ? x : max;
    }
    if (!isfinite(min) || !isfinite(max) || !isfinite(max - min))
        return 0;
    double scale = down_scale(fabs(max) > fabs(min) ? max : min);
    for (size_t i = 0; i < n; i++)
        sum += v[rows ? rows[i] : i] * scale;
    double middle = sum / (double)n / scale;
    double range = down_scale(max - min);
    for (size_t i = 0; i < n; i++) {
        double d = (v[rows ? rows[i] : i] - middle) * range;
        squares += d * d;
    }
    *mean = min == max ? min : middle;
    *sd = min == max ? 0 : sqrt(squares / (double)n) / range;
    return 1;
}

static void swap(double *a, double *b)
{
    const double t = *a;
    *a = *b;
    *b = t;
}

/* Put the k-th smallest of v[from..to) at v[k], none larger before it, none smaller behind
 * (Hoare 1961; the median of three as pivot). */
static double select(double *v, size_t from, size_t to, size_t k)
{
    while (to - from > 1) {
        const size_t mid = from + (to - from) / 2, last = to - 1;
        if (v[mid] < v[from])
            swap(&v[mid], &v[from]);
        if (v[last] < v[from])
            swap(&v[last], &v[from]);
        if (v[last] < v[mid])
            swap(&v[last], &v[mid]);
        const double pivot = v[mid];
        size_t i = from, j = last;
        for (;;) {
            for (; v[i] < pivot; i++)
                assert(i < last);
            for (; v[j] > pivot; j--)
                assert(j > from);
            if (i >= j)
                break;
            swap(&v[i++], &v[j--]);
        }
        /* v[from..i) <= pivot <= v[i..to) */
        if (i == j && k == i)
            return v[k];
        if (k < i)
            to = i;
        else
            from = i;
    }
    return v[k];
}

double cr_quantile(double *v, size_t n, double q)
{
    const double at = q * (double)(n - 1);
    const size_t k = (size_t)at;
    const double part = at - (double)k, low = select(v, 0, n, k);
    if (part == 0)
        return low;
    assert(k + 1 < n);
    double high = v[k + 1];
    for (size_t i = k + 2; i < n; i++)
        high = v[i] < high ? v[i] : high;
    return low + (high - low) * part;
}

/* Levels of a category that occur in the rows, the most frequent ones first. */
struct level {
    const char *text;
    size_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->text, y->text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct level *)a)->text, ((const struct level *)b)->text);
}

static cr_status fit_levels(struct prepare *p, struct prepare_column *c, const struct column *from,
                            const size_t *rows, size_t n, cr_error *err)
{
    const size_t all = from->levels.n;
    struct level *level = calloc(all + 1, sizeof *level);
    if (!level)
        return cr_fail_memory(err);
    for (size_t i = 0; i < all; i++)
        level[i].text = from->levels.text[i];
    for (size_t i = 0; i < n; i++)
        if (from->code[rows[i]] != CR_MISSING)
            level[from->code[rows[i]]].count++;
    qsort(level, all, sizeof *level, by_count);
    while (c->n_levels < all && level[c->n_levels].count > 0)
        c->n_levels++;
    c->n_own = c->n_levels < PREPARE_LEVELS ? c->n_levels : PREPARE_LEVELS;
    qsort(level, c->n_own, sizeof *level, by_text);
    qsort(level + c->n_own, c->n_levels - c->n_own, sizeof *level, by_text);
    c->level = arena_new(&p->arena, const char *, c->n_levels);
    int ok = c->level != NULL;
    for (size_t i = 0; ok && i < c->n_levels; i++)
        ok = (c->level[i] = cr_arena_strdup(&p->arena, level[i].text)) != NULL;
    free(level);
    return ok ? CR_OK : cr_fail_memory(err);
}

static cr_status fit_column(struct prepare *p, struct prepare_column *c, const struct column *from,
                            const size_t *rows, size_t n, double *scratch, cr_error *err)
{
    c->type = from->type;
    if (!(c->name = cr_arena_strdup(&p->arena, from->name)))
        return cr_fail_memory(err);
    if (c->type == CR_COLUMN_CATEGORY)
        return fit_levels(p, c, from, rows, n, err);
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = from->value[rows[i]];
        if (isnan(v))
            continue;
        scratch[known++] = v;
        c->clock |= c->type == CR_COLUMN_TIME && v != floor(v / 86400) * 86400;
    }
    c->missing = known < n && c->type != CR_COLUMN_BOOLEAN;
    c->fill = known ? cr_quantile(scratch, known, 0.5) : 0;
    return CR_OK;
}

static cr_status fail_range(const cr_table *t, const char *name, cr_error *err)
{
    const struct source src = {.name = t->source};
    return cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                      "the numbers of column '%s' span too wide a range", name);
}

/* 1 / d, or 0 where d is so small that it cannot be. */
static double inverse(double d)
{
    return d > 1e-300 ? 1 / d : 0;
}

/* Center and scale from the values of n rows, which are reordered. 0: they span too much. */
static int fit_scale(cr_scaling scaling, struct prepare_input *in, double *v, size_t n)
{
    double mean, sd, min = INFINITY, max = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        min = v[i] < min ? v[i] : min;
        max = v[i] > max ? v[i] : max;
    }
    if (!isfinite(max - min))
        return 0;
    switch (scaling) {
    case CR_SCALING_ROBUST: {
        const double low = cr_quantile(v, n, 0.25), high = cr_quantile(v, n, 0.75);
        in->center = cr_quantile(v, n, 0.5);
        in->scale = high > low ? inverse(high - low) : inverse((max - min) / 2);
        break;
    }
    case CR_SCALING_STANDARD:
        if (!cr_mean_sd(v, NULL, n, &mean, &sd))
            return 0;
        in->center = mean;
        in->scale = inverse(sd);
        break;
    case CR_SCALING_MIN_MAX:
        in->center = min / 2 + max / 2;
        in->scale = inverse(max / 2 - min / 2);
        break;
    default:
        in->center = 0;
        in->scale = 1;
        break;
    }
    return 1;
}

static cr_status fit_inputs(struct prepare *p, const cr_table *t, const size_t *rows, size_t n,
                            double *scratch, cr_error *err)
{
    struct prepare_table b;
    cr_status status = cr_prepare_bind(p, t, &b, err);
    if (status != CR_OK)
        return status;
    for (size_t k = 0; status == CR_OK && k < p->n_inputs; k++) {
        struct prepare_input *in = &p->input[k];
        for (size_t i = 0; i < n; i++)
            scratch[i] = cr_prepare_raw(&b, k, rows[i]);
        if (!fit_scale(p->scaling, in, scratch, n))
            status = fail_range(t, p->column[in->column].name, err);
    }
    cr_prepare_unbind(&b);
    return status;
}

cr_status cr_prepare_fit(struct prepare *p, const cr_table *t, const size_t *columns,
                         size_t n_columns, const size_t *rows, size_t n, cr_scaling scaling,
                         cr_error *err)
{
    double *scratch = malloc((n ? n : 1) * sizeof *scratch);
    p->scaling = scaling;
    p->n_columns = n_columns;
    p->column = arena_new(&p->arena, struct prepare_column, n_columns);
    cr_status status = scratch && p->column ? CR_OK : cr_fail_memory(err);
    for (size_t i = 0; status == CR_OK && i < n_columns; i++)
        status = fit_column(p, &p->column[i], &t->column[columns[i]], rows, n, scratch, err);
    if (status == CR_OK)
        status = cr_prepare_layout(p, err);
    if (status == CR_OK)
        status = fit_inputs(p, t, rows, n, scratch, err);
    free(scratch);
    return status;
}
