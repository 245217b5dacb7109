/* All kernels for one number type, and their table TABLE. Before this come the number
 * type and the wide vectors of the matrix kernels. */
#include <assert.h>
#include <string.h>

#include "kernels/reduce.h"
#include "kernels/lanes_ref.inl"
#include "kernels/math.inl"
#include "kernels/precise.inl"
#include "kernels/ref/dense.inl"
#include "kernels/ref/map.inl"
#include "kernels/ref/update.inl"
#include "kernels/ref/narrow.inl"

const struct kernels_f64 TABLE = {
    ISA,      linear,  linear_turned, turn,         linear_dx, linear_dw,
    sum_rows, row_sum, softmax,       softmax_back, dot_lse,   map,
    map_rows, add,     sgd,           UPDATES,      peak,      narrow,
};
