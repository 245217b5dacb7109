"""Progress of `chainrule train` on a terminal and elsewhere, and Ctrl-C."""
import os
import pathlib
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile

DIGITS = pathlib.Path(os.environ["SOURCE_DIR"], "examples", "data", "digits.csv")
COMMAND = shlex.split(os.environ.get("CHAINRULE_WRAPPER", "")) + [
    str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
TRAIN = COMMAND + ["train", str(DIGITS), "--target", "digit", "--net", "net.yaml", "-o", "m"]
NET = """inputs: 64
layers: [{units: 128, activation: relu}, {units: 10, activation: softmax}]
loss: {name: cross-entropy, smoothing: 0.1}
"""


def plain(folder):
    done = subprocess.run(TRAIN + ["--epochs", "70"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert 10 <= len(lines) <= 21, lines
    for line in lines:
        assert re.fullmatch(r"epoch \d+/70  loss [0-9.e-]+  accuracy [0-9.]+ %  "
                            r"[0-9,]+ rows/s  \d+ s passed, \d+ s left", line), line
    assert lines[-1].startswith("epoch 70/70 ")


def terminal(folder):
    """Lines are written over; and Ctrl-C after the first of them keeps a model."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        print("no pseudo-terminals here: the terminal's part is left out")
        return
    process = subprocess.Popen(TRAIN + ["--epochs", "1000000"], cwd=folder, stderr=theirs,
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""
    while seen.count(b"\x1b[K") < 2:
        seen += os.read(ours, 1000)
    process.send_signal(signal.SIGINT)
    try:
        while rest := os.read(ours, 1000):
            seen += rest
    except OSError:
        pass                        # Linux: the other end is closed
    summary = process.communicate()[0].decode()
    os.close(ours)
    assert process.returncode == 130, process.returncode
    assert seen.count(b"\n") == 1 and seen.endswith(b"\n"), seen
    assert re.match(rb"\repoch 1/1000000  loss ", seen), seen
    assert "stopped after" in summary and "wrote m;" in summary, summary
    done = subprocess.run(COMMAND + ["predict", "m", str(DIGITS)], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1798
    assert done.stderr.startswith("accuracy "), done.stderr


with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "net.yaml").write_text(NET)
    plain(folder)
    terminal(folder)
sys.exit(0)
