/* The explained steps of a network: one list, made from a tape and its trace, that every
 * format is rendered from, and that audit and figures read. */
#ifndef EXPLAIN_STEPS_H
#define EXPLAIN_STEPS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "chainrule/data.h"
#include "expr/expr.h"
#include "explain/names.h"
#include "explain/notation.h"
#include "explain/trace.h"

#define XPHASE_LIST(X)    \
    X(PREPARE, "prepare") \
    X(GIVEN, "given")     \
    X(FORWARD, "forward") \
    X(LOSS, "loss")       \
    X(BACKWARD, "backward") X(UPDATE, "update") X(VERIFY, "verify") X(ANSWER, "answer")

enum xphase {
#define X(name, text) X_##name,
    XPHASE_LIST(X)
#undef X
        X_COUNT
};

/* Where a step stands in the narrative. */
enum group {
    GROUP_GIVEN,
    GROUP_FORWARD,
    GROUP_LOSS,
    GROUP_DELTA,
    GROUP_GRADIENT,
    GROUP_UPDATE,
    GROUP_VERIFY,
    GROUP_COMPARE
};

/* Quantities that compare the last pass with the first: not of the tape. */
enum derived {
    DERIVED_NONE,
    DERIVED_ERROR_BEFORE,
    DERIVED_ERROR,
    DERIVED_ERROR_REDUCTION,
    DERIVED_ERROR_PER_CENT,
    DERIVED_REDUCTION,
    DERIVED_PER_CENT
};

enum { SYMBOLIC_FORMS = 2 };

struct xstep {
    enum xphase phase;
    enum group group;
    enum derived derived;
    int pass;  /* of the trace */
    int step;  /* of the tape; -1: given or derived */
    int value; /* of the tape; -1: derived */
    size_t row;
    long index;                 /* WHOLE in matrix form */
    int layer;                  /* -1: none */
    int wanted;                 /* part of what is explained */
    const struct expr *formula; /* in symbols with refs as below; NULL: given */

    /* The rest is filled in where `wanted`. */
    const char *id;
    struct symbol symbol;
    const struct expr *symbolic[SYMBOLIC_FORMS]; /* A(u1), u1/10 */
    int n_symbolic;
    const struct expr *substituted; /* NULL: given */
    const struct expr *shown;       /* a number, or a matrix of numbers */
    int matrix;                     /* 0: one number */
    size_t rows, cols;
    const double *values;         /* [rows][cols] */
    double own;                   /* what a derived step's values point to */
    const struct rational *known; /* a derived step's exact value, or NULL */
    int exact;                    /* what is shown is the value: =, not ≈ */
    int unrounded;                /* the displayed factors give another last digit */
    const int *reads;             /* numbers of steps, each once, in the formula's order */
    int n_reads;
};

struct explanation {
    struct arena arena;
    const cr_net *net;
    struct trace *trace;
    struct notation notation;
    struct names names;
    struct decimal_rule rule;
    int carry, matrix;
    int folded;      /* matrix form was chosen because the network is large */
    const char *why; /* the symbol that was asked for, as it is written here; NULL: all */
    int failed;      /* memory was short for a name */
    size_t n, room;
    struct xstep *step;
    int **at; /* [passes][total]: the step of an element, plus 1 */

    /* Of a trained model's row (prepared.c): what was done before the network and after it. */
    const cr_preparation *preparation; /* NULL: nothing */
    struct xstep *prepare; /* [n_prepare] those of one input after another; they read each
                                          other */
    size_t n_prepare;
    struct xstep *answer; /* of a number, from the output, which it reads of `step`; or NULL */
    const char *decision; /* of classes: the answer's; or NULL */
};

struct explanation_options {
    struct trace_options trace;
    const char *notation; /* NULL: as the file says */
    int form;             /* -1: as fits the network, 0 scalar, 1 matrix */
    const char *why;      /* NULL: everything */
};

/* Whether a user's digits make sense: places 0 to 100 or -1, or significant ones. */
cr_status cr_digits_check(int digits, int sig, cr_error *err);

cr_status cr_explanation_make(const cr_net *net, const struct explanation_options *options,
                              struct explanation **out, cr_error *err);
void cr_explanation_free(struct explanation *x);

const char *cr_xphase_name(enum xphase phase);

/* Leaves of a step's formula: the number of a step, and the element of it where the step is
 * a matrix and only one element is read (else WHOLE). */
uint64_t cr_leaf(int number, long element);
int cr_leaf_step(uint64_t ref);
long cr_leaf_element(uint64_t ref);

/* The symbol of a leaf as it stands in the formula of `reader`: parameters that an earlier
 * iteration updated have their plain name again. reader NULL: the step's own symbol. */
struct symbol cr_explanation_symbol(struct explanation *x, const struct names *names, uint64_t leaf,
                                    const struct xstep *reader);

/* What follows is shared between the files of this room. */

/* Add all steps in reading order (order.c). */
cr_status cr_explanation_list(struct explanation *x, cr_error *err);

/* The number of the step that makes an element that pass `pass` reads. -1: none. */
int cr_explanation_find(const struct explanation *x, int pass, int value, size_t row, size_t index);

/* The formula of a step in matrix form, in symbols with refs as cr_step_formula's; elements
 * stand for their whole rows (matrix.c). */
const struct expr *cr_matrix_formula(struct explanation *x, const struct xstep *s);

/* The step that a user's words mean (why.c): a symbol of any notation, or an id. */
cr_status cr_explanation_resolve(struct explanation *x, const char *why, int *number,
                                 cr_error *err);

/* The id of a step, without making it unique. */
const char *cr_explanation_id(struct explanation *x, const struct xstep *s);

/* A formula with functions as they are worked out by hand: softplus as ln(1 + e^x), and with
 * `sigmoid` also that function as 1/(1 + e^-x). */
const struct expr *cr_written_out(struct arena *a, const struct expr *e, int sigmoid);

/* Steps that lead from a row of a table to the inputs, and from the outputs to the answer
 * (prepared.c). */
cr_status cr_explanation_prepare(struct explanation *x, const cr_preparation *p, cr_error *err);

/* The double of a derived step, from the values that its formula reads. */
double cr_explanation_derive(struct explanation *x, const struct xstep *s);

#endif
