/* What the parts of the recorder share. */
#ifndef NET_RECORD_H
#define NET_RECORD_H

#include "net/tape.h"

enum { NONE = -1 };

struct recorder {
    struct tape *tape;
    const struct spec *spec;
    unsigned what;
    int room;       /* values and steps that fit */
    int rows, rate; /* scalars */
    int *out;       /* [n_layers] the value a layer hands on */
    int *uses;      /* [room] how often a forward value is read */
    int *n_parts;   /* [room] contributions so far */
    int **parts;    /* [room][uses] */
    int failed;     /* out of memory */
};

/* Add a value without a maker, or a step that makes `out` of in[0 .. n_in). */
int cr_record_value(struct recorder *r, enum role role, enum extent extent, size_t rows,
                    size_t cols, int of, int layer);
struct step *cr_record_step(struct recorder *r, enum op op, enum phase phase, int out,
                            const int *in, int n_in);

/* The update of every parameter that has a gradient, by the optimiser's assignments. */
void cr_record_update(struct recorder *r);

#endif
