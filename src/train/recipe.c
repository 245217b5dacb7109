/* RealMLP-TD-S (Holzmueller, Grinsztajn & Steinwart 2024, Better by Default, arXiv 2407.04491,
 * appendix A.2): what the paper's simplified network is, in the words of a network file. Its scaling of
 * inputs and its standardised target are those of cr_model_fit. */
#include "train/recipe.h"

static void put_hidden(struct text *out, const char *activation)
{
    for (int i = 1; i <= 3; i++)
        cr_text_printf(out,
                       "  - {name: hidden%d, units: 256, activation: %s, parametrisation: ntk, "
                       "weights: standard-normal, bias: standard-normal, bias-rate: 0.1}\n",
                       i, activation);
}

void cr_recipe_write(cr_task task, size_t inputs, size_t outputs, struct text *out)
{
    const int classes = task == CR_CLASSIFICATION;
    cr_text_printf(out, "inputs: %zu\nlayers:\n  - {name: scale, scale: 1, scale-rate: 6}\n",
                   inputs);
    put_hidden(out, classes ? "selu" : "mish");
    cr_text_printf(out,
                   "  - {name: output, units: %zu, activation: %s, parametrisation: ntk, "
                   "weights: zeros, bias: zeros, bias-rate: 0.1}\n",
                   outputs, classes ? "softmax" : "identity");
    cr_text_add(out,
                classes ? "loss: {name: cross-entropy, smoothing: 0.1}\n" : "loss: mean-squared\n");
    cr_text_printf(out,
                   "optimiser: {name: adam, learning-rate: %s, beta1: 0.9, beta2: 0.95, "
                   "epsilon: 1e-8}\n",
                   classes ? "0.04" : "0.07");
    cr_text_printf(out,
                   "train: {epochs: 256, batch: 256, drop-last: true, schedule: coslog4, "
                   "validation: %g, keep: best}\n",
                   RECIPE_VALIDATION);
}
