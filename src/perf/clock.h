/* Times of repeated work: how often fills a slot, and the spread over passes. */
#ifndef PERF_CLOCK_H
#define PERF_CLOCK_H

#include <stddef.h>

#include "chainrule/bench.h"

enum { PASSES_MOST = 9 };

/* Work that can be repeated. */
struct timed {
    void (*go)(void *ctx, size_t times);
    void *ctx;
    size_t times; /* 0: not calibrated */
};

double cr_seconds(void); /* of a clock that never goes back */

/* Choose `times` so that one pass takes about `slot` seconds; warms up on the way. */
void cr_timed_calibrate(struct timed *t, double slot);

/* One pass: seconds for one time. */
double cr_timed_pass(const struct timed *t);

/* Sorts v. {0} when n is 0. */
cr_spread cr_spread_of(double *v, size_t n);

#endif
