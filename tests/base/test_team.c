#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/team.h"

enum { ITEMS = 1000 };

struct loop {
    int size;
    unsigned char done[ITEMS];
    long long by_member[64]; /* each member writes its own */
    atomic_int wrong;
};

static void count(void *ctx, size_t item, int member)
{
    struct loop *loop = ctx;
    if (member < 0 || member >= loop->size)
        atomic_fetch_add(&loop->wrong, 1);
    else
        loop->by_member[member] += (long long)item;
    loop->done[item]++;
}

static void every_item_runs_once(void **state)
{
    (void)state;
    for (int n = 1; n <= 8; n++) {
        struct team *team = NULL;
        assert_int_equal(cr_team_create(n, &team, NULL), CR_OK);
        assert_int_equal(cr_team_size(team), n);
        for (int round = 0; round < 300; round++) {
            static const size_t sizes[] = {0, 1, 2, 3, 17, ITEMS};
            const size_t items = sizes[round % 6];
            struct loop loop = {.size = n};
            cr_team_run(team, items, count, &loop);
            long long total = 0;
            for (int i = 0; i < n; i++)
                total += loop.by_member[i];
            assert_int_equal(total, items ? (items - 1) * items / 2 : 0);
            assert_int_equal(atomic_load(&loop.wrong), 0);
            for (size_t i = 0; i < ITEMS; i++)
                assert_int_equal(loop.done[i], i < items);
        }
        cr_team_destroy(team);
    }
}

static void no_team_is_a_team_of_one(void **state)
{
    (void)state;
    struct loop loop = {.size = 1};
    cr_team_run(NULL, ITEMS, count, &loop);
    assert_int_equal(loop.by_member[0], ITEMS / 2 * (ITEMS - 1));
    assert_int_equal(cr_team_size(NULL), 1);
    cr_team_destroy(NULL);
}

static void teams_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct team *team;
        assert_int_equal(cr_team_create(1 + i % 4, &team, NULL), CR_OK);
        if (i % 2) {
            struct loop loop = {.size = 4};
            cr_team_run(team, 10, count, &loop);
            assert_int_equal(loop.done[9], 1);
        }
        cr_team_destroy(team);
    }
}

static void sizes_are_checked(void **state)
{
    (void)state;
    struct team *team = NULL;
    cr_error err;
    assert_int_equal(cr_team_create(1 << 20, &team, &err), CR_ERR_LIMIT);
    assert_null(team);
    assert_true(cr_cpu_count() >= 1);
    assert_int_equal(cr_team_create(0, &team, &err), CR_OK);
    assert_int_equal(cr_team_size(team), cr_cpu_count());
    cr_team_destroy(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_runs_once),
        cmocka_unit_test(no_team_is_a_team_of_one),
        cmocka_unit_test(teams_come_and_go),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
