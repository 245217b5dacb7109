#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "helpers.h"

static _Alignas(64) unsigned char scratch[KERNEL_SCRATCH];

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int is_nan(uint32_t bits)
{
    return (bits & 0x7fffffffu) > 0x7f800000u;
}

/* PyTorch's conversions; of its NaN only that they are some. */
static void rounding_is_that_of_pytorch(void **state)
{
    (void)state;
    FILE *in = fopen(SOURCE_DIR "/tests/kernels/vectors-bf16.csv", "r");
    assert_non_null(in);
    unsigned from, to;
    int seen = 0;
    assert_int_equal(fscanf(in, "float32,bf16 "), 0);
    for (; fscanf(in, "%x,%x", &from, &to) == 2; seen++) {
        const uint32_t got = bf16_round(from), want = to << 16;
        if (is_nan(from) ? !is_nan(got) || !is_nan(want) : got != want)
            fail_msg("0x%08x gives 0x%08x, not 0x%08x", from, got, want);
    }
    fclose(in);
    assert_int_equal(seen, 708);
}

/* Not by shifts: the nearest multiple of the last place that bf16 has. */
static float to_bf16(float x)
{
    int exponent;
    if (isnan(x) || isinf(x) || x == 0)
        return x;
    frexp((double)x, &exponent);
    const double place = ldexp(1, exponent - 8 > -133 ? exponent - 8 : -133);
    return (float)(nearbyint((double)x / place) * place); /* 2^128 becomes infinite */
}

static void rounding_is_to_the_nearest(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const uint32_t bits = (uint32_t)next_random(), got = bf16_round(bits);
        if (is_nan(bits))
            assert_int_equal(got, (bits | 0x00400000u) & 0xffff0000u);
        else if (got != bits_of(to_bf16(from_bits(bits))))
            fail_msg("0x%08x gives 0x%08x", bits, got);
    }
}

/* out(i, j) = sum_p a(i, p) b(p, j) + bias(j); a(i, p) is a[i * ai + p * ap], and so on */
struct factors {
    size_t rows, cols, depth;
    const float *a, *b, *bias;
    size_t ai, ap, bp, bj, bias_step;
};

/* Subnormals count as 0, taken or given. */
static float flushed(float x)
{
    return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

static float fused(float a, float b, float sum)
{
    return flushed(fmaf(to_bf16(flushed(a)), to_bf16(flushed(b)), sum));
}

/* The sum as AVX512_BF16 makes it: of each two products the second comes first. */
static float sum_of_pairs(const struct factors *f, size_t i, size_t j)
{
    float sum = 0;
    for (size_t p = 0; p < f->depth; p += 2) {
        const float *a = f->a + i * f->ai + p * f->ap, *b = f->b + p * f->bp + j * f->bj;
        sum = p + 1 < f->depth ? fused(a[f->ap], b[f->bp], sum) : fused(0, 0, sum);
        sum = fused(a[0], b[0], sum);
    }
    return sum;
}

/* Compares row by row, and what lies between rows. AMX: within what the order of additions and
 * lost subnormals can do, on ordinary numbers. */
static void check_rows(const struct factors *f, enum isa isa, const float *before, const float *got,
                       size_t ld)
{
    for (size_t i = 0; i < f->rows; i++) {
        for (size_t j = 0; j < f->cols; j++) {
            float want = 0;
            double sizes = 0;
            for (size_t p = 0; p < f->depth; p++) {
                const float a = to_bf16(f->a[i * f->ai + p * f->ap]);
                const float b = to_bf16(f->b[p * f->bp + j * f->bj]);
                want = fmaf(a, b, want);
                sizes += fabs((double)a * (double)b);
            }
            if (isa == ISA_AVX512BF16)
                want = sum_of_pairs(f, i, j);
            want = f->bias ? want + f->bias[j * f->bias_step] : want;
            const float *at = got + i * ld + j;
            if (isa != ISA_AMX)
                assert_same_floats(&want, at, 1);
            else if (!(fabs((double)*at - (double)want) <=
                       (double)(f->depth + 2) *
                           (0x1p-23 * (sizes + fabs((double)want)) + 0x1p-125)))
                fail_msg("element %zu, %zu is %a, not %a", i, j, (double)*at, (double)want);
        }
        assert_same_floats(before + i * ld + f->cols, got + i * ld + f->cols,
                           i + 1 < f->rows ? ld - f->cols : 0);
    }
}

static void fill(float *p, size_t n, enum isa isa)
{
    const int wild = isa != ISA_AMX && below(4) == 0;
    for (size_t i = 0; i < n; i++)
        p[i] = (float)(wild ? nasty() : uniform(-2, 2));
}

static float *make(size_t n, enum isa isa)
{
    float *p = FENCED(float, n);
    fill(p, n, isa);
    return p;
}

static size_t size(size_t small, size_t large)
{
    return below(below(12) ? small : large);
}

/* Elements of a matrix that ends with its last row's last column. */
static size_t extent(size_t rows, size_t cols, size_t ld)
{
    return rows && cols ? (rows - 1) * ld + cols : 0;
}

enum which { LINEAR, LINEAR_DX, LINEAR_DW };

/* The call on columns (of w: rows) first .. first + n of what is made. */
static void call(const struct kernels_f32 *k, enum which which, const struct factors *f, float *out,
                 size_t ld, size_t first, size_t n)
{
    const float *b = f->b + first * f->bj;
    const float *bias = f->bias ? f->bias + first * f->bias_step : NULL;
    if (which == LINEAR)
        k->linear(out + first, ld, f->a, f->ai, b, f->bj, bias, f->bias_step, f->rows, n, f->depth,
                  scratch);
    else if (which == LINEAR_DX)
        k->linear_dx(out + first, ld, f->a, f->ai, b, f->bp, f->rows, f->depth, n, scratch);
    else
        k->linear_dw(out + first, ld, f->a, f->ap, b, f->bp, f->depth, f->rows, n, scratch);
}

/* One product of random shape, and the same in two parts. */
static void check_product(const struct kernels_f32 *k, enum isa isa, enum which which)
{
    const size_t most = isa >= ISA_AVX512 && isa <= ISA_AMX ? 1400 : 400;
    struct factors f = {size(30, 130), 1 + size(40, 1100), size(40, most)};
    const size_t gap = below(3), ld = f.cols + below(3);
    f.ai = which == LINEAR_DW ? 1 : f.depth + gap;
    f.ap = which == LINEAR_DW ? f.rows + gap : 1;
    f.bp = which == LINEAR ? 1 : f.cols + gap;
    f.bj = which == LINEAR ? f.depth + gap : 1;
    f.bias_step = below(2);
    const size_t na =
        which == LINEAR_DW ? extent(f.depth, f.rows, f.ap) : extent(f.rows, f.depth, f.ai);
    const size_t nb =
        which == LINEAR ? extent(f.cols, f.depth, f.bj) : extent(f.depth, f.cols, f.bp);
    const size_t n = extent(f.rows, f.cols, ld), n_bias = f.bias_step ? f.cols : 1;
    float *a = make(na, isa), *b = make(nb, isa), *bias = make(n_bias, isa);
    float *got = make(n, isa), *before = make(n, isa);
    memcpy(before, got, n * sizeof *got);
    f.a = a, f.b = b, f.bias = which == LINEAR && below(3) ? bias : NULL;
    call(k, which, &f, got, ld, 0, f.cols);
    check_rows(&f, isa, before, got, ld);
    const size_t cut = below(f.cols);
    call(k, which, &f, before, ld, 0, cut);
    call(k, which, &f, before, ld, cut, f.cols - cut);
    for (size_t i = 0; i < f.rows; i++)
        assert_same_floats(got + i * ld, before + i * ld, f.cols);
    UNFENCE(a, na), UNFENCE(b, nb), UNFENCE(bias, n_bias), UNFENCE(got, n), UNFENCE(before, n);
}

static void products(void **state)
{
    (void)state;
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        const struct kernels_f32 *k = cr_kernels_bf16((enum isa)isa);
        for (int round = 0; k && round < 300; round++)
            check_product(k, (enum isa)isa, (enum which)(round % 3));
    }
}

static void the_instruction_set_can_be_capped(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("CHAINRULE_ISA"), 0);
    const enum isa best = cr_isa_best_bf16();
    assert_non_null(cr_kernels_bf16(best));
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        const struct kernels_f32 *k = cr_kernels_bf16((enum isa)isa);
        assert_true(!k || k->isa == (enum isa)isa);
        assert_true(!k || cr_isa_is_near((enum isa)isa) || cr_kernels_f32((enum isa)isa));
        assert_int_equal(setenv("CHAINRULE_ISA", cr_isa_name((enum isa)isa), 1), 0);
        assert_true(cr_isa_best_bf16() <= (enum isa)isa);
    }
    assert_int_equal(unsetenv("CHAINRULE_ISA"), 0);
    assert_int_equal(cr_isa_best_bf16(), best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_is_that_of_pytorch),
        cmocka_unit_test(rounding_is_to_the_nearest),
        cmocka_unit_test(products),
        cmocka_unit_test(the_instruction_set_can_be_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
