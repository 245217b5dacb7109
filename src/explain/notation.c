/* The built-in notations, and which one is used. Patterns are read in pattern.c. */
#include "explain/notation.h"

#include <string.h>

#include "explain/pattern.h"

static const char *const keys[] = {
#define X(name, key, meaning) key,
    NOTE_LIST(X)
#undef X
};

static const char *const slot_names[] = {
#define X(name, key, meaning) key,
    SLOT_LIST(X)
#undef X
};

/* Rows leave out what `common` says. */
static const struct notation common = {
    .pattern =
        {
            [NOTE_INPUT] = "x_{i}",
            [NOTE_BIAS] = "b_{node}",
            [NOTE_SHARED_BIAS] = "b^{({layer})}",
            [NOTE_SLOPE] = "a_{layer}",
            [NOTE_JOIN] = "s_{node}",
            [NOTE_OUTPUT] = "y_{k}",
            [NOTE_TARGET] = "y^*_{k}",
            [NOTE_SMOOTHED] = "\\tilde{y}_{k}",
            [NOTE_PROBABILITY] = "p_{k}",
            [NOTE_LOSS] = "L",
            [NOTE_DERIVATIVE] = "{f}′({pre})",
            [NOTE_DELTA] = "δ_{node}",
            [NOTE_GRADIENT] = "\\frac{∂{loss}}{∂{of}}",
            [NOTE_PART] = "(\\frac{∂{loss}}{∂{of}})_{via}",
            [NOTE_RATE] = "η",
            [NOTE_COUNT] = "N",
            [NOTE_TIME] = "t",
            [NOTE_STATE] = "{letter}({of})",
            [NOTE_SCALE] = "γ_{node}",
            [NOTE_TERM] = "{letter}({of})",
            [NOTE_NEW] = "^{\\text{new}}",
            [NOTE_EXAMPLE] = "^{({e})}",
            [NOTE_INPUTS] = "\\mathbf{x}",
            [NOTE_WEIGHTS] = "\\mathbf{W}^{({layer})}",
            [NOTE_BIASES] = "\\mathbf{b}^{({layer})}",
            [NOTE_SCALES] = "\\boldsymbol{γ}^{({layer})}",
            [NOTE_JOINS] = "\\mathbf{s}^{({layer})}",
            [NOTE_PRES] = "\\mathbf{u}^{({layer})}",
            [NOTE_ACTS] = "\\mathbf{z}^{({layer})}",
            [NOTE_OUTPUTS] = "\\mathbf{y}",
            [NOTE_TARGETS] = "\\mathbf{y}^*",
            [NOTE_DELTAS] = "\\boldsymbol{δ}^{({layer})}",
        },
};

static const struct notation notations[] = {
    {.name = "numbered",
     .pattern = {[NOTE_WEIGHT] = "w_{{to}{sep}{from}}",
                 [NOTE_PRE] = "u_{node}",
                 [NOTE_ACT] = "z_{node}",
                 [NOTE_RATE] = "λ"}},
    {.name = "arrows",
     .pattern = {[NOTE_INPUT] = "{unit}",
                 [NOTE_WEIGHT] = "w_{{from-unit}→{to-unit}}",
                 [NOTE_BIAS] = "b_{unit}",
                 [NOTE_JOIN] = "s_{unit}",
                 [NOTE_PRE] = "z_{unit}",
                 [NOTE_ACT] = "{unit}",
                 [NOTE_OUTPUT] = "{unit}",
                 [NOTE_TARGET] = "y_{k}",
                 [NOTE_DELTA] = "δ_{unit}",
                 [NOTE_PRES] = "\\mathbf{z}^{({layer})}",
                 [NOTE_ACTS] = "\\mathbf{h}^{({layer})}",
                 [NOTE_OUTPUTS] = "\\mathbf{o}",
                 [NOTE_TARGETS] = "\\mathbf{y}"}},
    {.name = "nielsen",
     .pattern = {[NOTE_WEIGHT] = "w^{level}_{{j}{sep}{column}}",
                 [NOTE_BIAS] = "b^{level}_{j}",
                 [NOTE_SHARED_BIAS] = "b^{level}",
                 [NOTE_SLOPE] = "α^{level}",
                 [NOTE_JOIN] = "s^{level}_{j}",
                 [NOTE_PRE] = "z^{level}_{j}",
                 [NOTE_ACT] = "a^{level}_{j}",
                 [NOTE_OUTPUT] = "a^{level}_{j}",
                 [NOTE_TARGET] = "y_{j}",
                 [NOTE_LOSS] = "C",
                 [NOTE_DELTA] = "δ^{level}_{j}",
                 [NOTE_COUNT] = "n",
                 [NOTE_EXAMPLE] = "^{[{e}]}",
                 [NOTE_WEIGHTS] = "w^{level}",
                 [NOTE_BIASES] = "b^{level}",
                 [NOTE_JOINS] = "s^{level}",
                 [NOTE_PRES] = "z^{level}",
                 [NOTE_ACTS] = "a^{level}",
                 [NOTE_OUTPUTS] = "a^{level}",
                 [NOTE_INPUTS] = "a^1",
                 [NOTE_TARGETS] = "y",
                 [NOTE_DELTAS] = "δ^{level}"}},
    {.name = "bishop",
     .pattern = {[NOTE_WEIGHT] = "w_{{j}{sep}{column}}^{({layer})}",
                 [NOTE_BIAS] = "w_{{j}{sep}0}^{({layer})}",
                 [NOTE_SLOPE] = "α^{({layer})}",
                 [NOTE_JOIN] = "s_{j}^{({layer})}",
                 [NOTE_PRE] = "a_{j}^{({layer})}",
                 [NOTE_ACT] = "z_{j}^{({layer})}",
                 [NOTE_TARGET] = "t_{k}",
                 [NOTE_TIME] = "τ",
                 [NOTE_LOSS] = "E",
                 [NOTE_DELTA] = "δ_{j}^{({layer})}",
                 [NOTE_EXAMPLE] = "^{[{e}]}",
                 [NOTE_PRES] = "\\mathbf{a}^{({layer})}",
                 [NOTE_TARGETS] = "\\mathbf{t}"}},
    {.name = "mazur",
     .pattern = {[NOTE_INPUT] = "i_{i}",
                 [NOTE_WEIGHT] = "w_{n}",
                 [NOTE_BIAS] = "b_{n}",
                 [NOTE_SHARED_BIAS] = "b_{n}",
                 [NOTE_JOIN] = "\\mathit{sum}_{unit}",
                 [NOTE_PRE] = "\\mathit{net}_{unit}",
                 [NOTE_ACT] = "\\mathit{out}_{unit}",
                 [NOTE_OUTPUT] = "\\mathit{out}_{unit}",
                 [NOTE_TARGET] = "\\mathit{target}_{unit}",
                 [NOTE_LOSS] = "E_{\\text{total}}",
                 [NOTE_DERIVATIVE] = "\\frac{∂{act}}{∂{pre}}",
                 [NOTE_DELTA] = "δ_{unit}",
                 [NOTE_NEW] = "^+",
                 [NOTE_INPUTS] = "\\mathbf{{}i}", /* {i} would be a placeholder */
                 [NOTE_PRES] = "\\mathbf{net}^{({layer})}",
                 [NOTE_ACTS] = "\\mathbf{out}^{({layer})}",
                 [NOTE_OUTPUTS] = "\\mathbf{out}^{({layer})}",
                 [NOTE_TARGETS] = "\\mathbf{target}"}},
    {.name = "matrix",
     .matrix = 1,
     .pattern = {[NOTE_WEIGHT] = "W^{({layer})}_{{j}{sep}{column}}",
                 [NOTE_BIAS] = "b^{({layer})}_{j}",
                 [NOTE_JOIN] = "s^{({layer})}_{j}",
                 [NOTE_PRE] = "u^{({layer})}_{j}",
                 [NOTE_ACT] = "z^{({layer})}_{j}",
                 [NOTE_DELTA] = "δ^{({layer})}_{j}",
                 [NOTE_EXAMPLE] = "^{[{e}]}",
                 [NOTE_RATE] = "λ"}},
};

enum { NOTATIONS = sizeof notations / sizeof notations[0] };

const char *cr_notation_name(int index)
{
    return index >= 0 && index < NOTATIONS ? notations[index].name : NULL;
}

const char *cr_note_key(int note)
{
    return note >= 0 && note < NOTE_COUNT_ ? keys[note] : NULL;
}

const char *cr_slot_name(int slot)
{
    return slot >= 0 && slot < SLOT_COUNT ? slot_names[slot] : NULL;
}

static const struct notation *find(const char *name)
{
    for (int i = 0; i < NOTATIONS; i++)
        if (strcmp(notations[i].name, name) == 0)
            return &notations[i];
    return NULL;
}

static cr_status unknown(const char *name, const struct spec *spec, struct place at, cr_error *err)
{
    const char *names[NOTATIONS];
    for (int i = 0; i < NOTATIONS; i++)
        names[i] = notations[i].name;
    const char *near = cr_suggest(name, names, NOTATIONS);
    cr_status status =
        spec ? cr_fail_at(err, CR_ERR_UNKNOWN, &spec->source, at, "unknown notation '%.60s'", name)
             : cr_fail(err, CR_ERR_UNKNOWN, "unknown notation '%.60s'", name);
    if (near)
        cr_hint(err, "did you mean '%s'?", near);
    else
        cr_hint(err, "there are numbered, arrows, nielsen, bishop, mazur and matrix");
    return status;
}

/* Numbers of one digit can stand side by side, as in w31. */
static int one_digit(const struct spec *spec)
{
    size_t nodes = 0;
    for (size_t i = 0; i < spec->n_layers; i++)
        nodes += spec->layer[i].units;
    return nodes <= 9 && spec->n_inputs <= 9;
}

/* In arrows the target is y; a network whose own names have a y writes t for it. */
static int names_y(const struct spec *spec)
{
    for (size_t i = 0; i < spec->n_layers; i++)
        for (size_t k = 0; spec->layer[i].unit_names && k < spec->layer[i].units; k++)
            if (spec->layer[i].unit_names[k][0] == 'y')
                return 1;
    for (size_t i = 0; spec->input_names && i < spec->n_inputs; i++)
        if (spec->input_names[i][0] == 'y')
            return 1;
    return 0;
}

static cr_status override(const struct spec *spec, struct notation *n, cr_error *err)
{
    const struct spec_notation *user = &spec->notation;
    for (size_t i = 0; i < user->n; i++) {
        int note = 0;
        while (note < NOTE_COUNT_ && strcmp(keys[note], user->key[i]) != 0)
            note++;
        const struct place at = user->key_at ? user->key_at[i] : (struct place){0};
        if (note == NOTE_COUNT_) {
            const char *near = cr_suggest(user->key[i], keys, NOTE_COUNT_);
            cr_status status = cr_fail_at(err, CR_ERR_UNKNOWN, &spec->source, at,
                                          "unknown key '%.60s' in notation", user->key[i]);
            if (near)
                cr_hint(err, "did you mean '%s'?", near);
            return status;
        }
        const struct place pattern_at = user->pattern_at ? user->pattern_at[i] : at;
        cr_status status =
            cr_pattern_check(user->pattern[i], note == NOTE_NEW || note == NOTE_EXAMPLE,
                             &spec->source, pattern_at, err);
        if (status)
            return status;
        n->pattern[note] = user->pattern[i];
    }
    return CR_OK;
}

cr_status cr_notation_choose(const struct spec *spec, const char *name, struct notation *out,
                             cr_error *err)
{
    const char *base = spec->notation.base;
    if (base && !find(base))
        return unknown(base, spec, spec->notation.at, err);
    if (name && !find(name))
        return unknown(name, NULL, (struct place){0}, err);
    const char *used = name ? name : base ? base : one_digit(spec) ? "numbered" : "arrows";

    struct notation n = *find(used);
    if (strcmp(used, "arrows") == 0 && names_y(spec)) {
        n.pattern[NOTE_TARGET] = "t_{k}";
        n.pattern[NOTE_TIME] = "τ";
    }
    for (int i = 0; i < NOTE_COUNT_; i++)
        if (!n.pattern[i])
            n.pattern[i] = common.pattern[i];
    if (!name || (base && strcmp(name, base) == 0)) {
        cr_status status = override(spec, &n, err);
        if (status)
            return status;
    }
    *out = n;
    return CR_OK;
}
