/* Figures: no label overlaps another, everything lies within, and what is drawn is what the
 * network has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "explain/figure.h"
#include "helpers.h"

static struct explanation *explain(const char *network, cr_net **net, const char *notation)
{
    struct explanation *x = NULL;
    const struct explanation_options how = {
        .trace = {.updates = 1, .rule = {DECIMAL_AUTO, DECIMAL_DEFAULT}},
        .notation = notation,
        .form = 0};
    cr_error err;
    if (cr_net_load_memory(network, strlen(network), "net", &(cr_load_options){.type = CR_F64}, net,
                           &err))
        fail_msg("%s: %s", network, err.message);
    assert_int_equal(cr_explanation_make(*net, &how, &x, NULL), CR_OK);
    return x;
}

struct counts {
    size_t texts, positive, negative, plain, grey, boxes;
};

static struct counts look(const struct drawing *d)
{
    struct counts c = {0};
    for (size_t i = 0; i < d->n; i++) {
        const struct shape *s = &d->shape[i];
        const struct area a = cr_shape_area(s);
        if (!(a.x1 >= 0 && a.y1 >= 0 && a.x2 <= d->width && a.y2 <= d->height))
            fail_msg("shape %zu %s lies outside", i, s->text ? s->text : "");
        c.texts += s->kind == SHAPE_TEXT;
        c.boxes += s->kind == SHAPE_BOX;
        c.positive += s->kind == SHAPE_LINE && s->pen.ink == INK_POSITIVE && !s->pen.dash;
        c.negative += s->kind == SHAPE_LINE && s->pen.ink == INK_NEGATIVE && s->pen.dash;
        c.plain += s->kind == SHAPE_LINE && s->pen.ink == INK_TEXT;
        c.grey += s->kind == SHAPE_LINE && s->pen.ink == INK_GREY;
        for (size_t k = 0; k < i; k++)
            if (s->kind == SHAPE_TEXT && d->shape[k].kind == SHAPE_TEXT &&
                cr_areas_overlap(a, cr_shape_area(&d->shape[k])))
                fail_msg("'%s' overlaps '%s'", s->text, d->shape[k].text);
    }
    return c;
}

static struct counts drawn(struct explanation *x, struct figure_options how)
{
    struct drawing d = {0};
    struct text title = {0}, words = {0};
    cr_figure_draw(x, &how, &d, &title, &words);
    assert_false(d.failed || title.failed || words.failed);
    assert_true(title.len > 0 && words.len > 0);
    const struct counts c = look(&d);
    cr_text_free(&title);
    cr_text_free(&words);
    cr_drawing_free(&d);
    return c;
}

/* Every size up to 8 by 8 by 8 units, in a short and in a long notation. */
static void no_overlap(void **state)
{
    (void)state;
    static const char *const notations[] = {"numbered", "arrows"};
    for (int round = 0; round < 40; round++) {
        const size_t in = round ? 1 + below(8) : 8, one = round ? 1 + below(8) : 8,
                     two = round ? 1 + below(8) : 8;
        char network[1024];
        size_t n = (size_t)snprintf(network, sizeof network, "inputs: [");
        for (size_t i = 0; i < in; i++)
            n += (size_t)snprintf(network + n, sizeof network - n, "%s%.3f", i ? ", " : "",
                                  uniform(-2, 2));
        n += (size_t)snprintf(network + n, sizeof network - n,
                              "]\nlayers:\n  - {units: %zu, activation: tanh}\n"
                              "  - {units: %zu, activation: sigmoid}\ntargets: [",
                              one, two);
        for (size_t i = 0; i < two; i++)
            n += (size_t)snprintf(network + n, sizeof network - n, "%s1", i ? ", " : "");
        (void)snprintf(network + n, sizeof network - n, "]\n");
        cr_net *net = NULL;
        struct explanation *x = explain(network, &net, notations[round % 2]);
        for (int show = FIGURE_WEIGHTS; show <= FIGURE_DELTAS; show++) {
            const struct counts c =
                drawn(x, (struct figure_options){.show = (enum figure_show)show, .step = -1});
            assert_int_equal(c.positive + c.negative, in * one + one * two);
            assert_int_equal(c.boxes, in + one + two);
            assert_true(c.texts >= in * one + one * two + c.boxes);
        }
        cr_explanation_free(x);
        cr_net_free(net);
    }
}

static const char sigmoid[] = "inputs: {x1: 0.35, x2: 0.7}\n"
                              "notation: arrows\n"
                              "layers:\n"
                              "  - {units: [h1, h2], activation: sigmoid,\n"
                              "     weights: [[0.2, -0.2], [0.3, 0.3]], bias: none}\n"
                              "  - {units: [o], activation: sigmoid, weights: [[-0.3, 0.9]], "
                              "bias: none}\n"
                              "targets: {y: 0.5}\n";

/* What takes part in a step, and nothing else, is not grey. */
static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *step;
        struct counts want;
    } cases[] = {
        {"z_h1", {.positive = 1, .negative = 1, .grey = 4}},
        {"h2", {.positive = 2, .grey = 4}},
        {"o", {.positive = 1, .negative = 1, .grey = 4}},
        {"delta_h1", {.negative = 1, .grey = 5}},
        {"delta_o", {.grey = 6}},
        {"dL/dw_{x1->h2}", {.positive = 1, .grey = 5}},
        {"w_{x2->h1}_new", {.negative = 1, .grey = 5}},
        {"L", {.grey = 6}},
    };
    cr_net *net = NULL;
    struct explanation *x = explain(sigmoid, &net, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int step = -1;
        assert_int_equal(cr_explanation_resolve(x, cases[i].step, &step, NULL), CR_OK);
        const struct counts c =
            drawn(x, (struct figure_options){.show = FIGURE_VALUES, .step = step});
        if (c.positive != cases[i].want.positive || c.negative != cases[i].want.negative ||
            c.grey != cases[i].want.grey)
            fail_msg("%s: %zu positive, %zu negative, %zu grey", cases[i].step, c.positive,
                     c.negative, c.grey);
    }
    cr_explanation_free(x);
    cr_net_free(net);
}

/* The words say the numbers, in the notation's text. */
static void words(void **state)
{
    (void)state;
    cr_net *net = NULL;
    struct explanation *x = explain(sigmoid, &net, NULL);
    struct drawing d = {0};
    struct text title = {0}, said = {0};
    cr_figure_draw(x, &(struct figure_options){.show = FIGURE_VALUES, .step = -1}, &d, &title,
                   &said);
    assert_string_equal(cr_text_str(&title), "The values of the forward pass");
    assert_string_equal(
        cr_text_str(&said),
        "A network with 2 inputs (x1, x2), then layer hidden of 2 units (h1, h2), "
        "then layer output of 1 unit (o). Weights: x1 to h1 0.2; x1 to h2 0.3; x2 to "
        "h1 −0.2; x2 to h2 0.3; h1 to o −0.3; h2 to o 0.9. At the nodes: x1 = 0.35; "
        "x2 = 0.7; z_h1 = −0.07; h1 ≈ 0.482507; z_h2 = 0.315; h2 ≈ 0.578105; "
        "z_o ≈ 0.375543; o ≈ 0.592798; y = 0.5.");
    cr_text_free(&title);
    cr_text_free(&said);
    cr_drawing_free(&d);
    cr_explanation_free(x);
    cr_net_free(net);
}

/* Layers that are too long, passed by, joined, of strange names. */
static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        size_t boxes, labelled;
    } cases[] = {
        {"inputs: [1]\nlayers: [{units: 1, activation: identity}]\ntargets: [1]\n", 2, 1},
        {"inputs: [1, 2]\nlayers: [{units: 1000, activation: relu}, {units: 2}]\ntargets: [1, 0]\n",
         8, 16},
        {"inputs: [1, 2]\nlayers:\n- {name: a, units: 2, activation: tanh}\n- {name: b, units: 3}\n"
         "- {concat: [inputs, a, b]}\n- {units: 1}\ntargets: [1]\n",
         15, 17},
        {"inputs: {input_with_a_long_name: 1}\nlayers: [{units: 2}]\n"
         "targets: [1, 0]\n",
         3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_net *net = NULL;
        struct explanation *x = explain(cases[i].network, &net, "arrows");
        for (int show = FIGURE_WEIGHTS; show <= FIGURE_DELTAS; show++) {
            const struct counts c =
                drawn(x, (struct figure_options){.show = (enum figure_show)show, .step = -1});
            assert_int_equal(c.boxes, cases[i].boxes);
            assert_int_equal(c.positive + c.negative, cases[i].labelled);
        }
        cr_explanation_free(x);
        cr_net_free(net);
    }
}

static void public_errors(void **state)
{
    (void)state;
    static const char no_example[] = "inputs: [x1]\nlayers: [{units: 1}]\n";
    char *out = NULL;
    cr_net *net = NULL;
    cr_error err;
    cr_figure_options how;
    cr_figure_defaults(&how);
    assert_int_equal(cr_net_load_memory(no_example, strlen(no_example), "net",
                                        &(cr_load_options){.type = CR_F64}, &net, NULL),
                     CR_OK);
    assert_int_equal(cr_net_figure(net, NULL, &out, NULL, NULL), CR_OK);
    assert_non_null(strstr(out, "<svg"));
    cr_explain_free(out);
    out = NULL;
    how.show = CR_FIGURE_VALUES;
    assert_int_equal(cr_net_figure(net, &how, &out, NULL, &err), CR_ERR_VALUE);
    cr_net_free(net);
    assert_int_equal(cr_net_load_memory(sigmoid, strlen(sigmoid), "net",
                                        &(cr_load_options){.type = CR_F64}, &net, NULL),
                     CR_OK);
    how.example = 1;
    assert_int_equal(cr_net_figure(net, &how, &out, NULL, &err), CR_ERR_ARGUMENT);
    how.example = 0;
    how.step = "nonsense";
    assert_int_equal(cr_net_figure(net, &how, &out, NULL, &err), CR_ERR_UNKNOWN);
    assert_null(out);
    cr_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_overlap), cmocka_unit_test(parts),         cmocka_unit_test(words),
        cmocka_unit_test(shapes),     cmocka_unit_test(public_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
