"""Writes tests/net/fixtures/batch_norm.txt: networks with batch normalisation as PyTorch trains them
in float64, and what they answer then.

    python3 tests/net/torch_batch_norm.py > tests/net/fixtures/batch_norm.txt

Needs PyTorch. test_batch_norm.c describes the format where it reads it.
"""
import random

import torch

torch.set_default_dtype(torch.float64)
STEPS = 4
ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "softplus": torch.nn.functional.softplus,
               "identity": lambda t: t}


def line(word, tensors):
    print(word, *(repr(float(v)) for t in tensors for v in t.detach().flatten()))


class Act(torch.nn.Module):
    def __init__(self, name):
        super().__init__()
        self.f = ACTIVATIONS[name]

    def forward(self, x):
        return self.f(x)


def groups(net):
    """The groups of the block, in its order."""
    for m in net:
        if isinstance(m, torch.nn.Linear):
            yield from (m.weight, m.bias)
        if isinstance(m, torch.nn.BatchNorm1d):
            yield from (m.bias, m.weight, m.running_mean, m.running_var)


def main():
    print("chainrule batch norm fixtures 1")
    for number in range(16):
        rng = random.Random(number)
        torch.manual_seed(number)
        inputs = cols = rng.randint(1, 5)
        rows = 100 if number == 7 else rng.randint(2, 12)
        net = []
        print("net", inputs, rows)
        for layer in range(rng.randint(1, 3)):
            if layer or rng.random() < 0.8:
                units, act = rng.randint(1, 8), rng.choice(list(ACTIVATIONS))
                net += [torch.nn.Linear(cols, units), Act(act)]
                print("layer dense", units, act)
                cols = units
            # Torch's momentum is the share of the batch, as ours is.
            momentum = rng.choice([0.1, 0.3, 1.0, 0.01])
            norm = torch.nn.BatchNorm1d(cols, momentum=momentum)
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
            torch.nn.init.normal_(norm.bias)
            net.append(norm)
            print("layer batch", momentum, "identity")
        net = torch.nn.Sequential(*net, torch.nn.Linear(cols, 2))
        print("layer dense 2 identity")
        print("end")
        line("params", groups(net))
        optimiser = torch.optim.SGD(net.parameters(), lr=0.05)
        for step in range(STEPS):
            x, t = torch.randn(rows, inputs), torch.randn(rows, 2)
            loss = ((net(x) - t) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            line("x", [x])
            line("t", [t])
            line("loss", [loss])
            line("params", groups(net))
        net.eval()
        x, t = torch.randn(rows, inputs, requires_grad=True), torch.randn(rows, 2)
        y = net(x)
        loss = ((y - t) ** 2).mean()
        for p in net.parameters():
            p.grad = None
        loss.backward()
        line("x", [x])
        line("t", [t])
        line("y", [y])
        line("loss", [loss])
        line("dx", [x.grad])
        line("grads", [p.grad for p in groups(net) if p.requires_grad])
    print("done")


if __name__ == "__main__":
    main()
