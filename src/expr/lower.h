/* From trees to primitives: one translation serves compiling and evaluating, so that
 * both give the same bits.
 *
 * The bits follow the formula as written: sums and products from left to right, a
 * division stays a division. Parts without a symbol are computed once, in float64.
 * x^n for an integer constant |n| <= 64 is multiplications, by squaring from the
 * leading bit of n; 1 over them where n is negative. */
#ifndef EXPR_LOWER_H
#define EXPR_LOWER_H

#include "expr/expr.h"

enum { LOWER_NODES = 640 };

enum lower_kind { LOWER_ARG, LOWER_CONST, LOWER_OP };

struct lower_node {
    enum lower_kind kind;
    uint8_t prim;
    uint16_t a, b, c; /* operands, the unused ones 0 */
    double value;     /* LOWER_CONST */
};

/* A translated subtree: a known number (node -1) or a node. `varies` when it depends
 * on a symbol, known or not. */
struct lowered {
    int varies, node;
    double value;
};

struct lowering {
    const uint64_t *args; /* compiling: nodes 0 .. n_args - 1 */
    size_t n_args;
    struct lower_node *nodes; /* [LOWER_NODES]; NULL when evaluating */
    unsigned n_nodes;
    expr_value *value; /* evaluating */
    void *ctx;
    const struct lowered *operand; /* inside an expansion: what x, y, z stand for */
    cr_status status;              /* the first failure */
    cr_error *err;
};

struct lowered cr_lower(struct lowering *l, const struct expr *e);

unsigned cr_prim_arity(enum prim prim);

/* The node of a translated subtree, a constant if it is a number. */
int cr_lower_node(struct lowering *l, struct lowered v);

#endif
