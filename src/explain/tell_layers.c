/* What some layers do that no formula says. */
#include "explain/narrate.h"

/* What batch normalisation does that the formulas do not say. */
static void tell_batch_norm(struct teller *t)
{
    const struct spec *spec = t->x->net->spec;
    for (size_t i = 0; i < spec->n_layers; i++) {
        if (spec->layer[i].kind != LAYER_BATCH_NORM)
            continue;
        const int folded = cr_tape_find(t->x->trace->tape, ROLE_GAIN, -1, (int)i) >= 0;
        cr_text_add(&t->t, "Layer ");
        cr_paper_name(t->p, &t->t, cr_teller_layer(t, (int)i));
        cr_text_add(&t->t,
                    folded ? " normalises, as in predicting, by the running mean M and variance V "
                             "that training has left: a multiplication and an addition."
                           : " brings, as in training, each node to mean 0 and deviation 1 over "
                             "the examples. Predicting goes by the running averages M and V.");
        cr_tell_paragraph(t);
    }
}

/* What noise and dropout layers draw: no formula gives it. */
static void tell_drawn(struct teller *t)
{
    const struct spec *spec = t->x->net->spec;
    for (size_t i = 0; i < spec->n_layers; i++) {
        const struct spec_layer *l = &spec->layer[i];
        const enum role role = l->kind == LAYER_NOISE ? ROLE_NOISE : ROLE_MASK;
        if (cr_tape_find(t->x->trace->tape, role, -1, (int)i) < 0)
            continue; /* not such a layer, or as predicting has it */
        if (t->t.len)
            cr_text_addc(&t->t, ' ');
        cr_text_add(&t->t, "As in training, layer ");
        cr_paper_name(t->p, &t->t, l->name);
        if (l->kind == LAYER_NOISE)
            cr_text_printf(&t->t,
                           " adds numbers n that are drawn from the normal distribution with "
                           "standard deviation %g.",
                           l->amount);
        else
            cr_text_printf(&t->t,
                           " multiplies by numbers m that are drawn: 0 with probability %g, else "
                           "%.6g.",
                           l->amount, 1 / (1 - l->amount));
    }
    if (t->t.len)
        cr_tell_paragraph(t);
}

void cr_tell_layers(struct teller *t)
{
    tell_drawn(t);
    tell_batch_norm(t);
}
