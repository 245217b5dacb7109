/* chainrule check: does backpropagation agree with central differences? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/check.h"
#include "chainrule/data.h"
#include "chainrule/file.h"
#include "chainrule/model.h"
#include "cli.h"

struct args {
    const char *file, *data, *output;
    double tolerance;
    size_t max_memory, rows;
    int format;
};
static const struct args defaults = {.tolerance = 1e-7, .max_memory = CR_MAX_MEMORY, .rows = 8};

static const char *const formats[] = {"text", "json", NULL};
enum { JSON = 1 };

static const struct positional positionals[] = {
    {"FILE",
     "a network file, whose examples are the batch; or, with DATA, a model that "
     "'chainrule train' wrote",
     offsetof(struct args, file), .optional = 0},
    {"DATA", "a table, as CSV, NumPy or IDX, with the model's columns and its target",
     offsetof(struct args, data), .optional = 1},
    {0}};
static const struct option options[] = {
    {"tolerance", 0, "X", "the largest relative difference that counts as agreement", OPTION_DOUBLE,
     offsetof(struct args, tolerance), .min = 1e-12, .max = 1},
    {"rows", 0, "N", "how many rows of DATA are the batch, from the first", OPTION_SIZE,
     offsetof(struct args, rows), .min = 1, .max = 100000},
    {"format", 0, "FORMAT", "how to write it", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {"max-memory", 0, "BYTES", "the most memory for parameters, and for the values of one pass",
     OPTION_BYTES, offsetof(struct args, max_memory), .min = 1024, .max = 1e18},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_OUTPUT,
     offsetof(struct args, output)},
    {0},
};

static size_t elements(const cr_check_row *row)
{
    return row->rows * row->cols;
}

/* All rows together. */
struct total {
    size_t elements, wrong, kinks;
    double error;
};

static struct total add_up(const cr_check *check)
{
    struct total t = {0};
    for (size_t i = 0; i < check->n_rows; i++) {
        const cr_check_row *row = &check->row[i];
        t.elements += elements(row);
        t.wrong += row->wrong;
        t.kinks += row->kinks;
        t.error = row->error > t.error ? row->error : t.error;
    }
    return t;
}

/* Text: a table with columns as wide as their widest cell. */

enum { COLUMNS = 8, CELL = 160 };

static const char *const headings[COLUMNS] = {"layer",    "what",    "size",       "worst element",
                                              "backward", "numeric", "difference", "result"};

static const char *cell(const cr_check_row *row, int column, char *buf)
{
    switch (column) {
    case 0: return row->layer;
    case 1: return row->what;
    case 2: snprintf(buf, CELL, "%zux%zu", row->rows, row->cols); return buf;
    case 3: return row->worst_name;
    case 4: snprintf(buf, CELL, "%.9g", row->backward); return buf;
    case 5: snprintf(buf, CELL, "%.9g", row->numeric); return buf;
    case 6: snprintf(buf, CELL, "%.1e", row->error); return buf;
    }
    if (row->wrong)
        snprintf(buf, CELL, "%zu WRONG", row->wrong);
    else if (row->kinks)
        snprintf(buf, CELL, "agrees, %zu at a kink", row->kinks);
    else
        return "agrees";
    return buf;
}

/* Columns on a terminal: code points, which is near enough for names of units. */
static size_t width(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

static void pad(FILE *to, const char *s, size_t to_width, int right)
{
    const int gap = (int)(to_width - width(s));
    fprintf(to, right ? "%*s%s" : "%*.0s%s%*s", right ? gap : 0, "", s, gap, "");
}

static void print_line(FILE *to, const char *const *cells, const size_t *widths)
{
    for (int k = 0; k < COLUMNS - 1; k++) {
        pad(to, cells[k], widths[k], k >= 4);
        fputs("  ", to);
    }
    fprintf(to, "%s\n", cells[COLUMNS - 1]);
}

static void print_table(FILE *to, const cr_check *check)
{
    size_t widths[COLUMNS];
    char buf[COLUMNS][CELL];
    for (int k = 0; k < COLUMNS; k++) {
        widths[k] = width(headings[k]);
        for (size_t i = 0; i < check->n_rows; i++) {
            const size_t w = width(cell(&check->row[i], k, buf[k]));
            widths[k] = w > widths[k] ? w : widths[k];
        }
    }
    print_line(to, headings, widths);
    for (size_t i = 0; i < check->n_rows; i++) {
        const char *cells[COLUMNS];
        for (int k = 0; k < COLUMNS; k++)
            cells[k] = cell(&check->row[i], k, buf[k]);
        print_line(to, cells, widths);
    }
}

static void print_text(FILE *to, const cr_check *check)
{
    const struct total t = add_up(check);
    print_table(to, check);
    putc('\n', to);
    if (t.kinks) {
        fprintf(to,
                "%zu at a kink, where the slopes to the left and to the right differ and any "
                "value between them is right:\n",
                t.kinks);
        for (size_t i = 0; i < check->n_rows; i++) {
            const cr_check_row *row = &check->row[i];
            if (row->kinks == 1)
                fprintf(to, "  layer '%s': %s\n", row->layer, row->kink_name);
            else if (row->kinks)
                fprintf(to, "  layer '%s': %s and %zu more\n", row->layer, row->kink_name,
                        row->kinks - 1);
        }
        putc('\n', to);
    }
    if (t.wrong)
        fprintf(to,
                "%zu of %zu derivatives are WRONG: backpropagation and central differences "
                "differ by more than %g of the larger.\n",
                t.wrong, t.elements, check->tolerance);
    else
        fprintf(to, "All %zu derivatives agree to %.1e; the tolerance is %g.\n",
                t.elements - t.kinks, t.error, check->tolerance);
}

/* JSON. */

static void print_string(FILE *to, const char *s)
{
    putc('"', to);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(to, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            fprintf(to, "\\u%04x", (unsigned)*s);
        else
            putc(*s, to);
    }
    putc('"', to);
}

static void print_number(FILE *to, const char *key, double v)
{
    char s[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(s, sizeof s, "%.*g", digits, v);
        if (strtod(s, NULL) == v)
            break;
    }
    fprintf(to, ", \"%s\": %s", key, isfinite(v) ? s : "null");
}

static void print_row(FILE *to, const cr_check_row *row)
{
    fputs("    {\"layer\": ", to);
    print_string(to, row->layer);
    fprintf(to, ", \"what\": \"%s\", \"rows\": %zu, \"cols\": %zu, \"wrong\": %zu, \"kinks\": %zu",
            row->what, row->rows, row->cols, row->wrong, row->kinks);
    print_number(to, "difference", row->error);
    fputs(",\n     \"worst\": {\"name\": ", to);
    print_string(to, row->worst_name);
    fprintf(to, ", \"index\": %zu", row->worst);
    print_number(to, "backward", row->backward);
    print_number(to, "numeric", row->numeric);
    fputs("}, \"first_kink\": ", to);
    if (row->kink_name)
        print_string(to, row->kink_name);
    else
        fputs("null", to);
    putc('}', to);
}

static void print_json(FILE *to, const cr_check *check)
{
    const struct total t = add_up(check);
    fprintf(to, "{\"agrees\": %s, \"derivatives\": %zu, \"wrong\": %zu, \"kinks\": %zu",
            check->agrees ? "true" : "false", t.elements, t.wrong, t.kinks);
    print_number(to, "difference", t.error);
    print_number(to, "tolerance", check->tolerance);
    print_number(to, "loss", check->loss);
    fputs(",\n  \"groups\": [\n", to);
    for (size_t i = 0; i < check->n_rows; i++) {
        print_row(to, &check->row[i]);
        fputs(i + 1 < check->n_rows ? ",\n" : "\n", to);
    }
    fputs("  ]}\n", to);
}

static int go_on(void *ctx, size_t done, size_t all)
{
    (void)ctx, (void)done, (void)all;
    return cli_interrupted();
}

static int write_check(const struct args *args, const cr_check *check)
{
    struct cli_out out;
    if (cli_out_open(&out, args->output))
        return CLI_FAILED;
    if (args->format == JSON)
        print_json(out.file, check);
    else
        print_text(out.file, check);
    if (cli_out_close(&out))
        return CLI_FAILED;
    return check->agrees ? CLI_DONE : CLI_BAD;
}

static int check(const struct args *args, const cr_net *net, const double *in,
                 const double *targets, size_t rows)
{
    const cr_check_options how = {
        .tolerance = args->tolerance, .max_bytes = args->max_memory, .progress = go_on};
    cr_error err = {0};
    cr_check *result = NULL;
    cli_catch_interrupt();
    if (cr_check_gradients(net, in, targets, rows, &how, &result, &err))
        return cli_fail(&err);
    const int code = write_check(args, result);
    cr_check_free(result);
    return code;
}

/* The first rows of the table as the model sees them. */
static cr_status prepare(const cr_model *model, const cr_table *table, size_t rows, size_t n_in,
                         size_t n_out, double *in, double *targets, cr_error *err)
{
    float *row = calloc(n_in + n_out, sizeof *row);
    cr_status status = row ? CR_OK : CR_ERR_MEMORY;
    if (!row)
        snprintf(err->message, sizeof err->message, "%s", cr_status_text(status));
    for (size_t r = 0; !status && r < rows; r++) {
        char buf[64];
        const char *label = cr_table_label(table, r, buf);
        status = cr_model_prepare_rows(model, table, r, 1, row, err);
        if (!status && !label) {
            snprintf(err->message, sizeof err->message, "row %zu has no value in column '%s'",
                     r + 1, cr_model_target(model));
            status = err->code = CR_ERR_VALUE;
        }
        if (!status)
            status = cr_model_prepare_target(model, label, row + n_in, err);
        for (size_t i = 0; !status && i < n_in; i++)
            in[r * n_in + i] = (double)row[i];
        for (size_t i = 0; !status && i < n_out; i++)
            targets[r * n_out + i] = (double)row[n_in + i];
    }
    free(row);
    return status;
}

static int check_table(const struct args *args, cr_model *model, const cr_table *table)
{
    const cr_net *net = cr_model_net(model);
    const size_t n_in = cr_net_inputs(net), n_out = cr_net_outputs(net);
    const size_t all = cr_table_rows(table), rows = args->rows < all ? args->rows : all;
    cr_error err = {0};
    double *in = calloc(rows * n_in + 1, sizeof *in);
    double *targets = calloc(rows * n_out + 1, sizeof *targets);
    int result;
    if (!rows)
        result = cli_fail_text(NULL, "%s has no rows", args->data);
    else if (!in || !targets)
        result = cli_fail_text(NULL, "out of memory");
    else if (prepare(model, table, rows, n_in, n_out, in, targets, &err))
        result = cli_fail(&err);
    else
        result = check(args, net, in, targets, rows);
    free(in);
    free(targets);
    return result;
}

static int check_model(const struct args *args)
{
    cr_error err = {0};
    cr_model *model = NULL;
    cr_table *table = NULL;
    if (cr_model_load(args->file, &model, &err))
        return cli_fail(&err);
    cr_table_options what = cr_model_table_options(model);
    what.label_optional = 0;
    const int result = cr_table_read(args->data, &what, &table, &err)
                           ? cli_fail(&err)
                           : check_table(args, model, table);
    cr_table_free(table);
    cr_model_free(model);
    return result;
}

static int run(const void *p)
{
    const struct args *args = p;
    const cr_load_options load = {.type = CR_F64, .max_memory = args->max_memory};
    cr_error err = {0};
    cr_net *net = NULL;
    if (args->data)
        return check_model(args);
    if (cr_net_load(args->file, &load, &net, &err))
        return cli_fail(&err);
    const int result = check(args, net, NULL, NULL, 0);
    cr_net_free(net);
    return result;
}

const struct command cli_check = {
    "check",
    "compare every gradient with central differences",
    "Backpropagation's derivative of the loss by every parameter and every input, against the "
    "slope of the loss itself, in float64. One line for each group of parameters names the "
    "element that differs most. Elements at a kink, such as ReLU at 0, are counted apart. The "
    "exit status is 1 when a derivative is wrong.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
