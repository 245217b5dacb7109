#include "audit/token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "audit/words.h"
#include "base/text.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* How far a brace or a dollar may be from its partner. */
enum { MOST_GROUP = 4000, MOST_BOXED = 8 };

struct reader {
    struct arena *a;
    const char *s;
    size_t at, end;
    int comma;
    int math, display; /* display: the whole range is mathematics */
    int space, line, opens;
    size_t boxed[MOST_BOXED]; /* closing braces that mean nothing */
    int n_boxed;
    struct tokens *out;
};

static struct token *push(struct reader *r, enum token_kind kind, size_t at, size_t end,
                          const char *text)
{
    struct tokens *t = r->out;
    if (t->n + 1 >= t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 64;
        struct token *more = realloc(t->token, cap * sizeof *more);
        if (!more) {
            t->failed = 1;
            return NULL;
        }
        t->token = more;
        t->cap = cap;
    }
    struct token *k = &t->token[t->n++];
    *k = (struct token){.kind = (unsigned char)kind,
                        .math = (unsigned char)r->math,
                        .space = (unsigned char)r->space,
                        .line = (unsigned char)r->line,
                        .opens = (unsigned char)(r->math && r->opens),
                        .at = at,
                        .end = end,
                        .text = text};
    if (kind == TOKEN_OP)
        k->op = (unsigned char)text[0];
    r->space = r->line = r->opens = 0;
    return k;
}

static const char *keep(struct reader *r, const char *s, size_t n)
{
    const char *copy = cr_arena_strndup(r->a, s, n);
    if (!copy)
        r->out->failed = 1;
    return copy ? copy : "";
}

static void push_entry(struct reader *r, const struct entry *e, size_t at, size_t end)
{
    if (e->kind == TOKEN_END)
        r->space = 1;
    else
        push(r, e->kind, at, end, e->text ? e->text : e->name);
}

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->end ? r->s[r->at + ahead] : '\0';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The bytes of a decimal separator at i, and 0 where there is none before a digit. */
static size_t point_at(const struct reader *r, size_t i)
{
    const char *s = r->s + i;
    const size_t n = r->end - i;
    /* [0., 1.] */
    if (!r->comma && !r->math && n > 1 && s[0] == '.' && (s[1] == ']' || s[1] == ','))
        return 1;
    if (n > 1 && s[0] == (r->comma ? ',' : '.') && is_digit(s[1]))
        return 1;
    if (r->comma && n > 3 && memcmp(s, "{,}", 3) == 0 && is_digit(s[3]))
        return 3;
    return 0;
}

/* A separator of thousands: exactly three digits follow, and then none. */
static size_t thousands_at(const struct reader *r, size_t i)
{
    const char *s = r->s + i;
    const size_t n = r->end - i;
    size_t len = n > 3 && memcmp(s, "{,}", 3) == 0         ? 3
                 : n > 2 && memcmp(s, "\\,", 2) == 0       ? 2
                 : n > 1 && s[0] == (r->comma ? '.' : ',') ? 1
                                                           : 0;
    if (!len || n < len + 3)
        return 0;
    for (size_t k = 0; k < 3; k++)
        if (!is_digit(s[len + k]))
            return 0;
    return n > len + 3 && is_digit(s[len + 3]) ? 0 : len;
}

static void read_number(struct reader *r)
{
    const size_t at = r->at;
    size_t i = at, sep, n = 0;
    char text[416];
    int point = 0, lead = 0;
    if (r->s[i] == '.' || r->s[i] == ',')
        text[n++] = '0';
    for (; i < r->end && n < 400; i++) {
        if (is_digit(r->s[i])) {
            text[n++] = r->s[i];
            lead += !point;
        } else if (!point && lead >= 1 && lead <= 3 && r->s[at] != '0' &&
                   (sep = thousands_at(r, i)) && !point_at(r, i)) {
            i += sep - 1;
            lead = 0;
        } else if (!point && (sep = point_at(r, i))) {
            text[n++] = '.';
            i += sep - 1;
            point = 1;
        } else {
            break;
        }
    }
    while (i < r->end && is_digit(r->s[i]))
        i++;
    /* 1e-3, but not the 2 e of 2e^x or 2em */
    size_t e = i;
    if (i + 1 < r->end && (r->s[i] == 'e' || r->s[i] == 'E')) {
        e++;
        if (r->s[e] == '+' || r->s[e] == '-')
            e++;
        const size_t digits = e;
        while (e < r->end && is_digit(r->s[e]))
            e++;
        if (e > digits && e - digits <= 3 && (e == r->end || !is_letter(r->s[e]))) {
            memcpy(text + n, r->s + i, e - i);
            n += e - i;
            i = e;
        }
    }
    text[n] = '\0';
    r->at = i;
    struct token *k = push(r, TOKEN_NUMBER, at, i, keep(r, text, n));
    const char *rest = r->s + i;
    const size_t left = r->end - i;
    if (k && ((left >= 3 && (memcmp(rest, "...", 3) == 0 || memcmp(rest, "…", 3) == 0)) ||
              (left >= 6 && memcmp(rest, "\\ldots", 6) == 0) ||
              (left >= 5 && memcmp(rest, "\\dots", 5) == 0))) {
        k->ellipsis = 1;
        r->at += rest[0] == '\\' ? (rest[1] == 'l' ? 6 : 5) : 3;
    }
}

/* The text within {...} from here, without the outer braces; 0: there is none. */
static int group_text(struct reader *r, size_t *from, size_t *to)
{
    size_t i = r->at;
    while (i < r->end && r->s[i] == ' ')
        i++;
    if (i >= r->end || r->s[i] != '{')
        return 0;
    const size_t start = ++i, end = r->end - i < MOST_GROUP ? r->end : i + MOST_GROUP;
    for (int depth = 1; i < end; i++) {
        if (r->s[i] == '\\')
            i++;
        else if (r->s[i] == '{')
            depth++;
        else if (r->s[i] == '}' && --depth == 0)
            break;
    }
    if (i >= end)
        return 0;
    *from = start;
    *to = i;
    r->at = i + 1;
    return 1;
}

/* \text{...}: a name or a function where it is one, else a word. */
static void read_text(struct reader *r, size_t at)
{
    size_t from, to;
    if (!group_text(r, &from, &to))
        return;
    while (from < to && r->s[from] == ' ')
        from++;
    while (to > from && r->s[to - 1] == ' ')
        to--;
    const struct entry *e = cr_word(WORDS, r->s + from, to - from);
    if (e)
        push_entry(r, e, at, r->at);
    else if (to - from == 1 && is_letter(r->s[from]))
        push(r, TOKEN_NAME, at, r->at, keep(r, r->s + from, 1));
    else
        push(r, TOKEN_WORD, at, r->at, keep(r, r->s + from, to - from));
}

static void read_environment(struct reader *r, size_t at, enum token_kind kind)
{
    size_t from, to;
    if (!group_text(r, &from, &to)) {
        push(r, TOKEN_BROKEN, at, r->at, NULL);
        return;
    }
    const char *name = keep(r, r->s + from, to - from);
    size_t n = to - from;
    if (n && name[n - 1] == '*')
        name = keep(r, name, n - 1);
    if (kind == TOKEN_BEGIN && strcmp(name, "array") == 0)
        (void)group_text(r, &from, &to);
    push(r, kind, at, r->at, name);
}

static void close_math(struct reader *r)
{
    r->math = 0;
}

/* A backslash and what follows it. */
static void read_command(struct reader *r)
{
    const size_t at = r->at++;
    size_t n = 0;
    while (r->at + n < r->end && is_letter(r->s[r->at + n]))
        n++;
    if (!n) {
        const char c = peek(r, 0);
        r->at += r->at < r->end;
        switch (c) {
        case '\\':
            push(r, TOKEN_ROW, at, r->at, NULL);
            if (peek(r, 0) == '[') { /* \\[4pt] */
                size_t i = r->at + 1;
                while (i < r->end && r->s[i] != ']' && r->s[i] != '\n')
                    i++;
                if (i < r->end && r->s[i] == ']' && i - r->at < 12)
                    r->at = i + 1;
            }
            return;
        case '(': r->math = r->opens = 1; return;
        case ')': close_math(r); return;
        case '%': push(r, TOKEN_OP, at, r->at, "%"); return;
        case '{': push(r, TOKEN_OP, at, r->at, "("); return;
        case '}': push(r, TOKEN_OP, at, r->at, ")"); return;
        case '|': push(r, TOKEN_OP, at, r->at, "|"); return;
        case '[':
        case ']': push(r, TOKEN_BREAK, at, r->at, NULL); return;
        case '$':
            if (!r->math)
                return;
            while (r->at < r->end && r->s[r->at] == '$')
                r->at++;
            for (size_t i = r->at; i < r->end && i < r->at + 12 && r->s[i] != '\n'; i++)
                if (r->s[i] == ']') {
                    r->at = i + 1;
                    break;
                }
            push(r, TOKEN_BROKEN, at, r->at, NULL);
            return;
        default: r->space = 1; return; /* \, \; \! and the like */
        }
    }
    const char *name = r->s + r->at;
    r->at += n;
    if (n == 5 && memcmp(name, "begin", 5) == 0) {
        read_environment(r, at, TOKEN_BEGIN);
        return;
    }
    if (n == 3 && memcmp(name, "end", 3) == 0) {
        read_environment(r, at, TOKEN_FINISH);
        return;
    }
    if (n == 5 && memcmp(name, "boxed", 5) == 0) {
        size_t from, to;
        if (r->n_boxed < MOST_BOXED && group_text(r, &from, &to)) {
            r->boxed[r->n_boxed++] = to;
            r->at = from;
        }
        return;
    }
    const struct entry *e = cr_word(COMMANDS, name, n);
    if (!e)
        push(r, TOKEN_OPAQUE, at, r->at, keep(r, name, n));
    else if (e->kind == TOKEN_WORD)
        read_text(r, at);
    else if (e->kind == TOKEN_SKIP) {
        size_t from, to;
        (void)group_text(r, &from, &to);
        r->space = 1;
    } else
        push_entry(r, e, at, r->at);
}

/* 0.15 x 0.05: the x after a number or a bracket, before a number or a bracket. */
static int is_times(const struct reader *r)
{
    size_t i = r->at;
    const struct token *before = r->out->n ? &r->out->token[r->out->n - 1] : NULL;
    while (i < r->end && r->s[i] == ' ')
        i++;
    return before &&
           (before->kind == TOKEN_NUMBER || (before->kind == TOKEN_OP && before->op == ')')) &&
           i < r->end && (is_digit(r->s[i]) || r->s[i] == '(' || r->s[i] == '-' || r->s[i] == '.');
}

/* Words that are called so in derivatives. */
static int is_quantity(const char *s, size_t n)
{
    static const char *const list[] = {"out", "net", "in", "pred", "sum", "loss", "error"};
    for (size_t i = 0; i < LENGTH(list); i++)
        if (strlen(list[i]) == n && memcmp(list[i], s, n) == 0)
            return 1;
    return 0;
}

/* Letters of prose: a word, or a name such as w11, h1, x. Digits at the end are its index. */
static void read_word(struct reader *r)
{
    const size_t at = r->at;
    size_t n = 0, digits = 0;
    while (at + n < r->end && (is_letter(r->s[at + n]) || (r->s[at + n] & 0x80))) {
        unsigned code;
        const size_t len = cr_utf8_next(r->s + at + n, r->end - at - n, &code);
        if (len > 1 && (code < 0xC0 || code > 0x24F))
            break;
        n += len;
    }
    while (at + n + digits < r->end && is_digit(r->s[at + n + digits]))
        digits++;
    const struct entry *e = cr_word(WORDS, r->s + at, n);
    r->at = at + n;
    if (n == 1 && r->s[at] == 'x' && !digits && is_times(r)) {
        push(r, TOKEN_OP, at, r->at, "*");
        return;
    }
    if (e) {
        push_entry(r, e, at, r->at);
    } else if (n == 2 && r->s[at] == 'd' && is_letter(r->s[at + 1]) &&
               (peek(r, 0) == '/' || digits || peek(r, 0) == '_' || r->s[at + 1] < 'a' ||
                strchr("wbzaxuohy", r->s[at + 1]))) {
        push(r, TOKEN_PARTIAL, at, at + 1, "d");
        push(r, TOKEN_NAME, at + 1, r->at, keep(r, r->s + at + 1, 1));
    } else if (n == 3 && r->s[at] == 'd' && (r->s[at + 1] & 0x80)) { /* dŷ */
        push(r, TOKEN_PARTIAL, at, at + 1, "d");
        push(r, TOKEN_NAME, at + 1, r->at, keep(r, r->s + at + 1, 2));
    } else if (n > 2 && r->s[at] == 'd' && (digits || peek(r, 0) == '_' || peek(r, 0) == '/') &&
               is_quantity(r->s + at + 1, n - 1)) { /* dout_o1 */
        push(r, TOKEN_PARTIAL, at, at + 1, "d");
        push(r, TOKEN_NAME, at + 1, r->at, keep(r, r->s + at + 1, n - 1));
    } else if (n == 1 || (n <= 3 && (digits || peek(r, 0) == '_'))) {
        push(r, TOKEN_NAME, at, r->at, keep(r, r->s + at, n));
    } else if (digits || peek(r, 0) == '_') {
        push(r, TOKEN_NAME, at, r->at, keep(r, r->s + at, n));
    } else {
        push(r, TOKEN_WORD, at, r->at, keep(r, r->s + at, n));
        return;
    }
    if (digits) {
        push(r, TOKEN_SUB, r->at, r->at + digits, keep(r, r->s + r->at, digits));
        r->at += digits;
    }
}

/* Letters of mathematics: words that are known, d before a name, long runs as they are, and
 * else one after the other. */
static void read_letters(struct reader *r)
{
    const size_t at = r->at;
    size_t n = 0;
    while (at + n < r->end && is_letter(r->s[at + n]))
        n++;
    const struct entry *e = cr_word(WORDS, r->s + at, n);
    if (e) {
        r->at += n;
        push_entry(r, e, at, r->at);
    } else if (n == 2 && r->s[at] == 'd') {
        r->at++;
        push(r, TOKEN_PARTIAL, at, r->at, "d");
    } else if (n >= 3) {
        r->at += n;
        push(r, TOKEN_NAME, at, r->at, keep(r, r->s + at, n));
    } else {
        r->at++;
        push(r, TOKEN_NAME, at, r->at, keep(r, r->s + at, 1));
    }
}

static void read_dollar(struct reader *r)
{
    const size_t at = r->at;
    if (r->display) {
        while (peek(r, 0) == '$')
            r->at++;
        push(r, TOKEN_BROKEN, at, r->at, NULL);
        return;
    }
    r->at++;
    if (r->math) {
        close_math(r);
        return;
    }
    /* It opens where the same paragraph has one that closes. */
    const char next = peek(r, 0);
    if (next == ' ' || next == '\n' || next == '$' || next == '\0')
        return;
    for (size_t i = r->at; i < r->end && i < r->at + MOST_GROUP; i++) {
        if (r->s[i] == '\\')
            i++;
        else if (r->s[i] == '$' && !(i + 1 < r->end && is_digit(r->s[i + 1]))) {
            r->math = r->opens = 1;
            return;
        }
    }
}

static void read_ascii(struct reader *r)
{
    const size_t at = r->at;
    const char c = r->s[at];
    static const char *const one[] = {"+", "*", "/", "^", "_", "(", ")", "[", "]", "{",
                                      "}", "|", ",", ";", ":", "!", "%", "'", "&"};
    if (c == '-') {
        r->at++;
        if (peek(r, 0) == '>') {
            r->at++;
            push(r, TOKEN_ARROW, at, r->at, NULL);
        } else if (peek(r, 0) == '-' && !r->math) {
            while (peek(r, 0) == '-' || peek(r, 0) == '>')
                r->at++;
            push(r, TOKEN_BREAK, at, r->at, NULL);
        } else {
            push(r, TOKEN_OP, at, r->at, "-");
        }
    } else if (c == '=' || c == '~') {
        const size_t len = c == '=' && (peek(r, 1) == '=' || peek(r, 1) == '>') ? 2
                           : c == '~' && peek(r, 1) == '='                      ? 2
                                                                                : 1;
        r->at += len;
        if (c == '~' && len == 1)
            r->space = 1;
        else if (c == '=' && len == 2 && r->s[at + 1] == '>')
            push(r, TOKEN_IMPLIES, at, r->at, NULL);
        else if (c == '=' && len == 2 && peek(r, 0) == '=') { /* a rule across the page */
            while (peek(r, 0) == '=')
                r->at++;
            push(r, TOKEN_BREAK, at, r->at, NULL);
        } else
            push(r, TOKEN_RELATION, at, r->at, c == '~' ? "≈" : "=");
    } else if (c == '@') { /* W @ x */
        r->at++;
        push(r, TOKEN_OP, at, r->at, "*");
    } else if (c == ':' && peek(r, 1) == '=') {
        r->at += 2;
        push(r, TOKEN_RELATION, at, r->at, "<-");
    } else if (c == '<' && peek(r, 1) == '-' && !is_digit(peek(r, 2))) {
        r->at += 2;
        push(r, TOKEN_RELATION, at, r->at, "<-");
    } else if (c == '*' && peek(r, 1) == '*') {
        r->at += 2;
        push(r, TOKEN_OP, at, r->at, "^");
    } else {
        for (size_t i = 0; i < LENGTH(one); i++)
            if (c == one[i][0]) {
                r->at++;
                push(r, TOKEN_OP, at, r->at, one[i]);
                return;
            }
        r->at++;
        push(r, c == '.' || c == '<' || c == '>' || c == '?' ? TOKEN_BREAK : TOKEN_OPAQUE, at,
             r->at, NULL);
    }
}

/* δ3 in prose: the digits are an index. */
static void read_index(struct reader *r)
{
    size_t n = 0;
    while (r->at + n < r->end && is_digit(r->s[r->at + n]))
        n++;
    if (r->math || !n || r->out->failed || !r->out->n ||
        r->out->token[r->out->n - 1].kind != TOKEN_NAME)
        return;
    push(r, TOKEN_SUB, r->at, r->at + n, keep(r, r->s + r->at, n));
    r->at += n;
}

static void read_unicode(struct reader *r)
{
    const size_t at = r->at;
    unsigned code;
    const size_t len = cr_utf8_next(r->s + at, r->end - at, &code);
    const struct entry *e = cr_word(GLYPHS, r->s + at, len);
    if (!e)
        e = cr_word(SMALL, r->s + at, len);
    if (!e && !r->math && code >= 0xC0 && code <= 0x24F) {
        read_word(r);
        return;
    }
    r->at += len;
    if (code == 0x304 || code == 0x302) { /* a combining macron or hat */
        return;
    }
    if (e && (e->kind == TOKEN_SUB || e->kind == TOKEN_SUPER)) {
        /* what stands together is one */
        const struct entry *next = e;
        char text[64];
        size_t n = 0, end = at;
        while (next && next->kind == e->kind && n + 4 < sizeof text) {
            n += (size_t)(stpcpy(text + n, next->text) - (text + n));
            end += strlen(next->name);
            r->at = end;
            if (end >= r->end)
                break;
            const size_t l = cr_utf8_next(r->s + end, r->end - end, &code);
            next = cr_word(SMALL, r->s + end, l);
        }
        push(r, e->kind, at, r->at, keep(r, text, n));
    } else if (e) {
        push_entry(r, e, at, r->at);
        read_index(r);
    } else if ((code >= 0x391 && code <= 0x3C9) || code == 0x3D5 || code == 0x2113) {
        push(r, TOKEN_NAME, at, r->at, code == 0x3D5 ? "φ" : keep(r, r->s + at, len));
        read_index(r);
    } else {
        push(r, TOKEN_OPAQUE, at, r->at, NULL);
    }
}

void cr_tokens_read(struct arena *a, const char *s, size_t at, size_t end, enum token_mode mode,
                    int comma, struct tokens *out)
{
    struct reader r = {.a = a,
                       .s = s,
                       .at = at,
                       .end = end,
                       .comma = comma,
                       .math = mode == MODE_MATH,
                       .display = mode == MODE_MATH,
                       .line = 1,
                       .out = out};
    out->n = 0;
    while (r.at < end && !out->failed) {
        const char c = s[r.at];
        if (c == '\n')
            r.line = 1;
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            r.space = r.space && c == ' ' ? 2 : 1;
            r.at++;
        } else if (is_digit(c) || (c == (comma ? ',' : '.') && is_digit(peek(&r, 1)) &&
                                   (r.at == at || !is_letter(s[r.at - 1])))) {
            read_number(&r);
        } else if (is_letter(c)) {
            if (r.math)
                read_letters(&r);
            else
                read_word(&r);
        } else if (c == '}' && r.n_boxed && r.boxed[r.n_boxed - 1] == r.at) {
            r.n_boxed--;
            r.at++;
        } else if (c == '\\') {
            read_command(&r);
        } else if (c == '$') {
            read_dollar(&r);
        } else if (c & 0x80) {
            read_unicode(&r);
        } else {
            read_ascii(&r);
        }
    }
    r.at = end;
    if (!out->failed && push(&r, TOKEN_END, end, end, NULL))
        out->n--;
}

void cr_tokens_free(struct tokens *tokens)
{
    free(tokens->token);
    *tokens = (struct tokens){0};
}
