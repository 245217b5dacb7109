#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

/* Known answers that the authors of Philox publish with Random123. */
static void philox_gives_the_published_numbers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t *c = cases[i].counter, *k = cases[i].key;
        struct random_key key = {(uint64_t)k[1] << 32 | k[0], c[3], c[2]};
        uint32_t got[4];
        cr_random_u32x4(key, (uint64_t)c[1] << 32 | c[0], got);
        assert_memory_equal(got, cases[i].want, sizeof got);
    }
}

enum { N = 200000 };

static void uniform_is_even(void **state)
{
    (void)state;
    const struct random_key key = {42, RANDOM_CHECK, 0};
    int bins[64] = {0};
    double sum = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double u = cr_random_uniform(key, i);
        assert_true(u >= 0 && u < 1);
        assert_true(u * 0x1p53 == floor(u * 0x1p53));
        bins[(int)(u * 64)]++;
        sum += u;
    }
    /* five standard deviations */
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    double chi = 0;
    for (int b = 0; b < 64; b++)
        chi += (bins[b] - N / 64.0) * (bins[b] - N / 64.0) / (N / 64.0);
    assert_true(chi > 63 - 5 * sqrt(2 * 63.0) && chi < 63 + 5 * sqrt(2 * 63.0));
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    const struct random_key key = {7, RANDOM_CHECK, 1};
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    int beyond = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double z = cr_random_normal(key, i);
        assert_true(fabs(z) < 8.6);
        m1 += z, m2 += z * z, m3 += z * z * z, m4 += z * z * z * z;
        beyond += fabs(z) > 1.959963984540054;
    }
    assert_true(fabs(m1 / N) < 5 * sqrt(1.0 / N));
    assert_true(fabs(m2 / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(m3 / N) < 5 * sqrt(15.0 / N));
    assert_true(fabs(m4 / N - 3) < 5 * sqrt(96.0 / N));
    assert_true(fabs(beyond - 0.05 * N) < 5 * sqrt(0.05 * 0.95 * N));
}

/* Box-Muller by the C library, from the same bits. */
static void normal_is_accurate(void **state)
{
    (void)state;
    const struct random_key key = {99, RANDOM_INIT, 3};
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t r[4];
        cr_random_u32x4(key, i, r);
        const double u = (double)((((uint64_t)r[0] << 32 | r[1]) >> 11) + 1) * 0x1p-53;
        const double t = (double)(((uint64_t)r[2] << 32 | r[3]) >> 11) * 0x1p-53;
        const double want = sqrt(-2 * log(u)) * cos(2 * 3.141592653589793 * t);
        assert_true(fabs(cr_random_normal(key, i) - want) < 1e-14);
    }
}

static void below_is_even_and_in_range(void **state)
{
    (void)state;
    const struct random_key key = {1, RANDOM_CHECK, 2};
    int seen[7] = {0};
    for (uint64_t i = 0; i < 70000; i++)
        seen[cr_random_below(key, i, 7)]++;
    for (int v = 0; v < 7; v++)
        assert_true(abs(seen[v] - 10000) < 500);
    /* two thirds of all 64-bit numbers: a third of the draws is repeated */
    const uint64_t n = UINT64_MAX / 3 * 2;
    uint64_t low = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        const uint64_t v = cr_random_below(key, i, n);
        assert_true(v < n);
        low += v < n / 2;
    }
    assert_true(low > 4750 && low < 5250);
    assert_int_equal(cr_random_below(key, 5, 1), 0);
}

static void permutations_hold_every_number_once(void **state)
{
    (void)state;
    size_t p[1000], again[1000];
    unsigned char seen[1000];
    for (size_t n = 0; n <= 1000; n += n < 20 ? 1 : 490) {
        const struct random_key key = {n, RANDOM_SHUFFLE, 4};
        memset(seen, 0, sizeof seen);
        cr_random_permutation(key, p, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(p[i] < n);
            assert_false(seen[p[i]]++);
        }
        cr_random_permutation(key, again, n);
        assert_memory_equal(p, again, n * sizeof *p);
    }
    /* all six orders of three, evenly */
    int counts[27] = {0};
    for (uint32_t step = 0; step < 6000; step++) {
        cr_random_permutation((struct random_key){1, RANDOM_SHUFFLE, step}, p, 3);
        counts[p[0] * 9 + p[1] * 3 + p[2]]++;
    }
    int kinds = 0;
    for (int i = 0; i < 27; i++)
        if (counts[i]) {
            kinds++;
            assert_true(counts[i] > 850 && counts[i] < 1150);
        }
    assert_int_equal(kinds, 6);
}

static void keys_are_independent(void **state)
{
    (void)state;
    uint32_t a[4], b[4];
    const struct random_key key = {5, RANDOM_INIT, 6};
    cr_random_u32x4(key, 7, a);
    cr_random_u32x4((struct random_key){6, RANDOM_INIT, 6}, 7, b);
    assert_memory_not_equal(a, b, sizeof a);
    cr_random_u32x4((struct random_key){5, RANDOM_SPLIT, 6}, 7, b);
    assert_memory_not_equal(a, b, sizeof a);
    cr_random_u32x4((struct random_key){5, RANDOM_INIT, 7}, 7, b);
    assert_memory_not_equal(a, b, sizeof a);
    cr_random_u32x4(key, 8, b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_numbers),
        cmocka_unit_test(uniform_is_even),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(normal_is_accurate),
        cmocka_unit_test(below_is_even_and_in_range),
        cmocka_unit_test(permutations_hold_every_number_once),
        cmocka_unit_test(keys_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
