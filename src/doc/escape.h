/* Escaping of names and other foreign text, one function for each kind of document.
 * Control characters (and with them terminal escape sequences), bidirectional controls
 * and invalid UTF-8 never get through. */
#ifndef DOC_ESCAPE_H
#define DOC_ESCAPE_H

#include "base/text.h"

/* For a terminal or a text file, on one line. */
void cr_escape_plain(struct text *out, const char *s);

/* For Markdown outside of code and mathematics; safe in table cells and against HTML. */
void cr_escape_markdown(struct text *out, const char *s);

/* For LaTeX's text mode, also inside \text{...} in KaTeX and MathJax, inside Markdown. */
void cr_escape_latex(struct text *out, const char *s);

/* LaTeX that is ready for KaTeX, for a document that pdfLaTeX or LuaLaTeX compiles: what lies
 * beyond ASCII is written as commands, or through \crchar of the document's preamble, which
 * falls back to U+XXXX where the engine or font lacks the character. */
void cr_latex_engine(struct text *out, const char *latex, int mathematics);

/* For HTML, SVG and other XML: text, and attribute values in double quotes. */
void cr_escape_html(struct text *out, const char *s);

/* A JSON string with its quotes; invalid bytes become U+FFFD. */
void cr_escape_json(struct text *out, const char *s, size_t n);

#endif
