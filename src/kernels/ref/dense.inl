/* Products of matrices, sums, softmax and what is made of it. */
#include "kernels/ref/product.inl"

enum { LANES = 16 }; /* of a sum along a row */

static void linear(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw, const T *bias,
                   size_t bias_step, size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {y,    ldy,       {x, ldx, 1}, w,    ldw,   1,
                              bias, bias_step, rows,        cols, inner, NULL};
    product(&m, scratch);
}

static void linear_turned(T *y, size_t ldy, const T *x, size_t ldx, const T *wt, size_t ldw,
                          const T *bias, size_t bias_step, size_t rows, size_t cols, size_t inner,
                          void *scratch)
{
    const struct product m = {y,    ldy,       {x, ldx, 1}, wt,   ldw,   0,
                              bias, bias_step, rows,        cols, inner, NULL};
    product(&m, scratch);
}

static void linear_dx(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                      size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dx, lddx, {d, ldd, 1}, w, ldw, 0, NULL, 0, rows, inner, cols, NULL};
    product(&m, scratch);
}

static void linear_dw(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                      size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dw, lddw, {d, 1, ldd}, x, ldx, 0, NULL, 0, cols, inner, rows, NULL};
    product(&m, scratch);
}

static void sum_rows(T *out, const T *d, size_t ldd, size_t rows, size_t cols)
{
    for (size_t c = 0; c < cols; c++)
        out[c] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            out[c] += d[r * ldd + c];
}

static inline T join(T *lane)
{
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

static void row_sum(T *out, const T *d, size_t ldd, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        const T *row = d + r * ldd;
        T lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += row[c];
        out[r] = join(lane);
    }
}

static T row_top(const T *row, size_t cols)
{
    T top = -(T)INFINITY;
    for (size_t c = 0; c < cols; c++)
        top = row[c] > top ? row[c] : top;
    return top;
}

/* At most LANES rows of at most LANES numbers, turned: to[c][r], with 0 where there is nothing. So a
 * sum along a row is one along a column, and all rows go at a time. */
static void turn_rows(T (*to)[LANES], const T *from, size_t ld, size_t rows, size_t cols)
{
    _Alignas(64) T lines[LANES][LANES];
    for (size_t r = 0; r < LANES; r++)
        for (size_t v = 0; v < LANES; v += WIDE) {
            const size_t left = r < rows && v < cols ? cols - v : 0;
            const W none = wide_all(0);
            wide_store(lines[r] + v,
                       left ? wide_load(from + r * ld + v, left < WIDE ? left : 0) : none, 0);
        }
    turn(to[0], LANES, lines[0], LANES, LANES, LANES);
}

static void turn_back(T *to, size_t ld, T (*from)[LANES], size_t rows, size_t cols)
{
    _Alignas(64) T lines[LANES][LANES];
    turn(lines[0], LANES, from[0], LANES, LANES, LANES);
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < cols; v += WIDE)
            wide_store(to + r * ld + v, wide_load(lines[r] + v, 0), cols - v < WIDE ? cols - v : 0);
}

/* The tree of a sum along a row, for LANES rows: into v[0] */
INLINE void join_rows(T (*v)[LANES])
{
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t c = 0; c < half; c++)
            for (size_t r = 0; r < LANES; r++)
                v[c][r] += v[c + half][r];
}

INLINE void top_rows(T *top, T (*v)[LANES], size_t cols)
{
    for (size_t r = 0; r < LANES; r++)
        top[r] = -(T)INFINITY;
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < LANES; r++)
            top[r] = v[c][r] > top[r] ? v[c][r] : top[r];
}

static void narrow_softmax(T *y, size_t ldy, T *lse, const T *u, size_t ldu, size_t rows,
                           size_t cols)
{
    _Alignas(64) T e[LANES][LANES], sum[LANES][LANES], top[LANES];
    turn_rows(e, u, ldu, rows, cols);
    top_rows(top, e, cols);
    for (size_t c = 0; c < LANES; c++)
        for (size_t r = 0; r < LANES; r++)
            sum[c][r] = 0;
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < LANES; r++)
            sum[c][r] = e[c][r] = math_exp(e[c][r] - top[r]);
    join_rows(sum);
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < LANES; r++)
            e[c][r] = e[c][r] / sum[0][r];
    turn_back(y, ldy, e, rows, cols);
    for (size_t r = 0; r < LANES; r++)
        top[r] = math_log(sum[0][r]);
    for (size_t r = 0; lse && r < rows; r++)
        lse[r] = top[r];
}

static void softmax(T *y, size_t ldy, T *lse, const T *u, size_t ldu, size_t rows, size_t cols)
{
    for (size_t r = 0; cols <= LANES && r < rows; r += LANES)
        narrow_softmax(y + r * ldy, ldy, lse ? lse + r : NULL, u + r * ldu, ldu,
                       rows - r < LANES ? rows - r : LANES, cols);
    for (size_t r = 0; cols > LANES && r < rows; r++) {
        const T *from = u + r * ldu;
        T *to = y + r * ldy;
        const T top = row_top(from, cols);
        T lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++)
            to[c] = math_exp(from[c] - top);
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += to[c];
        const T sum_exp = join(lane);
        for (size_t c = 0; c < cols; c++)
            to[c] = to[c] / sum_exp;
        if (lse)
            lse[r] = math_log(sum_exp);
    }
}

static void softmax_back(T *du, size_t lddu, const T *y, size_t ldy, const T *dy, size_t lddy,
                         size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        const T *p = y + r * ldy, *d = dy + r * lddy;
        T lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] = FMA(d[c], p[c], lane[c % LANES]);
        const T mean = join(lane);
        for (size_t c = 0; c < cols; c++)
            du[r * lddu + c] = p[c] * (d[c] - mean);
    }
}

/* t = 0 counts as nothing even where u is -inf. Logits far from 0 lose nothing: they meet
 * only as distances from the row's largest. */
static void narrow_dot_lse(T *out, const T *lse, const T *u, size_t ldu, const T *t, size_t ldt,
                           size_t rows, size_t cols)
{
    _Alignas(64) T v[LANES][LANES], w[LANES][LANES], top[LANES], log_sum[LANES] = {0};
    turn_rows(w, u, ldu, rows, cols);
    turn_rows(v, t, ldt, rows, cols);
    top_rows(top, w, cols);
    for (size_t r = 0; r < rows; r++)
        log_sum[r] = lse[r];
    for (size_t c = 0; c < LANES; c++)
        for (size_t r = 0; r < LANES; r++) {
            const T term = FMA(v[c][r], log_sum[r] - (w[c][r] - top[r]), (T)0);
            v[c][r] = v[c][r] != 0 ? term : 0;
        }
    join_rows(v);
    for (size_t r = 0; r < rows; r++)
        out[r] = v[0][r];
}

static void dot_lse(T *out, const T *lse, const T *u, size_t ldu, const T *t, size_t ldt,
                    size_t rows, size_t cols)
{
    for (size_t r = 0; cols <= LANES && r < rows; r += LANES)
        narrow_dot_lse(out + r, lse + r, u + r * ldu, ldu, t + r * ldt, ldt,
                       rows - r < LANES ? rows - r : LANES, cols);
    for (size_t r = 0; cols > LANES && r < rows; r++) {
        const T *row = u + r * ldu, top = row_top(row, cols);
        T lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++) {
            const T v = t[r * ldt + c];
            const T term = FMA(v, lse[r] - (row[c] - top), lane[c % LANES]);
            lane[c % LANES] = v != 0 ? term : lane[c % LANES];
        }
        out[r] = join(lane);
    }
}

static void add(T *y, const T *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void sgd(T *out, const T *w, const T *g, T lr, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = FMA(-lr, g[i], w[i]);
}

/* rounds of ROWS * VECTORS wide fused multiply-adds that do not wait for each other */
static size_t peak(T *out, size_t rounds)
{
    W acc[ROWS][VECTORS];
    const W x = wide_all(out[0]), y = wide_all(out[1]);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < VECTORS; v++)
            acc[i][v] = wide_all((T)(i * VECTORS + v));
    for (size_t p = 0; p < rounds; p++)
        for (size_t i = 0; i < ROWS; i++)
            for (size_t v = 0; v < VECTORS; v++)
                acc[i][v] = wide_fused(x, y, acc[i][v]);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < VECTORS; v++) {
            T lane[WIDE];
            wide_store(lane, acc[i][v], 0);
            out[0] += lane[0];
        }
    return rounds * ROWS * TILE;
}
