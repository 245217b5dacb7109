"""bench/peers.py: the table has the workload, ours and the C by hand, which computes the same
weights as the library; a peer that is missing is named; figures that were kept give a page."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

binary = os.environ["BINARY_DIR"]
hand = os.path.join(binary, "bench_by_hand")
script = os.path.join(os.environ["SOURCE_DIR"], "bench", "peers.py")

BEGIN, END = "<!-- begin: ./dev bench -->", "<!-- end: ./dev bench -->"


def peers(*arguments):
    done = subprocess.run([sys.executable, script, "--program", os.environ["CHAINRULE"],
                           "--by-hand", hand, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done
    return done


with tempfile.TemporaryDirectory() as folder:
    figures, page = os.path.join(folder, "figures.json"), os.path.join(folder, "page.md")
    done = peers("--workloads=W1,W2", "--threads=1", "--passes=2", "--seconds=0.001",
                 "--no-curves", "--only=C by hand,libxsmm-dnn", f"--json={figures}")
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 6 and row[1] in ("W1 sgd", "W2 sgd")]
    assert [row[2] for row in rows if "quoted" not in row[2]] == \
        ["**chainrule**", "C by hand"] * 2, done.stdout
    assert all(row[3][0].isdigit() for row in rows), rows
    assert float(rows[1][4]) > 0, rows
    assert "without libxsmm-dnn" in done.stdout, done.stdout
    goals = [line for line in done.stdout.splitlines() if "C by hand | ≥" in line]
    assert len(goals) == 2, done.stdout

    # The same figures give the same page; what lies outside the two lines stays.
    with open(figures, encoding="utf-8") as f:
        results = json.load(f)
    point = {"at": 1, "flops": 8, "us": {"median": 2.0}}
    results["curves"] = {"1": [dict(point, curve="batch"),
                               dict(point, curve="batch", at=2, us={"median": 30.0})]}
    with open(figures, "w", encoding="utf-8") as f:
        json.dump(results, f)
    with open(page, "w", encoding="utf-8") as f:
        f.write(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    for _ in range(2):
        peers(f"--from={figures}", f"--write={page}")
        with open(page, encoding="utf-8") as f:
            text = f.read()
        assert text.startswith(f"above\n{BEGIN}\n- machine") and "old" not in text, text
        assert text.endswith(f"{END}\nbelow\n") and text.count("C by hand | ≥") == 2, text
        assert "| 2 | 30 | 0.000267 |" in text and "(page.svg)" in text, text
    xml.etree.ElementTree.parse(os.path.join(folder, "page.svg"))

done = subprocess.run([hand, "1", "0.0001"], capture_output=True, text=True)
assert done.returncode == 0, done
for line in done.stdout.splitlines():
    assert 0 <= float(line.split()[7]) < 1e-4, line
