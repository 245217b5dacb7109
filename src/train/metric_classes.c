/* Metrics of classifications. */
#include <float.h>
#include <math.h>

#include "train/judge.h"

#define NOT_NUMBER    "a score is not a number"
#define NOT_CERTAINTY "the scores are no probabilities"

double cr_accuracy(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    struct sum right = {0};
    if (j->not_number)
        return cr_undefined(why, NOT_NUMBER);
    for (size_t i = 0; i < j->a->rows; i++)
        if (j->said[i] == j->a->class_of[i])
            cr_sum_add(&right, w[i]);
    return cr_sum_value(&right) / cr_weight_of(j, w);
}

static void count(struct judge *j, const double *w)
{
    const cr_answers *a = j->a;
    struct class_count *of = j->count;
    for (size_t k = 0; k < a->classes; k++)
        of[k] = (struct class_count){0};
    for (size_t i = 0; i < a->rows; i++) {
        of[a->class_of[i]].is += w[i];
        of[j->said[i]].said += w[i];
        if (a->class_of[i] == j->said[i])
            of[j->said[i]].both += w[i];
    }
}

double cr_balanced_accuracy(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    double sum = 0;
    size_t n = 0;
    if (j->not_number)
        return cr_undefined(why, NOT_NUMBER);
    count(j, w);
    for (size_t k = 0; k < j->a->classes; k++)
        if (j->count[k].is > 0)
            sum += j->count[k].both / j->count[k].is, n++;
    return sum / (double)n;
}

double cr_f1_macro(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    double sum = 0;
    size_t n = 0;
    if (j->not_number)
        return cr_undefined(why, NOT_NUMBER);
    count(j, w);
    for (size_t k = 0; k < j->a->classes; k++) {
        const struct class_count *c = &j->count[k];
        if (c->is + c->said > 0)
            sum += 2 * c->both / (c->is + c->said), n++;
    }
    return sum / (double)n;
}

double cr_log_loss(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    const cr_answers *a = j->a;
    struct sum sum = {0};
    if (j->not_number || j->not_certainty)
        return cr_undefined(why, j->not_number ? NOT_NUMBER : NOT_CERTAINTY);
    for (size_t i = 0; i < a->rows; i++) {
        double p = a->score[i * a->classes + a->class_of[i]];
        p = p < DBL_EPSILON ? DBL_EPSILON : p > 1 - DBL_EPSILON ? 1 - DBL_EPSILON : p;
        cr_sum_add(&sum, -w[i] * log(p));
    }
    return cr_sum_value(&sum) / cr_weight_of(j, w);
}

double cr_brier(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    const cr_answers *a = j->a;
    struct sum sum = {0};
    if (j->not_number || j->not_certainty)
        return cr_undefined(why, j->not_number ? NOT_NUMBER : NOT_CERTAINTY);
    for (size_t i = 0; i < a->rows; i++) {
        double squares = 0;
        for (size_t k = 0; k < a->classes; k++) {
            const double e = a->score[i * a->classes + k] - (a->class_of[i] == k);
            squares += e * e;
        }
        cr_sum_add(&sum, w[i] * squares);
    }
    return cr_sum_value(&sum) / cr_weight_of(j, w) / (a->classes == 2 ? 2 : 1);
}

/* What the threshold has passed so far while it falls through the scores of class k: weight of
 * the rows of k, of the others, and of the two between the thresholds before and now. */
struct sweep {
    const uint32_t *rank;
    size_t at, k;
    double is, rest, new_is, new_rest;
};

/* Go to the next lower score; 0 at the end. */
static int lower(const cr_answers *a, const double *w, struct sweep *s)
{
    if (s->at == a->rows)
        return 0;
    const double score = a->score[s->rank[s->at] * a->classes + s->k];
    s->new_is = s->new_rest = 0;
    for (; s->at < a->rows && a->score[s->rank[s->at] * a->classes + s->k] == score; s->at++) {
        const uint32_t row = s->rank[s->at];
        *(a->class_of[row] == s->k ? &s->new_is : &s->new_rest) += w[row];
    }
    s->is += s->new_is;
    s->rest += s->new_rest;
    return 1;
}

static double auc_of(const cr_answers *a, const double *w, size_t k, const uint32_t *rank)
{
    struct sweep s = {.rank = rank, .k = k};
    struct sum won = {0};
    while (lower(a, w, &s))
        cr_sum_add(&won, s.new_rest * (s.is - s.new_is / 2));
    return cr_sum_value(&won) / (s.is * s.rest);
}

static double precision_of(const cr_answers *a, const double *w, size_t k, const uint32_t *rank)
{
    struct sweep s = {.rank = rank, .k = k};
    struct sum sum = {0};
    while (lower(a, w, &s))
        if (s.new_is > 0)
            cr_sum_add(&sum, s.new_is * (s.is / (s.is + s.rest)));
    return cr_sum_value(&sum) / s.is;
}

static double name_class(const cr_answers *a, size_t k, const char *rows, char *why)
{
    if (a->class_names)
        return cr_undefined(why, "%s class '%.60s'", rows, a->class_names[k]);
    return cr_undefined(why, "%s class %zu", rows, k);
}

/* The mean over classes of what `of` gives; for two classes the second's. */
static double over_classes(struct judge *j, const double *w, char *why, int needs_rest,
                           double (*of)(const cr_answers *, const double *, size_t,
                                        const uint32_t *))
{
    const cr_answers *a = j->a;
    const size_t first = a->classes == 2;
    const double all = cr_weight_of(j, w);
    double sum = 0;
    if (j->not_number)
        return cr_undefined(why, NOT_NUMBER);
    count(j, w);
    for (size_t k = first; k < a->classes; k++) {
        if (!(j->count[k].is > 0))
            return name_class(a, k, "no row is of", why);
        if (needs_rest && j->count[k].is >= all)
            return name_class(a, k, "every row is of", why);
    }
    for (size_t k = first; k < a->classes; k++)
        sum += of(a, w, k, cr_judge_rank(j, k));
    return sum / (double)(a->classes - first);
}

double cr_auc(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    return over_classes(j, w, why, 1, auc_of);
}

double cr_average_precision(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    return over_classes(j, w, why, 0, precision_of);
}

void cr_judge_bins(struct judge *j, const double *w, cr_calibration_bin bin[CR_CALIBRATION_BINS])
{
    const cr_answers *a = j->a;
    for (int b = 0; b < CR_CALIBRATION_BINS; b++)
        bin[b] = (cr_calibration_bin){0};
    for (size_t i = 0; i < a->rows; i++) {
        const double p = a->score[i * a->classes + j->said[i]];
        int b = (int)ceil(p * CR_CALIBRATION_BINS) - 1;
        b = b < 0 ? 0 : b >= CR_CALIBRATION_BINS ? CR_CALIBRATION_BINS - 1 : b;
        bin[b].weight += w[i];
        bin[b].confidence += w[i] * p;
        bin[b].accuracy += j->said[i] == a->class_of[i] ? w[i] : 0;
    }
    for (int b = 0; b < CR_CALIBRATION_BINS; b++) {
        bin[b].confidence /= bin[b].weight;
        bin[b].accuracy /= bin[b].weight;
    }
}

double cr_calibration_error(struct judge *j, const double *w, double parameter, char *why)
{
    (void)parameter;
    cr_calibration_bin bin[CR_CALIBRATION_BINS];
    double sum = 0;
    if (j->not_number || j->not_certainty)
        return cr_undefined(why, j->not_number ? NOT_NUMBER : NOT_CERTAINTY);
    cr_judge_bins(j, w, bin);
    for (int b = 0; b < CR_CALIBRATION_BINS; b++)
        if (bin[b].weight > 0)
            sum += bin[b].weight * fabs(bin[b].accuracy - bin[b].confidence);
    return sum / cr_weight_of(j, w);
}
