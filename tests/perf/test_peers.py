"""bench/peers.py: the table has the workload, ours and the C by hand, which computes the same
weights as the library. Peers that are not installed are left out."""
import os
import subprocess
import sys

binary = os.environ["BINARY_DIR"]
hand = os.path.join(binary, "bench_by_hand")
script = os.path.join(os.environ["SOURCE_DIR"], "bench", "peers.py")
done = subprocess.run([sys.executable, script, "--program", os.environ["CHAINRULE"], "--by-hand",
                       hand, "--workloads=W1,W2", "--threads=1", "--passes=1", "--seconds=0.01",
                       "--no-compile"], capture_output=True, text=True)
assert done.returncode == 0, done
assert done.stderr.count("('W") == 2, done.stderr
rows = [line.split("|") for line in done.stdout.splitlines() if line.startswith("| W")]
assert [row[1].strip() for row in rows] == ["W1", "W2"], done.stdout
for row in rows:
    assert row[3].strip()[0].isdigit() and "×" in row[4], row

done = subprocess.run([hand, "1", "0.0001"], capture_output=True, text=True)
assert done.returncode == 0, done
for line in done.stdout.splitlines():
    assert 0 <= float(line.split()[7]) < 1e-4, line
