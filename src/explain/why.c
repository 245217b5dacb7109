/* Which quantity a user means: by id, by its symbol in the notation in use, or by its symbol
 * in any other. Ways of writing do not matter: delta_h1, δ_{h1}, \delta_{h1}; dL/dw11,
 * ∂L/∂w_{11}; x1->h1, x1→h1; w11_new. */
#include <string.h>

#include "explain/steps.h"

static const struct {
    const char *from, *to;
} spellings[] = {
    {"->", ">"},      {"→", ">"},         {"\\to", ">"},    {"\\rightarrow", ">"},
    {"∂", "d"},       {"\\partial", "d"}, {"′", "'"},       {"\\prime", "'"},
    {"−", "-"},       {"\\frac{", ""},    {"}{", "/"},      {"\\text", ""},
    {"\\mathit", ""}, {"\\mathbf", ""},   {"\\mathrm", ""}, {"\\boldsymbol", ""},
    {"\\left", ""},   {"\\right", ""},    {"α", "alpha"},   {"β", "beta"},
    {"γ", "gamma"},   {"δ", "delta"},     {"η", "eta"},     {"λ", "lambda"},
    {"σ", "sigma"},   {"Σ", "Sigma"},     {"Δ", "Delta"},   {"∇", "nabla"},
    {"…", "..."},     {"²", "2"},
};

/* The part of a symbol that does not depend on how it is written. */
static void normalise(struct text *out, const char *s, int commas)
{
    cr_text_clear(out);
    cr_text_add(out, "");
    while (*s) {
        size_t i = 0;
        const size_t count = sizeof spellings / sizeof spellings[0];
        while (i < count && strncmp(s, spellings[i].from, strlen(spellings[i].from)) != 0)
            i++;
        if (i < count) {
            cr_text_add(out, spellings[i].to);
            s += strlen(spellings[i].from);
            continue;
        }
        if (!strchr(" _{}\\^()[]$", *s) && (commas || *s != ','))
            cr_text_addc(out, *s);
        s++;
    }
}

struct search {
    struct explanation *x;
    struct text want, got;
    int commas;
};

static int matches(struct search *s, const char *symbol)
{
    normalise(&s->got, symbol, s->commas);
    return s->got.len && strcmp(cr_text_str(&s->got), cr_text_str(&s->want)) == 0;
}

/* The first step with the symbol that is wanted; -1: none. */
static int find_symbol(struct search *s, const struct names *names)
{
    for (size_t i = 0; i < s->x->n; i++) {
        const struct symbol symbol =
            cr_explanation_symbol(s->x, names, cr_leaf((int)i, WHOLE), NULL);
        if (symbol.text && (matches(s, symbol.text) || matches(s, symbol.latex)))
            return (int)i;
    }
    return -1;
}

static int find_id(struct explanation *x, const char *why)
{
    for (size_t i = 0; i < x->n; i++) {
        const char *id = cr_explanation_id(x, &x->step[i]);
        if (id && strcmp(id, why) == 0)
            return (int)i;
    }
    return -1;
}

static int find_anywhere(struct search *s, const char *why)
{
    struct explanation *x = s->x;
    for (s->commas = 1; s->commas >= 0; s->commas--) {
        normalise(&s->want, why, s->commas);
        const int found = find_symbol(s, &x->names);
        if (found >= 0)
            return found;
    }
    s->commas = 1;
    normalise(&s->want, why, 1);
    for (int i = 0; cr_notation_name(i); i++) {
        struct notation other;
        struct names names = x->names;
        if (cr_notation_choose(x->net->spec, cr_notation_name(i), &other, NULL))
            continue;
        names.notation = &other;
        const int found = find_symbol(s, &names);
        if (found >= 0)
            return found;
    }
    return -1;
}

/* The symbol whose normal form is nearest; NULL: none is near. */
static const char *nearest(struct explanation *x, const char *why)
{
    enum { MOST = 4096 };
    const size_t n = x->n < MOST ? x->n : MOST;
    const char **normal = arena_new(&x->arena, const char *, n + 1);
    const char **symbol = arena_new(&x->arena, const char *, n + 1);
    struct text t = {0};
    size_t count = 0;
    for (size_t i = 0; normal && symbol && i < n; i++) {
        const char *text = cr_explanation_symbol(x, &x->names, cr_leaf((int)i, WHOLE), NULL).text;
        if (!text)
            continue;
        normalise(&t, text, 1);
        normal[count] = cr_arena_strdup(&x->arena, cr_text_str(&t));
        if (normal[count])
            symbol[count++] = text;
    }
    normalise(&t, why, 1);
    const char *near = count ? cr_suggest(cr_text_str(&t), normal, count) : NULL;
    cr_text_free(&t);
    for (size_t i = 0; near && i < count; i++)
        if (normal[i] == near)
            return symbol[i];
    return NULL;
}

static cr_status unknown(struct explanation *x, const char *why, cr_error *err)
{
    const char *near = nearest(x, why);
    const cr_status status =
        cr_fail(err, CR_ERR_UNKNOWN, "no quantity of this network is called '%.100s'", why);
    if (near)
        cr_hint(err, "did you mean '%s'?", near);
    else
        cr_hint(
            err,
            "symbols are those that explain shows in the notation %s, and ids those of its JSON",
            x->notation.name);
    return status;
}

cr_status cr_explanation_resolve(struct explanation *x, const char *why, int *number, cr_error *err)
{
    struct search s = {.x = x};
    int found = find_id(x, why);
    if (found < 0)
        found = find_anywhere(&s, why);
    const int failed = s.want.failed || s.got.failed || x->failed;
    cr_text_free(&s.want);
    cr_text_free(&s.got);
    if (failed)
        return cr_fail_memory(err);
    if (found < 0)
        return unknown(x, why, err);
    *number = found;
    return CR_OK;
}
