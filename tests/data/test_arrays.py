"""The same numbers as CSV and in every binary format that numpy writes give the same model file,
to the last bit; so do gzip, TSV, other delimiters, quotes and line ends."""
import gzip
import os
import pathlib
import struct
import subprocess
import tempfile

import numpy as np

PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()


def model(folder, name, target, *more):
    run = subprocess.run(WRAPPER + [PROGRAM, "train", name, "--target", target, "-q", "--epochs", "2", "-o", "m", *more],
                         cwd=folder, capture_output=True)
    assert run.returncode == 0, (name, run.stderr.decode())
    return pathlib.Path(folder, "m").read_bytes()


def csv(rows, names, delimiter=",", end="\n", quote=""):
    lines = [names, *rows]
    return end.join(delimiter.join(quote + str(v) + quote for v in row) for row in lines) + end


def numbers(a):
    return [["" if v != v else repr(v) for v in row] for row in a.astype(float).tolist()]


def check(folder, what, path, want, target):
    assert model(folder, path, target) == want, what
    print("same:", what)


def main():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    x[3, 1] = np.nan
    names = ["x1", "x2", "x3"]
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        at.joinpath("t.csv").write_text(csv(numbers(x), names))
        want = model(folder, "t.csv", "x3")
        at.joinpath("cache").mkdir()
        assert model(folder, "t.csv", "x3", "--cache", "cache") == want and len(list(at.joinpath("cache").iterdir())) == 1
        gone = subprocess.run(WRAPPER + [PROGRAM, "train", "t.csv", "--target", "x3", "--cache", "gone"], cwd=folder, capture_output=True)
        assert gone.returncode == 2 and b"cannot keep data in 'gone': No such file" in gone.stderr, gone.stderr
        for what, a in [("f4", x), ("f8", x.astype("<f8")), ("big endian", x.astype(">f4")), ("Fortran order", np.asfortranarray(x))]:
            np.save(at / "t.npy", a)
            check(folder, what, "t.npy", want, "x3")
        at.joinpath("t.idx").write_bytes(b"\0\0\x0d\x02" + struct.pack(">II", *x.shape) + x.astype(">f4").tobytes())
        check(folder, "IDX", "t.idx", want, "x3")
        text = csv(numbers(x), names)
        at.joinpath("t.gz").write_bytes(gzip.compress(text[:1000].encode()) + gzip.compress(text[1000:].encode()))
        check(folder, "gzip in two members", "t.gz", want, "x3")
        for what, s in [("semicolons", csv(numbers(x), names, ";")), ("tabs", csv(numbers(x), names, "\t")),
                        ("bars", csv(numbers(x), names, "|")), ("CRLF", csv(numbers(x), names, end="\r\n")),
                        ("CR", csv(numbers(x), names, end="\r")), ("quotes", csv(numbers(x), names, quote='"')),
                        ("a mark", "\ufeff" + text), ("no header", text[text.index("\n") + 1:])]:
            at.joinpath("t.txt").write_text(s, newline="")
            check(folder, what, "t.txt", want, "x3")

        for kind in ["i1", "u1", "<i2", ">i4", "<u4", "<i8", "u8", "f2"]:
            a = rng.integers(0 if kind[-2] == "u" else -100, 100, size=(50, 3)).astype(kind)
            np.save(at / "t.npy", a)
            at.joinpath("t.csv").write_text(csv([[int(v) for v in r] for r in a.tolist()], names))
            check(folder, kind, "t.npy", model(folder, "t.csv", "x3"), "x3")

        label = np.array(["caf\u00e9", "tea", "", "m\u00e4te"])[rng.integers(0, 4, size=60)]
        flags = rng.integers(0, 2, size=60).astype(bool)
        rows = [r + [int(f), s] for r, f, s in zip(numbers(x), flags, label)]
        at.joinpath("t.csv").write_text(csv(rows, ["x1", "x2", "x3", "flag", "drink"]))
        want = model(folder, "t.csv", "drink")
        for what, save in [("npz", np.savez), ("compressed npz", np.savez_compressed)]:
            save(at / "t.npz", x=x, flag=flags, drink=label, other=np.arange(7))
            check(folder, what, "t.npz", want, "drink")
        np.savez(at / "t.npz", x=x, flag=flags, drink=np.char.encode(label, "utf-8"))
        check(folder, "bytes as text", "t.npz", want, "drink")

        images = rng.integers(0, 256, size=(40, 3, 2)).astype("u1")
        digit = rng.integers(0, 3, size=40).astype("u1")
        at.joinpath("a-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + struct.pack(">III", *images.shape) + images.tobytes())
        at.joinpath("a-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 40) + digit.tobytes())
        rows = [[*r, d] for r, d in zip(images.reshape(40, 6).tolist(), digit.tolist())]
        at.joinpath("t.csv").write_text(csv(rows, [f"x{i}" for i in range(1, 7)] + ["label"]))
        check(folder, "images and labels", "a-images-idx3-ubyte", model(folder, "t.csv", "label"), "label")
        for name in ["a-images-idx3-ubyte", "a-labels-idx1-ubyte"]:
            at.joinpath(name + ".gz").write_bytes(gzip.compress(at.joinpath(name).read_bytes()))
        check(folder, "compressed images and labels", "a-images-idx3-ubyte.gz", model(folder, "t.csv", "label"), "label")


main()
