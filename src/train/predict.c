/* Predicting the rows of a file block by block: a team answers the batches of a block, and what
 * they wrote goes out in their order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/team.h"
#include "base/text.h"
#include "data/read.h"
#include "data/reader.h"
#include "formats/model_file.h"
#include "net/net.h"
#include "train/metrics.h"
#include "train/write_answers.h"

enum { BATCH = 512, BATCHES = 64, UNKNOWN = -2 };

/* Rows [first, first + n) of the table. */
struct batch {
    size_t first, n;
    float *result; /* [BATCH][outputs] */
    struct text text;
    size_t at, line;    /* of its first row in the block's text, where columns are kept */
    size_t done, input; /* rows prepared; the input that was too large for a float */
    cr_status status;
};

/* What a member of the team needs. */
struct member {
    void *work;
    float *in; /* [BATCH][inputs] */
    double *probability;
    struct csv csv;
};

struct predictor {
    const cr_model *model;
    const char *path;
    const cr_predict_options *options;
    FILE *out;
    struct answers answers;
    struct reader *reader;      /* NULL for arrays */
    struct cr_table *table;     /* the block's rows, or all */
    const struct column *label; /* of the table, or NULL */
    long *class_of; /* [n_class_of] the classes of the label's texts; UNKNOWN: not looked up */
    size_t n_class_of;
    struct prepare_table bound;
    struct csv rows; /* the block's text, where columns are kept */
    struct team *team;
    cr_plan *plan;
    size_t work_size, inputs, outputs;
    struct member *member;
    size_t n_members;
    struct batch batch[BATCHES];
    size_t n_batches, ignored;
    struct tally tally;
};

static void release(struct predictor *p)
{
    for (size_t i = 0; p->member && i < p->n_members; i++) {
        cr_work_free(p->member[i].work);
        cr_aligned_free(p->member[i].in);
        free(p->member[i].probability);
        cr_csv_free(&p->member[i].csv);
    }
    for (size_t i = 0; i < BATCHES; i++) {
        cr_aligned_free(p->batch[i].result);
        cr_text_free(&p->batch[i].text);
    }
    free(p->member);
    free(p->class_of);
    cr_csv_free(&p->rows);
    cr_reader_close(p->reader);
    cr_table_free(p->table);
    cr_plan_free(p->plan);
    cr_team_destroy(p->team);
}

static cr_status make_members(struct predictor *p, cr_error *err)
{
    p->n_members = (size_t)cr_team_size(p->team);
    p->member = calloc(p->n_members, sizeof *p->member);
    if (!p->member)
        return cr_fail_memory(err);
    for (size_t i = 0; i < p->n_members; i++) {
        struct member *m = &p->member[i];
        m->work = cr_work_alloc(p->work_size);
        m->in = cr_aligned_alloc(p->inputs, BATCH * sizeof(float));
        m->probability = calloc(cr_model_n_classes(p->model) + 1, sizeof *m->probability);
        if (!m->work || !m->in || !m->probability)
            return cr_fail_memory(err);
    }
    for (size_t i = 0; i < BATCHES; i++)
        if (!(p->batch[i].result = cr_aligned_alloc(p->outputs, BATCH * sizeof(float))))
            return cr_fail_memory(err);
    return CR_OK;
}

static cr_status set_up(struct predictor *p, cr_error *err)
{
    const cr_model *m = p->model;
    p->inputs = cr_net_inputs(m->net);
    p->outputs = cr_net_outputs(m->net);
    p->tally.task = m->prepare.task;
    p->tally.unit = 1;
    cr_status status = cr_plan_create(m->net, CR_FOR_PREDICTING, BATCH, &p->plan, err);
    if (status == CR_OK)
        status = cr_plan_freeze(p->plan, err);
    if (status == CR_OK)
        status = cr_team_create(p->options->threads, &p->team, err);
    if (status != CR_OK)
        return status;
    p->work_size = cr_plan_work_size(p->plan);
    return make_members(p, err);
}

/* The rows of CSV are streamed, and kept where they are asked for. */
static cr_status open_csv(struct predictor *p, struct input *in, const cr_table_options *options,
                          cr_error *err)
{
    const cr_status status = cr_reader_open(in, options, &p->reader, err);
    if (status != CR_OK)
        return status;
    struct plan *plan = cr_reader_plan(p->reader);
    for (size_t i = 0; i < plan->n; i++)
        if (plan->want[i].role ==
            CR_ROLE_LABEL) { /* it serves to score only: nothing in it is an error */
            plan->want[i].store = p->tally.task == CR_REGRESSION ? STORE_NUMBERS : STORE_TEXTS;
            plan->want[i].any = 1;
        }
    p->ignored = plan->ignored;
    if (p->options->keep) {
        p->answers.kept = plan->name;
        p->answers.n_kept = plan->width;
    }
    return cr_reader_table(p->reader, NULL, &p->table, err);
}

static cr_status open_rows(struct predictor *p, cr_error *err)
{
    cr_table_options options = cr_model_table_options(p->model);
    struct input *in;
    int arrays = 0;
    options.threads = p->options->threads;
    cr_status status = cr_input_open(p->path, 0, &in, err);
    if (status != CR_OK)
        return status;
    status = cr_input_is_arrays(in, &arrays, err);
    if (status != CR_OK || (arrays && p->options->keep)) {
        cr_input_close(in);
        return status != CR_OK
                   ? status
                   : cr_fail(err, CR_ERR_ARGUMENT, "only the columns of a CSV file can be kept");
    }
    if (arrays)
        return cr_input_table(in, p->path, &options, &p->table, err);
    options.label_type = CR_COLUMN_AUTO;
    return open_csv(p, in, &options, err);
}

/* A label's number; NaN where it is none. */
static double label_number(const struct predictor *p, size_t row)
{
    char buf[40];
    double v;
    if (p->label->value)
        return p->label->value[row];
    const char *text = cr_table_label(p->table, row, buf);
    return text && cr_parse_f64(text, strlen(text), &v) ? v : (double)NAN;
}

/* A label's class, or -1. The texts are few, so each is looked up once. */
static long label_class(const struct predictor *p, size_t row, const char *text)
{
    long once = UNKNOWN, *class = p->label->code ? &p->class_of[p->label->code[row]] : &once;
    if (*class == UNKNOWN)
        *class = cr_class_find(&p->model->prepare.classes, text, strlen(text));
    return *class;
}

static void score(struct predictor *p, size_t row, const float *outputs)
{
    char buf[40];
    struct tally *t = &p->tally;
    if (!p->label)
        return;
    if (t->task == CR_CLASSIFICATION) {
        const char *text = cr_table_label(p->table, row, buf);
        if (!text)
            return;
        t->rows++;
        t->weight++;
        t->right += (long)cr_model_decide(p->model, outputs, NULL) == label_class(p, row, text);
        return;
    }
    const double value = label_number(p, row);
    if (isfinite(value)) {
        const double error = cr_model_number(p->model, outputs) - value;
        const double before = value - t->mean;
        t->rows++;
        t->weight++;
        t->squares += error * error;
        t->mean += before / t->weight;
        t->spread += before * (value - t->mean);
    }
}

/* Room for the classes of all texts that the label has so far. */
static cr_status bind_label(struct predictor *p, cr_error *err)
{
    p->label = cr_table_role(p->table, CR_ROLE_LABEL);
    const size_t n = p->label && p->label->code ? p->label->levels.n : 0;
    if (n <= p->n_class_of)
        return CR_OK;
    long *class_of = realloc(p->class_of, n * sizeof *class_of);
    if (!class_of)
        return cr_fail_memory(err);
    p->class_of = class_of;
    while (p->n_class_of < n)
        p->class_of[p->n_class_of++] = UNKNOWN;
    return CR_OK;
}

/* Point to the cell of a row of the block. */
static cr_status fail_at(const struct predictor *p, size_t row, size_t input, cr_error *err)
{
    const struct prepare *prepare = &p->model->prepare;
    const char *name = prepare->column[prepare->input[input].column].name;
    if (!p->reader)
        return cr_fail(err, CR_ERR_VALUE,
                       "row %zu: the number in column '%s' is too large for the model", row + 1,
                       name);
    const struct plan *plan = cr_reader_plan(p->reader);
    struct csv csv = cr_reader_rows(p->reader);
    cr_status status = CR_OK;
    size_t i = 0;
    while (i < plan->n && strcmp(plan->want[i].name, name) != 0)
        i++;
    for (size_t at = 0; at <= row; at++)
        if (cr_csv_next(&csv, &status, err) != CSV_ROW)
            break;
    if (i < plan->n && status == CR_OK)
        status = cr_csv_fail(&csv, plan->want[i].field, err, CR_ERR_VALUE,
                             "the number in column '%s' is too large for the model", name);
    cr_csv_free(&csv);
    return status;
}

static void answer_batch(void *ctx, size_t item, int number)
{
    struct predictor *p = ctx;
    struct batch *b = &p->batch[item];
    struct member *m = &p->member[number];
    struct csv *csv = &m->csv;
    b->done = cr_prepare_rows(&p->bound, NULL, NULL, b->first, b->n, m->in, &b->input);
    if (b->done < b->n)
        return;
    b->status = cr_predict(p->plan, m->in, b->result, b->n, m->work, p->work_size, NULL);
    csv->name = p->rows.name;
    csv->text = p->rows.text;
    csv->size = p->rows.size;
    csv->last = 1;
    csv->delimiter = p->rows.delimiter;
    csv->next = b->at;
    csv->next_line = b->line;
    for (size_t i = 0; b->status == CR_OK && i < b->n; i++) {
        if (p->answers.n_kept && cr_csv_next(csv, &b->status, NULL) != CSV_ROW)
            return;
        cr_answers_row(&p->answers, b->result + i * p->outputs, m->probability, csv, &b->text);
    }
}

/* Where columns are kept: go to the row behind the batch. */
static cr_status skip_rows(struct predictor *p, struct batch *b, cr_error *err)
{
    cr_status status = CR_OK;
    b->at = p->rows.next;
    b->line = p->rows.next_line;
    for (size_t i = 0; p->answers.n_kept && i < b->n; i++)
        if (cr_csv_next(&p->rows, &status, err) != CSV_ROW)
            return status;
    return CR_OK;
}

static cr_status write_text(struct predictor *p, struct text *text, cr_error *err)
{
    if (text->failed)
        return cr_fail_memory(err);
    if (text->len > 0 && fwrite(text->s, 1, text->len, p->out) != text->len)
        return cr_fail(err, CR_ERR_IO, "the predictions cannot be written");
    cr_text_clear(text);
    return CR_OK;
}

/* Answer up to BATCHES batches of rows from `first` on. */
static cr_status answer_rows(struct predictor *p, size_t first, size_t n, cr_error *err)
{
    const size_t batches = (n + BATCH - 1) / BATCH;
    cr_status status = CR_OK;
    for (size_t i = 0; status == CR_OK && i < batches; i++) {
        struct batch *b = &p->batch[i];
        b->first = first + i * BATCH;
        b->n = n - i * BATCH < BATCH ? n - i * BATCH : BATCH;
        b->status = CR_OK;
        status = skip_rows(p, b, err);
    }
    if (status != CR_OK)
        return status;
    cr_team_run(p->team, batches, answer_batch, p);
    for (size_t i = 0; i < batches; i++) {
        struct batch *b = &p->batch[i];
        if (b->done < b->n)
            return fail_at(p, b->first + b->done, b->input, err);
        if (b->status != CR_OK)
            return cr_fail(err, b->status, "%s", cr_status_text(b->status));
        for (size_t row = 0; row < b->n; row++)
            score(p, b->first + row, b->result + row * p->outputs);
        status = write_text(p, &b->text, err);
        if (status != CR_OK)
            return status;
    }
    return CR_OK;
}

static cr_status answer_block(struct predictor *p, cr_error *err)
{
    const size_t rows = p->table->rows, most = (size_t)BATCH * BATCHES;
    if (p->answers.n_kept) {
        struct csv csv = cr_reader_rows(p->reader);
        csv.field = p->rows.field;
        csv.field_cap = p->rows.field_cap;
        csv.plain = p->rows.plain;
        csv.plain_cap = p->rows.plain_cap;
        p->rows = csv;
    }
    cr_status status = bind_label(p, err);
    if (status == CR_OK)
        status = cr_prepare_bind(&p->model->prepare, p->table, &p->bound, err);
    for (size_t at = 0; status == CR_OK && at < rows; at += most)
        status = answer_rows(p, at, rows - at < most ? rows - at : most, err);
    cr_prepare_unbind(&p->bound);
    return status;
}

/* Forget the block's rows, and texts too once there are many of them. */
static void clear(struct predictor *p)
{
    struct cr_table *t = p->table;
    t->rows = 0;
    for (size_t i = 0; i < t->cols; i++)
        if (t->column[i].levels.n > TABLE_LABELS) {
            cr_levels_free(&t->column[i].levels);
            if (t->column[i].role == CR_ROLE_LABEL)
                p->n_class_of = 0;
        }
}

static cr_status answer_all(struct predictor *p, size_t *rows, cr_error *err)
{
    *rows = p->reader ? 0 : p->table->rows;
    if (!p->reader)
        return answer_block(p, err);
    for (int more = 1; more;) {
        clear(p);
        cr_status status = cr_reader_next(p->reader, p->table, 0, &more, err);
        if (status == CR_OK && more)
            status = answer_block(p, err);
        if (status != CR_OK)
            return status;
        *rows += p->table->rows;
    }
    return CR_OK;
}

/* An array's shape is known at its end. */
static cr_status write_head(struct predictor *p, size_t rows, cr_error *err)
{
    struct text head = {0};
    cr_answers_head(&p->answers, rows, &head);
    const cr_status status = write_text(p, &head, err);
    cr_text_free(&head);
    return status;
}

static cr_status run(struct predictor *p, size_t *rows, cr_error *err)
{
    const int array = p->answers.format == CR_PREDICT_NPY;
    const long start = array ? ftell(p->out) : 0;
    if (start < 0) {
        cr_fail(err, CR_ERR_IO, "an array needs a file, in which its size is set at the end");
        cr_hint(err, "name one; standard output does if it is a file");
        return CR_ERR_IO;
    }
    cr_status status = write_head(p, 0, err);
    if (status == CR_OK)
        status = answer_all(p, rows, err);
    if (status != CR_OK || !array)
        return status;
    if (fseek(p->out, start, SEEK_SET) != 0)
        return cr_fail(err, CR_ERR_IO, "the predictions cannot be written");
    status = write_head(p, *rows, err);
    if (status == CR_OK && fseek(p->out, 0, SEEK_END) != 0)
        return cr_fail(err, CR_ERR_IO, "the predictions cannot be written");
    return status;
}

cr_status cr_model_predict(const cr_model *model, const char *path,
                           const cr_predict_options *options, FILE *out, cr_score *score_out,
                           cr_error *err)
{
    static const cr_predict_options defaults;
    struct predictor p = {
        .model = model, .path = path, .options = options ? options : &defaults, .out = out};
    size_t rows = 0;
    p.answers.model = model;
    p.answers.format = p.options->format;
    cr_status status = CR_OK;
    if (p.options->keep && p.answers.format == CR_PREDICT_NPY)
        status = cr_fail(err, CR_ERR_ARGUMENT, "an array of answers cannot keep columns");
    if (status == CR_OK)
        status = set_up(&p, err);
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
                                .ignored = p.ignored};
        if (m.rows > 0) {
            score_out->accuracy = m.accuracy;
            score_out->rmse = m.rmse;
            score_out->r2 = m.r2;
        }
    }
    release(&p);
    return status;
}
