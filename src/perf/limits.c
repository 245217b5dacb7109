/* Assembly, because a compiler may fold, split or reorder such loops, and because these
 * files are built for the oldest processor of their kind. */
#include "perf/limits.h"

#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)

/* 12 accumulators cover a latency of 4 on two ports, with some to spare. */
#define TWELVE(F, v) \
    F(v, 0)          \
    F(v, 1) F(v, 2) F(v, 3) F(v, 4) F(v, 5) F(v, 6) F(v, 7) F(v, 8) F(v, 9) F(v, 10) F(v, 11)
#define FUSED(v, n) "vfmadd231ps %%" v "mm14, %%" v "mm15, %%" v "mm" #n "\n\t"
#define APART(v, n) "mulps %%xmm15, %%xmm" #n "\n\taddps %%xmm14, %%xmm" #n "\n\t"
#define VECTOR_CLOBBERS                                                                      \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#define CLEAR(v, n)     "vpxor %%xmm" #n ", %%xmm" #n ", %%xmm" #n "\n\t"
#define CLEAR_SSE(v, n) "xorps %%xmm" #n ", %%xmm" #n "\n\t"

#define LOOP(clear, body, end)                                      \
    __asm__ volatile(clear "1:\n\t" body "dec %0\n\tjnz 1b\n\t" end \
                     : "+r"(times)                                  \
                     :                                              \
                     : VECTOR_CLOBBERS, "cc")

double cr_limit_fma(const char *isa, size_t times)
{
    const double rounds = (double)times;
    if (times == 0)
        return 0;
    if (strcmp(isa, "avx512") == 0) {
        LOOP(TWELVE(CLEAR, "x") CLEAR(, 14) CLEAR(, 15), TWELVE(FUSED, "z"), "vzeroupper\n\t");
        return rounds * 12 * 16 * 2;
    }
    if (strcmp(isa, "avx2") == 0) {
        LOOP(TWELVE(CLEAR, "x") CLEAR(, 14) CLEAR(, 15), TWELVE(FUSED, "y"), "vzeroupper\n\t");
        return rounds * 12 * 8 * 2;
    }
    LOOP(TWELVE(CLEAR_SSE, "x") CLEAR_SSE(, 14) CLEAR_SSE(, 15), TWELVE(APART, "x"), "");
    return rounds * 12 * 4 * 2;
}

#define LOAD(instruction, offset, v, n) instruction " " offset "(%0), %%" v "mm" #n "\n\t"
#define READ_512(instruction, v, o0, o1, o2, o3, o4, o5, o6, o7) \
    LOAD(instruction, o0, v, 0)                                  \
    LOAD(instruction, o1, v, 1)                                  \
    LOAD(instruction, o2, v, 2)                                  \
    LOAD(instruction, o3, v, 3)                                  \
    LOAD(instruction, o4, v, 4)                                  \
    LOAD(instruction, o5, v, 5) LOAD(instruction, o6, v, 6) LOAD(instruction, o7, v, 7)
#define READ(body, step, end)                                                         \
    __asm__ volatile("1:\n\t" body "add $" step ", %0\n\tcmp %1, %0\n\tjb 1b\n\t" end \
                     : "+r"(at)                                                       \
                     : "r"(stop)                                                      \
                     : VECTOR_CLOBBERS, "cc", "memory")

void cr_limit_read(const char *isa, const void *p, size_t bytes, size_t times)
{
    const char *stop = (const char *)p + bytes;
    const int wide = strcmp(isa, "avx512") == 0, middle = strcmp(isa, "avx2") == 0;
    for (size_t i = 0; bytes && i < times; i++) {
        const char *at = p;
        if (wide)
            READ(READ_512("vmovaps", "z", "0", "64", "128", "192", "256", "320", "384", "448"),
                 "512", "vzeroupper\n\t");
        else if (middle)
            READ(READ_512("vmovaps", "y", "0", "32", "64", "96", "128", "160", "192", "224"), "256",
                 "vzeroupper\n\t");
        else
            READ(READ_512("movaps", "x", "0", "16", "32", "48", "64", "80", "96", "112"), "128",
                 "");
    }
}

#elif defined(__aarch64__)

#define FUSED(n)                         "fmla v" #n ".4s, v30.4s, v31.4s\n\t"
#define EIGHT(F, a, b, c, d, e, f, g, h) F(a) F(b) F(c) F(d) F(e) F(f) F(g) F(h)
#define CLEAR(n)                         "movi v" #n ".4s, #0\n\t"
#define VECTOR_CLOBBERS                                                                       \
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", \
        "v22", "v23", "v30", "v31"

double cr_limit_fma(const char *isa, size_t times)
{
    const double rounds = (double)times;
    (void)isa;
    if (times == 0)
        return 0;
    __asm__ volatile(
        EIGHT(CLEAR, 0, 1, 2, 3, 4, 5, 6, 7) EIGHT(CLEAR, 16, 17, 18, 19, 20, 21, 22, 23) CLEAR(30)
            CLEAR(31) "1:\n\t" EIGHT(FUSED, 0, 1, 2, 3, 4, 5, 6, 7)
                EIGHT(FUSED, 16, 17, 18, 19, 20, 21, 22, 23) "subs %0, %0, #1\n\tb.ne 1b\n\t"
        : "+r"(times)
        :
        : VECTOR_CLOBBERS, "cc");
    return rounds * 16 * 4 * 2;
}

void cr_limit_read(const char *isa, const void *p, size_t bytes, size_t times)
{
    const char *stop = (const char *)p + bytes;
    (void)isa;
    for (size_t i = 0; bytes && i < times; i++) {
        const char *at = p;
        __asm__ volatile("1:\n\t"
                         "ld1 {v0.4s, v1.4s, v2.4s, v3.4s}, [%0], #64\n\t"
                         "ld1 {v4.4s, v5.4s, v6.4s, v7.4s}, [%0], #64\n\t"
                         "cmp %0, %1\n\tb.lo 1b\n\t"
                         : "+r"(at)
                         : "r"(stop)
                         : VECTOR_CLOBBERS, "cc", "memory");
    }
}

#else

enum { CHAINS = 64 };

double cr_limit_fma(const char *isa, size_t times)
{
    (void)isa;
    float acc[CHAINS] = {0};
    volatile float source = 0;
    const float a = source, b = source;
    for (size_t i = 0; i < times; i++)
        for (int k = 0; k < CHAINS; k++)
            acc[k] = __builtin_fmaf(acc[k], a, b);
    for (int k = 0; k < CHAINS; k++)
        source = acc[k];
    return (double)times * CHAINS * 2;
}

void cr_limit_read(const char *isa, const void *p, size_t bytes, size_t times)
{
    (void)isa;
    const unsigned *word = p;
    volatile unsigned sink = 0;
    for (size_t i = 0; i < times; i++) {
        unsigned sum[16] = {0};
        for (size_t k = 0; k < bytes / sizeof *word; k += 16)
            for (int j = 0; j < 16; j++)
                sum[j] += word[k + (size_t)j];
        for (int j = 0; j < 16; j++)
            sink += sum[j];
    }
}

#endif

size_t cr_limit_bytes(int level)
{
    long cache[3] = {32 << 10, 1 << 20, 32 << 20};
#ifdef _SC_LEVEL1_DCACHE_SIZE
    static const int name[3] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                _SC_LEVEL3_CACHE_SIZE};
    for (int i = 0; i < 3; i++)
        if (sysconf(name[i]) > 0)
            cache[i] = sysconf(name[i]);
#endif
    /* Half of a cache: the rest is for what else lies in it. The last level is shared with
     * neighbours, so what is asked of it is a few times the level above. */
    const long l3 = cache[2] / 2 < 4 * cache[1] ? cache[2] / 2 : 4 * cache[1];
    const long most = 128 << 20, beyond = 4 * cache[2] < most ? 4 * cache[2] : most;
    const long bytes = level == 0   ? cache[0] / 2
                       : level == 1 ? cache[1] / 2
                       : level == 2 ? l3
                                    : beyond;
    return bytes < 4096 ? 4096 : (size_t)bytes / 4096 * 4096;
}
