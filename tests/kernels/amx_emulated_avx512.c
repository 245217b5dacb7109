#include "kernels/amx_emulated.h"

#include "base/cpu.h"

#ifdef __AVX512F__
#include "kernels/amx_emulated.inl"

static const struct amx_products products = {linear, linear_dx, linear_dw};

const struct amx_products *amx_emulated_avx512(void)
{
    return cr_cpu_has_avx512() ? &products : NULL;
}
#else
const struct amx_products *amx_emulated_avx512(void)
{
    return NULL;
}
#endif
