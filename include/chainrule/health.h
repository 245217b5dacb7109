/* Is training well? What a few looks at a network in training tell: units that let no gradient
 * through, saturation, gradients that vanish or explode, a learning rate that does not fit, and
 * the first value that is not finite. */
#ifndef CHAINRULE_HEALTH_H
#define CHAINRULE_HEALTH_H

#include "chainrule/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A layer in one look. Norms are Euclidean; rms: root mean square over rows and units. */
typedef struct cr_health_layer {
    const char *name;
    size_t units;
    size_t dead;      /* units whose activation has the derivative 0 for every row */
    double saturated; /* share of rows and units where the derivative is below 1 % of the
                         activation's steepest; NaN: the activation does not level off at both ends */
    double output;    /* rms of the layer's outputs */
    double delta;     /* rms of dL/du, u its pre-activations; NaN: there are none */
    double gradient;  /* norm of dL/dw over the layer's parameters; NaN: there are none */
    double weight;    /* norm of its weights; NaN: there are none */
    double update;    /* norm of the weights' next update, divided by `weight`; NaN as above, or
                         where all weights are 0 */
} cr_health_layer;

typedef struct cr_health_look {
    size_t epoch, steps;          /* after so many; 0 and 0: before the first */
    double rate, loss;            /* learning rate of the step before; loss on the rows looked at */
    const cr_health_layer *layer; /* [layers] */
} cr_health_look;

/* Something to know. */
typedef struct cr_finding {
    const char *kind;  /* "dead-units", as cr_health_check lists them */
    const char *layer; /* NULL: of the whole network */
    size_t epoch;      /* of the look it was seen in first */
    int serious;       /* 1: the model is likely the worse for it; 0: worth a look */
    char text[320];    /* what, and what to do about it */
} cr_finding;

/* Everything lives as long as the health. */
typedef struct cr_health {
    size_t rows; /* of training rows that were looked at, always the same ones */
    size_t layers, looks, findings;
    const cr_health_look *look;
    const cr_finding *finding;
} cr_health;

/* What is checked, by index from 0: its name, and when it is reported. NULL past the end. */
typedef struct cr_health_check {
    const char *kind;
    const char *meaning;
} cr_health_check;
CR_API const cr_health_check *cr_health_check_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
