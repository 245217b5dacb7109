#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "cli.h"

enum { PLAIN_LINES = 20 };

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double cli_now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

const char *cli_grouped(size_t n, char *buf, size_t size)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", n);
    size_t at = 0;
    for (int i = 0; i < len && at + 2 < size; i++) {
        buf[at++] = digits[i];
        if ((len - i) % 3 == 1 && i + 1 < len)
            buf[at++] = ',';
    }
    buf[at] = '\0';
    return buf;
}

static const char *duration(double seconds, char *buf, size_t size)
{
    if (seconds < 100)
        snprintf(buf, size, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        snprintf(buf, size, "%.0f min", seconds / 60);
    else
        snprintf(buf, size, "%.1f h", seconds / 3600);
    return buf;
}

int cli_watch_open(struct watch *w)
{
    cr_error err = {0};
    cr_status status = CR_OK;
    w->start = cli_now();
    w->terminal = cli_is_terminal(stderr);
    if (w->log_path) {
        status = cr_log_open(w->log_path, w->append, &w->log[w->n_logs], &err);
        w->n_logs += status == CR_OK;
    }
    if (status == CR_OK && w->tensorboard) {
        status = cr_log_tensorboard(w->tensorboard, floor(seconds_of(CLOCK_REALTIME)),
                                    &w->log[w->n_logs], &err);
        w->n_logs += status == CR_OK;
    }
    if (status == CR_OK)
        return CLI_DONE;
    cli_watch_close(w);
    return cli_fail(&err);
}

static int put_metric(char *buf, size_t size, const cr_metrics *m, cr_task task)
{
    return task == CR_REGRESSION ? snprintf(buf, size, "rmse %.4g", m->rmse)
                                 : snprintf(buf, size, "accuracy %.1f %%", 100 * m->accuracy);
}

static void print_line(struct watch *w, const cr_progress *p)
{
    const cr_metrics *m = p->validation.rows ? &p->validation : &p->train;
    const double seconds = cli_now() - w->start, rows = (double)(p->rows - p->resumed_rows);
    const double all = (double)p->epochs * (double)w->report->rows;
    const double speed = seconds > 0 ? rows / seconds : 0;
    const double left_over = fmax(all - (double)p->rows, 0);
    char line[320], left[32], passed[32], rate[32];
    const size_t size = sizeof line;
    int n = snprintf(line, size, "epoch %zu/%zu  loss %.4g  %s", p->epoch, p->epochs, p->train.loss,
                     p->validation.rows ? "validation " : "");
    n += put_metric(line + n, size - (size_t)n, m, w->report->task);
    if (p->best_epoch) {
        n += snprintf(line + n, size - (size_t)n, "  best ");
        n += put_metric(line + n, size - (size_t)n, &p->best, w->report->task);
        n += snprintf(line + n, size - (size_t)n, " (epoch %zu)", p->best_epoch);
    }
    snprintf(line + n, size - (size_t)n, "  %s rows/s  %s passed, %s left",
             cli_grouped((size_t)speed, rate, sizeof rate),
             duration(seconds, passed, sizeof passed),
             duration(speed > 0 ? left_over / speed : 0, left, sizeof left));
    /* a line that wraps could not be written over */
    if (w->terminal)
        fprintf(stderr, "\r%.*s\033[K", cli_columns(stderr) - 1, line);
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    w->line_open = w->terminal;
}

static void end_line(struct watch *w)
{
    if (w->line_open)
        fputc('\n', stderr);
    w->line_open = 0;
}

static void write_logs(struct watch *w, const cr_progress *p)
{
    const int due = p->epoch_done || (w->log_every && p->total_steps % w->log_every == 0);
    for (int i = 0; i < w->n_logs && due; i++) {
        cr_error err = {0};
        if (cr_log_progress(w->log[i], p, cli_now() - w->start, seconds_of(CLOCK_REALTIME), &err)) {
            end_line(w);
            w->failed = cli_fail(&err); /* said once; training goes on */
        }
    }
}

void cli_watch(struct watch *w, const cr_progress *p)
{
    const size_t every = (p->epochs + PLAIN_LINES - 1) / PLAIN_LINES;
    const int last = p->epoch_done && p->epoch == p->epochs;
    const double t = w->terminal ? cli_now() : 0;
    if (w->n_logs)
        write_logs(w, p);
    if (w->quiet)
        return;
    if (w->terminal ? t - w->shown > 0.1 || last
                    : p->epoch_done && (p->epoch % every == 0 || last)) {
        w->shown = t;
        print_line(w, p);
    }
}

void cli_watch_pause(struct watch *w)
{
    end_line(w);
}

int cli_watch_close(struct watch *w)
{
    int code = w->failed;
    end_line(w);
    for (int i = 0; i < w->n_logs; i++) {
        cr_error err = {0};
        if (cr_log_close(w->log[i], &err) != CR_OK)
            code = cli_fail(&err);
    }
    w->n_logs = 0;
    return code;
}
