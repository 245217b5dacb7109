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

/* One epoch of a training, in its history. */
typedef struct cr_epoch {
    size_t epoch;          /* from 1 */
    size_t steps;          /* updates since the start */
    double rate;           /* learning rate of its last step */
    cr_metrics train;      /* each row before the update it took part in */
    cr_metrics validation; /* after the epoch */
} cr_epoch;

/* A training under way; see cr_trainer_create. */
typedef struct cr_trainer cr_trainer;

/* What a progress callback sees. */
typedef struct cr_progress {
    size_t epoch, epochs;  /* the epoch, from 1, of so many */
    size_t step, steps;    /* the step within the epoch, from 1, of so many */
    size_t total_steps;    /* updates since the start */
    size_t rows;           /* rows trained on since the start, repeats included */
    size_t resumed_rows;   /* how many of them before the training was resumed */
    double rate;           /* learning rate of the step */
    double step_loss;      /* of the step's rows, before their update, as the network defines it */
    int epoch_done;        /* 1: the epoch is complete, and validation is up to date */
    cr_metrics train;      /* this epoch's rows so far, each before the update it took part in */
    cr_metrics validation; /* after the last complete epoch */
    size_t best_epoch;     /* 0: none yet, or validation has no rows */
    cr_metrics best;       /* validation after that epoch */
    const cr_error *checkpoint_error; /* the last checkpoint could not be written; else NULL */
    const cr_trainer *trainer;        /* for cr_trainer_history and cr_trainer_net */
} cr_progress;

/* What a progress callback returns: 0 to go on, or these, or both. */
enum {
    CR_TRAIN_STOP = 1, /* end here, and keep what is learned so far */
    CR_TRAIN_SAVE = 2  /* write a checkpoint first */
};

/* All zero: what the network's file says, and the defaults. */
typedef struct cr_train_options {
    size_t epochs;        /* 0: as many as make 3,000 steps, between 10 and 1,000 */
    size_t batch;         /* rows of a step; 0: 32. The last batch of an epoch may be shorter, */
    int drop_last;        /* 1: is then left out, unless it is the only one. -1: is not */
    double learning_rate; /* 0: 0.1 for classes, 0.01 for a regression with gradient descent;
                             with another optimiser the network's */
    /* What the rate is multiplied by as training goes on: "cosine",
     * "step every=10 factor=0.5 warm-up=100" (cr_list, CR_LIST_SCHEDULES). NULL: nothing. */
    const char *schedule;
    cr_keep keep;
    size_t patience; /* end after so many epochs without a better one; 0: never */
    uint64_t seed;   /* of the rows' order */
    int in_order;    /* 1: rows in the order given, every epoch */
    int threads;     /* 0: as many as there are processors. The bits never depend on it */
    cr_task task;    /* which metrics: accuracy for CR_CLASSIFICATION, else rmse and r2 */
    /* Of the steps. Validation rows, and the result, are measured in float32 all the same. */
    cr_precision precision;
    /* A file for checkpoints: written when the callback says so, whole or not at all. One that
     * cannot be written does not end the training. NULL: none. */
    const char *checkpoint;
    int resume; /* 1: go on from there, to the bits of a training without a break; without a
                   file start from the beginning */
    /* Called after every step and after every epoch; returns 0, CR_TRAIN_STOP, ... May be
     * NULL. */
    int (*progress)(void *ctx, const cr_progress *progress);
    void *ctx;
} cr_train_options;

typedef struct cr_train_result {
    size_t epochs;     /* complete epochs */
    size_t steps;      /* updates made */
    int stopped;       /* 1: the callback asked to stop */
    int early;         /* 1: patience was over */
    size_t best_epoch; /* whose parameters these are; 0: the last step's */
    cr_error
        checkpoint_error; /* why the last checkpoint could not be written; code CR_OK: it was */
    cr_metrics train, validation; /* of the trained network */
} cr_train_result;

/* Rows on the caller's arrays, which are only read. */
typedef struct cr_examples {
    const float *in;      /* [rows][inputs] */
    const float *targets; /* [rows][outputs] */
    size_t rows;
} cr_examples;

/* Train a float32 network on mini-batches, with its optimiser.
 *   validation  rows that are measured after every epoch, not trained on; NULL: none
 *   options     NULL: the defaults
 *   result      NULL: not wanted
 * Same arrays, options and network: same bits. Nothing is allocated inside a step.
 * Errors: CR_ERR_ARGUMENT, CR_ERR_UNKNOWN (schedule), CR_ERR_MEMORY, CR_ERR_LIMIT, those of
 * cr_trainer_resume, and CR_ERR_DIVERGED when a value is not finite; the message names the step,
 * the layer and the quantity, and the parameters are as they were before that epoch, or
 * when the training was resumed. */
CR_API cr_status cr_train(cr_net *net, const cr_examples *train, const cr_examples *validation,
                          const cr_train_options *options, cr_train_result *result, cr_error *err);

/* The same, step by step. The net and the rows must outlive the trainer; nothing else may change
 * the net's parameters. One thread at a time. *out is freed with cr_trainer_free. Errors: as
 * cr_train. */
CR_API cr_status cr_trainer_create(cr_net *net, const cr_examples *train,
                                   const cr_examples *validation, const cr_train_options *options,
                                   cr_trainer **out, cr_error *err);
CR_API void cr_trainer_free(cr_trainer *trainer);

/* Make one step, and after an epoch's last one what ends the epoch; or all steps that are left
 * of an epoch; or of the training. *more is 0 once there is nothing left to do: after the last
 * epoch, when patience is over, or when the callback asked to stop. more may be NULL. */
CR_API cr_status cr_trainer_step(cr_trainer *trainer, int *more, cr_error *err);
CR_API cr_status cr_trainer_epoch(cr_trainer *trainer, int *more, cr_error *err);
CR_API cr_status cr_trainer_run(cr_trainer *trainer, cr_error *err);

/* Give the net the parameters that are kept (options.keep), and measure it. No step can follow. */
CR_API void cr_trainer_finish(cr_trainer *trainer, cr_train_result *result);

/* Write a checkpoint: parameters, what the optimiser keeps, the best parameters, where the
 * training is, its history. A safetensors file, there whole or not at all. CR_ERR_IO,
 * CR_ERR_MEMORY. */
CR_API cr_status cr_trainer_save(const cr_trainer *trainer, const char *path, cr_error *err);

/* Go on from a checkpoint, in a trainer made like the one that wrote it: steps that follow give
 * the bits that they would have given there, on any number of threads. On failure the trainer is
 * as it was. CR_ERR_IO, CR_ERR_MEMORY, CR_ERR_FORMAT (no checkpoint, or a damaged one), and
 * CR_ERR_ARGUMENT for one of another network, other settings or other rows: the message says
 * what differs. */
CR_API cr_status cr_trainer_resume(cr_trainer *trainer, const char *path, cr_error *err);

/* All zero: the defaults. */
typedef struct cr_rate_options {
    double first, last; /* learning rates, above 0; 0: 1e-6 and 10 */
    size_t steps;       /* from the one to the other; 0: 100. At least 10 */
} cr_rate_options;

typedef struct cr_rate_point {
    double rate;     /* learning rate of a step */
    double loss;     /* of its rows, before their update */
    double smoothed; /* moving average of the losses, 0.9 of it the one before; without its bias
                        to 0 at the start (Kingma & Ba 2015, section 3) */
} cr_rate_point;

/* What losses say about learning rates (Smith 2017, Cyclical Learning Rates for Training Neural
 * Networks, section 3.3). */
typedef struct cr_rate_search {
    cr_rate_point *point; /* [n], in the order of the steps */
    size_t n;
    int diverged;  /* 1: it ended early, the smoothed loss being 4 times its lowest, or no number */
    size_t chosen; /* the point where the smoothed loss falls fastest by the logarithm of the
                         rate, of those before its lowest; n: it falls nowhere */
    double suggested; /* its rate; NaN */
} cr_rate_search;

/* Train for some steps, the learning rate growing by the same factor after each. The net has
 * its parameters back afterwards.
 *   options  as for cr_train: optimiser, batch, seed, threads, progress (which may stop it).
 *            Its rate, schedule, epochs, checkpoint and what is kept do not count. NULL: the defaults
 * Same arguments, same bits, on any number of threads. *out is freed with cr_rate_search_free.
 * Errors: CR_ERR_ARGUMENT, CR_ERR_MEMORY, CR_ERR_LIMIT; CR_ERR_DIVERGED where not even 10 steps
 * could be made. */
CR_API cr_status cr_train_rate_search(cr_net *net, const cr_examples *train,
                                      const cr_train_options *options, const cr_rate_options *rates,
                                      cr_rate_search **out, cr_error *err);
CR_API void cr_rate_search_free(cr_rate_search *search);

/* The epochs so far, those before a break included: all of them, or of more than 2,048 every
 * second, fourth, ... and the last. Valid until the next step. */
CR_API const cr_epoch *cr_trainer_history(const cr_trainer *trainer, size_t *n);
CR_API const cr_net *cr_trainer_net(const cr_trainer *trainer);

/* See chainrule/outcome.h. */
typedef struct cr_outcome cr_outcome;

/* How to make a model of a table. All zero: the defaults. */
typedef struct cr_fit_options {
    cr_task task;        /* CR_TASK_GUESS: from the network's loss, or cr_table_guess */
    const char *network; /* a network file's text; NULL: the recipe's network and training */
    size_t network_size;
    const char *recipe; /* "realmlp-td-s": RealMLP-TD-S (Holzmueller, Grinsztajn & Steinwart 2024,
                           arXiv 2407.04491); NULL without a network file: the same */
    const char *network_name; /* what messages call it */
    size_t max_memory;        /* bytes for its parameters; 0: 1 GiB */
    int has_seed;             /* 1: train.seed also starts the parameters; 0: the network file's */
    const char *optimiser;    /* "adam"; NULL: the network file's, or the recipe's Adam */
    double held_out;          /* share of the rows that only the end looks at, 0 <= share < 1 */
    double validation;        /* share of the others that is measured after every epoch, below 1;
                                 0: the network file's, or the recipe's 0.2; below 0: none */
    cr_split_kind split;
    cr_scaling scaling;
    /* "balanced", which makes all classes count the same, or "sick=3,healthy=1" (others: 1); NULL:
     * every row counts the same, or what the table's weight column says. The loss of a batch is
     * sum w L / sum w over its rows, of a loss that is a sum, sum w L; w is the product of the two
     * over its mean in training. A batch whose weights are all 0 changes nothing. Metrics of rows to
     * train on and of validation rows have these weights too, those of the test the column's. */
    const char *class_weights;
    /* Rows of other files, read with cr_table_read_like, instead of a share; NULL: none. */
    const cr_table *test_table, *validation_table;
    const char *cache; /* a folder: prepared rows lie there instead of memory; NULL: in memory */
    cr_train_options
        train; /* zeros: the network file's or the recipe's settings, then the defaults */
    cr_outcome **outcome; /* what is left for a report; NULL: not wanted. Filled on success, and
                               freed with cr_outcome_free */
} cr_fit_options;

/* What was done. Filled before the first call of progress, but for `result`. */
typedef struct cr_fit_report {
    cr_task task;
    char why[128];                 /* why this task was guessed; "" when it was given */
    int certain;                   /* 1: the guess has no alternative, as for text */
    size_t rows, validation, test; /* rows to train on; measured every epoch; measured at the end */
    size_t columns;                /* of the table, that the inputs are made of */
    size_t inputs, outputs, classes, parameters;
    size_t constant;      /* inputs with one value only: the network sees 0 */
    const char *recipe;   /* "RealMLP-TD-S"; NULL: a network file */
    size_t epochs, batch; /* the settings in use */
    double learning_rate;
    const char *optimiser;  /* as in cr_list; never freed */
    cr_precision precision; /* never the default */
    uint64_t seed;
    cr_train_result result; /* rmse in the target's own units */
    cr_metrics result_test; /* of the trained network, on rows that nothing looked at before */
} cr_fit_report;

/* Train a model that predicts the table's label column from its other columns: rows are set aside
 * for the test and for validation, inputs are scaled (and the target of a regression
 * standardised), and a network is trained. The network's inputs are the prepared
 * columns in order; or, where a network file names columns, those.
 * report may be NULL. *out is freed with cr_model_free.
 * Errors: those of cr_train and of network files, CR_ERR_SHAPE, CR_ERR_VALUE, CR_ERR_UNKNOWN. */
CR_API cr_status cr_model_fit(const cr_table *table, const cr_fit_options *options, cr_model **out,
                              cr_fit_report *report, cr_error *err);

/* The network and the settings that cr_model_fit would use, as a network file that begins with a
 * comment: each setting and where it comes from (default, recipe, network file, option). Trains
 * nothing. *out is freed with free. Errors: as cr_model_fit. */
CR_API cr_status cr_model_config(const cr_table *table, const cr_fit_options *options, char **out,
                                 cr_error *err);

/* cr_train_rate_search on the network and the rows that cr_model_fit would train. Errors: of both. */
CR_API cr_status cr_model_rate_search(const cr_table *table, const cr_fit_options *options,
                                      const cr_rate_options *rates, cr_rate_search **out,
                                      cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
