/* Drawings: shapes with places, laid out once, written as SVG or TikZ.
 *
 *     struct drawing d = {0};
 *     cr_drawing_size(&d, 300, 200);
 *     cr_draw_line(&d, 10, 10, 90, 40, (struct pen){.ink = INK_POSITIVE, .width = 2});
 *     cr_draw_text(&d, 50, 60, "loss", (struct pen){0}, (struct lettering){.anchor = MIDDLE});
 *     cr_drawing_svg(&out, &d, &(struct svg_options){.title = "...", .id = "loss"});
 *     cr_drawing_free(&d);
 *
 * Units are CSS pixels (1/96 inch), x to the right, y down. Strings are copied. The first
 * failed allocation sets `failed` and later calls do nothing. */
#ifndef DOC_DRAWING_H
#define DOC_DRAWING_H

#include "base/arena.h"
#include "base/text.h"

/* The colours, told apart by people with any colour vision and on light and dark paper; what
 * a sign says is said by a dash as well. Name in CSS and LaTeX, on light and on dark paper. */
#define INK_LIST(X)                             \
    X(TEXT, "text", "1b1b1b", "ececec")         \
    X(GREY, "grey", "b8b8b8", "5a5a5a")         \
    X(POSITIVE, "positive", "0b5cad", "6cb6ff") \
    X(NEGATIVE, "negative", "b34700", "ffa657") \
    X(PAPER, "paper", "ffffff", "161616")       \
    X(MARKED, "marked", "fff1c9", "4a3b00")     \
    X(FIRST, "first", "0b5cad", "6cb6ff")       \
    X(SECOND, "second", "b34700", "ffa657")     \
    X(THIRD, "third", "00785a", "4cc9a0")       \
    X(FOURTH, "fourth", "8a3d82", "e29bd9")     \
    X(QUIET, "quiet", "5c5c5c", "a8a8a8")

enum ink {
#define X(name, css, light, dark) INK_##name,
    INK_LIST(X)
#undef X
        INK_COUNT
};

struct pen {
    enum ink ink;
    double width; /* 0: 1 */
    int dash;     /* 0: solid; 1: dashed; 2: dotted */
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };
struct lettering {
    enum anchor anchor;
    double size; /* 0: 14 */
    int latex;   /* the string is mathematics, in the LaTeX that doc/layout.h reads */
    int halo;    /* on paper of its own, above lines */
    int upwards; /* turned by 90 degrees against the clock */
};

enum shape_kind { SHAPE_LINE, SHAPE_BOX, SHAPE_TEXT };
struct shape {
    enum shape_kind kind;
    struct pen pen;
    double x, y;          /* BOX: upper left; TEXT: its anchor on the base line */
    double width, height; /* BOX */
    double round;         /* BOX: radius of its corners */
    enum ink fill;        /* BOX */
    const double *xy;     /* LINE: [n][2] */
    size_t n;
    const char *text; /* TEXT */
    struct lettering lettering;
};

struct drawing {
    struct arena arena;
    struct shape *shape; /* [n], in the order of drawing */
    size_t n, room;
    double width, height;
    int failed;
};

void cr_drawing_size(struct drawing *d, double width, double height);
void cr_drawing_free(struct drawing *d);

void cr_draw_line(struct drawing *d, double x1, double y1, double x2, double y2, struct pen pen);
void cr_draw_path(struct drawing *d, const double *xy, size_t n, struct pen pen); /* xy[n][2] */
void cr_draw_box(struct drawing *d, double x, double y, double width, double height, double round,
                 struct pen pen, enum ink fill);
void cr_draw_text(struct drawing *d, double x, double y, const char *s, struct pen pen,
                  struct lettering lettering);

/* The rectangle that a shape takes up: of a text an estimate that common fonts stay within. */
struct area {
    double x1, y1, x2, y2;
};
struct area cr_shape_area(const struct shape *s);
int cr_areas_overlap(struct area a, struct area b);
double cr_text_width(const char *s, struct lettering lettering);

/* As an <svg> element. Inside a page (html.h) the page's style sheet holds the colours;
 * `alone` makes a file of its own. */
struct svg_options {
    const char *title, *description; /* in words, for those who do not see it */
    const char *id;                  /* unique within the page; letters, digits and - */
    int alone;
};
void cr_drawing_svg(struct text *out, const struct drawing *d, const struct svg_options *options);

/* As a tikzpicture. The colours are defined by cr_drawing_tikz_colours, once. */
void cr_drawing_tikz(struct text *out, const struct drawing *d);
void cr_drawing_tikz_colours(struct text *out);

/* What the classes of the elements mean, in CSS; and the colours as variables (--text, --grey,
 * ...), for a page's own use. Both follow the reader's choice of light or dark; print is light. */
void cr_drawing_css(struct text *out);
void cr_ink_variables(struct text *out);

/* A number in a drawing: to hundredths, as short as it goes. */
void cr_drawing_number(struct text *out, double v);

#endif
