/* Initialisers: first values from Philox computed apart (mpmath), spread, orthogonality, and
 * what the numbers may depend on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/init.h"
#include "net/net.h"

enum { SEED = 42, GROUP = 7 };

static struct init method(const char *name)
{
    const int row = cr_init_find(name, NULL);
    assert_true(row >= 0);
    struct init init = {.method = (enum init_method)row};
    for (int k = 0; k < TABLE_PARAMS; k++)
        init.param[k] = cr_init_row(row)->param[k].value;
    return init;
}

static double *filled(const struct init *init, size_t rows, size_t cols, uint64_t seed,
                      uint32_t group)
{
    double *w = malloc(rows * cols * sizeof *w);
    assert_non_null(w);
    assert_int_equal(cr_init_fill(w, rows, cols, init, seed, group, NULL), CR_OK);
    return w;
}

static void first_values_are_pinned(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double param[2], w[3];
    } cases[] = {
        {"zeros", {0}, {0, 0, 0}},
        {"constant", {-2.5}, {-2.5, -2.5, -2.5}},
        {"uniform", {-1, 3}, {0.6239278734622653, 2.5916693810142899, -0.42303551832445896}},
        {"normal", {2, 0.5}, {1.4041107898819651, 1.7852074010850609, 1.4715009476533754}},
        {"glorot-uniform", {0}, {-0.1628440076184571, 0.68921305919211397, -0.61619245467826876}},
        {"he-uniform", {0}, {-0.2059831869536545, 0.87179322407181155, -0.77942865351736234}},
        {"lecun-uniform", {0}, {-0.14565210830534548, 0.61645090053366125, -0.5511392863532269}},
        {"glorot-normal", {0}, {-0.59588921011803493, -0.21479259891493907, -0.52849905234662457}},
        {"he-normal", {0}, {-0.7537468548366573, -0.27169353484728748, -0.66850429866235591}},
        {"lecun-normal", {0}, {-0.53297951235303263, -0.19211634089506054, -0.47270392283650892}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct init init = method(cases[i].name);
        memcpy(init.param, cases[i].param, sizeof init.param);
        double *w = filled(&init, 3, 5, SEED, GROUP); /* fan_out 3, fan_in 5 */
        for (int k = 0; k < 3; k++)
            if (!(fabs(w[k] - cases[i].w[k]) <= 4e-15))
                fail_msg("%s: w[%d] is %.17g, not %.17g", cases[i].name, k, w[k], cases[i].w[k]);
        free(w);
    }
    struct init init = method("orthogonal");
    init.param[0] = 2;
    double *w = filled(&init, 2, 2, SEED, GROUP);
    const double want[] = {-1.8815004765290476, -0.67820052847293393, 0.67820052847293393,
                           -1.8815004765290476};
    for (int k = 0; k < 4; k++)
        assert_true(fabs(w[k] - want[k]) <= 1e-14);
    free(w);
}

static void spread_is_as_stated(void **state)
{
    (void)state;
    enum { ROWS = 300, COLS = 500, N = ROWS * COLS };
    static const struct {
        const char *name;
        double variance, within; /* within 0: normal */
    } cases[] = {{"glorot-uniform", 2. / (ROWS + COLS), 0.0866025403784},
                 {"he-uniform", 2. / COLS, 0.109544511501},
                 {"lecun-uniform", 1. / COLS, 0.0774596669241},
                 {"uniform", 1. / 12, 0.5},
                 {"glorot-normal", 2. / (ROWS + COLS), 0},
                 {"he-normal", 2. / COLS, 0},
                 {"lecun-normal", 1. / COLS, 0},
                 {"normal", 0.05 * 0.05, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct init init = method(cases[i].name);
        double *w = filled(&init, ROWS, COLS, 5, 0), sum = 0, square = 0, most = 0;
        for (int k = 0; k < N; k++) {
            sum += w[k];
            square += w[k] * w[k];
            most = fmax(most, fabs(w[k]));
        }
        /* Four standard errors. */
        const double mean = sum / N, sd = sqrt(cases[i].variance), off = 4 / sqrt(N);
        const int ok = fabs(mean) <= sd * off && fabs(square / N / (sd * sd) - 1) <= off * 1.5;
        const double within = cases[i].within;
        const int bounded = within > 0 ? most <= within && most > 0.999 * within : most > 4 * sd;
        if (!ok || !bounded)
            fail_msg("%s: mean %g, variance %g, most %g", cases[i].name, mean, square / N, most);
        free(w);
    }
}

static double dot(const double *a, const double *b, size_t n, size_t step)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i * step] * b[i * step];
    return sum;
}

static void orthogonal_is_orthogonal(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {8, 8}, {5, 40}, {40, 5}, {64, 63}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t rows = shapes[i][0], cols = shapes[i][1];
        struct init init = method("orthogonal");
        init.param[0] = -1.5;
        double *w = filled(&init, rows, cols, 11, 3);
        const int along = rows <= cols; /* the fewer are orthogonal: rows, or else columns */
        const size_t count = along ? rows : cols, length = along ? cols : rows;
        const size_t vector = along ? cols : 1, number = along ? 1 : cols;
        for (size_t a = 0; a < count; a++)
            for (size_t b = 0; b < count; b++) {
                const double d = dot(w + a * vector, w + b * vector, length, number);
                if (!(fabs(d - (a == b ? 2.25 : 0)) <= 1e-14))
                    fail_msg("%zux%zu: vectors %zu and %zu: %.17g", rows, cols, a, b, d);
            }
        free(w);
    }
}

/* A number depends on seed, group and position alone (orthogonal: on the shape as well). */
static void numbers_depend_on_nothing_else(void **state)
{
    (void)state;
    const struct init init = method("normal");
    double *w = filled(&init, 20, 30, SEED, GROUP), *longer = filled(&init, 40, 30, SEED, GROUP);
    double *again = filled(&init, 20, 30, SEED, GROUP), *seed = filled(&init, 20, 30, 43, GROUP);
    double *group = filled(&init, 20, 30, SEED, 8),
           *high = filled(&init, 20, 30, SEED + (1ull << 32), GROUP);
    assert_memory_equal(w, again, 600 * sizeof *w);
    assert_memory_equal(w, longer, 600 * sizeof *w);
    int same = 0;
    for (int i = 0; i < 600; i++)
        same += (w[i] == seed[i]) + (w[i] == group[i]) + (w[i] == high[i]);
    assert_int_equal(same, 0);
    free(w), free(longer), free(again), free(seed), free(group), free(high);

    struct init unknown = {.method = INIT_COUNT};
    double one = 42;
    cr_error err = {0};
    assert_int_equal(cr_init_fill(&one, 1, 1, &unknown, 1, 0, &err), CR_ERR_ARGUMENT);
    assert_true(one == 42);
}

static cr_net *net_of(cr_type type, uint64_t seed, size_t layers, const char *initialiser,
                      int give_first)
{
    cr_builder *b = cr_builder_create(4);
    for (size_t i = 0; i < layers; i++) {
        const int layer = cr_builder_dense(b, 5, i == 1 ? "prelu" : "tanh");
        if (initialiser)
            cr_builder_init(b, layer, initialiser);
    }
    static const double w[20] = {1};
    if (give_first)
        cr_builder_weights(b, 0, w, 20);
    cr_net *net = NULL;
    assert_int_equal(cr_builder_build(b, type, seed, &net, NULL), CR_OK);
    cr_builder_free(b);
    return net;
}

/* In networks: more layers, or given weights, leave the other groups as they are; float32
 * parameters are the float64 ones, rounded; the gaps between groups are 0. */
static void networks_start_the_same(void **state)
{
    (void)state;
    cr_net *two = net_of(CR_F64, 9, 2, NULL, 0), *three = net_of(CR_F64, 9, 3, NULL, 0);
    cr_net *given = net_of(CR_F64, 9, 2, NULL, 1), *single = net_of(CR_F32, 9, 2, NULL, 0);
    const double *a = cr_net_params(two), *b = cr_net_params(three), *c = cr_net_params(given);
    const float *f = cr_net_params(single);
    assert_memory_equal(a, b, cr_net_n_params(two) * sizeof *a);
    const cr_param_group second = cr_net_group(two, 2);
    assert_memory_equal(a + second.offset, c + second.offset,
                        (cr_net_n_params(two) - second.offset) * sizeof *a);
    assert_true(c[0] == 1 && c[1] == 0);
    for (size_t i = 0; i < cr_net_n_params(two); i++)
        assert_true((float)a[i] == f[i]);

    size_t end = 0;
    for (size_t g = 0; g < cr_net_n_groups(two); g++) {
        const cr_param_group group = cr_net_group(two, g);
        assert_int_equal(group.offset * sizeof(float) % 64, 0);
        for (; end < group.offset; end++)
            assert_true(a[end] == 0);
        end += group.rows * group.cols;
        if (strcmp(group.what, "slope") == 0)
            assert_true(a[group.offset] == 0.25);
        if (strcmp(group.what, "bias") == 0)
            assert_true(a[group.offset] == 0);
    }
    cr_net_free(two), cr_net_free(three), cr_net_free(given), cr_net_free(single);
}

static void every_initialiser_builds(void **state)
{
    (void)state;
    for (int i = 0; cr_init_row(i); i++) {
        cr_net *net = net_of(CR_F32, 3, 3, cr_init_row(i)->name, 0);
        const float *p = cr_net_params(net);
        for (size_t k = 0; k < cr_net_n_params(net); k++)
            assert_true(isfinite(p[k]) && fabs(p[k]) < 5);
        cr_net_free(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_values_are_pinned),
        cmocka_unit_test(spread_is_as_stated),
        cmocka_unit_test(orthogonal_is_orthogonal),
        cmocka_unit_test(numbers_depend_on_nothing_else),
        cmocka_unit_test(networks_start_the_same),
        cmocka_unit_test(every_initialiser_builds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
