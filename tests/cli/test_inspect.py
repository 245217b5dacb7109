"""`chainrule inspect` tells what the model file holds: compared with the safetensors file read here,
and with one whose training record is no JSON."""
import json
import math
import os
import pathlib
import shlex
import struct
import subprocess
import sys
import tempfile

COMMAND = shlex.split(os.environ.get("CHAINRULE_WRAPPER", "")) + [
    str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"], "examples", "data", "digits.csv")


def run(*arguments):
    done = subprocess.run(COMMAND + [str(a) for a in arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(model):
    raw = model.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + size]), raw[8 + size:]


def write(model, header, rest):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    model.write_bytes(struct.pack("<Q", len(text)) + text + rest)


with tempfile.TemporaryDirectory() as folder:
    model = pathlib.Path(folder, "digits")
    run("train", "-q", DIGITS, "--target", "digit", "--epochs", 2, "--no-report", "-o", model)
    header, rest = read(model)
    metadata = header["__metadata__"]
    found = json.loads(run("inspect", model, "--format", "json"))
    assert found["version"] == metadata["chainrule.version"]
    assert found["network"] == metadata["chainrule.network"]
    assert found["data"] == json.loads(metadata["chainrule.data"])
    assert found["training"] == json.loads(metadata["chainrule.training"])
    sizes = {name: math.prod(t["shape"]) for name, t in header.items() if name != "__metadata__"}
    assert found["parameters"] == sum(sizes.values())
    for layer in found["layers"]:
        own = [n for name, n in sizes.items() if name.startswith(layer["name"] + ".")]
        assert layer["parameters"] == sum(own), layer
    text = run("inspect", model)
    assert "classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\n" in text
    columns = [c["name"] for c in found["data"]["columns"]]
    assert all(f"\n  {name} " in text for name in columns), text

    for bad in ("[1", "[1]", "7", '{"a":1,"a":2}', '{"s":"\\u001b[31m"}'):
        metadata["chainrule.training"] = bad
        metadata["chainrule.version"] = "0.1.0\x1b[2J"
        write(model, header, rest)
        training = json.loads(run("inspect", model, "--format", "json"))["training"]
        assert training == ({"s": "\x1b[31m"} if "s" in bad else {}), training
        assert "\x1b" not in run("inspect", model)
sys.exit(0)
