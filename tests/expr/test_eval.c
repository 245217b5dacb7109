/* Values and derivatives of formulas against mpmath (derivatives.txt, made by
 * make_fixtures.py), programs against evaluation, and exact values. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr/random_tree.h"
#include "kernels/kernels.h"

static const char *const vars[] = {"t", "alpha"};
static const uint64_t refs[] = {0, 1};

static const struct expr *parsed(struct arena *a, const char *text)
{
    const struct expr *e = NULL;
    cr_error err = {0};
    if (cr_expr_parse(a, text, strlen(text), vars, 2, NULL, (struct place){0}, &e, &err) != CR_OK)
        fail_msg("%s: %s", text, err.message);
    return e;
}

static double values(void *ctx, uint64_t ref)
{
    return ((const double *)ctx)[ref];
}

static double at(const struct expr *e, double t, double alpha)
{
    double v[] = {t, alpha};
    assert_non_null(e);
    return cr_expr_eval(e, values, v);
}

static double value_of(const char *text, double t, double alpha)
{
    struct arena a = {0};
    const double v = at(parsed(&a, text), t, alpha);
    cr_arena_free(&a);
    return v;
}

static int same_bits(double a, double b)
{
    return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static void assert_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want))))
        fail_msg("%s: %.17g, not %.17g", what, got, want);
}

/* One line: formula, t, value, derivative, apart by tabs. */
static void check_line(char *line)
{
    struct arena a = {0};
    char *save = NULL;
    const char *text = strtok_r(line, "\t", &save);
    const double t = strtod(strtok_r(NULL, "\t", &save), NULL);
    const double value = strtod(strtok_r(NULL, "\t", &save), NULL);
    const double slope = strtod(strtok_r(NULL, "\t", &save), NULL);
    const struct expr *e = parsed(&a, text), *d = cr_expr_diff(&a, e, 0);
    assert_near(text, at(e, t, 0), value, 4e-15);
    assert_near(text, at(d, t, 0), slope, 2e-14);
    const double h = 2e-6 * (1 + fabs(t));
    assert_near(text, (at(e, t + h, 0) - at(e, t - h, 0)) / (2 * h), slope, 2e-8);

    struct program p;
    assert_int_equal(cr_expr_compile(d, refs, 1, &p, NULL), CR_OK);
    cr_arena_free(&a);
}

static void agrees_with_mpmath(void **state)
{
    (void)state;
    char line[1024];
    int lines = 0;
    snprintf(line, sizeof line, "%s/tests/expr/derivatives.txt", SOURCE_DIR);
    FILE *f = fopen(line, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); lines++)
        check_line(line);
    fclose(f);
    assert_true(lines >= 300);
}

static void kinks_are_as_stated(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *text; double t, slope; } rows[] = {
        {"abs(t)", 0, 0}, {"abs(t)", -2, -1}, {"relu(t)", 0, 0}, {"relu(t)", 1, 1},
        {"max(0, t)", 0, 0}, {"max(t, 0)", 0, 0}, {"max(0, t)", 0.1, 1}, {"max(2, t)", 2, 0},
        {"min(2, t)", 2, 0}, {"min(t, 2)", 1.9, 1}, {"min(2, t)", 2.1, 0}, {"sign(t)", 0, 0},
        {"step(t)", 0, 0}, {"clamp(t, -1, 1)", -1, 0}, {"clamp(t, -1, 1)", 1, 0},
        {"clamp(t, -1, 1)", 0.99, 1}, {"clamp(t, -1, 1)", -1.01, 0}, {"clamp(t, -1, 1)", 5, 0},
        {"max(0.2*t, t)", 0, 1}, {"if(t < 0, 2*t, 3*t)", 0, 3}, {"if(t <= 0, 2*t, 3*t)", 0, 2},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        const double got = at(cr_expr_diff(&a, parsed(&a, rows[i].text), 0), rows[i].t, 0);
        if (!(got == rows[i].slope))
            fail_msg("%s at %g: %g", rows[i].text, rows[i].t, got);
        cr_arena_free(&a);
    }
}

static void bits_follow_the_formula(void **state)
{
    (void)state;
    volatile double t = 0.7, ten = 10, tenth = 0.1;
    assert_true(same_bits(value_of("t/10", t, 0), t / ten));
    assert_true(same_bits(value_of("0.1*t", t, 0), tenth * t));
    assert_true(same_bits(value_of("t^2", t, 0), t * t));
    assert_true(same_bits(value_of("t^3", t, 0), t * t * t));
    assert_true(same_bits(value_of("t^4", t, 0), (t * t) * (t * t)));
    assert_true(same_bits(value_of("t^-2", t, 0), 1 / (t * t)));
    assert_true(same_bits(value_of("t^0", NAN, 0), 1));
    assert_true(same_bits(value_of("1 - t - 0.1", t, 0), (1 - t) - tenth));
    assert_true(same_bits(value_of("t*t/10*t", t, 0), t * t / ten * t));
    assert_true(same_bits(value_of("-t", 0, 0), -0.0));
    assert_true(same_bits(value_of("e^t", t, 0), value_of("exp(t)", t, 0)));
}

static void nan_is_not_lost(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const text[] = {
        "max(0, t)", "max(t, 0)", "min(0, t)", "min(t, 0)", "max(t, alpha)", "max(alpha, t)",
        "min(t, alpha)", "min(alpha, t)", "relu(t)", "clamp(t, 0, 1)", "clamp(t, alpha, 5)",
        "clamp(1, t, alpha)", "abs(t)", "sign(t)", "step(t)", "t^2", "if(t < 0, 1, t)",
        "sigmoid(t)", "softplus(t)", "tanh(t)", "erf(t)", "sin(t)", "t/(1+|t|)",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct arena a = {0};
        const struct expr *e = parsed(&a, text[i]);
        if (!isnan(at(e, NAN, 2)))
            fail_msg("%s loses a NaN", text[i]);
        cr_arena_free(&a);
    }
    assert_true(value_of("max(t, alpha)", 3, 2) == 3);
    assert_true(value_of("max(t, alpha)", INFINITY, 2) == INFINITY);
    assert_true(value_of("min(t, alpha)", 3, 2) == 2);
    assert_true(value_of("max(t, alpha)", 1, 2) == 2);
}

static void run(const struct program *p, const double *t, const double *alpha, double *out,
                size_t n)
{
    const double *const args[] = {t, alpha};
    const unsigned char step[] = {1, 0};
    cr_kernels_f64(ISA_REF)->map(p, args, step, out, n);
}

static void programs_give_the_bits_of_evaluation(void **state)
{
    (void)state;
    static const double points[] = {-INFINITY, -30, -2.5, -1, -0.3, -0.0,     0,  1e-9,
                                    0.5,       1,   1.5,  2,  40,   INFINITY, NAN};
    enum { N = sizeof points / sizeof *points };
    struct random r = {99};
    const double alpha = 0.25;
    int compiled = 0;
    for (int round = 0; round < 1500; round++) {
        struct arena a = {0};
        const struct expr *e = random_tree(&a, &r, 1 + (int)below(&r, 4));
        if (round % 3 == 0)
            e = cr_expr_diff(&a, e, 0);
        struct program p;
        double out[N];
        const cr_status status = cr_expr_compile(e, refs, 2, &p, NULL);
        assert_true(status == CR_OK || status == CR_ERR_LIMIT);
        if (status == CR_OK) {
            compiled++;
            assert_true(p.n_regs <= PROGRAM_REGS && p.n_steps <= PROGRAM_STEPS);
            run(&p, points, &alpha, out, N);
            for (size_t i = 0; i < N; i++)
                assert_true(same_bits(out[i], at(e, points[i], alpha)));
        }
        cr_arena_free(&a);
    }
    assert_true(compiled > 1300);
}

static void programs_are_small(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *text; int diff, consts, temporaries, steps; } rows[] = {
        {"t", 0, 0, 0, 0}, {"3", 0, 1, 0, 0}, {"t*t", 0, 0, 1, 1}, {"t/10", 1, 1, 0, 0},
        {"sin(t)*sin(t)", 0, 0, 1, 2},                  /* shared */
        {"2*t + 2*alpha", 0, 1, 2, 3},                  /* one constant */
        {"sqrt(2/pi)*t", 0, 1, 1, 1},                   /* computed once */
        {"1/(1 + exp(-t))", 0, 1, 1, 4},                /* registers are used again */
        {"t*sigmoid(1.702*t)", 1, 2, 3, 6},
        {"1+(2+(3+(4+(5+(6+(7+(8+t)))))))", 0, 8, 1, 8},
        {"sin(t) + (cos(t) + (tanh(t) + (erf(t) + (exp(t) + t))))", 0, 0, 2, 10},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct program p;
        const struct expr *e = parsed(&a, rows[i].text);
        e = rows[i].diff ? cr_expr_diff(&a, e, 0) : e;
        assert_int_equal(cr_expr_compile(e, refs, 2, &p, NULL), CR_OK);
        assert_int_equal(p.n_args, 2);
        assert_int_equal(p.n_consts, rows[i].consts);
        assert_int_equal(p.n_regs - p.n_consts - 2, rows[i].temporaries);
        assert_int_equal(p.n_steps, rows[i].steps);
        cr_arena_free(&a);
    }
}

static void compiling_refuses(void **state)
{
    (void)state;
    struct arena a = {0};
    struct program p = {.n_args = 77};
    struct text t = {0};
    cr_error err = {0};
    for (int i = 1; i <= 60; i++)
        cr_text_printf(&t, "%s%d*t", i > 1 ? "+" : "", i);
    assert_int_equal(cr_expr_compile(parsed(&a, cr_text_str(&t)), refs, 1, &p, &err), CR_ERR_LIMIT);
    assert_string_equal(err.message, "the formula needs more than 32 registers");
    cr_text_clear(&t);
    cr_text_add(&t, "t");
    for (int i = 0; i < 150; i++)
        cr_text_add(&t, "*t");
    assert_int_equal(cr_expr_compile(parsed(&a, cr_text_str(&t)), refs, 1, &p, &err), CR_ERR_LIMIT);
    assert_string_equal(err.message, "the formula needs more than 128 steps");
    for (int i = 0; i < 600; i++)
        cr_text_add(&t, "*t");
    assert_int_equal(cr_expr_compile(parsed(&a, cr_text_str(&t)), refs, 1, &p, NULL), CR_ERR_LIMIT);
    assert_int_equal(cr_expr_compile(parsed(&a, "t + alpha"), refs, 1, &p, NULL), CR_ERR_UNKNOWN);
    const uint64_t many[PROGRAM_ARGS + 1] = {0};
    assert_int_equal(cr_expr_compile(parsed(&a, "t"), many, PROGRAM_ARGS + 1, &p, NULL),
                     CR_ERR_LIMIT);
    const struct expr *x = parsed(&a, "t");
    const struct expr *odd[] = {cr_expr_named_call(&a, "A", NULL, &x, 1),
                                cr_expr_matrix(&a, 1, 1, &x)};
    assert_int_equal(cr_expr_compile(odd[0], refs, 1, &p, NULL), CR_ERR_ARGUMENT);
    assert_int_equal(cr_expr_compile(odd[1], refs, 1, &p, NULL), CR_ERR_SHAPE);
    assert_int_equal(cr_expr_compile(NULL, refs, 1, &p, NULL), CR_ERR_MEMORY);
    assert_int_equal(p.n_args, 77);
    assert_true(isnan(at(odd[0], 1, 0)) && isnan(at(odd[1], 1, 0)));
    cr_text_free(&t);
    cr_arena_free(&a);
}

static int exact_values(void *ctx, uint64_t ref, struct rational *out)
{
    (void)ctx;
    return ref == 0 && cr_rational_decimal(out, "-0.3", 4);
}

static void exact_values_are_exact(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const rows[][2] = {  /* at t = -0.3; NULL: not rational */
        {"0.1 + 0.2", "3/10"}, {"1/3 + 1/6", "1/2"}, {"t/10", "-3/100"}, {"½*(0.09 - 2)^2",
        "182405/100000"}, {"2*-3 - t", "-57/10"}, {"t^-2", "100/9"}, {"|t|", "3/10"},
        {"max(0, t)", "0/1"}, {"min(0, t)", "-3/10"}, {"clamp(t, -0.1, 1)", "-1/10"},
        {"sign(t)", "-1/1"}, {"step(t)", "0/1"}, {"step(-t)", "1/1"}, {"relu(t)", "0/1"},
        {"exp(0)", "1/1"}, {"sigmoid(t - t)", "1/2"}, {"tanh(0)", "0/1"}, {"log(1)", "0/1"},
        {"sqrt(9/4)", "3/2"}, {"4^(1/2)", "2/1"}, {"erf(0)", "0/1"}, {"sin(0)", "0/1"},
        {"cos(0)", "1/1"}, {"cosh(0)", "1/1"}, {"sinh(0)", "0/1"}, {"expm1(0) + log1p(0)", "0/1"},
        {"if(t < 0, 2, exp(1))", "2/1"}, {"if(t >= -0.3, 1, 0)", "1/1"}, {"if(t > -0.3, 1, 0)",
        "0/1"}, {"if(t <= -0.4, 1, 0)", "0/1"}, {"1e-300*1e300", "1/1"}, {"-(-t)", "-3/10"},
        {"exp(1)", NULL}, {"softplus(0)", NULL}, {"sqrt(2)", NULL}, {"sqrt(t)", NULL},
        {"1/(t + 0.3)", NULL}, {"pi", NULL}, {"2^0.3", NULL}, {"alpha", NULL}, {"tan(0)", "0/1"},
        {"1e300*1e300", NULL}, {"sin(t)", NULL}, {"0^-1", NULL}, {"2^9999", NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct rational got, want;
        const struct expr *e = parsed(&a, rows[i][0]);
        const int done = cr_expr_exact(e, exact_values, NULL, &got);
        if (done != (rows[i][1] != NULL))
            fail_msg("%s", rows[i][0]);
        if (done) {
            const struct expr shown = {.kind = EXPR_NUM, .text = rows[i][1]};
            assert_int_equal(cr_expr_exact(&shown, NULL, NULL, &want), 1);
            assert_int_equal(cr_rational_cmp(&got, &want), 0);
        }
        cr_arena_free(&a);
    }
}

static int exact_pair(void *ctx, uint64_t ref, struct rational *out)
{
    (void)ctx;
    return ref ? cr_rational_decimal(out, "0.25", 4) : cr_rational_decimal(out, "-1.3", 4);
}

static void simplifying_keeps_exact_values(void **state)
{
    (void)state;
    struct random r = {31};
    int compared = 0;
    for (int round = 0; round < 6000; round++) {
        struct arena a = {0};
        struct rational before, after;
        const struct expr *e = random_tree(&a, &r, 1 + (int)below(&r, 4));
        if (cr_expr_exact(e, exact_pair, NULL, &before)) {
            compared++;
            const struct expr *s = cr_expr_simplify(&a, e);
            assert_non_null(s);
            assert_int_equal(cr_expr_exact(s, exact_pair, NULL, &after), 1);
            assert_int_equal(cr_rational_cmp(&before, &after), 0);
        }
        cr_arena_free(&a);
    }
    assert_true(compared > 1000);
}

static void the_table_is_whole(void **state)
{
    (void)state;
    int n = 0;
    for (; cr_expr_function(n); n++) {
        const struct expr_function *f = cr_expr_function(n);
        assert_true(f->arity >= 1 && f->arity <= FUNCTION_OPERANDS);
        assert_true((f->prim >= 0) == !f->expansion);
        assert_true(f->meaning[0] && f->latex[0] && f->text[0]);
        assert_int_equal(!f->exact_at, !f->exact_value);
        assert_int_equal(cr_expr_function_find(f->name, strlen(f->name)), n);
        for (int k = 0; k < FUNCTION_ALIASES && f->alias[k]; k++)
            assert_int_equal(cr_expr_function_find(f->alias[k], strlen(f->alias[k])), n);
        if (!strchr("<>", f->name[0]))
            assert_true(f->joint || f->partial[f->arity - 1]);
    }
    assert_true(n > 20);
    assert_null(cr_expr_function(-1));
    assert_int_equal(cr_expr_function_find("", 0), -1);
}

static void shows(const struct expr *e, const char *want)
{
    struct text t = {0};
    assert_non_null(e);
    cr_expr_print(&t, e, EXPR_TEXT);
    assert_string_equal(cr_text_str(&t), want);
    cr_text_free(&t);
}

static void named_functions_have_named_derivatives(void **state)
{
    (void)state;
    struct arena a = {0};
    struct rational r;
    const struct expr *u = parsed(&a, "t^2"), *c = parsed(&a, "alpha");
    const struct expr *call = cr_expr_named_call(&a, "A", "A", &u, 1);
    shows(cr_expr_diff(&a, call, 0), "2·t·A'(t²)");
    shows(cr_expr_diff(&a, cr_expr_named_call(&a, "A", NULL, &c, 1), 0), "0");
    assert_int_equal(cr_expr_exact(call, exact_values, NULL, &r), 0);
    const struct expr *product[] = {u, c}, *m = cr_expr_matrix(&a, 1, 2, product);
    const struct expr *h = cr_expr_binary(&a, EXPR_HADAMARD, u, c);
    shows(cr_expr_diff(&a, m, 0), "0");
    shows(cr_expr_diff(&a, h, 0), "2·t·alpha");
    shows(cr_expr_simplify(&a, cr_expr_unary(&a, EXPR_TRANSPOSE, m)), "[t², alpha]ᵀ");
    assert_int_equal(cr_expr_exact(m, exact_values, NULL, &r), 0);
    assert_true(at(h, 3, 2) == 18);
    cr_arena_free(&a);
}

static const struct expr *replace_t(void *ctx, const struct expr *sym)
{
    return sym->ref == 0 ? ctx : sym;
}

static void maps_and_compares(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct expr *e = parsed(&a, "t*alpha + sin(t)"), *three = cr_expr_num(&a, 3);
    const struct expr *m = cr_expr_map(&a, e, replace_t, (void *)(uintptr_t)three);
    assert_true(cr_expr_equal(m, parsed(&a, "3*alpha + sin(3)")));
    assert_false(cr_expr_equal(m, e));
    assert_false(cr_expr_equal(parsed(&a, "sin(t)"), parsed(&a, "cos(t)")));
    assert_false(cr_expr_equal(parsed(&a, "t"), parsed(&a, "alpha")));
    assert_true(cr_expr_equal(parsed(&a, "2"), parsed(&a, "2.0")));
    assert_null(cr_expr_map(&a, NULL, replace_t, NULL));
    assert_null(cr_expr_sub(&a, NULL, three));
    assert_null(cr_expr_diff(&a, NULL, 0));
    assert_true(isnan(cr_expr_eval(NULL, values, NULL)));
    assert_true(cr_expr_equal(cr_expr_add(&a, NULL, 0), cr_expr_num(&a, 0)));
    assert_true(cr_expr_equal(cr_expr_mul(&a, NULL, 0), cr_expr_num(&a, 1)));
    assert_ptr_equal(cr_expr_mul(&a, &three, 1), three);
    cr_arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_mpmath),
        cmocka_unit_test(kinks_are_as_stated),
        cmocka_unit_test(bits_follow_the_formula),
        cmocka_unit_test(nan_is_not_lost),
        cmocka_unit_test(programs_give_the_bits_of_evaluation),
        cmocka_unit_test(programs_are_small),
        cmocka_unit_test(compiling_refuses),
        cmocka_unit_test(exact_values_are_exact),
        cmocka_unit_test(simplifying_keeps_exact_values),
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(named_functions_have_named_derivatives),
        cmocka_unit_test(maps_and_compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
