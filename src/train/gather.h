/* Rows of a table that a model can be measured on, prepared for its network. */
#ifndef TRAIN_GATHER_H
#define TRAIN_GATHER_H

#include "chainrule/evaluate.h"

/* What is right, beside what the network sees. */
struct measured {
    size_t rows;
    const float *in;          /* [rows][inputs] */
    const uint32_t *class_of; /* [rows], of a classification; else NULL */
    const double *target;     /* [rows], of a regression; else NULL */
    const double *weight;     /* [rows]; NULL: 1 each */
};

struct gathered {
    struct measured m;
    size_t *row; /* [m.rows] where in the table */
    float *in;
    uint32_t *class_of;
    double *target, *weight;
    size_t without;       /* rows without a target: left out */
    size_t unknown;       /* rows of classes that the model does not know: left out */
    size_t first_unknown; /* the first of them */
};

/* Of rows[0..n) (NULL: all) of a table that has the model's columns, its target, and possibly a column with
 * the role of a weight. g is {0} before; on failure nothing is left to free. */
cr_status cr_gather(const cr_model *model, const cr_table *table, const size_t *rows, size_t n,
                    int threads, struct gathered *g, cr_error *err);
void cr_gather_free(struct gathered *g);

#endif
