/* The kernel check: does an instruction set give the bits of the reference, on this
 * processor? `chainrule selftest`, the tests and cross builds under qemu run this same
 * function. */
#ifndef KERNELS_CHECK_H
#define KERNELS_CHECK_H

#include <stdint.h>

#include "kernels/kernels.h"

enum { KERNEL_CHECK_WORK = 7 * 98304 * 8 + KERNEL_SCRATCH }; /* bytes of scratch */

/* Runs every kernel of two tables, and of the reference, on the same random shapes,
 * distances between rows, alignments and values (zeros of both signs, subnormals, infinities
 * and NaN among them), `rounds` times, in float32 and in float64.
 *   f32, f64  what cr_kernels_f32 and cr_kernels_f64 give for an instruction set
 *   work      KERNEL_CHECK_WORK bytes, aligned to 64
 *   hash      of every result, each NaN counting as one; for one seed and number of rounds it
 *         is the same on every machine. NULL: not wanted.
 * Returns NULL when all agree to the last bit (what lies between rows untouched, all NaN
 * counting as one), else the name of the first kernel that does not, "linear_dw float32". */
const char *cr_kernel_check(const struct kernels_f32 *f32, const struct kernels_f64 *f64,
                            int rounds, uint64_t seed, void *work, uint64_t *hash);

/* The same for the products of what cr_kernels_bf16 gives. Where cr_isa_is_near, results
 * must be as near to the reference's as another order of additions and lost subnormals allow, and the hash
 * says nothing. Names are "linear bf16" and so on. */
const char *cr_kernel_check_bf16(const struct kernels_f32 *k, int rounds, uint64_t seed, void *work,
                                 uint64_t *hash);

#endif
