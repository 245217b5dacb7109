#include "kernels/tables.h"

#define TABLE cr_kernels_f32_ref
#define ISA   ISA_REF
#include "kernels/type_f32.inl"
#include "kernels/ref/wide.inl"

#include "kernels/ref/f32.inl"
