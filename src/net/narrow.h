/* Plans of narrow networks, where the cost of a step is not arithmetic but what surrounds it:
 * besides its calls such a plan has a list of short operations (kernels/narrow.h) that does the
 * same for a batch of one slice, made from those calls, with the same bits.
 *
 * In a run of the list parameters lie as its operations want them. A run that begins with the
 * forward pass takes them from the block, one that ends with the update puts them back; so
 * many steps in one run (cr_narrow_train) pay for that once. */
#ifndef NET_NARROW_H
#define NET_NARROW_H

#include "net/plan.h"

/* Give a plan whose calls are made its list, if the network is narrow and every call has an
 * operation; else leave plan->narrow NULL. Fails only for memory. */
cr_status cr_narrow_make(cr_plan *plan, cr_error *err);

/* Bytes of scratch memory that the list takes. */
size_t cr_narrow_work_size(const cr_plan *plan);

/* 1 where the list does this run. */
int cr_narrow_does(const cr_plan *plan, const struct run *run);

void cr_narrow_run(const cr_plan *plan, const struct run *run, enum phase first, enum phase last);
size_t cr_narrow_train(const cr_plan *plan, const struct run *run, const struct batches *b,
                       double *loss);
void *cr_narrow_at(const cr_plan *plan, const struct run *run, int value, size_t row, size_t index);

#endif
