#include "chainrule/explain.h"

#include <stdlib.h>
#include <string.h>

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

static cr_status check(const cr_explain_options *o, cr_error *err)
{
    if (o->digits > MOST_DIGITS || o->sig < 0 || o->sig > MOST_DIGITS)
        return cr_fail(err, CR_ERR_ARGUMENT, "digits are 0 to %d", MOST_DIGITS);
    if (o->digits >= 0 && o->sig > 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "digits and significant digits exclude each other");
    if (o->iterations < 0 || o->iterations > MOST_ITERATIONS)
        return cr_fail(err, CR_ERR_ARGUMENT, "iterations are 1 to %d", MOST_ITERATIONS);
    if (o->rows && !o->in)
        return cr_fail(err, CR_ERR_ARGUMENT, "examples need inputs");
    return CR_OK;
}

static struct decimal_rule rule_of(const cr_explain_options *o)
{
    if (o->sig > 0)
        return (struct decimal_rule){DECIMAL_SIG, o->sig};
    return (struct decimal_rule){DECIMAL_AUTO, o->digits < 0 ? DECIMAL_DEFAULT : o->digits};
}

static void render(struct explanation *x, const cr_explain_options *o, struct rendering *r)
{
    if (o->format == CR_EXPLAIN_JSON) {
        cr_render_json(x, r);
        return;
    }
    struct paper p = {.kind =
                          o->format == CR_EXPLAIN_MARKDOWN ? &cr_paper_markdown : &cr_paper_text,
                      .r = r,
                      .out = r->out,
                      .columns = r->columns};
    cr_narrate(x, &p);
}

static cr_status hand_out(const cr_explain_options *o, const struct rendering *r, cr_error *err)
{
    size_t from = 0;
    for (size_t i = 0; o->each && i < r->n_pieces; i++) {
        if (o->each(o->ctx, r->out->s + from, r->piece[i] - from))
            return cr_fail(err, CR_ERR_CANCELLED, "stopped");
        from = r->piece[i];
    }
    return CR_OK;
}

cr_status cr_explain(const cr_net *net, const cr_explain_options *options, char **out, size_t *len,
                     cr_error *err)
{
    cr_explain_options o;
    cr_explain_defaults(&o);
    if (options)
        o = *options;
    cr_status status = check(&o, err);
    if (status)
        return status;
    const int own = net->spec->iterations > 0 ? net->spec->iterations : 1;
    const struct explanation_options how = {
        .trace = {.updates = o.iterations ? o.iterations : own,
                  .carry = o.carry_displayed,
                  .rule = rule_of(&o),
                  .rows = o.rows,
                  .in = o.in,
                  .targets = o.targets},
        .notation = o.notation,
        .form = o.form == CR_EXPLAIN_AUTO ? -1 : o.form == CR_EXPLAIN_MATRIX,
        .why = o.why};
    struct explanation *x = NULL;
    if ((status = cr_explanation_make(net, &how, &x, err)))
        return status;
    struct text text = {0};
    struct rendering r = {.out = &text, .columns = o.columns ? o.columns : COLUMNS};
    render(x, &o, &r);
    r.failed |= x->failed;
    cr_explanation_free(x);
    status = text.failed || r.failed || !text.s ? cr_fail_memory(err) : hand_out(&o, &r, err);
    free(r.piece);
    if (status || !out) {
        cr_text_free(&text);
        return status;
    }
    *out = text.s;
    if (len)
        *len = text.len;
    return CR_OK;
}
