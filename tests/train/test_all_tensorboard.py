"""The event files of `train --tensorboard`, read back with the tensorboard package from PyPI: the numbers
of --log, at the same steps."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(os.environ["CHAINRULE"]).resolve()
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"], "examples", "data", "digits.csv")
VENV = pathlib.Path(os.environ["BINARY_DIR"], "tensorboard-venv")

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        sys.exit("the environment has no tensorboard")
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "tensorboard"], check=True)
    except subprocess.CalledProcessError:
        print("tensorboard cannot be installed")
        sys.exit(77)
    sys.exit(subprocess.run([python, *sys.argv]).returncode)

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    subprocess.run([PROGRAM, "train", "-q", DIGITS, "--target", "digit", "--epochs", "4", "--batch", "32",
                    "-o", "m", "--log", "log", "--log-every", "10", "--tensorboard", "events"],
                   cwd=folder, check=True)
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [1, 2, 3, 4]
    assert sum(line["event"] == "step" for line in lines) > 10
    events = EventAccumulator(str(folder / "events"))
    events.Reload()
    assert sorted(events.Tags()["scalars"])[0] == "learning_rate", events.Tags()
    for tag in events.Tags()["scalars"]:
        part, _, what = tag.rpartition("/")
        want = [(line["step"], (line[part] if part else line)[what])
                for line in lines if not part or part in line]
        got = [(e.step, e.value) for e in events.Scalars(tag)]
        assert len(got) == len(want), tag
        for (step, value), (at, number) in zip(got, want):
            assert step == at and abs(value - number) <= 1e-6 * abs(number), (tag, step)
        assert all(e.wall_time > 1e9 for e in events.Scalars(tag))
sys.exit(0)
