#include "data/csv.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { EXCERPT = 4096, GUESS_LINES = 20 };

void cr_csv_free(struct csv *csv)
{
    free(csv->field);
    free(csv->plain);
    csv->field = NULL;
    csv->plain = NULL;
    csv->field_cap = csv->plain_cap = csv->n = 0;
}

/* An error at bytes [at, at + n) of the row that starts at csv->row. */
static cr_status vfail_in_row(const struct csv *csv, size_t row_len, size_t at, size_t n,
                              cr_error *err, cr_status code, const char *fmt, va_list args)
{
    char message[sizeof err->message];
    const char *row = csv->text + csv->row;
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

static int room_for_field(struct csv *csv)
{
    if (csv->n < csv->field_cap)
        return 1;
    size_t cap = csv->field_cap ? csv->field_cap * 2 : 64;
    struct csv_field *field = realloc(csv->field, cap * sizeof *field);
    if (!field)
        return 0;
    csv->field = field;
    csv->field_cap = cap;
    return 1;
}

/* Copy quoted text with its doubled quotes made single. */
static int unquote(struct csv *csv, struct csv_field *f, const char *s, size_t n)
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

/* A field that starts with a quote at s[*i]; *i goes behind its closing quote. */
static enum scan scan_quoted(struct csv *csv, struct csv_field *f, const char *s, size_t end,
                             size_t *i, cr_status *status, cr_error *err)
{
    size_t from = *i + 1, at = from, doubled = 0;
    const int more = !csv->last && end <= CSV_MAX_ROW;
    for (;; at += 2) {
        const char *quote = at < end ? memchr(s + at, '"', end - at) : NULL;
        if (!quote) {
            if (more)
                return SCAN_MORE;
            *status = fail_in_row(csv, end, *i, 1, err, CR_ERR_SYNTAX,
                                  end > CSV_MAX_ROW ? "this quote is not closed within 16 MiB"
                                                    : "this quote is not closed");
            cr_hint(err, "a quote inside a quoted field is written twice: \"\"");
            return SCAN_FAILED;
        }
        at = (size_t)(quote - s);
        if (at + 1 == end && more)
            return SCAN_MORE;
        if (at + 1 == end || s[at + 1] != '"')
            break;
        doubled = 1;
    }
    f->quoted = 1;
    f->begin = (uint32_t)from;
    f->n = (uint32_t)(at - from);
    if (doubled && !unquote(csv, f, s + from, at - from)) {
        *status = cr_fail_memory(err);
        return SCAN_FAILED;
    }
    *i = at + 1;
    if (*i < end && s[*i] != csv->delimiter && s[*i] != '\n' && s[*i] != '\r') {
        *status = fail_in_row(csv, end, *i, 1, err, CR_ERR_SYNTAX,
                              "text after the closing quote of a field");
        cr_hint(err, "a quote inside a quoted field is written twice: \"\"");
        return SCAN_FAILED;
    }
    return SCAN_DONE;
}

static int is_blank(char c, char delimiter)
{
    return (c == ' ' || c == '\t') && c != delimiter;
}

static void scan_bare(const struct csv *csv, struct csv_field *f, const char *s, size_t end,
                      size_t *i)
{
    const char delimiter = csv->delimiter;
    size_t from = *i, to = from;
    /* '\r' and '\n' are below ' ', so most characters need two compares */
    while (to < end && s[to] != delimiter && (s[to] > '\r' || (s[to] != '\n' && s[to] != '\r')))
        to++;
    *i = to;
    while (from < to && is_blank(s[from], delimiter))
        from++;
    while (to > from && is_blank(s[to - 1], delimiter))
        to--;
    f->begin = (uint32_t)from;
    f->n = (uint32_t)(to - from);
}

/* Cut the row at csv->row into fields; SCAN_MORE: its end is not in the text. */
static enum scan scan_row(struct csv *csv, cr_status *status, cr_error *err)
{
    const char *s = csv->text + csv->row;
    size_t end = csv->size - csv->row, i = 0;

    csv->n = 0;
    csv->plain_len = 0;
    if (end > CSV_MAX_ROW + 2u)
        end = CSV_MAX_ROW + 2u;
    for (;;) {
        if (!room_for_field(csv)) {
            *status = cr_fail_memory(err);
            return SCAN_FAILED;
        }
        struct csv_field *f = &csv->field[csv->n];
        *f = (struct csv_field){.at = (uint32_t)i};
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
    if (!csv->last && (i >= end || (s[i] == '\r' && i + 1 >= end)))
        return SCAN_MORE;
    csv->row_len = i;
    size_t newline = 0;
    if (i < end)
        newline = s[i] == '\r' && i + 1 < end && s[i + 1] == '\n' ? 2 : 1;
    csv->next = csv->row + i + newline;
    return SCAN_DONE;
}

/* A zero byte, and lines within quotes. */
static int check_row(struct csv *csv, cr_status *status, cr_error *err)
{
    const char *row = csv->text + csv->row;
    const char *zero = memchr(row, '\0', csv->row_len);
    if (zero) {
        *status = fail_in_row(csv, csv->row_len, (size_t)(zero - row), 1, err, CR_ERR_FORMAT,
                              "a zero byte: this is not a text file");
        cr_hint(err, "a CSV file is needed, in UTF-8 (not in UTF-16)");
        return 0;
    }
    for (size_t f = 0; f < csv->n; f++) {
        const char *s = row + csv->field[f].at, *end = s + csv->field[f].width;
        while (csv->field[f].quoted && (s = memchr(s, '\n', (size_t)(end - s)))) {
            csv->next_line++;
            s++;
        }
    }
    return 1;
}

enum csv_step cr_csv_next(struct csv *csv, cr_status *status, cr_error *err)
{
    for (;;) {
        csv->row = csv->next;
        csv->line = csv->next_line;
        if (csv->row == csv->size)
            return CSV_END;
        switch (scan_row(csv, status, err)) {
        case SCAN_MORE: csv->next = csv->row; return CSV_END;
        case SCAN_FAILED: return CSV_FAILED;
        case SCAN_DONE: break;
        }
        csv->next_line = csv->line + 1;
        if (csv->row_len > 0)
            return check_row(csv, status, err) ? CSV_ROW : CSV_FAILED;
    }
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

/* How many lines have as many delimiters as the first, and how many that are. */
static size_t even_lines(const char *s, size_t size, char delimiter, size_t *first)
{
    size_t same = 0, line = 0, count = 0;
    int quoted = 0;
    *first = 0;
    for (size_t i = 0; i < size && line < GUESS_LINES; i++) {
        if (s[i] == '"')
            quoted = !quoted;
        else if (!quoted && s[i] == delimiter)
            count++;
        else if (!quoted && (s[i] == '\n' || (s[i] == '\r' && i + 1 < size && s[i + 1] != '\n'))) {
            *first = line == 0 ? count : *first;
            same += count == *first;
            line++;
            count = 0;
        }
    }
    if (line == 0)
        *first = count;
    return same;
}

char cr_csv_delimiter(const char *text, size_t size)
{
    static const char candidates[] = ",;\t|";
    char best = ',';
    size_t best_same = 0, best_count = 0;
    for (const char *c = candidates; *c; c++) {
        size_t count;
        const size_t same = even_lines(text, size, *c, &count);
        if (count == 0)
            continue;
        if (best_count == 0 || same > best_same || (same == best_same && count > best_count)) {
            best = *c;
            best_same = same;
            best_count = count;
        }
    }
    return best;
}
