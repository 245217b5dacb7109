/* Running a plan, for one type: T, NAME(x), KERNELS, TABLE are defined by run.c. Only
 * what moves data stands here; all arithmetic but two divisions is in the kernels. */

#define JOB  NAME(job)
#define VIEW NAME(view)
#define PART NAME(part)

struct JOB {
    const cr_plan *plan;
    const struct run *run;
    const struct KERNELS *k;
    struct slicing slicing;
    enum phase first, last;
    T constants[UPDATE_NUMBERS]; /* of the update's kernel, but for the rate */
};

/* Where one slice's values begin, for each kind of place. */
struct VIEW {
    T *base[IN_KINDS];
    size_t first; /* row of the batch */
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
    if (run->weights)
        view.base[IN_WEIGHTS] = (T *)(uintptr_t)run->weights + slice * slice_rows;
    view.first = slice * slice_rows;
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

/* Part of a call's output: some rows of a slice and, of products and maps, some columns. */
struct PART {
    size_t row, rows, col, cols;
};

/* Where a value's first row of a part is. */
static T *NAME(rows_at)(const struct VIEW *view, const cr_plan *plan, int value,
                        const struct PART *part)
{
    const struct value *v = &plan->tape->value[value];
    T *at = NAME(at)(view, plan, value);
    return at && v->extent == PER_ROW ? at + part->row * v->cols : at;
}

static T *NAME(scratch)(const struct VIEW *view, const cr_plan *plan, size_t at)
{
    return view->base[IN_SLICE] + plan->scratch + at;
}

/* The formula of a call for a part; `out` has as many columns as the widest operand. An operand
 * with one column is the same in every column, one without rows the same in every row: with such
 * an operand each row is a call of its own. */
static void NAME(map)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                      const struct PART *part, T *out, size_t ld)
{
    const T *args[PROGRAM_ARGS];
    unsigned char step[PROGRAM_ARGS];
    size_t down[PROGRAM_ARGS]; /* from row to row */
    int by_row = 0;
    for (int i = 0; i < c->n_in; i++) {
        const struct value *v = &j->plan->tape->value[c->in[i]];
        const int alike = v->cols == 1 && ld > 1, lasting = v->extent != PER_ROW;
        step[i] = lasting ? v->cols > 1 : !alike;
        down[i] = lasting ? 0 : v->cols;
        by_row |= lasting ? step[i] : alike;
        args[i] = NAME(rows_at)(view, j->plan, c->in[i], part) + (step[i] ? part->col : 0);
    }
    if (!by_row) {
        const int whole = part->cols == ld;
        const size_t rows = whole ? 1 : part->rows, n = whole ? part->rows * ld : part->cols;
        j->k->map_rows(c->program, args, step, out + part->col, rows, n, n > ld ? n : ld);
        return;
    }
    for (size_t r = 0; r < part->rows; r++) {
        j->k->map(c->program, args, step, out + r * ld + part->col, part->cols);
        for (int i = 0; i < c->n_in; i++)
            args[i] += down[i];
    }
}

static void NAME(concat)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                         const struct PART *part, T *out)
{
    const size_t cols = j->plan->tape->value[c->out].cols;
    size_t begin = 0;
    for (int i = 0; i < c->n_in; i++) {
        const T *in = NAME(rows_at)(view, j->plan, c->in[i], part);
        const size_t n = j->plan->tape->value[c->in[i]].cols;
        for (size_t r = 0; r < part->rows; r++)
            memcpy(out + r * cols + begin, in + r * n, n * sizeof *in);
        begin += n;
    }
}

/* Masks and noise: a function of seed, update, layer, row of the batch and column alone. */
static void NAME(draw)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                       const struct PART *part, T *out)
{
    enum { WORDS = 64, LAYER_AT = 40 };
    const size_t cols = j->plan->tape->value[c->out].cols, n = part->rows * cols;
    const uint64_t layer = (uint64_t)j->plan->tape->value[c->out].layer << LAYER_AT;
    const uint64_t first = layer + (view->first + part->row) * cols;
    const struct random_key key = {
        j->plan->net->seed, c->op == OP_MASK ? RANDOM_DROPOUT : RANDOM_NOISE, (uint32_t)j->run->t};
    const T kept = (T)(1 / (1 - c->factor));
    const double threshold = c->factor * 0x1p32;
    uint32_t word[WORDS];
    for (size_t i = 0; i < n && c->op == OP_NOISE; i++)
        out[i] = (T)(c->factor * cr_random_normal(key, first + i));
    for (size_t i = 0; i < n && c->op == OP_MASK; i += WORDS) {
        const size_t m = least(n - i, WORDS);
        cr_random_words(key, first + i, m, word);
        for (size_t k = 0; k < m; k++)
            out[i + k] = (double)word[k] < threshold ? 0 : kept;
    }
}

/* One call for a part of its output. pack: scratch memory of the member that runs it. */
static void NAME(call)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                       const struct PART *part, void *pack)
{
    const struct value *v = j->plan->tape->value;
    const struct KERNELS *k = j->k;
    T *out = NAME(rows_at)(view, j->plan, c->out, part);
    const size_t rows = part->rows, cols = v[c->out].cols, col = part->col;
    T *in[4] = {0};
    size_t in_cols[4] = {0};
    for (int i = 0; i < c->n_in && i < 4; i++) {
        in[i] = NAME(rows_at)(view, j->plan, c->in[i], part);
        in_cols[i] = v[c->in[i]].cols;
    }
    switch (c->op) {
    case OP_MAP: NAME(map)(j, view, c, part, out, cols); break;
    case OP_MASK:
    case OP_NOISE: NAME(draw)(j, view, c, part, out); break;
    case OP_LINEAR: {
        const size_t step = in_cols[2] > 1, inner = in_cols[0];
        const T *bias = in[2] ? in[2] + step * col : NULL;
        if (j->plan->frozen) {
            const T *wt = (const T *)j->plan->frozen + c->turned + col;
            k->linear_turned(out + col, cols, in[0], inner, wt, turned_ld(cols), bias, step, rows,
                             part->cols, inner, pack);
            break;
        }
        k->linear(out + col, cols, in[0], inner, in[1] + col * inner, inner, bias, step, rows,
                  part->cols, inner, pack);
        break;
    }
    case OP_LINEAR_DX:
        k->linear_dx(out + col, cols, in[0], in_cols[0], in[1] + col, cols, rows, in_cols[0],
                     part->cols, pack);
        break;
    case OP_LINEAR_DW:
        k->linear_dw(out, in_cols[1], in[0], in_cols[0], in[1], in_cols[1], rows, in_cols[0],
                     in_cols[1], pack);
        break;
    case OP_SUM_ROWS:
        if (cols == in_cols[0]) {
            k->sum_rows(out, in[0], cols, rows, cols);
        } else {
            T *each = NAME(scratch)(view, j->plan, 0);
            k->row_sum(each, in[0], in_cols[0], rows, in_cols[0]);
            k->sum_rows(out, each, 1, rows, 1);
        }
        break;
    case OP_SUM:
        assert(in[0]);
        memcpy(out, in[0], rows * cols * sizeof *out);
        for (int i = 1; i < c->n_in; i++)
            k->add(out, NAME(rows_at)(view, j->plan, c->in[i], part), rows * cols);
        break;
    case OP_CONCAT: NAME(concat)(j, view, c, part, out); break;
    case OP_SLICE:
        assert(in[0]);
        for (size_t r = 0; r < rows; r++)
            memcpy(out + r * cols, in[0] + r * in_cols[0] + c->begin, cols * sizeof *out);
        break;
    case OP_SOFTMAX:
        k->softmax(out, cols, NAME(rows_at)(view, j->plan, c->out2, part), in[0], cols, rows, cols);
        break;
    case OP_SOFTMAX_BACK: k->softmax_back(out, cols, in[0], cols, in[1], cols, rows, cols); break;
    case OP_ROW_SUM:
    case OP_LOSS: {
        const struct PART whole = {part->row, rows, 0, in_cols[0]};
        T *each = NAME(scratch)(view, j->plan, part->row * j->plan->scratch_cols);
        NAME(map)(j, view, c, &whole, each, in_cols[0]);
        k->row_sum(out, each, in_cols[0], rows, in_cols[0]);
        for (size_t r = 0; c->mean && r < rows; r++)
            out[r] /= (T)in_cols[0];
        break;
    }
    case OP_COL_SUM: {
        T *each = NAME(scratch)(view, j->plan, 0);
        NAME(map)(j, view, c, part, each, cols);
        k->sum_rows(out, each, cols, rows, cols);
        for (size_t i = 0; c->mean && i < cols; i++)
            out[i] /= (T)rows;
        break;
    }
    case OP_LOSS_SOFTMAX:
        k->dot_lse(out, in[2], in[0], in_cols[0], in[1], in_cols[1], rows, in_cols[0]);
        break;
    case OP_TOTAL: k->sum_rows(out, in[0], 1, rows, 1); break;
    case OP_NORM:
    case OP_DESCEND:
    case OP_COUNT: break; /* update.inl */
    }
}

/* A call for all rows of a slice; a map without rows is made as if for one. */
static void NAME(whole_call)(const struct JOB *j, const struct VIEW *view, const struct call *c,
                             size_t rows, void *pack)
{
    const struct value *v = &j->plan->tape->value[c->out];
    const int no_rows = c->op == OP_MAP && v->extent == PER_NET;
    const struct PART part = {0, no_rows ? 1 : rows, 0, v->cols};
    NAME(call)(j, view, c, &part, pack);
}

static void *NAME(pack)(const struct JOB *j, int member)
{
    return member == 0 ? (T *)j->run->work + j->plan->pack : cr_team_scratch(j->run->team, member);
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
    void *pack = NAME(pack)(j, member);
    const size_t rows = NAME(rows_of)(j, slice);
    const struct VIEW view = NAME(view_of)(j->plan, j->run, j->slicing.rows, slice);
    for (int i = 0; i < j->plan->n_calls; i++) {
        const struct call *c = &j->plan->call[i];
        if (NAME(wanted)(j, c) && c->phase != PHASE_UPDATE && !c->once)
            NAME(whole_call)(j, &view, c, rows, pack);
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
    if (c->op == OP_TOTAL && c->n_in > 1) {
        const struct VIEW view = NAME(view_of)(j->plan, j->run, 0, 0);
        ((T *)j->run->work)[slot->offset] /= *NAME(at)(&view, j->plan, c->in[1]);
    }
}

/* A plan for training joins gradients only when it descends, unless all parameters move at once. */
static int NAME(joins_late)(const struct JOB *j, const struct call *c)
{
    return j->plan->purpose == CR_FOR_TRAINING && !j->plan->whole &&
           j->plan->tape->value[c->out].param >= 0;
}

/* Whether the update of a group follows its gradient block by block. */
static int NAME(updates_late)(const struct JOB *j, const struct update *u)
{
    return u->late && j->slicing.n == 1;
}

static T NAME(root)(T x)
{
    return (T)sqrt((double)x); /* rounded as the root of T itself */
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
        const size_t chunks = NAME(updates_late)(j, u) ? 0 : update_chunks(u->size);
        if (item >= chunks) {
            item -= chunks;
            continue;
        }
        const size_t begin = item * CHUNK, n = u->size - begin < CHUNK ? u->size - begin : CHUNK;
        if (j->plan->purpose == CR_FOR_TRAINING && j->plan->norm < 0 && u->gradient >= 0)
            NAME(join)(j, j->plan->slot[u->gradient].offset + begin, n);
        NAME(update_range)(j, u, begin, n, NAME(update_gradient)(j, u, begin));
        return;
    }
}

static void NAME(set_scalars)(const struct JOB *j)
{
    const cr_plan *p = j->plan;
    const struct VIEW view = NAME(view_of)(p, j->run, 0, 0);
    if (p->rows_value >= 0)
        *NAME(at)(&view, p, p->rows_value) = (T)j->run->rows;
    if (p->weight_sum >= 0) {
        double sum = 0;
        for (size_t r = 0; r < j->run->rows; r++)
            sum += (double)((const T *)j->run->weights)[r];
        *NAME(at)(&view, p, p->weight_sum) = (T)sum;
    }
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
            NAME(whole_call)(j, &view, c, NAME(rows_of)(j, s), NAME(pack)(j, 0));
        }
        NAME(finish)(j, c);
        j->run->after(j->run->ctx, j->plan, j->run, c->step);
    }
}

#include "net/tiles.inl"

/* What is the same for all slices. */
static void NAME(run_once)(const struct JOB *j)
{
    const struct VIEW view = NAME(view_of)(j->plan, j->run, 0, 0);
    for (int i = 0; i < j->plan->n_calls; i++)
        if (j->plan->call[i].once && NAME(wanted)(j, &j->plan->call[i]))
            NAME(whole_call)(j, &view, &j->plan->call[i], 1, NULL);
}

/* All wanted steps but the update, in any order that gives the same bits. */
static void NAME(run_slices)(const struct JOB *j)
{
    NAME(run_once)(j);
    if (!j->plan->tiled) {
        cr_team_run(j->run->team, j->slicing.n, NAME(slice), (void *)(uintptr_t)j);
        return;
    }
    for (size_t s = 0; s < j->slicing.n; s++) {
        NAME(run_slice)(j, s, 0, 0);
        if (j->slicing.n > 1)
            NAME(run_slice)(j, s, 1, 0);
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
        NAME(run_slices)(&j);
    for (int i = 0; i < plan->n_calls; i++) {
        const struct call *c = &plan->call[i];
        if (!NAME(wanted)(&j, c))
            continue;
        if (c->phase != PHASE_UPDATE && !NAME(joins_late)(&j, c))
            NAME(finish)(&j, c);
    }
    for (int i = 0; last >= PHASE_UPDATE && i < plan->n_updates; i++) {
        if (NAME(updates_late)(&j, &plan->update[i]))
            continue;
        chunks += update_chunks(plan->update[i].size);
        numbers += plan->update[i].size;
    }
    if (last >= PHASE_UPDATE && plan->norm >= 0)
        NAME(clip)(&j, run->team);
    if (plan->tiled && last == PHASE_UPDATE && j.slicing.n == 1)
        NAME(run_slice)(&j, 0, 1, 1);
    if (chunks)
        cr_team_run(numbers > CHUNK ? run->team : NULL, chunks, NAME(update), &j);
}

#undef JOB
#undef VIEW
#undef PART
#undef T
#undef NAME
#undef KERNELS
#undef TABLE
