/* Every value of some updates of a network, as the engine computed them: a plan that keeps
 * all values is run, and the values are copied out after each pass. Nothing is computed
 * here; with `carry` the engine itself runs with each step's values rounded as displayed. */
#ifndef EXPLAIN_TRACE_H
#define EXPLAIN_TRACE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "expr/decimal.h"
#include "expr/rational.h"
#include "net/net.h"
#include "net/tape.h"

struct trace_options {
    int updates; /* 1 or more */
    int carry;   /* round what each step made as displayed */
    struct decimal_rule rule;
    size_t rows;              /* examples; 0: those of the network's spec */
    const void *in, *targets; /* [rows][inputs], [rows][outputs] of the net's type; targets
                                       NULL: there are none */
};

struct trace {
    struct arena arena;
    struct tape *tape;
    cr_type type;
    size_t rows;
    int updates;      /* passes 0 .. updates - 1; pass `updates` has forward and loss only */
    int forward_only; /* no targets: the loss and what follows have no meaning */
    double rate;
    size_t *offset; /* [n_values] of a value's first element in a pass */
    size_t total;   /* elements in a pass */
    double **value; /* [updates + 1][total] */
    /* [updates + 1][total]: the true value, where it is rational, known and of bounded size;
     * NULL in float32 and for large networks. */
    const struct rational ***exact;
};

cr_status cr_trace_run(const cr_net *net, const struct trace_options *options, struct trace **out,
                       cr_error *err);
void cr_trace_free(struct trace *trace);

/* Element numbers within a pass. */
size_t cr_trace_at(const struct trace *trace, int value, size_t row, size_t index);

#endif
