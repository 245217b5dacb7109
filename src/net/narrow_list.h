/* What the list of a narrow plan knows besides its operations: shared by its maker and its
 * runner, nobody else. */
#ifndef NET_NARROW_LIST_H
#define NET_NARROW_LIST_H

#include <stdint.h>

#include "kernels/narrow.h"
#include "net/narrow.h"

/* Where a value with rows, or one number, lies; lanes 0: nowhere. */
struct narrow_slot {
    uint32_t at;
    uint16_t lanes, cols;
    int part; /* written row by row, and no further than its columns */
};

/* How a parameter group lies in the list's memory. */
enum layout {
    BY_UNIT,  /* [units][lanes of inputs], as in the block; a bias is one such row */
    BY_INPUT, /* [inputs][lanes of units] */
    SHARED,   /* one number, NARROW_LANES times */
};

struct narrow_param {
    int group;
    enum layout layout;
    uint32_t at;
};

struct narrow_const {
    double value;
    uint32_t at; /* NARROW_LANES times */
};

/* A list that narrow_steps does. */
struct whole_step {
    struct narrow_step step;
    double factor[4]; /* of the learning rate, for w1, b1, w2 and b2 */
};

struct narrow {
    size_t rows;                    /* at most; one slice */
    size_t size;                    /* of the memory, in numbers */
    size_t begin[PHASE_UPDATE + 2]; /* of each phase's operations */
    struct narrow_op *op;
    struct narrow_slot *slot; /* [n_values] */
    int n_params, n_consts;
    struct narrow_param *param;
    struct narrow_const *consts;
    uint32_t rate;            /* [groups], each group's */
    uint32_t n_rows;          /* the number of rows, NARROW_LANES times */
    struct whole_step *whole; /* NULL: the list is all there is */
};

/* Find out whether a plan's list is a whole step. Fails only for memory. */
cr_status cr_narrow_step_make(cr_plan *plan, cr_error *err);

#endif
