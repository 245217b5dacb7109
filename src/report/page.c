/* report.html: one page about a training. */
#include "report/page.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "doc/escape.h"
#include "doc/html.h"
#include "formats/model_file.h"
#include "report/write.h"

void cr_page_text(struct page *p, const char *fmt, ...)
{
    struct text words = {0};
    va_list args;
    va_start(args, fmt);
    cr_text_vprintf(&words, fmt, args);
    va_end(args);
    cr_html_element(p->out, "p", NULL, cr_text_str(&words));
    p->out->failed |= words.failed;
    cr_text_free(&words);
}

void cr_page_code(struct page *p, const char *s)
{
    cr_text_add(p->out, "<pre tabindex=\"0\" role=\"group\" aria-label=\"Commands\"><code>");
    for (size_t n; *s; s += n + (s[n] == '\n')) {
        struct text line = {0};
        n = strcspn(s, "\n");
        cr_text_addn(&line, s, n);
        cr_escape_html(p->out, cr_text_str(&line));
        if (s[n])
            cr_text_addc(p->out, '\n');
        p->out->failed |= line.failed;
        cr_text_free(&line);
    }
    cr_text_add(p->out, "</code></pre>\n");
}

void cr_page_figure(struct page *p, struct drawing *d, const char *id, const char *title,
                    const char *description, const char *caption)
{
    struct text escaped = {0};
    cr_html_figure_begin(p->out, title);
    cr_drawing_svg(p->out, d,
                   &(struct svg_options){.title = title, .description = description, .id = id});
    cr_escape_html(&escaped, caption);
    cr_html_figure_end(p->out, cr_text_str(&escaped));
    p->out->failed |= d->failed | escaped.failed;
    cr_text_free(&escaped);
    cr_drawing_free(d);
}

/* "accuracy 0.975 (95 % interval 0.953 to 0.987)" */
static void put_figure(struct text *out, const cr_metric_value *v)
{
    const cr_metric_info *m = cr_metric_at(v->metric.index);
    char value[FIGURE], low[FIGURE], high[FIGURE];
    if (isnan(v->value))
        cr_text_printf(out, "%s is undefined: %s", m->title, v->why);
    else
        cr_text_printf(out, "%s %s", m->title, cr_figure(v->value, value));
    if (isfinite(v->low))
        cr_text_printf(out, " (95 %% interval %s to %s)", cr_figure(v->low, low),
                       cr_figure(v->high, high));
}

static void put_head(struct page *p)
{
    const cr_fit_report *r = &p->outcome->report;
    struct text words = {0};
    cr_html_element(p->out, "h1", NULL, cr_model_target(p->model));
    cr_text_printf(&words, "A %s of the column '%s' of %s, from %zu other column%s. ",
                   r->task == CR_REGRESSION ? "regression" : "classification",
                   cr_model_target(p->model), p->options->data ? p->options->data : "a table",
                   r->columns, r->columns == 1 ? "" : "s");
    cr_text_printf(&words, "On %zu %s rows: ", p->e->answers.rows, p->part);
    put_figure(&words, &p->e->metric[0]);
    cr_text_addc(&words, '.');
    cr_page_text(p, "%s", cr_text_str(&words));
    p->out->failed |= words.failed;
    cr_text_free(&words);
    if (r->validation)
        cr_page_text(p,
                     "%zu rows were trained on; %zu others, the validation rows, chose the epoch.",
                     r->rows, r->validation);
    else
        cr_page_text(p, "%zu rows were trained on.", r->rows);
    if (r->test)
        cr_page_text(p, "The %zu test rows were set aside; nothing looked at them before the end.",
                     r->test);
    else
        cr_page_text(p, "No test rows were set aside: the figures are of %s rows, and optimistic.",
                     p->part);
}

static cr_status write_page(struct page *p, cr_error *err)
{
    cr_html_begin(p->out, cr_model_target(p->model));
    put_head(p);
    cr_page_measures(p);
    cr_html_element(p->out, "h2", NULL, "What it relies on");
    cr_page_importance(p);
    cr_html_element(p->out, "h2", NULL, "How it was trained");
    cr_page_curves(p);
    cr_page_health(p);
    cr_page_data(p);
    cr_page_network(p);
    const cr_status status = cr_page_settings(p, err);
    cr_page_usage(p);
    cr_html_element(p->out, "p", "note",
                    "Written by chainrule. Same data, settings and seed: same page.");
    cr_html_end(p->out);
    return status;
}

cr_status cr_report_html(const cr_model *model, const cr_table *table, const cr_outcome *outcome,
                         const cr_report_options *options, char **out, size_t *len, cr_error *err)
{
    static const cr_report_options defaults;
    const cr_report_options *o = options ? options : &defaults;
    const cr_part *part = outcome->test.n         ? &outcome->test
                          : outcome->validation.n ? &outcome->validation
                                                  : &outcome->train;
    const uint64_t seed = outcome->report.seed;
    const cr_evaluate_options evaluate = {
        .rows = part->row, .n_rows = part->n, .intervals = {.seed = seed}, .threads = o->threads};
    const cr_importance_options shuffle = {
        .rows = part->row, .n_rows = part->n, .seed = seed, .threads = o->threads};
    struct text text = {0};
    cr_evaluation *e = NULL;
    cr_importance *importance = NULL;
    struct page p = {.out = &text,
                     .model = model,
                     .table = table,
                     .outcome = outcome,
                     .options = o,
                     .part = part == &outcome->test         ? "test"
                             : part == &outcome->validation ? "validation"
                                                            : "training"};
    cr_status status = cr_model_evaluate(model, part->table, &evaluate, &e, err);
    if (status == CR_OK)
        status = cr_model_importance(model, part->table, &shuffle, &importance, err);
    if (status == CR_OK) {
        p.e = e;
        p.importance = importance;
        status = write_page(&p, err);
    }
    cr_evaluation_free(e);
    cr_importance_free(importance);
    if (status != CR_OK) {
        cr_text_free(&text);
        return status;
    }
    return cr_report_give(&text, out, len, err);
}
