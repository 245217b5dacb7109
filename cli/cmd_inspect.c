/* chainrule inspect: what is in a model file. */
#include "chainrule/report.h"
#include "cli.h"

struct args {
    const char *model, *output;
    int format;
};
static const struct args defaults = {0};

/* In the order of cr_report_format. */
static const char *const formats[] = {"text", "json", NULL};

static const struct positional positionals[] = {
    {"MODEL", "a model file that 'chainrule train' wrote", offsetof(struct args, model), 0},
    {0},
};

static const struct option options[] = {
    {"format", 'f', "FORMAT", "how to write it", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"output", 'o', "FILE", "write to FILE", OPTION_OUTPUT, offsetof(struct args, output)},
    {0},
};

static const char details[] =
    "Shows the network layer by layer, how each column is prepared, the classes, how the model was "
    "trained and measured, and the version that wrote it. As JSON it also holds the network as a network file.";

static int run(const void *p)
{
    const struct args *args = p;
    cr_model *model;
    cr_error err = {0};
    char *text;
    size_t len;
    if (cr_model_load(args->model, &model, &err) != CR_OK)
        return cli_fail(&err);
    const cr_status status =
        cr_model_inspect(model, (cr_report_format)args->format, &text, &len, &err);
    cr_model_free(model);
    if (status != CR_OK)
        return cli_fail(&err);
    const int code = cli_write(args->output, text, len);
    cr_report_free(text);
    return code;
}

const struct command cli_inspect = {
    "inspect",       "show what is in a model file",
    details,         positionals,
    options,         &defaults,
    sizeof defaults, run,
};
