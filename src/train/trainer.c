#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/random.h"
#include "base/team.h"
#include "data/spill.h"

enum {
    DEFAULT_BATCH = 32,
    DEFAULT_STEPS = 3000,
    FEWEST_EPOCHS = 10,
    MOST_EPOCHS = 1000,
    WHOLE_EPOCHS = 200
};
enum { MEASURE_ROWS = 256 }; /* rows measured at a time, at least */

void cr_train_settle(cr_train_options *o, const struct spec *spec, size_t rows)
{
    const struct spec_optimiser *optimiser = &spec->optimiser;
    const int whole = cr_optimiser_history(optimiser) > 0;
    if (whole)
        o->in_order = 1;
    if (o->epochs == 0)
        o->epochs = spec->epochs;
    if (o->batch == 0)
        o->batch = spec->batch ? spec->batch : whole ? rows : DEFAULT_BATCH;
    if (o->drop_last == 0)
        o->drop_last = spec->drop_last ? 1 : -1;
    if (o->precision == CR_PRECISION_DEFAULT)
        o->precision = spec->precision;
    if (o->keep == CR_KEEP_DEFAULT)
        o->keep = spec->keep;
    if (o->patience == 0)
        o->patience = spec->patience;
    if (o->learning_rate == 0 &&
        (optimiser->method != OPT_GRADIENT_DESCENT || optimiser->at.line > 0))
        o->learning_rate = optimiser->learning_rate;
    if (o->learning_rate == 0)
        o->learning_rate = o->task == CR_CLASSIFICATION ? 0.1 : 0.01;
    if (o->epochs == 0 && whole)
        o->epochs = WHOLE_EPOCHS;
    if (o->epochs == 0) {
        size_t steps = rows / o->batch + (rows % o->batch != 0);
        size_t epochs = DEFAULT_STEPS / (steps ? steps : 1);
        o->epochs = epochs < FEWEST_EPOCHS ? FEWEST_EPOCHS
                    : epochs > MOST_EPOCHS ? MOST_EPOCHS
                                           : epochs;
    }
    if (o->batch > rows)
        o->batch = rows;
}

void cr_trainer_free(cr_trainer *t)
{
    if (!t)
        return;
    if (t->measures != t->plan)
        cr_plan_free(t->measures);
    cr_plan_free(t->plan);
    cr_schedule_close(&t->schedule);
    cr_team_destroy(t->team);
    cr_work_free(t->work);
    cr_aligned_free(t->in);
    cr_aligned_free(t->targets);
    cr_aligned_free(t->weights);
    cr_aligned_free(t->good);
    cr_aligned_free(t->good_state);
    cr_aligned_free(t->best);
    cr_state_free(t->state);
    cr_aligned_free(t->order);
    cr_health_free(t->health);
    free(t->history);
    free(t);
}

/* Batch normalisation has to tell the rows of each batch apart. */
static cr_status check_batches(const cr_net *net, size_t rows, const cr_train_options *o,
                               cr_error *err)
{
    const size_t last = rows <= o->batch ? rows : rows % o->batch;
    const int left_out = rows > o->batch && o->drop_last > 0;
    if (!cr_net_needs_batch(net) || (o->batch > 1 && (last != 1 || left_out)))
        return CR_OK;
    if (rows == 1 || o->batch == 1)
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "batch normalisation needs at least two rows in every batch");
    cr_fail(
        err, CR_ERR_ARGUMENT,
        "batch normalisation needs at least two rows in every batch, but of %zu rows in batches "
        "of %zu the last has one",
        rows, o->batch);
    cr_hint(err, "choose another size of batch, or leave it out: 'drop-last: true' under 'train:'");
    return CR_ERR_ARGUMENT;
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
    if (cr_optimiser_history(&net->spec->optimiser) && o->batch < train->rows) {
        cr_fail(
            err, CR_ERR_ARGUMENT,
            "%s trains on all rows at once: a batch of %zu is less than the %zu rows to train on",
            cr_optimiser_row((int)net->spec->optimiser.method)->name, o->batch, train->rows);
        cr_hint(err, "leave the batch out, in options and network file");
        return CR_ERR_ARGUMENT;
    }
    return check_batches(net, train->rows, o, err);
}

cr_status cr_trainer_plan(const cr_trainer *t, cr_purpose purpose, cr_precision precision,
                          size_t rows, cr_plan **out, cr_error *err)
{
    return t->train.weight ? cr_plan_create_weighted(t->net, purpose, precision, rows, out, err)
                           : cr_plan_create_in(t->net, purpose, precision, rows, out, err);
}

static cr_status make_plans(cr_trainer *t, cr_error *err)
{
    cr_status status =
        cr_trainer_plan(t, CR_FOR_TRAINING, t->options.precision, t->room, &t->plan, err);
    if (status != CR_OK)
        return status;
    assert(t->plan);
    if (t->options.precision == CR_PRECISION_BF16 || t->plan->draws || t->plan->one_slice)
        return cr_trainer_plan(t, CR_FOR_MEASURING, CR_PRECISION_FLOAT32, t->room, &t->measures,
                               err);
    t->measures = t->plan;
    return CR_OK;
}

static cr_status make_schedule(cr_trainer *t, cr_error *err)
{
    struct spec_schedule spec = t->net->spec->schedule;
    if (t->options.schedule) {
        const cr_status status = cr_schedule_parse(t->options.schedule, &spec, err);
        if (status != CR_OK)
            return status;
    }
    return cr_schedule_open(&spec, &t->schedule, err);
}

static size_t work_size(const cr_trainer *t)
{
    const size_t a = cr_plan_work_size(t->plan), b = cr_plan_work_size(t->measures);
    return a > b ? a : b;
}

static int keeps_best(const cr_trainer *t)
{
    return t->options.keep != CR_KEEP_LAST && t->validation.rows > 0;
}

static cr_status allocate(cr_trainer *t, cr_error *err)
{
    const size_t epochs = t->options.epochs < HISTORY ? t->options.epochs : HISTORY;
    size_t in, targets;
    if (!cr_mul_size(t->room, t->inputs, &in) || !cr_mul_size(t->room, t->outputs, &targets))
        return cr_fail_memory(err);
    t->block = t->net->block * sizeof(float);
    t->work = cr_work_alloc(work_size(t));
    t->in = cr_aligned_alloc(in, sizeof *t->in);
    t->targets = cr_aligned_alloc(targets, sizeof *t->targets);
    if (t->train.weight && !(t->weights = cr_aligned_alloc(t->room, sizeof *t->weights)))
        return cr_fail_memory(err);
    t->good = cr_aligned_alloc(t->block, 1);
    t->state_size = cr_state_n_arrays(t->state) * t->block;
    if (t->state_size && !(t->good_state = cr_aligned_alloc(t->state_size, 1)))
        return cr_fail_memory(err);
    if (keeps_best(t) && !(t->best = cr_aligned_alloc(t->block, 1)))
        return cr_fail_memory(err);
    t->order = cr_aligned_alloc(t->train.rows, sizeof *t->order);
    t->history = calloc(epochs ? epochs : 1, sizeof *t->history);
    if (!t->work || !t->in || !t->targets || !t->good || !t->order || !t->history)
        return cr_fail_memory(err);
    return CR_OK;
}

static struct tally new_tally(const cr_trainer *t)
{
    return (struct tally){.task = t->options.task,
                          .middle = (1 + t->train.off) / 2,
                          .width = t->outputs,
                          .unit = t->train.unit > 0 ? t->train.unit : 1,
                          .sum = t->net->spec->loss.reduction == REDUCE_SUM};
}

static cr_status set_up(cr_trainer *t, cr_error *err)
{
    const size_t rows = t->train.rows, batch = t->options.batch;
    t->inputs = cr_net_inputs(t->net);
    t->outputs = cr_net_outputs(t->net);
    t->steps = rows / batch + (rows % batch != 0 && t->options.drop_last < 0);
    t->room = batch > MEASURE_ROWS ? batch : MEASURE_ROWS;
    t->stride = 1;
    cr_status status = make_plans(t, err);
    if (status == CR_OK)
        status = make_schedule(t, err);
    if (status == CR_OK)
        status = cr_state_create(t->net, &t->state, err);
    if (status == CR_OK)
        status = cr_team_create(t->options.threads, &t->team, err);
    if (status == CR_OK)
        status = allocate(t, err);
    if (status != CR_OK)
        return status;
    t->at.tally = new_tally(t);
    t->at.plateau.lowest = INFINITY;
    t->progress.epochs = t->options.epochs;
    t->progress.steps = t->steps;
    t->progress.trainer = t;
    cr_trainer_shuffle(t);
    cr_trainer_keep_good(t);
    return CR_OK;
}

cr_status cr_trainer_open(cr_net *net, const struct examples *train,
                          const struct examples *validation, const cr_train_options *options,
                          cr_trainer **out, cr_error *err)
{
    cr_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return cr_fail_memory(err);
    t->net = net;
    t->train = *train;
    if (validation)
        t->validation = *validation;
    t->options = *options;
    cr_train_settle(&t->options, net->spec, train->rows);
    cr_status status = check(net, train, &t->options, err);
    if (status == CR_OK)
        status = set_up(t, err);
    if (status != CR_OK) {
        cr_trainer_free(t);
        return status;
    }
    if (t->options.checkpoint)
        cr_beside_clean(t->options.checkpoint);
    *out = t;
    return CR_OK;
}

/* Ask for rows that gather will copy next, where they lie in a file. */
static void ask(const cr_trainer *t, const struct examples *from, const size_t *index, size_t first,
                size_t most)
{
    const size_t left = from->rows > first ? from->rows - first : 0, n = left < most ? left : most;
    if (!from->in_file)
        return;
    if (!index)
        cr_mapped_ask(from->in + first * t->inputs, n * t->inputs * sizeof *from->in);
    for (size_t i = 0; index && i < n; i++)
        cr_mapped_ask(from->in + index[first + i] * t->inputs, t->inputs * sizeof *from->in);
}

/* Copy rows of `from` to the batch: rows index[first..), or first.. without an index. */
static void gather(cr_trainer *t, const struct examples *from, const size_t *index, size_t first,
                   size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = index ? index[first + i] : first + i;
        float *targets = t->targets + i * t->outputs;
        if (t->weights)
            t->weights[i] = from->weight ? from->weight[row] : 1;
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

size_t cr_trainer_gather(cr_trainer *t, size_t step)
{
    const size_t first = step * t->options.batch, left = t->train.rows - first;
    const size_t rows = left < t->options.batch ? left : t->options.batch;
    ask(t, &t->train, t->order, first + rows, t->options.batch);
    gather(t, &t->train, t->order, first, rows);
    return rows;
}

cr_status cr_trainer_watch(cr_trainer *t, cr_error *err)
{
    size_t index[HEALTH_ROWS];
    size_t n = t->train.rows < HEALTH_ROWS ? t->train.rows : HEALTH_ROWS;
    n = n < t->room ? n : t->room;
    for (size_t i = 0; i < n; i++)
        index[i] = (size_t)((double)i * (double)t->train.rows / (double)n);
    gather(t, &t->train, index, 0, n);
    const cr_status status = cr_health_create(t->net, t->in, t->targets, n, &t->health, err);
    return status == CR_ERR_LIMIT ? CR_OK : status;
}

/* The parameters that are measured and kept: their moving average, where there is one. */
static void *answers(const cr_trainer *t)
{
    if (!(t->net->spec->optimiser.average > 0) || t->finished || cr_state_steps(t->state) == 0)
        return t->net->values;
    return cr_state_array(t->state, cr_state_n_arrays(t->state) - 1);
}

struct run cr_trainer_batch(const cr_trainer *t, size_t rows)
{
    return (struct run){.in = t->in,
                        .targets = t->targets,
                        .weights = t->weights,
                        .rows = rows,
                        .params = t->net->values,
                        .rate = cr_trainer_rate(t),
                        .state = cr_state_values(t->state),
                        .t = cr_state_steps(t->state) + 1,
                        .work = t->work,
                        .team = t->team};
}

double cr_trainer_batch_weight(const cr_trainer *t, size_t rows)
{
    double sum = 0;
    if (!t->weights)
        return (double)rows;
    for (size_t i = 0; i < rows; i++)
        sum += (double)t->weights[i];
    return sum;
}

static void tally_batch(const cr_trainer *t, const cr_plan *plan, const struct run *run,
                        struct tally *tally)
{
    for (size_t r = 0; r < run->rows; r++)
        cr_tally_row(tally, cr_plan_at(plan, run, plan->tape->output, r, 0),
                     t->targets + r * t->outputs, t->outputs,
                     t->weights ? (double)t->weights[r] : 1);
    cr_tally_loss(tally, cr_plan_loss(plan, run), cr_trainer_batch_weight(t, run->rows));
}

cr_metrics cr_trainer_measure(cr_trainer *t, const struct examples *rows)
{
    struct tally tally = new_tally(t);
    for (size_t at = 0; at < rows->rows; at += t->room) {
        size_t n = rows->rows - at < t->room ? rows->rows - at : t->room;
        ask(t, rows, NULL, at + n, t->room);
        gather(t, rows, NULL, at, n);
        struct run run = cr_trainer_batch(t, n);
        run.params = answers(t);
        cr_plan_run(t->measures, &run, PHASE_FORWARD, PHASE_LOSS);
        tally_batch(t, t->measures, &run, &tally);
    }
    return cr_tally_metrics(&tally);
}

void cr_trainer_shuffle(cr_trainer *t)
{
    const struct random_key key = {t->options.seed, RANDOM_SHUFFLE, (uint32_t)t->at.epoch};
    if (!t->options.in_order)
        cr_random_permutation(key, t->order, t->train.rows);
    for (size_t i = 0; t->options.in_order && i < t->train.rows; i++)
        t->order[i] = i;
}

double cr_trainer_rate(const cr_trainer *t)
{
    const struct schedule_at at = {.step = t->at.total_steps,
                                   .steps = t->steps * t->options.epochs,
                                   .epoch = t->at.epoch,
                                   .plateaus = t->at.plateau.count};
    return t->options.learning_rate * cr_schedule_factor(&t->schedule, &at);
}

static int params_finite(const cr_trainer *t)
{
    const float *v = t->net->values;
    size_t bad = 0;
    for (size_t i = 0; i < t->net->block; i++)
        bad += !isfinite(v[i]);
    return bad == 0;
}

static void call_back(cr_trainer *t, int epoch_done)
{
    cr_progress *p = &t->progress;
    p->train = cr_tally_metrics(&t->at.tally);
    p->epoch_done = epoch_done;
    p->total_steps = t->at.total_steps;
    p->rows = t->at.rows;
    p->rate = t->at.rate;
    p->step_loss = t->step_loss;
    p->resumed_rows = t->resumed_rows;
    p->validation = t->at.validation;
    p->best_epoch = t->at.best_epoch;
    p->best = t->at.best;
    p->checkpoint_error = t->checkpoint_error.code ? &t->checkpoint_error : NULL;
}

/* Tell the callback where the training is; it may want a checkpoint of exactly that. */
static void listen(cr_trainer *t)
{
    const int wish = t->options.progress ? t->options.progress(t->options.ctx, &t->progress) : 0;
    if ((wish & CR_TRAIN_SAVE) && t->options.checkpoint) {
        t->checkpoint_error = (cr_error){0};
        (void)cr_trainer_save(t, t->options.checkpoint, &t->checkpoint_error);
    }
    t->stopped |= wish & CR_TRAIN_STOP;
}

/* Of more epochs than there is room for, every second goes; the last one is there always. */
static void note_epoch(cr_trainer *t)
{
    const cr_epoch now = {.epoch = t->at.epoch,
                          .steps = t->at.total_steps,
                          .rate = t->at.rate,
                          .train = t->progress.train,
                          .validation = t->at.validation};
    if (t->n_history > 0 && t->history[t->n_history - 1].epoch % t->stride != 0)
        t->n_history--;
    if (t->n_history == HISTORY) {
        size_t n = 0;
        t->stride *= 2;
        for (size_t i = 0; i < t->n_history; i++)
            if (t->history[i].epoch % t->stride == 0)
                t->history[n++] = t->history[i];
        t->n_history = n;
    }
    t->history[t->n_history++] = now;
}

/* Is this epoch as good as the best, or better? */
static void compare(cr_trainer *t)
{
    struct position *at = &t->at;
    const int classes = t->options.task == CR_CLASSIFICATION;
    const double now = classes ? at->validation.accuracy : -at->validation.rmse;
    const double best = classes ? at->best.accuracy : -at->best.rmse;
    if (at->validation.rows == 0 || !isfinite(now))
        return;
    at->waited++;
    if (at->best_epoch > 0 && !(now >= best))
        return;
    if (at->best_epoch == 0 || now > best)
        at->waited = 0;
    at->best_epoch = at->epoch;
    at->best = at->validation;
    if (t->best)
        memcpy(t->best, answers(t), t->block);
}

static int is_over(const cr_trainer *t)
{
    const size_t patience = t->options.patience;
    return t->stopped || t->at.epoch >= t->options.epochs ||
           (patience > 0 && t->at.waited >= patience);
}

static cr_status end_epoch(cr_trainer *t, cr_error *err)
{
    if (!params_finite(t)) {
        cr_trainer_explain_divergence(t, t->steps - 1, err);
        return CR_ERR_DIVERGED;
    }
    const struct tally tally = t->at.tally;
    t->progress.epoch = ++t->at.epoch;
    t->progress.step = t->steps;
    t->progress.train = cr_tally_metrics(&tally);
    t->at.step = 0;
    t->at.tally = new_tally(t);
    t->at.validation = cr_trainer_measure(t, &t->validation);
    if (t->health && cr_health_due(t->at.epoch, t->options.epochs))
        cr_health_take(t->health, t->state, t->at.rate, t->at.epoch, t->at.total_steps);
    compare(t);
    cr_schedule_look(&t->schedule, &t->at.plateau,
                     t->at.validation.rows ? t->at.validation.loss : t->progress.train.loss);
    note_epoch(t);
    call_back(t, 1);
    t->progress.train = cr_tally_metrics(&tally);
    listen(t);
    if (t->at.epoch < t->options.epochs)
        cr_trainer_shuffle(t);
    cr_trainer_keep_good(t);
    return CR_OK;
}

static cr_status make_step(cr_trainer *t, cr_error *err)
{
    const size_t rows = cr_trainer_gather(t, t->at.step);
    const struct run run = cr_trainer_batch(t, rows);
    if (cr_trainer_batch_weight(t, rows) > 0) {
        cr_plan_run(t->plan, &run, PHASE_FORWARD, PHASE_LOSS);
        t->step_loss = cr_plan_loss(t->plan, &run);
        if (!isfinite(t->step_loss)) {
            cr_trainer_explain_divergence(t, t->at.step, err);
            return CR_ERR_DIVERGED;
        }
        tally_batch(t, t->plan, &run, &t->at.tally);
        cr_plan_run(t->plan, &run, PHASE_BACKWARD, PHASE_UPDATE);
        cr_state_set_steps(t->state, run.t);
    } else {
        t->at.tally.rows += rows; /* nothing counts, nothing moves */
    }
    t->at.total_steps++;
    t->at.rows += rows;
    t->progress.epoch = t->at.epoch + 1;
    t->progress.step = ++t->at.step;
    t->at.rate = run.rate;
    call_back(t, 0);
    listen(t);
    return CR_OK;
}

cr_status cr_trainer_step(cr_trainer *t, int *more, cr_error *err)
{
    cr_status status = CR_OK;
    if (t->finished)
        return cr_fail(err, CR_ERR_ARGUMENT, "the training is finished");
    if (!is_over(t) && t->at.step < t->steps)
        status = make_step(t, err);
    if (status == CR_OK && t->at.step == t->steps)
        status = end_epoch(t, err);
    if (more)
        *more = status == CR_OK && !is_over(t);
    return status;
}

cr_status cr_trainer_epoch(cr_trainer *t, int *more, cr_error *err)
{
    const size_t epoch = t->at.epoch;
    int left = 1;
    cr_status status = CR_OK;
    while (status == CR_OK && left && t->at.epoch == epoch)
        status = cr_trainer_step(t, &left, err);
    if (more)
        *more = left;
    return status;
}

cr_status cr_trainer_run(cr_trainer *t, cr_error *err)
{
    int more = 1;
    cr_status status = CR_OK;
    while (status == CR_OK && more)
        status = cr_trainer_step(t, &more, err);
    return status;
}

void cr_trainer_finish(cr_trainer *t, cr_train_result *result)
{
    const int best = t->best && t->at.best_epoch > 0;
    if (!t->finished)
        memmove(t->net->values, best ? t->best : answers(t), t->block);
    t->finished = 1;
    if (result)
        *result = (cr_train_result){.epochs = t->at.epoch,
                                    .steps = t->at.total_steps,
                                    .stopped = t->stopped,
                                    .early = !t->stopped && t->at.epoch < t->options.epochs,
                                    .best_epoch = best ? t->at.best_epoch : 0,
                                    .checkpoint_error = t->checkpoint_error,
                                    .train = cr_trainer_measure(t, &t->train),
                                    .validation = cr_trainer_measure(t, &t->validation)};
}

const cr_epoch *cr_trainer_history(const cr_trainer *t, size_t *n)
{
    *n = t->n_history;
    return t->history;
}

const cr_net *cr_trainer_net(const cr_trainer *t)
{
    return t->net;
}

static struct examples given_rows(const cr_examples *e)
{
    if (!e)
        return (struct examples){0};
    return (struct examples){.in = e->in, .targets = e->targets, .rows = e->rows};
}

cr_status cr_trainer_create(cr_net *net, const cr_examples *train, const cr_examples *validation,
                            const cr_train_options *options, cr_trainer **out, cr_error *err)
{
    static const cr_train_options defaults;
    const struct examples rows = given_rows(train), held = given_rows(validation);
    return cr_trainer_open(net, &rows, &held, options ? options : &defaults, out, err);
}

cr_status cr_train(cr_net *net, const cr_examples *train, const cr_examples *validation,
                   const cr_train_options *options, cr_train_result *result, cr_error *err)
{
    cr_trainer *t;
    cr_status status = cr_trainer_create(net, train, validation, options, &t, err);
    if (status != CR_OK)
        return status;
    if (t->options.resume)
        status = cr_trainer_resume_if_there(t, err);
    if (status == CR_OK)
        status = cr_trainer_run(t, err);
    if (status == CR_OK)
        cr_trainer_finish(t, result);
    cr_trainer_free(t);
    return status;
}
