/* Rows of a CSV file, one after the other: RFC 4180 quoting, LF, CRLF or CR line ends, a
 * byte-order mark, no newline at the end; comma, semicolon or tab (the one that the first
 * line has most of). Memory is one row and a read buffer, whatever the file's size. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CSV_MAX_ROW = 16 << 20 }; /* bytes of one row; keeps offsets in 32 bits */

struct csv;

/* Open a file ("-": standard input), or text in memory, which must stay as it is until
 * cr_csv_close; `name` is what messages call it. Reads the first row's delimiter. */
cr_status cr_csv_open(const char *path, struct csv **out, cr_error *err);
cr_status cr_csv_memory(const char *name, const char *text, size_t size, struct csv **out,
                        cr_error *err);
void cr_csv_close(struct csv *csv);

/* Go to the next row; blank lines are passed over. *more is 0 at the end. */
cr_status cr_csv_next(struct csv *csv, int *more, cr_error *err);

/* The row's fields. Text has its quotes removed, is not terminated, and lives until the
 * next row; unquoted text has no blanks at its ends. */
size_t cr_csv_fields(const struct csv *csv);
const char *cr_csv_text(const struct csv *csv, size_t field, size_t *n);

const char *cr_csv_name(const struct csv *csv);
size_t cr_csv_line(const struct csv *csv); /* where the row starts, from 1 */

/* An error at a field of the row (one past the last: at the row's end). */
cr_status cr_csv_fail(const struct csv *csv, size_t field, cr_error *err, cr_status code,
                      const char *fmt, ...) CR_PRINTF(5, 6);

#endif
