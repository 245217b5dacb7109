/* The AMX kernels' packing, edges and order of additions, over emulated tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/amx_emulated.h"
#include "kernels/amx_emulated.inl"
#include "kernels/check.h"
#include "helpers.h"

/* out(i, j) = sum_p a(i, p) b(p, j) + bias(j); a(i, p) is a[i * ai + p * ap], and so on */
struct factors {
    size_t rows, cols, depth;
    const float *a, *b, *bias;
    size_t ai, ap, bp, bj, bias_step;
};

/* The numbers of 32 p: two chains, of even and of odd p, added to each other and to the sum. */
static _Alignas(64) unsigned char memory[KERNEL_SCRATCH];

static float expected(const struct factors *f, size_t i, size_t j)
{
    float sum = 0;
    for (size_t first = 0; first < f->depth; first += 32) {
        float chain[2] = {0, 0};
        for (size_t p = first; p < first + 32 && p < f->depth; p++) {
            const uint32_t a = rounded(f->a[i * f->ai + p * f->ap]);
            const uint32_t b = rounded(f->b[p * f->bp + j * f->bj]);
            float x, y;
            memcpy(&x, &a, sizeof x);
            memcpy(&y, &b, sizeof y);
            chain[p % 2] = fused(x, y, chain[p % 2]);
        }
        sum = flushed(sum + flushed(chain[0] + chain[1]));
    }
    return f->bias ? sum + f->bias[j * f->bias_step] : sum;
}

static float *make(size_t n)
{
    float *p = FENCED(float, n);
    const int wild = below(4) == 0;
    for (size_t i = 0; i < n; i++)
        p[i] = (float)(wild ? nasty() : uniform(-2, 2));
    return p;
}

/* Whole tiles, parts of tiles, and now and then several panels. */
static size_t size(size_t small, size_t large)
{
    switch (below(8)) {
    case 0: return below(large);
    case 1: return 16 * below(5);
    default: return below(small);
    }
}

static size_t extent(size_t rows, size_t cols, size_t ld)
{
    return rows && cols ? (rows - 1) * ld + cols : 0;
}

static void check(const struct amx_products *k, int which)
{
    struct factors f = {size(40, 80), 1 + size(40, 700), size(70, 1100)};
    const size_t gap = below(3), ld = f.cols + below(3);
    const int dw = which == 2, forward = which == 0;
    f.ai = dw ? 1 : f.depth + gap;
    f.ap = dw ? f.rows + gap : 1;
    f.bp = forward ? 1 : f.cols + gap;
    f.bj = forward ? f.depth + gap : 1;
    f.bias_step = below(2);
    const size_t na = dw ? extent(f.depth, f.rows, f.ap) : extent(f.rows, f.depth, f.ai);
    const size_t nb = forward ? extent(f.cols, f.depth, f.bj) : extent(f.depth, f.cols, f.bp);
    const size_t n = extent(f.rows, f.cols, ld), n_bias = f.bias_step ? f.cols : 1;
    float *a = make(na), *b = make(nb), *bias = make(n_bias), *got = make(n);
    float *want = FENCED(float, n);
    memcpy(want, got, n * sizeof *got);
    f.a = a, f.b = b, f.bias = forward && below(3) ? bias : NULL;
    for (size_t i = 0; i < f.rows; i++)
        for (size_t j = 0; j < f.cols; j++)
            want[i * ld + j] = expected(&f, i, j);
    if (forward)
        k->linear(got, ld, a, f.ai, b, f.bj, f.bias, f.bias_step, f.rows, f.cols, f.depth, memory);
    else if (dw)
        k->linear_dw(got, ld, a, f.ap, b, f.bp, f.depth, f.rows, f.cols, memory);
    else
        k->linear_dx(got, ld, a, f.ai, b, f.bp, f.rows, f.depth, f.cols, memory);
    assert_int_equal(tiles.configured, 0);
    assert_same_floats(want, got, n);
    UNFENCE(a, na), UNFENCE(b, nb), UNFENCE(bias, n_bias), UNFENCE(got, n), UNFENCE(want, n);
}

static void products_are_as_intel_describes_them(void **state)
{
    (void)state;
    static const struct amx_products plain = {linear, linear_dx, linear_dw};
    const struct amx_products *const all[] = {&plain, amx_emulated_avx512()};
    for (size_t i = 0; i < 2; i++)
        for (int round = 0; all[i] && round < 240; round++)
            check(all[i], round % 3);
}

/* The tolerance that AMX is given in the kernel check: enough for what Intel describes, not for
 * a row that is left out. */
static void short_linear(float *y, size_t ldy, const float *x, size_t ldx, const float *w,
                         size_t ldw, const float *bias, size_t bias_step, size_t rows, size_t cols,
                         size_t inner, void *scratch)
{
    linear(y, ldy, x, ldx, w, ldw, bias, bias_step, rows, cols, inner - (inner > 30), scratch);
}

static void the_kernel_check_accepts_them(void **state)
{
    (void)state;
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    assert_non_null(work);
    struct kernels_f32 k = *cr_kernels_bf16(ISA_REF);
    k.isa = ISA_AMX, k.linear = linear, k.linear_dx = linear_dx, k.linear_dw = linear_dw;
    assert_null(cr_kernel_check_bf16(&k, 200, 1, work, NULL));
    k.linear = short_linear;
    assert_string_equal(cr_kernel_check_bf16(&k, 200, 1, work, NULL), "linear bf16");
    free(work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_as_intel_describes_them),
        cmocka_unit_test(the_kernel_check_accepts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
