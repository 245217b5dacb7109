/* Copies of factors in words of two bf16 numbers: those of an even p and of the next. In the
 * place of copies.inl, part of product.inl. Words lie in float32 vectors, which only move them.
 * What is beyond the depth is 0. */

enum { NUMBERS = 2 }; /* in a word */

/* How many words hold n numbers of a sum. */
static inline size_t words(size_t n)
{
    return (n + 1) / 2;
}

/* sum + x y, lane by lane: the products of odd p first, then those of even p, fused; subnormals
 * are taken and given as 0 (Intel's manual, volume 2, VDPBF16PS; AMD's do the same). */
static inline W terms(W x, W y, W sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y);
}

/* 16 numbers and 16 more, rounded to nearest, ties to even, in order; 0 of subnormals */
static inline W rounded(W low, W high)
{
    return (W)_mm512_cvtne2ps_pbh(high, low);
}

/* At most WIDE numbers; what is beyond n is 0. */
static inline W first_of(const T *from, size_t n)
{
    return n == 0 ? wide_all(0) : wide_load(from, n < WIDE ? n : 0);
}

/* n numbers that follow each other, at most 32 */
static inline W pairs_along(const T *from, size_t n)
{
    return n <= WIDE ? rounded(first_of(from, n), wide_all(0))
                     : rounded(wide_load(from, 0), first_of(from + WIDE, n - WIDE));
}

/* n numbers of a row and those below them, which has_below says that there are */
static inline W pairs_across(const T *from, size_t ldfrom, size_t n, int has_below)
{
    _Alignas(64) static const uint16_t order[2 * WIDE] = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const W both = rounded(first_of(from, n), first_of(from + ldfrom, has_below ? n : 0));
    return (W)_mm512_permutexvar_epi16(_mm512_load_si512(order), (__m512i)both);
}

/* to[strip][pair of rows][j] = from, strips of `width` columns that lie `apart` words apart. Whole
 * vectors are written; what is beyond a strip's row the next one overwrites. */
INLINE void cut(T *to, size_t ldto, size_t width, size_t apart, const T *from, size_t ldfrom,
                size_t rows, size_t cols)
{
    const size_t written = (width + WIDE - 1) / WIDE * WIDE;
    for (size_t i = 0; i < rows; i += 2, from += 2 * ldfrom, to += ldto) {
        const int has_below = i + 1 < rows;
        T *at = to;
        size_t j = 0;
        for (; j + written <= cols && i + 2 < rows; j += width, at += apart)
            UNROLL
        for (size_t v = 0; v < width; v += WIDE) {
            fetch_line(from + j + v, 4 * ldfrom, WIDE);
            fetch_line(from + j + v, 5 * ldfrom, WIDE);
            wide_store(at + v, pairs_across(from + j + v, ldfrom, WIDE, 1), 0);
        }
        for (; j < cols; j += width, at += apart)
            for (size_t v = 0; v < width && j + v < cols; v += WIDE) {
                const size_t left = cols - j - v, lanes = width - v < WIDE ? width - v : 0;
                wide_store(at + v,
                           pairs_across(from + j + v, ldfrom, left < WIDE ? left : WIDE, has_below),
                           lanes);
            }
    }
}

/* to[pair of columns][i] = from[i][..] */
static void turn(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i += WIDE, from += WIDE * ldfrom, to += WIDE) {
        const size_t n = rows - i < WIDE ? rows - i : WIDE;
        _Alignas(64) T near[WIDE * WIDE], turned[WIDE * WIDE];
        const T *line[WIDE]; /* what is beyond the last row does not matter */
        for (size_t l = 0; l < WIDE; l++)
            line[l] = near + l * WIDE;
        size_t j = 0;
        for (; j + 2 * WIDE <= cols; j += 2 * WIDE) {
            for (size_t l = 0; l < n; l++) {
                fetch_line(from + l * ldfrom + j, WIDE * ldfrom, 2 * WIDE);
                wide_store(near + l * WIDE, pairs_along(from + l * ldfrom + j, 2 * WIDE), 0);
            }
            wide_turn(to + j / 2 * ldto, ldto, line, 0);
        }
        for (size_t l = 0; l < n && j < cols; l++)
            wide_store(near + l * WIDE, pairs_along(from + l * ldfrom + j, cols - j), 0);
        if (j < cols)
            wide_turn(turned, WIDE, line, 0);
        for (size_t k = 0; k < words(cols - j); k++)
            wide_store(to + (j / 2 + k) * ldto, wide_load(turned + k * WIDE, 0), 0);
    }
}

/* to[i][pair] = from[i][..]; writes whole vectors */
static void lines(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++, from += ldfrom, to += ldto)
        for (size_t j = 0; j < cols; j += 2 * WIDE)
            wide_store(to + j / 2, pairs_along(from + j, cols - j < 2 * WIDE ? cols - j : 2 * WIDE),
                       0);
}
