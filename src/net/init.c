#include "net/init.h"

#include <math.h>

#include "base/random.h"

/* Uniform in [low, high), number i from position i. */
static void uniform(double *w, size_t n, double low, double high, struct random_key key)
{
    for (size_t i = 0; i < n; i++)
        w[i] = low + (high - low) * cr_random_uniform(key, i);
}

/* Make `count` vectors of `length` numbers orthonormal, by Gram and Schmidt, twice for
 * accuracy. Number k of vector i is w[i * vector + k * number]. */
static void orthonormalise(double *w, size_t count, size_t length, size_t vector, size_t number)
{
    for (size_t i = 0; i < count; i++) {
        double *x = w + i * vector;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < i; j++) {
                const double *y = w + j * vector;
                double dot = 0;
                for (size_t k = 0; k < length; k++)
                    dot = fma(x[k * number], y[k * number], dot);
                for (size_t k = 0; k < length; k++)
                    x[k * number] = fma(-dot, y[k * number], x[k * number]);
            }
        double norm = 0;
        for (size_t k = 0; k < length; k++)
            norm = fma(x[k * number], x[k * number], norm);
        norm = sqrt(norm);
        for (size_t k = 0; k < length; k++)
            x[k * number] /= norm;
    }
}

cr_status cr_init_fill(double *w, size_t rows, size_t cols, const struct init *init, uint64_t seed,
                       uint32_t group, cr_error *err)
{
    const size_t n = rows * cols;
    const double in = (double)cols, out = (double)rows;
    const double *p = init->param;
    const struct random_key key = {seed, RANDOM_INIT, group};
    double within = 0, sd = 0, mean = 0;
    switch (init->method) {
    case INIT_ZEROS:
    case INIT_CONSTANT:
        for (size_t i = 0; i < n; i++)
            w[i] = init->method == INIT_ZEROS ? 0 : p[0];
        return CR_OK;
    case INIT_UNIFORM: uniform(w, n, p[0], p[1], key); return CR_OK;
    case INIT_GLOROT_UNIFORM: within = sqrt(6 / (in + out)); break;
    case INIT_HE_UNIFORM: within = sqrt(6 / in); break;
    case INIT_LECUN_UNIFORM: within = sqrt(3 / in); break;
    case INIT_NORMAL: mean = p[0], sd = p[1]; break;
    case INIT_GLOROT_NORMAL: sd = sqrt(2 / (in + out)); break;
    case INIT_HE_NORMAL: sd = sqrt(2 / in); break;
    case INIT_LECUN_NORMAL: sd = sqrt(1 / in); break;
    case INIT_STANDARD_NORMAL:
    case INIT_ORTHOGONAL: sd = 1; break;
    case INIT_COUNT: return cr_fail(err, CR_ERR_ARGUMENT, "no such initialiser");
    }
    if (within > 0) {
        uniform(w, n, -within, within, key);
        return CR_OK;
    }
    for (size_t i = 0; i < n; i++)
        w[i] = mean + sd * cr_random_normal(key, i);
    if (init->method != INIT_ORTHOGONAL)
        return CR_OK;
    if (rows <= cols)
        orthonormalise(w, rows, cols, cols, 1);
    else
        orthonormalise(w, cols, rows, 1, cols);
    for (size_t i = 0; i < n; i++)
        w[i] *= p[0];
    return CR_OK;
}
