"""How many instructions a training step of the tiny networks takes, counted by callgrind, so
that nothing creeps into them. The counts do not depend on the machine's speed; the bounds have
slack for compilers. Skipped without valgrind and in builds that are not optimised."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ["BINARY_DIR"], "perf_count_steps")
SKIPPED = 77

# Instructions of a step, for each workload: about a quarter more than gcc takes.
BOUNDS = {"W1": 210, "W2": 450}
STEPS = (200, 1200)


def instructions(workload, steps, folder):
    out = os.path.join(folder, "callgrind.out")
    run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", PROGRAM,
                          workload, str(steps)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"valgrind: {run.returncode}\n{run.stderr}")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def main():
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        return SKIPPED
    if subprocess.run([PROGRAM], capture_output=True, text=True).returncode == SKIPPED:
        print("this is a build for debugging, or under a sanitizer")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for workload, bound in BOUNDS.items():
            few, many = (instructions(workload, n, folder) for n in STEPS)
            each = (many - few) / (STEPS[1] - STEPS[0])
            print(f"{workload}: {each:.0f} instructions per step, at most {bound}")
            if not 50 < each <= bound:
                failed = 1
    return failed


sys.exit(main())
