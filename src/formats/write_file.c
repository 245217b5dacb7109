#define _XOPEN_SOURCE 700 /* realpath */

#include "formats/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/text.h"

static int write_all(int fd, const struct piece *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *at = pieces[i].data;
        size_t left = pieces[i].size;
        while (left > 0) {
            ssize_t put = write(fd, at, left);
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return 0;
            at += put;
            left -= (size_t)put;
        }
    }
    return 1;
}

static cr_status fail(cr_error *err, const char *path)
{
    return cr_fail(err, CR_ERR_IO, "cannot write '%s': %s", path, strerror(errno));
}

static cr_status write_direct(const char *path, const struct piece *pieces, size_t n, cr_error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(err, path);
    int ok = write_all(fd, pieces, n);
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = 0;
        why = errno;
    }
    errno = why;
    return ok ? CR_OK : fail(err, path);
}

/* old: the file that is replaced, whose permissions the new one gets, or NULL. */
static cr_status write_beside(const char *path, const char *shown, const struct stat *old,
                              const struct piece *pieces, size_t n, cr_error *err)
{
    struct text temp = {0};
    int fd = cr_beside_open(path, &temp);
    if (fd < 0) {
        cr_text_free(&temp);
        return fail(err, shown);
    }
    int ok = (!old || fchmod(fd, old->st_mode & 0777) == 0) && write_all(fd, pieces, n) &&
             fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = 0;
        why = errno;
    }
    if (ok && rename(temp.s, path) != 0) {
        ok = 0;
        why = errno;
    }
    if (!ok)
        unlink(temp.s);
    cr_text_free(&temp);
    errno = why;
    if (!ok || !cr_beside_sync(path))
        return fail(err, shown);
    return CR_OK;
}

cr_status cr_write_file(const char *path, const struct piece *pieces, size_t n, cr_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return write_beside(path, path, NULL, pieces, n, err);
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail(err, path);
    }
    if (!S_ISREG(st.st_mode))
        return write_direct(path, pieces, n, err);
    char *real = realpath(path, NULL); /* a link stays a link */
    if (!real)
        return fail(err, path);
    cr_status status = write_beside(real, path, &st, pieces, n, err);
    free(real);
    return status;
}
