/* Drawings as TikZ. */
#include "doc/drawing.h"
#include "doc/escape.h"

static const struct {
    const char *name, *light;
} inks[] = {
#define X(ink, name, light, dark) {name, light},
    INK_LIST(X)
#undef X
};

static const char *const dashes[] = {"", ", dash pattern=on 4.5bp off 3bp",
                                     ", dash pattern=on 1.5bp off 2.25bp"};

/* A pixel is three quarters of a (big) point. */
enum { PIXELS = 4, POINTS = 3 };

void cr_drawing_tikz_colours(struct text *out)
{
    for (int i = 0; i < INK_COUNT; i++) {
        cr_text_printf(out, "\\definecolor{cr%s}{HTML}{", inks[i].name);
        for (const char *c = inks[i].light; *c; c++)
            cr_text_addc(out, (char)(*c >= 'a' ? *c - 'a' + 'A' : *c));
        cr_text_add(out, "}\n");
    }
}

static void point(struct text *out, double x, double y)
{
    cr_text_addc(out, '(');
    cr_drawing_number(out, x);
    cr_text_add(out, ", ");
    cr_drawing_number(out, y);
    cr_text_addc(out, ')');
}

static void points(struct text *out, double pixels)
{
    cr_drawing_number(out, pixels * POINTS / PIXELS);
    cr_text_add(out, "bp");
}

static void draw(struct text *out, const struct shape *s)
{
    cr_text_printf(out, "\\draw[cr%s, line width=", inks[s->pen.ink].name);
    points(out, s->pen.width);
    cr_text_add(out, dashes[s->pen.dash]);
    if (s->kind == SHAPE_BOX) {
        cr_text_printf(out, ", fill=cr%s, rounded corners=", inks[s->fill].name);
        points(out, s->round);
    }
    cr_text_add(out, "] ");
    if (s->kind == SHAPE_BOX) {
        point(out, s->x, s->y);
        cr_text_add(out, " rectangle ");
        point(out, s->x + s->width, s->y + s->height);
    }
    for (size_t i = 0; s->kind == SHAPE_LINE && i < s->n; i++) {
        cr_text_add(out, i ? " -- " : "");
        point(out, s->xy[2 * i], s->xy[2 * i + 1]);
    }
    cr_text_add(out, ";\n");
}

static void letters(struct text *out, const struct shape *s)
{
    static const char *const anchors[] = {"base west", "base", "base east"};
    const struct lettering *l = &s->lettering;
    cr_text_printf(out, "\\node[cr%s, anchor=%s, inner sep=%s", inks[s->pen.ink].name,
                   anchors[l->anchor], l->halo ? "1bp, fill=crpaper" : "0pt");
    cr_text_add(out, l->upwards ? ", rotate=90, font=\\fontsize{" : ", font=\\fontsize{");
    points(out, l->size);
    cr_text_add(out, "}{");
    points(out, l->size * 1.2);
    cr_text_add(out, "}\\selectfont] at ");
    point(out, s->x, s->y);
    cr_text_add(out, l->latex ? " {$" : " {");
    if (l->latex)
        cr_latex_engine(out, s->text, 1);
    else {
        struct text words = {0};
        cr_escape_latex(&words, s->text);
        cr_latex_engine(out, cr_text_str(&words), 0);
        out->failed |= words.failed;
        cr_text_free(&words);
    }
    cr_text_add(out, l->latex ? "$};\n" : "};\n");
}

void cr_drawing_tikz(struct text *out, const struct drawing *d)
{
    cr_text_add(out, "\\begin{tikzpicture}[x=0.75bp, y=-0.75bp]\n");
    for (size_t i = 0; i < d->n; i++) {
        if (d->shape[i].kind == SHAPE_TEXT)
            letters(out, &d->shape[i]);
        else
            draw(out, &d->shape[i]);
    }
    cr_text_add(out, "\\end{tikzpicture}\n");
    out->failed |= d->failed;
}
