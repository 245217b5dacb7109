/* From chains to claims: which number is said to be the value of what. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

enum { MOST_ALIGNED = 64 };

static int has_numbers(const struct expr *e)
{
    if (e->kind == EXPR_NUM)
        return e->ref != 0;
    for (unsigned i = 0; i < e->n; i++)
        if (has_numbers(e->arg[i]))
            return 1;
    return 0;
}

static int is_bare(const struct expr *e)
{
    struct bare b;
    return cr_maths_bare(e, &b);
}

static struct claim *new_claim(struct audit *a, size_t chain, size_t side, const struct expr *e)
{
    struct claim c = {.chain = chain, .side = side, .e = e, .name = -1, .verdict = VERDICT_UNBOUND};
    if (!cr_maths_bare(e, &c.bare) || !cr_range_printed(&a->maths, &c.bare, &c.printed))
        return NULL;
    if (a->n_claims == MOST_CLAIMS) {
        const struct number *first = &a->maths.number[c.bare.num->ref - 1];
        const struct finding f = {.at = first->at,
                                  .end = first->end,
                                  .verdict = VERDICT_BROKEN,
                                  .printed = "",
                                  .message = "more than 65536 claims: what follows is not checked"};
        if (!a->too_many)
            cr_audit_find(a, &f);
        a->too_many = 1;
        return NULL;
    }
    void *p = cr_audit_grow(a->claim, a->n_claims, &a->cap_claims, sizeof *a->claim, &a->failed);
    if (!p)
        return NULL;
    a->claim = p;
    c.whole = chain < a->maths.n_chains ? a->maths.chain[chain].side[side].e : e;
    a->claim[a->n_claims] = c;
    return &a->claim[a->n_claims++];
}

/* Parts of one side that a side of the same shape gives as numbers:
 * 0.5·0.2 + 0.7·0.2 = 0.1 + 0.14. */
struct pairs {
    const struct expr *from[MOST_ALIGNED], *to[MOST_ALIGNED];
    size_t n;
};

static void align(const struct expr *x, const struct expr *y, struct pairs *out)
{
    if (out->n == MOST_ALIGNED)
        return;
    if (is_bare(y)) {
        if (!is_bare(x)) {
            out->from[out->n] = x;
            out->to[out->n++] = y;
        }
        return;
    }
    /* the sign of a term may have moved into it */
    if (x->kind == EXPR_NEG && y->kind == EXPR_NEG) {
        align(x->arg[0], y->arg[0], out);
        return;
    }
    if (x->kind != y->kind || x->n != y->n || x->func != y->func ||
        (x->kind == EXPR_MATRIX && x->rows != y->rows))
        return;
    for (unsigned i = 0; i < x->n; i++)
        align(x->arg[i], y->arg[i], out);
}

static void claim_part(struct audit *a, size_t chain, size_t side, const struct expr *from,
                       const struct expr *to, int name, const struct expr *formula, int aligned)
{
    struct claim *c = new_claim(a, chain, side, to);
    if (!c)
        return;
    c->from = from;
    c->aligned = aligned;
    c->name = name;
    c->formula = formula;
}

/* Each entry of a matrix of numbers is the value of that entry of what the chain is about. */
static void claim_entries(struct audit *a, size_t chain, size_t k, const struct expr *before,
                          const struct expr *formula, int name)
{
    const struct expr *e = a->maths.chain[chain].side[k].e;
    const int beside =
        before && before->kind == EXPR_MATRIX && before->n == e->n && before->rows == e->rows;
    for (unsigned i = 0; i < e->n && !a->failed; i++) {
        if (!is_bare(e->arg[i]))
            continue;
        const int entry = cr_maths_entry(&a->maths, name, e->rows, e->n / e->rows, i);
        const struct expr *from = beside ? before->arg[i] : before;
        /* what is said of the whole in symbols is not said of one entry */
        const struct expr *said = e->n == 1 ? formula : NULL;
        if (e->n > 1 && formula && formula->kind == EXPR_SYM)
            said = cr_maths_symbol(&a->maths, cr_maths_entry(&a->maths, (int)formula->ref, e->rows,
                                                             e->n / e->rows, i));
        if (!(beside && is_bare(from)))
            claim_part(a, chain, k, from, e->arg[i], entry, said, beside);
        a->failed |= a->maths.failed;
    }
}

static void claim_side(struct audit *a, size_t chain, size_t k, const struct expr *before,
                       const struct expr *formula, int name)
{
    const struct expr *e = a->maths.chain[chain].side[k].e;
    if (is_bare(e)) {
        claim_part(a, chain, k, before, e, name, formula, 0);
        return;
    }
    struct pairs pairs = {.n = 0};
    if (e->kind == EXPR_MATRIX) {
        claim_entries(a, chain, k, before, formula, name);
        return;
    }
    if (before)
        align(before, e, &pairs);
    for (size_t i = 0; i < pairs.n; i++)
        claim_part(a, chain, k, pairs.from[i], pairs.to[i], -1, NULL, 1);
}

static void claim_chain(struct audit *a, size_t at)
{
    const struct expr *before = NULL, *formula = NULL;
    int name = -1;
    const size_t n = a->maths.chain[at].n;
    for (size_t k = 0; k < n; k++) {
        const struct side *s = &a->maths.chain[at].side[k];
        if (!s->e) {
            a->n_opaque++;
            before = NULL;
            continue;
        }
        if (s->e->kind == EXPR_SYM) {
            if (name < 0 || a->maths.name[name].kind == NAME_WORD)
                name = (int)s->e->ref;
            else if (!formula)
                formula = s->e;
        } else if (s->e->kind == EXPR_CALL && s->e->func < 0 && cr_maths_has_symbols(s->e) &&
                   name < 0 && k == 0) {
            formula = s->e;
        } else if (cr_maths_has_symbols(s->e)) {
            formula = s->e;
        } else if (has_numbers(s->e)) {
            if (k > 0)
                claim_side(a, at, k, before, formula, name);
            /* "0.93 = +2" compares nothing */
            before = k == 0 && is_bare(s->e) ? NULL : s->e;
        }
    }
}

void cr_audit_claim_cell(struct audit *a, size_t block, const struct expr *number,
                         const struct expr *from, int name, const struct expr *formula)
{
    struct claim *c = new_claim(a, a->maths.n_chains + block, 0, number);
    if (!c)
        return;
    c->from = from;
    c->name = name;
    c->formula = formula;
}

/* Chains and tables in the order of the text. */
void cr_audit_claims(struct audit *a)
{
    size_t chain = 0;
    for (size_t i = 0; i < a->blocks.n && !a->failed;) {
        const struct block *b = &a->blocks.block[i];
        if (b->kind == BLOCK_CELL && (i == 0 || a->blocks.block[i - 1].kind != BLOCK_CELL ||
                                      a->blocks.block[i - 1].table != b->table)) {
            const size_t next = cr_audit_claim_table(a, i);
            for (; chain < a->maths.n_chains && a->maths.chain[chain].block < next; chain++)
                claim_chain(a, chain);
            i = next;
            continue;
        }
        for (; chain < a->maths.n_chains && a->maths.chain[chain].block <= i; chain++)
            claim_chain(a, chain);
        i++;
    }
}

void *cr_audit_grow(void *list, size_t n, size_t *cap, size_t size, int *failed)
{
    if (n < *cap)
        return list;
    const size_t more = *cap ? 2 * *cap : 32;
    void *p = realloc(list, more * size);
    if (!p) {
        *failed = 1;
        return NULL;
    }
    *cap = more;
    return p;
}
