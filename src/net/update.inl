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

/* A run that updates nothing leaves the scalars alone. */
static void NAME(update_scalars)(struct JOB *j)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    const struct tape *t = p->tape;
    const struct spec_optimiser *o = &t->net->spec->optimiser;
    if (j->last < PHASE_UPDATE || cr_optimiser_is_plain(o))
        return;
    assert(j->run->t > 0);
    for (int v = 0; v < t->n_values; v++) {
        if (t->value[v].role == ROLE_TIME)
            *NAME(at)(&view, p, v) = (T)j->run->t;
        if (t->value[v].role == ROLE_HYPER)
            *NAME(at)(&view, p, v) = (T)o->param[t->value[v].which];
    }
    for (int i = 0; i < p->n_calls; i++) {
        const struct value *v = &t->value[p->call[i].out];
        if (p->call[i].phase != PHASE_UPDATE || v->extent != SCALAR)
            continue;
        NAME(factor)(j, &view, &p->call[i]);
        j->constants[UPDATE_FACTOR0 + v->which] = *NAME(at)(&view, p, p->call[i].out);
    }
    for (int i = 0; i < UPDATE_PARAMS; i++) {
        j->constants[UPDATE_PARAM0 + 2 * i] = (T)o->param[i];
        j->constants[UPDATE_PARAM0 + 2 * i + 1] = (T)(1 - o->param[i]);
    }
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

static void NAME(update_by_kernel)(const struct JOB *j, const struct update *u, size_t begin,
                                   size_t n, const T *g)
{
    const size_t block = j->plan->net->block, at = j->plan->net->param[u->group].offset + begin;
    const T rate = (T)j->run->rate;
    T c[UPDATE_NUMBERS], *state[OPT_STATES] = {0};
    memcpy(c, j->constants, sizeof c);
    c[UPDATE_RATE] = u->rate == 1 ? rate : rate * (T)u->rate;
    for (int i = 0; i < u->states; i++)
        state[i] = (T *)j->run->state + (size_t)i * block + at;
    j->k->update[u->kernel]((T *)j->run->params + at, state[0], state[1], g, c, u->decay,
                            (T)u->weight_decay, n);
}

/* Give numbers begin .. begin + n of a group their new values, from the gradients g of these
 * n. A plan for training writes them over the old ones. The same bits however a group falls
 * into ranges. */
static void NAME(update_range)(const struct JOB *j, const struct update *u, size_t begin, size_t n,
                               const T *g)
{
    const cr_plan *p = j->plan;
    if (u->kernel != UPDATE_NONE) {
        NAME(update_by_kernel)(j, u, begin, n, g);
        return;
    }
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
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
    int i = 0;
    while (p->update[i].group != v->param)
        i++;
    const T *g = NAME(update_gradient)(j, &p->update[i]);
    NAME(update_call)(j, &view, c, 0, p->update[i].size, g);
}
