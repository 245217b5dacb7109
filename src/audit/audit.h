/* One audit: the document, its claims, what they are about, and what was found. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/blocks.h"
#include "audit/maths.h"
#include "audit/range.h"
#include "base/error.h"
#include "chainrule/audit.h"
#include "expr/decimal.h"

/* What can be said about a number: word, whether it is an error. One list for reports,
 * tests and documentation. */
#define VERDICT_LIST(X)                                          \
    X(RIGHT, "right", 0)                                         \
    X(UNROUNDED, "right (computed with unrounded operands)", 0)  \
    X(MISPRINTED_OPERAND, "right result, misprinted operand", 1) \
    X(CASCADE, "rounding cascade", 1)                            \
    X(CARRIED, "error carried forward", 1)                       \
    X(FORMULA, "wrong formula", 1)                               \
    X(SLIP, "arithmetic slip", 1)                                \
    X(VALUE, "wrong value", 1)                                   \
    X(UNBOUND, "not bound", 0)                                   \
    X(TRUNCATED, "truncation", 0)                                \
    X(BROKEN, "broken mathematics", 0)                           \
    X(NAMING, "naming", 0)
enum verdict {
#define X(name, text, error) VERDICT_##name,
    VERDICT_LIST(X)
#undef X
        VERDICT_COUNT
};

/* A printed number that the text says is the value of something. */
struct claim {
    size_t chain, side;
    const struct expr *e;     /* the number, with its sign */
    const struct expr *whole; /* the side that it stands in */
    struct bare bare;
    struct printed printed;
    const struct expr *from;    /* the expression of numbers that it is the value of, or NULL */
    int aligned;                /* `from` is a part of the side before */
    int name;                   /* of the symbol that the chain is about; -1 */
    const struct expr *formula; /* its side of symbols, or NULL */
    int has_f, has_i, has_t;
    struct range f, i, t;
    int pass; /* of T: 0 before the update, 1 after it */
    enum verdict verdict;
    size_t finding; /* 1 + its finding; 0: none */
};

struct finding {
    size_t at, end;
    enum verdict verdict;
    size_t claim; /* 1 + claim; 0: of none */
    const char *printed, *expected, *message;
};

enum { MOST_FINDINGS = 5000, MOST_CHAINS = 5000, MOST_CLAIMS = 65536 };

/* Where a byte is. */
struct mark {
    size_t at;
    int line, column; /* in code points, from 1 */
};

struct topic; /* topic.h: the network that the text is about */

struct audit {
    struct arena arena; /* lives as long as the audit */
    struct arena scratch;
    struct source source;
    struct mark *mark; /* of every 4096th byte */
    struct blocks blocks;
    struct maths maths;
    struct {
        const struct expr *e; /* of a cell without a relation: all of it, or NULL */
        int name;             /* of the last symbol in it; -1 */
    } * cell;                 /* [blocks.n] */
    struct claim *claim;
    size_t n_claims, cap_claims;
    int too_many; /* claims beyond MOST_CLAIMS */
    struct finding *finding;
    size_t n_findings, cap_findings;
    size_t more_errors, more_notes; /* beyond MOST_FINDINGS */
    int *origin;         /* [n_numbers] the claim that an operand was printed by before; -1 */
    int nesting;         /* of functions that the text defines */
    const cr_net *given; /* what the text is about, or NULL: found in the text */
    struct topic *topic;
    const char **convention; /* sentences about what was found open, and how it was settled */
    size_t n_conventions, cap_conventions;
    const char **unread;   /* what was not understood, first of all */
    size_t n_opaque;       /* sides that were not understood */
    size_t first_computed; /* claim that is the value of an expression; n_claims: none is */
    size_t checked, unbound;
    const char *mended; /* what follows once the first mistakes are mended, or NULL */
    int failed;         /* memory was short */
};

/* claims.c: the claims of all chains. */
void cr_audit_claims(struct audit *a);

/* tables.c: the claims of the table whose first cell is block `at`; returns the block after it. */
size_t cr_audit_claim_table(struct audit *a, size_t at);

/* tables.c: give the chains in cells of tables the symbol that they are about. */
void cr_audit_name_cells(struct audit *a);
void cr_audit_claim_cell(struct audit *a, size_t block, const struct expr *number,
                         const struct expr *from, int name, const struct expr *formula);

/* The claim whose printed value an operand repeats, before `number`; -1. */
int cr_audit_origin(const struct audit *a, const struct expr *num);

/* judge.c */
void cr_audit_judge(struct audit *a);
void cr_audit_find(struct audit *a, const struct finding *f);

/* A sentence in the arena of the audit. */
const char *cr_audit_say(struct audit *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The document's words from `at` to `end`. */
const char *cr_audit_words(struct audit *a, size_t at, size_t end);

/* Line and column, in code points, of a byte of the document. */
void cr_audit_place(const struct audit *a, size_t at, int *line, int *column);

/* A value as it would be printed beside P. */
const char *cr_audit_shown(struct audit *a, const struct claim *c, const struct range *value);

/* Reports. */
void cr_audit_text(struct audit *a, struct text *out);
void cr_audit_json(struct audit *a, struct text *out);
void cr_audit_html(struct audit *a, struct text *out);
const char *cr_audit_totals(struct audit *a); /* "1 error, 2 notes" or "no finding" */
const char *cr_verdict_text(enum verdict v);
int cr_verdict_is_error(enum verdict v);

/* A pointer list that grows; NULL, and *failed set, when memory is short. */
void *cr_audit_grow(void *list, size_t n, size_t *cap, size_t size, int *failed);

#endif
