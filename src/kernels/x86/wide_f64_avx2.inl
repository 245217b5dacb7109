/* Wide vectors for the matrix kernels: 4 lanes of double. part: the number of lanes that
 * are loaded or stored, the others being 0 or left alone; 0: all. */
#include <immintrin.h>

#define WIDE    4
#define VECTORS 2
#define ROWS    6

typedef __m256d W;

static inline __m256i first_lanes(size_t n)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), lane);
}

static inline W wide_load(const T *p, size_t part)
{
    return part ? _mm256_maskload_pd(p, first_lanes(part)) : _mm256_loadu_pd(p);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (part)
        _mm256_maskstore_pd(p, first_lanes(part), v);
    else
        _mm256_storeu_pd(p, v);
}

static inline W wide_all(T x)
{
    return _mm256_set1_pd(x);
}

static inline W wide_add(W a, W b)
{
    return _mm256_add_pd(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return _mm256_fmadd_pd(a, b, c);
}

static inline W two_parts(const T *low, const T *high)
{
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(low)), _mm_loadu_pd(high), 1);
}

/* to[j][i] = line[i][j0 + j], 4 by 4: rows i and i + 2 share a vector, so that turning 2 by 2
 * within its halves is all. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    for (size_t j = j0; j < j0 + WIDE; j += 2, to += 2 * ldto) {
        const W even = two_parts(line[0] + j, line[2] + j);
        const W odd = two_parts(line[1] + j, line[3] + j);
        _mm256_storeu_pd(to, _mm256_unpacklo_pd(even, odd));
        _mm256_storeu_pd(to + ldto, _mm256_unpackhi_pd(even, odd));
    }
}
