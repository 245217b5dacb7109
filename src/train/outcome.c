#include "train/outcome.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "train/health.h"
#include "train/trainer.h"

struct kept {
    cr_outcome pub;
    struct arena arena;
    struct health *health;
};

void cr_outcome_free(cr_outcome *outcome)
{
    struct kept *k = (struct kept *)outcome;
    if (!k)
        return;
    cr_health_free(k->health);
    cr_arena_free(&k->arena);
    free(k);
}

static cr_status keep(struct kept *k, const struct fit *f, const struct split *s,
                      const cr_trainer *t, cr_error *err)
{
    const cr_fit_options *o = f->options;
    size_t n;
    const cr_epoch *history = cr_trainer_history(t, &n);
    const size_t *row =
        cr_arena_copy(&k->arena, s->row, s->train + s->validation + s->test, sizeof *s->row);
    k->pub.epoch = cr_arena_copy(&k->arena, history, n, sizeof *history);
    if (!row || !k->pub.epoch)
        return cr_fail_memory(err);
    k->pub.n_epochs = n;
    k->pub.train = (cr_part){f->table, s->train, row};
    k->pub.validation = (cr_part){o->validation_table ? o->validation_table : f->table,
                                  s->validation, row + s->train};
    k->pub.test = (cr_part){o->test_table ? o->test_table : f->table, s->test,
                            row + s->train + s->validation};
    return CR_OK;
}

cr_status cr_outcome_make(const struct fit *f, const struct split *split, cr_trainer *trainer,
                          cr_outcome **out, cr_error *err)
{
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return cr_fail_memory(err);
    k->pub.report = f->report;
    const cr_status status = keep(k, f, split, trainer, err);
    if (status != CR_OK) {
        cr_outcome_free(&k->pub);
        return status;
    }
    k->health = trainer->health;
    trainer->health = NULL;
    if (k->health && k->health->pub.looks > 0)
        k->pub.health = cr_health_sum_up(k->health);
    *out = &k->pub;
    return CR_OK;
}
