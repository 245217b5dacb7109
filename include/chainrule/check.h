/* Gradient check: backpropagation against central differences, in float64. */
#ifndef CHAINRULE_CHECK_H
#define CHAINRULE_CHECK_H

#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_check_options {
    double tolerance;   /* relative; 0: 1e-7 */
    uint64_t max_bytes; /* of scratch memory; 0: no limit */
    int (*progress)(void *ctx, size_t done,
                    size_t all); /* now and then; not 0: cancel; may be NULL */
    void *ctx;
} cr_check_options;

/* One group of parameters, or the inputs. An element agrees when backpropagation's gradient
 * and the numerical one differ by at most tolerance times the larger of them, plus what
 * rounding of the loss explains. At a kink (ReLU at 0) the slopes from left and right differ;
 * then any value between them is right, and the element is counted apart. */
typedef struct cr_check_row {
    const char *layer;        /* the layer's name; "inputs" for the inputs */
    const char *what;         /* "weight", "bias", "slope" or "input" */
    size_t rows, cols;        /* of the group; inputs: [examples][inputs] */
    size_t wrong, kinks;      /* elements that disagree; elements at a kink */
    double error;             /* the largest relative difference outside kinks */
    size_t worst;             /* where: index row-major; with wrong elements the worst of those */
    double backward, numeric; /* the two gradients there */
    const char *worst_name; /* the same in words: "w[h1][x2]", "b[h1]", "slope", "x2, example 3" */
    const char *kink_name;  /* the first element at a kink; NULL where there is none */
} cr_check_row;

typedef struct cr_check { /* owns all it points to but the layers' names, which are the net's */
    size_t n_rows;
    cr_check_row *row;
    double loss;
    double tolerance;
    int agrees; /* no element is wrong */
} cr_check;

/* Check the gradient of the loss over one batch with respect to every parameter and every
 * input. in [rows][inputs] and targets [rows][outputs]; with rows 0 the examples of the
 * network file are used. The net is not changed; a float32 net is checked in float64.
 * *out is freed with cr_check_free. Errors: CR_ERR_ARGUMENT (no examples), CR_ERR_LIMIT,
 * CR_ERR_DIVERGED (the loss is not finite), CR_ERR_CANCELLED, CR_ERR_MEMORY. */
CR_API cr_status cr_check_gradients(const cr_net *net, const double *in, const double *targets,
                                    size_t rows, const cr_check_options *options, cr_check **out,
                                    cr_error *err);
CR_API void cr_check_free(cr_check *check);

#ifdef __cplusplus
}
#endif
#endif
