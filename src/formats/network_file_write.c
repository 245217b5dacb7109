/* A spec as the text of a network file. */
#include <stdio.h>
#include <string.h>

#include "formats/network_file.h"

enum { WIDTH = 96 };

struct writer {
    struct text *out;
    const struct spec *spec;
    int flags;
};

static void put(struct writer *w, const char *s)
{
    cr_text_add(w->out, s);
}

static void put_number(struct writer *w, double v)
{
    char buf[32];
    put(w, cr_shortest_f64(v, buf));
}

static int is_word_char(char c, int first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

/* Words that the reader, or another reader of YAML, would take for something else. */
static int is_reserved(const char *s)
{
    static const char *const words[] = {"null", "none", "true", "false", "yes", "no", "on", "off"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(s, words[i]) == 0)
            return 1;
    return 0;
}

static void put_string(struct writer *w, const char *s)
{
    int plain = *s && !is_reserved(s);
    for (const char *c = s; *c && plain; c++)
        plain = is_word_char(*c, c == s) && !(*c == '-' && c[1] == '>');
    if (plain) {
        put(w, s);
        return;
    }
    cr_text_addc(w->out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            cr_text_printf(w->out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20 || *s == 0x7F)
            cr_text_printf(w->out, "\\x%02X", (unsigned char)*s);
        else
            cr_text_addc(w->out, *s);
    }
    cr_text_addc(w->out, '"');
}

/* Lists and mappings in brackets, broken over lines where they are long. */

static size_t column(const struct writer *w)
{
    size_t n = 0;
    while (n < w->out->len && w->out->s[w->out->len - 1 - n] != '\n')
        n++;
    return n;
}

static void fold(struct writer *w, size_t indent)
{
    put(w, ",");
    if (column(w) > WIDTH - 16) {
        put(w, "\n");
        cr_text_repeat(w->out, ' ', indent);
    } else {
        put(w, " ");
    }
}

static void put_numbers(struct writer *w, const double *v, size_t n)
{
    const size_t indent = column(w) + 1;
    put(w, "[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            fold(w, indent);
        put_number(w, v[i]);
    }
    put(w, "]");
}

static void put_names(struct writer *w, const char *const *name, size_t n)
{
    const size_t indent = column(w) + 1;
    put(w, "[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            fold(w, indent);
        put_string(w, name[i]);
    }
    put(w, "]");
}

static void put_named_numbers(struct writer *w, const char *const *name, const double *v, size_t n)
{
    const size_t indent = column(w) + 1;
    if (!name) {
        put_numbers(w, v, n);
        return;
    }
    put(w, "{");
    for (size_t i = 0; i < n; i++) {
        if (i)
            fold(w, indent);
        put_string(w, name[i]);
        put(w, ": ");
        put_number(w, v[i]);
    }
    put(w, "}");
}

/* A table row's parameters that are not its defaults: ", alpha: 0.5". */
static void put_params(struct writer *w, const struct table_param *row, const double *param)
{
    for (int i = 0; i < TABLE_PARAMS && row[i].name; i++) {
        if (param[i] == row[i].value)
            continue;
        cr_text_printf(w->out, ", %s: ", row[i].name);
        put_number(w, param[i]);
    }
}

static int has_params(const struct table_param *row, const double *param)
{
    int any = 0;
    for (int i = 0; i < TABLE_PARAMS && row[i].name; i++)
        any |= param[i] != row[i].value;
    return any;
}

static void put_init(struct writer *w, const struct init *init)
{
    const struct init_row *row = cr_init_row((int)init->method);
    if (!has_params(row->param, init->param)) {
        put(w, row->name);
        return;
    }
    cr_text_printf(w->out, "{init: %s", row->name);
    put_params(w, row->param, init->param);
    put(w, "}");
}

/* Inputs without names of their own are x1, x2, ... */
static int default_inputs(const struct spec *s)
{
    char name[32];
    for (size_t i = 0; s->input_names && i < s->n_inputs; i++) {
        snprintf(name, sizeof name, "x%zu", i + 1);
        if (strcmp(name, s->input_names[i]) != 0)
            return 0;
    }
    return 1;
}

static int is_single(const struct spec *s)
{
    return s->n_examples == 1 && !s->example_names;
}

static void put_inputs(struct writer *w)
{
    const struct spec *s = w->spec;
    const int plain = default_inputs(s);
    put(w, "inputs: ");
    if (is_single(s))
        put_named_numbers(w, plain ? NULL : s->input_names, s->inputs, s->n_inputs);
    else if (plain)
        cr_text_printf(w->out, "%zu", s->n_inputs);
    else
        put_names(w, s->input_names, s->n_inputs);
    put(w, "\n");
}

static void put_examples(struct writer *w)
{
    const struct spec *s = w->spec;
    if (is_single(s) && s->targets) {
        put(w, "targets: ");
        put_named_numbers(w, s->target_names, s->targets, s->n_targets);
        put(w, "\n");
        return;
    }
    if (s->target_names) {
        put(w, "targets: ");
        put_names(w, s->target_names, s->n_targets);
        put(w, "\n");
    }
    if (s->n_examples == 0 || is_single(s))
        return;
    put(w, "examples:\n");
    for (size_t i = 0; i < s->n_examples; i++) {
        put(w, "  - inputs: ");
        put_numbers(w, s->inputs + i * s->n_inputs, s->n_inputs);
        put(w, "\n");
        if (s->targets) {
            put(w, "    targets: ");
            put_numbers(w, s->targets + i * s->n_targets, s->n_targets);
            put(w, "\n");
        }
        if (s->example_names) {
            put(w, "    name: ");
            put_string(w, s->example_names[i]);
            put(w, "\n");
        }
    }
}

static void put_sources(struct writer *w, const struct spec_layer *l, const char *key)
{
    cr_text_printf(w->out, "    %s: [", key);
    for (int i = 0; i < l->n_from; i++) {
        if (i)
            put(w, ", ");
        put_string(w, l->from[i] == FROM_INPUTS ? "inputs" : w->spec->layer[l->from[i]].name);
    }
    put(w, "]\n");
}

static void put_activation(struct writer *w, const struct activation *act)
{
    const struct activation_row *row = act->row < 0 ? NULL : cr_activation_row(act->row);
    put(w, "    activation: ");
    if (!row) {
        put_string(w, act->text);
    } else if (has_params(row->param, act->param)) {
        cr_text_printf(w->out, "{name: %s", row->name);
        put_params(w, row->param, act->param);
        put(w, "}");
    } else {
        put(w, row->name);
    }
    put(w, "\n");
}

static void put_weights(struct writer *w, const struct spec_layer *l)
{
    put(w, "    weights:");
    if (!l->weights || !(w->flags & NETWORK_FILE_PARAMETERS)) {
        put(w, " ");
        put_init(w, &l->weight_init);
        put(w, "\n");
        return;
    }
    put(w, "\n");
    for (size_t i = 0; i < l->weight_rows; i++) {
        put(w, "      - ");
        put_numbers(w, l->weights + i * l->weight_cols, l->weight_cols);
        put(w, "\n");
    }
}

static void put_bias(struct writer *w, const struct spec_layer *l)
{
    const int shared = l->bias == BIAS_SHARED;
    put(w, shared ? "    bias: {shared: " : "    bias: ");
    if (l->bias == BIAS_NONE)
        put(w, "none");
    else if (!l->biases || !(w->flags & NETWORK_FILE_PARAMETERS))
        put_init(w, &l->bias_init);
    else if (shared)
        put_number(w, l->biases[0]);
    else
        put_numbers(w, l->biases, l->n_biases);
    put(w, shared ? "}\n" : "\n");
}

static void put_factor(struct writer *w, const char *key, double rate)
{
    if (rate == 1)
        return;
    cr_text_printf(w->out, "    %s: ", key);
    put_number(w, rate);
    put(w, "\n");
}

static void put_scale(struct writer *w, const struct spec_layer *l)
{
    put(w, "    scale: ");
    if (l->weights && (w->flags & NETWORK_FILE_PARAMETERS))
        put_numbers(w, l->weights, l->weight_cols);
    else if (l->weight_init.method == INIT_CONSTANT)
        put_number(w, l->weight_init.param[0]);
    else
        put_init(w, &l->weight_init);
    put(w, "\n");
    put_factor(w, "scale-rate", l->weight_rate);
    put_factor(w, "weight-decay-factor", l->weight_decay);
}

static void put_norm(struct writer *w, const struct spec_layer *l)
{
    const int batch = l->kind == LAYER_BATCH_NORM;
    put(w, batch ? "    norm: {name: batch" : "    norm: {name: layer");
    if (l->amount != SPEC_NORM_EPSILON) {
        put(w, ", epsilon: ");
        put_number(w, l->amount);
    }
    if (batch && l->momentum != SPEC_NORM_MOMENTUM) {
        put(w, ", momentum: ");
        put_number(w, l->momentum);
    }
    put(w, "}\n");
    put_factor(w, "scale-rate", l->weight_rate);
    put_factor(w, "bias-rate", l->bias_rate);
    put_factor(w, "weight-decay-factor", l->weight_decay);
    put_factor(w, "bias-decay-factor", l->bias_decay);
}

static void put_layer(struct writer *w, int index)
{
    const struct spec_layer *l = &w->spec->layer[index];
    put(w, "  - name: ");
    put_string(w, l->name);
    put(w, "\n    units: ");
    put_names(w, l->unit_names, l->units);
    put(w, "\n");
    if (l->kind == LAYER_ADD || l->kind == LAYER_CONCAT)
        put_sources(w, l, cr_layer_kind_name(l->kind));
    else if (l->n_from > 1 || (l->n_from == 1 && l->from[0] != index - 1))
        put_sources(w, l, "from");
    put_activation(w, &l->act);
    if (l->kind == LAYER_SCALE)
        put_scale(w, l);
    if (cr_layer_is_norm(l))
        put_norm(w, l);
    if (l->kind == LAYER_DROPOUT || l->kind == LAYER_NOISE) {
        cr_text_printf(w->out, "    %s: ", cr_layer_kind_name(l->kind));
        put_number(w, l->amount);
        put(w, "\n");
    }
    if (l->kind != LAYER_DENSE)
        return;
    put_weights(w, l);
    put_bias(w, l);
    if (l->ntk)
        put(w, "    parametrisation: ntk\n");
    put_factor(w, "weight-rate", l->weight_rate);
    put_factor(w, "bias-rate", l->bias_rate);
    put_factor(w, "weight-decay-factor", l->weight_decay);
    put_factor(w, "bias-decay-factor", l->bias_decay);
}

static void put_loss(struct writer *w)
{
    const struct spec_loss *loss = &w->spec->loss;
    const struct loss_row *row = cr_loss_row(loss->row);
    cr_text_printf(w->out, "loss: {name: %s", row->name);
    put_params(w, row->param, loss->param);
    if (loss->reduction == REDUCE_SUM)
        put(w, ", reduction: sum");
    if (loss->smoothing != 0) {
        put(w, ", smoothing: ");
        put_number(w, loss->smoothing);
    }
    put(w, "}\n");
}

static void put_schedule(struct writer *w, const struct spec_schedule *schedule)
{
    const struct schedule_row *row = cr_schedule_row(schedule->row);
    cr_text_printf(w->out, "schedule: {name: %s", row->name);
    put_params(w, row->param, schedule->param);
    if (schedule->warm_up)
        cr_text_printf(w->out, ", warm-up: %zu", schedule->warm_up);
    put(w, "}, ");
}

static void put_train(struct writer *w)
{
    const struct spec *s = w->spec;
    put(w, "train: {");
    if (s->epochs)
        cr_text_printf(w->out, "epochs: %zu, ", s->epochs);
    if (s->batch)
        cr_text_printf(w->out, "batch: %zu, ", s->batch);
    if (s->drop_last)
        put(w, "drop-last: true, ");
    if (s->precision)
        cr_text_printf(w->out, "precision: %s, ", cr_precision_name(s->precision));
    if (s->schedule.given)
        put_schedule(w, &s->schedule);
    if (s->validation > 0) {
        put(w, "validation: ");
        put_number(w, s->validation);
        put(w, ", ");
    }
    if (s->keep)
        put(w, s->keep == CR_KEEP_BEST ? "keep: best, " : "keep: last, ");
    if (s->patience)
        cr_text_printf(w->out, "patience: %zu, ", s->patience);
    cr_text_printf(w->out, "seed: %llu}\n", (unsigned long long)s->seed);
}

static void put_extra(struct writer *w, const char *key, double v)
{
    if (v == 0)
        return;
    cr_text_printf(w->out, ", %s: ", key);
    put_number(w, v);
}

static void put_training(struct writer *w)
{
    const struct spec *s = w->spec;
    const struct optimiser_row *row = cr_optimiser_row((int)s->optimiser.method);
    cr_text_printf(w->out, "optimiser: {name: %s, learning-rate: ", row->name);
    put_number(w, s->optimiser.learning_rate);
    put_params(w, row->param, s->optimiser.param);
    put_extra(w, "clip-norm", s->optimiser.clip_norm);
    put_extra(w, "clip-value", s->optimiser.clip_value);
    put_extra(w, "l1", s->optimiser.l1);
    put_extra(w, "l2", s->optimiser.l2);
    put_extra(w, "average", s->optimiser.average);
    put(w, "}\n");
    put_train(w);
    if (s->iterations != 1)
        cr_text_printf(w->out, "iterations: %d\n", s->iterations);
}

static int same_ranges(const struct spec_worksheet *a, const struct spec_worksheet *b)
{
    const double *const x[] = {a->weights, a->biases, a->inputs, a->targets};
    const double *const y[] = {b->weights, b->biases, b->inputs, b->targets};
    int same = a->step == b->step;
    for (int i = 0; i < 4; i++)
        same &= x[i][0] == y[i][0] && x[i][1] == y[i][1];
    return same;
}

static void put_worksheet(struct writer *w)
{
    const struct spec_worksheet *s = &w->spec->worksheet;
    const double *const ranges[] = {s->weights, s->biases, s->inputs, s->targets};
    if (same_ranges(s, &cr_spec_worksheet))
        return;
    put(w, "worksheet: {");
    for (int i = 0; i < 4; i++) {
        cr_text_printf(w->out, "%s: [", cr_network_file_map(MAP_WORKSHEET)->key[i].name);
        put_number(w, ranges[i][0]);
        put(w, ", ");
        put_number(w, ranges[i][1]);
        put(w, "], ");
    }
    put(w, "step: ");
    put_number(w, s->step);
    put(w, "}\n");
}

static void put_notation(struct writer *w)
{
    const struct spec_notation *n = &w->spec->notation;
    if (!n->base && n->n == 0)
        return;
    put(w, n->n ? "notation:\n" : "notation: ");
    if (n->n == 0) {
        put_string(w, n->base);
        put(w, "\n");
        return;
    }
    if (n->base) {
        put(w, "  base: ");
        put_string(w, n->base);
        put(w, "\n");
    }
    for (size_t i = 0; i < n->n; i++) {
        put(w, "  ");
        put_string(w, n->key[i]);
        put(w, ": ");
        put_string(w, n->pattern[i]);
        put(w, "\n");
    }
}

cr_status cr_network_file_write(const struct spec *spec, int flags, struct text *out)
{
    struct writer w = {out, spec, flags};
    if (spec->title) {
        put(&w, "title: ");
        put_string(&w, spec->title);
        put(&w, "\n");
    }
    put_notation(&w);
    put_inputs(&w);
    put(&w, "layers:\n");
    for (size_t i = 0; i < spec->n_layers; i++)
        put_layer(&w, (int)i);
    put_examples(&w);
    put_loss(&w);
    put_training(&w);
    put_worksheet(&w);
    return out->failed ? CR_ERR_MEMORY : CR_OK;
}
