#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cr_text_free(struct text *t)
{
    free(t->s);
    *t = (struct text){0};
}

void cr_text_clear(struct text *t)
{
    t->len = 0;
    t->failed = 0;
    if (t->s)
        t->s[0] = '\0';
}

/* Room for n more bytes and the terminator; 0 when there is none. */
static int reserve(struct text *t, size_t n)
{
    if (t->failed)
        return 0;
    if (n >= SIZE_MAX / 2 - t->len) {
        t->failed = 1;
        return 0;
    }
    const size_t want = t->len + n + 1;
    if (want <= t->cap)
        return 1;
    size_t cap = t->cap ? t->cap : 64;
    while (cap < want)
        cap *= 2;
    char *s = realloc(t->s, cap);
    if (!s) {
        t->failed = 1;
        return 0;
    }
    t->s = s;
    t->cap = cap;
    return 1;
}

void cr_text_addn(struct text *t, const char *s, size_t n)
{
    if (!reserve(t, n))
        return;
    if (n)
        memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = '\0';
}

void cr_text_add(struct text *t, const char *s)
{
    cr_text_addn(t, s, strlen(s));
}

void cr_text_addc(struct text *t, char c)
{
    cr_text_addn(t, &c, 1);
}

void cr_text_repeat(struct text *t, char c, size_t n)
{
    if (!reserve(t, n))
        return;
    memset(t->s + t->len, c, n);
    t->len += n;
    t->s[t->len] = '\0';
}

void cr_text_vprintf(struct text *t, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) {
        t->failed = 1;
        return;
    }
    if (!reserve(t, (size_t)n))
        return;
    vsnprintf(t->s + t->len, (size_t)n + 1, fmt, args);
    t->len += (size_t)n;
}

void cr_text_printf(struct text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    cr_text_vprintf(t, fmt, args);
    va_end(args);
}

const char *cr_text_str(const struct text *t)
{
    return t->s ? t->s : "";
}

/* Numbers. The C library converts, but never sees or shows a decimal point: the
 * point is the only thing that the locale changes. */

struct decimal {
    int negative, n, exponent; /* d[0].d[1]d[2]... * 10^exponent */
    char d[20];
};

/* |v| correctly rounded to n digits. */
static void to_digits(double v, int n, struct decimal *out)
{
    char buf[64];
    snprintf(buf, sizeof buf, "%.*e", n - 1, fabs(v));
    out->n = 0;
    const char *s = buf;
    for (; *s && *s != 'e'; s++)
        if (*s >= '0' && *s <= '9' && out->n < (int)sizeof out->d)
            out->d[out->n++] = *s;
    out->exponent = *s == 'e' ? (int)strtol(s + 1, NULL, 10) : 0;
    out->negative = signbit(v) != 0;
}

/* The digits as an integer and an exponent: no decimal point. */
static void point_free(const struct decimal *v, char *buf, size_t size)
{
    snprintf(buf, size, "%s%.*se%d", v->negative ? "-" : "", v->n, v->d, v->exponent - (v->n - 1));
}

/* 1e16 and more, and less than 1e-4, are written with an exponent. */
static char *write_decimal(const struct decimal *v, char *buf)
{
    char *p = buf;
    int n = v->n;
    while (n > 1 && v->d[n - 1] == '0')
        n--;
    if (v->negative)
        *p++ = '-';
    if (v->exponent < -4 || v->exponent >= 16) {
        *p++ = v->d[0];
        if (n > 1) {
            *p++ = '.';
            for (int i = 1; i < n; i++)
                *p++ = v->d[i];
        }
        snprintf(p, 8, "e%+03d", v->exponent);
        return buf;
    }
    if (v->exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > v->exponent; i--)
            *p++ = '0';
        for (int i = 0; i < n; i++)
            *p++ = v->d[i];
    } else {
        for (int i = 0; i < n || i <= v->exponent; i++) {
            if (i == v->exponent + 1)
                *p++ = '.';
            *p++ = i < n ? v->d[i] : '0';
        }
    }
    *p = '\0';
    return buf;
}

static int special(double v, char *buf)
{
    if (isnan(v))
        strcpy(buf, "nan");
    else if (isinf(v))
        strcpy(buf, v < 0 ? "-inf" : "inf");
    else if (v == 0)
        strcpy(buf, signbit(v) ? "-0" : "0");
    else
        return 0;
    return 1;
}

__extension__ typedef unsigned __int128 u128;

/* The fewest digits, 15 or more, by whole numbers of 128 bits, in which all of this is exact:
 * |v| = m / 2^s, and n digits of it are m 10^k / 2^s rounded to a whole number, ties to even. They name v
 * if they are within half of what the last bit of v is worth: 10^k / 2 in units of 1 / (2^s 10^k). 0: the
 * number is very small or large. */
static int quick_f64(double v, struct decimal *out)
{
    static const uint64_t ten[] = {1u,
                                   10u,
                                   100u,
                                   1000u,
                                   10000u,
                                   100000u,
                                   1000000u,
                                   10000000u,
                                   100000000u,
                                   1000000000u,
                                   10000000000u,
                                   100000000000u,
                                   1000000000000u,
                                   10000000000000u,
                                   100000000000000u,
                                   1000000000000000u,
                                   10000000000000000u,
                                   100000000000000000u};
    const double a = fabs(v);
    if (!(a >= 1e-5 && a < 1e15))
        return 0;
    int binary, e = 0;
    const uint64_t m = (uint64_t)ldexp(frexp(a, &binary), 53);
    const int s = 53 - binary; /* 3 to 69 */
    while (a >= (double)ten[e + 1])
        e++;
    while (e <= 0 && (u128)m * ten[-e] >> s == 0)
        e--;
    for (int n = DBL_DIG; n <= DBL_DECIMAL_DIG; n++) {
        const int k = n - 1 - e; /* 0 to 21 */
        const u128 scale = k < 17 ? ten[k] : (u128)ten[17] * ten[k - 17], p = m * scale;
        const u128 rest = p & (((u128)1 << s) - 1), half = (u128)1 << (s - 1);
        uint64_t d = (uint64_t)(p >> s);
        d += rest > half || (rest == half && (d & 1));
        const u128 back = (u128)d << s, off = back > p ? back - p : p - back;
        const int few = back < p && m == (uint64_t)1 << 52; /* numbers below are twice as dense */
        if (n < DBL_DECIMAL_DIG && (off << few) * 2 >= scale + !(m & 1))
            continue;
        out->n = n;
        out->negative = v < 0;
        out->exponent = d >= ten[n] ? e + 1 : e;
        d = d >= ten[n] ? d / 10 : d;
        for (int i = n - 1; i >= 0; i--, d /= 10)
            out->d[i] = (char)('0' + d % 10);
        return 1;
    }
    return 0;
}

/* A normal number that some 15 digits (float: 6) name is named by those digits
 * rounded to 15 (6), so the search may start there; a subnormal has fewer. */
char *cr_shortest_f64(double v, char *buf)
{
    if (special(v, buf))
        return buf;
    struct decimal digits;
    if (quick_f64(v, &digits))
        return write_decimal(&digits, buf);
    for (int n = fabs(v) < DBL_MIN ? 1 : DBL_DIG;; n++) {
        char s[40];
        to_digits(v, n, &digits);
        point_free(&digits, s, sizeof s);
        if (n >= DBL_DECIMAL_DIG || strtod(s, NULL) == v)
            return write_decimal(&digits, buf);
    }
}

/* A float's digits by whole numbers, where their rounding is beyond doubt: neither the decimals nor
 * the way back come near a tie. 0: not so, or the number is very small or large. */
static int quick_f32(double v, struct decimal *out)
{
    static const double ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    const uint64_t tie = (uint64_t)1 << 28, below = 2 * tie - 1; /* bits that a float lacks */
    const double a = fabs(v);
    int e = 0;
    if (!(a >= 1e-5 && a < 1e9))
        return 0;
    while (a >= ten[e + 1])
        e++;
    while (a < 1 && a * ten[-e] < 1)
        e--;
    for (int n = FLT_DIG; n <= FLT_DECIMAL_DIG; n++) {
        const int k = n - 1 - e;
        const double x = k >= 0 ? a * ten[k] : a / ten[-k], whole = floor(x);
        uint64_t m = (uint64_t)whole + (x - whole > 0.5), bits;
        const double back = k >= 0 ? (double)m / ten[k] : (double)m * ten[-k];
        memcpy(&bits, &back, sizeof bits);
        if (fabs(x - whole - 0.5) < 1e-5 || (bits & below) - (tie - 2) <= 4)
            return 0;
        if ((float)back != (float)a)
            continue;
        out->n = n;
        out->negative = v < 0;
        out->exponent = (double)m >= ten[n] ? e + 1 : e;
        for (int i = n - 1; i >= 0; i--, m /= 10)
            out->d[i] = out->exponent > e ? (char)(i ? '0' : '1') : (char)('0' + m % 10);
        return 1;
    }
    return 0;
}

char *cr_shortest_f32(float v, char *buf)
{
    if (special((double)v, buf))
        return buf;
    struct decimal digits;
    if (quick_f32((double)v, &digits))
        return write_decimal(&digits, buf);
    for (int n = fabsf(v) < FLT_MIN ? 1 : FLT_DIG;; n++) {
        char s[40];
        to_digits((double)v, n, &digits);
        point_free(&digits, s, sizeof s);
        if (n >= FLT_DECIMAL_DIG || strtof(s, NULL) == v)
            return write_decimal(&digits, buf);
    }
}

/* Digits enough to round any float64 correctly; of what follows only whether it is
 * zero matters. */
enum { KEPT_DIGITS = 800 };

struct parsed {
    char digits[KEPT_DIGITS + 1];
    int n, seen;        /* digits kept; digits seen at all */
    long long exponent; /* value = 0.digits... as an integer * 10^exponent */
};

static void take_digit(struct parsed *p, char c, int after_point)
{
    p->seen = 1;
    if (c == '0' && p->n == 0) { /* leading zeros carry no digits */
        p->exponent -= after_point;
    } else if (p->n < KEPT_DIGITS) {
        p->digits[p->n++] = c;
        p->exponent -= after_point;
    } else {
        if (c != '0')
            p->digits[KEPT_DIGITS] = '1';
        p->exponent += !after_point;
    }
}

int cr_parse_f64(const char *s, size_t n, double *out)
{
    const char *end = s + n;
    struct parsed p = {.exponent = 0};
    p.digits[KEPT_DIGITS] = '0';
    int negative = 0, point = 0;
    if (s < end && (*s == '+' || *s == '-'))
        negative = *s++ == '-';
    for (; s < end; s++) {
        if (*s >= '0' && *s <= '9')
            take_digit(&p, *s, point);
        else if (*s == '.' && !point)
            point = 1;
        else
            break;
    }
    if (!p.seen)
        return 0;
    if (s < end) {
        if (*s != 'e' && *s != 'E')
            return 0;
        int down = 0, digits = 0;
        long long e = 0;
        if (++s < end && (*s == '+' || *s == '-'))
            down = *s++ == '-';
        for (; s < end && *s >= '0' && *s <= '9'; s++, digits++)
            if (e < 1000000000000LL)
                e = e * 10 + (*s - '0');
        if (s != end || digits == 0)
            return 0;
        p.exponent += down ? -e : e;
    }
    if (p.n == 0) {
        *out = negative ? -0.0 : 0.0;
        return 1;
    }
    if (p.exponent > 100000)
        p.exponent = 100000;
    if (p.exponent < -100000)
        p.exponent = -100000;

    const int sticky = p.n == KEPT_DIGITS;
    char buf[KEPT_DIGITS + 32];
    snprintf(buf, sizeof buf, "%s%.*se%lld", negative ? "-" : "", p.n + sticky, p.digits,
             p.exponent - sticky);
    const int saved = errno;
    double v = strtod(buf, NULL);
    errno = saved;
    if (isinf(v))
        return 0;
    *out = v;
    return 1;
}

/* UTF-8 */

size_t cr_utf8_next(const char *s, size_t n, unsigned *code)
{
    const unsigned char *b = (const unsigned char *)s;
    size_t len = 1;
    unsigned c = b[0], least = 0;
    *code = 0xFFFD;
    if (c < 0x80) {
        *code = c;
        return 1;
    }
    if (c >= 0xC2 && c <= 0xDF)
        len = 2, c &= 0x1F, least = 0x80;
    else if (c >= 0xE0 && c <= 0xEF)
        len = 3, c &= 0x0F, least = 0x800;
    else if (c >= 0xF0 && c <= 0xF4)
        len = 4, c &= 0x07, least = 0x10000;
    else
        return 1;
    if (len > n)
        return 1;
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (b[i] & 0x3Fu);
    }
    if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 1;
    *code = c;
    return len;
}

size_t cr_utf8_count(const char *s, size_t n)
{
    size_t count = 0;
    unsigned c;
    for (size_t i = 0; i < n; i += cr_utf8_next(s + i, n - i, &c))
        count++;
    return count;
}

struct range {
    unsigned first, last;
};

static int within(unsigned c, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return 1;
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static size_t columns(unsigned c)
{
    static const struct range none[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
        {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
    };
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},
        {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
        {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
        {0x20000, 0x3FFFD},
    };
    if (c < 0x300)
        return c < 0x20 || (c >= 0x7F && c < 0xA0) ? 0 : 1;
    if (within(c, none, COUNT(none)))
        return 0;
    return within(c, wide, COUNT(wide)) ? 2 : 1;
}

size_t cr_utf8_columns(const char *s, size_t n)
{
    size_t total = 0;
    unsigned c;
    for (size_t i = 0; i < n;) {
        i += cr_utf8_next(s + i, n - i, &c);
        total += columns(c);
    }
    return total;
}
