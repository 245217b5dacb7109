#include "doc/chart.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 560, HEIGHT = 320, TICKS = 6, SMALL = 12 };

/* Beyond it, differences overflow. */
#define LARGEST 1e300

struct scale {
    double low, high, from, to; /* values, and where they stand */
    int log;
};

static double place(const struct scale *s, double v)
{
    const double at = s->log ? log10(v) : v;
    return s->from + (at - s->low) / (s->high - s->low) * (s->to - s->from);
}

static int is_drawn(const struct chart *c, double x, double y)
{
    return fabs(x) < LARGEST && fabs(y) < LARGEST && (!c->log_x || x > 0) && (!c->log_y || y > 0);
}

/* The range of what is drawn; 0 where nothing is. */
static int range(const struct chart *c, struct scale *x, struct scale *y)
{
    int any = 0;
    for (size_t i = 0; i < c->n_series; i++) {
        const struct series *s = &c->series[i];
        for (size_t k = 0; k < s->n; k++) {
            if (!is_drawn(c, s->x[k], s->y[k]))
                continue;
            const double u = c->log_x ? log10(s->x[k]) : s->x[k];
            const double v = c->log_y ? log10(s->y[k]) : s->y[k];
            x->low = any ? fmin(x->low, u) : u;
            x->high = any ? fmax(x->high, u) : u;
            y->low = any ? fmin(y->low, v) : v;
            y->high = any ? fmax(y->high, v) : v;
            any = 1;
        }
    }
    return any;
}

/* 1, 2 or 5 times a power of ten, so that at most TICKS of them fit. */
static double nice_step(double span)
{
    const double power = pow(10, floor(log10(span / TICKS)));
    static const double nice[] = {1, 2, 5, 10};
    for (int i = 0; i < 3; i++)
        if (span / (nice[i] * power) <= TICKS)
            return nice[i] * power;
    return 10 * power;
}

/* Widen to whole steps, so that the ends have ticks; the step. */
static double widen(struct scale *s)
{
    if (!(s->high - s->low > fabs(s->high) * 1e-12)) {
        const double around = s->high == 0 ? 1 : fabs(s->high) * 0.5;
        s->low -= around;
        s->high += around;
    }
    const double step =
        s->log ? fmax(1, ceil((s->high - s->low) / TICKS)) : nice_step(s->high - s->low);
    s->low = floor(s->low / step + 1e-9) * step;
    s->high = ceil(s->high / step - 1e-9) * step;
    if (s->high <= s->low)
        s->high = s->low + step;
    return step;
}

static void tick_words(struct text *out, double v, double step, int log)
{
    char buf[32];
    cr_text_clear(out);
    v = log ? pow(10, v) : fabs(v) < step / 1000 ? 0 : v;
    /* to as many digits as the step has; the sum of steps may be off in the last place */
    const double unit = log ? v : pow(10, floor(log10(step)));
    const double whole = unit != 0 ? round(v / unit) : 0;
    if (fabs(unit) >= 1)
        cr_text_add(out, cr_shortest_f64(whole * unit, buf));
    else
        cr_text_add(out, cr_shortest_f64(whole / round(1 / unit), buf));
}

/* How much room the words beside the axis take. */
static double widest_tick(struct drawing *d, const struct scale *s, double step)
{
    struct text words = {0};
    double widest = 0;
    for (int i = 0; s->low + i * step <= s->high + step / 2; i++) {
        tick_words(&words, s->low + i * step, step, s->log);
        widest =
            fmax(widest, cr_text_width(cr_text_str(&words), (struct lettering){.size = SMALL}));
    }
    d->failed |= words.failed;
    cr_text_free(&words);
    return widest;
}

static void y_axis(struct drawing *d, const struct chart *c, const struct scale *x,
                   const struct scale *y, double step)
{
    struct text words = {0};
    const struct pen grid = {.ink = INK_GREY, .width = 0.75}, ink = {.ink = INK_TEXT};
    for (int i = 0; y->low + i * step <= y->high + step / 2; i++) {
        const double v = y->low + i * step,
                     at = place(&(struct scale){y->low, y->high, y->from, y->to, 0}, v);
        cr_draw_line(d, x->from, at, x->to, at, i ? grid : ink);
        tick_words(&words, v, step, y->log);
        cr_draw_text(d, x->from - 8, at + 4, cr_text_str(&words), ink,
                     (struct lettering){.anchor = ANCHOR_END, .size = SMALL});
    }
    cr_draw_text(d, 14, (y->from + y->to) / 2, c->y_label, ink,
                 (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL, .upwards = 1});
    d->failed |= words.failed;
    cr_text_free(&words);
}

static void x_axis(struct drawing *d, const struct chart *c, const struct scale *x,
                   const struct scale *y, double step)
{
    struct text words = {0};
    const struct pen ink = {.ink = INK_TEXT};
    for (int i = 0; x->low + i * step <= x->high + step / 2; i++) {
        const double v = x->low + i * step,
                     at = place(&(struct scale){x->low, x->high, x->from, x->to, 0}, v);
        cr_draw_line(d, at, y->from, at, y->from + 5, ink);
        tick_words(&words, v, step, x->log);
        cr_draw_text(d, at, y->from + 19, cr_text_str(&words), ink,
                     (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL});
    }
    cr_draw_text(d, (x->from + x->to) / 2, y->from + 38, c->x_label, ink,
                 (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL});
    d->failed |= words.failed;
    cr_text_free(&words);
}

static struct pen series_pen(size_t i)
{
    static const int dash[CHART_SERIES] = {0, 1, 2, 1};
    return (struct pen){.ink = (enum ink)(INK_FIRST + (int)i), .width = 2, .dash = dash[i]};
}

static void dot(struct drawing *d, double x, double y, enum ink ink)
{
    cr_draw_box(d, x - 3, y - 3, 6, 6, 3, (struct pen){.ink = ink}, ink);
}

static void draw_series(struct drawing *d, const struct chart *c, size_t i, const struct scale *x,
                        const struct scale *y)
{
    const struct series *s = &c->series[i];
    double *xy = malloc((2 * s->n + 1) * sizeof *xy);
    size_t n = 0;
    d->failed |= !xy;
    for (size_t k = 0; xy && k <= s->n; k++) {
        if (k < s->n && is_drawn(c, s->x[k], s->y[k])) {
            xy[2 * n] = place(x, s->x[k]);
            xy[2 * n + 1] = place(y, s->y[k]);
            if (s->points)
                dot(d, xy[2 * n], xy[2 * n + 1], series_pen(i).ink);
            n++;
        } else {
            if (n == 1 && !s->points)
                dot(d, xy[0], xy[1], series_pen(i).ink);
            cr_draw_path(d, xy, n, series_pen(i));
            n = 0;
        }
    }
    free(xy);
}

static void legend(struct drawing *d, const struct chart *c, double right)
{
    const struct lettering small = {.size = SMALL};
    double width = 0, at;
    for (size_t i = 0; i < c->n_series; i++)
        width += cr_text_width(c->series[i].name, small) + 48;
    at = right - width;
    for (size_t i = 0; i < c->n_series; i++) {
        struct pen pen = series_pen(i);
        cr_draw_line(d, at, 12, at + 24, 12, pen);
        pen.dash = 0;
        cr_draw_text(d, at + 30, 16, c->series[i].name, (struct pen){.ink = INK_TEXT}, small);
        at += cr_text_width(c->series[i].name, small) + 48;
    }
}

void cr_chart_draw(struct drawing *d, const struct chart *c)
{
    const double width = c->width > 0 ? c->width : WIDTH,
                 height = c->height > 0 ? c->height : HEIGHT;
    cr_drawing_size(d, width, height);
    struct scale x = {.to = width - 20, .log = c->log_x},
                 y = {.from = height - 48, .to = 28, .log = c->log_y};
    if (!range(c, &x, &y)) {
        cr_draw_text(d, width / 2, height / 2, "no numbers to show", (struct pen){.ink = INK_QUIET},
                     (struct lettering){.anchor = ANCHOR_MIDDLE});
        return;
    }
    const double y_step = widen(&y), x_step = widen(&x);
    x.from = 32 + widest_tick(d, &y, y_step);
    x.to = fmin(x.to, width - 4 - widest_tick(d, &x, x_step) / 2);
    y_axis(d, c, &x, &y, y_step);
    x_axis(d, c, &x, &y, x_step);
    for (size_t i = 0; i < c->n_series; i++)
        draw_series(d, c, i, &x, &y);
    if (c->n_series > 1)
        legend(d, c, x.to);
}
