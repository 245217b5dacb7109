/* The story: what is told in which order, in words that do not depend on the paper. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc/layout.h"
#include "explain/narrate.h"

void cr_paper_name(struct paper *p, struct text *out, const char *s)
{
    p->kind->name(out, s);
}

size_t cr_paper_columns(const char *latex)
{
    struct text plain = {0};
    cr_layout_plain(&plain, latex);
    const size_t n = cr_utf8_columns(cr_text_str(&plain), plain.len);
    cr_text_free(&plain);
    return n;
}

void cr_paper_math(struct paper *p, struct text *out, const char *text, const char *latex)
{
    if (p->kind->math)
        p->kind->math(out, latex);
    else
        cr_text_add(out, text);
}

void cr_paper_symbol(struct paper *p, struct text *out, struct symbol s)
{
    if (!s.text || !s.latex)
        p->r->failed = 1;
    else
        cr_paper_math(p, out, s.text, s.latex);
}

void cr_paper_made(struct paper *p, struct text *out, struct text *formula)
{
    cr_paper_math(p, out, cr_text_str(formula), cr_text_str(formula));
    out->failed |= formula->failed;
    cr_text_free(formula);
}

void cr_paper_expr(struct paper *p, struct text *out, const struct expr *e)
{
    struct text formula = {0};
    cr_expr_print(&formula, e, cr_paper_style(p));
    cr_paper_made(p, out, &formula);
}

static const char *relation(const struct paper *p, const struct xstep *s)
{
    return s->exact ? "= " : cr_paper_style(p) == EXPR_LATEX ? "\\approx " : "≈ ";
}

void cr_paper_value(struct paper *p, struct text *out, const struct xstep *s)
{
    struct text formula = {0};
    if (!s->exact)
        cr_text_add(&formula, relation(p, s));
    cr_render_shown(&formula, s, cr_paper_style(p));
    cr_paper_made(p, out, &formula);
}

/* `x1 = 2` */
void cr_teller_equation(struct paper *p, struct text *out, const struct xstep *s)
{
    const int latex = cr_paper_style(p) == EXPR_LATEX;
    struct text formula = {0};
    cr_text_printf(&formula, "%s %s", latex ? s->symbol.latex : s->symbol.text, relation(p, s));
    cr_render_shown(&formula, s, cr_paper_style(p));
    cr_paper_made(p, out, &formula);
}

void cr_cells_add(struct cells *c, const char *s)
{
    if (c->n == c->room) {
        const size_t room = c->room ? 2 * c->room : 64;
        const char **grown = realloc(c->cell, room * sizeof *grown);
        if (!grown) {
            c->failed = 1;
            return;
        }
        c->cell = grown;
        c->room = room;
    }
    const char *copy = cr_arena_strdup(&c->a, s);
    if (!copy)
        c->failed = 1;
    c->cell[c->n++] = copy ? copy : "";
}

void cr_cells_take(struct cells *c, struct text *t)
{
    cr_cells_add(c, cr_text_str(t));
    c->failed |= t->failed;
    cr_text_clear(t);
}

void cr_cells_finish(struct paper *p, const char *caption, struct cells *c, size_t cols)
{
    if (!c->failed && c->n > cols)
        p->kind->table(p, caption, c->cell, c->n / cols, cols);
    p->r->failed |= c->failed;
    free(c->cell);
    cr_arena_free(&c->a);
}

const char *cr_teller_layer(const struct teller *t, int layer)
{
    return layer < 0 ? "" : t->x->net->spec->layer[layer].name;
}

/* What is said once, before the first steps of a kind. */
static const char about_layers[] =
    "Each layer multiplies its inputs by its weights and adds its biases, if any; that gives the "
    "pre-activations, and the activation function turns them into the layer's output.";
static const char about_nodes[] =
    "Each node multiplies its inputs by its weights and adds them up, together with its bias. "
    "That is its pre-activation; the activation function turns it into the node's output.";
static const char about_nodes_without_bias[] =
    "Each node multiplies its inputs by its weights and adds them up. That is its "
    "pre-activation; the activation function turns it into the node's output.";
static const char about_softmax_delta[] =
    "Softmax makes every output depend on every pre-activation, so each delta gathers what all "
    "the outputs send back.";
static const char about_joint_delta[] =
    "For this activation together with this loss, the chain rule's two factors come down to "
    "output minus target.";
static const char about_output_delta[] =
    "At the output it is how the loss changes with the output, times the slope of the "
    "activation function.";

/* Steps. */

static int is_in(const struct xstep *s, enum group group, int pass)
{
    return s->wanted && s->group == group && s->pass == pass;
}

/* The end of the run of steps from `i` with the same group, pass and, where `by_layer`, layer. */
static size_t run_end(const struct explanation *x, size_t i, int by_layer)
{
    const struct xstep *first = &x->step[i];
    while (i < x->n && x->step[i].group == first->group && x->step[i].pass == first->pass &&
           (!by_layer || x->step[i].layer == first->layer))
        i++;
    return i;
}

static int any_wanted(const struct explanation *x, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (x->step[i].wanted)
            return 1;
    return 0;
}

void cr_tell_paragraph(struct teller *t)
{
    t->p->kind->paragraph(t->p, cr_text_str(&t->t));
    cr_text_clear(&t->t);
}

static void heading_of_layer(struct teller *t, const char *what, int layer)
{
    cr_text_printf(&t->t, "%s of layer ", what);
    cr_paper_name(t->p, &t->t, cr_teller_layer(t, layer));
    t->p->kind->heading(t->p, 3, cr_text_str(&t->t));
    cr_text_clear(&t->t);
}

static int has_bias(const struct teller *t)
{
    for (size_t g = 0; g < t->x->net->n_params; g++)
        if (t->x->net->param[g].kind == PARAM_BIAS)
            return 1;
    return 0;
}

static void tell_forward(struct teller *t, size_t i, size_t end, int several)
{
    if (several)
        cr_text_printf(&t->t, "Iteration %d: forward pass", t->x->step[i].pass + 1);
    else
        cr_text_add(&t->t, "Forward pass");
    t->p->kind->heading(t->p, 2, cr_text_str(&t->t));
    cr_text_clear(&t->t);
    if (!t->x->step[i].pass && !t->x->why) {
        cr_text_add(&t->t, t->x->matrix  ? about_layers
                           : has_bias(t) ? about_nodes
                                         : about_nodes_without_bias);
        cr_tell_paragraph(t);
        cr_tell_layers(t);
    }
    cr_tell_steps(t, i, end, (struct telling){.labels = 1, .examples = 1, .parts = 1});
    if (!t->x->step[i].pass)
        cr_tell_values(t, 0, 0);
}

static void tell_loss(struct teller *t, size_t i, size_t end)
{
    t->p->kind->heading(t->p, 2, "Loss");
    if (!t->x->step[i].pass && !t->x->why) {
        cr_text_add(&t->t,
                    "The loss is one number that says how far the output is from the target. "
                    "Training makes it smaller.");
        if (t->x->trace->rows > 1)
            cr_text_printf(&t->t, " That of the batch is the %s of the examples' losses.",
                           t->x->net->spec->loss.reduction == REDUCE_MEAN ? "mean" : "sum");
        cr_tell_paragraph(t);
    }
    cr_tell_steps(t, i, end, (struct telling){0});
}

/* By the rule that makes the output's delta. */
static const char *output_delta_words(const struct teller *t)
{
    const struct tape *tape = t->x->trace->tape;
    const int last = (int)t->x->net->spec->n_layers - 1;
    const int act = cr_tape_find(tape, ROLE_ACT, -1, last);
    for (int i = 0; i < tape->n_steps; i++)
        if (tape->step[i].op == OP_SOFTMAX_BACK && tape->value[tape->step[i].out].layer == last)
            return about_softmax_delta;
    if (act >= 0 && cr_tape_find(tape, ROLE_DERIVATIVE, act, -1) < 0)
        return about_joint_delta;
    return about_output_delta;
}

static void delta_words(struct teller *t, int output)
{
    struct slots none = {0};
    const struct notation *n = &t->x->notation;
    const struct symbol loss = cr_notation_symbol(&t->x->arena, n, NOTE_LOSS, &none);
    if (output) {
        cr_text_add(&t->t, "A node's delta says how the loss ");
        cr_paper_symbol(t->p, &t->t, loss);
        cr_text_add(&t->t, " changes with the node's pre-activation. ");
        cr_text_add(&t->t, output_delta_words(t));
    } else {
        cr_text_add(&t->t,
                    "A hidden node acts on the loss through every node that it feeds: what comes "
                    "back is the sum of their deltas, each times the weight in between. Times "
                    "the slope of the node's own activation function, that is its delta.");
    }
    cr_tell_paragraph(t);
}

static int sends_back(const struct teller *t, size_t i, size_t end)
{
    while (i < end && !t->x->step[i].wanted)
        i++;
    return i < end && cr_teller_is_sent_back(t, &t->x->step[i]);
}

static void tell_deltas(struct teller *t, size_t i, size_t end, int *told)
{
    const int layer = t->x->step[i].layer, output = cr_teller_is_last(t, layer);
    heading_of_layer(t, sends_back(t, i, end) ? "What is sent back by the weights" : "Deltas",
                     layer);
    if (!told[output] && !t->x->why)
        delta_words(t, output);
    told[output] = 1;
    cr_tell_steps(t, i, end,
                  (struct telling){.labels = !output || t->x->net->spec->n_outputs > 1,
                                   .examples = 1,
                                   .parts = !output});
}

static void tell_gradients(struct teller *t, size_t i, size_t end, int *told)
{
    heading_of_layer(t, "Gradients", t->x->step[i].layer);
    if (!*told && !t->x->why) {
        cr_text_add(&t->t,
                    "A weight's gradient is the delta of the node that it enters, times the number "
                    "that it carries.");
        if (has_bias(t))
            cr_text_add(&t->t, " A bias carries a 1.");
        if (t->x->trace->rows > 1)
            cr_text_add(&t->t, " The examples' contributions add up.");
        cr_tell_paragraph(t);
    }
    *told = 1;
    cr_tell_steps(t, i, end, (struct telling){0});
}

static void tell_update(struct teller *t, size_t i, size_t end)
{
    t->p->kind->heading(t->p, 2, "Updates");
    if (!t->x->step[i].pass && !t->x->why) {
        const struct optimiser_row *row = cr_optimiser_row((int)t->x->net->spec->optimiser.method);
        if (cr_optimiser_is_plain(&t->x->net->spec->optimiser)) {
            cr_text_add(&t->t,
                        "Each parameter moves against its gradient, by the gradient times the "
                        "learning rate: that makes the loss smaller, as long as the step is small "
                        "enough.");
        } else {
            cr_text_printf(&t->t, "The optimiser is %s: ", row->name);
            cr_paper_name(t->p, &t->t, row->meaning);
            cr_text_add(&t->t, ". For each parameter:");
        }
        cr_tell_paragraph(t);
    }
    const int several = !cr_optimiser_is_plain(&t->x->net->spec->optimiser);
    cr_tell_steps(t, i, end, (struct telling){.params = several});
}

/* Every gradient of a pass in one table. */
static void tell_checklist(struct teller *t, int pass)
{
    struct explanation *x = t->x;
    struct cells c = {0};
    const char *before = "";
    t->p->kind->heading(t->p, 2, "Checklist");
    cr_cells_add(&c, "Layer");
    cr_cells_add(&c, "Parameter");
    cr_cells_add(&c, "Gradient");
    cr_cells_add(&c, "Value");
    for (size_t i = 0; i < x->n; i++) {
        const struct xstep *s = &x->step[i];
        if (!is_in(s, GROUP_GRADIENT, pass) || s->step < 0)
            continue;
        const struct value *v = &x->trace->tape->value[s->value];
        if (v->role != ROLE_PARAM_GRAD)
            continue;
        const char *layer = cr_teller_layer(t, s->layer);
        if (strcmp(layer, before) != 0)
            cr_paper_name(t->p, &t->t, layer);
        before = layer;
        cr_cells_take(&c, &t->t);
        cr_paper_symbol(t->p, &t->t, cr_names_symbol(&x->names, v->of, 0, s->index, 0));
        cr_cells_take(&c, &t->t);
        cr_paper_expr(t->p, &t->t, s->symbolic[0]);
        cr_cells_take(&c, &t->t);
        cr_paper_value(t->p, &t->t, s);
        cr_cells_take(&c, &t->t);
    }
    cr_cells_finish(t->p, "Every gradient", &c, 4);
}

/* Before and after. */

static const struct xstep *find(const struct explanation *x, int pass, int value, size_t row,
                                size_t index)
{
    const int number = cr_explanation_find(x, pass, value, row, index);
    return number < 0 ? NULL : &x->step[number];
}

static const struct xstep *find_derived(const struct explanation *x, enum derived what, size_t row,
                                        long index)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->step[i].derived == what && x->step[i].row == row && x->step[i].index == index)
            return &x->step[i];
    return NULL;
}

static void value_cell(struct teller *t, struct cells *c, const struct xstep *s)
{
    if (s && s->wanted)
        cr_paper_value(t->p, &t->t, s);
    else
        cr_text_add(&t->t, "–");
    cr_cells_take(c, &t->t);
}

static void comparison_row(struct teller *t, struct cells *c, const char *what,
                           const struct xstep *const s[4])
{
    cr_text_add(&t->t, what);
    if (s[0]->value >= 0) {
        cr_text_addc(&t->t, ' ');
        cr_paper_symbol(t->p, &t->t, s[0]->symbol);
    }
    cr_cells_take(c, &t->t);
    for (int i = 0; i < 4; i++)
        value_cell(t, c, s[i]);
}

static void error_row(struct teller *t, struct cells *c, size_t row, size_t k)
{
    const struct explanation *x = t->x;
    const long i = (long)k;
    const struct xstep *s[4] = {find_derived(x, DERIVED_ERROR_BEFORE, row, i),
                                find_derived(x, DERIVED_ERROR, row, i),
                                find_derived(x, DERIVED_ERROR_REDUCTION, row, i),
                                find_derived(x, DERIVED_ERROR_PER_CENT, row, i)};
    if (!s[0])
        return;
    struct symbol of = find(x, 0, x->trace->tape->output, row, k)->symbol;
    cr_text_add(&t->t, "Error of ");
    cr_paper_symbol(t->p, &t->t, of);
    cr_cells_take(c, &t->t);
    for (int n = 0; n < 4; n++)
        value_cell(t, c, s[n]);
}

static void tell_comparison(struct teller *t, size_t first, size_t end)
{
    struct explanation *x = t->x;
    const struct tape *tape = x->trace->tape;
    struct cells c = {0};
    t->p->kind->heading(t->p, 2, "Before and after");
    cr_tell_steps(t, first, end, (struct telling){0});
    if (x->why)
        return;
    static const char *const head[] = {"Quantity", "Before", "After", "Reduction", "Per cent"};
    for (int i = 0; i < 5; i++)
        cr_cells_add(&c, head[i]);
    const size_t outputs = x->matrix ? 1 : tape->value[tape->output].cols;
    for (size_t row = 0; row < x->trace->rows; row++) {
        for (size_t k = 0; k < outputs; k++) {
            const struct xstep *s[4] = {find(x, 0, tape->output, row, k),
                                        find(x, x->trace->updates, tape->output, row, k)};
            if (s[0] && s[1])
                comparison_row(t, &c, "Output", s);
            if (s[0] && s[1])
                error_row(t, &c, row, k);
        }
    }
    const struct xstep *s[4] = {
        find(x, 0, tape->loss, 0, 0), find(x, x->trace->updates, tape->loss, 0, 0),
        find_derived(x, DERIVED_REDUCTION, 0, 0), find_derived(x, DERIVED_PER_CENT, 0, 0)};
    comparison_row(t, &c, "Loss", s);
    cr_cells_finish(t->p, "Before and after", &c, 5);
    if (x->trace->updates > 1)
        cr_tell_values(t, x->trace->updates, 0);
    cr_tell_before_after(t);
    cr_tell_course(t);
}

/* The whole. */

static void tell_title(struct teller *t)
{
    const struct explanation *x = t->x;
    const char *title = x->net->spec->title;
    if (x->why) {
        cr_text_add(&t->t, "Why ");
        for (size_t i = x->n; i-- > 0;) {
            if (!x->step[i].wanted)
                continue;
            cr_teller_equation(t->p, &t->t, &x->step[i]);
            break;
        }
    } else {
        cr_paper_name(t->p, &t->t, title ? title : "A worked example");
    }
    t->p->kind->heading(t->p, 1, cr_text_str(&t->t));
    cr_text_clear(&t->t);
    if (x->carry) {
        cr_text_add(&t->t, "Every step goes on with the numbers as they are displayed, as with a "
                           "pocket calculator.");
        cr_tell_paragraph(t);
    }
}

static void tell_fold(struct teller *t)
{
    struct explanation *x = t->x;
    if (!x->folded)
        return;
    const struct tape *tape = x->trace->tape;
    int grad = -1;
    for (int v = 0; v < tape->n_values && grad < 0; v++)
        if (tape->value[v].role == ROLE_PARAM_GRAD)
            grad = v;
    cr_text_add(
        &t->t, "This network is large, so it is told layer by layer, in matrix form; long rows and "
               "columns show their ends. ");
    cr_paper_name(t->p, &t->t, "--form scalar");
    cr_text_add(&t->t, " writes out every number; one number and what it depends on: ");
    cr_paper_name(t->p, &t->t, "--why ");
    const struct symbol s = cr_names_symbol(&x->names, grad, 0, 0, 0);
    cr_paper_symbol(t->p, &t->t, s);
    cr_text_add(&t->t, ", for example.");
    cr_tell_paragraph(t);
}

static void tell_backward(struct teller *t, size_t i, int pass)
{
    (void)i;
    cr_text_add(&t->t, "Backward pass");
    t->p->kind->heading(t->p, 2, cr_text_str(&t->t));
    cr_text_clear(&t->t);
    if (!pass && !t->x->why) {
        cr_text_add(
            &t->t,
            "Now the chain rule, from the loss back to the inputs: each number computed on the "
            "way is used again for everything before it.");
        cr_tell_paragraph(t);
    }
}

void cr_narrate(struct explanation *x, struct paper *p)
{
    struct teller t = {.x = x, .p = p};
    int told[3] = {0}, backward = -1, gradient_pass = -1;
    tell_title(&t);
    tell_fold(&t);
    cr_tell_row(&t);
    cr_tell_setup(&t);
    cr_tell_network(&t);
    for (size_t i = 0; i < x->n;) {
        const struct xstep *s = &x->step[i];
        const int by_layer = s->group == GROUP_DELTA || s->group == GROUP_GRADIENT;
        const size_t end = run_end(x, i, by_layer);
        if (s->group == GROUP_UPDATE && gradient_pass == s->pass && !x->why) {
            if (!s->pass)
                cr_tell_values(&t, 0, 1);
            tell_checklist(&t, s->pass);
            gradient_pass = -1;
        }
        if (any_wanted(x, i, end)) {
            if (by_layer && backward != s->pass)
                tell_backward(&t, i, backward = s->pass);
            switch (s->group) {
            case GROUP_GIVEN: break;
            case GROUP_FORWARD:
                tell_forward(&t, i, end, x->trace->updates > 1);
                if (!s->pass)
                    cr_tell_answer(&t);
                break;
            case GROUP_LOSS: tell_loss(&t, i, end); break;
            case GROUP_DELTA: tell_deltas(&t, i, end, told); break;
            case GROUP_GRADIENT:
                gradient_pass = s->pass;
                tell_gradients(&t, i, end, &told[2]);
                break;
            case GROUP_UPDATE: tell_update(&t, i, end); break;
            case GROUP_VERIFY:
                p->kind->heading(p, 2,
                                 x->trace->updates > 1 ? "Forward pass after the last update"
                                                       : "Second forward pass");
                cr_tell_steps(&t, i, end, (struct telling){.labels = 1, .examples = 1});
                break;
            case GROUP_COMPARE: tell_comparison(&t, i, end); break;
            }
        }
        i = end;
    }
    if (x->trace->forward_only && !x->why) {
        cr_text_add(&t.t, "No target is given, so there is no loss, and nothing to go back from.");
        cr_tell_paragraph(&t);
    }
    p->r->failed |= t.t.failed;
    cr_text_free(&t.t);
    cr_render_piece(p->r);
}
