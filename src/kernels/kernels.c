#include "kernels/kernels.h"

#include "kernels/ref/tables.h"

const struct kernels_f32 *cr_kernels_f32(enum isa isa)
{
    return isa == ISA_REF ? &cr_kernels_f32_ref : NULL;
}

const struct kernels_f64 *cr_kernels_f64(enum isa isa)
{
    return isa == ISA_REF ? &cr_kernels_f64_ref : NULL;
}
