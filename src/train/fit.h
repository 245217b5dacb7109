/* What the parts of cr_model_fit share: a table and a network file on their way to a model. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H

#include "base/arena.h"
#include "base/text.h"
#include "chainrule/train.h"
#include "data/prepare.h"
#include "data/table.h"
#include "net/spec.h"

enum { FIT_MAX_CLASSES = 4096 };

struct fit {
    struct arena arena; /* columns and classes of rows */
    const cr_table *table;
    const cr_fit_options *options;
    struct spec *spec;          /* until the network owns it */
    size_t *columns, n_columns; /* of the table: what the inputs are made of, in order */
    int named;                  /* the network file names these columns, */
    int prepared;               /* or the inputs that they become, as --print-config does */
    uint32_t *class_of;         /* [rows of the table], of a classification */
    struct prepare prepare;
    cr_fit_report report;
    cr_outcome *outcome; /* until the caller owns it */
};

/* An error about the table as a whole. */
cr_status cr_fit_fail(const struct fit *f, cr_error *err, cr_status code, const char *fmt, ...)
    CR_PRINTF(4, 5);

/* Read the network file, if there is one, and find the columns. */
cr_status cr_fit_read(struct fit *f, cr_error *err);

/* Choose task and classes, and how targets are given: fills class_of and the target part of
 * prepare. */
cr_status cr_fit_choose_task(struct fit *f, cr_error *err);

/* Match the network to the prepared inputs, or make the recipe's. */
cr_status cr_fit_choose_network(struct fit *f, cr_error *err);

/* The share of the rows, but for the test's, that is measured after every epoch. */
double cr_fit_validation(const struct fit *f);

/* Write the settings in use as a network file, with a comment that says where they come from. */
void cr_fit_config(const struct fit *f, const cr_train_options *used, struct text *out);

#endif
