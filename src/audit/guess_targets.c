/* Targets and the learning rate. */
#include <string.h>

#include "audit/guess_parts.h"

/* b of (a - b)^2 or of a - b in the text, where a is the name; -1. */
static int partner(const struct expr *e, int name, int square)
{
    const int power = square && e->kind == EXPR_POW;
    const struct expr *s = power ? e->arg[0] : e;
    if (power == square && s->kind == EXPR_ADD && s->n == 2 && s->arg[1]->kind == EXPR_NEG &&
        s->arg[0]->kind == EXPR_SYM && s->arg[1]->arg[0]->kind == EXPR_SYM) {
        const int x = (int)s->arg[0]->ref, y = (int)s->arg[1]->arg[0]->ref;
        if (x == name)
            return y;
        if (y == name)
            return x;
    }
    for (unsigned i = 0; i < e->n; i++) {
        const int p = partner(e->arg[i], name, square);
        if (p >= 0)
            return p;
    }
    return -1;
}

/* The number of digits that begins at s: its length; 0: there is none. */
static size_t read_decimal(const struct audit *a, const char *s, double *out)
{
    size_t n = strspn(s, "0123456789");
    char digits[32];
    if (n && (s[n] == '.' || (a->blocks.decimal_comma && s[n] == ',')) && s[n + 1] >= '0' &&
        s[n + 1] <= '9')
        n += 1 + strspn(s + n + 1, "0123456789");
    if (!n || n >= sizeof digits)
        return 0;
    memcpy(digits, s, n);
    digits[n] = '\0';
    for (char *p = digits; *p; p++)
        if (*p == ',')
            *p = '.';
    return cr_parse_f64(digits, n, out) ? n : 0;
}

/* The number that stands where `name` does, in a side of numbers of the same shape. */
static int aligned(const struct expr *symbols, const struct expr *numbers, int name, double *out)
{
    if (symbols->kind == EXPR_SYM)
        return (int)symbols->ref == name && cr_guess_number(numbers, out);
    if (symbols->kind != numbers->kind || symbols->n != numbers->n ||
        symbols->func != numbers->func)
        return 0;
    for (unsigned i = 0; i < symbols->n; i++)
        if (aligned(symbols->arg[i], numbers->arg[i], name, out))
            return 1;
    return 0;
}

/* The same, in the sides after side `k`. */
static int aligned_after(const struct chain *c, size_t k, int name, double *out)
{
    for (size_t j = k + 1; j < c->n; j++)
        if (c->side[j].e && aligned(c->side[k].e, c->side[j].e, name, out))
            return 1;
    return 0;
}

/* "the network gives 0.75": what the text works out is no target. */
static int is_computed(const struct audit *a, double v)
{
    double given;
    for (size_t i = 0; i < a->n_claims; i++) {
        const struct claim *c = &a->claim[i];
        if ((c->from || c->formula) && c->name >= 0 && cr_guess_number(c->e, &given) && given == v)
            return 1;
    }
    return 0;
}

/* Where a line begins that is an item of a list. The mark is gone from the blocks' copy of the text,
 * but not from the text, which nothing ends. */
static int begins_item(const struct audit *a, size_t at)
{
    static const char *const marks[] = {"- ", "* ", "+ ", "•"};
    const char *s = a->source.text + at, *end = a->source.text + a->source.size;
    if (s == end || *s++ != '\n')
        return 0;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if ((size_t)(end - s) >= strlen(marks[i]) && !memcmp(s, marks[i], strlen(marks[i])))
            return 1;
    return 0;
}

/* "targets 0.01 and 0.99": as many numbers in the sentence as there are outputs. */
int cr_guess_targets_in_words(const struct audit *a, size_t n, double *out)
{
    static const char *const words[] = {"target", "Target", "desired", "want", "should", "label"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *s = a->blocks.text;
        while ((s = strstr(s, words[w]))) {
            s += strlen(words[w]);
            size_t found = 0;
            const char *p = s;
            while (*p && p - s < 160 && !(*p == '\n' && p[1] == '\n') &&
                   !begins_item(a, (size_t)(p - a->blocks.text)) &&
                   !(*p == '.' && (p[1] == ' ' || p[1] == '\n'))) {
                double v;
                const size_t len = read_decimal(a, p, &v);
                /* not the 1 of o_1 and of h1 */
                const int index = p[-1] == '_' || p[-1] == '{' || (p[-1] & 0x80) ||
                                  (p[-1] != '[' && p[-1] >= 'A' && p[-1] <= 'z');
                if (len && !index && is_computed(a, v)) {
                    found = n + 1;
                    break;
                }
                if (len && !index) {
                    if (found < n)
                        out[found] = v;
                    found++;
                }
                p += len ? len : 1;
            }
            /* the label of one of several classes is no value of an output */
            double sum = 0;
            for (size_t k = 0; k < found && k < n; k++)
                sum += out[k] == 0 || out[k] == 1 ? out[k] : 2;
            if (found == n && (n == 1 || sum == 1 || strcmp(words[w], "label") != 0))
                return 1;
        }
    }
    return 0;
}

/* The text compares this target with something else than the output. */
int cr_guess_is_foreign_target(const struct audit *a, int target, int output)
{
    for (size_t i = 0; i < a->maths.n_chains; i++)
        for (size_t k = 0; k < a->maths.chain[i].n; k++) {
            const struct expr *e = a->maths.chain[i].side[k].e;
            const int p = e ? partner(e, target, 1) : -1;
            double printed;
            int places;
            /* the o of "(t - o)^2" may be any output, but not where it has a value of its own */
            if (p >= 0 && p != output &&
                (*name_of(a, p)->sub || cr_guess_printed(a, p, &printed, &places)))
                return 1;
        }
    return 0;
}

/* A name for the target of an output that the text gives in words. */
int cr_guess_target_name(struct audit *a, int output)
{
    struct name n = *name_of(a, output);
    n.base = "target";
    n.sup = "";
    return cr_maths_name(&a->maths, &n);
}

/* b of (a - b)^2 in numbers, where a is a printed value of the output. */
static int square_partner(const struct audit *a, const struct expr *e, int output, double *t)
{
    if (e->kind == EXPR_POW && e->arg[1]->kind == EXPR_NUM && e->arg[1]->value == 2 &&
        e->arg[0]->kind == EXPR_ADD && e->arg[0]->n == 2) {
        const struct expr *s = e->arg[0];
        for (int k = 0; k < 2; k++) {
            double y, v;
            const struct expr *own = s->arg[k], *other = s->arg[!k];
            own = own->kind == EXPR_NEG ? own->arg[0] : own;
            other = other->kind == EXPR_NEG ? other->arg[0] : other;
            if (cr_guess_number(other, &v) &&
                (own->kind == EXPR_SYM
                     ? (int)own->ref == output
                     : cr_guess_number(own, &y) && cr_guess_has_value(a, output, y))) {
                *t = v;
                return 1;
            }
        }
    }
    for (unsigned i = 0; i < e->n; i++)
        if (square_partner(a, e->arg[i], output, t))
            return 1;
    return 0;
}

int cr_guess_target_in_numbers(const struct audit *a, int output, double *t)
{
    for (size_t i = 0; i < a->maths.n_chains; i++)
        for (size_t k = 0; k < a->maths.chain[i].n; k++) {
            const struct expr *e = a->maths.chain[i].side[k].e;
            if (e && square_partner(a, e, output, t))
                return 1;
        }
    return 0;
}

int cr_guess_target(const struct audit *a, const struct guess *g, const struct implied *im,
                    int output, size_t column, double *t)
{
    for (int square = 1; square >= 0; square--)
        for (size_t i = 0; i < a->maths.n_chains; i++)
            for (size_t k = 0; k < a->maths.chain[i].n; k++) {
                const struct expr *e = a->maths.chain[i].side[k].e;
                const int p = e ? partner(e, output, square) : -1;
                if (p >= 0 &&
                    (cr_implied_value(im, p, t) || aligned_after(&a->maths.chain[i], k, p, t)))
                    return p;
            }
    /* o_1 = 0.01 beside out_{o1} */
    char both[128];
    for (size_t i = 0; i < im->n; i++) {
        const struct name *n = name_of(a, im->name[i]), *y = name_of(a, output);
        if (n->kind == NAME_PLAIN && n->age == AGE_UNSAID && *n->sub && !*n->sup &&
            strlen(n->base) + strlen(n->sub) < sizeof both &&
            strcmp(strcat(strcpy(both, n->base), n->sub), y->sub) == 0 &&
            !cr_guess_maker((struct guess *)g, im->name[i]) && !cr_guess_is_used(g, im->name[i])) {
            *t = im->value[i];
            return im->name[i];
        }
    }
    static const char *const strong[] = {"t", "T", "target", "d", "y", "ŷ", "Y", NULL};
    const struct name *o = name_of(a, output);
    size_t seen = 0;
    for (int same = 1; same >= 0; same--)
        for (size_t i = 0; i < im->n; i++) {
            const struct name *n = name_of(a, im->name[i]);
            int used = im->name[i] == output || n->kind != NAME_PLAIN;
            for (size_t k = 0; k < g->n_inputs; k++)
                used |= g->input[k] == im->name[i];
            if (used || (!is_one_of(n->base, strong) && strcmp(n->sup, "*") != 0) ||
                cr_guess_is_used(g, im->name[i]))
                continue;
            for (size_t k = 0; k < g->n_units; k++)
                used |= g->unit[k].act == im->name[i] || g->unit[k].pre == im->name[i] ||
                        g->unit[k].bias == im->name[i];
            if (used || (same && strcmp(n->sub, o->sub) != 0))
                continue;
            if (same || seen++ == column) {
                *t = im->value[i];
                return im->name[i];
            }
        }
    return -1;
}

/* "learning rate of 0.5" */
static int rate_in_words(const struct audit *a, double *out)
{
    static const char *const words[] = {"earning rate", "earning-rate", "earning Rate", "ernrate",
                                        "step size"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *s = a->blocks.text;
        while ((s = strstr(s, words[w]))) {
            s += strlen(words[w]);
            for (int i = 0; i < 40 && s[i] && s[i] != '\n' && s[i] != '.'; i++)
                if (s[i] >= '0' && s[i] <= '9')
                    return read_decimal(a, s + i, out) > 0;
        }
    }
    return 0;
}

void cr_guess_rate(const struct audit *a, struct guess *g, const struct implied *im)
{
    static const char *const bases[] = {"η", "α", "λ", "γ", "ε", "μ", "lr", NULL};
    g->rate_name = -1;
    for (int b = 0; bases[b]; b++)
        for (size_t i = 0; i < a->maths.n_names; i++) {
            const struct name *n = name_of(a, (int)i);
            if (n->kind != NAME_PLAIN || strcmp(n->base, bases[b]) != 0 || *n->sub || *n->sup)
                continue;
            if (g->rate_name < 0)
                g->rate_name = (int)i;
            if (!g->has_rate && cr_implied_value(im, (int)i, &g->rate)) {
                g->rate_name = (int)i;
                g->has_rate = 1;
            }
        }
    if (!g->has_rate)
        g->has_rate = rate_in_words(a, &g->rate);
    g->has_rate = g->has_rate && g->rate > 0;
}
