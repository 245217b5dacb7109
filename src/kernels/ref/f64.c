#include "kernels/kernels.h"

#include <assert.h>
#include <string.h>

#include "kernels/ref/reduce.h"
#include "kernels/ref/tables.h"
#include "kernels/type_f64.inl"

#include "kernels/lanes_ref.inl"
#include "kernels/math.inl"
#include "kernels/ref/dense.inl"
#include "kernels/ref/map.inl"

const struct kernels_f64 cr_kernels_f64_ref = {
    ISA_REF, linear, linear_dx, linear_dw, sum_rows, row_sum,
    softmax, softmax_back, dot_lse, map, add, sgd,
};
