/* Initialisers: the first values of weights and biases. */
#ifndef NET_INIT_H
#define NET_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "net/spec.h"

/* Fill w [rows][cols], rows = fan_out, cols = fan_in. Number i is a function of (seed,
 * group, i) alone, but for orthogonal, which depends on all. */
cr_status cr_init_fill(double *w, size_t rows, size_t cols, const struct init *init, uint64_t seed,
                       uint32_t group, cr_error *err);

#endif
