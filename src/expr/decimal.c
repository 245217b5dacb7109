#include "expr/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SMALL_DIGITS = 3, EXPONENT_LOW = -5, EXPONENT_HIGH = 15, DOUBLE_DIGITS = 17 };

static int clip(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* 10^e, where it fits. */
static int power_of_ten(struct rational *out, int e)
{
    struct rational ten;
    cr_rational_int(&ten, 10);
    return cr_rational_pow(out, &ten, e);
}

/* e with 10^e <= |r| < 10^(e+1), r not 0 */
static int decimal_exponent(const struct rational *r)
{
    const double size = log10((double)r->num[r->n_num - 1] / r->den[r->n_den - 1]);
    struct rational p, positive = *r;
    int e = (int)floor(size + 32.0 * log10(2) * ((int)r->n_num - (int)r->n_den));
    positive.sign = 1;
    while (power_of_ten(&p, e + 1) && cr_rational_cmp(&positive, &p) >= 0)
        e++;
    while (power_of_ten(&p, e) && cr_rational_cmp(&positive, &p) < 0)
        e--;
    return e;
}

static void strip_zeros(char *s)
{
    size_t n = strlen(s);
    if (!strchr(s, '.'))
        return;
    while (s[n - 1] == '0')
        n--;
    s[n - (s[n - 1] == '.')] = 0;
}

/* n significant digits as d.ddde-7 */
static int scientific(char *buf, const struct rational *r, int n)
{
    struct rational scale, m;
    int e = decimal_exponent(r), exact = 0;
    if (!power_of_ten(&scale, e) || !cr_rational_div(&m, r, &scale) ||
        !cr_rational_round(&m, n - 1, buf, DECIMAL_SIZE, &exact)) {
        snprintf(buf, DECIMAL_SIZE, "%.*e", n - 1, cr_rational_to_f64(r));
        return 0;
    }
    if (buf[m.sign < 0] == '1' && buf[(m.sign < 0) + 1] == '0') { /* 9.99 became 10.0 */
        e++;
        cr_rational_int(&m, r->sign);
        cr_rational_round(&m, n - 1, buf, DECIMAL_SIZE, NULL);
    }
    if (exact)
        strip_zeros(buf);
    const size_t used = strlen(buf);
    snprintf(buf + used, DECIMAL_SIZE - used, "e%d", e);
    return exact;
}

static int significant(char *buf, const struct rational *r, int n)
{
    struct rational above, rounded;
    int e = decimal_exponent(r), exact = 0;
    if (e < EXPONENT_LOW || e >= EXPONENT_HIGH)
        return scientific(buf, r, n);
    cr_rational_round(r, n - 1 - e, buf, DECIMAL_SIZE, &exact);
    /* 9.996 to three digits is 10.0, not 10.00 */
    if (power_of_ten(&above, e + 1) && cr_rational_decimal(&rounded, buf, strlen(buf))) {
        rounded.sign = 1;
        if (cr_rational_cmp(&rounded, &above) >= 0)
            cr_rational_round(r, n - 2 - e, buf, DECIMAL_SIZE, &exact);
    }
    if (exact)
        strip_zeros(buf);
    return exact;
}

static int fixed(char *buf, const struct rational *r, int n, int automatic)
{
    const int ends = cr_rational_places(r), places = automatic && ends >= 0 && ends < n ? ends : n;
    int exact = 0;
    if (decimal_exponent(r) >= EXPONENT_HIGH)
        return scientific(buf, r, clip(n, SMALL_DIGITS, DOUBLE_DIGITS));
    cr_rational_round(r, places, buf, DECIMAL_SIZE, &exact);
    if (!strpbrk(buf, "123456789"))
        return scientific(buf, r, SMALL_DIGITS);
    return exact;
}

char *cr_decimal(char *buf, const struct decimal_rule *rule, double value,
                 const struct rational *exact, int *is_exact)
{
    struct rational own, zero;
    const int n = clip(rule->n, rule->kind == DECIMAL_SIG, DECIMAL_DIGITS);
    int shown_exactly = 1;
    if (!exact && cr_rational_f64(&own, value))
        exact = &own;
    if (!exact) {
        snprintf(buf, DECIMAL_SIZE, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    } else if (!exact->sign) {
        cr_rational_int(&zero, 0);
        cr_rational_round(&zero, rule->kind == DECIMAL_PLACES ? n : 0, buf, DECIMAL_SIZE, NULL);
    } else if (rule->kind == DECIMAL_SIG) {
        shown_exactly = significant(buf, exact, n);
    } else {
        shown_exactly = fixed(buf, exact, n, rule->kind == DECIMAL_AUTO);
    }
    if (is_exact)
        *is_exact = shown_exactly;
    return buf;
}
