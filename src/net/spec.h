/* What a network file says, as a plain struct: names, layers, loss, examples, training,
 * notation. The network file, the C builder, the model file (and later ONNX) all become
 * one of these; cr_net_build makes a network of it.
 *
 * Everything a spec points to lives in its arena. Places point into `source` so that a
 * later step (shapes, notation) can name file, line and column. */
#ifndef NET_SPEC_H
#define NET_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chainrule/net.h"
#include "expr/expr.h"
#include "net/schedule.h"
#include "net/tables.h"

/* An activation with its parameters. The formulas are in symbols with these refs. */
enum act_ref { ACT_T, ACT_Z, ACT_PARAM0, ACT_PARAM1 };

struct activation {
    int row; /* of the table; -1: the user's formula */
    double param[TABLE_PARAMS];
    const char *text;              /* the user's formula as written ("t/10"); NULL with a row */
    const char *name;              /* the letter in the user's "A(t) = t/10"; "A" by default */
    const struct expr *formula;    /* A(t) in ACT_T, ACT_PARAM*; NULL: softmax */
    const struct expr *derivative; /* A'(t) in ACT_T, ACT_Z, ACT_PARAM* */
    const struct expr *d_param;    /* dA/d(param 0) where it is learned, else NULL */
};

struct init {
    enum init_method method;
    double param[TABLE_PARAMS];
};

enum bias_policy { BIAS_PER_UNIT, BIAS_SHARED, BIAS_NONE };
enum layer_kind {
    LAYER_DENSE,
    LAYER_ADD,
    LAYER_CONCAT,
    LAYER_SCALE,   /* y_i = s_i x_i; s are `weights`, one row */
    LAYER_DROPOUT, /* in training only: 0 with probability `amount`, else x/(1 - amount) */
    LAYER_NORM, /* layer normalisation: gamma (x - mean)/deviation + beta, over the layer's values;
                      gamma are `weights`, beta `biases` */
    LAYER_BATCH_NORM, /* the same over the values of a batch, each column by itself; predicting
                         with running averages of mean and variance */
    LAYER_NOISE,      /* in training only: x + amount n, n from the standard normal distribution */
    LAYER_KINDS
};
enum { FROM_INPUTS = -1, SPEC_FROM = 8 };

struct spec_layer {
    const char *name; /* unique; "hidden", "hidden1", "output" by default */
    struct place at;
    enum layer_kind kind;
    size_t units; /* dense: given; others: cr_spec_finish fills it */
    const char *const
        *unit_names;             /* [units], unique in the network; NULL: cr_spec_finish fills it */
    int from[SPEC_FROM], n_from; /* FROM_INPUTS or an earlier layer; n_from 0: the layer before.
                                           Several into a dense layer are joined end to end */
    struct place from_at[SPEC_FROM];
    struct activation act; /* other than dense: identity unless given */
    struct place act_at;
    int ntk;                         /* dense: W x/sqrt(inputs) + b (Jacot et al. 2018) */
    const double *weights;           /* [units][inputs] row-major, or NULL: weight_init; of a
                                        scale layer [1][units] */
    size_t weight_rows, weight_cols; /* the shape that was given */
    struct place weights_at;
    struct init weight_init;
    enum bias_policy bias;
    const double *biases; /* [units], or [1] where shared; NULL: bias_init */
    size_t n_biases;
    struct place biases_at;
    struct init bias_init;
    double amount; /* dropout, noise: above; norms: what the variance is raised by */
    struct place amount_at;
    double momentum; /* batch normalisation: how far running averages move in an update */
    struct place momentum_at;
    double weight_rate, bias_rate;   /* factors of the learning rate; 1 by default */
    double weight_decay, bias_decay; /* factors of the optimiser's weight decay; 1 by default */
};

enum reduction { REDUCE_MEAN, REDUCE_SUM };

struct spec_loss {
    int row; /* as named in the file, before fusing */
    double param[TABLE_PARAMS];
    double smoothing;         /* label smoothing, 0 <= s < 1; targets that are probabilities */
    enum reduction reduction; /* over examples */
    struct place at;
};

/* The ranges that a worksheet draws numbers from, in multiples of `step`. */
struct spec_worksheet {
    double weights[2], biases[2], inputs[2], targets[2]; /* from, to */
    double step;                                         /* > 0 */
};
extern const struct spec_worksheet cr_spec_worksheet; /* by default */

struct spec_optimiser {
    enum optimiser_method method;
    double learning_rate; /* > 0 */
    double param[TABLE_PARAMS];
    /* What any optimiser can have; 0: not. The gradient of the loss is scaled down where its norm
     * over all parameters is larger than clip_norm, then its numbers cut off at clip_value; then
     * those of weights get l1 sign(w) + l2 w, of which the loss that is reported knows nothing. */
    double clip_norm, clip_value, l1, l2;
    double average; /* a moving average of the parameters keeps this share; a state array */
    struct place at;
};

/* The user's notation: a base by name, and overrides as patterns (see explain/notation.h). */
struct spec_notation {
    const char *base; /* NULL: the default */
    struct place at;
    size_t n;
    const char *const *key;
    const char *const *pattern;
    const struct place *key_at;
    const struct place *pattern_at;
};

/* What a file may set in `train` and `optimiser`, for telling where a value comes from. */
enum spec_setting {
    SPEC_EPOCHS,
    SPEC_BATCH,
    SPEC_SEED,
    SPEC_PRECISION,
    SPEC_SCHEDULE,
    SPEC_VALIDATION,
    SPEC_KEEP,
    SPEC_PATIENCE,
    SPEC_DROP_LAST,
    SPEC_OPTIMISER,
    SPEC_LEARNING_RATE,
    SPEC_SETTINGS
};

struct spec {
    struct arena arena;   /* holds all that is below, the source's text included */
    struct source source; /* name NULL where there is no file */
    const char *title;    /* NULL: none */

    size_t n_inputs;
    const char *const *input_names; /* [n_inputs]; NULL: cr_spec_finish makes x1, x2, ... */
    int numbered;                   /* cr_spec_finish made the inputs' names */
    struct place inputs_at;

    size_t n_layers;
    struct spec_layer *layer;

    struct spec_loss loss;
    struct spec_optimiser optimiser;

    size_t n_outputs;                /* units of the last layer; cr_spec_finish fills it */
    const char *const *target_names; /* [n_targets]; NULL: as the notation does */

    size_t n_examples;     /* 0: none in the file */
    const double *inputs;  /* [n_examples][n_inputs] */
    const double *targets; /* [n_examples][n_targets]; NULL: none given */
    size_t n_targets;      /* columns that were given; cr_spec_finish checks */
    struct place targets_at;
    const char *const *example_names; /* [n_examples] or NULL */

    uint64_t seed;        /* default 1 */
    size_t epochs, batch; /* 0: not given */
    cr_precision precision;
    struct spec_schedule schedule; /* of the learning rate; constant by default */
    double validation;             /* share of the rows that are measured after every epoch */
    cr_keep keep;                  /* which epoch's parameters are kept */
    size_t patience;               /* epochs without a better one before training ends; 0: any */
    unsigned given;                /* bit i: the file has enum spec_setting i */
    int drop_last;                 /* 1: a last batch with fewer rows than the others is left out */
    int iterations;                /* updates that explain shows; 1 by default */
    struct spec_worksheet worksheet;

    struct spec_notation notation;
};

/* A new empty spec with its defaults; NULL when out of memory. Freed with cr_spec_free
 * (which accepts NULL). */
struct spec *cr_spec_new(void);
void cr_spec_free(struct spec *spec);

/* "dense", "add", "scale" ... */
const char *cr_layer_kind_name(enum layer_kind kind);

/* Whether a layer normalises, whatever over. */
int cr_layer_is_norm(const struct spec_layer *layer);

/* Whether a layer makes each of its values of one value of the one layer that it reads. */
int cr_layer_is_unary(const struct spec_layer *layer);

/* Set a layer to its defaults (dense, identity, Glorot-uniform weights, zero biases per
 * unit, rates 1). Readers call it before they fill a layer. */
void cr_spec_layer_init(struct arena *a, struct spec_layer *layer);

/* What normalisation adds to the variance, and how far running averages move, unless told
 * otherwise. */
#define SPEC_NORM_EPSILON  1e-5
#define SPEC_NORM_MOMENTUM 0.1

/* Make a layer of another kind, with that kind's defaults: scales from 1. */
void cr_spec_layer_become(struct spec_layer *layer, enum layer_kind kind);

/* Set an activation from a row's name or a formula: "relu", "t/10", "A(t) = t/10";
 * params[0..n) replace the row's parameters by name. src/at place errors. */
struct spec_param {
    const char *name;
    double value;
    struct place name_at, value_at;
};
cr_status cr_activation_set(struct arena *a, struct activation *out, const char *text,
                            const struct spec_param *params, size_t n, const struct source *src,
                            struct place at, cr_error *err);

/* The same for a row's parameters of any table: fill param[] from defaults and params. */
cr_status cr_params_set(double *param, const struct table_param *row, const char *what,
                        const struct spec_param *params, size_t n, const struct source *src,
                        cr_error *err);

/* Choose an optimiser, with its row's learning rate and, but for those of params[0..n), its
 * row's parameters. */
cr_status cr_optimiser_set(struct spec_optimiser *out, enum optimiser_method method,
                           const struct spec_param *params, size_t n, const struct source *src,
                           cr_error *err);

/* Whether updates are w - rate*g, which OP_DESCEND does. */
int cr_optimiser_is_plain(const struct spec_optimiser *optimiser);

/* How many pairs of changes an optimiser keeps; 0: it is none that does. */
int cr_optimiser_history(const struct spec_optimiser *optimiser);

/* State array i of an optimiser, NULL past the last: those of its row, then the average. */
const struct optimiser_name *cr_optimiser_state(const struct spec_optimiser *optimiser, int i);

/* Check a spec as a whole, and fill in what was left open: `from`, units of joins, unit,
 * input and layer names, n_outputs; shapes of weights and biases, targets fit for the
 * loss, names unique, at least one layer, sizes that do not overflow, and at most
 * max_bytes for the parameters (0: no limit). Errors carry places. */
cr_status cr_spec_finish(struct spec *spec, size_t max_bytes, cr_error *err);

/* Number of columns that enter a layer; valid once finished. */
size_t cr_spec_fan_in(const struct spec *spec, size_t layer);

#endif
