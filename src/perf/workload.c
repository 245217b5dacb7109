#include "perf/workload.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"

static const cr_workload table[] = {
    {"W1", 3, {2, 2, 1}, "sigmoid", "sigmoid", "half-squared", 1},
    {"W2", 3, {2, 8, 1}, "tanh", "tanh", "half-squared", 4},
    {"W3", 3, {64, 64, 10}, "relu", "softmax", "cross-entropy", 32},
    {"W4", 3, {784, 128, 10}, "relu", "softmax", "cross-entropy", 128},
    {"W5", 4, {784, 512, 512, 10}, "relu", "softmax", "cross-entropy", 128},
    {"W6", 6, {1024, 1024, 1024, 1024, 1024, 10}, "relu", "softmax", "cross-entropy", 1024},
    {"W7", 5, {100, 256, 256, 256, 1}, "relu", "identity", "half-squared", 256},
};

int cr_workload_row(size_t index, cr_workload *out)
{
    if (index >= sizeof table / sizeof *table)
        return 0;
    *out = table[index];
    return 1;
}

double cr_workload_flops(const cr_workload *w)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < w->n_units; i++)
        sum += (i ? 6.0 : 4.0) * (double)w->units[i] * (double)w->units[i + 1];
    return sum * (double)w->batch;
}

static float between(uint64_t seed, size_t i)
{
    uint32_t word[4];
    const struct random_key key = {seed, RANDOM_CHECK, 0};
    cr_random_u32x4(key, i / 4, word);
    return (float)(word[i % 4] >> 8) * 0x1p-23f - 1;
}

static void fill(struct subject *s, uint64_t seed, size_t inputs, size_t outputs)
{
    const size_t rows = s->rows * BATCHES;
    const size_t n = rows * inputs;
    for (size_t i = 0; i < n; i++)
        s->in[i] = between(seed, i);
    const int classes = strcmp(s->workload.output, "softmax") == 0;
    for (size_t r = 0; s->targets && r < rows; r++)
        for (size_t k = 0; k < outputs; k++)
            s->targets[r * outputs + k] =
                classes ? (r + r / s->rows) % outputs == k : between(seed, n + r * outputs + k) / 2;
}

static cr_status build_net(const cr_workload *w, uint64_t seed, cr_net **out, cr_error *err)
{
    cr_builder *b = cr_builder_create(w->units[0]);
    if (!b)
        return cr_fail_memory(err);
    for (size_t i = 1; i < w->n_units; i++)
        cr_builder_dense(b, w->units[i], i + 1 == w->n_units ? w->output : w->hidden);
    cr_builder_loss(b, w->loss, 0);
    if (w->optimiser)
        cr_builder_optimiser(b, w->optimiser, 0);
    const cr_status status = cr_builder_build(b, CR_F32, seed, out, err);
    cr_builder_free(b);
    return status;
}

static cr_status allocate(struct subject *s, cr_purpose purpose, cr_error *err)
{
    const size_t inputs = cr_net_inputs(s->net), outputs = cr_net_outputs(s->net);
    size_t n_in, n_out;
    if (!cr_mul_size(s->rows * BATCHES, inputs, &n_in) ||
        !cr_mul_size(s->rows * BATCHES, outputs, &n_out))
        return cr_fail_memory(err);
    s->in = cr_aligned_alloc(n_in, sizeof *s->in);
    s->work = cr_work_alloc(cr_plan_work_size(s->plan));
    if (purpose == CR_FOR_TRAINING)
        s->targets = cr_aligned_alloc(n_out, sizeof *s->targets);
    if (!s->in || !s->work || (purpose == CR_FOR_TRAINING && !s->targets))
        return cr_fail_memory(err);
    return CR_OK;
}

cr_status cr_subject_create(const cr_workload *w, cr_purpose purpose, size_t rows, uint64_t seed,
                            struct team *team, struct subject **out, cr_error *err)
{
    const cr_precision precision = purpose == CR_FOR_TRAINING ? w->precision : CR_PRECISION_FLOAT32;
    struct subject *s = calloc(1, sizeof *s);
    if (!s)
        return cr_fail_memory(err);
    s->workload = *w;
    s->rows = rows ? rows : w->batch;
    cr_status status = build_net(w, seed, &s->net, err);
    if (!status)
        status = cr_plan_create_in(s->net, purpose, precision, s->rows, &s->plan, err);
    if (!status && purpose == CR_FOR_PREDICTING)
        status = cr_plan_freeze(s->plan, err);
    if (!status)
        status = allocate(s, purpose, err);
    if (!status)
        status = cr_state_create(s->net, &s->state, err);
    if (status) {
        cr_subject_free(s);
        return status;
    }
    fill(s, seed, cr_net_inputs(s->net), cr_net_outputs(s->net));
    s->run = (struct run){.rows = s->rows,
                          .params = cr_net_params(s->net),
                          .rate = w->optimiser ? s->net->spec->optimiser.learning_rate : 0.01,
                          .state = cr_state_values(s->state),
                          .t = 1,
                          .work = s->work,
                          .team = team};
    *out = s;
    return CR_OK;
}

void cr_subject_free(struct subject *s)
{
    if (!s)
        return;
    cr_aligned_free(s->in);
    cr_aligned_free(s->targets);
    cr_work_free(s->work);
    cr_state_free(s->state);
    cr_plan_free(s->plan);
    cr_net_free(s->net);
    free(s);
}

int cr_subject_use(struct subject *s, enum isa isa)
{
    const struct kernels_f32 *kernels =
        s->plan->precision == CR_PRECISION_BF16 ? cr_kernels_bf16(isa) : cr_kernels_f32(isa);
    if (kernels)
        s->plan->f32 = kernels;
    return kernels != NULL;
}

static void next_batch(struct subject *s)
{
    s->run.in = s->in + s->next * s->rows * s->workload.units[0];
    if (s->targets)
        s->run.targets =
            s->targets + s->next * s->rows * s->workload.units[s->workload.n_units - 1];
    s->next = (s->next + 1) % BATCHES;
}

void cr_subject_train(void *ctx, size_t times)
{
    struct subject *s = ctx;
    s->run.in = s->in;
    s->run.targets = s->targets;
    const struct batches all = {BATCHES, s->next, times};
    s->diverged |= cr_plan_train(s->plan, &s->run, &all, NULL) < times;
    s->run.t += times;
    s->next = (s->next + times) % BATCHES;
}

void cr_subject_predict(void *ctx, size_t times)
{
    struct subject *s = ctx;
    for (size_t i = 0; i < times; i++) {
        next_batch(s);
        cr_plan_run(s->plan, &s->run, PHASE_FORWARD, PHASE_FORWARD);
    }
}
