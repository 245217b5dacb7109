"""Runs the program and compares what it prints, byte by byte.

A case is tests/cli/golden/<group>/<case>.cmd: shell commands, run in an empty folder that
holds a link to examples/ and a copy of the group's in/ folder. Beside it lie the expected
<case>.out (standard output), <case>.err (standard error) and <case>.code (exit code);
one that is missing stands for nothing, or 0. UPDATE=1 in the environment rewrites them: look
at the differences before committing them. Arguments choose cases by a part of their name:

    CHAINRULE=build/dev/chainrule python3 tests/cli/test_golden.py explain/linear
"""
import concurrent.futures
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", GOLDEN.parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ["CHAINRULE"]).resolve()
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "")
UPDATE = os.environ.get("UPDATE") == "1"


def environment(folder):
    """The program comes first in PATH, inside a wrapper such as valgrind if there is one."""
    place = PROGRAM.parent
    if WRAPPER:
        place = folder
        script = folder / "chainrule"
        script.write_text(f'#!/bin/sh\nexec {WRAPPER} {PROGRAM} "$@"\n')
        script.chmod(0o755)
    env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "HOME"}
    env["PATH"] = f"{place}:/usr/bin:/bin"
    env["LC_ALL"] = "C.UTF-8"
    return env


def run(case):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as tools:
        os.symlink(SOURCE / "examples", pathlib.Path(folder) / "examples")
        inputs = case.parent / "in"
        if inputs.is_dir():
            shutil.copytree(inputs, folder, dirs_exist_ok=True)
        done = subprocess.run(["sh", "-c", case.read_text()], cwd=folder,
                              env=environment(pathlib.Path(tools)),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    code = b"" if done.returncode == 0 else b"%d\n" % done.returncode
    return {".out": done.stdout, ".err": done.stderr, ".code": code}


def compare(case):
    """The differences as text; empty when there are none."""
    found = []
    for ending, got in run(case).items():
        path = case.with_name(case.name.removesuffix(".cmd") + ending)
        want = path.read_bytes() if path.exists() else b""
        if got == want:
            continue
        if UPDATE:
            path.write_bytes(got) if got else path.unlink()
        lines = [b.decode("utf-8", "backslashreplace").splitlines() for b in (want, got)]
        found += difflib.unified_diff(*lines, str(path.relative_to(GOLDEN)), "now", lineterm="")
        if lines[0] == lines[1]:
            found.append(f"{path.relative_to(GOLDEN)}: differs in line ends or invalid UTF-8")
    return "\n".join(found)


def main():
    wanted = sys.argv[1:] or [""]
    cases = sorted(c for c in GOLDEN.glob("*/*.cmd")
                   if any(w in str(c.relative_to(GOLDEN)) for w in wanted))
    if not cases:
        sys.exit("no such case")
    names = {c.with_suffix("") for c in cases}
    strays = [p for p in GOLDEN.glob("*/*.*") if p.suffix in (".out", ".err", ".code")
              and p.with_suffix("") not in names] if wanted == [""] else []
    bad = len(strays)
    for stray in strays:
        print(f"{stray.relative_to(GOLDEN)}: there is no such case")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, differences in zip(cases, pool.map(compare, cases)):
            if differences:
                bad += 1
                print(f"{case.relative_to(GOLDEN)}: {'updated' if UPDATE else 'differs'}")
                print(differences)
    print(f"{len(cases)} cases, {bad} {'updated' if UPDATE else 'failed'}")
    sys.exit(1 if bad and not UPDATE else 0)


main()
