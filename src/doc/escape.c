#include "doc/escape.h"

#include <string.h>

/* Characters that change how others are shown: C0, DEL, C1, line separators, marks and
 * overrides of direction, the byte order mark. */
static int hidden(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           c == 0xfffd;
}

typedef void put_one(struct text *out, const char *s, size_t n);

static void each(struct text *out, const char *s, put_one *put)
{
    const size_t size = strlen(s);
    for (size_t i = 0; i < size;) {
        unsigned code;
        const size_t n = cr_utf8_next(s + i, size - i, &code);
        if (code == '\t' || code == '\n' || code == '\r')
            cr_text_addc(out, ' ');
        else if (!hidden(code))
            put(out, s + i, n);
        i += n;
    }
}

static void put_plain(struct text *out, const char *s, size_t n)
{
    cr_text_addn(out, s, n);
}

void cr_escape_plain(struct text *out, const char *s)
{
    each(out, s, put_plain);
}

static void put_markdown(struct text *out, const char *s, size_t n)
{
    switch (*s) {
    case '<': cr_text_add(out, "&lt;"); break;
    case '>': cr_text_add(out, "&gt;"); break;
    case '&': cr_text_add(out, "&amp;"); break;
    case '|': cr_text_add(out, "&#124;"); break;
    case '$': cr_text_add(out, "&#36;"); break;
    case '`': cr_text_add(out, "&#96;"); break;
    case '\\': cr_text_add(out, "&#92;"); break;
    case '@': cr_text_add(out, "&#64;"); break;
    case ':': cr_text_add(out, "&#58;"); break;
    case '*':
    case '_':
    case '[':
    case ']':
    case '#':
    case '~':
    case '!':
    case '{':
    case '}':
        cr_text_addc(out, '\\');
        cr_text_addc(out, *s);
        break;
    default: cr_text_addn(out, s, n);
    }
}

void cr_escape_markdown(struct text *out, const char *s)
{
    each(out, s, put_markdown);
}

/* `$`, `|`, '`' and '<' would be taken by a Markdown reader before the mathematics is;
 * \char writes them without the character itself. */
static void put_latex(struct text *out, const char *s, size_t n)
{
    switch (*s) {
    case '$': cr_text_add(out, "{\\char36}"); break;
    case '|': cr_text_add(out, "{\\char124}"); break;
    case '`': cr_text_add(out, "{\\char96}"); break;
    case '<': cr_text_add(out, "{\\char60}"); break;
    case '>': cr_text_add(out, "{\\char62}"); break;
    case '\\': cr_text_add(out, "{\\char92}"); break;
    case '^': cr_text_add(out, "{\\char94}"); break;
    case '~': cr_text_add(out, "{\\char126}"); break;
    case '*': cr_text_add(out, "{\\char42}"); break;
    case '"': cr_text_add(out, "{\\char34}"); break;
    case '#':
    case '%':
    case '&':
    case '_':
    case '{':
    case '}':
        cr_text_addc(out, '\\');
        cr_text_addc(out, *s);
        break;
    default: cr_text_addn(out, s, n);
    }
}

void cr_escape_latex(struct text *out, const char *s)
{
    each(out, s, put_latex);
}

static void put_html(struct text *out, const char *s, size_t n)
{
    switch (*s) {
    case '<': cr_text_add(out, "&lt;"); break;
    case '>': cr_text_add(out, "&gt;"); break;
    case '&': cr_text_add(out, "&amp;"); break;
    case '"': cr_text_add(out, "&quot;"); break;
    case '\'': cr_text_add(out, "&#39;"); break;
    default: cr_text_addn(out, s, n);
    }
}

void cr_escape_html(struct text *out, const char *s)
{
    each(out, s, put_html);
}

/* Characters that our own sentences and notations have, as LaTeX knows them. */
static const struct {
    const char *s, *mathematics, *words;
} known[] = {
    {"–", "\\text{--}", "--"},
    {"…", "\\ldots ", "\\ldots{}"},
    {"−", "-", "$-$"},
    {"≈", "\\approx ", "$\\approx$"},
    {"·", "\\cdot ", "$\\cdot$"},
    {"′", "'", "$'$"},
    {"→", "\\to ", "$\\to$"},
    {"∂", "\\partial ", "$\\partial$"},
    {"∇", "\\nabla ", "$\\nabla$"},
    {"½", "\\frac{1}{2}", "$\\frac{1}{2}$"},
    {"≤", "\\le ", "$\\le$"},
    {"≥", "\\ge ", "$\\ge$"},
};

static const char *const greek[] = {
    "alpha", "beta",   "gamma",   "delta", "epsilon", "zeta", "eta",  "theta", "iota",
    "kappa", "lambda", "mu",      "nu",    "xi",      NULL,   "pi",   "rho",   NULL,
    "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",  "omega"};
static const char *const capital[] = {NULL,    NULL, "Gamma", "Delta",  NULL,    NULL, NULL,
                                      "Theta", NULL, NULL,    "Lambda", NULL,    NULL, "Xi",
                                      NULL,    "Pi", NULL,    NULL,     "Sigma", NULL, "Upsilon",
                                      "Phi",   NULL, "Psi",   "Omega"};

static const char *greek_name(unsigned code)
{
    if (code >= 0x3b1 && code <= 0x3c9)
        return greek[code - 0x3b1];
    return code >= 0x391 && code <= 0x3a9 ? capital[code - 0x391] : NULL;
}

/* Whether s lies within the group of \text: there words are wanted, whatever is around it. */
static int opens_text(const char *s, const char *brace)
{
    return brace - s >= 5 && memcmp(brace - 5, "\\text", 5) == 0;
}

static void put_engine(struct text *out, const char *s, size_t n, unsigned code, int mathematics)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].s) == n && !memcmp(known[i].s, s, n)) {
            cr_text_add(out, mathematics ? known[i].mathematics : known[i].words);
            return;
        }
    }
    if (greek_name(code))
        cr_text_printf(out, mathematics ? "\\%s " : "$\\%s$", greek_name(code));
    else if (!hidden(code))
        cr_text_printf(out, mathematics ? "\\text{\\crchar{%.*s}{%04X}}" : "\\crchar{%.*s}{%04X}",
                       (int)n, s, code);
}

void cr_latex_engine(struct text *out, const char *latex, int mathematics)
{
    const size_t size = strlen(latex);
    int depth = 0, text = 0; /* the depth at which a \text began */
    for (size_t i = 0, n; i < size; i += n) {
        unsigned code;
        n = cr_utf8_next(latex + i, size - i, &code);
        if (latex[i] == '\\' && i + 1 < size && (unsigned char)latex[i + 1] < 0x80) {
            cr_text_addn(out, latex + i, n = 2);
            continue;
        }
        if (latex[i] == '{' && ++depth && !text && opens_text(latex, latex + i))
            text = depth;
        if (latex[i] == '}' && depth-- == text)
            text = 0;
        if (n == 1 && code < 0x80)
            cr_text_addc(out, latex[i]);
        else
            put_engine(out, latex + i, n, code, mathematics && !text);
    }
}

void cr_escape_json(struct text *out, const char *s, size_t n)
{
    cr_text_addc(out, '"');
    for (size_t i = 0; i < n;) {
        unsigned code;
        const size_t len = cr_utf8_next(s + i, n - i, &code);
        if (code == '"' || code == '\\')
            cr_text_printf(out, "\\%c", (int)code);
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029)
            cr_text_printf(out, "\\u%04x", code);
        else if (code == 0xfffd)
            cr_text_add(out, "\xef\xbf\xbd");
        else
            cr_text_addn(out, s + i, len);
        i += len;
    }
    cr_text_addc(out, '"');
}
