/* From a row of a table to what the network sees, and from its outputs to an answer.
 *
 * A column becomes one or more inputs: a number itself; 1 where a value is missing (for a column
 * that had missing values in training; the value is then the training median); a category of two
 * levels 1 and -1, of more an input for each level; a date its parts. Then every input is
 * centred, scaled and (for CR_SCALING_ROBUST) clipped in the same way. All that is fitted is fitted
 * on training rows only, and goes into the model file. */
#ifndef DATA_PREPARE_H
#define DATA_PREPARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/team.h"
#include "base/text.h"
#include "data/table.h"

/* How targets are given to the network. */
enum target_code {
    CODE_NUMBER,     /* one output: the number, standardised or as it is */
    CODE_LOG_NUMBER, /* one output: the logarithm of the number (Poisson) */
    CODE_ONE_HOT,    /* an output for each class: 1 for the row's class, else `off` */
    CODE_ONE_COLUMN, /* two classes, one output: 1 for the second class, else `off` */
    CODE_COUNT
};

enum { N_SCALINGS = CR_SCALING_NONE + 1 };

/* What an input holds of its column. */
enum part {
    PART_VALUE,   /* a number */
    PART_MISSING, /* 1 where there is no value, else 0 */
    PART_BINARY,  /* 1 for true or the first level, -1 for the other, 0 where missing or unknown */
    PART_LEVEL,   /* 1 for one level, else 0 */
    PART_POOL,    /* 1 for all levels beyond the PREPARE_LEVELS most frequent ones */
    PART_DAYS,    /* of a time: days since 1970-01-01 with their fraction, */
    PART_MONTH,   /* 1 to 12, */
    PART_DAY,     /* 1 to 31, */
    PART_WEEKDAY, /* 1 (Monday) to 7, */
    PART_HOUR,    /* 0 to 24, with its fraction */
    PART_COUNT
};

enum { PREPARE_LEVELS = 64 }; /* levels of a category with an input of their own */

struct prepare_column {
    const char *name;
    cr_column_type type;
    int missing; /* 1: with an input that says where it is missing */
    int clock;   /* of a time: 1: with an input for the hour */
    double fill; /* what stands for a missing number or time */
    /* Of a category: level[0..n_own) have an input each (two without others share one), the rest
     * the pool's. Either part is sorted by bytes. */
    size_t n_levels, n_own;
    const char **level;
    size_t first, n; /* its inputs */
};

struct prepare_input {
    const char *name; /* "age", "colour=red" */
    size_t column;
    enum part part;
    double center, scale;
};

struct prepare {
    struct arena arena; /* holds all that is below */
    size_t n_columns;
    struct prepare_column *column;
    const char **column_name;    /* [n_columns] */
    cr_column_type *column_type; /* [n_columns] */
    size_t n_inputs;
    struct prepare_input *input;
    cr_scaling scaling;
    const char *target; /* name of the target column */
    cr_task task;
    struct classes classes; /* of a classification */
    enum target_code code;
    double off;                    /* 0 or -1 */
    double target_mean, target_sd; /* CODE_NUMBER; 0 and 1 where not standardised */
    size_t n_outputs;
};

void cr_prepare_free(struct prepare *p);

/* Mean and population standard deviation of n numbers taken at rows[0..n) (NULL: 0..n-1). sd
 * is 0 exactly if all are equal. Sums are scaled by a power of two, so no square overflows; 0 when
 * even the range of the numbers does. */
int cr_mean_sd(const double *v, const size_t *rows, size_t n, double *mean, double *sd);

/* The q-quantile of n > 0 numbers, 0 <= q <= 1, linear between neighbours as numpy does it. v is
 * reordered. */
double cr_quantile(double *v, size_t n, double q);

/* Fit the inputs: columns[i] of the table, in this order, on the given rows. */
cr_status cr_prepare_fit(struct prepare *p, const cr_table *t, const size_t *columns,
                         size_t n_columns, const size_t *rows, size_t n, cr_scaling scaling,
                         cr_error *err);

/* Make the list of inputs, with their names, of the columns, whose other fields are set. For
 * reading a model file too. CR_ERR_MEMORY, CR_ERR_LIMIT. */
cr_status cr_prepare_layout(struct prepare *p, cr_error *err);

/* How column i is prepared, in words: "number, centre 5.2, scale 0.31, clipped to 3; missing:
 * 5.1 and an input of its own". */
void cr_prepare_describe(const struct prepare *p, size_t i, struct text *out);

/* A table whose columns are matched to those of a preparation. */
struct prepare_table {
    struct arena arena;
    const struct prepare *prepare;
    const struct column **column; /* [n_columns] */
    int32_t **level;              /* [n_columns] of a category: [the table's levels] the level of
                                     the preparation, or -1 */
    size_t rows;                  /* of the table */
};
void cr_prepare_unbind(struct prepare_table *b);

/* Find the columns by name. CR_ERR_UNKNOWN for one that is missing, CR_ERR_VALUE for one of
 * another type. */
cr_status cr_prepare_bind(const struct prepare *p, const cr_table *t, struct prepare_table *out,
                          cr_error *err);

/* An input of a row before it is centred and scaled. */
double cr_prepare_raw(const struct prepare_table *b, size_t input, size_t row);

/* One input of a row, with what leads to it: the numbers of *out, all its words but the cell. Words
 * are made in the arena. CR_ERR_MEMORY. */
cr_status cr_prepare_one(const struct prepare_table *b, struct arena *a, size_t input, size_t row,
                         cr_prepared *out, cr_error *err);

/* Inputs of n rows (rows NULL: first..first+n-1), out [n][n_inputs], by the team. Returns n, or the
 * first row whose value is too large for a float, with *input the input; out may hold
 * anything then. */
size_t cr_prepare_rows(const struct prepare_table *b, struct team *team, const size_t *rows,
                       size_t first, size_t n, float *out, size_t *input);

/* The targets of one row, [n_outputs]; `class` is read for classes, `value` for numbers. */
void cr_prepare_target(const struct prepare *p, double value, size_t class, float *out);

/* What outputs [n_outputs] say: the class, or the number in the target's own units.
 * probability [classes.n] may be NULL. */
double cr_prepare_number(const struct prepare *p, const float *outputs);
size_t cr_prepare_class(const struct prepare *p, const float *outputs, double *probability);

#endif
