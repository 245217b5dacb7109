/* What is fuzzed: each target reads the bytes as what it is called, and checks what came of them. It
 * aborts where something is wrong. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>

#include "chainrule/base.h"

struct fuzz_target {
    const char *name; /* of its folder in tests/fuzz/corpus too */
    void (*run)(const unsigned char *bytes, size_t size);
};

/* Ends with a NULL name. */
extern const struct fuzz_target fuzz_targets[];

/* Those with a file of their own: target_NAME.c. */
void fuzz_checkpoint(const unsigned char *bytes, size_t size);
void fuzz_audit(const unsigned char *bytes, size_t size);

/* The checkpoints of the corpus: after so many steps, to a file; and whether one is still read. */
void fuzz_checkpoint_write(const char *to, int steps);
int fuzz_checkpoint_is_current(const char *from);

/* Abort, and say what is wrong, where it is not so. */
void must(int ok, const char *what);

/* A failure has its code and a message; success has neither. */
void check_error(cr_status status, const cr_error *err);

#endif
