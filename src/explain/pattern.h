/* Reading patterns of notations; see notation.h for their language. */
#ifndef EXPLAIN_PATTERN_H
#define EXPLAIN_PATTERN_H

#include "base/error.h"

/* Whether a user's pattern is well formed: braces, placeholders, commands; a mark must begin
 * with ^ or _. The place is that of the pattern's first character. */
cr_status cr_pattern_check(const char *pattern, int is_mark, const struct source *src,
                           struct place at, cr_error *err);

/* Whether the symbols that a pattern gives for the elements of one quantity begin with the same
 * letter, whatever brackets stand before it. */
int cr_pattern_begins_alike(const char *pattern);

#endif
