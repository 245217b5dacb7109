/* A YAML text as a small tree that knows where everything stands.
 *
 * Only what data files need is accepted: one document of mappings, sequences and scalars,
 * keys that are words. Anchors, aliases, tags and directives are refused, so that a file
 * cannot stand for more than its size. Nothing here knows what the keys mean. */
#ifndef FORMATS_YAML_H
#define FORMATS_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { YAML_MAX_SIZE = 16 << 20, YAML_MAX_DEPTH = 16 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* A mapping's children are key, value, key, value, ...; `n` counts pairs. */
struct yaml_node {
    uint8_t kind;
    uint8_t quoted;      /* a scalar in quotes, or a block of text */
    uint32_t n;          /* items, pairs, or bytes of a scalar */
    uint32_t start, end; /* bytes of the source: brackets included, quotes not */
    union {
        const char *text;        /* scalar: n bytes, not terminated */
        struct yaml_node *child; /* first item or key */
    };
    struct yaml_node *next;
};

struct yaml {
    struct source src;      /* the text, without a byte-order mark */
    struct yaml_mark *mark; /* line and column of every so many bytes */
    struct yaml_node *root; /* NULL: nothing but comments */
};

/* Read a text. Everything lands in the arena, and scalars point into src->text, which
 * must live as long. CR_ERR_SYNTAX, CR_ERR_FORMAT, CR_ERR_LIMIT, CR_ERR_MEMORY. */
cr_status cr_yaml_read(struct arena *a, const struct source *src, struct yaml *out, cr_error *err);

/* Where a node stands; its span ends with its first line. */
struct place cr_yaml_place(const struct yaml *y, const struct yaml_node *node);

/* 1 when a scalar is this word. */
int cr_yaml_is(const struct yaml_node *node, const char *word);

#endif
