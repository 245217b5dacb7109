/* The file, with numbers as the machine has them:
 *   head      struct head
 *   about     the format's name; for each column its name, the reason for its type, what it is,
 *             and its levels; up to a multiple of ALIGN with zeros
 *   columns   float64 values or 32-bit codes of each column that has them, each up to a
 *             multiple of ALIGN with zeros */
#include "data/columns_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* FORMAT: raise it with every change of the file, and of how a table is read. */
enum { FORMAT = 1, ALIGN = 64, BLOCK = 64 << 10, LEAST_COLUMN = 8 * 8 };
enum kept { KEPT_NOTHING, KEPT_VALUES, KEPT_CODES };

static const char magic[8] = {'c', 'r', 'c', 'o', 'l', 'u', 'm', 'n'};

struct head {
    char magic[8];
    uint64_t format; /* another byte order makes it another number */
    uint64_t size;   /* bytes of the file, */
    uint64_t about;  /* and of what stands between head and columns */
    uint64_t rows, cols;
    struct columns_origin origin;
    uint64_t sum; /* of all before this, and of `about` */
};

/* Four sums of every fourth word: each step is one to one in the sum and in the word. */
uint64_t cr_columns_sum(uint64_t from, const void *bytes, size_t n)
{
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    const unsigned char *p = bytes;
    uint64_t sum[4] = {from ^ n, from + 1, ~from, from * odd}, word[4];
    for (; n > 0; p += sizeof word) {
        const size_t have = n < sizeof word ? n : sizeof word;
        if (have < sizeof word)
            memset(word, 0, sizeof word);
        memcpy(word, p, have);
        n -= have;
        for (int i = 0; i < 4; i++) {
            const uint64_t v = (sum[i] ^ word[i]) * odd;
            sum[i] = v << 31 | v >> 33;
        }
    }
    uint64_t all = 0;
    for (int i = 0; i < 4; i++) {
        all = (all ^ sum[i]) * odd;
        all ^= all >> 32;
    }
    return all;
}

static enum kept kept_as(const struct column *c)
{
    return c->value ? KEPT_VALUES : c->code ? KEPT_CODES : KEPT_NOTHING;
}

static enum kept kept_for(cr_column_type type)
{
    switch (type) {
    case CR_COLUMN_NUMBER:
    case CR_COLUMN_INTEGER:
    case CR_COLUMN_BOOLEAN:
    case CR_COLUMN_TIME: return KEPT_VALUES;
    case CR_COLUMN_CATEGORY: return KEPT_CODES;
    default: return KEPT_NOTHING;
    }
}

/* Bytes of a column, without and with the zeros behind it. 0: too many. */
static int column_size(enum kept kept, size_t rows, size_t *used, size_t *all)
{
    const size_t item = kept == KEPT_VALUES ? sizeof(double) : sizeof(uint32_t);
    if (!cr_mul_size(rows, kept == KEPT_NOTHING ? 0 : item, used) ||
        !cr_add_size(*used, ALIGN - 1, all))
        return 0;
    *all -= *all % ALIGN;
    return 1;
}

/* Writing */

static int put(int fd, const void *bytes, size_t n, size_t at)
{
    const char *p = bytes;
    while (n > 0) {
        const ssize_t done = pwrite(fd, p, n < 1u << 30 ? n : 1u << 30, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return 0;
        p += done;
        at += (size_t)done;
        n -= (size_t)done;
    }
    return 1;
}

static void add_word(struct text *to, uint64_t v)
{
    cr_text_addn(to, (const char *)&v, sizeof v);
}

static void add_string(struct text *to, const char *s)
{
    const size_t n = strlen(s);
    add_word(to, n);
    cr_text_addn(to, s, n);
}

static void describe(struct text *to, const struct cr_table *t, const enum kept *kept,
                     const uint64_t *sum)
{
    add_string(to, t->format);
    for (size_t i = 0; i < t->cols; i++) {
        const struct column *c = &t->column[i];
        add_string(to, c->name);
        add_string(to, c->why ? c->why : "");
        add_word(to, c->type);
        add_word(to, c->role);
        add_word(to, kept[i]);
        add_word(to, c->missing);
        add_word(to, sum[i]);
        add_word(to, kept[i] == KEPT_CODES ? c->levels.n : 0);
        for (size_t k = 0; kept[i] == KEPT_CODES && k < c->levels.n; k++)
            add_string(to, c->levels.text[k]);
    }
    while (!to->failed && (sizeof(struct head) + to->len) % ALIGN != 0)
        cr_text_addc(to, '\0');
}

/* Write a column at *at, which goes behind it, free it, and tell its sum. */
static int write_column(int fd, struct column *c, size_t rows, size_t *at, uint64_t *sum)
{
    const enum kept kept = kept_as(c);
    unsigned char last[ALIGN] = {0};
    size_t used = 0, all = 0;
    if (kept == KEPT_NOTHING)
        return 1;
    if (!column_size(kept, rows, &used, &all) || all > (size_t)PTRDIFF_MAX - *at) {
        errno = EFBIG;
        return 0;
    }
    const unsigned char *p = c->value ? (const void *)c->value : (const void *)c->code;
    const size_t whole = used - used % ALIGN;
    memcpy(last, p + whole, used - whole);
    for (size_t i = 0; i < whole; i += BLOCK)
        *sum = cr_columns_sum(*sum, p + i, whole - i < BLOCK ? whole - i : BLOCK);
    if (all > whole)
        *sum = cr_columns_sum(*sum, last, ALIGN);
    if (!put(fd, p, whole, *at) || !put(fd, last, all - whole, *at + whole))
        return 0;
    *at += all;
    cr_column_drop(c);
    return 1;
}

/* The table's columns out of a mapped file. */
static void adopt(struct cr_table *t, void *map, size_t size, size_t at, const enum kept *kept)
{
    t->map = map;
    t->map_size = size;
    for (size_t i = 0; i < t->cols; i++) {
        struct column *c = &t->column[i];
        size_t used = 0, all = 0;
        unsigned char *p = (unsigned char *)map + at;
        (void)column_size(kept[i], t->rows, &used, &all);
        c->mapped = kept[i] != KEPT_NOTHING;
        c->value = kept[i] == KEPT_VALUES ? (double *)(void *)p : NULL;
        c->code = kept[i] == KEPT_CODES ? (uint32_t *)(void *)p : NULL;
        at += all;
    }
}

static void *map_file(int fd, size_t size)
{
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    return map == MAP_FAILED ? NULL : map;
}

/* What stands before the columns, with their sums. */
static int write_head(int fd, const struct columns_origin *origin, const struct cr_table *t,
                      const enum kept *kept, const uint64_t *sum, size_t size, size_t about)
{
    struct head head = {.format = FORMAT,
                        .size = size,
                        .about = about,
                        .rows = t->rows,
                        .cols = t->cols,
                        .origin = *origin};
    struct text text = {0};
    memcpy(head.magic, magic, sizeof magic);
    describe(&text, t, kept, sum);
    head.sum = cr_columns_sum(cr_columns_sum(0, &head, offsetof(struct head, sum)),
                              cr_text_str(&text), text.len);
    errno = ENOMEM;
    const int ok = !text.failed && put(fd, text.s, text.len, sizeof head) &&
                   put(fd, &head, sizeof head, 0) && fsync(fd) == 0;
    cr_text_free(&text);
    return ok;
}

static int write_all(int fd, const struct columns_origin *origin, struct cr_table *t, uint64_t *sum,
                     enum kept *kept)
{
    struct text about = {0};
    for (size_t i = 0; i < t->cols; i++) {
        kept[i] = kept_as(&t->column[i]);
        assert(kept[i] == kept_for(t->column[i].type));
    }
    describe(&about, t, kept, sum); /* how long it is does not depend on the sums */
    const size_t begin = sizeof(struct head) + about.len;
    const int described = !about.failed;
    size_t at = begin;
    cr_text_free(&about);
    errno = ENOMEM;
    for (size_t i = 0; i < t->cols; i++)
        if (!described || !write_column(fd, &t->column[i], t->rows, &at, &sum[i]))
            return 0;
    if (!write_head(fd, origin, t, kept, sum, at, begin - sizeof(struct head)))
        return 0;
    void *map = map_file(fd, at);
    if (!map)
        return 0;
    adopt(t, map, at, begin, kept);
    return 1;
}

int cr_columns_write(int fd, const struct columns_origin *origin, struct cr_table *t)
{
    uint64_t *sum = calloc(t->cols + 1, sizeof *sum);
    enum kept *kept = calloc(t->cols + 1, sizeof *kept);
    const int ok = sum && kept && write_all(fd, origin, t, sum, kept);
    const int why = sum && kept ? errno : ENOMEM;
    free(sum);
    free(kept);
    errno = why;
    return ok;
}

/* Reading */

/* Bytes that are left, and whether all that was taken was there. */
struct bytes {
    const unsigned char *p;
    size_t n;
    int ok;
};

static uint64_t take_word(struct bytes *b)
{
    uint64_t v = 0;
    if (b->n < sizeof v) {
        b->ok = 0;
        return 0;
    }
    memcpy(&v, b->p, sizeof v);
    b->p += sizeof v;
    b->n -= sizeof v;
    return v;
}

/* Not terminated; "" where there is none. */
static const char *take_string(struct bytes *b, size_t *n)
{
    const uint64_t length = take_word(b);
    const char *s = (const char *)b->p;
    *n = 0;
    if (!b->ok || length > b->n || memchr(s, '\0', (size_t)length)) {
        b->ok = 0;
        return "";
    }
    *n = (size_t)length;
    b->p += length;
    b->n -= (size_t)length;
    return s;
}

static const char *take_copy(struct bytes *b, struct arena *a)
{
    size_t n;
    const char *s = take_string(b, &n);
    return cr_arena_strndup(a, s, n);
}

static const char no_memory[] = "needs more memory than there is";
static const char damaged[] = "is damaged";

/* A column's description; what is kept of it, and its sum. NULL, or what is wrong. */
static const char *take_column(struct bytes *b, struct cr_table *t, struct column *c,
                               enum kept *kept, uint64_t *sum)
{
    c->name = take_copy(b, &t->arena);
    c->why = take_copy(b, &t->arena);
    if (!c->name || !c->why)
        return no_memory;
    const uint64_t type = take_word(b), role = take_word(b), as = take_word(b);
    const uint64_t missing = take_word(b);
    *sum = take_word(b);
    const uint64_t levels = take_word(b);
    if (type == CR_COLUMN_AUTO || type > CR_COLUMN_IDENTIFIER || role > CR_ROLE_ORDER ||
        as != kept_for((cr_column_type)type) || missing > t->rows || (levels && as != KEPT_CODES))
        b->ok = 0;
    c->type = (cr_column_type)type;
    c->role = (cr_column_role)role;
    c->missing = (size_t)missing;
    *kept = (enum kept)as;
    for (uint64_t i = 0; b->ok && i < levels; i++) {
        uint32_t id;
        size_t n;
        const char *s = take_string(b, &n);
        if (!cr_levels_add(&c->levels, s, n, &id))
            return no_memory;
        b->ok &= id == i;
    }
    return b->ok ? NULL : damaged;
}

/* Every code is one of a level, or missing. */
static int codes_are_right(const unsigned char *p, size_t n, size_t levels)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i += sizeof(uint32_t)) {
        uint32_t code;
        memcpy(&code, p + i, sizeof code);
        bad |= code >= levels && code != CR_MISSING;
    }
    return !bad;
}

static int column_is_right(const unsigned char *p, size_t used, size_t all, enum kept kept,
                           size_t levels, uint64_t want)
{
    uint64_t sum = 0;
    const size_t whole = used - used % ALIGN;
    int ok = 1;
    for (size_t i = 0; ok && i < whole; i += BLOCK) {
        const size_t n = whole - i < BLOCK ? whole - i : BLOCK;
        sum = cr_columns_sum(sum, p + i, n);
        ok = kept != KEPT_CODES || codes_are_right(p + i, n, levels);
    }
    if (all > whole)
        sum = cr_columns_sum(sum, p + whole, ALIGN);
    return ok && sum == want &&
           (kept != KEPT_CODES || codes_are_right(p + whole, used - whole, levels));
}

/* The columns behind `at`, which must reach to the file's end. */
static const char *check_columns(const unsigned char *map, const struct head *head, size_t at,
                                 const struct cr_table *t, const enum kept *kept,
                                 const uint64_t *sum)
{
    size_t end = at;
    for (size_t i = 0; i < t->cols; i++) {
        size_t used = 0, all = 0;
        if (!column_size(kept[i], t->rows, &used, &all) || all > head->size - end)
            return damaged;
        end += all;
    }
    if (end != head->size)
        return damaged;
    for (size_t i = 0; i < t->cols; i++) {
        size_t used = 0, all = 0;
        (void)column_size(kept[i], t->rows, &used, &all);
        if (kept[i] != KEPT_NOTHING &&
            !column_is_right(map + at, used, all, kept[i], t->column[i].levels.n, sum[i]))
            return damaged;
        at += all;
    }
    return NULL;
}

static const char *read_table(const unsigned char *map, const struct head *head, struct cr_table *t,
                              enum kept *kept, uint64_t *sum)
{
    struct bytes b = {map + sizeof *head, (size_t)head->about, 1};
    const char *problem = NULL;
    t->rows = (size_t)head->rows;
    t->format = take_copy(&b, &t->arena);
    if (!t->format)
        return no_memory;
    for (size_t i = 0; !problem && i < t->cols; i++)
        problem = take_column(&b, t, &t->column[i], &kept[i], &sum[i]);
    if (!problem && (!b.ok || b.n >= ALIGN))
        problem = damaged;
    return problem ? problem
                   : check_columns(map, head, sizeof *head + (size_t)head->about, t, kept, sum);
}

static const char *check_head(const struct head *head, const unsigned char *map, size_t size,
                              const struct columns_origin *origin)
{
    const size_t before = offsetof(struct head, sum);
    if (memcmp(head->magic, magic, sizeof magic) != 0)
        return "is not a file of columns";
    if (head->format != FORMAT)
        return "is of another format";
    if (head->size != size)
        return head->size > size ? "is cut off" : damaged;
    if (head->about > size - sizeof *head || (sizeof *head + head->about) % ALIGN != 0 ||
        head->cols > head->about / LEAST_COLUMN)
        return damaged;
    if (cr_columns_sum(cr_columns_sum(0, map, before), map + sizeof *head, (size_t)head->about) !=
        head->sum)
        return damaged;
    if (memcmp(&head->origin, origin, sizeof *origin) != 0)
        return "is of another state of the data or another version of the program";
    return NULL;
}

const char *cr_columns_open(int fd, const struct columns_origin *origin, const char *source,
                            struct cr_table **out)
{
    struct stat st;
    struct head head;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return "is not a file of columns";
    if (st.st_size < (off_t)sizeof head)
        return "is cut off";
    if ((uint64_t)st.st_size > (uint64_t)PTRDIFF_MAX)
        return no_memory;
    const size_t size = (size_t)st.st_size;
    unsigned char *map = map_file(fd, size);
    if (!map)
        return no_memory;
    memcpy(&head, map, sizeof head);
    const char *problem = check_head(&head, map, size, origin);
    struct cr_table *t = problem ? NULL : cr_table_new(source, (size_t)head.cols);
    enum kept *kept = problem ? NULL : calloc((size_t)head.cols + 1, sizeof *kept);
    uint64_t *sum = problem ? NULL : calloc((size_t)head.cols + 1, sizeof *sum);
    if (!problem)
        problem = t && kept && sum ? read_table(map, &head, t, kept, sum) : no_memory;
    if (!problem) {
        adopt(t, map, size, sizeof head + (size_t)head.about, kept);
        *out = t;
    } else {
        cr_table_free(t);
        munmap(map, size);
    }
    free(kept);
    free(sum);
    return problem;
}
