/* Explaining: the whole worked solution of a small network, step by step, or why one number
 * of a large one is what it is. */
#ifndef CHAINRULE_EXPLAIN_H
#define CHAINRULE_EXPLAIN_H

#include "chainrule/base.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cr_explain_format {
    CR_EXPLAIN_TEXT,
    CR_EXPLAIN_MARKDOWN,
    CR_EXPLAIN_JSON
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

/* The built-in notations by index; NULL past the end. */
CR_API const char *cr_explain_notation(int index);

#ifdef __cplusplus
}
#endif
#endif
