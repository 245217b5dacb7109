/* Memory that is freed all at once. What is allocated from an arena is zeroed,
 * never moves, and lives until cr_arena_free. An arena is used by one thread. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena {
    struct arena_block *last;
    size_t used;  /* bytes handed out so far, all blocks together */
    size_t limit; /* 0: none; an allocation beyond it returns NULL */
};

/* n * size zeroed bytes, aligned for any type; NULL when memory or the limit is
 * reached or the product overflows. n or size 0 gives a valid pointer. */
void *cr_arena_alloc(struct arena *a, size_t n, size_t size);

/* Copies; NULL as above. cr_arena_strndup terminates its copy. */
void *cr_arena_copy(struct arena *a, const void *from, size_t n, size_t size);
char *cr_arena_strdup(struct arena *a, const char *s);
char *cr_arena_strndup(struct arena *a, const char *s, size_t n);
char *cr_arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Free everything and make the arena empty again ({0} is a valid empty arena). */
void cr_arena_free(struct arena *a);

/* `type *p = arena_new(a, type, n)` */
#define arena_new(a, type, n) ((type *)cr_arena_alloc((a), (n), sizeof(type)))

/* 64-byte aligned, zeroed, checked for overflow; NULL on failure. Freed with
 * cr_aligned_free. */
void *cr_aligned_alloc(size_t n, size_t size);
void cr_aligned_free(void *p);

/* *out = a * b, a + b; return 0 on overflow, out untouched. */
int cr_mul_size(size_t a, size_t b, size_t *out);
int cr_add_size(size_t a, size_t b, size_t *out);

#endif
