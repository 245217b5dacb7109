"""explain's HTML says what its JSON says: every step once, with the same symbols and numbers; it
is well formed, fetches nothing and runs nothing. So are the figures beside Markdown."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
MATH = "{http://www.w3.org/1998/Math/MathML}"


def explain(path, *options):
    return subprocess.run([PROGRAM, "explain", str(path), *options], capture_output=True,
                          check=True).stdout.decode()


def letters(s):
    """What is left of mathematics without its layout: letters, digits and signs, sorted where
    the order of an index and an exponent is a matter of taste."""
    s = unicodedata.normalize("NFKD", s.replace("ᵀ", "⊤"))
    return re.sub(r"[\s()\[\]{}_^/,;|√⁄~¯̃̂̄⃗*⁡]", "", s)


def page(text):
    """The page as a tree: HTML whose void elements are closed is XML."""
    text = re.sub(r"<!DOCTYPE html>", "", text)
    text = re.sub(r"<(meta[^>]*)>", r"<\1/>", text)
    return ET.fromstring(text)


def same(where, html, steps):
    tree = page(html)
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    if len(ids) != len(set(ids)):
        return [f"{where}: an id twice"]
    by_id = {e.get("id"): e for e in tree.iter("div") if "step" in (e.get("class") or "")}
    found, told = [], 0
    for step in steps:
        element = by_id.get(step["id"].replace("\u202e", ""))  # a hidden character of a name
        if element is None:
            if step["phase"] != "given":
                found.append(f"{where}: no {step['id']}")
            continue
        told += 1
        maths = ["".join(m.itertext()) for m in element.iter("math")]
        relation = "=" if step["exact"] else "≈"
        last = letters(maths[-1])
        if last != letters(relation + step["shown"]) and not step["shown"].startswith("["):
            found.append(f"{where}: {step['id']}: {maths[-1]} is not {relation} {step['shown']}")
        if any(e.get("class") == "cases" for e in element.iter("mtable")):
            continue
        forms = [step["symbol"], *step["symbolic"].split(" = "), step["substituted"]]
        want, got = letters("".join(forms) + step["shown"]), letters("".join(maths))
        # a form that only repeats another is not told twice
        if not set(want) <= set(got) | set("=≈") or not set(got) <= set(want) | set("=≈"):
            found.append(f"{where}: {step['id']}: {set(want) ^ set(got)} {maths}")
        numbers = re.findall(r"\d+\.\d+", step["substituted"])
        shown = re.findall(r"\d+\.\d+", " ".join(t for m in element.iter("mn") for t in m.itertext()))
        if not set(numbers) <= set(shown):
            found.append(f"{where}: {step['id']}: {set(numbers) - set(shown)} not shown")
    if told != len(by_id):
        found.append(f"{where}: {len(by_id)} steps in HTML, {told} in JSON")
    return found


def before_and_after(path, notation):
    """The figure has the outputs of JSON, in its words and where its marks stand."""
    options = ["--iterations", "3", "--notation", notation]
    steps = json.loads(explain(path, "--format", "json", *options))["steps"]
    value = {s["id"]: s["value"] for s in steps}
    of = {}
    for name, first in value.items():
        if m := re.fullmatch(r"i1\.(e\d+\.)?forward\.(\w+)\.activation", name):
            e, unit = m[1] or "", m[2]
            if f"{e}given.{unit}.target" in value:
                of[name] = (first, value[f"{e}verify.{unit}.activation"], value[f"{e}given.{unit}.target"])
    html = re.sub(r' xmlns="[^"]*"', "", explain(path, "--format", "html", *options))
    figure = next(f for f in page(html).iter("figure") if "before and after 3 updates" in f.find(".//title").text)
    words = [float(w) for w in re.findall(r"(\S+) before, (\S+) after, the target is (\S+?)\.(?:\s|$)",
                                          figure.find(".//desc").text) for w in w]
    want = [v for values in of.values() for v in values]
    lines = [[float(p.split(",")[0]) for p in e.get("points").split()] for e in figure.iter("polyline")
             if e.get("class") in ("l-first", "l-second")]
    marks = [x for target, change in zip(lines[::2], lines[1::2]) for x in (*change, target[0])]
    low, high = min(want), max(want)
    places = [min(marks) + (v - low) / (high - low) * (max(marks) - min(marks)) for v in want]
    good = (len(words) == len(want) == len(marks) > 0 and
            all(abs(a - b) <= 1e-5 * max(1, abs(b)) for a, b in zip(words, want)) and
            all(abs(a - b) <= 0.02 for a, b in zip(marks, places)))
    return [] if good else [f"{path.name}: before and after: {words}, {marks}, not {want}"]


def harmless(where, text):
    bad = re.findall(r"<script|<iframe|<object|<link|\son\w+=|javascript:|https?://(?!www\.w3\.org/)",
                     re.sub(r">[^<]*<", "><", text), re.I)
    return [f"{where}: {b}" for b in bad]


def main():
    failures, count = [], 0
    files = [*(ROOT / "examples" / "worked").glob("*.yaml"),
             *(ROOT / "tests" / "explain" / "nets").glob("*.yaml"),
             ROOT / "tests" / "cli" / "golden" / "explain" / "in" / "hostile.yaml"]
    for i, path in enumerate(sorted(files)):
        for form in ["scalar", "matrix"]:
            notation = ["numbered", "arrows", "nielsen", "bishop", "mazur", "matrix"][i % 6]
            options = ["--form", form, "--notation", notation]
            html = explain(path, "--format", "html", *options)
            steps = json.loads(explain(path, "--format", "json", *options))["steps"]
            where = f"{path.name} {form} {notation}"
            failures += same(where, html, steps) + harmless(where, html)
            count += len(steps)
    for name in ["sigmoid-2-2-1", "xor-batch", "softmax-2-3-3"]:
        failures += before_and_after(ROOT / "examples" / "worked" / f"{name}.yaml", "numbered")
    with tempfile.TemporaryDirectory() as folder:
        explain(files[-1], "--format", "markdown", "-o", f"{folder}/notes.md")
        figures = sorted(pathlib.Path(folder).glob("*.svg"))
        text = (pathlib.Path(folder) / "notes.md").read_text(encoding="utf-8")
        named = re.findall(r"^!\[.*\]\((.*?)\)$", text, re.M)
        if not figures or sorted(named) != [f.name for f in figures]:
            failures.append(f"figures {figures}, named {named}")
        for figure in figures:
            ET.parse(figure)
            failures += harmless(figure.name, figure.read_text(encoding="utf-8"))
    print("\n".join(failures[:20]) or f"{count} steps are the same in HTML and JSON")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
