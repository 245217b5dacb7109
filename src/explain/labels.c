/* Symbols and ids of steps. */
#include <string.h>

#include "explain/steps.h"

static struct symbol derived_symbol(struct explanation *x, const struct names *names,
                                    const struct xstep *s)
{
    static const struct {
        const char *first, *last; /* "of ..." stands between, where there are several outputs */
    } words[] = {[DERIVED_ERROR_BEFORE] = {"error", " before"},
                 [DERIVED_ERROR] = {"error", " after"},
                 [DERIVED_ERROR_REDUCTION] = {"error reduction", ""},
                 [DERIVED_ERROR_PER_CENT] = {"error reduction", " in per cent"},
                 [DERIVED_REDUCTION] = {"reduction", ""},
                 [DERIVED_PER_CENT] = {"reduction", " in per cent"}};
    const struct tape *t = x->trace->tape;
    const char *first = words[s->derived].first, *last = words[s->derived].last;
    if (s->derived >= DERIVED_REDUCTION || t->value[t->output].cols == 1)
        return (struct symbol){
            cr_names_sure(names, cr_arena_printf(&x->arena, "%s%s", first, last)),
            cr_names_sure(names, cr_arena_printf(&x->arena, "\\text{%s%s}", first, last))};
    const struct symbol of = cr_names_symbol(names, t->output, s->row, s->index, 0);
    return (struct symbol){
        cr_names_sure(names, cr_arena_printf(&x->arena, "%s of %s%s", first, of.text, last)),
        cr_names_sure(names, cr_arena_printf(&x->arena, "\\text{%s of }%s\\text{%s}", first,
                                             of.latex, last))};
}

struct symbol cr_explanation_symbol(struct explanation *x, const struct names *names, uint64_t leaf,
                                    const struct xstep *reader)
{
    const struct xstep *s = &x->step[cr_leaf_step(leaf)];
    if (s->derived)
        return derived_symbol(x, names, s);
    const struct value *v = &x->trace->tape->value[s->value];
    const long element = cr_leaf_element(leaf);
    const long index = element == WHOLE ? s->index : element;
    if (v->role == ROLE_NEW_STATE && reader && reader->pass > s->pass)
        return cr_names_symbol(names, v->of, 0, index, 0);
    if (v->role == ROLE_NEW && reader && reader->phase != X_VERIFY && reader->pass > s->pass)
        return cr_names_symbol(names, v->of, 0, index, 0);
    return cr_names_symbol(names, s->value, s->row, index, s->phase == X_VERIFY);
}

const char *cr_explanation_id(struct explanation *x, const struct xstep *s)
{
    static const char *const words[] = {[DERIVED_ERROR_BEFORE] = "error-before",
                                        [DERIVED_ERROR] = "error",
                                        [DERIVED_ERROR_REDUCTION] = "error-reduction",
                                        [DERIVED_ERROR_PER_CENT] = "error-per-cent",
                                        [DERIVED_REDUCTION] = "reduction",
                                        [DERIVED_PER_CENT] = "per-cent"};
    struct arena *a = &x->arena;
    const struct names *n = &x->names;
    const struct tape *t = x->trace->tape;
    const int per_pass = x->trace->updates > 1 && s->phase != X_GIVEN && s->phase != X_VERIFY;
    const int per_row =
        s->derived ? s->derived < DERIVED_REDUCTION : t->value[s->value].extent == PER_ROW;
    const char *pass = per_pass ? cr_names_sure(n, cr_arena_printf(a, "i%d.", s->pass + 1)) : "";
    const char *row = per_row && x->trace->rows > 1
                          ? cr_names_sure(n, cr_arena_printf(a, "e%zu.", s->row + 1))
                          : "";
    const char *what;
    if (!s->derived) {
        what = cr_names_id(&x->names, s->value, s->row, s->index);
    } else if (per_row) {
        const char *unit = cr_names_id(&x->names, t->target, s->row, s->index);
        const size_t len = strrchr(unit, '.') ? (size_t)(strrchr(unit, '.') - unit) : strlen(unit);
        what = cr_names_sure(n, cr_arena_printf(a, "%.*s.%s", (int)len, unit, words[s->derived]));
    } else {
        what = words[s->derived];
    }
    return cr_names_sure(
        n, cr_arena_printf(a, "%s%s%s.%s", pass, row, cr_xphase_name(s->phase), what));
}
