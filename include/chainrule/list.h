/* What networks can be made of: for menus, completion and documentation. */
#ifndef CHAINRULE_LIST_H
#define CHAINRULE_LIST_H

#include "chainrule/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cr_list_kind {
    CR_LIST_ACTIVATIONS,
    CR_LIST_LOSSES,
    CR_LIST_INITIALISERS,
    CR_LIST_OPTIMISERS,
    CR_LIST_SCHEDULES,
    CR_LIST_FUNCTIONS /* that formulas may call */
} cr_list_kind;

/* Strings are never freed; NULL where a row has nothing to say. */
typedef struct cr_list_row {
    const char *name;
    const char *alias[3];   /* other names that are understood */
    const char *formula;    /* activations: in t; losses: one output y with target t; schedules: in
                               s of n steps, t = s/n, epoch, drops (net/schedule.h) */
    const char *derivative; /* by t; for losses by y. Activations may use z, the value */
    const char *shown;      /* losses: as books write it, where that differs */
    /* optimisers: assignments made in order for every parameter w with gradient g, and with
     * weight decay what stands for g, or for w in its own assignment; rate is the learning
     * rate, t the number of the update */
    const char *to[5], *assigned[5];
    const char *decay_of, *decayed; /* "g", "g + weight_decay*w" */
    double rate;                    /* optimisers: the learning rate unless one is given */
    const char *parameter[4];       /* constants that can be given by name, */
    double value[4];                /* what they are otherwise, */
    double min[4], max[4];          /* and their range, both ends included */
    int learned;                    /* activations: parameter[0] is trained with the weights */
    int mean_over_outputs;          /* losses: mean over the outputs; else their sum */
    const char *meaning;            /* one line */
    const char *source;             /* who defined it */
} cr_list_row;

/* Fill *row with the row of that index, from 0, and return 1; past the end return 0 and
 * leave *row alone. */
CR_API int cr_list(cr_list_kind kind, size_t index, cr_list_row *row);

#ifdef __cplusplus
}
#endif
#endif
