/* What follows from looks: a table of checks. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "train/health.h"

/* A check goes through the looks and adds what it finds. */
struct check {
    cr_health_check pub;
    void (*find)(struct health *h, const struct check *c);
};

static void add(struct health *h, const struct check *c, const char *layer, size_t epoch,
                int serious, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
static void add(struct health *h, const struct check *c, const char *layer, size_t epoch,
                int serious, const char *fmt, ...)
{
    if (h->pub.findings == h->max_findings)
        return;
    cr_finding *f = &h->finding[h->pub.findings++];
    *f = (cr_finding){.kind = c->pub.kind, .layer = layer, .epoch = epoch, .serious = serious};
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

static const cr_health_layer *seen(const struct health *h, size_t look, size_t layer)
{
    return &h->look[look].layer[layer];
}

static void find_bad(struct health *h, const struct check *c)
{
    if (*h->bad)
        add(h, c, NULL, h->bad_epoch, 1, "%s; a lower learning rate or clipped gradients may help",
            h->bad);
}

/* The first look from which on something stayed so to the end, or the last one. */
static size_t since(const struct health *h, size_t layer, double (*share)(const cr_health_layer *),
                    double limit)
{
    size_t at = h->pub.looks;
    while (at > 0 && share(seen(h, at - 1, layer)) >= limit)
        at--;
    return at;
}

static double dead_share(const cr_health_layer *l)
{
    return l->units ? (double)l->dead / (double)l->units : 0;
}

static double saturated_share(const cr_health_layer *l)
{
    return l->saturated;
}

static void find_dead(struct health *h, const struct check *c)
{
    static const double some = 0.25, many = 0.5;
    for (size_t l = 0; l < h->pub.layers; l++) {
        const size_t at = since(h, l, dead_share, some);
        if (at == h->pub.looks)
            continue;
        const cr_health_layer *last = seen(h, h->pub.looks - 1, l);
        add(h, c, last->name, h->look[at].epoch, dead_share(last) >= many,
            "%zu of %zu units let no gradient through for any of %zu rows: they learn nothing any more; "
            "a lower learning rate, or an activation without a flat side, keeps units alive",
            last->dead, last->units, h->rows);
    }
}

static void find_saturation(struct health *h, const struct check *c)
{
    static const double half = 0.5, most = 0.9;
    for (size_t l = 0; l < h->pub.layers; l++) {
        const size_t at = since(h, l, saturated_share, half);
        if (at == h->pub.looks)
            continue;
        const cr_health_layer *last = seen(h, h->pub.looks - 1, l);
        add(h, c, last->name, h->look[at].epoch, last->saturated >= most,
            "%.0f %% of the activations are where their curve is flat, with less than 1 %% of its "
            "steepest derivative: hardly any gradient comes through; smaller weights to begin with, or "
            "another activation, may help",
            100 * last->saturated);
    }
}

/* The first and the last layer that have a delta; 0 where there are not two. */
static int ends(const struct health *h, size_t *first, size_t *last)
{
    size_t n = 0;
    for (size_t l = 0; l < h->pub.layers; l++)
        if (h->layer[l].delta >= 0)
            *(n++ == 0 ? first : last) = l;
    return n >= 2;
}

/* How many looks have delta(first) / delta(last) below (sign -1) or above (1) a limit. */
static size_t count_ratio(const struct health *h, size_t first, size_t last, int sign, double limit,
                          double *worst, size_t *epoch)
{
    size_t n = 0;
    for (size_t k = 0; k < h->pub.looks; k++) {
        const double ratio = seen(h, k, first)->delta / seen(h, k, last)->delta;
        if (!(sign * ratio > sign * limit))
            continue;
        if (n++ == 0 || sign * ratio > sign * *worst)
            *worst = ratio;
        if (n == 1)
            *epoch = h->look[k].epoch;
    }
    return n;
}

static void find_vanishing(struct health *h, const struct check *c)
{
    size_t first = 0, last = 0, epoch = 0;
    double worst = 0;
    if (ends(h, &first, &last) &&
        2 * count_ratio(h, first, last, -1, 1e-4, &worst, &epoch) > h->pub.looks)
        add(h, c, h->net->spec->layer[first].name, epoch, 1,
            "its deltas are down to %.2g of those of the last layer: it learns far more slowly; fewer "
            "layers, a shortcut, normalisation or another activation may help",
            worst);
}

static void find_exploding(struct health *h, const struct check *c)
{
    size_t first = 0, last = 0, epoch = 0;
    double worst = 0;
    if (ends(h, &first, &last) && count_ratio(h, first, last, 1, 1e3, &worst, &epoch) > 0)
        add(h, c, h->net->spec->layer[first].name, epoch, 1,
            "its deltas are up to %.2g times those of the last layer; smaller weights to begin with, "
            "normalisation or clipped gradients may help",
            worst);
}

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The median over looks of the largest update of any layer's weights; NaN: there are none. The last look is left
 * out: schedules end with a rate of 0. */
static double median_update(const struct health *h)
{
    double v[HEALTH_LOOKS];
    size_t n = 0;
    for (size_t k = 0; k + 1 < h->pub.looks; k++) {
        double largest = -1;
        for (size_t l = 0; l < h->pub.layers; l++)
            if (seen(h, k, l)->update > largest)
                largest = seen(h, k, l)->update;
        if (largest >= 0)
            v[n++] = largest;
    }
    if (n == 0)
        return NAN;
    qsort(v, n, sizeof *v, rising);
    return v[n / 2];
}

static void find_high_rate(struct health *h, const struct check *c)
{
    const size_t n = h->pub.looks;
    const double update = median_update(h);
    if (update > 0.1)
        add(h, c, NULL, h->look[0].epoch, 1,
            "a typical step changes the weights of some layer by %.2g of their size; about 0.001 is "
            "usual: the learning rate is likely too high",
            update);
    else if (n >= 2 && h->look[n - 1].loss > h->look[0].loss)
        add(h, c, NULL, h->look[n - 1].epoch, 1,
            "the loss on %zu training rows rose from %.4g to %.4g: the learning rate is likely too "
            "high",
            h->rows, h->look[0].loss, h->look[n - 1].loss);
}

static void find_low_rate(struct health *h, const struct check *c)
{
    const size_t n = h->pub.looks;
    const double update = median_update(h);
    if (n < 3 || !(update < 1e-5))
        return;
    const double fallen = h->look[0].loss - h->look[n - 1].loss;
    if (h->look[n - 2].loss - h->look[n - 1].loss > 0.01 * fallen)
        add(h, c, NULL, h->look[n - 1].epoch, 0,
            "a typical step changes the weights of every layer by at most %.2g of their size, and the loss "
            "is still falling: a higher learning rate gets there sooner",
            update);
}

static const struct check checks[] = {
    {{"not-finite", "some value is infinite or not a number"}, find_bad},
    {{"dead-units",
      "from some look to the last, a quarter or more of a layer's units have the derivative 0 for every row"},
     find_dead},
    {{"saturation",
      "from some look to the last, half or more of a layer's activations, which level off at both ends, have less "
      "than 1 % of their steepest derivative"},
     find_saturation},
    {{"vanishing-gradients",
      "in most looks the first layer's deltas are below 0.0001 of the last layer's"},
     find_vanishing},
    {{"exploding-gradients",
      "in some look the first layer's deltas are above 1,000 times the last layer's"},
     find_exploding},
    {{"learning-rate-high",
      "in the median look a step changes some layer's weights by more than 0.1 of their norm, or the loss ends "
      "higher than it began"},
     find_high_rate},
    {{"learning-rate-low",
      "in the median look a step changes no layer's weights by 0.00001 of their norm, and the loss still falls"},
     find_low_rate},
};

enum { CHECKS = sizeof checks / sizeof *checks };

const cr_health_check *cr_health_check_at(size_t index)
{
    return index < CHECKS ? &checks[index].pub : NULL;
}

void cr_health_judge(struct health *h)
{
    h->pub.findings = 0;
    for (size_t i = 0; i < CHECKS && h->pub.looks > 0; i++)
        checks[i].find(h, &checks[i]);
}
