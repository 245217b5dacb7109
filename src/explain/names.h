/* What the elements of a tape's values are called, in a notation and in ids. */
#ifndef EXPLAIN_NAMES_H
#define EXPLAIN_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "explain/notation.h"
#include "net/tape.h"

enum { WHOLE = -1 };       /* an index: all elements of the row, or of the parameter */
#define EVERY_ROW SIZE_MAX /* a row: whichever, where a name is not that of one example */

struct names {
    struct arena *a;
    const struct tape *tape;
    const struct spec *spec;
    const struct notation *notation;
    size_t rows;    /* examples in the batch */
    size_t *node;   /* [n_layers] nodes before the layer */
    size_t *number; /* [groups] numbers of the same kind before the group */
    int commas;
    int *failed;  /* set to 1 where memory was short: symbols and ids are not NULL then,
                               but not whole */
    int brackets; /* examples as [2], beside layers as (2): matrix form */
};

/* Fill in the counters. CR_ERR_MEMORY. */
cr_status cr_names_init(struct names *names, struct arena *a, const struct tape *tape,
                        const struct notation *notation, size_t rows, int *failed, cr_error *err);

/* s, or "" with *failed set where it is NULL. */
const char *cr_names_sure(const struct names *names, const char *s);

/* The symbol of an element, or of a whole row (index WHOLE). is_new marks it as computed
 * with, or being, updated parameters. */
struct symbol cr_names_symbol(const struct names *names, int value, size_t row, long index,
                              int is_new);

/* Whether the symbols of all elements of a value begin with the same letter. */
int cr_names_begin_alike(const struct names *names, int value);

/* "unit.quantity" of an id. */
const char *cr_names_id(const struct names *names, int value, size_t row, long index);

/* The name of the unit (or input, or layer) an element belongs to, as in the file; "" where
 * there is none. */
const char *cr_names_unit(const struct names *names, int value, long index);

/* The activation function of a layer, σ or A, and a call of it: σ(x). */
struct symbol cr_names_function(const struct names *names, int layer);

/* Follow what only passes values on (concatenation, slices) to the element itself. With one
 * example (rows 1) the loss is that example's. */
void cr_names_resolve(const struct tape *tape, size_t rows, int *value, size_t *index);

/* Whether a step only passes values on, in scalar form. */
int cr_step_is_alias(const struct step *s, size_t rows);

/* Whether a value is one number for a layer's values of an example, or the gradient by it. */
int cr_names_is_of_row(const struct names *n, int value);

#endif
