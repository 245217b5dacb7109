/* Training with bf16 products: its bits, its record, and how good its models are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "chainrule/train.h"
#include "formats/model_file.h"
#include "kernels/kernels.h"
#include "net/net.h"

enum { ROWS = 700, INPUTS = 37, OUTPUTS = 5 };

struct rows {
    float in[ROWS * INPUTS], targets[ROWS * OUTPUTS];
};

static cr_examples some_rows(struct rows *r)
{
    const struct random_key key = {11, RANDOM_CHECK, 0};
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        r->in[i] = (float)cr_random_below(key, i, 2001) / 1000 - 1;
    for (size_t i = 0; i < ROWS; i++)
        r->targets[i * OUTPUTS + (r->in[i * INPUTS] > 0) + 2 * (r->in[i * INPUTS + 1] > 0)] = 1;
    return (cr_examples){r->in, r->targets, ROWS};
}

/* Batches that are one slice of rows, and several; and a network large enough for its products
 * to be cut into parts. */
static const struct shape {
    size_t hidden, batch;
} shapes[] = {{90, 32}, {90, 300}, {260, 300}};

/* Weights after two epochs. */
static cr_net *trained(const cr_examples *rows, const struct shape *shape, cr_precision precision,
                       int threads)
{
    cr_builder *b = cr_builder_create(INPUTS);
    cr_builder_dense(b, shape->hidden, "relu");
    if (shape->hidden > 200)
        cr_builder_dense(b, shape->hidden, "tanh");
    cr_builder_dense(b, OUTPUTS, "softmax");
    cr_builder_loss(b, "cross-entropy", 0);
    cr_net *net = NULL;
    const cr_train_options o = {.epochs = 2,
                                .batch = shape->batch,
                                .learning_rate = 0.1,
                                .seed = 3,
                                .threads = threads,
                                .precision = precision};
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_train(net, rows, NULL, &o, NULL, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

static int same(const cr_net *a, const cr_net *b)
{
    return memcmp(a->values, b->values, a->block * sizeof(float)) == 0;
}

/* Any number of threads; and any instruction set but those whose bits are
 * their own. */
static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 8};
    struct rows rows;
    const cr_examples examples = some_rows(&rows);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        assert_int_equal(setenv("CHAINRULE_ISA", "ref", 1), 0);
        cr_net *want = trained(&examples, &shapes[i], CR_PRECISION_BF16, 1);
        cr_net *f32 = trained(&examples, &shapes[i], CR_PRECISION_FLOAT32, 1);
        assert_false(same(want, f32));
        for (int isa = ISA_REF; isa < ISA_COUNT; isa++) {
            if (!cr_kernels_bf16((enum isa)isa))
                continue;
            assert_int_equal(setenv("CHAINRULE_ISA", cr_isa_name((enum isa)isa), 1), 0);
            if (cr_isa_is_near((enum isa)isa)) {
                cr_net_free(want);
                want = trained(&examples, &shapes[i], CR_PRECISION_BF16, 1);
            }
            for (size_t t = 0; t < 4; t++) {
                cr_net *got = trained(&examples, &shapes[i], CR_PRECISION_BF16, threads[t]);
                if (!same(want, got))
                    fail_msg("shape %zu, %d threads, %s", i, threads[t],
                             cr_isa_name((enum isa)isa));
                cr_net_free(got);
            }
        }
        cr_net_free(want);
        cr_net_free(f32);
    }
    assert_int_equal(unsetenv("CHAINRULE_ISA"), 0);
}

static void needs_a_float32_network(void **state)
{
    (void)state;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 1, "tanh");
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    cr_error err = {0};
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    assert_int_equal(cr_plan_create_in(net, CR_FOR_TRAINING, CR_PRECISION_BF16, 4, &plan, &err),
                     CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "bf16 needs a float32 network");
    assert_int_equal(cr_plan_create_in(net, CR_FOR_TRAINING, (cr_precision)7, 4, &plan, &err),
                     CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "7 is no precision");
    assert_null(plan);
    cr_net_free(net);
    cr_builder_free(b);
}

static const char digits_net[] = "inputs: 64\nlayers: [{units: 128, activation: relu}, "
                                 "{units: 10, activation: softmax}]\n"
                                 "loss: {name: cross-entropy, smoothing: 0.1}\n"
                                 "train: {epochs: 12}\n";

static cr_model *digits(const cr_table *table, const char *network, cr_precision precision,
                        uint64_t seed, cr_fit_report *report)
{
    const cr_fit_options o = {.has_seed = 1,
                              .network = network,
                              .network_size = strlen(network),
                              .network_name = "net",
                              .held_out = 0.2,
                              .train = {.seed = seed, .precision = precision}};
    cr_model *m = NULL;
    cr_error err = {0};
    if (cr_model_fit(table, &o, &m, report, &err) != CR_OK)
        fail_msg("%s", err.message);
    return m;
}

static cr_table *digits_table(void)
{
    const cr_table_options wanted = {.label = "digit"};
    cr_table *t = NULL;
    assert_int_equal(cr_table_read(SOURCE_DIR "/examples/data/digits.csv", &wanted, &t, NULL),
                     CR_OK);
    return t;
}

/* An option wins over the network file; what was used is in the model's record. */
static void is_recorded(void **state)
{
    (void)state;
    static const char net[] = "inputs: 64\nlayers: [{units: 10, activation: softmax}]\n"
                              "loss: cross-entropy\ntrain: {epochs: 1, precision: bf16}\n";
    static const struct {
        const char *network;
        cr_precision given, used;
    } cases[] = {
        {digits_net, CR_PRECISION_DEFAULT, CR_PRECISION_FLOAT32},
        {digits_net, CR_PRECISION_BF16, CR_PRECISION_BF16},
        {net, CR_PRECISION_DEFAULT, CR_PRECISION_BF16},
        {net, CR_PRECISION_FLOAT32, CR_PRECISION_FLOAT32},
    };
    cr_table *t = digits_table();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_fit_report report;
        const int bf16 = cases[i].used == CR_PRECISION_BF16;
        cr_model *m = digits(t, cases[i].network, cases[i].given, 1, &report);
        const char *record = cr_model_training(m);
        assert_int_equal(report.precision, cases[i].used);
        assert_int_equal(strstr(record, "\"precision\":\"bf16\"") != NULL, bf16);
        assert_int_equal(strstr(record, "\"precision\":\"float32\"") != NULL, !bf16);
        assert_int_equal(cr_model_net(m)->spec->precision == CR_PRECISION_BF16, bf16);
        cr_model_free(m);
    }
    cr_table_free(t);
}

/* What the record says of the held-out rows is what predicting in float32 will give. */
static void is_measured_in_float32(void **state)
{
    (void)state;
    struct rows rows;
    const cr_examples examples = some_rows(&rows);
    cr_net *net = trained(&examples, &shapes[0], CR_PRECISION_BF16, 1);
    cr_train_result measured;
    cr_plan *plan = NULL;
    const cr_train_options still = {.epochs = 1,
                                    .batch = ROWS,
                                    .learning_rate = 1e-30, /* changes nothing */
                                    .task = CR_CLASSIFICATION,
                                    .precision = CR_PRECISION_BF16};
    assert_int_equal(cr_train(net, &examples, NULL, &still, &measured, NULL), CR_OK);
    assert_int_equal(cr_plan_create(net, CR_FOR_TRAINING, ROWS, &plan, NULL), CR_OK);
    void *work = cr_work_alloc(cr_plan_work_size(plan));
    double loss = 0;
    assert_int_equal(cr_train_step(plan, NULL, rows.in, rows.targets, ROWS, 1e-30, &loss, work,
                                   cr_plan_work_size(plan), NULL),
                     CR_OK);
    assert_true(measured.train.loss == loss);
    cr_work_free(work);
    cr_plan_free(plan);
    cr_net_free(net);
}

/* test_all_precision.py asks this of larger sets and more seeds. */
static void digits_are_learned_as_well(void **state)
{
    (void)state;
    double mean[2] = {0, 0}, worst = 1;
    cr_table *t = digits_table();
    for (int bf16 = 0; bf16 < 2; bf16++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            cr_fit_report r;
            cr_model_free(
                digits(t, digits_net, bf16 ? CR_PRECISION_BF16 : CR_PRECISION_FLOAT32, seed, &r));
            mean[bf16] += r.result_test.accuracy / 3;
            worst = r.result_test.accuracy < worst ? r.result_test.accuracy : worst;
        }
    cr_table_free(t);
    if (!(mean[1] >= mean[0] - 0.006) || !(worst >= 0.95))
        fail_msg("float32 %g, bf16 %g, worst %g", mean[0], mean[1], worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(needs_a_float32_network),
        cmocka_unit_test(is_recorded),
        cmocka_unit_test(is_measured_in_float32),
        cmocka_unit_test(digits_are_learned_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
