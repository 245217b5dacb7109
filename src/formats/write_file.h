/* Write a file so that it is there whole or not at all: a file beside it, synced, renamed,
 * and the folder synced. Devices and pipes are written directly. */
#ifndef FORMATS_WRITE_FILE_H
#define FORMATS_WRITE_FILE_H

#include <stddef.h>

#include "base/error.h"

struct piece {
    const void *data;
    size_t size;
};

/* CR_ERR_IO leaves an older file of that name as it was. */
cr_status cr_write_file(const char *path, const struct piece *pieces, size_t n, cr_error *err);

#endif
