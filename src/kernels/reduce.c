#include "kernels/reduce.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/two_over_pi.inl"

/* words[0..n) of 2/pi from the bit worth 2^-(first+1) on; before the point it is 0 */
static void bits_of_two_over_pi(int first, uint32_t *words, int n)
{
    for (int i = 0; i < n; i++, first += 32) {
        if (first < 0) { /* at most 31 zeros before the first word */
            words[i] = two_over_pi[0] >> -first;
        } else {
            const uint64_t both =
                (uint64_t)two_over_pi[first / 32] << 32 | two_over_pi[first / 32 + 1];
            words[i] = (uint32_t)(both << first % 32 >> 32);
        }
    }
}

/* After Payne and Hanek: of x 2/pi = m 2^e 2/pi only the bits of 2/pi from 2^(1-e) down
 * matter modulo 4, and 53 + 2 + 62 + 53 of them suffice: no double comes nearer than
 * 2^-62 to a multiple of pi/2. */
unsigned cr_reduce_large(double x, double *hi, double *lo)
{
    enum { WORDS = 8 };
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    const int e = (int)(u >> 52 & 0x7ff) - 1075; /* x = m 2^e */
    const uint64_t m = (u & 0xfffffffffffffu) | 1ull << 52;
    /* The window starts 64 bits above the point of the product: what is shifted out on
     * the left is a multiple of 2^64 times 2^-62, that is, of 4. */
    uint32_t window[WORDS], product[WORDS + 2] = {0};
    const int first = e - 2; /* bits worth 2^(2-e) 2^-1 and less */
    int skipped = 0;
    if (first < -31)
        skipped = (-first) / 32;
    memset(window, 0, sizeof window);
    bits_of_two_over_pi(first + 32 * skipped, window + skipped, WORDS - skipped);

    /* product = m * window, words most significant first; it is a fixed-point number
     * with 2 + 64 bits before the point */
    for (int half = 0; half < 2; half++) {
        const uint64_t f = half ? m >> 32 : m & 0xffffffffu;
        uint64_t carry = 0;
        for (int i = WORDS - 1; i >= 0; i--) {
            const int at = i + 2 - half;
            const uint64_t t = f * window[i] + product[at] + carry;
            product[at] = (uint32_t)t;
            carry = t >> 32;
        }
        for (int at = 1 - half; at >= 0 && carry; at--) {
            const uint64_t t = product[at] + carry;
            product[at] = (uint32_t)t;
            carry = t >> 32;
        }
    }
    /* words 0 and 1 hold multiples of 4; in word 2 the top two bits are n */
    uint32_t f[WORDS];
    for (int i = 0; i < WORDS; i++)
        f[i] = product[i + 2];
    unsigned n = f[0] >> 30;
    int negative = (f[0] >> 29 & 1) != 0; /* fraction >= 1/2: the next n */
    f[0] &= 0x3fffffffu;
    if (negative) {
        n++;
        uint64_t borrow = 0; /* 1 - fraction */
        for (int i = WORDS - 1; i >= 0; i--) {
            const uint64_t top = i == 0 ? 0x40000000u : 0;
            const uint64_t t = top - f[i] - borrow;
            f[i] = (uint32_t)t;
            borrow = t >> 63;
        }
    }
    /* fraction = sum f[i] 2^(-30 - 32 i); as a sum of two doubles */
    double a = 0, b = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
        const double part = ldexp((double)f[i], -30 - 32 * i), s = part + a;
        b += (part - s) + a;
        a = s;
    }
    const double half_pi = 0x1.921fb54442d18p+0, half_pi_lo = 0x1.1a62633145c07p-54;
    const double r = a * half_pi;
    const double r_lo = fma(a, half_pi, -r) + fma(a, half_pi_lo, b * half_pi);
    const double sign = ((u >> 63) != 0) != negative ? -1 : 1;
    *hi = sign * (r + r_lo);
    *lo = sign * ((r - (r + r_lo)) + r_lo);
    return ((u >> 63) ? 0u - n : n) & 3;
}
