/* As f64_avx2.c, for AVX-512. */
#include "kernels/tables.h"

#define TABLE cr_kernels_f64_avx512
#define ISA   ISA_AVX512
#include "kernels/type_f64.inl"
#include "kernels/x86/wide_f64_avx512.inl"

#include "kernels/ref/f64.inl"
