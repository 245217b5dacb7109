/* Units that the text treats "in the same way": out_{h2} beside out_{h1}. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/guess_parts.h"

/* from with each place of `old` in it replaced, or the k-th only (k >= 0). */
static int replaced(char *out, size_t size, const char *from, const char *old, const char *by,
                    int k)
{
    size_t n = 0;
    int count = 0, done = 0;
    const size_t len = strlen(old);
    while (*from) {
        if (len && strncmp(from, old, len) == 0 && (k < 0 || count == k)) {
            if (n + strlen(by) + 1 > size)
                return 0;
            n += (size_t)(stpcpy(out + n, by) - (out + n));
            from += len;
            done = 1;
            count++;
            continue;
        }
        count += len && strncmp(from, old, len) == 0;
        if (n + 2 > size)
            return 0;
        out[n++] = *from++;
    }
    out[n] = '\0';
    return done;
}

/* A name that exists, with another index; -1. */
static int sibling(const struct audit *a, int name, const char *sub)
{
    const struct name *n = name_of(a, name);
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *m = &a->maths.name[i];
        if (m->kind == n->kind && m->age == n->age && strcmp(m->base, n->base) == 0 &&
            strcmp(m->sup, n->sup) == 0 && strcmp(m->sub, sub) == 0)
            return (int)i;
    }
    return -1;
}

int cr_guess_is_used(const struct guess *g, int weight)
{
    for (size_t i = 0; i < g->n_units; i++)
        for (size_t k = 0; k < g->unit[i].n; k++)
            if (g->unit[i].weight[k] == weight)
                return 1;
    return 0;
}

/* An index of at most four digits; 0 for what is none. */
static int short_number(const char *s)
{
    return strlen(s) <= 4 ? (int)strtol(s, NULL, 10) : 0;
}

/* Weights of another unit by replacing indices, or by counting on; 0: none fits. */
static int carry_over(const struct audit *a, const struct guess *g, const struct implied *im,
                      const struct unit *like, const char *old, const char *by, struct unit *u)
{
    char buf[96];
    double v;
    for (int way = 0; way < 5; way++) {
        size_t k = 0;
        for (; k < like->n && like->weight[k] >= 0; k++) {
            const struct name *w = name_of(a, like->weight[k]);
            int found = -1;
            if (way < 3) {
                if (replaced(buf, sizeof buf, w->sub, old, by, way == 0 ? -1 : way == 1 ? 0 : 1))
                    found = sibling(a, like->weight[k], buf);
            } else if (*w->sub && strspn(w->sub, "0123456789") == strlen(w->sub)) {
                /* w1, w2 -> w3, w4; or w1, w3 -> w2, w4 */
                const int step = way == 3 ? (int)like->n * (short_number(by) - short_number(old))
                                          : short_number(by) - short_number(old);
                char digits[16];
                (void)snprintf(digits, sizeof digits, "%d", short_number(w->sub) + step);
                found = sibling(a, like->weight[k], digits);
            }
            if (found < 0 || !cr_implied_value(im, found, &v) || cr_guess_is_used(g, found))
                break;
            u->weight[k] = found;
            u->source[k] = like->source[k];
            u->w[k] = NAN;
        }
        if (k == like->n)
            return 1;
    }
    return 0;
}

static const char *last_digits(const char *s)
{
    const char *d = s + strlen(s);
    while (d > s && d[-1] >= '0' && d[-1] <= '9')
        d--;
    return d;
}

struct unit *cr_guess_maker(struct guess *g, int name)
{
    for (size_t i = 0; i < g->n_units; i++)
        if (g->unit[i].n && (g->unit[i].act == name || g->unit[i].pre == name))
            return &g->unit[i];
    return NULL;
}

int cr_guess_complete(struct audit *a, struct guess *g, const struct implied *im, int act)
{
    const struct name *n = name_of(a, act);
    for (size_t i = 0; i < g->n_units; i++) {
        const struct unit like = g->unit[i];
        if (like.act < 0 || !like.n || like.act == act)
            continue;
        const struct name *m = name_of(a, like.act);
        const char *old = m->sub, *by = n->sub;
        char buf[96];
        if (strcmp(m->base, n->base) != 0 || strcmp(m->sup, n->sup) != 0 || !*old || !*by)
            continue;
        struct unit u = {.pre = -1,
                         .act = act,
                         .bias = -1,
                         .layer = -1,
                         .n = like.n,
                         .has_bias = like.has_bias,
                         .b = NAN,
                         .activation = like.activation};
        const char *from = last_digits(old), *to = last_digits(by);
        if (!carry_over(a, g, im, &like, old, by, &u) &&
            !(*from && *to && carry_over(a, g, im, &like, from, to, &u)))
            continue;
        if (like.pre >= 0 && replaced(buf, sizeof buf, name_of(a, like.pre)->sub, old, by, -1))
            u.pre = sibling(a, like.pre, buf);
        if (like.bias >= 0) {
            u.bias = like.bias;
            if (replaced(buf, sizeof buf, name_of(a, like.bias)->sub, *from ? from : old,
                         *to ? to : by, -1)) {
                const int own = sibling(a, like.bias, buf);
                double v;
                /* b_2 is the bias of the next layer where that has it */
                int taken = 0;
                for (size_t k = 0; k < g->n_units; k++)
                    taken |= own >= 0 && g->unit[k].bias == own;
                if (own >= 0 && cr_implied_value(im, own, &v) && !taken)
                    u.bias = own;
            }
        }
        if (g->n_units == MOST_UNITS)
            return 0;
        g->unit[g->n_units++] = u;
        return 1;
    }
    return 0;
}

/* Units that only their results show: out_{o2} beside out_{o1}. */
void cr_guess_complete_layers(struct audit *a, struct guess *g, const struct implied *im)
{
    const size_t names = a->maths.n_names;
    for (size_t i = 0; i < names; i++) {
        const struct name n = a->maths.name[i];
        if (n.kind != NAME_PLAIN || n.age != AGE_UNSAID || !*n.sub || cr_guess_maker(g, (int)i))
            continue;
        for (size_t u = 0; u < g->n_units; u++) {
            const struct name *m = g->unit[u].act >= 0 ? name_of(a, g->unit[u].act) : NULL;
            if (m && strcmp(m->base, n.base) == 0 && strcmp(m->sup, n.sup) == 0) {
                (void)cr_guess_complete(a, g, im, (int)i);
                break;
            }
        }
    }
}
