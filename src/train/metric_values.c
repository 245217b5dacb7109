/* Metrics with their confidence intervals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "train/judge.h"

enum { RESAMPLES = 1000, FEWEST_RESAMPLES = 100 };

/* Rows times classes of all resamples together that may take a while. */
#define MOST_WORK 4e8

/* The 97.5 % point of the normal distribution. */
#define Z 1.959963984540054

/* Wilson: Probable inference, the law of succession, and statistical inference (1927). */
static void wilson(const struct judge *j, cr_metric_value *v)
{
    struct sum sum = {0}, squares = {0};
    for (size_t i = 0; i < j->a->rows; i++) {
        cr_sum_add(&sum, j->weight[i]);
        cr_sum_add(&squares, j->weight[i] * j->weight[i]);
    }
    const double n = cr_sum_value(&sum) / cr_sum_value(&squares) * cr_sum_value(&sum);
    const double middle = (v->value + Z * Z / (2 * n)) / (1 + Z * Z / n);
    const double half =
        Z / (1 + Z * Z / n) * sqrt(v->value * (1 - v->value) / n + Z * Z / (4 * n * n));
    v->low = fmax(middle - half, 0);
    v->high = fmin(middle + half, 1);
}

/* Weights of a resample: each row as often as it was drawn. */
static void draw(const struct judge *j, uint64_t seed, size_t resample, double *w)
{
    const struct random_key key = {seed, RANDOM_BOOTSTRAP, (uint32_t)resample};
    const size_t n = j->a->rows;
    memset(w, 0, n * sizeof *w);
    for (size_t i = 0; i < n; i++) {
        const uint64_t row = cr_random_below(key, i, n);
        w[row] += j->weight[row];
    }
}

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Between the two neighbours of a share of sorted numbers. */
static double quantile(const double *v, size_t n, double share)
{
    const double at = share * (double)(n - 1);
    const size_t i = (size_t)at;
    return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[i];
}

/* v: the metric of each resample; NaN where a resample does not define it. Where that is common
 * there is no interval. */
static void percentiles(double *v, size_t n, cr_metric_value *out)
{
    size_t some = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i]))
            v[some++] = v[i];
    if (some < n - n / 20)
        return;
    qsort(v, some, sizeof *v, rising);
    out->low = quantile(v, some, 0.025);
    out->high = quantile(v, some, 0.975);
}

static int wants_resamples(const struct judge *j, const cr_metric_value *v)
{
    const struct metric_row *row = cr_metric_row(v->metric.index);
    return isfinite(v->value) && !row->wilson && !(row->ranks && j->one_rank) && j->a->rows > 1;
}

static cr_status resample(struct judge *j, const cr_intervals *o, cr_metric_value *out, size_t n,
                          cr_error *err)
{
    const double work = (double)j->a->rows * (double)(j->a->classes ? j->a->classes : 1);
    size_t times = o->resamples, wanted = 0;
    if (times == 0)
        times = work * RESAMPLES <= MOST_WORK          ? RESAMPLES
                : work * FEWEST_RESAMPLES >= MOST_WORK ? FEWEST_RESAMPLES
                                                       : (size_t)(MOST_WORK / work);
    for (size_t m = 0; m < n; m++)
        wanted += wants_resamples(j, &out[m]);
    if (wanted == 0)
        return CR_OK;
    double *w = arena_new(&j->arena, double, j->a->rows), *values;
    size_t all;
    if (!cr_mul_size(times, n, &all) || !w || !(values = arena_new(&j->arena, double, all)))
        return cr_fail_memory(err);
    for (size_t t = 0; t < times; t++) {
        draw(j, o->seed, t, w);
        for (size_t m = 0; m < n; m++)
            if (wants_resamples(j, &out[m]))
                values[m * times + t] =
                    cr_metric_row(out[m].metric.index)->of(j, w, out[m].metric.parameter, NULL);
    }
    for (size_t m = 0; m < n; m++)
        if (wants_resamples(j, &out[m]))
            percentiles(values + m * times, times, &out[m]);
    return CR_OK;
}

static cr_status check(const cr_answers *a, const cr_metric *metrics, size_t n, cr_error *err)
{
    for (size_t m = 0; m < n; m++) {
        const struct metric_row *row = cr_metric_row(metrics[m].index);
        if (!row)
            return cr_fail(err, CR_ERR_ARGUMENT, "there is no metric %zu", metrics[m].index);
        if (row->info.task != a->task)
            return cr_fail(err, CR_ERR_ARGUMENT, "the metric '%s' is for a %s", row->info.name,
                           row->info.task == CR_REGRESSION ? "regression" : "classification");
    }
    return CR_OK;
}

cr_status cr_metric_values(const cr_answers *a, const cr_metric *metrics, size_t n,
                           const cr_intervals *intervals, cr_metric_value *out, cr_error *err)
{
    static const cr_intervals defaults;
    const cr_intervals *o = intervals ? intervals : &defaults;
    struct judge j;
    cr_status status = check(a, metrics, n, err);
    if (status == CR_OK)
        status = cr_judge_start(&j, a, err);
    if (status != CR_OK)
        return status;
    cr_metric_value *v = arena_new(&j.arena, cr_metric_value, n);
    status = v ? CR_OK : cr_fail_memory(err);
    for (size_t m = 0; status == CR_OK && m < n; m++) {
        const struct metric_row *row = cr_metric_row(metrics[m].index);
        v[m] = (cr_metric_value){.metric = metrics[m], .low = NAN, .high = NAN};
        v[m].value = row->of(&j, j.weight, metrics[m].parameter, v[m].why);
        if (row->wilson && !o->none && isfinite(v[m].value))
            wilson(&j, &v[m]);
    }
    if (status == CR_OK && !o->none)
        status = resample(&j, o, v, n, err);
    if (status == CR_OK)
        memcpy(out, v, n * sizeof *out);
    cr_judge_free(&j);
    return status;
}

cr_status cr_confusion(const cr_answers *a, double *out, cr_error *err)
{
    struct judge j;
    if (a->task != CR_CLASSIFICATION)
        return cr_fail(err, CR_ERR_ARGUMENT, "only classes can be confused");
    const cr_status status = cr_judge_start(&j, a, err);
    if (status != CR_OK)
        return status;
    memset(out, 0, a->classes * a->classes * sizeof *out);
    for (size_t i = 0; i < a->rows; i++)
        out[a->class_of[i] * a->classes + j.said[i]] += j.weight[i];
    cr_judge_free(&j);
    return CR_OK;
}

cr_status cr_calibration(const cr_answers *a, cr_calibration_bin out[CR_CALIBRATION_BINS],
                         cr_error *err)
{
    struct judge j;
    if (a->task != CR_CLASSIFICATION)
        return cr_fail(err, CR_ERR_ARGUMENT, "only probabilities of classes can be calibrated");
    const cr_status status = cr_judge_start(&j, a, err);
    if (status != CR_OK)
        return status;
    if (j.not_number || j.not_certainty)
        cr_fail(err, CR_ERR_VALUE, "the scores are no probabilities");
    else
        cr_judge_bins(&j, j.weight, out);
    const int bad = j.not_number || j.not_certainty;
    cr_judge_free(&j);
    return bad ? CR_ERR_VALUE : CR_OK;
}
