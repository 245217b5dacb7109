/* Sigmoid and tanh within 1 ulp, as program.h promises for float64. */

/* (a.hi + a.lo) / (b.hi + b.lo), nearly rounded once */
static inline V quotient(struct pair a, struct pair b)
{
    V inverse = C(1.0) / b.hi, q = a.hi * inverse;
    V rest = fused(-q, b.hi, a.hi) + fused(-q, b.lo, a.lo);
    return fused(rest, inverse, q);
}

/* tanh x = E / (E + 1), E = (e^2x - 1) / 2 */
static inline V math_tanh(V x)
{
    V a = magnitude(x);
    struct pair e = half_expm1(C(2.0) * pick(a > TANH_HIGH, TANH_HIGH, a));
    struct pair d = sum(e.hi, C(1.0));
    d.lo = d.lo + e.lo;
    V y = pick(a < CUBIC_BELOW, a, quotient(e, d));
    return with_sign_of(y, x);
}

static inline V math_sigmoid(V x)
{
    struct decay d = decay(x);
    struct pair below = sum_ordered(C(1.0), d.value.hi), above;
    M negative = x < C(0.0);
    below.lo = below.lo + d.value.lo;
    above.hi = pick(negative, d.mantissa.hi, C(1.0));
    above.lo = pick(negative, d.mantissa.lo, C(0.0));
    V y = quotient(above, below);
    return pick(negative, scale(y, d.e.n_int), y);
}
