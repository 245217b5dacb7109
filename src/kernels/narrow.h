/* Narrow networks, where no layer is wider than a few vector lanes: a step is a list of short
 * operations on memory that begins at one address, so that it is a loop over that list
 * and nothing else. src/net/narrow.c makes the list from a plan; a table's `narrow` runs it. The
 * operations keep the rules of kernels.h, so the bits are those of the other kernels.
 *
 * Where values lie. A value with a row for each example has `lanes` numbers from one row to the
 * next: the least of 1, 4, 8 and 16 that holds its columns. What is beyond its columns may be
 * anything and is never used; so may be the 16 numbers after each value. Weights lie with what a
 * sum runs over from row to row, [inner][lanes of cols]. A number that all rows and columns share
 * is written 16 times. */
#ifndef KERNELS_NARROW_H
#define KERNELS_NARROW_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/program.h"

enum { NARROW_LANES = 16 };

/* Formulas of several primitives that one operation computes: name, the formula in x, y and z.
 * C and expr/ read the same text. z is the number of rows. */
/* clang-format off */
#define NARROW_FORMULA_LIST(X)                          \
    X(SIGMOID_BACK, x * (y * (1 - y)))                  \
    X(TANH_BACK, x * (1 - y * y))                       \
    X(RELU_BACK, x * step(y))                           \
    X(ERROR, (x - y) / z)                               \
    X(ERROR_IDENTITY, (x - y) / z * 1)                  \
    X(ERROR_SIGMOID, (x - y) / z * (x * (1 - x)))       \
    X(ERROR_TANH, (x - y) / z * (1 - x * x))            \
    X(ERROR_LOGIT, (sigmoid(x) - y) / z)                \
    X(HALF_SQUARED, (x - y) * (x - y) / 2)

/* Operations that come for 4, 8 and 16 lanes besides those formulas and the primitives.
 *   LINEAR  out[r] = sum_k a[r][k] b[k] + c; k < n; b [n][lanes]; c [lanes], -0 for none;
 *           LINEAR_SIGMOID and LINEAR_TANH also act[r] = that function of out[r]
 *   BACK_.. out[r] = sum_k a[r][k] b[k], and act[r] = out[r] times the derivative of sigmoid or
 *           tanh whose value is c[r], or of ReLU whose argument it is
 *   OUTER   out[i] -= c sum_r a[r][i] b[r]; i < n; out [n][lanes]
 *   COLUMNS out -= c sum_r a[r], a chain of additions; out [lanes]                      */
#define NARROW_WIDE_LIST(X)                                                    \
    X(LINEAR) X(LINEAR_SIGMOID) X(LINEAR_TANH)                                 \
    X(BACK_SIGMOID) X(BACK_TANH) X(BACK_RELU) X(OUTER) X(COLUMNS)

/* The others, on values of any width; n: their columns.
 *   DOT...       LINEAR... for one column: out [rows], b [n], c one number
 *   ALL          out -= c sum_r sum_j a[r][j], row_sum and then a chain; out 16 times
 *   ROW_SUM      out[r] = row_sum of a[r], divided by n where `mean`
 *   TOTAL        out = sum_r a[r], divided by b where `mean`
 *   COPY         out[r] = a[r], n columns; step[1]: from row to row of out
 *   SOFTMAX      out = softmax of a; b: the log sums
 *   SOFTMAX_BACK a: y, b: dy          DOT_LSE  a: u, b: t, c: the log sums */
#define NARROW_ONE_LIST(X) \
    X(DOT) X(DOT_SIGMOID) X(DOT_TANH) X(ALL) X(ROW_SUM) X(TOTAL) X(COPY) X(SOFTMAX) X(SOFTMAX_BACK) X(DOT_LSE)

enum narrow_what {
#define X(name, arity) NARROW_##name,
    PRIM_LIST(X)
#undef X
#define X(name, formula) NARROW_##name,
    NARROW_FORMULA_LIST(X)
#undef X
#define X(name) NARROW_##name,
    NARROW_WIDE_LIST(X)
    NARROW_WIDE_COUNT,
    NARROW_ONE_LIST(X)
#undef X
    NARROW_COUNT
};
/* clang-format on */

struct narrow_op {
    uint16_t code; /* cr_narrow_code */
    uint8_t shift; /* elementwise: 2 where a value of one column is taken 4 rows at a time */
    uint8_t mean;
    uint16_t n;
    uint16_t step[3];      /* from row to row of a, b and c; 0: the same for all */
    uint32_t out, a, b, c; /* in numbers, from the memory's beginning */
    uint32_t act;          /* LINEAR_...: the function's value; out is its argument */
};

/* A step whose operations are those of one hidden layer, one output, half the squared error and
 * gradient descent: LINEAR_..., DOT..., HALF_SQUARED, TOTAL, ERROR..., BACK_..., and two OUTER and
 * COLUMNS. A table's `narrow_steps` makes such steps with the same bits, all values and, from
 * step to step, the parameters in registers. */
enum { NARROW_INPUTS = 4 };

struct narrow_step {
    uint8_t inputs, units; /* 1 to NARROW_INPUTS, 1 to NARROW_LANES */
    uint8_t hidden;        /* NARROW_LINEAR_SIGMOID or _TANH */
    uint8_t output;        /* NARROW_DOT, _SIGMOID or _TANH */
    uint8_t mean;          /* the sum of losses is divided by the rows */
    size_t w1, b1, w2, b2; /* where in the block [units][inputs], [units], [units] and 1 lie */
};

/* Batches to go through in turn, arrays of the table's type. */
struct narrow_batches {
    const void *in, *targets;     /* [n][rows][inputs], [n][rows] */
    size_t rows, n, first, steps; /* first: the batch to begin with */
    double *losses;               /* [steps], or NULL */
    void *out, *loss;             /* [rows], 1: of the last step */
};

/* For NARROW_DOT and what follows it lanes does not matter. */
static inline uint16_t cr_narrow_code(enum narrow_what what, size_t lanes)
{
    const unsigned width = lanes > 8 ? 2 : lanes > 4;
    return (uint16_t)(what < NARROW_WIDE_COUNT ? 3 * (unsigned)what + width
                                               : 2u * NARROW_WIDE_COUNT + (unsigned)what);
}

#endif
