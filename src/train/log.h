/* What the two kinds of logs share. */
#ifndef TRAIN_LOG_H
#define TRAIN_LOG_H

#include <stdio.h>

#include "chainrule/log.h"

struct cr_log {
    FILE *file;
    char *path;
    int events; /* 1: an event file; 0: JSON Lines */
    int failed;
};

/* One measured number: "train", "loss". */
struct scalar {
    const char *part, *name;
    double value;
};
enum { LOG_SCALARS = 16 };

/* What is worth telling of a part, without what is NaN for its task. Returns how many. */
size_t cr_log_scalars(const char *part, const cr_metrics *m, struct scalar out[LOG_SCALARS]);

/* The bytes of an event record, framed, in buf; at most `size`. */
size_t cr_event_scalar(double time, size_t step, const struct scalar *s, unsigned char *buf,
                       size_t size);
size_t cr_event_version(double time, unsigned char *buf, size_t size);

#endif
