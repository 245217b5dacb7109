#include "report/cells.h"

#include <stdarg.h>
#include <stdlib.h>

void cr_cell(struct cells *t, const char *fmt, ...)
{
    struct text text = {0};
    va_list args;
    va_start(args, fmt);
    cr_text_vprintf(&text, fmt, args);
    va_end(args);
    if (t->n == t->room) {
        const size_t room = t->room ? 2 * t->room : 64;
        const char **more = realloc(t->cell, room * sizeof *more);
        if (more)
            t->cell = more, t->room = room;
    }
    if (!text.failed && t->n < t->room)
        t->cell[t->n] = cr_arena_strdup(&t->arena, cr_text_str(&text));
    if (text.failed || t->n >= t->room || !t->cell[t->n++])
        t->failed = 1;
    cr_text_free(&text);
}

void cr_cells_write(struct cells *t, struct text *out, const char *caption, size_t cols)
{
    if (t->failed)
        out->failed = 1;
    else
        cr_html_table(out, caption, t->cell, t->n / cols, cols, HTML_PLAIN);
    free(t->cell);
    cr_arena_free(&t->arena);
    *t = (struct cells){0};
}
