/* How much a model relies on each column: permutation importance. */
#ifndef CHAINRULE_IMPORTANCE_H
#define CHAINRULE_IMPORTANCE_H

#include "chainrule/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: the defaults. */
typedef struct cr_importance_options {
    const size_t *rows; /* of the table; NULL: all */
    size_t n_rows;
    size_t most_rows; /* an even selection of these at most; 0: 2,000, fewer for many columns */
    size_t repeats;   /* shuffles of each column; 0: 5 */
    uint64_t seed;    /* of the shuffles: the same seed gives the same bits */
    int threads;      /* 0: as many as there are processors. The bits never depend on it */
} cr_importance_options;

typedef struct cr_importance_item {
    const char *column;
    double mean,
        sd; /* how much worse the metric gets when the column's values are shuffled among the
                        rows: mean and standard deviation over the repeats; about 0 for a column that the
                        model does not need */
} cr_importance_item;

/* Everything lives as long as the importance. */
typedef struct cr_importance {
    cr_metric metric; /* accuracy, or rmse */
    double value;     /* without any shuffle, on the same rows */
    size_t rows, repeats, columns;
    const cr_importance_item *item; /* [columns], by falling mean */
} cr_importance;

/* Permutation importance of the model's columns on rows with their target (Breiman: Random forests, 2001,
 * section 10; Fisher, Rudin, Dominici: All models are wrong, but many are useful, JMLR 2019). A column's
 * inputs are shuffled together. Columns that say the same thing share their importance, or have none
 * each. options may be NULL. *out is freed with cr_importance_free.
 * Errors: as cr_model_evaluate. */
CR_API cr_status cr_model_importance(const cr_model *model, const cr_table *table,
                                     const cr_importance_options *options, cr_importance **out,
                                     cr_error *err);
CR_API void cr_importance_free(cr_importance *importance);

#ifdef __cplusplus
}
#endif
#endif
