/* Benchmark and self-test of this build on this machine.
 *
 * Times are medians over passes; the machine's limits are measured in the same run, between
 * the workloads, because a busy machine changes from second to second. */
#ifndef CHAINRULE_BENCH_H
#define CHAINRULE_BENCH_H

#include "chainrule/base.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A network and how it is trained. */
typedef struct cr_workload {
    const char *name;   /* "W3" */
    size_t n_units;     /* of units */
    size_t units[6];    /* inputs first, outputs last */
    const char *hidden; /* activations, and the loss, as in cr_list */
    const char *output;
    const char *loss;
    size_t batch;           /* rows of a step */
    const char *optimiser;  /* NULL: gradient descent */
    cr_precision precision; /* of training steps */
} cr_workload;

/* Row `index` of the table of workloads; 0 when there is none. Strings are never freed. */
CR_API int cr_workload_row(size_t index, cr_workload *out);

/* What to measure. */
enum {
    CR_BENCH_LIMITS = 1,  /* what the machine can do */
    CR_BENCH_STEPS = 2,   /* time per training step */
    CR_BENCH_PREDICT = 4, /* rows per second in large batches; latency of one row */
    CR_BENCH_CURVES = 8 /* time per step against batch, width and depth; prediction against rows */
};

typedef struct cr_bench_options {
    unsigned what;         /* of the above; 0: limits, steps and prediction */
    int threads;           /* 0: as many as there are processors */
    double seconds;        /* for each figure, roughly; 0: 0.5 */
    const char *workload;  /* "W3"; NULL: all */
    const char *optimiser; /* of the steps; NULL: gradient descent */
    /* Of training steps; a share may then be more than 1. */
    cr_precision precision;
    int (*progress)(void *ctx, size_t done, size_t all); /* not 0: cancel; may be NULL */
    void *ctx;
} cr_bench_options;

/* The median over passes, and the lowest and highest of them. 0 where nothing was measured. */
typedef struct cr_spread {
    double median, low, high;
} cr_spread;

/* How fast a team of threads reads an array of so many bytes per thread. */
typedef struct cr_bench_read {
    const char *level; /* "L1", "L2", "L3", "memory" */
    size_t bytes;
    cr_spread gigabytes; /* per second, one thread */
} cr_bench_read;

typedef struct cr_bench_limits {
    cr_spread fma_one;  /* multiply-adds out of registers, GFLOP/s, one thread */
    cr_spread fma_team; /* all threads at once */
    cr_bench_read read[4];
    cr_spread barrier; /* microseconds for the team to begin and end a loop of nothing */
} cr_bench_limits;

typedef struct cr_bench_row {
    cr_workload workload;
    double flops;        /* of a step: 2 per multiply-add of forward, dx (not of the first
                                layer) and dw; nothing else is counted */
    cr_spread step;      /* microseconds */
    cr_spread gflops;    /* flops per step time */
    cr_spread share;     /* of the team's multiply-adds out of registers, 0 to 1 */
    size_t predict_rows; /* rows of a call */
    cr_spread predict;   /* rows per second */
    double latency[2];   /* microseconds for one row, one thread: p50 and p99 */
} cr_bench_row;

typedef struct cr_bench_point { /* of a curve */
    const char *curve;          /* "batch", "width", "depth": steps; "rows": prediction */
    size_t at;
    double flops;
    cr_spread time; /* microseconds of a step or call */
} cr_bench_point;

typedef struct cr_bench {
    int threads, processors;
    const char *isa;      /* instruction set in use */
    const char *products; /* the same for the steps' products of matrices: with bf16 perhaps
                             "amx" or "avx512bf16" */
    cr_precision precision;
    const char *compiler; /* of this build */
    int optimised;        /* 0: a build for debugging; its times say little */
    cr_bench_limits limits;
    size_t n_rows, n_points;
    cr_bench_row *row;
    cr_bench_point *point;
} cr_bench;

/* Measure. *out is freed with cr_bench_free. Errors: CR_ERR_UNKNOWN (workload or optimiser),
 * CR_ERR_ARGUMENT, CR_ERR_LIMIT (threads), CR_ERR_MEMORY, CR_ERR_DIVERGED, CR_ERR_CANCELLED. */
CR_API cr_status cr_bench_run(const cr_bench_options *options, cr_bench **out, cr_error *err);
CR_API void cr_bench_free(cr_bench *bench);

typedef struct cr_selftest_options {
    size_t networks; /* how many are trained on every instruction set and number of threads; 0: 6 */
    int (*progress)(void *ctx, size_t done, size_t all); /* not 0: cancel; may be NULL */
    void *ctx;
} cr_selftest_options;

typedef struct cr_selftest_row {
    const char *isa;
    int is_near;         /* 1: AVX512_BF16 or AMX, which only have bf16 products, and these near
                            the reference */
    const char *differs; /* the first kernel that does not equal the reference; NULL: none */
    size_t runs, wrong;  /* trainings in float32 and bf16, and those whose final weights differ from
                            the reference's; where is_near, from its own with one thread */
} cr_selftest_row;

typedef struct cr_selftest {
    int passed;
    size_t networks;
    char weights[65]; /* SHA-256 of all final weights of the reference, in hexadecimal: the same
                         on every machine with the same version */
    size_t n_rows;
    cr_selftest_row *row; /* one for each instruction set of this CPU */
} cr_selftest;

/* Check this build on this CPU: every kernel of every instruction set against the reference,
 * and small trainings on 1, 2, 3, 4, 7 and 8 threads. *out is freed with cr_selftest_free. */
CR_API cr_status cr_selftest_run(const cr_selftest_options *options, cr_selftest **out,
                                 cr_error *err);
CR_API void cr_selftest_free(cr_selftest *selftest);

#ifdef __cplusplus
}
#endif
#endif
