/* Expression trees: build, parse, print, evaluate, differentiate, compile.
 *
 * A tree is immutable and lives in an arena. Functions that make trees return NULL
 * only when the arena is out of memory, and accept NULL operands (giving NULL), so a
 * long construction is checked once, at its end. */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "expr/rational.h"
#include "kernels/program.h"

enum expr_kind {
    EXPR_NUM, /* a number: value, and text when it is to be shown as written */
    EXPR_SYM, /* a named quantity */
    EXPR_ADD, /* n-ary; a negated term prints as a subtraction */
    EXPR_MUL, /* n-ary; also the matrix product */
    EXPR_DIV, /* arg 0 / arg 1 */
    EXPR_NEG,
    EXPR_POW,      /* arg 0 ^ arg 1 */
    EXPR_CALL,     /* a function of the table below, or a name without one: A(u), A'(u) */
    EXPR_HADAMARD, /* elementwise product, n-ary */
    EXPR_TRANSPOSE,
    EXPR_MATRIX, /* rows x (n / rows) entries, row-major */
};

/* Symbols are told apart by `ref` (what it stands for: any number the maker chooses;
 * see net/tape.h) and shown by `text` and `latex`. Either string may be NULL while a
 * tree is only evaluated. A NUM's text is a decimal ("-0.3", "1.23e-7", with "-" or the
 * Unicode minus), a fraction "1/3" or a name ("π"); NULL: the shortest decimal. */
struct expr {
    enum expr_kind kind;
    unsigned n;    /* number of args */
    unsigned rows; /* EXPR_MATRIX */
    int func;      /* EXPR_CALL: a row of the function table, or -1 */
    const struct expr *const *arg;
    double value;      /* EXPR_NUM */
    const char *text;  /* NUM: as shown; SYM, CALL: Unicode name */
    const char *latex; /* SYM, CALL: LaTeX name; NULL: made from text */
    uint64_t ref;      /* EXPR_SYM */
};

const struct expr *cr_expr_num(struct arena *a, double value);
const struct expr *cr_expr_shown(struct arena *a, double value, const char *text);
const struct expr *cr_expr_sym(struct arena *a, uint64_t ref, const char *text, const char *latex);

/* Of no operands: 0, and 1. Of one: that operand. */
const struct expr *cr_expr_add(struct arena *a, const struct expr *const *terms, size_t n);
const struct expr *cr_expr_mul(struct arena *a, const struct expr *const *factors, size_t n);

/* x + (-y) */
const struct expr *cr_expr_sub(struct arena *a, const struct expr *x, const struct expr *y);

/* ADD, MUL, DIV, POW or HADAMARD; NEG or TRANSPOSE */
const struct expr *cr_expr_binary(struct arena *a, enum expr_kind kind, const struct expr *x,
                                  const struct expr *y);
const struct expr *cr_expr_unary(struct arena *a, enum expr_kind kind, const struct expr *x);

/* A function of the table, by name or alias; asserts that it exists. */
const struct expr *cr_expr_call(struct arena *a, const char *function,
                                const struct expr *const *args, size_t n);

/* A function that only has a name. */
const struct expr *cr_expr_named_call(struct arena *a, const char *text, const char *latex,
                                      const struct expr *const *args, size_t n);

const struct expr *cr_expr_matrix(struct arena *a, size_t rows, size_t cols,
                                  const struct expr *const *entries);

/* The functions a formula may call, one table. Formulas are in the operands x, y, z;
 * `joint` also in their derivatives dx, dy, dz.
 *
 * A function is a primitive or an expansion. Derivatives: partial[i] is the derivative
 * by operand i alone; where several operands vary and `joint` is there, it is the whole
 * derivative. The kinks are settled there: sign 0 = step 0 = 0, so |t|' and relu' are 0
 * at 0, and clamp' is 1 strictly between its ends, 0 at them. */
enum { FUNCTION_OPERANDS = 3, FUNCTION_ALIASES = 2 };
struct expr_function {
    const char *name;
    int arity;
    const char *alias[FUNCTION_ALIASES];
    const char *text;      /* as shown: "σ" */
    const char *latex;     /* "\\tanh", "\\sigma" */
    int prim;              /* enum prim, or -1 */
    const char *expansion; /* where there is no primitive */
    const char *partial[FUNCTION_OPERANDS];
    const char *joint;
    const char *exact_at, *exact_value; /* a transcendental function's one rational point */
    const char *meaning;                /* one line for the documentation, with constants */
};
const struct expr_function *cr_expr_function(int index);  /* NULL past the end */
int cr_expr_function_find(const char *name, size_t size); /* by name or alias; -1: none */

/* Parse a formula of named variables: + - * / ^, numbers, `pi`, `e`, |x|, calls of the
 * function table, and the Unicode forms that printing gives (− · × ÷ ² √ ½ π σ).
 * ^ is right-associative and binds tighter than a minus sign; a leading minus takes the
 * whole term. e^x is exp(x); comparisons stand in if(t < 0, a, b) only. Two values side
 * by side are not a product. vars[i] becomes EXPR_SYM with ref i.
 *
 * src/at say where the text stands in a file, so that errors point into it (src NULL:
 * the text itself is the source). At most 4096 bytes, 64 levels of nesting and 256
 * divisions, so that trees may be walked by recursion. What cr_expr_print gives as TEXT
 * for a parsed formula parses to an equal tree. */
cr_status cr_expr_parse(struct arena *a, const char *text, size_t size, const char *const *vars,
                        size_t n_vars, const struct source *src, struct place at,
                        const struct expr **out, cr_error *err);

/* d e / d ref, simplified: constants folded exactly, 0 and 1 removed, like terms joined,
 * factors that cancel cancelled (so x/x is 1, also at 0). At kinks it takes the value
 * that the function table states. A named call A(u) gives A'(u) times u'. */
const struct expr *cr_expr_diff(struct arena *a, const struct expr *e, uint64_t ref);
const struct expr *cr_expr_simplify(struct arena *a, const struct expr *e);

/* A copy in which leaf(ctx, sym) replaces every symbol; returning the symbol keeps it. */
typedef const struct expr *expr_leaf(void *ctx, const struct expr *sym);
const struct expr *cr_expr_map(struct arena *a, const struct expr *e, expr_leaf *leaf, void *ctx);

/* 1 when both are the same tree (numbers by value, symbols by ref). */
int cr_expr_equal(const struct expr *a, const struct expr *b);

/* Value in float64, by the same primitives as a compiled program (same bits).
 * value(ctx, ref) gives symbols. NaN for trees with matrices or unknown functions. */
typedef double expr_value(void *ctx, uint64_t ref);
double cr_expr_eval(const struct expr *e, expr_value *value, void *ctx);

/* Exact value, where it is rational and of bounded size: 1, else 0 and *out untouched.
 * exact(ctx, ref, out) gives symbols, likewise. Numbers are their decimal text.
 * Functions are exact where their value is: exp 0, sigmoid 0, sqrt 4, max, |x|, ... */
typedef int expr_exact(void *ctx, uint64_t ref, struct rational *out);
int cr_expr_exact(const struct expr *e, expr_exact *exact, void *ctx, struct rational *out);

/* Print. TEXT: Unicode, one line ("w11·x1 + w12·x2 + b1", "1·2 + 2·(−3) + 1",
 * "1/(1 + e^(−0.21))"). LATEX: compiles in LaTeX, KaTeX and MathJax. Negative numbers
 * stand in parentheses except at the start; parentheses are just those needed. */
enum expr_style { EXPR_TEXT, EXPR_LATEX };
void cr_expr_print(struct text *out, const struct expr *e, enum expr_style style);

/* Compile for strips: args[i] is the ref of argument i. The bits follow the formula as
 * written (expr/lower.h); common parts are computed once. CR_ERR_LIMIT when it needs more
 * registers or steps than a program has, CR_ERR_UNKNOWN for a symbol that is no argument,
 * CR_ERR_ARGUMENT and CR_ERR_SHAPE for named calls and matrices. */
cr_status cr_expr_compile(const struct expr *e, const uint64_t *args, size_t n_args,
                          struct program *out, cr_error *err);

#endif
