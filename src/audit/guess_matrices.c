/* Units from equations between matrices: z = W x + b, a = f(z). Each entry is a quantity with a
 * name of its own (cr_maths_entry). */
#include <math.h>

#include "audit/guess_parts.h"

enum { MOST_SHAPES = 128, MOST_LAYERS = 8 };

/* The sizes of what the text prints as a matrix or a vector. */
struct shape {
    int name;
    size_t rows, cols;
};

struct shapes {
    struct shape shape[MOST_SHAPES];
    size_t n;
};

static const struct shape *shape_of(const struct shapes *s, int name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->shape[i].name == name)
            return &s->shape[i];
    return NULL;
}

static int is_numbers(const struct expr *e)
{
    double v;
    for (unsigned i = 0; i < e->n; i++)
        if (!cr_guess_number(e->arg[i], &v))
            return 0;
    return e->n > 0;
}

/* W = (numbers): a given with its shape. Several of them may follow one another in a chain. */
static void read_shapes(struct audit *a, struct implied *im, struct shapes *out)
{
    for (size_t i = 0; i < a->maths.n_chains; i++) {
        const struct chain *c = &a->maths.chain[i];
        const int subject = cr_guess_subject(a, c);
        if (subject < 0 || cr_guess_is_backward(a, subject) || name_of(a, subject)->age == AGE_NEW)
            continue;
        for (size_t k = 1; k < c->n; k++) {
            const struct expr *e = c->side[k].e;
            if (!e || e->kind != EXPR_MATRIX || !is_numbers(e))
                continue;
            if (!shape_of(out, subject) && out->n < MOST_SHAPES)
                out->shape[out->n++] = (struct shape){subject, e->rows, e->n / e->rows};
            for (unsigned j = 0; c->n == 2 && j < e->n; j++) {
                const int entry = cr_maths_entry(&a->maths, subject, e->rows, e->n / e->rows, j);
                if (entry >= 0)
                    cr_imply(im, cr_maths_symbol(&a->maths, entry), e->arg[j]);
            }
        }
    }
}

/* w_12 of a matrix W, where the text writes that too. Where the first of x is the 1 that goes with a
 * bias, people count the others from 1, and nothing is said. */
static void imply_indexed(struct audit *a, struct implied *im)
{
    const size_t given = im->n;
    for (size_t k = 0; k < given; k++)
        if (im->value[k] == 1 && strcmp(name_of(a, im->name[k])->sub, "[1]") == 0)
            return;
    for (size_t i = 0; i < a->maths.n_names; i++)
        for (size_t k = 0; k < given; k++)
            if (cr_maths_same_entry(name_of(a, (int)i), name_of(a, im->name[k])) &&
                im->n < MOST_GIVENS) {
                double v;
                if (!cr_implied_value(im, (int)i, &v)) {
                    im->name[im->n] = (int)i;
                    im->value[im->n++] = im->value[k];
                }
                break;
            }
}

/* W x, x W, with either of them transposed. */
struct product {
    int weights, source, turned; /* turned: weights are [in][out] */
    int bias;                    /* -1 */
};

static const struct expr *plain(const struct expr *e, int *turned)
{
    *turned = e->kind == EXPR_TRANSPOSE;
    return *turned ? e->arg[0] : e;
}

static int read_product(const struct audit *a, const struct shapes *s, const struct expr *e,
                        struct product *out)
{
    int left, right;
    *out = (struct product){.bias = -1};
    if (e->kind == EXPR_ADD && e->n == 2 && e->arg[1]->kind == EXPR_SYM) {
        if (!read_product(a, s, e->arg[0], out))
            return 0;
        out->bias = (int)e->arg[1]->ref;
        return 1;
    }
    if (e->kind != EXPR_MUL || e->n != 2)
        return 0;
    const struct expr *x = plain(e->arg[0], &left), *y = plain(e->arg[1], &right);
    if (x->kind != EXPR_SYM || y->kind != EXPR_SYM)
        return 0;
    const int first = cr_guess_is_weight(a, (int)x->ref) && shape_of(s, (int)x->ref);
    const int second = cr_guess_is_weight(a, (int)y->ref) && shape_of(s, (int)y->ref);
    if (first == second)
        return 0;
    out->weights = (int)(first ? x : y)->ref;
    out->source = (int)(first ? y : x)->ref;
    out->turned = first ? left : !right;
    return 1;
}

static int entry(struct audit *a, int name, size_t n, size_t i)
{
    return n == 1 ? name : cr_maths_entry(&a->maths, name, (unsigned)n, 1, (unsigned)i);
}

/* The units of S = W x + b, whose results are called `pre`, or of f(W x + b), called `act`. */
static void add_units(struct audit *a, struct guess *g, const struct shapes *s,
                      const struct product *p, int pre, int act, const char *f)
{
    const struct shape *w = shape_of(s, p->weights);
    const size_t out = p->turned ? w->cols : w->rows, in = p->turned ? w->rows : w->cols;
    if (in > MOST_SOURCES || out > MOST_SOURCES)
        return;
    for (size_t j = 0; j < out; j++) {
        const int named = pre >= 0 ? entry(a, pre, out, j) : -1;
        const int called = act >= 0 ? entry(a, act, out, j) : -1;
        if (cr_guess_find_unit(g, named, called))
            continue;
        struct unit *u = cr_guess_new_unit(g, named, called);
        if (!u)
            return;
        u->n = in;
        u->has_bias = p->bias >= 0;
        u->bias = p->bias >= 0 ? entry(a, p->bias, out, j) : -1;
        u->b = NAN;
        u->activation = f;
        for (size_t k = 0; k < in; k++) {
            const size_t r = p->turned ? k : j, c = p->turned ? j : k;
            u->weight[k] = w->rows * w->cols == 1
                               ? p->weights
                               : cr_maths_entry(&a->maths, p->weights, (unsigned)w->rows,
                                                (unsigned)w->cols, (unsigned)(r * w->cols + c));
            u->source[k] = entry(a, p->source, in, k);
            u->w[k] = NAN;
        }
    }
}

/* a = f(z), for each unit whose pre-activation is an entry of z. */
static void name_activations(struct audit *a, struct guess *g, int act, int pre, const char *f)
{
    for (size_t n = MOST_SOURCES; n > 0; n--)
        for (size_t j = 0; j < n; j++) {
            struct unit *u = cr_guess_find_unit(g, entry(a, pre, n, j), -1);
            if (!u || u->act >= 0)
                continue;
            u->act = entry(a, act, n, j);
            u->activation = f;
        }
}

static void read_side(struct audit *a, struct guess *g, const struct shapes *s, int subject,
                      const struct expr *e)
{
    struct product p;
    const char *f = NULL;
    if (read_product(a, s, e, &p)) {
        add_units(a, g, s, &p, subject, -1, NULL);
        return;
    }
    const struct expr *x = cr_guess_activation(a, e, &f);
    if (x && read_product(a, s, x, &p))
        add_units(a, g, s, &p, -1, subject, f);
    else if (x && x->kind == EXPR_SYM && shape_of(s, (int)x->ref))
        name_activations(a, g, subject, (int)x->ref, f);
}

/* An index with l in it, for layer k: (l-1) becomes (2). NULL: it has none. */
static const char *at_layer(struct audit *a, const char *mark, int k)
{
    const char *l = strchr(mark, 'l');
    if (!l || strspn(mark, "([l+-1])") != strlen(mark))
        return NULL;
    const int step = l[1] == '-' && l[2] == '1' ? -1 : l[1] == '+' && l[2] == '1' ? 1 : 0;
    const int bracket = mark[0] == '(' || mark[0] == '[';
    const char *s = cr_audit_say(a, "%.*s%d%s", bracket, mark, k + step,
                                 !bracket         ? ""
                                 : mark[0] == '(' ? ")"
                                                  : "]");
    return k + step < 0 ? NULL : s;
}

struct layer {
    struct audit *a;
    int k, changed;
};

static int name_at_layer(struct audit *a, int name, int k)
{
    struct name n = *name_of(a, name);
    const char *sup = at_layer(a, n.sup, k), *sub = at_layer(a, n.sub, k);
    if (!sup && !sub)
        return -1;
    n.sup = sup ? sup : n.sup;
    n.sub = sub ? sub : n.sub;
    return cr_maths_name(&a->maths, &n);
}

static const struct expr *symbol_at_layer(void *ctx, const struct expr *sym)
{
    struct layer *l = ctx;
    const int name = name_at_layer(l->a, (int)sym->ref, l->k);
    l->changed |= name >= 0;
    return name < 0 ? sym : cr_maths_symbol(&l->a->maths, name);
}

/* z^(l) = W^(l) a^(l-1) + b^(l), said once for all layers. */
static void read_template(struct audit *a, struct guess *g, const struct shapes *s, int subject,
                          const struct expr *e)
{
    for (int k = 1; k <= MOST_LAYERS && !a->failed; k++) {
        struct layer l = {.a = a, .k = k};
        const int name = name_at_layer(a, subject, k);
        if (name < 0)
            return;
        const struct expr *at = cr_expr_map(&a->arena, e, symbol_at_layer, &l);
        if (!at)
            a->failed = 1;
        else if (l.changed)
            read_side(a, g, s, name, at);
    }
}

int cr_guess_has_entries(struct audit *a, int name)
{
    const struct name *n = name_of(a, name);
    const size_t len = strlen(n->sub);
    if (at_layer(a, n->sup, 1)) /* of all layers */
        return 1;
    for (size_t i = 0; i < a->maths.n_names; i++) {
        const struct name *m = name_of(a, (int)i);
        if (m->kind == n->kind && m->age == n->age && strcmp(m->base, n->base) == 0 &&
            strcmp(m->sup, n->sup) == 0 && strncmp(m->sub, n->sub, len) == 0 && m->sub[len] == '[')
            return 1;
    }
    return 0;
}

void cr_guess_read_matrices(struct audit *a, struct guess *g, struct implied *im)
{
    struct shapes *s = arena_new(&a->arena, struct shapes, 1);
    if (!s) {
        a->failed = 1;
        return;
    }
    read_shapes(a, im, s);
    imply_indexed(a, im);
    for (size_t i = 0; s->n && i < a->maths.n_chains && !a->failed; i++) {
        const struct chain *c = &a->maths.chain[i];
        const int subject = cr_guess_subject(a, c);
        if (subject < 0 || cr_guess_is_backward(a, subject) ||
            name_of(a, subject)->age == AGE_NEW || cr_guess_is_weight(a, subject))
            continue;
        for (size_t k = 1; k < c->n; k++)
            if (c->side[k].e) {
                read_side(a, g, s, subject, c->side[k].e);
                read_template(a, g, s, subject, c->side[k].e);
            }
    }
    a->failed |= a->maths.failed;
}
