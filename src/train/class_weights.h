/* How much the rows of a class count. */
#ifndef TRAIN_CLASS_WEIGHTS_H
#define TRAIN_CLASS_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/table.h"

/* Weights [classes->n] from "balanced", which is n / (classes * rows of the class) of the n rows
 * of classes class_of[n], or from "NAME=NUMBER,..." (others: 1). *out is freed with free().
 * CR_ERR_SYNTAX, CR_ERR_UNKNOWN for a class that does not exist, CR_ERR_VALUE, CR_ERR_MEMORY. */
cr_status cr_class_weights(const char *text, const struct classes *classes,
                           const uint32_t *class_of, size_t n, double **out, cr_error *err);

#endif
