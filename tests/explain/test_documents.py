"""docs/explain.md names every notation, key and placeholder of the tables, and no other;
docs/explain-json.md names the keys that the program writes."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

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


def of_model(documented):
    """The keys of a trained model's row, each of which the page names."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "t.csv").write_text("x,kind\n1,a\n2,b\n3,a\n4,b\n")
        program = str(pathlib.Path(os.environ["CHAINRULE"]).resolve())
        subprocess.run([program, "train", "-q", "t.csv", "--target", "kind", "--epochs", "1", "--no-report",
                        "-o", "m"], check=True, cwd=folder)
        done = subprocess.run([program, "explain", "m", "t.csv", "--format", "json"], capture_output=True,
                              check=True, cwd=folder)
    root = json.loads(done.stdout)
    for key in {*root["row"], *root["row"]["inputs"][0]}:
        if f"`{key}`" not in documented:
            sys.exit(f"JSON: {key} of a row is not documented")
    return set(root)


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
    compare("JSON", first_cells(top, "| key | type | what it is |"), set(root) | of_model(top))
    compare("steps", first_cells(step, "| key | type | what it is |"), set(root["steps"][0]))


if __name__ == "__main__":
    main()
