/* What a loaded or trained model tells: accessors, and rows to inputs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/model_file.h"

cr_net *cr_model_net(cr_model *m)
{
    return m->net;
}

cr_task cr_model_task(const cr_model *m)
{
    return m->prepare.task;
}

size_t cr_model_n_columns(const cr_model *m)
{
    return m->prepare.n_columns;
}

const char *cr_model_column(const cr_model *m, size_t index)
{
    return index < m->prepare.n_columns ? m->prepare.column_name[index] : NULL;
}

const char *cr_model_input(const cr_model *m, size_t index)
{
    return index < m->prepare.n_inputs ? m->prepare.input[index].name : NULL;
}

cr_table_options cr_model_table_options(const cr_model *m)
{
    const struct prepare *p = &m->prepare;
    return (cr_table_options){.label = p->target,
                              .label_optional = 1,
                              .label_type = p->task == CR_CLASSIFICATION ? CR_COLUMN_CATEGORY
                                                                         : CR_COLUMN_NUMBER,
                              .columns = p->column_name,
                              .column_types = p->column_type,
                              .n_columns = p->n_columns};
}

const char *cr_model_target(const cr_model *m)
{
    return m->prepare.target;
}

size_t cr_model_n_classes(const cr_model *m)
{
    return m->prepare.classes.n;
}

const char *cr_model_class(const cr_model *m, size_t index)
{
    return index < m->prepare.classes.n ? m->prepare.classes.name[index] : NULL;
}

const char *cr_model_version(const cr_model *m)
{
    return m->version ? m->version : cr_version();
}

const char *cr_model_training(const cr_model *m)
{
    return m->training ? m->training : "{}";
}

cr_status cr_model_prepare_rows(const cr_model *m, const cr_table *table, size_t first, size_t n,
                                float *inputs, cr_error *err)
{
    struct prepare_table b;
    size_t bad = 0;
    if (first > cr_table_rows(table) || n > cr_table_rows(table) - first)
        return cr_fail(err, CR_ERR_ARGUMENT, "there is no row %zu: the table has %zu", first + n,
                       cr_table_rows(table));
    const cr_status status = cr_prepare_bind(&m->prepare, table, &b, err);
    if (status != CR_OK)
        return status;
    const size_t done = cr_prepare_rows(&b, NULL, NULL, first, n, inputs, &bad);
    cr_prepare_unbind(&b);
    if (done == n)
        return CR_OK;
    const struct prepare_input *in = &m->prepare.input[bad];
    cr_fail(err, CR_ERR_VALUE, "row %zu: the number in column '%s' is too large for the model",
            first + done + 1, m->prepare.column[in->column].name);
    cr_hint(err, "in training its centre was %g and its scale %g", in->center, in->scale);
    return CR_ERR_VALUE;
}

/* What a cr_preparation lies in. */
struct kept_preparation {
    cr_preparation p;
    struct arena arena;
};

void cr_preparation_free(cr_preparation *preparation)
{
    struct kept_preparation *k = (struct kept_preparation *)preparation;
    if (!k)
        return;
    cr_arena_free(&k->arena);
    free(k);
}

static const char *kept_cell(struct arena *a, const char *cell)
{
    return cell ? cr_arena_strdup(a, cell) : NULL;
}

static cr_status prepare_steps(struct kept_preparation *k, const cr_model *m,
                               const struct prepare_table *b, const cr_table *t, size_t row,
                               cr_error *err)
{
    const struct prepare *p = &m->prepare;
    char buf[40];
    cr_prepared *input = arena_new(&k->arena, cr_prepared, p->n_inputs + 1);
    const char *label = cr_table_label(t, row, buf);
    if (!input)
        return cr_fail_memory(err);
    k->p = (cr_preparation){.model = m,
                            .n = p->n_inputs,
                            .columns = p->n_columns,
                            .input = input,
                            .scaling = p->scaling,
                            .label = kept_cell(&k->arena, label),
                            .number = NAN,
                            .mean = p->target_mean,
                            .sd = p->target_sd,
                            .exponential = p->code == CODE_LOG_NUMBER,
                            .threshold = (1 + p->off) / 2};
    if (label && !k->p.label)
        return cr_fail_memory(err);
    if (label && !p->classes.n)
        (void)cr_parse_f64(label, strlen(label), &k->p.number);
    for (size_t i = 0; i < p->n_inputs; i++) {
        const cr_status status = cr_prepare_one(b, &k->arena, i, row, &input[i], err);
        if (status != CR_OK)
            return status;
        const size_t column = (size_t)(b->column[p->input[i].column] - t->column);
        const char *cell = cr_table_cell(t, row, column, buf);
        input[i].cell = kept_cell(&k->arena, cell);
        if (cell && !input[i].cell)
            return cr_fail_memory(err);
    }
    return CR_OK;
}

cr_status cr_model_prepare_steps(const cr_model *m, const cr_table *table, size_t row,
                                 cr_preparation **out, cr_error *err)
{
    struct prepare_table b;
    float *in = calloc(m->prepare.n_inputs + 1, sizeof *in);
    struct kept_preparation *k = calloc(1, sizeof *k);
    cr_status status =
        in && k ? cr_model_prepare_rows(m, table, row, 1, in, err) : cr_fail_memory(err);
    free(in);
    if (status == CR_OK)
        status = cr_prepare_bind(&m->prepare, table, &b, err);
    if (status == CR_OK) {
        status = prepare_steps(k, m, &b, table, row, err);
        cr_prepare_unbind(&b);
    }
    if (status == CR_OK)
        *out = &k->p;
    else if (k)
        cr_preparation_free(&k->p);
    return status;
}

cr_status cr_model_prepare_target(const cr_model *m, const char *label, float *targets,
                                  cr_error *err)
{
    const struct prepare *p = &m->prepare;
    double value = 0;
    long class = 0;
    if (p->task == CR_REGRESSION) {
        if (!cr_parse_f64(label, strlen(label), &value))
            return cr_fail(err, CR_ERR_VALUE, "'%s' in column '%s' is not a number", label,
                           p->target);
    } else {
        class = cr_class_find(&p->classes, label, strlen(label));
        if (class < 0)
            return cr_fail(err, CR_ERR_UNKNOWN, "the model has no class '%s'", label);
    }
    cr_prepare_target(p, value, (size_t) class, targets);
    return CR_OK;
}

double cr_model_number(const cr_model *m, const float *outputs)
{
    return cr_prepare_number(&m->prepare, outputs);
}

size_t cr_model_decide(const cr_model *m, const float *outputs, double *probability)
{
    return cr_prepare_class(&m->prepare, outputs, probability);
}
