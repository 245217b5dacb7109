#include "net/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct spec_worksheet cr_spec_worksheet = {
    .weights = {-1, 1}, .biases = {-1, 1}, .inputs = {-2, 2}, .targets = {0, 1}, .step = 0.1};

struct spec *cr_spec_new(void)
{
    struct spec *spec = calloc(1, sizeof *spec);
    if (!spec)
        return NULL;
    spec->loss.row = cr_loss_find("half-squared", NULL);
    (void)cr_optimiser_set(&spec->optimiser, OPT_GRADIENT_DESCENT, NULL, 0, NULL, NULL);
    (void)cr_schedule_set(&spec->schedule, 0, NULL, 0, NULL, NULL);
    spec->schedule.given = 0;
    spec->seed = 1;
    spec->iterations = 1;
    spec->worksheet = cr_spec_worksheet;
    return spec;
}

void cr_spec_free(struct spec *spec)
{
    if (!spec)
        return;
    cr_arena_free(&spec->arena);
    free(spec);
}

const char *cr_layer_kind_name(enum layer_kind kind)
{
    static const char *const names[LAYER_KINDS] = {
        [LAYER_DENSE] = "dense",     [LAYER_ADD] = "add",
        [LAYER_CONCAT] = "concat",   [LAYER_SCALE] = "scale",
        [LAYER_DROPOUT] = "dropout", [LAYER_NOISE] = "noise",
        [LAYER_NORM] = "norm",       [LAYER_BATCH_NORM] = "batch-norm",
    };
    return names[kind];
}

int cr_layer_is_norm(const struct spec_layer *layer)
{
    return layer->kind == LAYER_NORM || layer->kind == LAYER_BATCH_NORM;
}

int cr_layer_is_unary(const struct spec_layer *layer)
{
    return layer->kind > LAYER_CONCAT;
}

void cr_spec_layer_init(struct arena *a, struct spec_layer *layer)
{
    *layer = (struct spec_layer){
        .kind = LAYER_DENSE,
        .act = {.row = -1}, /* with no formula: out of memory, says cr_spec_finish */
        .weight_init = {.method = INIT_GLOROT_UNIFORM},
        .bias_init = {.method = INIT_ZEROS},
        .weight_rate = 1,
        .bias_rate = 1,
        .weight_decay = 1,
        .bias_decay = 1,
    };
    (void)cr_activation_set(a, &layer->act, "identity", NULL, 0, NULL, (struct place){0}, NULL);
}

void cr_spec_layer_become(struct spec_layer *layer, enum layer_kind kind)
{
    layer->kind = kind;
    if (cr_layer_is_unary(layer))
        layer->weight_init = (struct init){.method = INIT_CONSTANT, .param = {1}};
    if (cr_layer_is_norm(layer))
        layer->amount = SPEC_NORM_EPSILON;
    if (kind == LAYER_BATCH_NORM)
        layer->momentum = SPEC_NORM_MOMENTUM;
}

size_t cr_spec_fan_in(const struct spec *spec, size_t layer)
{
    const struct spec_layer *l = &spec->layer[layer];
    size_t n = 0;
    for (int i = 0; i < l->n_from; i++)
        n += l->from[i] == FROM_INPUTS ? spec->n_inputs : spec->layer[l->from[i]].units;
    return n;
}

/* Everything below checks one aspect of a spec; `c` saves passing the same three. */
struct checker {
    struct spec *spec;
    size_t max_bytes;
    cr_error *err;
};

static cr_status connect(struct checker *c, size_t index)
{
    struct spec *s = c->spec;
    struct spec_layer *l = &s->layer[index];
    if (l->n_from == 0) {
        l->from[0] = (int)index - 1; /* before the first layer stand the inputs */
        l->n_from = 1;
    }
    for (int i = 0; i < l->n_from; i++)
        if (l->from[i] < FROM_INPUTS || l->from[i] >= (int)index)
            return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->from_at[i],
                              "layer %zu reads layer %d, which does not come before it", index + 1,
                              l->from[i] + 1);
    if (cr_layer_is_unary(l) && l->n_from > 1)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->from_at[1],
                          "layer %zu reads %d layers; a layer with '%s' reads one", index + 1,
                          l->n_from, cr_layer_kind_name(l->kind));
    size_t in = 0;
    for (int i = 0; i < l->n_from; i++) {
        size_t n = l->from[i] == FROM_INPUTS ? s->n_inputs : s->layer[l->from[i]].units;
        if (!cr_add_size(in, n, &in))
            return cr_fail_at(c->err, CR_ERR_LIMIT, &s->source, l->at,
                              "layer %zu has too many inputs", index + 1);
        if (l->kind == LAYER_ADD && i > 0 && n != l->units)
            return cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, l->from_at[i],
                              "layer %zu adds %zu values to %zu; what is added must have the same "
                              "size",
                              index + 1, n, l->units);
        if (l->kind == LAYER_ADD)
            l->units = n;
    }
    if (l->kind == LAYER_CONCAT || cr_layer_is_unary(l))
        l->units = in;
    if (l->units == 0)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->at, "layer %zu has no units",
                          index + 1);
    return CR_OK;
}

/* "x1 to x784" or "the 2 units of layer 1", for messages about shapes. */
static const char *feeding(const struct spec *s, const struct spec_layer *l, size_t fan_in,
                           char *buf, size_t size)
{
    struct text t = {0};
    if (l->n_from > 1)
        cr_text_printf(&t, "%zu values enter it", fan_in);
    else if (l->from[0] == FROM_INPUTS)
        cr_text_printf(&t, "the network has %zu input%s", s->n_inputs, s->n_inputs == 1 ? "" : "s");
    else
        cr_text_printf(&t, "layer %d has %zu unit%s", l->from[0] + 1, fan_in,
                       fan_in == 1 ? "" : "s");
    size_t n = t.len < size - 1 ? t.len : size - 1;
    memcpy(buf, cr_text_str(&t), n);
    buf[n] = 0;
    cr_text_free(&t);
    return buf;
}

/* A layer that nothing reads has no gradient: surely a mistake in `from`. */
static cr_status check_read(struct checker *c, size_t index)
{
    const struct spec *s = c->spec;
    for (size_t i = index + 1; i < s->n_layers; i++)
        for (int k = 0; k < s->layer[i].n_from; k++)
            if (s->layer[i].from[k] == (int)index)
                return CR_OK;
    if (index + 1 == s->n_layers)
        return CR_OK;
    cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->layer[index].at,
               "no layer reads the output of layer %zu", index + 1);
    cr_hint(c->err, "name it in the 'from' of a later layer, or leave it out");
    return CR_ERR_VALUE;
}

static cr_status check_shapes(struct checker *c, size_t index)
{
    const struct spec *s = c->spec;
    const struct spec_layer *l = &s->layer[index];
    if (l->kind == LAYER_SCALE && l->weights && l->weight_cols != l->units)
        return cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, l->weights_at,
                          "layer %zu: %zu scale%s given, but it has %zu value%s", index + 1,
                          l->weight_cols, l->weight_cols == 1 ? "" : "s", l->units,
                          l->units == 1 ? "" : "s");
    if (l->kind == LAYER_DROPOUT && !(l->amount >= 0 && l->amount < 1))
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->amount_at,
                          "layer %zu: dropout must be from 0 to below 1", index + 1);
    if (cr_layer_is_norm(l) && !(l->amount > 0 && l->amount <= 1))
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->amount_at,
                          "layer %zu: epsilon must be above 0 and at most 1", index + 1);
    if (l->kind == LAYER_BATCH_NORM && !(l->momentum > 0 && l->momentum <= 1))
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->momentum_at,
                          "layer %zu: momentum must be above 0 and at most 1", index + 1);
    if (l->kind == LAYER_NOISE && !(l->amount >= 0 && isfinite(l->amount)))
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, l->amount_at,
                          "layer %zu: noise must be finite and not negative", index + 1);
    if (l->kind != LAYER_DENSE)
        return CR_OK;
    const size_t fan_in = cr_spec_fan_in(s, index);
    char feed[80];

    if (l->weights && l->weight_cols != fan_in) {
        cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, l->weights_at,
                   "layer %zu: weights are %zux%zu, but %s", index + 1, l->weight_rows,
                   l->weight_cols, feeding(s, l, fan_in, feed, sizeof feed));
        cr_hint(c->err, "one row for each unit, one column for each input: %zux%zu", l->units,
                fan_in);
        return CR_ERR_SHAPE;
    }
    if (l->weights && l->weight_rows != l->units) {
        cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, l->weights_at,
                   "layer %zu: weights are %zux%zu, but it has %zu unit%s", index + 1,
                   l->weight_rows, l->weight_cols, l->units, l->units == 1 ? "" : "s");
        cr_hint(c->err, "one row for each unit, one column for each input: %zux%zu", l->units,
                fan_in);
        return CR_ERR_SHAPE;
    }
    const size_t want = l->bias == BIAS_SHARED ? 1 : l->units;
    if (l->biases && l->bias != BIAS_NONE && l->n_biases != want)
        return cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, l->biases_at,
                          "layer %zu: %zu bias%s given, but it has %zu unit%s", index + 1,
                          l->n_biases, l->n_biases == 1 ? "" : "es", l->units,
                          l->units == 1 ? "" : "s");
    return CR_OK;
}

/* Count parameters before anything is allocated for them. A unit or input has a name, which
 * takes as much memory as some numbers; joins can have many units for a few words of file. */
static cr_status check_size(struct checker *c)
{
    enum { NAME = 8 /* numbers */ };
    const struct spec *s = c->spec;
    size_t total = NAME * s->n_inputs;
    for (size_t i = 0; i < s->n_layers; i++) {
        const struct spec_layer *l = &s->layer[i];
        size_t n = 0, names;
        int fits = cr_mul_size(l->units, NAME, &names) && cr_add_size(total, names, &total);
        if (l->kind == LAYER_SCALE || cr_layer_is_norm(l))
            n = 4 * l->units;
        if (l->kind == LAYER_DENSE)
            fits = fits && cr_mul_size(l->units, cr_spec_fan_in(s, i), &n) &&
                   cr_add_size(n, l->units, &n);
        fits = fits && cr_add_size(total, n, &total) && total < SIZE_MAX / 64;
        const size_t limit = c->max_bytes / sizeof(double);
        if (!fits || (c->max_bytes && total > limit)) {
            cr_fail_at(c->err, CR_ERR_LIMIT, &s->source, l->at,
                       "layer %zu (%zu units, %zu inputs) makes the network larger than the limit",
                       i + 1, l->units, cr_spec_fan_in(s, i));
            if (c->max_bytes)
                cr_hint(c->err, "at most %zu parameters fit the memory limit of %zu %s", limit,
                        c->max_bytes >> (c->max_bytes >> 20 ? 20 : 10),
                        c->max_bytes >> 20 ? "MiB" : "KiB");
            return CR_ERR_LIMIT;
        }
        /* Refs hold a value's index in 28 bits and formulas walk units one by one. */
        if (l->units >= (size_t)1 << 24 || n >= (size_t)1 << 28)
            return cr_fail_at(
                c->err, CR_ERR_LIMIT, &s->source, l->at,
                "layer %zu has %zu units with %zu inputs each, too many for one layer", i + 1,
                l->units, cr_spec_fan_in(s, i));
    }
    return CR_OK;
}

static cr_status check_activation(struct checker *c, size_t index)
{
    const struct spec_layer *l = &c->spec->layer[index];
    if (l->act.row < 0 && !l->act.formula)
        return cr_fail_memory(c->err);
    if (!l->act.formula && l->units < 2)
        return cr_fail_at(c->err, CR_ERR_VALUE, &c->spec->source, l->act_at,
                          "layer %zu: softmax of one unit is always 1; use sigmoid", index + 1);
    return CR_OK;
}

/* What layers of a kind are called until they are numbered. */
static const char *stem_of(const struct spec_layer *layer)
{
    return layer->kind == LAYER_DENSE ? "hidden"
           : cr_layer_is_norm(layer)  ? "norm"
                                      : cr_layer_kind_name(layer->kind);
}

static const char *default_layer_name(struct arena *a, const struct spec *s, size_t index)
{
    if (index + 1 == s->n_layers)
        return "output";
    const char *stem = stem_of(&s->layer[index]);
    size_t same = 0, before = 0;
    for (size_t i = 0; i + 1 < s->n_layers; i++)
        if (strcmp(stem_of(&s->layer[i]), stem) == 0) {
            same++;
            before += i < index;
        }
    return same == 1 ? stem : cr_arena_printf(a, "%s%zu", stem, before + 1);
}

/* "h2" where there is one hidden layer, "h1_2" where there are more, "o" or "o2". */
static const char *default_unit_name(struct arena *a, const struct spec *s, size_t index,
                                     size_t unit)
{
    const struct spec_layer *l = &s->layer[index];
    if (index + 1 == s->n_layers)
        return l->units == 1 ? "o" : cr_arena_printf(a, "o%zu", unit + 1);
    if (l->kind != LAYER_DENSE)
        return cr_arena_printf(a, "%s_%zu", l->name, unit + 1);
    size_t dense = 0, before = 0;
    for (size_t i = 0; i + 1 < s->n_layers; i++)
        if (s->layer[i].kind == LAYER_DENSE) {
            dense++;
            before += i < index;
        }
    return dense == 1 ? cr_arena_printf(a, "h%zu", unit + 1)
                      : cr_arena_printf(a, "h%zu_%zu", before + 1, unit + 1);
}

static cr_status fill_names(struct checker *c)
{
    struct spec *s = c->spec;
    struct arena *a = &s->arena;
    if (!s->input_names) {
        const char **names = arena_new(a, const char *, s->n_inputs);
        if (!names)
            return cr_fail_memory(c->err);
        for (size_t i = 0; i < s->n_inputs; i++)
            if (!(names[i] = cr_arena_printf(a, "x%zu", i + 1)))
                return cr_fail_memory(c->err);
        s->input_names = names;
        s->numbered = 1;
    }
    for (size_t i = 0; i < s->n_layers; i++) {
        struct spec_layer *l = &s->layer[i];
        if (!l->name && !(l->name = default_layer_name(a, s, i)))
            return cr_fail_memory(c->err);
        if (l->unit_names)
            continue;
        const char **names = arena_new(a, const char *, l->units);
        if (!names)
            return cr_fail_memory(c->err);
        for (size_t k = 0; k < l->units; k++)
            if (!(names[k] = default_unit_name(a, s, i, k)))
                return cr_fail_memory(c->err);
        l->unit_names = names;
    }
    return CR_OK;
}

struct name {
    const char *s;
    struct place at;
    const char *what;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->s, ((const struct name *)b)->s);
}

static cr_status check_unique(struct checker *c, struct name *names, size_t n)
{
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[i - 1].s, names[i].s) == 0) {
            const int swapped = names[i - 1].at.line > names[i].at.line;
            const struct name *later = &names[i - swapped], *other = &names[i - !swapped];
            return cr_fail_at(c->err, CR_ERR_VALUE, &c->spec->source, later->at,
                              "%s '%.100s' has the name of another %s", later->what, later->s,
                              other->what);
        }
    return CR_OK;
}

static cr_status check_names(struct checker *c)
{
    const struct spec *s = c->spec;
    size_t n = s->n_inputs;
    for (size_t i = 0; i < s->n_layers; i++)
        n += s->layer[i].units;
    struct name *names = calloc(n ? n : 1, sizeof *names);
    if (!names)
        return cr_fail_memory(c->err);

    size_t k = 0;
    for (size_t i = 0; i < s->n_layers; i++)
        names[k++] = (struct name){s->layer[i].name, s->layer[i].at, "layer"};
    cr_status status = check_unique(c, names, k);

    k = 0;
    for (size_t i = 0; i < s->n_inputs; i++)
        names[k++] = (struct name){s->input_names[i], s->inputs_at, "input"};
    for (size_t i = 0; i < s->n_layers; i++)
        for (size_t u = 0; u < s->layer[i].units; u++)
            names[k++] = (struct name){s->layer[i].unit_names[u], s->layer[i].at, "unit"};
    if (!status)
        status = check_unique(c, names, k);
    free(names);
    return status;
}

/* What a target of this loss must be; NULL when `t` will do. */
static const char *unfit(enum loss_target kind, double t)
{
    switch (kind) {
    case TARGET_NUMBER: return isfinite(t) ? NULL : "a finite number";
    case TARGET_PROBABILITY: return t >= 0 && t <= 1 ? NULL : "a probability between 0 and 1";
    case TARGET_SIGN: return t == -1 || t == 1 ? NULL : "-1 or 1";
    case TARGET_COUNT: return t >= 0 && isfinite(t) ? NULL : "a count, 0 or more";
    }
    return NULL;
}

static cr_status check_targets(struct checker *c)
{
    const struct spec *s = c->spec;
    const struct loss_row *loss = cr_loss_row(s->loss.row);
    if (!s->targets && !s->target_names)
        return CR_OK;
    if (s->n_targets != s->n_outputs)
        return cr_fail_at(c->err, CR_ERR_SHAPE, &s->source, s->targets_at,
                          "%zu target%s given, but the network has %zu output%s", s->n_targets,
                          s->n_targets == 1 ? "" : "s", s->n_outputs, s->n_outputs == 1 ? "" : "s");
    if (!s->targets)
        return CR_OK;
    const struct activation_row *last = cr_activation_row(s->layer[s->n_layers - 1].act.row);
    const int one_of_many =
        loss->kind == LOSS_SOFTMAX ||
        (last && !last->formula && loss->fused_with && strcmp(loss->fused_with, last->name) == 0);
    for (size_t e = 0; e < s->n_examples; e++) {
        double sum = 0;
        for (size_t j = 0; j < s->n_outputs; j++) {
            const double t = s->targets[e * s->n_outputs + j];
            const char *want = unfit(loss->target, t);
            char shown[32];
            if (want)
                return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->targets_at,
                                  "target %s does not fit the loss '%s', which takes %s",
                                  cr_shortest_f64(t, shown), loss->name, want);
            sum += t;
        }
        if (one_of_many && !(fabs(sum - 1) <= 1e-9)) {
            char shown[32];
            return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->targets_at,
                              "the targets of one example add up to %s; with softmax and "
                              "cross-entropy they are probabilities that add up to 1",
                              cr_shortest_f64(sum, shown));
        }
    }
    return CR_OK;
}

static cr_status check_loss(struct checker *c)
{
    const struct spec *s = c->spec;
    const struct spec_layer *last = &s->layer[s->n_layers - 1];
    const struct loss_row *loss = cr_loss_row(s->loss.row);
    if (loss->kind == LOSS_SOFTMAX && !last->act.formula)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->loss.at,
                          "the loss '%s' takes logits, but the last layer already has softmax; use "
                          "'cross-entropy'",
                          loss->name);
    if (loss->kind == LOSS_SOFTMAX && s->n_outputs < 2)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->loss.at,
                          "the loss '%s' needs two outputs or more; with one, use "
                          "'binary-cross-entropy-logits'",
                          loss->name);
    if (!(s->loss.smoothing >= 0 && s->loss.smoothing < 1))
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->loss.at,
                          "label smoothing must be at least 0 and below 1");
    if (s->loss.smoothing != 0 && loss->target != TARGET_PROBABILITY)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->loss.at,
                          "label smoothing needs a loss on probabilities, which '%s' is not",
                          loss->name);
    return CR_OK;
}

/* What moves all parameters at once works with the loss and its gradient as they are, the same for
 * the same parameters, and looks at several of them for one update. */
static cr_status check_optimiser(struct checker *c)
{
    const struct spec *s = c->spec;
    const struct spec_optimiser *o = &s->optimiser;
    const char *name = cr_optimiser_row((int)o->method)->name;
    const int pairs = cr_optimiser_history(o);
    if (!pairs)
        return CR_OK;
    if (o->param[0] != (double)pairs)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, o->at,
                          "the history of %s is a number of updates, not %g", name, o->param[0]);
    if (o->clip_norm > 0 || o->clip_value > 0 || o->l1 > 0 || o->l2 > 0 || o->average > 0)
        return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, o->at,
                          "%s goes without clip-norm, clip-value, l1, l2 and average", name);
    for (size_t i = 0; i < s->n_layers; i++)
        if (s->layer[i].kind == LAYER_DROPOUT || s->layer[i].kind == LAYER_NOISE)
            return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->layer[i].amount_at,
                              "%s needs the same loss for the same parameters, so it goes without "
                              "dropout and noise",
                              name);
    for (size_t i = 0; i < s->n_layers; i++)
        if (s->layer[i].kind == LAYER_BATCH_NORM)
            return cr_fail_at(c->err, CR_ERR_VALUE, &s->source, s->layer[i].at,
                              "%s looks at several losses for one update, so it goes without batch "
                              "normalisation",
                              name);
    return CR_OK;
}

cr_status cr_spec_finish(struct spec *spec, size_t max_bytes, cr_error *err)
{
    struct checker c = {spec, max_bytes, err};
    cr_status status = CR_OK;
    if (spec->n_inputs == 0)
        return cr_fail_at(err, CR_ERR_VALUE, &spec->source, spec->inputs_at,
                          "the network has no inputs");
    if (spec->n_inputs >= (size_t)1 << 24)
        return cr_fail_at(err, CR_ERR_LIMIT, &spec->source, spec->inputs_at,
                          "%zu inputs are too many", spec->n_inputs);
    if (spec->n_layers == 0)
        return cr_fail_at(err, CR_ERR_VALUE, &spec->source, (struct place){0},
                          "the network has no layers");
    for (size_t i = 0; !status && i < spec->n_layers; i++)
        status = connect(&c, i);
    if (!status)
        status = check_size(&c);
    for (size_t i = 0; !status && i < spec->n_layers; i++)
        status = check_read(&c, i);
    for (size_t i = 0; !status && i < spec->n_layers; i++)
        status = check_shapes(&c, i);
    for (size_t i = 0; !status && i < spec->n_layers; i++)
        status = check_activation(&c, i);
    if (status)
        return status;
    spec->n_outputs = spec->layer[spec->n_layers - 1].units;
    status = fill_names(&c);
    if (!status)
        status = check_names(&c);
    if (!status)
        status = check_loss(&c);
    if (!status)
        status = check_targets(&c);
    if (!status)
        status = check_optimiser(&c);
    return status;
}
