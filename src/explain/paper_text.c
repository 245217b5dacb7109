/* Text for a terminal: lines no longer than its width where they can be broken. */
#include <string.h>

#include "doc/escape.h"
#include "explain/paper.h"

enum { INDENT = 2, TABLE_COLUMNS = 8, NARROW = 12 };

/* Bytes of the character at s, which is not the end. */
static size_t char_size(const char *s)
{
    size_t n = 1;
    while (((unsigned char)s[n] & 0xc0) == 0x80 && n < 4)
        n++;
    return n;
}

static size_t width(const char *s)
{
    return cr_utf8_columns(s, strlen(s));
}

static void underline(struct paper *p, size_t n, const char *mark)
{
    while (n--)
        cr_text_add(p->out, mark);
    cr_text_addc(p->out, '\n');
}

static void heading(struct paper *p, int level, const char *s)
{
    if (p->out->len)
        cr_text_addc(p->out, '\n');
    cr_text_printf(p->out, "%s\n", s);
    if (level < 3)
        underline(p, width(s), level == 1 ? "=" : "-");
}

/* Words, broken at spaces; later lines are indented. */
static void wrapped(struct paper *p, const char *s, size_t indent)
{
    size_t at = indent;
    cr_text_repeat(p->out, ' ', indent);
    while (*s) {
        const char *end = strchr(s, ' ');
        const size_t n = end ? (size_t)(end - s) : strlen(s), columns = cr_utf8_columns(s, n);
        if (at > indent && at + 1 + columns > p->columns) {
            cr_text_addc(p->out, '\n');
            cr_text_repeat(p->out, ' ', indent);
            at = indent;
        } else if (at > indent) {
            cr_text_addc(p->out, ' ');
            at++;
        }
        cr_text_addn(p->out, s, n);
        at += columns;
        s += n + (end != NULL);
    }
    cr_text_addc(p->out, '\n');
}

static void paragraph(struct paper *p, const char *s)
{
    cr_text_addc(p->out, '\n');
    wrapped(p, s, 0);
}

static void label(struct paper *p, const char *s)
{
    cr_text_printf(p->out, "\n%s\n", s);
}

static void begin_steps(struct paper *p, int labelled)
{
    if (!labelled)
        cr_text_addc(p->out, '\n');
    p->steps = 0;
}

/* Where a formula may be broken so that at most `room` columns stay: before a + or −, or
 * after a separator of a matrix; outside parentheses if possible. */
static size_t break_at(const char *s, size_t room)
{
    static const char *const before[] = {" + ", " − ", " = "}, *const after[] = {"; ", ", "};
    size_t best = 0, columns = 0;
    for (const char *c = s; *c;) {
        for (int i = 0; i < 3; i++)
            if (c > s && strncmp(c, before[i], strlen(before[i])) == 0)
                best = (size_t)(c - s) + 1;
        for (int i = 0; i < 2; i++)
            if (strncmp(c, after[i], 2) == 0 && columns < room)
                best = (size_t)(c - s) + 2;
        const size_t n = char_size(c);
        columns += cr_utf8_columns(c, n);
        if (columns > room && best)
            return best;
        c += n;
    }
    return strlen(s);
}

static void broken(struct paper *p, const char *s, size_t indent)
{
    const size_t room = p->columns > indent + 20 ? p->columns - indent : 20;
    while (*s) {
        const size_t n = break_at(s, room);
        cr_text_addn(p->out, s, n);
        while (p->out->len && p->out->s[p->out->len - 1] == ' ')
            p->out->len--;
        s += n;
        if (!*s)
            break;
        cr_text_addc(p->out, '\n');
        cr_text_repeat(p->out, ' ', indent);
    }
}

static void step(struct paper *p, const struct xstep *s)
{
    struct text form[CHAIN_FORMS], value = {0};
    const int n = cr_render_chain(s, EXPR_TEXT, form);
    cr_render_shown(&value, s, EXPR_TEXT);
    if (s->unrounded)
        cr_text_add(&value, " *");
    const char *symbol = s->symbol.text;
    size_t all = INDENT + width(symbol) + 3 + width(cr_text_str(&value));
    for (int i = 0; i < n; i++)
        all += width(cr_text_str(&form[i])) + 3;

    /* Continuation lines stand under the first =, unless the symbol takes half the line. */
    const size_t under = INDENT + width(symbol) + 1;
    const size_t indent = under <= p->columns / 2 ? under : 2 * INDENT;
    cr_text_repeat(p->out, ' ', INDENT);
    cr_text_printf(p->out, "%s ", symbol);
    if (indent != under && all > p->columns)
        (cr_text_addc(p->out, '\n'), cr_text_repeat(p->out, ' ', indent));
    for (int i = 0; i <= n; i++) {
        if (i && all <= p->columns)
            cr_text_addc(p->out, ' ');
        if (i && all > p->columns)
            (cr_text_addc(p->out, '\n'), cr_text_repeat(p->out, ' ', indent));
        cr_text_add(p->out, i < n || s->exact ? "= " : "≈ ");
        const char *what = i < n ? cr_text_str(&form[i]) : cr_text_str(&value);
        if (all <= p->columns)
            cr_text_add(p->out, what);
        else
            broken(p, what, indent + 2);
        if (i < n)
            cr_text_free(&form[i]);
    }
    cr_text_addc(p->out, '\n');
    cr_text_free(&value);
    p->steps++;
    cr_render_piece(p->r);
}

static void end_steps(struct paper *p, int footnote)
{
    if (footnote)
        cr_text_add(p->out, "  * with unrounded factors\n");
}

/* `x1 = 2` stays together. */
static int beside_relation(const char *s, size_t i)
{
    const char *after = s + i + 1;
    return (i && s[i - 1] == '=') || *after == '=' || strncmp(after, "≈", strlen("≈")) == 0 ||
           (i >= strlen("≈") && strncmp(s + i - strlen("≈"), "≈", strlen("≈")) == 0);
}

/* Write cell text from *s in at most `room` columns; *s moves on. Returns columns used. */
static size_t cell_line(struct paper *p, const char **s, size_t room)
{
    size_t columns = 0, last = 0, n = 0;
    while ((*s)[n] && (columns <= room || !last)) {
        const size_t size = char_size(*s + n);
        if ((*s)[n] == ' ' && !beside_relation(*s, n))
            last = n;
        columns += cr_utf8_columns(*s + n, size);
        n += size;
    }
    if (columns > room && last)
        n = last;
    const size_t used = cr_utf8_columns(*s, n);
    cr_text_addn(p->out, *s, n);
    *s += n;
    while (**s == ' ')
        (*s)++;
    return used;
}

static void table_row(struct paper *p, const char *const *cell, size_t cols, const size_t *column)
{
    const char *rest[TABLE_COLUMNS];
    int more = 1;
    for (size_t c = 0; c < cols; c++)
        rest[c] = cell[c];
    while (more) {
        more = 0;
        cr_text_repeat(p->out, ' ', INDENT);
        for (size_t c = 0; c < cols; c++) {
            const size_t used = cell_line(p, &rest[c], column[c]);
            if (c + 1 < cols)
                cr_text_repeat(p->out, ' ', (column[c] > used ? column[c] - used : 0) + 2);
            more |= *rest[c] != 0;
        }
        while (p->out->len && p->out->s[p->out->len - 1] == ' ')
            p->out->len--;
        cr_text_addc(p->out, '\n');
    }
}

static void table(struct paper *p, const char *caption, const char *const *cell, size_t rows,
                  size_t cols)
{
    (void)caption;
    size_t column[TABLE_COLUMNS] = {0}, all = INDENT;
    for (size_t i = 0; i < rows * cols; i++)
        if (width(cell[i]) > column[i % cols])
            column[i % cols] = width(cell[i]);
    for (size_t c = 0; c < cols; c++)
        all += column[c] + (c ? 2 : 0);
    for (; all > p->columns; all--) {
        size_t widest = 0;
        for (size_t c = 1; c < cols; c++)
            if (column[c] > column[widest])
                widest = c;
        if (column[widest] <= NARROW)
            break;
        column[widest]--;
    }
    cr_text_addc(p->out, '\n');
    for (size_t r = 0; r < rows; r++) {
        table_row(p, cell + r * cols, cols, column);
        if (r)
            continue;
        cr_text_repeat(p->out, ' ', INDENT);
        for (size_t c = 0; c < cols; c++) {
            for (size_t i = 0; i < column[c]; i++)
                cr_text_add(p->out, "─");
            if (c + 1 < cols)
                cr_text_add(p->out, "  ");
        }
        cr_text_addc(p->out, '\n');
    }
    cr_render_piece(p->r);
}

static void blank(struct paper *p, struct symbol s)
{
    cr_text_printf(p->out, "  %s = ____________\n", s.text);
    cr_render_piece(p->r);
}

const struct paper_kind cr_paper_text = {cr_escape_plain, NULL,        heading, paragraph,
                                         label,           begin_steps, step,    end_steps,
                                         table,           NULL,        blank};
