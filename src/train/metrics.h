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
    size_t width; /* numbers of a row, in a regression; 0: 1 */
    size_t rows;
    double right;        /* weights of the rows that are answered right */
    double weight;       /* of all rows */
    double loss;         /* of all rows so far, times their weights, not yet divided */
    double squares;      /* of errors, times the rows' weights */
    double mean, spread; /* of targets: running mean and sum of squares, with weights (West 1979) */
};

/* Add one row of this weight, 0 or more: 1 without weights. */
void cr_tally_row(struct tally *t, const float *outputs, const float *targets, size_t n,
                  double weight);

/* Add a batch's loss, as the network gives it. weight: the sum of its rows'. */
void cr_tally_loss(struct tally *t, double loss, double weight);

cr_metrics cr_tally_metrics(const struct tally *t);

#endif
