/* chainrule train: a table to a model. */
#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chainrule/train.h"
#include "cli.h"
#include "find_rate.h"
#include "data_args.h"
#include "report_file.h"
#include "watch.h"

enum { MAX_NETWORK = 16 << 20 };

struct args {
    const char *data, *target, *net, *output, *optimiser, *find_rate, *report, *log, *tensorboard;
    const char *schedule, *checkpoint, *recipe;
    uint64_t seed;
    int threads, task, precision, keep, quiet, no_report, resume, print_config;
    size_t epochs, batch, log_every, patience, checkpoint_epochs;
    double learning_rate, test, validation, max_time, checkpoint_minutes;
    struct data_args table;
};
static const struct args defaults = {.output = "model.safetensors",
                                     .seed = UINT64_MAX,
                                     .task = -1,
                                     .precision = -1,
                                     .keep = -1,
                                     .test = 0.2,
                                     .validation = -1,
                                     .checkpoint_minutes = 10,
                                     .table = DATA_ARGS_DEFAULTS};

static const char *const tasks[] = {"classification", "regression", NULL};

static const char *const keeps[] = {"last", "best", NULL};

static const char *const precisions[] = {"float32", "bf16", NULL};

static const struct positional positionals[] = {
    {"DATA", "a table, as CSV, NumPy or IDX; - is standard input", offsetof(struct args, data), 0},
    {0},
};

static const struct option options[] = {
    {"target", 't', "COLUMN", "the column to predict (needed)", OPTION_STRING,
     offsetof(struct args, target)},
    {"net", 'n', "NET", "a network file; without it the recipe's network", OPTION_INPUT,
     offsetof(struct args, net)},
    {"recipe", 0, "NAME",
     "network and training without a network file: realmlp-td-s, the default, and so far the only "
     "one; --print-config writes it out",
     OPTION_STRING, offsetof(struct args, recipe)},
    {"output", 'o', "MODEL", "the model file to write", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {"seed", 's', "N", "of all that is random; without it the network file's seed, or 1",
     OPTION_SEED, offsetof(struct args, seed), .min = 0, .max = 9223372036854775807.0},
    {"threads", 'j', "N", "without it as many as there are processors; the result is the same",
     OPTION_INT, offsetof(struct args, threads), .min = 1, .max = 1024},
    {"epochs", 'e', "N",
     "how often to go through the rows; without it 256, or the network file's number, or where it "
     "says none what makes about 3,000 steps, at least 10 and at most 1,000",
     OPTION_SIZE, offsetof(struct args, epochs), .min = 1, .max = 1e9},
    {"batch", 'b', "N",
     "rows of a step; without it 256, or the network file's number, or where it says none 32; never "
     "more than there are",
     OPTION_SIZE, offsetof(struct args, batch), .min = 1, .max = 1e9},
    {"learning-rate", 'r', "X",
     "without it 0.04 for classes and 0.07 for numbers, or the network file's, or where it says none "
     "0.1 and 0.01; --optimiser with another name has a rate of its own",
     OPTION_DOUBLE, offsetof(struct args, learning_rate), .min = 1e-12, .max = 1e6},
    {"optimiser", 0, "NAME",
     "gradient-descent, momentum, adam, ...: see 'chainrule list optimisers'; without it adam, "
     "or the network file's, or where it says none gradient-descent",
     OPTION_STRING, offsetof(struct args, optimiser)},
    {"schedule", 0, "SCHEDULE",
     "how the learning rate changes: a name that 'chainrule list schedules' shows, and its "
     "constants, as in 'cosine end=0.1 warm-up=100'; without it coslog4, or the network file's, or "
     "where it says none constant",
     OPTION_STRING, offsetof(struct args, schedule)},
    {"test", 0, "SHARE", "share of the rows that nothing looks at before the end", OPTION_DOUBLE,
     offsetof(struct args, test), .min = 0, .max = 0.9},
    {"validation", 0, "SHARE",
     "share of the other rows that is measured after every epoch instead of trained on; 0: none; "
     "without it 0.2, or the network file's, or where it says none 0",
     OPTION_DOUBLE, offsetof(struct args, validation), .min = 0, .max = 0.9},
    {"keep", 0, "EPOCH",
     "whose parameters the model has; without it those of the best epoch on the validation rows, "
     "where there are some",
     OPTION_CHOICE, offsetof(struct args, keep), .choices = keeps},
    {"patience", 0, "N", "end after so many epochs without a better one", OPTION_SIZE,
     offsetof(struct args, patience), .min = 1, .max = 1e9},
    {"max-time", 0, "SECONDS", "end after the step in which so much time is over", OPTION_DOUBLE,
     offsetof(struct args, max_time), .min = 1e-3, .max = 1e9},
    {"checkpoint", 0, "FILE",
     "where to keep what --resume needs; without it MODEL with .checkpoint after it. It is removed "
     "when training is complete",
     OPTION_OUTPUT, offsetof(struct args, checkpoint)},
    {"checkpoint-minutes", 0, "N", "write it every so many minutes", OPTION_DOUBLE,
     offsetof(struct args, checkpoint_minutes), .min = 1e-6, .max = 1e6},
    {"checkpoint-epochs", 0, "N", "write it every so many epochs too", OPTION_SIZE,
     offsetof(struct args, checkpoint_epochs), .min = 1, .max = 1e9},
    {"resume", 0, NULL,
     "go on from the checkpoint, where there is one, with the other options as they were: the model "
     "is the same as without a break",
     OPTION_FLAG, offsetof(struct args, resume)},
    {"find-learning-rate", 0, "FILE",
     "only try learning rates, each step a higher one: a drawing of the losses goes to FILE (where it "
     "ends in .csv, the numbers), a suggestion to standard output, and no model is made",
     OPTION_OUTPUT, offsetof(struct args, find_rate)},
    {"print-config", 0, NULL,
     "write the network and all settings as a network file, with the origin of each, and train nothing",
     OPTION_FLAG, offsetof(struct args, print_config)},
    {"task", 0, "TASK", "what the target is; without it a guess, which is printed", OPTION_CHOICE,
     offsetof(struct args, task), .choices = tasks},
    {"precision", 0, "TYPE",
     "of the factors of matrix products in training; without it the network file's, or float32",
     OPTION_CHOICE, offsetof(struct args, precision), .choices = precisions},
    DATA_OPTIONS(struct args, table),
    {"report", 0, "FILE",
     "write the report there; without it beside the model, with '.report.html' in place of "
     "'.safetensors'",
     OPTION_OUTPUT, offsetof(struct args, report)},
    {"no-report", 0, NULL, "write no report", OPTION_FLAG, offsetof(struct args, no_report)},
    {"log", 0, "FILE", "write what is measured there, one JSON object a line", OPTION_OUTPUT,
     offsetof(struct args, log)},
    {"log-every", 0, "STEPS", "log a line every so many steps as well as after every epoch",
     OPTION_SIZE, offsetof(struct args, log_every), .min = 1, .max = 1e9},
    {"tensorboard", 0, "FOLDER", "write an event file for TensorBoard there", OPTION_STRING,
     offsetof(struct args, tensorboard)},
    {"quiet", 'q', NULL, "print nothing but errors", OPTION_FLAG, offsetof(struct args, quiet)},
    {0},
};

static const char details[] =
    "Reads a table, finds out what its columns hold, sets some rows aside, scales the columns, and "
    "trains a network on mini-batches to predict one column from all others. Text in that column, "
    "or few different whole numbers, are classes. Cells without a value are legal.\n"
    "The model file holds the network and everything that 'chainrule predict' needs. The same "
    "seed gives the same file, on any number of threads. Ctrl-C or SIGTERM ends training after the "
    "current step: the model is written as it is, and a checkpoint from which --resume goes on.";

struct session {
    const struct args *args;
    const cr_fit_report *report;
    struct watch watch;
    int header_done, out_of_time, warned;
    const char *checkpoint;
    double saved; /* seconds */
};

static void print_header(const struct session *s)
{
    const cr_fit_report *r = s->report;
    char a[32], b[32];
    const size_t all = r->rows + r->validation + r->test;
    printf("%s row%s; %zu column%s %zu input%s", cli_grouped(all, a, sizeof a), all == 1 ? "" : "s",
           r->columns, r->columns == 1 ? " gives" : "s give", r->inputs, r->inputs == 1 ? "" : "s");
    if (r->constant)
        printf(" (%zu with one value only)", r->constant);
    printf("\n");
    if (*r->why)
        printf("%s, since %s", r->task == CR_CLASSIFICATION ? "classification" : "regression",
               r->why);
    if (*r->why && !r->certain)
        printf("; --task %s says otherwise",
               r->task == CR_CLASSIFICATION ? "regression" : "classification");
    if (*r->why)
        printf("\n");
    if (r->recipe)
        printf("the recipe %s; --print-config shows what that is\n", r->recipe);
    printf("%s parameters; training on %s row%s", cli_grouped(r->parameters, a, sizeof a),
           cli_grouped(r->rows, b, sizeof b), r->rows == 1 ? "" : "s");
    if (r->validation)
        printf(", %s for validation", cli_grouped(r->validation, a, sizeof a));
    if (s->args->test > 0)
        printf(", %s set aside for the test", r->test ? cli_grouped(r->test, a, sizeof a) : "none");
    printf("\n");
    fflush(stdout);
}

/* The first thing that is said, and what is said once. */
static void print_notes(struct session *s, const cr_progress *p)
{
    if (!s->header_done && !s->args->quiet) {
        print_header(s);
        if (p->resumed_rows)
            fprintf(stderr, "going on from %s: epoch %zu, step %zu\n", s->checkpoint, p->epoch,
                    p->step);
        else if (s->args->resume)
            fprintf(stderr, "there is no %s: starting from the beginning\n", s->checkpoint);
    }
    s->header_done = 1;
    if (p->checkpoint_error && !s->warned) {
        cli_watch_pause(&s->watch);
        (void)cli_fail(p->checkpoint_error);
        fprintf(stderr, "training goes on without a checkpoint\n");
    }
    s->warned = p->checkpoint_error != NULL;
}

/* What the trainer should do next; see cr_train_options.progress. */
static int wish(struct session *s, const cr_progress *p)
{
    const struct args *args = s->args;
    const double t = cli_now();
    if (cli_interrupted())
        return CR_TRAIN_STOP | CR_TRAIN_SAVE;
    if (args->max_time > 0 && t - s->watch.start >= args->max_time) {
        s->out_of_time = 1;
        return CR_TRAIN_STOP | CR_TRAIN_SAVE;
    }
    const int epoch =
        args->checkpoint_epochs && p->epoch_done && p->epoch % args->checkpoint_epochs == 0;
    if (!epoch && t - s->saved < args->checkpoint_minutes * 60)
        return 0;
    s->saved = t;
    return CR_TRAIN_SAVE;
}

static int progress(void *ctx, const cr_progress *p)
{
    struct session *s = ctx;
    print_notes(s, p);
    cli_watch(&s->watch, p);
    return wish(s, p);
}

/* note: what to know about the figures, or "". */
static void print_metrics(const char *what, const cr_metrics *m, cr_task task, const char *note)
{
    char rows[32];
    const char *s = m->rows == 1 ? "" : "s";
    cli_grouped(m->rows, rows, sizeof rows);
    if (task == CR_CLASSIFICATION)
        printf("accuracy %.2f %% on %s %s row%s%s\n", 100 * m->accuracy, rows, what, s, note);
    else if (isnan(m->r2))
        printf("rmse %.6g on %s %s row%s%s%s\n", m->rmse, rows, what, s,
               m->rows > 1 ? " with one target for all" : "", note);
    else
        printf("rmse %.6g, R\u00b2 %.4f on %s %s row%s%s\n", m->rmse, m->r2, rows, what, s, note);
}

static void print_summary(const struct args *args, const cr_fit_report *r)
{
    char steps[32];
    const int plain = strcmp(r->optimiser, "gradient-descent") == 0;
    printf("%s after %zu epoch%s: %s step%s of %zu row%s, learning rate %g, seed %llu%s%s%s\n",
           r->result.stopped ? "stopped"
           : r->result.early ? "ended early"
                             : "done",
           r->result.epochs, r->result.epochs == 1 ? "" : "s",
           cli_grouped(r->result.steps, steps, sizeof steps), r->result.steps == 1 ? "" : "s",
           r->batch, r->batch == 1 ? "" : "s", r->learning_rate, (unsigned long long)r->seed,
           plain ? "" : ", ", plain ? "" : r->optimiser,
           r->precision == CR_PRECISION_BF16 ? ", bf16" : "");
    if (r->result.best_epoch)
        printf("the model is that of epoch %zu, the best on the validation rows\n",
               r->result.best_epoch);
    print_metrics("training", &r->result.train, r->task, "");
    if (r->result_test.rows)
        print_metrics("test", &r->result_test, r->task, "");
    else if (r->result.validation.rows)
        print_metrics("validation", &r->result.validation, r->task,
                      r->result.best_epoch ? ": optimistic, the epoch was chosen by them" : "");
    printf("wrote %s; to use it: chainrule predict %s %s\n", args->output, args->output,
           strcmp(args->data, "-") ? args->data : "DATA");
}

/* The model is written. Tell how to go on, or remove what only that would need. */
static void end_checkpoint(const struct session *s, const cr_train_result *r)
{
    if (!r->stopped) {
        (void)unlink(s->checkpoint);
        return;
    }
    if (r->checkpoint_error.code)
        (void)cli_fail(&r->checkpoint_error);
    else if (!s->args->quiet)
        printf("%s; to go on: the same command with --resume, which reads %s\n",
               s->out_of_time ? "the time is over" : "interrupted", s->checkpoint);
}

/* What there is to train on, the network file's text, and names of files beside the model. */
struct inputs {
    cr_table *table, *test, *validation;
    char *net;
    size_t net_size;
    const char *report, *checkpoint;
};

/* The model first: what follows may fail and leaves it alone. */
static int finish(const struct session *s, const struct inputs *in, const cr_model *model,
                  const cr_outcome *outcome)
{
    const struct args *args = s->args;
    const cr_report_options o = {
        .data = args->data, .model = args->output, .threads = args->threads};
    cr_error err = {0};
    if (cr_model_save(model, args->output, &err) != CR_OK)
        return cli_fail(&err);
    if (!args->quiet) {
        print_summary(args, &outcome->report);
        cli_print_health(outcome->health);
    }
    end_checkpoint(s, &outcome->report.result);
    if (in->report && cli_write_report(in->report, model, in->table, outcome, &o) != CLI_DONE)
        return CLI_FAILED;
    if (in->report && !args->quiet)
        printf("wrote %s\n", in->report);
    return outcome->report.result.stopped && !s->out_of_time ? CLI_INTERRUPTED : CLI_DONE;
}

static int print_config(const cr_table *table, const cr_fit_options *o)
{
    char *text;
    cr_error err = {0};
    if (cr_model_config(table, o, &text, &err) != CR_OK)
        return cli_fail(&err);
    fputs(text, stdout);
    free(text);
    return CLI_DONE;
}

static cr_fit_options fit_options(const struct args *args, const struct inputs *in)
{
    cr_fit_options o = {.task = args->task < 0    ? CR_TASK_GUESS
                                : args->task == 0 ? CR_CLASSIFICATION
                                                  : CR_REGRESSION,
                        .network = in->net,
                        .network_size = in->net_size,
                        .network_name = args->net,
                        .recipe = args->recipe,
                        .has_seed = args->seed != UINT64_MAX,
                        .optimiser = args->optimiser,
                        .held_out = args->test,
                        .validation = args->validation < 0    ? 0
                                      : args->validation == 0 ? -1
                                                              : args->validation,
                        .test_table = in->test,
                        .validation_table = in->validation,
                        .train = {.epochs = args->epochs,
                                  .batch = args->batch,
                                  .seed = args->seed,
                                  .learning_rate = args->learning_rate,
                                  .threads = args->threads,
                                  .precision = (cr_precision)(args->precision + 1),
                                  .schedule = args->schedule,
                                  .keep = (cr_keep)(args->keep + 1),
                                  .patience = args->patience,
                                  .checkpoint = in->checkpoint,
                                  .resume = args->resume,
                                  .progress = progress}};
    cli_fit_options(&args->table, &o);
    return o;
}

static int stop_when_interrupted(void *ctx, const cr_progress *p)
{
    (void)ctx;
    (void)p;
    return cli_interrupted() ? CR_TRAIN_STOP : 0;
}

static int find_rate(const struct args *args, const struct inputs *in, cr_fit_options *o)
{
    o->train.progress = stop_when_interrupted;
    cli_catch_interrupt();
    return cli_find_rate(in->table, o, args->find_rate, args->quiet);
}

static int fit(const struct args *args, const struct inputs *in)
{
    cr_fit_report report;
    cr_outcome *outcome;
    struct session s = {.args = args,
                        .report = &report,
                        .checkpoint = in->checkpoint,
                        .saved = cli_now(),
                        .watch = {.quiet = args->quiet,
                                  .log_path = args->log,
                                  .log_every = args->log_every,
                                  .tensorboard = args->tensorboard,
                                  .append = args->resume,
                                  .report = &report}};
    cr_fit_options o = fit_options(args, in);
    cr_model *model;
    cr_error err = {0};
    if (args->print_config)
        return print_config(in->table, &o);
    if (args->find_rate)
        return find_rate(args, in, &o);
    o.outcome = &outcome;
    o.train.ctx = &s;
    if (cli_watch_open(&s.watch) != CLI_DONE)
        return CLI_FAILED;
    cli_catch_interrupt();
    const cr_status status = cr_model_fit(in->table, &o, &model, &report, &err);
    const int logs = cli_watch_close(&s.watch);
    if (status != CR_OK)
        return cli_fail(&err);
    if (!s.header_done && !args->quiet) { /* no step was left to make */
        print_header(&s);
        fprintf(stderr, "going on from %s, the end of the training\n", s.checkpoint);
    }
    const int code = finish(&s, in, model, outcome);
    cr_outcome_free(outcome);
    cr_model_free(model);
    return code != CLI_DONE ? code : logs;
}

/* Better now than after an hour of training: can the model be written? 0, or CLI_FAILED. */
static int check_output(const char *path)
{
    struct stat st;
    const int exists = stat(path, &st) == 0;
    int problem = exists && S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (!problem && exists && access(path, W_OK) != 0)
        problem = errno;
    if (!problem && !exists) {
        char *copy = strdup(path);
        if (!copy || access(dirname(copy), W_OK | X_OK) != 0)
            problem = errno;
        free(copy);
    }
    if (!problem)
        return CLI_DONE;
    return cli_fail_text("nothing was trained", "cannot write '%s': %s", path, strerror(problem));
}

/* Read the tables, and train. */
static int read_and_fit(const struct args *args, struct inputs *in)
{
    const cr_table_options wanted = cli_table_options(&args->table, args->target);
    cr_error err = {0};
    if (cr_table_read(args->data, &wanted, &in->table, &err) != CR_OK)
        return cli_fail(&err);
    int code = cli_read_parts(&args->table, in->table, &in->test, &in->validation);
    if (code == CLI_DONE) {
        if (!args->quiet && !args->print_config)
            cli_print_columns(in->table, args->data, stdout);
        code = fit(args, in);
        cr_table_free(in->test);
        cr_table_free(in->validation);
    }
    cr_table_free(in->table);
    return code;
}

/* The model's name with .checkpoint after it, allocated; NULL when out of memory. */
static char *checkpoint_path(const char *model)
{
    static const char ending[] = ".checkpoint";
    const size_t size = strlen(model) + sizeof ending;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s", model, ending);
    return path;
}

static int run(const void *p)
{
    const struct args *args = p;
    struct inputs in = {0};
    if (!args->target)
        return cli_usage_error(&cli_train, "--target COLUMN is needed: which column to predict");
    if (args->recipe && args->net)
        return cli_usage_error(&cli_train, "--recipe and --net exclude each other");
    if (args->find_rate && args->print_config)
        return cli_usage_error(&cli_train,
                               "--find-learning-rate and --print-config exclude each other");
    if (args->report && args->no_report)
        return cli_usage_error(&cli_train, "--report and --no-report exclude each other");
    char *beside = args->no_report || args->report ? NULL : cli_report_path(args->output);
    char *checkpoint = checkpoint_path(args->output);
    in.report = args->report ? args->report : beside;
    in.checkpoint = args->checkpoint ? args->checkpoint : checkpoint;
    int code = in.checkpoint ? CLI_DONE : cli_fail_text(NULL, "out of memory");
    const int trains = !args->print_config && !args->find_rate;
    if (code == CLI_DONE && trains)
        code = check_output(args->output);
    if (code == CLI_DONE && in.report && trains)
        code = check_output(in.report);
    if (code == CLI_DONE && args->find_rate)
        code = check_output(args->find_rate);
    if (code == CLI_DONE && args->net)
        code = cli_read(args->net, MAX_NETWORK, &in.net, &in.net_size) ? CLI_FAILED : CLI_DONE;
    if (code == CLI_DONE)
        code = read_and_fit(args, &in);
    free(beside);
    free(checkpoint);
    free(in.net);
    return code;
}

const struct command cli_train = {
    "train",         "train a network on a table of data",
    details,         positionals,
    options,         &defaults,
    sizeof defaults, run,
};
