#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"

/* A made-up tree of control groups: nftw would need another feature macro, so each test names
 * what it makes and removes it. */
static char root[] = "/tmp/chainrule-cpu-XXXXXX";
static char made[32][128];
static int n_made;

static const char *in_root(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void note(const char *name)
{
    assert_true(n_made < 32);
    snprintf(made[n_made++], sizeof made[0], "%s", name);
}

static void folder(const char *name)
{
    assert_int_equal(mkdir(in_root(name), 0700), 0);
    note(name);
}

static void file(const char *name, const char *text)
{
    FILE *f = fopen(in_root(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    note(name);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(root + strlen(root) - 6, "XXXXXX");
    return mkdtemp(root) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    while (n_made > 0)
        if (remove(in_root(made[--n_made])) != 0)
            return 1;
    return rmdir(root);
}

static int quota(void)
{
    char groups[256];
    snprintf(groups, sizeof groups, "%s", in_root("groups"));
    return cr_cpu_quota(groups, root);
}

static void the_second_version(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int processors;
    } rows[] = {
        {"max 100000\n", INT_MAX},
        {"200000 100000\n", 2},
        {"350000 100000\n", 3}, /* what is left over is too little for a thread */
        {"50000 100000\n", 1},
        {"1000 1000\n", 1},
        {"9000000000000000000 1\n", INT_MAX},
        {"", INT_MAX},
        {"100000", INT_MAX},
        {"0 100000", INT_MAX},
        {"100000 0", INT_MAX},
        {"-5 100000", INT_MAX},
        {"nonsense", INT_MAX},
    };
    file("groups", "0::/a/b\n");
    folder("a");
    folder("a/b");
    assert_int_equal(quota(), INT_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file("a/b/cpu.max", rows[i].text);
        n_made -= i > 0;
        assert_int_equal(quota(), rows[i].processors);
    }
}

static void limits_above_hold_too(void **state)
{
    (void)state;
    file("groups", "0::/a/b");
    folder("a");
    folder("a/b");
    file("a/b/cpu.max", "400000 100000\n");
    assert_int_equal(quota(), 4);
    file("a/cpu.max", "300000 100000\n");
    assert_int_equal(quota(), 3);
    file("cpu.max", "200000 100000\n");
    assert_int_equal(quota(), 2);
}

static void a_path_of_the_host(void **state)
{
    (void)state;
    file("groups", "0::/docker/0123/../nothing/here\n");
    file("cpu.max", "300000 100000\n");
    assert_int_equal(quota(), 3);
}

static void the_first_version(void **state)
{
    (void)state;
    file("groups", "12:cpuset:/\n4:cpuacct,cpu:/x\n1:name=systemd:/\n0::/\n");
    folder("cpu");
    folder("cpu/x");
    file("cpu/x/cpu.cfs_period_us", "50000\n");
    assert_int_equal(quota(), INT_MAX);
    file("cpu/x/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(quota(), INT_MAX);
    file("cpu/x/cpu.cfs_quota_us", "100000\n");
    n_made--;
    assert_int_equal(quota(), 2);
    file("cpu.max", "100000 100000\n"); /* both are there: the smaller one */
    assert_int_equal(quota(), 1);
}

static void other_groups_do_not_count(void **state)
{
    (void)state;
    file("groups", "2:cpuacct:/x\n\nnonsense\n7\n8:\n");
    folder("cpu");
    folder("cpu/x");
    file("cpu/x/cpu.cfs_quota_us", "100000\n");
    file("cpu/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), INT_MAX);
    assert_int_equal(cr_cpu_quota("/nonexistent/groups", root), INT_MAX);
}

static void the_environment_decides(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("CHAINRULE_CPUS"), 0);
    const int here = cr_cpu_count();
    assert_true(here >= 1 && here <= 1024);
    static const struct {
        const char *text;
        int processors;
    } rows[] = {{"1", 1}, {"7", 7}, {"1024", 1024}, {"99999", 1024}, {"0", 0}, {"-3", 0}, {"x", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(setenv("CHAINRULE_CPUS", rows[i].text, 1), 0);
        assert_int_equal(cr_cpu_count(), rows[i].processors ? rows[i].processors : here);
    }
    assert_int_equal(unsetenv("CHAINRULE_CPUS"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_above_hold_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_path_of_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_groups_do_not_count, set_up, tear_down),
        cmocka_unit_test(the_environment_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
