/* Products of bf16 factors in tiles of 16 rows of 64 bytes, in the shape of dense.inl:
 *     out[i][j] = sum_p a(i, p) b(p, j)
 * A step of the tile unit adds the products of 32 p to 16 by 16 sums; the steps ascend over p,
 * so that the bits of a sum depend on its own row and column and on the depth alone.
 *
 * Both factors are rounded, and copied to whole tiles with 0 where there is nothing: a as
 * [row][pair], b as [pair][column], a pair being the numbers of an even p and of the next in one
 * word. Before this come (amx.c; for tests a plain version) T, tiles_begin, tiles_end, tile_zero,
 * tile_load, tile_store and tile_add_products; with AVX-512 round_32 too. Words are little-endian, as x86 is. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/bf16.h"
#include "kernels/kernels.h"
#ifdef __AVX512F__
#include "kernels/x86/wide_f32_avx512.inl"
#endif

enum {
    SIDE = 16,        /* rows of a tile, and words of a row */
    PART = 2 * SIDE,  /* p of a tile */
    WORDS = 16 * 16,  /* of a tile */
    STRIP = 2 * SIDE, /* rows, or columns, of two tiles */
    PARTS = 16,       /* tiles one after another in a panel: the depth that is added at once */
    DEPTH = PARTS * PART,
    STRIPS = 16,   /* of columns, whose panels are made at once */
    ROW = 4 * SIDE /* bytes */
};

#define INLINE static inline __attribute__((always_inline))

/* element (i, p) of a, or (p, i) of b: at[i ld + p], or at[p ld + i] if `across` */
struct matrix {
    const T *at;
    size_t ld;
    int across;
};

struct product {
    T *out;
    size_t ldo;
    struct matrix a, b;
    const T *bias;
    size_t bias_step;
    size_t rows, cols, depth;
};

/* to[j][i] = from[i][j], words of a tile */
static void turn(uint32_t *to, const uint32_t *from)
{
#ifdef __AVX512F__
    const T *line[SIDE];
    for (size_t i = 0; i < SIDE; i++)
        line[i] = (const T *)(const void *)(from + i * SIDE); /* only moved */
    wide_turn((T *)(void *)to, SIDE, line, 0);
#else
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++)
            to[j * SIDE + i] = from[i * SIDE + j];
#endif
}

static inline uint32_t rounded(T x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bf16_round(bits);
}

/* 32 numbers on end */
static inline void round_line(uint32_t *to, const T *line)
{
#ifdef __AVX512F__
    _mm512_storeu_si512(to, round_32(line, line + SIDE));
#else
    for (size_t p = 0; p < SIDE; p++)
        to[p] = rounded(line[2 * p]) >> 16 | rounded(line[2 * p + 1]);
#endif
}

/* Two lines of 16, word by word */
static inline void round_pair(uint32_t *to, const T *low, const T *high)
{
#ifdef __AVX512F__
    _Alignas(64) static const uint16_t order[PART] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                      21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                      11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i words = round_32(low, high);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi16(_mm512_load_si512(order), words));
#else
    for (size_t i = 0; i < SIDE; i++)
        to[i] = rounded(low[i]) >> 16 | rounded(high[i]);
#endif
}

/* to[i][pair], from lines along p: n of them, `depth` long */
static void pack_lines(uint32_t *to, const T *at, size_t ld, size_t n, size_t depth)
{
    for (size_t i = 0; i < n; i++, at += ld) {
        T part[PART] = {0};
        if (depth < PART)
            memcpy(part, at, depth * sizeof *at);
        const T *line = depth < PART ? part : at;
        round_line(to + i * SIDE, line);
    }
    memset(to + n * SIDE, 0, (SIDE - n) * ROW);
}

/* to[pair][i], from `depth` lines across p, n long */
static void pack_across(uint32_t *to, const T *at, size_t ld, size_t n, size_t depth)
{
    static const T zero[SIDE];
    for (size_t p = 0; p < PART; p += 2, to += SIDE) {
        T part[2][SIDE] = {{0}};
        const T *line[2];
        for (size_t k = 0; k < 2; k++) {
            line[k] = p + k < depth ? at + (p + k) * ld : zero;
            if (n < SIDE && p + k < depth)
                line[k] = memcpy(part[k], line[k], n * sizeof *at);
        }
        round_pair(to, line[0], line[1]);
    }
}

/* One tile of n rows or columns from i, and of `depth` numbers from p. by_pair: as b wants it. */
static void pack_tile(uint32_t *to, const struct matrix *m, size_t i, size_t p, size_t n,
                      size_t depth, int by_pair)
{
    _Alignas(64) uint32_t other[WORDS];
    uint32_t *first = m->across == by_pair ? to : other;
    if (m->across)
        pack_across(first, m->at + p * m->ld + i, m->ld, n, depth);
    else
        pack_lines(first, m->at + i * m->ld + p, m->ld, n, depth);
    if (first == other)
        turn(to, other);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* [part][2] tiles: a strip of n rows or columns, at most 32, from i */
static void pack_strip(uint32_t *to, const struct matrix *m, size_t i, size_t p, size_t n,
                       size_t depth, int by_pair)
{
    for (size_t k = 0; k < depth; k += PART, to += 2 * WORDS) {
        pack_tile(to, m, i, p + k, least(n, SIDE), least(depth - k, PART), by_pair);
        if (n > SIDE)
            pack_tile(to + WORDS, m, i + SIDE, p + k, n - SIDE, least(depth - k, PART), by_pair);
    }
}

/* 32 by 32 sums, or what there is of them: out, with `bias` from its first column on. */
struct block {
    T *out;
    size_t ldo;
    const T *bias;
    size_t bias_step;
    const uint32_t *a, *b;
    size_t rows, cols, parts;
    int go_on; /* out holds the sums so far; else they start from +0 */
};

/* Take sums from `out`, or bring them there, for tile (down, right) of a block. */
INLINE void take(const struct block *b, int tile, size_t down, size_t right)
{
    const T *from = b->out + down * b->ldo + right;
    const size_t rows = least(b->rows - down, SIDE), cols = least(b->cols - right, SIDE);
    _Alignas(64) T whole[WORDS];
    if (!b->go_on) {
        tile_zero(tile);
    } else if (rows == SIDE && cols == SIDE) {
        tile_load(tile, from, b->ldo * sizeof *from);
    } else {
        memset(whole, 0, sizeof whole);
        for (size_t i = 0; i < rows; i++)
            memcpy(whole + i * SIDE, from + i * b->ldo, cols * sizeof *from);
        tile_load(tile, whole, ROW);
    }
}

INLINE void bring(const struct block *b, int tile, size_t down, size_t right)
{
    T *to = b->out + down * b->ldo + right;
    const size_t rows = least(b->rows - down, SIDE), cols = least(b->cols - right, SIDE);
    _Alignas(64) T whole[WORDS];
    if (rows == SIDE && cols == SIDE && !b->bias) {
        tile_store(tile, to, b->ldo * sizeof *to);
        return;
    }
    T bias[SIDE] = {0}; /* a sum is never -0, so that +0 changes nothing */
    for (size_t j = 0; b->bias && j < cols; j++)
        bias[j] = b->bias[(right + j) * b->bias_step];
    tile_store(tile, whole, ROW);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            to[i * b->ldo + j] = whole[i * SIDE + j] + bias[j];
}

/* high, wide: in tiles, constants where this is called. Tiles 0 to 3 hold the sums. */
INLINE void block(const struct block *b, int high, int wide)
{
    take(b, 0, 0, 0);
    if (wide > 1)
        take(b, 1, 0, SIDE);
    if (high > 1)
        take(b, 2, SIDE, 0);
    if (high > 1 && wide > 1)
        take(b, 3, SIDE, SIDE);
    for (size_t k = 0; k < b->parts; k++) {
        const uint32_t *x = b->a + k * 2 * WORDS, *y = b->b + k * 2 * WORDS;
        tile_load(4, x, ROW);
        tile_load(6, y, ROW);
        tile_add_products(0, 4, 6);
        if (wide > 1) {
            tile_load(7, y + WORDS, ROW);
            tile_add_products(1, 4, 7);
        }
        if (high > 1) {
            tile_load(5, x + WORDS, ROW);
            tile_add_products(2, 5, 6);
        }
        if (high > 1 && wide > 1)
            tile_add_products(3, 5, 7);
    }
    bring(b, 0, 0, 0);
    if (wide > 1)
        bring(b, 1, 0, SIDE);
    if (high > 1)
        bring(b, 2, SIDE, 0);
    if (high > 1 && wide > 1)
        bring(b, 3, SIDE, SIDE);
}

static void any_block(const struct block *b)
{
    if (b->rows > SIDE && b->cols > SIDE)
        block(b, 2, 2);
    else if (b->rows > SIDE)
        block(b, 2, 1);
    else if (b->cols > SIDE)
        block(b, 1, 2);
    else
        block(b, 1, 1);
}

/* What the copies take: those of one strip of rows, and of STRIPS strips of columns. */
struct copies {
    _Alignas(64) uint32_t a[PARTS * 2 * WORDS], b[STRIPS * PARTS * 2 * WORDS];
};
_Static_assert(sizeof(struct copies) <= KERNEL_SCRATCH, "more memory than products get");

/* Columns j0 to j0 + width, and `depth` numbers of depth from k */
static void panel(const struct product *m, struct copies *c, size_t j0, size_t width, size_t k,
                  size_t depth)
{
    const size_t parts = (depth + PART - 1) / PART;
    const int last = k + depth == m->depth;
    for (size_t j = 0; j < width; j += STRIP)
        pack_strip(c->b + j / STRIP * PARTS * 2 * WORDS, &m->b, j0 + j, k, least(width - j, STRIP),
                   depth, 1);
    for (size_t i = 0; i < m->rows; i += STRIP) {
        const size_t rows = least(m->rows - i, STRIP);
        pack_strip(c->a, &m->a, i, k, rows, depth, 0);
        for (size_t j = 0; j < width; j += STRIP) {
            const struct block b = {.out = m->out + i * m->ldo + j0 + j,
                                    .ldo = m->ldo,
                                    .bias =
                                        m->bias && last ? m->bias + (j0 + j) * m->bias_step : NULL,
                                    .bias_step = m->bias_step,
                                    .a = c->a,
                                    .b = c->b + j / STRIP * PARTS * 2 * WORDS,
                                    .rows = rows,
                                    .cols = least(width - j, STRIP),
                                    .parts = parts,
                                    .go_on = k > 0};
            any_block(&b);
        }
    }
}

static void product(const struct product *m, void *scratch)
{
    struct copies *copies = scratch;
    if (m->rows == 0 || m->cols == 0)
        return;
    tiles_begin();
    for (size_t j = 0; j < m->cols; j += STRIPS * STRIP) {
        size_t k = 0;
        do {
            const size_t depth = least(m->depth - k, DEPTH);
            panel(m, copies, j, least(m->cols - j, STRIPS * STRIP), k, depth);
            k += depth;
        } while (k < m->depth);
    }
    tiles_end();
}

static void linear(T *y, size_t ldy, const T *x, size_t ldx, const T *w, size_t ldw, const T *bias,
                   size_t bias_step, size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {y, ldy, {x, ldx, 0}, {w, ldw, 0}, bias, bias_step, rows, cols, inner};
    product(&m, scratch);
}

static void linear_dx(T *dx, size_t lddx, const T *d, size_t ldd, const T *w, size_t ldw,
                      size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dx, lddx, {d, ldd, 0}, {w, ldw, 1}, NULL, 0, rows, inner, cols};
    product(&m, scratch);
}

static void linear_dw(T *dw, size_t lddw, const T *d, size_t ldd, const T *x, size_t ldx,
                      size_t rows, size_t cols, size_t inner, void *scratch)
{
    const struct product m = {dw, lddw, {d, ldd, 1}, {x, ldx, 1}, NULL, 0, cols, inner, rows};
    product(&m, scratch);
}
