#include "data/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MAGIC = 6, MOST_HEADER = 1 << 16, MOST_DIMS = 32 };

cr_status cr_fail_byte(const struct array_file *file, size_t at, cr_error *err, const char *fmt,
                       ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const struct source src = {.name = file->name};
    return cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "%s, at byte %zu", message, at);
}

/* The header, a Python dictionary, of which only what numpy writes is understood. */
struct header {
    const struct array_file *file;
    const char *text;
    size_t size, at;
    size_t where; /* of text in the file */
    size_t dims;  /* of the shape */
    cr_error *err;
};

static cr_status wrong(const struct header *h, const char *what)
{
    return cr_fail_byte(h->file, h->where + h->at, h->err, "%s", what);
}

static void skip_blanks(struct header *h)
{
    while (h->at < h->size && strchr(" \t\n", h->text[h->at]) && h->text[h->at])
        h->at++;
}

static int take(struct header *h, char c)
{
    skip_blanks(h);
    if (h->at == h->size || h->text[h->at] != c)
        return 0;
    h->at++;
    return 1;
}

static int take_word(struct header *h, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(h);
    if (h->size - h->at < n || memcmp(h->text + h->at, word, n) != 0)
        return 0;
    h->at += n;
    return 1;
}

/* A text in quotes, into at most `size` bytes with the terminator. */
static int take_text(struct header *h, char *out, size_t size)
{
    skip_blanks(h);
    const char quote = h->at < h->size ? h->text[h->at] : '\0';
    if (quote != '\'' && quote != '"')
        return 0;
    size_t n = 0;
    for (h->at++; h->at < h->size && h->text[h->at] != quote; h->at++) {
        if (n + 1 == size || h->text[h->at] == '\\')
            return 0;
        out[n++] = h->text[h->at];
    }
    if (h->at == h->size)
        return 0;
    h->at++;
    out[n] = '\0';
    return 1;
}

static int take_size(struct header *h, size_t *out)
{
    size_t v = 0, digits = 0;
    skip_blanks(h);
    for (; h->at < h->size && h->text[h->at] >= '0' && h->text[h->at] <= '9'; h->at++, digits++) {
        if (v > (SIZE_MAX - 9) / 10)
            return 0;
        v = v * 10 + (size_t)(h->text[h->at] - '0');
    }
    if (h->at < h->size && h->text[h->at] == 'L')
        h->at++;
    *out = v;
    return digits > 0;
}

/* "<f8", "|b1", "<U10". */
static cr_status read_type(struct header *h, struct array *a)
{
    char text[32];
    size_t digits = 1;
    skip_blanks(h);
    if (h->at < h->size && h->text[h->at] == '[')
        return wrong(h, "an array of records is not read; one array for each column is");
    const size_t at = h->at;
    if (!take_text(h, text, sizeof text))
        return wrong(h, "the type of the items ('descr') is no text");
    h->at = at;
    const char order = strchr("<>|=", text[0]) && text[0] ? text[0] : '\0';
    const char *letter = text + (order != '\0');
    if (*letter == 'O')
        return wrong(h, "an array of Python objects (a pickle) is never read");
    a->big_endian = order == '>';
    a->size = 0;
    for (const char *s = letter + (*letter != '\0'); *s; s++, digits++) {
        if (*s < '0' || *s > '9' || digits > 6)
            return wrong(h, "an unknown type of items");
        a->size = a->size * 10 + (size_t)(*s - '0');
    }
    static const char kinds[] = {'b', 'i', 'u', 'f', 'S', 'U'};
    int kind = 0;
    while (kind < 6 && kinds[kind] != *letter)
        kind++;
    a->kind = (enum item_kind)kind;
    const int power = a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8;
    if (kind == 6 || (a->kind <= ITEM_FLOAT && !power) || (a->kind == ITEM_BOOL && a->size != 1) ||
        (a->kind == ITEM_FLOAT && a->size == 1))
        return wrong(h, "items of this type are not read");
    if (a->kind == ITEM_UNICODE)
        a->size *= 4;
    if (a->size == 0)
        return wrong(h, "items without a size");
    take_text(h, text, sizeof text);
    return CR_OK;
}

static cr_status read_shape(struct header *h, struct array *a)
{
    a->rows = a->width = 1;
    if (!take(h, '('))
        return wrong(h, "the shape is no list of sizes");
    while (!take(h, ')')) {
        size_t n;
        if (h->dims == MOST_DIMS || !take_size(h, &n))
            return wrong(h, "the shape holds something that is no size");
        size_t *to = h->dims++ ? &a->width : &a->rows;
        if (!cr_mul_size(*to, n, to))
            return wrong(h, "the shape is absurdly large");
        if (!take(h, ',') && !(h->at < h->size && h->text[h->at] == ')'))
            return wrong(h, "the shape is no list of sizes");
    }
    return h->dims ? CR_OK : wrong(h, "a single number is no table");
}

static cr_status read_dictionary(struct header *h, struct array *a)
{
    int type = 0, order = 0, shape = 0;
    char key[32];
    if (!take(h, '{'))
        return wrong(h, "the header is no dictionary");
    while (!take(h, '}')) {
        if (!take_text(h, key, sizeof key) || !take(h, ':'))
            return wrong(h, "the header is no dictionary");
        cr_status status = CR_OK;
        if (!strcmp(key, "descr") && !type++) {
            status = read_type(h, a);
        } else if (!strcmp(key, "shape") && !shape++) {
            status = read_shape(h, a);
        } else if (!strcmp(key, "fortran_order") && !order++) {
            a->columns_first = take_word(h, "True");
            if (!a->columns_first && !take_word(h, "False"))
                status = wrong(h, "'fortran_order' is neither True nor False");
        } else {
            status = wrong(h, "the header has a key that is unknown, or twice");
        }
        if (status != CR_OK)
            return status;
        if (!take(h, ',') && !(h->at < h->size && h->text[h->at] == '}'))
            return wrong(h, "the header is no dictionary");
    }
    if (!type || !order || !shape)
        return wrong(h, "the header lacks 'descr', 'fortran_order' or 'shape'");
    if (a->columns_first && h->dims > 2)
        return wrong(h, "more than two dimensions in Fortran order are not read");
    return CR_OK;
}

cr_status cr_npy_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      size_t where, struct array *out, cr_error *err)
{
    struct array a = {.name = out->name};
    if (size < MAGIC + 4 || memcmp(bytes, "\x93NUMPY", MAGIC) != 0)
        return cr_fail_byte(file, where, err,
                            "not a NumPy array: it does not begin with \\x93NUMPY");
    const int version = bytes[MAGIC];
    if (version < 1 || version > 3)
        return cr_fail_byte(file, where + MAGIC, err, "version %d of .npy is unknown", version);
    const size_t start = version == 1 ? MAGIC + 4 : MAGIC + 6;
    size_t length = 0;
    for (size_t i = MAGIC + 2; i < start && start <= size; i++)
        length |= (size_t)bytes[i] << 8 * (i - MAGIC - 2);
    if (start > size || length > size - start)
        return cr_fail_byte(file, where + MAGIC + 2, err,
                            "the header would have %zu bytes, but the file ends before", length);
    if (length > MOST_HEADER)
        return cr_fail_byte(file, where + MAGIC + 2, err, "a header of %zu bytes", length);
    struct header h = {file, (const char *)bytes + start, length, 0, where + start, 0, err};
    const cr_status status = read_dictionary(&h, &a);
    if (status != CR_OK)
        return status;
    size_t need;
    if (!cr_mul_size(a.rows, a.width, &need) || !cr_mul_size(need, a.size, &need) ||
        need != size - start - length)
        return cr_fail_byte(file, where + start + length, err,
                            "the shape (%zu rows of %zu) and items of %zu bytes do not fit the %zu "
                            "bytes of data",
                            a.rows, a.width, a.size, size - start - length);
    a.data = bytes + start + length;
    *out = a;
    return CR_OK;
}

cr_status cr_idx_read(const struct array_file *file, const unsigned char *bytes, size_t size,
                      struct array *out, cr_error *err)
{
    static const struct {
        unsigned char code;
        enum item_kind kind;
        size_t size;
    } types[] = {{0x08, ITEM_UNSIGNED, 1}, {0x09, ITEM_INT, 1},   {0x0B, ITEM_INT, 2},
                 {0x0C, ITEM_INT, 4},      {0x0D, ITEM_FLOAT, 4}, {0x0E, ITEM_FLOAT, 8}};
    struct array a = {.name = out->name, .rows = 1, .width = 1, .big_endian = 1};
    size_t i = 0, need;
    if (size < 4 || bytes[0] || bytes[1])
        return cr_fail_byte(file, 0, err, "not an IDX file: it does not begin with two zeros");
    while (i < sizeof types / sizeof *types && types[i].code != bytes[2])
        i++;
    if (i == sizeof types / sizeof *types)
        return cr_fail_byte(file, 2, err, "items of type 0x%02X are unknown", bytes[2]);
    a.kind = types[i].kind;
    a.size = types[i].size;
    const size_t dims = bytes[3], start = 4 + 4 * dims;
    if (dims == 0)
        return cr_fail_byte(file, 3, err, "a single number is no table");
    if (start > size)
        return cr_fail_byte(file, 4, err, "the file ends within its %zu sizes", dims);
    for (size_t d = 0; d < dims; d++) {
        const unsigned char *p = bytes + 4 + 4 * d;
        const size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        size_t *to = d ? &a.width : &a.rows;
        if (!cr_mul_size(*to, n, to))
            return cr_fail_byte(file, 4 + 4 * d, err, "the sizes are absurdly large");
    }
    if (!cr_mul_size(a.rows, a.width, &need) || !cr_mul_size(need, a.size, &need) ||
        need != size - start)
        return cr_fail_byte(file, start, err,
                            "the sizes (%zu rows of %zu) and items of %zu byte%s do not fit the "
                            "%zu bytes of data",
                            a.rows, a.width, a.size, a.size == 1 ? "" : "s", size - start);
    a.data = bytes + start;
    *out = a;
    return CR_OK;
}
