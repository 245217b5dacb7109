"""A training that stops and goes on (--max-time, then --resume) leaves the lines of --log and the events
of --tensorboard that one without a break does: none lost, none twice, but for the times."""
import json
import os
import pathlib
import shlex
import struct
import subprocess
import tempfile

PROGRAM = shlex.split(os.environ.get("CHAINRULE_WRAPPER", "")) + [str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"]).resolve() / "examples" / "data" / "digits.csv"
NET = """inputs: 64
layers: [{units: 16, activation: tanh}, {units: 10, activation: softmax}]
loss: cross-entropy
optimiser: adam
train: {epochs: 12, batch: 32, seed: 3, validation: 0.2}
"""


def train(folder, *more):
    done = subprocess.run(PROGRAM + ["train", str(DIGITS), "--target", "digit", "--net", "net.yaml", "-o", "m",
                                     "--log", "log", "--log-every", "10", "--tensorboard", "events", *more],
                          cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout


def lines(folder):
    out = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    for line in out:
        assert line.pop("seconds") >= 0
    return out


def number(path):
    """Of a file: those of one second are numbered from 2."""
    parts = path.name.split(".")
    return int(parts[3]), int(parts[5]) if len(parts) > 5 else 1


def events(folder):
    """Records of all event files, in order, without each file's first and without the time, an event's first
    field (a tag, and 8 bytes)."""
    out = []
    for path in sorted((folder / "events").iterdir(), key=number):
        data, at, records = path.read_bytes(), 0, []
        while at < len(data):
            size, = struct.unpack_from("<Q", data, at)
            records.append(data[at + 12:at + 12 + size])
            at += 16 + size
        assert at == len(data) and b"brain.Event:2" in records[0]
        assert all(record[0] == 9 for record in records)
        out += [record[9:] for record in records[1:]]
    return out


def fresh(parent, name):
    folder = parent / name
    folder.mkdir()
    (folder / "net.yaml").write_text(NET)
    return folder


with tempfile.TemporaryDirectory() as name:
    parent = pathlib.Path(name)
    whole, parts = fresh(parent, "whole"), fresh(parent, "parts")
    train(whole)
    breaks = 0
    limit = 0.001                           # a few steps, at first
    while "to go on" in train(parts, "--resume", "--max-time", str(limit)):
        breaks += 1
        limit = 0.001 if breaks < 12 else 1000
    assert 2 <= breaks <= 12, breaks
    assert len(list((parts / "events").iterdir())) == breaks + 1
    assert lines(parts) == lines(whole)
    assert len(lines(whole)) == 12 + 12 * 36 // 10, len(lines(whole))
    assert events(parts) == events(whole) and len(events(whole)) >= 16
    assert (parts / "m").read_bytes() == (whole / "m").read_bytes()
    train(parts)                            # without --resume a log begins anew
    assert lines(parts) == lines(whole)
