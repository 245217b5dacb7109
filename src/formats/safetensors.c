#include "formats/safetensors.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dtype {
    const char *name;
    size_t size;
} dtypes[] = {
    {"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4},  {"I16", 2},
    {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1},
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they are");

static const char metadata_key[] = "__metadata__";

void cr_safetensors_free(struct safetensors *s)
{
    cr_arena_free(&s->arena);
    *s = (struct safetensors){0};
}

static cr_status CR_PRINTF(3, 4)
    fail(const struct source *file, cr_error *err, const char *fmt, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const struct source name_only = {.name = file->name};
    return cr_fail_at(err, CR_ERR_FORMAT, &name_only, (struct place){0}, "%s", message);
}

static size_t dtype_size(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(dtypes[i].name, name))
            return dtypes[i].size;
    return 0;
}

/* A JSON integer that is a size. */
static int read_size(const json_t *j, size_t *out)
{
    if (!json_is_integer(j) || json_integer_value(j) < 0)
        return 0;
    *out = (size_t)json_integer_value(j);
    return 1;
}

static cr_status read_shape(const struct source *file, const json_t *shape, struct tensor *t,
                            size_t *numbers, cr_error *err)
{
    if (!json_is_array(shape))
        return fail(file, err, "tensor '%s' has no shape", t->name);
    if (json_array_size(shape) > TENSOR_DIMS)
        return fail(file, err, "tensor '%s' has %zu dimensions; at most %d are read", t->name,
                    json_array_size(shape), TENSOR_DIMS);
    t->n_dims = json_array_size(shape);
    *numbers = 1;
    for (size_t i = 0; i < t->n_dims; i++) {
        if (!read_size(json_array_get(shape, i), &t->dim[i]))
            return fail(file, err, "the shape of tensor '%s' holds something that is no size",
                        t->name);
        if (!cr_mul_size(*numbers, t->dim[i], numbers))
            return fail(file, err, "the shape of tensor '%s' is absurdly large", t->name);
    }
    return CR_OK;
}

static cr_status read_tensor(const struct source *file, const json_t *j, size_t data_size,
                             struct tensor *t, struct arena *a, cr_error *err)
{
    const char *dtype = json_string_value(json_object_get(j, "dtype"));
    const json_t *offsets = json_object_get(j, "data_offsets");
    size_t end = 0, numbers = 0, bytes = 0;
    if (!json_is_object(j))
        return fail(file, err, "the entry of tensor '%s' is no JSON object", t->name);
    if (!dtype)
        return fail(file, err, "tensor '%s' has no dtype", t->name);
    if (!dtype_size(dtype))
        return fail(file, err, "tensor '%s' has the unknown dtype '%s'", t->name, dtype);
    if (!(t->dtype = cr_arena_strdup(a, dtype)))
        return cr_fail_memory(err);
    cr_status status = read_shape(file, json_object_get(j, "shape"), t, &numbers, err);
    if (status != CR_OK)
        return status;
    if (!cr_mul_size(numbers, dtype_size(dtype), &bytes))
        return fail(file, err, "the shape of tensor '%s' is absurdly large", t->name);
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_size(json_array_get(offsets, 0), &t->offset) ||
        !read_size(json_array_get(offsets, 1), &end))
        return fail(file, err, "tensor '%s' needs two data_offsets, begin and end", t->name);
    if (end < t->offset || end > data_size)
        return fail(file, err, "tensor '%s' lies at bytes %zu to %zu, but the file holds %zu",
                    t->name, t->offset, end, data_size);
    t->size = end - t->offset;
    if (t->size != bytes)
        return fail(file, err, "tensor '%s' has %zu bytes, but its shape and dtype need %zu",
                    t->name, t->size, bytes);
    if (t->offset % dtype_size(dtype) != 0)
        return fail(file, err, "tensor '%s' starts at byte %zu, not at a multiple of %zu", t->name,
                    t->offset, dtype_size(dtype));
    return CR_OK;
}

static cr_status read_metadata(const struct source *file, const json_t *object,
                               struct safetensors *s, cr_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return fail(file, err, "__metadata__ is no JSON object");
    size_t n = json_object_size(object);
    s->key = arena_new(&s->arena, const char *, n);
    s->value = arena_new(&s->arena, const char *, n);
    if (!s->key || !s->value)
        return cr_fail_memory(err);
    json_object_foreach ((json_t *)object, key, value) {
        if (!json_is_string(value))
            return fail(file, err, "__metadata__ '%s' is no string", key);
        s->key[s->n_metadata] = cr_arena_strdup(&s->arena, key);
        s->value[s->n_metadata] = cr_arena_strdup(&s->arena, json_string_value(value));
        if (!s->key[s->n_metadata] || !s->value[s->n_metadata])
            return cr_fail_memory(err);
        s->n_metadata++;
    }
    return CR_OK;
}

static int by_offset(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

static cr_status check_gaps(const struct source *file, const struct safetensors *s,
                            size_t data_size, cr_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct tensor *t = &s->tensor[i];
        if (t->offset < at)
            return fail(file, err, "tensors '%s' and '%s' overlap", s->tensor[i - 1].name, t->name);
        if (t->offset > at)
            return fail(file, err, "there is a gap of %zu bytes before tensor '%s'", t->offset - at,
                        t->name);
        at += t->size;
    }
    if (at < data_size)
        return fail(file, err, "%zu bytes after the last tensor belong to none", data_size - at);
    return CR_OK;
}

static cr_status read_entries(const struct source *file, const json_t *root,
                              const unsigned char *data, size_t data_size, struct safetensors *s,
                              cr_error *err)
{
    const char *key;
    json_t *value;
    cr_status status = CR_OK;
    s->tensor = arena_new(&s->arena, struct tensor, json_object_size(root));
    if (!s->tensor)
        return cr_fail_memory(err);
    json_object_foreach ((json_t *)root, key, value) {
        if (!strcmp(key, metadata_key)) {
            status = read_metadata(file, value, s, err);
        } else {
            struct tensor *t = &s->tensor[s->n];
            if (!(t->name = cr_arena_strdup(&s->arena, key)))
                return cr_fail_memory(err);
            status = read_tensor(file, value, data_size, t, &s->arena, err);
            if (status == CR_OK)
                t->data = data + t->offset;
            s->n++;
        }
        if (status != CR_OK)
            return status;
    }
    if (s->n > 1)
        qsort(s->tensor, s->n, sizeof *s->tensor, by_offset);
    return check_gaps(file, s, data_size, err);
}

static cr_status read_header(const struct source *file, size_t *header, cr_error *err)
{
    const unsigned char *bytes = (const unsigned char *)file->text;
    uint64_t n = 0;
    if (file->size < 8)
        return fail(file, err, "not a model file: only %zu bytes", file->size);
    for (int i = 7; i >= 0; i--)
        n = n << 8 | bytes[i];
    if (n < 2 || n > file->size - 8) {
        fail(file, err, "not a model file: its header would have %llu bytes, but the file has %zu",
             (unsigned long long)n, file->size);
        cr_hint(err, "a safetensors file is needed, as `chainrule train` writes it");
        return CR_ERR_FORMAT;
    }
    if (n > SAFETENSORS_MAX_HEADER)
        return fail(file, err, "the header has %llu bytes; at most %d are read",
                    (unsigned long long)n, SAFETENSORS_MAX_HEADER);
    if (bytes[8] != '{')
        return fail(file, err, "not a model file: its header does not start with '{'");
    *header = (size_t)n;
    return CR_OK;
}

cr_status cr_safetensors_read(const struct source *file, struct safetensors *out, cr_error *err)
{
    size_t header = 0;
    json_error_t why;
    cr_status status = read_header(file, &header, err);
    if (status != CR_OK)
        return status;
    json_t *root = json_loadb(file->text + 8, header, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return fail(file, err, "the header is not valid JSON (line %d, column %d): %s", why.line,
                    why.column, why.text);
    struct safetensors s = {0};
    status = read_entries(file, root, (const unsigned char *)file->text + 8 + header,
                          file->size - 8 - header, &s, err);
    json_decref(root);
    if (status != CR_OK) {
        cr_safetensors_free(&s);
        return status;
    }
    *out = s;
    return CR_OK;
}

const struct tensor *cr_safetensors_find(const struct safetensors *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->tensor[i].name, name))
            return &s->tensor[i];
    return NULL;
}

const char *cr_safetensors_metadata(const struct safetensors *s, const char *key)
{
    for (size_t i = 0; i < s->n_metadata; i++)
        if (!strcmp(s->key[i], key))
            return s->value[i];
    return NULL;
}

static json_t *tensor_json(const struct tensor *t, size_t *offset)
{
    json_t *shape = json_array();
    const char *dtype = t->dtype ? t->dtype : "F32";
    size_t size = dtype_size(dtype);
    for (size_t i = 0; i < t->n_dims; i++) {
        json_array_append_new(shape, json_integer((json_int_t)t->dim[i]));
        size *= t->dim[i];
    }
    json_t *j = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype, "shape", shape, "data_offsets",
                          (json_int_t)*offset, (json_int_t)(*offset + size));
    *offset += size;
    return j;
}

void cr_safetensors_header(const struct tensor *tensor, size_t n, const char *const *key,
                           const char *const *value, size_t n_metadata, struct text *out)
{
    json_t *root = json_object(), *metadata = json_object();
    size_t offset = 0;
    int ok = root && metadata;
    for (size_t i = 0; ok && i < n_metadata; i++)
        ok = json_object_set_new(metadata, key[i], json_string(value[i])) == 0;
    ok = ok && json_object_set(root, metadata_key, metadata) == 0;
    for (size_t i = 0; ok && i < n; i++)
        ok = json_object_set_new(root, tensor[i].name, tensor_json(&tensor[i], &offset)) == 0;
    char *text = ok ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(metadata);
    json_decref(root);
    if (!text) {
        out->failed = 1;
        return;
    }
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    for (int i = 0; i < 8; i++)
        cr_text_addc(out, (char)((uint64_t)padded >> 8 * i & 0xFF));
    cr_text_addn(out, text, length);
    cr_text_repeat(out, ' ', padded - length);
    free(text);
}
