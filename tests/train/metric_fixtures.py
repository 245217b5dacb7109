"""Writes tests/train/fixtures/metrics.txt: what scikit-learn says of random answers.

    python3 tests/train/metric_fixtures.py > tests/train/fixtures/metrics.txt

Needs scikit-learn (written with 1.9). What it does not have, or cannot compute without overflow,
is computed here: calibration error from its definition, and regressions with huge or tiny
numbers in exact fractions. Where scikit-learn puts 0 or 1 for what is not defined, or raises, the
fixture says nan. test_metrics.c reads the file: a case is a line "case NAME classes rows"
(0 classes: a regression), then rows "weight class score..." or "weight target answer", then
"NAME value" for each metric, "confusion" with the matrix row by row, and "end".
"""
import warnings
from fractions import Fraction

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def calibration_error(y, p, w, bins=15):
    said = p.argmax(1)
    sure = p.max(1)
    total = 0.0
    for b in range(bins):
        here = np.ceil(sure * bins) - 1 == b
        if w[here].sum() > 0:
            right = np.average(said[here] == y[here], weights=w[here])
            total += w[here].sum() * abs(right - np.average(sure[here], weights=w[here]))
    return total / w.sum()


def occurs(y, w, k):
    return w[y == k].sum() > 0


def of_classes(y, p, w):
    classes = p.shape[1]
    said = p.argmax(1)
    ranked = [1] if classes == 2 else range(classes)
    everywhere = all(occurs(y, w, k) for k in ranked)
    rest = all(w[y != k].sum() > 0 for k in ranked)
    one = [(y == k).astype(int) for k in range(classes)]
    yield "accuracy", sk.accuracy_score(y, said, sample_weight=w)
    kept = w > 0
    yield "balanced-accuracy", sk.balanced_accuracy_score(y[kept], said[kept],
                                                          sample_weight=w[kept])
    yield "log-loss", sk.log_loss(y, p, sample_weight=w, labels=range(classes))
    yield "brier", (sk.brier_score_loss(y, p[:, 1], sample_weight=w, pos_label=1) if classes == 2
                    else np.average(((p - np.eye(classes)[y]) ** 2).sum(1), weights=w))
    yield "f1-macro", sk.f1_score(y[kept], said[kept], average="macro", sample_weight=w[kept])
    yield "f1-micro", sk.f1_score(y, said, average="micro", sample_weight=w)
    yield "auc", (np.mean([sk.roc_auc_score(one[k], p[:, k], sample_weight=w) for k in ranked])
                  if everywhere and rest else np.nan)
    yield "average-precision", (np.mean([sk.average_precision_score(one[k], p[:, k],
                                                                    sample_weight=w)
                                         for k in ranked]) if everywhere else np.nan)
    yield "calibration-error", calibration_error(y, p, w)


def of_numbers(y, p, w):
    kept = w > 0
    y, p, w = y[kept], p[kept], w[kept]
    same = np.all(y == y[0])
    yield "mse", sk.mean_squared_error(y, p, sample_weight=w)
    yield "rmse", sk.root_mean_squared_error(y, p, sample_weight=w)
    yield "mae", sk.mean_absolute_error(y, p, sample_weight=w)
    # a weighted median that is scikit-learn's own unweighted one: whole weights are repeated rows
    y_each, p_each = np.repeat(y, w.astype(int)), np.repeat(p, w.astype(int))
    yield "median-absolute-error", sk.median_absolute_error(y_each, p_each)
    yield "r2", np.nan if same else sk.r2_score(y, p, sample_weight=w)
    yield "mape", np.nan if np.any(y == 0) else sk.mean_absolute_percentage_error(
        y, p, sample_weight=w)
    for q in (0.5, 0.1, 0.95):
        yield f"pinball:{q}", sk.mean_pinball_loss(y, p, sample_weight=w, alpha=q)
    yield "explained-variance", (np.nan if same else
                                 sk.explained_variance_score(y, p, sample_weight=w))


def root(f):
    """The square root of a fraction as a float, without overflow on the way."""
    shift = 0
    while f > 2**100:
        f, shift = f / 2**100, shift + 50
    while 0 < f < Fraction(1, 2**100):
        f, shift = f * 2**100, shift - 50
    return float(Fraction(np.sqrt(float(f))) * Fraction(2) ** shift)


def as_float(f):
    try:
        return float(f)
    except OverflowError:
        return np.inf


def exactly(y, p, w):
    y, p, w = ([Fraction(float(v)) for v in column] for column in (y, p, w))
    e = [b - a for a, b in zip(y, p)]
    total = sum(w)

    def mean(v):
        return sum(a * b for a, b in zip(w, v)) / total

    def variance(v):
        return mean([(x - mean(v)) ** 2 for x in v])

    mse = mean([x * x for x in e])
    yield "mse", as_float(mse)
    yield "rmse", root(mse)
    yield "mae", as_float(mean([abs(x) for x in e]))
    yield "r2", float(1 - mse / variance(y))
    yield "mape", float(mean([abs(x) / abs(t) for x, t in zip(e, y)]))
    yield "explained-variance", float(1 - variance(e) / variance(y))


def write(name, y, p, w, values, matrix=None):
    classes = p.shape[1] if p.ndim == 2 else 0
    print("case", name, classes, len(y))
    for i in range(len(y)):
        numbers = p[i] if classes else [p[i]]
        print(repr(float(w[i])), repr(y[i].item()), *(repr(float(v)) for v in numbers))
    for metric, value in values:
        print(metric, repr(float(value)))
    if matrix is not None:
        print("confusion", *(repr(float(v)) for v in matrix.ravel()))
    print("end")


def classes(name, y, p, w=None):
    w = np.ones(len(y)) if w is None else w
    write(name, y, p, w, of_classes(y, p, w),
          sk.confusion_matrix(y, p.argmax(1), sample_weight=w, labels=range(p.shape[1])))


def numbers(name, y, p, w=None, how=of_numbers):
    w = np.ones(len(y)) if w is None else w
    write(name, y, p, w, how(y, p, w))


def main():
    r = np.random.default_rng(1)

    def scores(n, k, steps=None):
        p = r.dirichlet(np.ones(k), n)
        if steps:                   # few different values: ties
            p = np.floor(p * steps) / steps
            p[:, -1] = 1 - p[:, :-1].sum(1)
        return p

    for k in (2, 3, 7):
        y = r.integers(k, size=80)
        y[:k] = range(k)
        classes(f"classes-{k}", y, scores(80, k))
        classes(f"classes-{k}-ties", y, scores(80, k, 4))
        classes(f"classes-{k}-weights", y, scores(80, k, 8), r.integers(0, 4, 80).astype(float))
        classes(f"classes-{k}-fractions", y, scores(80, k), r.random(80) * 3)
        classes(f"perfect-{k}", y, np.eye(k)[y])
        classes(f"wrong-{k}", y, np.eye(k)[(y + 1) % k])
        classes(f"constant-{k}", y, np.tile(np.array([0.5] + [0.5 / (k - 1)] * (k - 1)), (80, 1)))
    classes("absent", np.array([0, 1, 0, 1, 0]), scores(5, 3))
    classes("absent-and-never-said", np.array([0, 1, 0, 1]), np.array([[.6, .4, 0]] * 4))
    classes("second-only", np.array([1, 1, 1]), scores(3, 2))
    classes("first-only", np.array([0, 0]), scores(2, 2))
    classes("one-row", np.array([1]), np.array([[.25, .75]]))
    classes("tiny", np.array([0, 1, 1, 0]), np.array([[1 - 1e-17, 1e-17], [1, 0], [1e-300, 1],
                                                      [1 - 1e-9, 1e-9]]))
    bins = np.arange(1, 16) / 15    # scores on the bins' borders
    bins = np.array([b for b in bins if b > .5])
    classes("borders", r.integers(2, size=len(bins)), np.stack([bins, 1 - bins], 1))

    y = r.normal(size=61) * 10
    numbers("numbers", y, y + r.normal(size=61))
    numbers("numbers-even", y[:60], y[:60] + r.normal(size=60))
    numbers("numbers-weights", y, y + r.normal(size=61), r.integers(0, 5, 61).astype(float))
    numbers("numbers-ties", np.round(y), np.round(y + r.normal(size=61)), np.full(61, 2.0))
    numbers("numbers-perfect", y, y)
    numbers("numbers-constant", y, np.full(61, 0.5))
    numbers("numbers-equal-targets", np.full(9, 0.1), r.normal(size=9))
    numbers("numbers-zero-target", np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.0, 4.0]))
    numbers("numbers-zero-target-without-weight", np.array([0.0, 1.0, 2.0]),
            np.array([0.5, 1.0, 4.0]), np.array([0.0, 1.0, 1.0]))
    numbers("numbers-one-row", np.array([3.0]), np.array([2.5]))
    numbers("numbers-large-mean", y + 1e9, y + 1e9 + r.normal(size=61))
    for name, scale in (("huge", 1e200), ("tiny", 1e-200), ("largest", 1.7e307),
                        ("smallest", 1e-306)):
        numbers(f"numbers-{name}", y / 10 * scale, r.normal(size=61) * scale, r.random(61), exactly)
    mixed = np.array([10.0 ** k for k in range(-150, 151, 10)])
    numbers("numbers-mixed", mixed, mixed * 1.5, how=exactly)


main()
