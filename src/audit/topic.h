/* What a text is about: a network, from a file or made out from the text; its values, which
 * the engine computed; and which symbol stands for which of them. */
#ifndef AUDIT_TOPIC_H
#define AUDIT_TOPIC_H

#include "audit/audit.h"
#include "audit/guess.h"
#include "explain/trace.h"

/* Something that a symbol may stand for. Errors and squares are of output `index`. */
enum element_kind {
    ELEMENT_NONE,
    ELEMENT_VALUE,    /* factor * an element of a value of the tape */
    ELEMENT_CONSTANT, /* factor */
    ELEMENT_ERROR,    /* factor * (y - t) */
    ELEMENT_DISTANCE, /* |y - t| */
    ELEMENT_SQUARE,   /* factor * (y - t)^2 */
};
struct element {
    enum element_kind kind;
    int value;
    size_t index;
    double factor;
};

struct topic {
    struct guess guess; /* names of its units */
    const char *loss;   /* a row of the loss table */
    cr_net *owned;
    const cr_net *net;
    struct trace *trace; /* two updates */
    struct element *of;  /* [n_of] by name */
    size_t n_of;
    int *loss_choice;                /* [n_of] row of loss_choices */
    int delta_choice, change_choice; /* rows of their tables; -1: none fits */
    int by_act;                      /* δ_5 is of the unit whose activation is y_5 */
    int phase;                       /* 1: an update was read */
    size_t hits, misses;
    int written; /* the text has this loss as a formula */
};

/* Make it: a->topic, or NULL where none is found that explains the text. */
void cr_topic_make(struct audit *a);
void cr_topic_free(struct topic *t);

/* What a name stands for, and in which pass (0, 1; -1: not said). 0: not known. */
int cr_topic_element(struct audit *a, int name, struct element *out, int *pass);
int cr_topic_value(const struct topic *t, const struct element *e, int pass, struct range *out);

/* The value of a tree of symbols in a pass. */
int cr_topic_eval(struct audit *a, const struct expr *e, int pass, struct range *out);

/* Functions that the text defines, A(t) = t/10, and their derivatives. */
int cr_topic_function(struct audit *a, const struct expr *call, const struct amount *args,
                      struct amount *out);

/* What the text says that name(parameter) is; NULL: nothing. And that as a formula of t. */
const struct expr *cr_topic_definition(const struct audit *a, const char *name, int *parameter);
const char *cr_topic_formula(struct audit *a, const struct expr *definition, int parameter);

/* Fill in a claim's T where it has one. */
void cr_topic_truth(struct audit *a, struct claim *c);

/* Why a claim's T is not in its P, where one explanation fits: which operand is another
 * quantity (diagnose.c), or which changed rule gives the printed digits (mutants.c). NULL. */
const char *cr_topic_explain(struct audit *a, const struct claim *c);
const char *cr_mutants_explain(struct audit *a, const struct claim *c);

/* Say what the text left open or names otherwise (conventions.c). */
void cr_topic_conventions(struct audit *a);

#endif
