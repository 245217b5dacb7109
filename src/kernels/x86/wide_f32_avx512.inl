/* Wide vectors for the matrix kernels: 16 lanes of float. part: the number of lanes that
 * are loaded or stored, the others being 0 or left alone; 0: all. */
#include <immintrin.h>

#define WIDE    16
#define VECTORS 2
#define ROWS    12

typedef __m512 W;

static inline __mmask16 first_lanes(size_t n)
{
    return (__mmask16)((1u << n) - 1);
}

static inline W wide_load(const T *p, size_t part)
{
    return part ? _mm512_maskz_loadu_ps(first_lanes(part), p) : _mm512_loadu_ps(p);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (part)
        _mm512_mask_storeu_ps(p, first_lanes(part), v);
    else
        _mm512_storeu_ps(p, v);
}

static inline W wide_all(T x)
{
    return _mm512_set1_ps(x);
}

static inline W wide_add(W a, W b)
{
    return _mm512_add_ps(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* rows 0, 4, 8 and 12 of 4 numbers each */
static inline W four_parts(const T *const *line, size_t j)
{
    W v = _mm512_castps128_ps512(_mm_loadu_ps(line[0] + j));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(line[4] + j), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(line[8] + j), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(line[12] + j), 3);
}

/* to[j][i] = line[i][j0 + j], 16 by 16: rows i, i + 4, i + 8 and i + 12 share a vector, so that
 * turning 4 by 4 within its quarters is all. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    for (size_t j = j0; j < j0 + WIDE; j += 4, to += 4 * ldto) {
        W row[4];
        for (size_t i = 0; i < 4; i++)
            row[i] = four_parts(line + i, j);
        const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(row[0], row[1]));
        const __m512d b = _mm512_castps_pd(_mm512_unpacklo_ps(row[2], row[3]));
        const __m512d c = _mm512_castps_pd(_mm512_unpackhi_ps(row[0], row[1]));
        const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(row[2], row[3]));
        _mm512_storeu_ps(to, _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)));
        _mm512_storeu_ps(to + ldto, _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
        _mm512_storeu_ps(to + 2 * ldto, _mm512_castpd_ps(_mm512_unpacklo_pd(c, d)));
        _mm512_storeu_ps(to + 3 * ldto, _mm512_castpd_ps(_mm512_unpackhi_pd(c, d)));
    }
}
