"""Runs every command that README.md and docs/*.md show.

A block that starts with ```sh is run by `sh -eu` in a copy of the tree's examples, with the
program first in PATH; the blocks of one page share that folder, in order. A block that starts
with ```sh no-run is for commands that change the machine or take the whole tree; the lines
that begin with ./dev in such blocks are checked against `./dev help`.
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
BLOCK = re.compile(r"^```sh( no-run)?\n(.*?)^```$", re.M | re.S)


def run_page(page, env):
    failures, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        if (SOURCE / "examples").is_dir():
            shutil.copytree(SOURCE / "examples", pathlib.Path(folder, "examples"))
        for no_run, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if no_run:
                failures += unknown_dev_commands(page, text)
                continue
            count += 1
            done = subprocess.run(["sh", "-eu", "-c", text], cwd=folder, env=env,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                failures.append(f"{page.relative_to(SOURCE)}: exit {done.returncode} from\n{text}"
                                f"{done.stdout}{done.stderr}")
    print(f"{page.relative_to(SOURCE)}: {count} blocks")
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
        failures += run_page(page, env)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


main()
