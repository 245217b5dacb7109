#include "explain/pattern.h"

#include <assert.h>
#include <string.h>

#include "doc/escape.h"
#include "explain/notation.h"

enum { DEPTH = 8, STYLE_TEXT = 0, STYLE_LATEX = 1 };

/* Commands without arguments: as typed or as a command they mean the same. */
static const struct {
    const char *text, *latex;
} signs[] = {
    {"α", "alpha"}, {"β", "beta"},  {"γ", "gamma"},      {"δ", "delta"}, {"ε", "epsilon"},
    {"ζ", "zeta"},  {"η", "eta"},   {"θ", "theta"},      {"κ", "kappa"}, {"λ", "lambda"},
    {"μ", "mu"},    {"ν", "nu"},    {"ξ", "xi"},         {"π", "pi"},    {"ρ", "rho"},
    {"σ", "sigma"}, {"τ", "tau"},   {"φ", "phi"},        {"χ", "chi"},   {"ψ", "psi"},
    {"ω", "omega"}, {"Γ", "Gamma"}, {"Δ", "Delta"},      {"Θ", "Theta"}, {"Λ", "Lambda"},
    {"Σ", "Sigma"}, {"Φ", "Phi"},   {"Ψ", "Psi"},        {"Ω", "Omega"}, {"∂", "partial"},
    {"∇", "nabla"}, {"→", "to"},    {"→", "rightarrow"}, {"ℓ", "ell"},   {"·", "cdot"},
    {"′", "prime"}, {"*", "ast"},   {"⋆", "star"},
};
enum { SIGNS = sizeof signs / sizeof signs[0] };

/* Commands with a group; `after` is set behind the group's text. */
static const struct {
    const char *name, *after;
} fonts[] = {
    {"text", ""},        {"mathbf", ""},          {"mathrm", ""},        {"mathit", ""},
    {"boldsymbol", ""},  {"mathcal", ""},         {"tilde", "\xcc\x83"}, {"hat", "\xcc\x82"},
    {"bar", "\xcc\x84"}, {"vec", "\xe2\x83\x97"}, {"frac", NULL},
};
enum { FONTS = sizeof fonts / sizeof fonts[0] };

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t char_size(const char *s)
{
    unsigned code;
    return cr_utf8_next(s, strlen(s), &code);
}

/* The '}' that closes the '{' at s, or NULL. */
static const char *closing(const char *s)
{
    int depth = 0;
    for (; *s; s++) {
        if (*s == '{')
            depth++;
        if (*s == '}' && --depth == 0)
            return s;
    }
    return NULL;
}

static const char *command_end(const char *s)
{
    const char *end = s + 1;
    while (is_letter(*end))
        end++;
    return end;
}

static int find_font(const char *s, const char *end)
{
    for (int i = 0; i < FONTS; i++)
        if (strlen(fonts[i].name) == (size_t)(end - s) &&
            !memcmp(s, fonts[i].name, (size_t)(end - s)))
            return i;
    return -1;
}

static int find_sign(const char *s, const char *end)
{
    for (int i = 0; i < SIGNS; i++)
        if (strlen(signs[i].latex) == (size_t)(end - s) &&
            !memcmp(s, signs[i].latex, (size_t)(end - s)))
            return i;
    return -1;
}

static int find_slot(const char *s, const char *end)
{
    for (int i = 0; i < SLOT_COUNT; i++) {
        const char *name = cr_slot_name(i);
        if (strlen(name) == (size_t)(end - s) && !memcmp(s, name, (size_t)(end - s)))
            return i;
    }
    return -1;
}

/* Behind the item at s: a group or placeholder, a command with its groups, a character. */
static const char *item_end(const char *s)
{
    if (*s == '{') {
        const char *end = closing(s);
        return end ? end + 1 : s + strlen(s);
    }
    if (*s != '\\')
        return s + char_size(s);
    const char *end = command_end(s);
    const int font = find_font(s + 1, end);
    for (int groups = font < 0 ? 0 : fonts[font].after ? 1 : 2; groups && *end == '{'; groups--) {
        const char *close = closing(end);
        end = close ? close + 1 : end + strlen(end);
    }
    return end;
}

/* LaTeX needs a space between a command and a letter. */
static void add_latex(struct text *out, const char *s, size_t n)
{
    size_t i = out->len;
    while (i && is_letter(out->s[i - 1]))
        i--;
    const int command = i && i < out->len && out->s[i - 1] == '\\';
    if (n && command && is_letter(*s))
        cr_text_addc(out, ' ');
    cr_text_addn(out, s, n);
}

struct writer {
    const struct slots *slots;
    int latex;
};

static void write(const struct writer *w, struct text *out, const char *s, const char *end,
                  int inner);

static void write_group(const struct writer *w, struct text *out, const char *s, int inner)
{
    const char *end = item_end(s);
    if (*s == '{' && end > s + 1 && find_slot(s + 1, end - 1) < 0)
        write(w, out, s + 1, end - 1, inner);
    else
        write(w, out, s, end, inner);
}

static void write_slot(const struct writer *w, struct text *out, int slot, int inner)
{
    const char *text = w->slots->at[slot].text, *latex = w->slots->at[slot].latex;
    if (!text)
        return;
    if (!w->latex) {
        cr_text_add(out, text);
        return;
    }
    if (inner && w->slots->at[slot].inner)
        latex = w->slots->at[slot].inner;
    if (!latex)
        latex = text;
    add_latex(out, latex, strlen(latex));
}

static void write_command(const struct writer *w, struct text *out, const char *s, int inner)
{
    const char *end = command_end(s);
    const int font = find_font(s + 1, end), sign = find_sign(s + 1, end);
    if (sign >= 0) {
        if (w->latex)
            add_latex(out, s, (size_t)(end - s));
        else
            cr_text_add(out, signs[sign].text);
    } else if (font >= 0) {
        if (w->latex)
            cr_text_printf(out, "\\%s{", fonts[font].name);
        write_group(w, out, end, inner);
        if (!fonts[font].after) {
            cr_text_add(out, w->latex ? "}{" : "/");
            write_group(w, out, item_end(end), inner);
        } else if (!w->latex) {
            cr_text_add(out, fonts[font].after);
        }
        if (w->latex)
            cr_text_addc(out, '}');
    }
}

static void write_char(const struct writer *w, struct text *out, const char *s, size_t n)
{
    if (!w->latex) {
        cr_text_addn(out, s, n);
        return;
    }
    if (n == strlen("′") && !memcmp(s, "′", n)) {
        cr_text_addc(out, '\'');
        return;
    }
    for (int i = 0; i < SIGNS && n > 1; i++) {
        if (strlen(signs[i].text) == n && !memcmp(signs[i].text, s, n)) {
            cr_text_addc(out, '\\');
            cr_text_add(out, signs[i].latex);
            return;
        }
    }
    char one[8] = {0};
    memcpy(one, s, n < sizeof one ? n : 0);
    if (n > 1)
        cr_text_printf(out, "\\text{%s}", one);
    else if (strchr("#%&$~\"`|<>@", *s))
        (cr_text_add(out, "\\text{"), cr_escape_latex(out, one), cr_text_addc(out, '}'));
    else
        add_latex(out, s, n);
}

static void write(const struct writer *w, struct text *out, const char *s, const char *end,
                  int inner)
{
    while (s < end) {
        const char *next = item_end(s);
        if (next > end)
            next = end;
        if (*s == '{') {
            const int slot = find_slot(s + 1, next - 1);
            if (slot >= 0)
                write_slot(w, out, slot, inner);
            else
                write(w, out, s + 1, next - 1, inner);
        } else if (*s == '\\') {
            write_command(w, out, s, inner);
        } else if ((*s == '_' || *s == '^') && s + 1 < end) {
            cr_text_addc(out, *s);
            if (w->latex)
                cr_text_addc(out, '{');
            write_group(w, out, s + 1, 1);
            if (w->latex)
                cr_text_addc(out, '}');
            next = item_end(s + 1);
        } else {
            write_char(w, out, s, (size_t)(next - s));
        }
        s = next;
    }
}

/* A pattern in its parts: what it starts with, and what stands below and above. */
struct parts {
    const char *base_end;
    const char *sub, *sup; /* items, or NULL */
    int composite;         /* more follows: all of it is the base */
};

static struct parts split(const char *pattern)
{
    struct parts p = {0};
    const char *s = pattern;
    while (*s && *s != '_' && *s != '^')
        s = item_end(s);
    p.base_end = s;
    while (*s == '_' || *s == '^') {
        if (!s[1])
            break;
        if (*s == '_')
            p.sub = s + 1;
        else
            p.sup = s + 1;
        s = item_end(s + 1);
    }
    if (*s) {
        p = (struct parts){.composite = 1};
        p.base_end = s + strlen(s);
    }
    return p;
}

/* Index and exponent in Unicode text: w11, z_h1, w_{x1→h1}, y*, w11_new, u1^(2). */
static int all(const char *s, int (*is)(char))
{
    if (!*s)
        return 0;
    for (; *s; s++)
        if (!is(*s))
            return 0;
    return 1;
}

static int is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

static void add_sub(struct text *out, const char *sub, int attached)
{
    if (!*sub)
        return;
    if (attached && all(sub, is_digit) && out->len && !is_digit(out->s[out->len - 1]))
        cr_text_add(out, sub);
    else if (all(sub, is_word) && !strstr(sub, "→"))
        cr_text_printf(out, "_%s", sub);
    else
        cr_text_printf(out, "_{%s}", sub);
}

static void add_sup(struct text *out, const char *sup)
{
    const size_t n = strlen(sup);
    if (!n)
        return;
    const int enclosed =
        (sup[0] == '(' && sup[n - 1] == ')') || (sup[0] == '[' && sup[n - 1] == ']');
    if (strcmp(sup, "*") == 0 || strcmp(sup, "′") == 0)
        cr_text_add(out, sup);
    else if (n > 1 && all(sup, is_letter))
        cr_text_printf(out, "_%s", sup);
    else if (n == 1 || enclosed || all(sup, is_digit))
        cr_text_printf(out, "^%s", sup);
    else
        cr_text_printf(out, "^{%s}", sup);
}

struct pieces {
    struct text base, sub, sup, mark;
};

static void write_item(const struct writer *w, struct text *out, const char *item)
{
    if (item)
        write_group(w, out, item, 1);
}

static void add_mark(const struct writer *w, struct pieces *p, const char *pattern)
{
    struct text *to = pattern[0] == '_' ? &p->sub : &p->sup;
    if (!w->latex) {
        cr_text_clear(&p->mark);
        write_item(w, &p->mark, pattern + 1);
        return;
    }
    if (to->len)
        cr_text_addc(to, ',');
    write_item(w, to, pattern + 1);
}

static const char *render(struct arena *a, const struct notation *n, const char *pattern,
                          const struct slots *slots, int latex)
{
    const struct writer w = {slots, latex};
    const struct parts parts = split(pattern);
    struct pieces p = {0};
    struct text out = {0};
    write(&w, &p.base, pattern, parts.base_end, 0);
    write_item(&w, &p.sub, parts.sub);
    write_item(&w, &p.sup, parts.sup);

    const char *marks[2];
    int n_marks = 0;
    if (slots->example)
        marks[n_marks++] = n->pattern[NOTE_EXAMPLE];
    if (slots->is_new)
        marks[n_marks++] = n->pattern[NOTE_NEW];
    cr_text_add(&out, cr_text_str(&p.base));
    if (!latex) {
        const int sup_first = parts.sup && parts.sup < parts.sub;
        if (sup_first)
            add_sup(&out, cr_text_str(&p.sup));
        add_sub(&out, cr_text_str(&p.sub), !sup_first);
        if (!sup_first)
            add_sup(&out, cr_text_str(&p.sup));
    }
    for (int i = 0; i < n_marks; i++) {
        add_mark(&w, &p, marks[i]);
        if (!latex && marks[i][0] == '_')
            add_sub(&out, cr_text_str(&p.mark), 0);
        if (!latex && marks[i][0] == '^')
            add_sup(&out, cr_text_str(&p.mark));
    }
    if (latex && p.sub.len)
        cr_text_printf(&out, "_{%s}", p.sub.s);
    if (latex && p.sup.len)
        cr_text_printf(&out, "^{%s}", p.sup.s);

    const int failed = out.failed || p.base.failed || p.sub.failed || p.sup.failed || p.mark.failed;
    const char *copy = failed ? NULL : cr_arena_strdup(a, cr_text_str(&out));
    cr_text_free(&p.base);
    cr_text_free(&p.sub);
    cr_text_free(&p.sup);
    cr_text_free(&p.mark);
    cr_text_free(&out);
    return copy;
}

struct symbol cr_notation_symbol(struct arena *a, const struct notation *notation, enum note note,
                                 const struct slots *slots)
{
    const char *pattern = notation->pattern[note];
    return (struct symbol){render(a, notation, pattern, slots, STYLE_TEXT),
                           render(a, notation, pattern, slots, STYLE_LATEX)};
}

void cr_latex_name(struct text *out, const char *name, int inner)
{
    const char *digits = name + 1;
    const int letter = is_letter(name[0]);
    if (letter && *digits == '_' && is_digit(digits[1]))
        digits++;
    if (letter && (!name[1] || all(digits, is_digit))) {
        cr_text_addc(out, name[0]);
        if (name[1] && !inner)
            cr_text_printf(out, "_{%s}", digits);
        else
            cr_text_add(out, digits);
        return;
    }
    for (int i = 0; i < SIGNS; i++) {
        if (strcmp(signs[i].text, name) == 0 && (unsigned char)name[0] >= 0x80) {
            cr_text_printf(out, "\\%s", signs[i].latex);
            return;
        }
    }
    cr_text_add(out, "\\text{");
    cr_escape_latex(out, name);
    cr_text_add(out, "}");
}

/* Checking. */

struct checking {
    const char *pattern;
    const struct source *src;
    struct place at;
    cr_error *err;
};

static cr_status mistake(const struct checking *c, const char *s, const char *end, const char *what)
{
    struct place at = c->at;
    if (at.line) {
        at.column += (int)cr_utf8_count(c->pattern, (size_t)(s - c->pattern));
        at.span = (int)cr_utf8_count(s, (size_t)(end - s));
    }
    return cr_fail_at(c->err, CR_ERR_SYNTAX, c->src, at, "%s '%.*s'", what, (int)(end - s), s);
}

static const char *suggest(const char *s, const char *end, const char *(*name)(int))
{
    char word[32];
    const char *names[64];
    size_t n = 0;
    if ((size_t)(end - s) >= sizeof word)
        return NULL;
    memcpy(word, s, (size_t)(end - s));
    word[end - s] = 0;
    while (n < 64 && name((int)n))
        names[n] = name((int)n), n++;
    return cr_suggest(word, names, n);
}

static const char *command_name(int i)
{
    return i < SIGNS ? signs[i].latex : i < SIGNS + FONTS ? fonts[i - SIGNS].name : NULL;
}

static cr_status check(const struct checking *c, const char *s, const char *end, int depth);

/* A group that is a lower-case word and no placeholder is taken for a misspelt one, unless it
 * is an index (w_{new}) that resembles none. */
static cr_status check_group(const struct checking *c, const char *s, int index, int depth)
{
    const char *close = closing(s);
    if (!close)
        return mistake(c, s, s + 1, "a brace is not closed:");
    const char *begin = s + 1;
    if (find_slot(begin, close) >= 0)
        return CR_OK;
    int word = close > begin;
    for (const char *p = begin; p < close; p++)
        word &= (*p >= 'a' && *p <= 'z') || *p == '-';
    const char *near = word ? suggest(begin, close, cr_slot_name) : NULL;
    if (word && (near || !index)) {
        cr_status status = mistake(c, begin, close, "unknown placeholder");
        if (near)
            cr_hint(c->err, "did you mean '{%s}'?", near);
        return status;
    }
    return check(c, begin, close, depth + 1);
}

static cr_status check_command(const struct checking *c, const char *s, int depth)
{
    const char *end = command_end(s);
    const int font = find_font(s + 1, end);
    if (font < 0 && find_sign(s + 1, end) < 0) {
        const char *near = suggest(s + 1, end, command_name);
        cr_status status = mistake(c, s, end, "unknown command");
        if (near)
            cr_hint(c->err, "did you mean '\\%s'?", near);
        return status;
    }
    for (int groups = font < 0 ? 0 : fonts[font].after ? 1 : 2; groups; groups--) {
        if (*end != '{')
            return mistake(c, s, end, "a group in braces must follow");
        cr_status status = check_group(c, end, 1, depth);
        if (status)
            return status;
        end = closing(end) + 1;
    }
    return CR_OK;
}

static cr_status check(const struct checking *c, const char *s, const char *end, int depth)
{
    int subs = 0, sups = 0;
    if (depth > DEPTH)
        return mistake(c, s, end, "braces are nested too deeply in");
    while (s < end) {
        cr_status status = CR_OK;
        int index = 0;
        if (*s == '_' || *s == '^') {
            int *seen = *s == '_' ? &subs : &sups;
            if ((*seen)++)
                return mistake(c, s, s + 1, "a second index or exponent of the same thing:");
            if (++s == end)
                return mistake(c, s - 1, s, "nothing follows");
            index = 1;
        } else {
            subs = sups = 0;
        }
        if (*s == '{')
            status = check_group(c, s, index, depth);
        else if (*s == '\\')
            status = check_command(c, s, depth);
        else if (*s == '}' || *s == '_' || *s == '^' || (unsigned char)*s < 0x20)
            status = mistake(c, s, s + 1, "this does not belong here:");
        if (status)
            return status;
        s = item_end(s);
    }
    return CR_OK;
}

cr_status cr_pattern_check(const char *pattern, int is_mark, const struct source *src,
                           struct place at, cr_error *err)
{
    const struct checking c = {pattern, src, at, err};
    const char *end = pattern + strlen(pattern);
    if (pattern == end)
        return cr_fail_at(err, CR_ERR_SYNTAX, src, at, "a pattern is empty");
    if (is_mark && pattern[0] != '^' && pattern[0] != '_') {
        cr_status status = mistake(&c, pattern, end, "a mark begins with ^ or _, not");
        cr_hint(err, "for example ^{\\text{new}}");
        return status;
    }
    if (!is_mark && (pattern[0] == '^' || pattern[0] == '_'))
        return mistake(&c, pattern, pattern + 1, "nothing stands before");
    return check(&c, pattern, end, 0);
}

int cr_pattern_begins_alike(const char *pattern)
{
    const char *s = pattern;
    while (*s) {
        if (*s == '{') {
            const char *end = closing(s);
            const int slot = end ? find_slot(s + 1, end) : -1;
            if (slot >= 0)
                return slot == SLOT_LETTER || slot == SLOT_LOSS;
        } else if (*s == '\\') {
            const char *end = command_end(s);
            if (find_font(s + 1, end) < 0)
                return find_sign(s + 1, end) >= 0;
            s = end;
            continue;
        } else if (!strchr("}()[]_^,$ ", *s)) {
            return 1;
        }
        s++;
    }
    return 0;
}
