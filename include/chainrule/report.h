/* Reports for people and programs: of an evaluation, of a model, of a training. */
#ifndef CHAINRULE_REPORT_H
#define CHAINRULE_REPORT_H

#include "chainrule/base.h"
#include "chainrule/evaluate.h"
#include "chainrule/health.h"
#include "chainrule/model.h"
#include "chainrule/outcome.h"
#include "chainrule/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cr_report_format { CR_REPORT_TEXT, CR_REPORT_JSON } cr_report_format;

/* An evaluation in words or as JSON: metrics with intervals, and the confusion matrix.
 *   out  UTF-8, terminated; freed with cr_report_free    len  its length; may be NULL
 * Same evaluation, same bytes. CR_ERR_MEMORY. */
CR_API cr_status cr_evaluation_write(const cr_evaluation *evaluation, cr_report_format format,
                                     char **out, size_t *len, cr_error *err);

/* What looks at a training found. As above. */
CR_API cr_status cr_health_write(const cr_health *health, cr_report_format format, char **out,
                                 size_t *len, cr_error *err);

/* What a model is: its network, its columns and how they are prepared, its classes, how it was
 * trained, and the version that wrote it. As above. */
CR_API cr_status cr_model_inspect(const cr_model *model, cr_report_format format, char **out,
                                  size_t *len, cr_error *err);

typedef enum cr_rate_format { CR_RATE_SVG, CR_RATE_CSV } cr_rate_format;

/* A search for a learning rate: a drawing of its losses by rate, or its points as
 * rate,loss,smoothed. As above. */
CR_API cr_status cr_rate_search_write(const cr_rate_search *search, cr_rate_format format,
                                      char **out, size_t *len, cr_error *err);

/* All zero: the defaults. */
typedef struct cr_report_options {
    const char *data; /* what the table's file is called; NULL: it is not named */
    const char
        *model;  /* and the model file, for the commands that are shown; NULL: model.safetensors */
    int threads; /* 0: as many as there are processors. The bytes never depend on it */
} cr_report_options;

/* A page of HTML about a training: figures of the test part (without one, of the validation part; else of the
 * training rows, and it says so) with confidence intervals, confusion matrix or residuals, calibration,
 * importance of the columns, curves, health, the data, the network, settings, how to use the model. One file
 * without scripts that fetches nothing. table and outcome: those of cr_model_fit; options may be NULL. Same
 * model, table and outcome, same bytes. Errors: as cr_model_evaluate. */
CR_API cr_status cr_report_html(const cr_model *model, const cr_table *table,
                                const cr_outcome *outcome, const cr_report_options *options,
                                char **out, size_t *len, cr_error *err);

CR_API void cr_report_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
