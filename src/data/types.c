#include "data/types.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "data/number.h"

enum {
    FEW_LEVELS = 20,     /* texts may be as many as the rows up to here */
    MOST_SPELLINGS = 16, /* of two words */
    MANY_LEVELS = 64,    /* beyond, a column of numbers with some text is a mistake */
};

static int is_number(const char *s)
{
    double v;
    const size_t n = strlen(s);
    return cr_cell_number(s, n, &v) <= CELL_FRACTION || cr_cell_is_formatted_number(s, n);
}

/* How many cells of a text column hold numbers, well written or not. */
static size_t count_numbers(const struct column *c, size_t rows)
{
    size_t n = 0;
    unsigned char *is = calloc(c->levels.n + 1, 1);
    for (size_t i = 0; is && i < c->levels.n; i++)
        is[i] = (unsigned char)is_number(c->levels.text[i]);
    for (size_t i = 0; is && i < rows; i++)
        n += c->code[i] != CR_MISSING && is[c->code[i]];
    free(is);
    return n;
}

/* Are its texts numbers that are not written as numbers are read. Some text among many numbers is
 * a mistake too. */
static int is_mistaken(const struct column *c, const struct counts *counts, size_t rows)
{
    const size_t n = c->levels.n, values = rows - c->missing;
    if (n <= FEW_LEVELS && 2 * n <= values)
        return 0;
    if (counts->lost) { /* rows with the texts after these are not known */
        size_t numbers = 0;
        for (size_t i = 0; i < n; i++)
            numbers += (size_t)is_number(c->levels.text[i]);
        return numbers == n;
    }
    const size_t numbers = count_numbers(c, rows);
    return n > MANY_LEVELS ? 10 * numbers >= 9 * values : n > 1 && numbers == values;
}

int cr_types_again(struct reader *r, const struct cr_table *t)
{
    struct plan *plan = cr_reader_plan(r);
    const struct counts *counts = cr_reader_counts(r);
    int again = 0;
    for (size_t i = 0; i < plan->n; i++)
        if (counts[i].conflict) {
            plan->want[i].store = STORE_TEXTS;
            again = 1;
        }
    for (size_t i = 0; !again && i < plan->n; i++) {
        struct want *w = &plan->want[i];
        const struct column *c = &t->column[i];
        if (w->given == CR_COLUMN_AUTO && w->store == STORE_TEXTS &&
            is_mistaken(c, &counts[i], t->rows)) {
            w->given = CR_COLUMN_NUMBER;
            w->store = STORE_NUMBERS;
            again = 1;
        }
    }
    return again;
}

static int ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n > k && !strcmp(s + n - k, end);
}

/* A name that row numbers and keys have. */
static int names_identifier(const char *name)
{
    static const char *const names[] = {"id",   "index", "idx",  "row",        "rowid",
                                        "uuid", "guid",  "key",  "Unnamed: 0", "row_names",
                                        "ID",   "Id",    "Index"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return 1;
    return !strncmp(name, "column ", 7) || ends_with(name, "_id") || ends_with(name, ".id") ||
           ends_with(name, " id") || ends_with(name, "_ID") || ends_with(name, " ID") ||
           ends_with(name, "Id");
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* -1: out of memory. */
static int all_different(const double *v, size_t n)
{
    double *copy = malloc((n ? n : 1) * sizeof *copy);
    int different = 1;
    if (!copy)
        return -1;
    memcpy(copy, v, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, by_value);
    for (size_t i = 1; different && i < n; i++)
        different = copy[i - 1] < copy[i];
    free(copy);
    return different;
}

static void set_type(struct column *c, cr_column_type type, const char *why)
{
    c->type = type;
    c->why = why;
}

static cr_status settle_numbers(struct column *c, const struct counts *counts, size_t rows,
                                cr_error *err)
{
    size_t zeros = 0, ones = 0;
    for (size_t i = 0; !counts->fractions && i < rows; i++) {
        zeros += c->value[i] == 0;
        ones += c->value[i] == 1;
    }
    if (counts->fractions)
        set_type(c, CR_COLUMN_NUMBER, "with decimals");
    else if (zeros + ones == rows - c->missing && zeros && ones)
        set_type(c, CR_COLUMN_BOOLEAN, "0 and 1");
    else
        set_type(c, CR_COLUMN_INTEGER, "whole numbers");
    if (c->type == CR_COLUMN_INTEGER && c->role == CR_ROLE_INPUT && c->missing == 0 && rows > 2 &&
        names_identifier(c->name)) {
        const int different = all_different(c->value, rows);
        if (different < 0)
            return cr_fail_memory(err);
        if (different)
            set_type(c, CR_COLUMN_IDENTIFIER, "its name, and another number in every row");
    }
    return CR_OK;
}

/* Two words such as yes and no, in any case, become 1 and 0. 0: out of memory. */
static int settle_pair(struct cr_table *t, struct column *c)
{
    int meaning[MOST_SPELLINGS];
    size_t other = 0;
    for (size_t i = 0; i < c->levels.n; i++) {
        const char *text = c->levels.text[i];
        meaning[i] = cr_cell_boolean(text, strlen(text));
        if (meaning[i] >= 0 && !other && meaning[i] != meaning[0])
            other = i;
        if (meaning[i] < 0 ||
            strcasecmp(text, c->levels.text[meaning[i] == meaning[0] ? 0 : other]))
            return 1;
    }
    if (!other)
        return 1;
    struct column numbers = {0};
    if (cr_column_values(t, &numbers, t->rows, NULL) != CR_OK)
        return 0;
    for (size_t i = 0; i < t->rows; i++)
        numbers.value[i] = c->code[i] == CR_MISSING ? NAN : (double)meaning[c->code[i]];
    cr_column_drop(c);
    c->value = numbers.value;
    c->spill = numbers.spill;
    set_type(c, CR_COLUMN_BOOLEAN,
             cr_arena_printf(&t->arena, "%s and %s%s", c->levels.text[0], c->levels.text[other],
                             c->levels.n > 2 ? ", in several spellings" : ""));
    return c->why != NULL;
}

/* What was found, with a text that shows what the column holds; NULL when out of memory. */
static const char *with_example(struct cr_table *t, const char *text, const char *what)
{
    enum { MOST = 24 };
    const size_t n = strlen(text);
    size_t shown = n;
    unsigned code;
    if (n > MOST)
        for (shown = 0; shown < MOST;)
            shown += cr_utf8_next(text + shown, n - shown, &code);
    return what ? cr_arena_printf(&t->arena, "%s, such as '%.*s%s'", what, (int)shown, text,
                                  shown < n ? "\u2026" : "")
                : NULL;
}

static cr_status settle_texts(struct cr_table *t, struct column *c, const struct counts *counts,
                              cr_error *err)
{
    const size_t n = c->levels.n, values = t->rows - c->missing;
    const char *why = cr_arena_printf(&t->arena, "%s%zu different text%s",
                                      counts->lost ? "more than " : "", n, n == 1 ? "" : "s");
    if (!why)
        return cr_fail_memory(err);
    set_type(c, CR_COLUMN_CATEGORY, why);
    if (c->role == CR_ROLE_LABEL || c->role == CR_ROLE_GROUP)
        return CR_OK;
    if (counts->odd) {
        set_type(c, CR_COLUMN_TEXT, "texts that are long, of several lines or not UTF-8");
    } else if (n == values && n > FEW_LEVELS && !counts->lost) {
        set_type(c, CR_COLUMN_IDENTIFIER,
                 with_example(t, c->levels.text[0], "another text in every row"));
    } else if (counts->lost || (n > FEW_LEVELS && 2 * n > values)) {
        why = cr_arena_printf(&t->arena, "%s in %zu rows", why, values);
        set_type(c, CR_COLUMN_TEXT, with_example(t, c->levels.text[0], why));
    } else if (n <= MOST_SPELLINGS && !settle_pair(t, c)) {
        return cr_fail_memory(err);
    }
    return c->why ? CR_OK : cr_fail_memory(err);
}

static cr_status settle(struct cr_table *t, struct column *c, const struct counts *counts,
                        cr_error *err)
{
    if (c->type != CR_COLUMN_AUTO) {
        c->why = "given";
        return CR_OK;
    }
    if (c->missing == t->rows && c->role == CR_ROLE_INPUT) {
        set_type(c, CR_COLUMN_TEXT, "no values");
        return CR_OK;
    }
    if (c->missing == t->rows && c->value) {
        set_type(c, CR_COLUMN_NUMBER, "no values");
        return CR_OK;
    }
    if (c->code)
        return settle_texts(t, c, counts, err);
    if (counts->times) {
        set_type(c, CR_COLUMN_TIME, "dates");
        return CR_OK;
    }
    assert(c->value);
    return settle_numbers(c, counts, t->rows, err);
}

cr_status cr_types_settle(const struct counts *counts, struct cr_table *t, cr_error *err)
{
    for (size_t i = 0; i < t->cols; i++) {
        struct column *c = &t->column[i];
        const cr_status status = settle(t, c, &counts[i], err);
        if (status != CR_OK)
            return status;
        if (cr_column_is_ignored(c)) {
            cr_column_drop(c);
            cr_levels_free(&c->levels);
        } else if (c->value) {
            cr_levels_free(&c->levels);
        }
    }
    return CR_OK;
}
