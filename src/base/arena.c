#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise */
#include <sys/mman.h>
#endif

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *before;
    size_t used, size; /* of `bytes` */
    _Alignas(max_align_t) unsigned char bytes[];
};

int cr_mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return 0;
    *out = a * b;
    return 1;
}

int cr_add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return 0;
    *out = a + b;
    return 1;
}

/* Blocks double up to LARGEST_BLOCK, so that small arenas stay small. */
static struct arena_block *add_block(struct arena *a, size_t least)
{
    size_t size = FIRST_BLOCK, total;
    if (a->last)
        size = a->last->size < LARGEST_BLOCK / 2 ? a->last->size * 2 : LARGEST_BLOCK;
    if (size < least)
        size = least;
    if (!cr_add_size(size, sizeof(struct arena_block), &total))
        return NULL;
    struct arena_block *block = calloc(1, total);
    if (!block)
        return NULL;
    block->size = size;
    block->before = a->last;
    a->last = block;
    return block;
}

void *cr_arena_alloc(struct arena *a, size_t n, size_t size)
{
    const size_t unit = _Alignof(max_align_t);
    size_t want;
    if (!cr_mul_size(n, size, &want))
        return NULL;
    if (want == 0)
        want = 1;
    if (!cr_add_size(want, unit - 1, &want))
        return NULL;
    want -= want % unit;
    if (a->limit && (want > a->limit || a->used > a->limit - want))
        return NULL;

    struct arena_block *block = a->last;
    if (!block || block->size - block->used < want)
        block = add_block(a, want);
    if (!block)
        return NULL;
    void *p = block->bytes + block->used;
    block->used += want;
    a->used += want;
    return p;
}

void *cr_arena_copy(struct arena *a, const void *from, size_t n, size_t size)
{
    void *p = cr_arena_alloc(a, n, size);
    if (p && n && size)
        memcpy(p, from, n * size);
    return p;
}

char *cr_arena_strndup(struct arena *a, const char *s, size_t n)
{
    size_t with_end;
    if (!cr_add_size(n, 1, &with_end))
        return NULL;
    char *copy = cr_arena_alloc(a, with_end, 1);
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

char *cr_arena_strdup(struct arena *a, const char *s)
{
    return cr_arena_strndup(a, s, strlen(s));
}

char *cr_arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return NULL;
    char *s = cr_arena_alloc(a, (size_t)n + 1, 1);
    if (!s)
        return NULL;
    va_start(args, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, args);
    va_end(args);
    return s;
}

void cr_arena_free(struct arena *a)
{
    for (struct arena_block *block = a->last; block;) {
        struct arena_block *before = block->before;
        free(block);
        block = before;
    }
    a->last = NULL;
    a->used = 0;
}

/* Large blocks begin at a large page, and ask for such pages: products walk through many. */
enum { LINE = 64, LARGE_PAGE = 2 << 20, LARGE = 4 * LARGE_PAGE };

void *cr_aligned_alloc(size_t n, size_t size)
{
    size_t want;
    if (!cr_mul_size(n, size, &want))
        return NULL;
    const size_t unit = want < LARGE ? LINE : LARGE_PAGE;
    if (!cr_add_size(want, unit - 1, &want))
        return NULL;
    want -= want % unit;
    if (want == 0)
        want = LINE;
    void *p = aligned_alloc(unit, want);
    if (!p)
        return NULL;
#ifdef __linux__
    if (unit == LARGE_PAGE)
        madvise(p, want, MADV_HUGEPAGE); /* refused: small pages do */
#endif
    memset(p, 0, want);
    return p;
}

void cr_aligned_free(void *p)
{
    free(p);
}
