/* Filling a cr_error. Each function accepts err == NULL and returns `code`, so
 * that a caller can write `return cr_fail(err, CR_ERR_SHAPE, "...", ...)`. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#include "chainrule/base.h"

#if defined(__GNUC__)
#define CR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CR_PRINTF(fmt, args)
#endif

/* A text that messages point into. `name` is what the user called it. */
struct source {
    const char *name;
    const char *text; /* not necessarily terminated */
    size_t size;
};

/* A place in a source: line and column from 1 (columns in code points), and how
 * many code points it covers. {0} means "no place". */
struct place {
    int line, column, span;
};

/* An error without a place. */
cr_status cr_fail(cr_error *err, cr_status code, const char *fmt, ...) CR_PRINTF(3, 4);

/* An error at a place in a source; fills file, line, column and the excerpt.
 * src may be NULL; a place of {0} gives file only. */
cr_status cr_fail_at(cr_error *err, cr_status code, const struct source *src, struct place at,
                     const char *fmt, ...) CR_PRINTF(5, 6);

/* Set or replace the hint of an error made before; returns err->code (or CR_OK
 * for NULL, where the caller already has the code). */
void cr_hint(cr_error *err, const char *fmt, ...) CR_PRINTF(2, 3);

/* CR_ERR_MEMORY with its usual message. Inline, so that static analysis of a caller sees
 * that it never returns CR_OK. */
static inline cr_status cr_fail_memory(cr_error *err)
{
    cr_fail(err, CR_ERR_MEMORY, "%s", cr_status_text(CR_ERR_MEMORY));
    return CR_ERR_MEMORY;
}

/* The same, which says what is too large: "out of memory: the column 'x' needs 12.3 GB". fmt is for
 * the part before "needs". A macro, for static analysis too. */
#define cr_fail_memory_for(err, bytes, ...) \
    (cr_say_memory_for((err), (bytes), __VA_ARGS__), CR_ERR_MEMORY)
void cr_say_memory_for(cr_error *err, size_t bytes, const char *fmt, ...) CR_PRINTF(3, 4);

#endif
