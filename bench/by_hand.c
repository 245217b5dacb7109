/* W1 and W2 by hand: the fastest plain C for just that network, all sizes constant, beside the
 * library on the same numbers. Both run alternately in one process. A step by hand computes no loss,
 * takes numbers of ordinary size for granted, and adds up in whatever order is quickest.
 *
 *     bench_by_hand [PASSES [SECONDS]]
 *
 * prints a line for each: name, nanoseconds per step of the library and by hand (median, lowest,
 * highest), and how far the weights of the two are apart. Compiled with -O3 -march=native and
 * contraction, without -ffast-math. */
#include <chainrule/chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_PASSES = 99, BATCHES = 4, MOST_ROWS = 16 };

static const float rate = 0.01f;

/* exp for |x| < 40, which the weights' size sees to: x - n ln 2, fused, and a polynomial of degree
 * 6 whose parts are made at the same time; some 1e-7 off. */
static inline float exp_by_hand(float x)
{
    const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    const float r = x - n * 0.693147181f, s = r * r;
    const float low = (0.5f + r * (1.0f / 6)) * s + (1 + r);
    const float high = (1.0f / 24 + r * (1.0f / 120)) + s * (1.0f / 720);
    const float p = (s * s) * high + low;
    union {
        int i;
        float f;
    } two = {((int)n + 127) << 23};
    return p * two.f;
}

static inline float sigmoid(float u)
{
    return 1 / (1 + exp_by_hand(-u));
}

/* Block of the library: w1 [2][2], b1 [2], w2 [1][2], b2 [1]; here without the gaps. */
static void w1_step(float *p, const float *in, const float *t)
{
    const float z0 = sigmoid(p[0] * in[0] + p[1] * in[1] + p[4]);
    const float z1 = sigmoid(p[2] * in[0] + p[3] * in[1] + p[5]);
    const float y = sigmoid(p[6] * z0 + p[7] * z1 + p[8]);
    const float d = (y - t[0]) * (y * (1 - y)) * rate;
    const float d0 = d * p[6] * (z0 * (1 - z0)), d1 = d * p[7] * (z1 * (1 - z1));
    p[6] -= d * z0, p[7] -= d * z1, p[8] -= d;
    p[0] -= d0 * in[0], p[1] -= d0 * in[1], p[4] -= d0;
    p[2] -= d1 * in[0], p[3] -= d1 * in[1], p[5] -= d1;
}

enum { H = 8, B = 4 };

/* Vectors of the 8 units, and of the 4 rows (a language extension of gcc and clang). */
typedef float v8 __attribute__((vector_size(32)));
typedef int i8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));
typedef int i4 __attribute__((vector_size(16)));

/* tanh u = 1 - 2 / (1 + exp 2u); |u| < 40 here, which the weights' size sees to. */
#define TANH_BY_HAND(name, vector, whole)                                          \
    static inline vector name(vector u)                                            \
    {                                                                              \
        const vector x = 2 * u, n = (x * 1.44269504f + 12582912.0f) - 12582912.0f; \
        const vector r = x - n * 0.693147181f, s = r * r;                          \
        const vector low = (0.5f + r * (1.0f / 6)) * s + (1 + r);                  \
        const vector high = (1.0f / 24 + r * (1.0f / 120)) + s * (1.0f / 720);     \
        const vector p = (s * s) * high + low;                                     \
        const whole two = (__builtin_convertvector(n, whole) + 127) << 23;         \
        return 1 - 2 / (1 + p * (vector)two);                                      \
    }
TANH_BY_HAND(tanh8, v8, i8)
TANH_BY_HAND(tanh4, v4, i4)

static inline v4 halves(v8 v)
{
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}

static inline v4 pairs(v4 a, v4 b)
{
    return __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

/* The sum of each of four vectors. */
static inline v4 sums(const v8 v[4])
{
    const v4 a = pairs(halves(v[0]), halves(v[1])), b = pairs(halves(v[2]), halves(v[3]));
    return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

/* The parameters with the first layer's weights by input. */
struct w2 {
    v8 first, second, b1, w2;
    float b2;
};

static inline void w2_step(struct w2 *p, const float *in, const float *t)
{
    v8 z[B], product[B], da = {0}, db = {0}, dc = {0}, dw = {0};
    v4 want;
    memcpy(&want, t, sizeof want);
    for (int r = 0; r < B; r++) {
        z[r] = tanh8(p->first * in[2 * r] + (p->second * in[2 * r + 1] + p->b1));
        product[r] = z[r] * p->w2;
    }
    const v4 y = tanh4(sums(product) + p->b2);
    const v4 d = (y - want) * (1 - y * y) * (rate / B);
    for (int r = 0; r < B; r++) {
        const v8 g = d[r] * (p->w2 - product[r] * z[r]);
        dw += d[r] * z[r];
        da += g * in[2 * r];
        db += g * in[2 * r + 1];
        dc += g;
    }
    p->first -= da;
    p->second -= db;
    p->b1 -= dc;
    p->w2 -= dw;
    p->b2 -= (d[0] + d[1]) + (d[2] + d[3]);
}

/* The loop stands beside the step, so that all of it is one piece of code. */
static void w1_steps(float *p, const float *in, const float *t, long n)
{
    float q[9];
    memcpy(q, p, sizeof q);
    for (long i = 0; i < n; i++)
        w1_step(q, in + 2 * (i % BATCHES), t + i % BATCHES);
    memcpy(p, q, sizeof q);
}

static void w2_steps(float *p, const float *in, const float *t, long n)
{
    struct w2 q;
    for (int j = 0; j < H; j++)
        q.first[j] = p[2 * j], q.second[j] = p[2 * j + 1];
    memcpy(&q.b1, p + 2 * H, sizeof q.b1);
    memcpy(&q.w2, p + 3 * H, sizeof q.w2);
    q.b2 = p[4 * H];
    for (long i = 0; i < n; i++)
        w2_step(&q, in + 2 * B * (i % BATCHES), t + B * (i % BATCHES));
    for (int j = 0; j < H; j++)
        p[2 * j] = q.first[j], p[2 * j + 1] = q.second[j];
    memcpy(p + 2 * H, &q.b1, sizeof q.b1);
    memcpy(p + 3 * H, &q.w2, sizeof q.w2);
    p[4 * H] = q.b2;
}

struct side {
    cr_workload w;
    void (*by_hand)(float *p, const float *in, const float *t, long n);
    cr_net *net;
    cr_plan *plan;
    void *work;
    size_t size;
    float in[BATCHES * MOST_ROWS], targets[BATCHES * MOST_ROWS], hand[64];
};

static void library_steps(struct side *s, long n)
{
    cr_train_steps(s->plan, NULL, s->in, s->targets, s->w.batch, BATCHES, (size_t)n, (double)rate,
                   NULL, NULL, s->work, s->size, NULL);
}

/* The library's block without gaps, to `to`; or how far it is from `to`. */
static float pack(struct side *s, float *to, int compare)
{
    const float *block = cr_net_params(s->net);
    float apart = 0;
    for (size_t g = 0; g < cr_net_n_groups(s->net); g++) {
        const cr_param_group p = cr_net_group(s->net, g);
        for (size_t i = 0; i < p.rows * p.cols; i++, to++) {
            if (compare)
                apart = fmaxf(apart, fabsf(*to - block[p.offset + i]));
            else
                *to = block[p.offset + i];
        }
    }
    return apart;
}

static int prepare(struct side *s, cr_error *err)
{
    cr_builder *b = cr_builder_create(s->w.units[0]);
    for (size_t i = 1; i < s->w.n_units; i++)
        cr_builder_dense(b, s->w.units[i], i + 1 == s->w.n_units ? s->w.output : s->w.hidden);
    cr_builder_loss(b, s->w.loss, 0);
    int ok = cr_builder_build(b, CR_F32, 1, &s->net, err) == CR_OK &&
             cr_plan_create(s->net, CR_FOR_TRAINING, s->w.batch, &s->plan, err) == CR_OK;
    cr_builder_free(b);
    if (!ok)
        return 0;
    s->size = cr_plan_work_size(s->plan);
    s->work = cr_work_alloc(s->size);
    for (size_t i = 0; i < BATCHES * MOST_ROWS; i++) {
        s->in[i] = (float)(i * 37 % 17) / 8 - 1;
        s->targets[i] = (float)(i * 11 % 7) / 7;
    }
    pack(s, s->hand, 0);
    return s->work != NULL;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double pass(struct side *s, int by_hand, long n)
{
    const double start = now();
    if (by_hand)
        s->by_hand(s->hand, s->in, s->targets, n);
    else
        library_steps(s, n);
    return (now() - start) / (double)n * 1e9;
}

static long enough(struct side *s, int by_hand, double seconds)
{
    long n = 1000;
    while (pass(s, by_hand, n) * (double)n < seconds * 5e8)
        n *= 2;
    return n;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(struct side *s, int passes, double seconds)
{
    cr_error err;
    if (!prepare(s, &err)) {
        fprintf(stderr, "%s: %s\n", s->w.name, err.message);
        return 0;
    }
    library_steps(s, 400);
    s->by_hand(s->hand, s->in, s->targets, 400);
    const float apart = pack(s, s->hand, 1);
    double v[2][MOST_PASSES];
    const long n[2] = {enough(s, 0, seconds), enough(s, 1, seconds)};
    for (int i = 0; i < passes; i++)
        for (int side = 0; side < 2; side++)
            v[side][i] = pass(s, side, n[side]);
    printf("%s", s->w.name);
    for (int side = 0; side < 2; side++) {
        qsort(v[side], (size_t)passes, sizeof **v, by_value);
        printf(" %.1f %.1f %.1f", v[side][passes / 2], v[side][0], v[side][passes - 1]);
    }
    printf(" %.1e\n", (double)apart);
    cr_work_free(s->work);
    cr_plan_free(s->plan);
    cr_net_free(s->net);
    return apart < 1e-4f;
}

int main(int argc, char **argv)
{
    static struct side sides[2] = {{.by_hand = w1_steps}, {.by_hand = w2_steps}};
    const int passes = argc > 1 ? atoi(argv[1]) : 15;
    const double seconds = argc > 2 ? atof(argv[2]) : 0.05;
    int ok = 1;
    if (passes < 1 || passes > MOST_PASSES)
        return 2;
    for (size_t i = 0; i < 2 && ok; i++)
        ok = cr_workload_row(i, &sides[i].w) && measure(&sides[i], passes, seconds);
    return ok ? 0 : 2;
}
