/* The tests of test_kernels.c for one number type. */

static void IT(fill)(T *p, size_t n)
{
    const int wild = below(4) == 0;
    for (size_t i = 0; i < n; i++)
        p[i] = (T)(wild ? nasty() : uniform(-2, 2));
}

static T *IT(make)(size_t n)
{
    T *p = FENCED(T, n);
    IT(fill)(p, n);
    return p;
}

static T *IT(copy)(const T *from, size_t n)
{
    T *p = FENCED(T, n);
    memcpy(p, from, n * sizeof *p);
    return p;
}

/* ISA after ISA; those that this machine lacks are left out. */
#define FOR_EACH_TABLE(k, rounds)                                     \
    for (int isa = ISA_REF; isa < ISA_COUNT; isa++)                   \
        for (const struct TABLE *k = GET((enum isa)isa); k; k = NULL) \
            for (int round = 0; round < (rounds); round++)

/* A size: mostly small, sometimes beyond the blocks of the matrix kernels. */
static size_t IT(size)(size_t small, size_t large)
{
    return below(below(12) ? small : large);
}

static void IT(linear)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 150)
    {
        const size_t rows = IT(size)(30, 130), cols = 1 + IT(size)(40, 1100);
        const size_t inner = IT(size)(40, 400);
        const size_t ldy = cols + below(3), ldx = inner + below(3), ldw = inner + below(3);
        const size_t step = below(2);
        const size_t ny = rows * ldy, nx = rows * ldx, nw = cols * ldw;
        T *x = IT(make)(nx), *w = IT(make)(nw), *bias = IT(make)(step ? cols : 1);
        T *got = IT(make)(ny), *want = IT(copy)(got, ny);
        const int with_bias = below(3) > 0;
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++) {
                T v = 0;
                for (size_t i = 0; i < inner; i++)
                    v = FMA(x[r * ldx + i], w[c * ldw + i], v);
                want[r * ldy + c] = with_bias ? v + bias[c * step] : v;
            }
        k->linear(got, ldy, x, ldx, w, ldw, with_bias ? bias : NULL, step, rows, cols, inner,
                  scratch);
        SAME(want, got, ny);
        if (with_bias) {
            const size_t ldt = (cols + 15) / 16 * 16;
            T *wt = IT(make)(inner * ldt);
            memset(got, 0, ny * sizeof *got);
            for (size_t r = 0; r < rows; r++)
                memcpy(got + r * ldy + cols, want + r * ldy + cols, (ldy - cols) * sizeof *got);
            k->turn(wt, ldt, w, ldw, cols, inner);
            k->linear_turned(got, ldy, x, ldx, wt, ldt, bias, step, rows, cols, inner, scratch);
            SAME(want, got, ny);
            UNFENCE(wt, inner * ldt);
        }
        UNFENCE(x, nx), UNFENCE(w, nw), UNFENCE(bias, step ? cols : 1);
        UNFENCE(got, ny), UNFENCE(want, ny);
    }
}

static void IT(linear_dx)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 100)
    {
        const size_t rows = IT(size)(30, 130), cols = IT(size)(40, 300);
        const size_t inner = 1 + IT(size)(40, 1100);
        const size_t ldx = inner + below(3), ldd = cols + below(3), ldw = inner + below(3);
        const size_t nx = rows * ldx, nd = rows * ldd, nw = cols * ldw;
        T *d = IT(make)(nd), *w = IT(make)(nw), *got = IT(make)(nx), *want = IT(copy)(got, nx);
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < inner; i++) {
                T v = 0;
                for (size_t c = 0; c < cols; c++)
                    v = FMA(d[r * ldd + c], w[c * ldw + i], v);
                want[r * ldx + i] = v;
            }
        k->linear_dx(got, ldx, d, ldd, w, ldw, rows, cols, inner, scratch);
        SAME(want, got, nx);
        UNFENCE(d, nd), UNFENCE(w, nw), UNFENCE(got, nx), UNFENCE(want, nx);
    }
}

static void IT(linear_dw)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 100)
    {
        const size_t rows = IT(size)(40, 300), cols = 1 + IT(size)(30, 130);
        const size_t inner = 1 + IT(size)(40, 1100);
        const size_t ldx = inner + below(3), ldd = cols + below(3), ldw = inner + below(3);
        const size_t nx = rows * ldx, nd = rows * ldd, nw = cols * ldw;
        T *d = IT(make)(nd), *x = IT(make)(nx), *got = IT(make)(nw), *want = IT(copy)(got, nw);
        for (size_t c = 0; c < cols; c++)
            for (size_t i = 0; i < inner; i++) {
                T v = 0;
                for (size_t r = 0; r < rows; r++)
                    v = FMA(d[r * ldd + c], x[r * ldx + i], v);
                want[c * ldw + i] = v;
            }
        k->linear_dw(got, ldw, d, ldd, x, ldx, rows, cols, inner, scratch);
        SAME(want, got, nw);
        UNFENCE(d, nd), UNFENCE(x, nx), UNFENCE(got, nw), UNFENCE(want, nw);
    }
}

/* 16 lanes, then halves joined. */
static T IT(sum16)(const T *v, size_t n)
{
    T lane[16] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % 16] += v[i];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

static void IT(sums)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 100)
    {
        const size_t rows = 1 + below(20), cols = 1 + below(60), ld = cols + below(4);
        const size_t n = rows * ld;
        T *d = IT(make)(n), *down = IT(make)(cols), *along = IT(make)(rows);
        T *want_down = IT(make)(cols), *want_along = IT(make)(rows);
        for (size_t c = 0; c < cols; c++) {
            want_down[c] = 0;
            for (size_t r = 0; r < rows; r++)
                want_down[c] += d[r * ld + c];
        }
        for (size_t r = 0; r < rows; r++)
            want_along[r] = IT(sum16)(d + r * ld, cols);
        k->sum_rows(down, d, ld, rows, cols);
        k->row_sum(along, d, ld, rows, cols);
        SAME(want_down, down, cols);
        SAME(want_along, along, rows);
        UNFENCE(d, n), UNFENCE(down, cols), UNFENCE(along, rows);
        UNFENCE(want_down, cols), UNFENCE(want_along, rows);
    }
}

static void IT(softmaxes)(void **state)
{
    (void)state;
    const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
    FOR_EACH_TABLE(k, 100)
    {
        const size_t rows = 1 + below(4), cols = 1 + below(40), ld = cols + below(3);
        const size_t n = rows * ld;
        T *u = IT(make)(n), *y = IT(make)(n), *lse = IT(make)(rows), *du = IT(make)(n);
        T *dy = IT(make)(n), *t = IT(make)(n), *out = IT(make)(rows);
        for (size_t i = 0; i < n; i++)
            u[i] = (T)uniform(-30, 30), dy[i] = (T)uniform(-1, 1), t[i] = (T)uniform(0, 1);
        T *gaps = IT(copy)(du, n);
        k->softmax(y, ld, lse, u, ld, rows, cols);
        k->softmax_back(du, ld, y, ld, dy, ld, rows, cols);
        k->dot_lse(out, lse, u, ld, t, ld, rows, cols);
        for (size_t r = 0; r < rows; r++) {
            double total = 0, mean = 0, loss = 0, top = -(double)INFINITY;
            const size_t at = r * ld;
            for (size_t c = 0; c < cols; c++)
                top = fmax(top, (double)u[at + c]);
            for (size_t c = 0; c < cols; c++)
                total += exp((double)u[at + c]);
            assert_close((double)lse[r], log(total) - top, tolerance * fmax(1, fabs(top)));
            for (size_t c = 0; c < cols; c++) {
                const double p = exp((double)u[at + c]) / total;
                assert_close((double)y[at + c], p, tolerance);
                mean += p * (double)dy[at + c];
                loss += (double)t[at + c] * (log(total) - (double)u[at + c]);
            }
            assert_close((double)out[r], loss, 20 * tolerance);
            for (size_t c = 0; c < cols; c++)
                assert_close((double)du[at + c], (double)y[at + c] * ((double)dy[at + c] - mean),
                             tolerance);
            SAME(gaps + at + cols, du + at + cols, ld - cols);
        }
        UNFENCE(u, n), UNFENCE(y, n), UNFENCE(lse, rows), UNFENCE(du, n), UNFENCE(dy, n);
        UNFENCE(t, n), UNFENCE(out, rows), UNFENCE(gaps, n);
    }
}

static void IT(updates)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 100)
    {
        const size_t n = below(70);
        T *w = IT(make)(n), *g = IT(make)(n), *out = IT(make)(n), *want = IT(make)(n);
        const T lr = (T)0.1;
        for (size_t i = 0; i < n; i++)
            want[i] = FMA(-lr, g[i], w[i]);
        k->sgd(out, w, g, lr, n);
        SAME(want, out, n);
        for (size_t i = 0; i < n; i++)
            want[i] = w[i] + g[i];
        k->add(w, g, n);
        SAME(want, w, n);
        k->sgd(w, w, g, 0, n);
        UNFENCE(w, n), UNFENCE(g, n), UNFENCE(out, n), UNFENCE(want, n);
    }
}

/* What program.h says of each exact primitive. */
static T IT(exact)(int prim, T a, T b, T c)
{
    const T nan = a + b; /* where either is NaN */
    switch (prim) {
    case PRIM_NEG: return -a;
    case PRIM_ABS: return signbit(a) ? -a : a;
    case PRIM_SQRT: return (T)(sizeof(T) == 4 ? (double)sqrtf((float)a) : sqrt((double)a));
    case PRIM_SIGN: return isnan(a) ? a : (T)((a > 0) - (a < 0));
    case PRIM_STEP: return isnan(a) ? a : (T)(a > 0);
    case PRIM_ADD: return nan;
    case PRIM_SUB: return a - b;
    case PRIM_MUL: return a * b;
    case PRIM_DIV: return a / b;
    case PRIM_MIN: return a < b ? a : b;
    case PRIM_MAX: return a > b ? a : b;
    case PRIM_LT: return a < b;
    case PRIM_LE: return a <= b;
    case PRIM_FMA: return FMA(a, b, c);
    default: return a != 0 ? b : c;
    }
}

static int IT(arity)(int prim)
{
    static const int arity[] = {
#define X(name, n) n,
        PRIM_LIST(X)
#undef X
    };
    return arity[prim];
}

/* Every primitive over every length: the exact ones as defined, the functions alike at
 * every place in a strip and nothing beyond; constants, scalars and out = argument. */
static void IT(maps)(void **state)
{
    (void)state;
    FOR_EACH_TABLE(k, 8 * PRIM_COUNT)
    {
        const int prim = round % PRIM_COUNT, arity = IT(arity)(prim);
        const size_t n = below(200);
        struct program p = {
            .n_args = 2, .n_consts = 1, .n_regs = 4, .n_steps = 1, .result = 3, .consts = {1.7}};
        p.steps[0] = (struct program_step){(uint8_t)prim, 3, 0, 1, 2};
        const unsigned char step[] = {1, (unsigned char)below(2)};
        const size_t nb = step[1] ? n : 1;
        T *a = IT(make)(n), *b = IT(make)(nb), *got = IT(make)(n), *want = IT(make)(n);
        const T *args[] = {a, b};
        for (size_t i = 0; i < n; i++) {
            const T bi = b[step[1] ? i : 0], *one[] = {a + i, &bi};
            if (prim <= PRIM_SEL)
                want[i] = IT(exact)(prim, a[i], bi, (T)1.7);
            else
                GET(ISA_REF)->map(&p, one, step, want + i, 1);
        }
        k->map(&p, args, step, got, n);
        SAME(want, got, n);
        if (n >= 6) { /* rows of all but the last number */
            const size_t ld = n / 3;
            IT(fill)(got, n);
            for (size_t r = 0; r < 3; r++)
                memcpy(got + r * ld + ld - 1, want + r * ld + ld - 1, sizeof *got);
            memcpy(got + 3 * ld, want + 3 * ld, (n - 3 * ld) * sizeof *got);
            k->map_rows(&p, args, step, got, 3, ld - 1, ld);
            SAME(want, got, n);
        }
        k->map(&p, args, step, a, n);
        SAME(want, a, n);
        assert_in_range(arity, 1, 3);
        UNFENCE(a, n), UNFENCE(b, nb), UNFENCE(got, n), UNFENCE(want, n);
    }
}
#undef FOR_EACH_TABLE
