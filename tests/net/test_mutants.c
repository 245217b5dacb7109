/* Broken backward rules: each row below rewrites one step of a copied tape the way people get
 * it wrong, and the gradient check must catch every one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/check.h"
#include "net/random_net.h"

enum { ROWS = 3, OPERANDS = 6 };

/* Networks whose layers have equal widths, so that a wrong operand fits. */
enum network { CHAIN, SKIP, JOIN, SOFTMAX, CLASSES, PRELU, LOSS, NORM, BATCH };

/* Quantities of a layer; those without a layer ignore it. */
enum what {
    END,
    X,
    T,
    N,
    U,
    Z,
    W,
    SLOPE,
    A_PRIME,
    DELTA,
    DZ,
    DW,
    DB,
    D_SLOPE,
    SLOPE_TERM,
    JOINED,
    D_JOINED,
    PART_1,
    PART_2,
    DX,
    H, /* of a norm: normalised, deviation, mean, scale, and their gradients */
    S,
    GAMMA,
    DH,
    DS,
    DM,
    D_GAMMA,
    D_TERM,
    EXTRA
};

struct quantity {
    enum what what;
    int layer;
};

/* The step that makes `made` becomes `op` of `in`, or a map of them (a, b, ...). Where
 * there is an extra formula, a new value of it comes first: EXTRA. */
struct mutant {
    const char *name;
    enum network net;
    struct quantity made;
    enum op op;
    const char *formula;
    struct quantity in[OPERANDS];
    size_t begin;
    const char *extra;
    struct quantity extra_in[OPERANDS];
    const char *loss; /* LOSS */
};

/* clang-format off */
static const struct mutant mutants[] = {
    /* The loss. */
    {"the loss's gradient has the wrong sign", CHAIN, {DZ, 2}, OP_MAP, "2*(b - a)/(3*c)",
     {{Z, 2}, {T}, {N}}},
    {"the square's factor 2 is missing", CHAIN, {DZ, 2}, OP_MAP, "(a - b)/(3*c)", {{Z, 2}, {T}, {N}}},
    {"the mean over examples is missing", CHAIN, {DZ, 2}, OP_MAP, "2*(a - b)/3", {{Z, 2}, {T}}},
    {"the mean over examples is taken twice", CHAIN, {DZ, 2}, OP_MAP, "2*(a - b)/(3*c^2)",
     {{Z, 2}, {T}, {N}}},
    {"the mean over outputs is missing", CHAIN, {DZ, 2}, OP_MAP, "2*(a - b)/c", {{Z, 2}, {T}, {N}}},
    {"the error is taken before the activation", CHAIN, {DZ, 2}, OP_MAP, "2*(a - b)/(3*c)",
     {{U, 2}, {T}, {N}}},
    {"the target is left out", CHAIN, {DZ, 2}, OP_MAP, "2*a/(3*c)", {{Z, 2}, {T}, {N}}},
    {"cross-entropy: the target is left out", CLASSES, {DELTA, 1}, OP_MAP, "a/b", {{Z, 1}, {N}}},
    {"cross-entropy: the derivative comes in twice", CLASSES, {DELTA, 1}, OP_MAP,
     "(a - b)*a*(1 - a)/c", {{Z, 1}, {T}, {N}}},
    {"cross-entropy: targets are not smoothed", CLASSES, {DELTA, 1}, OP_MAP, "(a - b)/c",
     {{Z, 1}, {T}, {N}}},
    {"cross-entropy: logits for probabilities", CLASSES, {DELTA, 1}, OP_MAP, "(a - 0.9*b - 0.1/3)/c",
     {{U, 1}, {T}, {N}}},
    {"binary cross-entropy: the sigmoid is left out", LOSS, {DZ, 1}, OP_MAP, "(a - b)/c",
     {{Z, 1}, {T}, {N}}, .loss = "binary-cross-entropy-logits"},
    {"absolute: the error for its sign", LOSS, {DZ, 1}, OP_MAP, "(a - b)/(2*c)",
     {{Z, 1}, {T}, {N}}, .loss = "absolute"},
    {"Huber: not straight beyond delta", LOSS, {DZ, 1}, OP_MAP, "(a - b)/(2*c)",
     {{Z, 1}, {T}, {N}}, .loss = "huber"},
    {"log-cosh: the error for its tanh", LOSS, {DZ, 1}, OP_MAP, "(a - b)/(2*c)",
     {{Z, 1}, {T}, {N}}, .loss = "log-cosh"},
    {"Poisson: the log of the rate for the rate", LOSS, {DZ, 1}, OP_MAP, "(a - b)/c",
     {{Z, 1}, {T}, {N}}, .loss = "poisson"},
    {"hinge: also where the margin is kept", LOSS, {DZ, 1}, OP_MAP, "-b/c + 0*a",
     {{Z, 1}, {T}, {N}}, .loss = "hinge"},
    {"hinge: margin 0", LOSS, {DZ, 1}, OP_MAP, "if(a*b < 0, -b, 0)/c",
     {{Z, 1}, {T}, {N}}, .loss = "hinge"},
    {"quantile: the two sides exchanged", LOSS, {DZ, 1}, OP_MAP,
     "if(b > a, 1 - 0.3, -0.3)/(2*c)", {{Z, 1}, {T}, {N}}, .loss = "quantile"},

    /* The activation's derivative. */
    {"A' is left out", CHAIN, {DELTA, 1}, OP_MAP, "a", {{DZ, 1}}},
    {"A' is left out at the output", CHAIN, {DELTA, 2}, OP_MAP, "a", {{DZ, 2}}},
    {"A' twice", CHAIN, {DELTA, 1}, OP_MAP, "a*b*b", {{DZ, 1}, {A_PRIME, 1}}},
    {"A' is added", CHAIN, {DELTA, 1}, OP_MAP, "a + b", {{DZ, 1}, {A_PRIME, 1}}},
    {"A' divides", CHAIN, {DELTA, 1}, OP_MAP, "a/b", {{DZ, 1}, {A_PRIME, 1}}},
    {"A' of another layer", CHAIN, {DELTA, 1}, OP_MAP, "a*b", {{DZ, 1}, {A_PRIME, 2}}},
    {"A instead of A'", CHAIN, {DELTA, 1}, OP_MAP, "a*b", {{DZ, 1}, {Z, 1}}},
    {"the delta has the wrong sign", CHAIN, {DELTA, 0}, OP_MAP, "-a*b", {{DZ, 0}, {A_PRIME, 0}}},
    {"sigmoid' = z", CHAIN, {A_PRIME, 1}, OP_MAP, "a", {{Z, 1}}},
    {"sigmoid' = 1 - z", CHAIN, {A_PRIME, 1}, OP_MAP, "1 - a", {{Z, 1}}},
    {"sigmoid' = u (1 - u)", CHAIN, {A_PRIME, 1}, OP_MAP, "a*(1 - a)", {{U, 1}}},
    {"sigmoid' of z", CHAIN, {A_PRIME, 1}, OP_MAP, "sigmoid(a)*(1 - sigmoid(a))", {{Z, 1}}},
    {"tanh' = 1 - z", CHAIN, {A_PRIME, 0}, OP_MAP, "1 - a", {{Z, 0}}},
    {"tanh' = 1 - u^2", CHAIN, {A_PRIME, 0}, OP_MAP, "1 - a^2", {{U, 0}}},
    {"tanh' = 1 + z^2", CHAIN, {A_PRIME, 0}, OP_MAP, "1 + a^2", {{Z, 0}}},
    {"tanh takes sigmoid's derivative", CHAIN, {A_PRIME, 0}, OP_MAP, "a*(1 - a)", {{Z, 0}}},
    {"PReLU takes ReLU's derivative", PRELU, {A_PRIME, 0}, OP_MAP, "step(a)", {{U, 0}}},
    {"PReLU's slope on the wrong side", PRELU, {A_PRIME, 0}, OP_MAP, "if(a > 0, b, 1)",
     {{U, 0}, {SLOPE, 0}}},
    {"PReLU takes the slope of another layer", PRELU, {A_PRIME, 0}, OP_MAP, "if(a > 0, 1, b)",
     {{U, 0}, {SLOPE, 1}}},

    /* Softmax. */
    {"softmax: the sum is left out", SOFTMAX, {DELTA, 1}, OP_MAP, "a*b", {{Z, 1}, {DZ, 1}}},
    {"softmax: the diagonal alone", SOFTMAX, {DELTA, 1}, OP_MAP, "a*(1 - a)*b", {{Z, 1}, {DZ, 1}}},
    {"softmax: not multiplied at all", SOFTMAX, {DELTA, 1}, OP_MAP, "a", {{DZ, 1}}},
    {"softmax: operands exchanged", SOFTMAX, {DELTA, 1}, OP_SOFTMAX_BACK, NULL, {{DZ, 1}, {Z, 1}}},
    {"softmax: logits for probabilities", SOFTMAX, {DELTA, 1}, OP_SOFTMAX_BACK, NULL,
     {{U, 1}, {DZ, 1}}},

    /* Back through the weights. */
    {"the weights of another layer", CHAIN, {DZ, 0}, OP_LINEAR_DX, NULL, {{DELTA, 1}, {W, 2}}},
    {"the weights not transposed", CHAIN, {DZ, 0}, OP_LINEAR, NULL, {{DELTA, 1}, {W, 1}}},
    {"dz for the delta, backwards", CHAIN, {DZ, 0}, OP_LINEAR_DX, NULL, {{DZ, 1}, {W, 1}}},
    {"the delta of another layer, backwards", CHAIN, {DZ, 0}, OP_LINEAR_DX, NULL,
     {{DELTA, 2}, {W, 1}}},
    {"the gradient passes through without weights", CHAIN, {DZ, 0}, OP_MAP, "a", {{DELTA, 1}}},
    {"input gradient: the weights not transposed", CHAIN, {DX}, OP_LINEAR, NULL, {{DELTA, 0}, {W, 0}}},
    {"input gradient: dz for the delta", CHAIN, {DX}, OP_LINEAR_DX, NULL, {{DZ, 0}, {W, 0}}},

    /* Weights. */
    {"dw: the layer's output for its input", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{DELTA, 1}, {Z, 1}}},
    {"dw: u for z of the layer before", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{DELTA, 1}, {U, 0}}},
    {"dw: the network's input for the layer's", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL,
     {{DELTA, 1}, {X}}},
    {"dw: dz for the delta", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{DZ, 1}, {Z, 0}}},
    {"dw: the delta of another layer", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{DELTA, 2}, {Z, 0}}},
    {"dw: transposed", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{Z, 0}, {DELTA, 1}}},
    {"dw: divided by N once more", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{EXTRA}, {Z, 0}},
     .extra = "a/b", .extra_in = {{DELTA, 1}, {N}}},
    {"dw: the weights themselves", CHAIN, {DW, 1}, OP_LINEAR_DW, NULL, {{U, 1}, {Z, 0}}},
    {"dw: a joined input with the wrong sign", JOIN, {DW, 3}, OP_LINEAR_DW, NULL,
     {{DELTA, 3}, {EXTRA}}, .extra = "-a", .extra_in = {{JOINED, 3}}},

    /* Biases. */
    {"db: the delta times the input", CHAIN, {DB, 1}, OP_SUM_ROWS, NULL, {{EXTRA}},
     .extra = "a*b", .extra_in = {{DELTA, 1}, {Z, 0}}},
    {"db: dz for the delta", CHAIN, {DB, 1}, OP_SUM_ROWS, NULL, {{DZ, 1}}},
    {"db: the delta of another layer", CHAIN, {DB, 1}, OP_SUM_ROWS, NULL, {{DELTA, 2}}},
    {"db: the activations", CHAIN, {DB, 1}, OP_SUM_ROWS, NULL, {{Z, 1}}},
    {"db: 0", CHAIN, {DB, 1}, OP_SUM_ROWS, NULL, {{EXTRA}}, .extra = "0*a", .extra_in = {{DELTA, 1}}},
    {"shared bias: half of it", PRELU, {DB, 1}, OP_SUM_ROWS, NULL, {{EXTRA}},
     .extra = "a/2", .extra_in = {{DELTA, 1}}},
    {"shared bias: dz for the delta", PRELU, {DB, 1}, OP_SUM_ROWS, NULL, {{DZ, 1}}},

    /* The trained slope. */
    {"slope: the upstream gradient is left out", PRELU, {SLOPE_TERM, 0}, OP_MAP, "min(0, a)",
     {{U, 0}}},
    {"slope: z for u", PRELU, {SLOPE_TERM, 0}, OP_MAP, "a*min(0, b)", {{DZ, 0}, {Z, 0}}},
    {"slope: the positive side", PRELU, {SLOPE_TERM, 0}, OP_MAP, "a*max(0, b)", {{DZ, 0}, {U, 0}}},
    {"slope: both sides", PRELU, {SLOPE_TERM, 0}, OP_MAP, "a*b", {{DZ, 0}, {U, 0}}},
    {"slope: the delta for dz", PRELU, {SLOPE_TERM, 0}, OP_MAP, "a*min(0, b)",
     {{DELTA, 0}, {U, 0}}},
    {"slope: another layer's term", PRELU, {D_SLOPE, 0}, OP_SUM_ROWS, NULL, {{SLOPE_TERM, 1}}},

    /* Values that are used more than once. */
    {"skip: only the first use counts", SKIP, {D_JOINED, 1}, OP_SUM, NULL, {{PART_1, 1}}},
    {"skip: only the second use counts", SKIP, {D_JOINED, 1}, OP_SUM, NULL, {{PART_2, 1}}},
    {"skip: one use counts twice", SKIP, {D_JOINED, 1}, OP_SUM, NULL,
     {{PART_1, 1}, {PART_2, 1}, {PART_2, 1}}},
    {"skip: the uses are averaged", SKIP, {D_JOINED, 1}, OP_MAP, "(a + b)/2",
     {{PART_1, 1}, {PART_2, 1}}},
    {"skip: the uses are multiplied", SKIP, {D_JOINED, 1}, OP_MAP, "a*b", {{PART_1, 1}, {PART_2, 1}}},
    {"skip: one use is subtracted", SKIP, {D_JOINED, 1}, OP_MAP, "a - b", {{PART_1, 1}, {PART_2, 1}}},
    {"skip: the inputs' second use is forgotten", SKIP, {DX}, OP_SUM, NULL, {{D_JOINED, 1}}},
    {"add: the gradient is shared out", SKIP, {DZ, 0}, OP_MAP, "a/2", {{D_JOINED, 1}}},
    {"concat: the first columns for the second", JOIN, {PART_2, 0}, OP_SLICE, NULL,
     {{D_JOINED, 2}}, .begin = 2},
    {"concat: the second columns for the first", JOIN, {DZ, 1}, OP_SLICE, NULL, {{D_JOINED, 2}},
     .begin = 0},
    {"concat: one column off", JOIN, {DZ, 1}, OP_SLICE, NULL, {{D_JOINED, 2}}, .begin = 1},
    {"dense reading several: the columns of another", JOIN, {D_JOINED, 2}, OP_SLICE, NULL,
     {{D_JOINED, 3}}, .begin = 2},

    /* Batch normalisation; layer normalisation the same way. */
    {"batch norm: mean and deviation taken as given", BATCH, {DZ, 0}, OP_MAP, "a/b", {{DH, 1}, {S, 1}}},
    {"batch norm: what goes through the mean is left out", BATCH, {DZ, 0}, OP_MAP,
     "a/b + c*d/e + 0*f", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {N}, {DM, 1}}},
    {"batch norm: what goes through the deviation is left out", BATCH, {DZ, 0}, OP_MAP,
     "a/b + 0*c*d + f/e", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {N}, {DM, 1}}},
    {"batch norm: the mean's share is not divided", BATCH, {DZ, 0}, OP_MAP, "a/b + c*d/e + f", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {N}, {DM, 1}}},
    {"batch norm: n - 1 for n", BATCH, {DZ, 0}, OP_MAP, "a/b + (c*d + f)/(e - 1)", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {N}, {DM, 1}}},
    {"batch norm: the variance's derivative for the deviation's", BATCH, {DZ, 0}, OP_MAP,
     "a/b + 2*c*d/e + f/e", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {N}, {DM, 1}}},
    {"batch norm: the deviation's gradient has the wrong sign", BATCH, {DS, 1}, OP_COL_SUM,
     "a*b/c", {{DH, 1}, {H, 1}, {S, 1}}},
    {"batch norm: the deviation's gradient is not divided", BATCH, {DS, 1}, OP_COL_SUM,
     "-(a*b)", {{DH, 1}, {H, 1}}},
    {"batch norm: the mean's gradient has the wrong sign", BATCH, {DM, 1}, OP_COL_SUM,
     "a/b", {{DH, 1}, {S, 1}}},
    {"batch norm: gamma is left out", BATCH, {DH, 1}, OP_MAP, "a", {{D_JOINED, 1}}},
    {"batch norm: gamma twice", BATCH, {DH, 1}, OP_MAP, "a*b*b", {{D_JOINED, 1}, {GAMMA, 1}}},
    {"batch norm: gamma's gradient of what is not normalised", BATCH, {D_TERM, 1}, OP_MAP, "a*b",
     {{D_JOINED, 1}, {Z, 0}}},
    {"batch norm: gamma takes beta's gradient", BATCH, {D_GAMMA, 1}, OP_SUM_ROWS, NULL,
     {{D_JOINED, 1}}},
    {"layer norm: mean and deviation taken as given", NORM, {DZ, 0}, OP_MAP, "a/b", {{DH, 1}, {S, 1}}},
    {"layer norm: what goes through the mean is left out", NORM, {DZ, 0}, OP_MAP,
     "a/b + c*d/3 + 0*e", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {DM, 1}}},
    {"layer norm: what goes through the deviation is left out", NORM, {DZ, 0}, OP_MAP,
     "a/b + 0*c*d + e/3", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {DM, 1}}},
    {"layer norm: the number of examples for that of columns, squared", NORM, {DZ, 0}, OP_MAP,
     "a/b + (c*d + e)/9", {{DH, 1}, {S, 1}, {DS, 1}, {H, 1}, {DM, 1}}},
    {"layer norm: the deviation's gradient has the wrong sign", NORM, {DS, 1}, OP_ROW_SUM,
     "a*b/c", {{DH, 1}, {H, 1}, {S, 1}}},
    {"layer norm: the mean's gradient has the wrong sign", NORM, {DM, 1}, OP_ROW_SUM,
     "a/b", {{DH, 1}, {S, 1}}},
    {"layer norm: gamma is left out", NORM, {DH, 1}, OP_MAP, "a", {{D_JOINED, 1}}},
    {"layer norm: gamma takes beta's gradient", NORM, {D_GAMMA, 1}, OP_SUM_ROWS, NULL,
     {{D_JOINED, 1}}},
};
/* clang-format on */
enum { N_MUTANTS = sizeof mutants / sizeof *mutants };

/* The networks. */

static int layer(cr_builder *b, struct dice *d, size_t units, size_t inputs, const char *activation)
{
    double w[36], bias[6];
    for (size_t i = 0; i < units * inputs; i++)
        w[i] = roll_between(d, -1.4, 1.4);
    for (size_t i = 0; i < units; i++)
        bias[i] = roll_between(d, -0.7, 0.7);
    const int number = cr_builder_dense(b, units, activation);
    cr_builder_weights(b, number, w, units * inputs);
    cr_builder_biases(b, number, bias, units);
    return number;
}

#define FROM(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)

static size_t build_layers(cr_builder *b, struct dice *d, enum network which)
{
    switch (which) {
    case CHAIN:
        layer(b, d, 3, 3, "tanh");
        layer(b, d, 3, 3, "sigmoid");
        layer(b, d, 3, 3, "tanh");
        cr_builder_loss(b, "mean-squared", 0);
        return 3;
    case SKIP:
        layer(b, d, 3, 3, "tanh");
        cr_builder_add(b, FROM(0, -1));
        layer(b, d, 3, 3, "sigmoid");
        cr_builder_add(b, FROM(2, 1));
        layer(b, d, 2, 3, "identity");
        return 2;
    case JOIN:
        layer(b, d, 2, 3, "tanh");
        layer(b, d, 2, 2, "sigmoid");
        cr_builder_concat(b, FROM(0, 1));
        cr_builder_from(b, layer(b, d, 2, 7, "softplus"), FROM(2, -1));
        cr_builder_loss(b, "sum-squared", 1);
        return 2;
    case SOFTMAX:
    case CLASSES:
        layer(b, d, 3, 3, "tanh");
        layer(b, d, 3, 3, "softmax");
        if (which == CLASSES)
            cr_builder_loss(b, "cross-entropy", 0);
        return 3;
    case PRELU:
        layer(b, d, 3, 3, "prelu");
        layer(b, d, 3, 3, "prelu");
        cr_builder_shared_bias(b, 1, 0.2);
        layer(b, d, 1, 3, "identity");
        return 1;
    case NORM:
    case BATCH:
        layer(b, d, 3, 3, "tanh");
        (void)(which == NORM ? cr_builder_norm(b) : cr_builder_batch_norm(b, 0.1));
        layer(b, d, 2, 3, "identity");
        return 2;
    case LOSS:
        layer(b, d, 3, 3, "tanh");
        layer(b, d, 2, 3, "identity");
        return 2;
    }
    return 0;
}

static cr_net *build(enum network which, const char *loss)
{
    struct dice d = {17 + (uint64_t)which};
    cr_builder *b = cr_builder_create(3);
    const size_t outputs = build_layers(b, &d, which);
    if (loss)
        cr_builder_loss(b, loss, 0);
    const int row = cr_loss_find(loss ? loss : which == CLASSES ? "cross-entropy" : "mse", NULL);
    for (size_t r = 0; r < ROWS; r++) {
        double x[3], t[3];
        for (size_t i = 0; i < 3; i++)
            x[i] = roll_between(&d, -1.5, 1.5);
        roll_targets(&d, cr_loss_row(row), t, outputs);
        cr_builder_example(b, x, 3, t, outputs);
    }
    cr_net *net = NULL;
    cr_error err = {0};
    if (cr_builder_build(b, CR_F64, 1, &net, &err))
        fail_msg("network %d: %s", which, err.message);
    cr_builder_free(b);
    const int slope = cr_net_param(net, 1, PARAM_SLOPE);
    if (slope >= 0)
        cr_net_set(net, net->param[slope].offset, 0.4);
    const int scale = cr_net_param(net, 1, PARAM_SCALE);
    for (size_t i = 0; scale >= 0 && i < 3; i++)
        cr_net_set(net, net->param[scale].offset + i, 0.5 + (double)i);
    if (which == CLASSES)
        net->spec->loss.smoothing = 0.1;
    if (loss && strcmp(loss, "quantile") == 0)
        net->spec->loss.param[0] = 0.3;
    return net;
}

/* Rewriting. */

static int param_value(const struct tape *t, int layer, enum param_kind kind)
{
    const int group = cr_net_param(t->net, layer, kind);
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == ROLE_PARAM && t->value[v].param == group)
            return v;
    return -1;
}

static int output_of(const struct tape *t, int layer)
{
    const int act = cr_tape_find(t, ROLE_ACT, -1, layer);
    return act >= 0 ? act : cr_tape_find(t, ROLE_JOIN, -1, layer);
}

static int part(const struct tape *t, int of, int which)
{
    for (int v = 0; v < t->n_values; v++)
        if (t->value[v].role == ROLE_PART && t->value[v].of == of && which-- == 0)
            return v;
    /* An addition hands its own gradient on as a part. */
    const int sum = cr_tape_find(t, ROLE_GRAD, of, -1);
    for (int i = 0; i < t->step[t->value[sum].maker].n_in; i++) {
        const int v = t->step[t->value[sum].maker].in[i];
        if (t->value[v].role != ROLE_PART)
            return v;
    }
    return -1;
}

static int find(const struct tape *t, struct quantity q, int extra)
{
    const int l = q.layer;
    switch (q.what) {
    case END: break;
    case X: return t->input;
    case T: return t->target;
    case N: return cr_tape_find(t, ROLE_ROWS, -1, -1);
    case U: return cr_tape_find(t, ROLE_PRE, -1, l);
    case Z: return cr_tape_find(t, ROLE_ACT, -1, l);
    case W: return param_value(t, l, PARAM_WEIGHT);
    case SLOPE: return param_value(t, l, PARAM_SLOPE);
    case A_PRIME: return cr_tape_find(t, ROLE_DERIVATIVE, cr_tape_find(t, ROLE_ACT, -1, l), -1);
    case DELTA: return cr_tape_find(t, ROLE_GRAD, cr_tape_find(t, ROLE_PRE, -1, l), -1);
    case DZ: return cr_tape_find(t, ROLE_GRAD, cr_tape_find(t, ROLE_ACT, -1, l), -1);
    case DW: return cr_tape_find(t, ROLE_PARAM_GRAD, param_value(t, l, PARAM_WEIGHT), -1);
    case DB: return cr_tape_find(t, ROLE_PARAM_GRAD, param_value(t, l, PARAM_BIAS), -1);
    case D_SLOPE: return cr_tape_find(t, ROLE_PARAM_GRAD, param_value(t, l, PARAM_SLOPE), -1);
    case SLOPE_TERM: return cr_tape_find(t, ROLE_SLOPE_TERM, param_value(t, l, PARAM_SLOPE), -1);
    case JOINED: return cr_tape_find(t, ROLE_JOIN, -1, l);
    case D_JOINED: return cr_tape_find(t, ROLE_GRAD, cr_tape_find(t, ROLE_JOIN, -1, l), -1);
    case PART_1: return part(t, output_of(t, l), 0);
    case PART_2: return part(t, output_of(t, l), 1);
    case DX: return cr_tape_find(t, ROLE_GRAD, t->input, -1);
    case H: return cr_tape_find(t, ROLE_NORMAL, -1, l);
    case S: return cr_tape_find(t, ROLE_DEVIATION, -1, l);
    case GAMMA: return param_value(t, l, PARAM_SCALE);
    case DH: return cr_tape_find(t, ROLE_GRAD, find(t, (struct quantity){H, l}, -1), -1);
    case DS: return cr_tape_find(t, ROLE_GRAD, find(t, (struct quantity){S, l}, -1), -1);
    case DM: return cr_tape_find(t, ROLE_GRAD, cr_tape_find(t, ROLE_MEAN, -1, l), -1);
    case D_GAMMA: return cr_tape_find(t, ROLE_PARAM_GRAD, param_value(t, l, PARAM_SCALE), -1);
    case D_TERM: return cr_tape_find(t, ROLE_SLOPE_TERM, param_value(t, l, PARAM_SCALE), -1);
    case EXTRA: return extra;
    }
    return -1;
}

static void set_step(struct tape *t, struct step *s, enum op op, const char *formula,
                     const struct quantity *from, int extra)
{
    const char *const vars[] = {"a", "b", "c", "d", "e", "f"};
    int in[OPERANDS], n = 0;
    for (; n < OPERANDS && from[n].what != END; n++) {
        in[n] = find(t, from[n], extra);
        if (in[n] < 0)
            fail_msg("operand %d is not there", n);
        /* Only what was made before can be read. */
        assert_true(in[n] == extra || t->value[in[n]].maker < s - t->step);
    }
    s->op = op;
    s->in = cr_arena_copy(&t->arena, in, (size_t)n, sizeof *in);
    s->n_in = n;
    s->formula = s->shown = NULL;
    if (formula)
        assert_int_equal(cr_expr_parse(&t->arena, formula, strlen(formula), vars, OPERANDS, NULL,
                                       (struct place){0}, &s->formula, NULL),
                         CR_OK);
}

/* Make room for a new step before step `at`, and a new value like `like` for it. */
static int insert(struct tape *t, int at, int like)
{
    struct step *steps = arena_new(&t->arena, struct step, (size_t)t->n_steps + 1);
    struct value *values = arena_new(&t->arena, struct value, (size_t)t->n_values + 1);
    memcpy(steps, t->step, (size_t)at * sizeof *steps);
    memcpy(steps + at + 1, t->step + at, (size_t)(t->n_steps - at) * sizeof *steps);
    memcpy(values, t->value, (size_t)t->n_values * sizeof *values);
    for (int v = 0; v < t->n_values; v++)
        values[v].maker += values[v].maker >= at;
    const int made = t->n_values++;
    values[made] = values[like];
    values[made].role = ROLE_PART;
    values[made].of = -1;
    values[made].maker = at;
    steps[at] =
        (struct step){.op = OP_MAP, .phase = PHASE_BACKWARD, .out = made, .out2 = -1, .factor = 1};
    t->step = steps;
    t->value = values;
    t->n_steps++;
    return made;
}

static void mutate(struct tape *t, const struct mutant *m)
{
    const int made = find(t, m->made, -1);
    if (made < 0)
        fail_msg("%s: there is no such step", m->name);
    int extra = -1;
    if (m->extra) {
        extra = insert(t, t->value[made].maker, find(t, m->extra_in[0], -1));
        set_step(t, &t->step[t->value[extra].maker], OP_MAP, m->extra, m->extra_in, -1);
    }
    struct step *s = &t->step[t->value[made].maker];
    set_step(t, s, m->op, m->formula, m->in, extra);
    s->begin = m->begin;
}

/* Check a tape; the number of wrong elements. */
static size_t wrong(const struct tape *t, cr_net *net, const char *name)
{
    cr_check *check = NULL;
    cr_error err = {0};
    size_t n = 0;
    const struct spec *s = net->spec;
    if (cr_check_tape(t, net, s->inputs, s->targets, ROWS, NULL, &check, &err))
        fail_msg("%s: %s", name, err.message);
    for (size_t i = 0; i < check->n_rows; i++)
        n += check->row[i].wrong;
    assert_int_equal(check->agrees, n == 0);
    cr_check_free(check);
    return n;
}

static void every_mutant_is_caught(void **state)
{
    (void)state;
    int missed = 0;
    for (int i = 0; i < N_MUTANTS; i++) {
        const struct mutant *m = &mutants[i];
        cr_net *net = build(m->net, m->loss);
        struct tape *good = NULL, *bad = NULL;
        assert_int_equal(cr_tape_record(net, TAPE_BACKWARD | TAPE_INPUT_GRAD, &good, NULL), CR_OK);
        assert_int_equal(cr_tape_copy(good, &bad, NULL), CR_OK);
        mutate(bad, m);
        if (wrong(good, net, m->name) != 0)
            fail_msg("%s: wrong before the change", m->name);
        if (wrong(bad, net, m->name) == 0) {
            print_error("not caught: %s\n", m->name);
            missed++;
        }
        if (wrong(good, net, m->name) != 0)
            fail_msg("%s: the copy was not one", m->name);
        cr_tape_free(bad);
        cr_tape_free(good);
        cr_net_free(net);
    }
    assert_int_equal(missed, 0);
    assert_true(N_MUTANTS >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mutant_is_caught)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
