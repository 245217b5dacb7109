/* What the parts of cr_model_fit share: a table and a network file on their way to a model. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H

#include "base/arena.h"
#include "chainrule/train.h"
#include "data/prepare.h"
#include "data/table.h"
#include "net/spec.h"

enum { FIT_MAX_CLASSES = 4096, FIT_HIDDEN = 128 };

struct fit {
    struct arena arena; /* columns and classes of rows */
    const cr_table *table;
    const cr_fit_options *options;
    struct spec *spec;          /* until the network owns it */
    size_t *columns, n_columns; /* of the table: the inputs, in order */
    uint32_t *class_of;         /* [rows of the table], of a classification */
    struct prepare prepare;
    cr_fit_report report;
};

/* An error about the table as a whole. */
cr_status cr_fit_fail(const struct fit *f, cr_error *err, cr_status code, const char *fmt, ...)
    CR_PRINTF(4, 5);

/* Find the network (of the options, or the default one), the inputs, the task, the classes
 * and how targets are given: fills spec, columns, class_of and the target part of prepare. */
cr_status cr_fit_choose(struct fit *f, cr_error *err);

#endif
