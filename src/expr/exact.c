#include "expr/exact.h"

#include <math.h>
#include <string.h>

#include "expr/functions.h"
#include "expr/parse.h"

enum { POWER_MAX = 4096, PLACES_MAX = 40 };

struct evaluation {
    expr_exact *exact;
    void *ctx;
    const struct rational *operand; /* inside an expansion: x, y, z */
};

static int evaluate(const struct evaluation *v, const struct expr *e, struct rational *out);

int cr_exact_number(const struct expr *num, struct rational *out)
{
    char buf[32];
    const char *s = num->text ? num->text : cr_shortest_f64(num->value, buf);
    const char *slash = strchr(s, '/');
    struct rational top, bottom;
    if (!slash)
        return cr_rational_decimal(out, s, strlen(s));
    return cr_rational_decimal(&top, s, (size_t)(slash - s)) &&
           cr_rational_decimal(&bottom, slash + 1, strlen(slash + 1)) &&
           cr_rational_div(out, &top, &bottom);
}

/* A NUM that shows r >= 0 whose decimal ends. */
static const struct expr *decimal(struct arena *a, const struct rational *r, int places)
{
    char buf[32], digits[RATIONAL_BITS];
    struct rational shortest;
    const double value = cr_rational_to_f64(r);
    cr_shortest_f64(value, buf);
    if (cr_rational_decimal(&shortest, buf, strlen(buf)) && !cr_rational_cmp(&shortest, r))
        return cr_expr_num(a, value);
    if (!cr_rational_round(r, places, digits, sizeof digits, NULL))
        return cr_expr_num(a, value);
    return cr_expr_shown(a, value, digits);
}

const struct expr *cr_exact_tree(struct arena *a, const struct rational *r)
{
    struct rational size = *r, top, bottom;
    const int places = cr_rational_places(r);
    const struct expr *e;
    size.sign = r->sign * r->sign;
    if (places >= 0 && places <= PLACES_MAX) {
        e = decimal(a, &size, places);
    } else {
        cr_rational_split(&size, &top, &bottom);
        e = cr_expr_binary(a, EXPR_DIV, decimal(a, &top, 0), decimal(a, &bottom, 0));
    }
    return r->sign < 0 ? cr_expr_unary(a, EXPR_NEG, e) : e;
}

static int evaluate_all(const struct evaluation *v, const struct expr *e, struct rational *out,
                        int (*join)(struct rational *, const struct rational *,
                                    const struct rational *))
{
    struct rational total, next;
    if (!e->n || !evaluate(v, e->arg[0], &total))
        return 0;
    for (unsigned i = 1; i < e->n; i++) {
        if (!evaluate(v, e->arg[i], &next) || !join(&total, &total, &next))
            return 0;
    }
    *out = total;
    return 1;
}

static int integer(const struct rational *r, int *out)
{
    const double v = cr_rational_to_f64(r);
    if (cr_rational_places(r) != 0 || fabs(v) > POWER_MAX)
        return 0;
    *out = (int)v;
    return 1;
}

static int evaluate_power(const struct evaluation *v, const struct expr *e, struct rational *out)
{
    struct rational x, n, two;
    int power;
    if (!evaluate(v, e->arg[0], &x) || !evaluate(v, e->arg[1], &n))
        return 0;
    if (integer(&n, &power))
        return cr_rational_pow(out, &x, power);
    cr_rational_int(&two, 2);
    if (!cr_rational_mul(&n, &n, &two) || !integer(&n, &power))
        return 0;
    return cr_rational_sqrt(&x, &x) && cr_rational_pow(out, &x, power);
}

static int primitive(enum prim prim, const struct rational *x, struct rational *out)
{
    const int order = prim == PRIM_MIN || prim == PRIM_MAX || prim == PRIM_LT || prim == PRIM_LE
                          ? cr_rational_cmp(&x[0], &x[1])
                          : 0;
    switch (prim) {
    case PRIM_ABS:
        *out = x[0];
        out->sign = x[0].sign * x[0].sign;
        return 1;
    case PRIM_SQRT: return cr_rational_sqrt(out, &x[0]);
    case PRIM_SIGN: cr_rational_int(out, x[0].sign); return 1;
    case PRIM_STEP: cr_rational_int(out, x[0].sign > 0); return 1;
    case PRIM_MAX: *out = order > 0 ? x[0] : x[1]; return 1;
    case PRIM_MIN: *out = order < 0 ? x[0] : x[1]; return 1;
    case PRIM_LT: cr_rational_int(out, order < 0); return 1;
    case PRIM_LE: cr_rational_int(out, order <= 0); return 1;
    default: return 0;
    }
}

/* The rational point of a transcendental function. */
static int at_point(const struct expr_function *f, const struct rational *x, struct rational *out)
{
    const struct expr value = {.kind = EXPR_NUM, .text = f->exact_value};
    struct rational at;
    return cr_rational_decimal(&at, f->exact_at, strlen(f->exact_at)) && !cr_rational_cmp(&at, x) &&
           cr_exact_number(&value, out);
}

static int expansion(const char *formula, const struct rational *x, struct rational *out)
{
    struct arena a = {0};
    const struct evaluation v = {.operand = x};
    const struct expr *e = cr_expr_parse_rule(&a, formula);
    const int done = e && evaluate(&v, e, out);
    cr_arena_free(&a);
    return done;
}

static int evaluate_call(const struct evaluation *v, const struct expr *e, struct rational *out)
{
    struct rational x[FUNCTION_OPERANDS] = {0};
    if (e->func < 0)
        return 0;
    const struct expr_function *f = cr_expr_function(e->func);
    if (e->func == FUNCTION_IF)
        return evaluate(v, e->arg[0], x) && evaluate(v, e->arg[x[0].sign ? 1 : 2], out);
    for (unsigned i = 0; i < e->n; i++) {
        if (!evaluate(v, e->arg[i], &x[i]))
            return 0;
    }
    if (f->exact_at)
        return at_point(f, x, out);
    return f->expansion ? expansion(f->expansion, x, out) : primitive((enum prim)f->prim, x, out);
}

static int evaluate(const struct evaluation *v, const struct expr *e, struct rational *out)
{
    struct rational x, y;
    switch (e->kind) {
    case EXPR_NUM: return cr_exact_number(e, out);
    case EXPR_SYM:
        if (v->operand) {
            *out = v->operand[e->ref];
            return 1;
        }
        return v->exact && v->exact(v->ctx, e->ref, out);
    case EXPR_ADD: return evaluate_all(v, e, out, cr_rational_add);
    case EXPR_MUL:
    case EXPR_HADAMARD: return evaluate_all(v, e, out, cr_rational_mul);
    case EXPR_DIV:
        return evaluate(v, e->arg[0], &x) && evaluate(v, e->arg[1], &y) &&
               cr_rational_div(out, &x, &y);
    case EXPR_NEG:
        if (!evaluate(v, e->arg[0], out))
            return 0;
        out->sign = -out->sign;
        return 1;
    case EXPR_POW: return evaluate_power(v, e, out);
    case EXPR_CALL: return evaluate_call(v, e, out);
    case EXPR_TRANSPOSE:
    case EXPR_MATRIX: break;
    }
    return 0;
}

int cr_expr_exact(const struct expr *e, expr_exact *exact, void *ctx, struct rational *out)
{
    const struct evaluation v = {.exact = exact, .ctx = ctx};
    struct rational result;
    if (!e || !evaluate(&v, e, &result))
        return 0;
    *out = result;
    return 1;
}
