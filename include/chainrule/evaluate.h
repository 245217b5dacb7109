/* How good a model is on rows that it was not trained on. */
#ifndef CHAINRULE_EVALUATE_H
#define CHAINRULE_EVALUATE_H

#include "chainrule/base.h"
#include "chainrule/data.h"
#include "chainrule/metrics.h"
#include "chainrule/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: every metric of the model's task, with intervals. */
typedef struct cr_evaluate_options {
    const cr_metric *metrics; /* [n_metrics]; NULL: all of the task */
    size_t n_metrics;
    const size_t *rows; /* [n_rows] of the table; NULL: all */
    size_t n_rows;
    cr_intervals intervals;
    int threads; /* 0: as many as there are processors. The bits never depend on it */
} cr_evaluate_options;

/* What was found. Everything lives as long as the evaluation; the model may go before. */
typedef struct cr_evaluation {
    const char *target;
    size_t rows;    /* of the data */
    size_t without; /* rows without a target: left out */
    size_t unknown; /* rows of classes that the model does not know: left out, since no answer
                             to them can be right */
    char unknown_name[64]; /* the first of these classes */
    cr_answers answers;    /* of the other rows */
    size_t n_metrics;
    const cr_metric_value *metric; /* [n_metrics] */
    const double *confusion;       /* [classes][classes], see cr_confusion; NULL: a regression */
    const cr_calibration_bin *calibration; /* [CR_CALIBRATION_BINS]; NULL: the scores are no
                                              probabilities, or a regression */
} cr_evaluation;

/* Answer every row of a table that has the model's columns and its target, and measure.
 *   options  NULL: all zero
 *   out      freed with cr_evaluation_free
 * Errors: CR_ERR_VALUE (no row can be measured, a target that is no number), CR_ERR_ARGUMENT (a metric of
 * the other task), CR_ERR_MEMORY. */
CR_API cr_status cr_model_evaluate(const cr_model *model, const cr_table *table,
                                   const cr_evaluate_options *options, cr_evaluation **out,
                                   cr_error *err);
CR_API void cr_evaluation_free(cr_evaluation *evaluation);

/* The value of a metric by name; NULL: it was not computed. */
CR_API const cr_metric_value *cr_evaluation_metric(const cr_evaluation *evaluation,
                                                   const char *name);

#ifdef __cplusplus
}
#endif
#endif
