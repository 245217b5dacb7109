/* Setting rows aside. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Order 0..n-1 so that rows to train on come first, then those that are held out; each
 * part in ascending order. At random from the seed. With classes [n] (NULL: none) every
 * class gives its share, rounded, and keeps at least one row to train on.
 * *n_train is at least 1 for n > 0. 0 <= share < 1. */
cr_status cr_split(size_t n, double share, uint64_t seed, const uint32_t *classes, size_t n_classes,
                   size_t *order, size_t *n_train, cr_error *err);

#endif
