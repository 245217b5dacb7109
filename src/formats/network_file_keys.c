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
                              "1 by default"},
          [KEY_WORKSHEET] = {"worksheet", NULL,
                             "a mapping: the ranges that `chainrule worksheet` draws from"}}},
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
          [KEY_SCALE] = {"scale", NULL,
                         "instead of `units`: multiplies each value of the layer before by a "
                         "trained number; where they start, a number, a list, or an initialiser"},
          [KEY_NORM] = {"norm", NULL,
                        "instead of `units`: `layer`, `batch`, or a mapping; normalises the layer "
                        "before, each example by itself or each column over the batch"},
          [KEY_DROPOUT] = {"dropout", NULL,
                           "instead of `units`: in training, makes values of the layer before 0 "
                           "with this probability, and the others larger to make up for it"},
          [KEY_NOISE] = {"noise", NULL,
                         "instead of `units`: in training, adds normal noise with this standard "
                         "deviation to the layer before"},
          [KEY_PARAMETRISATION] = {"parametrisation", "parametrization",
                                   "`standard`, or `ntk` for W x/sqrt(inputs) + b; standard by "
                                   "default"},
          [KEY_WEIGHT_RATE] = {"weight-rate", NULL,
                               "factor of the learning rate for the weights; "
                               "1 by default"},
          [KEY_BIAS_RATE] = {"bias-rate", NULL,
                             "factor of the learning rate for the biases; "
                             "1 by default"},
          [KEY_SCALE_RATE] = {"scale-rate", NULL,
                              "factor of the learning rate for the scales; "
                              "1 by default"},
          [KEY_WEIGHT_DECAY] = {"weight-decay-factor", NULL,
                                "factor of the optimiser's weight decay for the weights or "
                                "scales; 1 by default"},
          [KEY_BIAS_DECAY] = {"bias-decay-factor", NULL,
                              "factor of the optimiser's weight decay for the biases; "
                              "1 by default"}}},
    [MAP_WORKSHEET] =
        {"'worksheet'",
         0,
         {[KEY_SHEET_WEIGHTS] = {"weights", NULL, "two numbers, from and to; -1 and 1 by default"},
          [KEY_SHEET_BIASES] = {"biases", NULL, "two numbers; -1 and 1 by default"},
          [KEY_SHEET_INPUTS] = {"inputs", NULL, "two numbers; -2 and 2 by default"},
          [KEY_SHEET_TARGETS] = {"targets", NULL,
                                 "two numbers; 0 and 1 by default. Where the loss wants "
                                 "probabilities or signs, one output is right"},
          [KEY_SHEET_STEP] = {"step", NULL,
                              "numbers are multiples of it away from the range's lower end; 0.1 "
                              "by default"}}},
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
    [MAP_NORM] = {"a norm",
                  0,
                  {[KEY_NORM_NAME] = {"name", NULL, "`layer` or `batch`"},
                   [KEY_NORM_EPSILON] = {"epsilon", NULL,
                                         "is added to the variance; 1e-5 by default"},
                   [KEY_NORM_MOMENTUM] = {"momentum", NULL,
                                          "`batch`: how far an update moves the running averages, "
                                          "above 0 and at most 1; 0.1 by default"}}},
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
                                               "more than 0; the optimiser's own by default"},
                        [KEY_CLIP_NORM] = {"clip-norm", NULL,
                                           "the gradient is scaled down to this norm, over all "
                                           "parameters, where its own is larger"},
                        [KEY_CLIP_VALUE] = {"clip-value", NULL,
                                            "the gradient's numbers are cut off at this size"},
                        [KEY_L1] = {"l1", NULL,
                                    "times sign(w), is added to the gradient of weights"},
                        [KEY_L2] = {"l2", NULL, "times w, is added to the gradient of weights"},
                        [KEY_AVERAGE] = {"average", NULL,
                                         "the share that a moving average of the parameters keeps, "
                                         "below 1"}}},
    [MAP_TRAIN] = {"'train'",
                   0,
                   {[KEY_EPOCHS] = {"epochs", NULL, "how often training goes through the data"},
                    [KEY_BATCH] = {"batch", NULL, "rows for each update"},
                    [KEY_SEED] = {"seed", NULL,
                                  "where random numbers start, a whole number; 1 by default"},
                    [KEY_PRECISION] = {"precision", NULL,
                                       "of the factors of matrix products: `float32` or `bf16`; "
                                       "float32 by default"},
                    [KEY_SCHEDULE] = {"schedule", NULL,
                                      "how the learning rate changes: a schedule's name, or a "
                                      "mapping; constant by default"},
                    [KEY_VALIDATION] = {"validation", NULL,
                                        "the share of the rows that is measured after every epoch "
                                        "instead of trained on; 0 by default"},
                    [KEY_KEEP] = {"keep", NULL,
                                  "the parameters of the `last` epoch, or of the `best` on the "
                                  "validation rows; best by default where there are some"},
                    [KEY_PATIENCE] = {"patience", NULL,
                                      "end after so many epochs without a better one; by default "
                                      "training goes on to the last epoch"},
                    [KEY_DROP_LAST] = {"drop-last", NULL,
                                       "`true`: leave out an epoch's last batch where it has fewer "
                                       "rows; false by default"}}},
    [MAP_SCHEDULE] = {"a schedule",
                      1,
                      {[KEY_SCHEDULE_NAME] = {"name", NULL,
                                              "the schedule's name; its constants stand beside it"},
                       [KEY_WARM_UP] = {"warm-up", NULL,
                                        "so many steps in which the learning rate grows, before "
                                        "the schedule begins; 0 by default"}}},
};

const struct file_map_row *cr_network_file_map(enum file_map map)
{
    return &maps[map];
}
