/* Inputs, targets and examples of a network file. */
#include <stdio.h>
#include <string.h>

#include "formats/network_file_read.h"

/* What every example's inputs, or its targets, consist of. */
struct columns {
    const char *what; /* "input" */
    size_t n;
    const char *const *name; /* NULL: values are given in order */
    struct name_index index;
};

static const struct yaml_node *map_value(const struct yaml_node *map, const char *key)
{
    for (const struct yaml_node *k = map->kind == YAML_MAP ? map->child : NULL; k;
         k = k->next->next)
        if (cr_yaml_is(k, key))
            return k->next;
    return NULL;
}

/* Names of a list or a mapping's keys. */
static cr_status read_names(struct reader *r, const struct yaml_node *node, const char *what,
                            const char *const **out)
{
    const char **names = arena_new(&r->spec->arena, const char *, node->n);
    const int step = node->kind == YAML_MAP;
    size_t i = 0;
    if (!names)
        return cr_fail_memory(r->err);
    for (const struct yaml_node *v = node->child; v; v = step ? v->next->next : v->next) {
        const cr_status status = cr_file_name(r, v, what, &names[i++]);
        if (status != CR_OK)
            return status;
    }
    *out = names;
    return CR_OK;
}

static cr_status check_mixed(const struct reader *r, const struct yaml_node *list)
{
    const int numbers = cr_file_is_number(list->child);
    for (const struct yaml_node *v = list->child->next; v; v = v->next)
        if (v->kind == YAML_SCALAR && !v->quoted && v->n && cr_file_is_number(v) != numbers)
            return cr_file_fail(r, CR_ERR_VALUE, v, "a list holds values or names, not both");
    return CR_OK;
}

/* 1 when a node has values, not names alone. */
static int has_values(const struct yaml_node *node)
{
    return node->kind == YAML_MAP ||
           (node->kind == YAML_LIST && node->child &&
            (cr_file_is_number(node->child) || node->child->kind != YAML_SCALAR));
}

static cr_status read_columns(struct reader *r, const struct yaml_node *node, const char *what,
                              struct columns *out)
{
    char one[32];
    struct columns c = {.what = what, .n = node->n};
    cr_status status = CR_OK;
    snprintf(one, sizeof one, "%s %s's name", what[0] == 'i' ? "an" : "a", what);
    if (node->kind == YAML_SCALAR) {
        cr_file_fail(r, CR_ERR_VALUE, node, "%ss are a list or a mapping", what);
        cr_hint(r->err, cr_file_is_number(node) ? "write [%s]" : "such as {%s: 1}",
                cr_file_word(node).s);
        return CR_ERR_VALUE;
    }
    if (!node->child)
        return cr_file_fail(r, CR_ERR_VALUE, node, "there must be at least one %s", what);
    if (node->kind == YAML_LIST && (status = check_mixed(r, node)) != CR_OK)
        return status;
    if (node->kind == YAML_MAP || !has_values(node)) {
        status = read_names(r, node, one, &c.name);
        if (status == CR_OK)
            status = cr_file_index(r, c.name, c.n, &c.index);
    }
    if (status == CR_OK)
        *out = c;
    return status;
}

static cr_status missing_name(struct reader *r, const struct yaml_node *node,
                              const struct columns *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct yaml_node *k = node->child;
        while (k && !cr_yaml_is(k, c->name[i]))
            k = k->next->next;
        if (!k)
            return cr_file_fail(r, CR_ERR_VALUE, node, "%s '%s' has no value", c->what, c->name[i]);
    }
    return cr_file_fail(r, CR_ERR_SHAPE, node, "a value is missing");
}

/* The shape of one example's values, before anything is allocated for them. */
static cr_status check_row(struct reader *r, const struct yaml_node *node, const struct columns *c,
                           size_t example)
{
    char which[40] = "there are";
    if (example)
        snprintf(which, sizeof which, "example %zu has", example);
    if (node->kind == YAML_SCALAR || !has_values(node)) {
        cr_file_fail(r, CR_ERR_VALUE, node,
                     "%ss must be a list of numbers, or a mapping from "
                     "names to numbers",
                     c->what);
        if (cr_file_is_number(node))
            cr_hint(r->err, "write [%s]", cr_file_word(node).s);
        return CR_ERR_VALUE;
    }
    if (node->kind == YAML_MAP && !c->name) {
        cr_file_fail(r, CR_ERR_VALUE, node, "%ss are named here, but not where they come first",
                     c->what);
        return CR_ERR_VALUE;
    }
    if (node->kind == YAML_LIST && node->n != c->n)
        return cr_file_fail(r, CR_ERR_SHAPE, node, "%s %u %s%s, not %zu", which, node->n, c->what,
                            node->n == 1 ? "" : "s", c->n);
    for (const struct yaml_node *k = node->kind == YAML_MAP ? node->child : NULL; k;
         k = k->next->next) {
        if (cr_file_find(&c->index, k->text, k->n) < c->n)
            continue;
        const struct word word = cr_file_word(k);
        cr_file_fail(r, CR_ERR_UNKNOWN, k, "no %s is called '%s'", c->what, word.s);
        cr_file_hint_names(r, word.s, c->name, c->n);
        return CR_ERR_UNKNOWN;
    }
    return node->n == c->n ? CR_OK : missing_name(r, node, c);
}

static cr_status read_row(struct reader *r, const struct yaml_node *node, const struct columns *c,
                          double *out)
{
    char what[32];
    cr_status status = CR_OK;
    snprintf(what, sizeof what, "%s %s", c->what[0] == 'i' ? "an" : "a", c->what);
    if (node->kind == YAML_LIST)
        return cr_file_numbers(r, node, what, out);
    for (const struct yaml_node *k = node->child; k && status == CR_OK; k = k->next->next)
        status = cr_file_number(r, k->next, what, &out[cr_file_find(&c->index, k->text, k->n)]);
    return status;
}

/* Inputs */

static cr_status read_input_columns(struct reader *r, const struct yaml_node *node)
{
    struct columns c;
    cr_status status = read_columns(r, node, "input", &c);
    if (status != CR_OK)
        return status;
    const struct yaml_node *v = node->child;
    for (size_t i = 0; c.name && i < c.n && status == CR_OK; i++) {
        status = cr_file_give(r, c.name[i], v);
        v = node->kind == YAML_MAP ? v->next->next : v->next;
    }
    r->spec->n_inputs = c.n;
    r->spec->input_names = c.name;
    return status;
}

cr_status cr_file_read_inputs(struct reader *r, const struct fields *network)
{
    const struct yaml_node *node = network->value[KEY_INPUTS];
    const struct yaml_node *examples = network->value[KEY_EXAMPLES];
    uint64_t n;
    if (node && examples && has_values(node)) {
        cr_file_fail(r, CR_ERR_VALUE, node, "values stand here and in 'examples'");
        cr_hint(r->err, "with 'examples', give only the inputs' names here");
        return CR_ERR_VALUE;
    }
    if (!node && examples && examples->kind == YAML_LIST && examples->child)
        node = map_value(examples->child, "inputs");
    if (!node) {
        cr_file_fail(r, CR_ERR_VALUE, r->yaml.root, "'inputs' is missing");
        cr_hint(r->err, "'inputs: {x1: 0.5, x2: 1}', or 'inputs: 2' where data come from "
                        "elsewhere");
        return CR_ERR_VALUE;
    }
    r->spec->inputs_at = cr_yaml_place(&r->yaml, node);
    if (node->kind != YAML_SCALAR)
        return read_input_columns(r, node);
    const cr_status status = cr_file_count(r, node, "the number of inputs", 1, FILE_MAX_UNITS, &n);
    if (status == CR_OK)
        r->spec->n_inputs = (size_t)n;
    else if (status == CR_ERR_VALUE)
        cr_hint(r->err,
                cr_file_is_number(node) ? "values go in a list: [%s]" : "or names in a list: [%s]",
                cr_file_word(node).s);
    return status;
}

/* Targets */

/* Targets that are named as the output's units take the units' order. */
static cr_status order_by_units(struct reader *r, const struct yaml_node *node, struct columns *c)
{
    const struct spec_layer *last = &r->spec->layer[r->spec->n_layers - 1];
    struct name_index units;
    const struct yaml_node *stranger = NULL, *v = node->child;
    size_t found = 0;
    if (!c->name || !last->unit_names || last->units != c->n)
        return CR_OK;
    cr_status status = cr_file_index(r, last->unit_names, last->units, &units);
    if (status != CR_OK)
        return status;
    for (size_t i = 0; i < c->n; i++) {
        if (cr_file_find(&units, v->text, v->n) < units.n)
            found++;
        else if (!stranger)
            stranger = v;
        v = node->kind == YAML_MAP ? v->next->next : v->next;
    }
    if (found == 0)
        return CR_OK;
    if (stranger) {
        const struct word word = cr_file_word(stranger);
        cr_file_fail(r, CR_ERR_UNKNOWN, stranger, "no output unit is called '%s'", word.s);
        cr_file_hint_names(r, word.s, units.name, units.n);
        return CR_ERR_UNKNOWN;
    }
    c->name = last->unit_names;
    c->index = units;
    return CR_OK;
}

static cr_status check_target_names(struct reader *r, const struct yaml_node *node,
                                    const struct columns *c)
{
    for (size_t i = 1; i < c->index.n; i++) {
        const char *name = c->name[c->index.order[i]];
        if (strcmp(name, c->name[c->index.order[i - 1]]) == 0)
            return cr_file_fail(r, CR_ERR_VALUE, node, "two targets are called '%s'", name);
    }
    return CR_OK;
}

static cr_status read_target_columns(struct reader *r, const struct yaml_node *node,
                                     struct columns *c)
{
    cr_status status = read_columns(r, node, "target", c);
    if (status == CR_OK)
        status = check_target_names(r, node, c);
    if (status == CR_OK)
        status = order_by_units(r, node, c);
    if (status == CR_OK) {
        r->spec->targets_at = cr_yaml_place(&r->yaml, node);
        r->spec->n_targets = c->n;
        r->spec->target_names = c->name;
    }
    return status;
}

/* Examples */

/* One example's nodes; targets is NULL where there are none. */
struct example {
    const struct yaml_node *name, *inputs, *targets;
};

static cr_status read_values(struct reader *r, const struct example *example, size_t n,
                             const struct columns *inputs, const struct columns *targets)
{
    struct spec *s = r->spec;
    const size_t first = n > 1 || example->name ? 1 : 0;
    cr_status status = CR_OK;
    for (size_t i = 0; i < n && status == CR_OK; i++) {
        status = check_row(r, example[i].inputs, inputs, n > 1 ? i + first : 0);
        if (status == CR_OK && targets->n)
            status = check_row(r, example[i].targets, targets, n > 1 ? i + first : 0);
    }
    if (status != CR_OK)
        return status;
    /* Every value that is given room has a node now, so the products cannot overflow. */
    double *in = arena_new(&s->arena, double, n * inputs->n);
    double *out = arena_new(&s->arena, double, n * targets->n);
    if (!in || !out)
        return cr_fail_memory(r->err);
    for (size_t i = 0; i < n && status == CR_OK; i++) {
        status = read_row(r, example[i].inputs, inputs, in + i * inputs->n);
        if (status == CR_OK && targets->n)
            status = read_row(r, example[i].targets, targets, out + i * targets->n);
    }
    s->n_examples = n;
    s->inputs = in;
    s->targets = targets->n ? out : NULL;
    return status;
}

static cr_status input_columns(struct reader *r, struct columns *out)
{
    struct spec *s = r->spec;
    *out = (struct columns){.what = "input", .n = s->n_inputs, .name = s->input_names};
    return out->name ? cr_file_index(r, out->name, out->n, &out->index) : CR_OK;
}

static cr_status read_example_nodes(struct reader *r, const struct yaml_node *list,
                                    struct example *example)
{
    size_t i = 0;
    for (const struct yaml_node *v = list->child; v; v = v->next, i++) {
        struct fields f;
        const cr_status status = cr_file_fields(r, v, MAP_EXAMPLE, &f);
        if (status != CR_OK)
            return status;
        example[i] = (struct example){f.value[KEY_EXAMPLE_NAME], f.value[KEY_EXAMPLE_INPUTS],
                                      f.value[KEY_EXAMPLE_TARGETS]};
        if (!example[i].inputs)
            return cr_file_fail(r, CR_ERR_VALUE, v, "example %zu has no 'inputs'", i + 1);
        if (!example[i].targets && example[0].targets)
            return cr_file_fail(r, CR_ERR_VALUE, v, "example %zu has no 'targets'", i + 1);
        if (example[i].targets && !example[0].targets)
            return cr_file_fail(r, CR_ERR_VALUE, f.key[KEY_EXAMPLE_TARGETS],
                                "example %zu has targets, but the first has none", i + 1);
    }
    return CR_OK;
}

static cr_status read_example_names(struct reader *r, const struct example *example, size_t n)
{
    const char **names = arena_new(&r->spec->arena, const char *, n);
    int any = 0;
    if (!names)
        return cr_fail_memory(r->err);
    for (size_t i = 0; i < n; i++) {
        cr_status status = CR_OK;
        any |= example[i].name != NULL;
        if (example[i].name)
            status = cr_file_text(r, example[i].name, "an example's name", &names[i]);
        else if (!(names[i] = cr_arena_printf(&r->spec->arena, "%zu", i + 1)))
            status = cr_fail_memory(r->err);
        if (status != CR_OK)
            return status;
    }
    if (any)
        r->spec->example_names = names;
    return CR_OK;
}

static cr_status read_examples(struct reader *r, const struct yaml_node *list,
                               const struct yaml_node *top_targets)
{
    struct columns inputs, targets = {0};
    if (list->kind != YAML_LIST || !list->child) {
        cr_file_fail(r, CR_ERR_VALUE, list, "'examples' must be a list of examples");
        cr_hint(r->err, "start each with '- inputs: ...'");
        return CR_ERR_VALUE;
    }
    struct example *example = arena_new(&r->tmp, struct example, list->n);
    if (!example)
        return cr_fail_memory(r->err);
    cr_status status = read_example_nodes(r, list, example);
    if (status == CR_OK && top_targets && has_values(top_targets)) {
        cr_file_fail(r, CR_ERR_VALUE, top_targets, "values stand here and in 'examples'");
        cr_hint(r->err, "with 'examples', give only the targets' names here");
        return CR_ERR_VALUE;
    }
    const struct yaml_node *columns = top_targets ? top_targets : example[0].targets;
    if (status == CR_OK && columns)
        status = read_target_columns(r, columns, &targets);
    if (status == CR_OK && !example[0].targets)
        targets = (struct columns){0};
    if (status == CR_OK)
        status = input_columns(r, &inputs);
    if (status == CR_OK)
        status = read_values(r, example, list->n, &inputs, &targets);
    return status == CR_OK ? read_example_names(r, example, list->n) : status;
}

cr_status cr_file_read_targets(struct reader *r, const struct fields *network)
{
    struct columns inputs, targets = {0};
    const struct yaml_node *in = network->value[KEY_INPUTS];
    const struct yaml_node *out = network->value[KEY_TARGETS];
    if (network->value[KEY_EXAMPLES])
        return read_examples(r, network->value[KEY_EXAMPLES], out);
    if (out && has_values(out) && !has_values(in)) {
        cr_file_fail(r, CR_ERR_VALUE, out, "targets have values, but the inputs have none");
        cr_hint(r->err, "give the inputs values, or write 'examples:'");
        return CR_ERR_VALUE;
    }
    cr_status status = out ? read_target_columns(r, out, &targets) : CR_OK;
    if (status != CR_OK || !has_values(in))
        return status;
    if (out && !has_values(out))
        targets = (struct columns){0}; /* names alone: what the output is called */
    const struct example one = {NULL, in, out};
    status = input_columns(r, &inputs);
    return status == CR_OK ? read_values(r, &one, 1, &inputs, &targets) : status;
}
