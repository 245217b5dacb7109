/* A training under way: what a step needs, and what it takes to go on after a break. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "chainrule/train.h"
#include "net/net.h"
#include "net/plan.h"
#include "net/schedule.h"
#include "train/health.h"
#include "train/metrics.h"

/* Rows to train on or to measure. Targets are given, or follow from classes: then a batch's
 * targets are made while it is gathered, and no array of them exists. */
struct examples {
    const float *in;      /* [rows][inputs] */
    int in_file;          /* 1: they lie in a mapped file, so that what comes next is asked for */
    const float *targets; /* [rows][outputs], or NULL */
    const uint32_t *classes; /* [rows]; 1 at the class's output (one output: for class 1) */
    float off;               /* and this elsewhere */
    const float *weight;     /* [rows] in loss and metrics, 0 or more; NULL: all 1,
                                and of rows to train on: of the others too */
    size_t rows;
    double unit; /* one unit of the targets in the units of rmse; 0: 1 */
};

/* Where a training is. With the parameters, the optimiser's arrays, the best parameters and the
 * history, it is all that changes from step to step; a checkpoint holds these five. */
struct position {
    size_t epoch;          /* complete ones */
    size_t step;           /* complete ones of the epoch under way */
    size_t total_steps;    /* updates since the start */
    size_t rows;           /* trained on since the start */
    double rate;           /* of the last step */
    struct tally tally;    /* of the epoch under way */
    cr_metrics validation; /* after the last complete epoch */
    size_t best_epoch;     /* 0: none */
    cr_metrics best;       /* of that epoch */
    size_t waited;         /* epochs since one was better than all before */
    struct plateau plateau;
};

enum { HISTORY = 2048 };

struct cr_trainer {
    cr_net *net;
    struct examples train, validation;
    cr_train_options options;
    struct schedule schedule;
    size_t inputs, outputs, steps; /* steps of an epoch */
    size_t room;                   /* rows of the plan */
    cr_plan *plan;                 /* of the steps */
    cr_plan *measures; /* the same where they are float32; else what predicting will see */
    struct team *team;
    void *work;
    float *in, *targets; /* the batch */
    float *weights;      /* of its rows; NULL: the training has none */
    size_t *order;       /* of the rows in this epoch */
    cr_state *state;     /* of the optimiser */
    size_t block;        /* bytes of all parameters */
    size_t state_size;   /* bytes of the optimiser's arrays */
    struct position at;
    void *best;               /* parameters of the best epoch; NULL: the last ones are kept */
    cr_epoch *history;        /* [HISTORY] */
    size_t n_history, stride; /* every `stride`-th epoch is in it, and the last one */
    void *good;               /* parameters when the epoch began, or the training was resumed, */
    void *good_state;         /* the optimiser's arrays, NULL where there are none, */
    size_t good_updates;      /* its updates, */
    size_t good_step;         /* and the step of the epoch */
    struct health *health;    /* NULL: nobody looks */
    cr_progress progress;
    double step_loss; /* of the last step */
    size_t resumed_rows;
    cr_error checkpoint_error;
    int stopped;  /* the callback asked to */
    int finished; /* the best parameters are in the net */
};

/* What options leave open: from the network's spec, then defaults. `task` is given. */
void cr_train_settle(cr_train_options *options, const struct spec *spec, size_t rows);

/* As cr_trainer_create, from rows of any kind. `off` of train decides between two classes on one
 * output. */
cr_status cr_trainer_open(cr_net *net, const struct examples *train,
                          const struct examples *validation, const cr_train_options *options,
                          cr_trainer **out, cr_error *err);

/* Look at the training's health from time to time, on up to HEALTH_ROWS of its rows. Nothing happens where
 * the network is too large for it. CR_ERR_MEMORY. */
cr_status cr_trainer_watch(cr_trainer *t, cr_error *err);

/* Measure rows with the parameters as they are now. */
cr_metrics cr_trainer_measure(cr_trainer *t, const struct examples *rows);

/* The learning rate of the step that comes next. */
double cr_trainer_rate(const cr_trainer *t);

/* Copy the rows of step `step` of the epoch under way to the batch; how many. */
size_t cr_trainer_gather(cr_trainer *t, size_t step);

/* The sum of its rows' weights; `rows` where there are none. Of a batch whose weights are all 0 there
 * is no loss: such a step changes nothing. */
double cr_trainer_batch_weight(const cr_trainer *t, size_t rows);

/* A plan for the training's batches: with weights where its rows have some. */
cr_status cr_trainer_plan(const cr_trainer *t, cr_purpose purpose, cr_precision precision,
                          size_t rows, cr_plan **out, cr_error *err);

/* The run of a batch of so many rows. */
struct run cr_trainer_batch(const cr_trainer *t, size_t rows);

/* The rows' order in the epoch under way. */
void cr_trainer_shuffle(cr_trainer *t);

/* train/diverged.c: keep parameters and state to go back to; go back, find the first value that is
 * not finite in the steps up to `last` of the epoch under way, and fill err. */
void cr_trainer_keep_good(cr_trainer *t);
void cr_trainer_explain_divergence(cr_trainer *t, size_t last, cr_error *err);

/* The checksum of bytes with which a checkpoint of them ends, as 8 bytes. */
uint64_t cr_checkpoint_sum(const void *bytes, size_t size);

/* train/checkpoint.c: go on from options.checkpoint, where there is such a file. */
cr_status cr_trainer_resume_if_there(cr_trainer *t, cr_error *err);

#endif
