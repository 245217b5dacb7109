#!/usr/bin/env python3
"""Write rational.txt and derivatives.txt, beside this script: what Python's fractions and
mpmath say. Needs mpmath (Debian: python3-mpmath). The files do not change between runs."""
import os
import random
from fractions import Fraction

import mpmath
from mpmath import mpf

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 1 << 1152
mpmath.mp.dps = 60
random.seed(20261121)


def show(f):
    return f"{f.numerator}/{f.denominator}"


def fits(f):
    return abs(f.numerator) < LIMIT and f.denominator < LIMIT


def some_fraction():
    bits = random.choice([1, 4, 20, 32, 33, 64, 65, 130, 400, 700, 1151])
    den = random.choice([1, 1, 10 ** random.randrange(8), 1 + random.getrandbits(bits)])
    return Fraction(random.choice([-1, 1]) * random.getrandbits(random.choice([bits, 8])), den)


def rounded(f, places):
    scaled = abs(f) * Fraction(10) ** places
    whole = scaled.numerator * 2 // scaled.denominator
    whole = whole // 2 + whole % 2
    digits = str(whole) if places >= 0 else str(whole * 10 ** -places)
    if places > 0:
        digits = digits.rjust(places + 1, "0")
        digits = digits[:-places] + "." + digits[-places:]
    return ("-" if f < 0 and whole else "") + digits


def rationals(out):
    for _ in range(90):
        a, b = some_fraction(), some_fraction()
        if random.random() < 0.1:
            b = a
        row = [show(a), show(b)]
        for r in (a + b, a - b, a * b, a / b if b else None):
            row.append(show(r) if r is not None and fits(r) else "none")
        row.append(str((a > b) - (a < b)))
        print("pair", *row, file=out)
    for _ in range(30):
        a, n = some_fraction(), random.randrange(-9, 12)
        r = a ** n if a or n >= 0 else None
        print("power", show(a), n, show(r) if r is not None and fits(r) else "none", file=out)
    for _ in range(70):
        a, places = some_fraction(), random.randrange(-3, 12)
        if random.random() < 0.3:
            a = Fraction(random.randrange(-10 ** 6, 10 ** 6) * 10 + 5, 10 ** (max(places, 0) + 1))
        text = rounded(a, places)
        print("round", show(a), places, text, int(Fraction(text) == a), file=out)
    for _ in range(70):
        a = some_fraction()
        if random.random() < 0.4:       # around the subnormal numbers, and ties
            m = random.getrandbits(54) | 1
            a = Fraction(m, 2 ** random.choice([53, 1073, 1074, 1100]))
            a = a if fits(a) else Fraction(m, 2 ** 1074)
        try:
            print("double", show(a), float(a).hex(), file=out)
        except OverflowError:
            print("double", show(a), "inf" if a > 0 else "-inf", file=out)
    for _ in range(30):
        a = abs(some_fraction())
        square = a * a if random.random() < 0.7 and fits(a * a) else a
        n, d = mpmath.libmp.isqrt(square.numerator), mpmath.libmp.isqrt(square.denominator)
        exact = n * n == square.numerator and d * d == square.denominator
        print("root", show(square), f"{n}/{d}" if exact else "none", file=out)


def sigmoid(t):
    return 1 / (1 + mpmath.exp(-t))


def softplus(t):
    return mpmath.log1p(mpmath.exp(t))


def clamp(t, lo, hi):
    return min(hi, max(lo, t))


FORMULAS = [
    ("t/10", lambda t: t / 10),
    ("t^2", lambda t: t ** 2),
    ("t^3 - 2*t^2 + 5", lambda t: t ** 3 - 2 * t ** 2 + 5),
    ("1/t", lambda t: 1 / t),
    ("t^-3", lambda t: t ** -3),
    ("t^7 + t^4", lambda t: t ** 7 + t ** 4),
    ("exp(t)", mpmath.exp), ("e^(2*t)", lambda t: mpmath.exp(2 * t)),
    ("exp(-t^2)", lambda t: mpmath.exp(-t ** 2)),
    ("expm1(t)", mpmath.expm1),
    ("log(1 + t^2)", lambda t: mpmath.log(1 + t ** 2)),
    ("ln(t^2)", lambda t: mpmath.log(t ** 2)),
    ("log1p(t^2)", lambda t: mpmath.log1p(t ** 2)),
    ("sqrt(1 + t^2)", lambda t: mpmath.sqrt(1 + t ** 2)),
    ("|t|", abs), ("abs(t - 1)*t", lambda t: abs(t - 1) * t),
    ("sign(t)*t^2", lambda t: mpmath.sign(t) * t ** 2),
    ("step(t)*t", lambda t: t if t > 0 else mpf(0)),
    ("max(0, t)", lambda t: max(mpf(0), t)),
    ("max(t, t^2)", lambda t: max(t, t ** 2)),
    ("min(1, t^3)", lambda t: min(mpf(1), t ** 3)),
    ("min(t, -2*t)", lambda t: min(t, -2 * t)),
    ("clamp(t/6 + 1/2, 0, 1)", lambda t: clamp(t / 6 + mpf(1) / 2, 0, 1)),
    ("clamp(t, -abs(t)/2, t^2)", lambda t: clamp(t, -abs(t) / 2, t ** 2)),
    ("tanh(t)", mpmath.tanh), ("sigmoid(t)", sigmoid), ("σ(3*t - 1)", lambda t: sigmoid(3 * t - 1)),
    ("softplus(t)", softplus), ("erf(t)", mpmath.erf), ("sin(t)", mpmath.sin),
    ("cos(t)", mpmath.cos), ("tan(t)", mpmath.tan), ("sinh(t)", mpmath.sinh),
    ("cosh(t)", mpmath.cosh), ("relu(t)", lambda t: max(mpf(0), t)),
    ("t*sigmoid(1.702*t)", lambda t: t * sigmoid(mpf("1.702") * t)),
    ("t*tanh(softplus(t))", lambda t: t * mpmath.tanh(softplus(t))),
    ("t/(1 + |t|)", lambda t: t / (1 + abs(t))),
    ("0.5*t*(1 + erf(t/sqrt(2)))", lambda t: t * (1 + mpmath.erf(t / mpmath.sqrt(2))) / 2),
    ("0.5*t*(1 + tanh(sqrt(2/pi)*(t + 0.044715*t^3)))",
     lambda t: t * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi)
                                    * (t + mpf("0.044715") * t ** 3))) / 2),
    ("if(t < 0, 0.1*t, t)", lambda t: mpf("0.1") * t if t < 0 else t),
    ("if(t >= 1, ln(t), if(t > -1, t^2, -t))",
     lambda t: mpmath.log(t) if t >= 1 else t ** 2 if t > -1 else -t),
    ("if(t <= 0, exp(t) - 1, t)", lambda t: mpmath.exp(t) - 1 if t <= 0 else t),
    ("2^t", lambda t: mpf(2) ** t),
    ("(1 + t^2)^t", lambda t: (1 + t ** 2) ** t),
    ("(1 + t^2)^0.3", lambda t: (1 + t ** 2) ** mpf("0.3")),
    ("sin(cos(t^2) + t)/(2 + sin(t))",
     lambda t: mpmath.sin(mpmath.cos(t ** 2) + t) / (2 + mpmath.sin(t))),
    ("t*sin(t)*exp(t)*cosh(t)", lambda t: t * mpmath.sin(t) * mpmath.exp(t) * mpmath.cosh(t)),
    ("log(cosh(t))", lambda t: mpmath.log(mpmath.cosh(t))),
    ("-(t - 2)/(3*t^2 + 1)/2", lambda t: -(t - 2) / (3 * t ** 2 + 1) / 2),
]
POINTS = ["-3.25", "-1.5", "-0.7", "-0.125", "0.3", "0.8", "1.7", "2.5"]


def derivatives(out):
    for text, f in FORMULAS:
        for point in POINTS:
            t = mpf(point)
            slope = mpmath.diff(f, t, h=mpf(10) ** -25)
            print(text, point, mpmath.nstr(f(t), 20), mpmath.nstr(slope, 20), sep="\t", file=out)


def main():
    with open(os.path.join(HERE, "rational.txt"), "w", encoding="utf-8") as out:
        rationals(out)
    with open(os.path.join(HERE, "derivatives.txt"), "w", encoding="utf-8") as out:
        derivatives(out)


if __name__ == "__main__":
    main()
