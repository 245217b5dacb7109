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
    static const char *const plain[] = {"sigmoid", "tanh", "relu", NULL};
    g->other_functions += f && u->activation && is_one_of(f, plain) &&
                          is_one_of(u->activation, plain) && strcmp(f, u->activation) != 0;
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

/* Whether what this name is said to be may be a unit's sum or activation. */
int cr_guess_may_be_unit(const struct audit *a, int subject)
{
    return subject >= 0 && !cr_guess_is_backward(a, subject) &&
           name_of(a, subject)->age != AGE_NEW && !cr_guess_is_weight(a, subject) &&
           !cr_guess_is_loss(name_of(a, subject));
}

/* A printed number, and half a unit of its last place. */
struct shown {
    double v, half;
};

static int printed(const struct audit *a, int name, struct shown *out, int *places)
{
    if (!cr_guess_printed(a, name, &out->v, places))
        return 0;
    out->half = 0.51 * pow(10, -*places);
    return 1;
}

static int mentions(const struct audit *a, const char *const *words)
{
    for (; *words; words++)
        if (strstr(a->blocks.text, *words))
            return 1;
    return 0;
}

/* The slope below zero of a leaky ReLU that makes y of x; 0: none that people choose. */
static double leak(const struct shown *x, const struct shown *y)
{
    static const double slopes[] = {0.01, 0.1, 0.2, 0.02, 0.05, 0.3, 0.25, 0.5};
    for (size_t i = 0; x->v < 0 && i < sizeof slopes / sizeof *slopes; i++)
        if (fabs(slopes[i] * x->v - y->v) < y->half && fabs(y->v) > 2 * y->half)
            return slopes[i];
    return 0;
}

/* Which function makes y of x, both as they are printed; "": it is not known which, but one may.
 * NULL: none. */
static const char *function_of(struct audit *a, const struct shown *x, const struct shown *y)
{
    static const char *const rectified[] = {"ReLU", "relu", "Relu", "RELU", "ectif", "\\max", NULL};
    static const char *const leaky[] = {"eaky", NULL};
    /* few digits of a sum are all that it has, many were rounded */
    const double slack = y->half + (x->half < 0.003 ? x->half : 0);
    if (mentions(a, leaky)) {
        const double slope = leak(x, y);
        if (slope > 0)
            return cr_audit_say(a, "max(t, %g*t)", slope);
        if (x->v > 0 && x->v == y->v)
            return "";
    } else if (mentions(a, rectified)) {
        if (y->v == fmax(x->v, 0))
            return "relu";
    }
    if (fabs(1 / (1 + exp(-x->v)) - y->v) < slack)
        return "sigmoid";
    return fabs(tanh(x->v) - y->v) < slack ? "tanh" : NULL;
}

/* out_{o1} = 0.75 without a word of how: what f makes of net_{o1}, where it does. */
static void read_silent_activation(struct audit *a, const struct guess *g, struct unit *u)
{
    const struct name *pre = name_of(a, u->pre);
    struct shown x, y;
    int places;
    if (!printed(a, u->pre, &x, &places))
        return;
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *n = name_of(a, (int)i);
        if (n->kind != NAME_PLAIN || n->age != AGE_UNSAID || (int)i == u->pre ||
            strcmp(n->sub, pre->sub) != 0 || strcmp(n->sup, pre->sup) != 0 ||
            !cr_guess_may_be_unit(a, (int)i) || cr_guess_maker((struct guess *)g, (int)i) ||
            !printed(a, (int)i, &y, &places))
            continue;
        const char *f = function_of(a, &x, &y);
        if (!f || (places < 3 && (strcmp(f, "sigmoid") == 0 || strcmp(f, "tanh") == 0)))
            continue;
        u->act = (int)i;
        u->activation = *f ? f : NULL;
        return;
    }
}

/* y = 0.615 right after the sum of the last unit, under a name with another index. */
static void read_next_activation(struct audit *a, const struct guess *g, struct unit *u)
{
    struct shown x, y;
    int places;
    size_t i = 0;
    while (i + 1 < a->maths.n_chains && cr_guess_subject(a, &a->maths.chain[i]) != u->pre)
        i++;
    if (i + 1 >= a->maths.n_chains || !printed(a, u->pre, &x, &places))
        return;
    const int next = cr_guess_subject(a, &a->maths.chain[i + 1]);
    if (next < 0 || next == u->pre || name_of(a, next)->kind != NAME_PLAIN ||
        !cr_guess_may_be_unit(a, next) || cr_guess_maker((struct guess *)g, next) ||
        !printed(a, next, &y, &places) || places < 3)
        return;
    const char *f = function_of(a, &x, &y);
    if (!f || (strcmp(f, "sigmoid") != 0 && strcmp(f, "tanh") != 0))
        return;
    u->act = next;
    u->activation = f;
}

/* f(0.36) = 0.589 with an f that the text does not define. */
static void name_function(struct audit *a, struct unit *u)
{
    struct shown x, y;
    int places;
    if (!printed(a, u->pre, &x, &places) || !printed(a, u->act, &y, &places))
        return;
    const char *f = function_of(a, &x, &y);
    u->activation = f && *f ? f : NULL;
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

static int reads_the_same(const struct unit *x, const struct unit *y)
{
    if (x->n != y->n)
        return 0;
    for (size_t k = 0; k < x->n; k++)
        if (x->source[k] != y->source[k])
            return 0;
    return 1;
}

/* p_1 = 0.39 without a word of how, where it is what a softmax makes of the sums of units that read
 * the same. */
static void read_silent_softmax(struct audit *a, struct guess *g, struct unit *u)
{
    static const char *const words[] = {"oftmax", NULL};
    const char *sub = name_of(a, u->pre)->sub;
    struct shown x, y;
    double total = 0, own = 0;
    size_t units = 0;
    int places;
    if (!mentions(a, words))
        return;
    for (size_t i = 0; i < g->n_units; i++) {
        const struct unit *v = &g->unit[i];
        if (!reads_the_same(u, v))
            continue;
        if (v->pre < 0 || (v->act >= 0 && !v->activation) || !printed(a, v->pre, &x, &places))
            return;
        total += exp(x.v);
        own = v == u ? exp(x.v) : own;
        units++;
    }
    if (units < 2)
        return;
    u->activation = "softmax";
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *n = name_of(a, (int)i);
        if (n->kind == NAME_PLAIN && n->age == AGE_UNSAID && strcmp(n->sub, sub) == 0 &&
            cr_guess_may_be_unit(a, (int)i) && !cr_guess_maker(g, (int)i) &&
            printed(a, (int)i, &y, &places) && places > 2 && fabs(own / total - y.v) < 2 * y.half)
            u->act = (int)i;
    }
}

static int feeds(const struct guess *g, const struct unit *u)
{
    for (size_t i = 0; i < g->n_units; i++)
        for (size_t k = 0; k < g->unit[i].n; k++)
            if (g->unit[i].source[k] == u->pre || g->unit[i].source[k] == u->act)
                return 1;
    return 0;
}

void cr_guess_read_units(struct audit *a, struct guess *g, struct implied *im)
{
    for (int round = 0; round < 2; round++) {
        if (round)
            cr_guess_read_numbers(a, g, im);
        for (size_t i = 0; i < a->maths.n_chains; i++) {
            const struct chain *c = &a->maths.chain[i];
            const int subject = cr_guess_subject(a, c);
            for (size_t k = 1; cr_guess_may_be_unit(a, subject) && k < c->n; k++)
                read_side(a, g, round, subject, c->side[k].e);
        }
        /* rows of tables: a symbol, its formula, its value */
        for (size_t i = 0; i < a->n_claims; i++) {
            const struct claim *c = &a->claim[i];
            if (c->chain >= a->maths.n_chains && cr_guess_may_be_unit(a, c->name))
                read_side(a, g, round, c->name, c->formula);
        }
    }
    for (size_t i = 0; i < g->n_units; i++) {
        struct unit *u = &g->unit[i];
        if (u->pre >= 0 && u->act < 0)
            read_silent_activation(a, g, u);
        else if (u->pre >= 0 && u->n && !u->activation)
            name_function(a, u);
        if (u->pre >= 0 && u->n && u->act < 0 && !feeds(g, u))
            read_silent_softmax(a, g, u);
        if (u->pre >= 0 && u->n && u->act < 0 && !u->activation && !feeds(g, u))
            read_next_activation(a, g, u);
    }
}
