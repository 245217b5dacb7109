"""The steps of many networks, judged from outside: every formula gives its value, every id
that is read exists before, = and ≈ and "with unrounded factors" are right."""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import formula  # noqa: E402

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
FILES = sorted([*(ROOT / "examples" / "worked").glob("*.yaml"),
                *(ROOT / "tests" / "explain" / "nets").glob("*.yaml")])
NOTATIONS = ["numbered", "arrows", "nielsen", "bishop", "mazur", "matrix"]
PHASES = ["given", "forward", "loss", "backward", "update", "verify"]
KEYS = ["id", "phase", "symbol", "symbolic", "substituted", "value", "shown", "exact",
        "unrounded_factors", "reads"]
failures = []


def explain(path, *options):
    done = subprocess.run([PROGRAM, "explain", str(path), "--format", "json", *options],
                          capture_output=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout.decode("utf-8"))


def complain(where, step, what):
    failures.append(f"{where}: {step['id']}: {what}")


def close(a, b, scale):
    if b is None:
        return not math.isfinite(a)
    return a == b or abs(a - b) <= 1e-12 * max(abs(a), abs(b), scale)


def pass_of(step):
    """Symbols are unique in a pass: an iteration, or the last forward pass."""
    match = re.match(r"i(\d+)\.", step["id"])
    return "verify" if step["phase"] == "verify" else match.group(1) if match else "1"


def unmarked(symbol):
    return re.sub(r"(_new|\^\+)$", "", symbol)


def symbols_of(step, by_id):
    found = []
    for read in step["reads"]:
        other = by_id[read]
        symbol = other["symbol"]
        if other["phase"] == "update" and step["phase"] != "verify" and pass_of(other) != pass_of(step):
            symbol = unmarked(symbol)
        value = other["value"]
        found.append((symbol, math.nan if value is None else value))
    return found


def check_formula(where, step, by_id):
    symbols = symbols_of(step, by_id)
    scale = max([abs(v) for _, v in symbols if v == v] + [0]) * 1e-3
    for form in step["symbolic"].split(" = "):
        try:
            value = formula.work_out(form, symbols)
        except formula.Unknown:
            continue
        except (OverflowError, ZeroDivisionError):
            value = math.nan
        except ValueError as e:
            complain(where, step, f"{form}: {e}")
            continue
        if step["phase"] == "verify" and step["shown"].endswith("%"):
            scale = max(scale, abs(value))
        if not close(float(value), step["value"], scale):
            complain(where, step, f"{form} is {float(value)!r}, not {step['value']!r}")


def rounded(value, shown, sig=0):
    """Whether `value` rounds to what is shown (to its last place, or to `sig` digits; ties away
    from zero)."""
    text = shown.removesuffix(" %").replace("−", "-")
    mantissa, _, power = text.partition("·10")
    exponent = int(power.translate(formula.SUPER)) if power else 0
    places = len(mantissa.partition(".")[2])
    unit = Fraction(10) ** (exponent - places)
    digits = mantissa.replace("-", "").lstrip("0")
    if sig and not power and "." not in mantissa and len(digits) > sig:
        unit = Fraction(10) ** (len(digits) - sig)
    if isinstance(value, Fraction):
        away = math.floor(abs(value) / unit + Fraction(1, 2)) * unit
        return (away if value > 0 else -away) == formula.number(shown)
    slack = abs(value) * 1e-11 + float(unit) * 1e-7
    return abs(value - float(formula.number(shown))) <= float(unit) / 2 + slack


def check_shown(where, step, carry, sig):
    if step["value"] is None:
        if step["shown"].removesuffix(" %") not in ("NaN", "∞", "−∞"):
            complain(where, step, f"null is shown as {step['shown']}")
        return
    shown = formula.number(step["shown"])
    if step["value"] != 0 and shown == 0:
        complain(where, step, "a value other than 0 is shown as 0")
    if not rounded(float(step["value"]), step["shown"], sig):
        complain(where, step, f"{step['value']!r} is shown as {step['shown']}")
    if step["exact"] and not close(float(shown), step["value"], 1e-3 * abs(step["value"])):
        complain(where, step, f"= {step['shown']}, but the value is {step['value']!r}")
    if not step["reads"]:
        return
    try:
        printed = formula.work_out(step["substituted"])
    except (OverflowError, ZeroDivisionError, ValueError) as e:
        if "NaN" not in step["substituted"] and "∞" not in step["substituted"]:
            complain(where, step, f"{step['substituted']}: {e}")
        return
    if isinstance(printed, float) and not math.isfinite(printed):
        return
    # A value of 0 is shown as 0; what is worked out counts as 0 as far as others are shown.
    zero = step["shown"] == "0" and not sig
    agrees = rounded(printed if isinstance(printed, (float, Fraction)) else Fraction(printed),
                     "0.000000" if zero else step["shown"], sig)
    if agrees == step["unrounded_factors"]:
        complain(where, step, f"{step['substituted']} is {float(printed)!r}, shown "
                              f"{step['shown']}, unrounded_factors {step['unrounded_factors']}")
    if carry and isinstance(printed, Fraction) and step["exact"] != (printed == shown):
        complain(where, step, f"{step['substituted']} is {printed}, exactly {step['shown']}?")


def exact_values(steps):
    """The true values, in fractions, where each formula stays rational."""
    known, by_id = {}, {s["id"]: s for s in steps}
    for step in steps:
        if not step["reads"]:
            if step["phase"] == "given" and step["value"] is not None:
                known[step["id"]] = Fraction(repr(step["value"]))
            elif not step["symbolic"]:  # the number of the update
                known[step["id"]] = Fraction(step["value"])
            else:
                known[step["id"]] = formula.work_out(step["symbolic"].split(" = ")[-1])
            continue
        if any(read not in known for read in step["reads"]):
            continue
        symbols = [(s, known[read]) for (s, _), read in zip(symbols_of(step, by_id), step["reads"])]
        try:
            value = formula.work_out(step["symbolic"].split(" = ")[-1], symbols)
        except (formula.Unknown, OverflowError, ZeroDivisionError, ValueError):
            continue
        if isinstance(value, (int, Fraction)):
            known[step["id"]] = Fraction(value)
    return known


def check_relations(where, steps):
    known = exact_values(steps)
    for step in steps:
        true = known.get(step["id"])
        if true is None:
            if step["exact"] and step["reads"]:
                complain(where, step, "= for a value that is not rational")
            continue
        if len(str(true.denominator)) > 300:
            continue
        if step["exact"] != (formula.number(step["shown"]) == true):
            complain(where, step, f"exact is {step['exact']}; {true} is shown as {step['shown']}")


def check_structure(where, steps):
    seen, symbols = set(), set()
    for step in steps:
        if list(step) != KEYS:
            complain(where, step, f"keys {list(step)}")
        if step["id"] in seen:
            complain(where, step, "a second step with this id")
        for read in step["reads"]:
            if read not in seen:
                complain(where, step, f"reads {read}, which does not come before")
        if len(set(step["reads"])) != len(step["reads"]):
            complain(where, step, "reads something twice")
        seen.add(step["id"])
        phase = re.match(r"(?:i\d+\.)?(?:e\d+\.)?(\w+)", step["id"]).group(1)
        if phase != step["phase"] or phase not in PHASES:
            complain(where, step, f"phase {step['phase']}")
        key = (pass_of(step), step["symbol"])
        if key in symbols and step["phase"] != "given":
            complain(where, step, f"a second {step['symbol']} in the same pass")
        symbols.add(key)


def check(path, *options):
    where = " ".join([path.name, *options])
    steps = explain(path, *options)["steps"]
    by_id = {s["id"]: s for s in steps}
    check_structure(where, steps)
    carry = "displayed" in options
    sig = int(options[options.index("--sig") + 1]) if "--sig" in options else 0
    for step in steps:
        if step["reads"] and not carry:
            check_formula(where, step, by_id)
        check_shown(where, step, carry, sig)
    if not carry:
        check_relations(where, steps)
    return len(steps)


def check_matrix(path):
    """Matrix form has the numbers of scalar form."""
    where = f"{path.name} --form matrix"
    scalar = [s["value"] for s in explain(path, "--form", "scalar")["steps"]]
    steps = explain(path, "--form", "matrix")["steps"]
    check_structure(where, steps)
    known = set(scalar)
    for step in steps:
        value = step["value"]
        rows = value if isinstance(value, list) else [[value]]
        if any(len(row) != len(rows[0]) for row in rows):
            complain(where, step, "rows of different lengths")
        unknown = [v for row in rows for v in row if v not in known]
        if unknown and path.name != "joins.yaml":   # scalar form leaves out inputs' gradients
            complain(where, step, f"{unknown[0]!r} is not in scalar form")


def check_why(path):
    """What --why prints is the part of the whole that the value depends on."""
    steps = explain(path, "--form", "scalar")["steps"]
    by_id = {s["id"]: s for s in steps}
    last = [s for s in steps if s["phase"] == "backward"][-1]
    need, todo = set(), [last["id"]]
    while todo:
        one = todo.pop()
        if one not in need:
            need.add(one)
            todo += by_id[one]["reads"]
    got = explain(path, "--why", last["id"])["steps"]
    if got != [s for s in steps if s["id"] in need]:
        complain(path.name, last, "--why tells something else")


def main():
    total = 0
    for path in FILES:
        hostile = path.name in ("hostile.yaml",)
        for notation in NOTATIONS[:1] if hostile else NOTATIONS:
            total += check(path, "--form", "scalar", "--notation", notation)
        total += check(path, "--form", "scalar", "--notation", "numbered", "--sig", "4")
        total += check(path, "--form", "scalar", "--notation", "numbered", "--digits", "3",
                       "--carry", "displayed")
        total += check(path, "--form", "scalar", "--notation", "numbered", "--iterations", "3")
        check_matrix(path)
        check_why(path)
    print("\n".join(failures[:60]))
    print(f"{total} steps of {len(FILES)} networks, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
