"""`chainrule evaluate` measures the answers that `chainrule predict` writes: compared with the same
metrics made of predict's CSV by NumPy."""
import csv
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import numpy as np

COMMAND = shlex.split(os.environ.get("CHAINRULE_WRAPPER", "")) + [
    str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"], "examples", "data", "digits.csv")


def run(*arguments):
    done = subprocess.run(COMMAND + [str(a) for a in arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(model, data):
    """What predict says, as an array of texts, with its columns' names."""
    rows = list(csv.reader(run("predict", "-q", model, data).splitlines()))
    return rows[0], np.array(rows[1:])


def column(data, name):
    with open(data, newline="") as f:
        return np.array([row[name] for row in csv.DictReader(f)])


def values(model, data, *options):
    found = json.loads(run("evaluate", model, data, "--format", "json", "--resamples", 100,
                           *options))
    return found, {m["name"]: m for m in found["metrics"]}


def near(got, want):
    assert abs(got - want) <= 1e-5 * max(1, abs(want)), (got, want)


def classes(folder):
    model = folder / "digits"
    run("train", "-q", DIGITS, "--target", "digit", "--epochs", 3, "--no-report", "-o", model)
    names, said = answers(model, DIGITS)
    truth = column(DIGITS, "digit")
    found, metric = values(model, DIGITS)
    kinds = [n[2:-1] for n in names[1:]]
    assert found["classes"] == kinds and found["rows"] == len(truth)
    right = said[:, 0] == truth
    p = said[:, 1:].astype(float)
    y = np.array([kinds.index(t) for t in truth])
    near(metric["accuracy"]["value"], right.mean())
    near(metric["log-loss"]["value"], -np.log(p[np.arange(len(y)), y]).mean())
    near(metric["brier"]["value"], ((p - np.eye(10)[y]) ** 2).sum(1).mean())
    matrix = np.zeros((10, 10))
    np.add.at(matrix, (y, p.argmax(1)), 1)
    assert (np.array(found["confusion"]) == matrix).all()
    for m in metric.values():
        assert m["low"] <= m["value"] <= m["high"], m
        assert m["high"] - m["low"] < 0.1, m
    # the same bits on any number of threads; another seed moves intervals alone
    assert found == values(model, DIGITS, "--threads", 2)[0]
    other = values(model, DIGITS, "--seed", 2)[1]
    assert other["auc"]["value"] == metric["auc"]["value"]
    assert other["brier"]["low"] != metric["brier"]["low"]


def numbers(folder):
    data, model = folder / "line.csv", folder / "line"
    r = np.random.default_rng(1)
    x = r.normal(size=(300, 3))
    y = x @ [1, -2, 0.5] + r.normal(size=300) * 0.1
    with open(data, "w") as f:
        print("a,b,c,y", file=f)
        for row, t in zip(x.tolist(), y.tolist()):
            print(*row, t, sep=",", file=f)
    run("train", "-q", data, "--target", "y", "--epochs", 20, "-o", model)
    e = answers(model, data)[1][:, 0].astype(float) - y
    _, metric = values(model, data, "--metrics", "rmse,mae,r2,median-absolute-error,pinball:0.9")
    assert list(metric) == ["rmse", "mae", "r2", "median-absolute-error", "pinball"]
    near(metric["rmse"]["value"], np.sqrt((e ** 2).mean()))
    near(metric["mae"]["value"], abs(e).mean())
    near(metric["r2"]["value"], 1 - (e ** 2).sum() / ((y - y.mean()) ** 2).sum())
    near(metric["median-absolute-error"]["value"], np.median(abs(e)))
    near(metric["pinball"]["value"], np.maximum(-0.9 * e, 0.1 * e).mean())
    assert metric["pinball"]["quantile"] == 0.9
    for m in metric.values():
        assert m["low"] < m["value"] < m["high"], m


with tempfile.TemporaryDirectory() as folder:
    classes(pathlib.Path(folder))
    numbers(pathlib.Path(folder))
sys.exit(0)
