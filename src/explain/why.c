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

/* Whether a spelling may begin with this byte. */
static int is_spelled(char c)
{
    return c == '-' || c == '\\' || c == '}' || (unsigned char)c >= 0x80;
}

/* The part of a symbol that does not depend on how it is written. */
static void normalise(struct text *out, const char *s, int commas)
{
    cr_text_clear(out);
    cr_text_add(out, "");
    while (*s) {
        size_t i = 0;
        const size_t count = is_spelled(*s) ? sizeof spellings / sizeof spellings[0] : 0;
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

enum { SCRATCH = 1024 }; /* symbols between which scratch memory is freed */

struct search {
    struct explanation *x;
    struct text want[2], got; /* without commas, and with them */
    struct arena scratch;
    char *value; /* of the tape: what is_ruled_out knows of it */
};

static int matches(struct search *s, const char *symbol, int commas)
{
    normalise(&s->got, symbol, commas);
    return s->got.len && strcmp(cr_text_str(&s->got), cr_text_str(&s->want[commas])) == 0;
}

/* Whether no element of the step's quantity can be meant: all begin with another letter. */
static int is_ruled_out(struct search *s, const struct names *names, size_t i)
{
    enum { UNKNOWN, POSSIBLE, RULED_OUT };
    const struct xstep *step = &s->x->step[i];
    if (step->derived)
        return 0;
    char *is = &s->value[step->value];
    if (*is == UNKNOWN) {
        *is = POSSIBLE;
        normalise(&s->got, cr_explanation_symbol(s->x, names, cr_leaf((int)i, WHOLE), NULL).text,
                  0);
        if (cr_names_begin_alike(names, step->value) && s->got.len &&
            s->got.s[0] != cr_text_str(&s->want[0])[0])
            *is = RULED_OUT;
    }
    return *is == RULED_OUT;
}

/* The first step with the symbol that is wanted, commas and all; where there is none, the first
 * one but for commas. -1: none. */
static int find_symbol(struct search *s, struct names names)
{
    int near = -1;
    names.a = &s->scratch;
    memset(s->value, 0, (size_t)names.tape->n_values);
    for (size_t i = 0; i < s->x->n; i++) {
        if (i % SCRATCH == 0)
            cr_arena_free(&s->scratch);
        if (is_ruled_out(s, &names, i))
            continue;
        const struct symbol symbol =
            cr_explanation_symbol(s->x, &names, cr_leaf((int)i, WHOLE), NULL);
        if (matches(s, symbol.text, 1) || matches(s, symbol.latex, 1))
            return (int)i;
        if (near < 0 && (matches(s, symbol.text, 0) || matches(s, symbol.latex, 0)))
            near = (int)i;
    }
    return near;
}

static int find_id(struct explanation *x, const char *why)
{
    for (size_t i = 0; i < x->n; i++) {
        if (!strstr(why, cr_xphase_name(x->step[i].phase)))
            continue;
        const char *id = cr_explanation_id(x, &x->step[i]);
        if (id && strcmp(id, why) == 0)
            return (int)i;
    }
    return -1;
}

static int find_anywhere(struct search *s, const char *why)
{
    struct explanation *x = s->x;
    for (int commas = 0; commas < 2; commas++)
        normalise(&s->want[commas], why, commas);
    int found = find_symbol(s, x->names);
    for (int i = 0; found < 0 && cr_notation_name(i); i++) {
        struct notation other;
        struct names names = x->names;
        if (cr_notation_choose(x->net->spec, cr_notation_name(i), &other, NULL))
            continue;
        names.notation = &other;
        found = find_symbol(s, names);
    }
    return found;
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
    struct search s = {.x = x,
                       .value = arena_new(&x->arena, char, (size_t)x->trace->tape->n_values)};
    if (!s.value)
        return cr_fail_memory(err);
    int found = find_id(x, why);
    if (found < 0)
        found = find_anywhere(&s, why);
    const int failed = s.want[0].failed || s.want[1].failed || s.got.failed || x->failed;
    for (int commas = 0; commas < 2; commas++)
        cr_text_free(&s.want[commas]);
    cr_text_free(&s.got);
    cr_arena_free(&s.scratch);
    if (failed)
        return cr_fail_memory(err);
    if (found < 0)
        return unknown(x, why, err);
    *number = found;
    return CR_OK;
}
