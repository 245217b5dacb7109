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
        if (p->call[i].phase != PHASE_UPDATE || v->role != ROLE_FACTOR)
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
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    if (u->kernel != UPDATE_NONE) {
        NAME(update_by_kernel)(j, u, begin, n, g);
        if (u->after >= 0)
            NAME(update_call)(j, &view, &p->call[u->after], begin, n, g);
        return;
    }
    for (int i = u->first; i < u->first + u->n; i++)
        NAME(update_call)(j, &view, &p->call[i], begin, n, g);
}

/* The gradients of a group as the plan keeps them, once joined; from number `begin` on. NULL: it
 * has none. */
static const T *NAME(update_gradient)(const struct JOB *j, const struct update *u, size_t begin)
{
    if (u->gradient < 0)
        return NULL;
    const struct VIEW view = NAME(view_of)(j->plan, j->run, 0, 0);
    return NAME(at)(&view, j->plan, u->gradient) + begin;
}

/* The sum of squares of n numbers, at most CHUNK: sums of 256 as along a row, one after the other. */
static T NAME(squares)(const struct JOB *j, const T *g, size_t n)
{
    enum { STRIP = 256 };
    T square[STRIP], part, sum = 0;
    for (size_t i = 0; i < n; i += STRIP) {
        const size_t m = n - i < STRIP ? n - i : STRIP;
        for (size_t k = 0; k < m; k++)
            square[k] = g[i + k] * g[i + k];
        j->k->row_sum(&part, square, m, 1, m);
        sum += part;
    }
    return sum;
}

/* The part of a chunk of all gradients in their norm, once its slices are joined. */
static void NAME(norm_chunk)(void *ctx, size_t item, int member)
{
    const struct JOB *j = ctx;
    const struct VIEW view = NAME(view_of)(j->plan, j->run, 0, 0);
    T *part = NAME(at)(&view, j->plan, j->plan->norm) + 1 + item;
    (void)member;
    for (int i = 0; i < j->plan->n_updates; i++) {
        const struct update *u = &j->plan->update[i];
        const size_t chunks = norm_chunks(u);
        if (item >= chunks) {
            item -= chunks;
            continue;
        }
        const size_t begin = item * CHUNK, n = least(u->size - begin, CHUNK);
        if (j->plan->purpose == CR_FOR_TRAINING)
            NAME(join)(j, j->plan->slot[u->gradient].offset + begin, n);
        *part = NAME(squares)(j, NAME(update_gradient)(j, u, begin), n);
        return;
    }
}

/* The norm of all gradients, and what they are multiplied by. */
static void NAME(clip)(const struct JOB *j, struct team *team)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    T *norm = NAME(at)(&view, p, p->norm);
    const unsigned char one[] = {0};
    size_t chunks = 0;
    for (int i = 0; i < p->n_updates; i++)
        chunks += norm_chunks(&p->update[i]);
    cr_team_run(chunks > 1 ? team : NULL, chunks, NAME(norm_chunk), (void *)(uintptr_t)j);
    *norm = 0;
    for (size_t i = 1; i <= chunks; i++)
        *norm += norm[i];
    *norm = NAME(root)(*norm);
    for (int i = 0; i < p->n_calls; i++) {
        const struct call *c = &p->call[i];
        const T *args[] = {norm};
        if (p->tape->value[c->out].role == ROLE_CLIP)
            j->k->map(c->program, args, one, NAME(at)(&view, p, c->out), 1);
    }
}

/* One call on all numbers of its group, or the scalar that it makes. */
static void NAME(update_step)(const struct JOB *j, const struct call *c)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    const struct value *v = &p->tape->value[c->out];
    if (v->role == ROLE_FACTOR)
        NAME(factor)(j, &view, c);
    if (v->role == ROLE_NORM)
        NAME(clip)(j, NULL);
    if (v->extent == SCALAR)
        return;
    int i = 0;
    while (p->update[i].group != v->param)
        i++;
    const T *g = NAME(update_gradient)(j, &p->update[i], 0);
    NAME(update_call)(j, &view, c, 0, p->update[i].size, g);
}
