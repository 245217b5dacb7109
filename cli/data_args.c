#include "data_args.h"

#include <string.h>

const char *const cli_splits[] = {"random", "stratified", "group", "time", NULL};
const char *const cli_scalings[] = {"robust", "standard", "min-max", "none", NULL};

cr_table_options cli_table_options(const struct data_args *args, const char *target)
{
    return (cr_table_options){.label = target,
                              .types = args->types,
                              .ignore = args->ignore,
                              .group = args->group,
                              .order = args->time,
                              .weight = args->weights,
                              .header = args->no_header ? -1 : 0,
                              .cache = args->cache};
}

void cli_fit_options(const struct data_args *args, cr_fit_options *o)
{
    o->split = (cr_split_kind)(args->split + 1);
    o->scaling = args->scaling < 0 ? CR_SCALING_ROBUST : (cr_scaling)args->scaling;
    o->class_weights = args->class_weights;
    o->cache = args->cache;
}

static int read_part(const char *path, const cr_table *table, cr_table **out)
{
    cr_error err = {0};
    *out = NULL;
    if (!path || cr_table_read_like(path, table, out, &err) == CR_OK)
        return CLI_DONE;
    return cli_fail(&err);
}

int cli_read_parts(const struct data_args *args, const cr_table *table, cr_table **test,
                   cr_table **validation)
{
    *validation = NULL;
    if (read_part(args->test_file, table, test) != CLI_DONE)
        return CLI_FAILED;
    if (read_part(args->validation_file, table, validation) == CLI_DONE)
        return CLI_DONE;
    cr_table_free(*test);
    *test = NULL;
    return CLI_FAILED;
}

enum { MOST_LINES = 20 };

/* About how many columns of a terminal a name in UTF-8 takes: East Asian characters and emoji two. */
static int width(const char *s)
{
    int n = 0;
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        n += (c & 0xC0) != 0x80;
        n += (c >= 0xE3 && c <= 0xED) || c >= 0xF0;
    }
    return n;
}

static void print_column(const cr_table *table, cr_column c, FILE *to)
{
    static const char *const roles[] = {"", ", to predict", ", group", ", weight", ", order"};
    const int ignored = c.type == CR_COLUMN_TEXT || c.type == CR_COLUMN_IDENTIFIER;
    const int pad = 20 - width(c.name);
    fprintf(to, "  %s%*s %s%s%s (%s)", c.name, pad > 0 ? pad : 0, "", cr_column_type_name(c.type),
            ignored ? ", ignored" : "", roles[c.role], c.why);
    if (c.missing && c.missing < cr_table_rows(table))
        fprintf(to, ", %zu missing", c.missing);
    fputc('\n', to);
}

void cli_print_columns(const cr_table *table, const char *name, FILE *to)
{
    const size_t n = cr_table_columns(table);
    size_t of_type[CR_COLUMN_IDENTIFIER + 1] = {0};
    fprintf(to, "%s: %s\n", name, cr_table_format(table));
    if (*cr_table_cache(table))
        fprintf(to, "  %s\n", cr_table_cache(table));
    for (size_t i = 0; i < n; i++) {
        const cr_column c = cr_table_column(table, i);
        if (n <= MOST_LINES || c.role != CR_ROLE_INPUT)
            print_column(table, c, to);
        else
            of_type[c.type]++;
    }
    for (int type = 1; type <= CR_COLUMN_IDENTIFIER; type++)
        if (of_type[type])
            fprintf(to, "  %zu other%s of type %s\n", of_type[type], of_type[type] == 1 ? "" : "s",
                    cr_column_type_name((cr_column_type)type));
}
