/* Notations: what quantities are called. One table of built-in notations; a network file may
 * start from one and replace patterns.
 *
 * A pattern is written in a small part of LaTeX, and gives both the LaTeX and the Unicode
 * text of a symbol: `w_{{to}{sep}{from}}` is w_{31} and w31. In braces stand placeholders
 * (SLOT_LIST); _ and ^ take the next character, placeholder, command or {group};
 * \text, \mathbf, \mathrm, \mathit, \boldsymbol, \tilde, \hat and \frac take groups; Greek
 * letters, ∂, ∇, → and ′ may be typed or written as commands. */
#ifndef EXPLAIN_NOTATION_H
#define EXPLAIN_NOTATION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "net/spec.h"

/* Every kind of symbol: key in a network file, meaning. */
#define NOTE_LIST(X)                                                       \
    X(INPUT, "input", "an input")                                          \
    X(WEIGHT, "weight", "a weight")                                        \
    X(BIAS, "bias", "the bias of a unit")                                  \
    X(SHARED_BIAS, "shared-bias", "the bias that a layer's units share")   \
    X(SLOPE, "slope", "a layer's trained slope (PReLU)")                   \
    X(JOIN, "join", "the sum that a joining layer makes")                  \
    X(PRE, "pre", "a unit's pre-activation")                               \
    X(ACT, "act", "a unit's activation")                                   \
    X(OUTPUT, "output", "an output of the network")                        \
    X(TARGET, "target", "a target")                                        \
    X(SMOOTHED, "smoothed", "a smoothed target")                           \
    X(PROBABILITY, "probability", "the probability of a class")            \
    X(LOSS, "loss", "the loss")                                            \
    X(DERIVATIVE, "derivative", "an activation's derivative")              \
    X(DELTA, "delta", "dL/d(pre-activation)")                              \
    X(GRADIENT, "gradient", "dL/d(anything else)")                         \
    X(PART, "part", "what one use contributes to a gradient")              \
    X(RATE, "rate", "the learning rate")                                   \
    X(COUNT, "count", "the number of examples")                            \
    X(TIME, "time", "the number of the update")                            \
    X(STATE, "state", "what the optimiser has for a parameter")            \
    X(SCALE, "scale", "a trained factor of a unit's value")                \
    X(TERM, "term", "what a layer makes on the way, such as a mean")       \
    X(NEW, "new", "the mark of an updated quantity, starting with ^ or _") \
    X(EXAMPLE, "example", "the mark of an example, starting with ^ or _")  \
    X(INPUTS, "inputs", "the inputs together, in matrix form")             \
    X(WEIGHTS, "weights", "a layer's weights")                             \
    X(BIASES, "biases", "a layer's biases")                                \
    X(SCALES, "scales", "a layer's trained factors")                       \
    X(JOINS, "joins", "a joining layer's sums")                            \
    X(PRES, "pres", "a layer's pre-activations")                           \
    X(ACTS, "acts", "a layer's activations")                               \
    X(OUTPUTS, "outputs", "the outputs")                                   \
    X(TARGETS, "targets", "the targets")                                   \
    X(DELTAS, "deltas", "a layer's deltas")

enum note {
#define X(name, key, meaning) NOTE_##name,
    NOTE_LIST(X)
#undef X
        NOTE_COUNT_
};

/* Every placeholder: name, meaning. */
#define SLOT_LIST(X)                                                        \
    X(UNIT, "unit", "the name of the input or unit")                        \
    X(NODE, "node", "the unit's number, counted through all layers")        \
    X(LAYER, "layer", "the layer's number, from 1")                         \
    X(LEVEL, "level", "the layer's number where the inputs are layer 1")    \
    X(I, "i", "the input's number")                                         \
    X(J, "j", "the unit's number within its layer")                         \
    X(K, "k", "the output's number; empty where there is one output")       \
    X(TO, "to", "the number of the node that a weight enters")              \
    X(FROM, "from", "the number of the input or node that it comes from")   \
    X(COLUMN, "column", "its number among the layer's inputs")              \
    X(TO_UNIT, "to-unit", "the name of the unit that a weight enters")      \
    X(FROM_UNIT, "from-unit", "the name of what it comes from")             \
    X(SEP, "sep", "a comma where numbers have two digits, else nothing")    \
    X(N, "n", "the weight's or bias's number, counted through the network") \
    X(E, "e", "the example's number")                                       \
    X(OF, "of", "the quantity that a derivative is taken by")               \
    X(PRE, "pre", "the unit's pre-activation")                              \
    X(ACT, "act", "the unit's activation")                                  \
    X(LOSS, "loss", "the loss")                                             \
    X(F, "f", "the activation function")                                    \
    X(VIA, "via", "where a contribution comes from")                        \
    X(LETTER, "letter", "the letter of a state or term")

enum slot {
#define X(name, key, meaning) SLOT_##name,
    SLOT_LIST(X)
#undef X
        SLOT_COUNT
};

/* A symbol as Unicode text and as LaTeX. */
struct symbol {
    const char *text, *latex;
};

/* What fills a pattern's placeholders. `inner` is the LaTeX within an index: x1 there,
 * x_{1} elsewhere. A NULL text is empty. */
struct slots {
    struct {
        const char *text, *latex, *inner;
    } at[SLOT_COUNT];
    int is_new;          /* add the mark of an updated quantity */
    const char *example; /* add the mark of this example; NULL: none */
};

struct notation {
    const char *name;
    int matrix;                       /* matrix form unless the user says otherwise */
    const char *pattern[NOTE_COUNT_]; /* never NULL */
};

/* Names of the built-in notations; NULL past the end. */
const char *cr_notation_name(int index);
const char *cr_note_key(int note);
const char *cr_slot_name(int slot);

/* The notation that a user asked for (name, may be NULL), else the file's, else the default:
 * numbered while every number has one digit, arrows beyond. Overrides of the file apply
 * where its base is the one in use. Patterns point into spec or constants. */
cr_status cr_notation_choose(const struct spec *spec, const char *name, struct notation *out,
                             cr_error *err);

/* Fill in a pattern. {NULL, NULL} when out of memory. */
struct symbol cr_notation_symbol(struct arena *a, const struct notation *notation, enum note note,
                                 const struct slots *slots);

/* The LaTeX of a name, by itself (h_{1}) and within an index (h1). */
void cr_latex_name(struct text *out, const char *name, int inner);

#endif
