/* All kernels for float32, and their tables: TABLE, and BF16_TABLE whose products have bf16
 * factors. Before this come the number type and the wide vectors of the matrix kernels. */
#include <assert.h>
#include <string.h>

#include "kernels/reduce.h"
#include "kernels/lanes_ref.inl"
#include "kernels/math.inl"

#define VEC        V
#define NAME(name) math_##name
#define ALL(x)     (x)
#define FUSED      fused
#define PICK       pick
#define BITS_OF    bits
#define OF_BITS    from_bits
#include "kernels/quick.inl"
#undef VEC
#undef NAME
#undef ALL
#undef FUSED
#undef PICK
#undef BITS_OF
#undef OF_BITS

#include "kernels/ref/dense.inl"
#include "kernels/ref/map.inl"
#include "kernels/ref/update.inl"
#include "kernels/ref/narrow.inl"
#include "kernels/ref/bf16.inl"

const struct kernels_f32 TABLE = {
    ISA,     linear,  linear_turned, turn,    linear_dx,    linear_dw, sum_rows,
    row_sum, softmax, softmax_back,  dot_lse, map,          map_rows,  add,
    sgd,     UPDATES, peak,          narrow,  NARROW_STEPS,
};

const struct kernels_f32 BF16_TABLE = {
    ISA,      linear_bf16, linear_turned, turn,         linear_dx_bf16, linear_dw_bf16,
    sum_rows, row_sum,     softmax,       softmax_back, dot_lse,        map,
    map_rows, add,         sgd,           UPDATES,      peak,
};
