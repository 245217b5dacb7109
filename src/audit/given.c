/* A network that was handed over: what its quantities are called in a notation. */
#include <math.h>
#include <string.h>

#include "audit/topic.h"
#include "explain/names.h"

struct naming {
    struct audit *a;
    struct names names;
    struct tokens tokens;
};

/* The name in the text's terms of an element's symbol; -1: it is none. */
static int spelled(struct naming *n, int value, size_t index)
{
    if (value < 0)
        return -1;
    const struct symbol s = cr_names_symbol(&n->names, value, 0, (long)index, 0);
    if (!s.latex) {
        n->a->failed = 1;
        return -1;
    }
    cr_tokens_read(&n->a->arena, s.latex, 0, strlen(s.latex), MODE_MATH, 0, &n->tokens);
    n->a->failed |= n->tokens.failed;
    return n->tokens.failed ? -1 : cr_maths_one_name(&n->a->maths, &n->tokens);
}

static int param_value(const struct tape *tape, int layer, enum param_kind kind)
{
    const int group = cr_net_param(tape->net, layer, kind);
    for (int v = 0; group >= 0 && v < tape->n_values; v++)
        if (tape->value[v].role == ROLE_PARAM && tape->value[v].param == group)
            return v;
    return -1;
}

static int add_layer(struct naming *n, struct guess *g, int layer)
{
    const struct tape *tape = n->names.tape;
    const struct spec_layer *l = &tape->net->spec->layer[layer];
    const size_t fan_in = cr_spec_fan_in(tape->net->spec, (size_t)layer);
    const int w = param_value(tape, layer, PARAM_WEIGHT), b = param_value(tape, layer, PARAM_BIAS);
    const int pre = cr_tape_find(tape, ROLE_PRE, -1, layer),
              act = cr_tape_find(tape, ROLE_ACT, -1, layer);
    /* each layer reads the one before it, and nothing else */
    if (l->kind != LAYER_DENSE || l->n_from != 1 || l->from[0] != layer - 1 ||
        fan_in > MOST_SOURCES || g->n_units + l->units > MOST_UNITS)
        return 0;
    for (size_t j = 0; j < l->units; j++) {
        struct unit *u = &g->unit[g->n_units++];
        *u = (struct unit){.layer = layer, .column = j, .n = fan_in, .bias = -1};
        u->pre = spelled(n, pre, j);
        u->act = spelled(n, act, j);
        for (size_t k = 0; k < fan_in; k++)
            u->weight[k] = spelled(n, w, j * fan_in + k);
        if (b >= 0)
            u->bias = spelled(n, b, tape->value[b].cols > 1 ? j : 0);
    }
    return 1;
}

static int read(struct naming *n, struct guess *g)
{
    const struct tape *tape = n->names.tape;
    const struct spec *spec = tape->net->spec;
    *g = (struct guess){.n_inputs = spec->n_inputs,
                        .n_outputs = spec->n_outputs,
                        .n_layers = spec->n_layers,
                        .has_rate = 1,
                        .rate = spec->optimiser.learning_rate};
    if (g->n_inputs > MOST_SOURCES || g->n_outputs > MOST_SOURCES)
        return 0;
    for (size_t i = 0; i < g->n_inputs; i++)
        g->input[i] = spelled(n, tape->input, i);
    for (size_t i = 0; i < g->n_outputs; i++)
        g->target[i] = spelled(n, tape->target, i);
    g->rate_name = spelled(n, cr_tape_find(tape, ROLE_RATE, -1, -1), 0);
    for (size_t l = 0; l < spec->n_layers; l++)
        if (!add_layer(n, g, (int)l))
            return 0;
    return 1;
}

int cr_guess_from_net(struct audit *a, const cr_net *net, const char *notation, struct guess *out)
{
    struct notation note;
    struct tape *tape = NULL;
    struct naming n = {.a = a};
    int failed = 0, known = 0;
    if (net->spec->n_examples != 1 || !net->spec->targets ||
        cr_notation_choose(net->spec, notation, &note, NULL))
        return 0;
    cr_status status = cr_tape_record(net, TAPE_BACKWARD | TAPE_UPDATE, &tape, NULL);
    if (!status)
        status = cr_names_init(&n.names, &a->arena, tape, &note, 1, &failed, NULL);
    if (!status)
        known = read(&n, out);
    a->failed |= status == CR_ERR_MEMORY || failed || a->maths.failed;
    cr_tokens_free(&n.tokens);
    cr_tape_free(tape);
    return known && !a->failed;
}

int cr_guess_fits(const struct guess *g, const cr_net *net)
{
    const struct spec *spec = net->spec;
    if (g->n_inputs != spec->n_inputs || g->n_layers != spec->n_layers)
        return 0;
    for (size_t l = 0; l < g->n_layers; l++)
        if (!cr_guess_unit(g, (int)l, spec->layer[l].units - 1) ||
            cr_guess_unit(g, (int)l, spec->layer[l].units))
            return 0;
    return 1;
}
