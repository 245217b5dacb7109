#include "net/net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/init.h"

enum { ALIGN = 16 /* numbers: 64 bytes in float32, so that both types share one layout */ };

/* Lay out the groups one after the other; sizes were checked by cr_spec_finish. */
static cr_status lay_out(cr_net *net, cr_error *err)
{
    struct spec *s = net->spec;
    enum { MOST = 6 };
    net->param = arena_new(&s->arena, struct param, MOST * s->n_layers);
    if (!net->param)
        return cr_fail_memory(err);
    net->n_params = net->block = 0;
    for (size_t i = 0; i < s->n_layers; i++) {
        const struct spec_layer *l = &s->layer[i];
        const struct param groups[] = {
            {PARAM_WEIGHT, (int)i, l->units, cr_spec_fan_in(s, i), 0, l->weight_rate,
             l->weight_decay},
            {PARAM_BIAS, (int)i, 1, l->bias == BIAS_SHARED ? 1 : l->units, 0, l->bias_rate,
             l->bias_decay},
            {PARAM_SLOPE, (int)i, 1, 1, 0, l->weight_rate, l->weight_decay},
            {PARAM_SCALE, (int)i, 1, l->units, 0, l->weight_rate, l->weight_decay},
            {PARAM_MEAN, (int)i, 1, l->units, 0, 0, 0},
            {PARAM_VARIANCE, (int)i, 1, l->units, 0, 0, 0},
        };
        const int norm = cr_layer_is_norm(l), batch = l->kind == LAYER_BATCH_NORM;
        const int present[MOST] = {
            l->kind == LAYER_DENSE,
            (l->kind == LAYER_DENSE && l->bias != BIAS_NONE) || norm,
            l->act.d_param != NULL,
            l->kind == LAYER_SCALE || norm,
            batch,
            batch,
        };
        for (int k = 0; k < MOST; k++) {
            if (!present[k])
                continue;
            struct param *p = &net->param[net->n_params++];
            *p = groups[k];
            p->offset = net->block;
            const size_t n = p->rows * p->cols;
            net->block += n + (ALIGN - n % ALIGN) % ALIGN;
        }
    }
    return CR_OK;
}

static cr_status allocate(cr_net *net, cr_error *err)
{
    net->values =
        cr_aligned_alloc(net->block, net->type == CR_F32 ? sizeof(float) : sizeof(double));
    return net->values ? CR_OK : cr_fail_memory(err);
}

/* What fills a group whose numbers are not given. */
static struct init init_of(const struct spec_layer *l, enum param_kind kind)
{
    switch (kind) {
    case PARAM_BIAS: return l->bias_init;
    case PARAM_MEAN: return (struct init){.method = INIT_ZEROS};
    case PARAM_VARIANCE: return (struct init){.method = INIT_CONSTANT, .param = {1}};
    default: return l->weight_init;
    }
}

static cr_status fill(cr_net *net, uint64_t seed, cr_error *err)
{
    const struct spec *s = net->spec;
    assert(s->layer);
    for (size_t g = 0; g < net->n_params; g++) {
        const struct param *p = &net->param[g];
        const struct spec_layer *l = &s->layer[p->layer];
        const size_t n = p->rows * p->cols;
        const double *given = !cr_param_has_gradient(p) ? NULL
                              : p->kind == PARAM_BIAS   ? l->biases
                              : p->kind == PARAM_SLOPE  ? &l->act.param[0]
                                                        : l->weights;
        if (given) {
            for (size_t i = 0; i < n; i++)
                cr_net_set(net, p->offset + i, given[i]);
            continue;
        }
        const struct init init = init_of(l, p->kind);
        double *values = malloc(n * sizeof *values);
        if (!values)
            return cr_fail_memory(err);
        cr_status status = cr_init_fill(values, p->rows, p->cols, &init, seed, (uint32_t)g, err);
        for (size_t i = 0; !status && i < n; i++)
            cr_net_set(net, p->offset + i, values[i]);
        free(values);
        if (status)
            return status;
    }
    return CR_OK;
}

cr_status cr_net_build(struct spec *spec, cr_type type, uint64_t seed, size_t max_bytes,
                       cr_net **out, cr_error *err)
{
    cr_status status = cr_spec_finish(spec, max_bytes, err);
    if (status)
        return status;
    cr_net *net = calloc(1, sizeof *net);
    if (!net)
        return cr_fail_memory(err);
    net->spec = spec;
    net->type = type;
    net->seed = seed;
    status = lay_out(net, err);
    if (!status)
        status = allocate(net, err);
    if (!status)
        status = fill(net, seed, err);
    if (status) {
        cr_aligned_free(net->values);
        free(net);
        return status;
    }
    net->owns_spec = 1;
    *out = net;
    return CR_OK;
}

cr_status cr_net_convert(const cr_net *net, cr_type type, cr_net **out, cr_error *err)
{
    cr_net *copy = malloc(sizeof *copy);
    if (!copy)
        return cr_fail_memory(err);
    *copy = *net;
    copy->type = type;
    copy->owns_spec = 0;
    cr_status status = allocate(copy, err);
    if (status) {
        free(copy);
        return status;
    }
    for (size_t i = 0; i < net->block; i++)
        cr_net_set(copy, i, cr_net_get(net, i));
    *out = copy;
    return CR_OK;
}

void cr_net_free(cr_net *net)
{
    if (!net)
        return;
    cr_aligned_free(net->values);
    if (net->owns_spec)
        cr_spec_free(net->spec);
    free(net);
}

cr_type cr_net_type(const cr_net *net)
{
    return net->type;
}

size_t cr_net_inputs(const cr_net *net)
{
    return net->spec->n_inputs;
}

size_t cr_net_outputs(const cr_net *net)
{
    return net->spec->n_outputs;
}

size_t cr_net_n_params(const cr_net *net)
{
    return net->block;
}

void *cr_net_params(cr_net *net)
{
    return net->values;
}

size_t cr_net_n_groups(const cr_net *net)
{
    return net->n_params;
}

cr_param_group cr_net_group(const cr_net *net, size_t index)
{
    static const char *const what[] = {
        [PARAM_WEIGHT] = "weight",     [PARAM_BIAS] = "bias",
        [PARAM_SLOPE] = "slope",       [PARAM_SCALE] = "scale",
        [PARAM_MEAN] = "running-mean", [PARAM_VARIANCE] = "running-variance"};
    const struct param *p = &net->param[index];
    return (cr_param_group){net->spec->layer[p->layer].name, what[p->kind], p->rows, p->cols,
                            p->offset};
}

int cr_net_param(const cr_net *net, int layer, enum param_kind kind)
{
    for (size_t g = 0; g < net->n_params; g++)
        if (net->param[g].layer == layer && net->param[g].kind == kind)
            return (int)g;
    return -1;
}

int cr_param_has_gradient(const struct param *param)
{
    return param->kind != PARAM_MEAN && param->kind != PARAM_VARIANCE;
}

int cr_net_needs_batch(const cr_net *net)
{
    for (size_t i = 0; i < net->spec->n_layers; i++)
        if (net->spec->layer[i].kind == LAYER_BATCH_NORM)
            return 1;
    return 0;
}

double cr_net_get(const cr_net *net, size_t i)
{
    return net->type == CR_F32 ? (double)((const float *)net->values)[i]
                               : ((const double *)net->values)[i];
}

void cr_net_set(cr_net *net, size_t i, double value)
{
    if (net->type == CR_F32)
        ((float *)net->values)[i] = (float)value;
    else
        ((double *)net->values)[i] = value;
}
