/* Going back, and saying where the first value that is not finite came from. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "train/trainer.h"

void cr_trainer_keep_good(cr_trainer *t)
{
    memcpy(t->good, t->net->values, t->block);
    if (t->state_size)
        memcpy(t->good_state, cr_state_values(t->state), t->state_size);
    t->good_updates = cr_state_steps(t->state);
    t->good_step = t->at.step;
}

static void go_back(cr_trainer *t)
{
    memcpy(t->net->values, t->good, t->block);
    if (t->state_size)
        memcpy(cr_state_values(t->state), t->good_state, t->state_size);
    cr_state_set_steps(t->state, t->good_updates);
    t->at.step = t->good_step;
    t->at.total_steps = t->at.epoch * t->steps + t->good_step;
}

/* Take the parameters, and what the optimiser keeps, that an explaining plan computed. */
static void adopt(cr_trainer *t, const cr_plan *plan, const struct run *run)
{
    const struct tape *tape = plan->tape;
    for (int v = 0; v < tape->n_values; v++) {
        const struct value *value = &tape->value[v];
        if (value->role != ROLE_NEW && value->role != ROLE_NEW_STATE)
            continue;
        const struct param *p = &t->net->param[value->param];
        float *to = value->role == ROLE_NEW ? t->net->values
                                            : cr_state_array(t->state, (size_t)value->which);
        memcpy(to + p->offset, cr_plan_at(plan, run, v, 0, 0), p->rows * p->cols * sizeof(float));
    }
    cr_state_set_steps(t->state, run->t);
}

static const char *kind(double v)
{
    return isnan(v) ? "not a number" : v > 0 ? "infinite" : "minus infinite";
}

/* Say where the first value that is not finite is, in a step that a plan which keeps every
 * value has just run; 0 when all are finite. */
static int report_step(const cr_trainer *t, const cr_plan *plan, const struct run *run, size_t step,
                       cr_error *err)
{
    uint64_t ref;
    struct text words = {0};
    if (!cr_plan_not_finite(plan, run, &ref))
        return 0;
    double v = cr_plan_get(plan, run, cr_ref_value(ref), cr_ref_row(ref), cr_ref_index(ref));
    cr_tape_describe(&words, plan->tape, ref);
    cr_fail(err, CR_ERR_DIVERGED, "training diverged: in epoch %zu, step %zu, %s is %s",
            t->progress.epoch, step + 1, cr_text_str(&words), kind(v));
    cr_text_free(&words);
    return 1;
}

/* Replay the steps of the epoch from where it is gone back to with a plan that keeps every value. */
void cr_trainer_explain_divergence(cr_trainer *t, size_t last, cr_error *err)
{
    cr_plan *plan = NULL;
    void *work = NULL;
    double rate = 0;
    go_back(t);
    t->progress.epoch = t->at.epoch + 1;
    if (cr_trainer_plan(t, CR_FOR_EXPLAINING, t->options.precision, t->options.batch, &plan,
                        NULL) == CR_OK)
        work = cr_work_alloc(cr_plan_work_size(plan));
    cr_fail(err, CR_ERR_DIVERGED, "training diverged in epoch %zu", t->progress.epoch);
    for (; work && t->at.step <= last; t->at.step++, t->at.total_steps++) {
        const size_t rows = cr_trainer_gather(t, t->at.step);
        struct run run = cr_trainer_batch(t, rows);
        if (!(cr_trainer_batch_weight(t, rows) > 0))
            continue;
        run.work = work;
        rate = run.rate > rate ? run.rate : rate;
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
        if (report_step(t, plan, &run, t->at.step, err))
            break;
        adopt(t, plan, &run);
    }
    char buf[32];
    cr_hint(err, "lower the learning rate; it was %s",
            cr_shortest_f64(rate > 0 ? rate : t->options.learning_rate, buf));
    go_back(t);
    cr_plan_free(plan);
    cr_work_free(work);
}
