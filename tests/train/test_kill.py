"""Training that is killed (SIGKILL) at random moments and resumed, again and again, ends with the
bits of a training that was not; so does one that is interrupted (SIGINT, SIGTERM), or has no room
for its checkpoints. KILLS in the environment says how many times (100; 20 under sanitizers); SEED which moments."""
import os
import pathlib
import random
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time

WRAPPER = shlex.split(os.environ.get("CHAINRULE_WRAPPER", ""))
PROGRAM = WRAPPER + [str(pathlib.Path(os.environ["CHAINRULE"]).resolve())]
DIGITS = pathlib.Path(os.environ["SOURCE_DIR"]).resolve() / "examples" / "data" / "digits.csv"
SLOW = "san" in pathlib.Path(os.environ.get("BINARY_DIR", "")).name     # sanitizers
KILLS = int(os.environ.get("KILLS", 5 if WRAPPER else 20 if SLOW else 100))
SEED = os.environ.get("SEED", str(time.time_ns()))
NET = """inputs: 64
layers:
  - {units: 16, activation: tanh}
  - {units: 10, activation: softmax}
loss: cross-entropy
optimiser: adam
train: {epochs: %d, batch: 32, seed: 3, schedule: one-cycle}
""" % (12 if WRAPPER else 60)
WHOLE = NET.replace("adam", "lbfgs").replace("batch: 32, ", "").replace(", schedule: one-cycle", "")
TRAIN = PROGRAM + ["train", str(DIGITS), "--target", "digit", "--net", "net.yaml", "-o", "m",
                   "--checkpoint-epochs", "1"]
r = random.Random(SEED)


def start(folder, *more):
    return subprocess.Popen(TRAIN + list(more) + ["--threads", str(r.choice((1, 2, 3, 4, 8)))],
                            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, code=0):
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, (process.returncode, out, err)
    return out, err


def model(folder):
    return (folder / "m").read_bytes()


def written(folder):
    try:
        return (folder / "m.checkpoint").stat().st_ino
    except FileNotFoundError:
        return None


def wait(folder, process, most):
    """Every other time until a checkpoint was written, however slow the machine is."""
    before = written(folder)
    if r.random() < 0.5:
        while process.poll() is None and written(folder) in (before, None):
            time.sleep(0.001)
        most /= 20
    return process.communicate(timeout=r.uniform(0, most))


def killed(folder, want, most):
    """One training from beginning to end, killed whenever the clock says; how many times, and how
    many of these left a checkpoint, from which the next one has to go on."""
    kills = left = 0
    while True:
        there = written(folder) is not None
        left += there
        process = start(folder, "--resume")
        try:
            out, err = wait(folder, process, most)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            most *= 1.03                    # the machine may have become slower
            continue
        assert process.returncode == 0, (kills, process.returncode, out, err)
        assert ("going on from m.checkpoint" in err) == there, (there, err)
        assert model(folder) == want, f"SEED={SEED}: other bits after {kills} kills"
        assert written(folder) is None
        return kills, left


def interrupted(folder, want, number):
    process = start(folder)
    while not (folder / "m.checkpoint").exists() and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    if process.returncode == 0:             # it was done before the signal came
        return 0
    assert process.returncode == 130, (process.returncode, out, err)
    assert "to go on: the same command with --resume, which reads m.checkpoint" in out, out
    assert model(folder)
    out, err = finish(start(folder, "--resume"))
    assert "going on from m.checkpoint: epoch " in err, err
    assert model(folder) == want
    return 1


def no_room(folder, want):
    """Files may grow to 8 KiB only, which a checkpoint exceeds: a warning, no harm to the file that
    is there, and the same model, once there is room for it."""
    old = b"a checkpoint of old"
    (folder / "m.checkpoint").write_bytes(old)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = subprocess.run(TRAIN, cwd=folder, preexec_fn=limit, capture_output=True, text=True)
    assert done.returncode == 2, done
    assert "cannot write 'm.checkpoint': File too large" in done.stderr, done.stderr
    assert "training goes on without a checkpoint" in done.stderr, done.stderr
    assert "cannot write 'm': File too large" in done.stderr, done.stderr
    assert (folder / "m.checkpoint").read_bytes() == old
    assert sorted(p.name for p in folder.iterdir()) == ["m.checkpoint", "net.yaml"]
    out, err = finish(start(folder, "--resume"), 2)
    assert err.startswith("m.checkpoint: error: "), err
    finish(start(folder))
    assert model(folder) == want


def stopped_by_time(folder, want):
    out, _ = finish(start(folder, "--max-time", "0.01"))
    assert "the time is over; to go on: " in out, out
    finish(start(folder, "--resume"))
    assert model(folder) == want


def fresh(parent, name, net=NET):
    folder = parent / name
    folder.mkdir()
    (folder / "net.yaml").write_text(net)
    return folder


with tempfile.TemporaryDirectory() as name:
    parent = pathlib.Path(name)
    reference = fresh(parent, "reference")
    finish(start(reference))
    begin = time.monotonic()
    finish(start(reference))
    most = 0.6 * (time.monotonic() - begin)
    want = model(reference)
    no_room(fresh(parent, "full"), want)
    stopped_by_time(fresh(parent, "time"), want)
    hits = 0
    for i in range(6):
        hits += interrupted(fresh(parent, f"signal{i}"), want,
                            (signal.SIGINT, signal.SIGTERM)[i % 2])
    assert hits > 0
    kills = left = trainings = 0
    while kills < KILLS:
        n, m = killed(fresh(parent, f"kill{trainings}"), want, most)
        kills, left, trainings = kills + n, left + m, trainings + 1
    folder = fresh(parent, "whole", WHOLE)      # L-BFGS, all rows at once
    begin = time.monotonic()
    finish(start(folder))
    most = 0.6 * (time.monotonic() - begin)
    whole, n = model(folder), 0
    for i in range(10):
        n += killed(fresh(parent, f"whole{i}", WHOLE), whole, most)[0]
        if n >= min(KILLS, 5):
            break
    assert n > 0
    print(f"{n} kills of L-BFGS")
    print(f"{kills} kills in {trainings} trainings, {left} of which left a checkpoint; SEED={SEED}")
    assert left > 0
sys.exit(0)
