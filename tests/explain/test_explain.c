/* The library's entry: options, pieces, examples of the caller's own, float32. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "chainrule/explain.h"

static cr_net *network(cr_type type)
{
    cr_builder *b = cr_builder_create(2);
    cr_net *net = NULL;
    cr_error err = {0};
    cr_builder_dense(b, 3, "tanh");
    cr_builder_dense(b, 2, "sigmoid");
    cr_builder_example(b, (double[]){0.3, -0.7}, 2, (double[]){1, 0}, 2);
    assert_int_equal(cr_builder_build(b, type, 7, &net, &err), CR_OK);
    cr_builder_free(b);
    return net;
}

static char *explained(const cr_net *net, const cr_explain_options *how)
{
    char *out = NULL;
    size_t len = 0;
    cr_error err = {0};
    assert_int_equal(cr_explain(net, how, &out, &len, &err), CR_OK);
    assert_int_equal(strlen(out), len);
    return out;
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        cr_explain_options how;
        cr_status code;
    } bad[] = {
        {{.digits = 101}, CR_ERR_ARGUMENT},
        {{.digits = -1, .sig = 101}, CR_ERR_ARGUMENT},
        {{.digits = -1, .sig = -1}, CR_ERR_ARGUMENT},
        {{.digits = 3, .sig = 3}, CR_ERR_ARGUMENT},
        {{.digits = -1, .iterations = -1}, CR_ERR_ARGUMENT},
        {{.digits = -1, .rows = 1}, CR_ERR_ARGUMENT},
        {{.digits = -1, .notation = "nilsen"}, CR_ERR_UNKNOWN},
        {{.digits = -1, .why = "dL/dq"}, CR_ERR_UNKNOWN},
        {{.digits = -1, .why = ""}, CR_ERR_UNKNOWN},
    };
    cr_net *net = network(CR_F64);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char untouched, *out = &untouched;
        size_t len = 42;
        cr_error err = {0};
        assert_int_equal(cr_explain(net, &bad[i].how, &out, &len, &err), bad[i].code);
        assert_int_equal(err.code, bad[i].code);
        assert_ptr_equal(out, &untouched);
        assert_int_equal(len, 42);
        assert_int_equal(cr_explain(net, &bad[i].how, &out, &len, NULL), bad[i].code);
    }
    cr_net_free(net);
}

static void without_examples(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(1);
    cr_net *net = NULL;
    cr_error err = {0};
    char *out = NULL;
    cr_builder_dense(b, 1, "relu");
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, &err), CR_OK);
    assert_int_equal(cr_explain(net, NULL, &out, NULL, &err), CR_ERR_VALUE);
    assert_non_null(strstr(err.message, "no example"));
    cr_net_free(net);
    cr_builder_free(b);
}

/* Pieces, one after the other, are the whole. */
struct gathered {
    char *text;
    size_t len, pieces, stop;
};

static int gather(void *ctx, const char *piece, size_t len)
{
    struct gathered *g = ctx;
    assert_true(len > 0);
    g->text = realloc(g->text, g->len + len + 1);
    memcpy(g->text + g->len, piece, len);
    g->text[g->len += len] = 0;
    return ++g->pieces == g->stop;
}

static void pieces_make_the_whole(void **state)
{
    (void)state;
    cr_net *net = network(CR_F64);
    for (int format = CR_EXPLAIN_TEXT; format <= CR_EXPLAIN_JSON; format++) {
        struct gathered g = {0};
        cr_explain_options how;
        cr_explain_defaults(&how);
        how.format = (cr_explain_format)format;
        char *whole = explained(net, &how);
        how.each = gather;
        how.ctx = &g;
        assert_int_equal(cr_explain(net, &how, NULL, NULL, NULL), CR_OK);
        assert_string_equal(g.text, whole);
        if (format == CR_EXPLAIN_TEXT)
            assert_true(g.pieces > 50);
        free(g.text);
        g = (struct gathered){.stop = 1};
        assert_int_equal(cr_explain(net, &how, NULL, NULL, NULL), CR_ERR_CANCELLED);
        assert_int_equal(g.pieces, 1);
        free(g.text);
        cr_explain_free(whole);
    }
    cr_net_free(net);
}

static void lines_fit(void **state)
{
    (void)state;
    cr_net *net = network(CR_F64);
    cr_explain_options how;
    cr_explain_defaults(&how);
    how.columns = 60;
    char *text = explained(net, &how);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        size_t columns = 0;
        for (char *c = line; *c; c++)
            columns += ((unsigned char)*c & 0xc0) != 0x80;
        assert_true(columns <= 60);
    }
    cr_explain_free(text);
    cr_net_free(net);
}

static json_t *steps_of(const char *text, json_t **root)
{
    *root = json_loads(text, 0, NULL);
    assert_non_null(*root);
    return json_object_get(*root, "steps");
}

static double value_of(json_t *steps, const char *id)
{
    size_t i;
    json_t *s;
    json_array_foreach (steps, i, s)
        if (strcmp(json_string_value(json_object_get(s, "id")), id) == 0)
            return json_number_value(json_object_get(s, "value"));
    fail_msg("no step %s", id);
    return NAN;
}

/* In float32 the explained outputs are those of predicting, bit for bit. */
static void floats_are_those_of_predicting(void **state)
{
    (void)state;
    cr_net *net = network(CR_F32);
    cr_plan *plan = NULL;
    const float in[] = {0.1f, -0.2f, 3, 4, -5, 0.6f}, targets[] = {1, 0, 0, 1, 1, 1};
    float out[6];
    assert_int_equal(cr_plan_create(net, CR_FOR_PREDICTING, 3, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    assert_int_equal(cr_predict(plan, in, out, 3, work, cr_plan_work_size(plan), NULL), CR_OK);
    cr_explain_options how;
    cr_explain_defaults(&how);
    how.format = CR_EXPLAIN_JSON;
    how.rows = 3;
    how.in = in;
    how.targets = targets;
    char *text = explained(net, &how);
    json_t *root, *steps = steps_of(text, &root);
    for (int row = 0; row < 3; row++) {
        for (int k = 0; k < 2; k++) {
            char id[64];
            snprintf(id, sizeof id, "e%d.forward.o%d.activation", row + 1, k + 1);
            assert_true(value_of(steps, id) == (double)out[row * 2 + k]);
        }
    }
    json_decref(root);
    cr_explain_free(text);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
}

static void without_targets_only_forward(void **state)
{
    (void)state;
    cr_net *net = network(CR_F32);
    const float in[] = {0.1f, -0.2f};
    cr_explain_options how;
    cr_explain_defaults(&how);
    how.format = CR_EXPLAIN_JSON;
    how.rows = 1;
    how.in = in;
    char *text = explained(net, &how);
    json_t *root, *steps = steps_of(text, &root), *s;
    size_t i;
    json_array_foreach (steps, i, s) {
        const char *phase = json_string_value(json_object_get(s, "phase"));
        assert_true(strcmp(phase, "given") == 0 || strcmp(phase, "forward") == 0);
    }
    json_decref(root);
    cr_explain_free(text);
    how.format = CR_EXPLAIN_TEXT;
    text = explained(net, &how);
    assert_non_null(strstr(text, "No target is given"));
    cr_explain_free(text);
    cr_net_free(net);
}

/* Explaining changes nothing. */
static void the_network_stays(void **state)
{
    (void)state;
    cr_net *net = network(CR_F64);
    const size_t size = cr_net_n_params(net) * sizeof(double);
    void *before = malloc(size);
    memcpy(before, cr_net_params(net), size);
    cr_explain_free(explained(net, NULL));
    assert_memory_equal(before, cr_net_params(net), size);
    free(before);
    cr_net_free(net);
}

/* A quantity has many spellings. */
static void spellings(void **state)
{
    (void)state;
    static const char *const same[] = {"dL/dw11",
                                       "∂L/∂w11",
                                       "dL/dw_11",
                                       "∂L / ∂w_{11}",
                                       "\\frac{\\partial L}{\\partial w_{11}}",
                                       "$dL/dw_{11}$",
                                       "backward.h1.weight-x1",
                                       "dL/dw_{x1->h1}",
                                       "∂L/∂w_{x1→h1}",
                                       "dC/dw^2_11",
                                       "dE/dw_{11}^{(1)}",
                                       "dE_total/dw1"};
    cr_net *net = network(CR_F64);
    char *first = NULL;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        cr_explain_options how;
        cr_explain_defaults(&how);
        how.notation = "numbered";
        how.why = same[i];
        char *text = explained(net, &how);
        if (first)
            assert_string_equal(text, first);
        else
            first = text;
        if (text != first)
            cr_explain_free(text);
    }
    assert_non_null(strstr(first, "∂L/∂w11 = δ1·x1"));
    assert_null(strstr(first, "w21_new"));
    cr_explain_free(first);
    cr_net_free(net);
}

static void notations_are_listed(void **state)
{
    (void)state;
    int n = 0;
    while (cr_explain_notation(n))
        n++;
    assert_int_equal(n, 6);
    assert_null(cr_explain_notation(-1));
    assert_string_equal(cr_explain_notation(0), "numbered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(without_examples),
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(floats_are_those_of_predicting),
        cmocka_unit_test(without_targets_only_forward),
        cmocka_unit_test(the_network_stays),
        cmocka_unit_test(spellings),
        cmocka_unit_test(notations_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
