"""chainrule bench measures what it says, as text and as complete JSON. Nothing here depends
on how long anything takes."""
import json
import math
import os
import re
import subprocess
import sys

PROGRAM = os.environ["CHAINRULE"]
failed = 0


def check(ok, what):
    global failed
    if not ok:
        print(f"wrong: {what}")
        failed = 1


def bench(*options):
    return subprocess.run([PROGRAM, "bench", *options], capture_output=True, text=True)


def bench_json(*options):
    done = bench("--format=json", "--seconds=0.001", *options)
    if done.returncode != 0:
        sys.exit(f"bench {options}: {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def is_spread(s, what):
    ok = (isinstance(s, dict) and list(s) == ["median", "low", "high"]
          and all(isinstance(v, (int, float)) and math.isfinite(v) for v in s.values())
          and 0 < s["low"] <= s["median"] <= s["high"])
    check(ok, f"{what}: {s}")


# Multiply-adds counted by hand, two operations each: forward and dw of every layer, dx of all
# but the first.
FLOPS = {
    "W1": 1 * 2 * (4 + 4 + 2 + 2 + 2),
    "W2": 4 * 2 * (16 + 16 + 8 + 8 + 8),
    "W3": 32 * 2 * (4096 + 4096 + 640 + 640 + 640),
    "W4": 128 * 2 * (2 * 784 * 128 + 3 * 128 * 10),
}

for name, flops in FLOPS.items():
    d = bench_json("--workload", name, "--part=steps", "--threads=2")
    check(d["threads"] == 2 and d["processors"] >= 1, f"threads: {d}")
    check(d["isa"] in ("ref", "avx2", "avx512", "neon"), f"isa: {d['isa']}")
    check("limits" not in d and "curves" not in d, "only what was asked for")
    check(len(d["workloads"]) == 1, "one workload")
    w = d["workloads"][0]
    check(w["name"] == name and w["flops"] == flops and w["optimiser"] == "gradient-descent", f"{w}")
    for key in ("step_us", "gflops", "share"):
        is_spread(w.get(key), f"{name} {key}")
    check("latency_us" not in w, "steps only")

d = bench_json("--workload=W3", "--part=steps", "--precision=bf16")
check(d["precision"] == "bf16" and d["products"] in ("ref", "avx2", "avx512", "avx512bf16", "amx", "neon"),
      f"bf16: {d}")
is_spread(d["workloads"][0].get("step_us"), "W3 in bf16")
done = bench("--part=steps", "--workload=W1", "--seconds=0.001", "--precision=bf16")
check("\nMatrix products of training steps: bf16, " in done.stdout, done.stdout)

w = bench_json("--workload=W2", "--part=steps", "--optimiser=Adam")["workloads"][0]
check(w["optimiser"] == "adam", f"{w}")
check(w["share"]["median"] < 1.5, f"all steps are made, none in no time: {w}")
done = bench("--optimiser=adma")
check(done.returncode == 2 and "did you mean 'adam'?" in done.stderr, f"{done}")

d = bench_json("--workload=W1", "--threads=1")
is_spread(d["limits"]["fma_one"], "fma_one")
is_spread(d["limits"]["fma_team"], "fma_team")
is_spread(d["limits"]["barrier"], "barrier")
levels = d["limits"]["read"]
check([r["level"] for r in levels] == ["L1", "L2", "L3", "memory"], "levels")
check(all(a["bytes"] < b["bytes"] for a, b in zip(levels, levels[1:])), f"sizes: {levels}")
for r in levels:
    is_spread(r["gigabytes"], r["level"])
w = d["workloads"][0]
is_spread(w["predict_rows_per_second"], "predict")
check(w["predict_batch"] == 1024, "predict_batch")
check(0 <= w["latency_us"]["p50"] <= w["latency_us"]["p99"], f"{w['latency_us']}")

text = bench("--workload=W2", "--seconds=0.001").stdout
for line in (r"^chainrule \S+, \w+, \d+ of \d+ processors", r"^Limits", r"^  read, memory ",
             r"^  W2  2-8-1, tanh, tanh, half-squared$", r"^Training steps", r"^Prediction",
             r"^  W2 +4 .*%$"):
    check(re.search(line, text, re.M), f"the text lacks {line!r}:\n{text}")
check("W3" not in text, "one workload in the text")

wrong = bench("--workload=W9")
check(wrong.returncode == 2 and wrong.stdout == "" and "W1 to W7" in wrong.stderr,
      f"unknown workload: {wrong}")
for bad in ("--seconds=0", "--seconds=nan", "--threads=-1", "--part=all,limits"):
    check(bench(bad).returncode == 2, bad)

done = subprocess.run([PROGRAM, "selftest", "--networks=2"], capture_output=True, text=True)
check(done.returncode == 0 and done.stdout.endswith("\npassed\n"), f"selftest: {done}")
check(done.stdout.startswith("ref      kernels: equal the reference\n"), done.stdout)

sys.exit(failed)
