/* Figures of a network: its inputs and units in columns, edges with their weights, and what the
 * trace knows of each. One layout; doc/drawing.h writes it as SVG or TikZ. */
#ifndef EXPLAIN_FIGURE_H
#define EXPLAIN_FIGURE_H

#include "doc/drawing.h"
#include "explain/steps.h"

enum figure_show {
    FIGURE_WEIGHTS, /* names, weights, biases */
    FIGURE_VALUES,  /* and inputs, pre-activations, activations, targets */
    FIGURE_DELTAS   /* and activations and deltas */
};

struct figure_options {
    enum figure_show show;
    int pass;   /* of the trace */
    size_t row; /* the example */
    int step;   /* of the explanation: what it reads is drawn, the rest grey; -1: all of it */
};

enum { FIGURE_UNITS = 8 }; /* a layer of more is drawn with dots, and weights are not written */

/* Draw it, and describe it in words: a title, and what is to be seen. d, title and words are
 * empty before. Failures show in their `failed`. */
void cr_figure_draw(struct explanation *x, const struct figure_options *options, struct drawing *d,
                    struct text *title, struct text *words);

#endif
