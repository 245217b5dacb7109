/* A target for libFuzzer: clang -fsanitize=fuzzer -DFUZZ_TARGET='"table"'. */
#include <stdint.h>
#include <string.h>

#include "fuzz/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB of its own in some files that it refuses. What it is given to free
 * is counted by formats_test_network_file_memory. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct fuzz_target *t = fuzz_targets;
    while (strcmp(t->name, FUZZ_TARGET) != 0)
        t++;
    t->run(bytes, size);
    return 0;
}
