/* Auditing: which numbers in somebody's worked example are wrong, and why. */
#ifndef CHAINRULE_AUDIT_H
#define CHAINRULE_AUDIT_H

#include "chainrule/base.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cr_audit_format { CR_AUDIT_TEXT, CR_AUDIT_JSON, CR_AUDIT_HTML } cr_audit_format;

/* How to audit. All zero (or NULL) means the defaults. */
typedef struct cr_audit_options {
    cr_audit_format format;
    const char *name;  /* what messages call the text; NULL: "text" */
    const cr_net *net; /* the network that the text is about, of type CR_F64 and with an example;
                          NULL: found in the text */
} cr_audit_options;

/* What was found. */
typedef struct cr_audit_summary {
    size_t claims;    /* printed numbers that the text says are the value of something */
    size_t checked;   /* of them: recomputed */
    size_t not_bound; /* of them: nothing to compare with was found */
    size_t errors, notes;
} cr_audit_summary;

/* The longest text that is read, in bytes. */
#define CR_AUDIT_LIMIT ((size_t)16 << 20)

/* Read Markdown, LaTeX or plain text (UTF-8) with worked backpropagation, recompute every
 * number that it claims, and report which are wrong, and why: docs/audit.md.
 *   text     size bytes; not changed
 *   options  NULL: defaults
 *   out      the report (UTF-8, terminated), freed with cr_audit_free
 *   len      its length in bytes; may be NULL
 *   summary  may be NULL
 * The text is data: nothing in it is run or opened, and nesting, lengths and memory are bounded.
 * Errors: CR_ERR_LIMIT (too long, or more memory than its size justifies), CR_ERR_ARGUMENT (net),
 * CR_ERR_MEMORY; outputs are then untouched. Threads may audit at the same time. */
CR_API cr_status cr_audit(const char *text, size_t size, const cr_audit_options *options,
                          char **out, size_t *len, cr_audit_summary *summary, cr_error *err);
CR_API void cr_audit_free(char *report);

#ifdef __cplusplus
}
#endif
#endif
