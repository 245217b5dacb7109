/* What the parts of the recorder share. */
#ifndef NET_RECORD_H
#define NET_RECORD_H

#include "net/tape.h"

enum { NONE = -1 };

struct recorder {
    struct tape *tape;
    const struct spec *spec;
    unsigned what;
    int room;               /* values and steps that fit */
    int rows, rate;         /* scalars */
    int weight, weight_sum; /* NONE: examples weigh the same */
    int *out;               /* [n_layers] the value a layer hands on */
    int *uses;              /* [room] how often a forward value is read */
    int *n_parts;           /* [room] contributions so far */
    int **parts;            /* [room][uses] */
    int predicting;         /* no layer does what is for training only */
    int failed;             /* out of memory */
};

/* Add a value without a maker, or a step that makes `out` of in[0 .. n_in). */
int cr_record_value(struct recorder *r, enum role role, enum extent extent, size_t rows,
                    size_t cols, int of, int layer);
struct step *cr_record_step(struct recorder *r, enum op op, enum phase phase, int out,
                            const int *in, int n_in);

/* What a formula's names stand for: values, or where `value` is NONE numbers. */
struct named {
    const char *name;
    int value;
    double number;
};

/* Add a step that makes `out` by a formula; `shown` is how books write it, or NULL. */
struct step *cr_record_formula(struct recorder *r, enum op op, enum phase phase, int out,
                               const char *text, const char *shown, const struct named *names,
                               int n);

/* What a layer reads (number i of several), and the value of one of its parameters or NONE. */
int cr_record_source(const struct recorder *r, const struct spec_layer *l, int i);
int cr_record_param(const struct recorder *r, int layer, enum param_kind kind);

/* A value with a row for each example. */
int cr_record_rows(struct recorder *r, enum role role, size_t cols, int of, int layer);

/* A new value for what a use of `of` contributes to its gradient, which is then handed over;
 * and whether anything reads the gradient of `of`. */
int cr_record_contribution(struct recorder *r, int of);
void cr_record_contribute(struct recorder *r, int of, int part);
int cr_record_wanted(const struct recorder *r, int of);

/* The gradient of a parameter, by a step on in[0 .. n_in). */
int cr_record_param_gradient(struct recorder *r, enum op op, int param, const int *in, int n_in);

/* Layers that make each value of one value (record_layers.c): what they put out, before the
 * activation (what they read, where they do nothing); and, with d its gradient, the gradients of what they read. */
int cr_record_unary(struct recorder *r, int layer);
void cr_record_unary_gradient(struct recorder *r, int layer, int out, int d);

/* Normalisation of x by its own mean and variance (record_norm.c), and by running averages
 * (record_running_norm.c), as above. */
int cr_record_norm(struct recorder *r, int layer, int x);
void cr_record_norm_gradient(struct recorder *r, int layer, int x, int d);
int cr_record_running_norm(struct recorder *r, int layer, int x);
void cr_record_running_norm_gradient(struct recorder *r, int layer, int x, int d);

/* The new value of a running mean or variance, without a gradient. */
int cr_record_moved(struct recorder *r, int param);

/* The update of every parameter that has a gradient, by the optimiser's assignments. */
void cr_record_update(struct recorder *r);

#endif
