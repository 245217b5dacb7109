#include "formats/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cr_status read_all(int fd, const char *path, char **out, size_t *size, cr_error *err)
{
    struct stat st;
    size_t cap = 1 << 16, len = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        cap = (size_t)st.st_size + 1;
    char *buf = malloc(cap);
    for (;;) {
        if (!buf)
            return cr_fail_memory(err);
        ssize_t got = read(fd, buf + len, cap - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(buf);
            return cr_fail(err, CR_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
        }
        if (got == 0)
            break;
        len += (size_t)got;
        if (len == cap) {
            char *more = cap > SIZE_MAX / 2 ? NULL : realloc(buf, cap *= 2);
            if (!more)
                free(buf);
            buf = more;
        }
    }
    *out = buf;
    *size = len;
    return CR_OK;
}

cr_status cr_read_file(const char *path, char **out, size_t *size, cr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cr_fail(err, CR_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const cr_status status = read_all(fd, path, out, size, err);
    close(fd);
    return status;
}
