#include "train/metrics.h"

#include <math.h>

static size_t largest(const float *v, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (v[i] > v[best])
            best = i;
    return best;
}

static int is_right(const struct tally *t, const float *outputs, const float *targets, size_t n)
{
    if (n == 1)
        return (outputs[0] > t->middle) == (targets[0] > t->middle);
    return largest(outputs, n) == largest(targets, n);
}

void cr_tally_row(struct tally *t, const float *outputs, const float *targets, size_t n,
                  double weight)
{
    double numbers = t->weight * (double)n;
    t->rows++;
    if (!(weight > 0))
        return;
    t->weight += weight;
    if (t->task == CR_CLASSIFICATION) {
        t->right += is_right(t, outputs, targets, n) ? weight : 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double target = (double)targets[i], error = (double)outputs[i] - target;
        double before = target - t->mean;
        t->squares += weight * error * error;
        numbers += weight;
        t->mean += weight * before / numbers;
        t->spread += weight * before * (target - t->mean);
    }
}

void cr_tally_loss(struct tally *t, double loss, double weight)
{
    if (weight > 0)
        t->loss += t->sum ? loss : loss * weight;
}

cr_metrics cr_tally_metrics(const struct tally *t)
{
    cr_metrics m = {.rows = t->rows, .accuracy = NAN, .rmse = NAN, .r2 = NAN};
    if (t->rows == 0)
        return (cr_metrics){0};
    m.loss = t->sum ? t->loss : t->loss / t->weight;
    if (t->task == CR_CLASSIFICATION) {
        m.accuracy = t->right / t->weight;
        return m;
    }
    m.rmse = sqrt(t->squares / (t->weight * (double)(t->width ? t->width : 1))) * t->unit;
    if (t->spread > 0)
        m.r2 = 1 - t->squares / t->spread;
    return m;
}
