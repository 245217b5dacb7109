/* The cells of a column while a piece of a file is read. */
#ifndef DATA_CELLS_H
#define DATA_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/csv.h"
#include "data/levels.h"
#include "data/plan.h"

/* What was seen in a column so far. */
struct counts {
    size_t missing, times;
    int fractions; /* some number is not whole */
    int conflict;  /* a cell did not fit the way the column is kept */
    int lost;      /* more than TABLE_LABELS texts: they are not kept */
    int odd;       /* a text that could not be a category's name */
};

struct cells {
    double *value;
    uint32_t *code; /* of STORE_TEXTS, into levels */
    struct levels levels;
    struct counts counts;
};

/* Take a cell's text as the cell of a row, for which there is room. 0: it does not fit the column,
 * whose type was given, or no column; -1: out of memory. */
int cr_cell_take(const struct want *w, struct cells *c, size_t row, const char *s, size_t n);

/* Say why the wanted field of the row at which csv is was not taken. */
cr_status cr_cell_fail(const struct csv *csv, const struct want *w, cr_error *err);

#endif
