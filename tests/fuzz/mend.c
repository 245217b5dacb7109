#include "fuzz/mend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "fuzz/targets.h"
#include "train/trainer.h"

enum { ENTRY = 46, LOCAL = 30, MOST_PLAIN = 1 << 20 };

static size_t take(const unsigned char *p, size_t n)
{
    size_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (size_t)p[i] << 8 * i;
    return v;
}

/* The checksum of what an entry's bytes expand to, as far as they do. */
static uLong checksum_packed(const unsigned char *bytes, size_t size)
{
    unsigned char *plain = malloc(MOST_PLAIN);
    z_stream s = {.next_in = (Bytef *)(uintptr_t)bytes,
                  .avail_in = (uInt)size,
                  .next_out = plain,
                  .avail_out = MOST_PLAIN};
    must(plain && inflateInit2(&s, -15) == Z_OK, "memory is short");
    (void)inflate(&s, Z_FINISH);
    const uLong sum = crc32(0, plain, (uInt)s.total_out);
    (void)inflateEnd(&s);
    free(plain);
    return sum;
}

static void mend_entry(unsigned char *bytes, size_t size, unsigned char *entry)
{
    const size_t packed = take(entry + 20, 4), at = take(entry + 42, 4);
    if (at > size || size - at < LOCAL)
        return;
    const size_t skip = LOCAL + take(bytes + at + 26, 2) + take(bytes + at + 28, 2);
    if (skip > size - at || packed > size - at - skip)
        return;
    const unsigned char *data = bytes + at + skip;
    const uLong sum =
        take(entry + 10, 2) == 8 ? checksum_packed(data, packed) : crc32(0, data, (uInt)packed);
    for (size_t i = 0; i < 4; i++)
        entry[16 + i] = (unsigned char)(sum >> 8 * i);
}

unsigned char *mend_zip(const unsigned char *bytes, size_t size)
{
    size_t found = 0;
    unsigned char *copy = malloc(size + 1);
    must(copy != NULL, "memory is short");
    memcpy(copy, bytes, size);
    for (size_t at = 0; at + ENTRY <= size; at++)
        if (!memcmp(copy + at, "PK\1\2", 4)) {
            mend_entry(copy, size, copy + at);
            found++;
        }
    if (found)
        return copy;
    free(copy);
    return NULL;
}

unsigned char *mend_checkpoint(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size);
    must(copy != NULL, "memory is short");
    const uint64_t sum = cr_checkpoint_sum(bytes, size - sizeof sum);
    memcpy(copy, bytes, size - sizeof sum);
    memcpy(copy + size - sizeof sum, &sum, sizeof sum);
    return copy;
}

unsigned char *gzip(const unsigned char *bytes, size_t size, size_t *n)
{
    z_stream s = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    must(deflateInit2(&s, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK,
         "memory is short");
    const size_t most = deflateBound(&s, (uLong)size);
    unsigned char *out = malloc(most);
    must(out != NULL, "memory is short");
    s.next_out = out;
    s.avail_out = (uInt)most;
    must(deflate(&s, Z_FINISH) == Z_STREAM_END, "gzip does not end");
    *n = s.total_out;
    (void)deflateEnd(&s);
    return out;
}
