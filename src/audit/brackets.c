/* Parentheses, lists, bars and matrices. */
#include "audit/audit.h"
#include "audit/parser.h"

/* (a, b) is a column, [a, b] and [a b] a row, [a, b; c, d] and [[a, b], [c, d]] a matrix. */
static const struct expr *list(struct parser *p, char close, const struct expr *first)
{
    const struct expr *entry[MOST_LIST];
    size_t n = 0, col = 1, cols = 0, rows = 1;
    entry[n++] = first;
    while (!p->bad && !take(p, close)) {
        const struct token *t = now(p);
        if (close == ']' && take(p, ';')) {
            if (cols && col != cols)
                return cr_parser_fail(p);
            cols = col;
            col = 0;
            rows++;
        } else if (!take(p, ',') &&
                   !(close == ']' && (t->kind == TOKEN_NUMBER || is_op(t, '[') || is_op(t, '-')))) {
            return cr_parser_fail(p);
        }
        if (n == MOST_LIST)
            return cr_parser_fail(p);
        entry[n++] = cr_parser_expression(p);
        col++;
    }
    if (p->bad || (cols && col != cols))
        return cr_parser_fail(p);
    if (rows > 1)
        return cr_expr_matrix(p->m->a, rows, cols, entry);
    const struct expr *flat[MOST_LIST];
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const struct expr *e = entry[i];
        const size_t width = e && e->kind == EXPR_MATRIX ? e->n : 1;
        if (!e || (i && (e->kind == EXPR_MATRIX) != (entry[0]->kind == EXPR_MATRIX)) ||
            (i && width != cols) || m + width > MOST_LIST)
            return cr_parser_fail(p);
        cols = width;
        if (e->kind != EXPR_MATRIX)
            flat[m++] = e;
        else
            for (unsigned k = 0; k < e->n; k++)
                flat[m++] = e->arg[k];
    }
    if (entry[0]->kind == EXPR_MATRIX)
        return cr_expr_matrix(p->m->a, n, cols, flat);
    return close == ']' ? cr_expr_matrix(p->m->a, 1, n, flat) : cr_expr_matrix(p->m->a, n, 1, flat);
}

const struct expr *cr_parser_arguments(struct parser *p, const struct expr **args, size_t *n)
{
    const char close = is_op(now(p), '(') ? ')' : ']';
    const int abs = p->abs, matrix = p->matrix;
    p->i++;
    p->abs = p->matrix = 0;
    do {
        if (*n == FUNCTION_OPERANDS + MOST_LIST)
            return cr_parser_fail(p);
        args[(*n)++] = cr_parser_expression(p);
    } while (!p->bad && take(p, ','));
    p->abs = abs;
    p->matrix = matrix;
    return p->bad || !take(p, close) ? cr_parser_fail(p) : args[0];
}

const struct expr *cr_parser_parenthesis(struct parser *p, char close)
{
    const int abs = p->abs, matrix = p->matrix;
    p->i++;
    p->abs = p->matrix = 0;
    const struct expr *e = cr_parser_expression(p);
    if (!p->bad && !take(p, close))
        e = list(p, close, e);
    p->abs = abs;
    p->matrix = matrix;
    return p->bad ? NULL : e;
}

const struct expr *cr_parser_absolute(struct parser *p)
{
    const int abs = p->abs;
    p->i++;
    (void)take(p, '|');
    p->abs = 1;
    const struct expr *e = cr_parser_expression(p);
    p->abs = abs;
    if (p->bad || !take(p, '|'))
        return cr_parser_fail(p);
    while (is_op(now(p), '|') && !now(p)->space)
        p->i++;
    return cr_expr_call(p->m->a, "abs", &e, 1);
}

int cr_parser_is_matrix(const char *environment)
{
    static const char *const names[] = {"pmatrix",      "bmatrix",      "matrix",
                                        "Bmatrix",      "array",        "smallmatrix",
                                        "psmallmatrix", "bsmallmatrix", NULL};
    return is_one_of(environment, names);
}

const struct expr *cr_parser_matrix(struct parser *p)
{
    const struct expr *entry[MOST_LIST];
    size_t n = 0, cols = 0, col = 0, rows = 0;
    const int abs = p->abs, within = p->matrix;
    const char *name = now(p)->text;
    if (!cr_parser_is_matrix(name))
        return cr_parser_fail(p);
    p->i++;
    p->abs = 0;
    p->matrix = 1;
    while (!p->bad) {
        if (n == MOST_LIST)
            return cr_parser_fail(p);
        if (now(p)->kind == TOKEN_BREAK)
            p->i++;
        entry[n++] = cr_parser_expression(p);
        col++;
        while (now(p)->kind == TOKEN_BREAK || is_op(now(p), ','))
            p->i++;
        if (take(p, '&'))
            continue;
        if (cols && col != cols)
            return cr_parser_fail(p);
        cols = col;
        col = 0;
        rows++;
        if (now(p)->kind == TOKEN_ROW)
            p->i++;
        while (now(p)->kind == TOKEN_BREAK)
            p->i++;
        if (now(p)->kind == TOKEN_FINISH) {
            p->i++;
            break;
        }
    }
    p->abs = abs;
    p->matrix = within;
    return p->bad ? NULL : cr_expr_matrix(p->m->a, rows, cols, entry);
}
