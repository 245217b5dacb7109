/* Random small networks of every kind, for tests: the same number gives the same network. */
#ifndef TESTS_NET_RANDOM_NET_H
#define TESTS_NET_RANDOM_NET_H

#include <stdint.h>
#include <stdlib.h>

#include "net/plan.h"

struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline size_t roll_below(struct dice *d, size_t n)
{
    return (size_t)(roll(d) % n);
}

static inline double roll_between(struct dice *d, double low, double high)
{
    return low + (high - low) * (double)(roll(d) >> 11) * 0x1p-53;
}

static inline const char *roll_activation(struct dice *d)
{
    static const char *const own[] = {"t/10", "t*sigmoid(1.702*t)", "f(u) = u^2/4", "exp(-abs(t))"};
    int n = 0;
    while (cr_activation_row(n))
        n++;
    const size_t pick = roll_below(d, (size_t)n + 4);
    if (pick >= (size_t)n)
        return own[pick - (size_t)n];
    return cr_activation_row((int)pick)->formula ? cr_activation_row((int)pick)->name : "tanh";
}

/* Targets that the loss takes, one row. */
static inline void roll_targets(struct dice *d, const struct loss_row *loss, double *t, size_t n)
{
    const int one_hot =
        loss->kind == LOSS_SOFTMAX || (loss->fused_row && loss->fused_with[1] == 'o');
    const size_t hot = roll_below(d, n);
    for (size_t j = 0; j < n; j++) {
        if (one_hot)
            t[j] = j == hot;
        else if (loss->target == TARGET_PROBABILITY)
            t[j] = roll_between(d, 0.05, 0.95);
        else if (loss->target == TARGET_SIGN)
            t[j] = roll(d) & 1 ? 1 : -1;
        else if (loss->target == TARGET_COUNT)
            t[j] = (double)roll_below(d, 6);
        else
            t[j] = roll_between(d, -1, 1);
    }
}

static inline const char *output_activation(struct dice *d, const struct loss_row *loss)
{
    const int probability = loss->target == TARGET_PROBABILITY;
    if (loss->fused_with && loss->fused_with[1] == 'o')
        return "softmax";
    if (loss->kind == LOSS_SOFTMAX || loss->link)
        return "identity";
    if (probability)
        return "sigmoid";
    static const char *const any[] = {"identity", "tanh", "sigmoid", "softmax", "t/2"};
    return any[roll_below(d, 5)];
}

/* Networks with batch normalisation, which want two rows. */
static inline int is_batch_seed(uint64_t seed)
{
    return seed % 8 == 5;
}

static inline size_t rows_for(uint64_t seed, size_t rows)
{
    return is_batch_seed(seed) && rows < 2 ? 2 : rows;
}

/* A network of 1 to 4 dense layers, perhaps with a skip connection, and `rows` examples. */
static inline cr_net *random_net(uint64_t seed, cr_type type, size_t rows)
{
    struct dice d = {seed * 1000003};
    const size_t inputs = 1 + roll_below(&d, 5), hidden = roll_below(&d, 4);
    cr_builder *b = cr_builder_create(inputs);
    int last = -1;
    size_t units = inputs;
    for (size_t i = 0; i < hidden; i++) {
        const size_t next = units && roll_below(&d, 3) == 0 ? units : 1 + roll_below(&d, 6);
        int dense = cr_builder_dense(b, next, roll_activation(&d));
        if (roll_below(&d, 4) == 0)
            cr_builder_no_bias(b, dense);
        if (roll_below(&d, 4) == 0)
            cr_builder_shared_bias(b, dense, roll_between(&d, -1, 1));
        if (roll_below(&d, 4) == 0)
            cr_builder_ntk(b, dense);
        if (roll_below(&d, 6) == 0)
            dense = cr_builder_scale(b, roll_between(&d, 0.5, 2));
        if (seed % 8 == 3)
            dense = cr_builder_norm(b);
        if (is_batch_seed(seed))
            dense = cr_builder_batch_norm(b, 0.25);
        if (seed % 8 == 7)
            dense = i % 2 ? cr_builder_noise(b, 0.25) : cr_builder_dropout(b, 0.375);
        const int pair[] = {last, dense};
        if (next == units && roll_below(&d, 2)) {
            last = cr_builder_add(b, pair, 2);
        } else if (roll_below(&d, 4) == 0) {
            last = cr_builder_concat(b, pair, 2);
            units = 0; /* its width is another: nothing is added to it */
            continue;
        } else {
            last = dense;
        }
        units = next;
    }
    int n_losses = 0;
    while (cr_loss_row(n_losses))
        n_losses++;
    const struct loss_row *loss = cr_loss_row((int)roll_below(&d, (size_t)n_losses));
    const int many = loss->kind == LOSS_SOFTMAX || (loss->fused_with && loss->fused_with[1] == 'o');
    const size_t outputs = (many ? 2 : 1) + roll_below(&d, 4);
    const char *act = outputs == 1 ? "identity" : output_activation(&d, loss);
    if (outputs == 1 && loss->target == TARGET_PROBABILITY && !loss->link)
        act = "sigmoid";
    const int out = cr_builder_dense(b, outputs, act);
    if (roll_below(&d, 3) == 0 && hidden > 0)
        cr_builder_from(b, out, (const int[]){last, -1}, 2);
    cr_builder_loss(b, loss->name, (int)roll_below(&d, 2));
    cr_builder_learning_rate(b, roll_between(&d, 0.01, 1));
    for (size_t r = 0; r < rows; r++) {
        double x[8], t[8];
        for (size_t i = 0; i < inputs; i++)
            x[i] = roll_between(&d, -2, 2);
        roll_targets(&d, loss, t, outputs);
        cr_builder_example(b, x, inputs, t, outputs);
    }
    cr_net *net = NULL;
    cr_error err;
    if (cr_builder_build(b, type, seed, &net, &err))
        net = NULL;
    cr_builder_free(b);
    /* What only network files can say. */
    if (net && loss->target == TARGET_PROBABILITY && seed % 3 == 0)
        net->spec->loss.smoothing = 0.1;
    for (size_t g = 0; net && seed % 4 == 0 && g < net->n_params; g++)
        net->param[g].rate = 0.5 + 0.25 * (double)g;
    return net;
}

#endif
