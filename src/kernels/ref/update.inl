/* Optimisers' updates in one pass. Each line is a primitive of the formula in net/tables.c, in
 * the order in which a compiled program takes them; nothing is fused. The arrays do not
 * overlap. */

#define EACH_NUMBER(decay, assignments)                                \
    if ((decay) == DECAY_NONE)                                         \
        for (size_t i = 0; i < n; i++) {                               \
            const T g = gradient[i], w = weight[i];                    \
            assignments                                                \
        }                                                              \
    else if ((decay) == DECAY_GRADIENT)                                \
        for (size_t i = 0; i < n; i++) {                               \
            const T w = weight[i], g = gradient[i] + weight_decay * w; \
            assignments                                                \
        }                                                              \
    else                                                               \
        for (size_t i = 0; i < n; i++) {                               \
            const T g = gradient[i], w = weight[i] * shrunk;           \
            assignments                                                \
        }

#define UPDATE(name, assignments)                                                                \
    static void name(T *restrict weight, T *restrict s0, T *restrict s1,                         \
                     const T *restrict gradient, const T *c, enum update_decay decay,            \
                     T weight_decay, size_t n)                                                   \
    {                                                                                            \
        const T rate = c[UPDATE_RATE], c1 = c[UPDATE_FACTOR0], c2 = c[UPDATE_FACTOR1];           \
        const T p0 = c[UPDATE_PARAM0], q0 = c[UPDATE_PARAM0 + 1];                                \
        const T p1 = c[UPDATE_PARAM0 + 2], q1 = c[UPDATE_PARAM0 + 3], p2 = c[UPDATE_PARAM0 + 4]; \
        const T shrunk = 1 - rate * weight_decay;                                                \
        (void)s1, (void)c1, (void)c2, (void)p0, (void)q0, (void)p1, (void)q1, (void)p2;          \
        EACH_NUMBER(decay, assignments)                                                          \
    }

UPDATE(update_momentum, {
    const T v = p0 * s0[i] + g;
    s0[i] = v;
    weight[i] = w - rate * v;
})

UPDATE(update_nesterov, {
    const T v = p0 * s0[i] + g;
    s0[i] = v;
    weight[i] = w - rate * (g + p0 * v);
})

UPDATE(update_adagrad, {
    const T s = s0[i] + g * g;
    s0[i] = s;
    weight[i] = w - rate * g / (root(s) + p0);
})

UPDATE(update_rmsprop, {
    const T v = p0 * s0[i] + q0 * (g * g);
    s0[i] = v;
    weight[i] = w - rate * g / (root(v) + p1);
})

UPDATE(update_adam, {
    const T m = p0 * s0[i] + q0 * g;
    const T v = p1 * s1[i] + q1 * (g * g);
    s0[i] = m;
    s1[i] = v;
    weight[i] = w - rate * (m * c1) / (root(v * c2) + p2);
})

UPDATE(update_lion, {
    const T u = p0 * s0[i] + q0 * g;
    const T sign = u > 0 ? (T)1 : u < 0 ? -(T)1 : u == 0 ? (T)0 : u;
    s0[i] = p1 * s0[i] + q1 * g;
    weight[i] = w - rate * sign;
})

#define UPDATES                                                                   \
    {                                                                             \
        [UPDATE_MOMENTUM] = update_momentum, [UPDATE_NESTEROV] = update_nesterov, \
        [UPDATE_ADAGRAD] = update_adagrad, [UPDATE_RMSPROP] = update_rmsprop,     \
        [UPDATE_ADAM] = update_adam, [UPDATE_LION] = update_lion,                 \
    }
