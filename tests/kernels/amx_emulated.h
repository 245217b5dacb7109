/* The AMX kernels over emulated tiles, twice: as compiled for any processor, and with the parts
 * that use AVX-512. */
#ifndef TESTS_KERNELS_AMX_EMULATED_H
#define TESTS_KERNELS_AMX_EMULATED_H

#include <stddef.h>

struct amx_products {
    void (*linear)(float *y, size_t ldy, const float *x, size_t ldx, const float *w, size_t ldw,
                   const float *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,
                   void *scratch);
    void (*linear_dx)(float *dx, size_t lddx, const float *d, size_t ldd, const float *w,
                      size_t ldw, size_t rows, size_t cols, size_t inner, void *scratch);
    void (*linear_dw)(float *dw, size_t lddw, const float *d, size_t ldd, const float *x,
                      size_t ldx, size_t rows, size_t cols, size_t inner, void *scratch);
};

/* NULL where this build or processor lacks AVX-512 */
const struct amx_products *amx_emulated_avx512(void);

#endif
