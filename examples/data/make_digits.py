"""Write digits.csv from the copy of the UCI handwritten digits that scikit-learn ships.

usage: python3 make_digits.py digits.csv

The values are unchanged: 64 pixels (row by row, 0..16), then the digit. Only the header
is new: p00 .. p77 is the pixel at row, column; `digit` is the class.
"""
import gzip
import importlib.resources
import sys


def main():
    packed = importlib.resources.files("sklearn") / "datasets" / "data" / "digits.csv.gz"
    rows = gzip.decompress(packed.read_bytes()).decode("ascii").split()
    names = [f"p{r}{c}" for r in range(8) for c in range(8)] + ["digit"]
    with open(sys.argv[1], "w", encoding="ascii", newline="\n") as out:
        out.write(",".join(names) + "\n")
        for row in rows:
            values = [int(float(field)) for field in row.split(",")]
            assert len(values) == 65 and all(0 <= v <= 16 for v in values[:-1])
            out.write(",".join(map(str, values)) + "\n")


main()
