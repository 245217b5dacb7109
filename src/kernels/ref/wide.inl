/* The wide vectors of the reference: one lane. */
#define WIDE    1
#define VECTORS 4
#define ROWS    4

typedef T W;

static inline W wide_load(const T *p, size_t part)
{
    (void)part;
    return *p;
}

static inline void wide_store(T *p, W v, size_t part)
{
    (void)part;
    *p = v;
}

static inline W wide_all(T x)
{
    return x;
}

static inline W wide_add(W a, W b)
{
    return a + b;
}

static inline W wide_fused(W a, W b, W c)
{
    return FMA(a, b, c);
}

static inline void wide_turn(T *to, size_t ldto, const T *const *line, size_t j0)
{
    (void)ldto;
    *to = line[0][j0];
}
