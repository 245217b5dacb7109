/* A formula compiled for strips: straight-line code over elementwise primitives.
 * src/expr makes programs from expression trees; a kernel table runs them (`map`).
 * Every activation, activation derivative, loss and optimiser rule runs this way, so
 * the formula that is explained is the formula that trains. A faster kernel for one
 * formula may exist beside it; it must give the same bits.
 *
 * Registers hold one strip of numbers each: first the arguments, then the constants,
 * then the temporaries. */
#ifndef KERNELS_PROGRAM_H
#define KERNELS_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The elementwise primitives: name, number of operands, meaning. Each is one rounding
 * of the exact result for + - * / sqrt fma; the functions are at most 1 (float64) or 2 (float32)
 * numbers of the type from the rounded exact result. The same bits come out on every instruction set.
 *   max  a > b ? a : b     min  a < b ? a : b     (so NaN, and zeros of both signs,
 *                                                  give the second operand)
 *   step t > 0 ? 1 : 0, NaN for NaN;  sign -1, 0 or 1, NaN for NaN
 *   lt   a < b ? 1 : 0;    le  a <= b ? 1 : 0     (0 where either is NaN)
 *   sel  a != 0 ? b : c                           (NaN counts as not 0)       */
/* clang-format off */
#define PRIM_LIST(X)                                                            \
    X(NEG, 1) X(ABS, 1) X(SQRT, 1) X(SIGN, 1) X(STEP, 1)                        \
    X(ADD, 2) X(SUB, 2) X(MUL, 2) X(DIV, 2) X(MIN, 2) X(MAX, 2)                 \
    X(LT, 2) X(LE, 2) X(FMA, 3) X(SEL, 3)                                       \
    X(EXP, 1) X(EXPM1, 1) X(LOG, 1) X(LOG1P, 1) X(TANH, 1) X(SIGMOID, 1)        \
    X(SOFTPLUS, 1) X(ERF, 1) X(SIN, 1) X(COS, 1) X(COSH, 1) X(SINH, 1) X(POW, 2)

enum prim {
#define X(name, arity) PRIM_##name,
    PRIM_LIST(X)
#undef X
    PRIM_COUNT
};
/* clang-format on */

enum { PROGRAM_REGS = 32, PROGRAM_STEPS = 128, PROGRAM_ARGS = 8 };

struct program_step {
    uint8_t prim;         /* enum prim */
    uint8_t out, a, b, c; /* out is a temporary, and may be one of the operands */
};

struct program {
    uint8_t n_args, n_consts, n_regs, n_steps;
    uint8_t result;              /* the register that holds the result */
    double consts[PROGRAM_REGS]; /* registers n_args .. n_args + n_consts - 1;
                                           rounded to float in float32 */
    struct program_step steps[PROGRAM_STEPS];
};

#endif
