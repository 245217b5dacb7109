/* What stands between the signs of an expression: numbers, symbols, functions, derivatives, fractions. */
#include <string.h>

#include "audit/audit.h"
#include "audit/parser.h"

static const struct expr *number_node(struct parser *p, const struct token *t)
{
    struct maths *m = p->m;
    void *list =
        cr_audit_grow(m->number, m->n_numbers, &m->cap_numbers, sizeof *m->number, &m->failed);
    struct expr *e = arena_new(m->a, struct expr, 1);
    if (!list || !e) {
        m->failed = 1;
        return cr_parser_fail(p);
    }
    m->number = list;
    const char *point = strchr(t->text, '.');
    const size_t digits = point ? strspn(point + 1, "0123456789") : 0;
    e->kind = EXPR_NUM;
    e->text = t->text;
    e->ref = m->n_numbers + 1;
    if (strchr(t->text, '/'))
        e->value = (double)(t->text[0] - '0') / (double)(t->text[2] - '0');
    else if (!cr_parse_f64(t->text, strlen(t->text), &e->value))
        return cr_parser_fail(p);
    m->number[m->n_numbers++] = (struct number){t->at, t->end, e->value, (int)digits, t->ellipsis};
    return e;
}

static const struct expr *plain(struct maths *m, const char *base)
{
    const struct name n = {
        .kind = NAME_PLAIN, .base = base, .sub = "", .sup = "", .of = -1, .by = -1};
    return cr_maths_symbol(m, cr_maths_name(m, &n));
}

/* Functions that only have a name, and stand before parentheses. */
static int is_function_name(const char *s)
{
    static const char *const list[] = {"f", "g", "A", "φ", "F", "ϕ", "Φ", "act", NULL};
    return is_one_of(s, list);
}

static const struct expr *call(struct parser *p, const char *name, int prime)
{
    const struct expr *args[FUNCTION_OPERANDS + MOST_LIST];
    size_t n = 0;
    if (is_op(now(p), '(') || is_op(now(p), '[')) {
        cr_parser_arguments(p, args, &n);
    } else {
        args[n++] = cr_parser_factor(p);
    }
    if (p->bad || !n)
        return cr_parser_fail(p);
    if (prime) {
        const char *text = cr_arena_printf(p->m->a, "%s'", name);
        if (!text) {
            p->m->failed = 1;
            return cr_parser_fail(p);
        }
        return cr_expr_named_call(p->m->a, text, NULL, args, n);
    }
    const int row = cr_expr_function_find(name, strlen(name));
    if (row >= 0 && cr_expr_function(row)->arity == (int)n)
        return cr_expr_call(p->m->a, cr_expr_function(row)->name, args, n);
    return cr_expr_named_call(p->m->a, name, NULL, args, n);
}

static const struct expr *function(struct parser *p)
{
    const char *name = now(p)->text;
    p->i++;
    int prime = 0;
    char buf[NAME_SIZE];
    while (take(p, '\''))
        prime = 1;
    /* σ_{h1}(...), \max_j, \log_2: an index of the function */
    if (is_op(now(p), '_') && !p->bad) {
        p->i++;
        if (!cr_parser_index(p, buf))
            return cr_parser_fail(p);
        if (strcmp(name, "log") == 0)
            return cr_parser_fail(p);
    }
    if (is_op(now(p), '^')) { /* σ^{-1}, tanh^2: rare, and read in different ways */
        const size_t back = p->i;
        p->i++;
        if (!cr_parser_index(p, buf) || strcmp(buf, "'") != 0) {
            p->i = back;
            return cr_parser_fail(p);
        }
        prime = 1;
    }
    if (strcmp(name, "σ") == 0 && !prime && !is_op(now(p), '(') && !is_op(now(p), '['))
        return plain(p->m, "σ");
    return call(p, name, prime);
}

static int is_loss_letter(const char *s)
{
    static const char *const list[] = {"E", "L", "J", "C", "Loss", "Cost", NULL};
    return is_one_of(s, list);
}

/* J(θ), L(y, t) are the loss; E(0.7001) is the loss at another point, and E(1 - y) a product. */
static const struct expr *loss_at(struct parser *p, const struct expr *loss)
{
    const struct expr *args[FUNCTION_OPERANDS + MOST_LIST];
    const size_t back = p->i, numbers = p->m->n_numbers;
    size_t n = 0;
    int symbols = 1, digits = 1;
    for (size_t i = back + 1; !is_op(&p->t[i], ')'); i++)
        if (p->t[i].kind == TOKEN_END || is_op(&p->t[i], '('))
            return loss;
    (void)cr_parser_arguments(p, args, &n);
    for (size_t i = 0; !p->bad && i < n; i++) {
        struct bare b;
        symbols &= args[i] && args[i]->kind == EXPR_SYM;
        digits &= args[i] && cr_maths_bare(args[i], &b);
    }
    if (!p->bad && symbols)
        return loss;
    if (!p->bad && digits)
        return cr_expr_named_call(p->m->a, loss->text, NULL, args, n);
    p->i = back;
    p->bad = 0;
    p->m->n_numbers = numbers;
    return loss;
}

/* A symbol, or a function that only has a name. */
static const struct expr *symbol(struct parser *p, const char *base)
{
    struct name n = {.kind = NAME_PLAIN, .base = base, .sub = "", .sup = "", .of = -1, .by = -1};
    if (is_function_name(base)) {
        const size_t back = p->i;
        int prime = 0;
        while (take(p, '\''))
            prime = 1;
        if (is_op(now(p), '(') && !now(p)->space)
            return call(p, base, prime);
        p->i = back;
    }
    cr_parser_decorate(p, &n);
    const struct expr *e = cr_maths_symbol(p->m, cr_maths_name(p->m, &n));
    return e && is_loss_letter(base) && is_op(now(p), '(') && !now(p)->space ? loss_at(p, e) : e;
}

/* Give indices to what has been read: \mathbf{W}^{(1)}, {net}_{h1}. */
static const struct expr *decorated(struct parser *p, const struct expr *e)
{
    if (!e || e->kind != EXPR_SYM || p->bad)
        return e;
    struct name n = p->m->name[e->ref];
    if (n.kind != NAME_PLAIN && n.kind != NAME_WORD)
        return e;
    const size_t back = p->i;
    cr_parser_decorate(p, &n);
    if (back == p->i)
        return e;
    return cr_maths_symbol(p->m, cr_maths_name(p->m, &n));
}

/* ∂L, dw: one half of a derivative. */
static const struct expr *difference(struct parser *p, enum name_kind kind)
{
    p->i++;
    const struct token *t = now(p);
    const struct expr *e = NULL;
    if (t->kind == TOKEN_NAME || (t->kind == TOKEN_FUNCTION && strcmp(t->text, "σ") == 0) ||
        t->kind == TOKEN_WORD) {
        p->i++;
        e = symbol(p, t->text);
    } else if (t->kind == TOKEN_STYLE) {
        e = cr_parser_factor(p);
    }
    if (!e || e->kind != EXPR_SYM)
        return cr_parser_fail(p);
    const struct name n = {
        .kind = kind, .base = "", .sub = "", .sup = "", .of = (int)e->ref, .by = -1};
    return cr_maths_symbol(p->m, cr_maths_name(p->m, &n));
}

/* ∇_w L */
static const struct expr *nabla(struct parser *p)
{
    p->i++;
    if (!take(p, '_'))
        return cr_parser_fail(p);
    const int group = take(p, '{');
    const struct expr *by = cr_parser_factor(p);
    if (p->bad || !by || by->kind != EXPR_SYM || (group && !take(p, '}')))
        return cr_parser_fail(p);
    const struct expr *of = now(p)->kind == TOKEN_NAME ? cr_parser_factor(p) : plain(p->m, "L");
    if (p->bad || !of || of->kind != EXPR_SYM)
        return cr_parser_fail(p);
    const struct name n = {.kind = NAME_PARTIAL,
                           .base = "",
                           .sub = "",
                           .sup = "",
                           .of = (int)of->ref,
                           .by = (int)by->ref};
    return cr_maths_symbol(p->m, cr_maths_name(p->m, &n));
}

int cr_parser_is_difference(const struct maths *m, const struct expr *e)
{
    return e && e->kind == EXPR_SYM && m->name[e->ref].kind == NAME_DIFFERENCE;
}

const struct expr *cr_parser_quotient(struct parser *p, const struct expr *x, const struct expr *y)
{
    struct maths *m = p->m;
    if (cr_parser_is_difference(m, x) && cr_parser_is_difference(m, y)) {
        const struct name n = {.kind = NAME_PARTIAL,
                               .base = "",
                               .sub = "",
                               .sup = "",
                               .of = m->name[x->ref].of,
                               .by = m->name[y->ref].of};
        return cr_maths_symbol(m, cr_maths_name(m, &n));
    }
    return cr_expr_binary(m->a, EXPR_DIV, x, y);
}

/* {...}, or the next digit or token: \frac12 */
static const struct expr *group(struct parser *p)
{
    if (take(p, '{')) {
        const struct expr *e = cr_parser_expression(p);
        return p->bad || !take(p, '}') ? cr_parser_fail(p) : e;
    }
    return cr_parser_factor(p);
}

/* \frac12 comes as one number of two digits. */
static const struct expr *fraction(struct parser *p)
{
    p->i++;
    const struct token *t = now(p);
    if (t->kind == TOKEN_NUMBER && !t->space && strlen(t->text) == 2 && !strchr(t->text, '.')) {
        char *both = arena_new(p->m->a, char, 4);
        struct token digit = *t;
        if (!both)
            return cr_parser_fail(p);
        both[0] = t->text[0];
        both[2] = t->text[1];
        p->i++;
        digit.text = both;
        const struct expr *x = number_node(p, &digit);
        digit.text = both + 2;
        return cr_expr_binary(p->m->a, EXPR_DIV, x, number_node(p, &digit));
    }
    struct token first = {0};
    const struct expr *x, *y;
    if (t->kind == TOKEN_NUMBER && strlen(t->text) == 1) { /* \frac1{10} */
        first = *t;
        p->i++;
        x = number_node(p, &first);
    } else {
        x = group(p);
    }
    if (p->bad)
        return NULL;
    t = now(p);
    if (t->kind == TOKEN_NUMBER && strlen(t->text) > 1 && !is_op(t, '{')) {
        return cr_parser_fail(p); /* \frac{1}10 */
    }
    y = group(p);
    return p->bad ? NULL : cr_parser_quotient(p, x, y);
}

static const struct expr *style(struct parser *p)
{
    const char *mark = now(p)->text;
    p->i++;
    const struct expr *e = group(p);
    if (!p->bad && e && e->kind == EXPR_SYM && (mark[0] == '^' || mark[0] == '~')) {
        struct name n = p->m->name[e->ref];
        n.base = cr_arena_printf(p->m->a, "%s%s", n.base, mark[0] == '^' ? "\xCC\x82" : "\xCC\x83");
        if (!n.base) {
            p->m->failed = 1;
            return cr_parser_fail(p);
        }
        e = cr_maths_symbol(p->m, cr_maths_name(p->m, &n));
    }
    return p->bad ? NULL : decorated(p, e);
}

static const struct expr *underbrace(struct parser *p)
{
    char buf[NAME_SIZE];
    p->i++;
    const struct expr *e = group(p);
    if (!p->bad && (take(p, '_') || take(p, '^'))) {
        /* the explanation below is passed over, however long it is */
        int depth = 0;
        if (is_op(now(p), '{')) {
            for (; p->i < p->n; p->i++) {
                depth += is_op(now(p), '{');
                depth -= is_op(now(p), '}');
                if (!depth) {
                    p->i++;
                    break;
                }
            }
        } else if (!cr_parser_index(p, buf)) {
            return cr_parser_fail(p);
        }
    }
    return p->bad ? NULL : e;
}

static const struct expr *root(struct parser *p)
{
    p->i++;
    const struct expr *e = group(p);
    return p->bad ? NULL : cr_expr_call(p->m->a, "sqrt", &e, 1);
}

const struct expr *cr_parser_primary(struct parser *p)
{
    const struct token *t = now(p);
    switch (t->kind) {
    case TOKEN_NUMBER: p->i++; return number_node(p, t);
    case TOKEN_NAME: p->i++; return symbol(p, t->text);
    case TOKEN_WORD:
        /* \text{net}_{h1}; other words are prose */
        if (t->math && (is_op(&p->t[p->i + 1], '_') || is_op(&p->t[p->i + 1], '^'))) {
            p->i++;
            return symbol(p, t->text);
        }
        return cr_parser_fail(p);
    case TOKEN_FUNCTION: return function(p);
    case TOKEN_PARTIAL: return difference(p, NAME_DIFFERENCE);
    case TOKEN_DELTA: return difference(p, NAME_CHANGE);
    case TOKEN_NABLA: return nabla(p);
    case TOKEN_FRACTION: return fraction(p);
    case TOKEN_ROOT: return root(p);
    case TOKEN_STYLE: return style(p);
    case TOKEN_UNDER: return underbrace(p);
    case TOKEN_BEGIN: return cr_parser_matrix(p);
    case TOKEN_OP:
        if (t->op == '(')
            return cr_parser_parenthesis(p, ')');
        if (t->op == '[')
            return cr_parser_parenthesis(p, ']');
        if (t->op == '{') {
            p->i++;
            const struct expr *e = cr_parser_expression(p);
            return p->bad || !take(p, '}') ? cr_parser_fail(p) : decorated(p, e);
        }
        if (t->op == '|' && !p->abs)
            return cr_parser_absolute(p);
        return cr_parser_fail(p);
    default: return cr_parser_fail(p);
    }
}
