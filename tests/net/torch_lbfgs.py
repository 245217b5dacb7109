"""Writes tests/net/fixtures/lbfgs.txt: 100 steps of L-BFGS in float64.

    python3 tests/net/torch_lbfgs.py > tests/net/fixtures/lbfgs.txt

Needs PyTorch (written with 2.15), whose torch.optim.LBFGS makes the updates: one iteration in each
step, with its tolerances at 0, without a line search (lbfgs-fixed) and with 'strong_wolfe' (lbfgs).
The loss is the mean squared error over all 24 rows: of a linear layer with 3 inputs and 2 units, over
100 steps (10 where it has converged by then, and the rounding of the loss would decide); or of a
network with 3 inputs, 4 tanh units and 2 outputs, over the 30 steps before rounding decides where such
a search goes: after 100, two runs of PyTorch itself, with one matrix scaled by 1 + 4e-16, differ by up
to everything. Given numbers are short decimals. test_lbfgs.c describes the format where it reads it.
"""
import random

import torch

torch.set_default_dtype(torch.float64)
LAYER = [(2, 3), (2,)]
NETWORK = [(4, 3), (4,), (2, 4), (2,)]
ROWS = 24
STEPS = (1, 2, 3, 10, 30, 100)

# what, steps, name, learning rate, pairs kept, line search, seed
CASES = [
    (LAYER, 100, "lbfgs-fixed", 0.1, 10, None, 1),
    (LAYER, 100, "lbfgs-fixed", 0.5, 3, None, 2),
    (LAYER, 100, "lbfgs-fixed", 1, 10, None, 3),
    (LAYER, 100, "lbfgs", 0.12, 10, "strong_wolfe", 4),
    (LAYER, 100, "lbfgs", 0.15, 3, "strong_wolfe", 5),
    (LAYER, 10, "lbfgs", 1, 10, "strong_wolfe", 6),
    (LAYER, 10, "lbfgs", 20, 2, "strong_wolfe", 7),
    (NETWORK, 30, "lbfgs-fixed", 0.05, 10, None, 1),
    (NETWORK, 30, "lbfgs-fixed", 0.1, 3, None, 6),
    (NETWORK, 30, "lbfgs", 1, 10, "strong_wolfe", 1),
    (NETWORK, 30, "lbfgs", 0.3, 5, "strong_wolfe", 5),
    (NETWORK, 30, "lbfgs", 5, 2, "strong_wolfe", 2),
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
    print("chainrule lbfgs fixtures 1")
    for shapes, steps, name, rate, history, search, seed in CASES:
        rng = random.Random(seed)
        params = [tensor(rng, *s).requires_grad_() for s in shapes]
        x, t = tensor(rng, ROWS, 3), tensor(rng, ROWS, 2)
        optimiser = torch.optim.LBFGS(params, lr=rate, max_iter=1, max_eval=1000,
                                      history_size=history, line_search_fn=search,
                                      tolerance_grad=0, tolerance_change=0)
        print("case", name, rate, history, 0 if shapes == LAYER else 4, steps)
        line("x", x.flatten().tolist())
        line("t", t.flatten().tolist())
        line("p", flat(params))

        def loss():
            y = x @ params[0].T + params[1]
            if len(params) > 2:
                y = torch.tanh(y) @ params[2].T + params[3]
            optimiser.zero_grad()
            value = ((y - t) ** 2).mean()
            value.backward()
            return value

        for step in range(1, steps + 1):
            optimiser.step(loss)
            if step in STEPS:
                line(f"step {step}", flat(params))
    print("end", len(CASES))


if __name__ == "__main__":
    main()
