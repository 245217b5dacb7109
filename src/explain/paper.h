/* What a narrative is written on: text for a terminal, or Markdown. Strings that are handed
 * over are in the paper's own language already: cr_paper_* makes them. */
#ifndef EXPLAIN_PAPER_H
#define EXPLAIN_PAPER_H

#include "explain/render.h"

struct paper;
struct paper_kind {
    enum expr_style style;
    void (*heading)(struct paper *p, int level, const char *s);
    void (*paragraph)(struct paper *p, const char *s);
    void (*label)(struct paper *p, const char *s); /* of the steps that follow */
    void (*begin_steps)(struct paper *p);
    void (*step)(struct paper *p, const struct xstep *s);
    void (*end_steps)(struct paper *p, int footnote);
    /* cells [rows][cols], the first row the header */
    void (*table)(struct paper *p, const char *const *cell, size_t rows, size_t cols);
};

struct paper {
    const struct paper_kind *kind;
    struct rendering *r;
    struct text *out;
    size_t columns;
    int steps; /* written since begin_steps */
};

extern const struct paper_kind cr_paper_text, cr_paper_markdown;

/* Parts of a sentence. */
void cr_paper_words(struct paper *p, struct text *out, const char *s); /* ours */
void cr_paper_name(struct paper *p, struct text *out, const char *s);  /* a file's: escaped */
void cr_paper_symbol(struct paper *p, struct text *out, struct symbol s);
void cr_paper_expr(struct paper *p, struct text *out, const struct expr *e);
void cr_paper_value(struct paper *p, struct text *out, const struct xstep *s); /* "≈ 0.5" */

/* The whole narrative. */
void cr_narrate(struct explanation *x, struct paper *p);

#endif
