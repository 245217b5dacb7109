#!/usr/bin/env python3
"""How good models are: ours beside the same recipe, RealMLP-TD-S, in PyTorch (realmlp_torch.py)
and scikit-learn's MLP, on real sets with one split each. Prints a Markdown table.

One fifth of a set's rows, the same for all, is the test; seeds differ in first weights,
validation rows and order. Agreement of ours and PyTorch's: Welch's t test on a set's errors over
the seeds, at 1 % shared by all sets (Bonferroni), and Wilcoxon's signed rank test on the sets'
mean errors, each divided by the larger of the two.
"""
import argparse
import csv
import datetime
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import numpy as np
import sklearn.datasets

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tests" / "train"))
from read_rda import read_rda                                               # noqa: E402

MLBENCH = pathlib.Path(os.environ.get("MLBENCH", "/usr/lib/R/site-library/mlbench/data"))
BEGIN, END = "<!-- begin: ./dev accuracy -->", "<!-- end: ./dev accuracy -->"

# name, target, columns to leave out; what is a number of few values is one all the same
R_SETS = [
    ("BreastCancer", "Class", ["Id"]),
    ("BostonHousing", "medv", []),
    ("DNA", "Class", []),
    ("Glass", "Type", []),
    ("HouseVotes84", "Class", []),
    ("Ionosphere", "Class", []),
    ("LetterRecognition", "lettr", []),
    ("Ozone", "V4", []),
    ("PimaIndiansDiabetes", "diabetes", []),
    ("PimaIndiansDiabetes2", "diabetes", []),
    ("Satellite", "classes", []),
    ("Servo", "Class", []),
    ("Sonar", "Class", []),
    ("Soybean", "Class", []),
    ("Vehicle", "Class", []),
    ("Vowel", "Class", []),
    ("Zoo", "type", []),
]
BUNDLED = ["iris", "wine", "breast_cancer", "digits", "diabetes"]


class Set:
    """columns: (name, kind, values); target: numbers, or names of classes."""

    def __init__(self, name, columns, target, classes):
        known = [i for i, t in enumerate(target) if t is not None]
        self.name = name
        self.classes = sorted({target[i] for i in known}) if classes else None
        self.columns = [(c, kind, [values[i] for i in known]) for c, kind, values in columns]
        self.target = [target[i] for i in known]
        self.rows = len(known)
        self.test, self.train = self.split(range(self.rows), np.random.default_rng(0))

    def split(self, rows, random):
        """A fifth of the rows, of each class where there are classes, and the others."""
        groups = {}
        for i in rows:
            groups.setdefault(self.target[i] if self.classes else 0, []).append(i)
        part, rest = [], []
        for key in sorted(groups):
            order = random.permutation(groups[key])
            n = round(len(order) / 5)
            part += list(order[:n])
            rest += list(order[n:])
        return sorted(part), sorted(rest)


def number(v):
    return None if v is None or v != v else float(v)


def from_r(name, target, left_out):
    frame = read_rda(MLBENCH / f"{name}.rda")
    answers = dict(frame)[target]
    classes = not all(isinstance(v, (int, float)) for v in answers if v is not None)
    columns = []
    for c, values in frame:
        if c == target or c in left_out:
            continue
        if all(isinstance(v, (int, float)) for v in values if v is not None) and name != "Zoo" or \
                c == "legs":
            columns.append((c, "number", [number(v) for v in values]))
        else:
            columns.append((c, "category", [None if v is None else f"v{v}" for v in values]))
    answers = [None if v is None else f"c{v}" for v in answers] if classes else \
              [number(v) for v in answers]
    return Set(name, columns, answers, classes)


def bundled(name):
    got = getattr(sklearn.datasets, f"load_{name}")()
    classes = name != "diabetes"
    columns = [(f"x{k}", "number", [float(v) for v in got.data[:, k]])
               for k in range(got.data.shape[1])]
    return Set(name, columns, [f"c{t}" for t in got.target] if classes else
               [float(t) for t in got.target], classes)


def sets(names):
    for name in BUNDLED:
        if not names or name in names:
            yield bundled(name)
    for name, target, left_out in R_SETS:
        if not names or name in names:
            yield from_r(name, target, left_out)


def error(data, answers):
    """Of the test rows: the share of wrong classes, or root mean squared error."""
    right = [data.target[i] for i in data.test]
    if data.classes:
        return float(np.mean([a != b for a, b in zip(answers, right)]))
    return float(np.sqrt(np.mean((np.array(answers) - np.array(right)) ** 2)))


def write_rows(data, rows, path):
    with open(path, "w", newline="") as out:
        w = csv.writer(out, lineterminator="\n")
        w.writerow([c for c, _, _ in data.columns] + ["the target"])
        for i in rows:
            w.writerow(["" if v[i] is None else v[i] for _, _, v in data.columns] +
                       [data.target[i]])


def arguments(data):
    """What `chainrule train` is told of a set, so that both start from the same columns."""
    types = ",".join(f"{c}={kind}" for c, kind, _ in data.columns)
    return ["--target", "the target", "--types", types, "--recipe", "realmlp-td-s", "--task",
            "classification" if data.classes else "regression"]


class Ours:
    name = "chainrule"

    def __init__(self, args):
        self.program, self.threads = args.program, args.threads

    def __call__(self, data, seed, folder):
        write_rows(data, data.train, folder / "train.csv")
        write_rows(data, data.test, folder / "test.csv")
        done = subprocess.run(
            [self.program, "train", "train.csv", "--test-file", "test.csv", "--seed", str(seed), "-o",
             "m", "--no-report", "-q", "--threads", str(self.threads)] + arguments(data),
            cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, (data.name, done.stderr)
        out = subprocess.run([self.program, "predict", "m", "test.csv", "-q"], cwd=folder,
                             capture_output=True, text=True, check=True).stdout
        answers = [row["prediction"] for row in csv.DictReader(out.splitlines())]
        return error(data, answers if data.classes else [float(a) for a in answers])


class Torch:
    name = "PyTorch"

    def __init__(self, args):
        import torch
        import realmlp_torch
        torch.set_num_threads(args.threads)
        self.torch, self.recipe = torch, realmlp_torch
        self.version = f"torch {torch.__version__}"

    def __call__(self, data, seed, folder):
        torch, r = self.torch, self.recipe
        held, rows = data.split(data.train, np.random.default_rng(1000 + seed))
        columns = [(kind, values) for _, kind, values in data.columns]
        prepare = r.Prepare(columns, rows)
        x, x_val, x_test = (prepare(columns, part) for part in (rows, held, data.test))
        if data.classes:
            place = {c: k for k, c in enumerate(data.classes)}
            y, y_val = (torch.tensor([place[data.target[i]] for i in part])
                        for part in (rows, held))
            net = r.train(x, y, x_val, y_val, len(data.classes), seed)
            with torch.no_grad():
                return error(data, [data.classes[k] for k in net(x_test).argmax(1)])
        known = np.array([data.target[i] for i in rows])
        mean, sd = known.mean(), known.std() or 1
        y, y_val = (torch.tensor([(data.target[i] - mean) / sd for i in part], dtype=torch.float32)
                    for part in (rows, held))
        net = r.train(x, y, x_val, y_val, 0, seed)
        with torch.no_grad():
            return error(data, net(x_test)[:, 0].numpy().astype(float) * sd + mean)


class Sklearn:
    """StandardScaler, OneHotEncoder, and the MLP with its defaults but early stopping."""
    name = "scikit-learn"

    def __init__(self, args):
        import sklearn
        self.version = f"scikit-learn {sklearn.__version__}"

    def __call__(self, data, seed, folder):
        import warnings
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler
        warnings.simplefilter("ignore")
        numbers = [v for _, kind, v in data.columns if kind == "number"]
        texts = [v for _, kind, v in data.columns if kind != "number"]

        def numeric(rows):
            return np.array([[np.nan if v[i] is None else v[i] for v in numbers] for i in rows],
                            dtype=float).reshape(len(rows), len(numbers))

        def categories(rows):
            return np.array([["" if v[i] is None else v[i] for v in texts] for i in rows],
                            dtype=object).reshape(len(rows), len(texts))

        parts = []
        if numbers:
            scale = make_pipeline(SimpleImputer(), StandardScaler()).fit(numeric(data.train))
            parts.append(lambda rows: scale.transform(numeric(rows)))
        if texts:
            code = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
            code.fit(categories(data.train))
            parts.append(lambda rows: code.transform(categories(rows)))
        x, x_test = (np.hstack([p(rows) for p in parts]) for rows in (data.train, data.test))
        y = [data.target[i] for i in data.train]
        if data.classes:
            rare = min(y.count(c) for c in set(y)) < 2
            model = MLPClassifier(max_iter=500, random_state=seed, early_stopping=not rare)
        else:
            model = TransformedTargetRegressor(
                MLPRegressor(max_iter=500, random_state=seed, early_stopping=True),
                transformer=StandardScaler())
        return error(data, list(model.fit(x, y).predict(x_test)))


def welch(a, b):
    from scipy.stats import ttest_ind
    if np.std(a) == 0 and np.std(b) == 0:
        return 1.0 if a[0] == b[0] else 0.0
    return float(ttest_ind(a, b, equal_var=False).pvalue)


def measure(args, contestants):
    rows = []
    for data in sets(args.sets):
        seeds = args.seeds if data.rows <= args.large else min(args.seeds, 3)
        row = {"set": data, "seeds": seeds, "errors": {}, "seconds": {}}
        for who in contestants:
            errors, begin = [], time.monotonic()
            for seed in range(1, seeds + 1):
                with tempfile.TemporaryDirectory() as folder:
                    errors.append(who(data, seed, pathlib.Path(folder)))
            row["errors"][who.name] = errors
            row["seconds"][who.name] = (time.monotonic() - begin) / seeds
        rows.append(row)
        print(data.name, {k: f"{np.mean(v):.4f}" for k, v in row["errors"].items()},
              {k: f"{v:.1f} s" for k, v in row["seconds"].items()}, file=sys.stderr, flush=True)
    return rows


def cell(row, who):
    errors = np.array(row["errors"][who])
    times = 100 if row["set"].classes else 1
    spread = errors.std(ddof=1) if len(errors) > 1 else 0
    return f"{times * errors.mean():.4g} ± {times * spread:.2g}"


def table(args, contestants, rows):
    yield f"- command: `./dev accuracy {' '.join(args.command)}`".rstrip() + \
          f", {datetime.date.today()}, {args.minutes:.0f} minutes"
    yield "- " + ", ".join([f"chainrule {args.version}"] +
                           [w.version for w in contestants if w.name != "chainrule"] +
                           [f"numpy {np.__version__}", f"Python {platform.python_version()}",
                            f"{args.threads} thread" + "s" * (args.threads > 1)])
    yield "- error: wrong classes in per cent, or root mean squared error in the target's units (RMSE); " \
          "mean ± standard deviation over the seeds"
    yield ""
    names = [w.name for w in contestants]
    both = "chainrule" in names and "PyTorch" in names
    yield "| set | rows | seeds | error | " + " | ".join(names) + (" | p |" if both else " |") 
    yield "|---|---|---|---|" + "---|" * (len(names) + both)
    limit, differ, pairs = 0.01 / max(len(rows), 1), [], []
    for row in rows:
        data = row["set"]
        line = f"| {data.name} | {data.rows:,} | {row['seeds']} | " + \
               ("%" if data.classes else "RMSE") + " | " + " | ".join(cell(row, n) for n in names)
        if both:
            a, b = row["errors"]["chainrule"], row["errors"]["PyTorch"]
            p = welch(a, b)
            line += f" | {p:.2g}"
            if p < limit:
                differ.append(data.name)
            pairs.append((np.mean(a), np.mean(b)))
        yield line + " |"
    yield ""
    yield "Seconds for a training, mean over sets: " + \
          ", ".join(f"{n} {np.mean([r['seconds'][n] for r in rows]):.1f}" for n in names) + "."
    if both:
        from scipy.stats import wilcoxon
        relative = [(a - b) / max(a, b) if max(a, b) else 0.0 for a, b in pairs]
        p = float(wilcoxon(relative).pvalue) if any(relative) and len(relative) > 5 else float("nan")
        yield ""
        yield f"chainrule and PyTorch's form differ on {len(differ)} of {len(rows)} sets" + \
              (f" ({', '.join(differ)})" if differ else "") + \
              f" (Welch's t test, p < {limit:.2g}); over all sets Wilcoxon's signed rank test gives " \
              f"p = {p:.2g}, and chainrule's mean error is {100 * np.mean(relative):+.1f} % of the " \
              "larger one away."
        args.bad = bool(differ) or p < 0.01


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--program", default=str(HERE.parent / "build" / "release" / "chainrule"))
    p.add_argument("--sets", type=lambda s: s.split(","), help="only these, by name")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--large", type=int, default=3000, help="sets of more rows get 3 seeds at most")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--without", type=lambda s: s.split(","), default=[],
                   help="PyTorch or scikit-learn, or both with a comma")
    p.add_argument("--write", help="put the table into this file, between the lines that say so")
    args = p.parse_args()
    args.command, args.bad = sys.argv[1:], False
    args.version = subprocess.run([args.program, "--version"], capture_output=True, text=True,
                                  check=True).stdout.split()[-1]
    args.program = str(pathlib.Path(args.program).resolve())
    contestants = [c(args) for c in (Ours, Torch, Sklearn) if c.name not in args.without]
    begin = time.monotonic()
    rows = measure(args, contestants)
    args.minutes = (time.monotonic() - begin) / 60
    text = "\n".join(table(args, contestants, rows))
    print(text)
    if args.write:
        page = pathlib.Path(args.write).read_text()
        before, rest = page.split(BEGIN)
        pathlib.Path(args.write).write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")
    return int(args.bad)


if __name__ == "__main__":
    sys.exit(main())
