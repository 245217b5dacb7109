"""Archives with 64-bit numbers (ZIP64) are read as numpy reads them; small files do not make the program
take memory without end; where memory ends, what was too large is named."""
import gzip
import io
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

import numpy as np

PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()
LIMITED = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2); os.execvp(sys.argv[2], sys.argv[2:])"
PEAK = ("import resource, subprocess, sys; r = subprocess.run(sys.argv[1:]); "
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(r.returncode)")


def train(folder, name, target, *more, limit=0):
    command = WRAPPER + [PROGRAM, "train", name, "--target", target, "-q", "--epochs", "1", "--no-report", "--threads", "1", "-o", "m", *more]
    command = [sys.executable, "-c"] + ([LIMITED, str(limit)] if limit else [PEAK]) + command
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def refused(folder, name, data, target, *words, most=400 << 20):
    """Is it refused with these words, and within so much memory?"""
    (folder / name).write_bytes(data)
    run = train(folder, name, target)
    assert run.returncode == 2 and all(w in run.stderr for w in words), (name, run.returncode, run.stderr)
    peak = int(run.stderr.split("peak ")[1]) << 10
    assert peak < most * (4 if SANITIZED else 1), (name, peak >> 20)
    print(f"{name} of {len(data)} bytes: refused, {peak >> 20} MiB")


def long_end(data, count=None, at=None, size=None, locator=None):
    """The end's record with all numbers in a ZIP64 record in front of it."""
    end = len(data) - 22
    n, length, begin = struct.unpack_from("<HII", data, end + 10)
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, n, n if count is None else count, length, begin if at is None else at)
    where = b"PK\6\7" + struct.pack("<IQI", 0, end if locator is None else locator, 1)
    return data[:end] + record + where + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def zip64(folder):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    np.savez(folder / "plain.npz", x=x, y=y)
    assert train(folder, "plain.npz", "y").returncode == 0
    want, plain = (folder / "m").read_bytes(), (folder / "plain.npz").read_bytes()
    forced = io.BytesIO()  # sizes in the entries' extra fields
    with zipfile.ZipFile(forced, "w", zipfile.ZIP_DEFLATED) as z:
        for name, a in [("x", x), ("y", y)]:
            with z.open(name + ".npy", "w", force_zip64=True) as f:
                np.save(f, a)
    central = plain.index(b"PK\1\2")  # an extra field with both sizes and the offset in the first entry of the directory
    n, extra = struct.unpack_from("<HH", plain, central + 28)
    assert extra == 0
    packed, full = struct.unpack_from("<II", plain, central + 20)
    entry = bytearray(plain[central:central + 46 + n] + struct.pack("<HHQQQ", 1, 24, full, packed, 0))
    struct.pack_into("<II", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, 28)
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    longer = plain[:central] + bytes(entry) + plain[central + 46 + n:-22] + plain[-22:-10] + struct.pack("<I", len(plain) - 22 - central + 28) + plain[-6:]
    for what, data in [("forced", forced.getvalue()), ("a long end", long_end(plain)), ("long entries", longer), ("both", long_end(longer))]:
        (folder / "t.npz").write_bytes(data)
        with np.load(folder / "t.npz") as read:
            assert (read["x"] == x).all() and (read["y"] == y).all(), what
        run = train(folder, "t.npz", "y")
        assert run.returncode == 0 and (folder / "m").read_bytes() == want, (what, run.stderr)
        print("same:", what)
    for data in (long_end(plain, count=1 << 60), long_end(plain, count=0), long_end(plain, at=1 << 60), long_end(plain, at=(1 << 64) - 1),
                 long_end(plain, count=(1 << 64) - 1)):
        refused(folder, "t.npz", data, "y", "t.npz: error: ", "the ZIP archive's directory")
    for at in (1 << 60, len(plain), (1 << 64) - 1, 0):
        refused(folder, "t.npz", long_end(plain, locator=at), "y", "t.npz: error: ", "is not where its locator says")
    refused(folder, "t.npz", long_end(plain)[:-42] + long_end(plain)[-22:], "y", "t.npz: error: ", "the ZIP archive's directory")


def archive(files):
    """(name, what is stored, its size expanded, its CRC) as a ZIP archive of compressed files."""
    out, directory = b"", b""
    for name, data, size, crc in files:
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, crc, len(data), size, len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + common + name + data
    return out + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(out), 0)


def bombs(folder):
    rows = 60_000_000
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows},), }}".encode()
    plain = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(rows)
    packer = zlib.compressobj(6, wbits=-15)
    packed = packer.compress(plain) + packer.flush()
    entry = (packed, len(plain), zlib.crc32(plain))
    many = archive([(b"a%d.npy" % i, *entry) for i in range(8)])  # 60 MB in 60 kB each, of which one alone may be
    with zipfile.ZipFile(io.BytesIO(many)) as z:
        assert len(z.read("a7.npy")) == len(plain)
    refused(folder, "many.npz", many, "a0", "with 'a1' the archive would expand to 120000", "more than 200 times", most=200 << 20)
    refused(folder, "twice.npz", gzip.compress(many), "a0", "with 'a1' the archive would expand to 120000", most=200 << 20)
    for name, data in [("t.npy", plain + bytes(8_000_000)), ("t.idx", b"\0\0\x08\1" + struct.pack(">I", 68 * 10**6) + bytes(68 * 10**6)), ("t.csv", b"x,y\n" + b"0,0\n" * 17_000_000)]:
        refused(folder, name, gzip.compress(data, 1), "y", "gzip data that expand more than 200 times")
    refused(folder, "wide.csv", b",".join(b"a%d" % i for i in range(1_050_000)) + b"\n", "a0", "more than 1048576 columns")


def many_columns(folder):
    """Memory grows with the file, not with rows that there might be."""
    n = 100_000
    (folder / "t.csv").write_text(",".join(f"a{i}" for i in range(n)) + "\n" + (",".join("1" * n) + "\n") * 3 + (",".join("2" * n) + "\n") * 3)
    run = train(folder, "t.csv", "a0", "--print-config")
    peak = int(run.stderr.split("peak ")[1]) << 10
    assert run.returncode == 0 and peak < (150 << 20) * (4 if SANITIZED else 1), (run.stderr, peak >> 20)
    print(f"{n} columns: {peak >> 20} MiB")


def memory_ends(folder):
    if SANITIZED:
        return
    (folder / "t.csv").write_text("x,y\n" + "1,0\n2,1\n" * 3_000_000)
    run = train(folder, "t.csv", "y", limit=120 << 20)
    assert run.returncode == 2 and "out of memory: column '" in run.stderr and "' of 't.csv' needs " in run.stderr and "--cache" in run.stderr, run.stderr
    (folder / "t.csv").write_text("x,y\n" + "".join(f"l{i % 60},{i % 2}\n" for i in range(500_000)))
    run = train(folder, "t.csv", "y", limit=120 << 20)
    assert run.returncode == 2 and "out of memory: a table of 500000 prepared rows by 60 inputs needs 120.0 MB" in run.stderr, run.stderr
    np.save(folder / "t.npy", np.ones((20_000_000, 2), np.int8))
    run = train(folder, "t.npy", "x2", limit=160 << 20)
    assert run.returncode == 2 and re.search("out of memory: column 'x[12]' of 't.npy' needs 160.0 MB", run.stderr), run.stderr
    np.save(folder / "t.npy", np.ones((35_000_000, 2), np.int8))
    run = train(folder, "t.npy", "x2", limit=100 << 20)
    assert run.returncode == 2 and "out of memory: 't.npy', which is read as a whole, needs " in run.stderr, run.stderr


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        zip64(folder)
        bombs(folder)
        many_columns(folder)
        memory_ends(folder)


# sanitizers reserve more address space than this, and take memory of their own
SANITIZED = bool(WRAPPER) or subprocess.run([sys.executable, "-c", LIMITED, str(120 << 20), PROGRAM, "--version"], capture_output=True).returncode != 0
main()
