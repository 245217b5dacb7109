/* Which network for which columns, and what its outputs mean. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/network_file.h"
#include "train/fit.h"

#define MAX_MEMORY ((size_t)1 << 30)

/* Label smoothing of the default network (Szegedy et al. 2016, section 7): with it, and with
 * Glorot's smaller first weights, the handwritten digits gain one per cent on held-out rows. */
#define SMOOTHING 0.1

cr_status cr_fit_fail(const struct fit *f, cr_error *err, cr_status code, const char *fmt, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const struct source src = {.name = f->table->source};
    return cr_fail_at(err, code, &src, (struct place){0}, "%s", message);
}

static size_t find_column(const cr_table *t, const char *name)
{
    size_t i = 0;
    while (i < t->cols && strcmp(t->name[i], name) != 0)
        i++;
    return i;
}

/* Inputs without names of their own are called x1, x2, ... */
static int names_are_default(const struct spec *s)
{
    char name[32];
    for (size_t i = 0; i < s->n_inputs; i++) {
        snprintf(name, sizeof name, "x%zu", i + 1);
        if (strcmp(s->input_names[i], name) != 0)
            return 0;
    }
    return 1;
}

static cr_status match_inputs(struct fit *f, cr_error *err)
{
    const cr_table *t = f->table;
    const struct spec *s = f->spec;
    size_t found = 0, missing = 0;
    f->n_columns = s ? s->n_inputs : t->cols;
    f->columns = arena_new(&f->arena, size_t, f->n_columns);
    if (!f->columns)
        return cr_fail_memory(err);
    for (size_t i = 0; s && i < s->n_inputs; i++) {
        f->columns[i] = find_column(t, s->input_names[i]);
        if (f->columns[i] < t->cols)
            found++;
        else
            missing = i;
    }
    if (s && found == s->n_inputs)
        return CR_OK;
    if (s && (found > 0 || !names_are_default(s))) {
        const char *near = cr_suggest(s->input_names[missing], t->name, t->cols);
        cr_fail_at(err, CR_ERR_UNKNOWN, &s->source, s->inputs_at,
                   "the network has an input '%s', but '%s' has no such column",
                   s->input_names[missing], t->source);
        if (near)
            cr_hint(err, "did you mean '%s'?", near);
        return CR_ERR_UNKNOWN;
    }
    if (s && s->n_inputs != t->cols)
        return cr_fail_at(err, CR_ERR_SHAPE, &s->source, s->inputs_at,
                          "the network has %zu inputs, but '%s' has %zu columns besides '%s'",
                          s->n_inputs, t->source, t->cols, t->label_name);
    for (size_t i = 0; i < f->n_columns; i++)
        f->columns[i] = i;
    return CR_OK;
}

static int is_identity(const struct activation *a)
{
    return a->row >= 0 && a->row == cr_activation_find("identity", NULL);
}

/* A loss on logits after an identity layer is the same as its partner on probabilities
 * after the link's activation, which the engine fuses again; then outputs are answers. */
static cr_status link_outputs(struct spec *s, cr_error *err)
{
    const struct loss_row *loss = cr_loss_row(s->loss.row);
    struct spec_layer *last = &s->layer[s->n_layers - 1];
    if (!loss->link || !is_identity(&last->act))
        return CR_OK;
    for (int i = 0; cr_loss_row(i); i++) {
        const struct loss_row *partner = cr_loss_row(i);
        if (partner->fused_row && !strcmp(partner->fused_row, loss->name) &&
            !strcmp(partner->fused_with, loss->link)) {
            s->loss.row = i;
            return cr_activation_set(&s->arena, &last->act, loss->link, NULL, 0, &s->source,
                                     last->act_at, err);
        }
    }
    return CR_OK;
}

static enum loss_target target_kind(const struct spec *s)
{
    return s ? cr_loss_row(s->loss.row)->target : TARGET_NUMBER;
}

static cr_task choose_task(struct fit *f)
{
    const char *loss = f->spec ? cr_loss_row(f->spec->loss.row)->name : "";
    enum loss_target kind = target_kind(f->spec);
    if (f->options->task != CR_TASK_GUESS)
        return f->options->task;
    if (kind == TARGET_PROBABILITY || kind == TARGET_SIGN || kind == TARGET_COUNT) {
        snprintf(f->report.why, sizeof f->report.why, "the network's loss is %s", loss);
        f->report.certain = 1;
        return kind == TARGET_COUNT ? CR_REGRESSION : CR_CLASSIFICATION;
    }
    if (f->spec && f->spec->n_outputs > 1) {
        snprintf(f->report.why, sizeof f->report.why, "the network has %zu outputs",
                 f->spec->n_outputs);
        f->report.certain = 1;
        return CR_CLASSIFICATION;
    }
    f->report.certain = f->table->has_text;
    return cr_table_guess(f->table, f->report.why, sizeof f->report.why);
}

static cr_status choose_classes(struct fit *f, cr_error *err)
{
    const cr_table *t = f->table;
    struct prepare *p = &f->prepare;
    const size_t outputs = f->spec ? f->spec->n_outputs : 0;
    cr_status status = cr_table_classes(t, &p->arena, FIT_MAX_CLASSES, &p->classes, err);
    if (status != CR_OK)
        return status;
    if (p->classes.n < 2)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "column '%s' holds one class only, '%s'",
                           t->label_name, p->classes.name[0]);
    p->code = outputs == 1 ? CODE_ONE_COLUMN : CODE_ONE_HOT;
    p->off = target_kind(f->spec) == TARGET_SIGN ? -1 : 0;
    p->n_outputs = outputs == 1 ? 1 : p->classes.n;
    if (f->spec && (outputs == 1 ? p->classes.n != 2 : outputs != p->classes.n))
        return cr_fail_at(err, CR_ERR_SHAPE, &f->spec->source,
                          f->spec->layer[f->spec->n_layers - 1].at,
                          "the network has %zu output%s, but column '%s' has %zu classes", outputs,
                          outputs == 1 ? "" : "s", t->label_name, p->classes.n);
    f->class_of = cr_table_class_ids(t, &p->classes, &f->arena);
    return f->class_of ? CR_OK : cr_fail_memory(err);
}

static cr_status choose_number(struct fit *f, cr_error *err)
{
    const cr_table *t = f->table;
    const enum loss_target kind = target_kind(f->spec);
    if (t->has_text)
        return cr_fit_fail(f, err, CR_ERR_VALUE,
                           "column '%s' holds text: a regression needs "
                           "numbers",
                           t->label_name);
    if (f->spec && f->spec->n_outputs != 1)
        return cr_fail_at(
            err, CR_ERR_SHAPE, &f->spec->source, f->spec->layer[f->spec->n_layers - 1].at,
            "a regression has one output, but the network has %zu", f->spec->n_outputs);
    if (kind == TARGET_SIGN)
        return cr_fit_fail(f, err, CR_ERR_ARGUMENT, "the network's loss is for classes only");
    for (size_t i = 0; i < t->rows; i++) {
        double v = t->label_value[i];
        if ((kind == TARGET_PROBABILITY && !(v >= 0 && v <= 1)) || (kind == TARGET_COUNT && v < 0))
            return cr_fit_fail(f, err, CR_ERR_VALUE,
                               "column '%s' holds %g, which the network's "
                               "loss does not allow",
                               t->label_name, v);
    }
    f->prepare.code = kind == TARGET_COUNT ? CODE_LOG_NUMBER : CODE_NUMBER;
    f->prepare.n_outputs = 1;
    return CR_OK;
}

/* One hidden layer, and outputs that fit the task. */
static cr_status default_network(const struct fit *f, int named, struct spec **out, cr_error *err)
{
    struct spec *s = cr_spec_new();
    if (!s)
        return cr_fail_memory(err);
    const int classes = f->prepare.task == CR_CLASSIFICATION;
    s->n_inputs = f->n_columns;
    s->n_layers = 2;
    s->layer = arena_new(&s->arena, struct spec_layer, 2);
    const char **names = arena_new(&s->arena, const char *, f->n_columns);
    cr_status status = s->layer && names ? CR_OK : cr_fail_memory(err);
    for (size_t i = 0; status == CR_OK && i < f->n_columns; i++)
        if (!(names[i] = cr_arena_strdup(&s->arena, f->table->name[f->columns[i]])))
            status = cr_fail_memory(err);
    if (status == CR_OK) {
        s->input_names = named ? names : NULL;
        cr_spec_layer_init(&s->arena, &s->layer[0]);
        cr_spec_layer_init(&s->arena, &s->layer[1]);
        s->layer[0].units = FIT_HIDDEN;
        s->layer[1].units = f->prepare.n_outputs;
        s->loss.row = cr_loss_find(classes ? "cross-entropy" : "mean-squared", NULL);
        s->loss.smoothing = classes ? SMOOTHING : 0;
        status = cr_activation_set(&s->arena, &s->layer[0].act, "relu", NULL, 0, NULL,
                                   (struct place){0}, err);
    }
    if (status == CR_OK)
        status = cr_activation_set(&s->arena, &s->layer[1].act, classes ? "softmax" : "identity",
                                   NULL, 0, NULL, (struct place){0}, err);
    size_t limit = f->options->max_memory ? f->options->max_memory : MAX_MEMORY;
    if (status == CR_OK)
        status = cr_spec_finish(s, limit, err);
    if (status != CR_OK) {
        cr_spec_free(s);
        return status;
    }
    *out = s;
    return CR_OK;
}

/* Whether the network can go into a model file as it is: a column may have a name that a
 * network file does not allow. */
static int can_be_written(const struct spec *s)
{
    struct text text = {0};
    struct spec *back = NULL;
    cr_network_file_write(s, 0, &text);
    int ok = !text.failed &&
             cr_network_file_read(cr_text_str(&text), text.len, NULL, 0, &back, NULL) == CR_OK;
    for (size_t i = 0; ok && i < s->n_inputs; i++)
        ok = !strcmp(s->input_names[i], back->input_names[i]);
    cr_spec_free(back);
    cr_text_free(&text);
    return ok;
}

static cr_status make_default(struct fit *f, cr_error *err)
{
    struct spec *named = NULL;
    cr_status status = default_network(f, 1, &named, NULL);
    if (status == CR_ERR_MEMORY)
        return cr_fail_memory(err);
    if (status == CR_OK && named) {
        if (can_be_written(named)) {
            f->spec = named;
            return CR_OK;
        }
        cr_spec_free(named);
    }
    return default_network(f, 0, &f->spec, err);
}

cr_status cr_fit_choose(struct fit *f, cr_error *err)
{
    const cr_fit_options *o = f->options;
    cr_status status = CR_OK;
    if (o->network)
        status = cr_network_file_read(o->network, o->network_size, o->network_name,
                                      o->max_memory ? o->max_memory : MAX_MEMORY, &f->spec, err);
    if (status == CR_OK && f->spec)
        status = link_outputs(f->spec, err);
    if (status == CR_OK)
        status = match_inputs(f, err);
    if (status != CR_OK)
        return status;
    struct prepare *p = &f->prepare;
    p->task = choose_task(f);
    p->target_sd = 1;
    if (!(p->target = cr_arena_strdup(&p->arena, f->table->label_name)))
        return cr_fail_memory(err);
    status = p->task == CR_CLASSIFICATION ? choose_classes(f, err) : choose_number(f, err);
    if (status == CR_OK && !f->spec)
        status = make_default(f, err);
    return status;
}
