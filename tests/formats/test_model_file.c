/* Model files: what is written is read back to the same bits; what is broken is refused
 * with a message; what is damaged at random does no harm. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "chainrule/train.h"
#include "formats/model_file.h"
#include "formats/safetensors.h"

static const char table_text[] =
    "a,b,kind\n1,2,x\n2,1,y\n3,5,x\n4,4,y\n5,9,x\n6,3,y\n7,7,x\n8,2,y\n";
static const char network_text[] =
    "inputs: [a, b]\nlayers:\n  - {units: 3, activation: prelu}\n"
    "  - {units: 2, activation: softmax, bias: {shared: 0}}\nloss: cross-entropy\n";

struct bytes {
    char *s;
    size_t n;
};

static char folder[] = "/tmp/chainrule-model-XXXXXX";
static char path[sizeof folder + 32];
static struct bytes good;

static cr_model *fit(const char *network)
{
    const cr_table_options wanted = {.label = "kind"};
    const cr_fit_options o = {.network = network,
                              .network_size = network ? strlen(network) : 0,
                              .scaling = CR_SCALING_STANDARD,
                              .train = {.epochs = 2, .threads = 1}};
    cr_table *t = NULL;
    cr_model *m = NULL;
    cr_error err = {0};
    if (cr_table_parse("t.csv", table_text, strlen(table_text), &wanted, &t, &err) ||
        cr_model_fit(t, &o, &m, NULL, &err))
        fail_msg("%s", err.message);
    cr_table_free(t);
    return m;
}

static struct bytes read_bytes(const char *name)
{
    struct bytes b = {malloc(1 << 20), 0};
    FILE *f = fopen(name, "rb");
    assert_non_null(f);
    b.n = fread(b.s, 1, 1 << 20, f);
    fclose(f);
    return b;
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    cr_model *m = fit(network_text);
    assert_int_equal(cr_model_save(m, path, NULL), CR_OK);
    cr_model_free(m);
    good = read_bytes(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(good.s);
    unlink(path);
    return rmdir(folder);
}

static void reads_back_what_it_wrote(void **state)
{
    (void)state;
    static const char *const networks[] = {NULL, network_text};
    for (int i = 0; i < 2; i++) {
        cr_model *m = fit(networks[i]), *back = NULL;
        cr_error err = {0};
        assert_int_equal(cr_model_save(m, path, NULL), CR_OK);
        if (cr_model_load(path, &back, &err))
            fail_msg("%s", err.message);
        assert_int_equal(cr_net_n_params(cr_model_net(m)), cr_net_n_params(cr_model_net(back)));
        assert_memory_equal(cr_net_params(cr_model_net(m)), cr_net_params(cr_model_net(back)),
                            cr_net_n_params(cr_model_net(m)) * sizeof(float));
        assert_int_equal(cr_model_task(back), CR_CLASSIFICATION);
        assert_int_equal(cr_model_n_columns(back), 2);
        assert_string_equal(cr_model_column(back, 1), "b");
        assert_null(cr_model_column(back, 2));
        assert_string_equal(cr_model_table_options(back).columns[0], "a");
        assert_string_equal(cr_model_input(back, 0), "a");
        assert_string_equal(cr_model_target(back), "kind");
        assert_int_equal(cr_model_n_classes(back), 2);
        assert_string_equal(cr_model_class(back, 1), "y");
        assert_null(cr_model_class(back, 2));
        assert_string_equal(cr_model_training(back), cr_model_training(m));
        for (int k = 0; k < 2; k++)
            assert_true(back->prepare.input[k].center == m->prepare.input[k].center &&
                        back->prepare.input[k].scale == m->prepare.input[k].scale);

        struct bytes first = read_bytes(path);
        assert_int_equal(cr_model_save(back, path, NULL), CR_OK);
        struct bytes second = read_bytes(path);
        assert_int_equal(first.n, second.n);
        assert_memory_equal(first.s, second.s, first.n);
        free(first.s);
        free(second.s);
        cr_model_free(m);
        cr_model_free(back);
    }
}

/* The layout of the format's description, read without our reader. */
static void the_layout_is_safetensors(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | (unsigned char)good.s[i];
    assert_int_equal(n % 8, 0);
    assert_int_equal(good.s[8], '{');
    assert_int_equal(good.n, 8 + n + sizeof(float) * (3 * 2 + 3 + 1 + 2 * 3 + 1));
    char *header = strndup(good.s + 8, n);
    assert_non_null(strstr(header, "\"hidden.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],"
                                   "\"data_offsets\":[0,24]}"));
    assert_non_null(strstr(header, "\"chainrule.format\":\"2\""));
    free(header);
}

/* A copy of the good file with one text in its header replaced by another. */
static struct bytes edited(const char *from, const char *to)
{
    size_t n = 0, at = 0, old = strlen(from), now = strlen(to);
    for (int i = 7; i >= 0; i--)
        n = n << 8 | (unsigned char)good.s[i];
    while (at + old <= n && memcmp(good.s + 8 + at, from, old))
        at++;
    if (at + old > n)
        fail_msg("the header has no '%s'", from);
    struct bytes b = {malloc(good.n + now), good.n - old + now};
    memcpy(b.s, good.s, 8 + at);
    memcpy(b.s + 8 + at, to, now);
    memcpy(b.s + 8 + at + now, good.s + 8 + at + old, good.n - 8 - at - old);
    n = n - old + now;
    for (int i = 0; i < 8; i++)
        b.s[i] = (char)(n >> 8 * i & 0xFF);
    return b;
}

struct bad {
    const char *from, *to; /* an edit of the header; without `from`: the whole header */
    size_t data;           /* then: bytes of zeros behind it */
    const char *want;
};
static const struct bad bads[] = {
#include "bad_models.inc"
};

static void every_broken_file_has_its_message(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        const struct bad *bad = &bads[i];
        struct bytes b;
        if (bad->from) {
            b = edited(bad->from, bad->to);
        } else {
            size_t n = strlen(bad->to);
            b = (struct bytes){calloc(8 + n + bad->data, 1), 8 + n + bad->data};
            for (int k = 0; k < 8; k++)
                b.s[k] = (char)(n >> 8 * k & 0xFF);
            memcpy(b.s + 8, bad->to, n);
        }
        cr_model *m = NULL;
        cr_error err = {0};
        char told[2048];
        cr_status status = cr_model_parse("m", b.s, b.n, &m, &err);
        assert_null(m);
        assert_int_not_equal(status, CR_OK);
        cr_error_format(&err, told, sizeof told);
        if (strcmp(told, bad->want)) {
            wrong++;
            fprintf(stderr, "case %zu:\n%s", i, told);
        }
        free(b.s);
    }
    assert_int_equal(wrong, 0);
}

static void bad_bytes(void **state)
{
    (void)state;
    cr_model *m = NULL;
    cr_error err = {0};
    assert_int_equal(cr_model_parse("m", "", 0, &m, &err), CR_ERR_FORMAT);
    assert_string_equal(err.message, "not a model file: only 0 bytes");
    assert_int_equal(cr_model_parse("m", "a,b\n1,2\n", 8, &m, &err), CR_ERR_FORMAT);
    assert_string_equal(err.message, "not a model file: its header would have 734698278354037857 "
                                     "bytes, but the file has 8");
    assert_int_equal(cr_model_parse("m", good.s, good.n - 1, &m, &err), CR_ERR_FORMAT);
    assert_string_equal(err.message, "tensor 'output.bias' lies at bytes 64 to 68, but the file "
                                     "holds 67");
    char *longer = calloc(good.n + 4, 1);
    memcpy(longer, good.s, good.n);
    assert_int_equal(cr_model_parse("m", longer, good.n + 4, &m, &err), CR_ERR_FORMAT);
    assert_string_equal(err.message, "4 bytes after the last tensor belong to none");
    memcpy(longer + good.n - 68 + 4, "\0\0\xC0\x7F", 4);
    assert_int_equal(cr_model_parse("m", longer, good.n, &m, &err), CR_ERR_FORMAT);
    assert_string_equal(err.message, "tensor 'hidden.weight' has a number that is not finite, "
                                     "at 1");
    assert_int_equal(cr_model_load("/nonexistent", &m, &err), CR_ERR_IO);
    assert_int_equal(cr_model_load("/", &m, &err), CR_ERR_IO);
    assert_int_equal(cr_model_parse("m", longer, good.n, &m, NULL), CR_ERR_FORMAT);
    assert_null(m);
    free(longer);
}

/* Thousands of brackets are refused, not followed down. */
static void deep_json(void **state)
{
    (void)state;
    const size_t n = 1 << 20;
    char *b = malloc(8 + n);
    cr_model *m = NULL;
    cr_error err = {0};
    memset(b, 0, 8);
    b[2] = 16;
    memset(b + 8, '[', n);
    memcpy(b + 8, "{\"a\":", 5);
    assert_int_equal(cr_model_parse("m", b, 8 + n, &m, &err), CR_ERR_FORMAT);
    assert_non_null(strstr(err.message, "maximum parsing depth reached"));
    assert_null(m);
    free(b);
}

static void random_damage_is_harmless(void **state)
{
    (void)state;
    uint64_t x = 99;
    int read = 0;
    for (int i = 0; i < 6000; i++) {
        size_t n = good.n;
        char *b = malloc(n);
        memcpy(b, good.s, n);
        for (int k = 0; k < 1 + i % 3; k++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            size_t at = (x >> 30) % n;
            static const char likely[] = "0123456789\"{}[]:,\\ae-.\n x";
            b[at] = i % 2 ? (char)(x >> 20) : likely[(x >> 20) % (sizeof likely - 1)];
        }
        if (i % 5 == 0)
            n -= (x >> 40) % n;
        char *exact = malloc(n ? n : 1);
        memcpy(exact, b, n);
        cr_model *m = NULL;
        cr_error err = {0};
        cr_status status = cr_model_parse("m", exact, n, &m, &err);
        assert_true((status == CR_OK) == (m != NULL));
        assert_true(status == CR_OK || *err.message);
        read += m != NULL;
        cr_model_free(m);
        free(exact);
        free(b);
    }
    assert_true(read > 50 && read < 5950); /* the damage is neither nothing nor everything */
}

/* When the disk is full, the older file stays, and nothing lies about. */
static void a_full_disk_damages_nothing(void **state)
{
    (void)state;
    cr_model *m = fit(NULL);
    cr_error err = {0};
    struct rlimit old, small = {2000, RLIM_INFINITY};
    assert_int_equal(cr_model_save(m, path, NULL), CR_OK);
    struct bytes before = read_bytes(path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    cr_status status = cr_model_save(m, path, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, CR_ERR_IO);
    assert_non_null(strstr(err.message, "File too large"));
    struct bytes after = read_bytes(path);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.s, after.s, before.n);
    free(before.s);
    free(after.s);
    assert_int_equal(cr_model_save(m, "/dev/full", &err), CR_ERR_IO);
    assert_string_equal(err.message, "cannot write '/dev/full': No space left on device");
    assert_int_equal(cr_model_save(m, folder, &err), CR_ERR_IO);
    assert_int_equal(cr_model_save(m, "/nonexistent/m", &err), CR_ERR_IO);
    assert_int_equal(cr_model_save(m, "/dev/null", &err), CR_OK);
    cr_model_free(m);
} /* tear_down's rmdir fails if a temporary file is left */

static void links_and_modes_stay(void **state)
{
    (void)state;
    char link[sizeof path + 8];
    struct stat st;
    cr_model *m = fit(NULL);
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(cr_model_save(m, path, NULL), CR_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(cr_model_save(m, link, NULL), CR_OK);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    unlink(link);
    cr_model_free(m);
}

static void rows_and_answers(void **state)
{
    (void)state;
    cr_model *m = fit(NULL);
    const struct prepare *p = &m->prepare;
    float in[2], targets[2];
    cr_error err = {0};
    const double raw[] = {4.5, 4.125};
    const cr_table_options like = cr_model_table_options(m);
    cr_table *t = NULL;
    assert_int_equal(cr_table_parse("t", "b,a\n4.125,4.5\n,1\n", sizeof "b,a\n4.125,4.5\n,1\n" - 1,
                                    &like, &t, NULL),
                     CR_OK);
    assert_int_equal(cr_model_prepare_rows(m, t, 0, 1, in, &err), CR_OK);
    for (int i = 0; i < 2; i++)
        assert_true(in[i] == (float)((raw[i] - p->input[i].center) * p->input[i].scale));
    assert_int_equal(cr_model_prepare_rows(m, t, 1, 1, in, &err), CR_OK);
    assert_true(in[1] == (float)((p->column[1].fill - p->input[1].center) * p->input[1].scale));
    cr_preparation *steps = NULL;
    assert_int_equal(cr_model_prepare_steps(m, t, 1, &steps, &err), CR_OK);
    assert_true(steps->n == 2 && steps->columns == 2 && steps->model == m && !steps->label);
    for (int i = 0; i < 2; i++) {
        const cr_prepared *s = &steps->input[i];
        assert_string_equal(s->input, cr_model_input(m, (size_t)i));
        assert_true(s->value == in[i] && s->raw == (i ? p->column[1].fill : 1));
        assert_true(s->scaled == (s->raw - s->center) * s->scale && s->filled == i);
    }
    assert_string_equal(steps->input[0].cell, "1");
    assert_null(steps->input[1].cell);
    cr_preparation_free(steps);
    assert_int_equal(cr_model_prepare_rows(m, t, 1, 2, in, &err), CR_ERR_ARGUMENT);
    assert_string_equal(err.message, "there is no row 3: the table has 2");
    assert_int_equal(cr_model_prepare_steps(m, t, 2, &steps, &err), CR_ERR_ARGUMENT);
    cr_table_free(t);
    assert_int_equal(
        cr_table_parse("t", "b,a\n1e300,1\n", sizeof "b,a\n1e300,1\n" - 1, &like, &t, NULL), CR_OK);
    assert_int_equal(cr_model_prepare_rows(m, t, 0, 1, in, &err), CR_ERR_VALUE);
    assert_string_equal(err.message, "row 1: the number in column 'b' is too large for the model");
    cr_table_free(t);
    assert_int_equal(cr_table_parse("t", "b,a\n1,1\n", sizeof "b,a\n1,1\n" - 1, NULL, &t, NULL),
                     CR_OK);
    assert_int_equal(cr_model_prepare_rows(m, t, 0, 1, in, &err), CR_OK);
    cr_table_free(t);
    assert_int_equal(cr_model_prepare_target(m, "y", targets, &err), CR_OK);
    assert_true(targets[0] == 0 && targets[1] == 1);
    assert_int_equal(cr_model_prepare_target(m, "z", targets, &err), CR_ERR_UNKNOWN);
    const float outputs[] = {0.25f, 0.75f};
    double probability[2];
    assert_int_equal(cr_model_decide(m, outputs, probability), 1);
    assert_true(probability[0] == 0.25 && probability[1] == 0.75);
    cr_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(the_layout_is_safetensors),
        cmocka_unit_test(every_broken_file_has_its_message),
        cmocka_unit_test(bad_bytes),
        cmocka_unit_test(deep_json),
        cmocka_unit_test(random_damage_is_harmless),
        cmocka_unit_test(a_full_disk_damages_nothing),
        cmocka_unit_test(links_and_modes_stay),
        cmocka_unit_test(rows_and_answers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
