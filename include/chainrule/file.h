/* Network files: make a network from the text that describes it.
 * The format is described in docs/network-file.md. */
#ifndef CHAINRULE_FILE_H
#define CHAINRULE_FILE_H

#include "chainrule/base.h"
#include "chainrule/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to load. All zero (or NULL) means the defaults. */
typedef struct cr_load_options {
    cr_type type;      /* of the parameters: CR_F32 (0) or CR_F64 */
    int has_seed;      /* 1: `seed` instead of the file's */
    uint64_t seed;     /* for parameters that the file does not give */
    size_t max_memory; /* most bytes for all parameters; 0: CR_MAX_MEMORY */
} cr_load_options;

/* The default limit: a few words of text can ask for any amount of memory. */
#define CR_MAX_MEMORY ((size_t)1 << 30)

/* Load a network from a file, or from `size` bytes of text, which `name` (may be NULL)
 * stands for in messages. *out is freed with cr_net_free; it is untouched on failure.
 * Nothing that a file says is run, and no file that it names is opened.
 * Returns CR_OK; CR_ERR_IO when the file cannot be read; CR_ERR_SYNTAX, CR_ERR_FORMAT,
 * CR_ERR_UNKNOWN, CR_ERR_VALUE, CR_ERR_SHAPE for what is wrong in it, with file, line and
 * column in err; CR_ERR_LIMIT for what is too large; CR_ERR_MEMORY. */
CR_API cr_status cr_net_load(const char *path, const cr_load_options *options, cr_net **out,
                             cr_error *err);
CR_API cr_status cr_net_load_memory(const char *text, size_t size, const char *name,
                                    const cr_load_options *options, cr_net **out, cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
