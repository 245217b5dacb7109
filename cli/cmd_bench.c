/* chainrule bench: what this machine can do, and how much of it training gets. */
#include <stdio.h>
#include <string.h>

#include "chainrule/bench.h"
#include "cli.h"

struct args {
    const char *workload, *optimiser, *output;
    double seconds;
    int threads, format, part, precision;
};
static const struct args defaults = {.seconds = 0.5};

static const char *const formats[] = {"text", "json", NULL};
enum { JSON = 1 };
#define PLAIN "gradient-descent"

static const char *const parts[] = {"all", "limits", "steps", "predict", "curves", NULL};
static const unsigned part_bits[] = {CR_BENCH_LIMITS | CR_BENCH_STEPS | CR_BENCH_PREDICT,
                                     CR_BENCH_LIMITS, CR_BENCH_STEPS, CR_BENCH_PREDICT,
                                     CR_BENCH_CURVES};

static const char *const precisions[] = {"float32", "bf16", NULL};

static const struct positional positionals[] = {
    {0},
};
static const struct option options[] = {
    {"workload", 'w', "NAME", "only this one, W1 to W7", OPTION_STRING,
     offsetof(struct args, workload)},
    {"optimiser", 0, "NAME", "of the steps, as in 'chainrule list optimisers'", OPTION_STRING,
     offsetof(struct args, optimiser)},
    {"threads", 'j', "N", "how many threads; 0: as many as there are processors", OPTION_INT,
     offsetof(struct args, threads), .min = 0, .max = 1024},
    {"seconds", 's', "S", "how long to measure each figure, roughly", OPTION_DOUBLE,
     offsetof(struct args, seconds), .min = 1e-6, .max = 3600},
    {"part", 'p', "PART", "what to measure; all is everything but the curves", OPTION_CHOICE,
     offsetof(struct args, part), .choices = parts},
    {"precision", 0, "TYPE", "of the factors of matrix products in training steps", OPTION_CHOICE,
     offsetof(struct args, precision), .choices = precisions},
    {"format", 0, "FORMAT", "how to write it", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

static void print_sizes(FILE *to, const cr_workload *w, const char *between)
{
    for (size_t i = 0; i < w->n_units; i++)
        fprintf(to, "%s%zu", i ? between : "", w->units[i]);
}

static void print_limits(FILE *to, const cr_bench *b)
{
    const cr_bench_limits *l = &b->limits;
    fputs("Limits: median (lowest to highest pass)\n", to);
    fprintf(to, "  multiply-adds, 1 thread    %8.1f GFLOP/s (%.1f to %.1f)\n", l->fma_one.median,
            l->fma_one.low, l->fma_one.high);
    if (b->threads > 1)
        fprintf(to, "  multiply-adds, %d threads   %8.1f GFLOP/s (%.1f to %.1f)\n", b->threads,
                l->fma_team.median, l->fma_team.low, l->fma_team.high);
    for (size_t i = 0; i < sizeof l->read / sizeof *l->read; i++) {
        const cr_bench_read *r = &l->read[i];
        fprintf(to, "  read, %-6s %6zu KiB    %8.1f GB/s (%.1f to %.1f)\n", r->level,
                r->bytes / 1024, r->gigabytes.median, r->gigabytes.low, r->gigabytes.high);
    }
    fprintf(to, "  barrier, %d thread%s         %8.2f us (%.2f to %.2f)\n\n", b->threads,
            b->threads == 1 ? " " : "s", l->barrier.median, l->barrier.low, l->barrier.high);
}

static void print_steps(FILE *to, const cr_bench *b)
{
    const char *optimiser = b->n_rows ? b->row[0].workload.optimiser : NULL;
    fprintf(to,
            "Training steps: forward, loss, backward, update by %s; share of the\n"
            "multiply-adds that the same threads do out of registers just before\n\n",
            optimiser ? optimiser : "gradient descent");
    fprintf(to, "  %-4s %6s %14s %28s %9s %7s\n", "", "batch", "us per step", "(lowest to highest)",
            "GFLOP/s", "share");
    for (size_t i = 0; i < b->n_rows; i++) {
        const cr_bench_row *r = &b->row[i];
        char range[64];
        snprintf(range, sizeof range, "(%.4g to %.4g)", r->step.low, r->step.high);
        fprintf(to, "  %-4s %6zu %14.4g %28s %9.2f %6.1f%%\n", r->workload.name, r->workload.batch,
                r->step.median, range, r->gflops.median, 100 * r->share.median);
    }
    fputc('\n', to);
}

static void print_predictions(FILE *to, const cr_bench *b)
{
    fprintf(to,
            "Prediction: rows per second in batches of %zu; one row by itself on one thread\n\n",
            b->row[0].predict_rows);
    fprintf(to, "  %-4s %14s %28s %9s %9s\n", "", "rows/s", "(lowest to highest)", "p50 us",
            "p99 us");
    for (size_t i = 0; i < b->n_rows; i++) {
        const cr_bench_row *r = &b->row[i];
        char range[64];
        snprintf(range, sizeof range, "(%.4g to %.4g)", r->predict.low, r->predict.high);
        fprintf(to, "  %-4s %14.4g %28s %9.2f %9.2f\n", r->workload.name, r->predict.median, range,
                r->latency[0], r->latency[1]);
    }
    fputc('\n', to);
}

static void print_curves(FILE *to, const cr_bench *b)
{
    fputs("Growth: 256-256-10, ReLU, softmax, batch 128, and one of these varied; rows are\n"
          "predicted, the others are training steps\n\n",
          to);
    fprintf(to, "  %-6s %6s %14s %28s %9s\n", "", "", "us", "(lowest to highest)", "GFLOP/s");
    for (size_t i = 0; i < b->n_points; i++) {
        const cr_bench_point *p = &b->point[i];
        char range[64];
        snprintf(range, sizeof range, "(%.4g to %.4g)", p->time.low, p->time.high);
        fprintf(to, "  %-6s %6zu %14.4g %28s %9.2f\n", p->curve, p->at, p->time.median, range,
                p->flops / p->time.median * 1e-3);
    }
    fputc('\n', to);
}

static void print_text(FILE *to, const cr_bench *b, unsigned what)
{
    fprintf(to, "chainrule %s, %s, %d of %d processors, compiler %s\n", cr_version(), b->isa,
            b->threads, b->processors, b->compiler);
    if (b->precision == CR_PRECISION_BF16)
        fprintf(to, "Matrix products of training steps: bf16, %s%s\n", b->products,
                strcmp(b->products, b->isa) ? "" : " (float32 arithmetic on rounded factors)");
    if (!b->optimised)
        fputs("This is a build for debugging: its times say little.\n", to);
    fputc('\n', to);
    if (what & CR_BENCH_LIMITS)
        print_limits(to, b);
    if (what & (CR_BENCH_STEPS | CR_BENCH_PREDICT)) {
        for (size_t i = 0; i < b->n_rows; i++) {
            const cr_workload *w = &b->row[i].workload;
            fprintf(to, "  %-3s ", w->name);
            print_sizes(to, w, "-");
            fprintf(to, ", %s, %s, %s\n", w->hidden, w->output, w->loss);
        }
        fputc('\n', to);
    }
    if (what & CR_BENCH_STEPS)
        print_steps(to, b);
    if (what & CR_BENCH_PREDICT)
        print_predictions(to, b);
    if (what & CR_BENCH_CURVES)
        print_curves(to, b);
}

/* JSON. Every string here is one of the library's own names. */

static void json_spread(FILE *to, const char *key, cr_spread s)
{
    fprintf(to, ", \"%s\": {\"median\": %.6g, \"low\": %.6g, \"high\": %.6g}", key, s.median, s.low,
            s.high);
}

static void json_limits(FILE *to, const cr_bench_limits *l)
{
    fputs(",\n \"limits\": {\"unit\": \"GFLOP/s, GB/s, us\"", to);
    json_spread(to, "fma_one", l->fma_one);
    json_spread(to, "fma_team", l->fma_team);
    fputs(",\n  \"read\": [", to);
    for (size_t i = 0; i < sizeof l->read / sizeof *l->read; i++) {
        fprintf(to, "%s{\"level\": \"%s\", \"bytes\": %zu", i ? ",\n   " : "", l->read[i].level,
                l->read[i].bytes);
        json_spread(to, "gigabytes", l->read[i].gigabytes);
        fputc('}', to);
    }
    fputc(']', to);
    json_spread(to, "barrier", l->barrier);
    fputc('}', to);
}

static void json_row(FILE *to, const cr_bench_row *r, unsigned what)
{
    const cr_workload *w = &r->workload;
    fprintf(to, "  {\"name\": \"%s\", \"units\": [", w->name);
    print_sizes(to, w, ", ");
    fprintf(to,
            "], \"hidden\": \"%s\", \"output\": \"%s\", \"loss\": \"%s\", \"batch\": %zu, "
            "\"optimiser\": \"%s\", \"flops\": %.0f",
            w->hidden, w->output, w->loss, w->batch, w->optimiser ? w->optimiser : PLAIN, r->flops);
    if (what & CR_BENCH_STEPS) {
        json_spread(to, "step_us", r->step);
        json_spread(to, "gflops", r->gflops);
        json_spread(to, "share", r->share);
    }
    if (what & CR_BENCH_PREDICT) {
        fprintf(to, ", \"predict_batch\": %zu", r->predict_rows);
        json_spread(to, "predict_rows_per_second", r->predict);
        fprintf(to, ", \"latency_us\": {\"p50\": %.6g, \"p99\": %.6g}", r->latency[0],
                r->latency[1]);
    }
    fputc('}', to);
}

static void print_json(FILE *to, const cr_bench *b, unsigned what)
{
    fprintf(to,
            "{\"version\": \"%s\", \"isa\": \"%s\", \"threads\": %d, \"processors\": %d, "
            "\"compiler\": \"%s\", \"optimised\": %s",
            cr_version(), b->isa, b->threads, b->processors, b->compiler,
            b->optimised ? "true" : "false");
    fprintf(to, ", \"precision\": \"%s\", \"products\": \"%s\"",
            precisions[b->precision == CR_PRECISION_BF16], b->products);
    if (what & CR_BENCH_LIMITS)
        json_limits(to, &b->limits);
    fputs(",\n \"workloads\": [\n", to);
    for (size_t i = 0; i < b->n_rows; i++) {
        json_row(to, &b->row[i], what);
        fputs(i + 1 < b->n_rows ? ",\n" : "\n", to);
    }
    fputs(" ]", to);
    if (what & CR_BENCH_CURVES) {
        fputs(",\n \"curves\": [\n", to);
        for (size_t i = 0; i < b->n_points; i++) {
            const cr_bench_point *p = &b->point[i];
            fprintf(to, "  {\"curve\": \"%s\", \"at\": %zu, \"flops\": %.0f", p->curve, p->at,
                    p->flops);
            json_spread(to, "us", p->time);
            fputs(i + 1 < b->n_points ? "},\n" : "}\n", to);
        }
        fputs(" ]", to);
    }
    fputs("}\n", to);
}

static int go_on(void *ctx, size_t done, size_t all)
{
    (void)ctx, (void)done, (void)all;
    return cli_interrupted();
}

static int run(const void *p)
{
    const struct args *args = p;
    const cr_bench_options how = {.what = part_bits[args->part],
                                  .threads = args->threads,
                                  .seconds = args->seconds,
                                  .workload = args->workload,
                                  .optimiser = args->optimiser,
                                  .precision = (cr_precision)(args->precision + 1),
                                  .progress = go_on};
    cr_error err = {0};
    cr_bench *bench = NULL;
    struct cli_out out;
    cli_catch_interrupt();
    if (cr_bench_run(&how, &bench, &err))
        return cli_fail(&err);
    int result = cli_out_open(&out, args->output);
    if (!result) {
        if (args->format == JSON)
            print_json(out.file, bench, how.what);
        else
            print_text(out.file, bench, how.what);
        result = cli_out_close(&out);
    }
    cr_bench_free(bench);
    return result;
}

const struct command cli_bench = {
    "bench",
    "measure this machine, and training and prediction on it",
    "Seven workloads, from a 2-2-1 network trained row by row to 1024-wide layers, each with its "
    "time per training step, GFLOP/s (2 for a multiply-add of forward, input gradient and "
    "weight gradient; the first layer needs no input gradient) and share of what the machine's "
    "multiply-adds reach out of registers. Figures are medians of seven passes; a busy machine "
    "shows in their spread.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
