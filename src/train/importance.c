#include "chainrule/importance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "formats/model_file.h"
#include "net/net.h"
#include "train/answer.h"
#include "train/gather.h"

enum { MOST_ROWS = 2000, FEWEST_ROWS = 200, REPEATS = 5 };

/* Multiplications that may take a while, about 10 seconds on one core. */
#define MOST_WORK 2e11

struct kept {
    cr_importance pub;
    struct arena arena;
    cr_importance_item *item;
};

struct work {
    const cr_model *model;
    struct answerer answerer;
    cr_answers answers;
    float *in, *shuffled, *out; /* [rows][inputs] twice, [rows][outputs] */
    double *said;               /* [rows][classes], or [rows] */
    size_t *order;              /* [rows] */
    double *worse;              /* [repeats] */
};

void cr_importance_free(cr_importance *importance)
{
    struct kept *k = (struct kept *)importance;
    if (!k)
        return;
    cr_arena_free(&k->arena);
    free(k);
}

static size_t choose_rows(const cr_model *m, const cr_importance_options *o, size_t repeats,
                          size_t n)
{
    const double each =
        (double)cr_net_n_params(m->net) * (double)repeats * (double)m->prepare.n_columns;
    size_t most = o->most_rows ? o->most_rows : MOST_ROWS;
    if (!o->most_rows && each * (double)most > MOST_WORK)
        most = MOST_WORK / each > FEWEST_ROWS ? (size_t)(MOST_WORK / each) : FEWEST_ROWS;
    return n < most ? n : most;
}

/* An even selection of what was gathered, in the arena. */
static cr_status set_up(struct work *w, struct arena *a, const struct measured *m, size_t rows,
                        size_t repeats, cr_error *err)
{
    const struct prepare *p = &w->model->prepare;
    const size_t inputs = p->n_inputs, each = p->task == CR_CLASSIFICATION ? p->classes.n : 1;
    uint32_t *class_of = m->class_of ? arena_new(a, uint32_t, rows) : NULL;
    double *target = m->target ? arena_new(a, double, rows) : NULL;
    double *weight = m->weight ? arena_new(a, double, rows) : NULL;
    size_t n_in, n_out, n_said;
    if (!cr_mul_size(rows, inputs, &n_in) || !cr_mul_size(rows, w->answerer.outputs, &n_out) ||
        !cr_mul_size(rows, each, &n_said))
        return cr_fail_memory(err);
    w->in = arena_new(a, float, n_in);
    w->shuffled = arena_new(a, float, n_in);
    w->out = arena_new(a, float, n_out);
    w->said = arena_new(a, double, n_said);
    w->order = arena_new(a, size_t, rows);
    w->worse = arena_new(a, double, repeats);
    if (!w->in || !w->shuffled || !w->out || !w->said || !w->order || !w->worse ||
        (m->class_of && !class_of) || (m->target && !target) || (m->weight && !weight))
        return cr_fail_memory(err);
    for (size_t i = 0; i < rows; i++) {
        const size_t row = (size_t)((double)i * (double)m->rows / (double)rows);
        memcpy(w->in + i * inputs, m->in + row * inputs, inputs * sizeof *w->in);
        if (class_of)
            class_of[i] = m->class_of[row];
        if (target)
            target[i] = m->target[row];
        if (weight)
            weight[i] = m->weight[row];
    }
    memcpy(w->shuffled, w->in, n_in * sizeof *w->in);
    w->answers = (cr_answers){.task = p->task,
                              .rows = rows,
                              .weight = weight,
                              .classes = p->classes.n,
                              .class_of = class_of,
                              .score = w->said,
                              .target = target,
                              .answer = w->said};
    return CR_OK;
}

/* The metric for the rows as they are now. */
static cr_status measure(struct work *w, const cr_metric *metric, double *value, cr_error *err)
{
    static const cr_intervals none = {.none = 1};
    const size_t outputs = w->answerer.outputs, n = w->answers.classes;
    cr_metric_value v;
    cr_answer_rows(&w->answerer, w->shuffled, w->answers.rows, w->out);
    for (size_t i = 0; i < w->answers.rows; i++) {
        if (w->answers.task == CR_CLASSIFICATION)
            cr_model_decide(w->model, w->out + i * outputs, w->said + i * n);
        else
            w->said[i] = cr_model_number(w->model, w->out + i * outputs);
    }
    const cr_status status = cr_metric_values(&w->answers, metric, 1, &none, &v, err);
    if (status == CR_OK)
        *value = v.value;
    return status;
}

/* The inputs of a column, in another order of the rows; the order of the rows themselves: back again. */
static void shuffle(struct work *w, const struct prepare_column *c, const size_t *order)
{
    const size_t inputs = w->answerer.inputs;
    for (size_t i = 0; i < w->answers.rows; i++)
        memcpy(w->shuffled + i * inputs + c->first,
               w->in + (order ? order[i] : i) * inputs + c->first, c->n * sizeof *w->in);
}

static cr_status measure_column(struct work *w, struct kept *k, size_t column, uint64_t seed,
                                cr_error *err)
{
    const struct prepare_column *c = &w->model->prepare.column[column];
    const size_t repeats = k->pub.repeats;
    const double sign = cr_metric_at(k->pub.metric.index)->higher ? -1 : 1;
    double mean = 0, squares = 0;
    for (size_t r = 0; r < repeats; r++) {
        const struct random_key key = {seed, RANDOM_PERMUTE, (uint32_t)(column * repeats + r)};
        cr_random_permutation(key, w->order, w->answers.rows);
        shuffle(w, c, w->order);
        const cr_status status = measure(w, &k->pub.metric, &w->worse[r], err);
        if (status != CR_OK)
            return status;
        w->worse[r] = sign * (w->worse[r] - k->pub.value);
        mean += w->worse[r] / (double)repeats;
    }
    for (size_t r = 0; r < repeats; r++)
        squares += (w->worse[r] - mean) * (w->worse[r] - mean);
    shuffle(w, c, NULL);
    k->item[column].column = cr_arena_strdup(&k->arena, c->name);
    k->item[column].mean = mean;
    k->item[column].sd = repeats > 1 ? sqrt(squares / (double)(repeats - 1)) : NAN;
    return k->item[column].column ? CR_OK : cr_fail_memory(err);
}

static int falling(const void *a, const void *b)
{
    const cr_importance_item *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean > y->mean ? -1 : 1;
    return strcmp(x->column, y->column); /* names are unique */
}

static cr_status measure_all(struct work *w, struct kept *k, uint64_t seed, cr_error *err)
{
    const size_t n = w->model->prepare.n_columns;
    k->item = arena_new(&k->arena, cr_importance_item, n);
    if (!k->item)
        return cr_fail_memory(err);
    cr_status status = measure(w, &k->pub.metric, &k->pub.value, err);
    for (size_t c = 0; status == CR_OK && c < n; c++)
        status = measure_column(w, k, c, seed, err);
    if (status != CR_OK)
        return status;
    qsort(k->item, n, sizeof *k->item, falling);
    k->pub.columns = n;
    k->pub.item = k->item;
    return CR_OK;
}

cr_status cr_model_importance(const cr_model *model, const cr_table *table,
                              const cr_importance_options *options, cr_importance **out,
                              cr_error *err)
{
    static const cr_importance_options defaults;
    const cr_importance_options *o = options ? options : &defaults;
    struct arena arena = {0};
    struct gathered g = {0};
    struct work w = {.model = model};
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return cr_fail_memory(err);
    k->pub.repeats = o->repeats ? o->repeats : REPEATS;
    cr_status status = cr_metric_find(model->prepare.task == CR_REGRESSION ? "rmse" : "accuracy",
                                      &k->pub.metric, err);
    if (status == CR_OK)
        status = cr_gather(model, table, o->rows, o->n_rows, o->threads, &g, err);
    if (status == CR_OK)
        status = cr_answerer_start(&w.answerer, model, o->threads, err);
    if (status == CR_OK) {
        k->pub.rows = choose_rows(model, o, k->pub.repeats, g.m.rows);
        status = set_up(&w, &arena, &g.m, k->pub.rows, k->pub.repeats, err);
        if (status == CR_OK)
            status = measure_all(&w, k, o->seed, err);
        cr_answerer_free(&w.answerer);
    }
    cr_gather_free(&g);
    cr_arena_free(&arena);
    if (status != CR_OK) {
        cr_importance_free(&k->pub);
        return status;
    }
    *out = &k->pub;
    return CR_OK;
}
