"""report.html: well-formed, alone, escaped, the same bytes again, and with the figures of `evaluate`."""
import csv
import html.parser
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile

COMMAND = shlex.split(os.environ.get("CHAINRULE_WRAPPER", "")) + [
    str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
VOID = {"meta", "br", "hr", "img", "input", "link", "col", "rect", "line", "path", "circle",
        "polyline", "polygon"}


class Page(html.parser.HTMLParser):
    """Complains about what is not closed, fetched or run; gathers tables, ids and headings."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.rows, self.cell, self.svg_titles = [], [], [], None, 0
        self.headings, self.words, self.code = [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag not in ("script", "iframe", "object", "embed", "link", "img"), tag
        for name, value in attrs.items():
            assert not name.startswith("on"), name
            assert name not in ("src", "href") or value.startswith("#"), (name, value)
            assert "url(" not in (value or "").replace("url(#", ""), value
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "th":
            assert attrs.get("scope") in ("row", "col")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.cell = ""
        if tag == "pre":
            self.code.append("")
        self.svg_titles += tag == "title" and "svg" in self.open
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, tag
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        if "pre" in self.open:
            self.code[-1] += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data)
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def run(*arguments, code=0, cwd=None):
    done = subprocess.run(COMMAND + [str(a) for a in arguments], capture_output=True, text=True,
                          cwd=cwd)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def look(path):
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text and "@import" not in text
    page = Page(text)
    assert len(page.ids) == len(set(page.ids)), page.ids
    assert page.svg_titles == text.count("<svg")
    assert not re.search(r"\bnan\b|\binf\b", " ".join(page.words)), "a number that is none"
    return page


def write(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([names] + rows)


HOSTILE = '<b onclick="x">&\'"'


def classes(folder):
    r = random.Random(1)
    rows = [[round(r.gauss(k, 1), 3), r.choice(["", "red", "<i>"]), f"{HOSTILE}{k}"]
            for k in range(3) for _ in range(60)]
    write(folder / "data.csv", ["x", f"colour {HOSTILE}", f"kind {HOSTILE}"], rows)
    train = ["train", "-q", "data.csv", "--target", f"kind {HOSTILE}", "--epochs", 5]
    run(*train, "-o", "m.safetensors", cwd=folder)
    page = look(folder / "m.report.html")
    for heading in ("How good it is", "Which classes it confuses", "How sure it is",
                    "What it relies on", "How it was trained", "Health", "The data", "The network",
                    "How to use it"):
        assert heading in page.headings, heading
    cells = {row[0]: row for row in page.rows if row}
    assert f"{HOSTILE}2" in cells and f"colour {HOSTILE}" in cells
    use(folder, page)
    # another number of threads, another name: the same page but for the name
    run(*train, "-o", "n", "-j", 2, "--report", "other.html", cwd=folder)
    assert not (folder / "n.report.html").exists()
    first = (folder / "m.report.html").read_text().replace("m.safetensors", "n")
    assert first == (folder / "other.html").read_text()


def use(folder, page):
    """The commands of the page, run as they stand there."""
    shell, program = page.code
    for name in ("new.csv", "test.csv"):
        (folder / name).write_bytes((folder / "data.csv").read_bytes())
    lines = shell.splitlines()
    assert len(lines) == 2, shell
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "chainrule", line
        run(*words[1:], cwd=folder)
    assert (folder / "answers.csv").stat().st_size > 0
    assert program.splitlines()[0] == "#include <chainrule/chainrule.h>", program
    assert "    cr_model_free(model);\n}\n" in program, program


def numbers(folder):
    """Without test rows the page measures the training rows, as evaluate does on the whole file."""
    r = random.Random(2)
    rows = [[round(r.random(), 3), round(r.random(), 3)] for _ in range(80)]
    write(folder / "line.csv", ["a", "b", "y"], [[a, b, 3 * a + r.random()] for a, b in rows])
    run("train", "-q", "line.csv", "--target", "y", "--epochs", 9, "--test", 0, "--validation", 0,
        "-o", "line", cwd=folder)
    page = look(folder / "line.report.html")
    assert "Where it errs" in page.headings
    text = " ".join(page.words)
    assert "No test rows were set aside" in text and "optimistic" in text
    cells = {row[0]: row for row in page.rows if row}
    found = json.loads(run("evaluate", "line", "line.csv", "--format", "json",
                           cwd=folder).stdout)["metrics"]
    assert len(found) == 8
    titles = {"rmse": "RMSE", "mae": "MAE", "r2": "R\u00b2", "mape": "MAPE"}
    for m in found:
        if m["name"] in titles:
            row = cells[titles[m["name"]]]
            assert abs(float(row[1]) - m["value"]) <= 1e-4 * abs(m["value"]), (row, m)
            low, high = map(float, row[2].split(" to "))
            assert abs(low - m["low"]) <= 1e-4 * abs(m["low"]), (row, m)
            assert abs(high - m["high"]) <= 1e-4 * abs(m["high"]), (row, m)


def refusals(folder):
    train = ["train", "-q", "line.csv", "--target", "y", "--epochs", 1, "-o"]
    run(*train, "quiet", "--no-report", cwd=folder)
    assert not (folder / "quiet.report.html").exists()
    run(*train, "/dev/null", cwd=folder)
    done = run(*train, "p", "--no-report", "--report", "x", code=2, cwd=folder)
    assert "exclude each other" in done.stderr, done.stderr
    done = run(*train, "p", "--report", "no/such/folder", code=2, cwd=folder)
    assert "nothing was trained" in done.stderr and not (folder / "p").exists(), done.stderr


with tempfile.TemporaryDirectory() as name:
    classes(pathlib.Path(name))
    numbers(pathlib.Path(name))
    refusals(pathlib.Path(name))
sys.exit(0)
