/* What the model file says in JSON: the preparation of columns, the training record. */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/rows.h"
#include "formats/model_file.h"
#include "net/tables.h"

static const char *const code_names[] = {
    [CODE_NUMBER] = "number",
    [CODE_LOG_NUMBER] = "log-number",
    [CODE_ONE_HOT] = "one-hot",
    [CODE_ONE_COLUMN] = "one-column",
};

static json_t *columns_json(const struct prepare *p)
{
    json_t *columns = json_array();
    for (size_t i = 0; i < p->n_inputs; i++)
        json_array_append_new(columns,
                              json_pack("{s:s, s:s, s:f, s:f}", "name", p->input[i], "step",
                                        "standardise", "mean", p->mean[i], "sd", p->sd[i]));
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
    json_t *root = json_pack("{s:o, s:o}", "columns", columns_json(p), "target", target_json(p));
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

static cr_status read_columns(const json_t *columns, const char *file, struct prepare *p,
                              cr_error *err)
{
    if (!json_is_array(columns) || json_array_size(columns) == 0)
        return cr_model_fail(file, err, "the model's data: there are no columns");
    p->n_inputs = json_array_size(columns);
    p->input = arena_new(&p->arena, const char *, p->n_inputs);
    p->mean = arena_new(&p->arena, double, p->n_inputs);
    p->sd = arena_new(&p->arena, double, p->n_inputs);
    if (!p->input || !p->mean || !p->sd)
        return cr_fail_memory(err);
    for (size_t i = 0; i < p->n_inputs; i++) {
        const json_t *j = json_array_get(columns, i);
        const char *step = json_string_value(json_object_get(j, "step"));
        cr_status status = read_name(json_object_get(j, "name"), "a column's name", file, &p->arena,
                                     &p->input[i], err);
        if (status != CR_OK)
            return status;
        if (!step || strcmp(step, "standardise") != 0)
            return cr_model_fail(file, err, "the model's data: column '%s' has an unknown step",
                                 p->input[i]);
        if (!read_number(json_object_get(j, "mean"), &p->mean[i]) ||
            !read_number(json_object_get(j, "sd"), &p->sd[i]) || p->sd[i] < 0)
            return cr_model_fail(file, err,
                                 "the model's data: mean and sd of column '%s' are no numbers",
                                 p->input[i]);
    }
    return CR_OK;
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
    cr_status status = read_columns(json_object_get(root, "columns"), file, &p, err);
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
    json_t *j = json_pack(
        "{s:I, s:I, s:I, s:f, s:s, s:s, s:s, s:b, s:o, s:o}", "epochs",
        (json_int_t)r->result.epochs, "steps", (json_int_t)r->result.steps, "batch",
        (json_int_t)r->batch, "learning_rate", r->learning_rate, "optimiser", r->optimiser,
        "precision", cr_precision_name(r->precision), "seed", seed, "stopped", r->result.stopped,
        "train", metrics_json(&r->result.train), "held_out", metrics_json(&r->result.held_out));
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(j);
    return text;
}
