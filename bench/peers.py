#!/usr/bin/env python3
"""Time per training step beside other programs, taken alternately in one run: ours, a peer,
ours, the next peer, and so on, pass after pass. Writes a Markdown table.

Every contestant does the same work: forward, loss, backward and an update by plain gradient
descent in float32, on four batches in turn that were allocated before. Peers that are not
installed are left out; the networks come from `chainrule bench` itself.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

RATE = 0.01
BATCHES = 4


def machine():
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    return f"{model}, {len(os.sched_getaffinity(0))} processors"


class Ours:
    name = "chainrule"

    def __init__(self, program, workload, threads, seconds):
        self.command = [program, "bench", "--part=steps", "--format=json", "--workload",
                        workload["name"], f"--threads={threads}", f"--seconds={seconds}"]

    def microseconds(self):
        out = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        return json.loads(out)["workloads"][0]["step_us"]["median"]


class ByHand:
    name = "C by hand"

    def __init__(self, program, workload, threads, seconds):
        if workload["name"] not in ("W1", "W2") or threads > 1:
            raise NotImplementedError
        self.command = [program, "7", str(seconds / 14)]
        self.workload = workload["name"]

    def microseconds(self):
        out = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            field = line.split()
            if field[0] == self.workload:
                return float(field[4]) / 1000
        raise ValueError(out)


class InProcess:
    """A peer with a method step(batch)."""

    def calibrate(self, seconds):
        for batch in range(BATCHES):
            self.step(batch)
        times, took = 1, 0
        while took < seconds / 4:
            times *= 2
            took = self.spend(times)
        self.times = max(1, int(times * seconds / took))

    def spend(self, times):
        step = self.step
        start = time.perf_counter()
        for i in range(times):
            step(i % BATCHES)
        return time.perf_counter() - start

    def microseconds(self):
        return self.spend(self.times) / self.times * 1e6


def examples(workload):
    """[batch][rows][...] inputs and targets."""
    import numpy as np
    rng = np.random.default_rng(1)
    rows, inputs, outputs = workload["batch"], workload["units"][0], workload["units"][-1]
    x = rng.uniform(-1, 1, (BATCHES, rows, inputs)).astype(np.float32)
    if workload["output"] == "softmax":
        labels = rng.integers(0, outputs, (BATCHES, rows))
        return x, labels
    return x, rng.uniform(-0.5, 0.5, (BATCHES, rows, outputs)).astype(np.float32)


class NumPy(InProcess):
    name = "NumPy"

    def __init__(self, workload, threads, seconds):
        import numpy as np
        from threadpoolctl import threadpool_limits
        threadpool_limits(threads, "blas")
        self.np, self.workload = np, workload
        units, rows = workload["units"], workload["batch"]
        rng = np.random.default_rng(2)
        new = lambda *shape: np.zeros(shape, np.float32)
        self.w = [(rng.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b))).astype(np.float32)
                  for a, b in zip(units, units[1:])]
        self.b = [new(n) for n in units[1:]]
        self.dw = [new(*w.shape) for w in self.w]
        self.z = [new(rows, n) for n in units[1:]]
        self.d = [new(rows, n) for n in units[1:]]
        self.tmp = [new(rows, n) for n in units[1:]]
        x, t = examples(workload)
        if workload["output"] == "softmax":
            t = np.eye(units[-1], dtype=np.float32)[t]
        self.x, self.t = list(x), list(t)
        self.scale = np.float32(RATE / rows)
        self.calibrate(seconds)

    def activate(self, name, z):
        np = self.np
        if name == "relu":
            np.maximum(z, 0, out=z)
        elif name == "tanh":
            np.tanh(z, out=z)
        elif name == "sigmoid":
            np.negative(z, out=z), np.exp(z, out=z), np.add(z, 1, out=z), np.reciprocal(z, out=z)
        elif name == "softmax":
            np.subtract(z, z.max(axis=1, keepdims=True), out=z), np.exp(z, out=z)
            np.divide(z, z.sum(axis=1, keepdims=True), out=z)

    def times_derivative(self, name, d, z, tmp):
        np = self.np
        if name == "relu":
            np.multiply(d, z > 0, out=d)
        elif name == "tanh":
            np.multiply(z, z, out=tmp), np.subtract(1, tmp, out=tmp), np.multiply(d, tmp, out=d)
        elif name == "sigmoid":
            np.subtract(1, z, out=tmp), np.multiply(tmp, z, out=tmp), np.multiply(d, tmp, out=d)

    def step(self, batch):
        np, w, z, d, load = self.np, self.w, self.z, self.d, self.workload
        x, last = self.x[batch], len(w) - 1
        for i, a in enumerate([x] + z[:-1]):
            np.matmul(a, w[i], out=z[i])
            np.add(z[i], self.b[i], out=z[i])
            self.activate(load["output"] if i == last else load["hidden"], z[i])
        np.subtract(z[last], self.t[batch], out=d[last])
        np.multiply(d[last], self.scale, out=d[last])
        if load["output"] != "softmax":
            self.times_derivative(load["output"], d[last], z[last], self.tmp[last])
        for i in range(last, -1, -1):
            a = z[i - 1] if i else x
            np.matmul(a.T, d[i], out=self.dw[i])
            if i:
                np.matmul(d[i], w[i].T, out=d[i - 1])
                self.times_derivative(load["hidden"], d[i - 1], z[i - 1], self.tmp[i - 1])
            np.subtract(w[i], self.dw[i], out=w[i])
            np.subtract(self.b[i], d[i].sum(axis=0), out=self.b[i])


class ScikitLearn(InProcess):
    name = "scikit-learn"

    def __init__(self, workload, threads, seconds):
        import numpy as np
        import warnings
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        from threadpoolctl import threadpool_limits
        warnings.filterwarnings("ignore")
        softmax = workload["output"] == "softmax"
        if not softmax and workload["output"] != "identity":
            raise NotImplementedError  # its regression has linear outputs only
        threadpool_limits(threads, "blas")
        options = dict(hidden_layer_sizes=workload["units"][1:-1], activation=workload["hidden"],
                       solver="sgd", alpha=0, batch_size=workload["batch"],
                       learning_rate_init=RATE, momentum=0, nesterovs_momentum=False,
                       shuffle=False, random_state=1)
        self.x, t = examples(workload)
        self.t = t if softmax else t[:, :, 0]
        if softmax:
            self.model = MLPClassifier(**options)
            self.model.partial_fit(self.x[0], self.t[0], classes=np.arange(workload["units"][-1]))
        else:
            self.model = MLPRegressor(**options)
        self.calibrate(seconds)

    def step(self, batch):
        self.model.partial_fit(self.x[batch], self.t[batch])


class PyTorch(InProcess):
    name = "PyTorch eager"
    compiled = False

    def __init__(self, workload, threads, seconds):
        import torch
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision("highest")
        torch.manual_seed(1)
        self.torch = torch
        units = workload["units"]
        activations = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
        layers = []
        for i, (a, b) in enumerate(zip(units, units[1:])):
            act = workload["output"] if i == len(units) - 2 else workload["hidden"]
            layers.append(torch.nn.Linear(a, b))
            if act in activations:
                layers.append(activations[act]())
        self.model = torch.nn.Sequential(*layers)
        x, t = examples(workload)
        self.x = [torch.from_numpy(a) for a in x]
        self.t = [torch.from_numpy(a) for a in t]
        self.params = list(self.model.parameters())
        rows = workload["batch"]
        if workload["output"] == "softmax":
            loss = torch.nn.functional.cross_entropy
        else:
            loss = lambda y, t: ((y - t) ** 2).sum() * (0.5 / rows)
        self.forward = lambda x, t: loss(self.model(x), t)
        if self.compiled:
            torch._dynamo.reset()
            self.forward = torch.compile(self.forward)
        self.choose_update(seconds)

    def choose_update(self, seconds):
        """Whichever of PyTorch's ways to update is the fastest here."""
        torch = self.torch
        optimiser = torch.optim.SGD(self.params, lr=RATE, fused=True)

        def each():
            with torch.no_grad():
                torch._foreach_add_(self.params, [p.grad for p in self.params], alpha=-RATE)
        best = None
        for update in (optimiser.step, each):
            self.update = update
            self.calibrate(seconds / 4)
            took = min(self.microseconds() for _ in range(3))
            if best is None or took < best[0]:
                best = (took, update)
        self.update = best[1]
        self.calibrate(seconds)

    def step(self, batch):
        for p in self.params:
            p.grad = None
        self.forward(self.x[batch], self.t[batch]).backward()
        self.update()


class PyTorchCompiled(PyTorch):
    name = "PyTorch compiled"
    compiled = True


class Jax(InProcess):
    name = "JAX"

    def __init__(self, workload, threads, seconds):
        if threads > 1 and threads != len(os.sched_getaffinity(0)):
            raise NotImplementedError  # its number of threads cannot be set
        if threads == 1:
            raise NotImplementedError
        import jax
        import jax.numpy as jnp
        units, last = workload["units"], len(workload["units"]) - 2
        keys = jax.random.split(jax.random.PRNGKey(1), last + 1)
        self.params = [(jax.random.normal(k, (a, b), jnp.float32) / a ** 0.5,
                        jnp.zeros(b, jnp.float32)) for k, a, b in zip(keys, units, units[1:])]
        acts = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
        softmax = workload["output"] == "softmax"

        def loss(params, x, t):
            for i, (w, b) in enumerate(params):
                x = x @ w + b
                act = workload["output"] if i == last else workload["hidden"]
                x = acts[act](x) if act in acts else x
            if softmax:
                x = jax.nn.log_softmax(x)
                return -jnp.take_along_axis(x, t[:, None], 1).mean()
            return 0.5 * ((x - t) ** 2).sum() / workload["batch"]

        def update(params, x, t):
            grads = jax.grad(loss)(params, x, t)
            return jax.tree_util.tree_map(lambda p, g: p - RATE * g, params, grads)
        self.jax, self.update = jax, jax.jit(update, donate_argnums=0)
        x, t = examples(workload)
        self.x, self.t = [jnp.asarray(a) for a in x], [jnp.asarray(a) for a in t]
        self.calibrate(seconds)

    def step(self, batch):
        self.params = self.update(self.params, self.x[batch], self.t[batch])

    def spend(self, times):
        start = time.perf_counter()
        for i in range(times):
            self.step(i % BATCHES)
        self.jax.block_until_ready(self.params)
        return time.perf_counter() - start


PEERS = [NumPy, ScikitLearn, PyTorch, PyTorchCompiled, Jax]


def contestants(args, workload, threads):
    yield Ours(args.program, workload, threads, args.seconds)
    for make in [ByHand] + PEERS:
        if make is PyTorchCompiled and args.no_compile:
            continue
        try:
            if make is ByHand:
                yield make(args.by_hand, workload, threads, args.seconds)
            else:
                yield make(workload, threads, args.seconds)
        except (NotImplementedError, ImportError):
            pass
        except Exception as e:  # a peer that breaks here is a peer that is not installed
            what = f"{workload['name']}: {make.name}: {type(e).__name__}: {e}"
            print(what[:300], file=sys.stderr)


def number(us):
    return f"{us:.3g}" if us < 1000 else f"{us:.0f}"


def cell(times, ours):
    text = f"{number(statistics.median(times))} ({number(min(times))} to {number(max(times))})"
    if times is ours:
        return text
    ratio = statistics.median(a / b for a, b in zip(times, ours))
    return f"{text}; ×{ratio:.3g}"


def versions():
    import importlib.metadata
    for name in ("numpy", "scikit-learn", "torch", "jax"):
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            pass


def measure(args, workload, threads):
    all_of_them = list(contestants(args, workload, threads))
    times = {c.name: [] for c in all_of_them}
    ours = all_of_them[0]
    for _ in range(args.passes):
        for peer in all_of_them[1:]:
            times.setdefault("ours " + peer.name, []).append(ours.microseconds())
            times[peer.name].append(peer.microseconds())
        if len(all_of_them) == 1:
            times["ours alone"] = times.get("ours alone", []) + [ours.microseconds()]
    times[ours.name] = [t for name in times if name.startswith("ours ") for t in times[name]]
    return times


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--program", default="build/release/chainrule")
    p.add_argument("--by-hand", default="build/release/bench_by_hand")
    p.add_argument("--threads", type=lambda s: [int(n) for n in s.split(",")], default=[1, 2])
    p.add_argument("--workloads", type=lambda s: s.split(","), default=None)
    p.add_argument("--passes", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.3, help="of a pass of one contestant")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    args = p.parse_args()

    first = subprocess.run([args.program, "bench", "--part=steps", "--format=json",
                            "--seconds=1e-6"], capture_output=True, text=True, check=True).stdout
    about = json.loads(first)
    names = ["chainrule", ByHand.name] + [peer.name for peer in PEERS]
    rows, seen = [], set()
    for workload in about["workloads"]:
        if args.workloads and workload["name"] not in args.workloads:
            continue
        for threads in args.threads:
            times = measure(args, workload, threads)
            row = []
            for name in names:
                if not times.get(name):
                    row.append("–")
                    continue
                seen.add(name)
                ours = times[name] if name == "chainrule" else times["ours " + name]
                row.append(cell(times[name], ours))
            rows.append((workload["name"], threads, row))
            print(rows[-1], file=sys.stderr)

    shown = [i for i, name in enumerate(names) if name in seen]
    print(f"- machine: {machine()}; load average at the end {os.getloadavg()[0]:.1f}")
    print(f"- chainrule {about['version']}, {about['isa']}, compiler {about['compiler']}; "
          + ", ".join(versions()))
    print(f"- command: `{' '.join(['./dev bench'] + sys.argv[1:])}`\n")
    print("Microseconds per step: median (lowest to highest); × is the median ratio to ours, "
          "taken just before.\n")
    print("| workload | threads | " + " | ".join(names[i] for i in shown) + " |")
    print("|---|---|" + "---|" * len(shown))
    for name, threads, row in rows:
        print(f"| {name} | {threads} | " + " | ".join(row[i] for i in shown) + " |")


main()
