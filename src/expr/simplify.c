#include <string.h>

#include "expr/exact.h"
#include "expr/expr.h"
#include "expr/functions.h"

/* JOIN_MAX: like terms and factors are looked for among so many, so that the time stays
 * bounded for any formula. */
enum { POWER_MAX = 64, PLACES_MAX = 12, JOIN_MAX = 48 };

struct simplifier {
    struct arena *arena; /* what is returned */
    struct arena scratch;
    int failed; /* memory is out */
};

/* top/bottom: kept apart, so that 1.702/3 need not become a long decimal. */
struct coefficient {
    struct rational top, bottom;
};

struct factor {
    const struct expr *base;
    int power;
};

struct product {
    struct coefficient c;
    struct factor *f;
    size_t n, cap;
};

static const struct expr *simplify(struct simplifier *s, const struct expr *e);
static const struct expr *simplify_sum(struct simplifier *s, const struct expr *e);

static void start(struct product *p)
{
    *p = (struct product){0};
    cr_rational_int(&p->c.top, 1);
    cr_rational_int(&p->c.bottom, 1);
}

static void add_factor(struct simplifier *s, struct product *p, const struct expr *base, int power)
{
    for (size_t i = 0; i < p->n && i < JOIN_MAX; i++) {
        const int sum = p->f[i].power + power;
        if (cr_expr_equal(p->f[i].base, base) && sum <= POWER_MAX && sum >= -POWER_MAX) {
            p->f[i].power = sum;
            return;
        }
    }
    if (p->n == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 4;
        struct factor *grown = arena_new(&s->scratch, struct factor, cap);
        if (!grown) {
            s->failed = 1;
            return;
        }
        if (p->n)
            memcpy(grown, p->f, p->n * sizeof *grown);
        p->f = grown;
        p->cap = cap;
    }
    p->f[p->n++] = (struct factor){base, power};
}

/* 1 when x^power was taken into the coefficient. */
static int take_number(struct product *p, const struct rational *x, int power)
{
    struct rational r;
    struct rational *into = power < 0 ? &p->c.bottom : &p->c.top;
    if (power < 0 && !x->sign)
        return 0;
    if (!cr_rational_pow(&r, x, power < 0 ? -power : power) || !cr_rational_mul(&r, into, &r))
        return 0;
    *into = r;
    return 1;
}

static int small_integer(const struct expr *e, int *out)
{
    struct rational r;
    if (e->kind == EXPR_NEG && small_integer(e->arg[0], out)) {
        *out = -*out;
        return 1;
    }
    if (e->kind != EXPR_NUM || !(e->value <= POWER_MAX && e->value >= -POWER_MAX) ||
        e->value != (int)e->value || !cr_exact_number(e, &r))
        return 0;
    *out = (int)e->value;
    return 1;
}

/* Multiply p by e^power, e simplified. */
static void gather(struct simplifier *s, struct product *p, const struct expr *e, int power)
{
    struct rational r;
    int n;
    if (e->kind == EXPR_NUM && cr_exact_number(e, &r) && take_number(p, &r, power))
        return;
    if (e->kind == EXPR_NEG) {
        p->c.top.sign *= power % 2 ? -1 : 1;
        gather(s, p, e->arg[0], power);
    } else if (e->kind == EXPR_MUL) {
        for (unsigned i = 0; i < e->n; i++)
            gather(s, p, e->arg[i], power);
    } else if (e->kind == EXPR_DIV) {
        gather(s, p, e->arg[0], power);
        gather(s, p, e->arg[1], -power);
    } else if (e->kind == EXPR_POW && small_integer(e->arg[1], &n) && n * power <= POWER_MAX &&
               n * power >= -POWER_MAX) {
        gather(s, p, e->arg[0], n * power);
    } else {
        add_factor(s, p, e, power);
    }
}

/* Replace sign(u), the factor i, and one factor u or |u| by their product |u| or u. */
static void join_sign(struct simplifier *s, struct product *p, size_t i)
{
    const struct expr *sign = p->f[i].base, *u = sign->arg[0];
    for (size_t k = 0; k < p->n; k++) {
        const struct expr *f = p->f[k].base;
        const int size = f->kind == EXPR_CALL && f->func == FUNCTION_ABS;
        if (p->f[k].power < 1 || !cr_expr_equal(size ? f->arg[0] : f, u))
            continue;
        const struct expr *joined = size ? u : cr_expr_call(s->arena, "abs", sign->arg, 1);
        s->failed |= !joined;
        p->f[k].power--;
        p->f[i].base = joined ? joined : sign;
        return;
    }
}

/* Besides, sqrt(c)^2 = c for a number c. */
static void join_factors(struct simplifier *s, struct product *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct expr *e = p->f[i].base;
        struct rational r;
        if (e->kind != EXPR_CALL || !p->f[i].power)
            continue;
        if (e->func == FUNCTION_SQRT && p->f[i].power % 2 == 0 && e->arg[0]->kind == EXPR_NUM &&
            cr_exact_number(e->arg[0], &r) && take_number(p, &r, p->f[i].power / 2))
            p->f[i].power = 0;
        if (e->func == FUNCTION_SIGN && p->f[i].power == 1)
            join_sign(s, p, i);
    }
}

/* Bring c to the form in which it is shown: a decimal, or a fraction of integers. */
static void settle(struct coefficient *c)
{
    struct rational v, one;
    cr_rational_int(&one, 1);
    if (!cr_rational_cmp(&c->bottom, &one) || !cr_rational_div(&v, &c->top, &c->bottom))
        return;
    const int places = cr_rational_places(&v);
    const int integers = !cr_rational_places(&c->top) && !cr_rational_places(&c->bottom);
    if (places == 0 || (!integers && places > 0 && places <= PLACES_MAX)) {
        c->top = v;
        c->bottom = one;
    } else if (integers) {
        cr_rational_split(&v, &c->top, &c->bottom);
    } else if (c->bottom.sign < 0) {
        c->top.sign = -c->top.sign;
        c->bottom.sign = 1;
    }
}

static int holds_symbol(const struct expr *e)
{
    if (e->kind == EXPR_SYM)
        return 1;
    for (unsigned i = 0; i < e->n; i++) {
        if (holds_symbol(e->arg[i]))
            return 1;
    }
    return 0;
}

/* Numbers lead, then plain symbols, then the rest in the order met. */
static int rank(const struct expr *e)
{
    return e->kind == EXPR_SYM ? 1 : holds_symbol(e) ? 2 : 0;
}

static void sort_factors(struct product *p)
{
    for (size_t i = 1; i < p->n; i++) {
        const struct factor f = p->f[i];
        size_t k = i;
        for (; k && rank(p->f[k - 1].base) > rank(f.base); k--)
            p->f[k] = p->f[k - 1];
        p->f[k] = f;
    }
}

static int is_one(const struct rational *r)
{
    return r->sign == 1 && r->n_num == 1 && r->num[0] == 1 && r->n_den == 1 && r->den[0] == 1;
}

/* The factors with powers of the sign of `side`, after the number c unless it is 1. */
static const struct expr *one_side(struct simplifier *s, const struct product *p, int side,
                                   const struct expr *c)
{
    struct arena *a = s->arena;
    const struct expr **f = arena_new(&s->scratch, const struct expr *, p->n + 1);
    size_t n = 0;
    if (!f)
        return NULL;
    if (c)
        f[n++] = c;
    for (size_t i = 0; i < p->n; i++) {
        const int power = p->f[i].power * side;
        if (power == 1)
            f[n++] = p->f[i].base;
        else if (power > 1)
            f[n++] = cr_expr_binary(a, EXPR_POW, p->f[i].base, cr_expr_num(a, power));
    }
    return cr_expr_mul(a, f, n);
}

/* |p| as a tree; *negative whether p's coefficient is below 0. */
static const struct expr *build(struct simplifier *s, struct product *p, int *negative)
{
    struct arena *a = s->arena;
    struct rational top;
    size_t above = 0, below = 0;
    join_factors(s, p);
    settle(&p->c);
    sort_factors(p);
    *negative = p->c.top.sign < 0;
    if (!p->c.top.sign)
        return cr_expr_num(a, 0);
    top = p->c.top;
    top.sign = 1;
    for (size_t i = 0; i < p->n; i++) {
        above += p->f[i].power > 0;
        below += p->f[i].power < 0;
    }
    const int one_above = is_one(&top), one_below = is_one(&p->c.bottom);
    const struct expr *c = one_above ? NULL : cr_exact_tree(a, &top);
    const struct expr *q = one_below ? NULL : cr_exact_tree(a, &p->c.bottom);
    if ((!one_above && !c) || (!one_below && !q))
        return NULL;
    if (one_above && q && q->value == 2 && above && !below)
        return one_side(s, p, 1, cr_expr_binary(a, EXPR_DIV, cr_expr_num(a, 1), q));
    const struct expr *over = one_side(s, p, 1, c);
    if (!q && !below)
        return over;
    return cr_expr_binary(a, EXPR_DIV, over, one_side(s, p, -1, q));
}

static const struct expr *with_sign(struct simplifier *s, const struct expr *e, int negative)
{
    if (!negative || !e)
        return e;
    if (e->kind == EXPR_NUM && !e->text)
        return cr_expr_num(s->arena, -e->value);
    return cr_expr_unary(s->arena, EXPR_NEG, e);
}

static const struct expr *simplify_product(struct simplifier *s, const struct expr *e)
{
    struct product p;
    int negative;
    start(&p);
    gather(s, &p, e, 1);
    const struct expr *out = s->failed ? NULL : build(s, &p, &negative);
    if (!out || !negative)
        return out;
    out = with_sign(s, out, 1);
    return out && out->kind == EXPR_NEG && out->arg[0]->kind == EXPR_ADD ? simplify_sum(s, out)
                                                                         : out;
}

struct terms {
    struct product *p;
    size_t n, cap;
};

static int same_factors(const struct product *a, const struct product *b)
{
    size_t n = 0, m = 0;
    if (a->n > JOIN_MAX || b->n > JOIN_MAX)
        return 0;
    for (size_t i = 0; i < b->n; i++)
        m += b->f[i].power != 0;
    for (size_t i = 0; i < a->n; i++) {
        if (!a->f[i].power)
            continue;
        n++;
        size_t k = 0;
        while (k < b->n &&
               !(b->f[k].power == a->f[i].power && cr_expr_equal(a->f[i].base, b->f[k].base)))
            k++;
        if (k == b->n)
            return 0;
    }
    return n == m;
}

static int add_coefficients(struct coefficient *out, const struct coefficient *b)
{
    struct coefficient a = *out;
    struct rational left, right;
    if (!cr_rational_cmp(&a.bottom, &b->bottom)) {
        if (!cr_rational_add(&a.top, &a.top, &b->top))
            return 0;
    } else if (!cr_rational_mul(&left, &a.top, &b->bottom) ||
               !cr_rational_mul(&right, &b->top, &a.bottom) ||
               !cr_rational_add(&a.top, &left, &right) ||
               !cr_rational_mul(&a.bottom, &a.bottom, &b->bottom)) {
        return 0;
    }
    *out = a;
    return 1;
}

static void add_term(struct simplifier *s, struct terms *t, const struct expr *e, int sign)
{
    if (e->kind == EXPR_ADD) {
        for (unsigned i = 0; i < e->n; i++)
            add_term(s, t, e->arg[i], sign);
        return;
    }
    if (e->kind == EXPR_NEG) {
        add_term(s, t, e->arg[0], -sign);
        return;
    }
    struct product p;
    start(&p);
    gather(s, &p, e, 1);
    join_factors(s, &p);
    p.c.top.sign *= sign;
    for (size_t i = 0; i < t->n && i < JOIN_MAX; i++) {
        if (same_factors(&t->p[i], &p) && add_coefficients(&t->p[i].c, &p.c))
            return;
    }
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 4;
        struct product *grown = arena_new(&s->scratch, struct product, cap);
        if (!grown) {
            s->failed = 1;
            return;
        }
        if (t->n)
            memcpy(grown, t->p, t->n * sizeof *grown);
        t->p = grown;
        t->cap = cap;
    }
    t->p[t->n++] = p;
}

/* A sum begins with a term that is not negative, if it has one. */
static void put_positive_first(struct terms *t)
{
    size_t i = 0;
    while (i < t->n && t->p[i].c.top.sign * t->p[i].c.bottom.sign <= 0)
        i++;
    if (i == 0 || i == t->n)
        return;
    const struct product first = t->p[i];
    memmove(t->p + 1, t->p, i * sizeof *t->p);
    t->p[0] = first;
}

static const struct expr *simplify_sum(struct simplifier *s, const struct expr *e)
{
    struct terms t = {0};
    add_term(s, &t, e, 1);
    put_positive_first(&t);
    const struct expr **out = arena_new(&s->scratch, const struct expr *, t.n);
    size_t n = 0;
    if (!out || s->failed)
        return NULL;
    for (size_t i = 0; i < t.n; i++) {
        int negative;
        if (!t.p[i].c.top.sign)
            continue;
        const struct expr *term = build(s, &t.p[i], &negative);
        out[n++] = negative ? cr_expr_unary(s->arena, EXPR_NEG, term) : term;
    }
    if (n == 1 && out[0] && out[0]->kind == EXPR_NEG)
        return with_sign(s, out[0]->arg[0], 1);
    return cr_expr_add(s->arena, out, n);
}

static const struct expr *simplify_call(struct simplifier *s, const struct expr *e)
{
    struct rational r;
    if (cr_expr_exact(e, NULL, NULL, &r)) {
        const struct expr *value = cr_exact_tree(s->arena, &r);
        return value && value->kind == EXPR_NEG ? with_sign(s, value->arg[0], 1) : value;
    }
    if ((e->func == FUNCTION_MAX || e->func == FUNCTION_MIN) && cr_expr_equal(e->arg[0], e->arg[1]))
        return e->arg[0];
    if (e->func == FUNCTION_IF && cr_expr_equal(e->arg[1], e->arg[2]))
        return e->arg[1];
    if (e->func == FUNCTION_IF && cr_expr_exact(e->arg[0], NULL, NULL, &r))
        return e->arg[r.sign ? 1 : 2];
    if (e->func == FUNCTION_ABS && e->arg[0]->kind == EXPR_NEG)
        return cr_expr_call(s->arena, "abs", e->arg[0]->arg, 1);
    return e;
}

static const struct expr *simplify_power(struct simplifier *s, const struct expr *e)
{
    int n;
    if (small_integer(e->arg[1], &n))
        return simplify_product(s, e);
    return e->arg[0]->kind == EXPR_NUM && e->arg[0]->value == 1 ? e->arg[0] : e;
}

static const struct expr *simplify(struct simplifier *s, const struct expr *e)
{
    if (!e->n)
        return e;
    const struct expr **args = arena_new(s->arena, const struct expr *, e->n);
    struct expr *copy = cr_arena_copy(s->arena, e, 1, sizeof *e);
    if (!args || !copy)
        return NULL;
    for (unsigned i = 0; i < e->n; i++) {
        args[i] = simplify(s, e->arg[i]);
        if (!args[i])
            return NULL;
    }
    copy->arg = args;
    switch (e->kind) {
    case EXPR_ADD: return simplify_sum(s, copy);
    case EXPR_NEG:
    case EXPR_MUL:
    case EXPR_DIV: return simplify_product(s, copy);
    case EXPR_POW: return simplify_power(s, copy);
    case EXPR_CALL: return simplify_call(s, copy);
    default: return copy;
    }
}

const struct expr *cr_expr_simplify(struct arena *a, const struct expr *e)
{
    struct simplifier s = {.arena = a};
    const struct expr *out = e ? simplify(&s, e) : NULL;
    cr_arena_free(&s.scratch);
    return s.failed ? NULL : out;
}
