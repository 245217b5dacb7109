"""Every piece of LaTeX in explain's Markdown is read by KaTeX, in strict mode. Skipped
without node and KaTeX (Debian: katex)."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
NOTATIONS = ["numbered", "arrows", "nielsen", "bishop", "mazur", "matrix"]
CHECK = """
const katex = require(process.argv[1]);
const pieces = JSON.parse(require('fs').readFileSync(0, 'utf8'));
let bad = 0;
for (const [where, display, tex] of pieces) {
  try {
    katex.renderToString(tex, {displayMode: display, throwOnError: true, trust: false,
      strict: (code) => code === 'unicodeTextInMathMode' ? 'error' : 'ignore'});
  } catch (e) {
    bad++;
    if (bad <= 20) console.log(where + ': ' + e.message + '\\n  ' + tex);
  }
}
console.log(pieces.length + ' pieces, ' + bad + ' failures');
process.exit(bad ? 1 : 0);
"""


def katex():
    for path in ["/usr/share/nodejs/katex", "/usr/share/javascript/katex/katex.js"]:
        if os.path.isfile(path) or (os.path.isdir(path) and os.listdir(path)):
            return path
    return None


def pieces_of(where, markdown):
    """Displayed mathematics first; what is left between single dollars is inline."""
    found = [(where, True, tex) for tex in re.findall(r"\$\$(.*?)\$\$", markdown, re.S)]
    rest = re.sub(r"\$\$.*?\$\$", "", markdown, flags=re.S)
    if rest.count("$") % 2:
        raise SystemExit(f"{where}: an odd number of dollars")
    return found + [(where, False, tex) for tex in re.findall(r"\$([^$]*)\$", rest)]


def main():
    library = katex()
    if not shutil.which("node") or not library:
        print("node or KaTeX is missing")
        sys.exit(77)
    pieces = []
    files = [*(ROOT / "examples" / "worked").glob("*.yaml"),
             *(ROOT / "tests" / "explain" / "nets").glob("*.yaml")]
    for path in sorted(files):
        for notation in NOTATIONS:
            for form in ["scalar", "matrix"]:
                done = subprocess.run([PROGRAM, "explain", str(path), "--format", "markdown",
                                       "--notation", notation, "--form", form],
                                      capture_output=True, check=True)
                pieces += pieces_of(f"{path.name} {notation} {form}", done.stdout.decode())
    done = subprocess.run(["node", "-e", CHECK, library], input=json.dumps(pieces), text=True,
                          stderr=subprocess.DEVNULL)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
