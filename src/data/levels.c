#include "data/levels.h"

#include <stdlib.h>
#include <string.h>

void cr_levels_free(struct levels *l)
{
    free(l->text);
    free(l->slot);
    cr_arena_free(&l->arena);
    *l = (struct levels){0};
}

/* FNV-1a, 64 bits (Fowler, Noll & Vo). */
static uint64_t hash(const char *s, size_t n)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h ^ h >> 32;
}

/* Where the text is, or the free place where it belongs. */
static size_t find_slot(const struct levels *l, const char *s, size_t n)
{
    size_t at = (size_t)hash(s, n) & (l->n_slots - 1);
    for (; l->slot[at]; at = (at + 1) & (l->n_slots - 1)) {
        const char *text = l->text[l->slot[at] - 1];
        if (!strncmp(text, s, n) && !text[n])
            break;
    }
    return at;
}

static int widen(struct levels *l)
{
    const size_t n = l->n_slots ? l->n_slots * 2 : 64;
    const char **text = realloc((void *)l->text, n / 2 * sizeof *text);
    if (!text)
        return 0;
    l->text = text;
    uint32_t *slot = calloc(n, sizeof *slot);
    if (!slot)
        return 0;
    free(l->slot);
    l->slot = slot;
    l->n_slots = n;
    for (size_t i = 0; i < l->n; i++)
        l->slot[find_slot(l, l->text[i], strlen(l->text[i]))] = (uint32_t)i + 1;
    return 1;
}

int cr_levels_add(struct levels *l, const char *s, size_t n, uint32_t *id)
{
    if (2 * l->n >= l->n_slots && !widen(l))
        return 0;
    const size_t at = find_slot(l, s, n);
    if (!l->slot[at]) {
        const char *copy = cr_arena_strndup(&l->arena, s, n);
        if (!copy)
            return 0;
        l->text[l->n++] = copy;
        l->slot[at] = (uint32_t)l->n;
    }
    *id = l->slot[at] - 1;
    return 1;
}

long cr_levels_find(const struct levels *l, const char *s, size_t n)
{
    return l->n_slots ? (long)l->slot[find_slot(l, s, n)] - 1 : -1;
}
