/* Mathematics read for other media, drawings, charts, pages. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doc/chart.h"
#include "doc/escape.h"
#include "doc/html.h"
#include "doc/layout.h"

static void plain(void **state)
{
    (void)state;
    static const struct {
        const char *latex, *plain;
    } cases[] = {
        {"w_{11}", "w11"},
        {"y^*_{1}", "y1*"},
        {"\\frac{\\partial L}{\\partial w_{11}}", "∂L/∂w11"},
        {"\\sigma'\\left(z_{h1}\\right)", "σ′(zh1)"},
        {"w_{x1 \\to h1} = 0.25", "wx1→h1 = 0.25"},
        {"\\mathbf{W}^{(1)}", "W(1)"},
        {"\\mathit{net}_{\\text{a\\_b {\\char36}}}", "neta_b $"},
        {"\\tilde{y}", "y\xcc\x83"},
        {"\\begin{bmatrix}1 & -2 \\\\ 3 & \\ldots\\end{bmatrix}", "[1, −2; 3, …]"},
        {"1.2 \\cdot 10^{-7}", "1.2·10−7"},
        {"\\sqrt{2}", "√2"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        int unknown;
        struct arena a = {0};
        assert_non_null(cr_layout_read(&a, cases[i].latex, &unknown));
        assert_int_equal(unknown, 0);
        cr_arena_free(&a);
        cr_layout_plain(&t, cases[i].latex);
        assert_string_equal(cr_text_str(&t), cases[i].plain);
        cr_text_free(&t);
    }
}

static void mathml(void **state)
{
    (void)state;
    static const struct {
        const char *latex, *mathml;
    } cases[] = {
        {"w_{11}", "<msub><mi>w</mi><mn>11</mn></msub>"},
        {"x^23", "<msup><mi>x</mi><mn>2</mn></msup><mn>3</mn>"},
        {"-a-b", "<mo form=\"prefix\">−</mo><mi>a</mi><mo form=\"infix\">−</mo><mi>b</mi>"},
        {"\\frac{1}{2}", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"},
        {"y'^{2}_k", "<msubsup><mi>y</mi><mi>k</mi><mrow><mo>′</mo><mn>2</mn></mrow></msubsup>"},
        {"\\text{<b>&}", "<mtext>&lt;b&gt;&amp;</mtext>"},
        {"\\boldsymbol{\\delta}", "<mi mathvariant=\"normal\">𝛅</mi>"},
        {"\\mathbf{W}", "<mi mathvariant=\"normal\">𝐖</mi>"},
        {"\\tanh\\left(t\\right)",
         "<mi>tanh</mi><mo>&#x2061;</mo><mrow><mo form=\"prefix\" stretchy=\"false\">(</mo>"
         "<mi>t</mi><mo form=\"postfix\" stretchy=\"false\">)</mo></mrow>"},
        {"\\hat{m}", "<mover accent=\"true\"><mi>m</mi><mo stretchy=\"false\">^</mo></mover>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0}, want = {0};
        cr_mathml(&t, cases[i].latex, MATH_WHOLE);
        cr_text_printf(&want, "<math><mrow>%s</mrow></math>", cases[i].mathml);
        assert_string_equal(cr_text_str(&t), cr_text_str(&want));
        cr_text_free(&t);
        cr_text_free(&want);
    }
}

/* What is not mathematics at all ends, and says so. */
static void broken_mathematics(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "}",       "\\",     "\\frac",         "_",        "x^",  "\\left",   "\\right)",
        "\\begin", "&",      "\\\\",           "\\nosuch", "{{{", "\\text{a", "\\end{",
        "\\char",  "x'^'_'", "\\left(\\frac{", "\xff"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        cr_mathml(&t, cases[i], MATH_BROKEN);
        assert_false(t.failed);
        cr_layout_plain(&t, cases[i]);
        cr_text_free(&t);
    }
    struct arena a = {0};
    int unknown;
    (void)cr_layout_read(&a, "\\nosuch", &unknown);
    assert_int_equal(unknown, 1);
    cr_arena_free(&a);
    enum { DEEP = 100000 };
    char *deep = malloc(DEEP + 1);
    memset(deep, '{', DEEP);
    deep[DEEP] = 0;
    assert_non_null(cr_layout_read(&a, deep, &unknown));
    assert_true(unknown > 0);
    cr_arena_free(&a);
    free(deep);
}

static void long_rows_break(void **state)
{
    (void)state;
    const char *sum =
        "w_{11} \\cdot x_1 + w_{12} \\cdot x_2 + w_{13} \\cdot x_3 + w_{14} \\cdot x_4";
    struct text t = {0};
    cr_mathml(&t, sum, MATH_BROKEN);
    assert_non_null(strstr(cr_text_str(&t), "</math> <math>"));
    cr_text_clear(&t);
    cr_mathml(&t, sum, MATH_WHOLE);
    assert_null(strstr(cr_text_str(&t), "</math> <math>"));
    cr_text_free(&t);
}

static void engine_latex(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int mathematics;
        const char *out;
    } cases[] = {
        {"a – b ≈ δ", 0, "a -- b $\\approx$ $\\delta$"},
        {"δ′ − ½", 1, "\\delta ' - \\frac{1}{2}"},
        {"\\text{é δ}", 1, "\\text{\\crchar{é}{00E9} $\\delta$}"},
        {"é", 1, "\\text{\\crchar{é}{00E9}}"},
        {"\\text{\\{}é", 1, "\\text{\\{}\\text{\\crchar{é}{00E9}}"},
        {"a\xe2\x80\xae\xff", 0, "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        cr_latex_engine(&t, cases[i].in, cases[i].mathematics);
        assert_string_equal(cr_text_str(&t), cases[i].out);
        cr_text_free(&t);
    }
}

static void writes_svg_and_tikz(void **state)
{
    (void)state;
    struct drawing d = {0};
    struct text t = {0};
    cr_drawing_size(&d, 100, 50);
    cr_draw_line(&d, 0, 1.0 / 3, 10, 20, (struct pen){.ink = INK_NEGATIVE, .dash = 1});
    cr_draw_box(&d, 1, 2, 3, 4, 1, (struct pen){.width = 2}, INK_PAPER);
    cr_draw_text(&d, 5, 6, "<&\"", (struct pen){0}, (struct lettering){.anchor = ANCHOR_END});
    cr_draw_text(&d, 5, 6, "w_{1}", (struct pen){0}, (struct lettering){.latex = 1});
    cr_drawing_svg(&t, &d, &(struct svg_options){.title = "a <b>", .id = "f1", .alone = 1});
    const char *s = cr_text_str(&t);
    assert_non_null(strstr(s, "<title id=\"f1-title\">a &lt;b&gt;</title>"));
    assert_non_null(strstr(s, "<polyline points=\"0,0.33 10,20\" class=\"l-negative\" "
                              "stroke-dasharray=\"6 4\"/>"));
    assert_non_null(strstr(s, ">&lt;&amp;&quot;</text>"));
    assert_non_null(
        strstr(s, "<tspan class=\"i\">w</tspan><tspan font-size=\"10.5\" dy=\"3.08\">1"));
    cr_text_clear(&t);
    cr_drawing_tikz(&t, &d);
    s = cr_text_str(&t);
    assert_non_null(strstr(s, "\\draw[crnegative, line width=0.75bp, dash pattern=on 4.5bp off 3bp]"
                              " (0, 0.33) -- (10, 20);"));
    assert_non_null(strstr(s, "{{\\char60}\\&{\\char34}};"));
    assert_non_null(strstr(s, "{$w_{1}$};"));
    cr_text_free(&t);
    cr_drawing_free(&d);
}

static size_t overlapping(const struct drawing *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < i; k++)
            n += d->shape[i].kind == SHAPE_TEXT && d->shape[k].kind == SHAPE_TEXT &&
                 cr_areas_overlap(cr_shape_area(&d->shape[i]), cr_shape_area(&d->shape[k]));
    return n;
}

static size_t outside(const struct drawing *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct area a = cr_shape_area(&d->shape[i]);
        n += !(a.x1 >= 0 && a.y1 >= 0 && a.x2 <= d->width && a.y2 <= d->height);
    }
    return n;
}

static const struct shape *words(const struct drawing *d, const char *s)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->shape[i].kind == SHAPE_TEXT && !strcmp(d->shape[i].text, s))
            return &d->shape[i];
    return NULL;
}

static void charts(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4, 5}, y[] = {0.5, 0.25, NAN, 0.1, 0.05},
                        flat[] = {3, 3, 3, 3, 3}, huge[] = {-1e308, 1e308, 0, INFINITY, 1},
                        tiny[] = {1e-300, 1e-5, 1, 0, -1};
    static const struct {
        const double *y;
        int log_y, log_x;
        const char *tick;
    } cases[] = {{y, 0, 0, "0.5"},   {y, 1, 0, "0.1"},  {flat, 0, 0, "3"},
                 {huge, 0, 0, NULL}, {tiny, 1, 0, "1"}, {y, 0, 1, "10"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct drawing d = {0};
        cr_chart_draw(&d,
                      &(struct chart){.x_label = "epoch",
                                      .y_label = "loss",
                                      .log_x = cases[i].log_x,
                                      .log_y = cases[i].log_y,
                                      .n_series = 2,
                                      .series = {{.name = "train", .x = x, .y = cases[i].y, .n = 5},
                                                 {.name = "test", .x = x, .y = y, .n = 5}}});
        assert_false(d.failed);
        assert_int_equal(overlapping(&d), 0);
        assert_int_equal(outside(&d), 0);
        assert_non_null(words(&d, "loss"));
        if (cases[i].tick)
            assert_non_null(words(&d, cases[i].tick));
        cr_drawing_free(&d);
    }
    struct drawing d = {0};
    cr_chart_draw(&d, &(struct chart){.x_label = "x", .y_label = "y"});
    assert_non_null(words(&d, "no numbers to show"));
    cr_drawing_free(&d);
}

/* A gap divides a line; one point alone is a dot. */
static void gaps(void **state)
{
    (void)state;
    static const double x[] = {0, 1, 2, 3, 4, 5, 6}, y[] = {1, 2, NAN, 3, NAN, 1, 2};
    struct drawing d = {0};
    cr_chart_draw(&d, &(struct chart){.x_label = "x",
                                      .y_label = "y",
                                      .n_series = 1,
                                      .series = {{.name = "a", .x = x, .y = y, .n = 7}}});
    size_t lines = 0, dots = 0;
    for (size_t i = 0; i < d.n; i++) {
        lines += d.shape[i].kind == SHAPE_LINE && d.shape[i].pen.ink == INK_FIRST;
        dots += d.shape[i].kind == SHAPE_BOX;
    }
    assert_int_equal(lines, 2);
    assert_int_equal(dots, 1);
    cr_drawing_free(&d);
}

static void pages(void **state)
{
    (void)state;
    static const char *const cell[] = {"name", "value", "<a>", "1"};
    struct text t = {0};
    cr_html_begin(&t, "a </title><script>");
    cr_html_table(&t, "The \"table\"", cell, 2, 2, HTML_PLAIN);
    cr_html_end(&t);
    assert_false(t.failed);
    assert_non_null(strstr(t.s, "<title>a &lt;/title&gt;&lt;script&gt;</title>"));
    assert_non_null(strstr(t.s, "aria-label=\"The &quot;table&quot;\""));
    assert_non_null(strstr(t.s, "<th scope=\"row\">&lt;a&gt;</th><td>1</td>"));
    assert_null(strstr(t.s, "<script"));
    cr_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(mathml),
        cmocka_unit_test(broken_mathematics),
        cmocka_unit_test(long_rows_break),
        cmocka_unit_test(engine_latex),
        cmocka_unit_test(writes_svg_and_tikz),
        cmocka_unit_test(charts),
        cmocka_unit_test(gaps),
        cmocka_unit_test(pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
