"""predict takes the same memory for a table and for one ten times as long, whatever the format of the answers, with
labels that are numbers, classes, or all different."""
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()
PEAK = ("import resource, subprocess, sys; r = subprocess.run(sys.argv[1:]); "
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(r.returncode)")
# what is freed goes back at once, also under AddressSanitizer
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


# small networks, so that the tables count
NET = """inputs: [a, b]
layers:
  - {name: hidden, units: [h1, h2], activation: tanh}
  - {name: out, units: [OUT], activation: LAST}
loss: LOSS
"""
NUMBER = NET.replace("OUT", "y").replace("LAST", "identity").replace("LOSS", "mean-squared")
KIND = NET.replace("OUT", "o1, o2, o3").replace("LAST", "softmax").replace("LOSS", "cross-entropy")


def peak(folder, *args):
    run = subprocess.run([sys.executable, "-c", PEAK, *WRAPPER, PROGRAM, *args], cwd=folder, capture_output=True, text=True, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    return int(run.stderr.split("peak ")[1]) << 10


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = [f"{i % 101},{i * 7 % 997 / 8},{i * 3 % 110 / 4},{'abc'[i % 3]},{i / 3}\n" for i in range(40_000)]
        head = "a,b,number,kind,other\n"
        (folder / "t.csv").write_text(head + "".join(rows[:500]))
        (folder / "once.csv").write_text(head + "".join(rows))
        (folder / "ten.csv").write_text(head + "".join(rows) * 10)
        for target, more in [("number", []), ("kind", []), ("number", ["--format", "jsonl", "--keep"]), ("other", ["--format", "npy"])]:
            (folder / "n.yaml").write_text(KIND if target == "kind" else NUMBER)
            ignored = ",".join({"number", "kind", "other"} - {target})
            subprocess.run(WRAPPER + [PROGRAM, "train", "t.csv", "--target", target, "--ignore", ignored, "--net", "n.yaml", "-q", "--epochs", "1", "--no-report",
                                      "-o", "m"], cwd=folder, check=True)
            once, ten = (peak(folder, "predict", "m", f"{size}.csv", "-o", "out", *more) for size in ("once", "ten"))
            print(f"{target}: {once >> 20} and {ten >> 20} MiB")
            assert ten - once < 6 << 20, (target, once, ten)


main()
