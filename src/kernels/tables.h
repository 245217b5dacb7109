/* The tables that this build holds; cr_kernels_* chooses among them. */
#ifndef KERNELS_TABLES_H
#define KERNELS_TABLES_H

#include "kernels/kernels.h"

extern const struct kernels_f32 cr_kernels_f32_ref;
extern const struct kernels_f32 cr_kernels_bf16_ref;
extern const struct kernels_f64 cr_kernels_f64_ref;

/* CHAINRULE_X86: the build adds src/kernels/x86; CHAINRULE_ARM: src/kernels/arm */
#ifdef CHAINRULE_X86
extern const struct kernels_f32 cr_kernels_f32_avx2;
extern const struct kernels_f32 cr_kernels_bf16_avx2;
extern const struct kernels_f64 cr_kernels_f64_avx2;
extern const struct kernels_f32 cr_kernels_f32_avx512;
extern const struct kernels_f32 cr_kernels_bf16_avx512;
extern const struct kernels_f64 cr_kernels_f64_avx512;
#endif
/* CHAINRULE_X86_BF16: the compiler knows AVX512_BF16 and AMX; their products go into tables beside
 * AVX-512's. */
#ifdef CHAINRULE_X86_BF16
extern const struct kernels_f32 cr_kernels_bf16_pairs;
void cr_linear_bf16_pairs(float *y, size_t ldy, const float *x, size_t ldx, const float *w,
                          size_t ldw, const float *bias, size_t bias_step, size_t rows, size_t cols,
                          size_t inner, void *scratch);
void cr_linear_dx_bf16_pairs(float *dx, size_t lddx, const float *d, size_t ldd, const float *w,
                             size_t ldw, size_t rows, size_t cols, size_t inner, void *scratch);
void cr_linear_dw_bf16_pairs(float *dw, size_t lddw, const float *d, size_t ldd, const float *x,
                             size_t ldx, size_t rows, size_t cols, size_t inner, void *scratch);
extern const struct kernels_f32 cr_kernels_bf16_amx;
void cr_linear_bf16_amx(float *y, size_t ldy, const float *x, size_t ldx, const float *w,
                        size_t ldw, const float *bias, size_t bias_step, size_t rows, size_t cols,
                        size_t inner, void *scratch);
void cr_linear_dx_bf16_amx(float *dx, size_t lddx, const float *d, size_t ldd, const float *w,
                           size_t ldw, size_t rows, size_t cols, size_t inner, void *scratch);
void cr_linear_dw_bf16_amx(float *dw, size_t lddw, const float *d, size_t ldd, const float *x,
                           size_t ldx, size_t rows, size_t cols, size_t inner, void *scratch);
#endif
#ifdef CHAINRULE_ARM
extern const struct kernels_f32 cr_kernels_f32_neon;
extern const struct kernels_f32 cr_kernels_bf16_neon;
extern const struct kernels_f64 cr_kernels_f64_neon;
#endif

#endif
