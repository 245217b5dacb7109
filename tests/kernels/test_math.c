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
#define OURS SOURCE_DIR "/tests/kernels/"

static struct program one_step(enum prim prim, int args)
{
    struct program p = {.n_args = (uint8_t)args, .n_regs = (uint8_t)(args + 1), .n_steps = 1,
                        .result = (uint8_t)args};
    p.steps[0] = (struct program_step){(uint8_t)prim, (uint8_t)args, 0, args > 1, args > 2 ? 2 : 0};
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
    int numpy;          /* numpy has vectors; else we do */
    double most64, most32;
} functions[] = {
    {"exp", PRIM_EXP, 1, 1, 2},       {"expm1", PRIM_EXPM1, 1, 1, 2},
    {"log", PRIM_LOG, 1, 1, 2},       {"log1p", PRIM_LOG1P, 1, 1, 2},
    {"tanh", PRIM_TANH, 1, 1, 2},     {"sin", PRIM_SIN, 1, 1, 2},
    {"cos", PRIM_COS, 1, 1, 2},       {"sinh", PRIM_SINH, 1, 1, 2},
    {"cosh", PRIM_COSH, 1, 1, 2},     {"sigmoid", PRIM_SIGMOID, 0, 1, 2},
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
        union { uint64_t u; double v; } x64 = {x}, y64 = {y}, want64 = {want};
        union { uint32_t u; float v; } x32 = {(uint32_t)x}, y32 = {(uint32_t)y},
                                       want32 = {(uint32_t)want};
        const double off = type == 64 ? ulps64(call64(f->prim, x64.v, y64.v), want64.v)
                                      : ulps32(call32(f->prim, x32.v, y32.v), want32.v);
        double *worst = type == 64 ? &worst64 : &worst32;
        if (off > *worst)
            *worst = off;
        if (!(off <= (type == 64 ? f->most64 : f->most32)) && wrong++ < 5)
            print_message("%s: %g ulp: got %a: %s", f->name, off,
                type == 64 ? call64(f->prim, x64.v, y64.v)
                           : (double)call32(f->prim, x32.v, y32.v), line);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_match_our_vectors),
        cmocka_unit_test(functions_match_published_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
