/* Gathering what a training leaves. */
#ifndef TRAIN_OUTCOME_H
#define TRAIN_OUTCOME_H

#include "chainrule/outcome.h"
#include "data/split.h"
#include "train/fit.h"

/* Copies report, parts and history, and takes the trainer's health over. */
cr_status cr_outcome_make(const struct fit *f, const struct split *split, cr_trainer *trainer,
                          cr_outcome **out, cr_error *err);

#endif
