/* What commands of LaTeX, words, and characters stand for. */
#ifndef AUDIT_WORDS_H
#define AUDIT_WORDS_H

#include "audit/token.h"

struct entry {
    const char *name;
    enum token_kind kind; /* TOKEN_END: no more than white space */
    const char *text;     /* NULL: the name itself */
};

/* Small: characters set high or low, with a kind of TOKEN_SUB or TOKEN_SUPER. */
enum vocabulary { COMMANDS, WORDS, GLYPHS, SMALL };

/* The entry of s[0..len), or NULL. */
const struct entry *cr_word(enum vocabulary v, const char *s, size_t len);

#endif
