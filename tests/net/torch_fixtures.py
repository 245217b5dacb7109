"""Writes tests/net/fixtures/torch.txt: random networks as PyTorch computes them in float64.

    python3 tests/net/torch_fixtures.py > tests/net/fixtures/torch.txt

Needs PyTorch (written with 2.15). Activations and losses are PyTorch's own functions where
it has them, and autograd does all differentiation; updates are made by torch.optim.SGD.
Given numbers are short decimals, so that both sides read the same float64. test_torch.c
describes the format where it reads it.
"""
import math
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

# Row of the activation table (or a formula) -> PyTorch. Parameters come by name.
ACTIVATIONS = {
    "identity": lambda t: t,
    "scaled-linear": lambda t, divisor=10: t / divisor,
    "sigmoid": torch.sigmoid,
    # F.hardsigmoid's backward takes 1/6 in float32, 3e-8 off.
    "hard-sigmoid": lambda t: torch.clamp(t / 6 + 0.5, 0, 1),
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky-relu": lambda t, slope=0.01: F.leaky_relu(t, slope),
    "prelu": None,  # has a parameter of its own: see Layer
    "elu": lambda t, alpha=1: F.elu(t, alpha),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu-tanh": lambda t: F.gelu(t, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softplus": lambda t: F.softplus(t, threshold=100),
    "softsign": F.softsign,
    "sine": torch.sin,
    "gaussian": lambda t: torch.exp(-t * t),
    "hard-tanh": F.hardtanh,
    "softmax": lambda t: F.softmax(t, 1),
    "t/10": lambda t: t / 10,
    "t*sigmoid(1.702*t)": lambda t: t * torch.sigmoid(1.702 * t),
    "g(u)=log(1+u^2)/2": lambda t: torch.log(1 + t**2) / 2,
    "exp(-abs(t))": lambda t: torch.exp(-t.abs()),
    "1/(1+exp(-t))": lambda t: 1 / (1 + torch.exp(-t)),
    "sqrt(1+t^2)-1": lambda t: torch.sqrt(1 + t**2) - 1,
    "max(t,-t/4)": lambda t: torch.maximum(t, -t / 4),
}
PARAMS = {"scaled-linear": ("divisor", 2, 20), "leaky-relu": ("slope", 0.01, 0.4),
          "elu": ("alpha", 0.5, 2), "prelu": ("slope", 0.1, 0.4)}
HIDDEN = [a for a in ACTIVATIONS if a != "softmax"]
ANY = ["identity", "tanh", "sigmoid", "softmax", "gelu", "prelu", "t/10"]


def log_cosh(y, t):
    return torch.logaddexp(y - t, t - y) - math.log(2)


def smooth(t, s, k):
    return (1 - s) * t + s / k


# name -> (loss of each example from y, t, u (pre-activations) and parameters;
#          output activations; targets; parameter)
LOSSES = {
    "half-squared": (lambda y, t, u, p, s: 0.5 * F.mse_loss(y, t, reduction="none").sum(1),
                     ANY, "number", None),
    "mean-squared": (lambda y, t, u, p, s: F.mse_loss(y, t, reduction="none").mean(1),
                     ANY, "number", None),
    "sum-squared": (lambda y, t, u, p, s: F.mse_loss(y, t, reduction="none").sum(1),
                    ANY, "number", None),
    "absolute": (lambda y, t, u, p, s: F.l1_loss(y, t, reduction="none").mean(1),
                 ANY, "number", None),
    "huber": (lambda y, t, u, p, s: F.huber_loss(y, t, reduction="none", delta=p).mean(1),
              ANY, "number", ("delta", 0.2, 2)),
    "log-cosh": (lambda y, t, u, p, s: log_cosh(y, t).mean(1), ANY, "number", None),
    "binary-cross-entropy": (
        lambda y, t, u, p, s: F.binary_cross_entropy(y, smooth(t, s, 2), reduction="none").sum(1),
        ["sigmoid", "1/(1+exp(-t))"], "probability", None),
    "binary-cross-entropy-logits": (
        lambda y, t, u, p, s: F.binary_cross_entropy_with_logits(y, smooth(t, s, 2),
                                                                 reduction="none").sum(1),
        ["identity", "tanh", "softplus"], "probability", None),
    "cross-entropy": (
        lambda y, t, u, p, s: F.cross_entropy(u, t, reduction="none", label_smoothing=s),
        ["softmax"], "class", None),
    "softmax-cross-entropy": (
        lambda y, t, u, p, s: F.cross_entropy(y, t, reduction="none", label_smoothing=s),
        ["identity", "sine", "gelu"], "class", None),
    "hinge": (lambda y, t, u, p, s: torch.clamp(1 - t * y, min=0).sum(1),
              ["identity", "tanh"], "sign", None),
    "poisson": (lambda y, t, u, p, s: F.poisson_nll_loss(y, t, log_input=True, full=False,
                                                         reduction="none").sum(1),
                ["identity", "tanh"], "count", None),
    "quantile": (lambda y, t, u, p, s: torch.maximum(p * (t - y), (p - 1) * (t - y)).mean(1),
                 ANY, "number", ("tau", 0.05, 0.95)),
}


def number(rng, low, high):
    """A short decimal that is not 0: kinks at 0 are another test's matter."""
    while True:
        v = round(rng.uniform(low, high), 3)
        if abs(v) > 0.01:
            return v


def numbers(rng, low, high, *shape):
    if not shape:
        return number(rng, low, high)
    return [numbers(rng, low, high, *shape[1:]) for _ in range(shape[0])]


class Layer:
    def __init__(self, rng, kind, sources, widths, units, act):
        self.kind, self.sources, self.act = kind, sources, act
        self.params, self.rates = [], [1, 1]
        self.act_param = None
        fan_in = sum(widths[s] for s in sources)
        self.units = {"dense": units, "add": widths[sources[0]], "concat": fan_in}[kind]
        self.bias = "none"
        if kind == "dense":
            self.bias = rng.choice(["unit", "unit", "unit", "shared", "none"])
            self.params.append(numbers(rng, -1.2, 1.2, units, fan_in))
            if self.bias != "none":
                self.params.append(numbers(rng, -0.8, 0.8, 1, units if self.bias == "unit" else 1))
            if rng.random() < 0.2:
                self.rates = [number(rng, 0.1, 2), number(rng, 0.1, 2)]
        if act in PARAMS and (act == "prelu" or rng.random() < 0.7):
            name, low, high = PARAMS[act]
            self.act_param = name, number(rng, low, high)
        if act == "prelu":
            self.params.append([[self.act_param[1]]])
        self.tensors = [torch.tensor(p, requires_grad=True) for p in self.params]

    def run(self, values):
        x = [values[s] for s in self.sources]
        u = sum(x[1:], x[0]) if self.kind == "add" else torch.cat(x, 1)
        if self.kind == "dense":
            u = u @ self.tensors[0].T
            if self.bias != "none":
                u = u + self.tensors[1]
        if self.act == "prelu":
            return u, F.prelu(u, self.tensors[-1].reshape(1))
        kw = {self.act_param[0]: self.act_param[1]} if self.act_param else {}
        return u, ACTIVATIONS[self.act](u, **kw)

    def describe(self):
        act = self.act + (f" {self.act_param[0]} {self.act_param[1]}" if self.act_param else " - 0")
        return (f"layer {self.kind} {self.units} {self.bias} {self.rates[0]} {self.rates[1]} "
                f"{len(self.sources)} {' '.join(map(str, self.sources))} {act}")


def make_layers(rng, inputs, outputs, out_act, hidden_acts):
    """Widths and layers; -1 stands for the inputs. What nothing has read goes to the last."""
    widths, layers, unread = {-1: inputs}, [], set()

    def put(kind, sources, units, act):
        layers.append(Layer(rng, kind, sources, widths, units, act))
        i = len(layers) - 1
        widths[i] = layers[i].units
        unread.difference_update(sources)
        unread.add(i)
        return i

    last = -1
    for act in hidden_acts:
        kind = rng.choice(["dense", "dense", "dense", "add", "concat"])
        other = rng.randrange(-1, len(layers))
        same = [v for v in widths if widths[v] == widths[last]]
        if kind == "add":
            last = put("add", [last, rng.choice(same)], 0, rng.choice(["identity", act]))
        elif kind == "concat" and widths[last] + widths[other] <= 6:
            last = put("concat", [last, other], 0, rng.choice(["identity", act]))
        else:
            sources = [last, other] if rng.random() < 0.25 else [last]
            last = put("dense", sources, rng.randint(1, 4), act)
    final = sorted(unread) or [-1]
    if rng.random() < 0.15 and out_act != "softmax":
        a = put("dense", final, outputs, "tanh")
        b = put("dense", [rng.randrange(-1, a)], outputs, "identity")
        put("add", [a, b], 0, out_act)
    else:
        if rng.random() < 0.2 and -1 not in final:
            final.append(-1)
        put("dense", final, outputs, out_act)
    return layers


def targets(rng, kind, rows, outputs):
    if kind == "class":
        if rng.random() < 0.3:
            t = []
            for _ in range(rows):
                cut = sorted(rng.sample(range(1, 1000), outputs - 1))
                t.append([(b - a) / 1000 for a, b in zip([0] + cut, cut + [1000])])
            return t
        hot = [rng.randrange(outputs) for _ in range(rows)]
        return [[int(j == h) for j in range(outputs)] for h in hot]
    draw = {"number": lambda: number(rng, -1.5, 1.5), "sign": lambda: rng.choice([-1, 1]),
            "count": lambda: rng.randint(0, 5),
            "probability": lambda: rng.choice([0, 1, number(rng, 0.02, 0.98)])}[kind]
    return [[draw() for _ in range(outputs)] for _ in range(rows)]


def flat(values):
    values = values.detach().flatten().tolist() if torch.is_tensor(values) else values
    while values and isinstance(values[0], list):
        values = [v for row in values for v in row]
    return values


def line(word, values):
    print(word, " ".join("%.14g" % v for v in flat(values)))


def write_net(index, rng, loss_name, out_act, hidden_acts):
    loss, _, target_kind, loss_param = LOSSES[loss_name]
    many = target_kind == "class" or out_act == "softmax"
    inputs, rows = rng.randint(1, 4), rng.choice([1, 1, 2, 3, 4])
    outputs = rng.randint(2, 3) if many else rng.randint(1, 3)
    layers = make_layers(rng, inputs, outputs, out_act, hidden_acts)
    smoothing = 0
    if target_kind in ("class", "probability") and rng.random() < 0.4:
        smoothing = number(rng, 0.02, 0.3)
    param = (loss_param[0], number(rng, *loss_param[1:])) if loss_param else ("-", 0)
    reduction = rng.choice(["mean", "sum"])
    rate = number(rng, 0.02, 1)

    x = torch.tensor(numbers(rng, -2, 2, rows, inputs), requires_grad=True)
    t = torch.tensor(targets(rng, target_kind, rows, outputs), dtype=torch.float64)
    values = {-1: x}
    for i, layer in enumerate(layers):
        u, values[i] = layer.run(values)
    y = values[len(layers) - 1]
    each = loss(y, t, u, param[1], smoothing)
    total = each.mean() if reduction == "mean" else each.sum()
    total.backward()

    print(f"net {index} {inputs} {len(layers)} {rows}")
    for layer in layers:
        print(layer.describe())
    print(f"loss {loss_name} {param[0]} {param[1]} {smoothing} {reduction} {rate}")
    line("x", x)
    line("t", t)
    line("y", y)
    line("L", [total.item()])
    line("dx", x.grad)
    groups = [(p, l.rates[1] if k == 1 and l.bias != "none" else l.rates[0])
              for l in layers for k, p in enumerate(l.tensors)]
    before = [p.detach().clone() for p, _ in groups]
    torch.optim.SGD([{"params": [p], "lr": rate * factor} for p, factor in groups]).step()
    for (p, _), old in zip(groups, before):
        line("p", old)
        line("dp", p.grad)
        line("np", p)


def main():
    print("chainrule torch fixtures 1")
    index = 0
    # Every loss with every output activation it takes, twice; every activation hidden under
    # every loss that is a number's; the rest is drawn.
    for seed in range(2):
        for name, (_, outputs, _, _) in LOSSES.items():
            for out in outputs:
                index += 1
                rng = random.Random(index)
                write_net(index, rng, name, out, rng.choices(HIDDEN, k=rng.randint(0, 3)))
    for k, act in enumerate(HIDDEN * 4):
        index += 1
        rng = random.Random(index)
        name = list(LOSSES)[k % len(LOSSES)]
        acts = [act] + rng.choices(HIDDEN, k=rng.randint(0, 2))
        write_net(index, rng, name, rng.choice(LOSSES[name][1]), acts)
    print(f"end {index}")


main()
