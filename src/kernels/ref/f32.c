#include "kernels/tables.h"

#define TABLE      cr_kernels_f32_ref
#define BF16_TABLE cr_kernels_bf16_ref
#define ISA        ISA_REF
#include "kernels/type_f32.inl"
#include "kernels/ref/wide.inl"

#include "kernels/ref/f32.inl"
