/* Files that appear only when complete, and reading whole ones. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int fail_file(const char *name, const char *what)
{
    return cli_fail_text(NULL, "cannot %s '%s': %s", what, name, strerror(errno));
}

static void forget(struct cli_out *out)
{
    free(out->path);
    free(out->temp);
    out->path = out->temp = NULL;
    out->file = NULL;
}

/* A new file beside `path`, with the permissions that the finished file should have. */
static FILE *open_temp(struct cli_out *out, const struct stat *old)
{
    static const char ending[] = ".XXXXXX";
    const size_t n = strlen(out->path);
    out->temp = malloc(n + sizeof ending);
    if (!out->temp)
        return NULL;
    memcpy(out->temp, out->path, n);
    memcpy(out->temp + n, ending, sizeof ending);
    int fd = mkstemp(out->temp);
    if (fd < 0)
        return NULL;
    const mode_t mask = umask(0);
    umask(mask);
    FILE *file = NULL;
    if (fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask) == 0)
        file = fdopen(fd, "wb");
    if (!file) {
        const int error = errno;
        close(fd);
        unlink(out->temp);
        errno = error;
    }
    return file;
}

int cli_out_open(struct cli_out *out, const char *path)
{
    *out = (struct cli_out){.name = path};
    if (!path || strcmp(path, "-") == 0) {
        out->file = stdout;
        out->name = NULL;
        return 0;
    }
    struct stat old;
    const int exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
        out->file = fopen(path, "wb");
    } else {
        /* A link keeps pointing to the file that it names. */
        out->path = exists ? realpath(path, NULL) : strdup(path);
        out->file = out->path ? open_temp(out, exists ? &old : NULL) : NULL;
    }
    if (!out->file) {
        const int result = fail_file(path, "write");
        forget(out);
        return result;
    }
    return 0;
}

int cli_out_close(struct cli_out *out)
{
    if (!out->name) {
        out->file = NULL;
        return 0; /* main checks standard output */
    }
    int ok = fflush(out->file) == 0 && !ferror(out->file);
    if (ok && out->temp)
        ok = fsync(fileno(out->file)) == 0;
    int error = errno;
    if (fclose(out->file) != 0 && ok)
        ok = 0, error = errno;
    if (ok && out->temp && rename(out->temp, out->path) != 0)
        ok = 0, error = errno;
    if (!ok && out->temp)
        unlink(out->temp);
    const char *name = out->name;
    forget(out);
    errno = error;
    return ok ? 0 : fail_file(name, "write");
}

void cli_out_drop(struct cli_out *out)
{
    if (out->name && out->file)
        fclose(out->file);
    if (out->temp)
        unlink(out->temp);
    forget(out);
}

int cli_write(const char *path, const void *data, size_t size)
{
    struct cli_out out;
    if (cli_out_open(&out, path))
        return CLI_FAILED;
    if (size)
        fwrite(data, 1, size, out.file);
    return cli_out_close(&out);
}

/* Everything up to the end of the stream. -1 with errno set, EFBIG over the limit. */
static int read_all(FILE *file, size_t limit, char **data, size_t *size)
{
    size_t cap = 4096, n = 0;
    char *buf = malloc(cap);
    while (buf) {
        n += fread(buf + n, 1, cap - 1 - n, file);
        if (ferror(file) || n > limit) {
            if (n > limit)
                errno = EFBIG;
            break;
        }
        if (n < cap - 1) {
            buf[n] = '\0';
            *data = buf;
            *size = n;
            return 0;
        }
        cap *= 2;
        char *more = cap > n ? realloc(buf, cap) : NULL;
        if (!more)
            break;
        buf = more;
    }
    const int error = errno;
    free(buf);
    errno = error;
    return -1;
}

int cli_read(const char *path, size_t limit, char **data, size_t *size)
{
    const int is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file)
        return fail_file(path, "read");
    int result = read_all(file, limit, data, size);
    if (result)
        result = fail_file(is_stdin ? "standard input" : path, "read");
    if (!is_stdin)
        fclose(file);
    return result;
}
