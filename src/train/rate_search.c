#include "train/rate_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST     1e-6
#define LAST      10
#define SMOOTHING 0.9
#define TOO_HIGH  4 /* times the lowest */

enum { STEPS = 100, FEWEST = 10, MOST = 1000000 };

/* A search under way. */
struct search {
    cr_rate_search *found;
    size_t steps;
    double average, weight; /* of the losses so far; what the factors of it sum to */
    double lowest;
    const cr_train_options *options; /* the caller's */
};

static int is_too_high(const struct search *s, double smoothed)
{
    return s->found->n > FEWEST && smoothed - s->lowest > (TOO_HIGH - 1) * fabs(s->lowest);
}

static int note(void *ctx, const cr_progress *p)
{
    struct search *s = ctx;
    cr_rate_search *found = s->found;
    const int wish = s->options->progress ? s->options->progress(s->options->ctx, p) : 0;
    if (p->epoch_done || found->n == s->steps)
        return wish & CR_TRAIN_STOP;
    s->average = SMOOTHING * s->average + (1 - SMOOTHING) * p->step_loss;
    s->weight = SMOOTHING * s->weight + (1 - SMOOTHING);
    const double smoothed = s->average / s->weight;
    found->point[found->n++] = (cr_rate_point){p->rate, p->step_loss, smoothed};
    s->lowest = found->n == 1 ? smoothed : fmin(s->lowest, smoothed);
    found->diverged = is_too_high(s, smoothed);
    return (wish & CR_TRAIN_STOP) | (found->diverged || found->n == s->steps ? CR_TRAIN_STOP : 0);
}

/* The slope at a point is that between its neighbours. Smoothing needs some points to begin. */
size_t cr_rate_search_choose(const cr_rate_point *point, size_t n)
{
    size_t lowest = 0, chosen = n;
    double steepest = 0;
    for (size_t i = 1; i < n; i++)
        if (point[i].smoothed < point[lowest].smoothed)
            lowest = i;
    for (size_t i = n / 10 + 1; i < lowest; i++) {
        const double slope = (point[i + 1].smoothed - point[i - 1].smoothed) /
                             log(point[i + 1].rate / point[i - 1].rate);
        if (slope < steepest) {
            steepest = slope;
            chosen = i;
        }
    }
    return chosen;
}

static cr_status check(const cr_rate_options *r, cr_error *err)
{
    if (!(r->first > 0 && r->last > r->first && r->last <= 1e6 && r->last / r->first <= 1e12))
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "learning rates to try must grow from above 0, to 1e6 at most and not by "
                       "more than 1e12 times, not from %g to %g",
                       r->first, r->last);
    if (r->steps < FEWEST || r->steps > MOST)
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "a search for a learning rate takes %d to %d steps, "
                       "not %zu",
                       FEWEST, MOST, r->steps);
    return CR_OK;
}

/* Trains on as many epochs as the steps take; `note` ends it. */
static cr_status search(struct search *s, cr_net *net, const struct examples *train,
                        const cr_rate_options *r, cr_error *err)
{
    char schedule[64];
    cr_train_options o = *s->options;
    o.learning_rate = r->first;
    cr_train_settle(&o, net->spec, train->rows);
    const size_t whole = o.batch ? train->rows / o.batch : 0;
    const size_t each = whole + (o.batch && train->rows % o.batch != 0 && o.drop_last < 0);
    o.epochs = each ? r->steps / each + (r->steps % each != 0) : 1;
    snprintf(schedule, sizeof schedule, "range-test end=%.17g steps=%zu", r->last / r->first,
             r->steps);
    o.schedule = schedule;
    o.keep = CR_KEEP_LAST;
    o.checkpoint = NULL;
    o.resume = 0;
    o.progress = note;
    o.ctx = s;
    cr_trainer *t;
    cr_status status = cr_trainer_open(net, train, NULL, &o, &t, err);
    if (status != CR_OK)
        return status;
    cr_error why = {0};
    status = cr_trainer_run(t, &why);
    cr_trainer_free(t);
    if (status == CR_ERR_DIVERGED && s->found->n >= FEWEST) {
        s->found->diverged = 1;
        return CR_OK;
    }
    if (status != CR_OK && err)
        *err = why;
    return status;
}

cr_status cr_rate_search_make(cr_net *net, const struct examples *train,
                              const cr_train_options *options, const cr_rate_options *rates,
                              cr_rate_search **out, cr_error *err)
{
    static const cr_train_options defaults;
    cr_rate_options r = rates ? *rates : (cr_rate_options){0};
    r.first = r.first == 0 ? FIRST : r.first;
    r.last = r.last == 0 ? LAST : r.last;
    r.steps = r.steps == 0 ? STEPS : r.steps;
    cr_status status = check(&r, err);
    if (status == CR_OK && cr_optimiser_history(&net->spec->optimiser))
        status = cr_fail(err, CR_ERR_ARGUMENT,
                         "a search for a learning rate is for mini-batches, not for %s",
                         cr_optimiser_row((int)net->spec->optimiser.method)->name);
    if (status != CR_OK)
        return status;
    const size_t block = net->block * (net->type == CR_F32 ? sizeof(float) : sizeof(double));
    void *before = malloc(block ? block : 1);
    cr_rate_search *found = calloc(1, sizeof *found);
    if (found)
        found->point = calloc(r.steps, sizeof *found->point);
    if (!before || !found || !found->point) {
        free(before);
        cr_rate_search_free(found);
        return cr_fail_memory(err);
    }
    struct search s = {.found = found, .steps = r.steps, .options = options ? options : &defaults};
    memcpy(before, net->values, block);
    status = search(&s, net, train, &r, err);
    memcpy(net->values, before, block);
    free(before);
    if (status != CR_OK) {
        cr_rate_search_free(found);
        return status;
    }
    found->chosen = cr_rate_search_choose(found->point, found->n);
    found->suggested = found->chosen < found->n ? found->point[found->chosen].rate : NAN;
    *out = found;
    return CR_OK;
}

cr_status cr_train_rate_search(cr_net *net, const cr_examples *train,
                               const cr_train_options *options, const cr_rate_options *rates,
                               cr_rate_search **out, cr_error *err)
{
    const struct examples rows = {.in = train->in, .targets = train->targets, .rows = train->rows};
    return cr_rate_search_make(net, &rows, options, rates, out, err);
}

void cr_rate_search_free(cr_rate_search *search)
{
    if (!search)
        return;
    free(search->point);
    free(search);
}
