/* Sums of products. One shape serves linear, linear_dx and linear_dw:
 *     out[i][j] = sum_p a(i, p) b[p ldb + j]
 * as chains of fused multiply-adds, p ascending; many chains side by side, so that the
 * latency of one hides behind the others. */

enum { ROWS = 4, TILE = VECTORS * WIDE, LANES = 16, DEPTH = 128 };

#define INLINE static inline __attribute__((always_inline))

/* element (i, p): at[i row + p col] */
struct matrix {
    const T *at;
    size_t row, col;
};

/* One tile of `rows` by `vectors` wide vectors, both constants where this is called, so
 * that acc stays in registers. part: how many lanes the only vector has, 0 for all.
 * `go_on` continues the chains that `out` holds; else they start from +0. */
INLINE void tile(T *out, size_t ldo, struct matrix a, const T *b, size_t ldb, size_t rows,
                 size_t vectors, size_t part, size_t depth, int go_on)
{
    W acc[ROWS][VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++)
            acc[i][v] = go_on ? wide_load(out + i * ldo + v * WIDE, part) : wide_all(0);
    for (size_t p = 0; p < depth; p++) {
        W line[VECTORS];
        for (size_t v = 0; v < vectors; v++)
            line[v] = wide_load(b + p * ldb + v * WIDE, part);
        for (size_t i = 0; i < rows; i++) {
            const W x = wide_all(a.at[i * a.row + p * a.col]);
            for (size_t v = 0; v < vectors; v++)
                acc[i][v] = wide_fused(x, line[v], acc[i][v]);
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++)
            wide_store(out + i * ldo + v * WIDE, acc[i][v], part);
}

INLINE void tiles(T *out, size_t ldo, struct matrix a, const T *b, size_t ldb, size_t rows,
                  size_t vectors, size_t part, size_t depth, int go_on)
{
    size_t i = 0;
    for (; i + ROWS <= rows; i += ROWS, a.at += ROWS * a.row)
        tile(out + i * ldo, ldo, a, b, ldb, ROWS, vectors, part, depth, go_on);
    for (; i < rows; i++, a.at += a.row)
        tile(out + i * ldo, ldo, a, b, ldb, 1, vectors, part, depth, go_on);
}

/* One column of tiles, at most TILE wide. */
static void strip(T *out, size_t ldo, struct matrix a, const T *b, size_t ldb, size_t rows,
                  size_t cols, size_t depth, int go_on)
{
    size_t j = 0;
    if (cols == TILE) {
        tiles(out, ldo, a, b, ldb, rows, VECTORS, 0, depth, go_on);
        return;
    }
    for (; j + WIDE <= cols; j += WIDE)
        tiles(out + j, ldo, a, b + j, ldb, rows, 1, 0, depth, go_on);
    if (j < cols)
        tiles(out + j, ldo, a, b + j, ldb, rows, 1, cols - j, depth, go_on);
}

static void product(T *out, size_t ldo, struct matrix a, const T *b, size_t ldb, size_t rows,
                    size_t cols, size_t depth)
{
    for (size_t j = 0; j < cols; j += TILE) {
        const size_t width = cols - j < TILE ? cols - j : TILE;
        strip(out + j, ldo, a, b + j, ldb, rows, width, depth, 0);
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
            strip(y + c, ldy, (struct matrix){x + k, ldx, 1}, turned, TILE, rows, width, depth,
                  k > 0);
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
    product(dx, lddx, (struct matrix){d, ldd, 1}, w, inner, rows, inner, cols);
}

static void linear_dw(T *dw, const T *d, size_t ldd, const T *x, size_t ldx, size_t rows,
                      size_t cols, size_t inner)
{
    product(dw, inner, (struct matrix){d, 1, ldd}, x, ldx, cols, inner, rows);
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

static void softmax(T *y, size_t ldy, T *lse, const T *u, size_t ldu, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
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
static void dot_lse(T *out, const T *lse, const T *u, size_t ldu, const T *t, size_t ldt,
                    size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
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
