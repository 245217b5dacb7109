"""RealMLP-TD-S (Holzmüller, Grinsztajn & Steinwart 2024, arXiv 2407.04491, appendix A.2) in NumPy
and PyTorch: what accuracy.py compares the program with. Written from the paper's description."""
import math

import numpy as np
import torch

POOLED = 64          # levels of a category that have a column of their own
HIDDEN, EPOCHS, BATCH = 256, 256, 256


class Prepare:
    """Columns to numbers, fitted on the rows to train on: robust scaling with smooth clipping,
    missing numbers as the median with an indicator, categories one-hot."""

    def __init__(self, columns, rows):
        self.plan = []
        for kind, values in columns:
            known = [values[i] for i in rows if values[i] is not None]
            if kind == "number":
                x = np.array(known if known else [0.0])
                low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
                spread, whole = high - low, x.max() - x.min()
                scale = 1 / spread if spread > 0 else 2 / whole if whole > 0 else 0.0
                self.plan.append((kind, middle, scale, len(known) < len(rows)))
            else:
                count = {}
                for v in known:
                    count[v] = count.get(v, 0) + 1
                levels = sorted(count, key=lambda v: (-count[v], v))[:POOLED]
                self.plan.append((kind, sorted(levels), len(count) > POOLED, None))

    def __call__(self, columns, rows):
        out = []
        for (kind, values), (_, first, second, missing) in zip(columns, self.plan):
            if kind == "number":
                x = np.array([first if values[i] is None else values[i] for i in rows])
                x = (x - first) * second
                out.append(x / np.sqrt(1 + (x / 3) ** 2))
                if missing:
                    out.append(np.array([1.0 if values[i] is None else 0.0 for i in rows]))
            elif len(first) == 2 and not second:
                out.append(np.array([{first[0]: -1.0, first[1]: 1.0}.get(values[i], 0.0)
                                     for i in rows]))
            else:
                for level in first:
                    out.append(np.array([float(values[i] == level) for i in rows]))
                if second:
                    out.append(np.array([float(values[i] is not None and values[i] not in first)
                                         for i in rows]))
        return torch.tensor(np.array(out).T, dtype=torch.float32)


class Dense(torch.nn.Module):
    """y = x W/sqrt(inputs) + b."""

    def __init__(self, inputs, outputs, zero=False):
        super().__init__()
        make = torch.zeros if zero else torch.randn
        self.weight = torch.nn.Parameter(make(inputs, outputs))
        self.bias = torch.nn.Parameter(make(outputs))

    def forward(self, x):
        return x @ self.weight / math.sqrt(self.weight.shape[0]) + self.bias


class Scale(torch.nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(inputs))

    def forward(self, x):
        return x * self.scale


def network(inputs, outputs, activation):
    layers, wide = [Scale(inputs)], inputs
    for _ in range(3):
        layers += [Dense(wide, HIDDEN), activation()]
        wide = HIDDEN
    return torch.nn.Sequential(*layers, Dense(wide, outputs, zero=True))


def train(x, y, x_val, y_val, classes, seed):
    """The network of the epoch with the least validation error, the later one of equals. y: class
    numbers, or standardised targets (classes = 0)."""
    torch.manual_seed(seed)
    net = network(x.shape[1], classes or 1, torch.nn.SELU if classes else torch.nn.Mish)
    base = 0.04 if classes else 0.07
    groups = [{"params": [p], "times": 6 if "scale" in name else 0.1 if "bias" in name else 1}
              for name, p in net.named_parameters()]
    optimiser = torch.optim.Adam(groups, lr=base, betas=(0.9, 0.95), eps=1e-8)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1) if classes else torch.nn.MSELoss()
    batch = min(BATCH, len(x))
    each = len(x) // batch
    step, best, kept = 0, math.inf, None
    for _ in range(EPOCHS):
        net.train()
        order = torch.randperm(len(x))
        for b in range(each):
            t = step / (each * EPOCHS)
            rate = base * 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))
            for group in optimiser.param_groups:
                group["lr"] = rate * group["times"]
            rows = order[b * batch:(b + 1) * batch]
            out = net(x[rows])
            value = loss(out if classes else out[:, 0], y[rows])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            step += 1
        error = error_of(net, x_val, y_val, classes)
        if error <= best:
            best, kept = error, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    return net


@torch.no_grad()
def error_of(net, x, y, classes):
    """Share of wrong classes, or root mean squared error."""
    out = net(x)
    if classes:
        return float((out.argmax(1) != y).float().mean())
    return float(((out[:, 0] - y) ** 2).mean().sqrt())
