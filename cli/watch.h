/* Watching a training: the progress line and the logs. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stddef.h>

#include "chainrule/log.h"
#include "chainrule/train.h"

struct watch {
    int quiet;
    const char *log_path, *tensorboard; /* NULL: none */
    size_t log_every;                   /* steps; 0: only epochs */
    int append;                         /* 1: after what the log file holds: a resumed training */
    const cr_fit_report *report;        /* filled before the first call of cli_watch */

    /* of cli_watch_open and later */
    cr_log *log[2];
    int n_logs, terminal, line_open, failed;
    double start, shown; /* seconds */
};

/* Open the logs that are asked for. 0, or CLI_FAILED with the message printed and nothing open. */
int cli_watch_open(struct watch *w);

/* What a progress callback does. */
void cli_watch(struct watch *w, const cr_progress *p);

/* End the progress line, so that something else can be printed. */
void cli_watch_pause(struct watch *w);

/* End the progress line, and close the logs. 0, or CLI_FAILED where some log could not be written; the
 * message is printed. */
int cli_watch_close(struct watch *w);

/* Seconds since some moment in the past. */
double cli_now(void);

/* 12345 as 12,345. */
const char *cli_grouped(size_t n, char *buf, size_t size);

#endif
