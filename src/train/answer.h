/* A model's outputs for prepared rows in memory, by a team. */
#ifndef TRAIN_ANSWER_H
#define TRAIN_ANSWER_H

#include <stddef.h>

#include "base/team.h"
#include "chainrule/model.h"

struct answerer {
    cr_plan *plan;
    struct team *team;
    size_t inputs, outputs, work_size;
    char *work; /* [members][work_size] */
};

/* threads as in cr_train_options. a is {0} before; on failure nothing is left to free. */
cr_status cr_answerer_start(struct answerer *a, const cr_model *model, int threads, cr_error *err);
void cr_answerer_free(struct answerer *a);

/* out [rows][outputs] for in [rows][inputs]. */
void cr_answer_rows(const struct answerer *a, const float *in, size_t rows, float *out);

#endif
