/* chainrule explain: the worked solution of a network file, or why one number is what it is. */
#include <stdlib.h>
#include <string.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "cli.h"

struct args {
    const char *file, *notation, *why, *output;
    int format, digits, sig, carry, form, iterations, step;
};
static const struct args defaults = {.digits = -1, .form = -1};

static const char *const formats[] = {"text", "markdown", "json", NULL};
static const char *const carries[] = {"full", "displayed", NULL};
static const char *const forms[] = {"scalar", "matrix", NULL};

static const struct positional positionals[] = {
    {"FILE", "the network file", offsetof(struct args, file), .optional = 0},
    {0}};

static const struct option options[] = {
    {"format", 0, "FORMAT", "what to write", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"digits", 0, "N", "decimal places; without it exact decimals that end within 6 places, else 6",
     OPTION_INT, offsetof(struct args, digits), .min = 0, .max = 100},
    {"sig", 0, "N", "significant digits instead of decimal places", OPTION_INT,
     offsetof(struct args, sig), .min = 1, .max = 100},
    {"carry", 0, "WHAT", "go on with full precision, or with the numbers as displayed",
     OPTION_CHOICE, offsetof(struct args, carry), .choices = carries},
    {"notation", 0, "NAME", "numbered, arrows, nielsen, bishop, mazur or matrix; without it the "
     "file's", OPTION_STRING, offsetof(struct args, notation)},
    {"form", 0, "FORM", "number by number, or layer by layer; without it as fits the size",
     OPTION_CHOICE, offsetof(struct args, form), .choices = forms},
    {"iterations", 0, "N", "how many updates to show", OPTION_INT,
     offsetof(struct args, iterations), .min = 1, .max = 1000},
    {"why", 0, "SYMBOL", "only the steps that this quantity depends on, such as dL/dw11, delta_h1, "
     "or an id of the JSON", OPTION_STRING, offsetof(struct args, why)},
    {"step", 0, NULL, "one step at a time; Enter goes on", OPTION_FLAG, offsetof(struct args, step)},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_STRING,
     offsetof(struct args, output)},
    {0}};

/* Show a piece and wait for Enter; at the end of the input the rest comes at once. */
static int show_piece(void *ctx, const char *piece, size_t len)
{
    int *waits = ctx;
    if (fwrite(piece, 1, len, stdout) != len || fflush(stdout)) return 1;
    int c = 0;
    while (*waits && (c = getchar()) != '\n')
        if (c == EOF) *waits = 0;
    return 0;
}

static int explain(const struct args *args, const cr_net *net)
{
    cr_explain_options how;
    cr_error err = {0};
    int waits = 1;
    cr_explain_defaults(&how);
    how.format = (cr_explain_format)args->format;
    how.form = args->form < 0 ? CR_EXPLAIN_AUTO : args->form ? CR_EXPLAIN_MATRIX : CR_EXPLAIN_SCALAR;
    how.digits = args->digits;
    how.sig = args->sig;
    how.carry_displayed = args->carry;
    how.notation = args->notation;
    how.iterations = args->iterations;
    how.why = args->why;
    if (!args->output && cli_is_terminal(stdout)) how.columns = (size_t)cli_columns(stdout);
    if (how.columns > 100) how.columns = 100;
    if (how.columns && how.columns < 40) how.columns = 40;
    if (args->step) {
        how.each = show_piece;
        how.ctx = &waits;
    }
    char *text = NULL;
    size_t len = 0;
    if (cr_explain(net, &how, args->step ? NULL : &text, &len, &err)) return cli_fail(&err);
    const int result = text ? cli_write(args->output, text, len) : CLI_DONE;
    cr_explain_free(text);
    return result;
}

static int run(const void *p)
{
    const struct args *args = p;
    cr_error err = {0};
    cr_net *net = NULL;
    if (args->digits >= 0 && args->sig)
        return cli_usage_error(&cli_explain, "--digits and --sig exclude each other");
    if (args->step && args->output)
        return cli_usage_error(&cli_explain, "--step and --output exclude each other");
    if (cr_net_load(args->file, &(cr_load_options){.type = CR_F64}, &net, &err))
        return cli_fail(&err);
    const int result = explain(args, net);
    cr_net_free(net);
    return result;
}

const struct command cli_explain = {
    "explain", "show the worked solution of a network, step by step",
    "Every number of the forward pass, the loss, the backward pass, the update and a second "
    "forward pass: as symbols, with the numbers put in, and the value. = says that the printed "
    "value is exact, \xe2\x89\x88 that it is rounded.",
    positionals, options, &defaults, sizeof defaults, run};
