"""What explain tells of a trained model's row: the statistics are those that NumPy finds in the table,
every formula gives its value, the inputs are those that the network reads and the answer is
predict's, in every scaling and format."""
import csv
import datetime
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import formula  # noqa: E402
import test_html  # noqa: E402

COMMAND = os.environ.get("CHAINRULE_WRAPPER", "").split() + [os.environ["CHAINRULE"]]
ROWS, ROW = 60, 7
SCALINGS = ["robust", "standard", "min-max", "none"]
NET = """inputs: {inputs}
layers:
  - {{units: 3, activation: tanh}}
  - {{units: {units}, activation: {activation}}}
loss: {loss}
train: {{epochs: 2, batch: 16, validation: 0}}
"""
KINDS = {"number": (1, "identity", "mean-squared", "price"), "count": (1, "identity", "poisson", "count"),
         "two": (1, "sigmoid", "binary-cross-entropy", "sea"),
         "three": (3, "softmax", "cross-entropy", "colour")}


def run(*arguments):
    done = subprocess.run(COMMAND + [str(a) for a in arguments], capture_output=True)
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout.decode()


def write_table(path):
    r = random.Random(3)
    rows = []
    for i in range(ROWS):
        area = round(r.gauss(50, 20), 2)
        rows.append({"area": "" if i % 9 == 4 else area, "colour": r.choice(["red", "blue", "green"]),
                     "sea": r.choice(["yes", "no"]), "when": f"20{10 + i % 9}-0{1 + i % 8}-1{i % 7}",
                     "rare": 1 if i == 3 else 0, "same": 4, "count": r.randrange(9) + 0.5,
                     "price": round(3 * area + r.random(), 2)})
    rows[ROW]["area"], rows[ROW]["colour"] = rows[ROW]["area"] or 30, "blue"
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, rows[0])
        out.writeheader()
        out.writerows(rows)
    return rows


def raw(rows, name):
    """All rows of an input before it is scaled, by its name."""
    if name.endswith(" is missing"):
        return [float(r[name.removesuffix(" is missing")] == "") for r in rows]
    column, _, level = name.partition("=")
    if level:
        return [float(r[column] == level) for r in rows]
    column, _, part = name.partition(" (")
    if part:
        days = [datetime.date.fromisoformat(r[column]) for r in rows]
        return [float({"days)": d.toordinal() - 719163, "month)": d.month, "day)": d.day,
                       "weekday)": d.isoweekday()}[part]) for d in days]
    if column == "sea":
        return [1.0 if r[column] == "yes" else -1.0 for r in rows]
    if column == "rare":  # whole numbers 0 and 1: a boolean
        return [2.0 * r[column] - 1 for r in rows]
    known = [float(r[column]) for r in rows if r[column] != ""]
    return [float(np.median(known)) if r[column] == "" else float(r[column]) for r in rows]


def center_and_scale(scaling, v):
    low, high = min(v), max(v)
    if scaling == "none":
        return 0, 1
    if low == high:
        return 0, 0
    if scaling == "standard":
        return np.mean(v), 1 / np.std(v)
    if scaling == "min-max":
        return (low + high) / 2, 2 / (high - low)
    first, middle, third = np.quantile(v, [0.25, 0.5, 0.75])
    return middle, 1 / (third - first) if third > first else 2 / (high - low)


def expected(scaling, v):
    center, scale = center_and_scale(scaling, v)
    q = (v[ROW] - center) * scale
    return q, q / math.sqrt(1 + (q / 3) ** 2) if scaling == "robust" else q


def near(a, b, within=1e-6):
    return abs(a - b) <= within * max(1, abs(a), abs(b))


def check_formulas(steps, by_id):
    for s in steps:  # constants stand in formulas as displayed, with 6 digits or places
        symbols = [(by_id[i]["symbol"], by_id[i]["value"]) for i in s["reads"]]
        if not s["reads"]:
            assert not s["symbolic"] and not s["substituted"], s
            continue
        if isinstance(symbols[0][1], list):  # an output in matrix form
            symbols = [(symbols[0][0], symbols[0][1][0][0])]
            assert near(float(formula.work_out(s["symbolic"], symbols)), s["value"], 1e-5), s
        shown = formula.number(s["shown"])
        assert near(float(shown), s["value"], 1e-6), s
        assert not s["exact"] or float(shown) == s["value"], s
        printed = float(formula.work_out(s["substituted"]))
        assert s["unrounded_factors"] == (abs(printed - float(shown)) > 5e-7), s


def check(rows, kind, scaling, folder):
    model, table = folder / f"{kind}-{scaling}", folder / "table.csv"
    target = KINDS[kind][3]
    run("train", "-q", table, "--target", target, "--net", folder / f"{kind}.yaml", "--test", 0,
        "--scaling", scaling, "--no-report", "-o", model)
    told = json.loads(run("explain", model, table, "--row", ROW + 1, "--form", "scalar", "--format", "json"))
    steps, by_id = told["steps"], {s["id"]: s for s in told["steps"]}
    assert len(by_id) == len(steps)
    prepared = [s for s in steps if s["phase"] == "prepare"]
    assert steps[:len(prepared)] == prepared
    check_formulas(prepared + [s for s in steps if s["phase"] == "answer"], by_id)
    given = [s for s in steps if s["id"].startswith("given.") and s["id"].endswith(".input")]
    last = [s for s in prepared if s["id"].endswith(".input")]
    names = [i["name"] for i in told["row"]["inputs"]]
    assert len(given) == len(last) == len(names) >= 8, names
    assert [s["value"] for s in given] == [s["value"] for s in last]
    assert [s["symbol"] for s in given] == [s["symbol"] for s in last]
    for name, s in zip(names, last):
        v = raw(rows, name)
        q, value = expected(scaling, v)
        assert near(s["value"], value), (name, s, value)
        unit = s["id"].removesuffix(".input")
        for end, want in ((".raw", v[ROW]), (".scaled", q)):
            assert unit + end not in by_id or near(by_id[unit + end]["value"], want), (name, end)
        assert scaling == "none" or min(v) == max(v) or s["reads"] or v[ROW] == value, s
    if kind == "number":
        y = by_id["prepare.target"]
        v = [r["price"] for r in rows]
        assert near(y["value"], (v[ROW] - np.mean(v)) / np.std(v)), y
        assert y["value"] == by_id["given.o.target"]["value"]
    answer = list(csv.DictReader(run("predict", "-q", model, table).splitlines()))[ROW]["prediction"]
    if kind in ("number", "count"):
        assert by_id["answer"]["value"] == float(answer), (by_id["answer"], answer)
    else:
        assert "answer" not in by_id and told["row"]["answer"] == answer, (told["row"], answer)
    return len(prepared)


def check_formats(model, table):
    """Every format tells the same steps; many inputs are cut; one number tells what it reads."""
    for form in ("scalar", "matrix"):
        explain = ["explain", model, table, "--row", ROW + 1, "--form", form]
        steps = json.loads(run(*explain, "--format", "json"))["steps"]
        found = test_html.same(form, run(*explain, "--format", "html"), steps)
        assert not found, found[:5]
        for way in ("text", "markdown", "latex"):
            words = run(*explain, "--format", way)
            assert "From the table to the network" in words and "The answer" in words, way
            assert words.count("q1") + words.count("q_{1}") >= 3, way
    told = json.loads(run(*explain, "--why", "x", "--format", "json"))["steps"]
    assert sum(s["phase"] == "prepare" and s["id"].endswith(".input") for s in told) >= 8
    told = json.loads(run("explain", model, table, "--form", "scalar", "--why", "given.x6.input", "--format",
                          "json"))["steps"]
    assert [s["id"] for s in told if s["phase"] == "prepare" and s["id"].endswith(".input")] == \
        ["prepare.x6.input"]


def check_strange(model, table, folder):
    """No value, and a text that was not there in training."""
    with open(table, encoding="utf-8") as f:
        head = f.readline()
    strange = folder / "strange.csv"
    strange.write_text(head + ",purple,,2024-02-29,,4,1,\n")
    told = json.loads(run("explain", model, strange, "--form", "scalar", "--format", "json"))
    by_id = {s["id"]: s for s in told["steps"]}
    assert "cell" not in told["row"]["inputs"][0] and "label" not in told["row"]
    assert by_id["prepare.x2.raw"]["value"] == 1
    assert by_id["prepare.x6.raw"]["value"] == 0
    assert by_id["prepare.x1.raw"]["value"] == np.median(
        [float(r["area"]) for r in csv.DictReader(open(table, encoding="utf-8")) if r["area"]])
    assert all(by_id[f"prepare.x{k}.raw"]["value"] == 0 for k in (3, 4, 5))
    words = run("explain", model, strange)
    assert "no value; the median" in words and "No target is given" in words


def check_many(folder):
    """Names that fall together in ids, and more inputs than are told one by one."""
    wide = folder / "wide.csv"
    names = ["a b", "a-b"] + [f"c{i}" for i in range(40)]
    r = random.Random(4)
    with open(wide, "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([names + ["y"]] + [[r.random() for _ in names] + [r.random()]
                                                   for _ in range(30)])
    run("train", "-q", wide, "--target", "y", "--epochs", 1, "--no-report", "-o", folder / "wide")
    words = run("explain", folder / "wide", wide)
    assert "And 18 more inputs" in words and "\n  q24 = " in words and "\n  q25 = " not in words
    steps = json.loads(run("explain", folder / "wide", wide, "--format", "json"))["steps"]
    ids = [s["id"] for s in steps if s["phase"] == "prepare" and s["id"].endswith(".input")]
    assert len(ids) == len(set(ids)) == 42 and ids[1].startswith(ids[0].removesuffix(".input") + "~"), ids


def main():
    count = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = write_table(folder / "table.csv")
        for kind, (units, activation, loss, _) in KINDS.items():
            (folder / f"{kind}.yaml").write_text(NET.format(
                inputs=11 if kind == "three" else 13, units=units, activation=activation, loss=loss))
        for i, kind in enumerate(KINDS):
            for scaling in SCALINGS if kind == "number" else SCALINGS[i:i + 1]:
                count += check(rows, kind, scaling, folder)
        number = folder / "number-robust", folder / "table.csv"
        check_formats(*number)
        check_strange(*number, folder)
        check_many(folder)
    print(f"{count} steps of preparation")


if __name__ == "__main__":
    main()
