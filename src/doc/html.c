#include "doc/html.h"

#include "doc/drawing.h"
#include "doc/escape.h"

static const char style[] =
    "*{box-sizing:border-box}\n"
    "html{background:var(--paper);color:var(--text);-webkit-text-size-adjust:100%;"
    "text-size-adjust:100%}\n"
    "body{margin:0;font:1.0625rem/1.55 Charter,\"Bitstream Charter\",\"Iowan Old Style\","
    "\"Palatino Linotype\",\"DejaVu Serif\",Georgia,serif;overflow-wrap:break-word}\n"
    "main{max-width:46rem;margin:0 auto;padding:1rem 1rem 4rem}\n"
    "h1,h2,h3,h4{line-height:1.25;margin:2.2em 0 .6em;break-after:avoid;text-wrap:balance}\n"
    "h1{font-size:1.9rem;margin-top:1rem}h2{font-size:1.45rem}h3{font-size:1.15rem}"
    "h4{font-size:1rem}\n"
    "p{margin:.8em 0}\n"
    "pre{overflow-x:auto;border-left:3px solid var(--grey);padding:.2em .8em;font-size:.9rem}\n"
    ".wide{overflow-x:auto;max-width:100%}\n"
    ".wide:focus-visible{outline:2px solid var(--positive);outline-offset:2px}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0}\n"
    "caption{text-align:left;font-weight:bold;padding:.3em 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35em .9em .35em 0;"
    "border-bottom:1px solid var(--grey)}\n"
    "thead th{border-bottom:2px solid var(--text)}tbody th{font-weight:normal}\n"
    "figure{margin:1.4em 0;break-inside:avoid}\n"
    "figcaption{font-size:.94rem;margin-top:.4em}\n"
    "figure svg{display:block}\n"
    "math{font-family:\"Latin Modern Math\",\"STIX Two Math\",\"Cambria Math\",\"DejaVu Math TeX "
    "Gyre\",math;font-size:1.05em}\n"
    ".step{margin:.7em 0;padding-left:2.2em;text-indent:-1.2em;break-inside:avoid;"
    "overflow-x:auto;overflow-y:hidden}\n"
    ".step>*{text-indent:0}\n"
    ".label{font-weight:bold;margin:1.4em 0 .3em;break-after:avoid}\n"
    "mi.word{font-style:italic}mtable.cases{text-align:left}\n"
    ".note{font-size:.94rem;color:var(--quiet)}\n"
    "code{overflow-wrap:anywhere}mark{background:var(--marked);color:inherit}\n"
    ".finding{break-inside:avoid}.finding h3{margin-bottom:.3em}\n"
    ".excerpt{border-left:3px solid var(--grey);padding-left:.8em;margin:.5em 0}\n"
    "table.words :is(th,td){max-width:min(16rem,45vw)}\n"
    ".ask{margin:.9em 0;break-inside:avoid}\n"
    ".blank{display:inline-block;min-width:8em;height:1.3em;border-bottom:1px solid var(--text)}\n"
    "@media (max-width:30rem){body{font-size:1rem}main{padding:.75rem .75rem 3rem}"
    "h1{font-size:1.5rem}h2{font-size:1.25rem}.step{padding-left:1.2em}}\n"
    "@media print{body{font-size:10.5pt}main{max-width:none;padding:0}"
    ".wide,.step{overflow:visible}figure svg{max-width:100%;height:auto}h2{margin-top:1.6em}}\n"
    "@page{margin:20mm}\n";

void cr_html_begin(struct text *out, const char *title)
{
    cr_text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    cr_html_element(out, "title", NULL, title);
    cr_text_add(out, "<style>\n");
    cr_ink_variables(out);
    cr_drawing_css(out);
    cr_text_add(out, style);
    cr_text_add(out, "</style>\n</head>\n<body>\n<main>\n");
}

void cr_html_end(struct text *out)
{
    cr_text_add(out, "</main>\n</body>\n</html>\n");
}

void cr_html_element(struct text *out, const char *tag, const char *classes, const char *s)
{
    cr_text_printf(out, "<%s", tag);
    if (classes)
        cr_text_printf(out, " class=\"%s\"", classes);
    cr_text_addc(out, '>');
    cr_escape_html(out, s);
    cr_text_printf(out, "</%s>\n", tag);
}

static void cell_of(struct text *out, const char *tag, const char *scope, const char *s,
                    enum html_cells cells)
{
    cr_text_printf(out, "<%s%s>", tag, scope);
    if (cells == HTML_MARKUP)
        cr_text_add(out, s);
    else
        cr_escape_html(out, s);
    cr_text_printf(out, "</%s>", tag);
}

static void wide(struct text *out, const char *role, const char *label)
{
    cr_text_printf(out, "<div class=\"wide\" role=\"%s\" tabindex=\"0\" aria-label=\"", role);
    cr_escape_html(out, label);
    cr_text_add(out, "\">\n");
}

void cr_html_table(struct text *out, const char *caption, const char *const *cell, size_t rows,
                   size_t cols, enum html_cells cells)
{
    wide(out, "group", caption ? caption : "Table");
    cr_text_add(out, cells == HTML_PLAIN ? "<table class=\"words\">\n" : "<table>\n");
    if (caption)
        cr_html_element(out, "caption", NULL, caption);
    for (size_t r = 0; r < rows; r++) {
        cr_text_add(out, r == 0 ? "<thead>\n<tr>" : r == 1 ? "<tbody>\n<tr>" : "<tr>");
        for (size_t c = 0; c < cols; c++) {
            const char *s = cell[r * cols + c];
            if (r == 0)
                cell_of(out, "th", " scope=\"col\"", s, cells);
            else if (c == 0 && *s)
                cell_of(out, "th", " scope=\"row\"", s, cells);
            else
                cell_of(out, "td", "", s, cells);
        }
        cr_text_add(out, r == 0 ? "</tr>\n</thead>\n" : "</tr>\n");
    }
    cr_text_add(out, rows > 1 ? "</tbody>\n</table>\n</div>\n" : "</table>\n</div>\n");
}

void cr_html_figure_begin(struct text *out, const char *label)
{
    cr_text_add(out, "<figure>\n");
    wide(out, "group", label);
}

void cr_html_figure_end(struct text *out, const char *caption)
{
    cr_text_add(out, "</div>\n");
    if (caption)
        cr_text_printf(out, "<figcaption>%s</figcaption>\n", caption);
    cr_text_add(out, "</figure>\n");
}
