#include <assert.h>
#include <string.h>

#include "expr/expr.h"

static struct expr *node(struct arena *a, enum expr_kind kind, const struct expr *const *args,
                         size_t n)
{
    if (n > UINT32_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!args[i])
            return NULL;
    }
    struct expr *e = arena_new(a, struct expr, 1);
    if (!e)
        return NULL;
    e->kind = kind;
    e->func = -1;
    e->n = (unsigned)n;
    e->arg = n ? cr_arena_copy(a, args, n, sizeof *args) : NULL;
    return n && !e->arg ? NULL : e;
}

/* Copies a string that may be NULL; 0 when memory is out. */
static int keep(struct arena *a, const char *s, const char **out)
{
    *out = s ? cr_arena_strdup(a, s) : NULL;
    return !s || *out;
}

const struct expr *cr_expr_shown(struct arena *a, double value, const char *text)
{
    struct expr *e = node(a, EXPR_NUM, NULL, 0);
    if (!e || !keep(a, text, &e->text))
        return NULL;
    e->value = value;
    return e;
}

const struct expr *cr_expr_num(struct arena *a, double value)
{
    return cr_expr_shown(a, value, NULL);
}

const struct expr *cr_expr_sym(struct arena *a, uint64_t ref, const char *text, const char *latex)
{
    struct expr *e = node(a, EXPR_SYM, NULL, 0);
    if (!e || !keep(a, text, &e->text) || !keep(a, latex, &e->latex))
        return NULL;
    e->ref = ref;
    return e;
}

const struct expr *cr_expr_add(struct arena *a, const struct expr *const *terms, size_t n)
{
    if (n == 0)
        return cr_expr_num(a, 0);
    return n == 1 ? terms[0] : node(a, EXPR_ADD, terms, n);
}

const struct expr *cr_expr_mul(struct arena *a, const struct expr *const *factors, size_t n)
{
    if (n == 0)
        return cr_expr_num(a, 1);
    return n == 1 ? factors[0] : node(a, EXPR_MUL, factors, n);
}

const struct expr *cr_expr_sub(struct arena *a, const struct expr *x, const struct expr *y)
{
    const struct expr *terms[] = {x, cr_expr_unary(a, EXPR_NEG, y)};
    return cr_expr_add(a, terms, 2);
}

const struct expr *cr_expr_binary(struct arena *a, enum expr_kind kind, const struct expr *x,
                                  const struct expr *y)
{
    assert(kind == EXPR_ADD || kind == EXPR_MUL || kind == EXPR_DIV || kind == EXPR_POW ||
           kind == EXPR_HADAMARD);
    const struct expr *args[] = {x, y};
    return node(a, kind, args, 2);
}

const struct expr *cr_expr_unary(struct arena *a, enum expr_kind kind, const struct expr *x)
{
    assert(kind == EXPR_NEG || kind == EXPR_TRANSPOSE);
    return node(a, kind, &x, 1);
}

const struct expr *cr_expr_call(struct arena *a, const char *function,
                                const struct expr *const *args, size_t n)
{
    const int func = cr_expr_function_find(function, strlen(function));
    assert(func >= 0 && cr_expr_function(func)->arity == (int)n);
    struct expr *e = node(a, EXPR_CALL, args, n);
    if (e) {
        e->func = func;
        e->text = cr_expr_function(func)->text;
        e->latex = cr_expr_function(func)->latex;
    }
    return e;
}

const struct expr *cr_expr_named_call(struct arena *a, const char *text, const char *latex,
                                      const struct expr *const *args, size_t n)
{
    struct expr *e = node(a, EXPR_CALL, args, n);
    if (!e || !keep(a, text, &e->text) || !keep(a, latex, &e->latex))
        return NULL;
    return e;
}

const struct expr *cr_expr_matrix(struct arena *a, size_t rows, size_t cols,
                                  const struct expr *const *entries)
{
    size_t n;
    if (rows > UINT32_MAX || !cr_mul_size(rows, cols, &n))
        return NULL;
    struct expr *e = node(a, EXPR_MATRIX, entries, n);
    if (e)
        e->rows = (unsigned)rows;
    return e;
}

const struct expr *cr_expr_map(struct arena *a, const struct expr *e, expr_leaf *leaf, void *ctx)
{
    if (!e)
        return NULL;
    if (e->kind == EXPR_SYM)
        return leaf(ctx, e);
    if (!e->n)
        return e;
    const struct expr **args = arena_new(a, const struct expr *, e->n);
    struct expr *copy = cr_arena_copy(a, e, 1, sizeof *e);
    if (!args || !copy)
        return NULL;
    for (unsigned i = 0; i < e->n; i++) {
        args[i] = cr_expr_map(a, e->arg[i], leaf, ctx);
        if (!args[i])
            return NULL;
    }
    copy->arg = args;
    return copy;
}

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

int cr_expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b)
        return 1;
    if (!a || !b || a->kind != b->kind || a->n != b->n || a->rows != b->rows)
        return 0;
    if (a->kind == EXPR_NUM)
        return a->value == b->value || (a->value != a->value && b->value != b->value);
    if (a->kind == EXPR_SYM)
        return a->ref == b->ref;
    if (a->kind == EXPR_CALL &&
        (a->func != b->func || (a->func < 0 && !same_text(a->text, b->text))))
        return 0;
    for (unsigned i = 0; i < a->n; i++) {
        if (!cr_expr_equal(a->arg[i], b->arg[i]))
            return 0;
    }
    return 1;
}
