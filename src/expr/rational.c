#include "expr/rational.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Intermediate results are wider than what a rational keeps: a product of two, or one
 * shifted far enough left to give a quotient of 64 bits. */
enum { WIDE = 2 * RATIONAL_LIMBS + 4 };

struct big {
    unsigned n; /* limbs in use, the last of them not 0 */
    uint32_t d[WIDE];
};

static void trim(struct big *a)
{
    while (a->n && !a->d[a->n - 1])
        a->n--;
}

static void from_limbs(struct big *out, const uint32_t *d, unsigned n)
{
    if (n)
        memcpy(out->d, d, n * sizeof *d);
    out->n = n;
    trim(out);
}

static void from_u64(struct big *out, uint64_t v)
{
    out->d[0] = (uint32_t)v;
    out->d[1] = (uint32_t)(v >> 32);
    out->n = 2;
    trim(out);
}

static void copy(struct big *out, const struct big *a)
{
    if (out != a)
        from_limbs(out, a->d, a->n);
}

static unsigned bits(const struct big *a)
{
    if (!a->n)
        return 0;
    return a->n * 32 - (unsigned)__builtin_clz(a->d[a->n - 1]);
}

static int is_one(const struct big *a)
{
    return a->n == 1 && a->d[0] == 1;
}

static int compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (unsigned i = a->n; i-- > 0;) {
        if (a->d[i] != b->d[i])
            return a->d[i] < b->d[i] ? -1 : 1;
    }
    return 0;
}

/* Each of the following returns 0 when the result needs more than WIDE limbs. */
static int add(struct big *out, const struct big *a, const struct big *b)
{
    const struct big *l = a->n >= b->n ? a : b, *s = l == a ? b : a;
    const unsigned n = l->n, m = s->n;
    uint64_t carry = 0;
    for (unsigned i = 0; i < n; i++) {
        carry += (uint64_t)l->d[i] + (i < m ? s->d[i] : 0);
        out->d[i] = (uint32_t)carry;
        carry >>= 32;
    }
    out->n = n;
    if (carry) {
        if (n == WIDE)
            return 0;
        out->d[out->n++] = (uint32_t)carry;
    }
    return 1;
}

/* out = a - b for a >= b */
static void subtract(struct big *out, const struct big *a, const struct big *b)
{
    int64_t borrow = 0;
    const unsigned n = a->n, m = b->n;
    for (unsigned i = 0; i < n; i++) {
        int64_t v = (int64_t)a->d[i] - (i < m ? b->d[i] : 0) + borrow;
        out->d[i] = (uint32_t)v;
        borrow = v < 0 ? -1 : 0;
    }
    out->n = n;
    trim(out);
}

static int multiply(struct big *out, const struct big *a, const struct big *b)
{
    if (!a->n || !b->n) {
        out->n = 0;
        return 1;
    }
    if (a->n + b->n > WIDE)
        return 0;
    uint32_t d[WIDE] = {0};
    for (unsigned i = 0; i < a->n; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < b->n; j++) {
            carry += (uint64_t)a->d[i] * b->d[j] + d[i + j];
            d[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        d[i + b->n] = (uint32_t)carry;
    }
    from_limbs(out, d, a->n + b->n);
    return 1;
}

static int shift_left(struct big *out, const struct big *a, unsigned by)
{
    const unsigned limbs = by / 32, rest = by % 32;
    if (!a->n) {
        out->n = 0;
        return 1;
    }
    if (bits(a) + by > WIDE * 32)
        return 0;
    uint32_t d[WIDE + 1] = {0};
    for (unsigned i = 0; i < a->n; i++) {
        const uint64_t v = (uint64_t)a->d[i] << rest;
        d[i + limbs] |= (uint32_t)v;
        d[i + limbs + 1] = (uint32_t)(v >> 32);
    }
    const unsigned n = a->n + limbs + 1;
    from_limbs(out, d, n > WIDE ? WIDE : n);
    return 1;
}

static void shift_right(struct big *a, unsigned by)
{
    const unsigned limbs = by / 32, rest = by % 32;
    if (limbs >= a->n) {
        a->n = 0;
        return;
    }
    for (unsigned i = limbs; i < a->n; i++) {
        const uint64_t high = i + 1 < a->n ? a->d[i + 1] : 0;
        a->d[i - limbs] = (uint32_t)((high << 32 | a->d[i]) >> rest);
    }
    a->n -= limbs;
    trim(a);
}

static uint32_t divide_small(struct big *a, uint32_t by)
{
    uint64_t rest = 0;
    for (unsigned i = a->n; i-- > 0;) {
        rest = rest << 32 | a->d[i];
        a->d[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    trim(a);
    return (uint32_t)rest;
}

/* One digit of Knuth's algorithm D (The Art of Computer Programming 4.3.1): subtract
 * the largest multiple of v, n limbs with the top bit set, from u[0 .. n] and return
 * the multiplier. */
static uint32_t divide_step(uint32_t *u, const uint32_t *v, unsigned n)
{
    const uint64_t top = (uint64_t)u[n] << 32 | u[n - 1];
    uint64_t q = top / v[n - 1], r = top % v[n - 1];
    while (q >> 32 || (n > 1 && q * v[n - 2] > (r << 32 | u[n - 2]))) {
        q--;
        r += v[n - 1];
        if (r >> 32)
            break;
    }
    int64_t borrow = 0;
    uint64_t carry = 0;
    for (unsigned i = 0; i < n; i++) {
        carry += q * v[i];
        const int64_t t = (int64_t)u[i] - (int64_t)(uint32_t)carry + borrow;
        u[i] = (uint32_t)t;
        borrow = t < 0 ? -1 : 0;
        carry >>= 32;
    }
    const int64_t t = (int64_t)u[n] - (int64_t)carry + borrow;
    u[n] = (uint32_t)t;
    if (t < 0) {
        q--;
        carry = 0;
        for (unsigned i = 0; i < n; i++) {
            carry += (uint64_t)u[i] + v[i];
            u[i] = (uint32_t)carry;
            carry >>= 32;
        }
        u[n] += (uint32_t)carry;
    }
    return (uint32_t)q;
}

/* quotient (may be NULL) and remainder of a / b, b not 0. Outputs may be a or b. */
static void divide(struct big *quotient, struct big *remainder, const struct big *a,
                   const struct big *b)
{
    if (compare(a, b) < 0) {
        copy(remainder, a);
        if (quotient)
            quotient->n = 0;
        return;
    }
    assert(b->n && b->n <= WIDE);
    const unsigned n = b->n, m = a->n, up = (unsigned)__builtin_clz(b->d[n - 1]);
    uint32_t u[WIDE + 1] = {0}, v[WIDE], q[WIDE] = {0};
    for (unsigned i = 0; i < m; i++) {
        const uint64_t w = (uint64_t)a->d[i] << up;
        u[i] |= (uint32_t)w;
        u[i + 1] = (uint32_t)(w >> 32);
    }
    for (unsigned i = 0; i < n; i++) {
        const uint64_t low = i ? b->d[i - 1] : 0;
        v[i] = (uint32_t)(((uint64_t)b->d[i] << 32 | low) << up >> 32);
    }
    for (unsigned j = m - n + 1; j-- > 0;)
        q[j] = divide_step(u + j, v, n);
    from_limbs(remainder, u, n);
    shift_right(remainder, up);
    if (quotient)
        from_limbs(quotient, q, m - n + 1);
}

static void gcd(struct big *out, const struct big *a, const struct big *b)
{
    struct big x, y, r;
    copy(&x, a);
    copy(&y, b);
    while (y.n) {
        if (x.n <= 2 && y.n <= 2) {
            uint64_t p = (x.n > 1 ? (uint64_t)x.d[1] << 32 : 0) | (x.n ? x.d[0] : 0);
            uint64_t q = (y.n > 1 ? (uint64_t)y.d[1] << 32 : 0) | y.d[0];
            while (q) {
                const uint64_t t = p % q;
                p = q;
                q = t;
            }
            from_u64(out, p);
            return;
        }
        divide(NULL, &r, &x, &y);
        copy(&x, &y);
        copy(&y, &r);
    }
    copy(out, &x);
}

static int power_of_ten(struct big *out, unsigned e)
{
    struct big ten;
    from_u64(&ten, 1000000000);
    from_u64(out, 1);
    for (; e >= 9; e -= 9) {
        if (!multiply(out, out, &ten))
            return 0;
    }
    uint64_t rest = 1;
    while (e--)
        rest *= 10;
    from_u64(&ten, rest);
    return multiply(out, out, &ten);
}

/* num / den already in lowest terms. */
static int store(struct rational *out, int sign, const struct big *num, const struct big *den)
{
    if (bits(num) > RATIONAL_BITS || bits(den) > RATIONAL_BITS)
        return 0;
    out->sign = num->n ? sign : 0;
    out->n_num = num->n;
    out->n_den = den->n;
    memcpy(out->num, num->d, num->n * sizeof *num->d);
    memcpy(out->den, den->d, den->n * sizeof *den->d);
    return 1;
}

static int store_reduced(struct rational *out, int sign, struct big *num, struct big *den)
{
    struct big g, rest;
    gcd(&g, num, den);
    if (!is_one(&g)) {
        divide(num, &rest, num, &g);
        divide(den, &rest, den, &g);
    }
    return store(out, sign, num, den);
}

static void load(const struct rational *a, struct big *num, struct big *den)
{
    from_limbs(num, a->num, a->n_num);
    if (a->n_den)
        from_limbs(den, a->den, a->n_den);
    else
        from_u64(den, 1); /* a zeroed struct is 0/1 */
}

void cr_rational_int(struct rational *out, int64_t v)
{
    const uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    *out = (struct rational){
        .sign = (v > 0) - (v < 0),
        .n_num = (size > 0) + (size >> 32 > 0),
        .n_den = 1,
        .num = {(uint32_t)size, (uint32_t)(size >> 32)},
        .den = {1},
    };
}

int cr_rational_f64(struct rational *out, double v)
{
    if (!isfinite(v))
        return 0;
    int e;
    const double m = frexp(fabs(v), &e);
    uint64_t whole = (uint64_t)ldexp(m, 53);
    e -= 53;
    struct big num, den;
    if (!whole) {
        cr_rational_int(out, 0);
        return 1;
    }
    const int twos = __builtin_ctzll(whole);
    whole >>= twos;
    e += twos;
    from_u64(&num, whole);
    from_u64(&den, 1);
    if (!shift_left(e >= 0 ? &num : &den, e >= 0 ? &num : &den, (unsigned)(e >= 0 ? e : -e)))
        return 0;
    return store(out, v < 0 ? -1 : 1, &num, &den);
}

/* Digits and point of a decimal: the digits as an integer, and how many follow the
 * point. Returns the bytes read, or 0. */
static size_t read_digits(const char *s, size_t n, struct big *digits, int64_t *places)
{
    size_t i = 0, seen = 0;
    int point = 0;
    struct big ten, digit;
    from_u64(&ten, 10);
    digits->n = 0;
    *places = 0;
    for (; i < n; i++) {
        if (s[i] == '.' && !point) {
            point = 1;
            continue;
        }
        if (s[i] < '0' || s[i] > '9')
            break;
        seen++;
        *places += point;
        from_u64(&digit, (uint64_t)(s[i] - '0'));
        if (!multiply(digits, digits, &ten) || !add(digits, digits, &digit))
            return 0;
    }
    return seen ? i : 0;
}

int cr_rational_decimal(struct rational *out, const char *s, size_t n)
{
    int sign = 1;
    if (n >= 3 && !memcmp(s, "\xE2\x88\x92", 3)) {
        sign = -1;
        s += 3;
        n -= 3;
    } else if (n && (*s == '-' || *s == '+')) {
        sign = *s == '-' ? -1 : 1;
        s++;
        n--;
    }
    struct big num, den;
    int64_t places, e = 0;
    const size_t used = read_digits(s, n, &num, &places);
    if (!used)
        return 0;
    if (used < n) {
        size_t i = used;
        int down = 0;
        if (s[i] != 'e' && s[i] != 'E')
            return 0;
        i++;
        if (i < n && (s[i] == '-' || s[i] == '+'))
            down = s[i++] == '-';
        if (i == n)
            return 0;
        for (; i < n; i++) {
            if (s[i] < '0' || s[i] > '9')
                return 0;
            e = e > 100000 ? e : e * 10 + (s[i] - '0');
        }
        e = down ? -e : e;
    }
    e -= places;
    from_u64(&den, 1);
    if (num.n && e) {
        struct big scale;
        if (e > WIDE * 10 || e < -WIDE * 10 || !power_of_ten(&scale, (unsigned)(e < 0 ? -e : e)))
            return 0;
        if (e > 0 && !multiply(&num, &num, &scale))
            return 0;
        if (e < 0)
            copy(&den, &scale);
    }
    return store_reduced(out, sign, &num, &den);
}

static int add_signed(struct rational *out, const struct rational *a, const struct rational *b,
                      int b_sign)
{
    struct big an, ad, bn, bd, g, rest;
    load(a, &an, &ad);
    load(b, &bn, &bd);
    /* a/b + c/d over the least common denominator, so that nothing outgrows WIDE */
    gcd(&g, &ad, &bd);
    divide(&bd, &rest, &bd, &g);
    if (!multiply(&an, &an, &bd))
        return 0;
    struct big a_rest;
    divide(&a_rest, &rest, &ad, &g);
    if (!multiply(&bn, &bn, &a_rest) || !multiply(&ad, &ad, &bd))
        return 0;
    int sign = a->sign;
    if (!a->sign) {
        copy(&an, &bn);
        sign = b_sign;
    } else if (b_sign == a->sign) {
        if (!add(&an, &an, &bn))
            return 0;
    } else if (b_sign) {
        if (compare(&an, &bn) >= 0) {
            subtract(&an, &an, &bn);
        } else {
            subtract(&an, &bn, &an);
            sign = b_sign;
        }
    }
    return store_reduced(out, sign, &an, &ad);
}

int cr_rational_add(struct rational *out, const struct rational *a, const struct rational *b)
{
    return add_signed(out, a, b, b->sign);
}

int cr_rational_sub(struct rational *out, const struct rational *a, const struct rational *b)
{
    return add_signed(out, a, b, -b->sign);
}

int cr_rational_mul(struct rational *out, const struct rational *a, const struct rational *b)
{
    struct big an, ad, bn, bd;
    load(a, &an, &ad);
    load(b, &bn, &bd);
    if (!multiply(&an, &an, &bn) || !multiply(&ad, &ad, &bd))
        return 0;
    return store_reduced(out, a->sign * b->sign, &an, &ad);
}

int cr_rational_div(struct rational *out, const struct rational *a, const struct rational *b)
{
    if (!b->sign)
        return 0;
    struct big an, ad, bn, bd;
    load(a, &an, &ad);
    load(b, &bn, &bd);
    if (!multiply(&an, &an, &bd) || !multiply(&ad, &ad, &bn))
        return 0;
    return store_reduced(out, a->sign * b->sign, &an, &ad);
}

int cr_rational_pow(struct rational *out, const struct rational *a, int e)
{
    struct rational base = *a, power;
    cr_rational_int(&power, 1);
    if (e < 0) {
        if (!cr_rational_div(&base, &power, a))
            return 0;
    }
    for (unsigned left = e < 0 ? 0u - (unsigned)e : (unsigned)e; left; left >>= 1) {
        if (left & 1 && !cr_rational_mul(&power, &power, &base))
            return 0;
        if (left > 1 && !cr_rational_mul(&base, &base, &base))
            return 0;
    }
    *out = power;
    return 1;
}

void cr_rational_split(const struct rational *a, struct rational *num, struct rational *den)
{
    const struct rational whole = *a;
    cr_rational_int(num, 1);
    cr_rational_int(den, 1);
    num->sign = whole.sign;
    num->n_num = whole.n_num;
    memcpy(num->num, whole.num, sizeof whole.num);
    if (whole.n_den) {
        den->n_num = whole.n_den;
        memcpy(den->num, whole.den, sizeof whole.den);
    }
}

/* floor(sqrt a), by Newton from above */
static void root(struct big *out, const struct big *a)
{
    struct big x, y, rest;
    if (!a->n) {
        out->n = 0;
        return;
    }
    from_u64(&x, 1);
    shift_left(&x, &x, (bits(a) + 1) / 2);
    for (;;) {
        divide(&y, &rest, a, &x);
        add(&y, &y, &x);
        shift_right(&y, 1);
        if (compare(&y, &x) >= 0)
            break;
        copy(&x, &y);
    }
    copy(out, &x);
}

int cr_rational_sqrt(struct rational *out, const struct rational *a)
{
    if (a->sign < 0)
        return 0;
    struct big num, den, rn, rd, square;
    load(a, &num, &den);
    root(&rn, &num);
    root(&rd, &den);
    if (!multiply(&square, &rn, &rn) || compare(&square, &num))
        return 0;
    if (!multiply(&square, &rd, &rd) || compare(&square, &den))
        return 0;
    return store(out, 1, &rn, &rd);
}

int cr_rational_cmp(const struct rational *a, const struct rational *b)
{
    if (a->sign != b->sign)
        return a->sign < b->sign ? -1 : 1;
    struct big an, ad, bn, bd;
    load(a, &an, &ad);
    load(b, &bn, &bd);
    multiply(&an, &an, &bd); /* both fit: at most 2 RATIONAL_BITS */
    multiply(&bn, &bn, &ad);
    return compare(&an, &bn) * (a->sign < 0 ? -1 : 1);
}

double cr_rational_to_f64(const struct rational *a)
{
    struct big num, den, rest;
    load(a, &num, &den);
    if (!num.n)
        return 0;
    const int k = 62 - ((int)bits(&num) - (int)bits(&den));
    shift_left(k >= 0 ? &num : &den, k >= 0 ? &num : &den, (unsigned)(k >= 0 ? k : -k));
    divide(&num, &rest, &num, &den);
    const uint64_t q = (uint64_t)num.d[1] << 32 | num.d[0]; /* 62 or 63 bits */
    const int length = 64 - __builtin_clzll(q);
    const int e = length - k; /* a < 2^e */
    const int precision = e + 1074 < 53 ? e + 1074 : 53;
    if (precision < 0)
        return a->sign < 0 ? -0.0 : 0.0;
    const int drop = length - precision;
    uint64_t m = q >> drop;
    const uint64_t half = UINT64_C(1) << (drop - 1), low = q & (2 * half - 1);
    if (low > half || (low == half && (rest.n || m & 1)))
        m++;
    return a->sign * ldexp((double)m, drop - k);
}

/* Decimal digits of a (consumed) to the end of s[0 .. size); returns where they begin,
 * size when there is no room. */
static size_t digits_of(struct big *a, char *s, size_t size)
{
    size_t at = size;
    do {
        uint32_t part = divide_small(a, 1000000000);
        for (int i = 0; i < 9 && (a->n || part || i == 0); i++) {
            if (!at)
                return size;
            s[--at] = (char)('0' + part % 10);
            part /= 10;
        }
    } while (a->n);
    return at;
}

int cr_rational_round(const struct rational *a, int places, char *buf, size_t size, int *exact)
{
    struct big num, den, rest, scale;
    const unsigned shift = (unsigned)(places < 0 ? -places : places);
    load(a, &num, &den);
    if (shift > 400 || !power_of_ten(&scale, shift))
        return 0;
    if (!multiply(places < 0 ? &den : &num, places < 0 ? &den : &num, &scale))
        return 0;
    divide(&num, &rest, &num, &den);
    const int is_exact = !rest.n;
    struct big one;
    from_u64(&one, 1);
    if (!add(&rest, &rest, &rest))
        return 0;
    if (compare(&rest, &den) >= 0 && !add(&num, &num, &one))
        return 0;
    const int zero = !num.n;
    char digits[WIDE * 10];
    const size_t at = digits_of(&num, digits, sizeof digits), n = sizeof digits - at;
    const size_t zeros = places < 0 && !zero ? shift : 0, after = places > 0 ? shift : 0;
    const size_t lead = n <= after ? after + 1 - n : 0;
    const size_t minus = a->sign < 0 && !zero;
    if (minus + lead + n + (after ? 1 : 0) + zeros + 1 > size)
        return 0;
    char *p = buf;
    if (minus)
        *p++ = '-';
    for (size_t i = 0; i < lead + n; i++) {
        if (after && i == lead + n - after)
            *p++ = '.';
        *p++ = i < lead ? '0' : digits[at + i - lead];
    }
    for (size_t i = 0; i < zeros; i++)
        *p++ = '0';
    *p = 0;
    if (exact)
        *exact = is_exact;
    return 1;
}

int cr_rational_places(const struct rational *a)
{
    struct big num, den;
    int twos = 0, fives = 0;
    load(a, &num, &den);
    while (!(den.d[0] & 1)) {
        shift_right(&den, 1);
        twos++;
    }
    while (!is_one(&den)) {
        if (divide_small(&den, 5))
            return -1;
        fives++;
    }
    return twos > fives ? twos : fives;
}
