/* Recording a tape: the forward pass, layer by layer, then the loss, then the same values
 * backwards. Each forward value gathers what its uses contribute to its gradient; a value
 * used once needs no sum. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/record.h"

enum { PER_LAYER_STEPS = 24 + 4 * SPEC_FROM, PER_GROUP_STEPS = 5 + OPT_STATES + OPT_STEPS };

int cr_record_value(struct recorder *r, enum role role, enum extent extent, size_t rows,
                    size_t cols, int of, int layer)
{
    struct tape *t = r->tape;
    assert(t->n_values < r->room);
    t->value[t->n_values] = (struct value){.role = role,
                                           .extent = extent,
                                           .rows = rows,
                                           .cols = cols,
                                           .of = of,
                                           .layer = layer,
                                           .param = NONE,
                                           .maker = NONE};
    return t->n_values++;
}

int cr_record_rows(struct recorder *r, enum role role, size_t cols, int of, int layer)
{
    return cr_record_value(r, role, PER_ROW, 0, cols, of, layer);
}

struct step *cr_record_step(struct recorder *r, enum op op, enum phase phase, int out,
                            const int *in, int n_in)
{
    struct tape *t = r->tape;
    assert(t->n_steps < r->room);
    int *copy = cr_arena_copy(&t->arena, in, (size_t)n_in, sizeof *in);
    if (!copy)
        r->failed = 1;
    struct step *s = &t->step[t->n_steps];
    *s = (struct step){
        .op = op, .phase = phase, .out = out, .out2 = NONE, .n_in = n_in, .in = copy, .factor = 1};
    t->value[out].maker = t->n_steps++;
    if (phase == PHASE_FORWARD)
        for (int i = 0; i < n_in; i++)
            r->uses[in[i]]++;
    return s;
}

#define STEP(r, op, phase, out, ...)                              \
    cr_record_step(r, op, phase, out, (const int[]){__VA_ARGS__}, \
                   (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)))

/* Formulas of a map step: symbol `from[i].ref` of a row's formula becomes in[i]; inputs that
 * the formula does not mention are dropped; parameters become numbers. */
struct operand {
    uint64_t ref;
    int value; /* NONE: the number */
    double number;
};

struct binding {
    struct recorder *r;
    const struct operand *operand;
    int n;
    int in[8], n_in;
};

static const struct expr *bind(void *ctx, const struct expr *sym)
{
    struct binding *b = ctx;
    struct arena *a = &b->r->tape->arena;
    for (int i = 0; i < b->n; i++) {
        if (b->operand[i].ref != sym->ref)
            continue;
        if (b->operand[i].value == NONE)
            return cr_expr_num(a, b->operand[i].number);
        int k = 0;
        while (k < b->n_in && b->in[k] != b->operand[i].value)
            k++;
        if (k == b->n_in)
            b->in[b->n_in++] = b->operand[i].value;
        return cr_expr_sym(a, (uint64_t)k, NULL, NULL);
    }
    return sym;
}

static struct step *map_step(struct recorder *r, enum op op, enum phase phase, int out,
                             const struct expr *formula, const struct expr *shown,
                             const struct operand *operand, int n)
{
    struct binding b = {.r = r, .operand = operand, .n = n};
    const struct expr *bound = cr_expr_map(&r->tape->arena, formula, bind, &b);
    const struct expr *bound_shown = shown ? cr_expr_map(&r->tape->arena, shown, bind, &b) : NULL;
    if (!bound || (shown && !bound_shown))
        r->failed = 1;
    struct step *s = cr_record_step(r, op, phase, out, b.in, b.n_in);
    s->formula = bound;
    s->shown = bound_shown;
    return s;
}

enum { MOST_NAMES = 8 };

static const struct expr *parse(struct recorder *r, const char *text, const struct named *names,
                                int n)
{
    const char *vars[MOST_NAMES];
    const struct expr *e = NULL;
    assert(n <= MOST_NAMES);
    for (int i = 0; i < n; i++)
        vars[i] = names[i].name;
    if (cr_expr_parse(&r->tape->arena, text, strlen(text), vars, (size_t)n, NULL, (struct place){0},
                      &e, NULL))
        r->failed = 1;
    return e;
}

struct step *cr_record_formula(struct recorder *r, enum op op, enum phase phase, int out,
                               const char *text, const char *shown, const struct named *names,
                               int n)
{
    struct operand operand[MOST_NAMES];
    for (int i = 0; i < n; i++)
        operand[i] = (struct operand){(uint64_t)i, names[i].value, names[i].number};
    const struct expr *e = parse(r, text, names, n);
    const struct expr *books = shown ? parse(r, shown, names, n) : NULL;
    return map_step(r, op, phase, out, e, books, operand, n);
}

static const struct expr *symbol(struct recorder *r, uint64_t ref)
{
    return cr_expr_sym(&r->tape->arena, ref, NULL, NULL);
}

/* Forward. */

static size_t width(const struct recorder *r, int value)
{
    return r->tape->value[value].cols;
}

int cr_record_source(const struct recorder *r, const struct spec_layer *l, int i)
{
    return l->from[i] == FROM_INPUTS ? r->tape->input : r->out[l->from[i]];
}

int cr_record_param(const struct recorder *r, int layer, enum param_kind kind)
{
    const int group = cr_net_param(r->tape->net, layer, kind);
    for (int v = 0; group != NONE && v < r->tape->n_values; v++)
        if (r->tape->value[v].role == ROLE_PARAM && r->tape->value[v].param == group)
            return v;
    return NONE;
}

static int record_join(struct recorder *r, int layer, enum op op)
{
    const struct spec_layer *l = &r->spec->layer[layer];
    int in[SPEC_FROM];
    size_t cols = 0;
    for (int i = 0; i < l->n_from; i++) {
        in[i] = cr_record_source(r, l, i);
        cols = op == OP_SUM ? width(r, in[i]) : cols + width(r, in[i]);
    }
    const int out = cr_record_rows(r, ROLE_JOIN, cols, NONE, layer);
    cr_record_step(r, op, PHASE_FORWARD, out, in, l->n_from);
    return out;
}

static int act_operands(const struct recorder *r, int layer, int pre, int act,
                        struct operand *operand)
{
    const struct activation *a = &r->spec->layer[layer].act;
    const int slope = cr_record_param(r, layer, PARAM_SLOPE);
    operand[0] = (struct operand){ACT_T, pre, 0};
    operand[1] = (struct operand){ACT_Z, act, 0};
    operand[2] = (struct operand){ACT_PARAM0, slope, a->param[0]};
    operand[3] = (struct operand){ACT_PARAM1, NONE, a->param[1]};
    return 4;
}

static int is_identity(const struct activation *a)
{
    return a->row == cr_activation_find("identity", NULL);
}

/* NTK parametrisation: weights are applied to x/sqrt(n). */
static struct step *over_root(struct recorder *r, enum phase phase, int out, int x, size_t n)
{
    return cr_record_formula(r, OP_MAP, phase, out, "x*c", "x/sqrt(n)",
                             (const struct named[]){{"x", x, 0},
                                                    {"c", NONE, 1 / sqrt((double)n)},
                                                    {"n", NONE, (double)n}},
                             3);
}

static int record_scaled(struct recorder *r, int layer, int x)
{
    const int out = cr_record_rows(r, ROLE_SCALED, width(r, x), x, layer);
    over_root(r, PHASE_FORWARD, out, x, width(r, x));
    return out;
}

static void record_layer(struct recorder *r, int layer)
{
    const struct spec_layer *l = &r->spec->layer[layer];
    int pre;
    if (l->kind == LAYER_DENSE) {
        int x = l->n_from > 1 ? record_join(r, layer, OP_CONCAT) : cr_record_source(r, l, 0);
        if (l->ntk)
            x = record_scaled(r, layer, x);
        const int w = cr_record_param(r, layer, PARAM_WEIGHT),
                  b = cr_record_param(r, layer, PARAM_BIAS);
        pre = cr_record_rows(r, ROLE_PRE, l->units, NONE, layer);
        cr_record_step(r, OP_LINEAR, PHASE_FORWARD, pre, (const int[]){x, w, b}, b == NONE ? 2 : 3);
    } else {
        pre = cr_layer_is_unary(l)
                  ? cr_record_unary(r, layer)
                  : record_join(r, layer, l->kind == LAYER_ADD ? OP_SUM : OP_CONCAT);
        if (is_identity(&l->act)) {
            r->out[layer] = pre;
            return;
        }
    }
    const int act = r->out[layer] = cr_record_rows(r, ROLE_ACT, l->units, pre, layer);
    if (!l->act.formula) {
        struct step *s = STEP(r, OP_SOFTMAX, PHASE_FORWARD, act, pre);
        s->out2 = cr_record_rows(r, ROLE_LOG_SUM, 1, pre, layer);
        r->tape->value[s->out2].maker = r->tape->n_steps - 1;
        return;
    }
    struct operand operand[4];
    const int n = act_operands(r, layer, pre, act, operand);
    map_step(r, OP_MAP, PHASE_FORWARD, act, l->act.formula, NULL, operand, n);
}

/* Loss. */

enum loss_ref { LOSS_Y, LOSS_T, LOSS_P, LOSS_PARAM0 };

static const struct expr *loss_formula(struct recorder *r, const struct loss_row *row,
                                       const char *formula)
{
    if (!formula)
        return NULL;
    const char *vars[LOSS_PARAM0 + TABLE_PARAMS] = {"y", "t", "p"};
    size_t n = LOSS_PARAM0;
    for (int k = 0; k < TABLE_PARAMS && row->param[k].name; k++)
        vars[n++] = row->param[k].name;
    const struct expr *e = NULL;
    if (cr_expr_parse(&r->tape->arena, formula, strlen(formula), vars, n, NULL, (struct place){0},
                      &e, NULL))
        r->failed = 1;
    return e;
}

struct loss_parts {
    const struct loss_row *row;
    int y, t, p; /* what the loss reads: outputs or logits, targets, probabilities or NONE */
};

static int record_smoothing(struct recorder *r)
{
    const double s = r->spec->loss.smoothing;
    struct tape *t = r->tape;
    if (s == 0)
        return t->target;
    const struct loss_row *row = cr_loss_row(r->spec->loss.row);
    const int many = row->kind == LOSS_SOFTMAX || strcmp(row->name, "cross-entropy") == 0;
    const int out = cr_record_rows(r, ROLE_SMOOTHED, width(r, t->target), t->target, NONE);
    static const char formula[] = "(1 - s)*t + s/k";
    const struct expr *e = NULL;
    if (cr_expr_parse(&t->arena, formula, strlen(formula), (const char *[]){"t", "s", "k"}, 3, NULL,
                      (struct place){0}, &e, NULL))
        r->failed = 1;
    const struct operand operand[] = {
        {0, t->target, 0}, {1, NONE, s}, {2, NONE, many ? (double)width(r, t->target) : 2}};
    map_step(r, OP_MAP, PHASE_LOSS, out, e, NULL, operand, 3);
    return out;
}

static void loss_operands(const struct recorder *r, const struct loss_parts *l,
                          struct operand *operand)
{
    operand[0] = (struct operand){LOSS_Y, l->y, 0};
    operand[1] = (struct operand){LOSS_T, l->t, 0};
    operand[2] = (struct operand){LOSS_P, l->p, 0};
    for (int k = 0; k < TABLE_PARAMS; k++)
        operand[3 + k] = (struct operand){LOSS_PARAM0 + (uint64_t)k, NONE, r->spec->loss.param[k]};
}

/* What the mean over examples divides by. */
static int share(const struct recorder *r)
{
    return r->weight == NONE ? r->rows : r->weight_sum;
}

static int weighted(struct recorder *r, int each)
{
    if (r->weight == NONE)
        return each;
    const int out = cr_record_rows(r, ROLE_WEIGHTED, 1, each, NONE);
    cr_record_formula(r, OP_MAP, PHASE_LOSS, out, "w*l", NULL,
                      (const struct named[]){{"w", r->weight, 0}, {"l", each, 0}}, 2);
    return out;
}

static struct loss_parts record_loss(struct recorder *r)
{
    struct tape *t = r->tape;
    const int last = (int)r->spec->n_layers - 1;
    const struct activation_row *act = cr_activation_row(r->spec->layer[last].act.row);
    struct loss_parts l = {cr_loss_row(r->spec->loss.row), t->output, NONE, NONE};
    t->loss_row = r->spec->loss.row;

    if (act && l.row->fused_with && strcmp(act->name, l.row->fused_with) == 0 &&
        t->value[t->output].role == ROLE_ACT) {
        t->loss_row = cr_loss_find(l.row->fused_row, NULL);
        l.row = cr_loss_row(t->loss_row);
        l.p = t->output;
        l.y = t->value[t->output].of;
    }
    l.t = record_smoothing(r);
    const int each = cr_record_rows(r, ROLE_LOSS_EACH, 1, NONE, NONE);
    if (l.row->kind == LOSS_SOFTMAX) {
        int log_sum;
        if (l.p == NONE) {
            l.p = cr_record_rows(r, ROLE_PROBABILITY, width(r, l.y), l.y, last);
            struct step *s = STEP(r, OP_SOFTMAX, PHASE_LOSS, l.p, l.y);
            s->out2 = log_sum = cr_record_rows(r, ROLE_LOG_SUM, 1, l.y, last);
            t->value[log_sum].maker = t->n_steps - 1;
        } else {
            log_sum = cr_tape_find(t, ROLE_LOG_SUM, l.y, NONE);
        }
        STEP(r, OP_LOSS_SOFTMAX, PHASE_LOSS, each, l.y, l.t, log_sum, l.p);
    } else {
        struct operand operand[3 + TABLE_PARAMS];
        loss_operands(r, &l, operand);
        const char *shown = l.row->shown && (l.p != NONE || !l.row->link) ? l.row->shown : NULL;
        struct step *s =
            map_step(r, OP_LOSS, PHASE_LOSS, each, loss_formula(r, l.row, l.row->formula),
                     loss_formula(r, l.row, shown), operand, 3 + TABLE_PARAMS);
        s->mean = l.row->mean_over_outputs && width(r, l.y) > 1;
    }
    t->loss = cr_record_value(r, ROLE_LOSS, SCALAR, 1, 1, NONE, NONE);
    cr_record_step(r, OP_TOTAL, PHASE_LOSS, t->loss, (const int[]){weighted(r, each), share(r)},
                   r->spec->loss.reduction == REDUCE_MEAN ? 2 : 1);
    return l;
}

/* Backward. */

/* The gradient that a use of `of` contributes: a part, or all of it when it is the only use. */
int cr_record_contribution(struct recorder *r, int of)
{
    const struct value *v = &r->tape->value[of];
    const enum role role = r->uses[of] > 1 ? ROLE_PART : ROLE_GRAD;
    return cr_record_rows(r, role, v->cols, of, v->layer);
}

void cr_record_contribute(struct recorder *r, int of, int part)
{
    if (!r->parts[of]) {
        r->parts[of] = arena_new(&r->tape->arena, int, (size_t)r->uses[of] + 1);
        if (!r->parts[of]) {
            r->failed = 1;
            return;
        }
    }
    r->parts[of][r->n_parts[of]++] = part;
}

/* All uses have contributed: the gradient of `of`. */
static int gradient(struct recorder *r, int of)
{
    if (r->failed)
        return 0;
    if (r->n_parts[of] == 1)
        return r->parts[of][0];
    const struct value *v = &r->tape->value[of];
    const int sum = cr_record_rows(r, ROLE_GRAD, v->cols, of, v->layer);
    cr_record_step(r, OP_SUM, PHASE_BACKWARD, sum, r->parts[of], r->n_parts[of]);
    return sum;
}

int cr_record_wanted(const struct recorder *r, int of)
{
    return of != r->tape->input || (r->what & TAPE_INPUT_GRAD);
}

/* dL/d(what the loss reads), from the row's derivative. */
static void record_loss_gradient(struct recorder *r, const struct loss_parts *l)
{
    struct arena *a = &r->tape->arena;
    enum { SHARE_REF = 100, WEIGHT_REF, MOST = 5 + TABLE_PARAMS };
    struct operand operand[MOST];
    loss_operands(r, l, operand);
    operand[MOST - 2] = (struct operand){SHARE_REF, share(r), 0};
    operand[MOST - 1] = (struct operand){WEIGHT_REF, r->weight, 1};

    /* With respect to logits the gradient is p - t, and the probabilities p are known. */
    const struct expr *d = l->p != NONE ? cr_expr_sub(a, symbol(r, LOSS_P), symbol(r, LOSS_T))
                                        : loss_formula(r, l->row, l->row->derivative);
    const size_t cols = width(r, l->y);
    if (l->row->mean_over_outputs && cols > 1)
        d = cr_expr_binary(a, EXPR_DIV, d, cr_expr_num(a, (double)cols));
    if (r->weight != NONE)
        d = cr_expr_mul(a, (const struct expr *[]){d, symbol(r, WEIGHT_REF)}, 2);
    if (r->spec->loss.reduction == REDUCE_MEAN)
        d = cr_expr_binary(a, EXPR_DIV, d, symbol(r, SHARE_REF));
    const int out = cr_record_rows(r, ROLE_GRAD, cols, l->y, r->tape->value[l->y].layer);
    map_step(r, OP_MAP, PHASE_BACKWARD, out, d, NULL, operand, MOST);
    r->uses[l->y] = 1;
    cr_record_contribute(r, l->y, out);
}

static void record_join_gradient(struct recorder *r, int join, int d, enum op op)
{
    const struct step *forward = &r->tape->step[r->tape->value[join].maker];
    size_t begin = 0;
    for (int i = 0; i < forward->n_in; i++) {
        const int of = forward->in[i];
        const size_t cols = width(r, of);
        if (cr_record_wanted(r, of)) {
            if (op == OP_SUM && r->uses[of] > 1) {
                cr_record_contribute(r, of, d); /* the sum hands its gradient on unchanged */
            } else {
                const int part = cr_record_contribution(r, of);
                struct step *s = STEP(r, op == OP_SUM ? OP_SUM : OP_SLICE, PHASE_BACKWARD, part, d);
                s->begin = begin;
                cr_record_contribute(r, of, part);
            }
        }
        begin += cols;
    }
}

static int record_delta(struct recorder *r, int layer, int act, int pre)
{
    struct arena *a = &r->tape->arena;
    const struct activation *f = &r->spec->layer[layer].act;
    const int dz = gradient(r, act);
    if (!f->formula) {
        const int delta = cr_record_rows(r, ROLE_GRAD, width(r, pre), pre, layer);
        STEP(r, OP_SOFTMAX_BACK, PHASE_BACKWARD, delta, act, dz);
        return delta;
    }
    struct operand operand[4];
    const int n = act_operands(r, layer, pre, act, operand);
    const int s = cr_record_rows(r, ROLE_DERIVATIVE, width(r, pre), act, layer);
    map_step(r, OP_MAP, PHASE_BACKWARD, s, f->derivative, NULL, operand, n);

    const int delta = cr_record_rows(r, ROLE_GRAD, width(r, pre), pre, layer);
    const struct expr *product =
        cr_expr_mul(a, (const struct expr *[]){symbol(r, 0), symbol(r, 1)}, 2);
    map_step(r, OP_MAP, PHASE_BACKWARD, delta, product, NULL,
             (const struct operand[]){{0, dz, 0}, {1, s, 0}}, 2);

    if (f->d_param) {
        const int slope = cr_record_param(r, layer, PARAM_SLOPE);
        enum { UPSTREAM_REF = 100 };
        const struct operand with_upstream[] = {
            operand[0], operand[1], operand[2], operand[3], {UPSTREAM_REF, dz, 0}};
        const int term = cr_record_rows(r, ROLE_SLOPE_TERM, width(r, pre), slope, layer);
        product = cr_expr_mul(a, (const struct expr *[]){symbol(r, UPSTREAM_REF), f->d_param}, 2);
        map_step(r, OP_MAP, PHASE_BACKWARD, term, product, NULL, with_upstream, 5);
        const int grad = cr_record_value(r, ROLE_PARAM_GRAD, PER_NET, 1, 1, slope, layer);
        r->tape->value[grad].param = r->tape->value[slope].param;
        STEP(r, OP_SUM_ROWS, PHASE_BACKWARD, grad, term);
    }
    return delta;
}

int cr_record_param_gradient(struct recorder *r, enum op op, int param, const int *in, int n_in)
{
    const struct value v = r->tape->value[param];
    const int grad = cr_record_value(r, ROLE_PARAM_GRAD, PER_NET, v.rows, v.cols, param, v.layer);
    r->tape->value[grad].param = v.param;
    cr_record_step(r, op, PHASE_BACKWARD, grad, in, n_in);
    return grad;
}

static void record_layer_backward(struct recorder *r, int layer)
{
    const struct spec_layer *l = &r->spec->layer[layer];
    int pre = r->out[layer]; /* a join without an activation is its own pre-activation */
    int delta;
    if (r->tape->value[pre].role == ROLE_ACT) {
        const int act = pre;
        pre = r->tape->value[act].of;
        delta = r->n_parts[pre] ? gradient(r, pre) : record_delta(r, layer, act, pre);
    } else {
        delta = gradient(r, pre);
    }
    if (r->failed)
        return;
    if (cr_layer_is_unary(l)) {
        cr_record_unary_gradient(r, layer, pre, delta);
        return;
    }
    if (l->kind != LAYER_DENSE) {
        record_join_gradient(r, pre, delta, l->kind == LAYER_ADD ? OP_SUM : OP_CONCAT);
        return;
    }
    const struct step *forward = &r->tape->step[r->tape->value[pre].maker];
    const int read = forward->in[0], w = forward->in[1];
    const int x = l->ntk ? r->tape->value[read].of : read;
    cr_record_param_gradient(r, OP_LINEAR_DW, w, (const int[]){delta, read}, 2);
    if (forward->n_in > 2)
        cr_record_param_gradient(r, OP_SUM_ROWS, forward->in[2], (const int[]){delta}, 1);

    const int joined = l->n_from > 1;
    int wanted = !joined && cr_record_wanted(r, x);
    for (int i = 0; joined && i < l->n_from; i++)
        wanted |= cr_record_wanted(r, cr_record_source(r, l, i));
    if (!wanted)
        return;
    int d_read = NONE;
    if (l->ntk) {
        d_read = cr_record_rows(r, ROLE_GRAD, width(r, read), read, layer);
        STEP(r, OP_LINEAR_DX, PHASE_BACKWARD, d_read, delta, w);
    }
    const int dx = cr_record_contribution(r, x);
    if (l->ntk)
        over_root(r, PHASE_BACKWARD, dx, d_read, width(r, x));
    else
        STEP(r, OP_LINEAR_DX, PHASE_BACKWARD, dx, delta, w);
    if (joined)
        record_join_gradient(r, x, dx, OP_CONCAT);
    else
        cr_record_contribute(r, x, dx);
}

static void record(struct recorder *r)
{
    struct tape *t = r->tape;
    const cr_net *net = t->net;
    const int n = (int)r->spec->n_layers;

    t->input = cr_record_rows(r, ROLE_INPUT, r->spec->n_inputs, NONE, NONE);
    if (r->what)
        t->target = cr_record_rows(r, ROLE_TARGET, r->spec->n_outputs, NONE, NONE);
    for (size_t g = 0; g < net->n_params; g++) {
        const struct param *p = &net->param[g];
        const int v = cr_record_value(r, ROLE_PARAM, PER_NET, p->rows, p->cols, NONE, p->layer);
        t->value[v].param = (int)g;
    }
    if (r->what)
        r->rows = cr_record_value(r, ROLE_ROWS, SCALAR, 1, 1, NONE, NONE);
    if (r->what & TAPE_WEIGHTS) {
        r->weight = cr_record_rows(r, ROLE_WEIGHT, 1, NONE, NONE);
        r->weight_sum = cr_record_value(r, ROLE_WEIGHT_SUM, SCALAR, 1, 1, NONE, NONE);
    }
    if (r->what & TAPE_UPDATE)
        r->rate = cr_record_value(r, ROLE_RATE, SCALAR, 1, 1, NONE, NONE);

    for (int i = 0; i < n; i++)
        record_layer(r, i);
    t->output = r->out[n - 1];
    if (!r->what)
        return;
    const struct loss_parts l = record_loss(r);
    if (!(r->what & (TAPE_BACKWARD | TAPE_INPUT_GRAD | TAPE_UPDATE)) || r->failed)
        return;
    record_loss_gradient(r, &l);
    for (int i = n - 1; i >= 0 && !r->failed; i--)
        record_layer_backward(r, i);
    if (!r->failed && (r->what & TAPE_INPUT_GRAD))
        (void)gradient(r, t->input);
    if (!r->failed && (r->what & TAPE_UPDATE))
        cr_record_update(r);
}

cr_status cr_tape_record(const cr_net *net, unsigned what, struct tape **out, cr_error *err)
{
    struct tape *t = calloc(1, sizeof *t);
    if (!t)
        return cr_fail_memory(err);
    const struct spec *spec = net->spec;
    const size_t room = 32 + spec->n_layers * PER_LAYER_STEPS + net->n_params * PER_GROUP_STEPS;
    struct recorder r = {
        .tape = t, .spec = spec, .what = what, .room = (int)room, .rows = NONE, .rate = NONE};
    r.weight = r.weight_sum = NONE;
    r.predicting = !what || (what & TAPE_PREDICTING);
    t->net = net;
    t->target = t->loss = t->loss_row = NONE;
    t->value = arena_new(&t->arena, struct value, room);
    t->step = arena_new(&t->arena, struct step, room);
    r.out = arena_new(&t->arena, int, spec->n_layers);
    r.uses = arena_new(&t->arena, int, room);
    r.n_parts = arena_new(&t->arena, int, room);
    r.parts = arena_new(&t->arena, int *, room);
    if (!t->value || !t->step || !r.out || !r.uses || !r.n_parts || !r.parts)
        r.failed = 1;
    else
        record(&r);
    if (r.failed) {
        cr_tape_free(t);
        return cr_fail_memory(err);
    }
    *out = t;
    return CR_OK;
}

cr_status cr_tape_copy(const struct tape *from, struct tape **out, cr_error *err)
{
    struct tape *t = malloc(sizeof *t);
    if (!t)
        return cr_fail_memory(err);
    *t = *from;
    t->arena = (struct arena){0};
    t->value = cr_arena_copy(&t->arena, from->value, (size_t)from->n_values, sizeof *t->value);
    t->step = cr_arena_copy(&t->arena, from->step, (size_t)from->n_steps, sizeof *t->step);
    int failed = !t->value || !t->step;
    for (int i = 0; !failed && i < t->n_steps; i++) {
        struct step *s = &t->step[i];
        s->in = cr_arena_copy(&t->arena, s->in, (size_t)s->n_in, sizeof *s->in);
        failed = !s->in;
    }
    if (failed) {
        cr_tape_free(t);
        return cr_fail_memory(err);
    }
    *out = t;
    return CR_OK;
}

void cr_tape_free(struct tape *tape)
{
    if (!tape)
        return;
    cr_arena_free(&tape->arena);
    free(tape);
}

int cr_tape_find(const struct tape *t, enum role role, int of, int layer)
{
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == role &&
            (of >= 0 ? t->value[v].of == of : t->value[v].layer == layer))
            return v;
    return NONE;
}
