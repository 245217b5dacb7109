/* Logs: what is in the lines, the bytes of an event record, and a disk that is full. */
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

#include "helpers.h"
#include "train/log.h"

static char folder[] = "/tmp/chainrule-log-XXXXXX";
static char path[128];

static const cr_progress epoch = {.epoch = 2,
                                  .epochs = 9,
                                  .step = 3,
                                  .steps = 3,
                                  .total_steps = 6,
                                  .rows = 96,
                                  .rate = 0.04,
                                  .epoch_done = 1,
                                  .train = {16, 0.25, NAN, 0.5, NAN},
                                  .validation = {8, (double)INFINITY, NAN, 0.75, 0.875},
                                  .best_epoch = 1};

static void read_all(char *buf, size_t size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    buf[fread(buf, 1, size - 1, f)] = '\0';
    fclose(f);
}

static void lines_are_json(void **state)
{
    (void)state;
    static const char after_epoch[] =
        "{\"event\":\"epoch\",\"epoch\":2,\"step\":6,\"rows\":96,\"seconds\":1.5,"
        "\"learning_rate\":0.04,\"train\":{\"rows\":16,\"loss\":0.25,\"rmse\":0.5},"
        "\"validation\":{\"rows\":8,\"loss\":null,\"rmse\":0.75,\"r2\":0.875},\"best_epoch\":1}\n";
    static const char after_step[] =
        "{\"event\":\"step\",\"epoch\":2,\"step\":6,\"rows\":96,\"seconds\":2,"
        "\"learning_rate\":0.04,\"train\":{\"rows\":16,\"loss\":0.25,\"rmse\":0.5}}\n";
    char want[2048], got[2048];
    cr_progress step = epoch;
    cr_log *log;
    step.epoch_done = 0;
    snprintf(path, sizeof path, "%s/log", folder);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(cr_log_open(path, again, &log, NULL), CR_OK);
        assert_int_equal(cr_log_progress(log, &epoch, 1.5, 0, NULL), CR_OK);
        assert_int_equal(cr_log_progress(log, &step, 2, 0, NULL), CR_OK);
        assert_int_equal(cr_log_close(log, NULL), CR_OK);
    }
    snprintf(want, sizeof want, "%s%s%s%s", after_epoch, after_step, after_epoch, after_step);
    read_all(got, sizeof got);
    assert_string_equal(got, want); /* the second log was appended */
    assert_int_equal(cr_log_open(path, 0, &log, NULL), CR_OK);
    cr_log_close(log, NULL);
    read_all(got, sizeof got);
    assert_string_equal(got, "");
    unlink(path);
}

/* By hand, but for the checksums, which are those of masked_crc32c in tensorboard 2.21. */
static void records_are_framed(void **state)
{
    (void)state;
    unsigned char got[256];
    static const unsigned char version[] = {
        24,  0,   0,   0,   0,   0,   0,   0,    0xa3, 0x7f, 0x4b, 0x22, 0x09, 0,
        0,   0,   0,   0,   0,   0,   0,   0x1a, 13,   'b',  'r',  'a',  'i',  'n',
        '.', 'E', 'v', 'e', 'n', 't', ':', '2',  0xee, 0xdf, 0x28, 0xa3};
    assert_int_equal(cr_event_version(0, got, sizeof got), sizeof version);
    assert_memory_equal(got, version, sizeof version);
    const struct scalar s = {"train", "loss", 0.5};
    static const unsigned char scalar[] = {
        0x09, 0,    0,    0,   0,    0,   0,   0xf0, 0x3f,                /* wall_time: 1 */
        0x10, 0xac, 0x02,                                                 /* step: 300 */
        0x2a, 19,   0x0a, 17,                                             /* summary, value */
        0x0a, 10,   't',  'r', 'a',  'i', 'n', '/',  'l',  'o', 's', 's', /* tag */
        0x15, 0,    0,    0,   0x3f,                                      /* simple_value: 0.5 */
    };
    assert_int_equal(cr_event_scalar(1, 300, &s, got, sizeof got), 16 + sizeof scalar);
    assert_int_equal(got[0], sizeof scalar);
    assert_memory_equal(got + 12, scalar, sizeof scalar);
    assert_int_equal(cr_event_scalar(1, 300, &s, got, 10), 0);
}

static void full_disk_is_said_once(void **state)
{
    (void)state;
    cr_log *log;
    cr_error err = {0};
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(cr_log_open("/dev/full", 0, &log, NULL), CR_OK);
    assert_int_equal(cr_log_progress(log, &epoch, 1, 0, &err), CR_ERR_IO);
    assert_string_equal(err.message, "cannot write '/dev/full': No space left on device");
    assert_int_equal(cr_log_progress(log, &epoch, 1, 0, &err), CR_OK);
    assert_int_equal(cr_log_close(log, NULL), CR_OK);
}

static void folders_are_made_and_kept(void **state)
{
    (void)state;
    char name[200], made[128];
    cr_log *log = NULL;
    cr_error err = {0};
    struct stat st;
    snprintf(made, sizeof made, "%s/events", folder);
    assert_int_equal(cr_log_tensorboard(made, 7, &log, NULL), CR_OK);
    assert_int_equal(cr_log_progress(log, &epoch, 1, 7, NULL), CR_OK);
    assert_int_equal(cr_log_close(log, NULL), CR_OK);
    snprintf(name, sizeof name, "%s/events.out.tfevents.7.chainrule", made);
    assert_int_equal(stat(name, &st), 0);
    const off_t size = st.st_size;
    /* the same second again: the older file stays as it is */
    char second[210];
    snprintf(second, sizeof second, "%s.2", name);
    assert_int_equal(cr_log_tensorboard(made, 7, &log, &err), CR_OK);
    assert_int_equal(cr_log_close(log, NULL), CR_OK);
    assert_int_equal(stat(name, &st), 0);
    assert_true(st.st_size == size);
    assert_int_equal(unlink(second), 0);
    assert_int_equal(cr_log_tensorboard("/no/such/folder", 7, &log, &err), CR_ERR_IO);
    assert_string_equal(err.message,
                        "cannot make the folder '/no/such/folder': No such file or directory");
    unlink(name);
    rmdir(made);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_json),
        cmocka_unit_test(records_are_framed),
        cmocka_unit_test(full_disk_is_said_once),
        cmocka_unit_test(folders_are_made_and_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
