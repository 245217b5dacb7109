"""Runs every command that README.md and docs/*.md show.

A block that starts with ```sh is run by `sh -eu` in a copy of the tree's examples, with the
program first in PATH; the blocks of one page share that folder, in order. A block that starts
with ```sh no-run is for commands that change the machine or take the whole tree; the lines
that begin with ./dev in such blocks are checked against `./dev help`. A block of text right after
one of commands is what they print: its lines, or beginnings of lines, in this order; others may lie
between. Blocks of C that hold a
main must be one of examples/*.c, which are compiled and run elsewhere; those of YAML that hold a whole network with its targets must be
explained without complaint.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = pathlib.Path(os.environ["CHAINRULE"]).resolve()
BLOCK = re.compile(r"^```sh( no-run)?\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.M | re.S)


def first_missing(shown, printed):
    lines = iter(printed.splitlines())
    for want in shown.splitlines():
        if want not in ("", "…") and not any(line.startswith(want) for line in lines):
            return want
    return None


def run_page(page, env):
    failures, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        if (SOURCE / "examples").is_dir():
            shutil.copytree(SOURCE / "examples", pathlib.Path(folder, "examples"))
        for no_run, text, shown in BLOCK.findall(page.read_text(encoding="utf-8")):
            if no_run:
                failures += unknown_dev_commands(page, text)
                continue
            count += 1
            done = subprocess.run(["sh", "-eu", "-c", text], cwd=folder, env=env,
                                  stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0:
                failures.append(f"{page.relative_to(SOURCE)}: exit {done.returncode} from\n{text}"
                                f"{done.stdout}")
            missing = first_missing(shown, done.stdout)
            if missing is not None:
                failures.append(f"{page.relative_to(SOURCE)}: '{missing}' is not printed by\n{text}")
    print(f"{page.relative_to(SOURCE)}: {count} blocks")
    return failures


def unknown_programs(page):
    examples = [p.read_text(encoding="utf-8") for p in (SOURCE / "examples").glob("*.c")]
    blocks = re.findall(r"^```c\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    return [f"{page.name}: this program is not in examples/\n{text}"
            for text in blocks if "int main(" in text and text not in examples]


def explain_networks(page, env):
    failures = []
    for text in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
        if all(f"\n{key}:" in "\n" + text for key in ("inputs", "layers", "targets")):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                done = subprocess.run(["chainrule", "explain", file.name], env=env, text=True,
                                      stdin=subprocess.DEVNULL, capture_output=True)
            failures += [f"{page.name}: {done.stderr}"] if done.returncode else []
    return failures


def unknown_dev_commands(page, text):
    helped = subprocess.run([SOURCE / "dev", "help"], capture_output=True, text=True).stdout
    known = re.findall(r"^  ([a-z-]+) ", helped, re.M)
    return [f"{page.name}: ./dev help does not list '{command}'"
            for command in re.findall(r"^\./dev ([a-z-]+)", text, re.M) if command not in known]


def main():
    env = dict(os.environ, PATH=f"{PROGRAM.parent}:{os.environ['PATH']}")
    failures = []
    for page in [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md",
                 *sorted((SOURCE / "docs").glob("*.md"))]:
        failures += run_page(page, env) + unknown_programs(page) + explain_networks(page, env)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


main()
