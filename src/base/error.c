#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *cr_version(void)
{
#define WORD(x)         #x
#define DOTTED(a, b, c) WORD(a) "." WORD(b) "." WORD(c)
    return DOTTED(CR_VERSION_MAJOR, CR_VERSION_MINOR, CR_VERSION_PATCH);
#undef DOTTED
#undef WORD
}

const char *cr_status_name(cr_status status)
{
    switch (status) {
#define X(name, text) \
    case CR_##name: return "CR_" #name;
        CR_STATUS_LIST(X)
#undef X
    }
    return "CR_?";
}

const char *cr_status_text(cr_status status)
{
    switch (status) {
#define X(name, text) \
    case CR_##name: return text;
        CR_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

/* What a terminal would obey instead of showing: control characters, and those that
 * reorder or hide text. */
static int is_control(unsigned c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || c == 0x061C ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static const char replacement[] = "\xEF\xBF\xBD", ellipsis[] = "\xE2\x80\xA6";

/* Copy n bytes of any content as clean UTF-8: one code point for each code point.
 * What does not fit is cut at a character's boundary, and "..." shows it. */
static void clean(char *to, size_t size, const char *from, size_t n)
{
    size_t used = 0, cut = 0; /* cut: the last length that leaves room for "..." */
    for (size_t i = 0; i < n;) {
        unsigned c;
        const char *s = from + i;
        size_t len = cr_utf8_next(s, n - i, &c);
        i += len;
        if (c == '\t' || c == '\n' || c == '\r')
            s = " ";
        else if (c == 0xFFFD || is_control(c))
            s = replacement, len = 3;
        if (used + len + 1 > size) {
            memcpy(to + cut, "...", 4);
            return;
        }
        memcpy(to + used, s, len);
        used += len;
        if (used + 4 <= size)
            cut = used;
    }
    to[used] = '\0';
}

static void clean_printf(char *to, size_t size, const char *fmt, va_list args)
{
    char buf[1024];
    int n = vsnprintf(buf, sizeof buf, fmt, args);
    if (n < 0)
        n = 0;
    clean(to, size, buf, (size_t)n < sizeof buf ? (size_t)n : sizeof buf - 1);
}

static void start(cr_error *err, cr_status code, const char *fmt, va_list args)
{
    cr_error fresh = {.code = code};
    clean_printf(fresh.message, sizeof fresh.message, fmt, args);
    *err = fresh;
}

cr_status cr_fail(cr_error *err, cr_status code, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        start(err, code, fmt, args);
        va_end(args);
    }
    return code;
}

void cr_say_memory_for(cr_error *err, size_t bytes, const char *fmt, ...)
{
    char what[sizeof err->message / 2];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const double size = (double)bytes;
    cr_fail(err, CR_ERR_MEMORY, "%s: %s needs %.1f %s", cr_status_text(CR_ERR_MEMORY), what,
            size >= 1e9 ? size / 1e9 : size / 1e6, size >= 1e9 ? "GB" : "MB");
}

void cr_hint(cr_error *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, fmt);
    clean_printf(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
}

/* The bytes of a line, without its end. 0 if the text has fewer lines. */
static int find_line(const struct source *src, int line, const char **first, size_t *n)
{
    const char *s = src->text, *end = s + src->size;
    for (int i = 1; i < line; i++) {
        s = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
        if (!s)
            return 0;
        s++;
    }
    const char *stop = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
    if (!stop)
        stop = end;
    if (stop > s && stop[-1] == '\r')
        stop--;
    *first = s;
    *n = (size_t)(stop - s);
    return 1;
}

/* WINDOW code points of at most 4 bytes and two ellipses fit the excerpt. */
enum { WINDOW = 60, LEAD = 30 };

static size_t skip(const char *s, size_t n, size_t points)
{
    size_t i = 0;
    unsigned c;
    while (points-- && i < n)
        i += cr_utf8_next(s + i, n - i, &c);
    return i;
}

static void set_excerpt(cr_error *err, const struct source *src, struct place at)
{
    const char *s;
    size_t n;
    if (!src->text || !find_line(src, at.line, &s, &n))
        return;
    size_t points = cr_utf8_count(s, n), lead = 0, used = 0;
    size_t column = at.column > 0 ? (size_t)at.column - 1 : 0; /* from 0 */
    if (column > points)
        column = points;
    if (points > WINDOW) {
        if (column > LEAD)
            lead = column - LEAD;
        if (lead > points - WINDOW)
            lead = points - WINDOW;
    }
    size_t offset = skip(s, n, lead);
    size_t shown = skip(s + offset, n - offset, WINDOW);

    if (lead) {
        memcpy(err->excerpt, ellipsis, 3);
        used = 3;
    }
    clean(err->excerpt + used, sizeof err->excerpt - used, s + offset, shown);
    if (offset + shown < n)
        strcat(err->excerpt, ellipsis);
    if (at.column > 0)
        err->excerpt_column = (int)(column - lead + (lead ? 1 : 0)) + 1;
}

cr_status cr_fail_at(cr_error *err, cr_status code, const struct source *src, struct place at,
                     const char *fmt, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    start(err, code, fmt, args);
    va_end(args);
    if (at.line > 0) {
        err->line = at.line;
        if (at.column > 0) {
            err->column = at.column;
            err->span = at.span > 1 ? at.span : 1;
        }
    }
    if (src && src->name)
        clean(err->file, sizeof err->file, src->name, strlen(src->name));
    if (src && at.line > 0)
        set_excerpt(err, src, at);
    return code;
}

/* snprintf in pieces. */
struct sink {
    char *buf;
    size_t size, len;
};

static void put(struct sink *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++, out->len++)
        if (out->len + 1 < out->size)
            out->buf[out->len] = s[i];
}

static void put_number(struct sink *out, int v)
{
    char buf[16];
    put(out, buf, (size_t)snprintf(buf, sizeof buf, "%d:", v));
}

static void put_caret(struct sink *out, const cr_error *err)
{
    const char *s = err->excerpt;
    const size_t n = strlen(s);
    const size_t before = skip(s, n, (size_t)err->excerpt_column - 1);
    const size_t span = err->span > 1 ? (size_t)err->span : 1;
    const size_t covered = skip(s + before, n - before, span);
    const size_t indent = 4 + cr_utf8_columns(s, before);
    const size_t width = cr_utf8_columns(s + before, covered);
    for (size_t i = 0; i < indent; i++)
        put(out, " ", 1);
    put(out, "^", 1);
    for (size_t i = 1; i < width; i++)
        put(out, "~", 1);
    put(out, "\n", 1);
}

size_t cr_error_format(const cr_error *err, char *buf, size_t size)
{
    struct sink out = {buf, size, 0};
    if (err->file[0]) {
        put(&out, err->file, strlen(err->file));
        put(&out, ":", 1);
    }
    if (err->line > 0)
        put_number(&out, err->line);
    if (err->line > 0 && err->column > 0)
        put_number(&out, err->column);
    if (out.len)
        put(&out, " ", 1);
    put(&out, "error: ", 7);
    const char *message = err->message[0] ? err->message : cr_status_text(err->code);
    put(&out, message, strlen(message));
    if (err->hint[0]) {
        put(&out, "; ", 2);
        put(&out, err->hint, strlen(err->hint));
    }
    put(&out, "\n", 1);
    if (err->excerpt[0]) {
        put(&out, "    ", 4);
        put(&out, err->excerpt, strlen(err->excerpt));
        put(&out, "\n", 1);
        if (err->excerpt_column > 0)
            put_caret(&out, err);
    }
    if (size)
        buf[out.len < size ? out.len : size - 1] = '\0';
    return out.len;
}

/* Suggestions */

enum { LONGEST_WORD = 64 };

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edits that turn a into b: insert, delete, replace, swap neighbours. Letter case
 * costs nothing. */
static int distance(const char *a, int n, const char *b, int m)
{
    int rows[3][LONGEST_WORD + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (int j = 0; j <= m; j++)
        last[j] = j;
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            int same = lower(a[i - 1]) == lower(b[j - 1]);
            int d = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                d = least(d, before[j - 2] + 1);
            now[j] = d;
        }
        int *spare = before;
        before = last, last = now, now = spare;
    }
    return last[m];
}

const char *cr_suggest(const char *word, const char *const *names, size_t n)
{
    const size_t len = strlen(word);
    const char *best = NULL;
    int best_distance = 0;
    if (len == 0 || len > LONGEST_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t name_len = names[i] ? strlen(names[i]) : 0;
        if (name_len == 0 || name_len > LONGEST_WORD)
            continue;
        const int d = distance(word, (int)len, names[i], (int)name_len);
        const int most = (int)(len > name_len ? len : name_len) / 3;
        if (d <= most && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
