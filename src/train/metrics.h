/* Metrics, gathered batch by batch. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include <stddef.h>

#include "chainrule/train.h"

struct tally {
    cr_task task;
    float middle; /* one output: above it the answer is the second class */
    double unit;  /* of the targets, for rmse */
    int sum;      /* the loss is a sum over rows, not their mean */
    size_t rows, right, numbers;
    double loss;         /* of all rows so far, not yet divided */
    double squares;      /* of errors */
    double mean, spread; /* of targets: Welford's running mean and sum of squares */
};

/* Add one row. */
void cr_tally_row(struct tally *t, const float *outputs, const float *targets, size_t n);

/* Add a batch's loss, as the network gives it. */
void cr_tally_loss(struct tally *t, double loss, size_t rows);

cr_metrics cr_tally_metrics(const struct tally *t);

#endif
