/* Splitting and weighting the rows of tables, against numbers worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/network_file.h"
#include "net/net.h"
#include "train/class_weights.h"
#include "train/rows.h"
#include "train/trainer.h"
#include "weighted.inc"

static cr_table *parse(const char *text, const cr_table_options *options)
{
    cr_table *t = NULL;
    cr_error err = {0};
    if (cr_table_parse("t.csv", text, strlen(text), options, &t, &err))
        fail_msg("%s", err.message);
    return t;
}

/* What cr_model_fit does before it trains. 0, or the error's code. */
static cr_status prepare(struct fit *f, struct rows *r, cr_error *err)
{
    cr_status status = cr_fit_read(f, err);
    if (status == CR_OK)
        status = cr_fit_choose_task(f, err);
    if (status == CR_OK)
        status = cr_rows_split(f, r, err);
    if (status == CR_OK)
        status = cr_rows_fit(f, r, err);
    if (status == CR_OK)
        status = cr_fit_choose_network(f, err);
    return status == CR_OK ? cr_rows_prepare(f, r, err) : status;
}

static void release(struct fit *f, struct rows *r)
{
    cr_rows_free(r);
    cr_spec_free(f->spec);
    cr_prepare_free(&f->prepare);
    cr_arena_free(&f->arena);
}

/* Fails with this message. */
static void refused(const cr_table *t, const cr_fit_options *o, const char *want)
{
    struct fit f = {.table = t, .options = o};
    struct rows r = {0};
    cr_error err = {0};
    char told[1024];
    assert_int_not_equal(prepare(&f, &r, &err), CR_OK);
    cr_error_format(&err, told, sizeof told);
    assert_string_equal(told, want);
    release(&f, &r);
}

static void class_weights(void **state)
{
    (void)state;
    /* sklearn.utils.class_weight.compute_class_weight("balanced", ...) of 4 a, 1 b, 3 c:
     * 8 / (3 * 4), 8 / (3 * 1), 8 / (3 * 3) */
    static const uint32_t of[] = {0, 0, 0, 0, 1, 2, 2, 2};
    const char *names[] = {"a", "b,", "c"};
    const struct classes c = {.n = 3, .name = names};
    double *w = NULL;
    cr_error err = {0};
    assert_int_equal(cr_class_weights("balanced", &c, of, 8, &w, NULL), CR_OK);
    assert_true(w[0] == 8 / 12.0 && w[1] == 8 / 3.0 && w[2] == 8 / 9.0);
    free(w);
    assert_int_equal(cr_class_weights("c=2.5,\"b,=0\"", &c, of, 8, &w, NULL), CR_OK);
    assert_true(w[0] == 1 && w[1] == 0 && w[2] == 2.5);
    free(w);
    static const char *const bad[][2] = {
        {"c", "CLASS=WEIGHT is needed"},
        {"c=x", "a weight must be a number of 0 or more"},
        {"c=-1", "a weight must be a number of 0 or more"},
        {"C=1", "there is no class 'C'"},
        {"a=1,\"b", "this quote is not closed"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_not_equal(cr_class_weights(bad[i][0], &c, of, 8, &w, &err), CR_OK);
        assert_string_equal(err.message, bad[i][1]);
    }
}

static void weights_of_rows(void **state)
{
    (void)state;
    const cr_table_options as = {.label = "y", .weight = "w"};
    cr_table *t = parse("x,y,w\n1,a,1\n2,b,3\n3,a,2\n4,,9\n5,b,2\n", &as);
    const cr_fit_options o = {.class_weights = "b=2"};
    struct fit f = {.table = t, .options = &o};
    struct rows r = {0};
    cr_error err = {0};
    if (prepare(&f, &r, &err))
        fail_msg("%s", err.message);
    /* 1, 6, 2, 4: mean 3.25; the row without a target is left out, and w is no input */
    assert_int_equal(r.unlabelled, 1);
    assert_int_equal(r.split.train, 4);
    assert_int_equal(f.prepare.n_inputs, 1);
    static const double want[] = {1, 6, 2, 4};
    for (int i = 0; i < 4; i++)
        assert_true(r.weight[i] == (float)(want[i] / 3.25));
    release(&f, &r);
    cr_table_free(t);
    t = parse("x,y,w\n1,a,1\n2,b,\n", &as);
    refused(t, &(cr_fit_options){0},
            "t.csv: error: row 2 has a target, but no weight in column 'w'\n");
    cr_table_free(t);
    t = parse("x,y,w\n1,a,1\n2,b,9e29\n", &as);
    refused(t, &(cr_fit_options){.class_weights = "b=2"},
            "t.csv: error: row 2: its weight times its class's is not from 0 to 1e30\n");
    cr_table_free(t);
    t = parse("x,y,w\n1,a,0\n2,b,0\n", &as);
    refused(t, &(cr_fit_options){0}, "t.csv: error: no row to train on has a weight above 0\n");
    cr_table_free(t);
    t = parse("x,y\n1,1.5\n2,2.5\n", &(cr_table_options){.label = "y"});
    refused(t, &(cr_fit_options){.class_weights = "balanced"},
            "error: class weights are for a classification\n");
    refused(t, &(cr_fit_options){.split = CR_SPLIT_STRATIFIED},
            "error: a stratified split needs classes\n");
    refused(t, &(cr_fit_options){.split = CR_SPLIT_GROUP},
            "error: a split by group needs a group column\n");
    refused(t, &(cr_fit_options){.split = CR_SPLIT_TIME},
            "error: a split by time needs a column of dates or numbers\n");
    cr_table_free(t);
    t = parse("x,y,g\n1,1.5,a\n2,2.5,b\n",
              &(cr_table_options){.label = "y", .group = "g", .order = "x"});
    refused(t, &(cr_fit_options){0},
            "error: rows are set aside by group or by time, not by both; --split group or --split "
            "time says which\n");
    cr_table_free(t);
}

static struct tally tally_all(cr_task task, const float *outputs, size_t n)
{
    enum { ROWS = sizeof sample_weight / sizeof *sample_weight };
    struct tally t = {.task = task, .unit = 1};
    for (size_t i = 0; i < ROWS; i++) {
        float target[3] = {sample_target[i]};
        for (int k = 0; n == 3 && k < 3; k++)
            target[k] = k == sample_class[i];
        cr_tally_row(&t, outputs + i * n, target, n, (double)sample_weight[i]);
    }
    assert_int_equal(t.rows, ROWS);
    return t;
}

/* Against scikit-learn's with sample_weight; the loss from batches of 10, of which it is the mean. */
static void metrics_have_weights(void **state)
{
    (void)state;
    struct tally t = tally_all(CR_CLASSIFICATION, probability, 3);
    for (size_t at = 0; at < sizeof sample_weight / sizeof *sample_weight; at += 10) {
        double sum = 0, loss = 0;
        for (size_t i = at; i < at + 10 && i < sizeof sample_weight / sizeof *sample_weight; i++) {
            sum += (double)sample_weight[i];
            loss -= (double)sample_weight[i] *
                    log((double)probability[3 * i + (size_t)sample_class[i]]);
        }
        cr_tally_loss(&t, loss / sum, sum);
    }
    cr_tally_loss(&t, NAN, 0); /* a batch in which nothing counts */
    cr_metrics m = cr_tally_metrics(&t);
    assert_true(fabs(m.accuracy - want_accuracy) < 1e-12);
    assert_true(fabs(m.loss - want_loss) < 1e-12);
    t = tally_all(CR_REGRESSION, sample_answer, 1);
    m = cr_tally_metrics(&t);
    assert_true(fabs(m.rmse - want_rmse) < 1e-12);
    assert_true(fabs(m.r2 - want_r2) < 1e-12);
}

/* Two epochs of batches of 3, the second of which has weight 0 alone: gradient descent by hand, in
 * float64, of sum w (a x + b - y)^2 / sum w. */
static void weights_are_in_the_loss(void **state)
{
    (void)state;
    static const char network[] = "inputs: 1\nlayers: [{units: 1}]\nloss: mean-squared\n";
    static const float in[8] = {1, -2, 0.5, 3, 1, -1, 2, -0.5}, to[8] = {1, 2, 0, -1, 4, 1, 0.5, 3},
                       weight[8] = {2, 0.25, 1, 0, 0, 0, 3, 0.5};
    const struct examples rows = {.in = in, .targets = to, .weight = weight, .rows = 8};
    const cr_train_options o = {
        .epochs = 2, .batch = 3, .threads = 1, .learning_rate = 0.05, .in_order = 1};
    struct spec *spec = NULL;
    cr_net *net = NULL;
    cr_trainer *t = NULL;
    cr_train_result result;
    assert_int_equal(cr_network_file_read(network, sizeof network - 1, "n", 1 << 20, &spec, NULL),
                     CR_OK);
    assert_int_equal(cr_net_build(spec, CR_F32, 1, 0, &net, NULL), CR_OK);
    const float *got = cr_net_params(net);
    const size_t bias = cr_net_group(net, 1).offset;
    double a = (double)got[0], b = (double)got[bias];
    for (int step = 0; step < 6; step++) {
        const int first = step % 3 * 3, last = first == 6 ? 8 : first + 3;
        double sum = 0, da = 0, db = 0;
        for (int i = first; i < last; i++) {
            const double x = (double)in[i], v = (double)weight[i];
            const double error = a * x + b - (double)to[i];
            sum += v;
            da += 2 * v * error * x;
            db += 2 * v * error;
        }
        a -= sum > 0 ? 0.05 * da / sum : 0;
        b -= sum > 0 ? 0.05 * db / sum : 0;
    }
    double sum = 0, squares = 0;
    for (int i = 0; i < 8; i++) {
        const double error = a * (double)in[i] + b - (double)to[i];
        sum += (double)weight[i];
        squares += (double)weight[i] * error * error;
    }
    assert_int_equal(cr_trainer_open(net, &rows, NULL, &o, &t, NULL), CR_OK);
    assert_int_equal(cr_trainer_run(t, NULL), CR_OK);
    cr_trainer_finish(t, &result);
    assert_true(fabs((double)got[0] - a) < 1e-6 && fabs((double)got[bias] - b) < 1e-6);
    assert_int_equal(result.steps, 6);
    assert_int_equal(result.train.rows, 8);
    assert_true(fabs(result.train.loss - squares / sum) < 1e-5);
    assert_true(fabs(result.train.rmse - sqrt(squares / sum)) < 1e-5);
    cr_trainer_free(t);
    cr_net_free(net);
}

/* Parts of other files come behind; what is fitted is fitted on the first. */
static void parts_of_other_tables(void **state)
{
    (void)state;
    char path[] = "/tmp/chainrule-rows-XXXXXX";
    const int fd = mkstemp(path);
    static const char text[] = "y,kind,x\nb,new,9\na,red,8\n,red,7\n";
    assert_int_equal(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    const cr_table_options as = {.label = "y"};
    cr_table *t = parse("x,kind,y\n1,red,a\n2,blue,b\n3,red,a\n4,green,b\n", &as), *other = NULL;
    cr_error err = {0};
    if (cr_table_read_like(path, t, &other, &err))
        fail_msg("%s", err.message);
    const cr_fit_options o = {.test_table = other,
                              .validation = 0.5,
                              .held_out = 0.5, /* gives way to the table */
                              .scaling = CR_SCALING_NONE};
    struct fit f = {.table = t, .options = &o};
    struct rows r = {0};
    if (prepare(&f, &r, &err))
        fail_msg("%s", err.message);
    assert_true(r.split.train == 2 && r.split.validation == 2 && r.split.test == 2);
    const float *test = r.in + 4 * f.prepare.n_inputs;
    assert_true(test[0] == 9 && test[f.prepare.n_inputs] == 8);
    assert_true(r.classes[4] == 1 && r.classes[5] == 0);
    for (size_t i = 1; i < f.prepare.n_inputs; i++)
        assert_true(test[i] == 0); /* the colour is new */
    release(&f, &r);
    cr_table_free(other);

    other = parse("x,kind,y\n1,red,c\n", &as);
    refused(t, &(cr_fit_options){.test_table = other},
            "t.csv: error: no row to train on has the class 'c'\n");
    cr_table_free(other);
    cr_table_free(t);
    unlink(path);
}

static void groups_stay_together(void **state)
{
    (void)state;
    char text[4096] = "x,who,y\n";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%d,p%d,%d.5\n", i, i % 12, i);
    cr_table *t = parse(text, &(cr_table_options){.label = "y", .group = "who"});
    const cr_fit_options o = {.held_out = 0.25};
    struct fit f = {.table = t, .options = &o};
    struct rows r = {0};
    cr_error err = {0};
    if (prepare(&f, &r, &err))
        fail_msg("%s", err.message);
    assert_int_equal(r.split.test, 15);
    assert_int_equal(f.prepare.n_inputs, 1);
    for (size_t i = 0; i < r.split.train; i++)
        for (size_t k = r.split.train; k < 60; k++)
            assert_true(r.split.row[i] % 12 != r.split.row[k] % 12);
    release(&f, &r);
    cr_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_weights),         cmocka_unit_test(weights_of_rows),
        cmocka_unit_test(metrics_have_weights),  cmocka_unit_test(weights_are_in_the_loss),
        cmocka_unit_test(parts_of_other_tables), cmocka_unit_test(groups_stay_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
