/* Trained models: a network with what prepares its inputs and reads its outputs.
 *
 * A model file is a safetensors file: its tensors are the network's parameters
 * ("hidden.weight", "hidden.bias", ...), and its __metadata__ holds the network, the
 * columns, the classes and the training record as text. Any safetensors reader opens it. */
#ifndef CHAINRULE_MODEL_H
#define CHAINRULE_MODEL_H

#include <stdio.h>

#include "chainrule/base.h"
#include "chainrule/data.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_model cr_model;

/* Load a model from a file, or from bytes in memory that messages call `name` (not needed
 * any more afterwards). Memory is bounded by the file's size. *out is freed with cr_model_free.
 * Errors: CR_ERR_IO, CR_ERR_FORMAT and those of network files. */
CR_API cr_status cr_model_load(const char *path, cr_model **out, cr_error *err);
CR_API cr_status cr_model_parse(const char *name, const void *bytes, size_t size, cr_model **out,
                                cr_error *err);
CR_API void cr_model_free(cr_model *model);

/* Save a model. The file is there whole or not at all; an older one stays until then. */
CR_API cr_status cr_model_save(const cr_model *model, const char *path, cr_error *err);

/* The network, in float32. It belongs to the model. */
CR_API cr_net *cr_model_net(cr_model *model);

/* What it was trained for: CR_REGRESSION or CR_CLASSIFICATION; the columns it reads; the column
 * it predicts; its classes (none for a regression). */
CR_API cr_task cr_model_task(const cr_model *model);
CR_API size_t cr_model_n_columns(const cr_model *model);
CR_API const char *cr_model_column(const cr_model *model, size_t index);
CR_API const char *cr_model_target(const cr_model *model);
CR_API size_t cr_model_n_classes(const cr_model *model);
CR_API const char *cr_model_class(const cr_model *model, size_t index);

/* The network's inputs, which preparing makes of the columns: "age", "age is missing",
 * "colour=red", "day (month)"; NULL from cr_net_inputs on. */
CR_API const char *cr_model_input(const cr_model *model, size_t index);

/* Options that read a table for the model: its columns with their types, and the label where
 * there is one. They point into the model. */
CR_API cr_table_options cr_model_table_options(const cr_model *model);

/* The version of chainrule that wrote its file; of a model not from a file, this one. */
CR_API const char *cr_model_version(const cr_model *model);

/* How it was trained, as JSON; "{}" if nothing is known. */
CR_API const char *cr_model_training(const cr_model *model);

/* What the network sees of rows first .. first + n - 1 of a table that was read with
 * cr_model_table_options: inputs [n][cr_net_inputs]. These are the bits that cr_model_predict
 * works on. CR_ERR_UNKNOWN for a missing column, CR_ERR_VALUE for one of another type or a number
 * that is too large for a float, CR_ERR_ARGUMENT for a row that is not there; inputs are
 * unspecified then. */
CR_API cr_status cr_model_prepare_rows(const cr_model *model, const cr_table *table, size_t first,
                                       size_t n, float *inputs, cr_error *err);

/* The same for one row, step by step, for cr_explain: input[i].value are the bits that
 * cr_model_prepare_rows gives. *out is freed with cr_preparation_free. Errors as above. */
CR_API cr_status cr_model_prepare_steps(const cr_model *model, const cr_table *table, size_t row,
                                        cr_preparation **out, cr_error *err);

/* What the network should answer for a row whose target column holds `label` (a class, or a
 * number), as the loss sees it; targets [cr_net_outputs]. CR_ERR_UNKNOWN for a class that
 * the model does not have, CR_ERR_VALUE for text that is no number. */
CR_API cr_status cr_model_prepare_target(const cr_model *model, const char *label, float *targets,
                                         cr_error *err);

/* What the network's outputs [cr_net_outputs] mean. cr_model_number: the number in the
 * target's units. cr_model_decide: the index of the class; probability [classes] or NULL gets
 * what stands for p(class): the network's output for each. */
CR_API double cr_model_number(const cr_model *model, const float *outputs);
CR_API size_t cr_model_decide(const cr_model *model, const float *outputs, double *probability);

/* How good predictions were, where the data had the target column. */
typedef struct cr_score {
    size_t rows;     /* rows that were predicted */
    size_t scored;   /* rows that had a target: 0 without the column */
    double accuracy; /* share of right classes; NaN for a regression */
    double rmse, r2; /* root mean squared error, R^2; NaN for a classification */
    size_t ignored;  /* columns that the model does not use */
} cr_score;

/* How answers are written. */
typedef enum cr_predict_format {
    CR_PREDICT_CSV,   /* `prediction`, and for a classification `p(CLASS)` for each class */
    CR_PREDICT_JSONL, /* a JSON object in each line: "prediction", and "p" with the classes */
    CR_PREDICT_NPY    /* a NumPy array: float32 [rows][classes], or float64 [rows] of numbers */
} cr_predict_format;

/* All zero: the defaults. */
typedef struct cr_predict_options {
    cr_predict_format format;
    int keep;    /* 1: what the file's columns say comes before the answer (not in an array) */
    int threads; /* 0: as many as there are processors. What is written never depends on it */
} cr_predict_options;

/* Predict every row of a file ("-": standard input), in constant memory for CSV.
 * Columns are found by name, in any order; others are ignored; if the target column is
 * there, the answers are scored. In CSV, text that a spreadsheet would run as a formula gets a
 * leading apostrophe. An array needs an out in which one can go back. out is not closed;
 * options and score may be NULL. */
CR_API cr_status cr_model_predict(const cr_model *model, const char *path,
                                  const cr_predict_options *options, FILE *out, cr_score *score,
                                  cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
