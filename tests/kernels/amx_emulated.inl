/* The products of src/kernels/x86/amx.inl over tiles in plain C, as Intel describes the
 * instructions (Software Developer's Manual, volume 2: LDTILECFG, TILELOADD, TILESTORED,
 * TDPBF16PS). What runs on the tile unit is thereby tested on processors without one. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float T;

static struct {
    int configured;
    T number[8][16][16]; /* rows of 64 bytes */
} tiles;

static void tiles_begin(void)
{
    tiles.configured = 1;
    memset(tiles.number, 0, sizeof tiles.number);
}

static void tiles_end(void)
{
    tiles.configured = 0;
}

/* Not configured: the processor would raise an exception, and a test dies here too. */
static T (*tile(int t))[16]
{
    return tiles.configured ? tiles.number[t] : NULL;
}

static void tile_zero(int t)
{
    memset(tile(t), 0, sizeof tiles.number[t]);
}

static void tile_load(int t, const void *from, size_t row_bytes)
{
    for (size_t i = 0; i < 16; i++)
        memcpy(tile(t)[i], (const char *)from + i * row_bytes, 64);
}

static void tile_store(int t, void *to, size_t row_bytes)
{
    for (size_t i = 0; i < 16; i++)
        memcpy((char *)to + i * row_bytes, tile(t)[i], 64);
}

/* Subnormals count as 0, taken or given. */
static T flushed(T x)
{
    return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

static T fused(T a, T b, T c)
{
    return flushed(fmaf(flushed(a), flushed(b), flushed(c)));
}

/* A word's two bf16 numbers */
static T half_of(T word, int upper)
{
    uint32_t bits;
    memcpy(&bits, &word, sizeof bits);
    bits = upper ? bits & 0xffff0000u : bits << 16;
    memcpy(&word, &bits, sizeof bits);
    return word;
}

static void tile_add_products(int sums, int a, int b)
{
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 16; j++) {
            T even = 0, odd = 0, *sum = &tile(sums)[i][j];
            for (size_t p = 0; p < 16; p++) {
                even = fused(half_of(tile(a)[i][p], 0), half_of(tile(b)[p][j], 0), even);
                odd = fused(half_of(tile(a)[i][p], 1), half_of(tile(b)[p][j], 1), odd);
            }
            *sum = flushed(flushed(*sum) + flushed(even + odd));
        }
}

#ifdef __AVX512F__
#include <immintrin.h>

#include "kernels/bf16.h"

/* VCVTNE2PS2BF16 */
static __m512i round_32(const T *first, const T *second)
{
    _Alignas(64) uint16_t words[32];
    for (size_t i = 0; i < 32; i++) {
        const T x = flushed(i < 16 ? first[i] : second[i - 16]);
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        words[i] = (uint16_t)(bf16_round(bits) >> 16);
    }
    return _mm512_load_si512(words);
}
#endif

#include "kernels/x86/amx.inl"
