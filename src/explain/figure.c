#include "explain/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD = 3, /* units of a long layer before the dots; its last one comes after them */
    NODE_HEIGHT = 34,
    LINE_HEIGHT = 17,
    LINES = 6,
    SMALL = 12,
    MARGIN = 16,
    MOST_NAME = 14,   /* characters of a name within a node */
    NAMED_EDGES = 12, /* so many weights are written with their symbols */
    TRIES = 16
};

struct node {
    int layer; /* -1: an input */
    size_t unit;
    int dots; /* stands for those that are not drawn */
    const char *name;
    struct symbol line[LINES]; /* below it */
    int n_lines, active;
    double x, y, width; /* its middle */
    double wide;        /* with the lines below it */
};

struct edge {
    size_t from, to; /* nodes */
    int value;       /* of the tape: the parameter; -1: passed on as it is */
    size_t index;
    double weight;
    struct symbol label; /* {NULL, NULL}: none */
    int active;
    double x, y, wide; /* of the label: its middle, its width */
};

struct figure {
    struct explanation *x;
    const struct figure_options *o;
    struct arena *a;
    struct node *node;
    struct edge *edge;
    size_t n_nodes, n_edges, n_columns;
    size_t *first; /* [n_columns + 1] nodes before the column */
    int schematic, failed;
    double stretch, width, height;
};

static const char *sure(struct figure *f, const char *s)
{
    f->failed |= !s;
    return s ? s : "";
}

static size_t units_of(const struct figure *f, int layer)
{
    const struct spec *spec = f->x->net->spec;
    return layer < 0 ? spec->n_inputs : spec->layer[layer].units;
}

static const char *name_of(const struct figure *f, int layer, size_t unit)
{
    const struct spec *spec = f->x->net->spec;
    return layer < 0 ? spec->input_names[unit] : spec->layer[layer].unit_names[unit];
}

static const char *short_name(struct figure *f, const char *name)
{
    const size_t size = strlen(name);
    unsigned code;
    size_t n = 0, count = 0;
    while (n < size && count++ < MOST_NAME)
        n += cr_utf8_next(name + n, size - n, &code);
    return sure(f, n < size ? cr_arena_printf(f->a, "%.*s…", (int)n, name)
                            : cr_arena_strdup(f->a, name));
}

/* The number as it is displayed; *exact: whether that is the value. */
static const struct expr *number(struct figure *f, int value, size_t row, size_t index, int *exact)
{
    char shown[DECIMAL_SIZE];
    const struct explanation *x = f->x;
    const int per_row = x->trace->tape->value[value].extent == PER_ROW;
    const size_t at = cr_trace_at(x->trace, value, per_row ? row : 0, index);
    const struct rational *known = x->trace->exact ? x->trace->exact[f->o->pass][at] : NULL;
    const double v = x->trace->value[f->o->pass][at];
    cr_decimal(shown, &x->rule, v, known, exact);
    *exact = *exact && (known || x->trace->type == CR_F32);
    return cr_expr_shown(f->a, v, cr_arena_strdup(f->a, shown));
}

/* `w11 = 0.25`, or the number alone, in one style. */
static const char *written(struct figure *f, const char *symbol, const struct expr *shown,
                           int exact, enum expr_style style)
{
    struct text out = {0};
    if (symbol)
        cr_text_printf(&out, "%s %s ", symbol,
                       exact                 ? "="
                       : style == EXPR_LATEX ? "\\approx"
                                             : "≈");
    cr_expr_print(&out, shown, style);
    const char *s = sure(f, cr_arena_strdup(f->a, cr_text_str(&out)));
    f->failed |= out.failed;
    cr_text_free(&out);
    return s;
}

static struct symbol equation(struct figure *f, int value, size_t row, size_t index, int named)
{
    int exact = 0;
    const int verify = f->o->pass == f->x->trace->updates;
    const struct expr *shown = number(f, value, row, index, &exact);
    struct symbol s = {NULL, NULL};
    if (named)
        s = cr_names_symbol(&f->x->names, value, row, (long)index, verify);
    f->failed |= !shown || (named && (!s.text || !s.latex));
    return (struct symbol){written(f, s.text, shown, exact, EXPR_TEXT),
                           written(f, s.latex, shown, exact, EXPR_LATEX)};
}

/* Nodes. */

static void add_line(struct figure *f, struct node *node, int value, size_t index)
{
    if (node->n_lines < LINES)
        node->line[node->n_lines++] = equation(f, value, f->o->row, index, 1);
}

/* Whether a value of a node's layer is written below it. */
static int is_told(const struct figure *f, const struct value *v)
{
    const enum figure_show show = f->o->show;
    const struct tape *t = f->x->trace->tape;
    switch (v->role) {
    case ROLE_INPUT: return v->layer < 0 && show == FIGURE_VALUES;
    case ROLE_PRE: return show == FIGURE_VALUES;
    case ROLE_JOIN:
        return show != FIGURE_WEIGHTS && f->x->net->spec->layer[v->layer].kind != LAYER_DENSE;
    case ROLE_ACT: return show != FIGURE_WEIGHTS;
    case ROLE_GRAD: return show == FIGURE_DELTAS && t->value[v->of].role == ROLE_PRE;
    case ROLE_PARAM: return show == FIGURE_WEIGHTS && t->net->param[v->param].kind == PARAM_BIAS;
    default: return 0;
    }
}

static void fill_node(struct figure *f, struct node *node)
{
    const struct tape *t = f->x->trace->tape;
    node->name = short_name(f, name_of(f, node->layer, node->unit));
    for (int v = 0; v < t->n_values; v++) {
        const struct value *value = &t->value[v];
        const size_t n = units_of(f, node->layer);
        if (value->layer != node->layer || !is_told(f, value))
            continue;
        if (value->cols == n)
            add_line(f, node, v, node->unit);
        else if (value->role == ROLE_PARAM && value->cols == 1)
            add_line(f, node, v, 0);
    }
    const int last = (int)f->x->net->spec->n_layers - 1;
    if (node->layer == last && f->o->show == FIGURE_VALUES && !f->x->trace->forward_only &&
        t->target >= 0 && t->value[t->target].cols == units_of(f, last))
        add_line(f, node, t->target, node->unit);
}

static void add_column(struct figure *f, int layer)
{
    const size_t n = units_of(f, layer);
    for (size_t i = 0; i < n; i++) {
        const int dots = n > FIGURE_UNITS && i == HEAD;
        struct node *node = &f->node[f->n_nodes++];
        *node = (struct node){.layer = layer, .unit = i, .dots = dots, .name = "⋮"};
        if (dots)
            i = n - 2;
        else
            fill_node(f, node);
        node->width = NODE_HEIGHT;
        const double wide = cr_text_width(node->name, (struct lettering){.size = SMALL + 1}) + 20;
        node->width = wide > node->width ? wide : node->width;
    }
    f->first[layer + 2] = f->n_nodes;
}

/* The node of a unit; n_nodes where it is not drawn. */
static size_t node_of(const struct figure *f, int layer, size_t unit)
{
    for (size_t i = f->first[layer + 1]; i < f->first[layer + 2]; i++)
        if (f->node[i].unit == unit && !f->node[i].dots)
            return i;
    return f->n_nodes;
}

/* Edges. */

static int param_value(const struct figure *f, int layer, enum param_kind kind)
{
    const struct tape *t = f->x->trace->tape;
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == ROLE_PARAM && t->value[v].layer == layer &&
            t->net->param[t->value[v].param].kind == kind)
            return v;
    return -1;
}

static void add_edge(struct figure *f, int from, size_t from_unit, int to, size_t to_unit,
                     int value, size_t index)
{
    const size_t a = node_of(f, from, from_unit), b = node_of(f, to, to_unit);
    if (a == f->n_nodes || b == f->n_nodes)
        return;
    struct edge *e = &f->edge[f->n_edges++];
    *e = (struct edge){.from = a, .to = b, .value = value, .index = index, .weight = 1};
    if (value >= 0)
        e->weight = f->x->trace->value[f->o->pass][cr_trace_at(f->x->trace, value, 0, index)];
}

/* A dense layer reads what its sources have, end to end; others pass values on one by one. */
static void add_edges(struct figure *f, int layer)
{
    const struct spec_layer *l = &f->x->net->spec->layer[layer];
    const int dense = l->kind == LAYER_DENSE;
    const int value = param_value(f, layer, dense ? PARAM_WEIGHT : PARAM_SCALE);
    const size_t fan_in = cr_spec_fan_in(f->x->net->spec, (size_t)layer);
    size_t before = 0;
    for (int s = 0; s < l->n_from; s++) {
        const size_t n = units_of(f, l->from[s]);
        for (size_t k = 0; k < n; k++) {
            if (node_of(f, l->from[s], k) == f->n_nodes)
                continue;
            if (!dense) {
                const size_t unit = l->kind == LAYER_CONCAT ? before + k : k;
                add_edge(f, l->from[s], k, layer, unit, value, unit);
                continue;
            }
            for (size_t j = 0; j < l->units; j++)
                add_edge(f, l->from[s], k, layer, j, value, j * fan_in + before + k);
        }
        before += n;
    }
}

/* Room for all. */
static size_t count_edges(const struct figure *f)
{
    const struct spec *spec = f->x->net->spec;
    size_t n = 0;
    for (size_t l = 0; l < spec->n_layers; l++)
        for (int s = 0; s < spec->layer[l].n_from; s++) {
            const size_t from = (size_t)spec->layer[l].from[s] + 1;
            n += (f->first[from + 1] - f->first[from]) * (f->first[l + 2] - f->first[l + 1]);
        }
    return n;
}

/* What a step is about. */

static int is_outwards(const struct tape *t, const struct value *v)
{
    return v->role == ROLE_GRAD || v->role == ROLE_DERIVATIVE || v->role == ROLE_PART ||
           (v->of >= 0 && t->value[v->of].role == ROLE_GRAD);
}

static void mark_parameter(struct figure *f, int param, long index)
{
    const struct tape *t = f->x->trace->tape;
    for (size_t i = 0; i < f->n_edges; i++) {
        struct edge *e = &f->edge[i];
        e->active = e->value >= 0 && t->value[e->value].param == param &&
                    (index == WHOLE || e->index == (size_t)index);
        if (e->active)
            f->node[e->from].active = f->node[e->to].active = 1;
    }
    for (size_t i = 0; i < f->n_nodes; i++)
        if (t->net->param[param].kind == PARAM_BIAS &&
            f->node[i].layer == t->net->param[param].layer &&
            (index == WHOLE || f->node[i].unit == (size_t)index))
            f->node[i].active = 1;
}

static void mark(struct figure *f)
{
    const struct xstep *s = f->o->step < 0 ? NULL : &f->x->step[f->o->step];
    const struct tape *t = f->x->trace->tape;
    const int last = (int)f->x->net->spec->n_layers - 1;
    const struct value *v = s && s->value >= 0 ? &t->value[s->value] : NULL;
    const int whole = !v || v->extent == SCALAR || v->role == ROLE_LOSS_EACH;
    const int layer = v && (v->role == ROLE_TARGET || v->role == ROLE_SMOOTHED) ? last
                      : v                                                       ? v->layer
                                                                                : last;
    if (v && v->extent == PER_NET) {
        mark_parameter(f, v->param, s->index);
        return;
    }
    for (size_t i = 0; i < f->n_nodes; i++) {
        struct node *n = &f->node[i];
        n->active =
            !s || (whole ? n->layer == last
                         : n->layer == layer && (s->index == WHOLE || n->unit == (size_t)s->index));
    }
    for (size_t i = 0; i < f->n_edges; i++) {
        struct edge *e = &f->edge[i];
        const size_t end = v && is_outwards(t, v) ? e->from : e->to;
        e->active = !s || (!whole && f->node[end].active && f->node[end].layer == layer);
    }
    for (size_t i = 0; s && i < f->n_edges; i++)
        if (f->edge[i].active)
            f->node[f->edge[i].from].active = f->node[f->edge[i].to].active = 1;
}

/* Places. */

static struct area node_area(const struct node *n)
{
    return (struct area){n->x - n->wide / 2, n->y - NODE_HEIGHT / 2.0 - 2, n->x + n->wide / 2,
                         n->y + NODE_HEIGHT / 2.0 + n->n_lines * LINE_HEIGHT + 4};
}

static double latex_width(const char *latex)
{
    return cr_text_width(latex, (struct lettering){.latex = 1, .size = SMALL});
}

/* Widths once, before places are tried. */
static void measure(struct figure *f)
{
    for (size_t i = 0; i < f->n_nodes; i++) {
        struct node *n = &f->node[i];
        n->wide = n->width;
        for (int k = 0; k < n->n_lines; k++)
            n->wide = fmax(n->wide, latex_width(n->line[k].latex) + 4);
    }
    for (size_t i = 0; i < f->n_edges; i++)
        if (f->edge[i].label.latex)
            f->edge[i].wide = latex_width(f->edge[i].label.latex) + 6;
}

static struct area label_area(const struct edge *e, double x, double y)
{
    const double half = e->wide / 2;
    return (struct area){x - half, y - 9, x + half, y + 8};
}

static void place_nodes(struct figure *f)
{
    double left = MARGIN, tallest = 0, *total = arena_new(f->a, double, f->n_columns);
    if (!total) {
        f->failed = 1;
        return;
    }
    double widest = 60;
    for (size_t i = 0; i < f->n_edges; i++)
        if (f->edge[i].label.latex)
            widest = fmax(widest, f->edge[i].wide);
    for (size_t c = 0; c < f->n_columns; c++) {
        double wide = 0;
        for (size_t i = f->first[c]; i < f->first[c + 1]; i++) {
            struct node *n = &f->node[i];
            n->x = n->y = 0;
            const struct area a = node_area(n);
            wide = fmax(wide, a.x2 - a.x1);
            n->y = total[c] - a.y1;
            total[c] += a.y2 - a.y1 + 20 * f->stretch;
        }
        total[c] -= 20 * f->stretch;
        for (size_t i = f->first[c]; i < f->first[c + 1]; i++)
            f->node[i].x = left + wide / 2;
        left += wide + (60 + widest) * (0.7 + 0.3 * f->stretch);
        f->width = left - (60 + widest) * (0.7 + 0.3 * f->stretch) + MARGIN;
        tallest = fmax(tallest, total[c]);
    }
    for (size_t c = 0; c < f->n_columns; c++)
        for (size_t i = f->first[c]; i < f->first[c + 1]; i++)
            f->node[i].y += MARGIN + (tallest - total[c]) / 2;
    f->height = tallest + 2 * MARGIN;
}

enum { CORNERS = 32 };

/* An edge's corners: straight to the next column; between the nodes of a column that it passes
 * by. Returns how many. */
static size_t corners(const struct figure *f, const struct edge *e, double xy[2 * CORNERS])
{
    const struct node *a = &f->node[e->from], *b = &f->node[e->to];
    const double x1 = a->x + a->width / 2, x2 = b->x - b->width / 2;
    size_t n = 0;
    xy[0] = x1, xy[1] = a->y, n = 1;
    for (int c = a->layer + 2; c < b->layer + 1 && n + 3 < CORNERS; c++) {
        const size_t first = f->first[c], end = f->first[c + 1];
        const double x = f->node[first].x, want = a->y + (b->y - a->y) * (x - x1) / (x2 - x1);
        double best = node_area(&f->node[first]).y1 - 10, wide = 0;
        for (size_t i = first; i < end; i++) {
            const struct area area = node_area(&f->node[i]);
            const double below =
                i + 1 < end ? (area.y2 + node_area(&f->node[i + 1]).y1) / 2 : area.y2 + 10;
            best = fabs(below - want) < fabs(best - want) ? below : best;
            wide = fmax(wide, area.x2 - area.x1);
        }
        xy[2 * n] = x - wide / 2 - 4, xy[2 * n + 1] = best, n++;
        xy[2 * n] = x + wide / 2 + 4, xy[2 * n + 1] = best, n++;
    }
    xy[2 * n] = x2, xy[2 * n + 1] = b->y;
    return n + 1;
}

static int is_free(const struct figure *f, size_t edge, struct area a)
{
    for (size_t i = 0; i < f->n_nodes; i++)
        if (cr_areas_overlap(a, node_area(&f->node[i])))
            return 0;
    for (size_t i = 0; i < edge; i++)
        if (f->edge[i].label.latex &&
            cr_areas_overlap(a, label_area(&f->edge[i], f->edge[i].x, f->edge[i].y)))
            return 0;
    return 1;
}

/* Put each label on its edge's last part, as near to the middle as there is room. */
static int place_labels(struct figure *f)
{
    for (size_t i = 0; i < f->n_edges; i++) {
        struct edge *e = &f->edge[i];
        if (!e->label.latex)
            continue;
        double xy[2 * CORNERS];
        const size_t n = corners(f, e, xy);
        const double *p = xy + 2 * (n - 2);
        int placed = 0;
        for (int k = 0; k < 41 && !placed; k++) {
            const double t = 0.5 + (k % 2 ? 1 : -1) * ((k + 1) / 2) * 0.02;
            e->x = p[0] + t * (p[2] - p[0]);
            e->y = p[1] + t * (p[3] - p[1]);
            placed = is_free(f, i, label_area(e, e->x, e->y));
        }
        if (!placed)
            return 0;
    }
    return 1;
}

static void label_edges(struct figure *f)
{
    const int named = f->n_edges <= NAMED_EDGES && f->o->show == FIGURE_WEIGHTS;
    for (size_t i = 0; i < f->n_edges; i++) {
        struct edge *e = &f->edge[i];
        if (e->value >= 0 && e->active && !f->schematic)
            e->label = equation(f, e->value, 0, e->index, named);
    }
}

/* Drawing. */

static void draw_edge(struct figure *f, const struct edge *e, struct drawing *d, double largest)
{
    double xy[2 * CORNERS];
    const size_t n = corners(f, e, xy);
    const int signed_ = e->active && e->value >= 0;
    struct pen pen = {.ink = INK_GREY, .width = 0.75};
    if (e->active)
        pen = (struct pen){.ink = INK_TEXT, .width = 1.2};
    if (signed_) {
        pen.ink = e->weight < 0 ? INK_NEGATIVE : INK_POSITIVE;
        pen.dash = e->weight < 0;
        pen.width = isfinite(e->weight) ? 0.9 + 2.6 * fabs(e->weight) / largest : 0.9;
    }
    cr_draw_path(d, xy, n, pen);
}

static void draw_node(const struct node *n, const struct figure *f, struct drawing *d)
{
    const struct pen ink = {.ink = n->active ? INK_TEXT : INK_QUIET},
                     outline = {.ink = n->active ? INK_TEXT : INK_GREY, .width = 1.3};
    const int marked = n->active && f->o->step >= 0;
    if (!n->dots)
        cr_draw_box(d, n->x - n->width / 2, n->y - NODE_HEIGHT / 2.0, n->width, NODE_HEIGHT,
                    NODE_HEIGHT / 2.0, outline, marked ? INK_MARKED : INK_PAPER);
    cr_draw_text(d, n->x, n->y + 5, n->name, ink,
                 (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL + 1});
    for (int i = 0; i < n->n_lines; i++)
        cr_draw_text(
            d, n->x, n->y + NODE_HEIGHT / 2.0 + (i + 1) * LINE_HEIGHT - 3, n->line[i].latex, ink,
            (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL, .latex = 1, .halo = 1});
}

static void draw(struct figure *f, struct drawing *d)
{
    double largest = 0;
    for (size_t i = 0; i < f->n_edges; i++)
        if (f->edge[i].value >= 0 && isfinite(f->edge[i].weight))
            largest = fmax(largest, fabs(f->edge[i].weight));
    if (largest == 0)
        largest = 1;
    cr_drawing_size(d, ceil(f->width), ceil(f->height));
    for (int active = 0; active < 2; active++)
        for (size_t i = 0; i < f->n_edges; i++)
            if (f->edge[i].active == active)
                draw_edge(f, &f->edge[i], d, largest);
    for (size_t i = 0; i < f->n_nodes; i++)
        draw_node(&f->node[i], f, d);
    for (size_t i = 0; i < f->n_edges; i++)
        if (f->edge[i].label.latex)
            cr_draw_text(
                d, f->edge[i].x, f->edge[i].y + 4, f->edge[i].label.latex,
                (struct pen){.ink = INK_TEXT},
                (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL, .latex = 1, .halo = 1});
}

/* Words. */

static void list_units(const struct figure *f, int layer, struct text *out)
{
    const size_t n = units_of(f, layer);
    for (size_t i = 0; i < n && i < FIGURE_UNITS; i++)
        cr_text_printf(out, "%s%s", i ? ", " : "", name_of(f, layer, i));
    cr_text_add(out, n > FIGURE_UNITS ? ", …" : "");
}

static void describe_network(const struct figure *f, struct text *out)
{
    const struct spec *spec = f->x->net->spec;
    cr_text_printf(out, "A network with %zu input%s (", spec->n_inputs,
                   spec->n_inputs == 1 ? "" : "s");
    list_units(f, -1, out);
    cr_text_add(out, ")");
    for (size_t l = 0; l < spec->n_layers; l++) {
        cr_text_printf(out, ", then layer %s of %zu unit%s (", spec->layer[l].name,
                       spec->layer[l].units, spec->layer[l].units == 1 ? "" : "s");
        list_units(f, (int)l, out);
        cr_text_add(out, ")");
    }
    cr_text_add(out, ".");
}

/* A part is described by what is in it; the rest is grey. */
static void describe(const struct figure *f, struct text *out)
{
    int some = 0;
    if (f->o->step < 0)
        describe_network(f, out);
    for (size_t i = 0; i < f->n_edges; i++) {
        const struct edge *e = &f->edge[i];
        if (!e->label.latex)
            continue;
        cr_text_printf(out, "%s%s to %s ",
                       some++           ? "; "
                       : f->o->step < 0 ? " Weights: "
                                        : "Weights: ",
                       f->node[e->from].name, f->node[e->to].name);
        cr_text_add(out, e->label.text);
    }
    cr_text_add(out, some ? "." : "");
    some = 0;
    for (size_t i = 0; i < f->n_nodes; i++) {
        for (int k = 0; k < f->node[i].n_lines && f->node[i].active; k++) {
            cr_text_add(out, some++ ? "; " : " At the nodes: ");
            cr_text_add(out, f->node[i].line[k].text);
        }
    }
    cr_text_add(out, some ? "." : "");
}

static void entitle(const struct figure *f, struct text *out)
{
    static const char *const what[] = {"The network and its weights",
                                       "The values of the forward pass", "Activations and deltas"};
    const int updates = f->x->trace->updates;
    if (f->o->step >= 0)
        cr_text_printf(out, "What %s is computed from", f->x->step[f->o->step].symbol.text);
    else
        cr_text_add(out, what[f->o->show]);
    if (f->o->step < 0 && f->o->pass == updates)
        cr_text_printf(out, " after %d update%s", updates, updates == 1 ? "" : "s");
}

void cr_figure_draw(struct explanation *x, const struct figure_options *options, struct drawing *d,
                    struct text *title, struct text *words)
{
    const struct spec *spec = x->net->spec;
    struct arena a = {0};
    struct figure f = {.x = x, .o = options, .a = &a, .n_columns = spec->n_layers + 1};
    f.node = arena_new(&a, struct node, (FIGURE_UNITS + 1) * f.n_columns);
    f.first = arena_new(&a, size_t, f.n_columns + 1);
    if (f.node && f.first) {
        for (size_t c = 0; c < f.n_columns; c++) {
            f.schematic |= units_of(&f, (int)c - 1) > FIGURE_UNITS;
            add_column(&f, (int)c - 1);
        }
        f.edge = arena_new(&a, struct edge, count_edges(&f) + 1);
    }
    if (!f.node || !f.first || !f.edge) {
        d->failed = 1;
        cr_arena_free(&a);
        return;
    }
    for (size_t l = 0; l < spec->n_layers; l++)
        add_edges(&f, (int)l);
    mark(&f);
    label_edges(&f);
    measure(&f);
    f.stretch = 1;
    for (int i = 0; i < TRIES; i++, f.stretch *= 1.2) {
        place_nodes(&f);
        if (f.failed || place_labels(&f))
            break;
    }
    draw(&f, d);
    entitle(&f, title);
    describe(&f, words);
    d->failed |= f.failed;
    cr_arena_free(&a);
}
