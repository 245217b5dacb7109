"""The page of an audit says what its JSON says, finding for finding, and marks the printed number."""
import html.parser
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from fixtures import fixtures  # noqa: E402

COMMAND = os.environ.get("CHAINRULE_WRAPPER", "").split() + [os.environ["CHAINRULE"], "audit"]


class Page(html.parser.HTMLParser):
    """The words of every section, by the element that they stand in, and those outside of sections."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sections, self.outside = [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self.sections.append({})
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if "section" in self.open:
            words = self.sections[-1]
            for tag in {self.open[-1], "all"}:
                words[tag] = words.get(tag, "") + data
        elif "body" in self.open:
            self.outside.append(data)


def check(path):
    got = {}
    for form in ("json", "html"):
        done = subprocess.run(COMMAND + ["--format", form, str(path)], capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        got[form] = done.stdout
    report, page = json.loads(got["json"]), Page(got["html"])
    assert len(page.sections) == len(report["findings"])
    lines = path.read_text().splitlines()
    for words, f in zip(page.sections, report["findings"]):
        assert words["h3"] == f"Line {f['line']}, column {f['column']}: {f['verdict']}", words
        assert words["mark"], words
        assert lines[f["line"] - 1][f["column"] - 1:].startswith(words["mark"][:1]), (words, f)
        assert f["message"] in words["all"], (words, f)
        says = f"{f['severity'].capitalize()}; printed {f['printed']}"
        assert says + (f", expected {f['expected']}" if f["expected"] else "") in words["all"], (words, f)
    errors = sum(f["severity"] == "error" for f in report["findings"])
    notes = len(report["findings"]) - errors
    totals = [f"{n} {what}{'s' * (n != 1)}" for n, what in ((errors, "error"), (notes, "note"))]
    assert (", ".join(totals) if errors + notes else "no finding") in page.outside, page.outside
    for convention in report["conventions"]:
        assert convention in page.outside, convention
    return len(report["findings"])


def main():
    findings = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text, _, _ in fixtures():
            if name.startswith(("verdict-", "right-net", "right-comma")):
                path = pathlib.Path(folder) / name
                path.write_text(text)
                findings += check(path)
        path.write_text('<b onclick="x">&\'" $2 \\cdot 3 = 7$ </mark></section>\n\n$\\frac{3}{2} = 1$\n')
        findings += check(path)
    assert findings >= 16, findings
    print(f"{findings} findings")


if __name__ == "__main__":
    main()
