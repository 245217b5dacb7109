/* The reference's elementwise kernels once more, and its matrix kernels over wide vectors:
 * the same operations on each element in the same order, so the same bits. */
#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_neon
#define BF16_TABLE cr_kernels_bf16_neon
#define ISA        ISA_NEON
#include "kernels/type_f32.inl"
#include "kernels/arm/wide_f32_neon.inl"

#include "kernels/ref/f32.inl"
