/* Markdown with LaTeX between dollars, as GitHub, KaTeX and MathJax read it. */
#include <string.h>

#include "doc/escape.h"
#include "explain/paper.h"

enum { ONE_LINE = 64 }; /* columns of text that fit on a line of mathematics */

static void heading(struct paper *p, int level, const char *s)
{
    if (p->out->len)
        cr_text_addc(p->out, '\n');
    cr_text_repeat(p->out, '#', (size_t)level);
    cr_text_printf(p->out, " %s\n", s);
}

static void paragraph(struct paper *p, const char *s)
{
    cr_text_printf(p->out, "\n%s\n", s);
}

static void label(struct paper *p, const char *s)
{
    cr_text_printf(p->out, "\n**%s**\n", s);
}

static void begin_steps(struct paper *p)
{
    p->steps = 0;
}

static size_t text_width(const struct xstep *s)
{
    struct text form[CHAIN_FORMS];
    const int n = cr_render_chain(s, EXPR_TEXT, form);
    size_t all = 0;
    for (int i = 0; i < n; i++) {
        all += cr_utf8_columns(cr_text_str(&form[i]), form[i].len) + 3;
        cr_text_free(&form[i]);
    }
    return all;
}

static void step(struct paper *p, const struct xstep *s)
{
    struct text form[CHAIN_FORMS];
    const int n = cr_render_chain(s, EXPR_LATEX, form);
    const char *next = text_width(s) <= ONE_LINE ? " " : " \\\\\n&";
    cr_text_add(p->out, p->steps ? " \\\\\n" : "\n$$\n\\begin{aligned}\n");
    cr_text_printf(p->out, "%s &", s->symbol.latex);
    for (int i = 0; i < n; i++) {
        cr_text_printf(p->out, "= %s%s", cr_text_str(&form[i]), next);
        cr_text_free(&form[i]);
    }
    cr_text_add(p->out, s->exact ? "= " : "\\approx ");
    cr_render_shown(p->out, s, EXPR_LATEX);
    if (s->unrounded)
        cr_text_add(p->out, "\\;{}^{*}");
    p->steps++;
}

static void end_steps(struct paper *p, int footnote)
{
    if (p->steps)
        cr_text_add(p->out, "\n\\end{aligned}\n$$\n");
    if (footnote)
        cr_text_add(p->out, "\n\\* with unrounded factors\n");
    p->steps = 0;
    cr_render_piece(p->r);
}

static void table(struct paper *p, const char *const *cell, size_t rows, size_t cols)
{
    cr_text_addc(p->out, '\n');
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            cr_text_printf(p->out, "| %s ", cell[r * cols + c]);
        cr_text_add(p->out, "|\n");
        for (size_t c = 0; r == 0 && c < cols; c++)
            cr_text_add(p->out, "| --- ");
        if (r == 0)
            cr_text_add(p->out, "|\n");
    }
    cr_render_piece(p->r);
}

const struct paper_kind cr_paper_markdown = {EXPR_LATEX,  heading, paragraph, label,
                                             begin_steps, step,    end_steps, table};
