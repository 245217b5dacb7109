#include "base/cpu.h"

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
