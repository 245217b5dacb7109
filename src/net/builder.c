/* The C builder: makes a spec call by call. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

/* A layer as built so far, in memory of the builder's arena. */
struct cr_builder {
    struct spec *spec; /* a template: copied by build */
    size_t room;       /* layers that fit in spec->layer */
    size_t example_room;
    double *inputs, *targets;
    cr_status status; /* the first failure */
    cr_error err;
};

cr_builder *cr_builder_create(size_t inputs)
{
    cr_builder *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->spec = cr_spec_new();
    if (!b->spec) {
        free(b);
        return NULL;
    }
    b->spec->n_inputs = inputs;
    return b;
}

void cr_builder_free(cr_builder *b)
{
    if (!b)
        return;
    free(b->inputs);
    free(b->targets);
    cr_spec_free(b->spec);
    free(b);
}

static void fail(cr_builder *b, cr_status status)
{
    if (!b->status)
        b->status = status;
}

static void fail_memory(cr_builder *b)
{
    if (!b->status)
        b->status = cr_fail_memory(&b->err);
}

static struct spec_layer *add_layer(cr_builder *b)
{
    struct spec *s = b->spec;
    if (b->status)
        return NULL;
    if (s->n_layers == b->room) {
        const size_t room = b->room ? 2 * b->room : 8;
        struct spec_layer *grown = arena_new(&s->arena, struct spec_layer, room);
        if (!grown) {
            fail_memory(b);
            return NULL;
        }
        if (s->n_layers)
            memcpy(grown, s->layer, s->n_layers * sizeof *grown);
        s->layer = grown;
        b->room = room;
    }
    struct spec_layer *l = &s->layer[s->n_layers++];
    cr_spec_layer_init(&s->arena, l);
    return l;
}

/* The layer that a call names, or NULL and a failure. */
static struct spec_layer *any_layer(cr_builder *b, int layer)
{
    if (b->status)
        return NULL;
    if (layer < 0 || (size_t)layer >= b->spec->n_layers) {
        fail(b, cr_fail(&b->err, CR_ERR_ARGUMENT, "there is no layer %d", layer));
        return NULL;
    }
    return &b->spec->layer[layer];
}

static struct spec_layer *layer_at(cr_builder *b, int layer)
{
    struct spec_layer *l = any_layer(b, layer);
    if (l && l->kind != LAYER_DENSE) {
        fail(b, cr_fail(&b->err, CR_ERR_ARGUMENT, "layer %d is not dense", layer));
        return NULL;
    }
    return l;
}

static void set_from(cr_builder *b, struct spec_layer *l, const int *layers, size_t n)
{
    if (n == 0 || n > SPEC_FROM) {
        fail(b, cr_fail(&b->err, CR_ERR_ARGUMENT, "a layer reads between 1 and %d others, not %zu",
                        SPEC_FROM, n));
        return;
    }
    memcpy(l->from, layers, n * sizeof *layers);
    l->n_from = (int)n;
}

int cr_builder_dense(cr_builder *b, size_t units, const char *activation)
{
    struct spec_layer *l = add_layer(b);
    if (!l)
        return -1;
    l->units = units;
    fail(b, cr_activation_set(&b->spec->arena, &l->act, activation, NULL, 0, NULL,
                              (struct place){0}, &b->err));
    return (int)b->spec->n_layers - 1;
}

static int add_join(cr_builder *b, enum layer_kind kind, const int *layers, size_t n)
{
    struct spec_layer *l = add_layer(b);
    if (!l)
        return -1;
    l->kind = kind;
    set_from(b, l, layers, n);
    return (int)b->spec->n_layers - 1;
}

int cr_builder_add(cr_builder *b, const int *layers, size_t n)
{
    return add_join(b, LAYER_ADD, layers, n);
}

int cr_builder_concat(cr_builder *b, const int *layers, size_t n)
{
    return add_join(b, LAYER_CONCAT, layers, n);
}

int cr_builder_scale(cr_builder *b, double start)
{
    struct spec_layer *l = add_layer(b);
    if (!l)
        return -1;
    cr_spec_layer_become(l, LAYER_SCALE);
    l->weight_init.param[0] = start;
    return (int)b->spec->n_layers - 1;
}

static int add_unary(cr_builder *b, enum layer_kind kind, double amount)
{
    struct spec_layer *l = add_layer(b);
    if (!l)
        return -1;
    cr_spec_layer_become(l, kind);
    l->amount = amount;
    return (int)b->spec->n_layers - 1;
}

int cr_builder_norm(cr_builder *b)
{
    return add_unary(b, LAYER_NORM, SPEC_NORM_EPSILON);
}

int cr_builder_batch_norm(cr_builder *b, double momentum)
{
    struct spec_layer *l = add_layer(b);
    if (!l)
        return -1;
    cr_spec_layer_become(l, LAYER_BATCH_NORM);
    l->momentum = momentum;
    return (int)b->spec->n_layers - 1;
}

int cr_builder_dropout(cr_builder *b, double p)
{
    return add_unary(b, LAYER_DROPOUT, p);
}

int cr_builder_noise(cr_builder *b, double sd)
{
    return add_unary(b, LAYER_NOISE, sd);
}

void cr_builder_from(cr_builder *b, int layer, const int *layers, size_t n)
{
    struct spec_layer *l = any_layer(b, layer);
    if (l)
        set_from(b, l, layers, n);
}

void cr_builder_weights(cr_builder *b, int layer, const double *w, size_t n)
{
    struct spec_layer *l = layer_at(b, layer);
    if (!l)
        return;
    if (l->units == 0 || n % l->units != 0) {
        fail(b, cr_fail(&b->err, CR_ERR_SHAPE, "layer %d: %zu weights do not fill %zu rows", layer,
                        n, l->units));
        return;
    }
    l->weight_rows = l->units;
    l->weight_cols = n / l->units;
    if (!(l->weights = cr_arena_copy(&b->spec->arena, w, n, sizeof *w)))
        fail_memory(b);
}

void cr_builder_biases(cr_builder *b, int layer, const double *bias, size_t n)
{
    struct spec_layer *l = layer_at(b, layer);
    if (!l)
        return;
    l->bias = BIAS_PER_UNIT;
    l->n_biases = n;
    if (!(l->biases = cr_arena_copy(&b->spec->arena, bias, n, sizeof *bias)))
        fail_memory(b);
}

/* The row of an initialiser's name, or -1 and a failure. */
static int find_init(cr_builder *b, const char *initialiser)
{
    const char *near = NULL;
    const int row = cr_init_find(initialiser, &near);
    if (row < 0) {
        fail(b, cr_fail(&b->err, CR_ERR_UNKNOWN, "unknown initialiser '%.60s'", initialiser));
        if (near)
            cr_hint(&b->err, "did you mean '%s'?", near);
    }
    return row;
}

static void set_init(cr_builder *b, struct init *init, const char *initialiser)
{
    const int row = find_init(b, initialiser);
    if (row < 0)
        return;
    init->method = (enum init_method)row;
    fail(b,
         cr_params_set(init->param, cr_init_row(row)->param, initialiser, NULL, 0, NULL, &b->err));
}

void cr_builder_init(cr_builder *b, int layer, const char *initialiser)
{
    struct spec_layer *l = layer_at(b, layer);
    if (l)
        set_init(b, &l->weight_init, initialiser);
}

void cr_builder_bias_init(cr_builder *b, int layer, const char *initialiser)
{
    struct spec_layer *l = layer_at(b, layer);
    if (l)
        set_init(b, &l->bias_init, initialiser);
}

void cr_builder_ntk(cr_builder *b, int layer)
{
    struct spec_layer *l = layer_at(b, layer);
    if (l)
        l->ntk = 1;
}

/* 1 where both factors will do */
static int check_factors(cr_builder *b, double weights, double biases)
{
    if (weights >= 0 && weights < 1e300 && biases >= 0 && biases < 1e300)
        return 1;
    fail(b, cr_fail(&b->err, CR_ERR_VALUE, "factors of a layer must be finite and not negative"));
    return 0;
}

void cr_builder_rates(cr_builder *b, int layer, double weights, double biases)
{
    struct spec_layer *l = any_layer(b, layer);
    if (!l || !check_factors(b, weights, biases))
        return;
    l->weight_rate = weights;
    l->bias_rate = biases;
}

void cr_builder_decays(cr_builder *b, int layer, double weights, double biases)
{
    struct spec_layer *l = any_layer(b, layer);
    if (!l || !check_factors(b, weights, biases))
        return;
    l->weight_decay = weights;
    l->bias_decay = biases;
}

void cr_builder_no_bias(cr_builder *b, int layer)
{
    struct spec_layer *l = layer_at(b, layer);
    if (l)
        l->bias = BIAS_NONE;
}

void cr_builder_shared_bias(cr_builder *b, int layer, double value)
{
    struct spec_layer *l = layer_at(b, layer);
    if (!l)
        return;
    l->bias = BIAS_SHARED;
    l->n_biases = 1;
    if (!(l->biases = cr_arena_copy(&b->spec->arena, &value, 1, sizeof value)))
        fail_memory(b);
}

void cr_builder_loss(cr_builder *b, const char *loss, int sum_over_rows)
{
    if (b->status)
        return;
    const char *near = NULL;
    const int row = cr_loss_find(loss, &near);
    if (row < 0) {
        fail(b, cr_fail(&b->err, CR_ERR_UNKNOWN, "unknown loss '%.60s'", loss));
        if (near)
            cr_hint(&b->err, "did you mean '%s'?", near);
        return;
    }
    b->spec->loss.row = row;
    b->spec->loss.reduction = sum_over_rows ? REDUCE_SUM : REDUCE_MEAN;
    fail(b,
         cr_params_set(b->spec->loss.param, cr_loss_row(row)->param, loss, NULL, 0, NULL, &b->err));
}

static const char *const *copy_names(cr_builder *b, const char *const *names, size_t n)
{
    const char **copy = arena_new(&b->spec->arena, const char *, n);
    for (size_t i = 0; copy && i < n; i++)
        if (!(copy[i] = cr_arena_strdup(&b->spec->arena, names[i])))
            copy = NULL;
    if (!copy)
        fail_memory(b);
    return copy;
}

void cr_builder_input_names(cr_builder *b, const char *const *names, size_t n)
{
    if (b->status)
        return;
    if (n != b->spec->n_inputs) {
        fail(b, cr_fail(&b->err, CR_ERR_SHAPE, "%zu names for %zu inputs", n, b->spec->n_inputs));
        return;
    }
    b->spec->input_names = copy_names(b, names, n);
}

void cr_builder_unit_names(cr_builder *b, int layer, const char *const *names, size_t n)
{
    struct spec_layer *l = layer_at(b, layer);
    if (!l)
        return;
    if (n != l->units) {
        fail(b, cr_fail(&b->err, CR_ERR_SHAPE, "layer %d: %zu names for %zu units", layer, n,
                        l->units));
        return;
    }
    l->unit_names = copy_names(b, names, n);
}

/* Append n numbers to a growing array of rows of n. */
static int append(double **array, size_t rows, const double *from, size_t n)
{
    size_t all;
    if (!cr_mul_size(rows + 1, n, &all) || all > SIZE_MAX / sizeof(double))
        return 0;
    double *grown = realloc(*array, all ? all * sizeof *grown : 1);
    if (!grown)
        return 0;
    if (n)
        memcpy(grown + rows * n, from, n * sizeof *from);
    *array = grown;
    return 1;
}

void cr_builder_example(cr_builder *b, const double *in, size_t n_in, const double *target,
                        size_t n_target)
{
    struct spec *s = b->spec;
    if (b->status)
        return;
    if (n_in != s->n_inputs || (s->n_examples && n_target != s->n_targets)) {
        fail(b, cr_fail(&b->err, CR_ERR_SHAPE, "example %zu: %zu inputs and %zu targets",
                        s->n_examples + 1, n_in, n_target));
        return;
    }
    s->n_targets = n_target;
    if (!append(&b->inputs, s->n_examples, in, n_in) ||
        !append(&b->targets, s->n_examples, target, n_target)) {
        fail_memory(b);
        return;
    }
    s->n_examples++;
}

/* 1 where the rate will do */
static int check_rate(cr_builder *b, double rate)
{
    if (rate > 0 && rate < 1e300)
        return 1;
    fail(b, cr_fail(&b->err, CR_ERR_VALUE, "the learning rate must be positive and finite"));
    return 0;
}

void cr_builder_optimiser(cr_builder *b, const char *optimiser, double learning_rate)
{
    if (b->status)
        return;
    const char *near = NULL;
    const int row = cr_optimiser_find(optimiser, &near);
    if (row < 0) {
        fail(b, cr_fail(&b->err, CR_ERR_UNKNOWN, "unknown optimiser '%.60s'", optimiser));
        if (near)
            cr_hint(&b->err, "did you mean '%s'?", near);
        return;
    }
    struct spec_optimiser *o = &b->spec->optimiser;
    fail(b, cr_optimiser_set(o, (enum optimiser_method)row, NULL, 0, NULL, &b->err));
    if (learning_rate != 0 && check_rate(b, learning_rate))
        o->learning_rate = learning_rate;
}

void cr_builder_optimiser_constant(cr_builder *b, const char *name, double value)
{
    if (b->status)
        return;
    struct spec_optimiser *o = &b->spec->optimiser;
    const struct optimiser_row *row = cr_optimiser_row((int)o->method);
    const struct spec_param param = {.name = name, .value = value};
    double set[TABLE_PARAMS];
    fail(b, cr_params_set(set, row->param, row->name, &param, 1, NULL, &b->err));
    for (int i = 0; !b->status && i < TABLE_PARAMS && row->param[i].name; i++)
        if (strcmp(row->param[i].name, name) == 0)
            o->param[i] = set[i];
}

/* Set two numbers that are 0 or more, the second at most `most`. */
static void set_extras(cr_builder *b, double *to, double first, double *also, double second,
                       const char *what)
{
    if (b->status)
        return;
    if (!(first >= 0 && first < 1e300 && second >= 0 && second < 1e300)) {
        fail(b, cr_fail(&b->err, CR_ERR_VALUE, "%s must be finite and not negative", what));
        return;
    }
    *to = first;
    *also = second;
}

void cr_builder_clip(cr_builder *b, double norm, double value)
{
    struct spec_optimiser *o = &b->spec->optimiser;
    set_extras(b, &o->clip_norm, norm, &o->clip_value, value, "where gradients are clipped");
}

void cr_builder_penalty(cr_builder *b, double l1, double l2)
{
    struct spec_optimiser *o = &b->spec->optimiser;
    set_extras(b, &o->l1, l1, &o->l2, l2, "penalties");
}

void cr_builder_average(cr_builder *b, double average)
{
    if (b->status)
        return;
    if (average >= 0 && average < 1)
        b->spec->optimiser.average = average;
    else
        fail(b, cr_fail(&b->err, CR_ERR_VALUE, "the average keeps a share from 0 to below 1"));
}

void cr_builder_learning_rate(cr_builder *b, double rate)
{
    if (!b->status && check_rate(b, rate))
        b->spec->optimiser.learning_rate = rate;
}

/* A spec that owns all it points to. Formulas are shared trees without owner in the
 * template's arena, so each activation is made anew in the copy's. */
static struct spec *copy_spec(const cr_builder *b, cr_error *err)
{
    const struct spec *from = b->spec;
    struct spec *s = cr_spec_new();
    if (!s)
        return NULL;
    struct arena *a = &s->arena;
    const struct arena own = s->arena;
    *s = *from;
    s->arena = own;
    int ok = 1;
#define COPY(to, n) \
    if (to)         \
    ok = ok && ((to) = cr_arena_copy(a, (to), (n), sizeof *(to))) != NULL
#define COPY_NAMES(to, n)                                          \
    if (to) {                                                      \
        const char **names = arena_new(a, const char *, (n));      \
        ok = ok && names != NULL;                                  \
        for (size_t k = 0; ok && k < (n); k++)                     \
            ok = (names[k] = cr_arena_strdup(a, (to)[k])) != NULL; \
        (to) = names;                                              \
    }
    COPY(s->layer, s->n_layers);
    COPY_NAMES(s->input_names, s->n_inputs);
    s->inputs = b->inputs;
    s->targets = b->targets;
    COPY(s->inputs, s->n_examples * s->n_inputs);
    COPY(s->targets, s->n_examples * s->n_targets);
    for (size_t i = 0; ok && i < s->n_layers; i++) {
        assert(s->layer);
        struct spec_layer *l = &s->layer[i];
        COPY(l->weights, l->weight_rows * l->weight_cols);
        COPY(l->biases, l->n_biases);
        COPY_NAMES(l->unit_names, l->units);
        const struct activation_row *row = cr_activation_row(l->act.row);
        ok = ok && cr_activation_set(a, &l->act, row ? row->name : l->act.text, NULL, 0, NULL,
                                     (struct place){0}, err) == CR_OK;
    }
#undef COPY
#undef COPY_NAMES
    if (ok)
        return s;
    cr_spec_free(s);
    return NULL;
}

cr_status cr_builder_build(const cr_builder *b, cr_type type, uint64_t seed, cr_net **out,
                           cr_error *err)
{
    if (b->status) {
        if (err)
            *err = b->err;
        return b->status;
    }
    struct spec *s = copy_spec(b, err);
    if (!s)
        return cr_fail_memory(err);
    cr_status status = cr_net_build(s, type, seed, 0, out, err);
    if (status)
        cr_spec_free(s);
    return status;
}
