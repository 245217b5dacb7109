#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/team.h"
#include "net/call.h"

/* How many numbers of an update one member takes at a time; waking the others for less than
 * that costs more than it saves. */
enum { CHUNK = 1 << 14 };

static size_t update_chunks(size_t size)
{
    return size / CHUNK + (size % CHUNK != 0);
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
    if (plan->f32)
        cr_run_f32(plan, run, first, last);
    else
        cr_run_f64(plan, run, first, last);
}

void *cr_plan_at(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index)
{
    const struct value *v = &plan->tape->value[value];
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
