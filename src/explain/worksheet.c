/* Exercises from a template: numbers are drawn until the results are readable, which the trace's
 * exact values decide; sheet and key are written from the same explanation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "chainrule/explain.h"
#include "doc/html.h"
#include "explain/narrate.h"

enum {
    DIGITS = 4,  /* places that results are shown with */
    TRIES = 60,  /* drawings per exercise; the best is taken where none is good */
    REDRAWS = 8, /* of a number that should not be 0 */
    MOST_EXERCISES = 1000,
    MOST_UNITS = 24,
    MOST_PARAMETERS = 200,
    HOPELESS = 1000000
};

struct sheet {
    const cr_worksheet_options *o;
    cr_net *net;          /* a copy, whose parameters are drawn */
    double *in, *targets; /* [inputs], [outputs] */
    struct random_key key;
    uint64_t position;
};

/* A multiple of the step in the range, as near as its decimal has a double. */
static double draw(struct sheet *s, const double range[2], int not_zero)
{
    const double step = s->net->spec->worksheet.step;
    const uint64_t n = (uint64_t)floor((range[1] - range[0]) / step + 1e-9) + 1;
    double v = 0;
    for (int i = 0; i < REDRAWS && (!i || (not_zero && v == 0)); i++) {
        v = range[0] + step * (double)cr_random_below(s->key, s->position++, n);
        v = round(v * 1e9) / 1e9;
    }
    return v == 0 ? 0 : v;
}

static void draw_targets(struct sheet *s)
{
    const struct spec *spec = s->net->spec;
    const struct loss_row *loss = cr_loss_row(spec->loss.row);
    const size_t n = spec->n_outputs;
    const size_t right = (size_t)cr_random_below(s->key, s->position++, n > 1 ? n : 2);
    for (size_t i = 0; i < n; i++) {
        if (loss->target == TARGET_NUMBER)
            s->targets[i] = draw(s, spec->worksheet.targets, 0);
        else if (n > 1)
            s->targets[i] = i == right ? 1 : loss->target == TARGET_SIGN ? -1 : 0;
        else
            s->targets[i] = right ? 1 : loss->target == TARGET_SIGN ? -1 : 0;
    }
}

static void draw_numbers(struct sheet *s)
{
    const struct spec *spec = s->net->spec;
    for (size_t g = 0; g < s->net->n_params; g++) {
        const struct param *p = &s->net->param[g];
        if (p->kind == PARAM_SLOPE)
            continue;
        for (size_t i = 0; i < p->rows * p->cols; i++)
            cr_net_set(s->net, p->offset + i,
                       p->kind == PARAM_BIAS ? draw(s, spec->worksheet.biases, 0)
                                             : draw(s, spec->worksheet.weights, 1));
    }
    for (size_t i = 0; i < spec->n_inputs; i++)
        s->in[i] = draw(s, spec->worksheet.inputs, 1);
    draw_targets(s);
}

/* Digits after the point of a number that is shown. */
static int places(const char *s)
{
    const char *point = s ? strchr(s, '.') : NULL;
    return strchr(s ? s : "", 'e') ? DIGITS + 1 : point ? (int)strlen(point + 1) : 0;
}

/* What is hard to read or to learn from in a step's result. */
static int faults(const struct explanation *x, const struct xstep *s)
{
    const double v = s->values[0], size = fabs(v);
    const struct value *value = &x->trace->tape->value[s->value];
    if (!isfinite(v))
        return HOPELESS;
    int n = size > 100 || (size > 0 && size < 0.001);
    if (s->phase == X_FORWARD && s->index != WHOLE && x->trace->exact) {
        const size_t at = cr_trace_at(x->trace, s->value, s->row, (size_t)s->index);
        const int rational = x->trace->exact[s->pass][at] != NULL;
        n += rational && (!s->exact || places(s->shown->text) > DIGITS);
    }
    n += value->role == ROLE_PRE && size > 4;
    n += (value->role == ROLE_GRAD || value->role == ROLE_LOSS) && v == 0;
    return n;
}

static int is_asked(const struct xstep *s)
{
    return s->wanted && s->step >= 0 && s->group >= GROUP_FORWARD && s->group <= GROUP_UPDATE;
}

static int all_faults(const struct explanation *x)
{
    int n = 0;
    for (size_t i = 0; i < x->n && n < HOPELESS; i++)
        if (is_asked(&x->step[i]))
            n += faults(x, &x->step[i]);
    return n;
}

static cr_status explain(struct sheet *s, struct explanation **out, cr_error *err)
{
    const int digits = s->o->digits < 0 ? DIGITS : s->o->digits;
    const struct explanation_options how = {
        .trace = {.updates = 1,
                  .rule = s->o->sig ? (struct decimal_rule){DECIMAL_SIG, s->o->sig}
                                    : (struct decimal_rule){DECIMAL_AUTO, digits},
                  .rows = 1,
                  .in = s->in,
                  .targets = s->targets},
        .notation = s->o->notation,
        .form = 0};
    return cr_explanation_make(s->net, &how, out, err);
}

/* The first drawing without a fault, else the one with the fewest. */
static cr_status find(struct sheet *s, size_t exercise, struct explanation **out, cr_error *err)
{
    int best = HOPELESS + 1, best_try = 0;
    s->key = (struct random_key){s->o->seed, RANDOM_EXERCISE, (uint32_t)exercise};
    for (int i = 0; i <= TRIES; i++) {
        struct explanation *x = NULL;
        s->position = (uint64_t)(i < TRIES ? i : best_try) << 32;
        draw_numbers(s);
        const cr_status status = explain(s, &x, err);
        if (status)
            return status;
        const int n = all_faults(x);
        if (n == 0 || i == TRIES) {
            *out = x;
            return CR_OK;
        }
        if (n < best) {
            best = n;
            best_try = i;
        }
        cr_explanation_free(x);
    }
    return CR_OK;
}

static const char *const groups[] = {[GROUP_FORWARD] = "Forward pass",
                                     [GROUP_LOSS] = "Loss",
                                     [GROUP_DELTA] = "Deltas",
                                     [GROUP_GRADIENT] = "Gradients",
                                     [GROUP_UPDATE] = "Updates"};

static void write_steps(struct paper *p, const struct explanation *x, int key)
{
    int before = -1, footnote = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct xstep *s = &x->step[i];
        if (!is_asked(s))
            continue;
        if ((int)s->group != before) {
            if (key && before >= 0)
                p->kind->end_steps(p, footnote);
            footnote = 0;
            p->kind->label(p, groups[s->group]);
            if (key)
                p->kind->begin_steps(p, 1);
        }
        before = (int)s->group;
        if (key)
            p->kind->step(p, s);
        else
            p->kind->blank(p, s->symbol);
        footnote |= s->unrounded;
    }
    if (key && before >= 0)
        p->kind->end_steps(p, footnote);
}

static void write_exercise(struct paper *p, struct explanation *x, size_t number, int key)
{
    struct teller t = {.x = x, .p = p};
    p->exercise = number;
    cr_text_printf(&t.t, "Exercise %zu", number);
    p->kind->heading(p, 2, cr_text_str(&t.t));
    cr_text_clear(&t.t);
    if (!key) {
        cr_tell_given(&t);
        cr_tell_network(&t);
    }
    write_steps(p, x, key);
    p->r->failed |= t.t.failed | x->failed;
    cr_text_free(&t.t);
}

static void begin(struct paper *p, const struct sheet *s, int key)
{
    const char *title = s->net->spec->title ? s->net->spec->title : "Back-propagation";
    struct text words = {0};
    cr_text_add(&words, key ? "Answers: " : "Exercises: ");
    if (s->o->format == CR_EXPLAIN_HTML) {
        struct text whole = {0};
        cr_text_printf(&whole, "%s%s", cr_text_str(&words), title);
        cr_html_begin(p->out, cr_text_str(&whole));
        p->r->failed |= whole.failed;
        cr_text_free(&whole);
    }
    if (s->o->format == CR_EXPLAIN_LATEX)
        cr_latex_begin(p->out, 0);
    cr_paper_name(p, &words, title);
    p->kind->heading(p, 1, cr_text_str(&words));
    cr_text_clear(&words);
    cr_text_printf(&words, "Sheet %llu.", (unsigned long long)s->o->seed);
    if (s->o->sig)
        cr_text_printf(&words, " Results have %d significant digits.", s->o->sig);
    else
        cr_text_printf(&words,
                       " Results are exact where they end within %d decimal places, else rounded "
                       "to %d.",
                       s->o->digits < 0 ? DIGITS : s->o->digits,
                       s->o->digits < 0 ? DIGITS : s->o->digits);
    p->kind->paragraph(p, cr_text_str(&words));
    p->r->failed |= words.failed;
    cr_text_free(&words);
}

static void end(struct paper *p, const struct sheet *s)
{
    if (s->o->format == CR_EXPLAIN_LATEX)
        cr_latex_end(p->out, 0);
    if (s->o->format == CR_EXPLAIN_HTML)
        cr_html_end(p->out);
}

static cr_status write_all(struct sheet *s, struct text out[2], cr_error *err)
{
    struct rendering r[2] = {{.out = &out[0], .columns = 80}, {.out = &out[1], .columns = 80}};
    struct paper paper[2];
    cr_status status = CR_OK;
    for (int key = 0; key < 2; key++) {
        paper[key] = (struct paper){
            .kind = cr_paper_of(s->o->format), .r = &r[key], .out = &out[key], .columns = 80};
        begin(&paper[key], s, key);
    }
    for (size_t i = 0; i < s->o->count && !status; i++) {
        struct explanation *x = NULL;
        status = find(s, i, &x, err);
        for (int key = 0; key < 2 && !status; key++)
            write_exercise(&paper[key], x, i + 1, key);
        cr_explanation_free(x);
    }
    for (int key = 0; key < 2; key++) {
        end(&paper[key], s);
        if (!status && (r[key].failed || out[key].failed || !out[key].s))
            status = cr_fail_memory(err);
        cr_rendering_free(&r[key]);
    }
    return status;
}

void cr_worksheet_defaults(cr_worksheet_options *options)
{
    *options = (cr_worksheet_options){.seed = 1, .count = 1, .digits = -1};
}

static cr_status check(const cr_net *net, const cr_worksheet_options *o, cr_error *err)
{
    size_t units = 0, params = 0;
    for (size_t g = 0; g < net->n_params; g++)
        params += net->param[g].rows * net->param[g].cols;
    for (size_t l = 0; l < net->spec->n_layers; l++)
        units += net->spec->layer[l].units;
    if (o->format == CR_EXPLAIN_JSON)
        return cr_fail(err, CR_ERR_ARGUMENT, "a worksheet is text, Markdown, LaTeX or HTML");
    if (o->count < 1 || o->count > MOST_EXERCISES)
        return cr_fail(err, CR_ERR_ARGUMENT, "a worksheet has 1 to %d exercises", MOST_EXERCISES);
    if (units > MOST_UNITS || params > MOST_PARAMETERS)
        return cr_fail(err, CR_ERR_LIMIT,
                       "a worksheet is for networks of at most %d units and %d parameters, not %zu "
                       "and %zu",
                       MOST_UNITS, MOST_PARAMETERS, units, params);
    return cr_digits_check(o->digits, o->sig, err);
}

cr_status cr_worksheet(const cr_net *net, const cr_worksheet_options *options, char **sheet,
                       char **key, cr_error *err)
{
    cr_worksheet_options o;
    cr_worksheet_defaults(&o);
    if (options)
        o = *options;
    struct sheet s = {.o = &o};
    cr_status status = check(net, &o, err);
    if (!status)
        status = cr_net_convert(net, CR_F64, &s.net, err);
    if (status)
        return status;
    struct text out[2] = {{0}, {0}};
    s.in = calloc(net->spec->n_inputs + net->spec->n_outputs, sizeof *s.in);
    s.targets = s.in ? s.in + net->spec->n_inputs : NULL;
    status = s.in ? write_all(&s, out, err) : cr_fail_memory(err);
    free(s.in);
    cr_net_free(s.net);
    if (status) {
        cr_text_free(&out[0]);
        cr_text_free(&out[1]);
        return status;
    }
    *sheet = out[0].s;
    *key = out[1].s;
    return CR_OK;
}
