"""Data frames out of R's .rda files (R Internals, section 1.8: serialization, XDR)."""
import bz2
import gzip
import lzma
import struct

SYMBOL, PAIRS, TEXT, LOGICAL, WHOLE, REAL, TEXTS, LIST, NIL, AGAIN = (
    1, 2, 9, 10, 13, 14, 16, 19, 254, 255)


class Reader:
    def __init__(self, data):
        self.data, self.at, self.symbols = data, 0, []

    def numbers(self, code, n):
        size = n * (4 if code == "i" else 8)
        values = struct.unpack_from(f">{n}{code}", self.data, self.at)
        self.at += size
        return list(values)

    def whole(self):
        return self.numbers("i", 1)[0]

    def pairs(self, flags):
        """A list of (tag, value); what the pairs themselves are said to be is not kept."""
        found = []
        while flags & 255 == PAIRS:
            if flags & 512:
                self.item()
            tag = self.item() if flags & 1024 else None
            found.append((tag, self.item()))
            flags = self.whole()
        assert flags & 255 == NIL, flags
        return found

    def item(self):
        """A value; vectors as (list, attributes)."""
        flags = self.whole()
        kind = flags & 255
        if kind == NIL:
            return None
        if kind == AGAIN:
            return self.symbols[(flags >> 8) - 1]
        if kind == SYMBOL:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == PAIRS:
            return self.pairs(flags)
        if kind == TEXT:
            n = self.whole()
            self.at += max(n, 0)
            return self.data[self.at - n:self.at].decode("latin-1") if n >= 0 else None
        n = self.whole()
        if kind in (LOGICAL, WHOLE, REAL):
            values = self.numbers("d" if kind == REAL else "i", n)
        else:
            assert kind in (TEXTS, LIST), kind
            values = [self.item() for _ in range(n)]
        return values, dict(self.pairs(self.whole())) if flags & 512 else {}


def read_rda(path):
    """The file's first object, a data frame, as [(name, column)]: classes are their names, and
    None where one is missing."""
    raw = open(path, "rb").read()
    for magic, module in ((b"BZh", bz2), (b"\x1f\x8b", gzip), (b"\xfd7zXZ", lzma)):
        if raw.startswith(magic):
            raw = module.decompress(raw)
    assert raw.startswith(b"RDX2\nX\n"), raw[:8]
    reader = Reader(raw)
    reader.at = 7 + 12                                        # versions
    columns, attributes = reader.pairs(reader.whole())[0][1]
    frame = []
    for name, (values, about) in zip(attributes["names"][0], columns):
        if "levels" in about:
            levels = about["levels"][0]
            values = [levels[v - 1] if v > 0 else None for v in values]
        frame.append((name, values))
    return frame
