/* What an optimiser keeps between updates. */
#include <stdlib.h>

#include "base/arena.h"
#include "net/net.h"

struct cr_state {
    const struct optimiser_row *row;
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
    s->row = cr_optimiser_row((int)net->spec->optimiser.method);
    s->type = net->type;
    s->block = net->block;
    while (s->n_arrays < OPT_STATES && s->row->state[s->n_arrays].name)
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
    return index < s->n_arrays ? s->row->state[index].name : NULL;
}

void *cr_state_array(cr_state *s, size_t index)
{
    return index < s->n_arrays ? (char *)s->values + index * s->block * number_size(s->type) : NULL;
}

void *cr_state_values(cr_state *s)
{
    return s->values;
}

int cr_state_fits(const cr_state *s, const cr_net *net)
{
    return s->row == cr_optimiser_row((int)net->spec->optimiser.method) && s->type == net->type &&
           s->block == net->block;
}
