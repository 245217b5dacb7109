"""Worksheets: the answers are right, worked out here in float64 from the numbers on the sheet; the
same seed gives the same sheet in every format, another one another; results are readable."""
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
SIGMOID = ROOT / "examples/worked/sigmoid-2-2-1.yaml"
EQUATION = re.compile(r"([^\s,]+) [=≈] (−?\d+(?:\.\d+)?)(?=[,\s]|$)")


def sheets(path, *options):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PROGRAM, "worksheet", str(path), "--key", f"{folder}/key", *options],
                              capture_output=True, check=True)
        return done.stdout.decode(), pathlib.Path(folder, "key").read_text(encoding="utf-8")


def number(s):
    return float(s.replace("−", "-"))


def exercises(text):
    return re.split(r"^Exercise \d+\n-+\n", text, flags=re.M)[1:]


def by_hand(g):
    """The sigmoid network of two inputs, two hidden units and an output, half squared error."""
    def s(z):
        return 1 / (1 + math.exp(-z))
    v = {}
    for h in ("h1", "h2"):
        v[f"z_{h}"] = sum(g[f"w_{{{x}→{h}}}"] * g[x] for x in ("x1", "x2"))
        v[h] = s(v[f"z_{h}"])
    v["z_o"] = sum(g[f"w_{{{h}→o}}"] * v[h] for h in ("h1", "h2"))
    v["o"] = s(v["z_o"])
    v["L"] = (v["o"] - g["y"]) ** 2 / 2
    v["∂L/∂o"] = v["o"] - g["y"]
    v["σ′(z_o)"] = v["o"] * (1 - v["o"])
    v["δ_o"] = v["∂L/∂o"] * v["σ′(z_o)"]
    for h in ("h1", "h2"):
        v[f"∂L/∂w_{{{h}→o}}"] = v["δ_o"] * v[h]
        v[f"∂L/∂{h}"] = v["δ_o"] * g[f"w_{{{h}→o}}"]
        v[f"σ′(z_{h})"] = v[h] * (1 - v[h])
        v[f"δ_{h}"] = v[f"∂L/∂{h}"] * v[f"σ′(z_{h})"]
        for x in ("x1", "x2"):
            v[f"∂L/∂w_{{{x}→{h}}}"] = v[f"δ_{h}"] * g[x]
    for name in [n for n in g if n.startswith("w_")]:
        v[f"{name}_new"] = g[name] - g["η"] * v[f"∂L/∂{name}"]
    return v


def answers(text):
    found = {}
    for line in text.splitlines():
        match = re.match(r"  (\S+) = .*[=≈] (−?\d+(?:\.\d+)?)(?: \*)?$", line)
        if match:
            found[match[1]] = number(match[2])
    return found


def right():
    failures = []
    for seed in range(12):
        sheet, key = sheets(SIGMOID, "--seed", str(seed), "--count", "3")
        for n, (asked, told) in enumerate(zip(exercises(sheet), exercises(key), strict=True)):
            given = {k: number(v) for k, v in EQUATION.findall(asked)}
            want, got = by_hand(given), answers(told)
            blanks = re.findall(r"^  (\S+) = _+$", asked, re.M)
            where = f"seed {seed}, exercise {n + 1}"
            if set(blanks) != set(want) or set(got) != set(want):
                failures.append(f"{where}: {set(blanks) ^ set(want)} {set(got) ^ set(want)}")
                continue
            failures += [f"{where}: {k} = {got[k]}, not {want[k]}" for k in want
                         if not abs(got[k] - want[k]) <= 0.5e-4 * (1 + 1e-9)]
            steps = [given[k] * 10 for k in given if k != "η"]
            if any(abs(s - round(s)) > 1e-9 or abs(s) > 20 for s in steps):
                failures.append(f"{where}: givens {given}")
    return failures


def same():
    failures = []
    for style in ["text", "markdown", "latex", "html"]:
        one, two = (sheets(SIGMOID, "--seed", "5", "--count", "2", "--format", style)
                    for _ in range(2))
        other = sheets(SIGMOID, "--seed", "6", "--count", "2", "--format", style)
        if one != two or one == other:
            failures.append(f"{style}: the same seed gives another sheet, or another the same")
        numbers = re.findall(r"−?\d\.\d{4}", sheets(SIGMOID, "--seed", "5", "--count", "2")[1])
        if not {n.replace("−", "") for n in numbers} <= set(re.findall(r"\d\.\d{4}", one[1])):
            failures.append(f"{style}: other numbers than in text")
    first = exercises(sheets(SIGMOID, "--seed", "5", "--count", "1")[0])
    if first[0].strip() != exercises(sheets(SIGMOID, "--seed", "5", "--count", "2")[0])[0].strip():
        failures.append("the first exercise depends on how many there are")
    return failures


def main():
    failures = right() + same()
    print("\n".join(failures[:20]) or "36 exercises are right")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
