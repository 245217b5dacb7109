/* Random formulas of t and alpha, in the form that the parser gives. */
#ifndef TESTS_EXPR_RANDOM_TREE_H
#define TESTS_EXPR_RANDOM_TREE_H

#include <string.h>

#include "expr/expr.h"

struct random {
    uint64_t state;
};

static inline unsigned below(struct random *r, unsigned n)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((r->state >> 33) % n);
}

static inline const struct expr *random_tree(struct arena *a, struct random *r, int depth);

static inline const struct expr *random_leaf(struct arena *a, struct random *r)
{
    static const double numbers[] = {0, 1, 2, 3, 0.5, 10, 1.702, 1e-7, 2.5e22, 0.044715, 123456};
    switch (below(r, 4)) {
    case 0: return cr_expr_sym(a, 0, "t", NULL);
    case 1: return cr_expr_sym(a, 1, "alpha", NULL);
    case 2: return cr_expr_shown(a, 3.14159265358979323846, "π");
    default: return cr_expr_num(a, numbers[below(r, sizeof numbers / sizeof *numbers)]);
    }
}

/* A sum or product of parts that are not of the same kind, for the parser joins those. */
static inline const struct expr *random_list(struct arena *a, struct random *r, int depth,
                                             enum expr_kind kind)
{
    const struct expr *part[4];
    const unsigned n = 2 + below(r, 3);
    for (unsigned i = 0; i < n; i++) {
        part[i] = random_tree(a, r, depth - 1);
        if (kind == EXPR_ADD && below(r, 2))
            part[i] = cr_expr_unary(a, EXPR_NEG, part[i]);
        if (i == 0 && part[i]->kind != EXPR_SYM)
            part[i] = cr_expr_sym(a, 0, "t", NULL); /* where a leading sign stands is not kept */
    }
    return kind == EXPR_ADD ? cr_expr_add(a, part, n) : cr_expr_mul(a, part, n);
}

static inline const struct expr *random_call(struct arena *a, struct random *r, int depth)
{
    const struct expr_function *f;
    int index;
    do {
        index = (int)below(r, 22);
        f = cr_expr_function(index);
    } while (strchr("<>", f->name[0]));
    const struct expr *args[FUNCTION_OPERANDS];
    for (int i = 0; i < f->arity; i++)
        args[i] = random_tree(a, r, depth - 1);
    if (!strcmp(f->name, "if")) {
        static const char *const compare[] = {"<", "<=", ">", ">="};
        const struct expr *sides[] = {random_tree(a, r, depth - 1), args[0]};
        args[0] = cr_expr_call(a, compare[below(r, 4)], sides, 2);
    }
    return cr_expr_call(a, f->name, args, (size_t)f->arity);
}

static inline const struct expr *random_tree(struct arena *a, struct random *r, int depth)
{
    if (depth == 0)
        return random_leaf(a, r);
    switch (below(r, 8)) {
    case 0:
    case 1: return random_list(a, r, depth, EXPR_ADD);
    case 2: return random_list(a, r, depth, EXPR_MUL);
    case 3: return cr_expr_binary(a, EXPR_DIV, random_leaf(a, r), random_tree(a, r, depth - 1));
    case 4:
        return cr_expr_binary(a, EXPR_POW, random_tree(a, r, depth - 1),
                              below(r, 2) ? cr_expr_num(a, below(r, 5))
                                          : random_tree(a, r, depth - 1));
    case 5: return cr_expr_num(a, -1.5 - below(r, 4));
    default: return random_call(a, r, depth);
    }
}

#endif
