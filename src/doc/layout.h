/* Mathematics in LaTeX, read for media that have none of their own: MathML for pages, runs
 * of letters for drawings. It reads what src/expr prints and notations are written in;
 * a command that it does not know is shown by its name, and counts as unknown. */
#ifndef DOC_LAYOUT_H
#define DOC_LAYOUT_H

#include "base/arena.h"
#include "base/text.h"

enum box_kind {
    BOX_ROW,    /* part[0..n) side by side */
    BOX_NAME,   /* a letter, or a word in one piece */
    BOX_NUMBER, /* digits and a point */
    BOX_SIGN,   /* an operator, a relation, a bracket */
    BOX_WORDS,  /* text */
    BOX_SPACE,
    BOX_SCRIPT, /* part[0] with an index part[1] and an exponent part[2]; either may be NULL */
    BOX_FRACTION,
    BOX_ROOT,
    BOX_ACCENT, /* part[0] under the mark s (a combining character) */
    BOX_FENCE,  /* part[0] between s and `closing`, which grow with it */
    BOX_TABLE,  /* part[0..n) in rows of `cols`; between s and `closing`, as FENCE */
};

enum box_font { FONT_ITALIC, FONT_UPRIGHT, FONT_BOLD, FONT_WORD_ITALIC, FONT_SCRIPT };

struct box {
    enum box_kind kind;
    enum box_font font;      /* NAME, NUMBER */
    const char *s, *closing; /* "" where there is none */
    const struct box **part;
    size_t n, cols;
};

/* NULL only when out of memory. *unknown counts commands that are not known; may be NULL. */
const struct box *cr_layout_read(struct arena *a, const char *latex, int *unknown);

/* Letters in a row, raised by `shift` and of size `scale`, in parts of the whole's size. */
struct run {
    const char *s;
    double shift, scale;
    enum box_font font;
};
typedef void put_run(void *ctx, const struct run *run);
/* 0 when out of memory. */
int cr_layout_runs(const char *latex, put_run *put, void *ctx);
void cr_layout_plain(struct text *out, const char *latex);

/* A <math> element; BROKEN: several for a long row, so that a narrow page can break it before
 * + and −. DISPLAYED: the same, with fractions in full size. */
enum math_where { MATH_WHOLE, MATH_BROKEN, MATH_DISPLAYED };
void cr_mathml(struct text *out, const char *latex, enum math_where where);

#endif
