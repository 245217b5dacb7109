#include "data/split.h"

#include <stdlib.h>

#include "base/random.h"

/* How many of `count` rows to hold out. */
static size_t part(size_t count, double share)
{
    size_t held = (size_t)((double)count * share + 0.5);
    return held < count ? held : count ? count - 1 : 0;
}

cr_status cr_split(size_t n, double share, uint64_t seed, const uint32_t *classes, size_t n_classes,
                   size_t *order, size_t *n_train, cr_error *err)
{
    size_t groups = classes ? n_classes : 1;
    size_t *left = calloc(groups ? groups : 1, sizeof *left);
    unsigned char *held = calloc(n ? n : 1, 1);
    if (!left || !held) {
        free(left);
        free(held);
        return cr_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        left[classes ? classes[i] : 0]++;
    for (size_t g = 0; g < groups; g++)
        left[g] = part(left[g], share);
    /* rows in random order; each group holds out its first ones */
    cr_random_permutation((struct random_key){seed, RANDOM_SPLIT, 0}, order, n);
    for (size_t i = 0; i < n; i++) {
        size_t *more = &left[classes ? classes[order[i]] : 0];
        if (*more > 0) {
            --*more;
            held[order[i]] = 1;
        }
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        if (!held[i])
            order[at++] = i;
    *n_train = at;
    for (size_t i = 0; i < n; i++)
        if (held[i])
            order[at++] = i;
    free(left);
    free(held);
    return CR_OK;
}
