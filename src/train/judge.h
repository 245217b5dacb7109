/* Answers made ready for their metrics: a metric is a function of these and of row weights, so
 * a resample of the rows is nothing but other weights. */
#ifndef TRAIN_JUDGE_H
#define TRAIN_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "chainrule/metrics.h"

/* What a class has: weight of its rows, of the answers that name it, and of both at once. */
struct class_count {
    double is, said, both;
};

struct ranked;

struct judge {
    const cr_answers *a;
    struct arena arena;
    double *weight;         /* [rows] the answers' */
    struct ranked *scratch; /* [rows] for sorting */

    /* classification */
    uint32_t *said;            /* [rows] the answer */
    struct class_count *count; /* [classes] scratch */
    int not_number;            /* some score is NaN */
    int not_certainty;         /* some score is not in [0, 1], or a row's scores do not sum to 1 */
    uint32_t *rank; /* [classes][rows] rows by falling score of the class; for two classes, of the
                       second only; one class at a time where all would take too much memory */
    unsigned char *ranked; /* [classes] whether it was made */
    int one_rank;          /* 1: one at a time */

    /* regression; errors and targets are scaled by powers of two, so no square overflows */
    int infinite;      /* some answer is not finite */
    int has_zero;      /* some target is 0 in a row with weight */
    double *error;     /* [rows] answer - target, times 2^-error_exponent */
    double *target;    /* [rows] times 2^-target_exponent */
    double *absolute;  /* [rows] |error| */
    double *share;     /* [rows] |error| / |target| */
    uint32_t *by_size; /* [rows] by rising |error| */
    int error_exponent, target_exponent;
};

/* The answers must outlive it. j is {0} before; on failure nothing is left to free. */
cr_status cr_judge_start(struct judge *j, const cr_answers *a, cr_error *err);
void cr_judge_free(struct judge *j);

/* Rows by falling score of class k; valid until the next call. */
const uint32_t *cr_judge_rank(struct judge *j, size_t k);

void cr_judge_bins(struct judge *j, const double *w, cr_calibration_bin bin[CR_CALIBRATION_BINS]);

/* A metric for rows of weights w [rows]. NaN: not defined; then *why says so, unless NULL, in at most
 * 160 bytes. */
typedef double metric_function(struct judge *j, const double *w, double parameter, char *why);

struct metric_row {
    cr_metric_info info;
    metric_function *of;
    int wilson; /* a share of rows */
    int ranks;  /* goes through the classes' ranks */
};
const struct metric_row *cr_metric_row(size_t index);

metric_function cr_accuracy, cr_balanced_accuracy, cr_log_loss, cr_brier, cr_f1_macro, cr_auc,
    cr_average_precision, cr_calibration_error;
metric_function cr_mse, cr_rmse, cr_mae, cr_median_error, cr_r2, cr_mape, cr_pinball,
    cr_explained_variance;

/* A sum that keeps what each addition loses (Neumaier, 1974). */
struct sum {
    double s, lost;
};
void cr_sum_add(struct sum *t, double v);
double cr_sum_value(const struct sum *t);

/* Sum of w. */
double cr_weight_of(const struct judge *j, const double *w);

/* Fills why, unless NULL, and returns NaN. */
double cr_undefined(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
