#include "base/random.h"

#include <assert.h>
#include <math.h>

void cr_random_u32x4(struct random_key key, uint64_t position, uint32_t out[4])
{
    uint32_t a = (uint32_t)position, b = (uint32_t)(position >> 32);
    uint32_t c = key.step, d = key.purpose;
    uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t left = (uint64_t)0xD2511F53u * a, right = (uint64_t)0xCD9E8D57u * c;
        const uint32_t new_a = (uint32_t)(right >> 32) ^ b ^ k0;
        const uint32_t new_c = (uint32_t)(left >> 32) ^ d ^ k1;
        b = (uint32_t)right;
        d = (uint32_t)left;
        a = new_a;
        c = new_c;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}

void cr_random_words(struct random_key key, uint64_t first, size_t n, uint32_t *out)
{
    uint32_t four[4];
    for (size_t i = 0; i < n; i++) {
        const uint64_t at = first + i;
        if (i == 0 || at % 4 == 0)
            cr_random_u32x4(key, at / 4, four);
        out[i] = four[at % 4];
    }
}

static uint64_t join(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

double cr_random_uniform(struct random_key key, uint64_t position)
{
    uint32_t r[4];
    cr_random_u32x4(key, position, r);
    return (double)(join(r[0], r[1]) >> 11) * 0x1p-53;
}

/* log x for 2^-53 <= x <= 1, from the series of 2 atanh s, s = (m - 1) / (m + 1). */
static double log_below_1(double x)
{
    int k;
    double m = frexp(x, &k); /* exact */
    if (m < 0.70710678118654752) {
        m *= 2;
        k--;
    }
    const double s = (m - 1) / (m + 1), z = s * s;
    double p = 0;
    for (int i = 21; i >= 1; i -= 2)
        p = p * z + 1.0 / i;
    return k * 0.69314718055994531 + 2 * s * p;
}

/* cos(2 pi u), 0 <= u < 1, from the series for an angle within an eighth of a turn. */
static double cos_of_turns(double u)
{
    const double eighths = u * 8; /* exact, like the differences below */
    const int octant = (int)eighths;
    const double part = octant % 2 ? octant + 1 - eighths : eighths - octant;
    const double x = part * 0.78539816339744831, z = x * x;
    double c = 0, s = 0;
    for (int i = 18; i >= 2; i -= 2) {
        c = 1 - c * z / (i * (i - 1));
        s = 1 - s * z / (i * (i + 1));
    }
    /* octants 0, 3, 4, 7 lie along the axis of the cosine */
    const double size = (octant + 1) / 2 % 2 ? x * s : c;
    return octant >= 2 && octant < 6 ? -size : size;
}

double cr_random_normal(struct random_key key, uint64_t position)
{
    uint32_t r[4];
    cr_random_u32x4(key, position, r);
    const double u = (double)((join(r[0], r[1]) >> 11) + 1) * 0x1p-53; /* (0, 1] */
    const double turns = (double)(join(r[2], r[3]) >> 11) * 0x1p-53;
    return sqrt(-2 * log_below_1(u)) * cos_of_turns(turns);
}

/* Numbers beyond the last whole multiple of n are drawn again, under a purpose that
 * nobody else uses. */
uint64_t cr_random_below(struct random_key key, uint64_t position, uint64_t n)
{
    assert(n > 0 && key.purpose < 65536);
    const uint64_t last = UINT64_MAX - (UINT64_MAX % n + 1) % n;
    for (;;) {
        uint32_t r[4];
        cr_random_u32x4(key, position, r);
        const uint64_t first = join(r[0], r[1]), second = join(r[2], r[3]);
        if (first <= last)
            return first % n;
        if (second <= last)
            return second % n;
        key.purpose += 65536;
    }
}

void cr_random_permutation(struct random_key key, size_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t j = (size_t)cr_random_below(key, i, i + 1);
        p[i] = p[j];
        p[j] = i;
    }
}
