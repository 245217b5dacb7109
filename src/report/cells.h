/* A table in the making: cells one after the other, row by row. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "base/arena.h"
#include "doc/html.h"

struct cells {
    struct arena arena;
    const char **cell;
    size_t n, room;
    int failed;
};

/* {0} is an empty table. Text is plain; it is escaped when the table is written. */
void cr_cell(struct cells *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Write it as HTML, the first row and the first column as headers, and free it. */
void cr_cells_write(struct cells *t, struct text *out, const char *caption, size_t cols);

#endif
