#include "kernels/check.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

/* A generator's place: the numbers come from one key, one after another. */
struct source {
    struct random_key key;
    uint64_t at;
};

static size_t below(struct source *s, size_t n)
{
    return (size_t)cr_random_below(s->key, s->at++, n);
}

/* Mostly small, now and then beyond the blocks of the matrix kernels. */
static size_t some_size(struct source *s, size_t large)
{
    const size_t kind = below(s, 8);
    return below(s, kind == 0 ? large : kind < 4 ? 5 : 40);
}

/* Ordinary numbers; among them, where wild, those that need care. */
static double some_number(struct source *s, int wild)
{
    uint32_t u[4];
    cr_random_u32x4(s->key, s->at++, u);
    const double v = (double)u[0] * 0x1p-30 - 2 + (double)u[1] * 0x1p-62;
    switch (wild ? u[2] % 16 : 15) {
    case 0: return 0.0;
    case 1: return -0.0;
    case 2: return (double)INFINITY;
    case 3: return -(double)INFINITY;
    case 4: return (double)NAN;
    case 5: return v * 0x1p-1023;
    case 6: return v * 0x1p-127;
    case 7: return v * 0x1p100;
    case 8: return v * 50;
    default: return v;
    }
}

/* A program of a few random steps over 3 arguments and 2 constants. */
static struct program some_program(struct source *s)
{
    enum { FIRST = 5 };
    struct program p = {.n_args = 3, .n_consts = 2, .consts = {1.7, -0.5}};
    p.n_steps = (uint8_t)(1 + below(s, 8));
    for (size_t i = 0; i < p.n_steps; i++) {
        const size_t made = FIRST + i;
        p.steps[i] = (struct program_step){(uint8_t)below(s, PRIM_COUNT), (uint8_t)made,
                                           (uint8_t)below(s, made), (uint8_t)below(s, made),
                                           (uint8_t)below(s, made)};
    }
    p.result = (uint8_t)(FIRST + p.n_steps - 1u);
    p.n_regs = (uint8_t)(p.result + 1u);
    return p;
}

#define T        float
#define BITS     uint32_t
#define TABLE    kernels_f32
#define GET      cr_kernels_f32
#define IT(name) name##_f32
#define IN       " float32"
#include "kernels/check.inl"
#include "kernels/check_bf16.inl"
#undef T
#undef BITS
#undef TABLE
#undef GET
#undef IT
#undef IN

#define T        double
#define BITS     uint64_t
#define TABLE    kernels_f64
#define GET      cr_kernels_f64
#define IT(name) name##_f64
#define IN       " float64"
#include "kernels/check.inl"

const char *cr_kernel_check(const struct kernels_f32 *f32, const struct kernels_f64 *f64,
                            int rounds, uint64_t seed, void *work, uint64_t *hash)
{
    uint64_t h = 0xcbf29ce484222325u;
    const char *wrong = NULL;
    for (int round = 0; round < rounds && !wrong; round++) {
        struct source s = {{seed, RANDOM_CHECK, (uint32_t)round}, 0};
        wrong = round_f32(f32, s, work, &h);
        if (!wrong)
            wrong = round_f64(f64, s, work, &h);
    }
    if (hash)
        *hash = h;
    return wrong;
}

const char *cr_kernel_check_bf16(const struct kernels_f32 *k, int rounds, uint64_t seed, void *work,
                                 uint64_t *hash)
{
    uint64_t h = 0xcbf29ce484222325u;
    const char *wrong = NULL;
    for (int round = 0; round < rounds && !wrong; round++) {
        struct source s = {{seed, RANDOM_CHECK, (uint32_t)round}, 0};
        wrong = round_bf16(k, s, work, &h);
    }
    if (hash)
        *hash = h;
    return wrong;
}
