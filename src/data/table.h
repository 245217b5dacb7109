/* A table in memory. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chainrule/data.h"
#include "data/levels.h"
#include "data/spill.h"

enum { TABLE_LABELS = 65536 }; /* different texts of a column that are kept */

struct column {
    const char *name;
    cr_column_type type;
    cr_column_role role;
    const char *why;
    size_t missing;
    double *value;      /* [rows], or NULL */
    uint32_t *code;     /* [rows], or NULL */
    struct spill spill; /* where value or code lies, if the table has a folder */
    int mapped;         /* 1: they lie in the table's map, and are only read */
    struct levels levels;
};

struct cr_table {
    struct arena arena; /* names and reasons */
    char *source;       /* what messages call the file */
    const char *folder; /* for the columns; NULL: they are in memory */
    const char *format;
    size_t rows, row_cap;
    struct column *column; /* [cols] in an array of its own */
    size_t cols;
    void *map; /* a file of columns, or NULL */
    size_t map_size;
    const char *cache; /* what became of the columns in the folder, in words; or NULL */
};

/* An empty table with so many columns; NULL when out of memory. */
struct cr_table *cr_table_new(const char *source, size_t cols);

/* Room for `rows` values, or codes, of a column. CR_ERR_MEMORY, CR_ERR_IO; what was there stays. */
cr_status cr_column_values(const struct cr_table *t, struct column *c, size_t rows, cr_error *err);
cr_status cr_column_codes(const struct cr_table *t, struct column *c, size_t rows, cr_error *err);
void cr_column_drop(struct column *c); /* values and codes */

/* Room for `rows` rows in every column that has values or codes. */
cr_status cr_table_reserve(struct cr_table *t, size_t rows, cr_error *err);

/* The column with a role, or NULL. */
const struct column *cr_table_role(const struct cr_table *t, cr_column_role role);

/* Is it a text or an identifier, of which nothing is kept. */
int cr_column_is_ignored(const struct column *c);

/* The different labels, sorted: numbers by value, texts by their bytes. */
struct classes {
    size_t n;
    const char **name; /* [n] */
    double *value;     /* [n] where all labels are numbers, else NULL */
};

/* Find the classes; in the arena. CR_ERR_LIMIT for more than `max`. */
cr_status cr_table_classes(const struct cr_table *t, struct arena *a, size_t max,
                           struct classes *out, cr_error *err);

/* The class of each row, [rows], in the arena; CR_MISSING for a row without a label. NULL when
 * out of memory. */
uint32_t *cr_table_class_ids(const struct cr_table *t, const struct classes *c, struct arena *a);

/* The class that a label's text names, or -1. */
long cr_class_find(const struct classes *c, const char *text, size_t n);

#endif
