/* As f32_avx2.c, for AVX-512; and what AMX's table shares with it. */
#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_avx512
#define BF16_TABLE cr_kernels_bf16_avx512
#define ISA        ISA_AVX512
#include "kernels/type_f32.inl"
#include "kernels/x86/wide_f32_avx512.inl"

#include "kernels/ref/f32.inl"

#ifdef CHAINRULE_AMX
const struct kernels_f32 cr_kernels_bf16_amx = {
    ISA_AMX,
    cr_linear_bf16_amx,
    linear_turned,
    turn,
    cr_linear_dx_bf16_amx,
    cr_linear_dw_bf16_amx,
    sum_rows,
    row_sum,
    softmax,
    softmax_back,
    dot_lse,
    map,
    map_rows,
    add,
    sgd,
    UPDATES,
    peak,
};
#endif
