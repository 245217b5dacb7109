/* What an optimiser keeps between updates. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "net/net.h"

struct cr_state {
    struct spec_optimiser optimiser;
    cr_type type;
    size_t steps, n_arrays, block;
    void *values; /* float or double [n_arrays][block] */
};

static size_t number_size(cr_type type)
{
    return type == CR_F32 ? sizeof(float) : sizeof(double);
}

cr_status cr_state_create(const cr_net *net, cr_state **out, cr_error *err)
{
    cr_state *s = calloc(1, sizeof *s);
    if (!s)
        return cr_fail_memory(err);
    s->optimiser = net->spec->optimiser;
    s->type = net->type;
    s->block = net->block;
    while (cr_optimiser_state(&s->optimiser, (int)s->n_arrays))
        s->n_arrays++;
    size_t n;
    if (s->n_arrays && (!cr_mul_size(s->n_arrays, s->block, &n) ||
                        !(s->values = cr_aligned_alloc(n, number_size(s->type))))) {
        free(s);
        return cr_fail_memory(err);
    }
    *out = s;
    return CR_OK;
}

void cr_state_free(cr_state *s)
{
    if (!s)
        return;
    cr_aligned_free(s->values);
    free(s);
}

size_t cr_state_steps(const cr_state *s)
{
    return s->steps;
}

void cr_state_set_steps(cr_state *s, size_t steps)
{
    s->steps = steps;
}

size_t cr_state_n_arrays(const cr_state *s)
{
    return s->n_arrays;
}

const char *cr_state_name(const cr_state *s, size_t index)
{
    return index < s->n_arrays ? cr_optimiser_state(&s->optimiser, (int)index)->name : NULL;
}

void *cr_state_array(cr_state *s, size_t index)
{
    return index < s->n_arrays ? (char *)s->values + index * s->block * number_size(s->type) : NULL;
}

void *cr_state_values(cr_state *s)
{
    return s->values;
}

cr_status cr_state_average(const cr_state *s, cr_net *net, cr_error *err)
{
    if (!cr_state_fits(s, net) || !(s->optimiser.average > 0) || s->steps == 0)
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "the state has no average of this network's parameters");
    const size_t number = number_size(s->type);
    const char *average = (const char *)s->values + (s->n_arrays - 1) * s->block * number;
    memcpy(net->values, average, s->block * number);
    return CR_OK;
}

int cr_state_fits(const cr_state *s, const cr_net *net)
{
    const struct spec_optimiser *o = &net->spec->optimiser;
    return s->optimiser.method == o->method && !(s->optimiser.average > 0) == !(o->average > 0) &&
           cr_optimiser_history(&s->optimiser) == cr_optimiser_history(o) && s->type == net->type &&
           s->block == net->block;
}
