/* Reduction of large angles, one at a time, in integers. */
#ifndef KERNELS_REDUCE_H
#define KERNELS_REDUCE_H

/* x = n pi/2 + r, |r| <= pi/4, for a finite |x| >= 1: *hi + *lo = r to about 100 bits.
 * Returns n mod 4. */
unsigned cr_reduce_large(double x, double *hi, double *lo);

#endif
