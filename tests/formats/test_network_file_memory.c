/* Reading and loading when memory runs out at any point: an error, nothing leaked, nothing
 * left half done. The allocator fails from the n-th call of our own code on; calls from
 * libraries are left alone, because libfyaml does not promise to survive that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/file.h"
#include "failing_memory.h"
#include "formats/network_file.h"
#include "formats/read_all.h"

#if OWN_ALLOCATOR

/* 1 when the text was read without needing the call that fails. */
static int read_with(const char *text, size_t size, long calls)
{
    struct spec *spec = NULL;
    cr_error err = {0};
    const long before = outstanding;
    calls_left = calls;
    const cr_status status = cr_network_file_read(text, size, "test.yaml", 0, &spec, &err);
    calls_left = -1;
    const int done = status != CR_ERR_MEMORY;
    if (!done)
        assert_null(spec);
    cr_spec_free(spec);
    assert_int_equal(outstanding, before);
    return done;
}

static int load_with(const char *text, size_t size, long calls)
{
    cr_net *net = NULL;
    const long before = outstanding;
    calls_left = calls;
    const cr_status status = cr_net_load_memory(text, size, "test.yaml", NULL, &net, NULL);
    calls_left = -1;
    const int done = status != CR_ERR_MEMORY;
    if (!done)
        assert_null(net);
    cr_net_free(net);
    assert_int_equal(outstanding, before);
    return done;
}

static int write_with(const struct spec *spec, long calls)
{
    struct text text = {0};
    const long before = outstanding;
    calls_left = calls;
    const cr_status status = cr_network_file_write(spec, NETWORK_FILE_PARAMETERS, &text);
    calls_left = -1;
    cr_text_free(&text);
    assert_int_equal(outstanding, before);
    return status != CR_ERR_MEMORY;
}

static void fail_everywhere(const char *text, size_t size)
{
    long n = 0;
    while (!read_with(text, size, n))
        n++;
    assert_true(n > 2);
    for (n = 0; !load_with(text, size, n); n++)
        ;
    struct spec *spec = NULL;
    if (cr_network_file_read(text, size, NULL, 0, &spec, NULL) == CR_OK)
        for (n = 0; !write_with(spec, n); n++)
            ;
    cr_spec_free(spec);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const names[] = {"examples/worked/classifier-3-2-1.yaml",
                                        "examples/worked/xor-batch.yaml",
                                        "tests/formats/bad/weight-missing.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        size_t size = 0;
        snprintf(path, sizeof path, SOURCE_DIR "/%s", names[i]);
        char *text = read_all(path, &size);
        assert_non_null(text);
        fail_everywhere(text, size);
        free(text);
    }
}

/* Many layers and examples, so that the arenas grow often and in different places. */
static void in_a_large_file(void **state)
{
    (void)state;
    struct text t = {0};
    cr_text_add(&t, "inputs: [a, b, c]\nlayers:\n");
    for (int i = 0; i < 24; i++)
        cr_text_printf(&t,
                       "  - name: layer%d\n    units: [p%d, q%d, r%d]\n"
                       "    activation: A(t) = t*sigmoid(%d*t)\n"
                       "    weights: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\n"
                       "    bias: [1, 2, 3]\n",
                       i, i, i, i, i + 1);
    cr_text_add(&t, "examples:\n");
    for (int i = 0; i < 120; i++)
        cr_text_printf(&t, "  - {inputs: {c: %d, b: 2, a: 3}, targets: {x: 1, y: 2, z: 3}}\n", i);
    assert_false(t.failed);
    fail_everywhere(t.s, t.len);
    cr_text_free(&t);
}

#endif

int main(void)
{
#if OWN_ALLOCATOR
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(in_a_large_file)};
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload"))
        return 0; /* valgrind has an allocator of its own as well */
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0;
#endif
}
