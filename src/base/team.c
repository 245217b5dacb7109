#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include "base/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

/* SPINS is some tens of microseconds: longer than the gap between two loops of a
 * training step, shorter than a scheduler's time slice. */
enum { MEMBERS_MOST = 1024, SPINS = 4000 };

struct member {
    struct team *team;
    pthread_t thread;
    int index;
};

/* A loop begins when `generation` grows and ends when `busy` is 0. The mutex guards only
 * going to sleep: whoever changes either number takes it before waking the others. */
struct team {
    int size, spins;
    pthread_mutex_t mutex;
    pthread_cond_t begins, ends;
    atomic_uint generation;
    atomic_int busy;
    atomic_size_t next;
    size_t items;
    void (*fn)(void *ctx, size_t item, int member); /* NULL: the threads end */
    void *ctx;
    struct member members[];
};

int cr_cpu_count(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n < MEMBERS_MOST ? (int)n : 1;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_part(struct team *team, int member)
{
    for (;;) {
        const size_t item = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (item >= team->items)
            return;
        team->fn(team->ctx, item, member);
    }
}

static void *serve(void *arg)
{
    const struct member *me = arg;
    struct team *team = me->team;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < team->spins && atomic_load(&team->generation) == seen; i++)
            relax();
        if (atomic_load(&team->generation) == seen) {
            pthread_mutex_lock(&team->mutex);
            while (atomic_load(&team->generation) == seen)
                pthread_cond_wait(&team->begins, &team->mutex);
            pthread_mutex_unlock(&team->mutex);
        }
        seen++;
        if (!team->fn)
            return NULL;
        take_part(team, me->index);
        if (atomic_fetch_sub(&team->busy, 1) == 1) {
            pthread_mutex_lock(&team->mutex);
            pthread_cond_signal(&team->ends);
            pthread_mutex_unlock(&team->mutex);
        }
    }
}

static void begin(struct team *team, size_t items, void (*fn)(void *ctx, size_t item, int member),
                  void *ctx)
{
    team->items = items;
    team->fn = fn;
    team->ctx = ctx;
    atomic_store(&team->next, 0);
    atomic_store(&team->busy, team->size - 1);
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->generation, 1);
    pthread_cond_broadcast(&team->begins);
    pthread_mutex_unlock(&team->mutex);
}

void cr_team_run(struct team *team, size_t items, void (*fn)(void *ctx, size_t item, int member),
                 void *ctx)
{
    if (!team || team->size == 1 || items <= 1) {
        for (size_t item = 0; item < items; item++)
            fn(ctx, item, 0);
        return;
    }
    begin(team, items, fn, ctx);
    take_part(team, 0);
    for (int i = 0; i < team->spins && atomic_load(&team->busy) > 0; i++)
        relax();
    if (atomic_load(&team->busy) > 0) {
        pthread_mutex_lock(&team->mutex);
        while (atomic_load(&team->busy) > 0)
            pthread_cond_wait(&team->ends, &team->mutex);
        pthread_mutex_unlock(&team->mutex);
    }
}

int cr_team_size(const struct team *team)
{
    return team ? team->size : 1;
}

/* End the threads of members 1 .. size - 1 and free everything. */
static void dissolve(struct team *team)
{
    begin(team, 0, NULL, NULL);
    for (int i = 1; i < team->size; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->ends);
    pthread_cond_destroy(&team->begins);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}

cr_status cr_team_create(int n, struct team **out, cr_error *err)
{
    const int cpus = cr_cpu_count();
    if (n < 1)
        n = cpus < MEMBERS_MOST ? cpus : MEMBERS_MOST;
    if (n > MEMBERS_MOST)
        return cr_fail(err, CR_ERR_LIMIT, "%d threads are more than %d", n, MEMBERS_MOST);
    struct team *team = calloc(1, sizeof *team + (size_t)n * sizeof team->members[0]);
    if (!team)
        return cr_fail_memory(err);
    team->size = 1;
    team->spins = n <= cpus ? SPINS : 0; /* spinning would keep the others out */
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
    for (int i = 1; i < n; i++) {
        struct member *member = &team->members[i];
        member->team = team;
        member->index = i;
        if (pthread_create(&member->thread, NULL, serve, member) != 0) {
            dissolve(team);
            return cr_fail(err, CR_ERR_LIMIT, "cannot start %d threads", n);
        }
        team->size = i + 1;
    }
    *out = team;
    return CR_OK;
}

void cr_team_destroy(struct team *team)
{
    if (team)
        dissolve(team);
}
