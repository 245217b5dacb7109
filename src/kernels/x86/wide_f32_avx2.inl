/* Wide vectors for the matrix kernels: 8 lanes of float. part: the number of lanes that
 * are loaded or stored, the others being 0 or left alone; 0: all. */
#include <immintrin.h>

#define WIDE    8
#define VECTORS 2
#define ROWS    6

typedef __m256 W;

static inline __m256i first_lanes(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

static inline W wide_load(const T *p, size_t part)
{
    return part ? _mm256_maskload_ps(p, first_lanes(part)) : _mm256_loadu_ps(p);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (part)
        _mm256_maskstore_ps(p, first_lanes(part), v);
    else
        _mm256_storeu_ps(p, v);
}

static inline W wide_all(T x)
{
    return _mm256_set1_ps(x);
}

static inline W wide_add(W a, W b)
{
    return _mm256_add_ps(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline W two_parts(const T *low, const T *high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

/* to[j][i] = line[i][j0 + j], 8 by 8: rows i and i + 4 share a vector, so that turning 4 by 4
 * within its halves is all. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    for (size_t j = j0; j < j0 + WIDE; j += 4, to += 4 * ldto) {
        W row[4];
        for (size_t i = 0; i < 4; i++)
            row[i] = two_parts(line[i] + j, line[i + 4] + j);
        const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(row[0], row[1]));
        const __m256d b = _mm256_castps_pd(_mm256_unpacklo_ps(row[2], row[3]));
        const __m256d c = _mm256_castps_pd(_mm256_unpackhi_ps(row[0], row[1]));
        const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(row[2], row[3]));
        _mm256_storeu_ps(to, _mm256_castpd_ps(_mm256_unpacklo_pd(a, b)));
        _mm256_storeu_ps(to + ldto, _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)));
        _mm256_storeu_ps(to + 2 * ldto, _mm256_castpd_ps(_mm256_unpacklo_pd(c, d)));
        _mm256_storeu_ps(to + 3 * ldto, _mm256_castpd_ps(_mm256_unpackhi_pd(c, d)));
    }
}
