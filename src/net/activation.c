/* Activations and other rows with parameters: from a name or a formula to a struct. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "net/spec.h"

static void hint_names(cr_error *err, const char *const *names, size_t n)
{
    struct text t = {0};
    for (size_t i = 0; i < n; i++)
        cr_text_printf(&t, "%s'%s'", i == 0 ? "" : i + 1 < n ? ", " : " and ", names[i]);
    if (n == 0)
        cr_text_add(&t, "none");
    cr_hint(err, "it has %s", cr_text_str(&t));
    cr_text_free(&t);
}

cr_status cr_params_set(double *param, const struct table_param *row, const char *what,
                        const struct spec_param *params, size_t n, const struct source *src,
                        cr_error *err)
{
    double set[TABLE_PARAMS];
    const char *names[TABLE_PARAMS];
    size_t known = 0;
    for (int k = 0; k < TABLE_PARAMS; k++) {
        set[k] = row[k].value;
        if (row[k].name)
            names[known++] = row[k].name;
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < known && strcmp(params[i].name, names[k]) != 0)
            k++;
        if (k == known) {
            cr_fail_at(err, CR_ERR_UNKNOWN, src, params[i].name_at, "'%s' has no parameter '%.60s'",
                       what, params[i].name);
            hint_names(err, names, known);
            return CR_ERR_UNKNOWN;
        }
        if (!(params[i].value >= row[k].min && params[i].value <= row[k].max)) {
            char lo[32], hi[32], v[32];
            return cr_fail_at(err, CR_ERR_VALUE, src, params[i].value_at,
                              "%s %s of '%s' is outside its range, %s to %s", names[k],
                              cr_shortest_f64(params[i].value, v), what,
                              cr_shortest_f64(row[k].min, lo), cr_shortest_f64(row[k].max, hi));
        }
        set[k] = params[i].value;
    }
    memcpy(param, set, sizeof set);
    return CR_OK;
}

cr_status cr_optimiser_set(struct spec_optimiser *out, enum optimiser_method method,
                           const struct spec_param *params, size_t n, const struct source *src,
                           cr_error *err)
{
    const struct optimiser_row *row = cr_optimiser_row((int)method);
    struct spec_optimiser o = *out;
    o.method = method;
    o.learning_rate = row->rate;
    const cr_status status = cr_params_set(o.param, row->param, row->name, params, n, src, err);
    if (status == CR_OK)
        *out = o;
    return status;
}

int cr_optimiser_is_plain(const struct spec_optimiser *o)
{
    const int decay = cr_optimiser_decay(cr_optimiser_row((int)o->method));
    return o->method == OPT_GRADIENT_DESCENT && !(decay >= 0 && o->param[decay] > 0) &&
           o->clip_norm == 0 && o->clip_value == 0 && o->l1 == 0 && o->l2 == 0 && o->average == 0;
}

int cr_optimiser_history(const struct spec_optimiser *o)
{
    return cr_optimiser_row((int)o->method)->whole ? (int)o->param[0] : 0;
}

/* What L-BFGS keeps: the last change of the parameters, the gradient before it, and pairs of
 * changes, the newest first, of the parameters (s) and of the gradient (y). */
static const struct optimiser_name *history_state(const struct spec_optimiser *o, int i)
{
#define FOUR(letter, a, b, c, d)                                               \
    {letter #a, NULL, NULL}, {letter #b, NULL, NULL}, {letter #c, NULL, NULL}, \
    {                                                                          \
        letter #d, NULL, NULL                                                  \
    }
#define PAIRS(letter)                                                                             \
    FOUR(letter, 1, 2, 3, 4), FOUR(letter, 5, 6, 7, 8), FOUR(letter, 9, 10, 11, 12),              \
        FOUR(letter, 13, 14, 15, 16), FOUR(letter, 17, 18, 19, 20), FOUR(letter, 21, 22, 23, 24), \
        FOUR(letter, 25, 26, 27, 28), FOUR(letter, 29, 30, 31, 32)
    static const struct optimiser_name last[] = {{"step", NULL, NULL}, {"gradient", NULL, NULL}};
    static const struct optimiser_name s[LBFGS_PAIRS] = {PAIRS("s")};
    static const struct optimiser_name y[LBFGS_PAIRS] = {PAIRS("y")};
    const int n = cr_optimiser_history(o);
    return i < 2 ? &last[i] : i < 2 + n ? &s[i - 2] : i < 2 + 2 * n ? &y[i - 2 - n] : NULL;
}

const struct optimiser_name *cr_optimiser_state(const struct spec_optimiser *o, int i)
{
    static const struct optimiser_name average = {"average", "w̄", "\\bar{w}"};
    const struct optimiser_row *row = cr_optimiser_row((int)o->method);
    int n = 0;
    if (row->whole)
        return history_state(o, i);
    while (n < OPT_STATES && row->state[n].name)
        n++;
    return i < n ? &row->state[i] : i == n && o->average > 0 ? &average : NULL;
}

static cr_status from_row(struct arena *a, struct activation *out, int index,
                          const struct spec_param *params, size_t n, const struct source *src,
                          cr_error *err)
{
    const struct activation_row *row = cr_activation_row(index);
    struct activation act = {.row = index, .name = row->symbol};
    cr_status status = cr_params_set(act.param, row->param, row->name, params, n, src, err);
    if (status || !row->formula) {
        if (!status)
            *out = act;
        return status;
    }
    const char *vars[2 + TABLE_PARAMS] = {"t", "z"};
    size_t n_vars = 2;
    for (int k = 0; k < TABLE_PARAMS && row->param[k].name; k++)
        vars[n_vars++] = row->param[k].name;
    status = cr_expr_parse(a, row->formula, strlen(row->formula), vars, n_vars, NULL,
                           (struct place){0}, &act.formula, err);
    if (!status)
        status = cr_expr_parse(a, row->derivative, strlen(row->derivative), vars, n_vars, NULL,
                               (struct place){0}, &act.derivative, err);
    if (status)
        return status;
    if (row->learned && !(act.d_param = cr_expr_diff(a, act.formula, ACT_PARAM0)))
        return cr_fail_memory(err);
    *out = act;
    return CR_OK;
}

/* "A(t) = t/10": the function's and the variable's name, and where the formula begins.
 * Without "name(variable) =" the variable is t. */
struct head {
    const char *name, *variable;
    size_t begin;
};

static const char *spaces(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
}

static size_t word(const char *s)
{
    size_t n = 0;
    while (isalpha((unsigned char)s[n]) || s[n] == '_' || (s[n] & 0x80) ||
           (n && isdigit((unsigned char)s[n])))
        n++;
    return n;
}

static int read_head(struct arena *a, const char *text, struct head *h)
{
    *h = (struct head){"A", "t", 0};
    const char *s = spaces(text);
    const size_t name = word(s);
    const char *after = spaces(s + name);
    if (name == 0 || *after != '(')
        return 1;
    const char *v = spaces(after + 1);
    const size_t variable = word(v);
    after = spaces(v + variable);
    if (variable == 0 || *after != ')')
        return 1;
    after = spaces(after + 1);
    if (*after != '=' || after[1] == '=')
        return 1;
    h->name = cr_arena_strndup(a, s, name);
    h->variable = cr_arena_strndup(a, v, variable);
    h->begin = (size_t)(after + 1 - text);
    return h->name && h->variable;
}

/* A bare word that is no variable was meant as a name. */
static int looks_like_name(const char *text, const char *variable)
{
    const char *s = spaces(text);
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '-')
        n++;
    return n > 0 && isalpha((unsigned char)*s) && *spaces(s + n) == 0 &&
           !(strlen(variable) == n && strncmp(s, variable, n) == 0);
}

/* A plan would refuse a formula that no program can hold; here the place is known. */
static cr_status check_size(const struct activation *act, const struct source *src, struct place at,
                            cr_error *err)
{
    const uint64_t args[] = {ACT_T, ACT_Z};
    struct program program;
    if (cr_expr_compile(act->formula, args, 1, &program, NULL) == CR_OK &&
        cr_expr_compile(act->derivative, args, 2, &program, NULL) == CR_OK)
        return CR_OK;
    cr_fail_at(err, CR_ERR_LIMIT, src, at, "the formula or its derivative is too long to run");
    cr_hint(err, "a formula may take about %d operations", PROGRAM_STEPS);
    return CR_ERR_LIMIT;
}

cr_status cr_activation_set(struct arena *a, struct activation *out, const char *text,
                            const struct spec_param *params, size_t n, const struct source *src,
                            struct place at, cr_error *err)
{
    const char *near = NULL;
    const int row = cr_activation_find(text, &near);
    if (row >= 0)
        return from_row(a, out, row, params, n, src, err);

    struct head head;
    if (!read_head(a, text, &head))
        return cr_fail_memory(err);
    const char *formula = text + head.begin;
    if (looks_like_name(formula, head.variable)) {
        if (near)
            return cr_fail_at(err, CR_ERR_UNKNOWN, src, at,
                              "unknown activation '%.60s'; did you mean '%s'?", text, near);
        cr_fail_at(err, CR_ERR_UNKNOWN, src, at, "unknown activation '%.60s'", text);
        cr_hint(err, "a name such as 'sigmoid' or 'relu', or a formula such as 't/10'");
        return CR_ERR_UNKNOWN;
    }
    if (n > 0)
        return cr_fail_at(err, CR_ERR_VALUE, src, params[0].name_at,
                          "a formula has no parameters; write the number into it");

    struct activation act = {.row = -1, .name = head.name};
    struct place inside = at;
    if (inside.line) {
        inside.column += (int)cr_utf8_count(text, head.begin);
        inside.span = (int)cr_utf8_count(formula, strlen(formula));
    }
    const char *vars[] = {head.variable};
    cr_status status =
        cr_expr_parse(a, formula, strlen(formula), vars, 1, src, inside, &act.formula, err);
    if (status)
        return status;
    act.text = cr_arena_strdup(a, text);
    act.derivative = cr_expr_diff(a, act.formula, ACT_T);
    if (!act.text || !act.derivative)
        return cr_fail_memory(err);
    status = check_size(&act, src, inside, err);
    if (status == CR_OK)
        *out = act;
    return status;
}
