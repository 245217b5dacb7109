/* bf16: the upper half of a float32. */
#ifndef KERNELS_BF16_H
#define KERNELS_BF16_H

#include <stdint.h>

/* The bits of a float32, rounded to the nearest number that bf16 has, ties to the even one;
 * beyond the largest to infinity. A NaN stays one, with its sign and what bf16 holds of its
 * payload, quiet. Without branches, so that compilers make vector code of it. */
static inline uint32_t bf16_round(uint32_t bits)
{
    const uint32_t nan = 0u - (uint32_t)((bits & 0x7fffffffu) > 0x7f800000u);
    const uint32_t nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
    return ((nan & (bits | 0x00400000u)) | (~nan & nearest)) & 0xffff0000u;
}

#endif
