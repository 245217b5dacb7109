#include "doc/drawing.h"

#include <stdlib.h>
#include <string.h>

#include "doc/layout.h"

enum { TEXT_SIZE = 14 };

void cr_drawing_size(struct drawing *d, double width, double height)
{
    d->width = width;
    d->height = height;
}

void cr_drawing_free(struct drawing *d)
{
    free(d->shape);
    cr_arena_free(&d->arena);
    *d = (struct drawing){0};
}

static void add(struct drawing *d, const struct shape *s)
{
    if (d->failed)
        return;
    if (d->n == d->room) {
        const size_t room = d->room ? 2 * d->room : 64;
        struct shape *grown = realloc(d->shape, room * sizeof *grown);
        if (!grown) {
            d->failed = 1;
            return;
        }
        d->shape = grown;
        d->room = room;
    }
    d->shape[d->n] = *s;
    if (d->shape[d->n].pen.width == 0)
        d->shape[d->n].pen.width = 1;
    d->n++;
}

void cr_draw_path(struct drawing *d, const double *xy, size_t n, struct pen pen)
{
    const double *copy = cr_arena_copy(&d->arena, xy, 2 * n, sizeof *xy);
    if (!copy)
        d->failed = 1;
    else if (n > 1)
        add(d, &(struct shape){.kind = SHAPE_LINE, .pen = pen, .xy = copy, .n = n});
}

void cr_draw_line(struct drawing *d, double x1, double y1, double x2, double y2, struct pen pen)
{
    cr_draw_path(d, (const double[]){x1, y1, x2, y2}, 2, pen);
}

void cr_draw_box(struct drawing *d, double x, double y, double width, double height, double round,
                 struct pen pen, enum ink fill)
{
    add(d, &(struct shape){.kind = SHAPE_BOX,
                           .pen = pen,
                           .x = x,
                           .y = y,
                           .width = width,
                           .height = height,
                           .round = round,
                           .fill = fill});
}

void cr_draw_text(struct drawing *d, double x, double y, const char *s, struct pen pen,
                  struct lettering lettering)
{
    const char *copy = cr_arena_strdup(&d->arena, s);
    if (lettering.size == 0)
        lettering.size = TEXT_SIZE;
    if (!copy)
        d->failed = 1;
    else
        add(d, &(struct shape){.kind = SHAPE_TEXT,
                               .pen = pen,
                               .x = x,
                               .y = y,
                               .text = copy,
                               .lettering = lettering});
}

/* Widths in parts of the size, a little more than those of DejaVu Sans, which is wide. */
static double char_width(unsigned c)
{
    if (c >= 0x300 && c < 0x370)
        return 0;
    if (c > 0 && c < 0x80 && strchr("iljI.,:;'|![]()", (int)c))
        return 0.4;
    if (c > 0 && c < 0x80 && strchr("mwMW%@", (int)c))
        return 1;
    if (c == ' ')
        return 0.33;
    if ((c >= 'A' && c <= 'Z') || c == '=' || c == '+' || c == '<' || c == '>')
        return 0.84;
    if (c < 0x370)
        return 0.66;
    return c >= 0x1100 ? 1.05 : 0.7; /* Greek and Cyrillic; beyond that as wide as high */
}

double cr_text_width(const char *s, struct lettering lettering)
{
    const double size = lettering.size > 0 ? lettering.size : TEXT_SIZE;
    struct text runs = {0};
    if (lettering.latex) {
        cr_layout_plain(&runs, s);
        s = cr_text_str(&runs);
    }
    double width = 0;
    unsigned code;
    for (size_t n = strlen(s), at; n; s += at, n -= at) {
        at = cr_utf8_next(s, n, &code);
        width += char_width(code);
    }
    cr_text_free(&runs);
    return width * size;
}

static struct area path_area(const struct shape *s)
{
    struct area a = {s->xy[0], s->xy[1], s->xy[0], s->xy[1]};
    for (size_t i = 1; i < s->n; i++) {
        const double x = s->xy[2 * i], y = s->xy[2 * i + 1];
        a.x1 = x < a.x1 ? x : a.x1;
        a.x2 = x > a.x2 ? x : a.x2;
        a.y1 = y < a.y1 ? y : a.y1;
        a.y2 = y > a.y2 ? y : a.y2;
    }
    return a;
}

struct area cr_shape_area(const struct shape *s)
{
    if (s->kind == SHAPE_LINE)
        return path_area(s);
    if (s->kind == SHAPE_BOX)
        return (struct area){s->x, s->y, s->x + s->width, s->y + s->height};
    const double width = cr_text_width(s->text, s->lettering), size = s->lettering.size;
    const double before = s->lettering.anchor == ANCHOR_START ? 0
                          : s->lettering.anchor == ANCHOR_END ? width
                                                              : width / 2;
    /* indices reach below the line, marks above it */
    const double above = 0.85 * size, below = (s->lettering.latex ? 0.4 : 0.3) * size;
    if (s->lettering.upwards)
        return (struct area){s->x - above, s->y - width + before, s->x + below, s->y + before};
    return (struct area){s->x - before, s->y - above, s->x - before + width, s->y + below};
}

int cr_areas_overlap(struct area a, struct area b)
{
    return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}
