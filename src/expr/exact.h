/* Numbers of trees as rationals. */
#ifndef EXPR_EXACT_H
#define EXPR_EXACT_H

#include "expr/expr.h"

/* What a NUM shows: its text ("-0.3", "1/2"), else its shortest decimal. 0 when that is
 * no rational of bounded size (π, nan). */
int cr_exact_number(const struct expr *num, struct rational *out);

/* A rational as a tree: a NUM where its decimal ends, else a quotient of integers,
 * negated where it is below 0. */
const struct expr *cr_exact_tree(struct arena *a, const struct rational *r);

#endif
