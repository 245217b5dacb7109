#include "kernels/tables.h"

#define TABLE cr_kernels_f64_ref
#define ISA   ISA_REF
#include "kernels/type_f64.inl"
#include "kernels/ref/wide.inl"

#include "kernels/ref/f64.inl"
