#include "doc/layout.h"

#include <assert.h>
#include <string.h>

enum { DEPTH = 100 }; /* groups within groups; what is deeper is left out */

/* Commands that stand for a character: as an operator, or as a name. */
static const struct {
    const char *name, *s;
    enum box_kind kind;
} signs[] = {
    {"alpha", "α", BOX_NAME},      {"beta", "β", BOX_NAME},    {"gamma", "γ", BOX_NAME},
    {"delta", "δ", BOX_NAME},      {"epsilon", "ε", BOX_NAME}, {"zeta", "ζ", BOX_NAME},
    {"eta", "η", BOX_NAME},        {"theta", "θ", BOX_NAME},   {"kappa", "κ", BOX_NAME},
    {"lambda", "λ", BOX_NAME},     {"mu", "μ", BOX_NAME},      {"nu", "ν", BOX_NAME},
    {"xi", "ξ", BOX_NAME},         {"pi", "π", BOX_NAME},      {"rho", "ρ", BOX_NAME},
    {"sigma", "σ", BOX_NAME},      {"tau", "τ", BOX_NAME},     {"phi", "φ", BOX_NAME},
    {"chi", "χ", BOX_NAME},        {"psi", "ψ", BOX_NAME},     {"omega", "ω", BOX_NAME},
    {"Gamma", "Γ", BOX_NAME},      {"Delta", "Δ", BOX_NAME},   {"Theta", "Θ", BOX_NAME},
    {"Lambda", "Λ", BOX_NAME},     {"Sigma", "Σ", BOX_NAME},   {"Phi", "Φ", BOX_NAME},
    {"Psi", "Ψ", BOX_NAME},        {"Omega", "Ω", BOX_NAME},   {"ell", "ℓ", BOX_NAME},
    {"partial", "∂", BOX_NAME},    {"nabla", "∇", BOX_NAME},   {"infty", "∞", BOX_NAME},
    {"top", "⊤", BOX_NAME},        {"ldots", "…", BOX_NAME},   {"to", "→", BOX_SIGN},
    {"rightarrow", "→", BOX_SIGN}, {"cdot", "·", BOX_SIGN},    {"prime", "′", BOX_SIGN},
    {"ast", "*", BOX_SIGN},        {"star", "⋆", BOX_SIGN},    {"odot", "⊙", BOX_SIGN},
    {"approx", "≈", BOX_SIGN},     {"le", "≤", BOX_SIGN},      {"ge", "≥", BOX_SIGN},
    {"sum", "∑", BOX_SIGN},        {"times", "×", BOX_SIGN},   {"lvert", "|", BOX_SIGN},
    {"lVert", "‖", BOX_SIGN},      {"rVert", "‖", BOX_SIGN},   {"rvert", "|", BOX_SIGN},
    {"backslash", "\\", BOX_SIGN}, {"wedge", "^", BOX_SIGN},   {"sim", "~", BOX_SIGN},
};

/* Commands that stand for the word that they are. */
static const char *const functions[] = {"exp",  "ln",   "sin",  "cos", "tan",
                                        "sinh", "cosh", "tanh", "max", "min"};

static const struct {
    const char *name;
    enum box_font font;
} fonts[] = {{"mathbf", FONT_BOLD},        {"boldsymbol", FONT_BOLD},
             {"mathrm", FONT_UPRIGHT},     {"operatorname", FONT_UPRIGHT},
             {"mathit", FONT_WORD_ITALIC}, {"mathcal", FONT_SCRIPT}};

static const struct {
    const char *name, *mark;
} accents[] = {
    {"tilde", "\xcc\x83"}, {"hat", "\xcc\x82"}, {"bar", "\xcc\x84"}, {"vec", "\xe2\x83\x97"}};

#define FIND(table, field, s, len) \
    find(&(table)[0].field, sizeof *(table), sizeof(table) / sizeof *(table), s, len)

static int find(const char *const *first, size_t step, size_t n, const char *s, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = *(const char *const *)(const void *)((const char *)first + i * step);
        if (strlen(name) == len && !memcmp(name, s, len))
            return (int)i;
    }
    return -1;
}

struct reader {
    struct arena *a;
    const char *s;
    int depth, unknown, failed;
};

static struct box *make(struct reader *r, enum box_kind kind, const char *s, size_t len,
                        enum box_font font)
{
    struct box *b = arena_new(r->a, struct box, 1);
    const char *copy = len ? cr_arena_strndup(r->a, s, len) : "";
    if (!b || !copy) {
        r->failed = 1;
        return NULL;
    }
    *b = (struct box){.kind = kind, .font = font, .s = copy, .closing = ""};
    return b;
}

/* Parts gathered in the order that they come. */
struct parts {
    const struct box **part;
    size_t n, room;
};

static void add(struct reader *r, struct parts *p, const struct box *b)
{
    if (!b)
        return;
    if (p->n == p->room) {
        const size_t room = p->room ? 2 * p->room : 8;
        const struct box **grown = arena_new(r->a, const struct box *, room);
        if (!grown) {
            r->failed = 1;
            return;
        }
        if (p->n)
            memcpy(grown, p->part, p->n * sizeof(*grown));
        p->part = grown;
        p->room = room;
    }
    p->part[p->n++] = b;
}

static struct box *with(struct reader *r, enum box_kind kind, const struct parts *p)
{
    struct box *b = make(r, kind, "", 0, FONT_ITALIC);
    if (b) {
        b->part = p->part;
        b->n = p->n;
    }
    return b;
}

static const struct box *read_row(struct reader *r, enum box_font font);
static const struct box *read_argument(struct reader *r, enum box_font font);

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t command_size(const char *s)
{
    size_t n = 1;
    while (is_letter(s[n]))
        n++;
    return n > 1 || !s[1] ? n : 2;
}

static int at_command(const struct reader *r, const char *name)
{
    if (r->s[0] != '\\')
        return 0;
    const size_t n = command_size(r->s);
    return n == strlen(name) + 1 && !memcmp(r->s + 1, name, n - 1);
}

/* Whether a row ends here. */
static int at_end(const struct reader *r)
{
    return !*r->s || *r->s == '}' || *r->s == '&' || (r->s[0] == '\\' && r->s[1] == '\\') ||
           at_command(r, "right") || at_command(r, "end");
}

static void skip(struct reader *r, char c)
{
    if (*r->s == c)
        r->s++;
}

/* {group} that is a name: its bytes. */
static const char *word(struct reader *r, size_t *len)
{
    skip(r, '{');
    const char *s = r->s;
    *len = strcspn(s, "}");
    r->s += *len;
    skip(r, '}');
    return s;
}

/* \char36 */
static void char_code(struct reader *r, struct text *out)
{
    unsigned code = 0;
    for (r->s += strlen("\\char"); is_digit(*r->s) && code < 128; r->s++)
        code = code * 10 + (unsigned)(*r->s - '0');
    if (code > 0x20 && code < 0x7f)
        cr_text_addc(out, (char)code);
}

/* The words of \text{...}: escapes are undone, braces group. */
static const struct box *read_text(struct reader *r)
{
    struct text words = {0};
    int depth = 0;
    skip(r, '{');
    for (; *r->s && (depth || *r->s != '}');) {
        if (at_command(r, "char")) {
            char_code(r, &words);
        } else if (*r->s == '\\' && r->s[1]) {
            cr_text_addc(&words, r->s[1]);
            r->s += 2;
        } else if (*r->s == '{' || *r->s == '}') {
            depth += *r->s == '{' ? 1 : -1;
            r->s++;
        } else {
            cr_text_addc(&words, *r->s++);
        }
    }
    skip(r, '}');
    const struct box *b = make(r, BOX_WORDS, cr_text_str(&words), words.len, FONT_UPRIGHT);
    r->failed |= words.failed;
    cr_text_free(&words);
    return b;
}

/* \left( ... \right): the bracket that follows. */
static const struct box *bracket(struct reader *r)
{
    if (*r->s != '\\')
        return make(r, BOX_SIGN, r->s, *r->s ? 1 : 0, FONT_ITALIC);
    const size_t n = command_size(r->s);
    const int i = FIND(signs, name, r->s + 1, n - 1);
    return i < 0 ? make(r, BOX_SIGN, r->s + 1, n - 1, FONT_ITALIC)
                 : make(r, BOX_SIGN, signs[i].s, strlen(signs[i].s), FONT_ITALIC);
}

static void skip_bracket(struct reader *r)
{
    r->s += *r->s == '\\' ? command_size(r->s) : *r->s ? 1 : 0;
}

static const struct box *read_fence(struct reader *r)
{
    const struct box *left = bracket(r), *right = NULL;
    skip_bracket(r);
    const struct box *inner = read_row(r, FONT_ITALIC);
    if (at_command(r, "right")) {
        r->s += strlen("\\right");
        right = bracket(r);
        skip_bracket(r);
    }
    struct parts one = {0};
    add(r, &one, inner);
    struct box *b = with(r, BOX_FENCE, &one);
    if (b && left)
        b->s = left->s;
    if (b && right)
        b->closing = right->s;
    return b;
}

static const struct box *read_table(struct reader *r)
{
    size_t len, cols = 1, col = 1;
    const char *name = word(r, &len);
    const int cases = len == strlen("cases") && !memcmp(name, "cases", len);
    struct parts cells = {0};
    for (;;) {
        add(r, &cells, read_row(r, FONT_ITALIC));
        if (*r->s == '&') {
            r->s++;
            col++;
        } else if (r->s[0] == '\\' && r->s[1] == '\\') {
            r->s += 2;
            col = 1;
        } else {
            break;
        }
        cols = col > cols ? col : cols;
    }
    if (at_command(r, "end")) {
        r->s += strlen("\\end");
        (void)word(r, &len);
    }
    struct box *b = with(r, BOX_TABLE, &cells);
    if (b) {
        b->cols = cols;
        b->s = cases ? "{" : "[";
        b->closing = cases ? "" : "]";
    }
    return b;
}

static const struct box *read_parts(struct reader *r, enum box_kind kind, int n)
{
    struct parts p = {0};
    while (n--)
        add(r, &p, read_argument(r, FONT_ITALIC));
    return with(r, kind, &p);
}

static const struct box *unknown(struct reader *r, const char *s, size_t len)
{
    r->unknown++;
    return make(r, BOX_WORDS, s, len, FONT_UPRIGHT);
}

static const struct box *read_command(struct reader *r, enum box_font font)
{
    const char *name = r->s + 1;
    const size_t len = command_size(r->s) - 1;
    r->s += len + 1;
    int i = FIND(signs, name, name, len);
    if (i >= 0)
        return make(r, signs[i].kind, signs[i].s, strlen(signs[i].s), font);
    i = find(functions, sizeof *functions, sizeof functions / sizeof *functions, name, len);
    if (i >= 0)
        return make(r, BOX_NAME, name, len, FONT_UPRIGHT);
    i = FIND(fonts, name, name, len);
    if (i >= 0)
        return read_argument(r, fonts[i].font);
    i = FIND(accents, name, name, len);
    if (i >= 0) {
        struct box *b = (struct box *)read_parts(r, BOX_ACCENT, 1);
        if (b)
            b->s = accents[i].mark;
        return b;
    }
    if (len == 4 && !memcmp(name, "text", len))
        return read_text(r);
    if (len == 4 && !memcmp(name, "frac", len))
        return read_parts(r, BOX_FRACTION, 2);
    if (len == 4 && !memcmp(name, "sqrt", len))
        return read_parts(r, BOX_ROOT, 1);
    if (len == 4 && !memcmp(name, "left", len))
        return read_fence(r);
    if (len == 5 && !memcmp(name, "begin", len))
        return read_table(r);
    if (len == 1 && strchr(",;: !", *name))
        return make(r, BOX_SPACE, "", 0, font);
    if (len == 1 && strchr("#$%&_{}", *name))
        return make(r, BOX_SIGN, name, len, font);
    return unknown(r, name, len);
}

/* Letters of an upright or bold word stay together, digits of a number always. */
static const struct box *read_characters(struct reader *r, enum box_font font)
{
    const char *s = r->s;
    if (is_digit(*s)) {
        while (is_digit(*r->s) || (*r->s == '.' && is_digit(r->s[1])))
            r->s++;
        return make(r, BOX_NUMBER, s, (size_t)(r->s - s), font);
    }
    if (is_letter(*s)) {
        do
            r->s++;
        while (font != FONT_ITALIC && (is_letter(*r->s) || is_digit(*r->s)));
        return make(r, BOX_NAME, s, (size_t)(r->s - s), font);
    }
    unsigned code;
    const size_t n = cr_utf8_next(s, strlen(s), &code);
    r->s += n;
    if (*s == '-')
        return make(r, BOX_SIGN, "−", strlen("−"), font);
    if (n == 1 && *s == '~')
        return make(r, BOX_SPACE, "", 0, font);
    for (size_t i = 0; i < sizeof signs / sizeof *signs && n > 1; i++)
        if (!strcmp(signs[i].s, "…") ? 0 : !strncmp(signs[i].s, s, n) && strlen(signs[i].s) == n)
            return make(r, signs[i].kind, s, n, font);
    return make(r, n > 1 ? BOX_NAME : BOX_SIGN, s, n, font);
}

static const struct box *read_atom(struct reader *r, enum box_font font)
{
    if (*r->s == '{') {
        r->s++;
        const struct box *b = read_row(r, font);
        skip(r, '}');
        return b;
    }
    return *r->s == '\\' ? read_command(r, font) : read_characters(r, font);
}

static const struct box *read_argument(struct reader *r, enum box_font font)
{
    while (*r->s == ' ')
        r->s++;
    if (is_digit(*r->s)) /* x^23 is x squared, and a 3 */
        return make(r, BOX_NUMBER, r->s++, 1, font);
    return at_end(r) ? make(r, BOX_ROW, "", 0, font) : read_atom(r, font);
}

/* ' and ^ after what they belong to; an exponent gathers all. */
static const struct box *with_scripts(struct reader *r, const struct box *base)
{
    const struct box *index = NULL;
    struct parts up = {0};
    while (*r->s == '_' || *r->s == '^' || *r->s == '\'') {
        const char c = *r->s++;
        if (c == '\'')
            add(r, &up, make(r, BOX_SIGN, "′", strlen("′"), FONT_ITALIC));
        else if (c == '^')
            add(r, &up, read_argument(r, FONT_ITALIC));
        else
            index = read_argument(r, FONT_ITALIC);
    }
    if (!index && !up.n)
        return base;
    const struct box **part = arena_new(r->a, const struct box *, 3);
    struct box *b = make(r, BOX_SCRIPT, "", 0, FONT_ITALIC);
    if (!part || !b || !base) {
        r->failed = 1;
        return base;
    }
    part[0] = base;
    part[1] = index;
    part[2] = up.n > 1 ? with(r, BOX_ROW, &up) : up.n ? up.part[0] : NULL;
    b->part = part;
    b->n = 3;
    return b;
}

static const struct box *read_row(struct reader *r, enum box_font font)
{
    struct parts p = {0};
    if (r->depth == DEPTH) {
        while (!at_end(r))
            r->s++;
        r->unknown++;
        return with(r, BOX_ROW, &p);
    }
    r->depth++;
    while (!r->failed && !at_end(r)) {
        if (*r->s == ' ') {
            r->s++;
            continue;
        }
        const int script = strchr("_^'", *r->s) != NULL;
        const struct box *b = script ? make(r, BOX_ROW, "", 0, font) : read_atom(r, font);
        add(r, &p, with_scripts(r, b));
    }
    r->depth--;
    return p.n == 1 ? p.part[0] : with(r, BOX_ROW, &p);
}

const struct box *cr_layout_read(struct arena *a, const char *latex, int *unknown)
{
    struct reader r = {.a = a, .s = latex};
    struct parts all = {0};
    /* what is out of place, such as a bracket too many, must not end it */
    for (;;) {
        add(&r, &all, read_row(&r, FONT_ITALIC));
        if (!*r.s || r.failed)
            break;
        r.unknown++;
        r.s += *r.s == '\\' ? command_size(r.s) : 1;
    }
    if (unknown)
        *unknown = r.unknown;
    return r.failed ? NULL : all.n == 1 ? all.part[0] : with(&r, BOX_ROW, &all);
}

/* Runs. */

struct runner {
    put_run *put;
    void *ctx;
};

static void emit(const struct runner *w, const char *s, double shift, double scale,
                 enum box_font font)
{
    if (*s)
        w->put(w->ctx, &(struct run){s, shift, scale, font});
}

static void run_box(const struct runner *w, const struct box *b, double shift, double scale);

static const struct box *part(const struct box *b, size_t i)
{
    assert(b->part);
    return b->part[i];
}

static void run_script(const struct runner *w, const struct box *b, double shift, double scale)
{
    run_box(w, part(b, 0), shift, scale);
    if (part(b, 1))
        run_box(w, part(b, 1), shift - 0.22 * scale, 0.75 * scale);
    if (part(b, 2))
        run_box(w, part(b, 2), shift + 0.36 * scale, 0.75 * scale);
}

static void run_table(const struct runner *w, const struct box *b, double shift, double scale)
{
    emit(w, b->s, shift, scale, FONT_UPRIGHT);
    for (size_t i = 0; i < b->n; i++) {
        if (i)
            emit(w, i % b->cols ? ", " : "; ", shift, scale, FONT_UPRIGHT);
        run_box(w, part(b, i), shift, scale);
    }
    emit(w, b->closing, shift, scale, FONT_UPRIGHT);
}

static int is_spaced(const struct box *b)
{
    static const char *const spaced[] = {"=", "≈", "+", "≤", "≥"};
    for (size_t i = 0; b->kind == BOX_SIGN && i < sizeof spaced / sizeof *spaced; i++)
        if (!strcmp(b->s, spaced[i]))
            return 1;
    return 0;
}

static void run_box(const struct runner *w, const struct box *b, double shift, double scale)
{
    switch (b->kind) {
    case BOX_ROW:
        for (size_t i = 0; i < b->n; i++) {
            const int spaced = i > 0 && scale == 1 && is_spaced(part(b, i));
            emit(w, spaced ? " " : "", shift, scale, FONT_UPRIGHT);
            run_box(w, part(b, i), shift, scale);
            emit(w, spaced ? " " : "", shift, scale, FONT_UPRIGHT);
        }
        break;
    case BOX_NAME: emit(w, b->s, shift, scale, b->font); break;
    case BOX_NUMBER:
    case BOX_SIGN:
    case BOX_WORDS: emit(w, b->s, shift, scale, FONT_UPRIGHT); break;
    case BOX_SPACE: emit(w, " ", shift, scale, FONT_UPRIGHT); break;
    case BOX_SCRIPT: run_script(w, b, shift, scale); break;
    case BOX_FRACTION:
        run_box(w, part(b, 0), shift, scale);
        emit(w, "/", shift, scale, FONT_UPRIGHT);
        run_box(w, part(b, 1), shift, scale);
        break;
    case BOX_ROOT: emit(w, "√", shift, scale, FONT_UPRIGHT); /* fall through */
    case BOX_ACCENT:
        run_box(w, part(b, 0), shift, scale);
        emit(w, b->s, shift, scale, FONT_ITALIC);
        break;
    case BOX_FENCE:
        emit(w, b->s, shift, scale, FONT_UPRIGHT);
        run_box(w, part(b, 0), shift, scale);
        emit(w, b->closing, shift, scale, FONT_UPRIGHT);
        break;
    case BOX_TABLE: run_table(w, b, shift, scale); break;
    }
}

int cr_layout_runs(const char *latex, put_run *put, void *ctx)
{
    struct arena a = {0};
    const struct box *b = cr_layout_read(&a, latex, NULL);
    const struct runner w = {put, ctx};
    if (b)
        run_box(&w, b, 0, 1);
    cr_arena_free(&a);
    return b != NULL;
}

static void put_plain(void *ctx, const struct run *run)
{
    cr_text_add(ctx, run->s);
}

void cr_layout_plain(struct text *out, const char *latex)
{
    if (!cr_layout_runs(latex, put_plain, out))
        out->failed = 1;
}
