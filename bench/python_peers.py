#!/usr/bin/env python3
"""One Python peer in a process of its own: python_peers.py NAME. Lines come on standard input:

    {"units": [...], ...}   make this network; answered by "ready [WHAT WAS CHOSEN]" or "none WHY"
    go                      time steps; answered by microseconds per step

The threads are set before this starts: OMP_NUM_THREADS and the like, or the processors that it
may run on. Every peer trains on four batches in turn, which it made before.
"""
import json
import os
import sys
import time

RATE = 0.01
BETA1, BETA2, EPSILON, DECAY = 0.9, 0.999, 1e-8, 0.01
BATCHES = 4


def has(task, optimisers, precisions=("float32",)):
    if task["optimiser"] not in optimisers:
        raise NotImplementedError(f"no {task['optimiser']}")
    if task["precision"] not in precisions:
        raise NotImplementedError(f"no {task['precision']}")


class Peer:
    """Has a method step(batch)."""
    chosen = ""

    def calibrate(self, seconds):
        start = time.perf_counter()
        for batch in range(BATCHES):
            self.step(batch)
            if time.perf_counter() - start > seconds:
                break
        times, took = 1, self.spend(1)
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

    def choose(self, ways, seconds):
        """The fastest of the ways {name: set it up}, some of which may not work here."""
        best, why = None, None
        for name, use in ways.items():
            try:
                use()
                self.calibrate(seconds / 4)
                took = min(self.microseconds() for _ in range(3 if self.times > 1 else 1))
            except Exception as e:
                why = why or e
                continue
            if best is None or took < best[0]:
                best = (took, name)
        if best is None:
            raise why
        self.chosen = best[1]
        ways[best[1]]()
        self.calibrate(seconds)


def examples(task):
    """[batch][rows][...] inputs and targets."""
    import numpy as np
    rng = np.random.default_rng(1)
    rows, inputs, outputs = task["batch"], task["units"][0], task["units"][-1]
    x = rng.uniform(-1, 1, (BATCHES, rows, inputs)).astype(np.float32)
    if task["output"] == "softmax":
        return x, rng.integers(0, outputs, (BATCHES, rows))
    return x, rng.uniform(-0.5, 0.5, (BATCHES, rows, outputs)).astype(np.float32)


class NumPy(Peer):
    """By hand, in place."""

    def __init__(self, task):
        import numpy as np
        has(task, ("sgd", "adam", "adamw"))
        self.np, self.task = np, task
        units, rows = task["units"], task["batch"]
        rng = np.random.default_rng(2)
        new = lambda *shape: np.zeros(shape, np.float32)
        self.w = [(rng.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b))).astype(np.float32)
                  for a, b in zip(units, units[1:])]
        self.b = [new(n) for n in units[1:]]
        self.dw = [new(*w.shape) for w in self.w]
        self.db = [new(n) for n in units[1:]]
        self.z = [new(rows, n) for n in units[1:]]
        self.d = [new(rows, n) for n in units[1:]]
        self.tmp = [new(rows, n) for n in units[1:]]
        self.params, self.grads = self.w + self.b, self.dw + self.db
        if task["optimiser"] != "sgd":
            self.state = [[np.zeros_like(p) for p in self.params] for _ in range(3)]
            self.t = 0
        x, t = examples(task)
        if task["output"] == "softmax":
            t = np.eye(units[-1], dtype=np.float32)[t]
        self.x, self.t_ = list(x), list(t)
        self.scale = np.float32((RATE if task["optimiser"] == "sgd" else 1) / rows)
        self.calibrate(task["seconds"])

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

    def adam(self, p, g, m, v, tmp):
        np = self.np
        np.multiply(m, np.float32(BETA1), out=m), np.multiply(g, np.float32(1 - BETA1), out=tmp)
        np.add(m, tmp, out=m)
        np.multiply(g, g, out=tmp), np.multiply(tmp, np.float32(1 - BETA2), out=tmp)
        np.multiply(v, np.float32(BETA2), out=v), np.add(v, tmp, out=v)
        if self.task["optimiser"] == "adamw":
            np.multiply(p, np.float32(1 - RATE * DECAY), out=p)
        np.sqrt(v, out=tmp)
        np.multiply(tmp, np.float32((1 - BETA2 ** self.t) ** -0.5), out=tmp)
        np.add(tmp, np.float32(EPSILON), out=tmp), np.divide(m, tmp, out=tmp)
        np.multiply(tmp, np.float32(RATE / (1 - BETA1 ** self.t)), out=tmp)
        np.subtract(p, tmp, out=p)

    def update(self):
        if self.task["optimiser"] == "sgd":
            for p, g in zip(self.params, self.grads):
                self.np.subtract(p, g, out=p)
        else:
            self.t += 1
            for each in zip(self.params, self.grads, *self.state):
                self.adam(*each)

    def step(self, batch):
        np, w, z, d, task = self.np, self.w, self.z, self.d, self.task
        x, last = self.x[batch], len(w) - 1
        for i, a in enumerate([x] + z[:-1]):
            np.matmul(a, w[i], out=z[i])
            np.add(z[i], self.b[i], out=z[i])
            self.activate(task["output"] if i == last else task["hidden"], z[i])
        np.subtract(z[last], self.t_[batch], out=d[last])
        np.multiply(d[last], self.scale, out=d[last])
        if task["output"] != "softmax":
            self.times_derivative(task["output"], d[last], z[last], self.tmp[last])
        for i in range(last, -1, -1):
            a = z[i - 1] if i else x
            np.matmul(a.T, d[i], out=self.dw[i])
            np.sum(d[i], axis=0, out=self.db[i])
            if i:
                np.matmul(d[i], w[i].T, out=d[i - 1])
                self.times_derivative(task["hidden"], d[i - 1], z[i - 1], self.tmp[i - 1])
        self.update()


class ScikitLearn(Peer):
    """partial_fit of its multilayer perceptrons, batch by batch."""

    def __init__(self, task):
        import numpy as np
        import warnings
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        warnings.filterwarnings("ignore")
        has(task, ("sgd", "adam"))
        softmax = task["output"] == "softmax"
        if not softmax and task["output"] != "identity":
            raise NotImplementedError("its regression has linear outputs only")
        options = dict(hidden_layer_sizes=task["units"][1:-1], activation=task["hidden"],
                       solver=task["optimiser"], alpha=0, batch_size=task["batch"],
                       learning_rate_init=RATE, momentum=0, nesterovs_momentum=False,
                       shuffle=False, random_state=1)
        self.x, t = examples(task)
        self.t = t if softmax else t[:, :, 0]
        if softmax:
            self.model = MLPClassifier(**options)
            self.model.partial_fit(self.x[0], self.t[0], classes=np.arange(task["units"][-1]))
        else:
            self.model = MLPRegressor(**options)
        self.calibrate(task["seconds"])

    def step(self, batch):
        self.model.partial_fit(self.x[batch], self.t[batch])


class PyTorch(Peer):
    """Eager; bfloat16 is its automatic mixed precision."""

    def __init__(self, task):
        import torch
        has(task, ("sgd", "adam", "adamw"), ("float32", "bf16"))
        torch.set_num_threads(task["threads"])
        torch.manual_seed(1)
        self.torch, self.task = torch, task
        units = task["units"]
        activations = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
        layers = []
        for i, (a, b) in enumerate(zip(units, units[1:])):
            act = task["output"] if i == len(units) - 2 else task["hidden"]
            layers.append(torch.nn.Linear(a, b))
            if act in activations:
                layers.append(activations[act]())
        self.model = torch.nn.Sequential(*layers)
        x, t = examples(task)
        self.x = [torch.from_numpy(a) for a in x]
        self.t = [torch.from_numpy(a) for a in t]
        self.params = list(self.model.parameters())
        self.forward = self.plain_forward()
        self.choose(self.ways(), task["seconds"])

    def plain_forward(self):
        torch, model, rows = self.torch, self.model, self.task["batch"]
        if self.task["output"] == "softmax":
            loss = torch.nn.functional.cross_entropy
        else:
            loss = lambda y, t: ((y - t) ** 2).sum() * (0.5 / rows)
        if self.task["precision"] == "float32":
            return lambda x, t: loss(model(x), t)

        def mixed(x, t):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                y = model(x)
            return loss(y.float(), t)
        return mixed

    def optimiser(self, **how):
        optim, name = self.torch.optim, self.task["optimiser"]
        if name == "sgd":
            return optim.SGD(self.params, lr=RATE, **how)
        kind, decay = (optim.Adam, 0) if name == "adam" else (optim.AdamW, DECAY)
        return kind(self.params, lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, weight_decay=decay,
                    **how)

    def add_each(self):
        torch = self.torch
        with torch.no_grad():
            torch._foreach_add_(self.params, [p.grad for p in self.params], alpha=-RATE)

    def ways(self):
        """Of updating: each of PyTorch's own, and the shortest that there is for sgd."""
        def use(**how):
            def set_up():
                self.update = self.optimiser(**how).step
            return set_up

        def use_add():
            self.update = self.add_each
        ways = {"fused": use(fused=True), "foreach": use(foreach=True), "for loop": use()}
        if self.task["optimiser"] == "sgd":
            ways["foreach add"] = use_add
        return ways

    def step(self, batch):
        for p in self.params:
            p.grad = None
        self.forward(self.x[batch], self.t[batch]).backward()
        self.update()


class PyTorchCompiled(PyTorch):
    """torch.compile: the loss and its gradient, with PyTorch's optimiser compiled or fused; or
    all of a step as one function of the parameters."""

    def ways(self):
        torch = self.torch
        torch._dynamo.reset()
        plain = self.plain_forward()
        compiled = torch.compile(plain)

        def use_fused():
            self.forward, self.update, self.step = compiled, self.optimiser(fused=True).step, \
                super(PyTorchCompiled, self).step

        def use_compiled():
            self.forward, self.update, self.step = compiled, \
                torch.compile(self.optimiser(foreach=True).step), \
                super(PyTorchCompiled, self).step
        return {"fused optimiser": use_fused, "compiled optimiser": use_compiled,
                "one function": self.one_function}

    def one_function(self):
        torch, model, task = self.torch, self.model, self.task
        names = [name for name, _ in model.named_parameters()]
        softmax, bf16 = task["output"] == "softmax", task["precision"] == "bf16"
        entropy = torch.nn.functional.cross_entropy

        def loss(params, x, t):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                y = torch.func.functional_call(model, dict(zip(names, params)), (x,))
            y = y.float()
            return entropy(y, t) if softmax else ((y - t) ** 2).sum() * (0.5 / task["batch"])
        gradient = torch.func.grad(loss)

        def sgd(params, m, v, n, x, t):
            for p, g in zip(params, gradient(params, x, t)):
                p.sub_(RATE * g)

        def adam(params, m, v, n, x, t):
            n.add_(1)
            a, b = RATE / (1 - BETA1 ** n), 1 / (1 - BETA2 ** n)
            for p, g, m, v in zip(params, gradient(params, x, t), m, v):
                m.mul_(BETA1).add_(g, alpha=1 - BETA1)
                v.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
                if task["optimiser"] == "adamw":
                    p.mul_(1 - RATE * DECAY)
                p.sub_(a * m / ((b * v).sqrt() + EPSILON))
        run = torch.compile(sgd if task["optimiser"] == "sgd" else adam, fullgraph=True)
        params = [p.detach().clone() for p in self.params]
        m, v = ([torch.zeros_like(p) for p in params] for _ in range(2))
        n = torch.zeros(())

        def one(batch):
            with torch.no_grad():
                run(params, m, v, n, self.x[batch], self.t[batch])
        self.step = one


class Jax(Peer):
    """A step, or 64 of them in a loop, as one compiled function."""
    MANY = 64

    def __init__(self, task):
        import jax
        import jax.numpy as jnp
        has(task, ("sgd", "adam", "adamw"))
        self.jax, units, last = jax, task["units"], len(task["units"]) - 2
        keys = jax.random.split(jax.random.PRNGKey(1), last + 1)
        params = [(jax.random.normal(k, (a, b), jnp.float32) / a ** 0.5,
                   jnp.zeros(b, jnp.float32)) for k, a, b in zip(keys, units, units[1:])]
        acts = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
        softmax, tree, name = task["output"] == "softmax", jax.tree_util.tree_map, task["optimiser"]

        def loss(params, x, t):
            for i, (w, b) in enumerate(params):
                x = x @ w + b
                act = task["output"] if i == last else task["hidden"]
                x = acts[act](x) if act in acts else x
            if softmax:
                return -jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1).mean()
            return 0.5 * ((x - t) ** 2).sum() / task["batch"]

        def update(state, x, t):
            params, m, v, n = state
            grads = jax.grad(loss)(params, x, t)
            if name == "sgd":
                return tree(lambda p, g: p - RATE * g, params, grads), m, v, n
            n = n + 1
            decay = RATE * DECAY if name == "adamw" else 0
            m = tree(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
            v = tree(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
            a, b = RATE / (1 - BETA1 ** n), 1 / (1 - BETA2 ** n)
            params = tree(lambda p, m, v: p * (1 - decay) - a * m / (jnp.sqrt(b * v) + EPSILON),
                          params, m, v)
            return params, m, v, n

        def many(state, xs, ts):
            def body(i, state):
                return update(state, xs[i % BATCHES], ts[i % BATCHES])
            return jax.lax.fori_loop(0, self.MANY, body, state)
        zeros = () if name == "sgd" else tree(jnp.zeros_like, params)
        zeros2 = () if name == "sgd" else tree(jnp.zeros_like, params)
        self.state = (params, zeros, zeros2, jnp.zeros((), jnp.float32))
        x, t = examples(task)
        self.all = jnp.asarray(x), jnp.asarray(t)
        self.x, self.t = [jnp.asarray(a) for a in x], [jnp.asarray(a) for a in t]
        self.update = jax.jit(update, donate_argnums=0)
        self.many = jax.jit(many, donate_argnums=0)
        self.at_once = 1
        ways = {"a call for each step": lambda: setattr(self, "at_once", 1)}
        if sum(a * b for a, b in zip(units, units[1:])) * task["batch"] < 1e8:
            ways["64 steps in a call"] = lambda: setattr(self, "at_once", self.MANY)
        self.choose(ways, task["seconds"])

    def step(self, batch):
        self.state = self.update(self.state, self.x[batch], self.t[batch])

    def spend(self, times):
        start = time.perf_counter()
        if self.at_once == 1:
            for i in range(times):
                self.step(i % BATCHES)
        else:
            for i in range(0, times, self.MANY):
                self.state = self.many(self.state, *self.all)
        self.jax.block_until_ready(self.state)
        took = time.perf_counter() - start
        return took * times / (-(-times // self.at_once) * self.at_once)


PEERS = {"numpy": NumPy, "scikit-learn": ScikitLearn, "torch": PyTorch,
         "torch-compiled": PyTorchCompiled, "jax": Jax}


def main():
    # What a library prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer, kind = None, PEERS[sys.argv[1]]
    for line in sys.stdin:
        try:
            if line.strip() == "go":
                answer = repr(peer.microseconds())
            else:
                start = time.perf_counter()
                peer = kind(json.loads(line))
                answer = f"ready {time.perf_counter() - start:.1f} {peer.chosen}"
        except ImportError:
            answer = "none not installed"
        except Exception as e:
            why = " ".join(str(e).split())[:200]
            answer = f"none {why if isinstance(e, NotImplementedError) else type(e).__name__}"
            if not isinstance(e, NotImplementedError):
                answer += f": {why}"
        print(answer, file=answers, flush=True)


main()
