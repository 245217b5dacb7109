/* Running a plan, for one type: T, NAME(x), KERNELS, TABLE are defined by run.c. Only
 * what moves data stands here; all arithmetic but two divisions is in the kernels. */

#define JOB  NAME(job)
#define VIEW NAME(view)

struct JOB {
    const cr_plan *plan;
    const struct run *run;
    const struct KERNELS *k;
    struct slicing slicing;
    enum phase first, last;
};

/* Where one slice's values begin, for each kind of place. */
struct VIEW {
    T *base[IN_KINDS];
};

static struct VIEW NAME(view_of)(const cr_plan *p, const struct run *run, size_t slice_rows,
                                 size_t slice)
{
    const struct spec *s = p->net->spec;
    T *work = run->work, *shared = work + p->sums, *sums = shared + p->shared;
    struct VIEW view = {{0}};
    view.base[IN_INPUT] = (T *)(uintptr_t)run->in + slice * slice_rows * s->n_inputs;
    if (run->targets)
        view.base[IN_TARGETS] = (T *)(uintptr_t)run->targets + slice * slice_rows * s->n_outputs;
    view.base[IN_PARAMS] = run->params;
    view.base[IN_SHARED] = shared;
    view.base[IN_STATE] = run->state;
    view.base[IN_SUMS] = slice == 0 ? work : sums + (slice - 1) * p->sums;
    view.base[IN_SLICE] = sums + (p->most_slices - 1) * p->sums + slice * p->slice;
    return view;
}

static T *NAME(at)(const struct VIEW *view, const cr_plan *plan, int value)
{
    const struct slot *slot = &plan->slot[value];
    return slot->kind == IN_NOWHERE ? NULL : view->base[slot->kind] + slot->offset;
}

static T *NAME(scratch)(const struct VIEW *view, const cr_plan *plan)
{
    return view->base[IN_SLICE] + plan->scratch;
}

static void NAME(map)(const struct JOB *j, const struct VIEW *view, const struct call *c, T *out,
                      size_t n)
{
    const T *args[PROGRAM_ARGS];
    unsigned char step[PROGRAM_ARGS];
    for (int i = 0; i < c->n_in; i++) {
        args[i] = NAME(at)(view, j->plan, c->in[i]);
        step[i] = j->plan->tape->value[c->in[i]].extent == PER_ROW;
    }
    j->k->map(c->program, args, step, out, n);
}

static void NAME(concat)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                         size_t rows, T *out)
{
    const size_t cols = j->plan->tape->value[c->out].cols;
    size_t begin = 0;
    for (int i = 0; i < c->n_in; i++) {
        const T *in = NAME(at)(view, j->plan, c->in[i]);
        const size_t n = j->plan->tape->value[c->in[i]].cols;
        for (size_t r = 0; r < rows; r++)
            memcpy(out + r * cols + begin, in + r * n, n * sizeof *in);
        begin += n;
    }
}

/* One call on one slice's rows. */
static void NAME(call)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                       size_t rows)
{
    const struct value *v = j->plan->tape->value;
    const struct KERNELS *k = j->k;
    T *out = NAME(at)(view, j->plan, c->out);
    const size_t cols = v[c->out].cols;
    T *in[4] = {0};
    size_t in_cols[4] = {0};
    for (int i = 0; i < c->n_in && i < 4; i++) {
        in[i] = NAME(at)(view, j->plan, c->in[i]);
        in_cols[i] = v[c->in[i]].cols;
    }
    switch (c->op) {
    case OP_MAP: NAME(map)(j, view, c, out, rows * cols); break;
    case OP_LINEAR:
        k->linear(out, cols, in[0], in_cols[0], in[1], in_cols[0], in[2], in_cols[2] > 1, rows,
                  cols, in_cols[0]);
        break;
    case OP_LINEAR_DX:
        k->linear_dx(out, cols, in[0], in_cols[0], in[1], cols, rows, in_cols[0], cols);
        break;
    case OP_LINEAR_DW:
        k->linear_dw(out, in_cols[1], in[0], in_cols[0], in[1], in_cols[1], rows, in_cols[0],
                     in_cols[1]);
        break;
    case OP_SUM_ROWS:
        if (cols == in_cols[0]) {
            k->sum_rows(out, in[0], cols, rows, cols);
        } else {
            T *each = NAME(scratch)(view, j->plan);
            k->row_sum(each, in[0], in_cols[0], rows, in_cols[0]);
            k->sum_rows(out, each, 1, rows, 1);
        }
        break;
    case OP_SUM:
        assert(in[0]);
        memcpy(out, in[0], rows * cols * sizeof *out);
        for (int i = 1; i < c->n_in; i++)
            k->add(out, NAME(at)(view, j->plan, c->in[i]), rows * cols);
        break;
    case OP_CONCAT: NAME(concat)(j, view, c, rows, out); break;
    case OP_SLICE:
        assert(in[0]);
        for (size_t r = 0; r < rows; r++)
            memcpy(out + r * cols, in[0] + r * in_cols[0] + c->begin, cols * sizeof *out);
        break;
    case OP_SOFTMAX:
        k->softmax(out, cols, NAME(at)(view, j->plan, c->out2), in[0], cols, rows, cols);
        break;
    case OP_SOFTMAX_BACK: k->softmax_back(out, cols, in[0], cols, in[1], cols, rows, cols); break;
    case OP_LOSS: {
        T *each = NAME(scratch)(view, j->plan);
        NAME(map)(j, view, c, each, rows * in_cols[0]);
        k->row_sum(out, each, in_cols[0], rows, in_cols[0]);
        for (size_t r = 0; c->mean && r < rows; r++)
            out[r] /= (T)in_cols[0];
        break;
    }
    case OP_LOSS_SOFTMAX:
        k->dot_lse(out, in[2], in[0], in_cols[0], in[1], in_cols[1], rows, in_cols[0]);
        break;
    case OP_TOTAL: k->sum_rows(out, in[0], 1, rows, 1); break;
    case OP_DESCEND:
    case OP_COUNT: break; /* update.inl */
    }
}

static size_t NAME(rows_of)(const struct JOB *j, size_t slice)
{
    const size_t begin = slice * j->slicing.rows, left = j->run->rows - begin;
    return left < j->slicing.rows ? left : j->slicing.rows;
}

static int NAME(wanted)(const struct JOB *j, const struct call *c)
{
    return c->phase >= j->first && c->phase <= j->last;
}

static void NAME(slice)(void *ctx, size_t slice, int member)
{
    const struct JOB *j = ctx;
    (void)member;
    const size_t rows = NAME(rows_of)(j, slice);
    const struct VIEW view = NAME(view_of)(j->plan, j->run, j->slicing.rows, slice);
    for (int i = 0; i < j->plan->n_calls; i++) {
        const struct call *c = &j->plan->call[i];
        if (NAME(wanted)(j, c) && c->phase != PHASE_UPDATE)
            NAME(call)(j, &view, c, rows);
    }
}

/* Join n numbers that each slice summed over its rows, by a binary tree that the number of
 * slices fixes; the result lies with the first slice's. */
static void NAME(join)(const struct JOB *j, size_t begin, size_t n)
{
    const cr_plan *p = j->plan;
    T *first = (T *)j->run->work, *rest = first + p->sums + p->shared;
    for (size_t step = 1; step < j->slicing.n; step *= 2)
        for (size_t s = 0; s + step < j->slicing.n; s += 2 * step) {
            T *to = s == 0 ? first : rest + (s - 1) * p->sums;
            j->k->add(to + begin, rest + (s + step - 1) * p->sums + begin, n);
        }
}

/* Complete what a call summed over the rows of each slice. */
static void NAME(finish)(const struct JOB *j, const struct call *c)
{
    const struct slot *slot = &j->plan->slot[c->out];
    const struct value *v = &j->plan->tape->value[c->out];
    if (slot->kind != IN_SUMS)
        return;
    NAME(join)(j, slot->offset, v->rows * v->cols);
    if (c->op == OP_TOTAL && c->n_in > 1)
        ((T *)j->run->work)[slot->offset] /= (T)j->run->rows;
}

/* A plan for training joins gradients only when it descends. */
static int NAME(joins_late)(const struct JOB *j, const struct call *c)
{
    return j->plan->purpose == CR_FOR_TRAINING && j->plan->tape->value[c->out].param >= 0;
}

#include "net/update.inl"

/* One chunk of the update: join its gradients while they are in cache, and make the new
 * values. Item numbers count the chunks of all groups. */
static void NAME(update)(void *ctx, size_t item, int member)
{
    const struct JOB *j = ctx;
    (void)member;
    for (int i = 0; i < j->plan->n_updates; i++) {
        const struct update *u = &j->plan->update[i];
        const size_t chunks = update_chunks(u->size);
        if (item >= chunks) {
            item -= chunks;
            continue;
        }
        const size_t begin = item * CHUNK, n = u->size - begin < CHUNK ? u->size - begin : CHUNK;
        if (j->plan->purpose == CR_FOR_TRAINING)
            NAME(join)(j, j->plan->slot[u->gradient].offset + begin, n);
        NAME(update_range)(j, u, begin, n, NAME(update_gradient)(j, u) + begin);
        return;
    }
}

static void NAME(set_scalars)(const struct JOB *j)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    if (p->rows_value >= 0)
        *NAME(at)(&view, p, p->rows_value) = (T)j->run->rows;
    if (p->rate_value >= 0)
        *NAME(at)(&view, p, p->rate_value) = (T)j->run->rate;
}

/* Step by step, so that a hook sees each value when it is complete. */
static void NAME(run_with_hook)(const struct JOB *j)
{
    for (int i = 0; i < j->plan->n_calls; i++) {
        const struct call *c = &j->plan->call[i];
        if (!NAME(wanted)(j, c))
            continue;
        if (c->phase == PHASE_UPDATE) {
            NAME(update_step)(j, c);
            j->run->after(j->run->ctx, j->plan, j->run, c->step);
            continue;
        }
        for (size_t s = 0; s < j->slicing.n; s++) {
            const struct VIEW view = NAME(view_of)(j->plan, j->run, j->slicing.rows, s);
            NAME(call)(j, &view, c, NAME(rows_of)(j, s));
        }
        NAME(finish)(j, c);
        j->run->after(j->run->ctx, j->plan, j->run, c->step);
    }
}

void NAME(cr_run)(const cr_plan *plan, const struct run *run, enum phase first, enum phase last)
{
    struct JOB j = {plan, run, plan->TABLE, cr_slicing(plan, run->rows), first, last};
    NAME(set_scalars)(&j);
    NAME(update_scalars)(&j);
    if (run->after) {
        NAME(run_with_hook)(&j);
        return;
    }
    size_t chunks = 0, numbers = 0;
    if (first < PHASE_UPDATE)
        cr_team_run(run->team, j.slicing.n, NAME(slice), &j);
    for (int i = 0; i < plan->n_calls; i++) {
        const struct call *c = &plan->call[i];
        if (!NAME(wanted)(&j, c))
            continue;
        if (c->phase != PHASE_UPDATE && !NAME(joins_late)(&j, c))
            NAME(finish)(&j, c);
    }
    for (int i = 0; last >= PHASE_UPDATE && i < plan->n_updates; i++) {
        chunks += update_chunks(plan->update[i].size);
        numbers += plan->update[i].size;
    }
    if (chunks)
        cr_team_run(numbers > CHUNK ? run->team : NULL, chunks, NAME(update), &j);
}

#undef JOB
#undef VIEW
#undef T
#undef NAME
#undef KERNELS
#undef TABLE
