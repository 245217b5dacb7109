/* What a LaTeX document has around its text: comments, a preamble, pictures, macros of its own. */
#ifndef AUDIT_LATEX_H
#define AUDIT_LATEX_H

#include <stddef.h>

/* Whether s[0..n), which has a terminator, is LaTeX. */
int cr_latex_is_document(const char *s);

/* Blank what is no text, in place, so that places stay; and what \crfit{1}{x = 2} sets in mathematics,
 * where the document has \newcommand\crfit[2]{..$#2$..}, is put between dollars. */
void cr_latex_prepare(char *s, size_t n);

/* The environment of displayed mathematics whose name begins at s, up to a brace: its row in the
 * list, and -1 for another. */
int cr_latex_display(const char *s, size_t n);
const char *cr_latex_display_name(int row);

#endif
