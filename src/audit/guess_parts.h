/* What the files that make a network out of a text share. */
#ifndef AUDIT_GUESS_PARTS_H
#define AUDIT_GUESS_PARTS_H

#include <string.h>

#include "audit/guess.h"

static inline const struct name *name_of(const struct audit *a, int name)
{
    return &a->maths.name[name];
}

static inline int is_one_of(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(s, *list) == 0)
            return 1;
    return 0;
}

/* guess_terms.c. Whether a name is called as weights are; or is of the backward pass. The number
 * that a tree of digits is: 1 or 0. */
int cr_guess_is_weight(const struct audit *a, int name);
int cr_guess_is_backward(const struct audit *a, int name);
int cr_guess_number(const struct expr *e, double *out);

/* A sum of products of symbols, or of numbers. */
struct linear {
    size_t n;
    const struct expr *x[MOST_SOURCES], *y[MOST_SOURCES]; /* the factors of each product */
    const struct expr *bias;                              /* or NULL */
};
int cr_guess_linear(const struct expr *e, int symbols, struct linear *out);

/* 0.35·1 at the end of a sum of numbers, where the symbols have a bias. */
void cr_guess_split_bias(struct linear *numbers, const struct linear *symbols);

/* e = f(argument): the argument, and f for cr_builder_dense. NULL: it is none. */
const struct expr *cr_guess_activation(struct audit *a, const struct expr *e, const char **f);

/* guess_implied.c: what the text gives. */
struct implied {
    int name[MOST_GIVENS];
    double value[MOST_GIVENS];
    size_t n;
};
void cr_implied_read(struct audit *a, struct implied *im);
void cr_imply(struct implied *im, const struct expr *symbol, const struct expr *number);
int cr_implied_value(const struct implied *im, int name, double *out);

/* The name that a chain is about; -1. */
int cr_guess_subject(const struct audit *a, const struct chain *c);

/* Whether one of a name's chains prints this value; and its last printed value with its places. */
int cr_guess_has_value(const struct audit *a, int name, double v);
int cr_guess_printed(const struct audit *a, int name, double *out, int *places);

/* guess_units.c: the unit with this pre-activation or activation (-1: any), or NULL; a new one,
 * or NULL where there is no room. */
struct unit *cr_guess_find_unit(struct guess *g, int pre, int act);
struct unit *cr_guess_new_unit(struct guess *g, int pre, int act);
void cr_guess_read_units(struct audit *a, struct guess *g, struct implied *im);
int cr_guess_may_be_unit(const struct audit *a, int subject);
int cr_guess_is_loss(const struct name *n);

/* guess_numbers.c: units whose sums stand in numbers alone. */
void cr_guess_read_numbers(struct audit *a, struct guess *g, struct implied *im);
/* Whether a unit's sum is worked out again with other inputs: there are more examples. */
int cr_guess_sums_others(struct audit *a, const struct guess *g);

/* guess_matrices.c: units from z = W x + b, and the entries that are given. */
void cr_guess_read_matrices(struct audit *a, struct guess *g, struct implied *im);
int cr_guess_has_entries(struct audit *a, int name);

/* guess_siblings.c: the unit that a name is made by, or NULL; whether a unit has this weight; units
 * of which only a result is shown: 1 where one was added. */
struct unit *cr_guess_maker(struct guess *g, int name);
int cr_guess_is_used(const struct guess *g, int weight);
int cr_guess_complete(struct audit *a, struct guess *g, const struct implied *im, int act);
void cr_guess_complete_layers(struct audit *a, struct guess *g, const struct implied *im);

/* guess_targets.c: the name of an output's target and its value, or -1; whether the text compares
 * it with something else than that output; targets that are given in words; a name for one. */
int cr_guess_target(const struct audit *a, const struct guess *g, const struct implied *im,
                    int output, size_t column, double *t);
int cr_guess_is_foreign_target(const struct audit *a, int target, int output);
int cr_guess_targets_in_words(const struct audit *a, size_t n, double *out);
int cr_guess_target_name(struct audit *a, int output);
int cr_guess_target_in_numbers(const struct audit *a, int output, double *t);
void cr_guess_rate(const struct audit *a, struct guess *g, const struct implied *im);

#endif
