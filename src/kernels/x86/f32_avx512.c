/* As f32_avx2.c, for AVX-512. */
#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_avx512
#define BF16_TABLE cr_kernels_bf16_avx512
#define ISA        ISA_AVX512
#include "kernels/type_f32.inl"
#include "kernels/x86/wide_f32_avx512.inl"

#include "kernels/ref/f32.inl"
