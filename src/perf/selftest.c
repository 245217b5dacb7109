/* The self-test: kernels against the reference, and the same weights whatever the
 * instruction set and the number of threads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernels/check.h"
#include "net/tables.h"
#include "perf/sha256.h"
#include "perf/workload.h"

enum { NETWORKS = 6, STEPS = 2, KERNEL_ROUNDS = 200, MOST_UNITS = 70, MOST_ROWS = 200 };

static const int threads[] = {1, 2, 3, 4, 7, 8};
enum { N_THREADS = sizeof threads / sizeof *threads };

struct session {
    cr_selftest_options options;
    cr_selftest *result;
    struct team *team[N_THREADS];
    struct sha256 all;
    size_t done, work;
    cr_error *err;
};

static cr_status advance(struct session *s)
{
    s->done++;
    if (s->options.progress && s->options.progress(s->options.ctx, s->done, s->work))
        return cr_fail(s->err, CR_ERR_CANCELLED, "%s", cr_status_text(CR_ERR_CANCELLED));
    return CR_OK;
}

/* Networks that are shared by outputs, not by rows: odd widths and powers of two, one input, one
 * output, and more rows than a slice has. The reference takes half a second for some. */
static const cr_workload large[] = {
    {"large", 3, {190, 181, 10}, "relu", "softmax", "cross-entropy", 70},
    {"large", 3, {256, 128, 1}, "tanh", "identity", "half-squared", 65},
    {"large", 4, {33, 257, 129, 3}, "sigmoid", "softmax", "cross-entropy", 100},
    {"large", 3, {128, 256, 2}, "relu", "identity", "half-squared", 1026},
    {"large", 6, {97, 97, 97, 97, 97, 5}, "relu", "softmax", "cross-entropy", 67},
    {"large", 4, {512, 64, 64, 1}, "relu", "identity", "half-squared", 129},
    {"large", 3, {1, 8192, 3}, "tanh", "softmax", "cross-entropy", 66},
};
enum { N_LARGE = sizeof large / sizeof *large };

/* Network `index`: every third is one of the large ones. The sizes of the others are random, small
 * and odd ones among them, so that whole and broken vectors and slices occur. Every optimiser
 * has its turn. */
static cr_workload network(size_t index)
{
    static const char *const hidden[] = {"relu", "tanh", "sigmoid"};
    const struct random_key key = {1 + index, RANDOM_CHECK, 1};
    const char *optimiser = cr_optimiser_row((int)((index + index / 3) % OPT_COUNT))->name;
    if (index % 3 == 1) {
        cr_workload w = large[index / 3 % N_LARGE];
        w.optimiser = optimiser;
        return w;
    }
    cr_workload w = {"random", 3 + cr_random_below(key, 0, 3)};
    for (size_t i = 0; i < w.n_units; i++)
        w.units[i] = 1 + cr_random_below(key, 1 + i, MOST_UNITS);
    const int classes = index % 2 == 0 && w.units[w.n_units - 1] > 1;
    w.hidden = hidden[index % 3];
    w.output = classes ? "softmax" : "identity";
    w.loss = classes ? "cross-entropy" : "half-squared";
    w.batch = 1 + cr_random_below(key, 10, MOST_ROWS);
    w.optimiser = optimiser;
    return w;
}

/* Weights after a few steps: a block, freed with free. */
static cr_status train(const cr_workload *w, enum isa isa, struct team *team, float **out,
                       size_t *n, cr_error *err)
{
    struct subject *s = NULL;
    cr_status status = cr_subject_create(w, CR_FOR_TRAINING, 0, 7, team, &s, err);
    if (status)
        return status;
    *n = cr_net_n_params(s->net);
    float *copy = malloc(*n * sizeof *copy);
    if (copy && cr_subject_use(s, isa)) {
        cr_subject_train(s, w->batch > MOST_ROWS ? 1 : STEPS);
        memcpy(copy, cr_net_params(s->net), *n * sizeof *copy);
    }
    const int diverged = s->diverged;
    cr_subject_free(s);
    if (!copy)
        return cr_fail_memory(err);
    if (diverged && isa == ISA_REF) { /* anything would equal that */
        free(copy);
        cr_fail(err, CR_ERR_DIVERGED, "the loss of a network is not finite");
        return CR_ERR_DIVERGED;
    }
    *out = copy;
    return CR_OK;
}

/* One instruction set on every number of threads. */
static cr_status compare(struct session *s, const cr_workload *w, enum isa isa,
                         cr_selftest_row *row, const float *want, size_t size)
{
    for (int i = 0; i < N_THREADS; i++) {
        float *got = NULL;
        size_t n;
        const cr_status status = train(w, isa, s->team[i], &got, &n, s->err);
        if (status)
            return status;
        row->runs++;
        row->wrong += n != size || memcmp(want, got, size * sizeof *want) != 0;
        free(got);
    }
    return CR_OK;
}

/* Who is only near the reference follows his own bits. */
static cr_status compare_near(struct session *s, const cr_workload *w, enum isa isa,
                              cr_selftest_row *row)
{
    float *want = NULL;
    size_t n = 0;
    cr_status status = train(w, isa, NULL, &want, &n, s->err);
    if (!status)
        status = compare(s, w, isa, row, want, n);
    free(want);
    return status;
}

static cr_status compare_all(struct session *s, const cr_workload *w, const float *want,
                             size_t size)
{
    const int bf16 = w->precision == CR_PRECISION_BF16;
    cr_selftest_row *row = s->result->row;
    cr_status status = CR_OK;
    for (int isa = 0; isa < ISA_COUNT && !status; isa++) {
        if (cr_kernels_f32((enum isa)isa))
            status = compare(s, w, (enum isa)isa, row++, want, size);
        else if (cr_kernels_bf16((enum isa)isa))
            status = bf16 ? compare_near(s, w, (enum isa)isa, row++) : (row++, CR_OK);
    }
    return status;
}

static cr_status check_kernels(struct session *s)
{
    void *work = cr_work_alloc(KERNEL_CHECK_WORK);
    cr_status status = work ? CR_OK : cr_fail_memory(s->err);
    cr_selftest_row *row = s->result->row;
    for (int isa = 0; isa < ISA_COUNT && !status; isa++) {
        const struct kernels_f32 *f32 = cr_kernels_f32((enum isa)isa);
        const struct kernels_f32 *bf16 = cr_kernels_bf16((enum isa)isa);
        if (f32)
            row->differs =
                cr_kernel_check(f32, cr_kernels_f64((enum isa)isa), KERNEL_ROUNDS, 1, work, NULL);
        if (bf16 && !row->differs)
            row->differs = cr_kernel_check_bf16(bf16, KERNEL_ROUNDS, 1, work, NULL);
        if (f32 || bf16) {
            row++;
            status = advance(s);
        }
    }
    cr_work_free(work);
    return status;
}

/* Those that move all parameters at once refuse bf16. */
static int takes_bf16(const cr_workload *w)
{
    return !cr_optimiser_row(cr_optimiser_find(w->optimiser, NULL))->whole;
}

static cr_status check_training(struct session *s)
{
    for (size_t i = 0; i < 2 * s->result->networks; i++) {
        cr_workload w = network(i / 2);
        w.precision = i % 2 ? CR_PRECISION_BF16 : CR_PRECISION_FLOAT32;
        if (i % 2 && !takes_bf16(&w))
            w.optimiser = NULL;
        float *want = NULL;
        size_t n = 0;
        cr_status status = train(&w, ISA_REF, NULL, &want, &n, s->err);
        if (status)
            return status;
        for (size_t k = 0; k < n; k++) { /* the same digest where bytes lie the other way round */
            uint32_t word;
            memcpy(&word, &want[k], sizeof word);
            const unsigned char bytes[4] = {(unsigned char)word, (unsigned char)(word >> 8),
                                            (unsigned char)(word >> 16),
                                            (unsigned char)(word >> 24)};
            cr_sha256_add(&s->all, bytes, sizeof bytes);
        }
        status = compare_all(s, &w, want, n);
        free(want);
        if (!status && i % 2)
            status = advance(s);
        if (status)
            return status;
    }
    return CR_OK;
}

static cr_status begin(struct session *s)
{
    cr_selftest *r = s->result;
    r->networks = s->options.networks ? s->options.networks : NETWORKS;
    r->row = calloc(ISA_COUNT, sizeof *r->row);
    if (!r->row)
        return cr_fail_memory(s->err);
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        const int f32 = cr_kernels_f32((enum isa)isa) != NULL;
        if (f32 || cr_kernels_bf16((enum isa)isa))
            r->row[r->n_rows++] =
                (cr_selftest_row){.isa = cr_isa_name((enum isa)isa), .is_near = !f32};
    }
    s->work = r->networks + r->n_rows;
    for (int i = 0; i < N_THREADS; i++) {
        const cr_status status = cr_team_create_for(threads[i], threads[i], &s->team[i], s->err);
        if (status)
            return status;
    }
    return CR_OK;
}

static void judge(cr_selftest *r)
{
    r->passed = 1;
    for (size_t i = 0; i < r->n_rows; i++)
        r->passed &= !r->row[i].differs && r->row[i].wrong == 0;
}

cr_status cr_selftest_run(const cr_selftest_options *options, cr_selftest **out, cr_error *err)
{
    static const cr_selftest_options defaults;
    struct session s = {.options = options ? *options : defaults, .err = err};
    s.result = calloc(1, sizeof *s.result);
    if (!s.result)
        return cr_fail_memory(err);
    cr_sha256_start(&s.all);
    cr_status status = begin(&s);
    if (!status)
        status = check_training(&s);
    if (!status)
        status = check_kernels(&s);
    for (int i = 0; i < N_THREADS; i++)
        cr_team_destroy(s.team[i]);
    if (status) {
        cr_selftest_free(s.result);
        return status;
    }
    cr_sha256_hex(&s.all, s.result->weights);
    judge(s.result);
    *out = s.result;
    return CR_OK;
}

void cr_selftest_free(cr_selftest *selftest)
{
    if (!selftest)
        return;
    free(selftest->row);
    free(selftest);
}
