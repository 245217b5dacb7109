#include "formats/network_file.h"
#include "formats/network_file_read.h"

static const struct file_map_row maps[MAP_COUNT] = {
    [MAP_NETWORK] =
        {"a network",
         0,
         {[KEY_TITLE] = {"title", NULL, "a line of text above the explanation"},
          [KEY_NOTATION] = {"notation", NULL,
                            "how quantities are written: a notation's name, or "
                            "a mapping of `base` and patterns"},
          [KEY_INPUTS] = {"inputs", NULL,
                          "names and values, names alone, values alone, or how many"},
          [KEY_LAYERS] = {"layers", NULL, "a list of layers, from the inputs to the output"},
          [KEY_TARGETS] = {"targets", NULL,
                           "what the output should be: names and values, or values; "
                           "names alone where values come from elsewhere"},
          [KEY_EXAMPLES] = {"examples", NULL,
                            "a list of examples, instead of values in `inputs` "
                            "and `targets`"},
          [KEY_LOSS] = {"loss", NULL, "a loss's name, or a mapping; half-squared by default"},
          [KEY_OPTIMISER] = {"optimiser", "optimizer",
                             "an optimiser's name, or a mapping; "
                             "gradient descent by default"},
          [KEY_TRAIN] = {"train", NULL, "a mapping: how training runs"},
          [KEY_ITERATIONS] = {"iterations", NULL,
                              "how many updates an explanation shows; "
                              "1 by default"}}},
    [MAP_LAYER] =
        {"a layer",
         0,
         {[KEY_NAME] = {"name", NULL,
                        "the layer's name, which `from`, `add` and `concat` of later "
                        "layers refer to"},
          [KEY_UNITS] = {"units", NULL, "how many units, or a list of their names"},
          [KEY_ACTIVATION] = {"activation", NULL,
                              "an activation's name, a formula of t, or a "
                              "mapping; identity by default"},
          [KEY_WEIGHTS] = {"weights", NULL,
                           "rows of numbers (a row for each unit, a column for each "
                           "input), a mapping from connections to numbers, or an initialiser"},
          [KEY_BIAS] = {"bias", "biases",
                        "a list of numbers, `{shared: number}`, an initialiser, "
                        "or `none`"},
          [KEY_FROM] = {"from", NULL,
                        "what the layer reads, `inputs` or earlier layers, one or a "
                        "list (joined end to end); the layer before by default"},
          [KEY_ADD] = {"add", NULL, "instead of `units`: a list of what the layer adds up"},
          [KEY_CONCAT] = {"concat", NULL,
                          "instead of `units`: a list of what the layer joins "
                          "end to end"},
          [KEY_WEIGHT_RATE] = {"weight-rate", NULL,
                               "factor of the learning rate for the weights; "
                               "1 by default"},
          [KEY_BIAS_RATE] = {"bias-rate", NULL,
                             "factor of the learning rate for the biases; "
                             "1 by default"}}},
    [MAP_EXAMPLE] = {"an example",
                     0,
                     {[KEY_EXAMPLE_NAME] = {"name", NULL, "what the explanation calls the example"},
                      [KEY_EXAMPLE_INPUTS] = {"inputs", NULL, "values, or names and values"},
                      [KEY_EXAMPLE_TARGETS] = {"targets", NULL, "values, or names and values"}}},
    [MAP_ACTIVATION] = {"an activation",
                        1,
                        {[KEY_ACTIVATION_NAME] = {"name", NULL,
                                                  "the activation's name; its parameters stand "
                                                  "beside it"}}},
    [MAP_INIT] = {"an initialiser",
                  1,
                  {[KEY_INIT_METHOD] = {"init", NULL,
                                        "the initialiser's name; its parameters stand "
                                        "beside it"}}},
    [MAP_BIAS] = {"a bias",
                  1,
                  {[KEY_BIAS_SHARED] = {"shared", NULL,
                                        "one bias for the whole layer: a number or an "
                                        "initialiser"},
                   [KEY_BIAS_INIT] = {"init", NULL,
                                      "the initialiser's name; its parameters stand "
                                      "beside it"}}},
    [MAP_LOSS] = {"a loss",
                  1,
                  {[KEY_LOSS_NAME] = {"name", NULL,
                                      "the loss's name; its parameters stand beside it"},
                   [KEY_LOSS_REDUCTION] = {"reduction", NULL,
                                           "`mean` or `sum` over the examples of a batch; "
                                           "mean by default"},
                   [KEY_LOSS_SMOOTHING] = {"smoothing", NULL,
                                           "label smoothing, from 0 to below 1; "
                                           "0 by default"}}},
    [MAP_OPTIMISER] = {"an optimiser",
                       1,
                       {[KEY_OPTIMISER_NAME] =
                            {"name", NULL,
                             "the optimiser's name, gradient-descent by default; its constants "
                             "stand beside it"},
                        [KEY_LEARNING_RATE] = {"learning-rate", NULL,
                                               "more than 0; the optimiser's own by default"}}},
    [MAP_TRAIN] = {"'train'",
                   0,
                   {[KEY_EPOCHS] = {"epochs", NULL, "how often training goes through the data"},
                    [KEY_BATCH] = {"batch", NULL, "rows for each update"},
                    [KEY_SEED] = {"seed", NULL,
                                  "where random numbers start, a whole number; 1 by default"},
                    [KEY_PRECISION] = {"precision", NULL,
                                       "of the factors of matrix products: `float32` or `bf16`; "
                                       "float32 by default"}}},
};

const struct file_map_row *cr_network_file_map(enum file_map map)
{
    return &maps[map];
}
