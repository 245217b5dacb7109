/* Explaining: the whole worked solution of a small network, step by step, or why one number
 * of a large one is what it is. */
#ifndef CHAINRULE_EXPLAIN_H
#define CHAINRULE_EXPLAIN_H

#include "chainrule/base.h"
#include "chainrule/data.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cr_explain_format {
    CR_EXPLAIN_TEXT,
    CR_EXPLAIN_MARKDOWN,
    CR_EXPLAIN_JSON,
    CR_EXPLAIN_LATEX, /* a document that pdfLaTeX and LuaLaTeX compile */
    CR_EXPLAIN_HTML   /* a page in one file: MathML, no script, nothing fetched */
} cr_explain_format;

/* Scalar: number by number. Matrix: layer by layer. Auto: scalar for small networks. */
typedef enum cr_explain_form {
    CR_EXPLAIN_AUTO,
    CR_EXPLAIN_SCALAR,
    CR_EXPLAIN_MATRIX
} cr_explain_form;

/* How to explain; cr_explain_defaults fills it. Strings and arrays are the caller's. */
typedef struct cr_explain_options {
    cr_explain_format format;
    cr_explain_form form;
    int fragment;         /* 1, with LaTeX: no preamble; for \\input in a document */
    int digits;           /* places after the point; -1: exact decimals that end within 6, else 6 */
    int sig;              /* significant digits instead; 0: not */
    int carry_displayed;  /* 1: go on with the numbers as displayed, as with a calculator */
    const char *notation; /* "numbered", "arrows", "nielsen", "bishop", "mazur", "matrix";
                               NULL: the network file's, or the one that fits */
    int iterations;       /* updates to show; 0: as the network says, or 1 */
    const char *why;      /* only what this quantity depends on: "dL/dw11", "delta_h1", or an id */
    size_t columns;       /* of text; 0: 80 */

    /* Examples in place of the network's own: in [rows][inputs] and targets [rows][outputs],
     * of the network's type. rows 0: the network's own. targets NULL: there are none, and
     * only the forward pass is explained. */
    size_t rows;
    const void *in, *targets;

    /* Of a trained model's one row in `in`: how it was prepared (cr_model_prepare_steps), which
     * is told too, and how the outputs are read. NULL: not told. */
    const cr_preparation *preparation;

    /* With Markdown: figures, each handed to `file` as an SVG file named FIGURES-figure-N.svg,
     * by which the text links to it. Called in order before cr_explain returns, and only when
     * all of it succeeded; another result than 0 ends with CR_ERR_CANCELLED. figures NULL: none. */
    const char *figures;
    int (*file)(void *ctx, const char *name, const char *data, size_t len);

    /* Called for each piece (a heading, a step, a table) in order, before cr_explain returns;
     * another result than 0 ends with CR_ERR_CANCELLED. NULL: not called. */
    int (*each)(void *ctx, const char *piece, size_t len);
    void *ctx;
} cr_explain_options;

CR_API void cr_explain_defaults(cr_explain_options *options);

/* Explain a network: forward pass, loss, backward pass, update, second forward pass. The
 * values are those of the engine, bit for bit; the network is not changed.
 *   options  NULL: defaults
 *   out      the text (UTF-8, terminated), freed with cr_explain_free; may be NULL with `each`
 *   len      its length in bytes; may be NULL
 * Errors: CR_ERR_VALUE (no examples), CR_ERR_UNKNOWN (notation, why),
 * CR_ERR_SYNTAX (a notation of the file), CR_ERR_ARGUMENT, CR_ERR_CANCELLED, CR_ERR_MEMORY. */
CR_API cr_status cr_explain(const cr_net *net, const cr_explain_options *options, char **out,
                            size_t *len, cr_error *err);
CR_API void cr_explain_free(char *text);

typedef enum cr_figure_format {
    CR_FIGURE_SVG, /* a file of its own, with a title and a description in words */
    CR_FIGURE_TIKZ /* a tikzpicture, with the colours that it needs before it */
} cr_figure_format;

/* What is written beside edges and below nodes. Auto: weights, or what the step belongs to. */
typedef enum cr_figure_show {
    CR_FIGURE_AUTO,
    CR_FIGURE_WEIGHTS, /* weights and biases */
    CR_FIGURE_VALUES,  /* weights, and the values of the forward pass */
    CR_FIGURE_DELTAS   /* weights, activations, and deltas */
} cr_figure_show;

typedef struct cr_figure_options {
    cr_figure_format format;
    cr_figure_show show;
    const char *step;     /* only what this quantity is computed from, the rest grey; a symbol or
                             an id, as `why` above; NULL: everything */
    const char *notation; /* as above */
    int digits, sig;      /* as above */
    size_t example;       /* which one's values, from 0 */
} cr_figure_options;

CR_API void cr_figure_defaults(cr_figure_options *options);

/* Draw a network: inputs and units in columns, an edge for each weight, its sign by colour and
 * dash, its size by width. Up to 8 units a layer no label overlaps another; longer layers are
 * drawn with dots and without labels. A network without examples shows weights only.
 * options, out, len and errors as in cr_explain; CR_ERR_ARGUMENT too where there is no such
 * example. */
CR_API cr_status cr_net_figure(const cr_net *net, const cr_figure_options *options, char **out,
                               size_t *len, cr_error *err);

/* Exercises; cr_worksheet_defaults fills it. */
typedef struct cr_worksheet_options {
    cr_explain_format format; /* not JSON */
    uint64_t seed;            /* same seed, same sheet */
    size_t count;             /* exercises, 1 to 1000 */
    const char *notation;     /* as above */
    int digits, sig;          /* as above; without them exact decimals that end within 4, else 4 */
} cr_worksheet_options;

CR_API void cr_worksheet_defaults(cr_worksheet_options *options);

/* Exercises from a template: the network's parameters, inputs and targets are drawn from the
 * ranges of its file's `worksheet`, again and again until results are readable (products end
 * within 4 places, nothing saturates or vanishes). The sheet asks for each number of the forward pass,
 * the loss, the backward pass and the updates; the key has them, with formulas, as the engine
 * computed them.
 *   sheet, key  as `out` in cr_explain; both are made, or neither
 * Errors: CR_ERR_LIMIT (more than 24 units or 200 parameters), and as in cr_explain. */
CR_API cr_status cr_worksheet(const cr_net *net, const cr_worksheet_options *options, char **sheet,
                              char **key, cr_error *err);

/* The built-in notations by index; NULL past the end. */
CR_API const char *cr_explain_notation(int index);

#ifdef __cplusplus
}
#endif
#endif
