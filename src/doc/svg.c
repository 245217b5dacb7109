/* Drawings as SVG. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doc/drawing.h"
#include "doc/escape.h"
#include "doc/layout.h"

static const struct {
    const char *name, *light, *dark;
} inks[] = {
#define X(ink, name, light, dark) {name, light, dark},
    INK_LIST(X)
#undef X
};

static const char *const dashes[] = {"", "6 4", "2 3"};

void cr_drawing_number(struct text *out, double v)
{
    char buf[32];
    const double hundredths = round(v * 100);
    cr_text_add(out, cr_shortest_f64(hundredths == 0 ? 0 : hundredths / 100, buf));
}

static void attribute(struct text *out, const char *name, double v)
{
    cr_text_printf(out, " %s=\"", name);
    cr_drawing_number(out, v);
    cr_text_addc(out, '"');
}

static const char *colour(int ink, int dark)
{
    return dark ? inks[ink].dark : inks[ink].light;
}

void cr_ink_variables(struct text *out)
{
    for (int dark = 0; dark < 2; dark++) {
        cr_text_add(out, dark ? "@media screen and (prefers-color-scheme:dark){:root{"
                              : ":root{color-scheme:light dark;");
        for (int i = 0; i < INK_COUNT; i++)
            cr_text_printf(out, "--%s:#%s;", inks[i].name, colour(i, dark));
        cr_text_add(out, dark ? "}}\n" : "}\n");
    }
}

static void classes(struct text *out, int dark)
{
    for (int i = 0; i < INK_COUNT; i++)
        cr_text_printf(out, ".drawing .l-%s{stroke:#%s}.drawing .f-%s{fill:#%s}\n", inks[i].name,
                       colour(i, dark), inks[i].name, colour(i, dark));
}

/* Without CSS's variables, which not all that read SVG know. */
void cr_drawing_css(struct text *out)
{
    cr_text_add(out, ".drawing text{font-family:\"DejaVu Sans\",Verdana,Arial,sans-serif;"
                     "stroke:none}\n"
                     ".drawing polyline{fill:none}\n"
                     ".drawing .i{font-style:italic}.drawing .b{font-weight:bold}\n");
    classes(out, 0);
    cr_text_add(out, "@media screen and (prefers-color-scheme:dark){\n");
    classes(out, 1);
    cr_text_add(out, "}\n");
}

static void pen(struct text *out, const struct shape *s)
{
    cr_text_printf(out, " class=\"l-%s", inks[s->pen.ink].name);
    if (s->kind == SHAPE_BOX)
        cr_text_printf(out, " f-%s", inks[s->fill].name);
    cr_text_addc(out, '"');
    if (s->pen.width != 1)
        attribute(out, "stroke-width", s->pen.width);
    if (s->pen.dash)
        cr_text_printf(out, " stroke-dasharray=\"%s\"", dashes[s->pen.dash]);
    cr_text_add(out, "/>\n");
}

static void line(struct text *out, const struct shape *s)
{
    cr_text_add(out, "<polyline points=\"");
    for (size_t i = 0; i < s->n; i++) {
        cr_text_add(out, i ? " " : "");
        cr_drawing_number(out, s->xy[2 * i]);
        cr_text_addc(out, ',');
        cr_drawing_number(out, s->xy[2 * i + 1]);
    }
    cr_text_addc(out, '"');
    pen(out, s);
}

static void box(struct text *out, const struct shape *s)
{
    cr_text_add(out, "<rect");
    attribute(out, "x", s->x);
    attribute(out, "y", s->y);
    attribute(out, "width", s->width);
    attribute(out, "height", s->height);
    if (s->round > 0)
        attribute(out, "rx", s->round);
    pen(out, s);
}

struct lines {
    struct text *out;
    double size, at; /* the letters' size; how far above the line it stands */
};

static void put(void *ctx, const struct run *run)
{
    struct lines *l = ctx;
    const double up = run->shift * l->size;
    cr_text_add(l->out, "<tspan");
    if (run->font == FONT_ITALIC || run->font == FONT_WORD_ITALIC || run->font == FONT_SCRIPT)
        cr_text_add(l->out, " class=\"i\"");
    if (run->font == FONT_BOLD)
        cr_text_add(l->out, " class=\"b\"");
    if (run->scale != 1)
        attribute(l->out, "font-size", run->scale * l->size);
    if (up != l->at)
        attribute(l->out, "dy", l->at - up);
    l->at = up;
    cr_text_addc(l->out, '>');
    cr_escape_html(l->out, run->s);
    cr_text_add(l->out, "</tspan>");
}

/* The area is an upper bound; letters are mostly narrower. */
static void halo(struct text *out, struct area a)
{
    const double spare = (a.x2 - a.x1) * 0.06;
    a.x1 += spare;
    a.x2 -= spare;
    cr_text_add(out, "<rect");
    attribute(out, "x", a.x1);
    attribute(out, "y", a.y1);
    attribute(out, "width", a.x2 - a.x1);
    attribute(out, "height", a.y2 - a.y1);
    cr_text_add(out, " class=\"f-paper\"/>\n");
}

static void letters(struct text *out, const struct shape *s)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    const struct lettering *l = &s->lettering;
    if (l->halo)
        halo(out, cr_shape_area(s));
    cr_text_add(out, "<text");
    attribute(out, "x", s->x);
    attribute(out, "y", s->y);
    if (l->anchor != ANCHOR_START)
        cr_text_printf(out, " text-anchor=\"%s\"", anchors[l->anchor]);
    attribute(out, "font-size", l->size);
    cr_text_printf(out, " class=\"f-%s\"", inks[s->pen.ink].name);
    if (l->upwards) {
        cr_text_add(out, " transform=\"rotate(-90 ");
        cr_drawing_number(out, s->x);
        cr_text_addc(out, ' ');
        cr_drawing_number(out, s->y);
        cr_text_add(out, ")\"");
    }
    cr_text_add(out, " xml:space=\"preserve\">");
    struct lines lines = {.out = out, .size = l->size};
    if (!l->latex)
        cr_escape_html(out, s->text);
    else if (!cr_layout_runs(s->text, put, &lines))
        out->failed = 1;
    cr_text_add(out, "</text>\n");
}

void cr_drawing_svg(struct text *out, const struct drawing *d, const struct svg_options *options)
{
    const char *id = options->id ? options->id : "drawing";
    cr_text_printf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drawing\" role=\"img\" "
                   "aria-labelledby=\"%s-title %s-desc\" viewBox=\"0 0 ",
                   id, id);
    cr_drawing_number(out, d->width);
    cr_text_addc(out, ' ');
    cr_drawing_number(out, d->height);
    cr_text_addc(out, '"');
    attribute(out, "width", d->width);
    attribute(out, "height", d->height);
    cr_text_printf(out, ">\n<title id=\"%s-title\">", id);
    cr_escape_html(out, options->title ? options->title : "");
    cr_text_printf(out, "</title>\n<desc id=\"%s-desc\">", id);
    cr_escape_html(out, options->description ? options->description : "");
    cr_text_add(out, "</desc>\n");
    if (options->alone) {
        cr_text_add(out, "<style>\n");
        cr_drawing_css(out);
        cr_text_add(out, "</style>\n<rect width=\"100%\" height=\"100%\" class=\"f-paper\"/>\n");
    }
    for (size_t i = 0; i < d->n; i++) {
        const struct shape *s = &d->shape[i];
        switch (s->kind) {
        case SHAPE_LINE: line(out, s); break;
        case SHAPE_BOX: box(out, s); break;
        case SHAPE_TEXT: letters(out, s); break;
        }
    }
    cr_text_add(out, "</svg>\n");
    out->failed |= d->failed;
}
