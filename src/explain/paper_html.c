/* A page of HTML: headings, tables and MathML. */
#include <stdio.h>
#include <string.h>

#include "doc/escape.h"
#include "doc/html.h"
#include "doc/layout.h"
#include "explain/paper.h"

static void math(struct text *out, const char *latex)
{
    cr_mathml(out, latex, MATH_BROKEN);
}

static void heading(struct paper *p, int level, const char *s)
{
    cr_text_printf(p->out, "<h%d>%s</h%d>\n", level, s, level);
}

static void paragraph(struct paper *p, const char *s)
{
    cr_text_printf(p->out, "<p>%s</p>\n", s);
}

static void label(struct paper *p, const char *s)
{
    cr_text_printf(p->out, "<p class=\"label\">%s</p>\n", s);
}

static void begin_steps(struct paper *p, int labelled)
{
    (void)labelled;
    p->steps = 0;
}

/* Each form of the chain may go to a line of its own. */
static void step(struct paper *p, const struct xstep *s)
{
    struct text chain[CHAIN_FORMS], part = {0};
    const int n = cr_render_chain(s, EXPR_LATEX, chain);
    cr_text_add(p->out, "<div class=\"step\" tabindex=\"0\" role=\"group\" id=\"");
    if (p->exercise)
        cr_text_printf(p->out, "%zu.", p->exercise);
    cr_escape_html(p->out, s->id);
    cr_text_add(p->out, "\" aria-label=\"");
    cr_escape_html(p->out, s->symbol.text);
    cr_text_add(p->out, "\">");
    cr_mathml(p->out, s->symbol.latex, MATH_DISPLAYED);
    for (int i = 0; i <= n; i++) {
        cr_text_add(&part, i < n || s->exact ? "= " : "\\approx ");
        if (i < n)
            cr_text_add(&part, cr_text_str(&chain[i]));
        else
            cr_render_shown(&part, s, EXPR_LATEX);
        if (i == n && s->unrounded)
            cr_text_add(&part, "\\;{}^{*}");
        cr_text_addc(p->out, ' ');
        cr_mathml(p->out, cr_text_str(&part), MATH_DISPLAYED);
        p->out->failed |= part.failed;
        cr_text_clear(&part);
        if (i < n)
            cr_text_free(&chain[i]);
    }
    cr_text_free(&part);
    cr_text_add(p->out, "</div>\n");
    p->steps++;
}

static void end_steps(struct paper *p, int footnote)
{
    if (footnote)
        cr_text_add(p->out, "<p class=\"note\">* with unrounded factors</p>\n");
    p->steps = 0;
    cr_render_piece(p->r);
}

static void table(struct paper *p, const char *caption, const char *const *cell, size_t rows,
                  size_t cols)
{
    cr_html_table(p->out, caption, cell, rows, cols, HTML_MARKUP);
    cr_render_piece(p->r);
}

static void picture(struct paper *p, const struct picture *picture)
{
    char id[32];
    struct text caption = {0};
    snprintf(id, sizeof id, "figure-%d", ++p->pictures);
    cr_text_printf(&caption, "Figure %d: %s", p->pictures, picture->caption);
    cr_html_figure_begin(p->out, picture->title);
    cr_drawing_svg(
        p->out, picture->drawing,
        &(struct svg_options){.title = picture->title, .description = picture->words, .id = id});
    cr_html_figure_end(p->out, cr_text_str(&caption));
    p->out->failed |= caption.failed;
    cr_text_free(&caption);
    cr_render_piece(p->r);
}

static void blank(struct paper *p, struct symbol s)
{
    struct text ask = {0};
    cr_text_printf(&ask, "%s =", s.latex);
    cr_text_add(p->out, "<p class=\"ask\">");
    cr_mathml(p->out, cr_text_str(&ask), MATH_WHOLE);
    cr_text_add(p->out, " <span class=\"blank\" role=\"img\" aria-label=\"blank\"></span></p>\n");
    p->out->failed |= ask.failed;
    cr_text_free(&ask);
    cr_render_piece(p->r);
}

const struct paper_kind cr_paper_html = {cr_escape_html, math,        heading, paragraph,
                                         label,          begin_steps, step,    end_steps,
                                         table,          picture,     blank};
