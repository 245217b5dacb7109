/* Units whose sums the text writes in numbers, or in numbers and symbols: z_1 = 0.2·0.5 - 0.6·x_2 + 0.3.
 * Which symbols the numbers stand for is told by their values, and by indices where several have the same. */
#include <math.h>
#include <string.h>

#include "audit/guess_parts.h"

enum { MOST_KNOWN = 512, MOST_TRIES = 1 << 17 };

/* A symbol that the text prints a value of. */
struct known {
    int name;
    double value;
    int given; /* without saying how it was computed */
    int late;  /* after something was computed */
};

static const char *const targets[] = {"y", "Y", "d", "ŷ", "t", "T", "target", NULL};

struct matcher {
    struct audit *a;
    struct guess *g;
    struct implied *im;
    struct known known[MOST_KNOWN];
    size_t n;
    const char *index; /* of the unit that is read */
    int tries;         /* of pairs that are left: people write texts that take some thousands */
};

static void add_known(struct matcher *m, int name, double value, int given, int late)
{
    const struct name *n = name_of(m->a, name);
    if (n->kind != NAME_PLAIN || n->age != AGE_UNSAID || cr_guess_is_backward(m->a, name) ||
        cr_guess_is_loss(n) || m->n == MOST_KNOWN)
        return;
    for (size_t i = 0; i < m->n; i++)
        if (m->known[i].name == name && m->known[i].value == value)
            return;
    m->known[m->n++] = (struct known){name, value, given, late};
}

/* What the text gives, and what it prints as results. */
static void read_known(struct matcher *m, struct implied *im)
{
    double v;
    for (size_t i = 0; i < m->a->n_claims; i++) {
        const struct claim *c = &m->a->claim[i];
        if (c->name >= 0 && cr_guess_number(c->e, &v))
            add_known(m, c->name, v, !c->from && !c->formula, i > m->a->first_computed);
    }
    for (size_t i = 0; i < im->n; i++)
        add_known(m, im->name[i], im->value[i], 1, 0);
}

/* A sum of products of numbers, each with the sign of its term; one number alone is the bias. */
struct numbers {
    size_t n;
    double x[MOST_SOURCES], y[MOST_SOURCES];
    int symbol[MOST_SOURCES]; /* in place of y; -1 */
    int has_bias;
    double bias;
    int bare; /* numbers alone so far */
};

static int add_term(struct numbers *l, const struct expr *e)
{
    double v, sign = 1;
    if (cr_guess_number(e, &v)) {
        /* 0.2 + 0 - 0.5 + 0.1: products with inputs of 0 and 1, and the bias */
        if (l->bare++) {
            if (l->n != (size_t)l->bare - 2 || l->n == MOST_SOURCES)
                return 0;
            l->symbol[l->n] = -1;
            l->x[l->n] = l->bias;
            l->y[l->n++] = l->bias == 0 ? 0 : 1;
        }
        l->has_bias = 1;
        l->bias = v;
        return 1;
    }
    if (l->bare > 1)
        return 0;
    while (e->kind == EXPR_NEG) {
        sign = -sign;
        e = e->arg[0];
    }
    if (e->kind != EXPR_MUL || e->n != 2 || l->n == MOST_SOURCES)
        return 0;
    const int second = e->arg[1]->kind == EXPR_SYM, first = e->arg[0]->kind == EXPR_SYM;
    if (!cr_guess_number(e->arg[first], &l->x[l->n]) ||
        !(first || second || cr_guess_number(e->arg[1], &l->y[l->n])))
        return 0;
    l->symbol[l->n] = first || second ? (int)e->arg[second]->ref : -1;
    l->x[l->n++] *= sign;
    return 1;
}

static int read_numbers(const struct expr *e, struct numbers *out)
{
    *out = (struct numbers){0};
    const unsigned n = e->kind == EXPR_ADD ? e->n : 1;
    for (unsigned i = 0; i < n; i++)
        if (!add_term(out, e->kind == EXPR_ADD ? e->arg[i] : e))
            return 0;
    return out->n > 0;
}

static int shares_index(const char *within, const char *index)
{
    return *within && *index && strstr(within, index) != NULL;
}

static const char *digits_of(const char *sub)
{
    const char *d = sub + strcspn(sub, "0123456789");
    return *d ? d : sub;
}

static int reads(const struct unit *u, int name)
{
    for (size_t k = 0; k < u->n; k++)
        if (u->source[k] == name)
            return 1;
    return 0;
}

static int is_source(const struct guess *g, int name)
{
    for (size_t i = 0; i < g->n_units; i++)
        if (reads(&g->unit[i], name))
            return 1;
    return 0;
}

/* What is known to be made by a unit comes before what is given, and its result before its sum. */
static int source_bonus(const struct matcher *m, int name)
{
    const struct name *n = name_of(m->a, name);
    for (size_t i = 0; i < m->g->n_units; i++) {
        const struct unit *u = &m->g->unit[i];
        if (!u->n)
            continue;
        if (u->act == name)
            return 40;
        if (u->pre == name)
            return 32;
        if (u->pre >= 0 && u->act < 0 && *n->sub && !reads(u, name) &&
            strcmp(n->sub, name_of(m->a, u->pre)->sub) == 0)
            return 40;
    }
    return 0;
}

/* How well a symbol may be the weight of a term of which `source` is the other factor. */
static int weigh(const struct matcher *m, const struct known *w, int source)
{
    static const char *const never[] = {"b", "bias", "c", "β", "t", "target", "T", "η", "α", NULL};
    const struct name *n = name_of(m->a, w->name);
    if (!w->given || is_one_of(n->base, never) || w->name == source ||
        cr_guess_is_used(m->g, w->name) || cr_guess_maker(m->g, w->name) ||
        is_source(m->g, w->name) || (w->late && source_bonus(m, w->name)))
        return -1;
    return 1 + 8 * cr_guess_is_weight(m->a, w->name) +
           4 * shares_index(n->sub, digits_of(m->index)) +
           2 * shares_index(n->sub, digits_of(name_of(m->a, source)->sub));
}

static int may_be_source(const struct matcher *m, const struct unit *u, const struct known *s,
                         int subject)
{
    static const char *const never[] = {"b", "bias", "t", "target", "T", "θ", "η", "α",
                                        "λ", "γ",    "μ", "ε",      "m", "n", "N", NULL};
    const char *base = name_of(m->a, s->name)->base;
    if (s->name == subject || cr_guess_is_weight(m->a, s->name) || is_one_of(base, never) ||
        (s->given && is_one_of(base, targets) && !source_bonus(m, s->name)))
        return 0;
    return !reads(u, s->name);
}

/* Add the term x·y, either of which may be the weight. */
static int match_term(struct matcher *m, struct unit *u, int subject, double x, double y)
{
    int best = 0, weight = -1, source = -1;
    double w = NAN;
    for (size_t i = 0; i < m->n; i++) {
        const struct known *s = &m->known[i];
        if (!may_be_source(m, u, s, subject))
            continue;
        /* the sign of a term may be of either factor */
        for (int way = 0; way < 4; way++) {
            const double sign = way & 1 ? -1 : 1;
            const double other = sign * (way & 2 ? x : y), own = sign * (way & 2 ? y : x);
            if (s->value != other || (sign < 0 && other == 0))
                continue;
            const int bonus = source_bonus(m, s->name) + 16 * !(way & 1);
            for (size_t k = 0; k < m->n && m->tries > 0; k++) {
                m->tries -= m->known[k].value == own;
                const int score = m->known[k].value == own ? weigh(m, &m->known[k], s->name) : -1;
                if (score > 0 && 64 + bonus + score > best) {
                    best = 64 + bonus + score;
                    weight = m->known[k].name;
                    source = s->name;
                    w = own;
                }
            }
            if (bonus > best) { /* a weight without a name */
                best = bonus;
                weight = -1;
                source = s->name;
                w = own;
            }
        }
    }
    if (source < 0)
        return 0;
    u->weight[u->n] = weight;
    u->source[u->n] = source;
    u->w[u->n++] = w;
    return 1;
}

/* Add the term x·symbol. */
static int match_symbol(const struct matcher *m, struct unit *u, int subject, double x, int symbol)
{
    const int is_weight = cr_guess_is_weight(m->a, symbol);
    int best = 0, other = -1;
    if (name_of(m->a, symbol)->kind != NAME_PLAIN || symbol == subject)
        return 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct known *k = &m->known[i];
        if (k->value != x)
            continue;
        const int score = !is_weight                        ? weigh(m, k, symbol)
                          : may_be_source(m, u, k, subject) ? 1 + source_bonus(m, k->name)
                                                            : -1;
        if (score > best) {
            best = score;
            other = k->name;
        }
    }
    if (is_weight && other < 0)
        return 0;
    u->weight[u->n] = is_weight ? symbol : other;
    u->source[u->n] = is_weight ? other : symbol;
    u->w[u->n++] = is_weight ? NAN : x;
    return 1;
}

/* The weight from a source whose value is 0, by its indices: nothing else tells it. */
static int match_zero(const struct matcher *m, struct unit *u, int subject)
{
    const char *to = digits_of(m->index);
    char both[32];
    for (size_t i = 0; i < m->n; i++) {
        const struct known *s = &m->known[i];
        const char *from = digits_of(name_of(m->a, s->name)->sub);
        if (s->value != 0 || !may_be_source(m, u, s, subject) || !*from ||
            strlen(from) + strlen(to) >= sizeof both)
            continue;
        for (size_t k = 0; k < m->n; k++) {
            const char *sub = name_of(m->a, m->known[k].name)->sub;
            const int named = strcmp(strcat(strcpy(both, from), to), sub) == 0 ||
                              strcmp(strcat(strcpy(both, to), from), sub) == 0;
            if (!named || weigh(m, &m->known[k], s->name) < 8)
                continue;
            u->weight[u->n] = m->known[k].name;
            u->source[u->n] = s->name;
            u->w[u->n++] = m->known[k].value;
            return 1;
        }
    }
    return 0;
}

static void match_bias(const struct matcher *m, struct unit *u, double b)
{
    static const char *const bases[] = {"b", "bias", "c", "θ", "β", "B", NULL};
    int best = 0;
    u->has_bias = 1;
    u->b = b;
    for (size_t i = 0; i < m->n; i++) {
        const struct known *k = &m->known[i];
        const struct name *n = name_of(m->a, k->name);
        int taken = cr_guess_is_used(m->g, k->name) || cr_guess_maker(m->g, k->name);
        for (size_t s = 0; s < u->n; s++)
            taken |= u->weight[s] == k->name || u->source[s] == k->name;
        const int called = is_one_of(n->base, bases);
        const int folded = cr_guess_is_weight(m->a, k->name) &&
                           (strchr(n->sub, '0') || strstr(n->sub, "[1]") || strstr(n->sub, ",1]"));
        const int indexed =
            !is_one_of(n->base, targets) && shares_index(n->sub, digits_of(m->index));
        if (k->value != b || !k->given || taken || !(called || folded || indexed))
            continue;
        const int score = 1 + 8 * called + 4 * indexed + 2 * folded;
        if (score > best) {
            best = score;
            u->bias = k->name;
        }
    }
}

/* 1: the second factors are inputs, as those of another sum are the same; 0: the first are; -1: not
 * known. */
static int input_factor(const struct matcher *m, int subject, const struct numbers *l)
{
    for (size_t i = 0; i < m->a->maths.n_chains && l->n > 1; i++) {
        const struct chain *c = &m->a->maths.chain[i];
        const int other = cr_guess_subject(m->a, c);
        if (other == subject || !cr_guess_may_be_unit(m->a, other))
            continue;
        for (size_t k = 1; k < c->n; k++) {
            const char *f;
            const struct expr *e = c->side[k].e, *x = e ? cr_guess_activation(m->a, e, &f) : NULL;
            struct numbers n;
            int first = 1, second = 1;
            if (!e || !read_numbers(x ? x : e, &n) || n.n != l->n)
                continue;
            for (size_t t = 0; t < n.n; t++) {
                first &= n.symbol[t] < 0 && l->symbol[t] < 0 && fabs(n.x[t]) == fabs(l->x[t]);
                second &= n.symbol[t] < 0 && l->symbol[t] < 0 && n.y[t] == l->y[t];
            }
            if (first != second)
                return second;
        }
    }
    return -1;
}

/* A term of which the text gives no name: an input that has its value alone. */
static int match_nameless(struct matcher *m, struct unit *u, int subject, const struct numbers *l,
                          size_t k)
{
    int weight[2] = {-1, -1};
    for (size_t i = 0; i < m->n; i++)
        for (int second = 0; second < 2; second++)
            if (weight[second] < 0 && cr_guess_is_weight(m->a, m->known[i].name) &&
                m->known[i].value == (second ? l->y[k] : l->x[k]) &&
                weigh(m, &m->known[i], subject) > 0)
                weight[second] = m->known[i].name;
    m->tries -= (int)m->a->maths.n_chains;
    const int which = input_factor(m, subject, l);
    const int second = which >= 0                             ? which
                       : (weight[0] >= 0) != (weight[1] >= 0) ? weight[0] >= 0
                                                              : -1;
    if (second < 0 || m->im->n == MOST_GIVENS)
        return 0;
    const struct name n = {.kind = NAME_PLAIN,
                           .base = "input",
                           .sub = cr_audit_say(m->a, "%zu", k + 1),
                           .sup = "",
                           .of = -1,
                           .by = -1};
    const int name = cr_maths_name(&m->a->maths, &n);
    const double x = second ? l->y[k] : l->x[k];
    double v;
    if (name < 0 || (cr_implied_value(m->im, name, &v) && v != x))
        return 0;
    m->im->name[m->im->n] = name;
    m->im->value[m->im->n++] = x;
    u->weight[u->n] = weight[!second];
    u->source[u->n] = name;
    u->w[u->n++] = second ? l->x[k] : l->y[k];
    return 1;
}

/* Whether another unit has these sources and weights: the same, under another name. */
static int is_known_unit(const struct matcher *m, const struct unit *u)
{
    for (size_t i = 0; i < m->g->n_units; i++) {
        const struct unit *v = &m->g->unit[i];
        size_t same = 0;
        for (size_t k = 0; v->n == u->n && k < u->n; k++)
            for (size_t j = 0; j < v->n; j++) {
                double w = v->w[j];
                same += v->source[j] == u->source[k] &&
                        (!isnan(w) || cr_implied_value(m->im, v->weight[j], &w)) && w == u->w[k];
            }
        if (same == u->n && v->has_bias == u->has_bias)
            return 1;
    }
    return 0;
}

/* The unit whose sum, or argument of f, this is. */
static void read_unit(struct matcher *m, int subject, const struct expr *e)
{
    struct numbers l;
    const char *f = NULL;
    const struct expr *x = cr_guess_activation(m->a, e, &f);
    if (!read_numbers(x ? x : e, &l))
        return;
    struct unit *old = cr_guess_find_unit(m->g, x ? -1 : subject, x ? subject : -1);
    if (old && old->n)
        return;
    struct unit u = {
        .pre = x ? -1 : subject, .act = x ? subject : -1, .bias = -1, .layer = -1, .activation = f};
    m->index = name_of(m->a, subject)->sub;
    for (size_t k = 0; k < l.n; k++)
        if (m->tries <= 0 ||
            !(l.symbol[k] >= 0            ? match_symbol(m, &u, subject, l.x[k], l.symbol[k])
              : l.bare > 1 && l.y[k] == 0 ? match_zero(m, &u, subject)
                                          : match_term(m, &u, subject, l.x[k], l.y[k]) ||
                                                match_nameless(m, &u, subject, &l, k)))
            return;
    /* 0.1·(-0.4) alone may be anything */
    if (u.n == 1 && u.weight[0] < 0 && !l.has_bias)
        return;
    if (l.has_bias)
        match_bias(m, &u, l.bias);
    if (is_known_unit(m, &u))
        return;
    struct unit *at = old ? old : cr_guess_new_unit(m->g, u.pre, u.act);
    if (!at)
        return;
    if (old)
        u.act = old->act;
    *at = u;
}

/* A symbol that was given before this chain is a weight, which changes here. */
static int is_given_before(const struct audit *a, int name, size_t chain)
{
    for (size_t i = 0; i < a->n_claims; i++) {
        const struct claim *c = &a->claim[i];
        if (c->name == name && !c->from && !c->formula &&
            (c->chain < a->maths.n_chains
                 ? c->chain < chain
                 : c->chain - a->maths.n_chains < a->maths.chain[chain].block))
            return 1;
    }
    return 0;
}

void cr_guess_read_numbers(struct audit *a, struct guess *g, struct implied *im)
{
    struct matcher *m = arena_new(&a->arena, struct matcher, 1);
    if (!m) {
        a->failed = 1;
        return;
    }
    *m = (struct matcher){.a = a, .g = g, .im = im, .tries = MOST_TRIES};
    read_known(m, im);
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        const int subject = cr_guess_subject(a, c);
        if (!cr_guess_may_be_unit(a, subject) || name_of(a, subject)->kind != NAME_PLAIN ||
            cr_guess_maker(g, subject) || is_given_before(a, subject, i))
            continue;
        for (size_t k = 1; k < c->n; k++)
            if (c->side[k].e)
                read_unit(m, subject, c->side[k].e);
    }
}

/* Whether a sum of as many products as there are inputs has another number in an input's place.
 * Inputs of 0 and 1 may be left out. */
static int lacks_input(const struct guess *g, const struct numbers *l)
{
    if (l->n != g->n_inputs || l->bare > 1)
        return 0;
    for (size_t i = 0; i < g->n_inputs; i++) {
        int found = g->x[i] == 0 || fabs(g->x[i]) == 1;
        for (size_t k = 0; k < l->n; k++)
            found |= l->symbol[k] >= 0 || fabs(l->x[k]) == fabs(g->x[i]) ||
                     fabs(l->y[k]) == fabs(g->x[i]);
        if (!found)
            return 1;
    }
    return 0;
}

int cr_guess_sums_others(struct audit *a, const struct guess *g)
{
    char summed[MOST_UNITS] = {0};
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        const int subject = cr_guess_subject(a, c);
        size_t u = 0;
        while (u < g->n_units &&
               (subject < 0 || (g->unit[u].pre != subject && g->unit[u].act != subject)))
            u++;
        if (u == g->n_units || g->unit[u].layer != 0)
            continue;
        for (size_t k = 1; k < c->n; k++) {
            const char *f;
            struct numbers l;
            const struct expr *e = c->side[k].e, *x = e ? cr_guess_activation(a, e, &f) : NULL;
            if (!e || !read_numbers(x ? x : e, &l))
                continue;
            /* the first may have a wrong number in it */
            if (summed[u] && lacks_input(g, &l))
                return 1;
            summed[u] = 1;
        }
    }
    return 0;
}
