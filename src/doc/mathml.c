/* Mathematics as MathML: Core's elements only, which browsers draw without help. */
#include <string.h>

#include "doc/escape.h"
#include "doc/layout.h"

enum { BREAK_AFTER = 18 }; /* characters of a row before it may be broken */

static const char apply[] = "<mo>&#x2061;</mo>"; /* apply function */

/* Bold and script letters are characters of their own in MathML Core. */
static unsigned letter_code(unsigned c, enum box_font font)
{
    static const struct {
        unsigned c, script;
    } holes[] = {{'B', 0x212c}, {'E', 0x2130}, {'F', 0x2131}, {'H', 0x210b},
                 {'I', 0x2110}, {'L', 0x2112}, {'M', 0x2133}, {'R', 0x211b},
                 {'e', 0x212f}, {'g', 0x210a}, {'o', 0x2134}};
    if (font == FONT_SCRIPT) {
        for (size_t i = 0; i < sizeof holes / sizeof *holes; i++)
            if (holes[i].c == c)
                return holes[i].script;
    }
    const unsigned upper = font == FONT_SCRIPT ? 0x1d49c : 0x1d400;
    const unsigned greek_upper = 0x1d6a8, greek_lower = 0x1d6c2, digits = 0x1d7ce;
    if (c >= 'A' && c <= 'Z')
        return upper + c - 'A';
    if (c >= 'a' && c <= 'z')
        return upper + 26 + c - 'a';
    if (font == FONT_SCRIPT)
        return c;
    if (c >= '0' && c <= '9')
        return digits + c - '0';
    if (c >= 0x391 && c <= 0x3a9)
        return greek_upper + c - 0x391;
    return c >= 0x3b1 && c <= 0x3c9 ? greek_lower + c - 0x3b1 : c;
}

static void add_code(struct text *out, unsigned c)
{
    if (c >= 0x10000) {
        cr_text_addc(out, (char)(0xf0 | c >> 18));
        cr_text_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
    } else {
        cr_text_addc(out, (char)(0xe0 | c >> 12));
    }
    cr_text_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    cr_text_addc(out, (char)(0x80 | (c & 0x3f)));
}

static void letters(struct text *out, const char *s, enum box_font font)
{
    if (font != FONT_BOLD && font != FONT_SCRIPT) {
        cr_escape_html(out, s);
        return;
    }
    unsigned code;
    for (size_t n = strlen(s), at; n; s += at, n -= at) {
        at = cr_utf8_next(s, n, &code);
        const unsigned other = letter_code(code, font);
        if (other != code)
            add_code(out, other);
        else
            cr_text_addn(out, s, at); /* no letter of a name is special in XML */
    }
}

static void name(struct text *out, const struct box *b)
{
    const int one = cr_utf8_count(b->s, strlen(b->s)) == 1;
    const int upright = one && (b->font == FONT_UPRIGHT || b->font == FONT_BOLD);
    cr_text_add(out, upright                       ? "<mi mathvariant=\"normal\">"
                     : b->font == FONT_WORD_ITALIC ? "<mi class=\"word\">"
                                                   : "<mi>");
    letters(out, b->s, b->font);
    cr_text_add(out, "</mi>");
}

/* Brackets say that they are some, or they get an operator's space on both sides. */
static void sign(struct text *out, const char *s, int grows)
{
    const int opens = s[0] && !s[1] && strchr("([{", s[0]);
    const int closes = s[0] && !s[1] && strchr(")]}", s[0]);
    const int bracket = opens || closes || !strcmp(s, "|");
    cr_text_add(out, opens ? "<mo form=\"prefix\"" : closes ? "<mo form=\"postfix\"" : "<mo");
    cr_text_add(out, bracket && !grows ? " stretchy=\"false\">" : ">");
    cr_escape_html(out, s);
    cr_text_add(out, "</mo>");
}

/* f(x): f is a name, maybe with a prime, and what follows is in brackets. */
static int is_applied(const struct box *f, const struct box *next)
{
    const struct box *base = f->kind == BOX_SCRIPT ? f->part[0] : f;
    const int brackets = (next->kind == BOX_FENCE && *next->s == '(') ||
                         (next->kind == BOX_SIGN && !strcmp(next->s, "("));
    return brackets && base->kind == BOX_NAME;
}

static void write(struct text *out, const struct box *b); /* one element, whatever b is */

static void row_of(struct text *out, const struct box *b)
{
    for (size_t i = 0; i < b->n; i++) {
        write(out, b->part[i]);
        if (i + 1 < b->n && b->kind == BOX_ROW && is_applied(b->part[i], b->part[i + 1]))
            cr_text_add(out, apply);
    }
}

static void element(struct text *out, const char *tag, const struct box *b)
{
    cr_text_printf(out, "<%s>", tag);
    row_of(out, b);
    cr_text_printf(out, "</%s>", tag);
}

static void script(struct text *out, const struct box *b)
{
    const char *tag = b->part[1] && b->part[2] ? "msubsup" : b->part[1] ? "msub" : "msup";
    cr_text_printf(out, "<%s>", tag);
    for (int i = 0; i < 3; i++)
        if (b->part[i])
            write(out, b->part[i]);
    cr_text_printf(out, "</%s>", tag);
}

static void table(struct text *out, const struct box *b)
{
    cr_text_add(out, "<mrow>");
    if (*b->s)
        sign(out, b->s, 1);
    cr_text_add(out, *b->closing ? "<mtable>" : "<mtable class=\"cases\">");
    for (size_t i = 0; i < b->n; i++) {
        cr_text_add(out, i % b->cols == 0 ? "<mtr><mtd>" : "<mtd>");
        write(out, b->part[i]);
        cr_text_add(out, i % b->cols == b->cols - 1 || i + 1 == b->n ? "</mtd></mtr>" : "</mtd>");
    }
    cr_text_add(out, "</mtable>");
    if (*b->closing)
        sign(out, b->closing, 1);
    cr_text_add(out, "</mrow>");
}

static void accent(struct text *out, const struct box *b)
{
    static const struct {
        const char *combining, *mark;
    } marks[] = {{"\xcc\x83", "~"}, {"\xcc\x82", "^"}, {"\xcc\x84", "¯"}, {"\xe2\x83\x97", "→"}};
    cr_text_add(out, "<mover accent=\"true\">");
    row_of(out, b);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (!strcmp(marks[i].combining, b->s))
            cr_text_printf(out, "<mo stretchy=\"false\">%s</mo>", marks[i].mark);
    cr_text_add(out, "</mover>");
}

/* Whether brackets around it have to grow. */
static int is_tall(const struct box *b)
{
    if (b->kind == BOX_FRACTION || b->kind == BOX_TABLE)
        return 1;
    for (size_t i = 0; i < b->n; i++)
        if (b->part[i] && is_tall(b->part[i]))
            return 1;
    return 0;
}

static void write(struct text *out, const struct box *b)
{
    switch (b->kind) {
    case BOX_ROW: element(out, "mrow", b); break;
    case BOX_NAME: name(out, b); break;
    case BOX_NUMBER:
        cr_text_add(out, "<mn>");
        letters(out, b->s, b->font);
        cr_text_add(out, "</mn>");
        break;
    case BOX_SIGN: sign(out, b->s, 0); break;
    case BOX_WORDS:
        cr_text_add(out, "<mtext>");
        cr_escape_html(out, b->s);
        cr_text_add(out, "</mtext>");
        break;
    case BOX_SPACE: cr_text_add(out, "<mspace width=\"0.2em\"></mspace>"); break;
    case BOX_SCRIPT: script(out, b); break;
    case BOX_FRACTION: element(out, "mfrac", b); break;
    case BOX_ROOT: element(out, "msqrt", b); break;
    case BOX_ACCENT: accent(out, b); break;
    case BOX_FENCE:
        cr_text_add(out, "<mrow>");
        sign(out, b->s, is_tall(b));
        row_of(out, b);
        sign(out, b->closing, is_tall(b));
        cr_text_add(out, "</mrow>");
        break;
    case BOX_TABLE: table(out, b); break;
    }
}

static size_t size_of(const struct box *b)
{
    size_t n = strlen(b->s);
    for (size_t i = 0; i < b->n; i++)
        n += b->part[i] ? size_of(b->part[i]) : 0;
    return n;
}

static int is_relation(const struct box *b)
{
    return b->kind == BOX_SIGN && (!strcmp(b->s, "=") || !strcmp(b->s, "≈"));
}

static int is_plus(const struct box *b)
{
    return b->kind == BOX_SIGN && (!strcmp(b->s, "+") || !strcmp(b->s, "−"));
}

void cr_mathml(struct text *out, const char *latex, enum math_where where)
{
    struct arena a = {0};
    const struct box *b = cr_layout_read(&a, latex, NULL);
    size_t size = 0;
    const char *const open =
        where == MATH_DISPLAYED ? "<math displaystyle=\"true\"><mrow>" : "<math><mrow>";
    cr_text_add(out, open);
    for (size_t i = 0; b && b->kind == BOX_ROW && i < b->n; i++) {
        const struct box *part = b->part[i];
        if (where != MATH_WHOLE && i &&
            ((size > BREAK_AFTER && is_plus(part)) ||
             (size > BREAK_AFTER / 2 && is_relation(part)))) {
            cr_text_printf(out, "</mrow></math> %s", open);
            size = 0;
        }
        size += size_of(part);
        if (is_plus(part) && (i == 0 || is_relation(b->part[i - 1])))
            cr_text_printf(out, "<mo form=\"prefix\">%s</mo>", part->s);
        else if (is_plus(part))
            cr_text_printf(out, "<mo form=\"infix\">%s</mo>", part->s);
        else
            write(out, part);
        if (i + 1 < b->n && is_applied(part, b->part[i + 1]))
            cr_text_add(out, apply);
    }
    if (b && b->kind != BOX_ROW)
        write(out, b);
    cr_text_add(out, "</mrow></math>");
    out->failed |= !b;
    cr_arena_free(&a);
}
