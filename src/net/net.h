/* A network: a finished spec and one block of parameters. The spec's layers, in order, are
 * the graph: each reads the inputs or earlier layers (spec_layer.from). */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "chainrule/net.h"
#include "net/spec.h"

enum param_kind {
    PARAM_WEIGHT,
    PARAM_BIAS,
    PARAM_SLOPE,
    PARAM_SCALE,
    PARAM_MEAN,
    PARAM_VARIANCE,
    PARAM_KINDS
};

struct param {
    enum param_kind kind;
    int layer;
    size_t rows, cols; /* weight [units][inputs]; bias [1][units or 1]; slope [1][1];
                          scale, and the running mean and variance of batch
                          normalisation, which have no gradient, [1][units] */
    size_t offset;     /* in numbers, a multiple of 64 bytes */
    double rate;       /* factor of the learning rate */
    double decay;      /* factor of the optimiser's weight decay */
};

struct cr_net {
    struct spec *spec; /* finished */
    uint64_t seed;     /* of its parameters, and of what training draws */
    int owns_spec;
    cr_type type;
    size_t n_params; /* groups */
    struct param *param;
    size_t block; /* numbers in the block, gaps included */
    void *values; /* float or double [block] */
};

/* Make a network of a spec (finished here, and owned by the net afterwards; on failure the
 * spec still belongs to the caller). Parameters that the spec does not give come from
 * `seed`: number i of group g is a function of (seed, g, i) alone. max_bytes as in
 * cr_spec_finish. */
cr_status cr_net_build(struct spec *spec, cr_type type, uint64_t seed, size_t max_bytes,
                       cr_net **out, cr_error *err);

/* The same network with parameters of another type (values converted). Shares nothing
 * but the spec, which `net` keeps: the copy must be freed first. */
cr_status cr_net_convert(const cr_net *net, cr_type type, cr_net **out, cr_error *err);

/* The arrays of an optimiser's state, one after the other, [arrays][block]; NULL: none. */
void *cr_state_values(cr_state *state);

/* Whether a state is of a network with this optimiser, type and number of parameters. */
int cr_state_fits(const cr_state *state, const cr_net *net);

/* The group of a kind in a layer, or -1. */
int cr_net_param(const cr_net *net, int layer, enum param_kind kind);

/* Whether training goes down the gradient of a group, as of all but running averages. */
int cr_param_has_gradient(const struct param *param);

/* Whether a step of training needs two rows or more: it has batch normalisation. */
int cr_net_needs_batch(const cr_net *net);

/* Parameter i of the block as a double. */
double cr_net_get(const cr_net *net, size_t i);
void cr_net_set(cr_net *net, size_t i, double value);

#endif
