/* chainrule explain: the worked solution of a network file, or why one number is what it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "chainrule/model.h"
#include "cli.h"

struct args {
    const char *file, *data, *notation, *why, *output;
    size_t row;
    int format, fragment, digits, sig, carry, form, iterations, step;
};
static const struct args defaults = {.row = 1, .digits = -1, .form = -1};

static const char *const formats[] = {"text", "markdown", "json", "latex", "html", NULL};
static const char *const carries[] = {"full", "displayed", NULL};
static const char *const forms[] = {"scalar", "matrix", NULL};

static const struct positional positionals[] = {
    {"FILE", "a network file; or, with DATA, a model that 'chainrule train' wrote",
     offsetof(struct args, file), .optional = 0},
    {"DATA", "a table, as CSV, NumPy or IDX, one row of which is explained",
     offsetof(struct args, data), .optional = 1},
    {0},
};

static const struct option options[] = {
    {"row", 0, "N", "which row of DATA; 1 is the first after the header", OPTION_SIZE,
     offsetof(struct args, row), .min = 1, .max = 1e15},
    {"format", 0, "FORMAT", "what to write", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"fragment", 0, NULL, "with --format latex: without the preamble, to be included in a document",
     OPTION_FLAG, offsetof(struct args, fragment)},
    {"digits", 0, "N", "decimal places; without it exact decimals that end within 6 places, else 6",
     OPTION_INT, offsetof(struct args, digits), .min = 0, .max = 100},
    {"sig", 0, "N", "significant digits instead of decimal places", OPTION_INT,
     offsetof(struct args, sig), .min = 1, .max = 100},
    {"carry", 0, "WHAT", "go on with full precision, or with the numbers as displayed",
     OPTION_CHOICE, offsetof(struct args, carry), .choices = carries},
    {"notation", 0, "NAME",
     "numbered, arrows, nielsen, bishop, mazur or matrix; without it the "
     "file's",
     OPTION_STRING, offsetof(struct args, notation)},
    {"form", 0, "FORM", "number by number, or layer by layer; without it as fits the size",
     OPTION_CHOICE, offsetof(struct args, form), .choices = forms},
    {"iterations", 0, "N", "how many updates to show", OPTION_INT,
     offsetof(struct args, iterations), .min = 1, .max = 1000},
    {"why", 0, "SYMBOL",
     "only the steps that this quantity depends on, such as dL/dw11, delta_h1, "
     "or an id of the JSON",
     OPTION_STRING, offsetof(struct args, why)},
    {"step", 0, NULL, "one step at a time; Enter goes on", OPTION_FLAG,
     offsetof(struct args, step)},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

/* Show a piece and wait for Enter; at the end of the input the rest comes at once. */
static int show_piece(void *ctx, const char *piece, size_t len)
{
    int *waits = ctx;
    if (fwrite(piece, 1, len, stdout) != len || fflush(stdout))
        return 1;
    int c = 0;
    while (*waits && (c = getchar()) != '\n')
        if (c == EOF)
            *waits = 0;
    return 0;
}

/* Figures of Markdown lie beside its file: notes.md has notes-figure-1.svg. */
struct figures {
    char *folder, *stem; /* the folder with its slash */
    int result;
};

static int plan_figures(struct figures *f, const char *output)
{
    const char *slash = strrchr(output, '/'), *name = slash ? slash + 1 : output;
    const char *dot = strrchr(name, '.');
    f->folder = strndup(output, (size_t)(name - output));
    f->stem = strndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
    return f->folder && f->stem ? 0 : cli_fail_text(NULL, "out of memory");
}

static int write_figure(void *ctx, const char *name, const char *data, size_t len)
{
    struct figures *f = ctx;
    const size_t size = strlen(f->folder) + strlen(name) + 1;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s", f->folder, name);
    f->result = path ? cli_write(path, data, len) : cli_fail_text(NULL, "out of memory");
    free(path);
    return f->result;
}

/* One row of examples in place of the network's own; in NULL: the network's own. */
static int explain(const struct args *args, const cr_net *net, const float *in,
                   const float *targets, const cr_preparation *preparation)
{
    cr_explain_options how;
    cr_error err = {0};
    int waits = 1;
    cr_explain_defaults(&how);
    how.rows = in != NULL;
    how.in = in;
    how.targets = targets;
    how.preparation = preparation;
    how.format = (cr_explain_format)args->format;
    how.fragment = args->fragment;
    how.form = args->form < 0 ? CR_EXPLAIN_AUTO
               : args->form   ? CR_EXPLAIN_MATRIX
                              : CR_EXPLAIN_SCALAR;
    how.digits = args->digits;
    how.sig = args->sig;
    how.carry_displayed = args->carry;
    how.notation = args->notation;
    how.iterations = args->iterations;
    how.why = args->why;
    if (!args->output && cli_is_terminal(stdout))
        how.columns = (size_t)cli_columns(stdout);
    if (how.columns > 100)
        how.columns = 100;
    if (how.columns && how.columns < 40)
        how.columns = 40;
    if (args->step) {
        how.each = show_piece;
        how.ctx = &waits;
    }
    struct figures figures = {0};
    const int beside =
        args->format == CR_EXPLAIN_MARKDOWN && args->output && strcmp(args->output, "-") != 0;
    if (beside) {
        figures.result = plan_figures(&figures, args->output);
        how.figures = figures.stem;
        how.file = write_figure;
        how.ctx = &figures;
    }
    char *text = NULL;
    size_t len = 0;
    int result = figures.result;
    if (!result && cr_explain(net, &how, args->step ? NULL : &text, &len, &err))
        result = figures.result ? figures.result : cli_fail(&err);
    if (!result && text)
        result = cli_write(args->output, text, len);
    cr_explain_free(text);
    free(figures.folder);
    free(figures.stem);
    return result;
}

/* The row of the table as the model sees it. targets is NULL afterwards where the table does
 * not say what the answer should be. */
static cr_status prepare(const struct args *args, const cr_model *model, float *in, float **targets,
                         cr_preparation **preparation, cr_error *err)
{
    const cr_table_options what = cr_model_table_options(model);
    cr_table *table = NULL;
    char label[64];
    cr_status status = cr_table_read(args->data, &what, &table, err);
    if (status)
        return status;
    if (args->row > cr_table_rows(table)) {
        snprintf(err->message, sizeof err->message, "there is no row %zu: %s has %zu", args->row,
                 args->data, cr_table_rows(table));
        status = err->code = CR_ERR_VALUE;
    } else {
        const char *answer = cr_table_label(table, args->row - 1, label);
        status = cr_model_prepare_steps(model, table, args->row - 1, preparation, err);
        for (size_t i = 0; !status && i < (*preparation)->n; i++)
            in[i] = (*preparation)->input[i].value;
        if (!status && answer)
            status = cr_model_prepare_target(model, answer, *targets, err);
        if (!answer) {
            free(*targets);
            *targets = NULL;
        }
    }
    cr_table_free(table);
    return status;
}

static int explain_row(const struct args *args)
{
    cr_error err = {0};
    cr_model *model = NULL;
    if (cr_model_load(args->file, &model, &err))
        return cli_fail(&err);
    const cr_net *net = cr_model_net(model);
    float *in = calloc(cr_net_inputs(net), sizeof *in);
    float *targets = calloc(cr_net_outputs(net), sizeof *targets);
    cr_preparation *preparation = NULL;
    int result;
    if (!in || !targets)
        result = cli_fail_text(NULL, "out of memory");
    else if (prepare(args, model, in, &targets, &preparation, &err))
        result = cli_fail(&err);
    else
        result = explain(args, net, in, targets, preparation);
    cr_preparation_free(preparation);
    free(in);
    free(targets);
    cr_model_free(model);
    return result;
}

/* A model begins with a length of 8 bytes and JSON. */
static int is_model(const char *path)
{
    unsigned char head[9] = {0};
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        (void)fclose(f);
    return n == sizeof head && head[7] == 0 && head[8] == '{';
}

static int run(const void *p)
{
    const struct args *args = p;
    cr_error err = {0};
    cr_net *net = NULL;
    if (args->digits >= 0 && args->sig)
        return cli_usage_error(&cli_explain, "--digits and --sig exclude each other");
    if (args->fragment && args->format != CR_EXPLAIN_LATEX)
        return cli_usage_error(&cli_explain, "--fragment needs --format latex");
    if (args->step && args->output)
        return cli_usage_error(&cli_explain, "--step and --output exclude each other");
    if (args->data)
        return explain_row(args);
    if (is_model(args->file))
        return cli_fail_text("give a table too: chainrule explain MODEL DATA.csv --row 1",
                             "%s is a model, not a network file", args->file);
    if (cr_net_load(args->file, &(cr_load_options){.type = CR_F64}, &net, &err))
        return cli_fail(&err);
    const int result = explain(args, net, NULL, NULL, NULL);
    cr_net_free(net);
    return result;
}

const struct command cli_explain = {
    "explain",
    "show the worked solution of a network, step by step",
    "Every number of the forward pass, the loss, the backward pass, the update and a second "
    "forward pass: as symbols, with the numbers put in, and the value. = says that the printed "
    "value is exact, \xe2\x89\x88 that it is rounded.\n"
    "Figures stand in LaTeX and HTML; with Markdown and -o they are SVG files beside it, named "
    "after it.\n"
    "Of a trained model, one row of a table is explained, in float32: with exactly the values that "
    "predicting gives; how the row becomes the network's inputs, and the answer, are told too.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
