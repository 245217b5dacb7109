/* Explaining when memory runs out at any point: an error, nothing leaked, outputs untouched. */
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
#include "chainrule/model.h"
#include "chainrule/train.h"
#include "failing_memory.h"

#if OWN_ALLOCATOR

static const char plain[] =
    "notation: {base: arrows, weight: \"w_{n}\"}\n"
    "inputs: {a: 1, \"b c\": -2}\n"
    "layers:\n"
    "  - {name: hidden, units: [h], activation: prelu, weights: [[0.5, 1]], bias: [0.25]}\n"
    "  - {name: both, units: [o, p], activation: softmax, from: [inputs, hidden],\n"
    "     weights: [[1, 2, 3], [3, 2, 1]], bias: none}\n"
    "targets: [1, 0]\n"
    "loss: half-squared\n";

static const char adam[] = "inputs: {a: 1, c: -2}\n"
                           "layers:\n"
                           "  - {units: [h], activation: tanh, weights: [[0.5, 1]]}\n"
                           "targets: [1]\n"
                           "optimiser: {name: adam, weight-decay: 0.5}\n";

/* Explains with an allocator that fails from call n on; 1 when that was enough. */
static int attempt(const cr_net *net, const cr_explain_options *how, long n)
{
    char untouched, *out = &untouched;
    size_t len = 7;
    cr_error err = {0};
    const long before = outstanding;
    calls_left = n;
    const cr_status status = cr_explain(net, how, &out, &len, &err);
    calls_left = -1;
    if (status != CR_OK) {
        if (status != CR_ERR_MEMORY)
            fail_msg("call %ld: %s: %s", n, cr_status_name(status), err.message);
        assert_ptr_equal(out, &untouched);
        assert_int_equal(len, 7);
    } else {
        cr_explain_free(out);
    }
    if (outstanding != before)
        fail_msg("call %ld: %ld blocks are left", n, outstanding - before);
    return status == CR_OK;
}

static void try_net(const cr_net *net, const cr_explain_options *how)
{
    long n = 0, step = 1;
    while (!attempt(net, how, n)) {
        n += step;
        if (n > 200)
            step = 29;
    }
    assert_true(n > 100);
}

static void try_all(const char *network, const cr_explain_options *how)
{
    cr_net *net = NULL;
    assert_int_equal(cr_net_load_memory(network, strlen(network), "net",
                                        &(cr_load_options){.type = CR_F64}, &net, NULL),
                     CR_OK);
    try_net(net, how);
    cr_net_free(net);
}

static void short_of_memory(void **state)
{
    (void)state;
    for (int format = CR_EXPLAIN_TEXT; format <= CR_EXPLAIN_HTML; format++) {
        for (int form = CR_EXPLAIN_SCALAR; form <= CR_EXPLAIN_MATRIX; form++) {
            cr_explain_options how;
            cr_explain_defaults(&how);
            how.format = (cr_explain_format)format;
            how.form = (cr_explain_form)form;
            try_all(plain, &how);
            try_all(adam, &how);
        }
    }
}

static void short_of_memory_on_the_way(void **state)
{
    (void)state;
    cr_explain_options how;
    cr_explain_defaults(&how);
    how.carry_displayed = 1;
    how.iterations = 2;
    how.why = "dC/dw^2_11"; /* in another notation */
    try_all(plain, &how);
}

/* A trained model of a number (target y) or of classes (target c). */
static cr_model *train(const char *csv, const char *target, cr_table **table)
{
    const cr_table_options columns = {.label = target};
    cr_fit_options options = {.train = {.epochs = 1}};
    cr_model *model = NULL;
    cr_error err = {0};
    static const char numbers[] = "inputs: 7\nlayers: [{units: 1}]\nloss: mean-squared\n";
    static const char classes[] = "inputs: 7\nlayers: [{units: 2, activation: softmax}]\n"
                                  "loss: cross-entropy\n";
    const char *file = *target == 'y' ? numbers : classes;
    assert_int_equal(cr_table_parse("rows", csv, strlen(csv), &columns, table, NULL), CR_OK);
    options.network = file;
    options.network_size = strlen(file);
    assert_int_equal(cr_model_fit(*table, &options, &model, NULL, &err), CR_OK);
    return model;
}

static cr_preparation *prepare(const cr_model *model, const cr_table *table)
{
    cr_preparation *p = NULL;
    cr_status status = CR_ERR_MEMORY;
    for (long n = 0; status != CR_OK; n++) {
        const long before = outstanding;
        calls_left = n;
        status = cr_model_prepare_steps(model, table, 1, &p, NULL);
        calls_left = -1;
        assert_true(status == CR_OK || (status == CR_ERR_MEMORY && !p && outstanding == before));
    }
    return p;
}

static void a_row_short_of_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        cr_table *table = NULL;
        cr_model *model =
            train("x,c,when,y\n1,a,2020-01-01,1\n,b,2020-02-03,2.5\n3,b,2021-01-01,3\n",
                  i % 2 ? "c" : "y", &table);
        cr_preparation *p = prepare(model, table);
        float in[8], targets[2] = {0, 1};
        for (size_t k = 0; k < p->n; k++)
            in[k] = p->input[k].value;
        cr_explain_options how;
        cr_explain_defaults(&how);
        how.form = i < 2 ? CR_EXPLAIN_SCALAR : CR_EXPLAIN_MATRIX;
        how.format = i == 3 ? CR_EXPLAIN_JSON : CR_EXPLAIN_TEXT;
        how.rows = 1;
        how.in = in;
        how.targets = targets;
        how.preparation = p;
        try_net(cr_model_net(model), &how);
        cr_preparation_free(p);
        cr_model_free(model);
        cr_table_free(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_short_of_memory),
        cmocka_unit_test(short_of_memory),
        cmocka_unit_test(short_of_memory_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* a sanitizer has its own allocator */
}

#endif
