/* Wide vectors for the matrix kernels: 4 lanes of double. part: the number of lanes that
 * are loaded or stored, the others being 0 or left alone; 0: all. */
#include <immintrin.h>

#define WIDE    4
#define VECTORS 2

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

static inline W wide_fused(W a, W b, W c)
{
    return _mm256_fmadd_pd(a, b, c);
}
