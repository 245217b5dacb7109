/* The rows of a table, or of several, as the network sees them, split into parts. */
#ifndef TRAIN_ROWS_H
#define TRAIN_ROWS_H

#include "data/split.h"
#include "train/fit.h"

/* In the order training part, validation part, test part. */
struct rows {
    struct split split; /* rows of the table they come from, and how many are in each part */
    float *in;          /* [all][inputs] 64-byte aligned */
    struct spill spill; /* where `in` lies, if there is a folder for it */
    float *targets;     /* [all] of a regression, else NULL */
    uint32_t *classes;  /* [all] of a classification, else NULL */
    float *weight;      /* [all] mean 1 over the training part; test rows without that of their
                           class; NULL: all 1 */
    size_t unlabelled;  /* rows left out, for they have no target */
};

void cr_rows_free(struct rows *r);

/* Split the rows that have a target; needs the classes. */
cr_status cr_rows_split(const struct fit *f, struct rows *r, cr_error *err);

/* Fit the preparation of inputs on the training part: the columns of f->columns. */
cr_status cr_rows_fit(struct fit *f, const struct rows *r, cr_error *err);

/* Fit the target's mean and deviation, and prepare all parts; needs the network's loss. */
cr_status cr_rows_prepare(struct fit *f, struct rows *r, cr_error *err);

#endif
