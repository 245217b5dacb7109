/* The operations of narrow networks (kernels/narrow.h), and the loop over them. */
#include "kernels/narrow.h"

#define JOIN(a, b)        a##_##b
#define JOIN_MACROS(a, b) JOIN(a, b)
#define NAME(name)        JOIN_MACROS(name, L)
#define OP                const struct narrow_op *op, T *base, size_t rows
#define CHUNKS            ((rows + ((size_t)1 << op->shift) - 1) >> op->shift)

#if FRACTION == 23
#define NARROW_SIZE 4
#else
#define NARROW_SIZE 8
#endif

/* Vectors of at most VECTOR_SIZE bytes; as long as a number: there are none. */
#if defined(__AVX512F__)
#define VECTOR_SIZE 64
#elif defined(__FMA__)
#define VECTOR_SIZE 32
#elif defined(__aarch64__) && WIDE > 1
#define VECTOR_SIZE 16
#else
#define VECTOR_SIZE NARROW_SIZE
#endif
/* All that is called becomes part of it, which vectors need and numbers do without. */
#if VECTOR_SIZE > NARROW_SIZE
#define FLAT __attribute__((flatten))
#else
#define FLAT
#endif
/* The numbers of a loop overlap only themselves. */
#if VECTOR_SIZE == NARROW_SIZE
#define APART
#elif defined(__clang__)
#define APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define APART _Pragma("GCC ivdep")
#endif
#if defined(__FMA__) && FRACTION == 23
#define FUSED_16 _mm_fmadd_ps
#define FUSED_32 _mm256_fmadd_ps
#define FUSED_64 _mm512_fmadd_ps
#elif defined(__FMA__)
#define FUSED_32 _mm256_fmadd_pd
#define FUSED_64 _mm512_fmadd_pd
#elif defined(__aarch64__) && WIDE > 1 && FRACTION == 23
#define FUSED_16(a, b, c) vfmaq_f32(c, a, b)
#elif defined(__aarch64__) && WIDE > 1
#define FUSED_16(a, b, c) vfmaq_f64(c, a, b)
#endif

/* How NARROW_FORMULA_LIST calls them. */
#define step(x)    NAME(step)(x)
#define sigmoid(x) NAME(sigmoid)(x)

#if FRACTION == 23 && VECTOR_SIZE > NARROW_SIZE
#define HAS_STEPS
#endif
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (NAME(whole)){__VA_ARGS__})
#endif
/* Which numbers of two vectors of width w make the quarter at i of another: pairs, and halves */
#define PAIRS(i, w)        (i), (i) + (w), (i) + 1, (i) + (w) + 1
#define HALF(i, w)         (i), (i) + 1, (i) + (w), (i) + (w) + 1
#define QUARTERS_4(of, i)  of(i, 4)
#define QUARTERS_8(of, i)  of(i, 8), of((i) + 4, 8)
#define QUARTERS_16(of, i) of(i, 16), of((i) + 4, 16), of((i) + 8, 16), of((i) + 12, 16)

#define L 4
#include "kernels/ref/narrow_lanes.inl"
#define L 8
#include "kernels/ref/narrow_lanes.inl"
#define L 16
#include "kernels/ref/narrow_lanes.inl"

/* Four numbers at once: a vector that is stored whole can be loaded at once. */
static inline void store_four(T *out, const T *v)
{
#if VECTOR_SIZE >= 4 * NARROW_SIZE
    store_4(out, (vec_4){v[0], v[1], v[2], v[3]});
#else
    for (size_t i = 0; i < 4; i++)
        out[i] = v[i];
#endif
}

/* A value of one column, four rows at a time, so that the latency of one hides behind the
 * others; writes four numbers even if rows are fewer. */
INLINE void dots(T *out, const T *x, size_t ldx, const T *w, T bias, size_t n, size_t rows)
{
    T sum[4] = {0};
    for (size_t k = 0; k < n; k++)
        UNROLL
    for (size_t i = 0; i < rows; i++)
        sum[i] = FMA(x[i * ldx + k], w[k], sum[i]);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        sum[i] = sum[i] + bias;
    store_four(out, sum);
}

INLINE void all_dots(OP)
{
    const T *x = base + op->a, *w = base + op->b, bias = base[op->c];
    const size_t ldx = op->step[0];
    T *out = base + op->out;
    size_t r = 0;
    for (; r + 4 <= rows; r += 4)
        dots(out + r, x + r * ldx, ldx, w, bias, op->n, 4);
    switch (rows - r) {
    case 1: dots(out + r, x + r * ldx, ldx, w, bias, op->n, 1); break;
    case 2: dots(out + r, x + r * ldx, ldx, w, bias, op->n, 2); break;
    case 3: dots(out + r, x + r * ldx, ldx, w, bias, op->n, 3); break;
    default: break;
    }
}

static void op_DOT(OP)
{
    all_dots(op, base, rows);
}

#define DOT_AND(name, function)                                \
    FLAT static void op_##name(OP)                             \
    {                                                          \
        const T *u = base + op->out;                           \
        T *act = base + op->act;                               \
        all_dots(op, base, rows);                              \
        for (size_t r = 0; r < rows; r += 4, u += 4, act += 4) \
            function(act, u);                                  \
    }
DOT_AND(DOT_SIGMOID, row_sigmoid_4)
DOT_AND(DOT_TANH, row_tanh_4)
#undef DOT_AND

/* row_sum of at most 16 numbers */
static inline T few_sum(const T *row, size_t n)
{
    if (n == 1)
        return 0 + row[0];
    T lane[LANES] = {0};
    for (size_t j = 0; j < n; j++)
        lane[j] += row[j];
    return join(lane);
}

static void op_ALL(OP)
{
    const T *a = base + op->a, rate = base[op->c];
    T *out = base + op->out, sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += few_sum(a + r * op->step[0], op->n);
    const T value = FMA(-rate, sum, out[0]);
    for (size_t i = 0; i < NARROW_LANES; i++)
        out[i] = value;
}

static void op_ROW_SUM(OP)
{
    const T *a = base + op->a;
    T *out = base + op->out;
    for (size_t r = 0; r < rows; r++) {
        const T sum = few_sum(a + r * op->step[0], op->n);
        out[r] = op->mean ? sum / (T)op->n : sum;
    }
}

static void op_TOTAL(OP)
{
    const T *a = base + op->a;
    T sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += a[r];
    base[op->out] = op->mean ? sum / base[op->b] : sum;
}

static void op_COPY(OP)
{
    const T *a = base + op->a;
    T *out = base + op->out;
    for (size_t r = 0; r < rows; r++, a += op->step[0], out += op->step[1])
        for (size_t j = 0; j < op->n; j++)
            out[j] = a[j];
}

static void op_SOFTMAX(OP)
{
    softmax(base + op->out, op->step[0], base + op->b, base + op->a, op->step[0], rows, op->n);
}

static void op_SOFTMAX_BACK(OP)
{
    softmax_back(base + op->out, op->step[0], base + op->a, op->step[0], base + op->b, op->step[0],
                 rows, op->n);
}

FLAT static void op_DOT_LSE(OP)
{
    dot_lse(base + op->out, base + op->c, base + op->a, op->step[0], base + op->b, op->step[0],
            rows, op->n);
}

static void narrow(const struct narrow_op *op, size_t n, T *base, size_t rows)
{
    static void (*const run[])(OP) = {
#define X(name, arity) op_##name##_4, op_##name##_8, op_##name##_16,
        PRIM_LIST(X)
#undef X
#define X(name, formula) op_##name##_4, op_##name##_8, op_##name##_16,
            NARROW_FORMULA_LIST(X)
#undef X
#define X(name) op_##name##_4, op_##name##_8, op_##name##_16,
                NARROW_WIDE_LIST(X)
#undef X
#define X(name) op_##name,
                    NULL, /* NARROW_WIDE_COUNT */
        NARROW_ONE_LIST(X)
#undef X
    };
    for (const struct narrow_op *end = op + n; op < end; op++)
        run[op->code](op, base, rows);
}

#ifdef HAS_STEPS
static size_t narrow_steps(const struct narrow_step *s, const struct narrow_batches *b, T *block,
                           const T *rate)
{
    return s->units <= 4   ? steps_4(s, b, block, rate)
           : s->units <= 8 ? steps_8(s, b, block, rate)
                           : steps_16(s, b, block, rate);
}
#define NARROW_STEPS narrow_steps
#else
#define NARROW_STEPS NULL
#endif

#undef step
#undef sigmoid
#undef JOIN
#undef JOIN_MACROS
#undef NAME
#undef OP
