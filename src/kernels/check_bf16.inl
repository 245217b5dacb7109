/* The check of products of bf16 factors; follows that of float32. */

/* The operands without what some take for 0: subnormals in bf16. */
static void flush(float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = fabsf(p[i]) < 0x1p-126f ? 0 : p[i];
}

static float *sizes_of(float *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = fabsf(from[i]);
    return to;
}

static uint32_t bits_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* Rows of `cols` numbers that lie `ld` apart. Where infinities and NaN take part, something like
 * them must come out; else the difference is bounded by the sum of the terms' sizes, each
 * addition rounding once, and by what is lost below the least normal number. */
static int near(const struct round_f32 *r, const float *sizes, size_t depth, size_t rows,
                size_t cols, size_t ld)
{
    const double least = 0x1p-125, part = 0x1p-22;
    int good = 1;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < ld; j++) {
            const size_t at = i * ld + j;
            const double got = (double)r->got[at], want = (double)r->want[at];
            const double most = (double)(depth + 2) * (part * (double)sizes[at] + least);
            if (j >= cols) /* between rows */
                good &= bits_of(r->got[at]) == bits_of(r->want[at]);
            else if (isfinite(sizes[at]))
                good &= fabs(got - want) <= most;
            else
                good &= !isfinite(got);
        }
    return good;
}

/* The first that is wrong, or 3. */
static int near_products(struct round_f32 *r, float *spare)
{
    struct round_f32 sizes = *r;
    const size_t nx = r->rows * r->ldx, nd = r->rows * r->ldd, nw = r->cols * r->ldw;
    flush(r->x, nx), flush(r->d, nd), flush(r->w, nw);
    sizes.x = sizes_of(spare, r->x, nx);
    sizes.d = sizes_of(spare + MOST_f32, r->d, nd);
    sizes.w = sizes_of(spare + 2 * MOST_f32, r->w, nw);
    sizes.b = sizes_of(spare + 3 * MOST_f32, r->b, r->cols + 1);
    float *out = spare + 4 * MOST_f32;
    int which = 0;
    for (; which < 3; which++) {
        const size_t n = product_size_f32(r, which), step = below(r->s, 2);
        const int bias = below(r->s, 3) > 0;
        const size_t depth = which == 0 ? r->inner : which == 1 ? r->cols : r->rows;
        begin_f32(r, n);
        product_f32(r, r->ref, which, r->want, bias ? r->b : NULL, step);
        product_f32(r, r->k, which, r->got, bias ? r->b : NULL, step);
        product_f32(&sizes, r->ref, which, out, bias ? sizes.b : NULL, step);
        if (!near(r, out, depth, which == 2 ? r->cols : r->rows, which == 0 ? r->cols : r->inner,
                  which == 0   ? r->ldd
                  : which == 1 ? r->ldx
                               : r->ldw))
            break;
    }
    return which;
}

static const char *round_bf16(const struct kernels_f32 *k, struct source s, void *work,
                              uint64_t *hash)
{
    struct round_f32 r = set_up_f32(cr_kernels_bf16(ISA_REF), k, &s, work, hash);
    static const char *const products[] = {"linear bf16", "linear_dx bf16", "linear_dw bf16", NULL};
    return products[cr_isa_is_near(k->isa) ? near_products(&r, (float *)work + 6 * MOST_f32)
                                           : products_f32(&r)];
}
