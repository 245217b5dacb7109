/* chainrule worksheet: exercises from a network file, and their answers. */
#include <string.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "cli.h"

struct args {
    const char *file, *notation, *output, *key;
    uint64_t seed;
    size_t count;
    int format, digits, sig;
};
static const struct args defaults = {.seed = 1, .count = 1, .digits = -1};

static const char *const formats[] = {"text", "markdown", "latex", "html", NULL};
static const cr_explain_format format_of[] = {CR_EXPLAIN_TEXT, CR_EXPLAIN_MARKDOWN,
                                              CR_EXPLAIN_LATEX, CR_EXPLAIN_HTML};

static const struct positional positionals[] = {
    {"FILE", "a network file: the template", offsetof(struct args, file), .optional = 0},
    {0},
};

static const struct option options[] = {
    {"seed", 's', "N", "which sheet: the same seed gives the same numbers", OPTION_SEED,
     offsetof(struct args, seed)},
    {"count", 'n', "K", "how many exercises", OPTION_SIZE, offsetof(struct args, count), .min = 1,
     .max = 1000},
    {"format", 0, "FORMAT", "what to write", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"notation", 0, "NAME",
     "numbered, arrows, nielsen, bishop, mazur or matrix; without it the file's", OPTION_STRING,
     offsetof(struct args, notation)},
    {"digits", 0, "N", "decimal places; without it exact decimals that end within 4 places, else 4",
     OPTION_INT, offsetof(struct args, digits), .min = 0, .max = 100},
    {"sig", 0, "N", "significant digits instead of decimal places", OPTION_INT,
     offsetof(struct args, sig), .min = 1, .max = 100},
    {"output", 'o', "FILE", "write the sheet to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {"key", 0, "FILE", "write the answers to FILE; '-' is standard output", OPTION_OUTPUT,
     offsetof(struct args, key)},
    {0},
};

static int run(const void *p)
{
    const struct args *args = p;
    cr_error err = {0};
    cr_net *net = NULL;
    if (args->digits >= 0 && args->sig)
        return cli_usage_error(&cli_worksheet, "--digits and --sig exclude each other");
    if (cr_net_load(args->file, &(cr_load_options){.type = CR_F64}, &net, &err))
        return cli_fail(&err);
    cr_worksheet_options how;
    cr_worksheet_defaults(&how);
    how.format = format_of[args->format];
    how.seed = args->seed;
    how.count = args->count;
    how.notation = args->notation;
    how.digits = args->digits;
    how.sig = args->sig;
    char *sheet = NULL, *key = NULL;
    int result = cr_worksheet(net, &how, &sheet, &key, &err) ? cli_fail(&err) : CLI_DONE;
    if (!result)
        result = cli_write(args->output, sheet, strlen(sheet));
    if (!result && args->key)
        result = cli_write(args->key, key, strlen(key));
    cr_explain_free(sheet);
    cr_explain_free(key);
    cr_net_free(net);
    return result;
}

const struct command cli_worksheet = {
    "worksheet",
    "make exercises from a network, and their answers",
    "Parameters, inputs and targets are drawn anew for each exercise, in the ranges of the file's "
    "'worksheet', so that results stay readable. The answers are those of 'chainrule explain'.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
