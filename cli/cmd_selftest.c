/* chainrule selftest: does this build compute the right bits on this CPU? */
#include <stdio.h>

#include "chainrule/bench.h"
#include "cli.h"

struct args {
    size_t networks;
};
static const struct args defaults = {.networks = 6};

static const struct positional positionals[] = {
    {0},
};
static const struct option options[] = {
    {"networks", 'n', "N", "how many networks to train", OPTION_SIZE,
     offsetof(struct args, networks), .min = 1, .max = 1000},
    {0},
};

static int go_on(void *ctx, size_t done, size_t all)
{
    (void)ctx, (void)done, (void)all;
    return cli_interrupted();
}

static void print(const cr_selftest *t)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const cr_selftest_row *r = &t->row[i];
        printf("%-8s kernels: %s%s\n", r->isa,
               r->differs   ? "DIFFER from the reference: "
               : r->is_near ? "of bf16, near the reference"
                            : "equal the reference",
               r->differs ? r->differs : "");
        if (r->wrong)
            printf("%-8s training: %zu of %zu runs DIFFER\n", r->isa, r->wrong, r->runs);
        else
            printf("%-8s training: %zu runs, on 1, 2, 3, 4, 7 and 8 threads, the same weights\n",
                   r->isa, r->runs);
    }
    printf("SHA-256 of the weights of %zu networks: %s\n", t->networks, t->weights);
    puts(t->passed ? "passed" : "FAILED");
}

static int run(const void *p)
{
    const struct args *args = p;
    const cr_selftest_options how = {.networks = args->networks, .progress = go_on};
    cr_error err = {0};
    cr_selftest *selftest = NULL;
    cli_catch_interrupt();
    if (cr_selftest_run(&how, &selftest, &err))
        return cli_fail(&err);
    print(selftest);
    const int result = selftest->passed ? CLI_DONE : CLI_BAD;
    cr_selftest_free(selftest);
    return result;
}

const struct command cli_selftest = {
    "selftest",
    "check this build's arithmetic on this CPU",
    "Every kernel of every instruction set that the CPU has against the plain C reference, and "
    "small networks trained with each of them on 1, 2, 3, 4, 7 and 8 threads: all must give the "
    "same bits (AVX512_BF16 and AMX, which add bf16 products in orders of their own, their own "
    "bits). The exit status is 1 when something differs.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
