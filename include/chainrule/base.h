/* Status codes, errors and the version: what every other public header needs.
 *
 * The library never exits, prints or aborts on user input. A function that can
 * fail returns a cr_status; if the caller passes a cr_error it is filled in on
 * failure and left alone on success. Outputs are untouched on failure. */
#ifndef CHAINRULE_BASE_H
#define CHAINRULE_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(CR_STATIC) || !defined(__GNUC__)
#define CR_API
#else
#define CR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CR_VERSION_MAJOR 0
#define CR_VERSION_MINOR 1
#define CR_VERSION_PATCH 0

/* The library's version, "0.1.0": a string that is never freed. */
CR_API const char *cr_version(void);

/* Every status: name, and what it means in a few words. */
#define CR_STATUS_LIST(X)                                                 \
    X(OK, "success")                                                      \
    X(ERR_MEMORY, "out of memory")                                        \
    X(ERR_ARGUMENT, "an argument is outside its range")                   \
    X(ERR_SYNTAX, "the text does not follow the format's grammar")        \
    X(ERR_UNKNOWN, "a name is not known")                                 \
    X(ERR_SHAPE, "sizes do not agree")                                    \
    X(ERR_VALUE, "a value is missing, of the wrong type or out of range") \
    X(ERR_LIMIT, "a size is over the limit that was set")                 \
    X(ERR_IO, "a file could not be read or written")                      \
    X(ERR_FORMAT, "a file is not of the format it should be")             \
    X(ERR_WORK, "the scratch memory is too small or not aligned")         \
    X(ERR_ROWS, "more rows than the plan was made for")                   \
    X(ERR_DIVERGED, "training produced a value that is not finite")       \
    X(ERR_CANCELLED, "the caller asked to stop")

typedef enum cr_status {
#define X(name, text) CR_##name,
    CR_STATUS_LIST(X)
#undef X
} cr_status;

/* "CR_ERR_SHAPE" and the like; "CR_?" for a number that is no status. */
CR_API const char *cr_status_name(cr_status status);

/* The short meaning of a status. */
CR_API const char *cr_status_text(cr_status status);

/* What went wrong, where, and what would be right. Strings are UTF-8, always
 * terminated, cut at a character's boundary, and without control characters. */
typedef struct cr_error {
    cr_status code;
    int line;           /* from 1; 0 where there is no line */
    int column;         /* in code points from 1; 0 where there is none */
    int span;           /* how many code points the mistake covers; at least 1 with a column */
    char file[256];     /* as the caller named it; "" where there is no file */
    char message[512];  /* what is wrong */
    char hint[256];     /* what would be right; "" if there is nothing to say */
    char excerpt[256];  /* the offending line, or the part of it around `column` */
    int excerpt_column; /* where `column` falls in `excerpt`; 0: no caret */
} cr_error;

/* Write an error as people expect it, several lines, each ending in '\n':
 *
 *     iris.net.yaml:7:12: error: unknown activation 'rleu'; did you mean 'relu'?
 *         activation: rleu
 *                     ^~~~
 *
 * Writes at most `size` bytes including the terminator (buf may be NULL with size
 * 0) and returns the length that the whole text has, like snprintf. */
CR_API size_t cr_error_format(const cr_error *err, char *buf, size_t size);

/* The name among names[0..n) that `word` most likely meant, or NULL when none is
 * near enough (edit distance with transpositions, at most a third of the length). */
CR_API const char *cr_suggest(const char *word, const char *const *names, size_t n);

#ifdef __cplusplus
}
#endif
#endif
