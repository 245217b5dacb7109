/* Whole steps of a network of one hidden layer and one output (struct narrow_step), for L lanes:
 * narrow.inl includes this for 4, 8 and 16. Each value is what the operations of the list would
 * have made of it, by the same functions; but it stays in registers, and the parameters do so
 * from step to step. */

/* Parameters, or their gradients. */
struct NAME(two_layers) {
    VEC w1[NARROW_INPUTS * PARTS], b1[PARTS], w2[PARTS];
    T b2;
};

#if L == 4
/* f(y, target, rows), without a division where that changes nothing */
#define ERROR_OF(f) \
    (rows == 1 ? f(y, t, all_4(1)) : rows == 4 ? f(y, t, all_4(4)) : f(y, t, all_4((T)rows)))

static inline vec_4 output_error(const struct narrow_step *s, vec_4 y, vec_4 t, size_t rows)
{
    if (s->output == NARROW_DOT_SIGMOID)
        return ERROR_OF(value_ERROR_SIGMOID_4);
    if (s->output == NARROW_DOT_TANH)
        return ERROR_OF(value_ERROR_TANH_4);
    return ERROR_OF(value_ERROR_IDENTITY_4);
}
#undef ERROR_OF

static inline vec_4 output_of(const struct narrow_step *s, vec_4 u)
{
    if (s->output == NARROW_DOT_SIGMOID)
        return sigmoid_4(u);
    return s->output == NARROW_DOT_TANH ? tanh_4(u) : u;
}
#endif

static inline vec_4 NAME(quarter)(VEC v, size_t which)
{
#if V_SIZE == 16
    (void)which;
    return v;
#elif V_SIZE == 32
    return which ? _mm256_extractf128_ps(v, 1) : _mm256_castps256_ps128(v);
#else
    switch (which) {
    case 0: return _mm512_castps512_ps128(v);
    case 1: return _mm512_extractf32x4_ps(v, 1);
    case 2: return _mm512_extractf32x4_ps(v, 2);
    default: return _mm512_extractf32x4_ps(v, 3);
    }
#endif
}

/* Quarters of 4 numbers, turned: to[j] has in quarter q number 4 q + j of the four rows. */
INLINE void NAME(turn)(VEC to[4], VEC a, VEC b, VEC c, VEC d)
{
    const VEC ab = SHUFFLE(a, b, LOW_PAIRS), cd = SHUFFLE(c, d, LOW_PAIRS);
    const VEC ab2 = SHUFFLE(a, b, HIGH_PAIRS), cd2 = SHUFFLE(c, d, HIGH_PAIRS);
    to[0] = SHUFFLE(ab, cd, LOW_HALVES);
    to[1] = SHUFFLE(ab, cd, HIGH_HALVES);
    to[2] = SHUFFLE(ab2, cd2, LOW_HALVES);
    to[3] = SHUFFLE(ab2, cd2, HIGH_HALVES);
}

/* u[i] = sum_k z[i][k] w2[k] + b2 for `some` rows, 1 or 4 */
INLINE vec_4 NAME(output_sums)(const VEC *z, const struct NAME(two_layers) * p, size_t units,
                               size_t some)
{
    vec_4 sum = all_4(0);
    UNROLL
    for (size_t part = 0; part < PARTS; part++) {
        VEC column[4];
        if (some == 4)
            NAME(turn)
        (column, z[part], z[PARTS + part], z[2 * PARTS + part], z[3 * PARTS + part]);
        UNROLL
        for (size_t k = 0; k < WIDTH; k++) {
            const vec_4 x = some == 4 ? NAME(quarter)(column[k % 4], k / 4) : all_4(z[part][k]);
            if (part * WIDTH + k < units)
                sum = fuse_4(x, all_4(p->w2[part][k]), sum);
        }
    }
    return sum + all_4(p->b2);
}

/* `some` rows, 1 or 4, of a batch of `rows`: outputs to y, gradients added to g; returns the loss
 * so far. */
INLINE T NAME(some_rows)(const struct narrow_step *s, const struct NAME(two_layers) * p,
                         struct NAME(two_layers) * g, size_t n, const T *x, const T *target, T *out,
                         size_t rows, T loss, size_t some)
{
    VEC z[4 * PARTS];
    UNROLL
    for (size_t i = 0; i < some * PARTS; i++) {
        const T *row = x + i / PARTS * n;
        VEC u = NAME(fuse)(NAME(all)(row[0]), p->w1[i % PARTS], NAME(all)(0));
        UNROLL
        for (size_t k = 1; k < NARROW_INPUTS; k++)
            if (k < n)
                u = NAME(fuse)(NAME(all)(row[k]), p->w1[k * PARTS + i % PARTS], u);
        z[i] = u + p->b1[i % PARTS];
    }
    if (s->hidden == NARROW_LINEAR_TANH)
        UNROLL
    for (size_t i = 0; i < some * PARTS; i++)
        z[i] = NAME(tanh)(z[i]);
    else UNROLL for (size_t i = 0; i < some * PARTS; i++) z[i] = NAME(sigmoid)(z[i]);

    const vec_4 y = output_of(s, NAME(output_sums)(z, p, s->units, some));
    const vec_4 t = some == 4 ? load_4(target) : all_4(*target);
    const vec_4 d = output_error(s, y, t, rows), each = value_HALF_SQUARED_4(y, t, y);
    if (some == 4)
        store_4(out, y);
    else
        *out = y[0];
    UNROLL
    for (size_t r = 0; r < some; r++) {
        loss = loss + each[r];
        g->b2 = g->b2 + d[r];
    }
    UNROLL
    for (size_t i = 0; i < some * PARTS; i++) {
        const size_t part = i % PARTS;
        const T *row = x + i / PARTS * n;
        const VEC dr = NAME(all)(d[i / PARTS]);
        const VEC dz = NAME(fuse)(dr, p->w2[part], NAME(all)(0));
        const VEC du = s->hidden == NARROW_LINEAR_TANH ? NAME(value_TANH_BACK)(dz, z[i], dz)
                                                       : NAME(value_SIGMOID_BACK)(dz, z[i], dz);
        g->w2[part] = NAME(fuse)(dr, z[i], g->w2[part]);
        g->b1[part] = g->b1[part] + du;
        UNROLL
        for (size_t k = 0; k < NARROW_INPUTS; k++)
            if (k < n)
                g->w1[k * PARTS + part] =
                    NAME(fuse)(NAME(all)(row[k]), du, g->w1[k * PARTS + part]);
    }
    return loss;
}

/* w -= rate g for each group of parameters */
INLINE void NAME(descend_all)(struct NAME(two_layers) * p, const struct NAME(two_layers) * g,
                              const T *rate, size_t n)
{
    UNROLL
    for (size_t i = 0; i < NARROW_INPUTS * PARTS; i++)
        if (i / PARTS < n)
            p->w1[i] = NAME(fuse)(NAME(all)(-rate[0]), g->w1[i], p->w1[i]);
    UNROLL
    for (size_t i = 0; i < PARTS; i++) {
        p->b1[i] = NAME(fuse)(NAME(all)(-rate[1]), g->b1[i], p->b1[i]);
        p->w2[i] = NAME(fuse)(NAME(all)(-rate[2]), g->w2[i], p->w2[i]);
    }
    p->b2 = FMA(-rate[3], g->b2, p->b2);
}

/* Between the block and registers; lanes beyond the units are 0. */
INLINE void NAME(move_all)(const struct narrow_step *s, T *block, struct NAME(two_layers) * p,
                           int back)
{
    T w1[NARROW_INPUTS][L] = {{0}}, b1[L] = {0}, w2[L] = {0};
    if (back) {
        UNROLL
        for (size_t i = 0; i < NARROW_INPUTS * PARTS; i++)
            NAME(store)(w1[i / PARTS] + i % PARTS * WIDTH, p->w1[i]);
        UNROLL
        for (size_t i = 0; i < PARTS; i++) {
            NAME(store)(b1 + i * WIDTH, p->b1[i]);
            NAME(store)(w2 + i * WIDTH, p->w2[i]);
        }
        block[s->b2] = p->b2;
    }
    for (size_t j = 0; j < s->units; j++) {
        for (size_t k = 0; k < s->inputs; k++) {
            T *w = block + s->w1 + j * s->inputs + k;
            *(back ? w : &w1[k][j]) = back ? w1[k][j] : *w;
        }
        *(back ? block + s->b1 + j : b1 + j) = back ? b1[j] : block[s->b1 + j];
        *(back ? block + s->w2 + j : w2 + j) = back ? w2[j] : block[s->w2 + j];
    }
    if (back)
        return;
    UNROLL
    for (size_t i = 0; i < NARROW_INPUTS * PARTS; i++)
        p->w1[i] = NAME(load)(w1[i / PARTS] + i % PARTS * WIDTH);
    UNROLL
    for (size_t i = 0; i < PARTS; i++) {
        p->b1[i] = NAME(load)(b1 + i * WIDTH);
        p->w2[i] = NAME(load)(w2 + i * WIDTH);
    }
    p->b2 = block[s->b2];
}

INLINE size_t NAME(steps_of)(const struct narrow_step *s, const struct narrow_batches *b, T *block,
                             const T *rate, size_t n, size_t rows)
{
    struct NAME(two_layers) p;
    size_t step = 0;
    T loss = 0;
    NAME(move_all)(s, block, &p, 0);
    for (size_t at = b->first; step < b->steps; step++) {
        struct NAME(two_layers) g = {.b2 = 0};
        const T *x = (const T *)b->in + at * rows * n, *t = (const T *)b->targets + at * rows;
        T *out = b->out;
        size_t r = 0;
        loss = 0;
        for (; r + 4 <= rows; r += 4)
            loss = NAME(some_rows)(s, &p, &g, n, x + r * n, t + r, out + r, rows, loss, 4);
        for (; r < rows; r++)
            loss = NAME(some_rows)(s, &p, &g, n, x + r * n, t + r, out + r, rows, loss, 1);
        if (s->mean)
            loss = loss / (T)rows;
        if (b->losses)
            b->losses[step] = (double)loss;
        if (!isfinite(loss))
            break;
        NAME(descend_all)(&p, &g, rate, n);
        at = at + 1 == b->n ? 0 : at + 1;
    }
    NAME(move_all)(s, block, &p, 1);
    *(T *)b->loss = loss;
    return step;
}

/* With two inputs, and one row or four, as in the networks on a blackboard, all parameters fit
 * into registers and nothing depends on a size. */
static size_t NAME(steps)(const struct narrow_step *s, const struct narrow_batches *b, T *block,
                          const T *rate)
{
#if L <= 8
    if (s->inputs == 2 && b->rows == 1)
        return NAME(steps_of)(s, b, block, rate, 2, 1);
    if (s->inputs == 2 && b->rows == 4)
        return NAME(steps_of)(s, b, block, rate, 2, 4);
#endif
    return NAME(steps_of)(s, b, block, rate, s->inputs, b->rows);
}
