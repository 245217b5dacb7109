/* Numbers as they are shown to people: decimals, rounded as taught in school. */
#ifndef EXPR_DECIMAL_H
#define EXPR_DECIMAL_H

#include <stddef.h>

#include "expr/rational.h"

/* AUTO    the exact decimal where it ends within n places, else n places
 * PLACES  n places, trailing zeros too
 * SIG     n significant digits; an exact value without trailing zeros
 *
 * In AUTO and PLACES, a value other than 0 that would show as 0 is shown with 3
 * significant digits, and one of 10^15 or more with n (3 to 17), as "1.23e-7". So does
 * SIG below 10^-5 and from 10^15. */
enum decimal_kind { DECIMAL_AUTO, DECIMAL_PLACES, DECIMAL_SIG };
struct decimal_rule {
    enum decimal_kind kind;
    int n; /* 0 .. DECIMAL_DIGITS, SIG from 1; nearer is meant by others */
};

enum { DECIMAL_DIGITS = 100, DECIMAL_SIZE = 160, DECIMAL_DEFAULT = 6 };

/* Write how `value` is shown to buf (at least DECIMAL_SIZE bytes), terminated: "-0.3",
 * "1.82405", "1.23e-7", "nan", "inf". `exact`: the value that `value` approximates,
 * where it is known; NULL: the double itself. Ties go away from zero, decided on the
 * exact value. *is_exact (may be NULL): whether what is shown is the value. Returns buf. */
char *cr_decimal(char *buf, const struct decimal_rule *rule, double value,
                 const struct rational *exact, int *is_exact);

#endif
