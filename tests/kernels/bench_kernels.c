/* bench_kernels [MILLISECONDS [NET]]: how near the matrix kernels come to the machine's limit, for
 * the layers of the benchmark's networks. The limit is taken anew beside each kernel, for
 * clocks and neighbours change; the best of several passes counts, in processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/kernels.h"

enum { PASSES = 7 };

static const struct {
    const char *net;
    size_t rows, inner, cols;
} layers[] = {
    {"W3", 32, 64, 64},       {"W3", 32, 64, 10},       {"W4", 128, 784, 128},
    {"W4", 128, 128, 10},     {"W5", 128, 784, 512},    {"W5", 128, 512, 512},
    {"W5", 128, 512, 10},     {"W6", 1024, 1024, 1024}, {"W6", 1024, 1024, 10},
    {"W7", 256, 100, 256},    {"W7", 256, 256, 256},    {"W7", 256, 256, 1},

    {"one row", 1, 256, 256}, {"4 rows", 4, 256, 256},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct layer {
    const struct kernels_f32 *k;
    size_t rows, inner, cols;
    float *x, *w, *b, *y, *dw;
};

static _Alignas(64) unsigned char scratch[KERNEL_SCRATCH];

static void run(const struct layer *l, int op)
{
    const size_t n = l->rows, in = l->inner, out = l->cols;
    if (op == 0)
        l->k->linear(l->y, out, l->x, in, l->w, in, l->b, 1, n, out, in, scratch);
    else if (op == 1)
        l->k->linear_dx(l->x, in, l->y, out, l->w, in, n, out, in, scratch);
    else
        l->k->linear_dw(l->dw, in, l->y, out, l->x, in, n, out, in, scratch);
}

/* billions of operations a second, at best */
static double speed(const struct layer *l, int op, double seconds)
{
    const double flop = 2 * (double)l->rows * (double)l->inner * (double)l->cols;
    double best = 0;
    int times = 1;
    for (int pass = 0; pass < PASSES; pass++) {
        const double begin = now();
        for (int i = 0; i < times; i++)
            run(l, op);
        const double took = now() - begin;
        if (took < seconds / 4 && times < 1 << 24) {
            times *= 2, pass = -1;
            continue;
        }
        best = flop * times / took > best ? flop * times / took : best;
    }
    return best * 1e-9;
}

static double peak(const struct kernels_f32 *k, double seconds)
{
    double best = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        float out[2] = {0.5f, 0.25f};
        double fused = 0, begin = now(), took = 0;
        for (; took < seconds; took = now() - begin)
            fused += (double)k->peak(out, 10000);
        best = 2 * fused / took > best ? 2 * fused / took : best;
    }
    return best * 1e-9;
}

static float *numbers(size_t n)
{
    float *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);
    for (size_t i = 0; p && i < n; i++)
        p[i] = (float)(i * 7 % 11) * 0.01f - 0.05f;
    return p;
}

int main(int argc, char **argv)
{
    const double seconds = (argc > 1 ? atof(argv[1]) : 5) * 1e-3;
    printf("float32, GFLOP/s and share of the peak in the same seconds, one thread\n");
    for (int isa = ISA_REF + 1; isa <= (int)cr_isa_best(); isa++) {
        const struct kernels_f32 *k = cr_kernels_f32((enum isa)isa);
        if (!k)
            continue;
        printf("\n%-8s%18s %16s %16s %16s\n", cr_isa_name((enum isa)isa), "rows, in, out",
               "forward", "input gradient", "weight gradient");
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
            if (argc > 2 && strcmp(argv[2], layers[i].net) != 0)
                continue;
            struct layer l = {.k = k};
            l.rows = layers[i].rows, l.inner = layers[i].inner, l.cols = layers[i].cols;
            l.x = numbers(l.rows * l.inner), l.y = numbers(l.rows * l.cols);
            l.w = numbers(l.cols * l.inner), l.dw = numbers(l.cols * l.inner);
            l.b = numbers(l.cols);
            if (!l.x || !l.y || !l.w || !l.dw || !l.b)
                return 1;
            printf("%-8s%6zu,%5zu,%5zu", layers[i].net, l.rows, l.inner, l.cols);
            for (int op = 0; op < 3; op++) {
                const double top = peak(k, seconds / 4), got = speed(&l, op, seconds);
                printf("  %7.1f %5.1f %%", got, 100 * got / top);
            }
            printf("\n");
            free(l.x), free(l.w), free(l.b), free(l.y), free(l.dw);
        }
    }
    return 0;
}
