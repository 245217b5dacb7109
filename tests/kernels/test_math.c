#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "helpers.h"

#define NUMPY "/usr/lib/python3/dist-packages/numpy/core/tests/data/umath-validation-set-"
#define OURS  SOURCE_DIR "/tests/kernels/"

static struct program one_step(enum prim prim, int args)
{
    struct program p = {.n_args = (uint8_t)args,
                        .n_regs = (uint8_t)(args + 1),
                        .n_steps = 1,
                        .result = (uint8_t)args};
    p.steps[0] = (struct program_step){(uint8_t)prim, (uint8_t)args, 0, (uint8_t)(args > 1),
                                       args > 2 ? 2 : 0};
    return p;
}

static double call64(enum prim prim, double x, double y)
{
    const struct program p = one_step(prim, prim == PRIM_POW ? 2 : 1);
    const double *args[] = {&x, &y};
    const unsigned char step[] = {1, 1};
    double out;
    cr_kernels_f64(ISA_REF)->map(&p, args, step, &out, 1);
    return out;
}

static float call32(enum prim prim, float x, float y)
{
    const struct program p = one_step(prim, prim == PRIM_POW ? 2 : 1);
    const float *args[] = {&x, &y};
    const unsigned char step[] = {1, 1};
    float out;
    cr_kernels_f32(ISA_REF)->map(&p, args, step, &out, 1);
    return out;
}

/* Floats in order, as integers, so that neighbours differ by one. */
static int64_t rank64(double v)
{
    int64_t i;
    memcpy(&i, &v, sizeof i);
    return i < 0 ? INT64_MIN - i : i;
}

static int64_t rank32(float v)
{
    int32_t i;
    memcpy(&i, &v, sizeof i);
    return i < 0 ? (int64_t)INT32_MIN - i : i;
}

static double ulps64(double got, double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : HUGE_VAL;
    if (want == 0 && got == 0)
        return signbit(want) == signbit(got) ? 0 : HUGE_VAL;
    const int64_t a = rank64(got), b = rank64(want);
    return (double)(a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a);
}

static double ulps32(float got, float want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : HUGE_VAL;
    if (want == 0 && got == 0)
        return signbit(want) == signbit(got) ? 0 : HUGE_VAL;
    return (double)llabs(rank32(got) - rank32(want));
}

static const struct function {
    const char *name;
    enum prim prim;
    int numpy; /* numpy has vectors; else we do */
    double most64, most32;
} functions[] = {
    {"exp", PRIM_EXP, 1, 1, 2},           {"expm1", PRIM_EXPM1, 1, 1, 2},
    {"log", PRIM_LOG, 1, 1, 2},           {"log1p", PRIM_LOG1P, 1, 1, 2},
    {"tanh", PRIM_TANH, 1, 1, 2},         {"sin", PRIM_SIN, 1, 1, 2},
    {"cos", PRIM_COS, 1, 1, 2},           {"sinh", PRIM_SINH, 1, 1, 2},
    {"cosh", PRIM_COSH, 1, 1, 2},         {"sigmoid", PRIM_SIGMOID, 0, 1, 2},
    {"softplus", PRIM_SOFTPLUS, 0, 1, 2}, {"erf", PRIM_ERF, 0, 1, 2},
    {"pow", PRIM_POW, 0, 1, 2},
};

/* Lines "np.float32,0x...,0x...,tolerance"; ours have a second input for pow. */
static int check_file(const struct function *f, const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return 0;
    char line[256];
    int seen = 0, wrong = 0;
    double worst64 = 0, worst32 = 0;
    while (fgets(line, sizeof line, in)) {
        unsigned long long x, y = 0, want;
        int type;
        if (f->prim == PRIM_POW) {
            if (sscanf(line, "np.float%d,%llx,%llx,%llx", &type, &x, &y, &want) != 4)
                continue;
        } else if (sscanf(line, "np.float%d,%llx,%llx", &type, &x, &want) != 3) {
            continue;
        }
        seen++;
        union {
            uint64_t u;
            double v;
        } x64 = {x}, y64 = {y}, want64 = {want};
        union {
            uint32_t u;
            float v;
        } x32 = {(uint32_t)x}, y32 = {(uint32_t)y}, want32 = {(uint32_t)want};
        const double off = type == 64 ? ulps64(call64(f->prim, x64.v, y64.v), want64.v)
                                      : ulps32(call32(f->prim, x32.v, y32.v), want32.v);
        double *worst = type == 64 ? &worst64 : &worst32;
        if (off > *worst)
            *worst = off;
        if (!(off <= (type == 64 ? f->most64 : f->most32)) && wrong++ < 5)
            print_message("%s: %g ulp: got %a: %s", f->name, off,
                          type == 64 ? call64(f->prim, x64.v, y64.v)
                                     : (double)call32(f->prim, x32.v, y32.v),
                          line);
    }
    fclose(in);
    print_message("%-9s %6d vectors, worst %g ulp (float64), %g ulp (float32)\n", f->name, seen,
                  worst64, worst32);
    assert_true(seen > 100);
    assert_int_equal(wrong, 0);
    return 1;
}

static void functions_match_published_vectors(void **state)
{
    (void)state;
    int missing = 0;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        char path[512];
        if (!functions[i].numpy)
            continue;
        snprintf(path, sizeof path, NUMPY "%s.csv", functions[i].name);
        missing += !check_file(&functions[i], path);
    }
    if (missing)
        skip();
}

static void functions_match_our_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        char path[512];
        if (functions[i].numpy)
            continue;
        snprintf(path, sizeof path, OURS "vectors-%s.csv", functions[i].name);
        assert_true(check_file(&functions[i], path));
    }
}

/* Annex F of the C standard, and the same for what C lacks. */
static void special_values_follow_the_standard(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    static const enum prim odd[] = {PRIM_EXPM1, PRIM_LOG1P, PRIM_TANH,
                                    PRIM_ERF,   PRIM_SIN,   PRIM_SINH};
    const struct {
        enum prim prim;
        double x, want;
    } cases[] = {
        {PRIM_EXP, 0, 1},          {PRIM_EXP, -0.0, 1},      {PRIM_EXP, inf, inf},
        {PRIM_EXP, -inf, 0},       {PRIM_EXP, 1000, inf},    {PRIM_EXP, -1000, 0},
        {PRIM_EXPM1, inf, inf},    {PRIM_EXPM1, -inf, -1},   {PRIM_LOG, 1, 0},
        {PRIM_LOG, 0, -inf},       {PRIM_LOG, -0.0, -inf},   {PRIM_LOG, -1, nan},
        {PRIM_LOG, inf, inf},      {PRIM_LOG, -inf, nan},    {PRIM_LOG1P, -1, -inf},
        {PRIM_LOG1P, -2, nan},     {PRIM_LOG1P, inf, inf},   {PRIM_LOG1P, -inf, nan},
        {PRIM_TANH, inf, 1},       {PRIM_TANH, -inf, -1},    {PRIM_SIGMOID, 0, 0.5},
        {PRIM_SIGMOID, inf, 1},    {PRIM_SIGMOID, -inf, 0},  {PRIM_SIGMOID, -1e300, 0},
        {PRIM_SOFTPLUS, inf, inf}, {PRIM_SOFTPLUS, -inf, 0}, {PRIM_ERF, inf, 1},
        {PRIM_ERF, -inf, -1},      {PRIM_SIN, inf, nan},     {PRIM_SIN, -inf, nan},
        {PRIM_COS, inf, nan},      {PRIM_COS, 0, 1},         {PRIM_COS, -0.0, 1},
        {PRIM_SINH, inf, inf},     {PRIM_SINH, -inf, -inf},  {PRIM_COSH, 0, 1},
        {PRIM_COSH, inf, inf},     {PRIM_COSH, -inf, inf},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(ulps64(call64(cases[i].prim, cases[i].x, 0), cases[i].want) == 0);
        assert_true(ulps32(call32(cases[i].prim, (float)cases[i].x, 0), (float)cases[i].want) == 0);
    }
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        const double small = 0x1p-1074, zero = call64(odd[i], -0.0, 0);
        assert_true(zero == 0 && signbit(zero));
        assert_true(signbit(call32(odd[i], -0.0f, 0)));
        if (odd[i] != PRIM_ERF) {
            assert_true(call64(odd[i], small, 0) == small);
            assert_true(call32(odd[i], -0x1p-149f, 0) == -0x1p-149f);
        }
    }
    for (int prim = PRIM_EXP; prim < PRIM_COUNT; prim++) {
        assert_true(isnan(call64((enum prim)prim, nan, 3)));
        assert_true(isnan(call32((enum prim)prim, (float)nan, 3)));
    }
}

static void powers_follow_the_standard(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    const struct {
        double x, y, want;
    } cases[] = {
        {0, 1, 0},          {-0.0, 1, -0.0},     {-0.0, 3, -0.0},
        {-0.0, 2, 0},       {-0.0, 0.5, 0},      {0, -1, inf},
        {-0.0, -1, -inf},   {-0.0, -3, -inf},    {-0.0, -2, inf},
        {-0.0, -0.5, inf},  {0, inf, 0},         {0, -inf, inf},
        {-1, inf, 1},       {-1, -inf, 1},       {1, nan, 1},
        {1, inf, 1},        {nan, 0, 1},         {inf, 0, 1},
        {0, 0, 1},          {nan, 1, nan},       {2, nan, nan},
        {-8, 1.0 / 3, nan}, {-2, 0.5, nan},      {0.5, -inf, inf},
        {2, -inf, 0},       {0.5, inf, 0},       {2, inf, inf},
        {-0.5, -inf, inf},  {-2, inf, inf},      {-inf, -3, -0.0},
        {-inf, -2, 0},      {-inf, 3, -inf},     {-inf, 2, inf},
        {-inf, 0.5, inf},   {-inf, -0.5, 0},     {inf, -1, 0},
        {inf, 2, inf},      {-2, 3, -8},         {-3, 2, 9},
        {2, 10, 1024},      {10, -2, 0.01},      {9, 0.5, 3},
        {4, -0.5, 0.5},     {2, -149, 0x1p-149}, {-2, 127, -0x1p127},
        {2, 5000, inf},     {-2, 5001, -inf},    {2, -5000, 0},
        {-2, -5001, -0.0},  {-1, 0x1p53, 1},     {-1, 9007199254740991.0, -1},
        {0.1, 1, 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double x = cases[i].x, y = cases[i].y, got = call64(PRIM_POW, x, y);
        if (!(ulps64(got, cases[i].want) == 0))
            fail_msg("pow(%g, %g) is %g", x, y, got);
        const float f = call32(PRIM_POW, (float)x, (float)y);
        if (fabs(y) < 1e7 && !(ulps32(f, (float)cases[i].want) == 0))
            fail_msg("powf(%g, %g) is %g", x, y, (double)f);
    }
    for (int i = 0; i < 1000; i++) { /* a square is a product */
        const double x = uniform(-1e3, 1e3);
        assert_true(call64(PRIM_POW, x, 2) == x * x);
        assert_true(call32(PRIM_POW, (float)x, 2) == (float)x * (float)x);
        assert_true(ulps64(call64(PRIM_POW, x, 3), (double)((long double)x * x * x)) <= 1);
    }
}

#if LDBL_MANT_DIG >= 64
static long double sigmoidl(long double x)
{
    return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static long double softplusl(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

/* |got - want| in units of the last place of `want`, whose fraction has that many bits */
static double error_in_ulps(long double got, long double want, int fraction, int least,
                            long double most)
{
    int e;
    if (fabsl(want) > most)
        return isinf(got) ? 0 : HUGE_VAL;
    if (want == 0)
        return got == 0 ? 0 : HUGE_VAL;
    (void)frexpl(want, &e);
    return (double)ldexpl(fabsl(got - want), fraction - (e - 1 > least ? e - 1 : least));
}

/* Against the C library's long double: over the whole range, near 0 and near 1. */
static void functions_are_within_their_ulps(void **state)
{
    (void)state;
    static const struct {
        enum prim prim;
        long double (*f)(long double);
        double low, high;
        double most32; /* 0: 1.1 */
    } sweeps[] = {
        {PRIM_EXP, expl, -746, 710},
        {PRIM_EXPM1, expm1l, -45, 710},
        {PRIM_LOG, logl, 0, 100},
        {PRIM_LOG1P, log1pl, -1, 100},
        {PRIM_TANH, tanhl, -22, 22, 2.5},
        {PRIM_SIN, sinl, -1e5, 1e5},
        {PRIM_COS, cosl, -1e5, 1e5},
        {PRIM_SINH, sinhl, -711, 711},
        {PRIM_COSH, coshl, -711, 711},
        {PRIM_SIGMOID, sigmoidl, -745, 40, 2.5},
        {PRIM_SOFTPLUS, softplusl, -745, 45},
        {PRIM_ERF, erfl, -6, 6},
    };
    const volatile long double one = 1, epsilon = LDBL_EPSILON;
    if (one + epsilon == one) /* valgrind computes long double as double */
        skip();
    for (size_t s = 0; s < sizeof sweeps / sizeof sweeps[0]; s++) {
        const enum prim prim = sweeps[s].prim;
        double worst64 = 0, worst32 = 0;
        for (int i = 0; i < 20000; i++) {
            double x = i % 4 == 0   ? uniform(sweeps[s].low, sweeps[s].high)
                       : i % 4 == 1 ? uniform(-105, 90)
                       : i % 4 == 2 ? ldexp(uniform(-1, 1), -(int)below(60))
                                    : 1 + ldexp(uniform(-1, 1), -(int)below(20));
            if (prim == PRIM_LOG || (prim == PRIM_LOG1P && x < -0.99))
                x = fabs(x);
            const float xf = (float)x;
            const double off64 = error_in_ulps(call64(prim, x, 0), sweeps[s].f(x), 52, -1022,
                                               0x1.fffffffffffff7p1023L);
            const double off32 =
                error_in_ulps(call32(prim, xf, 0), sweeps[s].f(xf), 23, -126, 0x1.fffffefp127L);
            worst64 = off64 > worst64 ? off64 : worst64;
            worst32 = off32 > worst32 ? off32 : worst32;
        }
        print_message("%2d: %.3f ulp (float64), %.3f ulp (float32)\n", (int)prim, worst64, worst32);
        assert_true(worst64 <= 1);
        assert_true(worst32 <= (sweeps[s].most32 > 0 ? sweeps[s].most32 : 1.1));
    }
}
#endif

/* Rising where the function rises, over steps of a few thousand ulp; in float32 sigmoid and tanh
 * only as far as they rise by more than their errors. */
static void functions_are_monotone(void **state)
{
    (void)state;
    static const enum prim rising[] = {PRIM_EXP,      PRIM_EXPM1, PRIM_TANH, PRIM_SIGMOID,
                                       PRIM_SOFTPLUS, PRIM_ERF,   PRIM_SINH};
    for (size_t i = 0; i < sizeof rising / sizeof rising[0]; i++)
        for (int k = 0; k < 2000; k++) {
            const double x = uniform(-40, 40), y = x + 0x1p-36;
            assert_true(call64(rising[i], x, 0) <= call64(rising[i], y, 0));
            const double most = rising[i] == PRIM_TANH ? 4 : rising[i] == PRIM_SIGMOID ? 8 : 12;
            const float xf = (float)uniform(-most, most), yf = xf + 0x1p-9f;
            assert_true(call32(rising[i], xf, 0) <= call32(rising[i], yf, 0));
        }
}

/* Any bit pattern, every table: the bits of the reference. */
static void every_table_gives_the_same_bits(void **state)
{
    (void)state;
    enum { N = 500 };
    for (int isa = ISA_REF + 1; isa < ISA_COUNT; isa++) {
        const struct kernels_f64 *k64 = cr_kernels_f64((enum isa)isa);
        const struct kernels_f32 *k32 = cr_kernels_f32((enum isa)isa);
        for (int round = 0; k64 && k32 && round < 6 * PRIM_COUNT; round++) {
            struct program p = one_step((enum prim)(round % PRIM_COUNT), 3);
            const unsigned char step[] = {1, 1, 1};
            double a[3][N], want[N], got[N];
            float af[3][N], want_f[N], got_f[N];
            const double *args[] = {a[0], a[1], a[2]};
            const float *args_f[] = {af[0], af[1], af[2]};
            for (int i = 0; i < 3 * N; i++) {
                const union {
                    uint64_t u;
                    double v;
                } any = {next_random()};
                const union {
                    uint32_t u;
                    float v;
                } any_f = {(uint32_t)next_random()};
                a[i / N][i % N] = i % 2 ? any.v : nasty() * 20;
                af[i / N][i % N] = i % 2 ? any_f.v : (float)nasty() * 20;
            }
            cr_kernels_f64(ISA_REF)->map(&p, args, step, want, N);
            cr_kernels_f32(ISA_REF)->map(&p, args_f, step, want_f, N);
            k64->map(&p, args, step, got, N);
            k32->map(&p, args_f, step, got_f, N);
            assert_same_doubles(want, got, N);
            assert_same_floats(want_f, got_f, N);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_match_our_vectors),
        cmocka_unit_test(functions_match_published_vectors),
        cmocka_unit_test(special_values_follow_the_standard),
        cmocka_unit_test(powers_follow_the_standard),
#if LDBL_MANT_DIG >= 64
        cmocka_unit_test(functions_are_within_their_ulps),
#endif
        cmocka_unit_test(functions_are_monotone),
        cmocka_unit_test(every_table_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
