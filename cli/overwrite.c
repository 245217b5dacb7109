/* No command writes over a file that it reads: found before anything is read or written. */
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

/* Arguments that name files, with what messages call them. */
struct named {
    const char *path, *dash, *name;
};

static const char *string_at(const void *args, size_t offset)
{
    const char *s;
    memcpy(&s, (const char *)args + offset, sizeof s);
    return s && strcmp(s, "-") ? s : NULL;
}

static int same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (stat(a, &x) != 0 || stat(b, &y) != 0)
        return strcmp(a, b) == 0;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check(const struct named *out, const struct named *other, int writes)
{
    if (!same_file(out->path, other->path))
        return CLI_DONE;
    if (writes)
        return cli_fail_text("nothing was done", "%s%s and %s%s both name '%s'", other->dash,
                             other->name, out->dash, out->name, out->path);
    return cli_fail_text("nothing was done", "%s%s would overwrite %s%s, '%s'", out->dash,
                         out->name, other->dash, other->name, other->path);
}

int cli_check_overwrite(const struct command *command, const void *args)
{
    enum { MOST = 16 };
    struct named in[MOST], out[MOST];
    size_t n_in = 0, n_out = 0;
    const char *path;
    for (const struct positional *a = command->positionals; a->name && n_in < MOST; a++)
        if ((path = string_at(args, a->offset)) != NULL)
            in[n_in++] = (struct named){path, "", a->name};
    for (const struct option *o = command->options; o->name && n_in < MOST && n_out < MOST; o++) {
        const int reads = o->kind == OPTION_INPUT, writes = o->kind == OPTION_OUTPUT;
        path = reads || writes ? string_at(args, o->offset) : NULL;
        if (path && reads)
            in[n_in++] = (struct named){path, "--", o->name};
        else if (path)
            out[n_out++] = (struct named){path, "--", o->name};
    }
    for (size_t i = 0; i < n_out; i++) {
        int code = CLI_DONE;
        for (size_t k = 0; code == CLI_DONE && k < n_in; k++)
            code = check(&out[i], &in[k], 0);
        for (size_t k = 0; code == CLI_DONE && k < i; k++)
            code = check(&out[i], &out[k], 1);
        if (code != CLI_DONE)
            return code;
    }
    return CLI_DONE;
}
