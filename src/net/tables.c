#include "net/tables.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "net/schedule.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define HUGE_PARAM    1e6

static const struct activation_row activations[] = {
    {.name = "identity",
     .alias = {"linear", "none"},
     .symbol = "A",
     .latex = "A",
     .formula = "t",
     .derivative = "1",
     .meaning = "the pre-activation itself; the usual output of a regression"},
    {.name = "scaled-linear",
     .alias = {"scaled"},
     .symbol = "A",
     .latex = "A",
     .formula = "t/divisor",
     .derivative = "1/divisor",
     .param = {{"divisor", 10, 1e-6, HUGE_PARAM}},
     .meaning = "a straight line through 0; keeps the arithmetic of a first example simple"},
    {.name = "sigmoid",
     .alias = {"logistic"},
     .symbol = "σ",
     .latex = "\\sigma",
     .formula = "sigmoid(t)",
     .derivative = "z*(1 - z)",
     .steepest = 0.25,
     .meaning = "1/(1 + e^-t), between 0 and 1"},
    {.name = "hard-sigmoid",
     .symbol = "hσ",
     .latex = "\\operatorname{h\\sigma}",
     .formula = "clamp(t/6 + 1/2, 0, 1)",
     .derivative = "if(t > -3, if(t < 3, 1/6, 0), 0)",
     .steepest = 1.0 / 6,
     .meaning = "the sigmoid in three straight pieces, 0 up to t = -3 and 1 from t = 3",
     .source = "Howard et al. 2019, Searching for MobileNetV3, section 5.2"},
    {.name = "tanh",
     .symbol = "tanh",
     .latex = "\\tanh",
     .formula = "tanh(t)",
     .derivative = "1 - z^2",
     .steepest = 1,
     .meaning = "hyperbolic tangent, between -1 and 1"},
    {.name = "relu",
     .symbol = "ReLU",
     .latex = "\\operatorname{ReLU}",
     .formula = "max(0, t)",
     .derivative = "step(t)",
     .meaning = "0 below 0, t above; its derivative at 0 is taken as 0",
     .source = "Nair & Hinton 2010"},
    {.name = "leaky-relu",
     .symbol = "LReLU",
     .latex = "\\operatorname{LReLU}",
     .formula = "max(0, t) + slope*min(0, t)",
     .derivative = "if(t > 0, 1, slope)",
     .param = {{"slope", 0.01, -HUGE_PARAM, HUGE_PARAM}},
     .meaning = "ReLU that lets a fraction through below 0",
     .source = "Maas, Hannun & Ng 2013"},
    {.name = "prelu",
     .symbol = "PReLU",
     .latex = "\\operatorname{PReLU}",
     .formula = "max(0, t) + slope*min(0, t)",
     .derivative = "if(t > 0, 1, slope)",
     .param = {{"slope", 0.25, -HUGE_PARAM, HUGE_PARAM}},
     .learned = 1,
     .meaning = "leaky ReLU whose slope is trained, one for the layer",
     .source = "He et al. 2015, Delving Deep into Rectifiers, equation 1"},
    {.name = "elu",
     .symbol = "ELU",
     .latex = "\\operatorname{ELU}",
     .formula = "max(0, t) + alpha*expm1(min(0, t))",
     .derivative = "if(t > 0, 1, alpha*exp(t))",
     .param = {{"alpha", 1, 0, HUGE_PARAM}},
     .meaning = "t above 0, alpha (e^t - 1) below",
     .source = "Clevert, Unterthiner & Hochreiter 2016, equation 15"},
    {.name = "selu",
     .symbol = "SELU",
     .latex = "\\operatorname{SELU}",
     .formula = "1.0507009873554805*(max(0, t) + 1.6732632423543772*expm1(min(0, t)))",
     .derivative = "1.0507009873554805*if(t > 0, 1, 1.6732632423543772*exp(t))",
     .meaning = "scaled ELU with lambda = 1.0507009873554805 and alpha = 1.6732632423543772",
     .source = "Klambauer et al. 2017, Self-Normalizing Neural Networks, equation 2"},
    {.name = "gelu",
     .symbol = "GELU",
     .latex = "\\operatorname{GELU}",
     .formula = "t*(1 + erf(t/sqrt(2)))/2",
     .derivative = "(1 + erf(t/sqrt(2)))/2 + t*exp(-t^2/2)/sqrt(2*pi)",
     .meaning = "t times the normal distribution's probability of being below t",
     .source = "Hendrycks & Gimpel 2016, section 2"},
    {.name = "gelu-tanh",
     .symbol = "GELU",
     .latex = "\\operatorname{GELU}",
     .formula = "t*(1 + tanh(sqrt(2/pi)*(t + 0.044715*t^3)))/2",
     .derivative = "(1 + tanh(sqrt(2/pi)*(t + 0.044715*t^3)))/2 + "
                   "t*(1 - tanh(sqrt(2/pi)*(t + 0.044715*t^3))^2)*sqrt(2/pi)*(1 + 0.134145*t^2)/2",
     .meaning = "GELU approximated with tanh",
     .source = "Hendrycks & Gimpel 2016, section 2"},
    {.name = "silu",
     .alias = {"swish"},
     .symbol = "SiLU",
     .latex = "\\operatorname{SiLU}",
     .formula = "t*sigmoid(t)",
     .derivative = "z + sigmoid(t)*(1 - z)",
     .meaning = "t times its sigmoid",
     .source = "Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017"},
    {.name = "mish",
     .symbol = "Mish",
     .latex = "\\operatorname{Mish}",
     .formula = "t*tanh(softplus(t))",
     .derivative = "tanh(softplus(t)) + t*sigmoid(t)*(1 - tanh(softplus(t))^2)",
     .meaning = "t times tanh of its softplus",
     .source = "Misra 2019"},
    {.name = "softplus",
     .symbol = "softplus",
     .latex = "\\operatorname{softplus}",
     .formula = "softplus(t)",
     .derivative = "sigmoid(t)",
     .meaning = "ln(1 + e^t), a smooth ReLU",
     .source = "Dugas et al. 2001"},
    {.name = "softsign",
     .symbol = "softsign",
     .latex = "\\operatorname{softsign}",
     .formula = "t/(1 + abs(t))",
     .derivative = "1/(1 + abs(t))^2",
     .steepest = 1,
     .meaning = "between -1 and 1, with slower tails than tanh"},
    {.name = "sine",
     .alias = {"sin"},
     .symbol = "sin",
     .latex = "\\sin",
     .formula = "sin(t)",
     .derivative = "cos(t)",
     .meaning = "sine of t in radians",
     .source = "Sitzmann et al. 2020"},
    {.name = "gaussian",
     .symbol = "G",
     .latex = "G",
     .formula = "exp(-t^2)",
     .derivative = "-2*t*z",
     .steepest = 0.8577638849607068,
     .meaning = "a bell around 0, e^(-t^2)"},
    {.name = "hard-tanh",
     .symbol = "htanh",
     .latex = "\\operatorname{htanh}",
     .formula = "clamp(t, -1, 1)",
     .derivative = "if(t > -1, if(t < 1, 1, 0), 0)",
     .steepest = 1,
     .meaning = "t cut off at -1 and 1"},
    {.name = "softmax",
     .symbol = "softmax",
     .latex = "\\operatorname{softmax}",
     .meaning = "e^t over the layer's sum of e^t: positive outputs that add up to 1",
     .source = "Bridle 1990"},
};

static const struct loss_row losses[] = {
    {.name = "half-squared",
     .alias = {"half-squared-error", "half-sse"},
     .formula = "(y - t)^2/2",
     .derivative = "y - t",
     .meaning = "half the sum of squared errors over the outputs; its derivative is the error",
     .source = "Rumelhart, Hinton & Williams 1986, equation 3"},
    {.name = "mean-squared",
     .alias = {"mse", "mean-squared-error"},
     .mean_over_outputs = 1,
     .formula = "(y - t)^2",
     .derivative = "2*(y - t)",
     .meaning = "the mean of squared errors over the outputs"},
    {.name = "sum-squared",
     .alias = {"sse", "sum-squared-error", "squared"},
     .formula = "(y - t)^2",
     .derivative = "2*(y - t)",
     .meaning = "the sum of squared errors over the outputs"},
    {.name = "absolute",
     .alias = {"mae", "l1", "mean-absolute"},
     .mean_over_outputs = 1,
     .formula = "abs(y - t)",
     .derivative = "sign(y - t)",
     .meaning = "the mean of absolute errors; its derivative at 0 is taken as 0"},
    {.name = "huber",
     .alias = {"smooth-l1"},
     .mean_over_outputs = 1,
     .formula = "if(abs(y - t) <= delta, (y - t)^2/2, delta*(abs(y - t) - delta/2))",
     .derivative = "clamp(y - t, -delta, delta)",
     .param = {{"delta", 1, 1e-12, HUGE_PARAM}},
     .meaning = "half squared up to an error of delta, straight beyond; mean over the outputs",
     .source = "Huber 1964"},
    {.name = "log-cosh",
     .mean_over_outputs = 1,
     .formula = "if(abs(y - t) < 1, log1p(2*sinh((y - t)/2)^2), "
                "abs(y - t) + log1p(exp(-2*abs(y - t))) - log(2))",
     .derivative = "tanh(y - t)",
     .shown = "log(cosh(y - t))",
     .meaning = "ln cosh of the error, near half squared when small; mean over the outputs"},
    {.name = "binary-cross-entropy",
     .alias = {"bce"},
     .target = TARGET_PROBABILITY,
     .formula = "if(t > 0, -t*log(y), 0) + if(t < 1, -(1 - t)*log(1 - y), 0)",
     .derivative = "if(t < 1, (1 - t)/(1 - y), 0) - if(t > 0, t/y, 0)",
     .shown = "-(t*log(y) + (1 - t)*log(1 - y))",
     .fused_with = "sigmoid",
     .fused_row = "binary-cross-entropy-logits",
     .meaning = "minus the log likelihood of yes/no targets, summed over the outputs; y is a "
                "probability",
     .source = "Bishop 2006, equation 5.21"},
    {.name = "binary-cross-entropy-logits",
     .alias = {"bce-logits"},
     .target = TARGET_PROBABILITY,
     .formula = "max(0, y) - t*y + log1p(exp(-abs(y)))",
     .derivative = "sigmoid(y) - t",
     .shown = "-(t*log(p) + (1 - t)*log(1 - p))",
     .link = "sigmoid",
     .meaning = "the same of outputs that are logits, safe for any size"},
    {.name = "cross-entropy",
     .alias = {"categorical-cross-entropy"},
     .target = TARGET_PROBABILITY,
     .formula = "if(t > 0, -t*log(y), 0)",
     .derivative = "if(t > 0, -t/y, 0)",
     .shown = "-t*log(y)",
     .fused_with = "softmax",
     .fused_row = "softmax-cross-entropy",
     .meaning = "minus the log probability of the right class; y are probabilities",
     .source = "Bishop 2006, equation 5.24"},
    {.name = "softmax-cross-entropy",
     .kind = LOSS_SOFTMAX,
     .target = TARGET_PROBABILITY,
     .link = "softmax",
     .meaning = "the same of outputs that are logits, safe for any size"},
    {.name = "hinge",
     .target = TARGET_SIGN,
     .formula = "max(0, 1 - t*y)",
     .derivative = "if(t*y < 1, -t, 0)",
     .meaning = "0 once an output is on the right side by 1; targets are -1 or 1; summed over the "
                "outputs",
     .source = "Cortes & Vapnik 1995"},
    {.name = "poisson",
     .target = TARGET_COUNT,
     .formula = "exp(y) - t*y",
     .derivative = "exp(y) - t",
     .meaning = "minus the log likelihood of counts (without ln t!); y is the log of the rate; "
                "summed over the outputs"},
    {.name = "quantile",
     .alias = {"pinball"},
     .mean_over_outputs = 1,
     .formula = "max(tau*(t - y), (tau - 1)*(t - y))",
     .derivative = "if(t > y, -tau, if(t < y, 1 - tau, 0))",
     .param = {{"tau", 0.5, 0, 1}},
     .meaning = "least at the tau-quantile of the targets; mean over the outputs",
     .source = "Koenker & Bassett 1978"},
};

static const struct init_row inits[INIT_COUNT] = {
    [INIT_ZEROS] = {.name = "zeros", .alias = {"zero"}, .meaning = "0"},
    [INIT_CONSTANT] = {.name = "constant",
                       .param = {{"value", 0, -HUGE_PARAM, HUGE_PARAM}},
                       .meaning = "one value"},
    [INIT_UNIFORM] = {.name = "uniform",
                      .param = {{"low", -0.5, -HUGE_PARAM, HUGE_PARAM},
                                {"high", 0.5, -HUGE_PARAM, HUGE_PARAM}},
                      .meaning = "uniform between low and high"},
    [INIT_NORMAL] = {.name = "normal",
                     .param = {{"mean", 0, -HUGE_PARAM, HUGE_PARAM}, {"sd", 0.05, 0, HUGE_PARAM}},
                     .meaning = "normal with the given mean and standard deviation"},
    [INIT_STANDARD_NORMAL] = {.name = "standard-normal",
                              .alias = {"ntk"},
                              .meaning = "normal, mean 0 and variance 1: for layers in NTK "
                                         "parametrisation",
                              .source = "Jacot, Gabriel & Hongler 2018, section 3"},
    [INIT_GLOROT_UNIFORM] = {.name = "glorot-uniform",
                             .alias = {"glorot", "xavier-uniform", "xavier"},
                             .meaning = "uniform within sqrt(6/(fan_in + fan_out))",
                             .source = "Glorot & Bengio 2010, equation 16"},
    [INIT_GLOROT_NORMAL] = {.name = "glorot-normal",
                            .alias = {"xavier-normal"},
                            .meaning = "normal, variance 2/(fan_in + fan_out)",
                            .source = "Glorot & Bengio 2010, equation 12"},
    [INIT_HE_UNIFORM] = {.name = "he-uniform",
                         .alias = {"kaiming-uniform"},
                         .meaning = "uniform within sqrt(6/fan_in)",
                         .source = "He et al. 2015"},
    [INIT_HE_NORMAL] = {.name = "he-normal",
                        .alias = {"he", "kaiming-normal", "kaiming"},
                        .meaning = "normal, variance 2/fan_in",
                        .source = "He et al. 2015, equation 10"},
    [INIT_LECUN_UNIFORM] = {.name = "lecun-uniform",
                            .meaning = "uniform within sqrt(3/fan_in)",
                            .source = "LeCun et al. 1998, Efficient BackProp, equation 16"},
    [INIT_LECUN_NORMAL] = {.name = "lecun-normal",
                           .alias = {"lecun"},
                           .meaning = "normal, variance 1/fan_in",
                           .source = "LeCun et al. 1998, Efficient BackProp, equation 16"},
    [INIT_ORTHOGONAL] = {.name = "orthogonal",
                         .param = {{"gain", 1, -HUGE_PARAM, HUGE_PARAM}},
                         .meaning = "rows (or columns, where fewer) of a random orthogonal matrix, "
                                    "times gain",
                         .source = "Saxe, McClelland & Ganguli 2014"},
};

/* Parts of the rows below. */
#define RPROP_PARAM                                                \
    {                                                              \
        {"increase", 1.2, 1, HUGE_PARAM}, {"decrease", 0.5, 0, 1}, \
            {"smallest", 1e-6, 0, HUGE_PARAM},                     \
        {                                                          \
            "largest", 50, 0, HUGE_PARAM                           \
        }                                                          \
    }
#define RPROP_SYMBOL                                                  \
    {                                                                 \
        {"increase", "η⁺", "\\eta^+"}, {"decrease", "η⁻", "\\eta^-"}, \
            {"smallest", "Δmin", "\\Delta_{\\min}"},                  \
        {                                                             \
            "largest", "Δmax", "\\Delta_{\\max}"                      \
        }                                                             \
    }
#define RPROP_SIZE                                                                \
    "clamp(if(t <= 1, rate, s)*if(g*p > 0, increase, if(g*p < 0, decrease, 1)), " \
    "smallest, largest)"
#define LBFGS_HISTORY  "history", 10, 1, LBFGS_PAIRS
#define DECAY(value)   "weight-decay", value, 0, HUGE_PARAM
#define SHARE(value)   value, 0, 0.99999999999999989 /* of what was before: less than 1 */
#define EPSILON(value) "epsilon", value, 0, 1
#define KAPPA          "weight_decay", "κ", "\\kappa"
#define EPS            "epsilon", "ε", "\\epsilon"
#define BETA1          "beta1", "β1", "\\beta_1"
#define BETA2          "beta2", "β2", "\\beta_2"

/* The conventions are PyTorch's, where it has the method (torch.optim): momentum without
 * dampening, epsilon outside the root, weight decay added to the gradient or, in AdamW and
 * Lion, taken from the weights. */
static const struct optimiser_row optimisers[OPT_COUNT] = {
    [OPT_GRADIENT_DESCENT] = {.name = "gradient-descent",
                              .alias = {"sgd", "gd"},
                              .rate = 0.1,
                              .param = {{DECAY(0)}},
                              .symbol = {{KAPPA}},
                              .step = {{{"w"}, "w - rate*g"}},
                              .gradient = "g + weight_decay*w",
                              .meaning = "each parameter moves against its gradient",
                              .source = "Rumelhart, Hinton & Williams 1986, equation 8"},
    [OPT_MOMENTUM] = {.name = "momentum",
                      .alias = {"sgd-momentum", "heavy-ball"},
                      .rate = 0.01,
                      .param = {{"momentum", SHARE(0.9)}, {DECAY(0)}},
                      .symbol = {{"momentum", "μ", "\\mu"}, {KAPPA}},
                      .state = {{"v", "v", "v"}},
                      .step = {{{"v"}, "momentum*v + g"}, {{"w"}, "w - rate*v"}},
                      .gradient = "g + weight_decay*w",
                      .kernel = UPDATE_MOMENTUM,
                      .meaning = "gradient descent with a velocity, in which gradients add up "
                                 "and fade",
                      .source = "Rumelhart, Hinton & Williams 1986, equation 9; Polyak 1964"},
    [OPT_NESTEROV] = {.name = "nesterov",
                      .alias = {"sgd-nesterov"},
                      .rate = 0.01,
                      .param = {{"momentum", SHARE(0.9)}, {DECAY(0)}},
                      .symbol = {{"momentum", "μ", "\\mu"}, {KAPPA}},
                      .state = {{"v", "v", "v"}},
                      .step = {{{"v"}, "momentum*v + g"}, {{"w"}, "w - rate*(g + momentum*v)"}},
                      .gradient = "g + weight_decay*w",
                      .kernel = UPDATE_NESTEROV,
                      .meaning = "momentum that looks one step ahead",
                      .source = "Sutskever, Martens, Dahl & Hinton 2013, section 2; Nesterov 1983"},
    [OPT_ADAGRAD] = {.name = "adagrad",
                     .rate = 0.01,
                     .param = {{EPSILON(1e-10)}, {DECAY(0)}},
                     .symbol = {{EPS}, {KAPPA}},
                     .state = {{"s", "s", "s"}},
                     .step = {{{"s"}, "s + g^2"}, {{"w"}, "w - rate*g/(sqrt(s) + epsilon)"}},
                     .gradient = "g + weight_decay*w",
                     .kernel = UPDATE_ADAGRAD,
                     .meaning = "steps shrink with the root of the sum of squared gradients",
                     .source = "Duchi, Hazan & Singer 2011"},
    [OPT_RMSPROP] = {.name = "rmsprop",
                     .rate = 0.01,
                     .param = {{"alpha", SHARE(0.99)}, {EPSILON(1e-8)}, {DECAY(0)}},
                     .symbol = {{"alpha", "α", "\\alpha"}, {EPS}, {KAPPA}},
                     .state = {{"v", "v", "v"}},
                     .step = {{{"v"}, "alpha*v + (1 - alpha)*g^2"},
                              {{"w"}, "w - rate*g/(sqrt(v) + epsilon)"}},
                     .gradient = "g + weight_decay*w",
                     .kernel = UPDATE_RMSPROP,
                     .meaning = "steps are divided by the root of the mean squared gradient",
                     .source = "Tieleman & Hinton 2012, lecture 6.5"},
    [OPT_ADAM] =
        {.name = "adam",
         .rate = 0.001,
         .param = {{"beta1", SHARE(0.9)}, {"beta2", SHARE(0.999)}, {EPSILON(1e-8)}, {DECAY(0)}},
         .symbol = {{BETA1}, {BETA2}, {EPS}, {KAPPA}},
         .state = {{"m", "m", "m"}, {"v", "v", "v"}},
         .factor = {{"c1", "1/(1 - beta1^t)"}, {"c2", "1/(1 - beta2^t)"}},
         .step = {{{"m"}, "beta1*m + (1 - beta1)*g"},
                  {{"v"}, "beta2*v + (1 - beta2)*g^2"},
                  {{"m_hat", "m̂", "\\hat{m}"}, "m*c1", "m/(1 - beta1^t)"},
                  {{"v_hat", "v̂", "\\hat{v}"}, "v*c2", "v/(1 - beta2^t)"},
                  {{"w"}, "w - rate*m_hat/(sqrt(v_hat) + epsilon)"}},
         .gradient = "g + weight_decay*w",
         .kernel = UPDATE_ADAM,
         .meaning = "the mean gradient over the root of the mean squared gradient, both "
                    "freed of the bias of their start at 0",
         .source = "Kingma & Ba 2015, algorithm 1"},
    [OPT_ADAMW] =
        {.name = "adamw",
         .rate = 0.001,
         .param = {{"beta1", SHARE(0.9)}, {"beta2", SHARE(0.999)}, {EPSILON(1e-8)}, {DECAY(0.01)}},
         .symbol = {{BETA1}, {BETA2}, {EPS}, {KAPPA}},
         .state = {{"m", "m", "m"}, {"v", "v", "v"}},
         .factor = {{"c1", "1/(1 - beta1^t)"}, {"c2", "1/(1 - beta2^t)"}},
         .step = {{{"m"}, "beta1*m + (1 - beta1)*g"},
                  {{"v"}, "beta2*v + (1 - beta2)*g^2"},
                  {{"m_hat", "m̂", "\\hat{m}"}, "m*c1", "m/(1 - beta1^t)"},
                  {{"v_hat", "v̂", "\\hat{v}"}, "v*c2", "v/(1 - beta2^t)"},
                  {{"w"}, "w - rate*m_hat/(sqrt(v_hat) + epsilon)"}},
         .weight = "w*(1 - rate*weight_decay)",
         .kernel = UPDATE_ADAM,
         .meaning = "Adam with weight decay apart from the gradient",
         .source = "Loshchilov & Hutter 2019, algorithm 2"},
    [OPT_LION] = {.name = "lion",
                  .rate = 0.0001,
                  .param = {{"beta1", SHARE(0.9)}, {"beta2", SHARE(0.99)}, {DECAY(0)}},
                  .symbol = {{BETA1}, {BETA2}, {KAPPA}},
                  .state = {{"m", "m", "m"}},
                  .step = {{{"c", "c", "c"}, "beta1*m + (1 - beta1)*g"},
                           {{"m"}, "beta2*m + (1 - beta2)*g"},
                           {{"w"}, "w - rate*sign(c)"}},
                  .weight = "w*(1 - rate*weight_decay)",
                  .kernel = UPDATE_LION,
                  .meaning = "steps of one size, in the direction of a mean gradient's sign",
                  .source = "Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, "
                            "algorithm 2"},
    [OPT_RPROP] = {.name = "rprop",
                   .alias = {"irprop"},
                   .rate = 0.01,
                   .param = RPROP_PARAM,
                   .symbol = RPROP_SYMBOL,
                   .state = {{"s", "Δ", "\\Delta"}, {"p", "p", "p"}},
                   .step = {{{"s"}, RPROP_SIZE},
                            {{"p"}, "if(g*p < 0, 0, g)"},
                            {{"w"}, "w - s*sign(p)"}},
                   .meaning = "each parameter has a step size of its own, which grows while its "
                              "gradient keeps its sign; for whole batches",
                   .source = "Riedmiller & Braun 1993; Igel & Hüsken 2000, iRprop-"},
    [OPT_RPROP_PLUS] =
        {.name = "rprop-plus",
         .alias = {"irprop-plus"},
         .rate = 0.01,
         .param = RPROP_PARAM,
         .symbol = RPROP_SYMBOL,
         .state = {{"s", "Δ", "\\Delta"}, {"p", "p", "p"}, {"d", "d", "d"}, {"e", "E", "E"}},
         .step = {{{"s"}, RPROP_SIZE},
                  {{"d"}, "if(g*p < 0, if(loss > e, -d, 0), -s*sign(g))"},
                  {{"p"}, "if(g*p < 0, 0, g)"},
                  {{"e"}, "loss"},
                  {{"w"}, "w + d"}},
         .meaning = "Rprop that takes a step back where a gradient changed its sign and the loss "
                    "grew; for whole batches",
         .source = "Igel & Hüsken 2003, Empirical evaluation of the improved Rprop learning "
                   "algorithms, iRprop+"},
    [OPT_LBFGS] = {.name = "lbfgs",
                   .rate = 1,
                   .param = {{LBFGS_HISTORY}},
                   .whole = WHOLE_SEARCH,
                   .meaning = "all parameters move along one direction, which allows for how the "
                              "gradient changed over the last updates, as far as a search for "
                              "the strong Wolfe conditions finds best; for whole batches",
                   .source = "Nocedal & Wright 2006, Numerical Optimization, algorithms 7.4, 7.5, "
                             "3.5 and 3.6"},
    [OPT_LBFGS_FIXED] = {.name = "lbfgs-fixed",
                         .rate = 1,
                         .param = {{LBFGS_HISTORY}},
                         .whole = WHOLE_FIXED,
                         .meaning = "the direction of lbfgs times the learning rate, without a "
                                    "search; for whole batches",
                         .source = "Nocedal & Wright 2006, Numerical Optimization, algorithms 7.4 "
                                   "and 7.5"},
};

static const struct precision_row precisions[] = {
    {.name = "float32", .alias = {"f32", "single"}},
    {.name = "bf16", .alias = {"bfloat16"}},
};

int cr_optimiser_decay(const struct optimiser_row *row)
{
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++)
        if (strcmp(row->param[i].name, "weight-decay") == 0)
            return i;
    return -1;
}

const struct activation_row *cr_activation_row(int i)
{
    return i >= 0 && (size_t)i < LENGTH(activations) ? &activations[i] : NULL;
}

const struct loss_row *cr_loss_row(int i)
{
    return i >= 0 && (size_t)i < LENGTH(losses) ? &losses[i] : NULL;
}

const struct init_row *cr_init_row(int i)
{
    return i >= 0 && i < INIT_COUNT ? &inits[i] : NULL;
}

const struct optimiser_row *cr_optimiser_row(int i)
{
    return i >= 0 && i < OPT_COUNT ? &optimisers[i] : NULL;
}

const struct precision_row *cr_precision_row(int i)
{
    return i >= 0 && (size_t)i < LENGTH(precisions) ? &precisions[i] : NULL;
}

const char *cr_precision_name(cr_precision precision)
{
    return precisions[precision == CR_PRECISION_BF16].name;
}

/* Equal but for case and the separators people vary. */
static int same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-' || *a == '_' || *a == ' ')
            a++;
        while (*b == '-' || *b == '_' || *b == ' ')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return 0;
        if (!*a)
            return 1;
        a++, b++;
    }
}

/* The rows of every table begin with name and aliases; `row` gives those. */
typedef const char *name_of(int row, int which);

static int find(const char *word, name_of *name, const char **near)
{
    enum { MOST = 128 };
    const char *all[MOST];
    size_t n = 0;
    for (int row = 0; name(row, 0); row++)
        for (int k = 0; k <= TABLE_ALIASES; k++) {
            const char *s = name(row, k);
            if (!s)
                continue;
            if (same_name(word, s))
                return row;
            if (n < MOST)
                all[n++] = s;
        }
    if (near)
        *near = cr_suggest(word, all, n);
    return -1;
}

#define NAME_OF(fn, row_of)                                               \
    static const char *fn(int row, int which)                             \
    {                                                                     \
        if (!row_of(row))                                                 \
            return NULL;                                                  \
        return which ? row_of(row)->alias[which - 1] : row_of(row)->name; \
    }
NAME_OF(activation_name, cr_activation_row)
NAME_OF(loss_name, cr_loss_row)
NAME_OF(init_name, cr_init_row)
NAME_OF(optimiser_name, cr_optimiser_row)
NAME_OF(precision_name, cr_precision_row)
NAME_OF(schedule_name, cr_schedule_row)

int cr_activation_find(const char *name, const char **near)
{
    return find(name, activation_name, near);
}

int cr_loss_find(const char *name, const char **near)
{
    return find(name, loss_name, near);
}

int cr_init_find(const char *name, const char **near)
{
    return find(name, init_name, near);
}

int cr_optimiser_find(const char *name, const char **near)
{
    return find(name, optimiser_name, near);
}

int cr_precision_find(const char *name, const char **near)
{
    return find(name, precision_name, near);
}

int cr_schedule_find(const char *name, const char **near)
{
    return find(name, schedule_name, near);
}
