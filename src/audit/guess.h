/* A network made out from the equations and numbers of a text. */
#ifndef AUDIT_GUESS_H
#define AUDIT_GUESS_H

#include "audit/audit.h"

enum { MOST_UNITS = 64, MOST_SOURCES = 16, MOST_GIVENS = 256 };

/* A unit as the text describes it. Names are indices of maths.name; -1: none. */
struct unit {
    int pre, act;
    size_t n;
    int weight[MOST_SOURCES], source[MOST_SOURCES];
    double w[MOST_SOURCES]; /* where there is no name, or beside it */
    int bias;
    int has_bias;
    double b;
    const char *activation; /* for cr_builder_dense; NULL: not said */
    int layer;              /* from 0; -1: not known */
    size_t column;          /* within its layer */
};

struct guess {
    struct unit unit[MOST_UNITS];
    size_t n_units, n_layers;
    int input[MOST_SOURCES];
    double x[MOST_SOURCES];
    size_t n_inputs;
    int target[MOST_SOURCES];
    double t[MOST_SOURCES];
    size_t n_outputs;
    int shared[MOST_UNITS]; /* by layer: one bias for all its units */
    int rate_name;
    double rate;
    int has_rate;
    int other_rule;      /* updates are not those of gradient descent, and are not bound */
    int forward_only;    /* the text is about no loss, and names no target */
    int other_functions; /* units to which the text applies a second function */
    int fixed_biases;    /* an update leaves them as they are */
};

/* 1, and the network as the text gives it; 0: it does not give one. */
int cr_guess_read(struct audit *a, struct guess *out);

/* The first unit of a layer, in the order of columns; NULL past the end. */
const struct unit *cr_guess_unit(const struct guess *g, int layer, size_t column);

/* Make it with a loss of the table. NULL, with the reason: it does not fit together, or memory
 * is short. */
cr_net *cr_guess_build(const struct guess *g, const char *loss, cr_status *status);

/* The names that a network's quantities have in a notation, in the text's terms; its numbers
 * are left alone. 0: it has other layers than dense ones in a row, or no example. */
int cr_guess_from_net(struct audit *a, const cr_net *net, const char *notation, struct guess *out);

/* Whether a network has these layers. */
int cr_guess_fits(const struct guess *g, const cr_net *net);

/* The value of a name that the text gives as a number: 1, or 0. */
int cr_guess_given(const struct audit *a, int name, double *out);

#endif
