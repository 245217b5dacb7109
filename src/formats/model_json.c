/* What the model file says in JSON: the preparation of columns, the training record. */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/plan.h"
#include "formats/model_file.h"
#include "net/tables.h"

static const char *const code_names[] = {
    [CODE_NUMBER] = "number",
    [CODE_LOG_NUMBER] = "log-number",
    [CODE_ONE_HOT] = "one-hot",
    [CODE_ONE_COLUMN] = "one-column",
};

static json_t *texts_json(const char *const *text, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(text[i]));
    return list;
}

static json_t *column_json(const struct prepare *p, const struct prepare_column *c)
{
    json_t *inputs = json_array();
    json_t *j = json_pack("{s:s, s:s}", "name", c->name, "type", cr_column_type_name(c->type));
    if (c->type == CR_COLUMN_CATEGORY)
        json_object_set_new(j, "levels", texts_json(c->level, c->n_own));
    else
        json_object_set_new(j, "fill", json_real(c->fill));
    if (c->n_levels > c->n_own)
        json_object_set_new(j, "pooled", texts_json(c->level + c->n_own, c->n_levels - c->n_own));
    if (c->missing)
        json_object_set_new(j, "missing", json_true());
    if (c->clock)
        json_object_set_new(j, "clock", json_true());
    for (size_t k = 0; k < c->n; k++) {
        const struct prepare_input *in = &p->input[c->first + k];
        json_array_append_new(inputs, json_pack("{s:s, s:f, s:f}", "name", in->name, "center",
                                                in->center, "scale", in->scale));
    }
    json_object_set_new(j, "inputs", inputs);
    return j;
}

static json_t *columns_json(const struct prepare *p)
{
    json_t *columns = json_array();
    for (size_t i = 0; i < p->n_columns; i++)
        json_array_append_new(columns, column_json(p, &p->column[i]));
    return columns;
}

static json_t *target_json(const struct prepare *p)
{
    if (p->task == CR_REGRESSION)
        return json_pack("{s:s, s:s, s:s, s:f, s:f}", "name", p->target, "task", "regression",
                         "code", code_names[p->code], "mean", p->target_mean, "sd", p->target_sd);
    json_t *classes = json_array();
    for (size_t i = 0; i < p->classes.n; i++)
        json_array_append_new(classes, json_string(p->classes.name[i]));
    return json_pack("{s:s, s:s, s:s, s:f, s:b, s:o}", "name", p->target, "task", "classification",
                     "code", code_names[p->code], "off", p->off, "numbers",
                     p->classes.value != NULL, "classes", classes);
}

void cr_prepare_write(const struct prepare *p, struct text *out)
{
    json_t *root = json_pack("{s:s, s:o, s:o}", "scaling", cr_scaling_name(p->scaling), "columns",
                             columns_json(p), "target", target_json(p));
    char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(root);
    if (text)
        cr_text_add(out, text);
    else
        out->failed = 1;
    free(text);
}

cr_status cr_model_fail(const char *file, cr_error *err, const char *fmt, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const struct source src = {.name = file};
    return cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "%s", message);
}

static cr_status read_name(const json_t *j, const char *what, const char *file, struct arena *a,
                           const char **out, cr_error *err)
{
    const char *s = json_string_value(j);
    if (!s)
        return cr_model_fail(file, err, "the model's data: %s is no text", what);
    const char *problem = *s ? cr_name_problem(s, strlen(s)) : "is empty";
    if (problem)
        return cr_model_fail(file, err, "the model's data: %s %s", what, problem);
    *out = cr_arena_strdup(a, s);
    return *out ? CR_OK : cr_fail_memory(err);
}

static int read_number(const json_t *j, double *out)
{
    if (!json_is_number(j))
        return 0;
    *out = json_number_value(j);
    return isfinite(*out) != 0;
}

/* Texts of a list behind those that the column has; sorted, for they are looked up. */
static cr_status read_levels(const json_t *list, const char *file, struct prepare *p,
                             struct prepare_column *c, size_t from, cr_error *err)
{
    for (size_t i = from; i < c->n_levels; i++) {
        const cr_status status = read_name(json_array_get(list, i - from), "a level", file,
                                           &p->arena, &c->level[i], err);
        if (status != CR_OK)
            return status;
        if (i > from && strcmp(c->level[i - 1], c->level[i]) >= 0)
            return cr_model_fail(file, err, "the model's data: level '%s' of '%s' is out of order",
                                 c->level[i], c->name);
    }
    return CR_OK;
}

static cr_status read_category(const json_t *j, const char *file, struct prepare *p,
                               struct prepare_column *c, cr_error *err)
{
    const json_t *levels = json_object_get(j, "levels"), *pooled = json_object_get(j, "pooled");
    const size_t all = json_array_size(levels) + json_array_size(pooled);
    if (!json_is_array(levels) || json_array_size(levels) > PREPARE_LEVELS ||
        (json_array_size(pooled) > 0 && json_array_size(levels) < PREPARE_LEVELS))
        return cr_model_fail(file, err, "the model's data: column '%s' has no list of levels",
                             c->name);
    c->level = arena_new(&p->arena, const char *, all);
    if (!c->level)
        return cr_fail_memory(err);
    c->n_own = c->n_levels = json_array_size(levels);
    cr_status status = read_levels(levels, file, p, c, 0, err);
    if (status != CR_OK)
        return status;
    c->n_levels = all;
    return read_levels(pooled, file, p, c, c->n_own, err);
}

static cr_status read_column(const json_t *j, const char *file, struct prepare *p,
                             struct prepare_column *c, cr_error *err)
{
    cr_status status =
        read_name(json_object_get(j, "name"), "a column's name", file, &p->arena, &c->name, err);
    if (status != CR_OK)
        return status;
    const char *type = json_string_value(json_object_get(j, "type"));
    const int found = type ? cr_column_type_find(type) : -1;
    if (found < 0 || found == CR_COLUMN_TEXT || found == CR_COLUMN_IDENTIFIER)
        return cr_model_fail(file, err, "the model's data: column '%s' has an unknown type",
                             c->name);
    c->type = (cr_column_type)found;
    c->missing = json_is_true(json_object_get(j, "missing"));
    c->clock = json_is_true(json_object_get(j, "clock"));
    if (c->type == CR_COLUMN_CATEGORY)
        return read_category(j, file, p, c, err);
    if (!read_number(json_object_get(j, "fill"), &c->fill) ||
        (c->type == CR_COLUMN_TIME && !(c->fill > -1e12 && c->fill < 1e12)))
        return cr_model_fail(file, err, "the model's data: 'fill' of column '%s' is no number",
                             c->name);
    return CR_OK;
}

static cr_status read_inputs(const json_t *columns, const char *file, struct prepare *p,
                             cr_error *err)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct prepare_column *c = &p->column[i];
        const json_t *inputs = json_object_get(json_array_get(columns, i), "inputs");
        if (json_array_size(inputs) != c->n)
            return cr_model_fail(file, err, "the model's data: column '%s' must have %zu input%s",
                                 c->name, c->n, c->n == 1 ? "" : "s");
        for (size_t k = 0; k < c->n; k++) {
            struct prepare_input *in = &p->input[c->first + k];
            const json_t *j = json_array_get(inputs, k);
            if (!read_number(json_object_get(j, "center"), &in->center) ||
                !read_number(json_object_get(j, "scale"), &in->scale) || in->scale < 0)
                return cr_model_fail(file, err,
                                     "the model's data: center and scale of input '%s' are no "
                                     "numbers",
                                     in->name);
        }
    }
    return CR_OK;
}

static cr_status read_columns(const json_t *root, const char *file, struct prepare *p,
                              cr_error *err)
{
    const json_t *columns = json_object_get(root, "columns");
    const char *scaling = json_string_value(json_object_get(root, "scaling"));
    int found = 0;
    while (scaling && found < N_SCALINGS &&
           strcmp(scaling, cr_scaling_name((cr_scaling)found)) != 0)
        found++;
    if (!scaling || found == N_SCALINGS)
        return cr_model_fail(file, err, "the model's data: the scaling is unknown");
    p->scaling = (cr_scaling)found;
    if (!json_is_array(columns) || json_array_size(columns) == 0)
        return cr_model_fail(file, err, "the model's data: there are no columns");
    p->n_columns = json_array_size(columns);
    p->column = arena_new(&p->arena, struct prepare_column, p->n_columns);
    cr_status status = p->column ? CR_OK : cr_fail_memory(err);
    for (size_t i = 0; status == CR_OK && i < p->n_columns; i++)
        status = read_column(json_array_get(columns, i), file, p, &p->column[i], err);
    if (status == CR_OK)
        status = cr_prepare_layout(p, err);
    if (status == CR_OK)
        status = read_inputs(columns, file, p, err);
    return status;
}

static cr_status read_classes(const json_t *target, const char *file, struct prepare *p,
                              cr_error *err)
{
    const json_t *names = json_object_get(target, "classes");
    struct classes *c = &p->classes;
    if (!json_is_array(names) || json_array_size(names) < 2)
        return cr_model_fail(file, err, "the model's data: there must be at least 2 classes");
    c->n = json_array_size(names);
    c->name = arena_new(&p->arena, const char *, c->n);
    if (json_is_true(json_object_get(target, "numbers")))
        c->value = arena_new(&p->arena, double, c->n);
    if (!c->name || (json_is_true(json_object_get(target, "numbers")) && !c->value))
        return cr_fail_memory(err);
    for (size_t i = 0; i < c->n; i++) {
        cr_status status =
            read_name(json_array_get(names, i), "a class", file, &p->arena, &c->name[i], err);
        if (status != CR_OK)
            return status;
        if (c->value &&
            (!cr_parse_f64(c->name[i], strlen(c->name[i]), &c->value[i]) || !isfinite(c->value[i])))
            return cr_model_fail(file, err, "the model's data: class '%s' is no number",
                                 c->name[i]);
        if (i > 0 &&
            !(c->value ? c->value[i - 1] < c->value[i] : strcmp(c->name[i - 1], c->name[i]) < 0))
            return cr_model_fail(file, err, "the model's data: class '%s' is out of order",
                                 c->name[i]);
    }
    return CR_OK;
}

static cr_status read_target(const json_t *target, const char *file, struct prepare *p,
                             cr_error *err)
{
    const char *task = json_string_value(json_object_get(target, "task"));
    const char *code = json_string_value(json_object_get(target, "code"));
    cr_status status = read_name(json_object_get(target, "name"), "the target's name", file,
                                 &p->arena, &p->target, err);
    if (status != CR_OK)
        return status;
    int found = -1;
    for (int i = 0; code && i < CODE_COUNT; i++)
        if (!strcmp(code, code_names[i]))
            found = i;
    if (found < 0)
        return cr_model_fail(file, err, "the model's data: the target's code is unknown");
    p->code = (enum target_code)found;
    p->task = task && !strcmp(task, "regression")       ? CR_REGRESSION
              : task && !strcmp(task, "classification") ? CR_CLASSIFICATION
                                                        : CR_TASK_GUESS;
    if (p->task == CR_TASK_GUESS || (p->task == CR_REGRESSION) != (p->code <= CODE_LOG_NUMBER))
        return cr_model_fail(file, err, "the model's data: the target's task is unknown");
    p->n_outputs = 1;
    p->target_sd = 1;
    if (p->task == CR_REGRESSION) {
        if (!read_number(json_object_get(target, "mean"), &p->target_mean) ||
            !read_number(json_object_get(target, "sd"), &p->target_sd) || p->target_sd < 0)
            return cr_model_fail(file, err,
                                 "the model's data: mean and sd of the target are no numbers");
        return CR_OK;
    }
    if (!read_number(json_object_get(target, "off"), &p->off) || (p->off != 0 && p->off != -1))
        return cr_model_fail(file, err, "the model's data: 'off' is neither 0 nor -1");
    status = read_classes(target, file, p, err);
    if (status != CR_OK)
        return status;
    if (p->code == CODE_ONE_COLUMN && p->classes.n != 2)
        return cr_model_fail(
            file, err, "the model's data: one output cannot tell %zu classes apart", p->classes.n);
    if (p->code == CODE_ONE_HOT)
        p->n_outputs = p->classes.n;
    return CR_OK;
}

cr_status cr_prepare_read(const char *json, const char *file, struct prepare *out, cr_error *err)
{
    json_error_t why;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return cr_model_fail(file, err, "the model's data is not valid JSON: %s", why.text);
    struct prepare p = {0};
    cr_status status = read_columns(root, file, &p, err);
    if (status == CR_OK)
        status = read_target(json_object_get(root, "target"), file, &p, err);
    json_decref(root);
    if (status != CR_OK) {
        cr_prepare_free(&p);
        return status;
    }
    *out = p;
    return CR_OK;
}

static void put_number(json_t *object, const char *key, double v)
{
    if (isfinite(v))
        json_object_set_new(object, key, json_real(v));
}

static json_t *metrics_json(const cr_metrics *m)
{
    json_t *j = json_pack("{s:I}", "rows", (json_int_t)m->rows);
    if (!j || m->rows == 0)
        return j;
    put_number(j, "loss", m->loss);
    put_number(j, "accuracy", m->accuracy);
    put_number(j, "rmse", m->rmse);
    put_number(j, "r2", m->r2);
    return j;
}

char *cr_training_write(const cr_fit_report *r)
{
    char seed[24]; /* as text: not every reader of JSON has 64 bits */
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    json_t *j =
        json_pack("{s:I, s:I, s:I, s:I, s:f, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o}", "epochs",
                  (json_int_t)r->result.epochs, "steps", (json_int_t)r->result.steps, "best_epoch",
                  (json_int_t)r->result.best_epoch, "batch", (json_int_t)r->batch, "learning_rate",
                  r->learning_rate, "optimiser", r->optimiser, "precision",
                  cr_precision_name(r->precision), "seed", seed, "stopped", r->result.stopped,
                  "early", r->result.early, "train", metrics_json(&r->result.train), "validation",
                  metrics_json(&r->result.validation), "test", metrics_json(&r->result_test));
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(j);
    return text;
}
