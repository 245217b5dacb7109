"""explain's LaTeX compiles: every example in every notation and form, and every other network
in one notation and both forms, as parts of a document with pdfLaTeX; every example as a document
of its own with pdfLaTeX and LuaLaTeX. No formula and no line is wider than the page. Skipped
without LaTeX."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
NOTATIONS = ["numbered", "arrows", "nielsen", "bishop", "mazur", "matrix"]
DOCUMENT = r"""\documentclass[11pt]{article}
\usepackage[margin=25mm,a4paper]{geometry}
\usepackage[T1]{fontenc}
\usepackage{lmodern,amsmath,booktabs,longtable,array,graphicx,xcolor,tikz}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
\begin{document}
%s
\end{document}
"""
failures = []


def explain(path, *options):
    done = subprocess.run([PROGRAM, "explain", str(path), "--format", "latex", *options],
                          capture_output=True, check=True)
    return done.stdout.decode()


def compile_one(engine, where, text, folder):
    (folder / "x.tex").write_text(text, encoding="utf-8")
    try:
        done = subprocess.run([engine, "-interaction=nonstopmode", "-halt-on-error", "x.tex"],
                              cwd=folder, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=240)
    except subprocess.TimeoutExpired:
        failures.append(f"{engine} {where}: does not end")
        return
    log = (folder / "x.log").read_text(encoding="utf-8", errors="replace")
    errors = re.findall(r"^! .*(?:\n.*){0,4}", log, re.M)
    wide = [m for m in re.findall(r"Overfull \\hbox \((\d+\.\d+)pt too wide\)[^\n]*", log)
            if float(m) > 6]
    missing = re.findall(r"Missing character[^\n]*", log)
    if where.startswith("hostile"):  # its title has no place to be broken
        wide = []
    if done.returncode or errors or wide or missing:
        failures.append(f"{engine} {where}: {errors[:1]} too wide by {wide[:3]} pt {missing[:2]}")


def main():
    if not shutil.which("pdflatex"):
        print("pdflatex is missing")
        sys.exit(77)
    examples = sorted((ROOT / "examples" / "worked").glob("*.yaml"))
    nets = sorted((ROOT / "tests" / "explain" / "nets").glob("*.yaml"))
    count = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for n, notation in enumerate(NOTATIONS):
            for form in ["scalar", "matrix"]:
                parts = [explain(path, "--fragment", "--notation", notation, "--form", form)
                         for path in examples + nets[n::len(NOTATIONS)]]
                compile_one("pdflatex", f"{notation} {form}", DOCUMENT % "\n".join(parts), folder)
                count += len(parts)
        hostile = ROOT / "tests/cli/golden/explain/in/hostile.yaml"
        for path in [*examples, hostile]:
            for engine in ["pdflatex", "lualatex"]:
                if shutil.which(engine):
                    compile_one(engine, path.name, explain(path), folder)
                    count += 1
    print("\n".join(failures) or f"{count} solutions compile")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
