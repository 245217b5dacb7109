/* Command lines: one table of options per command gives parsing, checking and help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

/* The kind says what type lies at the option's offset. */
enum option_kind {
    OPTION_FLAG,   /* int, set to 1; argument is NULL */
    OPTION_STRING, /* const char * */
    OPTION_INPUT,  /* const char *: a file that is read */
    OPTION_OUTPUT, /* const char *: a file that is written */
    OPTION_INT,    /* int */
    OPTION_SIZE,   /* size_t */
    OPTION_BYTES,  /* size_t; k, M, G, T after the number multiply by 1024 */
    OPTION_SEED,   /* uint64_t, any value */
    OPTION_DOUBLE, /* double; finite */
    OPTION_CHOICE  /* int, an index of choices */
};

/* min and max bound INT, SIZE, BYTES and DOUBLE, both included; both 0: no bounds (beyond
 * the type's). A default outside the bounds, NAN or a negative choice means "not given",
 * and is not shown in the help. */
struct option {
    const char *name;     /* "digits" for --digits; NULL ends a table */
    char letter;          /* 'o' for -o; 0: none */
    const char *argument; /* "N": what the help calls the value; NULL for a flag */
    const char *help;     /* lower case, no full stop; wrapped as needed */
    enum option_kind kind;
    size_t offset; /* in the command's struct of arguments */
    double min, max;
    const char *const *choices; /* ends with NULL */
};

/* Arguments without a dash, in order; type const char *. Optional ones come last. */
struct positional {
    const char *name; /* "FILE"; NULL ends a table */
    const char *help;
    size_t offset;
    int optional;
};

struct command {
    const char *name;
    const char *summary; /* one line, lower case, no full stop */
    const char *details; /* a paragraph or more ('\n' between) for the help; may be NULL */
    const struct positional *positionals;
    const struct option *options;
    const void *defaults;         /* the struct of arguments before parsing */
    size_t size;                  /* of that struct */
    int (*run)(const void *args); /* returns the exit code */
};

/* Parse argv[0..argc) (without program and command) into args, which holds the defaults.
 * Strings point into argv. Returns 0; 1 when help was asked for; -1 after filling
 * message (at most size bytes). */
int cli_options_parse(const struct command *command, int argc, char **argv, void *args,
                      char *message, size_t size);

/* The help page, for at most 80 columns. */
void cli_options_help(const struct command *command, FILE *to);

#endif
