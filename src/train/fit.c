/* A table to a model: choose, split, prepare, train. */
#include "train/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/model_file.h"
#include "net/net.h"
#include "train/rate_search.h"
#include "train/recipe.h"
#include "train/rows.h"
#include "train/outcome.h"
#include "train/trainer.h"

/* The recipe's batches and schedule are for other optimisers. */
static void take_all_rows(struct spec *s)
{
    s->batch = 0;
    s->drop_last = 0;
    s->schedule = (struct spec_schedule){0};
    s->given &= ~(1u << SPEC_BATCH | 1u << SPEC_DROP_LAST | 1u << SPEC_SCHEDULE);
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
    if (cr_optimiser_row(row)->whole && !f->options->network)
        take_all_rows(f->spec);
    return cr_optimiser_set(o, (enum optimiser_method)row, NULL, 0, NULL, err);
}

/* Options win over the network file, which wins over the defaults. What is used goes into
 * the spec, so that the model file says it. */
static cr_status settle(struct fit *f, size_t rows, cr_train_options *out, cr_error *err)
{
    cr_train_options o = f->options->train;
    struct spec *s = f->spec;
    o.task = f->prepare.task;
    o.seed = f->report.seed;
    cr_train_settle(&o, s, rows);
    if (o.schedule) {
        const cr_status status = cr_schedule_parse(o.schedule, &s->schedule, err);
        if (status != CR_OK)
            return status;
        o.schedule = NULL;
    }
    s->optimiser.learning_rate = o.learning_rate;
    s->epochs = o.epochs;
    s->batch = o.batch;
    s->drop_last = o.drop_last > 0;
    s->validation = cr_fit_validation(f);
    s->precision = o.precision;
    s->keep = o.keep;
    s->patience = o.patience;
    s->seed = o.seed;
    s->n_examples = s->n_targets = 0; /* a worked example is no part of a model */
    s->inputs = s->targets = NULL;
    s->example_names = NULL;
    *out = o;
    return CR_OK;
}

static void fill_report(struct fit *f, const cr_train_options *o, const struct split *split)
{
    const struct prepare *p = &f->prepare;
    cr_fit_report *r = &f->report;
    r->task = p->task;
    r->rows = split->train;
    r->validation = split->validation;
    r->test = split->test;
    r->columns = p->n_columns;
    r->inputs = p->n_inputs;
    r->outputs = p->n_outputs;
    r->classes = p->classes.n;
    for (size_t i = 0; i < p->n_inputs; i++)
        r->constant += p->input[i].scale == 0;
    r->recipe = f->options->network ? NULL : RECIPE_NAME;
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
        if (cr_param_has_gradient(&net->param[i]))
            r->parameters += g.rows * g.cols;
    }
}

/* n of the prepared rows. */
static struct examples part(const struct prepare *p, const struct rows *r, size_t first, size_t n)
{
    return (struct examples){.in = r->in + first * p->n_inputs,
                             .in_file = r->spill.p != NULL,
                             .targets = r->targets ? r->targets + first : NULL,
                             .classes = r->classes ? r->classes + first : NULL,
                             .off = (float)p->off,
                             .weight = r->weight ? r->weight + first : NULL,
                             .rows = n,
                             .unit = p->target_sd};
}

static cr_status train(struct fit *f, cr_model *m, const struct rows *r, const cr_train_options *o,
                       cr_fit_report *report, cr_error *err)
{
    const struct prepare *p = &m->prepare;
    const struct split *split = &r->split;
    const struct examples rows = part(p, r, 0, split->train);
    const struct examples validation = part(p, r, split->train, split->validation);
    const struct examples test = part(p, r, split->train + split->validation, split->test);
    if (report)
        *report = f->report;
    cr_trainer *t;
    cr_status status = cr_trainer_open(m->net, &rows, &validation, o, &t, err);
    if (status != CR_OK)
        return status;
    if (o->resume)
        status = cr_trainer_resume_if_there(t, err);
    if (status == CR_OK && f->options->outcome)
        status = cr_trainer_watch(t, err);
    if (status == CR_OK)
        status = cr_trainer_run(t, err);
    if (status == CR_OK) {
        cr_trainer_finish(t, &f->report.result);
        f->report.result_test = cr_trainer_measure(t, &test);
        if (f->options->outcome)
            status = cr_outcome_make(f, split, t, &f->outcome, err);
    }
    cr_trainer_free(t);
    if (status != CR_OK)
        return status;
    m->training = cr_training_write(&f->report);
    return m->training ? CR_OK : cr_fail_memory(err);
}

/* All but the training: task, split, preparation, network, settings. */
/* What validation rows are asked for, where there are none. */
static cr_status check_validation(const struct fit *f, const struct rows *r, cr_error *err)
{
    const cr_train_options *o = &f->options->train;
    if (r->split.validation > 0 || (o->patience == 0 && o->keep != CR_KEEP_BEST))
        return CR_OK;
    cr_fail(err, CR_ERR_ARGUMENT, "%s needs rows for validation, and there are none",
            o->patience ? "patience" : "keeping the best epoch");
    cr_hint(err, "--validation 0.2 takes a fifth of the rows, --validation-file names others");
    return CR_ERR_ARGUMENT;
}

static cr_status get_ready(struct fit *f, struct rows *r, cr_train_options *o, cr_error *err)
{
    cr_status status = cr_fit_read(f, err);
    if (status == CR_OK)
        status = cr_fit_choose_task(f, err);
    if (status != CR_OK)
        return status;
    f->report.seed = f->options->has_seed ? f->options->train.seed : f->spec ? f->spec->seed : 1;
    status = cr_rows_split(f, r, err);
    if (status == CR_OK)
        status = check_validation(f, r, err);
    if (status == CR_OK)
        status = cr_rows_fit(f, r, err);
    if (status == CR_OK)
        status = cr_fit_choose_network(f, err);
    if (status == CR_OK)
        status = choose_optimiser(f, err);
    if (status == CR_OK)
        status = cr_rows_prepare(f, r, err);
    if (status != CR_OK)
        return status;
    status = settle(f, r->split.train, o, err);
    if (status == CR_OK)
        fill_report(f, o, &r->split);
    return status;
}

static cr_status make_model(struct fit *f, struct rows *r, cr_model *m, cr_fit_report *report,
                            cr_error *err)
{
    cr_train_options o;
    cr_status status = get_ready(f, r, &o, err);
    if (status != CR_OK)
        return status;
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
    const char *label = cr_table_label_name(f->table);
    if (!label)
        return cr_fit_fail(f, err, CR_ERR_ARGUMENT, "the table was read without a label column");
    if (f->options->recipe && f->options->network)
        return cr_fail(err, CR_ERR_ARGUMENT, "a recipe and a network file exclude each other");
    if (f->options->recipe && strcmp(f->options->recipe, RECIPE_OPTION) != 0) {
        cr_fail(err, CR_ERR_UNKNOWN, "unknown recipe '%.60s'", f->options->recipe);
        cr_hint(err, "there is '" RECIPE_OPTION "'");
        return CR_ERR_UNKNOWN;
    }
    if (!(share >= 0 && share < 1))
        return cr_fail(err, CR_ERR_ARGUMENT, "the test share must be at least 0 and below 1");
    if (!(f->options->validation < 1))
        return cr_fail(err, CR_ERR_ARGUMENT, "the validation share must be below 1");
    return CR_OK;
}

static void release(struct fit *f, struct rows *r)
{
    cr_rows_free(r);
    cr_spec_free(f->spec);
    cr_prepare_free(&f->prepare);
    cr_arena_free(&f->arena);
}

cr_status cr_model_config(const cr_table *table, const cr_fit_options *options, char **out,
                          cr_error *err)
{
    static const cr_fit_options defaults;
    struct fit f = {.table = table, .options = options ? options : &defaults};
    struct rows r = {0};
    struct text text = {0};
    cr_train_options o;
    cr_status status = check(&f, err);
    if (status == CR_OK)
        status = get_ready(&f, &r, &o, err);
    if (status == CR_OK) {
        cr_fit_config(&f, &o, &text);
        status = text.failed ? cr_fail_memory(err) : CR_OK;
    }
    release(&f, &r);
    if (status == CR_OK)
        *out = text.s;
    else
        cr_text_free(&text);
    return status;
}

/* The network that cr_model_fit would train, and the rows for it. */
static cr_status search_rates(struct fit *f, struct rows *r, const cr_rate_options *rates,
                              cr_rate_search **out, cr_error *err)
{
    cr_train_options o;
    cr_net *net;
    cr_status status = get_ready(f, r, &o, err);
    if (status == CR_OK)
        status = cr_net_build(f->spec, CR_F32, f->report.seed, f->options->max_memory, &net, err);
    if (status != CR_OK)
        return status;
    f->spec = NULL;
    const struct examples rows = part(&f->prepare, r, 0, r->split.train);
    status = cr_rate_search_make(net, &rows, &o, rates, out, err);
    cr_net_free(net);
    return status;
}

cr_status cr_model_rate_search(const cr_table *table, const cr_fit_options *options,
                               const cr_rate_options *rates, cr_rate_search **out, cr_error *err)
{
    static const cr_fit_options defaults;
    struct fit f = {.table = table, .options = options ? options : &defaults};
    struct rows r = {0};
    cr_status status = check(&f, err);
    if (status == CR_OK)
        status = search_rates(&f, &r, rates, out, err);
    release(&f, &r);
    return status;
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
    release(&f, &r);
    if (status != CR_OK) {
        cr_outcome_free(f.outcome);
        cr_model_free(m);
        return status;
    }
    if (report)
        *report = f.report;
    if (f.options->outcome)
        *f.options->outcome = f.outcome;
    *out = m;
    return CR_OK;
}
