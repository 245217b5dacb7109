/* Rows of CSV text in memory, one after the other: RFC 4180 quoting, LF, CRLF or CR line
 * ends. A text may be a piece of a longer one that is read bit by bit, or by several threads. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CSV_MAX_ROW = 16 << 20 }; /* bytes of one row; keeps offsets in 32 bits */

struct csv_field {
    uint32_t at, width; /* in the row's bytes, quotes included */
    uint32_t begin, n;  /* the text: in the row's bytes, or in `plain` */
    uint8_t quoted, in_plain;
};

/* Set the first part, the rest zero; cr_csv_free frees what the rest holds. */
struct csv {
    const char *name; /* what messages call the file */
    const char *text;
    size_t size, next; /* bytes of text; where the next row starts */
    int last;          /* 1: nothing follows the text */
    size_t next_line;  /* the number of the next row's first line */
    char delimiter;

    size_t row, row_len, line; /* the row in text, without its line end */
    struct csv_field *field;
    size_t n, field_cap;
    char *plain; /* text of fields whose quotes were doubled */
    size_t plain_len, plain_cap;
};

void cr_csv_free(struct csv *csv);

/* Go to the next row; blank lines are passed over. */
enum csv_step {
    CSV_ROW,
    CSV_END,    /* there is none, or its end is not in the text; `next` stays at its start */
    CSV_FAILED, /* *status and err say why */
};
enum csv_step cr_csv_next(struct csv *csv, cr_status *status, cr_error *err);

/* A field's text: quotes removed, not terminated, good until the next row; unquoted text has no
 * blanks at its ends. */
static inline const char *cr_csv_text(const struct csv *csv, size_t field, size_t *n)
{
    const struct csv_field *f = &csv->field[field];
    *n = f->n;
    return f->in_plain ? csv->plain + f->begin : csv->text + csv->row + f->begin;
}

/* An error at a field of the row (one past the last: at the row's end). */
cr_status cr_csv_fail(const struct csv *csv, size_t field, cr_error *err, cr_status code,
                      const char *fmt, ...) CR_PRINTF(5, 6);

/* The delimiter that the first lines have, of , ; tab and |: the one that cuts most of them
 * into the same number of fields, the more the better. */
char cr_csv_delimiter(const char *text, size_t size);

#endif
