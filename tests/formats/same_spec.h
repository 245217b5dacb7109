/* Whether two specs say the same, places and source aside. NULL, or the name of what
 * differs. */
#ifndef TESTS_FORMATS_SAME_SPEC_H
#define TESTS_FORMATS_SAME_SPEC_H

#include <string.h>

#include "net/spec.h"

static inline int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static inline int same_texts(const char *const *a, const char *const *b, size_t n)
{
    if (n && (!a || !b))
        return a == b;
    for (size_t i = 0; i < n; i++)
        if (!same_text(a[i], b[i]))
            return 0;
    return 1;
}

/* Bit by bit: -0 is not 0. */
static inline int same_doubles(const double *a, const double *b, size_t n)
{
    return a && b ? memcmp(a, b, n * sizeof *a) == 0 : a == b;
}

static inline int same_init(const struct init *a, const struct init *b)
{
    return a->method == b->method && same_doubles(a->param, b->param, TABLE_PARAMS);
}

/* parameters 0: given weights and biases are not compared. */
static inline const char *layer_differs(const struct spec_layer *a, const struct spec_layer *b,
                                        int parameters)
{
    if (!same_text(a->name, b->name))
        return "name";
    if (a->kind != b->kind)
        return "kind";
    if (a->units != b->units)
        return "units";
    if (!same_texts(a->unit_names, b->unit_names, a->units))
        return "unit names";
    if (a->n_from != b->n_from || memcmp(a->from, b->from, sizeof *a->from * (size_t)a->n_from))
        return "from";
    if (a->act.row != b->act.row || !same_text(a->act.name, b->act.name) ||
        !same_text(a->act.text, b->act.text) ||
        (a->act.row >= 0 && !same_doubles(a->act.param, b->act.param, TABLE_PARAMS)))
        return "activation";
    if (a->weight_rate != b->weight_rate || a->bias_rate != b->bias_rate ||
        a->weight_decay != b->weight_decay || a->bias_decay != b->bias_decay || a->ntk != b->ntk ||
        a->amount != b->amount)
        return "rates";
    if (a->kind != LAYER_DENSE && a->kind != LAYER_SCALE)
        return NULL;
    if (parameters && (a->weight_rows != b->weight_rows || a->weight_cols != b->weight_cols ||
                       !same_doubles(a->weights, b->weights, a->weight_rows * a->weight_cols)))
        return "weights";
    if ((!a->weights || !parameters) && !same_init(&a->weight_init, &b->weight_init))
        return "weight init";
    if (a->bias != b->bias)
        return "bias policy";
    if (parameters &&
        (a->n_biases != b->n_biases || !same_doubles(a->biases, b->biases, a->n_biases)))
        return "biases";
    if (a->bias != BIAS_NONE && (!a->biases || !parameters) &&
        !same_init(&a->bias_init, &b->bias_init))
        return "bias init";
    return NULL;
}

static inline const char *spec_differs(const struct spec *a, const struct spec *b, int parameters)
{
    if (!same_text(a->title, b->title))
        return "title";
    if (a->n_inputs != b->n_inputs)
        return "number of inputs";
    if (!same_texts(a->input_names, b->input_names, a->n_inputs))
        return "input names";
    if (a->n_layers != b->n_layers)
        return "number of layers";
    for (size_t i = 0; i < a->n_layers; i++) {
        const char *what = layer_differs(&a->layer[i], &b->layer[i], parameters);
        if (what)
            return what;
    }
    if (a->loss.row != b->loss.row || a->loss.smoothing != b->loss.smoothing ||
        a->loss.reduction != b->loss.reduction ||
        !same_doubles(a->loss.param, b->loss.param, TABLE_PARAMS))
        return "loss";
    if (a->optimiser.clip_norm != b->optimiser.clip_norm ||
        a->optimiser.clip_value != b->optimiser.clip_value || a->optimiser.l1 != b->optimiser.l1 ||
        a->optimiser.l2 != b->optimiser.l2 || a->optimiser.average != b->optimiser.average)
        return "clipping, penalties or average";
    if (a->optimiser.method != b->optimiser.method ||
        a->optimiser.learning_rate != b->optimiser.learning_rate ||
        !same_doubles(a->optimiser.param, b->optimiser.param, TABLE_PARAMS))
        return "optimiser";
    if (a->precision != b->precision)
        return "precision";
    if (a->n_outputs != b->n_outputs || a->n_targets != b->n_targets)
        return "number of targets";
    if (!same_texts(a->target_names, b->target_names, a->n_targets))
        return "target names";
    if (a->n_examples != b->n_examples)
        return "number of examples";
    if (!same_doubles(a->inputs, b->inputs, a->n_examples * a->n_inputs))
        return "inputs";
    if (!same_doubles(a->targets, b->targets, a->n_examples * a->n_targets))
        return "targets";
    if (!same_texts(a->example_names, b->example_names, a->n_examples))
        return "example names";
    if (a->seed != b->seed || a->epochs != b->epochs || a->batch != b->batch)
        return "train";
    if (a->iterations != b->iterations)
        return "iterations";
    if (memcmp(&a->worksheet, &b->worksheet, sizeof a->worksheet) != 0)
        return "worksheet";
    if (!same_text(a->notation.base, b->notation.base) || a->notation.n != b->notation.n ||
        !same_texts(a->notation.key, b->notation.key, a->notation.n) ||
        !same_texts(a->notation.pattern, b->notation.pattern, a->notation.n))
        return "notation";
    return NULL;
}

#endif
