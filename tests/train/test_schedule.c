/* Schedules: against PyTorch's (schedules.inc), the paper's formula, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chainrule/list.h"
#include "net/schedule.h"

#include "schedules.inc"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static void near(const char *what, size_t step, double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want) + 1e-15))
        fail_msg("%s, step %zu: %.17g is not %.17g", what, step, got, want);
}

static struct schedule open_text(const char *text)
{
    struct spec_schedule spec;
    struct schedule s = {0};
    cr_error err = {0};
    if (cr_schedule_parse(text, &spec, &err) || cr_schedule_open(&spec, &s, &err))
        fail_msg("%s: %s", text, err.message);
    return s;
}

static void follows_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct schedule s = open_text(cases[i].text);
        for (size_t step = 0; step < STEPS; step++)
            near(cases[i].text, step,
                 cr_schedule_factor(&s, &(struct schedule_at){.step = step,
                                                              .steps = STEPS,
                                                              .epoch = step / PER_EPOCH}),
                 cases[i].factor[step]);
        cr_schedule_close(&s);
    }
}

static void plateaus_follow_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(plateaus); i++) {
        struct schedule s = open_text(plateaus[i].text);
        struct plateau p = {.lowest = INFINITY};
        for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
            const struct schedule_at at = {
                .step = epoch, .steps = EPOCHS, .epoch = epoch, .plateaus = p.count};
            near(plateaus[i].text, epoch, cr_schedule_factor(&s, &at), plateaus[i].factor[epoch]);
            cr_schedule_look(&s, &p, losses[epoch]);
        }
        cr_schedule_close(&s);
    }
}

/* The paper's formula, by the C library. */
static void coslog4_is_the_papers(void **state)
{
    (void)state;
    struct schedule s = open_text("coslog4");
    for (size_t n = 1; n < 400; n += 57)
        for (size_t step = 0; step < n; step++) {
            const double t = (double)step / (double)n;
            const double want = (1 - cos(2 * acos(-1.0) * log2(1 + 15 * t))) / 2;
            const double got =
                cr_schedule_factor(&s, &(struct schedule_at){.step = step, .steps = n});
            assert_true(fabs(got - want) < 1e-14);
            assert_true(got >= 0 && got <= 1);
        }
    cr_schedule_close(&s);
}

/* Whatever the step, epoch and lengths, every schedule's factor is from 0 to 1; but the range test's
 * grows to its end. */
static void factors_are_sane(void **state)
{
    (void)state;
    cr_list_row row;
    for (size_t i = 0; cr_list(CR_LIST_SCHEDULES, i, &row); i++) {
        struct schedule s = open_text(row.name);
        const double most = strcmp(row.name, "range-test") ? 1 : 1e6;
        for (size_t warm = 0; warm < 4; warm++)
            for (size_t n = 1; n < 6; n++)
                for (size_t step = 0; step < n; step++) {
                    s.spec.warm_up = warm;
                    const struct schedule_at at = {.step = step, .steps = n, .epoch = step};
                    const double got = cr_schedule_factor(&s, &at);
                    if (!(got >= 0 && got <= most + 1e-15))
                        fail_msg("%s: %g in step %zu of %zu", row.name, got, step, n);
                }
        cr_schedule_close(&s);
    }
}

static void range_test_is_geometric(void **state)
{
    (void)state;
    struct schedule s = open_text("range-test end=1000 steps=4");
    static const double want[] = {1, 10, 100, 1000, 1000, 1000};
    for (size_t step = 0; step < LENGTH(want); step++)
        near("range-test", step,
             cr_schedule_factor(&s, &(struct schedule_at){.step = step, .steps = 9}), want[step]);
    cr_schedule_close(&s);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"", "the schedule's name is missing", ""},
        {" , ", "the schedule's name is missing", ""},
        {"cosin", "unknown schedule 'cosin'", "did you mean 'cosine'?"},
        {"zzz", "unknown schedule 'zzz'", "see 'chainrule list schedules'"},
        {"cosine end", "a schedule is a name and settings, as in 'cosine warm-up=100'", ""},
        {"end=1", "a schedule is a name and settings, as in 'cosine warm-up=100'", ""},
        {"cosine =1", "a schedule is a name and settings, as in 'cosine warm-up=100'", ""},
        {"cosine end=x", "the schedule's end is no number: 'x'", ""},
        {"cosine end=", "the schedule's end is no number: ''", ""},
        {"cosine end=nan", "the schedule's end is no number: 'nan'", ""},
        {"cosine end=2", "end 2 of 'cosine' is outside its range, 0 to 1", ""},
        {"cosine warm-up=1.5", "the warm-up is a number of steps, not 1.5", ""},
        {"cosine warm-up=-1", "the warm-up is a number of steps, not -1", ""},
        {"step every=0", "every 0 of 'step' is outside its range, 1 to 1000000000000", ""},
        {"cosine factor=1", "'cosine' has no parameter 'factor'", "known are 'end'"},
        {"step a=1 b=1 c=1 d=1 e=1", "the schedule has too many settings", ""},
        {"cosine aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
         "a schedule is a name and settings, as in 'cosine warm-up=100'", ""},
    };
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct spec_schedule s = {.row = 77};
        cr_error err = {0};
        assert_int_not_equal(cr_schedule_parse(bad[i][0], &s, &err), CR_OK);
        assert_string_equal(err.message, bad[i][1]);
        if (strncmp(bad[i][2], "known", 5) != 0)
            assert_string_equal(err.hint, bad[i][2]);
        assert_int_equal(s.row, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_pytorch),       cmocka_unit_test(plateaus_follow_pytorch),
        cmocka_unit_test(coslog4_is_the_papers), cmocka_unit_test(range_test_is_geometric),
        cmocka_unit_test(factors_are_sane),      cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
