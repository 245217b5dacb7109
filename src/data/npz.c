/* A ZIP archive of arrays, as numpy.savez writes it (PKWARE's APPNOTE.TXT, 4.3 and 4.5.3). */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "data/npy.h"
#include "data/plan.h"

enum {
    END_SIZE = 22,
    LONG_END_SIZE = 56, /* of the end with 64-bit numbers, and */
    LOCATOR_SIZE = 20,  /* of what says where that is */
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    MOST_RATIO = 200,
    FREE_SIZE = 64 << 20
};

struct archive {
    const struct array_file *file;
    const unsigned char *bytes;
    size_t size;
    struct arena *arena;
    cr_error *err;
    uint64_t plain; /* bytes that its files were expanded to so far */
};

/* The central directory. */
struct directory {
    size_t end; /* where the end's record is */
    uint64_t count, at;
};

/* A file in the archive. */
struct entry {
    size_t at; /* of its row in the central directory */
    unsigned method;
    uint64_t packed, plain, offset; /* sizes in bytes; where its local header is */
    const char *name;
};

static uint64_t take(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* The end of the central directory: its last 22 bytes, or before a comment. */
static cr_status find_end(const struct archive *z, size_t *at)
{
    for (size_t back = END_SIZE; back <= z->size && back <= END_SIZE + UINT16_MAX; back++) {
        const unsigned char *p = z->bytes + z->size - back;
        if (!memcmp(p, "PK\5\6", 4) && take(p + 20, 2) == back - END_SIZE) {
            *at = z->size - back;
            return CR_OK;
        }
    }
    return cr_fail_byte(z->file, z->size, z->err, "the ZIP archive has no end: is it cut off?");
}

/* The numbers of the end's record, or where they are too large for it, of the one with 64-bit numbers,
 * which is in front of it. */
static cr_status read_end(const struct archive *z, struct directory *d)
{
    const cr_status status = find_end(z, &d->end);
    if (status != CR_OK)
        return status;
    const unsigned char *p = z->bytes + d->end;
    d->count = take(p + 10, 2);
    d->at = take(p + 16, 4);
    if (take(p + 4, 2) != 0 && take(p + 4, 2) != UINT16_MAX)
        return cr_fail_byte(z->file, d->end + 4, z->err, "an archive in several parts is not read");
    if (d->count != UINT16_MAX && d->at != UINT32_MAX)
        return CR_OK;
    if (d->end < LOCATOR_SIZE + LONG_END_SIZE || memcmp(p - LOCATOR_SIZE, "PK\6\7", 4) != 0)
        return CR_OK; /* just as many files, or damaged */
    const uint64_t at = take(p - LOCATOR_SIZE + 8, 8);
    if (at > d->end - LOCATOR_SIZE - LONG_END_SIZE || memcmp(z->bytes + at, "PK\6\6", 4) != 0)
        return cr_fail_byte(z->file, d->end - LOCATOR_SIZE + 8, z->err,
                            "the ZIP64 archive's end is not where its locator says");
    d->end = (size_t)at;
    d->count = take(z->bytes + at + 32, 8);
    d->at = take(z->bytes + at + 48, 8);
    return CR_OK;
}

/* Sizes and offset of 64 bits, in the order of those fields that say 0xFFFFFFFF. */
static void read_extra(const unsigned char *p, size_t n, struct entry *e)
{
    uint64_t *field[] = {&e->plain, &e->packed, &e->offset};
    while (n >= 4) {
        const size_t kind = take(p, 2), length = take(p + 2, 2);
        if (length > n - 4)
            return;
        size_t used = 0;
        for (size_t i = 0; kind == 1 && i < 3 && used + 8 <= length; i++)
            if (*field[i] == UINT32_MAX) {
                *field[i] = take(p + 4 + used, 8);
                used += 8;
            }
        p += 4 + length;
        n -= 4 + length;
    }
}

/* The entry at *at of the central directory; *at goes behind it. */
static cr_status read_entry(const struct archive *z, size_t end, size_t *at, struct entry *e)
{
    const unsigned char *p = z->bytes + *at;
    if (end - *at < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
        return cr_fail_byte(z->file, *at, z->err, "the ZIP archive's directory is damaged");
    const size_t name = take(p + 28, 2), extra = take(p + 30, 2), comment = take(p + 32, 2);
    if (name + extra + comment > end - *at - ENTRY_SIZE)
        return cr_fail_byte(z->file, *at, z->err, "the ZIP archive's directory is damaged");
    if (take(p + 8, 2) & 1)
        return cr_fail_byte(z->file, *at, z->err, "a file in the archive is encrypted");
    e->at = *at;
    e->method = (unsigned)take(p + 10, 2);
    e->packed = take(p + 20, 4);
    e->plain = take(p + 24, 4);
    e->offset = take(p + 42, 4);
    read_extra(p + ENTRY_SIZE + name, extra, e);
    size_t shown = name;
    if (shown > 4 && !memcmp(p + ENTRY_SIZE + name - 4, ".npy", 4))
        shown -= 4;
    const char *problem = shown ? cr_name_problem((const char *)p + ENTRY_SIZE, shown) : "is empty";
    if (problem || memchr(p + ENTRY_SIZE, '\0', shown))
        return cr_fail_byte(z->file, *at + ENTRY_SIZE, z->err, "a name in the archive %s",
                            problem ? problem : "has a zero byte");
    e->name = cr_arena_strndup(z->arena, (const char *)p + ENTRY_SIZE, shown);
    *at += ENTRY_SIZE + name + extra + comment;
    return e->name ? CR_OK : cr_fail_memory(z->err);
}

/* Where an entry's bytes are; its local header has lengths of its own. */
static cr_status find_bytes(const struct archive *z, const struct entry *e, size_t *at)
{
    const int inside = e->offset <= z->size && z->size - e->offset >= LOCAL_SIZE;
    const unsigned char *p = z->bytes + (inside ? e->offset : 0);
    if (!inside || memcmp(p, "PK\3\4", 4) != 0)
        return cr_fail_byte(z->file, e->at, z->err, "'%s' is not where the directory says",
                            e->name);
    const size_t skip = LOCAL_SIZE + take(p + 26, 2) + take(p + 28, 2);
    if (skip > z->size - e->offset || e->packed > z->size - e->offset - skip)
        return cr_fail_byte(z->file, e->at, z->err, "'%s' would end behind the file", e->name);
    *at = (size_t)e->offset + skip;
    return CR_OK;
}

/* What is expanded, all together, may be MOST_RATIO times as much as the file has, compressed in whatever
 * way that is. */
static cr_status check_size(struct archive *z, const struct entry *e)
{
    const uint64_t before = z->plain;
    z->plain = e->plain > UINT64_MAX - before ? UINT64_MAX : before + e->plain;
    if (z->plain <= FREE_SIZE || z->plain / MOST_RATIO <= z->file->packed)
        return CR_OK;
    cr_fail_byte(z->file, e->at, z->err,
                 "with '%s' the archive would expand to %llu bytes, more than %d times the file's",
                 e->name, (unsigned long long)z->plain, MOST_RATIO);
    cr_hint(z->err, "if it is to be trusted, write it with numpy.savez, which does not compress");
    return CR_ERR_LIMIT;
}

static cr_status expand(struct archive *z, const struct entry *e, size_t at,
                        const unsigned char **out)
{
    const cr_status status = check_size(z, e);
    if (status != CR_OK)
        return status;
    if (e->packed > UINT_MAX || e->plain >= UINT_MAX)
        return cr_fail_byte(z->file, e->at, z->err, "'%s' has 4 GiB or more, and is compressed",
                            e->name);
    unsigned char *plain = cr_arena_alloc(z->arena, (size_t)e->plain + 1, 1);
    z_stream s = {.next_in = (Bytef *)(uintptr_t)(z->bytes + at),
                  .avail_in = (uInt)e->packed,
                  .next_out = plain,
                  .avail_out = (uInt)e->plain + 1}; /* one more shows that there is more */
    if (!plain || inflateInit2(&s, -15) != Z_OK)
        return cr_fail_memory_for(z->err, (size_t)e->plain, "the archive's file '%s'", e->name);
    const int r = inflate(&s, Z_FINISH);
    const size_t given = s.total_out;
    inflateEnd(&s);
    if (r == Z_MEM_ERROR)
        return cr_fail_memory(z->err);
    if (r != Z_STREAM_END || given != e->plain)
        return cr_fail_byte(z->file, at, z->err,
                            "'%s' is damaged or not of the size that it claims", e->name);
    *out = plain;
    return CR_OK;
}

static cr_status read_array(struct archive *z, const struct entry *e, struct array *a)
{
    size_t at = 0;
    const unsigned char *bytes;
    cr_status status = find_bytes(z, e, &at);
    if (status != CR_OK)
        return status;
    bytes = z->bytes + at;
    if (e->method == 0 && e->packed != e->plain)
        return cr_fail_byte(z->file, e->at, z->err, "'%s' has two sizes", e->name);
    if (e->method != 0 && e->method != 8)
        return cr_fail_byte(z->file, e->at, z->err,
                            "'%s' is compressed in a way (%u) that is not read", e->name,
                            e->method);
    if (e->method == 8)
        status = expand(z, e, at, &bytes);
    if (status != CR_OK)
        return status;
    if (crc32_z(crc32_z(0, NULL, 0), bytes, (size_t)e->plain) != take(z->bytes + e->at + 16, 4))
        return cr_fail_byte(z->file, at, z->err, "'%s' is damaged: its checksum differs", e->name);
    a->name = e->name;
    return cr_npy_read(z->file, bytes, (size_t)e->plain, at, a, z->err);
}

cr_status cr_npz_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      struct arena *arena, struct array **out, size_t *n, cr_error *err)
{
    struct archive z = {file, bytes, size, arena, err, 0};
    struct directory d = {0};
    cr_status status = read_end(&z, &d);
    if (status != CR_OK)
        return status;
    if (d.count == 0 || d.at > d.end || (d.end - d.at) / ENTRY_SIZE < d.count)
        return cr_fail_byte(file, d.end, err,
                            "the ZIP archive's directory of %llu files is damaged",
                            (unsigned long long)d.count);
    const size_t count = (size_t)d.count;
    size_t at = (size_t)d.at;
    struct array *a = arena_new(arena, struct array, count);
    if (!a)
        return cr_fail_memory(err);
    for (size_t i = 0, left = size; i < count; i++) {
        struct entry e = {0};
        status = read_entry(&z, d.end, &at, &e);
        if (status == CR_OK && e.packed > left)
            status = cr_fail_byte(file, e.at, err, "files in the archive overlap");
        left -= status == CR_OK ? (size_t)e.packed : 0;
        if (status == CR_OK)
            status = read_array(&z, &e, &a[i]);
        if (status != CR_OK)
            return status;
    }
    *out = a;
    *n = count;
    return CR_OK;
}
