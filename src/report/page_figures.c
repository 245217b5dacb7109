/* The parts of report.html that are drawings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doc/escape.h"
#include "report/page.h"
#include "report/write.h"

enum { DOTS = 500, BARS = 20, BAR = 24, WIDTH = 560, LABEL = 150, RIGHT = 90 };

/* Numbers of the epochs, as a series. */
struct curve {
    double *x, *y;
    size_t n;
};

static double metric_of(const cr_metrics *m, cr_task task)
{
    return m->rows == 0 ? NAN : task == CR_REGRESSION ? m->rmse : m->accuracy;
}

enum curve_of { TRAIN_LOSS, VALIDATION_LOSS, TRAIN_METRIC, VALIDATION_METRIC, RATE, CURVES };

static double curve_value(const cr_epoch *e, enum curve_of of, cr_task task)
{
    switch (of) {
    case TRAIN_LOSS: return e->train.rows ? e->train.loss : NAN;
    case VALIDATION_LOSS: return e->validation.rows ? e->validation.loss : NAN;
    case TRAIN_METRIC: return metric_of(&e->train, task);
    case VALIDATION_METRIC: return metric_of(&e->validation, task);
    case RATE: return e->rate;
    case CURVES: break;
    }
    return NAN;
}

/* A chart of one or two of the curves. A wide range of what is positive is drawn logarithmically. */
static void put_curves(struct page *p, const char *id, const char *title, const char *y_label,
                       enum curve_of first, size_t n_series, const char *caption)
{
    static const char *const names[CURVES] = {"training", "validation", "training", "validation",
                                              "learning rate"};
    const size_t n = p->outcome->n_epochs;
    double *v = malloc((CURVES + 1) * (n + 1) * sizeof *v), low = INFINITY, high = -INFINITY;
    struct chart chart = {.x_label = "epoch", .y_label = y_label, .height = 260};
    struct drawing d = {0};
    if (!v) {
        p->out->failed = 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        v[i] = (double)p->outcome->epoch[i].epoch;
    for (size_t s = 0; s < n_series; s++) {
        const enum curve_of of = (enum curve_of)((size_t)first + s);
        double *y = v + (s + 1) * n;
        size_t some = 0;
        for (size_t i = 0; i < n; i++) {
            y[i] = curve_value(&p->outcome->epoch[i], of, p->outcome->report.task);
            some += isfinite(y[i]) != 0;
            low = fmin(low, y[i]);
            high = fmax(high, y[i]);
        }
        if (some)
            chart.series[chart.n_series++] = (struct series){names[of], v, y, n, n < 20};
    }
    chart.log_y = low > 0 && high > 20 * low;
    cr_chart_draw(&d, &chart);
    cr_page_figure(p, &d, id, title, NULL, caption);
    free(v);
}

static int rate_changes(const struct page *p)
{
    for (size_t i = 1; i < p->outcome->n_epochs; i++)
        if (p->outcome->epoch[i].rate != p->outcome->epoch[0].rate)
            return 1;
    return 0;
}

void cr_page_curves(struct page *p)
{
    const int numbers = p->outcome->report.task == CR_REGRESSION;
    const size_t best = p->outcome->report.result.best_epoch;
    char caption[120] = "Accuracy by epoch.";
    if (p->outcome->n_epochs == 0) {
        cr_page_text(p, "No epoch was complete.");
        return;
    }
    put_curves(
        p, "loss", "Loss by epoch", "loss", TRAIN_LOSS, 2,
        p->outcome->validation.n
            ? "The loss by epoch: of training rows before the update that each took part "
              "in, of validation rows after the epoch."
            : "The loss by epoch, of training rows before the update that each took part in.");
    if (numbers)
        snprintf(caption, sizeof caption, "Root mean squared error by epoch.");
    if (best)
        snprintf(caption + strlen(caption), sizeof caption - strlen(caption),
                 " Epoch %zu was the best, and is the model's.", best);
    put_curves(p, "metric", numbers ? "RMSE by epoch" : "Accuracy by epoch",
               numbers ? "RMSE" : "accuracy", TRAIN_METRIC, 2, caption);
    if (rate_changes(p))
        put_curves(p, "rate", "Learning rate by epoch", "learning rate", RATE, 1,
                   "The learning rate of each epoch's last step.");
}

/* Dots without lines: gaps between them. At most DOTS of the rows, evenly chosen; xy [4 * DOTS]. */
static struct series dots(const struct page *p, const char *name, double *xy, int residuals)
{
    const cr_answers *a = &p->e->answers;
    const size_t n = a->rows < DOTS ? a->rows : DOTS;
    for (size_t i = 0; i < n; i++) {
        const size_t row = (size_t)((double)i * (double)a->rows / (double)n);
        xy[2 * i] = residuals ? a->answer[row] : a->target[row];
        xy[2 * DOTS + 2 * i] = residuals ? a->answer[row] - a->target[row] : a->answer[row];
        xy[2 * i + 1] = xy[2 * DOTS + 2 * i + 1] = NAN;
    }
    return (struct series){name, xy, xy + 2 * DOTS, 2 * n, 1};
}

static void range_of(const struct series *s, double *low, double *high)
{
    *low = INFINITY, *high = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(s->x[i]))
            continue;
        *low = fmin(*low, s->x[i]);
        *high = fmax(*high, s->x[i]);
    }
}

void cr_page_residuals(struct page *p)
{
    double *xy = malloc(4 * (size_t)DOTS * sizeof *xy), line[2];
    char caption[160];
    if (!xy) {
        p->out->failed = 1;
        return;
    }
    for (int residuals = 0; residuals < 2; residuals++) {
        const struct series s = dots(p, "rows", xy, residuals);
        struct drawing d = {0};
        range_of(&s, &line[0], &line[1]);
        const double zero[2] = {0, 0};
        const struct chart chart = {
            .x_label = residuals ? "answer" : "target",
            .y_label = residuals ? "answer minus target" : "answer",
            .n_series = 2,
            .series = {s, {residuals ? "right" : "equal", line, residuals ? zero : line, 2, 0}}};
        cr_chart_draw(&d, &chart);
        snprintf(caption, sizeof caption, "%s, %zu of %zu %s rows.",
                 residuals ? "What is too high or too low, by answer"
                           : "Answers beside what is right",
                 s.n / 2, p->e->answers.rows, p->part);
        cr_page_figure(p, &d, residuals ? "residuals" : "answers",
                       residuals ? "Residuals by answer" : "Answers beside targets", NULL, caption);
    }
    free(xy);
}

void cr_page_calibration(struct page *p)
{
    double x[CR_CALIBRATION_BINS], y[CR_CALIBRATION_BINS];
    static const double ends[] = {0, 1};
    struct drawing d = {0};
    size_t n = 0;
    for (int b = 0; b < CR_CALIBRATION_BINS; b++) {
        if (!(p->e->calibration[b].weight > 0))
            continue;
        x[n] = p->e->calibration[b].confidence;
        y[n++] = p->e->calibration[b].accuracy;
    }
    const struct chart chart = {.x_label = "mean p of the answer",
                                .y_label = "share that is right",
                                .n_series = 2,
                                .series = {{"answers", x, y, n, 1}, {"equal", ends, ends, 2, 0}},
                                .width = 420,
                                .height = 380};
    cr_chart_draw(&d, &chart);
    cr_page_figure(
        p, &d, "calibration", "Calibration", NULL,
        "Calibration: rows by how sure the answer is, in 15 bins. On the line, answers with a "
        "probability of 0.8 are right 8 times in 10; below it the model is too sure.");
}

/* As much of a name as there is room for, with an ellipsis where there is more. */
static void put_short(struct drawing *d, double y, const char *name)
{
    const struct lettering letters = {.anchor = ANCHOR_END, .size = 12};
    const size_t size = strlen(name);
    struct text words = {0};
    size_t fits = 0, at = 0;
    while (at < size && !words.failed) {
        unsigned code;
        at += cr_utf8_next(name + at, size - at, &code);
        cr_text_clear(&words);
        cr_text_addn(&words, name, at);
        if (at < size)
            cr_text_add(&words, "\u2026");
        if (cr_text_width(cr_text_str(&words), letters) > LABEL - 8)
            break;
        fits = at;
    }
    cr_text_clear(&words);
    cr_text_addn(&words, name, fits);
    if (fits < size)
        cr_text_add(&words, "\u2026");
    cr_draw_text(d, LABEL - 8, y, cr_text_str(&words), (struct pen){.ink = INK_TEXT}, letters);
    d->failed |= words.failed;
    cr_text_free(&words);
}

static void put_bar(struct drawing *d, const cr_importance_item *item, double y, double zero,
                    double unit)
{
    const double end = zero + item->mean * unit, sd = isnan(item->sd) ? 0 : item->sd * unit;
    char value[FIGURE];
    put_short(d, y + 16, item->column);
    cr_draw_box(d, fmin(zero, end), y + 4, fabs(end - zero), BAR - 9, 0,
                (struct pen){.ink = INK_FIRST}, INK_FIRST);
    if (sd > 0.5)
        cr_draw_line(d, end - sd, y + BAR / 2.0, end + sd, y + BAR / 2.0,
                     (struct pen){.ink = INK_TEXT, .width = 1.5});
    cr_figure(item->mean, value);
    cr_draw_text(d, WIDTH - RIGHT + 12, y + 16, value, (struct pen){.ink = INK_TEXT},
                 (struct lettering){.size = 12});
}

void cr_page_importance(struct page *p)
{
    const cr_importance *m = p->importance;
    const size_t n = m->columns < BARS ? m->columns : BARS;
    const char *metric = cr_metric_at(m->metric.index)->title;
    double low = 0, high = 0;
    char caption[320], now[FIGURE];
    struct drawing d = {0};
    for (size_t i = 0; i < n; i++) {
        const double sd = isnan(m->item[i].sd) ? 0 : m->item[i].sd;
        low = fmin(low, m->item[i].mean - sd);
        high = fmax(high, m->item[i].mean + sd);
    }
    cr_drawing_size(&d, WIDTH, (double)n * BAR + 12);
    if (high > low && isfinite(high - low)) {
        const double unit = (WIDTH - LABEL - RIGHT) / (high - low), zero = LABEL - low * unit;
        for (size_t i = 0; i < n; i++)
            put_bar(&d, &m->item[i], (double)i * BAR + 4, zero, unit);
        cr_draw_line(&d, zero, 4, zero, (double)n * BAR + 8, (struct pen){.ink = INK_TEXT});
        snprintf(
            caption, sizeof caption,
            "How much worse %s gets (now %s) when a column's values are shuffled among the rows: mean of "
            "%zu shuffles, the line one standard deviation; %zu %s rows%s. Columns that say the "
            "same thing share their importance.",
            metric, cr_figure(m->value, now), m->repeats, m->rows, p->part,
            n < m->columns ? "; the most important columns" : "");
        cr_page_figure(p, &d, "importance", "Permutation importance of the columns", NULL, caption);
    } else {
        cr_drawing_free(&d);
        cr_page_text(p, "Shuffling a column's values among the rows changes %s nowhere.", metric);
    }
}

/* Up to CHART_SERIES layers with parameters: the first ones, and the last. */
static size_t choose_layers(const cr_health *h, size_t chosen[CHART_SERIES])
{
    size_t n = 0;
    for (size_t l = 0; l < h->layers; l++) {
        if (isnan(h->look[h->looks - 1].layer[l].gradient))
            continue;
        if (n < CHART_SERIES)
            chosen[n++] = l;
        else
            chosen[CHART_SERIES - 1] = l;
    }
    return n;
}

void cr_page_gradients(struct page *p)
{
    const cr_health *h = p->outcome->health;
    size_t chosen[CHART_SERIES];
    const size_t n = choose_layers(h, chosen);
    double *v = malloc((CHART_SERIES + 1) * (h->looks + 1) * sizeof *v);
    struct chart chart = {
        .x_label = "epoch", .y_label = "norm of the gradient", .log_y = 1, .height = 260};
    struct drawing d = {0};
    if (!v) {
        p->out->failed = 1;
        return;
    }
    for (size_t k = 0; k < h->looks; k++) {
        v[k] = (double)h->look[k].epoch;
        for (size_t s = 0; s < n; s++)
            v[(s + 1) * h->looks + k] = h->look[k].layer[chosen[s]].gradient;
    }
    for (size_t s = 0; s < n; s++)
        chart.series[chart.n_series++] = (struct series){h->look[0].layer[chosen[s]].name, v,
                                                         v + (s + 1) * h->looks, h->looks, 1};
    cr_chart_draw(&d, &chart);
    cr_page_figure(p, &d, "gradients", "Gradients by layer", NULL,
                   "Gradients of the layers' parameters on the rows looked at, by epoch.");
    free(v);
}
