#ifdef __linux__
#define _GNU_SOURCE /* sched_setaffinity */
#endif

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/team.h"

enum { ITEMS = 1000, MINUTES = 60 };

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

static void run_and_check(struct team *team, int members, size_t items)
{
    struct loop loop = {.size = members};
    cr_team_run(team, items, count, &loop);
    long long total = 0;
    for (int i = 0; i < members; i++)
        total += loop.by_member[i];
    assert_int_equal(total, items ? (items - 1) * items / 2 : 0);
    assert_int_equal(atomic_load(&loop.wrong), 0);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(loop.done[i], i < items);
}

/* A team on a machine of so many processors. */
static struct team *team_on(int cpus, int n)
{
    struct team *team = NULL;
    assert_int_equal(cr_team_create_for(n, cpus, &team, NULL), CR_OK);
    assert_int_equal(cr_team_size(team), n);
    return team;
}

static void pause_for(long microseconds)
{
    const struct timespec t = {.tv_nsec = microseconds * 1000};
    nanosleep(&t, NULL);
}

static const size_t sizes[] = {0, 1, 2, 3, 7, 17, ITEMS};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void every_item_runs_once(void **state)
{
    (void)state;
    for (int n = 1; n <= 8; n++) {
        struct team *team = team_on(8, n);
        for (int round = 0; round < 200; round++)
            run_and_check(team, n, sizes[round % N_SIZES]);
        cr_team_destroy(team);
    }
}

static void no_team_is_a_team_of_one(void **state)
{
    (void)state;
    run_and_check(NULL, 1, ITEMS);
    assert_int_equal(cr_team_size(NULL), 1);
    assert_null(cr_team_scratch(NULL, 0));
    cr_team_destroy(NULL);
}

static void teams_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct team *team = team_on(4, 1 + i % 4);
        if (i % 2)
            run_and_check(team, 1 + i % 4, 10);
        cr_team_destroy(team);
    }
}

/* Waits within an item until as many members have come. */
static void meet(void *ctx, size_t item, int member)
{
    struct loop *loop = ctx;
    (void)item;
    loop->by_member[member]++;
    atomic_fetch_add(&loop->wrong, 1);
    while (atomic_load(&loop->wrong) < loop->size)
        pause_for(20);
}

static void all_members_take_part(void **state)
{
    (void)state;
    for (int n = 2; n <= 5; n++) {
        struct team *team = team_on(5, n);
        for (int round = 0; round < 20; round++) {
            struct loop loop = {.size = n};
            if (round % 2)
                pause_for(1000); /* until they sleep */
            cr_team_run(team, (size_t)n, meet, &loop);
            for (int i = 0; i < n; i++)
                assert_int_equal(loop.by_member[i], 1);
        }
        cr_team_destroy(team);
    }
}

/* The caller comes to its end first, and sleeps. */
static void be_late(void *ctx, size_t item, int member)
{
    struct loop *loop = ctx;
    if (member > 0)
        pause_for(2000);
    loop->done[item]++;
}

static void the_caller_waits(void **state)
{
    (void)state;
    struct team *team = team_on(3, 3);
    for (int round = 0; round < 30; round++) {
        struct loop loop = {.size = 3};
        cr_team_run(team, 9, be_late, &loop);
        for (size_t i = 0; i < 9; i++)
            assert_int_equal(loop.done[i], 1);
    }
    cr_team_destroy(team);
}

struct nest {
    struct team *team;
    struct loop loop[8];
    atomic_int wrong;
};

struct inner {
    struct nest *nest;
    size_t outer;
    int member;
};

static void inside(void *ctx, size_t item, int member)
{
    struct inner *inner = ctx;
    if (member != inner->member)
        atomic_fetch_add(&inner->nest->wrong, 1);
    inner->nest->loop[inner->outer].done[item]++;
}

static void outside(void *ctx, size_t item, int member)
{
    struct nest *nest = ctx;
    struct inner inner = {nest, item, member};
    cr_team_run(nest->team, 1 + 50 * (item % 2), inside, &inner);
}

static void a_loop_within_a_loop_runs_where_it_is(void **state)
{
    (void)state;
    struct nest nest = {.team = team_on(4, 4)};
    for (int round = 1; round <= 100; round++) {
        cr_team_run(nest.team, 8, outside, &nest);
        assert_int_equal(atomic_load(&nest.wrong), 0);
        for (size_t i = 0; i < 8; i++)
            assert_int_equal(nest.loop[i].done[50 * (i % 2)], round);
    }
    cr_team_destroy(nest.team);
}

static void write_scratch(void *ctx, size_t item, int member)
{
    unsigned char *p = cr_team_scratch(ctx, member);
    p[0]++, p[CR_TEAM_SCRATCH - 1]++;
    (void)item;
}

static void each_member_has_scratch_memory(void **state)
{
    (void)state;
    struct team *team = team_on(3, 5);
    struct loop loop = {.size = 3};
    cr_team_run(team, 3, meet, &loop); /* who came has written his memory */
    for (int round = 0; round < 20; round++)
        cr_team_run(team, 10, write_scratch, team);
    int first = 0, last = 0;
    for (int i = 0; i < 3; i++) {
        const unsigned char *p = cr_team_scratch(team, i);
        assert_int_equal((uintptr_t)p % 64, 0);
        first += p[0], last += p[CR_TEAM_SCRATCH - 1];
        assert_int_equal(p[CR_TEAM_SCRATCH / 2], 0);
    }
    assert_int_equal(first, 200);
    assert_int_equal(last, 200);
    assert_null(cr_team_scratch(team, 3));
    cr_team_destroy(team);
}

static void members_without_a_processor_do_nothing(void **state)
{
    (void)state;
    struct team *team = team_on(2, 16);
    for (int round = 0; round < 50; round++) {
        struct loop loop = {.size = 2};
        cr_team_run(team, ITEMS, count, &loop);
        assert_int_equal(atomic_load(&loop.wrong), 0);
    }
    cr_team_destroy(team);
}

/* More threads than processors, all of which take part: slow, but it ends. */
static void many_threads_on_few_processors(void **state)
{
    (void)state;
    struct team *team = team_on(16, 16);
    for (int round = 0; round < 100; round++)
        run_and_check(team, 16, sizes[round % N_SIZES]);
    cr_team_destroy(team);
}

static void one_processor(void **state)
{
    (void)state;
#ifdef __linux__
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(cr_cpu_count(), 1);
    struct team *team;
    assert_int_equal(cr_team_create(4, &team, NULL), CR_OK);
    run_and_check(team, 1, ITEMS);
    cr_team_destroy(team);
    team = team_on(4, 4); /* it does not know */
    for (int round = 0; round < 50; round++)
        run_and_check(team, 4, sizes[round % N_SIZES]);
    cr_team_destroy(team);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
#else
    skip();
#endif
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
        cmocka_unit_test(all_members_take_part),
        cmocka_unit_test(the_caller_waits),
        cmocka_unit_test(a_loop_within_a_loop_runs_where_it_is),
        cmocka_unit_test(each_member_has_scratch_memory),
        cmocka_unit_test(members_without_a_processor_do_nothing),
        cmocka_unit_test(many_threads_on_few_processors),
        cmocka_unit_test(one_processor),
        cmocka_unit_test(sizes_are_checked),
    };
    alarm(5 * MINUTES); /* a team that hangs must not hang the suite */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
