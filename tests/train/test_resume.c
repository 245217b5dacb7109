/* Checkpoints: a training that was interrupted anywhere ends with the bits of one that was not;
 * and files that are no checkpoint of this training. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/list.h"
#include "chainrule/train.h"
#include "formats/read_file.h"
#include "net/net.h"
#include "train/trainer.h"

enum { ROWS = 60, VALID = 20, INPUTS = 3, OUTPUTS = 2 };

static float in[(ROWS + VALID) * INPUTS], targets[(ROWS + VALID) * OUTPUTS];
static const cr_examples rows = {in, targets, ROWS};
static const cr_examples valid = {in + ROWS * INPUTS, targets + ROWS *OUTPUTS, VALID};
static char folder[] = "/tmp/chainrule-resume-XXXXXX", path[64];

/* noisy: with what is drawn anew in every step, and with running averages. */
static int noisy;

static cr_net *make_net(const char *optimiser)
{
    cr_builder *b = cr_builder_create(INPUTS);
    if (noisy)
        cr_builder_noise(b, 0.3);
    cr_builder_dense(b, 5, "tanh");
    if (noisy)
        cr_builder_batch_norm(b, 0.1);
    if (noisy)
        cr_builder_dropout(b, 0.25);
    cr_builder_dense(b, OUTPUTS, "identity");
    cr_builder_loss(b, "mean-squared", 0);
    cr_builder_optimiser(b, optimiser, 0.02);
    cr_builder_average(b, strcmp(optimiser, "adamw") ? 0 : 0.9);
    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_builder_build(b, CR_F32, 7, &net, &err) != CR_OK)
        fail_msg("%s", err.message);
    cr_builder_free(b);
    return net;
}

/* Save and stop after `stop` steps; 0: never. */
static int interrupt(void *ctx, const cr_progress *p)
{
    const size_t stop = *(size_t *)ctx;
    assert_null(p->checkpoint_error);
    return !p->epoch_done && p->total_steps == stop ? CR_TRAIN_SAVE | CR_TRAIN_STOP : 0;
}

struct outcome {
    cr_net *net;
    cr_train_result result;
    cr_epoch history[64];
    size_t n_history;
};

static void train(struct outcome *o, const char *optimiser, const cr_train_options *options)
{
    cr_trainer *t;
    cr_error err = {0};
    size_t n;
    memset(o, 0, sizeof *o);
    o->net = make_net(optimiser);
    if (cr_trainer_create(o->net, &rows, &valid, options, &t, &err) ||
        (options->resume && cr_trainer_resume(t, path, &err)) || cr_trainer_run(t, &err))
        fail_msg("%s", err.message);
    cr_trainer_finish(t, &o->result);
    const cr_epoch *h = cr_trainer_history(t, &n);
    memcpy(o->history, h, n * sizeof *h);
    o->n_history = n;
    cr_trainer_free(t);
}

static void same(const struct outcome *a, const struct outcome *b)
{
    assert_memory_equal(a->net->values, b->net->values, a->net->block * sizeof(float));
    assert_memory_equal(&a->result, &b->result, sizeof a->result);
    assert_int_equal(a->n_history, b->n_history);
    assert_memory_equal(a->history, b->history, sizeof a->history);
}

static void every_step_can_be_the_last(const char *optimiser, const cr_train_options *options)
{
    struct outcome whole, half, rest;
    cr_train_options o = *options;
    size_t stop = 0;
    o.progress = interrupt;
    o.ctx = &stop;
    o.checkpoint = path;
    o.threads = 1;
    train(&whole, optimiser, &o);
    assert_false(whole.result.stopped);
    for (stop = 1; stop <= whole.result.steps; stop++) {
        o.resume = 0;
        o.threads = 1;
        train(&half, optimiser, &o);
        assert_int_equal(half.result.steps, stop);
        size_t never = 0;
        o.ctx = &never;
        o.resume = 1;
        o.threads = 2;
        train(&rest, optimiser, &o);
        o.ctx = &stop;
        rest.result.stopped = whole.result.stopped;
        same(&whole, &rest);
        cr_net_free(half.net);
        cr_net_free(rest.net);
    }
    cr_net_free(whole.net);
}

static void resumes_to_the_same_bits(void **state)
{
    (void)state;
    cr_list_row row;
    for (size_t i = 0; cr_list(CR_LIST_OPTIMISERS, i, &row); i++)
        every_step_can_be_the_last(
            row.name, &(cr_train_options){
                          .epochs = 3, .batch = strncmp(row.name, "lbfgs", 5) ? 17 : 0, .seed = i});
}

static void resumes_with_dropout_and_noise(void **state)
{
    (void)state;
    struct outcome with, without;
    const cr_train_options o = {.epochs = 3, .batch = 17, .seed = 4};
    train(&without, "adam", &o);
    noisy = 1;
    every_step_can_be_the_last("adam", &o);
    every_step_can_be_the_last("gradient-descent", &o);
    train(&with, "adam", &o);
    noisy = 0;
    assert_true(with.result.train.loss != without.result.train.loss);
    cr_net_free(with.net);
    cr_net_free(without.net);
}

static void resumes_with_every_schedule(void **state)
{
    (void)state;
    cr_list_row row;
    for (size_t i = 0; cr_list(CR_LIST_SCHEDULES, i, &row); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s warm-up=2%s", row.name,
                 strcmp(row.name, "plateau") ? "" : " patience=0 threshold=0.5");
        every_step_can_be_the_last(
            "adam",
            &(cr_train_options){.epochs = 4, .batch = 25, .drop_last = 1, .schedule = text});
    }
    every_step_can_be_the_last("adam", &(cr_train_options){.epochs = 12,
                                                           .batch = 30,
                                                           .learning_rate = 0.5,
                                                           .task = CR_CLASSIFICATION,
                                                           .patience = 2});
    every_step_can_be_the_last("momentum", &(cr_train_options){.epochs = 3,
                                                               .batch = 32,
                                                               .keep = CR_KEEP_LAST,
                                                               .precision = CR_PRECISION_BF16});
}

static void threads_give_the_same_bits(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 4, 8};
    struct outcome first, next;
    for (size_t i = 0; i < 5; i++) {
        const cr_train_options o = {
            .epochs = 3, .batch = 60, .threads = threads[i], .schedule = "coslog4"};
        train(i ? &next : &first, "adam", &o);
        if (i) {
            same(&first, &next);
            cr_net_free(next.net);
        }
    }
    cr_net_free(first.net);
}

/* Long histories keep every second, fourth, ... epoch and the last, also over a break. */
static void long_histories_are_thinned(void **state)
{
    (void)state;
    cr_trainer *t, *u;
    size_t n, m;
    const cr_train_options o = {.epochs = 2 * HISTORY + 500, .batch = ROWS, .threads = 1};
    cr_net *net = make_net("adam"), *other = make_net("adam");
    assert_int_equal(cr_trainer_create(net, &rows, NULL, &o, &t, NULL), CR_OK);
    assert_int_equal(cr_trainer_create(other, &rows, NULL, &o, &u, NULL), CR_OK);
    for (size_t i = 0; i < HISTORY + 301; i++)
        assert_int_equal(cr_trainer_epoch(t, NULL, NULL), CR_OK);
    assert_int_equal(cr_trainer_save(t, path, NULL), CR_OK);
    assert_int_equal(cr_trainer_resume(u, path, NULL), CR_OK);
    assert_int_equal(cr_trainer_run(t, NULL), CR_OK);
    assert_int_equal(cr_trainer_run(u, NULL), CR_OK);
    const cr_epoch *a = cr_trainer_history(t, &n), *b = cr_trainer_history(u, &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n * sizeof *a);
    assert_true(n > HISTORY / 2 && n <= HISTORY);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(a[i].epoch, i + 1 < n ? 4 * (i + 1) : 2 * HISTORY + 500);
    cr_trainer_free(t);
    cr_trainer_free(u);
    cr_net_free(net);
    cr_net_free(other);
}

/* The best epoch, of equals the later; by hand from the history. */
static void keeps_the_best_epoch(void **state)
{
    (void)state;
    struct outcome o, last;
    cr_train_options options = {.epochs = 40, .batch = 20, .task = CR_CLASSIFICATION};
    train(&o, "adam", &options);
    size_t best = 0;
    for (size_t i = 0; i < o.n_history; i++)
        if (o.history[i].validation.accuracy >= o.history[best].validation.accuracy)
            best = i;
    assert_int_equal(o.result.best_epoch, best + 1);
    assert_true(o.result.validation.accuracy == o.history[best].validation.accuracy);
    assert_true(o.result.validation.loss == o.history[best].validation.loss);
    options.epochs = best + 1;
    options.keep = CR_KEEP_LAST;
    train(&last, "adam", &options);
    assert_memory_equal(o.net->values, last.net->values, o.net->block * sizeof(float));
    assert_int_equal(last.result.best_epoch, 0);
    cr_net_free(o.net);
    cr_net_free(last.net);
}

static void patience_ends_it(void **state)
{
    (void)state;
    struct outcome o;
    const cr_train_options options = {
        .epochs = 60, .batch = 20, .patience = 3, .learning_rate = 0.5};
    train(&o, "adam", &options);
    assert_true(o.result.early && !o.result.stopped);
    assert_int_equal(o.result.epochs, o.result.best_epoch + 3);
    cr_net_free(o.net);
}

static void drops_the_short_batch(void **state)
{
    (void)state;
    struct outcome o;
    train(&o, "adam", &(cr_train_options){.epochs = 2, .batch = 25, .drop_last = 1});
    assert_int_equal(o.result.steps, 4);
    assert_int_equal(o.history[0].train.rows, 50);
    cr_net_free(o.net);
    train(&o, "adam", &(cr_train_options){.epochs = 2, .batch = 1000, .drop_last = 1});
    assert_int_equal(o.result.steps, 2);
    cr_net_free(o.net);
}

/* Everything that is wrong with a file leaves the trainer as it was. */
static void refuse(const char *file, const cr_train_options *options, const char *optimiser,
                   const char *want)
{
    cr_net *net = make_net(optimiser);
    cr_trainer *t;
    cr_error err = {0};
    assert_int_equal(cr_trainer_create(net, &rows, &valid, options, &t, NULL), CR_OK);
    struct position before = t->at;
    float *values = malloc(net->block * sizeof *values);
    memcpy(values, net->values, net->block * sizeof *values);
    assert_int_not_equal(cr_trainer_resume(t, file, &err), CR_OK);
    if (!strstr(err.message, want))
        fail_msg("'%s' is not in '%s'", want, err.message);
    assert_memory_equal(&t->at, &before, sizeof before);
    assert_memory_equal(net->values, values, net->block * sizeof *values);
    free(values);
    cr_trainer_free(t);
    cr_net_free(net);
}

static void save_one(const cr_train_options *options)
{
    cr_net *net = make_net("adam");
    cr_trainer *t;
    assert_int_equal(cr_trainer_create(net, &rows, &valid, options, &t, NULL), CR_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(cr_trainer_step(t, NULL, NULL), CR_OK);
    assert_int_equal(cr_trainer_save(t, path, NULL), CR_OK);
    cr_trainer_free(t);
    cr_net_free(net);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    const cr_train_options o = {.epochs = 3, .batch = 20, .seed = 5};
    cr_train_options other = o;
    save_one(&o);
    refuse("/nowhere/x", &o, "adam", "cannot open '/nowhere/x': No such file or directory");
    refuse(SOURCE_DIR "/examples/data/digits.csv", &o, "adam", "");
    refuse(path, &o, "adamw", "it has 'optimiser: {name: adam");
    other.epochs = 4;
    refuse(path, &other, "adam", "it has 'epochs: 3' where this one has 'epochs: 4'");
    other = o;
    other.seed = 6;
    refuse(path, &other, "adam", "it has 'seed: 5' where this one has 'seed: 6'");
    other = o;
    other.schedule = "cosine";
    refuse(path, &other, "adam",
           "it has 'schedule: constant' where this one has 'schedule: cosine'");
    in[7] += 1;
    refuse(path, &o, "adam", "it has 'rows: ");
    in[7] -= 1;
}

/* Cut anywhere, and with any bit changed: refused. */
static void broken_files_do_no_harm(void **state)
{
    (void)state;
    const cr_train_options o = {.epochs = 3, .batch = 20};
    char *bytes, broken[80];
    size_t size, damaged = 0;
    save_one(&o);
    assert_int_equal(cr_read_file(path, &bytes, &size, NULL), CR_OK);
    snprintf(broken, sizeof broken, "%s/broken", folder);
    cr_net *net = make_net("adam");
    cr_trainer *t;
    assert_int_equal(cr_trainer_create(net, &rows, &valid, &o, &t, NULL), CR_OK);
    for (size_t i = 0; i < 400; i++) {
        const size_t at = size * i / 400;
        FILE *f = fopen(broken, "wb");
        fwrite(bytes, 1, i % 2 ? at : size, f);
        if (i % 2 == 0) {
            fseek(f, (long)at, SEEK_SET);
            fputc(bytes[at] ^ 1 << (i / 2 % 8), f);
        }
        fclose(f);
        cr_error err = {0};
        assert_int_equal(cr_trainer_resume(t, broken, &err), CR_ERR_FORMAT);
        damaged += strstr(err.message, "the checkpoint is damaged: ") != NULL;
        assert_true(t->at.step == 0 && t->at.epoch == 0);
    }
    assert_true(damaged > 100);
    assert_int_equal(cr_trainer_resume(t, path, NULL), CR_OK);
    assert_int_equal(t->at.total_steps, 5);
    cr_trainer_free(t);
    cr_net_free(net);
    free(bytes);
    unlink(broken);
}

/* A checkpoint that cannot be written is reported, and training goes on. */
static int note_error(void *ctx, const cr_progress *p)
{
    *(int *)ctx += p->checkpoint_error != NULL;
    return CR_TRAIN_SAVE;
}

static void goes_on_without_a_checkpoint(void **state)
{
    (void)state;
    struct outcome with, without;
    int errors = 0;
    const cr_train_options plain = {.epochs = 2, .batch = 20};
    cr_train_options o = plain;
    o.checkpoint = "/dev/full";
    o.progress = note_error;
    o.ctx = &errors;
    train(&without, "adam", &plain);
    train(&with, "adam", &o);
    assert_int_equal(errors, 7); /* every call but the first */
    assert_int_equal(with.result.checkpoint_error.code, CR_ERR_IO);
    with.result.checkpoint_error = without.result.checkpoint_error;
    same(&with, &without);
    cr_net_free(with.net);
    cr_net_free(without.net);
}

static int there(const char *name)
{
    return access(name, F_OK) == 0;
}

static void touch(char *name, const char *format, long process)
{
    snprintf(name, 120, format, path, process);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fclose(f);
}

/* What a process that was killed while it wrote left behind goes; what another one is writing, and
 * files of other names, stay. */
static void removes_what_a_killed_process_left(void **state)
{
    (void)state;
    char dead[120], alive[120], other[120];
    struct outcome o;
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    touch(dead, "%s.%ld-0.tmp", child);
    touch(alive, "%s.%ld-1.tmp", getppid());
    touch(other, "%s.%ld-0.tmp.csv", child);
    train(&o, "adam", &(cr_train_options){.epochs = 1, .batch = 20, .checkpoint = path});
    cr_net_free(o.net);
    assert_false(there(dead));
    assert_true(there(alive) && there(other));
    unlink(alive);
    unlink(other);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < (ROWS + VALID) * INPUTS; i++)
        in[i] = (float)sin((double)i * 0.77 + 0.5);
    for (size_t i = 0; i < (ROWS + VALID) * OUTPUTS; i++)
        targets[i] = (float)(in[i] * in[i + 1] + 0.2 * sin((double)i * 1.31));
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where a temporary file was left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumes_to_the_same_bits),
        cmocka_unit_test(resumes_with_dropout_and_noise),
        cmocka_unit_test(resumes_with_every_schedule),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(long_histories_are_thinned),
        cmocka_unit_test(keeps_the_best_epoch),
        cmocka_unit_test(patience_ends_it),
        cmocka_unit_test(drops_the_short_batch),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(broken_files_do_no_harm),
        cmocka_unit_test(goes_on_without_a_checkpoint),
        cmocka_unit_test(removes_what_a_killed_process_left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
