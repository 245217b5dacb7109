/* Sigmoid and tanh of float32, within the 2 ulp that program.h allows, with few operations that
 * wait for one another: the step of a small network is one chain of them. No branches.
 *
 * Included for one number, and for the vectors of narrow networks: VEC is the number or vector,
 * NAME(function) the name, and the primitives are ALL(constant), FUSED(a, b, c) = a b + c,
 * PICK(mask, a, b), BITS_OF(v) and OF_BITS(bits). */

/* 1 / (1 + E), E = e^-x = 2^n (1 + q). Both terms are scaled, so that E does not overflow before
 * the result is 0. */
static inline VEC NAME(sigmoid)(VEC x)
{
    const VEC shifted = FUSED(x, ALL(-LOG2E), ALL(MAGIC)), n = ALL(MAGIC) - shifted; /* -n */
    const VEC r = FUSED(n, ALL(LN2_FULL), -x); /* exact, as in exp_parts */
    const VEC rest = n * ALL(LN2_REST), factor = FUSED(n, ALL(LN2_REST), ALL(C(1.0)));
    const VEC square = r * r, fourth = square * square;
    /* q = r + rest (1 + r) + r^2 P(r), in three parts that are made at the same time */
    const VEC linear = FUSED(factor, r, rest);
    const VEC low = FUSED(square, FUSED(r, ALL(exp_c[1]), ALL(exp_c[0])), linear);
    const VEC mid = FUSED(r, ALL(exp_c[3]), ALL(exp_c[2]));
    const VEC high = FUSED(square, FUSED(r, ALL(exp_c[5]), ALL(exp_c[4])), mid);
    const VEC q = FUSED(fourth, high, low), scale = ALL(SIGMOID_SCALE);
    const VEC power = OF_BITS((BITS_OF(shifted) << FRACTION) + BITS_OF(scale));
    const VEC y = scale / FUSED(q, power, power + scale);
    const VEC end = PICK(x > ALL(C(0.0)), ALL(C(1.0)), ALL(C(0.0)));
    return PICK(x > ALL(SIGMOID_HIGH), end, PICK(x < ALL(SIGMOID_LOW), end, y));
}

/* With x = n ln 2 / 2 + h, t = tanh h and M = 2^n - 1, P = 2^n + 1: (M + t P) / (P + t M). For
 * n = 0 that is t; -x gives exactly what x gives. */
static inline VEC NAME(tanh)(VEC x)
{
    const VEC shifted = FUSED(x, ALL(C(2.0) * LOG2E), ALL(MAGIC)),
              n = ALL(MAGIC) - shifted; /* -n */
    const VEC h = FUSED(n, ALL(C(0.5) * LN2_FULL), x), z = h * h;
    const VEC tail = FUSED(z, FUSED(z, ALL(tanh_c[2]), ALL(tanh_c[1])), ALL(tanh_c[0]));
    const VEC t = FUSED(h * z, tail, h), one = ALL(C(1.0));
    const VEC power = OF_BITS((BITS_OF(shifted) << FRACTION) + BITS_OF(one));
    const VEC less = power - one, more = power + one;
    const VEC y = FUSED(t, more, less) / FUSED(t, less, more);
    const VEC a = OF_BITS(BITS_OF(x) & ~SIGN_BIT);
    const VEC near_one = PICK(a > ALL(TANH_HIGH), one, y);
    return OF_BITS(BITS_OF(near_one) | (BITS_OF(x) & SIGN_BIT)); /* -0 too */
}
