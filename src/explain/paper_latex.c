/* LaTeX for pdfLaTeX and LuaLaTeX: a document of its own, or a part of one. */
#include <string.h>

#include "doc/drawing.h"
#include "doc/escape.h"
#include "explain/paper.h"

enum {
    ONE_LINE = 62,   /* columns of text that fit on a line of mathematics */
    LONG_LINE = 72,  /* where a line is broken before + and − */
    FIT_LINE = 40,   /* from where TeX is asked to measure it, and make it smaller */
    WHOLE_LINE = 95, /* columns that a line has, symbol and all */
};

static const char needs[] = "amsmath, booktabs, longtable, array, graphicx, xcolor, tikz";

static const char preamble[] =
    "\\documentclass[11pt,a4paper]{article}\n"
    "\\usepackage[margin=25mm]{geometry}\n"
    "\\ifdefined\\directlua\n"
    "  \\usepackage{fontspec}\n"
    "\\else\n"
    "  \\usepackage[T1]{fontenc}\n"
    "  \\usepackage{lmodern}\n"
    "\\fi\n"
    "\\usepackage{amsmath,booktabs,longtable,array,graphicx,xcolor,tikz,microtype}\n"
    "\\setcounter{secnumdepth}{0}\n"
    "\\setlength{\\parindent}{0pt}\n"
    "\\setlength{\\parskip}{0.6\\baselineskip}\n"
    "\\setlength{\\emergencystretch}{3em}\n"
    "\\setlength{\\jot}{6pt}\n"
    "\\allowdisplaybreaks\n";

/* \crchar: a character where engine and font have it, else its number. \crfit: a formula, made
 * smaller where it is wider than the line. */
static const char macros[] =
    "\\ifdefined\\crchar\\else\n"
    "  \\ifdefined\\directlua\n"
    "    \\DeclareRobustCommand\\crchar[2]{\\iffontchar\\font\"#2 \\char\"#2 "
    "\\else\\texttt{U+#2}\\fi}\n"
    "  \\else\n"
    "    \\DeclareRobustCommand\\crchar[2]{\\ifcsname u8:\\detokenize{#1}\\endcsname "
    "#1\\else\\texttt{U+#2}\\fi}\n"
    "  \\fi\n"
    "\\fi\n"
    "\\ifdefined\\crfit\\else\n"
    "  \\newcolumntype{P}[1]{>{\\raggedright\\arraybackslash}p{#1}}\n"
    "  \\newsavebox\\crbox\n"
    "  \\newcommand\\crfit[2]{\\sbox\\crbox{$#2$}\\ifdim\\wd\\crbox>#1\\linewidth\n"
    "    \\resizebox{#1\\linewidth}{!}{\\usebox\\crbox}\\else\\usebox\\crbox\\fi}\n"
    "\\fi\n";

void cr_latex_begin(struct text *out, int fragment)
{
    if (fragment)
        cr_text_printf(out, "%% A part of a document that uses the packages %s.\n", needs);
    else
        cr_text_add(out, preamble);
    cr_text_add(out, macros);
    cr_drawing_tikz_colours(out);
    cr_text_add(out, fragment ? "\n" : "\n\\begin{document}\n\n");
}

void cr_latex_end(struct text *out, int fragment)
{
    cr_text_add(out, fragment ? "" : "\n\\end{document}\n");
}

/* Two hyphens or commas side by side would become one sign. */
static void name(struct text *out, const char *s)
{
    struct text escaped = {0};
    cr_escape_latex(&escaped, s);
    const char *c = cr_text_str(&escaped);
    for (; *c; c++) {
        cr_text_addc(out, *c);
        if ((*c == '-' || *c == ',' || *c == '\'') && c[1] == *c)
            cr_text_add(out, "{}");
    }
    out->failed |= escaped.failed;
    cr_text_free(&escaped);
}

static void math(struct text *out, const char *latex)
{
    cr_text_printf(out, "$%s$", latex);
}

static void heading(struct paper *p, int level, const char *s)
{
    static const char *const commands[] = {"section", "subsection", "subsubsection"};
    cr_text_printf(p->out, "\n\\%s{", commands[level - 1]);
    cr_latex_engine(p->out, s, 0);
    cr_text_add(p->out, "}\n");
}

static void paragraph(struct paper *p, const char *s)
{
    cr_text_addc(p->out, '\n');
    cr_latex_engine(p->out, s, 0);
    cr_text_addc(p->out, '\n');
}

static void label(struct paper *p, const char *s)
{
    p->steps = 0;
    cr_text_add(p->out, "\n\\paragraph{");
    cr_latex_engine(p->out, s, 0);
    cr_text_add(p->out, "}\n");
}

static void begin_steps(struct paper *p, int labelled)
{
    (void)labelled;
    p->steps = 0;
}

static size_t columns(const char *latex, size_t n)
{
    struct text piece = {0};
    cr_text_addn(&piece, latex, n);
    const size_t wide = cr_paper_columns(cr_text_str(&piece));
    cr_text_free(&piece);
    return wide;
}

/* Whether a command opens (1) or closes (-1) something that must stay in one line. */
static int nesting(const char *s)
{
    static const struct {
        const char *command;
        int step;
    } list[] = {{"\\left", 1}, {"\\right", -1}, {"\\begin{", 1}, {"\\end{", -1}};
    for (int i = 0; i < 4; i++) {
        const size_t n = strlen(list[i].command);
        const char after = s[n];
        if (!strncmp(s, list[i].command, n) && !(after >= 'a' && after <= 'z' && i < 2))
            return list[i].step;
    }
    return !strncmp(s, "\\left\\lvert", 11) ? 1 : !strncmp(s, "\\right\\rvert", 12) ? -1 : 0;
}

/* The bytes of the first line of a formula: up to a + or − outside of everything, once the
 * line is long. */
static size_t line_size(const char *s)
{
    int depth = 0;
    size_t best = 0;
    for (size_t i = 0; s[i]; i++) {
        if (s[i] == '\\') {
            depth += nesting(s + i);
            i += s[i + 1] != 0;
        } else if (s[i] == '{') {
            depth++;
        } else if (s[i] == '}') {
            depth--;
        } else if (!depth && i && (!strncmp(s + i, " + ", 3) || !strncmp(s + i, " - ", 3))) {
            if (best && columns(s, i) > LONG_LINE)
                return best;
            best = i;
        }
    }
    return best && columns(s, strlen(s)) > LONG_LINE ? best : strlen(s);
}

/* `symbol`: columns to the left of it. */
static void form(struct text *out, const char *latex, size_t symbol)
{
    struct text engine = {0};
    cr_latex_engine(&engine, latex, 1);
    const char *s = cr_text_str(&engine);
    for (int first = 1; *s; first = 0) {
        const size_t n = line_size(s);
        const int fit = columns(s, n) > FIT_LINE || strstr(s, "\\begin{");
        const size_t room =
            symbol + 12 < WHOLE_LINE / 2 ? WHOLE_LINE - 12 - symbol : WHOLE_LINE / 2;
        cr_text_add(out, first ? "" : " \\\\\n&\\quad");
        if (fit)
            cr_text_printf(out, "\\crfit{0.%02zu}{\\displaystyle ", 100 * room / WHOLE_LINE);
        cr_text_addn(out, s, n);
        cr_text_add(out, fit ? "}" : "");
        s += n;
    }
    out->failed |= engine.failed;
    cr_text_free(&engine);
}

static void step(struct paper *p, const struct xstep *s)
{
    struct text chain[CHAIN_FORMS], shown = {0};
    const int n = cr_render_chain(s, EXPR_LATEX, chain);
    const size_t symbol = cr_paper_columns(s->symbol.latex);
    cr_render_shown(&shown, s, EXPR_LATEX);
    p->symbol = p->steps && p->symbol > symbol ? p->symbol : symbol;
    size_t all = p->symbol + cr_paper_columns(cr_text_str(&shown)) + 3;
    for (int i = 0; i < n; i++)
        all += cr_paper_columns(cr_text_str(&chain[i])) + 3;
    const char *next = all <= ONE_LINE ? " " : " \\\\\n&";
    cr_text_add(p->out, p->steps ? " \\\\\n" : "\n\\begin{align*}\n");
    cr_latex_engine(p->out, s->symbol.latex, 1);
    cr_text_add(p->out, " &");
    for (int i = 0; i < n; i++) {
        cr_text_add(p->out, "= ");
        form(p->out, cr_text_str(&chain[i]), p->symbol);
        cr_text_add(p->out, next);
        cr_text_free(&chain[i]);
    }
    cr_text_add(p->out, s->exact ? "= " : "\\approx ");
    form(p->out, cr_text_str(&shown), p->symbol);
    if (s->unrounded)
        cr_text_add(p->out, "\\;{}^{*}");
    p->out->failed |= shown.failed;
    cr_text_free(&shown);
    p->steps++;
}

static void end_steps(struct paper *p, int footnote)
{
    if (p->steps)
        cr_text_add(p->out, "\n\\end{align*}\n");
    if (footnote)
        cr_text_add(p->out, "{\\small ${}^{*}$ with unrounded factors}\n");
    p->steps = 0;
    cr_render_piece(p->r);
}

/* A cell's equations: each is made smaller where the column is too narrow for it, but for long
 * sums, which TeX breaks. */
static void cell_of(struct text *out, const char *s)
{
    while (*s) {
        const char *dollar = strchr(s, '$'), *end = dollar ? strchr(dollar + 1, '$') : NULL;
        struct text piece = {0};
        cr_text_addn(&piece, s, end ? (size_t)(dollar - s) : strlen(s));
        cr_latex_engine(out, cr_text_str(&piece), 0);
        cr_text_clear(&piece);
        if (end) {
            const size_t n = (size_t)(end - dollar) - 1;
            cr_text_addn(&piece, dollar + 1, n);
            const int fit = columns(dollar + 1, n) <= FIT_LINE ||
                            strstr(cr_text_str(&piece), "\\begin{") != NULL;
            cr_text_add(out, fit ? "\\crfit{1}{" : "$");
            cr_latex_engine(out, cr_text_str(&piece), 1);
            cr_text_add(out, fit ? "}" : "$");
        }
        s = end ? end + 1 : s + strlen(s);
        out->failed |= piece.failed;
        cr_text_free(&piece);
    }
}

/* A long table goes over pages. Wide cells are broken. */
static void table(struct paper *p, const char *caption, const char *const *cell, size_t rows,
                  size_t cols)
{
    static const char *const formats[] = {[2] = "P{0.25\\linewidth}P{0.68\\linewidth}",
                                          [4] = "P{0.14\\linewidth}P{0.16\\linewidth}"
                                                "P{0.36\\linewidth}P{0.22\\linewidth}",
                                          [5] = "P{0.2\\linewidth}P{0.17\\linewidth}"
                                                "P{0.17\\linewidth}P{0.17\\linewidth}"
                                                "P{0.13\\linewidth}"};
    (void)caption;
    cr_text_printf(p->out, "\n\\begin{longtable}{@{}%s@{}}\n\\toprule\n", formats[cols]);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            cr_text_add(p->out, c ? " & " : "");
            cell_of(p->out, cell[r * cols + c]);
        }
        cr_text_add(p->out, r ? " \\\\\n" : " \\\\\n\\midrule\n\\endhead\n");
    }
    cr_text_add(p->out, "\\bottomrule\n\\end{longtable}\n");
    cr_render_piece(p->r);
}

/* A wide drawing is made to fit the line. */
static void picture(struct paper *p, const struct picture *picture)
{
    cr_text_add(p->out, "\n\\begin{center}\n\\crfit{1}{\\vcenter{\\hbox{%\n");
    cr_drawing_tikz(p->out, picture->drawing);
    cr_text_printf(p->out, "}}}\n\n{\\small Figure %d: ", ++p->pictures);
    cr_latex_engine(p->out, picture->caption, 0);
    cr_text_add(p->out, "}\n\\end{center}\n");
    cr_render_piece(p->r);
}

static void blank(struct paper *p, struct symbol s)
{
    /* the label is a heading that runs into its first line */
    cr_text_add(p->out, p->steps++ ? "" : "\\leavevmode\\par\n");
    cr_text_add(p->out, "\n$\\displaystyle ");
    cr_latex_engine(p->out, s.latex, 1);
    cr_text_add(p->out, " = {}$ \\underline{\\hspace{8em}}\n");
    cr_render_piece(p->r);
}

const struct paper_kind cr_paper_latex = {name, math,      heading, paragraph, label, begin_steps,
                                          step, end_steps, table,   picture,   blank};
