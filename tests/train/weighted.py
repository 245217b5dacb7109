"""Writes tests/train/weighted.inc: accuracy, log loss, RMSE and R² with sample weights, as scikit-learn
has them, of random answers.

    python3 tests/train/weighted.py > tests/train/weighted.inc

Needs scikit-learn (written with 1.9)."""
import numpy as np
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

r = np.random.default_rng(20)
ROWS, CLASSES = 25, 3
w = np.round(r.uniform(0, 4, ROWS) * 4).astype(np.float32) / 4
w[[3, 11]] = 0
of = r.integers(0, CLASSES, ROWS)
p = r.dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
y = r.normal(size=ROWS).astype(np.float32)
answer = (y + r.normal(size=ROWS)).astype(np.float32)


def put(name, values, kind="float"):
    values = np.asarray(values).ravel()
    numbers = ", ".join(repr(float(v)) if kind == "float" else str(v) for v in values)
    print(f"static const {kind} {name}[] = {{{numbers}}};")


print("/* clang-format off */")
put("sample_weight", w)
put("sample_class", of, "int")
put("probability", p)
put("sample_target", y)
put("sample_answer", answer)
p = p.astype(float)
loss = -np.log(p[np.arange(ROWS), of])
assert abs(np.average(loss, weights=w) - log_loss(of, p / p.sum(1, keepdims=True), sample_weight=w)) < 1e-6
print("static const double want_accuracy = %r, want_loss = %r, want_rmse = %r, want_r2 = %r;" % (
    float(accuracy_score(of, p.argmax(1), sample_weight=w)), float(np.average(loss, weights=w)),
    float(root_mean_squared_error(y.astype(float), answer.astype(float), sample_weight=w)),
    float(r2_score(y.astype(float), answer.astype(float), sample_weight=w))))
print("/* clang-format on */")
