#include "base/team.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "base/error.h"

enum {
    MEMBERS_MOST = 1024,
    LINE = 128,      /* processors fetch cache lines of 64 bytes in pairs */
    STACK = 4 << 20, /* kernels have large buffers */
    PAGE = 4096,
    SPIN_NS = 50000,  /* longer than the gap between two loops of a training step */
    CLOCK_EVERY = 64, /* spins */
};

typedef void item_fn(void *ctx, size_t item, int member);

/* A loop. Its number is odd while it is being written, so that who reads it meanwhile knows. */
struct loop {
    atomic_uint number;
    atomic_size_t items;
    _Atomic(item_fn *) fn; /* NULL: the threads end */
    _Atomic(void *) ctx;
};

struct plain_loop {
    unsigned number;
    size_t items;
    item_fn *fn;
    void *ctx;
};

/* `taken` is the number of a loop and how many items of this member's share of it are taken;
 * the number of an earlier loop stands for none. So nobody need reset it. */
struct member {
    alignas(LINE) atomic_uint_fast64_t taken;
    alignas(LINE) struct team *team;
    pthread_t thread;
    int index;
    void *scratch;
};

/* A loop is over when `done` reaches what the caller expects; members add what they did. Who
 * came too late for anything adds nothing, and nobody waits for him. Nobody takes the mutex
 * but to sleep or to wake: a sleeper first counts himself and then looks whether to sleep,
 * the other side first changes what he waits for and then looks for sleepers. */
struct team {
    int size, running;
    pthread_mutex_t mutex;
    pthread_cond_t begins, ends;
    alignas(LINE) struct loop loop;
    atomic_int sleepers;
    alignas(LINE) atomic_size_t done;
    atomic_int caller_sleeps;
    alignas(LINE) size_t expected;
    atomic_int busy; /* within a loop */
    struct member member[];
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Counts the turns of a waiting loop; false when it has gone on for long. */
struct patience {
    unsigned turns;
    int64_t until;
};

static int spin_on(struct patience *p)
{
    relax();
    if (++p->turns % CLOCK_EVERY != 0)
        return 1;
    const int64_t now = nanoseconds();
    if (p->until == 0)
        p->until = now + SPIN_NS;
    return now < p->until;
}

/* The share of a member: so many items from *first on. */
static size_t share(const struct team *team, size_t items, int member, size_t *first)
{
    const size_t n = (size_t)team->running, m = (size_t)member;
    const size_t least = items / n, more = items % n;
    *first = m * least + (m < more ? m : more);
    return least + (m < more);
}

/* Take the next of n items; false if there is none. A member may come so late that the loop is
 * over and others have begun: then all of its items are taken, and a count of a later loop
 * tells him so. Only the caller knows that no loop is later than his (numbers go round). */
static int take(struct member *from, unsigned number, size_t n, int is_caller, size_t *item)
{
    uint_fast64_t old = atomic_load_explicit(&from->taken, memory_order_relaxed);
    for (;;) {
        uint32_t k = (uint32_t)old;
        const uint32_t then = (uint32_t)(old >> 32);
        if (then != number) {
            if (!is_caller && number - then > UINT32_MAX / 2)
                return 0;
            k = 0;
        }
        if (k >= n)
            return 0;
        if (atomic_compare_exchange_weak(&from->taken, &old, (uint64_t)number << 32 | (k + 1))) {
            *item = k;
            return 1;
        }
    }
}

/* How many items the member did. */
static size_t take_part(struct team *team, const struct plain_loop *loop, int member)
{
    size_t did = 0;
    for (int i = 0; i < team->running; i++) {
        const int whose = member + i < team->running ? member + i : member + i - team->running;
        size_t first, item;
        const size_t n = share(team, loop->items, whose, &first);
        while (n > 0 && take(&team->member[whose], loop->number, n, member == 0, &item)) {
            loop->fn(loop->ctx, first + item, member);
            did++;
        }
    }
    return did;
}

static int is_new(const struct team *team, unsigned seen)
{
    const unsigned number = atomic_load(&team->loop.number);
    return number != seen && number % 2 == 0;
}

static void await_loop(struct team *team, unsigned seen)
{
    struct patience p = {0};
    while (!is_new(team, seen)) {
        if (spin_on(&p))
            continue;
        pthread_mutex_lock(&team->mutex);
        atomic_fetch_add(&team->sleepers, 1);
        while (!is_new(team, seen))
            pthread_cond_wait(&team->begins, &team->mutex);
        atomic_fetch_sub(&team->sleepers, 1);
        pthread_mutex_unlock(&team->mutex);
    }
}

/* The loop of now; false if it was written meanwhile. The loads acquire so that the number is
 * read again after them. */
static int read_loop(struct loop *from, struct plain_loop *to)
{
    to->number = atomic_load_explicit(&from->number, memory_order_acquire);
    to->items = atomic_load_explicit(&from->items, memory_order_acquire);
    to->fn = atomic_load_explicit(&from->fn, memory_order_acquire);
    to->ctx = atomic_load_explicit(&from->ctx, memory_order_acquire);
    return to->number % 2 == 0 && atomic_load(&from->number) == to->number;
}

static void *serve(void *arg)
{
    struct member *me = arg;
    struct team *team = me->team;
    struct plain_loop loop = {0};
    /* Who first writes a page has it in the memory next to him. */
    memset(me->scratch, 0, CR_TEAM_SCRATCH);
    for (;;) {
        const unsigned seen = loop.number;
        do
            await_loop(team, seen);
        while (!read_loop(&team->loop, &loop));
        if (!loop.fn)
            return NULL;
        const size_t did = take_part(team, &loop, me->index);
        if (did == 0)
            continue;
        atomic_fetch_add(&team->done, did);
        if (atomic_load(&team->caller_sleeps)) {
            pthread_mutex_lock(&team->mutex);
            pthread_cond_signal(&team->ends);
            pthread_mutex_unlock(&team->mutex);
        }
    }
}

static unsigned begin(struct team *team, size_t items, item_fn *fn, void *ctx)
{
    struct loop *to = &team->loop;
    const unsigned number = atomic_load_explicit(&to->number, memory_order_relaxed);
    atomic_store_explicit(&to->number, number + 1, memory_order_relaxed);
    atomic_store_explicit(&to->items, items, memory_order_release);
    atomic_store_explicit(&to->fn, fn, memory_order_release);
    atomic_store_explicit(&to->ctx, ctx, memory_order_release);
    atomic_store(&to->number, number + 2);
    if (atomic_load(&team->sleepers) > 0) {
        pthread_mutex_lock(&team->mutex);
        pthread_cond_broadcast(&team->begins);
        pthread_mutex_unlock(&team->mutex);
    }
    return number + 2;
}

static void await_end(struct team *team)
{
    struct patience p = {0};
    while (atomic_load(&team->done) != team->expected) {
        if (spin_on(&p))
            continue;
        pthread_mutex_lock(&team->mutex);
        atomic_store(&team->caller_sleeps, 1);
        while (atomic_load(&team->done) != team->expected)
            pthread_cond_wait(&team->ends, &team->mutex);
        atomic_store(&team->caller_sleeps, 0);
        pthread_mutex_unlock(&team->mutex);
    }
}

/* The member that the calling thread is, within a loop. */
static int who_am_i(const struct team *team)
{
    const pthread_t self = pthread_self();
    for (int i = 1; i < team->running; i++)
        if (pthread_equal(team->member[i].thread, self))
            return i;
    return 0;
}

void cr_team_run(struct team *team, size_t items, item_fn *fn, void *ctx)
{
    assert(items <= UINT32_MAX);
    const int within = team && atomic_load_explicit(&team->busy, memory_order_relaxed);
    if (!team || team->running == 1 || items <= 1 || within) {
        const int member = within ? who_am_i(team) : 0;
        for (size_t item = 0; item < items; item++)
            fn(ctx, item, member);
        return;
    }
    atomic_store_explicit(&team->busy, 1, memory_order_relaxed);
    struct plain_loop loop = {.items = items, .fn = fn, .ctx = ctx};
    loop.number = begin(team, items, fn, ctx);
    team->expected += items - take_part(team, &loop, 0);
    await_end(team);
    atomic_store_explicit(&team->busy, 0, memory_order_relaxed);
}

int cr_team_size(const struct team *team)
{
    return team ? team->size : 1;
}

void *cr_team_scratch(const struct team *team, int member)
{
    return team && member < team->running ? team->member[member].scratch : NULL;
}

/* End the threads of members 1 .. threads and free everything. */
static void dissolve(struct team *team, int threads)
{
    begin(team, 0, NULL, NULL);
    for (int i = 1; i <= threads; i++)
        pthread_join(team->member[i].thread, NULL);
    for (int i = 0; i < team->running; i++)
        free(team->member[i].scratch);
    pthread_cond_destroy(&team->ends);
    pthread_cond_destroy(&team->begins);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}

/* Scratch memory and threads; *threads of them run even on failure. */
static cr_status staff(struct team *team, int *threads, cr_error *err)
{
    for (int i = 0; i < team->running; i++) {
        struct member *me = &team->member[i];
        me->team = team;
        me->index = i;
        me->scratch = aligned_alloc(PAGE, CR_TEAM_SCRATCH);
        if (!me->scratch)
            return cr_fail_memory(err);
    }
    memset(team->member[0].scratch, 0, CR_TEAM_SCRATCH);
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return cr_fail_memory(err);
    /* cannot fail: whole pages, and more than the least */
    (void)pthread_attr_setstacksize(&attr, STACK);
    int failed = 0;
    for (int i = 1; i < team->running && !failed; i++) {
        failed = pthread_create(&team->member[i].thread, &attr, serve, &team->member[i]);
        *threads += !failed;
    }
    pthread_attr_destroy(&attr);
    return failed ? cr_fail(err, CR_ERR_LIMIT, "cannot start %d threads", team->running - 1)
                  : CR_OK;
}

cr_status cr_team_create(int n, struct team **out, cr_error *err)
{
    return cr_team_create_for(n, cr_cpu_count(), out, err);
}

cr_status cr_team_create_for(int n, int cpus, struct team **out, cr_error *err)
{
    if (n < 1)
        n = cpus;
    if (n > MEMBERS_MOST)
        return cr_fail(err, CR_ERR_LIMIT, "%d threads are more than %d", n, MEMBERS_MOST);
    const int running = n < cpus ? n : cpus;
    const size_t bytes = sizeof(struct team) + (size_t)running * sizeof(struct member);
    struct team *team = aligned_alloc(LINE, bytes); /* whole lines, as both types are */
    if (!team)
        return cr_fail_memory(err);
    memset(team, 0, bytes);
    team->size = n;
    team->running = running;
    if (pthread_mutex_init(&team->mutex, NULL) != 0) {
        free(team);
        return cr_fail_memory(err);
    }
    /* with default attributes these cannot fail on the systems we know */
    if (pthread_cond_init(&team->begins, NULL) != 0 || pthread_cond_init(&team->ends, NULL) != 0) {
        pthread_mutex_destroy(&team->mutex);
        free(team);
        return cr_fail_memory(err);
    }
    int threads = 0;
    const cr_status status = staff(team, &threads, err);
    if (status) {
        dissolve(team, threads);
        return status;
    }
    *out = team;
    return CR_OK;
}

void cr_team_destroy(struct team *team)
{
    if (team)
        dissolve(team, team->running - 1);
}
