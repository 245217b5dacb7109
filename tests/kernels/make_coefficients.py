#!/usr/bin/env python3
"""Write src/kernels/coefficients_f32.inl and _f64.inl: the polynomials of math.inl and quick.inl.

Each polynomial is the least-squares fit on Chebyshev nodes, weighted so that the error
that reaches the result is level; that is within a small factor of minimax. Needs mpmath.
Run it at the root of the tree; it prints the error of each fit after its coefficients
were rounded, in units of the weight's relative error (log2).
"""
import mpmath as mp

mp.mp.prec = 320


def nodes(a, b, n):
    return [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]


def rounded(c, bits):
    """c rounded to `bits` significant bits."""
    with mp.workprec(bits):
        return +c


def fit(f, a, b, degree, bits, weight=lambda t: mp.mpf(1)):
    xs = nodes(mp.mpf(a), mp.mpf(b), 3 * degree + 9)
    mid, half = (mp.mpf(a) + b) / 2, (mp.mpf(b) - a) / 2
    rows = [[mp.chebyt(k, (x - mid) / half) * weight(x) for k in range(degree + 1)] for x in xs]
    sol = mp.lu_solve(mp.matrix(rows), mp.matrix([f(x) * weight(x) for x in xs]))
    # back to powers of x
    poly = [mp.mpf(0)]
    before, now = [mp.mpf(1)], [-mid / half, 1 / half]
    bases = [before, now]
    for _ in range(degree - 1):
        nxt = [mp.mpf(0)] * (len(now) + 1)
        for i, c in enumerate(now):
            nxt[i] -= 2 * mid / half * c
            nxt[i + 1] += 2 / half * c
        for i, c in enumerate(before):
            nxt[i] -= c
        before, now = now, nxt
        bases.append(now)
    poly = [mp.mpf(0)] * (degree + 1)
    for k in range(degree + 1):
        for i, c in enumerate(bases[k]):
            poly[i] += sol[k] * c
    poly = [rounded(c, bits) for c in poly]
    worst = max(abs((mp.polyval(poly[::-1], x) - f(x)) * weight(x))
                for x in nodes(mp.mpf(a), mp.mpf(b), 400))
    return poly, worst


def series(term, x, first):
    """sum of term(k) for k >= first, until it no longer counts."""
    total, k = mp.mpf(0), first
    while True:
        t = term(k)
        total += t
        if abs(t) < mp.mpf(2) ** -300:
            return total
        k += 1


def exp_tail(r):        # (e^r - 1 - r) / r^2
    return series(lambda k: r ** (k - 2) / mp.factorial(k), r, 2)


def atanh_tail(first):  # of 2 atanh(s) / s, terms of s^first and on, over s^first; z = s^2
    return lambda z: series(lambda k: 2 * z ** k / (2 * k + first + 1), z, 0)


def sin_tail(z):        # (sin r - r) / r^3, z = r^2
    return series(lambda k: (-1) ** k * z ** (k - 1) / mp.factorial(2 * k + 1), z, 1)


def cos_tail(z):        # (cos r - 1 + r^2/2) / r^4
    return series(lambda k: (-1) ** k * z ** (k - 2) / mp.factorial(2 * k), z, 2)


def sinh_tail(z):       # (sinh r - r) / r^3
    return series(lambda k: z ** (k - 1) / mp.factorial(2 * k + 1), z, 1)


def tanh_tail(z):       # (tanh h - h) / h^3, z = h^2
    h = mp.sqrt(z)
    return (mp.tanh(h) / h - 1) / z


def erf_tail(z):        # erf(x) / x - 1, z = x^2
    c = 2 / mp.sqrt(mp.pi)
    return series(lambda k: (-1) ** k * c * z ** k / (mp.factorial(k) * (2 * k + 1)), z, 0) - 1


def erfc_log(x):        # -log erfc(x)
    return -mp.log(mp.erfc(x))


HALF_LN2 = mp.log(2) / 2 * mp.mpf("1.001")
S_MAX = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")
QUARTER_PI = (mp.pi / 4) ** 2 * mp.mpf("1.01")

# name, function, from, to, degrees (float, double), weight, what the comment says
POLYNOMIALS = [
    ("exp_c", exp_tail, -HALF_LN2, HALF_LN2, (5, 11), lambda r: r * r,
     "(exp r - 1 - r) / r^2, |r| <= ln 2 / 2"),
    ("log_c", atanh_tail(2), 0, S_MAX, (3, 7), lambda z: z,
     "(2 atanh s - 2 s) / s^3 in s^2, s = f / (2 + f), sqrt 1/2 <= 1 + f <= sqrt 2"),
    ("pow_c", atanh_tail(4), 0, S_MAX, (3, 8), lambda z: z * z,
     "(2 atanh s - 2 s - 2 s^3 / 3) / s^5 in s^2"),
    ("sin_c", sin_tail, 0, QUARTER_PI, (3, 7), lambda z: z,
     "(sin r - r) / r^3 in r^2, |r| <= pi / 4"),
    ("cos_c", cos_tail, 0, QUARTER_PI, (3, 6), lambda z: z * z,
     "(cos r - 1 + r^2 / 2) / r^4 in r^2"),
    ("sinh_c", sinh_tail, 0, 1, (3, 8), lambda z: z,
     "(sinh r - r) / r^3 in r^2, |r| <= 1"),
    ("tanh_c", tanh_tail, 0, HALF_LN2 ** 2 / 4, (2, None), lambda z: z,
     "(tanh h - h) / h^3 in h^2, |h| <= ln 2 / 4; float64 has no need of it"),
    ("erf_c", erf_tail, 0, 1, (8, 14), lambda z: mp.mpf(1),
     "erf(x) / x - 1 in x^2, |x| <= 1"),
]
ERFC = ("erfc_c", (10, 20), (mp.mpf(4), mp.mpf(6)))


def hexfloat(c, bits):
    """C's hexadecimal notation for a number of at most `bits` bits."""
    if c == 0:
        return "0"
    m, e = mp.frexp(abs(c))                     # 0.5 <= m < 1
    digits = (bits + 2) // 4
    whole = int(mp.nint(mp.ldexp(m, 1 + 4 * digits)))
    frac = ("%0*x" % (digits, whole - (1 << 4 * digits))).rstrip("0")
    return "%s0x1%sp%+d" % ("-" if c < 0 else "", "." + frac if frac else "", int(e) - 1)


def split(value, *bits):
    """value as a sum of parts of so many bits each."""
    parts = []
    for b in bits:
        part = rounded(value, b)
        parts.append(part)
        value -= part
    return parts


def array(out, name, comment, coefficients, bits, suffix):
    out.append("/* %s */" % comment)
    out.append("static const T %s[] = {" % name)
    line = "   "
    for c in coefficients:
        word = " %s%s," % (hexfloat(c, bits), suffix)
        if len(line) + len(word) > 98:
            out.append(line)
            line = "   "
        line += word
    out.append(line)
    out.append("};")


def write(path, which, bits, suffix):
    out = ["/* Made by tests/kernels/make_coefficients.py; the lowest power first. */",
           "/* clang-format off */"]
    for name, f, a, b, degrees, weight, comment in POLYNOMIALS:
        if degrees[which] is None:
            continue
        c, worst = fit(f, a, b, degrees[which], bits, weight)
        print(path[-7:], name, "%.1f" % mp.log(worst, 2))
        array(out, name, comment, c, bits, suffix)
    name, degrees, ends = ERFC
    end = ends[which]
    c, worst = fit(lambda t: erfc_log(1 + t), 0, end - 1, degrees[which], bits,
                   lambda t: mp.erfc(1 + t))
    print(path[-7:], name, "%.1f" % mp.log(worst, 2))
    array(out, name, "-log erfc(x) in x - 1, 1 <= x <= ERF_END", c, bits, suffix)

    def constant(cname, value):
        out.append("#define %s %s%s" % (cname, hexfloat(value, bits), suffix))
    constant("ERF_END", end)
    ln2 = mp.log(2)
    constant("LOG2E", rounded(1 / ln2, bits))
    hi, lo = split(ln2, bits, bits)
    constant("LN2_FULL", hi)
    constant("LN2_REST", lo)
    hi, lo = split(ln2, bits - 12, bits)
    constant("LN2_SHORT", hi)
    constant("LN2_TAIL", lo)
    hi, lo = split(mp.mpf(2) / 3, bits, bits)
    constant("TWO_THIRDS", hi)
    constant("TWO_THIRDS_LO", lo)
    constant("TWO_OVER_PI", rounded(2 / mp.pi, bits))
    for i, part in enumerate(split(mp.pi / 2, bits, bits, bits, bits)):
        constant("HALF_PI_%d" % (i + 1), part)
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n")


write("src/kernels/coefficients_f32.inl", 0, 24, "f")
write("src/kernels/coefficients_f64.inl", 1, 53, "")

with open("src/kernels/two_over_pi.inl", "w") as f:
    mp.mp.prec = 1400
    bits = int(mp.floor(mp.ldexp(2 / mp.pi, 32 * 40)))
    words = ["0x%08xu," % (bits >> 32 * (39 - i) & 0xffffffff) for i in range(40)]
    f.write("/* Made by tests/kernels/make_coefficients.py: 2/pi = sum word[i] 2^(-32 (i + 1)). */\n"
            "/* clang-format off */\n"
            "static const uint32_t two_over_pi[40] = {\n")
    for i in range(0, 40, 8):
        f.write("    " + " ".join(words[i:i + 8]) + "\n")
    f.write("};\n")
