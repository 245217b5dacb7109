/* The whole of a file. */
#ifndef FORMATS_READ_FILE_H
#define FORMATS_READ_FILE_H

#include <stddef.h>

#include "base/error.h"

/* *out is freed with free. CR_ERR_IO, CR_ERR_MEMORY. */
cr_status cr_read_file(const char *path, char **out, size_t *size, cr_error *err);

#endif
