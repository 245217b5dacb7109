#include "data/cells.h"

#include <math.h>
#include <string.h>

#include "data/number.h"

/* A word that stands for a missing value elsewhere. It may be a category's name, so it does not here. */
static int seems_missing(const char *s, size_t n)
{
    static const char *const words[] = {"None", "none", "nil", "missing", "#N/A",  "<NA>",   "n.a.",
                                        "-",    "--",   ".",   "#VALUE!", "#REF!", "#DIV/0!"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && !memcmp(s, words[i], n))
            return 1;
    return 0;
}

cr_status cr_cell_fail(const struct csv *csv, const struct want *w, cr_error *err)
{
    size_t n;
    const char *s = cr_csv_text(csv, w->field, &n);
    const int shown = n > 40 ? 40 : (int)n;
    double v;
    if (w->store == STORE_TEXTS)
        return cr_csv_fail(csv, w->field, err, CR_ERR_VALUE, "this %s %s",
                           w->role == CR_ROLE_LABEL ? "label" : "text", cr_name_problem(s, n));
    if (w->store == STORE_BOOLEANS || w->store == STORE_TIMES) {
        const int is_time = w->store == STORE_TIMES;
        cr_csv_fail(csv, w->field, err, CR_ERR_VALUE, "'%.*s' in column '%s' is not a %s", shown, s,
                    w->name, is_time ? "date" : "boolean");
        cr_hint(err, is_time ? "dates are written 2024-02-29, or 2024-02-29 13:45"
                             : "booleans are 0 and 1, true and false, yes and no");
        return CR_ERR_VALUE;
    }
    if (cr_cell_number(s, n, &v) == CELL_INFINITE) {
        size_t i = 0;
        while (i < n && strchr("0123456789+-.eE", s[i]))
            i++;
        return cr_csv_fail(csv, w->field, err, CR_ERR_VALUE, "'%.*s' in column '%s' is not a %s",
                           shown, s, w->name,
                           i == n ? "number that can be represented" : "finite number");
    }
    if (w->role == CR_ROLE_WEIGHT && cr_cell_number(s, n, &v) <= CELL_FRACTION)
        return cr_csv_fail(csv, w->field, err, CR_ERR_VALUE,
                           "'%.*s' in column '%s' is no weight: a number from 0 to 1e30", shown, s,
                           w->name);
    cr_csv_fail(csv, w->field, err, CR_ERR_VALUE, "'%.*s' in column '%s' is not a number", shown, s,
                w->name);
    if (cr_cell_is_formatted_number(s, n))
        cr_hint(err, NUMBER_HINT "; of type category it is read as text");
    else if (seems_missing(s, n))
        cr_hint(err, "a cell without a value is empty, or says NA, N/A, NaN, null or ?");
    else
        cr_hint(err, "the column is read as numbers; of type category it is read as text");
    return CR_ERR_VALUE;
}

/* 0: the cell is an error. */
static int take_number(const struct want *w, struct cells *c, size_t row, const char *s, size_t n)
{
    double v;
    switch (cr_cell_number(s, n, &v)) {
    case CELL_WHOLE: break;
    case CELL_FRACTION: c->counts.fractions = 1; break;
    case CELL_MISSING: c->counts.missing++; break;
    case CELL_INFINITE:
        if (!w->any)
            return 0;
        break;
    default:
        if (w->given != CR_COLUMN_AUTO)
            return 0;
        c->counts.conflict = 1;
    }
    c->value[row] = v;
    return w->role != CR_ROLE_WEIGHT || isnan(v) || (v >= 0 && v < 1e30);
}

/* A word, or else a number: 0.0 is 0. */
static int take_boolean(const struct want *w, struct cells *c, size_t row, const char *s, size_t n)
{
    const int v = cr_cell_boolean(s, n);
    if (v < 0)
        return take_number(w, c, row, s, n);
    c->value[row] = v;
    return 1;
}

static int take_time(const struct want *w, struct cells *c, size_t row, const char *s, size_t n)
{
    double v;
    if (cr_cell_time(s, n, &v)) {
        c->counts.times++;
    } else {
        v = NAN;
        if (cr_cell_is_missing(s, n))
            c->counts.missing++;
        else if (w->given != CR_COLUMN_AUTO)
            return 0;
        else
            c->counts.conflict = 1;
    }
    c->value[row] = v;
    return 1;
}

/* A text that names a class or a category is plain text. -1: out of memory. */
static int take_text(const struct want *w, struct cells *c, size_t row, const char *s, size_t n)
{
    c->code[row] = CR_MISSING;
    if (cr_cell_is_missing(s, n)) {
        c->counts.missing++;
        return 1;
    }
    const size_t before = c->levels.n;
    if (!cr_levels_add(&c->levels, s, n, &c->code[row]))
        return -1;
    if (c->levels.n > before && !w->any && cr_name_problem(s, n)) {
        c->counts.odd = 1;
        return w->given == CR_COLUMN_AUTO && w->role != CR_ROLE_LABEL;
    }
    return 1;
}

int cr_cell_take(const struct want *w, struct cells *c, size_t row, const char *s, size_t n)
{
    switch (w->store) {
    case STORE_NUMBERS: return take_number(w, c, row, s, n);
    case STORE_BOOLEANS: return take_boolean(w, c, row, s, n);
    case STORE_TIMES: return take_time(w, c, row, s, n);
    case STORE_TEXTS: break;
    }
    return take_text(w, c, row, s, n);
}
