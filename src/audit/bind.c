/* Bind all names of a text, and choose what it leaves open by what each choice explains. */
#include <math.h>

#include "audit/bind_parts.h"

/* Claims that say something: not the givens repeated. */
static int is_telling(struct audit *a, const struct claim *c)
{
    struct element e;
    int said;
    if (c->from)
        return 1;
    if (!cr_topic_element(a, c->name, &e, &said))
        return 0;
    const int role = role_of(a->topic, &e);
    return (role != ROLE_PARAM || said == 1) && role != ROLE_INPUT && role != ROLE_TARGET &&
           role != ROLE_RATE;
}

static int is_named(const struct audit *a, const struct claim *c, int what)
{
    if (c->name < 0)
        return 0;
    struct name n = a->maths.name[c->name];
    const struct name *m = &a->maths.name[what];
    return n.kind == m->kind && same(n.base, m->base) && same(n.sub, m->sub) && same(n.sup, m->sup);
}

/* Whether the formula beside a claim has its name's value: 1, 0, or -1 where that is not known. */
static int formula_agrees(struct audit *a, const struct claim *c)
{
    struct range said, named;
    struct element e;
    int pass;
    if (!c->formula || c->formula->kind == EXPR_SYM || !cr_maths_has_symbols(c->formula) ||
        !cr_topic_element(a, c->name, &e, &pass) || pass == 1 ||
        !cr_topic_eval(a, c->formula, 0, &said) || !cr_topic_value(a->topic, &e, 0, &named))
        return -1;
    const double slack = 1e-9 * (fabs(named.lo) + fabs(named.hi));
    return said.lo <= named.hi + slack && said.hi >= named.lo - slack;
}

static size_t hits_of(struct audit *a,
                      int (*concerns)(const struct audit *, const struct claim *, int), int what)
{
    size_t hits = 0;
    for (size_t i = 0; i < a->n_claims; i++) {
        struct claim c = a->claim[i];
        struct element e;
        int said;
        if (!concerns(a, &c, what) || !cr_topic_element(a, c.name, &e, &said))
            continue;
        cr_topic_truth(a, &c);
        /* a loss may be anything, but not what its own formula contradicts */
        hits += c.has_t && cr_range_meets(&c.t, &c.printed) &&
                !(concerns == is_named && formula_agrees(a, &c) == 0);
    }
    return hits;
}

static int is_delta(const struct audit *a, const struct claim *c, int what)
{
    (void)what;
    return c->name >= 0 && same(a->maths.name[c->name].base, "δ");
}

static int is_change(const struct audit *a, const struct claim *c, int what)
{
    (void)what;
    return c->name >= 0 && a->maths.name[c->name].kind == NAME_CHANGE;
}

/* The choice that explains most; -1: none explains anything. */
static int choose(struct audit *a, int *choice, int n,
                  int (*concerns)(const struct audit *, const struct claim *, int), int what)
{
    size_t most = 0;
    int best = -1;
    for (int i = 0; i < n; i++) {
        *choice = i;
        const size_t hits = hits_of(a, concerns, what);
        if (hits > most) {
            most = hits;
            best = i;
        }
    }
    return *choice = best;
}

/* z_1 is what z[1] is. Inputs and weights are not counted so where the first input is the 1 that
 * goes with a bias. */
static void bind_entries(struct audit *a)
{
    struct topic *t = a->topic;
    const struct guess *g = &t->guess;
    const int folded =
        g->x[0] == 1 && g->input[0] >= 0 && strchr(a->maths.name[g->input[0]].sub, '[');
    int *bound = cr_arena_alloc(&a->arena, t->n_of + 1, sizeof *bound);
    size_t n = 0;
    a->failed |= !bound;
    for (size_t i = 0; bound && i < t->n_of; i++) {
        const int role = role_of(t, &t->of[i]);
        if (t->of[i].kind != ELEMENT_NONE && *a->maths.name[i].sub &&
            !(folded && (role == ROLE_INPUT || role == ROLE_PARAM)))
            bound[n++] = (int)i;
    }
    for (size_t i = 0; i < t->n_of; i++)
        for (size_t k = 0; k < n && t->of[i].kind == ELEMENT_NONE; k++)
            if (cr_maths_same_entry(&a->maths.name[i], &a->maths.name[bound[k]]))
                t->of[i] = t->of[bound[k]];
}

static void bind_units(struct topic *t)
{
    const struct guess *g = &t->guess;
    const struct tape *tape = t->trace->tape;
    for (size_t i = 0; i < g->n_inputs; i++)
        if (g->input[i] >= 0)
            t->of[g->input[i]] = element(tape->input, i, 1);
    for (size_t i = 0; i < g->n_outputs; i++)
        if (g->target[i] >= 0)
            t->of[g->target[i]] = element(tape->target, i, 1);
    for (size_t i = 0; i < g->n_units; i++) {
        const struct unit *u = &g->unit[i];
        const int w = cr_bind_param(t, u->layer, PARAM_WEIGHT),
                  b = cr_bind_param(t, u->layer, PARAM_BIAS);
        for (size_t k = 0; k < u->n; k++)
            if (u->weight[k] >= 0)
                t->of[u->weight[k]] = element(w, u->column * u->n + k, 1);
        if (u->bias >= 0 && b >= 0)
            t->of[u->bias] = element(b, tape->value[b].cols > 1 ? u->column : 0, 1);
        const int act = find(t, ROLE_ACT, -1, u->layer);
        if (u->act >= 0)
            t->of[u->act] = element(act < 0 ? find(t, ROLE_PRE, -1, u->layer) : act, u->column, 1);
        if (u->pre >= 0)
            t->of[u->pre] = element(find(t, ROLE_PRE, -1, u->layer), u->column, 1);
    }
    const int rate = find(t, ROLE_RATE, -1, -1);
    if (g->rate_name >= 0 && g->has_rate && rate >= 0)
        t->of[g->rate_name] = element(rate, 0, 1);
}

/* A loss by its name alone that is explained as something else does not speak for this network;
 * an error may be anything. */
static int is_foreign_loss(struct audit *a, const struct claim *c)
{
    const int plain = c->name < 0 ? -1 : cr_bind_ageless(a, c->name);
    if (plain < 0 || (size_t)plain >= a->topic->n_of)
        return 0;
    const struct name *n = &a->maths.name[plain];
    const int choice = a->topic->loss_choice[plain];
    return cr_bind_is_loss(n) && !same(n->base, "Error") && !*n->sub && choice >= 0 &&
           cr_bind_loss_kind(choice) != ELEMENT_VALUE;
}

/* Off by what rounding may do. */
static int is_near(const struct claim *c)
{
    return c->t.lo <= c->i.hi && c->t.hi >= c->i.lo;
}

/* An operand that was wrong before. */
static int repeats_wrong(const struct audit *a, const struct expr *e, const char *wrong)
{
    if (e->kind == EXPR_NUM && e->ref) {
        const int origin = cr_audit_origin(a, e);
        return origin >= 0 && wrong[origin];
    }
    for (unsigned i = 0; i < e->n; i++)
        if (repeats_wrong(a, e->arg[i], wrong))
            return 1;
    return 0;
}

/* The choice that a loss's own formula makes, where no number fits any; -1: none. */
static int choose_by_formula(struct audit *a, int *choice, int name)
{
    for (*choice = 0; *choice < LOSS_CHOICES; ++*choice)
        for (size_t i = 0; i < a->n_claims; i++)
            if (is_named(a, &a->claim[i], name) && formula_agrees(a, &a->claim[i]) == 1)
                return *choice;
    return *choice = -1;
}

/* Bind all names of a->topic, settle what is open, and count what is explained. */
int cr_bind_names(struct audit *a)
{
    struct topic *t = a->topic;
    t->n_of = a->maths.n_names;
    t->of = arena_new(&a->arena, struct element, t->n_of + 1);
    t->loss_choice = arena_new(&a->arena, int, t->n_of + 1);
    char *wrong = arena_new(&a->arena, char, a->n_claims + 1);
    if (!t->of || !t->loss_choice || !wrong) {
        a->failed = 1;
        return 0;
    }
    bind_units(t);
    bind_entries(a);
    t->by_act = cr_bind_by_act(a);
    for (size_t i = 0; i < t->n_of; i++)
        t->loss_choice[i] = -1;
    for (size_t i = 0; i < t->n_of; i++)
        if (cr_bind_is_loss(&a->maths.name[i]) && a->maths.name[i].age == AGE_UNSAID)
            if (choose(a, &t->loss_choice[i], LOSS_CHOICES, is_named, (int)i) < 0)
                (void)choose_by_formula(a, &t->loss_choice[i], (int)i);
    t->change_choice = -1;
    const int deltas = choose(a, &t->delta_choice, DELTA_CHOICES, is_delta, 0);
    if (deltas < 0) /* where none fits, the usual one speaks against this network */
        t->delta_choice = 0;
    (void)choose(a, &t->change_choice, CHANGE_CHOICES, is_change, 0);
    t->phase = 0;
    t->hits = t->misses = 0;
    for (size_t i = 0; i < a->n_claims; i++) {
        struct claim c = a->claim[i];
        cr_topic_truth(a, &c);
        if (!c.has_t || !is_telling(a, &c))
            continue;
        if ((cr_range_meets(&c.t, &c.printed) || cr_range_is_cut(&c.t, &c.printed)) &&
            !is_foreign_loss(a, &c)) {
            t->hits++;
        } else {
            wrong[i] = 1;
            /* where the arithmetic of the text gives the true value, a slip is the text's own */
            t->misses += !(c.has_f && c.has_i &&
                           (is_near(&c) ||
                            (cr_range_meets(&c.i, &c.printed) && repeats_wrong(a, c.from, wrong))));
        }
    }
    t->phase = 0;
    t->delta_choice = deltas;
    return 1;
}
