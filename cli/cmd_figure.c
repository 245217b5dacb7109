/* chainrule figure: a drawing of a network file. */
#include <string.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "cli.h"

struct args {
    const char *file, *step, *notation, *output;
    int format, show, digits, sig;
    size_t example;
};
static const struct args defaults = {.format = -1, .show = -1, .digits = -1, .example = 1};

static const char *const formats[] = {"svg", "tikz", NULL};
static const char *const shows[] = {"weights", "values", "deltas", NULL};

static const struct positional positionals[] = {
    {"FILE", "a network file", offsetof(struct args, file), .optional = 0},
    {0},
};

static const struct option options[] = {
    {"format", 0, "FORMAT", "what to write; without it as the ending of -o says, .svg or .tex",
     OPTION_CHOICE, offsetof(struct args, format), .choices = formats},
    {"show", 0, "WHAT",
     "what to write beside edges and below nodes; without it weights, or what the step belongs to",
     OPTION_CHOICE, offsetof(struct args, show), .choices = shows},
    {"step", 0, "SYMBOL", "only what this quantity is computed from; the rest in grey",
     OPTION_STRING, offsetof(struct args, step)},
    {"example", 0, "N", "the example whose values are shown", OPTION_SIZE,
     offsetof(struct args, example), .min = 1, .max = 1e15},
    {"notation", 0, "NAME",
     "numbered, arrows, nielsen, bishop, mazur or matrix; without it the file's", OPTION_STRING,
     offsetof(struct args, notation)},
    {"digits", 0, "N", "decimal places; without it exact decimals that end within 6 places, else 6",
     OPTION_INT, offsetof(struct args, digits), .min = 0, .max = 100},
    {"sig", 0, "N", "significant digits instead of decimal places", OPTION_INT,
     offsetof(struct args, sig), .min = 1, .max = 100},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

static int ends_in(const char *s, const char *ending)
{
    const size_t n = s ? strlen(s) : 0, m = strlen(ending);
    return n >= m && strcmp(s + n - m, ending) == 0;
}

static int run(const void *p)
{
    const struct args *args = p;
    cr_error err = {0};
    cr_net *net = NULL;
    if (args->digits >= 0 && args->sig)
        return cli_usage_error(&cli_figure, "--digits and --sig exclude each other");
    if (cr_net_load(args->file, &(cr_load_options){.type = CR_F64}, &net, &err))
        return cli_fail(&err);
    cr_figure_options how;
    cr_figure_defaults(&how);
    how.format = args->format >= 0               ? (cr_figure_format)args->format
                 : ends_in(args->output, ".tex") ? CR_FIGURE_TIKZ
                                                 : CR_FIGURE_SVG;
    how.show = (cr_figure_show)(args->show + 1);
    how.step = args->step;
    how.notation = args->notation;
    how.digits = args->digits;
    how.sig = args->sig;
    how.example = args->example - 1;
    char *text = NULL;
    size_t len = 0;
    const int result = cr_net_figure(net, &how, &text, &len, &err)
                           ? cli_fail(&err)
                           : cli_write(args->output, text, len);
    cr_explain_free(text);
    cr_net_free(net);
    return result;
}

const struct command cli_figure = {
    "figure",
    "draw a network",
    "Inputs and units in columns; an edge for each weight, positive ones in blue, negative ones in "
    "orange and dashed, wider the larger they are. Layers of more than 8 units are drawn with dots, "
    "and without weights beside the edges.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
