/* The table of metrics. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "train/judge.h"

#define CLASSES CR_CLASSIFICATION
#define NUMBERS CR_REGRESSION

/* w: the row's weight; k: a class; y: what is right; p: the score of a class, or the answer. */
static const struct metric_row rows[] = {
    {{"accuracy", "accuracy", CLASSES, 1, 0, "share of rows with the right answer"},
     cr_accuracy,
     .wilson = 1},
    {{"balanced-accuracy", "balanced accuracy", CLASSES, 1, 0,
      "mean of the recalls of the classes that occur",
      "Brodersen, Ong, Stephan, Buhmann: The balanced accuracy and its posterior distribution (ICPR "
      "2010)"},
     cr_balanced_accuracy},
    {{"log-loss", "log loss", CLASSES, 0, 0,
      "mean of -ln p(right class), p within 2^-52 and 1 - 2^-52"},
     cr_log_loss},
    {{"brier", "Brier score", CLASSES, 0, 0,
      "mean of the sum over classes of (p - y)^2; for two classes half of it",
      "Brier: Verification of forecasts expressed in terms of probability (1950)"},
     cr_brier},
    {{"f1-macro", "F1, macro", CLASSES, 1, 0,
      "mean of 2 TP / (2 TP + FP + FN) over the classes that occur or are answered",
      "van Rijsbergen: Information Retrieval (1979)"},
     cr_f1_macro},
    {{"f1-micro", "F1, micro", CLASSES, 1, 0,
      "2 TP / (2 TP + FP + FN), sums over all classes: with one class a row, the accuracy"},
     cr_accuracy,
     .wilson = 1},
    {{"auc", "AUC", CLASSES, 1, 0,
      "chance that a row of the class gets a higher score than another row, ties half; two classes: "
      "the second's; more: the mean over classes, each against the rest",
      "Hanley, McNeil: The meaning and use of the area under a ROC curve (Radiology 1982)"},
     cr_auc,
     .ranks = 1},
    {{"average-precision", "average precision", CLASSES, 1, 0,
      "sum over falling thresholds of (gain in recall) times precision; two classes: the second's; "
      "more: the mean over classes, each against the rest"},
     cr_average_precision,
     .ranks = 1},
    {{"calibration-error", "calibration error", CLASSES, 0, 0,
      "15 bins of equal width by the answer's score: mean over rows of |accuracy - mean score| of "
      "their bin",
      "Naeini, Cooper, Hauskrecht: Obtaining well calibrated probabilities (AAAI 2015)"},
     cr_calibration_error},
    {{"rmse", "RMSE", NUMBERS, 0, 1, "square root of the mean of (p - y)^2"}, cr_rmse},
    {{"mse", "MSE", NUMBERS, 0, 2, "mean of (p - y)^2"}, cr_mse},
    {{"mae", "MAE", NUMBERS, 0, 1, "mean of |p - y|"}, cr_mae},
    {{"median-absolute-error", "median absolute error", NUMBERS, 0, 1,
      "median of |p - y|; with weights, the middle of where their running sum reaches and where it "
      "exceeds half"},
     cr_median_error},
    {{"r2", "R\u00b2", NUMBERS, 1, 0, "1 - sum of (p - y)^2 / sum of (y - mean y)^2"}, cr_r2},
    {{"mape", "MAPE", NUMBERS, 0, 0, "mean of |p - y| / |y|, as a share"}, cr_mape},
    {{"pinball", "pinball loss", NUMBERS, 0, 1,
      "mean of q (y - p) where y > p, else (1 - q) (p - y)",
      "Koenker, Bassett: Regression quantiles (Econometrica 1978)", "quantile", 0.5},
     cr_pinball},
    {{"explained-variance", "explained variance", NUMBERS, 1, 0,
      "1 - variance of (p - y) / variance of y"},
     cr_explained_variance},
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct metric_row *cr_metric_row(size_t index)
{
    return index < ROWS ? &rows[index] : NULL;
}

const cr_metric_info *cr_metric_at(size_t index)
{
    return index < ROWS ? &rows[index].info : NULL;
}

static cr_status unknown(const char *text, int length, cr_error *err)
{
    const char *names[ROWS], *near;
    char name[64];
    for (size_t i = 0; i < ROWS; i++)
        names[i] = rows[i].info.name;
    cr_fail(err, CR_ERR_UNKNOWN, "unknown metric '%.*s'", length < 60 ? length : 60, text);
    snprintf(name, sizeof name, "%.*s", length, text);
    near = cr_suggest(name, names, ROWS);
    if (near)
        cr_hint(err, "did you mean '%s'?", near);
    else
        cr_hint(err, "'chainrule list metrics' shows those there are");
    return CR_ERR_UNKNOWN;
}

cr_status cr_metric_find(const char *text, cr_metric *out, cr_error *err)
{
    const size_t length = strcspn(text, ":");
    size_t i = 0;
    while (i < ROWS &&
           (strlen(rows[i].info.name) != length || memcmp(rows[i].info.name, text, length) != 0))
        i++;
    if (i == ROWS)
        return unknown(text, (int)length, err);
    cr_metric m = {.index = i, .parameter = rows[i].info.value};
    if (text[length] == ':') {
        const char *given = text + length + 1;
        if (!rows[i].info.parameter)
            return cr_fail(err, CR_ERR_VALUE, "the metric '%s' has no parameter",
                           rows[i].info.name);
        if (!cr_parse_f64(given, strlen(given), &m.parameter) || !(m.parameter > 0) ||
            !(m.parameter < 1))
            return cr_fail(
                err, CR_ERR_VALUE, "the %s of '%s' must be above 0 and below 1, as in %s:%g",
                rows[i].info.parameter, rows[i].info.name, rows[i].info.name, rows[i].info.value);
    }
    *out = m;
    return CR_OK;
}
