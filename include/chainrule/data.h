/* Tables of numbers with named columns, read from CSV.
 *
 * CSV: a header line with names, then one line for each row. Comma, semicolon or tab
 * between fields (whichever the header has most of), quoting as in RFC 4180, UTF-8 with or
 * without a byte-order mark, LF, CRLF or CR line ends. Every field of a column that is read
 * must be a finite number; only the label column may hold text. Errors name file, line and
 * column. Memory is bounded by the size of what is read. */
#ifndef CHAINRULE_DATA_H
#define CHAINRULE_DATA_H

#include "chainrule/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_table cr_table;

/* What to read. All zero: every column, all of them numbers. */
typedef struct cr_table_options {
    const char *label;          /* a column that may hold text: what is to be predicted */
    int label_optional;         /* 1: the label column may be missing */
    const char *const *columns; /* the others to read, in this order; NULL: all */
    size_t n_columns;
} cr_table_options;

/* Read a file ("-": standard input), or text in memory that messages call `name`.
 * options may be NULL. *out is freed with cr_table_free.
 * Errors: CR_ERR_IO, _SYNTAX, _SHAPE (ragged rows), _VALUE, _UNKNOWN (a missing column),
 * _LIMIT, _FORMAT, _MEMORY. */
CR_API cr_status cr_table_read(const char *path, const cr_table_options *options, cr_table **out,
                               cr_error *err);
CR_API cr_status cr_table_parse(const char *name, const char *text, size_t size,
                                const cr_table_options *options, cr_table **out, cr_error *err);
CR_API void cr_table_free(cr_table *table);

CR_API size_t cr_table_rows(const cr_table *table);
CR_API size_t cr_table_columns(const cr_table *table); /* without the label */
CR_API const char *cr_table_column_name(const cr_table *table, size_t column);

/* A row's numbers, [columns]; rows count from 0. They live as long as the table. */
CR_API const double *cr_table_row(const cr_table *table, size_t row);

/* The name of the label column (NULL: none was read), and a row's label as text: what the
 * file says, or for a number its shortest form. NULL where there is no label column. buf
 * has 32 bytes or more and may hold what is returned. */
CR_API const char *cr_table_label_name(const cr_table *table);
CR_API const char *cr_table_label(const cr_table *table, size_t row, char *buf);

/* What kind of answer a model gives. */
typedef enum cr_task { CR_TASK_GUESS, CR_REGRESSION, CR_CLASSIFICATION } cr_task;

/* Regression or classification: text, or whole numbers with at most 20 different values
 * and at least two rows for each, are classes. `why` (NULL, or `size` bytes) says so in words. */
CR_API cr_task cr_table_guess(const cr_table *table, char *why, size_t size);

#ifdef __cplusplus
}
#endif
#endif
