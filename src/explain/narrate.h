/* What the parts of the narrator share. */
#ifndef EXPLAIN_NARRATE_H
#define EXPLAIN_NARRATE_H

#include "explain/paper.h"

struct teller {
    struct explanation *x;
    struct paper *p;
    struct text t; /* the sentence in the making */
};

/* Tables are gathered cell by cell. */
struct cells {
    struct arena a;
    const char **cell;
    size_t n, room;
    int failed;
};

void cr_cells_add(struct cells *c, const char *s);
void cr_cells_take(struct cells *c, struct text *t); /* and empty it */
void cr_cells_finish(struct paper *p, const char *caption, struct cells *c, size_t cols);

const char *cr_teller_layer(const struct teller *t, int layer);

int cr_teller_is_last(const struct teller *t, int layer);

/* The sentences in the making become a paragraph. */
void cr_tell_paragraph(struct teller *t);

/* How steps are told (tell_steps.c). */
struct telling {
    int labels;   /* announce nodes */
    int examples; /* announce examples */
    int parts;    /* draw what a node is computed from */
    int params;   /* keep a parameter's steps apart from the next one's */
};

/* Write the wanted steps first .. end - 1. */
void cr_tell_steps(struct teller *t, size_t first, size_t end, struct telling how);

/* Whether a step is the gradient of what a layer read from several others. */
int cr_teller_is_sent_back(const struct teller *t, const struct xstep *s);

/* What layers do that no formula says: draw, average (tell_layers.c). */
void cr_tell_layers(struct teller *t);

/* `x1 = 2`, as an equation on paper. */
void cr_teller_equation(struct paper *p, struct text *out, const struct xstep *s);

/* Figures, on paper that has them (pictures.c, before_after.c). */
int cr_teller_has_pictures(const struct teller *t);
void cr_tell_network(struct teller *t);
void cr_tell_values(struct teller *t, int pass, int deltas);
void cr_tell_part(struct teller *t, const struct xstep *s); /* what the step is computed from */
void cr_tell_course(struct teller *t);                      /* the loss of each iteration */

void cr_tell_before_after(struct teller *t); /* outputs, of several iterations */

/* The table of what is given (setup.c). */
void cr_tell_given(struct teller *t);
void cr_tell_setup(struct teller *t); /* under a heading of its own */

/* Of a trained model's row: how it was prepared; the answer (tell_row.c). */
void cr_tell_row(struct teller *t);
void cr_tell_answer(struct teller *t);

#endif
