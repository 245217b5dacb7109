/* Answers of a model, and everything that is measured of them. */
#include "chainrule/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "formats/model_file.h"
#include "train/answer.h"
#include "train/gather.h"

struct kept {
    cr_evaluation e;
    struct arena arena;
};

void cr_evaluation_free(cr_evaluation *e)
{
    struct kept *k = (struct kept *)e;
    if (!k)
        return;
    cr_arena_free(&k->arena);
    free(k);
}

const cr_metric_value *cr_evaluation_metric(const cr_evaluation *e, const char *name)
{
    for (size_t i = 0; i < e->n_metrics; i++)
        if (!strcmp(cr_metric_at(e->metric[i].metric.index)->name, name))
            return &e->metric[i];
    return NULL;
}

/* Names, what is right, and the weights: copies. */
static cr_status keep_rows(struct kept *k, const struct prepare *p, const struct measured *m,
                           cr_error *err)
{
    cr_answers *a = &k->e.answers;
    struct arena *arena = &k->arena;
    *a = (cr_answers){.task = p->task, .rows = m->rows, .classes = p->classes.n};
    k->e.target = cr_arena_strdup(arena, p->target);
    if (!k->e.target)
        return cr_fail_memory(err);
    if (m->weight && !(a->weight = cr_arena_copy(arena, m->weight, m->rows, sizeof *m->weight)))
        return cr_fail_memory(err);
    if (p->task == CR_REGRESSION) {
        a->target = cr_arena_copy(arena, m->target, m->rows, sizeof *m->target);
        return a->target ? CR_OK : cr_fail_memory(err);
    }
    const char **names = arena_new(arena, const char *, a->classes);
    a->class_of = cr_arena_copy(arena, m->class_of, m->rows, sizeof *m->class_of);
    if (!names || !a->class_of)
        return cr_fail_memory(err);
    for (size_t i = 0; i < a->classes; i++)
        if (!(names[i] = cr_arena_strdup(arena, p->classes.name[i])))
            return cr_fail_memory(err);
    a->class_names = names;
    return CR_OK;
}

static cr_status keep_answers(struct kept *k, const cr_model *model, const float *in, int threads,
                              cr_error *err)
{
    cr_answers *a = &k->e.answers;
    struct answerer answerer;
    const int classes = a->task == CR_CLASSIFICATION;
    size_t numbers, n = classes ? a->classes : 1;
    double *keep = cr_mul_size(a->rows, n, &numbers) ? arena_new(&k->arena, double, numbers) : NULL;
    if (!keep)
        return cr_fail_memory(err);
    const cr_status status = cr_answerer_start(&answerer, model, threads, err);
    if (status != CR_OK)
        return status;
    float *out = cr_mul_size(a->rows, answerer.outputs, &numbers)
                     ? cr_aligned_alloc(numbers, sizeof *out)
                     : NULL;
    if (out) {
        cr_answer_rows(&answerer, in, a->rows, out);
        for (size_t i = 0; i < a->rows; i++) {
            if (classes)
                cr_model_decide(model, out + i * answerer.outputs, keep + i * n);
            else
                keep[i] = cr_model_number(model, out + i * answerer.outputs);
        }
    }
    cr_aligned_free(out);
    cr_answerer_free(&answerer);
    if (classes)
        a->score = keep;
    else
        a->answer = keep;
    return out ? CR_OK : cr_fail_memory(err);
}

static cr_status measure(struct kept *k, const cr_evaluate_options *o, cr_error *err)
{
    cr_evaluation *e = &k->e;
    size_t n = 0;
    for (size_t i = 0; cr_metric_at(i); i++)
        n += cr_metric_at(i)->task == e->answers.task;
    if (o->metrics)
        n = o->n_metrics;
    cr_metric *metric = arena_new(&k->arena, cr_metric, n);
    cr_metric_value *value = arena_new(&k->arena, cr_metric_value, n);
    if (!metric || !value)
        return cr_fail_memory(err);
    size_t some = 0;
    for (size_t i = 0; !o->metrics && cr_metric_at(i); i++)
        if (cr_metric_at(i)->task == e->answers.task)
            metric[some++] = (cr_metric){i, cr_metric_at(i)->value};
    if (o->metrics)
        memcpy(metric, o->metrics, n * sizeof *metric);
    e->n_metrics = n;
    e->metric = value;
    return cr_metric_values(&e->answers, metric, n, &o->intervals, value, err);
}

static cr_status measure_classes(struct kept *k, cr_error *err)
{
    cr_evaluation *e = &k->e;
    const size_t n = e->answers.classes;
    size_t cells;
    double *matrix = cr_mul_size(n, n, &cells) ? arena_new(&k->arena, double, cells) : NULL;
    cr_calibration_bin *bins = arena_new(&k->arena, cr_calibration_bin, CR_CALIBRATION_BINS);
    if (!matrix || !bins)
        return cr_fail_memory(err);
    cr_status status = cr_confusion(&e->answers, matrix, err);
    if (status != CR_OK)
        return status;
    e->confusion = matrix;
    status = cr_calibration(&e->answers, bins, NULL);
    if (status == CR_ERR_MEMORY)
        return cr_fail_memory(err);
    e->calibration = status == CR_OK ? bins : NULL;
    return CR_OK;
}

static cr_status make(const cr_model *model, const struct measured *rows,
                      const cr_evaluate_options *o, cr_evaluation **out, cr_error *err)
{
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return cr_fail_memory(err);
    k->e.rows = rows->rows;
    cr_status status = keep_rows(k, &model->prepare, rows, err);
    if (status == CR_OK)
        status = keep_answers(k, model, rows->in, o->threads, err);
    if (status == CR_OK)
        status = measure(k, o, err);
    if (status == CR_OK && k->e.answers.task == CR_CLASSIFICATION)
        status = measure_classes(k, err);
    if (status != CR_OK) {
        cr_evaluation_free(&k->e);
        return status;
    }
    *out = &k->e;
    return CR_OK;
}

cr_status cr_model_evaluate(const cr_model *model, const cr_table *table,
                            const cr_evaluate_options *options, cr_evaluation **out, cr_error *err)
{
    static const cr_evaluate_options defaults;
    const cr_evaluate_options *o = options ? options : &defaults;
    struct gathered g = {0};
    cr_evaluation *e = NULL;
    cr_status status = cr_gather(model, table, o->rows, o->n_rows, o->threads, &g, err);
    if (status != CR_OK)
        return status;
    status = make(model, &g.m, o, &e, err);
    if (status == CR_OK) {
        char buf[64];
        e->rows = o->rows ? o->n_rows : cr_table_rows(table);
        e->without = g.without;
        e->unknown = g.unknown;
        if (g.unknown)
            snprintf(e->unknown_name, sizeof e->unknown_name, "%.60s",
                     cr_table_label(table, g.first_unknown, buf));
        *out = e;
    }
    cr_gather_free(&g);
    return status;
}
