/* The weights and biases of a layer of a network file. */
#include <stdio.h>
#include <string.h>

#include "formats/network_file_read.h"

static cr_status read_init(struct reader *r, const struct yaml_node *node, const char *name,
                           const struct spec_param *params, size_t n, struct init *out)
{
    const char *near = NULL;
    struct init init = {0};
    const int row = cr_init_find(name, &near);
    if (row < 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, node, "unknown initialiser '%s'", cr_file_word(node).s);
        if (near)
            cr_hint(r->err, "did you mean '%s'?", near);
        return CR_ERR_UNKNOWN;
    }
    init.method = (enum init_method)row;
    const cr_status status =
        cr_params_set(init.param, cr_init_row(row)->param, name, params, n, &r->yaml.src, r->err);
    if (status == CR_OK)
        *out = init;
    return status;
}

/* "he-normal" or {init: he-normal, ...}, given as a name's node and parameters. */
static cr_status read_named_init(struct reader *r, const struct yaml_node *name,
                                 const struct fields *f, struct init *out)
{
    const char *text;
    const cr_status status = cr_file_text(r, name, "an initialiser", &text);
    if (status != CR_OK)
        return status;
    return read_init(r, name, text, f ? f->param : NULL, f ? f->n_params : 0, out);
}

static cr_status read_init_map(struct reader *r, const struct yaml_node *node, struct init *out)
{
    struct fields f;
    const cr_status status = cr_file_fields(r, node, MAP_INIT, &f);
    if (status != CR_OK)
        return status;
    if (!f.value[KEY_INIT_METHOD])
        return cr_file_fail(r, CR_ERR_VALUE, node, "'init' is missing");
    return read_named_init(r, f.value[KEY_INIT_METHOD], &f, out);
}

/* Weights as rows */

static cr_status read_rows(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    const struct yaml_node *first = node->child;
    size_t row = 0;
    double *w;
    for (const struct yaml_node *v = first; v; v = v->next, row++) {
        if (v->kind != YAML_LIST) {
            cr_file_fail(r, CR_ERR_VALUE, v, "row %zu of the weights is no list", row + 1);
            cr_hint(r->err, "each unit has a row: [[...], [...]]");
            return CR_ERR_VALUE;
        }
        if (v->n == 0)
            return cr_file_fail(r, CR_ERR_VALUE, v, "row %zu of the weights is empty", row + 1);
        if (v->n != first->n)
            return cr_file_fail(r, CR_ERR_SHAPE, v,
                                "row %zu of the weights has %u number%s, but "
                                "row 1 has %u",
                                row + 1, v->n, v->n == 1 ? "" : "s", first->n);
    }
    size_t n;
    if (!cr_mul_size(node->n, first->n, &n) || !(w = arena_new(&r->spec->arena, double, n)))
        return cr_fail_memory(r->err);
    row = 0;
    for (const struct yaml_node *v = first; v; v = v->next, row++) {
        const cr_status status = cr_file_numbers(r, v, "a weight", w + row * first->n);
        if (status != CR_OK)
            return status;
    }
    l->out->weights = w;
    l->out->weight_rows = node->n;
    l->out->weight_cols = first->n;
    return CR_OK;
}

/* A flat list is one row, which is plain only where there is one unit. */
static cr_status read_row(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    if (l->out->units != 1) {
        cr_file_fail(r, CR_ERR_SHAPE, node, "%zu units need %zu rows of weights", l->out->units,
                     l->out->units);
        cr_hint(r->err, "each unit has a row: [[...], [...]]");
        return CR_ERR_SHAPE;
    }
    double *w = arena_new(&r->spec->arena, double, node->n);
    if (!w)
        return cr_fail_memory(r->err);
    l->out->weights = w;
    l->out->weight_rows = 1;
    l->out->weight_cols = node->n;
    return cr_file_numbers(r, node, "a weight", w);
}

/* Weights by connection: {x1->h1: 0.2, ...} */

/* Bytes of "->" or its arrow at s[0..n), 0 for none. */
static size_t arrow_at(const char *s, size_t n)
{
    if (n >= 2 && memcmp(s, "->", 2) == 0)
        return 2;
    return n >= 3 && memcmp(s, "\xE2\x86\x92", 3) == 0 ? 3 : 0;
}

struct ends {
    const char *from, *to;
    size_t n_from, n_to;
};

static int split_arrow(const struct yaml_node *key, struct ends *out)
{
    const char *s = key->text;
    for (size_t i = 0; i < key->n; i++) {
        const size_t arrow = arrow_at(s + i, key->n - i);
        if (!arrow)
            continue;
        size_t end = i, start = i + arrow;
        while (end > 0 && s[end - 1] == ' ')
            end--;
        while (start < key->n && s[start] == ' ')
            start++;
        *out = (struct ends){s, s + start, end, key->n - start};
        return 1;
    }
    return 0;
}

static int has_arrows(const struct yaml_node *map)
{
    struct ends ends;
    for (const struct yaml_node *k = map->child; k; k = k->next->next)
        if (split_arrow(k, &ends))
            return 1;
    return 0;
}

size_t cr_file_source_size(const struct reader *r, int from)
{
    return from == FROM_INPUTS ? r->spec->n_inputs : r->spec->layer[from].units;
}

static cr_status needs_names(const struct reader *r, const struct yaml_node *node, size_t layer)
{
    cr_file_fail(r, CR_ERR_VALUE, node,
                 "weights by name need named units, but those of layer %zu "
                 "have none",
                 layer + 1);
    cr_hint(r->err, "write 'units: [h1, h2]' there");
    return CR_ERR_VALUE;
}

/* Inputs without names are x1, x2, ... everywhere. */
static const char *const *input_names(struct reader *r)
{
    struct spec *s = r->spec;
    if (s->input_names)
        return s->input_names;
    const char **names = arena_new(&r->tmp, const char *, s->n_inputs);
    for (size_t i = 0; names && i < s->n_inputs; i++)
        if (!(names[i] = cr_arena_printf(&r->tmp, "x%zu", i + 1)))
            return NULL;
    return names;
}

static cr_status source_names(struct reader *r, const struct file_layer *l,
                              const struct yaml_node *node, const char ***out, size_t *n_out)
{
    const struct spec_layer *out_layer = l->out;
    int from[SPEC_FROM] = {(int)l->index - 1}, n_from = out_layer->n_from;
    size_t n = 0;
    if (n_from == 0)
        n_from = 1;
    else
        memcpy(from, out_layer->from, sizeof from);
    for (int i = 0; i < n_from; i++)
        n += cr_file_source_size(r, from[i]);
    /* Each name needs an entry of the mapping, so a count bounds what is allocated. */
    if (n > node->n)
        return cr_file_fail(r, CR_ERR_SHAPE, node,
                            "%u weights are given, but layer %zu has %zu "
                            "inputs",
                            node->n, l->index + 1, n);
    const char **names = arena_new(&r->tmp, const char *, n);
    if (!names)
        return cr_fail_memory(r->err);
    n = 0;
    for (int i = 0; i < n_from; i++) {
        const char *const *own =
            from[i] == FROM_INPUTS ? input_names(r) : r->spec->layer[from[i]].unit_names;
        if (!own)
            return from[i] == FROM_INPUTS ? cr_fail_memory(r->err)
                                          : needs_names(r, node, (size_t)from[i]);
        for (size_t k = 0; k < cr_file_source_size(r, from[i]); k++)
            names[n++] = own[k];
    }
    *out = names;
    *n_out = n;
    return CR_OK;
}

static cr_status unknown_end(const struct reader *r, const struct yaml_node *key, const char *s,
                             size_t n, const struct name_index *index, const char *what)
{
    char word[FILE_WORD + 1];
    snprintf(word, sizeof word, "%.*s", (int)(n < FILE_WORD ? n : FILE_WORD), s);
    cr_file_fail(r, CR_ERR_UNKNOWN, key, "%s '%s'", what, word);
    cr_file_hint_names(r, word, index->name, index->n);
    return CR_ERR_UNKNOWN;
}

struct connections {
    struct name_index from, to;
    double *w;
    unsigned char *given;
};

static cr_status read_connection(struct reader *r, const struct yaml_node *key,
                                 const struct connections *c)
{
    struct ends ends;
    if (!split_arrow(key, &ends)) {
        cr_file_fail(r, CR_ERR_VALUE, key, "'%s' is no connection", cr_file_word(key).s);
        cr_hint(r->err, "write 'x1->h1: 0.2'");
        return CR_ERR_VALUE;
    }
    const size_t from = cr_file_find(&c->from, ends.from, ends.n_from);
    const size_t to = cr_file_find(&c->to, ends.to, ends.n_to);
    if (from == c->from.n)
        return unknown_end(r, key, ends.from, ends.n_from, &c->from, "this layer does not read");
    if (to == c->to.n)
        return unknown_end(r, key, ends.to, ends.n_to, &c->to, "this layer has no unit");
    const size_t i = to * c->from.n + from;
    if (c->given[i])
        return cr_file_fail(r, CR_ERR_SYNTAX, key, "connection '%s' is given twice",
                            cr_file_word(key).s);
    c->given[i] = 1;
    return cr_file_number(r, key->next, "a weight", &c->w[i]);
}

/* Every connection must be there; too few entries for that leave nothing to allocate. */
static cr_status read_connections(struct reader *r, struct file_layer *l,
                                  const struct yaml_node *node)
{
    const char **names = NULL;
    size_t n_from = 0, n;
    struct connections c = {0};
    if (!l->out->unit_names)
        return needs_names(r, node, l->index);
    cr_status status = source_names(r, l, node, &names, &n_from);
    if (status == CR_OK)
        status = cr_file_index(r, names, n_from, &c.from);
    if (status == CR_OK)
        status = cr_file_index(r, l->out->unit_names, l->out->units, &c.to);
    if (status != CR_OK)
        return status;
    if (!cr_mul_size(n_from, l->out->units, &n) || n / 64 > node->n)
        return cr_file_fail(r, CR_ERR_SHAPE, node,
                            "%u weights are given, but %zu inputs to %zu "
                            "units need %zu",
                            node->n, n_from, l->out->units, n);
    c.w = arena_new(&r->spec->arena, double, n);
    c.given = arena_new(&r->tmp, unsigned char, n);
    if (!c.w || !c.given)
        return cr_fail_memory(r->err);
    for (const struct yaml_node *k = node->child; k; k = k->next->next)
        if ((status = read_connection(r, k, &c)) != CR_OK)
            return status;
    for (size_t to = 0; to < l->out->units; to++)
        for (size_t from = 0; from < n_from; from++)
            if (!c.given[to * n_from + from])
                return cr_file_fail(r, CR_ERR_VALUE, node, "the weight %s->%s is missing",
                                    names[from], l->out->unit_names[to]);
    l->out->weights = c.w;
    l->out->weight_rows = l->out->units;
    l->out->weight_cols = n_from;
    return CR_OK;
}

cr_status cr_file_read_weights(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    l->out->weights_at = cr_yaml_place(&r->yaml, node);
    if (node->kind == YAML_MAP)
        return has_arrows(node) ? read_connections(r, l, node)
                                : read_init_map(r, node, &l->out->weight_init);
    if (node->kind == YAML_LIST) {
        if (!node->child)
            return cr_file_fail(r, CR_ERR_VALUE, node, "the list of weights is empty");
        return node->child->kind == YAML_LIST ? read_rows(r, l, node) : read_row(r, l, node);
    }
    if (cr_file_is_number(node)) {
        cr_file_fail(r, CR_ERR_VALUE, node, "one number cannot say all the weights");
        cr_hint(r->err, "write rows of numbers, or {init: constant, value: %s}",
                cr_file_word(node).s);
        return CR_ERR_VALUE;
    }
    return read_named_init(r, node, NULL, &l->out->weight_init);
}

/* Scales */

cr_status cr_file_read_scale(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    struct spec_layer *out = l->out;
    out->weights_at = cr_yaml_place(&r->yaml, node);
    if (node->kind == YAML_MAP)
        return read_init_map(r, node, &out->weight_init);
    if (node->kind == YAML_SCALAR && !cr_file_is_number(node))
        return read_named_init(r, node, NULL, &out->weight_init);
    if (node->kind == YAML_SCALAR)
        return cr_file_number(r, node, "a scale", &out->weight_init.param[0]);
    if (!node->child)
        return cr_file_fail(r, CR_ERR_VALUE, node, "the list of scales is empty");
    double *s = arena_new(&r->spec->arena, double, node->n);
    if (!s)
        return cr_fail_memory(r->err);
    out->weights = s;
    out->weight_rows = 1;
    out->weight_cols = node->n;
    return cr_file_numbers(r, node, "a scale", s);
}

/* Biases */

static cr_status read_shared(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    l->out->bias = BIAS_SHARED;
    if (node->kind == YAML_MAP)
        return read_init_map(r, node, &l->out->bias_init);
    if (node->kind == YAML_SCALAR && !cr_file_is_number(node))
        return read_named_init(r, node, NULL, &l->out->bias_init);
    double *b = arena_new(&r->spec->arena, double, 1);
    if (!b)
        return cr_fail_memory(r->err);
    l->out->biases = b;
    l->out->n_biases = 1;
    return cr_file_number(r, node, "a shared bias", b);
}

static cr_status read_bias_map(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    struct fields f;
    const cr_status status = cr_file_fields(r, node, MAP_BIAS, &f);
    if (status != CR_OK)
        return status;
    const struct yaml_node *shared = f.value[KEY_BIAS_SHARED], *init = f.value[KEY_BIAS_INIT];
    if (!shared && !init && f.n_params) {
        static const char *const keys[] = {"shared", "init"};
        cr_fail_at(r->err, CR_ERR_UNKNOWN, &r->yaml.src, f.param[0].name_at,
                   "a bias has no key '%s'", f.param[0].name);
        cr_file_hint_names(r, f.param[0].name, keys, 2);
        return CR_ERR_UNKNOWN;
    }
    if (!shared == !init) {
        cr_file_fail(r, CR_ERR_VALUE, node, "a bias mapping has either 'shared' or 'init'");
        cr_hint(r->err, "an initialiser for one shared bias: {shared: {init: ...}}");
        return CR_ERR_VALUE;
    }
    if (shared && f.n_params)
        return cr_fail_at(r->err, CR_ERR_UNKNOWN, &r->yaml.src, f.param[0].name_at,
                          "a shared bias has no parameter '%s'", f.param[0].name);
    return shared ? read_shared(r, l, shared) : read_named_init(r, init, &f, &l->out->bias_init);
}

cr_status cr_file_read_bias(struct reader *r, struct file_layer *l, const struct yaml_node *node)
{
    struct spec_layer *out = l->out;
    out->biases_at = cr_yaml_place(&r->yaml, node);
    if (node->kind == YAML_MAP)
        return read_bias_map(r, l, node);
    if (cr_yaml_is(node, "none")) {
        out->bias = BIAS_NONE;
        return CR_OK;
    }
    if (node->kind == YAML_SCALAR && !cr_file_is_number(node)) {
        static const char *const none[] = {"none"};
        const cr_status status = read_named_init(r, node, NULL, &out->bias_init);
        if (status == CR_ERR_UNKNOWN && cr_suggest(cr_file_word(node).s, none, 1))
            cr_hint(r->err, "did you mean 'none'?");
        return status;
    }
    if (node->kind == YAML_SCALAR && out->units != 1) {
        const struct word word = cr_file_word(node);
        cr_file_fail(r, CR_ERR_SHAPE, node, "one number, but the layer has %zu units", out->units);
        cr_hint(r->err, "one bias for all of them: {shared: %s}; one each: a list", word.s);
        return CR_ERR_SHAPE;
    }
    const size_t n = node->kind == YAML_LIST ? node->n : 1;
    if (n == 0) {
        cr_file_fail(r, CR_ERR_VALUE, node, "the list of biases is empty");
        cr_hint(r->err, "for no bias write 'none'");
        return CR_ERR_VALUE;
    }
    double *b = arena_new(&r->spec->arena, double, n);
    if (!b)
        return cr_fail_memory(r->err);
    out->biases = b;
    out->n_biases = n;
    return node->kind == YAML_LIST ? cr_file_numbers(r, node, "a bias", b)
                                   : cr_file_number(r, node, "a bias", b);
}
