/* Metrics of regressions. */
#include <math.h>

#include "train/judge.h"

#define INFINITE "an answer is not finite"

/* The weighted mean of f(error). */
static double mean_of(struct judge *j, const double *w, double (*f)(double, double), double q)
{
    struct sum sum = {0};
    for (size_t i = 0; i < j->a->rows; i++)
        cr_sum_add(&sum, w[i] * f(j->error[i], q));
    return cr_sum_value(&sum) / cr_weight_of(j, w);
}

static double square(double e, double q)
{
    (void)q;
    return e * e;
}

static double size(double e, double q)
{
    (void)q;
    return fabs(e);
}

static double pinball(double e, double q)
{
    return e < 0 ? -q * e : (1 - q) * e;
}

double cr_mse(struct judge *j, const double *w, double parameter, char *why)
{
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    return ldexp(mean_of(j, w, square, parameter), 2 * j->error_exponent);
}

double cr_rmse(struct judge *j, const double *w, double parameter, char *why)
{
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    return ldexp(sqrt(mean_of(j, w, square, parameter)), j->error_exponent);
}

double cr_mae(struct judge *j, const double *w, double parameter, char *why)
{
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    return ldexp(mean_of(j, w, size, parameter), j->error_exponent);
}

double cr_pinball(struct judge *j, const double *w, double parameter, char *why)
{
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    return ldexp(mean_of(j, w, pinball, parameter), j->error_exponent);
}

double cr_median_error(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    const double half = cr_weight_of(j, w) / 2;
    double so_far = 0, low = NAN;
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    for (size_t i = 0; i < j->a->rows; i++) {
        const double e = fabs(j->error[j->by_size[i]]), weight = w[j->by_size[i]];
        so_far += weight;
        if (isnan(low) && so_far >= half)
            low = e;
        if (weight > 0 && (so_far > half || i + 1 == j->a->rows))
            return ldexp(low / 2 + e / 2, j->error_exponent);
    }
    return ldexp(low, j->error_exponent);
}

double cr_mape(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    struct sum sum = {0};
    if (j->infinite)
        return cr_undefined(why, INFINITE);
    if (j->has_zero)
        return cr_undefined(why, "a target is 0");
    for (size_t i = 0; i < j->a->rows; i++)
        cr_sum_add(&sum, w[i] > 0 ? w[i] * j->share[i] : 0);
    return cr_sum_value(&sum) / cr_weight_of(j, w);
}

static double weighted_mean(const struct judge *j, const double *w, const double *v)
{
    struct sum sum = {0};
    for (size_t i = 0; i < j->a->rows; i++)
        cr_sum_add(&sum, w[i] * v[i]);
    return cr_sum_value(&sum) / cr_weight_of(j, w);
}

/* Sum of w (v - middle)^2. */
static double squares_around(const struct judge *j, const double *w, const double *v, double middle)
{
    struct sum sum = {0};
    for (size_t i = 0; i < j->a->rows; i++)
        cr_sum_add(&sum, w[i] * (v[i] - middle) * (v[i] - middle));
    return cr_sum_value(&sum);
}

/* 1 - squares of errors around `middle` / squares of targets around their mean. */
static double explained(struct judge *j, const double *w, double middle, char *why)
{
    double first = NAN;
    int differ = 0;
    for (size_t i = 0; i < j->a->rows; i++) {
        if (w[i] > 0 && isnan(first))
            first = j->target[i];
        differ |= w[i] > 0 && j->target[i] != first;
    }
    if (!differ)
        return cr_undefined(why, "all targets are equal");
    const double left = squares_around(j, w, j->error, middle);
    const double all = squares_around(j, w, j->target, weighted_mean(j, w, j->target));
    return 1 - ldexp(left / all, 2 * (j->error_exponent - j->target_exponent));
}

double cr_r2(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    return j->infinite ? cr_undefined(why, INFINITE) : explained(j, w, 0, why);
}

double cr_explained_variance(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    return j->infinite ? cr_undefined(why, INFINITE)
                       : explained(j, w, weighted_mean(j, w, j->error), why);
}
