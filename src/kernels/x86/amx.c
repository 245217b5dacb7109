/* Products of bf16 factors on the tile unit. Each product loads a configuration and releases it:
 * tiles, and how they are configured, are like registers that a function may use without saving
 * them, and released they cost other threads of the processor nothing. */
#include <immintrin.h>

#include "kernels/tables.h"

typedef float T;

/* The compiler's intrinsics do not say which memory they read and write. */
#define SEEN(p) __asm__ volatile("" : : "r"(p) : "memory")

struct configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};
_Static_assert(sizeof(struct configuration) == 64, "what the processor reads");

static const struct configuration configuration = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

static inline void tiles_begin(void)
{
    SEEN(&configuration);
    _tile_loadconfig(&configuration);
}

static inline void tiles_end(void)
{
    _tile_release();
}

/* A tile's number is part of the instruction. */
#define EACH(t, instruction)        \
    switch (t) {                    \
    case 0: instruction(0); break;  \
    case 1: instruction(1); break;  \
    case 2: instruction(2); break;  \
    case 3: instruction(3); break;  \
    case 4: instruction(4); break;  \
    case 5: instruction(5); break;  \
    case 6: instruction(6); break;  \
    default: instruction(7); break; \
    }
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS void tile_zero(int t){
#define ZERO(t) _tile_zero(t)
    EACH(t, ZERO)}

ALWAYS void tile_load(int t, const void *from, size_t row_bytes)
{
#define LOAD(t) _tile_loadd(t, from, row_bytes)
    SEEN(from);
    EACH(t, LOAD)
}

ALWAYS void tile_store(int t, void *to, size_t row_bytes)
{
#define STORE(t) _tile_stored(t, to, row_bytes)
    EACH(t, STORE)
    SEEN(to);
}

/* sums += a b, for those pairs that are used */
ALWAYS void tile_add_products(int sums, int a, int b)
{
    (void)a, (void)b;
    switch (sums) {
    case 0: _tile_dpbf16ps(0, 4, 6); break;
    case 1: _tile_dpbf16ps(1, 4, 7); break;
    case 2: _tile_dpbf16ps(2, 5, 6); break;
    default: _tile_dpbf16ps(3, 5, 7); break;
    }
}

/* 16 numbers and 16 more as bf16, in order. As bf16_round but that subnormals become 0, which
 * tiles take them for. */
ALWAYS __m512i round_32(const T *first, const T *second)
{
    return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(second), _mm512_loadu_ps(first));
}

#include "kernels/x86/amx.inl"

void cr_linear_bf16_amx(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw,
                        const T *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,
                        void *scratch)
{
    linear(y, ldy, x, ldx, w, ldw, bias, bias_step, rows, cols, inner, scratch);
}

void cr_linear_dx_bf16_amx(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                           size_t rows, size_t cols, size_t inner, void *scratch)
{
    linear_dx(dx, lddx, d, ldd, w, ldw, rows, cols, inner, scratch);
}

void cr_linear_dw_bf16_amx(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                           size_t rows, size_t cols, size_t inner, void *scratch)
{
    linear_dw(dw, lddw, d, ldd, x, ldx, rows, cols, inner, scratch);
}
