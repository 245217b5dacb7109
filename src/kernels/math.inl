/* Elementwise mathematics, without branches, over the primitives of a lanes file; sigmoid and
 * tanh: quick.inl for float32, precise.inl for float64.
 *
 * Where one rounding too many would cost the accuracy that program.h promises, a value
 * is carried as hi + lo. `sum` and `sum_ordered` find the rounding error of an addition
 * (Knuth; Dekker), fused() that of a product. Polynomials: coefficients_*.inl. */

#define SIGN_BIT   ((BITS)1 << (8 * sizeof(T) - 1))
#define MAGIC      (C(1.5) * (T)((BITS)1 << FRACTION)) /* adding it rounds to an integer */
#define POLY(z, c) poly((z), (c), (int)(sizeof(c) / sizeof(c)[0]))

struct pair {
    V hi, lo;
};

static inline V poly(V z, const T *c, int n)
{
    V p = c[n - 1];
    for (int i = n - 2; i >= 0; i--)
        p = fused(p, z, c[i]);
    return p;
}

static inline V magnitude(V x)
{
    return from_bits(bits(x) & ~SIGN_BIT);
}

static inline V with_sign_of(V x, V sign)
{
    return from_bits((bits(x) & ~SIGN_BIT) | (bits(sign) & SIGN_BIT));
}

/* a + b = hi + lo exactly */
static inline struct pair sum(V a, V b)
{
    V s = a + b, t = s - a;
    return (struct pair){s, (a - (s - t)) + (b - t)};
}

/* the same where |a| >= |b| or a = 0 */
static inline struct pair sum_ordered(V a, V b)
{
    V s = a + b;
    return (struct pair){s, (a - s) + b};
}

/* 2^n for -BIAS < n <= BIAS */
static inline V power_of_2(I n)
{
    return from_bits((n + BIAS) << FRACTION);
}

/* x 2^n, rounded once, where n may be twice as large */
static inline V scale(V x, I n)
{
    I half = ((n + 4096u) >> 1) - 2048u;
    return x * power_of_2(half) * power_of_2(n - half);
}

/* e^(x + x_lo) = 2^n (1 + hi + lo), |hi| < 0.42; n also as a float */
struct exponential {
    V hi, lo, n;
    I n_int;
};

static inline struct exponential exp_parts(V x, V x_lo)
{
    V shifted = fused(x, LOG2E, MAGIC);
    V n = shifted - MAGIC;
    /* exact: both are multiples of ulp(LN2_FULL), and the difference is below 1/2 */
    V r_hi = fused(-n, LN2_FULL, x);
    struct pair r = sum_ordered(r_hi, fused(-n, LN2_REST, x_lo));
    V tail = fused(r.hi * r.hi, POLY(r.hi, exp_c), fused(r.lo, r.hi, r.lo));
    struct pair p = sum_ordered(r.hi, tail);
    return (struct exponential){p.hi, p.lo, n, bits(shifted) - bits(MAGIC)};
}

/* 1 + hi + lo of the above */
static inline struct pair exp_mantissa(struct exponential e)
{
    struct pair p = sum_ordered(C(1.0), e.hi);
    return (struct pair){p.hi, p.lo + e.lo};
}

static inline V within(V x, V low, V high) /* NaN stays */
{
    x = pick(x > high, high, x);
    return pick(x < low, low, x);
}

static inline V math_exp(V x)
{
    struct exponential e = exp_parts(within(x, EXP_LOW, EXP_HIGH), C(0.0));
    struct pair p = exp_mantissa(e);
    return scale(p.hi + p.lo, e.n_int);
}

/* hi + lo = (e^x - 1) / 2; halved, so that it does not overflow before e^x does */
static inline struct pair half_expm1(V x)
{
    struct exponential e = exp_parts(x, C(0.0));
    V half_power = power_of_2(e.n_int - 1u);
    struct pair less = sum(half_power, C(-0.5));
    struct pair p = sum(less.hi, e.hi * half_power);
    return (struct pair){p.hi, fused(e.lo, half_power, p.lo + less.lo)};
}

static inline V math_expm1(V x)
{
    struct pair p = half_expm1(within(x, EXPM1_LOW, EXPM1_HIGH));
    return pick(magnitude(x) < LINEAR_BELOW, x, (p.hi + p.lo) * C(2.0));
}

/* x = 2^k m, sqrt(1/2) <= m < sqrt 2, for a normal x > 0 */
struct binary {
    V m, k;
};

static inline struct binary split_binary(V x)
{
    /* the exponent with an offset that keeps it positive; as the low bits of 2^FRACTION
     * it turns into a float */
    const T big = (T)((BITS)1 << FRACTION);
    I e = (bits(x) - SQRT_HALF_BITS + ((BITS)(BIAS + 1u) << FRACTION)) >> FRACTION;
    V k = from_bits(e | bits(big)) - (big + (T)(BIAS + 1u));
    return (struct binary){from_bits(bits(x) - ((e - (BIAS + 1u)) << FRACTION)), k};
}

/* hi + lo = log(x + c) + more_k log 2 for a normal x > 0 and |c| <= ulp(x). With
 * f = m - 1 and s = f / (2 + f): log m = 2 atanh s = f - f^2/2 + s (f^2/2 + s^2 P(s^2)) */
static inline struct pair log_parts(V x, V c, V more_k)
{
    struct binary b = split_binary(x);
    V k = b.k + more_k, f = b.m - C(1.0);
    V half_square = C(0.5) * f * f;
    V half_square_lo = fused(C(0.5) * f, f, -half_square);
    struct pair y = sum_ordered(f, -half_square);
    V s = f / (C(2.0) + f), z = s * s;
    V tail = fused(s, fused(z, POLY(z, log_c), half_square), y.lo - half_square_lo) + c / x;
    struct pair whole = sum_ordered(k * LN2_SHORT, y.hi);
    return (struct pair){whole.hi, whole.lo + fused(k, LN2_TAIL, tail)};
}

/* x with subnormals scaled up, and by which power of 2 */
static inline V normal(V x, V *k)
{
    M small = x < LEAST_NORMAL;
    *k = pick(small, (T)-SUBNORMAL_SHIFT, C(0.0));
    return pick(small, x * (T)((BITS)1 << SUBNORMAL_SHIFT), x);
}

static inline V math_log(V x)
{
    V k, scaled = normal(x, &k);
    struct pair p = log_parts(scaled, C(0.0), k);
    V y = pick((x > C(0.0)) & (x < (T)INFINITY), p.hi + p.lo, x);
    y = pick(x == C(0.0), -(T)INFINITY, y);
    return pick(x < C(0.0), (T)NAN, y);
}

static inline V math_log1p(V x)
{
    struct pair u = sum(C(1.0), x);
    struct pair p = log_parts(u.hi, u.lo, C(0.0));
    V y = pick((x > C(-1.0)) & (x < (T)INFINITY), p.hi + p.lo, x);
    y = pick(x == C(-1.0), -(T)INFINITY, y);
    y = pick(x < C(-1.0), (T)NAN, y);
    return pick(magnitude(x) < LINEAR_BELOW, x, y);
}

/* e^-|x|: its parts, the mantissa, and the value as hi + lo, 0 where it is minute */
struct decay {
    struct exponential e;
    struct pair mantissa, value;
};

static inline struct decay decay(V x)
{
    V a = magnitude(x);
    struct decay d;
    d.e = exp_parts(-pick(a > -EXP_LOW, -EXP_LOW, a), C(0.0));
    d.mantissa = exp_mantissa(d.e);
    V power = pick(d.e.n < EXPONENT_SMALL, C(0.0), power_of_2(d.e.n_int));
    d.value = (struct pair){d.mantissa.hi * power, d.mantissa.lo * power};
    return d;
}

/* softplus x = max(x, 0) + log(1 + e^-|x|); far down, E = e^x: E (1 - E/2) */
static inline V math_softplus(V x)
{
    struct decay d = decay(x);
    struct pair u = sum_ordered(C(1.0), d.value.hi);
    struct pair p = log_parts(u.hi, u.lo + d.value.lo, C(0.0));
    struct pair y = sum(pick(x > C(0.0), x, C(0.0)), p.hi);
    V mid = y.hi + (y.lo + p.lo);
    V half_square = C(0.5) * d.mantissa.hi * d.value.hi;
    V low = scale(d.mantissa.hi + (d.mantissa.lo - half_square), d.e.n_int);
    return pick(x > SOFTPLUS_HIGH, x, pick(x < -C(0.5) * SOFTPLUS_HIGH, low, mid));
}

/* |x| < 1: x + x P(x^2); beyond: 1 - e^-P(|x| - 1) */
static inline V math_erf(V x)
{
    V a = magnitude(x), z = x * x;
    V near = fused(x, POLY(z, erf_c), x);
    V t = pick(a > ERF_END, ERF_END, a) - C(1.0);
    struct exponential e = exp_parts(-POLY(t, erfc_c), C(0.0));
    struct pair p = exp_mantissa(e);
    V far = C(1.0) - (p.hi + p.lo) * power_of_2(e.n_int);
    return with_sign_of(pick(a < C(1.0), near, far), x);
}

/* e^|x| / 2 + sign e^-|x| / 2, not accurate near 0 where they cancel */
static inline V half_sum(V x, V sign)
{
    V a = magnitude(x);
    struct exponential e = exp_parts(pick(a > EXP_HIGH, EXP_HIGH, a), C(0.0));
    struct pair p = exp_mantissa(e);
    V power = pick(e.n > C(60.0), C(0.0), power_of_2(0u - e.n_int - e.n_int)) * sign;
    V inverse = C(1.0) / p.hi;
    V inverse_lo = (fused(-inverse, p.hi, C(1.0)) - inverse * p.lo) * inverse;
    struct pair y = sum(p.hi, inverse * power);
    return scale(y.hi + (y.lo + fused(inverse_lo, power, p.lo)), e.n_int - 1u);
}

static inline V math_cosh(V x)
{
    return half_sum(x, C(1.0));
}

static inline V math_sinh(V x)
{
    V z = x * x;
    V near = fused(x * z, POLY(z, sinh_c), x);
    V far = half_sum(x, C(-1.0));
    return with_sign_of(pick(magnitude(x) < C(1.0), near, far), x);
}

/* x = n pi/2 + r.hi + r.lo, |r| <= pi/4 (1 + 2^-9), for |x| < TRIG_LIMIT */
struct angle {
    struct pair r;
    I n;
};

static inline struct angle reduce(V x)
{
    V shifted = fused(x, TWO_OVER_PI, MAGIC), n = shifted - MAGIC;
    V r = fused(-n, HALF_PI_1, x); /* exact, as in exp_parts */
    V product = n * HALF_PI_2, product_lo = fused(n, HALF_PI_2, -product);
    struct pair d = sum(r, -product);
    V rest = d.lo - fused(n, HALF_PI_3, product_lo);
    return (struct angle){sum_ordered(d.hi, rest), bits(shifted) - bits(MAGIC)};
}

/* sin(r) for n = 0, cos(r) for 1, -sin(r) for 2, -cos(r) for 3 */
static inline V sine_of(struct angle a)
{
    V r = a.r.hi, z = r * r, half = C(0.5) * z;
    V s = r + fused(r * z, POLY(z, sin_c), fused(-half, a.r.lo, a.r.lo));
    struct pair one = sum_ordered(C(1.0), -half);
    V c = one.hi + (one.lo + fused(z * z, POLY(z, cos_c), -r * a.r.lo));
    V y = pick(any_bit(a.n, 1u), c, s);
    return pick(any_bit(a.n, 2u), -y, y);
}

static inline V math_sin(V x)
{
    V y = sine_of(reduce(x));
    return pick(magnitude(x) < CUBIC_BELOW * C(0.25), x, y); /* -0 too */
}

static inline V math_cos(V x)
{
    struct angle a = reduce(x);
    a.n = a.n + 1u;
    return sine_of(a);
}

static inline M is_whole(V x)
{
    const T big = (T)((BITS)1 << FRACTION);
    V a = magnitude(x);
    return (a == (a + big) - big) | (a > big);
}

/* log x to about twice the precision of T, for a normal x > 0:
 * 2 atanh s = 2 s + s^3 (2/3 + s^2 P(s^2)), all but P as pairs */
static inline struct pair log_precise(V x, V more_k)
{
    struct binary b = split_binary(x);
    V k = b.k + more_k, f = b.m - C(1.0);
    struct pair d = sum_ordered(C(2.0), f);
    V inverse = C(1.0) / d.hi;
    struct pair s = {f * inverse, 0};
    s.lo = (fused(-s.hi, d.hi, f) - s.hi * d.lo) * inverse;
    struct pair z = {s.hi * s.hi, 0};
    z.lo = fused(s.hi, s.hi, -z.hi) + C(2.0) * s.hi * s.lo;
    struct pair cube = {s.hi * z.hi, 0};
    cube.lo = fused(s.hi, z.hi, -cube.hi) + fused(s.hi, z.lo, s.lo * z.hi);
    struct pair factor = sum_ordered(TWO_THIRDS, z.hi * POLY(z.hi, pow_c));
    factor.lo = factor.lo + TWO_THIRDS_LO;
    struct pair t = {cube.hi * factor.hi, 0};
    t.lo = fused(cube.hi, factor.hi, -t.hi) + fused(cube.hi, factor.lo, cube.lo * factor.hi);
    struct pair y = sum_ordered(C(2.0) * s.hi, t.hi);
    y.lo = y.lo + fused(C(2.0), s.lo, t.lo);
    struct pair whole = sum_ordered(k * LN2_SHORT, y.hi);
    return sum_ordered(whole.hi, whole.lo + fused(k, LN2_TAIL, y.lo));
}

static inline V math_pow(V x, V y)
{
    const T inf = (T)INFINITY;
    V a = magnitude(x), k, scaled = normal(a, &k);
    struct pair log = log_precise(scaled, k);
    V l = pick(a == C(0.0), -inf, pick(a < inf, log.hi, a));
    V product = y * l;
    V product_lo = fused(y, log.hi, -product) + y * log.lo;
    V inside = within(product, EXP_LOW, EXP_HIGH);
    struct exponential e = exp_parts(inside, pick(product == inside, product_lo, C(0.0)));
    struct pair p = exp_mantissa(e);
    V v = scale(p.hi + p.lo, e.n_int);

    M whole = is_whole(y), even = is_whole(y * C(0.5));
    M minus = any_bit(bits(x), SIGN_BIT);
    V flipped = pick(even, v, -v);
    v = pick(minus, pick(whole, flipped, pick((a == C(0.0)) | (a == inf), v, (T)NAN)), v);
    v = pick((a == C(1.0)) & (magnitude(y) == inf), C(1.0), v);
    v = pick(y == C(1.0), x, pick(y == C(2.0), x * x, v));
    v = pick((x == x) & (y == y), v, x + y);
    return pick((x == C(1.0)) | (y == C(0.0)), C(1.0), v);
}
