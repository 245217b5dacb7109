/* Writing a page of HTML in one file: no script, nothing fetched; light, dark and print;
 * readable from 320 pixels up.
 *
 *     cr_html_begin(&out, "Report");
 *     cr_html_element(&out, "h1", NULL, "Report");
 *     cr_html_table(&out, "Losses", cell, rows, cols, HTML_PLAIN);
 *     cr_html_end(&out);
 */
#ifndef DOC_HTML_H
#define DOC_HTML_H

#include "base/text.h"

void cr_html_begin(struct text *out, const char *title);
void cr_html_end(struct text *out);

/* <tag class="...">s</tag> with s escaped; class NULL: none. */
void cr_html_element(struct text *out, const char *tag, const char *classes, const char *s);

/* A table with its first row as headers of the columns, and its first column as those of the
 * rows. PLAIN cells are escaped; MARKUP is written as it is. caption (plain) NULL: none. It
 * scrolls by itself where it is too wide, so `caption` or `label` names it for the keyboard. */
enum html_cells { HTML_PLAIN, HTML_MARKUP };
void cr_html_table(struct text *out, const char *caption, const char *const *cell, size_t rows,
                   size_t cols, enum html_cells cells);

/* A drawing's <svg> stands in `<figure>`; this opens one, and closes it with its caption
 * (MARKUP), which may be NULL. A wide drawing scrolls within. */
void cr_html_figure_begin(struct text *out, const char *label);
void cr_html_figure_end(struct text *out, const char *caption);

#endif
