#!/usr/bin/env python3
"""Time per training step beside other programs, taken alternately in one run: ours, a peer,
ours, the next peer, and so on, pass after pass. Writes Markdown; report.py says how.

Every contestant does the same work: forward, loss, backward and update, on four batches in
turn that were made before. A peer that is not there is named and left out. The networks come
from `chainrule bench` itself.
"""
import argparse
import glob
import json
import os
import platform
import select
import statistics
import subprocess
import sys
import time

import report

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build", "peers")
OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp"  # one thread pool with PyTorch's

# What is trained: workload, optimiser, precision.
TASKS = [
    ("W1", "sgd", "float32"),
    ("W2", "sgd", "float32"),
    ("W3", "sgd", "float32"),
    ("W3", "adam", "float32"),
    ("W4", "sgd", "float32"),
    ("W4", "adam", "float32"),
    ("W5", "adam", "float32"),
    ("W6", "sgd", "float32"),
    ("W6", "sgd", "bf16"),
    ("W7", "adamw", "float32"),
]


class Missing(Exception):
    """Why a contestant does not take part."""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Ours:
    """`chainrule bench`, started anew for each pass."""
    name = "chainrule"

    def __init__(self, args, task):
        self.command = [args.program, "bench", "--part=steps", "--format=json",
                        f"--workload={task['name']}", f"--threads={task['threads']}",
                        f"--seconds={args.seconds}"]
        for option, usual in (("optimiser", "sgd"), ("precision", "float32")):
            if task[option] != usual:
                if f"--{option}" not in args.help:
                    raise Missing(f"this build has no --{option}")
                self.command.append(f"--{option}={task[option]}")
        self.shares, self.flops = [], None

    def microseconds(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Missing(done.stderr.strip()[:200])
        row = json.loads(done.stdout)["workloads"][0]
        self.shares.append(row["share"]["median"])
        self.flops = row["flops"]
        return row["step_us"]["median"]


class ByHand:
    """bench/by_hand.c"""
    name = "C by hand"

    def __init__(self, args, task):
        if task["name"] not in ("W1", "W2") or task["threads"] > 1:
            raise Missing("")
        self.command = [args.by_hand, "7", str(args.seconds / 14)]
        self.workload = task["name"]

    def microseconds(self):
        out = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            field = line.split()
            if field[0] == self.workload:
                return float(field[4]) / 1000
        raise Missing(out)


class Worker:
    """A process that answers each line with one."""

    def __init__(self, command, env, processors=None):
        def begin():
            if processors:
                os.sched_setaffinity(0, processors)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=env,
                                        preexec_fn=begin)

    def read(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.close()
            raise Missing(f"no answer in {seconds:.0f} s")
        line = self.process.stdout.readline().strip()
        if not line:
            self.close()
            raise Missing("it ended")
        if line.startswith("none"):
            raise Missing(line[5:])
        return line

    def ask(self, line, seconds):
        try:
            print(line, file=self.process.stdin, flush=True)
        except OSError:
            raise Missing("it ended") from None
        return self.read(seconds)

    def is_alive(self):
        return self.process.poll() is None

    def close(self):
        self.process.kill()
        self.process.wait()


def environment(threads):
    env = dict(os.environ, JAX_PLATFORMS="cpu")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    if os.path.isdir(OPENBLAS):
        env["LD_LIBRARY_PATH"] = OPENBLAS
    return env


class Asked:
    """What both kinds of workers share once they are ready."""
    note = ""

    def microseconds(self):
        return float(self.worker.ask("go", 60 + 30 * self.seconds))

    def close(self):
        pass


class PythonPeer(Asked):
    """One that python_peers.py knows; its process serves all tasks with as many threads."""
    workers = {}

    def __init__(self, args, task, python, kind):
        processors = sorted(os.sched_getaffinity(0))
        if kind == "jax" and task["threads"] > len(processors):
            raise Missing("")
        key = python, kind, task["threads"]
        if key not in self.workers or not self.workers[key].is_alive():
            self.workers[key] = Worker(
                [python, os.path.join(HERE, "python_peers.py"), kind],
                environment(task["threads"]),
                processors[:task["threads"]] if kind == "jax" else None)
        self.worker, self.seconds = self.workers[key], args.seconds
        answer = self.worker.ask(json.dumps(dict(task, seconds=args.seconds)), args.patience)
        _, took, self.note = (answer + " ").split(" ", 2)
        if kind == "torch-compiled":
            self.note += f"; {took} s to compile"

    @classmethod
    def close_all(cls):
        for worker in cls.workers.values():
            worker.close()
        cls.workers.clear()


class CPeer(Asked):
    """One of the programs bench/peer_*.c"""

    def __init__(self, args, task, program):
        if task["precision"] != "float32":
            raise Missing("")
        self.seconds = args.seconds
        self.worker = Worker([program, task["hidden"], task["output"], task["optimiser"],
                              str(task["batch"]), str(task["threads"]), str(args.seconds)]
                             + [str(n) for n in task["units"]], environment(task["threads"]))
        try:
            self.worker.read(60 + 30 * args.seconds)
        except Missing:
            self.worker.close()
            raise

    def close(self):
        self.worker.close()


class LibxsmmDnn:
    """Its example of a multilayer perceptron: no gradient of a loss, biases not updated."""

    def __init__(self, args, task, program):
        if task["optimiser"] != "sgd" or task["hidden"] != "relu":
            raise Missing("")
        self.env = environment(task["threads"])
        self.tail = [str(task["batch"]), "3", "A", "32", "32", "32",
                     "1" if task["precision"] == "bf16" else "0"]
        self.tail += [str(n) for n in task["units"]]
        self.program, self.times = program, 10
        self.times = max(1, int(args.seconds / (self.microseconds() * 1e-6)))

    def microseconds(self):
        done = subprocess.run([self.program, str(self.times)] + self.tail, capture_output=True,
                              text=True, env=self.env, timeout=600)
        times = [line.split("=")[1] for line in done.stdout.splitlines()
                 if line.startswith("fp time")]
        if done.returncode != 0 or not times:
            raise Missing("its example failed")
        return float(times[-1]) * 1e6


def compiled(args, name, sources, options):
    """The program around a C library, or why there is none; `options` is tried in turn."""
    os.makedirs(BUILD, exist_ok=True)
    out = os.path.join(BUILD, name)
    for more in options:
        command = [args.cc, "-O3", "-march=native", "-D_POSIX_C_SOURCE=200809L", "-I", HERE,
                   os.path.join(HERE, f"peer_{name}.c")] + sources + ["-o", out] + more
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            return out
    first = [line for line in done.stderr.splitlines() if "error" in line]
    raise Missing("does not compile: " + (first or ["?"])[0][:150])


# Libraries of Debian: package, and what to link.
PACKAGED = {
    "fann": ("libfann-dev", ["-lfloatfann", "-lm"]),
    "xsmm": ("libxsmm-dev", ["-fopenmp", "-lxsmm", "-lxsmmnoblas", "-lpthread", "-lrt", "-ldl",
                             "-lm"]),
}


def c_program(args, name):
    if name in PACKAGED:
        package, libraries = PACKAGED[name]
        try:
            return compiled(args, name, [], [libraries])
        except Missing:
            raise Missing(f"{package} is not installed") from None
    if not args.peers:
        raise Missing("not asked for (PEERS=DIR)")
    if name == "libxsmm-dnn":
        found = [p for p in glob.glob(os.path.join(args.peers, "**", "mlp_example"),
                                      recursive=True) if os.access(p, os.X_OK)]
        if not found:
            raise Missing(f"no mlp_example built under {args.peers}")
        return found[0]
    found = glob.glob(os.path.join(args.peers, "**", name + ".c"), recursive=True)
    if not found:
        raise Missing(f"no {name}.c under {args.peers}")
    folder = os.path.dirname(found[0])
    include = ["-I", folder]
    if name == "genann":
        return compiled(args, name, include + [found[0]], [["-lm"]])
    sources = include + [found[0], os.path.join(folder, "kautodiff.c")]
    libraries = ["-lm", "-lpthread"]
    return compiled(args, name, sources, [
        ["-DHAVE_CBLAS", "-L", OPENBLAS, "-lopenblas"] + libraries, libraries])


LOOK = """
import importlib, importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except Exception:
        try:
            found[name] = importlib.import_module(name).__version__
        except Exception:
            pass
print(json.dumps(found))
"""

# Package, what the table calls it, and the peer in python_peers.py that needs version 2 of it.
PACKAGES = [("numpy", "NumPy", None), ("scikit-learn", "scikit-learn", None), ("jax", "JAX", None),
            ("torch", "PyTorch", "torch-compiled")]
PROGRAMS = [("libxsmm", "xsmm", CPeer), ("FANN", "fann", CPeer), ("genann", "genann", CPeer),
            ("KANN", "kann", CPeer), ("libxsmm-dnn", "libxsmm-dnn", LibxsmmDnn)]


def look(python, packages):
    """{package: version} of what that Python has."""
    try:
        done = subprocess.run([python, "-c", LOOK] + packages, capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else {}
    except OSError:
        return {}


def python_peers(args, wants, missing, versions):
    """Of each package the first that is found; of PyTorch every version."""
    packages = [p for p, name, _ in PACKAGES if wants(name)]
    pythons = dict.fromkeys([sys.executable] + args.python) if packages else []
    found = [(python, look(python, packages)) for python in pythons]
    for package, name, second in PACKAGES:
        if package not in packages:
            continue
        seen = {}
        for python, has in found:
            if package in has:
                seen.setdefault(has[package], python)
        if not seen:
            missing[name] = "not installed"
        for version, python in list(seen.items())[:None if package == "torch" else 1]:
            versions.append(f"{package} {version}")
            called = f"{name} {version.split('+')[0]}" if package == "torch" else name
            yield called, lambda task, p=python, k=package: PythonPeer(args, task, p, k)
            if second and int(version.split(".")[0]) >= 2:
                if args.no_compile:
                    missing[called + " compiled"] = "--no-compile"
                else:
                    yield called + " compiled", lambda task, p=python, k=second: \
                        PythonPeer(args, task, p, k)


def contestants(args):
    """[(name, make(task))] of what is here, {name: why not} of the others, and versions."""
    only = [name.strip().lower() for name in args.only or []]
    wants = lambda name: not only or any(o.startswith(name.lower()) or name.lower().startswith(o)
                                         for o in only)
    here, missing, versions = [], {}, []
    if wants(ByHand.name):
        here.append((ByHand.name, lambda task: ByHand(args, task)))
    here += python_peers(args, wants, missing, versions)
    for name, kind, make in PROGRAMS:
        if not wants(name):
            continue
        try:
            program = c_program(args, kind)
            here.append((name, lambda task, p=program, m=make: m(args, task, p)))
        except Missing as why:
            missing[name] = str(why)
    here = [(n, m) for n, m in here if not only or any(n.lower().startswith(o) for o in only)]
    return here, missing, versions


def measure(args, task, here):
    """One task on one number of threads."""
    ours = Ours(args, task)
    out = {"workload": task["name"], "optimiser": task["optimiser"], "units": task["units"],
           "precision": task["precision"], "threads": task["threads"], "batch": task["batch"],
           "ours": {}, "times": {}, "notes": {}}
    peers = []
    for name, make in here:
        try:
            peers.append((name, make(task)))
        except Missing as why:
            if str(why):
                say(f"  {name}: {why}")
                out["notes"][name] = str(why)
    for _ in range(args.passes):
        if not peers:
            out["ours"].setdefault("alone", []).append(ours.microseconds())
        for name, peer in list(peers):
            before = ours.microseconds()
            try:
                took = peer.microseconds()
            except (Missing, subprocess.SubprocessError) as why:
                say(f"  {name}: {why}")
                out["notes"][name] = str(why)
                peers.remove((name, peer))
                continue
            out["ours"].setdefault(name, []).append(before)
            out["times"].setdefault(name, []).append(took)
    for name, peer in peers:
        if getattr(peer, "note", ""):
            out["notes"][name] = peer.note
        if hasattr(peer, "close"):
            peer.close()
    out["share"], out["flops"] = ours.shares, ours.flops
    return out


def bench_part(args, part, threads, seconds):
    done = subprocess.run([args.program, "bench", f"--part={part}", "--format=json",
                           f"--threads={threads}", f"--seconds={seconds}"],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def machine():
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    return f"{model}, {len(os.sched_getaffinity(0))} processors"


def run(args):
    start = time.time()
    args.help = subprocess.run([args.program, "bench", "--help"], capture_output=True,
                               text=True, check=True).stdout
    about = bench_part(args, "steps", 1, 1e-6)
    here, missing, versions = contestants(args)
    say("with " + ", ".join(name for name, _ in here))
    for name, why in missing.items():
        say(f"without {name}: {why}")
    out = {"machine": machine(), "command": " ".join(["./dev bench"] + sys.argv[1:]),
           "versions": versions, "missing": missing, "passes": args.passes,
           "chainrule": {k: about[k] for k in ("version", "isa", "compiler")},
           "load_before": os.getloadavg()[0], "limits": {}, "predict": {}, "curves": {},
           "tasks": [], "left_out": {}}
    networks = {w["name"]: w for w in about["workloads"]}
    for threads in args.threads:
        out["limits"][str(threads)] = bench_part(args, "limits", threads, args.seconds)["limits"]
        for workload, optimiser, precision in TASKS:
            if args.workloads and workload not in args.workloads:
                continue
            task = dict(networks[workload], optimiser=optimiser, precision=precision,
                        threads=threads)
            say(f"{workload} {optimiser} {precision}, threads: {threads}")
            try:
                out["tasks"].append(measure(args, task, here))
            except Missing as why:
                say(f"  left out: {why}")
                out["left_out"][f"{workload} {optimiser} {precision}"] = str(why)
                continue
            last = out["tasks"][-1]
            ours = [t for times in last["ours"].values() for t in times]
            say("  " + ", ".join([f"chainrule {statistics.median(ours):.4g}"] + [
                f"{n} {statistics.median(t):.4g}" for n, t in last["times"].items()]))
        PythonPeer.close_all()
        if not args.no_curves:
            out["predict"][str(threads)] = \
                bench_part(args, "predict", threads, args.seconds)["workloads"]
            out["curves"][str(threads)] = bench_part(args, "curves", threads,
                                                     args.seconds)["curves"]
    out["load_after"], out["minutes"] = os.getloadavg()[0], (time.time() - start) / 60
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--program", default="build/release/chainrule")
    p.add_argument("--by-hand", default="build/release/bench_by_hand")
    p.add_argument("--cc", default=os.environ.get("CC", "cc"))
    p.add_argument("--peers", default=os.environ.get("PEERS"), metavar="DIR",
                   help="where genann, KANN and libxsmm-dnn (built) lie; or PEERS=DIR")
    p.add_argument("--python", action="append", default=["/usr/bin/python3"], metavar="PATH",
                   help="another Python, whose PyTorch takes part too")
    p.add_argument("--threads", type=lambda s: [int(n) for n in s.split(",")], default=[1, 2])
    p.add_argument("--workloads", type=lambda s: s.split(","), default=None)
    p.add_argument("--only", type=lambda s: s.split(","), metavar="NAMES",
                   help="only peers whose names begin so")
    p.add_argument("--passes", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.3, help="of a pass of one contestant")
    p.add_argument("--patience", type=float, default=900, metavar="S",
                   help="how long a peer may take to get ready (to compile)")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    p.add_argument("--no-curves", action="store_true", help="leave out prediction and curves")
    p.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    p.add_argument("--from", dest="results", metavar="FILE",
                   help="measure nothing: take the figures that --json wrote")
    p.add_argument("--write", metavar="FILE", help="put the tables into FILE, between the lines "
                   "that say so, and the curves into FILE with .svg for its ending")
    args = p.parse_args()
    if args.results:
        with open(args.results, encoding="utf-8") as f:
            results = json.load(f)
    else:
        try:
            results = run(args)
        finally:
            PythonPeer.close_all()
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    text = report.markdown(results)
    if args.write:
        report.write(args.write, text, results)
    else:
        print(text)


if __name__ == "__main__":
    main()
