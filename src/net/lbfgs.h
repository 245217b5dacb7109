/* L-BFGS: the update of an optimiser that moves all parameters as one vector. */
#ifndef NET_LBFGS_H
#define NET_LBFGS_H

#include "net/plan.h"

/* Move the parameters of a run, whose backward pass is made, and bring its state up to date. The
 * search runs forward and backward passes of the same batch: their values in the work memory are
 * then those of its last try. Nothing is allocated. Sums go through 8 lanes in float64, in one
 * order whatever the machine. */
void cr_lbfgs_update(const cr_plan *plan, const struct run *run);

/* A place on the line from where the parameters are: the loss, and its slope along the line. */
struct line_point {
    double at, loss, slope;
};

/* How far to go: a length that meets the strong Wolfe conditions (the loss falls by at least 1e-4 of
 * what the slope promises, and the slope's size to 0.9 of what it was), or the best one seen after
 * 25 tries; 0: none was better. start is at 0 with a slope below 0; first > 0 is tried first; size is
 * the direction's largest number, for knowing when the rest does not matter. */
double cr_line_search(struct line_point (*look)(void *ctx, double at), void *ctx,
                      struct line_point start, double first, double size);

#endif
