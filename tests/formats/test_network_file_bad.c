/* Every mistake has its message: bad/NAME.yaml gives exactly bad/NAME.txt. To write the
 * messages anew, run with UPDATE_GOLDEN=1 and read what changed. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/network_file.h"
#include "formats/read_all.h"

#define FOLDER SOURCE_DIR "/tests/formats/bad"

static int is_yaml(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

/* The message for a file; 0 when it was accepted. */
static int message_of(const char *name, char *buf, size_t size)
{
    char path[512];
    size_t n = 0;
    cr_error err = {0};
    struct spec *spec = NULL;
    snprintf(path, sizeof path, FOLDER "/%s", name);
    char *text = read_all(path, &n);
    const cr_status status = cr_network_file_read(text, n, name, 1 << 30, &spec, &err);
    free(text);
    if (status == CR_OK) {
        cr_spec_free(spec);
        return 0;
    }
    assert_null(spec);
    assert_int_equal(err.code, status);
    assert_true(err.message[0] != '\0');
    cr_error_format(&err, buf, size);
    return 1;
}

static int check(const char *name, int update)
{
    char path[512], got[2048] = "";
    size_t n;
    if (!message_of(name, got, sizeof got)) {
        printf("%s: accepted\n", name);
        return 0;
    }
    snprintf(path, sizeof path, FOLDER "/%.*s.txt", (int)strlen(name) - 5, name);
    char *want = read_all(path, &n);
    const int same = want && strcmp(want, got) == 0;
    if (!same) {
        printf("%s: the message is\n%sand should be\n%s", name, got, want ? want : "(no file)\n");
        FILE *out = update ? fopen(path, "wb") : NULL;
        if (out) {
            fputs(got, out);
            fclose(out);
        }
    }
    free(want);
    return same || update;
}

static void messages_are_as_expected(void **state)
{
    (void)state;
    struct dirent **entry;
    const int update = getenv("UPDATE_GOLDEN") != NULL,
              n = scandir(FOLDER, &entry, is_yaml, alphasort);
    int bad = 0;
    assert_true(n >= 55);
    for (int i = 0; i < n; i++) {
        bad += !check(entry[i]->d_name, update);
        free(entry[i]);
    }
    free(entry);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(messages_are_as_expected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
