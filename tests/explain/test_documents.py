"""docs/explain.md names every notation, key and placeholder of the tables, and no other;
docs/explain-json.md names the keys that the program writes."""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])


def table(header, name):
    block = re.search(rf"#define {name}\(X\)(.*?)\n\n", header, re.S).group(1)
    return set(re.findall(r'X\(\w+,\s*"([^"]+)"', block))


def first_cells(text, header):
    rows = text.split(header, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return set(re.findall(r"`\{?([^`{}]+)\}?`", " ".join(
        row.split("|")[1] for row in rows if row.startswith("|"))))


def compare(what, documented, real):
    if documented != real:
        sys.exit(f"{what}: missing {sorted(real - documented)}, unknown {sorted(documented - real)}")


def main():
    header = (ROOT / "src/explain/notation.h").read_text(encoding="utf-8")
    text = (ROOT / "docs/explain.md").read_text(encoding="utf-8")
    source = (ROOT / "src/explain/notation.c").read_text(encoding="utf-8")
    compare("keys", first_cells(text, "| key | what it names |"), table(header, "NOTE_LIST"))
    compare("placeholders", first_cells(text, "| placeholder | what it stands for |"),
            table(header, "SLOT_LIST"))
    compare("notations", first_cells(text, "| name | after | looks like |"),
            set(re.findall(r'\.name = "(\w+)"', source)))

    text = (ROOT / "docs/explain-json.md").read_text(encoding="utf-8")
    done = subprocess.run(
        [os.environ["CHAINRULE"], "explain", str(ROOT / "examples/worked/linear-2-2-1.yaml"),
         "--format", "json", "--why", "y"], capture_output=True, check=True)
    root = json.loads(done.stdout)
    top, step = text.split("## A step")
    compare("JSON", first_cells(top, "| key | type | what it is |"), set(root))
    compare("steps", first_cells(step, "| key | type | what it is |"), set(root["steps"][0]))


if __name__ == "__main__":
    main()
