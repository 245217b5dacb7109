"""What `explain` writes passes the audit: every worked example, in every notation, as text, Markdown and
LaTeX, with the network found in the text, and as Markdown with the network's own file too.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("CHAINRULE_WRAPPER", "").split() + [os.environ["CHAINRULE"]]
EXAMPLES = sorted((pathlib.Path(os.environ["SOURCE_DIR"]) / "examples" / "worked").glob("*.yaml"))
NOTATIONS = ["numbered", "arrows", "nielsen", "bishop", "mazur", "matrix"]


def run(*args):
    return subprocess.run(PROGRAM + list(args), stdout=subprocess.PIPE, check=False)


def main():
    bad = texts = 0
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES:
            for notation in NOTATIONS:
                for kind in FORMATS:
                    path = pathlib.Path(folder) / f"{example.stem}-{notation}.{kind}"
                    path.write_bytes(run("explain", str(example), "--format", kind, "--notation", notation).stdout)
                    for options in [[]] if kind != "markdown" else [[], ["--network", str(example)]]:
                        texts += 1
                        audit = run("audit", *options, str(path))
                        if audit.returncode or b"\nno finding\n" not in audit.stdout:
                            bad += 1
                            print(path.name, *options)
                            print(audit.stdout.decode())
    print(f"{texts} audits of explained examples, {bad} with a finding")
    return bad > 0 or not texts


FORMATS = ["text", "markdown", "latex"]

if __name__ == "__main__":
    sys.exit(main())
