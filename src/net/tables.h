/* What a network can be made of: activations, losses, initialisers, optimisers. One
 * table each; parsing, printing, documentation, the gradient check and the tests read
 * the same rows, so a new activation is one row. */
#ifndef NET_TABLES_H
#define NET_TABLES_H

#include <stddef.h>

#include "chainrule/net.h"
#include "kernels/kernels.h"

enum { TABLE_PARAMS = 4, TABLE_ALIASES = 3 };

/* A named number of a row, such as ELU's alpha. Formulas refer to it by name. */
struct table_param {
    const char *name; /* NULL: there is none */
    double value;     /* unless the user gives one */
    double min, max;  /* allowed range, both included */
};

/* z = A(t). `formula` is in t and the row's parameters; `derivative` may also use z,
 * which is cheaper where it serves. NULL formula: softmax, which is no function of one
 * unit. The user's own formulas are activations without a row. */
struct activation_row {
    const char *name;
    const char *alias[TABLE_ALIASES];
    const char *symbol, *latex; /* as in σ(u) */
    const char *formula, *derivative;
    struct table_param param[TABLE_PARAMS];
    int learned;         /* param[0] is trained, one per layer (PReLU) */
    double steepest;     /* of one that levels off at both ends: its largest |derivative|; else 0 */
    const char *meaning; /* one line, for documentation */
    const char *source;  /* who defined it, where */
};

/* The loss of one example is the sum (or mean) over outputs of `formula` in y
 * (network output), t (target) and the row's parameters. `fused_with`: after an output
 * layer with that activation the row `fused_row` is used instead, which computes the
 * same loss from the pre-activation and skips the activation's derivative. */
enum loss_kind { LOSS_ELEMENTWISE, LOSS_SOFTMAX };
enum loss_target { TARGET_NUMBER, TARGET_PROBABILITY, TARGET_SIGN, TARGET_COUNT };

struct loss_row {
    const char *name;
    const char *alias[TABLE_ALIASES];
    enum loss_kind kind;
    const char *formula, *derivative; /* derivative with respect to y; NULL: LOSS_SOFTMAX */
    int mean_over_outputs;
    struct table_param param[TABLE_PARAMS];
    enum loss_target target; /* what targets must be */
    const char *shown;       /* how books write it, where the formula is arranged for
                                           safety; may also use p, the output after softmax or
                                           sigmoid; NULL: the formula itself */
    const char *link;        /* activation that turns outputs into predictions, or NULL */
    const char *fused_with, *fused_row;
    const char *meaning;
    const char *source;
};

/* Weights [units][inputs]; fan_in = inputs, fan_out = units. */
enum init_method {
    INIT_ZEROS,
    INIT_CONSTANT,
    INIT_UNIFORM,
    INIT_NORMAL,
    INIT_STANDARD_NORMAL,
    INIT_GLOROT_UNIFORM,
    INIT_GLOROT_NORMAL,
    INIT_HE_UNIFORM,
    INIT_HE_NORMAL,
    INIT_LECUN_UNIFORM,
    INIT_LECUN_NORMAL,
    INIT_ORTHOGONAL,
    INIT_COUNT
};
struct init_row { /* row index = enum init_method */
    const char *name;
    const char *alias[TABLE_ALIASES];
    struct table_param param[TABLE_PARAMS];
    const char *meaning;
    const char *source;
};

enum optimiser_method {
    OPT_GRADIENT_DESCENT,
    OPT_MOMENTUM,
    OPT_NESTEROV,
    OPT_ADAGRAD,
    OPT_RMSPROP,
    OPT_ADAM,
    OPT_ADAMW,
    OPT_LION,
    OPT_RPROP,
    OPT_RPROP_PLUS,
    OPT_LBFGS,
    OPT_LBFGS_FIXED,
    OPT_COUNT
};

/* An optimiser is a few assignments, made in order for every number of the parameters. Their
 * formulas are in
 *   w       the parameter; `w` is also what the last one makes
 *   g       its gradient, or `gradient` where there is weight decay
 *   rate    the learning rate
 *   t       the number of the update, from 1
 *   loss    the loss of the batch, before the update
 * the parameters of the row (weight_decay for weight-decay), the names of `factor`, and what
 * was made before: a state array's name stands for its old value, until it is assigned.
 * A name that is no state array is a quantity of the update alone. Where a state array or w
 * has got its new value nothing may read the old one, which is no longer there; as g may stand
 * for something that reads w, w is made last.
 * One that is `whole` moves all parameters as one vector (net/lbfgs.h): it has no assignments. */
enum whole_update { WHOLE_NONE, WHOLE_SEARCH, WHOLE_FIXED };
enum { LBFGS_PAIRS = 32 }; /* at most */
enum { OPT_STATES = 4, OPT_FACTORS = 2, OPT_STEPS = 5 };
struct optimiser_name {
    const char *name;         /* in formulas */
    const char *text, *latex; /* as shown */
};
struct optimiser_row { /* row index = enum optimiser_method */
    const char *name;
    const char *alias[TABLE_ALIASES];
    double rate; /* the learning rate unless the user gives one */
    struct table_param param[TABLE_PARAMS];
    struct optimiser_name symbol[TABLE_PARAMS]; /* of the parameters */
    struct optimiser_name state[OPT_STATES];    /* from 0 before the first update */
    struct {
        const char *name, *formula; /* of t and the parameters alone: one number per update */
    } factor[OPT_FACTORS];
    struct {
        struct optimiser_name to;
        const char *formula;
        const char *shown; /* as books write it, where that differs */
    } step[OPT_STEPS];
    const char *gradient;    /* what g stands for where there is weight decay, or */
    const char *weight;      /* what w stands for in the last assignment */
    int kernel;              /* enum update_kernel, which does all of it at once; UPDATE_NONE */
    enum whole_update whole; /* param[0] is then the number of pairs that are kept */
    const char *meaning;
    const char *source;
};

struct precision_row { /* row index = enum cr_precision - 1 */
    const char *name;
    const char *alias[TABLE_ALIASES];
};

/* Row by index, NULL past the end. */
const struct activation_row *cr_activation_row(int index);
const struct loss_row *cr_loss_row(int index);
const struct init_row *cr_init_row(int index);
const struct optimiser_row *cr_optimiser_row(int index);
const struct precision_row *cr_precision_row(int index);

/* Index of a name or alias ('-', '_', ' ' and case do not matter), -1 when there is none;
 * then *near (if near is not NULL) is the name most likely meant, or NULL. */
int cr_activation_find(const char *name, const char **near);
int cr_loss_find(const char *name, const char **near);
int cr_init_find(const char *name, const char **near);
int cr_optimiser_find(const char *name, const char **near);
int cr_precision_find(const char *name, const char **near);

/* "float32" or "bf16"; the default is float32. */
const char *cr_precision_name(cr_precision precision);

/* The place of weight-decay among a row's parameters, -1 where it has none. */
int cr_optimiser_decay(const struct optimiser_row *row);

#endif
