/* The tables: names, formulas, derivatives, constants. Values are from mpmath, 40 digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "net/random_net.h"
#include "net/spec.h"

/* Evaluating a row's formula: symbols in the order of act_ref and loss_ref. */

enum { SYMBOLS = 5 };

static double symbol_value(void *ctx, uint64_t ref)
{
    assert_true(ref < SYMBOLS);
    return ((const double *)ctx)[ref];
}

static double eval(const struct expr *e, const double *symbols)
{
    return cr_expr_eval(e, symbol_value, (void *)(uintptr_t)symbols);
}

static const struct expr *parse(struct arena *a, const char *formula, const char *const *vars,
                                const struct table_param *param, size_t n)
{
    const char *names[SYMBOLS];
    const struct expr *e = NULL;
    cr_error err = {0};
    memcpy(names, vars, n * sizeof *names);
    for (int k = 0; k < TABLE_PARAMS && param[k].name; k++)
        names[n++] = param[k].name;
    if (cr_expr_parse(a, formula, strlen(formula), names, n, NULL, (struct place){0}, &e, &err))
        fail_msg("%s: %s", formula, err.message);
    return e;
}

static const char *const act_vars[] = {"t", "z"};
static const char *const loss_vars[] = {"y", "t", "p"};

/* As different parameters as the row allows: its own, and others. */
static double other_value(const struct table_param *p)
{
    const double v = p->value * 0.7 + 0.1;
    return v >= p->min && v <= p->max ? v : p->value;
}

static int close_to(double a, double b, double relative, double absolute)
{
    return a == b || fabs(a - b) <= relative * fabs(b) + absolute;
}

static void activation_derivatives_are_the_symbolic_ones(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct activation_row *row;
    for (int i = 0; (row = cr_activation_row(i)); i++) {
        if (!row->formula)
            continue;
        const struct expr *f = parse(&a, row->formula, act_vars, row->param, 2);
        const struct expr *d = parse(&a, row->derivative, act_vars, row->param, 2);
        const struct expr *want = cr_expr_diff(&a, f, ACT_T);
        /* Between the kinks, which lie at whole numbers: what holds at 0 is stated below. */
        for (int k = -199; k <= 199; k += 2)
            for (int other = 0; other < 2; other++) {
                double s[SYMBOLS] = {k / 16.0, 0, row->param[0].value, row->param[1].value};
                if (other)
                    s[2] = other_value(&row->param[0]);
                s[1] = eval(f, s);
                const double x = eval(d, s), y = eval(want, s);
                if (!close_to(x, y, 1e-13, 1e-13))
                    fail_msg("%s' at %g is %.17g, symbolic %.17g", row->name, s[0], x, y);
            }
    }
    cr_arena_free(&a);
}

/* Targets and outputs for which a loss is finite. */
static int fits(const struct loss_row *row, double y, double t)
{
    const int probability = row->target == TARGET_PROBABILITY && !row->link;
    if (probability && !(y > 0 && y < 1))
        return 0;
    switch (row->target) {
    case TARGET_NUMBER: return 1;
    case TARGET_PROBABILITY: return t >= 0 && t <= 1;
    case TARGET_SIGN: return t == 1 || t == -1;
    case TARGET_COUNT: return t >= 0 && t == floor(t);
    }
    return 0;
}

static void loss_derivatives_are_the_symbolic_ones(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct loss_row *row;
    for (int i = 0; (row = cr_loss_row(i)); i++) {
        if (row->kind == LOSS_SOFTMAX)
            continue;
        const struct expr *f = parse(&a, row->formula, loss_vars, row->param, 3);
        const struct expr *d = parse(&a, row->derivative, loss_vars, row->param, 3);
        const struct expr *want = cr_expr_diff(&a, f, 0);
        int met = 0;
        for (int k = -80; k <= 80; k++)
            for (int m = -24; m <= 24; m++) {
                double s[SYMBOLS] = {k / 16.0, m / 8.0, NAN, row->param[0].value,
                                     row->param[1].value};
                /* On a kink any slope of the sides will do: the gradient check sees to it. */
                if (!fits(row, s[0], s[1]) || s[0] == s[1] || s[0] * s[1] == 1 || s[0] == 0)
                    continue;
                const double x = eval(d, s), y = eval(want, s);
                if (!close_to(x, y, 1e-12, 1e-13))
                    fail_msg("%s' at y = %g, t = %g is %.17g, symbolic %.17g", row->name, s[0],
                             s[1], x, y);
                met++;
            }
        assert_true(met > 100);
    }
    cr_arena_free(&a);
}

/* What books write is the same as the formula arranged for safety. */
static void shown_formulas_mean_the_same(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct loss_row *row;
    for (int i = 0; (row = cr_loss_row(i)); i++) {
        if (!row->shown)
            continue;
        const struct expr *f = parse(&a, row->formula, loss_vars, row->param, 3);
        const struct expr *g = parse(&a, row->shown, loss_vars, row->param, 3);
        for (int k = -31; k <= 31; k++)
            for (int m = 1; m < 8; m++) {
                double s[SYMBOLS] = {k / 8.0, m / 8.0, 0};
                if (!fits(row, s[0], s[1]))
                    continue;
                s[2] = 1 / (1 + exp(-s[0]));
                if (!close_to(eval(f, s), eval(g, s), 1e-12, 1e-13))
                    fail_msg("%s at y = %g, t = %g: %.17g, shown %.17g", row->name, s[0], s[1],
                             eval(f, s), eval(g, s));
            }
    }
    cr_arena_free(&a);
}

/* Values, by mpmath. */

/* clang-format off */
static const struct {
    const char *name;
    double z[5], derivative[5];             /* at -4, -0.5, 0, 0.75, 4 */
} act_values[] = {
    {"identity", {-4.0, -0.5, 0.0, 0.75, 4.0},
     {1.0, 1.0, 1.0, 1.0, 1.0}},
    {"scaled-linear", {-0.4, -0.05, 0.0, 0.075, 0.4},
     {0.1, 0.1, 0.1, 0.1, 0.1}},
    {"sigmoid", {0.017986209962091558, 0.37754066879814544, 0.5, 0.67917869917539297, 0.98201379003790844},
     {0.017662706213291116, 0.23500371220159449, 0.25, 0.21789499376181403, 0.017662706213291116}},
    {"hard-sigmoid", {0, 0.41666666666666667, 0.5, 0.625, 1},
     {0.0, 0.16666666666666667, 0.16666666666666667, 0.16666666666666667, 0.0}},
    {"tanh", {-0.99932929973906704, -0.46211715726000976, 0.0, 0.63514895238728732, 0.99932929973906704},
     {1.3409506830258969e-3, 0.78644773296592741, 1.0, 0.59658580828133143, 1.3409506830258969e-3}},
    {"relu", {0, 0, 0, 0.75, 4.0},
     {0.0, 0.0, 0, 1.0, 1.0}},
    {"leaky-relu", {-0.04, -5.0e-3, 0.0, 0.75, 4.0},
     {0.01, 0.01, 0.01, 1.0, 1.0}},
    {"prelu", {-1.0, -0.125, 0.0, 0.75, 4.0},
     {0.25, 0.25, 0.25, 1.0, 1.0}},
    {"elu", {-0.98168436111126582, -0.39346934028736658, 0.0, 0.75, 4.0},
     {0.01831563888873418, 0.60653065971263342, 1, 1.0, 1.0}},
    {"selu", {-1.7258986281898947, -0.6917581878028714, 0.0, 0.78802574051661037, 4.202803949421922},
     {0.032200712657482144, 1.0663411530445055, 1.7580993408473769, 1.0507009873554805, 1.0507009873554805}},
    {"gelu", {-1.2668496733247969e-4, -0.15426876936299345, 0.0, 0.58002948571734885, 3.9998733150326675},
     {-5.0364966122642149e-4, 0.13250487534383716, 0.5, 0.9992257217392351, 1.0005036496612264}},
    {"gelu-tanh", {-7.024594819237269e-5, -0.15428599017485608, 0.0, 0.5799605551656203, 3.9999297540518076},
     {-3.3512319712267076e-4, 0.13263009646535769, 0.5, 0.9989382561374143, 1.0003351231971227}},
    {"silu", {-0.071944839848366232, -0.18877033439907272, 0.0, 0.50938402438154473, 3.9280551601516338},
     {-0.052664614891072908, 0.26003881269734819, 0.5, 0.8425999444967535, 1.0526646148910729}},
    {"mish", {-0.072591740792025358, -0.22074377465173, 0.0, 0.61001833521829339, 3.9974128069762385},
     {-0.053773209793480324, 0.28951067791351219, 0.6, 0.98575835571668806, 1.0044328769037501}},
    {"softplus", {0.01814992791780974, 0.47407698418010668, 0.69314718055994531, 1.1368710061148999, 4.0181499279178097},
     {0.017986209962091558, 0.37754066879814544, 0.5, 0.67917869917539297, 0.98201379003790844}},
    {"softsign", {-0.8, -0.33333333333333333, 0.0, 0.42857142857142857, 0.8},
     {0.04, 0.44444444444444444, 1, 0.32653061224489796, 0.04}},
    {"sine", {0.75680249530792825, -0.479425538604203, 0.0, 0.68163876002333417, -0.75680249530792825},
     {-0.65364362086361191, 0.87758256189037272, 1.0, 0.73168886887382089, -0.65364362086361191}},
    {"gaussian", {1.1253517471925911e-7, 0.77880078307140487, 1.0, 0.56978282473092301, 1.1253517471925911e-7},
     {9.0028139775407292e-7, 0.77880078307140487, 0.0, -0.85467423709638451, -9.0028139775407292e-7}},
    {"hard-tanh", {-1, -0.5, 0.0, 0.75, 1},
     {0.0, 1.0, 1.0, 1.0, 0.0}},
};

static const struct {
    const char *name;
    double y, t, loss, derivative;
} loss_values[] = {
    {"half-squared", 2.0, -1.0, 4.5, 3.0},
    {"mean-squared", 2.0, -1.0, 9.0, 6.0},
    {"sum-squared", 2.0, -1.0, 9.0, 6.0},
    {"absolute", 2.0, -1.0, 3.0, 1.0},
    {"absolute", -2.0, -1.0, 1.0, -1.0},
    {"huber", 0.5, 0.0, 0.125, 0.5},
    {"huber", 3.0, 0.0, 2.5, 1.0},
    {"huber", -3.0, 0.0, 2.5, -1.0},
    {"log-cosh", 1.0e-9, 0.0, 5.0e-19, 1.0e-9},
    {"log-cosh", 0.5, 0.0, 0.12011450695827752, 0.46211715726000976},
    {"log-cosh", -3.0, 0.0, 2.3093285045777851, -0.99505475368673045},
    {"log-cosh", 1000.0, 0.0, 999.30685281944005, 1.0},
    {"binary-cross-entropy", 0.25, 1.0, 1.3862943611198906, -4.0},
    {"binary-cross-entropy", 0.25, 0.0, 0.28768207245178093, 1.3333333333333333},
    {"binary-cross-entropy", 0.25, 0.5, 0.83698821678583577, -1.3333333333333333},
    {"binary-cross-entropy", 1.0, 1.0, 0.0, -1.0},
    {"binary-cross-entropy", 0.0, 0.0, 0.0, 1.0},
    {"binary-cross-entropy-logits", 2.0, 1.0, 0.1269280110429725, -0.11920292202211756},
    {"binary-cross-entropy-logits", -2.0, 0.25, 0.6269280110429725, -0.13079707797788244},
    {"binary-cross-entropy-logits", 1000.0, 1.0, 0.0, 0.0},
    {"binary-cross-entropy-logits", -1000.0, 0.0, 0.0, 0.0},
    {"binary-cross-entropy-logits", 1000.0, 0.0, 1000.0, 1.0},
    {"binary-cross-entropy-logits", -1000.0, 1.0, 1000.0, -1.0},
    {"binary-cross-entropy-logits", -40.0, 0.0, 4.248354255291589e-18, 4.248354255291589e-18},
    {"binary-cross-entropy-logits", 0, 0.25, 0.69314718055994531, 0.25},
    {"cross-entropy", 0.25, 1.0, 1.3862943611198906, -4.0},
    {"cross-entropy", 0.0, 0.0, 0.0, 0.0},
    {"hinge", 0.5, 1.0, 0.5, -1.0},
    {"hinge", 0.5, -1.0, 1.5, 1.0},
    {"hinge", 2.0, 1.0, 0.0, 0.0},
    {"hinge", 1.0, 1.0, 0.0, 0.0},
    {"poisson", 0.5, 3.0, 0.14872127070012815, -1.3512787292998719},
    {"poisson", 0.0, 0.0, 1.0, 1.0},
    {"quantile", 1.0, 2.0, 0.5, -0.5},
    {"quantile", 4.0, 2.0, 1.0, 0.5},
    {"quantile", 2.0, 2.0, 0.0, 0.0},
};
/* clang-format on */

static void activations_have_their_values(void **state)
{
    (void)state;
    static const double at[] = {-4, -0.5, 0, 0.75, 4};
    struct arena a = {0};
    int n = 0;
    for (; n < (int)(sizeof act_values / sizeof *act_values); n++) {
        struct activation act;
        assert_int_equal(
            cr_activation_set(&a, &act, act_values[n].name, NULL, 0, NULL, (struct place){0}, NULL),
            CR_OK);
        assert_string_equal(cr_activation_row(n)->name, act_values[n].name);
        for (int k = 0; k < 5; k++) {
            double s[SYMBOLS] = {at[k], 0, act.param[0], act.param[1]};
            s[1] = eval(act.formula, s);
            const double d = eval(act.derivative, s);
            if (!close_to(s[1], act_values[n].z[k], 4e-15, 1e-15) ||
                !close_to(d, act_values[n].derivative[k], 4e-15, 1e-15))
                fail_msg("%s at %g: %.17g and %.17g", act_values[n].name, at[k], s[1], d);
        }
    }
    assert_null(cr_activation_row(n)->formula); /* softmax, and that is all */
    assert_null(cr_activation_row(n + 1));
    cr_arena_free(&a);
}

static void losses_have_their_values(void **state)
{
    (void)state;
    struct arena a = {0};
    int met[32] = {0};
    for (size_t i = 0; i < sizeof loss_values / sizeof *loss_values; i++) {
        const int found = cr_loss_find(loss_values[i].name, NULL);
        assert_in_range(found, 0, 31);
        const struct loss_row *row = cr_loss_row(found);
        met[found] = 1;
        const double s[SYMBOLS] = {loss_values[i].y, loss_values[i].t, NAN, row->param[0].value,
                                   row->param[1].value};
        const double v = eval(parse(&a, row->formula, loss_vars, row->param, 3), s);
        const double d = eval(parse(&a, row->derivative, loss_vars, row->param, 3), s);
        if (!close_to(v, loss_values[i].loss, 4e-15, 0) ||
            !close_to(d, loss_values[i].derivative, 4e-15, 0))
            fail_msg("%s of %g, target %g: %.17g and %.17g", row->name, s[0], s[1], v, d);
    }
    for (int i = 0; cr_loss_row(i); i++)
        if (cr_loss_row(i)->kind != LOSS_SOFTMAX && !met[i])
            fail_msg("no value of %s", cr_loss_row(i)->name);
    cr_arena_free(&a);
}

/* Klambauer et al. 2017: with these constants, mean 0 and variance 1 are a fixed point. The
 * mean of SELU over the standard normal distribution, in closed form. */
static void selu_keeps_mean_and_variance(void **state)
{
    (void)state;
    struct arena a = {0};
    struct activation act;
    assert_int_equal(cr_activation_set(&a, &act, "selu", NULL, 0, NULL, (struct place){0}, NULL),
                     CR_OK);
    double mean = 0, square = 0;
    enum { N = 20000 };
    for (int i = 0; i < N; i++) { /* the midpoint rule is exact enough here */
        const double t = -10 + 20 * (i + 0.5) / N;
        const double s[SYMBOLS] = {t}, z = eval(act.formula, s);
        const double p = exp(-t * t / 2) / sqrt(2 * 3.14159265358979323846) * 20 / N;
        mean += p * z;
        square += p * z * z;
    }
    if (!close_to(mean, 0, 0, 1e-7) || !close_to(square, 1, 0, 1e-6))
        fail_msg("mean %.10g, variance %.10g", mean, square - mean * mean);
    cr_arena_free(&a);
}

/* Names. */

struct names {
    const char *what;
    const char *(*name)(int row, int which);
    int (*find)(const char *name, const char **near);
};

#define NAMES(table)                                                                          \
    static const char *table##_name(int row, int which)                                       \
    {                                                                                         \
        if (!cr_##table##_row(row))                                                           \
            return NULL;                                                                      \
        return which ? cr_##table##_row(row)->alias[which - 1] : cr_##table##_row(row)->name; \
    }
NAMES(activation)
NAMES(loss)
NAMES(init)
NAMES(optimiser)

static const struct names all_names[] = {{"activation", activation_name, cr_activation_find},
                                         {"loss", loss_name, cr_loss_find},
                                         {"initialiser", init_name, cr_init_find},
                                         {"optimiser", optimiser_name, cr_optimiser_find}};

static void names_are_unique_and_found(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof all_names / sizeof *all_names; k++) {
        const struct names *t = &all_names[k];
        int rows = 0;
        for (; t->name(rows, 0); rows++)
            for (int which = 0; which <= TABLE_ALIASES; which++) {
                const char *s = t->name(rows, which);
                if (!s)
                    continue;
                char other[64];
                size_t n = 0;
                for (; s[n] && n < 63; n++)
                    other[n] = s[n] == '-' ? '_' : (char)toupper((unsigned char)s[n]);
                other[n] = 0;
                /* found in its own row, so no row before has it; and in other spellings */
                if (t->find(s, NULL) != rows || t->find(other, NULL) != rows)
                    fail_msg("%s '%s' is not found in its row", t->what, s);
                for (size_t c = 0; c < n; c++)
                    if (!(islower((unsigned char)s[c]) || isdigit((unsigned char)s[c]) ||
                          s[c] == '-'))
                        fail_msg("%s '%s' is not in lower case", t->what, s);
            }
        assert_true(rows > 0);
        const char *near = "untouched";
        assert_int_equal(t->find("", NULL), -1);
        assert_int_equal(t->find("quite another thing", &near), -1);
        assert_null(near);
        assert_null(t->name(-1, 0));
    }
    const char *near = NULL;
    assert_int_equal(cr_activation_find("rleu", &near), -1);
    assert_string_equal(near, "relu");
    assert_int_equal(cr_loss_find("hubr", &near), -1);
    assert_string_equal(near, "huber");
    assert_int_equal(cr_activation_find("Leaky ReLU", NULL),
                     cr_activation_find("leaky-relu", NULL));
}

static void rows_are_complete(void **state)
{
    (void)state;
    const struct activation_row *act;
    const struct loss_row *loss;
    for (int i = 0; (act = cr_activation_row(i)); i++) {
        assert_non_null(act->symbol);
        assert_non_null(act->latex);
        assert_non_null(act->meaning);
        assert_int_equal(act->formula != NULL, act->derivative != NULL);
        for (int k = 0; k < TABLE_PARAMS && act->param[k].name; k++)
            assert_true(act->param[k].min <= act->param[k].value &&
                        act->param[k].value <= act->param[k].max);
    }
    for (int i = 0; (loss = cr_loss_row(i)); i++) {
        assert_non_null(loss->meaning);
        assert_int_equal(loss->kind == LOSS_SOFTMAX, loss->formula == NULL);
        assert_int_equal(loss->formula != NULL, loss->derivative != NULL);
        if (loss->fused_with)
            assert_true(cr_activation_find(loss->fused_with, NULL) >= 0);
        if (loss->fused_row)
            assert_true(cr_loss_find(loss->fused_row, NULL) >= 0);
        if (loss->link)
            assert_true(cr_activation_find(loss->link, NULL) >= 0);
    }
}

/* Programs: each formula fits one, and the reference kernel gives the evaluator's bits. */
static void assert_program(const struct expr *e, size_t n_args, const double *symbols)
{
    struct program p;
    cr_error err = {0};
    const uint64_t args[SYMBOLS] = {0, 1, 2, 3, 4};
    const double *in[SYMBOLS];
    for (size_t i = 0; i < n_args; i++)
        in[i] = &symbols[i];
    if (cr_expr_compile(e, args, n_args, &p, &err))
        fail_msg("%s", err.message);
    double got = NAN;
    cr_kernels_f64(ISA_REF)->map(&p, in, (const unsigned char[SYMBOLS]){0}, &got, 1);
    const double want = eval(e, symbols);
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%.17g, program %.17g", want, got);
}

static void formulas_compile(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct activation_row *act;
    const struct loss_row *loss;
    for (int i = 0; (act = cr_activation_row(i)); i++)
        for (int k = -6; act->formula && k <= 6; k++) {
            const double s[SYMBOLS] = {k * 0.7, tanh(k * 0.7), act->param[0].value};
            assert_program(parse(&a, act->formula, act_vars, act->param, 2), 4, s);
            assert_program(parse(&a, act->derivative, act_vars, act->param, 2), 4, s);
        }
    for (int i = 0; (loss = cr_loss_row(i)); i++)
        for (int k = 1; loss->formula && k <= 9; k++) {
            const double s[SYMBOLS] = {k * 0.1, 0.3, 0.5, loss->param[0].value};
            assert_program(parse(&a, loss->formula, loss_vars, loss->param, 3), 5, s);
            assert_program(parse(&a, loss->derivative, loss_vars, loss->param, 3), 5, s);
        }
    cr_arena_free(&a);
}

/* Parameters. */

static void parameters_are_checked(void **state)
{
    (void)state;
    struct arena a = {0};
    struct activation act = {.row = 77};
    cr_error err = {0};
    const struct place none = {0};
    struct spec_param p = {.name = "slope", .value = 0.2};
    assert_int_equal(cr_activation_set(&a, &act, "leaky-relu", &p, 1, NULL, none, &err), CR_OK);
    assert_true(act.param[0] == 0.2);
    act.row = 77;
    p.name = "alpha";
    assert_int_equal(cr_activation_set(&a, &act, "leaky-relu", &p, 1, NULL, none, &err),
                     CR_ERR_UNKNOWN);
    assert_string_equal(err.hint, "it has 'slope'");
    assert_int_equal(cr_activation_set(&a, &act, "tanh", &p, 1, NULL, none, &err), CR_ERR_UNKNOWN);
    assert_int_equal(cr_activation_set(&a, &act, "t/2", &p, 1, NULL, none, &err), CR_ERR_VALUE);
    p.value = -1;
    assert_int_equal(cr_activation_set(&a, &act, "elu", &p, 1, NULL, none, &err), CR_ERR_VALUE);
    p.value = NAN;
    assert_int_equal(cr_activation_set(&a, &act, "elu", &p, 1, NULL, none, &err), CR_ERR_VALUE);
    assert_int_equal(cr_activation_set(&a, &act, "rleu", NULL, 0, NULL, none, &err),
                     CR_ERR_UNKNOWN);
    assert_non_null(strstr(err.message, "relu"));
    assert_int_equal(cr_activation_set(&a, &act, "t/", NULL, 0, NULL, none, &err), CR_ERR_SYNTAX);
    assert_int_equal(cr_activation_set(&a, &act, "", NULL, 0, NULL, none, &err), CR_ERR_SYNTAX);
    assert_true(act.row == 77);
    cr_arena_free(&a);
}

/* Softmax and the losses on logits at their limits, in networks whose inputs are the logits. */

struct logits {
    double u[3], t[3], loss, grad[3];
};

static void check_logits(const char *loss, cr_type type, size_t n, const struct logits *want)
{
    cr_builder *b = cr_builder_create(n);
    cr_builder_concat(b, (const int[]){-1}, 1);
    cr_builder_loss(b, loss, 0);
    cr_net *net = NULL;
    struct tape *t = NULL;
    cr_plan *plan = NULL;
    assert_int_equal(cr_builder_build(b, type, 1, &net, NULL), CR_OK);
    cr_builder_free(b);
    assert_int_equal(cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD, &t, NULL), CR_OK);
    assert_int_equal(cr_plan_make(t, net, CR_FOR_EXPLAINING, CR_PRECISION_FLOAT32, 1, &plan, NULL),
                     CR_OK);
    float u[3], targets[3];
    for (size_t i = 0; i < n; i++) {
        u[i] = (float)want->u[i];
        targets[i] = (float)want->t[i];
    }
    struct run run = {.in = type == CR_F32 ? (const void *)u : want->u,
                      .targets = type == CR_F32 ? (const void *)targets : want->t,
                      .rows = 1,
                      .params = net->values,
                      .work = cr_work_alloc(cr_plan_work_size(plan))};
    cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_BACKWARD);
    const double tolerance = type == CR_F32 ? 2e-7 : 4e-16, got = cr_plan_loss(plan, &run);
    if (!close_to(got, want->loss, tolerance, 0))
        fail_msg("%s of %g, %g: %.17g, not %.17g", loss, want->u[0], want->u[1], got, want->loss);
    const int grad = cr_tape_find(t, ROLE_GRAD, t->input, -1);
    for (size_t i = 0; i < n; i++) {
        const double g = cr_plan_get(plan, &run, grad, 0, i);
        if (!close_to(g, want->grad[i], tolerance, tolerance / 4))
            fail_msg("%s of %g, %g: gradient %.17g, not %.17g", loss, want->u[0], want->u[1], g,
                     want->grad[i]);
    }
    cr_work_free(run.work);
    cr_plan_free(plan);
    cr_tape_free(t);
    cr_net_free(net);
}

static void losses_on_logits_are_stable(void **state)
{
    (void)state;
    static const double ln2 = 0.69314718055994531, inf = INFINITY;
    const struct logits two[] = {
        {{1e8, 1e8}, {1, 0}, ln2, {-0.5, 0.5}},  {{-1e8, -1e8}, {0, 1}, ln2, {0.5, -0.5}},
        {{1e30, 1e30}, {0.5, 0.5}, ln2, {0, 0}}, {{1000, -1000}, {1, 0}, 0, {0, 0}},
        {{1000, -1000}, {0, 1}, 2000, {1, -1}},  {{0, -inf}, {1, 0}, 0, {0, 0}},
        {{0, -inf}, {0, 1}, inf, {1, -1}}};
    const struct logits three[] = {
        {{1e8, 1e8, -inf}, {1, 0, 0}, ln2, {-0.5, 0.5, 0}},
        {{-inf, 3, -inf}, {0, 1, 0}, 0, {0, 0, 0}},
        {{1, 2, 3},
         {0, 0, 1},
         0.40760596444438030,
         {0.090030573170380458, 0.24472847105479765, 0.66524095577482190 - 1}}};
    const struct logits binary[] = {{{1000, -1000}, {1, 0}, 0, {0, 0}},
                                    {{1000, -1000}, {0, 1}, 2000, {1, -1}},
                                    {{1e8, -1e8}, {1, 0}, 0, {0, 0}},
                                    {{-1000, 0}, {0, 0.5}, ln2, {0, 0}}};
    for (int type = CR_F32; type <= CR_F64; type++) {
        for (size_t i = 0; i < sizeof two / sizeof *two; i++)
            check_logits("softmax-cross-entropy", (cr_type)type, 2, &two[i]);
        for (size_t i = 0; i < sizeof three / sizeof *three; i++)
            check_logits("softmax-cross-entropy", (cr_type)type, 3, &three[i]);
        for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
            check_logits("binary-cross-entropy-logits", (cr_type)type, 2, &binary[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activation_derivatives_are_the_symbolic_ones),
        cmocka_unit_test(loss_derivatives_are_the_symbolic_ones),
        cmocka_unit_test(shown_formulas_mean_the_same),
        cmocka_unit_test(activations_have_their_values),
        cmocka_unit_test(losses_have_their_values),
        cmocka_unit_test(selu_keeps_mean_and_variance),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(formulas_compile),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(losses_on_logits_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
