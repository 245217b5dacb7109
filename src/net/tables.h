/* What a network can be made of: activations, losses, initialisers, optimisers. One
 * table each; parsing, printing, documentation, the gradient check and the tests read
 * the same rows, so a new activation is one row. */
#ifndef NET_TABLES_H
#define NET_TABLES_H

#include <stddef.h>

#include "chainrule/net.h"

enum { TABLE_PARAMS = 2, TABLE_ALIASES = 3 };

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

enum optimiser_method { OPT_GRADIENT_DESCENT, OPT_COUNT };
struct optimiser_row { /* row index = enum optimiser_method */
    const char *name;
    const char *alias[TABLE_ALIASES];
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

#endif
