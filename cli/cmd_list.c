/* chainrule list: the tables, for people and for docs/formulas.md. */
#include <string.h>

#include "chainrule/list.h"
#include "chainrule/metrics.h"
#include "cli.h"

struct args {
    const char *what, *output;
    int format;
};
static const struct args defaults;

/* In the order of cr_list_kind, and after them the metrics. */
static const char *const kinds[] = {"activations", "losses",    "initialisers", "optimisers",
                                    "schedules",   "functions", "metrics"};
static const char *const headings[] = {"Activations", "Losses",    "Initialisers",
                                       "Optimisers",  "Schedules", "Functions in formulas",
                                       "Metrics"};
static const char *const formats[] = {"text", "markdown", NULL};
enum { N_KINDS = sizeof kinds / sizeof *kinds, METRICS = N_KINDS - 1, MARKDOWN = 1 };

static const struct positional positionals[] = {
    {"KIND",
     "activations, losses, initialisers, optimisers, schedules, functions or metrics; all of them if left out",
     offsetof(struct args, what), .optional = 1},
    {0},
};
static const struct option options[] = {
    {"format", 0, "FORMAT", "how to write it", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

/* Whether Markdown gives each row a heading. */
static int is_long(int kind)
{
    return kind == CR_LIST_ACTIVATIONS || kind == CR_LIST_LOSSES || kind == METRICS;
}

static int list_row(int kind, size_t index, cr_list_row *row)
{
    const cr_metric_info *m;
    if (kind != METRICS)
        return cr_list((cr_list_kind)kind, index, row);
    if (!(m = cr_metric_at(index)))
        return 0;
    *row =
        (cr_list_row){.name = m->name,
                      .formula = m->formula,
                      .meaning = m->task == CR_REGRESSION ? m->higher ? "numbers; higher is better"
                                                                      : "numbers; lower is better"
                                 : m->higher              ? "classes; higher is better"
                                                          : "classes; lower is better",
                      .source = m->source,
                      .parameter = {m->parameter},
                      .value = {m->value},
                      .max = {1}};
    return 1;
}

static void print_names(FILE *to, const cr_list_row *row, const char *mark)
{
    fprintf(to, "%s%s%s", mark, row->name, mark);
    for (size_t i = 0; i < sizeof row->alias / sizeof *row->alias && row->alias[i]; i++)
        fprintf(to, ", %s%s%s", mark, row->alias[i], mark);
}

static int is_short(double v)
{
    return v > -1e6 && v < 1e6;
}

static void print_parameters(FILE *to, const cr_list_row *row, const char *before, const char *mark)
{
    if (row->rate > 0)
        fprintf(to, "%s%slearning-rate%s = %.15g\n", before, mark, mark, row->rate);
    for (size_t i = 0; i < sizeof row->value / sizeof *row->value && row->parameter[i]; i++) {
        fprintf(to, "%s%s%s%s = %.15g", before, mark, row->parameter[i], mark, row->value[i]);
        if (i == 0 && row->learned)
            fputs(" to start with, then trained", to);
        if (is_short(row->min[i]) && is_short(row->max[i]))
            fprintf(to, ", from %g to %g", row->min[i], row->max[i]);
        else if (is_short(row->min[i]))
            fprintf(to, ", at least %g", row->min[i]);
        fputc('\n', to);
    }
}

/* An optimiser's assignments. */
static void print_steps(FILE *to, const cr_list_row *row, const char *before, const char *mark)
{
    for (size_t i = 0; i < sizeof row->to / sizeof *row->to && row->to[i]; i++)
        fprintf(to, "%s%s%s = %s%s\n", before, mark, row->to[i], row->assigned[i], mark);
    if (row->decayed)
        fprintf(to, "%swith weight decay, %s%s%s for %s%s%s\n", before, mark, row->decayed, mark,
                mark, row->decay_of, mark);
}

static void print_text(FILE *to, int kind)
{
    cr_list_row row;
    fprintf(to, "%s\n", headings[kind]);
    for (size_t i = 0; list_row(kind, i, &row); i++) {
        fputs("\n  ", to);
        print_names(to, &row, "");
        fprintf(to, "\n    %s\n", row.meaning);
        if (row.formula)
            fprintf(to, "    %s\n", row.formula);
        if (row.derivative)
            fprintf(to, "    derivative: %s\n", row.derivative);
        print_steps(to, &row, "    ", "");
        print_parameters(to, &row, "    ", "");
        if (row.source)
            fprintf(to, "    %s\n", row.source);
    }
}

static void print_markdown(FILE *to, int kind)
{
    cr_list_row row;
    fprintf(to, "## %s\n", headings[kind]);
    for (size_t i = 0; list_row(kind, i, &row); i++) {
        fputs(i == 0 || is_long(kind) ? "\n" : "", to);
        if (is_long(kind)) {
            fputs("### ", to);
            print_names(to, &row, "`");
            fprintf(to, "\n\n%s\n\n", row.meaning);
        } else {
            fputs("- ", to);
            print_names(to, &row, "`");
            fprintf(to, ": %s%s%s%s\n", row.meaning, row.source ? " (" : "",
                    row.source ? row.source : "", row.source ? ")" : "");
        }
        if (row.shown)
            fprintf(to, "- `%s`, computed as `%s`\n", row.shown, row.formula);
        else if (row.formula)
            fprintf(to, "%s- `%s`\n", is_long(kind) ? "" : "  ", row.formula);
        if (row.derivative)
            fprintf(to, "- derivative: `%s`\n", row.derivative);
        print_steps(to, &row, "  - ", "`");
        print_parameters(to, &row, is_long(kind) ? "- " : "  - ", "`");
        if (row.source && is_long(kind))
            fprintf(to, "- source: %s\n", row.source);
    }
}

static int run(const void *p)
{
    const struct args *args = p;
    int first = 0, end = N_KINDS;
    if (args->what) {
        while (first < N_KINDS && strcmp(kinds[first], args->what) != 0)
            first++;
        end = first + 1;
    }
    if (first == N_KINDS) {
        const char *near = cr_suggest(args->what, kinds, N_KINDS);
        return cli_usage_error(&cli_list, "there is no list of '%s'%s%s%s", args->what,
                               near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    struct cli_out out;
    if (cli_out_open(&out, args->output))
        return CLI_FAILED;
    for (int kind = first; kind < end; kind++) {
        if (kind > first)
            fputc('\n', out.file);
        if (args->format == MARKDOWN)
            print_markdown(out.file, kind);
        else
            print_text(out.file, kind);
    }
    return cli_out_close(&out);
}

const struct command cli_list = {
    "list",
    "list activations, losses and what else networks are made of",
    NULL,
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
