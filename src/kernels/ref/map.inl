/* Programs, one strip at a time: each step runs over the whole strip. */

enum { STRIP = 64 };

static inline V large_angle(V x, unsigned more)
{
    double hi, lo;
    struct angle a;
    a.n = (BITS)cr_reduce_large((double)x, &hi, &lo) + more;
    a.r.hi = (T)hi;
    a.r.lo = (T)((hi - (double)a.r.hi) + lo);
    return sine_of(a);
}

/* Sine for more = 0, cosine for 1. Large angles are rare: only a strip that holds one, or
 * inf or NaN, which give NaN, is taken number by number. out may be x. */
static void sines(T *out, const T *x, size_t n, unsigned more)
{
    int small = 1;
    for (size_t i = 0; i < n; i++)
        small &= magnitude(x[i]) < TRIG_LIMIT;
    if (!small) {
        for (size_t i = 0; i < n; i++) {
            const T v = x[i], a = magnitude(v);
            if (a < TRIG_LIMIT)
                out[i] = more ? math_cos(v) : math_sin(v);
            else
                out[i] = a < (T)INFINITY ? large_angle(v, more) : v - v;
        }
    } else if (more) {
        for (size_t i = 0; i < n; i++)
            out[i] = math_cos(x[i]);
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = math_sin(x[i]);
    }
}

/* The result may lie where an operand lies, never beside it: elements do not depend on each other. */
#if WIDE == 1
#define SEPARATE
#elif defined(__clang__)
#define SEPARATE _Pragma("clang loop vectorize(assume_safety)")
#else
#define SEPARATE _Pragma("GCC ivdep")
#endif

#define EACH(value)                         \
    SEPARATE for (size_t i = 0; i < n; i++) \
    {                                       \
        const T x = a[i];                   \
        out[i] = (value);                   \
    }                                       \
    break
#define EACH2(value)                        \
    SEPARATE for (size_t i = 0; i < n; i++) \
    {                                       \
        const T x = a[i], y = b[i];         \
        out[i] = (value);                   \
    }                                       \
    break
#define EACH3(value)                          \
    SEPARATE for (size_t i = 0; i < n; i++)   \
    {                                         \
        const T x = a[i], y = b[i], z = c[i]; \
        out[i] = (value);                     \
    }                                         \
    break

static void run_step(enum prim prim, T *out, const T *a, const T *b, const T *c, size_t n)
{
    const T zero = 0, one = 1;
    switch (prim) {
    case PRIM_NEG: EACH(-x);
    case PRIM_ABS: EACH(magnitude(x));
    case PRIM_SQRT: EACH(root(x));
    case PRIM_SIGN: EACH(x > 0 ? one : x < 0 ? -one : x == 0 ? zero : x);
    case PRIM_STEP: EACH(x > 0 ? one : x <= 0 ? zero : x);
    case PRIM_ADD: EACH2(x + y);
    case PRIM_SUB: EACH2(x - y);
    case PRIM_MUL: EACH2(x * y);
    case PRIM_DIV: EACH2(x / y);
    case PRIM_MIN: EACH2(x < y ? x : y);
    case PRIM_MAX: EACH2(x > y ? x : y);
    case PRIM_LT: EACH2(x < y ? one : zero);
    case PRIM_LE: EACH2(x <= y ? one : zero);
    case PRIM_FMA: EACH3(FMA(x, y, z));
    case PRIM_SEL: EACH3(x != 0 ? y : z);
    case PRIM_EXP: EACH(math_exp(x));
    case PRIM_EXPM1: EACH(math_expm1(x));
    case PRIM_LOG: EACH(math_log(x));
    case PRIM_LOG1P: EACH(math_log1p(x));
    case PRIM_TANH: EACH(math_tanh(x));
    case PRIM_SIGMOID: EACH(math_sigmoid(x));
    case PRIM_SOFTPLUS: EACH(math_softplus(x));
    case PRIM_ERF: EACH(math_erf(x));
    case PRIM_SIN: sines(out, a, n, 0); break;
    case PRIM_COS: sines(out, a, n, 1); break;
    case PRIM_COSH: EACH(math_cosh(x));
    case PRIM_SINH: EACH(math_sinh(x));
    case PRIM_POW: EACH2(math_pow(x, y));
    case PRIM_COUNT: break;
    }
}

static void map_rows(const struct program *p, const T *const *args, const unsigned char *step,
                     T *out, size_t rows, size_t n, size_t ld)
{
    T strips[PROGRAM_REGS][STRIP];
    const T *reg[PROGRAM_REGS];
    const size_t most = n < STRIP ? n : STRIP;

    assert(p->n_regs <= PROGRAM_REGS && p->n_args <= PROGRAM_ARGS &&
           p->n_args + p->n_consts <= p->n_regs && p->result < p->n_regs);
    const int direct = p->n_steps > 0 && p->steps[p->n_steps - 1].out == p->result;
    for (size_t k = 0; k < p->n_regs; k++) {
        reg[k] = strips[k];
        if (k < p->n_args && step[k])
            continue;
        T v = 0;
        if (k < p->n_args && n > 0 && rows > 0)
            v = args[k][0];
        else if (k >= p->n_args && k < (size_t)p->n_args + p->n_consts)
            v = (T)p->consts[k - p->n_args];
        for (size_t i = 0; i < most; i++)
            strips[k][i] = v;
    }
    for (size_t row = 0; row < rows * ld; row += ld)
        for (size_t from = 0; from < n; from += STRIP) {
            const size_t width = n - from < STRIP ? n - from : STRIP, at = row + from;
            for (size_t k = 0; k < p->n_args; k++)
                if (step[k])
                    reg[k] = args[k] + at;
            for (size_t s = 0; s < p->n_steps; s++) {
                const struct program_step *now = &p->steps[s];
                assert(now->out >= p->n_args + p->n_consts && now->out < p->n_regs);
                T *to = direct && s + 1 == p->n_steps ? out + at : strips[now->out];
                run_step((enum prim)now->prim, to, reg[now->a], reg[now->b], reg[now->c], width);
            }
            if (!direct)
                memmove(out + at, reg[p->result], width * sizeof *out);
        }
}

static void map(const struct program *p, const T *const *args, const unsigned char *step, T *out,
                size_t n)
{
    map_rows(p, args, step, out, 1, n, n ? n : 1);
}
