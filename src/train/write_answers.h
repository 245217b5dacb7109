/* Answers as CSV, JSON lines or a NumPy array. */
#ifndef TRAIN_WRITE_ANSWERS_H
#define TRAIN_WRITE_ANSWERS_H

#include "base/text.h"
#include "chainrule/model.h"
#include "data/csv.h"

struct answers {
    const cr_model *model;
    cr_predict_format format;
    size_t n_kept; /* columns of the file that are passed through */
    const char *const *kept;
};

/* What comes before the first row; for an array with so many rows, always of the same length. */
void cr_answers_head(const struct answers *a, size_t rows, struct text *out);

/* A row; probability is scratch for the classes. row: the file's, where columns are kept. */
void cr_answers_row(const struct answers *a, const float *outputs, double *probability,
                    const struct csv *row, struct text *out);

#endif
