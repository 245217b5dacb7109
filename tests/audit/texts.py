"""Worked examples written from templates, with true numbers computed here in Python's floats:
seven styles, networks of one to three hidden layers, with or without one planted mistake.

`write(style, net, mistake)` gives the text and what has to be found in it: a list of
(line, printed, verdict), empty for a text that is right.
"""
import math
import random

PLACES = 6


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda u, z: z * (1 - z)),
    "tanh": (math.tanh, lambda u, z: 1 - z * z),
    "relu": (lambda x: max(0.0, x), lambda u, z: 1.0 if u > 0 else 0.0),
    "identity": (lambda x: x, lambda u, z: 1.0),
}


class Net:
    """sizes [2, 2, 1]; activations of the layers; half squared error, or softmax and cross-entropy."""

    def __init__(self, sizes, activations, seed, rate=0.5, biases=True, squared="half"):
        roll = random.Random(seed)
        self.sizes, self.acts, self.rate, self.biases, self.squared = sizes, activations, rate, biases, squared
        number = lambda lo, hi: round(roll.uniform(lo, hi), 2) or 0.11
        self.x = [number(0.1, 0.9) for _ in range(sizes[0])]
        self.w = [[[number(-0.9, 0.9) for _ in range(n)] for _ in range(m)]
                  for n, m in zip(sizes, sizes[1:])]
        self.b = [[number(0.05, 0.6) if biases else 0.0 for _ in range(m)] for m in sizes[1:]]
        if activations[-1] == "softmax":
            self.t = [1.0] + [0.0] * (sizes[-1] - 1)
        else:
            self.t = [number(0.05, 0.95) for _ in range(sizes[-1])]
        self.first = self.forward(self.w, self.b)
        self.backward()
        self.second = self.forward(self.w2, self.b2)

    def forward(self, w, b):
        us, zs = [], [self.x]
        for l, act in enumerate(self.acts):
            u = [sum(wjk * z for wjk, z in zip(row, zs[-1])) + b[l][j] for j, row in enumerate(w[l])]
            if act == "softmax":
                e = [math.exp(v) for v in u]
                z = [v / sum(e) for v in e]
            else:
                z = [ACTIVATIONS[act][0](v) for v in u]
            us.append(u)
            zs.append(z)
        if self.acts[-1] == "softmax":
            loss = -sum(t * math.log(y) for t, y in zip(self.t, zs[-1]) if t)
        else:
            loss = sum((y - t) ** 2 for t, y in zip(self.t, zs[-1])) / (2 if self.squared == "half" else 1)
        return us, zs, loss

    def prime(self, l, j):
        return ACTIVATIONS[self.acts[l]][1](self.first[0][l][j], self.first[1][l + 1][j])

    def backward(self):
        us, zs, _ = self.first
        factor = 1 if self.squared == "half" or self.acts[-1] == "softmax" else 2
        last = len(self.acts) - 1
        self.delta = [None] * (last + 1)
        self.delta[last] = [factor * (y - t) * (1 if self.acts[last] == "softmax" else self.prime(last, j))
                            for j, (y, t) in enumerate(zip(zs[-1], self.t))]
        for l in range(last - 1, -1, -1):
            self.delta[l] = [sum(self.delta[l + 1][k] * self.w[l + 1][k][j] for k in range(self.sizes[l + 2])) *
                             self.prime(l, j) for j in range(self.sizes[l + 1])]
        self.dw = [[[d * z for z in zs[l]] for d in self.delta[l]] for l in range(last + 1)]
        self.w2 = [[[w - self.rate * g for w, g in zip(r, s)] for r, s in zip(self.w[l], self.dw[l])]
                   for l in range(last + 1)]
        self.b2 = [[b - self.rate * d for b, d in zip(self.b[l], self.delta[l])] for l in range(last + 1)]


def show(v, places=PLACES):
    s = f"{v:.{places}f}"
    return s if float(s) else s.lstrip("-")


def given(v):
    return f"{v:g}"


class Style:
    """LaTeX in Markdown, numbered through the network: u_1, z_1, w_{11}, δ_1."""
    name = "numbered"
    dot, sep = r"\cdot ", " "
    new = r"^{\text{new}}"
    learning = r"\eta"
    loss_name = "L"

    def __init__(self, net):
        self.net = net
        self.before = [sum(net.sizes[1:l + 1]) for l in range(len(net.sizes))]

    def node(self, l, j):
        return self.before[l] + j + 1

    def x(self, k):
        return f"x_{{{k + 1}}}"

    def w(self, l, j, k):
        return f"w_{{{self.node(l, j)}{k + 1}}}" if len(self.net.sizes) < 4 else f"w_{{{self.node(l, j)},{k + 1}}}"

    def b(self, l, j):
        return f"b_{{{self.node(l, j)}}}"

    def u(self, l, j):
        return f"u_{{{self.node(l, j)}}}"

    def z(self, l, j):
        return f"z_{{{self.node(l, j)}}}"

    def t(self, k):
        return f"t_{{{k + 1}}}"

    def delta(self, l, j):
        return f"\\delta_{{{self.node(l, j)}}}"

    def fn(self, act, of):
        return {"sigmoid": rf"\sigma({of})", "tanh": rf"\tanh({of})", "relu": rf"\max(0, {of})",
                "identity": of}[act]

    def grad(self, what):
        return rf"\frac{{\partial {self.loss_name}}}{{\partial {what}}}"

    def math(self, s):
        return f"$${s}$$"

    def inline(self, s):
        return f"${s}$"

    def par(self, s):
        return f"({s})" if s.startswith("-") else s

    def square(self, s):
        return rf"\frac{{1}}{{2}}({s})^2" if self.net.squared == "half" else f"({s})^2"

    def heading(self, s):
        return f"\n## {s}\n"

    def number(self, s):
        return s

    def exp(self, s):
        return f"e^{{{s}}}"

    def quotient(self, a, b):
        return rf"\frac{{{a}}}{{{b}}}"

    def ln(self, s):
        return rf"\ln({s})"

    def marked(self, s):
        return s + self.new


class Arrows(Style):
    name = "arrows"
    units = "hgfo"

    def unit(self, l, j):
        if l < 0:
            return f"x{j + 1}"
        if l == len(self.net.sizes) - 2:
            return "o" if self.net.sizes[-1] == 1 else f"o{j + 1}"
        return f"{'hgf'[l]}{j + 1}"

    def x(self, k):
        return f"x_{k + 1}"

    def w(self, l, j, k):
        return rf"w_{{{self.unit(l - 1, k)} \rightarrow {self.unit(l, j)}}}"

    def b(self, l, j):
        return f"b_{{{self.unit(l, j)}}}"

    def u(self, l, j):
        return f"z_{{{self.unit(l, j)}}}"

    def z(self, l, j):
        s = self.unit(l, j)
        return s if len(s) == 1 else f"{s[0]}_{s[1]}"

    def t(self, k):
        return "y" if self.net.sizes[-1] == 1 else f"y_{k + 1}"

    def delta(self, l, j):
        return f"\\delta_{{{self.unit(l, j)}}}"


class Nielsen(Style):
    name = "nielsen"
    loss_name = "C"
    new = "'"

    def x(self, k):
        return f"a^1_{k + 1}"

    def w(self, l, j, k):
        return f"w^{l + 2}_{{{j + 1}{k + 1}}}"

    def b(self, l, j):
        return f"b^{l + 2}_{j + 1}"

    def u(self, l, j):
        return f"z^{l + 2}_{j + 1}"

    def z(self, l, j):
        return f"a^{l + 2}_{j + 1}"

    def t(self, k):
        return f"y_{k + 1}"

    def delta(self, l, j):
        return f"\\delta^{l + 2}_{j + 1}"

    def marked(self, s):
        return s


class Bishop(Style):
    name = "bishop"
    loss_name = "E"

    def x(self, k):
        return f"x_{k + 1}"

    def w(self, l, j, k):
        return f"w_{{{j + 1}{k + 1}}}^{{({l + 1})}}"

    def b(self, l, j):
        return f"b_{{{j + 1}}}^{{({l + 1})}}"

    def u(self, l, j):
        return f"a_{{{j + 1}}}^{{({l + 1})}}"

    def z(self, l, j):
        return f"z_{{{j + 1}}}^{{({l + 1})}}" if l < len(self.net.sizes) - 2 else f"y_{{{j + 1}}}"

    def delta(self, l, j):
        return f"\\delta_{{{j + 1}}}^{{({l + 1})}}"

    def marked(self, s):
        return s


class Mazur(Style):
    name = "mazur"
    loss_name = "E_{total}"
    new = "^+"
    dot = "* "

    def unit(self, l, j):
        if l < 0:
            return f"i{j + 1}"
        return f"{'o' if l == len(self.net.sizes) - 2 else 'hgf'[l]}{j + 1}"

    def x(self, k):
        return f"i_{k + 1}"

    def w(self, l, j, k):
        n = sum(a * b for a, b in zip(self.net.sizes[:l], self.net.sizes[1:l + 1]))
        return f"w_{{{n + j * self.net.sizes[l] + k + 1}}}"

    def b(self, l, j):
        return f"b_{{{self.node(l, j)}}}"

    def u(self, l, j):
        return f"net_{{{self.unit(l, j)}}}"

    def z(self, l, j):
        return f"out_{{{self.unit(l, j)}}}"

    def t(self, k):
        return f"target_{{o{k + 1}}}"

    def delta(self, l, j):
        return f"\\delta_{{{self.unit(l, j)}}}"

    def fn(self, act, of):
        if act == "sigmoid":
            return rf"\frac{{1}}{{1 + e^{{-{self.par(of)}}}}}"
        return super().fn(act, of)

    def marked(self, s):
        return s + "^+"


class Unicode(Style):
    """Plain text with Unicode mathematics, no LaTeX at all."""
    name = "unicode"
    dot = "× "
    learning = "η"
    loss_name = "E"
    small = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

    def sub(self, n):
        return str(n).translate(self.small)

    def x(self, k):
        return f"x{self.sub(k + 1)}"

    def w(self, l, j, k):
        n = sum(a * b for a, b in zip(self.net.sizes[:l], self.net.sizes[1:l + 1]))
        return f"w{self.sub(n + j * self.net.sizes[l] + k + 1)}"

    def b(self, l, j):
        return f"b{self.sub(self.node(l, j))}"

    def u(self, l, j):
        return f"z{self.sub(self.node(l, j))}"

    def z(self, l, j):
        return f"a{self.sub(self.node(l, j))}"

    def t(self, k):
        return f"t{self.sub(k + 1)}"

    def delta(self, l, j):
        return f"δ{self.sub(self.node(l, j))}"

    def fn(self, act, of):
        return {"sigmoid": f"σ({of})", "tanh": f"tanh({of})", "relu": f"max(0, {of})", "identity": of}[act]

    def grad(self, what):
        return f"∂E/∂{what}"

    def math(self, s):
        return s

    inline = math

    def square(self, s):
        return f"½ ({s})²".replace("½ (", "½ × (") if self.net.squared == "half" else f"({s})²"

    def number(self, s):
        return s.replace("-", "−")

    def heading(self, s):
        return f"\n{s}\n{'-' * len(s)}\n"

    def exp(self, s):
        return f"exp({s})"

    def quotient(self, a, b):
        return f"{a}/({b})"

    def ln(self, s):
        return f"ln({s})"

    def marked(self, s):
        return "new " + s


class Comma(Style):
    """LaTeX, with decimal commas."""
    name = "comma"
    new = r"^{\text{neu}}"

    def number(self, s):
        return s.replace(".", "{,}")


class Tex(Style):
    """A LaTeX document: align environments."""
    name = "tex"

    def math(self, s):
        return "\\begin{align*}\n" + s.replace(" = ", " &= ", 1) + "\n\\end{align*}"

    def heading(self, s):
        return f"\n\\subsection{{{s}}}\n"


STYLES = [Style, Arrows, Nielsen, Bishop, Mazur, Unicode, Comma, Tex]


class Writer:
    def __init__(self, style, mistake=None):
        self.s, self.net = style, style.net
        self.lines, self.expected = [], []
        self.mistake, self.done, self.carried = mistake, False, None

    def text(self, s):
        self.lines.extend(s.split("\n"))

    def step(self, kind, name, symbols, numbers, value, **more):
        """name = symbols = numbers = value; the planted mistake rewrites numbers and value."""
        n, s = self.s.number, self.s
        shown, verdict = show(value), None
        if self.mistake and not self.done:
            change = self.mistake(kind, numbers, value, more, self.net, self.s)
            if change:
                numbers, shown, verdict = change[:3]
                self.done = True
                self.carried = change[3] if len(change) > 3 else None
        sides = [name, symbols, n(numbers) if numbers else None, n(shown)]
        self.text(s.math(" = ".join(x for x in sides if x)))
        if verdict:
            self.expected.append((self.line_of(shown), n(shown), verdict))

    def line_of(self, shown):
        return max(i for i, l in enumerate(self.lines) if self.s.number(shown) in l) + 1

    def givens(self):
        s, net = self.s, self.net
        n = lambda v: s.number(given(v))
        self.text(s.heading("Setup"))
        kind = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}[net.acts[0]]
        self.text(f"The hidden units use the {kind} function; learning rate {s.inline(s.learning + ' = ' + n(net.rate))}.")
        self.text("Inputs: " + ", ".join(s.inline(f"{s.x(k)} = {n(v)}") for k, v in enumerate(net.x)) + ".")
        self.text("Targets: " + ", ".join(s.inline(f"{s.t(k)} = {n(v)}") for k, v in enumerate(net.t)) + ".")
        self.text("Weights:\n")
        for l, layer in enumerate(net.w):
            for j, row in enumerate(layer):
                self.text(", ".join(s.inline(f"{s.w(l, j, k)} = {n(v)}") for k, v in enumerate(row)) + ";")
            if net.biases:
                self.text(", ".join(s.inline(f"{s.b(l, j)} = {n(v)}") for j, v in enumerate(net.b[l])) + ".")

    def source(self, l, k):
        return self.s.x(k) if l == 0 else self.s.z(l - 1, k)

    def forward(self, run, w, b, again):
        s, net = self.s, self.net
        us, zs, loss = run
        operand = lambda v, l: given(v) if l == 0 else show(v)
        weight = show if again else given
        for l, act in enumerate(net.acts):
            for j in range(net.sizes[l + 1]):
                symbols = " + ".join(f"{s.w(l, j, k)} {s.dot}{self.source(l, k)}" for k in range(net.sizes[l]))
                numbers = " + ".join(f"{s.par(weight(w[l][j][k]))} {s.dot}{s.par(operand(zs[l][k], l))}"
                                     for k in range(net.sizes[l]))
                if net.biases:
                    symbols += f" + {s.b(l, j)}"
                    numbers += f" + {s.par(weight(b[l][j]))}"
                name = s.u(l, j)
                self.step("pre2" if again else "pre", s.marked(name) if again else name,
                          None if again else symbols, numbers, us[l][j], l=l, j=j)
                if act == "softmax":
                    continue
                if act == "identity":
                    self.step("act", s.marked(s.z(l, j)) if again else s.z(l, j), None if again else s.u(l, j),
                              None, zs[l + 1][j], l=l, j=j)
                    continue
                u, z = us[l][j], zs[l + 1][j]
                if self.carried is not None:
                    u, z = self.carried, ACTIVATIONS[act][0](self.carried)
                self.step("act2" if again else "act", s.marked(s.z(l, j)) if again else s.z(l, j),
                          None if again else s.fn(act, s.u(l, j)),
                          s.fn(act, s.par(show(u)) if act != "sigmoid" else show(u)), z, l=l, j=j)
                if self.carried is not None:
                    self.expected.append((self.line_of(show(z)), s.number(show(z)), "error carried forward"))
                    self.carried = None
            if act == "softmax":
                total = " + ".join(s.exp(show(v)) for v in us[l])
                for j in range(net.sizes[l + 1]):
                    self.step("act", s.marked(s.z(l, j)) if again else s.z(l, j), None,
                              s.quotient(s.exp(show(us[l][j])), total), zs[l + 1][j], l=l, j=j)
        last = len(net.acts) - 1
        name = s.marked(s.loss_name) if again else s.loss_name
        if net.acts[-1] == "softmax":
            self.step("loss", name, None, f"-{s.ln(show(zs[-1][0]))}", loss)
        else:
            symbols = " + ".join(s.square(f"{s.z(last, k)} - {s.t(k)}") for k in range(net.sizes[-1]))
            numbers = " + ".join(s.square(f"{show(zs[-1][k])} - {given(net.t[k])}") for k in range(net.sizes[-1]))
            self.step("loss2" if again else "loss", name, None if again else symbols, numbers, loss)

    def derivative(self, l, j, symbols):
        s, act, z = self.s, self.net.acts[l], show(self.net.first[1][l + 1][j])
        if symbols:
            z = s.z(l, j)
        else:
            z = s.par(z)
        if act == "sigmoid":
            return f"{z} {s.dot}(1 - {z})"
        if act == "tanh":
            return f"(1 - {z}^2)" if not isinstance(s, Unicode) else f"(1 - {z}²)"
        return None if symbols else {"relu": given(self.net.prime(l, j)), "identity": "1"}[act]

    def backward(self):
        s, net = self.s, self.net
        last = len(net.acts) - 1
        zs = net.first[1]
        two = "2 " + s.dot if net.squared != "half" and net.acts[-1] != "softmax" else ""
        for j in range(net.sizes[-1]):
            error = f"{two}({s.z(last, j)} - {s.t(j)})"
            numbers = f"{two}({show(zs[-1][j])} - {given(net.t[j])})"
            d = self.derivative(last, j, 1) if net.acts[-1] != "softmax" else None
            if net.acts[-1] != "softmax" and net.acts[-1] != "identity":
                error = f"{error} {s.dot}{d}" if d else None
                numbers += f" {s.dot}{self.derivative(last, j, 0)}"
            self.step("delta_out", s.delta(last, j), error, numbers, net.delta[last][j], l=last, j=j)
        for l in range(last - 1, -1, -1):
            for j in range(net.sizes[l + 1]):
                terms = range(net.sizes[l + 2])
                symbols = " + ".join(f"{s.delta(l + 1, k)} {s.dot}{s.w(l + 1, k, j)}" for k in terms)
                numbers = " + ".join(f"{s.par(show(net.delta[l + 1][k]))} {s.dot}{s.par(given(net.w[l + 1][k][j]))}" for k in terms)
                d = self.derivative(l, j, 1)
                wrap = (lambda x: x) if len(terms) == 1 else lambda x: f"({x})"
                self.step("delta", s.delta(l, j), f"{wrap(symbols)} {s.dot}{d}" if d else None,
                          f"{wrap(numbers)} {s.dot}{self.derivative(l, j, 0)}", net.delta[l][j], l=l, j=j)
        for l in range(last, -1, -1):
            for j in range(net.sizes[l + 1]):
                for k in range(net.sizes[l]):
                    z = given(zs[l][k]) if l == 0 else show(zs[l][k])
                    self.step("grad", s.grad(s.w(l, j, k)), f"{s.delta(l, j)} {s.dot}{self.source(l, k)}",
                              f"{s.par(show(net.delta[l][j]))} {s.dot}{s.par(z)}", net.dw[l][j][k], l=l, j=j, k=k)
                if net.biases:
                    self.step("bias", s.grad(s.b(l, j)), s.delta(l, j), None, net.delta[l][j], l=l, j=j)

    def update(self):
        s, net = self.s, self.net
        for l in range(len(net.acts)):
            for j in range(net.sizes[l + 1]):
                for k in range(net.sizes[l]):
                    self.step("new", s.marked(s.w(l, j, k)), None,
                              f"{given(net.w[l][j][k])} - {given(net.rate)} {s.dot}{s.par(show(net.dw[l][j][k]))}",
                              net.w2[l][j][k], l=l, j=j, k=k)
                if net.biases:
                    self.step("new_bias", s.marked(s.b(l, j)), None,
                              f"{given(net.b[l][j])} - {given(net.rate)} {s.dot}{s.par(show(net.delta[l][j]))}",
                              net.b2[l][j], l=l, j=j)

    def write(self):
        s = self.s
        self.text("# A worked example" if not isinstance(s, (Unicode, Tex)) else "A worked example")
        self.givens()
        self.text(s.heading("Forward pass"))
        self.forward(self.net.first, self.net.w, self.net.b, 0)
        self.text(s.heading("Backward pass"))
        self.backward()
        self.text(s.heading("Update"))
        self.update()
        self.text(s.heading("Forward pass with the new weights"))
        self.forward(self.net.second, self.net.w2, self.net.b2, 1)
        return "\n".join(self.lines) + "\n", self.expected


# Mistakes: functions of a step that give other numbers, another value and the verdict; None where
# they do not apply. Each is planted once in a text.

def numbered(text):
    return text and any(c.isdigit() for c in text)


def swapped(kind, numbers, value, more, net, s):
    d = show(value)
    for i in range(len(d) - 3, 2, -1):
        if numbered(numbers) and d[i] != d[i + 1] and d[i].isdigit() and abs(value) > 0.02:
            return numbers, d[:i] + d[i + 1] + d[i] + d[i + 2:], "arithmetic slip"
    return None


def opposite(kind, numbers, value, more, net, s):
    if not numbered(numbers) or abs(value) < 0.02:
        return None
    return numbers, show(-value), "arithmetic slip"


def shifted(kind, numbers, value, more, net, s):
    if not numbered(numbers) or not 0.02 < abs(value) < 0.9:
        return None
    return numbers, show(value / 10), "arithmetic slip"


def dropped(kind, numbers, value, more, net, s):
    d = show(value, PLACES + 1)
    if not numbered(numbers) or abs(value) < 0.02 or d[-4] in d[-3] + d[-5]:
        return None
    return numbers, d[:-4] + d[-3:], "arithmetic slip"


def cut_off(kind, numbers, value, more, net, s):
    d = show(value, PLACES + 2)[:-2]
    if kind not in ("pre", "grad") or d == show(value) or abs(value) < 0.02:
        return None
    return numbers, d, "truncation"


def no_derivative_at_output(kind, numbers, value, more, net, s):
    if kind != "delta_out" or net.acts[-1] not in ("sigmoid", "tanh"):
        return None
    y, t = net.first[1][-1][more["j"]], net.t[more["j"]]
    return f"{show(y)} - {given(t)}", show(y - t), "wrong formula"


def error_for_delta(kind, numbers, value, more, net, s):
    l, j = more.get("l"), more.get("j")
    if kind != "delta" or l != len(net.acts) - 2 or net.sizes[-1] != 1 or net.acts[-1] != "sigmoid" or net.acts[l] == "relu":
        return None
    e = float(show(net.first[1][-1][0] - net.t[0]))
    return (numbers.replace(s.par(show(net.delta[-1][0])), s.par(show(e))),
            show(e * net.w[-1][0][j] * net.prime(l, j)), "wrong formula")


def no_derivative_in_hidden(kind, numbers, value, more, net, s):
    if kind != "delta" or net.acts[more["l"]] not in ("sigmoid", "tanh"):
        return None
    l, j = more["l"], more["j"]
    terms = range(net.sizes[l + 2])
    v = sum(net.delta[l + 1][k] * net.w[l + 1][k][j] for k in terms)
    text = " + ".join(f"{s.par(show(net.delta[l + 1][k]))} {s.dot}{s.par(given(net.w[l + 1][k][j]))}" for k in terms)
    return text, show(v), "wrong formula"


def updated_weights(kind, numbers, value, more, net, s):
    if kind != "delta" or net.acts[more["l"]] == "relu":
        return None
    l, j = more["l"], more["j"]
    v = 0
    for k in range(net.sizes[l + 2]):
        old, new = s.par(given(net.w[l + 1][k][j])), s.par(show(net.w2[l + 1][k][j]))
        before = numbers
        numbers = numbers.replace(f"{s.dot}{old}", f"{s.dot}{new}", 1)
        if numbers == before:
            return None
        v += net.delta[l + 1][k] * net.w2[l + 1][k][j]
    return numbers, show(v * net.prime(l, j)), "wrong formula"


def one_child(kind, numbers, value, more, net, s):
    if kind != "delta" or net.sizes[more["l"] + 2] < 2 or net.acts[more["l"]] == "relu":
        return None
    l, j = more["l"], more["j"]
    factors = numbers.split(f") {s.dot}")[-1]
    text = f"{s.par(show(net.delta[l + 1][0]))} {s.dot}{s.par(given(net.w[l + 1][0][j]))} {s.dot}{WD(net, s, l, j)}"
    return text, show(net.delta[l + 1][0] * net.w[l + 1][0][j] * net.prime(l, j)), "wrong formula"


def WD(net, s, l, j):
    return Writer(s).derivative(l, j, 0)


def other_derivative(kind, numbers, value, more, net, s):
    if kind != "delta" or net.acts[more["l"]] not in ("sigmoid", "tanh"):
        return None
    l, j = more["l"], more["j"]
    i = 1 - j if j < 2 else 0
    if WD(net, s, l, j) not in numbers:
        return None
    return (numbers.replace(WD(net, s, l, j), WD(net, s, l, i)), show(value / net.prime(l, j) * net.prime(l, i)),
            "wrong formula")


def other_input(kind, numbers, value, more, net, s):
    if kind != "grad" or abs(value) < 0.001:
        return None
    l, j, k = more["l"], more["j"], more["k"]
    i = (k + 1) % net.sizes[l]
    x = net.first[1][l][i]
    return (f"{s.par(show(net.delta[l][j]))} {s.dot}{s.par(given(x) if l == 0 else show(x))}",
            show(net.delta[l][j] * x), "wrong formula")


def doubled(kind, numbers, value, more, net, s):
    if kind != "grad" or abs(value) < 0.001:
        return None
    return f"2 {s.dot}{numbers}", show(2 * value), "wrong formula"


def rate_left_out(kind, numbers, value, more, net, s):
    if kind != "new" or abs(net.dw[more["l"]][more["j"]][more["k"]]) < 0.001:
        return None
    w, g = net.w[more["l"]][more["j"]][more["k"]], net.dw[more["l"]][more["j"]][more["k"]]
    return f"{given(w)} - {s.par(show(g))}", show(w - g), "wrong formula"


def added(kind, numbers, value, more, net, s):
    if kind != "new" or abs(net.dw[more["l"]][more["j"]][more["k"]]) < 0.001:
        return None
    w, g = net.w[more["l"]][more["j"]][more["k"]], net.dw[more["l"]][more["j"]][more["k"]]
    return f"{given(w)} + {given(net.rate)} {s.dot}{s.par(show(g))}", show(w + net.rate * g), "wrong formula"


def bias_times_input(kind, numbers, value, more, net, s):
    if kind != "bias" or abs(value) < 0.01:
        return None
    return numbers, show(value * net.first[1][more["l"]][0]), "wrong value"


def bias_not_updated(kind, numbers, value, more, net, s):
    if kind != "new_bias" or abs(net.delta[more["l"]][more["j"]]) < 0.001:
        return None
    return None if s.marked("b") == "b" else (None, show(net.b[more["l"]][more["j"]]), "wrong value")


def stale_weights(kind, numbers, value, more, net, s):
    if kind != "pre2" or more["l"] != 0 or not s.marked("u").strip("u"):
        return None
    l, j = more["l"], more["j"]
    text = " + ".join(f"{s.par(given(net.w[l][j][k]))} {s.dot}{s.par(given(net.x[k]))}" for k in range(net.sizes[0]))
    if net.biases:
        text += f" + {s.par(given(net.b[l][j]))}"
    if show(net.first[0][l][j]) == show(value):
        return None
    return text, show(net.first[0][l][j]), "wrong formula"


def whole_square(kind, numbers, value, more, net, s):
    if kind != "loss" or net.acts[-1] == "softmax" or net.sizes[-1] != 1:
        return None
    y, t = net.first[1][-1][0], net.t[0]
    square = f"({show(y)} - {given(t)})" + ("²" if isinstance(s, Unicode) else "^2")
    return square, show((y - t) ** 2), "wrong formula"


def misprinted(kind, numbers, value, more, net, s):
    if kind != "grad" or more["l"] == 0 or abs(value) < 0.01:
        return None
    z = show(net.first[1][more["l"]][more["k"]])
    if z[4] == z[5] or z not in numbers:
        return None
    return numbers.replace(z, z[:4] + z[5] + z[4] + z[6:]), show(value), "right result, misprinted operand"


def wrong_activation(kind, numbers, value, more, net, s):
    if kind != "act" or net.acts[more["l"]] != "sigmoid":
        return None
    return None if value < 0.2 else (None, show(value)[:3] + str((int(show(value)[3]) + 4) % 10) + show(value)[4:], "wrong value")


def carried(kind, numbers, value, more, net, s):
    if kind != "pre" or net.acts[more["l"]] == "identity":
        return None
    d = show(value)
    wrong = d[:-4] + str((int(d[-4]) + 3) % 10) + d[-3:]
    return (numbers, wrong, "arithmetic slip", float(wrong)) if abs(value) > 0.05 and float(wrong) > 0 else None


MISTAKES = [swapped, opposite, shifted, dropped, cut_off, no_derivative_at_output, error_for_delta,
            no_derivative_in_hidden, updated_weights, one_child, other_derivative, other_input, doubled,
            rate_left_out, added, bias_times_input, bias_not_updated, stale_weights, whole_square, misprinted,
            wrong_activation, carried]

NETS = [([2, 2, 1], ["sigmoid"] * 2, 1), ([2, 2, 2], ["sigmoid"] * 2, 2), ([3, 2, 1], ["tanh", "sigmoid"], 3),
        ([2, 3, 1], ["relu", "identity"], 4), ([2, 2, 2, 1], ["tanh", "tanh", "sigmoid"], 5),
        ([2, 2, 2], ["tanh", "softmax"], 6), ([2, 2, 2, 2, 1], ["sigmoid"] * 4, 7)]


def texts(mistakes=True):
    """name, text, what is wrong in it: every style with every network, and every mistake in every style."""
    for style in STYLES:
        for sizes, acts, seed in NETS:
            text, _ = Writer(style(Net(sizes, acts, seed))).write()
            yield f"{style.name} {sizes} {acts[-1]}", text, []
        for i, mistake in enumerate(MISTAKES if mistakes else []):
            for shift in range(len(NETS)):
                sizes, acts, seed = NETS[(i + shift) % len(NETS)]
                text, expected = Writer(style(Net(sizes, acts, seed)), mistake).write()
                if expected:
                    yield f"{style.name} {sizes} {acts[-1]} {mistake.__name__}", text, expected
                    break
