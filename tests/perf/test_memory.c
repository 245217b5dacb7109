/* The benchmark and the self-test when memory runs out, at every allocation they make: the
 * error is reported, nothing is left, and outputs are untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/bench.h"
#include "failing_memory.h"

#if OWN_ALLOCATOR

static cr_error err;

/* The C library keeps some blocks of threads that have ended: at most so many. */
enum { KEPT = 12 };

static void check(long n, cr_status status, long left)
{
    if (status != CR_OK && status != CR_ERR_MEMORY)
        fail_msg("call %ld: %s: %s", n, cr_status_name(status), err.message);
    if (left > 0)
        fail_msg("call %ld: %ld blocks are left", n, left);
}

static int bench(long n, unsigned what)
{
    const cr_bench_options how = {.what = what, .threads = 1, .seconds = 1e-6, .workload = "W2"};
    cr_bench *out = NULL;
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_bench_run(&how, &out, &err);
    calls_left = -1;
    assert_true((status == CR_OK) == (out != NULL));
    cr_bench_free(out);
    check(n, status, outstanding - before);
    return status == CR_OK;
}

static int selftest(long n, long before)
{
    const cr_selftest_options how = {.networks = 1};
    cr_selftest *out = NULL;
    calls_left = n;
    const cr_status status = cr_selftest_run(&how, &out, &err);
    calls_left = -1;
    assert_true((status == CR_OK) == (out != NULL));
    cr_selftest_free(out);
    check(n, status, outstanding - before - KEPT);
    return status == CR_OK;
}

static void bench_without_memory(void **state)
{
    (void)state;
    long n = 0;
    while (!bench(n, CR_BENCH_STEPS | CR_BENCH_PREDICT))
        n += n < 30 ? 1 : 7;
    assert_true(n > 30);
    n = 0;
    while (!bench(n, CR_BENCH_LIMITS))
        n++;
    assert_true(n > 4);
}

static void selftest_without_memory(void **state)
{
    (void)state;
    long n = 0;
    const long before = outstanding; /* what is lost adds up */
    while (!selftest(n, before))
        n += n < 20 ? 1 : n;
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bench_without_memory),
        cmocka_unit_test(selftest_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* a sanitizer has its own allocator */
}

#endif
