/* Copies of factors as they are: a word is one number. Part of product.inl; in its place, for
 * words of two numbers, comes x86/pairs.inl with the same five functions. */

enum { NUMBERS = 1 }; /* in a word */

/* How many words hold n numbers of a sum. */
static inline size_t words(size_t n)
{
    return n;
}

/* sum + x y, lane by lane */
static inline W terms(W x, W y, W sum)
{
    return wide_fused(x, y, sum);
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
        for (size_t v = 0; v < width; v += WIDE) {
            fetch_line(from + j + v, 4 * ldfrom, WIDE);
            wide_store(at + v, wide_load(from + j + v, 0), 0);
        }
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
            for (size_t l = 0; l < WIDE; l++) {
                fetch_line(line[l] + j, WIDE * ldfrom, WIDE);
                wide_store(near + l * WIDE, wide_load(line[l] + j, 0), 0);
            }
            wide_turn(to + j * ldto, ldto, copied, 0);
        }
        for (; j + WIDE <= cols; j += WIDE) {
            for (size_t l = 0; l < WIDE; l++)
                fetch_line(line[l] + j, WIDE * ldfrom, WIDE);
            wide_turn(to + j * ldto, ldto, line, j);
        }
        for (; j < cols; j++)
            for (size_t l = 0; l < lanes; l++)
                to[j * ldto + l] = line[l][j];
    }
}

/* to[i][j] = from[i][j]; writes whole vectors */
static void lines(T *to, size_t ldto, const T *from, size_t ldfrom, size_t rows, size_t cols)
{
    cut(to, ldto, WIDE, WIDE, from, ldfrom, rows, cols);
}
