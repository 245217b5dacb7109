"""The whole benchmark, all workloads and curves, in as little time as it takes."""
import json
import os
import subprocess
import sys

PROGRAM = os.environ["CHAINRULE"]


def bench(part):
    out = subprocess.run([PROGRAM, "bench", "--format=json", "--seconds=1e-6", f"--part={part}"],
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)


d = bench("all")
assert [w["name"] for w in d["workloads"]] == [f"W{i}" for i in range(1, 8)], d
assert all(w["step_us"]["median"] > 0 for w in d["workloads"]), d

points = bench("curves")["curves"]
for curve in ("batch", "width", "depth", "rows"):
    at = [p["at"] for p in points if p["curve"] == curve]
    assert len(at) >= 4 and at == sorted(set(at)), (curve, at)
assert all(p["us"]["median"] > 0 and p["flops"] > 0 for p in points), points
sys.exit(0)
