#include "perf/clock.h"

#include <stdlib.h>
#include <time.h>

double cr_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double spend(const struct timed *t, size_t times)
{
    const double start = cr_seconds();
    t->go(t->ctx, times);
    return cr_seconds() - start;
}

void cr_timed_calibrate(struct timed *t, double slot)
{
    size_t times = 1;
    double took = spend(t, times);
    while (took < slot / 4 && times < (size_t)1 << 40) {
        times *= took < slot / 64 ? 8 : 2;
        took = spend(t, times);
    }
    const double wanted = (double)times * slot / (took > 1e-9 ? took : 1e-9);
    t->times = wanted > 1 ? (size_t)wanted : 1;
}

double cr_timed_pass(const struct timed *t)
{
    return spend(t, t->times) / (double)t->times;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

cr_spread cr_spread_of(double *v, size_t n)
{
    if (n == 0)
        return (cr_spread){0};
    qsort(v, n, sizeof *v, by_value);
    return (cr_spread){(v[(n - 1) / 2] + v[n / 2]) / 2, v[0], v[n - 1]};
}
