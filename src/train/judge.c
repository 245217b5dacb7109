#include "train/judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { MOST_RANKS = 4 << 20, LARGE_EXPONENT = 1020 };

/* How far a row's scores may be from summing to 1: they are float32, of many classes. */
static const double certain_within = 1e-3;

void cr_sum_add(struct sum *t, double v)
{
    const double s = t->s + v;
    t->lost += fabs(t->s) >= fabs(v) ? (t->s - s) + v : (v - s) + t->s;
    t->s = s;
}

double cr_sum_value(const struct sum *t)
{
    return isfinite(t->s) ? t->s + t->lost : t->s;
}

double cr_weight_of(const struct judge *j, const double *w)
{
    struct sum sum = {0};
    for (size_t i = 0; i < j->a->rows; i++)
        cr_sum_add(&sum, w[i]);
    return cr_sum_value(&sum);
}

double cr_undefined(char *why, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (why)
        vsnprintf(why, sizeof((cr_metric_value *)0)->why, fmt, args);
    va_end(args);
    return NAN;
}

/* Numbers with their rows; equal ones stay in the order of the rows, so any qsort gives one result. */
struct ranked {
    double v;
    uint32_t row;
};

static int falling(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->v != y->v)
        return x->v > y->v ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void rank(const double *v, size_t stride, double sign, size_t n, struct ranked *by,
                 uint32_t *out)
{
    for (size_t i = 0; i < n; i++)
        by[i] = (struct ranked){sign * v[i * stride], (uint32_t)i};
    qsort(by, n, sizeof *by, falling);
    for (size_t i = 0; i < n; i++)
        out[i] = by[i].row;
}

const uint32_t *cr_judge_rank(struct judge *j, size_t k)
{
    const cr_answers *a = j->a;
    uint32_t *out = j->rank;
    if (!j->one_rank && a->classes > 2)
        out += k * a->rows;
    if (j->one_rank || !j->ranked[k]) {
        rank(a->score + k, a->classes, 1, a->rows, j->scratch, out);
        j->ranked[k] = 1;
    }
    return out;
}

static void look_at_scores(struct judge *j)
{
    const cr_answers *a = j->a;
    for (size_t i = 0; i < a->rows; i++) {
        const double *p = a->score + i * a->classes;
        double sum = 0;
        for (size_t k = 0; k < a->classes; k++) {
            if (isnan(p[k]))
                j->not_number = 1;
            if (!(p[k] >= 0 && p[k] <= 1))
                j->not_certainty = 1;
            if (p[k] > p[j->said[i]])
                j->said[i] = (uint32_t)k;
            sum += p[k];
        }
        if (!(fabs(sum - 1) <= certain_within))
            j->not_certainty = 1;
    }
}

static cr_status start_classes(struct judge *j, cr_error *err)
{
    const cr_answers *a = j->a;
    const size_t orders = a->classes == 2 ? 1 : a->classes;
    j->said = arena_new(&j->arena, uint32_t, a->rows);
    j->count = arena_new(&j->arena, struct class_count, a->classes);
    j->scratch = arena_new(&j->arena, struct ranked, a->rows);
    j->ranked = arena_new(&j->arena, unsigned char, a->classes);
    j->one_rank = orders > 1 && orders > MOST_RANKS / a->rows;
    j->rank = arena_new(&j->arena, uint32_t, j->one_rank ? a->rows : orders * a->rows);
    if (!j->said || !j->count || !j->scratch || !j->ranked || !j->rank)
        return cr_fail_memory(err);
    look_at_scores(j);
    return CR_OK;
}

/* The power of two above the largest magnitude. */
static int exponent_of(const double *v, size_t n)
{
    double largest = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(v[i]));
    frexp(largest, &exponent);
    return exponent;
}

static cr_status start_numbers(struct judge *j, cr_error *err)
{
    const cr_answers *a = j->a;
    j->error = arena_new(&j->arena, double, a->rows);
    j->target = arena_new(&j->arena, double, a->rows);
    j->absolute = arena_new(&j->arena, double, a->rows);
    j->share = arena_new(&j->arena, double, a->rows);
    j->by_size = arena_new(&j->arena, uint32_t, a->rows);
    j->scratch = arena_new(&j->arena, struct ranked, a->rows);
    if (!j->error || !j->target || !j->absolute || !j->share || !j->by_size || !j->scratch)
        return cr_fail_memory(err);
    for (size_t i = 0; i < a->rows; i++) {
        j->infinite |= !isfinite(a->answer[i]);
        j->has_zero |= a->target[i] == 0 && j->weight[i] > 0;
    }
    if (j->infinite)
        return CR_OK;
    /* A difference of the largest numbers would overflow; halving others could lose bits. */
    const int large = exponent_of(a->answer, a->rows) > LARGE_EXPONENT ||
                      exponent_of(a->target, a->rows) > LARGE_EXPONENT;
    const int shift = large ? 2 : 0;
    for (size_t i = 0; i < a->rows; i++) {
        j->error[i] = ldexp(a->answer[i], -shift) - ldexp(a->target[i], -shift);
        j->share[i] = fabs(j->error[i]) / fabs(ldexp(a->target[i], -shift));
    }
    const int error = exponent_of(j->error, a->rows);
    j->error_exponent = error + shift;
    j->target_exponent = exponent_of(a->target, a->rows);
    for (size_t i = 0; i < a->rows; i++) {
        j->error[i] = ldexp(j->error[i], -error);
        j->target[i] = ldexp(a->target[i], -j->target_exponent);
        j->absolute[i] = fabs(j->error[i]);
    }
    rank(j->absolute, 1, -1, a->rows, j->scratch, j->by_size);
    return CR_OK;
}

static cr_status check(const cr_answers *a, cr_error *err)
{
    double sum = 0;
    if (a->rows == 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "there are no rows with a target to compare with");
    if (a->rows > UINT32_MAX)
        return cr_fail(err, CR_ERR_LIMIT, "more than 2^32 rows");
    for (size_t i = 0; a->weight && i < a->rows; i++) {
        if (!(a->weight[i] >= 0) || !isfinite(a->weight[i]))
            return cr_fail(err, CR_ERR_ARGUMENT, "the weight of row %zu is %g", i + 1,
                           a->weight[i]);
        sum += a->weight[i];
    }
    if (a->weight && !(sum > 0))
        return cr_fail(err, CR_ERR_ARGUMENT, "all weights are 0");
    if (!isfinite(sum))
        return cr_fail(err, CR_ERR_ARGUMENT, "the sum of the weights is not finite");
    if (a->task == CR_CLASSIFICATION && (a->classes < 2 || a->classes > UINT32_MAX))
        return cr_fail(err, CR_ERR_ARGUMENT, "a classification has 2 classes or more");
    for (size_t i = 0; i < a->rows; i++) {
        if (a->task == CR_CLASSIFICATION && a->class_of[i] >= a->classes)
            return cr_fail(err, CR_ERR_ARGUMENT, "row %zu is of class %lu of %zu", i + 1,
                           (unsigned long)a->class_of[i], a->classes);
        if (a->task == CR_REGRESSION && !isfinite(a->target[i]))
            return cr_fail(err, CR_ERR_ARGUMENT, "the target of row %zu is not finite", i + 1);
    }
    return CR_OK;
}

cr_status cr_judge_start(struct judge *j, const cr_answers *a, cr_error *err)
{
    cr_status status = check(a, err);
    if (status != CR_OK)
        return status;
    *j = (struct judge){.a = a};
    j->weight = arena_new(&j->arena, double, a->rows);
    status = j->weight ? CR_OK : cr_fail_memory(err);
    for (size_t i = 0; status == CR_OK && i < a->rows; i++)
        j->weight[i] = a->weight ? a->weight[i] : 1;
    if (status == CR_OK)
        status = a->task == CR_CLASSIFICATION ? start_classes(j, err) : start_numbers(j, err);
    if (status != CR_OK)
        cr_judge_free(j);
    return status;
}

void cr_judge_free(struct judge *j)
{
    cr_arena_free(&j->arena);
}
