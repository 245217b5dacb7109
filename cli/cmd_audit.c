/* chainrule audit: which numbers of somebody's worked example are wrong, and why. */
#include <stdlib.h>

#include "chainrule/audit.h"
#include "chainrule/file.h"
#include "cli.h"

struct args {
    const char *text, *network, *output;
    int format;
};
static const struct args defaults;

static const char *const formats[] = {"text", "json", "html", NULL};

static const struct positional positionals[] = {
    {"TEXT", "Markdown, LaTeX or plain text with Unicode mathematics; - reads standard input",
     offsetof(struct args, text), .optional = 0},
    {0},
};

static const struct option options[] = {
    {"network", 0, "FILE",
     "the network that the text is about; without it, it is made out from the text", OPTION_INPUT,
     offsetof(struct args, network)},
    {"format", 0, "FORMAT", "what to write", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

static int run(const void *p)
{
    const struct args *args = p;
    cr_error err = {0};
    cr_net *net = NULL;
    char *text = NULL, *report = NULL;
    size_t size, len;
    cr_audit_summary summary;
    if (cli_read(args->text, CR_AUDIT_LIMIT, &text, &size))
        return CLI_FAILED;
    if (args->network &&
        cr_net_load(args->network, &(cr_load_options){.type = CR_F64}, &net, &err)) {
        free(text);
        return cli_fail(&err);
    }
    const cr_audit_options how = {
        .format = (cr_audit_format)args->format, .name = args->text, .net = net};
    int result;
    if (cr_audit(text, size, &how, &report, &len, &summary, &err)) {
        result = cli_fail(&err);
    } else {
        result = cli_write(args->output, report, len);
        if (!result && summary.errors)
            result = CLI_BAD;
        cr_audit_free(report);
    }
    cr_net_free(net);
    free(text);
    return result;
}

const struct command cli_audit = {
    "audit",
    "say which numbers of a worked example are wrong, and why",
    "Every printed number that is said to be the value of something is recomputed: from the "
    "expression before it, and from the network that the text is about. The report begins with "
    "its coverage. The exit status is 1 when a number is wrong.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
