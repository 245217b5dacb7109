/* Building, planning and checking when memory runs out at any point: an error, nothing
 * leaked, outputs untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chainrule/check.h"
#include "failing_memory.h"
#include "net/plan.h"

#if OWN_ALLOCATOR

#define D(...)       \
    (const double[]) \
    {                \
        __VA_ARGS__  \
    }

/* Every kind of call that allocates. NULL when the builder itself did not fit. */
static cr_builder *describe(void)
{
    cr_builder *b = cr_builder_create(2);
    if (!b)
        return NULL;
    cr_builder_input_names(b, (const char *const[]){"left", "right"}, 2);
    for (int i = 0; i < 9; i++)
        cr_builder_dense(b, 2, i % 2 ? "prelu" : "A(t) = t*sigmoid(2*t)");
    cr_builder_weights(b, 0, D(1, 2, 3, 4), 4);
    cr_builder_biases(b, 0, D(1, 2), 2);
    cr_builder_unit_names(b, 0, (const char *const[]){"a", "b"}, 2);
    cr_builder_add(b, (const int[]){8, 0, -1}, 3);
    cr_builder_concat(b, (const int[]){9, 0}, 2);
    const int last = cr_builder_dense(b, 2, "softmax");
    cr_builder_shared_bias(b, last, 0.5);
    cr_builder_loss(b, "cross-entropy", 0);
    for (int i = 0; i < 3; i++)
        cr_builder_example(b, D(0.1 * i, 1), 2, D(0, 1), 2);
    return b;
}

static int build_with(long calls)
{
    const long before = outstanding;
    cr_net *net = NULL;
    cr_status status = CR_ERR_MEMORY;
    calls_left = calls;
    cr_builder *b = describe();
    if (b)
        status = cr_builder_build(b, CR_F64, 1, &net, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || status == CR_ERR_MEMORY);
    assert_int_equal(status == CR_OK, net != NULL);
    cr_builder_free(b);
    cr_net_free(net);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int plan_with(cr_net *net, cr_purpose purpose, long calls)
{
    const long before = outstanding;
    cr_plan *plan = NULL;
    calls_left = calls;
    const cr_status status = cr_plan_create(net, purpose, 200, &plan, NULL);
    calls_left = -1;
    assert_true(status == CR_OK || status == CR_ERR_MEMORY);
    assert_int_equal(status == CR_OK, plan != NULL);
    cr_plan_free(plan);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int copy_with(const struct tape *tape, long calls)
{
    const long before = outstanding;
    struct tape *copy = NULL;
    calls_left = calls;
    const cr_status status = cr_tape_copy(tape, &copy, NULL);
    calls_left = -1;
    assert_int_equal(status == CR_OK, copy != NULL);
    cr_tape_free(copy);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int state_with(const cr_net *net, long calls)
{
    const long before = outstanding;
    cr_state *state = NULL;
    calls_left = calls;
    const cr_status status = cr_state_create(net, &state, NULL);
    calls_left = -1;
    assert_int_equal(status == CR_OK, state != NULL);
    cr_state_free(state);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static int check_with(const cr_net *net, long calls)
{
    const long before = outstanding;
    cr_check *check = NULL;
    cr_error err = {0};
    calls_left = calls;
    const cr_status status = cr_check_gradients(net, NULL, NULL, 0, NULL, &check, &err);
    calls_left = -1;
    assert_true(status == CR_OK || status == CR_ERR_MEMORY);
    assert_int_equal(status == CR_OK, check != NULL);
    cr_check_free(check);
    assert_int_equal(outstanding, before);
    return status == CR_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    long n = 0;
    while (!build_with(n))
        n++;
    assert_true(n > 10);

    cr_builder *b = describe();
    cr_net *net = NULL;
    struct tape *tape = NULL;
    assert_int_equal(cr_builder_build(b, CR_F64, 1, &net, NULL), CR_OK);
    for (int purpose = CR_FOR_PREDICTING; purpose <= CR_FOR_EXPLAINING; purpose++)
        for (n = 0; !plan_with(net, (cr_purpose)purpose, n); n++)
            ;
    for (n = 0; !check_with(net, n); n++)
        ;
    assert_true(n > 5);
    assert_int_equal(cr_tape_record(net, TAPE_UPDATE, &tape, NULL), CR_OK);
    for (n = 0; !copy_with(tape, n); n++)
        ;
    cr_tape_free(tape);
    cr_net_free(net);
    cr_builder_optimiser(b, "adam", 0);
    cr_builder_optimiser_constant(b, "weight-decay", 0.1);
    assert_int_equal(cr_builder_build(b, CR_F32, 1, &net, NULL), CR_OK);
    for (int purpose = CR_FOR_TRAINING; purpose <= CR_FOR_EXPLAINING; purpose++)
        for (n = 0; !plan_with(net, (cr_purpose)purpose, n); n++)
            ;
    for (n = 0; !state_with(net, n); n++)
        ;
    assert_int_equal(n, 2);
    cr_net_free(net);
    cr_builder_free(b);
}

/* Arenas ask for memory rarely; with a limit each allocation of theirs can be the last. */
static void every_part_of_an_arena_may_be_the_last(void **state)
{
    (void)state;
    size_t done = 0;
    for (size_t limit = 0; !done; limit += 40) {
        struct spec *s = cr_spec_new();
        s->arena.limit = limit + 1;
        s->n_inputs = 2;
        s->n_layers = 2;
        s->layer = calloc(2, sizeof *s->layer);
        cr_error err = {0};
        for (size_t i = 0; i < 2; i++) {
            cr_spec_layer_init(&s->arena, &s->layer[i]);
            s->layer[i].units = 5;
        }
        /* An activation that did not fit is noticed, whatever came of it. */
        cr_net *net = NULL;
        const cr_status status = cr_net_build(s, CR_F32, 1, 0, &net, &err);
        assert_true(status == CR_OK || status == CR_ERR_MEMORY);
        struct spec_layer *layers = s->layer;
        if (status)
            cr_spec_free(s);
        done = status == CR_OK;
        cr_net_free(net);
        free(layers);
    }
}

#endif

int main(void)
{
#if OWN_ALLOCATOR
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_part_of_an_arena_may_be_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0;
#endif
}
