/* Functions that the text itself defines: A(t) = t/10, f'(x) = f(x)(1 - f(x)). */
#include <string.h>

#include "audit/topic.h"
#include "expr/functions.h"

enum { MOST_NESTED = 8 }; /* definitions that use one another */

struct definition {
    struct audit *a;
    int parameter;
    const struct amount *argument;
};

static int read_parameter(void *ctx, const struct expr *sym, struct amount *out)
{
    const struct definition *d = ctx;
    if ((int)sym->ref != d->parameter)
        return 0;
    *out = *d->argument;
    return 1;
}

static int nested(void *ctx, const struct expr *call, const struct amount *args, struct amount *out)
{
    const struct definition *d = ctx;
    return cr_topic_function(d->a, call, args, out);
}

/* The chain that says what name(parameter) is, and its side; 0: none. */
const struct expr *cr_topic_definition(const struct audit *a, const char *name, int *parameter)
{
    for (size_t i = 0; i < a->maths.n_chains && i < MOST_CHAINS; i++) {
        const struct chain *c = &a->maths.chain[i];
        const struct expr *head = c->n >= 2 ? c->side[0].e : NULL;
        if (!head || head->kind != EXPR_CALL || head->func >= 0 || head->n != 1 ||
            strcmp(head->text, name) != 0 || head->arg[0]->kind != EXPR_SYM)
            continue;
        for (size_t k = 1; k < c->n; k++) {
            if (!c->side[k].e || c->side[k].e->kind == EXPR_SYM)
                continue;
            *parameter = (int)head->arg[0]->ref;
            return c->side[k].e;
        }
    }
    return NULL;
}

static const struct expr *as_t(void *ctx, const struct expr *sym)
{
    const struct definition *d = ctx;
    return (int)sym->ref == d->parameter ? cr_expr_sym(&d->a->arena, sym->ref, "t", NULL) : sym;
}

const char *cr_topic_formula(struct audit *a, const struct expr *definition, int parameter)
{
    struct definition d = {.a = a, .parameter = parameter};
    struct text t = {0};
    const struct expr *e = cr_expr_map(&a->arena, definition, as_t, &d);
    if (!e) {
        a->failed = 1;
        return NULL;
    }
    cr_expr_print(&t, e, EXPR_TEXT);
    const char *s = t.failed ? NULL : cr_arena_strdup(&a->arena, cr_text_str(&t));
    cr_text_free(&t);
    a->failed |= !s;
    return s;
}

static int is_built_in(const char *name)
{
    return strcmp(name, "σ'") == 0 || strcmp(name, "sigmoid'") == 0 || strcmp(name, "tanh'") == 0 ||
           strcmp(name, "relu'") == 0;
}

/* σ', tanh', relu' */
static int built_in(const char *name, const struct range *x, struct range *out)
{
    struct range y;
    if (strcmp(name, "relu'") == 0) {
        if (x->lo <= 0 && x->hi > 0)
            return 0;
        cr_range_point(out, x->lo > 0);
        return 1;
    }
    const int tanh = strcmp(name, "tanh'") == 0;
    if (!cr_range_function(tanh ? FUNCTION_TANH : FUNCTION_SIGMOID, x, &y))
        return 0;
    /* y (1 - y) and 1 - y^2, at both ends and at the top */
    const double lo = tanh ? 1 - y.lo * y.lo : y.lo * (1 - y.lo);
    const double hi = tanh ? 1 - y.hi * y.hi : y.hi * (1 - y.hi);
    const double top = tanh ? 1 : 0.25, middle = tanh ? 0 : 0.5;
    *out = (struct range){.lo = (lo < hi ? lo : hi) - 1e-15, .hi = (lo < hi ? hi : lo) + 1e-15};
    if (y.lo <= middle && y.hi >= middle)
        out->hi = top;
    return 1;
}

static int each(struct audit *a, const char *name, const struct amount *x, struct amount *out)
{
    *out =
        (struct amount){x->rows, x->cols, arena_new(&a->scratch, struct range, x->rows * x->cols)};
    for (size_t i = 0; out->at && i < x->rows * x->cols; i++)
        if (!built_in(name, &x->at[i], &out->at[i]))
            return 0;
    a->failed |= !out->at;
    return out->at != NULL;
}

int cr_topic_function(struct audit *a, const struct expr *call, const struct amount *args,
                      struct amount *out)
{
    int parameter;
    if (call->n != 1)
        return 0;
    if (is_built_in(call->text))
        return each(a, call->text, &args[0], out);
    const struct expr *e = cr_topic_definition(a, call->text, &parameter);
    if (!e || a->nesting >= MOST_NESTED)
        return 0;
    struct definition d = {a, parameter, &args[0]};
    const struct reading r = {.a = &a->scratch,
                              .symbol = read_parameter,
                              .function = nested,
                              .ctx = &d,
                              .failed = &a->failed};
    a->nesting++;
    const int known = cr_range_eval(&r, e, out);
    a->nesting--;
    return known;
}
