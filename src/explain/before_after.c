/* The figure of what training changed: each output before and after it, beside its target. */
#include <math.h>
#include <stdio.h>

#include "explain/narrate.h"

enum { MOST_ROWS = 12, LABEL = 150, SCALE = 340, ROW = 30, TOP = 14, RADIUS = 5, SMALL = 12 };

struct row {
    const char *name;
    size_t example; /* from 1; 0: there is one only */
    double before, after, target;
};

static size_t rows_of(const struct explanation *x, struct row *row)
{
    const struct trace *t = x->trace;
    const struct spec *s = x->net->spec;
    const size_t outputs = s->n_outputs;
    size_t n = 0;
    for (size_t i = 0; i < t->rows * outputs; i++) {
        const size_t r = i / outputs, k = i % outputs;
        const double before = t->value[0][cr_trace_at(t, t->tape->output, r, k)];
        const double after = t->value[t->updates][cr_trace_at(t, t->tape->output, r, k)];
        const double target = t->value[0][cr_trace_at(t, t->tape->target, r, k)];
        if (!isfinite(before) || !isfinite(after) || n == MOST_ROWS)
            return 0;
        row[n++] = (struct row){s->layer[s->n_layers - 1].unit_names[k], t->rows > 1 ? r + 1 : 0,
                                before, after, target};
    }
    return n;
}

struct scale {
    double low, high;
};

static struct scale scale_of(const struct row *row, size_t n)
{
    struct scale s = {INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        s.low = fmin(s.low, fmin(row[i].before, fmin(row[i].after, row[i].target)));
        s.high = fmax(s.high, fmax(row[i].before, fmax(row[i].after, row[i].target)));
    }
    if (!(s.high > s.low))
        s = (struct scale){s.low - 1, s.high + 1};
    return s;
}

static double place(const struct scale *s, double v)
{
    return LABEL + (v - s->low) / (s->high - s->low) * SCALE;
}

static void draw_dot(struct drawing *d, double x, double y, int after)
{
    const enum ink ink = after ? INK_FIRST : INK_TEXT;
    cr_draw_box(d, x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS, RADIUS,
                (struct pen){.ink = ink, .width = 1.5}, after ? ink : INK_PAPER);
}

static void draw_target(struct drawing *d, double x, double y)
{
    cr_draw_line(d, x, y - 10, x, y + 10, (struct pen){.ink = INK_SECOND, .width = 3});
}

static void draw_row(struct drawing *d, const struct row *row, const struct scale *s, double y)
{
    char label[96];
    snprintf(label, sizeof label, row->example ? "%.60s, example %zu" : "%.60s", row->name,
             row->example);
    cr_draw_text(d, LABEL - 20, y + 4, label, (struct pen){.ink = INK_TEXT},
                 (struct lettering){.anchor = ANCHOR_END, .size = SMALL});
    cr_draw_line(d, LABEL, y, LABEL + SCALE, y, (struct pen){.ink = INK_GREY, .width = 0.75});
    draw_target(d, place(s, row->target), y);
    cr_draw_line(d, place(s, row->before), y, place(s, row->after), y,
                 (struct pen){.ink = INK_FIRST, .width = 2});
    draw_dot(d, place(s, row->before), y, 0);
    draw_dot(d, place(s, row->after), y, 1);
}

/* The ends of the scale, and what the marks mean. */
static void draw_key(struct drawing *d, const struct scale *s, double y)
{
    static const char *const words[] = {"before", "after", "target"};
    const struct pen ink = {.ink = INK_TEXT};
    char number[32];
    snprintf(number, sizeof number, "%.4g", s->low);
    cr_draw_text(d, LABEL, y, number, ink,
                 (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL});
    snprintf(number, sizeof number, "%.4g", s->high);
    cr_draw_text(d, LABEL + SCALE, y, number, ink,
                 (struct lettering){.anchor = ANCHOR_MIDDLE, .size = SMALL});
    for (int i = 0; i < 3; i++) {
        const double x = LABEL + 40 + 100 * i, at = y + ROW;
        if (i == 2)
            draw_target(d, x, at);
        else
            draw_dot(d, x, at, i);
        cr_draw_text(d, x + 12, at + 4, words[i], ink, (struct lettering){.size = SMALL});
    }
}

static void describe(struct text *words, const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cr_text_printf(words, "%sOutput %s", i ? " " : "", row[i].name);
        if (row[i].example)
            cr_text_printf(words, " of example %zu", row[i].example);
        cr_text_printf(words, ": %.6g before, %.6g after, the target is %.6g.", row[i].before,
                       row[i].after, row[i].target);
    }
}

void cr_tell_before_after(struct teller *t)
{
    struct row row[MOST_ROWS];
    const struct trace *trace = t->x->trace;
    if (!cr_teller_has_pictures(t) || t->x->why || trace->updates < 2)
        return;
    const size_t n = rows_of(t->x, row);
    if (n == 0)
        return;
    struct drawing d = {0};
    struct text words = {0}, title = {0};
    const struct scale s = scale_of(row, n);
    cr_drawing_size(&d, LABEL + SCALE + 30, TOP + (double)n * ROW + 2 * ROW + 10);
    for (size_t i = 0; i < n; i++)
        draw_row(&d, &row[i], &s, TOP + (double)i * ROW);
    draw_key(&d, &s, TOP + (double)n * ROW + 4);
    describe(&words, row, n);
    cr_text_printf(&title, "The outputs before and after %d updates", trace->updates);
    t->p->kind->picture(
        t->p, &(struct picture){&d, cr_text_str(&title), cr_text_str(&title), cr_text_str(&words)});
    t->p->r->failed |= d.failed | words.failed | title.failed;
    cr_text_free(&words);
    cr_text_free(&title);
    cr_drawing_free(&d);
}
