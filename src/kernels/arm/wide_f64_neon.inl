/* Wide vectors for the matrix kernels: 2 lanes of double. part: the number of lanes that are
 * loaded or stored, the others being 0 or left alone; 0: all. */
#include <arm_neon.h>

#define WIDE    2
#define VECTORS 3
#define ROWS    8

typedef float64x2_t W;

static inline W wide_load(const T *p, size_t part)
{
    return part ? vsetq_lane_f64(*p, vdupq_n_f64(0), 0) : vld1q_f64(p);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (part)
        vst1q_lane_f64(p, v, 0);
    else
        vst1q_f64(p, v);
}

static inline W wide_all(T x)
{
    return vdupq_n_f64(x);
}

static inline W wide_add(W a, W b)
{
    return vaddq_f64(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return vfmaq_f64(c, a, b);
}

/* to[j][i] = line[i][j0 + j], 2 by 2. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    const W a = vld1q_f64(line[0] + j0), b = vld1q_f64(line[1] + j0);
    vst1q_f64(to, vtrn1q_f64(a, b));
    vst1q_f64(to + ldto, vtrn2q_f64(a, b));
}
