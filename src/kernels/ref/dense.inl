/* Sums of products. One shape serves linear, linear_dx and linear_dw:
 *     out[i][j] = sum_p a(i, p) b(p, j)
 * as chains of fused multiply-adds, p ascending. A tile of ROWS by VECTORS wide vectors is
 * as many chains as fit in registers, so that the latency of one hides behind the others.
 * The ROWS and VECTORS of each instruction set are in its wide file.
 *
 * Both factors are copied first: a to [p][row] and b to [p][column], as high and as wide as
 * a tile, which then finds its numbers one after another. So no stride of a caller's, a power of
 * two above all, makes lines drive each other out of the cache. */

enum {
    TILE = VECTORS * WIDE,
    LANES = 16,
    DEPTH = 128,                            /* with it a panel stays in the nearest cache */
    STEP = (ROWS + WIDE - 1) / WIDE * WIDE, /* a tile's part of a: [depth][STEP] */
    TILES = 8,                              /* of rows, copied at once */
    BLOCK = TILES * ROWS,
    STRIPS = 131072 / (DEPTH * TILE * (int)sizeof(T)) / 4 * 4, /* whose panels are made at once */
    FEW = 3,                                                   /* rows, that take wider tiles: */
    LONG = ROWS / FEW * VECTORS,                               /* so many vectors */
    AHEAD = 8,                                                 /* numbers of a, fetched early */
    NEAR = 16384 /* bytes that stay in the nearest cache */
};

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* element (i, p): at[i row + p col]; row or col is 1 */
struct matrix {
    const T *at;
    size_t row, col;
};

/* b(p, j) is b[p ldb + j], or b[j ldb + p] if `turned`. `bias`, if not NULL, is added last.
 * `edit`, if not NULL, changes the factors: their copies, of n numbers, before they are used. */
struct product {
    T *out;
    size_t ldo;
    struct matrix a;
    const T *b;
    size_t ldb;
    int turned;
    const T *bias;
    size_t bias_step;
    size_t rows, cols, depth;
    void (*edit)(T *copy, size_t n);
};

/* What the tiles of one strip share. a: [tile][DEPTH][STEP]. b: a panel, or the matrix itself.
 * `go_on` continues the chains that `out` holds; else they start from +0. part: how many
 * lanes the last vector has, 0 for all. */
struct strip {
    T *out;
    size_t ldo;
    const T *a, *b;
    size_t ldb;
    const T *bias;
    size_t rows, part, depth;
    int go_on;
};

/* rows and vectors are constants where this is called, so that acc stays in registers */
INLINE void tile(const struct strip *s, size_t i0, size_t part, size_t rows, size_t vectors)
{
    W acc[ROWS * VECTORS];
    const T *a = s->a + i0 / ROWS * DEPTH * STEP, *b = s->b;
    const size_t ldo = s->ldo, ldb = s->ldb;
    T *out = s->out + i0 * ldo;
#define LAST(v) ((v) + 1 == vectors ? part : 0)
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        acc[i * vectors + v] = wide_all(0);
    if (s->go_on)
        UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        acc[i * vectors + v] = wide_load(out + i * ldo + v * WIDE, LAST(v));
    for (const T *end = a + s->depth * STEP; a != end; a += STEP, b += ldb) {
        W line[LONG];
        __builtin_prefetch(a + AHEAD * STEP);
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            line[v] = wide_load(b + v * WIDE, LAST(v));
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            const W x = wide_all(a[i]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                acc[i * vectors + v] = wide_fused(x, line[v], acc[i * vectors + v]);
        }
    }
    if (s->bias)
        UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        acc[i * vectors + v] =
            wide_add(acc[i * vectors + v], wide_load(s->bias + v * WIDE, LAST(v)));
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        wide_store(out + i * ldo + v * WIDE, acc[i * vectors + v], LAST(v));
#undef LAST
}

/* All rows of a strip of at most `vectors` vectors. */
INLINE void tiles(const struct strip *s, size_t part, size_t vectors)
{
    size_t i = 0;
    for (; i + ROWS <= s->rows; i += ROWS)
        tile(s, i, part, ROWS, vectors);
    switch (s->rows - i) {
#define CASE(n) \
    case n: tile(s, i, part, n, vectors); break
        CASE(1);
        CASE(2);
        CASE(3);
#if ROWS > 4
        CASE(4);
        CASE(5);
#endif
#if ROWS > 6
        CASE(6);
        CASE(7);
#endif
#if ROWS > 8
        CASE(8);
        CASE(9);
        CASE(10);
        CASE(11);
#endif
#undef CASE
    default: break;
    }
}

static void full_tiles(const struct strip *s)
{
    tiles(s, 0, VECTORS);
}

static void part_tiles(const struct strip *s)
{
    tiles(s, s->part, VECTORS);
}

static void one_vector(const struct strip *s)
{
    tiles(s, s->part, 1);
}

static void long_tile(const struct strip *s)
{
    switch (s->rows) {
    case 1: tile(s, 0, 0, 1, LONG); break;
    case 2: tile(s, 0, 0, 2, LONG); break;
    default: tile(s, 0, 0, FEW, LONG); break;
    }
}

/* width <= TILE columns; for few rows LONG * WIDE too */
static void strip(struct strip *s, size_t width)
{
    s->part = width % WIDE;
    if (width > TILE) {
        long_tile(s);
    } else if (width == TILE) {
        full_tiles(s);
    } else if (width > TILE - WIDE) {
        part_tiles(s);
    } else {
        const size_t part = s->part;
        for (size_t j = 0; j < width; j += WIDE, s->out += WIDE, s->b += WIDE) {
            s->part = j + WIDE > width ? part : 0;
            one_vector(s);
            s->bias = s->bias ? s->bias + WIDE : NULL;
        }
    }
}

/* to[i][j] = from[i][j]; writes whole vectors */
static void copy(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++, to += ldto, from += ldfrom) {
        size_t j = 0;
        for (; j + WIDE <= cols; j += WIDE)
            wide_store(to + j, wide_load(from + j, 0), 0);
        if (j < cols)
            wide_store(to + j, wide_load(from + j, cols - j), 0);
    }
}

/* to[j][i] = from[i][j]; writes whole vectors */
static void turn(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i += WIDE, from += WIDE * ldfrom, to += WIDE) {
        const size_t lanes = rows - i < WIDE ? rows - i : WIDE;
        const T *line[WIDE]; /* what is beyond the last row does not matter */
        size_t j = 0;
        for (size_t l = 0; l < WIDE; l++)
            line[l] = from + (l < lanes ? l : lanes - 1) * ldfrom;
        for (; j + WIDE <= cols; j += WIDE)
            wide_turn(to + j * ldto, ldto, line, j);
        for (; j < cols; j++)
            for (size_t l = 0; l < lanes; l++)
                to[j * ldto + l] = line[l][j];
    }
}

/* to[p][i] = a(i, p), tile by tile */
static void gather(T *to, struct matrix a, size_t rows, size_t depth)
{
    for (size_t i = 0; i < rows; i += ROWS, to += DEPTH * STEP, a.at += ROWS * a.row) {
        const size_t high = rows - i < ROWS ? rows - i : ROWS;
        if (a.row == 1)
            copy(to, STEP, a.at, a.col, depth, high);
        else
            turn(to, STEP, a.at, a.row, high, depth);
    }
}

/* Columns j0 to j0 + width, at most STRIPS strips. b is used in place where a panel would
 * not be used often enough. */
static void strips(const struct product *m, size_t j0, size_t width, int in_place)
{
    _Alignas(64) T panel[STRIPS * DEPTH * TILE], a[TILES * DEPTH * STEP], bias[STRIPS * TILE];
    const size_t wide = m->rows <= FEW && in_place ? LONG * WIDE : TILE;
    const size_t parts = m->depth / DEPTH + (m->depth % DEPTH != 0);
    size_t each = parts ? m->depth / parts + (m->depth % parts != 0) : 1, k = 0;

    each += (WIDE - each % WIDE) % WIDE;
    for (size_t j = 0; m->bias && j < width; j++)
        bias[j] = m->bias[(j0 + j) * m->bias_step];
    do {
        const size_t depth = m->depth - k < each ? m->depth - k : each;
        const int last = k + depth == m->depth;
        for (size_t j = 0; !in_place && j < width; j += TILE) {
            const size_t w = width - j < TILE ? width - j : TILE, at = j0 + j;
            if (m->turned)
                turn(panel + j * DEPTH, TILE, m->b + at * m->ldb + k, m->ldb, w, depth);
            else
                copy(panel + j * DEPTH, TILE, m->b + k * m->ldb + at, m->ldb, depth, w);
            if (m->edit)
                m->edit(panel + j * DEPTH, depth * TILE);
        }
        for (size_t i = 0; i < m->rows; i += BLOCK) {
            const size_t rows = m->rows - i < BLOCK ? m->rows - i : BLOCK;
            struct matrix from = m->a;
            from.at += i * from.row + k * from.col;
            gather(a, from, rows, depth);
            for (size_t t = 0; m->edit && t < rows; t += ROWS)
                m->edit(a + t / ROWS * DEPTH * STEP, depth * STEP);
            for (size_t j = 0, w; j < width; j += w) {
                w = width - j >= wide ? wide : width - j < TILE ? width - j : TILE;
                struct strip s = {.out = m->out + i * m->ldo + j0 + j,
                                  .ldo = m->ldo,
                                  .a = a,
                                  .b = in_place ? m->b + k * m->ldb + j0 + j : panel + j * DEPTH,
                                  .ldb = in_place ? m->ldb : TILE,
                                  .bias = m->bias && last ? bias + j : NULL,
                                  .rows = rows,
                                  .depth = depth,
                                  .go_on = k > 0};
                strip(&s, w);
            }
        }
        k += depth;
    } while (k < m->depth);
}

/* The columns j to j + TILE for a few rows, with b turned in passing: a panel would be used
 * too seldom. */
INLINE void turned_tile(const struct product *m, size_t j, size_t rows)
{
    _Alignas(64) T block[WIDE * TILE], bias[TILE];
    const T *line[TILE];
    W acc[FEW * VECTORS];
    for (size_t l = 0; l < TILE; l++)
        line[l] = m->b + (j + l) * m->ldb;
    UNROLL
    for (size_t i = 0; i < rows * VECTORS; i++)
        acc[i] = wide_all(0);
    for (size_t k = 0; k < m->depth; k += WIDE) {
        const size_t depth = m->depth - k < WIDE ? m->depth - k : WIDE;
        if (depth == WIDE)
            for (size_t v = 0; v < VECTORS; v++)
                wide_turn(block + v * WIDE, TILE, line + v * WIDE, k);
        else
            for (size_t p = 0; p < depth; p++)
                for (size_t l = 0; l < TILE; l++)
                    block[p * TILE + l] = line[l][k + p];
        for (size_t p = 0; p < depth; p++)
            UNROLL
        for (size_t i = 0; i < rows; i++) {
            const W x = wide_all(m->a.at[i * m->a.row + k + p]);
            UNROLL
            for (size_t v = 0; v < VECTORS; v++)
                acc[i * VECTORS + v] =
                    wide_fused(x, wide_load(block + p * TILE + v * WIDE, 0), acc[i * VECTORS + v]);
        }
    }
    for (size_t l = 0; m->bias && l < TILE; l++)
        bias[l] = m->bias[(j + l) * m->bias_step];
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        W sum = acc[i * VECTORS + v];
        if (m->bias)
            sum = wide_add(sum, wide_load(bias + v * WIDE, 0));
        wide_store(m->out + i * m->ldo + j + v * WIDE, sum, 0);
    }
}

/* As many columns as whole tiles have; returns how many. */
static size_t few_rows(const struct product *m)
{
    size_t j = 0;
    for (; j + TILE <= m->cols; j += TILE)
        switch (m->rows) {
        case 1: turned_tile(m, j, 1); break;
        case 2: turned_tile(m, j, 2); break;
        default: turned_tile(m, j, FEW); break;
        }
    return j;
}

static void product(const struct product *m)
{
    const size_t all = STRIPS * TILE;
    const int small = m->rows <= ROWS || m->depth * m->ldb <= NEAR / sizeof(T);
    const int in_place = !m->turned && !m->edit && small;
    size_t j = m->turned && !m->edit && m->rows > 0 && m->rows <= FEW ? few_rows(m) : 0;
    for (; j < m->cols; j += all)
        strips(m, j, m->cols - j < all ? m->cols - j : all, in_place);
}

static void linear(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw, const T *bias,
                   size_t bias_step, size_t rows, size_t cols, size_t inner)
{
    const struct product m = {y, ldy, {x, ldx, 1}, w, ldw, 1, bias, bias_step, rows, cols, inner};
    product(&m);
}

static void linear_dx(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                      size_t rows, size_t cols, size_t inner)
{
    const struct product m = {dx, lddx, {d, ldd, 1}, w, ldw, 0, NULL, 0, rows, inner, cols};
    product(&m);
}

static void linear_dw(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                      size_t rows, size_t cols, size_t inner)
{
    const struct product m = {dw, lddw, {d, 1, ldd}, x, ldx, 0, NULL, 0, cols, inner, rows};
    product(&m);
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
