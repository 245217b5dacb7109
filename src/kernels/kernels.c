#include "kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/tables.h"

static const char *const names[] = {
#define X(name, text) text,
    ISA_LIST(X)
#undef X
};

const char *cr_isa_name(enum isa isa)
{
    return (unsigned)isa < ISA_COUNT ? names[isa] : "?";
}

const struct kernels_f32 *cr_kernels_f32(enum isa isa)
{
    if (isa == ISA_REF)
        return &cr_kernels_f32_ref;
#ifdef CHAINRULE_X86
    if (isa == ISA_AVX2 && cr_cpu_has_avx2())
        return &cr_kernels_f32_avx2;
    if (isa == ISA_AVX512 && cr_cpu_has_avx512())
        return &cr_kernels_f32_avx512;
#endif
#ifdef CHAINRULE_ARM
    if (isa == ISA_NEON) /* every 64-bit ARM has it */
        return &cr_kernels_f32_neon;
#endif
    return NULL;
}

const struct kernels_f64 *cr_kernels_f64(enum isa isa)
{
    if (isa == ISA_REF)
        return &cr_kernels_f64_ref;
#ifdef CHAINRULE_X86
    if (isa == ISA_AVX2 && cr_cpu_has_avx2())
        return &cr_kernels_f64_avx2;
    if (isa == ISA_AVX512 && cr_cpu_has_avx512())
        return &cr_kernels_f64_avx512;
#endif
#ifdef CHAINRULE_ARM
    if (isa == ISA_NEON) /* every 64-bit ARM has it */
        return &cr_kernels_f64_neon;
#endif
    return NULL;
}

const struct kernels_f32 *cr_kernels_bf16(enum isa isa)
{
    if (isa == ISA_REF)
        return &cr_kernels_bf16_ref;
#ifdef CHAINRULE_X86
    if (isa == ISA_AVX2 && cr_cpu_has_avx2())
        return &cr_kernels_bf16_avx2;
    if (isa == ISA_AVX512 && cr_cpu_has_avx512())
        return &cr_kernels_bf16_avx512;
#endif
#ifdef CHAINRULE_X86_BF16
    if (isa == ISA_AVX512BF16 && cr_cpu_has_avx512bf16())
        return &cr_kernels_bf16_pairs;
    if (isa == ISA_AMX && cr_cpu_may_use_amx())
        return &cr_kernels_bf16_amx;
#endif
#ifdef CHAINRULE_ARM
    if (isa == ISA_NEON)
        return &cr_kernels_bf16_neon;
#endif
    return NULL;
}

/* What CHAINRULE_ISA allows. */
static int cap(void)
{
    const char *name = getenv("CHAINRULE_ISA");
    for (int isa = 0; name && isa < ISA_COUNT; isa++)
        if (strcmp(name, names[isa]) == 0)
            return isa;
    return ISA_COUNT - 1;
}

enum isa cr_isa_best(void)
{
    int best = cap();
    while (best > ISA_REF && !cr_kernels_f32((enum isa)best))
        best--;
    return (enum isa)best;
}

int cr_isa_is_near(enum isa isa)
{
    return isa == ISA_AVX512BF16 || isa == ISA_AMX;
}

/* AVX512_BF16 pays where its products take no longer than float32's, two for one: on AMD's
 * processors. On Intel's they take four times as long. Who asks for it by name gets it. */
enum isa cr_isa_best_bf16(void)
{
    const int most = cap();
    int best = most;
    while (best > ISA_REF && (!cr_kernels_bf16((enum isa)best) ||
                              (best == ISA_AVX512BF16 && best < most && !cr_cpu_is_amd())))
        best--;
    return (enum isa)best;
}

size_t cr_kernel_scratch(size_t rows, size_t cols, size_t depth, size_t size)
{
    /* whole tiles, of at most 16 rows in place of 12, and at most 32 columns; and a line more */
    const size_t deep = depth < 256 ? depth + 32 : 256 + 32;
    const size_t most_a = KERNEL_SCRATCH_A / (deep * size),
                 most_b = KERNEL_SCRATCH_B / (deep * size);
    const size_t a = rows / 12 < most_a / 16 ? (rows / 12 + 1) * 16 : most_a;
    const size_t b = cols / 32 < most_b / 32 ? (cols / 32 + 1) * 32 : most_b;
    const size_t bytes = (a + b) * deep * size + 256;
    return bytes < KERNEL_SCRATCH ? bytes + (64 - bytes % 64) % 64 : KERNEL_SCRATCH;
}
