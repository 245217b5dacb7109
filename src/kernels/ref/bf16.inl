/* Products of bf16 factors: those of dense.inl, on factors that are rounded once they
 * are copied. */
#include "kernels/bf16.h"

static void round_bf16(T *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, p + i, sizeof bits);
        bits = bf16_round(bits);
        memcpy(p + i, &bits, sizeof bits);
    }
}

static void linear_bf16(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw,
                        const T *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,
                        void *scratch)
{
    const struct product m = {y,    ldy,       {x, ldx, 1}, w,    ldw,   1,
                              bias, bias_step, rows,        cols, inner, round_bf16};
    product(&m, scratch);
}

static void linear_dx_bf16(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                           size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dx,   lddx, {d, ldd, 1}, w,     ldw,  0,
                              NULL, 0,    rows,        inner, cols, round_bf16};
    product(&m, scratch);
}

static void linear_dw_bf16(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                           size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dw,   lddw, {d, 1, ldd}, x,     ldx,  0,
                              NULL, 0,    cols,        inner, rows, round_bf16};
    product(&m, scratch);
}
