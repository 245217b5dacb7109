"""What predict writes, in every format, with columns kept or not, read back by Python's own readers."""
import csv
import gzip
import io
import json
import os
import pathlib
import random
import subprocess
import tempfile

import numpy as np

PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()


def run(folder, *args, stdin=None, code=0):
    done = subprocess.run(WRAPPER + [PROGRAM, *args], cwd=folder, input=stdin, capture_output=True)
    assert done.returncode == code, (args, done.returncode, done.stderr.decode())
    return done.stdout if code == 0 else done.stderr.decode()


def rows_of(out):
    return list(csv.reader(io.StringIO(out.decode(), newline="")))


def classification(folder):
    random.seed(3)
    names = ["id", "size", "co,lour", "=note", "kind"]
    kinds = ["=cmd()", "plain", 'qu"ote']
    rows = []
    for i in range(3000):
        k = i % 3
        rows.append([f"row {i}", random.choice(["", f"{k + random.random():.3f}"]), ["red", "blue", "n,one"][(k + i % 2) % 3],
                     ["=1+1", "-5", "+x", "a\nb", "@x", "\t=1"][i % 6], kinds[k]])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    at = pathlib.Path(folder)
    at.joinpath("t.csv").write_text(text.getvalue())
    run(folder, "train", "t.csv", "--target", "kind", "-q", "--epochs", "2", "--ignore", "=note")

    plain = run(folder, "predict", "model.safetensors", "t.csv", "-q", "-j", "1")
    for threads in "234":
        assert run(folder, "predict", "model.safetensors", "t.csv", "-q", "-j", threads) == plain
    at.joinpath("t.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    assert run(folder, "predict", "model.safetensors", "t.csv.gz", "-q") == plain
    assert run(folder, "predict", "model.safetensors", "-", "-q", stdin=text.getvalue().encode()) == plain
    table = rows_of(plain)
    assert table[0] == ["prediction", "p(=cmd())", "p(plain)", 'p(qu"ote)']
    assert len(table) == 3001 and {r[0] for r in table[1:]} <= {"'=cmd()", "plain", 'qu"ote'}

    kept = rows_of(run(folder, "predict", "model.safetensors", "t.csv", "-q", "--keep"))
    assert kept[0] == ["id", "size", "co,lour", "'=note", "kind", *table[0]]
    safe = {"=1+1": "'=1+1", "-5": "-5", "+x": "'+x", "a\nb": "a\nb", "@x": "'@x", "\t=1": "=1"}
    for want, row, answer in zip(rows, kept[1:], table[1:]):
        assert row[5:] == answer
        assert row[:3] == want[:3], (row, want)
        # a blank at the start belongs to no unquoted field; it is dropped when read
        assert row[3] in (safe[want[3]], "'=1"), (row[3], want[3])
        assert row[4] == ("'=cmd()" if want[4] == "=cmd()" else want[4])

    lines = run(folder, "predict", "model.safetensors", "t.csv", "-q", "-f", "jsonl", "-k").decode().splitlines()
    assert len(lines) == 3000
    run(folder, "predict", "model.safetensors", "t.csv", "-q", "-f", "npy", "-o", "p.npy")
    array = np.load(at / "p.npy")
    assert array.shape == (3000, 3) and array.dtype == np.float32
    for line, answer, want, p in zip(lines, table[1:], rows, array):
        got = json.loads(line)
        assert got["prediction"] == answer[0].lstrip("'")
        assert [np.float32(v) for v in got["p"].values()] == [np.float32(v) for v in answer[1:]] == list(p)
        assert list(got["p"]) == ["=cmd()", "plain", 'qu"ote'] and got["co,lour"] == want[2]

    # rows with what training never saw: an empty value, a colour, another order of columns
    odd = run(folder, "predict", "model.safetensors", "-", stdin="co,lour".join(["size;", ";x\n1;violet;\n;;9\n"]).encode(), code=0)
    assert len(rows_of(odd)) == 3
    assert "no column 'size'" in run(folder, "predict", "model.safetensors", "-", stdin=b"a,b\n1,2\n", code=2)
    assert "needs a file" in run(folder, "predict", "model.safetensors", "t.csv", "-f", "npy", code=2)
    assert "cannot keep" in run(folder, "predict", "model.safetensors", "t.csv", "-f", "npy", "-k", "-o", "x", code=2)
    assert not at.joinpath("x").exists()


def regression(folder):
    at = pathlib.Path(folder)
    x = np.random.default_rng(2).normal(size=(700, 4)).astype(np.float32)
    np.save(at / "x.npy", x)
    lines = ["x1,x2,x3,x4"] + [",".join(repr(v) for v in r) for r in x.astype(float).tolist()]
    at.joinpath("x.csv").write_text("\n".join(lines) + "\n")
    run(folder, "train", "x.npy", "--target", "x4", "-q", "--epochs", "2")
    plain = run(folder, "predict", "model.safetensors", "x.csv", "-q")
    assert run(folder, "predict", "model.safetensors", "x.npy", "-q") == plain
    run(folder, "predict", "model.safetensors", "x.csv", "-q", "-f", "npy", "-o", "p.npy")
    array = np.load(at / "p.npy")
    assert array.dtype == np.float64 and [float(r[0]) for r in rows_of(plain)[1:]] == array.tolist()
    lines = run(folder, "predict", "model.safetensors", "x.npy", "-q", "-f", "jsonl").decode().splitlines()
    assert [json.loads(v)["prediction"] for v in lines] == array.tolist()
    assert "only the columns of a CSV file" in run(folder, "predict", "model.safetensors", "x.npy", "-k", code=2)


with tempfile.TemporaryDirectory() as there:
    classification(there)
    regression(there)
