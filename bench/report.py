"""Markdown and a drawing from the figures of peers.py."""
import math
import os
import re
import statistics

BEGIN, END = "<!-- begin: ./dev bench -->", "<!-- end: ./dev bench -->"

# Measured earlier on another machine: 2 processors with AVX-512 and AMX at 265 to 280 GFLOP/s
# together, Debian 12; each at its best number of threads. Microseconds.
QUOTED_FROM = ("another machine, 2026: 2 processors with AVX-512 and AMX, 265 to 280 GFLOP/s "
               "of float32 multiply-adds on both")
QUOTED = {
    ("W1", "sgd", "float32"): {"PyTorch 1.13": "176", "genann": "0.067 to 0.117",
                               "C by hand": "0.057 to 0.067"},
    ("W2", "sgd", "float32"): {"PyTorch 1.13": "134", "genann": "0.45 to 0.95",
                               "C by hand": "0.10"},
    ("W3", "sgd", "float32"): {"PyTorch 1.13": "186", "KANN": "33", "libxsmm-dnn": "14.3"},
    ("W3", "adam", "float32"): {"PyTorch 1.13": "386", "KANN": "32"},
    ("W4", "sgd", "float32"): {"PyTorch 1.13": "831", "KANN": "814", "libxsmm-dnn": "337"},
    ("W4", "adam", "float32"): {"PyTorch 1.13": "1174", "KANN": "850"},
    ("W5", "adam", "float32"): {"PyTorch 1.13": "5970", "libxsmm-dnn": "2570 (sgd)"},
    ("W6", "sgd", "float32"): {"PyTorch 1.13": "145000", "libxsmm-dnn": "143000"},
    ("W6", "sgd", "bf16"): {"PyTorch 1.13": "51000", "libxsmm-dnn": "49000"},
    ("W7", "adamw", "float32"): {"PyTorch 1.13": "3500", "libxsmm-dnn": "1520 (sgd)"},
}

# What is asked for: task, threads, what is compared, and at least (or, negative, at most) what.
GOALS = [
    ("W1 sgd", 1, "C by hand", 1), ("W2 sgd", 1, "C by hand", 1),
    ("W1 sgd", 1, "PyTorch eager", 1000), ("W2 sgd", 1, "PyTorch eager", 1000),
    ("W3 sgd", 1, "PyTorch eager", 20), ("W3 sgd", 1, "libxsmm", 1.5),
    ("W3 sgd", 1, "share", 0.5), ("W3 adam", 1, "time over sgd", -1.4),
    ("W4 sgd", 2, "PyTorch eager", 3), ("W4 sgd", 2, "libxsmm", 1.25),
    ("W4 sgd", 2, "share", 0.7),
    ("W5 adam", 2, "PyTorch eager", 2.7), ("W5 adam", 2, "share", 0.75),
    ("W7 adamw", 2, "PyTorch eager", 2.7), ("W7 adamw", 2, "share", 0.75),
    ("W6 sgd", 2, "PyTorch eager", 1.4), ("W6 sgd", 2, "share", 0.8),
    ("W6 bf16", 2, "the best peer", 1.5),
    ("W4 sgd", 2, "one thread", 1.8), ("W5 adam", 2, "one thread", 1.8),
    ("W6 sgd", 2, "one thread", 1.8), ("W7 adamw", 2, "one thread", 1.8),
    ("W1 sgd", 2, "one thread", 1), ("W2 sgd", 2, "one thread", 1),
    ("W3 sgd", 2, "one thread", 1),
    ("W7", 1, "one row", -10),
]


def number(x):
    return f"{x:.3g}" if x < 1000 else f"{x:.0f}"


def spread(values):
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def label(task):
    how = "bf16" if task["precision"] == "bf16" else task["optimiser"]
    return f"{task['workload']} {how}"


def ours_of(task):
    return [t for times in task["ours"].values() for t in times]


def ratio(task, peer):
    """How many times longer the peer took than ours just before."""
    return statistics.median(t / o for t, o in zip(task["times"][peer], task["ours"][peer]))


def is_eager(peer):
    return peer.startswith("PyTorch") and not peer.endswith("compiled")


def reached(results, goal):
    """(figure, with whom, the figure were ours as fast as the FMA peak) or None."""
    name, threads, what, _ = goal
    if what == "one row":
        rows = {r["name"]: r for r in results["predict"].get(str(threads), [])}
        return (rows[name]["latency_us"]["p50"], "µs", None) if name in rows else None
    tasks = {(label(t), t["threads"]): t for t in results["tasks"]}
    task = tasks.get((name, threads))
    if not task:
        return None
    ours = statistics.median(ours_of(task))
    if what == "share":
        return statistics.median(task["share"]), "", None
    if what in ("one thread", "time over sgd"):
        other = tasks.get((name, 1) if what == "one thread" else
                          (name.split()[0] + " sgd", threads))
        if not other:
            return None
        times = statistics.median(ours_of(other)) / ours
        return (times if what == "one thread" else 1 / times), "", None
    chosen = [p for p in task["times"] if
              (is_eager(p) if what == "PyTorch eager" else
               what == "the best peer" or p.startswith(what))]
    if not chosen:
        return None
    best = min(chosen, key=lambda p: ratio(task, p))
    most = None if name.endswith("bf16") else ratio(task, best) / statistics.median(task["share"])
    return ratio(task, best), best, most


def goal_lines(results):
    lines = []
    for goal in GOALS:
        name, threads, what, bound = goal
        got = reached(results, goal)
        if got is None:
            continue
        value, whom, most = got
        if what == "share":
            show, wanted, what = f"{100 * value:.0f} %", f"≥ {100 * bound:.0f} %", "of FMA peak"
        elif what == "one row":
            show, wanted, what = f"{number(value)} µs", f"≤ {-bound} µs", "one row, p50"
        elif what == "time over sgd":
            show, wanted, what = f"{value:.2f}", f"≤ {-bound}", "time over that of sgd"
        else:
            show, wanted = f"×{value:.3g}", f"≥ ×{bound}"
            if most and most < 2 * bound:       # which may be out of this machine's reach
                show += f" (×{most:.3g} at the FMA peak)"
            what = what if whom in ("", what) else f"{what}, {whom}"
        held = value <= -bound if bound < 0 else value >= bound
        lines.append(f"| {name} | {threads} | {what} | {wanted} | {show} | "
                     f"{'yes' if held else 'no'} |")
    if not lines:
        return []
    return ["| task | threads | beside | wanted | measured | reached |",
            "|---|---|---|---|---|---|", *lines, ""]


def about(results):
    c, lines = results["chainrule"], []
    lines.append(f"- machine: {results['machine']}; load average {results['load_before']:.1f} "
                 f"before, {results['load_after']:.1f} after")
    lines.append(f"- chainrule {c['version']}, {c['isa']}, compiler {c['compiler']}; "
                 + ", ".join(results["versions"]))
    lines.append(f"- command: `{results['command']}` ({results['minutes']:.0f} minutes)")
    for threads, limits in results["limits"].items():
        one = "" if threads == "1" else f"{limits['fma_team']['median']:.0f} GFLOP/s of " \
            f"multiply-adds on {threads} threads, barrier {limits['barrier']['median']:.2f} µs"
        if threads == "1":
            one = f"{limits['fma_one']['median']:.0f} GFLOP/s of multiply-adds on one thread; " + \
                ", ".join(f"{r['level']} {r['gigabytes']['median']:.0f} GB/s"
                          for r in limits["read"])
        lines.append("- limits: " + one)
    for name, why in (results["missing"] | results["left_out"]).items():
        lines.append(f"- without {name}: {why}")
    return lines


def task_lines(results):
    """A row for each contestant of a task, a pair of columns for each number of threads."""
    threads = sorted({t["threads"] for t in results["tasks"]})
    lines = ["| task | who | " + " | ".join(f"µs, {n} thread{'s' * (n > 1)} | ×" for n in threads)
             + " |", "|---|---|" + "---|---|" * len(threads)]
    by = {}
    for t in results["tasks"]:
        by.setdefault((t["workload"], t["optimiser"], t["precision"]), {})[t["threads"]] = t
    for key, tasks in by.items():
        name = label(next(iter(tasks.values())))
        cells = []
        for n in threads:
            t = tasks.get(n)
            share = f", {100 * statistics.median(t['share']):.0f} % of peak" if t else ""
            cells.append(f"{spread(ours_of(t))}{share} | 1" if t else "– | –")
        lines.append(f"| {name} | **chainrule** | " + " | ".join(cells) + " |")
        for who in dict.fromkeys(w for t in tasks.values() for w in t["times"]):
            cells = [f"{spread(t['times'][who])} | {ratio(t, who):.3g}"
                     if (t := tasks.get(n)) and who in t["times"] else "– | –" for n in threads]
            lines.append(f"| {name} | {who} | " + " | ".join(cells) + " |")
        measured = {w.split()[0] for t in tasks.values() for w in t["times"]}
        for who, time in QUOTED.get(key, {}).items():
            if who == "PyTorch 1.13" and "PyTorch" in measured or who in measured \
                    or who == "C by hand":
                continue
            lines.append(f"| {name} | {who}, quoted | {time} | – |" + " – | – |" *
                         (len(threads) - 1))
    return lines + [""]


def note_lines(results):
    """What each peer chose, and why one did not take part, told once for equal words."""
    notes = {}
    for t in results["tasks"]:
        for who, text in t["notes"].items():
            text = re.sub(r"[\d.]+ s to compile", "", text).strip("; ")
            if text:
                notes.setdefault((who, text), []).append(f"{label(t)} ({t['threads']})")
    took = [float(m.group(1)) for t in results["tasks"] for text in t["notes"].values()
            if (m := re.search(r"([\d.]+) s to compile", text))]
    lines = [f"- {who}: {text}: {', '.join(where)}" for (who, text), where in notes.items()]
    if took:
        lines.append(f"- torch.compile: {min(took):.0f} to {max(took):.0f} s for a task, "
                     "trying each way")
    return lines + [""] if lines else []


def predict_lines(results):
    lines = []
    for threads, rows in results["predict"].items():
        for r in rows:
            rows, one = r["predict_rows_per_second"]["median"], r["latency_us"]
            lines.append(f"| {r['name']} | {threads} | {rows:.3g} | {number(one['p50'])} | "
                         f"{number(one['p99'])} |")
    if not lines:
        return []
    return ["| network | threads | rows per second, 1024 at once | one row, p50 µs | p99 µs |",
            "|---|---|---|---|---|", *lines, ""]


def curves_of(results):
    """{curve: {at: {threads: point}}}"""
    out = {}
    for threads, points in results["curves"].items():
        for p in points:
            out.setdefault(p["curve"], {}).setdefault(p["at"], {})[threads] = p
    return out


def curve_lines(results):
    threads, lines = list(results["curves"]), []
    for name, points in curves_of(results).items():
        lines += [f"| {name} | " + " | ".join(f"µs, threads: {n} | GFLOP/s" for n in threads)
                  + " |", "|---|" + "---|---|" * len(threads)]
        for at, by in points.items():
            cells = [f"{number(by[n]['us']['median'])} | "
                     f"{number(by[n]['flops'] / by[n]['us']['median'] * 1e-3)}" for n in threads]
            lines.append(f"| {at} | " + " | ".join(cells) + " |")
        lines.append("")
    return lines


def markdown(results):
    lines = about(results) + [""]
    goals = goal_lines(results)
    if goals:
        lines += ["### What is wanted, and what was measured", ""] + goals
    lines += ["### Time per step", "",
              "Median (lowest to highest) of the passes; × is how many times longer the peer took "
              "than chainrule did just before, the median of that. \"Quoted\" was not measured "
              f"here but on {QUOTED_FROM}, and is no figure to compare with these.", ""]
    lines += task_lines(results) + note_lines(results)
    if results["predict"]:
        lines += ["### Prediction", ""] + predict_lines(results)
    if results["curves"]:
        lines += ["### How time grows", "",
                  "256 inputs, 256 ReLU units, 10 outputs, batches of 128; one of these varies. "
                  "`rows` is prediction of so many rows.", ""] + curve_lines(results)
    return "\n".join(lines).rstrip() + "\n"


# The drawing: a panel for each curve, both axes logarithmic, a line for each number of threads.
WIDE, HIGH, LEFT, TOP, GAP = 300, 190, 60, 34, 60
COLOURS = ["#1f5fa8", "#c4572a", "#3a7d44", "#7a4d9c"]


def ticks(low, high):
    return [10 ** e for e in range(math.ceil(math.log10(low) - 1e-9),
                                   math.floor(math.log10(high) + 1e-9) + 1)]


def panel(name, points, threads, x0, y0):
    xs = list(points)
    ys = [p["us"]["median"] for by in points.values() for p in by.values()]
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))
    span = math.log(max(xs) / min(xs)) or 1
    x = lambda v: x0 + WIDE * math.log(v / min(xs)) / span
    y = lambda v: y0 + HIGH * (1 - math.log(v / low) / math.log(high / low))
    out = [f'<text x="{x0}" y="{y0 - 10}" font-weight="bold">µs against {name}</text>',
           f'<rect x="{x0}" y="{y0}" width="{WIDE}" height="{HIGH}" fill="none" stroke="#999"/>']
    for v in ticks(low, high):
        out.append(f'<path d="M{x0} {y(v):.1f}h{WIDE}" stroke="#ddd"/>'
                   f'<text x="{x0 - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>')
    for v in xs if len(xs) < 6 else xs[::2]:
        out.append(f'<text x="{x(v):.1f}" y="{y0 + HIGH + 16}" text-anchor="middle">{v}</text>')
    for i, n in enumerate(threads):
        line = [(x(at), y(by[n]["us"]["median"])) for at, by in points.items() if n in by]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in line)
        colour = COLOURS[i % len(COLOURS)]
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in line]
    return out


def drawing(results):
    curves, threads = curves_of(results), list(results["curves"])
    rows = (len(curves) + 1) // 2
    width, height = 2 * (LEFT + WIDE) + 40, TOP + rows * (HIGH + GAP) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" font-size="12">',
           f'<title>Time per step and per prediction</title>'
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for i, (name, points) in enumerate(curves.items()):
        out += panel(name, points, threads, LEFT + i % 2 * (WIDE + LEFT + 10),
                     TOP + i // 2 * (HIGH + GAP))
    for i, n in enumerate(threads):
        x = LEFT + 140 * i
        out.append(f'<path d="M{x} {height - 14}h24" stroke="{COLOURS[i % 4]}" stroke-width="2"/>'
                   f'<text x="{x + 30}" y="{height - 10}">threads: {n}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def write(path, text, results):
    """Replace what lies between the two lines in the file; draw the curves beside it."""
    with open(path, encoding="utf-8") as f:
        before, _, rest = f.read().partition(BEGIN + "\n")
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{path} lacks the lines {BEGIN} and {END}")
    if results["curves"]:
        svg = os.path.splitext(path)[0] + ".svg"
        with open(svg, "w", encoding="utf-8") as f:
            f.write(drawing(results))
        text += f"\n![The same as a drawing]({os.path.basename(svg)})\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{BEGIN}\n{text}{END}{after}")
