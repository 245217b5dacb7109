#include "expr/functions.h"

#include <string.h>

#include "expr/expr.h"

/* In the order of enum function. */
/* clang-format off */
static const struct expr_function table[] = {
    {.name = "exp", .arity = 1, .text = "exp", .latex = "\\exp", .prim = PRIM_EXP,
     .partial = {"exp(x)"}, .exact_at = "0", .exact_value = "1", .meaning = "e to the power x"},
    {.name = "expm1", .arity = 1, .text = "expm1", .latex = "\\operatorname{expm1}",
     .prim = PRIM_EXPM1, .partial = {"exp(x)"}, .exact_at = "0", .exact_value = "0",
     .meaning = "e^x - 1, accurate near 0"},
    {.name = "log", .arity = 1, .alias = {"ln"}, .text = "ln", .latex = "\\ln", .prim = PRIM_LOG,
     .partial = {"1/x"}, .exact_at = "1", .exact_value = "0", .meaning = "natural logarithm"},
    {.name = "log1p", .arity = 1, .text = "log1p", .latex = "\\operatorname{log1p}",
     .prim = PRIM_LOG1P, .partial = {"1/(1 + x)"}, .exact_at = "0", .exact_value = "0",
     .meaning = "ln(1 + x), accurate near 0"},
    {.name = "sqrt", .arity = 1, .alias = {"√"}, .text = "√", .latex = "\\sqrt", .prim = PRIM_SQRT,
     .partial = {"1/(2*sqrt(x))"}, .meaning = "square root"},
    {.name = "abs", .arity = 1, .text = "abs", .latex = "\\operatorname{abs}", .prim = PRIM_ABS,
     .partial = {"sign(x)"}, .meaning = "absolute value |x|; derivative sign(x), which is 0 at 0"},
    {.name = "sign", .arity = 1, .alias = {"sgn"}, .text = "sign", .latex = "\\operatorname{sign}",
     .prim = PRIM_SIGN, .partial = {"0"}, .meaning = "-1, 0 or 1"},
    {.name = "step", .arity = 1, .alias = {"heaviside"}, .text = "step",
     .latex = "\\operatorname{step}", .prim = PRIM_STEP, .partial = {"0"},
     .meaning = "1 for x > 0, else 0"},
    {.name = "max", .arity = 2, .text = "max", .latex = "\\max", .prim = PRIM_MAX,
     .partial = {"step(x - y)", "step(y - x)"}, .joint = "if(x > y, dx, dy)",
     .meaning = "the larger; derivative by a variable that equals the constant beside it: 0"},
    {.name = "min", .arity = 2, .text = "min", .latex = "\\min", .prim = PRIM_MIN,
     .partial = {"step(y - x)", "step(x - y)"}, .joint = "if(x < y, dx, dy)",
     .meaning = "the smaller; derivative by a variable that equals the constant beside it: 0"},
    {.name = "clamp", .arity = 3, .alias = {"clip"}, .text = "clamp",
     .latex = "\\operatorname{clamp}", .prim = -1, .expansion = "min(z, max(y, x))",
     .partial = {"step(x - y)*step(z - x)"}, .joint = "if(max(y, x) >= z, dz, if(x <= y, dy, dx))",
     .meaning = "x kept between y and z; derivative 1 strictly between them, else 0"},
    {.name = "tanh", .arity = 1, .text = "tanh", .latex = "\\tanh", .prim = PRIM_TANH,
     .partial = {"1 - tanh(x)^2"}, .exact_at = "0", .exact_value = "0",
     .meaning = "hyperbolic tangent"},
    {.name = "sigmoid", .arity = 1, .alias = {"σ", "logistic"}, .text = "σ", .latex = "\\sigma",
     .prim = PRIM_SIGMOID, .partial = {"sigmoid(x)*(1 - sigmoid(x))"}, .exact_at = "0",
     .exact_value = "1/2", .meaning = "1/(1 + e^(-x))"},
    {.name = "softplus", .arity = 1, .text = "softplus", .latex = "\\operatorname{softplus}",
     .prim = PRIM_SOFTPLUS, .partial = {"sigmoid(x)"}, .meaning = "ln(1 + e^x)"},
    {.name = "erf", .arity = 1, .text = "erf", .latex = "\\operatorname{erf}", .prim = PRIM_ERF,
     .partial = {"2*exp(-x^2)/sqrt(pi)"}, .exact_at = "0", .exact_value = "0",
     .meaning = "error function, 2/sqrt(pi) times the integral of e^(-s^2) from 0 to x"},
    {.name = "sin", .arity = 1, .text = "sin", .latex = "\\sin", .prim = PRIM_SIN,
     .partial = {"cos(x)"}, .exact_at = "0", .exact_value = "0", .meaning = "sine, x in radians"},
    {.name = "cos", .arity = 1, .text = "cos", .latex = "\\cos", .prim = PRIM_COS,
     .partial = {"-sin(x)"}, .exact_at = "0", .exact_value = "1",
     .meaning = "cosine, x in radians"},
    {.name = "tan", .arity = 1, .text = "tan", .latex = "\\tan", .prim = -1,
     .expansion = "sin(x)/cos(x)", .partial = {"1 + tan(x)^2"}, .meaning = "tangent, x in radians"},
    {.name = "sinh", .arity = 1, .text = "sinh", .latex = "\\sinh", .prim = PRIM_SINH,
     .partial = {"cosh(x)"}, .exact_at = "0", .exact_value = "0", .meaning = "hyperbolic sine"},
    {.name = "cosh", .arity = 1, .text = "cosh", .latex = "\\cosh", .prim = PRIM_COSH,
     .partial = {"sinh(x)"}, .exact_at = "0", .exact_value = "1", .meaning = "hyperbolic cosine"},
    {.name = "relu", .arity = 1, .alias = {"ReLU"}, .text = "relu", .latex = "\\operatorname{ReLU}",
     .prim = -1, .expansion = "max(0, x)", .partial = {"step(x)"},
     .meaning = "max(0, x); derivative 0 at 0"},
    {.name = "if", .arity = 3, .alias = {"select"}, .text = "if", .latex = "\\operatorname{if}",
     .prim = PRIM_SEL, .joint = "if(x, dy, dz)",
     .meaning = "if(condition, y, z): y where the comparison holds, else z"},
    {.name = "<", .arity = 2, .text = "<", .latex = "<", .prim = PRIM_LT,
     .meaning = "less than, inside if"},
    {.name = "<=", .arity = 2, .alias = {"≤"}, .text = "≤", .latex = "\\le", .prim = PRIM_LE,
     .meaning = "at most, inside if"},
    {.name = ">", .arity = 2, .text = ">", .latex = ">", .prim = -1, .expansion = "y < x",
     .meaning = "greater than, inside if"},
    {.name = ">=", .arity = 2, .alias = {"≥"}, .text = "≥", .latex = "\\ge", .prim = -1,
     .expansion = "y <= x", .meaning = "at least, inside if"},
};
/* clang-format on */
_Static_assert(sizeof table / sizeof table[0] == FUNCTION_COUNT, "one row for each function");

const struct expr_function *cr_expr_function(int index)
{
    return index >= 0 && index < FUNCTION_COUNT ? &table[index] : NULL;
}

static int same(const char *name, const char *word, size_t size)
{
    return name && strlen(name) == size && !memcmp(name, word, size);
}

int cr_expr_function_find(const char *name, size_t size)
{
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        if (same(table[i].name, name, size))
            return i;
        for (int k = 0; k < FUNCTION_ALIASES; k++) {
            if (same(table[i].alias[k], name, size))
                return i;
        }
    }
    return -1;
}
