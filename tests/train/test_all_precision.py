"""Small networks trained with bf16 products are as good as those of float32, within the noise between
seeds: on the digits, on two larger sets made here from a fixed seed, and on two measured ones
where R's package mlbench is installed (Debian: r-cran-mlbench) or MLBENCH names its data folder."""
import json
import math
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile

from read_rda import read_rda

PROGRAM = str(pathlib.Path(os.environ["CHAINRULE"]).resolve())
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"], "examples", "data", "digits.csv")
MLBENCH = pathlib.Path(os.environ.get("MLBENCH", "/usr/lib/R/site-library/mlbench/data"))
SEEDS = range(1, 9)
ROWS = 12000


def write(path, target, columns, rows):
    with open(path, "w") as out:
        out.write(",".join([f"x{i}" for i in range(columns)] + [target]) + "\n")
        for inputs, answer in rows:
            out.write(",".join(f"{x:.5g}" for x in inputs) + f",{answer}\n")


def clusters(path):
    """Eight classes of three overlapping clouds each, in 24 dimensions."""
    r = random.Random(1)
    centres = [[r.gauss(0, 0.75) for _ in range(24)] for _ in range(24)]

    def rows():
        for _ in range(ROWS):
            k = r.randrange(24)
            yield [c + r.gauss(0, 1) for c in centres[k]], f"class{k % 8}"

    write(path, "y", 24, rows())


def surface(path):
    """A number: Friedman's first function of five of twelve inputs, with noise (1991, The Annals
    of Statistics 19, section 4.3)."""
    r = random.Random(2)

    def rows():
        for _ in range(ROWS):
            x = [r.random() for _ in range(12)]
            y = (10 * math.sin(math.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] +
                 5 * x[4] + r.gauss(0, 1))
            yield x, f"{y:.5f}"

    write(path, "y", 12, rows())


def measured(name, target, path):
    columns = dict(read_rda(MLBENCH / f"{name}.rda"))
    answers = columns.pop(target)
    write(path, "y", len(columns), zip(zip(*columns.values()), answers))
    return len(answers)


def small(inputs, outputs):
    """A network file; training is what it leaves open."""
    last, loss = (("softmax", "{name: cross-entropy, smoothing: 0.1}") if outputs > 1
                  else ("identity", "mean-squared"))
    return (f"inputs: {inputs}\nlayers:\n  - {{units: 128, activation: relu}}\n"
            f"  - {{units: {outputs}, activation: {last}}}\nloss: {loss}\n")


def held_out(data, target, metric, precision, seed, folder):
    model = folder / "model"
    done = subprocess.run([PROGRAM, "train", data, "--target", target, "--precision", precision,
                           "--net", folder / "net.yaml",
                           "--seed", str(seed), "--quiet", "-o", model],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    raw = model.read_bytes()
    header = json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])
    record = json.loads(header["__metadata__"]["chainrule.training"])
    assert record["precision"] == precision, record
    return record["test"][metric]


def compare(name, data, target, shape, metric, least, folder):
    """Prints means and spreads; 1 where bf16 is worse than noise explains. Pairs share the split
    and the first weights, so that the noise is that of their differences."""
    (folder / "net.yaml").write_text(small(*shape))
    of = {p: [held_out(data, target, metric, p, s, folder) for s in SEEDS]
          for p in ("float32", "bf16")}
    differences = [b - a for a, b in zip(of["float32"], of["bf16"])]
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    mean = statistics.mean(differences)
    print(f"{name}: held-out {metric}, mean and spread over {len(differences)} seeds: " +
          ", ".join(f"{p} {statistics.mean(v):.4f} +- {statistics.stdev(v):.4f}"
                    for p, v in of.items()) +
          f"; difference {mean:+.5f} +- {error:.5f}")
    good = mean >= -3 * error - 0.0005 and min(of["bf16"]) >= least
    return not good


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    clusters(folder / "clusters.csv")
    surface(folder / "surface.csv")
    wrong = compare("digits, 1,797 rows", DIGITS, "digit", (64, 10), "accuracy", 0.95, folder)
    wrong += compare(f"clusters, {ROWS:,} rows", folder / "clusters.csv", "y", (24, 8), "accuracy",
                     0.8, folder)
    wrong += compare(f"surface, {ROWS:,} rows", folder / "surface.csv", "y", (12, 1), "r2",
                     0.87, folder)
    for what, target, shape, least in (("LetterRecognition", "lettr", (16, 26), 0.85),
                                       ("Satellite", "classes", (36, 6), 0.85)):
        if not (MLBENCH / f"{what}.rda").exists():
            print(f"{what}: not here")
            continue
        rows = measured(what, target, folder / "measured.csv")
        wrong += compare(f"{what}, {rows:,} rows", folder / "measured.csv", "y", shape, "accuracy",
                         least, folder)
sys.exit(wrong > 0)
