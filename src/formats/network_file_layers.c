/* The layers of a network file. */
#include <string.h>

#include "formats/network_file_read.h"

/* Where a layer's values come from */

static size_t layers_before(const struct file_layer *l, const struct reader *r, const char *name)
{
    size_t i = 0;
    while (i < l->index && (!r->spec->layer[i].name || strcmp(r->spec->layer[i].name, name) != 0))
        i++;
    return i;
}

/* A name that no earlier layer has: perhaps a later one has it. */
static cr_status unknown_layer(struct reader *r, const struct file_layer *l,
                               const struct yaml_node *node)
{
    const struct word word = cr_file_word(node);
    const char **names = arena_new(&r->tmp, const char *, l->index + 1);
    if (!names)
        return cr_fail_memory(r->err);
    for (size_t i = 0; i < l->index; i++)
        names[i] = r->spec->layer[i].name;
    names[l->index] = "inputs";
    const char *near = cr_suggest(word.s, names, l->index + 1);
    const char *own = l->out->name;
    if (own && strcmp(own, word.s) == 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, node, "layer '%s' cannot read itself", own);
        return CR_ERR_UNKNOWN;
    }
    for (const struct yaml_node *later = l->node->next; later; later = later->next) {
        for (const struct yaml_node *k = later->kind == YAML_MAP ? later->child : NULL; k;
             k = k->next->next) {
            if (!cr_yaml_is(k, "name") || !cr_yaml_is(k->next, word.s))
                continue;
            cr_file_fail(r, CR_ERR_UNKNOWN, node, "layer '%s' comes later", word.s);
            cr_hint(r->err, "a layer reads the inputs and layers above it");
            return CR_ERR_UNKNOWN;
        }
    }
    cr_file_fail(r, CR_ERR_UNKNOWN, node, "no layer above is called '%s'", word.s);
    if (near)
        cr_hint(r->err, "did you mean '%s'?", near);
    else
        cr_hint(r->err, "give the layer a 'name:', or write 'inputs'");
    return CR_ERR_UNKNOWN;
}

static cr_status read_one_source(struct reader *r, struct file_layer *l,
                                 const struct yaml_node *node)
{
    const char *name;
    struct spec_layer *out = l->out;
    if (node->kind != YAML_SCALAR)
        return cr_file_fail(r, CR_ERR_VALUE, node, "the name of a layer is needed here");
    if (out->n_from == SPEC_FROM)
        return cr_file_fail(r, CR_ERR_LIMIT, node, "a layer reads at most %d others", SPEC_FROM);
    const cr_status status = cr_file_text(r, node, "a layer's name", &name);
    if (status != CR_OK)
        return status;
    const size_t found = layers_before(l, r, name);
    if (found == l->index && !cr_yaml_is(node, "inputs"))
        return unknown_layer(r, l, node);
    out->from_at[out->n_from] = cr_yaml_place(&r->yaml, node);
    out->from[out->n_from++] = found < l->index ? (int)found : FROM_INPUTS;
    return CR_OK;
}

static cr_status read_sources(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    cr_status status = CR_OK;
    if (node->kind == YAML_SCALAR)
        return read_one_source(r, l, node);
    if (node->kind == YAML_MAP || !node->child)
        return cr_file_fail(r, CR_ERR_VALUE, node, "names of layers are needed here");
    for (const struct yaml_node *v = node->child; v && status == CR_OK; v = v->next)
        status = read_one_source(r, l, v);
    return status;
}

/* Units */

static cr_status read_unit_names(struct reader *r, struct file_layer *l,
                                 const struct yaml_node *list)
{
    const char **names = arena_new(&r->spec->arena, const char *, list->n);
    size_t i = 0;
    if (!names)
        return cr_fail_memory(r->err);
    if (list->n == 0)
        return cr_file_fail(r, CR_ERR_VALUE, list, "a layer needs at least one unit");
    for (const struct yaml_node *v = list->child; v; v = v->next, i++) {
        cr_status status = cr_file_name(r, v, "a unit's name", &names[i]);
        if (status == CR_OK)
            status = cr_file_give(r, names[i], v);
        if (status != CR_OK)
            return status;
    }
    l->out->units = list->n;
    l->out->unit_names = names;
    return CR_OK;
}

static cr_status read_units(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    uint64_t units;
    if (node->kind == YAML_LIST)
        return read_unit_names(r, l, node);
    const cr_status status =
        cr_file_count(r, node, "the number of units", 1, FILE_MAX_UNITS, &units);
    if (status == CR_OK)
        l->out->units = (size_t)units;
    else if (node->kind == YAML_MAP || !cr_file_is_number(node))
        cr_hint(r->err, "or a list of names: [h1, h2]");
    return status;
}

/* Activation */

static cr_status read_activation(struct reader *r, struct file_layer *l,
                                 const struct yaml_node *node)
{
    struct fields f = {0};
    const struct yaml_node *name = node;
    const char *text;
    if (node->kind == YAML_MAP) {
        const cr_status status = cr_file_fields(r, node, MAP_ACTIVATION, &f);
        if (status != CR_OK)
            return status;
        name = f.value[KEY_ACTIVATION_NAME];
        if (!name)
            return cr_file_fail(r, CR_ERR_VALUE, node, "the activation's 'name' is missing");
    }
    const cr_status status = cr_file_text(r, name, "an activation", &text);
    if (status != CR_OK)
        return status;
    l->out->act_at = cr_yaml_place(&r->yaml, name);
    return cr_activation_set(&r->spec->arena, &l->out->act, text, f.param, f.n_params, &r->yaml.src,
                             l->out->act_at, r->err);
}

static cr_status read_factor(struct reader *r, const struct yaml_node *node, const char *what,
                             double *out)
{
    double v = *out;
    cr_status status = node ? cr_file_number(r, node, what, &v) : CR_OK;
    if (status == CR_OK && v < 0)
        status = cr_file_fail(r, CR_ERR_VALUE, node, "%s must not be negative", what);
    if (status == CR_OK)
        *out = v;
    return status;
}

/* Those of a layer's weights, or of what its `rate` is called after, and of its biases. */
static cr_status read_factors(struct reader *r, struct file_layer *l, int rate, const char *name)
{
    const struct yaml_node *const *v = l->f.value;
    cr_status status = read_factor(r, v[rate], name, &l->out->weight_rate);
    if (status == CR_OK)
        status = read_factor(r, v[KEY_BIAS_RATE], "bias-rate", &l->out->bias_rate);
    if (status == CR_OK)
        status = read_factor(r, v[KEY_WEIGHT_DECAY], "weight-decay-factor", &l->out->weight_decay);
    if (status == CR_OK)
        status = read_factor(r, v[KEY_BIAS_DECAY], "bias-decay-factor", &l->out->bias_decay);
    return status;
}

static cr_status read_parametrisation(struct reader *r, struct file_layer *l,
                                      const struct yaml_node *node)
{
    static const char *const names[] = {"standard", "ntk"};
    for (int i = 0; i < 2; i++) {
        if (cr_yaml_is(node, names[i])) {
            l->out->ntk = i;
            return CR_OK;
        }
    }
    cr_file_fail(r, CR_ERR_UNKNOWN, node, "the parametrisation is 'standard' or 'ntk', not '%s'",
                 cr_file_word(node).s);
    return CR_ERR_UNKNOWN;
}

/* Layers */

static cr_status read_dense(struct reader *r, struct file_layer *l)
{
    const struct yaml_node *const *v = l->f.value;
    cr_status status = CR_OK;
    if (v[KEY_SCALE_RATE])
        return cr_file_fail(r, CR_ERR_VALUE, l->f.key[KEY_SCALE_RATE],
                            "a layer without 'scale' or 'norm' has no 'scale-rate'");
    if (!v[KEY_UNITS])
        return cr_file_fail(r, CR_ERR_VALUE, l->node, "layer %zu has no 'units'", l->index + 1);
    status = read_units(r, l, v[KEY_UNITS]);
    if (status == CR_OK && v[KEY_FROM])
        status = read_sources(r, l, v[KEY_FROM]);
    if (status == CR_OK && v[KEY_WEIGHTS])
        status = cr_file_read_weights(r, l, v[KEY_WEIGHTS]);
    if (status == CR_OK && v[KEY_BIAS])
        status = cr_file_read_bias(r, l, v[KEY_BIAS]);
    else if (l->out->weights)
        l->out->bias = BIAS_NONE;
    if (status == CR_OK)
        status = read_factors(r, l, KEY_WEIGHT_RATE, "weight-rate");
    if (status == CR_OK && v[KEY_PARAMETRISATION])
        status = read_parametrisation(r, l, v[KEY_PARAMETRISATION]);
    return status;
}

/* At most SPEC_FROM times what a layer can have, so the sum stays small. */
static size_t join_size(const struct reader *r, const struct spec_layer *l)
{
    size_t n = cr_file_source_size(r, l->from[0]);
    for (int i = 1; i < l->n_from && l->kind == LAYER_CONCAT; i++)
        n += cr_file_source_size(r, l->from[i]);
    return n < FILE_MAX_UNITS ? n : FILE_MAX_UNITS;
}

/* A layer that takes its size from what it reads: where its key is, and which of the others it
 * may have. */
static const struct other {
    int key;
    enum layer_kind kind;
    int allowed[6]; /* up to 0, which is KEY_NAME */
} others[] = {
    {KEY_ADD, LAYER_ADD, {0}},
    {KEY_CONCAT, LAYER_CONCAT, {0}},
    {KEY_SCALE, LAYER_SCALE, {KEY_FROM, KEY_SCALE_RATE, KEY_WEIGHT_DECAY}},
    {KEY_NORM,
     LAYER_NORM,
     {KEY_FROM, KEY_SCALE_RATE, KEY_BIAS_RATE, KEY_WEIGHT_DECAY, KEY_BIAS_DECAY}},
    {KEY_DROPOUT, LAYER_DROPOUT, {KEY_FROM}},
    {KEY_NOISE, LAYER_NOISE, {KEY_FROM}},
};

static int is_allowed(const struct other *o, int key)
{
    int i = 0;
    if (key == o->key || key == KEY_NAME || key == KEY_UNITS || key == KEY_ACTIVATION)
        return 1;
    while (o->allowed[i] && o->allowed[i] != key)
        i++;
    return o->allowed[i] != 0;
}

static cr_status check_keys(struct reader *r, const struct file_layer *l, const struct other *o)
{
    const struct file_map_row *map = cr_network_file_map(MAP_LAYER);
    for (int k = 0; map->key[k].name; k++)
        if (l->f.value[k] && !is_allowed(o, k))
            return cr_file_fail(r, CR_ERR_VALUE, l->f.key[k], "a layer with '%s' has no '%s'",
                                map->key[o->key].name, cr_file_word(l->f.key[k]).s);
    const struct yaml_node *units = l->f.value[KEY_UNITS];
    if (!units || units->kind == YAML_LIST)
        return CR_OK;
    cr_file_fail(r, CR_ERR_VALUE, units, "a layer with '%s' takes its size from what it reads",
                 map->key[o->key].name);
    cr_hint(r->err, "'units:' here can only be a list of names");
    return CR_ERR_VALUE;
}

/* What the layer reads, and so its size. */
static cr_status read_size(struct reader *r, struct file_layer *l, const struct yaml_node *from)
{
    const struct yaml_node *units = l->f.value[KEY_UNITS];
    cr_status status = from ? read_sources(r, l, from) : CR_OK;
    if (status != CR_OK)
        return status;
    if (!from) {
        l->out->from[0] = (int)l->index - 1;
        l->out->n_from = 1;
    }
    const size_t size = join_size(r, l->out);
    if (units) {
        status = read_unit_names(r, l, units);
        if (status == CR_OK && l->out->units != size)
            status = cr_file_fail(r, CR_ERR_SHAPE, units, "%u names, but the layer has %zu unit%s",
                                  units->n, size, size == 1 ? "" : "s");
    }
    l->out->units = size;
    return status;
}

static cr_status read_scale(struct reader *r, struct file_layer *l)
{
    const struct yaml_node *const *v = l->f.value;
    cr_status status = cr_file_read_scale(r, l, v[KEY_SCALE]);
    if (status == CR_OK)
        status = read_factor(r, v[KEY_SCALE_RATE], "scale-rate", &l->out->weight_rate);
    if (status == CR_OK)
        status = read_factor(r, v[KEY_WEIGHT_DECAY], "weight-decay-factor", &l->out->weight_decay);
    return status;
}

/* A number of the norm at `node`, where it is given. */
static cr_status read_norm_number(struct reader *r, const struct yaml_node *node,
                                  const struct yaml_node *number, const char *what, double *out,
                                  struct place *at)
{
    *at = cr_yaml_place(&r->yaml, number ? number : node);
    return number ? cr_file_number(r, number, what, out) : CR_OK;
}

static cr_status read_norm(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    struct fields f = {0};
    const struct yaml_node *name = node;
    cr_status status = CR_OK;
    if (node->kind == YAML_MAP) {
        status = cr_file_fields(r, node, MAP_NORM, &f);
        if (status != CR_OK)
            return status;
        name = f.value[KEY_NORM_NAME];
        if (!name)
            return cr_file_fail(r, CR_ERR_VALUE, node, "the norm's 'name' is missing");
    }
    if (cr_yaml_is(name, "batch"))
        cr_spec_layer_become(l->out, LAYER_BATCH_NORM);
    else if (!cr_yaml_is(name, "layer"))
        return cr_file_fail(r, CR_ERR_UNKNOWN, name, "the norm is 'layer' or 'batch', not '%s'",
                            cr_file_word(name).s);
    if (l->out->kind == LAYER_NORM && f.value[KEY_NORM_MOMENTUM])
        return cr_file_fail(r, CR_ERR_VALUE, f.key[KEY_NORM_MOMENTUM],
                            "the norm 'layer' has no 'momentum'");
    status = read_norm_number(r, node, f.value[KEY_NORM_EPSILON], "epsilon", &l->out->amount,
                              &l->out->amount_at);
    if (status == CR_OK)
        status = read_norm_number(r, node, f.value[KEY_NORM_MOMENTUM], "momentum",
                                  &l->out->momentum, &l->out->momentum_at);
    return status == CR_OK ? read_factors(r, l, KEY_SCALE_RATE, "scale-rate") : status;
}

static cr_status read_other(struct reader *r, struct file_layer *l, const struct other *o)
{
    cr_status status = check_keys(r, l, o);
    if (status != CR_OK)
        return status;
    cr_spec_layer_become(l->out, o->kind);
    status = read_size(r, l, cr_layer_is_unary(l->out) ? l->f.value[KEY_FROM] : l->f.value[o->key]);
    if (status == CR_OK && o->kind == LAYER_SCALE)
        status = read_scale(r, l);
    if (status == CR_OK && o->kind == LAYER_NORM)
        status = read_norm(r, l, l->f.value[KEY_NORM]);
    if (status == CR_OK && (o->kind == LAYER_DROPOUT || o->kind == LAYER_NOISE)) {
        l->out->amount_at = cr_yaml_place(&r->yaml, l->f.value[o->key]);
        status =
            cr_file_number(r, l->f.value[o->key], cr_layer_kind_name(o->kind), &l->out->amount);
    }
    return status;
}

static cr_status read_layer_name(struct reader *r, struct file_layer *l,
                                 const struct yaml_node *node)
{
    cr_status status = cr_file_name(r, node, "a layer's name", &l->out->name);
    if (status != CR_OK)
        return status;
    if (strcmp(l->out->name, "inputs") == 0)
        return cr_file_fail(r, CR_ERR_VALUE, node, "'inputs' means the network's inputs");
    const size_t same = layers_before(l, r, l->out->name);
    if (same < l->index)
        return cr_file_fail(r, CR_ERR_VALUE, node, "layer %zu is called '%s' too", same + 1,
                            l->out->name);
    return CR_OK;
}

static cr_status read_layer(struct reader *r, struct file_layer *l)
{
    cr_spec_layer_init(&r->spec->arena, l->out);
    l->out->at = cr_yaml_place(&r->yaml, l->node);
    cr_status status = cr_file_fields(r, l->node, MAP_LAYER, &l->f);
    if (status == CR_OK && l->f.value[KEY_NAME])
        status = read_layer_name(r, l, l->f.value[KEY_NAME]);
    if (status == CR_OK && l->f.value[KEY_ACTIVATION])
        status = read_activation(r, l, l->f.value[KEY_ACTIVATION]);
    if (status != CR_OK)
        return status;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (l->f.value[others[i].key])
            return read_other(r, l, &others[i]);
    return read_dense(r, l);
}

cr_status cr_file_read_layers(struct reader *r, const struct yaml_node *node)
{
    struct spec *s = r->spec;
    if (node->kind != YAML_LIST || !node->child) {
        cr_file_fail(r, CR_ERR_VALUE, node, "'layers' must be a list of layers");
        cr_hint(r->err, "start each layer with '- units: ...'");
        return CR_ERR_VALUE;
    }
    if (node->n > FILE_MAX_LAYERS)
        return cr_file_fail(r, CR_ERR_LIMIT, node, "more than %d layers", FILE_MAX_LAYERS);
    s->layer = arena_new(&s->arena, struct spec_layer, node->n);
    if (!s->layer)
        return cr_fail_memory(r->err);
    for (const struct yaml_node *v = node->child; v; v = v->next) {
        struct file_layer l = {.out = &s->layer[s->n_layers], .index = s->n_layers, .node = v};
        const cr_status status = read_layer(r, &l);
        if (status != CR_OK)
            return status;
        s->n_layers++;
    }
    return CR_OK;
}
