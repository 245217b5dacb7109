#include "data/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/number.h"

enum { MAX_NAME = 1024, MAX_SUGGEST = 1000, MOST_COLUMNS = 1 << 20 };

/* The names of a file's columns. */
struct header {
    size_t n;
    const char **name;
    size_t *sorted; /* indices by name, for look-ups and duplicates */
};

/* What cr_plan_columns works on. */
struct planner {
    const struct csv *csv;
    const cr_table_options *options;
    struct plan plan;
    struct header header;
    unsigned char *ignored; /* [n] named by `ignore` */
    cr_column_type *type;   /* [n] named by `types` */
};

void cr_plan_columns_free(struct plan *plan)
{
    cr_arena_free(&plan->arena);
    *plan = (struct plan){0};
}

const char *cr_name_problem(const char *s, size_t n)
{
    if (n > MAX_NAME)
        return "is longer than 1024 bytes";
    for (size_t i = 0; i < n;) {
        unsigned code;
        size_t step = cr_utf8_next(s + i, n - i, &code);
        int hides = (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                    (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
        if (code < 0x20 || (code >= 0x7F && code < 0xA0) || hides)
            return "has a control character";
        if (code == 0xFFFD && step == 1)
            return "is not UTF-8";
        i += step;
    }
    return NULL;
}

/* A bottom-up merge sort: qsort has no context argument in POSIX 2008. */
static void sort_by_name(const char *const *name, size_t *index, size_t *spare, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t i = at, mid = at + width < n ? at + width : n, j = mid;
            size_t end = mid + width < n ? mid + width : n;
            for (size_t k = at; k < end; k++) {
                int left = i < mid && (j >= end || strcmp(name[index[i]], name[index[j]]) <= 0);
                spare[k] = left ? index[i++] : index[j++];
            }
        }
        memcpy(index, spare, n * sizeof *index);
    }
}

/* A row of values: every cell that holds something is a number or a date. */
static int has_names(const struct csv *csv)
{
    size_t values = 0;
    for (size_t i = 0; i < csv->n; i++) {
        size_t n;
        double v;
        const char *s = cr_csv_text(csv, i, &n);
        if (cr_cell_number(s, n, &v) == CELL_TEXT && !cr_cell_time(s, n, &v))
            return 1;
        values += n > 0;
    }
    return values == 0;
}

static cr_status read_header(struct planner *p, cr_error *err)
{
    const struct csv *csv = p->csv;
    struct header *h = &p->header;
    struct arena *a = &p->plan.arena;
    h->n = csv->n;
    h->name = p->plan.name = arena_new(a, const char *, h->n);
    h->sorted = arena_new(a, size_t, h->n);
    size_t *spare = arena_new(a, size_t, h->n);
    p->ignored = arena_new(a, unsigned char, h->n);
    p->type = arena_new(a, cr_column_type, h->n);
    if (!h->name || !h->sorted || !spare || !p->ignored || !p->type)
        return cr_fail_memory(err);
    for (size_t i = 0; i < h->n; i++) {
        size_t n;
        const char *s = cr_csv_text(csv, i, &n);
        const char *problem = p->plan.header ? cr_name_problem(s, n) : NULL;
        if (problem)
            return cr_csv_fail(csv, i, err, CR_ERR_VALUE, "this name %s", problem);
        if (!p->plan.header)
            h->name[i] = cr_arena_printf(a, "x%zu", i + 1);
        else if (n == 0)
            h->name[i] = cr_arena_printf(a, "column %zu", i + 1);
        else
            h->name[i] = cr_arena_strndup(a, s, n);
        if (!h->name[i])
            return cr_fail_memory(err);
    }
    sort_by_name(h->name, h->sorted, spare, h->n);
    return CR_OK;
}

/* Where a name is in `sorted`, or h->n. The first of equal ones. */
static size_t lookup(const struct header *h, const char *name)
{
    size_t low = 0, high = h->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(h->name[h->sorted[mid]], name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < h->n && !strcmp(h->name[h->sorted[low]], name) ? low : h->n;
}

/* What may be wrong with the first line where a name is not in it. */
static void hint_header(const struct planner *p, cr_error *err)
{
    const struct header *h = &p->header;
    if (!p->plan.header) {
        cr_hint(err, "the first line has only values, so columns are called x1, x2, ...");
        return;
    }
    if (p->options->header > 0) /* arrays have names, and no first line */
        return;
    if (h->n == 1) {
        cr_hint(err, "the first line has one name only; commas, semicolons, tabs or bars would "
                     "stand between names");
        return;
    }
    for (size_t i = 0; i < h->n; i++) {
        double v;
        if (cr_cell_number(h->name[i], strlen(h->name[i]), &v) == CELL_FRACTION) {
            cr_hint(err, "the first line names the columns; if it holds values, --no-header calls "
                         "them x1, x2, ...");
            return;
        }
    }
}

static cr_status find_column(const struct planner *p, const char *name, size_t *field,
                             cr_error *err)
{
    const struct header *h = &p->header;
    const size_t at = lookup(h, name);
    if (at == h->n) {
        const char *near = h->n > MAX_SUGGEST ? NULL : cr_suggest(name, h->name, h->n);
        cr_csv_fail(p->csv, 0, err, CR_ERR_UNKNOWN, "there is no column '%s'", name);
        if (near)
            cr_hint(err, "did you mean '%s'?", near);
        else
            hint_header(p, err);
        return CR_ERR_UNKNOWN;
    }
    if (at + 1 < h->n && !strcmp(h->name[h->sorted[at + 1]], name))
        return cr_csv_fail(p->csv, h->sorted[at + 1], err, CR_ERR_VALUE,
                           "two columns are called '%s'", name);
    *field = h->sorted[at];
    return CR_OK;
}

static cr_status check_all_names(const struct planner *p, cr_error *err)
{
    const struct header *h = &p->header;
    for (size_t i = 0; i + 1 < h->n; i++) {
        size_t a = h->sorted[i], b = h->sorted[i + 1];
        if (!strcmp(h->name[a], h->name[b]))
            return cr_csv_fail(p->csv, b, err, CR_ERR_VALUE,
                               "columns %zu and %zu are both called '%s'", a + 1, b + 1,
                               h->name[a]);
    }
    return CR_OK;
}

static cr_status set_type(struct planner *p, size_t field, const char *name, const char *type,
                          size_t n, cr_error *err)
{
    const char *names[CR_COLUMN_IDENTIFIER];
    char word[16];
    snprintf(word, sizeof word, "%.*s", n > 15 ? 15 : (int)n, type);
    const int found = cr_column_type_find(word);
    if (found >= 0) {
        p->type[field] = (cr_column_type)found;
        return CR_OK;
    }
    for (int i = 1; i <= CR_COLUMN_IDENTIFIER; i++)
        names[i - 1] = cr_column_type_name((cr_column_type)i);
    const char *near = cr_suggest(word, names, CR_COLUMN_IDENTIFIER);
    cr_fail(err, CR_ERR_UNKNOWN, "column '%s': there is no type '%s'", name, word);
    if (near)
        cr_hint(err, "did you mean '%s'?", near);
    else
        cr_hint(err, "there are number, integer, boolean, category, time, text and identifier");
    return CR_ERR_UNKNOWN;
}

/* A list of names, or of NAME=TYPE, as a line of CSV. */
static cr_status read_list(struct planner *p, const char *list, const char *what, int typed,
                           cr_error *err)
{
    struct csv csv = {.name = what,
                      .text = list,
                      .size = strlen(list),
                      .last = 1,
                      .next_line = 1,
                      .delimiter = ','};
    cr_status status = CR_OK;
    const enum csv_step step = cr_csv_next(&csv, &status, err);
    for (size_t i = 0; step == CSV_ROW && status == CR_OK && i < csv.n; i++) {
        size_t n, field = 0;
        const char *s = cr_csv_text(&csv, i, &n);
        size_t equals = n;
        while (typed && equals > 0 && s[equals - 1] != '=')
            equals--;
        if (typed && equals == 0) {
            status = cr_csv_fail(&csv, i, err, CR_ERR_SYNTAX, "NAME=TYPE is needed");
            break;
        }
        const char *name = cr_arena_strndup(&p->plan.arena, s, typed ? equals - 1 : n);
        status = name ? find_column(p, name, &field, err) : cr_fail_memory(err);
        if (status == CR_OK && typed)
            status = set_type(p, field, name, s + equals, n - equals, err);
        else if (status == CR_OK)
            p->ignored[field] = 1;
    }
    cr_csv_free(&csv);
    return status;
}

static enum store store_of(cr_column_type type)
{
    switch (type) {
    case CR_COLUMN_BOOLEAN: return STORE_BOOLEANS;
    case CR_COLUMN_TIME: return STORE_TIMES;
    case CR_COLUMN_CATEGORY: return STORE_TEXTS;
    default: return STORE_NUMBERS;
    }
}

/* Put a column with a role of its own into the plan; it is no other column's then. */
static cr_status add_role(struct planner *p, const char *name, cr_column_role role,
                          cr_column_type type, cr_error *err)
{
    size_t field = 0;
    if (!name)
        return CR_OK;
    const int optional = role == CR_ROLE_LABEL && p->options->label_optional;
    if (optional && lookup(&p->header, name) == p->header.n)
        return CR_OK;
    const cr_status status = find_column(p, name, &field, err);
    if (status != CR_OK)
        return status;
    for (size_t i = 0; i < p->plan.n; i++)
        if (p->plan.want[i].field == field)
            return cr_fail(err, CR_ERR_ARGUMENT, "column '%s' cannot have two roles", name);
    if (p->type[field] != CR_COLUMN_AUTO && type == CR_COLUMN_AUTO)
        type = p->type[field];
    if (role == CR_ROLE_LABEL && (type == CR_COLUMN_TEXT || type == CR_COLUMN_IDENTIFIER))
        type = CR_COLUMN_CATEGORY; /* what is to be predicted is not ignored */
    p->plan.want[p->plan.n++] =
        (struct want){p->header.name[field], field, role, type, store_of(type)};
    return CR_OK;
}

static int by_field(const void *a, const void *b)
{
    const struct want *x = a, *y = b;
    return (x->field > y->field) - (x->field < y->field);
}

static int is_taken(const struct plan *plan, size_t n, size_t field)
{
    for (size_t i = 0; i < n; i++)
        if (plan->want[i].field == field)
            return 1;
    return 0;
}

static cr_status pick_columns(struct planner *p, cr_error *err)
{
    const cr_table_options *o = p->options;
    struct plan *plan = &p->plan;
    const size_t cols = o->columns ? o->n_columns : p->header.n;
    cr_status status = CR_OK;
    plan->want = arena_new(&plan->arena, struct want, cols + 4);
    if (!plan->want)
        return cr_fail_memory(err);
    status = add_role(p, o->label, CR_ROLE_LABEL, o->label_type, err);
    if (status == CR_OK)
        status = add_role(p, o->group, CR_ROLE_GROUP, CR_COLUMN_CATEGORY, err);
    if (status == CR_OK)
        status = add_role(p, o->weight, CR_ROLE_WEIGHT, CR_COLUMN_NUMBER, err);
    if (status == CR_OK)
        status = add_role(p, o->order, CR_ROLE_ORDER, CR_COLUMN_AUTO, err);
    const size_t roles = plan->n;
    for (size_t i = 0; status == CR_OK && i < cols; i++) {
        size_t field = i;
        cr_column_type type = CR_COLUMN_AUTO;
        if (o->columns)
            status = find_column(p, o->columns[i], &field, err);
        if (status != CR_OK)
            break;
        if (o->columns && o->column_types)
            type = o->column_types[i];
        if (type == CR_COLUMN_AUTO)
            type = p->type[field];
        if (is_taken(plan, roles, field) || (!o->columns && p->ignored[field]) ||
            type == CR_COLUMN_TEXT || type == CR_COLUMN_IDENTIFIER)
            continue;
        plan->want[plan->n++] =
            (struct want){p->header.name[field], field, CR_ROLE_INPUT, type, store_of(type)};
    }
    if (!o->columns)
        qsort(plan->want, plan->n, sizeof *plan->want, by_field);
    plan->ignored = plan->width > plan->n ? plan->width - plan->n : 0;
    return status;
}

cr_status cr_plan_columns(const struct csv *csv, const cr_table_options *options, struct plan *out,
                          cr_error *err)
{
    struct planner p = {.csv = csv, .options = options};
    if (csv->n > MOST_COLUMNS)
        return cr_csv_fail(csv, MOST_COLUMNS, err, CR_ERR_LIMIT, "more than %d columns",
                           MOST_COLUMNS);
    p.plan.width = csv->n;
    p.plan.header = options->header ? options->header > 0 : has_names(csv);
    cr_status status = read_header(&p, err);
    if (status == CR_OK && !options->columns)
        status = check_all_names(&p, err);
    if (status == CR_OK && options->types)
        status = read_list(&p, options->types, "types", 1, err);
    if (status == CR_OK && options->ignore)
        status = read_list(&p, options->ignore, "columns to ignore", 0, err);
    if (status == CR_OK)
        status = pick_columns(&p, err);
    if (status != CR_OK) {
        cr_plan_columns_free(&p.plan);
        return status;
    }
    *out = p.plan;
    return CR_OK;
}
