/* Sums of products. One shape serves linear, linear_dx and linear_dw:
 *     out[i][j] = sum_p a(i, p) b(p, j)
 * as chains of fused multiply-adds, p ascending. A tile of ROWS by VECTORS wide vectors is
 * as many chains as fit in registers, so that the latency of one hides behind the others.
 * The ROWS and VECTORS of each instruction set are in its wide file.
 *
 * Both factors are copied to scratch memory, in blocks that stay in the second cache: a to
 * [p][row], b to [p][column], as high and as wide as a tile, which then finds its numbers one
 * after another. So no stride of a caller's, a power of two above all, makes lines drive each
 * other out of the caches. Where one of them would be used too seldom it is read in place. */

enum {
    TILE = VECTORS * WIDE,
    LANES = 16,
    DEPTH = 256,                                                      /* of a block, at most */
    PANELS = KERNEL_SCRATCH_B / (DEPTH * TILE * (int)sizeof(T)),      /* of b, in a block */
    STEP = ROWS < WIDE ? ROWS : (ROWS + WIDE - 1) / WIDE * WIDE,      /* between p and p + 1 of a */
    MOST = KERNEL_SCRATCH_A / (DEPTH * STEP * (int)sizeof(T)) * ROWS, /* rows of a, in a block */
    PAGE = 4096 / (int)sizeof(T), /* rows of a at multiples of it meet in the first cache */
    FEW = 3,                      /* rows take wider tiles: */
    LONG = ROWS / FEW * VECTORS,  /* so many vectors */
    LINE = 16,                    /* numbers: 64 bytes or more */
    AHEAD = 8,                    /* rows of a panel, fetched early */
    NEAR = 16384                  /* bytes that stay in the nearest cache */
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

/* Some rows of a, and a panel or b itself. `go_on` continues the chains that `out` holds; else
 * they start from +0. part: how many lanes the last vector has, 0 for all. */
struct strip {
    T *out;
    size_t ldo;
    struct matrix a;
    const T *b;
    size_t ldb;
    const T *bias;
    size_t part, depth;
    int from, go_on;
};

/* How a tile finds its numbers of a: in a copy, or in place with rows or columns contiguous. */
enum from { COPY, ALONG, ACROSS };

/* rows, vectors and from are constants where this is called, so that acc stays in registers. */
INLINE void tile(const struct strip *s, size_t part, size_t rows, size_t vectors, enum from from)
{
    W acc[ROWS * VECTORS];
    const T *a = s->a.at, *b = s->b;
    const size_t ldo = s->ldo, ldb = s->ldb;
    const size_t step = from == COPY ? STEP : from == ALONG ? 1 : s->a.col;
    const size_t lda = from == ALONG ? s->a.row : 1;
    T *out = s->out;
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
    for (const T *end = a + s->depth * step; a != end; a += step, b += ldb) {
        W line[LONG];
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            line[v] = wide_load(b + v * WIDE, LAST(v));
        if (from == COPY)
            UNROLL
        for (size_t v = 0; v < vectors * WIDE * sizeof(T); v += 64)
            __builtin_prefetch((const char *)(b + AHEAD * TILE) + v);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            const W x = wide_all(a[i * lda]);
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

/* At most ROWS rows: tiles of that many, or of powers of two, which keeps the code small. */
INLINE void tiles(const struct strip *whole, size_t rows, size_t part, size_t vectors,
                  enum from from)
{
    struct strip s = *whole;
    while (rows > 0) {
        size_t n = rows;
        if (rows == ROWS)
            tile(&s, part, ROWS, vectors, from);
#if ROWS > 8
        else if (rows >= 8)
            n = 8, tile(&s, part, 8, vectors, from);
#endif
#if ROWS > 4
        else if (rows >= 4)
            n = 4, tile(&s, part, 4, vectors, from);
#endif
        else if (rows >= 2)
            n = 2, tile(&s, part, 2, vectors, from);
        else
            tile(&s, part, 1, vectors, from);
        rows -= n;
        s.out += n * s.ldo;
        s.a.at += n * s.a.row;
    }
}

#define SHAPE(name, vectors, part, from)                          \
    static void name##_##from(const struct strip *s, size_t rows) \
    {                                                             \
        tiles(s, rows, part, vectors, from);                      \
    }
SHAPE(full, VECTORS, 0, COPY)
SHAPE(full, VECTORS, 0, ALONG)
SHAPE(full, VECTORS, 0, ACROSS)
SHAPE(part, VECTORS, s->part, COPY)
SHAPE(one_vector, 1, s->part, COPY)
SHAPE(one_vector, 1, s->part, ALONG)
SHAPE(one_vector, 1, s->part, ACROSS)
#undef SHAPE

static void (*const full[])(const struct strip *, size_t) = {full_COPY, full_ALONG, full_ACROSS};
static void (*const one_vector[])(const struct strip *,
                                  size_t) = {one_vector_COPY, one_vector_ALONG, one_vector_ACROSS};

static void long_tile(const struct strip *s, size_t rows)
{
    switch (rows) {
    case 1: tile(s, 0, 1, LONG, ALONG); break;
    case 2: tile(s, 0, 2, LONG, ALONG); break;
    default: tile(s, 0, FEW, LONG, ALONG); break;
    }
}

/* At most ROWS rows; width <= TILE columns; for few rows in place, LONG * WIDE too */
static void strip(struct strip *s, size_t rows, size_t width)
{
    s->part = width % WIDE;
    if (width > TILE) {
        long_tile(s, rows);
    } else if (width == TILE) {
        full[s->from](s, rows);
    } else if (width > TILE - WIDE && s->from == COPY) {
        part_COPY(s, rows);
    } else {
        const size_t last = s->part;
        for (size_t j = 0; j < width; j += WIDE, s->out += WIDE, s->b += WIDE) {
            s->part = j + WIDE > width ? last : 0;
            one_vector[s->from](s, rows);
            s->bias = s->bias ? s->bias + WIDE : NULL;
        }
    }
}

/* to[strip][i][j] = from[i][strip * width + j], j < width: a matrix cut into strips, `apart` numbers
 * from one to the next, row by row as it lies. Whole vectors are written; what is beyond a strip's row the next one overwrites. */
INLINE void cut(T *to, size_t ldto, size_t width, size_t apart, const T *from, size_t ldfrom,
                size_t rows, size_t cols)
{
    const size_t written = (width + WIDE - 1) / WIDE * WIDE;
    for (size_t i = 0; i < rows; i++, from += ldfrom) {
        T *at = to + i * ldto;
        size_t j = 0;
        if (i + 1 < rows || written <= ldto)
            for (; j + written <= cols; j += width, at += apart)
                UNROLL
        for (size_t v = 0; v < width; v += WIDE)
            wide_store(at + v, wide_load(from + j + v, 0), 0);
        for (; j < cols; j += width, at += apart)
            for (size_t v = 0; v < width && j + v < cols; v += WIDE) {
                const size_t left = cols - j - v, lanes = width - v < WIDE ? width - v : 0;
                wide_store(at + v, wide_load(from + j + v, left < WIDE ? left : 0), lanes);
            }
    }
}

/* to[j][i] = from[i][j]; writes whole vectors, of at most 16 numbers */
static void turn(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    const int meet = ldfrom % PAGE == 0;
    for (size_t i = 0; i < rows; i += WIDE, from += WIDE * ldfrom, to += WIDE) {
        const size_t lanes = rows - i < WIDE ? rows - i : WIDE;
        _Alignas(64) T near[WIDE * WIDE];
        const T *line[WIDE], *copied[WIDE]; /* what is beyond the last row does not matter */
        size_t j = 0;
        for (size_t l = 0; l < WIDE; l++) {
            line[l] = from + (l < lanes ? l : lanes - 1) * ldfrom;
            copied[l] = near + l * WIDE;
        }
        for (; j + WIDE <= cols && meet; j += WIDE) {
            UNROLL
            for (size_t l = 0; l < WIDE; l++)
                wide_store(near + l * WIDE, wide_load(line[l] + j, 0), 0);
            wide_turn(to + j * ldto, ldto, copied, 0);
        }
        for (; j + WIDE <= cols; j += WIDE)
            wide_turn(to + j * ldto, ldto, line, j);
        for (; j < cols; j++)
            for (size_t l = 0; l < lanes; l++)
                to[j * ldto + l] = line[l][j];
    }
}

/* One block of a product: rows i0 and on, p from k, and what is copied of it. */
struct block {
    const struct product *m;
    size_t i0, rows, k, depth;
    T *a, *b; /* NULL: in place */
};

/* What a tile of a, and a panel of b, take: a line more than their numbers, or many of them
 * would begin in the same place of the first cache. */
static size_t tile_size(const struct block *s)
{
    return STEP * s->depth + LINE;
}

static size_t panel_size(const struct block *s)
{
    return TILE * s->depth + LINE;
}

/* to[tile][p][row] = a */
static void copy_a(const struct block *s)
{
    const struct matrix *a = &s->m->a;
    const T *from = a->at + s->i0 * a->row + s->k * a->col;
    const size_t tiles = (s->rows + ROWS - 1) / ROWS;
    if (a->row == 1)
        cut(s->a, STEP, ROWS, tile_size(s), from, a->col, s->depth, s->rows);
    for (size_t t = 0; t < tiles; t++) {
        const size_t i = t * ROWS, high = s->rows - i < ROWS ? s->rows - i : ROWS;
        T *to = s->a + t * tile_size(s);
        if (a->row != 1)
            turn(to, STEP, from + i * a->row, a->row, high, s->depth);
        if (s->m->edit)
            s->m->edit(to, STEP * s->depth);
    }
}

/* to[panel][p][column] = b, columns j0 to j0 + width */
static void copy_b(const struct block *s, size_t j0, size_t width)
{
    const struct product *m = s->m;
    if (!m->turned)
        cut(s->b, TILE, TILE, panel_size(s), m->b + s->k * m->ldb + j0, m->ldb, s->depth, width);
    for (size_t j = 0; j < width; j += TILE) {
        const size_t w = width - j < TILE ? width - j : TILE, at = j0 + j;
        if (m->turned)
            turn(s->b + j / TILE * panel_size(s), TILE, m->b + at * m->ldb + s->k, m->ldb, w,
                 s->depth);
        if (m->edit)
            m->edit(s->b + j / TILE * panel_size(s), s->depth * TILE);
    }
}

/* What will be copied next: it is fetched to the second cache while tiles are computed. */
struct soon {
    const T *at;
    size_t ld, rows, cols, done;
};

/* Fetches a part of the rows: so much that all are there after `times` calls. */
static void fetch(struct soon *s, size_t times)
{
    const size_t n = s->rows / times + 1, end = s->done + n < s->rows ? s->done + n : s->rows;
    for (; s->done < end; s->done++)
        for (size_t j = 0; j < s->cols; j += 64 / sizeof(T))
            __builtin_prefetch(s->at + s->done * s->ld + j, 0, 2);
}

/* Fetches the next tile of an output, the one to the right. */
static void fetch_out(const struct strip *s, size_t rows, size_t right)
{
    for (size_t i = 0; i < rows && right; i++)
        for (size_t j = 0; j < TILE; j += 64 / sizeof(T))
            __builtin_prefetch(s->out + i * s->ldo + right + j, 1);
}

/* What copy_b takes for the columns j0 to j0 + width, and copy_a for the depth from k. */
static struct soon soon_b(const struct block *s, size_t j0, size_t width)
{
    const struct product *m = s->m;
    return m->turned ? (struct soon){m->b + j0 * m->ldb + s->k, m->ldb, width, s->depth, 0}
                     : (struct soon){m->b + s->k * m->ldb + j0, m->ldb, s->depth, width, 0};
}

static struct soon soon_a(const struct block *s, size_t k, size_t depth)
{
    const struct matrix *a = &s->m->a;
    const T *at = a->at + s->i0 * a->row + k * a->col;
    return a->row == 1 ? (struct soon){at, a->col, depth, s->rows, 0}
                       : (struct soon){at, a->row, s->rows, depth, 0};
}

/* Columns j0 to j0 + width, at most PANELS panels. */
static void panels(const struct block *s, size_t j0, size_t width, struct soon *soon)
{
    const struct product *m = s->m;
    const size_t wide = m->rows <= FEW && !s->a && !s->b && m->a.col == 1 ? LONG * WIDE : TILE;
    const size_t tiles = (s->rows + ROWS - 1) / ROWS * ((width + TILE - 1) / TILE);
    const int last = s->k + s->depth == m->depth, from = s->a            ? COPY
                                                         : m->a.col == 1 ? ALONG
                                                                         : ACROSS;
    _Alignas(64) T bias[PANELS * TILE];
    for (size_t j = 0; m->bias && last && j < width; j++)
        bias[j] = m->bias[(j0 + j) * m->bias_step];
    if (s->b)
        copy_b(s, j0, width);
    for (size_t i = 0; i < s->rows; i += ROWS) {
        const size_t rows = s->rows - i < ROWS ? s->rows - i : ROWS;
        struct matrix a = {s->a + i / ROWS * tile_size(s), 1, STEP};
        if (!s->a) {
            a = m->a;
            a.at += (s->i0 + i) * a.row + s->k * a.col;
        }
        for (size_t j = 0, w; j < width; j += w) {
            w = width - j >= wide ? wide : width - j < TILE ? width - j : TILE;
            struct strip strip_of = {.out = m->out + (s->i0 + i) * m->ldo + j0 + j,
                                     .ldo = m->ldo,
                                     .a = a,
                                     .b = s->b ? s->b + j / TILE * panel_size(s)
                                               : m->b + s->k * m->ldb + j0 + j,
                                     .ldb = s->b ? TILE : m->ldb,
                                     .bias = m->bias && last ? bias + j : NULL,
                                     .depth = s->depth,
                                     .from = from,
                                     .go_on = s->k > 0};
            if (m->cols > NEAR / sizeof(T) / ROWS)
                fetch_out(&strip_of, rows, j + w < width ? w : 0);
            strip(&strip_of, rows, w);
            if (soon->done < soon->rows)
                fetch(soon, tiles);
        }
    }
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

static void product(const struct product *m, void *scratch)
{
    const int small = m->rows <= ROWS || m->depth * m->ldb <= NEAR / sizeof(T);
    const int meet = m->a.col == 1 && m->a.row % PAGE == 0 && m->rows > FEW;
    const int b_in_place = !m->turned && !m->edit && small;
    const int a_in_place = !m->edit && !meet && (m->cols <= 2 * TILE || m->rows <= FEW);
    const size_t parts = m->depth / DEPTH + (m->depth % DEPTH != 0);
    const size_t each = parts ? m->depth / parts + (m->depth % parts != 0) : 1;
    const size_t depth = each + (WIDE - each % WIDE) % WIDE;
    const size_t j0 = m->turned && !m->edit && m->rows > 0 && m->rows <= FEW ? few_rows(m) : 0;
    const size_t panel_cols = m->cols < PANELS * TILE ? m->cols + TILE - 1 : PANELS * TILE;
    T *b = scratch, *a = b_in_place ? b : b + panel_cols / TILE * (TILE * depth + LINE);
    const size_t times = m->rows / MOST + (m->rows % MOST != 0);
    const size_t share = times ? (m->rows + times - 1) / times : 1;
    const size_t high = (share + ROWS - 1) / ROWS * ROWS; /* at most MOST */
    for (size_t i = 0; i < m->rows; i += high) {
        struct block s = {.m = m, .i0 = i, .a = a_in_place ? NULL : a, .b = b_in_place ? NULL : b};
        s.rows = m->rows - i < high ? m->rows - i : high;
        do {
            s.depth = m->depth - s.k < depth ? m->depth - s.k : depth;
            if (s.a)
                copy_a(&s);
            for (size_t j = j0, w; j < m->cols; j += w) {
                struct soon soon = {0};
                w = m->cols - j < PANELS * TILE ? m->cols - j : PANELS * TILE;
                if (s.b && j + w < m->cols)
                    soon = soon_b(&s, j + w, m->cols - j - w < w ? m->cols - j - w : w);
                else if (s.a && s.k + s.depth < m->depth)
                    soon = soon_a(&s, s.k + s.depth, depth);
                panels(&s, j, w, &soon);
            }
            s.k += s.depth;
        } while (s.k < m->depth);
    }
}

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
