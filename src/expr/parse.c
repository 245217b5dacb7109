#include "expr/parse.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/functions.h"
#include "expr/glyphs.h"

enum {
    TEXT_MAX = 4096,
    NEST_MAX = 64,
    OPERANDS_MAX = 4096,
    DIVISIONS_MAX = 256 /* each nests the tree by one, where sums and products do not */
};

enum token {
    T_END,
    T_NUMBER,
    T_NAME,
    T_ADD,
    T_SUB,
    T_MUL,
    T_DIV,
    T_POW,
    T_OPEN,
    T_CLOSE,
    T_COMMA,
    T_BAR,
    T_LT,
    T_LE,
    T_GT,
    T_GE,
    T_SUPERSCRIPT,
    T_HALF,
    T_ROOT,
    T_OTHER
};

struct parser {
    struct arena *arena;
    const char *text;
    size_t size, next; /* next: where the next token begins */
    enum token token;  /* the one that is looked at, text[at .. next) */
    size_t at;
    const char *const *vars;
    size_t n_vars;
    const struct source *src;
    struct place place;
    int rule; /* a formula of the function table */
    int nesting, divisions, operands;
    cr_status status;
    cr_error *err;
};

/* Spellings that are not plain ASCII, or have several characters. Longest first where
 * one begins another. */
static const struct spelling {
    const char *text;
    enum token token;
} spellings[] = {
    {"**", T_POW},  {"<=", T_LE},   {">=", T_GE},  {"≤", T_LE},   {"≥", T_GE},
    {"−", T_SUB},   {"–", T_SUB},   {"·", T_MUL},  {"×", T_MUL},  {"⋅", T_MUL},
    {"∙", T_MUL},   {"÷", T_DIV},   {"½", T_HALF}, {"√", T_ROOT}, {"+", T_ADD},
    {"-", T_SUB},   {"*", T_MUL},   {"/", T_DIV},  {"^", T_POW},  {"(", T_OPEN},
    {")", T_CLOSE}, {",", T_COMMA}, {"|", T_BAR},  {"<", T_LT},   {">", T_GT},
};

static const char *const superscripts[] = SUPERSCRIPT_DIGITS;

static int begins(const struct parser *p, size_t at, const char *with)
{
    const size_t n = strlen(with);
    return p->size - at >= n && !memcmp(p->text + at, with, n);
}

/* Where a run of code points that `s` may hold ends. */
static size_t skip_space(const struct parser *p, size_t at)
{
    static const char *const spaces[] = {" ", "\t", "\n", "\r", "\u00a0", "\u2009", "\u202f"};
    for (;;) {
        size_t i = 0;
        while (i < sizeof spaces / sizeof *spaces && !begins(p, at, spaces[i]))
            i++;
        if (i == sizeof spaces / sizeof *spaces)
            return at;
        at += strlen(spaces[i]);
    }
}

/* The digit that a superscript at `at` shows, its size to *size; -1: none there. */
static int superscript(const struct parser *p, size_t at, size_t *size)
{
    for (int d = 0; d < 10; d++) {
        if (begins(p, at, superscripts[d])) {
            *size = strlen(superscripts[d]);
            return d;
        }
    }
    return -1;
}

static int is_digit(const struct parser *p, size_t at)
{
    return at < p->size && p->text[at] >= '0' && p->text[at] <= '9';
}

static const struct spelling *spelled(const struct parser *p, size_t at)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (begins(p, at, spellings[i].text))
            return &spellings[i];
    }
    return NULL;
}

/* The size of the code point at `at` when a name may hold it, else 0. */
static size_t name_part(const struct parser *p, size_t at, int first)
{
    if (at == p->size)
        return 0;
    const unsigned char c = (unsigned char)p->text[at];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return 1;
    if (c < 0x80)
        return !first && (is_digit(p, at) || c == '\'');
    unsigned code;
    size_t size;
    const size_t n = cr_utf8_next(p->text + at, p->size - at, &code);
    if (code == 0xfffd || skip_space(p, at) != at || spelled(p, at) ||
        superscript(p, at, &size) >= 0 || begins(p, at, SUPERSCRIPT_MINUS))
        return 0;
    return n;
}

static size_t number_end(const struct parser *p, size_t at)
{
    while (is_digit(p, at))
        at++;
    if (at < p->size && p->text[at] == '.')
        at++;
    while (is_digit(p, at))
        at++;
    if (at < p->size && (p->text[at] == 'e' || p->text[at] == 'E')) {
        size_t e = at + 1;
        if (e < p->size && (p->text[e] == '-' || p->text[e] == '+'))
            e++;
        if (is_digit(p, e)) {
            while (is_digit(p, e))
                e++;
            at = e;
        }
    }
    return at;
}

static void advance(struct parser *p)
{
    size_t n;
    p->at = p->next = skip_space(p, p->next);
    if (p->at == p->size) {
        p->token = T_END;
        return;
    }
    const struct spelling *s = spelled(p, p->at);
    if (s) {
        p->token = s->token;
        p->next += strlen(s->text);
    } else if (is_digit(p, p->at) || (p->text[p->at] == '.' && is_digit(p, p->at + 1))) {
        p->token = T_NUMBER;
        p->next = number_end(p, p->at);
    } else if (superscript(p, p->at, &n) >= 0 || begins(p, p->at, SUPERSCRIPT_MINUS)) {
        p->token = T_SUPERSCRIPT;
        if (begins(p, p->at, SUPERSCRIPT_MINUS))
            p->next += strlen(SUPERSCRIPT_MINUS);
        while (superscript(p, p->next, &n) >= 0)
            p->next += n;
    } else if (name_part(p, p->at, 1)) {
        p->token = T_NAME;
        while ((n = name_part(p, p->next, p->next == p->at)))
            p->next += n;
    } else {
        unsigned code;
        p->token = T_OTHER;
        p->next += cr_utf8_next(p->text + p->at, p->size - p->at, &code);
    }
}

/* Where text[at .. to) stands in the source. */
static struct place place_of(const struct parser *p, size_t at, size_t to)
{
    struct place place = p->src ? p->place : (struct place){1, 1, 1};
    size_t line = 0;
    if (!place.line)
        return place;
    for (size_t i = 0; i < at; i++) {
        if (p->text[i] == '\n') {
            line = i + 1;
            place.line++;
            place.column = 1;
        }
    }
    place.column += (int)cr_utf8_count(p->text + line, at - line);
    place.span = (int)cr_utf8_count(p->text + at, to - at);
    if (place.span < 1)
        place.span = 1;
    return place;
}

static const struct expr *out_of_memory(struct parser *p)
{
    if (p->status == CR_OK)
        p->status = cr_fail_memory(p->err);
    return NULL;
}

/* Fails at text[at .. to); an @ in message stands for that text. */
static const struct expr *fail(struct parser *p, cr_status code, size_t at, size_t to,
                               const char *message, const char *hint)
{
    if (p->status != CR_OK)
        return NULL;
    const struct source own = {"formula", p->text, p->size};
    const char *quote = strchr(message, '@');
    const size_t before = quote ? (size_t)(quote - message) : strlen(message);
    size_t shown = 0, size;
    for (unsigned c; quote && shown < to - at && shown < 40; shown += size)
        size = cr_utf8_next(p->text + at + shown, to - at - shown, &c);
    p->status = cr_fail_at(p->err, code, p->src ? p->src : &own, place_of(p, at, to), "%.*s%.*s%s",
                           (int)before, message, (int)shown, p->text + at, quote ? quote + 1 : "");
    if (hint)
        cr_hint(p->err, "%s", hint);
    return NULL;
}

static const struct expr *checked(struct parser *p, const struct expr *e)
{
    return e ? e : out_of_memory(p);
}

/* A list of operands that grows in the arena. */
struct list {
    const struct expr **e;
    size_t n, cap;
};

static int append(struct parser *p, struct list *l, const struct expr *e)
{
    if (!e)
        return 0;
    if (p->operands++ >= OPERANDS_MAX) {
        fail(p, CR_ERR_LIMIT, p->at, p->next, "the formula is too long", NULL);
        return 0;
    }
    if (l->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 4;
        const struct expr **grown = arena_new(p->arena, const struct expr *, cap);
        if (!grown) {
            out_of_memory(p);
            return 0;
        }
        if (l->n)
            memcpy(grown, l->e, l->n * sizeof *grown);
        l->e = grown;
        l->cap = cap;
    }
    l->e[l->n++] = e;
    return 1;
}

static const struct expr *sum(struct parser *p);
static const struct expr *factor(struct parser *p);

static int is_literal(const struct expr *e)
{
    return e->kind == EXPR_NUM && !signbit(e->value) && (!e->text || e->text[0] <= '9');
}

/* -e, where a number takes its sign into itself. */
static const struct expr *negated(struct parser *p, const struct expr *e)
{
    if (!e)
        return NULL;
    if (!is_literal(e))
        return checked(p, cr_expr_unary(p->arena, EXPR_NEG, e));
    const char *text = e->text ? cr_arena_printf(p->arena, "-%s", e->text) : NULL;
    if (e->text && !text)
        return out_of_memory(p);
    return checked(p, cr_expr_shown(p->arena, -e->value, text));
}

/* A number is shown by its shortest form, unless that is another number. */
static const struct expr *number(struct parser *p)
{
    const size_t at = p->at, n = p->next - p->at;
    double v;
    if (!cr_parse_f64(p->text + at, n, &v) || !isfinite(v))
        return fail(p, CR_ERR_VALUE, at, p->next, "the number '@' is out of range", NULL);
    struct rational written, shortest;
    char buf[32];
    cr_shortest_f64(v, buf);
    const int same =
        !cr_rational_decimal(&written, p->text + at, n) ||
        (cr_rational_decimal(&shortest, buf, strlen(buf)) && !cr_rational_cmp(&written, &shortest));
    char *text = same ? NULL : cr_arena_strndup(p->arena, p->text + at, n);
    if (!same && !text)
        return out_of_memory(p);
    advance(p);
    return checked(p, cr_expr_shown(p->arena, v, text));
}

/* 1.5·10⁻⁷ is how a number is shown; read it as that number. Other powers of ten, as in
 * 3·10², stay products. */
static const struct expr *scaled_number(struct parser *p)
{
    const char *const dot = "·10";
    char buf[64];
    const size_t n = p->next - p->at;
    size_t at = p->next, size, used = n;
    if (n > 40 || !begins(p, at, dot))
        return number(p);
    at += strlen(dot);
    memcpy(buf, p->text + p->at, n);
    buf[used++] = 'e';
    const size_t digits = used;
    if (begins(p, at, SUPERSCRIPT_MINUS)) {
        buf[used++] = '-';
        at += strlen(SUPERSCRIPT_MINUS);
    }
    int d;
    while (used < digits + 5 && (d = superscript(p, at, &size)) >= 0) {
        buf[used++] = (char)('0' + d);
        at += size;
    }
    double v;
    if (used == digits || (used == digits + 1 && buf[digits] < '4') ||
        superscript(p, at, &size) >= 0 || !cr_parse_f64(buf, used, &v) || !isfinite(v))
        return number(p);
    p->next = at;
    advance(p);
    return checked(p, cr_expr_num(p->arena, v));
}

/* "the variables are 't', 'alpha'", as far as there is room. */
static void list_variables(const struct parser *p, char *hint, size_t size)
{
    int used = snprintf(hint, size, "the variable%s", p->n_vars == 1 ? " is" : "s are");
    for (size_t i = 0; i < p->n_vars && used >= 0 && (size_t)used < size; i++)
        used += snprintf(hint + used, size - (size_t)used, "%s '%s'", i ? "," : "", p->vars[i]);
}

static const struct expr *unknown(struct parser *p, size_t at, size_t to, int called)
{
    enum { CHOICES = FUNCTION_COUNT + 2 + 62 };
    const char *choice[CHOICES];
    char word[64], hint[128];
    size_t n = 0;
    if (called) {
        for (; n < FUNCTION_COUNT; n++)
            choice[n] = cr_expr_function((int)n)->name;
    } else {
        choice[n++] = "pi";
        choice[n++] = "e";
        for (size_t i = 0; i < p->n_vars && n < CHOICES; i++)
            choice[n++] = p->vars[i];
    }
    const size_t size = to - at;
    const char *near = NULL;
    if (size < sizeof word) {
        memcpy(word, p->text + at, size);
        word[size] = 0;
        near = cr_suggest(word, choice, n);
    }
    const int list = !near && !called && p->n_vars;
    if (near)
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    else if (list)
        list_variables(p, hint, sizeof hint);
    return fail(p, CR_ERR_UNKNOWN, at, to, called ? "unknown function '@'" : "unknown variable '@'",
                near || list ? hint : NULL);
}

static enum function comparison_of(enum token t)
{
    return t == T_LT   ? FUNCTION_LT
           : t == T_LE ? FUNCTION_LE
           : t == T_GT ? FUNCTION_GT
                       : FUNCTION_GE;
}

/* The first operand of if. */
static const struct expr *condition(struct parser *p)
{
    const struct expr *args[2] = {sum(p), NULL};
    if (!args[0])
        return NULL;
    if (p->token < T_LT || p->token > T_GE) {
        if (p->rule)
            return args[0];
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "a condition needs a comparison",
                    "as in if(t < 0, a, b)");
    }
    const enum function f = comparison_of(p->token);
    advance(p);
    args[1] = sum(p);
    return checked(p, args[1] ? cr_expr_call(p->arena, cr_expr_function(f)->name, args, 2) : NULL);
}

/* The operands of the function at text[at .. to), the next token being T_OPEN. */
static const struct expr *call(struct parser *p, int func, size_t at, size_t to)
{
    const struct expr_function *f = cr_expr_function(func);
    struct list args = {0};
    do {
        advance(p);
        const struct expr *e = func == FUNCTION_IF && !args.n ? condition(p) : sum(p);
        if (!append(p, &args, e))
            return NULL;
    } while (p->token == T_COMMA);
    if (p->token != T_CLOSE)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next,
                    p->token == T_END ? "the formula ends inside parentheses"
                                      : "expected ',' or ')' before '@'",
                    NULL);
    if ((int)args.n != f->arity)
        return fail(p, CR_ERR_SYNTAX, at, to,
                    f->arity == 1   ? "'@' takes one operand"
                    : f->arity == 2 ? "'@' takes two operands"
                                    : "'@' takes three operands",
                    NULL);
    advance(p);
    return checked(p, cr_expr_call(p->arena, f->name, args.e, args.n));
}

static const struct expr *name(struct parser *p)
{
    const size_t at = p->at, to = p->next, n = to - at;
    const char *word = p->text + at;
    advance(p);
    const int called = p->token == T_OPEN;
    for (size_t i = 0; i < p->n_vars; i++) {
        if (strlen(p->vars[i]) == n && !memcmp(p->vars[i], word, n) && !called)
            return checked(p, cr_expr_sym(p->arena, i, p->vars[i], NULL));
    }
    const int func = cr_expr_function_find(word, n);
    if (func >= 0 && called)
        return call(p, func, at, to);
    if (func >= 0)
        return fail(p, CR_ERR_SYNTAX, at, to, "the function '@' needs parentheses", NULL);
    if (called) {
        for (size_t i = 0; i < p->n_vars; i++) {
            if (strlen(p->vars[i]) == n && !memcmp(p->vars[i], word, n))
                return fail(p, CR_ERR_SYNTAX, at, to, "'@' is a variable, not a function",
                            "write * to multiply");
        }
        return unknown(p, at, to, 1);
    }
    if ((n == 2 && !memcmp(word, "pi", 2)) || (n == strlen("π") && !memcmp(word, "π", n)))
        return checked(p, cr_expr_shown(p->arena, 3.14159265358979323846, "π"));
    if (n == 1 && *word == 'e')
        return checked(p, cr_expr_shown(p->arena, 2.71828182845904523536, "e"));
    return unknown(p, at, to, 0);
}

static const struct expr *enclosed(struct parser *p, enum token close, const char *missing)
{
    advance(p);
    const struct expr *e = sum(p);
    if (!e)
        return NULL;
    if (p->token == T_END)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, missing, NULL);
    if (p->token != close)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "expected an operator before '@'",
                    "multiplication is written with *");
    advance(p);
    return e;
}

static const struct expr *atom(struct parser *p)
{
    const struct expr *e;
    switch (p->token) {
    case T_NUMBER: return scaled_number(p);
    case T_NAME: return name(p);
    case T_OPEN: return enclosed(p, T_CLOSE, "the formula ends before ')'");
    case T_BAR:
        e = enclosed(p, T_BAR, "the formula ends before '|'");
        return e ? checked(p, cr_expr_call(p->arena, "abs", &e, 1)) : NULL;
    case T_ROOT:
        if (++p->nesting > NEST_MAX)
            return fail(p, CR_ERR_LIMIT, p->at, p->next, "the formula is nested too deeply", NULL);
        advance(p);
        e = atom(p);
        p->nesting--;
        return e ? checked(p, cr_expr_call(p->arena, "sqrt", &e, 1)) : NULL;
    case T_HALF:
        advance(p);
        return checked(p, cr_expr_binary(p->arena, EXPR_DIV, cr_expr_num(p->arena, 1),
                                         cr_expr_num(p->arena, 2)));
    case T_END:
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "the formula ends where a value should be",
                    NULL);
    default: return fail(p, CR_ERR_SYNTAX, p->at, p->next, "expected a value before '@'", NULL);
    }
}

/* The exponent that a superscript shows. */
static const struct expr *raised(struct parser *p, const struct expr *base)
{
    size_t at = p->at, size = 0;
    double v = 0;
    const int minus = begins(p, at, SUPERSCRIPT_MINUS);
    at += minus ? strlen(SUPERSCRIPT_MINUS) : 0;
    if (at == p->next)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "the exponent lacks its digits", NULL);
    for (; at < p->next; at += size)
        v = 10 * v + superscript(p, at, &size);
    if (v > 1e9)
        return fail(p, CR_ERR_VALUE, p->at, p->next, "the exponent is out of range", NULL);
    advance(p);
    return checked(p,
                   cr_expr_binary(p->arena, EXPR_POW, base, cr_expr_num(p->arena, minus ? -v : v)));
}

static const struct expr *power(struct parser *p)
{
    const struct expr *base = atom(p);
    if (base && p->token == T_SUPERSCRIPT)
        base = raised(p, base);
    if (!base || p->token != T_POW)
        return base;
    advance(p);
    const struct expr *exponent = factor(p);
    if (!exponent)
        return NULL;
    if (base->kind == EXPR_NUM && base->text && !strcmp(base->text, "e"))
        return checked(p, cr_expr_call(p->arena, "exp", &exponent, 1));
    return checked(p, cr_expr_binary(p->arena, EXPR_POW, base, exponent));
}

static const struct expr *factor(struct parser *p)
{
    const struct expr *e;
    if (++p->nesting > NEST_MAX)
        return fail(p, CR_ERR_LIMIT, p->at, p->next, "the formula is nested too deeply", NULL);
    if (p->token == T_SUB || p->token == T_ADD) {
        const int minus = p->token == T_SUB;
        advance(p);
        e = factor(p);
        e = minus ? negated(p, e) : e;
    } else {
        e = power(p);
    }
    p->nesting--;
    return e;
}

static const struct expr *term(struct parser *p)
{
    struct list product = {0};
    if (!append(p, &product, factor(p)))
        return NULL;
    while (p->token == T_MUL || p->token == T_DIV) {
        const int divide = p->token == T_DIV;
        if (divide && ++p->divisions > DIVISIONS_MAX)
            return fail(p, CR_ERR_LIMIT, p->at, p->next, "the formula has too many divisions",
                        NULL);
        advance(p);
        const struct expr *next = factor(p);
        if (!next)
            return NULL;
        if (divide) {
            const struct expr *top = checked(p, cr_expr_mul(p->arena, product.e, product.n));
            next = checked(p, cr_expr_binary(p->arena, EXPR_DIV, top, next));
            product = (struct list){0};
        }
        if (!append(p, &product, next))
            return NULL;
    }
    return checked(p, cr_expr_mul(p->arena, product.e, product.n));
}

static const struct expr *sum(struct parser *p)
{
    struct list terms = {0};
    int minus = p->token == T_SUB;
    if (minus || p->token == T_ADD)
        advance(p);
    const struct expr *e = term(p);
    if (!append(p, &terms, minus ? negated(p, e) : e))
        return NULL;
    while (p->token == T_ADD || p->token == T_SUB) {
        minus = p->token == T_SUB;
        advance(p);
        e = term(p);
        if (minus && e)
            e = checked(p, cr_expr_unary(p->arena, EXPR_NEG, e));
        if (!append(p, &terms, e))
            return NULL;
    }
    return checked(p, cr_expr_add(p->arena, terms.e, terms.n));
}

static const struct expr *whole(struct parser *p)
{
    if (p->size > TEXT_MAX)
        return fail(p, CR_ERR_LIMIT, 0, 0, "the formula has more than 4096 bytes", NULL);
    advance(p);
    if (p->token == T_END)
        return fail(p, CR_ERR_SYNTAX, 0, p->size, "the formula is empty", NULL);
    const struct expr *e = p->rule ? condition(p) : sum(p);
    if (!e || p->token == T_END)
        return e;
    if (p->token >= T_LT && p->token <= T_GE)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next,
                    "a comparison may only be the first operand of if", "as in if(t < 0, a, b)");
    if (p->token == T_CLOSE)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "')' without '('", NULL);
    if (p->token == T_COMMA)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "',' outside a function's operands",
                    "decimals are written with a point");
    if (p->token == T_OTHER)
        return fail(p, CR_ERR_SYNTAX, p->at, p->next, "'@' has no meaning in a formula", NULL);
    return fail(p, CR_ERR_SYNTAX, p->at, p->next, "expected an operator before '@'",
                "multiplication is written with *");
}

cr_status cr_expr_parse(struct arena *a, const char *text, size_t size, const char *const *vars,
                        size_t n_vars, const struct source *src, struct place at,
                        const struct expr **out, cr_error *err)
{
    struct parser p = {.arena = a,
                       .text = text,
                       .size = size,
                       .vars = vars,
                       .n_vars = n_vars,
                       .src = src,
                       .place = at,
                       .err = err};
    const struct expr *e = whole(&p);
    if (!e)
        return p.status;
    *out = e;
    return CR_OK;
}

const struct expr *cr_expr_parse_rule(struct arena *a, const char *formula)
{
    static const char *const names[] = {"x", "y", "z", "dx", "dy", "dz"};
    struct parser p = {.arena = a,
                       .text = formula,
                       .size = strlen(formula),
                       .vars = names,
                       .n_vars = sizeof names / sizeof *names,
                       .rule = 1};
    const struct expr *e = whole(&p);
    assert(e || p.status == CR_ERR_MEMORY);
    return e;
}
