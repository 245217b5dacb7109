/* Network files: YAML text to a spec, and back. docs/network-file.md is the reference of
 * the format; network_file_keys.c holds its keys. */
#ifndef FORMATS_NETWORK_FILE_H
#define FORMATS_NETWORK_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "net/spec.h"

/* Read a network file's text.
 *   name       what messages call the file; NULL: none
 *   max_bytes  most memory for parameters, as for cr_spec_finish; 0: no limit
 * *out is finished and freed with cr_spec_free; untouched on failure. Memory used follows
 * the text's size, whatever counts stand in it. */
cr_status cr_network_file_read(const char *text, size_t size, const char *name, size_t max_bytes,
                               struct spec **out, cr_error *err);

enum { NETWORK_FILE_PARAMETERS = 1 }; /* write weights and biases that the spec gives */

/* Write a finished spec as a network file: reading the text gives an equal spec. Without
 * NETWORK_FILE_PARAMETERS, given weights and biases are left out, and the layers say how
 * they would be initialised. out->failed tells when memory ran out. */
cr_status cr_network_file_write(const struct spec *spec, int flags, struct text *out);

/* One list of the keys of every mapping, for reading, suggestions, documentation, tests. */
struct file_key {
    const char *name, *alias; /* alias: another spelling, or NULL */
    const char *meaning;
};
enum file_map {
    MAP_NETWORK,
    MAP_LAYER,
    MAP_EXAMPLE,
    MAP_ACTIVATION,
    MAP_INIT,
    MAP_BIAS,
    MAP_LOSS,
    MAP_OPTIMISER,
    MAP_NORM,
    MAP_TRAIN,
    MAP_SCHEDULE,
    MAP_WORKSHEET,
    MAP_COUNT
};
enum { MAP_MAX_KEYS = 20 };
struct file_map_row {
    const char *what;                  /* "a layer" */
    int has_params;                    /* other keys are a table row's parameters */
    struct file_key key[MAP_MAX_KEYS]; /* up to a NULL name */
};
const struct file_map_row *cr_network_file_map(enum file_map map);

#endif
