/* What a text gives: in equations, in tables, and where symbols and numbers of a sum stand in the same order. */
#include "audit/guess_parts.h"

int cr_implied_value(const struct implied *im, int name, double *out)
{
    for (size_t i = 0; i < im->n; i++)
        if (im->name[i] == name) {
            *out = im->value[i];
            return 1;
        }
    return 0;
}

void cr_imply(struct implied *im, const struct expr *symbol, const struct expr *number)
{
    double v, old;
    if (symbol && number && cr_guess_number(number, &v) && im->n < MOST_GIVENS &&
        !cr_implied_value(im, (int)symbol->ref, &old)) {
        im->name[im->n] = (int)symbol->ref;
        im->value[im->n++] = v;
    }
}

int cr_guess_subject(const struct audit *a, const struct chain *c)
{
    const struct expr *e = c->n ? c->side[0].e : NULL;
    if (e && e->kind == EXPR_SYM && a->maths.name[e->ref].kind == NAME_WORD && c->n > 1 &&
        c->side[1].e && c->side[1].e->kind == EXPR_SYM)
        e = c->side[1].e;
    return e && e->kind == EXPR_SYM ? (int)e->ref : -1;
}

/* The first sum of symbols that a name is said to be, among the chains before `last`. */
static int symbols_of(const struct audit *a, int subject, size_t last, struct linear *out)
{
    for (size_t i = 0; i <= last; i++) {
        const struct chain *c = &a->maths.chain[i];
        if (cr_guess_subject(a, c) != subject)
            continue;
        for (size_t k = 1; k < c->n; k++)
            if (c->side[k].e && cr_guess_linear(c->side[k].e, 1, out))
                return 1;
    }
    return 0;
}

/* b_1 = b_2 = 0.1: all of them are. */
static int imply_all(struct audit *a, struct implied *im, const struct chain *c)
{
    double v;
    const struct expr *last = c->n > 2 ? c->side[c->n - 1].e : NULL;
    if (!last || !cr_guess_number(last, &v))
        return 0;
    for (size_t k = 0; k + 1 < c->n; k++)
        if (!c->side[k].e || c->side[k].e->kind != EXPR_SYM ||
            name_of(a, (int)c->side[k].e->ref)->kind != NAME_PLAIN ||
            name_of(a, (int)c->side[k].e->ref)->age == AGE_NEW)
            return 0;
    for (size_t k = 0; k + 1 < c->n; k++)
        cr_imply(im, c->side[k].e, last);
    return 1;
}

void cr_implied_read(struct audit *a, struct implied *im)
{
    /* cells of tables stand in no chain */
    for (size_t i = 0; i < a->n_claims; i++) {
        const struct claim *c = &a->claim[i];
        if (c->chain >= a->maths.n_chains && !c->from && !c->formula && c->name >= 0 &&
            a->maths.name[c->name].kind == NAME_PLAIN && a->maths.name[c->name].age == AGE_UNSAID)
            cr_imply(im, cr_maths_symbol(&a->maths, c->name), c->e);
    }
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        const int subject = cr_guess_subject(a, c);
        struct linear symbols, numbers;
        double v;
        if (subject < 0)
            continue;
        if (c->n == 2 && c->side[1].e && cr_guess_number(c->side[1].e, &v)) {
            cr_imply(im, c->side[0].e, c->side[1].e);
            continue;
        }
        if (cr_guess_is_backward(a, subject) || imply_all(a, im, c) ||
            !symbols_of(a, subject, i, &symbols))
            continue;
        for (size_t k = 1; k < c->n; k++) {
            if (!c->side[k].e || !cr_guess_linear(c->side[k].e, 0, &numbers))
                continue;
            cr_guess_split_bias(&numbers, &symbols);
            if (numbers.n != symbols.n || (numbers.bias == NULL) != (symbols.bias == NULL))
                continue;
            for (size_t t = 0; t < numbers.n; t++) {
                cr_imply(im, symbols.x[t], numbers.x[t]);
                cr_imply(im, symbols.y[t], numbers.y[t]);
            }
            cr_imply(im, symbols.bias, numbers.bias);
            break;
        }
    }
}

/* The printed value of a name in its first chain of several sides. */
int cr_guess_has_value(const struct audit *a, int name, double v)
{
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        double x;
        if (cr_guess_subject(a, c) != name)
            continue;
        for (size_t k = 1; k < c->n; k++)
            if (c->side[k].e && cr_guess_number(c->side[k].e, &x) && x == v)
                return 1;
    }
    return 0;
}

/* The last number that a name's chain gives, and to how many places; 0: none. */
int cr_guess_printed(const struct audit *a, int name, double *out, int *places)
{
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        struct bare b;
        if (cr_guess_subject(a, c) != name || c->n < 2 || !c->side[c->n - 1].e ||
            !cr_maths_bare(c->side[c->n - 1].e, &b) || b.percent || b.power)
            continue;
        *out = b.sign * b.num->value;
        *places = a->maths.number[b.num->ref - 1].places;
        return 1;
    }
    return 0;
}
