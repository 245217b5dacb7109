/* Time per training step (forward, loss, backward, update), beside C written by hand for just
 * that network. Both run alternately in one process; the ratio is what counts, for machines
 * and their neighbours differ. */
#include <chainrule/chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PASSES = 15, MOST_UNITS = 128, MOST_LAYERS = 4 };

struct workload {
    const char *name;
    int layers, units[MOST_LAYERS]; /* inputs first */
    const char *hidden, *output, *loss;
    size_t batch;
    int steps; /* per pass */
};

static const struct workload workloads[] = {
    {"2-2-1 sigmoid, half squared, online",
     3,
     {2, 2, 1},
     "sigmoid",
     "sigmoid",
     "half-squared",
     1,
     20000},
    {"2-8-1 tanh, half squared, batch 4", 3, {2, 8, 1}, "tanh", "tanh", "half-squared", 4, 5000},
    {"64-64-10 ReLU, softmax, batch 32",
     3,
     {64, 64, 10},
     "relu",
     "softmax",
     "cross-entropy",
     32,
     50},
};

/* The same arithmetic for two dense layers, in plain loops. */
struct by_hand {
    float w1[MOST_UNITS][MOST_UNITS], b1[MOST_UNITS], w2[MOST_UNITS][MOST_UNITS], b2[MOST_UNITS];
    float dw1[MOST_UNITS][MOST_UNITS], db1[MOST_UNITS], dw2[MOST_UNITS][MOST_UNITS],
        db2[MOST_UNITS];
};

static float activate(const char *name, float u)
{
    return name[0] == 's' ? 1 / (1 + expf(-u)) : name[0] == 't' ? tanhf(u) : u > 0 ? u : 0;
}

static float derivative(const char *name, float z)
{
    return name[0] == 's' ? z * (1 - z) : name[0] == 't' ? 1 - z * z : z > 0;
}

static void hand_row(struct by_hand *h, const struct workload *w, const float *x, const float *t)
{
    const int in = w->units[0], mid = w->units[1], out = w->units[2];
    float z[MOST_UNITS], y[MOST_UNITS], d2[MOST_UNITS], sum = 0;
    for (int j = 0; j < mid; j++) {
        float u = h->b1[j];
        for (int i = 0; i < in; i++)
            u += h->w1[j][i] * x[i];
        z[j] = activate(w->hidden, u);
    }
    const int softmax = w->output[2] == 'f';
    for (int k = 0; k < out; k++) {
        float u = h->b2[k];
        for (int j = 0; j < mid; j++)
            u += h->w2[k][j] * z[j];
        y[k] = softmax ? expf(u) : activate(w->output, u);
        sum += y[k];
    }
    for (int k = 0; k < out; k++) {
        if (softmax)
            y[k] /= sum;
        d2[k] = (y[k] - t[k]) * (softmax ? 1 : derivative(w->output, y[k])) / (float)w->batch;
        h->db2[k] += d2[k];
        for (int j = 0; j < mid; j++)
            h->dw2[k][j] += d2[k] * z[j];
    }
    for (int j = 0; j < mid; j++) {
        float g = 0;
        for (int k = 0; k < out; k++)
            g += d2[k] * h->w2[k][j];
        g *= derivative(w->hidden, z[j]);
        h->db1[j] += g;
        for (int i = 0; i < in; i++)
            h->dw1[j][i] += g * x[i];
    }
}

static void descend(float *w, float *dw, int n, float rate)
{
    for (int i = 0; i < n; i++) {
        w[i] -= rate * dw[i];
        dw[i] = 0;
    }
}

static void hand_step(struct by_hand *h, const struct workload *w, const float *in, const float *t)
{
    for (size_t r = 0; r < w->batch; r++)
        hand_row(h, w, in + r * (size_t)w->units[0], t + r * (size_t)w->units[2]);
    for (int j = 0; j < w->units[1]; j++)
        descend(h->w1[j], h->dw1[j], w->units[0], 0.01f);
    for (int k = 0; k < w->units[2]; k++)
        descend(h->w2[k], h->dw2[k], w->units[1], 0.01f);
    descend(h->b1, h->db1, w->units[1], 0.01f);
    descend(h->b2, h->db2, w->units[2], 0.01f);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static cr_status prepare(const struct workload *w, cr_net **net, cr_plan **plan, cr_error *err)
{
    cr_builder *b = cr_builder_create((size_t)w->units[0]);
    for (int i = 1; i < w->layers; i++)
        cr_builder_dense(b, (size_t)w->units[i], i + 1 == w->layers ? w->output : w->hidden);
    cr_builder_loss(b, w->loss, 0);
    cr_status status = cr_builder_build(b, CR_F32, 1, net, err);
    if (!status)
        status = cr_plan_create(*net, CR_FOR_TRAINING, w->batch, plan, err);
    cr_builder_free(b);
    return status;
}

static void copy_params(const cr_net *net, const float *from, struct by_hand *h)
{
    for (size_t g = 0; g < cr_net_n_groups(net); g++) {
        const cr_param_group p = cr_net_group(net, g);
        for (size_t r = 0; r < p.rows && p.what[0] == 'w'; r++)
            for (size_t c = 0; c < p.cols; c++)
                (g == 0 ? h->w1 : h->w2)[r][c] = from[p.offset + r * p.cols + c];
    }
}

static int run(const struct workload *w)
{
    static struct by_hand hand;
    static float in[64 * MOST_UNITS], targets[64 * MOST_UNITS];
    cr_error err;
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    if (prepare(w, &net, &plan, &err)) {
        fprintf(stderr, "%s: %s\n", w->name, err.message);
        return 0;
    }
    const size_t size = cr_plan_work_size(plan);
    void *work = cr_work_alloc(size);
    hand = (struct by_hand){0};
    copy_params(net, cr_net_params(net), &hand);
    for (size_t i = 0; i < w->batch * (size_t)w->units[0]; i++)
        in[i] = (float)(i * 37 % 17) / 17;
    for (size_t r = 0; r < w->batch; r++)
        for (int k = 0; k < w->units[2]; k++)
            targets[r * (size_t)w->units[2] + (size_t)k] = (int)r % w->units[2] == k;

    double ours[PASSES], theirs[PASSES], ratio[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
        double t = now();
        for (int i = 0; i < w->steps; i++)
            if (cr_train_step(plan, in, targets, w->batch, 0.01, NULL, work, size, &err))
                return 0;
        ours[pass] = (now() - t) / w->steps * 1e6;
        t = now();
        for (int i = 0; i < w->steps; i++)
            hand_step(&hand, w, in, targets);
        theirs[pass] = (now() - t) / w->steps * 1e6;
        ratio[pass] = ours[pass] / theirs[pass];
    }
    qsort(ours, PASSES, sizeof *ours, by_value);
    qsort(theirs, PASSES, sizeof *theirs, by_value);
    qsort(ratio, PASSES, sizeof *ratio, by_value);
    printf("%-38s %10.3f %10.3f %7.2f  (%.2f to %.2f)\n", w->name, ours[PASSES / 2],
           theirs[PASSES / 2], ratio[PASSES / 2], ratio[0], ratio[PASSES - 1]);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
    return 1;
}

int main(void)
{
    printf("microseconds per training step, float32, one thread; medians of %d passes\n\n", PASSES);
    printf("%-38s %10s %10s %7s\n", "network", "chainrule", "by hand", "ratio");
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        if (!run(&workloads[i]))
            return 2;
    return 0;
}
