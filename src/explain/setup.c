/* The table of what is given: inputs, parameters, targets, activation functions, loss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/narrate.h"

static const char *given_word(const struct teller *t, const struct xstep *s)
{
    const struct value *v = &t->x->trace->tape->value[s->value];
    if (v->role == ROLE_INPUT)
        return "Inputs";
    if (v->role == ROLE_TARGET)
        return t->x->net->spec->n_outputs > 1 ? "Targets" : "Target";
    if (v->role == ROLE_RATE)
        return "Learning rate";
    if (v->role == ROLE_ROWS)
        return "Number of examples";
    if (v->role == ROLE_HYPER)
        return "Optimiser's constants";
    if (v->role == ROLE_STATE)
        return "Optimiser's memory";
    const enum param_kind kind = t->x->net->param[v->param].kind;
    if (kind == PARAM_SLOPE)
        return "slope";
    if (kind == PARAM_WEIGHT)
        return "weights";
    if (kind == PARAM_SCALE)
        return v->cols > 1 ? "scales" : "scale";
    if (kind == PARAM_MEAN)
        return v->cols > 1 ? "running means M" : "running mean M";
    if (kind == PARAM_VARIANCE)
        return v->cols > 1 ? "running variances V" : "running variance V";
    return v->cols > 1 ? "biases" : "bias";
}

static void given_head(struct teller *t, const struct xstep *s)
{
    const char *word = given_word(t, s);
    const enum role role = t->x->trace->tape->value[s->value].role;
    if (role == ROLE_PARAM) {
        cr_text_add(&t->t, "Layer ");
        cr_paper_name(t->p, &t->t, cr_teller_layer(t, s->layer));
        cr_text_add(&t->t, ", ");
    }
    cr_text_add(&t->t, word);
    if (t->x->trace->rows > 1 && (role == ROLE_INPUT || role == ROLE_TARGET)) {
        cr_text_printf(&t->t, ", example %zu", s->row + 1);
    }
}

/* An input's own name where the notation does not show it. */
static void add_own_name(struct teller *t, const struct xstep *s)
{
    const struct value *v = &t->x->trace->tape->value[s->value];
    if (v->role != ROLE_INPUT || s->index == WHOLE)
        return;
    const char *name = t->x->net->spec->input_names[s->index];
    char numbered[32];
    snprintf(numbered, sizeof numbered, "x%ld", s->index + 1);
    if (strcmp(name, numbered) == 0 || strncmp(s->symbol.text, name, strlen(name)) == 0)
        return;
    cr_text_add(&t->t, " (");
    cr_paper_name(t->p, &t->t, name);
    cr_text_add(&t->t, ")");
}

static int same_head(const struct teller *t, const struct xstep *a, const struct xstep *b)
{
    return a->row == b->row && a->layer == b->layer &&
           strcmp(given_word(t, a), given_word(t, b)) == 0;
}

/* What the optimiser has before the first update: nothing is said of it number by number. */
static int is_empty_state(const struct teller *t, const struct xstep *s)
{
    if (t->x->trace->tape->value[s->value].role != ROLE_STATE)
        return 0;
    for (size_t i = 0; i < s->rows * s->cols; i++)
        if (s->values[i] != 0)
            return 0;
    return 1;
}

/* "m = 0, v = 0 for every parameter", where some are and are read. */
static void state_row(struct teller *t, struct cells *c)
{
    const struct explanation *x = t->x;
    const struct optimiser_name *name;
    int any = 0;
    for (size_t i = 0; i < x->n && x->step[i].phase == X_GIVEN && !any; i++)
        any = x->step[i].wanted && is_empty_state(t, &x->step[i]);
    if (!any)
        return;
    cr_cells_add(c, "Before the first update");
    for (int i = 0; (name = cr_optimiser_state(&x->net->spec->optimiser, i)) != NULL; i++) {
        struct text zero = {0};
        cr_text_printf(&zero, "%s = 0",
                       cr_paper_style(t->p) == EXPR_LATEX ? name->latex : name->text);
        cr_text_add(&t->t, i ? ", " : "");
        cr_paper_made(t->p, &t->t, &zero);
    }
    cr_text_add(&t->t, " for every parameter");
    cr_cells_take(c, &t->t);
}

static void optimiser_row(struct teller *t, struct cells *c)
{
    const struct spec_optimiser *o = &t->x->net->spec->optimiser;
    const struct optimiser_row *row = cr_optimiser_row((int)o->method);
    if (cr_optimiser_is_plain(o))
        return;
    cr_cells_add(c, "Optimiser");
    cr_text_printf(&t->t, "%s: ", row->name);
    cr_paper_name(t->p, &t->t, row->meaning);
    cr_cells_take(c, &t->t);
}

static void given_rows(struct teller *t, struct cells *c)
{
    struct explanation *x = t->x;
    unsigned char *done = calloc(x->n + 1, 1);
    for (size_t i = 0; done && i < x->n && x->step[i].phase == X_GIVEN; i++) {
        if (!x->step[i].wanted || done[i] || is_empty_state(t, &x->step[i]))
            continue;
        given_head(t, &x->step[i]);
        cr_cells_take(c, &t->t);
        for (size_t k = i; k < x->n && x->step[k].phase == X_GIVEN; k++) {
            const struct xstep *s = &x->step[k];
            if (!s->wanted || done[k] || !same_head(t, &x->step[i], s))
                continue;
            if (k > i)
                cr_text_add(&t->t, ", ");
            cr_teller_equation(t->p, &t->t, s);
            add_own_name(t, s);
            done[k] = 1;
        }
        cr_cells_take(c, &t->t);
    }
    if (!done)
        c->failed = 1;
    free(done);
}

/* The activation's definition, in the letter t. */
struct definition {
    struct teller *t;
    int layer;
};

static const struct expr *definition_leaf(void *ctx, const struct expr *sym)
{
    const struct definition *d = ctx;
    struct arena *a = &d->t->x->arena;
    const struct activation *act = &d->t->x->net->spec->layer[d->layer].act;
    const struct expr *t = cr_expr_sym(a, ACT_T, "t", "t");
    if (sym->ref == ACT_T)
        return t;
    if (sym->ref == ACT_Z) {
        const struct symbol f = cr_names_function(&d->t->x->names, d->layer);
        return cr_expr_named_call(a, f.text, f.latex, &t, 1);
    }
    const int which = sym->ref == ACT_PARAM1;
    const int group = which ? -1 : cr_net_param(d->t->x->net, d->layer, PARAM_SLOPE);
    for (int v = 0; group >= 0 && v < d->t->x->trace->tape->n_values; v++) {
        const struct value *value = &d->t->x->trace->tape->value[v];
        if (value->role != ROLE_PARAM || value->param != group)
            continue;
        const struct symbol s = cr_names_symbol(&d->t->x->names, v, 0, 0, 0);
        return cr_expr_sym(a, sym->ref, s.text, s.latex);
    }
    return cr_expr_num(a, act->param[which]);
}

static void write_expr(struct teller *t, struct text *out, const struct expr *e)
{
    t->p->r->failed |= !e;
    cr_expr_print(out, e, cr_paper_style(t->p));
}

static int is_call(const struct expr *e, const char *name)
{
    return e && e->kind == EXPR_CALL && e->text && strcmp(e->text, name) == 0 && e->n == 1 &&
           e->arg[0]->kind == EXPR_SYM;
}

/* A(t) = t/10, A′(t) = 1/10 */
static void definition(struct teller *t, int layer)
{
    const struct activation *act = &t->x->net->spec->layer[layer].act;
    const int latex = cr_paper_style(t->p) == EXPR_LATEX;
    const struct symbol f = cr_names_function(&t->x->names, layer);
    const char *name = latex ? f.latex : f.text;
    struct definition d = {t, layer};
    const struct activation_row *row = cr_activation_row(act->row);
    if (!act->formula) {
        cr_paper_math(t->p, &t->t, "softmax(t)_j = e^t_j / (e^t_1 + e^t_2 + …)",
                      "\\operatorname{softmax}(\\mathbf{t})_j = \\frac{e^{t_j}}{\\sum_k e^{t_k}}");
        return;
    }
    const int sigmoid = row && strcmp(row->name, "sigmoid") == 0;
    const struct expr *formula = cr_written_out(
        &t->x->arena, cr_expr_map(&t->x->arena, act->formula, definition_leaf, &d), 0);
    struct text out = {0};
    cr_text_printf(&out, "%s(t)", name);
    if (sigmoid)
        cr_text_add(&out, latex ? " = \\frac{1}{1 + e^{-t}}" : " = 1/(1 + e^(−t))");
    else if (!is_call(formula, f.text))
        (cr_text_add(&out, " = "), write_expr(t, &out, formula));
    cr_paper_made(t->p, &t->t, &out);
    out = (struct text){0};
    cr_text_add(&t->t, ", ");
    cr_text_printf(&out, latex ? "%s'(t) = " : "%s′(t) = ", name);
    write_expr(t, &out, cr_expr_map(&t->x->arena, act->derivative, definition_leaf, &d));
    cr_paper_made(t->p, &t->t, &out);
}

static int same_activation(const struct activation *a, const struct activation *b)
{
    const int texts = a->text && b->text ? strcmp(a->text, b->text) == 0 : a->text == b->text;
    return a->row == b->row && texts && a->param[0] == b->param[0] && a->param[1] == b->param[1];
}

static void activation_rows(struct teller *t, struct cells *c)
{
    const struct spec *spec = t->x->net->spec;
    int all = 1;
    for (size_t i = 1; i < spec->n_layers; i++)
        all &= same_activation(&spec->layer[0].act, &spec->layer[i].act);
    for (size_t i = 0; i < (all ? 1 : spec->n_layers); i++) {
        const struct spec_layer *l = &spec->layer[i];
        if (l->kind != LAYER_DENSE && l->act.row == cr_activation_find("identity", NULL))
            continue;
        if (!all) {
            cr_text_add(&t->t, "Layer ");
            cr_paper_name(t->p, &t->t, l->name);
            cr_text_add(&t->t, ", activation");
        } else {
            cr_text_add(&t->t, "Activation");
        }
        cr_cells_take(c, &t->t);
        definition(t, (int)i);
        cr_cells_take(c, &t->t);
    }
}

static void loss_row(struct teller *t, struct cells *c)
{
    const struct spec *spec = t->x->net->spec;
    const struct loss_row *row = cr_loss_row(spec->loss.row);
    cr_cells_add(c, "Loss");
    cr_text_printf(&t->t, "%s: ", row->name);
    cr_paper_name(t->p, &t->t, row->meaning ? row->meaning : "");
    if (t->x->trace->rows > 1)
        cr_text_add(&t->t, spec->loss.reduction == REDUCE_MEAN ? "; the mean over the examples"
                                                               : "; the sum over the examples");
    cr_cells_take(c, &t->t);
}

void cr_tell_setup(struct teller *t)
{
    t->p->kind->heading(t->p, 2, t->x->why ? "What is given" : "Setup");
    cr_tell_given(t);
}

void cr_tell_given(struct teller *t)
{
    struct cells c = {0};
    cr_cells_add(&c, "Given");
    cr_cells_add(&c, "Value");
    given_rows(t, &c);
    if (!t->x->why)
        activation_rows(t, &c);
    if (!t->x->why && !t->x->trace->forward_only)
        loss_row(t, &c), optimiser_row(t, &c);
    state_row(t, &c);
    cr_cells_finish(t->p, "What is given", &c, 2);
}
