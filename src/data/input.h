/* Bytes from a file, standard input or memory; gzip is expanded on the way. */
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include <stddef.h>

#include "base/error.h"

struct input;

/* Open a file ("-": standard input). again: it will be read more than once, so what cannot be
 * read twice is kept in memory. */
cr_status cr_input_open(const char *path, int again, struct input **out, cr_error *err);

/* Bytes that stay where they are until the input is closed, compressed or not. */
cr_status cr_input_memory(const char *name, const void *bytes, size_t size, struct input **out,
                          cr_error *err);
void cr_input_close(struct input *in);

/* Read up to n > 0 bytes; *got is less than n only at the end.
 * CR_ERR_IO; CR_ERR_FORMAT for damaged gzip; CR_ERR_LIMIT for gzip that expands more than any
 * table does. */
cr_status cr_input_read(struct input *in, void *to, size_t n, size_t *got, cr_error *err);

/* The first INPUT_PEEK bytes, or all of a shorter input; nothing was read before, and they stay to
 * be read. */
enum { INPUT_PEEK = 16 };
cr_status cr_input_peek(struct input *in, const unsigned char **head, size_t *n, cr_error *err);

/* Read everything that is left. *out is freed with free(). */
cr_status cr_input_read_all(struct input *in, unsigned char **out, size_t *size, cr_error *err);

/* Start over. */
cr_status cr_input_rewind(struct input *in, cr_error *err);

const char *cr_input_name(const struct input *in); /* for messages */
int cr_input_is_gzip(const struct input *in);      /* known once something was read */
size_t cr_input_taken(const struct input *in);     /* bytes of gzip that were read */

#endif
