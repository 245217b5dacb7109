/* The kernel table: all arithmetic on arrays. No allocation, no I/O, no globals.
 *
 * Matrices are row-major; `ld*` is the distance between rows in elements and may
 * exceed the number of columns; what lies between is not touched. Outputs do not
 * overlap inputs unless a comment says so. Any size may be 0.
 *
 * The reference (ref/) defines the bits; see docs/decisions/ and DESIGN rule 2:
 *   - a sum over units is one chain of fused multiply-adds from +0 in ascending order,
 *     the bias added last;
 *   - a sum over rows is such a chain too; the caller cuts rows into slices
 *     (cr_slices in net/) and joins the slices by a fixed tree with `add`;
 *   - a sum along a row (row_sum, softmax) uses 16 virtual lanes: lane i adds elements
 *     i, i+16, ... in ascending order from +0, then lanes are joined by
 *     (0+8)(1+9).. (0+4).. (0+2).. (0+1). */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stddef.h>

#include "kernels/narrow.h"
#include "kernels/program.h"

/* Instruction sets, the slowest first; the name is what CHAINRULE_ISA takes. AVX512_BF16 and AMX
 * are AVX-512 with bf16 tables of their own. */
#define ISA_LIST(X)             \
    X(REF, "ref")               \
    X(AVX2, "avx2")             \
    X(AVX512, "avx512")         \
    X(AVX512BF16, "avx512bf16") \
    X(AMX, "amx")               \
    X(NEON, "neon")

enum isa {
#define X(name, text) ISA_##name,
    ISA_LIST(X)
#undef X
        ISA_COUNT
};

/* Updates of parameters in one pass over them. Each does what the assignments of a row of
 * net/tables.c do, with the same primitives in the same order. */
enum update_kernel {
    UPDATE_NONE, /* by formulas alone */
    UPDATE_MOMENTUM,
    UPDATE_NESTEROV,
    UPDATE_ADAGRAD,
    UPDATE_RMSPROP,
    UPDATE_ADAM,
    UPDATE_LION,
    UPDATE_COUNT
};

/* Where weight decay enters: added to the gradient, or taken from the weight. */
enum update_decay { DECAY_NONE, DECAY_GRADIENT, DECAY_WEIGHT };

/* The constants of an update: the learning rate (of the group), what depends on the number
 * of the update (Adam's c1 and c2), and each parameter of the optimiser beside 1 minus it. */
enum { UPDATE_RATE, UPDATE_FACTOR0, UPDATE_FACTOR1, UPDATE_PARAM0, UPDATE_PARAMS = 4 };
enum { UPDATE_NUMBERS = UPDATE_PARAM0 + 2 * UPDATE_PARAMS };
/* Bytes of scratch memory that any product makes do with, for blocks of its two factors. */
enum {
    KERNEL_SCRATCH_A = 112 << 10,
    KERNEL_SCRATCH_B = 512 << 10,
    KERNEL_SCRATCH = KERNEL_SCRATCH_A + KERNEL_SCRATCH_B + (16 << 10)
};

/* Bytes that products of float32 and float64 do with, of up to so many rows, columns and terms in a sum, of numbers of
 * `size` bytes: a multiple of 64, at most KERNEL_SCRATCH. */
size_t cr_kernel_scratch(size_t rows, size_t cols, size_t depth, size_t size);

/* The two tables have the same members; T is float or double.
 *
 * linear     y[r][c] = sum_k x[r][k] w[c][k] + bias[c * bias_step]
 *            x [rows][inner], w [cols][inner], bias NULL: none;
 *            bias_step 1: one per unit, 0: one shared. Products take `scratch`, aligned to 64
 *            bytes, of cr_kernel_scratch bytes or KERNEL_SCRATCH, and leave nothing in it.
 * linear_turned  the same, with weights as `turn` has arranged them: wt [inner][ldw].
 * turn       wt[k][c] = w[c][k], w [rows][cols]; ldt is at least rows rounded up to 16, and
 *            what lies between may be written.
 * linear_dx  dx[r][k] = sum_c d[r][c] w[c][k]; the sum ascends over c.
 * linear_dw  dw[c][k] = sum_r d[r][c] x[r][k]; ascends over r.
 * sum_rows   out[c] = sum_r d[r][c]: chain of additions from +0, ascending over r.
 * row_sum    out[r] = sum_c d[r][c], 16 lanes (above).
 * softmax    y[r] = softmax(u[r]), shifted by the row's maximum; -inf logits give 0;
 *            a row of only -inf, or with NaN or +inf, gives NaN throughout.
 *            Also lse[r] = log sum_c exp(u[r][c] - max u[r]) where lse is not NULL.
 * softmax_back  du[r][i] = y[r][i] (dy[r][i] - sum_j dy[r][j] y[r][j]), row sum in 16 lanes
 * dot_lse    out[r] = sum_c (t[r][c] != 0 ? t[r][c] * (lse[r] - (u[r][c] - max u[r])) : 0),
 *            16 lanes: cross-entropy of softmax(u) against t.
 * map        out[i] = program(args...)[i], i < n. args[k] has n elements where
 *            step[k] is 1, one element where it is 0. out may equal an argument.
 * map_rows   the same for `rows` rows of n elements, ld (1 or more) from one to the next in out
 *            and in every argument whose step is 1.
 * add        y[i] += x[i]
 * sgd        out[i] = w[i] - lr g[i], one rounding (fused); out may equal w.
 * update     update[kind](w, s0, s1, g, c, decay, weight_decay, n): w and the optimiser's state
 *            s0, s1 (NULL where it has less) become new, from the gradient g and the
 *            constants c[UPDATE_NUMBERS]; update[UPDATE_NONE] is NULL.
 * peak       makes `rounds` rounds of as many fused multiply-adds as registers hold, for
 *            timing what the machine can do at most; returns how many numbers that were.
 *            out[2] is read, and out[0] written.
 * narrow     runs n operations (kernels/narrow.h) on the memory at base, for 1 <= rows.
 * narrow_steps  makes whole steps on the block of parameters, with the rates of w1, b1, w2 and b2;
 *            returns how many: fewer where a loss is not finite, whose update is left out. NULL
 *            in tables without vectors, and of float64. */
#define KERNELS_DECLARE(T, name)                                                                   \
    struct name {                                                                                  \
        enum isa isa;                                                                              \
        void (*linear)(T * y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw,          \
                       const T *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,    \
                       void *scratch);                                                             \
        void (*linear_turned)(T * y, size_t ldy, const T *x, size_t ldx, const T *wt, size_t ldw,  \
                              const T *bias, size_t bias_step, size_t rows, size_t cols,           \
                              size_t inner, void *scratch);                                        \
        void (*turn)(T * wt, size_t ldt, const T *w, size_t ldw, size_t rows, size_t cols);        \
        void (*linear_dx)(T * dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,     \
                          size_t rows, size_t cols, size_t inner, void *scratch);                  \
        void (*linear_dw)(T * dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,     \
                          size_t rows, size_t cols, size_t inner, void *scratch);                  \
        void (*sum_rows)(T * out, const T *d, size_t ldd, size_t rows, size_t cols);               \
        void (*row_sum)(T * out, const T *d, size_t ldd, size_t rows, size_t cols);                \
        void (*softmax)(T * y, size_t ldy, T *lse, const T *u, size_t ldu, size_t rows,            \
                        size_t cols);                                                              \
        void (*softmax_back)(T * du, size_t lddu, const T *y, size_t ldy, const T *dy,             \
                             size_t lddy, size_t rows, size_t cols);                               \
        void (*dot_lse)(T * out, const T *lse, const T *u, size_t ldu, const T *t, size_t ldt,     \
                        size_t rows, size_t cols);                                                 \
        void (*map)(const struct program *p, const T *const *args, const unsigned char *step,      \
                    T *out, size_t n);                                                             \
        void (*map_rows)(const struct program *p, const T *const *args, const unsigned char *step, \
                         T *out, size_t rows, size_t n, size_t ld);                                \
        void (*add)(T * y, const T *x, size_t n);                                                  \
        void (*sgd)(T * out, const T *w, const T *g, T lr, size_t n);                              \
        void (*update[UPDATE_COUNT])(T * w, T *s0, T *s1, const T *g, const T *c,                  \
                                     enum update_decay decay, T weight_decay, size_t n);           \
        size_t (*peak)(T * out, size_t rounds);                                                    \
        void (*narrow)(const struct narrow_op *op, size_t n, T *base, size_t rows);                \
        size_t (*narrow_steps)(const struct narrow_step *s, const struct narrow_batches *b,        \
                               T *block, const T *rate);                                           \
    }

KERNELS_DECLARE(float, kernels_f32);
KERNELS_DECLARE(double, kernels_f64);

/* The table for an instruction set, or NULL where this CPU or build lacks it. */
const struct kernels_f32 *cr_kernels_f32(enum isa isa);
const struct kernels_f64 *cr_kernels_f64(enum isa isa);

/* The table of float32 once more, with products of bf16 factors: linear, linear_dx and
 * linear_dw round both to bf16 (kernels/bf16.h), and multiply and add in float32 as above.
 * The reference defines the bits for all but AVX512_BF16 and AMX, which add in orders of their own
 * and take and give 0 for subnormals. In every table a block of a product, made by itself, has the bits
 * that it has in the whole. Asking for AMX's asks the system for its use, for the process. */
const struct kernels_f32 *cr_kernels_bf16(enum isa isa);

/* The fastest instruction set that this CPU and build have, at most the one that the
 * environment variable CHAINRULE_ISA names (an unknown name counts as not set). All give
 * the same bits. */
enum isa cr_isa_best(void);

/* The same for cr_kernels_bf16. */
enum isa cr_isa_best_bf16(void);

/* 1 where cr_kernels_bf16 has bits of its own, near the reference's. */
int cr_isa_is_near(enum isa isa);

/* "ref", "avx2" ...; "?" for a number that is none. */
const char *cr_isa_name(enum isa isa);

#endif
