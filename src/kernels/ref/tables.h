/* The tables of each instruction set; cr_kernels_* chooses. */
#ifndef KERNELS_REF_TABLES_H
#define KERNELS_REF_TABLES_H

#include "kernels/kernels.h"

extern const struct kernels_f32 cr_kernels_f32_ref;
extern const struct kernels_f64 cr_kernels_f64_ref;

#endif
