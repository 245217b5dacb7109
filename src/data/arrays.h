/* Arrays of binary files as columns of a table. */
#ifndef DATA_ARRAYS_H
#define DATA_ARRAYS_H

#include <stddef.h>

#include "base/error.h"
#include "chainrule/data.h"

/* What an item of an array is; sizes are in bytes. */
enum item_kind {
    ITEM_BOOL,     /* 1 */
    ITEM_INT,      /* 1, 2, 4, 8 */
    ITEM_UNSIGNED, /* 1, 2, 4, 8 */
    ITEM_FLOAT,    /* 2, 4, 8 */
    ITEM_BYTES,    /* any: text, filled up with zeros */
    ITEM_UNICODE   /* a multiple of 4: code points, filled up with zeros */
};

/* rows items of the first dimension, width of all others together. */
struct array {
    const char *name;
    const unsigned char *data; /* rows * width * size bytes */
    size_t rows, width, size;
    enum item_kind kind;
    int big_endian;
    int columns_first; /* Fortran order: all rows of the first column, then the second */
};

/* What arrays of a file are called: the file's name, and what it is ("NumPy array"). */
struct array_file {
    const char *name, *format;
    size_t packed; /* bytes of the file as it is, compressed or not */
};

/* A table whose columns are those of the arrays: of one column "name", of more "name1", "name2",
 * ... All arrays must have as many rows as the label's, or the first; where there is a label,
 * others are left out. Columns, types and roles as for CSV. Nothing of the arrays is kept. */
cr_status cr_arrays_table(const struct array *array, size_t n, const struct array_file *file,
                          const cr_table_options *options, cr_table **out, cr_error *err);

#endif
