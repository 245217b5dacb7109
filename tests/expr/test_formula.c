/* Formulas as people write, read and differentiate them. */
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

static const char *const vars[] = {"t", "alpha", "y*"};

static cr_status parse(struct arena *a, const char *text, const struct expr **out, cr_error *err)
{
    return cr_expr_parse(a, text, strlen(text), vars, 2, NULL, (struct place){0}, out, err);
}

static const struct expr *parsed(struct arena *a, const char *text)
{
    const struct expr *e = NULL;
    cr_error err = {0};
    if (parse(a, text, &e, &err) != CR_OK)
        fail_msg("%s: %s", text, err.message);
    return e;
}

static void assert_prints(const struct expr *e, enum expr_style style, const char *want)
{
    struct text t = {0};
    assert_non_null(e);
    cr_expr_print(&t, e, style);
    assert_string_equal(cr_text_str(&t), want);
    cr_text_free(&t);
}

static void prints_what_it_reads(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const rows[][3] = {
        {"t/10", "t/10", "\\frac{t}{10}"},
        {"t*sigmoid(1.702*t)", "t·σ(1.702·t)",
         "t \\cdot \\sigma\\left(1.702 \\cdot t\\right)"},
        {"exp(-t^2)", "e^(−t²)", "e^{-t^{2}}"},
        {"1/(1+exp(-t))", "1/(1 + e^(−t))", "\\frac{1}{1 + e^{-t}}"},
        {"2·−3+1", "2·(−3) + 1", "2 \\cdot \\left(-3\\right) + 1"},
        {"t-(-3)", "t − (−3)", "t - \\left(-3\\right)"},
        {"t-(2-t)", "t − (2 − t)", "t - \\left(2 - t\\right)"},
        {"-3^2", "−3²", "-3^{2}"},
        {"(-3)^2", "(−3)²", "\\left(-3\\right)^{2}"},
        {"2^3^t", "2^(3^t)", "2^{3^{t}}"},
        {"(2^3)^t", "(2³)^t", "\\left(2^{3}\\right)^{t}"},
        {"t/2/3", "(t/2)/3", "\\frac{\\frac{t}{2}}{3}"},
        {"t/(2*3)", "t/(2·3)", "\\frac{t}{2 \\cdot 3}"},
        {"2*(t/3)", "2·(t/3)", "2 \\cdot \\frac{t}{3}"},
        {"½*(t-2)^2", "½·(t − 2)²", "\\frac{1}{2} \\cdot \\left(t - 2\\right)^{2}"},
        {"1/2*t", "½·t", "\\frac{1}{2} \\cdot t"},
        {"|t|·||t| - 1|", "|t|·||t| − 1|",
         "\\left\\lvert t\\right\\rvert \\cdot \\left\\lvert \\left\\lvert t\\right\\rvert - "
         "1\\right\\rvert"},
        {"sqrt(2)*√(t+1)", "√2·√(t + 1)", "\\sqrt{2} \\cdot \\sqrt{t + 1}"},
        {"max(0,-t)", "max(0, −t)", "\\max\\left(0, -t\\right)"},
        {"if(t<=0, alpha*t, t)", "if(t ≤ 0, alpha·t, t)",
         "\\begin{cases}\\alpha \\cdot t & \\text{if } t \\le 0 \\\\ t & \\text{otherwise}"
         "\\end{cases}"},
        {"1e-7*t", "1·10⁻⁷·t", "1 \\cdot 10^{-7} \\cdot t"},
        {"1.5·10⁻¹²", "1.5·10⁻¹²", "1.5 \\cdot 10^{-12}"},
        {"3·10²", "3·10²", "3 \\cdot 10^{2}"},
        {".5*t + 2. - 1e-3", "0.5·t + 2 − 0.001", "0.5 \\cdot t + 2 - 0.001"},
        {"pi*t + e", "π·t + e", "\\pi \\cdot t + e"},
        {"t × 2 ÷ 3 − t**4", "t·2/3 − t^4", "\\frac{t \\cdot 2}{3} - t^{4}"},
        {"t⁻¹", "t^(−1)", "t^{-1}"},
        {"ln(t) + logistic(t)", "ln(t) + σ(t)",
         "\\ln\\left(t\\right) + \\sigma\\left(t\\right)"},
        {"-(t+1)", "−(t + 1)", "-\\left(t + 1\\right)"},
        {"-(-t)", "−(−t)", "-\\left(-t\\right)"},
        {"(e^t)^2", "(e^t)²", "\\left(e^{t}\\right)^{2}"},
        {"0.1234567890123456789012", "0.1234567890123456789012", "0.1234567890123456789012"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        const struct expr *e = parsed(&a, rows[i][0]);
        assert_prints(e, EXPR_TEXT, rows[i][1]);
        assert_prints(e, EXPR_LATEX, rows[i][2]);
        cr_arena_free(&a);
    }
}

static void derivatives_are_readable(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const rows[][2] = {
        {"t/10", "1/10"},
        {"5", "0"},
        {"alpha", "0"},
        {"t^2", "2·t"},
        {"t^3 - 2*t + 1", "3·t² − 2"},
        {"-t^2 + t", "1 − 2·t"},
        {"(1 - t)/2", "−1/2"},
        {"½*(t - 2)^2", "t − 2"},
        {"t*sigmoid(1.702*t)", "σ(1.702·t) + 1.702·t·σ(1.702·t)·(1 − σ(1.702·t))"},
        {"exp(-t^2)", "−2·t·e^(−t²)"},
        {"exp(t)", "e^t"},
        {"1/(1 + e^(-t))", "e^(−t)/(1 + e^(−t))²"},
        {"tanh(t)", "1 − tanh(t)²"},
        {"sigmoid(t)", "σ(t)·(1 − σ(t))"},
        {"softplus(t)", "σ(t)"},
        {"max(0, t)", "step(t)"},
        {"relu(t)", "step(t)"},
        {"max(t, 1)", "step(t − 1)"},
        {"min(2, t)", "step(2 − t)"},
        {"clamp(t, -1, 1)", "step(t + 1)·step(1 − t)"},
        {"max(alpha*t, t)", "if(alpha·t > t, alpha, 1)"},
        {"if(t < 0, 0.1*t, t)", "if(t < 0, 0.1, 1)"},
        {"abs(t)", "sign(t)"},
        {"t/(1 + |t|)", "1/(1 + |t|)²"},
        {"t*|t|", "2·|t|"},
        {"sin(t)", "cos(t)"},
        {"cos(2*t)", "−2·sin(2·t)"},
        {"ln(1 + t^2)", "2·t/(1 + t²)"},
        {"sqrt(t)", "1/(2·√(t))"},
        {"2^t", "ln(2)·2^t"},
        {"t^alpha", "alpha·t^(alpha − 1)"},
        {"0.5*t*(1 + erf(t/sqrt(2)))", "0.5·(1 + erf(t/√2)) + t·e^(−½·t²)/(√2·√π)"},
        {"t/3*2", "2/3"},
        {"1.702/3*t", "1.702/3"},
        {"0.1*(0.2*t)", "0.02"},
        {"t/t", "0"},
        {"sign(t) + step(t)", "0"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        assert_prints(cr_expr_diff(&a, parsed(&a, rows[i][0]), 0), EXPR_TEXT, rows[i][1]);
        cr_arena_free(&a);
    }
}

static void simplifies(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const rows[][2] = {
        {"1*t + 0", "t"}, {"t - t", "0"}, {"--t", "t"}, {"2*3 + 1", "7"}, {"t*t", "t²"},
        {"t + t", "2·t"}, {"t*2*alpha/4", "½·t·alpha"}, {"0.1 + 0.2", "0.3"}, {"t/2/3", "t/6"},
        {"exp(0) + sigmoid(0)", "1.5"}, {"sqrt(9/4)", "1.5"}, {"sqrt(1/9)", "1/3"}, {"min(-1/3, t/t)", "−1/3"}, {"1/3 + 1/6", "1/2"},
        {"t^0 + t^1", "1 + t"}, {"t^2/t", "t"}, {"(2*t)^3", "8·t³"}, {"max(t, t)", "t"},
        {"|-t|", "|t|"}, {"if(1 < 2, t, alpha)", "t"}, {"0*t", "0"}, {"1/0", "1/0"},
        {"-(t - 1)", "1 − t"}, {"t - (alpha + 2)", "t − alpha − 2"}, {"-t - 1", "−t − 1"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        assert_prints(cr_expr_simplify(&a, parsed(&a, rows[i][0])), EXPR_TEXT, rows[i][1]);
        cr_arena_free(&a);
    }
}

static void what_is_printed_reads_back(void **state)
{
    (void)state;
    struct random r = {20261121};
    for (int round = 0; round < 4000; round++) {
        struct arena a = {0};
        struct text t = {0};
        const struct expr *again = NULL, *e = random_tree(&a, &r, 1 + (int)below(&r, 5));
        cr_error err = {0};
        cr_expr_print(&t, e, EXPR_TEXT);
        if (t.len <= 4096) {
            if (parse(&a, cr_text_str(&t), &again, &err) == CR_ERR_LIMIT) {
                assert_non_null(strstr(err.message, "nested"));
            } else {
                assert_int_equal(err.code, CR_OK);
                if (!cr_expr_equal(e, again))
                    fail_msg("not the same tree: %s", cr_text_str(&t));
            }
        }
        cr_text_free(&t);
        cr_arena_free(&a);
    }
}

static void derivatives_read_back(void **state)
{
    (void)state;
    struct random r = {7};
    for (int round = 0; round < 500; round++) {
        struct arena a = {0};
        struct text t = {0}, u = {0};
        const struct expr *again = NULL;
        const struct expr *d = cr_expr_diff(&a, random_tree(&a, &r, 1 + (int)below(&r, 2)), 0);
        assert_non_null(d);
        cr_expr_print(&t, d, EXPR_TEXT);
        assert_null(strstr(cr_text_str(&t), "−−"));
        cr_error err = {0};
        if (t.len <= 4096 && parse(&a, cr_text_str(&t), &again, &err) == CR_OK) {
            cr_expr_print(&u, again, EXPR_TEXT);
            assert_string_equal(cr_text_str(&u), cr_text_str(&t));
        }
        cr_text_free(&t);
        cr_text_free(&u);
        cr_arena_free(&a);
    }
}

static void refuses_with_a_place(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *text;
        cr_status code;
        int column, span;
        const char *message, *hint;
    } rows[] = {
        {"", CR_ERR_SYNTAX, 1, 1, "the formula is empty", ""},
        {"  ", CR_ERR_SYNTAX, 1, 2, "the formula is empty", ""},
        {"tahn(t)", CR_ERR_UNKNOWN, 1, 4, "unknown function 'tahn'", "did you mean 'tanh'?"},
        {"2*alhpa", CR_ERR_UNKNOWN, 3, 5, "unknown variable 'alhpa'", "did you mean 'alpha'?"},
        {"q", CR_ERR_UNKNOWN, 1, 1, "unknown variable 'q'", "the variables are 't', 'alpha'"},
        {"2t", CR_ERR_SYNTAX, 2, 1, "expected an operator before 't'",
         "multiplication is written with *"},
        {"(t+1)(t-1)", CR_ERR_SYNTAX, 6, 1, "expected an operator before '('",
         "multiplication is written with *"},
        {"(t", CR_ERR_SYNTAX, 3, 1, "the formula ends before ')'", ""},
        {"t)", CR_ERR_SYNTAX, 2, 1, "')' without '('", ""},
        {"t +", CR_ERR_SYNTAX, 4, 1, "the formula ends where a value should be", ""},
        {"t * / 2", CR_ERR_SYNTAX, 5, 1, "expected a value before '/'", ""},
        {"|t", CR_ERR_SYNTAX, 3, 1, "the formula ends before '|'", ""},
        {"max(t)", CR_ERR_SYNTAX, 1, 3, "'max' takes two operands", ""},
        {"sin(t, t)", CR_ERR_SYNTAX, 1, 3, "'sin' takes one operand", ""},
        {"clamp(t)", CR_ERR_SYNTAX, 1, 5, "'clamp' takes three operands", ""},
        {"max(t, 1", CR_ERR_SYNTAX, 9, 1, "the formula ends inside parentheses", ""},
        {"max(t; 1)", CR_ERR_SYNTAX, 6, 1, "expected ',' or ')' before ';'", ""},
        {"sin t", CR_ERR_SYNTAX, 1, 3, "the function 'sin' needs parentheses", ""},
        {"t(2)", CR_ERR_SYNTAX, 1, 1, "'t' is a variable, not a function",
         "write * to multiply"},
        {"1e999", CR_ERR_VALUE, 1, 5, "the number '1e999' is out of range", ""},
        {"t < 0", CR_ERR_SYNTAX, 3, 1, "a comparison may only be the first operand of if",
         "as in if(t < 0, a, b)"},
        {"if(t, 1, 2)", CR_ERR_SYNTAX, 5, 1, "a condition needs a comparison",
         "as in if(t < 0, a, b)"},
        {"t & 2", CR_ERR_SYNTAX, 3, 1, "'&' has no meaning in a formula", ""},
        {"1,5*t", CR_ERR_SYNTAX, 2, 1, "',' outside a function's operands",
         "decimals are written with a point"},
        {"α−−·", CR_ERR_UNKNOWN, 1, 1, "unknown variable 'α'",
         "the variables are 't', 'alpha'"},
        {"t − ·2", CR_ERR_SYNTAX, 5, 1, "expected a value before '·'", ""},
        {"t⁻", CR_ERR_SYNTAX, 2, 1, "the exponent lacks its digits", ""},
        {"t⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹", CR_ERR_VALUE, 2, 11, "the exponent is out of range", ""},
        {"t +\n  tt", CR_ERR_UNKNOWN, 3, 2, "unknown variable 'tt'", "did you mean 't'?"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        const struct expr *untouched = (const struct expr *)&a, *e = untouched;
        cr_error err = {0};
        assert_int_equal(parse(&a, rows[i].text, &e, &err), rows[i].code);
        assert_ptr_equal(e, untouched);
        assert_int_equal(err.code, rows[i].code);
        assert_string_equal(err.message, rows[i].message);
        if (strcmp(rows[i].hint, "did you mean 't'?"))
            assert_string_equal(err.hint, rows[i].hint);
        assert_int_equal(err.column, rows[i].column);
        assert_int_equal(err.span, rows[i].span);
        assert_int_equal(parse(&a, rows[i].text, &e, NULL), rows[i].code);
        cr_arena_free(&a);
    }
}

static void points_into_a_file(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *file = "layers:\n  - activation: t*sgimoid(t)\n";
    const struct source src = {"a.net.yaml", file, strlen(file)};
    const struct expr *e;
    cr_error err = {0};
    assert_int_equal(
        cr_expr_parse(&a, "t*sgimoid(t)", 12, vars, 1, &src, (struct place){2, 17, 12}, &e, &err),
        CR_ERR_UNKNOWN);
    assert_string_equal(err.file, "a.net.yaml");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 19);
    assert_int_equal(err.span, 7);
    assert_string_equal(err.excerpt, "  - activation: t*sgimoid(t)");
    assert_string_equal(err.hint, "did you mean 'sigmoid'?");
    cr_arena_free(&a);
}

static char *repeated(const char *s, size_t n)
{
    const size_t size = strlen(s);
    char *out = malloc(n * size + 1);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * size, s, size);
    out[n * size] = 0;
    return out;
}

static void hostile_input_is_bounded(void **state)
{
    (void)state;
    static const char *const piece[] = {"(",    "-",  "√",   "t^",    "2*-", "|",
                                        "sin(", "t/", "t*",  "t+",    "if(", "99999999999",
                                        "1e",   "²",  "e^(", "max(t,"};
    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
        for (size_t n = 30; n <= 30000; n *= 10) {
            struct arena a = {0};
            const struct expr *e;
            char *text = repeated(piece[i], n);
            assert_int_not_equal(parse(&a, text, &e, NULL), CR_OK);
            assert_true(a.used < 4 << 20);
            free(text);
            cr_arena_free(&a);
        }
    }
    struct arena a = {0};
    const struct expr *e;
    char *sum = repeated("t+", 2000);
    sum[3999] = 0;
    assert_int_equal(parse(&a, sum, &e, NULL), CR_OK);
    assert_int_equal(e->n, 2000);
    assert_prints(cr_expr_diff(&a, e, 0), EXPR_TEXT, "2000");
    free(sum);
    char *deep = repeated("t/(1+", 60);
    struct text t = {0};
    cr_text_printf(&t, "%st%.*s", deep, 60,
                   "))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))");
    assert_int_equal(parse(&a, cr_text_str(&t), &e, NULL), CR_OK);
    assert_non_null(cr_expr_diff(&a, e, 0));
    cr_text_free(&t);
    free(deep);
    cr_arena_free(&a);
}

static void any_bytes_are_safe(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const piece[] = {
        "t", "alpha", "(", ")", "+", "-", "*", "/", "^", "|", "1", "2.5", "e", "pi", "²", "⁻", "·10",
        "−", "·", "√", "½", "<", ">=", ",", "sin(", "max(", "if(", "exp(", ".", "1e", " ", "\xff",
        "\xce", "é", "_", "'", "\n", "\x01", "0", "∞", "clamp(", "σ(",
    };
    /* clang-format on */
    struct random r = {42};
    int good = 0;
    for (int round = 0; round < 30000; round++) {
        struct arena a = {0};
        struct text t = {0};
        const struct expr *e, *again;
        cr_error err;
        const unsigned n = below(&r, 14);
        for (unsigned i = 0; i < n; i++) {
            if (below(&r, 8))
                cr_text_add(&t, piece[below(&r, sizeof piece / sizeof *piece)]);
            else
                cr_text_addc(&t, (char)below(&r, 256));
        }
        char *exact = malloc(t.len ? t.len : 1); /* so that a sanitizer sees an overrun */
        assert_non_null(exact);
        memcpy(exact, cr_text_str(&t), t.len);
        if (cr_expr_parse(&a, exact, t.len, vars, 2, NULL, (struct place){0}, &e, &err) == CR_OK) {
            good++;
            cr_text_clear(&t);
            cr_expr_print(&t, e, EXPR_LATEX);
            cr_text_clear(&t);
            cr_expr_print(&t, e, EXPR_TEXT);
            assert_int_equal(parse(&a, cr_text_str(&t), &again, &err), CR_OK);
            assert_non_null(cr_expr_diff(&a, e, 0));
        } else {
            assert_true(err.message[0] != 0);
        }
        free(exact);
        cr_text_free(&t);
        cr_arena_free(&a);
    }
    assert_true(good > 100);
}

static void prints_networks(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct expr *w = cr_expr_sym(&a, 10, "w11", "w_{11}");
    const struct expr *x = cr_expr_sym(&a, 11, "x1", "x_{1}");
    const struct expr *wx[] = {w, x};
    const struct expr *terms[] = {cr_expr_mul(&a, wx, 2), cr_expr_sym(&a, 12, "b1", "b_{1}")};
    assert_prints(cr_expr_add(&a, terms, 2), EXPR_TEXT, "w11·x1 + b1");
    assert_prints(cr_expr_add(&a, terms, 2), EXPR_LATEX, "w_{11} \\cdot x_{1} + b_{1}");

    const struct expr *one = cr_expr_num(&a, 1), *two = cr_expr_num(&a, 2);
    const struct expr *minus = cr_expr_shown(&a, -3, "-3");
    const struct expr *first[] = {one, two}, *second[] = {two, minus};
    const struct expr *sum[] = {cr_expr_mul(&a, first, 2), cr_expr_mul(&a, second, 2), one};
    assert_prints(cr_expr_add(&a, sum, 3), EXPR_TEXT, "1·2 + 2·(−3) + 1");
    const struct expr *third[] = {minus, two};
    sum[0] = cr_expr_mul(&a, third, 2);
    assert_prints(cr_expr_add(&a, sum, 3), EXPR_TEXT, "−3·2 + 2·(−3) + 1");

    const struct expr *y = cr_expr_shown(&a, 0.09, "0.09");
    const struct expr *f[] = {cr_expr_shown(&a, 0.5, "1/2"),
                              cr_expr_binary(&a, EXPR_POW, cr_expr_sub(&a, y, two), two)};
    assert_prints(cr_expr_mul(&a, f, 2), EXPR_TEXT, "½·(0.09 − 2)²");
    assert_prints(cr_expr_mul(&a, f, 2), EXPR_LATEX,
                  "\\frac{1}{2} \\cdot \\left(0.09 - 2\\right)^{2}");
    assert_prints(cr_expr_sub(&a, y, minus), EXPR_TEXT, "0.09 − (−3)");
    assert_prints(cr_expr_binary(&a, EXPR_DIV, minus, two), EXPR_TEXT, "−3/2");
    assert_prints(cr_expr_binary(&a, EXPR_POW, minus, two), EXPR_TEXT, "(−3)²");

    const struct expr *slope = cr_expr_sym(&a, 16, "∂L/∂o", "\\frac{\\partial L}{\\partial o}");
    const struct expr *ahead[] = {slope, w}, *behind[] = {w, slope};
    assert_prints(cr_expr_mul(&a, ahead, 2), EXPR_TEXT, "(∂L/∂o)·w11");
    assert_prints(cr_expr_mul(&a, behind, 2), EXPR_TEXT, "w11·∂L/∂o");
    assert_prints(cr_expr_sub(&a, w, slope), EXPR_TEXT, "w11 − ∂L/∂o");
    assert_prints(cr_expr_binary(&a, EXPR_HADAMARD, slope, w), EXPR_TEXT, "∂L/∂o ⊙ w11");
    assert_prints(cr_expr_binary(&a, EXPR_DIV, one, slope), EXPR_TEXT, "1/(∂L/∂o)");
    assert_prints(cr_expr_binary(&a, EXPR_POW, slope, two), EXPR_TEXT, "(∂L/∂o)²");
    assert_prints(cr_expr_mul(&a, ahead, 2), EXPR_LATEX,
                  "\\frac{\\partial L}{\\partial o} \\cdot w_{11}");

    const struct expr *rate = cr_expr_sym(&a, 17, "η", NULL), *step[] = {rate, slope};
    assert_prints(cr_expr_sub(&a, w, cr_expr_mul(&a, step, 2)), EXPR_TEXT, "w11 − η·∂L/∂o");
    assert_prints(cr_expr_binary(&a, EXPR_POW, rate, two), EXPR_TEXT, "η²");

    const struct expr *star = cr_expr_sym(&a, 13, "y*", "y^{*}");
    assert_prints(cr_expr_sub(&a, x, star), EXPR_TEXT, "x1 − y*");
    assert_prints(cr_expr_binary(&a, EXPR_POW, star, two), EXPR_TEXT, "(y*)²");
    assert_prints(cr_expr_binary(&a, EXPR_POW, star, two), EXPR_LATEX, "\\left(y^{*}\\right)^{2}");
    assert_prints(cr_expr_named_call(&a, "A'", "A'", &w, 1), EXPR_TEXT, "A'(w11)");
    assert_prints(cr_expr_named_call(&a, "A'", "A'", &w, 1), EXPR_LATEX, "A'\\left(w_{11}\\right)");
    assert_prints(cr_expr_shown(&a, 1.23e-7, "-1.23e-7"), EXPR_TEXT, "−1.23·10⁻⁷");
    assert_prints(cr_expr_num(&a, NAN), EXPR_TEXT, "NaN");
    assert_prints(cr_expr_num(&a, -INFINITY), EXPR_LATEX, "-\\infty");

    const struct expr *entries[] = {one, minus, two, y};
    const struct expr *m = cr_expr_matrix(&a, 2, 2, entries);
    assert_prints(m, EXPR_TEXT, "[1, −3; 2, 0.09]");
    assert_prints(m, EXPR_LATEX, "\\begin{bmatrix}1 & -3 \\\\ 2 & 0.09\\end{bmatrix}");
    const struct expr *big = cr_expr_sym(&a, 14, "W", NULL);
    const struct expr *back[] = {cr_expr_unary(&a, EXPR_TRANSPOSE, big),
                                 cr_expr_sym(&a, 15, "δ2", "\\delta_{2}")};
    const struct expr *h = cr_expr_binary(&a, EXPR_HADAMARD, cr_expr_mul(&a, back, 2), x);
    assert_prints(h, EXPR_TEXT, "(Wᵀ·δ2) ⊙ x1");
    assert_prints(h, EXPR_LATEX, "\\left(W^{\\top} \\cdot \\delta_{2}\\right) \\odot x_{1}");
    cr_arena_free(&a);
}

static void names_are_escaped(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const rows[][2] = {
        {"w11", "w_{11}"}, {"w_new", "w_{new}"}, {"alpha", "\\alpha"}, {"δ3", "{\\delta}_{3}"},
        {"rate", "\\mathrm{rate}"}, {"y*", "y{\\ast}"}, {"delta_h1", "\\delta_{h1}"},
        {"a}b", "a\\}b"}, {"\\input{x}", "{\\backslash}input\\{x\\}"}, {"x_$%&#", "x_{\\$\\%\\&\\#}"},
        {"u^2~", "u{\\wedge}2{\\sim}"}, {"a b", "a\\ b"}, {"z\x01\n", "z"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        assert_prints(cr_expr_sym(&a, 1, rows[i][0], NULL), EXPR_LATEX, rows[i][1]);
        cr_arena_free(&a);
    }
}

static void memory_may_run_out(void **state)
{
    (void)state;
    const char *text = "t*tanh(softplus(t)) + clamp(t/6, -1, 1)^2 + if(t < 0, |t|, 1.5·10⁻⁷)";
    struct arena whole = {0};
    const struct expr *want = cr_expr_diff(&whole, parsed(&whole, text), 0);
    int failed = 0, done = 0;
    for (size_t limit = 1; limit < 40000; limit += 37) {
        struct arena a = {.limit = limit};
        const struct expr *e = NULL, *d;
        if (parse(&a, text, &e, NULL) != CR_OK) {
            assert_null(e);
        } else if ((d = cr_expr_diff(&a, e, 0))) {
            assert_true(cr_expr_equal(d, want));
            done++;
        } else {
            failed++;
        }
        cr_arena_free(&a);
    }
    assert_true(failed && done);
    cr_arena_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_what_it_reads),
        cmocka_unit_test(derivatives_are_readable),
        cmocka_unit_test(simplifies),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(derivatives_read_back),
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(points_into_a_file),
        cmocka_unit_test(hostile_input_is_bounded),
        cmocka_unit_test(any_bytes_are_safe),
        cmocka_unit_test(prints_networks),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
