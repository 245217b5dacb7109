"""Texts of 10 MB that are made to break their reader: each ends, in little memory. A time that grew
with the square of the length would be hours: the limit here is only what tells the two apart."""
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile  # noqa: E402

SECONDS, MOST_MEMORY = 300, 1 << 30
failed = 0
for name, (text, said) in hostile.texts(10_000_000).items():
    try:
        r = subprocess.run([os.environ["CHAINRULE"], "audit", "-"], input=text, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{name}: does not end")
        failed = 1
        continue
    out = (r.stdout + r.stderr).decode()
    if r.returncode not in (0, 1, 2) or said not in out or not out:
        print(f"{name}: exit code {r.returncode}, '{said}' is not in: {out[:300]}")
        failed = 1
# of the child that took most
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(f"most memory: {memory >> 20} MiB")
if memory > MOST_MEMORY:
    failed = 1
sys.exit(failed)
