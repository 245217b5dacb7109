"""Columns that --cache keeps: the same model with, without and with kept ones, for every way of reading;
a kept file that is cut off, damaged anywhere, of other data or of something else is made anew; a full disk
leaves nothing; two processes may write at once."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()


def command(data, *more):
    return WRAPPER + [PROGRAM, "train", data, "--target", "price", "--epochs", "1", "--no-report", "-o", "m", *more]


def train(folder, data, *more, **how):
    return subprocess.run(command(data, *more), cwd=folder, capture_output=True, text=True, **how)


def model(folder, data, *more):
    run = train(folder, data, *more)
    assert run.returncode == 0, (more, run.stderr)
    said = re.findall(r"^  (.*columns (?:read|kept|not kept).*)$", run.stdout, re.M)
    return pathlib.Path(folder, "m").read_bytes(), said[0] if said else None


def kept(folder):
    return sorted(os.listdir(pathlib.Path(folder, "cache")))


def write(path, rows=60):
    lines = ["id,price,size,kind,built,yes,w,note"]
    for i in range(rows):
        size = "NA" if i % 17 == 3 else str(round(10 + (i * 37 % 101) / 7, 3))
        lines.append(f"{i},{100 + i * 31 % 97}.5,{size},{'big small naïve'.split()[i % 3]},"
                     f"20{10 + i % 9}-03-{1 + i % 28:02},{'yes no'.split()[i % 2]},{1 + i % 4},\"text {i}, or so\"")
    path.write_text("\n".join(lines) + "\n")


def reuse(folder):
    """Without, with and with a kept file: the same; a file for each way of reading."""
    ways = [[], ["--types", "kind=text"], ["--ignore", "size"], ["--group", "kind"], ["--time", "built"], ["--weights", "w", "--test", "0"],
            ["--validation-file", "other.csv"]]
    write(folder / "other.csv", 31)
    for way in ways:
        want, _ = model(folder, "t.csv", *way)
        made, first = model(folder, "t.csv", *way, "--cache", "cache")
        before = kept(folder)
        again, second = model(folder, "t.csv", *way, "--cache", "cache")
        assert made == want and again == want, way
        assert ("columns kept in" in first) == (way != ways[-1]), first  # the last reads t.csv as the first does, and another
        assert first.replace("kept in", "read from") == second, (first, second)
        assert kept(folder) == before and all(n.endswith(".columns") for n in before), before
    assert len(kept(folder)) == len(ways), kept(folder)
    for name in kept(folder):
        (folder / "cache" / name).unlink()


def broken(folder):
    """What is said of each kind of broken file (test_cache.c breaks every byte)."""
    want, _ = model(folder, "t.csv", "--cache", "cache")
    path = folder / "cache" / kept(folder)[0]
    good = path.read_bytes()
    cases = [("no bytes", b"", "is cut off"), ("cut off", good[:-1], "is cut off"), ("longer", good + b"\0", "is damaged"),
             ("another byte order", good[:8] + good[15:7:-1] + good[16:], "is of another format"),
             ("a changed number", good[:-100] + bytes([good[-100] ^ 1]) + good[-99:], "is damaged"),
             ("text", b"not a file of columns, but as long as a head" * 5, "is not a file of columns")]
    for what, content, why in cases:
        path.write_bytes(content)
        got, said = model(folder, "t.csv", "--cache", "cache")
        assert got == want, what
        assert said.startswith(f"'cache/{path.name}' ") and "kept there anew" in said and why in said, (what, said)
        assert kept(folder) == [path.name]
        assert path.read_bytes() == good, what
    path.unlink()
    path.mkdir()
    run = train(folder, "t.csv", "--cache", "cache")
    assert run.returncode == 2 and "cannot keep columns in 'cache/t.csv-" in run.stderr and kept(folder) == [path.name], run.stderr
    path.rmdir()


def changed(folder):
    """Other data of the same name, size and time of change are seen."""
    want, _ = model(folder, "t.csv", "--cache", "cache")
    data = folder / "t.csv"
    old, text = data.stat(), data.read_text()
    data.write_text(text.replace("100.5", "900.5", 1))
    os.utime(data, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert data.stat().st_size == old.st_size and data.stat().st_mtime_ns == old.st_mtime_ns
    got, said = model(folder, "t.csv", "--cache", "cache")
    assert got != want and "is of another state of the data" in said, said
    assert got == model(folder, "t.csv")[0]
    data.write_text(text)
    os.utime(data, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert model(folder, "t.csv", "--cache", "cache")[0] == want
    run = subprocess.run(command("-", "--cache", "cache"), cwd=folder, input=text, capture_output=True, text=True)
    assert run.returncode == 0 and "columns read" not in run.stdout and "columns kept" not in run.stdout, run.stderr
    assert (folder / "m").read_bytes() == want


def full(folder):
    """No room for the kept file, though there is for each column's own: an error, and nothing is left."""
    for name in kept(folder):
        (folder / "cache" / name).unlink()
    write(folder / "t.csv", 3000)
    most = 40000  # a column has 24000 bytes, a run's other files less
    limit = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); os.execvp(sys.argv[1], sys.argv[1:])"
    run = subprocess.run([sys.executable, "-c", limit, *command("t.csv", "--cache", "cache")], cwd=folder, capture_output=True, text=True,
                         restore_signals=False)  # SIGXFSZ stays ignored, as Python has it: a write fails instead
    assert run.returncode == 2 and re.search(r"cannot keep columns in 'cache/t.csv-[0-9a-f]{16}.columns': File too large", run.stderr), run.stderr
    assert kept(folder) == []


def at_once(folder):
    """Processes that write and read the same file."""
    want, _ = model(folder, "t.csv")
    for turn in range(2):
        runs = [subprocess.Popen([*command("t.csv", "--cache", "cache")[:-4], "-o", f"m{i}", "--cache", "cache"], cwd=folder,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for i in range(4)]
        for i, run in enumerate(runs):
            assert run.wait() == 0, run.stderr.read()
            run.stderr.close()
            assert (folder / f"m{i}").read_bytes() == want
        assert len(kept(folder)) == 1, kept(folder)
    dead = folder / "cache" / (kept(folder)[0] + ".999999999-0.tmp")  # what a killed process left
    dead.write_bytes(b"x")
    write(folder / "t.csv", 61)
    model(folder, "t.csv", "--cache", "cache")
    assert not dead.exists()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "cache").mkdir()
        write(folder / "t.csv")
        reuse(folder)
        broken(folder)
        changed(folder)
        full(folder)
        at_once(folder)


main()
