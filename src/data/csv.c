#include "data/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { FIRST_READ = 64 << 10, EXCERPT = 4096 };

struct field {
    uint32_t at, width; /* in the row's bytes, quotes included */
    uint32_t begin, n;  /* the text: in the row's bytes, or in `plain` */
    uint8_t in_plain;
};

struct csv {
    char *name;
    int fd; /* -1: text in memory */
    int own_fd, eof;
    char *buf;           /* bytes read, where there is a file */
    const char *data;    /* buf, or the caller's text */
    size_t len, cap;     /* of data */
    size_t row, row_len; /* the row in data, without its line end */
    size_t next;         /* where the next row starts */
    size_t line, next_line;
    char delimiter;
    struct field *field;
    size_t n, field_cap;
    char *plain; /* text of fields whose quotes were doubled */
    size_t plain_len, plain_cap;
};

static struct csv *make(const char *name)
{
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return NULL;
    csv->fd = -1;
    csv->next_line = 1;
    csv->name = malloc(strlen(name) + 1);
    if (!csv->name) {
        free(csv);
        return NULL;
    }
    strcpy(csv->name, name);
    return csv;
}

void cr_csv_close(struct csv *csv)
{
    if (!csv)
        return;
    if (csv->own_fd)
        close(csv->fd);
    free(csv->name);
    free(csv->buf);
    free(csv->field);
    free(csv->plain);
    free(csv);
}

/* An error at bytes [at, at + n) of the row that starts at csv->row. */
static cr_status vfail_in_row(const struct csv *csv, size_t row_len, size_t at, size_t n,
                              cr_error *err, cr_status code, const char *fmt, va_list args)
{
    char message[sizeof err->message];
    const char *row = csv->data + csv->row;
    size_t line = 1, line_start = 0;

    if (n > row_len - at)
        n = row_len - at;
    /* no more of a huge row than an excerpt shows */
    const struct source src = {csv->name, row, row_len - at > EXCERPT ? at + EXCERPT : row_len};
    vsnprintf(message, sizeof message, fmt, args);
    for (size_t i = 0; i < at; i++)
        if (row[i] == '\n')
            line++, line_start = i + 1;
    const struct place place = {
        (int)line,
        (int)cr_utf8_count(row + line_start, at - line_start) + 1,
        (int)cr_utf8_count(row + at, n),
    };
    cr_fail_at(err, code, &src, place, "%s", message);
    if (err) {
        size_t absolute = csv->line + line - 1;
        err->line = absolute > INT_MAX ? INT_MAX : (int)absolute;
    }
    return code;
}

static cr_status CR_PRINTF(7, 8)
    fail_in_row(const struct csv *csv, size_t row_len, size_t at, size_t n, cr_error *err,
                cr_status code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfail_in_row(csv, row_len, at, n, err, code, fmt, args);
    va_end(args);
    return code;
}

/* Read more bytes; what lies before the current row is dropped. */
static cr_status fill(struct csv *csv, cr_error *err)
{
    if (csv->row > 0) {
        memmove(csv->buf, csv->buf + csv->row, csv->len - csv->row);
        csv->len -= csv->row;
        csv->row = 0;
    }
    if (csv->len == csv->cap) {
        size_t cap = csv->cap ? csv->cap * 2 : FIRST_READ;
        char *buf = realloc(csv->buf, cap);
        if (!buf)
            return cr_fail_memory(err);
        csv->buf = buf;
        csv->cap = cap;
        csv->data = buf;
    }
    ssize_t got;
    do
        got = read(csv->fd, csv->buf + csv->len, csv->cap - csv->len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return cr_fail(err, CR_ERR_IO, "cannot read '%s': %s", csv->name, strerror(errno));
    csv->eof = got == 0;
    csv->len += (size_t)got;
    return CR_OK;
}

static int room_for_field(struct csv *csv)
{
    if (csv->n < csv->field_cap)
        return 1;
    size_t cap = csv->field_cap ? csv->field_cap * 2 : 64;
    struct field *field = realloc(csv->field, cap * sizeof *field);
    if (!field)
        return 0;
    csv->field = field;
    csv->field_cap = cap;
    return 1;
}

/* Copy quoted text with its doubled quotes made single. */
static int unquote(struct csv *csv, struct field *f, const char *s, size_t n)
{
    if (csv->plain_cap - csv->plain_len < n) {
        size_t cap = csv->plain_cap ? csv->plain_cap : 256;
        while (cap - csv->plain_len < n)
            cap *= 2;
        char *plain = realloc(csv->plain, cap);
        if (!plain)
            return 0;
        csv->plain = plain;
        csv->plain_cap = cap;
    }
    char *to = csv->plain + csv->plain_len;
    f->in_plain = 1;
    f->begin = (uint32_t)csv->plain_len;
    f->n = 0;
    for (size_t i = 0; i < n; i++) {
        to[f->n++] = s[i];
        if (s[i] == '"')
            i++;
    }
    csv->plain_len += f->n;
    return 1;
}

enum scan { SCAN_DONE, SCAN_MORE, SCAN_FAILED };

static int ends_field(const struct csv *csv, char c)
{
    return c == csv->delimiter || c == '\n' || c == '\r';
}

/* A quoted field that starts at s[*i]; *i goes behind its closing quote. */
static enum scan scan_quoted(struct csv *csv, struct field *f, const char *s, size_t end, size_t *i,
                             cr_status *status, cr_error *err)
{
    size_t from = *i + 1, at = from, doubled = 0;
    for (;; at += 2) {
        const char *quote = at < end ? memchr(s + at, '"', end - at) : NULL;
        if (!quote) {
            if (!csv->eof && end <= CSV_MAX_ROW)
                return SCAN_MORE;
            *status = fail_in_row(csv, end, *i, 1, err, CR_ERR_SYNTAX,
                                  end > CSV_MAX_ROW ? "this quote is not closed within 16 MiB"
                                                    : "this quote is not closed");
            cr_hint(err, "a quote inside a quoted field is written twice: \"\"");
            return SCAN_FAILED;
        }
        at = (size_t)(quote - s);
        if (at + 1 == end && !csv->eof && end <= CSV_MAX_ROW)
            return SCAN_MORE;
        if (at + 1 == end || s[at + 1] != '"')
            break;
        doubled = 1;
    }
    f->begin = (uint32_t)from;
    f->n = (uint32_t)(at - from);
    if (doubled && !unquote(csv, f, s + from, at - from)) {
        *status = cr_fail_memory(err);
        return SCAN_FAILED;
    }
    *i = at + 1;
    if (*i < end && !ends_field(csv, s[*i])) {
        *status = fail_in_row(csv, end, *i, 1, err, CR_ERR_SYNTAX,
                              "text after the closing quote of a field");
        cr_hint(err, "a quote inside a quoted field is written twice: \"\"");
        return SCAN_FAILED;
    }
    return SCAN_DONE;
}

static void scan_bare(const struct csv *csv, struct field *f, const char *s, size_t end, size_t *i)
{
    size_t from = *i, to;
    while (*i < end && !ends_field(csv, s[*i]))
        ++*i;
    to = *i;
    while (from < to && (s[from] == ' ' || s[from] == '\t'))
        from++;
    while (to > from && (s[to - 1] == ' ' || s[to - 1] == '\t'))
        to--;
    f->begin = (uint32_t)from;
    f->n = (uint32_t)(to - from);
}

/* Cut the row at csv->row into fields; SCAN_MORE: its end is not in the buffer yet. */
static enum scan scan_row(struct csv *csv, cr_status *status, cr_error *err)
{
    const char *s = csv->data + csv->row;
    size_t end = csv->len - csv->row, i = 0;

    csv->n = 0;
    csv->plain_len = 0;
    if (end > CSV_MAX_ROW + 2u)
        end = CSV_MAX_ROW + 2u;
    for (;;) {
        if (!room_for_field(csv)) {
            *status = cr_fail_memory(err);
            return SCAN_FAILED;
        }
        struct field *f = &csv->field[csv->n];
        *f = (struct field){.at = (uint32_t)i};
        if (i < end && s[i] == '"') {
            enum scan scan = scan_quoted(csv, f, s, end, &i, status, err);
            if (scan != SCAN_DONE)
                return scan;
        } else {
            scan_bare(csv, f, s, end, &i);
        }
        f->width = (uint32_t)(i - f->at);
        csv->n++;
        if (i >= end || s[i] != csv->delimiter)
            break;
        i++;
    }
    if (i > CSV_MAX_ROW) {
        *status = fail_in_row(csv, end, 0, 1, err, CR_ERR_LIMIT, "this row is longer than 16 MiB");
        cr_hint(err, "is it a CSV file, with line ends?");
        return SCAN_FAILED;
    }
    /* the byte after a CR shows whether the line end has two bytes */
    if (!csv->eof && (i >= end || (s[i] == '\r' && i + 1 >= end)))
        return SCAN_MORE;
    csv->row_len = i;
    size_t newline = 0;
    if (i < end)
        newline = s[i] == '\r' && i + 1 < end && s[i + 1] == '\n' ? 2 : 1;
    csv->next = csv->row + i + newline;
    return SCAN_DONE;
}

static size_t count_lines(const char *s, size_t n)
{
    size_t lines = 0;
    for (const char *p = s; (p = memchr(p, '\n', n - (size_t)(p - s))); p++)
        lines++;
    return lines;
}

cr_status cr_csv_next(struct csv *csv, int *more, cr_error *err)
{
    for (;;) {
        csv->row = csv->next;
        csv->line = csv->next_line;
        for (;;) {
            cr_status status = CR_OK;
            if (csv->row == csv->len && csv->eof) {
                csv->n = csv->row_len = 0;
                *more = 0;
                return CR_OK;
            }
            enum scan scan = csv->row == csv->len ? SCAN_MORE : scan_row(csv, &status, err);
            if (scan == SCAN_FAILED)
                return status;
            if (scan == SCAN_DONE)
                break;
            status = fill(csv, err);
            if (status != CR_OK)
                return status;
        }
        csv->next_line = csv->line + 1 + count_lines(csv->data + csv->row, csv->row_len);
        if (csv->row_len == 0)
            continue;
        const char *zero = memchr(csv->data + csv->row, '\0', csv->row_len);
        if (zero) {
            fail_in_row(csv, csv->row_len, (size_t)(zero - csv->data) - csv->row, 1, err,
                        CR_ERR_FORMAT, "a zero byte: this is not a text file");
            cr_hint(err, "a CSV file is needed, in UTF-8 (not in UTF-16)");
            return CR_ERR_FORMAT;
        }
        *more = 1;
        return CR_OK;
    }
}

/* The delimiter that the first line has most of, outside quotes. */
static char guess_delimiter(const char *s, size_t n)
{
    static const char candidates[] = ",;\t";
    size_t count[3] = {0}, best = 0;
    int quoted = 0;
    for (size_t i = 0; i < n && (quoted || (s[i] != '\n' && s[i] != '\r')); i++) {
        if (s[i] == '"')
            quoted = !quoted;
        for (size_t k = 0; k < 3 && !quoted; k++)
            count[k] += s[i] == candidates[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (count[k] > count[best])
            best = k;
    return candidates[best];
}

static cr_status start(struct csv *csv, cr_error *err)
{
    /* enough of the first line to know its delimiter */
    while (!csv->eof && (csv->len < FIRST_READ || !memchr(csv->data, '\n', csv->len)) &&
           csv->len <= CSV_MAX_ROW) {
        cr_status status = fill(csv, err);
        if (status != CR_OK)
            return status;
    }
    if (csv->len >= 2 && (!memcmp(csv->data, "\xFF\xFE", 2) || !memcmp(csv->data, "\xFE\xFF", 2))) {
        const struct source src = {.name = csv->name};
        cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "the file is in UTF-16");
        cr_hint(err, "save it as CSV in UTF-8");
        return CR_ERR_FORMAT;
    }
    if (csv->len >= 3 && !memcmp(csv->data, "\xEF\xBB\xBF", 3))
        csv->next = 3;
    csv->delimiter = guess_delimiter(csv->data + csv->next, csv->len - csv->next);
    return CR_OK;
}

cr_status cr_csv_open(const char *path, struct csv **out, cr_error *err)
{
    int standard = !strcmp(path, "-");
    struct csv *csv = make(standard ? "standard input" : path);
    if (!csv)
        return cr_fail_memory(err);
    csv->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    cr_status status = CR_OK;
    if (csv->fd < 0)
        status = cr_fail(err, CR_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    else
        csv->own_fd = !standard;
    if (status == CR_OK)
        status = start(csv, err);
    if (status != CR_OK) {
        cr_csv_close(csv);
        return status;
    }
    *out = csv;
    return CR_OK;
}

cr_status cr_csv_memory(const char *name, const char *text, size_t size, struct csv **out,
                        cr_error *err)
{
    struct csv *csv = make(name);
    if (!csv)
        return cr_fail_memory(err);
    csv->data = text;
    csv->len = size;
    csv->eof = 1;
    cr_status status = start(csv, err);
    if (status != CR_OK) {
        cr_csv_close(csv);
        return status;
    }
    *out = csv;
    return CR_OK;
}

size_t cr_csv_fields(const struct csv *csv)
{
    return csv->n;
}

const char *cr_csv_text(const struct csv *csv, size_t field, size_t *n)
{
    const struct field *f = &csv->field[field];
    *n = f->n;
    return f->in_plain ? csv->plain + f->begin : csv->data + csv->row + f->begin;
}

const char *cr_csv_name(const struct csv *csv)
{
    return csv->name;
}

size_t cr_csv_line(const struct csv *csv)
{
    return csv->line;
}

cr_status cr_csv_fail(const struct csv *csv, size_t field, cr_error *err, cr_status code,
                      const char *fmt, ...)
{
    size_t at = csv->row_len, width = 1;
    if (field < csv->n) {
        at = csv->field[field].at;
        width = csv->field[field].width;
    }
    va_list args;
    va_start(args, fmt);
    vfail_in_row(csv, csv->row_len, at, width, err, code, fmt, args);
    va_end(args);
    return code;
}
