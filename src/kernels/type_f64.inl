/* What the templates (*.inl) need to know of double. */
#include <math.h>
#include <stdint.h>

#define T               double
#define BITS            uint64_t
#define FMA             fma
#define SQRT            sqrt
#define C(x)            x
#define FRACTION        52
#define BIAS            1023u
#define SQRT_HALF_BITS  0x3fe6a09e667f3bcdu
#define LEAST_NORMAL    0x1p-1022
#define SUBNORMAL_SHIFT 60
#define EXP_HIGH        712.0
#define EXP_LOW         -750.0
#define EXPM1_HIGH      710.0
#define EXPM1_LOW       -45.0
#define TANH_HIGH       22.0
#define LINEAR_BELOW    0x1p-54
#define CUBIC_BELOW     0x1p-28
#define SOFTPLUS_HIGH   40.0
#define TRIG_LIMIT      0x1p28
#define EXPONENT_SMALL  -1000.0

#include "kernels/coefficients_f64.inl"
