/* What a training leaves besides its model: for reports and figures. */
#ifndef CHAINRULE_OUTCOME_H
#define CHAINRULE_OUTCOME_H

#include "chainrule/health.h"
#include "chainrule/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A part of a table's rows. */
typedef struct cr_part {
    const cr_table *table; /* the caller's */
    size_t n;
    const size_t *row; /* [n] rows of the table, ascending */
} cr_part;

/* Filled by cr_model_fit where cr_fit_options.outcome asks for it. Everything lives as long as the
 * outcome, but for the names of layers in `health`, which live as long as the model. */
struct cr_outcome {
    cr_fit_report report;
    cr_part train, validation, test;
    size_t n_epochs;
    const cr_epoch *epoch; /* [n_epochs] as cr_trainer_history */
    const cr_health
        *health; /* NULL: the network is too large to keep all its values, or no epoch was
                                complete */
};

CR_API void cr_outcome_free(cr_outcome *outcome);

#ifdef __cplusplus
}
#endif
#endif
