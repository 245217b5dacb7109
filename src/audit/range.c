#include "audit/range.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/exact.h"
#include "expr/functions.h"

enum { MOST_ENTRIES = 4096 };

/* Round outwards by as many steps as the operation may be wrong. */
static void widen(struct range *x, int steps)
{
    for (int i = 0; i < steps; i++) {
        x->lo = nextafter(x->lo, -INFINITY);
        x->hi = nextafter(x->hi, INFINITY);
    }
}

void cr_range_point(struct range *out, double v)
{
    out->lo = out->hi = v;
    out->exact = cr_rational_f64(&out->r, v);
}

void cr_range_exact(struct range *out, const struct rational *r)
{
    const double v = cr_rational_to_f64(r);
    out->lo = out->hi = v;
    struct rational back;
    if (!cr_rational_f64(&back, v) || cr_rational_cmp(&back, r) != 0)
        widen(out, 1);
    out->exact = 1;
    out->r = *r;
}

int cr_range_between(struct range *out, const struct rational *lo, const struct rational *hi)
{
    struct range x, y;
    cr_range_exact(&x, lo);
    cr_range_exact(&y, hi);
    out->lo = x.lo;
    out->hi = y.hi;
    out->exact = 0;
    return isfinite(out->lo) && isfinite(out->hi);
}

typedef int rational_op(struct rational *, const struct rational *, const struct rational *);

static int is_good(const struct range *x)
{
    return isfinite(x->lo) && isfinite(x->hi) && x->lo <= x->hi;
}

/* By the exact operation where both are exact, else by the ends. */
static int combine(struct range *out, const struct range *x, const struct range *y,
                   rational_op *exact, char op)
{
    struct rational r;
    if (x->exact && y->exact && exact(&r, &x->r, &y->r)) {
        cr_range_exact(out, &r);
        return is_good(out);
    }
    double e[4];
    int n = 4;
    switch (op) {
    case '+': e[0] = x->lo + y->lo, e[1] = x->hi + y->hi, n = 2; break;
    case '-': e[0] = x->lo - y->hi, e[1] = x->hi - y->lo, n = 2; break;
    case '*':
        e[0] = x->lo * y->lo, e[1] = x->lo * y->hi, e[2] = x->hi * y->lo, e[3] = x->hi * y->hi;
        break;
    default:
        if (y->lo <= 0 && y->hi >= 0)
            return 0;
        e[0] = x->lo / y->lo, e[1] = x->lo / y->hi, e[2] = x->hi / y->lo, e[3] = x->hi / y->hi;
    }
    struct range z = {.lo = e[0], .hi = e[0]};
    for (int i = 1; i < n; i++) {
        z.lo = fmin(z.lo, e[i]);
        z.hi = fmax(z.hi, e[i]);
    }
    widen(&z, 1);
    *out = z;
    return is_good(out);
}

static void negate(struct range *x)
{
    const double lo = x->lo;
    x->lo = -x->hi;
    x->hi = -lo;
    x->r.sign = -x->r.sign;
}

static int raise(struct range *out, const struct range *x, const struct range *y)
{
    struct rational r;
    if (y->lo == y->hi && fabs(y->lo) <= 64 && y->lo == (int)y->lo) {
        const int e = (int)y->lo;
        if (x->exact && cr_rational_pow(&r, &x->r, e)) {
            cr_range_exact(out, &r);
            return is_good(out);
        }
        const int odd = e % 2 != 0;
        if (e < 0 && x->lo <= 0 && x->hi >= 0)
            return 0;
        double a = pow(x->lo, e), b = pow(x->hi, e);
        struct range z = {.lo = fmin(a, b), .hi = fmax(a, b)};
        if (!odd && e > 0 && x->lo < 0 && x->hi > 0)
            z.lo = 0;
        widen(&z, 2);
        *out = z;
        return is_good(out);
    }
    if (x->lo <= 0)
        return 0;
    const double e[4] = {pow(x->lo, y->lo), pow(x->lo, y->hi), pow(x->hi, y->lo),
                         pow(x->hi, y->hi)};
    struct range z = {.lo = e[0], .hi = e[0]};
    for (int i = 1; i < 4; i++) {
        z.lo = fmin(z.lo, e[i]);
        z.hi = fmax(z.hi, e[i]);
    }
    widen(&z, 4);
    *out = z;
    return is_good(out);
}

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double relu(double x)
{
    return fmax(x, 0);
}

/* Functions that never fall. */
static const struct {
    enum function row;
    double (*f)(double);
    double from; /* defined above it */
} rising[] = {
    {FUNCTION_EXP, exp, -INFINITY},
    {FUNCTION_EXPM1, expm1, -INFINITY},
    {FUNCTION_LOG, log, 0},
    {FUNCTION_LOG1P, log1p, -1},
    {FUNCTION_SQRT, sqrt, -DBL_MIN},
    {FUNCTION_TANH, tanh, -INFINITY},
    {FUNCTION_SIGMOID, sigmoid, -INFINITY},
    {FUNCTION_SOFTPLUS, softplus, -INFINITY},
    {FUNCTION_ERF, erf, -INFINITY},
    {FUNCTION_SINH, sinh, -INFINITY},
    {FUNCTION_RELU, relu, -INFINITY},
};

int cr_range_function(int row, const struct range *x, struct range *out)
{
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        if ((int)rising[i].row != row)
            continue;
        if (!(x->lo > rising[i].from))
            return 0;
        struct range z = {.lo = rising[i].f(x->lo), .hi = rising[i].f(x->hi)};
        if (row == FUNCTION_RELU && x->exact && (x->r.sign >= 0 || x->hi < 0)) {
            struct rational zero;
            cr_rational_int(&zero, 0);
            cr_range_exact(out, x->r.sign >= 0 ? &x->r : &zero);
            return 1;
        }
        widen(&z, 4);
        *out = z;
        return is_good(out);
    }
    if (row == FUNCTION_ABS) {
        *out = *x;
        if (x->hi <= 0)
            negate(out);
        else if (x->lo < 0) {
            out->hi = fmax(-x->lo, x->hi);
            out->lo = 0;
            if (x->exact && x->r.sign < 0)
                out->r.sign = 1;
        }
        return 1;
    }
    if (x->lo == x->hi && (row == FUNCTION_SIN || row == FUNCTION_COS || row == FUNCTION_TAN)) {
        const double v = row == FUNCTION_SIN   ? sin(x->lo)
                         : row == FUNCTION_COS ? cos(x->lo)
                                               : tan(x->lo);
        *out = (struct range){.lo = v, .hi = v};
        widen(out, 4);
        return is_good(out);
    }
    return 0;
}

/* The extremes of some numbers. */
static void extreme(struct range *out, const struct range *x, const struct range *y, int max)
{
    if (x->exact && y->exact) {
        *out = (cr_rational_cmp(&x->r, &y->r) < 0) == max ? *y : *x;
        return;
    }
    const struct range z = {.lo = max ? fmax(x->lo, y->lo) : fmin(x->lo, y->lo),
                            .hi = max ? fmax(x->hi, y->hi) : fmin(x->hi, y->hi)};
    *out = z;
}

static int make(const struct reading *r, size_t rows, size_t cols, struct amount *out)
{
    if (rows == 0 || cols == 0 || rows > MOST_ENTRIES || cols > MOST_ENTRIES / rows)
        return 0;
    out->rows = rows;
    out->cols = cols;
    out->at = arena_new(r->a, struct range, rows * cols);
    if (!out->at && r->failed)
        *r->failed = 1;
    return out->at != NULL;
}

static int is_scalar(const struct amount *x)
{
    return x->rows == 1 && x->cols == 1;
}

/* Entry by entry; a scalar goes with every entry. */
static int each(const struct reading *r, const struct amount *x, const struct amount *y, char op,
                struct amount *out)
{
    const struct amount *big = is_scalar(x) ? y : x;
    /* a bias written as a row beside a column has as many entries */
    if (!is_scalar(x) && !is_scalar(y) && (x->rows != y->rows || x->cols != y->cols) &&
        !(x->rows * x->cols == y->rows * y->cols && (x->rows == 1 || x->cols == 1) &&
          (y->rows == 1 || y->cols == 1)))
        return 0;
    if (!make(r, big->rows, big->cols, out))
        return 0;
    for (size_t i = 0; i < big->rows * big->cols; i++) {
        const struct range *a = &x->at[is_scalar(x) ? 0 : i], *b = &y->at[is_scalar(y) ? 0 : i];
        if (!combine(&out->at[i], a, b,
                     op == '+'   ? cr_rational_add
                     : op == '-' ? cr_rational_sub
                     : op == '*' ? cr_rational_mul
                                 : cr_rational_div,
                     op))
            return 0;
    }
    return 1;
}

static int product(const struct reading *r, const struct amount *x, const struct amount *y,
                   struct amount *out)
{
    if (is_scalar(x) || is_scalar(y))
        return each(r, x, y, '*', out);
    /* [a, b] may be meant as a column */
    struct amount turned = *y;
    if (x->cols != y->rows && y->rows == 1 && y->cols == x->cols) {
        turned.rows = y->cols;
        turned.cols = 1;
        y = &turned;
    }
    if (x->cols != y->rows)
        return 0;
    if (x->rows * y->cols * x->cols > MOST_ENTRIES * 16 || !make(r, x->rows, y->cols, out))
        return 0;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < y->cols; j++) {
            struct range sum, p;
            cr_range_point(&sum, 0);
            for (size_t k = 0; k < x->cols; k++)
                if (!combine(&p, &x->at[i * x->cols + k], &y->at[k * y->cols + j], cr_rational_mul,
                             '*') ||
                    !combine(&sum, &sum, &p, cr_rational_add, '+'))
                    return 0;
            out->at[i * y->cols + j] = sum;
        }
    return 1;
}

static int softmax(const struct reading *r, const struct amount *args, size_t n, struct amount *out)
{
    struct amount x = args[0];
    if (n > 1) {
        if (!make(r, n, 1, &x))
            return 0;
        for (size_t i = 0; i < n; i++)
            x.at[i] = args[i].at[0];
    }
    const size_t m = x.rows * x.cols;
    if (m < 2 || !make(r, x.rows, x.cols, out))
        return 0;
    /* y_i = 1 / sum_j exp(u_j - u_i), each term rising or falling in each u */
    for (size_t i = 0; i < m; i++) {
        double lo = 1, hi = 1; /* of the sum */
        for (size_t j = 0; j < m; j++)
            if (j != i) {
                lo += exp(x.at[j].lo - x.at[i].hi);
                hi += exp(x.at[j].hi - x.at[i].lo);
            }
        out->at[i] = (struct range){.lo = 1 / hi, .hi = 1 / lo};
        widen(&out->at[i], 8);
        if (!is_good(&out->at[i]))
            return 0;
    }
    return 1;
}

static int call(const struct reading *r, const struct expr *e, struct amount *out)
{
    struct amount args[64] = {0};
    if (!e->n || e->n > 64)
        return 0;
    for (unsigned i = 0; i < e->n; i++)
        if (!cr_range_eval(r, e->arg[i], &args[i]))
            return 0;
    if (e->func < 0) {
        if (strcmp(e->text, "softmax") == 0)
            return softmax(r, args, e->n, out);
        if (strcmp(e->text, "max") == 0 || strcmp(e->text, "min") == 0) {
            const struct amount all = args[0];
            if (e->n != 1 || !make(r, 1, 1, out))
                return 0;
            out->at[0] = all.at[0];
            for (size_t i = 1; i < all.rows * all.cols; i++)
                extreme(&out->at[0], &out->at[0], &all.at[i], e->text[1] == 'a');
            return 1;
        }
        return r->function && r->function(r->ctx, e, args, out);
    }
    if (e->n == 2 && (e->func == FUNCTION_MAX || e->func == FUNCTION_MIN)) {
        const struct amount *big = is_scalar(&args[0]) ? &args[1] : &args[0];
        if (!make(r, big->rows, big->cols, out))
            return 0;
        for (size_t i = 0; i < big->rows * big->cols; i++)
            extreme(&out->at[i], &args[0].at[is_scalar(&args[0]) ? 0 : i],
                    &args[1].at[is_scalar(&args[1]) ? 0 : i], e->func == FUNCTION_MAX);
        return 1;
    }
    if (e->n != 1 || !make(r, args[0].rows, args[0].cols, out))
        return 0;
    for (size_t i = 0; i < args[0].rows * args[0].cols; i++)
        if (!cr_range_function(e->func, &args[0].at[i], &out->at[i]))
            return 0;
    return 1;
}

static int matrix(const struct reading *r, const struct expr *e, struct amount *out)
{
    if (!make(r, e->rows, e->n / e->rows, out))
        return 0;
    for (unsigned i = 0; i < e->n; i++) {
        struct amount x;
        if (!cr_range_eval(r, e->arg[i], &x) || !is_scalar(&x))
            return 0;
        out->at[i] = x.at[0];
    }
    return 1;
}

static int number(const struct reading *r, const struct expr *e, struct amount *out)
{
    struct rational v;
    if (!make(r, 1, 1, out))
        return 0;
    if (e->ref && r->number)
        return r->number(r->ctx, e, out->at);
    if (!cr_exact_number(e, &v))
        return 0;
    cr_range_exact(out->at, &v);
    return is_good(out->at);
}

static int fold(const struct reading *r, const struct expr *e, char op, struct amount *out)
{
    struct amount x, y;
    if (!e->n || !cr_range_eval(r, e->arg[0], &x))
        return 0;
    for (unsigned i = 1; i < e->n; i++) {
        const struct expr *next = e->arg[i];
        const int minus = op == '+' && next->kind == EXPR_NEG;
        if (!cr_range_eval(r, minus ? next->arg[0] : next, &y))
            return 0;
        struct amount z;
        if (op == 'm' ? !product(r, &x, &y, &z) : !each(r, &x, &y, minus ? '-' : op, &z))
            return 0;
        x = z;
    }
    *out = x;
    return 1;
}

static int negative(const struct reading *r, const struct expr *e, struct amount *out)
{
    struct amount x;
    if (!cr_range_eval(r, e->arg[0], &x) || !make(r, x.rows, x.cols, out))
        return 0;
    for (size_t i = 0; i < x.rows * x.cols; i++) {
        out->at[i] = x.at[i];
        negate(&out->at[i]);
    }
    return 1;
}

static int turned(const struct reading *r, const struct expr *e, struct amount *out)
{
    struct amount x;
    if (!cr_range_eval(r, e->arg[0], &x) || !make(r, x.cols, x.rows, out))
        return 0;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.cols; j++)
            out->at[j * x.rows + i] = x.at[i * x.cols + j];
    return 1;
}

static int elevated(const struct reading *r, const struct expr *e, struct amount *out)
{
    struct amount x, y;
    if (!cr_range_eval(r, e->arg[0], &x) || !cr_range_eval(r, e->arg[1], &y) || !is_scalar(&y) ||
        !make(r, x.rows, x.cols, out))
        return 0;
    for (size_t i = 0; i < x.rows * x.cols; i++)
        if (!raise(&out->at[i], &x.at[i], &y.at[0]))
            return 0;
    return 1;
}

int cr_range_eval(const struct reading *r, const struct expr *e, struct amount *out)
{
    if (!e)
        return 0;
    switch (e->kind) {
    case EXPR_NUM: return number(r, e, out);
    case EXPR_SYM: return r->symbol && r->symbol(r->ctx, e, out);
    case EXPR_ADD: return fold(r, e, '+', out);
    case EXPR_MUL: return fold(r, e, 'm', out);
    case EXPR_HADAMARD: return fold(r, e, '*', out);
    case EXPR_DIV: return fold(r, e, '/', out);
    case EXPR_NEG: return negative(r, e, out);
    case EXPR_POW: return elevated(r, e, out);
    case EXPR_CALL: return call(r, e, out);
    case EXPR_TRANSPOSE: return turned(r, e, out);
    case EXPR_MATRIX: return matrix(r, e, out);
    }
    return 0;
}

/* 10^e as a rational */
static int ten_to(struct rational *out, int e)
{
    struct rational ten;
    cr_rational_int(&ten, 10);
    return cr_rational_pow(out, &ten, e);
}

static int exponent_of(const char *text)
{
    const char *e = strpbrk(text, "eE");
    int v = 0;
    if (e)
        (void)sscanf(e + 1, "%d", &v);
    return v;
}

int cr_range_printed(const struct maths *m, const struct bare *b, struct printed *out)
{
    const struct number *n = &m->number[b->num->ref - 1];
    const int scale = b->power - 2 * b->percent;
    struct rational v, unit, half, two, factor;
    struct printed p;
    cr_rational_int(&two, 2);
    if (!cr_exact_number(b->num, &v) || !ten_to(&factor, scale) ||
        !cr_rational_mul(&v, &v, &factor) ||
        !ten_to(&unit, scale - n->places + exponent_of(b->num->text)) ||
        !cr_rational_div(&half, &unit, &two))
        return 0;
    if (strchr(b->num->text, '/')) /* one half is exactly that */
        cr_rational_int(&half, 0);
    if (n->ellipsis) {
        p.lo = v;
        if (!cr_rational_add(&p.hi, &v, &unit))
            return 0;
    } else if (!cr_rational_sub(&p.lo, &v, &half) || !cr_rational_add(&p.hi, &v, &half)) {
        return 0;
    }
    p.value = v;
    if (b->sign < 0) {
        const struct rational lo = p.lo;
        p.lo = p.hi;
        p.hi = lo;
        p.lo.sign = -p.lo.sign;
        p.hi.sign = -p.hi.sign;
        p.value.sign = -p.value.sign;
    }
    p.unit = cr_rational_to_f64(&unit);
    *out = p;
    return 1;
}

int cr_range_meets(const struct range *x, const struct printed *p)
{
    if (x->exact)
        return cr_rational_cmp(&x->r, &p->lo) >= 0 && cr_rational_cmp(&x->r, &p->hi) <= 0;
    struct range all;
    return cr_range_between(&all, &p->lo, &p->hi) && x->lo <= all.hi && x->hi >= all.lo;
}

int cr_range_is_cut(const struct range *x, const struct printed *p)
{
    const double v = cr_rational_to_f64(&p->value), slack = 1e-9 * p->unit;
    if (v > 0 || (v == 0 && x->lo > 0))
        return x->lo >= v - slack && x->hi < v + p->unit;
    return x->hi <= v + slack && x->lo > v - p->unit;
}
