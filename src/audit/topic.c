/* The network that a text is about: of several hypotheses, the one that explains most. */
#include <string.h>

#include "audit/bind_parts.h"
#include "chainrule/explain.h"
#include "expr/functions.h"

/* Trace and bind one hypothesis; NULL where it does not hold together. */
static struct topic *try_guess(struct audit *a, const struct guess *g, const cr_net *given,
                               const char *loss)
{
    struct topic *t = arena_new(&a->arena, struct topic, 1);
    if (!t) {
        a->failed = 1;
        return NULL;
    }
    *t = (struct topic){.guess = *g, .loss = loss, .delta_choice = -1, .change_choice = -1};
    cr_status status = CR_OK;
    t->owned = given ? NULL : cr_guess_build(g, loss, &status);
    t->net = given ? given : t->owned;
    const struct trace_options how = {.updates = MOST_UPDATES};
    if (t->net)
        status = cr_trace_run(t->net, &how, &t->trace, NULL);
    a->failed |= status == CR_ERR_MEMORY;
    if (!t->net || status) {
        cr_topic_free(t);
        return NULL;
    }
    a->topic = t;
    const int bound = cr_bind_names(a);
    a->topic = NULL;
    if (!bound) {
        cr_topic_free(t);
        return NULL;
    }
    return t;
}

/* What a formula of the loss contains. */
static void look_at(const struct expr *e, int *squares, int *halves, int *logs)
{
    *squares |= e->kind == EXPR_POW && e->arg[1]->kind == EXPR_NUM && e->arg[1]->value == 2;
    *logs |= e->kind == EXPR_CALL && e->func == FUNCTION_LOG;
    *halves |= (e->kind == EXPR_NUM && e->value == 0.5) ||
               (e->kind == EXPR_DIV && e->arg[1]->kind == EXPR_NUM && e->arg[1]->value == 2);
    for (unsigned i = 0; i < e->n; i++)
        look_at(e->arg[i], squares, halves, logs);
}

/* Whether the text writes this loss as a formula. */
static int is_written(const struct audit *a, const char *loss)
{
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        const struct expr *head = c->n > 1 ? c->side[0].e : NULL;
        int squares = 0, halves = 0, logs = 0;
        if (!head || head->kind != EXPR_SYM || !cr_bind_is_loss(&a->maths.name[head->ref]))
            continue;
        for (size_t k = 1; k < c->n; k++)
            if (c->side[k].e)
                look_at(c->side[k].e, &squares, &halves, &logs);
        if (squares || logs)
            return logs     ? strstr(loss, "entropy") != NULL
                   : halves ? same(loss, "half-squared")
                            : same(loss, "sum-squared") || same(loss, "mean-squared");
    }
    return 0;
}

static int is_better(const struct topic *x, const struct topic *y)
{
    const size_t hits = x ? x->hits + 2 * (size_t)x->written : 0;
    const size_t most = y ? y->hits + 2 * (size_t)y->written : 0;
    return x && (!y || hits > most || (hits == most && x->misses < y->misses));
}

static struct topic *written(struct topic *t, int is)
{
    if (t)
        t->written = is;
    return t;
}

static void keep(struct topic **best, struct topic *t)
{
    if (is_better(t, *best)) {
        cr_topic_free(*best);
        *best = t;
    } else {
        cr_topic_free(t);
    }
}

static int is_bias(const struct guess *g, int name)
{
    for (size_t i = 0; name >= 0 && i < g->n_units; i++)
        if (g->unit[i].bias == name)
            return 1;
    return 0;
}

/* Whether the text says anything of how a bias changes. Many leave the biases alone. */
static int updates_biases(struct audit *a, const struct guess *g)
{
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *n = &a->maths.name[i];
        if ((n->kind == NAME_PARTIAL && is_bias(g, n->by)) ||
            ((n->kind == NAME_CHANGE || n->kind == NAME_DIFFERENCE) && is_bias(g, n->of)) ||
            (n->kind == NAME_PLAIN && n->age == AGE_NEW && is_bias(g, cr_bind_ageless(a, (int)i))))
            return 1;
    }
    for (size_t i = 0; i < a->n_claims; i++)
        if (a->claim[i].from && is_bias(g, a->claim[i].name))
            return 1;
    return 0;
}

static const char *const losses[] = {"half-squared", "sum-squared", "mean-squared",
                                     "binary-cross-entropy", "cross-entropy"};

/* The text is about momentum, weight decay or the like, and none of its updates is plain descent. */
static int updates_otherwise(struct audit *a)
{
    static const char *const words[] = {"omentum", "eight decay", "egulariz", "egularis", "Adam",
                                        "RMSprop", "AdaGrad",     "Adagrad",  "Nesterov"};
    int named = 0;
    for (size_t i = 0; i < LENGTH(words); i++)
        named |= strstr(a->blocks.text, words[i]) != NULL;
    for (size_t i = 0; named && i < a->n_claims; i++) {
        struct claim c = a->claim[i];
        struct element e;
        int pass;
        if (!c.from || !cr_topic_element(a, c.name, &e, &pass) ||
            role_of(a->topic, &e) != ROLE_PARAM)
            continue;
        cr_topic_truth(a, &c);
        named = !(c.has_t && c.pass > 0 && cr_range_meets(&c.t, &c.printed));
    }
    a->topic->phase = 0;
    return named;
}

void cr_topic_make(struct audit *a)
{
    struct guess *g = arena_new(&a->arena, struct guess, 1);
    struct topic *best = NULL;
    /* a worked example is not that long, and each pair of equations is looked at */
    if (a->maths.n_chains > MOST_CHAINS || a->n_claims > MOST_CHAINS)
        return;
    if (!g) {
        a->failed = 1;
        return;
    }
    if (a->given) {
        for (int i = 0; cr_explain_notation(i) && !a->failed; i++)
            if (cr_guess_from_net(a, a->given, cr_explain_notation(i), g))
                keep(&best, try_guess(a, g, a->given, NULL));
        if (!a->failed && cr_guess_read(a, g) && cr_guess_fits(g, a->given)) {
            g->has_rate = 1;
            keep(&best, try_guess(a, g, a->given, NULL));
        }
    } else if (cr_guess_read(a, g)) {
        for (size_t i = 0; i < (g->forward_only ? 1 : LENGTH(losses)) && !a->failed; i++)
            keep(&best, written(try_guess(a, g, NULL, losses[i]), is_written(a, losses[i])));
        g->fixed_biases = 1;
        if (best && !a->failed && !updates_biases(a, g))
            keep(&best, written(try_guess(a, g, NULL, best->loss), is_written(a, best->loss)));
    }
    /* a network that explains little is none */
    if (best && (a->given ? best->hits < 1 || best->hits < best->misses
                          : best->hits < 3 || best->hits < 3 * best->misses)) {
        cr_topic_free(best);
        best = NULL;
    }
    a->topic = best;
    if (best && updates_otherwise(a)) {
        best->guess.other_rule = 1;
        best->guess.has_rate = 0;
    }
    if (best)
        cr_topic_conventions(a);
}

void cr_topic_free(struct topic *t)
{
    if (!t)
        return;
    cr_trace_free(t->trace);
    cr_net_free(t->owned);
}
