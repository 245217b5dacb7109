#include "train/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "train/class_weights.h"

/* Rows that come from one table: [first, first + n) of all. */
struct share {
    const cr_table *table;
    size_t first, n;
};

void cr_rows_free(struct rows *r)
{
    free(r->split.row);
    if (r->spill.p)
        cr_spill_free(&r->spill);
    else
        cr_aligned_free(r->in);
    cr_aligned_free(r->targets);
    free(r->classes);
    free(r->weight);
    *r = (struct rows){0};
}

static size_t all_rows(const struct rows *r)
{
    return r->split.train + r->split.validation + r->split.test;
}

static size_t list_shares(const struct fit *f, const struct rows *r, struct share share[3])
{
    const struct split *s = &r->split;
    const cr_fit_options *o = f->options;
    share[0] = (struct share){f->table, 0, s->train};
    share[1] = (struct share){o->validation_table ? o->validation_table : f->table, s->train,
                              s->validation};
    share[2] =
        (struct share){o->test_table ? o->test_table : f->table, s->train + s->validation, s->test};
    return 3;
}

/* Splitting */

static cr_status fail_table(const cr_table *t, cr_error *err, cr_status code, const char *what,
                            const char *name)
{
    const struct source src = {.name = t->source};
    return cr_fail_at(err, code, &src, (struct place){0}, what, name);
}

static int has_target(const struct column *label, size_t row)
{
    return label->code ? label->code[row] != CR_MISSING : !isnan(label->value[row]);
}

/* The rows of a table that have a target, and how many they are. */
static cr_status labelled(const cr_table *t, const char *name, size_t **rows, size_t *n,
                          cr_error *err)
{
    const struct column *label = cr_table_role(t, CR_ROLE_LABEL);
    if (!label)
        return fail_table(t, err, CR_ERR_ARGUMENT, "there is no column '%s'", name);
    size_t *list = malloc((t->rows + 1) * sizeof *list), count = 0;
    if (!list)
        return cr_fail_memory(err);
    for (size_t i = 0; i < t->rows; i++)
        if (has_target(label, i))
            list[count++] = i;
    if (count == 0) {
        free(list);
        return fail_table(t, err, CR_ERR_VALUE, "no row has a value in column '%s'", name);
    }
    *rows = list;
    *n = count;
    return CR_OK;
}

/* The kind of split, and what it looks at. */
static cr_status choose_split(const struct fit *f, struct split_options *o, cr_error *err)
{
    const struct column *group = cr_table_role(f->table, CR_ROLE_GROUP);
    const struct column *order = cr_table_role(f->table, CR_ROLE_ORDER);
    o->kind = f->options->split;
    if (o->kind == CR_SPLIT_AUTO && group && order) {
        cr_fail(err, CR_ERR_ARGUMENT, "rows are set aside by group or by time, not by both");
        cr_hint(err, "--split group or --split time says which");
        return CR_ERR_ARGUMENT;
    }
    if (o->kind == CR_SPLIT_AUTO)
        o->kind = group         ? CR_SPLIT_GROUP
                  : order       ? CR_SPLIT_TIME
                  : f->class_of ? CR_SPLIT_STRATIFIED
                                : CR_SPLIT_RANDOM;
    if (o->kind == CR_SPLIT_GROUP && !group)
        return cr_fail(err, CR_ERR_ARGUMENT, "a split by group needs a group column");
    if (o->kind == CR_SPLIT_TIME && (!order || !order->value))
        return cr_fail(err, CR_ERR_ARGUMENT, "a split by time needs a column of dates or numbers");
    if (o->kind == CR_SPLIT_STRATIFIED && !f->class_of)
        return cr_fail(err, CR_ERR_ARGUMENT, "a stratified split needs classes");
    if (o->kind == CR_SPLIT_GROUP) {
        o->of = group->code;
        o->n_of = group->levels.n;
    } else if (o->kind == CR_SPLIT_TIME) {
        o->time = order->value;
    } else if (o->kind == CR_SPLIT_STRATIFIED) {
        o->of = f->class_of;
        o->n_of = f->prepare.classes.n;
    }
    return CR_OK;
}

/* All labelled rows of another table as a part, which so far has none. */
static cr_status add_part(const struct fit *f, const cr_table *t, struct rows *r, size_t *part,
                          cr_error *err)
{
    size_t *rows = NULL, n = 0, at = part == &r->split.test ? all_rows(r) : r->split.train;
    cr_status status = labelled(t, f->prepare.target, &rows, &n, err);
    if (status != CR_OK)
        return status;
    size_t *more = realloc(r->split.row, (all_rows(r) + n + 1) * sizeof *more);
    if (more) {
        r->split.row = more;
        memmove(more + at + n, more + at, (all_rows(r) - at) * sizeof *more);
        memcpy(more + at, rows, n * sizeof *more);
        *part = n;
    } else {
        status = cr_fail_memory(err);
    }
    free(rows);
    return status;
}

cr_status cr_rows_split(const struct fit *f, struct rows *r, cr_error *err)
{
    const cr_fit_options *options = f->options;
    struct split_options o = {.test = options->test_table ? 0 : options->held_out,
                              .validation = options->validation_table ? 0 : cr_fit_validation(f),
                              .seed = f->report.seed};
    size_t *rows = NULL, n = 0;
    cr_status status = choose_split(f, &o, err);
    if (status == CR_OK)
        status = labelled(f->table, f->prepare.target, &rows, &n, err);
    if (status == CR_OK)
        status = cr_split(rows, n, &o, &r->split, err);
    free(rows);
    r->unlabelled = f->table->rows - n;
    if (status == CR_OK && options->validation_table)
        status = add_part(f, options->validation_table, r, &r->split.validation, err);
    if (status == CR_OK && options->test_table)
        status = add_part(f, options->test_table, r, &r->split.test, err);
    return status;
}

/* Preparing */

cr_status cr_rows_fit(struct fit *f, const struct rows *r, cr_error *err)
{
    const cr_status status = cr_prepare_fit(&f->prepare, f->table, f->columns, f->n_columns,
                                            r->split.row, r->split.train, f->options->scaling, err);
    if (status == CR_OK && f->prepare.n_inputs == 0)
        return cr_fit_fail(f, err, CR_ERR_VALUE, "no column holds anything to learn from");
    return status;
}

static cr_status prepare_inputs(const struct fit *f, const struct share *share, struct rows *r,
                                struct team *team, cr_error *err)
{
    const struct prepare *p = &f->prepare;
    const size_t *row = r->split.row + share->first;
    struct prepare_table b;
    size_t bad = 0;
    const cr_status status = cr_prepare_bind(p, share->table, &b, err);
    if (status != CR_OK)
        return status;
    const size_t done =
        cr_prepare_rows(&b, team, row, 0, share->n, r->in + share->first * p->n_inputs, &bad);
    cr_prepare_unbind(&b);
    if (done == share->n)
        return CR_OK;
    const struct source src = {.name = share->table->source};
    return cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                      p->scaling == CR_SCALING_NONE
                          ? "row %zu: the number in column '%s' is too large without scaling"
                          : "row %zu: the number in column '%s' is too far from all others",
                      row[done] + 1, p->column[p->input[bad].column].name);
}

static cr_status prepare_classes(struct fit *f, const struct share *share, struct rows *r,
                                 cr_error *err)
{
    const uint32_t *class_of =
        share->table == f->table ? f->class_of
                                 : cr_table_class_ids(share->table, &f->prepare.classes, &f->arena);
    if (!class_of)
        return cr_fail_memory(err);
    for (size_t i = share->first; i < share->first + share->n; i++) {
        char buf[40];
        r->classes[i] = class_of[r->split.row[i]];
        if (r->classes[i] == CR_MISSING)
            return fail_table(share->table, err, CR_ERR_UNKNOWN,
                              "no row to train on has the class '%s'",
                              cr_table_label(share->table, r->split.row[i], buf));
    }
    return CR_OK;
}

static cr_status prepare_numbers(const struct fit *f, const struct share *share, struct rows *r,
                                 cr_error *err)
{
    const struct column *label = cr_table_role(share->table, CR_ROLE_LABEL);
    if (!label->value)
        return fail_table(share->table, err, CR_ERR_VALUE, "column '%s' holds text", label->name);
    for (size_t i = share->first; i < share->first + share->n; i++)
        cr_prepare_target(&f->prepare, label->value[r->split.row[i]], 0, r->targets + i);
    return CR_OK;
}

/* Mean and deviation of the target, where the loss is one for numbers. */
static cr_status fit_target(struct fit *f, const struct rows *r, cr_error *err)
{
    struct prepare *p = &f->prepare;
    const struct column *label = cr_table_role(f->table, CR_ROLE_LABEL);
    const enum loss_target kind = cr_loss_row(f->spec->loss.row)->target;
    if (p->code == CODE_NUMBER && kind == TARGET_NUMBER &&
        !cr_mean_sd(label->value, r->split.row, r->split.train, &p->target_mean, &p->target_sd))
        return cr_fit_fail(f, err, CR_ERR_VALUE, "the numbers of column '%s' span too wide a range",
                           p->target);
    return CR_OK;
}

static cr_status fail_weight(const cr_table *t, size_t row, double own, cr_error *err)
{
    const struct column *c = cr_table_role(t, CR_ROLE_WEIGHT);
    const struct source src = {.name = t->source};
    const struct place nowhere = {0};
    if (isnan(own))
        return cr_fail_at(err, CR_ERR_VALUE, &src, nowhere,
                          "row %zu has a target, but no weight in column '%s'", row + 1, c->name);
    if (own >= 0 && own < 1e30)
        return cr_fail_at(err, CR_ERR_VALUE, &src, nowhere,
                          "row %zu: its weight times its class's is not from 0 to 1e30", row + 1);
    return cr_fail_at(err, CR_ERR_VALUE, &src, nowhere,
                      "row %zu: the weight %g in column '%s' is not from 0 to 1e30", row + 1, own,
                      c->name);
}

/* A row's weight is that of its column times, but for rows of the test, that of its class; over the mean
 * in training. */
static cr_status prepare_weights(const struct fit *f, const struct share *shares, struct rows *r,
                                 cr_error *err)
{
    const size_t n = all_rows(r);
    double *class_weight = NULL, sum = 0;
    if (!f->options->class_weights && !cr_table_role(f->table, CR_ROLE_WEIGHT))
        return CR_OK;
    if (f->options->class_weights && !f->class_of)
        return cr_fail(err, CR_ERR_ARGUMENT, "class weights are for a classification");
    r->weight = calloc(n + 1, sizeof *r->weight);
    cr_status status = r->weight ? CR_OK : cr_fail_memory(err);
    if (status == CR_OK && f->options->class_weights)
        status = cr_class_weights(f->options->class_weights, &f->prepare.classes, r->classes,
                                  r->split.train, &class_weight, err);
    for (size_t k = 0; status == CR_OK && k < 3; k++) {
        const struct column *column = cr_table_role(shares[k].table, CR_ROLE_WEIGHT);
        for (size_t i = shares[k].first; i < shares[k].first + shares[k].n; i++) {
            const double own = column ? column->value[r->split.row[i]] : 1;
            const double w = own * (class_weight && k < 2 ? class_weight[r->classes[i]] : 1);
            if (!(w >= 0 && w < 1e30)) {
                status = fail_weight(shares[k].table, r->split.row[i], own, err);
                break;
            }
            r->weight[i] = (float)w;
            sum += k == 0 ? w : 0;
        }
    }
    free(class_weight);
    if (status == CR_OK && !(sum > 0))
        return cr_fit_fail(f, err, CR_ERR_VALUE, "no row to train on has a weight above 0");
    for (size_t i = 0; status == CR_OK && i < n; i++)
        r->weight[i] = (float)((double)r->weight[i] * (double)r->split.train / sum);
    return status;
}

static cr_status make_room(const struct fit *f, struct rows *r, cr_error *err)
{
    const size_t all = all_rows(r);
    size_t n, bytes;
    if (!cr_mul_size(all, f->prepare.n_inputs, &n) || !cr_mul_size(n, sizeof *r->in, &bytes))
        return cr_fail_memory(err);
    if (f->options->cache) {
        const cr_status status = cr_spill_grow(&r->spill, f->options->cache, bytes, err);
        if (status != CR_OK)
            return status;
        r->in = r->spill.p;
    } else {
        r->in = cr_aligned_alloc(n, sizeof *r->in);
    }
    if (f->class_of)
        r->classes = calloc(all, sizeof *r->classes);
    else
        r->targets = cr_aligned_alloc(all, sizeof *r->targets);
    if (!r->in) {
        cr_say_memory_for(err, bytes, "a table of %zu prepared rows by %zu inputs", all,
                          f->prepare.n_inputs);
        cr_hint(err, "chainrule train --cache FOLDER keeps them on disk");
        return CR_ERR_MEMORY;
    }
    return r->classes || r->targets ? CR_OK : cr_fail_memory(err);
}

cr_status cr_rows_prepare(struct fit *f, struct rows *r, cr_error *err)
{
    struct share share[3];
    struct team *team = NULL;
    const size_t shares = list_shares(f, r, share);
    cr_status status = make_room(f, r, err);
    if (status == CR_OK)
        status = fit_target(f, r, err);
    if (status == CR_OK)
        status = cr_team_create(f->options->train.threads, &team, err);
    for (size_t i = 0; status == CR_OK && i < shares; i++) {
        if (share[i].n == 0)
            continue;
        status = r->classes ? prepare_classes(f, &share[i], r, err)
                            : prepare_numbers(f, &share[i], r, err);
        if (status == CR_OK)
            status = prepare_inputs(f, &share[i], r, team, err);
    }
    cr_team_destroy(team);
    if (status == CR_OK && r->spill.p) /* batches are drawn from all over the file */
        cr_mapped_scattered(r->spill.p, r->spill.size, 1);
    return status == CR_OK ? prepare_weights(f, share, r, err) : status;
}
