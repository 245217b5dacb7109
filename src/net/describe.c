/* Words for a quantity of a tape, for messages. */
#include "net/plan.h"

static const char *const role_name[ROLE_COUNT] = {
    [ROLE_INPUT] = "the input",
    [ROLE_TARGET] = "the target",
    [ROLE_PARAM] = "the parameter",
    [ROLE_WEIGHT] = "the weight",
    [ROLE_WEIGHT_SUM] = "the sum of the weights",
    [ROLE_ROWS] = "the number of examples",
    [ROLE_RATE] = "the learning rate",
    [ROLE_TIME] = "the number of the update",
    [ROLE_HYPER] = "the optimiser's constant",
    [ROLE_STATE] = "the optimiser's memory",
    [ROLE_JOIN] = "the value",
    [ROLE_SCALED] = "the scaled input",
    [ROLE_MASK] = "the mask",
    [ROLE_NOISE] = "the noise",
    [ROLE_MEAN] = "the mean",
    [ROLE_VARIANCE] = "the variance",
    [ROLE_DEVIATION] = "the deviation",
    [ROLE_NORMAL] = "the normalised value",
    [ROLE_GAIN] = "the gain",
    [ROLE_SHIFT] = "the shift",
    [ROLE_PRE] = "the pre-activation",
    [ROLE_ACT] = "the activation",
    [ROLE_PROBABILITY] = "the probability",
    [ROLE_LOG_SUM] = "the log of softmax's sum",
    [ROLE_SMOOTHED] = "the smoothed target",
    [ROLE_LOSS_EACH] = "the loss of one example",
    [ROLE_WEIGHTED] = "the weighted loss of one example",
    [ROLE_LOSS] = "the loss",
    [ROLE_DERIVATIVE] = "the activation's derivative",
    [ROLE_GRAD] = "the gradient of the loss with respect to the activation",
    [ROLE_PART] = "a part of the gradient with respect to the activation",
    [ROLE_SLOPE_TERM] = "a part of a parameter's gradient",
    [ROLE_PARAM_GRAD] = "the gradient",
    [ROLE_NORM] = "the norm of the gradient",
    [ROLE_CLIP] = "the factor of clipping",
    [ROLE_FACTOR] = "the optimiser's factor",
    [ROLE_MOVE] = "the optimiser's value",
    [ROLE_NEW_STATE] = "the optimiser's updated memory",
    [ROLE_NEW] = "the updated value",
};

static void describe_param(struct text *out, const struct tape *t, const struct value *v, size_t i)
{
    const cr_param_group g = cr_net_group(t->net, (size_t)v->param);
    const struct spec_layer *l = &t->net->spec->layer[v->layer];
    const enum param_kind kind = t->net->param[v->param].kind;
    if (v->role != ROLE_PARAM)
        cr_text_printf(out, "%s of ", role_name[v->role]);
    cr_text_printf(out, "the %s ", g.what);
    if (kind == PARAM_WEIGHT)
        cr_text_printf(out, "%zu of unit %s ", i % g.cols + 1, l->unit_names[i / g.cols]);
    else if (g.cols == l->units)
        cr_text_printf(out, "of unit %s ", l->unit_names[i]);
    cr_text_printf(out, "in layer '%s'", g.layer);
}

/* One column for each unit of its layer: not so for what a dense layer reads, joined, which
 * may have as many columns by chance. */
static int is_of_units(const struct tape *t, const struct value *v)
{
    const struct spec_layer *l = v->layer < 0 ? NULL : &t->net->spec->layer[v->layer];
    const struct value *of = v;
    while (of->role != ROLE_JOIN && of->role != ROLE_SCALED && of->of >= 0)
        of = &t->value[of->of];
    return l && v->cols == l->units && of->role != ROLE_SCALED &&
           !(of->role == ROLE_JOIN && l->kind == LAYER_DENSE);
}

void cr_tape_describe(struct text *out, const struct tape *t, uint64_t ref)
{
    const struct value *v = &t->value[cr_ref_value(ref)];
    const struct spec *s = t->net->spec;
    const size_t i = cr_ref_index(ref);
    if (v->param >= 0) {
        describe_param(out, t, v, i);
        return;
    }
    const int delta = v->role == ROLE_GRAD && t->value[v->of].role == ROLE_PRE;
    cr_text_add(out, delta ? "the delta" : role_name[v->role]);
    if (v->extent != PER_ROW)
        return;
    if (v->role == ROLE_INPUT || (v->role == ROLE_GRAD && v->of == t->input))
        cr_text_printf(out, " %s", s->input_names[i]);
    else if (is_of_units(t, v))
        cr_text_printf(out, " of unit %s in layer '%s'", s->layer[v->layer].unit_names[i],
                       s->layer[v->layer].name);
    else if (v->layer >= 0)
        cr_text_printf(out, " %zu in layer '%s'", i + 1, s->layer[v->layer].name);
    else if (v->cols > 1)
        cr_text_printf(out, " %zu", i + 1);
    cr_text_printf(out, ", example %zu", cr_ref_row(ref) + 1);
}
