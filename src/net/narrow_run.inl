/* Running the list of a narrow plan, for one type: T, NAME(x) and TABLE are defined by
 * narrow_run.c. Only what moves data stands here. */

static void NAME(fill)(T *to, T value)
{
    for (size_t i = 0; i < NARROW_LANES; i++)
        to[i] = value;
}

/* Between the block and a layout of the list. */
static void NAME(move)(const cr_plan *plan, const struct run *run, const struct narrow_param *p,
                       int back)
{
    const struct param *group = &plan->net->param[p->group];
    T *block = (T *)run->params + group->offset, *list = (T *)run->work + p->at;
    const size_t rows = group->rows, cols = group->cols;
    const size_t across = p->layout == BY_INPUT ? rows : cols;
    const size_t lanes = across == 1 ? 1 : across <= 4 ? 4 : across <= 8 ? 8 : 16;
    if (p->layout == SHARED) {
        if (back)
            *block = *list;
        else
            NAME(fill)(list, *block);
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            T *w = block + i * cols + j;
            T *at = list + (p->layout == BY_INPUT ? j * lanes + i : i * lanes + j);
            if (back)
                *w = *at;
            else
                *at = *w;
        }
    if (!back && lanes > across)
        for (size_t i = 0; i < (p->layout == BY_INPUT ? cols : rows); i++)
            for (size_t j = across; j < lanes; j++)
                list[i * lanes + j] = 0;
}

static void NAME(begin)(const cr_plan *plan, const struct run *run)
{
    const struct narrow *n = plan->narrow;
    T *base = run->work;
    NAME(fill)(base + n->n_rows, (T)run->rows);
    for (size_t g = 0; plan->purpose == CR_FOR_TRAINING && g < plan->net->n_params; g++)
        base[n->rate + g] = 0;
    for (int i = 0; i < plan->n_calls; i++) {
        const struct call *c = &plan->call[i];
        if (c->op == OP_DESCEND)
            base[n->rate + (size_t)plan->tape->value[c->out].param] = (T)(run->rate * c->factor);
    }
    for (int i = 0; i < n->n_consts; i++)
        NAME(fill)(base + n->consts[i].at, (T)n->consts[i].value);
    for (int i = 0; i < n->n_params; i++)
        NAME(move)(plan, run, &n->param[i], 0);
    /* Lanes beyond a value's columns count for nothing, but numbers they should be. */
    for (int v = 0; v < plan->tape->n_values; v++) {
        const struct narrow_slot *s = &n->slot[v];
        if (s->lanes == 1)
            for (size_t r = run->rows; r % 4; r++)
                base[s->at + r] = 0;
        else if (s->part && s->lanes > s->cols)
            memset(base + s->at, 0, run->rows * s->lanes * sizeof *base);
    }
}

static void NAME(end)(const cr_plan *plan, const struct run *run)
{
    for (int i = 0; i < plan->narrow->n_params; i++)
        NAME(move)(plan, run, &plan->narrow->param[i], 1);
}

/* Rows of a batch to their slot; whole lanes at a time as long as the batch has them. */
static void NAME(take)(const struct run *run, const struct narrow_slot *s, const T *from)
{
    T *to = (T *)run->work + s->at;
    const size_t cols = s->cols, lanes = s->lanes, n = run->rows * cols;
    size_t i = 0;
    if (lanes == 1)
        for (; i + 4 <= n; i += 4, to += 4)
            memcpy(to, from + i, 4 * sizeof *to);
    else if (lanes == 4)
        for (; i + 4 <= n; i += cols, to += 4)
            memcpy(to, from + i, 4 * sizeof *to);
    else if (lanes == 8)
        for (; i + 8 <= n; i += cols, to += 8)
            memcpy(to, from + i, 8 * sizeof *to);
    for (; i < n; i += cols, to += lanes)
        for (size_t j = 0; j < cols; j++)
            to[j] = from[i + j];
}

static void NAME(phases)(const cr_plan *plan, const struct run *run, enum phase first,
                         enum phase last)
{
    const struct narrow *n = plan->narrow;
    const size_t begin = n->begin[first], end = n->begin[last + 1];
    plan->TABLE->narrow(n->op + begin, end - begin, run->work, run->rows);
}

static void NAME(run)(const cr_plan *plan, const struct run *run, enum phase first, enum phase last)
{
    const struct tape *t = plan->tape;
    if (first <= PHASE_FORWARD) {
        NAME(begin)(plan, run);
        NAME(take)(run, &plan->narrow->slot[t->input], run->in);
        if (run->targets)
            NAME(take)(run, &plan->narrow->slot[t->target], run->targets);
    }
    NAME(phases)(plan, run, first, last);
    if (last >= PHASE_UPDATE)
        NAME(end)(plan, run);
}

static size_t NAME(whole_steps)(const cr_plan *plan, const struct run *run, const struct batches *b,
                                double *loss)
{
    const struct narrow *n = plan->narrow;
    T *base = run->work, rate[4];
    for (int i = 0; i < 4; i++)
        rate[i] = (T)(run->rate * n->whole->factor[i]);
    const struct narrow_batches all = {.in = run->in,
                                       .targets = run->targets,
                                       .rows = run->rows,
                                       .n = b->n,
                                       .first = b->first,
                                       .steps = b->steps,
                                       .losses = loss,
                                       .out = base + n->slot[plan->tape->output].at,
                                       .loss = base + n->slot[plan->tape->loss].at};
    return plan->TABLE->narrow_steps(&n->whole->step, &all, run->params, rate);
}

static size_t NAME(train)(const cr_plan *plan, const struct run *run, const struct batches *b,
                          double *loss)
{
    const struct narrow *n = plan->narrow;
    const struct narrow_slot *in = &n->slot[plan->tape->input];
    const struct narrow_slot *targets = &n->slot[plan->tape->target];
    const T *value = (const T *)run->work + n->slot[plan->tape->loss].at;
    const size_t x = run->rows * in->cols, t = run->rows * targets->cols;
    size_t step = 0;
    if (n->whole && plan->TABLE->narrow_steps)
        return NAME(whole_steps)(plan, run, b, loss);
    NAME(begin)(plan, run);
    for (size_t at = b->first; step < b->steps; step++) {
        NAME(take)(run, in, (const T *)run->in + at * x);
        NAME(take)(run, targets, (const T *)run->targets + at * t);
        NAME(phases)(plan, run, PHASE_FORWARD, PHASE_LOSS);
        if (loss)
            loss[step] = (double)*value;
        if (!isfinite(*value))
            break;
        NAME(phases)(plan, run, PHASE_BACKWARD, PHASE_UPDATE);
        at = at + 1 == b->n ? 0 : at + 1;
    }
    NAME(end)(plan, run);
    return step;
}

#undef T
#undef NAME
#undef TABLE
