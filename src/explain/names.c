#include "explain/names.h"

#include <stdio.h>
#include <string.h>

#include "doc/escape.h"
#include "explain/pattern.h"

int cr_step_is_alias(const struct step *s, size_t rows)
{
    return s->op == OP_CONCAT || s->op == OP_SLICE || (s->op == OP_TOTAL && rows == 1);
}

void cr_names_resolve(const struct tape *t, size_t rows, int *value, size_t *index)
{
    while (t->value[*value].maker >= 0) {
        const struct step *s = &t->step[t->value[*value].maker];
        if (!cr_step_is_alias(s, rows))
            return;
        int i = 0;
        if (s->op == OP_CONCAT)
            while (*index >= t->value[s->in[i]].cols)
                *index -= t->value[s->in[i++]].cols;
        if (s->op == OP_SLICE)
            *index += s->begin;
        *value = s->in[i];
    }
}

cr_status cr_names_init(struct names *n, struct arena *a, const struct tape *tape,
                        const struct notation *notation, size_t rows, int *failed, cr_error *err)
{
    const cr_net *net = tape->net;
    const struct spec *spec = net->spec;
    *n = (struct names){
        .a = a, .tape = tape, .spec = spec, .notation = notation, .rows = rows, .failed = failed};
    n->node = arena_new(a, size_t, spec->n_layers + 1);
    n->number = arena_new(a, size_t, net->n_params + 1);
    if (!n->node || !n->number)
        return cr_fail_memory(err);
    size_t nodes = 0, numbers[PARAM_KINDS] = {0};
    for (size_t i = 0; i < spec->n_layers; i++) {
        n->node[i] = nodes;
        const int acts = cr_tape_find(tape, ROLE_ACT, -1, (int)i) >= 0;
        if (spec->layer[i].kind != LAYER_CONCAT || acts)
            nodes += spec->layer[i].units;
    }
    for (size_t g = 0; g < net->n_params; g++) {
        n->number[g] = numbers[net->param[g].kind];
        numbers[net->param[g].kind] += net->param[g].rows * net->param[g].cols;
    }
    n->commas = nodes > 9 || spec->n_inputs > 9;
    return CR_OK;
}

const char *cr_names_sure(const struct names *n, const char *s)
{
    if (!s)
        *n->failed = 1;
    return s ? s : "";
}

static const char *number(const struct names *n, size_t v)
{
    return cr_names_sure(n, cr_arena_printf(n->a, "%zu", v));
}

static void set(struct slots *s, enum slot slot, const char *text)
{
    s->at[slot].text = text;
}

static void set_symbol(struct slots *s, enum slot slot, struct symbol symbol)
{
    s->at[slot].text = symbol.text;
    s->at[slot].latex = symbol.latex;
}

static struct symbol whole_symbol(const struct names *n, struct symbol s)
{
    return (struct symbol){cr_names_sure(n, s.text), cr_names_sure(n, s.latex)};
}

/* A name from the file: cleaned for text, with spaces joined so that it stays one word. */
static void set_name(const struct names *n, struct slots *s, enum slot slot, const char *name)
{
    struct text t = {0};
    cr_escape_plain(&t, name);
    for (size_t i = 0; i < t.len; i++)
        if (t.s[i] == ' ')
            t.s[i] = '_';
    if (t.failed)
        *n->failed = 1;
    s->at[slot].text = cr_names_sure(n, cr_arena_strdup(n->a, t.len ? t.s : "?"));
    for (int inner = 0; inner < 2; inner++) {
        cr_text_clear(&t);
        cr_latex_name(&t, *name ? name : "?", inner);
        const char *latex =
            cr_names_sure(n, t.failed ? NULL : cr_arena_strdup(n->a, cr_text_str(&t)));
        if (inner)
            s->at[slot].inner = latex;
        else
            s->at[slot].latex = latex;
    }
    cr_text_free(&t);
}

static const char *unit_name(const struct names *n, int layer, size_t index)
{
    if (layer < 0)
        return index < n->spec->n_inputs ? n->spec->input_names[index] : "";
    const struct spec_layer *l = &n->spec->layer[layer];
    return index < l->units ? l->unit_names[index] : "";
}

/* The value that a dense layer's weights are applied to. */
static int layer_input(const struct names *n, int layer)
{
    for (int i = 0; i < n->tape->n_steps; i++) {
        const struct step *s = &n->tape->step[i];
        if (s->op == OP_LINEAR && n->tape->value[s->out].layer == layer)
            return s->in[0];
    }
    return n->tape->input;
}

/* Where column `k` of a layer's weights comes from. */
struct origin {
    int layer; /* -1: an input */
    size_t index;
    int mixed; /* inputs and units both enter the layer */
};

static struct origin origin_of(const struct names *n, int layer, size_t k)
{
    int x = layer_input(n, layer);
    if (n->tape->value[x].role == ROLE_SCALED)
        x = n->tape->value[x].of;
    int v = x;
    size_t index = k;
    cr_names_resolve(n->tape, n->rows, &v, &index);
    int inputs = 0, units = 0;
    const struct value *joined = &n->tape->value[x];
    if (joined->role == ROLE_JOIN) {
        for (size_t c = 0; c < joined->cols; c++) {
            int source = x;
            size_t i = c;
            cr_names_resolve(n->tape, n->rows, &source, &i);
            if (n->tape->value[source].role == ROLE_INPUT)
                inputs = 1;
            else
                units = 1;
        }
    }
    return (struct origin){n->tape->value[v].layer, index, inputs && units};
}

static const char *origin_name(const struct names *n, struct origin o)
{
    return unit_name(n, o.layer, o.index);
}

static void fill_unit(const struct names *n, struct slots *s, int layer, size_t index)
{
    set_name(n, s, SLOT_UNIT, unit_name(n, layer, index));
    set(s, SLOT_J, number(n, index + 1));
    set(s, SLOT_I, number(n, index + 1));
    if (n->spec->n_outputs > 1)
        set(s, SLOT_K, number(n, index + 1));
    if (layer >= 0)
        set(s, SLOT_NODE, number(n, n->node[layer] + index + 1));
}

static void fill_layer(const struct names *n, struct slots *s, int layer)
{
    set(s, SLOT_LAYER, number(n, (size_t)(layer + 1)));
    set(s, SLOT_LEVEL, number(n, (size_t)(layer + 2)));
}

static void fill_weight(const struct names *n, struct slots *s, const struct value *v, size_t index)
{
    const size_t unit = index / v->cols, k = index % v->cols;
    const struct origin o = origin_of(n, v->layer, k);
    fill_unit(n, s, v->layer, unit);
    set_name(n, s, SLOT_TO_UNIT, unit_name(n, v->layer, unit));
    set_name(n, s, SLOT_FROM_UNIT, origin_name(n, o));
    set(s, SLOT_TO, s->at[SLOT_NODE].text);
    set(s, SLOT_COLUMN, number(n, k + 1));
    const size_t from = o.index + 1 + (o.layer < 0 ? 0 : n->node[o.layer]);
    set(s, SLOT_FROM,
        o.mixed && o.layer < 0 ? cr_names_sure(n, cr_arena_printf(n->a, "x%zu", from))
                               : number(n, from));
    if (n->commas || o.mixed)
        set(s, SLOT_SEP, ",");
    set(s, SLOT_N, number(n, n->number[v->param] + index + 1));
}

struct symbol cr_names_function(const struct names *n, int layer)
{
    const struct activation *act = &n->spec->layer[layer].act;
    const struct activation_row *row = cr_activation_row(act->row);
    if (row)
        return (struct symbol){row->symbol, row->latex};
    struct slots s = {0};
    set_name(n, &s, SLOT_F, act->name ? act->name : "A");
    return (struct symbol){s.at[SLOT_F].text, s.at[SLOT_F].latex};
}

static int has_activation(const struct names *n, int pre)
{
    return cr_tape_find(n->tape, ROLE_ACT, pre, -1) >= 0;
}

static int is_concat(const struct names *n, int value)
{
    const int maker = n->tape->value[value].maker;
    return maker >= 0 && n->tape->step[maker].op == OP_CONCAT;
}

static struct symbol plain(const struct names *n, enum note note)
{
    const struct slots none = {0};
    return whole_symbol(n, cr_notation_symbol(n->a, n->notation, note, &none));
}

/* Where a contribution to a gradient comes from: the layer whose delta it carries. */
static const char *via(const struct names *n, int value)
{
    const struct value *v = &n->tape->value[value];
    int from = v->maker >= 0 ? n->tape->step[v->maker].in[0] : -1;
    while (from >= 0 && n->tape->value[from].role == ROLE_GRAD &&
           n->tape->value[from].layer == v->layer && n->tape->value[from].maker >= 0)
        from = n->tape->step[n->tape->value[from].maker].in[0];
    const int layer = from >= 0 ? n->tape->value[from].layer : -1;
    return layer >= 0 ? n->spec->layer[layer].name : "";
}

static enum note note_of(const struct names *n, int value, int whole)
{
    const struct tape *t = n->tape;
    const struct value *v = &t->value[value];
    switch (v->role) {
    case ROLE_INPUT: return whole ? NOTE_INPUTS : NOTE_INPUT;
    case ROLE_TARGET: return whole ? NOTE_TARGETS : NOTE_TARGET;
    case ROLE_PARAM:
        if (t->net->param[v->param].kind == PARAM_WEIGHT)
            return whole ? NOTE_WEIGHTS : NOTE_WEIGHT;
        if (t->net->param[v->param].kind == PARAM_SLOPE)
            return NOTE_SLOPE;
        if (t->net->param[v->param].kind == PARAM_SCALE)
            return whole ? NOTE_SCALES : NOTE_SCALE;
        if (!cr_param_has_gradient(&t->net->param[v->param]))
            return NOTE_TERM;
        if (v->cols == 1 && n->spec->layer[v->layer].bias == BIAS_SHARED)
            return NOTE_SHARED_BIAS;
        return whole ? NOTE_BIASES : NOTE_BIAS;
    case ROLE_ROWS: return NOTE_COUNT;
    case ROLE_RATE: return NOTE_RATE;
    case ROLE_TIME: return NOTE_TIME;
    case ROLE_STATE:
    case ROLE_MOVE: return NOTE_STATE;
    case ROLE_MASK:
    case ROLE_NOISE:
    case ROLE_MEAN:
    case ROLE_VARIANCE:
    case ROLE_DEVIATION:
    case ROLE_NORMAL:
    case ROLE_GAIN:
    case ROLE_SHIFT:
    case ROLE_SCALED: return NOTE_TERM;
    case ROLE_PRE: return whole ? NOTE_PRES : NOTE_PRE;
    case ROLE_JOIN:
        if (value == t->output)
            return whole ? NOTE_OUTPUTS : NOTE_OUTPUT;
        if (!has_activation(n, value) && !is_concat(n, value))
            return whole ? NOTE_ACTS : NOTE_ACT;
        return whole ? NOTE_JOINS : NOTE_JOIN;
    case ROLE_ACT:
        if (value == t->output)
            return whole ? NOTE_OUTPUTS : NOTE_OUTPUT;
        return whole ? NOTE_ACTS : NOTE_ACT;
    case ROLE_PROBABILITY: return NOTE_PROBABILITY;
    case ROLE_SMOOTHED: return NOTE_SMOOTHED;
    case ROLE_DERIVATIVE: return NOTE_DERIVATIVE;
    case ROLE_GRAD:
        if (t->value[v->of].role == ROLE_PRE ||
            (t->value[v->of].role == ROLE_JOIN && has_activation(n, v->of)))
            return whole ? NOTE_DELTAS : NOTE_DELTA;
        return NOTE_GRADIENT;
    case ROLE_PARAM_GRAD: return NOTE_GRADIENT;
    case ROLE_PART:
    case ROLE_SLOPE_TERM: return NOTE_PART;
    default: return NOTE_LOSS;
    }
}

/* Whether a value is the gradient of outputs that were joined end to end. */
static int of_concat(const struct names *n, int value)
{
    const struct value *v = &n->tape->value[value];
    return v->role == ROLE_GRAD && n->tape->value[v->of].role == ROLE_JOIN && is_concat(n, v->of);
}

/* The note of an element: where what it is the gradient of has other uses too, it is a part. */
static enum note note_at(const struct names *n, int value, long index)
{
    const enum note note = note_of(n, value, index == WHOLE);
    if (index == WHOLE || !of_concat(n, value))
        return note;
    int source = n->tape->value[value].of;
    size_t i = (size_t)index;
    cr_names_resolve(n->tape, n->rows, &source, &i);
    return cr_tape_find(n->tape, ROLE_PART, source, -1) >= 0 ? NOTE_PART : NOTE_GRADIENT;
}

static void fill_of(const struct names *n, struct slots *s, int of, size_t row, long index,
                    enum slot slot, int is_new)
{
    if (of < 0)
        return;
    size_t i = index == WHOLE ? 0 : (size_t)index;
    if (index != WHOLE)
        cr_names_resolve(n->tape, n->rows, &of, &i);
    set_symbol(s, slot, cr_names_symbol(n, of, row, index == WHOLE ? WHOLE : (long)i, is_new));
}

/* What a layer with running averages normalises. */
static int normalised(const struct names *n, int layer)
{
    const int deviation = cr_tape_find(n->tape, ROLE_DEVIATION, -1, layer);
    return deviation < 0 ? -1 : n->tape->value[deviation].of;
}

/* A notation that calls things by their names calls targets so too, where that is clear. */
static int own_target_names(const struct names *n)
{
    const struct spec *spec = n->spec;
    if (!spec->target_names || strcmp(n->notation->name, "arrows") != 0)
        return 0;
    for (size_t k = 0; k < spec->n_targets; k++) {
        for (size_t i = 0; i < spec->n_inputs; i++)
            if (strcmp(spec->target_names[k], spec->input_names[i]) == 0)
                return 0;
        for (size_t i = 0; i < spec->n_layers; i++)
            for (size_t u = 0; u < spec->layer[i].units; u++)
                if (strcmp(spec->target_names[k], spec->layer[i].unit_names[u]) == 0)
                    return 0;
    }
    return spec->n_targets == spec->n_outputs;
}

static const struct optimiser_row *optimiser(const struct names *n)
{
    return cr_optimiser_row((int)n->spec->optimiser.method);
}

/* What the optimiser's table calls a value of its own. */
static const struct optimiser_name *optimiser_name(const struct names *n, const struct value *v)
{
    if (v->role == ROLE_NEW_STATE)
        v = &n->tape->value[v->of];
    return v->role == ROLE_STATE ? cr_optimiser_state(&n->spec->optimiser, v->which)
                                 : &optimiser(n)->step[v->which].to;
}

/* The letter of a quantity that a layer makes on the way, or of a running average. */
static struct symbol term_letter(const struct names *n, const struct value *v)
{
    switch (v->role) {
    case ROLE_PARAM:
        return n->tape->net->param[v->param].kind == PARAM_MEAN ? (struct symbol){"M", "M"}
                                                                : (struct symbol){"V", "V"};
    case ROLE_GAIN: return (struct symbol){"k", "k"};
    case ROLE_SHIFT: return (struct symbol){"c", "c"};
    case ROLE_MASK: return (struct symbol){"m", "m"};
    case ROLE_NOISE: return (struct symbol){"n", "n"};
    case ROLE_MEAN: return (struct symbol){"μ", "\\mu"};
    case ROLE_VARIANCE: return (struct symbol){"σ²", "\\sigma^2"};
    case ROLE_DEVIATION: return (struct symbol){"σ", "\\sigma"};
    case ROLE_NORMAL: return (struct symbol){"norm", "\\mathrm{norm}"};
    case ROLE_SCALED: return (struct symbol){"ntk", "\\mathrm{ntk}"};
    default: return (struct symbol){"?", "?"};
    }
}

/* Whether a value, or what it is the gradient of, has a column for each input of its layer. */
static int is_scaled(const struct names *n, const struct value *v)
{
    if ((v->role == ROLE_GRAD || v->role == ROLE_PART) && v->of >= 0)
        v = &n->tape->value[v->of];
    return v->role == ROLE_SCALED;
}

int cr_names_is_of_row(const struct names *n, int value)
{
    const struct value *v = &n->tape->value[value];
    if (v->role == ROLE_GRAD && v->of >= 0)
        v = &n->tape->value[v->of];
    return v->extent == PER_ROW &&
           (v->role == ROLE_MEAN || v->role == ROLE_VARIANCE || v->role == ROLE_DEVIATION);
}

int cr_names_begin_alike(const struct names *n, int value)
{
    const struct value *v = &n->tape->value[value];
    if (v->role == ROLE_NEW || v->role == ROLE_NEW_STATE)
        return cr_names_begin_alike(n, v->of);
    const int own_name = v->role == ROLE_TARGET && own_target_names(n);
    return !own_name && !of_concat(n, value) &&
           cr_pattern_begins_alike(n->notation->pattern[note_of(n, value, 0)]);
}

struct symbol cr_names_symbol(const struct names *n, int value, size_t row, long index, int is_new)
{
    const struct tape *t = n->tape;
    const struct value *v = &t->value[value];
    if (v->role == ROLE_NEW || v->role == ROLE_NEW_STATE)
        return cr_names_symbol(n, v->of, row, index, 1);
    if (v->role == ROLE_HYPER) {
        const struct optimiser_name *name = &optimiser(n)->symbol[v->which];
        return (struct symbol){name->text, name->latex};
    }
    if (v->role == ROLE_NORM)
        return (struct symbol){"‖g‖", "\\lVert g\\rVert"};
    if (v->role == ROLE_CLIP)
        return (struct symbol){"c", "c"};
    const int whole = index == WHOLE;
    const size_t i = whole ? 0 : (size_t)index;
    const enum note note = note_at(n, value, index);
    struct slots s = {0};
    const int composite = note == NOTE_DERIVATIVE || note == NOTE_GRADIENT || note == NOTE_PART;
    const int given = v->role == ROLE_INPUT || v->role == ROLE_TARGET || v->role == ROLE_SMOOTHED;
    s.is_new = is_new && !composite && !given;
    /* What a term is a term of has the example's mark already. */
    const int inside = note == NOTE_TERM && strstr(n->notation->pattern[note], "{of}");
    if (v->extent == PER_ROW && n->rows > 1 && row != EVERY_ROW && !inside &&
        (!composite || v->role == ROLE_SLOPE_TERM)) {
        s.example = number(n, row + 1);
        set(&s, SLOT_E, s.example);
    }

    if (v->layer >= 0)
        fill_layer(n, &s, v->layer);
    if (v->role == ROLE_PARAM && t->net->param[v->param].kind == PARAM_WEIGHT && !whole)
        fill_weight(n, &s, v, i);
    else if (v->role == ROLE_TARGET || v->role == ROLE_SMOOTHED)
        fill_unit(n, &s, (int)n->spec->n_layers - 1, i);
    else if (!whole && v->extent != SCALAR)
        fill_unit(n, &s, v->layer, i);
    if (v->role == ROLE_PARAM)
        set(&s, SLOT_N, number(n, n->number[v->param] + i + 1));
    if (note == NOTE_STATE) {
        const struct optimiser_name *name = optimiser_name(n, v);
        set_symbol(&s, SLOT_LETTER, (struct symbol){name->text, name->latex});
        fill_of(n, &s, v->of, row, index, SLOT_OF, 0);
    }
    if (note == NOTE_TERM) {
        set_symbol(&s, SLOT_LETTER, term_letter(n, v));
        const int one = cr_names_is_of_row(n, value);
        const int of = v->role == ROLE_PARAM ? normalised(n, v->layer) : v->of;
        fill_of(n, &s, of, v->extent == PER_ROW ? row : EVERY_ROW, one ? WHOLE : index, SLOT_OF, 0);
    }
    if (composite || n->notation->pattern[note][0] == '\\')
        set_symbol(&s, SLOT_LOSS, plain(n, NOTE_LOSS));

    if (v->role == ROLE_DERIVATIVE) {
        set_symbol(&s, SLOT_F, cr_names_function(n, v->layer));
        fill_of(n, &s, v->of, row, index, SLOT_ACT, 0);
        fill_of(n, &s, t->value[v->of].of, row, index, SLOT_PRE, 0);
    } else if (composite) {
        fill_of(n, &s, v->of, row,
                t->value[v->of].extent == PER_ROW || v->role == ROLE_PARAM_GRAD ||
                        t->value[v->of].cols > 1
                    ? index
                    : 0,
                SLOT_OF, 0);
        if (v->role == ROLE_PART)
            set_name(n, &s, SLOT_VIA, via(n, value));
        if (v->role == ROLE_GRAD && note == NOTE_PART)
            set_name(n, &s, SLOT_VIA, n->spec->layer[v->layer].name);
        if (v->role == ROLE_SLOPE_TERM)
            set_name(n, &s, SLOT_VIA,
                     whole ? n->spec->layer[v->layer].name : unit_name(n, v->layer, i));
    }
    if (v->role == ROLE_TARGET && own_target_names(n) && !whole) {
        struct notation named = *n->notation;
        named.pattern[NOTE_TARGET] = "{unit}";
        set_name(n, &s, SLOT_UNIT, n->spec->target_names[i]);
        return whole_symbol(n, cr_notation_symbol(n->a, &named, note, &s));
    }
    struct notation used = *n->notation;
    /* A layer's number stands in parentheses; its example's must not look the same. */
    if (n->brackets && strcmp(used.pattern[NOTE_EXAMPLE], "^{({e})}") == 0)
        used.pattern[NOTE_EXAMPLE] = "^{[{e}]}";
    return whole_symbol(n, cr_notation_symbol(n->a, &used, note, &s));
}

const char *cr_names_unit(const struct names *n, int value, long index)
{
    const struct value *v = &n->tape->value[value];
    if (v->role != ROLE_PARAM && v->extent == PER_NET && v->param >= 0)
        return cr_names_unit(n, v->of, index);
    if (v->extent == SCALAR || v->role == ROLE_LOSS_EACH)
        return "";
    if (cr_names_is_of_row(n, value))
        return n->spec->layer[v->layer].name;
    if (index == WHOLE || is_scaled(n, v))
        return v->layer >= 0 ? n->spec->layer[v->layer].name : "";
    if (of_concat(n, value)) {
        int source = v->of;
        size_t i = (size_t)index;
        cr_names_resolve(n->tape, n->rows, &source, &i);
        return unit_name(n, n->tape->value[source].layer, i);
    }
    if (v->role == ROLE_TARGET || v->role == ROLE_SMOOTHED)
        return unit_name(n, (int)n->spec->n_layers - 1, (size_t)index);
    if (v->role == ROLE_PARAM) {
        const enum param_kind kind = n->tape->net->param[v->param].kind;
        if (kind == PARAM_WEIGHT)
            return unit_name(n, v->layer, (size_t)index / v->cols);
        if (kind == PARAM_SLOPE || n->spec->layer[v->layer].bias == BIAS_SHARED)
            return n->spec->layer[v->layer].name;
    }
    return unit_name(n, v->layer, (size_t)index);
}

/* Dots separate the parts of an id; everything that is not a letter, digit, _ or - becomes -. */
static const char *part(const struct names *n, const char *name)
{
    char *s = cr_arena_strdup(n->a, *name ? name : "-");
    for (char *p = s; p && *p; p++) {
        const int letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        const int other =
            (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' || (unsigned char)*p >= 0x80;
        if (!letter && !other)
            *p = '-';
    }
    return s ? s : "";
}

static const char *param_quantity(const struct names *n, const struct value *v, long index)
{
    const enum param_kind kind = n->tape->net->param[v->param].kind;
    if (kind == PARAM_BIAS)
        return index == WHOLE && v->cols > 1 ? "biases" : "bias";
    if (kind == PARAM_SLOPE)
        return "slope";
    if (kind == PARAM_SCALE)
        return index == WHOLE ? "scales" : "scale";
    if (kind == PARAM_MEAN)
        return index == WHOLE ? "running-means" : "running-mean";
    if (kind == PARAM_VARIANCE)
        return index == WHOLE ? "running-variances" : "running-variance";
    if (index == WHOLE)
        return "weights";
    const struct origin o = origin_of(n, v->layer, (size_t)index % v->cols);
    return cr_names_sure(n, cr_arena_printf(n->a, "weight-%s", part(n, origin_name(n, o))));
}

const char *cr_names_id(const struct names *n, int value, size_t row, long index)
{
    const struct tape *t = n->tape;
    const struct value *v = &t->value[value];
    const char *unit = part(n, cr_names_unit(n, value, index)), *what = "";
    (void)row;
    switch (v->role) {
    case ROLE_INPUT:
        if (index == WHOLE)
            return "inputs";
        what = "input";
        break;
    case ROLE_TARGET:
        if (index == WHOLE)
            return "targets";
        what = "target";
        break;
    case ROLE_WEIGHT: return "weight";
    case ROLE_WEIGHT_SUM: return "weight-sum";
    case ROLE_WEIGHTED: return "weighted-loss";
    case ROLE_MASK: what = index == WHOLE ? "masks" : "mask"; break;
    case ROLE_NOISE: what = "noise"; break;
    case ROLE_MEAN: what = "mean"; break;
    case ROLE_VARIANCE: what = "variance"; break;
    case ROLE_DEVIATION: what = "deviation"; break;
    case ROLE_NORMAL: what = "normalised"; break;
    case ROLE_GAIN: what = "gain"; break;
    case ROLE_SHIFT: what = "shift"; break;
    case ROLE_ROWS: return "examples";
    case ROLE_RATE: return "learning-rate";
    case ROLE_TIME: return "step";
    case ROLE_HYPER: return optimiser(n)->param[v->which].name;
    case ROLE_NORM: return "gradient-norm";
    case ROLE_CLIP: return "clip";
    case ROLE_FACTOR: return optimiser(n)->factor[v->which].name;
    case ROLE_LOSS_EACH:
    case ROLE_LOSS: return "L";
    case ROLE_PARAM: what = param_quantity(n, v, index); break;
    case ROLE_PARAM_GRAD:
    case ROLE_NEW: what = param_quantity(n, &t->value[v->of], index); break;
    case ROLE_STATE:
    case ROLE_MOVE:
    case ROLE_NEW_STATE: {
        const int of = v->role == ROLE_NEW_STATE ? t->value[v->of].of : v->of;
        what =
            cr_names_sure(n, cr_arena_printf(n->a, "%s-%s", param_quantity(n, &t->value[of], index),
                                             optimiser_name(n, v)->name));
        break;
    }
    case ROLE_JOIN: what = cr_layer_is_unary(&n->spec->layer[v->layer]) ? "value" : "sum"; break;
    case ROLE_SCALED:
        what = index == WHOLE
                   ? "scaled-inputs"
                   : cr_names_sure(n, cr_arena_printf(n->a, "scaled-input%ld", index + 1));
        break;
    case ROLE_PRE: what = "pre-activation"; break;
    case ROLE_ACT: what = "activation"; break;
    case ROLE_PROBABILITY: what = "probability"; break;
    case ROLE_LOG_SUM: what = "log-sum"; break;
    case ROLE_SMOOTHED:
        if (index == WHOLE)
            return "smoothed-targets";
        what = "smoothed-target";
        break;
    case ROLE_DERIVATIVE: what = "derivative"; break;
    case ROLE_SLOPE_TERM: what = "slope-term"; break;
    case ROLE_PART:
        what = cr_names_sure(n, cr_arena_printf(n->a, "part-%s", part(n, via(n, value))));
        break;
    case ROLE_GRAD: {
        if (is_scaled(n, v)) {
            what = index == WHOLE
                       ? "scaled-inputs-gradient"
                       : cr_names_sure(
                             n, cr_arena_printf(n->a, "scaled-input%ld-gradient", index + 1));
            break;
        }
        if (of_concat(n, value)) {
            const char *layer = part(n, n->spec->layer[v->layer].name);
            what = index == WHOLE ? "joined-gradient"
                                  : cr_names_sure(n, cr_arena_printf(n->a, "gradient-%s", layer));
            break;
        }
        const enum note note = note_of(n, value, 0);
        const enum role of = t->value[v->of].role;
        what = note == NOTE_DELTA     ? "delta"
               : of == ROLE_MEAN      ? "mean-gradient"
               : of == ROLE_DEVIATION ? "deviation-gradient"
               : of == ROLE_NORMAL    ? "normalised-gradient"
               : of == ROLE_JOIN      ? "sum-gradient"
                                      : "activation-gradient";
        break;
    }
    case ROLE_COUNT: break;
    }
    return cr_names_sure(n, cr_arena_printf(n->a, "%s.%s", unit, what));
}
