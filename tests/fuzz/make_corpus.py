"""Write the first corpora of tables, arrays and texts to audit: small files, good and bad.

Run by hand from the root: /usr/bin/python3 tests/fuzz/make_corpus.py. Files that fuzzing found are
added beside these, with names of their own. The checkpoints are written by the test itself:
build/dev/fuzz_test_fuzz write.
"""
import gzip
import io
import pathlib
import struct
import zlib

import numpy as np

AT = pathlib.Path(__file__).resolve().parent / "corpus"
rng = np.random.default_rng(1)


def put(name, data):
    ending = name.rpartition(".")[2]
    folder = ending if ending in ("npy", "npz", "idx") else "audit" if ending in ("md", "tex", "txt") else "table"
    AT.joinpath(folder, name).write_bytes(data if isinstance(data, bytes) else data.encode())


def npy(a, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, a, version=version)
    return out.getvalue()


def npz(save, **arrays):
    out = io.BytesIO()
    save(out, **arrays)
    return out.getvalue()


table = "x,y,day,flag,text\n" + "".join(
    f"{i * 1.25},{'ab'[i % 2]},2024-0{1 + i % 9}-15,{['yes', 'no', ''][i % 3]},\"t \"\"{i}\"\"\"\n" for i in range(12))
put("plain.csv", table)
put("semicolons.csv", table.replace(",", ";"))
put("tabs.tsv", table.replace(",", "\t"))
put("crlf.csv", table.replace("\n", "\r\n"))
put("cr.csv", table.replace("\n", "\r"))
put("mark.csv", "\ufeff" + table)
put("no-names.csv", "1,2,3\n4,5,6\n7.5,?,NA\n")
put("numbers.csv", "x,y\n" + "".join(f"{v!r},{i}\n" for i, v in enumerate(rng.normal(size=20).tolist())))
put("extreme.csv", "x,y\n1e308,1\n-1e308,2\n4.9e-324,3\n1.7976931348623157e308,4\n0,5\n")
put("quotes.csv", 'x,y\n"a\nb",1\n"c,d",2\n"e""f",3\n')
put("open-quote.csv", 'x,y\n"a\nb,1\nc,2\n')
put("ragged.csv", "x,y\n1,2\n3\n4,5,6\n")
put("zero.csv", b"x,y\n1,\0\n")
put("utf16.csv", "x,y\n1,2\n".encode("utf-16"))
put("times.csv", "x,y\n2024-02-29T12:30:00.5Z,1\n1999-12-31 23:59,2\n29.02.2000,3\n")
put("plain.csv.gz", gzip.compress(table.encode(), mtime=0))
put("two.csv.gz", gzip.compress(table[:99].encode(), mtime=0) + gzip.compress(table[99:].encode(), mtime=0))
put("f8.npy", npy(rng.normal(size=(5, 2))))
put("f4-big.npy", npy(rng.normal(size=(5, 2)).astype(">f4")))
put("f2.npy", npy(rng.normal(size=5).astype("f2")))
put("i1.npy", npy(rng.integers(-9, 9, size=(4, 3)).astype("i1")))
put("fortran.npy", npy(np.asfortranarray(rng.normal(size=(4, 3)))))
put("version2.npy", npy(rng.normal(size=3), (2, 0)))
put("text.npy", npy(np.array(["a", "b\u00e9", "", "a"])))
put("bytes.npy", npy(np.array([b"a", b"bc", b""])))
put("plain.npz", npz(np.savez, x=np.arange(6.0).reshape(3, 2), y=np.array(["p", "q", "p"])))
put("packed.npz", npz(np.savez_compressed, x=np.arange(6), y=np.arange(6) % 2 == 0))
put("bytes.idx", b"\0\0\x08\x03" + struct.pack(">III", 2, 2, 2) + bytes(range(8)))
put("f8.idx", b"\0\0\x0e\x01" + struct.pack(">I3d", 3, 1.5, float("nan"), -2))
put("i4.idx", b"\0\0\x0c\x02" + struct.pack(">II4i", 2, 2, 1, -2, 3, 2**31 - 1))
put("bytes-gz.idx", gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 5) + bytes(range(5)), mtime=0))


def zip64(name, body):
    """An archive whose sizes and offset stand in the extra fields, as those of 4 GiB have them."""
    crc, n, full = zlib.crc32(body), len(name), 0xFFFFFFFF
    extra = struct.pack("<HHQQ", 1, 16, len(body), len(body))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 33, crc, full, full, n, len(extra)) + name + extra
    extra = struct.pack("<HHQQQ", 1, 24, len(body), len(body), 0)
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 0, 0, 33, crc, full, full, n, len(extra), 0,
                        0, 0, 0, full) + name + extra
    at = len(local) + len(body)
    return local + body + entry + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), at, 0)


put("zip64.npz", zip64(b"x.npy", npy(np.arange(4.0))))

put("arithmetic.md", "Net: $0.15 \\times 0.05 + 0.35 = 0.3575$, so $h = 1/(1+e^{-0.3575}) = 0.588433$.\n")
put("prose.txt", "z₁ = 0.5×1.0 + (−0.3)×2.0 + 0.1 = 0.0, a₁ = tanh(0.0) = 0. Error = |0.66 − 0.5| = 0.16\n")
put("table.md", "| w | old | new |\n|---|---|---|\n| $w_{11}$ | 0.4 | 0.39 |\n| $w_2$ | -0.3 | -0.29 |\n")
put("align.tex", "\\begin{align}\nu &= (0.4)(0.5) + 0.1 \\\\[6pt]\n&= 0.3 \\\\\nz &= \\sigma(u) = 0.574443\n\\end{align}\n")
put("matrix.tex", "\\[ \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}"
    " = \\begin{pmatrix} 5 \\\\ 11 \\end{pmatrix} \\]\n")
put("commas.tex", "$0{,}5 \\cdot 0{,}2 = 0{,}1$ und 0,5 + 0,25 = 0,75 sowie $\\tfrac{1}{3} \\approx 0{,}333$\n")
put("broken.md", "$$u = 0.4 \\$$6pt] = 0.5$$ and \\( 1 + = 2 \\] then $\\frac{1}{$ = 3 \\left( 2 \\right.\n")
put("powers.md", "$2.5e-3 = 0.0025$, $1.5\\times10^{-2} = 0.015$, 1.2 × 10⁻³ = 0.0012, $10^{10^{10}} = 1e999999999$, 15% = 0.15\n")
put("front.md", "---\ntitle: x\n---\n# Step 1\n\n> quoted $a = 1 + 1 = 2$\n\n```c\na = 1;\n```\n- w = 0.5, <b>b</b> = `0.1`\n")
put("net.md", "Inputs $x_1 = 0.5$, $x_2 = -1$, target $t = 1$, $\\eta = 0.1$, $w_1 = 0.4$, $w_2 = 0.2$, $b = 0.1$.\n\n"
    "$$u = w_1x_1 + w_2x_2 + b = 0.1, \\quad y = \\sigma(u) = 0.524979$$\n$$L = \\frac12(y-t)^2 = 0.112822$$\n"
    "$$\\delta = (y-t)y(1-y) = -0.118458, \\quad w_1^{new} = w_1 - \\eta\\delta x_1 = 0.405923$$\n")
put("functions.tex", "$f(x) = \\max(0, x)$, $f'(x) = 1$, $\\sum_{i=1}^{2} w_i x_i = 0.3$, $\\sqrt{2} = 1.414$, $\\ln 2 = 0.693$, "
    "$\\operatorname{softmax}([1, 2]) = [0.2689, 0.7311]$, $\\partial L/\\partial w = 2$\n")
put("bytes.txt", b"a = 1\0 + 1 = 2\xff\xfe \xc3 = \xf0\x9f 3\r\nb = 0.5\xe2\x88 = 1\n")
