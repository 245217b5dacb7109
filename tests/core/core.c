/* core: what only base, kernels, expr and net are needed for, so that it builds for any
 * machine with nothing but a compiler. Prints the instruction sets of this processor with
 * the hash of their kernel check, then the hashes of trained weights; all but the list of
 * instruction sets must be the same wherever it runs. Exits with 1 where a kernel is wrong. */
#include <chainrule/chainrule.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/check.h"

enum { ROUNDS = 8, STEPS = 4, ROWS = 75 };

static const struct {
    size_t units[4]; /* inputs first */
    const char *hidden, *output, *loss;
} networks[] = {
    {{2, 2, 1, 0}, "sigmoid", "sigmoid", "half-squared"},
    {{40, 33, 17, 3}, "gelu", "softmax", "cross-entropy"},
    {{150, 130, 10, 0}, "relu", "softmax", "cross-entropy"},
    {{7, 20, 20, 1}, "t * tanh(t)", "softplus", "half-squared"},
};

static int check_kernels(void)
{
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    int good = work != NULL;
    for (int isa = 0; good && isa < ISA_COUNT; isa++) {
        const struct kernels_f32 *f32 = cr_kernels_f32((enum isa)isa);
        uint64_t hash;
        if (!f32)
            continue;
        const char *wrong =
            cr_kernel_check(f32, cr_kernels_f64((enum isa)isa), ROUNDS, 7, work, &hash);
        if (wrong)
            fprintf(stderr, "core: %s of %s is wrong\n", wrong, cr_isa_name((enum isa)isa));
        printf("kernels %s %016llx\n", cr_isa_name((enum isa)isa), (unsigned long long)hash);
        good = !wrong;
    }
    free(work);
    return good;
}

/* The hash of what is only near the reference says nothing. */
static int check_bf16(void)
{
    void *work = aligned_alloc(64, KERNEL_CHECK_WORK);
    int good = work != NULL;
    for (int isa = 0; good && isa < ISA_COUNT; isa++) {
        const struct kernels_f32 *k = cr_kernels_bf16((enum isa)isa);
        uint64_t hash;
        const char *wrong = k ? cr_kernel_check_bf16(k, ROUNDS, 7, work, &hash) : NULL;
        if (wrong)
            fprintf(stderr, "core: %s of %s is wrong\n", wrong, cr_isa_name((enum isa)isa));
        if (k && !cr_isa_is_near((enum isa)isa))
            printf("bf16 %s %016llx\n", cr_isa_name((enum isa)isa), (unsigned long long)hash);
        good = !wrong;
    }
    free(work);
    return good;
}

static uint64_t hash_of(const void *block, size_t size)
{
    const unsigned char *p = block;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static int train(cr_plan *plan, cr_type type, size_t inputs, size_t outputs, cr_error *err)
{
    static float x32[ROWS * 256], t32[ROWS * 16];
    static double x64[ROWS * 256], t64[ROWS * 16];
    for (size_t i = 0; i < ROWS * inputs; i++)
        x64[i] = (double)(i * 37 % 101) / 50 - 1, x32[i] = (float)x64[i];
    for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < outputs; k++)
            t64[r * outputs + k] = r % outputs == k, t32[r * outputs + k] = r % outputs == k;
    const size_t size = cr_plan_work_size(plan);
    void *work = cr_work_alloc(size);
    cr_status status = work ? CR_OK : CR_ERR_MEMORY;
    for (int step = 0; !status && step < STEPS; step++)
        status = type == CR_F32
                     ? cr_train_step(plan, NULL, x32, t32, ROWS, 0.1, NULL, work, size, err)
                     : cr_train_step_f64(plan, NULL, x64, t64, ROWS, 0.1, NULL, work, size, err);
    cr_work_free(work);
    return status == CR_OK;
}

static int train_network(size_t i, cr_type type)
{
    const size_t *units = networks[i].units;
    size_t layers = 4;
    while (units[layers - 1] == 0)
        layers--;
    cr_builder *b = cr_builder_create(units[0]);
    for (size_t l = 1; l < layers; l++)
        cr_builder_dense(b, units[l], l + 1 < layers ? networks[i].hidden : networks[i].output);
    cr_builder_loss(b, networks[i].loss, 0);
    cr_error err = {0};
    cr_net *net = NULL;
    cr_plan *plan = NULL;
    int good = cr_builder_build(b, type, 1, &net, &err) == CR_OK &&
               cr_plan_create(net, CR_FOR_TRAINING, ROWS, &plan, &err) == CR_OK &&
               train(plan, type, units[0], units[layers - 1], &err);
    if (good) {
        const size_t size = cr_net_n_params(net) * (type == CR_F32 ? 4 : 8);
        printf("weights %zu float%d %016llx\n", i, type == CR_F32 ? 32 : 64,
               (unsigned long long)hash_of(cr_net_params(net), size));
    } else {
        fprintf(stderr, "core: network %zu: %s\n", i, err.message);
    }
    cr_plan_free(plan);
    cr_net_free(net);
    cr_builder_free(b);
    return good;
}

int main(void)
{
    int good = check_kernels() && check_bf16();
    for (size_t i = 0; good && i < sizeof networks / sizeof *networks; i++)
        good = train_network(i, CR_F32) && train_network(i, CR_F64);
    return !good;
}
