/* The public calls that run a plan: predict, and one step of training. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "net/plan.h"

cr_status cr_plan_create(cr_net *net, cr_purpose purpose, size_t rows, cr_plan **out, cr_error *err)
{
    return cr_plan_create_in(net, purpose, CR_PRECISION_FLOAT32, rows, out, err);
}

static cr_status create(cr_net *net, cr_purpose purpose, cr_precision precision, unsigned more,
                        size_t rows, cr_plan **out, cr_error *err)
{
    static const unsigned what[] = {
        [CR_FOR_PREDICTING] = TAPE_FORWARD,
        [CR_FOR_TRAINING] = TAPE_BACKWARD | TAPE_UPDATE,
        [CR_FOR_EXPLAINING] = TAPE_BACKWARD | TAPE_UPDATE,
        [CR_FOR_MEASURING] = TAPE_LOSS | TAPE_PREDICTING,
    };
    if (purpose < CR_FOR_PREDICTING || purpose > CR_FOR_MEASURING)
        return cr_fail(err, CR_ERR_ARGUMENT, "%d is no purpose of a plan", (int)purpose);
    struct tape *tape = NULL;
    cr_plan *plan = NULL;
    if (purpose == CR_FOR_PREDICTING)
        more = 0;
    cr_status status = cr_tape_record(net, what[purpose] | more, &tape, err);
    if (!status)
        status = cr_plan_make(tape, net, purpose, precision, rows, &plan, err);
    if (status) {
        cr_tape_free(tape);
        return status;
    }
    plan->owned = tape;
    *out = plan;
    return CR_OK;
}

cr_status cr_plan_create_in(cr_net *net, cr_purpose purpose, cr_precision precision, size_t rows,
                            cr_plan **out, cr_error *err)
{
    return create(net, purpose, precision, 0, rows, out, err);
}

cr_status cr_plan_create_weighted(cr_net *net, cr_purpose purpose, cr_precision precision,
                                  size_t rows, cr_plan **out, cr_error *err)
{
    return create(net, purpose, precision, TAPE_WEIGHTS, rows, out, err);
}

void *cr_work_alloc(size_t size)
{
    return cr_aligned_alloc(size, 1);
}

void cr_work_free(void *work)
{
    cr_aligned_free(work);
}

static cr_status check(const cr_plan *plan, cr_purpose purpose, cr_type type, size_t rows,
                       const void *work, size_t work_size, cr_error *err)
{
    static const char *const name[] = {"predicting", "training", "explaining", "measuring"};
    if (plan->purpose != purpose)
        return cr_fail(err, CR_ERR_ARGUMENT, "the plan is for %s, not for %s", name[plan->purpose],
                       name[purpose]);
    if (plan->net->type != type)
        return cr_fail(err, CR_ERR_ARGUMENT, "the network's type is %s, the arrays' is %s",
                       plan->net->type == CR_F32 ? "float32" : "float64",
                       type == CR_F32 ? "float32" : "float64");
    if (rows > plan->rows)
        return cr_fail(err, CR_ERR_ROWS, "%zu rows, but the plan has room for %zu", rows,
                       plan->rows);
    if (work_size < plan->work_size)
        return cr_fail(err, CR_ERR_WORK, "%zu bytes of scratch memory, but the plan takes %zu",
                       work_size, plan->work_size);
    if ((uintptr_t)work % 64 != 0)
        return cr_fail(err, CR_ERR_WORK, "the scratch memory is not aligned to 64 bytes");
    return CR_OK;
}

static cr_status predict(const cr_plan *plan, cr_type type, const void *in, void *out, size_t rows,
                         void *work, size_t work_size, cr_error *err)
{
    cr_status status = check(plan, CR_FOR_PREDICTING, type, rows, work, work_size, err);
    if (status || rows == 0)
        return status;
    const struct run run = {.in = in,
                            .rows = rows,
                            .params = plan->frozen ? plan->frozen : plan->net->values,
                            .work = work};
    cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_FORWARD);
    const size_t row =
        cr_net_outputs(plan->net) * (type == CR_F32 ? sizeof(float) : sizeof(double));
    for (size_t r = 0; r < rows; r++)
        memcpy((char *)out + r * row, cr_plan_at(plan, &run, plan->tape->output, r, 0), row);
    return CR_OK;
}

cr_status cr_predict(const cr_plan *plan, const float *in, float *out, size_t rows, void *work,
                     size_t work_size, cr_error *err)
{
    return predict(plan, CR_F32, in, out, rows, work, work_size, err);
}

cr_status cr_predict_f64(const cr_plan *plan, const double *in, double *out, size_t rows,
                         void *work, size_t work_size, cr_error *err)
{
    return predict(plan, CR_F64, in, out, rows, work, work_size, err);
}

/* An optimiser that keeps something needs the state of this network, or of one like it. */
static cr_status check_state(const cr_plan *plan, cr_state *state, cr_error *err)
{
    const struct spec_optimiser *o = &plan->net->spec->optimiser;
    const struct optimiser_row *row = cr_optimiser_row((int)o->method);
    if (!state && cr_optimiser_state(o, 0))
        return cr_fail(err, CR_ERR_ARGUMENT, "the optimiser %s needs a state", row->name);
    if (!state && plan->draws)
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "dropout and noise need a state, which counts the updates");
    if (state && !cr_state_fits(state, plan->net))
        return cr_fail(err, CR_ERR_ARGUMENT, "the state is not of this network and optimiser");
    return CR_OK;
}

/* What both training calls check, and the run that comes of it. */
static cr_status begin_training(const cr_plan *plan, cr_type type, cr_state *state, size_t rows,
                                double rate, void *work, size_t work_size, struct run *out,
                                cr_error *err)
{
    cr_status status = check(plan, CR_FOR_TRAINING, type, rows, work, work_size, err);
    if (!status)
        status = check_state(plan, state, err);
    if (status)
        return status;
    if (rows == 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "a training step needs at least one row");
    if (rows == 1 && plan->one_slice)
        return cr_fail(err, CR_ERR_ROWS,
                       "a training step with batch normalisation needs at least two rows");
    if (!isfinite(rate))
        return cr_fail(err, CR_ERR_ARGUMENT, "the learning rate is not finite");
    *out = (struct run){.rows = rows,
                        .rate = rate,
                        .state = state ? cr_state_values(state) : NULL,
                        .t = (state ? cr_state_steps(state) : 0) + 1,
                        .params = plan->net->values,
                        .work = work};
    return CR_OK;
}

static cr_status diverged(double loss, cr_error *err)
{
    return cr_fail(err, CR_ERR_DIVERGED, "the loss is %s",
                   isnan(loss) ? "not a number" : "infinite");
}

/* Weights that a mean can be taken with, where the plan wants them. */
static cr_status check_weights(const cr_plan *plan, const void *weights, size_t rows, cr_error *err)
{
    double sum = 0;
    if (plan->weight_sum >= 0 && !weights)
        return cr_fail(err, CR_ERR_ARGUMENT, "the plan is for examples with weights");
    if (plan->weight_sum < 0 && weights)
        return cr_fail(err, CR_ERR_ARGUMENT, "the plan is not for examples with weights");
    for (size_t r = 0; weights && r < rows; r++) {
        const double w =
            plan->f32 ? (double)((const float *)weights)[r] : ((const double *)weights)[r];
        if (!(w >= 0) || isinf(w))
            return cr_fail(err, CR_ERR_VALUE, "the weight of row %zu is not 0 or more", r + 1);
        sum += w;
    }
    if (weights && !(sum > 0 && isfinite(sum)))
        return cr_fail(err, CR_ERR_VALUE, "the weights add up to %g", sum);
    return CR_OK;
}

static cr_status train_step(const cr_plan *plan, cr_type type, cr_state *state, const void *in,
                            const void *targets, const void *weights, size_t rows, double rate,
                            double *loss, void *work, size_t work_size, cr_error *err)
{
    struct run run;
    cr_status status = begin_training(plan, type, state, rows, rate, work, work_size, &run, err);
    if (!status)
        status = check_weights(plan, weights, rows, err);
    if (status)
        return status;
    run.in = in;
    run.targets = targets;
    run.weights = weights;
    double value;
    if (cr_plan_train(plan, &run, &(struct batches){.n = 1, .steps = 1}, &value) == 0)
        return diverged(value, err);
    if (state)
        cr_state_set_steps(state, run.t);
    if (loss)
        *loss = value;
    return CR_OK;
}

static cr_status train_steps(const cr_plan *plan, cr_type type, cr_state *state, const void *in,
                             const void *targets, size_t rows, size_t batches, size_t steps,
                             double rate, double *losses, size_t *done, void *work,
                             size_t work_size, cr_error *err)
{
    struct run run;
    cr_status status = begin_training(plan, type, state, rows, rate, work, work_size, &run, err);
    if (!status)
        status = check_weights(plan, NULL, rows, err);
    if (!status && batches == 0)
        status = cr_fail(err, CR_ERR_ARGUMENT, "training needs at least one batch");
    if (status)
        return status;
    run.in = in;
    run.targets = targets;
    const struct batches all = {.n = batches, .steps = steps};
    const size_t made = cr_plan_train(plan, &run, &all, losses);
    if (state)
        cr_state_set_steps(state, run.t - 1 + made);
    if (done)
        *done = made;
    return made < steps ? diverged(cr_plan_loss(plan, &run), err) : CR_OK;
}

cr_status cr_train_step(const cr_plan *plan, cr_state *state, const float *in, const float *targets,
                        size_t rows, double rate, double *loss, void *work, size_t work_size,
                        cr_error *err)
{
    return train_step(plan, CR_F32, state, in, targets, NULL, rows, rate, loss, work, work_size,
                      err);
}

cr_status cr_train_step_f64(const cr_plan *plan, cr_state *state, const double *in,
                            const double *targets, size_t rows, double rate, double *loss,
                            void *work, size_t work_size, cr_error *err)
{
    return train_step(plan, CR_F64, state, in, targets, NULL, rows, rate, loss, work, work_size,
                      err);
}

cr_status cr_train_step_weighted(const cr_plan *plan, cr_state *state, const float *in,
                                 const float *targets, const float *weights, size_t rows,
                                 double rate, double *loss, void *work, size_t work_size,
                                 cr_error *err)
{
    return train_step(plan, CR_F32, state, in, targets, weights, rows, rate, loss, work, work_size,
                      err);
}

cr_status cr_train_step_weighted_f64(const cr_plan *plan, cr_state *state, const double *in,
                                     const double *targets, const double *weights, size_t rows,
                                     double rate, double *loss, void *work, size_t work_size,
                                     cr_error *err)
{
    return train_step(plan, CR_F64, state, in, targets, weights, rows, rate, loss, work, work_size,
                      err);
}

cr_status cr_train_steps(const cr_plan *plan, cr_state *state, const float *in,
                         const float *targets, size_t rows, size_t batches, size_t steps,
                         double rate, double *losses, size_t *done, void *work, size_t work_size,
                         cr_error *err)
{
    return train_steps(plan, CR_F32, state, in, targets, rows, batches, steps, rate, losses, done,
                       work, work_size, err);
}

cr_status cr_train_steps_f64(const cr_plan *plan, cr_state *state, const double *in,
                             const double *targets, size_t rows, size_t batches, size_t steps,
                             double rate, double *losses, size_t *done, void *work,
                             size_t work_size, cr_error *err)
{
    return train_steps(plan, CR_F64, state, in, targets, rows, batches, steps, rate, losses, done,
                       work, work_size, err);
}
