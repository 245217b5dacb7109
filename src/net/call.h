/* Kernel calls of a plan: shared by the maker and the runner, nobody else. */
#ifndef NET_CALL_H
#define NET_CALL_H

#include "net/plan.h"

struct team;

/* How a call of a plan in tiles is cut for the members of a team. */
enum split {
    BY_ROWS, /* each makes some rows of the output */
    BY_COLS, /* some columns, and rows where those are few */
    BY_BLOCK /* a sum over rows: blocks of the result */
};

/* A step made ready to run, perhaps with other steps substituted into its formula. */
struct call {
    enum op op;
    enum phase phase;
    int step; /* of the tape; the last one where several became one call */
    int out, out2;
    int n_in;
    const int *in;
    const struct expr *formula;
    struct program *program; /* OP_MAP, OP_LOSS */
    double factor;
    size_t begin;
    int mean;
    enum split split; /* the rest is for plans that run in tiles */
    int stage;        /* calls of one stage run without waiting in between */
    size_t turned;    /* OP_LINEAR: where the weights lie in a frozen plan's copy */
    int late;         /* makes a gradient that nothing but the update reads */
    int once; /* a function of parameters alone, the same for all rows: made before the slices */
};

/* Where a value lives. */
enum place_kind {
    IN_NOWHERE, /* this plan does not keep it */
    IN_INPUT,
    IN_TARGETS,
    IN_WEIGHTS,
    IN_PARAMS,
    IN_SLICE,  /* per row, in the slice's part */
    IN_SUMS,   /* a sum over rows: one copy per slice, the first of them final */
    IN_SHARED, /* new parameters, scalars */
    IN_STATE,  /* the optimiser's state */
    IN_KINDS
};

struct slot {
    enum place_kind kind;
    size_t offset; /* in numbers */
};

/* The update of one group of parameters: calls that are elementwise over the group's numbers
 * and read nothing but these numbers, their gradients, the optimiser's state for them, and
 * scalars. So any range of numbers can be updated as soon as its gradients are made, in any
 * order. In a plan for training the new values lie where the old ones lay. */
struct update {
    int group;    /* of the net's parameters */
    int gradient; /* value; -1: of a running average, which has none */
    int first, n; /* calls */
    size_t size;  /* numbers */
    int late;     /* its gradient is made by a late call */
    int states;   /* arrays of state */
    /* Plans for training: what makes all the calls' values at once. UPDATE_NONE: nothing does. */
    enum update_kernel kernel;
    enum update_decay decay;
    double rate; /* factor */
    double weight_decay;
    int after; /* the call that comes after the kernel: the parameters' average; -1: none */
};

/* How many numbers of an update one member takes at a time; waking the others for less than
 * that costs more than it saves. The norm of all gradients is the sum of what these have. */
enum { CHUNK = 1 << 14 };

/* Find the updates among a plan's calls; its values have places. CR_ERR_MEMORY. */
cr_status cr_plan_updates(cr_plan *plan, cr_error *err);

/* How a batch falls into slices. */
struct slicing {
    size_t rows; /* per slice; the last may have fewer */
    size_t n;
};
struct slicing cr_slicing(const cr_plan *plan, size_t rows);

void cr_run_f32(const cr_plan *plan, const struct run *run, enum phase first, enum phase last);
void cr_run_f64(const cr_plan *plan, const struct run *run, enum phase first, enum phase last);

#endif
