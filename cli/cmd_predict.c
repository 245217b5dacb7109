/* chainrule predict: a model's answers for the rows of a table. */
#include <math.h>

#include "chainrule/model.h"
#include "cli.h"

struct args {
    const char *model, *data, *output;
    int format, keep, threads, quiet;
};
static const struct args defaults = {0};

static const struct positional positionals[] = {
    {"MODEL", "a model file that 'chainrule train' wrote", offsetof(struct args, model), 0},
    {"DATA", "rows, as CSV, NumPy or IDX; - is standard input", offsetof(struct args, data), 0},
    {0},
};

static const char *const formats[] = {"csv", "jsonl", "npy", NULL};

static const struct option options[] = {
    {"output", 'o', "FILE", "write to FILE", OPTION_OUTPUT, offsetof(struct args, output)},
    {"format", 'f', "FORMAT", "how to write the answers", OPTION_CHOICE,
     offsetof(struct args, format), .choices = formats},
    {"keep", 'k', NULL, "write the columns of DATA too, before the answer", OPTION_FLAG,
     offsetof(struct args, keep)},
    {"threads", 'j', "N", "without it as many as there are processors; the answers are the same",
     OPTION_INT, offsetof(struct args, threads), .min = 1, .max = 1024},
    {"quiet", 'q', NULL, "print no notes", OPTION_FLAG, offsetof(struct args, quiet)},
    {0},
};

static const char details[] =
    "Writes CSV: a column 'prediction', and for classes a column 'p(CLASS)' for each: what the "
    "network gives it. Columns of DATA are found by name, in any order; those that the model does "
    "not know are ignored. Where DATA has the column that was the target, the answers are scored.\n"
    "jsonl writes an object in each line, with \"prediction\" and \"p\"; npy a NumPy array, of the "
    "classes' shares or the numbers, for which a file is needed.\n"
    "In CSV, text that a spreadsheet would run as a formula is written with a leading apostrophe.";

static void print_notes(const cr_model *model, const cr_score *score)
{
    if (score->ignored)
        fprintf(stderr, "ignored %zu column%s that the model does not use\n", score->ignored,
                score->ignored == 1 ? "" : "s");
    const char *s = score->scored == 1 ? "" : "s";
    if (score->scored == 0)
        return;
    if (cr_model_task(model) == CR_CLASSIFICATION)
        fprintf(stderr, "accuracy %.2f %% on %zu row%s\n", 100 * score->accuracy, score->scored, s);
    else if (isnan(score->r2))
        fprintf(stderr, "rmse %.6g on %zu row%s%s\n", score->rmse, score->scored, s,
                score->scored > 1 ? " with one target for all" : "");
    else
        fprintf(stderr, "rmse %.6g, R\u00b2 %.4f on %zu row%s\n", score->rmse, score->r2,
                score->scored, s);
}

static int run(const void *p)
{
    const struct args *args = p;
    cr_model *model;
    cr_score score;
    struct cli_out out;
    cr_error err = {0};
    if (cr_model_load(args->model, &model, &err) != CR_OK)
        return cli_fail(&err);
    if (cli_out_open(&out, args->output) != 0) {
        cr_model_free(model);
        return CLI_FAILED;
    }
    const cr_predict_options o = {
        .format = (cr_predict_format)args->format, .keep = args->keep, .threads = args->threads};
    int code = CLI_DONE;
    if (cr_model_predict(model, args->data, &o, out.file, &score, &err) != CR_OK) {
        cli_out_drop(&out);
        code = cli_fail(&err);
    } else {
        code = cli_out_close(&out);
        if (code == CLI_DONE && !args->quiet)
            print_notes(model, &score);
    }
    cr_model_free(model);
    return code;
}

const struct command cli_predict = {
    "predict",       "answer for every row of a table with a trained model",
    details,         positionals,
    options,         &defaults,
    sizeof defaults, run,
};
