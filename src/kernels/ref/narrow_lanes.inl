/* The operations of a narrow network for L lanes: narrow.inl includes this for 4, 8 and 16. L
 * numbers are PARTS vectors. */
#define VEC    NAME(vec)
#define V_SIZE (L * NARROW_SIZE < VECTOR_SIZE ? L * NARROW_SIZE : VECTOR_SIZE)
#define PARTS  (L * NARROW_SIZE / V_SIZE)
#define WIDTH  (L / PARTS)

#if VECTOR_SIZE > NARROW_SIZE
typedef T VEC __attribute__((vector_size(V_SIZE)));
typedef T NAME(loose) __attribute__((vector_size(V_SIZE), aligned(NARROW_SIZE), may_alias));
typedef __typeof__((VEC){0} > (VEC){0}) NAME(mask);
typedef BITS NAME(whole) __attribute__((vector_size(V_SIZE)));
#define BITS_OF(v) ((NAME(whole))(v))
#define OF_BITS(i) ((VEC)(i))
#else
typedef T VEC, NAME(loose);
typedef int NAME(mask);
#define BITS_OF bits
#define OF_BITS from_bits
#endif
#define ALL   NAME(all)
#define FUSED NAME(fuse)
#define PICK  NAME(either)

static inline VEC NAME(load)(const T *p)
{
    return *(const NAME(loose) *)p;
}

static inline void NAME(store)(T *p, VEC v)
{
    *(NAME(loose) *)p = v;
}

static inline VEC NAME(all)(T x)
{
    return x - (VEC){0};
}

static inline VEC NAME(fuse)(VEC a, VEC b, VEC c)
{
#if VECTOR_SIZE <= NARROW_SIZE
    return FMA(a, b, c);
#elif L * NARROW_SIZE >= 64 && VECTOR_SIZE >= 64
    return FUSED_64(a, b, c);
#elif L * NARROW_SIZE >= 32 && VECTOR_SIZE >= 32
    return FUSED_32(a, b, c);
#else
    return FUSED_16(a, b, c);
#endif
}

/* m ? a : b */
static inline VEC NAME(either)(NAME(mask) m, VEC a, VEC b)
{
#if VECTOR_SIZE > NARROW_SIZE
    return (VEC)((m & (NAME(mask))a) | (~m & (NAME(mask))b));
#else
    return m ? a : b;
#endif
}

static inline VEC NAME(step)(VEC x)
{
    const VEC zero = NAME(all)(0);
    return NAME(either)(x > zero, NAME(all)(1), NAME(either)(x <= zero, zero, x));
}

#if FRACTION == 23
#include "kernels/quick.inl"
#else
#define BY_NUMBERS(name)                     \
    FLAT static inline VEC NAME(name)(VEC v) \
    {                                        \
        T x[WIDTH], y[WIDTH];                \
        NAME(store)(x, v);                   \
        for (size_t i = 0; i < WIDTH; i++)   \
            y[i] = math_##name(x[i]);        \
        return NAME(load)(y);                \
    }
BY_NUMBERS(sigmoid)
BY_NUMBERS(tanh)
#undef BY_NUMBERS
#endif

/* Elementwise: of vectors, where that is written without conditions, and of numbers. */

#define ROWS_OF_3                                                      \
    const size_t s0 = op->step[0], s1 = op->step[1], s2 = op->step[2]; \
    const T *a = base + op->a, *b = base + op->b, *c = base + op->c;   \
    T *out = base + op->out;                                           \
    for (size_t left = CHUNKS; left > 0; left--, out += L, a += s0, b += s1, c += s2)

#define VECTORS_OF(name, value)                                                            \
    FLAT static void NAME(op_##name)(OP)                                                   \
    {                                                                                      \
        ROWS_OF_3                                                                          \
        UNROLL                                                                             \
        for (size_t p = 0; p < L; p += WIDTH) {                                            \
            const VEC x = NAME(load)(a + p), y = NAME(load)(b + p), z = NAME(load)(c + p); \
            (void)y, (void)z;                                                              \
            NAME(store)(out + p, value);                                                   \
        }                                                                                  \
    }

#define NUMBERS_OF(name, value)              \
    FLAT static void NAME(op_##name)(OP)     \
    {                                        \
        ROWS_OF_3                            \
        {                                    \
            APART                            \
            for (size_t i = 0; i < L; i++) { \
                const T x = a[i], y = b[i];  \
                (void)y, (void)c, (void)s2;  \
                out[i] = (value);            \
            }                                \
        }                                    \
    }

VECTORS_OF(NEG, -x)
VECTORS_OF(STEP, NAME(step)(x))
VECTORS_OF(ADD, x + y)
VECTORS_OF(SUB, x - y)
VECTORS_OF(MUL, (x * y))
VECTORS_OF(DIV, x / y)
VECTORS_OF(MIN, NAME(either)(x < y, x, y))
VECTORS_OF(MAX, NAME(either)(x > y, x, y))
VECTORS_OF(LT, NAME(either)(x < y, NAME(all)(1), NAME(all)(0)))
VECTORS_OF(LE, NAME(either)(x <= y, NAME(all)(1), NAME(all)(0)))
VECTORS_OF(FMA, NAME(fuse)(x, y, z))
VECTORS_OF(TANH, NAME(tanh)(x))
VECTORS_OF(SIGMOID, NAME(sigmoid)(x))
VECTORS_OF(SEL, NAME(either)(x != NAME(all)(0), y, z))
/* z is the number of rows: nothing waits for a division by 1. */
#define FORMULA_OF(name, formula)                                           \
    static inline VEC NAME(value_##name)(VEC x, VEC y, VEC z)               \
    {                                                                       \
        (void)y, (void)z;                                                   \
        return (formula);                                                   \
    }                                                                       \
    static void NAME(op_##name)(OP)                                         \
    {                                                                       \
        ROWS_OF_3                                                           \
        UNROLL                                                              \
        for (size_t p = 0; p < L; p += WIDTH) {                             \
            const VEC x = NAME(load)(a + p), y = NAME(load)(b + p);         \
            NAME(store)                                                     \
            (out + p, rows == 1 ? NAME(value_##name)(x, y, NAME(all)(1))    \
                                : NAME(value_##name)(x, y, NAME(load)(c))); \
        }                                                                   \
    }
NARROW_FORMULA_LIST(FORMULA_OF)
#undef FORMULA_OF
NUMBERS_OF(ABS, magnitude(x))
NUMBERS_OF(SQRT, root(x))
NUMBERS_OF(SIGN, x > 0 ? (T)1 : x < 0 ? -(T)1 : x == 0 ? (T)0 : x)
NUMBERS_OF(EXP, math_exp(x))
NUMBERS_OF(EXPM1, math_expm1(x))
NUMBERS_OF(LOG, math_log(x))
NUMBERS_OF(LOG1P, math_log1p(x))
NUMBERS_OF(SOFTPLUS, math_softplus(x))
NUMBERS_OF(ERF, math_erf(x))
NUMBERS_OF(COSH, math_cosh(x))
NUMBERS_OF(SINH, math_sinh(x))
NUMBERS_OF(POW, math_pow(x, y))
#undef ROWS_OF_3
#undef VECTORS_OF
#undef NUMBERS_OF

static void NAME(op_SIN)(OP)
{
    for (size_t r = 0; r < CHUNKS; r++)
        sines(base + op->out + r * L, base + op->a + r * op->step[0], L, 0);
}

static void NAME(op_COS)(OP)
{
    for (size_t r = 0; r < CHUNKS; r++)
        sines(base + op->out + r * L, base + op->a + r * op->step[0], L, 1);
}

/* Sums of products. */

/* sum[i] = sum_k x[i ldx + k] w[k] for `rows` rows, a constant at most 4 */
INLINE void NAME(sums)(VEC *sum, const T *x, size_t ldx, const T *w, size_t n, size_t rows)
{
    UNROLL
    for (size_t i = 0; i < rows * PARTS; i++)
        sum[i] = NAME(all)(0);
    for (size_t k = 0; k < n; k++, w += L)
        UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t p = 0; p < PARTS; p++)
        sum[i * PARTS + p] =
            NAME(fuse)(NAME(all)(x[i * ldx + k]), NAME(load)(w + p * WIDTH), sum[i * PARTS + p]);
}

#define BY_FOURS(name)                         \
    FLAT static void NAME(op_##name)(OP)       \
    {                                          \
        size_t r = 0;                          \
        for (; r + 4 <= rows; r += 4)          \
            NAME(rows_##name)(op, base, r, 4); \
        for (; r < rows; r++)                  \
            NAME(rows_##name)(op, base, r, 1); \
    }

/* u + bias, and `act` of that where the operation has one */
#define LINEAR(name, has_act, act_of_u)                                                           \
    INLINE void NAME(rows_##name)(const struct narrow_op *op, T *base, size_t at, size_t some)    \
    {                                                                                             \
        const T *bias = base + op->c;                                                             \
        VEC sum[4 * PARTS];                                                                       \
        T *out = base + op->out + at * L, *act = base + op->act + at * L;                         \
        (void)act;                                                                                \
        NAME(sums)(sum, base + op->a + at * op->step[0], op->step[0], base + op->b, op->n, some); \
        UNROLL                                                                                    \
        for (size_t i = 0; i < some * PARTS; i++) {                                               \
            const VEC u = sum[i] + NAME(load)(bias + i % PARTS * WIDTH);                          \
            NAME(store)(out + i * WIDTH, u);                                                      \
            if (has_act)                                                                          \
                NAME(store)(act + i * WIDTH, act_of_u);                                           \
        }                                                                                         \
    }                                                                                             \
    BY_FOURS(name)

#define BACK(name, formula)                                                                       \
    INLINE void NAME(rows_BACK_##name)(const struct narrow_op *op, T *base, size_t at,            \
                                       size_t some)                                               \
    {                                                                                             \
        VEC sum[4 * PARTS];                                                                       \
        const T *c = base + op->c + at * L;                                                       \
        T *out = base + op->out + at * L, *act = base + op->act + at * L;                         \
        NAME(sums)(sum, base + op->a + at * op->step[0], op->step[0], base + op->b, op->n, some); \
        UNROLL                                                                                    \
        for (size_t i = 0; i < some * PARTS; i++) {                                               \
            NAME(store)(out + i * WIDTH, sum[i]);                                                 \
            NAME(store)                                                                           \
            (act + i * WIDTH, NAME(value_##formula)(sum[i], NAME(load)(c + i * WIDTH), sum[i]));  \
        }                                                                                         \
    }                                                                                             \
    BY_FOURS(BACK_##name)

LINEAR(LINEAR, 0, u)
LINEAR(LINEAR_SIGMOID, 1, NAME(sigmoid)(u))
LINEAR(LINEAR_TANH, 1, NAME(tanh)(u))
BACK(SIGMOID, SIGMOID_BACK)
BACK(TANH, TANH_BACK)
BACK(RELU, RELU_BACK)
#undef LINEAR
#undef BACK
#undef BY_FOURS

/* `some` of the sums over rows, a constant at most 4, and the descent along them */
INLINE void NAME(descend)(T *w, const T *p, size_t ldp, const T *q, size_t ldq, T rate, size_t rows,
                          size_t some)
{
    VEC sum[4 * PARTS];
    UNROLL
    for (size_t i = 0; i < some * PARTS; i++)
        sum[i] = NAME(all)(0);
    for (size_t r = 0; r < rows; r++, p += ldp, q += ldq)
        UNROLL
    for (size_t i = 0; i < some; i++)
        UNROLL
    for (size_t v = 0; v < PARTS; v++)
        sum[i * PARTS + v] =
            NAME(fuse)(NAME(all)(p[i]), NAME(load)(q + v * WIDTH), sum[i * PARTS + v]);
    UNROLL
    for (size_t i = 0; i < some * PARTS; i++)
        NAME(store)(w + i * WIDTH, NAME(fuse)(NAME(all)(-rate), sum[i], NAME(load)(w + i * WIDTH)));
}

static void NAME(op_OUTER)(OP)
{
    const T *p = base + op->a, *q = base + op->b, rate = base[op->c];
    const size_t ldp = op->step[0], ldq = op->step[1];
    size_t i = 0;
    if (rows == 1) {
        for (T *w = base + op->out; i < op->n; i++, w += L)
            NAME(descend)(w, p + i, 0, q, 0, rate, 1, 1);
        return;
    }
    for (; i + 4 <= op->n; i += 4)
        NAME(descend)(base + op->out + i * L, p + i, ldp, q, ldq, rate, rows, 4);
    for (; i < op->n; i++)
        NAME(descend)(base + op->out + i * L, p + i, ldp, q, ldq, rate, rows, 1);
}

static void NAME(op_COLUMNS)(OP)
{
    const T *d = base + op->a, rate = base[op->c];
    T *out = base + op->out;
    VEC sum[PARTS];
    UNROLL
    for (size_t p = 0; p < PARTS; p++)
        sum[p] = NAME(all)(0);
    for (size_t r = 0; r < rows; r++, d += op->step[0])
        UNROLL
    for (size_t p = 0; p < PARTS; p++)
        sum[p] = sum[p] + NAME(load)(d + p * WIDTH);
    UNROLL
    for (size_t p = 0; p < PARTS; p++)
        NAME(store)
    (out + p * WIDTH, NAME(fuse)(NAME(all)(-rate), sum[p], NAME(load)(out + p * WIDTH)));
}

/* The function of L numbers */
#define OF_ROW(name)                                             \
    FLAT static void NAME(row_##name)(T * out, const T *u)       \
    {                                                            \
        UNROLL                                                   \
        for (size_t p = 0; p < L; p += WIDTH)                    \
            NAME(store)(out + p, NAME(name)(NAME(load)(u + p))); \
    }
#if L == 4
OF_ROW(sigmoid)
OF_ROW(tanh)
#endif
#undef OF_ROW

#ifdef HAS_STEPS
#if V_SIZE == 16
#define QUARTERS(of, i) QUARTERS_4(of, i)
#elif V_SIZE == 32
#define QUARTERS(of, i) QUARTERS_8(of, i)
#else
#define QUARTERS(of, i) QUARTERS_16(of, i)
#endif
#define LOW_PAIRS   QUARTERS(PAIRS, 0)
#define HIGH_PAIRS  QUARTERS(PAIRS, 2)
#define LOW_HALVES  QUARTERS(HALF, 0)
#define HIGH_HALVES QUARTERS(HALF, 2)
#include "kernels/ref/narrow_step.inl"
#undef QUARTERS
#undef LOW_PAIRS
#undef HIGH_PAIRS
#undef LOW_HALVES
#undef HIGH_HALVES
#endif

#undef ALL
#undef FUSED
#undef PICK
#undef BITS_OF
#undef OF_BITS
#undef VEC
#undef V_SIZE
#undef PARTS
#undef WIDTH
#undef L
