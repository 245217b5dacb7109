/* Tables with named, typed columns, read from files.
 *
 * CSV: a line of names (or none), then one line for each row. Comma, semicolon, tab or bar
 * between fields, found from the first lines; quoting as in RFC 4180; UTF-8 with or without
 * a byte-order mark; LF, CRLF or CR line ends. A cell that is empty or says NA, N/A, NaN,
 * null or ? (in any case) has no value, which is legal in every column. Errors name file, line
 * and column. Memory is bounded by the size of what is read. */
#ifndef CHAINRULE_DATA_H
#define CHAINRULE_DATA_H

#include <stdint.h>

#include "chainrule/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_table cr_table;

/* What a column holds. Found from the data unless said. */
typedef enum cr_column_type {
    CR_COLUMN_AUTO,
    CR_COLUMN_NUMBER,
    CR_COLUMN_INTEGER,   /* whole numbers */
    CR_COLUMN_BOOLEAN,   /* 0 and 1, or a pair such as yes and no */
    CR_COLUMN_CATEGORY,  /* texts, some of them again and again */
    CR_COLUMN_TIME,      /* dates, or dates with a time of day */
    CR_COLUMN_TEXT,      /* ignored: texts that hardly ever repeat, or no values at all */
    CR_COLUMN_IDENTIFIER /* ignored: another value in every row */
} cr_column_type;

/* "number", "integer", ...; NULL for what is none. The reverse: -1 for an unknown name. */
CR_API const char *cr_column_type_name(cr_column_type type);
CR_API int cr_column_type_find(const char *name);

/* What a column is for. */
typedef enum cr_column_role {
    CR_ROLE_INPUT,
    CR_ROLE_LABEL,  /* what is to be predicted */
    CR_ROLE_GROUP,  /* rows with the same value stay in one part of a split */
    CR_ROLE_WEIGHT, /* how much a row counts; at least 0 */
    CR_ROLE_ORDER   /* the rows' order in time, for a split; an input too */
} cr_column_role;

/* What to read. All zero: every column, with its type found. Names live as long as the call. */
typedef struct cr_table_options {
    const char *label;                  /* the column to predict */
    int label_optional;                 /* 1: it may be missing */
    cr_column_type label_type;          /* CR_COLUMN_NUMBER or _CATEGORY; CR_COLUMN_AUTO: found */
    const char *const *columns;         /* the others to read, in this order; NULL: all */
    const cr_column_type *column_types; /* [n_columns], or NULL: found */
    size_t n_columns;
    const char *types;  /* "zip=category,day=time": says types by name; NULL: none */
    const char *ignore; /* "name,comment": columns that are not read; NULL: none */
    const char *group, *weight, *order; /* columns with these roles; NULL: none */
    char delimiter;                     /* 0: found */
    int header;                         /* 0: found; 1: there is one; -1: there is none */
    int threads;                        /* 0: as many as there are processors */
    const char *cache; /* a folder: columns of CSV lie in a file there instead of memory, which then
                          need not hold the table. The file is kept: reading the same data again
                          maps it. Many processes may use one folder. NULL: in memory */
} cr_table_options;

/* Read a file ("-": standard input), or text in memory that messages call `name`.
 * options may be NULL. *out is freed with cr_table_free.
 * Errors: CR_ERR_IO, _SYNTAX, _SHAPE (ragged rows), _VALUE, _UNKNOWN (a missing column),
 * _LIMIT, _FORMAT, _MEMORY. */
CR_API cr_status cr_table_read(const char *path, const cr_table_options *options, cr_table **out,
                               cr_error *err);
CR_API cr_status cr_table_parse(const char *name, const char *text, size_t size,
                                const cr_table_options *options, cr_table **out, cr_error *err);

/* Read another file with the columns, types and roles of `like`: rows to test on, for
 * example. Columns are found by name. */
CR_API cr_status cr_table_read_like(const char *path, const cr_table *like, cr_table **out,
                                    cr_error *err);
CR_API void cr_table_free(cr_table *table);

CR_API size_t cr_table_rows(const cr_table *table);
CR_API size_t cr_table_columns(const cr_table *table); /* all: the label and ignored ones too */

/* How the file was understood: "CSV, semicolon, names in line 1". */
CR_API const char *cr_table_format(const cr_table *table);

/* Where the columns came from or went to, with options that name a folder: "columns read from
 * 'cache/houses.csv-0123456789abcdef.columns'", "columns kept in '...'", or why a file that was
 * there is not used; else "". */
CR_API const char *cr_table_cache(const cr_table *table);

#define CR_MISSING UINT32_MAX

/* A column. Everything it points to lives as long as the table. */
typedef struct cr_column {
    const char *name;
    cr_column_type type;
    cr_column_role role;
    const char *why;          /* why it has this type, in words: "5 different texts" */
    size_t missing;           /* rows without a value */
    const double *value;      /* [rows] numbers; booleans 0 and 1; times in seconds since 1970-01-01
                            00:00 UTC; NaN where missing. NULL for other types */
    const uint32_t *code;     /* [rows] of a category: index into level, or CR_MISSING */
    const char *const *level; /* [levels] the different texts */
    size_t levels;
} cr_column;

/* Column `index` < cr_table_columns. */
CR_API cr_column cr_table_column(const cr_table *table, size_t index);

/* The index of the column of that name, or cr_table_columns(table). */
CR_API size_t cr_table_find(const cr_table *table, const char *name);

/* A cell as text: what the file says, or for a number or time its shortest form. NULL where
 * the value is missing and in ignored columns. buf has 40 bytes or more and may hold what is
 * returned. */
CR_API const char *cr_table_cell(const cr_table *table, size_t row, size_t column, char *buf);

/* The name of the label column (NULL: none was read), and its cell in a row, as above. */
CR_API const char *cr_table_label_name(const cr_table *table);
CR_API const char *cr_table_label(const cr_table *table, size_t row, char *buf);

/* What kind of answer a model gives. */
typedef enum cr_task { CR_TASK_GUESS, CR_REGRESSION, CR_CLASSIFICATION } cr_task;

/* Regression or classification: text, or whole numbers with at most 20 different values
 * and at least two rows for each, are classes. `why` (NULL, or `size` bytes) says so in words. */
CR_API cr_task cr_table_guess(const cr_table *table, char *why, size_t size);

/* How inputs are scaled, with what the rows to train on say: (x - center) * scale, and 0 for a
 * constant. */
typedef enum cr_scaling {
    CR_SCALING_ROBUST,   /* median; 1 / interquartile range, or 2 / range where that is 0; then
                            x / sqrt(1 + (x / 3)^2) (Holzmueller et al. 2024, arXiv 2407.04491) */
    CR_SCALING_STANDARD, /* mean; 1 / population standard deviation */
    CR_SCALING_MIN_MAX,  /* to [-1, 1] */
    CR_SCALING_NONE
} cr_scaling;

CR_API const char *cr_scaling_name(cr_scaling scaling); /* "robust", "min-max"; or NULL */

/* How one input of a network was made of a table's cell (cr_model_prepare_steps). */
typedef struct cr_prepared {
    const char *input;    /* its name, as cr_model_input has it */
    const char *column;   /* the table's */
    const char *cell;     /* what the table says there, as cr_table_cell; NULL: nothing */
    const char *meaning;  /* what `raw` is, in words: "the number", "1 for 'red', else 0" */
    int filled;           /* 1: the cell is empty, and raw is made of the training rows' median */
    double raw;           /* before it is centred and scaled */
    double center, scale; /* scaled = (raw - center) * scale; scale 0: constant, and scaled is 0 */
    double scaled;
    float value; /* what the network sees: scaled, smoothly clipped where the scaling is robust */
} cr_prepared;

/* How a row was prepared, and how the network's outputs are read. It and its strings live as long
 * as the model. */
typedef struct cr_preparation {
    const struct cr_model *model;
    size_t n, columns;        /* inputs, and columns that they come from */
    const cr_prepared *input; /* [n] */
    cr_scaling scaling;
    const char *label; /* what the table says is right, as cr_table_label; NULL: nothing */
    double number;     /* that as a number; NaN where there is none, and for classes */
    /* Of a number: the target is (number - mean) / sd, or 0 where sd is 0; the answer is
     * output * sd + mean, or e^output where `exponential` is 1. */
    double mean, sd;
    int exponential;
    double threshold; /* of two classes and one output: the second is the answer above this */
} cr_preparation;
CR_API void cr_preparation_free(cr_preparation *preparation);

/* How rows are set aside. */
typedef enum cr_split_kind {
    CR_SPLIT_AUTO,       /* by group or time where the table has such a column; else stratified for
                            classes, random for numbers */
    CR_SPLIT_RANDOM,     /* every row has the same chance */
    CR_SPLIT_STRATIFIED, /* at random, the same share of every class */
    CR_SPLIT_GROUP,      /* at random, whole groups */
    CR_SPLIT_TIME        /* the latest rows; rows of the same time stay together */
} cr_split_kind;

#ifdef __cplusplus
}
#endif
#endif
