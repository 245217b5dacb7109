/* Why a number is wrong: which quantity was used for which, or which rule was changed. */
#include <math.h>
#include <string.h>

#include "audit/topic.h"

/* The quantity that an operand's digits are those of. */

static int significant(const char *text)
{
    int n = 0;
    for (const char *s = text; *s && *s != 'e' && *s != 'E'; s++)
        if (*s >= '0' && *s <= '9' && (n || *s != '0'))
            n++;
    return n;
}

static const char *pretty(struct audit *a, const char *key)
{
    struct text t = {0};
    for (const char *s = key; *s; s++) {
        if (*s == '>')
            cr_text_add(&t, "→");
        else
            cr_text_addc(&t, *s);
    }
    const char *out = cr_audit_say(a, "%s", cr_text_str(&t));
    a->failed |= t.failed;
    cr_text_free(&t);
    return out;
}

static const char *called(struct audit *a, int name)
{
    return pretty(a, a->maths.name[name].key);
}

static const char *error_name(struct audit *a, size_t k)
{
    const struct guess *g = &a->topic->guess;
    const struct unit *u = cr_guess_unit(g, (int)g->n_layers - 1, k);
    const int y = u->act >= 0 ? u->act : u->pre;
    return y < 0 || g->target[k] < 0
               ? "output − target"
               : cr_audit_say(a, "%s − %s", called(a, y), called(a, g->target[k]));
}

static int digits_fit(const struct range *v, const struct printed *p, int either_sign)
{
    if (cr_range_meets(v, p))
        return 1;
    if (!either_sign)
        return 0;
    struct range turned = *v;
    turned.lo = -v->hi;
    turned.hi = -v->lo;
    turned.r.sign = -turned.r.sign;
    return cr_range_meets(&turned, p);
}

/* The given number, or NULL: it has few digits, and several have them. */
static const char *given_identity(struct audit *a, const struct printed *p)
{
    const struct topic *t = a->topic;
    int found = -1;
    for (size_t i = 0; i < t->n_of; i++) {
        struct range v;
        if (t->of[i].kind != ELEMENT_VALUE || t->trace->tape->value[t->of[i].value].maker >= 0 ||
            !cr_topic_value(t, &t->of[i], 0, &v) || !v.exact ||
            cr_rational_cmp(&v.r, &p->value) != 0)
            continue;
        if (found >= 0)
            return NULL;
        found = (int)i;
    }
    return found < 0 ? NULL : called(a, found);
}

/* NULL: none, or the digits are too few to tell. */
static const char *identity(struct audit *a, const struct bare *b)
{
    struct printed p;
    struct range v;
    struct element e;
    int pass;
    if (!cr_range_printed(&a->maths, b, &p))
        return NULL;
    if (significant(b->num->text) < 3)
        return given_identity(a, &p);
    for (size_t k = 0; k < a->topic->guess.n_outputs; k++) {
        e = (struct element){ELEMENT_ERROR, -1, k, 1};
        for (int q = 0; q < 2; q++)
            if (cr_topic_value(a->topic, &e, q, &v) && digits_fit(&v, &p, 1))
                return cr_audit_say(a, "%s%s", error_name(a, k), q ? " after the update" : "");
    }
    for (size_t i = 0; i < a->topic->n_of; i++) {
        if (!cr_topic_element(a, (int)i, &e, &pass))
            continue;
        for (int q = 0; q < 2; q++)
            if ((pass < 0 || pass == q) && cr_topic_value(a->topic, &e, q, &v) &&
                digits_fit(&v, &p, 0))
                return cr_audit_say(a, "%s%s", called(a, (int)i),
                                    q && pass < 0 ? " after the update" : "");
    }
    return NULL;
}

/* Operands beside the symbols that they stand for. */
struct swap {
    const struct expr *symbol, *number;
    size_t n;
};

static int is_leaf(const struct expr *e)
{
    return e->kind == EXPR_SYM || (e->kind == EXPR_CALL && e->func < 0);
}

/* Count numbers that are not what the symbol in their place says. 0: the shapes differ. */
static int compare(struct audit *a, const struct expr *formula, const struct expr *numbers,
                   int pass, struct swap *out)
{
    struct bare b;
    struct range v;
    struct printed p;
    if (is_leaf(formula)) {
        if (!cr_maths_bare(numbers, &b) || !cr_range_printed(&a->maths, &b, &p))
            return 1; /* a part that is written out: 0.665074 - 0.5 for o - y */
        for (int q = 0; q < 2; q++)
            if (cr_topic_eval(a, formula, q, &v) &&
                (cr_range_meets(&v, &p) || cr_range_is_cut(&v, &p)) &&
                (q == pass || pass == 1 || q == 0))
                return 1;
        if (!cr_topic_eval(a, formula, pass, &v))
            return 1;
        out->symbol = formula;
        out->number = numbers;
        out->n++;
        return 1;
    }
    if (formula->kind == EXPR_NEG && numbers->kind == EXPR_NEG)
        return compare(a, formula->arg[0], numbers->arg[0], pass, out);
    /* a part of the formula that is worked out: 0.43 for 1 - h */
    if (formula->kind != EXPR_NUM && cr_maths_bare(numbers, &b))
        return cr_range_printed(&a->maths, &b, &p) && cr_topic_eval(a, formula, pass, &v) &&
               (cr_range_meets(&v, &p) || cr_range_is_cut(&v, &p));
    if (formula->kind != numbers->kind || formula->n != numbers->n ||
        formula->func != numbers->func)
        return formula->kind == EXPR_NUM;
    for (unsigned i = 0; i < formula->n; i++)
        if (!compare(a, formula->arg[i], numbers->arg[i], pass, out))
            return 0;
    return 1;
}

static const char *shown_name(struct audit *a, const struct expr *e)
{
    struct text t = {0};
    cr_expr_print(&t, e, EXPR_TEXT);
    const char *s = pretty(a, cr_text_str(&t));
    a->failed |= t.failed;
    cr_text_free(&t);
    return s;
}

/* The formula that the text gives for a claim's name, here or before. */
static const struct expr *formula_of(const struct audit *a, const struct claim *c, size_t *chain)
{
    if (c->formula && c->formula->kind != EXPR_SYM) {
        *chain = c->chain;
        return c->formula;
    }
    for (size_t i = c->chain + 1; i-- > 0 && c->name >= 0;) {
        const struct chain *k = &a->maths.chain[i];
        if (!k->n || !k->side[0].e || k->side[0].e->kind != EXPR_SYM ||
            (int)k->side[0].e->ref != c->name)
            continue;
        for (size_t s = 1; s < k->n; s++) {
            const struct expr *e = k->side[s].e;
            if (e && e->kind != EXPR_SYM && e->kind != EXPR_NUM && cr_maths_has_symbols(e)) {
                *chain = i;
                return e;
            }
        }
    }
    return NULL;
}

static const char *by_formula(struct audit *a, const struct claim *c)
{
    struct swap s = {0};
    size_t chain;
    const struct expr *f = formula_of(a, c, &chain);
    struct bare b;
    if (!f || !compare(a, f, c->from, c->pass > 1 ? 0 : c->pass, &s) || s.n != 1 ||
        !cr_maths_bare(s.number, &b))
        return NULL;
    const char *what = identity(a, &b);
    const char *printed =
        cr_audit_words(a, a->maths.number[b.num->ref - 1].at, a->maths.number[b.num->ref - 1].end);
    return what ? cr_audit_say(a, "%s is %s, used for %s", printed, what, shown_name(a, s.symbol))
                : NULL;
}

/* Without a formula in symbols: the product that the tape has for this quantity. */

enum { MOST_FACTORS = 16 };

static size_t factors_of(const struct expr *e, const struct expr **out)
{
    size_t n = 0;
    if (e->kind != EXPR_MUL)
        return out[0] = e, 1;
    for (unsigned i = 0; i < e->n && n < MOST_FACTORS; i++)
        out[n++] = e->arg[i];
    return n;
}

/* The element of the tape that a ref is, as an element here. */
static int tape_range(struct audit *a, const struct expr *sym, int pass, struct range *out)
{
    const struct element e = {ELEMENT_VALUE, cr_ref_value(sym->ref), cr_ref_index(sym->ref), 1};
    return cr_topic_value(a->topic, &e, pass, out);
}

static const char *name_of_ref(struct audit *a, const struct expr *sym)
{
    struct element e;
    int pass;
    for (size_t i = 0; i < a->topic->n_of; i++)
        if (cr_topic_element(a, (int)i, &e, &pass) && pass != 1 && e.kind == ELEMENT_VALUE &&
            e.value == cr_ref_value(sym->ref) && e.index == cr_ref_index(sym->ref))
            return called(a, (int)i);
    return NULL;
}

static const char *by_tape(struct audit *a, const struct claim *c)
{
    struct element e;
    int said;
    const struct expr *want[MOST_FACTORS], *have[MOST_FACTORS];
    if (!cr_topic_element(a, c->name, &e, &said) || e.kind != ELEMENT_VALUE)
        return NULL;
    const struct tape *tape = a->topic->trace->tape;
    const int maker = tape->value[e.value].maker;
    if (maker < 0)
        return NULL;
    const struct expr *f = cr_step_formula(&a->arena, tape, maker, 1, 0, e.index);
    if (!f) {
        a->failed = 1;
        return NULL;
    }
    const size_t n = factors_of(f, want), m = factors_of(c->from, have);
    if (n != m || n < 2)
        return NULL;
    int used[MOST_FACTORS] = {0};
    const struct expr *lonely = NULL, *left = NULL;
    size_t strangers = 0;
    for (size_t i = 0; i < m; i++) {
        struct bare b;
        struct printed p;
        struct range v;
        size_t k = 0;
        if (!cr_maths_bare(have[i], &b) || !cr_range_printed(&a->maths, &b, &p))
            return NULL;
        for (; k < n; k++)
            if (!used[k] && want[k]->kind == EXPR_SYM &&
                tape_range(a, want[k], c->pass > 1 ? 0 : c->pass, &v) && digits_fit(&v, &p, 1))
                break;
        if (k < n)
            used[k] = 1;
        else {
            lonely = have[i];
            strangers++;
        }
    }
    for (size_t k = 0; k < n; k++)
        if (!used[k])
            left = want[k];
    struct bare b;
    if (strangers != 1 || !left || left->kind != EXPR_SYM || !cr_maths_bare(lonely, &b))
        return NULL;
    const char *what = identity(a, &b), *for_what = name_of_ref(a, left);
    const struct number *number = &a->maths.number[b.num->ref - 1];
    if (!what)
        return NULL;
    return cr_audit_say(a, "%s is %s, used for %s", cr_audit_words(a, number->at, number->end),
                        what, for_what ? for_what : "another quantity");
}

const char *cr_topic_explain(struct audit *a, const struct claim *c)
{
    const char *why = NULL;
    if (!a->topic)
        return NULL;
    if (c->from) {
        why = by_formula(a, c);
        if (!why)
            why = by_tape(a, c);
    }
    return why ? why : cr_mutants_explain(a, c);
}
