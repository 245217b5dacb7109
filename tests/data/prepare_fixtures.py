"""Write prepare.inc: columns and what robust scaling with smooth clipping makes of them.

The rule of Holzmueller et al. 2024 (arXiv 2407.04491, section 3.1), written with numpy: median,
1 / (q75 - q25), where that is 0 twice the inverse of the range, constants 0, then
x / sqrt(1 + (x / 3)^2). Run by hand: python3 tests/data/prepare_fixtures.py > tests/data/prepare.inc
"""
import numpy as np


def robust(x, to):
    spread = np.quantile(x, 0.75) - np.quantile(x, 0.25)
    if spread == 0:
        spread = 0.5 * (x.max() - x.min())
    factor = 0 if spread == 0 else 1 / spread
    y = factor * (to - np.median(x))
    return y / np.sqrt(1 + (y / 3) ** 2)


rng = np.random.default_rng(4)
columns = [
    rng.normal(size=11),
    rng.exponential(size=12) * 1000,
    np.array([0.0] * 9 + [5.0]),
    np.array([7.0] * 8),
    np.array([3.0, 1.0]),
    np.array([-2.5]),
    rng.integers(0, 3, size=13).astype(float),
    np.array([1e300, -1e300, 2e300, 0, 5]),
    rng.standard_cauchy(size=40),
]
for x in columns:
    to = np.concatenate([x, [0.0, -1e6, 12.5, 1e305]])
    with np.errstate(over="ignore", invalid="ignore"):
        y = robust(x, to)
    y[-1] = 0 if np.ptp(x) == 0 else 3
    if np.ptp(x) > 1e299:
        y[-1] = robust(x, to[-1:])[0]
    print("{%d, (const double[]){%s}," % (len(x), ", ".join(repr(float(v)) for v in to)))
    print(" (const double[]){%s}}," % ", ".join(repr(float(v)) for v in y))
