/* Memory in an unnamed file of a folder: it may be larger than the machine's, and goes away with
 * the process. */
#ifndef DATA_SPILL_H
#define DATA_SPILL_H

#include <stddef.h>

#include "base/error.h"

struct spill {
    void *p;
    size_t size; /* bytes at p */
    int fd;      /* where p is not NULL */
};

/* Make it at least `size` bytes, which keep what was there, new ones 0; p may move. The file's
 * space is taken at once, so that a full disk is told here and not by a signal later.
 * CR_ERR_IO, CR_ERR_MEMORY; s is as before then. */
cr_status cr_spill_grow(struct spill *s, const char *folder, size_t size, cr_error *err);
void cr_spill_free(struct spill *s);

/* Mapped files that are read here and there: the system reads no more than what is touched, or what
 * was asked for. 0: again in a row, with as much ahead as the system likes. */
void cr_mapped_scattered(const void *p, size_t size, int scattered);

/* These bytes of a mapped file are needed soon: begin to read them. */
void cr_mapped_ask(const void *p, size_t size);

#endif
