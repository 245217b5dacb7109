/* Sums of products. One shape serves linear, linear_dx and linear_dw:
 *     out[i][j] = sum_p a(i, p) b(p, j)
 * as chains of fused multiply-adds, p ascending. A tile of ROWS by VECTORS wide vectors is
 * as many chains as fit in registers, so that the latency of one hides behind the others.
 * The ROWS and VECTORS of each instruction set are in its wide file.
 *
 * Factors are copied to scratch memory: b to [p][column] as wide as a tile, which then finds its
 * numbers one after another, in blocks that fill half of the second cache and stay there while all
 * rows of a pass by; a to [p][row] as high as a tile where its rows lie across, a few tiles at a
 * time. So no stride of a caller's, a power of two above all, makes lines drive each other out of
 * the caches. Where a's rows lie along p they are read in place, unless such a stride has them
 * copied, as they are; and so is what would be used too seldom to be worth a copy. What is copied
 * next is fetched meanwhile. */

enum {
    TILE = VECTORS * WIDE,
    DEPTH = 256,                                                 /* of a block, at most, in words */
    PANELS = KERNEL_SCRATCH_B / (DEPTH * TILE * (int)sizeof(T)), /* of b, in a block */
    STEP = ROWS < WIDE ? ROWS : (ROWS + WIDE - 1) / WIDE * WIDE, /* between p and p + 1 of a */
    LINE = 16,                                                   /* numbers: 64 bytes or more */
    MOST = KERNEL_SCRATCH_A / ((DEPTH + LINE) * STEP * (int)sizeof(T)) *
           ROWS,                  /* rows of a, in a block */
    PAGE = 4096 / (int)sizeof(T), /* rows of a at multiples of it meet in the first cache */
    FEW = 3,                      /* rows take wider tiles: */
    LONG = ROWS / FEW * VECTORS,  /* so many vectors */
    AHEAD = 8,                    /* rows of a panel, fetched early */
    NEAR = 16384,                 /* bytes that stay in the nearest cache, */
    SOON = 1 << 18                /* and of what is fetched for later, in the second */
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

/* How a tile finds its numbers of a: in a copy tile by tile, or with rows or columns contiguous. */
enum from { COPY, ALONG, ACROSS };

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
    enum from from;
    int go_on;
};

/* n numbers, `beyond` after from, to the second cache: an address, for there may be nothing. The
 * reference leaves that to the processor. */
INLINE void fetch_line(const T *from, size_t beyond, size_t n)
{
    for (size_t j = beyond; WIDE > 1 && j < beyond + n; j += 64 / sizeof(T))
        __builtin_prefetch((const void *)((uintptr_t)from + j * sizeof(T)), 0, 2);
}

#ifdef PAIRS
#include "kernels/x86/pairs.inl"
#else
#include "kernels/ref/copies.inl"
#endif

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
        if (from != ACROSS)
            UNROLL
        for (size_t v = 0; v < vectors * WIDE * sizeof(T); v += 64)
            __builtin_prefetch((const char *)(b + AHEAD * TILE) + v);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            const W x = wide_all(a[i * lda]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                acc[i * vectors + v] = terms(x, line[v], acc[i * vectors + v]);
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
SHAPE(partial, VECTORS, s->part, COPY)
SHAPE(partial, VECTORS, s->part, ALONG)
SHAPE(one_vector, 1, s->part, COPY)
SHAPE(one_vector, 1, s->part, ALONG)
SHAPE(one_vector, 1, s->part, ACROSS)
#undef SHAPE

static void (*const full[])(const struct strip *, size_t) = {full_COPY, full_ALONG, full_ACROSS};
static void (*const partial[])(const struct strip *, size_t) = {partial_COPY, partial_ALONG};
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
    } else if (width > TILE - WIDE && s->from != ACROSS) {
        partial[s->from](s, rows);
    } else {
        const size_t last = s->part;
        for (size_t j = 0; j < width; j += WIDE, s->out += WIDE, s->b += WIDE) {
            s->part = j + WIDE > width ? last : 0;
            one_vector[s->from](s, rows);
            s->bias = s->bias ? s->bias + WIDE : NULL;
        }
    }
}

/* One block of a product: rows from i0, columns from j0, p from k, and what is copied of it. */
struct block {
    const struct product *m;
    size_t i0, rows, j0, cols, k, depth;
    T *a, *b; /* NULL: in place */
};

/* What a tile or a row of a, and a panel of b, take: a line more than their numbers, or many of
 * them would begin in the same place of the first cache. */
static size_t tile_size(const struct block *s)
{
    return STEP * words(s->depth) + LINE;
}

static size_t row_size(const struct block *s)
{
    return words(s->depth) + LINE + (WIDE - words(s->depth) % WIDE) % WIDE;
}

static size_t panel_size(const struct block *s)
{
    return TILE * words(s->depth) + LINE;
}

/* to[row][p] = a, or to[tile][p][row] where rows lie across */
static void copy_a(const struct block *s)
{
    const struct matrix *a = &s->m->a;
    const T *from = a->at + s->i0 * a->row + s->k * a->col;
    size_t each = row_size(s), n = s->rows;
    if (a->col == 1) {
        lines(s->a, each, from, a->row, s->rows, s->depth);
    } else {
        each = tile_size(s), n = (s->rows + ROWS - 1) / ROWS;
        cut(s->a, STEP, ROWS, each, from, a->col, s->depth, s->rows);
    }
    for (size_t i = 0; s->m->edit && i < n; i++)
        s->m->edit(s->a + i * each, a->col == 1 ? s->depth : STEP * s->depth);
}

/* to[panel][p][column] = b */
static void copy_b(const struct block *s)
{
    const struct product *m = s->m;
    if (!m->turned)
        cut(s->b, TILE, TILE, panel_size(s), m->b + s->k * m->ldb + s->j0, m->ldb, s->depth,
            s->cols);
    for (size_t j = 0; j < s->cols; j += TILE) {
        T *to = s->b + j / TILE * panel_size(s);
        const size_t width = s->cols - j < TILE ? s->cols - j : TILE;
        if (m->turned)
            turn(to, TILE, m->b + (s->j0 + j) * m->ldb + s->k, m->ldb, width, s->depth);
        if (m->edit)
            m->edit(to, s->depth * TILE);
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

/* What copy_b takes for a block, and copy_a for `rows` rows from i0. */
static struct soon soon_b(const struct block *s)
{
    const struct product *m = s->m;
    return m->turned ? (struct soon){m->b + s->j0 * m->ldb + s->k, m->ldb, s->cols, s->depth, 0}
                     : (struct soon){m->b + s->k * m->ldb + s->j0, m->ldb, s->depth, s->cols, 0};
}

static struct soon soon_a(const struct block *s, size_t i0, size_t rows)
{
    const struct matrix *a = &s->m->a;
    const T *at = a->at + i0 * a->row + s->k * a->col;
    return a->row == 1 ? (struct soon){at, a->col, s->depth, rows, 0}
                       : (struct soon){at, a->row, rows, s->depth, 0};
}

/* Rows from i on of a block, where tiles find them. */
static struct matrix strip_of_a(const struct block *s, size_t i)
{
    const struct matrix *a = &s->m->a;
    if (!s->a)
        return (struct matrix){a->at + (s->i0 + i) * a->row + s->k * a->col, a->row, a->col};
    return a->col == 1 ? (struct matrix){s->a + i * row_size(s), row_size(s), 1}
                       : (struct matrix){s->a + i / ROWS * tile_size(s), 1, STEP};
}

/* Rows and columns of a block; `bias` comes last, if not NULL. */
static void tiles_of(const struct block *s, const T *bias, struct soon *soon)
{
    const struct product *m = s->m;
    const size_t wide = m->rows <= FEW && !s->a && !s->b && m->a.col == 1 ? LONG * WIDE : TILE;
    const size_t right = (s->cols + TILE - 1) / TILE, tiles = (s->rows + ROWS - 1) / ROWS * right;
    const enum from from = m->a.col == 1 ? ALONG : s->a ? COPY : ACROSS;
    for (size_t i = 0; i < s->rows; i += ROWS) {
        const size_t rows = s->rows - i < ROWS ? s->rows - i : ROWS;
        const struct matrix a = strip_of_a(s, i);
        struct soon next = {0};
        if (!s->a && from == ALONG && i + ROWS < s->rows)
            next = (struct soon){a.at + ROWS * a.row, a.row, ROWS, s->depth, 0};
        for (size_t j = 0, w; j < s->cols; j += w) {
            w = s->cols - j >= wide ? wide : s->cols - j < TILE ? s->cols - j : TILE;
            struct strip now = {.out = m->out + (s->i0 + i) * m->ldo + s->j0 + j,
                                .ldo = m->ldo,
                                .a = a,
                                .b = s->b ? s->b + j / TILE * panel_size(s)
                                          : m->b + s->k * m->ldb + s->j0 + j,
                                .ldb = s->b ? TILE : m->ldb,
                                .bias = bias ? bias + j : NULL,
                                .depth = words(s->depth),
                                .from = from,
                                .go_on = s->k > 0};
            if (m->cols > NEAR / sizeof(T) / ROWS)
                fetch_out(&now, rows, j + w < s->cols ? w : 0);
            strip(&now, rows, w);
            if (soon->done < soon->rows)
                fetch(soon, tiles);
            if (next.done < next.rows)
                fetch(&next, right);
        }
    }
}

/* All rows of a block's columns, `high` at a time. `then`: where the product goes on. */
static void rows_of(struct block *s, T *a, size_t high, const T *bias, const struct block *then)
{
    const struct product *m = s->m;
    for (s->i0 = 0; s->i0 < m->rows; s->i0 += high) {
        struct soon soon = {0};
        const size_t end = s->i0 + high;
        s->rows = m->rows - s->i0 < high ? m->rows - s->i0 : high;
        s->a = a;
        if (a)
            copy_a(s);
        if (a && end < m->rows)
            soon = soon_a(s, end, m->rows - end < high ? m->rows - end : high);
        else if (s->b && then->cols * then->depth <= SOON / sizeof(T) && end >= m->rows)
            soon = soon_b(then);
        tiles_of(s, bias, &soon);
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

/* The block after one, of at most `wide` columns and a depth of `deep`: cols is 0 after the last. */
static struct block after(const struct block *s, size_t wide, size_t deep)
{
    const struct product *m = s->m;
    struct block then = *s;
    then.k += s->depth;
    if (then.k >= m->depth)
        then.k = 0, then.j0 += s->cols;
    then.cols = m->cols - then.j0 < wide ? m->cols - then.j0 : wide;
    then.depth = m->depth - then.k < deep ? m->depth - then.k : deep;
    return then;
}

/* Whether tiles take numbers of the factors, and not what copies make of them. */
static int as_they_are(const struct product *m)
{
    return NUMBERS == 1 && !m->edit;
}

static int b_in_place(const struct product *m)
{
    const int is_used_seldom = m->rows <= ROWS, is_small = m->depth * m->ldb <= NEAR / sizeof(T);
    return as_they_are(m) && !m->turned && (is_used_seldom || is_small);
}

static int a_in_place(const struct product *m)
{
    const int meet = m->a.col == 1 && m->a.row % PAGE == 0 && m->rows > FEW;
    const int is_used_seldom = m->cols <= 2 * TILE || m->rows <= FEW;
    return as_they_are(m) && !meet && (m->a.col == 1 || is_used_seldom);
}

static void product(const struct product *m, void *scratch)
{
    enum { WIDEST = PANELS * TILE };
    const size_t parts = words(m->depth) / DEPTH + (words(m->depth) % DEPTH != 0);
    const size_t each = parts ? m->depth / parts + (m->depth % parts != 0) : 1;
    const size_t unit = NUMBERS * WIDE, deep = each + (unit - each % unit) % unit;
    const size_t j0 =
        m->turned && as_they_are(m) && m->rows > 0 && m->rows <= FEW ? few_rows(m) : 0;
    const size_t panels = (m->cols < WIDEST ? m->cols + TILE - 1 : WIDEST) / TILE;
    const size_t times = m->rows / MOST + (m->rows % MOST != 0);
    const size_t share = times ? (m->rows + times - 1) / times : 1;
    const size_t high =
        a_in_place(m) ? m->rows : (share + ROWS - 1) / ROWS * ROWS; /* at most MOST */
    T *b = b_in_place(m) ? NULL : scratch;
    T *a = (T *)scratch + (b ? panels * (TILE * words(deep) + LINE) : 0);
    _Alignas(64) T bias[WIDEST];
    struct block s = {.m = m, .j0 = j0, .b = b}, then = s;
    then.cols = m->cols - j0 < WIDEST ? m->cols - j0 : WIDEST;
    then.depth = m->depth < deep ? m->depth : deep;
    while (then.cols > 0 && m->rows > 0) {
        s = then, then = after(&s, WIDEST, deep);
        const int last = m->bias && s.k + s.depth == m->depth;
        for (size_t j = 0; last && j < s.cols; j++)
            bias[j] = m->bias[(s.j0 + j) * m->bias_step];
        if (b)
            copy_b(&s);
        rows_of(&s, a_in_place(m) ? NULL : a, high, last ? bias : NULL, &then);
    }
}
