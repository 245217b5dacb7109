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
#ifdef CHAINRULE_ARM
extern const struct kernels_f32 cr_kernels_f32_neon;
extern const struct kernels_f32 cr_kernels_bf16_neon;
extern const struct kernels_f64 cr_kernels_f64_neon;
#endif

#endif
