"""Write trajectory.inc: what PyTorch's float64 makes of two small trainings, also with the
factors of all matrix products rounded to bf16.

usage: python3 trajectory.py > trajectory.inc

Weights, inputs and targets are the sines and residues that test_trainer.c makes too.
"""
import torch

torch.set_default_dtype(torch.float64)


def sines(n, factor, phase):
    return torch.sin(torch.arange(n) * factor + phase).float().double()


def bf16(x):
    return x.float().bfloat16().double()


class RoundedProduct(torch.autograd.Function):
    """x w^T, and backward d w and d^T x, of rounded factors."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return bf16(x) @ bf16(w).T

    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return bf16(d) @ bf16(w), bf16(d).T @ bf16(x)


def exact(x, w):
    return x @ w.T


def train(rows, inputs, hidden, outputs, batch, epochs, rate, classes, product=exact):
    w1 = sines(hidden * inputs, 1.7, 0.3).reshape(hidden, inputs).requires_grad_()
    b1 = (sines(hidden, 0.9, 0.1) / 4).requires_grad_()
    w2 = sines(outputs * hidden, 2.3, 0.7).reshape(outputs, hidden).requires_grad_()
    b2 = (sines(outputs, 1.1, 0.2) / 4).requires_grad_()
    x = sines(rows * inputs, 0.77, 0.5).reshape(rows, inputs)
    if classes:
        t = (torch.arange(rows) * 7 % 5) % outputs
        loss_of = torch.nn.functional.cross_entropy
    else:
        t = sines(rows * outputs, 1.31, 0.4).reshape(rows, outputs)
        loss_of = torch.nn.functional.mse_loss
    params, losses = [w1, b1, w2, b2], []
    for _ in range(epochs):
        total = 0.0
        for at in range(0, rows, batch):
            xb, tb = x[at:at + batch], t[at:at + batch]
            loss = loss_of(product(torch.tanh(product(xb, w1) + b1), w2) + b2, tb)
            total += loss.item() * len(xb)
            grads = torch.autograd.grad(loss, params)
            with torch.no_grad():
                for p, g in zip(params, grads):
                    p -= rate * g
        losses.append(total / rows)
    y = torch.tanh(x @ w1.T + b1) @ w2.T + b2
    if classes:
        metric = (y.argmax(1) == t).double().mean().item()
    else:
        metric = ((y - t) ** 2).mean().sqrt().item()
    return losses, metric, torch.cat([p.detach().flatten() for p in params]).tolist()


def show(name, values):
    print(f"static const double {name}[] = {{")
    for at in range(0, len(values), 4):
        print("    " + ", ".join(repr(v) for v in values[at:at + 4]) + ",")
    print("};")


print(f"/* By trajectory.py with PyTorch {torch.__version__.split('+')[0]}. */")
for name, classes, outputs, rate in (("classes", True, 3, 0.5), ("numbers", False, 2, 0.2)):
    losses, metric, params = train(10, 3, 4, outputs, 4, 3, rate, classes)
    show(f"{name}_losses", losses)
    show(f"{name}_metric", [metric])
    show(f"{name}_params", params)
    losses, metric, params = train(10, 3, 4, outputs, 4, 3, rate, classes, RoundedProduct.apply)
    show(f"bf16_{name}_losses", losses)
    show(f"bf16_{name}_metric", [metric])
    show(f"bf16_{name}_params", params)
