/* Sums of products. One shape serves linear, linear_dx and linear_dw:
 *     out[i][j] = sum_p a[i a_i + p a_p] b[p ldb + j]
 * as chains of fused multiply-adds, p ascending; TILE chains side by side, so that the
 * latency of one hides behind the others. */

enum { TILE = 16, LANES = 16, DEPTH = 128 };

/* `go_on` continues the chains that `out` holds; else they start from +0. */
static inline void tile_row(T *restrict out, const T *restrict a, size_t a_p,
                            const T *restrict b, size_t ldb, size_t depth, size_t cols,
                            int go_on)
{
    T acc[TILE] = {0};
    for (size_t j = 0; go_on && j < cols; j++)
        acc[j] = out[j];
    if (cols == TILE) {
        for (size_t p = 0; p < depth; p++)
            for (size_t j = 0; j < TILE; j++)
                acc[j] = FMA(a[p * a_p], b[p * ldb + j], acc[j]);
    } else {
        for (size_t p = 0; p < depth; p++)
            for (size_t j = 0; j < cols; j++)
                acc[j] = FMA(a[p * a_p], b[p * ldb + j], acc[j]);
    }
    for (size_t j = 0; j < cols; j++)
        out[j] = acc[j];
}

static void product(T *out, size_t ldo, const T *a, size_t a_i, size_t a_p, const T *b,
                    size_t ldb, size_t rows, size_t cols, size_t depth)
{
    for (size_t j = 0; j < cols; j += TILE) {
        const size_t width = cols - j < TILE ? cols - j : TILE;
        for (size_t i = 0; i < rows; i++)
            tile_row(out + i * ldo + j, a + i * a_i, a_p, b + j, ldb, depth, width, 0);
    }
}

/* One strip of TILE outputs at a time, its weights turned to [k][output] in `turned`. */
static void linear(T *y, size_t ldy, const T *x, size_t ldx, const T *w, const T *bias,
                   size_t bias_step, size_t rows, size_t cols, size_t inner)
{
    T turned[DEPTH * TILE];
    for (size_t c = 0; c < cols; c += TILE) {
        const size_t width = cols - c < TILE ? cols - c : TILE;
        size_t k = 0;
        do {
            const size_t depth = inner - k < DEPTH ? inner - k : DEPTH;
            for (size_t j = 0; j < width; j++)
                for (size_t p = 0; p < depth; p++)
                    turned[p * TILE + j] = w[(c + j) * inner + k + p];
            for (size_t r = 0; r < rows; r++)
                tile_row(y + r * ldy + c, x + r * ldx + k, 1, turned, TILE, depth, width, k > 0);
            k += depth;
        } while (k < inner);
        for (size_t r = 0; bias && r < rows; r++)
            for (size_t j = 0; j < width; j++)
                y[r * ldy + c + j] += bias[(c + j) * bias_step];
    }
}

static void linear_dx(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t rows,
                      size_t cols, size_t inner)
{
    product(dx, lddx, d, ldd, 1, w, inner, rows, inner, cols);
}

static void linear_dw(T *dw, const T *d, size_t ldd, const T *x, size_t ldx, size_t rows,
                      size_t cols, size_t inner)
{
    product(dw, inner, d, 1, ldd, x, ldx, cols, inner, rows);
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

static void softmax(T *y, size_t ldy, T *lse, const T *u, size_t ldu, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        const T *from = u + r * ldu;
        T *to = y + r * ldy;
        T top = -(T)INFINITY, lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++)
            top = from[c] > top ? from[c] : top;
        for (size_t c = 0; c < cols; c++)
            to[c] = math_exp(from[c] - top);
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += to[c];
        const T sum_exp = join(lane);
        for (size_t c = 0; c < cols; c++)
            to[c] = to[c] / sum_exp;
        if (lse)
            lse[r] = top + math_log(sum_exp);
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

/* t = 0 counts as nothing even where u is -inf. */
static void dot_lse(T *out, const T *lse, const T *u, size_t ldu, const T *t, size_t ldt,
                    size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        T lane[LANES] = {0};
        for (size_t c = 0; c < cols; c++) {
            const T v = t[r * ldt + c];
            const T term = FMA(v, lse[r] - u[r * ldu + c], lane[c % LANES]);
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
