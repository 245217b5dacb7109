#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/check.h"
#include "helpers.h"

/* The hash of all results is the same on every machine, compiler and instruction set: it was
 * noted from the reference on x86-64. A change of what a kernel computes changes it. */
enum { ROUNDS = 40, SEED = 1 };
static const uint64_t noted_bf16 = 0xacc4b047f4b870;
static const uint64_t noted = 0x7d7acdb089f6a7e4;

static void every_instruction_set_agrees(void **state)
{
    (void)state;
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    assert_non_null(work);
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        uint64_t hash = 0;
        const struct kernels_f32 *f32 = cr_kernels_f32((enum isa)isa);
        if (!f32)
            continue;
        const char *wrong =
            cr_kernel_check(f32, cr_kernels_f64((enum isa)isa), ROUNDS, SEED, work, &hash);
        if (wrong)
            fail_msg("%s of %s", wrong, cr_isa_name((enum isa)isa));
        if (hash != noted)
            fail_msg("hash 0x%llx of %s", (unsigned long long)hash, cr_isa_name((enum isa)isa));
    }
    free(work);
}

static void every_instruction_set_agrees_in_bf16(void **state)
{
    (void)state;
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    assert_non_null(work);
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        uint64_t hash = 0;
        const struct kernels_f32 *k = cr_kernels_bf16((enum isa)isa);
        const char *wrong = k ? cr_kernel_check_bf16(k, ROUNDS, SEED, work, &hash) : NULL;
        if (wrong)
            fail_msg("%s of %s", wrong, cr_isa_name((enum isa)isa));
        if (k && !cr_isa_is_near((enum isa)isa) && hash != noted_bf16)
            fail_msg("hash 0x%llx of %s", (unsigned long long)hash, cr_isa_name((enum isa)isa));
    }
    free(work);
}

static void sloppy_row_sum(double *out, const double *d, size_t ldd, size_t rows, size_t cols)
{
    cr_kernels_f64(ISA_REF)->row_sum(out, d, ldd, rows, cols);
    if (rows > 0 && cols > 16)
        out[rows - 1] *= 1 + 0x1p-52;
}

static void careless_add(float *y, const float *x, size_t n)
{
    cr_kernels_f32(ISA_REF)->add(y, x, n - n % 16);
}

/* Factors that are not rounded */
static void a_wrong_product_is_found(void **state)
{
    (void)state;
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    assert_non_null(work);
    struct kernels_f32 k = *cr_kernels_bf16(ISA_REF);
    k.linear_dx = cr_kernels_f32(ISA_REF)->linear_dx;
    assert_string_equal(cr_kernel_check_bf16(&k, ROUNDS, SEED, work, NULL), "linear_dx bf16");
    k.isa = ISA_AMX;
    assert_string_equal(cr_kernel_check_bf16(&k, ROUNDS, SEED, work, NULL), "linear_dx bf16");
    free(work);
}

static void a_wrong_kernel_is_found(void **state)
{
    (void)state;
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    assert_non_null(work);
    struct kernels_f32 f32 = *cr_kernels_f32(ISA_REF);
    struct kernels_f64 f64 = *cr_kernels_f64(ISA_REF);
    f64.row_sum = sloppy_row_sum;
    assert_string_equal(cr_kernel_check(&f32, &f64, ROUNDS, SEED, work, NULL), "row_sum float64");
    f32.add = careless_add;
    assert_string_equal(cr_kernel_check(&f32, &f64, ROUNDS, SEED, work, NULL), "add float32");
    assert_null(cr_kernel_check(&f32, &f64, 0, SEED, work, NULL));
    free(work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_agrees),
        cmocka_unit_test(every_instruction_set_agrees_in_bf16),
        cmocka_unit_test(a_wrong_product_is_found),
        cmocka_unit_test(a_wrong_kernel_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
