#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/team.h"
#include "base/text.h"
#include "net/plan.h"
#include "train/metrics.h"

enum { DEFAULT_BATCH = 32, DEFAULT_STEPS = 3000, FEWEST_EPOCHS = 10, MOST_EPOCHS = 1000 };
enum { MEASURE_ROWS = 256 }; /* held-out rows measured at a time, at least */

struct trainer {
    cr_net *net;
    const struct examples *train, *held_out;
    cr_train_options options;
    size_t inputs, outputs, steps; /* steps of an epoch */
    size_t room;                   /* rows of the plan */
    cr_plan *plan;                 /* of the steps */
    cr_plan *measures; /* the same where they are float32; else what predicting will see */
    struct team *team;
    void *work;
    float *in, *targets; /* the batch */
    size_t *order;       /* of the rows in this epoch */
    cr_state *state;     /* of the optimiser */
    void *good;          /* parameters at the epoch's start, */
    void *good_state;    /* the optimiser's arrays, NULL where there are none, */
    size_t good_steps;   /* and its updates */
    size_t block;        /* bytes of all parameters */
    size_t state_size;   /* bytes of the optimiser's arrays */
    cr_progress progress;
    size_t total_steps;
};

void cr_train_defaults(cr_train_options *o, const struct spec_optimiser *optimiser, size_t rows)
{
    if (o->batch == 0)
        o->batch = DEFAULT_BATCH;
    if (o->learning_rate == 0 && optimiser->method != OPT_GRADIENT_DESCENT)
        o->learning_rate = optimiser->learning_rate;
    if (o->learning_rate == 0)
        o->learning_rate = o->task == CR_CLASSIFICATION ? 0.1 : 0.01;
    if (o->epochs == 0) {
        size_t steps = rows / o->batch + (rows % o->batch != 0);
        size_t epochs = DEFAULT_STEPS / (steps ? steps : 1);
        o->epochs = epochs < FEWEST_EPOCHS ? FEWEST_EPOCHS
                    : epochs > MOST_EPOCHS ? MOST_EPOCHS
                                           : epochs;
    }
}

static void release(struct trainer *t)
{
    if (t->measures != t->plan)
        cr_plan_free(t->measures);
    cr_plan_free(t->plan);
    cr_team_destroy(t->team);
    cr_work_free(t->work);
    cr_aligned_free(t->in);
    cr_aligned_free(t->targets);
    cr_aligned_free(t->good);
    cr_aligned_free(t->good_state);
    cr_state_free(t->state);
    cr_aligned_free(t->order);
}

static cr_status check(const cr_net *net, const struct examples *train, const cr_train_options *o,
                       cr_error *err)
{
    if (net->type != CR_F32)
        return cr_fail(err, CR_ERR_ARGUMENT, "training needs a float32 network");
    if (train->rows == 0)
        return cr_fail(err, CR_ERR_ARGUMENT, "there are no rows to train on");
    if (!(o->learning_rate > 0) || !isfinite(o->learning_rate))
        return cr_fail(err, CR_ERR_ARGUMENT, "the learning rate must be above 0 and finite");
    return CR_OK;
}

static cr_status make_plans(struct trainer *t, cr_error *err)
{
    const cr_status status =
        cr_plan_create_in(t->net, CR_FOR_TRAINING, t->options.precision, t->room, &t->plan, err);
    if (status != CR_OK)
        return status;
    if (t->options.precision == CR_PRECISION_BF16)
        return cr_plan_create(t->net, CR_FOR_TRAINING, t->room, &t->measures, err);
    t->measures = t->plan;
    return CR_OK;
}

static size_t work_size(const struct trainer *t)
{
    const size_t a = cr_plan_work_size(t->plan), b = cr_plan_work_size(t->measures);
    return a > b ? a : b;
}

static cr_status set_up(struct trainer *t, cr_error *err)
{
    size_t batch = t->options.batch < t->train->rows ? t->options.batch : t->train->rows;
    t->options.batch = batch;
    t->inputs = cr_net_inputs(t->net);
    t->outputs = cr_net_outputs(t->net);
    t->steps = t->train->rows / batch + (t->train->rows % batch != 0);
    t->room = batch > MEASURE_ROWS ? batch : MEASURE_ROWS;
    cr_status status = make_plans(t, err);
    if (status == CR_OK)
        status = cr_state_create(t->net, &t->state, err);
    if (status == CR_OK)
        status = cr_team_create(t->options.threads, &t->team, err);
    if (status != CR_OK)
        return status;
    size_t in, targets;
    if (!cr_mul_size(t->room, t->inputs, &in) || !cr_mul_size(t->room, t->outputs, &targets))
        return cr_fail_memory(err);
    t->block = t->net->block * sizeof(float);
    t->work = cr_work_alloc(work_size(t));
    t->in = cr_aligned_alloc(in, sizeof *t->in);
    t->targets = cr_aligned_alloc(targets, sizeof *t->targets);
    t->good = cr_aligned_alloc(t->block, 1);
    t->state_size = cr_state_n_arrays(t->state) * t->block;
    if (t->state_size && !(t->good_state = cr_aligned_alloc(t->state_size, 1)))
        return cr_fail_memory(err);
    t->order = cr_aligned_alloc(t->train->rows, sizeof *t->order);
    if (!t->work || !t->in || !t->targets || !t->good || !t->order)
        return cr_fail_memory(err);
    t->progress.epochs = t->options.epochs;
    t->progress.steps = t->steps;
    return CR_OK;
}

/* Copy rows of `from` to the batch: rows index[first..), or first.. without an index. */
static void gather(struct trainer *t, const struct examples *from, const size_t *index,
                   size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = index ? index[first + i] : first + i;
        float *targets = t->targets + i * t->outputs;
        memcpy(t->in + i * t->inputs, from->in + row * t->inputs, t->inputs * sizeof *t->in);
        if (from->targets) {
            memcpy(targets, from->targets + row * t->outputs, t->outputs * sizeof *targets);
            continue;
        }
        for (size_t k = 0; k < t->outputs; k++)
            targets[k] = from->off;
        if (t->outputs > 1)
            targets[from->classes[row]] = 1;
        else if (from->classes[row])
            targets[0] = 1;
    }
}

static struct run batch_run(const struct trainer *t, size_t rows)
{
    return (struct run){.in = t->in,
                        .targets = t->targets,
                        .rows = rows,
                        .params = t->net->values,
                        .rate = t->options.learning_rate,
                        .state = cr_state_values(t->state),
                        .t = cr_state_steps(t->state) + 1,
                        .work = t->work,
                        .team = t->team};
}

static struct tally new_tally(const struct trainer *t)
{
    return (struct tally){.task = t->options.task,
                          .middle = (1 + t->train->off) / 2,
                          .unit = t->train->unit > 0 ? t->train->unit : 1,
                          .sum = t->net->spec->loss.reduction == REDUCE_SUM};
}

static void tally_batch(const struct trainer *t, const cr_plan *plan, const struct run *run,
                        struct tally *tally)
{
    for (size_t r = 0; r < run->rows; r++)
        cr_tally_row(tally, cr_plan_at(plan, run, plan->tape->output, r, 0),
                     t->targets + r * t->outputs, t->outputs);
    cr_tally_loss(tally, cr_plan_loss(plan, run), run->rows);
}

static cr_metrics measure(struct trainer *t, const struct examples *rows)
{
    struct tally tally = new_tally(t);
    for (size_t at = 0; at < rows->rows; at += t->room) {
        size_t n = rows->rows - at < t->room ? rows->rows - at : t->room;
        gather(t, rows, NULL, at, n);
        const struct run run = batch_run(t, n);
        cr_plan_run(t->measures, &run, PHASE_FORWARD, PHASE_LOSS);
        tally_batch(t, t->measures, &run, &tally);
    }
    return cr_tally_metrics(&tally);
}

static size_t step_rows(const struct trainer *t, size_t step)
{
    size_t first = step * t->options.batch, left = t->train->rows - first;
    return left < t->options.batch ? left : t->options.batch;
}

static void shuffle(struct trainer *t, size_t epoch)
{
    const struct random_key key = {t->options.seed, RANDOM_SHUFFLE, (uint32_t)epoch};
    if (!t->options.in_order) {
        cr_random_permutation(key, t->order, t->train->rows);
        return;
    }
    for (size_t i = 0; i < t->train->rows; i++)
        t->order[i] = i;
}

/* Take the parameters, and what the optimiser keeps, that an explaining plan computed. */
static void adopt(struct trainer *t, const cr_plan *plan, const struct run *run)
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

static void keep_good(struct trainer *t)
{
    memcpy(t->good, t->net->values, t->block);
    if (t->state_size)
        memcpy(t->good_state, cr_state_values(t->state), t->state_size);
    t->good_steps = cr_state_steps(t->state);
}

static void go_back(struct trainer *t)
{
    memcpy(t->net->values, t->good, t->block);
    if (t->state_size)
        memcpy(cr_state_values(t->state), t->good_state, t->state_size);
    cr_state_set_steps(t->state, t->good_steps);
}

static const char *kind(double v)
{
    return isnan(v) ? "not a number" : v > 0 ? "infinite" : "minus infinite";
}

/* Say where the first value that is not finite is, in a step that a plan which keeps every
 * value has just run; 0 when all are finite. */
static int report_step(const struct trainer *t, const cr_plan *plan, const struct run *run,
                       size_t step, cr_error *err)
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

/* Replay the epoch from its start up to step `last` with a plan that keeps every value. */
static void explain_divergence(struct trainer *t, size_t last, cr_error *err)
{
    cr_plan *plan = NULL;
    void *work = NULL;
    go_back(t);
    if (cr_plan_create_in(t->net, CR_FOR_EXPLAINING, t->options.precision, t->options.batch, &plan,
                          NULL) == CR_OK)
        work = cr_work_alloc(cr_plan_work_size(plan));
    cr_fail(err, CR_ERR_DIVERGED, "training diverged in epoch %zu", t->progress.epoch);
    for (size_t step = 0; work && step <= last; step++) {
        gather(t, t->train, t->order, step * t->options.batch, step_rows(t, step));
        struct run run = batch_run(t, step_rows(t, step));
        run.work = work;
        cr_plan_run(plan, &run, PHASE_FORWARD, PHASE_UPDATE);
        if (report_step(t, plan, &run, step, err))
            break;
        adopt(t, plan, &run);
    }
    char rate[32];
    cr_hint(err, "lower the learning rate; it was %s",
            cr_shortest_f64(t->options.learning_rate, rate));
    go_back(t);
    cr_plan_free(plan);
    cr_work_free(work);
}

static int params_finite(const struct trainer *t)
{
    const float *v = t->net->values;
    size_t bad = 0;
    for (size_t i = 0; i < t->net->block; i++)
        bad += !isfinite(v[i]);
    return bad == 0;
}

static int call_back(struct trainer *t, const struct tally *tally, int epoch_done)
{
    t->progress.train = cr_tally_metrics(tally);
    t->progress.epoch_done = epoch_done;
    return t->options.progress && t->options.progress(t->options.ctx, &t->progress);
}

static cr_status run_epoch(struct trainer *t, size_t epoch, int *stop, cr_error *err)
{
    struct tally tally = new_tally(t);
    t->progress.epoch = epoch + 1;
    shuffle(t, epoch);
    keep_good(t);
    for (size_t step = 0; step < t->steps && !*stop; step++) {
        size_t rows = step_rows(t, step);
        gather(t, t->train, t->order, step * t->options.batch, rows);
        const struct run run = batch_run(t, rows);
        cr_plan_run(t->plan, &run, PHASE_FORWARD, PHASE_LOSS);
        if (!isfinite(cr_plan_loss(t->plan, &run))) {
            explain_divergence(t, step, err);
            return CR_ERR_DIVERGED;
        }
        tally_batch(t, t->plan, &run, &tally);
        cr_plan_run(t->plan, &run, PHASE_BACKWARD, PHASE_UPDATE);
        cr_state_set_steps(t->state, run.t);
        t->total_steps++;
        t->progress.step = step + 1;
        t->progress.rows += rows;
        *stop = call_back(t, &tally, 0);
    }
    if (!params_finite(t)) {
        explain_divergence(t, t->progress.step - 1, err);
        return CR_ERR_DIVERGED;
    }
    if (t->progress.step < t->steps)
        return CR_OK;
    t->progress.held_out = measure(t, t->held_out);
    if (call_back(t, &tally, 1))
        *stop = 1;
    return CR_OK;
}

static cr_status run_epochs(struct trainer *t, cr_train_result *result, cr_error *err)
{
    cr_train_result r = {0};
    cr_status status = CR_OK;
    for (size_t epoch = 0; epoch < t->options.epochs && !r.stopped; epoch++) {
        status = run_epoch(t, epoch, &r.stopped, err);
        if (status != CR_OK)
            return status;
        r.epochs += t->progress.step == t->steps;
    }
    r.steps = t->total_steps;
    if (result) {
        r.train = measure(t, t->train);
        r.held_out = measure(t, t->held_out);
        *result = r;
    }
    return CR_OK;
}

cr_status cr_trainer_run(cr_net *net, const struct examples *train, const struct examples *held_out,
                         const cr_train_options *options, cr_train_result *result, cr_error *err)
{
    struct trainer t = {.net = net, .train = train, .held_out = held_out, .options = *options};
    cr_train_defaults(&t.options, &net->spec->optimiser, train->rows);
    cr_status status = check(net, train, &t.options, err);
    if (status == CR_OK)
        status = set_up(&t, err);
    if (status == CR_OK)
        status = run_epochs(&t, result, err);
    release(&t);
    return status;
}

cr_status cr_train(cr_net *net, const cr_examples *train, const cr_examples *held_out,
                   const cr_train_options *options, cr_train_result *result, cr_error *err)
{
    static const cr_train_options defaults;
    const struct examples rows = {.in = train->in, .targets = train->targets, .rows = train->rows};
    struct examples held = {0};
    if (held_out)
        held = (struct examples){
            .in = held_out->in, .targets = held_out->targets, .rows = held_out->rows};
    return cr_trainer_run(net, &rows, &held, options ? options : &defaults, result, err);
}
