/* chainrule train: a table to a model. */
#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chainrule/train.h"
#include "cli.h"

enum { MAX_NETWORK = 16 << 20, PLAIN_LINES = 20 };

struct args {
    const char *data, *target, *net, *output, *optimiser;
    uint64_t seed;
    int threads, task, precision, quiet;
    size_t epochs, batch;
    double learning_rate, test;
};
static const struct args defaults = {
    .output = "model.safetensors", .seed = UINT64_MAX, .task = -1, .precision = -1, .test = 0.2};

static const char *const tasks[] = {"classification", "regression", NULL};

static const char *const precisions[] = {"float32", "bf16", NULL};

static const struct positional positionals[] = {
    {"DATA", "a CSV file with a header; - is standard input", offsetof(struct args, data), 0},
    {0},
};

static const struct option options[] = {
    {"target", 't', "COLUMN", "the column to predict (needed)", OPTION_STRING,
     offsetof(struct args, target)},
    {"net", 'n', "NET", "a network file; without it 128 ReLU units and an output layer",
     OPTION_STRING, offsetof(struct args, net)},
    {"output", 'o', "MODEL", "the model file to write", OPTION_STRING,
     offsetof(struct args, output)},
    {"seed", 's', "N", "of all that is random; without it the network file's seed, or 1",
     OPTION_SEED, offsetof(struct args, seed), .min = 0, .max = 9223372036854775807.0},
    {"threads", 'j', "N", "without it as many as there are processors; the result is the same",
     OPTION_INT, offsetof(struct args, threads), .min = 1, .max = 1024},
    {"epochs", 'e', "N",
     "how often to go through the rows; without it the network file's "
     "number, or what makes about 3,000 steps, at least 10 and at most 1,000",
     OPTION_SIZE, offsetof(struct args, epochs), .min = 1, .max = 1e9},
    {"batch", 'b', "N", "rows of a step; without it the network file's number, or 32", OPTION_SIZE,
     offsetof(struct args, batch), .min = 1, .max = 1e9},
    {"learning-rate", 'r', "X",
     "without it the network file's, or 0.1 for classes and 0.01 for "
     "numbers; another optimiser than gradient-descent has a rate of its own",
     OPTION_DOUBLE, offsetof(struct args, learning_rate), .min = 1e-12, .max = 1e6},
    {"optimiser", 0, "NAME",
     "gradient-descent, momentum, adam, ...: see 'chainrule list optimisers'; without it the "
     "network file's, or gradient-descent",
     OPTION_STRING, offsetof(struct args, optimiser)},
    {"test", 0, "SHARE", "share of the rows to hold out and measure", OPTION_DOUBLE,
     offsetof(struct args, test), .min = 0, .max = 0.9},
    {"task", 0, "TASK", "what the target is; without it a guess, which is printed", OPTION_CHOICE,
     offsetof(struct args, task), .choices = tasks},
    {"precision", 0, "TYPE",
     "of the factors of matrix products in training; without it the network file's, or float32",
     OPTION_CHOICE, offsetof(struct args, precision), .choices = precisions},
    {"quiet", 'q', NULL, "print nothing but errors", OPTION_FLAG, offsetof(struct args, quiet)},
    {0},
};

static const char details[] =
    "Reads a table of numbers, sets some rows aside, standardises the columns, and trains a "
    "network on mini-batches to predict one column from all others. Text in "
    "that column, or few different whole numbers, are classes.\n"
    "The model file holds the network and everything that 'chainrule predict' needs. The same "
    "seed gives the same file, on any number of threads. Ctrl-C ends training after the current "
    "step and keeps the model.";

struct session {
    const struct args *args;
    const cr_fit_report *report;
    int terminal, header_done, line_open;
    double start, shown; /* seconds */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 12345 as 12,345. */
static const char *grouped(size_t n, char *buf, size_t size)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", n);
    size_t at = 0;
    for (int i = 0; i < len && at + 2 < size; i++) {
        buf[at++] = digits[i];
        if ((len - i) % 3 == 1 && i + 1 < len)
            buf[at++] = ',';
    }
    buf[at] = '\0';
    return buf;
}

static void print_header(const struct session *s)
{
    const cr_fit_report *r = s->report;
    char a[32], b[32];
    printf("%s: %s rows, %zu column%s besides '%s'", s->args->data,
           grouped(r->rows + r->held_out, a, sizeof a), r->inputs, r->inputs == 1 ? "" : "s",
           s->args->target);
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
    printf("%s parameters; training on %s rows", grouped(r->parameters, a, sizeof a),
           grouped(r->rows, b, sizeof b));
    if (s->args->test > 0)
        printf(", %s held out", r->held_out ? grouped(r->held_out, a, sizeof a) : "none");
    printf("\n");
    fflush(stdout);
}

static void print_duration(char *buf, size_t size, double seconds)
{
    if (seconds < 100)
        snprintf(buf, size, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        snprintf(buf, size, "%.0f min", seconds / 60);
    else
        snprintf(buf, size, "%.1f h", seconds / 3600);
}

static void print_line(struct session *s, const cr_progress *p)
{
    const cr_metrics *m = p->held_out.rows ? &p->held_out : &p->train;
    const double seconds = now() - s->start;
    const double all = (double)p->epochs * (double)s->report->rows;
    char left[32], rate[32], metric[48];
    print_duration(left, sizeof left, seconds * (all / (double)p->rows - 1));
    grouped((size_t)(seconds > 0 ? (double)p->rows / seconds : 0), rate, sizeof rate);
    if (s->report->task == CR_CLASSIFICATION)
        snprintf(metric, sizeof metric, "%saccuracy %.1f %%", p->held_out.rows ? "held-out " : "",
                 100 * m->accuracy);
    else
        snprintf(metric, sizeof metric, "%srmse %.4g", p->held_out.rows ? "held-out " : "",
                 m->rmse);
    char line[240];
    snprintf(line, sizeof line, "epoch %zu/%zu  loss %.4g  %s  %s rows/s  %s left", p->epoch,
             p->epochs, p->train.loss, metric, rate, left);
    /* a line that wraps could not be written over */
    if (s->terminal)
        fprintf(stderr, "\r%.*s\033[K", cli_columns(stderr) - 1, line);
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    s->line_open = s->terminal;
}

static int progress(void *ctx, const cr_progress *p)
{
    struct session *s = ctx;
    if (!s->args->quiet && !s->header_done) {
        print_header(s);
        s->header_done = 1;
    }
    const size_t every = (p->epochs + PLAIN_LINES - 1) / PLAIN_LINES;
    const int last = p->epoch_done && p->epoch == p->epochs;
    if (s->args->quiet) {
        /* nothing to show */
    } else if (s->terminal) {
        const double t = now();
        if (t - s->shown > 0.1 || last) {
            s->shown = t;
            print_line(s, p);
        }
    } else if (p->epoch_done && (p->epoch % every == 0 || last)) {
        print_line(s, p);
    }
    return cli_interrupted();
}

static void print_metrics(const char *what, const cr_metrics *m, cr_task task)
{
    char rows[32];
    grouped(m->rows, rows, sizeof rows);
    if (task == CR_CLASSIFICATION)
        printf("accuracy %.2f %% on %s %s rows\n", 100 * m->accuracy, rows, what);
    else if (isnan(m->r2))
        printf("rmse %.6g on %s %s rows\n", m->rmse, rows, what);
    else
        printf("rmse %.6g, R\u00b2 %.4f on %s %s rows\n", m->rmse, m->r2, rows, what);
}

static void print_summary(const struct args *args, const cr_fit_report *r)
{
    char steps[32];
    const int plain = strcmp(r->optimiser, "gradient-descent") == 0;
    printf("%s after %zu epoch%s: %s steps of %zu rows, learning rate %g, seed %llu%s%s%s\n",
           r->result.stopped ? "stopped" : "done", r->result.epochs,
           r->result.epochs == 1 ? "" : "s", grouped(r->result.steps, steps, sizeof steps),
           r->batch, r->learning_rate, (unsigned long long)r->seed, plain ? "" : ", ",
           plain ? "" : r->optimiser, r->precision == CR_PRECISION_BF16 ? ", bf16" : "");
    print_metrics("training", &r->result.train, r->task);
    if (r->result.held_out.rows)
        print_metrics("held-out", &r->result.held_out, r->task);
    printf("wrote %s; to use it: chainrule predict %s %s\n", args->output, args->output,
           strcmp(args->data, "-") ? args->data : "DATA");
}

static int fit(const struct args *args, const cr_table *table, const char *net, size_t net_size)
{
    cr_fit_report report;
    struct session s = {
        .args = args, .report = &report, .terminal = cli_is_terminal(stderr), .start = now()};
    const cr_fit_options o = {.task = args->task < 0    ? CR_TASK_GUESS
                                      : args->task == 0 ? CR_CLASSIFICATION
                                                        : CR_REGRESSION,
                              .network = net,
                              .network_size = net_size,
                              .network_name = args->net,
                              .has_seed = args->seed != UINT64_MAX,
                              .optimiser = args->optimiser,
                              .held_out = args->test,
                              .train = {.epochs = args->epochs,
                                        .batch = args->batch,
                                        .seed = args->seed,
                                        .learning_rate = args->learning_rate,
                                        .threads = args->threads,
                                        .precision = (cr_precision)(args->precision + 1),
                                        .progress = progress,
                                        .ctx = &s}};
    cr_model *model;
    cr_error err = {0};
    cli_catch_interrupt();
    cr_status status = cr_model_fit(table, &o, &model, &report, &err);
    if (s.line_open)
        fputc('\n', stderr);
    if (status != CR_OK)
        return cli_fail(&err);
    status = cr_model_save(model, args->output, &err);
    cr_model_free(model);
    if (status != CR_OK)
        return cli_fail(&err);
    if (!args->quiet)
        print_summary(args, &report);
    return report.result.stopped ? CLI_INTERRUPTED : CLI_DONE;
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

static int run(const void *p)
{
    const struct args *args = p;
    const cr_table_options wanted = {.label = args->target};
    char *net = NULL;
    size_t net_size = 0;
    cr_table *table;
    cr_error err = {0};
    if (!args->target)
        return cli_usage_error(&cli_train, "--target COLUMN is needed: which column to predict");
    if (check_output(args->output) != CLI_DONE)
        return CLI_FAILED;
    if (args->net && cli_read(args->net, MAX_NETWORK, &net, &net_size) != 0)
        return CLI_FAILED;
    int code =
        cr_table_read(args->data, &wanted, &table, &err) == CR_OK ? CLI_DONE : cli_fail(&err);
    if (code == CLI_DONE) {
        code = fit(args, table, net, net_size);
        cr_table_free(table);
    }
    free(net);
    return code;
}

const struct command cli_train = {
    "train",         "train a network on a table of data",
    details,         positionals,
    options,         &defaults,
    sizeof defaults, run,
};
