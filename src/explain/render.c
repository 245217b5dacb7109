#include "explain/render.h"

#include <stdlib.h>
#include <string.h>

#include "chainrule/model.h"
#include "doc/json.h"

void cr_render_piece(struct rendering *r)
{
    if (r->n_pieces && r->piece[r->n_pieces - 1] == r->out->len)
        return;
    if (r->n_pieces == r->room) {
        const size_t room = r->room ? 2 * r->room : 64;
        size_t *grown = realloc(r->piece, room * sizeof *grown);
        if (!grown) {
            r->failed = 1;
            return;
        }
        r->piece = grown;
        r->room = room;
    }
    r->piece[r->n_pieces++] = r->out->len;
}

struct beside *cr_render_beside(struct rendering *r, int number)
{
    if (r->n_beside == r->beside_room) {
        const size_t room = r->beside_room ? 2 * r->beside_room : 16;
        struct beside *grown = realloc(r->beside, room * sizeof *grown);
        if (!grown) {
            r->failed = 1;
            return NULL;
        }
        r->beside = grown;
        r->beside_room = room;
    }
    const char *name = cr_arena_printf(&r->names, "%s-figure-%d.svg", r->figures, number);
    if (!name) {
        r->failed = 1;
        return NULL;
    }
    r->beside[r->n_beside] = (struct beside){.name = name};
    return &r->beside[r->n_beside++];
}

void cr_rendering_free(struct rendering *r)
{
    for (size_t i = 0; i < r->n_beside; i++)
        cr_text_free(&r->beside[i].text);
    free(r->beside);
    free(r->piece);
    cr_arena_free(&r->names);
}

void cr_render_shown(struct text *out, const struct xstep *s, enum expr_style style)
{
    cr_expr_print(out, s->shown, style);
    if (s->derived == DERIVED_PER_CENT || s->derived == DERIVED_ERROR_PER_CENT)
        cr_text_add(out, style == EXPR_LATEX ? "\\,\\%" : " %");
}

static int same(const struct text *a, const struct text *b)
{
    return strcmp(cr_text_str(a), cr_text_str(b)) == 0;
}

int cr_render_chain(const struct xstep *s, enum expr_style style, struct text form[CHAIN_FORMS])
{
    struct text shown = {0};
    int n = 0;
    cr_expr_print(&shown, s->shown, style);
    for (int i = 0; i <= s->n_symbolic; i++) {
        const struct expr *e = i < s->n_symbolic ? s->symbolic[i] : s->substituted;
        if (!e)
            continue;
        form[n] = (struct text){0};
        cr_expr_print(&form[n], e, style);
        if (same(&form[n], &shown) || (n && same(&form[n], &form[n - 1])))
            cr_text_free(&form[n]);
        else
            n++;
    }
    cr_text_free(&shown);
    return n;
}

static void joined(struct text *out, const struct expr *const *e, int n)
{
    for (int i = 0; i < n; i++) {
        if (i)
            cr_text_add(out, " = ");
        cr_expr_print(out, e[i], EXPR_TEXT);
    }
}

static void json_value(struct json *j, const struct xstep *s)
{
    if (!s->matrix) {
        cr_json_f64(j, "value", s->values[0]);
        return;
    }
    cr_json_open_inline(j, "value", '[');
    for (size_t r = 0; r < s->rows; r++) {
        cr_json_open_inline(j, NULL, '[');
        for (size_t c = 0; c < s->cols; c++)
            cr_json_f64(j, NULL, s->values[r * s->cols + c]);
        cr_json_close(j);
    }
    cr_json_close(j);
}

/* s->reads are numbers of the steps at `of`. */
static void json_step(struct json *j, const struct xstep *of, const struct xstep *s)
{
    struct text symbolic = {0}, substituted = {0}, shown = {0};
    joined(&symbolic, s->symbolic, s->n_symbolic);
    if (s->substituted)
        cr_expr_print(&substituted, s->substituted, EXPR_TEXT);
    cr_render_shown(&shown, s, EXPR_TEXT);
    cr_json_open(j, NULL, '{');
    cr_json_string(j, "id", s->id);
    cr_json_string(j, "phase", cr_xphase_name(s->phase));
    cr_json_string(j, "symbol", s->symbol.text);
    cr_json_string(j, "symbolic", cr_text_str(&symbolic));
    cr_json_string(j, "substituted", cr_text_str(&substituted));
    json_value(j, s);
    cr_json_string(j, "shown", cr_text_str(&shown));
    cr_json_bool(j, "exact", s->exact);
    cr_json_bool(j, "unrounded_factors", s->unrounded);
    cr_json_open_inline(j, "reads", '[');
    for (int i = 0; i < s->n_reads; i++)
        cr_json_string(j, NULL, of[s->reads[i]].id);
    cr_json_close(j);
    cr_json_close(j);
    j->out->failed |= symbolic.failed | substituted.failed | shown.failed;
    cr_text_free(&symbolic);
    cr_text_free(&substituted);
    cr_text_free(&shown);
}

static void json_network(struct json *j, const struct explanation *x)
{
    const struct spec *spec = x->net->spec;
    cr_json_open(j, "network", '{');
    if (spec->title)
        cr_json_string(j, "title", spec->title);
    cr_json_string(j, "type", x->net->type == CR_F32 ? "float32" : "float64");
    cr_json_open_inline(j, "inputs", '[');
    for (size_t i = 0; i < spec->n_inputs; i++)
        cr_json_string(j, NULL, spec->input_names[i]);
    cr_json_close(j);
    cr_json_open(j, "layers", '[');
    for (size_t i = 0; i < spec->n_layers; i++) {
        const struct spec_layer *l = &spec->layer[i];
        const struct activation_row *row = cr_activation_row(l->act.row);
        cr_json_open_inline(j, NULL, '{');
        cr_json_string(j, "name", l->name);
        cr_json_string(j, "kind", cr_layer_kind_name(l->kind));
        cr_json_string(j, "activation", row ? row->name : l->act.text ? l->act.text : "");
        cr_json_open_inline(j, "units", '[');
        for (size_t u = 0; u < l->units; u++)
            cr_json_string(j, NULL, l->unit_names[u]);
        cr_json_close(j);
        cr_json_close(j);
    }
    cr_json_close(j);
    cr_json_string(j, "loss", cr_loss_row(spec->loss.row)->name);
    cr_json_string(j, "reduction", spec->loss.reduction == REDUCE_MEAN ? "mean" : "sum");
    cr_json_f64(j, "learning_rate", x->trace->rate);
    cr_json_close(j);
}

/* What a trained model's row has in words; its numbers are steps. */
static void json_row(struct json *j, const struct explanation *x)
{
    const cr_preparation *p = x->preparation;
    if (!p)
        return;
    cr_json_open(j, "row", '{');
    cr_json_string(j, "scaling", cr_scaling_name(p->scaling));
    cr_json_open(j, "inputs", '[');
    for (size_t i = 0; i < p->n; i++) {
        const cr_prepared *in = &p->input[i];
        cr_json_open_inline(j, NULL, '{');
        cr_json_string(j, "name", in->input);
        cr_json_string(j, "column", in->column);
        if (in->cell)
            cr_json_string(j, "cell", in->cell);
        cr_json_string(j, "meaning", in->meaning);
        cr_json_close(j);
    }
    cr_json_close(j);
    cr_json_string(j, "target", cr_model_target(p->model));
    if (p->label)
        cr_json_string(j, "label", p->label);
    if (x->decision)
        cr_json_string(j, "answer", x->decision);
    cr_json_close(j);
}

void cr_render_json(struct explanation *x, struct rendering *r)
{
    struct json j = {.out = r->out};
    cr_json_open(&j, NULL, '{');
    cr_json_string(&j, "format", "chainrule explain");
    cr_json_int(&j, "version", 1);
    json_network(&j, x);
    cr_json_string(&j, "notation", x->notation.name);
    cr_json_string(&j, "form", x->matrix ? "matrix" : "scalar");
    cr_json_string(&j, "carry", x->carry ? "displayed" : "full");
    cr_json_int(&j, "examples", (int64_t)x->trace->rows);
    cr_json_int(&j, "iterations", x->trace->updates);
    if (x->why)
        cr_json_string(&j, "why", x->why);
    json_row(&j, x);
    cr_json_open(&j, "steps", '[');
    for (size_t i = 0; i < x->n_prepare; i++)
        json_step(&j, x->prepare, &x->prepare[i]);
    for (size_t i = 0; i < x->n; i++)
        if (x->step[i].wanted)
            json_step(&j, x->step, &x->step[i]);
    if (x->answer)
        json_step(&j, x->step, x->answer);
    cr_json_close(&j);
    cr_json_close(&j);
    cr_render_piece(r);
}
