/* Recording the layers that make each of their values of one value of the layer they read. */
#include "net/record.h"

static size_t width(const struct recorder *r, int value)
{
    return r->tape->value[value].cols;
}

/* y = s x, s a parameter of each column. */
static int record_scale(struct recorder *r, int layer, int x)
{
    const int s = cr_record_param(r, layer, PARAM_SCALE);
    const int out = cr_record_rows(r, ROLE_JOIN, width(r, x), NONE, layer);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, out, "s*x", NULL,
                      (const struct named[]){{"s", s, 0}, {"x", x, 0}}, 2);
    return out;
}

/* dL/ds = sum over examples of d x, dL/dx = d s. */
static void record_scale_gradient(struct recorder *r, int layer, int x, int d)
{
    const int s = cr_record_param(r, layer, PARAM_SCALE);
    const int term = cr_record_rows(r, ROLE_SLOPE_TERM, width(r, x), s, layer);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, term, "d*x", NULL,
                      (const struct named[]){{"d", d, 0}, {"x", x, 0}}, 2);
    cr_record_param_gradient(r, OP_SUM_ROWS, s, &term, 1);
    if (!cr_record_wanted(r, x))
        return;
    const int dx = cr_record_contribution(r, x);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "d*s", NULL,
                      (const struct named[]){{"d", d, 0}, {"s", s, 0}}, 2);
    cr_record_contribute(r, x, dx);
}

/* y = m x, the mask m drawn for each element. */
static int record_dropout(struct recorder *r, int layer, int x)
{
    const int mask = cr_record_rows(r, ROLE_MASK, width(r, x), x, layer);
    cr_record_step(r, OP_MASK, PHASE_FORWARD, mask, &x, 0)->factor = r->spec->layer[layer].amount;
    const int out = cr_record_rows(r, ROLE_JOIN, width(r, x), NONE, layer);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, out, "m*x", NULL,
                      (const struct named[]){{"m", mask, 0}, {"x", x, 0}}, 2);
    return out;
}

static void record_dropout_gradient(struct recorder *r, int x, int out, int d)
{
    const int mask = r->tape->step[r->tape->value[out].maker].in[0];
    if (!cr_record_wanted(r, x))
        return;
    const int dx = cr_record_contribution(r, x);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "d*m", NULL,
                      (const struct named[]){{"d", d, 0}, {"m", mask, 0}}, 2);
    cr_record_contribute(r, x, dx);
}

/* y = x + n, the noise n drawn for each element. */
static int record_noise(struct recorder *r, int layer, int x)
{
    const int noise = cr_record_rows(r, ROLE_NOISE, width(r, x), x, layer);
    cr_record_step(r, OP_NOISE, PHASE_FORWARD, noise, &x, 0)->factor = r->spec->layer[layer].amount;
    const int out = cr_record_rows(r, ROLE_JOIN, width(r, x), NONE, layer);
    cr_record_step(r, OP_SUM, PHASE_FORWARD, out, (const int[]){x, noise}, 2);
    return out;
}

/* A gradient that is handed on as it is. */
static void record_same_gradient(struct recorder *r, int x, int d)
{
    if (!cr_record_wanted(r, x))
        return;
    const int dx = cr_record_contribution(r, x);
    cr_record_step(r, OP_SUM, PHASE_BACKWARD, dx, &d, 1);
    cr_record_contribute(r, x, dx);
}

/* What a layer that is for training only hands on otherwise: a copy where there may be a gradient. */
static int record_same(struct recorder *r, int layer, int x)
{
    if (!r->what)
        return x;
    const int out = cr_record_rows(r, ROLE_JOIN, width(r, x), NONE, layer);
    cr_record_step(r, OP_SUM, PHASE_FORWARD, out, &x, 1);
    return out;
}

int cr_record_unary(struct recorder *r, int layer)
{
    const int x = cr_record_source(r, &r->spec->layer[layer], 0);
    switch (r->spec->layer[layer].kind) {
    case LAYER_DROPOUT:
        return r->predicting ? record_same(r, layer, x) : record_dropout(r, layer, x);
    case LAYER_NOISE: return r->predicting ? record_same(r, layer, x) : record_noise(r, layer, x);
    case LAYER_NORM: return cr_record_norm(r, layer, x);
    case LAYER_BATCH_NORM:
        return r->predicting ? cr_record_running_norm(r, layer, x) : cr_record_norm(r, layer, x);
    default: return record_scale(r, layer, x);
    }
}

void cr_record_unary_gradient(struct recorder *r, int layer, int out, int d)
{
    const int x = cr_record_source(r, &r->spec->layer[layer], 0);
    switch (r->spec->layer[layer].kind) {
    case LAYER_DROPOUT:
        if (r->predicting)
            record_same_gradient(r, x, d);
        else
            record_dropout_gradient(r, x, out, d);
        break;
    case LAYER_NOISE: record_same_gradient(r, x, d); break;
    case LAYER_NORM: cr_record_norm_gradient(r, layer, x, d); break;
    case LAYER_BATCH_NORM:
        if (r->predicting)
            cr_record_running_norm_gradient(r, layer, x, d);
        else
            cr_record_norm_gradient(r, layer, x, d);
        break;
    default: record_scale_gradient(r, layer, x, d);
    }
}
