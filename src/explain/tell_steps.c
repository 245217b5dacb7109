/* Steps one after the other, under the nodes and examples that they belong to. */
#include <stdio.h>
#include <string.h>

#include "explain/narrate.h"

int cr_teller_is_last(const struct teller *t, int layer)
{
    return layer == (int)t->x->net->spec->n_layers - 1;
}

static enum role role_of(const struct teller *t, const struct xstep *s)
{
    return s->value < 0 ? ROLE_COUNT : t->x->trace->tape->value[s->value].role;
}

static int is_example_loss(const struct teller *t, const struct xstep *s)
{
    return t->x->trace->rows > 1 && role_of(t, s) == ROLE_LOSS_EACH;
}

static int is_softmax(const struct teller *t, const struct xstep *s)
{
    return s->step >= 0 && t->x->trace->tape->step[s->step].op == OP_SOFTMAX;
}

/* Whether this is the gradient of what a layer read from several others. */
int cr_teller_is_sent_back(const struct teller *t, const struct xstep *s)
{
    const struct tape *tape = t->x->trace->tape;
    if (role_of(t, s) != ROLE_GRAD)
        return 0;
    const struct value *of = &tape->value[tape->value[s->value].of];
    return of->role == ROLE_JOIN && of->maker >= 0 && tape->step[of->maker].op == OP_CONCAT;
}

/* Whether this is what a layer in NTK parametrisation reads, scaled, or its gradient. */
static int of_scaled(const struct teller *t, const struct xstep *s)
{
    const struct value *v = t->x->trace->tape->value;
    if (role_of(t, s) == ROLE_SCALED)
        return 1;
    return role_of(t, s) == ROLE_GRAD && v[v[s->value].of].role == ROLE_SCALED;
}

/* A node is announced where it begins. */
static void announce(struct teller *t, const struct xstep *s)
{
    struct explanation *x = t->x;
    const struct spec *spec = x->net->spec;
    if (is_example_loss(t, s)) {
        cr_text_printf(&t->t, "Loss of example %zu", s->row + 1);
    } else if (role_of(t, s) == ROLE_SMOOTHED) {
        cr_text_add(&t->t, "Smoothed targets");
    } else if (of_scaled(t, s)) {
        cr_text_add(&t->t, "Scaled inputs of layer ");
        cr_paper_name(t->p, &t->t, cr_teller_layer(t, s->layer));
    } else if (is_softmax(t, s)) {
        cr_text_add(&t->t, "Softmax of layer ");
        cr_paper_name(t->p, &t->t, cr_teller_layer(t, s->layer));
    } else if (s->index == WHOLE || cr_names_is_of_row(&x->names, s->value)) {
        cr_text_add(&t->t, "Layer ");
        cr_paper_name(t->p, &t->t, cr_teller_layer(t, s->layer));
    } else {
        const char *name = cr_names_unit(&x->names, s->value, s->index);
        const int numbered =
            strcmp(x->notation.name, "numbered") == 0 && !cr_teller_is_sent_back(t, s);
        if (numbered && (size_t)s->index < spec->layer[s->layer].units)
            cr_text_printf(&t->t, "Node %zu: ", x->names.node[s->layer] + (size_t)s->index + 1);
        cr_text_add(&t->t, cr_teller_is_sent_back(t, s)     ? "node "
                           : cr_teller_is_last(t, s->layer) ? "output "
                           : numbered                       ? "hidden "
                                                            : "hidden node ");
        cr_paper_name(t->p, &t->t, name);
        if (!numbered && t->t.len)
            t->t.s[0] = t->t.s[0] == 'o' ? 'O' : t->t.s[0] == 'h' ? 'H' : 'N';
    }
    t->p->kind->label(t->p, cr_text_str(&t->t));
    cr_text_clear(&t->t);
}

static int new_node(const struct teller *t, const struct xstep *before, const struct xstep *s)
{
    if (!before || s->group == GROUP_LOSS || s->group == GROUP_COMPARE)
        return 0;
    if (role_of(t, s) == ROLE_LOSS_EACH && t->x->trace->rows == 1)
        return 0;
    if (is_softmax(t, s))
        return !is_softmax(t, before) || before->row != s->row;
    if (of_scaled(t, s) && of_scaled(t, before))
        return before->layer != s->layer || before->row != s->row;
    if (role_of(t, s) == ROLE_SMOOTHED)
        return role_of(t, before) != ROLE_SMOOTHED;
    const struct names *names = &t->x->names;
    return before->layer != s->layer || before->row != s->row || before->index != s->index ||
           (before->value >= 0 && s->value >= 0 &&
            cr_names_is_of_row(names, before->value) != cr_names_is_of_row(names, s->value));
}

/* A name that the file gave, and not just the example's number. */
static const char *example_name(const struct teller *t, size_t row)
{
    const struct spec *spec = t->x->net->spec;
    char number[32];
    if (!spec->example_names || row >= spec->n_examples || !spec->example_names[row])
        return NULL;
    snprintf(number, sizeof number, "%zu", row + 1);
    return strcmp(spec->example_names[row], number) ? spec->example_names[row] : NULL;
}

static void tell_example(struct teller *t, size_t row)
{
    cr_text_printf(&t->t, "Example %zu", row + 1);
    if (example_name(t, row)) {
        cr_text_add(&t->t, ": ");
        cr_paper_name(t->p, &t->t, example_name(t, row));
    }
    t->p->kind->heading(t->p, 3, cr_text_str(&t->t));
    cr_text_clear(&t->t);
}

static int same_parameter(const struct teller *t, const struct xstep *a, const struct xstep *b)
{
    const struct value *v = t->x->trace->tape->value;
    return a->index == b->index && v[a->value].param == v[b->value].param;
}

static int is_of(const struct teller *t, const struct xstep *s, enum extent extent)
{
    return s->value >= 0 && t->x->trace->tape->value[s->value].extent == extent;
}

/* Write the wanted steps first .. end - 1 that `is` accepts. */
void cr_tell_steps(struct teller *t, size_t first, size_t end, struct telling how)
{
    const struct xstep *before = NULL;
    int footnote = 0, open = 0;
    for (size_t i = first; i < end; i++) {
        const struct xstep *s = &t->x->step[i];
        if (!s->wanted)
            continue;
        const int headed = how.examples && t->x->trace->rows > 1;
        const int example = headed && is_of(t, s, PER_ROW) &&
                            (!before || before->row != s->row || is_of(t, before, PER_NET));
        const int all = headed && is_of(t, s, PER_NET) && !(before && is_of(t, before, PER_NET));
        const int node = how.labels && (!before || example || all || new_node(t, before, s)) &&
                         (s->layer >= 0 || is_example_loss(t, s) || role_of(t, s) == ROLE_SMOOTHED);
        const int next = how.params && before && !same_parameter(t, before, s);
        if ((example || all || node || next) && open) {
            t->p->kind->end_steps(t->p, footnote);
            footnote = open = 0;
        }
        if (example)
            tell_example(t, s->row);
        if (all)
            t->p->kind->heading(t->p, 3, "All examples");
        if (node)
            announce(t, s);
        if (node && how.parts)
            cr_tell_part(t, s);
        if (!open) {
            t->p->kind->begin_steps(t->p, node);
            open = 1;
        }
        t->p->kind->step(t->p, s);
        footnote |= s->unrounded;
        before = s;
    }
    if (open)
        t->p->kind->end_steps(t->p, footnote);
}
