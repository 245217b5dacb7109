/* Opening, JSON Lines, closing. */
#include "train/log.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

enum { RECORD = 256, LINE = 2048 };

static cr_status fail_io(const char *what, const char *path, cr_error *err)
{
    return cr_fail(err, CR_ERR_IO, "cannot %s '%s': %s", what, path, strerror(errno));
}

/* Takes path over. */
static cr_status open_log(char *path, const char *mode, int events, cr_log **out, cr_error *err)
{
    cr_log *log = path ? calloc(1, sizeof *log) : NULL;
    if (!log) {
        free(path);
        return cr_fail_memory(err);
    }
    *log = (cr_log){.file = fopen(path, mode), .path = path, .events = events};
    if (!log->file) {
        const cr_status status = fail_io("write", path, err);
        free(path);
        free(log);
        return status;
    }
    *out = log;
    return CR_OK;
}

static char *copy(const char *s)
{
    char *to = malloc(strlen(s) + 1);
    return to ? strcpy(to, s) : NULL;
}

cr_status cr_log_open(const char *path, int append, cr_log **out, cr_error *err)
{
    return open_log(copy(path), append ? "ab" : "wb", 0, out, err);
}

/* Written and flushed, or the log has failed. */
static cr_status put(cr_log *log, const void *bytes, size_t n, cr_error *err)
{
    if (fwrite(bytes, 1, n, log->file) == n && fflush(log->file) == 0)
        return CR_OK;
    log->failed = 1;
    return fail_io("write", log->path, err);
}

enum { MOST_FILES = 1000 }; /* of one second */

cr_status cr_log_tensorboard(const char *folder, double time, cr_log **out, cr_error *err)
{
    static const char name[] = "%s/events.out.tfevents.%.0f.chainrule";
    unsigned char record[RECORD];
    cr_log *log = NULL;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return fail_io("make the folder", folder, err);
    const size_t size = strlen(folder) + sizeof name + 32;
    char *path = malloc(size);
    const int n = path ? snprintf(path, size, name, folder, time) : 0;
    /* A training that goes on within the second has a file of its own. */
    for (int i = 2; path && i < MOST_FILES && access(path, F_OK) == 0; i++)
        snprintf(path + n, size - (size_t)n, ".%d", i);
    cr_status status = open_log(path, "wbx", 1, &log, err);
    if (status != CR_OK)
        return status;
    assert(log);
    status = put(log, record, cr_event_version(time, record, sizeof record), err);
    if (status != CR_OK) {
        cr_log_close(log, NULL);
        return status;
    }
    *out = log;
    return CR_OK;
}

size_t cr_log_scalars(const char *part, const cr_metrics *m, struct scalar out[LOG_SCALARS])
{
    size_t n = 0;
    out[n++] = (struct scalar){part, "loss", m->loss};
    if (!isnan(m->accuracy))
        out[n++] = (struct scalar){part, "accuracy", m->accuracy};
    if (!isnan(m->rmse))
        out[n++] = (struct scalar){part, "rmse", m->rmse};
    if (!isnan(m->r2))
        out[n++] = (struct scalar){part, "r2", m->r2};
    return n;
}

/* A line in the making; what does not fit, which nothing does, is cut. */
struct line {
    char s[LINE];
    size_t len;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(l->s + l->len, sizeof l->s - l->len, fmt, args);
    va_end(args);
    l->len += n > 0 ? (size_t)n : 0;
    if (l->len >= sizeof l->s)
        l->len = sizeof l->s - 1;
}

static void add_number(struct line *l, const char *key, double v)
{
    char digits[32];
    add(l, ",\"%s\":%s", key, isfinite(v) ? cr_shortest_f64(v, digits) : "null");
}

static void add_part(struct line *l, const char *part, const cr_metrics *m)
{
    struct scalar s[LOG_SCALARS];
    const size_t n = cr_log_scalars(part, m, s);
    add(l, ",\"%s\":{\"rows\":%zu", part, m->rows);
    for (size_t i = 0; i < n; i++)
        add_number(l, s[i].name, s[i].value);
    add(l, "}");
}

static cr_status put_line(cr_log *log, const cr_progress *p, double seconds, cr_error *err)
{
    struct line l = {.len = 0};
    add(&l, "{\"event\":\"%s\",\"epoch\":%zu,\"step\":%zu,\"rows\":%zu",
        p->epoch_done ? "epoch" : "step", p->epoch, p->total_steps, p->rows);
    add_number(&l, "seconds", seconds);
    add_number(&l, "learning_rate", p->rate);
    add_part(&l, "train", &p->train);
    if (p->epoch_done && p->validation.rows)
        add_part(&l, "validation", &p->validation);
    if (p->epoch_done && p->best_epoch)
        add(&l, ",\"best_epoch\":%zu", p->best_epoch);
    add(&l, "}\n");
    return put(log, l.s, l.len, err);
}

static cr_status put_events(cr_log *log, const cr_progress *p, double time, cr_error *err)
{
    struct scalar s[2 * LOG_SCALARS + 1];
    unsigned char record[RECORD];
    size_t n = cr_log_scalars("train", &p->train, s);
    if (p->epoch_done && p->validation.rows)
        n += cr_log_scalars("validation", &p->validation, s + n);
    s[n++] = (struct scalar){NULL, "learning_rate", p->rate};
    for (size_t i = 0; i < n; i++) {
        const size_t size = cr_event_scalar(time, p->total_steps, &s[i], record, sizeof record);
        const cr_status status = put(log, record, size, err);
        if (status != CR_OK)
            return status;
    }
    return CR_OK;
}

cr_status cr_log_progress(cr_log *log, const cr_progress *p, double seconds, double time,
                          cr_error *err)
{
    if (log->failed)
        return CR_OK;
    return log->events ? put_events(log, p, time, err) : put_line(log, p, seconds, err);
}

cr_status cr_log_close(cr_log *log, cr_error *err)
{
    cr_status status = CR_OK;
    if (!log)
        return CR_OK;
    if (fclose(log->file) != 0 && !log->failed)
        status = fail_io("write", log->path, err);
    free(log->path);
    free(log);
    return status;
}
