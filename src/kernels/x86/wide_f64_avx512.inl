/* Wide vectors for the matrix kernels: 8 lanes of double. part: the number of lanes that
 * are loaded or stored, the others being 0 or left alone; 0: all. */
#include <immintrin.h>

#define WIDE    8
#define VECTORS 2
#define ROWS    12

typedef __m512d W;

static inline __mmask8 first_lanes(size_t n)
{
    return (__mmask8)((1u << n) - 1);
}

static inline W wide_load(const T *p, size_t part)
{
    return part ? _mm512_maskz_loadu_pd(first_lanes(part), p) : _mm512_loadu_pd(p);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (part)
        _mm512_mask_storeu_pd(p, first_lanes(part), v);
    else
        _mm512_storeu_pd(p, v);
}

static inline W wide_all(T x)
{
    return _mm512_set1_pd(x);
}

static inline W wide_add(W a, W b)
{
    return _mm512_add_pd(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return _mm512_fmadd_pd(a, b, c);
}

/* rows 0, 2, 4 and 6 of 2 numbers each */
static inline W four_parts(const T *const *line, size_t j)
{
    W v = _mm512_castpd128_pd512(_mm_loadu_pd(line[0] + j));
    v = _mm512_insertf64x2(v, _mm_loadu_pd(line[2] + j), 1);
    v = _mm512_insertf64x2(v, _mm_loadu_pd(line[4] + j), 2);
    return _mm512_insertf64x2(v, _mm_loadu_pd(line[6] + j), 3);
}

/* to[j][i] = line[i][j0 + j], 8 by 8: rows i, i + 2, i + 4 and i + 6 share a vector, so that
 * turning 2 by 2 within its quarters is all. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    for (size_t j = j0; j < j0 + WIDE; j += 2, to += 2 * ldto) {
        const W even = four_parts(line, j), odd = four_parts(line + 1, j);
        _mm512_storeu_pd(to, _mm512_unpacklo_pd(even, odd));
        _mm512_storeu_pd(to + ldto, _mm512_unpackhi_pd(even, odd));
    }
}
