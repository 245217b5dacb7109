/* So many training steps of a workload and nothing else that depends on their number:
 * test_all_instructions.py counts the instructions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf/workload.h"

enum { SKIPPED = 77 };

int main(int argc, char **argv)
{
    cr_error err;
    struct subject *s = NULL;
#ifndef NDEBUG
    return SKIPPED;
#endif
    if (argc != 3)
        return 2;
    cr_workload w;
    for (size_t i = 0; cr_workload_row(i, &w); i++) {
        if (strcmp(w.name, argv[1]) != 0)
            continue;
        if (cr_subject_create(&w, CR_FOR_TRAINING, 0, 1, NULL, &s, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 2;
        }
        cr_subject_train(s, strtoull(argv[2], NULL, 10));
        cr_subject_free(s);
        return 0;
    }
    return 2;
}
