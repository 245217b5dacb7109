/* Rows of numbers from a CSV file, for tables and for streaming: picks the wanted columns
 * by name and parses them. */
#ifndef DATA_ROWS_H
#define DATA_ROWS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "chainrule/data.h"
#include "data/csv.h"

struct row_reader {
    struct arena arena;
    struct csv *csv;
    size_t width;           /* fields of every line */
    size_t cols;            /* numbers of a row */
    const char **name;      /* [cols] */
    size_t *field;          /* [cols] where in the line */
    const char *label_name; /* NULL: none */
    size_t label_field;
    int any_label;  /* 1: a label may be missing or odd text; set it after opening */
    size_t ignored; /* columns of the file that are not read */
};

/* Read the header and find the columns. Takes csv over, also on failure. */
cr_status cr_rows_open(struct csv *csv, const cr_table_options *options, struct row_reader **out,
                       cr_error *err);
void cr_rows_close(struct row_reader *r);

/* The next row: its numbers into values[cols], and its label's text (lives until the next
 * row; NULL without a label column). *more is 0 at the end, and then nothing is written. */
cr_status cr_rows_next(struct row_reader *r, double *values, const char **label, size_t *label_size,
                       int *more, cr_error *err);

/* Names and labels go into messages, files and terminals, so they are short and plain
 * text. What is wrong with one ("is not UTF-8"), or NULL. */
const char *cr_name_problem(const char *s, size_t n);

/* An error at the label of the row just read. */
cr_status cr_rows_fail_label(const struct row_reader *r, cr_error *err, cr_status code,
                             const char *fmt, ...) CR_PRINTF(4, 5);

#endif
