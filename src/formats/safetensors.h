/* The container of model files: named tensors behind a JSON header
 * (https://github.com/huggingface/safetensors, "Format").
 *
 *     8 bytes     N, the header's length, unsigned little-endian
 *     N bytes     JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
 *                 "__metadata__": {"key": "text"}}, padded with blanks
 *     the rest    the tensors' numbers, little-endian, in order and without gaps */
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum { TENSOR_DIMS = 8, SAFETENSORS_MAX_HEADER = 100000000 };

struct tensor {
    const char *name;
    const char *dtype; /* "F32", ... */
    size_t n_dims, dim[TENSOR_DIMS];
    size_t offset, size;       /* bytes in the data part */
    const unsigned char *data; /* in the file's bytes; not aligned */
};

struct safetensors {
    struct arena arena;
    size_t n;
    struct tensor *tensor; /* in the order of their offsets */
    size_t n_metadata;
    const char **key, **value;
};

/* Read a file's bytes, which must outlive `out`. Checks everything that the format
 * demands: lengths, offsets, shapes, types, unique names. */
cr_status cr_safetensors_read(const struct source *file, struct safetensors *out, cr_error *err);
void cr_safetensors_free(struct safetensors *s);

/* By name; NULL when there is none. */
const struct tensor *cr_safetensors_find(const struct safetensors *s, const char *name);
const char *cr_safetensors_metadata(const struct safetensors *s, const char *key);

/* Write length and header of tensors (name, dtype, where NULL is F32, n_dims and dim are read;
 * offsets follow from the order). Nothing is written when memory runs out: out->failed. */
void cr_safetensors_header(const struct tensor *tensor, size_t n, const char *const *key,
                           const char *const *value, size_t n_metadata, struct text *out);

#endif
