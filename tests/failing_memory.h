/* An allocator for test programs that fails from the n-th call of our own code on, and counts
 * what is outstanding. Calls from libraries are left alone. Include it in one file. Where
 * OWN_ALLOCATOR is 0 (sanitizers bring their own) there is none, and such tests are skipped. */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define OWN_ALLOCATOR 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_ALLOCATOR 0
#else
#define OWN_ALLOCATOR 1
#endif
#else
#define OWN_ALLOCATOR 1
#endif

#if OWN_ALLOCATOR

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);
extern char __executable_start, etext;

static long calls_left = -1; /* -1: never fail */
static long outstanding;

static int is_ours(const void *caller)
{
    const char *c = caller;
    return c >= &__executable_start && c < &etext;
}

static int fails(const void *caller)
{
    if (calls_left < 0 || !is_ours(caller))
        return 0;
    if (calls_left == 0)
        return 1;
    calls_left--;
    return 0;
}

static void *counted(void *p)
{
    outstanding += p != NULL;
    return p;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *p, size_t size)
{
    if (fails(__builtin_return_address(0)))
        return NULL;
    void *q = __libc_realloc(p, size);
    outstanding += !p && q;
    return q;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *p)
{
    outstanding -= p != NULL;
    __libc_free(p);
}

#endif
#endif
