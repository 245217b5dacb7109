/* The update of parameters, for one type; included by run.inl, whose names it uses. */

/* Scalars that the update reads: what depends on its number is computed in float64, from the
 * formula in the table. */
static void NAME(factor)(const struct JOB *j, const struct VIEW *view, const struct call *c)
{
    static const unsigned char step[] = {1};
    const double t = (double)j->run->t, *const args[] = {&t};
    double out;
    assert(c->n_in == 1 && j->plan->tape->value[c->in[0]].role == ROLE_TIME);
    cr_kernels_f64(ISA_REF)->map(c->program, args, step, &out, 1);
    *NAME(at)(view, j->plan, c->out) = (T)out;
}

static void NAME(update_scalars)(const struct JOB *j)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    const struct tape *t = p->tape;
    if (j->last < PHASE_UPDATE || cr_optimiser_is_plain(&t->net->spec->optimiser))
        return;
    for (int v = 0; v < t->n_values; v++) {
        if (t->value[v].role == ROLE_TIME)
            *NAME(at)(&view, p, v) = (T)j->run->t;
        if (t->value[v].role == ROLE_HYPER)
            *NAME(at)(&view, p, v) = (T)t->net->spec->optimiser.param[t->value[v].which];
    }
    for (int i = 0; i < p->n_calls; i++)
        if (p->call[i].phase == PHASE_UPDATE && t->value[p->call[i].out].extent == SCALAR)
            NAME(factor)(j, &view, &p->call[i]);
}

/* One call on numbers begin .. begin + n of its group; g are their gradients. */
static void NAME(update_call)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                              size_t begin, size_t n, const T *g)
{
    const T *args[PROGRAM_ARGS] = {0};
    unsigned char step[PROGRAM_ARGS] = {0};
    T *out = NAME(at)(view, j->plan, c->out) + begin;
    for (int i = 0; i < c->n_in && i < PROGRAM_ARGS; i++) {
        const struct value *v = &j->plan->tape->value[c->in[i]];
        step[i] = v->extent == PER_NET;
        args[i] = v->role == ROLE_PARAM_GRAD ? g : NAME(at)(view, j->plan, c->in[i]);
        if (step[i] && v->role != ROLE_PARAM_GRAD)
            args[i] += begin;
    }
    if (c->op == OP_DESCEND)
        j->k->sgd(out, args[0], g, (T)(j->run->rate * c->factor), n);
    else
        j->k->map(c->program, args, step, out, n);
}

static void NAME(update_constants)(const struct JOB *j, const struct VIEW *view,
                                   const struct update *u, T *c)
{
    const struct tape *t = j->plan->tape;
    const double *param = t->net->spec->optimiser.param;
    const T rate = (T)j->run->rate;
    c[UPDATE_RATE] = u->rate == 1 ? rate : rate * (T)u->rate;
    c[UPDATE_FACTOR0] = c[UPDATE_FACTOR1] = 0;
    for (int i = 0; i < u->first; i++)
        if (j->plan->call[i].phase == PHASE_UPDATE &&
            t->value[j->plan->call[i].out].role == ROLE_FACTOR)
            c[UPDATE_FACTOR0 + t->value[j->plan->call[i].out].which] =
                *NAME(at)(view, j->plan, j->plan->call[i].out);
    for (int i = 0; i < UPDATE_PARAMS; i++) {
        c[UPDATE_PARAM0 + 2 * i] = (T)param[i];
        c[UPDATE_PARAM0 + 2 * i + 1] = (T)(1 - param[i]);
    }
}

/* Give numbers begin .. begin + n of a group their new values, from the gradients g of these
 * n. A plan for training writes them over the old ones. The same bits however a group falls
 * into ranges. */
static void NAME(update_range)(const struct JOB *j, const struct update *u, size_t begin, size_t n,
                               const T *g)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    if (u->kernel != UPDATE_NONE) {
        T c[UPDATE_NUMBERS];
        NAME(update_constants)(j, &view, u, c);
        const size_t at = p->net->param[u->group].offset + begin;
        T *w = (T *)j->run->params + at, *state[OPT_STATES] = {0};
        for (int i = 0; i < u->states; i++)
            state[i] = (T *)j->run->state + (size_t)i * p->net->block + at;
        j->k->update[u->kernel](w, state[0], state[1], g, c, u->decay, (T)u->weight_decay, n);
        return;
    }
    for (int i = u->first; i < u->first + u->n; i++)
        NAME(update_call)(j, &view, &p->call[i], begin, n, g);
}

/* The gradients of a group as the plan keeps them, once joined. */
static const T *NAME(update_gradient)(const struct JOB *j, const struct update *u)
{
    const struct VIEW view = NAME(view_of)(j->plan, j->run, 0, 0);
    return NAME(at)(&view, j->plan, u->gradient);
}

/* One call on all numbers of its group, or the scalar that it makes. */
static void NAME(update_step)(const struct JOB *j, const struct call *c)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    const struct value *v = &p->tape->value[c->out];
    if (v->extent == SCALAR) {
        NAME(factor)(j, &view, c);
        return;
    }
    for (int i = 0; i < p->n_updates; i++)
        if (p->update[i].group == v->param)
            NAME(update_call)
    (j, &view, c, 0, p->update[i].size, NAME(update_gradient)(j, &p->update[i]));
}
