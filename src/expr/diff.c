#include <string.h>

#include "expr/expr.h"
#include "expr/functions.h"
#include "expr/parse.h"

/* A derivative that is nowhere different from 0 is `zero`, this very node. */
struct differ {
    struct arena *arena;
    uint64_t ref;
    const struct expr *zero;
};

static const struct expr *diff(const struct differ *d, const struct expr *e);

static const struct expr *times(const struct differ *d, const struct expr *x, const struct expr *y)
{
    return cr_expr_binary(d->arena, EXPR_MUL, x, y);
}

static const struct expr *diff_sum(const struct differ *d, const struct expr *e)
{
    const struct expr **terms = arena_new(d->arena, const struct expr *, e->n);
    size_t n = 0;
    if (!terms)
        return NULL;
    for (unsigned i = 0; i < e->n; i++) {
        const struct expr *t = diff(d, e->arg[i]);
        if (t != d->zero)
            terms[n++] = t;
    }
    return n ? cr_expr_add(d->arena, terms, n) : d->zero;
}

static const struct expr *diff_product(const struct differ *d, const struct expr *e)
{
    const struct expr **terms = arena_new(d->arena, const struct expr *, e->n);
    const struct expr **factors = arena_new(d->arena, const struct expr *, e->n);
    size_t n = 0;
    if (!terms || !factors)
        return NULL;
    memcpy(factors, e->arg, e->n * sizeof *factors);
    for (unsigned i = 0; i < e->n; i++) {
        factors[i] = diff(d, e->arg[i]);
        if (factors[i] != d->zero)
            terms[n++] = cr_expr_mul(d->arena, factors, e->n);
        factors[i] = e->arg[i];
    }
    return n ? cr_expr_add(d->arena, terms, n) : d->zero;
}

static const struct expr *diff_quotient(const struct differ *d, const struct expr *e)
{
    struct arena *a = d->arena;
    const struct expr *u = e->arg[0], *v = e->arg[1];
    const struct expr *du = diff(d, u), *dv = diff(d, v);
    if (dv == d->zero)
        return du == d->zero ? du : cr_expr_binary(a, EXPR_DIV, du, v);
    const struct expr *square = cr_expr_binary(a, EXPR_POW, v, cr_expr_num(a, 2));
    const struct expr *top = du == d->zero ? cr_expr_unary(a, EXPR_NEG, times(d, u, dv))
                                           : cr_expr_sub(a, times(d, du, v), times(d, u, dv));
    return cr_expr_binary(a, EXPR_DIV, top, square);
}

static const struct expr *diff_power(const struct differ *d, const struct expr *e)
{
    struct arena *a = d->arena;
    const struct expr *u = e->arg[0], *v = e->arg[1];
    const struct expr *du = diff(d, u), *dv = diff(d, v);
    if (dv == d->zero) {
        if (du == d->zero)
            return du;
        const struct expr *less = cr_expr_sub(a, v, cr_expr_num(a, 1));
        const struct expr *f[] = {v, cr_expr_binary(a, EXPR_POW, u, less), du};
        return cr_expr_mul(a, f, 3);
    }
    const struct expr *log_u = cr_expr_call(a, "log", &u, 1);
    if (du == d->zero) {
        const struct expr *f[] = {dv, e, log_u};
        return cr_expr_mul(a, f, 3);
    }
    const struct expr *rate = cr_expr_binary(a, EXPR_DIV, times(d, v, du), u);
    return times(d, e, cr_expr_binary(a, EXPR_ADD, times(d, dv, log_u), rate));
}

struct operands {
    const struct expr *of[2 * FUNCTION_OPERANDS];
};

static const struct expr *operand(void *ctx, const struct expr *sym)
{
    const struct operands *o = ctx;
    return o->of[sym->ref];
}

static const struct expr *rule(const struct differ *d, const char *formula, struct operands *o)
{
    return cr_expr_map(d->arena, cr_expr_parse_rule(d->arena, formula), operand, o);
}

static const struct expr *diff_named(const struct differ *d, const struct expr *e)
{
    const struct expr *du = e->n ? diff(d, e->arg[0]) : d->zero;
    if (du == d->zero || e->n != 1)
        return d->zero;
    const char *text = cr_arena_printf(d->arena, "%s'", e->text ? e->text : "?");
    const char *latex = e->latex ? cr_arena_printf(d->arena, "%s'", e->latex) : NULL;
    if (!text || (e->latex && !latex))
        return NULL;
    return times(d, du, cr_expr_named_call(d->arena, text, latex, e->arg, 1));
}

static const struct expr *diff_call(const struct differ *d, const struct expr *e)
{
    struct operands o = {0};
    const struct expr *terms[FUNCTION_OPERANDS];
    size_t varying = 0, n = 0;
    int whole = 0;
    if (e->func < 0)
        return diff_named(d, e);
    const struct expr_function *f = cr_expr_function(e->func);
    for (unsigned i = 0; i < e->n; i++) {
        o.of[i] = e->arg[i];
        o.of[FUNCTION_OPERANDS + i] = diff(d, e->arg[i]);
        if (o.of[FUNCTION_OPERANDS + i] == d->zero)
            continue;
        varying++;
        whole |= !f->partial[i];
    }
    if (!varying)
        return d->zero;
    if (f->joint && (whole || varying > 1))
        return rule(d, f->joint, &o);
    for (unsigned i = 0; i < e->n; i++) {
        const struct expr *du = o.of[FUNCTION_OPERANDS + i];
        if (du != d->zero && f->partial[i])
            terms[n++] = times(d, du, rule(d, f->partial[i], &o));
    }
    return n ? cr_expr_add(d->arena, terms, n) : d->zero;
}

static const struct expr *diff(const struct differ *d, const struct expr *e)
{
    const struct expr *x;
    if (!e)
        return NULL;
    switch (e->kind) {
    case EXPR_SYM: return e->ref == d->ref ? cr_expr_num(d->arena, 1) : d->zero;
    case EXPR_ADD: return diff_sum(d, e);
    case EXPR_MUL:
    case EXPR_HADAMARD: return diff_product(d, e);
    case EXPR_DIV: return diff_quotient(d, e);
    case EXPR_NEG:
        x = diff(d, e->arg[0]);
        return x == d->zero ? x : cr_expr_unary(d->arena, EXPR_NEG, x);
    case EXPR_POW: return diff_power(d, e);
    case EXPR_CALL: return diff_call(d, e);
    case EXPR_NUM:
    case EXPR_TRANSPOSE:
    case EXPR_MATRIX: break;
    }
    return d->zero;
}

const struct expr *cr_expr_diff(struct arena *a, const struct expr *e, uint64_t ref)
{
    const struct differ d = {a, ref, cr_expr_num(a, 0)};
    return d.zero ? cr_expr_simplify(a, diff(&d, e)) : NULL;
}
