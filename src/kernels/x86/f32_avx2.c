/* The reference's elementwise kernels once more, for a compiler that may use AVX2 and fused
 * multiply-adds, and its matrix kernels over wide vectors: the same operations on each
 * element in the same order, so the same bits. */
#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_avx2
#define BF16_TABLE cr_kernels_bf16_avx2
#define ISA        ISA_AVX2
#include "kernels/type_f32.inl"
#include "kernels/x86/wide_f32_avx2.inl"

#include "kernels/ref/f32.inl"
