/* Different texts, numbered in the order of their first appearance. */
#ifndef DATA_LEVELS_H
#define DATA_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct levels {
    struct arena arena;
    const char **text; /* [n] terminated */
    size_t n;
    uint32_t *slot; /* hash table of number + 1; a power of two */
    size_t n_slots;
};

void cr_levels_free(struct levels *l);

/* The number of a text, which is added where it is new. 0 when out of memory. */
int cr_levels_add(struct levels *l, const char *s, size_t n, uint32_t *id);

/* The number of a text, or -1. */
long cr_levels_find(const struct levels *l, const char *s, size_t n);

#endif
