/* The benchmark: what is measured, in which order, and what comes of it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cpu.h"
#include "net/tables.h"
#include "perf/clock.h"
#include "perf/limits.h"
#include "perf/workload.h"

enum {
    PASSES = 7,
    PREDICT_ROWS = 1024,
    LATENCIES = 20000, /* at most */
    LEVELS = 4,
    POINTS = 64,
};

struct session {
    cr_bench_options options;
    cr_bench *bench;
    struct team *team;
    const char *isa;
    double slot; /* seconds of a pass */
    size_t done, all;
    cr_error *err;
};

static cr_status advance(struct session *s)
{
    const cr_bench_options *o = &s->options;
    s->done++;
    if (o->progress && o->progress(o->ctx, s->done, s->all))
        return cr_fail(s->err, CR_ERR_CANCELLED, "%s", cr_status_text(CR_ERR_CANCELLED));
    return CR_OK;
}

/* Limits. */

struct fma {
    struct team *team;
    const char *isa;
    size_t times;
};

enum { FMA_ROUND = 4096 }; /* rounds in one unit of work */

static void fma_member(void *ctx, size_t item, int member)
{
    const struct fma *f = ctx;
    (void)item, (void)member;
    cr_limit_fma(f->isa, f->times * FMA_ROUND);
}

static void go_fma(void *ctx, size_t times)
{
    struct fma *f = ctx;
    f->times = times;
    cr_team_run(f->team, (size_t)cr_team_size(f->team), fma_member, f);
}

/* GFLOP/s of one pass. */
static double fma_pass(const struct timed *t)
{
    const struct fma *f = t->ctx;
    const double one = cr_limit_fma(f->isa, 1) * FMA_ROUND;
    return one * cr_team_size(f->team) / cr_timed_pass(t) * 1e-9;
}

static cr_spread measure_fma(struct session *s, struct team *team)
{
    struct fma f = {team, s->isa, 0};
    struct timed t = {go_fma, &f, 0};
    double v[PASSES];
    cr_timed_calibrate(&t, s->slot);
    for (int i = 0; i < PASSES; i++)
        v[i] = fma_pass(&t);
    return cr_spread_of(v, PASSES);
}

struct reading {
    const char *isa;
    const void *p;
    size_t bytes;
};

static void go_read(void *ctx, size_t times)
{
    const struct reading *r = ctx;
    cr_limit_read(r->isa, r->p, r->bytes, times);
}

static cr_status measure_read(struct session *s, int level)
{
    static const char *const name[LEVELS] = {"L1", "L2", "L3", "memory"};
    cr_bench_read *out = &s->bench->limits.read[level];
    const size_t bytes = cr_limit_bytes(level);
    void *p = cr_aligned_alloc(bytes, 1);
    if (!p)
        return cr_fail_memory(s->err);
    memset(p, 0, bytes); /* pages that were never written are all the same one */
    struct reading r = {s->isa, p, bytes};
    struct timed t = {go_read, &r, 0};
    double v[PASSES];
    cr_timed_calibrate(&t, s->slot);
    for (int i = 0; i < PASSES; i++)
        v[i] = (double)bytes / cr_timed_pass(&t) * 1e-9;
    cr_aligned_free(p);
    *out = (cr_bench_read){name[level], bytes, cr_spread_of(v, PASSES)};
    return CR_OK;
}

static void nothing(void *ctx, size_t item, int member)
{
    (void)ctx, (void)item, (void)member;
}

static void go_barrier(void *ctx, size_t times)
{
    struct team *team = ctx;
    for (size_t i = 0; i < times; i++)
        cr_team_run(team, (size_t)cr_team_size(team), nothing, NULL);
}

static cr_status measure_limits(struct session *s)
{
    cr_bench_limits *l = &s->bench->limits;
    l->fma_one = measure_fma(s, NULL);
    l->fma_team = measure_fma(s, s->team);
    cr_status status = advance(s);
    for (int level = 0; level < LEVELS && !status; level++)
        status = measure_read(s, level);
    if (status)
        return status;
    struct timed t = {go_barrier, s->team, 0};
    double v[PASSES];
    cr_timed_calibrate(&t, s->slot);
    for (int i = 0; i < PASSES; i++)
        v[i] = cr_timed_pass(&t) * 1e6;
    l->barrier = cr_spread_of(v, PASSES);
    return advance(s);
}

/* Passes of a subject, each just after one of the multiply-adds that it is compared with.
 * A pass that takes much longer than its slot is not repeated as often. */
static size_t measure_passes(struct session *s, struct timed *t, double *seconds, double *fma)
{
    struct fma f = {s->team, s->isa, 0};
    struct timed peak = {go_fma, &f, 0};
    cr_timed_calibrate(t, s->slot);
    if (fma)
        cr_timed_calibrate(&peak, s->slot / 4);
    const double start = cr_seconds();
    size_t n = 0;
    while (n < PASSES && (n == 0 || cr_seconds() - start < 4 * PASSES * s->slot)) {
        if (fma)
            fma[n] = fma_pass(&peak);
        seconds[n++] = cr_timed_pass(t);
    }
    return n;
}

static cr_status measure_step(struct session *s, cr_bench_row *row)
{
    struct subject *subject = NULL;
    cr_status status =
        cr_subject_create(&row->workload, CR_FOR_TRAINING, 0, 1, s->team, &subject, s->err);
    if (status)
        return status;
    struct timed t = {cr_subject_train, subject, 0};
    double seconds[PASSES], fma[PASSES], gflops[PASSES], share[PASSES];
    const size_t n = measure_passes(s, &t, seconds, fma);
    for (size_t i = 0; i < n; i++) {
        gflops[i] = row->flops / seconds[i] * 1e-9;
        share[i] = gflops[i] / fma[i];
        seconds[i] *= 1e6;
    }
    row->step = cr_spread_of(seconds, n);
    row->gflops = cr_spread_of(gflops, n);
    row->share = cr_spread_of(share, n);
    if (subject->diverged)
        status = cr_fail(s->err, CR_ERR_DIVERGED, "%s: the loss is not finite any more",
                         row->workload.name);
    cr_subject_free(subject);
    return status ? status : advance(s);
}

/* One row, one thread: every call timed by itself, less what reading the clock takes. */
static cr_status measure_latency(struct session *s, cr_bench_row *row)
{
    struct subject *subject = NULL;
    double *v = malloc(2 * LATENCIES * sizeof *v);
    cr_status status =
        v ? cr_subject_create(&row->workload, CR_FOR_PREDICTING, 1, 1, NULL, &subject, s->err)
          : cr_fail_memory(s->err);
    if (status) {
        free(v);
        return status;
    }
    cr_subject_predict(subject, 100);
    const double start = cr_seconds();
    size_t n = 0;
    while (n < LATENCIES && (n < 100 || cr_seconds() - start < s->slot * PASSES)) {
        const double begin = cr_seconds(), again = cr_seconds();
        cr_subject_predict(subject, 1);
        v[n] = (cr_seconds() - again) * 1e6;
        v[LATENCIES + n++] = (again - begin) * 1e6;
    }
    const double clock = cr_spread_of(v + LATENCIES, n).median;
    cr_spread_of(v, n); /* sorts */
    row->latency[0] = v[n / 2] > clock ? v[n / 2] - clock : 0;
    row->latency[1] = v[n - 1 - n / 100] > clock ? v[n - 1 - n / 100] - clock : 0;
    cr_subject_free(subject);
    free(v);
    return CR_OK;
}

static cr_status measure_predict(struct session *s, cr_bench_row *row)
{
    struct subject *subject = NULL;
    row->predict_rows = PREDICT_ROWS;
    cr_status status = cr_subject_create(&row->workload, CR_FOR_PREDICTING, PREDICT_ROWS, 1,
                                         s->team, &subject, s->err);
    if (status)
        return status;
    struct timed t = {cr_subject_predict, subject, 0};
    double v[PASSES];
    const size_t n = measure_passes(s, &t, v, NULL);
    for (size_t i = 0; i < n; i++)
        v[i] = PREDICT_ROWS / v[i];
    row->predict = cr_spread_of(v, n);
    cr_subject_free(subject);
    status = measure_latency(s, row);
    return status ? status : advance(s);
}

/* Curves: one number of a network in the middle of the table varies, in powers of two. */

static const struct curve {
    const char *name;
    size_t first, last;
} curves[] = {
    {"batch", 1, 1024},
    {"width", 8, 1024},
    {"depth", 1, 4},
    {"rows", 1, 4096},
};

static cr_workload at_point(const struct curve *c, size_t at)
{
    cr_workload w = {c->name, 3, {256, 256, 10}, "relu", "softmax", "cross-entropy", 128};
    if (strcmp(c->name, "batch") == 0)
        w.batch = at;
    if (strcmp(c->name, "width") == 0)
        w.units[0] = w.units[1] = at;
    if (strcmp(c->name, "depth") == 0) {
        w.n_units = at + 2;
        for (size_t i = 0; i <= at; i++)
            w.units[i] = 256;
        w.units[at + 1] = 10;
    }
    return w;
}

static cr_status measure_point(struct session *s, const struct curve *c, size_t at)
{
    const int predicts = strcmp(c->name, "rows") == 0;
    cr_workload w = at_point(c, at);
    w.precision = s->options.precision;
    struct subject *subject = NULL;
    cr_status status = cr_subject_create(&w, predicts ? CR_FOR_PREDICTING : CR_FOR_TRAINING,
                                         predicts ? at : 0, 1, s->team, &subject, s->err);
    if (status)
        return status;
    struct timed t = {predicts ? cr_subject_predict : cr_subject_train, subject, 0};
    double v[PASSES];
    const size_t n = measure_passes(s, &t, v, NULL);
    for (size_t i = 0; i < n; i++)
        v[i] *= 1e6;
    double flops = cr_workload_flops(&w);
    if (predicts)
        flops = 2.0 * (256 * 256 + 256 * 10) * (double)at;
    s->bench->point[s->bench->n_points++] =
        (cr_bench_point){c->name, at, flops, cr_spread_of(v, n)};
    if (subject->diverged)
        status =
            cr_fail(s->err, CR_ERR_DIVERGED, "curve %s: the loss is not finite any more", c->name);
    cr_subject_free(subject);
    return status ? status : advance(s);
}

static size_t next_point(const struct curve *c, size_t at)
{
    return strcmp(c->name, "depth") == 0 ? at + 1 : at * 2;
}

static cr_status measure_curves(struct session *s)
{
    cr_status status = CR_OK;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        for (size_t at = curves[i].first; at <= curves[i].last && !status;
             at = next_point(&curves[i], at))
            status = measure_point(s, &curves[i], at);
    return status;
}

static size_t count_points(void)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        for (size_t at = curves[i].first; at <= curves[i].last; at = next_point(&curves[i], at))
            n++;
    return n;
}

/* The whole. */

/* *name becomes the table's; NULL for gradient descent. */
static cr_status choose_optimiser(const struct session *s, const char **name)
{
    const char *near = NULL;
    const int row = s->options.optimiser ? cr_optimiser_find(s->options.optimiser, &near) : 0;
    *name = row > 0 ? cr_optimiser_row(row)->name : NULL;
    if (row >= 0)
        return CR_OK;
    cr_fail(s->err, CR_ERR_UNKNOWN, "unknown optimiser '%.60s'", s->options.optimiser);
    if (near)
        cr_hint(s->err, "did you mean '%s'?", near);
    return CR_ERR_UNKNOWN;
}

static cr_status choose_rows(struct session *s)
{
    cr_bench *b = s->bench;
    cr_workload w;
    const char *optimiser;
    size_t n = 0;
    const cr_status status = choose_optimiser(s, &optimiser);
    if (status)
        return status;
    while (cr_workload_row(n, &w))
        n++;
    b->row = calloc(n + 1, sizeof *b->row);
    b->point = calloc(POINTS, sizeof *b->point);
    if (!b->row || !b->point)
        return cr_fail_memory(s->err);
    for (size_t i = 0; i < n; i++) {
        cr_workload_row(i, &w);
        if (s->options.workload && strcmp(s->options.workload, w.name) != 0)
            continue;
        w.optimiser = optimiser;
        w.precision = s->options.precision;
        b->row[b->n_rows].workload = w;
        b->row[b->n_rows++].flops = cr_workload_flops(&w);
    }
    if (b->n_rows == 0)
        return cr_fail(s->err, CR_ERR_UNKNOWN, "there is no workload '%s'; they are W1 to W%zu",
                       s->options.workload, n);
    return CR_OK;
}

static cr_status measure(struct session *s)
{
    const unsigned what = s->options.what;
    cr_bench *b = s->bench;
    cr_status status = choose_rows(s);
    s->all = (what & CR_BENCH_LIMITS ? 2 : 0) + (what & CR_BENCH_STEPS ? b->n_rows : 0) +
             (what & CR_BENCH_PREDICT ? b->n_rows : 0) +
             (what & CR_BENCH_CURVES ? count_points() : 0);
    if (!status && what & CR_BENCH_LIMITS)
        status = measure_limits(s);
    for (size_t i = 0; i < b->n_rows && !status; i++) {
        if (what & CR_BENCH_STEPS)
            status = measure_step(s, &b->row[i]);
        if (!status && what & CR_BENCH_PREDICT)
            status = measure_predict(s, &b->row[i]);
    }
    if (!status && what & CR_BENCH_CURVES)
        status = measure_curves(s);
    return status;
}

cr_status cr_bench_run(const cr_bench_options *options, cr_bench **out, cr_error *err)
{
    struct session s = {.options = *options, .err = err};
    cr_bench_options *o = &s.options;
    if (o->what == 0)
        o->what = CR_BENCH_LIMITS | CR_BENCH_STEPS | CR_BENCH_PREDICT;
    if (o->seconds == 0)
        o->seconds = 0.5;
    if (!(o->seconds > 0 && o->seconds <= 3600))
        return cr_fail(err, CR_ERR_ARGUMENT, "the seconds must be above 0, and at most 3600");
    s.slot = o->seconds / PASSES;
    s.isa = cr_isa_name(cr_isa_best());
    if (o->precision < CR_PRECISION_DEFAULT || o->precision > CR_PRECISION_BF16)
        return cr_fail(err, CR_ERR_ARGUMENT, "%d is no precision", (int)o->precision);
    s.bench = calloc(1, sizeof *s.bench);
    if (!s.bench)
        return cr_fail_memory(err);
    cr_status status = cr_team_create(o->threads, &s.team, err);
    if (!status) {
        s.bench->threads = cr_team_size(s.team);
        s.bench->processors = cr_cpu_count();
        s.bench->isa = s.isa;
        s.bench->precision = o->precision;
        s.bench->products =
            o->precision == CR_PRECISION_BF16 ? cr_isa_name(cr_isa_best_bf16()) : s.isa;
        s.bench->compiler = __VERSION__;
#ifdef NDEBUG
        s.bench->optimised = 1;
#endif
        status = measure(&s);
    }
    cr_team_destroy(s.team);
    if (status) {
        cr_bench_free(s.bench);
        return status;
    }
    *out = s.bench;
    return CR_OK;
}

void cr_bench_free(cr_bench *bench)
{
    if (!bench)
        return;
    free(bench->row);
    free(bench->point);
    free(bench);
}
