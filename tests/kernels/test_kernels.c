#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "helpers.h"

static _Alignas(64) unsigned char scratch[KERNEL_SCRATCH];

/* The rules of kernels.h, written out in the plainest way; the tables must give the same
 * bits, touch no gap between rows and nothing beyond an array's end. */

#define T        float
#define FMA      fmaf
#define SAME     assert_same_floats
#define TABLE    kernels_f32
#define GET      cr_kernels_f32
#define IT(name) name##_f32
#include "kernels/check_dense.inl"
#undef T
#undef FMA
#undef SAME
#undef TABLE
#undef GET
#undef IT

#define T        double
#define FMA      fma
#define SAME     assert_same_doubles
#define TABLE    kernels_f64
#define GET      cr_kernels_f64
#define IT(name) name##_f64
#include "kernels/check_dense.inl"

static void softmax_is_stable(void **state)
{
    (void)state;
    const struct kernels_f64 *k = cr_kernels_f64(ISA_REF);
    const double inf = (double)INFINITY;
    const double u[6][3] = {{1e8, 1e8, -inf},   {1, 2, 3},   {-inf, 0, -inf},
                            {-inf, -inf, -inf}, {1, inf, 2}, {0, (double)NAN, 1}};
    const double t[3] = {1, 0, 0};
    double y[18], lse[6], loss;
    k->softmax(y, 3, lse, u[0], 3, 6, 3);
    assert_close(y[0], 0.5, 0);
    assert_close(y[1], 0.5, 0);
    assert_close(y[2], 0, 0);
    /* equal logits of 1e8 give ln 2; the third class, at -inf, is not the target */
    k->dot_lse(&loss, lse, u[0], 3, t, 3, 1, 3);
    assert_close(loss, 0.6931471805599453, 2e-16);
    assert_close(y[3], 0.09003057317038046, 2e-16);
    assert_close(y[4], 0.24472847105479764, 2e-16);
    assert_close(y[5], 0.6652409557748219, 2e-16);
    assert_close(lse[1], 0.40760596444438046, 1e-15);
    assert_close(y[7], 1, 0);
    assert_close(lse[2], 0, 0);
    for (int i = 9; i < 18; i++)
        assert_true(isnan(y[i]));
}

static void empty_sizes_are_fine(void **state)
{
    (void)state;
    const struct kernels_f64 *k = cr_kernels_f64(ISA_REF);
    double y[4] = {9, 9, 9, 9}, bias[2] = {1, 2};
    k->linear(y, 2, NULL, 0, NULL, 0, bias, 1, 2, 2, 0, scratch);
    assert_true(y[0] == 1 && y[1] == 2 && y[2] == 1 && y[3] == 2);
    k->linear(y, 2, NULL, 0, NULL, 0, NULL, 0, 1, 2, 0, scratch);
    assert_true(y[0] == 0 && y[1] == 0 && !signbit(y[0]));
    k->linear(NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, 0, scratch);
    k->linear_dw(y + 2, 2, NULL, 1, NULL, 2, 0, 1, 2, scratch);
    assert_true(y[2] == 0 && y[3] == 0);
    k->sum_rows(y, NULL, 2, 0, 2);
    assert_true(y[0] == 0 && y[1] == 0);
    k->add(NULL, NULL, 0);
    k->softmax(NULL, 0, NULL, NULL, 0, 0, 3);
}

static void the_instruction_set_can_be_capped(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("CHAINRULE_ISA"), 0);
    const enum isa best = cr_isa_best();
    assert_non_null(cr_kernels_f32(best));
    assert_non_null(cr_kernels_f64(best));
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        const struct kernels_f32 *f32 = cr_kernels_f32((enum isa)isa);
        const struct kernels_f64 *f64 = cr_kernels_f64((enum isa)isa);
        assert_int_equal(f32 != NULL, f64 != NULL);
        assert_true(!f32 || (f32->isa == (enum isa)isa && f64->isa == (enum isa)isa));
        assert_int_equal(setenv("CHAINRULE_ISA", cr_isa_name((enum isa)isa), 1), 0);
        assert_true(cr_isa_best() <= (enum isa)isa);
    }
    assert_int_equal(setenv("CHAINRULE_ISA", "ref", 1), 0);
    assert_int_equal(cr_isa_best(), ISA_REF);
    assert_int_equal(setenv("CHAINRULE_ISA", "abacus", 1), 0);
    assert_int_equal(cr_isa_best(), best);
    assert_int_equal(unsetenv("CHAINRULE_ISA"), 0);
    assert_string_equal(cr_isa_name(ISA_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_f32),
        cmocka_unit_test(linear_f64),
        cmocka_unit_test(linear_dx_f32),
        cmocka_unit_test(linear_dx_f64),
        cmocka_unit_test(linear_dw_f32),
        cmocka_unit_test(linear_dw_f64),
        cmocka_unit_test(sums_f32),
        cmocka_unit_test(sums_f64),
        cmocka_unit_test(softmaxes_f32),
        cmocka_unit_test(softmaxes_f64),
        cmocka_unit_test(updates_f32),
        cmocka_unit_test(updates_f64),
        cmocka_unit_test(maps_f32),
        cmocka_unit_test(maps_f64),
        cmocka_unit_test(softmax_is_stable),
        cmocka_unit_test(empty_sizes_are_fine),
        cmocka_unit_test(the_instruction_set_can_be_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
