"""The two worked examples that this project comes from, and texts of our own wording with the
same numbers: what is wrong in them, and nothing else. The originals are read where they are
at hand (a folder `shared` beside the tree), and left out elsewhere.
"""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()

# line, printed, expected, severity, verdict, a part of the message
LINEAR = [(82, r"\$$6pt]", "", "note", "broken mathematics", "well-formed"),
          (425, "0.4698", "0.4697", "error", "rounding cascade", "0.4697")]
SIGMOID = [(11, "cross-entropy loss", "½(o − y)²", "note", "naming", "½(o − y)²"),
           (134, "0.222774", "0.222751", "error", "arithmetic slip", "0.222751"),
           (138, "0.036770", "0.036770", "error", "right result, misprinted operand", "line 134"),
           (164, "0.012245", "0.002728", "error", "wrong formula", "o − y, used for δ_o"),
           (168, "0.036235", "0.008071", "error", "wrong formula", "o − y, used for δ_o")]
OWN_LINEAR = [(20, r"\$$6pt]", "", "note", "broken mathematics", "well-formed"),
              (73, "0.4698", "0.4697", "error", "rounding cascade", "0.4697")]
OWN_SIGMOID = [(3, "cross-entropy loss", "½(o − y)²", "note", "naming", "½(o − y)²"),
               (28, "0.222774", "0.222751", "error", "arithmetic slip", "0.222751"),
               (29, "0.036770", "0.036770", "error", "right result, misprinted operand", "line 28"),
               (38, "0.012245", "0.002728", "error", "wrong formula", "o − y, used for δ_o"),
               (39, "0.036235", "0.008071", "error", "wrong formula", "o − y, used for δ_o")]
STEPS = [(58, "0.18681", "0.18682", "error", "rounding cascade", "0.18682")]
PLAIN = [(19, "-0.0406", "-0.0407", "error", "rounding cascade", "-0.0407"),
         (23, "-0.0269", "-0.0270", "error", "error carried forward", "line 19")]


def audit(path):
    run = subprocess.run(WRAPPER + [PROGRAM, "audit", "--format", "json", str(path)],
                         stdout=subprocess.PIPE, check=False)
    return run.returncode, json.loads(run.stdout)


def check(path, want, code, covered=0.9):
    status, report = audit(path)
    got = report["findings"]
    problems = []
    if status != code:
        problems.append(f"exit status {status}, not {code}")
    for f in got:
        line = path.read_text(encoding="utf-8").splitlines()[f["line"] - 1]
        if line[f["column"] - 1:f["column"] - 1 + len(f["printed"])] != f["printed"]:
            problems.append(f"{f['line']}:{f['column']} is not where {f['printed']} stands")
    found = [(f["line"], f["printed"], f["expected"], f["severity"], f["verdict"]) for f in got]
    if found != [w[:5] for w in want]:
        problems.append(f"found {found}")
    for f, w in zip(got, want):
        if w[5] not in f["message"]:
            problems.append(f"line {w[0]}: {f['message']}")
    coverage = report["coverage"]
    if coverage["checked"] < covered * coverage["claims"]:
        problems.append(f"covers little: {coverage}")
    for p in problems:
        print(f"{path.name}: {p}")
    return not problems


def main():
    good = check(HERE / "texts" / "linear-2-2-1.md", OWN_LINEAR, 1)
    good &= check(HERE / "texts" / "sigmoid-2-2-1.md", OWN_SIGMOID, 1)
    good &= check(HERE / "texts" / "steps-in-unicode.md", STEPS, 1)
    good &= check(HERE / "texts" / "two-hidden-plain.txt", PLAIN, 1)
    for name in ["net-out-2-2-2.md", "decimal-commas.tex", "remarks.md", "matrices.md"]:
        good &= check(HERE / "texts" / name, [], 0, 0.3)
    seeds = pathlib.Path(os.environ["SOURCE_DIR"]).resolve().parent / "shared" / "seeds"
    for prefix, want in [("000_", LINEAR), ("003_", SIGMOID)]:
        for path in sorted(seeds.glob(prefix + "*")):
            good &= check(path, want, 1)
    return not good


if __name__ == "__main__":
    sys.exit(main())
