#include "data/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Text compresses some 3 to 50 times; gzip can do 1,032, which only a trap or a constant does. */
enum { PIECE = 64 << 10, FREE_SIZE = 64 << 20, MOST_RATIO = 200 };

struct input {
    char *name;
    int fd; /* -1: in memory */
    int own_fd, gzip, begun;
    const unsigned char *bytes; /* in memory: all of them; else `buf` */
    size_t size, at;            /* of bytes, and how far they are used */
    unsigned char *buf;         /* PIECE bytes of a file, or all of a stream that is kept */
    z_stream z;
    int z_open, z_done;
    size_t taken, given; /* bytes of gzip, and what they expand to */
    unsigned char head[INPUT_PEEK];
    size_t head_size, head_at; /* bytes that were looked at, and how far they are read */
};

void cr_input_close(struct input *in)
{
    if (!in)
        return;
    if (in->own_fd)
        close(in->fd);
    if (in->z_open)
        inflateEnd(&in->z);
    free(in->name);
    free(in->buf);
    free(in);
}

static struct input *make(const char *name)
{
    struct input *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->fd = -1;
    in->name = malloc(strlen(name) + 1);
    if (!in->name) {
        free(in);
        return NULL;
    }
    strcpy(in->name, name);
    return in;
}

static cr_status read_fd(struct input *in, void *to, size_t n, size_t *got, cr_error *err)
{
    size_t have = 0;
    while (have < n) {
        const size_t most = n - have < (size_t)1 << 30 ? n - have : (size_t)1 << 30;
        const ssize_t r = read(in->fd, (char *)to + have, most);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return cr_fail(err, CR_ERR_IO, "cannot read '%s': %s", in->name, strerror(errno));
        if (r == 0)
            break;
        have += (size_t)r;
    }
    *got = have;
    return CR_OK;
}

/* All of a stream, in memory. */
static cr_status keep_all(struct input *in, cr_error *err)
{
    size_t cap = PIECE, len = 0, got = 0;
    do {
        if (len == cap)
            cap *= 2;
        unsigned char *buf = cap > SIZE_MAX / 4 ? NULL : realloc(in->buf, cap);
        if (!buf)
            return cr_fail_memory_for(err, cap, "'%s', which is kept to be read twice,", in->name);
        in->buf = buf;
        const cr_status status = read_fd(in, buf + len, cap - len, &got, err);
        if (status != CR_OK)
            return status;
        len += got;
    } while (len == cap);
    if (in->own_fd)
        close(in->fd);
    in->own_fd = 0;
    in->fd = -1;
    in->bytes = in->buf;
    in->size = len;
    return CR_OK;
}

static cr_status open_fd(struct input *in, const char *path, int again, cr_error *err)
{
    struct stat st;
    const int standard = !strcmp(path, "-");
    in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return cr_fail(err, CR_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    in->own_fd = !standard;
    if (fstat(in->fd, &st) == 0 && S_ISDIR(st.st_mode))
        return cr_fail(err, CR_ERR_IO, "cannot read '%s': %s", path, strerror(EISDIR));
    if (again && lseek(in->fd, 0, SEEK_SET) != 0)
        return keep_all(in, err);
    in->buf = malloc(PIECE);
    in->bytes = in->buf;
    return in->buf ? CR_OK : cr_fail_memory(err);
}

cr_status cr_input_open(const char *path, int again, struct input **out, cr_error *err)
{
    struct input *in = make(strcmp(path, "-") ? path : "standard input");
    if (!in)
        return cr_fail_memory(err);
    const cr_status status = open_fd(in, path, again, err);
    if (status != CR_OK) {
        cr_input_close(in);
        return status;
    }
    *out = in;
    return CR_OK;
}

cr_status cr_input_memory(const char *name, const void *bytes, size_t size, struct input **out,
                          cr_error *err)
{
    struct input *in = make(name);
    if (!in)
        return cr_fail_memory(err);
    in->bytes = bytes;
    in->size = size;
    *out = in;
    return CR_OK;
}

/* More raw bytes in in->bytes + in->at; none at the end. */
static cr_status refill(struct input *in, cr_error *err)
{
    if (in->at < in->size || in->fd < 0)
        return CR_OK;
    in->at = 0;
    in->size = 0;
    return read_fd(in, in->buf, PIECE, &in->size, err);
}

/* gzip begins with 1f 8b. */
static cr_status begin(struct input *in, cr_error *err)
{
    const cr_status status = refill(in, err);
    if (status != CR_OK)
        return status;
    in->begun = 1;
    in->gzip = in->size - in->at >= 2 && in->bytes[in->at] == 0x1f && in->bytes[in->at + 1] == 0x8b;
    if (!in->gzip)
        return CR_OK;
    if (inflateInit2(&in->z, 15 + 16) != Z_OK)
        return cr_fail_memory(err);
    in->z_open = 1;
    return CR_OK;
}

static cr_status read_plain(struct input *in, char *to, size_t n, size_t *got, cr_error *err)
{
    const size_t have = in->size - in->at < n ? in->size - in->at : n;
    memcpy(to, in->bytes + in->at, have);
    in->at += have;
    size_t more = 0;
    cr_status status = CR_OK;
    if (in->fd >= 0 && have < n)
        status = read_fd(in, to + have, n - have, &more, err);
    *got = have + more;
    return status;
}

static cr_status fail_gzip(const struct input *in, cr_error *err, cr_status code, const char *what)
{
    const struct source src = {.name = in->name};
    return cr_fail_at(err, code, &src, (struct place){0}, "%s, at byte %zu of the compressed file",
                      what, in->taken);
}

/* One call of inflate. A file may have several members, one after the other. */
static cr_status inflate_some(struct input *in, char *to, size_t n, size_t *got, cr_error *err)
{
    const size_t left = in->size - in->at;
    in->z.next_in = (Bytef *)(uintptr_t)(in->bytes + in->at);
    in->z.avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
    in->z.next_out = (Bytef *)to;
    in->z.avail_out = n < UINT_MAX ? (uInt)n : UINT_MAX;
    const uInt in_before = in->z.avail_in, out_before = in->z.avail_out;
    const int r = inflate(&in->z, Z_NO_FLUSH);
    in->at += in_before - in->z.avail_in;
    in->taken += in_before - in->z.avail_in;
    *got = out_before - in->z.avail_out;
    in->given += *got;
    if (r == Z_MEM_ERROR)
        return cr_fail_memory(err);
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        return fail_gzip(in, err, CR_ERR_FORMAT, "damaged gzip data");
    if (in->given > FREE_SIZE && in->given / MOST_RATIO > in->taken) {
        fail_gzip(in, err, CR_ERR_LIMIT, "gzip data that expand more than 200 times");
        cr_hint(err, "if they are to be trusted, expand them first: gunzip");
        return CR_ERR_LIMIT;
    }
    if (r == Z_STREAM_END) {
        in->z_done = 1;
        inflateReset(&in->z);
    }
    return CR_OK;
}

static cr_status read_gzip(struct input *in, char *to, size_t n, size_t *got, cr_error *err)
{
    size_t have = 0;
    while (have < n) {
        size_t some = 0;
        cr_status status = refill(in, err);
        if (status != CR_OK)
            return status;
        const int empty = in->at == in->size;
        if (empty && in->z_done)
            break;
        in->z_done = 0;
        status = inflate_some(in, to + have, n - have, &some, err);
        if (status != CR_OK)
            return status;
        if (empty && some == 0 && !in->z_done)
            return fail_gzip(in, err, CR_ERR_FORMAT, "the gzip data end too early");
        have += some;
    }
    *got = have;
    return CR_OK;
}

cr_status cr_input_read(struct input *in, void *to, size_t n, size_t *got, cr_error *err)
{
    cr_status status = in->begun ? CR_OK : begin(in, err);
    if (status != CR_OK)
        return status;
    const size_t left = in->head_size - in->head_at, have = left < n ? left : n;
    memcpy(to, in->head + in->head_at, have);
    in->head_at += have;
    *got = 0;
    if (have < n)
        status = in->gzip ? read_gzip(in, (char *)to + have, n - have, got, err)
                          : read_plain(in, (char *)to + have, n - have, got, err);
    *got += have;
    return status;
}

cr_status cr_input_peek(struct input *in, const unsigned char **head, size_t *n, cr_error *err)
{
    cr_status status = CR_OK;
    if (in->head_size == 0)
        status = cr_input_read(in, in->head, INPUT_PEEK, &in->head_size, err);
    in->head_at = 0;
    *head = in->head;
    *n = in->head_size;
    return status;
}

cr_status cr_input_read_all(struct input *in, unsigned char **out, size_t *size, cr_error *err)
{
    size_t cap = PIECE, len = 0, got = 0;
    unsigned char *all = NULL;
    do {
        if (len == cap)
            cap *= 2;
        unsigned char *more = cap > SIZE_MAX / 4 ? NULL : realloc(all, cap);
        const cr_status status =
            more ? cr_input_read(in, more + len, cap - len, &got, err)
                 : cr_fail_memory_for(err, cap, "'%s', which is read as a whole,", in->name);
        if (status != CR_OK) {
            free(more ? more : all);
            return status;
        }
        all = more;
        len += got;
    } while (len == cap);
    *out = all;
    *size = len;
    return CR_OK;
}

cr_status cr_input_rewind(struct input *in, cr_error *err)
{
    in->at = 0;
    if (in->fd >= 0) {
        in->size = 0;
        if (lseek(in->fd, 0, SEEK_SET) != 0)
            return cr_fail(err, CR_ERR_IO, "cannot read '%s' again: %s", in->name, strerror(errno));
    }
    if (in->z_open)
        inflateEnd(&in->z);
    in->z = (z_stream){0};
    in->z_open = in->z_done = in->begun = 0;
    in->taken = in->given = 0;
    in->head_size = in->head_at = 0;
    return CR_OK;
}

const char *cr_input_name(const struct input *in)
{
    return in->name;
}

int cr_input_is_gzip(const struct input *in)
{
    return in->gzip;
}

size_t cr_input_taken(const struct input *in)
{
    return in->taken;
}
