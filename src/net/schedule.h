/* Schedules: what the learning rate is multiplied by in each step of a training. One table,
 * which reading, printing, documentation and tests share. */
#ifndef NET_SCHEDULE_H
#define NET_SCHEDULE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "expr/expr.h"
#include "net/tables.h"

/* `formula` is in
 *   s, n   steps made so far, steps in all (without those of a warm-up);  t = s/n
 *   epoch  complete epochs
 *   drops  how often the rate has dropped: complete epochs / `every`, rounded down; of a plateau
 *          the times that the validation loss stopped falling
 * and the row's parameters. PyTorch's conventions, where it has the schedule. */
struct schedule_row {
    const char *name;
    const char *alias[TABLE_ALIASES];
    const char *formula;
    struct table_param param[TABLE_PARAMS];
    const char *meaning;
    const char *source;
};

/* The first row is the constant schedule. NULL past the end. */
const struct schedule_row *cr_schedule_row(int index);
int cr_schedule_find(const char *name, const char **near); /* -1: none */

/* A schedule as a spec has it. In the first `warm_up` steps the rate grows in equal amounts from
 * 1/(warm_up + 1) of what the schedule begins with; the schedule proper starts after them. */
struct spec_schedule {
    int row;
    double param[TABLE_PARAMS];
    size_t warm_up;
    int given; /* 0: this is the default */
};

struct spec_param;

/* Choose a row, with its parameters but for those of params[0..n). */
cr_status cr_schedule_set(struct spec_schedule *out, int row, const struct spec_param *params,
                          size_t n, const struct source *src, cr_error *err);

/* "cosine", or "step every=10 factor=0.5 warm-up=100", with blanks or commas between. */
cr_status cr_schedule_parse(const char *text, struct spec_schedule *out, cr_error *err);

/* What the plateau schedule remembers: the lowest loss, epochs without one that is lower by the
 * threshold, and how often they were too many. It begins with lowest = INFINITY. */
struct plateau {
    double lowest;
    size_t flat, count;
};

/* Look at the loss after an epoch. Does nothing with other schedules. */
struct schedule;
void cr_schedule_look(const struct schedule *s, struct plateau *p, double loss);

/* Where a training is. */
struct schedule_at {
    size_t step, steps; /* made so far; in all */
    size_t epoch;       /* complete */
    size_t plateaus;    /* so far */
};

/* A schedule made ready; the spec's may go away. */
struct schedule {
    struct arena arena;
    struct spec_schedule spec;
    const struct expr *formula;
};
cr_status cr_schedule_open(const struct spec_schedule *spec, struct schedule *out, cr_error *err);
void cr_schedule_close(struct schedule *s);
double cr_schedule_factor(const struct schedule *s, const struct schedule_at *at);

#endif
