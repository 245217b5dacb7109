#include "explain/steps.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const phases[] = {
#define X(name, text) text,
    XPHASE_LIST(X)
#undef X
};

const char *cr_xphase_name(enum xphase phase)
{
    return phases[phase];
}

uint64_t cr_leaf(int number, long element)
{
    return (uint64_t)number << 32 | (uint64_t)(element + 1);
}

int cr_leaf_step(uint64_t ref)
{
    return (int)(ref >> 32);
}

long cr_leaf_element(uint64_t ref)
{
    return (long)(ref & 0xffffffff) - 1;
}

/* Formulas in leaves. */

struct mapping {
    struct explanation *x;
    const struct xstep *s;
    int failed;
};

static const struct expr *to_leaf(void *ctx, const struct expr *sym)
{
    struct mapping *m = ctx;
    struct explanation *x = m->x;
    const int value = cr_ref_value(sym->ref);
    const size_t row = cr_ref_row(sym->ref), index = cr_ref_index(sym->ref);
    const int number = cr_explanation_find(x, m->s->pass, value, row, index);
    assert(number >= 0);
    const enum op op = x->trace->tape->step[m->s->step].op;
    const int sum = op == OP_LOSS || op == OP_LOSS_SOFTMAX || op == OP_ROW_SUM;
    const int part = x->step[number].index == WHOLE && sum && !cr_names_is_of_row(&x->names, value);
    return cr_expr_sym(&x->arena, cr_leaf(number, part ? (long)index : WHOLE), NULL, NULL);
}

static void want(struct explanation *x, const struct expr *e)
{
    if (e->kind == EXPR_SYM)
        x->step[cr_leaf_step(e->ref)].wanted = 1;
    for (unsigned i = 0; i < e->n; i++)
        want(x, e->arg[i]);
}

/* Without a question everything is told but what nothing depends on, such as gradients of
 * the inputs that a joined layer's gradient brings with it. */
static int is_root(const struct explanation *x, const struct xstep *s)
{
    if (s->derived)
        return 1;
    switch (x->trace->tape->value[s->value].role) {
    case ROLE_GRAD:
    case ROLE_PART:
    case ROLE_SLOPE_TERM:
    case ROLE_DERIVATIVE:
    case ROLE_LOG_SUM: return 0;
    default: return 1;
    }
}

static cr_status trace_back(struct explanation *x, int target, cr_error *err)
{
    if (target >= 0)
        x->step[target].wanted = 1;
    else
        for (size_t i = 0; i < x->n; i++)
            x->step[i].wanted = is_root(x, &x->step[i]);
    for (size_t i = x->n; i-- > 0;) {
        struct xstep *s = &x->step[i];
        if (!s->wanted)
            continue;
        if (s->step >= 0) {
            struct mapping m = {.x = x, .s = s};
            const struct expr *e = s->index == WHOLE
                                       ? cr_matrix_formula(x, s)
                                       : cr_step_formula(&x->arena, x->trace->tape, s->step,
                                                         x->trace->rows, s->row, (size_t)s->index);
            s->formula = cr_expr_map(&x->arena, e, to_leaf, &m);
            if (!s->formula)
                return cr_fail_memory(err);
        }
        if (s->formula)
            want(x, s->formula);
    }
    return CR_OK;
}

/* Values. */

static const struct rational *known(const struct explanation *x, const struct xstep *s, size_t i)
{
    if (s->derived)
        return s->known;
    if (!x->trace->exact)
        return NULL;
    const size_t first = s->index == WHOLE ? 0 : (size_t)s->index;
    return x->trace->exact[s->pass][cr_trace_at(x->trace, s->value, s->row, first + i)];
}

static const double *values_of(const struct explanation *x, const struct xstep *s)
{
    const size_t first = s->index == WHOLE ? 0 : (size_t)s->index;
    return &x->trace->value[s->pass][cr_trace_at(x->trace, s->value, s->row, first)];
}

static double leaf_value(void *ctx, uint64_t ref)
{
    struct explanation *x = ctx;
    const struct xstep *s = &x->step[cr_leaf_step(ref)];
    return cr_explanation_derive(x, s);
}

double cr_explanation_derive(struct explanation *x, const struct xstep *s)
{
    if (s->values)
        return *s->values;
    if (!s->derived)
        return *values_of(x, s);
    return cr_expr_eval(s->formula, leaf_value, x);
}

static int leaf_exact(void *ctx, uint64_t ref, struct rational *out)
{
    const struct explanation *x = ctx;
    const struct rational *r = known(x, &x->step[cr_leaf_step(ref)], 0);
    if (r)
        *out = *r;
    return r != NULL;
}

static void derive(struct explanation *x, struct xstep *s)
{
    struct rational r;
    s->own = cr_explanation_derive(x, s);
    s->values = &s->own;
    if (x->trace->exact && cr_expr_exact(s->formula, leaf_exact, x, &r))
        s->known = cr_arena_copy(&x->arena, &r, 1, sizeof r);
}

static void shape(const struct explanation *x, struct xstep *s)
{
    s->rows = s->cols = 1;
    if (s->derived || s->index != WHOLE)
        return;
    const struct value *v = &x->trace->tape->value[s->value];
    const int bias = v->extent == PER_NET &&
                     (v->param < 0 || x->trace->tape->net->param[v->param].kind != PARAM_WEIGHT);
    const int shared = bias && v->param >= 0 && x->net->param[v->param].kind == PARAM_SLOPE;
    if (v->extent == SCALAR || v->role == ROLE_LOSS_EACH || shared ||
        (v->extent == PER_ROW && v->cols == 1 && cr_names_is_of_row(&x->names, s->value)) ||
        (bias && x->net->spec->layer[v->layer].bias == BIAS_SHARED))
        return;
    s->matrix = 1;
    s->rows = v->extent == PER_ROW || bias ? v->cols : v->rows;
    s->cols = v->extent == PER_ROW || bias ? 1 : v->cols;
}

static struct decimal_rule rule_of(const struct explanation *x, const struct xstep *s)
{
    const int per_cent = s->derived == DERIVED_PER_CENT || s->derived == DERIVED_ERROR_PER_CENT;
    if (per_cent && x->rule.kind == DECIMAL_AUTO && x->rule.n == DECIMAL_DEFAULT)
        return (struct decimal_rule){DECIMAL_PLACES, 2};
    return x->rule;
}

/* One element as displayed; *exact: whether that is its value. The expression's own value is
 * the displayed number. */
static const struct expr *display(struct explanation *x, const struct xstep *s, size_t i,
                                  int *exact)
{
    char shown[DECIMAL_SIZE];
    const struct decimal_rule rule = rule_of(x, s);
    const struct rational *r = known(x, s, i);
    double v = s->values[i];
    int equal = 0;
    /* An optimiser's constants are small, or near 1: rounded they would be others. */
    if (!s->derived && x->trace->tape->value[s->value].role == ROLE_HYPER) {
        *exact = 1;
        return cr_expr_shown(&x->arena, v, cr_shortest_f64(v, shown));
    }
    cr_decimal(shown, &rule, v, r, &equal);
    *exact = equal && (r || x->trace->type == CR_F32);
    (void)cr_parse_f64(shown, strlen(shown), &v);
    return cr_expr_shown(&x->arena, v, shown);
}

enum { ENTRIES = 8, HEAD = 3 }; /* a side longer than ENTRIES shows HEAD, dots, and the last */

static size_t shown_side(size_t n)
{
    return n > ENTRIES ? HEAD + 2 : n;
}

static size_t source_of(size_t i, size_t n)
{
    return n <= ENTRIES || i < HEAD ? i : i == HEAD ? n : n - 1;
}

static const struct expr *display_matrix(struct explanation *x, const struct xstep *s, int *exact)
{
    const size_t rows = shown_side(s->rows), cols = shown_side(s->cols);
    if (s->rows * s->cols == 1)
        return display(x, s, 0, exact);
    const struct expr **entry = arena_new(&x->arena, const struct expr *, rows *cols);
    if (!entry)
        return NULL;
    *exact = 1;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            const size_t row = source_of(r, s->rows), col = source_of(c, s->cols);
            int equal = 1;
            entry[r * cols + c] = row == s->rows || col == s->cols
                                      ? cr_expr_sym(&x->arena, 0, "…", "\\ldots")
                                      : display(x, s, row * s->cols + col, &equal);
            *exact &= equal;
        }
    }
    return cr_expr_matrix(&x->arena, rows, cols, entry);
}

/* Symbols and numbers for leaves. */

static const struct expr *to_symbol(void *ctx, const struct expr *sym)
{
    struct mapping *m = ctx;
    const struct symbol s = cr_explanation_symbol(m->x, &m->x->names, sym->ref, m->s);
    if (!s.text || !s.latex)
        return NULL;
    return cr_expr_sym(&m->x->arena, sym->ref, s.text, s.latex);
}

static const struct expr *to_number(void *ctx, const struct expr *sym)
{
    struct mapping *m = ctx;
    const struct xstep *s = &m->x->step[cr_leaf_step(sym->ref)];
    const long element = cr_leaf_element(sym->ref);
    int exact;
    return element == WHOLE ? s->shown : display(m->x, s, (size_t)element, &exact);
}

static const struct expr *one_plus(struct arena *a, const struct expr *e)
{
    return cr_expr_binary(a, EXPR_ADD, cr_expr_num(a, 1), e);
}

/* Functions that exist for accuracy's sake, and the sigmoid where it is worked out, as they
 * are done by hand: e^x - 1, ln(1 + e^x), 1/(1 + e^-x). */
static const struct expr *by_hand(struct arena *a, const char *name, const struct expr *x,
                                  int sigmoid)
{
    const struct expr *minus = cr_expr_unary(a, EXPR_NEG, x), *inner;
    if (sigmoid && strcmp(name, "sigmoid") == 0)
        return cr_expr_binary(a, EXPR_DIV, cr_expr_num(a, 1),
                              one_plus(a, cr_expr_call(a, "exp", &minus, 1)));
    if (strcmp(name, "expm1") == 0)
        return cr_expr_sub(a, cr_expr_call(a, "exp", &x, 1), cr_expr_num(a, 1));
    if (strcmp(name, "log1p") == 0 || strcmp(name, "softplus") == 0) {
        inner = one_plus(a, name[0] == 'l' ? x : cr_expr_call(a, "exp", &x, 1));
        return cr_expr_call(a, "log", &inner, 1);
    }
    return NULL;
}

const struct expr *cr_written_out(struct arena *a, const struct expr *e, int sigmoid)
{
    if (!e || !e->n)
        return e;
    struct expr *copy = cr_arena_copy(a, e, 1, sizeof *e);
    const struct expr **arg = arena_new(a, const struct expr *, e->n);
    if (!copy || !arg)
        return NULL;
    for (unsigned i = 0; i < e->n; i++)
        if (!(arg[i] = cr_written_out(a, e->arg[i], sigmoid)))
            return NULL;
    copy->arg = arg;
    const struct expr_function *f = e->kind == EXPR_CALL ? cr_expr_function(e->func) : NULL;
    const struct expr *hand = f ? by_hand(a, f->name, arg[0], sigmoid) : NULL;
    return hand ? hand : copy;
}

static int prints_the_same(const struct expr *a, const struct expr *b)
{
    struct text s = {0}, t = {0};
    cr_expr_print(&s, a, EXPR_TEXT);
    cr_expr_print(&t, b, EXPR_TEXT);
    const int same = strcmp(cr_text_str(&s), cr_text_str(&t)) == 0;
    cr_text_free(&s);
    cr_text_free(&t);
    return same;
}

/* Whether the displayed numbers, put into the formula, give another displayed value. Exact
 * where the formula is; else in float64, and doubtful cases count as equal. */
static int rounds_to(const struct explanation *x, const struct xstep *s, double v,
                     const struct rational *exact, const char *shown)
{
    char again[DECIMAL_SIZE];
    struct rational a, b;
    const struct decimal_rule rule = rule_of(x, s);
    cr_decimal(again, &rule, v, exact, NULL);
    if (!cr_rational_decimal(&a, again, strlen(again)) ||
        !cr_rational_decimal(&b, shown, strlen(shown)))
        return 1;
    return cr_rational_cmp(&a, &b) == 0;
}

static int gives_another(const struct explanation *x, const struct xstep *s,
                         const struct expr *numbers, const struct expr *shown)
{
    struct rational r;
    if (!shown->text || !isfinite(shown->value))
        return 0;
    if (cr_expr_exact(numbers, NULL, NULL, &r))
        return !rounds_to(x, s, 0, &r, shown->text);
    const double v = cr_expr_eval(numbers, NULL, NULL), margin = fabs(v) * 1e-12;
    return isfinite(v) && !rounds_to(x, s, v - margin, NULL, shown->text) &&
           !rounds_to(x, s, v, NULL, shown->text) &&
           !rounds_to(x, s, v + margin, NULL, shown->text);
}

/* The same for each element of a matrix, in the formula of the element. */
static const struct expr *to_element_number(void *ctx, const struct expr *sym)
{
    struct mapping *m = ctx;
    struct explanation *x = m->x;
    const size_t index = cr_ref_index(sym->ref);
    const int number =
        cr_explanation_find(x, m->s->pass, cr_ref_value(sym->ref), cr_ref_row(sym->ref), index);
    if (number < 0 || !x->step[number].wanted)
        m->failed = 1;
    int exact;
    return m->failed ? sym : display(x, &x->step[number], index, &exact);
}

static int element_gives_another(struct explanation *x, const struct xstep *s, size_t i)
{
    struct mapping m = {.x = x, .s = s};
    int exact;
    const struct expr *e =
        cr_step_formula(&x->arena, x->trace->tape, s->step, x->trace->rows, s->row, i);
    const struct expr *numbers = cr_expr_map(&x->arena, e, to_element_number, &m);
    const struct expr *shown = display(x, s, i, &exact);
    return !m.failed && numbers && shown && gives_another(x, s, numbers, shown);
}

static int unrounded(struct explanation *x, const struct xstep *s, const struct expr *numbers)
{
    if (!s->matrix)
        return gives_another(x, s, numbers, s->shown);
    for (size_t i = 0; s->rows * s->cols <= ENTRIES * ENTRIES && i < s->rows * s->cols; i++)
        if (element_gives_another(x, s, i))
            return 1;
    return 0;
}

/* In a run that goes on with displayed numbers, = says that they give the result exactly. */
static int carried_exactly(const struct xstep *s, const struct expr *numbers)
{
    struct rational r, shown;
    return !s->matrix && s->shown->text && cr_expr_exact(numbers, NULL, NULL, &r) &&
           cr_rational_decimal(&shown, s->shown->text, strlen(s->shown->text)) &&
           cr_rational_cmp(&r, &shown) == 0;
}

static int collect_reads(const struct expr *e, int *read, int n)
{
    if (e->kind == EXPR_SYM) {
        const int number = cr_leaf_step(e->ref);
        for (int i = 0; i < n; i++)
            if (read[i] == number)
                return n;
        read[n++] = number;
    }
    for (unsigned i = 0; i < e->n; i++)
        n = collect_reads(e->arg[i], read, n);
    return n;
}

static size_t count_leaves(const struct expr *e)
{
    size_t n = e->kind == EXPR_SYM;
    for (unsigned i = 0; i < e->n; i++)
        n += count_leaves(e->arg[i]);
    return n;
}

/* A(u1), before the formula that it stands for. */
static const struct expr *activation_call(struct explanation *x, const struct xstep *s)
{
    if (s->step < 0)
        return NULL;
    const struct tape *t = x->trace->tape;
    const struct value *v = &t->value[s->value];
    if (v->role != ROLE_ACT || t->step[s->step].op != OP_MAP || s->formula->kind == EXPR_SYM)
        return NULL;
    const size_t index = s->index == WHOLE ? 0 : (size_t)s->index;
    const int pre = cr_explanation_find(x, s->pass, v->of, s->row, index);
    struct mapping m = {.x = x, .s = s};
    const struct expr *leaf = cr_expr_sym(&x->arena, cr_leaf(pre, WHOLE), NULL, NULL);
    const struct expr *arg = leaf ? to_symbol(&m, leaf) : NULL;
    const struct symbol f = cr_names_function(&x->names, s->layer);
    return cr_expr_named_call(&x->arena, f.text, f.latex, &arg, 1);
}

static cr_status fill_formula(struct explanation *x, struct xstep *s, cr_error *err)
{
    struct mapping m = {.x = x, .s = s};
    const struct expr *call = activation_call(x, s);
    const struct expr *symbols = cr_expr_map(&x->arena, s->formula, to_symbol, &m);
    const struct expr *numbers = cr_expr_map(&x->arena, s->formula, to_number, &m);
    if (!symbols || !numbers)
        return cr_fail_memory(err);
    if (call)
        s->symbolic[s->n_symbolic++] = call;
    if (!call || !(s->index == WHOLE || prints_the_same(call, symbols)))
        s->symbolic[s->n_symbolic++] = cr_written_out(&x->arena, symbols, 0);
    s->substituted = cr_written_out(&x->arena, numbers, 1);
    if (!s->substituted || !s->symbolic[s->n_symbolic - 1])
        return cr_fail_memory(err);
    s->unrounded = unrounded(x, s, numbers);
    if (x->carry)
        s->exact = carried_exactly(s, numbers);

    const size_t leaves = count_leaves(s->formula);
    int *reads = arena_new(&x->arena, int, leaves + 1);
    if (!reads)
        return cr_fail_memory(err);
    s->n_reads = collect_reads(s->formula, reads, 0);
    s->reads = reads;
    return CR_OK;
}

static cr_status fill(struct explanation *x, int number, cr_error *err)
{
    struct xstep *s = &x->step[number];
    shape(x, s);
    if (s->derived)
        derive(x, s);
    else
        s->values = values_of(x, s);
    s->id = cr_explanation_id(x, s);
    s->symbol = cr_explanation_symbol(x, &x->names, cr_leaf(number, WHOLE), NULL);
    s->shown = s->matrix ? display_matrix(x, s, &s->exact) : display(x, s, 0, &s->exact);
    if (!s->id || !s->symbol.text || !s->symbol.latex || !s->shown)
        return cr_fail_memory(err);
    if (s->derived && x->carry) {
        s->own = s->shown->value;
        s->known = NULL;
        struct rational r;
        if (s->shown->text && cr_rational_decimal(&r, s->shown->text, strlen(s->shown->text)))
            s->known = cr_arena_copy(&x->arena, &r, 1, sizeof r);
    }
    return s->formula ? fill_formula(x, s, err) : CR_OK;
}

/* Ids are made of names that a file chose; those that fell together get a number. */
static int by_id(const void *a, const void *b)
{
    const struct xstep *const *s = a, *const *t = b;
    const int order = strcmp((*s)->id, (*t)->id);
    return order ? order : (*s > *t) - (*s < *t);
}

static cr_status make_unique(struct explanation *x, cr_error *err)
{
    struct xstep **sorted = malloc((x->n + 1) * sizeof *sorted);
    if (!sorted)
        return cr_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->step[i].wanted)
            sorted[n++] = &x->step[i];
    qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i < n;) {
        size_t same = 1;
        while (i + same < n && strcmp(sorted[i]->id, sorted[i + same]->id) == 0)
            same++;
        for (size_t k = 1; k < same; k++)
            sorted[i + k]->id = cr_names_sure(
                &x->names, cr_arena_printf(&x->arena, "%s~%zu", sorted[i]->id, k + 1));
        i += same;
    }
    free(sorted);
    return CR_OK;
}

enum { FOLD_UNITS = 8, FOLD_PARAMS = 60 };

static int is_large(const cr_net *net)
{
    size_t params = 0;
    for (size_t g = 0; g < net->n_params; g++)
        params += net->param[g].rows * net->param[g].cols;
    for (size_t i = 0; i < net->spec->n_layers; i++)
        if (net->spec->layer[i].units > FOLD_UNITS)
            return 1;
    return params > FOLD_PARAMS;
}

static void choose_form(struct explanation *x, const struct explanation_options *o)
{
    x->matrix = o->form >= 0 ? o->form : x->notation.matrix;
    if (o->form < 0 && !x->matrix && !o->why && is_large(x->net))
        x->matrix = x->folded = 1;
}

/* List the steps, and find the one that is asked for. Where the form was left open, whole
 * layers (W^(1)) can be asked for too. */
static cr_status list(struct explanation *x, const struct explanation_options *o, int *target,
                      cr_error *err)
{
    cr_status status = cr_explanation_list(x, err);
    if (status || !o->why)
        return status;
    status = cr_explanation_resolve(x, o->why, target, err);
    if (status != CR_ERR_UNKNOWN || o->form >= 0 || x->matrix)
        return status;
    for (int p = 0; p <= x->trace->updates; p++)
        memset(x->at[p], 0, x->trace->total * sizeof **x->at);
    x->n = 0;
    x->matrix = x->names.brackets = 1;
    status = cr_explanation_list(x, err);
    return status                                            ? status
           : cr_explanation_resolve(x, o->why, target, NULL) ? CR_ERR_UNKNOWN
                                                             : CR_OK;
}

static cr_status make(struct explanation *x, const struct explanation_options *o, cr_error *err)
{
    cr_status status = cr_notation_choose(x->net->spec, o->notation, &x->notation, err);
    if (status)
        return status;
    if ((status = cr_trace_run(x->net, &o->trace, &x->trace, err)))
        return status;
    if ((status = cr_names_init(&x->names, &x->arena, x->trace->tape, &x->notation, x->trace->rows,
                                &x->failed, err)))
        return status;
    choose_form(x, o);
    x->names.brackets = x->matrix;
    const size_t passes = (size_t)x->trace->updates + 1;
    x->at = arena_new(&x->arena, int *, passes);
    if (!x->at)
        return cr_fail_memory(err);
    for (size_t p = 0; p < passes; p++)
        if (!(x->at[p] = arena_new(&x->arena, int, x->trace->total)))
            return cr_fail_memory(err);
    int target = -1;
    if ((status = list(x, o, &target, err)))
        return status;
    if ((status = trace_back(x, target, err)))
        return status;
    for (size_t i = 0; !status && i < x->n; i++)
        if (x->step[i].wanted)
            status = fill(x, (int)i, err);
    if (!status && target >= 0)
        x->why = x->step[target].symbol.text;
    if (!status)
        status = make_unique(x, err);
    return status ? status : x->failed ? cr_fail_memory(err) : CR_OK;
}

cr_status cr_explanation_make(const cr_net *net, const struct explanation_options *options,
                              struct explanation **out, cr_error *err)
{
    struct explanation *x = calloc(1, sizeof *x);
    if (!x)
        return cr_fail_memory(err);
    x->net = net;
    x->rule = options->trace.rule;
    x->carry = options->trace.carry;
    cr_status status = make(x, options, err);
    if (status)
        cr_explanation_free(x);
    else
        *out = x;
    return status;
}

void cr_explanation_free(struct explanation *x)
{
    if (!x)
        return;
    cr_trace_free(x->trace);
    cr_arena_free(&x->arena);
    free(x->step);
    free(x);
}
