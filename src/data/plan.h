/* Which columns of a file are wanted, and how their cells are read. */
#ifndef DATA_PLAN_H
#define DATA_PLAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "chainrule/data.h"
#include "data/csv.h"

/* How the cells of a column are kept while they are read. */
enum store { STORE_NUMBERS, STORE_BOOLEANS, STORE_TIMES, STORE_TEXTS };

struct want {
    const char *name;
    size_t field; /* where in the line */
    cr_column_role role;
    cr_column_type given; /* CR_COLUMN_AUTO: to be found */
    enum store store;
    int any; /* texts need not be plain, and numbers may be infinite: they have no value then */
};

struct plan {
    struct arena arena;
    size_t width;      /* fields of every line */
    int header;        /* the first line has names */
    const char **name; /* [width] of all columns */
    size_t n;
    struct want *want;
    size_t ignored; /* columns of the file that are not read */
};

void cr_plan_columns_free(struct plan *plan);

/* Make a plan from the first row, at which csv is. */
cr_status cr_plan_columns(const struct csv *csv, const cr_table_options *options, struct plan *out,
                          cr_error *err);

/* What is wrong with a text as a name ("is not UTF-8"), or NULL. Names and categories go into
 * messages, files and terminals, so they are short and plain text. */
const char *cr_name_problem(const char *s, size_t n);

#endif
