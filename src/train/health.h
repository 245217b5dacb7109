/* Looking at a network in training: a plan for explaining, run on a fixed sample of the training
 * rows with the parameters and the optimiser's state of the moment. It writes neither. */
#ifndef TRAIN_HEALTH_H
#define TRAIN_HEALTH_H

#include "base/error.h"
#include "chainrule/health.h"
#include "net/plan.h"

enum { HEALTH_ROWS = 256, HEALTH_LOOKS = 32 };

struct health;

/* in [rows][inputs], targets [rows][outputs] are copied; 1 <= rows <= HEALTH_ROWS is enough. Nothing is
 * allocated later. CR_ERR_LIMIT: the values of such a plan would take more than 256 MiB. */
cr_status cr_health_create(cr_net *net, const float *in, const float *targets, size_t rows,
                           struct health **out, cr_error *err);
void cr_health_free(struct health *h);

/* Where looks are worth their time: after so many epochs of all, at most HEALTH_LOOKS - 2 times. */
int cr_health_due(size_t epoch, size_t epochs);

/* Look at the parameters of the net as they are. state: the optimiser's (NULL: it keeps none). A look more
 * than HEALTH_LOOKS replaces the last. */
void cr_health_take(struct health *h, cr_state *state, double rate, size_t epoch, size_t steps);

/* What was seen, and what follows from it; valid until the next look. */
const cr_health *cr_health_sum_up(struct health *h);

/* Internal to the two files. */
struct health_layer {
    int act, derivative, delta; /* values of the tape, or -1 */
    double steepest;            /* 0: does not level off */
};
struct health {
    cr_health pub;
    struct arena arena;
    cr_net *net;
    cr_plan *plan;
    void *work;
    float *in, *targets;
    size_t rows;
    struct health_layer *layer; /* [layers] */
    cr_health_look look[HEALTH_LOOKS];
    cr_health_layer *seen; /* [HEALTH_LOOKS][layers] */
    unsigned char *alive;  /* [units of the widest layer] scratch */
    size_t max_findings;
    cr_finding *finding; /* [max_findings] */
    size_t bad_epoch;    /* of the look that found a value that is not finite */
    char bad[200];       /* which; "": none */
};

/* Fills h->finding from the looks. */
void cr_health_judge(struct health *h);

#endif
