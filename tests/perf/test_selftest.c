/* The same final weights on every instruction set and number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "perf/sha256.h"
#include "perf/workload.h"

/* FIPS 180-4's examples (NIST, Cryptographic Standards and Guidelines: Example Values). */
static void digests_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } row[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sha256 s;
        char hex[65];
        cr_sha256_start(&s);
        for (const char *p = row[i].text; *p; p++)
            cr_sha256_add(&s, p, 1);
        cr_sha256_hex(&s, hex);
        assert_string_equal(hex, row[i].hex);
    }
}

static void weights_do_not_depend_on_threads_or_instruction_set(void **state)
{
    (void)state;
    static cr_error err;
    const cr_selftest_options options = {.networks = 20};
    cr_selftest *t = NULL;
    if (cr_selftest_run(&options, &t, &err))
        fail_msg("%s", err.message);
    assert_int_equal(t->networks, 20);
    assert_true(t->n_rows >= 1);
    assert_string_equal(t->row[0].isa, "ref");
    for (size_t i = 0; i < t->n_rows; i++) {
        assert_int_equal(t->row[i].is_near, strcmp(t->row[i].isa, "amx") == 0 ||
                                                strcmp(t->row[i].isa, "avx512bf16") == 0);
        assert_int_equal(t->row[i].runs, t->row[i].is_near ? 20 * 6 : 2 * 20 * 6);
        if (t->row[i].wrong || t->row[i].differs)
            fail_msg("%s: %zu trainings differ; %s", t->row[i].isa, t->row[i].wrong,
                     t->row[i].differs ? t->row[i].differs : "");
    }
    assert_true(t->passed);
    assert_int_equal(strlen(t->weights), 64);
    cr_selftest_free(t);
}

static int stop(void *ctx, size_t done, size_t all)
{
    (void)ctx;
    return done >= all / 2;
}

static void selftest_can_be_cancelled(void **state)
{
    (void)state;
    static cr_error err;
    const cr_selftest_options options = {.networks = 2, .progress = stop};
    cr_selftest *t = NULL;
    assert_int_equal(cr_selftest_run(&options, &t, &err), CR_ERR_CANCELLED);
    assert_null(t);
}

/* Steps change weights, and the order of batches is the same however steps are grouped. */
static void steps_train(void **state)
{
    (void)state;
    cr_workload w;
    assert_true(cr_workload_row(1, &w));
    struct subject *one = NULL, *other = NULL;
    assert_int_equal(cr_subject_create(&w, CR_FOR_TRAINING, 0, 3, NULL, &one, NULL), CR_OK);
    assert_int_equal(cr_subject_create(&w, CR_FOR_TRAINING, 0, 3, NULL, &other, NULL), CR_OK);
    const size_t n = cr_net_n_params(one->net) * sizeof(float);
    cr_subject_train(one, 10);
    assert_memory_not_equal(cr_net_params(one->net), cr_net_params(other->net), n);
    cr_subject_train(other, 3);
    cr_subject_train(other, 7);
    assert_memory_equal(cr_net_params(one->net), cr_net_params(other->net), n);
    cr_subject_free(one);
    cr_subject_free(other);
}

static void workloads_are_a_table(void **state)
{
    (void)state;
    cr_workload w;
    size_t n = 0;
    for (; cr_workload_row(n, &w); n++) {
        assert_int_equal(w.name[0], 'W');
        assert_int_equal(w.name[1], '1' + n);
        assert_true(w.n_units >= 3 && w.batch >= 1);
    }
    assert_int_equal(n, 7);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static cr_error err;
    cr_bench *b = NULL;
    cr_bench_options o = {.workload = "W0", .seconds = 1e-6};
    assert_int_equal(cr_bench_run(&o, &b, &err), CR_ERR_UNKNOWN);
    o = (cr_bench_options){.seconds = -1};
    assert_int_equal(cr_bench_run(&o, &b, &err), CR_ERR_ARGUMENT);
    o = (cr_bench_options){
        .workload = "W1", .what = CR_BENCH_STEPS, .seconds = 1e-6, .threads = 1, .progress = stop};
    assert_int_equal(cr_bench_run(&o, &b, &err), CR_ERR_CANCELLED);
    assert_null(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_the_published_ones),
        cmocka_unit_test(weights_do_not_depend_on_threads_or_instruction_set),
        cmocka_unit_test(selftest_can_be_cancelled),
        cmocka_unit_test(steps_train),
        cmocka_unit_test(workloads_are_a_table),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
