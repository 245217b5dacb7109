/* An audit when memory runs out at any point: an error, nothing leaked, outputs untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/audit.h"
#include "chainrule/file.h"
#include "failing_memory.h"

#if OWN_ALLOCATOR

static const char text[] =
    "Using cross-entropy loss. $A(t)=\\frac{t}{10}$, $x_1 = 0.5$, $t = 1$, $\\eta = 0.1$.\n\n"
    "| w | value |\n|---|---|\n| $w_1$ | 0.4 |\n| $w_2$ | -0.3 |\n\n"
    "$$u_1 = w_1 x_1 = (0.4)(0.5) = 0.2, \\quad z_1 = A(u_1) = A(0.2) = 0.02$$\n"
    "$$u_2 = w_2 z_1 = (-0.3)(0.02) = -0.006, \\quad y = \\sigma(u_2) = \\sigma(-0.006) = 0.498500$$\n"
    "$$L = \\frac12(y - t)^2 = \\frac12(0.4985 - 1)^2 = 0.125751$$\n"
    "$$\\delta_2 = (y - t) y (1 - y) = (0.4985 - 1) \\cdot 0.249998 = -0.125374$$\n"
    "$$\\delta_1 = \\delta_2 w_2 A'(u_1) = (-0.5015)(-0.3)(0.1) = 0.015045$$\n"
    "$$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix} ="
    " \\begin{pmatrix} 5 \\\\ 12 \\end{pmatrix} \\$$6pt]$$\n";

static const char network[] =
    "inputs: {x1: 0.5}\n"
    "layers:\n"
    "  - {units: [h], activation: sigmoid, weights: [[0.4]], bias: none}\n"
    "targets: [1]\n";

/* Audits with an allocator that fails from call n on; 1 when that was enough. */
static int attempt(const cr_audit_options *how, long n)
{
    char untouched, *out = &untouched;
    size_t len = 7;
    cr_error err = {0};
    cr_audit_summary summary = {.claims = 77};
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_audit(text, sizeof text - 1, how, &out, &len, &summary, &err);
    calls_left = -1;
    if (status != CR_OK) {
        if (status != CR_ERR_MEMORY)
            fail_msg("call %ld: %s: %s", n, cr_status_name(status), err.message);
        assert_ptr_equal(out, &untouched);
        assert_int_equal(len, 7);
        assert_int_equal(summary.claims, 77);
    } else {
        cr_audit_free(out);
    }
    if (outstanding != before)
        fail_msg("call %ld: %ld blocks are left", n, outstanding - before);
    return status == CR_OK;
}

static void short_of_memory(void **state)
{
    (void)state;
    cr_net *net = NULL;
    assert_int_equal(cr_net_load_memory(network, strlen(network), "net",
                                        &(cr_load_options){.type = CR_F64}, &net, NULL),
                     CR_OK);
    for (int format = CR_AUDIT_TEXT; format <= CR_AUDIT_HTML; format++)
        for (int given = 0; given < 2; given++) {
            const cr_audit_options how = {.format = (cr_audit_format)format,
                                          .net = given ? net : NULL};
            long n = 0, step = 1;
            while (!attempt(&how, n)) {
                n += step;
                if (n > 150)
                    step = 7;
            }
            assert_true(n > 50);
        }
    cr_net_free(net);
}

#else

static void short_of_memory(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
