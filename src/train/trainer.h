/* The training loop on prepared rows. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "chainrule/train.h"
#include "net/net.h"

/* Rows to train on or to measure. Targets are given, or follow from classes: then a batch's
 * targets are made while it is gathered, and no array of them exists. */
struct examples {
    const float *in;         /* [rows][inputs] */
    const float *targets;    /* [rows][outputs], or NULL */
    const uint32_t *classes; /* [rows]; 1 at the class's output (one output: for class 1) */
    float off;               /* and this elsewhere */
    size_t rows;
    double unit; /* one unit of the targets in the units of rmse; 0: 1 */
};

/* The learning rate, epochs and batch that are used for so many rows. */
void cr_train_defaults(cr_train_options *options, const struct spec_optimiser *optimiser,
                       size_t rows);

/* As cr_train; held_out may have no rows. `off` of train decides between two classes on
 * one output. */
cr_status cr_trainer_run(cr_net *net, const struct examples *train, const struct examples *held_out,
                         const cr_train_options *options, cr_train_result *result, cr_error *err);

#endif
