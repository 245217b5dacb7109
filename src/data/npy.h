/* NumPy's files: .npy (NEP 1) and .npz, a ZIP archive of them; and IDX, as MNIST has it. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "base/arena.h"
#include "data/arrays.h"

/* One array from the bytes of a .npy file, into which out->data points; out->name is set before.
 * `where` is where the bytes begin in the file, for messages. Arrays of objects, which are pickles,
 * are refused. */
cr_status cr_npy_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      size_t where, struct array *out, cr_error *err);

/* All arrays of a .npz file; what is compressed is expanded into the arena. */
cr_status cr_npz_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      struct arena *arena, struct array **out, size_t *n, cr_error *err);

cr_status cr_idx_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      struct array *out, cr_error *err);

/* CR_ERR_FORMAT at a byte of the file. */
cr_status cr_fail_byte(const struct array_file *file, size_t at, cr_error *err, const char *fmt,
                       ...) CR_PRINTF(4, 5);

#endif
