#include "data/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static cr_status fail(const char *folder, int problem, cr_error *err)
{
    cr_fail(err, CR_ERR_IO, "cannot keep data in '%s': %s", folder, strerror(problem));
    if (problem == ENOENT)
        cr_hint(err, "it must be a folder that is there");
    return CR_ERR_IO;
}

/* A file that nobody else sees. */
static int make_file(const char *folder)
{
    static const char name[] = "/.chainrule-XXXXXX";
    char *path = malloc(strlen(folder) + sizeof name);
    if (!path)
        return -1;
    sprintf(path, "%s%s", folder, name);
    const int fd = mkstemp(path);
    if (fd >= 0) {
        unlink(path);
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    free(path);
    return fd;
}

cr_status cr_spill_grow(struct spill *s, const char *folder, size_t size, cr_error *err)
{
    if (s->p && size <= s->size)
        return CR_OK;
    size = size ? size : 1;
    const int fd = s->p ? s->fd : make_file(folder);
    if (fd < 0)
        return fail(folder, errno, err);
    const int problem = size > (size_t)PTRDIFF_MAX ? EFBIG : posix_fallocate(fd, 0, (off_t)size);
    void *p = problem ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        const int why = problem ? problem : errno;
        if (!s->p)
            close(fd);
        return fail(folder, why, err);
    }
    if (s->p)
        munmap(s->p, s->size);
    *s = (struct spill){p, size, fd};
    return CR_OK;
}

void cr_spill_free(struct spill *s)
{
    if (!s->p)
        return;
    munmap(s->p, s->size);
    close(s->fd);
    *s = (struct spill){0};
}

/* Whole pages around the bytes. */
static void advise(const void *p, size_t size, int advice)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)p;
    if (size > 0)
        (void)posix_madvise((char *)(at - at % page), size + at % page, advice);
}

void cr_mapped_scattered(const void *p, size_t size, int scattered)
{
    advise(p, size, scattered ? POSIX_MADV_RANDOM : POSIX_MADV_NORMAL);
}

void cr_mapped_ask(const void *p, size_t size)
{
    advise(p, size, POSIX_MADV_WILLNEED);
}
