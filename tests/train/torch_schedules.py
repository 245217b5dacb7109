"""Writes schedules.inc: factors of the learning rate as torch.optim.lr_scheduler gives them.

    python3 tests/train/torch_schedules.py >tests/train/schedules.inc
"""
import torch
from torch.optim import lr_scheduler as lr

STEPS, PER_EPOCH = 40, 4
LOSSES = [5, 4, 4, 3.9999, 4.1, 4, 3.5, 3.4999, 3.5, 3.5, 3.5, 2, 2, 2, 2, 2, 1, 1.5, 1.5, 1.5]


def factors(make, each_epoch, losses=None):
    """The factor of every step; each_epoch: the scheduler steps once an epoch."""
    optimiser = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=1.0)
    scheduler = make(optimiser)
    seen = []
    for step in range(STEPS if losses is None else len(losses) * PER_EPOCH):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if losses is not None:
            if (step + 1) % PER_EPOCH == 0:
                scheduler.step(losses[step // PER_EPOCH])
        elif not each_epoch or (step + 1) % PER_EPOCH == 0:
            scheduler.step()
    return seen


def warm(o, steps, then):
    return lr.SequentialLR(o, [lr.LinearLR(o, 1 / (steps + 1), 1, steps), then], [steps])


CASES = [
    ("constant", lambda o: lr.ConstantLR(o, 1), 0),
    ("step every=3 factor=0.5", lambda o: lr.StepLR(o, 3, 0.5), 1),
    ("exponential factor=0.8", lambda o: lr.ExponentialLR(o, 0.8), 1),
    ("polynomial", lambda o: lr.PolynomialLR(o, STEPS, 1), 0),
    ("polynomial power=2.5", lambda o: lr.PolynomialLR(o, STEPS, 2.5), 0),
    ("cosine", lambda o: lr.CosineAnnealingLR(o, STEPS), 0),
    ("cosine end=0.1", lambda o: lr.CosineAnnealingLR(o, STEPS, 0.1), 0),
    ("one-cycle", lambda o: lr.OneCycleLR(o, 1.0, STEPS, cycle_momentum=False), 0),
    ("one-cycle peak=0.45 start=0.1 end=0.001",
     lambda o: lr.OneCycleLR(o, 1.0, STEPS, pct_start=0.45, div_factor=10, final_div_factor=100,
                             cycle_momentum=False), 0),
    ("cosine warm-up=7", lambda o: warm(o, 7, lr.CosineAnnealingLR(o, STEPS - 7)), 0),
    ("polynomial power=2, warm-up=10", lambda o: warm(o, 10, lr.PolynomialLR(o, STEPS - 10, 2)), 0),
]

print("/* Written by torch_schedules.py with PyTorch", torch.__version__.split("+")[0], "*/")
print(f"enum {{ STEPS = {STEPS}, PER_EPOCH = {PER_EPOCH} }};")
print("static const struct { const char *text; double factor[STEPS]; } cases[] = {")
for text, make, each_epoch in CASES:
    print(f'    {{"{text}",\n     {{' + ", ".join(f"{v:.17g}" for v in factors(make, each_epoch)) +
          "}},")
print("};")
print(f"enum {{ EPOCHS = {len(LOSSES)} }};")
print("static const double losses[EPOCHS] = {" + ", ".join(map(str, LOSSES)) + "};")
print("static const struct { const char *text; double factor[EPOCHS]; } plateaus[] = {")
for text, factor, patience, threshold in (("plateau patience=2", 0.1, 2, 1e-4),
                                          ("plateau factor=0.5 patience=0", 0.5, 0, 1e-4),
                                          ("plateau factor=0.7 patience=1 threshold=0.3", 0.7, 1, 0.3)):
    seen = factors(lambda o: lr.ReduceLROnPlateau(o, factor=factor, patience=patience,
                                                  threshold=threshold), 1, LOSSES)
    print(f'    {{"{text}",\n     {{' + ", ".join(f"{v:.17g}" for v in seen[::PER_EPOCH]) + "}},")
print("};")
