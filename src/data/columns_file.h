/* A table's columns in a file, which is mapped to read them. */
#ifndef DATA_COLUMNS_FILE_H
#define DATA_COLUMNS_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "data/table.h"

/* A sum of bytes: any change within 8 of them is found, any other but for one in 2^64. It is no
 * protection against intent. `from`: 0, or the sum of what is before. */
uint64_t cr_columns_sum(uint64_t from, const void *bytes, size_t n);

/* What the columns were made from: the file, and how it was read. */
enum { ORIGIN_WORDS = 5 };
struct columns_origin {
    uint64_t word[ORIGIN_WORDS];
};

/* Write the table's columns to an empty file, sync it, and let the table have them from there. The
 * memory or file that held a column is freed once it is written; after a failure the table can
 * only be freed. 0 and errno. */
int cr_columns_write(int fd, const struct columns_origin *origin, struct cr_table *t);

/* The table in a file, which is mapped. Nothing in it is trusted: sizes, sums and codes are checked, so that
 * one that is cut off, damaged or made by something else is found. NULL where *out was
 * made, or why it was not, in words that follow the file's name: "is damaged". */
const char *cr_columns_open(int fd, const struct columns_origin *origin, const char *source,
                            struct cr_table **out);

#endif
