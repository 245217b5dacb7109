/* A network made out from the equations and numbers of a text, and built. */
#include "audit/guess.h"

#include <math.h>

#include "audit/guess_parts.h"

static int fill(struct audit *a, struct unit *u, const struct implied *im)
{
    for (size_t k = 0; k < u->n; k++)
        if (isnan(u->w[k]) && !cr_implied_value(im, u->weight[k], &u->w[k]))
            return 0;
    (void)a;
    return !u->has_bias || !isnan(u->b) || cr_implied_value(im, u->bias, &u->b);
}

static int place(struct guess *g, struct unit *u, int depth)
{
    if (u->layer >= 0)
        return 1;
    if (depth > 16)
        return 0;
    int below = -1;
    for (size_t k = 0; k < u->n; k++) {
        struct unit *from = cr_guess_maker(g, u->source[k]);
        if (from == u || (from && !place(g, from, depth + 1)))
            return 0;
        const int layer = from ? from->layer : -1;
        if (k && layer != below)
            return 0; /* connections that skip a layer */
        below = layer;
    }
    u->layer = below + 1;
    return 1;
}

const struct unit *cr_guess_unit(const struct guess *g, int layer, size_t column)
{
    for (size_t i = 0; i < g->n_units; i++)
        if (g->unit[i].layer == layer && g->unit[i].column == column)
            return &g->unit[i];
    return NULL;
}

static size_t width(const struct guess *g, int layer)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_units; i++)
        n += g->unit[i].layer == layer;
    return n;
}

/* Put the sources of a layer's units in the order of the layer below. */
static int arrange(struct guess *g, int layer)
{
    const size_t below = layer ? width(g, layer - 1) : g->n_inputs;
    for (size_t i = 0; i < g->n_units; i++) {
        struct unit *u = &g->unit[i];
        if (u->layer != layer)
            continue;
        const struct unit old = *u;
        if (old.n != below || below > MOST_SOURCES)
            return 0;
        for (size_t k = 0; k < below; k++) {
            size_t at = 0;
            for (; at < old.n; at++) {
                const struct unit *from = layer ? cr_guess_unit(g, layer - 1, k) : NULL;
                if (from ? old.source[at] == from->act || old.source[at] == from->pre
                         : old.source[at] == g->input[k])
                    break;
            }
            if (at == old.n)
                return 0;
            u->weight[k] = old.weight[at];
            u->source[k] = old.source[at];
            u->w[k] = old.w[at];
        }
    }
    return 1;
}

static int find_inputs(struct guess *g, const struct implied *im)
{
    for (size_t i = 0; i < g->n_units; i++)
        for (size_t k = 0; g->unit[i].layer == 0 && k < g->unit[i].n; k++) {
            const int name = g->unit[i].source[k];
            size_t at = 0;
            while (at < g->n_inputs && g->input[at] != name)
                at++;
            if (at < g->n_inputs)
                continue;
            if (at == MOST_SOURCES || !cr_implied_value(im, name, &g->x[at]))
                return 0;
            g->input[g->n_inputs++] = name;
        }
    return g->n_inputs > 0;
}

static int make_layers(struct guess *g)
{
    int last = -1;
    for (size_t i = 0; i < g->n_units; i++) {
        if (!place(g, &g->unit[i], 0))
            return 0;
        if (g->unit[i].layer > last)
            last = g->unit[i].layer;
    }
    g->n_layers = (size_t)(last + 1);
    for (int l = 0; l <= last; l++) {
        size_t column = 0;
        const char *f = NULL;
        int same = 1, first = -1, biased = 0;
        for (size_t i = 0; i < g->n_units; i++)
            if (g->unit[i].layer == l) {
                g->unit[i].column = column++;
                if (!f)
                    f = g->unit[i].activation;
                if (first < 0)
                    first = g->unit[i].bias;
                biased |= g->unit[i].has_bias;
                same &= g->unit[i].has_bias && g->unit[i].bias >= 0 && g->unit[i].bias == first;
            }
        for (size_t i = 0; i < g->n_units; i++) {
            struct unit *u = &g->unit[i];
            if (u->layer != l)
                continue;
            if (!u->activation)
                u->activation = f;
            if (biased && !u->has_bias) /* one of 0 that is left out */
                u->b = 0;
            u->has_bias = biased;
        }
        g->shared[l] = same && column > 1;
    }
    return last >= 0 && last < 16;
}

/* An input or a target that is given twice, with different values. */
static int has_more_examples(const struct audit *a, const struct guess *g)
{
    for (size_t i = 0; i < a->n_claims; i++) {
        const struct claim *c = &a->claim[i];
        double v;
        if (c->from || c->formula || c->name < 0 || !cr_guess_number(c->e, &v))
            continue;
        for (size_t k = 0; k < g->n_inputs; k++)
            if (c->name == g->input[k] && v != g->x[k])
                return 1;
        for (size_t k = 0; k < g->n_outputs; k++)
            if (c->name == g->target[k] && v != g->t[k])
                return 1;
    }
    return 0;
}

/* The text tries several learning rates: its updates are of this one and that. */
static int has_more_rates(const struct audit *a, const struct guess *g)
{
    double v;
    for (size_t i = 0; i < a->n_claims && g->rate_name >= 0; i++) {
        const struct claim *c = &a->claim[i];
        if (c->name == g->rate_name && !c->from && !c->formula && cr_guess_number(c->e, &v) &&
            v != g->rate)
            return 1;
    }
    return 0;
}

/* A given weight that no unit has, or a target of no output: there is more than was found. */
static int is_whole(struct audit *a, const struct guess *g, const struct implied *im)
{
    size_t targets = 0;
    if (has_more_examples(a, g) || cr_guess_sums_others(a, g))
        return 0;
    for (size_t i = 0; i < im->n; i++) {
        const struct name *n = name_of(a, im->name[i]);
        int used = cr_guess_is_used(g, im->name[i]);
        for (size_t k = 0; k < g->n_units; k++)
            used |= g->unit[k].bias == im->name[i] || g->unit[k].act == im->name[i] ||
                    g->unit[k].pre == im->name[i];
        if (!used && n->age == AGE_UNSAID && n->kind == NAME_PLAIN && *n->sub &&
            cr_guess_is_weight(a, im->name[i]))
            return 0;
        const struct name *t = name_of(a, g->target[0]);
        targets += n->kind == NAME_PLAIN && n->age == AGE_UNSAID && strcmp(n->base, t->base) == 0 &&
                   strcmp(n->sup, t->sup) == 0 && *n->sub && !used;
    }
    return targets <= g->n_outputs;
}

/* Nothing in the text is about a loss or a derivative: its target is of no matter. */
static int is_forward_only(const struct audit *a)
{
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *n = name_of(a, (int)i);
        if (n->kind == NAME_PARTIAL || n->kind == NAME_CHANGE || n->kind == NAME_DIFFERENCE ||
            n->age == AGE_NEW || strcmp(n->base, "δ") == 0 || cr_guess_is_loss(n))
            return 0;
    }
    return 1;
}

static void drop_unit(struct guess *g, size_t i)
{
    g->unit[i] = g->unit[--g->n_units];
}

int cr_guess_read(struct audit *a, struct guess *out)
{
    struct implied *im = arena_new(&a->arena, struct implied, 1);
    if (!im) {
        a->failed = 1;
        return 0;
    }
    *out = (struct guess){.rate_name = -1};
    cr_implied_read(a, im);
    cr_guess_read_matrices(a, out, im);
    cr_guess_read_units(a, out, im);
    /* what nothing is known of is no unit, and W x of matrices are several */
    for (size_t i = out->n_units; i-- > 0;)
        if (!out->unit[i].n ||
            (out->unit[i].weight[0] >= 0 && cr_guess_has_entries(a, out->unit[i].weight[0])))
            drop_unit(out, i);
    for (size_t i = 0; i < out->n_units; i++)
        for (size_t k = 0; k < out->unit[i].n; k++) {
            double v;
            if (!cr_guess_maker(out, out->unit[i].source[k]) &&
                !cr_implied_value(im, out->unit[i].source[k], &v))
                (void)cr_guess_complete(a, out, im, out->unit[i].source[k]);
        }
    /* a source that has a printed value and siblings that are units is one of them */
    for (size_t i = 0; i < out->n_units; i++)
        for (size_t k = 0; k < out->unit[i].n; k++)
            if (!cr_guess_maker(out, out->unit[i].source[k]))
                for (size_t j = 0; j < out->unit[i].n; j++)
                    if (cr_guess_maker(out, out->unit[i].source[j])) {
                        (void)cr_guess_complete(a, out, im, out->unit[i].source[k]);
                        break;
                    }
    cr_guess_complete_layers(a, out, im);
    if (out->other_functions > 1) /* the same network twice, with sigmoid and with ReLU */
        return 0;
    if (!out->n_units || !make_layers(out) || !find_inputs(out, im))
        return 0;
    for (size_t i = 0; i < out->n_units; i++)
        if (!fill(a, &out->unit[i], im))
            return 0;
    for (int l = 0; l < (int)out->n_layers; l++)
        if (!arrange(out, l))
            return 0;
    out->n_outputs = width(out, (int)out->n_layers - 1);
    if (out->n_outputs > MOST_SOURCES)
        return 0;
    size_t named = 0;
    for (size_t k = 0; k < out->n_outputs; k++) {
        const struct unit *u = cr_guess_unit(out, (int)out->n_layers - 1, k);
        out->target[k] = cr_guess_target(a, out, im, u->act >= 0 ? u->act : u->pre, k, &out->t[k]);
        const int y = u->act >= 0 ? u->act : u->pre;
        if (out->target[k] < 0 && cr_guess_target_in_numbers(a, y, &out->t[k]))
            out->target[k] = cr_guess_target_name(a, y);
        if (out->target[k] >= 0 && cr_guess_is_foreign_target(a, out->target[k], y))
            return 0;
        named += out->target[k] >= 0;
    }
    double words[MOST_SOURCES];
    if (named < out->n_outputs && cr_guess_targets_in_words(a, out->n_outputs, words))
        for (size_t k = 0; k < out->n_outputs; k++) {
            const struct unit *u = cr_guess_unit(out, (int)out->n_layers - 1, k);
            if (out->target[k] >= 0)
                continue;
            out->target[k] = cr_guess_target_name(a, u->act >= 0 ? u->act : u->pre);
            out->t[k] = words[k];
            named += out->target[k] >= 0;
        }
    if (!named && is_forward_only(a)) {
        for (size_t k = 0; k < out->n_outputs; k++) {
            const struct unit *u = cr_guess_unit(out, (int)out->n_layers - 1, k);
            out->target[k] = cr_guess_target_name(a, u->act >= 0 ? u->act : u->pre);
            out->t[k] = 0;
        }
        cr_guess_rate(a, out, im);
        out->has_rate = 0;
        out->forward_only = 1;
        return is_whole(a, out, im);
    }
    if (named < out->n_outputs)
        return 0;
    cr_guess_rate(a, out, im);
    if (out->has_rate && has_more_rates(a, out))
        out->has_rate = 0;
    return is_whole(a, out, im);
}

cr_net *cr_guess_build(const struct guess *g, const char *loss, cr_status *status)
{
    cr_builder *b = cr_builder_create(g->n_inputs);
    *status = CR_ERR_MEMORY;
    if (!b)
        return NULL;
    for (int l = 0; l < (int)g->n_layers; l++) {
        const size_t units = width(g, l);
        const struct unit *first = cr_guess_unit(g, l, 0);
        double w[MOST_UNITS * MOST_SOURCES], bias[MOST_UNITS];
        for (size_t j = 0; j < units; j++) {
            const struct unit *u = cr_guess_unit(g, l, j);
            for (size_t k = 0; k < u->n; k++)
                w[j * u->n + k] = u->w[k];
            bias[j] = u->has_bias ? u->b : 0;
        }
        (void)cr_builder_dense(b, units, first->activation ? first->activation : "identity");
        cr_builder_weights(b, l, w, units * first->n);
        if (!first->has_bias)
            cr_builder_no_bias(b, l);
        else if (g->shared[l])
            cr_builder_shared_bias(b, l, first->b);
        else
            cr_builder_biases(b, l, bias, units);
        if (g->fixed_biases)
            cr_builder_rates(b, l, 1, 0);
    }
    cr_builder_loss(b, loss, 0);
    cr_builder_example(b, g->x, g->n_inputs, g->t, g->n_outputs);
    cr_builder_learning_rate(b, g->has_rate ? g->rate : 1);
    cr_net *net = NULL;
    *status = cr_builder_build(b, CR_F64, 1, &net, NULL);
    if (*status)
        net = NULL;
    cr_builder_free(b);
    return net;
}
