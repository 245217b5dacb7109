"""Worked examples written by hand (fixtures/*), as people write them, with their numbers computed here in
Python's floats: nothing of chainrule has a part in them.

A fixture is a text in which <<...>> stands for a number. Above a line of dashes it says, in Python, what the
numbers are made of. In it

    <<z[1][0]>>               a value, in the format that the head names (fmt), or in its own: <<z[1][0]:.4f>>
    <<a !! b !! verdict !! message>>   a mistake: a is printed, b would be right, and the audit has to say verdict
                              and, in its message, these words

`python3 fixtures.py FOLDER` writes all of them out, with what has to be found beside each.
"""
import json
import math
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "fixtures"


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda u, z: z * (1 - z)),
    "tanh": (math.tanh, lambda u, z: 1 - z * z),
    "relu": (lambda x: max(0.0, x), lambda u, z: 1.0 if u > 0 else 0.0),
    "identity": (lambda x: x, lambda u, z: 1.0),
    "softmax": (None, lambda u, z: 1.0),
}


class Net:
    """One example through a network and one step of gradient descent. Layers from 1; z[0] is the input; w[l][j][k]
    leads from unit k to unit j. b[l] None: no bias; one number: one bias for the layer."""

    def __init__(self, x, t, *layers, acts="sigmoid", rate=0.5, loss="half"):
        self.w = [None] + [layer for layer in layers[0::2]]
        self.b = [None] + [layer for layer in layers[1::2]]
        last = len(self.w) - 1
        acts = acts.split()
        self.acts = [None] + (acts * last if len(acts) == 1 else acts)
        self.x, self.t, self.rate, self.loss = x, t, rate, loss
        self.forward()
        factor = {"half": 1, "sum": 2, "mean": 2 / len(t)}.get(loss, 1)
        self.d = [None] * (last + 1)
        self.dz = [None] * (last + 1)
        self.dw, self.db = [None] * (last + 1), [None] * (last + 1)
        for l in range(last, 0, -1):
            if l == last:
                self.dz[l] = [factor * (y - a) for y, a in zip(self.z[l], t)]
            else:
                self.dz[l] = [sum(d * row[j] for d, row in zip(self.d[l + 1], self.w[l + 1]))
                              for j in range(len(self.w[l]))]
            cancels = l == last and loss in ("bce", "ce")
            self.d[l] = [e * (1 if cancels else self.prime(l, j)) for j, e in enumerate(self.dz[l])]
            self.dw[l] = [[d * v for v in self.z[l - 1]] for d in self.d[l]]
            self.db[l] = sum(self.d[l]) if isinstance(self.b[l], float) else self.d[l]
        self.after = None

    def prime(self, l, j):
        return ACTIVATIONS[self.acts[l]][1](self.u[l][j], self.z[l][j])

    def forward(self):
        self.u, self.z = [None], [self.x]
        for w, b, act in zip(self.w[1:], self.b[1:], self.acts[1:]):
            u = [sum(v * k for v, k in zip(row, self.z[-1])) for row in w]
            u = [v + (0 if b is None else b if isinstance(b, float) else b[j]) for j, v in enumerate(u)]
            self.u.append(u)
            if act == "softmax":
                e = [math.exp(v) for v in u]
                self.z.append([v / sum(e) for v in e])
            else:
                self.z.append([ACTIVATIONS[act][0](v) for v in u])
        pairs = list(zip(self.z[-1], self.t))
        if self.loss == "ce":
            self.E = -sum(t * math.log(y) for y, t in pairs if t)
        elif self.loss == "bce":
            self.E = -sum(t * math.log(y) + (1 - t) * math.log(1 - y) for y, t in pairs)
        else:
            divisor = {"half": 2, "sum": 1, "mean": len(self.t)}[self.loss]
            self.E = sum((y - t) ** 2 for y, t in pairs) / divisor

    def step(self, bias=True):
        """The network after the update; bias=False: its biases stay."""
        def moved(w, g):
            if w is None:
                return None
            if isinstance(w, list):
                return [moved(a, b) for a, b in zip(w, g)]
            return w - self.rate * g
        layers = []
        for w, b, dw, db in zip(self.w[1:], self.b[1:], self.dw[1:], self.db[1:]):
            layers += [moved(w, dw), moved(b, db) if bias else b]
        return Net(self.x, self.t, *layers, acts=" ".join(self.acts[1:]), rate=self.rate, loss=self.loss)


def shown(value, fmt, comma, minus):
    if isinstance(value, str):
        return value
    s = format(value, fmt)
    if s.startswith("-") and float(s) == 0:
        s = s[1:]
    return s.replace("-", minus).replace(".", comma)


def render(path):
    """The text, and what has to be found in it: line, column, verdict, printed, expected, words of the message."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n----\n")
    space = dict(vars(math), Net=Net, sigmoid=sigmoid, fmt=".6f", comma=".", minus="-", covered=0.8)
    exec(compile(head, str(path), "exec"), space)  # pylint: disable=exec-used
    out, found, last = [], [], 0

    def number(text):
        match = re.fullmatch(r"(.*?)(?::(\.?\d*[defg]))?", text.strip(), re.S)
        return shown(eval(match[1], space), match[2] or space["fmt"],  # pylint: disable=eval-used
                     space["comma"], space["minus"])

    def par(value, fmt=None):
        s = shown(value, fmt or space["fmt"], space["comma"], space["minus"])
        return f"({s})" if value < 0 else s
    space["par"] = par
    for mark in re.finditer(r"<<(.*?)>>", body, re.S):
        out.append(body[last:mark.start()])
        last = mark.end()
        parts = mark[1].split(" !! ")
        printed = number(parts[0])
        if len(parts) > 1:
            before = "".join(out)
            line = before.count("\n") + 1
            column = len(before) - before.rfind("\n")
            found.append({"line": line, "column": column, "verdict": parts[2].strip(), "printed": printed,
                          "expected": number(parts[1]).replace("{,}", ","),
                          "message": parts[3].strip() if len(parts) > 3 else ""})
        out.append(printed)
    text = "".join(out) + body[last:]
    return text, found, space["covered"]


def fixtures():
    """name, text, findings, the share of claims that must be checked."""
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".md", ".tex", ".txt"):
            yield (path.name, *render(path))


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    for name, text, found, _ in fixtures():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / (name + ".json")).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
