/* Words of mathematics, as LaTeX and as Unicode text, with their places. Prose and
 * mathematics share one stream: in prose a run of letters is one word, in mathematics each
 * letter is a name of its own, but for words that people write there as they stand (net). */
#ifndef AUDIT_TOKEN_H
#define AUDIT_TOKEN_H

#include <stddef.h>

#include "base/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,   /* text: digits with a point, "0.35" */
    TOKEN_NAME,     /* a letter, a Greek letter, a word of mathematics; text: as Unicode */
    TOKEN_WORD,     /* a word of prose, or what stands in \text{...} */
    TOKEN_FUNCTION, /* text: a name of the function table, "exp" */
    TOKEN_SUB,      /* Unicode subscript or superscript; text: as ordinary characters */
    TOKEN_SUPER,
    TOKEN_OP,       /* one of + - * / ^ _ ( ) [ ] { } | , ; : ! % ' & */
    TOKEN_RELATION, /* = and its kin; text: "=", "≈" or "<-" */
    TOKEN_IMPLIES,
    TOKEN_ARROW,
    TOKEN_FRACTION, /* \frac; two groups follow */
    TOKEN_ROOT,
    TOKEN_STYLE, /* \mathbf and the like: a group follows, or one token */
    TOKEN_UNDER, /* \underbrace: a group follows, and after _ what is to be passed over */
    TOKEN_SKIP,  /* \label{...} and the like: a group to be passed over */
    TOKEN_PARTIAL,
    TOKEN_NABLA,
    TOKEN_DELTA, /* Δ before a name */
    TOKEN_BEGIN, /* text: the environment's name */
    TOKEN_FINISH,
    TOKEN_ROW,    /* \\ */
    TOKEN_BREAK,  /* the end of what belongs together: wide spaces, sentence ends, < and > */
    TOKEN_BROKEN, /* mathematics that is not well formed */
    TOKEN_OPAQUE, /* what is not understood: \sum, \int */
};

struct token {
    unsigned char kind, op;
    unsigned char math;     /* stands in mathematics */
    unsigned char space;    /* white space comes before it; 2: as between columns */
    unsigned char line;     /* the first of its line */
    unsigned char opens;    /* the first of its inline mathematics */
    unsigned char ellipsis; /* NUMBER: dots follow */
    size_t at, end;         /* bytes of the document */
    const char *text;
};

struct tokens {
    struct token *token; /* [n + 1]; the last is TOKEN_END */
    size_t n, cap;
    int failed;
};

/* Mathematics, or prose with mathematics between dollars. */
enum token_mode { MODE_PROSE, MODE_MATH };

/* The tokens of bytes [at, end) of s, in place of those that `out` had; their texts are in
 * the arena. comma: 0,35 is a number. out->failed is set where memory is short. */
void cr_tokens_read(struct arena *a, const char *s, size_t at, size_t end, enum token_mode mode,
                    int comma, struct tokens *out);
void cr_tokens_free(struct tokens *tokens);

#endif
