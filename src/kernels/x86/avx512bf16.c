/* Products of bf16 factors by AVX512_BF16: those of product.inl over words of two numbers. */
#include "kernels/tables.h"

#define PAIRS
#include "kernels/type_f32.inl"
#include "kernels/x86/wide_f32_avx512.inl"

#include "kernels/ref/product.inl"

void cr_linear_bf16_pairs(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw,
                          const T *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,
                          void *scratch)
{
    const struct product m = {y,    ldy,       {x, ldx, 1}, w,    ldw,   1,
                              bias, bias_step, rows,        cols, inner, NULL};
    product(&m, scratch);
}

void cr_linear_dx_bf16_pairs(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                             size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dx, lddx, {d, ldd, 1}, w, ldw, 0, NULL, 0, rows, inner, cols, NULL};
    product(&m, scratch);
}

void cr_linear_dw_bf16_pairs(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                             size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dw, lddw, {d, 1, ldd}, x, ldx, 0, NULL, 0, cols, inner, rows, NULL};
    product(&m, scratch);
}
