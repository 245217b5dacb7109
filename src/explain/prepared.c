/* What a trained model does before the network and after it: from a row of a table to the inputs,
 * from the outputs to the answer. Inputs' values are those that predicting made; here they
 * get formulas. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/model.h"
#include "doc/escape.h"
#include "explain/steps.h"

enum { STEPS = 3 }; /* of an input: raw, scaled, clipped */

struct maker {
    struct explanation *x;
    struct arena *a;
    const cr_preparation *p;
    int input; /* of the tape: the network's inputs */
};

static int value_of_role(const struct explanation *x, enum role role)
{
    const struct tape *t = x->trace->tape;
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == role)
            return v;
    return -1;
}

/* A number as displayed by a rule. `exact`: what it stands for, or NULL: the double itself. */
static const struct expr *shown_by(const struct maker *m, const struct decimal_rule *rule, double v,
                                   const struct rational *exact, int *is_exact)
{
    char buf[DECIMAL_SIZE];
    cr_decimal(buf, rule, v, exact, is_exact);
    double displayed = v;
    (void)cr_parse_f64(buf, strlen(buf), &displayed);
    return cr_expr_shown(m->a, displayed, buf);
}

/* What a table says is a decimal: the shortest that reads back to its double. */
static const struct expr *shown_decimal(const struct maker *m, const struct decimal_rule *rule,
                                        double v, int *is_exact)
{
    char buf[32];
    struct rational r;
    cr_shortest_f64(v, buf);
    return shown_by(m, rule, v, cr_rational_decimal(&r, buf, strlen(buf)) ? &r : NULL, is_exact);
}

/* Whether the displayed numbers give another displayed value; doubtful cases count as equal. */
static int rounds_to(const struct maker *m, double v, const struct rational *exact,
                     const char *text)
{
    char again[DECIMAL_SIZE];
    struct rational a, b;
    cr_decimal(again, &m->x->rule, v, exact, NULL);
    return !cr_rational_decimal(&a, again, strlen(again)) ||
           !cr_rational_decimal(&b, text, strlen(text)) || cr_rational_cmp(&a, &b) == 0;
}

static int gives_another(const struct maker *m, const struct expr *numbers, const char *text)
{
    struct rational r;
    if (cr_expr_exact(numbers, NULL, NULL, &r))
        return !rounds_to(m, 0, &r, text);
    const double v = cr_expr_eval(numbers, NULL, NULL), margin = fabs(v) * 1e-12;
    return isfinite(v) && !rounds_to(m, v - margin, NULL, text) && !rounds_to(m, v, NULL, text) &&
           !rounds_to(m, v + margin, NULL, text);
}

/* A small factor with as many digits as a large one: it multiplies what is large. */
static const struct expr *constant(const struct maker *m, double v)
{
    struct decimal_rule rule = m->x->rule;
    int exact;
    if (rule.kind == DECIMAL_AUTO && rule.n > 0 && fabs(v) < 0.1)
        rule.kind = DECIMAL_SIG;
    return shown_decimal(m, &rule, v, &exact);
}

/* Formulas, without what changes nothing. */

static const struct expr *minus(const struct maker *m, const struct expr *x, double v)
{
    if (v < 0)
        return cr_expr_binary(m->a, EXPR_ADD, x, constant(m, -v));
    return v == 0 ? x : cr_expr_sub(m->a, x, constant(m, v));
}

static const struct expr *times(const struct maker *m, const struct expr *x, double v)
{
    return v == 1 ? x : cr_expr_binary(m->a, EXPR_MUL, x, constant(m, v));
}

/* (x - center) * scale */
static const struct expr *scaling(const struct maker *m, const struct expr *x, double center,
                                  double scale)
{
    return times(m, minus(m, x, center), scale);
}

/* x / sqrt(1 + (x / 3)^2) */
static const struct expr *clipping(const struct maker *m, const struct expr *x)
{
    struct arena *a = m->a;
    const struct expr *third = cr_expr_binary(a, EXPR_DIV, x, cr_expr_num(a, 3));
    const struct expr *square = cr_expr_binary(a, EXPR_POW, third, cr_expr_num(a, 2));
    const struct expr *sum = cr_expr_binary(a, EXPR_ADD, cr_expr_num(a, 1), square);
    return cr_expr_binary(a, EXPR_DIV, x, cr_expr_call(a, "sqrt", &sum, 1));
}

/* (x - mean) / sd */
static const struct expr *standardising(const struct maker *m, const struct expr *x)
{
    x = minus(m, x, m->p->mean);
    return m->p->sd == 1 ? x : cr_expr_binary(m->a, EXPR_DIV, x, constant(m, m->p->sd));
}

/* output * sd + mean, or e^output */
static const struct expr *answering(const struct maker *m, const struct expr *x)
{
    if (m->p->exponential)
        return cr_expr_call(m->a, "exp", &x, 1);
    return minus(m, times(m, x, m->p->sd), -m->p->mean);
}

/* r1 and q1: what the cell gives, and that scaled. */
static struct symbol lettered(const struct maker *m, const char *letter, size_t k)
{
    return (struct symbol){cr_arena_printf(m->a, "%s%zu", letter, k + 1),
                           cr_arena_printf(m->a, "%s_{%zu}", letter, k + 1)};
}

/* An input as the rest of the explanation has it; where that has whole layers, x_1. */
static struct symbol input_symbol(const struct maker *m, size_t k)
{
    if (!m->x->matrix)
        return cr_names_symbol(&m->x->names, m->input, 0, (long)k, 0);
    const struct symbol all = cr_names_symbol(&m->x->names, m->input, 0, WHOLE, 0);
    return (struct symbol){cr_arena_printf(m->a, "%s_%zu", all.text, k + 1),
                           cr_arena_printf(m->a, "{%s}_{%zu}", all.latex, k + 1)};
}

/* The target column's name, after a word of ours. */
static struct symbol target_symbol(const struct maker *m, const char *before)
{
    const char *column = cr_model_target(m->p->model);
    struct text name = {0}, latex = {0};
    cr_text_add(&name, before);
    cr_escape_plain(&name, column);
    if (*before)
        cr_text_printf(&latex, "\\text{%s}", before);
    cr_latex_name(&latex, column, 0);
    const struct symbol s = {cr_arena_strdup(m->a, cr_text_str(&name)),
                             cr_arena_strdup(m->a, cr_text_str(&latex))};
    const int failed = name.failed | latex.failed;
    cr_text_free(&name);
    cr_text_free(&latex);
    return failed ? (struct symbol){NULL, NULL} : s;
}

static const struct expr *symbol_of(const struct maker *m, const struct xstep *s)
{
    return cr_expr_sym(m->a, 0, s->symbol.text, s->symbol.latex);
}

/* A step of a value; what it is made of is added by `formula`. */
static cr_status begin(const struct maker *m, struct xstep *s, long index, const char *id,
                       struct symbol symbol, double v, cr_error *err)
{
    *s = (struct xstep){.phase = s == m->x->answer ? X_ANSWER : X_PREPARE,
                        .index = index,
                        .step = -1,
                        .value = -1,
                        .layer = -1,
                        .wanted = 1,
                        .id = id,
                        .symbol = symbol,
                        .rows = 1,
                        .cols = 1,
                        .own = v};
    s->shown = shown_by(m, &m->x->rule, v, NULL, &s->exact);
    s->values = &s->own;
    return id && symbol.text && symbol.latex && s->shown ? CR_OK : cr_fail_memory(err);
}

/* `from` is step `number` of those that s is told with. */
static cr_status formula(const struct maker *m, struct xstep *s, int number,
                         const struct expr *symbols, const struct expr *numbers, cr_error *err)
{
    int *reads = arena_new(m->a, int, 1);
    if (!reads || !symbols || !numbers)
        return cr_fail_memory(err);
    *reads = number;
    s->reads = reads;
    s->n_reads = 1;
    s->symbolic[s->n_symbolic++] = symbols;
    s->substituted = numbers;
    s->unrounded = s->shown->text && isfinite(s->own) && gives_another(m, numbers, s->shown->text);
    return CR_OK;
}

/* "prepare.UNIT.what"; names that fall together get their number. */
static const char *id_of(const struct maker *m, const char *unit, size_t number, const char *what)
{
    return number ? cr_arena_printf(m->a, "prepare.%s~%zu.%s", unit, number, what)
                  : cr_arena_printf(m->a, "prepare.%s.%s", unit, what);
}

/* The raw value, scaled, and clipped; the last is the network's. */
static cr_status prepare_input(const struct maker *m, size_t k, const char *unit, size_t number,
                               cr_error *err)
{
    const cr_prepared *in = &m->p->input[k];
    struct explanation *x = m->x;
    const struct symbol symbol = input_symbol(m, k);
    const int same = in->center == 0 && in->scale == 1;
    const int clips = m->p->scaling == CR_SCALING_ROBUST;
    const size_t first = x->n_prepare;
    struct xstep *s = &x->prepare[first];
    cr_status status;
    if (in->scale == 0 || (same && !clips)) {
        status =
            begin(m, s, (long)k, id_of(m, unit, number, "input"), symbol, (double)in->value, err);
        x->n_prepare++;
        return status;
    }
    status = begin(m, s, (long)k, id_of(m, unit, number, "raw"), lettered(m, "r", k), in->raw, err);
    if (status != CR_OK)
        return status;
    s->shown = shown_decimal(m, &m->x->rule, in->raw, &s->exact);
    if (!s->shown)
        return cr_fail_memory(err);
    if (!same) {
        const int last = !clips;
        status =
            begin(m, ++s, (long)k, id_of(m, unit, number, last ? "input" : "scaled"),
                  last ? symbol : lettered(m, "q", k), last ? (double)in->value : in->scaled, err);
        if (status == CR_OK)
            status = formula(m, s, (int)(s - x->prepare) - 1,
                             scaling(m, symbol_of(m, s - 1), in->center, in->scale),
                             scaling(m, s[-1].shown, in->center, in->scale), err);
    }
    if (clips && status == CR_OK) {
        status =
            begin(m, ++s, (long)k, id_of(m, unit, number, "input"), symbol, (double)in->value, err);
        if (status == CR_OK)
            status = formula(m, s, (int)(s - x->prepare) - 1, clipping(m, symbol_of(m, s - 1)),
                             clipping(m, s[-1].shown), err);
    }
    x->n_prepare = (size_t)(s - x->prepare) + 1;
    return status;
}

static cr_status prepare_target(const struct maker *m, cr_error *err)
{
    const cr_preparation *p = m->p;
    struct explanation *x = m->x;
    const int target = value_of_role(x, ROLE_TARGET);
    if (isnan(p->number) || x->trace->forward_only || target < 0 || (p->mean == 0 && p->sd == 1))
        return CR_OK;
    const struct symbol symbol = cr_names_symbol(&x->names, target, 0, 0, 0);
    struct xstep *s = &x->prepare[x->n_prepare];
    const double *y = &x->trace->value[0][cr_trace_at(x->trace, target, 0, 0)];
    if (p->sd == 0) {
        x->n_prepare++;
        return begin(m, s, WHOLE, "prepare.target", symbol, *y, err);
    }
    cr_status status =
        begin(m, s, WHOLE, "prepare.target.raw", target_symbol(m, ""), p->number, err);
    if (status == CR_OK && !(s->shown = shown_decimal(m, &m->x->rule, p->number, &s->exact)))
        status = cr_fail_memory(err);
    if (status == CR_OK)
        status = begin(m, ++s, WHOLE, "prepare.target", symbol, *y, err);
    if (status == CR_OK)
        status = formula(m, s, (int)x->n_prepare, standardising(m, symbol_of(m, s - 1)),
                         standardising(m, s[-1].shown), err);
    x->n_prepare += 2;
    return status;
}

/* The answer to be, from the first forward pass. */
static cr_status find_answer(const struct maker *m, cr_error *err)
{
    struct explanation *x = m->x;
    const struct tape *t = x->trace->tape;
    const size_t n = t->value[t->output].cols;
    float *outputs = arena_new(m->a, float, n);
    x->answer = arena_new(m->a, struct xstep, 1);
    const int number = cr_explanation_find(x, 0, t->output, 0, 0);
    if (!outputs || !x->answer)
        return cr_fail_memory(err);
    for (size_t k = 0; k < n; k++)
        outputs[k] = (float)x->trace->value[0][cr_trace_at(x->trace, t->output, 0, k)];
    if (cr_model_task(m->p->model) == CR_CLASSIFICATION) {
        x->answer = NULL;
        x->decision = cr_model_class(m->p->model, cr_model_decide(m->p->model, outputs, NULL));
        return CR_OK;
    }
    if (number < 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "the network's output is not a step");
    const struct xstep *output = &x->step[number];
    const cr_status status = begin(m, x->answer, WHOLE, "answer", target_symbol(m, "predicted "),
                                   cr_model_number(m->p->model, outputs), err);
    return status ? status
                  : formula(m, x->answer, number, answering(m, symbol_of(m, output)),
                            answering(m, output->shown), err);
}

/* "x1" of "x1.input"; and whether another input has the same one. */
struct unit {
    const char *name;
    size_t input;
};

static int by_name(const void *a, const void *b)
{
    const struct unit *s = a, *t = b;
    const int order = strcmp(s->name, t->name);
    return order ? order : (s->input > t->input) - (s->input < t->input);
}

static int by_input(const void *a, const void *b)
{
    const struct unit *s = a, *t = b;
    return (s->input > t->input) - (s->input < t->input);
}

/* Units of ids, and which of them are not alone: those get their number. */
static cr_status name_units(const struct maker *m, struct unit *unit, size_t *number, cr_error *err)
{
    for (size_t k = 0; k < m->p->n; k++) {
        const char *id = cr_names_id(&m->x->names, m->input, 0, (long)k);
        const char *dot = strrchr(id, '.');
        unit[k] = (struct unit){
            cr_arena_printf(m->a, "%.*s", (int)(dot ? dot - id : (long)strlen(id)), id), k};
        if (!unit[k].name)
            return cr_fail_memory(err);
    }
    qsort(unit, m->p->n, sizeof *unit, by_name);
    for (size_t k = 1; k < m->p->n; k++)
        if (strcmp(unit[k].name, unit[k - 1].name) == 0)
            number[unit[k].input] = unit[k].input + 1;
    qsort(unit, m->p->n, sizeof *unit, by_input);
    return CR_OK;
}

/* Whether an input is told: all of them, or those that an answer to a question reads. */
static int is_told(const struct maker *m, size_t k)
{
    const int number = cr_explanation_find(m->x, 0, m->input, 0, k);
    return !m->x->why || (number >= 0 && m->x->step[number].wanted);
}

cr_status cr_explanation_prepare(struct explanation *x, const cr_preparation *p, cr_error *err)
{
    const struct maker m = {x, &x->arena, p, value_of_role(x, ROLE_INPUT)};
    struct unit *unit = arena_new(&x->arena, struct unit, p->n + 1);
    size_t *number = arena_new(&x->arena, size_t, p->n + 1);
    x->prepare = arena_new(&x->arena, struct xstep, STEPS * (p->n + 1));
    if (!unit || !number || !x->prepare || m.input < 0)
        return cr_fail_memory(err);
    x->preparation = p;
    cr_status status = name_units(&m, unit, number, err);
    for (size_t k = 0; status == CR_OK && k < p->n; k++)
        if (is_told(&m, k))
            status = prepare_input(&m, k, unit[k].name, number[k], err);
    if (status == CR_OK && !x->why)
        status = prepare_target(&m, err);
    return status == CR_OK && !x->why ? find_answer(&m, err) : status;
}
