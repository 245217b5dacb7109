#!/usr/bin/env python3
"""Write tests/kernels/vectors-*.csv: correctly rounded values where numpy ships none,
in numpy's format (float type, input bits, output bits). Needs mpmath.
Run it at the root of the tree."""
import random
import struct

import mpmath as mp

mp.mp.prec = 300


def to_float(u, size):
    return struct.unpack("<f" if size == 32 else "<d", u.to_bytes(size // 8, "little"))[0]


def to_bits(v, size):
    return int.from_bytes(struct.pack("<f" if size == 32 else "<d", v), "little")


def nearest(v, size):
    """The bits of the float nearest to the real number v; mpf keeps inf and nan."""
    frac, low, high = (23, -149, 128) if size == 32 else (52, -1074, 1024)
    sign = 0
    if mp.isnan(v):
        return to_bits(float("nan"), size)
    if v < 0:
        sign, v = 1 << size - 1, -v
    if mp.isinf(v):
        return sign | to_bits(float("inf"), size)
    if v == 0:
        return sign
    exponent = max(int(mp.floor(mp.log(v, 2))) - frac, low)
    if mp.ldexp(v, -exponent) >= 2 ** (frac + 1):   # log rounded down
        exponent += 1
    m = int(mp.nint(mp.ldexp(v, -exponent)))        # to even
    value = mp.ldexp(mp.mpf(m), exponent)
    if value >= mp.mpf(2) ** high:
        return sign | to_bits(float("inf"), size)
    return sign | to_bits(float(value), size)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x > -2000 else mp.exp(x)


def softplus(x):
    return x + mp.log1p(mp.exp(-x)) if x > 0 else mp.log1p(mp.exp(x))


def inputs(size, rng, low, high, n):
    """Values of all magnitudes and both signs, and evenly spread ones in [low, high]."""
    out = []
    for _ in range(n):
        out.append(to_float(rng.getrandbits(size), size))
        out.append(to_float(to_bits(rng.uniform(low, high), size), size))
        out.append(to_float(to_bits(rng.uniform(-3, 3), size), size))
        out.append(to_float(to_bits(rng.choice((-1, 1)) * 2 ** rng.uniform(-30, 3), size), size))
    return [x for x in out if x == x and abs(x) != float("inf")]


def unary(name, f, low, high):
    rng = random.Random(name)
    lines = []
    for size, (a, b) in ((32, low), (64, high)):
        for x in inputs(size, rng, a, b, 60):
            with mp.workprec(300 if abs(x) > 1e-60 else 2400):
                want = nearest(f(mp.mpf(x)), size)
            if x == 0 or (want == 0 and name == "erf"):
                continue
            lines.append("np.float%d,0x%x,0x%x" % (size, to_bits(x, size), want))
    with open("tests/kernels/vectors-%s.csv" % name, "w") as out:
        out.write("\n".join(lines) + "\n")


def power():
    rng = random.Random("pow")
    lines = []
    for size in (32, 64):
        top = 88 if size == 32 else 709
        for i in range(500):
            x = abs(inputs(size, rng, 0, 10, 1)[-1 if i % 2 else 0])
            if i % 5 == 0:
                x = 1 + rng.uniform(-1, 1) * 2 ** rng.uniform(-20, -2)
            x = to_float(to_bits(x, size), size)
            if x == 0:
                continue
            if i % 3 == 0:
                y = rng.choice((-3, -2, -1, 3, 4, 5, 0.5, -0.5, 1.5, 7, 10, 1 / 3))
            else:
                y = rng.uniform(-top, top) / float(mp.log(mp.mpf(x)) or 1)
            if i % 7 == 0:
                x, y = -x, round(y)
            y = float(min(max(y, -1e30), 1e30))
            y = to_float(to_bits(y, size), size)
            if x == 1 or abs(y) > 1e15:
                continue
            size_of = abs(mp.log(abs(mp.mpf(x))) * mp.mpf(y))
            if size_of > 1e5:
                continue
            want = nearest(mp.power(abs(mp.mpf(x)), mp.mpf(y)), size)
            if x < 0 and int(y) % 2:
                want |= 1 << size - 1
            lines.append("np.float%d,0x%x,0x%x,0x%x"
                         % (size, to_bits(x, size), to_bits(y, size), want))
    with open("tests/kernels/vectors-pow.csv", "w") as out:
        out.write("\n".join(lines) + "\n")


unary("sigmoid", sigmoid, (-105, 20), (-750, 40))
unary("softplus", softplus, (-105, 25), (-750, 45))
unary("erf", mp.erf, (-5, 5), (-7, 7))
power()
