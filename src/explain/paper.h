/* What a narrative is written on: text for a terminal, Markdown, LaTeX, HTML. Strings that are handed
 * over are in the paper's own language already: cr_paper_* makes them. */
#ifndef EXPLAIN_PAPER_H
#define EXPLAIN_PAPER_H

#include "chainrule/explain.h"
#include "doc/drawing.h"
#include "explain/render.h"

struct paper;
struct picture;
struct paper_kind {
    void (*name)(struct text *out, const char *s);     /* a file's: escaped */
    void (*math)(struct text *out, const char *latex); /* within a sentence; NULL: plain text */
    void (*heading)(struct paper *p, int level, const char *s);
    void (*paragraph)(struct paper *p, const char *s);
    void (*label)(struct paper *p, const char *s); /* of the steps that follow */
    void (*begin_steps)(struct paper *p, int labelled);
    void (*step)(struct paper *p, const struct xstep *s);
    void (*end_steps)(struct paper *p, int footnote);
    /* cells [rows][cols], the first row the header */
    void (*table)(struct paper *p, const char *caption, const char *const *cell, size_t rows,
                  size_t cols);
    void (*picture)(struct paper *p, const struct picture *picture); /* NULL: has none */
    void (*blank)(struct paper *p, struct symbol s);                 /* `z1 = ____`, to fill in */
};

/* A drawing and its caption, in the paper's language; title and words for those who do not see
 * it, plain. */
struct picture {
    const struct drawing *drawing;
    const char *caption, *title, *words;
};

struct paper {
    const struct paper_kind *kind;
    struct rendering *r;
    struct text *out;
    size_t columns;
    size_t exercise; /* of a worksheet, which ids in HTML begin with; 0: none */
    int pictures;    /* written so far */
    int steps;       /* written since begin_steps */
    size_t symbol;   /* LaTeX: columns of the widest symbol among them */
};

extern const struct paper_kind cr_paper_text, cr_paper_markdown, cr_paper_latex, cr_paper_html;

/* Of a format; not of JSON. */
const struct paper_kind *cr_paper_of(cr_explain_format format);

/* A document's frame, where it has one. */
void cr_latex_begin(struct text *out, int fragment);
void cr_latex_end(struct text *out, int fragment);

/* About how wide mathematics is, in columns of text. */
size_t cr_paper_columns(const char *latex);

/* What formulas are printed as before `math` has them. */
static inline enum expr_style cr_paper_style(const struct paper *p)
{
    return p->kind->math ? EXPR_LATEX : EXPR_TEXT;
}

/* Parts of a sentence. Our own words are added as they are: none of them needs an escape. */
void cr_paper_name(struct paper *p, struct text *out, const char *s);
void cr_paper_math(struct paper *p, struct text *out, const char *text, const char *latex);
void cr_paper_made(struct paper *p, struct text *out, struct text *formula); /* in the style */
void cr_paper_symbol(struct paper *p, struct text *out, struct symbol s);
void cr_paper_expr(struct paper *p, struct text *out, const struct expr *e);
void cr_paper_value(struct paper *p, struct text *out, const struct xstep *s); /* "≈ 0.5" */

/* The whole narrative. */
void cr_narrate(struct explanation *x, struct paper *p);

#endif
