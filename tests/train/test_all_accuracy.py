"""The default recipe is as good on held-out rows of three real sets as the same recipe in PyTorch,
whose errors over 20 seeds are in fixtures/accuracy (accuracy_fixtures.py made them). The long form,
with more sets and training PyTorch's beside ours, is ./dev accuracy.

Seeds differ in first weights, validation rows and order, so errors agree within noise: means may
differ by four standard errors of their difference, or by one row of the test where all seeds
agree."""
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(os.environ["CHAINRULE"]).resolve())
FIXTURES = pathlib.Path(os.environ["SOURCE_DIR"], "tests", "train", "fixtures", "accuracy")
SEEDS = range(1, 11)


def run(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def error(name, of, seed, folder):
    model, test = folder / "model", FIXTURES / f"{name}-test.csv"
    run("train", FIXTURES / f"{name}-train.csv", "--test-file", test, "--seed", seed, "-o", model,
        "--no-report", "-q", *of["arguments"])
    target = of["arguments"][of["arguments"].index("--target") + 1]
    with open(test, newline="") as file:
        right = [row[target] for row in csv.DictReader(file)]
    answers = [row["prediction"] for row in
               csv.DictReader(run("predict", model, test, "-q").splitlines())]
    assert len(answers) == len(right)
    if "classes" in of["error"]:
        return statistics.mean(a != b for a, b in zip(answers, right)), 1 / len(right)
    squares = [(float(a) - float(b)) ** 2 for a, b in zip(answers, right)]
    return math.sqrt(statistics.mean(squares)), 0.0


def main():
    wrong = 0
    sets = json.loads((FIXTURES / "errors.json").read_text())["sets"]
    assert len(sets) == 3
    for name, of in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            pairs = [error(name, of, seed, pathlib.Path(folder)) for seed in SEEDS]
        ours, torch = [e for e, _ in pairs], of["PyTorch"]
        noise = math.sqrt(statistics.variance(ours) / len(ours) +
                          statistics.variance(torch) / len(torch))
        apart = statistics.mean(ours) - statistics.mean(torch)
        close = abs(apart) <= 4 * noise + pairs[0][1]
        wrong += not close
        print(f"{name}: {of['error']}, mean and spread over seeds: chainrule "
              f"{statistics.mean(ours):.4f} +- {statistics.stdev(ours):.4f}, PyTorch "
              f"{statistics.mean(torch):.4f} +- {statistics.stdev(torch):.4f}; apart by {apart:+.4f}, "
              f"standard error {noise:.4f}" + ("" if close else ": too far"))
    return int(wrong > 0)


sys.exit(main())
