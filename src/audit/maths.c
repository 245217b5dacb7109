/* Expressions of mathematics, by recursive descent over tokens: sums, products, powers. */
#include <string.h>

#include "audit/audit.h"
#include "audit/parser.h"

enum { MOST_DEPTH = 48, MOST_TERMS = 4096 };

const struct expr *cr_parser_fail(struct parser *p)
{
    p->bad = 1;
    return NULL;
}

static const struct expr *power(struct parser *p, const struct expr *base,
                                const struct expr *exponent)
{
    struct arena *a = p->m->a;
    if (base && base->kind == EXPR_SYM && strcmp(base->text, "e") == 0)
        return cr_expr_call(a, "exp", &exponent, 1);
    return cr_expr_binary(a, EXPR_POW, base, exponent);
}

/* A number from a text such as "-3", for exponents written in small digits. */
static const struct expr *small_number(struct parser *p, const char *s)
{
    double v;
    if (!cr_parse_f64(s, strlen(s), &v))
        return cr_parser_fail(p);
    return cr_expr_num(p->m->a, v);
}

static const struct expr *percent(struct parser *p, const struct expr *e)
{
    struct expr *hundred = arena_new(p->m->a, struct expr, 1);
    if (!hundred) {
        p->m->failed = 1;
        return cr_parser_fail(p);
    }
    *hundred = (struct expr){.kind = EXPR_NUM, .value = 100, .latex = "%"};
    return cr_expr_binary(p->m->a, EXPR_DIV, e, hundred);
}

/* A matrix that stands there as it is, turned; else the transpose of what e is. */
static const struct expr *transpose(struct parser *p, const struct expr *e)
{
    const struct expr *turned[MOST_LIST];
    if (!e || e->kind != EXPR_MATRIX || e->n > MOST_LIST)
        return cr_expr_unary(p->m->a, EXPR_TRANSPOSE, e);
    const unsigned cols = e->n / e->rows;
    for (unsigned i = 0; i < e->n; i++)
        turned[i % cols * e->rows + i / cols] = e->arg[i];
    return cr_expr_matrix(p->m->a, cols, e->rows, turned);
}

static const struct expr *postfix(struct parser *p)
{
    const struct expr *e = cr_parser_primary(p);
    while (!p->bad) {
        const struct token *t = now(p);
        if (t->kind == TOKEN_SUPER && !t->space) {
            p->i++;
            if (strcmp(t->text, "T") == 0)
                e = transpose(p, e);
            else
                e = power(p, e, small_number(p, t->text));
        } else if (is_op(t, '^')) {
            p->i++;
            const size_t back = p->i;
            char buf[NAME_SIZE];
            if (cr_parser_index(p, buf) && (strcmp(buf, "T") == 0 || strcmp(buf, "⊤") == 0)) {
                e = transpose(p, e);
                continue;
            }
            p->i = back;
            const struct expr *exponent;
            if (take(p, '{')) {
                exponent = cr_parser_expression(p);
                if (p->bad || !take(p, '}'))
                    return cr_parser_fail(p);
            } else if (take(p, '-')) {
                exponent = cr_expr_unary(p->m->a, EXPR_NEG, cr_parser_primary(p));
            } else {
                exponent = cr_parser_primary(p);
            }
            e = p->bad ? NULL : power(p, e, exponent);
        } else if (is_op(t, '%') && p->t[p->i - 1].kind == TOKEN_NUMBER) {
            p->i++;
            e = percent(p, e);
        } else if (is_op(t, '!')) {
            return cr_parser_fail(p);
        } else {
            return e;
        }
    }
    return NULL;
}

const struct expr *cr_parser_factor(struct parser *p)
{
    if (++p->depth > MOST_DEPTH || ++p->terms > MOST_TERMS || !cr_parser_goes_on(p)) {
        p->depth--;
        return cr_parser_fail(p);
    }
    const struct expr *e;
    if (take(p, '-'))
        e = cr_expr_unary(p->m->a, EXPR_NEG, cr_parser_factor(p));
    else if (take(p, '+'))
        e = cr_parser_factor(p);
    else
        e = postfix(p);
    p->depth--;
    return p->bad ? NULL : e;
}

/* a, A and I are words as well */
static int is_letter_of_mathematics(const struct token *t)
{
    return t->kind == TOKEN_NAME && !strchr("aAI", t->text[0]);
}

/* In prose, "0.5 (1 - 0.2)" and "y (1 - y)" are products, and "0.5 (see 3)", "0.5 (1)" and "y (t)"
 * are not. */
static int is_factor_ahead(const struct parser *p)
{
    const struct token *first = now(p), *before = &p->t[p->i - 1];
    const int square = is_op(first, '[') && (before->kind == TOKEN_NUMBER || is_op(before, ')'));
    size_t i = p->i, n = 0;
    int signs = 0, names = 0;
    if ((!is_op(first, '(') && !square) || first->space > 1)
        return 0;
    for (int depth = 0; n < 80; i++, n++) {
        const struct token *t = &p->t[i];
        names |= t->kind == TOKEN_NAME;
        if (t->kind != TOKEN_NUMBER && t->kind != TOKEN_OP && t->kind != TOKEN_FUNCTION &&
            t->kind != TOKEN_SUPER && t->kind != TOKEN_SUB && t->kind != TOKEN_NAME)
            return 0;
        signs |= t->kind == TOKEN_OP && strchr("+-*/", t->op) != NULL;
        depth += is_op(t, '(') + is_op(t, '[') - is_op(t, ')') - is_op(t, ']');
        if (!depth)
            return names || square ? signs
                                   : n > 2 || (n == 2 && strchr(p->t[i - 1].text, '.') != NULL);
    }
    return 0;
}

/* η δ5 y4 in prose: symbols with an index, or Greek ones, side by side; and (y - t) y (1 - y). */
static int is_symbol_ahead(const struct parser *p, size_t factors)
{
    const struct token *t = now(p), *before = &p->t[p->i - 1];
    /* "target o1" is one thing */
    const int word =
        before->kind == TOKEN_NAME && strlen(before->text) > 2 && !(before->text[0] & 0x80);
    if (t->kind != TOKEN_NAME || t->space != 1 || word)
        return 0;
    if (factors > 1 && is_op(before, ')') && is_letter_of_mathematics(t) &&
        t[1].kind == TOKEN_RELATION)
        return 1;
    if (is_op(before, ')') && is_letter_of_mathematics(t) && t[1].kind == TOKEN_OP &&
        (strchr("*/+-", t[1].op) || (t[1].op == '(' && t[1].space == 1)))
        return 1;
    return (t[1].kind == TOKEN_SUB || is_op(&t[1], '_') || (t->text[0] & 0x80)) &&
           (before->kind == TOKEN_NAME || before->kind == TOKEN_SUB || is_op(before, ')'));
}

/* Whether the next token begins a factor that is multiplied without a sign. */
static int is_juxtaposed(const struct parser *p, size_t factors)
{
    const struct token *t = now(p), *before = &p->t[p->i - 1];
    if (t->math != before->math || t->opens ||
        (!t->math &&
         (t->line || (t->space && !is_factor_ahead(p) && !is_symbol_ahead(p, factors)))))
        return 0;
    switch (t->kind) {
    case TOKEN_NAME:
    case TOKEN_FRACTION:
    case TOKEN_ROOT:
    case TOKEN_STYLE:
    case TOKEN_UNDER:
    case TOKEN_PARTIAL:
    case TOKEN_NABLA:
    case TOKEN_DELTA:
    case TOKEN_FUNCTION: return 1;
    case TOKEN_WORD: return t->math && is_op(&t[1], '_');
    case TOKEN_BEGIN: return cr_parser_is_matrix(t->text);
    case TOKEN_OP:
        return t->op == '(' || t->op == '{' ||
               (t->op == '[' && (before->kind != TOKEN_NUMBER || !t->math));
    default: return 0;
    }
}

/* A sign at the head of the next row goes on with this one. */
static void pass_row(struct parser *p)
{
    if (p->matrix || !now(p)->math)
        return;
    size_t i = p->i;
    int row = 0;
    while (p->t[i].kind == TOKEN_ROW || is_op(&p->t[i], '&') ||
           (row && p->t[i].kind == TOKEN_BREAK)) {
        row |= p->t[i].kind == TOKEN_ROW;
        i++;
    }
    const struct token *t = &p->t[i];
    if (i > p->i && (is_op(t, '+') || is_op(t, '*') || (is_op(t, '-') && row)))
        p->i = i;
}

static const struct expr *term(struct parser *p)
{
    const struct expr *factors[MOST_LIST];
    size_t n = 0;
    int dots = 0;
    factors[n++] = cr_parser_factor(p);
    while (!p->bad) {
        if (n == MOST_LIST)
            return cr_parser_fail(p);
        if (cr_parser_separates(p))
            break;
        if (is_op(now(p), '/')) {
            p->i++;
            const struct expr *by = cr_parser_factor(p);
            /* a derivative in one line: ∂L/∂w binds tighter than a product */
            if (!p->bad && cr_parser_is_difference(p->m, factors[n - 1]) &&
                cr_parser_is_difference(p->m, by)) {
                factors[n - 1] = cr_parser_quotient(p, factors[n - 1], by);
            } else if (!p->bad) {
                const struct expr *all = cr_expr_mul(p->m->a, factors, n);
                factors[0] = cr_parser_quotient(p, all, by);
                n = 1;
            }
        } else if (is_op(now(p), '*')) {
            p->i++;
            factors[n++] = cr_parser_factor(p);
        } else if (is_op(now(p), 'o')) {
            p->i++;
            dots = 1;
            factors[n++] = cr_parser_factor(p);
        } else if (is_juxtaposed(p, n)) {
            factors[n++] = cr_parser_factor(p);
        } else {
            break;
        }
    }
    if (p->bad)
        return NULL;
    if (!dots || n == 1)
        return cr_expr_mul(p->m->a, factors, n);
    const struct expr *e = factors[0];
    for (size_t i = 1; i < n; i++)
        e = cr_expr_binary(p->m->a, EXPR_HADAMARD, e, factors[i]);
    return e;
}

/* 1/1 + e^-x is meant as 1/(1 + e^-x): nobody writes 1/1 else. */
static int is_sloppy_sigmoid(const struct expr *x, const struct expr *y)
{
    return x && y && x->kind == EXPR_DIV && x->arg[0]->kind == EXPR_NUM && x->arg[0]->value == 1 &&
           x->arg[1]->kind == EXPR_NUM && x->arg[1]->value == 1 && !x->arg[1]->latex &&
           y->kind == EXPR_CALL && y->func >= 0 &&
           strcmp(cr_expr_function(y->func)->name, "exp") == 0;
}

const struct expr *cr_parser_expression(struct parser *p)
{
    const struct expr *terms[MOST_LIST];
    size_t n = 0;
    if (++p->depth > MOST_DEPTH) {
        p->depth--;
        return cr_parser_fail(p);
    }
    terms[n++] = term(p);
    while (!p->bad) {
        pass_row(p);
        const int minus = is_op(now(p), '-');
        /* in a list between spaces, [0.1 -0.2] are two */
        if ((!minus && !is_op(now(p), '+')) || n == MOST_LIST)
            break;
        p->i++;
        const struct expr *e = term(p);
        terms[n++] = minus ? cr_expr_unary(p->m->a, EXPR_NEG, e) : e;
    }
    p->depth--;
    if (!p->bad && n == 2 && is_sloppy_sigmoid(terms[0], terms[1]))
        return cr_expr_binary(
            p->m->a, EXPR_DIV, terms[0]->arg[0],
            cr_expr_add(p->m->a, (const struct expr *[]){terms[0]->arg[1], terms[1]}, 2));
    return p->bad ? NULL : cr_expr_add(p->m->a, terms, n);
}
