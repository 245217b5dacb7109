/* The reference's elementwise kernels once more, and its matrix kernels over wide vectors:
 * the same operations on each element in the same order, so the same bits. */
#include "kernels/tables.h"

#define TABLE cr_kernels_f64_neon
#define ISA   ISA_NEON
#include "kernels/type_f64.inl"
#include "kernels/arm/wide_f64_neon.inl"

#include "kernels/ref/f64.inl"
