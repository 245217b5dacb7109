/* Model files: a cr_model to safetensors and back. */
#ifndef FORMATS_MODEL_FILE_H
#define FORMATS_MODEL_FILE_H

#include "base/error.h"
#include "base/text.h"
#include "chainrule/model.h"
#include "chainrule/train.h"
#include "data/prepare.h"

struct cr_model {
    cr_net *net; /* CR_F32 */
    struct prepare prepare;
    char *training; /* JSON; allocated, or NULL */
    char *version;  /* of the program that wrote the file; allocated, or NULL: this one */
};

/* The keys of __metadata__. */
#define MODEL_KEY_FORMAT   "chainrule.format"   /* "2" */
#define MODEL_KEY_VERSION  "chainrule.version"  /* of the program that wrote it */
#define MODEL_KEY_NETWORK  "chainrule.network"  /* a network file */
#define MODEL_KEY_DATA     "chainrule.data"     /* columns and classes, JSON */
#define MODEL_KEY_TRAINING "chainrule.training" /* the training record, JSON */

/* The preparation as JSON, and back: the value of MODEL_KEY_DATA. */
void cr_prepare_write(const struct prepare *p, struct text *out);
cr_status cr_prepare_read(const char *json, const char *file, struct prepare *out, cr_error *err);

/* The training record: no times, and nothing of the machine. Allocated; NULL when out of
 * memory. */
char *cr_training_write(const cr_fit_report *r);

/* The training record as JSON on one line, whatever the file said: {} where that was no object. Freed
 * with free; NULL when out of memory. */
char *cr_training_json(const cr_model *m);

/* Call `each` with every value of the record in turn, as text: "validation rmse", "0.25". */
cr_status cr_training_each(const cr_model *m,
                           void (*each)(void *ctx, const char *key, const char *value), void *ctx,
                           cr_error *err);

/* CR_ERR_FORMAT in a model file, which has no lines to point to. */
cr_status cr_model_fail(const char *file, cr_error *err, const char *fmt, ...) CR_PRINTF(3, 4);

#endif
