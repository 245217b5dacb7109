/* What the files that read mathematics share: the parser, and its parts. */
#ifndef AUDIT_PARSER_H
#define AUDIT_PARSER_H

#include <string.h>

#include "audit/maths.h"

enum { NAME_SIZE = 96, MOST_LIST = 256 };

struct parser {
    struct maths *m;
    const struct token *t;
    size_t i, n;
    int depth;
    int matrix;   /* within one: & and \\ separate entries */
    int abs;      /* within |...|: a bar closes */
    int bad;      /* what was read is not an expression */
    size_t terms; /* read in this statement so far */
};

static inline const struct token *now(const struct parser *p)
{
    return &p->t[p->i];
}

static inline int is_op(const struct token *t, char op)
{
    return t->kind == TOKEN_OP && t->op == (unsigned char)op;
}

static inline int take(struct parser *p, char op)
{
    if (!is_op(now(p), op))
        return 0;
    p->i++;
    return 1;
}

static inline int is_one_of(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(s, *list) == 0)
            return 1;
    return 0;
}

/* Count a step; 0: this text has had more than its length justifies. */
static inline int cr_parser_goes_on(struct parser *p)
{
    return p->m->steps && --p->m->steps;
}

/* names.c: what stands in _{...} or ^{...}, written together to buf[NAME_SIZE]; 0: it is no index.
 * And the indices and marks after a symbol; a power is left for the caller. */
int cr_parser_index(struct parser *p, char *buf);
void cr_parser_decorate(struct parser *p, struct name *n);

/* maths.c: a sum, and a factor. NULL, with p->bad set, where there is none. */
const struct expr *cr_parser_expression(struct parser *p);
const struct expr *cr_parser_factor(struct parser *p);

/* b1 = 0.1 / w2 = 0.5: a slash in prose between two statements. */
static inline int cr_parser_separates(const struct parser *p)
{
    const struct token *t = now(p);
    return is_op(t, '/') && !t->math && t->space && t[1].space && t[1].kind == TOKEN_NAME &&
           (t[2].kind == TOKEN_RELATION || (t[2].kind == TOKEN_SUB && t[3].kind == TOKEN_RELATION));
}

/* Mark what is read as no expression; returns NULL. */
const struct expr *cr_parser_fail(struct parser *p);

/* primary.c: what stands between two signs; whether it is one half of a derivative; x/y, which of
 * two such halves is a derivative. */
const struct expr *cr_parser_primary(struct parser *p);
int cr_parser_is_difference(const struct maths *m, const struct expr *e);
const struct expr *cr_parser_quotient(struct parser *p, const struct expr *x, const struct expr *y);

/* brackets.c, each from its opening sign: the arguments of a function, appended to args; what is in
 * parentheses that `close` ends; |...|; \\begin{pmatrix}. */
const struct expr *cr_parser_arguments(struct parser *p, const struct expr **args, size_t *n);
const struct expr *cr_parser_parenthesis(struct parser *p, char close);
const struct expr *cr_parser_absolute(struct parser *p);
const struct expr *cr_parser_matrix(struct parser *p);
int cr_parser_is_matrix(const char *environment);

#endif
