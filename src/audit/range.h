/* Values of what is printed: exact where they are rational, else intervals that hold the
 * true value (float64, rounded outwards). */
#ifndef AUDIT_RANGE_H
#define AUDIT_RANGE_H

#include "audit/maths.h"
#include "expr/rational.h"

struct range {
    double lo, hi;
    int exact; /* r is the value */
    struct rational r;
};

/* A number or a matrix of them. */
struct amount {
    size_t rows, cols;
    struct range *at; /* [rows][cols] */
};

/* How leaves and functions of the text are read. Each returns 1, or 0 where there is no
 * value. number NULL: every number is what it says. */
struct reading {
    struct arena *a; /* for what is between */
    int (*number)(void *ctx, const struct expr *num, struct range *out);
    int (*symbol)(void *ctx, const struct expr *sym, struct amount *out);
    int (*function)(void *ctx, const struct expr *call, const struct amount *args,
                    struct amount *out);
    void *ctx;
    int *failed; /* set to 1 where memory is short; may be NULL */
};

/* 1, and the value of e; 0 where it has none: symbols without one, shapes that do not go
 * together, divisions by what may be 0, memory. */
int cr_range_eval(const struct reading *r, const struct expr *e, struct amount *out);

void cr_range_point(struct range *out, double v);
void cr_range_exact(struct range *out, const struct rational *r);
int cr_range_between(struct range *out, const struct rational *lo, const struct rational *hi);

/* An interval of reals with exact ends, both belonging to it. */
struct printed {
    struct rational value, lo, hi;
    double unit; /* one step of the last digit */
};

/* What rounds to a printed number; of one that is cut off (...), what begins with it. */
int cr_range_printed(const struct maths *m, const struct bare *bare, struct printed *out);

/* Whether some value of x is in P; whether all are. */
int cr_range_meets(const struct range *x, const struct printed *p);

/* Whether x without its further digits is what is printed. */
int cr_range_is_cut(const struct range *x, const struct printed *p);

/* The same function with outward rounding: name of the function table, one operand. */
int cr_range_function(int row, const struct range *x, struct range *out);

#endif
