/* A plan: a tape's steps grouped into kernel calls, each value given a place. Const once
 * made. Values live in a workspace of cr_plan_work_size bytes.
 *
 * Rows are cut into slices (cr_slice_rows); sums over rows are made per slice and then
 * joined by a fixed binary tree. Where a value of a row depends on all rows (batch normalisation in
 * training) there is one slice. A small network's slices run in parallel: a slice's values
 * lie together, so they share no line. A large network (`tiled`) runs slice after slice, and a
 * team shares the output of each call. The same code runs the explaining, training and predicting
 * plans; they differ in which values are kept and which steps are substituted into the
 * step that uses them. */
#ifndef NET_PLAN_H
#define NET_PLAN_H

#include <stddef.h>

#include "base/error.h"
#include "kernels/kernels.h"
#include "net/net.h"
#include "net/tape.h"

struct team;

/* How many rows a slice has, for a network with `params` numbers and a batch of `rows`
 * rows: from these alone, so that the bits do not depend on threads or machine. */
size_t cr_slice_rows(size_t params, size_t rows);

struct call;
struct slot;
struct update;
struct narrow;

struct cr_plan {
    const struct tape *tape;
    struct tape *owned; /* the same, where the plan was made from a net; else NULL */
    cr_net *net;        /* whose parameters are used unless a run brings its own */
    cr_purpose purpose;
    cr_precision precision; /* never the default */
    size_t rows;            /* capacity */
    struct arena arena;
    const struct kernels_f32 *f32; /* the one of the net's type is set */
    const struct kernels_f64 *f64;
    int n_calls;
    struct call *call;
    struct slot *slot;          /* [n_values] */
    int rows_value, rate_value; /* ROLE_ROWS and ROLE_RATE, or -1 */
    int weight_sum;             /* ROLE_WEIGHT_SUM; -1: examples have no weights */
    int one_slice;              /* something is a sum over all rows on which their values depend */
    int draws; /* anything is drawn, for which the number of the update is wanted */
    int n_updates;
    struct update *update; /* [n_updates] how each group of parameters gets its new values */
    /* Work memory, in numbers: sums of slice 0 (final once joined), shared, sums of the
     * other slices, the slices' parts. */
    size_t sums, shared, slice;
    size_t scratch;      /* where in a slice's part scratch begins */
    size_t scratch_cols; /* numbers of it for each row */
    size_t pack; /* where the calling thread's memory for kernels begins, after all slices */
    int norm;    /* ROLE_NORM, whose chunks lie behind it; -1: gradients are not clipped by it */
    enum whole_update whole; /* of a plan for training: what follows its backward pass */
    size_t whole_at; /* where in the shared part the two arrays for that begin; their size */
    size_t whole_size;
    int tiled; /* one slice after another, each call cut into parts of its output */
    size_t most_slices;
    size_t work_size; /* bytes */
    void *frozen;     /* parameters, and after them turned weights; NULL: those of a run are used */
    struct narrow *narrow; /* net/narrow.h; NULL: the network is not */
};

/* A plan for any tape: one recorded from `net`, or a mutated copy. The tape must outlive
 * the plan. Every plan for explaining keeps every value. */
cr_status cr_plan_make(const struct tape *tape, cr_net *net, cr_purpose purpose,
                       cr_precision precision, size_t rows, cr_plan **out, cr_error *err);

/* One run of a plan over a batch. in, targets and params are arrays of the net's type. */
struct run {
    const void *in;      /* [rows][inputs] */
    const void *targets; /* [rows][outputs]; NULL when predicting */
    const void *weights; /* [rows] in the loss, of a plan for examples with weights; else NULL */
    size_t rows;
    void *params; /* the net's block, or another of the same layout; written by a
                                       training plan's update only */
    double rate;  /* learning rate */
    void *state;  /* [arrays][block] of the optimiser, written by a training plan's update;
                           NULL where it keeps nothing */
    size_t t;     /* number of the update, from 1; for optimisers other than plain gradient
                           descent, and for what is drawn */
    void *work;
    struct team *team; /* NULL: the calling thread alone */
    /* Called after each step with its values just made, serial runs only: may change them.
     * NULL: none. */
    void (*after)(void *ctx, const struct cr_plan *plan, const struct run *run, int step);
    void *ctx;
};

/* Run the steps of phases `first` to `last`. Nothing is allocated. The caller has checked
 * sizes. Values of earlier phases are still in `work` from a run before. A plan for training
 * completes the gradients of parameters only in its update. */
void cr_plan_run(const cr_plan *plan, const struct run *run, enum phase first, enum phase last);

/* Batches that lie one after the other in a run's `in` and `targets`, run->rows rows each. */
struct batches {
    size_t n;     /* there */
    size_t first; /* the one to begin with */
    size_t steps; /* to make, going through the batches in turn */
};

/* Training steps, the first of them number run->t, with nothing but arithmetic between them where
 * the plan allows that. Returns how many were made: fewer than asked when a loss is not finite,
 * whose update is then left out. loss[i], unless NULL: the loss of step i, that one included. */
size_t cr_plan_train(const cr_plan *plan, const struct run *run, const struct batches *b,
                     double *loss);

/* Where an element is (in work, or in what `run` points to); NULL where the plan does not
 * keep the value. Explaining plans keep all. */
void *cr_plan_at(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index);

/* The same as a double; NaN where it is not kept. */
double cr_plan_get(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index);

/* The batch's loss after a run, as a double. */
double cr_plan_loss(const cr_plan *plan, const struct run *run);

/* The first element that is not finite, in the order of the tape, given values included;
 * 0 when all are finite. For plans that keep every value. */
int cr_plan_not_finite(const cr_plan *plan, const struct run *run, uint64_t *ref);

/* Words for a message: "the pre-activation of unit h1 in layer 'hidden', example 3". */
void cr_tape_describe(struct text *out, const struct tape *tape, uint64_t ref);

#endif
