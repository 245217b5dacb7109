#include "data/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"

/* SAMPLES blocks of the data file are looked at: all of one up to 1 MiB. MOST_NAME: bytes of its name
 * that the kept file's has, which has some more and is at most 255 long. */
enum { SAMPLES = 64, SAMPLE = 16 << 10, MOST_NAME = 160 };

void cr_cache_free(struct cache *cache)
{
    cr_text_free(&cache->path);
    *cache = (struct cache){0};
}

static uint64_t add_string(uint64_t sum, const char *s)
{
    return s ? cr_columns_sum(sum, s, strlen(s) + 1) : cr_columns_sum(sum, "", 0);
}

/* All that decides how a file is read. */
static uint64_t sum_options(const cr_table_options *o)
{
    const int plain[] = {o->label_optional, (int)o->label_type, o->delimiter, o->header,
                         o->columns != NULL};
    uint64_t sum = add_string(cr_columns_sum(0, plain, sizeof plain), o->label);
    for (size_t i = 0; o->columns && i < o->n_columns; i++) {
        const int type = o->column_types ? (int)o->column_types[i] : 0;
        sum = add_string(cr_columns_sum(sum, &type, sizeof type), o->columns[i]);
    }
    sum = add_string(add_string(sum, o->types), o->ignore);
    return add_string(add_string(add_string(sum, o->group), o->weight), o->order);
}

/* What blocks of the file hold, the first and the last among them. 0: it cannot be read. */
static int sum_samples(int fd, uint64_t size, uint64_t *out)
{
    unsigned char block[SAMPLE];
    uint64_t sum = size;
    int ok = 1;
    for (uint64_t i = 0; ok && i < SAMPLES; i++) {
        const uint64_t last = size > SAMPLE ? size - SAMPLE : 0;
        const uint64_t spread = last / (SAMPLES - 1) * i;
        const uint64_t at = size <= (uint64_t)SAMPLES * SAMPLE ? i * SAMPLE
                            : i + 1 == SAMPLES                 ? last
                                                               : spread;
        const ssize_t got = at < size ? pread(fd, block, SAMPLE, (off_t)at) : 0;
        ok = got >= 0;
        if (ok)
            sum = cr_columns_sum(sum, block, (size_t)got);
    }
    *out = sum;
    return ok;
}

/* The state of the data file; 0: it is none that can be read again. */
static int look(const char *data, const cr_table_options *options, struct columns_origin *out)
{
    struct stat st;
    uint64_t samples = 0;
    const int fd = open(data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    const int ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                   sum_samples(fd, (uint64_t)st.st_size, &samples);
    close(fd);
    if (!ok)
        return 0;
    const uint64_t reader = add_string(sum_options(options), cr_version());
    *out = (struct columns_origin){
        {(uint64_t)st.st_size,
         (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec,
         (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec, samples, reader}};
    return 1;
}

/* FOLDER/NAME-OPTIONS.columns: one file for each way of reading, whatever the data's state. */
static void name_file(const char *data, const cr_table_options *options, struct text *path)
{
    const char *slash = strrchr(data, '/'), *name = slash ? slash + 1 : data;
    cr_text_printf(path, "%s/%.*s-%016llx.columns", options->cache, MOST_NAME, name,
                   (unsigned long long)sum_options(options));
}

cr_status cr_cache_find(const char *data, const cr_table_options *options, struct cache *cache,
                        struct cr_table **out, cr_error *err)
{
    *out = NULL;
    *cache = (struct cache){0};
    if (!strcmp(data, "-") || !look(data, options, &cache->origin))
        return CR_OK;
    name_file(data, options, &cache->path);
    if (cache->path.failed)
        return cr_fail_memory(err);
    cache->usable = 1;
    const int fd = open(cache->path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return CR_OK; /* if it cannot be made either, that will be said */
    cache->why = cr_columns_open(fd, &cache->origin, data, out);
    close(fd);
    if (cache->why)
        return CR_OK;
    struct cr_table *t = *out;
    t->folder = cr_arena_strdup(&t->arena, options->cache);
    t->cache = cr_arena_printf(&t->arena, "columns read from '%s'", cache->path.s);
    if (t->folder && t->cache)
        return CR_OK;
    cr_table_free(t);
    *out = NULL;
    return cr_fail_memory(err);
}

static cr_status fail(const struct cache *cache, int problem, cr_error *err)
{
    return cr_fail(err, CR_ERR_IO, "cannot keep columns in '%s': %s", cache->path.s,
                   strerror(problem));
}

static cr_status write_file(const struct cache *cache, struct cr_table *t, cr_error *err)
{
    struct text temp = {0};
    cr_beside_clean(cache->path.s);
    const int fd = cr_beside_open(cache->path.s, &temp);
    if (fd < 0) {
        cr_text_free(&temp);
        return fail(cache, errno, err);
    }
    int ok = cr_columns_write(fd, &cache->origin, t) && rename(temp.s, cache->path.s) == 0;
    int why = errno;
    if (!ok)
        unlink(temp.s);
    if (ok && !cr_beside_sync(cache->path.s)) {
        ok = 0;
        why = errno;
    }
    close(fd);
    cr_text_free(&temp);
    return ok ? CR_OK : fail(cache, why, err);
}

cr_status cr_cache_keep(struct cache *cache, const char *data, const cr_table_options *options,
                        struct cr_table *t, cr_error *err)
{
    struct columns_origin now;
    if (!cache->usable)
        return CR_OK;
    if (!look(data, options, &now) || memcmp(&now, &cache->origin, sizeof now) != 0) {
        t->cache = "columns not kept: the file changed while it was read";
        return CR_OK;
    }
    const cr_status status = write_file(cache, t, err);
    if (status != CR_OK)
        return status;
    t->cache = cache->why ? cr_arena_printf(&t->arena, "'%s' %s: columns kept there anew",
                                            cache->path.s, cache->why)
                          : cr_arena_printf(&t->arena, "columns kept in '%s'", cache->path.s);
    return t->cache ? CR_OK : cr_fail_memory(err);
}
