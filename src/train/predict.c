/* Predicting a CSV file row by row, in constant memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "data/rows.h"
#include "formats/model_file.h"
#include "net/net.h"
#include "train/metrics.h"

enum { BATCH = 256 };

struct predictor {
    const cr_model *model;
    const char *path;
    FILE *out;
    struct row_reader *rows;
    cr_plan *plan;
    void *work;
    size_t work_size, inputs, outputs, classes;
    double *raw, *probability;
    float *in, *result;  /* [BATCH] rows */
    long *label_class;   /* [BATCH] -1: none of the model's; -2: no label */
    double *label_value; /* [BATCH] NaN: no number */
    size_t n;            /* rows in the batch */
    struct text text;
    struct tally tally;
};

static void release(struct predictor *p)
{
    cr_rows_close(p->rows);
    cr_plan_free(p->plan);
    cr_work_free(p->work);
    free(p->raw);
    free(p->probability);
    cr_aligned_free(p->in);
    cr_aligned_free(p->result);
    free(p->label_class);
    free(p->label_value);
    cr_text_free(&p->text);
}

static cr_status set_up(struct predictor *p, cr_error *err)
{
    const cr_model *m = p->model;
    p->inputs = cr_net_inputs(m->net);
    p->outputs = cr_net_outputs(m->net);
    p->classes = cr_model_n_classes(m);
    cr_status status = cr_plan_create(m->net, CR_FOR_PREDICTING, BATCH, &p->plan, err);
    if (status == CR_OK)
        status = cr_plan_freeze(p->plan, err);
    if (status != CR_OK)
        return status;
    p->work_size = cr_plan_work_size(p->plan);
    p->work = cr_work_alloc(p->work_size);
    p->raw = calloc(p->inputs, sizeof *p->raw);
    p->probability = calloc(p->classes + 1, sizeof *p->probability);
    p->in = cr_aligned_alloc(p->inputs, BATCH * sizeof(float));
    p->result = cr_aligned_alloc(p->outputs, BATCH * sizeof(float));
    p->label_class = calloc(BATCH, sizeof *p->label_class);
    p->label_value = calloc(BATCH, sizeof *p->label_value);
    if (!p->work || !p->raw || !p->probability || !p->in || !p->result || !p->label_class ||
        !p->label_value)
        return cr_fail_memory(err);
    p->tally.task = m->prepare.task;
    p->tally.unit = 1;
    return CR_OK;
}

static cr_status open_rows(struct predictor *p, cr_error *err)
{
    const struct prepare *prepare = &p->model->prepare;
    const cr_table_options options = {.label = prepare->target,
                                      .label_optional = 1,
                                      .columns = prepare->input,
                                      .n_columns = prepare->n_inputs};
    struct csv *csv;
    cr_status status = cr_csv_open(p->path, &csv, err);
    if (status == CR_OK)
        status = cr_rows_open(csv, &options, &p->rows, err);
    if (status == CR_OK)
        p->rows->any_label = 1;
    return status;
}

/* A class's name as a CSV field. Text that a spreadsheet takes for a formula gets an
 * apostrophe; a number stays a number. */
static void put_class(struct predictor *p, const char *prefix, const char *name, const char *suffix)
{
    struct text *t = &p->text;
    int formula = !*prefix && !p->model->prepare.classes.value && strchr("=+-@", name[0]);
    int quote = strpbrk(name, ",;\"\t") || name[0] == ' ' || name[strlen(name) - 1] == ' ';
    if (quote)
        cr_text_addc(t, '"');
    cr_text_add(t, prefix);
    if (formula)
        cr_text_addc(t, '\'');
    for (const char *s = name; *s; s++) {
        if (*s == '"')
            cr_text_addc(t, '"');
        cr_text_addc(t, *s);
    }
    cr_text_add(t, suffix);
    if (quote)
        cr_text_addc(t, '"');
}

static void put_header(struct predictor *p)
{
    cr_text_add(&p->text, "prediction");
    for (size_t i = 0; i < p->classes; i++) {
        cr_text_addc(&p->text, ',');
        put_class(p, "p(", cr_model_class(p->model, i), ")");
    }
    cr_text_addc(&p->text, '\n');
}

static void put_row(struct predictor *p, const float *outputs)
{
    char buf[32];
    struct text *t = &p->text;
    if (p->classes == 0) {
        cr_text_add(t, cr_shortest_f64(cr_model_number(p->model, outputs), buf));
    } else {
        size_t class = cr_model_decide(p->model, outputs, p->probability);
        put_class(p, "", cr_model_class(p->model, class), "");
        for (size_t i = 0; i < p->classes; i++) {
            cr_text_addc(t, ',');
            cr_text_add(t, cr_shortest_f32((float)p->probability[i], buf));
        }
    }
    cr_text_addc(t, '\n');
}

static void score(struct predictor *p, size_t i, const float *outputs)
{
    struct tally *t = &p->tally;
    if (t->task == CR_REGRESSION) {
        double answer = cr_model_number(p->model, outputs), error = answer - p->label_value[i];
        if (isnan(p->label_value[i]))
            return;
        t->rows++;
        t->numbers++;
        t->squares += error * error;
        double before = p->label_value[i] - t->mean;
        t->mean += before / (double)t->numbers;
        t->spread += before * (p->label_value[i] - t->mean);
    } else if (p->label_class[i] != -2) {
        t->rows++;
        t->right += (long)cr_model_decide(p->model, outputs, NULL) == p->label_class[i];
    }
}

static cr_status flush(struct predictor *p, cr_error *err)
{
    cr_status status = cr_predict(p->plan, p->in, p->result, p->n, p->work, p->work_size, err);
    if (status != CR_OK)
        return status;
    for (size_t i = 0; i < p->n; i++) {
        put_row(p, p->result + i * p->outputs);
        score(p, i, p->result + i * p->outputs);
    }
    if (p->text.failed)
        return cr_fail_memory(err);
    if (p->text.len > 0 && fwrite(p->text.s, 1, p->text.len, p->out) != p->text.len)
        return cr_fail(err, CR_ERR_IO, "the predictions cannot be written");
    cr_text_clear(&p->text);
    p->n = 0;
    return CR_OK;
}

static void keep_label(struct predictor *p, const char *label, size_t n)
{
    double v;
    p->label_value[p->n] = n && cr_parse_f64(label, n, &v) ? v : NAN;
    p->label_class[p->n] = -2;
    if (n > 0 && p->classes > 0)
        p->label_class[p->n] = cr_class_find(&p->model->prepare.classes, label, n);
}

static cr_status add_row(struct predictor *p, int *more, cr_error *err)
{
    const char *label;
    size_t n;
    cr_status status = cr_rows_next(p->rows, p->raw, &label, &n, more, err);
    if (status != CR_OK || !*more)
        return status;
    size_t bad = cr_prepare_inputs(&p->model->prepare, p->raw, p->in + p->n * p->inputs);
    if (bad < p->inputs) {
        const struct csv *csv = p->rows->csv;
        cr_csv_fail(csv, p->rows->field[bad], err, CR_ERR_VALUE,
                    "the number in column '%s' is too large for the model",
                    p->model->prepare.input[bad]);
        return CR_ERR_VALUE;
    }
    keep_label(p, label, n);
    p->n++;
    return CR_OK;
}

static cr_status run(struct predictor *p, size_t *rows, cr_error *err)
{
    int more = 1;
    put_header(p);
    while (more) {
        cr_status status = add_row(p, &more, err);
        if (status == CR_OK && (p->n == BATCH || !more)) {
            *rows += p->n;
            status = flush(p, err);
        }
        if (status != CR_OK)
            return status;
    }
    return CR_OK;
}

cr_status cr_model_predict(const cr_model *model, const char *path, FILE *out, cr_score *score_out,
                           cr_error *err)
{
    struct predictor p = {.model = model, .path = path, .out = out};
    size_t rows = 0;
    cr_status status = set_up(&p, err);
    if (status == CR_OK)
        status = open_rows(&p, err);
    if (status == CR_OK)
        status = run(&p, &rows, err);
    if (status == CR_OK && score_out) {
        cr_metrics m = cr_tally_metrics(&p.tally);
        *score_out = (cr_score){.rows = rows,
                                .scored = m.rows,
                                .accuracy = NAN,
                                .rmse = NAN,
                                .r2 = NAN,
                                .ignored = p.rows->ignored};
        if (m.rows > 0) {
            score_out->accuracy = m.accuracy;
            score_out->rmse = m.rmse;
            score_out->r2 = m.r2;
        }
    }
    release(&p);
    return status;
}
