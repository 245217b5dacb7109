#include "data/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

__extension__ typedef unsigned __int128 u128;

enum { MOST_DIGITS = 19, MOST_POWER = 19 }; /* what 64 bits hold */

static const uint64_t power[MOST_POWER + 1] = {1u,
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
                                               100000000000000000u,
                                               1000000000000000000u,
                                               10000000000000000000u};

/* The same as doubles, which hold powers of ten up to 10^22 exactly. */
static const double exact[MOST_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                             1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                             1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

static int same_word(const char *s, size_t n, const char *word)
{
    size_t i = 0;
    for (; i < n && word[i]; i++)
        if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]) != word[i])
            return 0;
    return i == n && !word[i];
}

int cr_cell_is_missing(const char *s, size_t n)
{
    static const char *const words[] = {"na", "n/a", "nan", "null", "?"};
    if (n == 0)
        return 1;
    for (size_t i = 0; n <= 4 && i < sizeof words / sizeof *words; i++)
        if (same_word(s, n, words[i]))
            return 1;
    return 0;
}

int cr_cell_boolean(const char *s, size_t n)
{
    static const char *const no[] = {"0", "f", "false", "n", "no"};
    static const char *const yes[] = {"1", "t", "true", "y", "yes"};
    for (size_t i = 0; i < 5; i++) {
        if (same_word(s, n, no[i]))
            return 0;
        if (same_word(s, n, yes[i]))
            return 1;
    }
    return -1;
}

/* v = m / 2^shift rounded to nearest even, where `rest` says that m is a little too small.
 * m has 54 bits or more. */
static double round_down(uint64_t m, int rest, int shift)
{
    const int drop = 64 - __builtin_clzll(m) - 53;
    const uint64_t half = (uint64_t)1 << (drop - 1), low = m & (2 * half - 1);
    uint64_t kept = m >> drop;
    if (low > half || (low == half && (rest || (kept & 1))))
        kept++;
    return ldexp((double)kept, drop - shift);
}

/* digits * 10^e exactly rounded. Up to 2^53 and 10^19 one operation does it (Clinger 1990);
 * else one integer division of 128 by 64 bits, with the remainder, or the product. */
static inline double scale(uint64_t digits, int e)
{
    if (digits <= (uint64_t)1 << 53 && e == 0)
        return (double)(int64_t)digits;
    if (digits <= (uint64_t)1 << 53)
        return e < 0 ? (double)(int64_t)digits / exact[-e] : (double)(int64_t)digits * exact[e];
    if (e >= 0) {
        const u128 product = (u128)digits * power[e];
        const uint64_t high = (uint64_t)(product >> 64);
        if (!high)
            return (double)(uint64_t)product;
        const int up = 64 - __builtin_clzll(high);
        const uint64_t m = (uint64_t)(product >> up);
        return round_down(m, (product & (((u128)1 << up) - 1)) != 0, -up);
    }
    /* the quotient has 63 or 64 bits: m < 2^64, so the division fits the machine's */
    const uint64_t d = power[-e];
    const int shift = __builtin_clzll(digits), more = 63 - __builtin_clzll(d);
    const u128 wide = (u128)(digits << shift) << more;
    const uint64_t quotient = (uint64_t)(wide / d);
    return round_down(quotient, (uint64_t)wide != quotient * d, shift + more);
}

static size_t digits_at(const char *s, size_t i, size_t n)
{
    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i;
}

/* Is it written as a number. */
static int is_decimal(const char *s, size_t n)
{
    const size_t first = n && (s[0] == '+' || s[0] == '-');
    size_t i = digits_at(s, first, n), point = 0;
    if (i < n && s[i] == '.') {
        point = 1;
        i = digits_at(s, i + 1, n);
    }
    if (i == first + point)
        return 0;
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i += 1 + (i + 1 < n && (s[i + 1] == '+' || s[i + 1] == '-'));
        const size_t end = digits_at(s, i, n);
        return end > i && end == n;
    }
    return i == n;
}

static enum cell slow_number(const char *s, size_t n, double *out)
{
    const char *word = n && (s[0] == '+' || s[0] == '-') ? s + 1 : s;
    const size_t rest = n - (size_t)(word - s);
    double v;
    *out = NAN;
    if (cr_cell_is_missing(s, n))
        return CELL_MISSING;
    if (same_word(word, rest, "inf") || same_word(word, rest, "infinity"))
        return CELL_INFINITE;
    if (!cr_parse_f64(s, n, &v)) /* no number, or too large for one */
        return is_decimal(s, n) ? CELL_INFINITE : CELL_TEXT;
    *out = v;
    return v == floor(v) ? CELL_WHOLE : CELL_FRACTION;
}

/* Up to 8 digits at p, where 8 bytes can be read, without a branch: how many. Lengths are not to be
 * foretold, so a loop over digits costs a mistaken branch for nearly every number. */
static inline unsigned some_digits(const char *p, uint64_t *digits)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    w ^= each * '0'; /* digits are 0 .. 9 now; 6 more than others have a high half that is not 0 */
    const uint64_t other = ((w + each * 6) | w) & each * 0xF0;
    const unsigned n = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
    w = n ? w << (64 - 8 * n) : 0; /* zeros before them: 8 digits, 4 pairs, 2 fours, 1 number */
    w = (w * 10 + (w >> 8)) & 0x00FF00FF00FF00FFu;
    w = (w * 100 + (w >> 16)) & 0x0000FFFF0000FFFFu;
    *digits = (w * 10000 + (w >> 32)) & 0xFFFFFFFFu;
    return n;
}

/* Add digits to a number; the first character behind them. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *digits)
{
    uint64_t v = *digits;
    for (unsigned d; p < end && (d = (unsigned)(*p - '0')) < 10; p++)
        v = v * 10 + d;
    *digits = v;
    return p;
}

/* An exponent behind its e; NULL where there is none. */
static const char *take_exponent(const char *p, const char *end, int *e)
{
    const int minus = p < end && *p == '-', sign = minus || (p < end && *p == '+');
    uint64_t given = 0;
    const char *first = p + sign;
    p = take_digits(first, end, &given);
    if (p == first || p - first > 4)
        return NULL;
    *e += minus ? -(int)given : (int)given;
    return p;
}

const char *cr_number_scan(const char *s, const char *end, double *out, int *fraction)
{
    const int negative = s < end && *s == '-';
    const char *first = s + negative, *p = first, *point = NULL;
    uint64_t digits = 0;
    int e = 0;
    *fraction = 0;
    if (end - s > 16) { /* most numbers end within this; what does not goes on below */
        const unsigned n = some_digits(first, &digits);
        p = first + n;
        if (n > 0 && n < 8 && *p != '.' && (*p | 32) != 'e') {
            const double v = (double)(int64_t)digits;
            *out = negative ? -v : v;
            return p;
        }
        if (n > 0 && n < 8 && *p == '.') {
            uint64_t part;
            const unsigned m = some_digits(p + 1, &part);
            point = p + 1;
            p = point + m;
            digits = digits * power[m] + part;
            if (m > 0 && m < 8 && (*p | 32) != 'e') {
                const double v = (double)(int64_t)digits / exact[m]; /* as scale() has it */
                *out = negative ? -v : v;
                *fraction = part != 0;
                return p;
            }
        }
    }
    p = take_digits(p, end, &digits);
    if (!point && p < end && *p == '.') {
        point = p + 1;
        p = take_digits(point, end, &digits);
    }
    const ptrdiff_t count = p - first - (point != NULL);
    if (count == 0 || count > MOST_DIGITS)
        return NULL;
    if (point)
        e = -(int)(p - point);
    if (p < end && (*p == 'e' || *p == 'E') && !(p = take_exponent(p + 1, end, &e)))
        return NULL;
    if (e < -MOST_POWER || e > MOST_POWER)
        return NULL;
    const double v = scale(digits, e);
    *out = negative ? -v : v;
    if (e < 0)
        *fraction = v != floor(v);
    return p;
}

enum cell cr_cell_number(const char *s, size_t n, double *out)
{
    int fraction;
    if (cr_number_scan(s, s + n, out, &fraction) == s + n)
        return fraction ? CELL_FRACTION : CELL_WHOLE;
    return slow_number(s, n, out);
}

/* Formatted numbers */

/* Drop a sign of money or percent, and the blanks beside it, at one end; 1 if there was one. */
static int drop_unit(const char **s, size_t *n)
{
    static const char *const units[] = {"$", "%", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t k = strlen(units[i]);
        if (*n <= k)
            continue;
        if (!memcmp(*s, units[i], k)) {
            for (*s += k, *n -= k; *n && **s == ' '; ++*s)
                --*n;
            return 1;
        }
        if (!memcmp(*s + *n - k, units[i], k)) {
            for (*n -= k; *n && (*s)[*n - 1] == ' ';)
                --*n;
            return 1;
        }
    }
    return 0;
}

/* Digits in groups of three behind the first, with `mark` between them, at most up to s + n. */
static size_t grouped_digits(const char *s, size_t n, char mark, size_t *groups)
{
    size_t i = digits_at(s, 0, n);
    *groups = 0;
    if (i == 0 || i > 3)
        return i;
    while (i < n && s[i] == mark && digits_at(s, i + 1, n) == i + 4) {
        i += 4;
        ++*groups;
    }
    return i;
}

int cr_cell_is_formatted_number(const char *s, size_t n)
{
    static const char marks[] = {',', '.', '\'', ' '};
    if (n && (*s == '-' || *s == '+'))
        s++, n--;
    const int unit = drop_unit(&s, &n);
    if (n && (*s == '-' || *s == '+'))
        s++, n--;
    const size_t whole = digits_at(s, 0, n);
    if (unit && n && is_decimal(s, n))
        return 1;
    if (whole < n && s[whole] == ',' && whole + 1 < n && digits_at(s, whole + 1, n) == n)
        return 1; /* 12,5 */
    for (size_t m = 0; m < sizeof marks; m++) {
        size_t groups, i = grouped_digits(s, n, marks[m], &groups);
        const char point = marks[m] == '.' ? ',' : '.';
        if (groups && i < n && (s[i] == point || (s[i] == ',' && marks[m] != ',')))
            i = digits_at(s, i + 1, n);
        else if (groups == 1 && marks[m] == '.')
            continue; /* 1.234 is read as it stands */
        if (groups && i == n)
            return 1;
    }
    return 0;
}

/* Dates */

/* Days from 1970-01-01 in the Gregorian calendar, years from March so that the leap day is a
 * year's last. */
static int64_t days_of(int64_t y, int m, int d)
{
    y -= m <= 2;
    const int64_t era = (y >= 0 ? y : y - 399) / 400, year = y - era * 400;
    const int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

static void date_of(int64_t days, int *y, int *m, int *d)
{
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097, rest = days - era * 146097;
    const int64_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    const int64_t day = rest - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
    *d = (int)(day - (153 * month + 2) / 5 + 1);
    *m = (int)(month < 10 ? month + 3 : month - 9);
    *y = (int)(year + era * 400 + (*m <= 2));
}

/* Exactly `width` digits at *p. */
static int take(const char **p, const char *end, int width, int *out)
{
    int v = 0;
    if (end - *p < width)
        return 0;
    for (int i = 0; i < width; i++) {
        const char c = (*p)[i];
        if (c < '0' || c > '9')
            return 0;
        v = v * 10 + (c - '0');
    }
    *p += width;
    *out = v;
    return 1;
}

static int take_char(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return 0;
    ++*p;
    return 1;
}

static int take_date(const char **p, const char *end, int *y, int *m, int *d)
{
    if (end - *p >= 10 && (*p)[2] == '.')
        return take(p, end, 2, d) && take_char(p, end, '.') && take(p, end, 2, m) &&
               take_char(p, end, '.') && take(p, end, 4, y);
    if (!take(p, end, 4, y) || *p == end || (**p != '-' && **p != '/'))
        return 0;
    const char sign = *(*p)++;
    return take(p, end, 2, m) && take_char(p, end, sign) && take(p, end, 2, d);
}

/* Z, +02:00 or +0200: seconds that local time is ahead. */
static int take_zone(const char **p, const char *end, int *ahead)
{
    int h, m = 0;
    if (take_char(p, end, 'Z') || *p == end)
        return 1;
    const char sign = *(*p)++;
    if ((sign != '+' && sign != '-') || !take(p, end, 2, &h))
        return 0;
    if (*p < end) {
        take_char(p, end, ':');
        if (!take(p, end, 2, &m))
            return 0;
    }
    *ahead = (h * 60 + m) * (sign == '-' ? -60 : 60);
    return h < 24 && m < 60;
}

static int take_clock(const char **p, const char *end, double *seconds)
{
    int h, m, s = 0, ahead = 0;
    double fraction = 0, unit = 1;
    if (!take(p, end, 2, &h) || !take_char(p, end, ':') || !take(p, end, 2, &m))
        return 0;
    if (take_char(p, end, ':') && !take(p, end, 2, &s))
        return 0;
    if (take_char(p, end, '.'))
        for (int digit; take(p, end, 1, &digit); unit *= 10)
            fraction = fraction * 10 + digit;
    if (!take_zone(p, end, &ahead))
        return 0;
    *seconds = h * 3600 + m * 60 + s - ahead + fraction / unit;
    return h < 24 && m < 60 && s < 61 && isfinite(*seconds);
}

int cr_cell_time(const char *s, size_t n, double *out)
{
    static const int length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *p = s, *end = s + n;
    int y, m, d;
    double clock = 0;
    if (n < 10 || n > 40 || !take_date(&p, end, &y, &m, &d))
        return 0;
    if (m < 1 || m > 12 || d < 1 || d > length[m - 1])
        return 0;
    if (m == 2 && d == 29 && (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0)))
        return 0;
    if (p < end &&
        ((!take_char(&p, end, 'T') && !take_char(&p, end, ' ')) || !take_clock(&p, end, &clock)))
        return 0;
    *out = (double)days_of(y, m, d) * 86400 + clock;
    return p == end;
}

struct time_parts cr_time_parts(double seconds)
{
    struct time_parts t;
    const double days = floor(seconds / 86400);
    date_of((int64_t)days, &t.year, &t.month, &t.day);
    t.weekday = (int)(((int64_t)days % 7 + 10) % 7) + 1; /* 1970-01-01 was a Thursday */
    t.hour = (seconds - days * 86400) / 3600;
    return t;
}

char *cr_time_text(double seconds, char *buf)
{
    const struct time_parts t = cr_time_parts(seconds);
    const int second = (int)(seconds - floor(seconds / 86400) * 86400);
    if (t.hour > 0)
        snprintf(buf, 40, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.year % 10000, t.month, t.day,
                 second / 3600, second / 60 % 60, second % 60);
    else
        snprintf(buf, 40, "%04d-%02d-%02d", t.year % 10000, t.month, t.day);
    return buf;
}
