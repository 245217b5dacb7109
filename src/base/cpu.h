/* What this processor can do. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

/* 1 where AVX2 and fused multiply-adds exist and the system saves their registers. */
int cr_cpu_has_avx2(void);

/* The same for AVX-512 F, BW, DQ and VL. */
int cr_cpu_has_avx512(void);

#endif
