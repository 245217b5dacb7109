/* What tests of arithmetic share. Include after <cmocka.h>. */
#ifndef TESTS_HELPERS_H
#define TESTS_HELPERS_H

#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A small generator of its own, so that a test's numbers never change. */
static inline uint64_t next_random(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15u;
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return s * 0x2545f4914f6cdd1du;
}

/* 0 .. n - 1 */
static inline size_t below(size_t n)
{
    return (size_t)(next_random() >> 11) % n;
}

/* evenly in [low, high) */
static inline double uniform(double low, double high)
{
    return low + (high - low) * (double)(next_random() >> 11) * 0x1p-53;
}

/* Ordinary values mixed with zeros of both signs, subnormals, infinities and NaN. */
static inline double nasty(void)
{
    switch (below(16)) {
    case 0: return 0.0;
    case 1: return -0.0;
    case 2: return (double)INFINITY;
    case 3: return -(double)INFINITY;
    case 4: return (double)NAN;
    case 5: return uniform(-1, 1) * 0x1p-1023;
    case 6: return uniform(-1, 1) * 0x1p-127;
    case 7: return uniform(-1, 1) * 0x1p120;
    default: return uniform(-3, 3);
    }
}

/* n bytes that end at an unreadable page and follow a canary. */
enum { CANARY = 64, CANARY_BYTE = 0xa5 };

static inline size_t fence_pages(size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n + CANARY + page - 1) / page * page;
}

static inline void *fenced_bytes(size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = fence_pages(n);
    const int zero = open("/dev/zero", O_RDWR);
    unsigned char *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    close(zero);
    if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE) != 0)
        abort();
    memset(p, CANARY_BYTE, room);
    return p + room - n;
}

static inline void unfence_bytes(void *start, size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = fence_pages(n);
    unsigned char *p = (unsigned char *)start;
    for (size_t i = 1; i <= CANARY; i++)
        if (*(p - i) != CANARY_BYTE)
            fail_msg("wrote %zu bytes before a buffer", i);
    munmap(p + n - room, room + page);
}

#define FENCED(type, n) ((type *)fenced_bytes((n) * sizeof(type)))
#define UNFENCE(p, n)   unfence_bytes((p), (n) * sizeof *(p))

/* Bit for bit the same, all NaN counting as one. */
static inline void assert_same_floats(const float *want, const float *got, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(isnan(want[i]) && isnan(got[i])) && memcmp(&want[i], &got[i], sizeof *got) != 0)
            fail_msg("element %zu is %a, not %a", i, (double)got[i], (double)want[i]);
}

static inline void assert_same_doubles(const double *want, const double *got, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(isnan(want[i]) && isnan(got[i])) && memcmp(&want[i], &got[i], sizeof *got) != 0)
            fail_msg("element %zu is %a, not %a", i, got[i], want[i]);
}

/* |got - want| <= tolerance * max(1, |want|); NaN fails. */
static inline void assert_close(double got, double want, double tolerance)
{
    const double scale = fabs(want) > 1 ? fabs(want) : 1;
    if (!(fabs(got - want) <= tolerance * scale))
        fail_msg("%.17g is not %.17g", got, want);
}

#endif
