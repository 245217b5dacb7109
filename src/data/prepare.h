/* From a row of a table to what the network sees, and from its outputs to an answer.
 * What is fitted here (means, deviations, classes) is fitted on training rows only, and
 * goes into the model file. */
#ifndef DATA_PREPARE_H
#define DATA_PREPARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/table.h"

/* How targets are given to the network. */
enum target_code {
    CODE_NUMBER,     /* one output: the number, standardised or as it is */
    CODE_LOG_NUMBER, /* one output: the logarithm of the number (Poisson) */
    CODE_ONE_HOT,    /* an output for each class: 1 for the row's class, else `off` */
    CODE_ONE_COLUMN, /* two classes, one output: 1 for the second class, else `off` */
    CODE_COUNT
};

struct prepare {
    struct arena arena; /* holds all that is below */
    size_t n_inputs;
    const char **input; /* [n_inputs] names of columns */
    double *mean, *sd;  /* [n_inputs] sd 0: constant, gives 0 */
    const char *target; /* name of the target column */
    cr_task task;
    struct classes classes; /* of a classification */
    enum target_code code;
    double off;                    /* 0 or -1 */
    double target_mean, target_sd; /* CODE_NUMBER; 0 and 1 where not standardised */
    size_t n_outputs;
};

void cr_prepare_free(struct prepare *p);

/* Mean and population standard deviation of n numbers that lie `stride` apart, taken at
 * rows[0..n) (NULL: 0..n-1). sd is 0 exactly if all are equal. Sums are scaled by a power of two, so
 * no square overflows; 0 when even the range of the numbers does. */
int cr_mean_sd(const double *v, size_t stride, const size_t *rows, size_t n, double *mean,
               double *sd);

/* Fit the inputs: columns[i] of the table becomes input i. */
cr_status cr_prepare_fit_inputs(struct prepare *p, const cr_table *t, const size_t *columns,
                                size_t n_inputs, const size_t *rows, size_t n, cr_error *err);

/* (raw - mean) / sd as float, [n_inputs]. Returns n_inputs, or the first column whose
 * value is too large for a float. out may hold anything then. */
size_t cr_prepare_inputs(const struct prepare *p, const double *raw, float *out);

/* The targets of one row, [n_outputs]; `class` is read for classes, `value` for numbers. */
void cr_prepare_target(const struct prepare *p, double value, size_t class, float *out);

/* What outputs [n_outputs] say: the class, or the number in the target's own units.
 * probability [classes.n] may be NULL. */
double cr_prepare_number(const struct prepare *p, const float *outputs);
size_t cr_prepare_class(const struct prepare *p, const float *outputs, double *probability);

#endif
