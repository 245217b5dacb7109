/* The options of commands that read a table to learn from: what its columns are, and how its rows
 * are set aside and counted. */
#ifndef CLI_DATA_ARGS_H
#define CLI_DATA_ARGS_H

#include "chainrule/train.h"
#include "cli.h"

struct data_args {
    const char *types, *ignore, *group, *time, *weights, *class_weights;
    const char *test_file, *validation_file, *cache;
    int split, scaling, no_header;
};

/* The first values of a struct data_args. */
#define DATA_ARGS_DEFAULTS         \
    {                              \
        .split = -1, .scaling = -1 \
    }

extern const char *const cli_splits[], *const cli_scalings[];

/* Rows of a command's table of options; `type` is its struct of arguments, in which `member` is
 * the struct data_args. */
#define DATA_OPTIONS(type, member)                                                              \
    {"types",                                                                                   \
     0,                                                                                         \
     "LIST",                                                                                    \
     "column types that replace those found, as in zip=category,day=time: number, integer, "    \
     "boolean, category, time, text or identifier (both ignored)",                              \
     OPTION_STRING,                                                                             \
     offsetof(type, member.types)},                                                             \
        {"ignore",      0,                                                                      \
         "LIST",        "columns to leave out, as in name,comment",                             \
         OPTION_STRING, offsetof(type, member.ignore)},                                         \
        {"no-header", 0,                                                                        \
         NULL,        "the first line holds values; columns are called x1, x2, ...",            \
         OPTION_FLAG, offsetof(type, member.no_header)},                                        \
        {"split",                                                                               \
         0,                                                                                     \
         "HOW",                                                                                 \
         "how rows are set aside; without it group or time where such a column is named, else " \
         "stratified for classes and random for numbers",                                       \
         OPTION_CHOICE,                                                                         \
         offsetof(type, member.split),                                                          \
         .choices = cli_splits},                                                                \
        {"group",       0,                                                                      \
         "COLUMN",      "rows with the same value stay in one part",                            \
         OPTION_STRING, offsetof(type, member.group)},                                          \
        {"time",        0,                                                                      \
         "COLUMN",      "the latest rows are set aside",                                        \
         OPTION_STRING, offsetof(type, member.time)},                                           \
        {"test-file",  0,                                                                       \
         "FILE",       "rows to test on, instead of a share",                                   \
         OPTION_INPUT, offsetof(type, member.test_file)},                                       \
        {"validation-file",                                                                     \
         0,                                                                                     \
         "FILE",                                                                                \
         "rows to measure while training, instead of a share",                                  \
         OPTION_INPUT,                                                                          \
         offsetof(type, member.validation_file)},                                               \
        {"weights",     0,                                                                      \
         "COLUMN",      "how often each row is in an epoch, divided by the mean",               \
         OPTION_STRING, offsetof(type, member.weights)},                                        \
        {"class-weights",                                                                       \
         0,                                                                                     \
         "LIST",                                                                                \
         "how often the rows of a class are, as in sick=3,healthy=1; or balanced, for all "     \
         "classes alike",                                                                       \
         OPTION_STRING,                                                                         \
         offsetof(type, member.class_weights)},                                                 \
        {"cache",                                                                               \
         0,                                                                                     \
         "FOLDER",                                                                              \
         "keep the columns in a file there, which the next run reads instead of the data, and " \
         "the prepared rows on its disk, instead of memory",                                    \
         OPTION_STRING,                                                                         \
         offsetof(type, member.cache)},                                                         \
    {                                                                                           \
        "scaling", 0, "HOW", "how inputs are scaled; without it robust", OPTION_CHOICE,         \
            offsetof(type, member.scaling), .choices = cli_scalings                             \
    }

/* What to read, and what to make of it. The files' tables are the caller's. */
cr_table_options cli_table_options(const struct data_args *args, const char *target);
void cli_fit_options(const struct data_args *args, cr_fit_options *o);

/* The tables of --test-file and --validation-file, NULL where not given. CLI_DONE or CLI_FAILED. */
int cli_read_parts(const struct data_args *args, const cr_table *table, cr_table **test,
                   cr_table **validation);

/* How the file was understood: a line, and one for each column. */
void cli_print_columns(const cr_table *table, const char *name, FILE *to);

#endif
