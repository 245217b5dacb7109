#include "chainrule/explain.h"

#include <stdlib.h>
#include <string.h>

#include "doc/html.h"
#include "explain/figure.h"
#include "explain/paper.h"
#include "explain/render.h"
#include "explain/steps.h"

enum { COLUMNS = 80, MOST_DIGITS = 100, MOST_ITERATIONS = 100000 };

void cr_explain_defaults(cr_explain_options *options)
{
    *options = (cr_explain_options){.digits = -1};
}

const char *cr_explain_notation(int index)
{
    return cr_notation_name(index);
}

void cr_explain_free(char *text)
{
    free(text);
}

cr_status cr_digits_check(int digits, int sig, cr_error *err)
{
    if (digits > MOST_DIGITS || sig < 0 || sig > MOST_DIGITS)
        return cr_fail(err, CR_ERR_ARGUMENT, "digits are 0 to %d", MOST_DIGITS);
    if (digits >= 0 && sig > 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "digits and significant digits exclude each other");
    return CR_OK;
}

static cr_status check(const cr_net *net, const cr_explain_options *o, cr_error *err)
{
    const cr_status status = cr_digits_check(o->digits, o->sig, err);
    if (status)
        return status;
    if (o->iterations < 0 || o->iterations > MOST_ITERATIONS)
        return cr_fail(err, CR_ERR_ARGUMENT, "iterations are 1 to %d", MOST_ITERATIONS);
    if (o->fragment && o->format != CR_EXPLAIN_LATEX)
        return cr_fail(err, CR_ERR_ARGUMENT, "only LaTeX is written as a fragment");
    if (o->rows && !o->in)
        return cr_fail(err, CR_ERR_ARGUMENT, "examples need inputs");
    if (o->preparation && (o->rows != 1 || o->preparation->n != net->spec->n_inputs))
        return cr_fail(err, CR_ERR_ARGUMENT, "a preparation is that of one row of inputs");
    return CR_OK;
}

static struct decimal_rule rule_of(int digits, int sig)
{
    if (sig > 0)
        return (struct decimal_rule){DECIMAL_SIG, sig};
    return (struct decimal_rule){DECIMAL_AUTO, digits < 0 ? DECIMAL_DEFAULT : digits};
}

const struct paper_kind *cr_paper_of(cr_explain_format format)
{
    static const struct paper_kind *const papers[] = {[CR_EXPLAIN_TEXT] = &cr_paper_text,
                                                      [CR_EXPLAIN_MARKDOWN] = &cr_paper_markdown,
                                                      [CR_EXPLAIN_LATEX] = &cr_paper_latex,
                                                      [CR_EXPLAIN_HTML] = &cr_paper_html};
    return papers[format];
}

static void render(struct explanation *x, const cr_explain_options *o, struct rendering *r)
{
    if (o->format == CR_EXPLAIN_JSON) {
        cr_render_json(x, r);
        return;
    }
    struct paper p = {.kind = cr_paper_of(o->format), .r = r, .out = r->out, .columns = r->columns};
    const char *title = x->net->spec->title;
    if (o->format == CR_EXPLAIN_LATEX)
        cr_latex_begin(r->out, o->fragment);
    if (o->format == CR_EXPLAIN_HTML)
        cr_html_begin(r->out, title ? title : "A worked example");
    cr_narrate(x, &p);
    if (o->format == CR_EXPLAIN_LATEX)
        cr_latex_end(r->out, o->fragment);
    if (o->format == CR_EXPLAIN_HTML)
        cr_html_end(r->out);
    cr_render_piece(r);
}

static cr_status hand_out(const cr_explain_options *o, const struct rendering *r, cr_error *err)
{
    size_t from = 0;
    for (size_t i = 0; o->each && i < r->n_pieces; i++) {
        if (o->each(o->ctx, r->out->s + from, r->piece[i] - from))
            return cr_fail(err, CR_ERR_CANCELLED, "stopped");
        from = r->piece[i];
    }
    for (size_t i = 0; o->file && i < r->n_beside; i++)
        if (o->file(o->ctx, r->beside[i].name, r->beside[i].text.s, r->beside[i].text.len))
            return cr_fail(err, CR_ERR_CANCELLED, "stopped");
    return CR_OK;
}

cr_status cr_explain(const cr_net *net, const cr_explain_options *options, char **out, size_t *len,
                     cr_error *err)
{
    cr_explain_options o;
    cr_explain_defaults(&o);
    if (options)
        o = *options;
    cr_status status = check(net, &o, err);
    if (status)
        return status;
    const int own = net->spec->iterations > 0 ? net->spec->iterations : 1;
    const struct explanation_options how = {
        .trace = {.updates = o.iterations ? o.iterations : own,
                  .carry = o.carry_displayed,
                  .rule = rule_of(o.digits, o.sig),
                  .rows = o.rows,
                  .in = o.in,
                  .targets = o.targets},
        .notation = o.notation,
        .form = o.form == CR_EXPLAIN_AUTO ? -1 : o.form == CR_EXPLAIN_MATRIX,
        .why = o.why};
    struct explanation *x = NULL;
    if ((status = cr_explanation_make(net, &how, &x, err)))
        return status;
    if (o.preparation && (status = cr_explanation_prepare(x, o.preparation, err))) {
        cr_explanation_free(x);
        return status;
    }
    struct text text = {0};
    struct rendering r = {.out = &text,
                          .columns = o.columns ? o.columns : COLUMNS,
                          .figures = o.file ? o.figures : NULL};
    render(x, &o, &r);
    r.failed |= x->failed;
    cr_explanation_free(x);
    status = text.failed || r.failed || !text.s ? cr_fail_memory(err) : hand_out(&o, &r, err);
    cr_rendering_free(&r);
    if (status || !out) {
        cr_text_free(&text);
        return status;
    }
    *out = text.s;
    if (len)
        *len = text.len;
    return CR_OK;
}

void cr_figure_defaults(cr_figure_options *options)
{
    *options = (cr_figure_options){.digits = -1};
}

static enum figure_show show_of(const struct explanation *x, const cr_figure_options *o, int step)
{
    if (o->show != CR_FIGURE_AUTO)
        return (enum figure_show)(o->show - 1);
    if (step < 0)
        return FIGURE_WEIGHTS;
    const enum xphase phase = x->step[step].phase;
    return phase == X_BACKWARD || phase == X_UPDATE ? FIGURE_DELTAS : FIGURE_VALUES;
}

static cr_status draw(struct explanation *x, const cr_figure_options *o, struct text *out,
                      cr_error *err)
{
    struct figure_options how = {.step = -1, .row = o->example};
    const cr_status status = o->step ? cr_explanation_resolve(x, o->step, &how.step, err) : CR_OK;
    if (status)
        return status;
    how.show = show_of(x, o, how.step);
    if (how.step >= 0) {
        how.pass = x->step[how.step].pass;
        how.row = x->trace->rows > 1 ? x->step[how.step].row : 0;
    }
    struct drawing d = {0};
    struct text title = {0}, words = {0};
    cr_figure_draw(x, &how, &d, &title, &words);
    const struct svg_options svg = {.title = cr_text_str(&title),
                                    .description = cr_text_str(&words),
                                    .id = "network",
                                    .alone = 1};
    if (o->format == CR_FIGURE_TIKZ) {
        cr_drawing_tikz_colours(out);
        cr_drawing_tikz(out, &d);
    } else {
        cr_drawing_svg(out, &d, &svg);
    }
    out->failed |= title.failed | words.failed | x->failed;
    cr_text_free(&title);
    cr_text_free(&words);
    cr_drawing_free(&d);
    return CR_OK;
}

cr_status cr_net_figure(const cr_net *net, const cr_figure_options *options, char **out,
                        size_t *len, cr_error *err)
{
    cr_figure_options o;
    cr_figure_defaults(&o);
    if (options)
        o = *options;
    const struct spec *spec = net->spec;
    const int values = o.step || o.show == CR_FIGURE_VALUES || o.show == CR_FIGURE_DELTAS;
    cr_status status = cr_digits_check(o.digits, o.sig, err);
    if (status)
        return status;
    if (values && o.example >= spec->n_examples && spec->n_examples)
        return cr_fail(err, CR_ERR_ARGUMENT, "there is no example %zu: the network has %zu",
                       o.example + 1, spec->n_examples);
    /* Weights can be drawn without an example; something has to run for the trace. */
    double *none = values || spec->n_examples ? NULL : calloc(spec->n_inputs + 1, sizeof *none);
    const struct explanation_options how = {
        .trace = {.updates = 1, .rule = rule_of(o.digits, o.sig), .rows = none != NULL, .in = none},
        .notation = o.notation,
        .form = 0};
    struct explanation *x = NULL;
    struct text text = {0};
    status = cr_explanation_make(net, &how, &x, err);
    if (!status)
        status = draw(x, &o, &text, err);
    cr_explanation_free(x);
    free(none);
    if (!status && (text.failed || !text.s))
        status = cr_fail_memory(err);
    if (status) {
        cr_text_free(&text);
        return status;
    }
    *out = text.s;
    if (len)
        *len = text.len;
    return CR_OK;
}
