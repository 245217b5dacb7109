#include <math.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/functions.h"
#include "expr/glyphs.h"

/* How tightly what was written holds together; something looser than its place allows
 * stands in parentheses. A negation binds like a sum, as in a - b. */
enum level { LEVEL_SUM, LEVEL_PRODUCT, LEVEL_POWER, LEVEL_ATOM };

struct printer {
    struct text *out;
    int latex;
};

/* `lead`: the text begins an expression, so a minus sign needs no parentheses. */
static void print(const struct printer *p, const struct expr *e, enum level least, int lead);

static const char *shown_number(const struct expr *e, char *buf)
{
    return e->text ? e->text : cr_shortest_f64(e->value, buf);
}

/* The size of a minus sign at the start of s. */
static size_t minus_size(const char *s)
{
    return *s == '-' ? 1 : strncmp(s, "−", strlen("−")) ? 0 : strlen("−");
}

static void open(const struct printer *p)
{
    cr_text_add(p->out, p->latex ? "\\left(" : "(");
}

static void close(const struct printer *p)
{
    cr_text_add(p->out, p->latex ? "\\right)" : ")");
}

/* Letters of formulas, by what a program calls them and what a person writes. */
static const char *const greek[][2] = {
    {"alpha", "α"}, {"beta", "β"}, {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"},
    {"zeta", "ζ"},  {"eta", "η"},  {"theta", "θ"}, {"kappa", "κ"}, {"lambda", "λ"},
    {"mu", "μ"},    {"nu", "ν"},   {"xi", "ξ"},    {"pi", "π"},    {"rho", "ρ"},
    {"sigma", "σ"}, {"tau", "τ"},  {"phi", "φ"},   {"chi", "χ"},   {"psi", "ψ"},
    {"omega", "ω"},
};

/* One character of a name as math; the caller sees to what is special in names. */
static void escaped_char(struct text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof greek / sizeof *greek; i++) {
        if (strlen(greek[i][1]) == n && !memcmp(greek[i][1], s, n)) {
            cr_text_printf(out, "{\\%s}", greek[i][0]);
            return;
        }
    }
    if (n > 1)
        cr_text_addn(out, s, n);
    else if (*s == '\\')
        cr_text_add(out, "{\\backslash}");
    else if (*s == '^')
        cr_text_add(out, "{\\wedge}");
    else if (*s == '~')
        cr_text_add(out, "{\\sim}");
    else if (*s == ' ')
        cr_text_add(out, "\\ ");
    else if (*s == '*')
        cr_text_add(out, "{\\ast}");
    else if (strchr("#$%&_{}", *s))
        cr_text_printf(out, "\\%c", *s);
    else if ((unsigned char)*s > 0x20 && *s != 0x7f)
        cr_text_addc(out, *s);
}

static void escaped(struct text *out, const char *s, size_t n)
{
    unsigned code;
    for (size_t size; n; s += size, n -= size) {
        size = cr_utf8_next(s, n, &code);
        escaped_char(out, s, size);
    }
}

static size_t letters(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
           (unsigned char)s[n] >= 0x80)
        n++;
    return n;
}

/* A LaTeX name for a symbol that has none: w11 is w_{11}, w_new has an index too, alpha
 * is a letter, and a longer word is upright. */
static void latex_name(struct text *out, const char *s)
{
    const size_t n = letters(s);
    const char *index = s + n + (s[n] == '_');
    int word = n > 1 && cr_utf8_count(s, n) > 1;
    for (size_t i = 0; i < sizeof greek / sizeof *greek && word; i++) {
        if (strlen(greek[i][0]) == n && !memcmp(greek[i][0], s, n)) {
            cr_text_printf(out, "\\%s", greek[i][0]);
            word = -1;
            break;
        }
    }
    if (word > 0)
        cr_text_add(out, "\\mathrm{");
    if (word >= 0)
        escaped(out, s, n);
    if (word > 0)
        cr_text_add(out, "}");
    if (!*index)
        return;
    const int indexed = n && (s[n] == '_' || (s[n] >= '0' && s[n] <= '9'));
    const size_t plain = strcspn(index, "'*");
    cr_text_add(out, indexed ? "_{" : word < 0 ? " " : "");
    escaped(out, index, indexed ? plain : strlen(index));
    cr_text_add(out, indexed ? "}" : "");
    if (indexed)
        escaped(out, index + plain, strlen(index + plain));
}

static void superscript(struct text *out, int minus, const char *digits)
{
    static const char *const digit[] = SUPERSCRIPT_DIGITS;
    cr_text_add(out, minus ? SUPERSCRIPT_MINUS : "");
    for (; *digits; digits++) {
        if (*digits >= '0' && *digits <= '9')
            cr_text_add(out, digit[*digits - '0']);
    }
}

/* An unsigned number: "0.3", "1/2", "1.23e-7", "π". */
static void magnitude(const struct printer *p, const char *s)
{
    const char *e = strpbrk(s, "eE"), *slash = strchr(s, '/');
    if (slash && p->latex) {
        cr_text_printf(p->out, "\\frac{%.*s}{%s}", (int)(slash - s), s, slash + 1);
    } else if (!strcmp(s, "1/2")) {
        cr_text_add(p->out, "½");
    } else if (!strcmp(s, "π") && p->latex) {
        cr_text_add(p->out, "\\pi");
    } else if (!strcmp(s, "nan")) {
        cr_text_add(p->out, p->latex ? "\\text{NaN}" : "NaN");
    } else if (!strcmp(s, "inf")) {
        cr_text_add(p->out, p->latex ? "\\infty" : "∞");
    } else if (e && e > s) {
        const int minus = e[1] == '-';
        const char *exponent = e + 1 + (minus || e[1] == '+');
        exponent += strspn(exponent, "0");
        cr_text_addn(p->out, s, (size_t)(e - s));
        cr_text_add(p->out, p->latex ? " \\cdot 10" : "·10");
        if (p->latex)
            cr_text_printf(p->out, "^{%s%s}", minus ? "-" : "", exponent);
        else
            superscript(p->out, minus, exponent);
    } else {
        cr_text_add(p->out, s);
    }
}

static enum level number_level(const struct printer *p, const char *s)
{
    if (minus_size(s))
        return LEVEL_SUM;
    if (strchr(s, '/'))
        return !p->latex && !strcmp(s, "1/2") ? LEVEL_ATOM : LEVEL_PRODUCT;
    return strpbrk(s, "eE") && s[1] ? LEVEL_PRODUCT : LEVEL_ATOM;
}

/* What a symbol's own text holds decides whether it may be raised or divided as it is. */
static enum level symbol_level(const struct printer *p, const struct expr *e)
{
    const char *s = p->latex && e->latex ? e->latex : e->text ? e->text : "?";
    if (p->latex && e->latex)
        return strpbrk(s, "^+-/ ") || strstr(s, "\\frac") ? LEVEL_POWER : LEVEL_ATOM;
    if (strpbrk(s, " +") || minus_size(s))
        return LEVEL_SUM;
    if (strchr(s, '/') || strstr(s, "·"))
        return LEVEL_PRODUCT;
    return strpbrk(s, "*^") ? LEVEL_POWER : LEVEL_ATOM;
}

static int is_number(const struct expr *e, double v)
{
    return e->kind == EXPR_NUM && e->value == v;
}

/* x², x³ */
static int small_power(const struct expr *e)
{
    const struct expr *n = e->arg[1];
    return (is_number(n, 2) || is_number(n, 3)) && !n->text;
}

/* ½, as it leads a product */
static int is_half(const struct expr *e)
{
    return (e->kind == EXPR_DIV && is_number(e->arg[0], 1) && is_number(e->arg[1], 2)) ||
           (e->kind == EXPR_NUM && e->text && !strcmp(e->text, "1/2"));
}

/* √2 */
static int is_plain_root(const struct printer *p, const struct expr *e)
{
    char buf[32];
    return e->func == FUNCTION_SQRT && e->arg[0]->kind == EXPR_NUM && !p->latex &&
           number_level(p, shown_number(e->arg[0], buf)) == LEVEL_ATOM;
}

static enum level call_level(const struct printer *p, const struct expr *e)
{
    if (FUNCTION_IS_COMPARISON(e->func))
        return LEVEL_SUM;
    if (e->func == FUNCTION_EXP || is_plain_root(p, e))
        return LEVEL_POWER;
    return p->latex && e->func == FUNCTION_IF ? LEVEL_SUM : LEVEL_ATOM;
}

static enum level level_of(const struct printer *p, const struct expr *e)
{
    char buf[32];
    switch (e->kind) {
    case EXPR_NUM: return number_level(p, shown_number(e, buf));
    case EXPR_SYM: return symbol_level(p, e);
    case EXPR_ADD:
    case EXPR_NEG: return LEVEL_SUM;
    case EXPR_MUL:
    case EXPR_HADAMARD:
    case EXPR_DIV: return LEVEL_PRODUCT;
    case EXPR_POW:
    case EXPR_TRANSPOSE: return LEVEL_POWER;
    case EXPR_CALL: return call_level(p, e);
    case EXPR_MATRIX: return LEVEL_ATOM;
    }
    return LEVEL_SUM;
}

static int is_negative(const struct expr *e)
{
    char buf[32];
    return e->kind == EXPR_NUM && minus_size(shown_number(e, buf));
}

static void separated(const struct printer *p, const struct expr *e)
{
    for (unsigned i = 0; i < e->n; i++) {
        if (i)
            cr_text_add(p->out, ", ");
        print(p, e->arg[i], LEVEL_SUM, 1);
    }
}

static void cases(const struct printer *p, const struct expr *e)
{
    cr_text_add(p->out, "\\begin{cases}");
    print(p, e->arg[1], LEVEL_SUM, 1);
    cr_text_add(p->out, " & \\text{if } ");
    print(p, e->arg[0], LEVEL_SUM, 1);
    cr_text_add(p->out, " \\\\ ");
    print(p, e->arg[2], LEVEL_SUM, 1);
    cr_text_add(p->out, " & \\text{otherwise}\\end{cases}");
}

static void exponential(const struct printer *p, const struct expr *x)
{
    cr_text_add(p->out, p->latex ? "e^{" : "e^");
    if (p->latex)
        print(p, x, LEVEL_SUM, 1);
    else
        print(p, x, x->kind == EXPR_CALL ? LEVEL_ATOM + 1 : LEVEL_ATOM, 0);
    cr_text_add(p->out, p->latex ? "}" : "");
}

static void call(const struct printer *p, const struct expr *e)
{
    const int f = e->func;
    if (FUNCTION_IS_COMPARISON(f)) {
        print(p, e->arg[0], LEVEL_SUM, 1);
        cr_text_printf(p->out, " %s ", p->latex ? e->latex : e->text);
        print(p, e->arg[1], LEVEL_SUM, 1);
    } else if (f == FUNCTION_EXP) {
        exponential(p, e->arg[0]);
    } else if (f == FUNCTION_ABS) {
        cr_text_add(p->out, p->latex ? "\\left\\lvert " : "|");
        print(p, e->arg[0], LEVEL_SUM, 1);
        cr_text_add(p->out, p->latex ? "\\right\\rvert" : "|");
    } else if (f == FUNCTION_SQRT && p->latex) {
        cr_text_add(p->out, "\\sqrt{");
        print(p, e->arg[0], LEVEL_SUM, 1);
        cr_text_add(p->out, "}");
    } else if (is_plain_root(p, e)) {
        cr_text_add(p->out, "√");
        print(p, e->arg[0], LEVEL_ATOM, 0);
    } else if (f == FUNCTION_IF && p->latex) {
        cases(p, e);
    } else {
        if (!p->latex)
            cr_text_add(p->out, e->text ? e->text : "?");
        else if (e->latex)
            cr_text_add(p->out, e->latex);
        else
            latex_name(p->out, e->text ? e->text : "?");
        open(p);
        separated(p, e);
        close(p);
    }
}

static void matrix(const struct printer *p, const struct expr *e)
{
    const unsigned cols = e->rows && e->n ? e->n / e->rows : 1;
    cr_text_add(p->out, p->latex ? "\\begin{bmatrix}" : "[");
    for (unsigned i = 0; i < e->n; i++) {
        if (i)
            cr_text_add(p->out, p->latex ? (i % cols ? " & " : " \\\\ ") : i % cols ? ", " : "; ");
        print(p, e->arg[i], LEVEL_SUM, 1);
    }
    cr_text_add(p->out, p->latex ? "\\end{bmatrix}" : "]");
}

static void sum(const struct printer *p, const struct expr *e, int lead)
{
    for (unsigned i = 0; i < e->n; i++) {
        const struct expr *t = e->arg[i];
        const int minus = t->kind == EXPR_NEG;
        if (i)
            cr_text_add(p->out, !minus ? " + " : p->latex ? " - " : " − ");
        else if (minus)
            cr_text_add(p->out, p->latex ? "-" : "−");
        t = minus ? t->arg[0] : t;
        /* a term that is a sum stays one, in parentheses; a NUM below 0 too */
        print(p, t, LEVEL_PRODUCT, i == 0 && lead && !minus);
    }
}

/* Whether something that is a product itself needs no parentheses as factor i of e. A
 * symbol such as ∂L/∂w may end a product, but not go before a factor that would seem to
 * stand below its line. */
static int joins_product(const struct printer *p, const struct expr *e, unsigned i)
{
    const struct expr *f = e->arg[i];
    if (p->latex)
        return f->kind == EXPR_DIV || f->kind == EXPR_NUM || f->kind == EXPR_SYM;
    if (f->kind == EXPR_SYM)
        return i + 1 == e->n || e->kind == EXPR_HADAMARD;
    return f->kind == EXPR_NUM && !(f->text && strchr(f->text, '/'));
}

/* A factor that is a product or a quotient keeps its parentheses, except ½ in front. */
static void product(const struct printer *p, const struct expr *e, int lead)
{
    const char *dot = e->kind == EXPR_HADAMARD ? (p->latex ? " \\odot " : " ⊙ ")
                      : p->latex               ? " \\cdot "
                                               : "·";
    for (unsigned i = 0; i < e->n; i++) {
        const struct expr *f = e->arg[i];
        if (i)
            cr_text_add(p->out, dot);
        if (i == 0 && is_half(f))
            cr_text_add(p->out, p->latex ? "\\frac{1}{2}" : "½");
        else
            print(p, f, joins_product(p, e, i) ? LEVEL_PRODUCT : LEVEL_POWER,
                  i == 0 && lead && is_negative(f));
    }
}

static void quotient(const struct printer *p, const struct expr *e, int lead)
{
    const struct expr *top = e->arg[0];
    if (p->latex) {
        cr_text_add(p->out, "\\frac{");
        print(p, top, LEVEL_SUM, 1);
        cr_text_add(p->out, "}{");
        print(p, e->arg[1], LEVEL_SUM, 1);
        cr_text_add(p->out, "}");
        return;
    }
    print(p, top, top->kind == EXPR_MUL ? LEVEL_PRODUCT : LEVEL_POWER, lead);
    cr_text_add(p->out, "/");
    print(p, e->arg[1], LEVEL_POWER, 0);
}

static void power(const struct printer *p, const struct expr *e)
{
    print(p, e->arg[0], LEVEL_ATOM, 0);
    if (p->latex) {
        cr_text_add(p->out, "^{");
        print(p, e->arg[1], LEVEL_SUM, 1);
        cr_text_add(p->out, "}");
    } else if (small_power(e)) {
        cr_text_add(p->out, is_number(e->arg[1], 2) ? "²" : "³");
    } else {
        cr_text_add(p->out, "^");
        print(p, e->arg[1], LEVEL_ATOM, 0);
    }
}

static void inside(const struct printer *p, const struct expr *e, int lead)
{
    char buf[32];
    const char *s;
    switch (e->kind) {
    case EXPR_NUM:
        s = shown_number(e, buf);
        if (minus_size(s))
            cr_text_add(p->out, p->latex ? "-" : "−");
        magnitude(p, s + minus_size(s));
        break;
    case EXPR_SYM:
        if (!p->latex)
            cr_text_add(p->out, e->text ? e->text : "?");
        else if (e->latex)
            cr_text_add(p->out, e->latex);
        else
            latex_name(p->out, e->text ? e->text : "?");
        break;
    case EXPR_ADD: sum(p, e, lead); break;
    case EXPR_NEG:
        cr_text_add(p->out, p->latex ? "-" : "−");
        print(p, e->arg[0], LEVEL_PRODUCT, 0);
        break;
    case EXPR_MUL:
    case EXPR_HADAMARD: product(p, e, lead); break;
    case EXPR_DIV: quotient(p, e, lead); break;
    case EXPR_POW: power(p, e); break;
    case EXPR_TRANSPOSE:
        print(p, e->arg[0], LEVEL_ATOM, 0);
        cr_text_add(p->out, p->latex ? "^{\\top}" : "ᵀ");
        break;
    case EXPR_CALL: call(p, e); break;
    case EXPR_MATRIX: matrix(p, e); break;
    }
}

static void print(const struct printer *p, const struct expr *e, enum level least, int lead)
{
    const int bare = level_of(p, e) >= least || (lead && is_negative(e));
    if (!bare)
        open(p);
    inside(p, e, bare ? lead : 1);
    if (!bare)
        close(p);
}

void cr_expr_print(struct text *out, const struct expr *e, enum expr_style style)
{
    const struct printer p = {out, style == EXPR_LATEX};
    if (e)
        print(&p, e, LEVEL_SUM, 1);
}
