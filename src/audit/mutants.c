/* What mistaken rules would have given: each rewrites one step's formula on the values that
 * the engine computed. */
#include <math.h>
#include <string.h>

#include "audit/topic.h"

enum { MOST_MUTANTS = 512 };

struct mutants {
    struct audit *a;
    const struct printed *p;
    int pass;
    double found;        /* the value that fits; NAN: none so far */
    const char *message; /* of the first that fits */
    int ambiguous;       /* others with other digits fit too */
    double truth;
};

static void mutant(struct mutants *m, double v, const char *message)
{
    const double slack = 1e-12 * fabs(v);
    const struct range r = {.lo = v - slack, .hi = v + slack};
    if (!isfinite(v) || m->ambiguous || !cr_range_meets(&r, m->p) ||
        fabs(v - m->truth) <= 1e-9 * fabs(m->truth))
        return;
    if (isnan(m->found)) {
        m->found = v;
        m->message = message;
    } else if (fabs(v - m->found) > 1e-9 * fabs(v)) {
        m->ambiguous = 1;
    }
}

/* Values of the trace. */

static double at(const struct mutants *m, int value, size_t index, int pass)
{
    const struct element e = {value < 0 ? ELEMENT_NONE : ELEMENT_VALUE, value, index, 1};
    struct range r;
    return cr_topic_value(m->a->topic, &e, pass, &r) ? (r.lo + r.hi) / 2 : NAN;
}

static const struct tape *tape_of(const struct mutants *m)
{
    return m->a->topic->trace->tape;
}

static int role_value(const struct mutants *m, enum role role, int of, int layer)
{
    return cr_tape_find(tape_of(m), role, of, layer);
}

static int param(const struct mutants *m, int layer, enum param_kind kind)
{
    const struct tape *t = tape_of(m);
    const int group = cr_net_param(m->a->topic->net, layer, kind);
    for (int v = 0; group >= 0 && v < t->n_values; v++)
        if (t->value[v].role == ROLE_PARAM && t->value[v].param == group)
            return v;
    return -1;
}

/* What a layer's quantities are. */
struct layer {
    int number, pre, act, dz, delta, prime, weight, bias, below;
    size_t units, inputs;
};

static struct layer layer_of(const struct mutants *m, int number)
{
    const struct tape *t = tape_of(m);
    struct layer l = {.number = number};
    l.pre = role_value(m, ROLE_PRE, -1, number);
    l.act = role_value(m, ROLE_ACT, -1, number);
    l.dz = l.act < 0 ? -1 : role_value(m, ROLE_GRAD, l.act, -1);
    l.delta = l.pre < 0 ? -1 : role_value(m, ROLE_GRAD, l.pre, -1);
    l.prime = l.act < 0 ? -1 : role_value(m, ROLE_DERIVATIVE, l.act, -1);
    l.weight = param(m, number, PARAM_WEIGHT);
    l.bias = param(m, number, PARAM_BIAS);
    l.below = number ? role_value(m, ROLE_ACT, -1, number - 1) : t->input;
    l.units = l.pre < 0 ? 0 : t->value[l.pre].cols;
    l.inputs = l.below < 0 ? 0 : t->value[l.below].cols;
    return l;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Everything that a factor of the gradient may be instead of A'(u). */
static void wrong_derivative(struct mutants *m, const struct layer *l, size_t j, double before)
{
    const double z = at(m, l->act, j, m->pass), u = at(m, l->pre, j, m->pass);
    mutant(m, before * sigmoid(z) * (1 - sigmoid(z)),
           "σ' is taken at the activation instead of the pre-activation");
    mutant(m, before * (1 - tanh(z) * tanh(z)),
           "tanh' is taken at the activation instead of the pre-activation");
    mutant(m, before * z, "the activation stands where its derivative belongs");
    mutant(m, before * (1 - z), "1 − z stands where z (1 − z) belongs");
    mutant(m, before * u * (1 - u), "the derivative is made of the pre-activation");
    mutant(m, before * z * (1 - z), "this is the derivative of the sigmoid, z (1 − z)");
    mutant(m, before * (1 - z * z), "this is the derivative of tanh, 1 − z²");
    for (size_t k = 0; k < l->units; k++)
        if (k != j)
            mutant(m, before * at(m, l->prime, k, m->pass),
                   "this is the derivative of another unit");
}

static void factors(struct mutants *m, double v)
{
    mutant(m, -v, "the sign is wrong");
    mutant(m, 2 * v, "a factor 2 is too much");
    mutant(m, v / 2, "a factor ½ is too much");
    const double n = (double)m->a->topic->guess.n_outputs;
    if (n > 2) {
        mutant(m, v / n, "it is divided by the number of outputs");
        mutant(m, v * n, "it is not divided by the number of outputs");
    }
}

/* dL/dz of a hidden unit, mistaken, times `after`. */
static void wrong_sum(struct mutants *m, const struct layer *l, size_t j, double after)
{
    const struct layer up = layer_of(m, l->number + 1);
    double updated = 0, turned = 0, without = 0;
    if (up.weight < 0 || up.delta < 0)
        return;
    for (size_t k = 0; k < up.units; k++) {
        const double d = at(m, up.delta, k, m->pass),
                     w = at(m, up.weight, k * up.inputs + j, m->pass);
        updated += d * at(m, up.weight, k * up.inputs + j, m->pass + 1);
        if (up.units == up.inputs)
            turned += d * at(m, up.weight, j * up.inputs + k, m->pass);
        without += at(m, up.dz, k, m->pass) * w;
    }
    mutant(m, without * after,
           "the output's error is carried back without its activation's derivative");
    mutant(m, updated * after, "the weights of the layer above are already updated ones");
    for (size_t k = 0; up.units > 1 && k < up.units; k++)
        mutant(m,
               at(m, up.delta, k, m->pass) * at(m, up.weight, k * up.inputs + j, m->pass) * after,
               "the sum over the units of the next layer is missing: this is one of its terms");
    if (up.units == up.inputs && up.units > 1)
        mutant(m, turned * after, "the weight matrix is not transposed");
    for (size_t i = 0; i < up.inputs; i++) {
        double other = 0;
        for (size_t k = 0; k < up.units; k++)
            other += at(m, up.delta, k, m->pass) * at(m, up.weight, k * up.inputs + i, m->pass);
        if (i != j)
            mutant(m, other * after, "the weights are those of another unit");
    }
}

static void delta(struct mutants *m, const struct layer *l, size_t j)
{
    const double v = at(m, l->delta, j, m->pass), dz = at(m, l->dz, j, m->pass);
    const double prime = at(m, l->prime, j, m->pass);
    const struct topic *t = m->a->topic;
    mutant(m, dz, "the activation's derivative is left out");
    if (l->number == (int)t->guess.n_layers - 1) {
        const double y = at(m, l->act, j, m->pass), target = at(m, tape_of(m)->target, j, m->pass);
        mutant(m, (y - target) * y * (1 - y),
               "the activation's derivative does not belong here: the loss cancels it");
        mutant(m, y - target, "this is output − target, without the activation's derivative");
    } else {
        wrong_sum(m, l, j, prime);
        wrong_sum(m, l, j, 1);
    }
    wrong_derivative(m, l, j, dz);
    factors(m, v);
}

static void weight_gradient(struct mutants *m, const struct layer *l, size_t j, size_t k)
{
    const double d = at(m, l->delta, j, m->pass), x = at(m, l->below, k, m->pass);
    mutant(m, at(m, l->dz, j, m->pass) * x, "the activation's derivative is left out");
    for (size_t i = 0; i < l->inputs; i++)
        if (i != k)
            mutant(m, d * at(m, l->below, i, m->pass), "it is multiplied by the wrong input");
    for (size_t i = 0; i < l->units; i++)
        if (i != j)
            mutant(m, at(m, l->delta, i, m->pass) * x, "it is made with the delta of another unit");
    mutant(m, d * at(m, l->act, j, m->pass),
           "the unit's own output stands where its input belongs");
    if (l->number > 0)
        mutant(m, d * at(m, role_value(m, ROLE_PRE, -1, l->number - 1), k, m->pass),
               "a pre-activation stands where an activation belongs");
    mutant(m, d * at(m, l->weight, j * l->inputs + k, m->pass),
           "the weight stands where the input belongs");
    mutant(m, d, "the input is left out");
    wrong_derivative(m, l, j, at(m, l->dz, j, m->pass) * x);
    if (l->number < (int)m->a->topic->guess.n_layers - 1)
        wrong_sum(m, l, j, at(m, l->prime, j, m->pass) * x);
    factors(m, d * x);
}

static void bias_gradient(struct mutants *m, const struct layer *l, size_t j)
{
    for (size_t i = 0; i < l->inputs; i++)
        mutant(m, at(m, l->delta, j, m->pass) * at(m, l->below, i, m->pass),
               "the gradient of a bias is not multiplied by an input");
    mutant(m, at(m, l->dz, j, m->pass), "the activation's derivative is left out");
    factors(m, at(m, l->delta, j, m->pass));
}

static void updated(struct mutants *m, int value, size_t index)
{
    const double w = at(m, value, index, 0), new = at(m, value, index, 1),
                 rate = m->a->topic->trace->rate;
    const double g = (w - new) / rate;
    mutant(m, w + rate * g, "the gradient is added instead of subtracted");
    mutant(m, w - g, "the learning rate is left out");
    mutant(m, w, "it is not updated");
    mutant(m, w - 2 * rate * g, "a factor 2 is too much");
    mutant(m, w - rate * g / 2, "a factor ½ is too much");
    mutant(m, -rate * g, "this is the change, not the new value");
}

static void pre_activation(struct mutants *m, const struct layer *l, size_t j, int pass)
{
    double stale_weights = 0, stale_inputs = 0, none = 0;
    for (size_t k = 0; k < l->inputs; k++) {
        const double x = at(m, l->below, k, pass), w = at(m, l->weight, j * l->inputs + k, pass);
        none += w * x;
        if (pass) {
            stale_weights += at(m, l->weight, j * l->inputs + k, pass - 1) * x;
            stale_inputs += w * at(m, l->below, k, pass - 1);
        }
    }
    const int own = l->bias >= 0 && tape_of(m)->value[l->bias].cols > 1;
    const double b = l->bias < 0 ? 0 : at(m, l->bias, own ? j : 0, pass);
    mutant(m, none, "the bias is left out");
    if (pass) {
        mutant(m, at(m, l->pre, j, pass - 1), "this is the value before the update");
        mutant(m, stale_weights + b, "the weights are those before the update");
        mutant(m, stale_inputs + b, "the inputs are those before the update");
        if (l->bias >= 0)
            mutant(m, none + at(m, l->bias, own ? j : 0, pass - 1),
                   "the bias is that before the update");
    }
    for (size_t i = 0; i < l->units; i++)
        if (i != j)
            mutant(m, at(m, l->pre, i, pass), "this is the pre-activation of another unit");
    for (size_t k = 0; k < l->inputs; k++)
        mutant(m, none + b - at(m, l->weight, j * l->inputs + k, pass) * at(m, l->below, k, pass),
               "one of the products is left out");
}

static void activation(struct mutants *m, const struct layer *l, size_t j, int pass)
{
    const double u = at(m, l->pre, j, pass);
    if (pass)
        mutant(m, at(m, l->act, j, pass - 1), "this is the value before the update");
    mutant(m, u, "this is the pre-activation: the activation function is left out");
    mutant(m, sigmoid(u), "this is the sigmoid");
    mutant(m, sigmoid(-u), "this is the sigmoid of the opposite sign");
    mutant(m, tanh(u), "this is tanh");
    mutant(m, fmax(0, u), "this is ReLU");
    for (size_t i = 0; i < l->units; i++)
        if (i != j)
            mutant(m, at(m, l->act, i, pass), "this is the activation of another unit");
}

static void loss(struct mutants *m, int pass)
{
    const struct tape *t = tape_of(m);
    double squares = 0, cross = 0, binary = 0;
    const size_t n = t->value[t->output].cols;
    for (size_t k = 0; k < n; k++) {
        const double y = at(m, t->output, k, pass), target = at(m, t->target, k, pass);
        squares += (y - target) * (y - target);
        cross -= target > 0 ? target * log(y) : 0;
        binary -= (target > 0 ? target * log(y) : 0) + (target < 1 ? (1 - target) * log(1 - y) : 0);
    }
    if (pass)
        mutant(m, at(m, t->loss, 0, pass - 1), "this is the loss before the update");
    mutant(m, squares / 2, "this is half the sum of squared errors");
    mutant(m, squares, "this is the sum of squared errors");
    mutant(m, squares / (double)n, "this is the mean of squared errors");
    mutant(m, cross, "this is the cross-entropy");
    mutant(m, binary, "this is the binary cross-entropy");
    factors(m, at(m, t->loss, 0, pass));
}

static size_t digits(const char *s)
{
    size_t n = 0;
    for (; *s && *s != 'e'; s++)
        n += *s >= '0' && *s <= '9' && (n || *s != '0');
    return n;
}

const char *cr_mutants_explain(struct audit *a, const struct claim *c)
{
    struct element e;
    int said;
    struct mutants m = {.a = a, .p = &c->printed, .found = NAN};
    if (digits(c->bare.num->text) < 3 || !cr_topic_element(a, c->name, &e, &said) ||
        e.kind != ELEMENT_VALUE || e.factor == 0)
        return NULL;
    const struct value *v = &tape_of(&m)->value[e.value];
    /* the mutants are of the quantity itself: undo the text's sign and rate */
    struct printed scaled = c->printed;
    struct rational f;
    char text[32];
    cr_shortest_f64(e.factor, text);
    if (e.factor != 1) {
        if (!cr_rational_decimal(&f, text, strlen(text)) ||
            !cr_rational_div(&scaled.lo, &c->printed.lo, &f) ||
            !cr_rational_div(&scaled.hi, &c->printed.hi, &f))
            return NULL;
        if (cr_rational_cmp(&scaled.lo, &scaled.hi) > 0) {
            const struct rational lo = scaled.lo;
            scaled.lo = scaled.hi;
            scaled.hi = lo;
        }
        m.p = &scaled;
    }
    const int pass = c->pass > 1 ? 0 : c->pass;
    m.truth = at(&m, e.value, e.index, pass);
    const int of_layer =
        v->of >= 0 && v->role != ROLE_PARAM ? tape_of(&m)->value[v->of].layer : v->layer;
    const int number = v->role == ROLE_PARAM || v->role == ROLE_PARAM_GRAD
                           ? a->topic->net->param[v->param].layer
                           : of_layer;
    const struct layer l = number >= 0 ? layer_of(&m, number) : (struct layer){.number = -1};
    m.pass = pass;
    switch (v->role) {
    case ROLE_GRAD:
        if (e.value == l.delta)
            delta(&m, &l, e.index);
        else if (l.number < (int)a->topic->guess.n_layers - 1)
            wrong_sum(&m, &l, e.index, 1);
        factors(&m, m.truth);
        break;
    case ROLE_PARAM_GRAD:
        if (a->topic->net->param[v->param].kind == PARAM_BIAS)
            bias_gradient(&m, &l, e.index);
        else if (l.inputs)
            weight_gradient(&m, &l, e.index / l.inputs, e.index % l.inputs);
        break;
    case ROLE_PARAM:
        if (pass == 1)
            updated(&m, e.value, e.index);
        break;
    case ROLE_PRE: pre_activation(&m, &l, e.index, pass); break;
    case ROLE_ACT: activation(&m, &l, e.index, pass); break;
    case ROLE_DERIVATIVE: wrong_derivative(&m, &l, e.index, 1); break;
    case ROLE_LOSS:
    case ROLE_LOSS_EACH: loss(&m, pass); break;
    default: break;
    }
    return m.ambiguous ? NULL : m.message;
}
