#include "formats/network_file.h"

#include <stddef.h>
#include <string.h>

#include "formats/network_file_read.h"

enum { ARENA_MIN = 1 << 20 };

static cr_status read_notation(struct reader *r, const struct yaml_node *node)
{
    struct spec_notation *out = &r->spec->notation;
    struct arena *a = &r->spec->arena;
    if (node->kind == YAML_SCALAR) {
        out->at = cr_yaml_place(&r->yaml, node);
        return cr_file_text(r, node, "a notation", &out->base);
    }
    if (node->kind != YAML_MAP) {
        cr_file_fail(r, CR_ERR_VALUE, node, "'notation' is a name or a mapping, not a list");
        return CR_ERR_VALUE;
    }
    const char **key = arena_new(a, const char *, node->n);
    const char **pattern = arena_new(a, const char *, node->n);
    struct place *key_at = arena_new(a, struct place, node->n);
    struct place *pattern_at = arena_new(a, struct place, node->n);
    if (!key || !pattern || !key_at || !pattern_at)
        return cr_fail_memory(r->err);
    for (const struct yaml_node *k = node->child; k; k = k->next->next) {
        const int base = cr_yaml_is(k, "base");
        cr_status status = cr_file_text(r, k->next, base ? "a notation" : "a pattern",
                                        base ? &out->base : &pattern[out->n]);
        if (base)
            out->at = cr_yaml_place(&r->yaml, k->next);
        else if (status == CR_OK) {
            key_at[out->n] = cr_yaml_place(&r->yaml, k);
            pattern_at[out->n] = cr_yaml_place(&r->yaml, k->next);
            status = cr_file_text(r, k, "a key", &key[out->n++]);
        }
        if (status != CR_OK)
            return status;
    }
    out->key = key;
    out->pattern = pattern;
    out->key_at = key_at;
    out->pattern_at = pattern_at;
    return CR_OK;
}

static cr_status read_reduction(struct reader *r, const struct yaml_node *node, enum reduction *out)
{
    static const char *const names[] = {"mean", "sum"};
    for (int i = 0; i < 2; i++) {
        if (cr_yaml_is(node, names[i])) {
            *out = i ? REDUCE_SUM : REDUCE_MEAN;
            return CR_OK;
        }
    }
    const struct word word = cr_file_word(node);
    cr_file_fail(r, CR_ERR_UNKNOWN, node, "the reduction is 'mean' or 'sum', not '%s'", word.s);
    return CR_ERR_UNKNOWN;
}

static cr_status read_loss(struct reader *r, const struct yaml_node *node)
{
    struct fields f = {0};
    struct spec_loss *out = &r->spec->loss;
    const struct yaml_node *name = node;
    const char *text, *near = NULL;
    cr_status status = CR_OK;
    if (node->kind == YAML_MAP) {
        status = cr_file_fields(r, node, MAP_LOSS, &f);
        if (status != CR_OK)
            return status;
        name = f.value[KEY_LOSS_NAME];
        if (!name)
            return cr_file_fail(r, CR_ERR_VALUE, node, "the loss's 'name' is missing");
    }
    status = cr_file_text(r, name, "a loss", &text);
    if (status != CR_OK)
        return status;
    out->at = cr_yaml_place(&r->yaml, name);
    out->row = cr_loss_find(text, &near);
    if (out->row < 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, name, "unknown loss '%s'", cr_file_word(name).s);
        if (near)
            cr_hint(r->err, "did you mean '%s'?", near);
        return CR_ERR_UNKNOWN;
    }
    status = cr_params_set(out->param, cr_loss_row(out->row)->param, text, f.param, f.n_params,
                           &r->yaml.src, r->err);
    if (status == CR_OK && f.value[KEY_LOSS_REDUCTION])
        status = read_reduction(r, f.value[KEY_LOSS_REDUCTION], &out->reduction);
    const struct yaml_node *smoothing = f.value[KEY_LOSS_SMOOTHING];
    if (status == CR_OK && smoothing)
        status = cr_file_number(r, smoothing, "the smoothing", &out->smoothing);
    if (status == CR_OK && smoothing && !(out->smoothing >= 0 && out->smoothing < 1))
        return cr_file_fail(r, CR_ERR_VALUE, smoothing,
                            "the smoothing must be from 0 to below 1, not %s",
                            cr_file_word(smoothing).s);
    return status;
}

static cr_status read_learning_rate(struct reader *r, const struct yaml_node *node)
{
    double rate;
    const cr_status status = cr_file_number(r, node, "the learning rate", &rate);
    if (status != CR_OK)
        return status;
    if (!(rate > 0))
        return cr_file_fail(r, CR_ERR_VALUE, node, "the learning rate must be more than 0");
    r->spec->optimiser.learning_rate = rate;
    r->spec->given |= 1u << SPEC_LEARNING_RATE;
    r->spec->optimiser.at = cr_yaml_place(&r->yaml, node);
    return CR_OK;
}

/* What every optimiser can have. */
static const struct extra {
    int key;
    size_t offset;
    const char *what;
} extras[] = {
    {KEY_CLIP_NORM, offsetof(struct spec_optimiser, clip_norm), "clip-norm"},
    {KEY_CLIP_VALUE, offsetof(struct spec_optimiser, clip_value), "clip-value"},
    {KEY_L1, offsetof(struct spec_optimiser, l1), "l1"},
    {KEY_L2, offsetof(struct spec_optimiser, l2), "l2"},
    {KEY_AVERAGE, offsetof(struct spec_optimiser, average), "average"},
};

static cr_status read_extras(struct reader *r, const struct fields *f)
{
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        const struct extra *e = &extras[i];
        const struct yaml_node *node = f->value[e->key];
        double v;
        if (!node)
            continue;
        const cr_status status = cr_file_number(r, node, e->what, &v);
        if (status != CR_OK)
            return status;
        if (v < 0)
            return cr_file_fail(r, CR_ERR_VALUE, node, "%s must not be negative", e->what);
        if (e->key == KEY_AVERAGE && v >= 1)
            return cr_file_fail(r, CR_ERR_VALUE, node, "average must be below 1");
        memcpy((char *)&r->spec->optimiser + e->offset, &v, sizeof v);
    }
    return CR_OK;
}

/* A key that is no constant of the optimiser may be a slip in one that is known. */
static void hint_key(struct reader *r, const struct spec_param *params, size_t n,
                     const struct optimiser_row *row)
{
    const char *known[TABLE_PARAMS + MAP_MAX_KEYS];
    size_t n_known = 0;
    for (const struct file_key *k = cr_network_file_map(MAP_OPTIMISER)->key; k->name; k++)
        known[n_known++] = k->name;
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++)
        known[n_known++] = row->param[i].name;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < n_known && strcmp(known[k], params[i].name) != 0)
            k++;
        const char *near = k == n_known ? cr_suggest(params[i].name, known, n_known) : NULL;
        if (near) {
            cr_hint(r->err, "did you mean '%s'?", near);
            return;
        }
    }
}

/* The row that a name means, or -1 and an error. */
static int find_optimiser(struct reader *r, const struct yaml_node *name)
{
    const char *text, *near = NULL;
    if (cr_file_text(r, name, "an optimiser", &text) != CR_OK)
        return -1;
    const int row = cr_optimiser_find(text, &near);
    if (row < 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, name, "unknown optimiser '%s'", cr_file_word(name).s);
        if (near)
            cr_hint(r->err, "did you mean '%s'?", near);
        else
            cr_hint(r->err, "'chainrule list optimisers' shows those there are");
    }
    return row;
}

static cr_status read_optimiser(struct reader *r, const struct yaml_node *node)
{
    struct fields f = {0};
    struct spec_optimiser *out = &r->spec->optimiser;
    const struct yaml_node *name = node;
    int row = OPT_GRADIENT_DESCENT;
    if (node->kind == YAML_MAP) {
        const cr_status status = cr_file_fields(r, node, MAP_OPTIMISER, &f);
        if (status != CR_OK)
            return status;
        name = f.value[KEY_OPTIMISER_NAME];
    }
    if (name && (row = find_optimiser(r, name)) < 0)
        return r->err ? r->err->code : CR_ERR_UNKNOWN;
    const cr_status status = cr_optimiser_set(out, (enum optimiser_method)row, f.param, f.n_params,
                                              &r->yaml.src, r->err);
    if (status == CR_ERR_UNKNOWN)
        hint_key(r, f.param, f.n_params, cr_optimiser_row(row));
    if (status != CR_OK)
        return status;
    out->at = cr_yaml_place(&r->yaml, name ? name : node);
    r->spec->given |= 1u << SPEC_OPTIMISER;
    const cr_status extra = read_extras(r, &f);
    if (extra != CR_OK || !f.value[KEY_LEARNING_RATE])
        return extra;
    return read_learning_rate(r, f.value[KEY_LEARNING_RATE]);
}

static cr_status read_iterations(struct reader *r, const struct yaml_node *node)
{
    uint64_t v;
    const cr_status status = cr_file_count(r, node, "the number of iterations", 1, 10000, &v);
    if (status == CR_OK)
        r->spec->iterations = (int)v;
    return status;
}

static cr_status read_title(struct reader *r, const struct yaml_node *node)
{
    return cr_file_text(r, node, "the title", &r->spec->title);
}

static cr_status read_root(struct reader *r)
{
    static const struct {
        int key;
        cr_status (*read)(struct reader *r, const struct yaml_node *node);
    } parts[] = {
        {KEY_TITLE, read_title},
        {KEY_NOTATION, read_notation},
        {KEY_LOSS, read_loss},
        {KEY_OPTIMISER, read_optimiser},
        {KEY_TRAIN, cr_file_read_train},
        {KEY_ITERATIONS, read_iterations},
        {KEY_WORKSHEET, cr_file_read_worksheet},
    };
    struct fields f;
    const struct yaml_node *root = r->yaml.root;
    if (!root) {
        cr_fail_at(r->err, CR_ERR_VALUE, &r->yaml.src, (struct place){0}, "the file is empty");
        cr_hint(r->err, "'chainrule init' writes a network file to start from");
        return CR_ERR_VALUE;
    }
    cr_status status = cr_file_fields(r, root, MAP_NETWORK, &f);
    if (status == CR_OK && !f.value[KEY_LAYERS])
        status = cr_file_fail(r, CR_ERR_VALUE, root, "'layers' is missing");
    if (status == CR_OK)
        status = cr_file_read_inputs(r, &f);
    if (status == CR_OK)
        status = cr_file_read_layers(r, f.value[KEY_LAYERS]);
    if (status == CR_OK)
        status = cr_file_read_targets(r, &f);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == CR_OK; i++)
        if (f.value[parts[i].key])
            status = parts[i].read(r, f.value[parts[i].key]);
    return status == CR_OK ? cr_file_check_names(r) : status;
}

static cr_status read_spec(struct reader *r, const struct source *given, size_t max_bytes)
{
    struct arena *a = &r->spec->arena;
    struct source src = {NULL, NULL, given->size};
    if (given->size > YAML_MAX_SIZE)
        return cr_fail_at(r->err, CR_ERR_LIMIT, given, (struct place){0},
                          "the file is larger than %d MiB", YAML_MAX_SIZE >> 20);
    src.text = cr_arena_strndup(a, given->size ? given->text : "", given->size);
    if (given->name)
        src.name = cr_arena_strdup(a, given->name);
    if (!src.text || (given->name && !src.name))
        return cr_fail_memory(r->err);
    cr_status status = cr_yaml_read(&r->tmp, &src, &r->yaml, r->err);
    r->spec->source = r->yaml.src;
    if (status == CR_OK)
        status = read_root(r);
    return status == CR_OK ? cr_spec_finish(r->spec, max_bytes, r->err) : status;
}

cr_status cr_network_file_read(const char *text, size_t size, const char *name, size_t max_bytes,
                               struct spec **out, cr_error *err)
{
    const struct source given = {name, text, size};
    struct reader r = {.spec = cr_spec_new(), .err = err};
    if (!r.spec)
        return cr_fail_memory(err);
    /* Names of units that a count stands for take memory too. */
    if (max_bytes && size <= YAML_MAX_SIZE && max_bytes < SIZE_MAX / 2)
        r.spec->arena.limit = max_bytes + 64 * size + ARENA_MIN;
    const cr_status status = read_spec(&r, &given, max_bytes);
    cr_arena_free(&r.tmp);
    if (status != CR_OK) {
        cr_spec_free(r.spec);
        return status;
    }
    r.spec->arena.limit = 0;
    *out = r.spec;
    return CR_OK;
}
