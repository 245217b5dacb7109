/* A table in memory. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "chainrule/data.h"

enum { TABLE_LABELS = 65536 }; /* different label texts that are kept */

struct cr_table {
    struct arena arena; /* names and label texts */
    char *source;       /* what messages call the file */
    size_t rows, cols, row_cap;
    const char **name; /* [cols] */
    double *values;    /* [rows][cols] */

    const char *label_name; /* NULL: there is no label column */
    double *label_value;    /* [rows]; NaN where the label is text */
    uint32_t *label_id;     /* [rows] into label_text */
    size_t n_labels, label_cap;
    const char **label_text; /* distinct texts, as the file has them */
    uint32_t *slot;          /* hash table of label_id + 1, power of two */
    size_t n_slots;
    int labels_lost;            /* there were more than TABLE_LABELS: all numbers */
    int has_text, has_fraction; /* labels that are not numbers; not whole numbers */
};

/* The different labels, sorted: numbers by value, texts by their bytes. */
struct classes {
    size_t n;
    const char **name; /* [n] */
    double *value;     /* [n] where all labels are numbers, else NULL */
};

/* Find the classes; in the arena. CR_ERR_LIMIT for more than `max`. */
cr_status cr_table_classes(const struct cr_table *t, struct arena *a, size_t max,
                           struct classes *out, cr_error *err);

/* The class of each row, [rows], in the arena; NULL when out of memory. */
uint32_t *cr_table_class_ids(const struct cr_table *t, const struct classes *c, struct arena *a);

/* The class that a label's text names, or -1. */
long cr_class_find(const struct classes *c, const char *text, size_t n);

#endif
