/* Networks from network files, for the public header. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chainrule/file.h"
#include "formats/network_file.h"
#include "formats/yaml.h"
#include "net/net.h"

cr_status cr_net_load_memory(const char *text, size_t size, const char *name,
                             const cr_load_options *options, cr_net **out, cr_error *err)
{
    static const cr_load_options defaults;
    struct spec *spec;
    if (!options)
        options = &defaults;
    const size_t max = options->max_memory ? options->max_memory : CR_MAX_MEMORY;
    cr_status status = cr_network_file_read(text, size, name, max, &spec, err);
    if (status != CR_OK)
        return status;
    const uint64_t seed = options->has_seed ? options->seed : spec->seed;
    status = cr_net_build(spec, options->type, seed, max, out, err);
    if (status != CR_OK)
        cr_spec_free(spec);
    return status;
}

static cr_status fail_file(cr_error *err, const char *path, const char *what)
{
    const struct source src = {path, NULL, 0};
    return cr_fail_at(err, CR_ERR_IO, &src, (struct place){0}, "%s", what);
}

/* What does not end is read only as far as a network file may go. */
static cr_status read_file(FILE *file, const char *path, struct text *out, cr_error *err)
{
    char buf[4096];
    size_t n;
    while (out->len <= YAML_MAX_SIZE && (n = fread(buf, 1, sizeof buf, file)) > 0)
        cr_text_addn(out, buf, n);
    if (ferror(file))
        return fail_file(err, path,
                         errno == EISDIR ? "this is a folder, not a file" : strerror(errno));
    return out->failed ? cr_fail_memory(err) : CR_OK;
}

cr_status cr_net_load(const char *path, const cr_load_options *options, cr_net **out, cr_error *err)
{
    struct text text = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail_file(err, path, errno == ENOENT ? "there is no such file" : strerror(errno));
    cr_status status = read_file(file, path, &text, err);
    fclose(file);
    if (status == CR_OK)
        status = cr_net_load_memory(cr_text_str(&text), text.len, path, options, out, err);
    cr_text_free(&text);
    return status;
}
