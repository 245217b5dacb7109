/* Which symbol of the text stands for which element of the tape, and its value. */
#include <math.h>
#include <string.h>

#include "audit/bind_parts.h"

int cr_bind_param(const struct topic *t, int layer, enum param_kind kind)
{
    const struct tape *tape = t->trace->tape;
    const int group = cr_net_param(t->net, layer, kind);
    for (int v = 0; group >= 0 && v < tape->n_values; v++)
        if (tape->value[v].role == ROLE_PARAM && tape->value[v].param == group)
            return v;
    return -1;
}

/* Signs that a text may choose: delta as dL/du or its opposite, or of the activation. */
static const struct {
    int of_act;
    double sign;
} delta_choices[DELTA_CHOICES] = {{0, 1}, {0, -1}, {1, 1}, {1, -1}};

static const struct {
    int rate;
    double sign;
} change_choices[CHANGE_CHOICES] = {{1, -1}, {1, 1}, {0, 1}, {0, -1}};

/* What E, L, Error may be. */
static const struct {
    enum element_kind kind;
    double factor;
} loss_choices[LOSS_CHOICES] = {{ELEMENT_VALUE, 1},    {ELEMENT_ERROR, 1},    {ELEMENT_ERROR, -1},
                                {ELEMENT_DISTANCE, 1}, {ELEMENT_SQUARE, 0.5}, {ELEMENT_SQUARE, 1}};

int cr_bind_is_loss(const struct name *n)
{
    static const char *const bases[] = {"E",     "L",   "C",   "J",  "Loss", "Cost",
                                        "Error", "MSE", "BCE", "CE", "ℓ"};
    for (size_t i = 0; i < LENGTH(bases); i++)
        if (n->kind == NAME_PLAIN && strcmp(n->base, bases[i]) == 0)
            return 1;
    return 0;
}

/* Whether the indices of δ are those of a unit's own symbols. */
static int indices_fit(const struct audit *a, const struct name *d, int symbol)
{
    if (symbol < 0)
        return 0;
    const struct name *n = &a->maths.name[symbol];
    char both[128];
    if (same(d->sub, n->sub) && (*d->sub || *d->sup) &&
        (same(d->sup, n->sup) || (*d->sub && (!*d->sup || !*n->sup))))
        return 1;
    struct name plain = *n;
    plain.base = d->base;
    if (cr_maths_same_entry(d, &plain))
        return 1;
    return strlen(n->base) + strlen(n->sub) < sizeof both &&
           same(strcat(strcpy(both, n->base), n->sub), d->sub);
}

/* a_3 and y_5 of one unit: whether the text's δ are numbered as its activations are. */
int cr_bind_by_act(const struct audit *a)
{
    const struct guess *g = &a->topic->guess;
    size_t fits[2] = {0, 0};
    for (size_t k = 0; k < a->maths.n_names; k++) {
        const struct name *d = &a->maths.name[k];
        if (d->kind != NAME_PLAIN || !same(d->base, "δ"))
            continue;
        for (int act = 0; act < 2; act++)
            for (size_t i = 0; i < g->n_units; i++)
                if (indices_fit(a, d, act ? g->unit[i].act : g->unit[i].pre)) {
                    fits[act]++;
                    break;
                }
    }
    return fits[1] > fits[0];
}

static const struct unit *unit_of(const struct audit *a, const struct name *d)
{
    static const char *const outputs[] = {"", "o", "out", "output", "y", "k", "L"};
    const struct guess *g = &a->topic->guess;
    const struct unit *found = NULL;
    for (int symbols = 0; symbols < 2 && !found; symbols++)
        for (size_t i = 0; i < g->n_units; i++)
            if (indices_fit(a, d, symbols != a->topic->by_act ? g->unit[i].act : g->unit[i].pre)) {
                if (found)
                    return NULL;
                found = &g->unit[i];
            }
    if (found || g->n_outputs != 1)
        return found;
    for (size_t i = 0; i < LENGTH(outputs); i++)
        if (same(d->sub, outputs[i]) && (!*d->sup || same(d->sup, "L") || same(d->sup, "out")))
            return cr_guess_unit(g, (int)g->n_layers - 1, 0);
    return NULL;
}

static struct element delta_of(const struct topic *t, const struct unit *u, int choice)
{
    if (!u || choice < 0)
        return (struct element){0};
    const int pre = find(t, ROLE_PRE, -1, u->layer), act = find(t, ROLE_ACT, -1, u->layer);
    return element(find(t, ROLE_GRAD, delta_choices[choice].of_act ? act : pre, -1), u->column,
                   delta_choices[choice].sign);
}

/* dL/d(something). */
static struct element gradient_of(const struct topic *t, const struct element *by)
{
    const int role = role_of(t, by);
    if (role == ROLE_PARAM)
        return element(find(t, ROLE_PARAM_GRAD, by->value, -1), by->index, 1);
    if (role == ROLE_PRE || role == ROLE_ACT)
        return element(find(t, ROLE_GRAD, by->value, -1), by->index, 1);
    return (struct element){0};
}

/* d of / d by between neighbours: σ', a weight, an input, 1. */
static struct element local_derivative(const struct topic *t, const struct element *of,
                                       const struct element *by)
{
    const struct tape *tape = t->trace->tape;
    const int r = role_of(t, of), s = role_of(t, by);
    if (r < 0 || s < 0)
        return (struct element){0};
    const struct value *v = &tape->value[of->value], *w = &tape->value[by->value];
    if (r == ROLE_ACT && s == ROLE_PRE && v->layer == w->layer && of->index == by->index)
        return element(find(t, ROLE_DERIVATIVE, of->value, -1), of->index, 1);
    if (r != ROLE_PRE)
        return (struct element){0};
    const size_t fan_in = cr_spec_fan_in(t->net->spec, (size_t)v->layer);
    if (s == ROLE_PARAM && t->net->param[w->param].layer == v->layer) {
        if (t->net->param[w->param].kind == PARAM_BIAS)
            return (struct element){ELEMENT_CONSTANT, -1, 0, 1};
        if (by->index / fan_in != of->index)
            return (struct element){0};
        const size_t k = by->index % fan_in;
        return v->layer == 0 ? element(tape->input, k, 1)
                             : element(find(t, ROLE_ACT, -1, v->layer - 1), k, 1);
    }
    const int below = s == ROLE_ACT ? w->layer : s == ROLE_INPUT ? -1 : -2;
    if (below == v->layer - 1)
        return element(cr_bind_param(t, v->layer, PARAM_WEIGHT), of->index * fan_in + by->index, 1);
    return (struct element){0};
}

static int base_element(struct audit *a, int name, struct element *out)
{
    const struct topic *t = a->topic;
    if (name < 0 || (size_t)name >= t->n_of || t->of[name].kind == ELEMENT_NONE)
        return 0;
    *out = t->of[name];
    return 1;
}

/* The name without what says whether it is old or new. */
int cr_bind_ageless(struct audit *a, int name)
{
    struct name n = a->maths.name[name];
    if (n.age == AGE_UNSAID)
        return name;
    n.age = AGE_UNSAID;
    return cr_maths_name(&a->maths, &n);
}

static struct element loss_element(struct audit *a, int name, int choice)
{
    const struct topic *t = a->topic;
    const struct name *n = &a->maths.name[name];
    if (choice < 0)
        return (struct element){0};
    if (loss_choices[choice].kind == ELEMENT_VALUE)
        return element(t->trace->tape->loss, 0, 1);
    size_t k = 0;
    if (t->guess.n_outputs > 1) {
        const struct unit *u = unit_of(a, n);
        if (!u || u->layer != (int)t->guess.n_layers - 1)
            return (struct element){0};
        k = u->column;
    }
    return (struct element){loss_choices[choice].kind, -1, k, loss_choices[choice].factor};
}

/* E_{o1} of net_{o1}: the other outputs' errors do not depend on it. */
static int is_own_error(const struct audit *a, int loss, const struct element *pre)
{
    const struct guess *g = &a->topic->guess;
    const struct unit *u = unit_of(a, &a->maths.name[loss]);
    return u && u->layer == (int)g->n_layers - 1 && u->column == pre->index && u->activation &&
           !same(u->activation, "softmax") &&
           a->topic->trace->tape->value[pre->value].layer == u->layer;
}

int cr_topic_element(struct audit *a, int name, struct element *out, int *pass)
{
    struct topic *t = a->topic;
    struct element of, by, found = {0};
    int ignored;
    if (name < 0)
        return 0;
    *pass = a->maths.name[name].age == AGE_NEW ? 1 : a->maths.name[name].age == AGE_OLD ? 0 : -1;
    const int plain = cr_bind_ageless(a, name);
    if (plain < 0)
        return 0;
    const struct name n = a->maths.name[plain];
    if (base_element(a, plain, out))
        return 1;
    switch (n.kind) {
    case NAME_PLAIN:
        if (same(n.base, "δ"))
            found = delta_of(t, unit_of(a, &n), t->delta_choice);
        else if (cr_bind_is_loss(&n))
            found = loss_element(a, plain, (size_t)plain < t->n_of ? t->loss_choice[plain] : -1);
        break;
    case NAME_PARTIAL:
        if (!cr_topic_element(a, n.by, &by, &ignored))
            break;
        if (cr_bind_is_loss(&a->maths.name[n.of])) {
            const char *sub = a->maths.name[n.of].sub;
            if (!*sub || same(sub, "total") || same(sub, "T") || same(sub, "tot"))
                found = gradient_of(t, &by);
            else if (role_of(t, &by) == ROLE_ACT &&
                     t->trace->tape->value[by.value].layer == (int)t->guess.n_layers - 1)
                found = gradient_of(t, &by);
            else if (role_of(t, &by) == ROLE_PRE && is_own_error(a, n.of, &by))
                found = gradient_of(t, &by);
        } else if (cr_topic_element(a, n.of, &of, &ignored)) {
            found = local_derivative(t, &of, &by);
        }
        break;
    case NAME_DIFFERENCE:
        if (cr_topic_element(a, n.of, &by, &ignored))
            found = gradient_of(t, &by);
        break;
    case NAME_CHANGE:
        if (t->change_choice >= 0 && cr_topic_element(a, n.of, &by, &ignored) &&
            role_of(t, &by) == ROLE_PARAM &&
            (t->guess.has_rate || !change_choices[t->change_choice].rate)) {
            found = gradient_of(t, &by);
            found.factor = change_choices[t->change_choice].sign *
                           (change_choices[t->change_choice].rate ? t->trace->rate : 1);
        }
        break;
    case NAME_WORD:
    case NAME_DERIVATIVE: break;
    }
    if (found.kind == ELEMENT_NONE)
        return 0;
    *out = found;
    return 1;
}

void cr_bind_scaled(struct range *x, double factor)
{
    if (factor == 1)
        return;
    const double lo = x->lo * factor, hi = x->hi * factor;
    struct rational f, r;
    char digits[32];
    cr_shortest_f64(factor, digits);
    x->exact = x->exact && cr_rational_decimal(&f, digits, strlen(digits)) &&
               cr_rational_mul(&r, &x->r, &f);
    if (x->exact)
        x->r = r;
    x->lo = fmin(lo, hi);
    x->hi = fmax(lo, hi);
}

static int stored(const struct topic *t, int value, size_t index, int pass, struct range *out)
{
    const struct trace *trace = t->trace;
    const struct value *v = &trace->tape->value[value];
    const enum phase phase = v->maker < 0 ? PHASE_GIVEN : trace->tape->step[v->maker].phase;
    if (pass > trace->updates || (pass == trace->updates && phase > PHASE_LOSS) ||
        (pass > 0 && !t->guess.has_rate))
        return 0;
    const size_t at = cr_trace_at(trace, value, 0, index);
    const double x = trace->value[pass][at];
    if (!isfinite(x))
        return 0;
    if (trace->exact && trace->exact[pass][at]) {
        cr_range_exact(out, trace->exact[pass][at]);
    } else {
        /* the engine's sums and functions are right to some 1e-15 */
        const double slack = 1e-13 * fabs(x) + 1e-300;
        *out = (struct range){.lo = x - slack, .hi = x + slack};
    }
    return 1;
}

static int error_of(const struct topic *t, size_t k, int pass, struct range *out)
{
    struct range y, target;
    if (!stored(t, t->trace->tape->output, k, pass, &y) ||
        !stored(t, t->trace->tape->target, k, pass, &target))
        return 0;
    struct rational r;
    *out = (struct range){.lo = y.lo - target.hi, .hi = y.hi - target.lo};
    if (y.exact && target.exact && cr_rational_sub(&r, &y.r, &target.r))
        cr_range_exact(out, &r);
    return 1;
}

int cr_topic_value(const struct topic *t, const struct element *e, int pass, struct range *out)
{
    struct range x;
    switch (e->kind) {
    case ELEMENT_NONE: return 0;
    case ELEMENT_VALUE:
        if (!stored(t, e->value, e->index, pass, &x))
            return 0;
        break;
    case ELEMENT_CONSTANT: cr_range_point(&x, 1); break;
    case ELEMENT_ERROR:
    case ELEMENT_DISTANCE:
    case ELEMENT_SQUARE:
        if (!error_of(t, e->index, pass, &x))
            return 0;
        if (e->kind != ELEMENT_ERROR && x.hi < 0) {
            cr_bind_scaled(&x, -1);
        }
        if (e->kind == ELEMENT_SQUARE) {
            struct rational r;
            x.exact = x.exact && cr_rational_mul(&r, &x.r, &x.r);
            x.lo *= x.lo;
            x.hi *= x.hi;
            if (x.exact)
                x.r = r;
        }
        break;
    }
    cr_bind_scaled(&x, e->factor);
    *out = x;
    return 1;
}

enum element_kind cr_bind_loss_kind(int choice)
{
    return loss_choices[choice].kind;
}
