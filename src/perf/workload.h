/* The workloads, and a network of one with data to train it on. */
#ifndef PERF_WORKLOAD_H
#define PERF_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/team.h"
#include "chainrule/bench.h"
#include "kernels/kernels.h"
#include "net/plan.h"

/* Batches that steps go through in turn. */
enum { BATCHES = 4 };

/* Floating-point operations of a step, as cr_bench_row.flops says. */
double cr_workload_flops(const cr_workload *w);

/* A network, a plan and what it runs on. All of it is fixed by workload and seed. */
struct subject {
    cr_workload workload;
    cr_net *net;
    cr_plan *plan;
    cr_state *state;
    size_t rows; /* of a call */
    float *in, *targets, *work;
    struct run run;
    size_t next;  /* batch */
    int diverged; /* a loss was not finite: fewer steps were made than asked for */
};

/* purpose: training, or predicting `rows` rows at a time (0: the workload's batch). The
 * team is used but not owned; NULL: one thread. */
cr_status cr_subject_create(const cr_workload *w, cr_purpose purpose, size_t rows, uint64_t seed,
                            struct team *team, struct subject **out, cr_error *err);
void cr_subject_free(struct subject *s);

/* Run the plan with the kernels of another instruction set than the best. 0: there are none. */
int cr_subject_use(struct subject *s, enum isa isa);

/* `times` steps, or calls. ctx is the subject. */
void cr_subject_train(void *ctx, size_t times);
void cr_subject_predict(void *ctx, size_t times);

#endif
