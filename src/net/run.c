#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "base/team.h"
#include "net/call.h"
#include "net/lbfgs.h"
#include "net/narrow.h"

/* How the outputs of a large network are shared: in parts of a multiple of so many rows or
 * columns, and at most so many columns; and gradients, unless they are sums over many rows, in
 * blocks that stay in the second cache until the update takes them, beside the memory of
 * kernels. */
enum {
    ROW_UNIT = 24,
    COL_UNIT = 32,
    MOST_COLS = 512,
    ROWS_EACH = 64, /* with as many rows for each member, and as many as columns, rows are shared:
                       a member then reads what it made itself, but copies all weights */
    SHARES = 2, /* parts for each member: who is late leaves one to another; with bf16 only one, for
                   every part copies the left factor anew, which float32 reads in place */
    LONG_SUM = 512,
    WORTH = 1 << 21, /* rows times parameters: with fewer, waiting costs more than sharing saves */
    BLOCK_AT = KERNEL_SCRATCH,
    BLOCK_BYTES = 256 << 10
};
_Static_assert(BLOCK_AT + BLOCK_BYTES <= CR_TEAM_SCRATCH && BLOCK_AT % 64 == 0,
               "a member's memory");

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many parts of `size` make n. */
static size_t parts(size_t n, size_t size)
{
    return n / size + (n % size != 0);
}

/* The size of each of at most `count` parts of n, but for the last: a multiple of unit. */
static size_t part_of(size_t n, size_t count, size_t unit)
{
    return parts(parts(n, unit), count) * unit;
}

/* How many blocks the gradient that a call makes falls into, for so many members, and how large
 * each is: small ones, or where sums are long as large as can be, because every block reads its
 * factors anew. Rows are shared first, so that a member updates the weights of the outputs that
 * its part of the forward pass has. */
static size_t blocks(const struct call *c, const struct value *v, size_t size, size_t depth,
                     size_t members, size_t *high, size_t *wide)
{
    const size_t rows = v[c->out].rows, cols = v[c->out].cols;
    const size_t most = depth < LONG_SUM ? BLOCK_BYTES / size : SIZE_MAX;
    size_t by_rows = 1, by_cols = 1;
    *high = rows, *wide = cols;
    if (c->op != OP_LINEAR_DW)
        return 1;
    if (rows >= members * ROW_UNIT)
        *high = part_of(rows, members, depth >= LONG_SUM ? ROW_UNIT : 16);
    while (*high > most / *wide || parts(rows, *high) * parts(cols, *wide) < members) {
        if (*high > *wide && *high > ROW_UNIT)
            *high = part_of(rows, by_rows *= 2, ROW_UNIT);
        else if (*wide > COL_UNIT)
            *wide = part_of(cols, by_cols *= 2, 16);
        else
            break;
    }
    return parts(rows, *high) * parts(cols, *wide);
}

/* How far the rows of turned weights are apart. */
static size_t turned_ld(size_t cols)
{
    return cols + (16 - cols % 16) % 16;
}

/* The update that takes the gradient that a call makes. */
static const struct update *update_of(const cr_plan *plan, const struct call *c)
{
    const struct update *u = plan->update;
    while (u->gradient != c->out)
        u++;
    return u;
}

static size_t update_chunks(size_t size)
{
    return size / CHUNK + (size % CHUNK != 0);
}

/* Of the norm of all gradients. */
static size_t norm_chunks(const struct update *u)
{
    return u->gradient < 0 ? 0 : update_chunks(u->size);
}

#define T       float
#define NAME(x) x##_f32
#define KERNELS kernels_f32
#define TABLE   f32
#include "net/run.inl"

#define T       double
#define NAME(x) x##_f64
#define KERNELS kernels_f64
#define TABLE   f64
#include "net/run.inl"

void cr_plan_run(const cr_plan *plan, const struct run *run, enum phase first, enum phase last)
{
    if (cr_narrow_does(plan, run))
        cr_narrow_run(plan, run, first, last);
    else if (plan->f32)
        cr_run_f32(plan, run, first, last);
    else
        cr_run_f64(plan, run, first, last);
    if (plan->whole && last >= PHASE_UPDATE)
        cr_lbfgs_update(plan, run);
}

size_t cr_plan_train(const cr_plan *plan, const struct run *run, const struct batches *b,
                     double *loss)
{
    if (cr_narrow_does(plan, run))
        return cr_narrow_train(plan, run, b, loss);
    const size_t number = plan->f32 ? sizeof(float) : sizeof(double);
    const size_t in = run->rows * cr_net_inputs(plan->net) * number;
    const size_t targets = run->rows * cr_net_outputs(plan->net) * number;
    const size_t weights = run->rows * number;
    struct run one = *run;
    size_t step = 0;
    for (size_t at = b->first; step < b->steps; step++) {
        one.in = (const char *)run->in + at * in;
        one.targets = (const char *)run->targets + at * targets;
        if (run->weights)
            one.weights = (const char *)run->weights + at * weights;
        cr_plan_run(plan, &one, PHASE_FORWARD, PHASE_LOSS);
        const double value = cr_plan_loss(plan, &one);
        if (loss)
            loss[step] = value;
        if (!isfinite(value))
            break;
        cr_plan_run(plan, &one, PHASE_BACKWARD, PHASE_UPDATE);
        one.t++;
        at = at + 1 == b->n ? 0 : at + 1;
    }
    return step;
}

void *cr_plan_at(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index)
{
    const struct value *v = &plan->tape->value[value];
    if (cr_narrow_does(plan, run))
        return cr_narrow_at(plan, run, value, row, index);
    const size_t slice_rows = cr_slicing(plan, run->rows).rows;
    size_t slice = 0;
    if (v->extent == PER_ROW) {
        slice = row / slice_rows;
        index += row % slice_rows * v->cols;
    }
    if (plan->f32) {
        const struct view_f32 view = view_of_f32(plan, run, slice_rows, slice);
        float *p = at_f32(&view, plan, value);
        return p ? p + index : NULL;
    }
    const struct view_f64 view = view_of_f64(plan, run, slice_rows, slice);
    double *p = at_f64(&view, plan, value);
    return p ? p + index : NULL;
}

double cr_plan_get(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index)
{
    const void *p = cr_plan_at(plan, run, value, row, index);
    if (!p)
        return NAN;
    return plan->f32 ? (double)*(const float *)p : *(const double *)p;
}

double cr_plan_loss(const cr_plan *plan, const struct run *run)
{
    return cr_plan_get(plan, run, plan->tape->loss, 0, 0);
}

int cr_plan_not_finite(const cr_plan *plan, const struct run *run, uint64_t *ref)
{
    const struct tape *t = plan->tape;
    for (int v = 0; v < t->n_values; v++) {
        const size_t rows = t->value[v].extent == PER_ROW ? run->rows : 1;
        const size_t n =
            t->value[v].extent == PER_ROW ? t->value[v].cols : t->value[v].rows * t->value[v].cols;
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < n; i++)
                if (!isfinite(cr_plan_get(plan, run, v, r, i))) {
                    *ref = cr_ref(v, r, i);
                    return 1;
                }
    }
    return 0;
}
