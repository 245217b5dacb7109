/* As f32_avx2.c, for AVX-512; and what the tables of AVX512_BF16 and AMX share with it. */
#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_avx512
#define BF16_TABLE cr_kernels_bf16_avx512
#define ISA        ISA_AVX512
#include "kernels/type_f32.inl"
#include "kernels/x86/wide_f32_avx512.inl"

#include "kernels/ref/f32.inl"

#ifdef CHAINRULE_X86_BF16
#define WITH_PRODUCTS(isa, linear_, linear_dx_, linear_dw_)                                    \
    {                                                                                          \
        isa, linear_, linear_turned, turn, linear_dx_, linear_dw_, sum_rows, row_sum, softmax, \
            softmax_back, dot_lse, map, map_rows, add, sgd, UPDATES, peak,                     \
    }

const struct kernels_f32 cr_kernels_bf16_pairs = WITH_PRODUCTS(
    ISA_AVX512BF16, cr_linear_bf16_pairs, cr_linear_dx_bf16_pairs, cr_linear_dw_bf16_pairs);
const struct kernels_f32 cr_kernels_bf16_amx =
    WITH_PRODUCTS(ISA_AMX, cr_linear_bf16_amx, cr_linear_dx_bf16_amx, cr_linear_dw_bf16_amx);
#endif
