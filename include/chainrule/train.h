/* Training: on arrays (cr_train), and from a table to a model (cr_model_fit). */
#ifndef CHAINRULE_TRAIN_H
#define CHAINRULE_TRAIN_H

#include "chainrule/base.h"
#include "chainrule/data.h"
#include "chainrule/model.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How good a network is on some rows. */
typedef struct cr_metrics {
    size_t rows;     /* 0: there were none, and nothing else is set */
    double loss;     /* as the network defines it: mean over the rows, or their sum */
    double accuracy; /* share of rows whose class is right; NaN for a regression */
    double rmse;     /* root mean squared error, in units of the targets; NaN for classes */
    double r2;       /* 1 - squared error / variance; NaN for classes, or without variance */
} cr_metrics;

/* What a progress callback sees. */
typedef struct cr_progress {
    size_t epoch, epochs; /* the epoch, from 1, of so many */
    size_t step, steps;   /* the step within the epoch, from 1, of so many */
    size_t rows;          /* rows trained on since the start, repeats included */
    int epoch_done;       /* 1: the epoch is complete, and held_out is up to date */
    cr_metrics train;     /* this epoch's rows so far, each before the update it took part in */
    cr_metrics held_out;  /* after the last complete epoch */
} cr_progress;

/* All zero: the defaults. */
typedef struct cr_train_options {
    size_t epochs;        /* 0: as many as make 3,000 steps, between 10 and 1,000 */
    size_t batch;         /* rows of a step; 0: 32. The last batch of an epoch may be shorter */
    double learning_rate; /* 0: 0.1 for classes, 0.01 for a regression with gradient descent;
                             with another optimiser the network's */
    uint64_t seed;        /* of the rows' order */
    int in_order;         /* 1: rows in the order given, every epoch */
    int threads;          /* 0: as many as there are processors. The bits never depend on it */
    cr_task task;         /* which metrics: accuracy for CR_CLASSIFICATION, else rmse and r2 */
    /* Of the steps. Held-out rows, and the result, are measured in float32 all the same. */
    cr_precision precision;
    /* Called after every step and after every epoch. Not 0: stop now, and keep what is
     * learned so far. May be NULL. */
    int (*progress)(void *ctx, const cr_progress *progress);
    void *ctx;
} cr_train_options;

typedef struct cr_train_result {
    size_t epochs;              /* complete epochs */
    size_t steps;               /* updates made */
    int stopped;                /* 1: the callback asked to stop */
    cr_metrics train, held_out; /* of the trained network */
} cr_train_result;

/* Rows on the caller's arrays, which are only read. */
typedef struct cr_examples {
    const float *in;      /* [rows][inputs] */
    const float *targets; /* [rows][outputs] */
    size_t rows;
} cr_examples;

/* Train a float32 network on mini-batches, with its optimiser.
 *   held_out  rows that are only measured; NULL: none
 *   options   NULL: the defaults
 *   result    NULL: not wanted
 * Same arrays, options and network: same bits. Nothing is allocated inside a step.
 * Errors: CR_ERR_ARGUMENT, CR_ERR_MEMORY, CR_ERR_LIMIT, and CR_ERR_DIVERGED when a value is
 * not finite; the message names the step, the layer and the quantity, and the parameters
 * are as they were before that epoch. */
CR_API cr_status cr_train(cr_net *net, const cr_examples *train, const cr_examples *held_out,
                          const cr_train_options *options, cr_train_result *result, cr_error *err);

/* How to make a model of a table. All zero: the defaults. */
typedef struct cr_fit_options {
    cr_task task;        /* CR_TASK_GUESS: from the network's loss, or cr_table_guess */
    const char *network; /* a network file's text; NULL: 128 ReLU units and an output layer */
    size_t network_size;
    const char *network_name; /* what messages call it */
    size_t max_memory;        /* bytes for its parameters; 0: 1 GiB */
    int has_seed;             /* 1: train.seed also starts the parameters; 0: the network file's */
    const char *optimiser;    /* "adam"; NULL: the network file's, or gradient descent */
    double held_out;          /* share of the rows that are held out, 0 <= share < 1 */
    cr_train_options train;   /* zeros: the network file's settings, then the defaults */
} cr_fit_options;

/* What was done. Filled before the first call of progress, but for `result`. */
typedef struct cr_fit_report {
    cr_task task;
    char why[128];         /* why this task was guessed; "" when it was given */
    int certain;           /* 1: the guess has no alternative, as for text */
    size_t rows, held_out; /* rows to train on; rows held out */
    size_t inputs, outputs, classes, parameters;
    size_t constant;      /* columns with one value only: the network sees 0 */
    size_t epochs, batch; /* the settings in use */
    double learning_rate;
    const char *optimiser;  /* as in cr_list; never freed */
    cr_precision precision; /* never the default */
    uint64_t seed;
    cr_train_result result; /* rmse in the target's own units */
} cr_fit_report;

/* Train a model that predicts the table's label column from its other columns: inputs are
 * standardised (and the target of a regression), a random part of the rows is held out (the
 * same share of every class), and a network is trained. The network's inputs are the
 * columns in order; or, where a network file names them, the columns of those names.
 * report may be NULL. *out is freed with cr_model_free.
 * Errors: those of cr_train and of network files, CR_ERR_SHAPE, CR_ERR_VALUE, CR_ERR_UNKNOWN. */
CR_API cr_status cr_model_fit(const cr_table *table, const cr_fit_options *options, cr_model **out,
                              cr_fit_report *report, cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
