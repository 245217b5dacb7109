/* A search for a learning rate as a drawing and as a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chainrule/report.h"
#include "doc/chart.h"
#include "report/write.h"

/* Losses above the first one that far over the range of the others would flatten all else. */
static double highest_drawn(const cr_rate_search *s)
{
    double low = INFINITY;
    for (size_t i = 0; i < s->n; i++)
        low = fmin(low, s->point[i].smoothed);
    const double first = s->n ? s->point[0].smoothed : 0;
    return first + (first > low ? first - low : fabs(first));
}

static void draw(struct text *out, const cr_rate_search *s, double *column)
{
    double *rate = column, *loss = column + s->n, *smoothed = column + 2 * s->n;
    const double highest = highest_drawn(s);
    for (size_t i = 0; i < s->n; i++) {
        rate[i] = s->point[i].rate;
        loss[i] = s->point[i].loss <= highest ? s->point[i].loss : NAN;
        smoothed[i] = s->point[i].smoothed <= highest ? s->point[i].smoothed : NAN;
    }
    struct chart chart = {
        .x_label = "learning rate",
        .y_label = "loss",
        .log_x = 1,
        .n_series = 2,
        .series = {{"loss of a step", rate, loss, s->n, 0}, {"smoothed", rate, smoothed, s->n, 0}}};
    char words[160] = "The loss falls at no learning rate.", value[FIGURE];
    if (s->chosen < s->n) {
        chart.series[chart.n_series++] =
            (struct series){"suggested", rate + s->chosen, smoothed + s->chosen, 1, 1};
        snprintf(words, sizeof words, "The smoothed loss falls fastest at a learning rate of %s.",
                 cr_figure(s->suggested, value));
    }
    struct drawing d = {0};
    cr_chart_draw(&d, &chart);
    cr_drawing_svg(
        out, &d,
        &(struct svg_options){
            .title = "Loss by learning rate", .description = words, .id = "rates", .alone = 1});
    out->failed |= d.failed;
    cr_drawing_free(&d);
}

cr_status cr_rate_search_write(const cr_rate_search *s, cr_rate_format format, char **out,
                               size_t *len, cr_error *err)
{
    struct text text = {0};
    double *column = format == CR_RATE_SVG ? malloc((3 * s->n + 1) * sizeof *column) : NULL;
    if (format == CR_RATE_SVG && !column)
        return cr_fail_memory(err);
    if (format == CR_RATE_SVG)
        draw(&text, s, column);
    else
        cr_text_add(&text, "rate,loss,smoothed\n");
    for (size_t i = 0; format == CR_RATE_CSV && i < s->n; i++) {
        const double v[] = {s->point[i].rate, s->point[i].loss, s->point[i].smoothed};
        char buf[32];
        for (int k = 0; k < 3; k++) {
            cr_text_add(&text, cr_shortest_f64(v[k], buf));
            cr_text_addc(&text, k < 2 ? ',' : '\n');
        }
    }
    free(column);
    return cr_report_give(&text, out, len, err);
}
