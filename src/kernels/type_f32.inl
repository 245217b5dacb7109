/* What the templates (*.inl) need to know of float. */
#include <math.h>
#include <stdint.h>

#define T               float
#define BITS            uint32_t
#define FMA             fmaf
#define SQRT            sqrtf
#define C(x)            x##f /* a literal */
#define FRACTION        23   /* bits of the fraction */
#define BIAS            127u
#define SQRT_HALF_BITS  0x3f3504f3u
#define LEAST_NORMAL    0x1p-126f
#define SUBNORMAL_SHIFT 30    /* a subnormal times 2^this is normal */
#define EXP_HIGH        92.0f /* beyond these exp, sinh and cosh are inf, or exp is 0 */
#define EXP_LOW         -105.0f
#define EXPM1_HIGH      89.0f   /* expm1 is inf */
#define EXPM1_LOW       -20.0f  /* expm1 is -1 */
#define TANH_HIGH       10.0f   /* tanh is 1 */
#define SIGMOID_HIGH    20.0f   /* sigmoid is 1 */
#define SIGMOID_LOW     -105.0f /* sigmoid is 0 */
#define SIGMOID_SCALE   0x1.8p-24f
#define LINEAR_BELOW    0x1p-25f /* x + x^2/2 is x */
#define CUBIC_BELOW     0x1p-13f /* x + x^3/3 is x */
#define SOFTPLUS_HIGH \
    20.0f                      /* softplus is x; E (1 - E/2), E = e^x, below
                                   half the negative */
#define TRIG_LIMIT     0x1p15f /* reduced by reduce_large from here */
#define EXPONENT_SMALL -120.0f /* 2^n is normal, and 1 + 2^n is 1, well before */

#include "kernels/coefficients_f32.inl"
