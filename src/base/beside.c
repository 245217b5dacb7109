#define _XOPEN_SOURCE 700 /* realpath */

#include "base/beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cr_beside_open(const char *path, struct text *temp)
{
    for (unsigned i = 0; i < 100; i++) {
        cr_text_clear(temp);
        cr_text_printf(temp, "%s.%ld-%u.tmp", path, (long)getpid(), i);
        if (temp->failed) {
            errno = ENOMEM;
            return -1;
        }
        int fd = open(temp->s, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* The process that wrote `name` as a new file beside `last`, the path's last part; 0: it is none. */
static long writer_of(const char *name, const char *last)
{
    const size_t n = strlen(last);
    long process;
    int end = 0;
    unsigned number;
    if (strncmp(name, last, n) != 0 || name[n] != '.' || name[n + 1] < '1' || name[n + 1] > '9')
        return 0;
    if (sscanf(name + n, ".%ld-%u.tmp%n", &process, &number, &end) != 2 || end == 0 ||
        name[n + (size_t)end])
        return 0;
    return process;
}

void cr_beside_clean(const char *path)
{
    char *real = realpath(path, NULL);
    const char *of = real ? real : path, *slash = strrchr(of, '/');
    struct text name = {0};
    cr_text_addn(&name, slash ? of : ".", slash ? (size_t)(slash - of) + 1 : 1);
    DIR *folder = name.failed ? NULL : opendir(name.s);
    for (const struct dirent *e; folder && (e = readdir(folder));) {
        const long process = writer_of(e->d_name, slash ? slash + 1 : of);
        if (process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH)
            (void)unlinkat(dirfd(folder), e->d_name, 0);
    }
    if (folder)
        closedir(folder);
    cr_text_free(&name);
    free(real);
}

int cr_beside_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text folder = {0};
    cr_text_addn(&folder, path, slash ? (size_t)(slash - path) : 0);
    if (!slash)
        cr_text_addc(&folder, '.');
    else if (slash == path)
        cr_text_addc(&folder, '/');
    int fd = folder.failed ? -1 : open(folder.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_text_free(&folder);
    if (fd < 0)
        return 0;
    /* some file systems cannot sync a folder: the file itself is safe */
    int ok = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
    close(fd);
    return ok;
}
