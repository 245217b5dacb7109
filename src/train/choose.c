/* Which network for which columns, and what its outputs mean. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/network_file.h"
#include "train/fit.h"
#include "train/recipe.h"

enum { MOST_SINGLE = 20 }; /* classes of one row each */
#define MAX_MEMORY ((size_t)1 << 30)

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

static int is_input(const struct column *c)
{
    return (c->role == CR_ROLE_INPUT || c->role == CR_ROLE_ORDER) && !cr_column_is_ignored(c);
}

static cr_status fail_input(struct fit *f, const char *name, cr_error *err)
{
    const cr_table *t = f->table;
    const struct spec *s = f->spec;
    const size_t at = cr_table_find(t, name);
    if (at < t->cols && !is_input(&t->column[at]))
        return cr_fail_at(err, CR_ERR_VALUE, &s->source, s->inputs_at,
                          "the network has an input '%s', but that column of '%s' is %s", name,
                          t->source,
                          t->column[at].role == CR_ROLE_LABEL   ? "what is to be predicted"
                          : t->column[at].role == CR_ROLE_INPUT ? "ignored"
                                                                : "for groups or weights");
    const char **names = arena_new(&f->arena, const char *, t->cols);
    if (!names)
        return cr_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < t->cols; i++)
        if (is_input(&t->column[i]))
            names[n++] = t->column[i].name;
    const char *near = cr_suggest(name, names, n);
    cr_fail_at(err, CR_ERR_UNKNOWN, &s->source, s->inputs_at,
               "the network has an input '%s', but '%s' has no such column", name, t->source);
    if (near)
        cr_hint(err, "did you mean '%s'?", near);
    return CR_ERR_UNKNOWN;
}

/* The column that an input may have been made of: its name is the longest that the input's begins
 * with. Whether it was shows when the table is prepared. */
static size_t column_of_input(const cr_table *t, const char *name)
{
    size_t found = t->cols, longest = 0;
    for (size_t i = 0; i < t->cols; i++) {
        const size_t n = strlen(t->column[i].name);
        if (n >= longest && !strncmp(name, t->column[i].name, n) && is_input(&t->column[i])) {
            found = i;
            longest = n;
        }
    }
    return found;
}

/* The columns that the prepared inputs which the network file names are made of. */
static cr_status prepared_columns(struct fit *f, cr_error *err)
{
    const struct spec *s = f->spec;
    unsigned char *taken = arena_new(&f->arena, unsigned char, f->table->cols);
    if (!taken)
        return cr_fail_memory(err);
    f->n_columns = 0;
    for (size_t i = 0; i < s->n_inputs; i++) {
        const size_t at = column_of_input(f->table, s->input_names[i]);
        if (at == f->table->cols)
            return fail_input(f, s->input_names[i], err);
        if (!taken[at])
            f->columns[f->n_columns++] = at;
        taken[at] = 1;
    }
    f->prepared = 1;
    return CR_OK;
}

/* The columns that the network file's inputs name, in their order; none, where it says only how many
 * there are. */
static cr_status name_columns(struct fit *f, cr_error *err)
{
    const cr_table *t = f->table;
    const struct spec *s = f->spec;
    size_t found = 0;
    if (s->numbered)
        return CR_OK;
    for (size_t i = 0; i < s->n_inputs; i++) {
        f->columns[i] = cr_table_find(t, s->input_names[i]);
        found += f->columns[i] < t->cols && is_input(&t->column[f->columns[i]]);
    }
    f->named = found == s->n_inputs;
    f->n_columns = s->n_inputs;
    return f->named ? CR_OK : prepared_columns(f, err);
}

static cr_status find_columns(struct fit *f, cr_error *err)
{
    const cr_table *t = f->table;
    const size_t most = f->spec && f->spec->n_inputs > t->cols ? f->spec->n_inputs : t->cols;
    f->columns = arena_new(&f->arena, size_t, most);
    cr_status status = f->columns ? CR_OK : cr_fail_memory(err);
    if (status == CR_OK && f->spec)
        status = name_columns(f, err);
    if (status != CR_OK || f->named || f->prepared)
        return status;
    f->n_columns = 0;
    for (size_t i = 0; i < t->cols; i++)
        if (is_input(&t->column[i]))
            f->columns[f->n_columns++] = i;
    if (f->n_columns == 0)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "there is no column besides '%s' to learn from",
                           cr_table_label_name(t));
    return CR_OK;
}

/* The network file's inputs are not those that their columns become. */
static cr_status fail_prepared(struct fit *f, size_t input, cr_error *err)
{
    const struct spec *s = f->spec;
    const struct prepare *p = &f->prepare;
    for (size_t i = 0; input < p->n_inputs && i < p->n_inputs; i++)
        if (!strcmp(s->input_names[input], p->input[i].name))
            return cr_fail_at(err, CR_ERR_SHAPE, &s->source, s->inputs_at,
                              "input %zu of the network is '%s', but the columns give '%s' there",
                              input + 1, s->input_names[input], p->input[input].name);
    return fail_input(f, s->input_names[input], err);
}

static cr_status match_inputs(struct fit *f, cr_error *err)
{
    const struct spec *s = f->spec;
    const struct prepare *p = &f->prepare;
    for (size_t i = 0; f->prepared && i < s->n_inputs; i++)
        if (i >= p->n_inputs || strcmp(s->input_names[i], p->input[i].name) != 0)
            return fail_prepared(f, i, err);
    if (s->n_inputs == p->n_inputs)
        return CR_OK;
    cr_fail_at(err, CR_ERR_SHAPE, &s->source, s->inputs_at,
               "the network has %zu input%s, but '%s' gives %zu", s->n_inputs,
               s->n_inputs == 1 ? "" : "s", f->table->source, p->n_inputs);
    for (size_t i = 0; i < p->n_columns; i++)
        if (p->column[i].n > 1) {
            cr_hint(err, "column '%s' gives %zu; 'inputs: %zu' takes them all", p->column[i].name,
                    p->column[i].n, p->n_inputs);
            return CR_ERR_SHAPE;
        }
    return CR_ERR_SHAPE;
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
    f->report.certain = cr_table_role(f->table, CR_ROLE_LABEL)->code != NULL;
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
    if (p->classes.n == 0)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "no row has a value in column '%s'",
                           cr_table_label_name(t));
    if (p->classes.n < 2)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "column '%s' holds one class only, '%s'",
                           cr_table_label_name(t), p->classes.name[0]);
    if (cr_table_role(t, CR_ROLE_LABEL)->code && p->classes.n > MOST_SINGLE &&
        p->classes.n == t->rows - cr_table_role(t, CR_ROLE_LABEL)->missing) {
        cr_fit_fail(f, err, CR_ERR_VALUE,
                    "column '%s' holds another text in every row: no class can be learned",
                    cr_table_label_name(t));
        cr_hint(err, "is it the right column? One text is '%.40s'", p->classes.name[0]);
        return CR_ERR_VALUE;
    }
    p->code = outputs == 1 ? CODE_ONE_COLUMN : CODE_ONE_HOT;
    p->off = target_kind(f->spec) == TARGET_SIGN ? -1 : 0;
    p->n_outputs = outputs == 1 ? 1 : p->classes.n;
    if (f->spec && (outputs == 1 ? p->classes.n != 2 : outputs != p->classes.n))
        return cr_fail_at(err, CR_ERR_SHAPE, &f->spec->source,
                          f->spec->layer[f->spec->n_layers - 1].at,
                          "the network has %zu output%s, but column '%s' has %zu classes", outputs,
                          outputs == 1 ? "" : "s", cr_table_label_name(t), p->classes.n);
    f->class_of = cr_table_class_ids(t, &p->classes, &f->arena);
    return f->class_of ? CR_OK : cr_fail_memory(err);
}

static cr_status choose_number(struct fit *f, cr_error *err)
{
    const struct column *label = cr_table_role(f->table, CR_ROLE_LABEL);
    const enum loss_target kind = target_kind(f->spec);
    if (label->code)
        return cr_fit_fail(f, err, CR_ERR_VALUE,
                           "column '%s' holds text: a regression needs numbers", label->name);
    if (f->spec && f->spec->n_outputs != 1)
        return cr_fail_at(
            err, CR_ERR_SHAPE, &f->spec->source, f->spec->layer[f->spec->n_layers - 1].at,
            "a regression has one output, but the network has %zu", f->spec->n_outputs);
    if (kind == TARGET_SIGN)
        return cr_fit_fail(f, err, CR_ERR_ARGUMENT, "the network's loss is for classes only");
    for (size_t i = 0; i < f->table->rows; i++) {
        const double v = label->value[i];
        if ((kind == TARGET_PROBABILITY && (v < 0 || v > 1)) || (kind == TARGET_COUNT && v < 0))
            return cr_fit_fail(f, err, CR_ERR_VALUE,
                               "column '%s' holds %g, which the network's loss does not allow",
                               label->name, v);
    }
    f->prepare.code = kind == TARGET_COUNT ? CODE_LOG_NUMBER : CODE_NUMBER;
    f->prepare.n_outputs = 1;
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

/* The recipe's network, its inputs called after the prepared ones where they can be. */
static cr_status make_recipe(struct fit *f, cr_error *err)
{
    const struct prepare *p = &f->prepare;
    const size_t limit = f->options->max_memory ? f->options->max_memory : MAX_MEMORY;
    struct text text = {0};
    struct spec *s = NULL;
    cr_recipe_write(p->task, p->n_inputs, p->n_outputs, &text);
    const cr_status status = text.failed ? cr_fail_memory(err)
                                         : cr_network_file_read(cr_text_str(&text), text.len,
                                                                RECIPE_NAME, limit, &s, err);
    cr_text_free(&text);
    if (status != CR_OK)
        return status;
    f->spec = s;
    const char *const *plain = s->input_names;
    const char **names = arena_new(&s->arena, const char *, s->n_inputs);
    for (size_t i = 0; names && i < s->n_inputs; i++)
        if (!(names[i] = cr_arena_strdup(&s->arena, p->input[i].name)))
            names = NULL;
    if (!names)
        return cr_fail_memory(err);
    s->input_names = names;
    if (!can_be_written(s))
        s->input_names = plain;
    return CR_OK;
}

cr_status cr_fit_read(struct fit *f, cr_error *err)
{
    const cr_fit_options *o = f->options;
    cr_status status = CR_OK;
    if (o->network)
        status = cr_network_file_read(o->network, o->network_size, o->network_name,
                                      o->max_memory ? o->max_memory : MAX_MEMORY, &f->spec, err);
    if (status == CR_OK && f->spec)
        status = link_outputs(f->spec, err);
    return status == CR_OK ? find_columns(f, err) : status;
}

cr_status cr_fit_choose_task(struct fit *f, cr_error *err)
{
    struct prepare *p = &f->prepare;
    p->task = choose_task(f);
    p->target_sd = 1;
    if (!(p->target = cr_arena_strdup(&p->arena, cr_table_label_name(f->table))))
        return cr_fail_memory(err);
    return p->task == CR_CLASSIFICATION ? choose_classes(f, err) : choose_number(f, err);
}

cr_status cr_fit_choose_network(struct fit *f, cr_error *err)
{
    return f->spec ? match_inputs(f, err) : make_recipe(f, err);
}

double cr_fit_validation(const struct fit *f)
{
    const double share = f->options->validation;
    if (share != 0)
        return share > 0 ? share : 0;
    return f->spec ? f->spec->validation : RECIPE_VALIDATION;
}
