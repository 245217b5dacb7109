/* Formulas of the function table, parsed as users' formulas are. */
#ifndef EXPR_PARSE_H
#define EXPR_PARSE_H

#include "expr/expr.h"

/* The operands x, y, z and their derivatives dx, dy, dz are symbols of ref 0 .. 5.
 * Comparisons may stand anywhere, and any operand may be a condition. NULL when memory
 * is out. */
const struct expr *cr_expr_parse_rule(struct arena *a, const char *formula);

#endif
