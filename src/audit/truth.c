/* What a claim should be: the value of its name, or of its formula, in the pass that is meant. */
#include "audit/bind_parts.h"

struct passing {
    struct audit *a;
    int pass;
};

static int read_symbol(void *ctx, const struct expr *sym, struct amount *out)
{
    const struct passing *p = ctx;
    struct element e;
    int pass;
    if (!cr_topic_element(p->a, (int)sym->ref, &e, &pass))
        return 0;
    *out = (struct amount){1, 1, arena_new(&p->a->scratch, struct range, 1)};
    p->a->failed |= !out->at;
    return out->at && cr_topic_value(p->a->topic, &e, pass < 0 ? p->pass : pass, out->at);
}

static int call_function(void *ctx, const struct expr *call, const struct amount *args,
                         struct amount *out)
{
    const struct passing *p = ctx;
    return cr_topic_function(p->a, call, args, out);
}

int cr_topic_eval(struct audit *a, const struct expr *e, int pass, struct range *out)
{
    struct passing p = {a, pass};
    struct amount v;
    const struct reading r = {.a = &a->scratch,
                              .symbol = read_symbol,
                              .function = call_function,
                              .ctx = &p,
                              .failed = &a->failed};
    const int known = cr_range_eval(&r, e, &v) && v.rows == 1 && v.cols == 1;
    if (known)
        *out = v.at[0];
    cr_arena_free(&a->scratch);
    return known;
}

/* Truth. */

/* T of a claim in a pass: of its name, or else of its formula. */
static int truth_in(struct audit *a, const struct claim *c, int pass, struct range *out)
{
    struct element e;
    int said;
    if (cr_topic_element(a, c->name, &e, &said))
        return (said < 1 || pass > 0) && cr_topic_value(a->topic, &e, pass, out);
    return c->formula && cr_maths_has_symbols(c->formula) &&
           cr_topic_eval(a, c->formula, pass, out);
}

/* A weight that had a value before, or that changes as others did, is a new one. */
static int is_later(const struct audit *a, const struct claim *c)
{
    for (const struct claim *b = a->claim; b < a->claim + a->n_claims; b++)
        if (b->name == c->name && b->bare.num->ref < c->bare.num->ref)
            return 1;
    return a->topic->phase > 0;
}

/* The pass that is meant where the digits do not tell. */
static int likely_pass(struct audit *a, const struct claim *c)
{
    struct element e;
    int said;
    if (!cr_topic_element(a, c->name, &e, &said)) /* derivatives are those before the update */
        return c->name >= 0 && a->maths.name[c->name].kind == NAME_PARTIAL ? 0 : a->topic->phase;
    if (said >= 0)
        return said;
    const int role = role_of(a->topic, &e);
    if (role == ROLE_PARAM)
        return c->from || is_later(a, c);
    if (role == ROLE_PRE || role == ROLE_ACT || role == ROLE_LOSS)
        return a->topic->phase;
    return 0;
}

static void note_phase(struct audit *a, const struct claim *c)
{
    struct element e;
    struct range x, y;
    int said;
    if (cr_topic_element(a, c->name, &e, &said) && role_of(a->topic, &e) == ROLE_PARAM &&
        cr_topic_value(a->topic, &e, 1, &x) && cr_topic_value(a->topic, &e, 0, &y) &&
        (said == 1 ||
         (c->from && cr_range_meets(&x, &c->printed) && !cr_range_meets(&y, &c->printed))))
        a->topic->phase = 1;
}

/* A sum of numbers that were claimed before: of their true values. */
static int operands_truth(const struct audit *a, const struct claim *c, struct range *out)
{
    const struct expr *e = c->from;
    struct range sum = {.exact = 1};
    cr_rational_int(&sum.r, 0);
    if (e->kind != EXPR_ADD || e->n != 2)
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        struct bare b;
        struct rational r;
        if (!cr_maths_bare(e->arg[i], &b))
            return 0;
        int at = cr_audit_origin(a, b.num);
        for (size_t k = 0; at < 0 && k < a->n_claims; k++)
            if (a->claim[k].bare.num == b.num)
                at = (int)k;
        if (at < 0 || !a->claim[at].has_t ||
            !cr_range_meets(&a->claim[at].t, &a->claim[at].printed))
            return 0;
        struct range x = a->claim[at].t;
        if (a->claim[at].bare.sign * b.sign < 0)
            cr_bind_scaled(&x, -1);
        sum.exact = sum.exact && x.exact && cr_rational_add(&r, &sum.r, &x.r);
        if (sum.exact)
            sum.r = r;
        sum.lo += x.lo;
        sum.hi += x.hi;
    }
    *out = sum;
    return 1;
}

void cr_topic_truth(struct audit *a, struct claim *c)
{
    struct range t;
    if (!a->topic || (c->name < 0 && (c->aligned || c->whole->kind == EXPR_MATRIX)))
        return;
    const int likely = likely_pass(a, c);
    for (int i = 0; i <= MOST_UPDATES + 1; i++) {
        const int pass = i == 0 ? likely : i - 1;
        if (!truth_in(a, c, pass, &t))
            continue;
        const int meets = cr_range_meets(&t, &c->printed);
        if (meets || !c->has_t) {
            c->has_t = 1;
            c->t = t;
            c->pass = pass;
        }
        if (meets)
            break;
    }
    /* a new weight, where nothing is known of how weights change */
    struct element e;
    int said;
    if (c->has_t && likely > 0 && !a->topic->guess.has_rate &&
        cr_topic_element(a, c->name, &e, &said) && role_of(a->topic, &e) == ROLE_PARAM &&
        !cr_range_meets(&c->t, &c->printed))
        c->has_t = 0;
    if (c->has_t)
        note_phase(a, c);
    else if (c->from && c->name < 0)
        c->has_t = operands_truth(a, c, &c->t);
}
