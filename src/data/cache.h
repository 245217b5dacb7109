/* Files of columns in a folder, one for each table that was read with it, so that the next run
 * need not parse. */
#ifndef DATA_CACHE_H
#define DATA_CACHE_H

#include "base/text.h"
#include "data/columns_file.h"

/* A data file, and where its columns are kept. */
struct cache {
    int usable; /* 0: the data are no file that can be read again */
    struct text path;
    struct columns_origin origin;
    const char *why; /* why a file that was there is not used, in words; or NULL */
};

/* Look at the data file; and its table, with the options, where the folder has it; else *out
 * is NULL. CR_ERR_MEMORY. */
cr_status cr_cache_find(const char *data, const cr_table_options *options, struct cache *cache,
                        struct cr_table **out, cr_error *err);

/* Keep a table that was read from the data file, unless that changed meanwhile; its columns are in the
 * kept file then. CR_ERR_IO, _MEMORY: no new file is left, and the table can only be freed. */
cr_status cr_cache_keep(struct cache *cache, const char *data, const cr_table_options *options,
                        struct cr_table *t, cr_error *err);
void cr_cache_free(struct cache *cache);

#endif
