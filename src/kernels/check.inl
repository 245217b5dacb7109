/* The kernel check for one number type. */

enum { IT(MOST) = (KERNEL_CHECK_WORK - KERNEL_SCRATCH) / 7 / sizeof(double) };

/* Shapes and operands of a round. got and want begin alike. */
struct IT(round) {
    struct source *s;
    const struct TABLE *ref, *k;
    size_t rows, cols, inner, ldx, ldd, ldw;
    void *scratch;
    T *turned;                     /* room for w, turned */
    T *x, *d, *w, *b, *got, *want; /* x [rows][ldx], d [rows][ldd], w [cols][ldw], b [cols] */
    uint64_t *hash;
};

static void IT(fill)(struct source *s, T *p, size_t n)
{
    const int wild = below(s, 3) == 0;
    for (size_t i = 0; i < n; i++)
        p[i] = (T)some_number(s, wild);
}

static void IT(begin)(struct IT(round) * r, size_t n)
{
    IT(fill)(r->s, r->got, n);
    memcpy(r->want, r->got, n * sizeof(T));
}

/* 1 where all is the same */
static int IT(same)(struct IT(round) * r, size_t n)
{
    int same = 1;
    for (size_t i = 0; i < n; i++) {
        BITS got, want;
        memcpy(&got, r->got + i, sizeof got);
        memcpy(&want, r->want + i, sizeof want);
        const int is_nan = isnan(r->want[i]);
        same &= got == want || (is_nan && isnan(r->got[i]));
        *r->hash = (*r->hash ^ (is_nan ? 1 : got)) * 0x100000001b3u;
        *r->hash ^= *r->hash >> 29;
    }
    return same;
}

static size_t IT(product_size)(const struct IT(round) * r, int which)
{
    return which == 0 ? r->rows * r->ldd : which == 1 ? r->rows * r->ldx : r->cols * r->ldw;
}

static void IT(product)(const struct IT(round) * r, const struct TABLE *k, int which, T *out,
                        const T *bias, size_t step)
{
    const size_t rows = r->rows, cols = r->cols, inner = r->inner;
    if (which == 0)
        k->linear(out, r->ldd, r->x, r->ldx, r->w, r->ldw, bias, step, rows, cols, inner,
                  r->scratch);
    else if (which == 1)
        k->linear_dx(out, r->ldx, r->d, r->ldd, r->w, r->ldw, rows, cols, inner, r->scratch);
    else
        k->linear_dw(out, r->ldw, r->d, r->ldd, r->x, r->ldx, rows, cols, inner, r->scratch);
}

/* The first that is wrong, or 3. */
static int IT(products)(struct IT(round) * r)
{
    int which = 0;
    for (; which < 3; which++) {
        const size_t n = IT(product_size)(r, which), step = below(r->s, 2);
        const T *bias = below(r->s, 3) ? r->b : NULL;
        IT(begin)(r, n);
        IT(product)(r, r->ref, which, r->want, bias, step);
        IT(product)(r, r->k, which, r->got, bias, step);
        if (!IT(same)(r, n))
            break;
    }
    return which;
}

/* linear once more, with weights turned before. */
static int IT(turned)(struct IT(round) * r)
{
    const size_t n = IT(product_size)(r, 0), ldt = (r->cols + 15) / 16 * 16 + 16 * below(r->s, 2);
    IT(begin)(r, n);
    IT(product)(r, r->ref, 0, r->want, r->b, 1);
    r->k->turn(r->turned, ldt, r->w, r->ldw, r->cols, r->inner);
    r->k->linear_turned(r->got, r->ldd, r->x, r->ldx, r->turned, ldt, r->b, 1, r->rows, r->cols,
                        r->inner, r->scratch);
    return IT(same)(r, n);
}

static int IT(sums)(struct IT(round) * r, int down)
{
    const size_t n = down ? r->cols : r->rows;
    IT(begin)(r, n);
    for (int i = 0; i < 2; i++) {
        const struct TABLE *k = i ? r->k : r->ref;
        T *out = i ? r->got : r->want;
        if (down)
            k->sum_rows(out, r->d, r->ldd, r->rows, r->cols);
        else
            k->row_sum(out, r->d, r->ldd, r->rows, r->cols);
    }
    return IT(same)(r, n);
}

/* softmax; its results serve as the operands of the other two */
static int IT(softmax)(struct IT(round) * r, int which)
{
    const size_t n = r->rows * r->ldd, lse = below(r->s, 4) ? n : 0;
    const size_t total = which == 0 ? n + (lse ? r->rows : 0) : which == 1 ? n : r->rows;
    IT(begin)(r, total);
    for (int i = 0; i < 2; i++) {
        const struct TABLE *k = i ? r->k : r->ref;
        T *out = i ? r->got : r->want;
        if (which == 0)
            k->softmax(out, r->ldd, lse ? out + lse : NULL, r->d, r->ldd, r->rows, r->cols);
        else if (which == 1)
            k->softmax_back(out, r->ldd, r->d, r->ldd, r->x, r->ldx, r->rows,
                            r->cols < r->ldx ? r->cols : r->ldx);
        else
            k->dot_lse(out, r->b, r->d, r->ldd, r->x, r->ldx, r->rows,
                       r->cols < r->ldx ? r->cols : r->ldx);
    }
    return IT(same)(r, total);
}

static int IT(map)(struct IT(round) * r, const struct program *p)
{
    const size_t n = below(r->s, 200);
    const unsigned char step[] = {1, (unsigned char)below(r->s, 2), (unsigned char)below(r->s, 2)};
    const T *args[] = {r->w, r->w + 200, r->w + 400};
    IT(fill)(r->s, r->w, 600);
    IT(begin)(r, n);
    r->ref->map(p, args, step, r->want, n);
    r->k->map(p, args, step, r->got, n);
    return IT(same)(r, n);
}

static int IT(updates)(struct IT(round) * r, int which)
{
    const size_t n = below(r->s, 200);
    const T rate = (T)some_number(r->s, 0);
    IT(begin)(r, n);
    for (int i = 0; i < 2; i++) {
        const struct TABLE *k = i ? r->k : r->ref;
        T *out = i ? r->got : r->want;
        if (which == 0)
            k->add(out, r->w, n);
        else
            k->sgd(out, r->w, r->x, rate, n);
    }
    return IT(same)(r, n);
}

/* w and the two arrays of state lie one after the other. */
static int IT(optimisers)(struct IT(round) * r, enum update_kernel kind)
{
    const size_t n = below(r->s, 200);
    const enum update_decay decay = (enum update_decay)below(r->s, 3);
    T c[UPDATE_NUMBERS];
    IT(fill)(r->s, c, UPDATE_NUMBERS);
    IT(fill)(r->s, r->w, 200);
    IT(begin)(r, 3 * n);
    r->ref->update[kind](r->want, r->want + n, r->want + 2 * n, r->w, c, decay, (T)0.01, n);
    r->k->update[kind](r->got, r->got + n, r->got + 2 * n, r->w, c, decay, (T)0.01, n);
    return IT(same)(r, 3 * n);
}

static struct IT(round) IT(set_up)(const struct TABLE *ref, const struct TABLE *k, struct source *s,
                                   void *work, uint64_t *hash)
{
    T *at[6];
    for (size_t i = 0; i < 6; i++)
        at[i] = (T *)work + i * IT(MOST) + below(s, 16);
    struct IT(round) r = {.s = s, .ref = ref, .k = k, .hash = hash};
    r.x = at[0], r.d = at[1], r.w = at[2], r.b = at[3], r.got = at[4], r.want = at[5];
    r.turned = (T *)work + 6 * IT(MOST);
    r.scratch = (char *)work + KERNEL_CHECK_WORK - KERNEL_SCRATCH;
    r.rows = some_size(s, 220), r.cols = some_size(s, 300), r.inner = some_size(s, 300);
    r.ldx = r.inner + below(s, 4), r.ldd = r.cols + below(s, 4);
    r.ldw = r.inner + below(s, 4);
    IT(fill)(s, r.x, r.rows * r.ldx > 200 ? r.rows * r.ldx : 200);
    IT(fill)(s, r.d, r.rows * r.ldd);
    IT(fill)(s, r.w, r.cols * r.ldw > 200 ? r.cols * r.ldw : 200);
    IT(fill)(s, r.b, r.cols > r.rows ? r.cols : r.rows + 1);
    return r;
}

static const char *IT(round)(const struct TABLE *k, struct source s, void *work, uint64_t *hash)
{
    struct IT(round) r = IT(set_up)(GET(ISA_REF), k, &s, work, hash);
    static const char *const products[] = {"linear" IN, "linear_dx" IN, "linear_dw" IN};
    const int wrong = IT(products)(&r);
    if (wrong < 3)
        return products[wrong];
    if (!IT(turned)(&r))
        return "linear_turned" IN;
    if (!IT(sums)(&r, 0))
        return "row_sum" IN;
    if (!IT(sums)(&r, 1))
        return "sum_rows" IN;
    if (!IT(updates)(&r, 0))
        return "add" IN;
    if (!IT(updates)(&r, 1))
        return "sgd" IN;
    if (!IT(softmax)(&r, 0))
        return "softmax" IN;
    if (!IT(softmax)(&r, 1))
        return "softmax_back" IN;
    if (!IT(softmax)(&r, 2))
        return "dot_lse" IN;
    for (int kind = UPDATE_NONE + 1; kind < UPDATE_COUNT; kind++)
        if (!IT(optimisers)(&r, (enum update_kernel)kind))
            return "update" IN;
    for (int prim = 0; prim < PRIM_COUNT; prim++) {
        static const char *const names[] = {
#define X(name, arity) "map " #name IN,
            PRIM_LIST(X)
#undef X
        };
        struct program p = {.n_args = 3, .n_regs = 4, .n_steps = 1, .result = 3};
        p.steps[0] = (struct program_step){(uint8_t)prim, 3, 0, 1, 2};
        if (!IT(map)(&r, &p))
            return names[prim];
    }
    const struct program p = some_program(&s);
    return IT(map)(&r, &p) ? NULL : "map" IN;
}
