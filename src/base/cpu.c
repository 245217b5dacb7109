#define _GNU_SOURCE /* syscall */
#include "base/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* __builtin_cpu_supports asks the processor (CPUID) and the system (XGETBV). */

int cr_cpu_has_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

int cr_cpu_has_avx512(void)
{
#if defined(__x86_64__)
    return cr_cpu_has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#else
    return 0;
#endif
}

#if defined(__x86_64__)
static int has_bf16_pairs(void)
{
    enum { AVX512_BF16 = 1 << 5 };
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & AVX512_BF16;
}
#endif

int cr_cpu_has_avx512bf16(void)
{
#if defined(__x86_64__)
    return cr_cpu_has_avx512() && has_bf16_pairs();
#else
    return 0;
#endif
}

int cr_cpu_is_amd(void)
{
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    __get_cpuid(0, &a, &b, &c, &d);
    return b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
#else
    return 0;
#endif
}

#if defined(__x86_64__) && defined(__linux__)
/* Tiles as our kernels use them: 8, of 16 rows of 64 bytes; and products of bf16 pairs. */
static int has_tiles(void)
{
    enum { BF16 = 1 << 22, TILE = 1 << 24, PALETTE = 1 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & BF16) || !(d & TILE) || !has_bf16_pairs())
        return 0;
    return __get_cpuid_count(0x1d, PALETTE, &a, &b, &c, &d) && (b & 0xffff) >= 64 && b >> 16 >= 8 &&
           (c & 0xffff) >= 16;
}

/* Does the system save tiles and their configuration? Bits 17 and 18 of XCR0. */
static int saves_tiles(void)
{
    enum { OSXSAVE = 1 << 27, TILES = 3 << 17 };
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & TILES) == TILES;
}
#endif

int cr_cpu_may_use_amx(void)
{
#if defined(__x86_64__) && defined(__linux__)
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
    return cr_cpu_has_avx512() && has_tiles() && saves_tiles() &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
#else
    return 0;
#endif
}
