/* Checkpoints: everything that changes from step to step, in a safetensors file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "formats/model_file.h"
#include "formats/network_file.h"
#include "formats/read_file.h"
#include "formats/safetensors.h"
#include "formats/write_file.h"
#include "train/trainer.h"

#define KEY_FORMAT   "chainrule.checkpoint" /* "2": with a checksum, the last tensor */
#define KEY_VERSION  "chainrule.version"
#define KEY_NETWORK  "chainrule.network"  /* a network file */
#define KEY_SETTINGS "chainrule.settings" /* lines of "name: value" */
#define FORMAT       "2"
#define CHECKSUM     "checksum" /* the last tensor: of all bytes before it */

/* The numbers of a position, in the order of the tensor `position`. */
/* clang-format off */
#define METRICS(X, m)                                                           \
    X(size_t, m.rows) X(double, m.loss) X(double, m.accuracy) X(double, m.rmse) \
    X(double, m.r2)
#define POSITION(X)                                                                         \
    X(size_t, epoch) X(size_t, step) X(size_t, total_steps) X(size_t, rows) X(double, rate) \
    X(size_t, tally.rows) X(double, tally.right) X(double, tally.weight)                    \
    X(double, tally.loss) X(double, tally.squares) X(double, tally.mean)                    \
    X(double, tally.spread) METRICS(X, validation) X(size_t, best_epoch) METRICS(X, best)   \
    X(size_t, waited) X(double, plateau.lowest) X(size_t, plateau.flat)                     \
    X(size_t, plateau.count)
#define EPOCH(X)                                                        \
    X(size_t, epoch) X(size_t, steps) X(double, rate) METRICS(X, train) \
    METRICS(X, validation)
/* clang-format on */

#define COUNT(type, name) +1
enum { POSITION_NUMBERS = 2 POSITION(COUNT), EPOCH_NUMBERS = 0 EPOCH(COUNT) };

/* Counts are below 2^53, so a double holds them. */
static int is_count(double v)
{
    return v >= 0 && v < 9007199254740992.0 && v == (double)(size_t)v;
}

static int to_size_t(double v, size_t *out)
{
    if (!is_count(v))
        return 0;
    *out = (size_t)v;
    return 1;
}

static int to_double(double v, double *out)
{
    *out = v;
    return 1;
}

static void position_numbers(const cr_trainer *t, double *v)
{
    const struct position *p = &t->at;
    *v++ = (double)cr_state_steps(t->state);
    *v++ = (double)t->stride;
#define PUT(type, name) *v++ = (double)p->name;
    POSITION(PUT)
}

static void epoch_numbers(const cr_epoch *p, double *v)
{
    EPOCH(PUT)
}

static int read_position(const double *v, struct position *p, size_t *updates, size_t *stride)
{
    int ok = to_size_t(*v++, updates);
    ok &= to_size_t(*v++, stride);
#define GET(type, name) ok &= to_##type(*v++, &p->name);
    POSITION(GET)
    return ok;
}

static int read_epoch(const double *v, cr_epoch *p)
{
    int ok = 1;
    EPOCH(GET)
    return ok;
}

/* Not to keep secrets, but to notice other rows, or damage: each word changes the sum one to one, so
 * that a change of one word is always seen. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    const unsigned char *at = data;
    for (; size > 0; at += 8, size -= size < 8 ? size : 8) {
        uint64_t word = 0;
        memcpy(&word, at, size < 8 ? size : 8);
        h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    return h;
}

/* The hash of bytes that come in pieces, as if they lay together. */
struct sum {
    uint64_t hash;
    unsigned char word[8]; /* the first `n` bytes of what is not hashed yet */
    size_t n;
};

static void add_to_sum(struct sum *s, const void *data, size_t size)
{
    const unsigned char *at = data;
    for (; s->n > 0 && size > 0; at++, size--) {
        s->word[s->n++] = *at;
        if (s->n < sizeof s->word)
            continue;
        s->hash = hash(s->hash, s->word, sizeof s->word);
        s->n = 0;
        at++, size--;
        break;
    }
    const size_t whole = size - size % sizeof s->word;
    if (s->n == 0) {
        s->hash = hash(s->hash, at, whole);
        s->n = size - whole;
        memcpy(s->word, at + whole, s->n);
    }
}

static uint64_t sum_of(const struct sum *s)
{
    return s->n ? hash(s->hash, s->word, s->n) : s->hash;
}

uint64_t cr_checkpoint_sum(const void *bytes, size_t size)
{
    struct sum s = {.hash = 1};
    add_to_sum(&s, bytes, size);
    return sum_of(&s);
}

static uint64_t hash_rows(const cr_trainer *t, uint64_t h, const struct examples *e)
{
    h = hash(h, &e->rows, sizeof e->rows);
    h = hash(h, e->in, e->rows * t->inputs * sizeof *e->in);
    if (e->targets)
        h = hash(h, e->targets, e->rows * t->outputs * sizeof *e->targets);
    else if (e->rows)
        h = hash(h, e->classes, e->rows * sizeof *e->classes);
    if (e->weight)
        h = hash(h, e->weight, e->rows * sizeof *e->weight);
    return h;
}

static void put_setting(struct text *out, const char *name, double value)
{
    char buf[32];
    cr_text_printf(out, "%s: %s\n", name, cr_shortest_f64(value, buf));
}

/* What must be the same for the bits to be. */
static void write_settings(const cr_trainer *t, struct text *out)
{
    const cr_train_options *o = &t->options;
    const struct spec_schedule *s = &t->schedule.spec;
    const struct schedule_row *row = cr_schedule_row(s->row);
    const uint64_t rows = hash_rows(t, hash_rows(t, 1, &t->train), &t->validation);
    cr_text_printf(out, "rows to train on: %zu\nvalidation rows: %zu\n", t->train.rows,
                   t->validation.rows);
    cr_text_printf(out, "rows: %016llx\nepochs: %zu\nbatch: %zu\n", (unsigned long long)rows,
                   o->epochs, o->batch);
    put_setting(out, "learning rate", o->learning_rate);
    cr_text_printf(out, "schedule: %s\n", row->name);
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++)
        put_setting(out, row->param[i].name, s->param[i]);
    cr_text_printf(out, "warm-up: %zu\ndrop-last: %d\nkeep best: %d\npatience: %zu\n", s->warm_up,
                   o->drop_last > 0, t->best != NULL, o->patience);
    cr_text_printf(out, "seed: %llu\nin order: %d\ntask: %d\nprecision: %s\n",
                   (unsigned long long)o->seed, o->in_order, (int)o->task,
                   cr_precision_name(o->precision));
}

/* Tensors and where their numbers are. */
struct list {
    struct arena arena;
    struct tensor *tensor;
    size_t n;
    int failed;
};

static struct tensor *add(struct list *l, const char *name, const void *data, size_t size)
{
    struct tensor *t = &l->tensor[l->n++];
    t->name = name;
    t->data = data;
    t->size = size;
    l->failed |= name == NULL;
    return t;
}

/* All groups of an array of the block's layout. */
static void add_block(struct list *l, const cr_net *net, const char *prefix, const void *values)
{
    for (size_t i = 0; i < cr_net_n_groups(net); i++) {
        const cr_param_group g = cr_net_group(net, i);
        const char *name = cr_arena_printf(&l->arena, "%s.%s.%s", prefix, g.layer, g.what);
        struct tensor *t =
            add(l, name, (const float *)values + g.offset, g.rows * g.cols * sizeof(float));
        t->dim[t->n_dims++] = g.rows;
        t->dim[t->n_dims++] = g.cols;
    }
}

static const char *state_prefix(struct list *l, const cr_trainer *t, size_t array)
{
    const char *name = cr_arena_printf(&l->arena, "state.%s", cr_state_name(t->state, array));
    l->failed |= name == NULL;
    return name ? name : "state";
}

/* What a checkpoint of t consists of. position and history are read only for their sizes when
 * data is NULL. */
static void list_tensors(struct list *l, const cr_trainer *t, int with_best, const double *position,
                         const double *history, size_t n_history)
{
    const size_t groups = cr_net_n_groups(t->net), arrays = cr_state_n_arrays(t->state);
    l->tensor = arena_new(&l->arena, struct tensor, groups * (arrays + 2) + 3);
    if (!l->tensor) {
        l->failed = 1;
        return;
    }
    struct tensor *p = add(l, "position", position, POSITION_NUMBERS * sizeof(double));
    p->dtype = "F64";
    p->dim[p->n_dims++] = POSITION_NUMBERS;
    struct tensor *h = add(l, "history", history, n_history * EPOCH_NUMBERS * sizeof(double));
    h->dtype = "F64";
    h->dim[h->n_dims++] = n_history;
    h->dim[h->n_dims++] = EPOCH_NUMBERS;
    add_block(l, t->net, "net", t->net->values);
    for (size_t i = 0; i < arrays; i++)
        add_block(l, t->net, state_prefix(l, t, i), cr_state_array(t->state, i));
    if (with_best)
        add_block(l, t->net, "best", t->best);
}

static int has_best(const cr_trainer *t)
{
    return t->best && t->at.best_epoch > 0;
}

static void add_checksum(struct list *l, const uint64_t *sum)
{
    struct tensor *t = add(l, CHECKSUM, sum, sizeof *sum);
    t->dtype = "U32"; /* at a multiple of 4, as the numbers before it */
    t->dim[t->n_dims++] = 2;
}

/* `sum` is where the last tensor is. */
static cr_status write_tensors(const struct list *l, uint64_t *sum, const cr_trainer *t,
                               const char *path, struct text *network, struct text *settings,
                               struct text *header, cr_error *err)
{
    struct piece *piece = calloc(l->n + 1, sizeof *piece);
    cr_network_file_write(t->net->spec, 0, network);
    write_settings(t, settings);
    if (!piece || network->failed || settings->failed) {
        free(piece);
        return cr_fail_memory(err);
    }
    const char *const key[] = {KEY_FORMAT, KEY_VERSION, KEY_NETWORK, KEY_SETTINGS};
    const char *const value[] = {FORMAT, cr_version(), cr_text_str(network), cr_text_str(settings)};
    cr_safetensors_header(l->tensor, l->n, key, value, sizeof key / sizeof *key, header);
    piece[0] = (struct piece){header->s, header->len};
    for (size_t i = 0; i < l->n; i++)
        piece[i + 1] = (struct piece){l->tensor[i].data, l->tensor[i].size};
    struct sum s = {.hash = 1};
    for (size_t i = 0; !header->failed && i < l->n; i++)
        add_to_sum(&s, piece[i].data, piece[i].size);
    *sum = sum_of(&s);
    const cr_status status =
        header->failed ? cr_fail_memory(err) : cr_write_file(path, piece, l->n + 1, err);
    free(piece);
    return status;
}

cr_status cr_trainer_save(const cr_trainer *t, const char *path, cr_error *err)
{
    struct list l = {0};
    struct text network = {0}, settings = {0}, header = {0};
    double position[POSITION_NUMBERS];
    double *history = calloc(t->n_history + 1, EPOCH_NUMBERS * sizeof *history);
    cr_status status = CR_OK;
    position_numbers(t, position);
    for (size_t i = 0; history && i < t->n_history; i++)
        epoch_numbers(&t->history[i], history + i * EPOCH_NUMBERS);
    list_tensors(&l, t, has_best(t), position, history, t->n_history);
    uint64_t sum = 0;
    if (!l.failed)
        add_checksum(&l, &sum);
    if (!history || l.failed)
        status = cr_fail_memory(err);
    else
        status = write_tensors(&l, &sum, t, path, &network, &settings, &header, err);
    free(history);
    cr_text_free(&network);
    cr_text_free(&settings);
    cr_text_free(&header);
    cr_arena_free(&l.arena);
    return status;
}

/* The first line in which two texts differ: where it begins in each. */
static void first_difference(const char **a, const char **b)
{
    const char *line_a = *a, *line_b = *b;
    for (const char *x = *a, *y = *b; *x && *x == *y; x++, y++)
        if (*x == '\n') {
            line_a = x + 1;
            line_b = y + 1;
        }
    *a = line_a;
    *b = line_b;
}

static cr_status compare(const char *path, const char *what, const char *there, const char *here,
                         cr_error *err)
{
    if (!there)
        return cr_model_fail(path, err, "the checkpoint has no '%s' in its __metadata__", what);
    if (strcmp(there, here) == 0)
        return CR_OK;
    first_difference(&there, &here);
    const int n = (int)strcspn(there, "\n"), m = (int)strcspn(here, "\n");
    const struct source src = {.name = path};
    cr_fail_at(err, CR_ERR_ARGUMENT, &src, (struct place){0},
               "the checkpoint is of another training: it has '%.*s' where this one has '%.*s'",
               n < 100 ? n : 100, there, m < 100 ? m : 100, here);
    cr_hint(err, "the same command with the same data goes on; or remove the file");
    return CR_ERR_ARGUMENT;
}

static cr_status check_sum(const struct safetensors *s, const struct source *file, cr_error *err)
{
    const struct tensor *t = cr_safetensors_find(s, CHECKSUM);
    uint64_t sum;
    if (!t || t->size != sizeof sum ||
        t->data + sizeof sum != (const unsigned char *)file->text + file->size)
        return cr_model_fail(file->name, err, "the checkpoint does not end with its checksum");
    memcpy(&sum, t->data, sizeof sum);
    if (sum == cr_checkpoint_sum(file->text, file->size - sizeof sum))
        return CR_OK;
    cr_model_fail(
        file->name, err,
        "the checkpoint is damaged: its bytes do not have the checksum that they had when "
        "it was written");
    cr_hint(err, "remove the file to start again, or bring back a copy of it");
    return CR_ERR_FORMAT;
}

static cr_status check_origin(const cr_trainer *t, const struct safetensors *s,
                              const struct source *file, cr_error *err)
{
    const char *path = file->name;
    struct text network = {0}, settings = {0};
    const char *format = cr_safetensors_metadata(s, KEY_FORMAT);
    if (!format)
        return cr_model_fail(path, err, "this safetensors file is no checkpoint of chainrule");
    if (strcmp(format, FORMAT) != 0)
        return cr_model_fail(
            path, err, "the checkpoint has format %s; this program reads format " FORMAT, format);
    cr_status status = check_sum(s, file, err);
    if (status != CR_OK)
        return status;
    cr_network_file_write(t->net->spec, 0, &network);
    write_settings(t, &settings);
    status = network.failed || settings.failed ? cr_fail_memory(err) : CR_OK;
    if (status == CR_OK)
        status = compare(path, KEY_NETWORK, cr_safetensors_metadata(s, KEY_NETWORK),
                         cr_text_str(&network), err);
    if (status == CR_OK)
        status = compare(path, KEY_SETTINGS, cr_safetensors_metadata(s, KEY_SETTINGS),
                         cr_text_str(&settings), err);
    cr_text_free(&network);
    cr_text_free(&settings);
    return status;
}

/* Every tensor that should be there is, with the size it should have. */
static cr_status check_tensors(const struct list *want, const struct safetensors *s,
                               const char *path, cr_error *err)
{
    for (size_t i = 0; i < want->n; i++) {
        const struct tensor *w = &want->tensor[i], *t = cr_safetensors_find(s, w->name);
        if (!t)
            return cr_model_fail(path, err, "tensor '%s' is missing", w->name);
        if (strcmp(t->dtype, w->dtype ? w->dtype : "F32") != 0 || t->size != w->size)
            return cr_model_fail(
                path, err, "tensor '%s' does not have the type and shape that it should", w->name);
    }
    return CR_OK;
}

/* What is read before anything is changed. */
struct found {
    struct position at;
    size_t updates, stride, n_history;
    cr_epoch *history; /* [n_history] */
};

static cr_status read_numbers(const cr_trainer *t, const struct safetensors *s, const char *path,
                              struct found *f, cr_error *err)
{
    const struct tensor *p = cr_safetensors_find(s, "position");
    const struct tensor *h = cr_safetensors_find(s, "history");
    double v[POSITION_NUMBERS], e[EPOCH_NUMBERS];
    if (!p || p->size != sizeof v || !h || h->size % sizeof e != 0)
        return cr_model_fail(path, err, "the checkpoint does not say where the training is");
    memcpy(v, p->data, sizeof v);
    f->at = t->at;
    f->n_history = h->size / sizeof e;
    int ok = read_position(v, &f->at, &f->updates, &f->stride) &&
             f->at.epoch <= t->options.epochs && f->at.step <= t->steps && f->stride > 0 &&
             f->at.total_steps == f->at.epoch * t->steps + f->at.step &&
             f->at.best_epoch <= f->at.epoch &&
             f->n_history <= (t->options.epochs < HISTORY ? t->options.epochs : HISTORY);
    f->history = ok ? calloc(f->n_history + 1, sizeof *f->history) : NULL;
    if (ok && !f->history)
        return cr_fail_memory(err);
    for (size_t i = 0; ok && i < f->n_history; i++) {
        memcpy(e, h->data + i * sizeof e, sizeof e);
        ok = read_epoch(e, &f->history[i]);
    }
    return ok ? CR_OK : cr_model_fail(path, err, "the checkpoint's position makes no sense");
}

static void adopt(cr_trainer *t, const struct list *want, const struct safetensors *s,
                  const struct found *f)
{
    for (size_t i = 2; i < want->n; i++) { /* after position and history */
        const struct tensor *w = &want->tensor[i];
        memcpy((void *)w->data, cr_safetensors_find(s, w->name)->data, w->size);
    }
    cr_state_set_steps(t->state, f->updates);
    t->at = f->at;
    t->stride = f->stride;
    t->n_history = f->n_history;
    if (f->history)
        memcpy(t->history, f->history, f->n_history * sizeof *t->history);
    t->resumed_rows = t->at.rows;
    t->progress.step = t->at.step;
    if (t->at.epoch < t->options.epochs)
        cr_trainer_shuffle(t);
    cr_trainer_keep_good(t);
}

static cr_status resume(cr_trainer *t, const struct safetensors *s, const struct source *file,
                        cr_error *err)
{
    const char *path = file->name;
    struct list want = {0};
    struct found f = {0};
    cr_status status = check_origin(t, s, file, err);
    if (status == CR_OK)
        status = read_numbers(t, s, path, &f, err);
    if (status == CR_OK) {
        list_tensors(&want, t, t->best && f.at.best_epoch > 0, NULL, NULL, f.n_history);
        status = want.failed ? cr_fail_memory(err) : check_tensors(&want, s, path, err);
    }
    if (status == CR_OK)
        adopt(t, &want, s, &f);
    free(f.history);
    cr_arena_free(&want.arena);
    return status;
}

cr_status cr_trainer_resume(cr_trainer *t, const char *path, cr_error *err)
{
    struct safetensors s = {0};
    char *bytes = NULL;
    size_t size = 0;
    cr_status status = cr_read_file(path, &bytes, &size, err);
    if (status != CR_OK)
        return status;
    const struct source file = {path, bytes, size};
    status = cr_safetensors_read(&file, &s, err);
    if (status == CR_OK) {
        status = resume(t, &s, &file, err);
        cr_safetensors_free(&s);
    }
    free(bytes);
    return status;
}

cr_status cr_trainer_resume_if_there(cr_trainer *t, cr_error *err)
{
    const char *path = t->options.checkpoint;
    if (!path || (access(path, F_OK) != 0 && errno == ENOENT))
        return CR_OK;
    return cr_trainer_resume(t, path, err);
}
