"""Which room may include which: fails when an #include crosses a wall.

Every room may include the public headers. Clients see those only. Tests may see anything.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

ROOMS = {
    "base": [],
    "kernels": ["base"],
    "expr": ["base", "kernels"],
    "net": ["base", "kernels", "expr"],
    "data": ["base"],
    "formats": ["base", "net", "data"],
    "train": ["base", "net", "data", "formats"],
    "doc": ["base", "expr"],
    "explain": ["base", "expr", "net", "doc"],
    "report": ["base", "net", "data", "formats", "train", "doc"],
    "audit": ["base", "expr", "net", "explain", "doc"],
    "perf": ["base", "kernels", "net"],
}
CLIENTS = ["cli", "examples", "bench"]

# Libraries from outside, and the rooms that may use them.
LIBRARIES = {
    "libfyaml.h": ["formats"],
    "jansson.h": ["formats"],
    "zlib.h": ["data"],
    "pthread.h": ["base"],
    "immintrin.h": ["kernels", "base"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def complaint(path, room, quote, target):
    """Why a file of the room may not include the target; None when it may."""
    if quote == "<":
        if target.startswith("chainrule/") and room in CLIENTS:
            return None
        allowed = LIBRARIES.get(target)
        if allowed is not None and room not in allowed and room not in CLIENTS:
            return f"<{target}> is for {' and '.join(allowed)} only"
        if "/" in target and not target.startswith(("sys/", "arpa/", "netinet/")):
            return f"<{target}>: our own headers are included with quotes"
        return None
    if target.startswith("chainrule/"):
        return None if (ROOT / "include" / target).exists() else f"there is no include/{target}"
    if room in CLIENTS:
        here = path.parent / target
        return None if "/" not in target and here.exists() else "clients see chainrule/ only"
    if room == "include":
        return "public headers include chainrule/ and libc only"
    other = target.split("/")[0]
    if not (ROOT / "src" / target).exists():
        return f"there is no src/{target}"
    if other != room and other not in ROOMS[room]:
        return f"{room} may not include {other}"
    return None


def check(path, room):
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        reason = match and complaint(path, room, *match.groups())
        if reason:
            found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}: {reason}")
    return found


def main():
    found, seen = [], 0
    for room in ["include", *CLIENTS, *(p.name for p in sorted((ROOT / "src").iterdir()))]:
        folder = ROOT / room if room == "include" or room in CLIENTS else ROOT / "src" / room
        if folder.is_dir() and folder.parent.name == "src" and room not in ROOMS:
            found.append(f"src/{room}: a room that ROOMS does not know")
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".c", ".h", ".inl"):
                found += check(path, room)
                seen += 1
    # The check must be able to fail.
    if not complaint(ROOT / "src/base/x.c", "base", '"', "net/net.h") or seen == 0:
        found.append("the check itself is broken")
    print("\n".join(found) or f"{seen} files include what they may")
    sys.exit(1 if found else 0)


main()
