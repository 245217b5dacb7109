"""Writes tests/net/fixtures/optimisers.txt: 100 steps of every optimiser in float64.

    python3 tests/net/torch_optimisers.py > tests/net/fixtures/optimisers.txt

Needs PyTorch (written with 2.15), whose optimisers make the updates; Lion, which it does not
have, is written out from algorithm 2 of its paper. The network has 3 inputs, 4 tanh units and
2 outputs, with learning rates of their own for each group of parameters; the loss is the mean
squared error. Steps go through two batches of 4 rows in turn. Given numbers are short
decimals. test_optimisers.c describes the format where it reads it.
"""
import random

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

torch.set_default_dtype(torch.float64)
SHAPES = [(4, 3), (4,), (2, 4), (2,)]
FACTORS = [1, 0.5, 2, 1]
STEPS = (1, 2, 3, 10, 100)


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, dict(lr=lr))
        self.betas, self.decay = betas, weight_decay

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = b1 * m + (1 - b1) * p.grad
                p -= group["lr"] * (c.sign() + self.decay * p)
                self.state[p]["m"] = b2 * m + (1 - b2) * p.grad


class RpropPlus(torch.optim.Optimizer):
    """Igel and Huesken 2003, Table 3, iRprop+, line by line."""
    def __init__(self, groups, lr, c):
        super().__init__(groups, {"lr": lr})
        self.c, self.last = c, None

    @torch.no_grad()
    def step(self, loss):
        c = self.c
        for group in self.param_groups:
            for p in group["params"]:
                s = self.state[p]
                if not s:
                    s["size"] = torch.full_like(p, group["lr"])
                    s["change"], s["grad"] = torch.zeros_like(p), torch.zeros_like(p)
                for i in range(p.numel()):
                    w, g = p.view(-1), p.grad.view(-1)
                    size, change, before = (s[k].view(-1) for k in ("size", "change", "grad"))
                    if before[i] * g[i] > 0:
                        size[i] = min(size[i] * c["increase"], c["largest"])
                        change[i] = -torch.sign(g[i]) * size[i]
                        w[i] += change[i]
                        before[i] = g[i]
                    elif before[i] * g[i] < 0:
                        size[i] = max(size[i] * c["decrease"], c["smallest"])
                        if loss > self.last:
                            w[i] -= change[i]
                        before[i] = 0
                    else:
                        if self.last is None:  # our clamp takes in the first size too
                            size[i] = min(max(size[i], c["smallest"]), c["largest"])
                        change[i] = -torch.sign(g[i]) * size[i]
                        w[i] += change[i]
                        before[i] = g[i]
        self.last = loss


def sgd(**fixed):
    def make(groups, lr, c):
        return torch.optim.SGD(groups, lr=lr, momentum=c.get("momentum", 0), **fixed,
                               weight_decay=c.get("weight-decay", 0))
    return make


def adam(kind):
    def make(groups, lr, c):
        return kind(groups, lr=lr, betas=(float(c["beta1"]), float(c["beta2"])), eps=c["epsilon"],
                    weight_decay=c["weight-decay"])
    return make


MAKERS = {
    "gradient-descent": sgd(),
    "momentum": sgd(),
    "nesterov": sgd(nesterov=True),
    "adagrad": lambda g, lr, c: torch.optim.Adagrad(g, lr=lr, eps=c["epsilon"],
                                                    weight_decay=c["weight-decay"]),
    "rmsprop": lambda g, lr, c: torch.optim.RMSprop(g, lr=lr, alpha=c["alpha"], eps=c["epsilon"],
                                                    weight_decay=c["weight-decay"]),
    "adam": adam(torch.optim.Adam),
    "adamw": adam(torch.optim.AdamW),
    "rprop": lambda g, lr, c: torch.optim.Rprop(g, lr=lr, etas=(c["decrease"], c["increase"]),
                                                step_sizes=(c["smallest"], c["largest"])),
    "rprop-plus": RpropPlus,
    "lion": lambda g, lr, c: Lion(g, lr, (c["beta1"], c["beta2"]), c["weight-decay"]),
}

# name, learning rate, constants
CASES = [
    ("gradient-descent", 0.1, {}),
    ("gradient-descent", 0.1, {"weight-decay": 0.01}),
    ("momentum", 0.02, {"momentum": 0.9}),
    ("momentum", 0.05, {"momentum": 0.5, "weight-decay": 0.02}),
    ("nesterov", 0.02, {"momentum": 0.9}),
    ("nesterov", 0.02, {"momentum": 0.8, "weight-decay": 0.01}),
    ("adagrad", 0.05, {"epsilon": 1e-10, "weight-decay": 0}),
    ("adagrad", 0.05, {"epsilon": 1e-6, "weight-decay": 0.03}),
    ("rmsprop", 0.01, {"alpha": 0.99, "epsilon": 1e-8, "weight-decay": 0}),
    ("rmsprop", 0.01, {"alpha": 0.9, "epsilon": 1e-5, "weight-decay": 0.02}),
    ("adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight-decay": 0}),
    ("adam", 0.02, {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight-decay": 0.01}),
    ("adam", 0.02, {"beta1": 0, "beta2": 0.5, "epsilon": 0.001, "weight-decay": 0}),
    ("adamw", 0.01, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight-decay": 0.01}),
    ("adamw", 0.02, {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-6, "weight-decay": 0.3}),
    ("adamw", 0.02, {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-6, "weight-decay": 0}),
    ("lion", 0.01, {"beta1": 0.9, "beta2": 0.99, "weight-decay": 0}),
    ("lion", 0.005, {"beta1": 0.8, "beta2": 0.95, "weight-decay": 0.1}),
    # What any optimiser can have besides.
    ("gradient-descent", 0.1, {"weight-decay": 0, "l1": 0.01, "average": 0.9}),
    ("momentum", 0.05, {"momentum": 0.5, "weight-decay": 0.02, "clip-norm": 0.3}),
    ("adam", 0.02, {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight-decay": 0,
                    "average": 0.99}),
    ("adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight-decay": 0.01,
                    "clip-norm": 0.5, "clip-value": 0.1, "l1": 0.001, "l2": 0.02,
                    "average": 0.5}),
    ("rmsprop", 0.01, {"alpha": 0.99, "epsilon": 1e-8, "weight-decay": 0, "clip-value": 0.05}),
    ("adamw", 0.02, {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-6, "weight-decay": 0.3, "l2": 0.1}),
    ("rprop-plus", 0.01, {"increase": 1.2, "decrease": 0.5, "smallest": 1e-6, "largest": 50}),
    ("rprop-plus", 0.1, {"increase": 1.5, "decrease": 0.25, "smallest": 0.001, "largest": 0.125}),
    ("rprop-plus", 0.3, {"increase": 1.2, "decrease": 0.5, "smallest": 1e-6, "largest": 50}),
    ("rprop", 0.01, {"increase": 1.2, "decrease": 0.5, "smallest": 1e-6, "largest": 50}),
    ("rprop", 0.1, {"increase": 1.5, "decrease": 0.25, "smallest": 0.001, "largest": 0.125}),
]


def line(word, values):
    print(word, *(repr(float(v)) for v in values))


def flat(params):
    return [v for p in params for v in p.detach().flatten().tolist()]


def tensor(rng, *shape):
    n = 1
    for s in shape:
        n *= s
    return torch.tensor([round(rng.uniform(-1, 1), 3) for _ in range(n)]).reshape(shape)


def main():
    print("chainrule optimiser fixtures 1")
    for number, (name, rate, constants) in enumerate(CASES):
        rng = random.Random(number)
        params = [tensor(rng, *s).requires_grad_() for s in SHAPES]
        x, t = tensor(rng, 2, 4, 3), tensor(rng, 2, 4, 2)
        groups = [{"params": [p], "lr": rate * f} for p, f in zip(params, FACTORS)]
        optimiser = MAKERS[name](groups, rate, constants)
        print("case", name, rate, len(constants), *(v for c in constants.items() for v in c))
        line("factors", FACTORS)
        line("x", x.flatten().tolist())
        line("t", t.flatten().tolist())
        line("p", flat(params))
        averages = [p.detach().clone() for p in params]

        def average(kept, new, before):
            if before == 0:
                for k, n in zip(kept, new):
                    k.copy_(n)
            else:
                get_ema_multi_avg_fn(constants["average"])(kept, new, before)

        for step in range(1, max(STEPS) + 1):
            w, b, v, c = params
            y = torch.tanh(x[(step - 1) % 2] @ w.T + b) @ v.T + c
            optimiser.zero_grad()
            loss = ((y - t[(step - 1) % 2]) ** 2).mean()
            loss.backward()
            if "clip-norm" in constants:
                torch.nn.utils.clip_grad_norm_(params, constants["clip-norm"])
            if "clip-value" in constants:
                torch.nn.utils.clip_grad_value_(params, constants["clip-value"])
            for p in (w, v):
                p.grad += constants.get("l1", 0) * p.detach().sign()
                p.grad += constants.get("l2", 0) * p.detach()
            if name == "rprop-plus":
                optimiser.step(loss.item())
            else:
                optimiser.step()
            if "average" in constants:
                average(averages, [p.detach().clone() for p in params], step - 1)
            if step in STEPS:
                line(f"step {step}", flat(params))
        if "average" in constants:
            line("average", flat(averages))
    print("end", len(CASES))


if __name__ == "__main__":
    main()
