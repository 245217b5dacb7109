#include "expr/functions.h"

#include <string.h>

#include "expr/expr.h"

/* In the order of enum function. */
static const struct expr_function table[] = {
    {"exp", 1, {0}, "exp", "\\exp", PRIM_EXP, NULL, {"exp(x)"}, NULL, "0", "1",
     "e to the power x"},
    {"expm1", 1, {0}, "expm1", "\\operatorname{expm1}", PRIM_EXPM1, NULL, {"exp(x)"}, NULL,
     "0", "0", "e^x - 1, accurate near 0"},
    {"log", 1, {"ln"}, "ln", "\\ln", PRIM_LOG, NULL, {"1/x"}, NULL, "1", "0",
     "natural logarithm"},
    {"log1p", 1, {0}, "log1p", "\\operatorname{log1p}", PRIM_LOG1P, NULL, {"1/(1 + x)"}, NULL,
     "0", "0", "ln(1 + x), accurate near 0"},
    {"sqrt", 1, {"√"}, "√", "\\sqrt", PRIM_SQRT, NULL, {"1/(2*sqrt(x))"}, NULL, NULL, NULL,
     "square root"},
    {"abs", 1, {0}, "abs", "\\operatorname{abs}", PRIM_ABS, NULL, {"sign(x)"}, NULL, NULL, NULL,
     "absolute value |x|; derivative sign(x), which is 0 at 0"},
    {"sign", 1, {"sgn"}, "sign", "\\operatorname{sign}", PRIM_SIGN, NULL, {"0"}, NULL, NULL,
     NULL, "-1, 0 or 1"},
    {"step", 1, {"heaviside"}, "step", "\\operatorname{step}", PRIM_STEP, NULL, {"0"}, NULL,
     NULL, NULL, "1 for x > 0, else 0"},
    {"max", 2, {0}, "max", "\\max", PRIM_MAX, NULL, {"step(x - y)", "step(y - x)"},
     "if(x > y, dx, dy)", NULL, NULL,
     "the larger; derivative by a variable that equals the constant beside it: 0"},
    {"min", 2, {0}, "min", "\\min", PRIM_MIN, NULL, {"step(y - x)", "step(x - y)"},
     "if(x < y, dx, dy)", NULL, NULL,
     "the smaller; derivative by a variable that equals the constant beside it: 0"},
    {"clamp", 3, {"clip"}, "clamp", "\\operatorname{clamp}", -1, "min(z, max(y, x))",
     {"step(x - y)*step(z - x)"}, "if(max(y, x) >= z, dz, if(x <= y, dy, dx))", NULL, NULL,
     "x kept between y and z; derivative 1 strictly between them, else 0"},
    {"tanh", 1, {0}, "tanh", "\\tanh", PRIM_TANH, NULL, {"1 - tanh(x)^2"}, NULL, "0", "0",
     "hyperbolic tangent"},
    {"sigmoid", 1, {"σ", "logistic"}, "σ", "\\sigma", PRIM_SIGMOID, NULL,
     {"sigmoid(x)*(1 - sigmoid(x))"}, NULL, "0", "1/2", "1/(1 + e^(-x))"},
    {"softplus", 1, {0}, "softplus", "\\operatorname{softplus}", PRIM_SOFTPLUS, NULL,
     {"sigmoid(x)"}, NULL, NULL, NULL, "ln(1 + e^x)"},
    {"erf", 1, {0}, "erf", "\\operatorname{erf}", PRIM_ERF, NULL, {"2*exp(-x^2)/sqrt(pi)"}, NULL,
     "0", "0", "error function, 2/sqrt(pi) times the integral of e^(-s^2) from 0 to x"},
    {"sin", 1, {0}, "sin", "\\sin", PRIM_SIN, NULL, {"cos(x)"}, NULL, "0", "0",
     "sine, x in radians"},
    {"cos", 1, {0}, "cos", "\\cos", PRIM_COS, NULL, {"-sin(x)"}, NULL, "0", "1",
     "cosine, x in radians"},
    {"tan", 1, {0}, "tan", "\\tan", -1, "sin(x)/cos(x)", {"1 + tan(x)^2"}, NULL, NULL, NULL,
     "tangent, x in radians"},
    {"sinh", 1, {0}, "sinh", "\\sinh", PRIM_SINH, NULL, {"cosh(x)"}, NULL, "0", "0",
     "hyperbolic sine"},
    {"cosh", 1, {0}, "cosh", "\\cosh", PRIM_COSH, NULL, {"sinh(x)"}, NULL, "0", "1",
     "hyperbolic cosine"},
    {"relu", 1, {"ReLU"}, "relu", "\\operatorname{ReLU}", -1, "max(0, x)", {"step(x)"}, NULL,
     NULL, NULL, "max(0, x); derivative 0 at 0"},
    {"if", 3, {"select"}, "if", "\\operatorname{if}", PRIM_SEL, NULL, {0}, "if(x, dy, dz)",
     NULL, NULL, "if(condition, y, z): y where the comparison holds, else z"},
    {"<", 2, {0}, "<", "<", PRIM_LT, NULL, {0}, NULL, NULL, NULL, "less than, inside if"},
    {"<=", 2, {"≤"}, "≤", "\\le", PRIM_LE, NULL, {0}, NULL, NULL, NULL,
     "at most, inside if"},
    {">", 2, {0}, ">", ">", -1, "y < x", {0}, NULL, NULL, NULL, "greater than, inside if"},
    {">=", 2, {"≥"}, "≥", "\\ge", -1, "y <= x", {0}, NULL, NULL, NULL, "at least, inside if"},
};

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
