/* Reading CSV in blocks of rows: each block is cut into pieces, which a team of threads parses
 * side by side. Memory is a block, whatever the file's size. */
#ifndef DATA_READER_H
#define DATA_READER_H

#include "data/cells.h"
#include "data/input.h"
#include "data/plan.h"
#include "data/table.h"

struct reader;

/* Read the first lines of `in`, which is taken over, also on failure. The ways in which columns
 * are kept follow from the types given and from the first rows. */
cr_status cr_reader_open(struct input *in, const cr_table_options *options, struct reader **out,
                         cr_error *err);
void cr_reader_close(struct reader *r);

/* The plan belongs to the reader. Changing how a column is kept takes effect with
 * cr_reader_rewind. */
struct plan *cr_reader_plan(struct reader *r);
const struct counts *cr_reader_counts(const struct reader *r); /* [plan's n] */
const char *cr_reader_name(const struct reader *r);
char cr_reader_delimiter(const struct reader *r);
int cr_reader_is_gzip(const struct reader *r);

/* An empty table with the plan's columns, which lie in files of a folder, or in memory (NULL). */
cr_status cr_reader_table(const struct reader *r, const char *folder, struct cr_table **out,
                          cr_error *err);

/* Append the next block of rows to a table that cr_reader_table made. *more is 0 at the end,
 * and then nothing was appended. limit: 0, or the most texts of a column that are kept. */
cr_status cr_reader_next(struct reader *r, struct cr_table *t, size_t limit, int *more,
                         cr_error *err);

/* Start over with the first row. */
cr_status cr_reader_rewind(struct reader *r, cr_error *err);

/* Go through the rows of the last block once more; csv is freed with cr_csv_free. */
struct csv cr_reader_rows(const struct reader *r);

#endif
