/* A team that cannot be made: the error is reported, nothing is left, *out is untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/team.h"
#include "failing_memory.h"

#if OWN_ALLOCATOR

static void no_memory(void **state)
{
    (void)state;
    cr_status status = CR_ERR_MEMORY;
    long n = 0;
    for (; n < 100 && status; n++) {
        struct team *team = NULL;
        cr_error err;
        const long before = outstanding;
        calls_left = n;
        status = cr_team_create_for(4, 4, &team, &err);
        calls_left = -1;
        if (status) {
            assert_int_equal(status, CR_ERR_MEMORY);
            assert_int_equal(err.code, CR_ERR_MEMORY);
            assert_null(team);
            assert_int_equal(outstanding, before);
        }
        cr_team_destroy(team);
    }
    assert_int_equal(n, 1 + 1 + 4); /* the team, and scratch memory for each */
}

/* Room for the scratch memory, and not for the threads' stacks. */
static void no_threads(void **state)
{
    (void)state;
    struct rlimit old, low;
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    low = old;
    low.rlim_cur = (rlim_t)2 << 30;
    assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
    struct team *team = NULL;
    cr_error err;
    const cr_status status = cr_team_create_for(1000, 1000, &team, &err);
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_int_equal(status, CR_ERR_LIMIT);
    assert_int_equal(err.code, CR_ERR_LIMIT);
    assert_null(team);
}

#else

static void no_memory(void **state)
{
    (void)state;
    skip();
}

static void no_threads(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_threads),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
