/* How good answers are: one table of metrics, with confidence intervals.
 *
 * Answers are what a model said beside what is right, for rows that it was not trained on.
 * A metric that these rows do not define (AUC with one class only, R^2 with equal targets) is
 * NaN and comes with the reason in words. All functions are pure and may run in any thread. */
#ifndef CHAINRULE_METRICS_H
#define CHAINRULE_METRICS_H

#include "chainrule/base.h"
#include "chainrule/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A row of the table. Strings are never freed. */
typedef struct cr_metric_info {
    const char *name;      /* "balanced-accuracy" */
    const char *title;     /* "balanced accuracy" */
    cr_task task;          /* CR_REGRESSION or CR_CLASSIFICATION */
    int higher;            /* 1: higher is better */
    int unit;              /* power of the target's unit that it has: 1 for rmse, 2 for mse */
    const char *formula;   /* in words and signs */
    const char *source;    /* who defined it; NULL: a textbook's */
    const char *parameter; /* pinball's quantile; NULL: none */
    double value;          /* of the parameter unless one is given; 0 < it < 1 */
} cr_metric_info;

/* The row of that index, from 0; NULL past the end. */
CR_API const cr_metric_info *cr_metric_at(size_t index);

/* A metric to compute: a row of the table, and its parameter. */
typedef struct cr_metric {
    size_t index;
    double parameter;
} cr_metric;

/* Read "rmse" or "pinball:0.9". CR_ERR_UNKNOWN, CR_ERR_VALUE for a parameter out of range. */
CR_API cr_status cr_metric_find(const char *text, cr_metric *out, cr_error *err);

/* What a model said beside what is right. Arrays are the caller's and only read.
 * The answer to a row of a classification is the class of the largest score, the first of equals. */
typedef struct cr_answers {
    cr_task task; /* CR_REGRESSION or CR_CLASSIFICATION */
    size_t rows;
    const double *weight; /* [rows], finite, not negative; NULL: 1 for each */

    size_t classes;                 /* classification: 2 or more */
    const char *const *class_names; /* [classes] for the reasons; NULL: numbered from 0 */
    const uint32_t *class_of;       /* [rows] below classes */
    const double *score;            /* [rows][classes] what stands for p(class) */

    const double *target; /* regression: [rows], finite */
    const double *answer; /* [rows] */
} cr_answers;

typedef struct cr_metric_value {
    cr_metric metric;
    double value;     /* NaN: not defined here */
    double low, high; /* its 95 % confidence interval; NaN: none */
    char why[160];    /* why it is not defined; "" */
} cr_metric_value;

/* How intervals are made. Accuracy and micro F1: Wilson's score interval, with weights for
 * the effective number of rows (sum w)^2 / sum w^2. Everything else: percentiles of the metric over
 * `resamples` resamples of the rows with replacement (Efron, 1979). */
typedef struct cr_intervals {
    size_t resamples; /* 0: 1,000, fewer (at least 100) where rows times classes are over 400,000 */
    uint64_t seed;    /* of the resamples: the same seed gives the same bits */
    int none;         /* 1: no intervals */
} cr_intervals;

/* Compute metrics[0..n), all of the answers' task; out [n]. intervals may be NULL: as if all zero.
 * CR_ERR_ARGUMENT for a metric of the other task, classes or weights out of range, or no rows with
 * weight; CR_ERR_MEMORY. */
CR_API cr_status cr_metric_values(const cr_answers *answers, const cr_metric *metrics, size_t n,
                                  const cr_intervals *intervals, cr_metric_value *out,
                                  cr_error *err);

/* Weight of the rows of each class (first index) that got each answer: out [classes][classes]. */
CR_API cr_status cr_confusion(const cr_answers *answers, double *out, cr_error *err);

/* Rows by how sure the answers were: bin i of CR_CALIBRATION_BINS holds the rows whose score of
 * the answer is in (i, i+1] / CR_CALIBRATION_BINS. */
enum { CR_CALIBRATION_BINS = 15 };
typedef struct cr_calibration_bin {
    double weight;     /* of its rows; 0: empty, and the rest is NaN */
    double confidence; /* mean score of the answer */
    double accuracy;   /* share of right answers */
} cr_calibration_bin;
CR_API cr_status cr_calibration(const cr_answers *answers,
                                cr_calibration_bin out[CR_CALIBRATION_BINS], cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
