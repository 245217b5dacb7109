#include "kernels/kernels.h"

#include <assert.h>
#include <string.h>

#include "kernels/ref/reduce.h"
#include "kernels/ref/tables.h"
#include "kernels/type_f32.inl"

#include "kernels/lanes_ref.inl"
#include "kernels/math.inl"
#include "kernels/ref/dense.inl"
#include "kernels/ref/map.inl"

const struct kernels_f32 cr_kernels_f32_ref = {
    ISA_REF, linear, linear_dx, linear_dw, sum_rows, row_sum,
    softmax, softmax_back, dot_lse, map, add, sgd,
};
