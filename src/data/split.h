/* Setting rows aside: a test part, which nothing looks at before the end, and of the rest a
 * validation part. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "chainrule/data.h"

struct split_options {
    cr_split_kind kind;      /* not CR_SPLIT_AUTO */
    double test, validation; /* shares, each at least 0 and below 1; validation of the rest */
    uint64_t seed;
    const uint32_t *of; /* [table's rows] class or group, for these kinds */
    size_t n_of;        /* classes or groups are below this */
    const double *time; /* [table's rows] for CR_SPLIT_TIME; NaN: before all others */
};

/* The rows of the table in this order: to train on, for validation, for testing; each part
 * ascending. */
struct split {
    size_t *row; /* [train + validation + test] allocated; freed with free() */
    size_t train, validation, test;
};

/* Split rows[0..n), which ascend. At least one row (or group) is left to train on. The same
 * rows, options and seed: the same split. */
cr_status cr_split(const size_t *rows, size_t n, const struct split_options *options,
                   struct split *out, cr_error *err);

#endif
