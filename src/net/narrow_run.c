/* Running the list of a narrow plan. */
#include <math.h>
#include <string.h>

#include "net/call.h"
#include "net/narrow_list.h"

#define T       float
#define NAME(x) x##_f32
#define TABLE   f32
#include "net/narrow_run.inl"

#define T       double
#define NAME(x) x##_f64
#define TABLE   f64
#include "net/narrow_run.inl"

int cr_narrow_does(const cr_plan *plan, const struct run *run)
{
    return plan->narrow && run->rows <= plan->narrow->rows && run->rows > 0 && !run->after;
}

void cr_narrow_run(const cr_plan *plan, const struct run *run, enum phase first, enum phase last)
{
    if (plan->f32)
        run_f32(plan, run, first, last);
    else
        run_f64(plan, run, first, last);
}

size_t cr_narrow_train(const cr_plan *plan, const struct run *run, const struct batches *b,
                       double *loss)
{
    return plan->f32 ? train_f32(plan, run, b, loss) : train_f64(plan, run, b, loss);
}

void *cr_narrow_at(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index)
{
    const struct narrow_slot *s = &plan->narrow->slot[value];
    const struct value *v = &plan->tape->value[value];
    const size_t size = plan->f32 ? sizeof(float) : sizeof(double);
    if (v->role == ROLE_PARAM || v->role == ROLE_NEW)
        return (char *)run->params + (plan->net->param[v->param].offset + index) * size;
    return s->lanes ? (char *)run->work + (s->at + row * s->lanes + index) * size : NULL;
}
