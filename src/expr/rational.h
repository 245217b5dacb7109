/* Exact arithmetic on displayed numbers: rationals of bounded size.
 *
 * Numerator and denominator have at most RATIONAL_BITS bits each, in lowest terms.
 * Every operation returns 1, or 0 with *out untouched when the result does not fit
 * (or a division is by zero). Values only: nothing is allocated. */
#ifndef EXPR_RATIONAL_H
#define EXPR_RATIONAL_H

#include <stddef.h>
#include <stdint.h>

enum { RATIONAL_BITS = 1152, RATIONAL_LIMBS = RATIONAL_BITS / 32 };

struct rational {
    int sign;                                          /* -1, 0, 1 */
    unsigned n_num, n_den;                             /* limbs in use; 0 is 0/1 */
    uint32_t num[RATIONAL_LIMBS], den[RATIONAL_LIMBS]; /* little-endian */
};

void cr_rational_int(struct rational *out, int64_t v);

/* The exact value; 0 where it is not finite. */
int cr_rational_f64(struct rational *out, double v);

/* All of s[0 .. n): "-0.35", "1e-3", also with U+2212 as minus. */
int cr_rational_decimal(struct rational *out, const char *s, size_t n);

int cr_rational_add(struct rational *out, const struct rational *a, const struct rational *b);
int cr_rational_sub(struct rational *out, const struct rational *a, const struct rational *b);
int cr_rational_mul(struct rational *out, const struct rational *a, const struct rational *b);
int cr_rational_div(struct rational *out, const struct rational *a, const struct rational *b);
int cr_rational_pow(struct rational *out, const struct rational *a, int e);

/* a = num / den, both integers, den > 0 */
void cr_rational_split(const struct rational *a, struct rational *num, struct rational *den);

/* 0 unless a is a perfect square. */
int cr_rational_sqrt(struct rational *out, const struct rational *a);

/* -1, 0, 1 */
int cr_rational_cmp(const struct rational *a, const struct rational *b);

/* Correctly rounded, ties to even. */
double cr_rational_to_f64(const struct rational *a);

/* The decimal with `places` digits after the point that is nearest to a (ties away
 * from zero, as taught in school): digits to buf, terminated, without "-0"; trailing
 * zeros stay. Negative places round to tens, hundreds ... *exact (may be NULL): whether
 * it equals a. 0 when buf is too small. */
int cr_rational_round(const struct rational *a, int places, char *buf, size_t size, int *exact);

/* How many places after the point the decimal expansion has; -1 when it does not end. */
int cr_rational_places(const struct rational *a);

#endif
