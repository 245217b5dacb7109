/* Checkpoints of one small training: what is refused leaves it as it was, and with what is taken it
 * goes on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chainrule/list.h"
#include "fuzz/mend.h"
#include "fuzz/targets.h"
#include "net/net.h"
#include "train/trainer.h"

enum { ROWS = 6, INPUTS = 2 };

static const float in[ROWS * INPUTS] = {0, 1, 1, 0, 0.5F, 2, 1, 1, -1, 0.25F, 2, 2};
static const float targets[ROWS] = {1, 0, 0.5F, 1, -1, 2};
static char path[64];

static void forget(void)
{
    (void)unlink(path);
}

/* In a file that goes away with the process. */
static void put(const unsigned char *bytes, size_t size)
{
    if (!*path) {
        (void)snprintf(path, sizeof path, "/tmp/chainrule-fuzz-XXXXXX");
        const int fd = mkstemp(path);
        must(fd >= 0 && close(fd) == 0 && atexit(forget) == 0, "no file");
    }
    FILE *f = fopen(path, "wb");
    must(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0, "the file is not written");
}

static cr_trainer *open_training(cr_net **net)
{
    static const cr_examples rows = {in, targets, ROWS - 2};
    static const cr_examples held = {in + (ROWS - 2) * INPUTS, targets + ROWS - 2, 2};
    static const cr_train_options options = {.epochs = 3,
                                             .batch = 2,
                                             .threads = 1,
                                             .seed = 3,
                                             .schedule = "plateau patience=0 threshold=0.5"};
    cr_builder *b = cr_builder_create(INPUTS);
    cr_trainer *t = NULL;
    cr_builder_dense(b, 2, "tanh");
    cr_builder_dense(b, 1, "identity");
    cr_builder_loss(b, "mean-squared", 0);
    cr_builder_optimiser(b, "adam", 0.02);
    cr_builder_average(b, 0.9);
    must(cr_builder_build(b, CR_F32, 7, net, NULL) == CR_OK &&
             cr_trainer_create(*net, &rows, &held, &options, &t, NULL) == CR_OK,
         "no training");
    cr_builder_free(b);
    return t;
}

static void try(const unsigned char *bytes, size_t size)
{
    cr_net *net = NULL;
    cr_trainer *t = open_training(&net);
    cr_error err = {0};
    float before[64];
    const size_t block = net->block * sizeof(float);
    const struct position at = t->at;
    must(block <= sizeof before, "a larger network");
    memcpy(before, net->values, block);
    put(bytes, size);
    const cr_status status = cr_trainer_resume(t, path, &err);
    check_error(status, &err);
    if (status != CR_OK) {
        must(!memcmp(before, net->values, block) && !memcmp(&at, &t->at, sizeof at),
             "a refused checkpoint changes the training");
    } else {
        err = (cr_error){0};
        const cr_status run = cr_trainer_run(t, &err);
        check_error(run, &err);
    }
    cr_trainer_free(t);
    cr_net_free(net);
}

/* As they are, and behind the checksum. */
void fuzz_checkpoint(const unsigned char *bytes, size_t size)
{
    try(bytes, size);
    if (size < 8)
        return;
    unsigned char *mended = mend_checkpoint(bytes, size);
    if (memcmp(mended, bytes, size) != 0)
        try(mended, size);
    free(mended);
}

void fuzz_checkpoint_write(const char *to, int steps)
{
    cr_net *net = NULL;
    cr_trainer *t = open_training(&net);
    int more = 1;
    for (int i = 0; i < steps; i++)
        must(cr_trainer_step(t, &more, NULL) == CR_OK, "a step fails");
    must(cr_trainer_save(t, to, NULL) == CR_OK, "the checkpoint is not written");
    cr_trainer_free(t);
    cr_net_free(net);
}

int fuzz_checkpoint_is_current(const char *from)
{
    cr_net *net = NULL;
    cr_trainer *t = open_training(&net);
    const cr_status status = cr_trainer_resume(t, from, NULL);
    cr_trainer_free(t);
    cr_net_free(net);
    return status == CR_OK;
}
