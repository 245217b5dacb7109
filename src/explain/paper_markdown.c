/* Markdown with LaTeX between dollars, as GitHub, KaTeX and MathJax read it. */
#include <string.h>

#include "doc/escape.h"
#include "explain/paper.h"

enum { ONE_LINE = 64 }; /* columns of text that fit on a line of mathematics */

static void math(struct text *out, const char *latex)
{
    cr_text_printf(out, "$%s$", latex);
}

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

static void begin_steps(struct paper *p, int labelled)
{
    (void)labelled;
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

static void table(struct paper *p, const char *caption, const char *const *cell, size_t rows,
                  size_t cols)
{
    (void)caption;
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

/* A file's name as an address: what is not plain is written as %XX. */
static void address(struct text *out, const char *s)
{
    for (; *s; s++) {
        const int letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
        if (letter || (*s >= '0' && *s <= '9') || strchr("-_.", *s))
            cr_text_addc(out, *s);
        else
            cr_text_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

/* The figure is a file of its own, which the text names. */
static void picture(struct paper *p, const struct picture *picture)
{
    struct beside *file = p->r->figures ? cr_render_beside(p->r, ++p->pictures) : NULL;
    if (!file)
        return;
    cr_drawing_svg(
        &file->text, picture->drawing,
        &(struct svg_options){
            .title = picture->title, .description = picture->words, .id = "figure", .alone = 1});
    p->r->failed |= file->text.failed;
    cr_text_add(p->out, "\n![");
    cr_escape_markdown(p->out, picture->words);
    cr_text_add(p->out, "](");
    address(p->out, file->name);
    cr_text_printf(p->out, ")\n\n*Figure %d: %s*\n", p->pictures, picture->caption);
    cr_render_piece(p->r);
}

static void blank(struct paper *p, struct symbol s)
{
    cr_text_printf(p->out, "\n$%s =$ \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n", s.latex);
    cr_render_piece(p->r);
}

const struct paper_kind cr_paper_markdown = {
    cr_escape_markdown, math,  heading, paragraph, label, begin_steps, step,
    end_steps,          table, picture, blank};
