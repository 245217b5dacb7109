"""Writes tests/net/fixtures/layers.txt: networks with layer normalisation, scales and NTK
parametrisation as PyTorch computes them in float64.

    python3 tests/net/torch_layers.py > tests/net/fixtures/layers.txt

Needs PyTorch. test_norm.c describes the format where it reads it.
"""
import math
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS = 5
ACTIVATIONS = {"tanh": torch.tanh, "selu": F.selu, "mish": F.mish, "identity": lambda t: t,
               "relu": F.relu}


def line(word, tensors):
    print(word, *(repr(float(v)) for t in tensors for v in t.detach().flatten()))


def main():
    print("chainrule layer fixtures 1")
    for number in range(24):
        rng = random.Random(number)
        torch.manual_seed(number)
        inputs = cols = rng.randint(1, 6)
        params, forward = [], []
        print("net", inputs)
        for layer in range(rng.randint(2, 5)):
            kind = rng.choice(["dense", "ntk", "norm", "scale", "residual"])
            act = rng.choice(list(ACTIVATIONS))
            if kind in ("dense", "ntk"):
                units = rng.randint(1, 20)
                w, b = torch.randn(units, cols), torch.randn(units)
                root = math.sqrt(cols) if kind == "ntk" else 1
                params += [w, b]
                forward.append(lambda x, w=w, b=b, s=root, a=act: ACTIVATIONS[a](x @ w.T / s + b))
                print("layer", kind, units, act)
                cols = units
            elif kind == "norm":
                g, b = torch.rand(cols) + 0.5, torch.randn(cols)
                params += [b, g]  # the order of the groups in the block
                forward.append(lambda x, g=g, b=b, n=cols: F.layer_norm(x, (n,), g, b, eps=1e-5))
                print("layer norm", cols, "identity")
            elif kind == "scale":
                s = torch.randn(cols)
                params.append(s)
                forward.append(lambda x, s=s: x * s)
                print("layer scale", cols, "identity")
            else:  # x + tanh(W x + b)
                w, b = torch.randn(cols, cols), torch.randn(cols)
                params += [w, b]
                forward.append(lambda x, w=w, b=b: x + torch.tanh(x @ w.T + b))
                print("layer residual", cols, "tanh")
        w, b = torch.randn(2, cols), torch.randn(2)
        params += [w, b]
        forward.append(lambda x, w=w, b=b: x @ w.T + b)
        print("layer dense 2 identity")
        x, t = torch.randn(ROWS, inputs), torch.randn(ROWS, 2)
        for p in params + [x]:
            p.requires_grad_()
        y = x
        for f in forward:
            y = f(y)
        loss = ((y - t) ** 2).mean()
        loss.backward()
        print("end", len(params))
        line("params", params)
        line("x", [x])
        line("t", [t])
        line("y", [y])
        line("loss", [loss])
        line("grads", [p.grad for p in params])
        line("dx", [x.grad])
    print("done")


if __name__ == "__main__":
    main()
