/* What this processor can do, and how many there are. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

/* 1 where AVX2 and fused multiply-adds exist and the system saves their registers. */
int cr_cpu_has_avx2(void);

/* The same for AVX-512 F, BW, DQ and VL. */
int cr_cpu_has_avx512(void);

/* The same for AVX-512 BF16, beside those. */
int cr_cpu_has_avx512bf16(void);

/* 1 where the processor says that AMD made it. */
int cr_cpu_is_amd(void);

/* The same for AMX with bf16 (and AVX512_BF16, which comes with it), where the system also allows this process to use it: Linux wants
 * to be asked (larger signal frames come with it), so this asks. 0 where it refuses. */
int cr_cpu_may_use_amx(void);

/* How many processors this process may use: those that it may run on, or fewer where a
 * control group of Linux limits the time, or what the environment variable CHAINRULE_CPUS
 * says; 1 to 1024. */
int cr_cpu_count(void);

/* How many whole processors' time a process may spend that is in the control groups that the
 * file `groups` lists (as /proc/self/cgroup does), with the groups below the folder `mount`; at
 * least 1, and INT_MAX without a limit. */
int cr_cpu_quota(const char *groups, const char *mount);

#endif
