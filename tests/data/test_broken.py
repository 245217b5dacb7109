"""Broken files of every binary format, and gzip: what each is told, as broken.txt has it.

UPDATE=1 in the environment rewrites that file: look at the differences before committing them.
"""
import difflib
import gzip
import io
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ["CHAINRULE"]
WRAPPER = os.environ.get("CHAINRULE_WRAPPER", "").split()


def npy(header="{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", data=48, version=1,
        length=None, magic=b"\x93NUMPY"):
    text = header.encode("latin-1")
    size = len(text) if length is None else length
    return (magic + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", size) + text
            + (bytes(data) if isinstance(data, int) else data))


def head(descr="'<f8'", order="False", shape="(3, 2)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}"


INFINITE = struct.pack("<6d", 1, 2, float("inf"), 4, 5, 6)
NPY = [
    b"\x93NUMPY", b"\x93NUMPY\x01\x00", npy(version=9), npy(version=0), npy(length=60000),
    npy(version=2, length=2**32 - 1), npy(version=2, length=70000, data=80000), npy(""), npy("{}"),
    npy("[]"), npy("{'descr': '<f8'}"), npy(head(more="'descr': '<f8'")), npy(head(more="'x': 1")),
    npy(head("'|O'"), data=b"cos\nsystem\n"), npy(head("[('a', '<f8')]")), npy(head("'<f16'")),
    npy(head("'<c16'")), npy(head("'<M8[ns]'")), npy(head("'<i3'")), npy(head("'<f1'")),
    npy(head("'<b8'")), npy(head("'<U0'")), npy(head("''")), npy(head("8")), npy(head("'<f8")),
    npy(head("'<f99999999'")), npy(head(order="maybe")), npy(head(shape="3")),
    npy(head(shape="(3, -2)")), npy(head(shape="(3, 2")), npy(head(shape="()")),
    npy(head(shape="(3 2)")), npy(head(shape="(4294967296, 4294967296, 4294967296)")),
    npy(head(shape="(99999999999999999999999,)")), npy(head(shape="(1000000000000,)")),
    npy(head(shape="(3, 3)")), npy(data=47), npy(data=49), npy(data=0),
    npy(head(shape="(0, 2)"), data=0), npy(head(shape="(3, 0)"), data=0),
    npy(head(order="True", shape="(3, 2, 1)")), npy(data=INFINITE),
    npy(head(shape="(1, 2000000)", descr="'|i1'"), data=2000000), npy("{'descr" + "\0" * 20),
]


def idx(kind=8, sizes=(3, 2), data=6, magic=b"\0\0"):
    return magic + bytes([kind, len(sizes)]) + b"".join(struct.pack(">I", n) for n in sizes) + bytes(data)


IDX = [
    idx(kind=10), idx(kind=14, sizes=()), idx(sizes=(3,)), idx(sizes=(3, 3)), idx(data=5), idx(data=7),
    idx(data=0), idx()[:4], idx()[:5], idx()[:11], idx()[:12], idx(sizes=(2**32 - 1,)), idx(sizes=(2**32 - 1,) * 2),
    idx(sizes=(2**32 - 1,) * 3), idx(sizes=(2**32 - 1,) * 15), idx(sizes=(0, 2), data=0),
    idx(sizes=(3, 0), data=0), idx(sizes=(0,), data=0), idx(kind=0x0B), idx(kind=0x0C), idx(kind=0x0D),
    idx(kind=0x0E), idx(kind=9, data=100), idx(sizes=(1,) * 15), idx(sizes=(1, 2**21), data=2**21),
    idx(kind=0x0D, sizes=(1,), data=0) + struct.pack(">f", float("-inf")),
    idx(kind=0x0E, sizes=(1,), data=0) + struct.pack(">d", float("inf")), idx(sizes=(6, 1, 1), data=5),
    gzip.compress(idx(), mtime=0)[:-9], gzip.compress(idx(data=9), mtime=0), gzip.compress(b"\0\0\x08\x03", mtime=0),
]


def archive(files=None, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in (files or [("x.npy", npy()), ("y.npy", npy(head(shape="(3,)"), data=24))]):
            z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def edit(data, at, new):
    at = at if at >= 0 else len(data) + at
    return data[:at] + new + data[at + len(new):]


PLAIN, PACKED = archive(), archive(method=zipfile.ZIP_DEFLATED)
FIRST, END = PLAIN.index(b"PK\1\2"), len(PLAIN) - 22
PACKED_FIRST = PACKED.index(b"PK\1\2")
BOMB = archive([("x.npy", npy(head("'|u1'", shape="(68000000,)"), data=68_000_000))], zipfile.ZIP_DEFLATED)
LOCAL = PLAIN[:FIRST]
ROW = PLAIN[FIRST:FIRST + 46 + 5]
NPZ = [
    PLAIN[:30], PLAIN[:-1], PLAIN[:-22], PLAIN + b"x", edit(PLAIN, 0, b"XX"), b"PK\5\6" + bytes(18), b"PK\5\6" + bytes(17),
    edit(PLAIN, END + 10, b"\xff\xff"), edit(PLAIN, END + 10, b"\0\0"), edit(PLAIN, END + 10, b"\3\0"),
    edit(PLAIN, END + 16, b"\xff\xff\xff\xff"), edit(PLAIN, END + 16, struct.pack("<I", FIRST + 1)),
    edit(PLAIN, FIRST, b"QQ"), edit(PLAIN, FIRST + 8, b"\1"), edit(PLAIN, FIRST + 10, b"\x0c"),
    edit(PLAIN, FIRST + 16, b"\0\0\0\0"), edit(PLAIN, FIRST + 20, b"\xff"), edit(PLAIN, FIRST + 24, b"\xff"),
    edit(PLAIN, FIRST + 20, b"\xff\xff\xff\x7f"), edit(PLAIN, FIRST + 28, b"\xff\xff"),
    edit(PLAIN, FIRST + 30, b"\xff\xff"), edit(PLAIN, FIRST + 32, b"\xff\xff"),
    edit(PLAIN, FIRST + 42, b"\xff\xff\xff\xff"), edit(PLAIN, FIRST + 42, b"\1"), edit(PLAIN, 26, b"\xff\xff"),
    edit(PLAIN, FIRST + 46, b"\7"), edit(PLAIN, FIRST + 46, b"\xff"), edit(PLAIN, FIRST + 46, b"\0"),
    edit(PACKED, PACKED_FIRST + 24, b"\xff"), edit(PACKED, PACKED_FIRST + 24, b"\xff\xff\xff\xff"),
    edit(PACKED, PACKED_FIRST + 24, b"\1\0"), edit(PACKED, 40, b"\xff\xff\xff\xff"), BOMB,
    archive([("a.npy", npy()), ("b.npy", npy(head(shape="(4,)"), data=32))]),
    archive([("a.npy", b"")]), archive([("a.npy", npy(head("'|O'"), data=b"i0\n."))]), archive([("a.txt", b"hello, world")]),
    archive([(".npy", npy())]), archive([("x.npy", npy()), ("x.npy", npy())]),
    # ten rows of the directory for the same bytes
    LOCAL + ROW * 10 + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 10, 10, 10 * len(ROW), FIRST, 0),
]

TABLE = gzip.compress(b"x,y\n" + b"1.5,a\n2.5,b\n" * 300, mtime=0)
BOMB_TABLE = gzip.compress(b"x,y\n" + b"0,0\n" * 18_000_000, mtime=0)
GZIP = [
    b"\x1f\x8b", b"\x1f\x8b\x08", b"\x1f\x8b\x09" + TABLE[3:], b"\x1f\x8b\x08\xe0" + TABLE[4:], TABLE[:9], TABLE[:10],
    TABLE[:30], TABLE[:-8], TABLE[:-4], TABLE[:-1], edit(TABLE, -8, b"\0"), edit(TABLE, -4, b"\0"), edit(TABLE, 12, b"\xff\xff"),
    edit(TABLE, 20, b"\0\0\0\0"), TABLE + b"x", TABLE + b"\0" * 20, TABLE + TABLE[:20], BOMB_TABLE,
    gzip.compress(b"", mtime=0), gzip.compress(b"x,y\n", mtime=0), gzip.compress(b"x,y\n1\n", mtime=0),
    gzip.compress(b"x,y\n1,2\n3,\"4\n", mtime=0), gzip.compress(b"x,y\n1,inf\n", mtime=0), gzip.compress(b"x,y\n1,\0\n", mtime=0),
    gzip.compress(b"\xff\xfex\0", mtime=0), gzip.compress(TABLE, mtime=0), gzip.compress(b"z,w\n1,2\n", mtime=0),
    gzip.compress(b"y\n1\n", mtime=0), gzip.compress(npy(data=47), mtime=0), gzip.compress(PLAIN[:-1], mtime=0),
    gzip.compress(b"x,y\n" + b"1,2\n" * 5000, mtime=0)[:40],
]


def told(folder, name, data, target):
    path = pathlib.Path(folder, name)
    path.write_bytes(data)
    run = subprocess.run(WRAPPER + [PROGRAM, "train", name, "--target", target, "-q", "--epochs", "1", "-o", "m"],
                         cwd=folder, capture_output=True)
    path.unlink()
    if run.returncode not in (0, 2):
        return f"ended with {run.returncode}\n" + run.stderr.decode(errors="replace")
    return run.stderr.decode(errors="replace") or "it was read\n"


def main():
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, target, cases in [("npy", "t.npy", "x2", NPY), ("idx", "t.idx", "x2", IDX),
                                          ("npz", "t.npz", "y", NPZ), ("gzip", "t.csv.gz", "y", GZIP)]:
            assert len(cases) >= 30, kind
            lines += [f"{kind} {i}: {told(folder, name, data, target)}" for i, data in enumerate(cases)]
    got, golden = "".join(lines), HERE / "broken.txt"
    if os.environ.get("UPDATE") == "1":
        golden.write_text(got)
    want = golden.read_text() if golden.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "broken.txt", "now"))
    print(len(lines), "broken files")
    sys.exit(got != want)


main()
