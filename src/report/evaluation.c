/* An evaluation as text and as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/report.h"
#include "doc/escape.h"
#include "doc/json.h"
#include "report/write.h"

enum { MATRIX_CLASSES = 16, MATRIX_NAME = 12, PAIRS = 10 };

/* Blanks up to `width` columns of a terminal, from where the text of *out began at `from`. */
static void pad(struct text *out, size_t from, size_t width)
{
    const size_t used = cr_utf8_columns(cr_text_str(out) + from, out->len - from);
    cr_text_repeat(out, ' ', used < width ? width - used : 0);
}

static void put_metric(struct text *out, const cr_metric_value *v)
{
    const cr_metric_info *m = cr_metric_at(v->metric.index);
    const size_t from = out->len;
    cr_text_printf(out, "  %s", m->title);
    if (m->parameter)
        cr_text_printf(out, ", %s %g", m->parameter, v->metric.parameter);
    pad(out, from, 32);
    if (isnan(v->value)) {
        cr_text_add(out, "undefined: ");
        cr_escape_plain(out, v->why);
    } else {
        char value[FIGURE], low[FIGURE], high[FIGURE];
        cr_figure(v->value, value);
        if (isnan(v->low))
            cr_text_add(out, value);
        else
            cr_text_printf(out, "%-12s%s to %s", value, cr_figure(v->low, low),
                           cr_figure(v->high, high));
    }
    cr_text_addc(out, '\n');
}

/* At most `width` columns of a terminal; shorter names stand at the left or right. */
static void put_name(struct text *out, const char *name, size_t width, int right)
{
    struct text shown = {0};
    cr_escape_plain(&shown, name);
    while (cr_utf8_columns(cr_text_str(&shown), shown.len) > width) {
        do {
            shown.len--;
        } while ((shown.s[shown.len] & 0xC0) == 0x80);
    }
    const size_t used = cr_utf8_columns(cr_text_str(&shown), shown.len);
    cr_text_repeat(out, ' ', right ? width - used : 0);
    cr_text_addn(out, cr_text_str(&shown), shown.len);
    cr_text_repeat(out, ' ', right ? 0 : width - used);
    out->failed |= shown.failed;
    cr_text_free(&shown);
}

static size_t name_width(const cr_answers *a)
{
    size_t width = 6;
    for (size_t k = 0; k < a->classes; k++) {
        const size_t w = cr_utf8_columns(a->class_names[k], strlen(a->class_names[k]));
        width = w > width ? w : width;
    }
    return width < MATRIX_NAME ? width : MATRIX_NAME;
}

static void put_matrix(struct text *out, const cr_evaluation *e)
{
    const cr_answers *a = &e->answers;
    const size_t width = name_width(a);
    cr_text_add(out, "\nanswers (columns) to the rows of each class\n  ");
    cr_text_repeat(out, ' ', width);
    for (size_t k = 0; k < a->classes; k++) {
        cr_text_add(out, "  ");
        put_name(out, a->class_names[k], width, 1);
    }
    for (size_t i = 0; i < a->classes; i++) {
        cr_text_add(out, "\n  ");
        put_name(out, a->class_names[i], width, 0);
        for (size_t k = 0; k < a->classes; k++)
            cr_text_printf(out, "  %*.6g", (int)width, e->confusion[i * a->classes + k]);
    }
    cr_text_addc(out, '\n');
}

/* Of many classes only what was confused most. */
static void put_pairs(struct text *out, const cr_evaluation *e)
{
    const cr_answers *a = &e->answers;
    double last = INFINITY;
    size_t at = 0;
    cr_text_add(out, "\nmost frequent wrong answers\n");
    for (int n = 0; n < PAIRS; n++) {
        at = cr_next_confusion(e, last, at);
        if (at == SIZE_MAX)
            break;
        last = e->confusion[at];
        cr_text_printf(out, "  %-8.6g", last);
        cr_escape_plain(out, a->class_names[at / a->classes]);
        cr_text_add(out, " taken for ");
        cr_escape_plain(out, a->class_names[at % a->classes]);
        cr_text_addc(out, '\n');
    }
    if (last == INFINITY)
        cr_text_add(out, "  none\n");
}

static void write_text(struct text *out, const cr_evaluation *e)
{
    cr_escape_plain(out, e->target);
    cr_text_printf(out, ": %zu row%s", e->answers.rows, e->answers.rows == 1 ? "" : "s");
    if (e->answers.task == CR_CLASSIFICATION)
        cr_text_printf(out, ", %zu classes", e->answers.classes);
    cr_text_addc(out, '\n');
    if (e->without)
        cr_text_printf(out, "left out: %zu row%s without a target\n", e->without,
                       e->without == 1 ? "" : "s");
    if (e->unknown) {
        cr_text_printf(out,
                       "left out: %zu row%s of classes that the model does not know, such as '",
                       e->unknown, e->unknown == 1 ? "" : "s");
        cr_escape_plain(out, e->unknown_name);
        cr_text_add(out, "'; it cannot answer them right\n");
    }
    cr_text_add(out, "\n                                value       95 % interval\n");
    for (size_t i = 0; i < e->n_metrics; i++)
        put_metric(out, &e->metric[i]);
    if (e->confusion && e->answers.classes <= MATRIX_CLASSES)
        put_matrix(out, e);
    else if (e->confusion)
        put_pairs(out, e);
}

static void json_metric(struct json *j, const cr_metric_value *v)
{
    const cr_metric_info *m = cr_metric_at(v->metric.index);
    cr_json_open_inline(j, NULL, '{');
    cr_json_string(j, "name", m->name);
    if (m->parameter)
        cr_json_f64(j, m->parameter, v->metric.parameter);
    cr_json_f64(j, "value", v->value);
    cr_json_f64(j, "low", v->low);
    cr_json_f64(j, "high", v->high);
    if (isnan(v->value))
        cr_json_string(j, "undefined", v->why);
    cr_json_bool(j, "higher_is_better", m->higher);
    cr_json_close(j);
}

static void json_classes(struct json *j, const cr_evaluation *e)
{
    const cr_answers *a = &e->answers;
    cr_json_open_inline(j, "classes", '[');
    for (size_t k = 0; k < a->classes; k++)
        cr_json_string(j, NULL, a->class_names[k]);
    cr_json_close(j);
    cr_json_open(j, "confusion", '[');
    for (size_t i = 0; i < a->classes; i++) {
        cr_json_open_inline(j, NULL, '[');
        for (size_t k = 0; k < a->classes; k++)
            cr_json_f64(j, NULL, e->confusion[i * a->classes + k]);
        cr_json_close(j);
    }
    cr_json_close(j);
    if (!e->calibration)
        return;
    cr_json_open(j, "calibration", '[');
    for (int b = 0; b < CR_CALIBRATION_BINS; b++) {
        cr_json_open_inline(j, NULL, '{');
        cr_json_f64(j, "weight", e->calibration[b].weight);
        cr_json_f64(j, "confidence", e->calibration[b].confidence);
        cr_json_f64(j, "accuracy", e->calibration[b].accuracy);
        cr_json_close(j);
    }
    cr_json_close(j);
}

static void write_json(struct text *out, const cr_evaluation *e)
{
    struct json j = {.out = out};
    cr_json_open(&j, NULL, '{');
    cr_json_string(&j, "target", e->target);
    cr_json_string(&j, "task", e->answers.task == CR_REGRESSION ? "regression" : "classification");
    cr_json_int(&j, "rows", (int64_t)e->answers.rows);
    cr_json_int(&j, "rows_without_target", (int64_t)e->without);
    cr_json_int(&j, "rows_of_unknown_classes", (int64_t)e->unknown);
    cr_json_f64(&j, "confidence", 0.95);
    cr_json_open(&j, "metrics", '[');
    for (size_t i = 0; i < e->n_metrics; i++)
        json_metric(&j, &e->metric[i]);
    cr_json_close(&j);
    if (e->confusion)
        json_classes(&j, e);
    cr_json_close(&j);
}

cr_status cr_evaluation_write(const cr_evaluation *e, cr_report_format format, char **out,
                              size_t *len, cr_error *err)
{
    struct text text = {0};
    if (format == CR_REPORT_JSON)
        write_json(&text, e);
    else
        write_text(&text, e);
    return cr_report_give(&text, out, len, err);
}
