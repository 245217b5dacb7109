/* What a plan knows of its updates. */
#include <assert.h>

#include "net/call.h"

static int is_update(const cr_plan *p, const struct call *c)
{
    return c->phase == PHASE_UPDATE && p->tape->value[c->out].extent == PER_NET;
}

/* Calls of one group follow one another. */
static int end_of_group(const cr_plan *p, int first)
{
    int i = first + 1;
    while (i < p->n_calls && is_update(p, &p->call[i]) &&
           p->tape->value[p->call[i].out].param == p->tape->value[p->call[first].out].param)
        i++;
    return i;
}

/* -1: running averages have none. */
static int gradient_of(const cr_plan *p, int group)
{
    int v = 0;
    if (!cr_param_has_gradient(&p->net->param[group]))
        return -1;
    while (v < p->tape->n_values &&
           !(p->tape->value[v].role == ROLE_PARAM_GRAD && p->tape->value[v].param == group))
        v++;
    assert(v < p->tape->n_values);
    return v;
}

/* A tape whose update is not the recorded one (a mutated copy) is never a plan for training. */
static void choose_kernel(const cr_plan *p, struct update *u)
{
    const struct spec_optimiser *o = &p->net->spec->optimiser;
    const struct optimiser_row *row = cr_optimiser_row((int)o->method);
    const struct param *param = &p->net->param[u->group];
    const int decay = cr_optimiser_decay(row);
    u->rate = param->rate;
    u->after = -1;
    while (u->states < OPT_STATES && row->state[u->states].name)
        u->states++;
    if (u->gradient < 0 || p->purpose != CR_FOR_TRAINING || p->call[u->first].op != OP_MAP ||
        o->clip_norm > 0 || o->clip_value > 0 || o->l1 > 0 || o->l2 > 0)
        return;
    if (o->average > 0)
        u->after = u->first + u->n - 1;
    u->kernel = (enum update_kernel)row->kernel;
    u->weight_decay = decay >= 0 ? o->param[decay] * param->decay : 0;
    if (u->weight_decay > 0)
        u->decay = row->gradient ? DECAY_GRADIENT : DECAY_WEIGHT;
}

cr_status cr_plan_updates(cr_plan *p, cr_error *err)
{
    p->update = arena_new(&p->arena, struct update, p->net->n_params + 1);
    if (!p->update)
        return cr_fail_memory(err);
    for (int i = 0; i < p->n_calls;) {
        const struct call *c = &p->call[i];
        if (!is_update(p, c)) {
            i++;
            continue;
        }
        const struct value *v = &p->tape->value[c->out];
        const int end = end_of_group(p, i);
        struct update *u = &p->update[p->n_updates++];
        *u = (struct update){.group = v->param,
                             .gradient = gradient_of(p, v->param),
                             .first = i,
                             .n = end - i,
                             .size = v->rows * v->cols};
        choose_kernel(p, u);
        i = end;
    }
    return CR_OK;
}
