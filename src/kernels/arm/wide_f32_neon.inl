/* Wide vectors for the matrix kernels: 4 lanes of float. part: the number of lanes that are
 * loaded or stored, the others being 0 or left alone; 0: all. */
#include <arm_neon.h>

#define WIDE    4
#define VECTORS 3
#define ROWS    8

typedef float32x4_t W;

static inline W wide_load(const T *p, size_t part)
{
    if (!part)
        return vld1q_f32(p);
    T lane[WIDE] = {0};
    for (size_t i = 0; i < part; i++)
        lane[i] = p[i];
    return vld1q_f32(lane);
}

static inline void wide_store(T *p, W v, size_t part)
{
    if (!part) {
        vst1q_f32(p, v);
        return;
    }
    T lane[WIDE];
    vst1q_f32(lane, v);
    for (size_t i = 0; i < part; i++)
        p[i] = lane[i];
}

static inline W wide_all(T x)
{
    return vdupq_n_f32(x);
}

static inline W wide_add(W a, W b)
{
    return vaddq_f32(a, b);
}

static inline W wide_fused(W a, W b, W c)
{
    return vfmaq_f32(c, a, b);
}

/* to[j][i] = line[i][j0 + j], 4 by 4. */
static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    W row[WIDE];
    for (size_t i = 0; i < WIDE; i++)
        row[i] = vld1q_f32(line[i] + j0);
    const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(row[0], row[1]));
    const float64x2_t b = vreinterpretq_f64_f32(vtrn2q_f32(row[0], row[1]));
    const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(row[2], row[3]));
    const float64x2_t d = vreinterpretq_f64_f32(vtrn2q_f32(row[2], row[3]));
    vst1q_f32(to, vreinterpretq_f32_f64(vtrn1q_f64(a, c)));
    vst1q_f32(to + ldto, vreinterpretq_f32_f64(vtrn1q_f64(b, d)));
    vst1q_f32(to + 2 * ldto, vreinterpretq_f32_f64(vtrn2q_f64(a, c)));
    vst1q_f32(to + 3 * ldto, vreinterpretq_f32_f64(vtrn2q_f64(b, d)));
}
