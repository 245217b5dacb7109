/* Statements of mathematics: chains of sides, a = b = c, each side an expression tree. */
#ifndef AUDIT_MATHS_H
#define AUDIT_MATHS_H

#include <stddef.h>

#include "audit/token.h"
#include "expr/expr.h"

/* What a symbol of the text is called: w_{11}^{new} has base w, index 11 and is new. */
enum name_kind {
    NAME_PLAIN,
    NAME_WORD,       /* a word of prose: "improvement = 3" */
    NAME_PARTIAL,    /* d of / d by */
    NAME_CHANGE,     /* Δ of */
    NAME_DERIVATIVE, /* f'(by): text of f' in base */
    NAME_DIFFERENCE, /* d of: half of a NAME_PARTIAL, or a gradient in programmers' manner */
};
enum name_age { AGE_OLD = -1, AGE_UNSAID, AGE_NEW };

struct name {
    enum name_kind kind;
    const char *base, *sub, *sup; /* "" where there is none */
    enum name_age age;
    int of, by;      /* names; -1 */
    const char *key; /* all of it as text */
};

/* A number as it is printed. */
struct number {
    size_t at, end; /* bytes of the document */
    double value;
    int places;   /* digits after the point */
    int ellipsis; /* dots follow: cut off */
};

struct side {
    const struct expr *e; /* NULL: not understood. Its NUMs have ref 1 + number, SYMs the name */
    const char *relation; /* before it: "=", "≈", "<-"; NULL: the first */
    size_t at, end;
};

struct chain {
    struct side *side;
    size_t n, cap;
    const char *label; /* words in front of it, or NULL: "New weight" */
    size_t block;
};

struct trouble {
    size_t at, end;
    const char *what;
};

/* All that was read of a document. */
struct maths {
    struct arena *a;
    const char *s; /* the document */
    int layers;    /* w^2 is the w of layer 2 */
    int from_zero; /* z[0] is the first entry of z */
    struct name *name;
    size_t n_names, cap_names;
    struct number *number;
    size_t n_numbers, cap_numbers;
    struct chain *chain;
    size_t n_chains, cap_chains;
    struct trouble *trouble; /* broken mathematics */
    size_t n_troubles, cap_troubles;
    int failed;      /* memory was short */
    size_t steps;    /* of reading that are left: 0 ends it */
    struct text key; /* of the name that is looked for */
    int *slot;       /* hash of names */
    size_t n_slots;
};

/* Add the statements that stand in tokens. goes_on: where they begin with = they go on with
 * the last chain of the block before. */
void cr_maths_read(struct maths *m, const struct tokens *tokens, size_t block, int goes_on);
void cr_maths_free(struct maths *m);

/* The name with these parts, made where it is new; -1 and m->failed when memory is short. */
int cr_maths_name(struct maths *m, const struct name *name);
const struct expr *cr_maths_symbol(struct maths *m, int name);

/* The name of entry i of what is called `name`, a matrix of rows x cols: W[1,2], z[1] of a vector; in
 * derivatives and changes, of what they are of. The name itself where it has no entries. -1: it
 * can have none, or memory was short. */
int cr_maths_entry(struct maths *m, int name, unsigned rows, unsigned cols, unsigned i);

/* Whether two symbols may be of one thing, entry of a vector or a matrix and symbol with an index:
 * z[1] and z_1, W[1,2] and w_12. */
int cr_maths_same_entry(const struct name *x, const struct name *y);

/* A cell of a table: the expression that it is, or NULL; and the last symbol in it, or -1. */
const struct expr *cr_maths_cell(struct maths *m, const struct tokens *tokens, int *name);

/* The symbol that all tokens together are; -1: they are none. */
int cr_maths_one_name(struct maths *m, const struct tokens *tokens);

/* Put a symbol before a chain's sides: what the chain is about. */
void cr_maths_prepend(struct maths *m, struct chain *c, const struct expr *symbol);
/* And a value behind them. */
void cr_maths_append(struct maths *m, struct chain *c, const struct expr *value);

int cr_maths_has_symbols(const struct expr *e);

/* Whether it is a number standing alone, perhaps with a sign, a power of ten or %. *num is
 * then its digits, and its value num * sign * 10^power / (percent ? 100 : 1). */
struct bare {
    const struct expr *num;
    int sign, power, percent;
};
int cr_maths_bare(const struct expr *e, struct bare *out);

#endif
