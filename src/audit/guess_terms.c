/* The parts of a text's formulas: numbers, sums of products, activations. */
#include <math.h>
#include <string.h>

#include "audit/guess_parts.h"
#include "audit/topic.h"
#include "expr/functions.h"

int cr_guess_is_weight(const struct audit *a, int name)
{
    static const char *const bases[] = {"w", "W", "θ", "Θ", "v", "V", "ω", "weight", "U", NULL};
    return is_one_of(name_of(a, name)->base, bases);
}

int cr_guess_is_backward(const struct audit *a, int name)
{
    static const char *const bases[] = {"δ", "η", "Δ", "ε", "grad", NULL};
    const struct name *n = name_of(a, name);
    return n->kind != NAME_PLAIN || is_one_of(n->base, bases);
}

/* The number that a tree of digits is; 1 or 0. */
int cr_guess_number(const struct expr *e, double *out)
{
    struct bare b;
    if (!cr_maths_bare(e, &b))
        return 0;
    *out = b.sign * b.num->value * pow(10, b.power) / (b.percent ? 100 : 1);
    return 1;
}

int cr_guess_given(const struct audit *a, int name, double *out)
{
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        if (c->n == 2 && c->side[0].e && c->side[0].e->kind == EXPR_SYM &&
            (int)c->side[0].e->ref == name && c->side[1].e && cr_guess_number(c->side[1].e, out))
            return 1;
    }
    return 0;
}

static int is_leaf(const struct expr *e, int symbols)
{
    double v;
    return symbols ? e->kind == EXPR_SYM : cr_guess_number(e, &v);
}

static int is_one(const struct expr *e)
{
    double v;
    return cr_guess_number(e, &v) && v == 1;
}

static int add_term(struct linear *l, const struct expr *t, int symbols, int only)
{
    if (t->kind == EXPR_MUL && t->n == 2 && is_leaf(t->arg[0], symbols) &&
        is_leaf(t->arg[1], symbols) && l->n < MOST_SOURCES) {
        /* b·1 after products is a bias */
        l->x[l->n] = t->arg[0];
        l->y[l->n++] = t->arg[1];
        return 1;
    }
    if (only || l->bias)
        return 0;
    if (t->kind == EXPR_MUL && t->n == 2 && is_leaf(t->arg[0], symbols) && is_one(t->arg[1]))
        l->bias = t->arg[0];
    else if (t->kind == EXPR_MUL && t->n == 2 && is_leaf(t->arg[1], symbols) && is_one(t->arg[0]))
        l->bias = t->arg[1];
    else if (is_leaf(t, symbols))
        l->bias = t;
    return l->bias != NULL;
}

int cr_guess_linear(const struct expr *e, int symbols, struct linear *out)
{
    *out = (struct linear){0};
    if (e->kind != EXPR_ADD)
        return e->kind == EXPR_MUL && add_term(out, e, symbols, 1);
    for (unsigned i = 0; i < e->n; i++)
        if (!add_term(out, e->arg[i], symbols, 0))
            return 0;
    return out->n > 0;
}

/* 0.35·1 at the end of a sum of numbers, where the symbols have a bias. */
void cr_guess_split_bias(struct linear *numbers, const struct linear *symbols)
{
    if (symbols->bias && !numbers->bias && numbers->n == symbols->n + 1 &&
        is_one(numbers->y[numbers->n - 1]))
        numbers->bias = numbers->x[--numbers->n];
}

static int is_exp(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->func == FUNCTION_EXP;
}

/* e = f(argument): the argument, and f for cr_builder_dense. NULL: it is none. */
const struct expr *cr_guess_activation(struct audit *a, const struct expr *e, const char **f)
{
    static const struct {
        int row;
        const char *name;
    } rows[] = {{FUNCTION_SIGMOID, "sigmoid"},
                {FUNCTION_TANH, "tanh"},
                {FUNCTION_RELU, "relu"},
                {FUNCTION_SOFTPLUS, "softplus"}};
    if (e->kind == EXPR_CALL) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (e->func == rows[i].row) {
                *f = rows[i].name;
                return e->arg[0];
            }
        if (e->func == FUNCTION_MAX && e->n == 2 && e->arg[0]->kind == EXPR_NUM &&
            e->arg[0]->value == 0) {
            *f = "relu";
            return e->arg[1];
        }
        int parameter;
        if (e->func < 0 && e->n == 1 && !strchr(e->text, '\'')) {
            const struct expr *d = cr_topic_definition(a, e->text, &parameter);
            *f = d ? cr_topic_formula(a, d, parameter) : NULL;
            return e->arg[0];
        }
        return NULL;
    }
    /* exp(x)/(exp(x) + exp(y)) */
    if (e->kind == EXPR_DIV && is_exp(e->arg[0]) && e->arg[1]->kind == EXPR_ADD) {
        int all = 1, own = 0;
        for (unsigned i = 0; i < e->arg[1]->n; i++) {
            all &= is_exp(e->arg[1]->arg[i]);
            own |= cr_expr_equal(e->arg[1]->arg[i], e->arg[0]);
        }
        *f = "softmax";
        return all && own ? e->arg[0]->arg[0] : NULL;
    }
    /* 1/(1 + exp(-x)) */
    if (e->kind == EXPR_DIV && is_one(e->arg[0]) && e->arg[1]->kind == EXPR_ADD &&
        e->arg[1]->n == 2 && is_one(e->arg[1]->arg[0]) && e->arg[1]->arg[1]->kind == EXPR_CALL &&
        e->arg[1]->arg[1]->func == FUNCTION_EXP) {
        const struct expr *x = e->arg[1]->arg[1]->arg[0];
        *f = "sigmoid";
        return x->kind == EXPR_NEG ? x->arg[0] : NULL;
    }
    return NULL;
}
