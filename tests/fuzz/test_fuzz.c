/* Every file of the corpus, as it is and with random damage, a bounded number of times. What is
 * wrong aborts; sanitizers see the rest. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/targets.h"

enum { MOST_SIZE = 1 << 16, ROUNDS = 40 };

static uint64_t seed = 20261125;

static uint64_t next(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return n ? (size_t)(next() % n) : 0;
}

/* Change a few bytes, cut a piece out, double one, or cut the end off. */
static size_t damage(unsigned char *b, size_t n)
{
    static const unsigned char likely[] = "0123456789,;\"\n\r\t.-+eEnaN \0\1\xFF\x80{}[]():'=";
    for (size_t k = 1 + below(4); k > 0 && n > 1; k--) {
        const size_t at = below(n), size = 1 + below(n - at < 16 ? n - at : 16);
        switch (below(6)) {
        case 0: b[at] ^= (unsigned char)(1u << below(8)); break;
        case 1: b[at] = (unsigned char)next(); break;
        case 2:
        case 3: b[at] = likely[below(sizeof likely - 1)]; break;
        case 4:
            memmove(b + at, b + at + size, n - at - size);
            n -= size;
            break;
        case 5:
            if (n + size > MOST_SIZE)
                break;
            memmove(b + at + size, b + at, n - at);
            n += size;
            break;
        }
    }
    return below(8) ? n : below(n + 1);
}

/* In memory of exactly that size, so that a sanitizer sees a byte too far. */
static void run(const struct fuzz_target *t, const unsigned char *bytes, size_t n)
{
    unsigned char *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    t->run(exact, n);
    free(exact);
}

static void fuzz_file(const struct fuzz_target *t, const char *path)
{
    unsigned char *good = malloc(MOST_SIZE), *bad = malloc(MOST_SIZE);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(good, 1, MOST_SIZE / 2, f);
    fclose(f);
    run(t, good, n);
    for (int i = 0; i < ROUNDS; i++) {
        memcpy(bad, good, n);
        run(t, bad, damage(bad, n));
    }
    free(good);
    free(bad);
}

static void damaged_files_are_harmless(void **state)
{
    (void)state;
    for (const struct fuzz_target *t = fuzz_targets; t->name; t++) {
        char folder[512], path[1024];
        int files = 0;
        snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", SOURCE_DIR, t->name);
        DIR *dir = opendir(folder);
        assert_non_null(dir);
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            fuzz_file(t, path);
            files++;
        }
        closedir(dir);
        assert_true(files >= 3);
    }
}

/* Of a training's beginning, its second epoch and its end. */
static const int steps[] = {0, 3, 6};

static void checkpoint_path(char *path, size_t size, int step)
{
    (void)snprintf(path, size, "%s/tests/fuzz/corpus/checkpoint/step-%d", SOURCE_DIR, step);
}

/* Else damage to them would be damage to what is refused anyway. */
static void checkpoints_are_current(void **state)
{
    (void)state;
    char path[1024];
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        checkpoint_path(path, sizeof path, steps[i]);
        if (!fuzz_checkpoint_is_current(path))
            fail_msg("%s is not read; write the corpus anew: fuzz_test_fuzz write", path);
    }
}

int main(int argc, char **argv)
{
    char path[1024];
    if (argc == 2 && !strcmp(argv[1], "write")) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            checkpoint_path(path, sizeof path, steps[i]);
            fuzz_checkpoint_write(path, steps[i]);
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoints_are_current),
        cmocka_unit_test(damaged_files_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
