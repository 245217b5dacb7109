/* What the machine can do at most: loops in which nothing but the limit is waited for. */
#ifndef PERF_LIMITS_H
#define PERF_LIMITS_H

#include <stddef.h>

/* `times` rounds of independent float32 multiply-adds between registers, with the vectors of
 * an instruction set ("avx512", "avx2", anything else: the widest that every build has);
 * returns how many floating-point operations that was. */
double cr_limit_fma(const char *isa, size_t times);

/* Read `bytes` (a multiple of 512, 64-byte aligned) `times` times with the same vectors. */
void cr_limit_read(const char *isa, const void *p, size_t bytes, size_t times);

/* Bytes that lie in one level of the memory hierarchy and not in the one above: 0 is L1,
 * 3 is memory. A multiple of 4096. */
size_t cr_limit_bytes(int level);

#endif
