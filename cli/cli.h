/* The program's frame: what every command in cli/cmd_<name>.c shares.
 *
 * To add a command, write one file and add one row. The file, cli/cmd_greet.c:
 *
 *     struct args { const char *file; size_t times; int style; const char *output; };
 *     static const struct args defaults = {.times = 1};
 *     static const char *const styles[] = {"plain", "loud", NULL};
 *     static const struct positional positionals[] = {
 *         {"FILE", "the network file", offsetof(struct args, file), .optional = 0},
 *         {0}};
 *     static const struct option options[] = {
 *         {"times", 'n', "N", "how often to greet", OPTION_SIZE,
 *          offsetof(struct args, times), .min = 1, .max = 100},
 *         {"style", 0, "STYLE", "how to greet", OPTION_CHOICE,
 *          offsetof(struct args, style), .choices = styles},
 *         {"output", 'o', "FILE", "write to FILE", OPTION_OUTPUT,
 *          offsetof(struct args, output)},
 *         {0}};
 *     static int run(const void *p)
 *     {
 *         const struct args *args = p;
 *         ...
 *         return cr_thing(..., &err) ? cli_fail(&err) : CLI_DONE;
 *     }
 *     const struct command cli_greet = {
 *         "greet", "greet the networks of a file", "Longer text for the help page.",
 *         positionals, options, &defaults, sizeof defaults, run};
 *
 * The row: `extern const struct command cli_greet;` below, `&cli_greet` in main.c. Help,
 * parsing, ranges and the test of the manual page come from the tables; add the command's
 * options to man/chainrule.1 and golden cases to tests/cli/golden/greet/.
 *
 * Results go to standard output or to the file of -o (cli_write, or cli_out_*); everything
 * else goes to standard error. Standard output is checked for failed writes after run
 * returns. Commands include include/chainrule/ and the headers of cli/ only. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stddef.h>
#include <stdio.h>

#include "chainrule/base.h"
#include "options.h"

/* What run returns and the program exits with. */
enum {
    CLI_DONE = 0,
    CLI_BAD = 1,    /* done, and the answer is bad: a check that failed */
    CLI_FAILED = 2, /* could not be done: usage, input, failure */
    CLI_INTERRUPTED = 130
};

/* Print an error to standard error; returns CLI_FAILED, or CLI_INTERRUPTED for
 * CR_ERR_CANCELLED, so that a command can `return cli_fail(&err)`. */
int cli_fail(const cr_error *err);

/* The same for an error without a place. hint may be NULL. */
int cli_fail_text(const char *hint, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Options that do not go together and the like: prints the message and how to get help. */
int cli_usage_error(const struct command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A file that appears under its name only when it is complete: written beside it and
 * renamed. NULL or "-" is standard output; a device or a pipe is written directly.
 *
 *     struct cli_out out;
 *     if (cli_out_open(&out, args->output)) return CLI_FAILED;
 *     ... fprintf(out.file, ...)
 *     return cli_out_close(&out);      or, after a failure, cli_out_drop(&out)
 *
 * open and close return 0 or CLI_FAILED with the message printed. */
struct cli_out {
    FILE *file;
    char *path, *temp; /* NULL where nothing has to be renamed */
    const char *name;  /* as the user wrote it */
};
int cli_out_open(struct cli_out *out, const char *path);
int cli_out_close(struct cli_out *out);
void cli_out_drop(struct cli_out *out);

/* The three calls above for bytes that are in memory already. */
int cli_write(const char *path, const void *data, size_t size);

/* Refuse a command line by which a file that is read would be overwritten, or two outputs would be one
 * file: options of kind OPTION_INPUT and OPTION_OUTPUT; arguments without a dash are read.
 * 0 or CLI_FAILED with the message printed. */
int cli_check_overwrite(const struct command *command, const void *args);

/* The whole of a file ("-": standard input), with a terminator that *size does not count;
 * freed with free. Files over `limit` bytes are refused. 0 or CLI_FAILED, printed. */
int cli_read(const char *path, size_t limit, char **data, size_t *size);

/* Whether the stream is a terminal; how many columns it has (80 when that is unknown);
 * whether to use colour there: a terminal, TERM not "dumb", NO_COLOR unset or empty. */
int cli_is_terminal(FILE *stream);
int cli_columns(FILE *stream);
int cli_use_colour(FILE *stream);

/* Let the first Ctrl-C, or SIGTERM, be a request that cli_interrupted reports; the second one
 * ends the program as usual. */
void cli_catch_interrupt(void);
int cli_interrupted(void);

/* The commands; main.c lists them. */
extern const struct command cli_list;
extern const struct command cli_init;
extern const struct command cli_explain;
extern const struct command cli_figure;
extern const struct command cli_worksheet;
extern const struct command cli_check;
extern const struct command cli_audit;
extern const struct command cli_train;
extern const struct command cli_predict;
extern const struct command cli_evaluate;
extern const struct command cli_inspect;
extern const struct command cli_bench;
extern const struct command cli_selftest;

#endif
