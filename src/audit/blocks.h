/* The parts of a document that belong together: paragraphs, displayed mathematics, cells of
 * tables. What is only markup is replaced by spaces in a copy, so that places stay. */
#ifndef AUDIT_BLOCKS_H
#define AUDIT_BLOCKS_H

#include <stddef.h>

#include "base/arena.h"

enum block_kind { BLOCK_PROSE, BLOCK_HEADING, BLOCK_DISPLAY, BLOCK_CELL };

struct block {
    enum block_kind kind;
    size_t at, end;
    int table, row, col; /* CELL: from 0 */
    int open;            /* DISPLAY: it is never closed */
    int joined;          /* only white space lies between it and the block before */
};

struct blocks {
    char *text; /* the copy, terminated */
    size_t size;
    struct block *block;
    size_t n, cap;
    int decimal_comma;
    size_t code_lines; /* of programs, which are not read */
    int failed;
};

/* Read a document; freed with cr_blocks_free. The copy is in the arena. */
void cr_blocks_read(struct arena *a, const char *s, size_t n, struct blocks *out);
void cr_blocks_free(struct blocks *blocks);

#endif
