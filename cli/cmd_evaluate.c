/* chainrule evaluate: how good a model's answers are. */
#include <stdlib.h>
#include <string.h>

#include "chainrule/evaluate.h"
#include "chainrule/report.h"
#include "cli.h"

enum { MOST_METRICS = 64 };

struct args {
    const char *model, *data, *metrics, *output, *weights;
    int format, threads;
    uint64_t seed;
    size_t resamples;
};
static const struct args defaults = {.seed = 1};

/* In the order of cr_report_format. */
static const char *const formats[] = {"text", "json", NULL};

static const struct positional positionals[] = {
    {"MODEL", "a model file that 'chainrule train' wrote", offsetof(struct args, model), 0},
    {"DATA",
     "a table, as CSV, NumPy or IDX, with the model's columns and its target; - is standard input",
     offsetof(struct args, data), 0},
    {0},
};

static const struct option options[] = {
    {"format", 'f', "FORMAT", "how to write it", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"metrics", 'm', "NAMES",
     "only these, with commas between them: see 'chainrule list metrics'; pinball:0.9 has a "
     "quantile",
     OPTION_STRING, offsetof(struct args, metrics)},
    {"weights", 0, "COLUMN", "a column of DATA that says how much each row counts", OPTION_STRING,
     offsetof(struct args, weights)},
    {"output", 'o', "FILE", "write to FILE", OPTION_OUTPUT, offsetof(struct args, output)},
    {"resamples", 0, "N",
     "of the rows, for the intervals; without it 1,000, or fewer where there are very many rows",
     OPTION_SIZE, offsetof(struct args, resamples), .min = 10, .max = 1e6},
    {"seed", 's', "N", "of the resamples", OPTION_SEED, offsetof(struct args, seed), .min = 0,
     .max = 9223372036854775807.0},
    {"threads", 'j', "N", "without it as many as there are processors; the result is the same",
     OPTION_INT, offsetof(struct args, threads), .min = 1, .max = 1024},
    {0},
};

static const char details[] =
    "Answers every row of DATA and compares the answers with the target's column. Metrics come with "
    "95 % confidence intervals: Wilson's for accuracy and micro F1, percentiles of "
    "bootstrap resamples for the others. What the rows do not define (AUC with one class only) is "
    "printed as undefined, with the reason. Rows without a target, and rows of classes that the "
    "model does not know, are left out and counted.\n"
    "An honest estimate needs rows that the model was not trained on.";

/* The names in a list with commas. 0, or CLI_FAILED with the message printed. */
static int read_metrics(const char *list, cr_task task, cr_metric *metric, size_t *n)
{
    char name[80];
    cr_error err = {0};
    for (*n = 0; *list; list += *list == ',') {
        const size_t length = strcspn(list, ",");
        if (*n == MOST_METRICS)
            return cli_fail_text(NULL, "more than %d metrics", MOST_METRICS);
        snprintf(name, sizeof name, "%.*s", length < 79 ? (int)length : 79, list);
        if (cr_metric_find(name, &metric[*n], &err) != CR_OK)
            return cli_fail(&err);
        if (cr_metric_at(metric[*n].index)->task != task)
            return cli_fail_text(NULL, "the metric '%s' is for a %s, but the model is for a %s",
                                 name, task == CR_REGRESSION ? "classification" : "regression",
                                 task == CR_REGRESSION ? "regression" : "classification");
        list += length;
        ++*n;
    }
    return *n ? CLI_DONE : cli_fail_text(NULL, "--metrics names no metric");
}

static int evaluate(const struct args *args, const cr_model *model)
{
    cr_table_options wanted = cr_model_table_options(model);
    cr_metric metric[MOST_METRICS];
    cr_evaluate_options o = {.intervals = {.seed = args->seed, .resamples = args->resamples},
                             .threads = args->threads};
    cr_table *table;
    cr_evaluation *e;
    cr_error err = {0};
    char *text;
    size_t len;
    wanted.label_optional = 0;
    wanted.weight = args->weights;
    if (args->metrics) {
        if (read_metrics(args->metrics, cr_model_task(model), metric, &o.n_metrics) != CLI_DONE)
            return CLI_FAILED;
        o.metrics = metric;
    }
    if (cr_table_read(args->data, &wanted, &table, &err) != CR_OK)
        return cli_fail(&err);
    cr_status status = cr_model_evaluate(model, table, &o, &e, &err);
    cr_table_free(table);
    if (status != CR_OK)
        return cli_fail(&err);
    status = cr_evaluation_write(e, (cr_report_format)args->format, &text, &len, &err);
    cr_evaluation_free(e);
    if (status != CR_OK)
        return cli_fail(&err);
    const int code = cli_write(args->output, text, len);
    cr_report_free(text);
    return code;
}

static int run(const void *p)
{
    const struct args *args = p;
    cr_model *model;
    cr_error err = {0};
    if (cr_model_load(args->model, &model, &err) != CR_OK)
        return cli_fail(&err);
    const int code = evaluate(args, model);
    cr_model_free(model);
    return code;
}

const struct command cli_evaluate = {
    "evaluate",      "measure a trained model on rows with known answers",
    details,         positionals,
    options,         &defaults,
    sizeof defaults, run,
};
