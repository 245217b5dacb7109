/* A table to a model: choose, split, prepare, train. */
#include "train/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/split.h"
#include "formats/model_file.h"
#include "net/net.h"
#include "train/trainer.h"

/* Rows in the order of training part, then held-out part. */
struct rows {
    size_t *order, n_train;
    float *in, *targets;
    uint32_t *classes;
};

static void free_rows(struct rows *r)
{
    free(r->order);
    cr_aligned_free(r->in);
    cr_aligned_free(r->targets);
    free(r->classes);
}

static cr_status prepare_rows(struct fit *f, struct rows *r, cr_error *err)
{
    const cr_table *t = f->table;
    const struct prepare *p = &f->prepare;
    double *raw = arena_new(&f->arena, double, p->n_inputs);
    size_t n;
    if (!raw || !cr_mul_size(t->rows, p->n_inputs, &n))
        return cr_fail_memory(err);
    r->in = cr_aligned_alloc(n, sizeof(float));
    if (f->class_of)
        r->classes = calloc(t->rows, sizeof *r->classes);
    else
        r->targets = cr_aligned_alloc(t->rows, sizeof(float));
    if (!r->in || (!r->classes && !r->targets))
        return cr_fail_memory(err);
    for (size_t i = 0; i < t->rows; i++) {
        size_t row = r->order[i];
        for (size_t k = 0; k < p->n_inputs; k++)
            raw[k] = t->values[row * t->cols + f->columns[k]];
        size_t bad = cr_prepare_inputs(p, raw, r->in + i * p->n_inputs);
        if (bad < p->n_inputs)
            return cr_fit_fail(f, err, CR_ERR_VALUE,
                               "row %zu: the number in column '%s' is too "
                               "far from all others",
                               row + 1, p->input[bad]);
        if (r->classes && f->class_of)
            r->classes[i] = f->class_of[row];
        else
            cr_prepare_target(p, t->label_value[row], 0, r->targets + i);
    }
    return CR_OK;
}

static cr_status split_and_prepare(struct fit *f, struct rows *r, cr_error *err)
{
    const cr_table *t = f->table;
    struct prepare *p = &f->prepare;
    r->order = calloc(t->rows, sizeof *r->order);
    if (!r->order)
        return cr_fail_memory(err);
    cr_status status = cr_split(t->rows, f->options->held_out, f->report.seed, f->class_of,
                                p->classes.n, r->order, &r->n_train, err);
    if (status == CR_OK)
        status = cr_prepare_fit_inputs(p, t, f->columns, f->n_columns, r->order, r->n_train, err);
    if (status != CR_OK)
        return status;
    const enum loss_target kind = cr_loss_row(f->spec->loss.row)->target;
    if (p->code == CODE_NUMBER && kind == TARGET_NUMBER &&
        !cr_mean_sd(t->label_value, 1, r->order, r->n_train, &p->target_mean, &p->target_sd))
        return cr_fit_fail(f, err, CR_ERR_VALUE, "the numbers of column '%s' span too wide a range",
                           p->target);
    return prepare_rows(f, r, err);
}

/* Another optimiser than the network file's begins with its own constants. */
static cr_status choose_optimiser(struct fit *f, cr_error *err)
{
    const char *name = f->options->optimiser, *near = NULL;
    struct spec_optimiser *o = &f->spec->optimiser;
    const int row = name ? cr_optimiser_find(name, &near) : (int)o->method;
    if (row < 0) {
        cr_fail(err, CR_ERR_UNKNOWN, "unknown optimiser '%.60s'", name);
        if (near)
            cr_hint(err, "did you mean '%s'?", near);
        else
            cr_hint(err, "'chainrule list optimisers' shows those there are");
        return CR_ERR_UNKNOWN;
    }
    if (row == (int)o->method)
        return CR_OK;
    o->at = (struct place){0};
    return cr_optimiser_set(o, (enum optimiser_method)row, NULL, 0, NULL, err);
}

/* Options win over the network file, which wins over the defaults. What is used goes into
 * the spec, so that the model file says it. */
static cr_train_options settle(struct fit *f, size_t rows)
{
    cr_train_options o = f->options->train;
    struct spec *s = f->spec;
    o.task = f->prepare.task;
    if (s->optimiser.at.line > 0 && o.learning_rate == 0)
        o.learning_rate = s->optimiser.learning_rate;
    if (o.epochs == 0)
        o.epochs = s->epochs;
    if (o.batch == 0)
        o.batch = s->batch;
    if (o.precision == CR_PRECISION_DEFAULT)
        o.precision = s->precision;
    cr_train_defaults(&o, &s->optimiser, rows);
    if (o.batch > rows)
        o.batch = rows;
    o.seed = f->report.seed;
    s->optimiser.learning_rate = o.learning_rate;
    s->epochs = o.epochs;
    s->batch = o.batch;
    s->precision = o.precision;
    s->seed = o.seed;
    s->n_examples = s->n_targets = 0; /* a worked example is no part of a model */
    s->inputs = s->targets = NULL;
    s->example_names = NULL;
    return o;
}

static void fill_report(struct fit *f, const cr_train_options *o, size_t n_train)
{
    const struct prepare *p = &f->prepare;
    cr_fit_report *r = &f->report;
    r->task = p->task;
    r->rows = n_train;
    r->held_out = f->table->rows - n_train;
    r->inputs = p->n_inputs;
    r->outputs = p->n_outputs;
    r->classes = p->classes.n;
    for (size_t i = 0; i < p->n_inputs; i++)
        r->constant += !(p->sd[i] > 0);
    r->epochs = o->epochs;
    r->batch = o->batch;
    r->learning_rate = o->learning_rate;
    r->optimiser = cr_optimiser_row((int)f->spec->optimiser.method)->name;
    r->precision = o->precision == CR_PRECISION_BF16 ? o->precision : CR_PRECISION_FLOAT32;
}

static void count_parameters(cr_fit_report *r, const cr_net *net)
{
    for (size_t i = 0; i < cr_net_n_groups(net); i++) {
        const cr_param_group g = cr_net_group(net, i);
        r->parameters += g.rows * g.cols;
    }
}

static cr_status train(struct fit *f, cr_model *m, const struct rows *r, const cr_train_options *o,
                       cr_fit_report *report, cr_error *err)
{
    const struct prepare *p = &m->prepare;
    const size_t held = f->table->rows - r->n_train;
    const struct examples all = {.in = r->in,
                                 .targets = r->targets,
                                 .classes = r->classes,
                                 .off = (float)p->off,
                                 .rows = r->n_train,
                                 .unit = p->target_sd};
    struct examples rest = all;
    rest.in += r->n_train * p->n_inputs;
    rest.rows = held;
    if (rest.targets)
        rest.targets += r->n_train;
    if (rest.classes)
        rest.classes += r->n_train;
    if (report)
        *report = f->report;
    cr_status status = cr_trainer_run(m->net, &all, &rest, o, &f->report.result, err);
    if (status != CR_OK)
        return status;
    m->training = cr_training_write(&f->report);
    return m->training ? CR_OK : cr_fail_memory(err);
}

static cr_status make_model(struct fit *f, struct rows *r, cr_model *m, cr_fit_report *report,
                            cr_error *err)
{
    cr_status status = cr_fit_choose(f, err);
    if (status == CR_OK)
        status = choose_optimiser(f, err);
    if (status != CR_OK)
        return status;
    f->report.seed = f->options->has_seed ? f->options->train.seed : f->spec->seed;
    status = split_and_prepare(f, r, err);
    if (status != CR_OK)
        return status;
    const cr_train_options o = settle(f, r->n_train);
    fill_report(f, &o, r->n_train);
    status = cr_net_build(f->spec, CR_F32, f->report.seed, f->options->max_memory, &m->net, err);
    if (status != CR_OK)
        return status;
    f->spec = NULL;
    m->prepare = f->prepare;
    f->prepare = (struct prepare){0};
    count_parameters(&f->report, m->net);
    return train(f, m, r, &o, report, err);
}

static cr_status check(const struct fit *f, cr_error *err)
{
    const double share = f->options->held_out;
    if (!f->table->label_name)
        return cr_fit_fail(f, err, CR_ERR_ARGUMENT, "the table was read without a label column");
    if (f->table->cols == 0)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "there is no column besides '%s'",
                           f->table->label_name);
    if (!(share >= 0 && share < 1))
        return cr_fail(err, CR_ERR_ARGUMENT, "the held-out share must be at least 0 and below 1");
    return CR_OK;
}

cr_status cr_model_fit(const cr_table *table, const cr_fit_options *options, cr_model **out,
                       cr_fit_report *report, cr_error *err)
{
    static const cr_fit_options defaults;
    struct fit f = {.table = table, .options = options ? options : &defaults};
    struct rows r = {0};
    cr_model *m = calloc(1, sizeof *m);
    if (!m)
        return cr_fail_memory(err);
    cr_status status = check(&f, err);
    if (status == CR_OK)
        status = make_model(&f, &r, m, report, err);
    free_rows(&r);
    cr_spec_free(f.spec);
    cr_prepare_free(&f.prepare);
    cr_arena_free(&f.arena);
    if (status != CR_OK) {
        cr_model_free(m);
        return status;
    }
    if (report)
        *report = f.report;
    *out = m;
    return CR_OK;
}
