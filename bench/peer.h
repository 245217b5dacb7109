/* What the small programs around other people's libraries share: the task from the command
 * line, examples, and time per step. As python_peers.py they print "ready" or "none WHY", and
 * then microseconds per step for every line "go".
 *
 *     peer HIDDEN OUTPUT OPTIMISER BATCH THREADS SECONDS UNITS... */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PEER_BATCHES = 4, PEER_LAYERS = 16 };

static const float peer_rate = 0.01f;

struct task {
    const char *hidden, *output, *optimiser;
    int batch, threads, n_units;
    double seconds;
    int units[PEER_LAYERS];
    int inputs, outputs;
    float *in, *targets; /* [PEER_BATCHES][batch][inputs or outputs] */
};

/* This peer cannot do the task. */
static inline int peer_none(const char *why)
{
    printf("none %s\n", why);
    return 0;
}

static inline int peer_is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline int peer_task(int argc, char **argv, struct task *t)
{
    if (argc < 9 || argc - 7 > PEER_LAYERS)
        return 0;
    *t = (struct task){.hidden = argv[1],
                       .output = argv[2],
                       .optimiser = argv[3],
                       .batch = atoi(argv[4]),
                       .threads = atoi(argv[5]),
                       .seconds = atof(argv[6]),
                       .n_units = argc - 7};
    for (int i = 0; i < t->n_units; i++)
        t->units[i] = atoi(argv[7 + i]);
    t->inputs = t->units[0];
    t->outputs = t->units[t->n_units - 1];
    const size_t rows = (size_t)t->batch * PEER_BATCHES;
    t->in = malloc(rows * (size_t)t->inputs * sizeof *t->in);
    t->targets = calloc(rows * (size_t)t->outputs, sizeof *t->targets);
    if (!t->in || !t->targets)
        return 0;
    unsigned s = 1;
    for (size_t i = 0; i < rows * (size_t)t->inputs; i++)
        t->in[i] = (float)((s = s * 1664525 + 1013904223) >> 8) / 8388608 - 1;
    for (size_t r = 0; r < rows; r++)
        for (int j = 0; j < t->outputs; j++)
            t->targets[r * (size_t)t->outputs + (size_t)j] =
                peer_is(t->output, "softmax")
                    ? (float)((int)(r % (size_t)t->outputs) == j)
                    : (float)((s = s * 1664525 + 1013904223) >> 8) / 33554432 + 0.25f;
    return 1;
}

typedef void peer_step(void *peer, const struct task *t, int batch);

static inline double peer_spend(peer_step *step, void *peer, const struct task *t, long times)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (long i = 0; i < times; i++)
        step(peer, t, (int)(i % PEER_BATCHES));
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

static inline int peer_serve(peer_step *step, void *peer, const struct task *t)
{
    long times = 1;
    double took = peer_spend(step, peer, t, PEER_BATCHES);
    while ((took = peer_spend(step, peer, t, times)) < t->seconds / 4)
        times *= 2;
    times = (long)((double)times * t->seconds / took);
    times += times < 1;
    puts("ready");
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        printf("%.9g\n", peer_spend(step, peer, t, times) / (double)times * 1e6);
        fflush(stdout);
    }
    return 0;
}

#endif
