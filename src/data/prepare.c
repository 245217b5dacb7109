#include "data/prepare.h"

#include <math.h>

void cr_prepare_free(struct prepare *p)
{
    if (!p)
        return;
    cr_arena_free(&p->arena);
    *p = (struct prepare){0};
}

/* 2^-e, so that v times it is below 1. */
static double down_scale(double v)
{
    int e;
    frexp(v, &e);
    return ldexp(1, e > 1022 ? -1022 : e < -1021 ? 1021 : -e);
}

int cr_mean_sd(const double *v, size_t stride, const size_t *rows, size_t n, double *mean,
               double *sd)
{
    double min = INFINITY, max = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double x = v[(rows ? rows[i] : i) * stride];
        min = x < min ? x : min;
        max = x > max ? x : max;
    }
    if (!isfinite(min) || !isfinite(max) || !isfinite(max - min))
        return 0;
    double scale = down_scale(fabs(max) > fabs(min) ? max : min);
    for (size_t i = 0; i < n; i++)
        sum += v[(rows ? rows[i] : i) * stride] * scale;
    double middle = sum / (double)n / scale;
    double range = down_scale(max - min);
    for (size_t i = 0; i < n; i++) {
        double d = (v[(rows ? rows[i] : i) * stride] - middle) * range;
        squares += d * d;
    }
    *mean = min == max ? min : middle;
    *sd = min == max ? 0 : sqrt(squares / (double)n) / range;
    return 1;
}

cr_status cr_prepare_fit_inputs(struct prepare *p, const cr_table *t, const size_t *columns,
                                size_t n_inputs, const size_t *rows, size_t n, cr_error *err)
{
    p->input = arena_new(&p->arena, const char *, n_inputs);
    p->mean = arena_new(&p->arena, double, n_inputs);
    p->sd = arena_new(&p->arena, double, n_inputs);
    if (!p->input || !p->mean || !p->sd)
        return cr_fail_memory(err);
    p->n_inputs = n_inputs;
    for (size_t i = 0; i < n_inputs; i++) {
        size_t c = columns[i];
        if (!(p->input[i] = cr_arena_strdup(&p->arena, t->name[c])))
            return cr_fail_memory(err);
        if (!cr_mean_sd(t->values + c, t->cols, rows, n, &p->mean[i], &p->sd[i])) {
            const struct source src = {.name = t->source};
            return cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                              "the numbers of column '%s' span too wide a range", t->name[c]);
        }
    }
    return CR_OK;
}

size_t cr_prepare_inputs(const struct prepare *p, const double *raw, float *out)
{
    size_t bad = p->n_inputs;
    for (size_t i = p->n_inputs; i-- > 0;) {
        out[i] = p->sd[i] > 0 ? (float)((raw[i] - p->mean[i]) / p->sd[i]) : 0.0f;
        if (!isfinite(out[i]))
            bad = i;
    }
    return bad;
}

void cr_prepare_target(const struct prepare *p, double value, size_t class, float *out)
{
    switch (p->code) {
    case CODE_NUMBER:
    case CODE_LOG_NUMBER: /* the loss takes the logarithm of the output's meaning */
        out[0] = p->target_sd > 0 ? (float)((value - p->target_mean) / p->target_sd) : 0.0f;
        break;
    case CODE_ONE_HOT:
        for (size_t i = 0; i < p->n_outputs; i++)
            out[i] = i == class ? 1.0f : (float)p->off;
        break;
    case CODE_ONE_COLUMN: out[0] = class == 1 ? 1.0f : (float)p->off; break;
    case CODE_COUNT: break;
    }
}

double cr_prepare_number(const struct prepare *p, const float *outputs)
{
    if (p->code == CODE_LOG_NUMBER)
        return exp((double)outputs[0]);
    return (double)outputs[0] * p->target_sd + p->target_mean;
}

size_t cr_prepare_class(const struct prepare *p, const float *outputs, double *probability)
{
    size_t best = 0;
    if (p->code == CODE_ONE_COLUMN) {
        double y = ((double)outputs[0] - p->off) / (1 - p->off); /* 0: first, 1: second */
        if (probability) {
            double second = y < 0 ? 0 : y > 1 ? 1 : y;
            probability[0] = 1 - second;
            probability[1] = second;
        }
        return y > 0.5;
    }
    for (size_t i = 0; i < p->n_outputs; i++) {
        if (outputs[i] > outputs[best])
            best = i;
        if (probability)
            probability[i] = (double)outputs[i];
    }
    return best;
}
