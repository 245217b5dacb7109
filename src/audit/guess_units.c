/* The units that a text's equations describe. */
#include <math.h>
#include <string.h>

#include "audit/guess_parts.h"

struct unit *cr_guess_find_unit(struct guess *g, int pre, int act)
{
    for (size_t i = 0; i < g->n_units; i++)
        if ((pre >= 0 && g->unit[i].pre == pre) || (act >= 0 && g->unit[i].act == act))
            return &g->unit[i];
    return NULL;
}

struct unit *cr_guess_new_unit(struct guess *g, int pre, int act)
{
    if (g->n_units == MOST_UNITS)
        return NULL;
    struct unit *u = &g->unit[g->n_units++];
    *u = (struct unit){.pre = pre, .act = act, .bias = -1, .layer = -1};
    return u;
}

static void set_linear(struct audit *a, struct unit *u, const struct linear *l)
{
    if (u->n)
        return;
    for (size_t i = 0; i < l->n; i++) {
        int x = (int)l->x[i]->ref, y = (int)l->y[i]->ref;
        if (cr_guess_is_weight(a, y) && !cr_guess_is_weight(a, x)) {
            const int t = x;
            x = y;
            y = t;
        }
        u->weight[i] = x;
        u->source[i] = y;
        u->w[i] = NAN;
    }
    u->n = l->n;
    u->has_bias = l->bias != NULL;
    u->bias = l->bias ? (int)l->bias->ref : -1;
    u->b = NAN;
}

static void read_activation(struct audit *a, struct guess *g, int subject, const struct expr *e)
{
    const char *f = NULL;
    const struct expr *x = cr_guess_activation(a, e, &f);
    struct linear l;
    if (!x && e->kind == EXPR_SYM) { /* y = u: a linear unit */
        struct unit *u = cr_guess_find_unit(g, (int)e->ref, -1);
        if (u && u->act < 0 && (int)e->ref != subject) {
            u->act = subject;
            u->activation = "identity";
        }
        return;
    }
    if (!x)
        return;
    struct unit *u = NULL;
    double v;
    if (x->kind == EXPR_SYM) {
        const int pre = (int)x->ref;
        if (a->maths.name[pre].kind != NAME_PLAIN)
            return;
        u = cr_guess_find_unit(g, pre, -1);
        if (!u)
            u = cr_guess_new_unit(g, pre, -1);
    } else if (cr_guess_linear(x, 1, &l)) {
        u = cr_guess_find_unit(g, -1, subject);
        if (!u)
            u = cr_guess_new_unit(g, -1, subject);
        if (u)
            set_linear(a, u, &l);
    } else if (cr_guess_number(x, &v)) {
        for (size_t i = 0; i < g->n_units && !u; i++)
            if (g->unit[i].pre >= 0 && (g->unit[i].act < 0 || g->unit[i].act == subject) &&
                cr_guess_has_value(a, g->unit[i].pre, v))
                u = &g->unit[i];
    }
    if (!u || (u->act >= 0 && u->act != subject))
        return;
    u->act = subject;
    if (!u->activation)
        u->activation = f;
}

int cr_guess_is_loss(const struct name *n)
{
    static const char *const bases[] = {"E",    "L",     "C",   "J", "Loss",
                                        "Cost", "Error", "MSE", "ℓ", NULL};
    return is_one_of(n->base, bases);
}

/* out_{o1} = 0.75 without a word of how: what f makes of net_{o1}, where it does. */
static void read_silent_activation(struct audit *a, struct unit *u)
{
    static const char *const names[] = {"sigmoid", "tanh"};
    const struct name *pre = name_of(a, u->pre);
    double x, y;
    int places;
    if (!cr_guess_printed(a, u->pre, &x, &places) || places < 3)
        return;
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *n = name_of(a, (int)i);
        if (n->kind != NAME_PLAIN || n->age != AGE_UNSAID || (int)i == u->pre ||
            strcmp(n->sub, pre->sub) != 0 || strcmp(n->sup, pre->sup) != 0 ||
            !cr_guess_printed(a, (int)i, &y, &places) || places < 3)
            continue;
        const double f[] = {1 / (1 + exp(-x)), tanh(x)};
        for (int k = 0; k < 2; k++)
            if (fabs(f[k] - y) < pow(10, -(places < 4 ? places : 4))) {
                u->act = (int)i;
                u->activation = names[k];
                return;
            }
    }
}

/* Whether what this name is said to be may be a unit's sum or activation. */
static int may_be_unit(const struct audit *a, int subject)
{
    return subject >= 0 && !cr_guess_is_backward(a, subject) &&
           name_of(a, subject)->age != AGE_NEW && !cr_guess_is_weight(a, subject) &&
           !cr_guess_is_loss(name_of(a, subject));
}

/* subject = e: sums in the first round, activations in the second. */
static void read_side(struct audit *a, struct guess *g, int round, int subject,
                      const struct expr *e)
{
    struct linear l;
    if (!e)
        return;
    if (round) {
        read_activation(a, g, subject, e);
        return;
    }
    if (!cr_guess_linear(e, 1, &l))
        return;
    for (size_t t = 0; t < l.n; t++)
        if (cr_guess_is_weight(a, (int)l.x[t]->ref) == cr_guess_is_weight(a, (int)l.y[t]->ref))
            return;
    struct unit *u = cr_guess_find_unit(g, subject, -1);
    if (!u)
        u = cr_guess_new_unit(g, subject, -1);
    if (u)
        set_linear(a, u, &l);
}

void cr_guess_read_units(struct audit *a, struct guess *g)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < a->maths.n_chains; i++) {
            const struct chain *c = &a->maths.chain[i];
            const int subject = cr_guess_subject(a, c);
            for (size_t k = 1; may_be_unit(a, subject) && k < c->n; k++)
                read_side(a, g, round, subject, c->side[k].e);
        }
        /* rows of tables: a symbol, its formula, its value */
        for (size_t i = 0; i < a->n_claims; i++) {
            const struct claim *c = &a->claim[i];
            if (c->chain >= a->maths.n_chains && may_be_unit(a, c->name))
                read_side(a, g, round, c->name, c->formula);
        }
    }
    for (size_t i = 0; i < g->n_units; i++)
        if (g->unit[i].pre >= 0 && g->unit[i].act < 0)
            read_silent_activation(a, &g->unit[i]);
}
