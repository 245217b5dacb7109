/* Looks: what is read from the values of an explaining plan. */
#include "train/health.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { MOST_BYTES = 256 << 20 };

/* Below this share of its steepest derivative an activation counts as saturated. */
static const double flat = 0.01;

void cr_health_free(struct health *h)
{
    if (!h)
        return;
    cr_plan_free(h->plan);
    cr_work_free(h->work);
    cr_aligned_free(h->in);
    cr_aligned_free(h->targets);
    cr_arena_free(&h->arena);
    free(h);
}

static double steepest(const struct activation *a)
{
    const struct activation_row *row = a->row >= 0 ? cr_activation_row(a->row) : NULL;
    return row ? row->steepest : 0;
}

/* The values of the tape that tell of each layer. */
static void find_values(struct health *h)
{
    const struct tape *t = h->plan->tape;
    for (size_t l = 0; l < h->pub.layers; l++)
        h->layer[l] = (struct health_layer){-1, -1, -1, steepest(&h->net->spec->layer[l].act)};
    for (int v = 0; v < t->n_values; v++) {
        const struct value *value = &t->value[v];
        if (value->layer < 0)
            continue;
        struct health_layer *l = &h->layer[value->layer];
        if (value->role == ROLE_ACT)
            l->act = v;
        if (value->role == ROLE_DERIVATIVE)
            l->derivative = v;
        if (value->role == ROLE_GRAD && t->value[value->of].role == ROLE_PRE)
            l->delta = v;
    }
}

static cr_status set_up(struct health *h, const float *in, const float *targets, cr_error *err)
{
    const struct spec *s = h->net->spec;
    size_t widest = 0, n;
    h->pub.layers = s->n_layers;
    for (size_t l = 0; l < s->n_layers; l++)
        widest = s->layer[l].units > widest ? s->layer[l].units : widest;
    cr_status status = cr_plan_create(h->net, CR_FOR_EXPLAINING, h->rows, &h->plan, err);
    if (status != CR_OK)
        return status;
    if (cr_plan_work_size(h->plan) > MOST_BYTES)
        return cr_fail(err, CR_ERR_LIMIT, "the network is too large to keep all its values");
    h->work = cr_work_alloc(cr_plan_work_size(h->plan));
    h->in = cr_aligned_alloc(h->rows * s->n_inputs, sizeof(float));
    h->targets = cr_aligned_alloc(h->rows * s->n_outputs, sizeof(float));
    h->layer = arena_new(&h->arena, struct health_layer, s->n_layers);
    h->alive = arena_new(&h->arena, unsigned char, widest);
    h->max_findings = 8 * s->n_layers + 8;
    h->finding = arena_new(&h->arena, cr_finding, h->max_findings);
    if (cr_mul_size(HEALTH_LOOKS, s->n_layers, &n))
        h->seen = arena_new(&h->arena, cr_health_layer, n);
    if (!h->work || !h->in || !h->targets || !h->layer || !h->alive || !h->finding || !h->seen)
        return cr_fail_memory(err);
    memcpy(h->in, in, h->rows * s->n_inputs * sizeof *in);
    memcpy(h->targets, targets, h->rows * s->n_outputs * sizeof *targets);
    find_values(h);
    return CR_OK;
}

cr_status cr_health_create(cr_net *net, const float *in, const float *targets, size_t rows,
                           struct health **out, cr_error *err)
{
    struct health *h = calloc(1, sizeof *h);
    if (!h)
        return cr_fail_memory(err);
    h->net = net;
    h->rows = rows < HEALTH_ROWS ? rows : HEALTH_ROWS;
    const cr_status status = set_up(h, in, targets, err);
    if (status != CR_OK) {
        cr_health_free(h);
        return status;
    }
    *out = h;
    return CR_OK;
}

int cr_health_due(size_t epoch, size_t epochs)
{
    const size_t times = HEALTH_LOOKS - 2;
    const size_t every = (epochs + times - 1) / times;
    return epoch == 1 || epoch == epochs || (every > 0 && epoch % every == 0);
}

/* Root mean square of a value with a row for each example; NaN: there is none. */
static double rms(const struct health *h, const struct run *run, int value)
{
    if (value < 0)
        return NAN;
    const size_t cols = h->plan->tape->value[value].cols;
    double sum = 0;
    for (size_t r = 0; r < h->rows; r++) {
        const float *v = cr_plan_at(h->plan, run, value, r, 0);
        for (size_t i = 0; i < cols; i++)
            sum += (double)v[i] * (double)v[i];
    }
    return sqrt(sum / ((double)h->rows * (double)cols));
}

static void look_at_derivative(struct health *h, const struct run *run,
                               const struct health_layer *l, cr_health_layer *to)
{
    const size_t cols = h->plan->tape->value[l->derivative].cols;
    size_t low = 0;
    memset(h->alive, 0, cols);
    for (size_t r = 0; r < h->rows; r++) {
        const float *v = cr_plan_at(h->plan, run, l->derivative, r, 0);
        for (size_t i = 0; i < cols; i++) {
            h->alive[i] |= v[i] != 0;
            low += fabs((double)v[i]) < flat * l->steepest;
        }
    }
    for (size_t i = 0; i < cols; i++)
        to->dead += !h->alive[i];
    if (l->steepest > 0)
        to->saturated = (double)low / ((double)h->rows * (double)cols);
}

/* Sums of squares of a layer's groups: gradients of all; of the weights, and of their change. */
struct squares {
    double gradient, weight, change;
    int any, weights;
};

static void add_group(const struct health *h, const struct run *run, int v, struct squares *s)
{
    const struct value *value = &h->plan->tape->value[v];
    const struct param *p = &h->net->param[value->param];
    const size_t n = p->rows * p->cols;
    const float *now = (const float *)h->net->values + p->offset;
    const float *x = cr_plan_at(h->plan, run, v, 0, 0);
    s->any = 1;
    for (size_t i = 0; i < n && value->role == ROLE_PARAM_GRAD; i++)
        s->gradient += (double)x[i] * (double)x[i];
    if (value->role != ROLE_NEW || p->kind != PARAM_WEIGHT)
        return;
    s->weights = 1;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)x[i] - (double)now[i];
        s->weight += (double)now[i] * (double)now[i];
        s->change += d * d;
    }
}

static void look_at_parameters(struct health *h, const struct run *run, size_t l,
                               cr_health_layer *to)
{
    const struct tape *t = h->plan->tape;
    struct squares s = {0};
    for (int v = 0; v < t->n_values; v++) {
        const enum role role = t->value[v].role;
        if ((role == ROLE_PARAM_GRAD || role == ROLE_NEW) &&
            h->net->param[t->value[v].param].layer == (int)l)
            add_group(h, run, v, &s);
    }
    to->gradient = s.any ? sqrt(s.gradient) : NAN;
    to->weight = s.weights ? sqrt(s.weight) : NAN;
    to->update = s.weight > 0 ? sqrt(s.change / s.weight) : NAN;
}

/* Words for the first value that is not finite, once. */
static void look_for_bad(struct health *h, const struct run *run, size_t epoch)
{
    uint64_t ref;
    struct text words = {0};
    if (*h->bad || !cr_plan_not_finite(h->plan, run, &ref))
        return;
    cr_tape_describe(&words, h->plan->tape, ref);
    const double v =
        cr_plan_get(h->plan, run, cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref));
    snprintf(h->bad, sizeof h->bad, "%.150s is %s", cr_text_str(&words),
             isnan(v) ? "not a number" : "infinite");
    h->bad_epoch = epoch;
    cr_text_free(&words);
}

void cr_health_take(struct health *h, cr_state *state, double rate, size_t epoch, size_t steps)
{
    const struct run run = {.in = h->in,
                            .targets = h->targets,
                            .rows = h->rows,
                            .params = h->net->values,
                            .rate = rate,
                            .state = state ? cr_state_values(state) : NULL,
                            .t = state ? cr_state_steps(state) + 1 : 1,
                            .work = h->work};
    const size_t at = h->pub.looks < HEALTH_LOOKS ? h->pub.looks++ : HEALTH_LOOKS - 1;
    cr_health_layer *seen = h->seen + at * h->pub.layers;
    cr_plan_run(h->plan, &run, PHASE_FORWARD, PHASE_UPDATE);
    h->look[at] = (cr_health_look){.epoch = epoch,
                                   .steps = steps,
                                   .rate = rate,
                                   .loss = cr_plan_loss(h->plan, &run),
                                   .layer = seen};
    for (size_t l = 0; l < h->pub.layers; l++) {
        const struct spec_layer *layer = &h->net->spec->layer[l];
        seen[l] = (cr_health_layer){.name = layer->name, .units = layer->units, .saturated = NAN};
        seen[l].output = rms(h, &run, h->layer[l].act);
        seen[l].delta = rms(h, &run, h->layer[l].delta);
        if (h->layer[l].derivative >= 0)
            look_at_derivative(h, &run, &h->layer[l], &seen[l]);
        look_at_parameters(h, &run, l, &seen[l]);
    }
    look_for_bad(h, &run, epoch);
}

const cr_health *cr_health_sum_up(struct health *h)
{
    h->pub.rows = h->rows;
    h->pub.look = h->look;
    h->pub.finding = h->finding;
    cr_health_judge(h);
    return &h->pub;
}
