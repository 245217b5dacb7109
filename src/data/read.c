/* A file to a table. */
#include <stdlib.h>
#include <string.h>

#include "data/read.h"
#include "data/cache.h"
#include "data/npy.h"
#include "data/reader.h"
#include "data/types.h"

static cr_status fail_no_rows(const struct reader *r, cr_error *err)
{
    const struct source src = {.name = cr_reader_name(r)};
    return cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                      "there are no rows after the header");
}

/* Read all rows; again where some cell did not fit, with what is known then. */
static cr_status read_rows(struct reader *r, const char *folder, struct cr_table **out,
                           cr_error *err)
{
    struct cr_table *t = NULL;
    cr_status status = CR_OK;
    for (int first = 1; status == CR_OK && (first || cr_types_again(r, t)); first = 0) {
        if (!first)
            status = cr_reader_rewind(r, err);
        cr_table_free(t);
        t = NULL;
        if (status == CR_OK)
            status = cr_reader_table(r, folder, &t, err);
        for (int more = 1; status == CR_OK && more;)
            status = cr_reader_next(r, t, TABLE_LABELS, &more, err);
        if (status == CR_OK && t->rows == 0)
            status = fail_no_rows(r, err);
    }
    if (status == CR_OK)
        status = cr_types_settle(cr_reader_counts(r), t, err);
    if (status != CR_OK) {
        cr_table_free(t);
        return status;
    }
    *out = t;
    return CR_OK;
}

static const char *describe(struct reader *r, struct arena *a)
{
    static const char *const names[] = {"comma", "semicolon", "tab", "bar"};
    static const char delimiters[] = ",;\t|";
    const char delimiter = cr_reader_delimiter(r);
    const char *found = strchr(delimiters, delimiter);
    return cr_arena_printf(a, "%sCSV, %s between fields, %s",
                           cr_reader_is_gzip(r) ? "compressed " : "",
                           found ? names[found - delimiters] : "another character",
                           cr_reader_plan(r)->header ? "names in the first line" : "no names");
}

static cr_status read_csv(struct input *in, const cr_table_options *options, cr_table **out,
                          cr_error *err)
{
    struct reader *r;
    struct cr_table *t = NULL;
    cr_status status = cr_reader_open(in, options, &r, err);
    if (status != CR_OK)
        return status;
    status = read_rows(r, options ? options->cache : NULL, &t, err);
    if (status == CR_OK && !(t->format = describe(r, &t->arena))) {
        cr_table_free(t);
        status = cr_fail_memory(err);
    }
    cr_reader_close(r);
    if (status == CR_OK)
        *out = t;
    return status;
}

/* Binary formats: how they begin, and how their bytes become arrays. */
struct format {
    const char *name;
    int (*is)(const unsigned char *head, size_t n);
    cr_status (*read)(const struct array_file *file, const unsigned char *bytes, size_t size,
                      struct arena *arena, struct array **out, size_t *n, cr_error *err);
};

static int is_npy(const unsigned char *head, size_t n)
{
    return n >= 6 && !memcmp(head, "\x93NUMPY", 6);
}

static int is_npz(const unsigned char *head, size_t n)
{
    return n >= 4 && (!memcmp(head, "PK\3\4", 4) || !memcmp(head, "PK\5\6", 4));
}

static int is_idx(const unsigned char *head, size_t n)
{
    return n >= 4 && !head[0] && !head[1] && head[2] >= 8 && head[2] <= 14 && head[3] < 16;
}

static cr_status one_array(struct arena *arena, struct array **out, size_t *n, cr_error *err)
{
    *n = 1;
    *out = arena_new(arena, struct array, 1);
    if (!*out)
        return cr_fail_memory(err);
    (*out)->name = "x";
    return CR_OK;
}

static cr_status read_npy(const struct array_file *file, const unsigned char *bytes, size_t size,
                          struct arena *arena, struct array **out, size_t *n, cr_error *err)
{
    const cr_status status = one_array(arena, out, n, err);
    return status == CR_OK ? cr_npy_read(file, bytes, size, 0, *out, err) : status;
}

static cr_status read_idx(const struct array_file *file, const unsigned char *bytes, size_t size,
                          struct arena *arena, struct array **out, size_t *n, cr_error *err)
{
    const cr_status status = one_array(arena, out, n, err);
    return status == CR_OK ? cr_idx_read(file, bytes, size, *out, err) : status;
}

static const struct format formats[] = {
    {"NumPy array", is_npy, read_npy},
    {"NumPy archive", is_npz, cr_npz_read},
    {"IDX", is_idx, read_idx},
};

/* The labels of MNIST's images lie in a file beside them, whose name differs in this. */
static char *label_path(const char *path)
{
    static const char from[] = "images", to[] = "labels";
    const char *at = NULL, *dims = NULL;
    for (const char *p = path; (p = strstr(p, from)); p++)
        at = p;
    char *other = at ? malloc(strlen(path) + 1) : NULL;
    if (!other)
        return NULL;
    strcpy(other, path);
    memcpy(other + (at - path), to, sizeof to - 1);
    if ((dims = strstr(other, "idx3")))
        other[dims - other + 3] = '1';
    return other;
}

/* Add the array `label` where the images' file has such a neighbour. */
static cr_status add_labels(const char *path, const struct array_file *file, struct array *images,
                            unsigned char **bytes, struct array **out, struct arena *arena,
                            size_t *n, cr_error *err)
{
    struct input *in = NULL;
    size_t size;
    char *other = images->width > 1 && file->format == formats[2].name ? label_path(path) : NULL;
    if (!other || cr_input_open(other, 1, &in, NULL) != CR_OK) {
        free(other);
        return CR_OK;
    }
    const struct array_file labels = {other, file->format, 0};
    struct array *both = arena_new(arena, struct array, 2);
    cr_status status = both ? cr_input_read_all(in, bytes, &size, err) : cr_fail_memory(err);
    if (status == CR_OK) {
        both[0] = *images;
        both[1].name = "label";
        status = cr_idx_read(&labels, *bytes, size, &both[1], err);
        *out = both;
        *n = 2;
    }
    cr_input_close(in);
    free(other);
    return status;
}

static cr_status read_arrays(struct input *in, const char *path, const struct format *format,
                             const cr_table_options *options, cr_table **out, cr_error *err)
{
    struct array_file file = {cr_input_name(in), format->name, 0};
    struct arena arena = {0};
    struct array *array = NULL;
    unsigned char *bytes = NULL, *labels = NULL;
    size_t size = 0, n = 0;
    cr_status status = cr_input_read_all(in, &bytes, &size, err);
    file.packed = cr_input_is_gzip(in) ? cr_input_taken(in) : size;
    if (status == CR_OK)
        status = format->read(&file, bytes, size, &arena, &array, &n, err);
    if (status == CR_OK && path)
        status = add_labels(path, &file, array, &labels, &array, &arena, &n, err);
    if (status == CR_OK)
        status = cr_arrays_table(array, n, &file, options, out, err);
    cr_arena_free(&arena);
    free(bytes);
    free(labels);
    cr_input_close(in);
    return status;
}

/* The binary format of that beginning, or NULL. */
static const struct format *find_format(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].is(head, n))
            return &formats[i];
    return NULL;
}

cr_status cr_input_is_arrays(struct input *in, int *is, cr_error *err)
{
    const unsigned char *head;
    size_t n = 0;
    const cr_status status = cr_input_peek(in, &head, &n, err);
    *is = status == CR_OK && find_format(head, n);
    return status;
}

cr_status cr_input_table(struct input *in, const char *path, const cr_table_options *options,
                         cr_table **out, cr_error *err)
{
    static const cr_table_options all;
    const unsigned char *head;
    size_t n = 0;
    const cr_status status = cr_input_peek(in, &head, &n, err);
    if (status != CR_OK) {
        cr_input_close(in);
        return status;
    }
    const struct format *format = find_format(head, n);
    return format ? read_arrays(in, path, format, options ? options : &all, out, err)
                  : read_csv(in, options, out, err);
}

cr_status cr_table_read(const char *path, const cr_table_options *options, cr_table **out,
                        cr_error *err)
{
    struct input *in;
    struct cache cache = {0};
    struct cr_table *t = NULL;
    cr_status status = CR_OK;
    if (options && options->cache)
        status = cr_cache_find(path, options, &cache, &t, err);
    const int found = t != NULL;
    if (status == CR_OK && !found)
        status = cr_input_open(path, 1, &in, err);
    if (status == CR_OK && !found)
        status = cr_input_table(in, path, options, &t, err);
    if (status == CR_OK && !found && t->folder) /* others than CSV are quick to read */
        status = cr_cache_keep(&cache, path, options, t, err);
    cr_cache_free(&cache);
    if (status != CR_OK) {
        cr_table_free(t);
        return status;
    }
    *out = t;
    return CR_OK;
}

cr_status cr_table_parse(const char *name, const char *text, size_t size,
                         const cr_table_options *options, cr_table **out, cr_error *err)
{
    struct input *in;
    const cr_status status = cr_input_memory(name, text, size, &in, err);
    return status == CR_OK ? cr_input_table(in, NULL, options, out, err) : status;
}

/* The options that read a file with the columns of a table. */
static cr_table_options options_like(const cr_table *t, const char **name, cr_column_type *type)
{
    cr_table_options o = {.columns = name, .column_types = type, .cache = t->folder};
    for (size_t i = 0; i < t->cols; i++) {
        const struct column *c = &t->column[i];
        switch (c->role) {
        case CR_ROLE_LABEL:
            o.label = c->name;
            o.label_type = c->code ? CR_COLUMN_CATEGORY : CR_COLUMN_NUMBER;
            break;
        case CR_ROLE_GROUP: break;
        case CR_ROLE_WEIGHT: o.weight = c->name; break;
        case CR_ROLE_ORDER:
        case CR_ROLE_INPUT:
            if (!cr_column_is_ignored(c)) {
                name[o.n_columns] = c->name;
                type[o.n_columns++] = c->type;
            }
        }
    }
    return o;
}

cr_status cr_table_read_like(const char *path, const cr_table *like, cr_table **out, cr_error *err)
{
    const char **name = calloc(like->cols + 1, sizeof *name);
    cr_column_type *type = calloc(like->cols + 1, sizeof *type);
    cr_status status = CR_OK;
    if (name && type) {
        const cr_table_options o = options_like(like, name, type);
        status = cr_table_read(path, &o, out, err);
    } else {
        status = cr_fail_memory(err);
    }
    free((void *)name);
    free(type);
    return status;
}
