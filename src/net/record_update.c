/* Recording the update: an optimiser's assignments for each group of parameters. The text of
 * the table becomes two formulas: the one that runs, in which the optimiser's parameters are
 * numbers, and the one that is shown, in which they have their names. */
#include <assert.h>
#include <string.h>

#include "net/record.h"

enum { VAR_W, VAR_G, VAR_RATE, VAR_TIME, VAR_PARAM0 };
enum { EXTRAS = 8 }; /* names that every optimiser knows */
enum { MOST_VARS = VAR_PARAM0 + TABLE_PARAMS + OPT_FACTORS + OPT_STATES + OPT_STEPS + EXTRAS };
enum form { FORM_RUN, FORM_SHOWN, FORMS };

/* The names that formulas know, and what each stands for: an expression whose symbols' refs are
 * values of the tape. */
struct scope {
    struct recorder *r;
    struct arena *a;
    const struct spec_optimiser *optimiser;
    const struct optimiser_row *row;
    const char *name[MOST_VARS];
    const struct expr *means[FORMS][MOST_VARS];
    int n;
    int hyper[TABLE_PARAMS]; /* values; NONE: there is none */
    int time;
};

static const struct expr *symbol(const struct scope *s, int value)
{
    return cr_expr_sym(s->a, (uint64_t)value, NULL, NULL);
}

static const struct expr *number(const struct scope *s, double v)
{
    return cr_expr_num(s->a, v);
}

static void define(struct scope *s, const char *name, const struct expr *run,
                   const struct expr *shown)
{
    int k = 0;
    while (k < s->n && strcmp(s->name[k], name) != 0)
        k++;
    assert(k < MOST_VARS);
    s->name[k] = name;
    s->means[FORM_RUN][k] = run;
    s->means[FORM_SHOWN][k] = shown;
    if (k == s->n)
        s->n++;
    if (!run || !shown)
        s->r->failed = 1;
}

static void define_value(struct scope *s, const char *name, int value)
{
    const struct expr *e = symbol(s, value);
    define(s, name, e, e);
}

struct meaning {
    const struct scope *s;
    enum form form;
};

static const struct expr *meaning(void *ctx, const struct expr *sym)
{
    const struct meaning *m = ctx;
    return m->s->means[m->form][sym->ref];
}

/* A row's formula in values of the tape. */
static const struct expr *understand(struct scope *s, const char *text, enum form form)
{
    const struct expr *e = NULL;
    struct meaning m = {s, form};
    if (!s->r->failed && cr_expr_parse(s->a, text, strlen(text), s->name, (size_t)s->n, NULL,
                                       (struct place){0}, &e, NULL) == CR_OK)
        e = cr_expr_map(s->a, e, meaning, &m);
    if (!e)
        s->r->failed = 1;
    return e;
}

/* From values to operands of a step. */
struct operands {
    struct arena *a;
    int in[MOST_VARS], n;
};

static const struct expr *operand(void *ctx, const struct expr *sym)
{
    struct operands *o = ctx;
    int k = 0;
    while (k < o->n && o->in[k] != (int)sym->ref)
        k++;
    assert(k < MOST_VARS);
    o->in[k] = (int)sym->ref;
    if (k == o->n)
        o->n++;
    return cr_expr_sym(o->a, (uint64_t)k, NULL, NULL);
}

/* What the formula that runs reads comes first among the operands. */
static void assign(struct scope *s, int out, const char *run, const char *shown)
{
    struct operands o = {.a = s->a};
    const struct expr *e[FORMS] = {understand(s, run, FORM_RUN),
                                   understand(s, shown ? shown : run, FORM_SHOWN)};
    for (int f = 0; f < FORMS && !s->r->failed; f++)
        if (!(e[f] = cr_expr_map(s->a, e[f], operand, &o)))
            s->r->failed = 1;
    struct step *step = cr_record_step(s->r, OP_MAP, PHASE_UPDATE, out, o.in, o.n);
    step->formula = e[FORM_RUN];
    step->shown = e[FORM_SHOWN];
}

static int scalar(struct recorder *r, enum role role, int which)
{
    const int v = cr_record_value(r, role, SCALAR, 1, 1, NONE, NONE);
    r->tape->value[v].which = which;
    return v;
}

static void define_number(struct scope *s, const char *name, double v)
{
    define(s, name, number(s, v), number(s, v));
}

/* How far the gradient is scaled down: min(1, clip_norm/(norm + 1e-6)), as PyTorch has it. */
static void open_clipping(struct scope *s)
{
    struct tape *t = s->r->tape;
    int *gradients = arena_new(s->a, int, (size_t)t->n_values), n = 0;
    if (!gradients) {
        s->r->failed = 1;
        return;
    }
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == ROLE_PARAM_GRAD)
            gradients[n++] = v;
    const int norm = scalar(s->r, ROLE_NORM, 0), clip = scalar(s->r, ROLE_CLIP, 0);
    cr_record_step(s->r, OP_NORM, PHASE_UPDATE, norm, gradients, n);
    define_value(s, "norm", norm);
    define_number(s, "clip_norm", s->optimiser->clip_norm);
    assign(s, clip, "min(1, clip_norm/(norm + 0.000001))", NULL);
    define_value(s, "clip", clip);
}

/* What the updates of all groups read. */
static void open_scope(struct scope *s)
{
    const struct optimiser_row *row = s->row;
    const int decay = cr_optimiser_decay(row);
    static const char *const first[VAR_PARAM0] = {"w", "g", "rate", "t"};
    s->time = scalar(s->r, ROLE_TIME, 0);
    for (int i = 0; i < VAR_PARAM0; i++)
        define_value(s, first[i], i == VAR_TIME ? s->time : s->r->rate);
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++) {
        const double v = s->optimiser->param[i];
        s->hyper[i] = i == decay && v == 0 ? NONE : scalar(s->r, ROLE_HYPER, i);
        define(s, row->symbol[i].name, number(s, v),
               s->hyper[i] == NONE ? number(s, v) : symbol(s, s->hyper[i]));
    }
    define_number(s, "clip_value", s->optimiser->clip_value);
    define_number(s, "l1", s->optimiser->l1);
    define_number(s, "l2", s->optimiser->l2);
    define_number(s, "share", s->optimiser->average);
    define_value(s, "loss", s->r->tape->loss);
    if (s->optimiser->clip_norm > 0)
        open_clipping(s);
    for (int i = 0; i < OPT_FACTORS && row->factor[i].name; i++) {
        const int v = scalar(s->r, ROLE_FACTOR, i);
        assign(s, v, row->factor[i].formula, NULL);
        define_value(s, row->factor[i].name, v);
    }
}

/* x times a number that is 1 as a rule */
static const struct expr *scaled(const struct scope *s, const struct expr *x, double by)
{
    return by == 1 ? x : cr_expr_mul(s->a, (const struct expr *[]){x, number(s, by)}, 2);
}

static void redefine(struct scope *s, const char *name, const char *formula)
{
    define(s, name, understand(s, formula, FORM_RUN), understand(s, formula, FORM_SHOWN));
}

/* What clipping and penalties make of the gradient. */
static void define_gradient(struct scope *s, int gradient, enum param_kind kind)
{
    const struct spec_optimiser *o = s->optimiser;
    define_value(s, "g", gradient);
    if (o->clip_norm > 0)
        redefine(s, "g", "clip*g");
    if (o->clip_value > 0)
        redefine(s, "g", "clamp(g, -clip_value, clip_value)");
    if (o->l1 > 0 && kind == PARAM_WEIGHT)
        redefine(s, "g", "g + l1*sign(w)");
    if (o->l2 > 0 && kind == PARAM_WEIGHT)
        redefine(s, "g", "g + l2*w");
}

/* The names that mean something else in each group. 1: there is weight decay. */
static int open_group(struct scope *s, int param, int gradient)
{
    const struct param *p = &s->r->tape->net->param[s->r->tape->value[param].param];
    const struct optimiser_row *row = s->row;
    const int d = cr_optimiser_decay(row);
    const struct expr *rate = scaled(s, symbol(s, s->r->rate), p->rate);
    define(s, "rate", rate, rate);
    define_value(s, "w", param);
    define_gradient(s, gradient, p->kind);
    if (d < 0 || s->hyper[d] == NONE || p->decay == 0)
        return 0;
    define(s, row->symbol[d].name, number(s, s->optimiser->param[d] * p->decay),
           scaled(s, symbol(s, s->hyper[d]), p->decay));
    if (row->gradient)
        redefine(s, "g", row->gradient);
    return 1;
}

static int like(struct scope *s, enum role role, int which, int of, int param)
{
    struct tape *t = s->r->tape;
    const struct value p = t->value[param];
    const int v = cr_record_value(s->r, role, PER_NET, p.rows, p.cols, of, p.layer);
    t->value[v].param = p.param;
    t->value[v].which = which;
    return v;
}

static int state_index(const struct optimiser_row *row, const char *name)
{
    for (int i = 0; i < OPT_STATES && row->state[i].name; i++)
        if (strcmp(row->state[i].name, name) == 0)
            return i;
    return NONE;
}

/* The moving average of the parameters, which begins with their first new values. */
static void record_average(struct scope *s, int param)
{
    int which = 0;
    while (cr_optimiser_state(s->optimiser, which + 1))
        which++;
    const int kept = like(s, ROLE_STATE, which, param, param);
    define_value(s, "average", kept);
    assign(s, like(s, ROLE_NEW_STATE, which, kept, param),
           "if(t <= 1, w, share*average + (1 - share)*w)", NULL);
}

static void record_group(struct scope *s, int param, int gradient)
{
    const struct optimiser_row *row = s->row;
    const int decays = open_group(s, param, gradient);
    int state[OPT_STATES];
    for (int i = 0; i < OPT_STATES && row->state[i].name; i++) {
        state[i] = like(s, ROLE_STATE, i, param, param);
        define_value(s, row->state[i].name, state[i]);
    }
    for (int i = 0; i < OPT_STEPS && row->step[i].formula && !s->r->failed; i++) {
        const char *name = row->step[i].to.name;
        const int kept = state_index(row, name);
        int out;
        if (kept != NONE) {
            out = like(s, ROLE_NEW_STATE, kept, state[kept], param);
        } else if (strcmp(name, "w") == 0) {
            out = like(s, ROLE_NEW, 0, param, param);
            if (decays && row->weight)
                redefine(s, "w", row->weight);
        } else {
            out = like(s, ROLE_MOVE, i, param, param);
        }
        assign(s, out, row->step[i].formula, row->step[i].shown);
        define_value(s, name, out);
    }
    if (s->optimiser->average > 0)
        record_average(s, param);
}

static void descend(struct recorder *r, int param, int gradient)
{
    struct tape *t = r->tape;
    const struct value p = t->value[param];
    const int out = cr_record_value(r, ROLE_NEW, PER_NET, p.rows, p.cols, param, p.layer);
    t->value[out].param = p.param;
    struct step *s = cr_record_step(r, OP_DESCEND, PHASE_UPDATE, out,
                                    (const int[]){param, gradient, r->rate}, 3);
    s->factor = t->net->param[p.param].rate;
}

/* Running averages, which no gradient moves. */
static void record_moved(struct scope *s)
{
    struct tape *t = s->r->tape;
    const int n = t->n_values;
    for (int v = 0; v < n && !s->r->failed && !s->r->predicting; v++) {
        if (t->value[v].role != ROLE_PARAM ||
            cr_param_has_gradient(&t->net->param[t->value[v].param]))
            continue;
        define_value(s, "w", cr_record_moved(s->r, v));
        if (s->optimiser->average > 0)
            record_average(s, v);
    }
}

void cr_record_update(struct recorder *r)
{
    struct tape *t = r->tape;
    const int n = t->n_values, plain = cr_optimiser_is_plain(&r->spec->optimiser);
    struct scope s = {.r = r,
                      .a = &t->arena,
                      .optimiser = &r->spec->optimiser,
                      .row = cr_optimiser_row((int)r->spec->optimiser.method)};
    if (s.row->whole)
        return; /* what moves all parameters at once is no step: net/lbfgs.h */
    if (!plain)
        open_scope(&s);
    for (int v = 0; v < n && !r->failed; v++) {
        if (t->value[v].role != ROLE_PARAM_GRAD)
            continue;
        if (plain)
            descend(r, t->value[v].of, v);
        else
            record_group(&s, t->value[v].of, v);
    }
    record_moved(&s);
}
