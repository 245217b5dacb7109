/* The tape: a network's computation as logical steps, one for every quantity that has a
 * name, in the order in which a teacher writes them: forward, loss, backward, update.
 * A tape is const once recorded; values live in a workspace (plan.h).
 *
 * Quantities are arrays: a layer's pre-activations are one value with a column per unit
 * and a row per example. cr_step_formula gives the formula of one element. */
#ifndef NET_TAPE_H
#define NET_TAPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "expr/expr.h"
#include "net/net.h"

enum role {
    ROLE_INPUT,       /* x            [rows][inputs]                        given */
    ROLE_TARGET,      /* t            [rows][outputs]                       given */
    ROLE_PARAM,       /* w, b, slope                                        given */
    ROLE_WEIGHT,      /* the weight of an example in the loss; one per row      given */
    ROLE_WEIGHT_SUM,  /* the sum of the weights of a batch; a scalar            given */
    ROLE_ROWS,        /* N, the number of examples in the batch; a scalar   given */
    ROLE_RATE,        /* the learning rate; a scalar                        given */
    ROLE_TIME,        /* t, the number of the update, from 1; a scalar      given */
    ROLE_HYPER,       /* a parameter of the optimiser; a scalar             given */
    ROLE_STATE,       /* what the optimiser keeps for the PARAM `of`        given */
    ROLE_JOIN,        /* the inputs of a layer joined end to end, or a layer without weights */
    ROLE_SCALED,      /* what a layer in NTK parametrisation reads, over sqrt(inputs); of: that */
    ROLE_MASK,        /* what dropout multiplies by: 0 or 1/(1 - p); of: what it multiplies */
    ROLE_NOISE,       /* what a noise layer adds; of: what it is added to */
    ROLE_MEAN,        /* of the columns of `of`, one per row; of its rows, one per column */
    ROLE_VARIANCE,    /* the mean of their squared distances from that */
    ROLE_DEVIATION,   /* the root of that and epsilon */
    ROLE_NORMAL,      /* of: what is brought to mean 0 and deviation 1 */
    ROLE_GAIN,        /* gamma over the running deviation: batch normalisation, predicting, is */
    ROLE_SHIFT,       /* that times x, plus this: beta - gain times the running mean */
    ROLE_PRE,         /* pre-activation of a layer */
    ROLE_ACT,         /* activation of a layer; the last layer's is the network's output */
    ROLE_PROBABILITY, /* softmax of an output that is a logit (a loss on logits); of: the ACT */
    ROLE_LOG_SUM,     /* log sum exp(u - max u) of softmax's pre-activations; one per row */
    ROLE_SMOOTHED,    /* smoothed targets */
    ROLE_LOSS_EACH,   /* the loss of each example; one per row */
    ROLE_WEIGHTED,    /* that, times the example's weight */
    ROLE_LOSS,        /* L, a scalar */
    ROLE_DERIVATIVE,  /* A'(u), of: the ACT */
    ROLE_GRAD,        /* dL/d(of); where `of` is a PRE this is the delta */
    ROLE_PART,        /* what one use of `of` contributes to its GRAD */
    ROLE_SLOPE_TERM,  /* what an example and unit contribute to the PARAM_GRAD of `of`: of a slope,
                         dL/dz dA/dslope */
    ROLE_PARAM_GRAD,  /* dL/d(of), of: a PARAM */
    ROLE_NORM,        /* the norm of the gradient by all parameters; a scalar */
    ROLE_CLIP,        /* what clipping multiplies the gradient by; a scalar */
    ROLE_FACTOR,      /* a number that depends on t alone, such as Adam's c1; a scalar */
    ROLE_MOVE,        /* a quantity of the update of the PARAM `of`, such as Adam's m_hat */
    ROLE_NEW_STATE,   /* the updated STATE `of` */
    ROLE_NEW,         /* the updated PARAM `of` */
    ROLE_COUNT
};

enum extent {
    PER_ROW, /* [rows][cols]: one row for each example */
    PER_NET, /* [rows][cols]: parameters, and what else is the same for all examples */
    SCALAR,
};

struct value {
    enum role role;
    enum extent extent;
    size_t rows, cols; /* PER_ROW: rows is 0 */
    int of;            /* the value this belongs to, or -1 */
    int layer;         /* of the spec; -1: inputs, or none */
    int param;         /* PER_NET: the group that it is or belongs to; else -1 */
    int which;         /* HYPER, STATE, FACTOR, MOVE, NEW_STATE: the place in the optimiser's row
                          (of param, state, factor or step); else 0 */
    int maker;         /* the step that makes it; -1: given */
};

enum phase { PHASE_GIVEN, PHASE_FORWARD, PHASE_LOSS, PHASE_BACKWARD, PHASE_UPDATE };

enum op {
    OP_MAP,    /* out = formula of in[0], in[1], ... element by element; what has one column is
                     read in every column, and what has no rows in every row */
    OP_MASK,   /* out = 0 with probability `factor`, else 1/(1 - factor), drawn for each element */
    OP_NOISE,  /* out = factor times a number from the standard normal distribution */
    OP_LINEAR, /* out = in[0] W^T + b; in[1] is W, in[2] is b where there is one */
    OP_LINEAR_DX, /* out = in[0] W, in[0] a delta, in[1] W */
    OP_LINEAR_DW, /* out = in[0]^T in[1], in[0] a delta, in[1] the layer's input; sum over rows */
    OP_SUM_ROWS,  /* out = sum over rows of in[0]; over columns too where out has one column */
    OP_SUM,       /* out = in[0] + in[1] + ... */
    OP_CONCAT,    /* out = in[0], in[1], ... end to end */
    OP_SLICE,     /* out = columns `begin` .. of in[0] */
    OP_SOFTMAX,   /* out = softmax(in[0]); also makes `out2`, the log sum */
    OP_SOFTMAX_BACK, /* out = J^T in[1]; in[0] the softmax's output */
    OP_ROW_SUM,      /* the same as OP_LOSS, of something else */
    OP_COL_SUM,      /* out = sum over rows of the formula of in[0], in[1], ... (mean: / rows) */
    OP_LOSS,         /* out = sum over columns of the formula of in[0], in[1] (mean: / cols) */
    OP_LOSS_SOFTMAX, /* out = -sum_j t_j log y_j, from in[0] pre-activations, in[1] targets, in[2] log sum, in[3] y (for the formula) */
    OP_TOTAL,        /* out = sum over rows of in[0], divided by in[1] (N) where there is one */
    OP_NORM,         /* out = sqrt of the sum of squares of in[0], in[1], ...: all gradients */
    OP_DESCEND,      /* out = in[0] - rate * factor * in[1]; in[2] is ROLE_RATE */
    OP_COUNT
};

struct step {
    enum op op;
    enum phase phase;
    int out, out2; /* values; out2 is -1 but for OP_SOFTMAX */
    int n_in;
    const int *in;
    const struct expr *
        formula; /* OP_MAP, OP_LOSS, OP_ROW_SUM, OP_COL_SUM: symbol with ref i is in[i], which may be a scalar */
    const struct expr *shown; /* the same as books write it, where that differs; else NULL */
    double factor;            /* OP_DESCEND, OP_MASK, OP_NOISE */
    size_t begin;             /* OP_SLICE */
    int mean;                 /* OP_LOSS, OP_ROW_SUM: divide by the number of columns; OP_COL_SUM:
                                 by that of rows */
};

struct tape {
    struct arena arena;
    const cr_net *net; /* what it was recorded from; formulas and shapes, never parameters */
    int n_values, n_steps;
    struct value *value;
    struct step *step;
    int input, target, output, loss; /* values; target and loss are -1 in a tape for predicting */
    int loss_row;                    /* the row of the loss table in use (after fusing) */
};

/* How much to record. Without any of these the forward pass as predicting has it: layers that
 * act in training only hand on what they read. */
enum {
    TAPE_FORWARD = 0,
    TAPE_BACKWARD = 1,
    TAPE_INPUT_GRAD = 2,
    TAPE_UPDATE = 4,
    TAPE_LOSS = 8,        /* the forward pass and the loss */
    TAPE_PREDICTING = 16, /* with others: layers are as predicting has them */
    TAPE_WEIGHTS = 32     /* with others: examples have weights in the loss */
};

cr_status cr_tape_record(const cr_net *net, unsigned what, struct tape **out, cr_error *err);
/* A copy whose steps may be rewritten; shares the formulas of `from`, which must outlive it. */
cr_status cr_tape_copy(const struct tape *from, struct tape **out, cr_error *err);
void cr_tape_free(struct tape *tape);

/* The value with a role that belongs to `of` (or, for of < 0, to a layer); -1: none. */
int cr_tape_find(const struct tape *tape, enum role role, int of, int layer);

/* Refs of elements: what symbols in a step's formula stand for. Scalars: row and index 0;
 * PER_NET: row 0, index row-major; PER_ROW: the example, and the column. */
uint64_t cr_ref(int value, size_t row, size_t index);
int cr_ref_value(uint64_t ref);
size_t cr_ref_row(uint64_t ref);
size_t cr_ref_index(uint64_t ref);

/* The formula of one element of a step's output, in symbols whose refs are as above, for a
 * batch of `rows` examples (with one example, N drops out). `row` is ignored where the
 * output has no rows; `index` is the column, or the row-major index. What the formula says
 * is what the engine computes: evaluated on the workspace it gives the element's value, up
 * to rounding. NULL when out of memory, and for what is drawn (OP_MASK, OP_NOISE). */
const struct expr *cr_step_formula(struct arena *a, const struct tape *tape, int step, size_t rows,
                                   size_t row, size_t index);

/* Where an element of a joined value comes from: follows concatenations back. */
void cr_tape_resolve(const struct tape *tape, int *value, size_t *index);

#endif
